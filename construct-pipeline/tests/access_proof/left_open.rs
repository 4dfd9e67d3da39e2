//! Templates with a condition of which nobody knows whether it holds, and what else is known only in part.

use construct_pipeline::access::template::{Template, Templates};
use construct_pipeline::access::{Access, Outside, Report, prove};
use serde_json::{Value, json};

/// A pipeline with a build, and nothing wrong. The condition `Open` depends on a parameter without a value.
fn template() -> Value {
    let allows = |statements: Value| json!({ "Version": "2012-10-17", "Statement": statements });
    let trust = |service: &str| {
        allows(json!([{ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }]))
    };
    let role = |service: &str, statements: Value| {
        let policies = json!([{ "PolicyName": "work", "PolicyDocument": allows(statements) }]);
        let properties = json!({ "AssumeRolePolicyDocument": trust(service), "Policies": policies });
        json!({ "Type": "AWS::IAM::Role", "Properties": properties })
    };
    let plain_http = json!({ "Bool": { "aws:SecureTransport": "false" } });
    let action = |category: &str, provider: &str, configuration: Value| {
        let kind = json!({ "Category": category, "Owner": "AWS", "Provider": provider, "Version": "1" });
        json!({ "Name": provider, "ActionTypeId": kind, "Configuration": configuration })
    };
    let mut source = action("Source", "CodeCommit", json!({ "RepositoryName": "shop", "BranchName": "main" }));
    source["OutputArtifacts"] = json!([{ "Name": "Code" }]);
    let mut build = action("Build", "CodeBuild", json!({ "ProjectName": { "Ref": "Build" } }));
    build["InputArtifacts"] = json!([{ "Name": "Code" }]);
    build["OutputArtifacts"] = json!([{ "Name": "Bundle" }]);
    json!({
        "Parameters": { "Flag": { "Type": "String" } },
        "Conditions": { "Open": { "Fn::Equals": [{ "Ref": "Flag" }, "x"] } },
        "Resources": {
            "Store": { "Type": "AWS::S3::Bucket" },
            "StorePolicy": { "Type": "AWS::S3::BucketPolicy", "Properties": {
                "Bucket": { "Ref": "Store" },
                "PolicyDocument": allows(json!([{ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": plain_http }])),
            }},
            "Images": { "Type": "AWS::ECR::Repository" },
            "Role": role("codepipeline.amazonaws.com", json!([
                { "Effect": "Allow", "Action": ["s3:*", "codecommit:*", "codebuild:*"], "Resource": "*" },
            ])),
            "Builder": role("codebuild.amazonaws.com", json!([{ "Effect": "Allow", "Action": ["s3:*", "logs:*"], "Resource": "*" }])),
            "Build": { "Type": "AWS::CodeBuild::Project", "Properties": {
                "ServiceRole": { "Fn::GetAtt": ["Builder", "Arn"] },
                "Environment": { "Image": "aws/codebuild/standard:7.0" },
            }},
            "Pipeline": { "Type": "AWS::CodePipeline::Pipeline", "Properties": {
                "RoleArn": { "Fn::GetAtt": ["Role", "Arn"] },
                "ArtifactStore": { "Type": "S3", "Location": { "Ref": "Store" } },
                "Stages": [{ "Name": "Source", "Actions": [source] }, { "Name": "Build", "Actions": [build] }],
            }},
        },
    })
}

const BUILD: &str = "/Resources/Build/Properties";
const ACTION: &str = "/Resources/Pipeline/Properties/Stages/1/Actions/0";

fn proved(body: &Value) -> Report {
    let template = Template::new("tools", "111111111111", "us-east-1", body);
    prove(&Templates::new().with(template), &Outside::new())
}

/// The report of the template with something else in a place.
fn with(place: &str, name: &str, value: Value) -> Report {
    let mut body = template();
    body.pointer_mut(place).expect("a place")[name] = value;
    proved(&body)
}

fn either(one: Value, other: Value) -> Value {
    json!({ "Fn::If": ["Open", one, other] })
}

fn nothing() -> Value {
    json!({ "Ref": "AWS::NoValue" })
}

/// How many accesses are proved, denied and open.
fn counts(report: &Report) -> [usize; 3] {
    let proved = report.accesses().iter().filter(|access| access.is_proved()).count();
    [proved, report.holes().count(), report.assumptions().count()]
}

#[test]
fn as_it_stands_all_is_proved() {
    let report = proved(&template());
    assert_eq!(counts(&report), [report.accesses().len(), 0, 0], "{:?}", report.notes());
    assert_eq!(report.notes().len(), 0);
}

#[test]
fn a_policy_for_one_role_or_another_is_open_for_both() {
    let everything =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "*", "Resource": "*" }] });
    let role = |name: &str| json!({ "Ref": name });
    for (property, roles) in [
        ("Roles", json!([either(role("Role"), json!("other"))])),
        ("Roles", either(json!([role("Role")]), json!(["other"]))),
        ("Roles", either(json!([role("Role"), role("Builder")]), nothing())),
        ("RoleName", either(role("Role"), role("Builder"))),
    ] {
        let kind = if property == "Roles" { "AWS::IAM::Policy" } else { "AWS::IAM::RolePolicy" };
        let properties = json!({ "PolicyName": "none", "PolicyDocument": everything, property: roles });
        let report = with("/Resources", "None", json!({ "Type": kind, "Properties": properties }));
        let [_, denied, open] = counts(&report);
        assert!(denied == 0 && open > 5, "{roles}: {:?}", counts(&report));
    }
    let properties = json!({ "PolicyName": "none", "PolicyDocument": everything, "Roles": [{ "Ref": "Flag" }] });
    let report = with("/Resources", "None", json!({ "Type": "AWS::IAM::Policy", "Properties": properties }));
    let notes = format!("{:?}", report.findings());
    assert_eq!(report.notes().len(), 1);
    assert!(notes.contains("<parameter Flag of tools> is no role that a pipeline works with"), "{notes}");
}

