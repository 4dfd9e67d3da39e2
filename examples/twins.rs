//! Two copies of one pipeline in one app, and two pipelines whose names differ only in case, all in one account and
//! region. Roles and buckets know no case, so their names end in a hash of the exact name, and nothing clashes.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "us-east-1");
const TARGET: &str = "222222222222";

fn main() -> ExitCode {
    app().run()
}

/// A stack for each copy, and one in which the twins stand side by side.
pub fn app() -> App {
    let mut app = App::new();
    for branch in ["main", "next"] {
        let copy = app.stack(format!("Orders-{branch}"), TOOLS);
        app.at(copy).add("Pipeline", pipeline(&format!("orders-{branch}"), branch));
    }
    let twins = app.stack("Twins", TOOLS);
    let mut scope = app.at(twins);
    for name in ["Billing", "billing"] {
        scope.add(name, pipeline(name, "main"));
    }
    app
}

/// Deploys a branch of the repository to a stack named after the pipeline.
fn pipeline(name: &str, branch: &str) -> Pipeline {
    let source = Artifact::new("Source");
    let checkout = CodeCommitSource::new("orders", &source).branch(branch);
    let queues = format!("arn:aws:sqs:us-east-1:{TARGET}:{name}-*");
    let deploy =
        DeployStack::new(name, source.file("template.yaml")).allow(PolicyStatement::allow(["sqs:*"]).on([queues]));
    Pipeline::new(name)
        .stage(Stage::new("Source").action(Action::new("Checkout", checkout)))
        .stage(Stage::new("Deploy").action(Action::new("Deploy", deploy).account(TARGET)))
}
