//! The program of an app.

use std::collections::BTreeMap;

use construct_iam::PermissionsBoundary;
use construct_pipeline::prelude::*;

use super::{Job, Line, World, env};

const KEY_ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
const PATHS: [&str; 3] = ["/", "/delivery/", "/platform/teams/"];

/// What stands beside the pipelines, for whoever wants it.
struct Base {
    store: StoreRef,
    project: ProjectRef,
    role: RoleRef,
    groups: [ScaffoldGroupRef; 2],
}

impl World {
    /// The program.
    #[must_use]
    pub fn app(&self) -> App {
        let mut app = App::new();
        let root = app.root();
        if self.path > 0 {
            app.attach(root, RolePath::new(PATHS[self.path]));
        }
        if self.boundary {
            app.attach(root, PermissionsBoundary::named("boundary"));
        }
        if self.tag > 0 {
            app.attach(root, Tag::new("team", format!("team-{}", self.tag)));
        }
        let base = self.base(&mut app);
        let mut stacks = BTreeMap::new();
        for line in &self.lines {
            let home = env(line.home);
            let stack = *stacks
                .entry((line.stack, line.home))
                .or_insert_with(|| app.stack(format!("Tools{}-{}-{}", line.stack, home.account, home.region), home));
            line.place(&mut app.at(stack).group(format!("Line{}", line.id)), &base);
        }
        app
    }

    fn base(&self, app: &mut App) -> Base {
        let base = app.stack("Base", env((0, 0)));
        let mut scope = app.at(base);
        let group = |n: usize, scope: &mut Scope<'_>| {
            let group = ScaffoldGroup::new(format!("group-{n}"));
            let group = match self.role_stacks[n] {
                0 => group,
                stacks => group.role_stacks(stacks),
            };
            scope.add(format!("Group{n}"), group)
        };
        let groups = [group(0, &mut scope), group(1, &mut scope)];
        let role = Role::new(Principal::service("codepipeline.amazonaws.com")).role_name("base-pipeline");
        Base {
            store: scope.add("Store", ArtifactStore::new("base")),
            project: scope.add("Build", PipelineProject::new()),
            role: scope.add("Role", role),
            groups,
        }
    }
}

impl Line {
    fn pipeline_name(&self) -> String {
        format!("line-{}", self.name)
    }

    fn has_said(&self, bit: usize) -> bool {
        self.said & 1 << bit != 0
    }

    fn place(&self, scope: &mut Scope<'_>, base: &Base) {
        let home = env(self.home);
        let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
        let role = |name: &str| Role::import(Arn::role(home, "/", name));
        let project = match self.project {
            0 => scope.add("Build", PipelineProject::new()),
            1 => {
                let project = PipelineProject::import(Arn::regional(home, "codebuild", "project/builder"));
                scope.add("Imported", project.role(role("builder")))
            }
            2 => base.project,
            _ => {
                let role = Role::new(Principal::service("codebuild.amazonaws.com"));
                let role = scope.add("Builder", role.role_name(format!("builder-{}", self.id)));
                scope.add("Build", PipelineProject::new().role(role))
            }
        };
        let build = CodeBuild::new(project, &source).output(&bundle);
        let checkout = self.checkout(&source, scope).namespace("source");
        let mut pipeline = Pipeline::new(self.pipeline_name())
            .stage(Stage::new("Source").action(checkout))
            .stage(Stage::new("Build").action(Action::new("Bundle", build)));
        let mut stages: Vec<(String, Vec<Action>)> = Vec::new();
        for job in &self.jobs {
            let actions = self.actions(job, &bundle, scope);
            match stages.last_mut() {
                Some((_, stage)) if job.beside => stage.extend(actions),
                _ => stages.push((format!("Stage{}-{}", job.number, job.name), actions)),
            }
        }
        for (n, (name, actions)) in stages.into_iter().enumerate() {
            let mut stage = Stage::new(name).actions(actions);
            if self.has_said(0) && n == 0 {
                let rule = ConditionRule::new("check", "Commands").command("make check").input(&bundle);
                stage = stage.before_entry(Condition::new(StageResult::Fail).rule(rule));
            }
            if self.has_said(1) && n == 1 {
                stage = stage.transition_disabled("until the release");
            }
            if self.has_said(2) {
                stage = stage.on_failure(OnFailure::new().retry(RetryMode::FailedActions));
            }
            pipeline = pipeline.stage(stage);
        }
        if self.has_said(3) {
            pipeline = pipeline.variable(Variable::new("STAGE").default_value("test"));
        }
        if self.has_said(4) {
            pipeline = pipeline.restart_on_update();
        }
        if self.has_said(5) {
            pipeline = pipeline.execution_mode(ExecutionMode::Queued);
        }
        if !self.wave.is_empty() {
            let targets = self
                .wave
                .iter()
                .map(|&place| Target::new(env(place)).action(Action::new("Deploy", deploy_stack(env(place), &bundle))));
            let wave = Wave::new("Wave").targets(targets);
            pipeline = pipeline.wave(match self.at_once {
                0 => wave,
                n => wave.at_once(n),
            });
        }
        pipeline = match self.role {
            0 => pipeline,
            1 => pipeline.role(role("pipeline")),
            _ => pipeline.role(base.role),
        };
        if self.path > 0 {
            pipeline = pipeline.role_path(PATHS[self.path]);
        }
        if self.exact {
            pipeline = pipeline.key_reference(KeyReference::Exact);
        }
        if let Some(group) = self.group {
            pipeline = pipeline.scaffold_group(base.groups[group]);
        }
        pipeline = self.with_stores(pipeline, base);
        scope.add("Pipeline", pipeline);
    }

