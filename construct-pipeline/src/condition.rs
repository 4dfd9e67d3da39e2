//! Conditions of stages: when a stage is entered, and what becomes of it when it succeeds or fails.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html>

use std::borrow::Cow;
use std::fmt::Display;
use std::panic::Location;

use construct_core::{Attr, Caller, Env, Expr, NodeId, Properties, Region};
use construct_iam::{Arn, PolicyStatement};

use crate::artifact::Artifact;
use crate::provider::GivenRole;
use crate::providers::log_statement;

/// What a stage's condition leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageResult {
    /// The stage goes back to its last successful run.
    Rollback,
    /// The stage fails.
    Fail,
    /// The stage is tried again.
    Retry,
    /// The stage is left out.
    Skip,
}

impl StageResult {
    /// The word in the template.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rollback => "ROLLBACK",
            Self::Fail => "FAIL",
            Self::Retry => "RETRY",
            Self::Skip => "SKIP",
        }
    }
}

/// Rules, and what happens by them. On entry the result comes about when a rule fails.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let window = ConditionRule::new("OfficeHours", "DeploymentWindow")
///     .configuration("Cron", "0 0 9-16 ? * MON-THU *")
///     .configuration("TimeZone", "Europe/Berlin");
/// let healthy = ConditionRule::new("Healthy", "CloudWatchAlarm").configuration("AlarmName", "orders-errors");
/// let stage = Stage::new("Production")
///     .before_entry(Condition::new(StageResult::Fail).rule(window))
///     .on_success(Condition::new(StageResult::Rollback).rule(healthy))
///     .on_failure(OnFailure::new().retry(RetryMode::FailedActions));
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Condition {
    pub(crate) result: Option<StageResult>,
    pub(crate) rules: Vec<ConditionRule>,
}

impl Condition {
    /// A condition without rules: on entry, its result is to fail or to skip; on success, to roll back or to fail.
    pub fn new(result: StageResult) -> Self {
        Self { result: Some(result), rules: Vec::new() }
    }

    /// Adds a rule; a condition has 1 to 5.
    pub fn rule(mut self, rule: ConditionRule) -> Self {
        self.rules.push(rule);
        self
    }

    pub(crate) fn properties(&self) -> Properties {
        Properties::new()
            .opt("Result", self.result.map(StageResult::as_str))
            .list("Rules", self.rules.iter().map(ConditionRule::properties))
    }
}

/// Which actions an automatic retry repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryMode {
    /// Those that failed.
    FailedActions,
    /// All of the stage.
    AllActions,
}

impl RetryMode {
    /// The word in the template.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FailedActions => "FAILED_ACTIONS",
            Self::AllActions => "ALL_ACTIONS",
        }
    }
}

/// What happens when a stage fails: a retry, a result, or a result by a condition.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_FailureConditions.html>
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct OnFailure {
    pub(crate) result: Option<StageResult>,
    pub(crate) retry: Option<RetryMode>,
    pub(crate) conditions: Vec<Condition>,
}

impl OnFailure {
    /// Nothing beyond the failure.
    pub fn new() -> Self {
        Self::default()
    }

    /// What happens, whatever the failure.
    pub fn result(mut self, result: StageResult) -> Self {
        self.result = Some(result);
        self
    }

    /// Tries again once; it excludes a condition.
    pub fn retry(mut self, mode: RetryMode) -> Self {
        self.result = Some(StageResult::Retry);
        self.retry = Some(mode);
        self
    }

    /// What happens by rules; there is one condition.
    pub fn condition(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    pub(crate) fn properties(&self) -> Properties {
        let retry = self.retry.map(|mode| Properties::new().set("RetryMode", mode.as_str()));
        Properties::new()
            .opt("Result", self.result.map(StageResult::as_str))
            .opt("RetryConfiguration", retry)
            .list("Conditions", self.conditions.iter().map(Condition::properties))
    }
}

/// A rule of a condition, by its provider: `CloudWatchAlarm`, `CodeBuild`, `Commands`, `DeploymentWindow`, `LambdaInvoke`
/// or `VariableCheck`.
///
/// The pipeline's role, or the rule's own, is allowed what rules of these providers call, and to read the artifacts.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference.html>
#[derive(Clone, Debug)]
#[must_use]
pub struct ConditionRule {
    pub(crate) name: String,
    pub(crate) provider: Cow<'static, str>,
    pub(crate) version: Cow<'static, str>,
    pub(crate) configuration: Properties,
    pub(crate) commands: Vec<String>,
    pub(crate) inputs: Vec<Artifact>,
    pub(crate) region: Option<String>,
    pub(crate) role: Option<GivenRole>,
    pub(crate) location: Caller,
}

impl ConditionRule {
    /// A rule: a name of 1 to 100 characters `A-Za-z0-9.@_-`, and its provider.
    #[track_caller]
    pub fn new(name: impl Into<String>, provider: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            provider: provider.into(),
            version: "1".into(),
            configuration: Properties::new(),
            commands: Vec::new(),
            inputs: Vec::new(),
            region: None,
            role: None,
            location: Location::caller(),
        }
    }

    /// The version of the rule type; 1 by default.
    pub fn version(mut self, version: impl Into<Cow<'static, str>>) -> Self {
        self.version = version.into();
        self
    }

