//! The pipeline `my.Team@orders_v2`, written by `synth import`.
//!
//! Its roles, its stores and what its actions work with exist already: they are referred to and
//! never written to.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const HOME: Env = Env::new("111111111111", "us-east-1");
const PIPELINE_ROLE: &str = "arn:aws:iam::111111111111:role/service-role/pipeline";
const CONNECTION: &str = "arn:aws:codeconnections:us-east-1:111111111111:connection/aEXAMPLE-8aad-4d5d-8878-dfcab0bc441f";
const ORDERS_BUILD_PROJECT: &str = "arn:aws:codebuild:us-east-1:111111111111:project/orders-build";
const DEPLOYER_ROLE: &str = "arn:aws:iam::444444444444:role/deployer";
const CLOUDFORMATION_ROLE: &str = "arn:aws:iam::111111111111:role/cloudformation";
const NOTIFY_FUNCTION: &str = "arn:aws:lambda:us-east-1:111111111111:function:notify";
const MIGRATE_STATE_MACHINE: &str = "arn:aws:states:us-east-1:111111111111:stateMachine:migrate";
const RULES_ROLE: &str = "arn:aws:iam::111111111111:role/rules";
const KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
const KEY_2: &str = "arn:aws:kms:eu-west-1:111111111111:alias/orders";

fn main() -> ExitCode {
    app().run()
}

