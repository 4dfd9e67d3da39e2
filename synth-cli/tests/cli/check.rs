//! `synth check` and `synth explain`.

use serde_json::{Value as Json, json};

use crate::support::{assembly, files, pipeline, synth};

const READABLE: &str = "the folder of the tests can be read";

/// The assembly of the pipeline, with something replaced in all templates.
fn broken(name: &str, from: &str, to: &str) -> std::path::PathBuf {
    let dir = pipeline(name);
    let mut replaced = 0;
    for entry in std::fs::read_dir(&dir).expect(READABLE) {
        let path = entry.expect(READABLE).path();
        if path.to_string_lossy().ends_with(".template.json") {
            let text = std::fs::read_to_string(&path).expect(READABLE);
            replaced += text.matches(from).count();
            std::fs::write(&path, text.replace(from, to)).expect("the folder of the tests can be written");
        }
    }
    assert!(replaced > 0, "there is no `{from}` to replace");
    dir
}

#[test]
fn a_sound_assembly_is_proved() {
    let dir = pipeline("check-sound");
    let answer = synth(["check".as_ref(), dir.as_os_str()]).fine();
    assert!(answer.contains("needed accesses proved") && answer.contains(", 0 open"), "{answer}");
    assert!(!answer.contains("NO "), "{answer}");
    let json = synth(["check".as_ref(), dir.as_os_str(), "--json".as_ref()]).fine();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["proved"], true);
    assert!(json["accesses"].as_array().unwrap().len() > 50);
}

#[test]
fn a_missing_permission_is_named_with_the_statement_to_add() {
    let dir = broken("check-hole", "\"kms:Decrypt\"", "\"kms:ListAliases\"");
    let (answer, errors) = synth(["check".as_ref(), dir.as_os_str()]).findings();
    assert!(answer.contains("NO "), "{answer}");
    assert!(errors.contains("[access::denied]") && errors.contains("kms:Decrypt"), "{errors}");
    assert!(errors.contains("help: "), "{errors}");
    // The same is wrong with what programs read.
    let (answer, errors) = synth(["check".as_ref(), dir.as_os_str(), "--json".as_ref()]).findings();
    let json: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(json["proved"], false);
    assert!(errors.contains("[access::denied]") && !errors.contains("warning"), "{errors}");
}

/// What a run needs in a certain case alone, such as a bucket that keeps versions.
#[test]
fn what_some_runs_need_comes_with_its_case_and_the_statement_to_add() {
    let dir = broken("check-risk", "\"s3:GetObjectVersion\"", "\"s3:GetObjectTagging\"");
    let answer = synth(["check".as_ref(), dir.as_os_str(), "--json".as_ref()]).fine();
    let json: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let accesses = json["accesses"].as_array().unwrap().iter();
    let lacking: Vec<_> = accesses.filter(|one| one["expected"] == "allowed" && one["verdict"] == "denied").collect();
    assert!(!lacking.is_empty());
    for one in lacking {
        assert!(one["onlyIf"].is_string(), "{one}");
        assert!(one["repairs"][0].as_str().is_some_and(|repair| repair.contains("s3:GetObjectVersion")), "{one}");
    }
}

#[test]
fn an_action_is_explained_by_any_part_of_its_path() {
    let dir = pipeline("check-explain");
    let by_name = synth(["explain".as_ref(), dir.as_os_str(), "Bundle".as_ref()]).fine();
    let by_path = synth(["explain".as_ref(), dir.as_os_str(), "Build/Bundle".as_ref()]).fine();
    assert_eq!(by_name, by_path);
    assert!(by_name.contains("codebuild:StartBuild") && by_name.contains("\"Effect\":\"Allow\""), "{by_name}");
    let error = synth(["explain".as_ref(), dir.as_os_str(), "Nowhere".as_ref()]).unusable();
    assert!(error.contains("there is no action `Nowhere`") && error.contains("Build/Bundle"), "{error}");
}

