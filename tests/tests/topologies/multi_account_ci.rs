//! The delivery of an enterprise with its house rules.

use construct_core::Assembly;
use construct_pipeline::access::template::Templates;
use construct_pipeline::access::{Access, Outside, prove};
use construct_pipeline::contract::{Contract, RequiredKind};
use serde_json::{Value as Json, json};

use super::{action, all, is_proved, only, synthesised};

#[path = "../../../examples/multi_account_ci.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod example;

const ACCOUNTS: [&str; 4] = ["111111111111", "222222222222", "333333333333", "444444444444"];

/// What the house has of its boundary: here it bounds nothing, so that what remains is what the roles may do.
fn boundaries() -> Outside {
    let all = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } });
    ACCOUNTS.iter().fold(Outside::new(), |outside, account| {
        outside.managed_policy(format!("arn:aws:iam::{account}:policy/ci/boundary"), all.clone())
    })
}

fn assembly() -> Assembly {
    synthesised(example::app())
}

#[test]
fn everything_is_proved_once_the_boundary_is_known() {
    is_proved(&prove(&Templates::of(&assembly()), &boundaries()));
    let unbounded = prove(&Templates::of(&assembly()), &Outside::new());
    assert_eq!(unbounded.holes().count(), 0);
    assert!(unbounded.assumptions().count() > 30, "a boundary that is not known is taken for nothing");
}

#[test]
fn a_boundary_that_forbids_what_is_needed_is_found() {
    let no_s3 =
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "NotAction": "s3:*", "Resource": "*" } });
    let outside = boundaries().managed_policy("arn:aws:iam::222222222222:policy/ci/boundary", no_s3);
    let report = prove(&Templates::of(&assembly()), &outside);
    let holes: Vec<&str> = report.holes().map(Access::principal).collect();
    assert!(
        !holes.is_empty() && holes.iter().all(|arn| *arn == "arn:aws:iam::222222222222:role/ci/ci-child"),
        "{holes:?}"
    );
}

#[test]
fn every_role_has_the_path_and_the_boundary() {
    let roles = all(&assembly(), "AWS::IAM::Role");
    assert!(roles.len() > 10);
    for (stack, arn, role) in roles {
        let account = arn.as_deref().and_then(|arn| arn.split(':').nth(4)).expect("a known ARN").to_owned();
        assert_eq!(role["Path"], "/ci/", "{stack} {arn:?}");
        assert_eq!(
            role["PermissionsBoundary"],
            format!("arn:aws:iam::{account}:policy/ci/boundary"),
            "{stack} {arn:?}"
        );
    }
    let scaffold = assembly().stacks().iter().filter(|stack| stack.stack_name.contains("-scaffold-")).count();
    assert_eq!(scaffold, 1, "the roles of a scaffold stack are among them");
}

#[test]
fn role_key_and_bucket_are_parameters() {
    let assembly = assembly();
    let ci = assembly.stacks().iter().find(|stack| stack.stack_name == "Ci").expect("the pipeline's stack");
    let template = ci.template_json().expect("a template");
    let resources = template["Resources"].as_object().expect("resources");
    let pipeline = resources.values().find(|one| one["Type"] == "AWS::CodePipeline::Pipeline").expect("a pipeline");
    let of = |name: &str| format!("{{{{resolve:ssm:/ci/application/{name}}}}}");
    let properties = &pipeline["Properties"];
    assert_eq!(properties["RoleArn"], of("role"));
    assert_eq!(properties["ArtifactStore"]["Location"], of("bucket"));
    assert_eq!(properties["ArtifactStore"]["EncryptionKey"]["Id"], of("key"));
    assert_eq!(properties["PipelineType"], "V2");
    let made = all(&assembly, "AWS::SSM::Parameter");
    let names: Vec<&str> = made.iter().filter_map(|(_, _, parameter)| parameter["Name"].as_str()).collect();
    assert_eq!(names, ["/ci/application/role", "/ci/application/bucket", "/ci/application/key"]);
    assert!(ci.dependencies.contains(&"CiBase".to_owned()), "parameters are read before the stack is made");
}

