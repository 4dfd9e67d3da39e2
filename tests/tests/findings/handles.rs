//! Handles of another app, wherever a handle is accepted.
//!
//! The property that would have referred to the stray construct is reported where it stands; a check that knows the
//! action better reports that line instead. Nothing else is reported: a stray handle is one mistake.

use construct_core::{Condition, StackRef};
use construct_iam::{ManagedPolicy, PermissionsBoundary, RoleRef};

use super::*;

fn queue() -> RawResource {
    RawResource::new("AWS::SQS::Queue")
}

/// An app with a stack, and another app's stack.
fn two_apps() -> (App, StackRef, App, StackRef) {
    let (mut app, mut other) = (App::new(), App::new());
    // The stray handles are made far behind, so that their index does not exist in the app by chance either.
    let elsewhere = other.stack("Elsewhere", HOME);
    for n in 0..100 {
        other.at(elsewhere).group(format!("Group{n}"));
    }
    let tools = app.stack("Tools", HOME);
    (app, tools, other, elsewhere)
}

fn stray_role(other: &mut App, elsewhere: StackRef) -> RoleRef {
    let role = Role::new(Principal::service("lambda.amazonaws.com")).role_name("stray");
    other.at(elsewhere).add("Role", role)
}

/// A pipeline with an action between its source and its deployment.
fn between(source: &Artifact, action: Action) -> Pipeline {
    Pipeline::new("orders").stage(checkout(source)).stage(Stage::new("Check").action(action)).stage(deploy(source))
}

#[test]
fn scope() {
    let (mut app, _, _, elsewhere) = two_apps();
    let mut scope = app.at(elsewhere); //~ error tree::foreign-handle at the app: another app
    scope.add("Queue", queue()); //~ error tree::outside-a-stack at Queue: outside
    check(app);
}

#[test]
fn scope_of_a_scope() {
    let (mut app, tools, _, elsewhere) = two_apps();
    let mut scope = app.at(tools);
    scope.add("Queue", queue());
    let mut scope = scope.at(elsewhere); //~ error tree::foreign-handle at the app: another app
    scope.add("Queue", queue()); //~ error tree::outside-a-stack at Queue: outside
    check(app);
}

#[test]
fn reference_in_a_property() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = other.at(elsewhere).add("Queue", queue());
    app.at(tools).add("Queue", queue().property("Other", stray.reference())); //~ error tree::foreign-handle at Tools/Queue: another app
    check(app);
}

#[test]
fn reference_in_a_text() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = other.at(elsewhere).add("Queue", queue());
    app.at(tools).add("Output", Output::new(text!("{}/x", stray.reference()))); //~ error tree::foreign-handle at Tools/Output: another app
    app.at(tools).add("Queue", queue());
    check(app);
}

#[test]
fn dependency_of_a_resource() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = other.at(elsewhere).add("Queue", queue());
    app.at(tools).add("Queue", queue().depends_on(stray)); //~ error tree::foreign-handle at Tools/Queue: another app
    check(app);
}

#[test]
fn condition() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = other.at(elsewhere).add("Condition", Condition::new(Expr::call("Fn::Equals", ["a", "b"])));
    app.at(tools).add("Queue", queue().condition(stray)); //~ error tree::foreign-handle at Tools/Queue: another app
    app.at(tools).add("Output", Output::new("x").condition(stray)); //~ error tree::foreign-handle at Tools/Output: another app
    check(app);
}

#[test]
fn resource_of_a_statement() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = other.at(elsewhere).add("Bucket", Bucket::new().bucket_name("stray-bucket"));
    let role = Role::new(Principal::service("lambda.amazonaws.com"));
    app.at(tools).add("Role", role.allow(PolicyStatement::allow(["s3:GetObject"]).on([stray.objects()]))); //~ error tree::foreign-handle at Tools/Role: another app
    check(app);
}

#[test]
fn principal() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = stray_role(&mut other, elsewhere);
    app.at(tools).add("Role", Role::new(Principal::arn(stray.arn()))); //~ error tree::foreign-handle at Tools/Role: another app
    check(app);
}

#[test]
fn policies_by_reference() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = other.at(elsewhere).add("Policy", RawResource::new("AWS::IAM::ManagedPolicy"));
    let mut scope = app.at(tools);
    let role = || Role::new(Principal::service("lambda.amazonaws.com"));
    let one = scope.add("One", role()); //~ error tree::foreign-handle at Tools/One: another app
    let two = scope.add("Two", role()); //~ error tree::foreign-handle at Tools/Two: another app
    scope.attach(one, ManagedPolicy::new(stray.reference().cast::<kind::Arn>()));
    scope.attach(two, PermissionsBoundary::new(stray.reference().cast::<kind::Arn>()));
    check(app);
}

