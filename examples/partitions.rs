//! The same pipeline in three partitions: the commercial regions, AWS GovCloud (US) and China. No role can be assumed
//! across partitions, so each has a pipeline and artifacts of its own. The program names no partition: it follows from the region.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

/// Where the pipeline is, and where it deploys to.
const PARTITIONS: [(&str, Env, Env); 3] = [
    ("Commercial", Env::new("111111111111", "eu-west-1"), Env::new("222222222222", "eu-west-1")),
    ("GovCloud", Env::new("333333333333", "us-gov-west-1"), Env::new("444444444444", "us-gov-west-1")),
    ("China", Env::new("555555555555", "cn-north-1"), Env::new("666666666666", "cn-north-1")),
];

fn main() -> ExitCode {
    app().run()
}

/// A stack with a pipeline for each partition.
pub fn app() -> App {
    let mut app = App::new();
    for (name, home, target) in PARTITIONS {
        let stack = app.stack(format!("Tools-{name}"), home);
        let mut scope = app.at(stack);
        let uploads = Bucket::new().bucket_name(format!("example-orders-releases-{}", home.region)).versioned();
        let uploads = scope.add("Releases", uploads);
        scope.add("Pipeline", pipeline(uploads, target));
    }
    app
}

/// Deploys what is uploaded as `orders.zip`.
fn pipeline(uploads: BucketRef, target: Env) -> Pipeline {
    let release = Artifact::new("Release");
    let queues = PolicyStatement::allow(["sqs:*"]).on([Arn::regional(target, "sqs", "orders-*")]);
    let deploy = DeployStack::new("orders", release.file("template.yaml")).allow(queues);
    Pipeline::new("orders")
        .stage(Stage::new("Source").action(Action::new("Fetch", S3Source::new(uploads, "orders.zip", &release))))
        .stage(Stage::new("Deploy").action(Action::new("Deploy", deploy).env(target)))
}
