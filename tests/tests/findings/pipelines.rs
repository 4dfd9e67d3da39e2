//! The structure of a pipeline: names, counts, order, and who may be where.

use super::*;

fn jenkins() -> CustomAction {
    CustomAction::new(Category::Test, Owner::Custom, "Jenkins")
}

/// A pipeline with an action between its source and its deployment.
fn between(source: &Artifact, action: Action) -> Pipeline {
    Pipeline::new("orders").stage(checkout(source)).stage(Stage::new("Check").action(action)).stage(deploy(source))
}

#[test]
fn pipeline_name_with_a_space() {
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("my orders").stage(checkout(&source)).stage(deploy(&source));
    check(placed(pipeline)); //~ error pipeline::malformed-name at Tools/Pipeline: `my orders`
}

#[test]
fn pipeline_name_that_is_empty() {
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("").stage(checkout(&source)).stage(deploy(&source));
    check(placed(pipeline)); //~ error pipeline::malformed-name at Tools/Pipeline: ``
}

#[test]
fn pipeline_name_of_101_characters() {
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("x".repeat(101)).stage(checkout(&source)).stage(deploy(&source));
    check(placed(pipeline)); //~ error pipeline::malformed-name at Tools/Pipeline: `xxx
}

#[test]
fn names_that_normalise_to_one_name_stay_apart() {
    let mut app = App::new();
    for (stack, name) in [("One", "My.Pipe"), ("Two", "my_pipe"), ("Three", "my-pipe"), ("Four", "MY@PIPE")] {
        let source = Artifact::new("Source");
        let deploy = Action::new("Deploy", deployment(&source)).account(OTHER);
        let stack = app.stack(stack, HOME);
        let pipeline = Pipeline::new(name).stage(checkout(&source)).stage(Stage::new("Deploy").action(deploy));
        app.at(stack).add("Pipeline", pipeline);
    }
    assert_eq!(app.synth().unwrap().stacks().len(), 8);
}

#[test]
fn two_pipelines_of_one_name() {
    let source = Artifact::new("Source");
    let pipeline = || Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source));
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("First", pipeline());
    app.at(tools).add("Second", pipeline()); //~ error resource::duplicate-name at Tools/Second: `orders`
    check(app);
}

#[test]
fn two_pipelines_of_one_name_that_work_in_one_place() {
    let app = || {
        let mut app = App::new();
        for (id, home) in [("One", HOME), ("Two", Env::new(OTHER, "eu-west-1"))] {
            let source = Artifact::new("Source");
            let deploy = Action::new("Deploy", deployment(&source)).env(Env::new("444444444444", "us-east-1"));
            let stack = app.stack(id, home);
            let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Deploy").action(deploy));
            app.at(stack).add("Pipeline", pipeline); //~ error stack::duplicate-name at Two/Pipeline: `orders-scaffold-
        }
        app
    };
    check(app());
    // What is made for a pipeline cannot be named by the program: the pipelines can.
    let help = "it follows from the names of `One/Pipeline` and `Two/Pipeline`: give one of these two another name";
    assert!(app().synth().unwrap_err().to_string().contains(help));
}

#[test]
fn two_pipelines_of_one_name_with_a_store_in_one_region() {
    let mut app = App::new();
    for (id, home) in [("One", HOME), ("Two", Env::new(HOME.account.as_str(), "eu-west-1"))] {
        let source = Artifact::new("Source");
        let deploy = Action::new("Deploy", deployment(&source)).env(HOME);
        let stack = app.stack(id, home);
        let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Deploy").action(deploy));
        app.at(stack).add("Pipeline", pipeline); //~ error resource::duplicate-name at Two/Pipeline: `orders-us-east-1-
    }
    check(app);
}

#[test]
fn names_say_what_is_wrong_with_them() {
    let source = Artifact::new("Source");
    let long = "x".repeat(101);
    let stage = Stage::new("Größe") //~ error stage::malformed-name at Tools/Pipeline: is no name of a stage: it has `ö`
        .action(Action::new("", ManualApproval::new())) //~ error action::malformed-name at Tools/Pipeline: it is empty
        .action(Action::new(long, ManualApproval::new())); //~ error action::malformed-name at Tools/Pipeline: it has 101 characters, 100 at most
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source)).stage(stage)));
}

