//! The pipeline's part in the passes.

use construct_core::{Lower, PlanCx, Synth, ValidateCx};

use crate::check::check;
use crate::pipeline::{Pipeline, PipelineRef};
use crate::plan::plan;

impl Synth for Pipeline {
    type Handle = PipelineRef;

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        check(self, cx);
    }

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        plan(self, cx)
    }
}
