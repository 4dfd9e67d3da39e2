//! The AWS reference architecture of a cross-account pipeline: repository in a development account; key, store, build and
//! pipeline in a tools account; a change set prepared and executed in test and, after an approval, in production.
//!
//! By hand this takes seven deployments, two of them repeated, because key, bucket and roles name each other. Here every
//! stack is deployed once, in any order of its wave. No role has `s3:*`, `kms:*` or `iam:PassRole` on `*`, and no account
//! is trusted as a whole: the roles of test and production open to the pipeline's role alone.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "us-east-1");
const DEVELOPMENT: Env = Env::new("222222222222", "us-east-1");
const TEST: Env = Env::new("333333333333", "us-east-1");
const PRODUCTION: Env = Env::new("444444444444", "us-east-1");

/// Packages the serverless application: its code goes into the artifact bucket, where the deployment roles may read.
const BUILD_SPEC: &str = "\
version: 0.2
phases:
  install:
    commands:
      - npm ci
  build:
    commands:
      - npm test
      - >-
        aws cloudformation package --template-file samtemplate.yaml --output-template-file packaged.yaml
        --s3-bucket $ARTIFACT_BUCKET --s3-prefix sample-lambda/code
artifacts:
  files:
    - packaged.yaml
";

fn main() -> ExitCode {
    app().run()
}

/// A stack with the repository in the development account, and one with everything else in the tools account.
pub fn app() -> App {
    let mut app = App::new();
    let development = app.stack("Development", DEVELOPMENT);
    let repository = app.at(development).add("Repository", Repository::new("sample-lambda"));

    let tools = app.stack("Tools", TOOLS);
    let mut scope = app.at(tools);
    let store = scope.add("Store", ArtifactStore::new("sample-lambda"));
    let packaging = PipelineProject::new().build_spec(BUILD_SPEC).environment("ARTIFACT_BUCKET", store.bucket().name());
    let project = scope.add("Package", packaging);

    let (source, packaged) = (Artifact::new("Source"), Artifact::new("Packaged"));
    let checkout = CodeCommitSource::new(repository, &source).branch("main");
    let package = CodeBuild::new(project, &source).output(&packaged);
    let approve = ManualApproval::new().comment("Does the change set of the test account go to production?");
    scope.add(
        "Pipeline",
        Pipeline::new("sample-lambda")
            .artifact_store(store)
            // Out of reach of the application's deployment, which makes roles that begin with `sample-lambda-`.
            .role_path("/delivery/")
            .stage(Stage::new("Source").action(Action::new("Checkout", checkout)))
            .stage(Stage::new("Build").action(Action::new("Package", package)))
            .stage(Stage::new("Test").actions(release(TEST, &packaged)))
            .stage(Stage::new("Approval").action(Action::new("Approve", approve)))
            .stage(Stage::new("Production").actions(release(PRODUCTION, &packaged))),
    );
    app
}

/// Prepares and executes the change set of an account.
fn release(env: Env, packaged: &Artifact) -> [Action; 2] {
    let mut prepare = CreateChangeSet::new("sample-lambda", "release", packaged.file("packaged.yaml"))
        .capability(Capability::Iam)
        .capability(Capability::AutoExpand);
    for statement in serverless_application(env) {
        prepare = prepare.allow(statement);
    }
    let execute = ExecuteChangeSet::new("sample-lambda", "release");
    [Action::new("Prepare", prepare).env(env), Action::new("Execute", execute).env(env).run_order(2)]
}

/// What CloudFormation needs to deploy the application: a function and its role, which may write logs and nothing else.
fn serverless_application(env: Env) -> [PolicyStatement; 5] {
    let transform = format!("arn:aws:cloudformation:{}:aws:transform/Serverless-2016-10-31", env.region);
    let functions = Arn::regional(env, "lambda", "function:sample-lambda-*");
    let roles = || [Arn::role(env, "/", "sample-lambda-*")];
    let keep_function = [
        "lambda:CreateFunction",
        "lambda:DeleteFunction",
        "lambda:GetFunction*",
        "lambda:ListTags",
        "lambda:TagResource",
        "lambda:UpdateFunction*",
    ];
    let keep_role = ["iam:CreateRole", "iam:DeleteRole", "iam:GetRole*", "iam:List*RolePolicies", "iam:TagRole"];
    let attach = PolicyStatement::allow(["iam:AttachRolePolicy", "iam:DetachRolePolicy"]).on(roles());
    let logging = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    let pass = PolicyStatement::allow(["iam:PassRole"]).on(roles());
    [
        PolicyStatement::allow(["cloudformation:CreateChangeSet"]).on([transform]),
        PolicyStatement::allow(keep_function).on([functions]),
        PolicyStatement::allow(keep_role).on(roles()),
        attach.condition("ArnEquals", "iam:PolicyARN", [logging]),
        pass.condition("StringEquals", "iam:PassedToService", ["lambda.amazonaws.com"]),
    ]
}
