//! The configuration of actions, and variables.
//!
//! Codes: `configuration::empty-value`, `configuration::long-value`, `configuration::malformed-key`,
//! `configuration::not-text`, `action::foreign-handle`, `action::malformed-statement`, `variable::malformed-name`, `variable::duplicate-name`, `variable::malformed-default`,
//! `variable::long-description`, `variable::too-many`, `variable::v2-only`, `variable::unknown`,
//! `variable::used-too-early`, `variable::in-source`, `variable::other-syntax`, `namespace::malformed`, `namespace::duplicate`,
//! `namespace::is-artifact`, and those of the providers.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use construct_core::{Caller, Diagnostic, Expr, Severity};

use super::structure::too_many;
use super::{Findings, misnamed};
use crate::condition::ConditionRule;
use crate::pipeline::PipelineType;
use crate::provider::{Category, Owner};
use crate::quota;
use crate::resolve::{Resolved, ResolvedAction};

/// The characters of a value that the API documents. A longer one is accepted today, up to [`quota::CONFIGURATION_VALUE`].
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html>
const DOCUMENTED_VALUE: usize = 1_000;
/// The characters of a key, as the API validates them; same page.
const KEY: usize = 50;
/// The characters of a variable's name, default and description, as the API validates them.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineVariableDeclaration.html>
const VARIABLE_NAME: usize = 128;
const VARIABLE_DEFAULT: RangeInclusive<usize> = 1..=1_000;
const VARIABLE_DESCRIPTION: usize = 200;
/// The characters of a namespace, as the API validates them.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html>
const NAMESPACE: usize = 100;

pub(super) fn check(resolved: &Resolved<'_>, findings: &mut Findings) {
    variables(resolved, findings);
    let namespaces = namespaces(resolved, findings);
    let longest = resolved.view.quota(&quota::CONFIGURATION_VALUE);
    for action in &resolved.actions {
        let cx = resolved.cx(action);
        let found = action.action.provider.validate(&cx);
        let has_errors = found.iter().any(|one| one.severity() == Severity::Error);
        for found in found {
            let found = if found.location().is_some() { found } else { found.at(action.action.location) };
            findings.push(found);
        }
        // Values that are wrong make permissions that are.
        if !has_errors {
            permissions(action, findings);
        }
        foreign_values(resolved, action, findings);
        for (key, value) in action.known.configuration.iter() {
            // What the provider has said of the value in its own words need not be said again.
            if !(has_errors && matches!(value, Expr::Str(text) if text.is_empty())) {
                one_value(action, key, value, longest, findings);
            }
            for text in texts(value).filter(|text| text.contains('{')) {
                references(resolved, &Reader::Action(action), key, text, &namespaces, findings);
            }
        }
        for (key, value) in action.action.provider.siblings().iter() {
            each_text(value, &mut |text| {
                references(resolved, &Reader::Action(action), key, text, &namespaces, findings);
            });
        }
    }
    for (n, stage) in resolved.pipeline.stages.iter().enumerate() {
        for (rule, stages) in stage.rules(n) {
            let reader = Reader::Rule { rule, stages };
            for (key, value) in rule.configuration.iter() {
                each_text(value, &mut |text| references(resolved, &reader, key, text, &namespaces, findings));
            }
            for text in &rule.commands {
                references(resolved, &reader, "Commands", text, &namespaces, findings);
            }
        }
    }
}

/// Who uses variables.
enum Reader<'r, 'a> {
    Action(&'r ResolvedAction<'a>),
    /// A rule that is checked when the first so many stages have run.
    Rule {
        rule: &'r ConditionRule,
        stages: usize,
    },
}

impl Reader<'_, '_> {
    fn words(&self) -> String {
        match self {
            Self::Action(action) => action.words(),
            Self::Rule { rule, .. } => format!("the rule `{}`", rule.name),
        }
    }

    fn location(&self) -> Caller {
        match self {
            Self::Action(action) => action.action.location,
            Self::Rule { rule, .. } => rule.location,
        }
    }

    fn is_source(&self) -> bool {
        matches!(self, Self::Action(action) if action.known.spec.category == Category::Source)
    }

    fn is_after(&self, writer: &ResolvedAction<'_>) -> bool {
        match self {
            Self::Action(action) => action.is_after(writer),
            Self::Rule { stages, .. } => writer.stage_index < *stages,
        }
    }
}

/// The statements that IAM would refuse when it is too late.
fn permissions(action: &ResolvedAction<'_>, findings: &mut Findings) {
    let passed = action.known.spec.passes.iter().flat_map(|passed| &passed.permissions);
    for problem in action.known.permissions.statements().chain(passed).filter_map(|statement| statement.problem(true)) {
        let message = format!("IAM refuses a permission of {}: {problem}", action.words());
        findings.push(
            Diagnostic::error("action::malformed-statement", message).at(action.action.location).help(
                "write it as in `PolicyStatement::allow([\"sqs:SendMessage\"]).on([\"arn:aws:sqs:*:*:orders-*\"])`",
            ),
        );
    }
}

