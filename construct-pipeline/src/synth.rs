//! The pipeline's part in the passes.

use construct_core::{Lower, PlanCx, Scope, Synth, ValidateCx};

use crate::check::{check, invocations};
use crate::pipeline::{Pipeline, PipelineRef};
use crate::plan::plan;
use crate::resolve;
use crate::sharing;

impl Synth for Pipeline {
    type Handle = PipelineRef;

    fn announce(&self, scope: &mut Scope<'_>) {
        sharing::announce(self, scope);
        invocations::announce(self, scope);
        if let (Some(group), Some(home)) = (self.group, scope.env()) {
            group.announce(&self.name, home, |view| resolve::environments(self, home, view).collect(), scope);
        }
    }

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        check(self, cx);
    }

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        plan(self, cx)
    }
}
