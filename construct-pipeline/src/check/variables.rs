//! Variables: those of the pipeline, those that actions set, by their namespaces, and who uses them.
//!
//! Codes: `variable::malformed-name`, `variable::duplicate-name`, `variable::malformed-default`,
//! `variable::long-description`, `variable::too-many`, `variable::v2-only`, `variable::unknown`,
//! `variable::used-too-early`, `variable::in-source`, `variable::other-syntax`, `variable::malformed-reference`,
//! `namespace::malformed`, `namespace::duplicate`, `namespace::is-artifact`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use construct_core::{Caller, Diagnostic, Diagnostics, Expr};

use super::structure::too_many;
use super::{is_near, misnamed};
use crate::artifact::Artifact;
use crate::condition::ConditionRule;
use crate::filled;
use crate::pipeline::PipelineType;
use crate::provider::{Category, Owner};
use crate::quota;
use crate::resolve::{Resolved, ResolvedAction};

/// The characters of a variable's name, default and description, as the API validates them.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineVariableDeclaration.html>
const VARIABLE_NAME: usize = 128;
const VARIABLE_DEFAULT: RangeInclusive<usize> = 1..=1_000;
const VARIABLE_DESCRIPTION: usize = 200;
/// The characters of a namespace, as the API validates them.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html>
const NAMESPACE: usize = 100;

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

/// What the console calls the variables of a source.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-variables.html>
const CONSOLE_NAMESPACE: &str = "SourceVariables";

/// What a pipeline tells of its run. <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html>
const EXECUTION_ID: &str = "PipelineExecutionId";

/// The variables of a pipeline.
pub(super) struct Variables<'r, 'a> {
    resolved: &'r Resolved<'a>,
    /// The actions that set some, by their namespaces.
    namespaces: BTreeMap<&'r str, &'r ResolvedAction<'a>>,
}

impl<'r, 'a> Variables<'r, 'a> {
    /// The variables, once it is reported what is wrong with their declarations.
    pub(super) fn checked(resolved: &'r Resolved<'a>, findings: &mut Diagnostics) -> Self {
        declared(resolved, findings);
        Self { resolved, namespaces: namespaces(resolved, findings) }
    }

    /// Checks what is used in all texts of an expression.
    pub(super) fn used_in(&self, expr: &Expr, key: &str, reader: &Reader<'_, '_>, findings: &mut Diagnostics) {
        match expr {
            Expr::List(items) => items.iter().for_each(|item| self.used_in(item, key, reader, findings)),
            Expr::Map(entries) => entries.iter().for_each(|(_, value)| self.used_in(value, key, reader, findings)),
            Expr::Str(text) => {
                self.used(text, key, reader, findings);
                unclosed(text, key, reader, findings);
            }
            // What is opened in one part may be closed in a later one.
            other => texts(other).for_each(|text| self.used(text, key, reader, findings)),
        }
    }

    /// Checks every `#{namespace.name}` of a text.
    pub(super) fn used(&self, text: &str, key: &str, reader: &Reader<'_, '_>, findings: &mut Diagnostics) {
        // Every variable has one, and few texts do.
        if !text.contains('{') {
            return;
        }
        self.other_syntax(text, key, reader, findings);
        for (_, reference) in filled::variables(text) {
            let place = format!("`{key}` of {} uses `#{{{reference}}}`", reader.words());
            let Some((namespace, name)) = reference.split_once('.') else {
                findings.push(self.without_namespace(reference, &place).at(reader.location()));
                continue;
            };
            let Some(found) = self.problem(namespace, name, place, reader) else { continue };
            let found = found.at(reader.location());
            // Whether CodePipeline refuses them in rules is not documented.
            findings.push(if matches!(reader, Reader::Rule { .. }) { found.into_warning() } else { found });
        }
    }

