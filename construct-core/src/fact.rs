//! Facts: what one construct says about another.
//!
//! A fact is attached to a node, never changed and never taken back; the order in which facts are attached has no
//! meaning. Whoever lowers the node reads them. A fact that nobody read is reported, so that a statement about the wrong
//! construct is not lost in silence.

use std::any::{Any, TypeId};
use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::diagnostic::{Caller, Diagnostic};
use crate::handle::NodeId;
use crate::value::Expr;

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
pub trait Fact: Clone + fmt::Debug + Ord + Send + Sync + 'static {
    /// What the fact is called in findings.
    const NAME: &'static str;
    /// Which nodes it reaches.
    const REACH: Reach;
    /// Whether it is a finding when no node read the fact. Links from one construct to another may go unused.
    const MUST_BE_READ: bool = true;

    /// Whether [checks](crate::AssemblyCheck) of the finished assembly may look at the fact. What stands in the templates by
    /// then, as statements of policies do, need not stay in memory beside them.
    const IS_KEPT_FOR_CHECKS: bool = true;

    /// Whether both cannot hold on one construct, as two values of one tag: the code of the finding then. Facts have no
    /// order, so nothing else could decide.
    fn contradicts(&self, other: &Self) -> Option<&'static str> {
        let _ = other;
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
/// The nearest tag of a key wins. See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>.
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
        Self { path: path.into(), value: Some(value.into()), only: None }
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
        Self { key: key.into(), value: value.into() }
    }
}

impl Fact for Metadata {
    const NAME: &'static str = "metadata";
    const REACH: Reach = Reach::Node;

    fn contradicts(&self, other: &Self) -> Option<&'static str> {
        (self.key == other.key && self.value != other.value).then_some("metadata::contradiction")
    }

    fn summary(&self) -> Option<String> {
        Some(format!("`{}`", self.key))
    }
}

/// A fact of any kind.
trait AnyFact: fmt::Debug + Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn name(&self) -> &'static str;
    fn reach(&self) -> Reach;
    fn must_be_read(&self) -> bool;
    fn is_kept_for_checks(&self) -> bool;
    fn contradicts(&self, other: &dyn AnyFact) -> Option<&'static str>;
    fn problem(&self) -> Option<Diagnostic>;
    fn summary(&self) -> Option<String>;
}

impl<F: Fact> AnyFact for F {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn name(&self) -> &'static str {
        F::NAME
    }

    fn reach(&self) -> Reach {
        F::REACH
    }

    fn must_be_read(&self) -> bool {
        F::MUST_BE_READ
    }

    fn is_kept_for_checks(&self) -> bool {
        F::IS_KEPT_FOR_CHECKS
    }

    fn contradicts(&self, other: &dyn AnyFact) -> Option<&'static str> {
        Fact::contradicts(self, other.as_any().downcast_ref::<F>()?)
    }

    fn problem(&self) -> Option<Diagnostic> {
        Fact::problem(self)
    }

    fn summary(&self) -> Option<String> {
        Fact::summary(self)
    }
}

/// One attached fact with what is needed to find and to report it.
#[derive(Debug)]
struct Attached {
    target: NodeId,
    /// Its kind, as a position among the kinds.
    kind: u16,
    /// The fact that was attached to the node before.
    before: Option<NonZeroU32>,
    location: Caller,
    fact: Box<dyn AnyFact>,
}

/// Stands in the place of facts that are needed no more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Forgotten;

impl Fact for Forgotten {
    const NAME: &'static str = "forgotten fact";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
}

/// All facts of a tree.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    all: Vec<Attached>,
    /// The kinds of facts that there are.
    kinds: Vec<TypeId>,
    /// By the index of a node, the number of the fact that was attached to it last; numbers begin at 1.
    last: Vec<Option<NonZeroU32>>,
}

/// Which facts were read; a pass keeps one beside the tree, which it leaves as it is.
#[derive(Debug)]
pub(crate) struct ReadMarks(Vec<AtomicBool>);

impl ReadMarks {
    pub(crate) fn mark<F>(&self, found: &Found<'_, F>) {
        self.0[found.index].store(true, Ordering::Relaxed);
    }
}

/// A fact with the line that stated it.
#[derive(Debug)]
pub(crate) struct Found<'a, F> {
    pub(crate) fact: &'a F,
    pub(crate) location: Caller,
    index: usize,
}

/// A fact that nobody read.
pub(crate) struct Unread {
    pub(crate) target: NodeId,
    pub(crate) name: &'static str,
    pub(crate) reach: Reach,
    pub(crate) location: Caller,
    pub(crate) summary: Option<String>,
}

/// Two facts on one node that cannot both hold.
pub(crate) struct Contradiction {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) summaries: [Option<String>; 2],
    pub(crate) locations: [Caller; 2],
}

impl Facts {
    pub(crate) fn attach<F: Fact>(&mut self, target: NodeId, fact: F, location: Caller) {
        let kind = self.kind::<F>().unwrap_or_else(|| {
            self.kinds.push(TypeId::of::<F>());
            self.kinds.len() as u16 - 1
        });
        if self.last.len() <= target.index() {
            self.last.resize(target.index() + 1, None);
        }
        let before = self.last[target.index()];
        self.all.push(Attached { target, kind, before, location, fact: Box::new(fact) });
        self.last[target.index()] = u32::try_from(self.all.len()).ok().and_then(NonZeroU32::new);
    }

