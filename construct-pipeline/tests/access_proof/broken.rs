//! Policies broken in one place each, and what the proof makes of it.

use std::collections::BTreeSet;

use crate::support::{Set, failures};
use construct_pipeline::access::{Purpose, Report};
use serde_json::{Value, json};

const DEPLOY_EU: &str = "444444444444-eu-west-1";
const TEST: &str = "333333333333";
const SOURCE: &str = "222222222222";
const REPLICA: &str = "111111111111-eu-west-1";
const TOOLS: &str = "Tools";

/// What a change is expected to bring about.
enum Noticed {
    /// A need of this purpose is denied.
    Hole(&'static str),
    /// Something is let in that should be kept out.
    Leak(fn(&Purpose) -> bool),
    /// Something depends on what is not known.
    Open,
    /// A statement gives too much.
    Wide,
    /// The order of deployment is not proved any more.
    Order,
    /// AWS would refuse the policy.
    Refused,
}

fn is_noticed(report: &Report, noticed: &Noticed) -> bool {
    match noticed {
        Noticed::Hole(words) => {
            report.holes().chain(report.risks()).any(|access| report.sentence(access).contains(words))
        }
        Noticed::Leak(which) => report.leaks().any(|access| which(&access.purpose)),
        Noticed::Open => report.assumptions().count() > 0,
        Noticed::Wide => !report.too_wide().is_empty(),
        Noticed::Order => !report.order().is_proved(),
        Noticed::Refused => report.findings().iter().any(|finding| finding.code() == "access::refused-policy"),
    }
}

fn check(what: &str, noticed: &Noticed, change: impl FnOnce(&mut Set)) {
    let mut set = Set::example();
    change(&mut set);
    let report = set.prove();
    assert!(is_noticed(&report, noticed), "{what}: not noticed\n{}", failures(&report));
    assert!(!report.is_proved() || matches!(noticed, Noticed::Wide), "{what}");
    assert!(!report.findings().is_empty(), "{what}");
    for finding in report.findings().iter().filter(|finding| finding.code() != "access::assumed") {
        assert!(finding.help_text().is_some(), "{what}: nothing mends {finding}");
    }
    for access in report.accesses() {
        assert!(report.readable(access.resource()).is_ascii(), "{what}");
    }
}

fn statements<'v>(resource: &'v mut Value, pointer: &str) -> &'v mut Vec<Value> {
    resource.pointer_mut(&format!("/Properties/{pointer}/Statement")).and_then(Value::as_array_mut).expect("statements")
}

/// The statement that gives an action.
fn with_action<'v>(statements: &'v mut [Value], action: &str, condition: &str) -> &'v mut Value {
    let fits = |statement: &&mut Value| {
        statement["Action"].to_string().contains(action) && statement.to_string().contains(condition)
    };
    statements.iter_mut().find(fits).expect("a statement with this action")
}

const INLINE: &str = "Policies/0/PolicyDocument";
const TRUST: &str = "AssumeRolePolicyDocument";

#[test]
fn what_is_missing_comes_with_the_rule_of_its_service() {
    let told = |stack: &str, resource: &str, policy: &str| {
        let mut set = Set::example();
        statements(set.resource(stack, resource), policy).clear();
        let report = set.prove();
        report.holes().flat_map(|access| report.reasons(access)).collect::<BTreeSet<_>>()
    };
    for (thing, told) in [
        ("role", told(TEST, "ActionRole", TRUST)),
        ("bucket", told(REPLICA, "StoreBucketPolicy", "PolicyDocument")),
        ("key", told(REPLICA, "StoreKey", "KeyPolicy")),
    ] {
        let rule = format!("the {thing} belongs to account ");
        assert!(told.iter().any(|reason| reason.starts_with(&rule)), "{rule}: {told:?}");
    }
}

