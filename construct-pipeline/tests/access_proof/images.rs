//! Builds in images of private registries: whoever pulls one must be allowed to, on both sides.

use construct_pipeline::access::{Access, Report};
use construct_pipeline::prelude::*;
use serde_json::{Value, json};

use crate::support::{Set, failures};

const IMAGE: &str = "dkr.ecr.eu-central-1.amazonaws.com/team/build:7";
const PULLS: [&str; 3] = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

/// A build in the image of an account.
fn set(owner: &str) -> (Set, Option<String>) {
    let mut app = App::new();
    let tools = app.stack("Tools", Env::new("111111111111", "eu-central-1"));
    let mut scope = app.at(tools);
    if owner == "111111111111" {
        scope.add("Images", RawResource::new("AWS::ECR::Repository").property("RepositoryName", "team/build"));
    }
    let project = scope.add("Build", PipelineProject::new().image(format!("{owner}.{IMAGE}")));
    let code = Artifact::new("Code");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &code));
    let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(checkout));
    scope.add(
        "Pipeline",
        pipeline.stage(Stage::new("Build").action(Action::new("Make", CodeBuild::new(project, &code)))),
    );
    let assembly = app.synth().expect("it is proved");
    let contract = assembly.document("contract.json").map(str::to_owned);
    (Set::new(assembly), contract)
}

/// What is called of ECR.
fn calls(report: &Report) -> Vec<&str> {
    report.accesses().iter().map(Access::iam_action).filter(|action| action.starts_with("ecr:")).collect()
}

/// The environment of the project.
fn environment(set: &mut Set) -> &mut Value {
    let resources = set.body("Tools")["Resources"].as_object_mut().expect("resources");
    let mut projects = resources.values_mut().filter(|resource| resource["Type"] == "AWS::CodeBuild::Project");
    &mut projects.next().expect("a project")["Properties"]["Environment"]
}

#[test]
fn the_role_of_the_project_pulls_an_image_of_its_account() {
    let (mut set, contract) = set("111111111111");
    assert_eq!(contract, None, "nothing is asked of anybody");
    assert_eq!(environment(&mut set)["ImagePullCredentialsType"], "SERVICE_ROLE");
    let report = set.prove();
    assert!(report.is_proved(), "{}", failures(&report));
    assert_eq!(calls(&report)[0], "ecr:GetAuthorizationToken");
    assert_eq!(calls(&report)[1..], PULLS);
}

#[test]
fn without_its_permission_the_role_pulls_nothing() {
    let (mut set, _) = set("111111111111");
    let role = set.resource("Tools", "BuildRole");
    let all = role.pointer_mut("/Properties/Policies/0/PolicyDocument/Statement").and_then(|all| all.as_array_mut());
    all.expect("statements").retain(|statement| !statement.to_string().contains("ecr:BatchGetImage"));
    let report = set.prove();
    let holes: Vec<&str> = report.holes().map(Access::iam_action).collect();
    assert_eq!(holes, PULLS, "{}", failures(&report));
}

#[test]
fn the_owner_of_an_image_is_asked_to_let_the_role_in() {
    let (_, contract) = set("222222222222");
    let contract: Value = serde_json::from_str(&contract.expect("a contract")).expect("JSON");
    let thing = &contract["accounts"][0]["imports"][0];
    assert_eq!(thing["arn"], "arn:aws:ecr:eu-central-1:222222222222:repository/team/build");
    let statement = &thing["policies"][0]["document"]["Statement"][0];
    assert_eq!(statement["Principal"]["AWS"], "arn:aws:iam::111111111111:root", "{contract}");
    assert_eq!(statement["Action"], json!(PULLS));
    assert_eq!(statement["Resource"], "*", "which is the repository itself");
}

#[test]
fn an_image_of_another_account_is_pulled_by_the_role_alone() {
    let (mut set, _) = set("222222222222");
    environment(&mut set)["ImagePullCredentialsType"] = "CODEBUILD".into();
    let report = set.prove();
    let holes: Vec<&Access> = report.holes().collect();
    assert_eq!(holes.iter().map(|access| access.iam_action()).collect::<Vec<_>>(), PULLS, "{}", failures(&report));
    let fix = Some("set the project's `ImagePullCredentialsType` to `SERVICE_ROLE`");
    assert!(holes.iter().all(|access| report.fix(access) == fix), "{}", report.findings());
}
