//! `synth pipeline-json`: pipelines as the API takes them.

use std::path::Path;

use construct_pipeline::prelude::*;
use serde_json::json;

use crate::support::{assembly, files, folder, pipeline, synth};

#[path = "../../../examples/codecommit_two_accounts.rs"]
#[expect(dead_code, unreachable_pub, reason = "an example is a program: tests do not call its `main`")]
mod example;

#[test]
fn the_example_is_exported_as_the_api_takes_it() {
    let dir = folder("pipeline-json-example");
    example::app().synth().unwrap().write(dir.join("cdk.out")).unwrap();
    let json = synth(["pipeline-json".as_ref(), dir.join("cdk.out").as_os_str(), "orders".as_ref()]).fine();
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/imported/codecommit_two_accounts.json");
    assert_eq!(json, std::fs::read_to_string(stored).unwrap());
}

#[test]
fn each_pipeline_has_the_alias_of_its_own_key() {
    let dir = folder("pipeline-json-keys").join("cdk.out");
    let mut app = App::new();
    let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    for name in ["orders", "invoices"] {
        let source = Artifact::new("Source");
        let checkout = Action::new("Checkout", CodeCommitSource::new(name, &source)).account("222222222222");
        let read = Action::new("Read", Commands::new(&source).command("ls"));
        let pipeline = Pipeline::new(name).stage(Stage::new("Source").action(checkout));
        app.at(tools).add(name, pipeline.stage(Stage::new("Read").action(read)));
    }
    app.synth().unwrap().write(&dir).unwrap();
    for name in ["orders", "invoices"] {
        let json = synth(["pipeline-json".as_ref(), dir.as_os_str(), name.as_ref()]).json();
        let key = json["pipeline"]["artifactStore"]["encryptionKey"]["id"].as_str().expect("a key");
        assert!(key.starts_with(&format!("arn:aws:kms:us-east-1:111111111111:alias/codepipeline-{name}-")), "{key}");
    }
}

#[test]
fn a_folder_alone_says_which_pipelines_are_in_it() {
    let dir = folder("pipeline-json-alone").join("cdk.out");
    let mut app = App::new();
    let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    for name in ["orders", "invoices"] {
        let source = Artifact::new("Source");
        let checkout = Action::new("Checkout", CodeCommitSource::new(name, &source));
        let read = Action::new("Read", Commands::new(&source).command("ls"));
        let pipeline = Pipeline::new(name).stage(Stage::new("Source").action(checkout));
        app.at(tools).add(name, pipeline.stage(Stage::new("Read").action(read)));
    }
    app.synth().unwrap().write(&dir).unwrap();
    let said = synth(["pipeline-json".as_ref(), dir.as_os_str()]).unusable();
    assert!(said.contains("is the folder of an assembly, and nothing says which pipeline of it"), "{said}");
    assert!(said.contains("it has `orders` of stack `Tools`, `invoices` of stack `Tools`"), "{said}");
    assert!(said.contains("`synth pipeline-json TMP/pipeline-json-alone/cdk.out orders`"), "{said}");
}

#[test]
fn a_template_is_no_assembly_and_no_name_of_a_pipeline() {
    let dir = files("pipeline-json-file", &[("orders.yaml", "Resources: {}\n")]);
    let said = synth(["pipeline-json".as_ref(), dir.join("orders.yaml").as_os_str()]).unusable();
    assert!(said.contains("orders.yaml` is a file, and an assembly is a folder\n"), "{said}");
}

#[test]
fn a_pipeline_that_is_none_says_why() {
    let refused = |name: &str, stages: serde_json::Value| {
        let resource = json!({ "Type": "AWS::CodePipeline::Pipeline", "Properties": stages });
        let template = json!({ "Parameters": { "Env": { "Type": "String" } },
            "Conditions": { "Open": { "Fn::Equals": [{ "Ref": "Env" }, "a"] } }, "Resources": { "Orders": resource } });
        let dir = assembly(name, &[("Tools", "111111111111/us-east-1", &[], template)]);
        let said = synth(["pipeline-json".as_ref(), dir.as_os_str(), "Orders".as_ref()]);
        assert_eq!((said.code, &*said.stdout), (1, ""), "{}", said.stderr);
        [said.stderr, synth(["pipeline-json".as_ref(), dir.as_os_str()]).unusable()]
    };
    let stage = json!({ "Fn::If": ["Open", { "Name": "Deploy", "Actions": [] }, { "Ref": "AWS::NoValue" }] });
    let [open, _] = refused("pipeline-json-open", json!({ "Name": "orders", "RoleArn": "x", "Stages": [stage] }));
    let what = "`pipeline.stages[0]` is the text `<Fn::If [";
    assert!(open.starts_with("error[json::wrong-type]") && open.contains(what), "{open}");
    assert!(open.contains("warning: only a deployment tells what `Fn::If ["), "{open}");
    let [none, alone] = refused("pipeline-json-none", json!("none"));
    assert!(none.starts_with("error[json::wrong-type]: `pipeline` is the text `none`"), "{none}");
    assert!(alone.ends_with("pipeline-json-none Orders`\n"), "a pipeline without a name has its logical id: {alone}");
}