#[test]
fn conditions_that_do_not_fit() {
    let hole = |words| Noticed::Hole(words);
    check("key through another service", &hole("kms:Decrypt"), |set| {
        let all = statements(set.resource(REPLICA, "StoreKey"), "KeyPolicy");
        with_action(all, "kms:Decrypt", "444444444444")["Condition"]["StringEquals"]["kms:ViaService"] =
            json!("ssm.eu-west-1.amazonaws.com");
    });
    check("key through S3 of another region", &hole("kms:Decrypt"), |set| {
        let all = statements(set.resource(REPLICA, "StoreKey"), "KeyPolicy");
        with_action(all, "kms:Decrypt", "444444444444")["Condition"]["StringEquals"]["kms:ViaService"] =
            json!("s3.us-east-1.amazonaws.com");
    });
    check("alias of another key", &hole("kms:Decrypt"), |set| {
        let all = statements(set.resource(DEPLOY_EU, "DeployRole"), INLINE);
        with_action(all, "kms:Decrypt", "")["Condition"]["ForAnyValue:StringEquals"]["kms:ResourceAliases"] =
            json!("alias/other");
    });
    check("aliases without a set operator", &Noticed::Open, |set| {
        let all = statements(set.resource(DEPLOY_EU, "DeployRole"), INLINE);
        let statement = with_action(all, "kms:Decrypt", "");
        let alias = statement["Condition"]["ForAnyValue:StringEquals"].take();
        statement["Condition"] = json!({ "StringEquals": alias });
    });
    check("the wrong role in the bucket policy", &hole("s3:GetObject"), |set| {
        let all = statements(set.resource(REPLICA, "StoreBucketPolicy"), "PolicyDocument");
        with_action(all, "s3:GetObject", "")["Condition"]["ArnEquals"]["aws:PrincipalArn"] =
            json!("arn:aws:iam::444444444444:role/another");
    });
    check("the role as text of another case", &hole("sts:AssumeRole"), |set| {
        let all = statements(set.resource(TEST, "ActionRole"), TRUST);
        let arn = &mut all[0]["Condition"]["ArnEquals"]["aws:PrincipalArn"];
        *arn = json!(arn.as_str().expect("an ARN").replace("orders", "Orders"));
    });
    check("an external id that nobody sends", &hole("sts:AssumeRole"), |set| {
        statements(set.resource(TEST, "ActionRole"), TRUST)[0]["Condition"]["StringEquals"] =
            json!({ "sts:ExternalId": "x" });
    });
    check("a source account in the trust of an action role", &hole("sts:AssumeRole"), |set| {
        statements(set.resource(TEST, "ActionRole"), TRUST)[0]["Condition"]["StringEquals"] =
            json!({ "aws:SourceAccount": "111111111111" });
    });
    check("another service to pass the role to", &hole("iam:PassRole"), |set| {
        let all = statements(set.resource(TEST, "ActionRole"), INLINE);
        with_action(all, "iam:PassRole", "")["Condition"]["StringEquals"]["iam:PassedToService"] =
            json!("ec2.amazonaws.com");
    });
    check("an organization", &Noticed::Open, |set| {
        let all = statements(set.resource(REPLICA, "StoreBucketPolicy"), "PolicyDocument");
        with_action(all, "s3:GetObject", "")["Condition"]["StringEquals"] = json!({ "aws:PrincipalOrgID": "o-1" });
    });
    check("a source address", &Noticed::Open, |set| {
        let all = statements(set.resource(TOOLS, "PipelineRole"), INLINE);
        with_action(all, "sts:AssumeRole", "")["Condition"] = json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } });
    });
    check("the encryption context of the object where S3 uses that of the bucket", &hole("kms:"), |set| {
        let all = statements(set.resource(REPLICA, "StoreKey"), "KeyPolicy");
        with_action(all, "kms:Decrypt", "444444444444")["Condition"]["StringLike"] =
            json!({ "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::orders-eu-west-1-65eb4c68/*" });
    });
    check("encryption that nobody asks for", &hole("s3:PutObject"), |set| {
        let all = statements(set.resource(TOOLS, "PipelineStoreBucketPolicy"), "PolicyDocument");
        all.push(json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*",
            "Condition": { "StringNotEquals": { "s3:x-amz-server-side-encryption": "AES256" } } }));
    });
}

