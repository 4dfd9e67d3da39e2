//! Pipelines as plain data, and the programs that make them: what laws try at random, and what the conformance suite is
//! given.

mod extra;
mod step;

use std::collections::BTreeSet;

use construct_pipeline::prelude::*;

pub use extra::Extra;

/// A pipeline in numbers, so that a failing one shrinks to something readable.
#[derive(Clone, Debug)]
pub struct Random {
    /// The pipeline's name.
    pub name: String,
    /// Which partition: 0 and 1 are `aws`, 2 is `aws-cn`, 3 `aws-us-gov`, 4 `aws-eusc`.
    pub partition: usize,
    /// Where its artifacts begin.
    pub source: Source,
    /// What it does, a stage each.
    pub steps: Vec<Step>,
    /// Accounts and regions that a wave deploys to behind the steps.
    pub wave: Vec<(usize, usize)>,
    /// Whether other accounts are handed the keys by their ARNs.
    pub key_by_arn: bool,
    /// Whose the artifact stores are.
    pub stores: Stores,
    /// The number of the pipeline's own account; all others count from there.
    pub home: usize,
    /// What else is said of it.
    pub with: BTreeSet<Extra>,
}

/// Whose the artifact stores are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stores {
    /// The pipeline makes them.
    Made,
    /// The pipeline makes them, with everything that may be asked for.
    Kept,
    /// Somebody else's bucket and key in the pipeline's own region; the pipeline makes those of other regions.
    Imported,
    /// Somebody else's buckets and keys in all regions, given together.
    ImportedTogether,
    /// Somebody else's buckets and keys in the regions where actions run, each given by itself.
    ImportedReplicas,
    /// A store of the tree in the pipeline's own region.
    Placed,
}

/// The first action.
#[derive(Clone, Debug)]
pub struct Source {
    /// What it watches.
    pub kind: SourceKind,
    /// The account of what it watches; 0 is the pipeline's own.
    pub account: usize,
}

/// What a source watches.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the providers say it")]
pub enum SourceKind {
    CodeCommit,
    CodeCommitPolled,
    CodeCommitClone,
    ImportedRepository,
    OwnRepository,
    S3,
    S3Polled,
    S3Encrypted,
    OwnS3,
    Connection,
    ConnectionClone,
    Ecr,
    GitHub,
}

/// A stage with one kind of work in one environment.
#[derive(Clone, Debug)]
pub struct Step {
    /// What is added to the number of the stage in its name.
    pub name: String,
    /// What is done.
    pub kind: Kind,
    /// 0 is the pipeline's own.
    pub account: usize,
    /// The place in [`REGIONS`].
    pub region: usize,
}

/// What is done in a stage.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the providers say it")]
pub enum Kind {
    DeployStack,
    DeployAnything,
    DeployFiles,
    DeployAs,
    ReplaceStack,
    ChangeSet,
    DeleteStack,
    StackSet,
    StackSetOfUnits,
    StackSetAs,
    StackInstances,
    S3Deploy,
    S3DeployEncrypted,
    S3DeployOwn,
    S3DeployAs,
    Lambda,
    LambdaOutput,
    StepFunctions,
    StepFunctionsOutput,
    CodeBuild,
    CodeBuildOwn,
    Approval,
    ApprovalTold,
    ApprovalToldElsewhere,
    Commands,
    CommandsOutput,
    Custom,
    CustomOfAws,
    CodeDeployServer,
    CodeDeployServerOwn,
    Ec2,
    Ec2Nodes,
    LambdaDeploy,
    LambdaVersion,
    InspectCode,
    InspectImage,
    ElasticBeanstalk,
    ElasticBeanstalkImmutable,
    AppConfig,
    ServiceCatalog,
    ServiceCatalogFile,
    EksManifests,
    EksChart,
    Ecs,
    EcsBlueGreen,
    EcrBuild,
    PipelineInvoke,
}

/// The regions of each partition; a partition with fewer than five has some of them twice.
pub const REGIONS: [[&str; 5]; 5] = [
    ["us-east-1", "eu-west-1", "ap-southeast-2", "us-west-2", "eu-north-1"],
    ["ap-northeast-1", "us-east-1", "eu-central-1", "sa-east-1", "ca-central-1"],
    ["cn-north-1", "cn-northwest-1", "cn-north-1", "cn-northwest-1", "cn-north-1"],
    ["us-gov-west-1", "us-gov-east-1", "us-gov-west-1", "us-gov-east-1", "us-gov-west-1"],
    ["eusc-de-east-1", "eusc-de-east-1", "eusc-de-east-1", "eusc-de-east-1", "eusc-de-east-1"],
];

const KEY_ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

/// Accounts, leading zeros included.
#[must_use]
pub fn account(n: usize) -> String {
    format!("{:012}", n * 11_111_111_111)
}

impl Random {
    /// An environment by the number of its account and region.
    ///
    /// # Panics
    /// When there is no such region, or no account of so large a number.
    #[must_use]
    pub fn env(&self, account_number: usize, region: usize) -> Env {
        Env::parse(&account(self.home + account_number), REGIONS[self.partition][region])
            .expect("accounts and regions are sound")
    }

