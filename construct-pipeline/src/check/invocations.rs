//! Pipelines that start other pipelines of the app.
//!
//! Codes: `pipeline-invoke::elsewhere`, `pipeline-invoke::itself`.
//!
//! An action starts a pipeline of the account and region in which it runs:
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-PipelineInvoke.html>

use construct_core::{Diagnostic, Diagnostics, Env, Expr, Fact, NodeId, Reach, Scope};

use crate::pipeline::Pipeline;
use crate::provider::Owner;
use crate::resolve::{Resolved, ResolvedAction};

/// That a pipeline stands in the app.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    name: String,
    env: Env,
    node: NodeId,
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
    let placed = Placed { name: pipeline.name.clone(), env, node: scope.here() };
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
        let found = itself(resolved, action, name).or_else(|| elsewhere(resolved, action, name));
        findings.extend(found.map(|found| found.at(action.action.location)));
    }
}

fn itself(resolved: &Resolved<'_>, action: &ResolvedAction<'_>, name: &Expr) -> Option<Diagnostic> {
    let is_itself = name.literal() == Some(&*resolved.pipeline.name) && action.known.env == resolved.home;
    is_itself.then(|| {
        Diagnostic::warning("pipeline-invoke::itself", "the pipeline starts itself, again and again")
            .help("name another pipeline")
    })
}

/// That the app has the pipeline, but not where the action runs.
fn elsewhere(resolved: &Resolved<'_>, action: &ResolvedAction<'_>, name: &Expr) -> Option<Diagnostic> {
    let (view, env) = (resolved.view, action.known.env);
    // A name may be that of a pipeline outside of the app, too. The attribute of a construct means that construct.
    let is_meant = |placed: &Placed| match name {
        Expr::Attr { of, .. } => placed.node == *of,
        name => name.literal() == Some(&*placed.name),
    };
    if view.any_fact::<Placed>(view.root(), |placed| is_meant(placed) && placed.env == env) {
        return None;
    }
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
    let is_sure = name.literal().is_none();
    let found = if is_sure { Diagnostic::error(code, message) } else { Diagnostic::warning(code, message) };
    Some(found.help(help))
}
