//! Builds in a VPC: the role that they work with makes network interfaces there.

use construct_pipeline::access::{Access, Report};
use construct_pipeline::prelude::*;
use serde_json::{Value, json};

use crate::support::{Set, failures};

const HERE: Env = Env::new("111111111111", "eu-central-1");

fn network() -> VpcConfig {
    VpcConfig::new("vpc-00000001").subnet("subnet-00000001").subnet("subnet-00000002").security_group("sg-00000001")
}

/// A pipeline with an action that works with what comes from the source.
fn set(work: impl FnOnce(&mut Scope<'_>, &Artifact) -> Action) -> Set {
    let mut app = App::new();
    let tools = app.stack("Tools", HERE);
    let mut scope = app.at(tools);
    let code = Artifact::new("Code");
    let work = work(&mut scope, &code);
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &code));
    let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(checkout));
    scope.add("Pipeline", pipeline.stage(Stage::new("Work").action(work)));
    Set::new(app.synth().expect("it is proved"))
}

fn build() -> Set {
    set(|scope, code| {
        let project = scope.add("Build", PipelineProject::new().vpc_config(network()));
        Action::new("Make", CodeBuild::new(project, code))
    })
}

/// What is called of EC2, and on what.
fn calls(report: &Report) -> Vec<String> {
    let of_ec2 = report.accesses().iter().filter(|access| access.iam_action().starts_with("ec2:"));
    let on = |access: &Access| access.resource().rsplit_once(':').map_or("*", |(_, name)| name).replace('…', "");
    of_ec2.map(|access| format!("{} {}", access.iam_action(), on(access))).collect()
}

/// The statements of the role of the project.
fn statements(set: &mut Set) -> &mut Vec<Value> {
    let role = set.resource("Tools", "BuildRole");
    let all = role.pointer_mut("/Properties/Policies/0/PolicyDocument/Statement").and_then(Value::as_array_mut);
    all.expect("statements")
}

