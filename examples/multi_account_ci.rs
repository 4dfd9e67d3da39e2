//! An enterprise's delivery with a CI account as its heart: an application from a source account, build code from the CI
//! account, packages in CodeArtifact, deployment and functional tests in development, promotion, production, and at the
//! end the merge of the pull request and a tag in the source account.
//!
//! The house rules: a path and a permissions boundary on every role; role, store and key of the pipeline by parameters;
//! encrypted uploads alone, named administrators of the key, artifacts that outlive the pipeline. Work in other accounts is
//! done by child roles, which exist there before the pipeline does and are known by their ARNs. Their own templates are for
//! the owners of those accounts: `Source`, `Development` and `Production`. That they say what the pipeline needs is proved.

use std::process::ExitCode;

use construct_pipeline::prelude::*;
use construct_pipeline::{GivenRole, names};

const CI: Env = Env::new("111111111111", "us-east-1");
const SOURCE: Env = Env::new("222222222222", "us-east-1");
const DEVELOPMENT: Env = Env::new("333333333333", "us-east-1");
const PRODUCTION: Env = Env::new("444444444444", "us-east-1");

/// The pipeline, and the application's repository and stack.
const NAME: &str = "application";
const PATH: &str = "/ci/";
/// Where the parameters are.
const PARAMETERS: &str = "/ci/application";

fn main() -> ExitCode {
    app().run()
}

/// Two stacks for the CI account, and one for each owner of another.
pub fn app() -> App {
    let mut app = App::new();
    let house = app.root();
    app.attach(house, RolePath::new(PATH));
    // A policy of the same name in every account.
    app.attach(house, PermissionsBoundary::named("ci/boundary"));

    let source = app.stack("Source", SOURCE);
    let release = child_role("release", "ci-release").allow(on_repositories(RELEASE, &[NAME]));
    app.at(source).add("Release", release);
    let read = [on_repositories(READ, &[NAME])].into_iter().chain(writing_artifacts());
    app.at(source).add("Child", read.fold(child_role("child", "ci-pipeline"), Role::allow));

    let development = app.stack("Development", DEVELOPMENT);
    let mut scope = app.at(development);
    let tests = project(&mut scope, "functional-tests", []);
    let run = ["codebuild:BatchGetBuilds", "codebuild:StartBuild", "codebuild:StopBuild"];
    deploying_roles(&mut scope, DEVELOPMENT, Some(PolicyStatement::allow(run).on([tests.arn()])));
    let production = app.stack("Production", PRODUCTION);
    deploying_roles(&mut app.at(production), PRODUCTION, None);

    let base = app.stack("CiBase", CI);
    let (role, store) = base_of_pipeline(&mut app.at(base));
    let ci = app.stack("Ci", CI);
    // The child roles are known by their ARNs alone, which imply no order; that they exist first is a rule of the house.
    for owner in [source, development, production] {
        app.attach(ci, DependsOn::new(owner));
    }
    let pipeline = pipeline(&mut app.at(ci), tests).role(role).artifact_store(store);
    let pipeline = app.at(ci).add("Pipeline", pipeline);
    for (property, parameter) in
        [("RoleArn", "role"), ("ArtifactStore.Location", "bucket"), ("ArtifactStore.EncryptionKey.Id", "key")]
    {
        let value: Value<kind::Text> = SsmParameter::new(format!("{PARAMETERS}/{parameter}")).into();
        app.attach(pipeline, PropertyOverride::set(property, value).only("AWS::CodePipeline::Pipeline"));
    }
    app
}

