//! Pipelines that start other pipelines of the app.
//!
//! Codes: `pipeline-invoke::elsewhere`, `pipeline-invoke::itself`, `pipeline-invoke::missing-variable`,
//! `pipeline-invoke::unknown-variable`.
//!
//! An action starts a pipeline of the account and region in which it runs:
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-PipelineInvoke.html>

use std::cell::RefCell;

use construct_core::{Diagnostic, Diagnostics, Env, Expr, Fact, NodeId, Reach, Scope, View};
use serde_json::Value as Json;

use crate::pipeline::Pipeline;
use crate::provider::Owner;
use crate::resolve::{Resolved, ResolvedAction};

/// That a pipeline stands in the app.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    name: String,
    env: Env,
    node: NodeId,
    /// Its variables by name, and whether every run has to give a value.
    variables: Vec<(String, bool)>,
}

impl Fact for Placed {
    const NAME: &'static str = "pipeline of the app";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
    const IS_KEPT_FOR_CHECKS: bool = false;
}

/// Says to the app that a pipeline stands in it.
pub(crate) fn announce(pipeline: &Pipeline, scope: &mut Scope<'_>) {
    let Some(env) = scope.env() else { return };
    let variables = pipeline.variables.iter().map(|one| (one.name.clone(), one.default.is_none())).collect();
    let placed = Placed { name: pipeline.name.clone(), env, node: scope.here(), variables };
    scope.attach(scope.view().root(), placed);
}

pub(super) fn check(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    for action in &resolved.actions {
        let spec = &action.known.spec;
        // Of one whose place cannot be, nobody knows what it starts.
        if spec.provider != "CodePipeline" || spec.owner != Owner::Aws || !action.known.problems.is_empty() {
            continue;
        }
        let Some(name) = action.known.configuration.get("PipelineName") else { continue };
        let is_meant = |placed: &Placed| match name {
            Expr::Attr { of, .. } => placed.node == *of,
            Expr::ByName(inner) => matches!(**inner, Expr::Attr { of, .. } if placed.node == of),
            name => name.literal() == Some(&*placed.name),
        };
        let is_here = |placed: &Placed| is_meant(placed) && placed.env == action.known.env;
        let found = match one(resolved.view, is_here) {
            Some(started) if started.node == resolved.at => vec![itself()],
            Some(started) => variables(action, &started),
            None => Vec::from_iter(elsewhere(resolved, action, name.literal().is_none(), is_meant)),
        };
        findings.extend(found.into_iter().map(|found| found.at(action.action.location)));
    }
}

/// A pipeline of the app of which this holds, without bringing all into order.
fn one(view: View<'_>, holds: impl Fn(&Placed) -> bool) -> Option<Placed> {
    let found = RefCell::new(None);
    view.any_fact::<Placed>(view.root(), |placed| {
        let holds = holds(placed);
        if holds {
            found.replace(Some(placed.clone()));
        }
        holds
    });
    found.into_inner()
}

fn itself() -> Diagnostic {
    Diagnostic::warning("pipeline-invoke::itself", "the pipeline starts itself, again and again")
        .help("name another pipeline")
}

/// That the app has the pipeline, but not where the action runs. A name may be that of a pipeline outside of the app, too;
/// the attribute of a construct means that construct for sure.
fn elsewhere(
    resolved: &Resolved<'_>,
    action: &ResolvedAction<'_>,
    is_sure: bool,
    is_meant: impl Fn(&Placed) -> bool,
) -> Option<Diagnostic> {
    let (view, env) = (resolved.view, action.known.env);
    one(view, &is_meant)?;
    let placed = view.facts_of::<Placed>(view.root()).find(|placed| is_meant(placed))?;
    let message = format!(
        "{} starts `{}` in account {}, region {}, and `{}` of the app stands in account {}, region {}",
        action.words(),
        placed.name.escape_debug(),
        env.account,
        env.region,
        view.path_of(placed.node),
        placed.env.account,
        placed.env.region
    );
    let help = format!(
        "give `PipelineInvoke::new` the handle of that pipeline, or write `.account(\"{}\").region(\"{}\")`",
        placed.env.account, placed.env.region
    );
    let code = "pipeline-invoke::elsewhere";
    let found = if is_sure { Diagnostic::error(code, message) } else { Diagnostic::warning(code, message) };
    Some(found.help(help))
}

/// The variables that the pipeline does not have, and those that nobody gives a value. A run needs one for each variable
/// without a default: <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html>. That it cannot begin
/// with one that is not declared is an assumption.
fn variables(action: &ResolvedAction<'_>, started: &Placed) -> Vec<Diagnostic> {
    let given: Vec<Json> = match action.known.configuration.get("Variables") {
        None => Vec::new(),
        Some(given) => match given.literal().and_then(|text| serde_json::from_str(text).ok()) {
            Some(given) => given,
            None => return Vec::new(),
        },
    };
    let given: Vec<&str> = given.iter().filter_map(|one| one["name"].as_str()).collect();
    let pipeline = started.name.escape_debug();
    let is_known = |name: &&str| started.variables.iter().any(|(known, _)| known == name);
    let unknown = given.iter().filter(|name| !is_known(name)).map(|name| {
        let message = format!("the pipeline `{pipeline}` has no variable `{}`", name.escape_debug());
        let known: Vec<String> =
            started.variables.iter().map(|(name, _)| format!("`{}`", name.escape_debug())).collect();
        let help = match &*known {
            [] => "declare it with `.variable(Variable::new(…))` there, or leave it out".into(),
            known => {
                format!("it has {}; declare another one there with `.variable(Variable::new(…))`", known.join(", "))
            }
        };
        Diagnostic::warning("pipeline-invoke::unknown-variable", message).help(help)
    });
    let missing = started.variables.iter().filter(|(name, is_needed)| *is_needed && !given.contains(&&**name));
    let missing = missing.map(|(name, _)| {
        let name = name.escape_debug();
        let message =
            format!("the variable `{name}` of the pipeline `{pipeline}` has no default, and no value is given");
        Diagnostic::error("pipeline-invoke::missing-variable", message)
            .help(format!("write `.variable(\"{name}\", …)`, or give it a `.default_value(…)` there"))
    });
    unknown.chain(missing).collect()
}
