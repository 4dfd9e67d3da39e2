//! The configuration of actions, with the variables in it.
//!
//! Codes: `configuration::empty-value`, `configuration::long-value`, `configuration::malformed-key`,
//! `configuration::not-text`, `action::call-of-nobody`, `action::foreign-handle`, `action::malformed-call`,
//! `action::malformed-statement`, `iam::other-partition`, and those of the providers and of [`variables`](super::variables).

use construct_core::{Diagnostic, Diagnostics, Expr, Severity};
use construct_iam::PolicyStatement;

use super::structure::too_many;
use super::variables::{Reader, Variables, texts};
use crate::provider::Owner;
use crate::quota;
use crate::resolve::{Resolved, ResolvedAction};

/// The characters of a value that the API documents. A longer one is accepted today, up to [`quota::CONFIGURATION_VALUE`].
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html>
const DOCUMENTED_VALUE: usize = 1_000;
/// The characters of a key, as the API validates them; same page.
const KEY: usize = 50;

pub(super) fn check(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let variables = Variables::checked(resolved, findings);
    let longest = resolved.view.quota(&quota::CONFIGURATION_VALUE);
    for action in &resolved.actions {
        one_action(resolved, action, longest, &variables, findings);
    }
    for (n, stage) in resolved.pipeline.stages.iter().enumerate() {
        for (rule, stages) in stage.rules(n) {
            let reader = Reader::Rule { rule, stages };
            for (key, value) in rule.configuration.iter() {
                variables.used_in(value, key, &reader, findings);
            }
            for text in &rule.commands {
                variables.used(text, "Commands", &reader, findings);
            }
        }
    }
}

fn one_action(
    resolved: &Resolved<'_>,
    action: &ResolvedAction<'_>,
    longest: usize,
    variables: &Variables<'_, '_>,
    findings: &mut Diagnostics,
) {
    let found = action.action.provider.validate(&resolved.cx(action));
    let has_errors = found.iter().any(|one| one.severity() == Severity::Error);
    for found in found {
        findings.push(if found.location().is_some() { found } else { found.at(action.action.location) });
    }
    // Values that are wrong make permissions that are.
    if !has_errors {
        permissions(action, findings);
        calls(action, findings);
    }
    foreign_values(resolved, action, findings);
    let reader = Reader::Action(action);
    for (key, value) in action.known.configuration.iter() {
        // What the provider has said of the value in its own words need not be said again.
        if !(has_errors && matches!(value, Expr::Str(text) if text.is_empty())) {
            one_value(action, key, value, longest, findings);
        }
        variables.used_in(value, key, &reader, findings);
    }
    for (key, value) in action.action.provider.siblings().iter() {
        variables.used_in(value, key, &reader, findings);
    }
}

/// The statements that IAM would refuse when it is too late.
fn permissions(action: &ResolvedAction<'_>, findings: &mut Diagnostics) {
    // Where an action runs that has a place which cannot be, nobody knows.
    let env = action.known.problems.is_empty().then_some(action.known.env);
    let passed = action.known.spec.passes.iter().flat_map(|passed| &passed.permissions);
    let problem = |statement: &PolicyStatement| match statement.problem(true) {
        Some(problem) => {
            let message = format!("IAM refuses a permission of {}: {problem}", action.words());
            let help =
                "write it as in `PolicyStatement::allow([\"sqs:SendMessage\"]).on([\"arn:aws:sqs:*:*:orders-*\"])`";
            Some(Diagnostic::error("action::malformed-statement", message).help(help))
        }
        None => {
            statement.other_partition(env?).map(|found| found.note(format!("it is about {}", action.words()), None))
        }
    };
    for found in action.known.permissions.statements().chain(passed).filter_map(problem) {
        findings.push(found.at(action.action.location));
    }
}

