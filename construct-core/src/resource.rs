//! What constructs lower to: the parts of a template, with references still in them.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;

use foldhash::HashMap;

use crate::env::{AccountId, Env};
use crate::fact::RemovalPolicy;
use crate::handle::NodeId;
use crate::partition::Partition;
use crate::value::Expr;

/// The properties of a resource or of a part of it, in the order in which they are written.
///
/// ```
/// use construct_core::Properties;
/// let properties = Properties::new().set("Name", "orders").opt("Description", None::<&str>);
/// assert_eq!(properties, Properties::new().set("Name", "orders"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Properties {
    entries: Vec<(Cow<'static, str>, Expr)>,
}

impl Properties {
    /// No properties.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No properties yet, with room for so many: for what a plan holds many of.
    #[must_use]
    pub fn with_capacity(n: usize) -> Self {
        Self { entries: Vec::with_capacity(n) }
    }

    /// Sets a property; one that is there already is replaced.
    #[must_use]
    pub fn set(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Expr>) -> Self {
        self.put(key, value);
        self
    }

    /// Sets a property when there is a value for it.
    #[must_use]
    pub fn opt(self, key: impl Into<Cow<'static, str>>, value: Option<impl Into<Expr>>) -> Self {
        match value {
            Some(value) => self.set(key, value),
            None => self,
        }
    }

    /// Sets a property that is a list, unless the list is empty.
    #[must_use]
    pub fn list<V: Into<Expr>>(self, key: impl Into<Cow<'static, str>>, items: impl IntoIterator<Item = V>) -> Self {
        let items: Vec<Expr> = items.into_iter().map(Into::into).collect();
        if items.is_empty() { self } else { self.set(key, items) }
    }

    /// Sets a property in place.
    pub fn put(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Expr>) {
        let (key, value) = (key.into(), value.into().bounded());
        match self.entries.iter_mut().find(|(there, _)| *there == key) {
            Some(entry) => entry.1 = value,
            None => self.entries.push((key, value)),
        }
    }

    /// The value of a property.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Expr> {
        self.entries.iter().find(|(there, _)| there == key).map(|(_, value)| value)
    }

    /// All properties in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Expr)> {
        self.entries.iter().map(|(key, value)| (&**key, value))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn entries(&self) -> &[(Cow<'static, str>, Expr)] {
        &self.entries
    }
}

impl From<Properties> for Expr {
    fn from(mut properties: Properties) -> Self {
        // It grows no more, and a plan holds many.
        properties.entries.shrink_to_fit();
        Self::Map(properties.entries)
    }
}

impl<K: Into<Cow<'static, str>>, V: Into<Expr>> FromIterator<(K, V)> for Properties {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        let mut properties = Self::with_capacity(entries.size_hint().0);
        for (key, value) in entries {
            properties.put(key, value);
        }
        properties
    }
}

impl IntoIterator for Properties {
    type Item = (Cow<'static, str>, Expr);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

/// How a resource type takes tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tagging {
    /// It cannot carry tags.
    None,
    /// `Tags` is a list of `Key` and `Value`.
    List,
    /// `Tags` is an object of key and value.
    Map,
}

/// Where a name must be unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Uniqueness {
    /// In one account and region.
    Environment,
    /// In one account, in all regions.
    Account,
    /// In all accounts and regions of the partition.
    Partition,
}

/// A physical name that only one resource of a type may have. Two claims to one name in one app are a finding, which
/// would otherwise come as a failed deployment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    pub(crate) scope: Uniqueness,
    pub(crate) name: String,
    /// The name as it is compared, where that is not the name itself.
    folded: Option<String>,
}

impl Claim {
    /// A name that is unique letter by letter.
    pub fn new(scope: Uniqueness, name: impl Into<String>) -> Self {
        Self { scope, name: name.into(), folded: None }
    }

    /// Where the name is unique.
    pub(crate) fn place(&self, env: Env) -> Place {
        match self.scope {
            Uniqueness::Environment => Place::Environment(env),
            Uniqueness::Account => Place::Account(env.account),
            Uniqueness::Partition => Place::Partition(env.partition()),
        }
    }

    /// The name as it is compared.
    pub(crate) fn compared(&self) -> &str {
        self.folded.as_deref().unwrap_or(&self.name)
    }

    /// Names that differ only in case are the same name.
    #[must_use]
    pub fn ignoring_case(mut self) -> Self {
        let is_folded = !self.name.bytes().any(|byte| byte.is_ascii_uppercase());
        self.folded = (!is_folded).then(|| self.name.to_ascii_lowercase());
        self
    }
}

/// Where a name is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    Environment(Env),
    Account(AccountId),
    Partition(Partition),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(env) => env.fmt(f),
            Self::Account(account) => write!(f, "account {account}"),
            Self::Partition(partition) => write!(f, "the partition {partition}"),
        }
    }
}

/// Who claimed which name.
#[derive(Debug, Default)]
pub(crate) struct Claims<'c>(HashMap<Claimed<'c>, NodeId>);

