//! CodeBuild projects for pipelines, owned and imported.

mod check;
mod image;
mod imported;
mod variables;

use std::collections::BTreeSet;

use construct_core::{
    Attr, CfnResource, Claim, Construct, Diagnostic, Env, Expr, Lower, LowerCx, PlanCx, Properties, Resources, Scope,
    Synth, Tagging, Uniqueness, ValidateCx, Value, kind,
};
use construct_iam::{Arn, PolicyStatement, Principal, Role, RoleRef, ServiceRole};

use crate::aws::VpcConfig;
use crate::names;
use crate::provider::ArtifactKey;
use crate::quota;

pub(crate) use image::repository_of as image_repository_of;
pub use imported::*;
use variables::{MadeRole, let_read_parameters};
pub(crate) use variables::{Origin, Variable, let_builds_read_parameters, secret_unreadable_for, variable_problems};

/// The service that works with the roles of projects.
const CODEBUILD: &str = "codebuild.amazonaws.com";

const LOGS: [&str; 3] = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
const BATCHES: [&str; 3] = ["codebuild:RetryBuild", "codebuild:StartBuild", "codebuild:StopBuild"];
/// <https://docs.aws.amazon.com/codebuild/latest/userguide/test-permissions.html>
const REPORTS: [&str; 5] = [
    "codebuild:BatchPutCodeCoverages",
    "codebuild:BatchPutTestCases",
    "codebuild:CreateReport",
    "codebuild:CreateReportGroup",
    "codebuild:UpdateReport",
];

construct_core::handle! {
    /// A CodeBuild project, owned or imported.
    pub struct ProjectRef {
        /// The project's ARN.
        arn: Arn = GetAtt("Arn"),
        /// The project's name.
        name: Name = Ref,
    }
}

/// A CodeBuild project that gets its source from a pipeline and gives its artifacts to it.
///
/// It comes with a role that may write its logs; the pipeline adds reading and writing of artifacts, and sets the key
/// with which the project encrypts them. Name and role name are derived from the path of the construct, so that other
/// accounts can know them.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let project = app.at(stack).add(
///     "Build",
///     PipelineProject::new()
///         .build_spec_file("ci/buildspec.yml")
///         .environment("STAGE", "test")
///         .allow(PolicyStatement::allow(["codeartifact:ReadFromRepository"]).on(["arn:aws:codeartifact:us-east-1:111111111111:repository/main/*"])),
/// );
/// ```
///
/// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-codebuild-project.html>.
#[doc(alias = "Project")]
#[derive(Clone, Debug)]
#[must_use]
pub struct PipelineProject {
    name: Option<String>,
    description: Option<String>,
    build_spec: Option<String>,
    image: String,
    environment_type: String,
    compute_type: String,
    privileged: bool,
    environment: Vec<Variable>,
    timeout_minutes: Option<u32>,
    queued_timeout_minutes: Option<u32>,
    batch: bool,
    reports: bool,
    vpc: Option<VpcConfig>,
    role: Option<RoleRef>,
    permissions: Vec<PolicyStatement>,
}

impl Default for PipelineProject {
    fn default() -> Self {
        Self::new()
    }
}

impl PipelineProject {
    /// A project on a small Linux machine with AWS's standard image, which reads `buildspec.yml` of its input.
    pub fn new() -> Self {
        Self {
            name: None,
            description: None,
            build_spec: None,
            image: "aws/codebuild/standard:7.0".into(),
            environment_type: "LINUX_CONTAINER".into(),
            compute_type: "BUILD_GENERAL1_SMALL".into(),
            privileged: false,
            environment: Vec::new(),
            timeout_minutes: None,
            queued_timeout_minutes: None,
            batch: false,
            reports: false,
            vpc: None,
            role: None,
            permissions: Vec::new(),
        }
    }

    /// A project that exists already, by its ARN: it is referred to and never written to.
    #[doc(alias("fromProjectArn", "fromProjectName"))]
    pub fn import(arn: impl Into<Value<kind::Arn>>) -> ImportedProject {
        ImportedProject::new(arn.into())
    }

