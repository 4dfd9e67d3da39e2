//! The proof on templates that other tools and other people made.

use construct_core::{Assembly, Severity};
use construct_pipeline::access::template::{Template, Templates};
use construct_pipeline::access::{Access, Orders, Outside, PolicyKind, Purpose, Report, prove};
use serde_json::{Value, json};

const TOOLS: &str = "111111111111";
const TARGET: &str = "222222222222";

fn told(report: &Report) -> String {
    report.findings().to_string()
}

/// What the AWS CDK makes of a pipeline across accounts and regions: see the README beside it.
fn cdk() -> Templates<'static> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/aws-cdk-2.276.0");
    Templates::of(&Assembly::read(dir).expect("the stored assembly")).into_owned()
}

#[test]
fn cdk_allows_what_is_needed() {
    let report = prove(&cdk(), &Outside::new());
    assert_eq!(report.holes().count(), 0, "{}", told(&report));
    assert_eq!(report.assumptions().count(), 0, "{}", told(&report));
    assert_eq!(report.notes().len(), 0, "{}", told(&report));
}

#[test]
fn cdk_lacks_an_edge_between_stacks() {
    let report = prove(&cdk(), &Outside::new());
    let order = report.order();
    let [edge] = order.missing.as_slice() else { panic!("one edge: {order:?}") };
    assert_eq!((&*edge.stack, &*edge.needs), ("Delivery-support-eu-west-1", "Delivery-support-222222222222"));
    assert!(edge.fails);
    assert_eq!(order.orders, Orders::Counted { allowed: 2, failing: 1 });
    let errors: Vec<String> = report
        .findings()
        .iter()
        .filter(|one| one.severity() == Severity::Error)
        .map(|one| one.code().to_owned())
        .collect();
    assert_eq!(errors, ["access::order"]);
}

#[test]
fn cdk_gives_too_much_on_keys_and_nothing_else() {
    let report = prove(&cdk(), &Outside::new());
    let mut wide: Vec<_> =
        report.too_wide().iter().map(|wide| (wide.place.kind, &*wide.place.logical_id, wide.statement)).collect();
    wide.sort_unstable();
    assert_eq!(
        wide,
        [
            (PolicyKind::Identity, "DeliveryPipelineF72ADE24ReleaseFarActionRoleDefaultPolicy54D1EEC4", 2),
            (PolicyKind::Identity, "DeliveryPipelineF72ADE24ReleaseNearActionRoleDefaultPolicyB74F2DFF", 2),
            (PolicyKind::Identity, "PipelineReleaseHomeCodePipelineActionRoleDefaultPolicy4E12A2E6", 2),
            (PolicyKind::Identity, "PipelineRoleDefaultPolicyC7A05455", 1),
            (PolicyKind::Key, "CrossRegionCodePipelineReplicationBucketEncryptionKey70216490", 0),
            (PolicyKind::Key, "PipelineArtifactsBucketEncryptionKey01D58D69", 0),
        ]
    );
    assert!(report.leaks().all(|access| access.purpose == Purpose::KeyOutsideStore), "{}", told(&report));
    let words = " uses the key of the store for other things than artifacts";
    assert!(report.leaks().all(|access| report.what_for(access).ends_with(words)), "{}", told(&report));
    assert_eq!(report.leaks().count(), 4);
}

