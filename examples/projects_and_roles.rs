//! Who does the work, and where: actions with roles of their own in the pipeline's account, a CodeBuild project in another
//! region, and one in another account, which may read artifacts but cannot write any.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "us-east-1");
const EUROPE: Env = Env::new("111111111111", "eu-west-1");
const TEST: Env = Env::new("333333333333", "us-east-1");

fn main() -> ExitCode {
    app().run()
}

/// Three stacks: the pipeline's, and one for each project elsewhere. Actions run where their project is.
pub fn app() -> App {
    let mut app = App::new();
    let europe = app.stack("Europe", EUROPE);
    let latency = app.at(europe).add("Latency", PipelineProject::new().build_spec_file("ci/latency.yml"));
    let test = app.stack("Test", TEST);
    let contracts = app.at(test).add("Contracts", PipelineProject::new().build_spec_file("ci/contracts.yml"));

    let tools = app.stack("Tools", TOOLS);
    let mut scope = app.at(tools);
    let build = scope.add("Build", PipelineProject::new().build_spec_file("ci/build.yml"));
    // CodePipeline assumes these in place of its own role, which then needs nothing of what they may do.
    let builder = scope.add("Builder", service_role("orders-builder"));
    let deployer = scope.add("Deployer", service_role("orders-deployer"));

    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let queues = PolicyStatement::allow(["sqs:*"]).on([Arn::regional(TOOLS, "sqs", "orders-*")]);
    let deploy = DeployStack::new("orders", bundle.file("template.yaml")).allow(queues);
    scope.add(
        "Pipeline",
        Pipeline::new("orders")
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
            .stage(
                Stage::new("Build")
                    .action(Action::new("Bundle", CodeBuild::new(build, &source).output(&bundle)).role(builder)),
            )
            .stage(
                Stage::new("Test")
                    .action(Action::new("Latency", CodeBuild::new(latency, &bundle).test()))
                    .action(Action::new("Contracts", CodeBuild::new(contracts, &bundle).test())),
            )
            .stage(Stage::new("Deploy").action(Action::new("Deploy", deploy).role(deployer))),
    );
    app
}

/// A role that nobody may assume but the pipeline it is given to, and that may do nothing but what its actions need.
fn service_role(name: &str) -> Role {
    Role::trusting(PolicyDocument::new()).role_name(name)
}
