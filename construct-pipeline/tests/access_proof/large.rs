//! More resources than there are symbols for.

use construct_pipeline::access::template::{Template, Templates};
use construct_pipeline::access::{Outside, prove};
use serde_json::{Map, Value, json};

/// As many as a template takes, the pipeline's own resources aside.
const PER_STACK: usize = 490;
const ROLE: &str = "arn:aws:iam::111111111111:role/pipeline";

/// `n` keys that only the pipeline's role may use, and a pipeline whose store is encrypted with the `nth`.
fn templates(n: usize, nth: usize) -> Templates<'static> {
    let key = |n: usize| {
        let owner = if n == nth { ROLE } else { "arn:aws:iam::111111111111:role/other" };
        let statement = json!({ "Effect": "Allow", "Principal": { "AWS": owner }, "Action": "kms:*", "Resource": "*" });
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
        (format!("K{n}"), json!({ "Type": "AWS::KMS::Key", "Properties": { "KeyPolicy": policy } }))
    };
    let stack = |first: usize| {
        let resources: Map<String, Value> = (first..(first + PER_STACK).min(n)).map(key).collect();
        resources
    };
    let mut resources = stack(nth / PER_STACK * PER_STACK);
    let everything =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "codepipeline.amazonaws.com" }, "Action": "sts:AssumeRole",
    }] });
    let role = json!({ "RoleName": "pipeline", "AssumeRolePolicyDocument": trust, "Policies": [{ "PolicyName": "all", "PolicyDocument": everything }] });
    resources.insert("Role".to_owned(), json!({ "Type": "AWS::IAM::Role", "Properties": role }));
    resources.insert("Store".to_owned(), json!({ "Type": "AWS::S3::Bucket", "Properties": { "BucketName": "store" } }));
    let source = json!({
        "Name": "Source", "ActionTypeId": { "Category": "Source", "Owner": "AWS", "Provider": "CodeCommit", "Version": "1" },
        "OutputArtifacts": [{ "Name": "A" }], "Configuration": { "RepositoryName": "r", "BranchName": "main" },
    });
    let key = json!({ "Type": "KMS", "Id": { "Fn::GetAtt": [format!("K{nth}"), "Arn"] } });
    let pipeline = json!({
        "Name": "p", "RoleArn": ROLE, "Stages": [{ "Name": "Source", "Actions": [source] }],
        "ArtifactStore": { "Type": "S3", "Location": "store", "EncryptionKey": key },
    });
    resources.insert("P".to_owned(), json!({ "Type": "AWS::CodePipeline::Pipeline", "Properties": pipeline }));
    let mut templates = Templates::new();
    for first in (0..n).step_by(PER_STACK) {
        let resources =
            if nth / PER_STACK * PER_STACK == first { std::mem::take(&mut resources) } else { stack(first) };
        let body = json!({ "Resources": resources });
        templates = templates.with(Template::new(format!("S{first}"), "111111111111", "us-east-1", body));
    }
    templates
}

#[test]
fn keys_are_told_apart() {
    let report = prove(&templates(7_000, 100), &Outside::new());
    let on_key: Vec<_> =
        report.accesses().iter().filter(|access| access.iam_action() == "kms:GenerateDataKey").collect();
    assert!(!on_key.is_empty() && on_key.iter().all(|access| access.is_proved()), "{on_key:?}");
}

#[test]
fn keys_that_cannot_be_told_apart_prove_nothing() {
    for nth in [67_900, 69_999] {
        let report = prove(&templates(70_000, nth), &Outside::new());
        let on_key: Vec<_> =
            report.accesses().iter().filter(|access| access.iam_action() == "kms:GenerateDataKey").collect();
        assert!(!on_key.is_empty() && on_key.iter().all(|access| access.is_open()), "{on_key:?}");
    }
}
