//! Pipelines read from JSON: what is wrong with the JSON, and what of it is lost.

use super::*;

const ROLE: &str = "arn:aws:iam::111111111111:role/orders";

/// A pipeline as the API has it, with an action in its second stage and something more in that.
fn pipeline(action: &str, of_stage: &str) -> String {
    let source = r#"{ "name": "Checkout", "outputArtifacts": [{ "name": "Source" }],
        "configuration": { "RepositoryName": "orders", "BranchName": "main" },
        "actionTypeId": { "category": "Source", "owner": "AWS", "provider": "CodeCommit", "version": "1" } }"#;
    let test = r#"{ "name": "Test", "inputArtifacts": [{ "name": "Source" }],
        "actionTypeId": { "category": "Test", "owner": "Custom", "provider": "Jenkins", "version": "1" }"#;
    format!(
        r#"{{ "name": "orders", "roleArn": "{ROLE}", "artifactStore": {{ "type": "S3", "location": "artifacts" }}, "pipelineType": "V2",
             "stages": [{{ "name": "Source", "actions": [{source}] }}, {{ "name": "Test", "actions": [{test}{action} }}]{of_stage} }}] }}"#
    )
}

/// The finding that keeps the JSON from being a pipeline; there is no other.
#[track_caller]
fn refused(json: &str) -> (&'static str, String) {
    let line = Location::caller().line();
    let findings = Pipeline::from_json(json).expect_err("it is wrong");
    findings.iter().for_each(is_well_written);
    assert_eq!(findings.len(), 1, "{findings}");
    let finding = findings.into_iter().next().expect("there is one");
    let at = finding.location().expect("findings have a place");
    assert!(at.file().ends_with("json.rs") && at.line() <= line, "{finding}");
    (finding.code(), finding.message().to_owned())
}

#[test]
fn json_that_is_no_pipeline() {
    let sound = pipeline("", "");
    let wrong = [
        ("json::syntax", sound.replace("\"stages\"", "stages"), "at line 2, column"),
        ("json::not-a-pipeline", "[1]".to_owned(), "it is no object"),
        ("json::not-a-pipeline", "{ \"Resources\": {} }".to_owned(), "it is a template"),
        ("json::not-a-pipeline", "{ \"Type\": \"\", \"Properties\": {} }".to_owned(), "it is a template"),
        ("json::missing-key", sound.replace("roleArn", "version"), "`roleArn` is missing"),
        ("json::wrong-type", sound.replace("\"Checkout\"", "[]"), "`stages[0].actions[0].name` is a list"),
        ("json::unknown-word", sound.replace("\"V2\"", "\"V3\""), "`pipelineType` is `V3`"),
        ("json::artifact-stores", sound.replace("artifactStore\"", "colour\""), "neither `artifactStore`"),
    ];
    for (code, json, words) in wrong {
        if code == "json::artifact-stores" || code == "json::missing-key" {
            // What stands in the place of the key is a warning beside it.
            let findings = Pipeline::from_json(&json).unwrap_err();
            assert!(findings.iter().any(|one| one.code() == code && one.message().contains(words)), "{findings}");
            continue;
        }
        let (found, message) = refused(&json);
        assert_eq!(found, code, "{message}");
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn key_that_the_api_does_not_have() {
    let json = pipeline(r#", "colour": "red""#, "");
    let pipeline = Pipeline::from_json(&json).unwrap(); //~ warning json::unknown-key at Tools/Pipeline: `stages[1].actions[0].colour`
    check(placed(pipeline));
}

#[test]
fn value_that_is_no_text() {
    let json = pipeline(r#", "configuration": { "Wait": true }"#, "");
    let pipeline = Pipeline::from_json(&json).unwrap(); //~ warning json::not-text at Tools/Pipeline: `stages[1].actions[0].configuration.Wait`
    check(placed(pipeline));
}

#[test]
fn secret_that_the_api_hides() {
    let json = pipeline(r#", "configuration": { "Token": "****" }"#, "");
    let pipeline = Pipeline::from_json(&json).unwrap(); //~ warning json::hidden-secret at Tools/Pipeline: `stages[1].actions[0].configuration.Token`
    check(placed(pipeline));
}

#[test]
fn timeout_of_a_rule() {
    let rule = r#"{ "name": "Window", "timeoutInMinutes": 5, "configuration": { "Cron": "* * 9 ? * * *" },
        "ruleTypeId": { "category": "Rule", "owner": "AWS", "provider": "DeploymentWindow", "version": "1" } }"#;
    let json =
        pipeline("", &format!(r#", "beforeEntry": {{ "conditions": [{{ "result": "FAIL", "rules": [{rule}] }}] }}"#));
    let pipeline = Pipeline::from_json(&json).unwrap(); //~ warning json::not-in-cloudformation at Tools/Pipeline: `stages[1].beforeEntry
    check(placed(pipeline));
}

#[test]
fn action_in_a_region_without_a_store() {
    let json = pipeline(
        r#" }, { "name": "Deploy", "inputArtifacts": [{ "name": "Source" }], "region": "eu-west-1",
        "configuration": { "BucketName": "site", "Extract": "true" },
        "actionTypeId": { "category": "Deploy", "owner": "AWS", "provider": "S3", "version": "1" }"#,
        "",
    );
    let pipeline = Pipeline::from_json(&json).unwrap(); //~ error store::not-given at Tools/Pipeline: none of them is for eu-west-1
    check(placed(pipeline));
}

/// JSON has no lines that could tell which action is meant.
#[test]
fn what_is_wrong_with_an_action_names_it() {
    let wrong = [
        (r#", "namespace": "a b""#, "namespace::malformed"),
        (r#", "runOrder": 1000"#, "action::run-order"),
        (r#", "timeoutInMinutes": 3"#, "action::timeout"),
    ];
    let region = pipeline("", "").replace(r#""Custom", "provider": "Jenkins""#, r#""AWS", "provider": "DeviceFarm""#);
    let region = region.replace(r#""name": "Test", "i"#, r#""name": "Test", "region": "us-esat-1", "i"#);
    let wrong = wrong.map(|(said, code)| (pipeline(said, ""), code));
    for (json, code) in wrong.into_iter().chain([(region, "env::unknown-region")]) {
        let error = placed(Pipeline::from_json(&json).expect("it is a pipeline")).synth().expect_err("it is wrong");
        let findings = error.findings().expect("nothing is written");
        let finding = findings.iter().find(|one| one.code() == code).expect(code);
        let told = finding.to_string();
        assert!(told.contains("`Test` of stage `Test`"), "{told}");
    }
}
