//! What is synthesised cannot be built on.

use construct_pipeline::prelude::*;

fn main() {
    let mut app = App::new();
    let assembly = app.synth();
    app.stack("Tools", Env::new("111111111111", "us-east-1"));
    drop(assembly);
}
