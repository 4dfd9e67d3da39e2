//! Random pipelines that are right: any accounts, any regions, every provider, odd names.

use std::collections::BTreeSet;

use construct_tests::random::{Extra, SourceKind};
pub(crate) use construct_tests::random::{Kind, REGIONS, Random, Source, Step, Stores, account};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

const SOURCES: [SourceKind; 13] = [
    SourceKind::CodeCommit,
    SourceKind::CodeCommitPolled,
    SourceKind::CodeCommitClone,
    SourceKind::ImportedRepository,
    SourceKind::OwnRepository,
    SourceKind::S3,
    SourceKind::S3Polled,
    SourceKind::S3Encrypted,
    SourceKind::OwnS3,
    SourceKind::Connection,
    SourceKind::ConnectionClone,
    SourceKind::Ecr,
    SourceKind::GitHub,
];
const KINDS: [Kind; 47] = [
    Kind::DeployStack,
    Kind::DeployAnything,
    Kind::DeployFiles,
    Kind::DeployAs,
    Kind::ReplaceStack,
    Kind::ChangeSet,
    Kind::DeleteStack,
    Kind::StackSet,
    Kind::StackSetOfUnits,
    Kind::StackSetAs,
    Kind::StackInstances,
    Kind::S3Deploy,
    Kind::S3DeployEncrypted,
    Kind::S3DeployOwn,
    Kind::S3DeployAs,
    Kind::Lambda,
    Kind::LambdaOutput,
    Kind::StepFunctions,
    Kind::StepFunctionsOutput,
    Kind::CodeBuild,
    Kind::CodeBuildOwn,
    Kind::Approval,
    Kind::ApprovalTold,
    Kind::ApprovalToldElsewhere,
    Kind::Commands,
    Kind::CommandsOutput,
    Kind::Custom,
    Kind::CustomOfAws,
    Kind::Ecs,
    Kind::EcsBlueGreen,
    Kind::EcrBuild,
    Kind::PipelineInvoke,
    Kind::CodeDeployServer,
    Kind::CodeDeployServerOwn,
    Kind::Ec2,
    Kind::Ec2Nodes,
    Kind::LambdaDeploy,
    Kind::LambdaVersion,
    Kind::InspectCode,
    Kind::InspectImage,
    Kind::ElasticBeanstalk,
    Kind::ElasticBeanstalkImmutable,
    Kind::AppConfig,
    Kind::ServiceCatalog,
    Kind::ServiceCatalogFile,
    Kind::EksManifests,
    Kind::EksChart,
];
const STORES: [Stores; 6] =
    [Stores::Made, Stores::Kept, Stores::Imported, Stores::ImportedTogether, Stores::ImportedReplicas, Stores::Placed];

/// Names of pipelines, stages and actions that CodePipeline takes.
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
    let source = (select(&SOURCES[..]), 0..3_usize).prop_map(|(kind, account)| Source { kind, account });
    let stores = prop_oneof![3 => Just(Stores::Made), 5 => select(&STORES[..])];
    // Most pipelines say little beside their stages.
    let with = prop_oneof![1 => Just(BTreeSet::new()), 1 => btree_set(select(&Extra::ALL[..]), 0..4)];
    let partition = prop_oneof![6 => 0..3_usize, 1 => 3..5_usize];
    (name(), partition, source, vec(step(), 1..=most_steps), any::<bool>(), stores, with).prop_map(
        |(name, partition, source, steps, key_by_arn, stores, with)| Random {
            name,
            partition,
            source,
            steps,
            wave: Vec::new(),
            key_by_arn,
            stores,
            home: 0,
            with,
        },
    )
}

/// A pipeline with a wave, for most of the accounts that there can be.
pub(crate) fn fleet(most_steps: usize, most_targets: usize) -> impl Strategy<Value = Random> {
    // Many accounts in one region make the policies of its store long.
    let regions = prop_oneof![Just(1), 1..=5_usize];
    let targets = regions.prop_flat_map(move |regions| btree_set((0..NEXT_ACCOUNT, 0..regions), 1..=most_targets));
    (random(most_steps), targets).prop_map(|(random, targets)| {
        // A partition with fewer than five regions has some of them twice.
        let is_first =
            |region: usize| !REGIONS[random.partition][..region].contains(&REGIONS[random.partition][region]);
        let wave = targets.into_iter().filter(|(_, region)| is_first(*region)).collect();
        Random { wave, ..random }
    })
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    // Twelve accounts, the pipeline's own included.
    (name(), select(&KINDS[..]), 0..12_usize, 0..5_usize).prop_map(|(name, kind, account, region)| Step {
        name,
        kind,
        account,
        region,
    })
}
