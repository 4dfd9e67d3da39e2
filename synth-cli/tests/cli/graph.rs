use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::support::{assembly, pipeline, synth};

/// The number of resources in a stack is no business of these tests.
fn without_counts(drawing: &str) -> String {
    let mut text = String::new();
    for line in drawing.lines() {
        let line = match line.split_once(" resources") {
            Some((before, after)) => {
                format!("{} N resources{after}", before.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end())
            }
            None => line.to_owned(),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

#[test]
fn a_pipeline_of_the_library_is_drawn_in_both_languages() {
    let dir = pipeline("graph-pipeline");
    let mermaid = synth(["graph".as_ref(), dir.as_os_str()]).fine();
    insta::assert_snapshot!("mermaid", without_counts(&mermaid));
    let dot = synth(["graph".as_ref(), dir.as_os_str(), "--format".as_ref(), "dot".as_ref()]).fine();
    insta::assert_snapshot!("dot", without_counts(&dot));
    assert_eq!(mermaid, synth(["graph".as_ref(), dir.as_os_str()]).fine(), "the same bytes each time");
}

#[test]
fn programs_get_nodes_and_edges() {
    let dir = pipeline("graph-json");
    let graph = synth(["graph".as_ref(), dir.as_os_str(), "--json".as_ref()]).json();
    let ids: BTreeSet<&str> =
        graph["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), graph["nodes"].as_array().unwrap().len());
    let edges = graph["edges"].as_array().unwrap();
    assert!(
        edges
            .iter()
            .all(|edge| ids.contains(edge["from"].as_str().unwrap()) && ids.contains(edge["to"].as_str().unwrap()))
    );
    let action =
        graph["nodes"].as_array().unwrap().iter().find(|node| node["kind"] == "action" && node["name"] == "Deploy");
    let expected =
        json!({ "account": "444444444444", "region": "eu-west-1", "runOrder": 2, "provider": "CloudFormation" });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&action.unwrap()[key], value);
    }
    let kinds: BTreeSet<&str> = edges.iter().map(|edge| edge["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, BTreeSet::from(["artifact", "assumes", "needs", "passes", "replicates", "runs as", "stores"]));
}

/// A pipeline with one action a stage: the name of the stage and of the action are the same.
fn template(pipeline: &str, actions: &[Json]) -> Json {
    let stages: Vec<Json> =
        actions.iter().map(|action| json!({ "Name": action["Name"], "Actions": [action] })).collect();
    json!({ "Resources": { "P": { "Type": "AWS::CodePipeline::Pipeline", "Properties": { "Name": pipeline, "Stages": stages } } } })
}

#[test]
fn no_name_breaks_a_drawing() {
    let awkward = [
        "\"quoted\" [brackets] {braces} (round) <b>bold</b> `code` a|b",
        "end",
        "1. one",
        "- list",
        "back\\slash\\N",
        "&amp; #quot; %% comment",
        "line\nbreak\u{1b}[31m\u{202e}",
        "Übermut 🚀 日本",
        "",
        "a/b",
        "a~1b",
    ];
    let actions: Vec<Json> = awkward.iter().chain(&awkward[..2]).map(|name| json!({ "Name": name })).collect();
    let dir =
        assembly("graph-awkward", &[("Stack \"x\"/]", "111111111111/us-east-1", &[], template(awkward[0], &actions))]);
    insta::assert_snapshot!("awkward_mermaid", synth(["graph".as_ref(), dir.as_os_str()]).fine());
    insta::assert_snapshot!(
        "awkward_dot",
        synth(["graph".as_ref(), dir.as_os_str(), "--format".as_ref(), "dot".as_ref()]).fine()
    );
    let graph = synth(["graph".as_ref(), dir.as_os_str(), "--json".as_ref()]).json();
    let ids: BTreeSet<&str> =
        graph["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), graph["nodes"].as_array().unwrap().len());
}

/// What only the metadata of a pipeline tells is drawn, too.
#[test]
fn roles_that_no_property_names_are_drawn() {
    let mut tools = template("orders", &[json!({ "Name": "Scan", "InputArtifacts": [{ "Name": "Code" }] })]);
    let role = |name: &str| format!("arn:aws:iam::111111111111:role/{name}");
    tools["Resources"]["P"]["Metadata"]["construct:actions"]["Scan/Scan"] =
        json!({ "Worker": { "Fn::GetAtt": ["Scanner", "Arn"] }, "Readers": [role("host"), role("spare")] });
    tools["Resources"]["Scanner"] = json!({ "Type": "AWS::IAM::Role", "Properties": { "RoleName": "scanner" } });
    let dir = assembly("graph-told", &[("Tools", "111111111111/us-east-1", &[], tools)]);
    let graph = synth(["graph".as_ref(), dir.as_os_str(), "--json".as_ref()]).json();
    let edges: BTreeSet<String> = graph["edges"].as_array().unwrap().iter().map(Json::to_string).collect();
    let ends = |kind: &str, role: &str| {
        let is_one = |edge: &&String| edge.contains(kind) && edge.contains("action:") && edge.contains(role);
        edges.iter().filter(is_one).count()
    };
    let drawn = [("runs as", "role:Tools/Scanner"), ("read by", "role~1host"), ("read by", "role~1spare")];
    assert_eq!(drawn.map(|(kind, role)| ends(kind, role)), [1, 1, 1], "{edges:?}");
}

/// A pipeline that another one starts is drawn as such where it stands, and in the picture of that one as a frame.
#[test]
fn pipelines_that_start_others_lead_to_them() {
    let starts = |name: Json| {
        let provider = json!({ "Category": "Invoke", "Owner": "AWS", "Provider": "CodePipeline", "Version": "1" });
        json!({ "Name": "Next", "ActionTypeId": provider, "Configuration": { "PipelineName": name } })
    };
    let mut first = template("first", &[starts(json!("second")), starts(json!({ "Ref": "Unnamed" }))]);
    first["Resources"]["Unnamed"] = template("", &[json!({ "Name": "A" })])["Resources"]["P"].clone();
    first["Resources"]["Unnamed"]["Properties"].as_object_mut().unwrap().remove("Name");
    let second = template("second", &[json!({ "Name": "B" })]);
    let stacks = [
        ("First", "111111111111/us-east-1", &[][..], first),
        ("Second", "111111111111/us-east-1", &[][..], second.clone()),
        ("Elsewhere", "222222222222/us-east-1", &[][..], second),
    ];
    let dir = assembly("graph-starts", &stacks);
    let graph = synth(["graph".as_ref(), dir.as_os_str(), "--json".as_ref()]).json();
    let edges = graph["edges"].as_array().unwrap().iter().filter(|edge| edge["kind"] == "starts");
    let started: BTreeSet<&str> = edges.map(|edge| edge["to"].as_str().unwrap()).collect();
    assert_eq!(started, BTreeSet::from(["pipeline:First/Unnamed", "pipeline:Second/P"]));

    let only = synth(["graph".as_ref(), dir.as_os_str(), "--pipeline".as_ref(), "first".as_ref()]).fine();
    assert!(only.contains("|starts|") && only.contains("pipeline second") && !only.contains("B<br/>"), "{only}");
}

#[test]
fn one_pipeline_of_several_can_be_drawn() {
    let dir = assembly(
        "graph-only",
        &[
            ("One", "111111111111/us-east-1", &["Two"], template("one", &[json!({ "Name": "A" })])),
            ("Two", "222222222222/us-east-1", &[], template("two", &[json!({ "Name": "B" })])),
        ],
    );
    let graph = |name: &str| synth(["graph".as_ref(), dir.as_os_str(), "--pipeline".as_ref(), name.as_ref()]);
    let one = graph("one").fine();
    assert!(one.contains("One") && !one.contains("Two") && !one.contains("222222222222"), "{one}");
    insta::assert_snapshot!(graph("three").unusable(), @r"
    error: the assembly has no pipeline `three`
      help: it has `two`, `one`
    ");
}

#[test]
fn a_drawing_too_large_for_mermaid_is_drawn_with_a_warning() {
    let actions: Vec<Json> = (0..600).map(|n| json!({ "Name": format!("A{n}") })).collect();
    let dir = assembly("graph-large", &[("Large", "111111111111/us-east-1", &[], template("large", &actions))]);
    let said = synth(["graph".as_ref(), dir.as_os_str()]);
    assert_eq!(said.code, 0);
    assert!(said.stdout.contains("A599"));
    insta::assert_snapshot!(said.stderr, @r"
    warning: the drawing has more than 500 edges, which Mermaid refuses unless configured
      help: draw one pipeline with `--pipeline NAME`, or use `--format dot`
    ");
}