#[test]
fn the_role_of_a_project_works_in_its_network_alone() {
    let mut set = build();
    let report = set.prove();
    assert!(report.is_proved(), "{}", failures(&report));
    let calls = calls(&report);
    assert_eq!(calls.iter().filter(|call| call.starts_with("ec2:CreateNetworkInterface ")).count(), 4, "{calls:?}");
    for call in ["CreateNetworkInterface subnet/subnet-00000002", "CreateNetworkInterface security-group/sg-00000001"] {
        assert!(calls.contains(&format!("ec2:{call}")), "{calls:?}");
    }
    let written: Vec<String> = statements(&mut set).iter().map(Value::to_string).collect();
    assert!(written.iter().all(|one| !one.contains("ec2:") || one.contains("ec2:Describe") || !one.contains(r#""*""#)));
}

#[test]
fn the_statements_of_the_cdk_are_enough() {
    let mut set = build();
    let all = statements(&mut set);
    all.retain(|one| !one.to_string().contains("ec2:"));
    let subnets = ["1", "2"].map(|n| format!("arn:aws:ec2:eu-central-1:111111111111:subnet/subnet-0000000{n}"));
    all.push(json!({
        "Effect": "Allow",
        "Action": "ec2:CreateNetworkInterfacePermission",
        "Resource": "arn:aws:ec2:eu-central-1:111111111111:network-interface/*",
        "Condition": {"StringEquals": {"ec2:Subnet": subnets, "ec2:AuthorizedService": "codebuild.amazonaws.com"}},
    }));
    let rest = ["CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface", "DescribeSubnets"];
    let more = ["DescribeSecurityGroups", "DescribeDhcpOptions", "DescribeVpcs"];
    let actions: Vec<String> = rest.iter().chain(&more).map(|action| format!("ec2:{action}")).collect();
    all.push(json!({"Effect": "Allow", "Action": actions, "Resource": "*"}));
    let report = set.prove();
    assert!(report.is_proved(), "{}", failures(&report));
}

#[test]
fn every_statement_is_needed() {
    let n = statements(&mut build()).len();
    let of_ec2: Vec<usize> = (0..n).filter(|n| statements(&mut build())[*n].to_string().contains("ec2:")).collect();
    assert_eq!(of_ec2.len(), 4);
    for n in of_ec2 {
        let mut set = build();
        let gone = statements(&mut set).remove(n);
        let report = set.prove();
        let holes: Vec<&str> = report.holes().map(Access::iam_action).collect();
        let missed = |action: &&&str| gone["Action"].to_string().contains(&format!("\"{action}\""));
        assert!(
            !holes.is_empty() && holes.iter().filter(missed).count() == holes.len(),
            "{gone} {}",
            failures(&report)
        );
    }
}

#[test]
fn a_subnet_that_the_role_is_not_allowed_is_a_hole() {
    let mut set = build();
    let resources = set.body("Tools")["Resources"].as_object_mut().expect("resources");
    let mut projects = resources.values_mut().filter(|resource| resource["Type"] == "AWS::CodeBuild::Project");
    projects.next().expect("a project")["Properties"]["VpcConfig"]["Subnets"] =
        json!(["subnet-00000001", "subnet-00000003"]);
    let report = set.prove();
    let holes: Vec<&str> = report.holes().map(Access::iam_action).collect();
    let on_interfaces = ["ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface"];
    assert_eq!(holes, [&["ec2:CreateNetworkInterface"], &on_interfaces[..]].concat(), "{}", failures(&report));
}

#[test]
fn commands_work_in_a_network_with_the_role_of_the_action() {
    let commands = |code: &Artifact| Commands::new(code).command("make");
    let there = Env::new("222222222222", "eu-central-1");
    let report = set(|_, code| Action::new("Make", commands(code).vpc_config(network())).env(there)).prove();
    assert!(report.is_proved(), "{}", failures(&report));
    assert!(
        calls(&report).contains(&"ec2:CreateNetworkInterface subnet/subnet-00000001".to_owned()),
        "{:?}",
        calls(&report)
    );

    let mut app = App::new();
    let tools = app.stack("Tools", HERE);
    let code = Artifact::new("Code");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &code));
    let by_hand = commands(&code)
        .configuration("VpcId", "vpc-00000001")
        .configuration("Subnets", "subnet-00000001, subnet-00000002");
    let by_hand = Action::new("Make", by_hand.configuration("SecurityGroupIds", "sg-00000001"));
    let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(checkout));
    app.at(tools).add("Pipeline", pipeline.stage(Stage::new("Work").action(by_hand)));
    let found = app.synth().expect_err("nobody allows it").to_string();
    assert!(found.contains("ec2:CreateNetworkInterface"), "{found}");
}

#[test]
fn a_project_in_a_network_waits_for_what_its_role_is_allowed() {
    let mut app = App::new();
    let (roles, tools) = (app.stack("Roles", HERE), app.stack("Tools", HERE));
    let builder = Role::new(Principal::service("codebuild.amazonaws.com")).role_name("builder");
    let builder = app.at(roles).add("Builder", builder);
    let mut scope = app.at(tools);
    // So much that it does not fit into the role, and stands in policies beside it.
    let queues = (0..200).map(|n| format!("arn:aws:sqs:eu-central-1:111111111111:orders-of-customer-number-{n}"));
    let sends = PolicyStatement::allow(["sqs:SendMessage"]).on(queues);
    let near = scope.add("Near", PipelineProject::new().vpc_config(network()).allow(sends));
    let far = scope.add("Far", PipelineProject::new().role(builder).vpc_config(network()));
    let code = Artifact::new("Code");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &code));
    let build = |name: &str, project| Action::new(name, CodeBuild::new(project, &code));
    let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(checkout));
    scope.add("Pipeline", pipeline.stage(Stage::new("Work").action(build("Near", near)).action(build("Far", far))));
    let assembly = app.synth().expect("it is proved");
    let beside = assembly.resources("AWS::IAM::ManagedPolicy").len();
    let projects = assembly.resources("AWS::CodeBuild::Project");
    let waits: Vec<usize> =
        projects.iter().filter_map(|(_, project)| Some(project.get("DependsOn")?.as_array()?.len())).collect();
    assert_eq!(waits, [beside], "one waits for all that its role is allowed");
    assert!(beside > 0);
    let tools = assembly.stacks().iter().find(|stack| stack.id == "Tools").expect("a stack");
    assert_eq!(tools.dependencies, ["Roles"], "and the other for the stack of its role");
}
