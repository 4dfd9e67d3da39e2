//! 40 accounts, in an organisation whose quota for stages AWS has raised.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "eu-west-1");

fn main() -> ExitCode {
    app().run()
}

pub fn app() -> App {
    let mut app = App::new();
    app.quota(&quota::STAGES, 100);

    let base = app.stack("Base", TOOLS);
    let store = app.at(base).add("Store", ArtifactStore::new("baseline"));
    let delivery = app.stack("Delivery", TOOLS);
    let source = Artifact::new("Source");
    let targets = (1..=40).map(|n| target(&format!("2000000000{n:02}"), &source));
    let pipeline = Pipeline::new("baseline")
        .artifact_store(store)
        .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("baseline", &source))))
        .wave(Wave::new("Accounts").targets(targets).at_once(20));
    app.at(delivery).add("Pipeline", pipeline);
    app
}

/// What is done in an account: the steps run one after the other.
fn target(account: &str, source: &Artifact) -> Target {
    let env = Env::new(account, TOOLS.region.as_str());
    let trails = PolicyStatement::allow(["cloudtrail:*"]).on([Arn::regional(env, "cloudtrail", "trail/baseline")]);
    let deploy = DeployStack::new("baseline", source.file("baseline.yaml")).allow(trails);
    Target::new(env).action(Action::new("Deploy", deploy))
}
