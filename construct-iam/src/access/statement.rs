//! Whether one statement applies to a request.

use super::policy::{Effect, Principals, Resources, Statement};
use super::principal::{Entry, Named, Principal, named_by, spared_by};
use super::request::{InForce, Level, Query, ResourceKind};
use super::truth::Truth;
use super::verdict::Side;

/// The kind of policy that a statement stands in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slot<'a> {
    Identity,
    Resource,
    Boundary,
    Session,
    Scp(&'a Level),
    Rcp(&'a Level),
}

impl Slot<'_> {
    pub(crate) fn side(self) -> Side {
        match self {
            Self::Identity => Side::Identity,
            Self::Resource => Side::Resource,
            Self::Boundary => Side::Boundary,
            Self::Session => Side::Session,
            Self::Scp(level) => Side::Scp(level.name.clone()),
            Self::Rcp(level) => Side::Rcp(level.name.clone()),
        }
    }
}

/// What each element of a statement but its conditions says about the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements {
    pub(crate) action: Truth,
    pub(crate) named: Named,
    pub(crate) resource: Truth,
}

/// Evaluates all elements but the conditions, for explanations.
pub(crate) fn elements(statement: &Statement, slot: Slot<'_>, request: Query<'_>, set: InForce<'_>) -> Elements {
    Elements {
        action: statement.action.cover(request.action),
        named: named(statement, slot, request, set),
        resource: resource(statement, slot, request),
    }
}

/// Whether the statement applies, and how it names the principal. Stops at the first element that fails; long lists
/// come late.
pub(crate) fn applies(statement: &Statement, slot: Slot<'_>, request: Query<'_>, set: InForce<'_>) -> Named {
    let named = named(statement, slot, request, set);
    if named.at_all().is_no() {
        return Named::NOT;
    }
    let mut rest = statement.action.cover(request.action);
    if rest.is_no() {
        return Named::NOT;
    }
    rest = rest.and(resource(statement, slot, request));
    if rest.is_no() {
        return Named::NOT;
    }
    named.and(rest.and(conditions(statement, request)))
}

/// What is left of a statement once action, resource and circumstances are known, but not who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    /// What the elements say that do not depend on who asks.
    settled: Truth,
    /// Whether the resources have to be looked at, as they have variables.
    resource: bool,
    /// A bit for each of the first conditions that has to be looked at; those behind them always are.
    conditions: u64,
}

impl Left {
    /// Whether the statement applies to all whom it names.
    pub(crate) fn is_certain(&self, statement: &Statement) -> bool {
        let Self { settled, resource, conditions } = *self;
        settled.is_yes() && !resource && conditions == 0 && statement.conditions.len() <= u64::BITS as usize
    }
}

/// What is left of a statement for those who ask in the circumstances that the context of the request tells; `None` if
/// it applies to nobody. What else is known of a request then must not contradict that context.
pub(crate) fn left(statement: &Statement, slot: Slot<'_>, request: Query<'_>) -> Option<Left> {
    let mut settled = statement.action.cover(request.action);
    if settled.is_no() {
        return None;
    }
    let has_variables = statement.resource.has_variables();
    if !has_variables {
        settled = settled.and(resource(statement, slot, request));
    }
    let mut open = 0;
    for (n, condition) in (0..u64::BITS).zip(&statement.conditions) {
        match condition.settled(request.context) {
            Some(met) => settled = settled.and(met),
            None => open |= 1 << n,
        }
    }
    let left = Left {
        settled: if statement.opaque { settled.doubted() } else { settled },
        resource: has_variables,
        conditions: open,
    };
    (!settled.is_no()).then_some(left)
}

/// Whether the statement applies to who asks, and how it names the principal.
pub(crate) fn applies_still(
    statement: &Statement,
    left: &Left,
    slot: Slot<'_>,
    request: Query<'_>,
    set: InForce<'_>,
) -> Named {
    let named = named(statement, slot, request, set);
    if named.at_all().is_no() {
        return Named::NOT;
    }
    let mut rest = left.settled;
    if left.resource {
        rest = rest.and(resource(statement, slot, request));
    }
    for (n, condition) in statement.conditions.iter().enumerate() {
        if n >= u64::BITS as usize || left.conditions >> n & 1 == 1 {
            rest = rest.and(condition.evaluate(request.context));
        }
    }
    named.and(rest)
}

fn conditions(statement: &Statement, request: Query<'_>) -> Truth {
    let met = Truth::all(statement.conditions.iter().map(|condition| condition.evaluate(request.context)));
    if statement.opaque { met.doubted() } else { met }
}

/// Statements in a policy where their elements do not belong have no documented effect; AWS refuses to store them.
fn resource(statement: &Statement, slot: Slot<'_>, request: Query<'_>) -> Truth {
    match (slot, request.kind, &statement.resource) {
        (Slot::Resource, ResourceKind::Trust, Resources::Missing) => Truth::Yes,
        (Slot::Resource, ResourceKind::Trust, _) => Truth::Unknown,
        // https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
        (Slot::Resource, ResourceKind::Key, Resources::Missing) => Truth::No,
        (_, _, Resources::Missing) => Truth::Unknown,
        (_, _, resources) => resources.cover(request.resource_text(), request.context),
    }
}

fn named(statement: &Statement, slot: Slot<'_>, request: Query<'_>, set: InForce<'_>) -> Named {
    let Query { principal, context, kind, .. } = request;
    if !matches!(slot, Slot::Resource | Slot::Rcp(_)) {
        return match statement.principal {
            Principals::Missing => Named { directly: Truth::Yes, ..Named::NOT },
            _ => Named::UNKNOWN,
        };
    }
    let named = match &statement.principal {
        Principals::Missing => return Named::UNKNOWN,
        Principals::These(entries) if statement.effect != Effect::Deny && entries.iter().any(Entry::is_anyone) => {
            let others = entries.iter().filter(|entry| !entry.is_anyone());
            let others = others.fold(Named::NOT, |named, entry| named.or(entry.names(principal, context)));
            // That `*` lets in callers that are not signed is documented for resources that can be public, and nowhere for
            // identity providers.
            let anyone = match principal {
                Principal::Federated { .. } => Truth::Unknown,
                Principal::Anonymous => Truth::from(kind == ResourceKind::Ordinary).or(Truth::Unknown),
                _ => Truth::Yes,
            };
            Named { directly: others.directly.or(anyone), ..others }
        }
        Principals::These(entries) => named_by(entries, principal, context),
        Principals::AllBut(_) if matches!(slot, Slot::Resource) && kind == ResourceKind::Trust => Named::UNKNOWN,
        Principals::AllBut(entries) => {
            let hit = !spared_by(entries, principal, context, set.own.boundary.is_some());
            Named { directly: hit, ..Named::NOT }
        }
    };
    // An Allow with `NotPrincipal` is discouraged, and how far it reaches is not documented.
    match (&statement.principal, statement.effect) {
        (Principals::AllBut(_), Effect::Allow | Effect::Unknown) => named.doubted(),
        _ => named,
    }
}
