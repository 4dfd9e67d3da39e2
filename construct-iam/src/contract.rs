//! The import contract: what the owners of imported stores, keys, roles and the like must have, so that the app works.
//!
//! A synthesis writes to nothing that is imported. What its owner must allow goes into the file `contract.json` of the
//! assembly: for each account and each imported thing the whole policy documents, ready to paste, and for each
//! statement a sentence that says what needs it. It comes from the same statements that go into the policies of what is
//! made here, so neither can forget what the other has. `synth contract` prints it. Whatever is imported asks for it; an
//! app that states nothing about imported things has none.
//!
//! ```
//! use construct_core::{App, Env, RawResource};
//! use construct_iam::contract::{Contract, RequiredKind};
//! use construct_iam::{PolicyStatement, Role, grant};
//!
//! let mut app = App::new();
//! let stack = app.stack("Jobs", Env::new("111111111111", "us-east-1"));
//! let mut scope = app.at(stack);
//! let queue = scope.add("Queue", RawResource::new("AWS::SQS::Queue"));
//! let role = scope.add("Worker", Role::import("arn:aws:iam::111111111111:role/platform/worker"));
//! grant(&mut scope, role, queue, PolicyStatement::allow(["sqs:ReceiveMessage"]).on([queue.get_att("Arn")]));
//! let contract = Contract::of(&app.synth()?).expect("something is stated about what is imported");
//! assert_eq!(contract.things[0].arn, "arn:aws:iam::111111111111:role/platform/worker");
//! assert!(contract.things[0].policy(RequiredKind::Permissions).is_some());
//! # Ok::<(), construct_core::SynthError>(())
//! ```

mod asked;
mod draw;
mod json;

use construct_core::Assembly;
use serde_json::Value as Json;

pub use asked::{Asked, AsksOwners};
pub use construct_core::Setting;
pub use draw::ImportContract;

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
}