#[test]
fn timeout_of_what_is_no_approval() {
    let source = Artifact::new("Source");
    let deploy = Action::new("Late", deployment(&source)).timeout(30); //~ warning action::timeout-of-no-approval at Tools/Pipeline: `Late` of stage `Check`
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Check").action(deploy))));
}

#[test]
fn no_stage() {
    check(placed(Pipeline::new("orders"))); //~ error pipeline::too-few-stages at Tools/Pipeline: no stage
}

#[test]
fn one_stage() {
    let source = Artifact::new("Source");
    check(placed(Pipeline::new("orders").stage(checkout(&source)))); //~ error pipeline::too-few-stages at Tools/Pipeline: only one stage
}

#[test]
fn fifty_one_stages() {
    let source = Artifact::new("Source");
    let approvals = (0..49).map(|n| approve(&format!("Approve-{n}")));
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source)).stages(approvals);
    check(placed(pipeline)); //~ error pipeline::too-many-stages at Tools/Pipeline: 51 stages
}

#[test]
fn stage_without_an_action() {
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("orders")
        .stage(checkout(&source))
        .stage(Stage::new("Empty")) //~ error stage::no-action at Tools/Pipeline: `Empty`
        .stage(deploy(&source));
    check(placed(pipeline));
}

#[test]
fn stage_with_51_actions() {
    let source = Artifact::new("Source");
    let approvals = (0..51).map(|n| Action::new(format!("Approve-{n}"), ManualApproval::new()));
    let pipeline = Pipeline::new("orders")
        .stage(checkout(&source))
        .stage(Stage::new("Many").actions(approvals)) //~ error stage::too-many-actions at Tools/Pipeline: 51 actions
        .stage(deploy(&source));
    check(placed(pipeline));
}

#[test]
fn wave_without_targets() {
    let source = Artifact::new("Source");
    let wave = Wave::new("Fleet"); //~ error stage::no-action at Tools/Pipeline: `Fleet`
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source)).wave(wave)));
}

/// A wave is divided before anybody knows what the app says of quotas.
#[test]
fn wave_that_knows_no_lowered_quota() {
    let source = Artifact::new("Source");
    let targets = (0..5).map(|n| {
        let action = Action::new("Approve", ManualApproval::new());
        Target::new(Env::new(&format!("22222222222{n}"), "us-east-1")).action(action)
    });
    let wave = Wave::new("Fleet").targets(targets); //~ error stage::too-many-actions at Tools/Pipeline: 5 actions; CodePipeline takes at most 3
    let pipeline = |wave: Wave| Pipeline::new("orders").stage(checkout(&source)).wave(wave).stage(deploy(&source));
    let mut divided = placed(pipeline(wave.clone().actions_per_stage(3)));
    divided.quota(&quota::ACTIONS_OF_A_STAGE, 3);
    divided.synth().unwrap();
    let mut app = placed(pipeline(wave));
    app.quota(&quota::ACTIONS_OF_A_STAGE, 3);
    check(app);
}

#[test]
fn wave_that_deploys_twice_to_one_target() {
    let source = Artifact::new("Source");
    let target = || Target::new(HOME).action(Action::new("Deploy", deployment(&source)));
    let wave = Wave::new("Fleet").target(target()).target(target());
    //~^^ error action::duplicate-name at Tools/Pipeline: `Deploy-111111111111-us-east-1`
    check(placed(Pipeline::new("orders").stage(checkout(&source)).wave(wave)));
}

#[test]
fn wave_with_an_account_that_is_none() {
    let source = Artifact::new("Source");
    let nowhere = Env::new("22222222222", "us-east-1");
    let target = Target::new(nowhere).action(Action::new("Deploy", deployment(&source)));
    //~^ error env::malformed-account at Tools/Pipeline: `22222222222`
    check(placed(Pipeline::new("orders").stage(checkout(&source)).wave(Wave::new("Fleet").target(target))));
}

