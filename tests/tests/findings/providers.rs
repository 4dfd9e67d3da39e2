//! What the providers find wrong with what they were given.

use super::*;

/// A pipeline with an action between its source and its deployment.
fn between(source: &Artifact, action: Action) -> Pipeline {
    Pipeline::new("orders").stage(checkout(source)).stage(Stage::new("Check").action(action)).stage(deploy(source))
}

/// A pipeline whose source is this action.
fn from(source: &Artifact, action: Action) -> Pipeline {
    Pipeline::new("orders").stage(Stage::new("Source").action(action)).stage(deploy(source))
}

#[test]
fn repository_names_that_are_malformed() {
    let source = Artifact::new("Source");
    let action = Action::new("Checkout", CodeCommitSource::new("my orders", &source)); //~ error codecommit::malformed-repository-name at Tools/Pipeline: `my orders`
    check(placed(from(&source, action)));
}

#[test]
fn repository_name_with_git_at_its_end() {
    let source = Artifact::new("Source");
    let action = Action::new("Checkout", CodeCommitSource::new("orders.git", &source)); //~ error codecommit::malformed-repository-name at Tools/Pipeline: `orders.git`
    check(placed(from(&source, action)));
}

#[test]
fn branch_without_a_name() {
    let source = Artifact::new("Source");
    let action = Action::new("Checkout", CodeCommitSource::new("orders", &source).branch("")); //~ error codecommit::empty-branch at Tools/Pipeline: branch
    check(placed(from(&source, action)));
}

#[test]
fn polling_across_accounts() {
    let source = Artifact::new("Source");
    let polled = CodeCommitSource::new("orders", &source).poll();
    let action = Action::new("Checkout", polled).account(OTHER); //~ error codecommit::poll-across-accounts at Tools/Pipeline: another account
    check(placed(from(&source, action)));
}

#[test]
fn connection_by_its_name() {
    let source = Artifact::new("Source");
    let action = Action::new("Checkout", ConnectionSource::new("github", "example/orders", &source)); //~ error connection::malformed-arn at Tools/Pipeline: `github`
    check(placed(from(&source, action)));
}

#[test]
fn repository_of_a_connection_without_its_owner() {
    let source = Artifact::new("Source");
    let arn = "arn:aws:codeconnections:us-east-1:111111111111:connection/x";
    let action = Action::new("Checkout", ConnectionSource::new(arn, "orders", &source)); //~ error connection::malformed-repository at Tools/Pipeline: `orders`
    check(placed(from(&source, action)));
}

#[test]
fn repository_of_a_connection_without_its_name() {
    let source = Artifact::new("Source");
    let arn = "arn:aws:codeconnections:us-east-1:111111111111:connection/x";
    let action = Action::new("Checkout", ConnectionSource::new(arn, "example/", &source)); //~ error connection::malformed-repository at Tools/Pipeline: `example/`
    check(placed(from(&source, action)));
}

#[test]
fn key_of_many_objects() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let bucket = app.at(tools).add("Bucket", Bucket::new().versioned());
    let action = Action::new("Fetch", S3Source::new(bucket, "releases/*.zip", &source)); //~ error s3-source::malformed-key at Tools/Pipeline: `releases/*.zip`
    app.at(tools).add("Pipeline", from(&source, action));
    check(app);
}

#[test]
fn keys_as_addresses_and_paths() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let bucket = app.at(tools).add("Bucket", Bucket::import("orders-releases"));
    for (id, key) in [("One", "/orders.zip"), ("Two", "s3://orders-releases/orders.zip")] {
        let action = Action::new("Checkout", S3Source::new(bucket, key, &source));
        //~^ warning s3-source::odd-key at Tools/One: begins with `/`
        //~^^ warning s3-source::odd-key at Tools/Two: begins with `s3://`
        let pipeline = Pipeline::new(id).stage(Stage::new("Source").action(action)).stage(deploy(&source));
        app.at(tools).add(id, pipeline);
    }
    check(app);
}

#[test]
fn image_repository_by_its_address() {
    let source = Artifact::new("Image");
    let address = "111111111111.dkr.ecr.us-east-1.amazonaws.com/Orders";
    let action = Action::new("Image", EcrSource::new(address, &source)); //~ error ecr::malformed-repository-name at Tools/Pipeline: amazonaws.com/Orders`
    check(placed(from(&source, action)));
}

#[test]
fn image_tag_with_a_space() {
    let source = Artifact::new("Image");
    let action = Action::new("Image", EcrSource::new("orders", &source).image_tag("my tag")); //~ error ecr::malformed-image-tag at Tools/Pipeline: `my tag`
    check(placed(from(&source, action)));
}

