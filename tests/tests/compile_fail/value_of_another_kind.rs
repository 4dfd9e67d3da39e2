//! Where an ARN is wanted, a name is not enough.

use construct_pipeline::prelude::*;

fn main() {
    let mut app = App::new();
    let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    let bucket = app.at(stack).add("Bucket", Bucket::new());
    let _ = PermissionsBoundary::new(bucket.name());
}
