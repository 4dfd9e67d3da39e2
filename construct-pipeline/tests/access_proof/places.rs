//! Where a change is proposed, beside the policies of roles, buckets and keys.

use construct_pipeline::access::{Access, Outside, Report, prove};
use construct_pipeline::prelude::*;
use serde_json::{Value, json};

use crate::support::{Set, failures};

/// What mends the only hole of a report that is about the action.
fn help_for(action: &str, report: &Report) -> String {
    let findings = report.findings();
    let about = findings.iter().find(|one| one.code() == "access::denied" && one.message().contains(action));
    assert!(about.is_some(), "{action} is missed: {}", failures(report));
    about.and_then(|finding| finding.help_text()).expect("something mends it").to_owned()
}

fn document(statement: Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

#[test]
fn what_a_control_policy_lacks_is_added_at_its_level() {
    let set = Set::example();
    let everything = document(json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }));
    let few = document(json!({ "Effect": "Allow", "Action": ["cloudformation:*", "iam:*", "s3:*"], "Resource": "*" }));
    let outside = Outside::new().scps("333333333333", "root", [everything]);
    let limited =
        |level: Vec<Value>| prove(&set.templates(), &outside.clone().scps("333333333333", "workloads", level));

    let report = limited(vec![few]);
    let help = help_for("kms:Decrypt", &report);
    assert!(help.starts_with("add to the control policy given for `workloads`: {"), "{help}");
    assert!(help.contains("\"Action\":\"kms:Decrypt\"") && !help.contains("kms:ViaService"), "{help}");
    let why = "the service control policies of `workloads` do not allow it: no statement there speaks of `kms:Decrypt`";
    assert!(report.findings().to_string().contains(why), "{}", report.findings());

    let help = help_for("kms:Decrypt", &limited(Vec::new()));
    assert!(help.starts_with("write into the control policy of `workloads`: {"), "{help}");
}

/// A pipeline of the China partition that deploys to another account.
fn in_china() -> Set {
    let mut app = App::new();
    let tools = app.stack("Tools", Env::new("111111111111", "cn-north-1"));
    let bundle = Artifact::new("Bundle");
    let queues = PolicyStatement::allow(["sqs:*"]).on(["arn:aws-cn:sqs:*:*:orders-*"]);
    let deploy = DeployStack::new("orders", bundle.file("template.yaml")).allow(queues);
    let source = Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &bundle)));
    let deploy = Stage::new("Deploy").action(Action::new("Deploy", deploy).account("222222222222"));
    app.at(tools).add("Pipeline", Pipeline::new("orders").stage(source).stage(deploy));
    Set::new(app.synth().expect("it is proved"))
}

#[test]
fn in_china_a_statement_for_a_key_takes_either_name_of_the_service() {
    let mut set = in_china();
    let role = set.resource("222222222222", "ActionRole");
    let statements = role.pointer_mut("/Properties/Policies/0/PolicyDocument/Statement").and_then(Value::as_array_mut);
    statements.expect("statements").retain(|statement| !statement["Action"].to_string().contains("kms:Decrypt"));
    let help = help_for("kms:Decrypt", &set.prove());
    let either = r#""kms:ViaService":["s3.cn-north-1.amazonaws.com","s3.cn-north-1.amazonaws.com.cn"]"#;
    assert!(help.contains(either), "{help}");
}

