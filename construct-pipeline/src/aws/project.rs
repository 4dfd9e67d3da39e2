//! CodeBuild projects for pipelines, owned and imported.

use std::collections::BTreeSet;

use construct_core::{
    Attr, CfnResource, Claim, Construct, Diagnostic, Env, Expr, Lower, LowerCx, PlanCx, Properties, Resources, Scope,
    Synth, Tagging, Uniqueness, ValidateCx, Value, kind,
};
use construct_iam::{Arn, ArnKind, Imported, ManagedPolicy, PolicyStatement, Principal, Role, RoleRef, ServiceRole};

use crate::asked::Asked;
use crate::names;
use crate::provider::{ArtifactKey, GivenRole};
use crate::quota;

/// The service that works with the roles of projects.
const CODEBUILD: &str = "codebuild.amazonaws.com";

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
    environment: Vec<Properties>,
    timeout_minutes: Option<u32>,
    queued_timeout_minutes: Option<u32>,
    batch: bool,
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
            role: None,
            permissions: Vec::new(),
        }
    }

    /// A project that exists already, by its ARN: it is referred to and never written to.
    pub fn import(arn: impl Into<Value<kind::Arn>>) -> ImportedProject {
        ImportedProject { arn: arn.into(), role: None, key: None }
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

    /// The image, `aws/codebuild/standard:7.0` by default.
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
    pub fn environment(self, name: impl Into<String>, value: impl Into<Value<kind::Text>>) -> Self {
        self.environment_of("PLAINTEXT", name, value.into())
    }

    /// Adds an environment variable from Parameter Store, by the parameter's name; the project's role may read it.
    pub fn environment_parameter(self, name: impl Into<String>, parameter: impl Into<Value<kind::Text>>) -> Self {
        self.environment_of("PARAMETER_STORE", name, parameter.into())
    }

    /// Adds an environment variable from Secrets Manager, as `secret-id:json-key:version-stage:version-id`; the project's
    /// role must be allowed to read it with [`allow`](Self::allow).
    pub fn environment_secret(self, name: impl Into<String>, secret: impl Into<Value<kind::Text>>) -> Self {
        self.environment_of("SECRETS_MANAGER", name, secret.into())
    }

    fn environment_of(mut self, kind: &'static str, name: impl Into<String>, value: Value<kind::Text>) -> Self {
        let variable = Properties::new().set("Name", name.into()).set("Type", kind).set("Value", value);
        self.environment.push(variable);
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

    /// Lets one action run several builds as a batch.
    pub fn batch_builds(mut self) -> Self {
        self.batch = true;
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
        let name = self.name.clone().unwrap_or_else(|| names::derived(scope.path(), "project", env, 150));
        let role = own_role(self.role, &mut scope).unwrap_or_else(|| {
            let role_name = names::derived(scope.path(), "role", env, 64);
            scope.add("Role", Role::new(Principal::service(CODEBUILD)).role_name(role_name))
        });
        let permissions = self.permissions.clone();
        let parameters = self.parameter_arns(env);
        let batch = self.batch;
        let project = scope.add("Resource", Project { of: self, name: name.clone(), role, after: None });
        scope.attach(project, ServiceRole(role));
        if let Some(env) = env {
            let arn = |service: &str, resource: String| Arn::regional(env, service, resource);
            let group = format!("log-group:/aws/codebuild/{name}");
            let logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
            let groups = [arn("logs", group.clone()), arn("logs", format!("{group}:*"))];
            scope.attach(role, PolicyStatement::allow(logs).on(groups));
            if batch {
                let builds = ["codebuild:RetryBuild", "codebuild:StartBuild", "codebuild:StopBuild"];
                scope.attach(role, PolicyStatement::allow(builds).on([arn("codebuild", format!("project/{name}"))]));
            }
        }
        if !parameters.is_empty() {
            scope.attach(role, PolicyStatement::allow(["ssm:GetParameters"]).on(parameters));
        }
        for statement in permissions {
            scope.attach(role, statement);
        }
        project
    }
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

impl PipelineProject {
    fn parameter_arns(&self, env: Option<Env>) -> Vec<Arn> {
        let is_parameter =
            |variable: &&Properties| variable.get("Type").and_then(Expr::literal) == Some("PARAMETER_STORE");
        let names =
            self.environment.iter().filter(is_parameter).filter_map(|variable| variable.get("Value")?.literal());
        let arn = |name: &str| Some(Arn::regional(env?, "ssm", format!("parameter/{}", name.trim_start_matches('/'))));
        names.filter_map(arn).collect()
    }
}

/// The kinds of machines, and their sizes; new ones come with time.
/// <https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectEnvironment.html>, as of 2026-11.
const ENVIRONMENT_TYPES: [&str; 12] = [
    "LINUX_CONTAINER",
    "ARM_CONTAINER",
    "LINUX_GPU_CONTAINER",
    "WINDOWS_SERVER_2019_CONTAINER",
    "WINDOWS_SERVER_2022_CONTAINER",
    "LINUX_LAMBDA_CONTAINER",
    "ARM_LAMBDA_CONTAINER",
    "LINUX_EC2",
    "ARM_EC2",
    "WINDOWS_EC2",
    "MAC_ARM",
    "WINDOWS_CONTAINER",
];
const COMPUTE_TYPES: [&str; 12] = [
    "BUILD_GENERAL1_SMALL",
    "BUILD_GENERAL1_MEDIUM",
    "BUILD_GENERAL1_LARGE",
    "BUILD_GENERAL1_XLARGE",
    "BUILD_GENERAL1_2XLARGE",
    "BUILD_LAMBDA_1GB",
    "BUILD_LAMBDA_2GB",
    "BUILD_LAMBDA_4GB",
    "BUILD_LAMBDA_8GB",
    "BUILD_LAMBDA_10GB",
    "ATTRIBUTE_BASED_COMPUTE",
    "CUSTOM_INSTANCE_TYPE",
];

/// Whether a statement may be about reading secrets.
fn speaks_of_secrets(statement: &PolicyStatement) -> bool {
    let Expr::Map(elements) = statement.expr().spelled_out() else { return true };
    let is_one = |action: &Expr| action.literal().is_none_or(|text| text == "*" || text.starts_with("secretsmanager:"));
    elements.iter().any(|(element, value)| match (&**element, value) {
        ("Action", Expr::List(actions)) => actions.iter().any(is_one),
        ("Action", action) => is_one(action),
        ("NotAction", _) => true,
        _ => false,
    })
}

/// That a variable has two values, of which CodeBuild documents no order.
pub(crate) fn variable_given_twice(environment: &[Properties], key: &str) -> Option<Diagnostic> {
    let mut seen = BTreeSet::new();
    let name = |variable: &Properties| variable.get(key).and_then(Expr::literal).map(str::to_owned);
    let twice = environment.iter().filter_map(name).find(|name| !seen.insert(name.clone()))?;
    let message = format!("the variable `{}` is given twice, and nobody says which value counts", twice.escape_debug());
    Some(Diagnostic::warning("codebuild::duplicate-variable", message).help("keep one of them"))
}

#[derive(Clone, Debug)]
struct Project {
    of: PipelineProject,
    name: String,
    role: RoleRef,
    /// The role, if it stands in the project's stack: long permissions stand in policies beside it, to which no property
    /// refers, and a build needs them as well.
    after: Option<RoleRef>,
}

impl Synth for Project {
    type Handle = ProjectRef;

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        let name = &self.name;
        let shape = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !(2..=150).contains(&name.len()) || !shape || name.starts_with(['-', '_']) {
            cx.report(
                Diagnostic::error(
                    "codebuild::malformed-project-name",
                    format!("`{}` is no name of a project", name.escape_debug()),
                )
                .help("project names have 2 to 150 letters, digits, `-` and `_`, and begin with a letter or digit"),
            );
        }
        // https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html
        if self.of.description.as_ref().is_some_and(|text| text.chars().count() > 255) {
            let message = "the description of the project has more than 255 characters";
            cx.report(Diagnostic::error("codebuild::long-description", message).help("shorten it"));
        }
        let ranges = [
            ("a build", self.of.timeout_minutes, 5..=2_160),
            ("waiting for a build", self.of.queued_timeout_minutes, 5..=480),
        ];
        for (what, minutes, range) in ranges {
            if let Some(minutes) = minutes
                && !range.contains(&minutes)
            {
                let (from, to) = range.into_inner();
                cx.report(
                    Diagnostic::error("codebuild::timeout", format!("{what} cannot be limited to {minutes} minutes"))
                        .help(format!("use {from} to {to} minutes")),
                );
            }
        }
        self.machine(cx);
        if let Some(found) = variable_given_twice(&self.of.environment, "Name") {
            cx.report(found);
        }
        for variable in &self.of.environment {
            let name = variable.get("Name").and_then(Expr::literal).unwrap_or_default();
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                cx.report(
                    Diagnostic::error(
                        "codebuild::malformed-variable",
                        format!("`{}` is no name of a variable", name.escape_debug()),
                    )
                    .help("use letters, digits and `_`"),
                );
            }
            let Some(Expr::Str(text)) = variable.get("Value") else { continue };
            if text.contains("{{resolve:secretsmanager:")
                && variable.get("Type").and_then(Expr::literal) == Some("PLAINTEXT")
            {
                cx.report(
                    Diagnostic::error(
                        "codebuild::secret-in-plain-text",
                        format!("the variable `{name}` shows a secret in plain text"),
                    )
                    .help("use `environment_secret`, which hands the build a reference"),
                );
            }
        }
    }

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        cx.gauge(quota::GAUGE);
        let is_near = cx.view().stack_of(self.role) == cx.view().stack_of(cx.here());
        Box::new(Self { after: is_near.then_some(self.role), ..self.clone() })
    }
}

