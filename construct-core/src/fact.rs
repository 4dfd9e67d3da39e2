//! Facts: what one construct says about another.
//!
//! A fact is attached to a node, never changed and never taken back; the order in which facts are attached has no
//! meaning. Whoever lowers the node reads them. A fact that nobody read is reported, so that a statement about the wrong
//! construct is not lost in silence.

mod facts;
mod kinds;

use std::fmt;

use crate::diagnostic::Diagnostic;
use crate::handle::NodeId;
use crate::value::Expr;

pub(crate) use facts::{Facts, Found, ReadMarks};
pub(crate) use kinds::Forgotten;

/// Which nodes a fact reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The node it is attached to.
    Node,
    /// That node and every node below it, those that planning adds included.
    Subtree,
}

/// A statement about a construct.
///
/// ```
/// use construct_core::{Fact, Reach};
/// /// Says who is called at night.
/// #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
/// struct OnCall(String);
/// impl Fact for OnCall {
///     const NAME: &'static str = "on-call";
///     const REACH: Reach = Reach::Subtree;
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no fact that can be attached to a construct",
    note = "derive `Clone`, `Debug` and `Ord`, and implement `construct_core::Fact`"
)]
#[doc(alias = "Aspects")]
pub trait Fact: Clone + fmt::Debug + Ord + Send + Sync + 'static {
    /// What the fact is called in findings.
    const NAME: &'static str;
    /// Which nodes it reaches.
    const REACH: Reach;
    /// Whether it is a finding when no node read the fact. Links from one construct to another may go unused.
    const MUST_BE_READ: bool = true;

    /// Whether [checks](crate::AssemblyCheck) of the finished assembly may look at the fact. What goes into templates, as
    /// statements of policies do, need not stay in memory beside them: it is forgotten when they are written.
    const IS_KEPT_FOR_CHECKS: bool = true;

    /// Whether both cannot hold on one construct, as two values of one tag: the code of the finding then. Facts have no
    /// order, so nothing else could decide.
    fn contradicts(&self, other: &Self) -> Option<&'static str> {
        let _ = other;
        None
    }

    /// What the fact is about, as the key of a tag: only facts about the same can contradict each other. Without it
    /// each fact is held against every other one of its construct, which takes long where there are thousands.
    fn subject(&self) -> Option<&str> {
        None
    }

    /// What is wrong with the fact by itself, whatever it is attached to; reported at the line that states it.
    fn problem(&self) -> Option<Diagnostic> {
        None
    }

    /// What the fact says, in a few words for findings.
    fn summary(&self) -> Option<String> {
        None
    }
}

/// A tag on every resource below that can carry tags, and on the stacks.
///
/// The nearest tag of a key wins. See
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>.
#[doc(alias = "Tags")]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    /// The key: 1 to 128 characters, not beginning with `aws:`.
    pub key: String,
    /// The value: at most 256 characters.
    pub value: String,
}

impl Tag {
    /// A tag.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

impl Fact for Tag {
    const NAME: &'static str = "tag";
    const REACH: Reach = Reach::Subtree;

    fn contradicts(&self, other: &Self) -> Option<&'static str> {
        (self.key == other.key && self.value != other.value).then_some("tag::contradiction")
    }

    fn subject(&self) -> Option<&str> {
        Some(&self.key)
    }

    fn summary(&self) -> Option<String> {
        Some(format!("`{}` = `{}`", self.key, self.value))
    }
}

/// What happens to resources when they leave the stack: `DeletionPolicy` and `UpdateReplacePolicy` together.
///
/// The nearest policy wins, also over the default of the resource.
/// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RemovalPolicy {
    /// The resource stays.
    Retain,
    /// The resource is deleted with the stack.
    Destroy,
    /// A snapshot stays, for resource types that support one.
    Snapshot,
    /// The resource stays, except when the stack that was to create it failed.
    RetainExceptOnCreate,
}