    /// The name: 2 to 150 letters, digits, `-` and `_`, beginning with a letter or digit.
    pub fn project_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What the project does, at most 255 characters.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The path of the build specification in the input, in place of a build specification that was given before.
    pub fn build_spec_file(mut self, path: impl Into<String>) -> Self {
        self.build_spec = Some(path.into());
        self
    }

    /// The build specification itself, as YAML or JSON, in place of one that was given before.
    /// <https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html>
    pub fn build_spec(mut self, text: impl Into<String>) -> Self {
        self.build_spec = Some(text.into());
        self
    }

    /// The image, `aws/codebuild/standard:7.0` by default. One of a private registry of Amazon ECR is pulled with the role
    /// builds work with, which is allowed that; the owner of a registry in another account is asked to let it in, in the
    /// [import contract](crate::contract). <https://docs.aws.amazon.com/codebuild/latest/userguide/sample-ecr.html>
    #[doc(alias = "buildImage")]
    pub fn image(mut self, image: impl Into<String>) -> Self {
        self.image = image.into();
        self
    }

    /// The kind of machine, `LINUX_CONTAINER` by default.
    pub fn environment_type(mut self, environment_type: impl Into<String>) -> Self {
        self.environment_type = environment_type.into();
        self
    }

    /// The size of the machine, `BUILD_GENERAL1_SMALL` by default.
    pub fn compute_type(mut self, compute_type: impl Into<String>) -> Self {
        self.compute_type = compute_type.into();
        self
    }

    /// Lets builds use Docker.
    pub fn privileged(mut self) -> Self {
        self.privileged = true;
        self
    }

    /// Adds an environment variable in plain text.
    #[doc(alias = "environmentVariables")]
    pub fn environment(self, name: impl Into<String>, value: impl Into<Value<kind::Text>>) -> Self {
        self.environment_of(Origin::PlainText, name, value.into())
    }

    /// Adds an environment variable from Parameter Store, by the parameter's name, or its ARN if another account shares
    /// it; the project's role may read it.
    pub fn environment_parameter(self, name: impl Into<String>, parameter: impl Into<Value<kind::Text>>) -> Self {
        self.environment_of(Origin::ParameterStore, name, parameter.into())
    }

    /// Adds an environment variable from Secrets Manager, as `secret-id:json-key:version-stage:version-id`; the project's
    /// role must be allowed to read it with [`allow`](Self::allow).
    pub fn environment_secret(self, name: impl Into<String>, secret: impl Into<Value<kind::Text>>) -> Self {
        self.environment_of(Origin::SecretsManager, name, secret.into())
    }

    fn environment_of(mut self, origin: Origin, name: impl Into<String>, value: Value<kind::Text>) -> Self {
        self.environment.push(Variable { name: name.into(), origin, value });
        self
    }

    /// How long a build may take, in minutes: 5 to 2,160; 60 by default.
    pub fn timeout(mut self, minutes: u32) -> Self {
        self.timeout_minutes = Some(minutes);
        self
    }

    /// How long a build may wait, in minutes: 5 to 480; 480 by default.
    pub fn queued_timeout(mut self, minutes: u32) -> Self {
        self.queued_timeout_minutes = Some(minutes);
        self
    }

    /// Lets one action run several builds as a batch. CodeBuild starts them with a role of its own, which can do nothing
    /// else: with the role of the builds, each build could start others.
    /// <https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build.html>
    pub fn batch_builds(mut self) -> Self {
        self.batch = true;
        self
    }

    /// Lets builds report on tests and coverage, in report groups of the project: those that the build specification names
    /// without an ARN. <https://docs.aws.amazon.com/codebuild/latest/userguide/test-permissions.html>
    #[doc(alias = "grantReportGroupPermissions")]
    pub fn reports(mut self) -> Self {
        self.reports = true;
        self
    }

    /// Lets builds run in a VPC, in place of one that was given before. The role builds work with is allowed what that takes.
    #[doc(alias("vpc", "subnetSelection", "securityGroups"))]
    pub fn vpc_config(mut self, vpc: VpcConfig) -> Self {
        self.vpc = Some(vpc);
        self
    }

