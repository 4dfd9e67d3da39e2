//! 40 accounts in 3 regions from two loops: every region has a pipeline of its own, which goes through the accounts in
//! waves. A wave that fails stops the ones behind it, a region that fails stops no other one, and nothing crosses regions.
//!
//! An account keeps its wave when others are appended: waves are filled in the order of the list.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: &str = "111111111111";
const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "ap-northeast-1"];
/// How many accounts are released at the same time; a stage takes at most 50 actions.
const WAVE: usize = 20;

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

/// The accounts of the fleet; new ones are appended.
fn accounts() -> Vec<String> {
    (1..=40).map(|n| format!("2000000000{n:02}")).collect()
}

/// The pipeline of a region.
fn pipeline(region: &str) -> Pipeline {
    let source = Artifact::new("Source");
    let checkout = Action::new("Checkout", CodeCommitSource::new("baseline", &source));
    let mut pipeline = Pipeline::new("fleet").stage(Stage::new("Source").action(checkout));
    for (n, accounts) in accounts().chunks(WAVE).enumerate() {
        let deployments = accounts.iter().map(|account| deploy(account, region, &source));
        pipeline = pipeline.stage(Stage::new(format!("Wave-{}", n + 1)).actions(deployments));
    }
    pipeline
}

/// The baseline of an account in a region.
fn deploy(account: &str, region: &str, source: &Artifact) -> Action {
    let trail = Arn::regional(Env::new(account, region), "cloudtrail", "trail/baseline");
    let trails = PolicyStatement::allow(["cloudtrail:*"]).on([trail]);
    let baseline = DeployStack::new("baseline", source.file("baseline.yaml")).allow(trails);
    Action::new(format!("Deploy-{account}"), baseline).account(account)
}
