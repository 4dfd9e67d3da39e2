//! Step Functions state machines executed by the pipeline.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-StepFunctions.html>

use construct_core::{Diagnostic, Expr, Properties, Value, kind, text};
use construct_iam::{PolicyDocument, PolicyStatement};

use crate::artifact::{Artifact, ArtifactFile};
use crate::aws::StateMachineRef;
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};
use crate::wire;

/// Executes a state machine and waits for its end. It runs where the state machine is.
///
/// An express state machine is not waited for and writes no artifact. China's regions do not offer this action.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let machine = app
///     .at(stack)
///     .add("Migration", StateMachine::import("arn:aws:states:us-east-1:111111111111:stateMachine:migration"));
/// let migrate = StepFunctionsInvoke::new(machine)
///     .input_json(Expr::map([("commit", "#{source.CommitId}")]))
///     .execution_name_prefix("release");
/// ```
///
/// Its variables: `StateMachineArn`, and for a standard state machine `ExecutionArn`.
#[doc(alias = "StepFunctionInvokeAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct StepFunctionsInvoke {
    machine: StateMachineRef,
    input: Option<Input>,
    output: Option<Artifact>,
    prefix: Option<String>,
}

#[derive(Clone, Debug)]
enum Input {
    Literal(Value<kind::Text>),
    File(ArtifactFile),
}

impl StepFunctionsInvoke {
    /// Executes a state machine with `{}` as its input.
    pub fn new(machine: StateMachineRef) -> Self {
        Self { machine, input: None, output: None, prefix: None }
    }

    /// The input of the execution: a text that is JSON, at most 1,000 characters. The last input given counts.
    pub fn input(mut self, json: impl Into<Value<kind::Text>>) -> Self {
        self.input = Some(Input::Literal(json.into()));
        self
    }

    /// The input of the execution as JSON of at most 1,000 characters; references stand in its texts. The last input
    /// given counts.
    pub fn input_json(self, json: impl Into<Expr>) -> Self {
        self.input(wire::json_text(&json.into().bounded()))
    }

    /// Takes the input of the execution from a JSON file of an artifact. The last input given counts.
    pub fn input_file(mut self, file: ArtifactFile) -> Self {
        self.input = Some(Input::File(file));
        self
    }

    /// Writes the output of the execution into an artifact; standard state machines only.
    pub fn output(mut self, artifact: &Artifact) -> Self {
        self.output = Some(artifact.clone());
        self
    }

    /// What stands before the names of executions, which otherwise are the ids of the action's executions: at most 43
    /// letters, digits, `_` and `-`.
    pub fn execution_name_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }
}

impl Provider for StepFunctionsInvoke {
    fn spec(&self) -> ProviderSpec {
        let input = match &self.input {
            Some(Input::File(file)) => Some(file.artifact()),
            Some(Input::Literal(_)) | None => None,
        };
        ProviderSpec::new(Category::Invoke, Owner::Aws, "StepFunctions")
            .inputs(input)
            .input_count(0..=1)
            .outputs(&self.output)
            .output_count(0..=1)
            .acts_on(self.machine)
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        let configuration = Properties::new()
            .set("StateMachineArn", self.machine.arn())
            .opt("ExecutionNamePrefix", self.prefix.clone());
        match &self.input {
            None => configuration,
            Some(Input::Literal(text)) => configuration.set("InputType", "Literal").set("Input", text),
            // There is one input artifact at most, so the path stands without its name.
            Some(Input::File(file)) => configuration.set("InputType", "FilePath").set("Input", file.path().to_owned()),
        }
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let prefix = self.prefix.clone().unwrap_or_default();
        let executions = text!("{}:{}:{}*", cx.arn("states", "execution"), self.machine.name(), prefix);
        let on_machine = ["states:DescribeStateMachine", "states:StartExecution"];
        policy.push(PolicyStatement::allow(on_machine).on([self.machine.arn()]));
        policy.push(PolicyStatement::allow(["states:DescribeExecution"]).on([executions]));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        // An execution's name has at most 80 characters; a hyphen and the 36 of an id follow the prefix.
        // https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
        if let Some(prefix) = &self.prefix
            && !prefix.contains("#{")
            && (prefix.len() > 43 || !prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)))
        {
            let prefix = prefix.escape_debug();
            found.push(
                Diagnostic::error(
                    "step-functions::malformed-prefix",
                    format!("`{prefix}` cannot begin the name of an execution"),
                )
                .help("prefixes have 1 to 43 letters, digits, `_` and `-`"),
            );
        }
        match &self.input {
            Some(Input::Literal(text)) => found.extend(text.literal().and_then(literal_problem)),
            Some(Input::File(file)) => found.extend(file.problem("step-functions::malformed-path")),
            None => {}
        }
        found
    }
}