#[test]
fn primary_source_that_is_no_input() {
    let (source, other) = (Artifact::new("Source"), Artifact::new("Other"));
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let project = app.at(tools).add("Build", PipelineProject::new());
    let action = Action::new("Build", CodeBuild::new(project, &source).primary_source(&other)); //~ error codebuild::primary-source at Tools/Pipeline: `Other`
    app.at(tools).add("Pipeline", between(&source, action));
    check(app);
}

#[test]
fn stack_name_of_a_deployment_with_an_underscore() {
    let source = Artifact::new("Source");
    let everything = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:*:*:*"]);
    let deploy = DeployStack::new("my_orders", source.file("template.yaml")).allow(everything);
    let action = Action::new("Deploy2", deploy); //~ error cloudformation::malformed-stack-name at Tools/Pipeline: `my_orders`
    check(placed(between(&source, action)));
}

#[test]
fn stack_name_of_a_deployment_that_is_empty() {
    let source = Artifact::new("Source");
    let action = Action::new("Execute", ExecuteChangeSet::new("", "release")); //~ error cloudformation::malformed-stack-name at Tools/Pipeline: ``
    check(placed(between(&source, action)));
}

#[test]
fn stack_name_of_a_deletion_with_an_underscore() {
    let source = Artifact::new("Source");
    let action = Action::new("Delete", DeleteStack::new("my_orders")); //~ error cloudformation::malformed-stack-name at Tools/Pipeline: `my_orders`
    check(placed(between(&source, action)));
}

#[test]
fn names_of_a_change_set_that_is_prepared() {
    let source = Artifact::new("Source");
    let prepare = CreateChangeSet::new("my_orders", "v1.0", source.file("template.yaml")).administrator_permissions();
    let action = Action::new("Prepare", prepare);
    //~^ error cloudformation::malformed-stack-name at Tools/Pipeline: `my_orders`
    //~^^ error cloudformation::malformed-change-set-name at Tools/Pipeline: `v1.0`
    check(placed(between(&source, action)));
}

#[test]
fn change_set_name_with_a_dot() {
    let source = Artifact::new("Source");
    let action = Action::new("Execute", ExecuteChangeSet::new("orders", "v1.0")); //~ error cloudformation::malformed-change-set-name at Tools/Pipeline: `v1.0`
    check(placed(between(&source, action)));
}

#[test]
fn template_path_from_the_root() {
    let source = Artifact::new("Source");
    let everything = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:*:*:*"]);
    let deploy = DeployStack::new("orders-2", source.file("/template.yaml")).allow(everything);
    let action = Action::new("Deploy2", deploy); //~ error cloudformation::malformed-path at Tools/Pipeline: `Source::/template.yaml`
    check(placed(between(&source, action)));
}

#[test]
fn function_by_its_name() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let function = app.at(tools).add("Check", Function::import("check")); //~ error lambda::malformed-function-arn at Tools/Check: `check`
    app.at(tools).add("Pipeline", between(&source, Action::new("Check", LambdaInvoke::new(function))));
    check(app);
}

#[test]
fn function_by_one_of_its_versions() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let function = Function::import("arn:aws:lambda:us-east-1:111111111111:function:check:live");
    let help = function.problem().unwrap().help_text().unwrap().to_owned();
    assert!(help.starts_with("write `arn:aws:lambda:us-east-1:111111111111:function:check`: "), "{help}");
    app.at(tools).add("Check", function); //~ error lambda::malformed-function-arn at Tools/Check: `arn:aws:lambda:us-east-1:111111111111:function:check:live`
    check(app);
}

#[test]
fn parameters_that_no_template_has() {
    let source = Artifact::new("Source");
    let deploy =
        deployment(&source).parameter("Stage", "test").parameter("Stage", "production").parameter("my-size", "1");
    let action = Action::new("Deploy", deploy);
    //~^ error cloudformation::duplicate-parameter at Tools/Pipeline: the parameter `Stage` has two values
    //~^^ error cloudformation::malformed-parameter at Tools/Pipeline: `my-size`
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Deploy").action(action))));
}

#[test]
fn parameter_of_an_artifact_that_is_no_input() {
    let (source, code) = (Artifact::new("Source"), Artifact::new("Code"));
    let deploy = || deployment(&source).parameter("Key", code.att(ArtifactAtt::ObjectKey));
    let wrong = deploy().parameter("Id", code.file("outputs.json").param("Id"));
    let wrong = Action::new("Deploy", wrong);
    //~^ error cloudformation::artifact-without-input at Tools/Pipeline: the parameter `Key` is taken of the artifact `Code`
    //~^^ error cloudformation::artifact-without-input at Tools/Pipeline: the parameter `Id` is taken of the artifact `Code`
    let right = Action::new("Again", deploy().input(&code)).run_order(2);
    let sources = Stage::new("Source")
        .action(Action::new("Checkout", CodeCommitSource::new("orders", &source)))
        .action(Action::new("Code", CodeCommitSource::new("code", &code)));
    check(placed(Pipeline::new("orders").stage(sources).stage(Stage::new("Deploy").action(wrong).action(right))));
}

