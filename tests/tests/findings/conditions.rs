//! Conditions of stages, their rules, triggers, and actions of commands.

use super::*;

const CONNECTION: &str = "arn:aws:codeconnections:us-east-1:111111111111:connection/x";

/// A pipeline with a last stage of approval, to which something is added.
fn ending(source: &Artifact, last: Stage) -> Pipeline {
    Pipeline::new("orders").stage(checkout(source)).stage(deploy(source)).stage(last)
}

#[track_caller]
fn window() -> ConditionRule {
    ConditionRule::new("Window", "DeploymentWindow").configuration("Cron", "* * 9-16 ? * * *")
}

#[track_caller]
fn gate() -> ConditionRule {
    ConditionRule::new("Gate", "LambdaInvoke").configuration("FunctionName", "gate")
}

/// A pipeline whose source is a connection.
fn connected(source: &Artifact) -> Pipeline {
    let checkout = Action::new("Checkout", ConnectionSource::new(CONNECTION, "example/orders", source));
    Pipeline::new("orders").stage(Stage::new("Source").action(checkout)).stage(deploy(source))
}

#[test]
fn conditions_and_triggers_that_hold() {
    let source = Artifact::new("Source");
    let skip = ConditionRule::new("Skip", "VariableCheck")
        .configuration("Variable", "#{variables.DEPLOY}")
        .configuration("Operator", "EQ")
        .configuration("Value", "yes");
    let entry = Condition::new(StageResult::Skip).rule(skip);
    let alarm = ConditionRule::new("Alarm", "CloudWatchAlarm").configuration("AlarmName", "errors");
    let success = Condition::new(StageResult::Rollback).rule(alarm);
    let failure = OnFailure::new().retry(RetryMode::FailedActions);
    let last = approve("Approve").before_entry(entry).on_success(success).on_failure(failure);
    let branches = GlobPatterns::new().include("main").exclude("wip/**");
    let trigger = GitTrigger::new("Checkout").push(GitPushFilter::new().branches(branches));
    let pipeline =
        connected(&source).stage(last).trigger(trigger).variable(Variable::new("DEPLOY").default_value("no"));
    let (_, warnings) = placed(pipeline).synth_with_warnings().unwrap();
    assert!(warnings.is_empty(), "{warnings}");
}

#[test]
fn variables_that_rules_do_not_find() {
    let source = Artifact::new("Source");
    let read = |variable: &str| {
        let rule =
            ConditionRule::new("Read", "VariableCheck").configuration("Operator", "EQ").configuration("Value", "x");
        rule.configuration("Variable", variable.to_owned())
    };
    let action = Action::new("Checkout", CodeCommitSource::new("orders", &source)).namespace("source");
    let before = |variable: &str| Condition::new(StageResult::Skip).rule(read(variable));
    //~^^^^^ warning variable::unknown at Tools/Pipeline: `Variable` of the rule `Read` uses `#{variables.DEPLOY}`, and the pipeline has no
    //~^^^^^^ warning variable::unknown at Tools/Pipeline: no action has the namespace `build`
    //~^^^^^^^ warning variable::used-too-early at Tools/Pipeline: before `Approve` of stage `Two` has set it
    let two = Stage::new("Two").action(Action::new("Approve", ManualApproval::new()).namespace("two"));
    let after = Condition::new(StageResult::Fail).rule(read("#{two.ApprovalSummary}")).rule(read("#{rule.Read}"));
    let pipeline = Pipeline::new("orders")
        .stage(Stage::new("Source").action(action))
        .stage(
            approve("One")
                .before_entry(before("#{variables.DEPLOY}"))
                .on_success(Condition::new(StageResult::Fail).rule(read("#{source.CommitId}"))),
        )
        .stage(two.before_entry(before("#{two.ApprovalSummary}")).on_success(after))
        .stage(approve("Three").before_entry(before("#{build.VERSION}")))
        .stage(deploy(&source));
    check(placed(pipeline));
}

#[test]
fn role_of_a_rule_by_its_name() {
    let source = Artifact::new("Source");
    let rule = ConditionRule::new("Check", "LambdaInvoke") //~ error iam::malformed-role-arn at Tools/Pipeline: `checker`
        .configuration("FunctionName", "check")
        .role(Role::import("checker"));
    check(placed(ending(&source, approve("Approve").before_entry(Condition::new(StageResult::Skip).rule(rule)))));
}

