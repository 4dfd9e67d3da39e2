//! Programs that tests synthesise in their own process and run in others.

use construct_core::Assembly;
use construct_pipeline::prelude::*;

/// The environment of most stacks.
pub const HOME: Env = Env::new("111111111111", "us-east-1");

/// A program by its name, for the binary `writer`.
#[must_use]
pub fn named(name: &str) -> Option<App> {
    Some(match name {
        "first" => first(),
        "second" => second(),
        "orders" => orders("main"),
        "warned" => warned(),
        "wrong" => wrong(),
        "deep" => deep(2_000),
        "too-large" => too_large(),
        _ => return None,
    })
}

/// The assembly of a program without mistakes.
///
/// # Panics
/// When it has some.
#[must_use]
pub fn assembly(program: App) -> Assembly {
    program.synth().expect("the program has no mistakes")
}

/// Two stacks: one that [`second`] has too, with other contents, and one of its own.
#[must_use]
pub fn first() -> App {
    two_stacks("OnlyFirst", "one")
}

/// Two stacks: one that [`first`] has too, with other contents, and one of its own.
#[must_use]
pub fn second() -> App {
    two_stacks("OnlySecond", "two")
}

fn two_stacks(own: &str, word: &'static str) -> App {
    let mut app = App::new();
    for id in ["Shared", own] {
        let stack = app.stack(id, HOME);
        // Long enough that the files are not written in one go.
        for n in 0..40 {
            let topic = RawResource::new("AWS::SNS::Topic").property("DisplayName", word);
            app.at(stack).add(format!("Topic{n}"), topic);
        }
    }
    app
}

/// A pipeline over three accounts and two regions that builds a branch.
#[must_use]
pub fn orders(branch: &str) -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    let project = scope.add("Build", PipelineProject::new());
    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let checkout = CodeCommitSource::new("orders", &source).branch(branch);
    let queues = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:eu-west-1:333333333333:orders-*"]);
    let deploy = DeployStack::new("orders", bundle.file("template.yaml")).allow(queues);
    let there = Env::new("333333333333", "eu-west-1");
    scope.add(
        "Pipeline",
        Pipeline::new("orders")
            .stage(Stage::new("Source").action(Action::new("Checkout", checkout).account("222222222222")))
            .stage(Stage::new("Build").action(Action::new("Bundle", CodeBuild::new(project, &source).output(&bundle))))
            .stage(Stage::new("Deploy").action(Action::new("Deploy", deploy).env(there))),
    );
    app
}

/// A program with a warning: an artifact is built and read by nobody.
#[must_use]
pub fn warned() -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    let project = scope.add("Build", PipelineProject::new());
    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let build = CodeBuild::new(project, &source).output(&bundle);
    scope.add(
        "Pipeline",
        Pipeline::new("orders")
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
            .stage(Stage::new("Build").action(Action::new("Bundle", build))),
    );
    app
}

/// The codes that the program [`wrong`] is refused with.
pub const WRONG: [&str; 3] = ["env::malformed-account", "resource::malformed-type", "pipeline::too-few-stages"];

/// A program with three mistakes.
#[must_use]
pub fn wrong() -> App {
    let mut app = App::new();
    app.stack("Elsewhere", Env::new("11111111111", "us-east-1"));
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Table", RawResource::new("DynamoDB::Table"));
    let source = Artifact::new("Source");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
    app.at(tools).add("Pipeline", Pipeline::new("orders").stage(Stage::new("Source").action(checkout)));
    app
}

/// A topic below so many groups.
#[must_use]
pub fn deep(groups: usize) -> App {
    fn below(scope: &mut Scope<'_>, groups: usize) {
        match groups {
            0 => drop(scope.add("Topic", RawResource::new("AWS::SNS::Topic"))),
            _ => below(&mut scope.group("Group"), groups - 1),
        }
    }
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    below(&mut app.at(tools), groups);
    app
}

/// A program whose mistake shows only in what was emitted.
#[must_use]
pub fn too_large() -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let text = "x".repeat(1_000_000);
    app.at(tools).add("Topic", RawResource::new("AWS::SNS::Topic").property("DisplayName", text));
    app
}
