//! Pipelines as plain data, and the programs that make them: what laws try at random, and what the conformance suite is
//! given.

use construct_pipeline::prelude::*;

/// A pipeline in numbers, so that a failing one shrinks to something readable.
#[derive(Clone, Debug)]
pub struct Random {
    /// The pipeline's name.
    pub name: String,
    /// Which partition: 0 and 1 are `aws`, 2 is `aws-cn`.
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
}

/// Whose the artifact stores are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stores {
    /// The pipeline makes them.
    Made,
    /// Somebody else's bucket and key in the pipeline's own region; the pipeline makes those of other regions.
    Imported,
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
    S3,
    Connection,
    Ecr,
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
    ReplaceStack,
    ChangeSet,
    DeleteStack,
    StackSet,
    StackInstances,
    S3Deploy,
    Lambda,
    StepFunctions,
    CodeBuild,
    Approval,
    Commands,
    Custom,
}

/// The regions of each partition; a partition with fewer than five has some of them twice.
pub const REGIONS: [[&str; 5]; 3] = [
    ["us-east-1", "eu-west-1", "ap-southeast-2", "us-west-2", "eu-north-1"],
    ["ap-northeast-1", "us-east-1", "eu-central-1", "sa-east-1", "ca-central-1"],
    ["cn-north-1", "cn-northwest-1", "cn-north-1", "cn-northwest-1", "cn-north-1"],
];

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
        let mut pipeline = Pipeline::new(&self.name)
            .stage(Stage::new("source").action(self.source(&source, scope)))
            .stage(Stage::new("build").action(Action::new("build", build)));
        if self.steps.iter().any(|step| matches!(step.kind, Kind::Commands)) {
            pipeline = pipeline.pipeline_type(PipelineType::V2);
        }
        if self.key_by_arn {
            pipeline = pipeline.key_reference(KeyReference::Exact);
        }
        if self.stores == Stores::Imported {
            let home = self.home();
            let key = Arn::regional(home, "kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab");
            let bucket = format!("platform-{}-{}", home.account, home.region);
            pipeline = pipeline.artifact_store(ImportedArtifactStore::new(bucket, home.region).key(key));
        }
        for (n, step) in self.steps.iter().enumerate() {
            // Stages are told apart by a number; what the random name adds is its characters.
            let name: String = format!("{n}{}", step.name).chars().take(100).collect();
            pipeline = pipeline.stage(Stage::new(name).actions(self.actions(n, step, &bundle, scope)));
        }
        if !self.wave.is_empty() {
            let targets = self.wave.iter().map(|&(account, region)| {
                let env = self.env(account, region);
                Target::new(env).action(Action::new("deploy", deploy_stack(env, &bundle)))
            });
            pipeline = pipeline.wave(Wave::new("wave").targets(targets));
        }
        pipeline
    }

    fn source(&self, output: &Artifact, scope: &mut Scope<'_>) -> Action {
        let env = self.env(self.source.account, 0);
        let action = |provider: CodeCommitSource| Action::new("checkout", provider);
        match self.source.kind {
            SourceKind::CodeCommit => action(CodeCommitSource::new("orders", output)).account(env.account),
            SourceKind::S3 => {
                let bucket = scope.add("Releases", Bucket::import("orders-releases").env(env));
                Action::new("checkout", S3Source::new(bucket, "orders.zip", output))
            }
            SourceKind::Connection => {
                let connection = Arn::regional(self.home(), "codeconnections", "connection/1234");
                Action::new("checkout", ConnectionSource::new(connection, "example/orders", output))
            }
            SourceKind::Ecr => Action::new("checkout", EcrSource::new("orders", output)).account(env.account),
        }
    }

    fn actions(&self, n: usize, step: &Step, bundle: &Artifact, scope: &mut Scope<'_>) -> Vec<Action> {
        let env = self.env(step.account, step.region);
        let allowed = || queues(env);
        let template = || bundle.file("template.yaml");
        let one = |action: Action| vec![action];
        let targets = || StackSetTargets::accounts([env.account]);
        match step.kind {
            Kind::DeployStack => one(Action::new("deploy", deploy_stack(env, bundle)).env(env)),
            Kind::ReplaceStack => {
                let deploy = DeployStack::new("orders", template()).replace_on_failure().allow(allowed());
                one(Action::new("deploy", deploy).env(env))
            }
            Kind::ChangeSet => vec![
                Action::new("prepare", CreateChangeSet::new("orders", "release", template()).allow(allowed())).env(env),
                Action::new("execute", ExecuteChangeSet::new("orders", "release")).env(env).run_order(2),
            ],
            Kind::DeleteStack => one(Action::new("delete", DeleteStack::new("orders").allow(allowed())).env(env)),
            Kind::StackSet => {
                let deploy = DeployStackSet::new("baseline", template()).deploy_to(targets(), [env.region]);
                one(Action::new("deploy", deploy).env(env))
            }
            Kind::StackInstances => {
                let deploy = DeployStackInstances::new("baseline").deploy_to(targets(), [env.region]);
                one(Action::new("deploy", deploy).env(env))
            }
            Kind::S3Deploy => {
                let site = scope.add(format!("Site{n}"), Bucket::import(format!("site-{n}")).env(env));
                one(Action::new("publish", S3Deploy::new(site, bundle)))
            }
            Kind::Lambda => {
                let arn = Arn::regional(env, "lambda", format!("function:check-{n}"));
                let function = scope.add(format!("Function{n}"), Function::import(arn));
                one(Action::new("check", LambdaInvoke::new(function).input(bundle)))
            }
            Kind::StepFunctions => {
                let arn = Arn::regional(env, "states", format!("stateMachine:migrate-{n}"));
                let machine = scope.add(format!("Machine{n}"), StateMachine::import(arn));
                one(Action::new("migrate", StepFunctionsInvoke::new(machine).input_file(bundle.file("input.json"))))
            }
            Kind::CodeBuild => {
                let role = Role::import(Arn::role(env, "/", &format!("tester-{n}")));
                let project = PipelineProject::import(Arn::regional(env, "codebuild", format!("project/test-{n}")));
                let project = scope.add(format!("Project{n}"), project.role(role));
                one(Action::new("test", CodeBuild::new(project, bundle).test()))
            }
            Kind::Approval => one(Action::new("approve", ManualApproval::new())),
            Kind::Commands => {
                let commands = Commands::new(bundle).command("make check");
                one(Action::new("check", commands).account(env.account))
            }
            Kind::Custom => {
                let custom = CustomAction::new(Category::Test, Owner::Custom, "Checker").input(bundle);
                one(Action::new("custom", custom.input_count(1..=1).configuration("Project", "orders")))
            }
        }
    }
}

fn queues(env: Env) -> PolicyStatement {
    PolicyStatement::allow(["sqs:*"]).on([Arn::regional(env, "sqs", "orders-*")])
}

fn deploy_stack(env: Env, bundle: &Artifact) -> DeployStack {
    DeployStack::new("orders", bundle.file("template.yaml")).allow(queues(env))
}
