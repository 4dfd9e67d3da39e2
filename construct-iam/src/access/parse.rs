//! From JSON to compiled statements.

use serde_json::Value;

use super::condition::Condition;
use super::error::{PolicyError, Problem};
use super::operator::{Operand, Operator};
use super::pattern::{Pattern, Variables};
use super::policy::{Actions, Effect, Policy, Principals, Resources, Statement};
use super::principal::Entry;
use super::symbol;
use construct_core::{Json, Members};

type Parsed<T> = Result<T, Problem>;

impl Policy {
    /// Parses a policy document. `name` is what verdicts call it.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] if the document is not one that AWS would store: wrong structure, elements, operators or versions, or condition values
    /// that are not what their operator takes (numbers, dates, addresses). Nothing is skipped, because a policy read in part could seem to
    /// allow what it denies. If a policy has to be evaluated nevertheless, use [`Policy::unknown`].
    pub fn parse(name: &str, document: &Value) -> Result<Self, PolicyError> {
        Self::read(name, &document.into())
    }

    /// The same, of a document that was read without being copied.
    ///
    /// # Errors
    ///
    /// Those of [`parse`](Self::parse).
    pub fn read(name: &str, document: &Json<'_>) -> Result<Self, PolicyError> {
        Ok(Self::of(name, parse(name, document)?))
    }
}

/// Parses the statements of a policy document.
fn parse(name: &str, document: &Json<'_>) -> Result<Vec<Statement>, PolicyError> {
    let whole = |problem| PolicyError::new(name, None, problem);
    let document = document.as_object().ok_or_else(|| whole(wrong("policy", "an object")))?;
    if let Some(unknown) = document.keys().find(|key| !matches!(*key, "Version" | "Id" | "Statement")) {
        return Err(whole(Problem::UnknownElement(unknown.to_owned())));
    }
    let variables = variables(document.get("Version")).map_err(whole)?;
    let statements = document.get("Statement").ok_or_else(|| whole(Problem::Missing("Statement")))?.one_or_many();
    let parse =
        |(index, value)| statement(value, variables).map_err(|problem| PolicyError::new(name, Some(index), problem));
    statements.iter().enumerate().map(parse).collect()
}

fn variables(version: Option<&Json<'_>>) -> Parsed<Variables> {
    match version {
        // Without a version, the older one counts.
        None => Ok(Variables::Literal),
        Some(version) if is_intrinsic(version) => Ok(Variables::Doubt),
        Some(version) => match version.as_str() {
            Some("2012-10-17") => Ok(Variables::Expand),
            Some("2008-10-17") => Ok(Variables::Literal),
            _ => Err(Problem::Version(text_of(version))),
        },
    }
}

fn statement(value: &Json<'_>, variables: Variables) -> Parsed<Statement> {
    if is_intrinsic(value) {
        return Ok(Statement::opaque());
    }
    let map = value.as_object().ok_or_else(|| wrong("Statement", "an object or a list of objects"))?;
    let known = |key: &str| {
        matches!(key, "Sid" | "Effect" | "Principal" | "NotPrincipal" | "Action" | "NotAction" | "Resource")
            || matches!(key, "NotResource" | "Condition")
    };
    if let Some(unknown) = map.keys().find(|key| !known(key)) {
        return Err(Problem::UnknownElement(unknown.to_owned()));
    }
    let (conditions, opaque) = map.get("Condition").map_or(Ok((Vec::new(), false)), |c| conditions(c, variables))?;
    Ok(Statement {
        sid: sid(map)?,
        effect: effect(map)?,
        principal: principal(map)?,
        action: action(map)?,
        resource: resource(map, variables)?,
        conditions,
        opaque,
    })
}

fn sid(map: &Members<'_>) -> Parsed<Option<std::sync::Arc<str>>> {
    match map.get("Sid") {
        None => Ok(None),
        Some(Json::String(sid)) => Ok(Some((&**sid).into())),
        Some(other) if is_intrinsic(other) => Ok(None),
        Some(_) => Err(wrong("Sid", "a string")),
    }
}

fn effect(map: &Members<'_>) -> Parsed<Effect> {
    match map.get("Effect") {
        None => Err(Problem::Missing("Effect")),
        Some(effect) if is_intrinsic(effect) => Ok(Effect::Unknown),
        Some(effect) => match effect.as_str() {
            Some("Allow") => Ok(Effect::Allow),
            Some("Deny") => Ok(Effect::Deny),
            _ => Err(Problem::Effect(text_of(effect))),
        },
    }
}

fn principal(map: &Members<'_>) -> Parsed<Principals> {
    Ok(match either(map, "Principal", "NotPrincipal")? {
        None => Principals::Missing,
        Some((entries, false)) => Principals::These(self::entries(entries, "Principal")?),
        Some((entries, true)) => Principals::AllBut(self::entries(entries, "NotPrincipal")?),
    })
}