#[test]
fn grant_to_a_stray_role() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = stray_role(&mut other, elsewhere);
    let mut scope = app.at(tools);
    let bucket = scope.add("Bucket", Bucket::new());
    grant(&mut scope, stray, bucket, PolicyStatement::allow(["s3:GetObject"]).on([bucket.objects()])); //~ error tree::foreign-handle at the app: policy statement
    check(app);
}

#[test]
fn grant_on_a_stray_bucket() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = other.at(elsewhere).add("Bucket", Bucket::new().bucket_name("stray-bucket"));
    let mut scope = app.at(tools);
    let role = scope.add("Role", Role::new(Principal::service("lambda.amazonaws.com"))); //~ error tree::foreign-handle at Tools/Role: another app
    grant(&mut scope, role, stray, PolicyStatement::allow(["s3:GetObject"]).on([stray.objects()]));
    check(app);
}

#[test]
fn key_of_an_alias_and_of_a_bucket() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = other.at(elsewhere).add("Key", Key::new());
    app.at(tools).add("Alias", Alias::new("alias/delivery", stray)); //~ error tree::foreign-handle at Tools/Alias: another app
    app.at(tools).add("Bucket", Bucket::new().encryption(BucketEncryption::Key(stray.arn()))); //~ error tree::foreign-handle at Tools/Bucket: another app
    check(app);
}

#[test]
fn role_of_a_project() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = stray_role(&mut other, elsewhere);
    app.at(tools).add("Build", PipelineProject::new().role(stray)); //~ error tree::foreign-handle at Tools/Build…: another app
    check(app);
}

#[test]
fn role_of_an_imported_project() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = stray_role(&mut other, elsewhere);
    let arn = "arn:aws:codebuild:us-east-1:111111111111:project/build";
    let source = Artifact::new("Source");
    let project = app.at(tools).add("Build", PipelineProject::import(arn).role(stray)); //~ error tree::foreign-handle at Tools/Build…: another app
    let pipeline = between(&source, Action::new("Build", CodeBuild::new(project, &source))); //~ warning action::unknown-worker-role at Tools/Pipeline: `Build`
    app.at(tools).add("Pipeline", pipeline);
    check(app);
}

#[test]
fn project() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = other.at(elsewhere).add("Build", PipelineProject::new());
    let source = Artifact::new("Source");
    let action = Action::new("Build", CodeBuild::new(stray, &source)); //~ error action::foreign-handle at Tools/Pipeline: another app
    app.at(tools).add("Pipeline", between(&source, action));
    check(app);
}

#[test]
fn bucket_of_a_source() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = other.at(elsewhere).add("Bucket", Bucket::new().bucket_name("stray-bucket").versioned());
    let source = Artifact::new("Source");
    let action = Action::new("Fetch", S3Source::new(stray, "orders.zip", &source)); //~ error action::foreign-handle at Tools/Pipeline: another app
    let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(action)).stage(deploy(&source));
    app.at(tools).add("Pipeline", pipeline);
    check(app);
}

#[test]
fn repository() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = other.at(elsewhere).add("Orders", Repository::new("orders"));
    let source = Artifact::new("Source");
    let action = Action::new("Checkout", CodeCommitSource::new(stray, &source)); //~ error action::foreign-handle at Tools/Pipeline: another app
    let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(action)).stage(deploy(&source));
    app.at(tools).add("Pipeline", pipeline);
    check(app);
}

#[test]
fn bucket_of_a_deployment() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = other.at(elsewhere).add("Bucket", Bucket::new().bucket_name("stray-bucket"));
    let source = Artifact::new("Source");
    let action = Action::new("Publish", S3Deploy::new(stray, &source)); //~ error action::foreign-handle at Tools/Pipeline: another app
    app.at(tools).add("Pipeline", between(&source, action));
    check(app);
}

#[test]
fn function() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let arn = "arn:aws:lambda:us-east-1:111111111111:function:check";
    let stray = other.at(elsewhere).add("Check", Function::import(arn));
    let source = Artifact::new("Source");
    let action = Action::new("Check", LambdaInvoke::new(stray)); //~ error action::foreign-handle at Tools/Pipeline: another app
    app.at(tools).add("Pipeline", between(&source, action));
    check(app);
}

