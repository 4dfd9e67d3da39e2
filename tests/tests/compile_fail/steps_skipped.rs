//! A stage holds actions, not what they do; and the name of an artifact is no artifact.

use construct_pipeline::prelude::*;

fn main() {
    let _ = Stage::new("Deploy").action(DeployStack::new("orders", Artifact::new("Bundle").file("template.yaml")));
    let _ = CodeCommitSource::new("orders", "Source");
}
