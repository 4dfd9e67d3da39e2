//! Apps by a seed, each in two versions, for the conformance suite.
//!
//! The second version has an account more, one less, and a region more, where there is one to take away or to add.

use construct_pipeline::prelude::*;
use serde_json::{Value as Json, json};

use crate::random::{Extra, Kind, REGIONS, Random, Source, SourceKind, Step, Stores};

const KINDS: [Kind; 33] = [
    Kind::DeployStack,
    Kind::ReplaceStack,
    Kind::ChangeSet,
    Kind::DeleteStack,
    Kind::StackSet,
    Kind::StackInstances,
    Kind::S3Deploy,
    Kind::S3DeployOwn,
    Kind::Lambda,
    Kind::StepFunctions,
    Kind::CodeBuild,
    Kind::CodeBuildOwn,
    Kind::Commands,
    Kind::Approval,
    Kind::ApprovalTold,
    Kind::Custom,
    Kind::Ecs,
    Kind::EcsBlueGreen,
    Kind::EcrBuild,
    Kind::PipelineInvoke,
    Kind::CodeDeployServer,
    Kind::CodeDeployServerOwn,
    Kind::Ec2,
    Kind::LambdaDeploy,
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
const SOURCES: [SourceKind; 5] =
    [SourceKind::CodeCommit, SourceKind::S3, SourceKind::OwnS3, SourceKind::Connection, SourceKind::Ecr];
/// The account that the second version adds: the pipelines' own are 0 and 70, those they deploy to follow.
const ADDED: usize = 64;
/// Where the second pipeline of an app lives.
const NEIGHBOUR: usize = 70;

/// An app of one or two pipelines.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The pipelines, each in a stack of its own.
    pub pipelines: Vec<Random>,
}

impl Generated {
    /// The first version of the app of a seed.
    #[must_use]
    pub fn before(seed: u64) -> Self {
        let mut chance = Chance(seed);
        // A fleet now and then; most apps are small.
        let fleet = match seed % 20 {
            0 => 60,
            10 => 20,
            _ => 0,
        };
        let mut pipelines = vec![pipeline(&mut chance, seed, fleet)];
        if fleet == 0 && chance.below(3) == 0 {
            let mut neighbour = pipeline(&mut chance, seed + 1, 0);
            neighbour.home = NEIGHBOUR;
            pipelines.push(neighbour);
        }
        Self { pipelines }
    }

    /// The second version, and what is different in it.
    #[must_use]
    pub fn after(&self) -> (Self, Vec<String>) {
        let (mut after, mut changes) = (self.clone(), Vec::new());
        let first = &mut after.pipelines[0];
        let foreign = |step: &&Step| step.account != 0;
        let used = |first: &Random, region: usize| {
            let name = REGIONS[first.partition][region];
            let of_steps = first.steps.iter().map(|step| step.region);
            let regions = of_steps.chain(first.wave.iter().map(|(_, region)| *region)).chain([0]);
            regions.map(|region| REGIONS[first.partition][region]).any(|region| region == name)
        };
        let deploy = |account, region| Step { name: "-added".into(), kind: Kind::DeployStack, account, region };
        if let Some(gone) = first.steps.iter().rev().find(foreign).map(|step| step.account) {
            first.steps.retain(|step| step.account != gone);
            changes.push(format!("account {} removed", first.env(gone, 0).account));
        } else if let Some((gone, _)) = first.wave.pop() {
            first.wave.retain(|(account, _)| *account != gone);
            changes.push(format!("account {} removed", first.env(gone, 0).account));
        }
        first.steps.push(deploy(ADDED, 0));
        changes.push(format!("account {} added", first.env(ADDED, 0).account));
        if let Some(region) = (0..REGIONS[0].len()).find(|region| !used(first, *region)) {
            first.steps.push(deploy(ADDED, region));
            changes.push(format!("region {} added", REGIONS[first.partition][region]));
        }
        (after, changes)
    }

    /// The program.
    #[must_use]
    pub fn app(&self) -> App {
        let mut app = App::new();
        for (n, pipeline) in self.pipelines.iter().enumerate() {
            let tools = app.stack(format!("Tools{n}"), pipeline.home());
            pipeline.place(&mut app.at(tools));
        }
        app
    }

