//! Four accounts and two regions: the first pipeline, with places for its actions.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "eu-west-1");
const SOURCE: &str = "222222222222";
const TEST: Env = Env::new("333333333333", "eu-west-1");
const PRODUCTION: Env = Env::new("444444444444", "us-east-1");

fn main() -> ExitCode {
    app().run()
}

pub fn app() -> App {
    let mut app = App::new();
    let delivery = app.stack("Delivery", TOOLS);
    let mut scope = app.at(delivery);
    let project = scope.add("Build", PipelineProject::new().build_spec_file("buildspec.yml"));

    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let checkout = CodeCommitSource::new("shop", &source).branch("main");
    let build = CodeBuild::new(project, &source).output(&bundle);
    let deploy = |env: Env| {
        let tables = PolicyStatement::allow(["dynamodb:*"]).on([Arn::regional(env, "dynamodb", "table/shop-*")]);
        let stack = DeployStack::new("shop", bundle.file("template.yaml")).allow(tables);
        Action::new("Deploy", stack).env(env)
    };

    scope.add(
        "Pipeline",
        Pipeline::new("shop")
            .stage(Stage::new("Source").action(Action::new("Checkout", checkout).account(SOURCE)))
            .stage(Stage::new("Build").action(Action::new("Bundle", build)))
            .stage(Stage::new("Test").action(deploy(TEST)))
            .stage(
                Stage::new("Production")
                    .action(Action::new("Approve", ManualApproval::new()))
                    .action(deploy(PRODUCTION).run_order(2)),
            ),
    );
    app
}
