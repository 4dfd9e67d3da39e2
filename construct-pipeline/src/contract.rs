//! What the owners of imported things must allow: the [import contract](construct_iam::contract), and what holds once they
//! keep it.
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

use construct_iam::access::symbol;
use serde_json::Value as Json;

use crate::access::Outside;

pub use construct_iam::contract::*;

/// The facts that hold once every owner has exactly what the contract asks: with them, [`prove`](crate::access::prove)
/// leaves nothing open that the contract can settle.
impl From<&Contract> for Outside {
    fn from(contract: &Contract) -> Self {
        contract.things.iter().fold(Self::new(), told)
    }
}

fn told(mut outside: Outside, thing: &Thing) -> Outside {
    for RequiredPolicy { kind, document, .. } in &thing.policies {
        let document = with_gaps(document);
        outside = match kind {
            RequiredKind::Trust => outside.trust(&thing.arn, document),
            RequiredKind::Permissions => outside.role(&thing.arn, [document]),
            RequiredKind::Key => outside.key(&thing.arn, document),
            RequiredKind::Bucket => match thing.arn.split_once(":::") {
                Some((_, name)) => outside.bucket(name, &thing.account, document),
                None => outside,
            },
            _ => outside.resource(&thing.arn, document),
        };
    }
    let text = |name: &str| thing.setting(name).and_then(Json::as_str);
    if thing.kind == "topic"
        && let Some(key) = text("KmsMasterKeyId")
    {
        outside = outside.topic_key(&thing.arn, key);
    }
    if thing.kind == "project"
        && let Some(role) = text("ServiceRole")
    {
        outside = outside.project(&thing.arn, role, text("EncryptionKey"));
    }
    thing.managed_policies.iter().fold(outside, |outside, policy| outside.attached(&thing.arn, policy))
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