/// The pipeline's role and its store, with parameters that name them.
fn base_of_pipeline(scope: &mut Scope<'_>) -> (RoleRef, StoreRef) {
    let role = scope.add("Role", Role::new(Principal::service("codepipeline.amazonaws.com")).role_name("ci-pipeline"));
    let settings = StoreSettings::new()
        .deny_unencrypted_uploads()
        .key_administrators(["security", "platform"].map(|team| Arn::role(CI, "/administrators/", team)))
        .removal_policy(RemovalPolicy::Retain);
    let store = scope.add("Store", ArtifactStore::new(NAME).settings(settings));
    let key = store.key().map(KeyRef::arn).map(Expr::from);
    let values = [("role", Some(role.arn().into())), ("bucket", Some(store.bucket().name().into())), ("key", key)];
    for (name, value) in values {
        let Some(value) = value else { continue };
        let parameter = RawResource::new("AWS::SSM::Parameter").property("Type", "String");
        scope.add(name, parameter.property("Name", format!("{PARAMETERS}/{name}")).property("Value", value));
    }
    (role, store)
}

fn pipeline(scope: &mut Scope<'_>, tests: ProjectRef) -> Pipeline {
    let build = project(scope, "build", []);
    let publish = project(scope, "publish", publishing());
    let promote = project(scope, "promote", promoting());
    let releaser = Arn::role(SOURCE, PATH, "ci-release");
    let release = project(scope, "release", [PolicyStatement::allow(["sts:AssumeRole"]).on([releaser])]);

    let (code, ci_code, bundle) = (Artifact::new("Application"), Artifact::new("BuildCode"), Artifact::new("Bundle"));
    // The build code comes first in every build: it holds the build specifications.
    let step = |project: ProjectRef| CodeBuild::new(project, &ci_code).environment("COMMIT", "#{application.CommitId}");
    let application = CodeCommitSource::new(NAME, &code).branch("develop");
    let build_code = CodeCommitSource::new("build-code", &ci_code);
    let merge = step(release).build_spec("merge.yml").environment("PULL_REQUEST", "#{variables.PULL_REQUEST}");
    let tag = step(release).build_spec("tag.yml").environment("VERSION", "#{build.VERSION}");

    let sources = Stage::new("Source")
        .action(Action::new("Application", application).role(child(SOURCE)).namespace("application"))
        .action(Action::new("BuildCode", build_code).run_order(2));
    let builds = Stage::new("Build")
        .action(Action::new("Build", step(build).input(&code).output(&bundle)).namespace("build"))
        .action(Action::new("Publish", step(publish).input(&bundle)).run_order(2));
    let tested = Stage::new("Development")
        .action(deploy(DEVELOPMENT, &bundle))
        .action(Action::new("Test", step(tests).test()).role(child(DEVELOPMENT)).run_order(2));
    let promoted = Stage::new("Promote")
        .action(Action::new("Approve", ManualApproval::new().comment("Release #{build.VERSION}?")))
        .action(Action::new("Promote", step(promote)).run_order(2));
    let released =
        Stage::new("Release").action(Action::new("Merge", merge)).action(Action::new("Tag", tag).run_order(2));
    Pipeline::new(NAME)
        .variable(Variable::new("PULL_REQUEST").default_value("none").description("What to merge at the end"))
        .stages([sources, builds, tested, promoted])
        .stage(Stage::new("Production").action(deploy(PRODUCTION, &bundle)))
        .stage(released)
}

fn deploy(env: Env, bundle: &Artifact) -> Action {
    let deployment = Role::import(Arn::role(env, PATH, "ci-deployment"));
    let deploy = DeployStack::new(NAME, bundle.file("template.yaml")).deployment_role(deployment);
    Action::new("Deploy", deploy).role(child(env))
}

