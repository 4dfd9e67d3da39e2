//! The pipeline `orders`, written by `synth import`.
//!
//! Its roles, its stores and what its actions work with exist already: they are referred to and
//! never written to.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const HOME: Env = Env::new("111111111111", "eu-west-1");
const PIPELINE_ROLE: &str = "arn:aws:iam::111111111111:role/orders-eu-west-1-pipeline-cd20f445";
const ORDERS_EU_WEST_1_ACTION_ADE_ROLE: &str =
    "arn:aws:iam::222222222222:role/orders-eu-west-1-action-ade120f6";
const TOOLS_BUILD_PROJECT_EDD0_PROJECT: &str =
    "arn:aws:codebuild:eu-west-1:111111111111:project/tools-build-project-edd0052c";
const ORDERS_EU_WEST_1_DEPLOY_676_ROLE: &str =
    "arn:aws:iam::111111111111:role/orders-eu-west-1-deploy-676c068e";
const KEY: &str = "arn:aws:kms:eu-west-1:111111111111:alias/codepipeline-orders-e4d3b174";

fn main() -> ExitCode {
    app().run()
}

/// One stack, with the pipeline.
pub fn app() -> App {
    let mut app = App::new();
    let stack = app.stack("orders-pipeline", HOME);
    let mut scope = app.at(stack);

    let tools_build_project_edd0052c = scope.add(
        "ToolsBuildProjectEdd0052c",
        PipelineProject::import(TOOLS_BUILD_PROJECT_EDD0_PROJECT),
    );

    let source = Artifact::new("Source");
    let bundle = Artifact::new("Bundle");

    // What starts the pipeline today goes on doing so; without `no_trigger`, an event rule is made.
    let checkout = CodeCommitSource::new("orders", &source).no_trigger();
    let checkout_action = Action::new("Checkout", checkout)
        .role(Role::import(ORDERS_EU_WEST_1_ACTION_ADE_ROLE))
        .namespace("source");
    let source_stage = Stage::new("Source").action(checkout_action);

    let bundle_2 = CodeBuild::new(tools_build_project_edd0052c, &source)
        .output(&bundle)
        .environment("COMMIT", "#{source.CommitId}");
    let bundle_action = Action::new("Bundle", bundle_2).namespace("build");
    let build_stage = Stage::new("Build").action(bundle_action);

    let approve = ManualApproval::new().comment("#{build.VERSION}: #{source.CommitMessage}");
    let approve_action = Action::new("Approve", approve);
    let deploy = DeployStack::new("orders", bundle.file("template.yaml"))
        .parameter("Version", "#{build.VERSION}")
        .deployment_role(Role::import(ORDERS_EU_WEST_1_DEPLOY_676_ROLE));
    let deploy_action = Action::new("Deploy", deploy).run_order(2);
    let production_stage = Stage::new("Production")
        .action(approve_action)
        .action(deploy_action);

    let store = ImportedArtifactStore::new("orders-eu-west-1-65eb4c68", HOME.region).key_id(KEY);
    let pipeline = Pipeline::new("orders")
        .role(Role::import(PIPELINE_ROLE))
        .without_contract()
        .artifact_store(store)
        .stage(source_stage)
        .stage(build_stage)
        .stage(production_stage);
    scope.add("Pipeline", pipeline);
    app
}