    /// The role builds work with, in place of one that is made.
    pub fn role(mut self, role: RoleRef) -> Self {
        self.role = Some(role);
        self
    }

    /// Adds a permission of the role builds work with.
    pub fn allow(mut self, statement: PolicyStatement) -> Self {
        self.permissions.push(statement);
        self
    }
}

impl Construct for PipelineProject {
    type Handle = ProjectRef;

    fn compose(self, scope: &mut Scope<'_>) -> ProjectRef {
        let mut scope = scope.internal();
        let env = scope.env();
        let name = self.name.clone().unwrap_or_else(|| names::of_construct(scope.path(), "project", env, 150));
        let is_made = self.role.is_none();
        let role = own_role(self.role, &mut scope).unwrap_or_else(|| made_role("Role", "role", &mut scope));
        let permissions = env.map(|env| self.needs(&name, env)).unwrap_or_default();
        let permissions = permissions.into_iter().chain(self.permissions.clone());
        let environment = self.environment.clone();
        let repository = image::repository_of(&self.image);
        let batch = self.batch.then(|| {
            let role = made_role("BatchRole", "batch", &mut scope);
            if let Some(env) = env {
                let builds = Arn::regional(env, "codebuild", format!("project/{name}"));
                scope.attach(role, PolicyStatement::allow(BATCHES).on([builds]));
            }
            role
        });
        let project = scope.add("Resource", Project { of: self, name, role, batch, after: None });
        scope.attach(project, ServiceRole(role));
        if is_made {
            scope.attach(project, MadeRole { role, env });
        }
        let_read_parameters(role, &environment, env, &mut scope);
        if let Some(repository) = repository {
            image::let_pull(role, repository, &mut scope);
        }
        for statement in permissions {
            scope.attach(role, statement);
        }
        project
    }
}

impl PipelineProject {
    /// What the role builds work with needs for the project itself.
    fn needs(&self, name: &str, env: Env) -> Vec<PolicyStatement> {
        let arn = |service: &str, resource: String| Arn::regional(env, service, resource);
        let group = format!("log-group:/aws/codebuild/{name}");
        let mut needs =
            vec![PolicyStatement::allow(LOGS).on([arn("logs", group.clone()), arn("logs", format!("{group}:*"))])];
        if self.reports {
            needs.push(PolicyStatement::allow(REPORTS).on([arn("codebuild", format!("report-group/{name}-*"))]));
        }
        needs.extend(self.vpc.iter().flat_map(|vpc| vpc.permissions(env, Some(CODEBUILD))));
        needs
    }
}

/// A role that CodeBuild takes on, named after its construct and what it is.
fn made_role(id: &str, what: &str, scope: &mut Scope<'_>) -> RoleRef {
    let role_name = names::of_construct(scope.path(), what, scope.env(), 64);
    scope.add(id, Role::new(Principal::service(CODEBUILD)).role_name(role_name))
}

/// A role of this app; one of another app is reported and left out.
fn own_role(role: Option<RoleRef>, scope: &mut Scope<'_>) -> Option<RoleRef> {
    if role.is_some_and(|role| !scope.view().owns(role)) {
        scope.report(
            Diagnostic::error("tree::foreign-handle", "the role of the project belongs to another app")
                .help("use handles only with the app that returned them"),
        );
        return None;
    }
    role
}

#[derive(Clone, Debug)]
struct Project {
    of: PipelineProject,
    name: String,
    role: RoleRef,
    /// The role that starts the builds of a batch.
    batch: Option<RoleRef>,
    /// The role, if it stands in the project's stack: long permissions stand in policies beside it, to which no property
    /// refers, and a build needs them as well. So does CodeBuild when it makes a project that runs in a VPC:
    /// <https://github.com/aws/aws-cdk/issues/2652>.
    after: Option<RoleRef>,
}

impl Synth for Project {
    type Handle = ProjectRef;

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        check::project(self, cx);
    }

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        cx.gauge(quota::GAUGE);
        let is_near = cx.view().stack_of(self.role) == cx.view().stack_of(cx.here());
        Box::new(Self { after: is_near.then_some(self.role), ..self.clone() })
    }
}