#[test]
fn where_there_is_no_pipeline_there_is_none_to_explain() {
    let dir = assembly("check-explain-none", &[("Empty", "111111111111/us-east-1", &[], json!({ "Resources": {} }))]);
    let error = synth(["explain".as_ref(), dir.as_os_str(), "Deploy".as_ref()]).unusable();
    assert!(error.contains("there is no pipeline in these templates\n  help: name the folder"), "{error}");
}

#[test]
fn templates_can_be_given_one_by_one() {
    let yaml = "Parameters:\n  Name:\n    Type: String\nResources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: !Sub '${Name}-role'\n      AssumeRolePolicyDocument:\n        Version: 2012-10-17\n        Statement:\n          - Effect: Allow\n            Principal: {Service: codepipeline.amazonaws.com}\n            Action: sts:AssumeRole\n";
    let dir = files("check-template", &[("one.yaml", yaml), ("broken.yaml", "Resources: [")]);
    let file = dir.join("one.yaml");
    let arguments = |file: &std::path::Path, rest: &[&str]| -> Vec<std::ffi::OsString> {
        let head = ["check", "--template"].map(Into::into);
        head.into_iter().chain([file.as_os_str().to_owned()]).chain(rest.iter().map(Into::into)).collect()
    };
    let place = ["--account", "111111111111", "--region", "us-east-1", "--parameter", "Name=x"];
    assert!(synth(arguments(&file, &place)).fine().contains("no pipeline"));
    assert!(synth(arguments(&file, &[])).unusable().contains("in which account"));
    let misspelt =
        synth(arguments(&file, &["--account", "111111111111", "--region", "us-east-1", "--parameter", "Nam=x"]));
    let misspelt = misspelt.unusable();
    assert!(misspelt.contains("`Nam` is no parameter of") && misspelt.contains("did you mean `Name`?"), "{misspelt}");
    assert!(synth(arguments(&file, &["--account", "1", "--region", "us-east-1"])).unusable().contains("12 digits"));
    assert!(synth(arguments(&dir.join("broken.yaml"), &place)).unusable().contains("is no template"));
}

/// What is there already is named beside the assembly, as the stack of `cdk bootstrap` is.
#[test]
fn templates_can_be_named_beside_an_assembly() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../construct-pipeline/tests/data/cdk-pipelines-2.276.0");
    let trust = json!({ "Effect": "Allow", "Principal": { "AWS": { "Ref": "Trusted" } }, "Action": "sts:AssumeRole" });
    let stacks = json!({ "Effect": "Allow", "Action": "cloudformation:*", "Resource": "*" });
    let role = json!({ "Type": "AWS::IAM::Role", "Properties": {
        "RoleName": "cdk-hnb659fds-deploy-role-222222222222-us-east-1",
        "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [trust] },
        "Policies": [{ "PolicyName": "stacks", "PolicyDocument": { "Version": "2012-10-17", "Statement": [stacks] } }],
    }});
    let bootstrap = json!({ "Parameters": { "Trusted": { "Type": "String" } }, "Resources": { "Role": role } });
    let file = files("check-beside", &[("bootstrap.json", &bootstrap.to_string())]).join("bootstrap.json");
    let beside = ["--template", file.to_str().unwrap(), "--account", "222222222222", "--region", "us-east-1"];
    let row = |answer: &str| {
        let row = answer.lines().find(|line| line.starts_with("Test/Deploy")).expect("the action").to_owned();
        row.split("  ").filter(|cell| !cell.trim().is_empty()).map(str::trim).map(str::to_owned).collect::<Vec<_>>()
    };
    let alone = synth(["check", dir]).stdout;
    assert_eq!(row(&alone), ["Test/Deploy", "? 1", "-", "-", "? 3", "-", "-", "-"]);
    assert!(alone.contains("all 12 orders of deployment"), "{alone}");
    let trusts = ["--parameter", "Trusted=111111111111"];
    let (told, missing) = synth(["check", dir].iter().chain(&beside).chain(&trusts)).findings();
    assert_eq!(row(&told), ["Test/Deploy", "ok 1", "-", "-", "ok 3", "-", "-", "-"]);
    assert!(told.contains("all 12 orders of deployment"), "{told}");
    assert!(missing.contains("of stack `bootstrap`"), "{missing}");
    // Only what is named counts, and not what happens to stand in `cdk.out`.
    assert!(synth(["check"].iter().chain(&beside)).fine().starts_with("there is no pipeline in these templates"));
}

