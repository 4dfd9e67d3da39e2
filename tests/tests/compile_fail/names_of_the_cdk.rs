//! Who types a name of the AWS CDK is told the one of this library.

use construct_pipeline::prelude::*;

fn main() {
    let _ = App::new();
    let _ = CodeBuildAction::new();
    let _ = CloudFormationCreateUpdateStackAction::new();
    let _ = EcsDeployAction::new();
}
