//! `synth import`: programs from pipelines of the API.
//!
//! The programs in `tests/imported` are what `synth import` writes; `tests/tests/imported.rs` runs them. After a change
//! that is meant: `synth import tests/imported/NAME.json > tests/imported/NAME.rs`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{files, synth};

fn imported(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/imported").join(file)
}

/// The program of a pipeline in `tests/imported`, and what was said about it.
fn program(name: &str) -> String {
    let said = synth(["import".as_ref(), imported(&format!("{name}.json")).as_os_str()]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let stored = fs::read_to_string(imported(&format!("{name}.rs"))).expect("the programs lie in `tests/imported`");
    assert_eq!(said.stdout, stored, "{name}");
    said.stderr
}

#[test]
fn the_programs_that_are_compiled_are_the_ones_that_are_written() {
    program("codecommit_two_accounts");
    program("two_accounts");
    let said = program("everything");
    assert!(said.contains("json::hidden-secret") && said.contains("OAuthToken"), "{said}");
    // What the rule's timeout and an unknown key say is not lost in silence.
    let said = program("awkward");
    assert!(said.contains("json::not-in-cloudformation") && said.contains("json::unknown-key"), "{said}");
}

/// A name that no build can read is kept as it is, in the action that it was in.
#[test]
fn odd_variables_of_a_build_are_kept() {
    let json = fs::read_to_string(imported("codecommit_two_accounts.json")).expect("it lies in `tests/imported`");
    assert!(json.contains(r#"\"name\":\"COMMIT\""#));
    for odd in ["COM-MIT", ""] {
        let json = json.replace(r#"\"COMMIT\""#, &format!(r#"\"{odd}\""#));
        let file = files("import-odd-variables", &[("orders.json", &json)]).join("orders.json");
        let said = synth(["import".as_ref(), file.as_os_str()]);
        assert_eq!(said.code, 0, "{}", said.stderr);
        let kept = format!(r#""name":"{odd}""#);
        assert!(said.stdout.contains(".environment_json(") && said.stdout.contains(&kept), "{}", said.stdout);
    }
}

/// A pipeline with a stage of approval after its source.
fn approval(action: &str) -> String {
    let source = r#"{ "name": "Checkout", "outputArtifacts": [{ "name": "Source" }],
        "configuration": { "RepositoryName": "orders", "BranchName": "main" },
        "actionTypeId": { "category": "Source", "owner": "AWS", "provider": "CodeCommit", "version": "1" } }"#;
    format!(
        r#"{{ "name": "orders", "roleArn": "arn:aws:iam::111111111111:role/orders",
             "artifactStore": {{ "type": "S3", "location": "artifacts" }},
             "stages": [{{ "name": "Source", "actions": [{source}] }}, {{ "name": "Approve", "actions": [{action}] }}] }}"#
    )
}

const ASK: &str = r#"{ "name": "Ask",
    "actionTypeId": { "category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1" } }"#;

/// What an action of another type says is written, too.
#[test]
fn an_action_that_no_provider_knows_keeps_what_it_says() {
    let action = r#"{ "name": "Odd", "actionTypeId": { "category": "Test", "owner": "Custom", "provider": "Odd", "version": "1" },
        "configuration": { "Level": "two" }, "commands": ["make check"], "outputVariables": ["RESULT"],
        "environmentVariables": [{ "name": "A", "value": "b", "type": "PLAINTEXT" },
            { "name": "C", "value": "d", "type": "SECRETS_MANAGER" }] }"#;
    let dir = files("import-odd-action", &[("orders.json", &approval(action))]);
    let file = dir.join("orders.json");
    let said = synth(["import", file.to_str().unwrap(), "--region", "eu-west-1"]);
    for call in [
        r#".configuration("Level", "two")"#,
        r#".command("make check")"#,
        r#".environment("A", "b")"#,
        r#".environment_secret("C", "d")"#,
        r#".output_variable("RESULT")"#,
    ] {
        assert!(said.stdout.contains(call), "{call}\n{}{}", said.stdout, said.stderr);
    }
}

