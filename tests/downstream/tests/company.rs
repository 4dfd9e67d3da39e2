//! The house rules, seen in the assembly of the example and in programs that break them.

#[path = "../examples/company.rs"]
#[expect(dead_code, reason = "the program's `main` is for the command line")]
mod company;

use acme_delivery::{CompanyPipeline, LambdaRelease, Landing, ROLE_PATH, Team};
use construct_core::Assembly;
use construct_pipeline::prelude::*;
use serde_json::Value as Json;

/// Every resource of a type, with the account of its stack.
fn resources(assembly: &Assembly, kind: &str) -> Vec<(String, Json)> {
    let mut found = Vec::new();
    for stack in assembly.stacks() {
        let template = stack.template_json().expect("templates are JSON");
        for resource in template["Resources"].as_object().into_iter().flat_map(serde_json::Map::values) {
            if resource["Type"] == kind {
                found.push((stack.account.clone(), resource["Properties"].clone()));
            }
        }
    }
    found
}

fn stages(assembly: &Assembly) -> Vec<Json> {
    let pipelines = resources(assembly, "AWS::CodePipeline::Pipeline");
    pipelines[0].1["Stages"].as_array().expect("a pipeline has stages").clone()
}

#[test]
fn somebody_approves_before_production() {
    let assembly = company::app().synth().unwrap();
    let names: Vec<Json> = stages(&assembly).iter().map(|stage| stage["Name"].clone()).collect();
    assert_eq!(names, ["Source", "Build", "Test", "Approval", "Production"]);
    let approval = &stages(&assembly)[3]["Actions"];
    assert_eq!(approval.as_array().map(Vec::len), Some(1));
    assert_eq!(approval[0]["ActionTypeId"]["Category"], "Approval");
}

#[test]
fn every_role_has_the_path_and_its_own_accounts_boundary() {
    let assembly = company::app().synth().unwrap();
    let roles = resources(&assembly, "AWS::IAM::Role");
    let accounts: std::collections::BTreeSet<&str> = roles.iter().map(|(account, _)| &**account).collect();
    assert_eq!(accounts.len(), 4);
    for (account, role) in &roles {
        assert_eq!(role["Path"], ROLE_PATH, "{role}");
        assert_eq!(role["PermissionsBoundary"], format!("arn:aws:iam::{account}:policy/acme/delivery"), "{role}");
    }
}

#[test]
fn everything_of_the_pipeline_is_tagged() {
    let assembly = company::app().synth().unwrap();
    for kind in ["AWS::IAM::Role", "AWS::KMS::Key", "AWS::S3::Bucket", "AWS::CodePipeline::Pipeline"] {
        let all = resources(&assembly, kind);
        assert!(!all.is_empty(), "{kind}");
        for (_, resource) in all {
            let tags = resource["Tags"].as_array().expect("tags are a list");
            let expected = serde_json::json!({ "Key": "acme:team", "Value": "orders" });
            assert!(tags.contains(&expected), "{kind} {tags:?}");
        }
    }
    let scaffolds = assembly.stacks().iter().filter(|stack| stack.stack_name.contains("-scaffold-"));
    assert!(scaffolds.clone().count() > 1);
    for stack in scaffolds {
        assert_eq!(stack.tags.get("acme:cost-centre").map(String::as_str), Some("4711"), "{}", stack.stack_name);
    }
}

#[test]
fn stores_stay_and_are_emptied() {
    let assembly = company::app().synth().unwrap();
    let mut stores = 0;
    for stack in assembly.stacks() {
        let template = stack.template_json().unwrap();
        for resource in template["Resources"].as_object().unwrap().values() {
            let kind = resource["Type"].as_str().unwrap();
            if ["AWS::S3::Bucket", "AWS::KMS::Key", "AWS::KMS::Alias"].contains(&kind) {
                assert_eq!(resource["DeletionPolicy"], "Retain", "{resource}");
                assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{resource}");
            }
            if kind == "AWS::S3::Bucket" {
                stores += 1;
                let rules = &resource["Properties"]["LifecycleConfiguration"]["Rules"];
                assert_eq!(rules[0]["ExpirationInDays"], 90, "{rules}");
            }
        }
    }
    assert_eq!(stores, 2, "one at home, one where the actions run");
}

