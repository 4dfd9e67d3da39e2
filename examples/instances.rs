//! Servers in two other accounts: CodeDeploy deploys to them, and they fetch what is deployed with roles of their own, which
//! the pipeline's store lets in.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "us-east-1");
const TEST: Env = Env::new("222222222222", "us-east-1");
const PRODUCTION: Env = Env::new("333333333333", "eu-west-1");

fn main() -> ExitCode {
    app().run()
}

/// The pipeline, and the role of the servers in each account.
pub fn app() -> App {
    let mut app = App::new();
    let source = Artifact::new("Source");
    let bundle = Artifact::new("Bundle");

    let tools = app.stack("Tools", TOOLS);
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
    let project = app.at(tools).add("Build", PipelineProject::new().build_spec_file("buildspec.yml"));
    let build = Action::new("Bundle", CodeBuild::new(project, &source).output(&bundle));
    let test = deploy(&mut app, "TestServers", TEST, &bundle);
    let production = deploy(&mut app, "Servers", PRODUCTION, &bundle);

    let pipeline = Pipeline::new("orders")
        .stage(Stage::new("Source").action(checkout))
        .stage(Stage::new("Build").action(build))
        .stage(Stage::new("Test").action(test))
        .stage(
            Stage::new("Production")
                .action(Action::new("Approve", ManualApproval::new()))
                .action(production.run_order(2)),
        );
    app.at(tools).add("Pipeline", pipeline);
    app
}

/// Makes the role of the servers in an account, and deploys to those that have it.
fn deploy(app: &mut App, stack: &str, env: Env, bundle: &Artifact) -> Action {
    let stack = app.stack(stack, env);
    let mut scope = app.at(stack);
    let role = Role::new(Principal::service("ec2.amazonaws.com")).role_name("orders-server");
    let role = scope.add("ServerRole", role);
    let profile = RawResource::new("AWS::IAM::InstanceProfile")
        .property("InstanceProfileName", "orders-server")
        .property("Roles", Expr::list([role.name()]));
    scope.add("ServerProfile", profile);
    let servers = CodeDeployServerDeploy::new("shop", "orders", bundle).instance_role(role);
    Action::new("Deploy", servers).env(env)
}