#[test]
fn state_machine() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let arn = "arn:aws:states:us-east-1:111111111111:stateMachine:migrate";
    let stray = other.at(elsewhere).add("Migrate", StateMachine::import(arn));
    let source = Artifact::new("Source");
    let action = Action::new("Migrate", StepFunctionsInvoke::new(stray)); //~ error action::foreign-handle at Tools/Pipeline: another app
    app.at(tools).add("Pipeline", between(&source, action));
    check(app);
}

#[test]
fn topic_of_an_approval() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = other.at(elsewhere).add("Topic", Topic::new().topic_name("stray"));
    let source = Artifact::new("Source");
    let action = Action::new("Ask", ManualApproval::new().topic(stray)); //~ error action::foreign-handle at Tools/Pipeline: another app
    app.at(tools).add("Pipeline", between(&source, action));
    check(app);
}

#[test]
fn worker_of_a_custom_action() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = other.at(elsewhere).add("Worker", queue());
    let source = Artifact::new("Source");
    let custom = CustomAction::new(Category::Test, Owner::Aws, "Worker").input(&source).worker(stray);
    let action = Action::new("Check", custom.configuration("A", "b")); //~ error action::foreign-handle at Tools/Pipeline: another app
    app.at(tools).add("Pipeline", between(&source, action));
    check(app);
}

#[test]
fn value_in_a_configuration() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = other.at(elsewhere).add("Queue", queue());
    let source = Artifact::new("Source");
    let custom = CustomAction::new(Category::Test, Owner::Custom, "Jenkins").configuration("Queue", stray.reference());
    let action = Action::new("Check", custom); //~ error action::foreign-handle at Tools/Pipeline: another app
    app.at(tools).add("Pipeline", between(&source, action));
    check(app);
}

#[test]
fn role_of_the_pipeline() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = stray_role(&mut other, elsewhere);
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source)).role(stray);
    app.at(tools).add("Pipeline", pipeline); //~ error role::foreign-handle at Tools/Pipeline: another app
    check(app);
}

#[test]
fn role_of_an_action() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = stray_role(&mut other, elsewhere);
    let source = Artifact::new("Source");
    let action = Action::new("Ask", ManualApproval::new()).role(stray); //~ error role::foreign-handle at Tools/Pipeline: another app
    app.at(tools).add("Pipeline", between(&source, action));
    check(app);
}

#[test]
fn role_of_a_rule() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = stray_role(&mut other, elsewhere);
    let source = Artifact::new("Source");
    let gate = ConditionRule::new("Gate", "LambdaInvoke").configuration("FunctionName", "gate").role(stray); //~ error role::foreign-handle at Tools/Pipeline: another app
    let asked = deploy(&source).before_entry(construct_pipeline::Condition::new(StageResult::Fail).rule(gate));
    app.at(tools).add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(asked));
    check(app);
}

#[test]
fn role_of_a_deployment() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = stray_role(&mut other, elsewhere);
    let source = Artifact::new("Source");
    let deploy = DeployStack::new("orders-2", source.file("template.yaml")).deployment_role(stray);
    let action = Action::new("Deploy2", deploy); //~ error role::foreign-handle at Tools/Pipeline: another app
    app.at(tools).add("Pipeline", between(&source, action));
    check(app);
}

#[test]
fn role_of_instances() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = stray_role(&mut other, elsewhere);
    let source = Artifact::new("Source");
    let deploy = CodeDeployServerDeploy::new("shop", "orders", &source).instance_role(stray);
    let action = Action::new("Servers", deploy); //~ error role::foreign-handle at Tools/Pipeline: another app
    app.at(tools).add("Pipeline", between(&source, action));
    check(app);
}

#[test]
fn store_of_the_pipeline() {
    let (mut app, tools, mut other, elsewhere) = two_apps();
    let stray = other.at(elsewhere).add("Store", ArtifactStore::new("stray"));
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source)).artifact_store(stray);
    app.at(tools).add("Pipeline", pipeline); //~ error store::foreign-handle at Tools/Pipeline: another app
    check(app);
}

#[test]
fn replica_store() {
    let (mut app, tools, mut other, _) = two_apps();
    let far = other.stack("Far", Env::new("111111111111", "eu-west-1"));
    let stray = other.at(far).add("Store", ArtifactStore::new("stray"));
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source)).region("eu-west-1");
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Deploy").action(action));
    app.at(tools).add("Pipeline", pipeline.replica_store("eu-west-1", stray)); //~ error store::foreign-handle at Tools/Pipeline: another app
    check(app);
}