#[test]
fn operator_that_no_rule_has() {
    let source = Artifact::new("Source");
    let rule = ConditionRule::new("Read", "VariableCheck") //~ warning rule::unknown-operator at Tools/Pipeline: `EQUALS`
        .configuration("Variable", "#{codepipeline.PipelineExecutionId}")
        .configuration("Operator", "EQUALS")
        .configuration("Value", "x");
    check(placed(ending(&source, approve("Approve").before_entry(Condition::new(StageResult::Skip).rule(rule)))));
}

#[test]
fn two_conditions_in_one_place() {
    let source = Artifact::new("Source");
    let condition = || Condition::new(StageResult::Fail).rule(window());
    let last = approve("Approve"); //~ error condition::too-many at Tools/Pipeline: 2 conditions before its entry
    check(placed(ending(&source, last.before_entry(condition()).before_entry(condition()))));
}

#[test]
fn condition_without_a_rule() {
    let source = Artifact::new("Source");
    let last = approve("Approve"); //~ error condition::no-rule at Tools/Pipeline: `Approve`
    check(placed(ending(&source, last.before_entry(Condition::new(StageResult::Fail)))));
}

#[test]
fn condition_with_six_rules() {
    let source = Artifact::new("Source");
    let condition = (0..6).fold(Condition::new(StageResult::Fail), |condition, _| condition.rule(window()));
    let last = approve("Approve"); //~ error condition::too-many-rules at Tools/Pipeline: 6 rules
    check(placed(ending(&source, last.before_entry(condition))));
}

#[test]
fn results_that_aws_does_not_document() {
    let source = Artifact::new("Source");
    let last = approve("Approve");
    //~^ warning condition::result at Tools/Pipeline: before its entry has the result RETRY
    //~^^ warning condition::result at Tools/Pipeline: on success has the result SKIP
    let entry = Condition::new(StageResult::Retry).rule(window());
    let success = Condition::new(StageResult::Skip).rule(window());
    check(placed(ending(&source, last.before_entry(entry).on_success(success))));
}

#[test]
fn retry_beside_a_condition() {
    let source = Artifact::new("Source");
    let failure = OnFailure::new().retry(RetryMode::AllActions);
    let failure = failure.condition(Condition::new(StageResult::Rollback).rule(window()));
    let last = approve("Approve"); //~ warning condition::retry-and-condition at Tools/Pipeline: `Approve`
    check(placed(ending(&source, last.on_failure(failure))));
}

#[test]
fn rollback_in_the_mode_parallel() {
    let source = Artifact::new("Source");
    let last = approve("Approve"); //~ error condition::rollback-in-parallel at Tools/Pipeline: PARALLEL
    let last = last.on_failure(OnFailure::new().result(StageResult::Rollback));
    check(placed(ending(&source, last).execution_mode(ExecutionMode::Parallel)));
}

#[test]
fn types_of_rules_that_are_malformed() {
    let source = Artifact::new("Source");
    let entry = Condition::new(StageResult::Fail)
        .rule(ConditionRule::new("Moon", "Moon Phase")) //~ error rule::malformed-provider at Tools/Pipeline: it has ` `
        .rule(ConditionRule::new("Nobody", "")) //~ error rule::malformed-provider at Tools/Pipeline: it is empty
        .rule(ConditionRule::new("New", "Commands").command("true").version("version-10")); //~ error rule::malformed-version at Tools/Pipeline: 9 at most
    check(placed(ending(&source, approve("Approve").before_entry(entry))));
}

#[test]
fn rules_that_are_malformed() {
    let source = Artifact::new("Source");
    let entry = Condition::new(StageResult::Fail)
        .rule(ConditionRule::new("my rule", "DeploymentWindow").configuration("Cron", "* * 9-16 ? * * *")) //~ error rule::malformed-name at Tools/Pipeline: `my rule`
        .rule(ConditionRule::new("Moon", "MoonPhase")) //~ warning rule::unknown-provider at Tools/Pipeline: `MoonPhase`
        .rule(ConditionRule::new("Empty", "Commands").command("")) //~ error rule::malformed-command at Tools/Pipeline: 0 characters
        .rule((0..51).fold(
            ConditionRule::new("Many", "Commands"), //~ error rule::too-many-commands at Tools/Pipeline: 51 commands
            |rule, _| rule.command("true"),
        ));
    check(placed(ending(&source, approve("Approve").before_entry(entry))));
}