impl Project {
    /// A build fails before it begins when its role may not read a secret among its variables. What a role that is given may do is for
    /// those to say who made it.
    /// <https://github.com/aws/aws-cdk/issues/12121>
    fn secrets_are_readable(&self, cx: &LowerCx<'_>) {
        let secret = self
            .of
            .environment
            .iter()
            .find(|variable| variable.get("Type").and_then(Expr::literal) == Some("SECRETS_MANAGER"));
        let Some(secret) = secret.filter(|_| self.of.role.is_none()) else { return };
        let may_read = cx.facts_of::<PolicyStatement>(self.role).any(speaks_of_secrets);
        if !may_read && cx.facts_of::<ManagedPolicy>(self.role).next().is_none() {
            let name = secret.get("Name").and_then(Expr::literal).unwrap_or_default();
            let message = format!("nothing lets builds read the secret of the variable `{}`", name.escape_debug());
            let help = "add `.allow(PolicyStatement::allow([\"secretsmanager:GetSecretValue\"]).on([…]))` with the ARN of the secret";
            cx.report(Diagnostic::warning("codebuild::secret-without-permission", message).help(help));
        }
    }

    /// What kind of machine it is, and of which size.
    fn machine(&self, cx: &mut ValidateCx<'_>) {
        let (kind, size) = (&*self.of.environment_type, &*self.of.compute_type);
        let lists = [
            ("codebuild::unknown-environment-type", "environment type", kind, ENVIRONMENT_TYPES),
            ("codebuild::unknown-compute-type", "compute type", size, COMPUTE_TYPES),
        ];
        for (code, what, given, known) in lists {
            if !known.contains(&given) {
                let message = format!("`{}` is no {what} known here", given.escape_debug());
                cx.report(Diagnostic::warning(code, message).help(format!("known are {}", known.join(", "))));
            }
        }
        // Images of AWS say for which processors and systems they are; the standard ones are for Linux on x86.
        // https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html
        let of_aws = self.of.image.strip_prefix("aws/codebuild/").unwrap_or_default();
        let is_for = |word: &str| of_aws.is_empty() || of_aws.contains(word);
        let wrong = match kind {
            "ARM_CONTAINER" | "ARM_LAMBDA_CONTAINER" => !is_for("aarch64"),
            "LINUX_CONTAINER" | "LINUX_LAMBDA_CONTAINER" => of_aws.contains("aarch64") || of_aws.contains("windows"),
            "WINDOWS_SERVER_2019_CONTAINER" | "WINDOWS_SERVER_2022_CONTAINER" => !is_for("windows"),
            _ => false,
        };
        if wrong {
            let message =
                format!("machines of the type {kind} cannot run the image `{}`", self.of.image.escape_debug());
            let help = "name an image for them with `.image(…)`, such as `aws/codebuild/amazonlinux-aarch64-standard:3.0` for ARM";
            cx.report(Diagnostic::warning("codebuild::other-image", message).help(help));
        }
        let is_lambda = (kind.contains("_LAMBDA_"), size.starts_with("BUILD_LAMBDA_"));
        let message = match is_lambda {
            (true, false) if COMPUTE_TYPES.contains(&size) => {
                format!("machines of the type {kind} have no size {size}")
            }
            (false, true) if ENVIRONMENT_TYPES.contains(&kind) => {
                format!("the size {size} is one of Lambda containers, and {kind} is none")
            }
            _ => return,
        };
        let help = "sizes that begin with `BUILD_LAMBDA_` go with the types LINUX_LAMBDA_CONTAINER and ARM_LAMBDA_CONTAINER, and with no other";
        cx.report(Diagnostic::warning("codebuild::other-compute-type", message).help(help));
    }
}

