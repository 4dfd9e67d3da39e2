//! One account, three regions: a static site is built once and copied to a bucket in each region.
//!
//! CodePipeline wants an artifact store in every region in which an action runs. The stores beside the pipeline's own come
//! in stacks of their own, and need no key: within one account the AWS-managed one is enough.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const HOME: Env = Env::new("111111111111", "eu-central-1");
const SITES: [Env; 3] = [HOME, Env::new("111111111111", "us-east-1"), Env::new("111111111111", "ap-southeast-2")];

fn main() -> ExitCode {
    app().run()
}

/// A stack for the pipeline and one for the site of each region.
pub fn app() -> App {
    let mut app = App::new();
    let (source, site) = (Artifact::new("Source"), Artifact::new("Site"));
    let mut publish = Stage::new("Publish");
    for env in SITES {
        let region = env.region;
        let stack = app.stack(format!("Site-{region}"), env);
        let bucket = app.at(stack).add("Site", Bucket::new().bucket_name(format!("example-site-{region}")));
        publish = publish.action(Action::new(format!("Copy-{region}"), S3Deploy::new(bucket, &site)));
    }

    let delivery = app.stack("Delivery", HOME);
    let mut scope = app.at(delivery);
    let project = scope.add("Build", PipelineProject::new().build_spec_file("buildspec.yml"));
    scope.add(
        "Pipeline",
        Pipeline::new("site")
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("site", &source))))
            .stage(Stage::new("Build").action(Action::new("Render", CodeBuild::new(project, &source).output(&site))))
            .stage(publish),
    );
    app
}