#[test]
fn in_china_it_is_open_which_name_of_the_service_counts() {
    let set = in_china();
    assert!(set.prove().is_proved(), "{}", failures(&set.prove()));
    let own = r#""s3.cn-north-1.amazonaws.com.cn""#;
    let both = format!(r#"["s3.cn-north-1.amazonaws.com",{own}]"#);
    let with = |value: &str| {
        let mut set = set.clone();
        for body in &mut set.bodies {
            let text = body.to_string();
            assert!(text.contains(&both) || !text.contains("kms:ViaService"), "{text}");
            *body = serde_json::from_str(&text.replace(&both, value)).expect("a template");
        }
        let report = set.prove();
        (report.holes().count() > 0, report.assumptions().any(|access| access.iam_action() == "kms:Decrypt"))
    };
    assert_eq!(with(own), (false, true));
    assert_eq!(with(r#""s3.cn-north-1.amazonaws.com""#), (false, true));
    assert_eq!(with(r#""sqs.cn-north-1.amazonaws.com.cn""#), (true, false));
}

/// As the CDK writes it for the roles of actions with change sets.
#[test]
fn calls_without_a_change_set_have_no_name_of_one() {
    let mut set = Set::example();
    let role = set.resource("333333333333", "ActionRole");
    let statements = role.pointer_mut("/Properties/Policies/0/PolicyDocument/Statement").and_then(Value::as_array_mut);
    let is_of = |statement: &&mut Value| statement["Action"].to_string().contains("cloudformation:");
    for statement in statements.expect("statements").iter_mut().filter(is_of) {
        statement["Condition"] = json!({ "StringEqualsIfExists": { "cloudformation:ChangeSetName": "release" } });
    }
    let report = set.prove();
    assert!(report.is_proved(), "{}", failures(&report));
}

#[test]
fn what_templates_make_is_known() {
    let report = Set::example().prove();
    let made = |wanted: &str| report.accesses().iter().map(Access::principal).find(|who| who.contains(wanted));
    let role = made("333333333333:role/").expect("a role");
    assert!(report.makes(role) && !report.makes(&role.replace("333333333333", "999999999999")));
    let object = report.accesses().iter().map(Access::resource).find(|arn| arn.starts_with("arn:aws:s3:::"));
    let bucket = object.and_then(|arn| arn.split('/').next()).expect("a bucket");
    assert!(report.makes(bucket) && !report.makes("arn:aws:s3:::another"), "{bucket}");
}

#[test]
fn what_the_policy_of_a_topic_lacks_is_added_there() {
    let mut app = App::new();
    let others = app.stack("Others", Env::new("333333333333", "us-east-1"));
    let topic = app.at(others).add("Topic", Topic::new().topic_name("approvals"));
    let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    let source = Artifact::new("Source");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
    let approve = Action::new("Approve", ManualApproval::new().topic(topic));
    let deploy = DeployStack::new("orders", source.file("template.yaml")).administrator_permissions();
    let release = Stage::new("Release").action(approve).action(Action::new("Deploy", deploy).run_order(2));
    let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(checkout)).stage(release);
    app.at(tools).add("Pipeline", pipeline);
    let sound = Set::new(app.synth().expect("nothing is wrong"));

    let mut set = sound.clone();
    let policy = set.resource("Others", "TopicPolicy");
    policy["Properties"]["PolicyDocument"]["Statement"][0]["Condition"]["ArnEquals"]["aws:PrincipalArn"] =
        json!("arn:aws:iam::111111111111:role/nobody");
    let help = help_for("sns:Publish", &set.prove());
    let there = "of the policy of the topic in `TopicPolicy";
    assert!(help.starts_with("in statement 0") && help.contains(there) && help.contains("of stack `Others`"), "{help}");

    let mut set = sound.clone();
    set.resource("Others", "TopicPolicy")["Properties"]["PolicyDocument"]["Statement"][0]["Action"] =
        json!("sns:Subscribe");
    let help = help_for("sns:Publish", &set.prove());
    assert!(help.starts_with("add to the policy of the topic in `TopicPolicy"), "{help}");

    let mut set = sound;
    let resources = set.body("Others")["Resources"].as_object_mut().expect("resources");
    resources.retain(|id, _| !id.starts_with("TopicPolicy"));
    let help = help_for("sns:Publish", &set.prove());
    assert!(help.starts_with("make the policy of the topic in `Topic") && help.contains("of stack `Others`"), "{help}");
}

/// Of a boundary that nobody gave it is not said what it lacks.
#[test]
fn a_boundary_that_is_not_known_is_not_judged() {
    let boundary = "arn:aws:iam::333333333333:policy/boundary";
    let mut set = Set::example();
    let role = set.resource("333333333333", "ActionRole");
    role["Properties"]["PermissionsBoundary"] = json!(boundary);
    role["Properties"]["Policies"] = json!([]);
    let said = |outside: &Outside| {
        let report = prove(&set.templates(), outside);
        let hole = report.holes().find(|hole| hole.principal().contains("333333333333:role/"));
        let hole = hole.unwrap_or_else(|| panic!("nothing is missed: {}", failures(&report)));
        report.reasons(hole).join("\n")
    };
    let unknown = said(&Outside::new());
    assert!(
        unknown.contains("the permissions boundary of the role has to allow it, too, and is not known"),
        "{unknown}"
    );
    assert!(!unknown.contains("boundary of the role does not allow it"), "{unknown}");
    let few = document(json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }));
    let known = said(&Outside::new().managed_policy(boundary, few));
    assert!(known.contains("the permissions boundary of the role does not allow it: no statement there"), "{known}");
}

#[test]
fn a_pipeline_is_started_where_it_stands() {
    let mut app = App::new();
    let pipeline = |name: &str, stage: Stage| {
        let checkout = CodeCommitSource::new("orders", &Artifact::new("Source"));
        Pipeline::new(name).stage(Stage::new("Source").action(Action::new("Checkout", checkout))).stage(stage)
    };
    let other = app.stack("Other", Env::new("222222222222", "eu-west-1"));
    let approve = Stage::new("Approve").action(Action::new("Approve", ManualApproval::new()));
    let release = app.at(other).add("Pipeline", pipeline("release", approve));
    let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    let next = Stage::new("Next").action(Action::new("Next", PipelineInvoke::new(release)));
    app.at(tools).add("Pipeline", pipeline("orders", next));

    let assembly = app.synth().expect("it is proved");
    let stacks = assembly.stacks().iter().filter(|stack| ["Other", "Tools"].contains(&&*stack.id));
    for stack in stacks {
        assert!(stack.dependencies.iter().all(|id| id.contains("scaffold")), "{:?}", stack.dependencies);
    }
    let report = Set::new(assembly).prove();
    let starts: Vec<_> = report
        .accesses()
        .iter()
        .filter(|access| access.resource() == "arn:aws:codepipeline:eu-west-1:222222222222:release")
        .map(|access| (access.iam_action(), access.principal().split(':').nth(4), access.is_proved()))
        .collect();
    assert!(starts.contains(&("codepipeline:StartPipelineExecution", Some("222222222222"), true)), "{starts:?}");
}
