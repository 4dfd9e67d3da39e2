//! One store for all pipelines of a team.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "eu-west-1");
const PRODUCTION: &str = "444444444444";

fn main() -> ExitCode {
    app().run()
}

pub fn app() -> App {
    let mut app = App::new();
    let base = app.stack("Base", TOOLS);
    let settings = StoreSettings::new().expire_after_days(30).deny_unencrypted_uploads();
    let store = app.at(base).add("Store", ArtifactStore::new("shop").settings(settings));

    let delivery = app.stack("Delivery", TOOLS);
    let mut scope = app.at(delivery);
    for name in ["shop-web", "shop-api"] {
        scope.add(name, pipeline(name).artifact_store(store));
    }
    app
}

fn pipeline(name: &str) -> Pipeline {
    let source = Artifact::new("Source");
    let checkout = CodeCommitSource::new(name, &source);
    let tables = PolicyStatement::allow(["dynamodb:*"]).on([format!("arn:aws:dynamodb:*:{PRODUCTION}:table/{name}-*")]);
    let deploy = DeployStack::new(name, source.file("template.yaml")).allow(tables);
    Pipeline::new(name)
        .stage(Stage::new("Source").action(Action::new("Checkout", checkout)))
        .stage(Stage::new("Production").action(Action::new("Deploy", deploy).account(PRODUCTION)))
}
