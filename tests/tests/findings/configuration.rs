//! Configurations, variables and namespaces.

use super::*;

fn jenkins(source: &Artifact) -> CustomAction {
    CustomAction::new(Category::Test, Owner::Custom, "Jenkins").input(source)
}

/// A pipeline with an action between its source and its deployment.
fn between(source: &Artifact, action: Action) -> Pipeline {
    let first = Stage::new("Source")
        .action(Action::new("Checkout", CodeCommitSource::new("orders", source)).namespace("source"));
    Pipeline::new("orders").stage(first).stage(Stage::new("Check").action(action)).stage(deploy(source))
}

#[test]
fn variable_that_no_source_sets() {
    let source = Artifact::new("Source");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source)).namespace("checkout");
    let wrong = Commands::new(&source).command("echo #{checkout.CommitID} #{checkout.Author}");
    let wrong = Action::new("Wrong", wrong);
    //~^ error variable::unknown at Tools/Pipeline: `Checkout` of stage `Source` sets no variable `CommitID`
    //~^^ warning variable::unknown at Tools/Pipeline: AWS documents no variable `Author` of CodeCommit
    let known = Commands::new(&source).command("echo #{checkout.CommitterDate}").environment("A", "#{nobody.X}");
    let known = Action::new("Known", known); //~ error variable::unknown at Tools/Pipeline: no action has the namespace `nobody`
    let first = Stage::new("Source").action(checkout);
    check(placed(Pipeline::new("orders").stage(first).stage(Stage::new("Say").action(wrong).action(known))));
}

#[test]
fn variable_of_an_action_that_is_called_like_a_source() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let site = app.at(tools).add("Site", Bucket::import("site").env(HOME));
    let publish = Action::new("Publish", S3Deploy::new(site, &source)).namespace("publish");
    // What S3 sets as a source is documented; what it sets where it deploys is not asked here.
    let say = Action::new("Say", Commands::new(&source).command("echo #{publish.Anything}"));
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Publish").action(publish));
    app.at(tools).add("Pipeline", pipeline.stage(Stage::new("Say").action(say)));
    let (_, warnings) = app.synth_with_warnings().expect("no error");
    assert!(warnings.iter().all(|one| one.code() != "variable::unknown"), "{warnings}");
}

#[test]
fn value_of_1001_characters() {
    let source = Artifact::new("Source");
    let action = Action::new("Check", jenkins(&source).configuration("Text", "x".repeat(1_001))); //~ warning configuration::long-value at Tools/Pipeline: 1001 characters
    check(placed(between(&source, action)));
}

#[test]
fn value_of_50001_characters() {
    let source = Artifact::new("Source");
    let text = "x".repeat(50_001);
    let action = Action::new("Check", jenkins(&source).configuration("Text", text)); //~ error configuration::long-value at Tools/Pipeline: 50001 characters
    check(placed(between(&source, action)));
}

#[test]
fn value_of_1000_characters_is_no_mistake() {
    let source = Artifact::new("Source");
    let action = Action::new("Check", jenkins(&source).configuration("Text", "ü".repeat(1_000)));
    let (_, warnings) = placed(between(&source, action)).synth_with_warnings().unwrap();
    assert!(warnings.is_empty(), "{warnings}");
}

#[test]
fn parameter_overrides_of_more_than_1000_characters() {
    let source = Artifact::new("Source");
    let deploy = deployment(&source).parameter("Text", "x".repeat(1_000));
    let action = Action::new("Deploy2", deploy); //~ warning configuration::long-value at Tools/Pipeline: `ParameterOverrides`
    check(placed(between(&source, action)));
}

#[test]
fn value_that_is_empty() {
    let source = Artifact::new("Source");
    let action = Action::new("Check", jenkins(&source).configuration("ProjectName", "")); //~ error configuration::empty-value at Tools/Pipeline: `ProjectName`
    check(placed(between(&source, action)));
}

#[test]
fn keys_that_are_empty_or_too_long() {
    let source = Artifact::new("Source");
    let stage = Stage::new("Check")
        .action(Action::new("One", jenkins(&source).configuration("", "x"))) //~ error configuration::malformed-key at Tools/Pipeline: ``
        .action(Action::new("Two", jenkins(&source).configuration("k".repeat(51), "x"))); //~ error configuration::malformed-key at Tools/Pipeline: `kkk
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(stage).stage(deploy(&source))));
}

/// A provider that hands over what is no text.
#[derive(Debug)]
struct Structured;

impl Provider for Structured {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Test, Owner::Custom, "Structured")
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new().set("Targets", ["a", "b"])
    }
}

