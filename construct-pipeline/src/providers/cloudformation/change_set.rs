//! Change sets: made by one action, executed by a later one.

use construct_core::{Diagnostic, Expr, Properties, Value, kind};
use construct_iam::{PolicyDocument, PolicyStatement};

use super::{Capability, Deployment, cloudformation, deployment_methods, is_stack_name, stack_arn, stack_name_problem};
use crate::artifact::{Artifact, ArtifactFile};
use crate::provider::{ActionCx, GivenRole, Provider, ProviderSpec};

/// Creates a change set, or replaces it, without executing it.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let bundle = Artifact::new("Bundle");
/// let prepare = Action::new("Prepare", CreateChangeSet::new("orders", "release", bundle.file("template.yaml")));
/// let execute = Action::new("Execute", ExecuteChangeSet::new("orders", "release")).run_order(2);
/// ```
#[doc(alias = "CloudFormationCreateReplaceChangeSetAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct CreateChangeSet {
    deployment: Deployment,
    change_set: String,
}

impl CreateChangeSet {
    /// A change set for a stack, which may not exist yet, from a template in an artifact.
    pub fn new(stack: impl Into<Value<kind::Name>>, change_set: impl Into<String>, template: ArtifactFile) -> Self {
        Self { deployment: Deployment::new(stack.into(), template), change_set: change_set.into() }
    }

    deployment_methods!();
}

impl Provider for CreateChangeSet {
    fn spec(&self) -> ProviderSpec {
        self.deployment.spec()
    }

    fn configuration(&self, cx: &ActionCx<'_>) -> Properties {
        self.deployment.configuration("CHANGE_SET_REPLACE", cx).set("ChangeSetName", self.change_set.clone())
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let actions = [
            "cloudformation:CreateChangeSet",
            "cloudformation:DeleteChangeSet",
            "cloudformation:DescribeChangeSet",
            "cloudformation:DescribeStacks",
            "cloudformation:GetTemplateSummary",
        ];
        policy.push(PolicyStatement::allow(actions).on([stack_arn(cx, &self.deployment.stack)]));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        let mut found = self.deployment.validate();
        found.extend(change_set_name_problem(&self.change_set));
        found
    }
}

/// Executes a change set that an earlier action made.
///
/// Its variables are the outputs of the stack.
#[doc(alias = "CloudFormationExecuteChangeSetAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct ExecuteChangeSet {
    stack: Value<kind::Name>,
    change_set: String,
    output: Option<(Artifact, String)>,
}

impl ExecuteChangeSet {
    /// The change set of a stack.
    pub fn new(stack: impl Into<Value<kind::Name>>, change_set: impl Into<String>) -> Self {
        Self { stack: stack.into(), change_set: change_set.into(), output: None }
    }

    /// Writes the outputs of the stack as JSON into a file of an artifact.
    pub fn output(mut self, artifact: &Artifact, file: impl Into<String>) -> Self {
        self.output = Some((artifact.clone(), file.into()));
        self
    }
}

impl Provider for ExecuteChangeSet {
    fn spec(&self) -> ProviderSpec {
        cloudformation()
            .input_count(0..=10)
            .outputs(self.output.iter().map(|(artifact, _)| artifact))
            .output_count(0..=1)
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::with_capacity(3)
            .set("ActionMode", "CHANGE_SET_EXECUTE")
            .set("StackName", &self.stack)
            .set("ChangeSetName", self.change_set.clone())
            .opt("OutputFileName", self.output.as_ref().map(|(_, file)| file.clone()))
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let actions = [
            "cloudformation:DescribeChangeSet",
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStacks",
            "cloudformation:ExecuteChangeSet",
        ];
        policy.push(PolicyStatement::allow(actions).on([stack_arn(cx, &self.stack)]));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        stack_name_problem(&self.stack).into_iter().chain(change_set_name_problem(&self.change_set)).collect()
    }
}

fn change_set_name_problem(name: &str) -> Option<Diagnostic> {
    if is_stack_name(name) || name.contains("#{") {
        return None;
    }
    let message = format!("`{}` is no name of a change set", name.escape_debug());
    Some(
        Diagnostic::error("cloudformation::malformed-change-set-name", message)
            .help("change set names have 1 to 128 letters, digits and `-`, and begin with a letter"),
    )
}
