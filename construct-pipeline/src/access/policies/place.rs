//! Where a policy stands, and what it belongs to.

use std::fmt;
use std::sync::Arc;

/// What a policy belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PolicyKind {
    /// What a role may do.
    Identity,
    /// Who may assume a role.
    Trust,
    /// The limit of what a role may do.
    Boundary,
    /// The policy of a bucket.
    Bucket,
    /// The policy of a key.
    Key,
    /// The policy of an event bus.
    Bus,
    /// The policy of a topic.
    Topic,
    /// The policy of another resource.
    Other,
    /// A service control policy or resource control policy.
    Control,
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "permissions",
            Self::Trust => "trust policy",
            Self::Boundary => "permissions boundary",
            Self::Bucket => "bucket policy",
            Self::Key => "key policy",
            Self::Bus => "policy of the event bus",
            Self::Topic => "policy of the topic",
            Self::Other => "policy of the resource",
            Self::Control => "control policy",
        })
    }
}

/// The place of a policy in a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Place {
    /// Name of the stack; `None` for a fact from outside of the templates.
    pub stack: Option<Arc<str>>,
    /// Which of the templates it is in: stacks of different environments may have one name.
    pub(crate) template: Option<usize>,
    /// Logical id of the resource that holds the policy, or what the outside fact is about.
    pub logical_id: Arc<str>,
    /// JSON pointer to the policy document, from the top of the template.
    pub pointer: String,
    /// What the policy belongs to.
    pub kind: PolicyKind,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.stack {
            Some(stack) => write!(f, "the {} in `{}` of stack `{stack}`", self.kind, self.logical_id),
            None => write!(f, "the {} given for `{}`", self.kind, self.logical_id),
        }
    }
}

/// The same in short: what it says in words is made when somebody reads it.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    /// Which of the templates; `None` for a fact from outside of them.
    pub(crate) template: Option<usize>,
    pub(crate) logical_id: Arc<str>,
    pub(crate) slot: Slot,
    pub(crate) kind: PolicyKind,
}

/// Where in the properties of a resource a policy document stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    Property(&'static str),
    /// One of the `Policies` of a role.
    Inline(usize),
}

impl Spot {
    /// The place of a fact from outside of the templates.
    pub(crate) fn outside(about: &str, kind: PolicyKind) -> Self {
        Self { template: None, logical_id: about.into(), slot: Slot::Property(""), kind }
    }

    /// The same in words, with the names of the stacks.
    pub(crate) fn place(&self, stacks: &[Arc<str>]) -> Place {
        let Self { template, logical_id, slot, kind } = self;
        let properties = || format!("/Resources/{}/Properties", logical_id.replace('~', "~0").replace('/', "~1"));
        let pointer = match (template, slot) {
            (None, _) => String::new(),
            (Some(_), Slot::Property(property)) => format!("{}/{property}", properties()),
            (Some(_), Slot::Inline(n)) => format!("{}/Policies/{n}/PolicyDocument", properties()),
        };
        let stack = template.map(|template| Arc::clone(&stacks[template]));
        Place { stack, template: *template, logical_id: Arc::clone(logical_id), pointer, kind: *kind }
    }
}

/// A policy by its number.
pub(crate) type PolicyIx = usize;