/// What the provider says that a run calls, and no run could.
fn calls(action: &ResolvedAction<'_>, findings: &mut Diagnostics) {
    for call in action.known.calls.iter().flatten() {
        let found = if let Some(problem) = call.problem() {
            let message = format!("what {} calls is malformed: {problem}", action.words());
            let help =
                "write it as in `Call::new([\"sns:Publish\"]).on([\"arn:aws:sns:us-east-1:111111111111:releases\"])`";
            Diagnostic::error("action::malformed-call", message).help(help)
        } else if action.known.spec.owner != Owner::Aws && !call.has_role() {
            let owner = action.known.spec.owner.as_str();
            let message = format!(
                "{} has the owner {owner} and so no role of the pipeline's, and nobody says with which one it calls what its provider says",
                action.words()
            );
            let help = "name the role of the worker that polls for its jobs, as in `.by(role.arn())`";
            Diagnostic::warning("action::call-of-nobody", message).help(help)
        } else {
            continue;
        };
        findings.push(found.at(action.action.location));
    }
}

/// Values that belong to another app, unless the construct the action acts on is reported as such already.
fn foreign_values(resolved: &Resolved<'_>, action: &ResolvedAction<'_>, findings: &mut Diagnostics) {
    let mut is_foreign = false;
    for (_, value) in action.known.configuration.iter() {
        value.for_each_attr(&mut |of, _| is_foreign |= !resolved.view.owns(of));
    }
    let known = [action.known.spec.acts_on, action.known.spec.worker]
        .into_iter()
        .flatten()
        .any(|node| !resolved.view.owns(node));
    let given = action.known.spec.passes.as_ref().and_then(|passed| passed.given.as_ref());
    if is_foreign && !known && given.is_none() {
        let message = format!("{} is configured with a construct of another app", action.words());
        findings.push(
            Diagnostic::error("action::foreign-handle", message)
                .at(action.action.location)
                .help("use handles only with the app that returned them"),
        );
    }
}

fn one_value(action: &ResolvedAction<'_>, key: &str, value: &Expr, longest: usize, findings: &mut Diagnostics) {
    let mut push = |diagnostic: Diagnostic| findings.push(diagnostic.at(action.action.location));
    if key.is_empty() || key.len() > KEY {
        let message = format!("`{key}` is no key of a configuration");
        push(
            Diagnostic::error("configuration::malformed-key", message).help(format!("keys have 1 to {KEY} characters")),
        );
    }
    if matches!(value, Expr::List(_) | Expr::Map(_) | Expr::Null | Expr::Spelled(_)) {
        let message = format!("the value of `{key}` of {} is no text", action.words());
        push(Diagnostic::error("configuration::not-text", message).help("write it as text, lists and objects as JSON"));
    }
    // There are no more characters than bytes, and counting them takes longer.
    let length = match texts(value).map(str::len).sum::<usize>() {
        bytes if bytes <= DOCUMENTED_VALUE.min(longest) => bytes,
        _ => texts(value).map(|text| text.chars().count()).sum(),
    };
    let known = !matches!(value, Expr::Attr { .. } | Expr::Pseudo(_) | Expr::Call(..));
    if matches!(value, Expr::Str(text) if text.is_empty()) {
        let message = format!("the value of `{key}` of {} is empty, which CodePipeline refuses", action.words());
        push(Diagnostic::error("configuration::empty-value", message).help("leave the key out, or give it a value"));
    } else if known && length > longest {
        let subject = format!("the value of `{key}` of {}", action.words());
        push(too_many(&quota::CONFIGURATION_VALUE, &subject, length, longest));
    } else if known && length > DOCUMENTED_VALUE {
        let message = format!(
            "the value of `{key}` of {} has {length} characters; CodePipeline documents at most {DOCUMENTED_VALUE}",
            action.words()
        );
        let help = "keep it in a file of an input artifact; longer values have been accepted, but nobody promises it";
        push(Diagnostic::warning(quota::CONFIGURATION_VALUE.code, message).help(help));
    }
}