#[test]
fn value_that_is_no_text() {
    let source = Artifact::new("Source");
    let action = Action::new("Check", Structured); //~ error configuration::not-text at Tools/Pipeline: `Targets`
    check(placed(between(&source, action)));
}

#[test]
fn provider_and_version_that_are_malformed() {
    let source = Artifact::new("Source");
    let check_of = |provider: &str, version: &str| {
        CustomAction::new(Category::Test, Owner::Custom, provider.to_owned()).version(version.to_owned())
    };
    let stage = Stage::new("Check")
        .action(Action::new("One", check_of("my jenkins", "1"))) //~ error action::malformed-provider at Tools/Pipeline: `my jenkins`
        .action(Action::new("Two", check_of("Jenkins", "2026-11-21"))); //~ error action::malformed-version at Tools/Pipeline: `2026-11-21`
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(stage).stage(deploy(&source))));
}

#[test]
fn variable_names_that_are_malformed() {
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("orders")
        .stage(checkout(&source))
        .stage(deploy(&source))
        .variable(Variable::new("")) //~ error variable::malformed-name at Tools/Pipeline: ``
        .variable(Variable::new("my version")) //~ error variable::malformed-name at Tools/Pipeline: `my version`
        .variable(Variable::new("x".repeat(129))); //~ error variable::malformed-name at Tools/Pipeline: `xxx
    check(placed(pipeline));
}

#[test]
fn two_variables_of_one_name() {
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("orders")
        .stage(checkout(&source))
        .stage(deploy(&source))
        .variable(Variable::new("version"))
        .variable(Variable::new("version")); //~ error variable::duplicate-name at Tools/Pipeline: `version`
    check(placed(pipeline));
}

#[test]
fn variables_with_defaults_and_descriptions_out_of_range() {
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("orders")
        .stage(checkout(&source))
        .stage(deploy(&source))
        .variable(Variable::new("one").default_value("")) //~ error variable::malformed-default at Tools/Pipeline: `one`
        .variable(Variable::new("two").default_value("x".repeat(1_001))) //~ error variable::malformed-default at Tools/Pipeline: `two`
        .variable(Variable::new("three").description("x".repeat(201))); //~ error variable::long-description at Tools/Pipeline: `three`
    check(placed(pipeline));
}

#[test]
fn fifty_one_variables() {
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source));
    let pipeline = (0..51).fold(pipeline, |pipeline, n| pipeline.variable(Variable::new(format!("v{n}"))));
    check(placed(pipeline)); //~ error variable::too-many at Tools/Pipeline: 51 variables
}

#[test]
fn variable_that_nobody_declares() {
    let source = Artifact::new("Source");
    let action = Action::new("Check", jenkins(&source).configuration("Version", "#{variables.version}")); //~ error variable::unknown at Tools/Pipeline: `version`
    check(placed(between(&source, action)));
}

#[test]
fn namespace_that_nobody_has() {
    let source = Artifact::new("Source");
    let action = Action::new("Check", jenkins(&source).configuration("Commit", "#{sauce.CommitId}")); //~ error variable::unknown at Tools/Pipeline: `sauce`
    check(placed(between(&source, action)));
}

#[test]
fn variable_in_the_middle_of_json() {
    let source = Artifact::new("Source");
    let json = Expr::map([("commit", "is #{build.Version}")]);
    let action = Action::new("Check", jenkins(&source).configuration("Json", json)); //~ error variable::unknown at Tools/Pipeline: `build`
    check(placed(between(&source, action)));
}

#[test]
fn variable_as_shells_write_theirs() {
    let source = Artifact::new("Source");
    let text = "${source.CommitId} ${HOME} ${AWS::Region}";
    let action = Action::new("Check", jenkins(&source).configuration("Text", text)); //~ warning variable::other-syntax at Tools/Pipeline: `${source.CommitId}`
    check(placed(between(&source, action)));
}

#[test]
fn variable_as_shells_write_theirs_of_no_namespace() {
    let source = Artifact::new("Code");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
    let text = |text: &'static str| jenkins(&source).configuration("Text", text);
    let other = "${HOME} ${Source.Uri} ${Queue.Arn} ${other.CommitId} $${Source.X} ${Source} ${Source.CommitId";
    let check_stage = Stage::new("Check")
        .action(Action::new("Right", text(other)))
        .action(Action::new("Stage", text("${Source.CommitId}"))) //~ warning variable::other-syntax at Tools/Pipeline: `${Source.CommitId}`
        .action(Action::new("Action", text("${checkout.BranchName}"))) //~ warning variable::other-syntax at Tools/Pipeline: `${checkout.BranchName}`
        .action(Action::new("Artifact", text("${Code.CommitId}"))) //~ warning variable::other-syntax at Tools/Pipeline: `${Code.CommitId}`
        .action(Action::new("Console", text("${SourceVariables.CommitId}"))); //~ warning variable::other-syntax at Tools/Pipeline: `${SourceVariables.CommitId}`
    check(placed(
        Pipeline::new("orders").stage(Stage::new("Source").action(checkout)).stage(check_stage).stage(deploy(&source)),
    ));
}

