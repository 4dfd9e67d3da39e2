//! What is attached to the nodes of a tree.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};

use super::kinds::{Contradiction, Forgotten, Kinds, OnNode};
use super::{Fact, Reach};
use crate::diagnostic::{Caller, Diagnostic};
use crate::handle::NodeId;

/// That a fact is attached to a node, with what is needed to find and to report it.
#[derive(Debug)]
struct Attached {
    target: NodeId,
    location: Caller,
    /// The fact that was attached to the node before.
    before: Option<NonZeroU32>,
    /// The place of the fact among those of its kind.
    place: u32,
    /// Its kind, as a position among the kinds.
    kind: u16,
}

/// All facts of a tree.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    all: Vec<Attached>,
    kinds: Kinds,
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

impl Facts {
    pub(crate) fn attach<F: Fact>(&mut self, target: NodeId, fact: F, location: Caller) {
        let (kind, place) = self.kinds.push(fact);
        self.chain(Attached { target, location, before: None, place, kind });
    }

    fn chain(&mut self, mut attached: Attached) {
        let target = attached.target.index();
        if self.last.len() <= target {
            self.last.resize(target + 1, None);
        }
        attached.before = self.last[target];
        self.all.push(attached);
        self.last[target] = u32::try_from(self.all.len()).ok().and_then(NonZeroU32::new);
    }

    /// Whether there is a fact of a kind anywhere.
    pub(crate) fn has<F: Fact>(&self) -> bool {
        self.kinds.of::<F>().is_some()
    }

    /// Whether nothing is attached to a node.
    pub(crate) fn has_none(&self, node: NodeId) -> bool {
        self.of(node).next().is_none()
    }

    /// What is attached to a node, with indices, the last one first.
    fn of(&self, node: NodeId) -> impl Iterator<Item = (usize, &Attached)> {
        let mut next = self.last.get(node.index()).copied().flatten();
        let all = std::iter::from_fn(move || {
            let index = next?.get() as usize - 1;
            let on = &self.all[index];
            next = on.before;
            Some((index, on))
        });
        // A node of another app may have the same index.
        all.filter(move |(_, on)| on.target == node)
    }

    /// The facts of one kind on one node, the last one first.
    pub(crate) fn as_attached<F: Fact>(&self, node: NodeId) -> impl Iterator<Item = Found<'_, F>> {
        let of_kind = self.kinds.of::<F>();
        self.of(node).filter_map(move |(index, on)| {
            let (_, facts) = of_kind.filter(|(kind, _)| *kind == on.kind)?;
            Some(Found { fact: facts.at(on.place)?, location: on.location, index })
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

    /// Keeps those that checks of the finished assembly may look at. The others need not be in memory beside it.
    pub(crate) fn keep_for_checks(&mut self) -> Forgotten {
        self.last.clear();
        for on in std::mem::take(&mut self.all) {
            if self.kinds.at(on.kind).is_kept_for_checks() {
                self.chain(on);
            }
        }
        self.all.shrink_to_fit();
        self.kinds.forget()
    }

    pub(crate) fn marks(&self) -> ReadMarks {
        ReadMarks(self.all.iter().map(|_| AtomicBool::new(false)).collect())
    }

    pub(crate) fn unread(&self, marks: &ReadMarks) -> impl Iterator<Item = Unread> {
        let all = self.all.iter().enumerate().filter(|(index, _)| !marks.is_read(*index));
        all.map(|(_, on)| (on, self.kinds.at(on.kind))).filter(|(_, kind)| kind.must_be_read()).map(|(on, kind)| {
            Unread {
                target: on.target,
                name: kind.name(),
                reach: kind.reach(),
                location: on.location,
                summary: kind.summary(on.place),
            }
        })
    }

    /// What is wrong with the facts on a node: with each by itself, and which cannot hold together.
    pub(crate) fn wrong(&self, node: NodeId) -> (Vec<Diagnostic>, Vec<Contradiction>) {
        // Room for the facts on most nodes that have any, which spares the list to grow.
        const MOST: usize = 16;
        let (mut problems, mut contradictions) = (Vec::new(), Vec::new());
        let mut on_node = Vec::with_capacity(MOST);
        on_node.extend(self.of(node).map(|(index, on)| OnNode {
            kind: on.kind,
            index,
            place: on.place,
            location: on.location,
        }));
        on_node.sort_unstable_by_key(|on| (on.kind, on.index));
        for of_kind in on_node.chunk_by(|one, other| one.kind == other.kind) {
            let kind = self.kinds.at(of_kind[0].kind);
            kind.problems(of_kind, &mut problems);
            kind.contradictions(of_kind, &mut contradictions);
        }
        // Each where the later fact was stated, and in the order of the earlier ones.
        problems.sort_by_key(|(index, _)| *index);
        contradictions.sort_by_key(|(indices, _)| *indices);
        let problems = problems.into_iter().map(|(_, problem)| problem);
        (problems.collect(), contradictions.into_iter().map(|(_, found)| found).collect())
    }

    /// The targets that facts name, for the check that they belong to this tree.
    pub(crate) fn targets(&self) -> impl Iterator<Item = (NodeId, &'static str, Caller)> {
        self.all.iter().map(|on| (on.target, self.kinds.at(on.kind).name(), on.location))
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
    fn contradictions_come_in_the_order_in_which_facts_were_attached() {
        let node = NodeId::new(AppId::next(), 0);
        let mut facts = Facts::default();
        for (key, value) in [("b", "1"), ("a", "1"), ("b", "2"), ("b", "1"), ("a", "2")] {
            facts.attach(node, Tag::new(key, value), Location::caller());
            if value == "2" {
                facts.attach(node, RemovalPolicy::Retain, Location::caller());
            }
        }
        let (problems, found) = facts.wrong(node);
        let said: Vec<_> = found.iter().map(|found| found.summaries.clone().map(Option::unwrap)).collect();
        assert_eq!(said, [["`b` = `1`", "`b` = `2`"], ["`b` = `2`", "`b` = `1`"], ["`a` = `1`", "`a` = `2`"]]);
        assert_eq!(problems.len(), 0);
    }

    #[test]
    fn what_no_check_may_look_at_is_forgotten() {
        let node = NodeId::new(AppId::next(), 0);
        let mut facts = Facts::default();
        facts.attach(node, Written(1), Location::caller());
        facts.attach(node, RemovalPolicy::Retain, Location::caller());
        drop(facts.keep_for_checks());
        assert_eq!((facts.on::<Written>(node).len(), facts.on::<RemovalPolicy>(node).len()), (0, 1));
    }
}
