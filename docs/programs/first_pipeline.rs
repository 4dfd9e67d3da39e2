//! One account: a repository, a build, an approval, a stack.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

/// An account and a region. A malformed one does not compile.
const TOOLS: Env = Env::new("111111111111", "eu-west-1");

fn main() -> ExitCode {
    app().run()
}

pub fn app() -> App {
    let mut app = App::new();
    let delivery = app.stack("Delivery", TOOLS);
    let mut scope = app.at(delivery);
    // A build project that follows `buildspec.yml` in the repository.
    let project = scope.add("Build", PipelineProject::new().build_spec_file("buildspec.yml"));

    // What actions hand on to each other.
    let source = Artifact::new("Source");
    let bundle = Artifact::new("Bundle");

    let checkout = CodeCommitSource::new("shop", &source).branch("main");
    let build = CodeBuild::new(project, &source).output(&bundle);
    // What CloudFormation may do for the stack `shop`. Without a word about it: nothing.
    let tables = PolicyStatement::allow(["dynamodb:*"]).on([Arn::regional(TOOLS, "dynamodb", "table/shop-*")]);
    let deploy = DeployStack::new("shop", bundle.file("template.yaml")).allow(tables);

    scope.add(
        "Pipeline",
        Pipeline::new("shop")
            .stage(Stage::new("Source").action(Action::new("Checkout", checkout)))
            .stage(Stage::new("Build").action(Action::new("Bundle", build)))
            .stage(
                Stage::new("Release")
                    .action(Action::new("Approve", ManualApproval::new()))
                    .action(Action::new("Deploy", deploy).run_order(2)),
            ),
    );
    app
}