#[test]
fn a_stack_for_any_account_says_so() {
    let properties = json!({ "Name": "orders", "RoleArn": "arn:aws:iam::111111111111:role/orders", "Stages": [] });
    let pipeline = json!({ "Type": "AWS::CodePipeline::Pipeline", "Properties": properties });
    let template = json!({ "Resources": { "Pipeline": pipeline } });
    let dir = assembly("check-anywhere", &[("Tools", "unknown-account/unknown-region", &[], template)]);
    let said = synth(["check".as_ref(), dir.as_os_str()]).stdout;
    let place =
        "<account that the templates are deployed to>/<region that the templates are deployed to> in stack Tools";
    assert!(said.contains(&format!("orders  {place}")), "{said}");
}

#[test]
fn what_is_given_for_things_that_templates_make_is_told() {
    let dir = pipeline("check-in-vain");
    let everything =
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } });
    let file = dir.join("everything.json");
    std::fs::write(&file, everything.to_string()).expect("the folder of the tests can be written");
    let json = synth(["check".as_ref(), dir.as_os_str(), "--json".as_ref()]).fine();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let principals = json["accesses"].as_array().unwrap().iter().filter_map(|access| access["principal"].as_str());
    let role = principals.into_iter().find(|who| who.contains("444444444444:role/")).expect("a role");
    for option in ["--boundary", "--policy"] {
        let check = |arn: &str| {
            let given = format!("{arn}={}", file.display());
            synth(["check".as_ref(), dir.as_os_str(), option.as_ref(), given.as_ref()])
        };
        let told = format!("the templates make `{role}`: what was given for it counts for nothing");
        assert!(check(role).stderr.contains(&told), "{}", check(role).stderr);
        // What no pipeline has to do with was most likely meant for something else.
        let (_, errors) = check("arn:aws:iam::444444444444:role/another").findings();
        assert!(
            errors.contains("no pipeline here has to do with `arn:aws:iam::444444444444:role/another`"),
            "{errors}"
        );
        assert!(errors.contains("help: every policy that counts is known"), "{errors}");
    }
}

#[test]
fn stacks_that_wait_for_each_other_are_never_deployed_whatever_they_allow() {
    let template = json!({ "Resources": { "Topic": { "Type": "AWS::SNS::Topic" } } });
    let at = "111111111111/us-east-1";
    let stacks = [("One", at, &["Two"][..], template.clone()), ("Two", at, &["One"][..], template)];
    let dir = assembly("check-circle", &stacks);
    let (_, said) = synth(["check".as_ref(), dir.as_os_str()]).findings();
    assert!(said.contains("error[stack::cycle]: ") && said.contains("`One` needs `Two` needs `One`"), "{said}");
    let (json, _) = synth(["check".as_ref(), "--json".as_ref(), dir.as_os_str()]).findings();
    let json: Json = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["findings"][0]["code"], "stack::cycle");
    assert_eq!(json["proved"], false);
}

