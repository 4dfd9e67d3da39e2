//! The AWS reference architecture, as its templates are written by hand and as they come out here.
//!
//! The hand-made side is what the templates of `awslabs/aws-refarch-cross-account-pipeline` grant, in short.

use std::collections::BTreeMap;

use construct_core::Assembly;
use construct_iam::access::{Context, Outcome, Policy, PolicySet, Principal, Request, outcome};
use construct_pipeline::access::Orders;
use serde_json::{Value as Json, json};

use construct_pipeline::prelude::*;
use construct_tests::programs;

use super::{all, only, proved, synthesised};

#[path = "../../../examples/reference_architecture.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod example;

const TOOLS: &str = "111111111111";
const TEST: &str = "333333333333";

/// Policies in force: of roles by ARN, and of what is guarded by a policy of its own.
#[derive(Default)]
struct Side {
    identity: BTreeMap<String, Vec<Json>>,
    resource: BTreeMap<String, Json>,
    bucket: String,
    key: String,
    /// The roles of the test account: the one that acts and the one that deploys; and the pipeline's.
    action: String,
    deployment: String,
    pipeline: String,
}

fn document(statements: Json) -> Json {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn allow(actions: Json, resources: Json) -> Json {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
}

/// A role of the test account that has nothing to do with the pipeline and may do everything there.
fn bystander() -> String {
    format!("arn:aws:iam::{TEST}:role/Administrator")
}

fn by_hand() -> Side {
    let role = |account: &str, name: &str| format!("arn:aws:iam::{account}:role/{name}");
    let action = role(TEST, "ToolsAcctCodePipelineCloudFormationRole");
    let deployment = role(TEST, "cloudformationdeployer-role");
    let pipeline = role(TOOLS, "sample-lambda-codepipeline-role");
    let bucket = "arn:aws:s3:::hand-made-artifacts".to_owned();
    let key = format!("arn:aws:kms:us-east-1:{TOOLS}:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    let objects = format!("{bucket}/*");
    let root = |account: &str| format!("arn:aws:iam::{account}:root");
    let mut side = Side { bucket, key, action, deployment, pipeline, ..Side::default() };
    let wide = allow(json!(["cloudformation:*", "s3:*", "iam:PassRole"]), json!("*"));
    let keys = allow(json!("kms:*"), json!(side.key));
    side.identity.insert(side.action.clone(), vec![document(json!([wide, keys]))]);
    let roles = ["iam:CreateRole", "iam:DeleteRole", "iam:PassRole", "iam:PutRolePolicy", "cloudformation:*"];
    side.identity.insert(side.deployment.clone(), vec![document(json!([allow(json!(roles), json!("*"))]))]);
    let own = allow(json!(["codepipeline:*", "cloudformation:DeleteStack", "iam:PassRole"]), json!("*"));
    side.identity.insert(side.pipeline.clone(), vec![document(json!([own]))]);
    let trust = json!({ "Effect": "Allow", "Principal": { "AWS": root(TOOLS) }, "Action": "sts:AssumeRole" });
    side.resource.insert(side.action.clone(), document(json!([trust])));
    let principals = json!({ "AWS": [side.action, side.deployment] });
    let whole =
        json!({ "Effect": "Allow", "Principal": principals, "Action": "s3:*", "Resource": [side.bucket, objects] });
    side.resource.insert(side.bucket.clone(), document(json!([whole])));
    let uses = json!(["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]);
    let users = json!({ "AWS": [root(TEST)] });
    let uses = json!({ "Effect": "Allow", "Principal": users, "Action": uses, "Resource": "*" });
    side.resource.insert(side.key.clone(), document(json!([uses])));
    side
}

fn ours(assembly: &Assembly) -> Side {
    let mut side = Side::default();
    for (_, arn, role) in all(assembly, "AWS::IAM::Role") {
        let arn = arn.expect("every role has a name");
        let found = match () {
            () if arn.contains(TEST) && arn.contains("-action-") => Some(&mut side.action),
            () if arn.contains(TEST) && arn.contains("-deploy-") => Some(&mut side.deployment),
            () if arn.contains("-pipeline-") => Some(&mut side.pipeline),
            () => None,
        };
        found.into_iter().for_each(|name| name.clone_from(&arn));
        let policies = role["Policies"].as_array().into_iter().flatten();
        side.identity.insert(arn.clone(), policies.map(|policy| policy["PolicyDocument"].clone()).collect());
        side.resource.insert(arn, role["AssumeRolePolicyDocument"].clone());
    }
    side.bucket = all(assembly, "AWS::S3::Bucket").remove(0).1.expect("the bucket has a name");
    side.resource.insert(side.bucket.clone(), only(assembly, "AWS::S3::BucketPolicy")["PolicyDocument"].clone());
    side.key = format!("arn:aws:kms:us-east-1:{TOOLS}:key/any");
    side.resource.insert(side.key.clone(), only(assembly, "AWS::KMS::Key")["KeyPolicy"].clone());
    side
}

impl Side {
    /// Whether a role may do something, directly and over TLS.
    fn can(&self, who: &str, action: &str, on: &str, owner: &str) -> bool {
        let principal = Principal::role_session(who, "run").expect("the ARN of a role");
        let context = Context::default().with("aws:PrincipalArn", who).with("aws:SecureTransport", "true");
        let context = context.with("aws:ViaAWSService", "false").absent("kms:ViaService");
        let context = context.absent("kms:ResourceAliases").with("iam:PassedToService", "ec2.amazonaws.com");
        let request = Request::new(principal, action, on, owner).with_context(context);
        let parse = |name: &str, json: &Json| Policy::parse(name, json).expect("a policy");
        let everything = [document(json!([allow(json!("*"), json!("*"))]))];
        let identity = self.identity.get(who).map_or(&everything[..], Vec::as_slice);
        let set = identity.iter().fold(PolicySet::new(), |set, policy| set.identity(parse("identity", policy)));
        let guarded = on.split_once('/').filter(|_| on.contains(":s3:")).map_or(on, |(bucket, _)| bucket);
        let set = match self.resource.get(guarded) {
            Some(policy) => set.resource(parse("resource", policy)),
            None => set,
        };
        outcome(&request, &set) == Outcome::Allowed
    }

    /// What no delivery needs: in words, and whether it can be done.
    fn excesses(&self) -> Vec<(&'static str, bool)> {
        let artifact = format!("{}/sample-lambda/x", self.bucket);
        let administrator = bystander();
        let of_test = |service: &str, resource: &str| format!("arn:aws:{service}:us-east-1:{TEST}:{resource}");
        let stack = of_test("cloudformation", "stack/payroll/1");
        let anybody = format!("arn:aws:iam::{TOOLS}:role/intern");
        vec![
            ("delete artifacts", self.can(&self.action, "s3:DeleteObject", &artifact, TOOLS)),
            ("overwrite artifacts", self.can(&self.action, "s3:PutObject", &artifact, TOOLS)),
            ("replace the bucket policy", self.can(&self.action, "s3:PutBucketPolicy", &self.bucket, TOOLS)),
            ("read other buckets", self.can(&self.action, "s3:GetObject", "arn:aws:s3:::payroll/2026.csv", TEST)),
            ("use the key for other things", self.can(&bystander(), "kms:Decrypt", &self.key, TOOLS)),
            ("hand over any role", self.can(&self.action, "iam:PassRole", &administrator, TEST)),
            ("delete any stack", self.can(&self.action, "cloudformation:DeleteStack", &stack, TEST)),
            ("rewrite any role", self.can(&self.deployment, "iam:PutRolePolicy", &administrator, TEST)),
            (
                "delete any pipeline",
                self.can(
                    &self.pipeline,
                    "codepipeline:DeletePipeline",
                    &format!("arn:aws:codepipeline:us-east-1:{TOOLS}:payroll"),
                    TOOLS,
                ),
            ),
            ("be taken on by anybody in the tools account", self.can(&anybody, "sts:AssumeRole", &self.action, TEST)),
        ]
    }
}

#[test]
fn what_the_hand_made_roles_can_do_and_ours_cannot() {
    let hand = by_hand().excesses();
    assert!(hand.iter().all(|(_, can)| *can), "the hand-made roles can do all of it: {hand:#?}");
    let ours = ours(&synthesised(example::app())).excesses();
    assert!(ours.iter().all(|(_, can)| !can), "ours can do none of it: {ours:#?}");
}

#[test]
fn ours_can_do_what_a_run_needs_in_any_order_of_deployment() {
    let assembly = synthesised(example::app());
    let report = proved(&assembly);
    let Orders::Counted { allowed, failing } = report.order().orders else { unreachable!("few enough to count") };
    assert!(allowed >= 24 && failing == 0, "{allowed} orders, {failing} of them fail");
    assert_eq!(assembly.stacks().len(), 5, "each deployed once, where the script deploys seven times");
}

#[test]
fn the_parts_are_those_of_the_architecture() {
    let assembly = synthesised(example::app());
    let key = only(&assembly, "AWS::KMS::Key");
    assert_eq!(key["EnableKeyRotation"], true);
    assert_eq!(all(&assembly, "AWS::KMS::Alias").len(), 1);
    let project = only(&assembly, "AWS::CodeBuild::Project");
    assert!(project["Source"]["BuildSpec"].as_str().is_some_and(|spec| spec.contains("cloudformation package")));
    let pipeline = only(&assembly, "AWS::CodePipeline::Pipeline");
    let stages = pipeline["Stages"].as_array().expect("stages");
    let modes: Vec<&str> = stages
        .iter()
        .flat_map(|stage| stage["Actions"].as_array().expect("actions"))
        .filter_map(|action| action["Configuration"]["ActionMode"].as_str())
        .collect();
    assert_eq!(modes, ["CHANGE_SET_REPLACE", "CHANGE_SET_EXECUTE", "CHANGE_SET_REPLACE", "CHANGE_SET_EXECUTE"]);
    for account in [TEST, "444444444444"] {
        let roles = all(&assembly, "AWS::IAM::Role");
        let names: Vec<&String> =
            roles.iter().filter_map(|(_, arn, _)| arn.as_ref()).filter(|arn| arn.contains(account)).collect();
        assert!(names.len() == 2, "one that acts, one that deploys: {names:?}");
    }
    assert_eq!(only(&assembly, "AWS::CodeCommit::Repository")["RepositoryName"], "sample-lambda");
}

#[test]
fn deployment_roles_are_kept_from_the_pipelines_by_a_path() {
    for on_app in [true, false] {
        let mut app = App::new();
        let tools = app.stack("Tools", programs::HOME);
        let source = Artifact::new("Source");
        let keep = PolicyStatement::allow(["iam:PutRolePolicy"]).on(["arn:aws:iam::111111111111:role/orders-*"]);
        let queues = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:us-east-1:111111111111:orders-*"]);
        let deploy = DeployStack::new("orders", source.file("template.yaml")).allow(keep).allow(queues);
        let pipeline = Pipeline::new("orders")
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
            .stage(Stage::new("Deploy").action(Action::new("Deploy", deploy)));
        if on_app {
            app.attach(app.root(), RolePath::new("/delivery/"));
            app.at(tools).add("Pipeline", pipeline);
        } else {
            app.at(tools).add("Pipeline", pipeline.role_path("/delivery/"));
        }
        let (_, warnings) = app.synth_with_warnings().expect("the program has no mistakes");
        assert!(warnings.is_empty(), "{warnings}");
    }
}