    /// Sets a value of the configuration.
    pub fn configuration(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Expr>) -> Self {
        self.configuration.put(key, value);
        self
    }

    /// Adds a command of the rule `Commands`: 1 to 1,000 characters; there are at most 50.
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.commands.push(command.into());
        self
    }

    /// Adds an artifact that the rule reads.
    pub fn input(mut self, artifact: &Artifact) -> Self {
        self.inputs.push(artifact.clone());
        self
    }

    /// The region in which the rule runs; the pipeline's by default.
    pub fn region(mut self, region: impl Display) -> Self {
        self.region = Some(region.to_string());
        self
    }

    /// The role that checks the rule, in place of the pipeline's. One of the app is given what that takes; the owner of an
    /// imported one is asked for it.
    pub fn role(mut self, role: impl Into<GivenRole>) -> Self {
        self.role = Some(role.into());
        self
    }

    fn properties(&self) -> Properties {
        let type_id = Properties::new()
            .set("Category", "Rule")
            .set("Owner", "AWS")
            .set("Provider", self.provider.clone())
            .set("Version", self.version.clone());
        let inputs = self.inputs.iter().map(|artifact| Properties::new().set("Name", artifact.name().to_owned()));
        Properties::new()
            .set("Name", self.name.clone())
            .set("RuleTypeId", type_id)
            .opt("Configuration", (!self.configuration.is_empty()).then(|| self.texts()))
            .list("Commands", self.commands.iter().cloned())
            .list("InputArtifacts", inputs)
            .opt("Region", self.region.clone())
            .opt("RoleArn", self.role.as_ref().map(|role| Expr::from(role.arn()).by_name()))
    }

    /// The configuration as it is on the wire, where every value is a text.
    fn texts(&self) -> Properties {
        let text = |value: &Expr| match value {
            Expr::Bool(flag) => flag.to_string().into(),
            Expr::Int(int) => int.to_string().into(),
            Expr::Real(real) => real.0.to_string().into(),
            other => other.clone(),
        };
        self.configuration.iter().fold(Properties::new(), |all, (key, value)| all.set(key.to_owned(), text(value)))
    }

    /// The region in which the rule runs, where the pipeline is in this one.
    pub(crate) fn region_or(&self, home: Region) -> Region {
        self.region.as_deref().and_then(|region| Region::parse(region).ok()).unwrap_or(home)
    }

    /// What checking it takes in an environment, for the providers whose reference names it.
    pub(crate) fn permissions(&self, env: Env, pipeline: &str) -> Vec<PolicyStatement> {
        let named = |key: &str, service: &str, kind: &str| -> Option<Expr> {
            match self.configuration.get(key)? {
                // Of what the program makes or imports, the construct knows the ARN.
                Expr::Attr { of, attr: Attr::Ref } => Some(Expr::Attr { of: *of, attr: Attr::get_att("Arn") }),
                other => Some(match other.literal()? {
                    arn if arn.starts_with("arn:") => arn.to_owned().into(),
                    name => Arn::regional(env, service, format!("{kind}{name}")).into(),
                }),
            }
        };
        let allow = |actions: &[&'static str], on: Option<Expr>| -> Vec<PolicyStatement> {
            on.map(|on| PolicyStatement::allow(actions.to_vec()).on([on])).into_iter().collect()
        };
        match &*self.provider {
            "CloudWatchAlarm" => allow(&["cloudwatch:DescribeAlarms"], named("AlarmName", "cloudwatch", "alarm:")),
            "CodeBuild" => {
                let builds: &[&'static str] = match self.is_true("BatchEnabled") {
                    true => &["codebuild:BatchGetBuildBatches", "codebuild:StartBuildBatch"],
                    false => &["codebuild:BatchGetBuilds", "codebuild:StartBuild"],
                };
                allow(builds, named("ProjectName", "codebuild", "project/"))
            }
            "LambdaInvoke" => allow(&["lambda:InvokeFunction"], named("FunctionName", "lambda", "function:")),
            "Commands" => vec![log_statement(env, pipeline)],
            _ => Vec::new(),
        }
    }

    fn is_true(&self, key: &str) -> bool {
        match self.configuration.get(key) {
            Some(Expr::Bool(flag)) => *flag,
            Some(other) => other.literal().is_some_and(|text| text.eq_ignore_ascii_case("true")),
            None => false,
        }
    }

    /// The project of a rule that builds, as far as the program knows it: its role reads the artifacts.
    pub(crate) fn worker(&self) -> Option<NodeId> {
        match self.configuration.get("ProjectName") {
            Some(Expr::Attr { of, .. }) if self.builds() => Some(*of),
            _ => None,
        }
    }

    /// What the rule works with, as far as the program knows it: it is found by its name where the rule runs.
    pub(crate) fn works_with(&self) -> Option<NodeId> {
        let by_name = ["AlarmName", "FunctionName", "ProjectName"];
        by_name.into_iter().find_map(|key| match self.configuration.get(key) {
            Some(Expr::Attr { of, .. }) => Some(*of),
            _ => None,
        })
    }

    /// Whether a project does the work, with a role of its own.
    pub(crate) fn builds(&self) -> bool {
        self.provider == "CodeBuild"
    }
}
