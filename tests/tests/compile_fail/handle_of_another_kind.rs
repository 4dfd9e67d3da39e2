//! A build needs a project, and a role is none.

use construct_pipeline::prelude::*;

fn main() {
    let mut app = App::new();
    let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    let role = app.at(stack).add("Role", Role::new(Principal::service("codebuild.amazonaws.com")));
    let _ = CodeBuild::new(role, &Artifact::new("Source"));
}