#[test]
fn images_services_and_pipelines_have_words() {
    let action = |category: &str, provider: &str, input: &str, configuration: &str| {
        let kind =
            format!(r#"{{ "category": "{category}", "owner": "AWS", "provider": "{provider}", "version": "1" }}"#);
        let action = format!(
            r#"{{ "name": "Do", "actionTypeId": {kind}, "inputArtifacts": [{input}], "configuration": {configuration} }}"#
        );
        approval(&action).replacen("{ \"name\"", "{ \"pipelineType\": \"V2\", \"name\"", 1)
    };
    let source = r#"{ "name": "Source" }"#;
    let rolling =
        r#"{ "ClusterName": "shop", "ServiceName": "web", "FileName": "images.json", "DeploymentTimeout": "15" }"#;
    let machines = r#"{ "InstanceTagKey": "app", "InstanceTagValue": "shop", "InstanceType": "EC2", "TargetDirectory": "/srv",
        "PreScript": "stop.sh", "PostScript": "start.sh", "MaxBatch": "25%", "MaxError": "1", "TargetGroupNameList": "a,b" }"#;
    let nodes = r#"{ "InstanceTagKey": "app", "InstanceType": "SSM_MANAGED_NODE", "DeploySpec": "deploy.yaml" }"#;
    let canary = r#"{ "FunctionName": "web", "FunctionAlias": "live", "DeployStrategy": "Canary10Percent5Minutes", "Alarms": "errors" }"#;
    let back = r#"{ "FunctionName": "web", "FunctionAlias": "live", "PublishedTargetVersion": "7", "DeployStrategy": "Linear10PercentEvery1Minute" }"#;
    let servers = r#"{ "ApplicationName": "shop", "DeploymentGroupName": "web" }"#;
    let beanstalk = r#"{ "ApplicationName": "shop", "EnvironmentName": "shop-live" }"#;
    let flags = r#"{ "Application": "abc1234", "Environment": "def5678", "ConfigurationProfile": "ghi9012",
        "InputArtifactConfigurationPath": "flags.json", "DeploymentStrategy": "AppConfig.AllAtOnce" }"#;
    let version = r#"{ "ProductId": "prod-abc", "ProductType": "CLOUD_FORMATION_TEMPLATE", "ProductVersionName": "v 7",
        "ProductVersionDescription": "a bucket", "TemplateFilePath": "/bucket.yaml" }"#;
    let told = r#"{ "ProductId": "prod-abc", "ConfigurationFilePath": "version.json" }"#;
    let manifests = r#"{ "ClusterName": "shop", "ManifestFiles": "a.yaml,b.yaml", "Namespace": "web",
        "Subnets": "subnet-00000001,subnet-00000002", "SecurityGroupIds": "sg-00000001" }, "environmentVariables": [
        { "name": "IMAGE", "value": "web:7", "type": "PLAINTEXT" }]"#;
    let chart = r#"{ "ClusterName": "shop", "HelmReleaseName": "web", "HelmChartLocation": "charts/web",
        "HelmValuesFiles": "live.yaml" }"#;
    let blue_green = r#"{ "ApplicationName": "shop", "DeploymentGroupName": "web",
        "TaskDefinitionTemplateArtifact": "Source", "TaskDefinitionTemplatePath": "taskdef.json",
        "AppSpecTemplateArtifact": "Source", "AppSpecTemplatePath": "appspec.yaml",
        "Image1ArtifactName": "Source", "Image1ContainerName": "IMAGE" }"#;
    let build = r#"{ "ECRRepositoryName": "web", "DockerFilePath": "docker", "ImageTags": "latest,v1", "RegistryType": "public" }"#;
    let next = r#"{ "PipelineName": "next", "Variables": "[{\"name\":\"A\",\"value\":\"b\"}]",
        "SourceRevisions": "[{\"actionName\":\"S\",\"revisionType\":\"COMMIT_ID\",\"revisionValue\":\"c\"}]" }"#;
    for (json, words) in [
        (
            action("Deploy", "ECS", source, rolling),
            r#"EcsDeploy::new("shop", "web", &source).file_name("images.json").deployment_timeout(15)"#,
        ),
        (
            action("Deploy", "EC2", source, machines),
            r#"Ec2Deploy::new("app", Ec2DeploySpecifications::inline("/srv", "start.sh").pre_script("stop.sh"), &source,).instance_tag_value("shop").max_batch(Ec2MaxInstances::Percentage(25)).max_error(Ec2MaxInstances::Count(1)).target_group("a").target_group("b")"#,
        ),
        (
            action("Deploy", "EC2", source, nodes),
            r#"Ec2Deploy::new("app", Ec2DeploySpecifications::file("deploy.yaml"), &source).managed_nodes()"#,
        ),
        (
            action("Deploy", "Lambda", source, canary),
            r#"LambdaDeploy::new(web, &source).function_alias("live").deploy_strategy(LambdaDeployStrategy::Canary { percent: 10, minutes: 5 }).alarm("errors")"#,
        ),
        (
            action("Deploy", "Lambda", "", back),
            r#"LambdaDeploy::version(web, "live", "7").deploy_strategy(LambdaDeployStrategy::Linear { percent: 10, minutes: 1 })"#,
        ),
        (
            action("Deploy", "ElasticBeanstalk", source, beanstalk),
            r#"ElasticBeanstalkDeploy::new("shop", "shop-live", &source)"#,
        ),
        (
            action("Deploy", "AppConfig", source, flags),
            r#"AppConfigDeploy::new("abc1234", "def5678", "ghi9012", source.file("flags.json")).deployment_strategy("AppConfig.AllAtOnce")"#,
        ),
        (
            action("Deploy", "ServiceCatalog", source, version),
            r#"ServiceCatalogDeploy::new("prod-abc", "v 7", source.file("/bucket.yaml")).product_version_description("a bucket")"#,
        ),
        (
            action("Deploy", "ServiceCatalog", source, told),
            r#"ServiceCatalogDeploy::file("prod-abc", source.file("version.json"))"#,
        ),
        (
            action("Deploy", "EKS", source, manifests),
            r#"EksDeploy::manifests(shop, ["a.yaml", "b.yaml"], &source).namespace("web").subnet("subnet-00000001").subnet("subnet-00000002").security_group("sg-00000001").environment("IMAGE", "web:7")"#,
        ),
        (
            action("Deploy", "EKS", source, chart),
            r#"EksDeploy::helm(shop, HelmRelease::new("web", "charts/web").values_file("live.yaml"), &source,)"#,
        ),
        (action("Deploy", "CodeDeploy", source, servers), r#"CodeDeployServerDeploy::new("shop", "web", &source)"#),
        (
            action("Deploy", "CodeDeployToECS", source, blue_green),
            r#"CodeDeployEcsDeploy::new("shop","web",source.file("taskdef.json"),source.file("appspec.yaml"),).image(&source, "IMAGE")"#,
        ),
        (
            action("Build", "ECRBuildAndPublish", source, build),
            r#"EcrBuildAndPublish::new("web", &source).dockerfile_directory("docker").image_tag("latest").image_tag("v1").public_registry()"#,
        ),
        (
            action("Invoke", "CodePipeline", "", next),
            r#"PipelineInvoke::new("next").variable("A", "b").source_revision("S", RevisionType::CommitId, "c")"#,
        ),
    ] {
        let dir = files("import-containers", &[("orders.json", &json)]);
        let said = synth(["import", dir.join("orders.json").to_str().unwrap(), "--region", "eu-west-1"]);
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(said.code, 0, "{}", said.stderr);
        assert!(bare(&said.stdout).contains(&bare(words)), "{words}\n{}{}", said.stdout, said.stderr);
    }
}