impl RemovalPolicy {
    /// The value of `DeletionPolicy`.
    #[must_use]
    pub const fn deletion(self) -> &'static str {
        match self {
            Self::Retain => "Retain",
            Self::Destroy => "Delete",
            Self::Snapshot => "Snapshot",
            Self::RetainExceptOnCreate => "RetainExceptOnCreate",
        }
    }

    /// The value of `UpdateReplacePolicy`, which knows no `RetainExceptOnCreate`.
    #[must_use]
    pub const fn update_replace(self) -> &'static str {
        match self {
            Self::Retain | Self::RetainExceptOnCreate => "Retain",
            Self::Destroy => "Delete",
            Self::Snapshot => "Snapshot",
        }
    }
}

impl Fact for RemovalPolicy {
    const NAME: &'static str = "removal policy";
    const REACH: Reach = Reach::Subtree;

    fn contradicts(&self, other: &Self) -> Option<&'static str> {
        (self != other).then_some("removal-policy::contradiction")
    }

    fn summary(&self) -> Option<String> {
        Some(format!("`{}`", self.deletion()))
    }
}

/// Sets or removes one property of every resource below, by its path: the way to whatever a construct does not offer.
///
/// ```
/// use construct_core::PropertyOverride;
/// let _ = PropertyOverride::set("WebsiteConfiguration.IndexDocument", "index.html").only("AWS::S3::Bucket");
/// let _ = PropertyOverride::remove("BucketEncryption.ServerSideEncryptionConfiguration.0.BucketKeyEnabled");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PropertyOverride {
    pub(crate) path: String,
    pub(crate) value: Option<Expr>,
    pub(crate) only: Option<String>,
}

impl PropertyOverride {
    /// Sets the property at a path of names and list positions, separated by dots, below `Properties`.
    pub fn set(path: impl Into<String>, value: impl Into<Expr>) -> Self {
        Self { path: path.into(), value: Some(value.into().bounded()), only: None }
    }

    /// Removes the property at a path.
    pub fn remove(path: impl Into<String>) -> Self {
        Self { path: path.into(), value: None, only: None }
    }

    /// Reaches resources of this CloudFormation type only.
    #[must_use]
    pub fn only(mut self, resource_type: impl Into<String>) -> Self {
        self.only = Some(resource_type.into());
        self
    }
}

impl Fact for PropertyOverride {
    const NAME: &'static str = "property override";
    const REACH: Reach = Reach::Subtree;

    fn contradicts(&self, other: &Self) -> Option<&'static str> {
        let same_place = self.path == other.path && self.only == other.only;
        (same_place && self.value != other.value).then_some("override::contradiction")
    }

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn summary(&self) -> Option<String> {
        let of = self.only.as_ref().map(|only| format!(" of `{only}`")).unwrap_or_default();
        Some(format!("`{}`{of}", self.path))
    }
}

/// An order that no reference implies: everything below the node it is attached to is deployed after everything below
/// the other one. Between stacks it becomes a dependency of stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DependsOn(pub(crate) NodeId);

impl DependsOn {
    /// What must be there first: a construct, a group of constructs or a stack.
    pub fn new(first: impl Into<NodeId>) -> Self {
        Self(first.into())
    }
}

impl Fact for DependsOn {
    const NAME: &'static str = "dependency";
    const REACH: Reach = Reach::Subtree;
}

/// An entry of a resource's `Metadata`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metadata {
    pub(crate) key: String,
    pub(crate) value: Expr,
}

impl Metadata {
    /// An entry.
    pub fn new(key: impl Into<String>, value: impl Into<Expr>) -> Self {
        Self { key: key.into(), value: value.into().bounded() }
    }
}

impl Fact for Metadata {
    const NAME: &'static str = "metadata";
    const REACH: Reach = Reach::Node;

    fn contradicts(&self, other: &Self) -> Option<&'static str> {
        (self.key == other.key && self.value != other.value).then_some("metadata::contradiction")
    }

    fn subject(&self) -> Option<&str> {
        Some(&self.key)
    }

    fn summary(&self) -> Option<String> {
        Some(format!("`{}`", self.key))
    }
}
