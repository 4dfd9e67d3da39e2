//! 40 accounts in 3 regions from two loops: every region has a pipeline of its own, which goes through the accounts in a
//! wave. A stage of the wave that fails stops the ones behind it, a region that fails stops no other one, and nothing
//! crosses regions.
//!
//! An account keeps its place when others come or go, wherever in the list they stand; see `Wave`.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: &str = "111111111111";
const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "ap-northeast-1"];
/// How many accounts are released at the same time; a stage takes at most 50 actions.
const AT_ONCE: usize = 30;

fn main() -> ExitCode {
    app().run()
}

/// Two stacks a region in the tools account. The store's policies name every account, and CloudFormation takes 51,200
/// bytes of template inline: hence a stack of its own for the store.
pub fn app() -> App {
    let mut app = App::new();
    for region in REGIONS {
        let env = Env::new(TOOLS, region);
        let artifacts = app.stack(format!("Artifacts-{region}"), env);
        let store = app.at(artifacts).add("Store", ArtifactStore::new("fleet"));
        let tools = app.stack(format!("Fleet-{region}"), env);
        app.at(tools).add("Pipeline", pipeline(region).artifact_store(store));
    }
    app
}

/// The accounts of the fleet.
fn accounts() -> impl Iterator<Item = String> {
    (1..=40).map(|n| format!("2000000000{n:02}"))
}

/// The pipeline of a region.
fn pipeline(region: &str) -> Pipeline {
    let source = Artifact::new("Source");
    let checkout = Action::new("Checkout", CodeCommitSource::new("baseline", &source));
    let targets = accounts().map(|account| baseline(Env::new(&account, region), &source));
    Pipeline::new("fleet")
        .stage(Stage::new("Source").action(checkout))
        .wave(Wave::new("Fleet").targets(targets).at_once(AT_ONCE))
}

/// The baseline of an account in a region.
fn baseline(env: Env, source: &Artifact) -> Target {
    let trails = PolicyStatement::allow(["cloudtrail:*"]).on([Arn::regional(env, "cloudtrail", "trail/baseline")]);
    let baseline = DeployStack::new("baseline", source.file("baseline.yaml")).allow(trails);
    Target::new(env).action(Action::new("Deploy", baseline))
}
