//! A pipeline in one account, its repository in another, and variables that later actions use: the commit of the source
//! and the version that the build computes.
//!
//! `synth pipeline-json orders` prints the same pipeline as the JSON that `aws codepipeline create-pipeline` takes, and
//! `synth import` turns such JSON into a program; `tests/imported/` holds both.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "eu-west-1");
const REPOSITORY: &str = "arn:aws:codecommit:eu-west-1:222222222222:orders";

/// Computes a version from the commit and exports it: it becomes the variable `VERSION` of the action's namespace.
const BUILD_SPEC: &str = "\
version: 0.2
env:
  exported-variables:
    - VERSION
phases:
  build:
    commands:
      - export VERSION=1.$(date +%Y%m%d).$(echo $COMMIT | cut -c1-8)
      - make package
artifacts:
  files:
    - template.yaml
";

fn main() -> ExitCode {
    app().run()
}

/// One stack; the repository exists already, and the action follows it into its account.
pub fn app() -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", TOOLS);
    let mut scope = app.at(tools);
    let repository = scope.add("Repository", Repository::import(REPOSITORY));
    let project = scope.add("Build", PipelineProject::new().build_spec(BUILD_SPEC));

    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let checkout = CodeCommitSource::new(repository, &source).branch("main");
    let build = CodeBuild::new(project, &source).output(&bundle).environment("COMMIT", "#{source.CommitId}");
    let approve = ManualApproval::new().comment("#{build.VERSION}: #{source.CommitMessage}");
    let deploy = DeployStack::new("orders", bundle.file("template.yaml"))
        .parameter("Version", "#{build.VERSION}")
        .allow(PolicyStatement::allow(["sqs:*"]).on([Arn::regional(TOOLS, "sqs", "orders-*")]));
    scope.add(
        "Pipeline",
        Pipeline::new("orders")
            .stage(Stage::new("Source").action(Action::new("Checkout", checkout).namespace("source")))
            .stage(Stage::new("Build").action(Action::new("Bundle", build).namespace("build")))
            .stage(
                Stage::new("Production")
                    .action(Action::new("Approve", approve))
                    .action(Action::new("Deploy", deploy).run_order(2)),
            ),
    );
    app
}