impl Lower for Project {
    fn lower(&self, cx: &LowerCx<'_>, out: &mut Resources) {
        let of = &self.of;
        let facts: Vec<&ArtifactKey> = cx.facts::<ArtifactKey>().collect();
        let written: BTreeSet<&Value<kind::Arn>> =
            facts.iter().filter(|fact| fact.writes).map(|fact| &fact.key).collect();
        let key = written.first().copied().or(facts.first().map(|fact| &fact.key));
        if written.len() > 1 {
            cx.report(
                Diagnostic::error(
                    "codebuild::two-artifact-keys",
                    "this project builds for pipelines whose stores have different keys, and a project has only one",
                )
                .help("make a project for each pipeline, or let the pipelines share a store"),
            );
        }
        self.secrets_are_readable(cx);
        let environment = Properties::new()
            .set("Type", of.environment_type.clone())
            .set("Image", of.image.clone())
            .set("ComputeType", of.compute_type.clone())
            .opt("PrivilegedMode", of.privileged.then_some(true))
            .list("EnvironmentVariables", of.environment.iter().cloned());
        let pipeline = || Properties::new().set("Type", "CODEPIPELINE");
        let batch = of.batch.then(|| Properties::new().set("ServiceRole", self.role.arn()));
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
            .opt("BuildBatchConfig", batch);
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

/// A project that exists already.
///
/// With its [`role`](Self::role) known, the artifact store admits it; CodeBuild encrypts with the project's own key
/// setting, so its owner must set that to the store's key if the project writes artifacts.
#[derive(Clone, Debug)]
#[must_use]
pub struct ImportedProject {
    arn: Value<kind::Arn>,
    role: Option<GivenRole>,
    key: Option<Value<kind::Arn>>,
}

impl ImportedProject {
    /// The key the project encrypts its artifacts with, by its ARN: the one in the project's own settings.
    pub fn encryption_key(mut self, arn: impl Into<Value<kind::Arn>>) -> Self {
        self.key = Some(arn.into());
        self
    }

    /// The role the project's builds work with.
    pub fn role(mut self, role: impl Into<GivenRole>) -> Self {
        self.role = Some(role.into());
        self
    }
}

impl Construct for ImportedProject {
    type Handle = ProjectRef;

    fn compose(self, scope: &mut Scope<'_>) -> ProjectRef {
        let mut scope = scope.internal();
        let project = scope.add("Resource", ProjectReference { imported: Imported::new(self.arn), key: self.key });
        let role = match self.role {
            Some(GivenRole::Placed(role)) => own_role(Some(role), &mut scope),
            Some(GivenRole::Imported(role)) => {
                let role = scope.add("Role", role);
                let trust = PolicyStatement::allow(["sts:AssumeRole"]).principal(Principal::service(CODEBUILD));
                scope.attach(role, Asked::new(&trust, "CodeBuild works with this role while it builds"));
                scope.attach(role, trust);
                Some(role)
            }
            None => None,
        };
        if let Some(role) = role {
            scope.attach(project, ServiceRole(role));
        }
        project
    }
}

/// The ARNs of projects.
#[derive(Clone, Copy, Debug)]
pub enum ProjectArn {}

impl ArnKind for ProjectArn {
    type Handle = ProjectRef;
    const WHAT: &'static str = "a project";
    const CODE: &'static str = "codebuild::malformed-project-arn";
    const EXAMPLE: &'static str = "arn:aws:codebuild:us-east-1:111111111111:project/name";

    fn name(arn: &Arn) -> Option<&str> {
        arn.resource().strip_prefix("project/").filter(|_| arn.service() == "codebuild" && arn.is_regional())
    }

    fn attribute(attr: &Attr, arn: &Value<kind::Arn>, name: Option<&str>, _: Env) -> Option<Expr> {
        match attr {
            Attr::GetAtt(attr) if attr == "Arn" => Some(arn.into()),
            Attr::Ref => name.map(|name| name.to_owned().into()),
            Attr::GetAtt(_) | Attr::LogicalId => None,
        }
    }
}

/// An imported project with what is known of its settings.
#[derive(Clone, Debug)]
struct ProjectReference {
    imported: Imported<ProjectArn>,
    key: Option<Value<kind::Arn>>,
}

impl Synth for ProjectReference {
    type Handle = ProjectRef;

    fn env(&self, placed_in: Option<Env>) -> Option<Env> {
        self.imported.env(placed_in)
    }

    fn imports(&self) -> Option<&'static str> {
        self.imported.imports()
    }

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        self.imported.validate(cx);
    }

