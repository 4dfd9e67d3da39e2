//! A service of Amazon ECS: its image is built once and put into the service of one account after the other. The roles of
//! the tasks belong to those accounts, and the pipeline may hand over these alone.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "us-east-1");
const TEST: Env = Env::new("222222222222", "us-east-1");
const PRODUCTION: Env = Env::new("333333333333", "us-east-1");

fn main() -> ExitCode {
    app().run()
}

/// The pipeline beside the registry of its images.
pub fn app() -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", TOOLS);
    let source = Artifact::new("Source");
    let images = Artifact::new("Images").export_file("imagedefinitions.json");

    let checkout = CodeCommitSource::new("orders", &source);
    let build = EcrBuildAndPublish::new("shop/orders", &source).image_tag("#{source.CommitId}");
    let list = Commands::new(&source)
        .environment("IMAGE", "111111111111.dkr.ecr.us-east-1.amazonaws.com/shop/orders:#{source.CommitId}")
        .command(r#"printf '[{"name":"orders","imageUri":"%s"}]' "$IMAGE" > imagedefinitions.json"#)
        .output(&images);

    let pipeline = Pipeline::new("orders")
        .stage(Stage::new("Source").action(Action::new("Checkout", checkout).namespace("source")))
        .stage(Stage::new("Build").action(Action::new("Image", build)).action(Action::new("Images", list).run_order(2)))
        .stage(Stage::new("Test").action(deploy(TEST, &images)))
        .stage(
            Stage::new("Production")
                .action(Action::new("Approve", ManualApproval::new()))
                .action(deploy(PRODUCTION, &images).run_order(2)),
        );
    app.at(tools).add("Pipeline", pipeline);
    app
}

/// Puts the image into the service of an account.
fn deploy(env: Env, images: &Artifact) -> Action {
    let role = |name: &str| Arn::role(env, "/", name);
    let service =
        EcsDeploy::new("shop", "orders", images).task_role(role("orders-task")).task_role(role("orders-start"));
    Action::new("Deploy", service.deployment_timeout(20)).env(env)
}