    /// What is wrong with the use of a variable.
    fn problem(&self, namespace: &str, name: &str, place: String, reader: &Reader<'_, '_>) -> Option<Diagnostic> {
        match namespace {
            "codepipeline" if name == EXECUTION_ID => None,
            "codepipeline" => {
                let message = format!("{place}, and AWS documents no such variable of the pipeline itself");
                let help = format!("write `#{{codepipeline.{EXECUTION_ID}}}`");
                Some(Diagnostic::warning("variable::unknown", message).help(help))
            }
            // What a rule has found out, by the rule's name.
            "rule" if matches!(reader, Reader::Rule { .. }) => None,
            "variables" if reader.is_source() => {
                let help = "sources cannot use the variables of the pipeline";
                Some(Diagnostic::error("variable::in-source", place).help(help))
            }
            "variables" => {
                let declared = || self.resolved.pipeline.variables.iter().map(|variable| &*variable.name);
                if declared().any(|known| known == name) {
                    return None;
                }
                let message = format!("{place}, and the pipeline has no variable `{name}`");
                let help = match declared().find(|known| is_near(known, name)) {
                    Some(meant) => format!("did you mean `#{{variables.{meant}}}`?"),
                    None => format!("declare it with `.variable(Variable::new(\"{name}\"))`"),
                };
                Some(Diagnostic::error("variable::unknown", message).help(help))
            }
            _ => match self.namespaces.get(namespace) {
                None => {
                    let message = format!("{place}, and no action has the namespace `{namespace}`");
                    let help = match self.namespaces.keys().find(|known| is_near(known, namespace)) {
                        Some(meant) => format!("did you mean `#{{{meant}.{name}}}`?"),
                        None => format!("give the action that sets the variable `.namespace(\"{namespace}\")`"),
                    };
                    Some(Diagnostic::error("variable::unknown", message).help(help))
                }
                Some(writer) if !reader.is_after(writer) => {
                    let message = format!("{place} before {} has set it", writer.words());
                    let found = Diagnostic::error("variable::used-too-early", message)
                        .note("the namespace is given here", Some(writer.action.location));
                    Some(found.help("move the reader to a later stage, or give it a higher run order within the stage"))
                }
                Some(writer) => unknown_variable(writer, name, &place),
            },
        }
    }

    /// That a variable lacks its namespace. What CodePipeline makes of it is not documented.
    fn without_namespace(&self, name: &str, place: &str) -> Diagnostic {
        let message = format!("{place}, and every variable is written with a namespace, as `#{{namespace.name}}`");
        let is_declared = self.resolved.pipeline.variables.iter().any(|variable| variable.name == name);
        let help = match name {
            EXECUTION_ID => format!("write `#{{codepipeline.{EXECUTION_ID}}}`"),
            _ if is_declared => format!("write `#{{variables.{name}}}`"),
            _ => "put the namespace of the action that sets it, and a dot, before its name".to_owned(),
        };
        Diagnostic::warning("variable::malformed-reference", message).help(help)
    }

    /// Variables in the way in which shells and CloudFormation write theirs, whose names have no dot.
    fn other_syntax(&self, text: &str, key: &str, reader: &Reader<'_, '_>, findings: &mut Diagnostics) {
        let references = text.match_indices("${").filter_map(|(start, _)| text[start + 2..].split_once('}'));
        for (reference, _) in references {
            let Some((namespace, name)) = reference.split_once('.') else { continue };
            let is_known = matches!(namespace, "codepipeline" | "variables") || self.namespaces.contains_key(namespace);
            let help = if is_known {
                format!("write `#{{{reference}}}`")
            } else {
                let Some(writer) = self.meant_by(namespace, name) else { continue };
                match &writer.action.namespace {
                    Some(own) => format!("write `#{{{own}.{name}}}`"),
                    None => {
                        // Namespaces and artifacts are kept apart by name alone.
                        let own = if is_artifact(self.resolved, namespace) { CONSOLE_NAMESPACE } else { namespace };
                        format!("give {} `.namespace(\"{own}\")` and write `#{{{own}.{name}}}`", writer.words())
                    }
                }
            };
            let message =
                format!("`{key}` of {} has `${{{reference}}}`, which CodePipeline leaves as it is", reader.words());
            findings.push(Diagnostic::warning("variable::other-syntax", message).at(reader.location()).help(help));
        }
    }

    /// The source that a variable is most likely meant to be of, though it has no such namespace: it sets a variable of
    /// this name, and it, its stage or its artifact is called so, or the namespace is the one that the console gives to
    /// sources.
    fn meant_by(&self, namespace: &str, name: &str) -> Option<&ResolvedAction<'a>> {
        let of_namespace = |action: &&ResolvedAction<'_>| {
            let outputs = action.known.spec.outputs.iter().map(Artifact::name);
            let names = [&*action.action.name, &*action.stage.name].into_iter().chain(outputs);
            documented(action).is_some_and(|known| known.contains(&name))
                && names.chain([CONSOLE_NAMESPACE]).any(|one| one.eq_ignore_ascii_case(namespace))
        };
        self.resolved.actions.iter().find(of_namespace)
    }
}