#[test]
fn principals_and_resources_that_do_not_fit() {
    let hole = |words| Noticed::Hole(words);
    check("the wrong account in the key policy", &hole("kms:Decrypt"), |set| {
        let all = statements(set.resource(REPLICA, "StoreKey"), "KeyPolicy");
        with_action(all, "kms:Decrypt", "444444444444")["Principal"] =
            json!({ "AWS": "arn:aws:iam::333333333333:root" });
    });
    check("a key policy statement without resource", &hole("kms:Decrypt"), |set| {
        let all = statements(set.resource(REPLICA, "StoreKey"), "KeyPolicy");
        with_action(all, "kms:Decrypt", "444444444444").as_object_mut().expect("a statement").shift_remove("Resource");
    });
    check("the bucket in place of its objects", &hole("s3:GetObject"), |set| {
        let all = statements(set.resource(DEPLOY_EU, "ActionRole"), INLINE);
        with_action(all, "\"s3:GetObject\"", "")["Resource"] = json!("arn:aws:s3:::orders-eu-west-1-65eb4c68");
    });
    check("the store of another region", &hole("s3:GetObject"), |set| {
        let all = statements(set.resource(DEPLOY_EU, "ActionRole"), INLINE);
        with_action(all, "\"s3:GetObject\"", "")["Resource"] = json!("arn:aws:s3:::orders-us-east-1-88d352ed/*");
    });
    check("an alias ARN as resource", &hole("kms:Decrypt"), |set| {
        let all = statements(set.resource(DEPLOY_EU, "ActionRole"), INLINE);
        with_action(all, "kms:Decrypt", "")["Resource"] =
            json!("arn:aws:kms:eu-west-1:111111111111:alias/codepipeline-orders-e4d3b174");
    });
    check("the wrong service in a trust", &hole("cloudformation.amazonaws.com takes"), |set| {
        statements(set.resource(TEST, "DeployRole"), TRUST)[0]["Principal"] =
            json!({ "Service": "lambda.amazonaws.com" });
    });
    check("the wrong service in the pipeline's trust", &hole("CodePipeline takes on"), |set| {
        statements(set.resource(TOOLS, "PipelineRole"), TRUST)[0]["Principal"] =
            json!({ "Service": "codebuild.amazonaws.com" });
    });
    check("another stack", &hole("cloudformation:ExecuteChangeSet"), |set| {
        let all = statements(set.resource(TEST, "ActionRole"), INLINE);
        with_action(all, "cloudformation", "")["Resource"] =
            json!("arn:aws:cloudformation:us-east-1:333333333333:stack/other/*");
    });
    check("a role of another account to pass", &hole("iam:PassRole"), |set| {
        let pipeline = set.resource(TOOLS, "Pipeline37E1C775");
        pipeline["Properties"]["Stages"][2]["Actions"][0]["Configuration"]["RoleArn"] =
            json!("arn:aws:iam::444444444444:role/orders-us-east-1-deploy-ce829c6d");
    });
    check("another bus", &hole("events:PutEvents"), |set| {
        let all = statements(set.resource(SOURCE, "EventsRole"), INLINE);
        all[0]["Resource"] = json!("arn:aws:events:us-east-1:111111111111:event-bus/other");
    });
    check("a rule that reaches its target with no role", &hole("events:PutEvents"), |set| {
        let rule = set.resource(SOURCE, "RuleCheckout");
        rule["Properties"]["Targets"][0].as_object_mut().expect("a target").shift_remove("RoleArn");
    });
    check("a bus that knows another role", &hole("events:PutEvents"), |set| {
        let policy = set.resource(TOOLS, "PipelineEventsFrom");
        policy["Properties"]["Statement"]["Condition"]["ArnEquals"]["aws:PrincipalArn"] =
            json!("arn:aws:iam::222222222222:role/other");
    });
    check("a deny for an account", &hole("s3:GetObject"), |set| {
        let all = statements(set.resource(REPLICA, "StoreBucketPolicy"), "PolicyDocument");
        all.push(json!({ "Effect": "Deny", "Principal": { "AWS": "444444444444" }, "Action": "s3:GetObject*", "Resource": "*" }));
    });
    check("a boundary", &Noticed::Open, |set| {
        set.resource(TEST, "ActionRole")["Properties"]["PermissionsBoundary"] =
            json!("arn:aws:iam::333333333333:policy/limits");
    });
    check("a project with another key", &hole("writes the artifact"), |set| {
        set.resource(TOOLS, "Build58EAE1F8")["Properties"]
            .as_object_mut()
            .expect("properties")
            .shift_remove("EncryptionKey");
    });
    check("a store without a key", &hole("reads the artifact"), |set| {
        let stores = &mut set.resource(TOOLS, "Pipeline37E1C775")["Properties"]["ArtifactStores"];
        stores[0]["ArtifactStore"].as_object_mut().expect("a store").shift_remove("EncryptionKey");
    });
    check("a store that names its key by id", &hole("writes the artifact"), |set| {
        let stores = &mut set.resource(TOOLS, "Pipeline37E1C775")["Properties"]["ArtifactStores"];
        stores[1]["ArtifactStore"]["EncryptionKey"]["Id"] = json!("alias/codepipeline-orders-c9eecf78");
    });
    check("no store in a region", &hole("eu-west-1"), |set| {
        let stores = &mut set.resource(TOOLS, "Pipeline37E1C775")["Properties"]["ArtifactStores"];
        stores.as_array_mut().expect("stores").remove(0);
    });
}

