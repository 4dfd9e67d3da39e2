//! From JSON to compiled statements.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::compiler::Compiler;
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
    /// [`PolicyError`] if the document is not one that AWS would store: wrong structure, elements, operators or
    /// versions, or condition values that are not what their operator takes (numbers, dates, addresses). Nothing is
    /// skipped, because a policy read in part could seem to allow what it denies. If a policy has to be evaluated
    /// nevertheless, use [`Policy::unknown`].
    pub fn parse(name: &str, document: &Value) -> Result<Self, PolicyError> {
        Compiler::new().compile(name, &document.into())
    }
}

impl Compiler {
    /// Compiles a policy document that was read without being copied.
    ///
    /// # Errors
    ///
    /// Those of [`Policy::parse`].
    pub fn compile(&self, name: &str, document: &Json<'_>) -> Result<Policy, PolicyError> {
        Policy::of_statements(name, document, |value, variables| self.statement(value, variables))
    }

    /// Compiles a statement of a policy in which variables mean this.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as for [`Policy::parse`].
    pub fn statement(&self, value: &Json<'_>, variables: Variables) -> Result<Arc<Statement>, Problem> {
        statement(value, variables, self).map(Arc::new)
    }
}

impl Policy {
    /// Compiles a policy document of which `read` knows the statements, or [compiles](Compiler::statement) them.
    ///
    /// # Errors
    ///
    /// Those of [`Policy::parse`].
    pub fn of_statements(
        name: &str,
        document: &Json<'_>,
        mut read: impl FnMut(&Json<'_>, Variables) -> Parsed<Arc<Statement>>,
    ) -> Result<Self, PolicyError> {
        let whole = |problem| PolicyError::new(name, None, problem);
        let members = document.as_object().ok_or_else(|| whole(wrong("policy", "an object")))?;
        if let Some(unknown) = members.keys().find(|key| !matches!(*key, "Version" | "Id" | "Statement")) {
            return Err(whole(Problem::UnknownElement(unknown.to_owned())));
        }
        let variables = Variables::of(document).map_err(whole)?;
        let statements = members.get("Statement").ok_or_else(|| whole(Problem::Missing("Statement")))?.one_or_many();
        let mut compiled = Vec::with_capacity(statements.len());
        for (index, value) in statements.iter().enumerate() {
            compiled.push(read(value, variables).map_err(|problem| PolicyError::new(name, Some(index), problem))?);
        }
        Ok(Self::of(name, compiled.into()))
    }
}

impl Variables {
    /// What variables mean in a policy document.
    ///
    /// # Errors
    ///
    /// [`Problem::Version`] if there is no such version of the policy language.
    pub fn of(document: &Json<'_>) -> Result<Self, Problem> {
        match document.get("Version") {
            // Without a version, the older one counts.
            None => Ok(Self::Literal),
            Some(version) if is_intrinsic(version) => Ok(Self::Doubt),
            Some(version) => match version.as_str() {
                Some("2012-10-17") => Ok(Self::Expand),
                Some("2008-10-17") => Ok(Self::Literal),
                _ => Err(Problem::Version(text_of(version))),
            },
        }
    }
}

/// The elements of a statement, of which most have but a few.
#[derive(Default)]
struct Elements<'v, 't> {
    sid: Option<&'v Json<'t>>,
    effect: Option<&'v Json<'t>>,
    principal: Option<&'v Json<'t>>,
    not_principal: Option<&'v Json<'t>>,
    action: Option<&'v Json<'t>>,
    not_action: Option<&'v Json<'t>>,
    resource: Option<&'v Json<'t>>,
    not_resource: Option<&'v Json<'t>>,
    condition: Option<&'v Json<'t>>,
}

impl<'v, 't> Elements<'v, 't> {
    fn of(map: &'v Members<'t>) -> Parsed<Self> {
        let mut elements = Self::default();
        for (name, value) in map.iter() {
            let element = match name {
                "Sid" => &mut elements.sid,
                "Effect" => &mut elements.effect,
                "Principal" => &mut elements.principal,
                "NotPrincipal" => &mut elements.not_principal,
                "Action" => &mut elements.action,
                "NotAction" => &mut elements.not_action,
                "Resource" => &mut elements.resource,
                "NotResource" => &mut elements.not_resource,
                "Condition" => &mut elements.condition,
                unknown => return Err(Problem::UnknownElement(unknown.to_owned())),
            };
            *element = Some(value);
        }
        Ok(elements)
    }
}

fn statement(value: &Json<'_>, variables: Variables, common: &Compiler) -> Parsed<Statement> {
    if is_intrinsic(value) {
        return Ok(Statement::opaque());
    }
    let map = value.as_object().ok_or_else(|| wrong("Statement", "an object or a list of objects"))?;
    let elements = Elements::of(map)?;
    let (conditions, opaque) = match elements.condition {
        Some(value) => conditions(value, variables, common)?,
        None => (Vec::new(), false),
    };
    Ok(Statement {
        sid: sid(elements.sid, common)?,
        effect: effect(elements.effect)?,
        principal: principal(&elements, common)?,
        action: action(&elements, common)?,
        resource: resource(&elements, variables)?,
        conditions: conditions.into(),
        opaque,
    })
}

fn sid(sid: Option<&Json<'_>>, common: &Compiler) -> Parsed<Option<Arc<str>>> {
    match sid {
        None => Ok(None),
        Some(Json::String(sid)) => Ok(Some(common.word(sid))),
        Some(other) if is_intrinsic(other) => Ok(None),
        Some(_) => Err(wrong("Sid", "a string")),
    }
}

fn effect(effect: Option<&Json<'_>>) -> Parsed<Effect> {
    match effect {
        None => Err(Problem::Missing("Effect")),
        Some(effect) if is_intrinsic(effect) => Ok(Effect::Unknown),
        Some(effect) => match effect.as_str() {
            Some("Allow") => Ok(Effect::Allow),
            Some("Deny") => Ok(Effect::Deny),
            _ => Err(Problem::Effect(text_of(effect))),
        },
    }
}

fn principal(elements: &Elements<'_, '_>, common: &Compiler) -> Parsed<Principals> {
    let either = one_of((elements.principal, "Principal"), (elements.not_principal, "NotPrincipal"))?;
    Ok(match either {
        None => Principals::Missing,
        Some((value, element, false)) => Principals::These(entries(value, element, common)?),
        Some((value, element, true)) => Principals::AllBut(entries(value, element, common)?),
    })
}

fn entries(value: &Json<'_>, element: &'static str, common: &Compiler) -> Parsed<Arc<[Entry]>> {
    if is_intrinsic(value) {
        return Ok([Entry::Unknown].into());
    }
    let kinds = match value {
        Json::String(text) if text == "*" => return Ok([Entry::Anyone].into()),
        Json::String(text) if symbol::is_symbolic(text) => return Ok([Entry::Unknown].into()),
        Json::String(text) => return Err(Problem::PrincipalText(text.to_string())),
        Json::Object(kinds) if kinds.is_empty() => return Err(Problem::Empty(element)),
        Json::Object(kinds) => kinds,
        _ => return Err(wrong(element, "`*` or an object")),
    };
    let entries = |(kind, values): (&str, _)| {
        let values = non_empty(values, element)?;
        common.principals(kind, values, || entries_of(kind, values, element))
    };
    let mut kinds = kinds.iter().map(entries);
    let first = kinds.next().unwrap_or(Err(Problem::Empty(element)))?;
    // Nearly always there is one kind, and its entries are all there are.
    kinds.try_fold(first, |all, more| Ok(all.iter().chain(&*more?).cloned().collect()))
}

/// Whether it may be the name of a service: each is a name in a domain of AWS. IAM refuses a mere word; what it makes
/// of `*` is not documented.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services>
fn is_service(text: &str) -> bool {
    text.contains('.') || text == "*"
}

fn entries_of(kind: &str, values: &[Json<'_>], element: &'static str) -> Parsed<Vec<Entry>> {
    let entry: fn(&str) -> Entry = match kind {
        "AWS" => Entry::aws,
        "Service" => |text| Entry::Service(text.into()),
        "Federated" => |text| Entry::Federated(text.into()),
        "CanonicalUser" => |text| Entry::CanonicalUser(text.into()),
        _ => return Err(Problem::PrincipalKind(kind.to_owned())),
    };
    let read = |value: &Json<'_>| match value {
        Json::String(text) => match entry(text) {
            wrong if wrong.is_no_id() => Err(Problem::PrincipalOfAws(text.to_string())),
            Entry::Service(_) if !is_service(text) => Err(Problem::PrincipalOfService(text.to_string())),
            entry => Ok(entry),
        },
        // An account id without quotes is a number; what comes of it is not documented.
        Json::Number(_) => Ok(Entry::Unknown),
        value if is_intrinsic(value) => Ok(Entry::Unknown),
        _ => Err(wrong(element, "a string or a list of strings")),
    };
    values.iter().map(read).collect()
}

fn action(elements: &Elements<'_, '_>, common: &Compiler) -> Parsed<Arc<Actions>> {
    let either = one_of((elements.action, "Action"), (elements.not_action, "NotAction"))?;
    let (value, element, all_but) = either.ok_or(Problem::Missing("Action"))?;
    let values = non_empty(value, element)?;
    let pattern = |text: &str| Pattern::new(text.to_ascii_lowercase(), true, Variables::Literal);
    if let Some(text) = values.iter().filter_map(Json::as_str).find(|text| names_no_service(text)) {
        return Err(Problem::Action(text.to_owned()));
    }
    common.actions(all_but, values, || Ok(Actions::new(all_but, patterns(values, element, pattern)?)))
}

/// Whether IAM refuses an action because it is a word alone, such as `s3`. What is said of patterns such as `*` is not
/// documented. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>
fn names_no_service(action: &str) -> bool {
    !action.contains([':', '*', '?']) && !symbol::is_symbolic(action)
}

fn resource(elements: &Elements<'_, '_>, variables: Variables) -> Parsed<Resources> {
    let either = one_of((elements.resource, "Resource"), (elements.not_resource, "NotResource"))?;
    let Some((value, element, all_but)) = either else { return Ok(Resources::Missing) };
    let values = non_empty(value, element)?;
    let pattern = |text: &str| Pattern::of_resource(text, variables);
    let patterns = patterns(values, element, pattern)?;
    Ok(if all_but { Resources::AllBut(patterns) } else { Resources::These(patterns) })
}

fn patterns<L: FromIterator<Pattern>>(
    values: &[Json<'_>],
    element: &'static str,
    pattern: impl Fn(&str) -> Pattern,
) -> Parsed<L> {
    if values.iter().any(|value| value.as_str().is_none() && !is_intrinsic(value)) {
        return Err(wrong(element, "a string or a list of strings"));
    }
    Ok(values.iter().map(|value| value.as_str().map_or_else(Pattern::unknown, &pattern)).collect())
}

/// The conditions, and whether there may be some that the template does not show.
fn conditions(value: &Json<'_>, variables: Variables, common: &Compiler) -> Parsed<(Vec<Arc<Condition>>, bool)> {
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
            let condition = || {
                let (operands, texts) = operands(operator, name, key, values, variables)?;
                Ok(Condition {
                    operator,
                    operator_name: common.word(name),
                    key: common.word(key),
                    lookup: common.key(key),
                    in_order: Condition::are_in_order(operator, &operands),
                    operands: operands.into(),
                    texts: texts.into(),
                })
            };
            conditions.push(common.condition(name, key, variables, values.one_or_many(), condition)?);
        }
    }
    Ok((conditions, opaque))
}

