//! A team's program: a stack and a function in two accounts, delivered by the house rules.

use std::process::ExitCode;

use acme_delivery::{CompanyPipeline, LambdaRelease, Landing, LandingRef, Team};
use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "us-east-1");
const SOURCE: &str = "222222222222";
const TEST: Env = Env::new("333333333333", "eu-west-1");
const PRODUCTION: Env = Env::new("444444444444", "eu-west-1");

fn main() -> ExitCode {
    app().run()
}

/// The whole program.
pub fn app() -> App {
    let mut app = App::new();
    let mut landing = |id: &str, env: Env| {
        let stack = app.stack(id, env);
        app.at(stack).add("Api", Landing::new("orders", "orders-api"))
    };
    let test = landing("OrdersTest", TEST);
    let production = landing("OrdersProduction", PRODUCTION);

    let (source, bundle, code) = (Artifact::new("Source"), Artifact::new("Bundle"), Artifact::new("Code"));
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source)).account(SOURCE);
    let tools = app.stack("Tools", TOOLS);
    app.at(tools).add(
        "Orders",
        CompanyPipeline::new("orders", Team::new("orders", "4711"), checkout, &source)
            .builds([&bundle, &code])
            .test(deliver(TEST, test, &bundle, &code))
            .production(deliver(PRODUCTION, production, &bundle, &code)),
    );
    app
}

/// The stack of an environment first, then the code of its function.
fn deliver(env: Env, landing: LandingRef, bundle: &Artifact, code: &Artifact) -> [Action; 2] {
    let functions = PolicyStatement::allow(["lambda:*"]).on([Arn::regional(env, "lambda", "function:orders-*")]);
    let stack = DeployStack::new("orders", bundle.file("template.yaml")).allow(functions);
    let release = LambdaRelease::new(landing, code).strategy("Canary10Percent5Minutes");
    [Action::new("Stack", stack).env(env), Action::new("Release", release).run_order(2)]
}
