//! The flow of artifacts.

use super::*;

/// A stack in the tools account with a project, and the pipeline's place in it.
fn with_project() -> (App, StackRef, ProjectRef) {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let project = app.at(tools).add("Build", PipelineProject::new());
    (app, tools, project)
}

#[test]
fn artifact_that_nobody_reads() {
    let (mut app, tools, project) = with_project();
    let source = Artifact::new("Source");
    let bundle = Artifact::new("Bundle"); //~ warning artifact::unread at Tools/Pipeline: `Bundle`
    let build = Action::new("Build", CodeBuild::new(project, &source).output(&bundle));
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Build").action(build));
    app.at(tools).add("Pipeline", pipeline);
    check(app);
}

/// The library's lines are no help, nor are those of the standard library, which made the artifact.
#[test]
fn artifact_that_nobody_reads_made_by_a_map() {
    let [source, more] = ["Source", "More"].map(Artifact::new);
    let fetch = Action::new("Fetch", CodeCommitSource::new("more", &more));
    let sources = checkout(&source).action(fetch);
    check(placed(Pipeline::new("orders").stage(sources).stage(deploy(&source)))); //~ warning artifact::unread at Tools/Pipeline: `More`
}

/// A scan cannot do without the bill that it writes; commands can do without an artifact.
#[test]
fn artifact_that_an_action_has_to_write() {
    let (source, bill) = (Artifact::new("Source"), Artifact::new("Bill"));
    let log = Artifact::new("Log"); //~ warning artifact::unread at Tools/Pipeline: `Log`
    let scan = Action::new("Scan", InspectorScan::source_code(&source, &bill).critical_threshold(0));
    let check_it = Action::new("Check", Commands::new(&source).command("make check").output(&log));
    let scans = Stage::new("Scan").action(scan).action(check_it);
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(scans)));
}

#[test]
fn artifact_that_nobody_writes() {
    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let stage = Stage::new("More");
    let stage = stage.action(Action::new("Deploy", deployment(&bundle))); //~ error artifact::never-written at Tools/Pipeline: `Bundle`
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source)).stage(stage)));
}

#[test]
fn artifact_whose_name_differs_in_case() {
    let (source, lower) = (Artifact::new("Source"), Artifact::new("source"));
    let stage = Stage::new("Deploy");
    let stage = stage.action(Action::new("Deploy", deployment(&lower))); //~ error artifact::never-written at Tools/Pipeline: `source`
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(stage)));
}

#[test]
fn names_that_are_misspelt_are_guessed() {
    let (source, sources) = (Artifact::new("Source"), Artifact::new("Sources"));
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source)).namespace("checkout");
    let comment = |text: &str| ManualApproval::new().comment(text);
    let stage = Stage::new("Release")
        .action(Action::new("Deploy", deployment(&sources)))
        .action(Action::new("One", comment("#{chekout.CommitId}")))
        .action(Action::new("Two", comment("#{variables.Release}")));
    let pipeline = Pipeline::new("orders").variable(Variable::new("RELEASE").default_value("1"));
    let error = placed(pipeline.stage(Stage::new("Source").action(checkout)).stage(stage)).synth().unwrap_err();
    let errors = error.findings().unwrap().iter().filter(|one| one.severity() == Severity::Error);
    let help: Vec<&str> = errors.filter_map(Diagnostic::help_text).collect();
    let meant =
        ["`Source`, which `Checkout` of stage `Source` writes", "`#{checkout.CommitId}`", "`#{variables.RELEASE}`"];
    assert_eq!(help, meant.map(|meant| format!("did you mean {meant}?")));
}

#[test]
fn artifact_that_is_written_twice() {
    let source = Artifact::new("Source");
    let again = Action::new("Again", CodeCommitSource::new("invoices", &source)); //~ error artifact::written-twice at Tools/Pipeline: `Source`
    check(placed(Pipeline::new("orders").stage(checkout(&source).action(again)).stage(deploy(&source))));
}

#[test]
fn artifacts_that_an_error_leaves_unread() {
    let (mut app, tools, project) = with_project();
    let (source, one, two) = (Artifact::new("Source"), Artifact::new("One"), Artifact::new("T wo")); //~ error artifact::malformed-name at Tools/Pipeline: `T wo`
    let build = CodeBuild::new(project, &source).output(&one).output(&two);
    let again = Action::new("Again", CodeBuild::new(project, &source).output(&one)); //~ error artifact::written-twice at Tools/Pipeline: `One`
    let stage = Stage::new("Build").action(Action::new("Build", build)).action(again);
    app.at(tools).add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(stage).stage(deploy(&source)));
    let late = Pipeline::new("invoices").stage(checkout(&source)).stage(Stage::new("Later")); //~ error stage::no-action at Tools/Late: `Later`
    app.at(tools).add("Late", late);
    check(app);
}

