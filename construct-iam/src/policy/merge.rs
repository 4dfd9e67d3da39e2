//! The same permissions in fewer statements.

use std::cmp::Ordering;

use super::statement::{Elements, PolicyStatement};
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
    loop {
        let before = statements.len();
        unite(&mut statements, Element::Resources, |of| &of.resources, |of| &mut of.resources);
        unite(&mut statements, Element::Actions, |of| &of.actions, |of| &mut of.actions);
        // Equal statements are one by now, so what differs only in principals has some.
        if statements.iter().any(PolicyStatement::has_principal) {
            unite(&mut statements, Element::Principals, |of| &of.principals, |of| &mut of.principals);
        }
        if statements.len() == before {
            statements.sort_unstable();
            return statements;
        }
    }
}

/// Unites one set of the statements that agree in everything else. Empty sets stay apart: no resource is not every
/// resource.
fn unite<T: Clone + Ord>(
    statements: &mut Vec<PolicyStatement>,
    element: Element,
    set: fn(&Elements) -> &Set<T>,
    set_mut: fn(&mut Elements) -> &mut Set<T>,
) {
    if statements.len() < 2 {
        return;
    }
    let by = |one: &PolicyStatement, other: &PolicyStatement| {
        let is_empty = |statement: &PolicyStatement| set(&statement.0).is_empty();
        is_empty(one).cmp(&is_empty(other)).then_with(|| but(element, &one.0, &other.0))
    };
    statements.sort_unstable_by(by);
    if statements.is_sorted_by(|one, other| by(one, other).is_lt()) {
        return;
    }
    let mut united = Vec::with_capacity(statements.len());
    for alike in statements.chunk_by(|one, other| by(one, other).is_eq()) {
        let Some((first, others)) = alike.split_first() else { continue };
        let mut first = first.clone();
        let more = others.iter().flat_map(|other| set(&other.0).iter());
        let mut more = more.filter(|item| !set(&first.0).contains(item)).cloned().peekable();
        if more.peek().is_some() {
            let more: Vec<T> = more.collect();
            set_mut(first.change()).extend(more);
        }
        united.push(first);
    }
    *statements = united;
}

/// An order of statements in which those stand side by side that agree in everything but one element; by what they differ in
/// most often first.
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