    /// Roles that the app imports: they exist before anything is deployed.
    #[must_use]
    pub fn existing(&self) -> Vec<String> {
        let mut roles: Vec<String> = Vec::new();
        for pipeline in &self.pipelines {
            let projects = pipeline.steps.iter().enumerate().filter(|(_, step)| matches!(step.kind, Kind::CodeBuild));
            roles.extend(projects.map(|(n, step)| {
                let env = pipeline.env(step.account, step.region);
                format!("arn:{}:iam::{}:role/tester-{n}", env.partition().as_str(), env.account)
            }));
        }
        roles.sort();
        roles.dedup();
        roles
    }

    /// The app in words that name nothing of this library, so that a failing one can be written with another.
    #[must_use]
    pub fn description(&self) -> Json {
        let pipelines = self.pipelines.iter().map(|pipeline| {
            let place = |account: usize, region: usize| {
                let env = pipeline.env(account, region);
                format!("{}/{}", env.account, env.region)
            };
            let steps = pipeline.steps.iter().map(|step| {
                json!({ "does": format!("{:?}", step.kind), "in": place(step.account, step.region), "stage": step.name })
            });
            json!({
                "name": pipeline.name,
                "in": place(0, 0),
                "source": { "watches": format!("{:?}", pipeline.source.kind), "in": place(pipeline.source.account, 0) },
                "stores": format!("{:?}", pipeline.stores),
                "keys by ARN": pipeline.key_by_arn,
                "steps": steps.collect::<Vec<_>>(),
                "wave": pipeline.wave.iter().map(|&(account, region)| place(account, region)).collect::<Vec<_>>(),
            })
        });
        Json::Array(pipelines.collect())
    }
}

fn pipeline(chance: &mut Chance, seed: u64, fleet: usize) -> Random {
    // Of China's two regions one is left for the second version.
    let partition = if fleet > 0 { 0 } else { [0, 0, 1, 1, 2][chance.below(5)] };
    let n_regions = if partition == 2 { 1 } else { 1 + chance.below(4) };
    let n_accounts = 1 + chance.below(8);
    let n_steps = 1 + chance.below(6);
    let steps = (0..n_steps).map(|n| {
        // Every provider is met within a few seeds, whatever chance has in store, and in an account that can be removed.
        let first = n == 0;
        let kind = if first { KINDS[seed as usize % KINDS.len()] } else { chance.pick(&KINDS) };
        let account = if first { 1 + chance.below(n_accounts) } else { chance.below(n_accounts + 1) };
        let region = chance.below(n_regions);
        Step { name: name(chance), kind, account, region }
    });
    let steps: Vec<Step> = steps.collect();
    // Conditions of stages, with rules of all kinds, now and then.
    let rules: &[Extra] = match seed % 5 {
        2 => &[Extra::BeforeEntry, Extra::RuleOwn, Extra::OnSuccess],
        3 => &[Extra::BeforeEntry, Extra::RuleElsewhere, Extra::OnSuccess, Extra::RuleBuilds],
        _ => &[],
    };
    let source = Source { kind: SOURCES[seed as usize % SOURCES.len()], account: chance.below(3) };
    Random {
        name: name(chance),
        partition,
        source,
        steps,
        wave: (1..=fleet).map(|n| (n, n % 4)).collect(),
        key_by_arn: chance.below(3) == 0,
        stores: if chance.below(4) == 0 { Stores::Imported } else { Stores::Made },
        home: 0,
        with: rules.iter().copied().collect(),
    }
}

/// A name that CodePipeline takes, and that other services would not.
fn name(chance: &mut Chance) -> String {
    const CHARACTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.@_-";
    let length = match chance.below(6) {
        0 => return ["...", "@", "-_-", "sthree-orders", "xn--orders", "42", "Orders.PROD"][chance.below(7)].into(),
        1 => 95,
        _ => 1 + chance.below(30),
    };
    (0..length).map(|_| char::from(chance.pick(CHARACTERS))).collect()
}

/// SplitMix64: the same on every machine and in every release, which a library's generator does not promise.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).unwrap_or_default()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