/// One stack, with the pipeline.
pub fn app() -> App {
    let mut app = App::new();
    let stack = app.stack("my-Team-orders-v2-pipeline", HOME);
    let mut scope = app.at(stack);

    let orders_config = scope.add("OrdersConfig", Bucket::import("orders-config"));
    let orders_build = scope.add("OrdersBuild", PipelineProject::import(ORDERS_BUILD_PROJECT));
    let orders_site = scope.add(
        "OrdersSite",
        Bucket::import("orders-site").env(Env::new("444444444444", "eu-west-1")),
    );
    let notify = scope.add("Notify", Function::import(NOTIFY_FUNCTION));
    let migrate = scope.add("Migrate", StateMachine::import(MIGRATE_STATE_MACHINE));

    let source_artifact = Artifact::new("SourceArtifact");
    let legacy_source = Artifact::new("legacy_source");
    let image = Artifact::new("Image");
    let config = Artifact::new("Config");
    let build_artifact = Artifact::new("BuildArtifact");
    let site = Artifact::new("Site")
        .export_file("dist/**/*")
        .export_file("package.json");

    let git_hub = ConnectionSource::new(CONNECTION, "example/orders", &source_artifact)
        .full_clone()
        .detect_changes(false);
    let git_hub_action = Action::new("GitHub", git_hub)
        .property("Region", HOME.region)
        .namespace("SourceVariables");
    // The API hides secrets: keep this one in Secrets Manager, and name it with
    // `.secret("OAuthToken", Secret::new("…"))` in place of the asterisks.
    let old = CustomAction::new(Category::Source, Owner::ThirdParty, "GitHub")
        .output(&legacy_source)
        .configuration("Branch", "master")
        .configuration("OAuthToken", "****")
        .configuration("Owner", "example")
        .configuration("PollForSourceChanges", "false")
        .configuration("Repo", "legacy");
    let old_action = Action::new("Old", old).property("Region", HOME.region);
    // What starts the pipeline today goes on doing so; without `no_trigger`, an event rule is made.
    let image_2 = EcrSource::new("base/rust", &image)
        .image_tag("stable")
        .no_trigger();
    let image_action = Action::new("Image", image_2).run_order(2);
    let config_2 = S3Source::new(orders_config, "config/all.zip", &config).poll();
    let config_action = Action::new("Config", config_2);
    let on_failure = OnFailure::new().retry(RetryMode::AllActions);
    let source_1_main_stage = Stage::new("Source@1.main")
        .on_failure(on_failure)
        .action(git_hub_action)
        .action(old_action)
        .action(image_action)
        .action(config_action);

    let build = CodeBuild::new(orders_build, &source_artifact)
        .input(&legacy_source)
        .input(&image)
        .output(&build_artifact)
        .batch()
        .combine_artifacts()
        .environment("A", r#"it's "x""#)
        .environment_parameter("B", "/b");
    let build_action = Action::new("build", build).namespace("build-1");
    let build_2 = Commands::new(&config)
        .command("npm ci")
        .command(
            r#"echo "it's #{variables.STAGE}" | tee log.txt && export VERSION=$(cat version.txt) && echo done with all of it"#,
        )
        .environment("STAGE", "#{variables.STAGE}")
        .environment_secret(
            "TOKEN",
            "arn:aws:secretsmanager:us-east-1:111111111111:secret:token",
        )
        .output_variable("VERSION")
        .output(&site)
        .configuration("ComputeType", "BUILD_GENERAL1_MEDIUM");
    let build_action_2 = Action::new("Build", build_2).timeout(30);
    let jenkins = CustomAction::new(Category::Test, Owner::Custom, "MyJenkins")
        .version("2")
        .input(&build_artifact)
        .configuration("ProjectName", "a project\nin two lines");
    let jenkins_action = Action::new("jenkins", jenkins).run_order(2);
    let build_stage = Stage::new("Build")
        .blocker("freeze")
        .action(build_action)
        .action(build_action_2)
        .action(jenkins_action);

    let code_deploy = CodeDeployServerDeploy::new("orders", "production", &site);
    let code_deploy_action = Action::new("CodeDeploy", code_deploy)
        .role(Role::import(DEPLOYER_ROLE))
        .region("eu-west-1");
    let publish = S3Deploy::new(orders_site, &site)
        .canned_acl(CannedAcl::BucketOwnerFullControl)
        .cache_control("public, max-age=300");
    let publish_action = Action::new("Publish", publish)
        .role(Role::import(DEPLOYER_ROLE))
        .region("eu-west-1");
    let change_set = CreateChangeSet::new(
        "orders",
        "release",
        build_artifact.file("packaged/template.yaml"),
    )
    .template_configuration(config.file("test.json"))
    .capability(Capability::NamedIam)
    .deployment_role(Role::import(CLOUDFORMATION_ROLE));
    let change_set_action = Action::new("ChangeSet", change_set).run_order(2);
    let execute = ExecuteChangeSet::new("orders", "release");
    let execute_action = Action::new("Execute", execute).run_order(3);
    let notify_2 = LambdaInvoke::new(notify)
        .user_parameters(
            r##"{"channel":"#orders","text":"#{build-1.VERSION} is out, see the notes of the release there"}"##,
        );
    let notify_action = Action::new("Notify", notify_2).run_order(4);
    let migrate_2 = StepFunctionsInvoke::new(migrate).input(r#"{"a":1}"#);
    let migrate_action = Action::new("Migrate", migrate_2).run_order(4);
    let window_rule = ConditionRule::new("window", "DeploymentWindow")
        .configuration("Cron", "0 0 9-16 ? * MON-THU *")
        .configuration("TimeZone", "Europe/Berlin")
        .region("us-east-1");
    let check_rule = ConditionRule::new("check", "Commands")
        .command("make check")
        .input(&source_artifact)
        .role(Role::import(RULES_ROLE));
    let condition = Condition::new(StageResult::Fail)
        .rule(window_rule)
        .rule(check_rule);
    let alarm_rule = ConditionRule::new("alarm", "CloudWatchAlarm")
        .configuration("AlarmName", "orders-errors")
        .configuration("WaitTime", "5");
    let condition_2 = Condition::new(StageResult::Rollback).rule(alarm_rule);
    let on_failure_2 = OnFailure::new().result(StageResult::Rollback);
    let deploy_stage = Stage::new("Deploy")
        .before_entry(condition)
        .on_success(condition_2)
        .on_failure(on_failure_2)
        .action(code_deploy_action)
        .action(publish_action)
        .action(change_set_action)
        .action(execute_action)
        .action(notify_action)
        .action(migrate_action);

    let store = ImportedArtifactStore::new("orders-artifacts-us-east-1", HOME.region).key_id(KEY);
    let store_eu_west_1 =
        ImportedArtifactStore::new("orders-artifacts-eu-west-1", "eu-west-1").key_id(KEY_2);
    let store_ap_southeast_2 =
        ImportedArtifactStore::new("orders-artifacts-ap-southeast-2", "ap-southeast-2");
    let stage_variable = Variable::new("STAGE")
        .default_value("test")
        .description(r#"Where "it" goes"#);
    let ticket_1_variable = Variable::new("TICKET@1");
    let branches = GlobPatterns::new()
        .include("main")
        .include("release/**")
        .exclude("release/old*");
    let file_paths = GlobPatterns::new().include("src/**");
    let push_filter = GitPushFilter::new()
        .branches(branches)
        .file_paths(file_paths);
    let tags = GlobPatterns::new().include("v*");
    let push_filter_2 = GitPushFilter::new().tags(tags);
    let branches_2 = GlobPatterns::new().include("main");
    let pull_request_filter = GitPullRequestFilter::new()
        .event(GitPullRequestEvent::Open)
        .event(GitPullRequestEvent::Updated)
        .event(GitPullRequestEvent::Closed)
        .branches(branches_2);
    let git_hub_trigger = GitTrigger::new("GitHub")
        .push(push_filter)
        .push(push_filter_2)
        .pull_request(pull_request_filter);
    let pipeline = Pipeline::new("my.Team@orders_v2")
        .execution_mode(ExecutionMode::Superseded)
        .role(Role::import(PIPELINE_ROLE))
        .without_contract()
        .artifact_stores([store])
        .artifact_stores([store_eu_west_1])
        .artifact_stores([store_ap_southeast_2])
        .variable(stage_variable)
        .variable(ticket_1_variable)
        .trigger(git_hub_trigger)
        .stage(source_1_main_stage)
        .stage(build_stage)
        .stage(deploy_stage);
    scope.add("Pipeline", pipeline);
    app
}