#[test]
fn build_with_variables_that_no_build_can_read() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let project = app.at(tools).add("Build", PipelineProject::new());
    let build = CodeBuild::new(project, &source).environment("", "x").environment("A B", "y");
    let action = Action::new("Build", build);
    //~^ error codebuild::malformed-variable at Tools/Pipeline: ``
    //~^^ error codebuild::malformed-variable at Tools/Pipeline: `A B`
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Build").action(action));
    app.at(tools).add("Pipeline", pipeline);
    check(app);
}

#[test]
fn build_with_artifacts_that_have_no_identifiers() {
    let [source, first, one, two] = ["the-source", "the-first", "build-out", "report_out"].map(Artifact::new);
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let project = app.at(tools).add("Build", PipelineProject::new());
    let build = CodeBuild::new(project, &source).input(&first).primary_source(&first).output(&one).output(&two);
    let action = Action::new("Build", build);
    //~^ warning codebuild::artifact-identifier at Tools/Pipeline: `the-source`
    //~^^ warning codebuild::artifact-identifier at Tools/Pipeline: `build-out`
    let again = CodeBuild::new(project, &one);
    let again = Stage::new("Again").action(Action::new("Again", again)).action(Action::new("Deploy", deployment(&two)));
    let fetch = Action::new("Fetch", CodeCommitSource::new("first", &first));
    let pipeline = Pipeline::new("orders").stage(checkout(&source).action(fetch));
    app.at(tools).add("Pipeline", pipeline.stage(Stage::new("Build").action(action)).stage(again));
    check(app);
}

#[test]
fn build_with_a_variable_of_two_values() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let project = app.at(tools).add("Build", PipelineProject::new());
    let build = CodeBuild::new(project, &source).environment("STAGE", "test").environment("STAGE", "production");
    let action = Action::new("Build", build); //~ warning codebuild::duplicate-variable at Tools/Pipeline: `STAGE`
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Build").action(action));
    app.at(tools).add("Pipeline", pipeline);
    check(app);
}

#[test]
fn state_machine_by_its_name() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let machine = app.at(tools).add("Migrate", StateMachine::import("migrate")); //~ error step-functions::malformed-state-machine-arn at Tools/Migrate: `migrate`
    app.at(tools).add("Pipeline", between(&source, Action::new("Migrate", StepFunctionsInvoke::new(machine))));
    check(app);
}

#[test]
fn input_that_is_no_json() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let arn = "arn:aws:states:us-east-1:111111111111:stateMachine:migrate";
    let machine = app.at(tools).add("Migrate", StateMachine::import(arn));
    let action = Action::new("Migrate", StepFunctionsInvoke::new(machine).input("stage=test")); //~ error step-functions::input-not-json at Tools/Pipeline: JSON
    app.at(tools).add("Pipeline", between(&source, action));
    check(app);
}

#[test]
fn archive_without_a_key() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let bucket = app.at(tools).add("Site", Bucket::new());
    let action = Action::new("Publish", S3Deploy::new(bucket, &source).extract(false)); //~ error s3-deploy::object-key-missing at Tools/Pipeline: key
    app.at(tools).add("Pipeline", between(&source, action));
    check(app);
}

#[test]
fn list_that_the_bucket_refuses() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let bucket = app.at(tools).add("Site", Bucket::new());
    let action = Action::new("Publish", S3Deploy::new(bucket, &source).canned_acl(CannedAcl::PublicRead)); //~ error s3-deploy::refused-acl at Tools/Pipeline: `public-read`
    app.at(tools).add("Pipeline", between(&source, action));
    check(app);
}

#[test]
fn link_that_is_no_address() {
    let source = Artifact::new("Source");
    let action = Action::new("Ask", ManualApproval::new().external_link("example.com")); //~ error manual-approval::malformed-link at Tools/Pipeline: `example.com`
    check(placed(between(&source, action)));
}

#[test]
fn key_of_a_topic_by_its_alias() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let topic = app.at(tools).add("Topic", Topic::import("arn:aws:sns:us-east-1:111111111111:approvals"));
    let approve = ManualApproval::new().topic(topic).topic_key("arn:aws:kms:us-east-1:111111111111:alias/topics");
    let action = Action::new("Ask", approve); //~ warning manual-approval::malformed-key at Tools/Pipeline: alias/topics
    app.at(tools).add("Pipeline", between(&source, action));
    check(app);
}

