//! What may be said of a pipeline beside its stages.

use construct_iam::PermissionsBoundary;
use construct_pipeline::names;
use construct_pipeline::prelude::*;

use super::{REGIONS, Random, SourceKind};

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
    /// Rules work with a role of somebody else, or of the app.
    RuleAs,
    RuleOwn,
    /// Rules work in another region.
    RuleElsewhere,
    /// A rule builds with a project of the app.
    RuleBuilds,
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
    pub const ALL: [Self; 22] = [
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
        Self::RuleOwn,
        Self::RuleElsewhere,
        Self::RuleBuilds,
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
    pub(super) fn with_extras_of_stage(
        &self,
        n: usize,
        mut stage: Stage,
        bundle: &Artifact,
        scope: &mut Scope<'_>,
    ) -> Stage {
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
                    let check = if self.has(Extra::RuleAs) {
                        check.role(Role::import(Arn::role(self.home(), "/", "rules")))
                    } else if self.has(Extra::RuleOwn) {
                        let role = Role::trusting(PolicyDocument::new()).role_name(self.named("keeper", n));
                        check.role(scope.add(format!("Keeper{n}"), role))
                    } else {
                        check
                    };
                    let check = match self.has(Extra::RuleElsewhere) {
                        true => check.region(self.other_region()),
                        false => check,
                    };
                    stage.before_entry(condition.rule(check))
                }
                Extra::OnSuccess => {
                    let alarm = ConditionRule::new("alarm", "CloudWatchAlarm").configuration("AlarmName", "errors");
                    let invoke = ConditionRule::new("ask", "LambdaInvoke").configuration("FunctionName", "ask");
                    let mut condition =
                        Condition::new(StageResult::Rollback).rule(alarm.configuration("WaitTime", "5"));
                    if self.has(Extra::RuleBuilds) {
                        // The owner of an imported key must be told the name of the role.
                        let role = Role::new(Principal::service("codebuild.amazonaws.com"));
                        let role = scope.add(format!("CheckerRole{n}"), role.role_name(self.named("checker", n)));
                        let project = scope.add(format!("Checker{n}"), PipelineProject::new().role(role));
                        let build =
                            ConditionRule::new("build", "CodeBuild").configuration("ProjectName", project.name());
                        condition = condition.rule(build.input(bundle));
                    }
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

    /// The region in which rules work that do not work at home.
    pub(super) fn other_region(&self) -> &'static str {
        REGIONS[self.partition][1]
    }

    /// A name that is known before anything is deployed.
    pub(super) fn named(&self, what: &str, n: usize) -> String {
        format!("{what}-{n}-{}", names::tag(what, &self.name, self.home()))
    }
}