    fn plan(&self, _: &mut PlanCx<'_>) -> Box<dyn Lower> {
        Box::new(self.clone())
    }
}

impl Lower for ProjectReference {
    fn lower(&self, cx: &LowerCx<'_>, out: &mut Resources) {
        self.imported.lower(cx, out);
        for fact in cx.facts::<ArtifactKey>().filter(|fact| fact.writes) {
            self.compare_keys(fact, cx);
        }
    }

    fn physical(&self, attr: &Attr, own: Env) -> Option<Expr> {
        self.imported.physical(attr, own)
    }
}

impl ProjectReference {
    /// CodeBuild encrypts with the key in the project's settings, whatever the key of the store.
    fn compare_keys(&self, wanted: &ArtifactKey, cx: &LowerCx<'_>) {
        let help = "set the project's encryption key to that of the store, and say so with `.encryption_key(arn)`";
        let Some(key) = &self.key else {
            let message = "this project writes artifacts, and nobody says with which key it encrypts them";
            cx.report(Diagnostic::warning("codebuild::unknown-encryption-key", message).help(help));
            return;
        };
        if let (Some(key), Some(wanted)) = (key.literal(), cx.literal(wanted.key.expr()))
            && key != wanted
        {
            let message = format!("this project encrypts artifacts with `{key}`, but the store's key is `{wanted}`");
            cx.report(Diagnostic::error("codebuild::other-encryption-key", message).help(help));
        }
    }
}