#[test]
fn what_no_words_of_the_library_say_is_told() {
    let odd = r#"{ "name": "Odd", "actionTypeId": { "category": "Test", "owner": "ThirdParty", "provider": "BlazeMeter", "version": "1" } }"#;
    let dir = files("import-wordless", &[("orders.json", &approval(odd)), ("ask.json", &approval(ASK))]);
    let said = |file: &str| synth(["import", dir.join(file).to_str().unwrap(), "--region", "eu-west-1"]).stderr;
    assert!(
        said("orders.json").contains("`Odd` of stage `Approve` (`BlazeMeter`): in the program"),
        "{}",
        said("orders.json")
    );
    assert!(!said("ask.json").contains("(`Manual`)"), "{}", said("ask.json"));
}

#[test]
fn values_that_only_a_deployment_tells_have_to_be_put_in() {
    let ask = ASK.replace(
        "\"name\": \"Ask\",",
        "\"name\": \"Ask\", \"configuration\": { \"CustomData\": \"<b>look</b> <Url of Page in orders>, <id of Page in orders>\" },",
    );
    let dir = files("import-gaps", &[("gaps.json", &approval(&ask)), ("none.json", &approval(ASK))]);
    let said = |file: &str| synth(["import", dir.join(file).to_str().unwrap(), "--region", "eu-west-1"]).stderr;
    let gaps = said("gaps.json");
    assert!(gaps.contains("only a deployment tells: `<Url of Page in orders>`, `<id of Page in orders>`\n"), "{gaps}");
    assert!(!said("none.json").contains("only a deployment"), "{}", said("none.json"));
}

