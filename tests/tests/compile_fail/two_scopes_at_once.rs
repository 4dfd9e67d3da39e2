//! There is one scope at a time: two could not agree on what is placed already.

use construct_pipeline::prelude::*;

fn main() {
    let mut app = App::new();
    let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    let mut first = app.at(stack);
    let mut second = app.at(stack);
    first.add("One", Topic::new());
    second.add("Two", Topic::new());
}
