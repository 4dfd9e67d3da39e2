//! An enterprise's delivery with a CI account as its heart: an application from a source account, build code from the CI
//! account, packages in CodeArtifact, deployment and functional tests in development, promotion, production, and at the
//! end the merge of the pull request and a tag in the source account.
//!
//! The house rules: a path and a permissions boundary on every role, encrypted uploads alone, few administrators of keys,
//! artifacts that outlive the pipeline, and work in other accounts through child roles only. Those of the source account
//! exist already; those of development and production come as templates for the owners of the accounts.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const CI: Env = Env::new("111111111111", "us-east-1");
const DEVELOPMENT: Env = Env::new("333333333333", "us-east-1");
const PRODUCTION: Env = Env::new("444444444444", "us-east-1");

const READER: &str = "arn:aws:iam::222222222222:role/ci/child-reader";
const RELEASER: &str = "arn:aws:iam::222222222222:role/ci/child-releaser";
const PATH: &str = "/ci/";

fn main() -> ExitCode {
    app().run()
}

/// A stack for the CI account, and one for each account whose child roles are ours to write.
pub fn app() -> App {
    let mut app = App::new();
    // The boundary has the same name in every account.
    let boundary = Expr::call("Fn::Sub", "arn:aws:iam::${AWS::AccountId}:policy/ci/boundary");
    app.attach(app.root(), PermissionsBoundary::new(Value::new(boundary)));

    let development = app.stack("Development", DEVELOPMENT);
    let mut scope = app.at(development);
    let in_development = ChildRoles::add(&mut scope, DEVELOPMENT);
    let tests = project(&mut scope, "functional-tests", []);
    let production = app.stack("Production", PRODUCTION);
    let in_production = ChildRoles::add(&mut app.at(production), PRODUCTION);

    let ci = app.stack("Ci", CI);
    let mut scope = app.at(ci);
    let build = project(&mut scope, "build", []);
    let publish = project(&mut scope, "publish", publishing());
    let promote = project(&mut scope, "promote", promoting());
    let release = project(&mut scope, "release", [PolicyStatement::allow(["sts:AssumeRole"]).on([RELEASER])]);

    let (code, ci_code, bundle) = (Artifact::new("Application"), Artifact::new("BuildCode"), Artifact::new("Bundle"));
    // The build code comes first in every build: it holds the build specifications.
    let step = |project: ProjectRef| CodeBuild::new(project, &ci_code).environment("COMMIT", "#{application.CommitId}");
    let application = CodeCommitSource::new("application", &code).branch("develop");
    let build_code = CodeCommitSource::new("build-code", &ci_code);
    let merge = step(release).build_spec("merge.yml").environment("PULL_REQUEST", "#{variables.PULL_REQUEST}");
    let tag = step(release).build_spec("tag.yml").environment("VERSION", "#{build.VERSION}");

    let sources = Stage::new("Source")
        .action(Action::new("Application", application).role(Role::import(READER)).namespace("application"))
        .action(Action::new("BuildCode", build_code).run_order(2));
    let builds = Stage::new("Build")
        .action(Action::new("Build", step(build).input(&code).output(&bundle)).namespace("build"))
        .action(Action::new("Publish", step(publish).input(&bundle)).run_order(2));
    let tested = Stage::new("Development")
        .action(in_development.deploy(&bundle))
        .action(Action::new("Test", step(tests).test()).role(in_development.child).run_order(2));
    let promoted = Stage::new("Promote")
        .action(Action::new("Approve", ManualApproval::new().comment("Release #{build.VERSION}?")))
        .action(Action::new("Promote", step(promote)).run_order(2));
    let released =
        Stage::new("Release").action(Action::new("Merge", merge)).action(Action::new("Tag", tag).run_order(2));
    scope.add(
        "Pipeline",
        Pipeline::new("application")
            .variable(Variable::new("PULL_REQUEST").default_value("none").description("What to merge at the end"))
            .role_path(PATH)
            .store_settings(store_settings())
            .stages([sources, builds, tested, promoted])
            .stage(Stage::new("Production").action(in_production.deploy(&bundle)))
            .stage(released),
    );
    app
}

fn store_settings() -> StoreSettings {
    StoreSettings::new()
        .deny_unencrypted_uploads()
        .key_administrators([SsmParameter::new("/ci/key-administrator-arn")])
        .removal_policy(RemovalPolicy::Retain)
}

/// A build project of the house; its build specification is named after it.
fn project(scope: &mut Scope<'_>, name: &str, permissions: impl IntoIterator<Item = PolicyStatement>) -> ProjectRef {
    let role = Role::new(Principal::service("codebuild.amazonaws.com")).role_name(format!("ci-{name}")).path(PATH);
    let role = scope.add(format!("{name}-role"), role);
    let project = PipelineProject::new().build_spec_file(format!("{name}.yml")).role(role);
    scope.add(name, permissions.into_iter().fold(project, PipelineProject::allow))
}

/// What it takes to publish packages to the candidates.
fn publishing() -> [PolicyStatement; 4] {
    let token = PolicyStatement::allow(["sts:GetServiceBearerToken"]).on(["*"]);
    [
        PolicyStatement::allow(["codeartifact:PublishPackageVersion", "codeartifact:PutPackageMetadata"])
            .on([of_packages("package/company/candidates/*")]),
        PolicyStatement::allow(["codeartifact:GetRepositoryEndpoint", "codeartifact:ReadFromRepository"])
            .on([of_packages("repository/company/candidates")]),
        PolicyStatement::allow(["codeartifact:GetAuthorizationToken"]).on([of_packages("domain/company")]),
        token.condition("StringEquals", "sts:AWSServiceName", ["codeartifact.amazonaws.com"]),
    ]
}

/// What it takes to copy packages from the candidates to the releases.
fn promoting() -> [PolicyStatement; 2] {
    [
        PolicyStatement::allow(["codeartifact:ReadFromRepository"]).on([of_packages("repository/company/candidates")]),
        PolicyStatement::allow(["codeartifact:CopyPackageVersions"])
            .on([of_packages("repository/company/releases"), of_packages("package/company/releases/*")]),
    ]
}

fn of_packages(resource: &str) -> Arn {
    Arn::regional(CI, "codeartifact", resource)
}

/// The roles through which the pipeline works in an account: one it assumes, one that CloudFormation deploys with.
struct ChildRoles {
    child: RoleRef,
    deployment: RoleRef,
}

impl ChildRoles {
    /// Roles that trust nobody yet: the pipeline adds trust and access, in the template for their owners.
    fn add(scope: &mut Scope<'_>, env: Env) -> Self {
        let role = |name: &str| Role::trusting(PolicyDocument::new()).role_name(name).path(PATH);
        let queues = PolicyStatement::allow(["sqs:*"]).on([Arn::regional(env, "sqs", "application-*")]);
        Self {
            child: scope.add("Child", role("ci-child")),
            deployment: scope.add("Deployment", role("ci-deployment").allow(queues)),
        }
    }

    fn deploy(&self, bundle: &Artifact) -> Action {
        let deploy = DeployStack::new("application", bundle.file("template.yaml")).deployment_role(self.deployment);
        Action::new("Deploy", deploy).role(self.child)
    }
}