#[test]
fn pipeline_with_1001_actions() {
    let source = Artifact::new("Source");
    let stages = (0..40).map(|stage| {
        let approvals = (0..25).map(|n| Action::new(format!("Approve-{n}"), ManualApproval::new()));
        Stage::new(format!("Many-{stage}")).actions(approvals)
    });
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stages(stages).stage(deploy(&source));
    check(placed(pipeline)); //~ error pipeline::too-many-actions at Tools/Pipeline: 1002 actions
}

#[test]
fn two_stages_of_one_name() {
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("orders")
        .stage(checkout(&source))
        .stage(approve("Approve"))
        .stage(approve("Approve")) //~ error stage::duplicate-name at Tools/Pipeline: `Approve`
        .stage(deploy(&source));
    check(placed(pipeline));
}

#[test]
fn stage_names_that_are_malformed() {
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("orders")
        .stage(checkout(&source))
        .stage(approve("")) //~ error stage::malformed-name at Tools/Pipeline: ``
        .stage(approve("To test")) //~ error stage::malformed-name at Tools/Pipeline: `To test`
        .stage(approve(&"x".repeat(101))) //~ error stage::malformed-name at Tools/Pipeline: `xxx
        .stage(deploy(&source));
    check(placed(pipeline));
}

#[test]
fn reason_that_codepipeline_refuses() {
    let source = Artifact::new("Source");
    let frozen = approve("Approve").transition_disabled("freeze: until Monday"); //~ error stage::malformed-reason at Tools/Pipeline: `freeze: until Monday`
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(frozen).stage(deploy(&source))));
}

#[test]
fn two_actions_of_one_name() {
    let source = Artifact::new("Source");
    let approvals = Stage::new("Approve")
        .action(Action::new("Approve", ManualApproval::new()))
        .action(Action::new("Approve", ManualApproval::new())); //~ error action::duplicate-name at Tools/Pipeline: `Approve`
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(approvals).stage(deploy(&source))));
}

#[test]
fn action_names_that_are_malformed() {
    let source = Artifact::new("Source");
    let approvals = Stage::new("Approve")
        .action(Action::new("", ManualApproval::new())) //~ error action::malformed-name at Tools/Pipeline: ``
        .action(Action::new("Ask them", ManualApproval::new())) //~ error action::malformed-name at Tools/Pipeline: `Ask them`
        .action(Action::new("x".repeat(101), ManualApproval::new())); //~ error action::malformed-name at Tools/Pipeline: `xxx
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(approvals).stage(deploy(&source))));
}

#[test]
fn source_name_that_is_malformed() {
    let source = Artifact::new("Source");
    let first = Stage::new("Source");
    let first = first.action(Action::new("a/b", CodeCommitSource::new("orders", &source))); //~ error action::malformed-name at Tools/Pipeline: `a/b`
    check(placed(Pipeline::new("orders").stage(first).stage(deploy(&source))));
}

#[test]
fn run_order_0() {
    let source = Artifact::new("Source");
    let action = Action::new("Approve", ManualApproval::new()).run_order(0); //~ error action::run-order at Tools/Pipeline: 0
    check(placed(between(&source, action)));
}

#[test]
fn run_order_1000() {
    let source = Artifact::new("Source");
    let action = Action::new("Approve", ManualApproval::new()).run_order(1_000); //~ error action::run-order at Tools/Pipeline: 1000
    check(placed(between(&source, action)));
}

#[test]
fn timeouts_out_of_range() {
    let source = Artifact::new("Source");
    let stage = Stage::new("Approve")
        .action(Action::new("One", ManualApproval::new()).timeout(4)) //~ error action::timeout at Tools/Pipeline: 4 minutes
        .action(Action::new("Two", ManualApproval::new()).timeout(86_401)); //~ error action::timeout at Tools/Pipeline: 86401 minutes
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(stage).stage(deploy(&source))));
}