#[test]
fn topic_in_another_region() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let far = app.stack("Far", Env::new("111111111111", "eu-west-1"));
    let made = app.at(far).add("Made", Topic::new());
    let there = app.at(far).add("There", Topic::import("arn:aws:sns:eu-west-1:111111111111:approvals"));
    let tools = app.stack("Tools", HOME);
    let ask = |topic| ManualApproval::new().topic(topic);
    let stage = Stage::new("Ask")
        .action(Action::new("First", ask(made))) //~ error manual-approval::topic-in-another-region at Tools/Pipeline: `Far/Made`
        .action(Action::new("Then", ask(there))); //~ warning manual-approval::topic-in-another-region at Tools/Pipeline: `Far/There`
    app.at(tools).add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(stage).stage(deploy(&source)));
    check(app);
}

#[test]
fn imported_project_whose_role_is_unknown() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let arn = "arn:aws:codebuild:us-east-1:111111111111:project/build";
    let project = app.at(tools).add("Build", PipelineProject::import(arn));
    let build = |name: &str| Action::new(name, CodeBuild::new(project, &source));
    let action = build("Build"); //~^ warning action::unknown-worker-role at Tools/Pipeline: `Build` of stage `Check` and one more action work
    let more = Stage::new("More").action(build("Again"));
    app.at(tools).add("Pipeline", between(&source, action).stage(more));
    check(app);
}

#[test]
fn permission_that_iam_refuses() {
    let source = Artifact::new("Source");
    let jenkins = CustomAction::new(Category::Invoke, Owner::Aws, "CodePipeline").configuration("PipelineName", "x");
    let action = Action::new("Next", jenkins.permission(PolicyStatement::allow(["StartPipelineExecution"]).on(["*"]))); //~ error action::malformed-statement at Tools/Pipeline: `StartPipelineExecution`
    check(placed(between(&source, action)));
}

#[test]
fn template_whose_path_names_the_artifact_again() {
    let source = Artifact::new("Source");
    let template = source.file("Source::template.yaml");
    let deploy = Action::new("Again", DeployStack::new("orders-2", template).administrator_permissions()); //~ error cloudformation::malformed-path at Tools/Pipeline: `Source::Source::template.yaml` names no file of the artifact: it names the artifact twice
    check(placed(between(&source, deploy)));
}

#[test]
fn change_set_that_is_not_there() {
    let source = Artifact::new("Source");
    let make = CreateChangeSet::new("shop", "release", source.file("template.yaml")).administrator_permissions();
    let early = Action::new("Early", ExecuteChangeSet::new("shop", "release")); //~ error cloudformation::change-set-too-early at Tools/Pipeline: `Early` of stage `Check` executes the change set `release` before `Make` of stage `Check` has made it
    let typo = Action::new("Typo", ExecuteChangeSet::new("shop", "relase")).run_order(2); //~ warning cloudformation::unknown-change-set at Tools/Pipeline: the change set `relase` of the stack `shop`, for which `Make` of stage `Check` makes `release`
    let late = Action::new("Late", ExecuteChangeSet::new("shop", "release")).run_order(3);
    let others = Action::new("Others", ExecuteChangeSet::new("theirs", "theirs"));
    let elsewhere = Action::new("Elsewhere", ExecuteChangeSet::new("shop", "x")).region("eu-west-1");
    let astray = Action::new("Astray", ExecuteChangeSet::new("shop", "release")).region("eu-west-1").run_order(4); //~ warning cloudformation::unknown-change-set at Tools/Pipeline: `Astray` of stage `Check` executes the change set `release` in 111111111111/eu-west-1, but it is made in 111111111111/us-east-1
    let actions = [early, typo, late, others, elsewhere, astray];
    let stage = Stage::new("Check").action(Action::new("Make", make)).actions(actions);
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(stage).stage(deploy(&source))));
}

#[test]
fn stack_that_two_actions_work_on_at_once() {
    let source = Artifact::new("Source");
    let deploy = |name: &str| DeployStack::new(name, source.file("template.yaml")).administrator_permissions();
    let stage = Stage::new("Check")
        .action(Action::new("One", deploy("shop")))
        .action(Action::new("Two", deploy("shop"))) //~ warning cloudformation::same-stack-at-once at Tools/Pipeline: `Two` of stage `Check` works on the stack `shop` in 111111111111/us-east-1 at the same time as `One` of stage `Check`
        .action(Action::new("Three", deploy("shop")).run_order(2))
        .action(Action::new("Four", deploy("shop")).account(OTHER))
        .action(Action::new("Five", deploy("shop")).region("eu-west-1"))
        .action(Action::new("Six", deploy("till")));
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(stage)));
}

