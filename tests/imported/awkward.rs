//! The pipeline `1_awkward`, written by `synth import`.
//!
//! Its roles, its stores and what its actions work with exist already: they are referred to and
//! never written to.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const HOME: Env = Env::new("111111111111", "us-gov-west-1");
const PIPELINE_ROLE: &str = "arn:aws-us-gov:iam::111111111111:role/pipeline";
const PIPELINE_PROJECT: &str =
    "arn:aws-us-gov:codebuild:us-gov-west-1:111111111111:project/pipeline";
const ACTION: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
const X_ROLE: &str = "arn:aws-us-gov:iam::333333333333:role/x";
const ROLE: &str = "arn:aws-us-gov:iam::333333333333:role/deploy/role";
const KEY: &str = "arn:aws-us-gov:kms:us-gov-west-1:111111111111:alias/aws/s3";
const VARIABLE: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

fn main() -> ExitCode {
    app().run()
}

/// One stack, with the pipeline.
pub fn app() -> App {
    let mut app = App::new();
    // The policies of the pipeline as it stands leave something denied: see the warnings.
    app.access(AccessCheck::Warn);
    let stack = app.stack("pipeline-1-awkward-pipeline", HOME);
    let mut scope = app.at(stack);

    let bucket_with_dots = scope.add("BucketWithDots", Bucket::import("bucket.with.dots"));
    let pipeline_2 = scope.add("Pipeline2", PipelineProject::import(PIPELINE_PROJECT));

    let app_2 = Artifact::new("app");
    let match_2 = Artifact::new("match");
    let a_1 = Artifact::new("a-1");
    let a_1_2 = Artifact::new("a_1");

    let scope_2 = CustomAction::new(Category::Source, Owner::Aws, "CodeCommit")
        .output(&app_2)
        .configuration("RepositoryName", "app")
        .configuration("BranchName", "feature/a b");
    let scope_action = Action::new("scope", scope_2);
    // What starts the pipeline today goes on doing so; without `no_trigger`, an event rule is made.
    let app_3 = S3Source::new(bucket_with_dots, r#"a'b"c.zip"#, &match_2).no_trigger();
    let app_action = Action::new("app", app_3).property("Region", HOME.region);
    let stage_1_stage = Stage::new("1").action(scope_action).action(app_action);

    let scope_3 = CustomAction::new(Category::Build, Owner::Aws, "CodeBuild")
        .input(&app_2)
        .input(&match_2)
        .output(&a_1)
        .output(&a_1_2)
        .configuration("ProjectName", "pipeline")
        .configuration(
            "BuildspecOverride",
            "version: 0.2\nphases:\n  build:\n    commands:\n      - echo \"it's \\\"done\\\"\"\n      - echo '\u{202e}'\n",
        )
        .configuration("PrimarySource", "match")
        .configuration("BatchEnabled", "false");
    let scope_action_2 = Action::new("scope", scope_3).property("RoleArn", PIPELINE_ROLE);
    let home = CodeBuild::new(pipeline_2, &a_1)
        .test()
        .environment_json(
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        );
    let home_action = Action::new("HOME", home).run_order(2).timeout(10);
    let home_2 = CustomAction::new(Category::Build, Owner::Aws, "ECRBuildAndPublish")
        .input(&a_1_2)
        .configuration("ECRRepositoryName", "orders")
        .configuration("ImageTags", "latest,#{codepipeline.PipelineExecutionId}")
        .environment("A", "1");
    let home_action_2 = Action::new("home", home_2).run_order(3);
    let xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx = ManualApproval::new()
        .comment("größer & über {braces}")
        .external_link(
            "https://example.com/yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
        );
    let xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_2 = Action::new(ACTION, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx)
        .run_order(999)
        .namespace("n@-_1");
    let r_1_rule = ConditionRule::new("r.1", "VariableCheck")
        .configuration("Variable", "#{n.x}")
        .configuration("Operator", "EQ")
        .configuration("Value", "1");
    let condition = Condition::new(StageResult::Skip).rule(r_1_rule);
    let r_1_rule_2 = ConditionRule::new("r.1", "LambdaInvoke")
        .configuration("FunctionName", "check")
        .input(&app_2)
        .region("us-gov-west-1");
    let condition_2 = Condition::new(StageResult::Rollback).rule(r_1_rule_2);
    let on_failure = OnFailure::new()
        .result(StageResult::Rollback)
        .condition(condition_2);
    let pipeline_stage = Stage::new("pipeline")
        .before_entry(condition)
        .on_failure(on_failure)
        .action(scope_action_2)
        .action(home_action)
        .action(home_action_2)
        .action(xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_2);

    let deploy = DeployStack::new("#{n@-_1.x}-stack", a_1.file("t.yaml"))
        .deployment_role(Role::import(X_ROLE));
    let deploy_action = Action::new("deploy", deploy).role(Role::import(ROLE));
    let delete = CustomAction::new(Category::Deploy, Owner::Aws, "CloudFormation")
        .configuration("ActionMode", "DELETE_ONLY")
        .configuration("StackName", "old");
    let delete_action = Action::new("delete", delete).run_order(2);
    let set = CustomAction::new(Category::Deploy, Owner::Aws, "CloudFormationStackSet")
        .input(&a_1)
        .configuration("StackSetName", "s")
        .configuration("TemplatePath", "a-1::t.yaml")
        .configuration("DeploymentTargets", "111111111111,222222222222")
        .configuration("Regions", "us-gov-east-1")
        .configuration("FailureTolerancePercentage", "10");
    let set_action = Action::new("set", set).run_order(2);
    // The API hides secrets: keep this one in Secrets Manager, and name it with
    // `.secret("Key", Secret::new("…"))` in place of the asterisks.
    let partner = CustomAction::new(Category::Test, Owner::ThirdParty, "BlazeMeter")
        .input(&match_2)
        .configuration("Key", "**********");
    let partner_action = Action::new("partner", partner)
        .property("Region", HOME.region)
        .run_order(3);
    let many = CustomAction::new(Category::Deploy, Owner::Aws, "Lambda")
        .input(&app_2)
        .configuration("FunctionName", "f")
        .configuration("Enabled", "true")
        .configuration("Count", "3");
    let many_action = Action::new("many", many).run_order(3);
    let six = CustomAction::new(Category::Test, Owner::Custom, "MyTool")
        .version("v-2_x")
        .input(&app_2)
        .input(&match_2)
        .input(&a_1)
        .input(&a_1_2);
    let six_action = Action::new("six", six).run_order(4);
    let stack_stage = Stage::new("Stack")
        .action(deploy_action)
        .action(delete_action)
        .action(set_action)
        .action(partner_action)
        .action(many_action)
        .action(six_action);

    let store = ImportedArtifactStore::new("artifacts", HOME.region).key_id(KEY);
    let xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_3 = Variable::new(VARIABLE)
        .default_value(
            "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        )
        .description("");
    let pipeline = Pipeline::new("1_awkward")
        .role(Role::import(PIPELINE_ROLE))
        .without_contract()
        .artifact_store(store)
        .variable(xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_3)
        .stage(stage_1_stage)
        .stage(pipeline_stage)
        .stage(stack_stage);
    let pipeline = scope.add("Pipeline", pipeline);
    scope.attach(pipeline, Tag::new("team", "orders + billing"));
    app
}
