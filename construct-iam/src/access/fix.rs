//! Statements that nearly allowed a request, and the changes that would.

use serde_json::{Map, Value, json};

use super::colons::split_text;
use super::condition::Condition;
use super::context::Found;
use super::evaluation::{Evaluation, Grant, Site, Tally, policies_in};
use super::operator::{Comparison, Set};
use super::policy::{Effect, Resources, Statement};
use super::principal::{Named, Principal};
use super::request::{Query, ResourceKind};
use super::statement::{Slot, elements};
use super::symbol;
use super::truth::Truth;
use super::verdict::{Change, Failure, Fix, NearMiss};

/// Allow statements that cover the action, on the sides where permission is lacking.
pub(crate) fn near_misses(evaluation: &Evaluation<'_>) -> Vec<NearMiss> {
    if evaluation.impossible.is_some() {
        return Vec::new();
    }
    lacking(evaluation)
        .into_iter()
        .flat_map(|slot| near(slot, evaluation))
        .map(|near| NearMiss { statement: near.site.cite(), failures: near.failures })
        .collect()
}

/// The changes that together give the missing permissions.
pub(crate) fn fixes(evaluation: &Evaluation<'_>) -> Vec<Fix> {
    if evaluation.impossible.is_some() || evaluation.allowed().is_yes() {
        return Vec::new();
    }
    if !evaluation.request.principal.is_identity() {
        // Nobody but the resource has a say. If it lets the principal in already, what is open is not documented.
        let lets_in = evaluation.resource.directly.truth().is_yes();
        return resource_fix(evaluation).filter(|_| !lets_in).map(|(fix, _)| fix).into_iter().collect();
    }
    let mut fixes = Vec::new();
    let mut named = names_now(evaluation);
    let needs_resource = match (evaluation.request.kind, evaluation.same_account.is_yes()) {
        (ResourceKind::Ordinary, true) => {
            // Inside an account the identity policy is enough, and touches nobody else.
            let identity = evaluation.identity_inside_account();
            !named.directly.or(named.as_role).or(identity).is_yes() && resource_is_closer(evaluation)
        }
        _ => !named.at_all().is_yes(),
    };
    if needs_resource {
        let Some((fix, gives)) = resource_fix(evaluation) else { return fixes };
        fixes.push(fix);
        named = named.or(gives);
    }
    let across = !evaluation.same_account.is_yes();
    if across || !(named.directly.is_yes() || named.as_role.is_yes()) {
        let granted = if across { evaluation.identity.truth() } else { evaluation.identity_inside_account() };
        if !granted.is_yes() && !matches!(evaluation.request.principal, Principal::Root { .. }) {
            fixes.push(side_fix(Slot::Identity, evaluation));
        }
    }
    if across || !named.directly.is_yes() {
        let limits = [(Slot::Boundary, &evaluation.boundary), (Slot::Session, &evaluation.session)];
        let lacking = limits.into_iter().filter(|(_, grant)| grant.as_ref().is_some_and(is_lacking));
        fixes.extend(lacking.map(|(slot, _)| side_fix(slot, evaluation)));
    }
    let lacking = evaluation.scps.iter().filter(|(_, grant)| is_lacking(grant));
    fixes.extend(lacking.map(|(level, _)| side_fix(Slot::Scp(level), evaluation)));
    fixes
}

/// A statement that does not apply, and why.
struct Near<'a> {
    site: Site<'a>,
    failures: Vec<Failure>,
    /// How the statement names the principal.
    named: Named,
    /// The values to add to its only failing condition, if that would make the statement apply.
    addition: Option<(&'a Condition, Vec<String>)>,
}

fn is_lacking(grant: &Grant<'_>) -> bool {
    !grant.truth().is_yes()
}

/// How the policy of the resource names the principal in statements that apply.
fn names_now(evaluation: &Evaluation<'_>) -> Named {
    let resource = &evaluation.resource;
    Named {
        directly: resource.directly.truth(),
        as_role: resource.as_role.truth(),
        by_account: resource.by_account.truth(),
    }
}

