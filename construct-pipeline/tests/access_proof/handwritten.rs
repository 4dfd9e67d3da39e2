//! What people write by hand, and generated templates never have.

use std::collections::BTreeSet;

use construct_pipeline::access::template::{Template, Templates};
use construct_pipeline::access::{Access, Outside, Purpose, Report, prove};
use serde_json::{Value, json};

fn trusts(service: &str) -> Value {
    let statement = json!({ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" });
    json!({ "Version": "2012-10-17", "Statement": statement })
}

fn allows(statements: &Value) -> Value {
    json!([{ "PolicyName": "work", "PolicyDocument": { "Version": "2012-10-17", "Statement": statements } }])
}

fn arn(role: &str) -> Value {
    json!({ "Fn::GetAtt": [role, "Arn"] })
}

/// A pipeline that deploys a stack with its own role, and nothing wrong.
fn template() -> Value {
    let action = |category: &str, provider: &str, configuration: Value| {
        let kind = json!({ "Category": category, "Owner": "AWS", "Provider": provider, "Version": 1 });
        json!({ "Name": provider, "ActionTypeId": kind, "Configuration": configuration })
    };
    let mut source = action("Source", "CodeCommit", json!({ "RepositoryName": "shop", "BranchName": "main" }));
    source["OutputArtifacts"] = json!([{ "Name": "Code" }]);
    let deploy = json!({
        "ActionMode": "CREATE_UPDATE", "StackName": "shop", "TemplatePath": "Code::t.yml", "RoleArn": arn("Role"),
    });
    let mut deploy = action("Deploy", "CloudFormation", deploy);
    deploy["InputArtifacts"] = json!([{ "Name": "Code" }]);
    let mut trust = trusts("codepipeline.amazonaws.com");
    trust["Statement"]["Principal"]["Service"] = json!(["codepipeline.amazonaws.com", "cloudformation.amazonaws.com"]);
    let all = json!([
        { "Effect": "Allow", "Action": ["s3:*", "codecommit:*", "cloudFormation:*"], "Resource": "*" },
        { "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*" },
    ]);
    json!({
        "Resources": {
            "Store": { "Type": "AWS::S3::Bucket" },
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": { "AssumeRolePolicyDocument": trust, "Policies": allows(&all) },
            },
            "Pipeline": {
                "Type": "AWS::CodePipeline::Pipeline",
                "Properties": {
                    "RoleArn": arn("Role"),
                    "ArtifactStore": { "Type": "S3", "Location": { "Ref": "Store" } },
                    "Stages": [
                        { "Name": "Source", "Actions": [source] },
                        { "Name": "Deploy", "Actions": [deploy] },
                    ],
                },
            },
        },
    })
}

fn proved(body: &Value) -> Report {
    prove(&Templates::new().with(Template::new("tools", "111111111111", "us-east-1", body)), &Outside::new())
}

/// The finding of a code that speaks of something: its message, its notes and its help.
fn finding(report: &Report, code: &str, about: &str) -> String {
    let findings = report.findings();
    let found = findings.iter().find(|one| one.code() == code && one.message().contains(about));
    assert!(found.is_some(), "no {code} about {about} in {findings}");
    found.map(ToString::to_string).unwrap_or_default()
}

fn holes(report: &Report) -> Vec<String> {
    report.holes().map(|access| report.explain(access)).collect()
}

#[test]
fn as_it_stands_all_is_allowed() {
    assert_eq!(holes(&proved(&template())), Vec::<String>::new());
}

/// What becomes of the calls of an action of a type that nobody knows, if its pipeline tells this of it.
fn calls(told: Option<Value>) -> Vec<(String, String, bool)> {
    let mut body = with_action_role();
    let pipeline = &mut body["Resources"]["Pipeline"];
    pipeline["Properties"]["Stages"][1]["Actions"][0] = json!({
        "Name": "Scan",
        "ActionTypeId": { "Category": "Test", "Owner": "AWS", "Provider": "NewScan", "Version": 1 },
        "Configuration": { "Topic": "#{Source.Topic}" },
        "InputArtifacts": [{ "Name": "Code" }],
    });
    if let Some(told) = told {
        pipeline["Metadata"] = json!({ "construct:actions": { "Deploy/Scan": told, "Deploy/Other": { "Calls": [] } } });
    }
    let report = proved(&body);
    let of_scan = |access: &&Access| access.action.as_ref().is_some_and(|action| &*action.name == "Scan");
    let calls = report.accesses().iter().filter(of_scan).filter(|access| access.purpose == Purpose::Calls);
    calls.map(|call| (call.iam_action().to_owned(), report.readable(call.resource()), call.is_proved())).collect()
}

#[test]
fn what_a_pipeline_tells_of_the_calls_of_an_action_is_asked() {
    let call = |action: &str, resource: Value| json!({ "Action": [action], "Resource": [resource] });
    let open = calls(None);
    assert!(matches!(open.as_slice(), [(action, on, false)] if action.is_empty() && on == "*"), "{open:?}");
    assert_eq!(calls(Some(json!({ "Worker": arn("Worker") }))), open, "that is not told");
    assert_eq!(calls(Some(json!({ "Calls": [] }))), [], "it is told that nothing is called");
    let topic = "arn:aws:sns:us-east-1:111111111111:#{Source.Topic}";
    let of_worker = |action: &str| {
        let mut call = call(action, json!({ "Fn::GetAtt": ["Store", "Arn"] }));
        call["Role"] = arn("Worker");
        call
    };
    let told = [
        call("codecommit:GetBranch", json!("arn:aws:codecommit:us-east-1:111111111111:shop-*")),
        call("sns:Publish", json!(topic)),
        of_worker("s3:ListBucket"),
        of_worker("sqs:SendMessage"),
    ];
    let asked: Vec<_> =
        calls(Some(json!({ "Calls": told }))).into_iter().map(|(action, _, proved)| (action, proved)).collect();
    let expected =
        [("codecommit:GetBranch", true), ("sns:Publish", false), ("s3:ListBucket", true), ("sqs:SendMessage", false)];
    assert_eq!(asked, expected.map(|(action, proved)| (action.to_owned(), proved)));
}

#[test]
fn whoever_is_told_to_work_for_an_action_reads_its_artifacts() {
    let reads = |told: Value| {
        let mut body = with_action_role();
        let pipeline = &mut body["Resources"]["Pipeline"];
        pipeline["Properties"]["Stages"][1]["Actions"][0]["ActionTypeId"]["Provider"] = json!("NewScan");
        pipeline["Metadata"] = json!({ "construct:actions": { "Deploy/CloudFormation": { "Worker": told } } });
        let report = proved(&body);
        let read = report.accesses().iter().filter(|access| {
            matches!(access.purpose, Purpose::Reads { .. }) && access.action.as_ref().is_some_and(|of| of.position == 1)
        });
        read.map(|access| (report.readable(access.principal()), access.is_open())).collect::<BTreeSet<_>>()
    };
    let of_worker = reads(arn("Worker"));
    assert!(
        of_worker.iter().all(|(who, open)| who.contains("Worker") && !open) && !of_worker.is_empty(),
        "{of_worker:?}"
    );
    let of_nobody = reads(json!(""));
    assert!(of_nobody.iter().all(|(_, open)| *open) && !of_nobody.is_empty(), "{of_nobody:?}");
}

#[test]
fn an_action_with_the_role_of_the_pipeline_is_told_to_leave_it_out() {
    let mut body = template();
    body["Resources"]["Pipeline"]["Properties"]["Stages"][0]["Actions"][0]["RoleArn"] = arn("Role");
    let report = proved(&body);
    let told = finding(&report, "access::denied", "takes on its own role");
    assert!(told.contains("leave `RoleArn` out of the action"), "{told}");
    // The trust policy of a role cannot refer to the role.
    assert!(report.holes().all(|hole| report.repairs(hole).is_empty()), "{:?}", holes(&report));
}

#[test]
fn what_a_role_may_do_with_itself_stands_beside_it() {
    let mut body = template();
    let statements = body.pointer_mut("/Resources/Role/Properties/Policies/0/PolicyDocument/Statement").expect("some");
    statements.as_array_mut().expect("a list").pop();
    let report = proved(&body);
    let told = finding(&report, "access::denied", "hands over the role");
    let help = "add beside the permissions in `Role` of stack `tools`, which cannot refer to itself, an `AWS::IAM::Policy` with {";
    assert!(told.contains(help), "{told}");
    let repairs: Vec<_> = report.holes().flat_map(|hole| report.repairs(hole)).collect();
    assert!(repairs.iter().all(|repair| repair.apply(&mut body)) && !repairs.is_empty());
    assert_eq!(body["Resources"]["RolePolicy"]["Properties"]["Roles"], json!([{ "Ref": "Role" }]));
    assert_eq!(holes(&proved(&body)), Vec::<String>::new());
}

/// The pipeline with an action that has a role of its own, which only other services take on.
fn with_action_role() -> Value {
    let mut body = template();
    body["Resources"]["Worker"] = json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": trusts("codebuild.amazonaws.com"),
            "Policies": allows(&json!([{ "Effect": "Allow", "Action": ["s3:*", "codecommit:*"], "Resource": "*" }])),
        },
    });
    body["Resources"]["Pipeline"]["Properties"]["Stages"][0]["Actions"][0]["RoleArn"] = arn("Worker");
    body
}