/// A name with its place and the type of what has it, as it is compared.
type Claimed<'c> = (Place, Cow<'c, str>, Cow<'c, str>);

impl<'c> Claims<'c> {
    pub(crate) fn with_capacity(n: usize) -> Self {
        Self(HashMap::with_capacity_and_hasher(n, Default::default()))
    }

    /// Notes a claim; gives who has made the same before.
    pub(crate) fn claim(&mut self, claimed: Claimed<'c>, node: NodeId) -> Option<NodeId> {
        match self.0.entry(claimed) {
            Entry::Vacant(free) => {
                free.insert(node);
                None
            }
            Entry::Occupied(taken) => Some(*taken.get()),
        }
    }
}

/// One CloudFormation resource about to be written.
#[derive(Clone, Debug)]
pub struct CfnResource {
    pub(crate) kind: Cow<'static, str>,
    pub(crate) suffix: Option<String>,
    pub(crate) logical_id: Option<String>,
    pub(crate) properties: Arc<Properties>,
    pub(crate) tagging: Tagging,
    pub(crate) removal: Option<RemovalPolicy>,
    pub(crate) depends_on: Vec<NodeId>,
    pub(crate) condition: Option<NodeId>,
    pub(crate) claim: Option<Claim>,
    pub(crate) metadata: Vec<(Cow<'static, str>, Expr)>,
    pub(crate) attributes: Vec<(Cow<'static, str>, Expr)>,
}

impl CfnResource {
    /// A resource of a type with its [`Properties`], shared with whoever goes on holding them.
    pub fn new(kind: impl Into<Cow<'static, str>>, properties: impl Into<Arc<Properties>>) -> Self {
        Self {
            kind: kind.into(),
            suffix: None,
            logical_id: None,
            properties: properties.into(),
            tagging: Tagging::None,
            removal: None,
            depends_on: Vec::new(),
            condition: None,
            claim: None,
            metadata: Vec::new(),
            attributes: Vec::new(),
        }
    }

    /// Tells a second resource of the same node apart; references go to the one without.
    #[must_use]
    pub fn suffix(mut self, suffix: impl Into<String>) -> Self {
        self.suffix = Some(suffix.into());
        self
    }

    /// The logical id, in place of the one made from the construct's path: for resources that exist already.
    #[must_use]
    pub fn logical_id(mut self, id: impl Into<String>) -> Self {
        self.logical_id = Some(id.into());
        self
    }

    /// How the type takes tags.
    #[must_use]
    pub fn tagging(mut self, tagging: Tagging) -> Self {
        self.tagging = tagging;
        self
    }

    /// `DeletionPolicy` and `UpdateReplacePolicy`, unless a [`RemovalPolicy`] fact says otherwise.
    #[must_use]
    pub fn removal(mut self, removal: Option<RemovalPolicy>) -> Self {
        self.removal = removal;
        self
    }

    /// A resource of the same stack, or a stack, that must be there first.
    #[must_use]
    pub fn depends_on(mut self, first: impl Into<NodeId>) -> Self {
        self.depends_on.push(first.into());
        self
    }

    /// The [`Condition`](crate::Condition) under which it is made.
    #[must_use]
    pub fn condition(mut self, condition: impl Into<NodeId>) -> Self {
        self.condition = Some(condition.into());
        self
    }

    /// The name that no other resource of the type may have.
    #[must_use]
    pub fn claim(mut self, claim: Option<Claim>) -> Self {
        self.claim = claim;
        self
    }

    /// An entry of `Metadata`.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Expr>) -> Self {
        self.metadata.push((key.into(), value.into().bounded()));
        self
    }

    /// Another attribute of the resource, such as `CreationPolicy` or `UpdatePolicy`.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Expr>) -> Self {
        self.attributes.push((key.into(), value.into().bounded()));
        self
    }
}

/// A part of a template.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Resource(CfnResource),
    Parameter {
        id: Option<String>,
        properties: Properties,
    },
    Condition(Expr),
    Output {
        id: Option<String>,
        value: Expr,
        description: Option<String>,
        export: Option<Expr>,
        condition: Option<NodeId>,
    },
}

impl Part {
    /// The logical id the program gave, and what tells apart the parts of one node.
    pub(crate) fn id_and_suffix(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Resource(resource) => (resource.logical_id.as_deref(), resource.suffix.as_deref()),
            Self::Parameter { id, .. } | Self::Output { id, .. } => (id.as_deref(), None),
            Self::Condition(_) => (None, None),
        }
    }
}

/// Where a node puts what it lowers to.
#[derive(Debug, Default)]
pub struct Resources {
    pub(crate) parts: Vec<Part>,
}

impl Resources {
    /// Adds a resource.
    pub fn add(&mut self, resource: CfnResource) {
        self.parts.push(Part::Resource(resource));
    }

    pub(crate) fn add_part(&mut self, part: Part) {
        self.parts.push(part);
    }
}