#[test]
fn stack_that_a_loop_of_actions_works_on_at_once() {
    let source = Artifact::new("Source");
    let deploy = |at: usize| {
        let stack = DeployStack::new("shop", source.file("template.yaml")).administrator_permissions();
        Action::new(format!("Deploy{at}"), stack) //~ warning cloudformation::same-stack-at-once at Tools/Pipeline: `Deploy1` of stage `Check` and 2 other actions work on the stack `shop` in 111111111111/us-east-1 at the same time as `Deploy0` of stage `Check`
    };
    let stage = Stage::new("Check").actions((0..4).map(deploy));
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(stage)));
}

#[test]
fn permission_on_what_is_no_arn() {
    let source = Artifact::new("Source");
    let tables = PolicyStatement::allow(["dynamodb:PutItem"]).on(["orders-table"]);
    let deploy = DeployStack::new("orders-2", source.file("template.yaml")).allow(tables);
    let action = Action::new("Deploy2", deploy); //~ error action::malformed-statement at Tools/Pipeline: `orders-table` is no resource
    check(placed(between(&source, action)));
}

#[test]
fn permission_of_a_deployment_that_iam_refuses() {
    let source = Artifact::new("Source");
    let deploy = DeployStack::new("orders-2", source.file("template.yaml")).allow(PolicyStatement::allow(["sqs:*"]));
    let action = Action::new("Deploy2", deploy); //~ error action::malformed-statement at Tools/Pipeline: no resource
    check(placed(between(&source, action)));
}

/// An action of AWS that is not looked at more closely, with all permissions.
fn of_aws(category: Category, provider: &'static str, source: &Artifact) -> CustomAction {
    let all = PolicyStatement::allow(["*"]).on(["*"]);
    CustomAction::new(category, Owner::Aws, provider).input(source).permission(all)
}

#[test]
fn provider_of_aws_that_is_misspelt() {
    let source = Artifact::new("Source");
    let ecs = of_aws(Category::Deploy, "CodeDeployECS", &source).configuration("ApplicationName", "orders");
    let action = Action::new("Blue", ecs); //~ warning action::unknown-provider at Tools/Pipeline: `CodeDeployECS`, which is no Deploy action of AWS
    check(placed(between(&source, action)));
}

#[test]
fn provider_of_aws_of_another_category() {
    let source = Artifact::new("Source");
    let build = of_aws(Category::Test, "ECRBuildAndPublish", &source).configuration("ECRRepositoryName", "orders");
    let action = Action::new("Image", build); //~ warning action::unknown-provider at Tools/Pipeline: `ECRBuildAndPublish`, which is no Test action of AWS
    check(placed(between(&source, action)));
}

#[test]
fn configuration_without_what_aws_requires() {
    let source = Artifact::new("Source");
    let ecs = of_aws(Category::Deploy, "ECS", &source).configuration("FileName", "images.json");
    let action = Action::new("Web", ecs); //~ warning configuration::missing-key at Tools/Pipeline: no `ClusterName` and no `ServiceName`
    check(placed(between(&source, action)));
}

#[test]
fn task_roles_that_are_none() {
    let source = Artifact::new("Source");
    let deploy = EcsDeploy::new("shop", "orders", &source)
        .task_role("arn:aws:iam::111111111111:role/orders-*")
        .task_role("arn:aws:iam::111111111111:instance-profile/orders")
        .task_role("*");
    let action = Action::new("Deploy", deploy);
    //~^ error ecs::malformed-task-role at Tools/Pipeline: instance-profile/orders`
    //~^^ error ecs::malformed-task-role at Tools/Pipeline: `*`
    check(placed(between(&source, action)));
}

#[test]
fn service_whose_task_roles_nobody_names() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", EcsDeploy::new("shop", "orders", &source)); //~ warning ecs::unknown-task-roles at Tools/Pipeline: may hand over none
    check(placed(between(&source, action)));
}

#[test]
fn service_that_ecs_does_not_know() {
    let source = Artifact::new("Source");
    let cluster = "arn:aws:ecs:us-east-1:111111111111:cluster/shop";
    let deploy = EcsDeploy::new(cluster, "orders", &source).no_task_roles();
    let action = Action::new("Deploy", deploy); //~ error ecs::malformed-name at Tools/Pipeline: is no name of a cluster
    check(placed(between(&source, action)));
}

#[test]
fn service_that_gets_two_hours() {
    let source = Artifact::new("Source");
    let deploy = EcsDeploy::new("shop", "orders", &source).no_task_roles();
    let action = Action::new("Deploy", deploy.deployment_timeout(120)); //~ error ecs::deployment-timeout at Tools/Pipeline: 120 minutes
    check(placed(between(&source, action)));
}

