//! Templates that mean nothing, or harm: whatever is in them, the proof ends, and proves nothing that it should not.

use construct_core::{Assembly, Severity};
use construct_pipeline::access::template::{Template, Templates};
use construct_pipeline::access::{Outside, Report, prove};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::Set;

/// Reads everything that a report can say.
fn read(report: &Report) {
    for access in report.accesses() {
        drop(report.explain(access));
    }
    drop((report.findings().to_string(), report.matrix(), report.is_proved()));
}

fn nonsense() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z*:/${}\u{E000}\u{F0000}]{0,12}".prop_map(Value::from),
        Just(json!("*")),
        Just(json!("arn:aws:iam::111111111111:role/orders-us-east-1-pipeline-49481486")),
        Just(json!("arn:aws:kms:::")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let names = prop_oneof![
            Just("Ref"),
            Just("Fn::GetAtt"),
            Just("Fn::Join"),
            Just("Fn::Sub"),
            Just("Fn::If"),
            Just("Fn::Select"),
            Just("Fn::Split"),
            Just("Fn::ImportValue"),
            Just("Fn::FindInMap"),
            Just("Fn::Transform"),
            Just("Statement"),
            Just("Effect"),
            Just("Action"),
            Just("Principal"),
            Just("AWS"),
            Just("Resource"),
            Just("Name"),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names.prop_map(str::to_owned), inner, 0..3)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// How many values there are in a value.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// Puts `new` in place of the `n`-th value.
fn replace(value: &mut Value, n: &mut usize, new: &Value) {
    if *n == 0 {
        *value = new.clone();
        *n = usize::MAX;
        return;
    }
    if *n == usize::MAX {
        return;
    }
    *n -= 1;
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, n, new)),
        Value::Object(map) => map.values_mut().for_each(|value| replace(value, n, new)),
        _ => {}
    }
}

thread_local! {
    static EXAMPLE: Set = Set::example();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_value_replaced_by_nonsense(stack in 0..6_usize, at in any::<prop::sample::Index>(), new in nonsense()) {
        let mut set = EXAMPLE.with(Set::clone);
        let mut n = at.index(count(&set.bodies[stack]));
        replace(&mut set.bodies[stack], &mut n, &new);
        read(&set.prove());
    }

    #[test]
    fn nothing_but_nonsense(body in nonsense(), account in "[0-9]{12}|x", region in "us-east-1|unknown-region|") {
        let templates = Templates::new().with(Template::new("S", account, region, body));
        read(&prove(&templates, &Outside::new()));
    }
}

#[test]
fn pipelines_without_anything() {
    for properties in
        [json!({}), json!(null), json!([]), json!({ "Stages": [{}] }), json!({ "Stages": [{ "Actions": [{}] }] })]
    {
        let body = json!({ "Resources": { "P": { "Type": "AWS::CodePipeline::Pipeline", "Properties": properties } } });
        let report =
            prove(&Templates::new().with(Template::new("S", "111111111111", "us-east-1", body)), &Outside::new());
        read(&report);
    }
}

#[test]
fn symbols_in_templates_do_not_pass_for_unknown_values() {
    // The character that stands for the id of the key, written into a policy.
    let mut set = Set::example();
    let role = set.resource("444444444444-eu-west-1", "DeployRole");
    let text = role.to_string().replace("key/*", "key/\u{E000}");
    *role = serde_json::from_str(&text).expect("JSON");
    let report = set.prove();
    assert!(report.assumptions().any(|access| access.iam_action() == "kms:Decrypt"));
}

#[test]
fn with_a_template_that_nobody_can_read_nothing_is_proved() {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("unreadable");
    std::fs::create_dir_all(&dir).expect("a folder for tests");
    let stack = |file: &str| json!({ "type": "aws:cloudformation:stack", "environment": "aws://111111111111/us-east-1", "properties": { "templateFile": file } });
    let manifest = json!({ "version": "36.0.0", "artifacts": { "Sound": stack("a.json"), "Cut": stack("b.json"), "List": stack("c.json") } });
    let files = [("manifest.json", &*manifest.to_string()), ("a.json", "{}"), ("b.json", "{\"Res"), ("c.json", "[]")];
    for (file, text) in files {
        std::fs::write(dir.join(file), text).expect("a folder for tests");
    }
    let report = prove(&Templates::of(&Assembly::read(&dir).expect("an assembly")), &Outside::new());
    assert!(!report.is_proved());
    let findings = report.findings();
    let told: Vec<_> = findings.iter().map(|one| (one.code(), one.path(), one.severity())).collect();
    let unreadable = |stack| ("access::unreadable-template", stack, Severity::Error);
    assert_eq!(told, [unreadable("Cut"), unreadable("List")]);
}