/// The values of a condition, and their texts where one of them does not tell its own.
fn operands(
    operator: Operator,
    name: &str,
    key: &str,
    values: &Json<'_>,
    variables: Variables,
) -> Parsed<(Vec<Operand>, Vec<Box<str>>)> {
    let values = values.one_or_many();
    let (mut operands, mut texts) = (Vec::with_capacity(values.len()), Vec::with_capacity(values.len()));
    for value in values {
        let (text, operand): (Cow<'_, str>, _) = match value {
            Json::String(text) => ((&**text).into(), operator.operand(text, variables)),
            Json::Bool(_) | Json::Number(_) => {
                let text = value.to_string();
                (text.clone().into(), operator.operand(&text, variables))
            }
            value if is_intrinsic(value) => (symbol::UNKNOWN.to_string().into(), Some(Operand::Unknown)),
            _ => return Err(wrong(key, "a string, a number, a boolean or a list of them")),
        };
        operands.push(operand.ok_or_else(|| Problem::ConditionValue {
            operator: name.to_owned(),
            key: key.to_owned(),
            value: text.to_string(),
        })?);
        texts.push(text);
    }
    let told = operands.iter().all(|operand: &Operand| operand.text().is_some());
    let texts = if told { Vec::new() } else { texts.into_iter().map(Box::from).collect() };
    Ok((operands, texts))
}

/// An element of a statement, if it is there, with its name.
type Named<'v, 't> = (Option<&'v Json<'t>>, &'static str);

/// The one of the two elements that is there, with its name, and whether it is the second.
fn one_of<'v, 't>(
    element: Named<'v, 't>,
    negated: Named<'v, 't>,
) -> Parsed<Option<(&'v Json<'t>, &'static str, bool)>> {
    match (element, negated) {
        ((Some(_), element), (Some(_), negated)) => Err(Problem::Both(element, negated)),
        ((Some(value), element), _) => Ok(Some((value, element, false))),
        (_, (Some(value), negated)) => Ok(Some((value, negated, true))),
        ((None, _), (None, _)) => Ok(None),
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
