//! What the proof is told of actions whose declarations do not say it: whose roles touch their artifacts in place of the
//! performer's or beside it, and what their providers say that a run calls. It stands in the metadata of the pipeline.

use construct_core::{Expr, PlanCx, Properties};
use construct_iam::ServiceRole;

use crate::known::Known;
use crate::pipeline::Pipeline;
use crate::provider::{Call, GivenRole};

/// What there is to tell of any action.
pub(super) fn told(pipeline: &Pipeline, known: &[Known], cx: &PlanCx<'_>) -> Option<Expr> {
    let told = pipeline.actions().zip(known).filter_map(|((stage, action), known)| {
        let told = of_action(known, cx);
        (!told.is_empty()).then(|| (format!("{}/{}", stage.name, action.name), Expr::from(told)))
    });
    let told: Vec<_> = told.collect();
    (!told.is_empty()).then(|| Expr::map(told).by_name())
}

fn of_action(known: &Known, cx: &PlanCx<'_>) -> Properties {
    // Of a project its template tells the role.
    let worker = known.spec.worker.filter(|worker| known.spec.provider != "CodeBuild" && cx.view().owns(*worker));
    let role = worker.map(|worker| cx.view().facts_of::<ServiceRole>(worker).next().map(|role| role.0.arn().into()));
    let calls = known.calls.as_ref().map(|calls| Expr::list(calls.iter().map(Call::properties)));
    let readers = known.spec.readers.as_ref().map(|readers| Expr::list(readers.iter().map(GivenRole::arn)));
    Properties::new()
        .opt("Worker", role.map(|role| role.unwrap_or_else(|| Expr::from(""))))
        .opt("Readers", readers)
        .opt("Calls", calls)
}
