//! The same permissions in fewer statements.
//!
//! Statements become one where they differ in one thing alone: a statement about two resources is two statements about
//! one each, and so it is with actions, with principals, and with the values of one key of a condition that
//! [holds if one of them matches](has_alternatives). Where two things differ they stay apart: together, each of the one
//! would meet each of the other.

use std::cmp::Ordering;

use construct_core::{Expr, fingerprint};

use super::statement::{Condition, Elements, PolicyStatement, has_alternatives};
use crate::principal::Principal;
use crate::sorted::Set;

/// An element in which statements may differ and still become one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Resources,
    Actions,
    Principals,
    /// The values of a condition.
    Values,
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
        unite_values(&mut printed);
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
    /// A print of the effect and the conditions.
    kept: u64,
    /// The same without values that can be united.
    frame: u64,
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
        let (mut kept, mut frame) = (said.effect as u64, said.effect as u64);
        for condition in said.each_condition() {
            let (operator, key, values) = condition;
            let (names, values) = ((operator.len() << 8 | key.len()) as u64, print(values, Expr::fingerprint));
            kept = kept.rotate_left(1) ^ names.wrapping_add(values);
            frame = frame.rotate_left(1) ^ names.wrapping_add(if has_alternatives(&condition) { 0 } else { values });
        }
        Self { statement, prints, kept, frame, others: 0 }
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
    set_others(printed, element);
    if has_nothing_alike(printed) {
        return;
    }
    let by = |one: &Printed, other: &Printed| {
        let is_empty = |printed: &Printed| set(&printed.statement.0).is_empty();
        (one.others.cmp(&other.others))
            .then_with(|| is_empty(one).cmp(&is_empty(other)))
            .then_with(|| but(element, &one.statement.0, &other.statement.0))
    };
    printed.sort_unstable_by(by);
    unite_neighbours(printed, by, |said| set(said).as_slice(), |said, more| set_mut(said).extend(more));
}

/// Unites the values of one key of a condition of the statements that agree in everything else.
fn unite_values(printed: &mut Vec<Printed>) {
    set_others(printed, Element::Values);
    if has_nothing_alike(printed) {
        return;
    }
    let by = |one: &Printed, other: &Printed| {
        (one.others.cmp(&other.others)).then_with(|| but(Element::Values, &one.statement.0, &other.statement.0))
    };
    printed.sort_unstable_by(by);
    if printed.is_sorted_by(|one, other| by(one, other).is_lt()) {
        return;
    }
    let mut rest = std::mem::take(printed).into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut alike = vec![first];
        while let Some(other) = rest.next_if(|other| by(&alike[0], other).is_eq()) {
            alike.push(other);
        }
        // They have the same places, and differ in nothing but what stands there.
        for place in 0..places(&alike[0].statement.0).count() {
            unite_values_at(place, &mut alike);
        }
        printed.append(&mut alike);
    }
}

fn unite_values_at(place: usize, alike: &mut Vec<Printed>) {
    let by = |one: &Printed, other: &Printed| {
        let pairs = places(&one.statement.0).zip(places(&other.statement.0)).enumerate();
        let elsewhere = pairs.filter(|(n, _)| *n != place).map(|(_, (one, other))| one.cmp(&other));
        elsewhere.fold(Ordering::Equal, Ordering::then)
    };
    alike.sort_unstable_by(by);
    let Some((operator, key, _)) = places(&alike[0].statement.0).nth(place) else { return };
    let (operator, key) = (operator.clone(), key.clone());
    let extend = |said: &mut Elements, more| {
        said.conditions.at(operator.clone(), |keys| keys.at(key.clone(), |values| values.extend(more)));
    };
    fn values(said: &Elements, place: usize) -> &[Expr] {
        places(said).nth(place).map_or(&[], |(.., values)| values.as_slice())
    }
    unite_neighbours(alike, by, |said| values(said, place), extend);
}

/// The places in the conditions of a statement whose values can be united.
fn places(said: &Elements) -> impl Iterator<Item = Condition<'_>> {
    said.each_condition().filter(has_alternatives)
}

/// An order of conditions that agree in all but values that can be united.
fn but_values(one: &Elements, other: &Elements) -> Ordering {
    fn frame(condition: Condition<'_>) -> (&str, &str, Option<&Set<Expr>>) {
        let (operator, key, values) = condition;
        (operator, key, (!has_alternatives(&condition)).then_some(values))
    }
    one.each_condition().map(frame).cmp(other.each_condition().map(frame))
}

/// A print of all elements but one.
fn set_others(printed: &mut [Printed], element: Element) {
    for Printed { prints: [resources, actions, principals], kept, frame, others, .. } in printed {
        *others = match element {
            Element::Resources => *actions ^ principals.rotate_left(1) ^ kept.rotate_left(2),
            Element::Actions => *resources ^ principals.rotate_left(1) ^ kept.rotate_left(2),
            Element::Principals => *resources ^ actions.rotate_left(1) ^ kept.rotate_left(2),
            Element::Values => *resources ^ actions.rotate_left(1) ^ principals.rotate_left(2) ^ frame.rotate_left(3),
        };
    }
}

/// Whether it is plain that no two statements agree in all but one element.
fn has_nothing_alike(printed: &[Printed]) -> bool {
    let has_like = |(n, one): (usize, &Printed)| printed[..n].iter().any(|other| one.others == other.others);
    printed.len() <= FEW && !printed.iter().enumerate().any(has_like)
}

/// Unites a list of those that stand side by side and are equal in an order.
fn unite_neighbours<T: Clone + Ord>(
    printed: &mut Vec<Printed>,
    by: impl Fn(&Printed, &Printed) -> Ordering,
    items: impl Fn(&Elements) -> &[T],
    extend: impl Fn(&mut Elements, Vec<T>),
) {
    if printed.is_sorted_by(|one, other| by(one, other).is_lt()) {
        return;
    }
    let mut united = Vec::with_capacity(printed.len());
    let mut rest = std::mem::take(printed).into_iter().peekable();
    while let Some(mut first) = rest.next() {
        let mut more: Vec<T> = Vec::new();
        while let Some(other) = rest.next_if(|other| by(&first, other).is_eq()) {
            let there = items(&first.statement.0);
            let is_new = |item: &&T| there.binary_search(item).is_err();
            more.extend(items(&other.statement.0).iter().filter(is_new).cloned());
        }
        if !more.is_empty() {
            extend(first.statement.change(), more);
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
        .then_with(|| match element {
            Element::Values => but_values(one, other),
            _ => one.conditions.cmp(&other.conditions),
        })
        .then_with(|| one.sid.cmp(&other.sid))
        .then_with(|| one.effect.cmp(&other.effect))
        .then_with(|| one.not_actions.cmp(&other.not_actions))
        .then_with(|| one.not_resources.cmp(&other.not_resources))
        .then_with(|| one.not_principals.cmp(&other.not_principals))
}
