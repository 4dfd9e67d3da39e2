//! Random pipelines that are right: any accounts, any regions, every provider, odd names.

use construct_tests::random::SourceKind;
pub(crate) use construct_tests::random::{Kind, REGIONS, Random, Source, Step, Stores, account};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

/// Names of pipelines and stages that CodePipeline takes.
pub(crate) fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[A-Za-z0-9.@_-]{1,40}",
        1 => "[A-Za-z0-9.@_-]{90,100}",
        1 => "[.@_-]{1,4}",
        1 => "(sthree-|xn--|amzn-s3-demo-)[a-z]{1,5}",
        1 => "[0-9]{1,5}",
    ]
}

/// The account after the last one of any random pipeline.
pub(crate) const NEXT_ACCOUNT: usize = 61;

pub(crate) fn random(most_steps: usize) -> impl Strategy<Value = Random> {
    let source_kind = prop_oneof![
        Just(SourceKind::CodeCommit),
        Just(SourceKind::S3),
        Just(SourceKind::Connection),
        Just(SourceKind::Ecr)
    ];
    let source = (source_kind, 0..3_usize).prop_map(|(kind, account)| Source { kind, account });
    let stores = prop_oneof![3 => Just(Stores::Made), 1 => Just(Stores::Imported)];
    (name(), 0..3_usize, source, vec(step(), 1..=most_steps), any::<bool>(), stores).prop_map(
        |(name, partition, source, steps, key_by_arn, stores)| Random {
            name,
            partition,
            source,
            steps,
            wave: Vec::new(),
            key_by_arn,
            stores,
            home: 0,
        },
    )
}

/// A pipeline with a wave, for most of the accounts that there can be.
pub(crate) fn fleet(most_steps: usize, most_targets: usize) -> impl Strategy<Value = Random> {
    (random(most_steps), btree_set((0..NEXT_ACCOUNT, 0..5_usize), 1..=most_targets)).prop_map(|(random, targets)| {
        // A partition with fewer than five regions has some of them twice.
        let is_first =
            |region: usize| !REGIONS[random.partition][..region].contains(&REGIONS[random.partition][region]);
        let wave = targets.into_iter().filter(|(_, region)| is_first(*region)).collect();
        Random { wave, ..random }
    })
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        Just(Kind::DeployStack),
        Just(Kind::ReplaceStack),
        Just(Kind::ChangeSet),
        Just(Kind::DeleteStack),
        Just(Kind::StackSet),
        Just(Kind::StackInstances),
        Just(Kind::S3Deploy),
        Just(Kind::Lambda),
        Just(Kind::StepFunctions),
        Just(Kind::CodeBuild),
        Just(Kind::Approval),
        Just(Kind::Commands),
        Just(Kind::Custom),
    ];
    // Twelve accounts, the pipeline's own included.
    (name(), kind, 0..12_usize, 0..5_usize).prop_map(|(name, kind, account, region)| Step {
        name,
        kind,
        account,
        region,
    })
}
