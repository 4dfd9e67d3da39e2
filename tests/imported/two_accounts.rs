//! The pipeline `orders`, written by `synth import`.
//!
//! Its roles, its stores and what its actions work with exist already: they are referred to and
//! never written to.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const HOME: Env = Env::new("111111111111", "eu-west-1");
const PIPELINE_ROLE: &str =
    "arn:aws:iam::111111111111:role/service-role/AWSCodePipelineServiceRole-eu-west-1-orders";
const SOURCE_ACCESS_ROLE: &str = "arn:aws:iam::222222222222:role/source-access";
const ORDERS_BUILD_PROJECT: &str = "arn:aws:codebuild:eu-west-1:111111111111:project/orders-build";
const APPROVALS_TOPIC: &str = "arn:aws:sns:eu-west-1:111111111111:approvals";
const CLOUDFORMATION_ROLE: &str = "arn:aws:iam::222222222222:role/cloudformation";
const DEPLOYER_ROLE: &str = "arn:aws:iam::222222222222:role/deployer";
const KEY: &str = "arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn main() -> ExitCode {
    app().run()
}

/// One stack, with the pipeline.
pub fn app() -> App {
    let mut app = App::new();
    let stack = app.stack("orders-pipeline", HOME);
    let mut scope = app.at(stack);

    let orders_build = scope.add("OrdersBuild", PipelineProject::import(ORDERS_BUILD_PROJECT));
    let approvals = scope.add("Approvals", Topic::import(APPROVALS_TOPIC));

    let source_artifact = Artifact::new("SourceArtifact");
    let build_artifact = Artifact::new("BuildArtifact");
    let outputs = Artifact::new("Outputs");

    // What starts the pipeline today goes on doing so; without `no_trigger`, an event rule is made.
    let checkout = CodeCommitSource::new("orders", &source_artifact)
        .output_artifact_format(OutputArtifactFormat::CodeZip)
        .no_trigger();
    let checkout_action = Action::new("Checkout", checkout)
        .role(Role::import(SOURCE_ACCESS_ROLE))
        .property("Region", HOME.region)
        .namespace("SourceVariables");
    let source_stage = Stage::new("Source").action(checkout_action);

    let bundle = CodeBuild::new(orders_build, &source_artifact)
        .output(&build_artifact)
        .environment_json(
            r##"[{"name":"COMMIT","value":"#{SourceVariables.CommitId}","type":"PLAINTEXT"}]"##,
        );
    let bundle_action = Action::new("Bundle", bundle)
        .property("Region", HOME.region)
        .namespace("BuildVariables");
    let build_stage = Stage::new("Build").action(bundle_action);

    let approve = ManualApproval::new()
        .topic(approvals)
        .comment(r##"#{BuildVariables.VERSION}: "#{SourceVariables.CommitMessage}""##);
    let approve_action = Action::new("Approve", approve)
        .property("Region", HOME.region)
        .timeout(1440);
    let deploy = DeployStack::new("orders", build_artifact.file("template.yaml"))
        .capability(Capability::Iam)
        .capability(Capability::AutoExpand)
        .parameter("Version", "#{BuildVariables.VERSION}")
        .parameter("Key", build_artifact.att(ArtifactAtt::ObjectKey))
        .output(&outputs, "outputs.json")
        .deployment_role(Role::import(CLOUDFORMATION_ROLE));
    let deploy_action = Action::new("Deploy", deploy)
        .role(Role::import(DEPLOYER_ROLE))
        .property("Region", HOME.region)
        .run_order(2)
        .namespace("DeployVariables");
    let production_stage = Stage::new("Production")
        .action(approve_action)
        .action(deploy_action);

    let store =
        ImportedArtifactStore::new("codepipeline-eu-west-1-123456789012", HOME.region).key(KEY);
    let pipeline = Pipeline::new("orders")
        .execution_mode(ExecutionMode::Queued)
        .role(Role::import(PIPELINE_ROLE))
        .without_contract()
        .artifact_store(store)
        .stage(source_stage)
        .stage(build_stage)
        .stage(production_stage);
    scope.add("Pipeline", pipeline);
    app
}
