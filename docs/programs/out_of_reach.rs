//! Two mistakes: CodePipeline would refuse one when the pipeline is made, and the other when it runs.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "eu-west-1");

fn main() -> ExitCode {
    app().run()
}

pub fn app() -> App {
    let mut app = App::new();
    let delivery = app.stack("Delivery", TOOLS);
    let (source, report) = (Artifact::new("Source"), Artifact::new("Report"));
    let checkout = Action::new("Checkout", CodeCommitSource::new("shop", &source)).region("us-east-1");
    let function = Function::import("arn:aws:lambda:eu-west-1:333333333333:function:report");
    let function = app.at(delivery).add("Report", function);
    let write = Action::new("Write", LambdaInvoke::new(function).output(&report));
    let deploy = Action::new("Deploy", DeployStack::new("shop", report.file("template.yaml")));
    app.at(delivery).add(
        "Pipeline",
        Pipeline::new("shop")
            .stage(Stage::new("Source").action(checkout))
            .stage(Stage::new("Test").action(write))
            .stage(Stage::new("Production").action(deploy.account("444444444444"))),
    );
    app
}
