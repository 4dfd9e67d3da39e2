//! The same permissions in fewer statements.

use std::cmp::Ordering;

use construct_core::{Expr, fingerprint};

use super::statement::{Elements, PolicyStatement};
use crate::principal::Principal;
use crate::sorted::Set;

/// An element in which statements may differ and still become one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Resources,
    Actions,
    Principals,
}

/// Unites statements, equal ones too, until none can be united with another.
pub(super) fn merged(mut statements: Vec<PolicyStatement>) -> Vec<PolicyStatement> {
    if statements.len() < 2 {
        return statements;
    }
    let mut printed: Vec<Printed> = statements.drain(..).map(Printed::new).collect();
    loop {
        let before = printed.len();
        unite(&mut printed, Element::Resources, |of| &of.resources, |of| &mut of.resources);
        unite(&mut printed, Element::Actions, |of| &of.actions, |of| &mut of.actions);
        // Equal statements are one by now, so what differs only in principals has some.
        if printed.iter().any(|printed| printed.statement.has_principal()) {
            unite(&mut printed, Element::Principals, |of| &of.principals, |of| &mut of.principals);
        }
        if printed.len() == before {
            statements.extend(printed.into_iter().map(|printed| printed.statement));
            statements.sort_unstable();
            return statements;
        }
    }
}

/// A statement with a print of each of its [`Element`]s: what is equal has equal prints, and most of what is not has
/// others. To compare them is much quicker than to compare what statements say.
struct Printed {
    statement: PolicyStatement,
    prints: [u64; 3],
    /// A print of what is never united.
    kept: u64,
    /// A print of all elements but the one that is united.
    others: u64,
}

impl Printed {
    fn new(statement: PolicyStatement) -> Self {
        let said = &*statement.0;
        let prints = [
            print(&said.resources, Expr::fingerprint),
            print(&said.actions, |action| fingerprint(action)),
            print(&said.principals, Principal::fingerprint),
        ];
        // Conditions that differ do so in a value, or in how long their words are, but for few.
        let kept = said.conditions.iter().fold(said.effect as u64, |kept, (operator, keys)| {
            let keys = keys.iter().map(|(key, values)| key.len() as u64 ^ print(values, Expr::fingerprint));
            kept.rotate_left(1) ^ operator.len() as u64 ^ keys.fold(0, u64::wrapping_add)
        });
        Self { statement, prints, kept, others: 0 }
    }
}

/// A print of a set, of which most have one item or differ in the first.
fn print<T: Ord>(set: &Set<T>, of: impl Fn(&T) -> u64) -> u64 {
    set.as_slice().first().map_or(0, of).wrapping_add(set.as_slice().len() as u64)
}

/// So few statements are compared in pairs before they are sorted: mostly there is nothing to unite.
const FEW: usize = 16;

/// Unites one set of the statements that agree in everything else. Empty sets stay apart: no resource is not every
/// resource.
fn unite<T: Clone + Ord>(
    printed: &mut Vec<Printed>,
    element: Element,
    set: fn(&Elements) -> &Set<T>,
    set_mut: fn(&mut Elements) -> &mut Set<T>,
) {
    for Printed { prints: [resources, actions, principals], kept, others, .. } in &mut *printed {
        let both = match element {
            Element::Resources => *actions ^ principals.rotate_left(1),
            Element::Actions => *resources ^ principals.rotate_left(1),
            Element::Principals => *resources ^ actions.rotate_left(1),
        };
        *others = both ^ kept.rotate_left(2);
    }
    let has_like = |(n, one): (usize, &Printed)| printed[..n].iter().any(|other| one.others == other.others);
    if printed.len() <= FEW && !printed.iter().enumerate().any(has_like) {
        return;
    }
    let by = |one: &Printed, other: &Printed| {
        let is_empty = |printed: &Printed| set(&printed.statement.0).is_empty();
        (one.others.cmp(&other.others))
            .then_with(|| is_empty(one).cmp(&is_empty(other)))
            .then_with(|| but(element, &one.statement.0, &other.statement.0))
    };
    printed.sort_unstable_by(by);
    if printed.is_sorted_by(|one, other| by(one, other).is_lt()) {
        return;
    }
    let mut united = Vec::with_capacity(printed.len());
    let mut rest = std::mem::take(printed).into_iter().peekable();
    while let Some(mut first) = rest.next() {
        let mut more: Vec<T> = Vec::new();
        while let Some(other) = rest.next_if(|other| by(&first, other).is_eq()) {
            let items = set(&other.statement.0).iter();
            more.extend(items.filter(|item| !set(&first.statement.0).contains(item)).cloned());
        }
        if !more.is_empty() {
            set_mut(first.statement.change()).extend(more);
            first = Printed::new(first.statement);
        }
        united.push(first);
    }
    *printed = united;
}

/// An order of statements in which those stand side by side that agree in everything but one element; by what they
/// differ in most often first.
fn but(element: Element, one: &Elements, other: &Elements) -> Ordering {
    fn by<T: Ord>(one: &Set<T>, other: &Set<T>) -> Ordering {
        one.iter().len().cmp(&other.iter().len()).then_with(|| one.cmp(other))
    }
    let unless = |this: Element, order: fn(&Elements, &Elements) -> Ordering| {
        if this == element { Ordering::Equal } else { order(one, other) }
    };
    unless(Element::Actions, |one, other| by(&one.actions, &other.actions))
        .then_with(|| unless(Element::Resources, |one, other| by(&one.resources, &other.resources)))
        .then_with(|| unless(Element::Principals, |one, other| by(&one.principals, &other.principals)))
        .then_with(|| one.conditions.cmp(&other.conditions))
        .then_with(|| one.sid.cmp(&other.sid))
        .then_with(|| one.effect.cmp(&other.effect))
        .then_with(|| one.not_actions.cmp(&other.not_actions))
        .then_with(|| one.not_resources.cmp(&other.not_resources))
        .then_with(|| one.not_principals.cmp(&other.not_principals))
}