#[test]
fn doors_that_stand_open() {
    check("no TLS", &Noticed::Leak(|purpose| *purpose == Purpose::PlainHttp), |set| {
        let all = statements(set.resource(REPLICA, "StoreBucketPolicy"), "PolicyDocument");
        all.retain(|statement| statement["Effect"] != "Deny");
    });
    check("TLS for reading only", &Noticed::Leak(|purpose| *purpose == Purpose::PlainHttp), |set| {
        let all = statements(set.resource(REPLICA, "StoreBucketPolicy"), "PolicyDocument");
        with_action(all, "s3:*", "")["Action"] = json!("s3:Get*");
    });
    for (what, which) in [("TLS for objects only", 1), ("TLS for the bucket only", 0)] {
        check(what, &Noticed::Leak(|purpose| *purpose == Purpose::PlainHttp), |set| {
            let all = statements(set.resource(REPLICA, "StoreBucketPolicy"), "PolicyDocument");
            let denied = &mut with_action(all, "s3:*", "")["Resource"];
            *denied = denied[which].take();
        });
    }
    check("the whole account in the bucket", &Noticed::Leak(|purpose| *purpose == Purpose::Stranger), |set| {
        let all = statements(set.resource(REPLICA, "StoreBucketPolicy"), "PolicyDocument");
        with_action(all, "s3:GetObject", "").as_object_mut().expect("a statement").shift_remove("Condition");
    });
    check("everybody in the bucket", &Noticed::Leak(|purpose| *purpose == Purpose::Stranger), |set| {
        let all = statements(set.resource(REPLICA, "StoreBucketPolicy"), "PolicyDocument");
        let statement = with_action(all, "s3:GetObject", "");
        statement["Principal"] = json!("*");
        statement["Condition"]["ArnEquals"]["aws:PrincipalArn"] = json!("arn:aws:iam::*:role/orders-*");
    });
    check("the whole account at the key", &Noticed::Leak(|purpose| *purpose == Purpose::Stranger), |set| {
        let all = statements(set.resource(REPLICA, "StoreKey"), "KeyPolicy");
        let statement = with_action(all, "kms:Decrypt", "444444444444");
        statement["Condition"].as_object_mut().expect("conditions").shift_remove("ArnEquals");
    });
    check("the key for everything", &Noticed::Leak(|purpose| *purpose == Purpose::KeyOutsideStore), |set| {
        let all = statements(set.resource(REPLICA, "StoreKey"), "KeyPolicy");
        let statement = with_action(all, "kms:Decrypt", "444444444444");
        statement["Condition"].as_object_mut().expect("conditions").shift_remove("StringEquals");
    });
    check("readers that write", &Noticed::Leak(|purpose| *purpose == Purpose::ReaderWrites), |set| {
        let all = statements(set.resource(REPLICA, "StoreBucketPolicy"), "PolicyDocument");
        with_action(all, "\"s3:GetObject\"", "")["Action"] =
            json!(["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]);
    });
    check(
        "an action role for the whole account",
        &Noticed::Leak(|purpose| *purpose == Purpose::StrangerTakesRole),
        |set| {
            statements(set.resource(TEST, "ActionRole"), TRUST)[0]
                .as_object_mut()
                .expect("a statement")
                .shift_remove("Condition");
        },
    );
    check(
        "an action role for its own account",
        &Noticed::Leak(|purpose| *purpose == Purpose::StrangerTakesRole),
        |set| {
            let all = statements(set.resource(TEST, "ActionRole"), TRUST);
            all.push(json!({ "Effect": "Allow", "Principal": { "AWS": "333333333333" }, "Action": "sts:AssumeRole" }));
        },
    );
    for (stack, role) in
        [(TOOLS, "PipelineRole"), (TOOLS, "BuildRole"), (TOOLS, "PipelineEventsRole"), (TEST, "DeployRole")]
    {
        check("a role for everybody", &Noticed::Leak(|purpose| *purpose == Purpose::OutsiderTakesRole), |set| {
            statements(set.resource(stack, role), TRUST)[0]["Principal"] = json!({ "AWS": "*" });
        });
    }
    check("grants of the key for everybody", &Noticed::Leak(|purpose| *purpose == Purpose::Stranger), |set| {
        let all = statements(set.resource(REPLICA, "StoreKey"), "KeyPolicy");
        with_action(all, "kms:Create*", "")["Principal"] = json!("*");
    });
    check("the names of artifacts", &Noticed::Leak(|purpose| *purpose == Purpose::Stranger), |set| {
        let all = statements(set.resource(REPLICA, "StoreBucketPolicy"), "PolicyDocument");
        with_action(all, "s3:ListBucket", "").as_object_mut().expect("a statement").shift_remove("Condition");
    });
    check("every key in a role", &Noticed::Wide, |set| {
        let all = statements(set.resource(TEST, "ActionRole"), INLINE);
        all.push(json!({ "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*" }));
    });
    for (what, action) in [
        ("every stack", "cloudformation:ExecuteChangeSet"),
        ("every role to pass", "iam:PassRole"),
        ("all but one bucket", "s3:GetObject"),
    ] {
        check(what, &Noticed::Wide, |set| {
            let all = statements(set.resource(TEST, "ActionRole"), INLINE);
            all.push(json!({ "Effect": "Allow", "Action": action, "NotResource": "arn:aws:s3:::other" }));
        });
    }
    check("all but a little", &Noticed::Wide, |set| {
        let all = statements(set.resource(TEST, "ActionRole"), INLINE);
        all.push(json!({ "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" }));
    });
    // What deployments do beside is their own.
    let mut set = Set::example();
    let all = statements(set.resource(TEST, "DeployRole"), INLINE);
    all.push(json!({ "Effect": "Allow", "Action": ["s3:*", "cloudformation:*"], "Resource": "*" }));
    all.push(json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }));
    assert_eq!(set.prove().too_wide(), []);
    check("all of KMS in a key policy", &Noticed::Wide, |set| {
        let all = statements(set.resource(REPLICA, "StoreKey"), "KeyPolicy");
        all.push(
            json!({ "Effect": "Allow", "Principal": { "AWS": "111111111111" }, "Action": "kms:*", "Resource": "*" }),
        );
    });
}