#[test]
fn task_definition_from_the_root() {
    let source = Artifact::new("Source");
    let (task_definition, app_spec) = (source.file("/taskdef.json"), source.file("appspec.yaml"));
    let deploy = CodeDeployEcsDeploy::new("shop", "orders", task_definition, app_spec).no_task_roles();
    let action = Action::new("Deploy", deploy); //~ error ecs::malformed-path at Tools/Pipeline: /taskdef.json
    check(placed(between(&source, action)));
}

#[test]
fn task_definition_with_five_images() {
    let source = Artifact::new("Source");
    let (task_definition, app_spec) = (source.file("taskdef.json"), source.file("appspec.yaml"));
    let deploy = CodeDeployEcsDeploy::new("shop", "orders", task_definition, app_spec).no_task_roles();
    let deploy = (1..=5).fold(deploy, |deploy, n| deploy.image(&source, format!("IMAGE{n}_NAME")));
    let action = Action::new("Deploy", deploy); //~ error ecs::too-many-images at Tools/Pipeline: 5 images
    check(placed(between(&source, action)));
}

#[test]
fn deployment_group_without_a_name() {
    let source = Artifact::new("Source");
    let (task_definition, app_spec) = (source.file("taskdef.json"), source.file("appspec.yaml"));
    let deploy = CodeDeployEcsDeploy::new("shop", "", task_definition, app_spec).no_task_roles();
    let action = Action::new("Tasks", deploy); //~ error codedeploy::malformed-name at Tools/Pipeline: deployment group has 0 characters
    check(placed(between(&source, action)));
}

#[test]
fn application_with_a_long_name() {
    let source = Artifact::new("Source");
    let deploy = CodeDeployServerDeploy::new("x".repeat(101), "orders", &source).no_instance_roles();
    let action = Action::new("Servers", deploy); //~ error codedeploy::malformed-name at Tools/Pipeline: application has 101 characters
    check(placed(between(&source, action)));
}

#[test]
fn instances_that_nobody_lets_in() {
    let source = Artifact::new("Source");
    let deploy = CodeDeployServerDeploy::new("shop", "orders", &source);
    let action = Action::new("Servers", deploy); //~ warning instances::unknown-roles at Tools/Pipeline: which roles the instances have
    check(placed(between(&source, action)));
}

#[test]
fn configuration_for_an_application_by_its_name() {
    let source = Artifact::new("Source");
    let deploy = AppConfigDeploy::new("Orders", "def5678", "ghi9012", source.file("flags.json"));
    let action = Action::new("RollOut", deploy); //~ error app-config::malformed-id at Tools/Pipeline: `Orders` is no id of the application
    check(placed(between(&source, action)));
}

#[test]
fn configuration_from_the_root() {
    let source = Artifact::new("Source");
    let deploy = AppConfigDeploy::new("abc1234", "def5678", "ghi9012", source.file("/flags.json"));
    let action = Action::new("RollOut", deploy); //~ error app-config::malformed-path at Tools/Pipeline: /flags.json
    check(placed(between(&source, action)));
}

#[test]
fn version_of_a_product_by_its_arn() {
    let source = Artifact::new("Source");
    let product = "arn:aws:catalog:us-east-1:111111111111:product/prod-abc";
    let deploy = ServiceCatalogDeploy::new(product, "v7", source.file("bucket.yaml"));
    let action = Action::new("Add", deploy); //~ error service-catalog::malformed-product at Tools/Pipeline: is no id of a product
    check(placed(between(&source, action)));
}

#[test]
fn version_of_a_product_from_nothing() {
    let source = Artifact::new("Source");
    let deploy = ServiceCatalogDeploy::new("prod-abc", "v7", source.file("//bucket.yaml"));
    let action = Action::new("Add", deploy); //~ error service-catalog::malformed-path at Tools/Pipeline: /bucket.yaml
    check(placed(between(&source, action)));
}

#[test]
fn version_of_a_product_that_is_described_twice() {
    let source = Artifact::new("Source");
    let deploy = ServiceCatalogDeploy::file("prod-abc", source.file("version.json"));
    let deploy = deploy.product_version_description("a bucket");
    let action = Action::new("Add", deploy); //~ error service-catalog::unused-description at Tools/Pipeline: the file says itself
    check(placed(between(&source, action)));
}

/// A cluster that a deployment to it is about.
fn to_cluster(deploy: impl FnOnce(EksClusterRef) -> Action, source: &Artifact) -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let cluster = EksCluster::import("arn:aws:eks:us-east-1:222222222222:cluster/shop");
    let cluster = app.at(tools).add("Cluster", cluster);
    app.at(tools).add("Pipeline", between(source, deploy(cluster)));
    app
}

#[test]
fn cluster_without_manifests() {
    let source = Artifact::new("Source");
    let deploy = |cluster| {
        let deploy = EksDeploy::manifests(cluster, [""; 0], &source);
        Action::new("Deploy", deploy) //~ error eks-deploy::no-manifest at Tools/Pipeline: there is no manifest
    };
    check(to_cluster(deploy, &source));
}

