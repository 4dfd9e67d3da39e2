//! The import contract: what the owners of imported stores, keys, roles and the like must have, so that the pipelines work.
//!
//! A synthesis writes to nothing that is imported. What its owner must allow goes into the file `contract.json` of the
//! assembly: for each account and each imported thing the whole policy documents, ready to paste, and for each
//! statement a sentence that says which actions of which pipeline need it. It comes from the same statements that go
//! into the policies of what is made here, so neither can forget what the other has. `synth contract` prints it.
//! Pipelines ask for it: an app without one has none.
//!
//! ```
//! use construct_pipeline::contract::Contract;
//! use construct_pipeline::prelude::*;
//!
//! let mut app = App::new();
//! let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
//! let source = Artifact::new("Source");
//! let deploy = DeployStack::new("orders", source.file("template.yaml"))
//!     .deployment_role(Role::import("arn:aws:iam::111111111111:role/platform/cloudformation"));
//! app.at(tools).add(
//!     "Pipeline",
//!     Pipeline::new("orders")
//!         .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
//!         .stage(Stage::new("Deploy").action(Action::new("Deploy", deploy))),
//! );
//! let contract = Contract::of(&app.synth()?).expect("something is imported");
//! assert_eq!(contract.things[0].arn, "arn:aws:iam::111111111111:role/platform/cloudformation");
//! # Ok::<(), SynthError>(())
//! ```

mod draw;
mod json;

use construct_core::Assembly;
use construct_iam::access::symbol;
use serde_json::Value as Json;

use crate::access::Outside;
pub(crate) use draw::ImportContract;

/// The file of the assembly that holds the contract.
pub const FILE: &str = "contract.json";

/// What is asked of the owners of imported things, by account and kind.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Contract {
    /// What is imported, in the order of accounts.
    pub things: Vec<Thing>,
    /// What has to be filled in by hand, in words.
    pub notes: Vec<String>,
}

/// Something imported and what its owner must see to.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Thing {
    /// The account that owns it, 12 digits.
    pub account: String,
    /// What it is, such as `bucket`, `key`, `role`, `project` or `topic`.
    pub kind: String,
    /// Its ARN.
    pub arn: String,
    /// The policies it must have, whole.
    pub policies: Vec<RequiredPolicy>,
    /// ARNs of managed policies that a role must have.
    pub managed_policies: Vec<String>,
    /// What must be set beside policies.
    pub settings: Vec<Setting>,
}

/// A policy document that an imported thing must have, or whose statements must stand in the one it has.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RequiredPolicy {
    /// Which of its policies.
    pub kind: RequiredKind,
    /// The document as AWS takes it.
    pub document: Json,
    /// For each statement of the document, in order, why it is needed.
    pub why: Vec<String>,
}

/// Which policy of a thing a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RequiredKind {
    /// Who may assume a role.
    Trust,
    /// What a role may do.
    Permissions,
    /// The policy of a bucket.
    Bucket,
    /// The policy of a key.
    Key,
    /// The policy of another resource.
    Resource,
}

impl RequiredKind {
    const ALL: [Self; 5] = [Self::Trust, Self::Permissions, Self::Bucket, Self::Key, Self::Resource];

    /// The kind in words, such as `trust policy`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trust => "trust policy",
            Self::Permissions => "permissions",
            Self::Bucket => "bucket policy",
            Self::Key => "key policy",
            Self::Resource => "resource policy",
        }
    }
}

/// A setting that an imported thing must have.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Setting {
    /// The name of the setting as CloudFormation has it, such as `EncryptionKey`.
    pub name: String,
    /// Its value.
    pub value: Json,
    /// Why it is needed.
    pub why: String,
}

impl Contract {
    /// The contract of an assembly; none if nothing is asked of anybody, or another tool made the assembly.
    #[must_use]
    pub fn of(assembly: &Assembly) -> Option<Self> {
        Self::parse(assembly.document(FILE)?).ok()
    }

    /// Reads the text of the file.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        json::read(text)
    }

    /// The contract as it stands in the file.
    #[must_use]
    pub fn to_json(&self) -> Json {
        json::write(self)
    }

    /// The accounts that own something, in order, each with what it owns.
    pub fn owners(&self) -> impl Iterator<Item = (&str, &[Thing])> {
        self.things.chunk_by(|one, other| one.account == other.account).map(|things| (&*things[0].account, things))
    }

    /// The facts that hold once every owner has exactly what the contract asks: with them, [`prove`](crate::access::prove)
    /// leaves nothing open that the contract can settle.
    #[must_use]
    pub fn outside(&self) -> Outside {
        self.things.iter().fold(Outside::new(), |outside, thing| thing.outside(outside))
    }
}

impl Thing {
    /// The policy of a kind.
    #[must_use]
    pub fn policy(&self, kind: RequiredKind) -> Option<&RequiredPolicy> {
        self.policies.iter().find(|policy| policy.kind == kind)
    }

    /// The value of a setting.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&Json> {
        self.settings.iter().find(|setting| setting.name == name).map(|setting| &setting.value)
    }

    fn outside(&self, mut outside: Outside) -> Outside {
        for RequiredPolicy { kind, document, .. } in &self.policies {
            let document = with_gaps(document);
            outside = match kind {
                RequiredKind::Trust => outside.trust(&self.arn, document),
                RequiredKind::Permissions => outside.role(&self.arn, [document]),
                RequiredKind::Key => outside.key(&self.arn, document),
                RequiredKind::Bucket => match self.arn.split_once(":::") {
                    Some((_, name)) => outside.bucket(name, &self.account, document),
                    None => outside,
                },
                RequiredKind::Resource => outside.resource(&self.arn, document),
            };
        }
        let text = |name: &str| self.setting(name).and_then(Json::as_str);
        if self.kind == "topic"
            && let Some(key) = text("KmsMasterKeyId")
        {
            outside = outside.topic_key(&self.arn, key);
        }
        if self.kind == "project"
            && let Some(role) = text("ServiceRole")
        {
            outside = outside.project(&self.arn, role, text("EncryptionKey"));
        }
        self.managed_policies.iter().fold(outside, |outside, policy| outside.attached(&self.arn, policy))
    }
}

/// The document with a value that nobody knows in place of each `<…>`: what the owner puts there is known once the stack is
/// deployed, so what depends on it is open, and not denied.
fn with_gaps(document: &Json) -> Json {
    match document {
        Json::String(text) => match (text.find('<'), text.rfind('>')) {
            (Some(start), Some(end)) if start < end => {
                format!("{}{}{}", &text[..start], symbol::UNKNOWN, &text[end + 1..]).into()
            }
            _ => document.clone(),
        },
        Json::Array(items) => items.iter().map(with_gaps).collect(),
        Json::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), with_gaps(value))).collect(),
        _ => document.clone(),
    }
}
