//! What the rules of conditions need: they are checked like actions are performed.

use construct_pipeline::access::{Access, Report};
use construct_pipeline::prelude::*;

use crate::support::{Set, failures};

const TOOLS: Env = Env::new("111111111111", "eu-central-1");

/// A stage that is entered when a function says so, checked with a role of the app in another region, and left when an
/// alarm and a command say so.
fn app() -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", TOOLS);
    let mut scope = app.at(tools);
    let keeper = scope.add("Keeper", Role::trusting(PolicyDocument::new()).role_name("keeper"));
    let code = Artifact::new("Code");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &code));
    let gate = ConditionRule::new("Gate", "LambdaInvoke").configuration("FunctionName", "gate").input(&code);
    let gate = gate.region("eu-west-1").role(keeper);
    let calm = ConditionRule::new("Calm", "CloudWatchAlarm").configuration("AlarmName", "errors");
    let make = ConditionRule::new("Make", "Commands").command("make check").input(&code);
    let release = Stage::new("Release")
        .before_entry(Condition::new(StageResult::Fail).rule(gate))
        .on_success(Condition::new(StageResult::Fail).rule(calm).rule(make))
        .action(Action::new("Approve", ManualApproval::new()));
    scope.add("Pipeline", Pipeline::new("orders").stage(Stage::new("Source").action(checkout)).stage(release));
    app
}

/// What is no longer proved when the statement that speaks of an action is taken from a role.
fn without(role: &str, action: &str) -> Report {
    let mut set = Set::new(app().synth().expect("it is proved"));
    let role = set.resource("Tools", role);
    let statements =
        role.pointer_mut("/Properties/Policies/0/PolicyDocument/Statement").and_then(|all| all.as_array_mut());
    let statements = statements.expect("statements");
    let n = statements.len();
    statements.retain(|statement| !statement["Action"].to_string().contains(action));
    assert_eq!(statements.len(), n - 1, "one statement speaks of {action}");
    set.prove()
}

/// The stage and the name of what an access is for.
fn subject(access: &Access) -> (&str, &str) {
    access.action.as_ref().map_or(("", ""), |action| (&action.stage, &action.name))
}

#[test]
fn rules_are_proved() {
    let report = Set::new(app().synth().unwrap()).prove();
    assert!(report.is_proved(), "{}", failures(&report));
    let calls = |rule: &str| -> Vec<&str> {
        let of_rule = report.accesses().iter().filter(|access| subject(access) == ("Release", rule));
        of_rule.map(Access::iam_action).collect()
    };
    assert_eq!(calls("rule Gate")[..2], ["sts:AssumeRole", "lambda:InvokeFunction"]);
    assert_eq!(calls("rule Calm"), ["cloudwatch:DescribeAlarms"]);
    assert_eq!(calls("rule Make")[..2], ["logs:CreateLogStream", "logs:PutLogEvents"]);
    assert!(calls("rule Make").contains(&"s3:GetObject"));
}

#[test]
fn what_a_rule_lacks_is_told() {
    for (role, action) in [
        ("Keeper", "lambda:InvokeFunction"),
        ("Keeper", "s3:GetObject\""),
        ("PipelineRole", "logs:PutLogEvents"),
        ("PipelineRole", "sts:AssumeRole"),
    ] {
        let report = without(role, action);
        let rule = if action.starts_with("logs:") { "rule Make" } else { "rule Gate" };
        let mut holes = report.holes().filter(|hole| subject(hole) == ("Release", rule));
        assert!(holes.any(|hole| format!("{}\"", hole.iam_action()).contains(action)), "{}", failures(&report));
        assert!(report.findings().to_string().contains(&format!("orders/Release/{rule}")));
    }
}

#[test]
fn what_aws_does_not_document_is_no_error() {
    let report = without("PipelineRole", "cloudwatch:DescribeAlarms");
    assert_eq!(report.holes().count(), 0, "{}", failures(&report));
    let risks: Vec<_> = report.risks().map(subject).collect();
    assert_eq!(risks, [("Release", "rule Calm")]);
}