#[test]
fn what_makes_nothing_is_no_template() {
    let dir = files("check-no-template", &[("pipeline.json", r#"{ "pipeline": { "name": "orders" } }"#)]);
    let file = dir.join("pipeline.json");
    let place = ["--account", "111111111111", "--region", "us-east-1"];
    let said = synth(["check", "--template", file.to_str().unwrap()].iter().chain(&place)).unusable();
    assert!(said.contains("is no template: it has no `Resources`"), "{said}");
}

#[test]
fn the_template_of_an_assembly_is_called_like_its_stack() {
    let pipeline = json!({ "Type": "AWS::CodePipeline::Pipeline", "Properties": { "Name": "orders", "Stages": [] } });
    let template = json!({ "Resources": { "Pipeline": pipeline } }).to_string();
    let dir = files("check-stack-name", &[("Delivery.template.json", &template), ("delivery.yaml", &template)]);
    for (file, name) in [("Delivery.template.json", "Delivery"), ("delivery.yaml", "delivery")] {
        let file = dir.join(file);
        let place = ["--account", "111111111111", "--region", "us-east-1"];
        let said = synth(["check", "--template", file.to_str().unwrap()].iter().chain(&place));
        assert!(
            said.stdout.starts_with(&format!("orders  111111111111/us-east-1 in stack {name}\n")),
            "{}",
            said.stdout
        );
    }
}

const HANDWRITTEN: &str = "
Parameters:
  Store: { Type: String }
Resources:
  Pipeline:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      RoleArn: !ImportValue delivery-role
      ArtifactStore: { Type: S3, Location: !Ref Store }
      Stages:
        - Name: Source
          Actions:
            - Name: Checkout
              ActionTypeId: { Category: Source, Owner: AWS, Provider: CodeCommit, Version: 1 }
              Configuration: { RepositoryName: shop, BranchName: main }
              OutputArtifacts: [{ Name: Code }]
        - Name: Approve
          Actions: [{ Name: Ask, ActionTypeId: { Category: Approval, Owner: AWS, Provider: Manual, Version: '1' } }]
";

/// What nobody said is told with the option that says it.
#[test]
fn parameters_and_exports_that_make_it_known_are_named() {
    let dir = files("check-unknown-values", &[("shop.yaml", HANDWRITTEN)]);
    let file = dir.join("shop.yaml");
    let ask = |more: &[&str]| {
        let words =
            ["check", "--template", file.to_str().unwrap(), "--account", "111111111111", "--region", "eu-west-1"];
        synth(words.iter().chain(more)).stdout
    };
    let said = ask(&[]);
    let store = format!("\n  --parameter Store=VALUE  behind `--template {}`\n", file.display());
    assert!(said.contains("What makes it known: what the templates are deployed with"), "{said}");
    assert!(said.contains(&store), "{said}");
    assert!(said.contains("\n  --template FILE  of the stack that exports `delivery-role`\n"), "{said}");
    let json: Json = serde_json::from_str(&ask(&["--json"])).expect("JSON");
    assert_eq!(
        json["unknownValues"],
        json!(["import delivery-role in 111111111111/eu-west-1", "parameter Store of shop"])
    );
    let said = ask(&["--parameter", "Store=shop-artifacts"]);
    assert!(!said.contains("--parameter") && said.contains("`delivery-role`"), "{said}");
}

/// So is what conditions ask for.
#[test]
fn conditions_that_leave_it_open_are_named() {
    let dir = pipeline("check-condition");
    let file = dir.join("Tools.template.json");
    let mut template: Json = serde_json::from_str(&std::fs::read_to_string(&file).expect(READABLE)).expect("JSON");
    let resources = template["Resources"].as_object_mut().expect("resources").values_mut();
    let key = resources.into_iter().find(|one| one["Type"] == "AWS::KMS::Key").expect("a key");
    for statement in key["Properties"]["KeyPolicy"]["Statement"].as_array_mut().expect("statements") {
        statement["Condition"]["StringEquals"]["aws:PrincipalOrgID"] = json!("o-abcdefgh12");
        statement["Condition"]["StringEquals"]["aws:sourceVpc"] = json!("vpc-12345678");
    }
    std::fs::write(&file, template.to_string()).expect("the folder of the tests can be written");
    let said = synth(["check".as_ref(), dir.as_os_str()]).stdout;
    assert!(
        said.contains("\nconditions ask for `aws:PrincipalOrgID`, which `organizations` of `--facts` tells"),
        "{said}"
    );
    assert!(said.contains("\nconditions ask for `aws:sourceVpc`, which only requests tell"), "{said}");

    let facts = dir.join("facts.json");
    let accounts = ["111111111111", "222222222222", "333333333333", "444444444444"];
    let told = json!({ "organizations": { "o-abcdefgh12": accounts } }).to_string();
    std::fs::write(&facts, told).expect("the folder of the tests can be written");
    let said = synth(["check".as_ref(), dir.as_os_str(), "--facts".as_ref(), facts.as_os_str()]).stdout;
    assert!(!said.contains("aws:PrincipalOrgID") && said.contains("`aws:sourceVpc`"), "{said}");
}