#[test]
fn releases_run_in_the_functions_account_with_its_role() {
    let assembly = company::app().synth().unwrap();
    let releases: Vec<Json> = stages(&assembly)
        .iter()
        .flat_map(|stage| stage["Actions"].as_array().cloned().unwrap_or_default())
        .filter(|action| action["ActionTypeId"]["Provider"] == "Lambda")
        .collect();
    assert_eq!(releases.len(), 2);
    for (release, account) in releases.iter().zip(["333333333333", "444444444444"]) {
        assert_eq!(release["ActionTypeId"]["Category"], "Deploy");
        assert_eq!(release["Configuration"]["FunctionName"], "orders-api");
        assert_eq!(release["Region"], "eu-west-1");
        let role = release["RoleArn"].as_str().unwrap();
        assert!(role.starts_with(&format!("arn:aws:iam::{account}:role{ROLE_PATH}orders-eu-west-1-action-")), "{role}");
    }
    let may_log = resources(&assembly, "AWS::IAM::Role").into_iter().filter(|(account, role)| {
        let own = format!("arn:aws:logs:eu-west-1:{account}:log-group:/aws/codepipeline/orders:*");
        role["Policies"].to_string().contains(&own)
    });
    assert_eq!(may_log.count(), 2);
}

#[test]
fn the_pipeline_waits_for_the_log_groups() {
    let assembly = company::app().synth().unwrap();
    let tools = assembly.stacks().iter().find(|stack| stack.stack_name == "Tools").unwrap();
    for landing in ["OrdersTest", "OrdersProduction"] {
        assert!(tools.dependencies.iter().any(|needed| needed == landing), "{:?}", tools.dependencies);
    }
    assert_eq!(assembly.stacks().last().map(|stack| &*stack.stack_name), Some("Tools"));
}

#[test]
fn house_rules_and_library_rules_are_found_in_one_run() {
    let mut app = App::new();
    let target = app.stack("Orders", Env::new("333333333333", "eu-west-1"));
    let landing = app.at(target).add("Api", Landing::new("orders", "orders-api"));
    let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    let (source, code) = (Artifact::new("Source"), Artifact::new("Code"));
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
    let release = LambdaRelease::new(landing, &code).strategy("Now");
    let team = Team::new("orders", "4711");
    let (made, pipeline) = (line!(), CompanyPipeline::new("orders", team, checkout, &source).builds([&code]));
    let (line, pipeline) = (line!(), pipeline.production([Action::new("Release", release).account("44444444444")]));
    let placed = line!() + 1;
    app.at(tools).add("Orders", pipeline);

    let error = app.synth().unwrap_err();
    let findings = error.findings().expect("the program is wrong");
    let found = |code: &str| {
        let found = findings.iter().find(|finding| finding.code() == code);
        let found = found.unwrap_or_else(|| panic!("no {code} in\n{findings}"));
        found.location().expect("every finding has its line").line()
    };
    assert_eq!(found("acme::untested"), placed);
    assert_eq!(found("stage::no-action"), made);
    assert_eq!(found("acme::malformed-strategy"), line);
    assert_eq!(found("env::malformed-account"), line);
}

#[test]
fn releases_need_a_pipeline_of_the_second_type() {
    let mut app = App::new();
    let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    let mut scope = app.at(tools);
    let landing = scope.add("Api", Landing::new("orders", "orders-api"));
    let source = Artifact::new("Source");
    scope.add(
        "Pipeline",
        Pipeline::new("orders")
            .pipeline_type(PipelineType::V1)
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
            .stage(Stage::new("Release").action(Action::new("Release", LambdaRelease::new(landing, &source)))),
    );
    let error = app.synth().unwrap_err();
    let codes: Vec<&str> = error.findings().unwrap().iter().map(|finding| finding.code()).collect();
    assert_eq!(codes, ["action::v2-only"]);
}

#[test]
fn the_assembly_is_written_and_read_back() {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("company");
    let assembly = company::app().synth().unwrap();
    assembly.write(&dir).unwrap();
    assert_eq!(Assembly::read(&dir).unwrap(), assembly);
    std::fs::remove_dir_all(dir).unwrap();
}
