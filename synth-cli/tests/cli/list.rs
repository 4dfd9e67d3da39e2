use serde_json::json;

use crate::support::{assembly, pipeline, synth};

#[test]
fn stacks_stand_in_deployment_order_whatever_the_order_of_the_manifest() {
    let large = json!({ "Description": "x".repeat(60_000), "Resources": { "A": {}, "B": {} } });
    let dir = assembly(
        "list-order",
        &[
            (
                "Last",
                "111111111111/us-east-1",
                &["Middle", "First", "Large", "Last.assets"],
                json!({ "Resources": {} }),
            ),
            ("Middle", "222222222222/eu-west-1", &["First"], json!({ "Resources": { "A": {} } })),
            ("First", "111111111111/us-east-1", &[], json!({})),
            ("Large", "unknown-account/unknown-region", &[], large),
        ],
    );
    insta::assert_snapshot!(synth(["list".as_ref(), dir.as_os_str()]).fine());
    let json = synth(["list".as_ref(), dir.as_os_str(), "--json".as_ref()]).json();
    insta::assert_snapshot!("stacks_for_programs", format!("{json:#}"));
}

#[test]
fn an_assembly_of_the_library_has_its_scaffold_in_the_first_wave() {
    let dir = pipeline("list-pipeline");
    let json = synth(["list".as_ref(), dir.as_os_str(), "--json".as_ref()]).json();
    let stacks = json["stacks"].as_array().unwrap();
    let row = |stack: &serde_json::Value| {
        let word = |key: &str| stack[key].as_str().unwrap().to_owned();
        (stack["wave"].as_u64().unwrap(), word("id"), word("account"), word("region"))
    };
    let rows: Vec<_> = stacks.iter().map(row).collect();
    insta::assert_debug_snapshot!(rows);
    assert_eq!(stacks.last().unwrap()["needs"].as_array().unwrap().len(), stacks.len() - 1);
}

#[test]
fn stacks_that_wait_for_each_other_are_listed_and_reported() {
    let dir = assembly(
        "list-cycle",
        &[
            ("A", "111111111111/us-east-1", &["B"], json!({})),
            ("B", "111111111111/us-east-1", &["A"], json!({})),
            ("C", "111111111111/us-east-1", &[], json!({})),
        ],
    );
    let said = synth(["list".as_ref(), dir.as_os_str()]);
    assert_eq!(said.code, 1);
    insta::assert_snapshot!(format!("{}---\n{}", said.stdout, said.stderr));
    let said = synth(["list".as_ref(), dir.as_os_str(), "--json".as_ref()]);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((said.code, &json["stacks"][1]["wave"]), (1, &serde_json::Value::Null));
}

#[test]
fn an_assembly_may_be_empty() {
    let dir = assembly("list-empty", &[]);
    assert_eq!(synth(["list".as_ref(), dir.as_os_str()]).fine(), "the assembly has no stacks\n");
}

#[test]
fn the_default_folder_is_cdk_out() {
    let parent = crate::support::folder("list-default");
    let written = pipeline("list-default-assembly");
    std::fs::rename(written, parent.join("cdk.out")).unwrap();
    let output = crate::support::command(["list"]).current_dir(&parent).output().unwrap();
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("Tools"));
}