#[test]
fn variable_without_its_namespace_or_its_end() {
    let source = Artifact::new("Source");
    let text = |text: &'static str| jenkins(&source).configuration("Text", text);
    let check_stage = Stage::new("Check")
        .action(Action::new("Right", text("${#list} # {x} #1{} #{variables.Stage} {")))
        .action(Action::new("Bare", text("#{CommitId}"))) //~ warning variable::malformed-reference at Tools/Pipeline: `#{CommitId}`
        .action(Action::new("Own", text("to #{Stage}"))) //~ warning variable::malformed-reference at Tools/Pipeline: `#{Stage}`
        .action(Action::new("Run", text("#{PipelineExecutionId}"))) //~ warning variable::malformed-reference at Tools/Pipeline: `#{PipelineExecutionId}`
        .action(Action::new("Open", text("#{variables.Stage} #{variables.Stage and more"))); //~ warning variable::malformed-reference at Tools/Pipeline: opens a variable with `#{variables.Stage` and
    let pipeline = Pipeline::new("orders").variable(Variable::new("Stage").default_value("test"));
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
    check(placed(pipeline.stage(Stage::new("Source").action(checkout)).stage(check_stage).stage(deploy(&source))));
}

#[test]
fn variable_that_no_pipeline_has() {
    let source = Artifact::new("Source");
    let action = Action::new("Check", jenkins(&source).configuration("Text", "#{codepipeline.ExecutionId}")); //~ warning variable::unknown at Tools/Pipeline: `#{codepipeline.ExecutionId}`
    check(placed(between(&source, action)));
}

#[test]
fn variable_of_a_later_action() {
    let source = Artifact::new("Source");
    let early = Action::new("Check", jenkins(&source).configuration("Id", "#{late.Id}")); //~ error variable::used-too-early at Tools/Pipeline: `Late` of stage `Late`
    let late = Stage::new("Late").action(Action::new("Late", jenkins(&source)).namespace("late"));
    check(placed(between(&source, early).stage(late)));
}

#[test]
fn variable_of_the_action_itself() {
    let source = Artifact::new("Source");
    let action = jenkins(&source).configuration("Id", "#{own.Id}");
    let action = Action::new("Check", action).namespace("own"); //~ error variable::used-too-early at Tools/Pipeline: `#{own.Id}`
    check(placed(between(&source, action)));
}

#[test]
fn variable_of_the_pipeline_in_a_source() {
    let source = Artifact::new("Source");
    let branch = CodeCommitSource::new("orders", &source).branch("#{variables.branch}");
    let first = Stage::new("Source").action(Action::new("Checkout", branch)); //~ error variable::in-source at Tools/Pipeline: `#{variables.branch}`
    let pipeline = Pipeline::new("orders").variable(Variable::new("branch").default_value("main"));
    check(placed(pipeline.stage(first).stage(deploy(&source))));
}

#[test]
fn namespaces_that_are_malformed() {
    let source = Artifact::new("Source");
    let stage = Stage::new("Check")
        .action(Action::new("One", jenkins(&source)).namespace("")) //~ error namespace::malformed at Tools/Pipeline: ``
        .action(Action::new("Two", jenkins(&source)).namespace("my.checks")) //~ error namespace::malformed at Tools/Pipeline: `my.checks`
        .action(Action::new("Three", jenkins(&source)).namespace("x".repeat(101))); //~ error namespace::malformed at Tools/Pipeline: `xxx
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(stage).stage(deploy(&source))));
}

#[test]
fn one_namespace_of_two_actions() {
    let source = Artifact::new("Source");
    let action = Action::new("Check", jenkins(&source)).namespace("source"); //~ error namespace::duplicate at Tools/Pipeline: `source`
    check(placed(between(&source, action)));
}

#[test]
fn namespace_that_is_an_artifact_too() {
    let source = Artifact::new("Source");
    let action = Action::new("Check", jenkins(&source)).namespace("Source"); //~ error namespace::is-artifact at Tools/Pipeline: `Source`
    check(placed(between(&source, action)));
}
