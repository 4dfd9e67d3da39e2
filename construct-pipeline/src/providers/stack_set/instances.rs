//! Stacks of a stack set that exists already.

use std::fmt::Display;

use construct_core::{Diagnostic, Expr, Properties};
use construct_iam::PolicyDocument;

use super::choices::{ConcurrencyMode, RegionConcurrency, StackSetTargets};
use super::operation::{Operation, Parameters, no_targets, operation_methods, parameter_text, path_problem};
use crate::artifact::ArtifactFile;
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};

/// Makes stacks of an existing stack set, or brings outdated ones up to date.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let second_wave = Action::new(
///     "SecondWave",
///     DeployStackInstances::new("baseline")
///         .deploy_to(StackSetTargets::accounts(["555555555555"]), ["us-east-1"])
///         .parameter_override("Retention", "90"),
/// )
/// .run_order(2);
/// ```
///
/// Its variables: `StackSetId`, `OperationId`.
#[doc(alias = "CloudFormationDeployStackInstancesAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct DeployStackInstances {
    operation: Operation,
    overrides: Parameters,
}

impl DeployStackInstances {
    /// Stacks of a stack set in the account and region in which the action runs. It needs
    /// [`deploy_to`](Self::deploy_to).
    pub fn new(name: impl Into<String>) -> Self {
        Self { operation: Operation::new(name.into()), overrides: Parameters::default() }
    }

    /// Sets a parameter for these stacks alone. Values with blanks, commas or quotes go into a
    /// [`parameter_overrides_file`](Self::parameter_overrides_file).
    pub fn parameter_override(mut self, name: impl Into<String>, value: impl Into<Expr>) -> Self {
        self.overrides.values.push((name.into(), Some(parameter_text(value.into().bounded()))));
        self
    }

    /// A file with all overrides: a JSON list of objects with `ParameterKey` and `ParameterValue`.
    pub fn parameter_overrides_file(mut self, file: ArtifactFile) -> Self {
        self.overrides.file = Some(file);
        self
    }

    operation_methods!();
}

impl Provider for DeployStackInstances {
    fn spec(&self) -> ProviderSpec {
        let files = [self.overrides.file.as_ref(), self.operation.file()];
        ProviderSpec::new(Category::Deploy, Owner::Aws, "CloudFormationStackInstances")
            .inputs(Operation::inputs(files))
            .input_count(0..=2)
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        let configuration = Properties::new()
            .set("StackSetName", self.operation.name.clone())
            .opt("ParameterOverrides", self.overrides.expr());
        self.operation.write(configuration)
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let actions = [
            "cloudformation:CreateStackInstances",
            "cloudformation:DescribeStackSet",
            "cloudformation:DescribeStackSetOperation",
            "cloudformation:ListStackInstances",
        ];
        self.operation.permissions(actions, cx, policy);
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        self.operation.validate(&mut found);
        if self.operation.targets.is_none() {
            found.push(no_targets());
        }
        self.overrides.validate(&mut found);
        found.extend(self.overrides.file.as_ref().and_then(path_problem));
        found
    }
}