#[test]
fn a_role_of_a_rule_opens_to_the_pipeline_alone() {
    let mut set = Set::new(app().synth().unwrap());
    set.resource("Tools", "Keeper")["Properties"]["AssumeRolePolicyDocument"]["Statement"] = serde_json::json!([]);
    let report = set.prove();
    let holes: Vec<_> = report.holes().map(|hole| (subject(hole), hole.iam_action())).collect();
    assert_eq!(holes, [(("Release", "rule Gate"), "sts:AssumeRole")], "{}", failures(&report));
}

/// A rule may name what the program makes: its role is allowed that, and the role of a project reads what the rule reads.
#[test]
fn a_rule_that_names_constructs_is_proved() {
    let mut app = App::new();
    let tools = app.stack("Tools", TOOLS);
    let mut scope = app.at(tools);
    let project = scope.add("Check", PipelineProject::new().batch_builds());
    let gate = scope.add("Gate", Function::import("arn:aws:lambda:eu-central-1:111111111111:function:gate"));
    let alarm = RawResource::new("AWS::CloudWatch::Alarm").property("AlarmName", "errors");
    let alarm = scope.add("Alarm", alarm);
    let code = Artifact::new("Code");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &code));
    let deploy = DeployStack::new("orders", code.file("template.yaml"));
    let deploy = deploy.allow(PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:*:222222222222:orders-*"]));
    let rules = [
        ConditionRule::new("Build", "CodeBuild").configuration("ProjectName", project.name()).input(&code),
        ConditionRule::new("Batch", "CodeBuild").configuration("ProjectName", project.name()).input(&code),
        ConditionRule::new("Gate", "LambdaInvoke").configuration("FunctionName", gate.name()),
        ConditionRule::new("Calm", "CloudWatchAlarm").configuration("AlarmName", alarm.reference()),
    ];
    let [build, batch, gate, calm] = rules;
    let batch = batch.configuration("BatchEnabled", true);
    let entry = Condition::new(StageResult::Fail).rule(build).rule(batch).rule(gate).rule(calm);
    let release =
        Stage::new("Release").before_entry(entry).action(Action::new("Deploy", deploy).account("222222222222"));
    scope.add("Pipeline", Pipeline::new("orders").stage(Stage::new("Source").action(checkout)).stage(release));
    let report = Set::new(app.synth().expect("it is proved")).prove();
    assert!(report.is_proved(), "{}", failures(&report));
    let reads = report.accesses().iter().filter(|access| subject(access) == ("Release", "rule Build"));
    assert!(reads.clone().any(|access| access.iam_action() == "kms:Decrypt"), "the project's role reads");
}

#[test]
fn a_foreign_role_of_a_rule_is_asked_for_and_let_in() {
    let mut app = App::new();
    let tools = app.stack("Tools", TOOLS);
    let code = Artifact::new("Code");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &code));
    let gate = ConditionRule::new("Gate", "LambdaInvoke").configuration("FunctionName", "gate").input(&code);
    let gate = gate.role(Role::import("arn:aws:iam::222222222222:role/keeper"));
    let release = Stage::new("Release").before_entry(Condition::new(StageResult::Fail).rule(gate));
    let release = release.action(Action::new("Approve", ManualApproval::new()));
    app.at(tools).add("Pipeline", Pipeline::new("orders").stage(Stage::new("Source").action(checkout)).stage(release));
    let assembly = app.synth().unwrap();
    let contract = assembly.document("contract.json").expect("the owner is asked");
    for asked in ["takes on this role", "calls `LambdaInvoke`", "function:gate", "reads encrypted artifacts"] {
        assert!(contract.contains(asked), "{asked} is not in {contract}");
    }
    let report = Set::new(assembly).prove();
    assert_eq!(report.holes().count(), 0, "{}", failures(&report));
}