#[test]
fn roles_that_refer_to_each_other_are_no_repair() {
    const WORK: &str = "/Resources/Role/Properties/Policies/0/PolicyDocument/Statement";
    // Neither role says anything of the other: what the pipeline's may do stands beside it.
    let mut body = with_action_role();
    let report = proved(&body);
    let told = finding(&report, "access::denied", "takes on the role of the action");
    assert!(told.contains("as `Worker` refers to it, an `AWS::IAM::Policy` with {"), "{told}");
    assert!(
        told.contains("add to the trust policy in `Worker` of stack `tools`: {") && !told.contains("move"),
        "{told}"
    );
    let repairs: Vec<_> = report.holes().flat_map(|hole| report.repairs(hole)).collect();
    assert!(repairs.iter().all(|repair| repair.apply(&mut body)));
    assert_eq!(body["Resources"]["RolePolicy"]["Type"], "AWS::IAM::Policy");
    assert_eq!(holes(&proved(&body)), Vec::<String>::new());
    // The pipeline's role does already.
    let mut body = with_action_role();
    let statements = body.pointer_mut(WORK).and_then(Value::as_array_mut).expect("some");
    statements.push(json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn("Worker") }));
    let told = finding(&proved(&body), "access::denied", "takes on the role of the action");
    let help = "; move what `Role` says of `Worker` into an `AWS::IAM::Policy`, so that neither waits for the other";
    assert!(told.contains(help), "{told}");
    // In a policy of its own, nothing waits for what it refers to.
    let statement = body.pointer_mut(WORK).and_then(Value::as_array_mut).and_then(Vec::pop).expect("some");
    let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
    let properties = json!({ "PolicyName": "p", "PolicyDocument": document, "Roles": [{ "Ref": "Role" }] });
    body["Resources"]["Extra"] = json!({ "Type": "AWS::IAM::Policy", "Properties": properties });
    let told = finding(&proved(&body), "access::denied", "takes on the role of the action");
    assert!(!told.contains("move what"), "{told}");
}

