//! Random pipelines that are right: any accounts, any regions, every provider, odd names.

use construct_pipeline::prelude::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// A pipeline in numbers, so that a failing one shrinks to something readable.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    pub(crate) name: String,
    /// Which partition: 0 and 1 are `aws`, 2 is `aws-cn`.
    pub(crate) partition: usize,
    pub(crate) source: Source,
    pub(crate) steps: Vec<Step>,
    pub(crate) key_by_arn: bool,
    /// The number of the pipeline's own account; all others count from there.
    pub(crate) home: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) kind: SourceKind,
    /// 0 is the pipeline's own.
    pub(crate) account: usize,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum SourceKind {
    CodeCommit,
    S3,
    Connection,
    Ecr,
}

/// A stage with one kind of work in one environment.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// 0 is the pipeline's own.
    pub(crate) account: usize,
    pub(crate) region: usize,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
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
    Custom,
}

pub(crate) const REGIONS: [[&str; 4]; 3] = [
    ["us-east-1", "eu-west-1", "ap-southeast-2", "us-west-2"],
    ["ap-northeast-1", "us-east-1", "eu-central-1", "sa-east-1"],
    ["cn-north-1", "cn-northwest-1", "cn-north-1", "cn-northwest-1"],
];

/// Accounts, leading zeros included.
pub(crate) fn account(n: usize) -> String {
    format!("{:012}", n * 11_111_111_111)
}

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

pub(crate) fn random(most_steps: usize) -> impl Strategy<Value = Random> {
    let source_kind = prop_oneof![
        Just(SourceKind::CodeCommit),
        Just(SourceKind::S3),
        Just(SourceKind::Connection),
        Just(SourceKind::Ecr)
    ];
    let source = (source_kind, 0..3_usize).prop_map(|(kind, account)| Source { kind, account });
    (name(), 0..3_usize, source, vec(step(), 1..=most_steps), any::<bool>()).prop_map(
        |(name, partition, source, steps, key_by_arn)| Random { name, partition, source, steps, key_by_arn, home: 0 },
    )
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
        Just(Kind::Custom),
    ];
    // Twelve accounts, the pipeline's own included.
    (name(), kind, 0..12_usize, 0..4_usize).prop_map(|(name, kind, account, region)| Step {
        name,
        kind,
        account,
        region,
    })
}

impl Random {
    pub(crate) fn env(&self, account_number: usize, region: usize) -> Env {
        Env::parse(&account(self.home + account_number), REGIONS[self.partition][region])
            .expect("accounts and regions are sound")
    }

    pub(crate) fn home(&self) -> Env {
        self.env(0, 0)
    }

    /// The program that makes the pipeline.
    pub(crate) fn app(&self) -> App {
        let mut app = App::new();
        let tools = app.stack("Tools", self.home());
        self.place(&mut app.at(tools));
        app
    }

    pub(crate) fn place(&self, scope: &mut Scope<'_>) -> PipelineRef {
        let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
        let project = scope.add("Build", PipelineProject::new());
        let build = CodeBuild::new(project, &source).output(&bundle);
        let mut pipeline = Pipeline::new(&self.name)
            .stage(Stage::new("source").action(self.source(&source, scope)))
            .stage(Stage::new("build").action(Action::new("build", build)));
        if self.key_by_arn {
            pipeline = pipeline.key_reference(KeyReference::Exact);
        }
        for (n, step) in self.steps.iter().enumerate() {
            // Stages are told apart by a number; what the random name adds is its characters.
            let name: String = format!("{n}{}", step.name).chars().take(100).collect();
            pipeline = pipeline.stage(Stage::new(name).actions(self.actions(n, step, &bundle, scope)));
        }
        scope.add("Pipeline", pipeline)
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
        let allowed = || PolicyStatement::allow(["sqs:*"]).on([Arn::regional(env, "sqs", "orders-*")]);
        let template = || bundle.file("template.yaml");
        let one = |action: Action| vec![action];
        let targets = || StackSetTargets::accounts([env.account]);
        match step.kind {
            Kind::DeployStack => {
                one(Action::new("deploy", DeployStack::new("orders", template()).allow(allowed())).env(env))
            }
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
            Kind::Custom => {
                let custom = CustomAction::new(Category::Test, Owner::Custom, "Checker").input(bundle);
                one(Action::new("custom", custom.input_count(1..=1).configuration("Project", "orders")))
            }
        }
    }
}
