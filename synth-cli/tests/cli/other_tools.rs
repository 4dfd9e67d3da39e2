//! Assemblies of other tools: `assemblies/cdk` is written the way aws-cdk-lib writes them.
//!
//! In it the manifest is not in deployment order, stacks depend on assets, a stage is a nested assembly, ARNs are joined
//! from pseudo parameters, roles are imported through exports or out of an ARN with `Fn::Select` and `Fn::Split`, and
//! some stacks are left to the deployment's environment.

use std::path::Path;

use crate::support::{pipeline, synth};

fn cdk() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/assemblies/cdk"))
}

#[test]
fn nested_assemblies_are_listed_and_assets_are_no_stacks() {
    insta::assert_snapshot!(synth(["list".as_ref(), cdk().as_os_str()]).fine());
}

#[test]
fn functions_are_evaluated_as_far_as_templates_say() {
    insta::assert_snapshot!(synth(["graph".as_ref(), cdk().as_os_str()]).fine());
    let json = synth(["graph".as_ref(), cdk().as_os_str(), "--json".as_ref()]).json();
    insta::assert_snapshot!("graph_for_programs", format!("{json:#}"));
}

/// Nobody wrote down what the owners of what it imports must allow.
#[test]
fn the_contract_of_another_tool_is_not_known() {
    let (answer, said) = synth(["contract".as_ref(), cdk().as_os_str()]).findings();
    assert!(answer.ends_with(" accesses depend on what no template tells\n"), "{answer}");
    assert!(said.contains("has no `contract.json`, which other tools do not write"), "{said}");
    let (_, said) = synth(["contract".as_ref(), cdk().as_os_str(), "--json".as_ref()]).findings();
    assert!(said.contains("what owners must allow is not known"), "{said}");
    let none = serde_json::json!({ "Resources": { "Topic": { "Type": "AWS::SNS::Topic" } } });
    let empty =
        crate::support::assembly("contract-of-no-pipeline", &[("One", "aws://111111111111/us-east-1", &[], none)]);
    let answer = synth(["contract".as_ref(), empty.as_os_str()]).fine();
    assert!(answer.starts_with("nothing is asked of anybody, as far as the templates tell"), "{answer}");
}

/// Not every tool writes of which classes its constructs are, and a construct of ours may be called anything.
#[test]
fn an_assembly_says_itself_whose_it_is() {
    let dir = pipeline("whose");
    let contract = || synth(["contract".as_ref(), dir.as_os_str()]).fine();
    let tree = dir.join("tree.json");
    std::fs::write(&tree, std::fs::read_to_string(&tree).unwrap().replace("\"Tools\"", "\"constructInfo\"")).unwrap();
    assert!(contract().starts_with("nothing is asked of anybody: the assembly has no `contract.json`"));
    let manifest = dir.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("construct:assembly", "another:entry")).unwrap();
    assert!(contract().starts_with("nothing is asked of anybody, as far as the templates tell"));
}

/// What an assembly leaves to the deployment is told, and what may be there is proved.
#[test]
fn what_is_not_looked_into_is_told() {
    let dir = pipeline("left-open");
    let file = dir.join("Tools.template.json");
    let mut template: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let all = synth(["check".as_ref(), dir.as_os_str()]).fine();
    let of_stages = |all: &str| all.lines().filter(|line| line.contains("/")).map(str::to_owned).collect::<Vec<_>>();
    template["Parameters"]["Env"] = serde_json::json!({ "Type": "String" });
    template["Conditions"]["IsProduction"] = serde_json::json!({ "Fn::Equals": [{ "Ref": "Env" }, "production"] });
    template["Transform"] = serde_json::json!(["AWS::LanguageExtensions", { "Name": "Ours" }]);
    let nested =
        serde_json::json!({ "Type": "AWS::CloudFormation::Stack", "Properties": { "TemplateURL": "https://x" } });
    template["Resources"]["Nested"] = nested;
    let topic = serde_json::json!({ "Topic${Name}": { "Type": "AWS::SNS::Topic" } });
    template["Resources"]["Fn::ForEach::Topics"] = serde_json::json!(["Name", { "Ref": "Env" }, topic]);
    let pipeline = template["Resources"].as_object_mut().unwrap().values_mut();
    let pipeline = pipeline.into_iter().find(|one| one["Type"] == "AWS::CodePipeline::Pipeline").unwrap();
    let open =
        |one: serde_json::Value| serde_json::json!({ "Fn::If": ["IsProduction", one, { "Ref": "AWS::NoValue" }] });
    let stages = pipeline["Properties"]["Stages"].as_array_mut().unwrap();
    let last = stages.last_mut().unwrap();
    last["Actions"][0] = open(last["Actions"][0].take());
    *last = open(last.take());
    stages.push(serde_json::json!({ "Fn::Transform": { "Name": "Stages" } }));
    std::fs::write(&file, template.to_string()).unwrap();
    let said = synth(["check".as_ref(), dir.as_os_str()]).fine();
    assert!(of_stages(&said).starts_with(&of_stages(&all)[..2]), "{said}");
    let count = |text: &str| text.lines().find(|line| line.contains(" needed accesses proved")).map(str::to_owned);
    assert_eq!(count(&said), count(&all));
    for told in [
        "what `Fn::ForEach::Topics` of stack `Tools` makes, which goes over what is not known here,",
        "the transform `Ours` of stack `Tools` changes nothing",
        "the nested stacks `Nested` of stack `Tools`",
        "in the place of stages or actions of the pipeline `orders`",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
}

/// CloudFormation takes YAML as well, so every command does.
#[test]
fn templates_in_yaml_are_read_as_those_in_json() {
    let dir = pipeline("yaml");
    let commands =
        ["list --json DIR", "graph DIR", "check DIR", "explain DIR Deploy", "pipeline-json DIR orders", "budget DIR"];
    let ask = |command: &str| {
        let words = command.split(' ').map(|word| if word == "DIR" { dir.as_os_str() } else { word.as_ref() });
        // How many bytes a template has is told, and differs.
        let said = synth(words).fine();
        said.lines().filter(|line| !line.to_lowercase().contains("bytes")).map(str::to_owned).collect::<Vec<_>>()
    };
    let json = commands.map(ask);
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".template.json") {
            let template: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            std::fs::write(&path, serde_yaml_ng::to_string(&template).unwrap()).unwrap();
        }
    }
    assert_eq!(commands.map(ask), json);
}
