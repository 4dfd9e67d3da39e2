//! An action type of the house: a worker polls for its jobs, with a role of its own.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "eu-west-1");

fn main() -> ExitCode {
    app().run()
}

pub fn app() -> App {
    let mut app = App::new();
    let delivery = app.stack("Delivery", TOOLS);
    let mut scope = app.at(delivery);

    let yes = Expr::from(true);
    let no = Expr::from(false);
    let profile = Expr::map([("Name", "Profile".into()), ("Key", no.clone()), ("Required", yes), ("Secret", no)]);
    let artifacts = |count: u32| Expr::map([("MinimumCount", count), ("MaximumCount", count)]);
    let scan_type = scope.add(
        "ScanType",
        RawResource::new("AWS::CodePipeline::CustomActionType")
            .property("Category", "Test")
            .property("Provider", "HouseScan")
            .property("Version", "1")
            .property("ConfigurationProperties", [profile])
            .property("InputArtifactDetails", artifacts(1))
            .property("OutputArtifactDetails", artifacts(0)),
    );

    let findings = Arn::regional(TOOLS, "securityhub", "product/111111111111/default");
    let worker = Role::new(Principal::service("ecs-tasks.amazonaws.com"))
        .managed_policy("arn:aws:iam::aws:policy/AWSCodePipelineCustomActionAccess")
        .allow(PolicyStatement::allow(["securityhub:BatchImportFindings"]).on([findings.clone()]));
    let worker = scope.add("Worker", worker);

    let source = Artifact::new("Source");
    let scan = CustomAction::new(Category::Test, Owner::Custom, "HouseScan")
        .input(&source)
        .input_count(1..=1)
        .output_count(0..=0)
        .configuration("Profile", "strict")
        .call(Call::new(["securityhub:BatchImportFindings"]).on([findings]).by(worker.arn()));
    let pipeline = scope.add(
        "Pipeline",
        Pipeline::new("shop")
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("shop", &source))))
            .stage(Stage::new("Scan").action(Action::new("Scan", scan))),
    );
    // A pipeline cannot be made before the types of its actions.
    scope.attach(pipeline, DependsOn::new(scan_type));
    app
}