/// The sides where permission is lacking.
fn lacking<'a>(evaluation: &Evaluation<'a>) -> Vec<Slot<'a>> {
    if evaluation.allowed().is_yes() {
        return Vec::new();
    }
    let named = names_now(evaluation);
    if !evaluation.request.principal.is_identity() {
        return vec![Slot::Resource];
    }
    let inside = evaluation.same_account.is_yes();
    let identity = if inside { evaluation.identity_inside_account() } else { evaluation.identity.truth() };
    let mut slots = Vec::new();
    let (needs_identity, needs_resource) = match (evaluation.request.kind, inside) {
        (_, true) if named.directly.is_yes() || named.as_role.is_yes() => (false, false),
        (ResourceKind::Ordinary, true) => (!identity.is_yes(), !identity.is_yes()),
        _ => (!identity.is_yes(), !named.at_all().is_yes()),
    };
    slots.extend(needs_identity.then_some(Slot::Identity));
    slots.extend(needs_resource.then_some(Slot::Resource));
    if !inside || !named.directly.is_yes() {
        slots.extend(evaluation.boundary.as_ref().filter(|grant| is_lacking(grant)).map(|_| Slot::Boundary));
        slots.extend(evaluation.session.as_ref().filter(|grant| is_lacking(grant)).map(|_| Slot::Session));
    }
    slots.extend(evaluation.scps.iter().filter(|(_, grant)| is_lacking(grant)).map(|(level, _)| Slot::Scp(level)));
    slots
}

fn near<'a>(slot: Slot<'a>, evaluation: &Evaluation<'a>) -> Vec<Near<'a>> {
    let mut near = Vec::new();
    for policy in policies_in(slot, evaluation) {
        for (index, statement) in policy.statements().unwrap_or_default().iter().enumerate() {
            if statement.effect != Effect::Allow {
                continue;
            }
            let elements = elements(statement, slot, evaluation.request, evaluation.policies);
            if elements.action.is_no() {
                continue;
            }
            let failures = failures(statement, slot, evaluation);
            if failures.is_empty() {
                continue;
            }
            let site = Site { slot, policy, statement: Some((index, statement)), doubt: None };
            let rest = elements.action.and(elements.resource).and(elements.named.at_all());
            let addition = if rest.is_yes() { addition(statement, evaluation.request) } else { None };
            near.push(Near { site, failures, named: elements.named, addition });
        }
    }
    near
}

fn failures(statement: &Statement, slot: Slot<'_>, evaluation: &Evaluation<'_>) -> Vec<Failure> {
    let request = evaluation.request;
    let elements = elements(statement, slot, request, evaluation.policies);
    let mut failures = Vec::new();
    if elements.named.at_all().is_no() {
        failures.push(Failure::Principal { got: request.principal.label().to_owned() });
    }
    if elements.resource.is_no() {
        failures.push(match statement.resource {
            Resources::Missing => Failure::NoEffect,
            _ => Failure::Resource {
                wanted: statement.resource.sources().map(str::to_owned).collect(),
                got: request.resource.arn().to_owned(),
            },
        });
    }
    let failing = statement.conditions.iter().filter(|condition| condition.evaluate(request.context).is_no());
    failures.extend(failing.map(|condition| Failure::Condition(condition.tested(request))));
    failures
}

/// The only condition that the request does not meet and the values it would have to list.
fn addition<'a>(statement: &'a Statement, request: Query<'_>) -> Option<(&'a Condition, Vec<String>)> {
    if statement.opaque {
        return None;
    }
    let mut unmet = statement.conditions.iter().filter(|condition| !condition.evaluate(request.context).is_yes());
    let condition = unmet.next()?;
    if unmet.next().is_some() || condition.operator.negated {
        return None;
    }
    let context = request.context;
    let values: Vec<String> = match (context.find(&condition.lookup), condition.operator.set) {
        (Found::One(value), _) => vec![value.to_owned()],
        (Found::Among(values), _) | (Found::Many(values), Some(Set::All)) => {
            values.iter().filter(|value| !condition.one(value, context).is_yes()).cloned().collect()
        }
        (Found::Many(values), Some(Set::Any)) => vec![values.first()?.clone()],
        _ => return None,
    };
    let is_plain = |value: &String| !value.contains(['*', '?', symbol::UNKNOWN]) && !value.contains("${");
    let fits = |value: &String| match condition.operator.comparison {
        Comparison::Text | Comparison::TextIgnoringCase | Comparison::Glob => is_plain(value),
        Comparison::Arn => is_plain(value) && split_text(value).is_some(),
        // Listing both truth values, or more numbers and dates, would make such a condition mean something else.
        _ => false,
    };
    values.iter().all(fits).then_some((condition, values))
}

fn change(near: &Near<'_>) -> Option<Change> {
    let (condition, values) = near.addition.as_ref()?;
    Some(Change::AddConditionValues {
        to: near.site.cite(),
        operator: condition.operator_name.to_string(),
        key: condition.key.to_string(),
        values: values.clone(),
    })
}