#[test]
fn orders_names_and_documents() {
    check("a role as principal", &Noticed::Order, |set| {
        let all = statements(set.resource(REPLICA, "StoreBucketPolicy"), "PolicyDocument");
        with_action(all, "s3:GetObject", "")["Principal"] =
            json!({ "AWS": "arn:aws:iam::444444444444:role/orders-eu-west-1-action-10a2d654" });
    });
    check("two roles of one name", &Noticed::Order, |set| {
        set.resource(TOOLS, "BuildRole")["Properties"]["RoleName"] = json!("ORDERS-us-east-1-pipeline-49481486");
    });
    check("an operator that does not exist", &Noticed::Refused, |set| {
        let all = statements(set.resource(REPLICA, "StoreBucketPolicy"), "PolicyDocument");
        with_action(all, "s3:GetObject", "")["Condition"] = json!({ "ArnIs": { "aws:PrincipalArn": "x" } });
    });
    check("a policy that only may be there", &Noticed::Open, |set| {
        let body = set.body("Tools");
        body["Parameters"] = json!({ "P": { "Type": "String" } });
        body["Conditions"] = json!({ "C": { "Fn::Equals": [{ "Ref": "P" }, "x"] } });
        let policy = body["Resources"]
            .as_object_mut()
            .expect("resources")
            .iter_mut()
            .find(|(id, _)| id.starts_with("PipelineEventsFrom"));
        policy.expect("a bus policy").1["Condition"] = json!("C");
    });
}