#[test]
fn a_policy_for_one_bucket_or_another_is_open() {
    let report = with("/Resources/StorePolicy/Properties", "Bucket", either(json!({ "Ref": "Store" }), json!("other")));
    let [_, denied, open] = counts(&report);
    assert!(denied == 0 && open > 3, "{:?}", counts(&report));
}

#[test]
fn what_artifacts_there_are_and_how_they_are_encrypted_is_asked_in_both_cases() {
    let n = proved(&template()).accesses().len();
    for (place, name) in [(ACTION, "OutputArtifacts"), (ACTION, "InputArtifacts"), (ACTION, "Configuration")] {
        let as_it_is = template().pointer(place).expect("a place")[name].clone();
        let report = with(place, name, either(as_it_is, nothing()));
        assert_eq!((counts(&report), report.notes().len()), ([n, 0, 0], 1), "{name}: {:?}", report.notes());
        assert!(report.notes()[0].contains("the condition `Open` leaves open in `Stages` of `Pipeline`"), "{name}");
    }
    let key = json!({ "Type": "KMS", "Id": "arn:aws:kms:us-east-1:111111111111:key/1" });
    let report = with("/Resources/Pipeline/Properties/ArtifactStore", "EncryptionKey", either(key, nothing()));
    assert!(report.accesses().iter().any(|access| access.iam_action() == "kms:Decrypt"), "{:?}", counts(&report));
    let store = template()["Resources"]["Pipeline"]["Properties"]["ArtifactStore"].clone();
    let report = with("/Resources/Pipeline/Properties", "ArtifactStore", either(store, json!({})));
    assert_eq!((counts(&report), report.notes().len()), ([n, 0, 0], 1), "{:?}", report.notes());
}

#[test]
fn what_a_condition_leaves_open_of_a_project_is_said() {
    let variable = json!({ "Name": "TOKEN", "Type": "SECRETS_MANAGER", "Value": "token" });
    let private = "111111111111.dkr.ecr.us-east-1.amazonaws.com/x";
    for (name, value) in [
        (
            "Environment",
            json!({ "Image": "aws/codebuild/standard:7.0", "EnvironmentVariables": either(json!([variable]), nothing()) }),
        ),
        ("Environment", either(json!({ "Image": private }), json!({ "Image": "aws/codebuild/standard:7.0" }))),
        ("VpcConfig", either(json!({ "VpcId": "vpc-1", "Subnets": ["subnet-1"] }), nothing())),
        ("LogsConfig", either(json!({ "CloudWatchLogs": { "GroupName": "other" } }), nothing())),
        ("BuildBatchConfig", either(json!({ "ServiceRole": "other" }), nothing())),
    ] {
        let report = with(BUILD, name, value.clone());
        let expected = format!(
            "what the condition `Open` leaves open in `{name}` of `Build` in stack `tools` needs nothing that is not allowed"
        );
        assert_eq!(report.notes(), [expected], "{value}");
    }
    // Both cases are the same, so that nothing is open.
    let same =
        either(json!({ "Image": "aws/codebuild/standard:7.0" }), json!({ "Image": "aws/codebuild/standard:7.0" }));
    assert_eq!(with(BUILD, "Environment", same).notes().len(), 0);
    let report = with(BUILD, "Environment", json!({ "Image": { "Ref": "Flag" } }));
    assert!(report.notes()[0].ends_with(", the image of the project `Build`, is one that everybody may pull"));
}

#[test]
fn an_image_is_that_of_a_repository_in_the_template() {
    let image = json!({ "Fn::Sub": "${Images.RepositoryUri}:latest" });
    let report = with(BUILD, "Environment", json!({ "Image": image, "ImagePullCredentialsType": "SERVICE_ROLE" }));
    let lacks = report.holes().filter(|access| access.iam_action().starts_with("ecr:")).count();
    assert_eq!((lacks, report.notes().len()), (4, 0));
}

#[test]
fn variables_that_are_json_are_read_however_it_is_made() {
    let variables = json!([{ "name": "LEVEL", "type": "PARAMETER_STORE", "value": "/level" }]);
    let configuration =
        |variables: Value| json!({ "ProjectName": { "Ref": "Build" }, "EnvironmentVariables": variables });
    for made in [json!(variables.to_string()), json!({ "Fn::ToJsonString": variables })] {
        let report = with(ACTION, "Configuration", configuration(made));
        let lacks: Vec<&str> = report.holes().map(Access::iam_action).collect();
        assert_eq!((lacks, report.notes().len()), (vec!["ssm:GetParameters"], 0));
    }
    for unknown in [json!({ "Ref": "Flag" }), json!({ "Fn::ToJsonString": [either(json!({}), nothing())] })] {
        let report = with(ACTION, "Configuration", configuration(unknown.clone()));
        let note = "the `EnvironmentVariables` of the action `Build/CodeBuild`";
        assert!(report.notes().iter().any(|one| one.starts_with(note)), "{unknown}: {:?}", report.notes());
    }
}

#[test]
fn what_is_included_is_said() {
    let include = json!({ "Name": "AWS::Include", "Parameters": { "Location": "s3://bucket/part.yaml" } });
    let report = with(BUILD, "Fn::Transform", include);
    let expected = "what `Fn::Transform` puts into stack `tools` changes nothing that pipelines have to do with";
    assert_eq!(report.notes(), [expected]);
}