/// How many of the keys that a project cannot all have are named.
const NAMED_KEYS: usize = 3;

/// That pipelines want a project to encrypt with different keys.
fn two_keys(written: &BTreeSet<&Value<kind::Arn>>, facts: &[&ArtifactKey], cx: &LowerCx<'_>) -> Diagnostic {
    // In the order of the program, each key with the first pipeline that has it.
    let mut firsts: Vec<&ArtifactKey> = Vec::with_capacity(written.len());
    for fact in facts.iter().filter(|fact| fact.writes) {
        if firsts.iter().all(|first| first.key != fact.key) {
            firsts.push(fact);
        }
    }
    let named = firsts.iter().take(NAMED_KEYS).map(|fact| match cx.literal(fact.key.expr()) {
        Some(arn) => format!("`{}` has `{arn}`", fact.pipeline),
        None => format!("`{}` has that of its store", fact.pipeline),
    });
    let more = firsts.len().checked_sub(NAMED_KEYS).filter(|more| *more > 0);
    let more = more.map(|more| format!(", and {more} more")).unwrap_or_default();
    let message = format!(
        "this project builds for pipelines whose stores have different keys, and a project has only one: {}{more}",
        named.collect::<Vec<_>>().join(", ")
    );
    Diagnostic::error("codebuild::two-artifact-keys", message)
        .help("make a project for each pipeline, or let the pipelines share a store")
}

impl Lower for Project {
    fn lower(&self, cx: &LowerCx<'_>, out: &mut Resources) {
        let of = &self.of;
        let facts: Vec<&ArtifactKey> = cx.facts::<ArtifactKey>().collect();
        let written: BTreeSet<&Value<kind::Arn>> =
            facts.iter().filter(|fact| fact.writes).map(|fact| &fact.key).collect();
        // What is only read needs no setting: one of several keys is as good as another, whoever is placed first.
        let read = || facts.iter().min_by_key(|fact| (&fact.pipeline, &fact.key)).map(|fact| &fact.key);
        let key = written.first().copied().or_else(read);
        if written.len() > 1 {
            cx.report(two_keys(&written, &facts, cx));
        }
        check::secrets_are_readable(self, cx);
        let environment = Properties::new()
            .set("Type", of.environment_type.clone())
            .set("Image", of.image.clone())
            .set("ComputeType", of.compute_type.clone())
            .opt("ImagePullCredentialsType", image::repository_of(&of.image).map(|_| "SERVICE_ROLE"))
            .opt("PrivilegedMode", of.privileged.then_some(true))
            .list("EnvironmentVariables", of.environment.iter().map(|one| one.properties(["Name", "Type", "Value"])));
        let pipeline = || Properties::new().set("Type", "CODEPIPELINE");
        let batch = self.batch.map(|role| Properties::new().set("ServiceRole", role.arn()));
        let properties = Properties::new()
            .set("Name", self.name.clone())
            .opt("Description", of.description.clone())
            .set("ServiceRole", self.role.arn())
            .set("Source", pipeline().opt("BuildSpec", of.build_spec.clone()))
            .set("Artifacts", pipeline())
            .set("Environment", environment)
            .opt("EncryptionKey", key)
            .opt("TimeoutInMinutes", of.timeout_minutes)
            .opt("QueuedTimeoutInMinutes", of.queued_timeout_minutes)
            .opt("BuildBatchConfig", batch)
            .opt("VpcConfig", of.vpc.as_ref().map(VpcConfig::properties));
        let project = CfnResource::new("AWS::CodeBuild::Project", properties)
            .tagging(Tagging::List)
            .claim(Some(Claim::new(Uniqueness::Environment, &self.name)));
        out.add(self.after.into_iter().fold(project, CfnResource::depends_on));
    }

    fn physical(&self, attr: &Attr, own: Env) -> Option<Expr> {
        match attr {
            Attr::Ref => Some(self.name.clone().into()),
            Attr::GetAtt(attr) if attr == "Arn" => {
                Some(Arn::regional(own, "codebuild", format!("project/{}", self.name)).into())
            }
            Attr::GetAtt(_) | Attr::LogicalId => None,
        }
    }
}
