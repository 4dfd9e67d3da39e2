//! Pipelines by the house rules.

use construct_core::{Construct, Diagnostic, Pseudo, RemovalPolicy, Scope, Tag, text};
use construct_iam::{PermissionsBoundary, Principal, Role};
use construct_pipeline::aws::{PipelineProject, ProjectRef};
use construct_pipeline::providers::{CodeBuild, ManualApproval};
use construct_pipeline::{Action, Artifact, Pipeline, PipelineRef, Stage, StoreSettings};

/// The path of every role that delivers, by which the security team finds them.
pub const ROLE_PATH: &str = "/delivery/";

/// Who owns a pipeline and who pays for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    name: String,
    cost_centre: String,
}

impl Team {
    /// A team by its name and cost centre.
    pub fn new(name: impl Into<String>, cost_centre: impl Into<String>) -> Self {
        Self { name: name.into(), cost_centre: cost_centre.into() }
    }
}

/// A team's pipeline: source, build, test, approval, production.
///
/// - Nothing reaches production without a test stage and an approval.
/// - Every role has the path [`ROLE_PATH`] and the permissions boundary of its own account.
/// - Everything is tagged with the team and its cost centre.
/// - Artifacts go after 90 days; the stores stay when the pipeline goes.
#[derive(Clone, Debug)]
#[must_use]
pub struct CompanyPipeline {
    name: String,
    team: Team,
    sources: Stage,
    source: Artifact,
    outputs: Vec<Artifact>,
    is_tested: bool,
    test: Stage,
    production: Stage,
}

/// A pipeline by the house rules, as its program knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompanyPipelineRef {
    /// The pipeline.
    pub pipeline: PipelineRef,
    /// The project that builds.
    pub project: ProjectRef,
}

impl CompanyPipeline {
    /// A pipeline that builds what `checkout` writes to `source`.
    #[track_caller]
    pub fn new(name: impl Into<String>, team: Team, checkout: Action, source: &Artifact) -> Self {
        Self {
            name: name.into(),
            team,
            sources: Stage::new("Source").action(checkout),
            source: source.clone(),
            outputs: Vec::new(),
            is_tested: false,
            // Stages remember the line that made them: made here, findings about them name the team's line, not ours.
            test: Stage::new("Test"),
            production: Stage::new("Production"),
        }
    }

    /// What the build writes.
    pub fn builds<'a>(mut self, outputs: impl IntoIterator<Item = &'a Artifact>) -> Self {
        self.outputs.extend(outputs.into_iter().cloned());
        self
    }

    /// What happens to a build before anybody is asked.
    pub fn test(mut self, actions: impl IntoIterator<Item = Action>) -> Self {
        for action in actions {
            self.is_tested = true;
            self.test = self.test.action(action);
        }
        self
    }

    /// What happens once somebody approved.
    pub fn production(mut self, actions: impl IntoIterator<Item = Action>) -> Self {
        self.production = self.production.actions(actions);
        self
    }
}

impl Construct for CompanyPipeline {
    type Handle = CompanyPipelineRef;

    fn compose(self, scope: &mut Scope<'_>) -> CompanyPipelineRef {
        let mut scope = scope.internal();
        if !self.is_tested {
            let message = format!("nothing of the pipeline `{}` is tested before production", self.name);
            scope.report(Diagnostic::error("acme::untested", message).help("add a test stage with `.test([…])`"));
        }
        let house = scope.here();
        scope.attach(house, Tag::new("acme:team", self.team.name));
        scope.attach(house, Tag::new("acme:cost-centre", self.team.cost_centre));
        // The boundary has the same name in every account.
        let boundary = text!("arn:{}:iam::{}:policy/acme/delivery", Pseudo::Partition, Pseudo::AccountId);
        scope.attach(house, PermissionsBoundary::new(boundary.cast()));

        let builder = Role::new(Principal::service("codebuild.amazonaws.com")).path(ROLE_PATH);
        let builder = scope.add("Builder", builder.role_name(format!("{}-builder", self.name)));
        let project = scope.add("Build", PipelineProject::new().role(builder));
        let build = self.outputs.iter().fold(CodeBuild::new(project, &self.source), CodeBuild::output);
        let ask = ManualApproval::new().comment(format!("Does {} go to production?", self.name));
        let settings = StoreSettings::new().expire_after_days(90).removal_policy(RemovalPolicy::Retain);
        let pipeline = Pipeline::new(self.name)
            .role_path(ROLE_PATH)
            .store_settings(settings)
            .stage(self.sources)
            .stage(Stage::new("Build").action(Action::new("Build", build)))
            .stage(self.test)
            .stage(Stage::new("Approval").action(Action::new("Approve", ask)))
            .stage(self.production);
        CompanyPipelineRef { pipeline: scope.add("Pipeline", pipeline), project }
    }
}