#[test]
fn the_store_obeys_the_house() {
    let assembly = assembly();
    let policy = only(&assembly, "AWS::S3::BucketPolicy")["PolicyDocument"].to_string();
    assert!(policy.contains("DenyUnencryptedUploads") && policy.contains("DenyInsecureTransport"), "{policy}");
    let key = only(&assembly, "AWS::KMS::Key")["KeyPolicy"].clone();
    let statements = key["Statement"].as_array().expect("statements");
    let administration = statements.iter().find(|one| one["Sid"] == "Administration").expect("a statement");
    let named = &administration["Condition"]["ArnEquals"]["aws:PrincipalArn"];
    assert_eq!(named.as_array().map(Vec::len), Some(2), "{named}");
    let base = assembly.stacks().iter().find(|stack| stack.stack_name == "CiBase").expect("the base");
    let template = base.template_json().expect("a template");
    for (_, resource) in template["Resources"].as_object().expect("resources") {
        if resource["Type"] == "AWS::S3::Bucket" || resource["Type"] == "AWS::KMS::Key" {
            assert_eq!(resource["DeletionPolicy"], "Retain");
        }
    }
}

#[test]
fn the_stages_are_those_of_the_enterprise() {
    let pipeline = only(&assembly(), "AWS::CodePipeline::Pipeline");
    let names = |value: &Json| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|one| one["Name"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(names(&pipeline["Stages"]), ["Source", "Build", "Development", "Promote", "Production", "Release"]);
    assert_eq!(names(&pipeline["Stages"][5]["Actions"]), ["Merge", "Tag"]);
    let (application, build_code) = (action(&pipeline, "Application"), action(&pipeline, "BuildCode"));
    assert_eq!(application["RoleArn"], "arn:aws:iam::222222222222:role/ci/ci-child");
    assert!(build_code.get("RoleArn").is_none(), "it comes from the CI account itself");
    assert_eq!((&application["RunOrder"], &build_code["RunOrder"]), (&json!(1), &json!(2)));
    let build = action(&pipeline, "Build");
    assert_eq!(names(&build["InputArtifacts"]), ["BuildCode", "Application"]);
    assert_eq!(build["Configuration"]["PrimarySource"], "BuildCode");
    assert_eq!(action(&pipeline, "Test")["RoleArn"], "arn:aws:iam::333333333333:role/ci/ci-child");
}

/// The owners' templates make the roles that the pipeline knows by their ARNs, and nothing of the pipeline's is in them.
#[test]
fn the_child_roles_have_templates_of_their_own() {
    let assembly = assembly();
    let made = all(&assembly, "AWS::IAM::Role");
    let contract = Contract::of(&assembly).expect("the child roles are imported");
    let asked: Vec<&str> = contract.things.iter().map(|thing| &*thing.arn).collect();
    assert_eq!(asked.len(), 5, "{asked:?}");
    for arn in asked {
        let (stack, _, role) =
            made.iter().find(|(_, made, _)| made.as_deref() == Some(arn)).expect("a template makes it");
        assert!(["Source", "Development", "Production"].contains(&&**stack), "{arn} in {stack}");
        let thing = contract.things.iter().find(|thing| thing.arn == arn).expect("it is in the contract");
        let trust = &thing.policy(RequiredKind::Trust).expect("a trust policy").document;
        assert_eq!(&role["AssumeRolePolicyDocument"], trust, "{arn} opens to whom the contract says");
    }
    let child = made
        .iter()
        .find(|(stack, arn, _)| stack == "Source" && arn.as_deref().is_some_and(|arn| arn.ends_with("ci-child")));
    let policy = child.expect("the child role of the source account").2["Policies"].to_string();
    for part in ["codecommit:us-east-1:222222222222:application", "kms:ResourceAliases", "s3:PutObject"] {
        assert!(policy.contains(part), "{part}\n{policy}");
    }
}