#[test]
fn a_role_does_not_wait_for_the_key_that_waits_for_it() {
    let mut body = template();
    let root = json!({ "AWS": { "Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root" } });
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*" },
        { "Effect": "Allow", "Principal": { "AWS": arn("Role") }, "Action": "kms:DescribeKey", "Resource": "*" },
    ] });
    body["Resources"]["Key"] = json!({ "Type": "AWS::KMS::Key", "Properties": { "KeyPolicy": policy } });
    body["Resources"]["Pipeline"]["Properties"]["ArtifactStore"]["EncryptionKey"] =
        json!({ "Type": "KMS", "Id": arn("Key") });
    let told = finding(&proved(&body), "access::denied", "kms:GenerateDataKey");
    let help = "add beside the permissions in `Role` of stack `tools`, as `Key` refers to it, an `AWS::IAM::Policy`";
    assert!(told.contains(help), "{told}");
    // A key that lets its account in waits for nobody.
    body["Resources"]["Key"]["Properties"]["KeyPolicy"]["Statement"].as_array_mut().map(Vec::pop);
    let told = finding(&proved(&body), "access::denied", "kms:GenerateDataKey");
    assert!(told.contains("add to the permissions in `Role` of stack `tools`: {"), "{told}");
}

#[test]
fn a_condition_that_leaves_no_resource_makes_a_policy_that_is_refused() {
    let mut body = template();
    body["Parameters"] = json!({ "Stage": { "Type": "String", "Default": "dev" } });
    body["Conditions"] = json!({ "IsProd": { "Fn::Equals": [{ "Ref": "Stage" }, "prod"] } });
    let choice = json!({ "Fn::If": ["IsProd", "arn:aws:sns:us-east-1:111111111111:gate", { "Ref": "AWS::NoValue" }] });
    let statements = body.pointer_mut("/Resources/Role/Properties/Policies/0/PolicyDocument/Statement").expect("some");
    let publish = json!({ "Effect": "Allow", "Action": "sns:Publish", "Resource": choice });
    statements.as_array_mut().expect("a list").push(publish);
    let told = finding(&proved(&body), "access::refused-policy", "the permissions in `Role` of stack `tools`");
    assert!(told.contains("statement 2: `Resource` is missing"), "{told}");

    body["Parameters"]["Stage"]["Default"] = json!("prod");
    assert_eq!(holes(&proved(&body)), Vec::<String>::new());
}

