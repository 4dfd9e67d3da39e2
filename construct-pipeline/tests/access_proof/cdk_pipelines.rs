//! The proof on what CDK Pipelines make: see the README in `tests/data/cdk-pipelines-2.276.0`.

use construct_core::Assembly;
use construct_pipeline::access::template::{Template, Templates};
use construct_pipeline::access::{Access, Orders, Outside, Purpose, Report, prove};
use serde_json::{Value, json};

const STAGES: [(&str, &str); 2] = [("222222222222", "us-east-1"), ("333333333333", "eu-west-1")];

fn cdk() -> Templates<'static> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/cdk-pipelines-2.276.0");
    Templates::of(&Assembly::read(dir).expect("the stored assembly")).into_owned()
}

/// What the bootstrap stack of an environment has for pipelines: the role that deploys, and the one that it hands over.
fn bootstrap(account: &str, region: &str) -> Template<'static> {
    let name = |role: &str| format!("cdk-hnb659fds-{role}-role-{account}-{region}");
    let statement =
        |actions: Value, resource: Value| json!({ "Effect": "Allow", "Action": actions, "Resource": resource });
    let under = |mut statement: Value, operator: &str, key: &str, value: &str| {
        statement["Condition"] = json!({ operator: { key: value } });
        statement
    };
    let stacks = json!([
        "cloudformation:CreateChangeSet",
        "cloudformation:DeleteChangeSet",
        "cloudformation:DescribeChangeSet",
        "cloudformation:DescribeStacks",
        "cloudformation:ExecuteChangeSet",
    ]);
    let artifacts = statement(json!(["s3:GetObject*", "s3:GetBucket*", "s3:List*"]), json!("*"));
    let keys = statement(json!(["kms:Decrypt", "kms:DescribeKey"]), json!("*"));
    let deploys = json!({ "Version": "2012-10-17", "Statement": [
        statement(stacks, json!("*")),
        under(artifacts, "StringNotEquals", "s3:ResourceAccount", account),
        under(keys, "StringEquals", "kms:ViaService", &format!("s3.{region}.amazonaws.com")),
        statement(json!("iam:PassRole"), json!({ "Fn::GetAtt": ["Execution", "Arn"] })),
    ]});
    let trust = |principal: Value| {
        let assume = json!({ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" });
        json!({ "Version": "2012-10-17", "Statement": [assume] })
    };
    let body = json!({ "Resources": {
        "Deployment": { "Type": "AWS::IAM::Role", "Properties": {
            "RoleName": name("deploy"),
            "AssumeRolePolicyDocument": trust(json!({ "AWS": "111111111111" })),
            "Policies": [{ "PolicyName": "default", "PolicyDocument": deploys }],
        }},
        "Execution": { "Type": "AWS::IAM::Role", "Properties": {
            "RoleName": name("cfn-exec"),
            "AssumeRolePolicyDocument": trust(json!({ "Service": "cloudformation.amazonaws.com" })),
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
        }},
    }});
    Template::new("CDKToolkit", account, region, body)
}

fn bootstrapped(templates: Templates<'static>) -> Templates<'static> {
    STAGES.iter().fold(templates, |all, (account, region)| all.with(bootstrap(account, region)))
}

fn told(report: &Report) -> String {
    report.findings().to_string()
}

fn of_deployments(report: &Report) -> impl Iterator<Item = &Access> {
    report.accesses().iter().filter(|access| matches!(access.purpose, Purpose::DeploymentReads { .. }))
}

/// The bootstrap stacks are in no assembly: they are there before it.
#[test]
fn with_the_bootstrap_stacks_everything_is_proved() {
    let report = prove(&bootstrapped(cdk()), &Outside::new());
    assert_eq!(report.holes().count() + report.risks().count(), 0, "{}", told(&report));
    assert_eq!(report.assumptions().count(), 0, "{}", told(&report));
    assert!(report.order().is_proved(), "{}", told(&report));
    assert_eq!(report.order().orders, Orders::Counted { allowed: 12, failing: 0 });
}

/// CloudFormation gets the template from the role of the action. The role that it deploys with would read files that the
/// template names, and the templates of the stages name none.
#[test]
fn deployments_need_no_artifacts_for_templates_that_name_none() {
    let report = prove(&cdk(), &Outside::new());
    assert_eq!(of_deployments(&report).filter(|access| !access.is_proved()).count(), 0, "{}", told(&report));
    assert_eq!(report.holes().count() + report.risks().count(), 0, "{}", told(&report));
    // The roles are known by their names alone.
    let unknown = report.unknown_policies();
    assert!(unknown.iter().all(|arn| arn.contains(":role/cdk-hnb659fds-")), "{unknown:?}");
    assert_eq!(unknown.len(), 4);
}

/// A template that is not in the assembly may be made by a build, which put code into the bucket beside it.
#[test]
fn what_a_template_reads_that_nobody_knows_is_told() {
    let all = cdk();
    let of_home = all.iter().filter(|template| !template.stack_name().ends_with("-Queues")).cloned();
    let report = prove(&bootstrapped(of_home.fold(Templates::new(), Templates::with)), &Outside::new());
    assert_eq!((report.holes().count(), report.risks().count()), (0, 6), "{}", told(&report));
    assert!(told(&report).contains("is needed if the template refers to files in artifacts"));
}

/// Of a role that no template makes it is not said what its policies lack.
#[test]
fn what_an_unknown_role_may_do_is_not_known() {
    let all = cdk();
    let of_home = all.iter().filter(|template| !template.stack_name().ends_with("-Queues")).cloned();
    let report = prove(&of_home.fold(Templates::new(), Templates::with), &Outside::new());
    let told = told(&report);
    assert!(told.contains("note: the policies of the role have to allow it, too, and are not known here"), "{told}");
    assert!(!told.contains("the policies of the role do not allow it"), "{told}");
    let role = "arn:aws:iam::333333333333:role/cdk-hnb659fds-cfn-exec-role-333333333333-eu-west-1";
    assert!(told.contains(&format!("and write into the permissions of `{role}`: {{")), "{told}");
}

/// CloudFormation reads the code that a parameter names with the role that it deploys with, and nobody lets that in.
#[test]
fn what_a_parameter_names_has_to_be_readable() {
    let all = cdk();
    let delivery = all.named("Delivery").expect("the stack of the pipeline");
    let mut body = Value::from(delivery.body());
    let overrides = r#"{"Code":{"Fn::GetArtifactAtt":["Synth_Output","ObjectKey"]}}"#;
    let pipeline = body["Resources"].as_object_mut().expect("resources").values_mut();
    let stages =
        pipeline.filter(|one| one["Type"] == "AWS::CodePipeline::Pipeline").map(|one| &mut one["Properties"]["Stages"]);
    for stage in
        stages.flat_map(|stages| stages.as_array_mut().expect("stages")).filter(|stage| stage["Name"] == "Test")
    {
        stage["Actions"][0]["Configuration"]["ParameterOverrides"] = overrides.into();
    }
    let others = all.iter().filter(|template| template.stack_name() != "Delivery").cloned();
    let delivery = Template::new("Delivery", "111111111111", "us-east-1", body);
    let all = others.fold(Templates::new().with(delivery), Templates::with);
    let report = prove(&bootstrapped(all), &Outside::new());
    let risks: Vec<&str> = report.risks().map(Access::iam_action).collect();
    assert_eq!(risks, ["s3:GetObject", "s3:GetObjectVersion", "kms:Decrypt"], "{}", told(&report));
    assert!(report.risks().all(|risk| report.location(risk) == "shop/Test/Prepare"));
    assert_eq!(report.holes().count() + report.assumptions().count(), 0, "{}", told(&report));
}