/// A pair of templates as people write them by hand: one for the account of the pipeline, one for each target, tied by
/// parameters.
fn by_hand() -> (Value, Value) {
    let trust = |principal: Value| json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }] });
    let store = json!({ "Fn::Sub": "arn:aws:s3:::${Artifacts}/*" });
    let target_role = |name: &str| json!({ "Fn::Sub": format!("arn:aws:iam::${{TargetAccount}}:role/{name}") });
    let use_key = json!(["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]);
    let log = json!({ "Fn::Sub": "arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/codebuild/${Build}" });
    let own_use = json!([
        { "Effect": "Allow", "Action": ["s3:GetObject*", "s3:PutObject", "s3:GetBucket*"], "Resource": [store, { "Fn::GetAtt": ["Artifacts", "Arn"] }] },
        { "Effect": "Allow", "Action": use_key, "Resource": { "Fn::GetAtt": ["Key", "Arn"] } },
        { "Effect": "Allow", "Action": ["codecommit:*"], "Resource": { "Fn::Sub": "arn:aws:codecommit:${AWS::Region}:${AWS::AccountId}:app" } },
        { "Effect": "Allow", "Action": ["codebuild:StartBuild", "codebuild:BatchGetBuilds"], "Resource": { "Fn::GetAtt": ["Build", "Arn"] } },
        { "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": target_role("pipeline-actions") },
        { "Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "Resource": [log, { "Fn::Sub": "arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/codebuild/${Build}:*" }] },
    ]);
    let policies = |statements: &Value| json!([{ "PolicyName": "own", "PolicyDocument": { "Version": "2012-10-17", "Statement": statements } }]);
    let type_id = |category: &str, provider: &str| json!({ "Category": category, "Owner": "AWS", "Provider": provider, "Version": "1" });
    let tools = json!({
        "Parameters": {
            "TargetAccount": { "Type": "String" },
            "Ready": { "Type": "String", "Default": "no", "AllowedValues": ["yes", "no"] },
        },
        "Conditions": { "TargetIsReady": { "Fn::Equals": [{ "Ref": "Ready" }, "yes"] } },
        "Resources": {
            "Key": { "Type": "AWS::KMS::Key", "Properties": { "KeyPolicy": { "Version": "2012-10-17", "Statement": [
                { "Sid": "Admin", "Effect": "Allow", "Principal": { "AWS": { "Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root" } }, "Action": "kms:*", "Resource": "*" },
                { "Sid": "Use", "Effect": "Allow", "Principal": { "AWS": { "Fn::If": ["TargetIsReady", { "Fn::Sub": "arn:aws:iam::${TargetAccount}:root" }, { "Ref": "AWS::NoValue" }] } }, "Action": use_key, "Resource": "*" },
            ]}}},
            "Artifacts": { "Type": "AWS::S3::Bucket", "Properties": { "BucketName": { "Fn::Sub": "artifacts-${AWS::Region}-${AWS::AccountId}" } } },
            "ArtifactsPolicy": { "Type": "AWS::S3::BucketPolicy", "Condition": "TargetIsReady", "Properties": { "Bucket": { "Ref": "Artifacts" }, "PolicyDocument": { "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Principal": { "AWS": [target_role("pipeline-actions"), target_role("pipeline-deployment")] }, "Action": ["s3:GetObject*"], "Resource": store },
                { "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": store, "Condition": { "Bool": { "aws:SecureTransport": "false" } } },
            ]}}},
            "Role": { "Type": "AWS::IAM::Role", "Properties": { "RoleName": "pipeline", "AssumeRolePolicyDocument": trust(json!({ "Service": ["codepipeline.amazonaws.com", "codebuild.amazonaws.com"] })), "Policies": policies(&own_use) } },
            "Build": { "Type": "AWS::CodeBuild::Project", "Properties": { "ServiceRole": { "Fn::GetAtt": ["Role", "Arn"] }, "EncryptionKey": { "Ref": "Key" } } },
            "Pipeline": { "Type": "AWS::CodePipeline::Pipeline", "Properties": {
                "RoleArn": { "Fn::GetAtt": ["Role", "Arn"] },
                "ArtifactStore": { "Type": "S3", "Location": { "Ref": "Artifacts" }, "EncryptionKey": { "Type": "KMS", "Id": { "Fn::GetAtt": ["Key", "Arn"] } } },
                "Stages": [
                    { "Name": "Source", "Actions": [{ "Name": "App", "ActionTypeId": type_id("Source", "CodeCommit"), "Configuration": { "RepositoryName": "app", "BranchName": "main" }, "OutputArtifacts": [{ "Name": "Code" }] }] },
                    { "Name": "Build", "Actions": [{ "Name": "Build", "ActionTypeId": type_id("Build", "CodeBuild"), "Configuration": { "ProjectName": { "Ref": "Build" } }, "InputArtifacts": [{ "Name": "Code" }], "OutputArtifacts": [{ "Name": "Package" }] }] },
                    { "Fn::If": ["TargetIsReady", { "Name": "Deploy", "Actions": [{
                        "Name": "Deploy", "ActionTypeId": type_id("Deploy", "CloudFormation"), "RoleArn": target_role("pipeline-actions"), "InputArtifacts": [{ "Name": "Package" }],
                        "Configuration": { "ActionMode": "CREATE_UPDATE", "StackName": "app", "TemplatePath": "Package::app.yml", "RoleArn": target_role("pipeline-deployment") },
                    }] }, { "Ref": "AWS::NoValue" }] },
                ],
            }},
        },
        "Outputs": { "KeyArn": { "Value": { "Fn::GetAtt": ["Key", "Arn"] } } },
    });
    let target_use = json!([
        { "Effect": "Allow", "Action": "s3:GetObject*", "Resource": { "Fn::Sub": "arn:aws:s3:::${Bucket}/*" } },
        { "Effect": "Allow", "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": { "Ref": "KeyArn" } },
        { "Effect": "Allow", "Action": "cloudformation:*", "Resource": "*" },
        { "Effect": "Allow", "Action": "iam:PassRole", "Resource": { "Fn::GetAtt": ["Deployment", "Arn"] } },
    ]);
    let target = json!({
        "Parameters": { "KeyArn": { "Type": "String" }, "Bucket": { "Type": "String" }, "ToolsAccount": { "Type": "String" } },
        "Resources": {
            "Actions": { "Type": "AWS::IAM::Role", "Properties": { "RoleName": "pipeline-actions", "AssumeRolePolicyDocument": trust(json!({ "AWS": { "Fn::Sub": "arn:aws:iam::${ToolsAccount}:role/pipeline" } })), "Policies": policies(&target_use) } },
            "Deployment": { "Type": "AWS::IAM::Role", "Properties": { "RoleName": "pipeline-deployment", "AssumeRolePolicyDocument": trust(json!({ "Service": "cloudformation.amazonaws.com" })), "Policies": policies(&json!([target_use[0], target_use[1]])) } },
        },
    });
    (tools, target)
}