fn entries(value: &Json<'_>, element: &'static str) -> Parsed<Vec<Entry>> {
    if is_intrinsic(value) {
        return Ok(vec![Entry::Unknown]);
    }
    let kinds = match value {
        Json::String(text) if text == "*" => return Ok(vec![Entry::Anyone]),
        Json::String(text) if symbol::is_symbolic(text) => return Ok(vec![Entry::Unknown]),
        Json::String(text) => return Err(Problem::PrincipalText(text.to_string())),
        Json::Object(kinds) if kinds.is_empty() => return Err(Problem::Empty(element)),
        Json::Object(kinds) => kinds,
        _ => return Err(wrong(element, "`*` or an object")),
    };
    let mut entries = Vec::new();
    for (kind, values) in kinds.iter() {
        let entry: fn(&str) -> Entry = match kind {
            "AWS" => Entry::aws,
            "Service" => |text| Entry::Service(text.to_owned()),
            "Federated" => |text| Entry::Federated(text.to_owned()),
            "CanonicalUser" => |text| Entry::CanonicalUser(text.to_owned()),
            _ => return Err(Problem::PrincipalKind(kind.to_owned())),
        };
        for value in non_empty(values, element)? {
            entries.push(match value {
                Json::String(text) => entry(text),
                // An account id without quotes is a number; what comes of it is not documented.
                Json::Number(_) => Entry::Unknown,
                value if is_intrinsic(value) => Entry::Unknown,
                _ => return Err(wrong(element, "a string or a list of strings")),
            });
        }
    }
    Ok(entries)
}

fn action(map: &Members<'_>) -> Parsed<Actions> {
    let (values, all_but) = either(map, "Action", "NotAction")?.ok_or(Problem::Missing("Action"))?;
    let element = if all_but { "NotAction" } else { "Action" };
    let patterns = non_empty(values, element)?
        .iter()
        .map(|value| match value {
            Json::String(text) => Ok(Pattern::new(text.to_ascii_lowercase(), true, Variables::Literal)),
            value if is_intrinsic(value) => Ok(Pattern::unknown()),
            _ => Err(wrong(element, "a string or a list of strings")),
        })
        .collect::<Parsed<_>>()?;
    Ok(Actions::new(all_but, patterns))
}

fn resource(map: &Members<'_>, variables: Variables) -> Parsed<Resources> {
    let Some((values, all_but)) = either(map, "Resource", "NotResource")? else { return Ok(Resources::Missing) };
    let element = if all_but { "NotResource" } else { "Resource" };
    let patterns = non_empty(values, element)?
        .iter()
        .map(|value| match value {
            Json::String(text) => Ok(Pattern::of_resource(text, variables)),
            value if is_intrinsic(value) => Ok(Pattern::unknown()),
            _ => Err(wrong(element, "a string or a list of strings")),
        })
        .collect::<Parsed<_>>()?;
    Ok(if all_but { Resources::AllBut(patterns) } else { Resources::These(patterns) })
}

/// The conditions, and whether there may be some that the template does not show.
fn conditions(value: &Json<'_>, variables: Variables) -> Parsed<(Vec<Condition>, bool)> {
    if is_intrinsic(value) {
        return Ok((Vec::new(), true));
    }
    let operators = value.as_object().ok_or_else(|| wrong("Condition", "an object"))?;
    let (mut conditions, mut opaque) = (Vec::new(), false);
    for (name, keys) in operators.iter() {
        let operator = Operator::parse(name).ok_or_else(|| Problem::Operator(name.to_owned()))?;
        if is_intrinsic(keys) {
            opaque = true;
            continue;
        }
        let keys = keys.as_object().ok_or_else(|| wrong(name, "an object"))?;
        // What an operator without keys means is not documented.
        opaque |= keys.is_empty();
        for (key, values) in keys.iter() {
            conditions.reserve_exact(1);
            conditions.push(condition(operator, name, key, values, variables)?);
        }
    }
    Ok((conditions, opaque))
}

fn condition(operator: Operator, name: &str, key: &str, values: &Json<'_>, variables: Variables) -> Parsed<Condition> {
    let (mut wanted, mut operands) = (Vec::new(), Vec::new());
    for value in values.one_or_many() {
        let text = match value {
            Json::String(text) => text.to_string(),
            Json::Bool(_) | Json::Number(_) => value.to_string(),
            value if is_intrinsic(value) => {
                wanted.push(symbol::UNKNOWN.to_string());
                operands.push(Operand::Unknown);
                continue;
            }
            _ => return Err(wrong(key, "a string, a number, a boolean or a list of them")),
        };
        operands.push(operator.operand(&text, variables).ok_or_else(|| Problem::ConditionValue {
            operator: name.to_owned(),
            key: key.to_owned(),
            value: text.clone(),
        })?);
        wanted.push(text);
    }
    let lookup = key.to_ascii_lowercase();
    Ok(Condition { operator, operator_name: name.to_owned(), key: key.to_owned(), lookup, wanted, operands })
}

/// The one of the two elements that is there, and whether it is the second.
fn either<'a, 't>(
    map: &'a Members<'t>,
    element: &'static str,
    negated: &'static str,
) -> Parsed<Option<(&'a Json<'t>, bool)>> {
    match (map.get(element), map.get(negated)) {
        (Some(_), Some(_)) => Err(Problem::Both(element, negated)),
        (Some(value), None) => Ok(Some((value, false))),
        (None, Some(value)) => Ok(Some((value, true))),
        (None, None) => Ok(None),
    }
}

fn non_empty<'a, 't>(value: &'a Json<'t>, element: &'static str) -> Parsed<&'a [Json<'t>]> {
    let values = value.one_or_many();
    if values.is_empty() { Err(Problem::Empty(element)) } else { Ok(values) }
}

/// Whether a template still has an intrinsic function here.
fn is_intrinsic(value: &Json<'_>) -> bool {
    let Some(map) = value.as_object() else { return false };
    map.len() == 1 && map.keys().all(|key| key == "Ref" || key.starts_with("Fn::"))
}

fn wrong(element: &str, expected: &'static str) -> Problem {
    Problem::Type { element: element.to_owned(), expected }
}

fn text_of(value: &Json<'_>) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
