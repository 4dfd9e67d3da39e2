//! Lambda functions invoked by the pipeline.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html>

use construct_core::{Expr, Properties, Value, kind};
use construct_iam::{PolicyDocument, PolicyStatement};

use crate::artifact::Artifact;
use crate::aws::FunctionRef;
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};
use crate::wire;

/// Invokes a function, which must say when it is done. It runs where the function is.
///
/// The function answers with `PutJobSuccessResult` or `PutJobFailureResult` in its own region, within 20 minutes, or asks
/// for more time up to a day. Its role needs `codepipeline:PutJobSuccessResult` and `codepipeline:PutJobFailureResult`; for
/// the artifacts it is handed credentials.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let function =
///     app.at(stack).add("Check", Function::import("arn:aws:lambda:us-east-1:111111111111:function:check"));
/// let bundle = Artifact::new("Bundle");
/// let check = LambdaInvoke::new(function)
///     .input(&bundle)
///     .user_parameters_json(Expr::map([("stage", "test"), ("commit", "#{source.CommitId}")]));
/// ```
///
/// Its variables are those that the function answers with.
#[doc(alias = "LambdaInvokeAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct LambdaInvoke {
    function: FunctionRef,
    inputs: Vec<Artifact>,
    outputs: Vec<Artifact>,
    parameters: Option<Value<kind::Text>>,
}

impl LambdaInvoke {
    /// Invokes a function without artifacts and parameters.
    pub fn new(function: FunctionRef) -> Self {
        Self { function, inputs: Vec::new(), outputs: Vec::new(), parameters: None }
    }

    /// Adds an artifact that the function reads; there are at most 5.
    pub fn input(mut self, artifact: &Artifact) -> Self {
        self.inputs.push(artifact.clone());
        self
    }

    /// Adds an artifact that the function writes; there are at most 5.
    pub fn output(mut self, artifact: &Artifact) -> Self {
        self.outputs.push(artifact.clone());
        self
    }

    /// What the function is told: 1 to 1,000 characters.
    pub fn user_parameters(mut self, text: impl Into<Value<kind::Text>>) -> Self {
        self.parameters = Some(text.into());
        self
    }

    /// What the function is told, as JSON of at most 1,000 characters; references stand in its texts.
    pub fn user_parameters_json(mut self, json: impl Into<Expr>) -> Self {
        self.parameters = Some(wire::json_text(&json.into().bounded()));
        self
    }
}

impl Provider for LambdaInvoke {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Invoke, Owner::Aws, "Lambda")
            .inputs(&self.inputs)
            .input_count(0..=5)
            .outputs(&self.outputs)
            .output_count(0..=5)
            .acts_on(self.function)
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new().set("FunctionName", self.function.name()).opt("UserParameters", self.parameters.as_ref())
    }

    fn permissions(&self, _: &ActionCx<'_>, policy: &mut PolicyDocument) {
        policy.push(PolicyStatement::allow(["lambda:InvokeFunction"]).on([self.function.arn()]));
        // Lambda offers no resource for this one.
        policy.push(PolicyStatement::allow(["lambda:ListFunctions"]).on(["*"]));
    }
}

#[cfg(test)]
mod tests {
    use super::super::custom::testing::{HOME, ask_in, text_of};
    use super::*;
    use crate::aws::Function;
    use construct_core::App;

    fn setting() -> (App, FunctionRef) {
        let mut app = App::new();
        let stack = app.stack("Tools", HOME);
        let arn = "arn:aws:lambda:us-east-1:111111111111:function:check";
        let function = app.at(stack).add("Check", Function::import(arn));
        (app, function)
    }

    #[test]
    fn the_function_alone_may_be_invoked() {
        let (mut app, function) = setting();
        let invoke = LambdaInvoke::new(function).input(&Artifact::new("In")).output(&Artifact::new("Out"));
        let asked = ask_in(&mut app, &invoke);
        assert_eq!(asked.configuration, Properties::new().set("FunctionName", function.name()));
        let expected = PolicyDocument::new()
            .with(PolicyStatement::allow(["lambda:InvokeFunction"]).on([function.arn()]))
            .with(PolicyStatement::allow(["lambda:ListFunctions"]).on(["*"]));
        assert_eq!(asked.policy, expected);
        let spec = invoke.spec();
        assert_eq!((spec.inputs.len(), spec.outputs.len(), spec.acts_on), (1, 1, Some(function.into())));
    }

    #[test]
    fn parameters_are_text_or_json() {
        let (mut app, function) = setting();
        let text = ask_in(&mut app, &LambdaInvoke::new(function).user_parameters("stage=test"));
        assert_eq!(text_of(&text.configuration, "UserParameters"), Some("stage=test"));
        let json = serde_json::json!({ "stage": "test", "n": 2, "dry": true });
        let json = ask_in(&mut app, &LambdaInvoke::new(function).user_parameters_json(json));
        assert_eq!(text_of(&json.configuration, "UserParameters"), Some(r#"{"stage":"test","n":2,"dry":true}"#));
    }
}