    fn with_stores(&self, pipeline: Pipeline, base: &Base) -> Pipeline {
        let home = env(self.home);
        let imported = |region: &str| {
            let there = Env { region: Region::parse(region).expect("regions are sound"), ..home };
            let store = ImportedArtifactStore::new(format!("artifacts-{}-{region}", home.account), region);
            store.key(Arn::regional(there, "kms", format!("key/{KEY_ID}")))
        };
        let pipeline = match self.stores {
            0 => pipeline,
            1 => pipeline.artifact_store(base.store),
            2 => pipeline.artifact_store(imported(home.region.as_str())),
            3 => {
                let regions = (0..3).map(|region| env((0, region)).region);
                pipeline.artifact_stores(regions.map(|region| imported(region.as_str())))
            }
            _ => {
                let region = env((0, 1)).region;
                pipeline.replica_store(region, imported(region.as_str()))
            }
        };
        if self.settings == 0 {
            return pipeline;
        }
        let mut settings = StoreSettings::new();
        for bit in (0..5).filter(|bit| self.settings & 1 << bit != 0) {
            settings = match bit {
                0 => settings.customer_managed_key(),
                1 => settings.versioned(),
                2 => settings.expire_after_days(30),
                3 => settings.deny_unencrypted_uploads(),
                _ => settings.removal_policy(RemovalPolicy::Destroy),
            };
        }
        pipeline.store_settings(settings)
    }

    fn checkout(&self, output: &Artifact, scope: &mut Scope<'_>) -> Action {
        let there = env((if self.source.1 == 0 { self.home.0 } else { self.source.1 }, self.home.1));
        let named = |what: &str| format!("{what}-{}", self.id);
        match self.source.0 {
            0 => Action::new("Checkout", CodeCommitSource::new(named("sources"), output)).account(there.account),
            1 => {
                let bucket = scope.add("Releases", Bucket::import(named("releases")).env(there));
                Action::new("Checkout", S3Source::new(bucket, "orders.zip", output))
            }
            2 => {
                let connection = Arn::regional(env(self.home), "codeconnections", "connection/1234");
                let source = ConnectionSource::new(connection, "example/orders", output);
                Action::new("Checkout", source)
            }
            3 => Action::new("Checkout", EcrSource::new(named("image"), output)).account(there.account),
            4 => {
                let repository = scope.add("Repository", Repository::new(named("own")));
                Action::new("Checkout", CodeCommitSource::new(repository, output))
            }
            _ => {
                let bucket = scope.add("OwnReleases", Bucket::new().versioned());
                Action::new("Checkout", S3Source::new(bucket, "orders.zip", output))
            }
        }
    }

