//! Accounts, regions, partitions.

use construct_core::{AccountId, EnvError};

use super::*;

#[test]
fn account_with_eleven_digits() {
    let mut app = App::new();
    app.stack("Tools", Env::new("11111111111", "us-east-1")); //~ error env::malformed-account at Tools: `11111111111`
    check(app);
}

#[test]
fn account_with_thirteen_digits() {
    let mut app = App::new();
    app.stack("Tools", Env::new("1111111111111", "us-east-1")); //~ error env::malformed-account at Tools: `11111111111
    check(app);
}

#[test]
fn account_with_a_letter() {
    let mut app = App::new();
    app.stack("Tools", Env::new("11111111111a", "us-east-1")); //~ error env::malformed-account at Tools: `11111111111a`
    check(app);
}

#[test]
fn account_that_is_empty() {
    let mut app = App::new();
    app.stack("Tools", Env::new("", "us-east-1")); //~ error env::malformed-account at Tools: ``
    check(app);
}

#[test]
fn account_in_digits_of_another_script() {
    let mut app = App::new();
    let digits = "١١١١١١١١١١١١";
    app.stack("Tools", Env::new(digits, "us-east-1")); //~ error env::malformed-account at Tools: account
    check(app);
}

#[test]
fn region_that_does_not_exist() {
    let mut app = App::new();
    app.stack("Tools", Env::new("111111111111", "mars-north-1")); //~ error env::unknown-region at Tools: `mars-north-1`
    check(app);
}

#[test]
fn region_in_capital_letters() {
    let mut app = App::new();
    app.stack("Tools", Env::new("111111111111", "US-EAST-1")); //~ error env::unknown-region at Tools: `US-EAST-1`
    check(app);
}

#[test]
fn account_and_region_both_wrong() {
    let mut app = App::new();
    app.stack("Tools", Env::new("tools", "home"));
    //~^ error env::malformed-account at Tools: `tools`
    //~^^ error env::unknown-region at Tools: `home`
    check(app);
}

#[test]
fn pipeline_in_a_malformed_account() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", Env::new("my account", "us-east-1")); //~ error env::malformed-account at Tools: `my account`
    let actions = [
        Action::new("Near", deployment(&source)),
        Action::new("Far", deployment(&source)).region("eu-west-1"),
        Action::new("Foreign", deployment(&source)).account(OTHER),
    ];
    app.at(tools)
        .add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Deploy").actions(actions)));
    check(app);
}

#[test]
fn pipeline_in_an_unknown_region() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", Env::new("111111111111", "US_EAST_1")); //~ error env::unknown-region at Tools: `US_EAST_1`
    app.at(tools).add("Project", PipelineProject::new());
    app.at(tools).add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source)));
    check(app);
}

#[test]
fn action_in_a_malformed_account() {
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(
        Stage::new("Deploy").action(
            Action::new("Deploy", deployment(&source)) //~ error env::malformed-account at Tools/Pipeline: `22222222222`
                .account("22222222222"),
        ),
    );
    check(placed(pipeline));
}

#[test]
fn action_in_an_account_by_its_alias() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source)).account("production"); //~ error env::malformed-account at Tools/Pipeline: `production`
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Deploy").action(action))));
}

#[test]
fn action_in_an_unknown_region() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source)).region("us-east1"); //~ error env::unknown-region at Tools/Pipeline: `us-east1`
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Deploy").action(action))));
}

#[test]
fn action_in_an_environment_made_at_run_time() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source)).env(Env::new("333", "eu-west-9"));
    //~^ error env::malformed-account at Tools/Pipeline: `333`
    //~^^ error env::unknown-region at Tools/Pipeline: `eu-west-9`
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Deploy").action(action))));
}

#[test]
fn action_in_another_partition() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source)).account(OTHER).region("cn-north-1"); //~ error action::cross-partition at Tools/Pipeline: aws-cn
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Deploy").action(action))));
}

