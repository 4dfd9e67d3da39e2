//! Variables in names: what a run fills in is known to nobody, so permissions must be about all that it may be.

use construct_pipeline::access::Access;
use construct_pipeline::prelude::*;

use crate::support::{Set, failures};

/// One stack for each branch, and one site; rules that ask a function and a project for each branch.
fn app() -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", Env::new("111111111111", "eu-central-1"));
    let code = Artifact::new("Code");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &code)).namespace("source");
    let queues = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:*:*:#{source.BranchName}-*"]);
    let deploy = DeployStack::new("orders-#{source.BranchName}", code.file("template.yaml")).allow(queues);
    let gate = ConditionRule::new("Gate", "LambdaInvoke").configuration("FunctionName", "gate-#{source.BranchName}");
    let build = ConditionRule::new("Build", "CodeBuild").configuration("ProjectName", "test-#{source.BranchName}-x");
    let release = Stage::new("Release")
        .before_entry(Condition::new(StageResult::Fail).rule(gate).rule(build.input(&code)))
        .action(Action::new("Deploy", deploy).account("222222222222"));
    let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(checkout)).stage(release);
    app.at(tools).add("Pipeline", pipeline);
    app
}

#[test]
fn permissions_are_about_all_that_a_run_may_fill_in() {
    let set = Set::new(app().synth().expect("it is proved"));
    let report = set.prove();
    assert_eq!(report.holes().count(), 0, "{}", failures(&report));
    let open: Vec<&str> = report.assumptions().map(Access::iam_action).collect();
    assert_eq!(open, ["s3:GetObject"], "of the project that reads the artifact nobody knows the role");
    let policies: String = set.bodies.iter().map(ToString::to_string).collect();
    for resource in [
        "arn:aws:cloudformation:eu-central-1:222222222222:stack/orders-*/*",
        "arn:aws:sqs:*:*:*-*",
        "arn:aws:lambda:eu-central-1:111111111111:function:gate-*",
        "arn:aws:codebuild:eu-central-1:111111111111:project/test-*-x",
    ] {
        assert!(policies.contains(&format!("\"Resource\":\"{resource}\"")), "{resource}: {policies}");
    }
}

#[test]
fn a_variable_in_a_policy_matches_nothing_that_a_run_fills_in() {
    let mut set = Set::new(app().synth().expect("it is proved"));
    for body in &mut set.bodies {
        *body =
            serde_json::from_str(&body.to_string().replace("stack/orders-*/*", "stack/orders-#{source.BranchName}/*"))
                .expect("a template");
    }
    let report = set.prove();
    let open: Vec<&Access> =
        report.assumptions().filter(|access| access.iam_action() == "cloudformation:CreateStack").collect();
    let [open] = open.as_slice() else { panic!("one call creates the stack: {}", report.findings()) };
    let covers = "allows it if `arn:aws:cloudformation:eu-central-1:222222222222:stack/orders-#{source.BranchName}/*` covers the resource";
    assert!(report.reasons(open).iter().any(|reason| reason.ends_with(covers)), "{:?}", report.reasons(open));
}
