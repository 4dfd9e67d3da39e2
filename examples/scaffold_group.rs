//! Three pipelines that share their stores and scaffold stacks: one bucket and one key for each region and one stack of roles
//! for each account, where every pipeline would have its own. Each keeps roles of its own, which reach its own artifacts
//! alone.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "us-east-1");
const SOURCE: &str = "222222222222";
const TEST: &str = "333333333333";
const PRODUCTION: Env = Env::new("444444444444", "eu-west-1");

fn main() -> ExitCode {
    app().run()
}

/// Two pipelines beside the group, and one in a stack of its own.
pub fn app() -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", TOOLS);
    let platform = app.at(tools).add("Platform", ScaffoldGroup::new("platform"));
    for name in ["orders", "billing"] {
        place(&mut app.at(tools).group(name), name, Some(SOURCE), platform);
    }
    let reports = app.stack("Reports", TOOLS);
    place(&mut app.at(reports), "reports", None, platform);
    app
}

/// Builds a repository, of another account if one is given, and deploys it to test and production.
fn place(scope: &mut Scope<'_>, name: &str, account: Option<&str>, group: ScaffoldGroupRef) -> PipelineRef {
    let project = scope.add("Build", PipelineProject::new().build_spec_file("buildspec.yml"));
    let source = Artifact::new("Source");
    let bundle = Artifact::new("Bundle");
    let mut checkout = Action::new("Checkout", CodeCommitSource::new(name, &source));
    if let Some(account) = account {
        checkout = checkout.account(account);
    }
    let queues = PolicyStatement::allow(["sqs:*"]).on([format!("arn:aws:sqs:*:*:{name}-*")]);
    let deploy = || DeployStack::new(name, bundle.file("template.yaml")).allow(queues.clone());
    scope.add(
        "Pipeline",
        Pipeline::new(name)
            .scaffold_group(group)
            .stage(Stage::new("Source").action(checkout))
            .stage(Stage::new("Build").action(Action::new("Bundle", CodeBuild::new(project, &source).output(&bundle))))
            .stage(Stage::new("Test").action(Action::new("Deploy", deploy()).account(TEST)))
            .stage(Stage::new("Production").action(Action::new("Deploy", deploy()).env(PRODUCTION))),
    )
}