fn templates(key: Option<&str>) -> Templates<'static> {
    let (tools, target) = by_hand();
    let tools =
        Template::new("tools", TOOLS, "us-east-1", tools).parameter("TargetAccount", TARGET).parameter("Ready", "yes");
    let tools = key.into_iter().fold(tools, |tools, key| tools.physical_id("Key", key));
    let target = Template::new("target", TARGET, "us-east-1", target)
        .parameter("ToolsAccount", TOOLS)
        .parameter("Bucket", "artifacts-us-east-1-111111111111");
    let target = key
        .into_iter()
        .fold(target, |target, key| target.parameter("KeyArn", format!("arn:aws:kms:us-east-1:{TOOLS}:key/{key}")));
    Templates::new().with(tools).with(target)
}

#[test]
fn hand_written_templates_with_their_parameters() {
    let report = prove(&templates(Some("0a1b2c3d")), &Outside::new());
    assert_eq!(report.holes().count(), 0, "{}", told(&report));
    assert_eq!(report.assumptions().count(), 0, "{}", told(&report));
    assert_eq!(report.order().orders, Orders::NotStated);
    // The key lets in whole accounts, for anything.
    assert!(report.leaks().any(|access| access.purpose == Purpose::Stranger && access.iam_action() == "kms:Decrypt"));
    assert!(report.leaks().all(|access| !access.is_outsider()), "{}", told(&report));
}