/// A parameter of a stack may be a reference that the stack looks up; in a template of the pipeline it would be looked up before.
#[test]
fn references_that_cloudformation_would_replace_are_told() {
    let reference = "{{resolve:secretsmanager:db:SecretString:password}}";
    let ask = ASK.replace(
        "\"name\": \"Ask\",",
        &format!("\"name\": \"Ask\", \"configuration\": {{ \"CustomData\": \"of {reference}, of {reference}\" }},"),
    );
    let dir = files("import-references", &[("some.json", &approval(&ask)), ("none.json", &approval(ASK))]);
    let said = |file: &str| synth(["import", dir.join(file).to_str().unwrap(), "--region", "eu-west-1"]);
    let some = said("some.json");
    assert_eq!(some.code, 0, "{}", some.stderr);
    assert!(some.stderr.contains(&format!("in the place of `{reference}`\n")), "{}", some.stderr);
    assert!(!said("none.json").stderr.contains("in the place of"), "{}", said("none.json").stderr);
}

#[test]
fn a_pipeline_by_itself_needs_a_region() {
    let dir = files("import-region", &[("orders.json", &approval(ASK))]);
    let file = dir.join("orders.json");
    let said = synth(["import".as_ref(), file.as_os_str()]).unusable();
    assert!(said.contains("which region") && said.contains("--region"), "{said}");
    let said = synth(["import", file.to_str().unwrap(), "--region", "eu-west-1", "--account", "111111111111"]);
    assert!(said.stdout.contains("Env::new(\"111111111111\", \"eu-west-1\")"), "{}{}", said.stdout, said.stderr);
    let said = synth(["import", file.to_str().unwrap(), "--region", "eu-west-1", "--emit", "json"]);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(json["pipeline"]["stages"][1]["actions"][0]["inputArtifacts"], serde_json::json!([]));
}

#[test]
fn everything_that_is_wrong_is_named_with_its_place() {
    let wrong = [
        ("list", "[]".to_owned(), ("json::not-a-pipeline", "it is no object")),
        (
            "template",
            "{ \"Resources\": {} }".to_owned(),
            ("json::not-a-pipeline", "it is a template, or a part of one"),
        ),
        (
            "yaml",
            "Resources:\n  Pipeline:\n".to_owned(),
            ("json::not-a-pipeline", "help: of a pipeline that it made, give what `aws codepipeline"),
        ),
        ("empty", "{ \"pipeline\": {} }".to_owned(), ("json::missing-key", "`pipeline.roleArn` is missing")),
        (
            "type",
            approval(&ASK.replace("\"Ask\"", "7")),
            ("json::wrong-type", "`stages[1].actions[0].name` is a number, not a text"),
        ),
        (
            "word",
            approval(&ASK.replace("Approval", "Wait")),
            (
                "json::unknown-word",
                "`stages[1].actions[0].actionTypeId.category` is `Wait`, which is none of its words",
            ),
        ),
        (
            "stores",
            approval(ASK).replace(
                "\"stages\"",
                "\"artifactStores\": { \"us-east-1\": { \"type\": \"S3\", \"location\": \"x\" } }, \"stages\"",
            ),
            ("json::artifact-stores", "both `artifactStore` and `artifactStores`"),
        ),
    ];
    for (name, json, (code, words)) in wrong {
        let dir = files(&format!("import-wrong-{name}"), &[("pipeline.json", &json)]);
        let (out, said) = synth(["import".as_ref(), dir.join("pipeline.json").as_os_str()]).findings();
        assert_eq!(out, "");
        assert!(said.contains(words) && said.contains(&format!("error[{code}]: ")), "{name}: {said}");
    }
}

#[test]
fn what_is_no_json_is_refused_as_a_file_is_that_cannot_be_read() {
    let dir = files("import-no-json", &[("pipeline.json", "{ \"pipeline\": {\n  \"name\": }")]);
    let said = synth(["import".as_ref(), dir.join("pipeline.json").as_os_str()]).unusable();
    assert!(
        said.contains("this is no JSON: ") && said.contains("at line 2, column 11\n  help: give it what"),
        "{said}"
    );
}

#[test]
fn what_is_refused_is_shown_with_what_refuses_it() {
    let deploy = ASK
        .replace("Approval", "Deploy")
        .replace("Manual", "S3")
        .replace("\"name\": \"Ask\",", "\"name\": \"Publish\", \"inputArtifacts\": [{ \"name\": \"Nothing\" }],");
    let dir = files("import-refused", &[("orders.json", &approval(&deploy))]);
    let file = dir.join("orders.json");
    let (program, said) = synth(["import", file.to_str().unwrap(), "--region", "eu-west-1"]).findings();
    assert!(program.contains("fn app() -> App"), "{program}");
    assert!(said.contains("refuses the program") && said.contains("error[artifact::never-written]: "), "{said}");
}
