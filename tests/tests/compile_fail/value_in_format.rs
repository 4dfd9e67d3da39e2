//! A name that CloudFormation makes up is not known yet, so it cannot be printed.

use construct_pipeline::prelude::*;

fn main() {
    let mut app = App::new();
    let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    let bucket = app.at(stack).add("Bucket", Bucket::new());
    let _ = format!("s3://{}/releases", bucket.name());
}