#[test]
fn artifact_that_one_action_writes_twice() {
    let (mut app, tools, project) = with_project();
    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let build = Action::new("Build", CodeBuild::new(project, &source).output(&bundle).output(&bundle)); //~ error artifact::written-twice at Tools/Pipeline: `Bundle`
    let stage = Stage::new("Build").action(build);
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(stage).stage(deploy(&bundle));
    app.at(tools).add("Pipeline", pipeline);
    check(app);
}

#[test]
fn artifact_that_is_read_in_an_earlier_stage() {
    let (mut app, tools, project) = with_project();
    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let build = Stage::new("Build").action(Action::new("Build", CodeBuild::new(project, &source).output(&bundle)));
    let early = Stage::new("Deploy");
    let early = early.action(Action::new("Deploy", deployment(&bundle))); //~ error artifact::read-too-early at Tools/Pipeline: `Bundle`
    app.at(tools).add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(early).stage(build));
    check(app);
}

#[test]
fn artifact_that_is_read_at_the_same_time() {
    let (mut app, tools, project) = with_project();
    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let stage = Stage::new("Build")
        .action(Action::new("Build", CodeBuild::new(project, &source).output(&bundle)))
        .action(Action::new("Deploy", deployment(&bundle))); //~ error artifact::read-too-early at Tools/Pipeline: `Bundle`
    app.at(tools).add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(stage));
    check(app);
}

#[test]
fn artifact_that_an_action_reads_of_itself() {
    let (mut app, tools, project) = with_project();
    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let build = CodeBuild::new(project, &source).input(&bundle).output(&bundle);
    let build = Action::new("Build", build); //~ error artifact::read-too-early at Tools/Pipeline: `Bundle`
    app.at(tools)
        .add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Build").action(build)));
    check(app);
}

#[test]
fn artifact_that_is_read_twice() {
    let (mut app, tools, project) = with_project();
    let source = Artifact::new("Source");
    let build = Action::new("Build", CodeBuild::new(project, &source).input(&source)); //~ error artifact::read-twice at Tools/Pipeline: `Source`
    app.at(tools)
        .add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Build").action(build)));
    check(app);
}

#[test]
fn artifact_names_that_are_malformed() {
    let empty = Artifact::new(""); //~ error artifact::malformed-name at Tools/Pipeline: ``
    let space = Artifact::new("My source"); //~ error artifact::malformed-name at Tools/Pipeline: `My source`
    let dot = Artifact::new("my.source"); //~ error artifact::malformed-name at Tools/Pipeline: `my.source`
    let long = Artifact::new("x".repeat(101)); //~ error artifact::malformed-name at Tools/Pipeline: `xxx
    let unread = Artifact::new("a/b"); //~ error artifact::malformed-name at Tools/Pipeline: `a/b`
    let artifacts = [empty, space, dot, long];
    let (mut first, mut second) = (Stage::new("Source"), Stage::new("Deploy"));
    for (n, artifact) in (0..).zip(&artifacts) {
        first = first.action(Action::new(format!("Checkout{n}"), CodeCommitSource::new("orders", artifact)));
        second = second.action(Action::new(format!("Deploy{n}"), deployment(artifact)).run_order(n + 1));
    }
    first = first.action(Action::new("Unread", CodeCommitSource::new("orders", &unread)));
    check(placed(Pipeline::new("orders").stage(first).stage(second)));
}

#[test]
fn artifact_from_one_foreign_account_to_another() {
    let source = Artifact::new("Source");
    let first = Action::new("Checkout", CodeCommitSource::new("orders", &source)).account(OTHER);
    let second = Action::new("Deploy", deployment(&source)).account("333333333333"); //~ error artifact::foreign-to-foreign at Tools/Pipeline: 333333333333
    let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(first));
    check(placed(pipeline.stage(Stage::new("Deploy").action(second))));
}

#[test]
fn full_clone_of_a_repository_in_another_account() {
    let (mut app, tools, project) = with_project();
    let source = Artifact::new("Source");
    let clone = CodeCommitSource::new("orders", &source).full_clone();
    let build = Action::new("Build", CodeBuild::new(project, &source)); //~ error artifact::clone-across-accounts at Tools/Pipeline: account 222222222222
    let pipeline = Pipeline::new("orders")
        .stage(Stage::new("Source").action(Action::new("Checkout", clone).account(OTHER)))
        .stage(Stage::new("Build").action(build));
    app.at(tools).add("Pipeline", pipeline);
    check(app);
}