/// Values that belong to another app, unless the construct the action acts on is reported as such already.
fn foreign_values(resolved: &Resolved<'_>, action: &ResolvedAction<'_>, findings: &mut Findings) {
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

fn one_value(action: &ResolvedAction<'_>, key: &str, value: &Expr, longest: usize, findings: &mut Findings) {
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

/// The texts an expression is made of.
fn texts(expr: &Expr) -> impl Iterator<Item = &str> {
    let parts = match expr {
        Expr::Join(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    parts.iter().filter_map(|part| match part {
        Expr::Str(text) => Some(&**text),
        _ => None,
    })
}

/// Every text in an expression with a `{`, which every variable has.
fn each_text(expr: &Expr, use_text: &mut impl FnMut(&str)) {
    match expr {
        Expr::List(items) => items.iter().for_each(|item| each_text(item, use_text)),
        Expr::Map(entries) => entries.iter().for_each(|(_, value)| each_text(value, use_text)),
        other => texts(other).filter(|text| text.contains('{')).for_each(use_text),
    }
}

/// The variables of the sources that AWS documents. Those of other actions are theirs to choose, or grow with the service.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html>, as of 2026-11.
const SOURCE_VARIABLES: [(&str, &[&str]); 4] = [
    ("CodeCommit", &["RepositoryName", "BranchName", "CommitId", "CommitMessage", "AuthorDate", "CommitterDate"]),
    (
        "CodeStarSourceConnection",
        &["AuthorDate", "BranchName", "CommitId", "CommitMessage", "ConnectionArn", "FullRepositoryName"],
    ),
    ("ECR", &["RegistryId", "RepositoryName", "ImageTag", "ImageDigest", "ImageURI"]),
    ("S3", &["BucketName", "ETag", "ObjectKey", "VersionId"]),
];

/// That a source has no variable of this name. Sources may have more than is documented, so it is a warning, unless letters
/// in the wrong case tell what is meant.
fn unknown_variable(writer: &ResolvedAction<'_>, name: &str, place: &str) -> Option<Diagnostic> {
    let spec = &writer.known.spec;
    let is_source = spec.category == Category::Source && spec.owner == Owner::Aws;
    let (_, known) = SOURCE_VARIABLES.iter().find(|(provider, _)| is_source && *provider == spec.provider)?;
    if known.contains(&name) {
        return None;
    }
    Some(match known.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        Some(meant) => {
            let message = format!("{place}, and {} sets no variable `{name}`", writer.words());
            Diagnostic::error("variable::unknown", message).help(format!("write `{meant}`"))
        }
        None => {
            let message = format!("{place}, and AWS documents no variable `{name}` of {}", spec.provider);
            Diagnostic::warning("variable::unknown", message).help(format!("documented are {}", known.join(", ")))
        }
    })
}

fn variables(resolved: &Resolved<'_>, findings: &mut Findings) {
    let pipeline = resolved.pipeline;
    let (n, most) = (pipeline.variables.len(), resolved.view.quota(&quota::VARIABLES));
    if n > most {
        findings.push(too_many(&quota::VARIABLES, "the pipeline", n, most));
    }
    let mut seen = BTreeMap::new();
    for variable in &pipeline.variables {
        let at = variable.location;
        if pipeline.pipeline_type == PipelineType::V1 {
            let message = format!("the variable `{}` needs a pipeline of type V2", variable.name);
            let help = "leave `.pipeline_type(PipelineType::V1)` out";
            findings.push(Diagnostic::error("variable::v2-only", message).at(at).help(help));
        }
        if let Some(message) = misnamed("name of a variable", &variable.name, "@_-", VARIABLE_NAME) {
            let help = "use 1 to 128 letters, digits and `@_-`";
            findings.push(Diagnostic::error("variable::malformed-name", message).at(at).help(help));
        }
        if let Some(first) = seen.insert(&variable.name, at) {
            findings.push(
                Diagnostic::error("variable::duplicate-name", format!("two variables are named `{}`", variable.name))
                    .at(at)
                    .note("the first is made here", Some(first))
                    .help("give one of them another name"),
            );
        }
        if let Some(default) = &variable.default
            && !VARIABLE_DEFAULT.contains(&default.chars().count())
        {
            let message = format!("the default of the variable `{}` is empty or too long", variable.name);
            let help = "use 1 to 1,000 characters; without a default, every run must give a value";
            findings.push(Diagnostic::error("variable::malformed-default", message).at(at).help(help));
        }
        if variable.description.as_ref().is_some_and(|text| text.chars().count() > VARIABLE_DESCRIPTION) {
            let message = format!("the description of the variable `{}` is too long", variable.name);
            findings.push(
                Diagnostic::error("variable::long-description", message).at(at).help("use at most 200 characters"),
            );
        }
    }
}

fn namespaces<'r, 'a>(
    resolved: &'r Resolved<'a>,
    findings: &mut Findings,
) -> BTreeMap<&'r str, &'r ResolvedAction<'a>> {
    let mut namespaces: BTreeMap<&str, &ResolvedAction<'_>> = BTreeMap::new();
    for action in &resolved.actions {
        let Some(namespace) = &action.action.namespace else { continue };
        let at = action.action.location;
        if let Some(message) = misnamed("namespace", namespace, "@_-", NAMESPACE) {
            let help = "use 1 to 100 letters, digits and `@_-`";
            findings.push(Diagnostic::error("namespace::malformed", message).at(at).help(help));
        }
        if let Some(first) = namespaces.insert(namespace, action) {
            findings.push(
                Diagnostic::error("namespace::duplicate", format!("two actions have the namespace `{namespace}`"))
                    .at(at)
                    .note("the first is made here", Some(first.action.location))
                    .help("give one of them another namespace"),
            );
        }
        let is_artifact = resolved
            .actions
            .iter()
            .flat_map(|other| &other.known.spec.outputs)
            .any(|artifact| artifact.name() == namespace);
        if is_artifact {
            let message = format!("the namespace `{namespace}` is also the name of an artifact");
            let help = "give the namespace another name: CodePipeline keeps both apart by name alone";
            findings.push(Diagnostic::error("namespace::is-artifact", message).at(at).help(help));
        }
    }
    namespaces
}

/// What a pipeline tells of its run. <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html>
const EXECUTION_ID: &str = "PipelineExecutionId";

/// Variables in the way in which shells and CloudFormation write theirs, whose names have no dot.
fn other_syntax(
    reader: &Reader<'_, '_>,
    key: &str,
    text: &str,
    namespaces: &BTreeMap<&str, &ResolvedAction<'_>>,
    findings: &mut Findings,
) {
    let references = text.match_indices("${").filter_map(|(start, _)| text[start + 2..].split_once('}'));
    for (reference, _) in references {
        let Some((namespace, _)) = reference.split_once('.') else { continue };
        if namespace == "codepipeline" || namespace == "variables" || namespaces.contains_key(namespace) {
            let message =
                format!("`{key}` of {} has `${{{reference}}}`, which CodePipeline leaves as it is", reader.words());
            findings.push(
                Diagnostic::warning("variable::other-syntax", message)
                    .at(reader.location())
                    .help(format!("write `#{{{reference}}}`")),
            );
        }
    }
}

/// Checks every `#{namespace.name}` of a text.
fn references(
    resolved: &Resolved<'_>,
    reader: &Reader<'_, '_>,
    key: &str,
    text: &str,
    namespaces: &BTreeMap<&str, &ResolvedAction<'_>>,
    findings: &mut Findings,
) {
    other_syntax(reader, key, text, namespaces, findings);
    for (start, _) in text.match_indices("#{") {
        let Some(reference) = text[start + 2..].split_once('}').map(|(reference, _)| reference) else { continue };
        let Some((namespace, name)) = reference.split_once('.') else { continue };
        // Whether CodePipeline refuses them in rules is not documented.
        let mut push = |found: Diagnostic| {
            let found = found.at(reader.location());
            findings.push(if matches!(reader, Reader::Rule { .. }) { found.into_warning() } else { found });
        };
        let place = format!("`{key}` of {} uses `#{{{reference}}}`", reader.words());
        match namespace {
            "codepipeline" if name == EXECUTION_ID => {}
            "codepipeline" => {
                let message = format!("{place}, and AWS documents no such variable of the pipeline itself");
                let help = format!("write `#{{codepipeline.{EXECUTION_ID}}}`");
                push(Diagnostic::warning("variable::unknown", message).help(help));
            }
            // What a rule has found out, by the rule's name.
            "rule" if matches!(reader, Reader::Rule { .. }) => {}
            "variables" => {
                if reader.is_source() {
                    let help = "sources cannot use the variables of the pipeline";
                    push(Diagnostic::error("variable::in-source", place).help(help));
                } else if !resolved.pipeline.variables.iter().any(|variable| variable.name == name) {
                    let message = format!("{place}, and the pipeline has no variable `{name}`");
                    let help = format!("declare it with `.variable(Variable::new(\"{name}\"))`");
                    push(Diagnostic::error("variable::unknown", message).help(help));
                }
            }
            _ => match namespaces.get(namespace) {
                None => {
                    let message = format!("{place}, and no action has the namespace `{namespace}`");
                    let help = format!("give the action that sets the variable `.namespace(\"{namespace}\")`");
                    push(Diagnostic::error("variable::unknown", message).help(help));
                }
                Some(writer) if !reader.is_after(writer) => {
                    let message = format!("{place} before {} has set it", writer.words());
                    push(
                        Diagnostic::error("variable::used-too-early", message)
                            .note("the namespace is given here", Some(writer.action.location))
                            .help("move the reader to a later stage, or give it a higher run order within the stage"),
                    );
                }
                Some(writer) => {
                    if let Some(found) = unknown_variable(writer, name, &place) {
                        push(found);
                    }
                }
            },
        }
    }
}
