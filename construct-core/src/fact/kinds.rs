//! The facts of each kind, side by side: one costs no allocation of its own, and what its kind does not care about is asked
//! of none.

use std::any::{Any, TypeId};
use std::borrow::Cow;
use std::fmt;

use super::{Fact, Reach};
use crate::diagnostic::{Caller, Diagnostic};

/// One of the facts on a node.
#[derive(Clone, Copy)]
pub(super) struct OnNode {
    pub(super) kind: u16,
    /// Its index among all facts, which says what came first.
    pub(super) index: usize,
    pub(super) place: u32,
    pub(super) location: Caller,
}

/// Two facts on one node that cannot both hold.
pub(crate) struct Contradiction {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) summaries: [Option<String>; 2],
    pub(crate) locations: [Caller; 2],
}

/// The facts of a kind, by their places.
#[derive(Debug)]
pub(super) struct Kind<F> {
    facts: Vec<F>,
}

impl<F> Kind<F> {
    /// The fact at a place, unless its kind is forgotten.
    pub(super) fn at(&self, place: u32) -> Option<&F> {
        self.facts.get(place as usize)
    }
}

/// The facts of any kind.
pub(super) trait AnyKind: Any + fmt::Debug + Send + Sync {
    fn name(&self) -> &'static str;
    fn reach(&self) -> Reach;
    fn must_be_read(&self) -> bool;
    fn is_kept_for_checks(&self) -> bool;
    fn summary(&self, place: u32) -> Option<String>;
    /// The same kind without facts.
    fn emptied(&self) -> Box<dyn AnyKind>;
    /// What is wrong with facts, each by itself and with its index.
    fn problems(&self, facts: &[OnNode], out: &mut Vec<(usize, Diagnostic)>);
    /// Which of the facts of a node cannot hold together, with the indices of the later and the earlier one.
    fn contradictions(&self, facts: &[OnNode], out: &mut Vec<([usize; 2], Contradiction)>);
}

impl<F: Fact> AnyKind for Kind<F> {
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

    fn summary(&self, place: u32) -> Option<String> {
        self.at(place)?.summary()
    }

    fn emptied(&self) -> Box<dyn AnyKind> {
        Box::new(Self { facts: Vec::new() })
    }

    fn problems(&self, facts: &[OnNode], out: &mut Vec<(usize, Diagnostic)>) {
        for on in facts {
            out.extend(self.at(on.place).and_then(F::problem).map(|problem| (on.index, problem.at(on.location))));
        }
    }

    fn contradictions(&self, facts: &[OnNode], out: &mut Vec<([usize; 2], Contradiction)>) {
        let subject = |on: &OnNode| self.at(on.place).and_then(F::subject);
        let mut facts = Cow::Borrowed(facts);
        if facts.iter().any(|on| subject(on).is_some()) {
            facts.to_mut().sort_by(|one, other| subject(one).cmp(&subject(other)));
        }
        for of_subject in facts.chunk_by(|one, other| subject(one) == subject(other)) {
            for (n, second) in of_subject.iter().enumerate() {
                for first in &of_subject[..n] {
                    let (Some(earlier), Some(later)) = (self.at(first.place), self.at(second.place)) else { continue };
                    let Some(code) = earlier.contradicts(later) else { continue };
                    let found = Contradiction {
                        code,
                        name: F::NAME,
                        summaries: [earlier.summary(), later.summary()],
                        locations: [first.location, second.location],
                    };
                    out.push(([second.index, first.index], found));
                }
            }
        }
    }
}

/// Facts that nobody asks for any more, still to be freed.
#[derive(Debug)]
pub(crate) struct Forgotten(#[expect(dead_code, reason = "only to be freed")] Vec<Box<dyn AnyKind>>);

/// The facts of all kinds.
#[derive(Debug, Default)]
pub(super) struct Kinds(Vec<(TypeId, Box<dyn AnyKind>)>);

impl Kinds {
    fn position<F: Fact>(&self) -> Option<usize> {
        self.0.iter().position(|(kind, _)| *kind == TypeId::of::<F>())
    }

    /// The facts of a kind, with its position.
    pub(super) fn of<F: Fact>(&self) -> Option<(u16, &Kind<F>)> {
        let position = self.position::<F>()?;
        let kind: &dyn Any = &*self.0[position].1;
        Some((position as u16, kind.downcast_ref()?))
    }

    pub(super) fn at(&self, position: u16) -> &dyn AnyKind {
        &*self.0[usize::from(position)].1
    }

    /// Adds a fact; gives the position of its kind, and its place there.
    pub(super) fn push<F: Fact>(&mut self, fact: F) -> (u16, u32) {
        let position = self.position::<F>().unwrap_or_else(|| {
            self.0.push((TypeId::of::<F>(), Box::new(Kind::<F> { facts: Vec::new() })));
            self.0.len() - 1
        });
        let kind: &mut dyn Any = &mut *self.0[position].1;
        let facts = &mut kind.downcast_mut::<Kind<F>>().expect("kinds are told apart by their types").facts;
        facts.push(fact);
        (position as u16, facts.len() as u32 - 1)
    }

    /// Takes out the facts that no check may look at.
    pub(super) fn forget(&mut self) -> Forgotten {
        let forgotten = self.0.iter_mut().filter(|(_, kind)| !kind.is_kept_for_checks());
        Forgotten(forgotten.map(|(_, kind)| std::mem::replace(kind, kind.emptied())).collect())
    }
}