/// A build project of the house; its build specification is named after it.
fn project(scope: &mut Scope<'_>, name: &str, permissions: impl IntoIterator<Item = PolicyStatement>) -> ProjectRef {
    let role = Role::new(Principal::service("codebuild.amazonaws.com")).role_name(format!("ci-{name}"));
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

/// The child role of an account, as the pipeline knows it.
fn child(env: Env) -> GivenRole {
    Role::import(Arn::role(env, PATH, "ci-child")).into()
}

// What follows is in the templates for the owners. The pipeline writes to none of these roles; all names are known.

const READ: &[&str] = &[
    "codecommit:CancelUploadArchive",
    "codecommit:GetBranch",
    "codecommit:GetCommit",
    "codecommit:GetUploadArchiveStatus",
    "codecommit:UploadArchive",
];
const RELEASE: &[&str] =
    &["codecommit:GetPullRequest", "codecommit:GitPush", "codecommit:MergePullRequestByFastForward"];

/// A role that opens to one role of the CI account.
fn child_role(name: &str, opens_to: &str) -> Role {
    let trust = PolicyStatement::allow(["sts:AssumeRole"]).principal(Principal::account(CI));
    let trust = trust.condition("ArnEquals", "aws:PrincipalArn", [Arn::role(CI, PATH, opens_to)]);
    Role::trusting(PolicyDocument::new().with(trust)).role_name(format!("ci-{name}"))
}

fn on_repositories(actions: &[&'static str], repositories: &[&str]) -> PolicyStatement {
    let arns = repositories.iter().map(|name| Arn::regional(SOURCE, "codecommit", *name));
    PolicyStatement::allow(actions.iter().copied()).on(arns)
}

fn reading_artifacts() -> [PolicyStatement; 4] {
    with_artifacts(&["s3:GetObject", "s3:GetObjectVersion"], &["kms:Decrypt"])
}

fn writing_artifacts() -> [PolicyStatement; 4] {
    with_artifacts(&["s3:PutObject", "s3:PutObjectAcl"], &["kms:Decrypt", "kms:GenerateDataKey"])
}

/// What a role may do with the artifacts of the pipeline's store, and with its key as S3 uses it. The id of the key is not
/// known beforehand, so it is told apart by its alias.
fn with_artifacts(objects: &[&'static str], key: &[&'static str]) -> [PolicyStatement; 4] {
    let bucket = format!("arn:aws:s3:::{}", names::bucket(NAME, CI));
    let on_key = |actions: &[&'static str]| {
        let statement = PolicyStatement::allow(actions.iter().copied()).on([Arn::regional(CI, "kms", "key/*")]);
        statement.condition("ForAnyValue:StringEquals", "kms:ResourceAliases", [names::alias(NAME, CI)])
    };
    let through_s3 = format!("s3.{}.amazonaws.com", CI.region);
    [
        PolicyStatement::allow(objects.iter().copied()).on([format!("{bucket}/*")]),
        PolicyStatement::allow(["s3:GetBucketLocation", "s3:ListBucket"]).on([bucket]),
        on_key(key).condition("StringEquals", "kms:ViaService", [through_s3]),
        on_key(&["kms:DescribeKey"]),
    ]
}

/// The roles through which the pipeline deploys in an account: one it takes on, one that CloudFormation works with.
fn deploying_roles(scope: &mut Scope<'_>, env: Env, more: Option<PolicyStatement>) {
    let stack = Arn::regional(env, "cloudformation", format!("stack/{NAME}/*"));
    let keep =
        ["CreateStack", "DescribeStack*", "GetTemplate*", "UpdateStack"].map(|one| format!("cloudformation:{one}"));
    let validate = PolicyStatement::allow(["cloudformation:ValidateTemplate"]).on(["*"]);
    let pass = PolicyStatement::allow(["iam:PassRole"]).on([Arn::role(env, PATH, "ci-deployment")]);
    let pass = pass.condition("StringEquals", "iam:PassedToService", ["cloudformation.amazonaws.com"]);
    let child = [PolicyStatement::allow(keep).on([stack]), validate, pass].into_iter().chain(more);
    let child = child.chain(reading_artifacts());
    scope.add("Child", child.fold(child_role("child", "ci-pipeline"), Role::allow));

    let deployment = Role::new(Principal::service("cloudformation.amazonaws.com")).role_name("ci-deployment");
    let queues = PolicyStatement::allow(["sqs:*"]).on([Arn::regional(env, "sqs", format!("{NAME}-*"))]);
    let deployment = reading_artifacts().into_iter().fold(deployment.allow(queues), Role::allow);
    scope.add("Deployment", deployment);
}