/// Deployed together they would be refused, whichever comes first is not for the proof to say.
#[test]
fn hand_written_templates_are_told_what_has_to_be_there_first() {
    let (mut tools, target) = by_hand();
    let named = json!({ "AWS": format!("arn:aws:iam::{TARGET}:role/pipeline-deployment") });
    let first = tools.pointer_mut("/Resources/Key/Properties/KeyPolicy/Statement/0/Principal");
    *first.expect("the key has a policy") = named;
    let templates = Templates::new()
        .with(Template::new("tools", TOOLS, "us-east-1", tools).parameter("TargetAccount", TARGET))
        .with(Template::new("target", TARGET, "us-east-1", target));
    let report = prove(&templates, &Outside::new());
    let [edge] = &*report.order().unstated else { panic!("{:?}", report.order()) };
    assert_eq!((&*edge.stack, &*edge.needs), ("tools", "target"));
    assert!(edge.because.contains("names the role `Deployment` as principal"), "{}", edge.because);
    assert!(report.order().missing.is_empty());
}

#[test]
fn a_build_project_may_name_its_role_without_the_arn() {
    let (mut tools, target) = by_hand();
    let mut role = tools["Resources"]["Role"].clone();
    role["Properties"].as_object_mut().expect("properties").remove("RoleName");
    tools["Resources"]["BuildRole"] = role;
    for name in ["Role", "BuildRole"] {
        tools["Resources"]["Build"]["Properties"]["ServiceRole"] = json!({ "Ref": name });
        let tools = Template::new("tools", TOOLS, "us-east-1", tools.clone());
        let tools = tools.parameter("TargetAccount", TARGET).parameter("Ready", "yes").physical_id("Key", "0a1b2c3d");
        let target = Template::new("target", TARGET, "us-east-1", target.clone())
            .parameter("ToolsAccount", TOOLS)
            .parameter("Bucket", "artifacts-us-east-1-111111111111")
            .parameter("KeyArn", format!("arn:aws:kms:us-east-1:{TOOLS}:key/0a1b2c3d"));
        let report = prove(&Templates::new().with(tools).with(target), &Outside::new());
        assert_eq!((report.holes().count(), report.assumptions().count()), (0, 0), "{name}: {}", told(&report));
    }
}

#[test]
fn a_parameter_without_a_value_is_an_assumption() {
    let report = prove(&templates(None), &Outside::new());
    assert_eq!(report.holes().count(), 0, "{}", told(&report));
    let open: Vec<String> = report.assumptions().map(|access| report.explain(access)).collect();
    assert!(!open.is_empty());
    for text in open {
        assert!(text.contains("kms:Decrypt") && text.contains("<parameter KeyArn of target>"), "{text}");
    }
}

#[test]
fn a_wrong_parameter_is_a_hole() {
    let (tools, target) = by_hand();
    let tools =
        Template::new("tools", TOOLS, "us-east-1", tools).parameter("TargetAccount", TARGET).parameter("Ready", "yes");
    let target = Template::new("target", TARGET, "us-east-1", target)
        .parameter("ToolsAccount", "333333333333")
        .parameter("Bucket", "another-bucket")
        .parameter("KeyArn", "arn:aws:kms:eu-west-1:111111111111:key/1");
    let report = prove(&Templates::new().with(tools).with(target), &Outside::new());
    for call in ["sts:AssumeRole", "s3:GetObject", "kms:Decrypt"] {
        assert!(report.holes().any(|access| access.iam_action() == call), "{call}\n{}", told(&report));
    }
}

#[test]
fn a_condition_that_does_not_hold_takes_the_stage_away() {
    let (tools, _) = by_hand();
    let tools = Template::new("tools", TOOLS, "us-east-1", tools).parameter("TargetAccount", TARGET);
    let report = prove(&Templates::new().with(tools), &Outside::new());
    assert_eq!(report.pipelines().next().map_or(0, |(_, actions)| actions.count()), 2);
    assert_eq!(report.holes().count(), 0, "{}", told(&report));
}

