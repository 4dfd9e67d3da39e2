//! Pipelines of the API, read and written back: the programs that `synth import` wrote, run; `Pipeline::from_json`; and
//! JSON that is broken at random.

use std::fs;
use std::path::Path;
use std::process::Command;

use construct_core::Assembly;
use construct_pipeline::access::template::Templates;
use construct_pipeline::json::{Declaration, export};
use construct_pipeline::prelude::*;
use construct_tests::TempDir;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use proptest::test_runner::Config;
use serde_json::{Value as Json, json};

/// The JSON of an imported pipeline.
fn stored(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("imported").join(format!("{name}.json"));
    fs::read_to_string(path).expect("the pipelines lie beside the tests")
}

/// The only pipeline of an assembly.
fn declared(assembly: &Assembly) -> Declaration {
    let mut all = export(&Templates::of(assembly));
    assert_eq!(all.len(), 1);
    all.remove(0).declaration.expect("what we emit is a pipeline of the API")
}

#[test]
fn the_written_programs_synthesise_to_what_was_read() {
    let programs = [
        ("codecommit_two_accounts", env!("CARGO_BIN_EXE_imported_codecommit_two_accounts")),
        ("two_accounts", env!("CARGO_BIN_EXE_imported_two_accounts")),
        ("everything", env!("CARGO_BIN_EXE_imported_everything")),
        ("awkward", env!("CARGO_BIN_EXE_imported_awkward")),
    ];
    for (name, program) in programs {
        let dir = TempDir::new(env!("CARGO_TARGET_TMPDIR"));
        let output = Command::new(program).current_dir(dir.path()).env_remove("CDK_OUTDIR").output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let assembly = Assembly::read(dir.join("cdk.out")).unwrap();
        let (read, written) = (Declaration::read(&stored(name)).unwrap(), declared(&assembly));
        assert!(written.is_same(&read), "{name}\n{:#}\n{:#}", written.to_json(), read.to_json());
        assert_eq!(assembly.stacks().len(), 1, "{name}: nothing is made elsewhere");
    }
}

/// `Pipeline::from_json` in a stack of its account and region.
fn placed(json: &str) -> App {
    let declaration = Declaration::read(json).expect("it is a pipeline");
    let region = declaration.region().unwrap_or_else(|| "us-east-1".into());
    let home = Env::parse(declaration.account().unwrap_or("111111111111"), &region).expect("it says where it is");
    let mut app = App::new();
    let stack = app.stack("Tools", home);
    // The policies of a pipeline that exists may lack something.
    app.access(AccessCheck::Warn);
    app.at(stack).add("Pipeline", Pipeline::from_json(json).expect("it is a pipeline"));
    app
}

#[test]
fn a_pipeline_from_json_synthesises_to_what_was_read() {
    for name in ["codecommit_two_accounts", "two_accounts", "everything", "awkward"] {
        let json = stored(name);
        let (assembly, warnings) = placed(&json).synth_with_warnings().unwrap();
        let (read, written) = (Declaration::read(&json).unwrap(), declared(&assembly));
        assert!(written.is_same(&read), "{name}\n{:#}\n{:#}", written.to_json(), read.to_json());
        for finding in warnings.iter() {
            let at = finding.location().expect("findings have a place");
            assert!(at.file().ends_with("imported.rs"), "{finding}");
        }
        let template = assembly.stacks()[0].template_json().unwrap();
        assert_eq!(template["Resources"].as_object().unwrap().len(), 1, "{name}: nothing else is made");
    }
}

#[test]
fn the_answer_of_get_pipeline_comes_back_as_it_was() {
    for name in ["codecommit_two_accounts", "two_accounts"] {
        let mut json: Json = serde_json::from_str(&stored(name)).unwrap();
        let written = Declaration::of(&json).unwrap().to_json();
        json["pipeline"].as_object_mut().unwrap().remove("version");
        assert_eq!(written["pipeline"], json["pipeline"], "{name}");
    }
}

/// What stands in place of a part of the JSON.
fn other() -> impl Strategy<Value = Json> {
    prop_oneof![
        proptest::strategy::Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "\\PC{0,12}".prop_map(Json::from),
        proptest::strategy::Just(json!([])),
        proptest::strategy::Just(json!({})),
        proptest::strategy::Just(json!([{ "name": "x" }])),
        proptest::strategy::Just(json!("arn:aws:iam::222222222222:role/x")),
    ]
}

/// Every place in the JSON.
fn places(json: &Json, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match json {
        Json::Array(items) => items.iter().enumerate().for_each(|(n, item)| places(item, &format!("{at}/{n}"), all)),
        Json::Object(entries) => entries.iter().for_each(|(key, value)| {
            let key = key.replace('~', "~0").replace('/', "~1");
            places(value, &format!("{at}/{key}"), all);
        }),
        _ => {}
    }
}

proptest! {
    #![proptest_config(Config { cases: 400, failure_persistence: None, ..Config::default() })]

    #[test]
    fn broken_json_is_findings_never_a_panic(changes in proptest::collection::vec((any::<proptest::sample::Index>(), other()), 1..4)) {
        let mut json: Json = serde_json::from_str(&stored("everything")).unwrap();
        for (index, value) in changes {
            let mut all = Vec::new();
            places(&json, "", &mut all);
            if let Some(there) = json.pointer_mut(&all[index.index(all.len())]) {
                *there = value;
            }
        }
        match Declaration::of(&json) {
            Ok(declaration) => {
                let mut app = App::new();
                let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
                app.at(stack).add("Pipeline", declaration.pipeline(|_, _| None));
                if let Ok(assembly) = app.synth() {
                    assert!(declared(&assembly).is_same(&declaration));
                }
            }
            Err(findings) => assert!(findings.has_errors()),
        }
    }
}

#[test]
fn a_value_of_another_kind_in_any_place_is_a_finding_or_read_back_the_same() {
    let whole: Json = serde_json::from_str(&stored("everything")).unwrap();
    let mut all = Vec::new();
    places(&whole, "", &mut all);
    let mut wrong = Vec::new();
    for place in &all {
        for value in [json!([]), json!({}), json!("x"), json!(7), Json::Null] {
            let mut json = whole.clone();
            *json.pointer_mut(place).unwrap() = value.clone();
            if let Ok(declaration) = Declaration::of(&json) {
                let mut app = App::new();
                let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
                app.at(stack).add("Pipeline", declaration.pipeline(|_, _| None));
                if let Ok(assembly) = app.synth()
                    && !declared(&assembly).is_same(&declaration)
                {
                    wrong.push(format!("{place} = {value}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
