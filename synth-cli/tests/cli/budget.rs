use construct_pipeline::prelude::*;
use serde_json::json;

use crate::support::{assembly, folder, pipeline, synth};

#[test]
fn the_fullest_stand_first_with_keys_and_their_cost() {
    let dir = pipeline("budget-pipeline");
    insta::assert_snapshot!(synth(["budget".as_ref(), dir.as_os_str()]).fine());
    let json = synth(["budget".as_ref(), dir.as_os_str(), "--json".as_ref()]).json();
    assert_eq!(json["keys"], json!({ "count": 2, "rotated": 2, "monthlyUsd": 2 }));
    let percents: Vec<u64> =
        json["measures"].as_array().unwrap().iter().map(|one| one["percent"].as_u64().unwrap()).collect();
    assert!(percents.is_sorted_by(|one, next| one >= next) && percents.len() > 20);
}

#[test]
fn what_is_too_large_in_an_assembly_of_others_is_a_finding() {
    let principals: Vec<String> = (0..700).map(|n| format!("arn:aws:iam::2{n:011}:root")).collect();
    let statement =
        json!({ "Effect": "Allow", "Principal": { "AWS": principals }, "Action": "s3:GetObject", "Resource": "*" });
    let policy = json!({ "Type": "AWS::S3::BucketPolicy", "Properties": {
        "Bucket": "b", "PolicyDocument": { "Version": "2012-10-17", "Statement": [statement] },
    }});
    let template = json!({ "Resources": { "Policy": policy } });
    let dir = assembly("budget-large", &[("Store", "111111111111/us-east-1", &[], template)]);
    let (table, findings) = synth(["budget".as_ref(), dir.as_os_str()]).findings();
    assert!(table.contains("S3: policy of the bucket") && table.contains("no KMS key"), "{table}");
    assert!(findings.contains("S3 takes at most 20480"), "{findings}");
    let raised = ["budget".as_ref(), dir.as_os_str(), "--quota".as_ref(), "policy of the bucket=40000".as_ref()];
    assert!(synth(raised).fine().contains("40,000"));
}

#[test]
fn an_assembly_without_stacks_has_no_cost() {
    let dir = assembly("budget-empty", &[]);
    assert_eq!(
        synth(["budget".as_ref(), dir.as_os_str()]).fine(),
        "there is nothing to measure\n\nno KMS key of its own, which costs nothing\n"
    );
}

#[test]
fn quotas_are_those_that_the_app_was_synthesised_with_unless_options_say_others() {
    let mut app = App::new();
    app.quota(&quota::BUCKETS, 5).quota(&quota::PIPELINES, 7);
    let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    let mut scope = app.at(tools);
    for n in 0..3 {
        scope.add(format!("Store{n}"), ArtifactStore::new(format!("delivery-{n}")));
    }
    let dir = folder("budget-quotas");
    app.synth().unwrap().write(&dir).unwrap();
    let limit = |options: &[&str]| {
        let given = ["budget", dir.to_str().unwrap(), "--json"];
        let json = synth(given.iter().chain(options)).json();
        let measure = json["measures"].as_array().unwrap().iter().find(|one| one["what"] == quota::BUCKETS.name);
        measure.unwrap()["limit"].clone()
    };
    assert_eq!(limit(&[]), 5);
    let other = format!("{}=4", quota::BUCKETS.name);
    assert_eq!(limit(&["--quota", &other]), 4, "whoever looks knows better");
}