fn literal_problem(text: &str) -> Option<Diagnostic> {
    // A variable outside of quotes makes it JSON only when the pipeline runs.
    let json = text.contains("#{") || serde_json::from_str::<serde_json::Value>(text).is_ok();
    (!json).then(|| {
        Diagnostic::error("step-functions::input-not-json", "the input of the execution is no JSON")
            .help("write JSON, or let `.input_json(…)` write it")
    })
}

#[cfg(test)]
mod tests {
    use super::super::custom::testing::{HOME, ask_in, text_of};
    use super::*;
    use crate::aws::StateMachine;
    use construct_core::App;

    fn setting() -> (App, StateMachineRef) {
        let mut app = App::new();
        let stack = app.stack("Tools", HOME);
        let arn = "arn:aws:states:us-east-1:111111111111:stateMachine:migrate";
        let machine = app.at(stack).add("Migrate", StateMachine::import(arn));
        (app, machine)
    }

    #[test]
    fn only_its_own_executions_may_be_described() {
        let (mut app, machine) = setting();
        for (prefix, known) in [(None, ""), (Some("release"), "release"), (Some("r-#{a.b}"), "r-")] {
            let mut invoke = StepFunctionsInvoke::new(machine);
            invoke.prefix = prefix.map(str::to_owned);
            let asked = ask_in(&mut app, &invoke);
            assert_eq!(text_of(&asked.configuration, "ExecutionNamePrefix"), prefix);
            let executions = "arn:aws:states:us-east-1:111111111111:execution";
            let describe = PolicyStatement::allow(["states:DescribeExecution"]).on([text!(
                "{}:{}:{}*",
                executions,
                machine.name(),
                known
            )]);
            assert!(asked.policy.statements().any(|statement| *statement == describe), "{:?}", asked.policy);
            assert_eq!(asked.codes, [""; 0]);
        }
    }

    #[test]
    fn input_is_literal_or_a_file_of_the_artifact() {
        let (mut app, machine) = setting();
        let literal = StepFunctionsInvoke::new(machine).input_json(serde_json::json!({ "n": 1 }));
        let asked = ask_in(&mut app, &literal);
        assert_eq!(text_of(&asked.configuration, "InputType"), Some("Literal"));
        assert_eq!(text_of(&asked.configuration, "Input"), Some(r#"{"n":1}"#));
        assert_eq!(literal.spec().inputs.len(), 0);

        let file = StepFunctionsInvoke::new(machine).input_file(Artifact::new("In").file("assets/input.json"));
        let asked = ask_in(&mut app, &file.clone().output(&Artifact::new("Out")));
        assert_eq!(text_of(&asked.configuration, "InputType"), Some("FilePath"));
        assert_eq!(text_of(&asked.configuration, "Input"), Some("assets/input.json"));
        assert_eq!(file.spec().inputs, [Artifact::new("In")]);
    }

    #[test]
    fn what_step_functions_refuses_is_found() {
        let (mut app, machine) = setting();
        let invoke = || StepFunctionsInvoke::new(machine);
        for (invoke, code) in [
            (invoke().execution_name_prefix("a.b"), "step-functions::malformed-prefix"),
            (invoke().execution_name_prefix("x".repeat(44)), "step-functions::malformed-prefix"),
            (invoke().input("stage=test"), "step-functions::input-not-json"),
            (invoke().input_file(Artifact::new("In").file("/input.json")), "step-functions::malformed-path"),
        ] {
            assert_eq!(ask_in(&mut app, &invoke).codes, [code]);
        }
        assert_eq!(ask_in(&mut app, &invoke().input("{\"n\":#{build.N}}")).codes, [""; 0]);
    }
}