    fn kind<F: Fact>(&self) -> Option<u16> {
        self.kinds.iter().position(|kind| *kind == TypeId::of::<F>()).map(|kind| kind as u16)
    }

    /// Whether there is a fact of a kind anywhere.
    pub(crate) fn has<F: Fact>(&self) -> bool {
        self.kind::<F>().is_some()
    }

    /// The facts on a node with their indices, the last one first.
    fn of(&self, node: NodeId) -> impl Iterator<Item = (usize, &Attached)> {
        let index = |number: NonZeroU32| number.get() as usize - 1;
        let last = self.last.get(node.index()).copied().flatten().map(index);
        let all = std::iter::successors(last, move |&at| self.all[at].before.map(index));
        // A node of another app may have the same index.
        all.map(|at| (at, &self.all[at])).filter(move |(_, fact)| fact.target == node)
    }

    /// The facts of one kind on one node: sorted, whatever order they were attached in.
    pub(crate) fn on<F: Fact>(&self, node: NodeId) -> Vec<Found<'_, F>> {
        let Some(kind) = self.kind::<F>() else { return Vec::new() };
        let of_kind = self.of(node).filter(|(_, fact)| fact.kind == kind).filter_map(|(index, attached)| {
            Some(Found { fact: attached.fact.as_any().downcast_ref::<F>()?, location: attached.location, index })
        });
        let mut found: Vec<Found<'_, F>> = of_kind.collect();
        found.reverse();
        found.sort_by(|left, right| left.fact.cmp(right.fact));
        found
    }

    /// Forgets what no check may look at.
    pub(crate) fn forget(&mut self) {
        for on in self.all.iter_mut().filter(|on| !on.fact.is_kept_for_checks()) {
            on.fact = Box::new(Forgotten);
        }
    }

    pub(crate) fn marks(&self) -> ReadMarks {
        ReadMarks(self.all.iter().map(|_| AtomicBool::new(false)).collect())
    }

    pub(crate) fn unread(&self, marks: &ReadMarks) -> impl Iterator<Item = Unread> {
        let unread =
            self.all.iter().zip(&marks.0).filter(|(on, mark)| !mark.load(Ordering::Relaxed) && on.fact.must_be_read());
        unread.map(|(on, _)| Unread {
            target: on.target,
            name: on.fact.name(),
            reach: on.fact.reach(),
            location: on.location,
            summary: on.fact.summary(),
        })
    }

    /// What is wrong with the facts on a node, each by itself.
    pub(crate) fn problems(&self, node: NodeId) -> Vec<Diagnostic> {
        let problems = self.of(node).filter_map(|(_, on)| Some(on.fact.problem()?.at(on.location)));
        let mut problems: Vec<Diagnostic> = problems.collect();
        problems.reverse();
        problems
    }

    /// The facts on a node that cannot hold together.
    pub(crate) fn contradictions(&self, node: NodeId) -> Vec<Contradiction> {
        let mut on_node: Vec<&Attached> = self.of(node).map(|(_, fact)| fact).collect();
        on_node.reverse();
        let mut found = Vec::new();
        for (n, second) in on_node.iter().enumerate() {
            for first in on_node[..n].iter().filter(|first| first.kind == second.kind) {
                if let Some(code) = first.fact.contradicts(&*second.fact) {
                    found.push(Contradiction {
                        code,
                        name: first.fact.name(),
                        summaries: [first.fact.summary(), second.fact.summary()],
                        locations: [first.location, second.location],
                    });
                }
            }
        }
        found
    }

    /// The targets that facts name, for the check that they belong to this tree.
    pub(crate) fn targets(&self) -> impl Iterator<Item = (NodeId, &'static str, Caller)> {
        self.all.iter().map(|on| (on.target, on.fact.name(), on.location))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handle::AppId;
    use std::panic::Location;

    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Written(u8);

    impl Fact for Written {
        const NAME: &'static str = "what templates say";
        const REACH: Reach = Reach::Node;
        const IS_KEPT_FOR_CHECKS: bool = false;
    }

    #[test]
    fn facts_are_found_on_their_node_and_sorted() {
        let (app, other) = (AppId::next(), AppId::next());
        let (node, foreign) = (NodeId::new(app, 3), NodeId::new(other, 3));
        let mut facts = Facts::default();
        for (target, fact) in [(node, 2), (foreign, 9), (node, 1), (NodeId::new(app, 5), 7)] {
            facts.attach(target, Written(fact), Location::caller());
        }
        facts.attach(node, RemovalPolicy::Retain, Location::caller());
        let on = |node| facts.on::<Written>(node).iter().map(|found| found.fact.0).collect::<Vec<_>>();
        assert_eq!((on(node), on(foreign), on(NodeId::new(app, 0))), (vec![1, 2], vec![9], vec![]));
        assert_eq!(facts.on::<Tag>(node).len(), 0);
        assert!(facts.has::<RemovalPolicy>() && !facts.has::<Tag>());
    }

    #[test]
    fn what_no_check_may_look_at_is_forgotten() {
        let node = NodeId::new(AppId::next(), 0);
        let mut facts = Facts::default();
        facts.attach(node, Written(1), Location::caller());
        facts.attach(node, RemovalPolicy::Retain, Location::caller());
        facts.forget();
        assert_eq!((facts.on::<Written>(node).len(), facts.on::<RemovalPolicy>(node).len()), (0, 1));
    }
}
