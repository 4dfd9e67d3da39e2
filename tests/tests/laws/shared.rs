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

/// What comes of a pipeline that stands in stacks of several environments: of one value in all of them, or of a copy in
/// each.
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

#[test]
fn what_is_known_at_one_place_is_not_taken_for_another() {
    let source = Artifact::new("Source");
    let deploy = DeployStack::new("orders", source.file("template.yaml"))
        .allow(PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:*:*:orders-*"]));
    let pipeline = Pipeline::new("orders")
        .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
        .stage(Stage::new("Release").action(Action::new("Deploy", deploy).account("444444444444")));
    let homes = [Env::new("111111111111", "us-east-1"), Env::new("222222222222", "eu-west-1")];
    let synthesised = |pipelines: [Arc<Pipeline>; 2]| {
        let mut app = App::new();
        for (home, pipeline) in homes.into_iter().zip(pipelines) {
            let stack = app.stack(format!("Tools-{}", home.account), home);
            app.at(stack).add("Pipeline", Shared(pipeline));
        }
        app.synth().expect("nothing is wrong").files()
    };
    let copies = synthesised([Arc::new(pipeline.clone()), Arc::new(pipeline.clone())]);
    let shared = Arc::new(pipeline);
    // In a second app, too, nothing of the first is left.
    for _ in 0..2 {
        assert_eq!(synthesised([Arc::clone(&shared), Arc::clone(&shared)]), copies);
    }
}
