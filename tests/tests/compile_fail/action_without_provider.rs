//! What an action does must be a provider.

use construct_pipeline::prelude::*;

#[derive(Debug)]
struct SendMail;

fn main() {
    let _ = Action::new("Mail", SendMail);
}