fn side_fix(slot: Slot<'_>, evaluation: &Evaluation<'_>) -> Fix {
    let addition = near(slot, evaluation).iter().find_map(change);
    let statement = || {
        let resource = match slot {
            Slot::Scp(_) => "*".to_owned(),
            // The key behind an alias can only be written as any key.
            _ => evaluation.request.resource_text().text.replace(symbol::UNKNOWN, "*"),
        };
        json!({ "Effect": "Allow", "Action": evaluation.request.action.name(), "Resource": resource })
    };
    Fix { side: slot.side(), change: addition.unwrap_or_else(|| Change::AddStatement(statement())), instead: None }
}

/// Whether the policy of the resource lacks a condition value only, and the identity policies lack more.
fn resource_is_closer(evaluation: &Evaluation<'_>) -> bool {
    let sufficient = |near: &Near<'_>| near.named.directly.is_yes() || near.named.as_role.is_yes();
    let fixable = |near: &Near<'_>| near.addition.is_some();
    near(Slot::Resource, evaluation).iter().any(|near| fixable(near) && sufficient(near))
        && !near(Slot::Identity, evaluation).iter().any(fixable)
}

/// The change to the policy of the resource, and how that policy then names the principal.
fn resource_fix(evaluation: &Evaluation<'_>) -> Option<(Fix, Named)> {
    let near = near(Slot::Resource, evaluation);
    let enough_for_one_account = |near: &&Near<'_>| near.named.directly.is_yes() || near.named.as_role.is_yes();
    let closest = near.iter().filter(|near| near.addition.is_some());
    let closest = closest.clone().find(enough_for_one_account).or_else(|| closest.clone().next());
    let anew = statement_to_add(evaluation.request);
    let side = Slot::Resource.side();
    if let Some((change, near)) = closest.and_then(|near| Some((change(near)?, near))) {
        return Some((Fix { side, change, instead: anew.map(|(statement, _)| statement) }, near.named));
    }
    let (statement, gives) = anew?;
    Some((Fix { side, change: Change::AddStatement(statement), instead: None }, gives))
}

/// A statement for the policy of the resource, and how it names the principal.
fn statement_to_add(request: Query<'_>) -> Option<(Value, Named)> {
    let (principal, condition, gives) = principal_to_add(request)?;
    let mut statement = Map::new();
    statement.insert("Effect".to_owned(), json!("Allow"));
    statement.insert("Principal".to_owned(), principal);
    statement.insert("Action".to_owned(), json!(request.action.name()));
    match request.kind {
        ResourceKind::Ordinary => drop(statement.insert("Resource".to_owned(), json!(request.resource.arn()))),
        ResourceKind::Key => drop(statement.insert("Resource".to_owned(), json!("*"))),
        ResourceKind::Trust => {}
    }
    if let Some(condition) = condition {
        statement.insert("Condition".to_owned(), condition);
    }
    Some((Value::Object(statement), gives))
}

/// The `Principal` and the `Condition` that let in who makes the request, and how they name it.
fn principal_to_add(request: Query<'_>) -> Option<(Value, Option<Value>, Named)> {
    let directly = Named { directly: Truth::Yes, ..Named::NOT };
    let principal = request.principal;
    match principal {
        Principal::Service { name } => Some((json!({ "Service": name }), None, directly)),
        Principal::Federated { provider, .. } => Some((json!({ "Federated": provider }), None, directly)),
        // What is open to everybody is not opened by a hint.
        Principal::Anonymous => None,
        Principal::Root { arn, .. } => Some((json!({ "AWS": arn }), None, directly)),
        Principal::RoleSession { account, .. } | Principal::User { account, .. } => {
            let lasting = principal.lasting_arn()?;
            if request.context.find("aws:principalarn") == Found::One(lasting) {
                // An account root always exists, and a condition outlives the role being deleted and created anew.
                let partition = lasting.split(':').nth(1)?;
                let root = json!({ "AWS": format!("arn:{partition}:iam::{account}:root") });
                let condition = json!({ "ArnEquals": { "aws:PrincipalArn": lasting } });
                return Some((root, Some(condition), Named { by_account: Truth::Yes, ..Named::NOT }));
            }
            let named = match principal {
                Principal::User { .. } => directly,
                _ => Named { as_role: Truth::Yes, ..Named::NOT },
            };
            Some((json!({ "AWS": lasting }), None, named))
        }
    }
}
