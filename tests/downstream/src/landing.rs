//! Where a function is released.

use construct_core::{Construct, Scope};
use construct_iam::Arn;
use construct_pipeline::aws::{Function, FunctionRef};

use crate::log_group::{LogGroup, LogGroupRef};

/// What a release needs in the account and region of the function: the function itself, which its own stack makes, and a
/// log group for what CodePipeline has to say while it releases.
///
/// CodePipeline would make the log group itself, without a retention.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-LambdaDeploy.html>
#[derive(Clone, Debug)]
#[must_use]
pub struct Landing {
    pipeline: String,
    function: String,
}

/// A function and the log group for its releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LandingRef {
    /// The function.
    pub function: FunctionRef,
    /// The log group.
    pub log_group: LogGroupRef,
}

impl Landing {
    /// Where a pipeline releases a function, both by their names.
    pub fn new(pipeline: impl Into<String>, function: impl Into<String>) -> Self {
        Self { pipeline: pipeline.into(), function: function.into() }
    }
}

impl Construct for Landing {
    type Handle = LandingRef;

    fn compose(self, scope: &mut Scope<'_>) -> LandingRef {
        let mut scope = scope.internal();
        // Outside of every stack there is no environment, which the synthesis reports.
        let arn = scope.env().map(|env| Arn::regional(env, "lambda", format!("function:{}", self.function)));
        let function = Function::import(arn.map(|arn| arn.to_string()).unwrap_or_default());
        LandingRef {
            function: scope.add("Function", function),
            log_group: scope.add("Logs", LogGroup::new(format!("/aws/codepipeline/{}", self.pipeline))),
        }
    }
}
