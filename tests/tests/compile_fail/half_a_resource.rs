//! A resource says its type and its properties.

use construct_core::{LowerCx, Properties, Resource};

construct_core::handle! {
    pub struct QueueRef {
        arn: Arn = GetAtt("Arn"),
    }
}

#[derive(Clone, Debug)]
struct Queue;

impl Resource for Queue {
    type Handle = QueueRef;

    fn properties(&self, _: &LowerCx<'_>) -> Properties {
        Properties::new()
    }
}

fn main() {}
