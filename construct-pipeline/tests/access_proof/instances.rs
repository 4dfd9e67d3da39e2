//! Instances that fetch what is deployed to them, with roles of their own.

use construct_pipeline::access::{Access, Decision};
use construct_pipeline::prelude::*;
use serde_json::Value;

use crate::support::{Set, failures};

const TOOLS: Env = Env::new("111111111111", "us-east-1");
const SHOP: Env = Env::new("222222222222", "eu-west-1");

/// A pipeline that deploys to instances of another account and region.
fn deployment(deploy: impl FnOnce(&Artifact, &mut App) -> Action) -> Set {
    let mut app = App::new();
    let tools = app.stack("Tools", TOOLS);
    let bundle = Artifact::new("Bundle");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &bundle));
    let deploy = deploy(&bundle, &mut app).env(SHOP);
    let pipeline = Pipeline::new("orders");
    let pipeline = pipeline.stage(Stage::new("Source").action(checkout)).stage(Stage::new("Deploy").action(deploy));
    app.at(tools).add("Pipeline", pipeline);
    Set::new(app.synth().expect("what is open is no error"))
}

/// The same, with a role of the app for the instances.
fn with_own_role() -> Set {
    deployment(|bundle, app| {
        let shop = app.stack("Shop", SHOP);
        let instance = Role::new(Principal::service("ec2.amazonaws.com")).role_name("orders-instance");
        let instance = app.at(shop).add("Instance", instance);
        Action::new("Deploy", CodeDeployServerDeploy::new("shop", "orders", bundle).instance_role(instance))
    })
}

/// What instances ask for.
fn asked(accesses: impl Iterator<Item = impl std::borrow::Borrow<Access>>) -> Vec<String> {
    let mut asked: Vec<String> = accesses
        .filter(|access| access.borrow().principal().ends_with(":role/orders-instance"))
        .map(|access| access.borrow().iam_action().to_owned())
        .collect();
    asked.sort();
    asked
}

#[test]
fn instances_read_what_is_deployed_to_them() {
    let report = with_own_role().prove();
    assert_eq!(report.holes().count(), 0, "{}", failures(&report));
    assert_eq!(report.assumptions().count(), 0, "{}", report.findings());
    let proved = report.accesses().iter().filter(|access| access.is_proved());
    let proved = asked(proved);
    for needed in ["kms:Decrypt", "s3:GetObject", "s3:GetObjectVersion"] {
        assert!(proved.iter().any(|action| action == needed), "{needed}: {proved:?}");
    }
}

/// Takes an action out of all statements of policies that one resource has.
fn forget(policies: &mut Value, action: &str) {
    match policies {
        Value::Array(items) => {
            items.retain(|item| *item != action);
            items.iter_mut().for_each(|item| forget(item, action));
        }
        Value::Object(entries) => entries.values_mut().for_each(|value| forget(value, action)),
        _ => {}
    }
}

#[test]
fn instances_that_their_own_policy_keeps_out_are_told() {
    let mut set = with_own_role();
    let role = set.resource("Shop", "Instance");
    forget(role, "s3:GetObject");
    let report = set.prove();
    assert_eq!(asked(report.holes()), ["s3:GetObject"], "{}", failures(&report));
    let told = report.findings().to_string();
    assert!(
        told.contains("the deployment, as role orders-instance of 222222222222, reads the artifact `Bundle`"),
        "{told}"
    );
}

#[test]
fn which_roles_instances_have_is_not_known_unless_it_is_told() {
    let kinds = [("CodeDeploy", "ApplicationName", "DeploymentGroupName"), ("EC2", "InstanceTagKey", "InstanceType")];
    for (provider, one, other) in kinds {
        let custom = |bundle: &Artifact| {
            let custom = CustomAction::new(Category::Deploy, Owner::Aws, provider).input(bundle).v2_only();
            let allowed =
                PolicyStatement::allow(["codedeploy:*", "ec2:*", "ssm:*", "logs:*", "elasticloadbalancing:*"]);
            custom.configuration(one, "orders").configuration(other, "EC2").permission(allowed.on(["*"]))
        };
        let report = deployment(|bundle, _| Action::new("Deploy", custom(bundle))).prove();
        assert_eq!(report.holes().count(), 0, "{provider}: {}", failures(&report));
        let open: Vec<&Access> = report.assumptions().filter(|access| access.iam_action() == "s3:GetObject").collect();
        let [open] = open.as_slice() else { panic!("{provider}: {}", report.findings()) };
        assert_eq!(open.decision, Decision::Open);
        let told = report.explain(open);
        assert!(told.contains("which roles the instances have is not known"), "{told}");

        let instance = Role::import("arn:aws:iam::222222222222:role/orders-instance");
        let told = deployment(|bundle, _| Action::new("Deploy", custom(bundle).reader(instance))).prove();
        // What the owner of the role allows is not known; the store and its key let it in.
        let words = told.findings().to_string();
        assert!(!words.contains("which roles the instances have"), "{provider}: {words}");
        assert!(asked(told.accesses().iter()).contains(&"kms:Decrypt".to_owned()), "{provider}: {words}");
    }
}

#[test]
fn readers_of_nothing_ask_for_nothing() {
    let nothing = deployment(|_, _| {
        let custom = CustomAction::new(Category::Invoke, Owner::Aws, "InspectorScan");
        let allowed = PolicyStatement::allow(["inspector-scan:ScanSbom", "logs:*"]).on(["*"]);
        let reader = Role::import("arn:aws:iam::222222222222:role/orders-instance");
        Action::new(
            "Deploy",
            custom.configuration("InspectorRunMode", "ECRImageScan").reader(reader).permission(allowed),
        )
    });
    assert_eq!(asked(nothing.prove().accesses().iter()), [""; 0]);
}

#[test]
fn instances_without_roles_ask_for_nothing() {
    let none = deployment(|bundle, _| {
        Action::new("Deploy", CodeDeployServerDeploy::new("shop", "orders", bundle).no_instance_roles())
    });
    let report = none.prove();
    assert_eq!((report.holes().count(), report.assumptions().count()), (0, 0), "{}", report.findings());
}
