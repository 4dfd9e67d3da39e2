//! One pipeline, four accounts, two regions: the source in one account, the build in another, deployments to two more.
//!
//! `cargo run --example cross_account` writes the assembly to `cdk.out`.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "us-east-1");
const SOURCE: &str = "222222222222";
const TEST: Env = Env::new("333333333333", "us-east-1");
const PRODUCTION: [Env; 2] = [Env::new("444444444444", "eu-west-1"), Env::new("444444444444", "us-east-1")];

fn main() -> ExitCode {
    app().run()
}

/// The whole program: a stack in the tools account with the pipeline in it.
pub fn app() -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", TOOLS);
    let mut scope = app.at(tools);
    let project = scope.add("Build", PipelineProject::new().build_spec_file("buildspec.yml"));

    let source = Artifact::new("Source");
    let bundle = Artifact::new("Bundle");
    let checkout = CodeCommitSource::new("orders", &source).branch("main");
    let build = CodeBuild::new(project, &source).output(&bundle);

    let mut production = Stage::new("Production").action(Action::new("Approve", ManualApproval::new()));
    for env in PRODUCTION {
        production = production.actions(deploy(env, &bundle, 2));
    }
    scope.add(
        "Pipeline",
        Pipeline::new("orders")
            .stage(Stage::new("Source").action(Action::new("Checkout", checkout).account(SOURCE)))
            .stage(Stage::new("Build").action(Action::new("Bundle", build)))
            .stage(Stage::new("Test").actions(deploy(TEST, &bundle, 1)))
            .stage(production),
    );
    app
}

/// A change set for the `orders` stack of an environment, and its execution.
fn deploy(env: Env, bundle: &Artifact, run_order: u32) -> [Action; 2] {
    let region = env.region;
    let queues = PolicyStatement::allow(["sqs:*"]).on([Arn::regional(env, "sqs", "orders-*")]);
    let prepare = CreateChangeSet::new("orders", "release", bundle.file("template.yaml")).allow(queues);
    let execute = ExecuteChangeSet::new("orders", "release");
    [
        Action::new(format!("Prepare-{region}"), prepare).env(env).run_order(run_order),
        Action::new(format!("Execute-{region}"), execute).env(env).run_order(run_order + 1),
    ]
}
