//! The pipeline's part in the passes.

use std::collections::BTreeMap;

use construct_core::{Env, Lower, PlanCx, Scope, Synth, ValidateCx, View};

use crate::check::check;
use crate::pipeline::{Pipeline, PipelineRef};
use crate::plan::plan;
use crate::provider::Category;
use crate::resolve;

impl Synth for Pipeline {
    type Handle = PipelineRef;

    fn announce(&self, scope: &mut Scope<'_>) {
        if let (Some(group), Some(home)) = (self.group, scope.env()) {
            group.announce(&self.name, home, |view| brings(self, home, view), scope);
        }
    }

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        check(self, cx);
    }

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        plan(self, cx)
    }
}

/// How many resources a pipeline brings into other environments: a role to act, one to deploy and one to send events, and a
/// rule for each source.
fn brings(pipeline: &Pipeline, home: Env, view: View<'_>) -> Vec<(Env, usize)> {
    let mut brings: BTreeMap<Env, usize> = BTreeMap::new();
    for (env, category) in resolve::environments(pipeline, home, view).filter(|(env, _)| *env != home) {
        *brings.entry(env).or_insert(3) += usize::from(category == Category::Source);
    }
    brings.into_iter().collect()
}
