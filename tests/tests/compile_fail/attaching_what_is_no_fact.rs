//! What is said about a construct must be a fact.

use construct_pipeline::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct OnCall(String);

fn main() {
    let mut app = App::new();
    let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    app.attach(stack, OnCall("orders".into()));
}