#[test]
fn source_outside_of_the_first_stage() {
    let (source, late) = (Artifact::new("Source"), Artifact::new("Late"));
    let checkout_late = Action::new("Checkout", CodeCommitSource::new("invoices", &late)); //~ error pipeline::source-outside-first-stage at Tools/Pipeline: `Checkout` of stage `Check`
    let read = Stage::new("Read").action(Action::new("Deploy", deployment(&late)));
    check(placed(between(&source, checkout_late).stage(read)));
}

#[test]
fn other_action_in_the_first_stage() {
    let source = Artifact::new("Source");
    let first = checkout(&source).action(Action::new("Approve", ManualApproval::new())); //~ error pipeline::other-action-in-first-stage at Tools/Pipeline: `Approve` of stage `Source`
    check(placed(Pipeline::new("orders").stage(first).stage(deploy(&source))));
}

#[test]
fn first_stage_without_a_source() {
    let pipeline = Pipeline::new("orders")
        .stage(Stage::new("First")) //~ error pipeline::no-source at Tools/Pipeline: `First`
        //~^ error stage::no-action at Tools/Pipeline: `First`
        .stage(approve("Approve"));
    check(placed(pipeline));
}

#[test]
fn first_stage_without_a_source_among_its_actions() {
    let first = approve("First");
    //~^ error pipeline::no-source at Tools/Pipeline: `First`
    //~^^ error pipeline::other-action-in-first-stage at Tools/Pipeline: `Approve` of stage `First`
    check(placed(Pipeline::new("orders").stage(first).stage(approve("Approve"))));
}

#[test]
fn nothing_but_sources() {
    let (one, two) = (Artifact::new("One"), Artifact::new("Two"));
    //~^ warning artifact::unread at Tools/Pipeline: `One`
    //~^^ warning artifact::unread at Tools/Pipeline: `Two`
    let second = Stage::new("Second").action(Action::new("Checkout", CodeCommitSource::new("invoices", &two))); //~ error pipeline::source-outside-first-stage at Tools/Pipeline: `Second`
    check(placed(Pipeline::new("orders").stage(checkout(&one)).stage(second)));
}

#[test]
fn source_in_another_region() {
    let source = Artifact::new("Source");
    let far = Action::new("Checkout", CodeCommitSource::new("orders", &source)).region("eu-west-1"); //~ error action::source-in-other-region at Tools/Pipeline: eu-west-1
    check(placed(Pipeline::new("orders").stage(Stage::new("Source").action(far)).stage(deploy(&source))));
}

#[test]
fn source_whose_repository_is_in_another_region() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let code = app.stack("Code", Env::new("222222222222", "eu-west-1"));
    let repository = app.at(code).add("Orders", Repository::new("orders"));
    let tools = app.stack("Tools", HOME);
    let far = Action::new("Checkout", CodeCommitSource::new(repository, &source)); //~ error action::source-in-other-region at Tools/Pipeline: eu-west-1
    let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(far)).stage(deploy(&source));
    app.at(tools).add("Pipeline", pipeline);
    check(app);
}

#[test]
fn role_on_an_action_of_a_partner() {
    let source = Artifact::new("Source");
    let action =
        Action::new("Check", jenkins().input(&source)).role(Role::import("arn:aws:iam::111111111111:role/jenkins")); //~ error action::role-not-aws at Tools/Pipeline: Custom
    check(placed(between(&source, action)));
}

#[test]
fn account_on_an_action_of_a_partner() {
    let source = Artifact::new("Source");
    let action = Action::new("Check", jenkins().input(&source)).account(OTHER); //~ error action::account-not-aws at Tools/Pipeline: Custom
    check(placed(between(&source, action)));
}

#[test]
fn region_on_an_action_of_a_partner() {
    let source = Artifact::new("Source");
    let action = Action::new("Check", jenkins().input(&source)).region("eu-west-1"); //~ error action::region-not-aws at Tools/Pipeline: Custom
    check(placed(between(&source, action)));
}