#[test]
fn cluster_with_manifests_in_one_text() {
    let source = Artifact::new("Source");
    let deploy = |cluster| {
        let deploy = EksDeploy::manifests(cluster, ["a.yaml,b.yaml"], &source);
        Action::new("Deploy", deploy) //~ error eks-deploy::malformed-path at Tools/Pipeline: would be taken for several files
    };
    check(to_cluster(deploy, &source));
}

#[test]
fn release_with_capitals() {
    let source = Artifact::new("Source");
    let deploy = |cluster| {
        let deploy = EksDeploy::helm(cluster, HelmRelease::new("Orders", "charts/orders"), &source);
        Action::new("Deploy", deploy) //~ error eks-deploy::malformed-name at Tools/Pipeline: `Orders` is no name of a release of Helm
    };
    check(to_cluster(deploy, &source));
}

#[test]
fn cluster_in_a_pipeline_of_type_v1() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let cluster = EksCluster::import("arn:aws:eks:us-east-1:222222222222:cluster/shop");
    let cluster = app.at(tools).add("Cluster", cluster);
    let deploy = Action::new("Deploy", EksDeploy::manifests(cluster, ["a.yaml"], &source)); //~ error action::v2-only at Tools/Pipeline: EKS
    app.at(tools).add("Pipeline", between(&source, deploy).pipeline_type(PipelineType::V1));
    check(app);
}

#[test]
fn cluster_by_its_name() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Cluster", EksCluster::import("shop")); //~ error eks::malformed-cluster-arn at Tools/Cluster: `shop`
    check(app);
}

#[test]
fn environment_with_a_short_name() {
    let source = Artifact::new("Source");
    let deploy = ElasticBeanstalkDeploy::new("shop", "web", &source);
    let action = Action::new("Deploy", deploy); //~ error elastic-beanstalk::malformed-name at Tools/Pipeline: `web` is no name of an environment
    check(placed(between(&source, action)));
}

#[test]
fn environment_with_an_instance_profile_for_a_role() {
    let source = Artifact::new("Source");
    let profile = "arn:aws:iam::111111111111:instance-profile/shop";
    let deploy = ElasticBeanstalkDeploy::new("shop", "shop-live", &source).instance_role(profile);
    let action = Action::new("Deploy", deploy); //~ error elastic-beanstalk::malformed-instance-role at Tools/Pipeline: instance-profile
    check(placed(between(&source, action)));
}

#[test]
fn instances_of_another_account() {
    let source = Artifact::new("Source");
    let instance = Role::import("arn:aws:iam::999999999999:role/orders-instance");
    let deploy = CodeDeployServerDeploy::new("shop", "orders", &source).instance_role(instance);
    let action = Action::new("Servers", deploy).account("222222222222"); //~ error role::reads-across-accounts at Tools/Pipeline: account 222222222222 and hands its artifacts on to a role of account 999999999999
    check(placed(between(&source, action)));
}

#[test]
fn instance_role_by_the_arn_of_something_else() {
    let source = Artifact::new("Source");
    let profile = Role::import("arn:aws:iam::111111111111:instance-profile/orders");
    let deploy = CodeDeployServerDeploy::new("shop", "orders", &source).instance_role(profile);
    let action = Action::new("Servers", deploy); //~ error iam::malformed-role-arn at Tools/Pipeline: instance-profile
    check(placed(between(&source, action)));
}

#[test]
fn image_for_the_address_of_a_registry() {
    let source = Artifact::new("Source");
    let build = EcrBuildAndPublish::new("111111111111.dkr.ecr.us-east-1.amazonaws.com/orders:7", &source);
    let action = Action::new("Image", build); //~ error ecr::malformed-repository-name at Tools/Pipeline: orders:7
    check(placed(between(&source, action)));
}

#[test]
fn pipeline_that_starts_itself() {
    let source = Artifact::new("Source");
    let action = Action::new("Again", PipelineInvoke::new("orders")); //~ warning pipeline-invoke::itself at Tools/Pipeline: again and again
    check(placed(between(&source, action)));
}

/// A pipeline beside another one that stands in an account and region of its own.
fn beside_release(action: impl FnOnce(PipelineRef) -> Action) -> App {
    let (mut app, source) = (App::new(), Artifact::new("Source"));
    let other = app.stack("Other", Env::new("222222222222", "eu-west-1"));
    let release =
        app.at(other).add("Pipeline", Pipeline::new("release").stage(checkout(&source)).stage(deploy(&source)));
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Pipeline", between(&Artifact::new("Source"), action(release)));
    app
}

