//! What is placed in the tree must be a construct.

use construct_pipeline::prelude::*;

struct Settings;

fn main() {
    let mut app = App::new();
    let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    app.at(stack).add("Settings", Settings);
}
