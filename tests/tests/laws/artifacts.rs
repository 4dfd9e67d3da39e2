//! The rules of artifacts, on random flows most of which break some: what breaks is found, and nothing else is.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use construct_pipeline::prelude::*;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::random::account;

/// An invocation of a function somewhere, with what it reads and writes.
#[derive(Clone, Debug)]
struct Work {
    account: usize,
    run_order: u32,
    reads: BTreeSet<usize>,
    writes: BTreeSet<usize>,
}

/// Sources, each with its account and what it writes, and stages of work.
#[derive(Clone, Debug)]
struct Flow {
    sources: Vec<(usize, usize)>,
    stages: Vec<Vec<Work>>,
}

const ARTIFACTS: usize = 4;

fn flow() -> impl Strategy<Value = Flow> {
    let some = || proptest::collection::btree_set(0..ARTIFACTS, 0..3);
    let work = (prop_oneof![2 => Just(0), 1 => 0..3_usize], 1..4_u32, some(), some());
    let work = work.prop_map(|(account, run_order, reads, writes)| Work { account, run_order, reads, writes });
    let source = (prop_oneof![2 => Just(0), 1 => 0..3_usize], 0..ARTIFACTS);
    (vec(source, 1..3), vec(vec(work, 1..4), 1..4)).prop_map(|(sources, stages)| Flow { sources, stages })
}

/// The codes that a flow deserves, from the rules as the service has them.
///
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/welcome-introducing-artifacts.html>
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-create-cross-account.html>
fn deserved(flow: &Flow) -> BTreeSet<&'static str> {
    let mut codes = BTreeSet::new();
    // When and where each artifact is first written.
    let mut written: BTreeMap<usize, ((usize, u32), usize)> = BTreeMap::new();
    let mut write = |artifact: usize, when: (usize, u32), account: usize| match written.entry(artifact) {
        Entry::Occupied(_) => {
            codes.insert("artifact::written-twice");
        }
        Entry::Vacant(entry) => {
            entry.insert((when, account));
        }
    };
    for (account, artifact) in &flow.sources {
        write(*artifact, (0, 1), *account);
    }
    for (stage, work) in flow.stages.iter().enumerate() {
        for one in work {
            one.writes.iter().for_each(|artifact| write(*artifact, (stage + 1, one.run_order), one.account));
        }
    }
    for (stage, work) in flow.stages.iter().enumerate() {
        for one in work {
            for artifact in &one.reads {
                let Some((when, writer)) = written.get(artifact) else {
                    codes.insert("artifact::never-written");
                    continue;
                };
                if *when >= (stage + 1, one.run_order) {
                    codes.insert("artifact::read-too-early");
                }
                if *writer != 0 && one.account != 0 && *writer != one.account {
                    codes.insert("artifact::foreign-to-foreign");
                }
            }
        }
    }
    codes
}

fn app(flow: &Flow) -> App {
    let env = |n: usize| Env::parse(&account(n + 1), "us-east-1").expect("accounts are sound");
    let artifacts: Vec<Artifact> = (0..ARTIFACTS).map(|n| Artifact::new(format!("Artifact{n}"))).collect();
    let mut app = App::new();
    let stack = app.stack("Tools", env(0));
    let mut scope = app.at(stack);
    let source = |(n, (account, artifact)): (usize, &(usize, usize))| {
        let provider = CodeCommitSource::new(format!("orders-{n}"), &artifacts[*artifact]);
        Action::new(format!("checkout-{n}"), provider).account(env(*account).account)
    };
    let mut pipeline =
        Pipeline::new("orders").stage(Stage::new("source").actions(flow.sources.iter().enumerate().map(source)));
    for (stage, work) in flow.stages.iter().enumerate() {
        let actions = work.iter().enumerate().map(|(n, one)| {
            let arn = Arn::regional(env(one.account), "lambda", format!("function:work-{stage}-{n}"));
            let function = scope.add(format!("Function{stage}-{n}"), Function::import(arn));
            let invoke = LambdaInvoke::new(function);
            let invoke = one.reads.iter().fold(invoke, |invoke, read| invoke.input(&artifacts[*read]));
            let invoke = one.writes.iter().fold(invoke, |invoke, written| invoke.output(&artifacts[*written]));
            Action::new(format!("work-{n}"), invoke).run_order(one.run_order)
        });
        let actions: Vec<Action> = actions.collect();
        pipeline = pipeline.stage(Stage::new(format!("stage-{stage}")).actions(actions));
    }
    scope.add("Pipeline", pipeline);
    app
}

proptest! {
    #![proptest_config(crate::cases(100))]

    #[test]
    fn artifacts_keep_their_rules_or_it_is_found(flow in flow()) {
        let wanted = deserved(&flow);
        let found: BTreeSet<String> = match app(&flow).synth() {
            Ok(_) => BTreeSet::new(),
            Err(error) => {
                let findings = error.findings().expect("nothing was written").iter();
                let errors = findings.filter(|finding| finding.severity() == construct_core::Severity::Error);
                errors.map(|finding| finding.code().to_owned()).collect()
            }
        };
        let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
        prop_assert_eq!(found, wanted);
    }
}
