//! What the benchmarks measure. They are commands, see `docs/performance.md`; nothing here runs as a test.

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "us-east-1");
const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "ap-southeast-2"];
/// The accounts that are deployed to.
const ACCOUNTS: usize = 40;
/// The most targets in one stage; CodePipeline takes 50 actions.
const STAGE: usize = 20;

/// How a target is deployed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A change set is created and executed, as in `examples/cross_account.rs`.
    ChangeSet,
    /// One action creates or updates the stack.
    OneAction,
}

/// A fleet of services: each has a stack with a pipeline that builds a repository and deploys to so many environments of
/// other accounts, in three regions. `benches/peer/fleet.js` is the same for aws-cdk-lib.
#[must_use]
pub fn fleet(pipelines: usize, targets: usize, shape: Shape) -> App {
    let mut app = App::new();
    for n in 0..pipelines {
        let stack = app.stack(format!("Service{n}"), TOOLS);
        add_pipeline(&mut app.at(stack), n, targets, shape);
    }
    app
}

fn add_pipeline(scope: &mut Scope<'_>, n: usize, targets: usize, shape: Shape) {
    let name = format!("service-{n}");
    let project = scope.add("Build", PipelineProject::new().build_spec_file("buildspec.yml"));
    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let checkout = CodeCommitSource::new(&*name, &source).branch("main");
    let build = CodeBuild::new(project, &source).output(&bundle);
    let mut pipeline = Pipeline::new(&name)
        .stage(Stage::new("Source").action(Action::new("Checkout", checkout)))
        .stage(Stage::new("Build").action(Action::new("Bundle", build)))
        .stage(Stage::new("Test").actions(deploy(n, 0, &bundle, shape)));
    let rest: Vec<usize> = (1..targets).collect();
    for (wave, targets) in rest.chunks(STAGE).enumerate() {
        let mut stage = Stage::new(format!("Production{wave}"));
        if wave == 0 {
            stage = stage.action(Action::new("Approve", ManualApproval::new()));
        }
        pipeline = pipeline.stage(stage.actions(targets.iter().flat_map(|&target| deploy(n, target, &bundle, shape))));
    }
    scope.add("Pipeline", pipeline);
}

fn deploy(pipeline: usize, target: usize, bundle: &Artifact, shape: Shape) -> Vec<Action> {
    let stack = format!("service-{pipeline}");
    let account = (300_000_000_001 + (pipeline + target) % ACCOUNTS).to_string();
    let env = Env::new(&account, REGIONS[target % REGIONS.len()]);
    let queues = PolicyStatement::allow(["sqs:*"]).on([Arn::regional(env, "sqs", format!("{stack}-*"))]);
    let template = bundle.file("template.yaml");
    let run_order = if target == 0 { 1 } else { 2 };
    match shape {
        Shape::ChangeSet => {
            let prepare = CreateChangeSet::new(&*stack, "release", template).allow(queues);
            let execute = ExecuteChangeSet::new(&*stack, "release");
            vec![
                Action::new(format!("Prepare-{target}"), prepare).env(env).run_order(run_order),
                Action::new(format!("Execute-{target}"), execute).env(env).run_order(run_order + 1),
            ]
        }
        Shape::OneAction => {
            let deploy = DeployStack::new(stack, template).allow(queues);
            vec![Action::new(format!("Deploy-{target}"), deploy).env(env).run_order(run_order)]
        }
    }
}

/// The most memory this process has held so far, in bytes, where the system tells (Linux).
#[must_use]
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