#[test]
fn rules_whose_configuration_is_empty_or_too_long() {
    let source = Artifact::new("Source");
    let entry = Condition::new(StageResult::Fail)
        .rule(ConditionRule::new("Empty", "DeploymentWindow").configuration("Cron", "")) //~ error rule::malformed-configuration at Tools/Pipeline: 0 characters
        .rule(gate().configuration("UserParameters", "x".repeat(10_001))); //~ error rule::malformed-configuration at Tools/Pipeline: 10001 characters
    check(placed(ending(&source, approve("Approve").before_entry(entry))));
}

#[test]
fn rule_that_reads_what_nobody_writes() {
    let source = Artifact::new("Source");
    let rule = ConditionRule::new("Check", "Commands").command("make check"); //~ error rule::unknown-artifact at Tools/Pipeline: `Nothing`
    let entry = Condition::new(StageResult::Fail).rule(rule.input(&Artifact::new("Nothing")));
    check(placed(ending(&source, approve("Approve").before_entry(entry))));
}

#[test]
fn rules_that_lack_what_they_need() {
    let source = Artifact::new("Source");
    let check_variable = ConditionRule::new("Check", "VariableCheck").configuration("Variable", "x");
    //~^ error rule::missing-configuration at Tools/Pipeline: no `Operator`
    //~^^ error rule::missing-configuration at Tools/Pipeline: no `Value`
    let entry = Condition::new(StageResult::Fail)
        .rule(ConditionRule::new("Window", "DeploymentWindow").configuration("cron", "* * 9-16 ? * * *")) //~ error rule::missing-configuration at Tools/Pipeline: the rule `Window` has no `Cron`
        .rule(ConditionRule::new("Alarm", "CloudWatchAlarm")) //~ error rule::missing-configuration at Tools/Pipeline: no `AlarmName`
        .rule(ConditionRule::new("Make", "Commands")) //~ error rule::missing-configuration at Tools/Pipeline: the rule `Make` has no command
        .rule(check_variable);
    let success = Condition::new(StageResult::Fail)
        .rule(ConditionRule::new("Build", "CodeBuild")) //~ error rule::missing-configuration at Tools/Pipeline: no `ProjectName`
        .rule(ConditionRule::new("Gate", "LambdaInvoke")) //~ error rule::missing-configuration at Tools/Pipeline: no `FunctionName`
        .rule(ConditionRule::new("New", "SomethingNew")); //~ warning rule::unknown-provider at Tools/Pipeline: `SomethingNew`
    check(placed(ending(&source, approve("Approve").before_entry(entry).on_success(success))));
}

#[test]
fn rule_in_a_region_that_there_is_not() {
    let source = Artifact::new("Source");
    let rule = ConditionRule::new("Alarm", "CloudWatchAlarm").configuration("AlarmName", "x").region("us-esat-1"); //~ error rule::unknown-region at Tools/Pipeline: `us-esat-1` is no region
    let entry = Condition::new(StageResult::Fail).rule(rule);
    check(placed(ending(&source, approve("Approve").before_entry(entry))));
}

