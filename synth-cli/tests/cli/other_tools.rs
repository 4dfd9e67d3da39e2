//! Assemblies of other tools: `assemblies/cdk` is written the way aws-cdk-lib writes them.
//!
//! In it the manifest is not in deployment order, stacks depend on assets, a stage is a nested assembly, ARNs are joined
//! from pseudo parameters, roles are imported through exports or out of an ARN with `Fn::Select` and `Fn::Split`, and
//! some stacks are left to the deployment's environment.

use std::path::Path;

use crate::support::synth;

fn cdk() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/assemblies/cdk"))
}

#[test]
fn nested_assemblies_are_listed_and_assets_are_no_stacks() {
    insta::assert_snapshot!(synth(["list".as_ref(), cdk().as_os_str()]).fine());
}

#[test]
fn functions_are_evaluated_as_far_as_templates_say() {
    insta::assert_snapshot!(synth(["graph".as_ref(), cdk().as_os_str()]).fine());
    let json = synth(["graph".as_ref(), cdk().as_os_str(), "--json".as_ref()]).json();
    insta::assert_snapshot!("graph_for_programs", format!("{json:#}"));
}