    /// The pipeline's own environment.
    #[must_use]
    pub fn home(&self) -> Env {
        self.env(0, 0)
    }

    /// The program that makes the pipeline.
    #[must_use]
    pub fn app(&self) -> App {
        let mut app = App::new();
        let tools = app.stack("Tools", self.home());
        self.place(&mut app.at(tools));
        app
    }

    /// Adds the pipeline to a stack of its own.
    pub fn place(&self, scope: &mut Scope<'_>) -> PipelineRef {
        let pipeline = self.pipeline(scope);
        scope.add("Pipeline", pipeline)
    }

    /// The pipeline, with what it works on placed in a scope.
    pub fn pipeline(&self, scope: &mut Scope<'_>) -> Pipeline {
        let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
        let project = scope.add("Build", PipelineProject::new());
        let build = CodeBuild::new(project, &source).output(&bundle);
        let checkout = self.source(&source, scope).namespace("source");
        let mut pipeline = Pipeline::new(&self.name)
            .stage(Stage::new("source").action(checkout))
            .stage(Stage::new("build").action(Action::new("build", build)));
        if self.key_by_arn {
            pipeline = pipeline.key_reference(KeyReference::Exact);
        }
        pipeline = self.with_stores(pipeline, scope);
        for (n, step) in self.steps.iter().enumerate() {
            // Stages are told apart by a number; what the random name adds is its characters.
            let name: String = format!("{n}{}", step.name).chars().take(100).collect();
            let stage = Stage::new(name).actions(self.actions(n, step, &bundle, scope));
            pipeline = pipeline.stage(self.with_extras_of_stage(n, stage, &bundle, scope));
        }
        if !self.wave.is_empty() {
            pipeline = pipeline.wave(self.fleet(&bundle));
        }
        self.with_extras(pipeline, scope)
    }

    fn fleet(&self, bundle: &Artifact) -> Wave {
        let targets = self.wave.iter().map(|&(account, region)| {
            let env = self.env(account, region);
            match self.has(Extra::TwoSteps) {
                false => Target::new(env).action(Action::new("deploy", step::deploy_stack(env, bundle))),
                true => {
                    let template = bundle.file("template.yaml");
                    let prepare = CreateChangeSet::new("orders", "release", template).allow(step::queues(env));
                    Target::new(env)
                        .action(Action::new("prepare", prepare))
                        .action(Action::new("execute", ExecuteChangeSet::new("orders", "release")))
                }
            }
        });
        let wave = Wave::new("wave").targets(targets);
        if self.has(Extra::FewAtOnce) { wave.at_once(7).actions_per_stage(20) } else { wave }
    }

    /// The regions other than the pipeline's own in which a step or a target is.
    fn regions(&self) -> BTreeSet<&'static str> {
        let numbers = self.steps.iter().map(|step| step.region).chain(self.wave.iter().map(|(_, region)| *region));
        let names = numbers.map(|number| REGIONS[self.partition][number]);
        // Those of later stages read what a build has written.
        let of_rules = self.has(Extra::BeforeEntry) && self.has(Extra::RuleElsewhere);
        let names = names.chain(of_rules.then(|| self.other_region()));
        names.filter(|name| *name != REGIONS[self.partition][0]).collect()
    }

    fn with_stores(&self, pipeline: Pipeline, scope: &mut Scope<'_>) -> Pipeline {
        let home = self.home();
        let bucket = |region: &str| format!("platform-{}-{region}", home.account);
        let key = |region: &str| {
            let env = Env { region: Region::parse(region).expect("regions are sound"), ..home };
            Arn::regional(env, "kms", format!("key/{KEY_ID}"))
        };
        let store = |region: &str| ImportedArtifactStore::new(bucket(region), region).key(key(region));
        let own = home.region.as_str();
        match self.stores {
            Stores::Made => pipeline,
            Stores::Kept => {
                let administrator = Arn::role(home, "/", "key-administrator");
                let settings = StoreSettings::new()
                    .customer_managed_key()
                    .without_rotation()
                    .expire_after_days(30)
                    .deny_unencrypted_uploads()
                    .key_administrators([administrator])
                    .versioned()
                    .removal_policy(RemovalPolicy::Destroy);
                pipeline.store_settings(settings)
            }
            Stores::Imported => pipeline.artifact_store(store(own)),
            Stores::ImportedTogether => {
                let all: BTreeSet<&str> = REGIONS[self.partition].into_iter().collect();
                pipeline.artifact_stores(all.into_iter().map(store))
            }
            Stores::ImportedReplicas => {
                // By its ARN as a text: other accounts would look up an id among their own keys.
                let stated =
                    |region: &str| ImportedArtifactStore::new(bucket(region), region).key_id(key(region).to_string());
                let pipeline = pipeline.artifact_store(stated(own));
                self.regions().into_iter().fold(pipeline, |pipeline, one| pipeline.replica_store(one, stated(one)))
            }
            Stores::Placed => {
                let store = scope.add("Store", ArtifactStore::new(&self.name));
                pipeline.artifact_store(store)
            }
        }
    }
}
