//! Who does the work, and where.

use construct_pipeline::prelude::*;

use super::{action, all, only, proved, synthesised};

#[path = "../../../examples/projects_and_roles.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod example;

#[test]
fn actions_work_with_roles_of_their_own_at_home_and_elsewhere() {
    let assembly = synthesised(example::app());
    proved(&assembly);
    let pipeline = only(&assembly, "AWS::CodePipeline::Pipeline");
    let role = |name: &str| action(&pipeline, name)["RoleArn"].as_str().unwrap_or_default().to_owned();
    assert_eq!(role("Bundle"), "arn:aws:iam::111111111111:role/orders-builder");
    assert_eq!(role("Deploy"), "arn:aws:iam::111111111111:role/orders-deployer");
    assert_eq!(role("Latency"), "", "a project in another region is the pipeline's own");
    assert!(role("Contracts").starts_with("arn:aws:iam::333333333333:role/orders-us-east-1-action-"));
    assert_eq!(action(&pipeline, "Latency")["Region"], "eu-west-1");
    assert!(action(&pipeline, "Contracts").get("Region").is_none(), "the region is the pipeline's");
    // The pipeline's role assumes them, and may do nothing of what they do.
    let roles = all(&assembly, "AWS::IAM::Role");
    let own =
        roles.iter().find(|(_, arn, _)| arn.as_deref().is_some_and(|arn| arn.contains("-pipeline-"))).expect("a role");
    let policies = own.2["Policies"].to_string();
    assert!(policies.contains("role/orders-builder") && policies.contains("role/orders-deployer"), "{policies}");
    assert!(!policies.contains("cloudformation:"), "{policies}");
}

#[test]
fn a_project_in_another_account_reads_and_does_not_write() {
    let assembly = synthesised(example::app());
    let roles = all(&assembly, "AWS::IAM::Role");
    let of_test = roles.iter().find(|(stack, _, _)| stack == "Test").expect("the project's role");
    let policies = of_test.2["Policies"].to_string();
    assert!(policies.contains("s3:GetObject") && !policies.contains("s3:PutObject"), "{policies}");
    let outputs = only(&assembly, "AWS::CodePipeline::Pipeline");
    assert!(action(&outputs, "Contracts").get("OutputArtifacts").is_none());
}

/// CodeBuild cannot write artifacts for a pipeline of another account.
#[test]
fn outputs_of_a_project_in_another_account_are_refused() {
    let mut app = App::new();
    let test = app.stack("Test", Env::new("333333333333", "us-east-1"));
    let project = app.at(test).add("Contracts", PipelineProject::new());
    let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    let (source, report) = (Artifact::new("Source"), Artifact::new("Report"));
    app.at(tools).add(
        "Pipeline",
        Pipeline::new("orders")
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
            .stage(Stage::new("Test").action(Action::new("T", CodeBuild::new(project, &source).output(&report)))),
    );
    let error = app.synth().expect_err("it is refused");
    assert!(error.to_string().contains("333333333333"), "{error}");
}