    fn actions(&self, job: &Job, bundle: &Artifact, scope: &mut Scope<'_>) -> Vec<Action> {
        let there = env(job.place);
        let number = job.number;
        let template = || bundle.file("template.yaml");
        let name = format!("Do{number}-{}", job.name);
        let of = |kind: &str| format!("{kind}{number}");
        let account = |action: Action| action.account(there.account);
        let action = match job.kind {
            0 => Action::new(name, deploy_stack(there, bundle)).env(there),
            1 => {
                let prepare = CreateChangeSet::new("orders", "release", template()).allow(queues(there));
                let prepare = Action::new(format!("Prepare-{name}"), prepare).env(there);
                let execute = Action::new(name, ExecuteChangeSet::new("orders", "release")).env(there).run_order(2);
                return vec![prepare, execute];
            }
            2 => Action::new(name, DeleteStack::new(of("orders")).allow(queues(there))).env(there),
            3 => {
                let site = scope.add(of("Site"), Bucket::import(format!("site-{number}")).env(there));
                Action::new(name, S3Deploy::new(site, bundle))
            }
            4 => {
                let site = scope.add(of("OwnSite"), Bucket::new());
                Action::new(name, S3Deploy::new(site, bundle))
            }
            5 => {
                let function = Function::import(Arn::regional(there, "lambda", format!("function:check-{number}")));
                let function = scope.add(of("Function"), function);
                Action::new(name, LambdaInvoke::new(function).input(bundle))
            }
            6 => {
                let machine = Arn::regional(there, "states", format!("stateMachine:check-{number}"));
                let machine = scope.add(of("Machine"), StateMachine::import(machine));
                Action::new(name, StepFunctionsInvoke::new(machine).input_file(bundle.file("input.json")))
            }
            7 => {
                let project = Arn::regional(there, "codebuild", format!("project/test-{number}"));
                let role = Role::import(Arn::role(there, "/", &format!("tester-{number}")));
                let project = scope.add(of("Imported"), PipelineProject::import(project).role(role));
                Action::new(name, CodeBuild::new(project, bundle).test())
            }
            8 => {
                let project = scope.add(of("Project"), PipelineProject::new());
                let written = Artifact::new(of("Written"));
                Action::new(name, CodeBuild::new(project, bundle).output(&written))
            }
            9 => Action::new(name, ManualApproval::new()),
            10 => {
                let topic = scope.add(of("Topic"), Topic::new().email("release@example.com"));
                Action::new(name, ManualApproval::new().topic(topic))
            }
            11 => account(Action::new(name, Commands::new(bundle).command("make check"))),
            12 => {
                let written = Artifact::new(of("Written"));
                account(Action::new(
                    name,
                    Commands::new(bundle).command("make").output(&written.export_file("dist/**/*")),
                ))
            }
            13 => {
                let task = Arn::role(there, "/", "orders-task");
                Action::new(name, EcsDeploy::new("shop", "orders", bundle).task_role(task)).env(there)
            }
            14 => account(Action::new(name, PipelineInvoke::new("next"))),
            15 => {
                let targets = StackSetTargets::accounts([there.account]);
                let deploy = DeployStackSet::new("baseline", template()).deploy_to(targets, [there.region]);
                Action::new(name, deploy).env(there)
            }
            _ => {
                let written = Artifact::new(of("Written"));
                let deploy = deploy_stack(there, bundle).output(&written, "outputs.json");
                Action::new(name, deploy).env(there)
            }
        };
        vec![match job.role {
            true => action.role(Role::import(Arn::role(there, "/", &format!("performer-{number}")))),
            false => action,
        }]
    }
}

/// What a stack needs.
fn queues(env: Env) -> PolicyStatement {
    PolicyStatement::allow(["sqs:*"]).on([Arn::regional(env, "sqs", "orders-*")])
}

fn deploy_stack(env: Env, bundle: &Artifact) -> DeployStack {
    DeployStack::new("orders", bundle.file("template.yaml")).allow(queues(env))
}