#[test]
fn statements_that_fail_alike_are_one_note() {
    let mut body = template();
    let others = |n: u32| {
        let aws = format!("arn:aws:iam::{n}22222222222:root");
        json!({ "Effect": "Allow", "Principal": { "AWS": aws }, "Action": "kms:*", "Resource": "*" })
    };
    let statements = [others(2), others(3), others(4), others(5)];
    body["Resources"]["Key"] =
        json!({ "Type": "AWS::KMS::Key", "Properties": { "KeyPolicy": { "Statement": statements } } });
    body["Resources"]["Pipeline"]["Properties"]["ArtifactStore"]["EncryptionKey"] =
        json!({ "Type": "KMS", "Id": arn("Key") });
    let told = finding(&proved(&body), "access::denied", "kms:GenerateDataKey");
    assert_eq!(told.matches("comes close").count(), 1, "{told}");
    let note =
        "each of the statements 0 to 3 of the key policy in `Key` of stack `tools` comes close, but it names others";
    assert!(told.contains(note), "{told}");
}

#[test]
fn what_is_imported_has_its_whole_label() {
    let mut body = template();
    let imported = json!({ "Fn::ImportValue": "deployer" });
    body["Resources"]["Pipeline"]["Properties"]["Stages"][1]["Actions"][0]["Configuration"]["RoleArn"] = imported;
    let report = proved(&body);
    let label = "takes on the role <import deployer in 111111111111/us-east-1>, which";
    assert!(report.findings().to_string().contains(label), "{}", report.findings());
}

/// As the console made them for years, and as many write them.
#[test]
fn a_source_in_s3_does_with_what_service_roles_were_always_allowed() {
    let mut body = template();
    body["Resources"]["Sources"] = json!({ "Type": "AWS::S3::Bucket" });
    let source = &mut body["Resources"]["Pipeline"]["Properties"]["Stages"][0]["Actions"][0];
    source["ActionTypeId"]["Provider"] = json!("S3");
    source["Configuration"] = json!({ "S3Bucket": { "Ref": "Sources" }, "S3ObjectKey": "shop.zip" });
    let fetches = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetBucketVersioning"];
    let allowed = |calls: &[&str]| {
        let mut body = body.clone();
        let works = json!(["s3:PutObject", "cloudformation:*", "iam:PassRole"]);
        body["Resources"]["Role"]["Properties"]["Policies"] = allows(&json!([
            { "Effect": "Allow", "Action": calls, "Resource": "*" },
            { "Effect": "Allow", "Action": works, "Resource": "*" },
        ]));
        proved(&body)
    };
    let report = allowed(&fetches);
    assert_eq!(holes(&report), Vec::<String>::new());
    let told = finding(&report, "access::denied", "s3:GetObjectTagging");
    assert!(told.starts_with("warning") && told.contains("every call that its documentation lists by now"), "{told}");
    assert_eq!(holes(&allowed(&fetches[..2])).len(), 1);
}

#[test]
fn calls_that_nobody_lists_are_told_as_such() {
    let mut body = template();
    let deploy = &mut body["Resources"]["Pipeline"]["Properties"]["Stages"][1]["Actions"][0];
    deploy["ActionTypeId"]["Provider"] = json!("OpsWorks");
    deploy["Configuration"] = json!({ "App": "shop", "Stack": "prod" });
    let told = finding(&proved(&body), "access::assumed", "OpsWorks");
    let words = "calls what actions of `OpsWorks` need, which is not listed here: whether that is allowed depends";
    assert!(told.contains(words) && !told.contains("``"), "{told}");
}

#[test]
fn instances_fetch_what_is_deployed_to_them_by_themselves() {
    let mut body = template();
    let deploy = &mut body["Resources"]["Pipeline"]["Properties"]["Stages"][1]["Actions"][0];
    deploy["ActionTypeId"]["Provider"] = json!("EC2");
    deploy["Configuration"] = json!({ "InstanceTagKey": "Name", "InstanceType": "EC2", "TargetDirectory": "/srv" });
    deploy["RoleArn"] = arn("Instances");
    let mut trust = trusts("codepipeline.amazonaws.com");
    trust["Statement"]["Principal"] = json!({ "AWS": { "Ref": "AWS::AccountId" } });
    let calls = ["ec2:DescribeInstances", "logs:*", "ssm:*"];
    let sends = allows(&json!([{ "Effect": "Allow", "Action": calls, "Resource": "*" }]));
    let properties = json!({ "AssumeRolePolicyDocument": trust, "Policies": sends });
    body["Resources"]["Instances"] = json!({ "Type": "AWS::IAM::Role", "Properties": properties });
    let statements = body.pointer_mut("/Resources/Role/Properties/Policies/0/PolicyDocument/Statement").expect("some");
    statements.as_array_mut().expect("a list").push(json!({ "Effect": "Allow", "Action": "sts:*", "Resource": "*" }));
    let report = proved(&body);
    assert_eq!(holes(&report), Vec::<String>::new());
    let told = finding(&report, "access::denied", "reads the artifact `Code`");
    assert!(told.contains("instances fetch it with their own"), "{told}");
}