/// Who uses variables.
pub(super) enum Reader<'r, 'a> {
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

/// Reports a variable that is opened at the end of a text and never closed.
fn unclosed(text: &str, key: &str, reader: &Reader<'_, '_>, findings: &mut Diagnostics) {
    let Some((_, reference)) = text.rsplit_once("#{").filter(|(_, behind)| !behind.contains('}')) else { return };
    // The rest of the text may be long; what was meant as the name ends where no name goes on.
    let is_of_names = |c: char| c.is_ascii_alphanumeric() || "@_-.".contains(c);
    let name = &reference[..reference.find(|c| !is_of_names(c)).unwrap_or(reference.len())];
    let message = format!("`{key}` of {} opens a variable with `#{{{name}` and never closes it", reader.words());
    let found = Diagnostic::warning("variable::malformed-reference", message).at(reader.location());
    findings.push(found.help(format!("write `#{{{name}}}`")));
}

/// That a source has no variable of this name. Sources may have more than is documented, so it is a warning, unless letters
/// in the wrong case tell what is meant.
fn unknown_variable(writer: &ResolvedAction<'_>, name: &str, place: &str) -> Option<Diagnostic> {
    let known = documented(writer)?;
    if known.contains(&name) {
        return None;
    }
    Some(match known.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        Some(meant) => {
            let message = format!("{place}, and {} sets no variable `{name}`", writer.words());
            Diagnostic::error("variable::unknown", message).help(format!("write `{meant}`"))
        }
        None => {
            let provider = &writer.known.spec.provider;
            let message = format!("{place}, and AWS documents no variable `{name}` of {provider}");
            Diagnostic::warning("variable::unknown", message).help(format!("documented are {}", known.join(", ")))
        }
    })
}

/// The variables of an action that AWS documents, if it is a source of AWS.
fn documented(action: &ResolvedAction<'_>) -> Option<&'static [&'static str]> {
    let spec = &action.known.spec;
    let is_source = spec.category == Category::Source && spec.owner == Owner::Aws;
    let (_, known) = SOURCE_VARIABLES.iter().find(|(provider, _)| is_source && *provider == spec.provider)?;
    Some(known)
}

/// Reports what is wrong with the variables that the pipeline declares.
fn declared(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
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
    findings: &mut Diagnostics,
) -> BTreeMap<&'r str, &'r ResolvedAction<'a>> {
    let mut namespaces: BTreeMap<&str, &ResolvedAction<'_>> = BTreeMap::new();
    for action in &resolved.actions {
        let Some(namespace) = &action.action.namespace else { continue };
        let at = action.action.location;
        if let Some(message) = misnamed("namespace", namespace, "@_-", NAMESPACE) {
            let help = "use 1 to 100 letters, digits and `@_-`";
            let finding = Diagnostic::error("namespace::malformed", message).at(at).help(help);
            findings.push(finding.note(format!("it is that of {}", action.words()), None));
        }
        if let Some(first) = namespaces.insert(namespace, action) {
            findings.push(
                Diagnostic::error("namespace::duplicate", format!("two actions have the namespace `{namespace}`"))
                    .at(at)
                    .note("the first is made here", Some(first.action.location))
                    .help("give one of them another namespace"),
            );
        }
        if is_artifact(resolved, namespace) {
            let message = format!("the namespace `{namespace}` is also the name of an artifact");
            let help = "give the namespace another name: CodePipeline keeps both apart by name alone";
            findings.push(Diagnostic::error("namespace::is-artifact", message).at(at).help(help));
        }
    }
    namespaces
}

fn is_artifact(resolved: &Resolved<'_>, name: &str) -> bool {
    resolved.actions.iter().flat_map(|action| &action.known.spec.outputs).any(|artifact| artifact.name() == name)
}

/// The texts an expression is made of.
pub(super) fn texts(expr: &Expr) -> impl Iterator<Item = &str> {
    let parts = match expr {
        Expr::Join(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    parts.iter().filter_map(|part| match part {
        Expr::Str(text) => Some(&**text),
        _ => None,
    })
}
