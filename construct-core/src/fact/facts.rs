//! What is attached to the nodes of a tree.

use std::any::{Any, TypeId};
use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Fact, Reach};
use crate::diagnostic::{Caller, Diagnostic};
use crate::handle::NodeId;

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
    const IS_KEPT_FOR_CHECKS: bool = false;
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

    fn is_read(&self, index: usize) -> bool {
        self.0[index].load(Ordering::Relaxed)
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
        self.push(Attached { target, kind, before: None, location, fact: Box::new(fact) });
    }

    fn push(&mut self, mut attached: Attached) {
        let target = attached.target.index();
        if self.last.len() <= target {
            self.last.resize(target + 1, None);
        }
        attached.before = self.last[target];
        self.all.push(attached);
        self.last[target] = u32::try_from(self.all.len()).ok().and_then(NonZeroU32::new);
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

    /// The facts of one kind on one node, the last one first.
    pub(crate) fn as_attached<F: Fact>(&self, node: NodeId) -> impl Iterator<Item = Found<'_, F>> {
        let kind = self.kind::<F>();
        let of_kind = self.of(node).filter(move |(_, fact)| Some(fact.kind) == kind);
        of_kind.filter_map(|(index, attached)| {
            Some(Found { fact: attached.fact.as_any().downcast_ref::<F>()?, location: attached.location, index })
        })
    }

    /// The facts of one kind on one node: sorted, whatever order they were attached in.
    pub(crate) fn on<F: Fact>(&self, node: NodeId) -> Vec<Found<'_, F>> {
        let mut found: Vec<Found<'_, F>> = self.as_attached(node).collect();
        found.reverse();
        found.sort_by(|left, right| left.fact.cmp(right.fact));
        found
    }

    /// Whether something holds for any fact of one kind on one node.
    pub(crate) fn any<F: Fact>(&self, node: NodeId, holds: impl Fn(&F) -> bool) -> bool {
        self.as_attached(node).any(|found| holds(found.fact))
    }

    /// Forgets what was read on a node and is of no use beyond its stack.
    pub(crate) fn forget_on(&mut self, node: NodeId, marks: &ReadMarks) {
        let is_done = |(index, on): &(usize, &Attached)| {
            let is_of_stack = !on.fact.is_kept_for_checks() && on.fact.reach() == Reach::Node;
            is_of_stack && marks.is_read(*index)
        };
        let done: Vec<usize> = self.of(node).filter(is_done).map(|(index, _)| index).collect();
        for index in done {
            self.all[index].fact = Box::new(Forgotten);
        }
    }

    /// Forgets what no check may look at.
    pub(crate) fn forget(&mut self) {
        self.last.clear();
        let kept = std::mem::take(&mut self.all).into_iter().filter(|on| on.fact.is_kept_for_checks());
        kept.for_each(|on| self.push(on));
        self.all.shrink_to_fit();
    }

    pub(crate) fn marks(&self) -> ReadMarks {
        ReadMarks(self.all.iter().map(|_| AtomicBool::new(false)).collect())
    }

    pub(crate) fn unread(&self, marks: &ReadMarks) -> impl Iterator<Item = Unread> {
        let unread = self.all.iter().enumerate().filter(|(index, on)| !marks.is_read(*index) && on.fact.must_be_read());
        unread.map(|(_, on)| Unread {
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
    use crate::fact::{RemovalPolicy, Tag};
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
        assert!(facts.any(node, |fact: &Written| fact.0 == 1) && !facts.any(node, |fact: &Written| fact.0 == 9));
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