#[test]
fn rule_that_works_with_what_is_elsewhere() {
    let mut app = App::new();
    let abroad = app.stack("Abroad", Env::new("111111111111", "eu-west-1"));
    let abroad = app.at(abroad).add("Project", PipelineProject::new().build_spec_file("check.yml"));
    let others = app.stack("Others", Env::new("333333333333", "us-east-1"));
    let others = app.at(others).add("Project", PipelineProject::new().build_spec_file("check.yml"));
    let tools = app.stack("Tools", HOME);
    let gate = Arn::regional(Env::new("333333333333", "us-east-1"), "lambda", "function:gate");
    let gate = app.at(tools).add("Gate", Function::import(gate));
    let build = |name: &str, project: ProjectRef| {
        ConditionRule::new(name, "CodeBuild").configuration("ProjectName", project.name())
    };
    let source = Artifact::new("Source");
    let ask = ConditionRule::new("Ask", "LambdaInvoke");
    //~^ error rule::works-elsewhere at Tools/Pipeline: the rule `Ask` works with `Tools/Gate`, which is in 333333333333/us-east-1
    let ask = ask.configuration("FunctionName", gate.name());
    let far = ConditionRule::new("Far", "CodeBuild").configuration("ProjectName", abroad.name()); //~ error rule::works-elsewhere at Tools/Pipeline: here in 111111111111/us-east-1
    let their = ConditionRule::new("Their", "CodeBuild").configuration("ProjectName", others.name()); //~ error rule::works-elsewhere at Tools/Pipeline: the rule `Their` works with `Others/Project/Resource`, which is in 333333333333/us-east-1
    let sound = build("Sound", abroad).region("eu-west-1");
    let entry = Condition::new(StageResult::Fail).rule(ask).rule(far).rule(their).rule(sound);
    app.at(tools).add("Pipeline", ending(&source, approve("Approve").before_entry(entry)));
    check(app);
}

#[test]
fn stage_that_is_skipped_after_it_failed() {
    let source = Artifact::new("Source");
    let last = approve("Approve").on_failure(OnFailure::new().result(StageResult::Skip)); //~ warning condition::result at Tools/Pipeline: SKIP on failure
    check(placed(ending(&source, last)));
}

#[test]
fn stage_that_is_skipped_by_the_clock() {
    let source = Artifact::new("Source");
    let window = window(); //~ warning condition::result at Tools/Pipeline: skipped by a rule of DeploymentWindow
    let entry = Condition::new(StageResult::Skip).rule(window).rule(gate());
    check(placed(ending(&source, approve("Approve").before_entry(entry))));
}

#[test]
fn conditions_of_a_pipeline_of_the_first_type() {
    let source = Artifact::new("Source");
    let last = approve("Approve").before_entry(Condition::new(StageResult::Fail).rule(gate())); //~ error condition::v2-only at Tools/Pipeline: `Approve`
    let retried = approve("Again").on_failure(OnFailure::new().retry(RetryMode::AllActions)); //~ error condition::v2-only at Tools/Pipeline: `Again`
    check(placed(ending(&source, last).stage(retried).pipeline_type(PipelineType::V1)));
}

#[test]
fn sources_that_are_rolled_back() {
    let source = Artifact::new("Source");
    let first = checkout(&source).on_failure(OnFailure::new().result(StageResult::Rollback)); //~ warning condition::rollback-of-sources at Tools/Pipeline: `Source`
    check(placed(Pipeline::new("orders").stage(first).stage(deploy(&source))));
}

#[test]
fn rule_that_reads_what_is_not_there_yet() {
    let source = Artifact::new("Source");
    let late = Artifact::new("Late");
    let early = ConditionRule::new("Early", "Commands").command("ls").input(&late); //~ error rule::read-too-early at Tools/Pipeline: `Early` reads `Late` before `Make` of stage `Make` has written it
    let then = ConditionRule::new("Then", "Commands").command("ls").input(&late);
    let stage = Stage::new("Make")
        .action(Action::new("Make", Commands::new(&source).command("make").output(&late)))
        .before_entry(Condition::new(StageResult::Fail).rule(early))
        .on_success(Condition::new(StageResult::Fail).rule(then));
    check(placed(ending(&source, stage)));
}

#[test]
fn trigger_of_a_pipeline_of_the_first_type() {
    let source = Artifact::new("Source");
    let trigger = GitTrigger::new("Checkout"); //~ error trigger::v2-only at Tools/Pipeline: `Checkout`
    check(placed(connected(&source).pipeline_type(PipelineType::V1).trigger(trigger)));
}

#[test]
fn trigger_at_what_is_no_connection() {
    let source = Artifact::new("Source");
    let trigger = GitTrigger::new("Checkout"); //~ error trigger::unknown-source at Tools/Pipeline: `Checkout`
    check(placed(ending(&source, approve("Approve")).trigger(trigger)));
}

