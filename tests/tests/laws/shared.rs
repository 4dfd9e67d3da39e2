//! What several places share.

use std::sync::Arc;

use construct_core::{Lower, PlanCx, Synth};
use construct_pipeline::prelude::*;
use proptest::prelude::*;

use super::cases;
use super::random::{Random, random};

/// A construct that is a pipeline, and may share it with others.
#[derive(Debug)]
struct Shared(Arc<Pipeline>);

impl Synth for Shared {
    type Handle = PipelineRef;

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        Synth::validate(&*self.0, cx);
    }

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        Synth::plan(&*self.0, cx)
    }
}

/// What comes of a pipeline that stands in stacks of several environments: of one value in all of them, or of a copy in each.
fn placed(random: &Random, homes: &[Env], is_shared: bool) -> (Vec<(String, String)>, String) {
    let mut app = App::new();
    let stack = app.stack("Tools", random.home());
    let pipeline = Arc::new(random.pipeline(&mut app.at(stack)));
    for (n, home) in homes.iter().enumerate() {
        let place = app.stack(format!("Place{n}"), *home);
        let one = if is_shared { Arc::clone(&pipeline) } else { Arc::new(Pipeline::clone(&pipeline)) };
        app.at(place).add("Pipeline", Shared(one));
    }
    match app.synth_with_warnings() {
        Ok((assembly, warnings)) => (assembly.files(), warnings.to_string()),
        Err(error) => (Vec::new(), error.to_string()),
    }
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn a_pipeline_that_several_places_share_is_at_each_what_a_copy_would_be(random in random(4)) {
        let home = random.home();
        let elsewhere = Random { home: 20, ..random.clone() }.home();
        let abroad = random.env(0, 1);
        for homes in [&[home][..], &[home, elsewhere], &[elsewhere, home], &[abroad, home, elsewhere]] {
            prop_assert_eq!(placed(&random, homes, true), placed(&random, homes, false));
        }
        let (files, said) = placed(&random, &[home], true);
        prop_assert!(!files.is_empty(), "{}", said);
    }
}