#[test]
fn permissions_of_an_action_of_a_partner() {
    let source = Artifact::new("Source");
    let permission = PolicyStatement::allow(["sqs:SendMessage"]).on(["arn:aws:sqs:us-east-1:111111111111:jobs"]);
    let action = Action::new("Check", jenkins().input(&source).permission(permission)); //~ warning action::unused-permissions at Tools/Pipeline: `Check` of stage
    check(placed(between(&source, action)));
}

#[test]
fn role_account_and_region_on_a_source_of_a_partner() {
    let source = Artifact::new("Source");
    let github = CustomAction::new(Category::Source, Owner::ThirdParty, "GitHub").output(&source);
    let role = Role::import("arn:aws:iam::222222222222:role/github");
    let action = Action::new("Checkout", github).account(OTHER).region("us-east-1").role(role);
    //~^ error action::role-not-aws at Tools/Pipeline: ThirdParty
    //~^^ error action::account-not-aws at Tools/Pipeline: ThirdParty
    //~^^^ error action::region-not-aws at Tools/Pipeline: ThirdParty
    check(placed(Pipeline::new("orders").stage(Stage::new("Source").action(action)).stage(deploy(&source))));
}

#[test]
fn region_on_a_source_of_a_partner() {
    let source = Artifact::new("Source");
    let github = CustomAction::new(Category::Source, Owner::ThirdParty, "GitHub").output(&source);
    let action = Action::new("Checkout", github).region("eu-west-1"); //~ error action::region-not-aws at Tools/Pipeline: ThirdParty
    check(placed(Pipeline::new("orders").stage(Stage::new("Source").action(action)).stage(deploy(&source))));
}

#[test]
fn source_of_a_partner_elsewhere_with_a_role_of_a_third_account() {
    let source = Artifact::new("Source");
    let github = CustomAction::new(Category::Source, Owner::ThirdParty, "GitHub").output(&source);
    let role = Role::import("arn:aws:iam::444444444444:role/github");
    let action = Action::new("Checkout", github).account(OTHER).region("eu-west-1").role(role);
    //~^ error action::role-not-aws at Tools/Pipeline: ThirdParty
    //~^^ error action::account-not-aws at Tools/Pipeline: ThirdParty
    //~^^^ error action::region-not-aws at Tools/Pipeline: ThirdParty
    check(placed(Pipeline::new("orders").stage(Stage::new("Source").action(action)).stage(deploy(&source))));
}

#[test]
fn action_and_its_role_in_two_accounts() {
    let source = Artifact::new("Source");
    let role = Role::import("arn:aws:iam::333333333333:role/deployer");
    let action = Action::new("Deploy", deployment(&source)).account(OTHER).role(role); //~ error action::role-in-other-account at Tools/Pipeline: 333333333333
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Deploy").action(action))));
}

#[test]
fn action_and_its_bucket_in_two_accounts() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let data = app.stack("Data", Env::new("333333333333", "eu-west-1"));
    let bucket = app.at(data).add("Site", Bucket::new().bucket_name("orders-site"));
    let tools = app.stack("Tools", HOME);
    let action = Action::new("Publish", S3Deploy::new(bucket, &source)).account(OTHER).region("us-east-1");
    //~^ error action::account-contradiction at Tools/Pipeline: 333333333333
    //~^^ error action::region-contradiction at Tools/Pipeline: eu-west-1
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Publish").action(action));
    app.at(tools).add("Pipeline", pipeline);
    check(app);
}

#[test]
fn action_and_its_imported_bucket_in_two_accounts() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    let bucket = scope.add("Site", Bucket::import("orders-site"));
    let action = Action::new("Publish", S3Deploy::new(bucket, &source)).account(OTHER); //~ error action::account-contradiction at Tools/Pipeline: 111111111111
    scope.add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Publish").action(action)));
    check(app);
}

#[test]
fn role_of_the_pipeline_in_another_account() {
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source));
    let role = Role::import("arn:aws:iam::222222222222:role/pipeline");
    check(placed(pipeline.role(role))); //~ error role::in-other-account at Tools/Pipeline: 222222222222
}