#[test]
fn two_triggers_at_one_source() {
    let source = Artifact::new("Source");
    let first = GitTrigger::new("Checkout");
    let second = GitTrigger::new("Checkout"); //~ error trigger::duplicate-source at Tools/Pipeline: `Checkout`
    check(placed(connected(&source).trigger(first).trigger(second)));
}

#[test]
fn fifty_one_triggers() {
    let source = Artifact::new("Source");
    let pipeline = (0..51).fold(connected(&source), |pipeline, _| pipeline.trigger(GitTrigger::new("Checkout")));
    let findings = placed(pipeline).synth().unwrap_err();
    let findings = findings.findings().unwrap().iter().filter(|one| one.code().contains("too-many"));
    let told: Vec<_> = findings.map(|one| (one.code(), one.message())).collect();
    assert_eq!(told, [("trigger::too-many", "the pipeline has 51 triggers; CodePipeline takes at most 50")]);
}

#[test]
fn more_triggers_than_the_app_may_have() {
    let (source, other) = (Artifact::new("Source"), Artifact::new("Other"));
    let checkout = |name: &str, output| Action::new(name, ConnectionSource::new(CONNECTION, "example/orders", output));
    let sources = [checkout("Checkout", &source), checkout("Second", &other)];
    let read = Action::new("Read", CustomAction::new(Category::Test, Owner::Custom, "Jenkins").input(&other));
    let last = Stage::new("Last").action(read);
    let pipeline =
        Pipeline::new("orders").stage(Stage::new("Source").actions(sources)).stage(deploy(&source)).stage(last);
    let mut app = App::new();
    app.quota(&quota::TRIGGERS, 1);
    let tools = app.stack("Tools", HOME);
    let triggers = ["Checkout", "Second"].map(GitTrigger::new);
    app.at(tools).add("Pipeline", triggers.into_iter().fold(pipeline, Pipeline::trigger));
    //~^ error trigger::too-many at Tools/Pipeline: the pipeline has 2 triggers
    check(app);
}

#[test]
fn filters_that_codepipeline_refuses() {
    let source = Artifact::new("Source");
    let branches = |patterns: GlobPatterns| GitPushFilter::new().branches(patterns);
    let many = (0..9).fold(GlobPatterns::new(), |patterns, n| patterns.include(format!("b{n}")));
    let trigger = GitTrigger::new("Checkout") //~ error trigger::no-pattern at Tools/Pipeline: no pattern
        //~^ error trigger::too-many-patterns at Tools/Pipeline: 9 patterns
        //~^^ error trigger::malformed-pattern at Tools/Pipeline: ``
        //~^^^ error trigger::too-many-filters at Tools/Pipeline: 4 filters of pushes
        //~^^^^ error trigger::filter-combination at Tools/Pipeline: a filter of pushes is empty
        .push(branches(GlobPatterns::new()))
        .push(branches(many))
        .push(branches(GlobPatterns::new().exclude("")))
        .push(GitPushFilter::new());
    check(placed(connected(&source).trigger(trigger)));
}

#[test]
fn filters_that_do_not_go_together() {
    let source = Artifact::new("Source");
    let main = || GlobPatterns::new().include("main");
    let trigger = GitTrigger::new("Checkout") //~ error trigger::filter-combination at Tools/Pipeline: tags and branches
        //~^ error trigger::filter-combination at Tools/Pipeline: tags and file paths
        //~^^ error trigger::filter-combination at Tools/Pipeline: file paths without branches
        //~^^^ warning trigger::filter-combination at Tools/Pipeline: pull requests has file paths without branches
        //~^^^^ warning trigger::filter-combination at Tools/Pipeline: pull requests has no branches
        .push(GitPushFilter::new().branches(main()).tags(main()))
        .push(GitPushFilter::new().file_paths(main()).tags(main()))
        .push(GitPushFilter::new().file_paths(main()))
        .pull_request(GitPullRequestFilter::new().file_paths(main()))
        .pull_request(GitPullRequestFilter::new().event(GitPullRequestEvent::Open))
        .pull_request(GitPullRequestFilter::new().file_paths(main()).branches(main()));
    check(placed(connected(&source).trigger(trigger)));
}