#[test]
fn artifact_from_one_foreign_account_to_many_others() {
    let source = Artifact::new("Source");
    let first = Action::new("Checkout", CodeCommitSource::new("orders", &source)).account(OTHER);
    let targets = (0..59).map(|n| {
        let account = format!("3{n:011}");
        Target::new(Env::new(&account, "us-east-1")).action(Action::new("Deploy", deployment(&source)).account(account)) //~ error artifact::foreign-to-foreign at Tools/Pipeline: read in 59 others (300000000000, 300000000001, 300000000002 and 56 more)
    });
    let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(first));
    check(placed(pipeline.wave(Wave::new("Accounts").targets(targets).at_once(20))));
}

#[test]
fn foreign_build_with_outputs() {
    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let role = Role::import("arn:aws:iam::222222222222:role/build");
    let project = PipelineProject::import("arn:aws:codebuild:us-east-1:222222222222:project/build").role(role);
    let project = app.at(tools).add("Build", project);
    let build = Action::new("Build", CodeBuild::new(project, &source).output(&bundle)); //~ error action::foreign-outputs at Tools/Pipeline: 222222222222
    let stage = Stage::new("Build").action(build);
    // That nobody else could read it either is no second mistake.
    let elsewhere = Stage::new("Elsewhere").action(Action::new("Deploy", deployment(&bundle)).account("333333333333"));
    app.at(tools).add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(stage).stage(elsewhere));
    check(app);
}

#[test]
fn build_with_one_output_twice() {
    let (mut app, tools, project) = with_project();
    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let build = CodeBuild::new(project, &source).output(&bundle).output(&bundle);
    let stage = Stage::new("Build").action(Action::new("Build", build)); //~ error artifact::written-twice at Tools/Pipeline: has the output `Bundle` twice
    app.at(tools).add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(stage).stage(deploy(&bundle)));
    check(app);
}

#[test]
fn build_with_six_inputs() {
    let (mut app, tools, project) = with_project();
    let sources: Vec<Artifact> = (0..6).map(|n| Artifact::new(format!("Source{n}"))).collect();
    let checkouts = sources
        .iter()
        .enumerate()
        .map(|(n, source)| Action::new(format!("Checkout{n}"), CodeCommitSource::new("orders", source)));
    let build = sources[1..].iter().fold(CodeBuild::new(project, &sources[0]), CodeBuild::input);
    let stage = Stage::new("Build").action(Action::new("Build", build)); //~ error action::input-count at Tools/Pipeline: 6 artifacts
    app.at(tools).add("Pipeline", Pipeline::new("orders").stage(Stage::new("Source").actions(checkouts)).stage(stage));
    check(app);
}

#[test]
fn source_of_a_partner_without_an_output() {
    let source = Artifact::new("Source");
    let github = CustomAction::new(Category::Source, Owner::ThirdParty, "GitHub");
    let first = checkout(&source).action(Action::new("GitHub", github)); //~ error action::output-count at Tools/Pipeline: 0 artifacts
    check(placed(Pipeline::new("orders").stage(first).stage(deploy(&source))));
}

#[test]
fn approval_that_reads_an_artifact() {
    let source = Artifact::new("Source");
    let ask = CustomAction::new(Category::Approval, Owner::Custom, "Ask").input(&source);
    let stage = Stage::new("Ask").action(Action::new("Ask", ask)); //~ error action::input-count at Tools/Pipeline: 1 artifact; 
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(stage).stage(deploy(&source))));
}

#[test]
fn approval_that_writes_an_artifact() {
    let (source, said) = (Artifact::new("Source"), Artifact::new("Said"));
    let ask = CustomAction::new(Category::Approval, Owner::Custom, "Ask").output(&said);
    let stage = Stage::new("Ask").action(Action::new("Ask", ask)); //~ error action::output-count at Tools/Pipeline: 1 artifact; 
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(stage).stage(deploy(&source))));
}

#[test]
fn artifact_that_an_action_reads_and_writes() {
    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let custom = CustomAction::new(Category::Test, Owner::Custom, "Jenkins").input(&source).input(&bundle);
    let action = Action::new("Check", custom.output(&bundle)); //~ error artifact::read-too-early at Tools/Pipeline: `Check` of stage `Check` reads `Bundle`, which it writes itself
    let stage = Stage::new("Check").action(action);
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(stage)));
}