#[test]
fn roles_and_projects_of_other_partitions() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let source = Artifact::new("Source");
    let project = PipelineProject::import("arn:aws-cn:codebuild:us-east-1:111111111111:project/build");
    let project = project.role(Role::import("arn:aws:iam::111111111111:role/builder"));
    let project = app.at(tools).add("Build", project); //~ error iam::other-partition at Tools/Build/Resource: `arn:aws-cn:codebuild
    let gate = ConditionRule::new("Gate", "LambdaInvoke") //~ error iam::other-partition at Tools/Pipeline: `arn:aws-us-gov:iam::111111111111:role/gate`
        .configuration("FunctionName", "gate")
        .role(Role::import("arn:aws-us-gov:iam::111111111111:role/gate"));
    let build = Action::new("Build", CodeBuild::new(project, &source)) //~ error iam::other-partition at Tools/Pipeline: `arn:aws-cn:iam::111111111111:role/starter`
        .role(Role::import("arn:aws-cn:iam::111111111111:role/starter"));
    let stage = Stage::new("Build").before_entry(Condition::new(StageResult::Fail).rule(gate)).action(build);
    app.at(tools).add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(stage));
    check(app);
}

#[test]
fn statements_about_other_partitions() {
    let mut app = App::new();
    let home = Env::new("111111111111", "cn-north-1");
    let tools = app.stack("Tools", home);
    let role = app.at(tools).add("Role", Role::new(Principal::service("codebuild.amazonaws.com")));
    app.attach(role, PolicyStatement::allow(["s3:GetObject"]).on(["arn:aws-cn:s3:::orders/*", "*"]));
    app.attach(role, PolicyStatement::allow(["s3:GetObject"]).on(["arn:aws:s3:::orders/*"])); //~ error iam::other-partition at Tools/Role: `arn:aws:s3:::orders/*`
    let topic = app.at(tools).add("Topic", Topic::new());
    let publish = PolicyStatement::allow(["sns:Publish"]).on([topic.arn()]);
    app.attach(topic, publish.principal(Principal::account(HOME))); //~ error iam::other-partition at Tools/Topic: `arn:aws:iam::111111111111:root`
    let source = Artifact::new("Source");
    let queues = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:*:*:orders-*"]);
    let deploy = DeployStack::new("orders", source.file("template.yaml")).allow(queues);
    let here = Action::new("Here", deploy.clone()); //~ error iam::other-partition at Tools/Pipeline: `arn:aws:sqs:*:*:orders-*`
    let there = Action::new("There", deploy).account(OTHER).run_order(2); //~ error iam::other-partition at Tools/Pipeline: `arn:aws:sqs:*:*:orders-*`
    let stage = Stage::new("Deploy").action(here).action(there);
    app.at(tools).add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(stage));
    check(app);
}

#[test]
fn actions_whose_place_cannot_be() {
    let source = Artifact::new("Source");
    let stage = Stage::new("Deploy")
        .action(Action::new("One", deployment(&source)).account("33333333333")) //~ error env::malformed-account at Tools/Pipeline: `33333333333`
        .action(Action::new("Two", deployment(&source)).region("eu-west1")); //~ error env::unknown-region at Tools/Pipeline: `eu-west1`
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(stage)));
}

#[test]
fn replica_store_in_an_unknown_region() {
    let source = Artifact::new("Source");
    let store = ImportedArtifactStore::new("platform-artifacts", "eu-west-1"); //~ error env::unknown-region at Tools/Pipeline: `europe`
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source));
    check(placed(pipeline.replica_store("europe", store)));
}

#[test]
fn strings_of_run_time_are_refused_at_once() {
    assert_eq!(Env::parse("11111111111", "us-east-1"), Err(EnvError::Account("11111111111".into())));
    assert_eq!(Env::parse("11111111111x", "us-east-1"), Err(EnvError::Account("11111111111x".into())));
    assert_eq!(Env::parse("111111111111", "us-east-7"), Err(EnvError::Region("us-east-7".into())));
    assert_eq!(Env::parse("", ""), Err(EnvError::Account(String::new())));
    assert!(AccountId::parse(" 111111111111").is_err());
    assert!(Region::parse("us-east-1 ").is_err());
    let error = Env::parse("111111111111", "us-east1").unwrap_err();
    assert!(error.help().contains("`us-east-1`"), "{}", error.help());
}

#[test]
fn a_region_newer_than_the_release_is_no_mistake() {
    let mut app = App::new();
    let region = Region::unlisted("eu-south-9", Partition::Aws);
    let stack = app.stack("Tools", Env { account: AccountId::new("111111111111"), region });
    app.at(stack).add("Queue", RawResource::new("AWS::SQS::Queue"));
    assert_eq!(app.synth().unwrap().stacks()[0].region, "eu-south-9");
}
