//! Pipelines as CodePipeline reads them: actions with who performs them and where, the artifacts that pass between
//! them, and the stores.

use std::collections::BTreeMap;
use std::sync::Arc;

use construct_iam::access::symbol;

use super::variables::Kept;
use crate::access::template::{Made, partition};

/// A pipeline of a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct PipelineLabel {
    /// Name of the pipeline, or the logical id where AWS makes up the name.
    pub name: String,
    /// Name of the stack.
    pub stack: Arc<str>,
    /// Which of the templates it is in: stacks of different environments may have one name.
    pub(crate) template: usize,
    /// Logical id in the template.
    pub logical_id: Arc<str>,
    /// The account that the pipeline is in.
    pub account: String,
    /// The region that the pipeline is in.
    pub region: String,
}

/// What the names of rules begin with.
pub(crate) const RULE: &str = "rule ";

/// An action of a pipeline, or a rule of a condition, which is performed like one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct ActionLabel {
    /// Name of the stage.
    pub stage: Arc<str>,
    /// Name of the action; of a rule `rule ` and its name, as no action can be called.
    pub name: Arc<str>,
    /// Provider of the action type, such as `CodeBuild`, or of the rule.
    pub provider: Arc<str>,
    /// The account that the action runs in.
    pub account: Arc<str>,
    /// The region that the action runs in.
    pub region: Arc<str>,
    /// Its place in the pipeline, from 0; rules come behind all actions.
    pub position: usize,
}

impl ActionLabel {
    /// Whether it is a rule of a condition.
    pub(crate) fn is_rule(&self) -> bool {
        self.name.starts_with(RULE)
    }
}

#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) label: Arc<PipelineLabel>,
    pub(crate) made: Made,
    pub(crate) name: String,
    pub(crate) arn: Arc<str>,
    pub(crate) role: Arc<str>,
    /// What the keys of its artifacts begin with, as far as its name is known.
    pub(crate) folder: Option<String>,
    pub(crate) stores: BTreeMap<String, Store>,
    pub(crate) actions: Vec<Action>,
}

#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) label: Arc<ActionLabel>,
    pub(crate) category: Arc<str>,
    pub(crate) owner: Arc<str>,
    pub(crate) configuration: Box<[(Arc<str>, Arc<str>)]>,
    /// Where the environment variables are kept that do not stand in the declaration.
    pub(crate) kept: Box<[Kept]>,
    /// The role that performs the action: its own, or the pipeline's.
    pub(crate) role: Arc<str>,
    pub(crate) own_role: bool,
    pub(crate) inputs: Box<[Arc<str>]>,
    pub(crate) outputs: Box<[Arc<str>]>,
    /// What the pipeline tells of it beside its declaration.
    pub(crate) told: Option<Box<Told>>,
}

/// What is told of an action of which its declaration does not say enough.
#[derive(Debug)]
pub(crate) struct Told {
    /// The role that reads and writes the artifacts in place of the one that performs the action.
    pub(crate) worker: Option<Arc<str>>,
    /// The roles to which the service hands the artifacts on, if that is told.
    pub(crate) readers: Option<Box<[Arc<str>]>>,
    /// What is called for it, if that is told.
    pub(crate) calls: Option<Box<[ToldCall]>>,
}

/// Calls of each of some actions on each of some resources.
#[derive(Debug)]
pub(crate) struct ToldCall {
    /// Who calls, if not the role that performs the action.
    pub(crate) role: Option<Arc<str>>,
    pub(crate) actions: Box<[Arc<str>]>,
    pub(crate) resources: Box<[Arc<str>]>,
}

#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) region: String,
    pub(crate) bucket: String,
    pub(crate) arn: Arc<str>,
    /// ARN of one artifact of the pipeline, whichever.
    pub(crate) object: Arc<str>,
    pub(crate) account: String,
    pub(crate) key: StoreKey,
}

#[derive(Debug)]
pub(crate) enum StoreKey {
    /// The key `aws/s3`, which AWS manages and nobody can share.
    Aws,
    /// A customer managed key.
    Customer {
        /// As the pipeline names it.
        named: String,
        /// Its ARN, or what names it if the key is not known.
        arn: Arc<str>,
    },
}

impl Action {
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let setting = self.configuration.iter().find(|(name, _)| **name == *key);
        setting.map(|(_, value)| &**value).filter(|value| !value.is_empty())
    }

    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    pub(crate) fn provider(&self) -> &str {
        &self.label.provider
    }

    pub(crate) fn account(&self) -> &str {
        &self.label.account
    }

    pub(crate) fn region(&self) -> &str {
        &self.label.region
    }

    /// An ARN in the account and region of the action.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        self.arn_of(service, &[resource])
    }

    /// The same of a resource with a name of several parts.
    pub(crate) fn arn_of(&self, service: &str, resource: &[&str]) -> String {
        let (region, account) = (self.region(), self.account());
        let head = ["arn:", partition(region), ":", service, ":", region, ":", account, ":"];
        let parts = || head.iter().chain(resource).copied();
        let mut arn = String::with_capacity(parts().map(str::len).sum());
        arn.extend(parts());
        arn
    }

    /// The ARN that a setting names directly, or by a name in the account and region of the action.
    pub(crate) fn arn_named(&self, service: &str, prefix: &str, name: &str) -> String {
        if name.starts_with("arn:") { name.to_owned() } else { self.arn(service, &format!("{prefix}{name}")) }
    }

    /// The project of a CodeBuild action.
    pub(crate) fn project_arn(&self) -> String {
        self.arn_named("codebuild", "project/", self.get("ProjectName").unwrap_or_default())
    }
}

/// The ARN that a key's ARN, id or alias means in an account and region; what is not known stays as it is.
pub(crate) fn full_key_name(named: &str, base: &str) -> String {
    if !is_name(named) {
        named.to_owned()
    } else if named.starts_with("alias/") {
        format!("{base}:{named}")
    } else {
        format!("{base}:key/{named}")
    }
}

/// Whether AWS manages the key: whoever may use the service that it is for may use it, in its own account alone.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-services.html>
pub(crate) fn is_of_aws(key: &str) -> bool {
    key.contains(":alias/aws/")
}

/// Whether the text is a name or an id, and not perhaps a whole ARN.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c == ':' || symbol::is_text(c))
}

impl Store {
    /// ARN of the customer managed key.
    pub(crate) fn key_arn(&self) -> Option<&Arc<str>> {
        match &self.key {
            StoreKey::Aws => None,
            StoreKey::Customer { arn, .. } => Some(arn),
        }
    }

    /// Whether the key is named in a way that only its own account understands.
    pub(crate) fn has_local_key_name(&self) -> bool {
        match &self.key {
            StoreKey::Aws => false,
            StoreKey::Customer { named, .. } => is_name(named),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::full_key_name;

    #[test]
    fn keys_are_named_by_id_alias_or_arn() {
        let named = |name: &str| full_key_name(name, "arn:aws:kms:us-east-1:111111111111");
        assert_eq!(named("1234abcd"), "arn:aws:kms:us-east-1:111111111111:key/1234abcd");
        assert_eq!(named("alias/store"), "arn:aws:kms:us-east-1:111111111111:alias/store");
        for full in ["arn:aws:kms:us-east-1:222222222222:key/1234abcd", ""] {
            assert_eq!(named(full), full);
        }
    }
}