/// What lacks of the log of the build, always and sometimes, after a change of the project or of what the role may write.
fn lacking_log(change: impl FnOnce(&mut Value, &mut Value)) -> [Vec<String>; 2] {
    let (mut tools, _) = by_hand();
    let resources = tools["Resources"].as_object_mut().expect("resources");
    let mut project = resources.remove("Build").expect("the project");
    let statements = resources["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].as_array_mut();
    let log = statements.and_then(|statements| statements.last_mut()).expect("the log comes last");
    change(&mut project["Properties"], log);
    resources.insert("Build".into(), project);
    let tools = Template::new("tools", TOOLS, "us-east-1", tools).parameter("TargetAccount", TARGET);
    let report = prove(&Templates::new().with(tools), &Outside::new());
    let calls = |access: &Access| access.iam_action().to_owned();
    let [holes, risks] = [report.holes().map(calls).collect(), report.risks().map(calls).collect()];
    [holes, risks]
}

#[test]
fn a_build_writes_its_log_with_the_role_of_the_project() {
    let none: [&str; 0] = [];
    let (stream, all) = (["logs:CreateLogStream", "logs:PutLogEvents"], json!("*"));
    assert_eq!(lacking_log(|_, _| {}), [none, none]);
    assert_eq!(lacking_log(|_, log| log["Action"] = json!("sqs:*")), [&stream[..], &["logs:CreateLogGroup"]]);
    assert_eq!(lacking_log(|_, log| log["Action"] = json!(stream)), [&[][..], &["logs:CreateLogGroup"]]);
    let off = json!({ "CloudWatchLogs": { "Status": "DISABLED" } });
    let without = |project: &mut Value, log: &mut Value| {
        project["LogsConfig"] = off.clone();
        log["Action"] = json!("sqs:*");
    };
    assert_eq!(lacking_log(without), [none, none]);
    // Of a group that the project names, somebody else takes care.
    let named = json!({ "CloudWatchLogs": { "Status": "ENABLED", "GroupName": "builds", "StreamName": "app" } });
    let elsewhere = |project: &mut Value, _: &mut Value| project["LogsConfig"] = named.clone();
    assert_eq!(lacking_log(elsewhere), [&stream[..], &[]]);
    let there = |project: &mut Value, log: &mut Value| {
        project["LogsConfig"] = named.clone();
        *log = json!({ "Effect": "Allow", "Action": stream, "Resource": "arn:aws:logs:us-east-1:111111111111:log-group:builds:log-stream:app/*" });
    };
    assert_eq!(lacking_log(there), [none, none]);
    let everything = |project: &mut Value, log: &mut Value| {
        project["LogsConfig"] = named.clone();
        log["Resource"] = all.clone();
    };
    assert_eq!(lacking_log(everything), [none, none]);
}

#[test]
fn outside_facts_settle_what_templates_leave_open() {
    let (tools, _) = by_hand();
    let tools = Template::new("tools", TOOLS, "us-east-1", tools)
        .parameter("TargetAccount", TARGET)
        .parameter("Ready", "yes")
        .physical_id("Key", "0a1b2c3d");
    let templates = Templates::new().with(tools);
    let report = prove(&templates, &Outside::new());
    assert_eq!(report.holes().count(), 0, "{}", told(&report));
    assert!(report.assumptions().any(|access| access.iam_action() == "sts:AssumeRole"), "{}", told(&report));

    let document = |statements: Value| json!({ "Version": "2012-10-17", "Statement": statements });
    let allow_all = || document(json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }));
    let trust =
        |principal: Value| document(json!({ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }));
    let actions = format!("arn:aws:iam::{TARGET}:role/pipeline-actions");
    let deployment = format!("arn:aws:iam::{TARGET}:role/pipeline-deployment");
    let outside = Outside::new()
        .role(&actions, [allow_all()])
        .trust(&actions, trust(json!({ "AWS": TOOLS })))
        .role(&deployment, [allow_all()])
        .trust(&deployment, trust(json!({ "Service": "cloudformation.amazonaws.com" })));
    let report = prove(&templates, &outside);
    assert_eq!((report.holes().count(), report.assumptions().count()), (0, 0), "{}", told(&report));

    let deny = document(
        json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }, { "Sid": "NoKeys", "Effect": "Deny", "Action": "kms:*", "Resource": "*" }]),
    );
    let report = prove(&templates, &outside.scps(TARGET, "root", [deny]));
    assert!(report.holes().any(|access| access.iam_action() == "kms:Decrypt"), "{}", told(&report));
    assert!(told(&report).contains("NoKeys"), "{}", told(&report));
}