#[test]
fn pipeline_that_stands_elsewhere() {
    check(beside_release(|_| Action::new("Next", PipelineInvoke::new("release")))); //~ warning pipeline-invoke::elsewhere at Tools/Pipeline: starts `release` in account 111111111111, region us-east-1, and `Other/Pipeline` of the app stands in account 222222222222, region eu-west-1
}

#[test]
fn attribute_of_a_pipeline_that_stands_elsewhere() {
    check(beside_release(|release| Action::new("Next", PipelineInvoke::new(release.name())).account("222222222222"))); //~ error pipeline-invoke::elsewhere at Tools/Pipeline: in account 222222222222, region us-east-1
}

#[test]
fn pipeline_that_stands_elsewhere_than_its_action() {
    check(beside_release(|release| Action::new("Next", PipelineInvoke::new(release)).region("us-east-1"))); //~ error action::region-contradiction at Tools/Pipeline: eu-west-1
}

/// A pipeline beside another one whose runs need two variables.
fn beside_variables(invoke: impl FnOnce(PipelineRef) -> Action) -> App {
    let (mut app, source) = (App::new(), Artifact::new("Source"));
    let tools = app.stack("Tools", HOME);
    let release = Pipeline::new("release")
        .stage(checkout(&source))
        .stage(deploy(&source))
        .variable(Variable::new("Commit"))
        .variable(Variable::new("Stage"))
        .variable(Variable::new("Speed").default_value("slow"));
    let release = app.at(tools).add("Release", release);
    app.at(tools).add("Pipeline", between(&source, invoke(release)).variable(Variable::new("Stage")));
    app
}

#[test]
fn variable_of_another_pipeline_that_nobody_gives_a_value() {
    check(beside_variables(|release| {
        let invoke = PipelineInvoke::new(release).variable("Commit", "a");
        Action::new("Next", invoke) //~ error pipeline-invoke::missing-variable at Tools/Pipeline: the variable `Stage` of the pipeline `release` has no default
    }));
}

#[test]
fn variable_that_another_pipeline_does_not_have() {
    check(beside_variables(|_| {
        let invoke = PipelineInvoke::new("release").variable("Commit", "a").variable("Stage", "#{variables.Stage}");
        Action::new("Next", invoke.variable("speed", "fast")) //~ warning pipeline-invoke::unknown-variable at Tools/Pipeline: the pipeline `release` has no variable `speed`
    }));
}

#[test]
fn pipeline_by_its_arn() {
    let source = Artifact::new("Source");
    let arn = "arn:aws:codepipeline:us-east-1:111111111111:billing";
    let action = Action::new("Next", PipelineInvoke::new(arn)); //~ error pipeline-invoke::malformed-name at Tools/Pipeline: billing
    check(placed(between(&source, action)));
}

#[test]
fn commands_in_a_network_of_mixed_ids() {
    let source = Artifact::new("Source");
    let network = VpcConfig::new("vpc-0a1b2c3d").subnet("sg-0a1b2c3d").security_group("sg-0a1b2c3d");
    let commands = Commands::new(&source).command("make").vpc_config(network);
    let action = Action::new("Make", commands); //~ error vpc::malformed-id at Tools/Pipeline: is no id of a subnet
    check(placed(between(&source, action)));
}

#[test]
fn commands_in_a_network_of_many_subnets() {
    let source = Artifact::new("Source");
    let network = VpcConfig::new("vpc-0a1b2c3d").security_group("sg-0a1b2c3d");
    let network = (0..17).fold(network, |network, n| network.subnet(format!("subnet-{n:08}")));
    let commands = Commands::new(&source).command("make").vpc_config(network);
    let action = Action::new("Make", commands); //~ error vpc::too-many-subnets at Tools/Pipeline: 17 subnets
    check(placed(between(&source, action)));
}

#[test]
fn commands_behind_too_many_security_groups() {
    let source = Artifact::new("Source");
    let network = VpcConfig::new("vpc-0a1b2c3d").subnet("subnet-0a1b2c3d");
    let network = (0..6).fold(network, |network, n| network.security_group(format!("sg-{n:08}")));
    let commands = Commands::new(&source).command("make").vpc_config(network);
    let action = Action::new("Make", commands); //~ error vpc::too-many-security-groups at Tools/Pipeline: 6 security groups
    check(placed(between(&source, action)));
}

#[test]
fn commands_behind_no_security_group() {
    let source = Artifact::new("Source");
    let network = VpcConfig::new("vpc-0a1b2c3d").subnet("subnet-0a1b2c3d");
    let commands = Commands::new(&source).command("make").vpc_config(network);
    let action = Action::new("Make", commands); //~ error vpc::no-security-group at Tools/Pipeline: no security group
    check(placed(between(&source, action)));
}
