//! What may be said of a pipeline beside its stages.

use construct_iam::PermissionsBoundary;
use construct_pipeline::names;
use construct_pipeline::prelude::*;

use super::{Random, SourceKind};

/// Something said of a pipeline, or of one of its stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the methods of a pipeline say it")]
pub enum Extra {
    Variables,
    Trigger,
    Queued,
    Restart,
    ImportedRole,
    OwnRole,
    RolePath,
    RolePathAbove,
    Tags,
    Boundary,
    BeforeEntry,
    RuleAs,
    OnSuccess,
    OnFailure,
    Retry,
    Blocker,
    Disabled,
    /// A wave prepares change sets before it executes them.
    TwoSteps,
    /// A wave has small stages.
    FewAtOnce,
}

impl Extra {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Variables,
        Self::Trigger,
        Self::Queued,
        Self::Restart,
        Self::ImportedRole,
        Self::OwnRole,
        Self::RolePath,
        Self::RolePathAbove,
        Self::Tags,
        Self::Boundary,
        Self::BeforeEntry,
        Self::RuleAs,
        Self::OnSuccess,
        Self::OnFailure,
        Self::Retry,
        Self::Blocker,
        Self::Disabled,
        Self::TwoSteps,
        Self::FewAtOnce,
    ];
}

impl Random {
    pub(super) fn has(&self, extra: Extra) -> bool {
        self.with.contains(&extra)
    }

    /// What is said of the pipeline, and above it.
    pub(super) fn with_extras(&self, mut pipeline: Pipeline, scope: &mut Scope<'_>) -> Pipeline {
        let (home, here) = (self.home(), scope.here());
        for extra in &self.with {
            pipeline = match extra {
                Extra::Variables => {
                    let variable = Variable::new("STAGE").default_value("test").description("Where it goes");
                    pipeline.variable(variable).variable(Variable::new("TICKET@1"))
                }
                Extra::Trigger if matches!(self.source.kind, SourceKind::Connection) => {
                    let branches = GlobPatterns::new().include("release/**").exclude("release/old*");
                    let push = GitPushFilter::new().branches(branches);
                    let event = GitPullRequestFilter::new().event(GitPullRequestEvent::Open);
                    let event = event.branches(GlobPatterns::new().include("main"));
                    pipeline.trigger(GitTrigger::new("checkout").push(push).pull_request(event))
                }
                Extra::Queued => pipeline.execution_mode(ExecutionMode::Queued),
                Extra::Restart => pipeline.restart_on_update(),
                Extra::ImportedRole => pipeline.role(Role::import(Arn::role(home, "/service-role/", "pipeline"))),
                Extra::OwnRole if !self.has(Extra::ImportedRole) => {
                    // Other accounts must know it by its name.
                    let role = Role::new(Principal::service("codepipeline.amazonaws.com"));
                    let name = format!("delivery-{}", names::tag("own-role", &self.name, home));
                    pipeline.role(scope.add("Role", role.role_name(name)))
                }
                Extra::RolePath => pipeline.role_path("/delivery/"),
                Extra::RolePathAbove => {
                    scope.attach(here, RolePath::new("/platform/teams/"));
                    pipeline
                }
                Extra::Tags => {
                    scope.attach(here, Tag::new("team", "orders"));
                    pipeline
                }
                Extra::Boundary => {
                    scope.attach(here, PermissionsBoundary::named("boundary"));
                    pipeline
                }
                _ => pipeline,
            };
        }
        pipeline
    }

    /// What is said of a stage: of some, so that those without differ from them.
    pub(super) fn with_extras_of_stage(&self, n: usize, mut stage: Stage, bundle: &Artifact) -> Stage {
        if n % 2 == 1 {
            return stage;
        }
        let window = || {
            let rule = ConditionRule::new("window", "DeploymentWindow").configuration("Cron", "0 0 9-16 ? * MON-THU *");
            rule.configuration("TimeZone", "Europe/Berlin")
        };
        for extra in &self.with {
            stage = match extra {
                Extra::BeforeEntry => {
                    let check = ConditionRule::new("check", "Commands").command("make check").input(bundle);
                    let condition = Condition::new(StageResult::Fail).rule(window());
                    let check = match self.has(Extra::RuleAs) {
                        true => check.role(Role::import(Arn::role(self.home(), "/", "rules"))),
                        false => check,
                    };
                    stage.before_entry(condition.rule(check))
                }
                Extra::OnSuccess => {
                    let alarm = ConditionRule::new("alarm", "CloudWatchAlarm").configuration("AlarmName", "errors");
                    let invoke = ConditionRule::new("ask", "LambdaInvoke").configuration("FunctionName", "ask");
                    let condition = Condition::new(StageResult::Rollback).rule(alarm.configuration("WaitTime", "5"));
                    stage.on_success(condition.rule(invoke))
                }
                Extra::Retry => stage.on_failure(OnFailure::new().retry(RetryMode::FailedActions)),
                Extra::OnFailure if !self.has(Extra::Retry) => {
                    stage.on_failure(OnFailure::new().result(StageResult::Rollback))
                }
                Extra::Blocker => stage.blocker("freeze"),
                Extra::Disabled => stage.transition_disabled("until the release"),
                _ => stage,
            };
        }
        stage
    }
}