#[test]
fn what_owners_are_asked_for_names_what_templates_make() {
    let (mut tools, _) = by_hand();
    tools["Resources"]["Artifacts"]["Properties"] = json!({});
    let tools =
        Template::new("tools", TOOLS, "us-east-1", tools).parameter("TargetAccount", TARGET).parameter("Ready", "yes");
    let document = |actions: Value| {
        let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
        json!({ "Version": "2012-10-17", "Statement": statement })
    };
    let actions = format!("arn:aws:iam::{TARGET}:role/pipeline-actions");
    let outside = Outside::new().role(actions, [document(json!(["cloudformation:*", "iam:*"]))]);
    let report = prove(&Templates::new().with(tools), &outside);
    let bucket = r#""Resource":"arn:aws:s3:::<id of Artifacts in tools>/*""#;
    let key = r#""Resource":"arn:aws:kms:us-east-1:111111111111:key/<id of Key in tools>""#;
    assert!(told(&report).contains(bucket), "{}", told(&report));
    assert!(told(&report).contains(key), "{}", told(&report));
}

/// As the CDK writes stacks without `env`.
#[test]
fn an_account_that_nobody_tells_is_none_of_those_that_stay_out() {
    let (mut tools, _) = by_hand();
    let key = tools.pointer_mut("/Resources/Key/Properties/KeyPolicy/Statement").and_then(Value::as_array_mut);
    key.expect("statements").pop();
    let tools = Template::new("tools", "unknown-account", "unknown-region", tools);
    let report = prove(&Templates::new().with(tools.parameter("TargetAccount", TARGET)), &Outside::new());
    let strangers = report.accesses().iter().filter(|access| access.purpose == Purpose::Stranger);
    let open: Vec<&Access> = strangers.filter(|access| !access.is_proved()).collect();
    assert!(open.is_empty(), "{}", told(&report));
    let note = "in an account of which no template tells the number";
    assert!(report.notes().iter().any(|one| one.contains(note)), "{:?}", report.notes());
}

#[test]
fn what_is_said_of_two_stacks_of_one_name_names_their_environments() {
    let (tools, _) = by_hand();
    let copy = json!({ "Resources": { "Artifacts": tools["Resources"]["Artifacts"].clone() } });
    let tools = Template::new("orders", TOOLS, "us-east-1", tools).parameter("TargetAccount", TARGET);
    let mut copy = copy;
    copy["Resources"]["Artifacts"]["Properties"]["BucketName"] = json!(format!("artifacts-us-east-1-{TOOLS}"));
    let report =
        prove(&Templates::new().with(tools).with(Template::new("orders", TARGET, "eu-west-1", copy)), &Outside::new());
    let clash = report.findings().iter().find(|one| one.code() == "access::name-clash").map(ToString::to_string);
    let clash = clash.expect("two buckets have one name");
    for name in [format!("orders ({TOOLS}/us-east-1)"), format!("orders ({TARGET}/eu-west-1)")] {
        assert!(clash.contains(&format!("`Artifacts` of stack `{name}`")), "{clash}");
    }
}