#[test]
fn commands_that_codepipeline_refuses() {
    let source = Artifact::new("Source");
    let commands = || Commands::new(&source);
    let many = (0..51).fold(commands(), |action, _| action.command("make"));
    let variables = (0..11).fold(commands().command("make"), |action, n| action.environment(format!("V{n}"), "1"));
    let outputs = (0..16).fold(commands().command("make"), |action, n| action.output_variable(format!("V{n}")));
    let stage = Stage::new("Check")
        .action(Action::new("None", commands())) //~ error commands::no-command at Tools/Pipeline: no command
        .action(Action::new("Many", many)) //~ error commands::too-many-commands at Tools/Pipeline: 51 commands
        .action(Action::new("Long", commands().command("x".repeat(1_001)))) //~ error commands::malformed-command at Tools/Pipeline: 1001 characters
        .action(Action::new("Variables", variables)) //~ error commands::too-many-variables at Tools/Pipeline: 11 environment variables
        .action(Action::new("Outputs", outputs)) //~ error commands::too-many-outputs at Tools/Pipeline: 16 output variables
        .action(Action::new("Value", commands().command("make").environment("A", ""))) //~ error commands::malformed-value at Tools/Pipeline: `A` has 0 characters
        .action(Action::new("Name", commands().command("make").environment("A-B", "1"))); //~ error commands::malformed-variable at Tools/Pipeline: `A-B`
    check(placed(ending(&source, stage)));
}

#[test]
fn files_that_codepipeline_refuses() {
    let source = Artifact::new("Source");
    let commands = |output: &Artifact| Commands::new(&source).command("make").output(output);
    let many = (0..11).fold(Artifact::new("Many"), |artifact, n| artifact.export_file(format!("dist/{n}"))); //~ error artifact::too-many-files at Tools/Pipeline: `Many` has 11 files
    let long = Artifact::new("Long").export_file("x".repeat(129)); //~ error artifact::malformed-file at Tools/Pipeline: 129 characters
    let read = |name: &str, input: &Artifact| Action::new(name, Commands::new(input).command("ls"));
    let stage = Stage::new("Check")
        .action(Action::new("WriteMany", commands(&many)))
        .action(Action::new("WriteLong", commands(&long)))
        .action(read("ReadMany", &many).run_order(2))
        .action(read("ReadLong", &long).run_order(2));
    check(placed(ending(&source, stage)));
}

#[test]
fn stores_of_all_regions_without_that_of_the_pipeline() {
    let source = Artifact::new("Source");
    let stores = [ImportedArtifactStore::new("artifacts-eu", "eu-west-1")];
    let assembly = placed(ending(&source, approve("Approve")).artifact_stores(stores)).synth().unwrap();
    let template = assembly.stacks()[0].template_json().unwrap();
    let declared = template["Resources"].as_object().unwrap().values();
    let pipeline = declared.into_iter().find(|one| one["Type"] == "AWS::CodePipeline::Pipeline").unwrap();
    let stores = pipeline["Properties"]["ArtifactStores"].as_array().unwrap();
    let regions: Vec<&str> = stores.iter().filter_map(|store| store["Region"].as_str()).collect();
    assert_eq!(regions, ["eu-west-1", "us-east-1"], "the missing store is made");
}

#[test]
fn alias_that_is_malformed() {
    let source = Artifact::new("Source");
    let store =
        ImportedArtifactStore::new("artifacts", "us-east-1").key_id("arn:aws:kms:us-east-1:111111111111:alia/x"); //~ error kms::malformed-key-arn at Tools/Pipeline…: alia/x
    let pipeline = ending(&source, approve("Approve")).artifact_store(store);
    check(placed(pipeline));
}

#[test]
fn cron_expression_of_five_fields() {
    let source = Artifact::new("Source");
    let window = ConditionRule::new("Window", "DeploymentWindow").configuration("Cron", "0 9-16 * * MON-THU"); //~ warning rule::malformed-cron at Tools/Pipeline: `0 9-16 * * MON-THU`
    let stage = deploy(&source).before_entry(Condition::new(StageResult::Fail).rule(window));
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(stage)));
}