#[test]
fn what_only_a_deployment_tells_is_named() {
    let mut app = App::new();
    let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    let mut scope = app.at(tools);
    let source = Artifact::new("Source");
    let bucket = scope.add("Site", Bucket::new());
    let role: Value<kind::Text> = SsmParameter::new("/delivery/role").into();
    let frozen = Stage::new("Deploy").action(Action::new("Publish", S3Deploy::new(bucket, &source)));
    let pipeline = Pipeline::new("orders")
        .role(Role::import("arn:aws:iam::111111111111:role/orders"))
        .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
        .stage(frozen.transition_disabled("freeze"))
        .variable(Variable::new("ROLE").default_value("x"))
        .restart_on_update()
        .property("RoleArn", role.expr().clone());
    let pipeline = scope.add("Pipeline", pipeline);
    scope.attach(pipeline, Tag::new("team", "orders"));
    let dir = folder("pipeline-json-unknown");
    app.synth().unwrap().write(dir.join("cdk.out")).unwrap();
    let dir = dir.join("cdk.out");
    let said = synth(["pipeline-json".as_ref(), dir.as_os_str(), "orders".as_ref()]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(json["pipeline"]["roleArn"], "{{resolve:ssm:/delivery/role}}");
    let bucket = json["pipeline"]["stages"][1]["actions"][0]["configuration"]["BucketName"].as_str().unwrap();
    assert!(bucket.starts_with('<') && bucket.contains("Tools"), "{bucket}");
    let wanted = [
        "/delivery/role",
        "Site",
        "transition into the stage `Deploy`",
        "--stage-name Deploy --transition-type Inbound --reason 'freeze' --pipeline-name orders`",
        "an update starts a run",
        "`aws codepipeline start-pipeline-execution --name orders`",
        "--tags",
    ];
    for words in wanted {
        assert!(said.stderr.contains(words), "{words}: {}", said.stderr);
    }
    assert_eq!(json["tags"], json!(null));
    let said = synth(["pipeline-json".as_ref(), "--tags".as_ref(), dir.as_os_str(), "orders".as_ref()]);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(json["tags"], json!([{ "key": "team", "value": "orders" }]));
}

#[test]
fn a_pipeline_that_is_not_there_is_refused_with_those_that_are() {
    let dir = folder("pipeline-json-other");
    example::app().synth().unwrap().write(dir.join("cdk.out")).unwrap();
    let said = synth(["pipeline-json".as_ref(), dir.join("cdk.out").as_os_str(), "order".as_ref()]).unusable();
    assert!(said.contains("no pipeline `order`") && said.contains("`orders` of stack `Tools`"), "{said}");
}

/// CloudFormation makes text of numbers and truths where text is wanted, and numbers of text.
#[test]
fn scalars_are_what_cloudformation_makes_of_them() {
    let dir = pipeline("pipeline-json-scalars");
    let file = dir.join("Tools.template.json");
    let ask = || synth(["pipeline-json".as_ref(), dir.as_os_str(), "orders".as_ref()]).fine();
    let before = ask();
    let text = std::fs::read_to_string(&file).unwrap();
    let mut template: serde_json::Value = serde_json::from_str(&text).unwrap();
    let resources = template["Resources"].as_object_mut().unwrap().values_mut();
    let made = resources.into_iter().find(|one| one["Type"] == "AWS::CodePipeline::Pipeline").unwrap();
    for stage in made["Properties"]["Stages"].as_array_mut().unwrap() {
        for action in stage["Actions"].as_array_mut().unwrap() {
            action["ActionTypeId"]["Version"] = 1.into();
            if let Some(order) = action.get_mut("RunOrder") {
                *order = order.to_string().into();
            }
            if let Some(polls) = action["Configuration"].get_mut("PollForSourceChanges") {
                *polls = (polls == "true").into();
            }
        }
    }
    assert_ne!(template.to_string(), text);
    std::fs::write(&file, template.to_string()).unwrap();
    assert_eq!(ask(), before);
}