#[test]
fn deployment_role_in_another_account() {
    let source = Artifact::new("Source");
    let deploy = DeployStack::new("orders", source.file("template.yaml"));
    let deploy = deploy.deployment_role(Role::import("arn:aws:iam::333333333333:role/deployer"));
    let action = Action::new("Deploy", deploy).account(OTHER); //~ error role::passed-across-accounts at Tools/Pipeline: 333333333333
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Deploy").action(action))));
}

#[test]
fn role_that_is_named_in_place_of_its_arn() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source)).role(Role::import("deployer")); //~ error iam::malformed-role-arn at Tools/Pipeline: `deployer`
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Deploy").action(action))));
}

#[test]
fn role_path_of_the_pipeline_without_slashes() {
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source));
    assert!(placed(pipeline.clone().role_path("/a/")).synth().is_ok());
    check(placed(pipeline.role_path("delivery"))); //~ error pipeline::malformed-role-path at Tools/Pipeline: `delivery`
}

#[test]
fn role_path_of_the_pipeline_with_one_slash_or_two_alone() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    for (n, path) in ["/delivery", "delivery/", "//"].into_iter().enumerate() {
        let pipeline = Pipeline::new(format!("orders-{n}")).role_path(path);
        let pipeline = pipeline.stage(checkout(&Artifact::new("Source"))).stage(approve("Approve"));
        app.at(tools).add(format!("Pipeline{n}"), pipeline);
    }
    let error = app.synth().expect_err("no paths").to_string();
    assert_eq!(error.matches("pipeline::malformed-role-path").count(), 3, "{error}");
}

#[test]
fn execution_mode_of_type_v2_in_v1() {
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source));
    let pipeline = pipeline.pipeline_type(PipelineType::V1).execution_mode(ExecutionMode::Parallel);
    check(placed(pipeline)); //~ error pipeline::execution-mode at Tools/Pipeline: PARALLEL
}

#[test]
fn variable_in_v1() {
    let source = Artifact::new("Source");
    let variable = Variable::new("version").default_value("1"); //~ error variable::v2-only at Tools/Pipeline: `version`
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source));
    check(placed(pipeline.variable(variable).pipeline_type(PipelineType::V1)));
}

#[test]
fn action_type_of_v2_in_v1() {
    let source = Artifact::new("Source");
    let next = CustomAction::new(Category::Invoke, Owner::Aws, "CodePipeline").v2_only();
    let action = Action::new("Next", next.configuration("PipelineName", "production")); //~ error action::v2-only at Tools/Pipeline: CodePipeline
    check(placed(between(&source, action).pipeline_type(PipelineType::V1)));
}

#[test]
fn deployment_that_may_do_nothing() {
    let source = Artifact::new("Source");
    let deploy = DeployStack::new("orders", source.file("template.yaml"));
    let stage = Stage::new("Deploy").action(Action::new("Deploy", deploy)); //~ warning deploy::no-permissions at Tools/Pipeline: 111111111111/us-east-1
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(stage)));
}

#[test]
fn deployment_that_does_not_wait_for_the_approval_beside_it() {
    let source = Artifact::new("Source");
    let stage = Stage::new("Production").action(Action::new("Approve", ManualApproval::new()));
    let deploy = Action::new("Deploy", deployment(&source)); //~ warning action::beside-approval at Tools/Pipeline: `Deploy` of stage `Production` does not wait for the approval `Approve`
    let another = DeployStack::new("more", source.file("more.yaml")).administrator_permissions();
    let waits = Action::new("Wait", another).run_order(2);
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(stage.action(deploy).action(waits));
    check(placed(pipeline));
}

#[test]
fn blockers_without_a_name() {
    let source = Artifact::new("Source");
    let nameless = deploy(&source).blocker(""); //~ error stage::malformed-blocker at Tools/Pipeline: 0 characters
    let long = approve("Approve").blocker("x".repeat(101)); //~ error stage::malformed-blocker at Tools/Pipeline: 101 characters
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(nameless).stage(long)));
}
