//! What a random pipeline begins with, and what it does in each of its stages.

use construct_pipeline::names;
use construct_pipeline::prelude::*;

use super::{KEY_ID, Kind, Random, SourceKind, Step};

/// What a stack needs.
pub(super) fn queues(env: Env) -> PolicyStatement {
    PolicyStatement::allow(["sqs:*"]).on([Arn::regional(env, "sqs", "orders-*")])
}

pub(super) fn deploy_stack(env: Env, bundle: &Artifact) -> DeployStack {
    DeployStack::new("orders", bundle.file("template.yaml")).allow(queues(env))
}

fn key(env: Env) -> Arn {
    Arn::regional(env, "kms", format!("key/{KEY_ID}"))
}

impl Random {
    pub(super) fn source(&self, output: &Artifact, scope: &mut Scope<'_>) -> Action {
        let env = self.env(self.source.account, 0);
        let codecommit = |provider: CodeCommitSource| Action::new("checkout", provider).account(env.account);
        let connection = || {
            let connection = Arn::regional(self.home(), "codeconnections", "connection/1234");
            ConnectionSource::new(connection, "example/orders", output)
        };
        let s3 = |bucket: BucketRef| S3Source::new(bucket, "orders.zip", output);
        let releases = |scope: &mut Scope<'_>| scope.add("Releases", Bucket::import("orders-releases").env(env));
        match self.source.kind {
            SourceKind::CodeCommit => codecommit(CodeCommitSource::new("orders", output)),
            // Builds clone nothing of other accounts, and CodePipeline polls nothing there.
            SourceKind::CodeCommitClone => {
                Action::new("checkout", CodeCommitSource::new("orders", output).full_clone())
            }
            SourceKind::CodeCommitPolled => Action::new("checkout", CodeCommitSource::new("orders", output).poll()),
            SourceKind::ImportedRepository => {
                let repository = Repository::import(Arn::regional(env, "codecommit", "orders"));
                let repository = scope.add("Repository", repository);
                Action::new("checkout", CodeCommitSource::new(repository, output).branch("release/1"))
            }
            SourceKind::OwnRepository => {
                let repository = {
                    let name = format!("orders-{}", names::tag("repository", &self.name, self.home()));
                    scope.add("Repository", Repository::new(name).encryption_key(key(self.home())))
                };
                Action::new("checkout", CodeCommitSource::new(repository, output))
            }
            SourceKind::S3 => Action::new("checkout", s3(releases(scope))),
            SourceKind::S3Polled => Action::new("checkout", s3(releases(scope)).poll().allow_key_override()),
            SourceKind::S3Encrypted => Action::new("checkout", s3(releases(scope)).encryption_key(key(env))),
            SourceKind::OwnS3 => {
                let bucket = self.encrypted("releases", scope).versioned();
                let bucket = scope.add("Releases", bucket);
                Action::new("checkout", s3(bucket).no_trigger())
            }
            SourceKind::Connection => Action::new("checkout", connection()),
            SourceKind::ConnectionClone => Action::new("checkout", connection().full_clone().detect_changes(false)),
            SourceKind::Ecr => Action::new("checkout", EcrSource::new("orders", output)).account(env.account),
            SourceKind::GitHub => {
                let github = CustomAction::new(Category::Source, Owner::ThirdParty, "GitHub").output(output);
                let github = github.configuration("Owner", "example").configuration("Repo", "orders");
                Action::new("checkout", github.secret("OAuthToken", Secret::new("delivery/github").json_key("token")))
            }
        }
    }

    pub(super) fn actions(&self, n: usize, step: &Step, bundle: &Artifact, scope: &mut Scope<'_>) -> Vec<Action> {
        let env = self.env(step.account, step.region);
        // What the random name adds is its characters.
        let name: String = step.name.chars().take(100).collect();
        let one = match step.kind {
            Kind::ChangeSet => {
                let prepare = CreateChangeSet::new("orders", "release", bundle.file("template.yaml"));
                let prepare = Action::new("prepare", prepare.allow(queues(env))).env(env);
                let execute = ExecuteChangeSet::new("orders", "release");
                return vec![prepare, Action::new("execute", execute).env(env).run_order(2)];
            }
            Kind::DeployStack
            | Kind::DeployAnything
            | Kind::DeployFiles
            | Kind::DeployAs
            | Kind::ReplaceStack
            | Kind::DeleteStack => stack(step.kind, n, name, env, bundle),
            Kind::StackSet | Kind::StackSetOfUnits | Kind::StackSetAs | Kind::StackInstances => {
                stack_set(step.kind, n, name, env, bundle)
            }
            Kind::S3DeployOwn => {
                let site = self.encrypted(&format!("site-{n}"), scope);
                let deploy = S3Deploy::new(scope.add(format!("Site{n}"), site), bundle);
                Action::new(name, deploy.extract(false).object_key("archive/{datetime}.zip"))
            }
            Kind::S3Deploy | Kind::S3DeployEncrypted | Kind::S3DeployAs => {
                s3_deploy(step.kind, n, name, env, bundle, scope)
            }
            Kind::Lambda | Kind::LambdaOutput => lambda(step.kind, n, name, env, bundle, scope),
            Kind::StepFunctions | Kind::StepFunctionsOutput => state_machine(step.kind, n, name, env, bundle, scope),
            Kind::CodeBuild => {
                let role = role(env, &format!("tester-{n}"));
                let project = PipelineProject::import(Arn::regional(env, "codebuild", format!("project/test-{n}")));
                let project = scope.add(format!("Project{n}"), project.role(role));
                Action::new(name, CodeBuild::new(project, bundle).test())
            }
            Kind::CodeBuildOwn => self.own_build(n, name, env, bundle, scope),
            Kind::Approval => Action::new(name, ManualApproval::new()),
            Kind::ApprovalTold => {
                let topic = scope.add(format!("Topic{n}"), Topic::new().email("release@example.com"));
                Action::new(name, ManualApproval::new().topic(topic).comment("#{source.CommitId}")).timeout(60)
            }
            Kind::ApprovalToldElsewhere => {
                // A topic is in the region of the action.
                let env = self.env(step.account, 0);
                let topic = Topic::import(Arn::regional(env, "sns", format!("approvals-{n}")));
                let topic = scope.add(format!("Topic{n}"), topic);
                Action::new(name, ManualApproval::new().topic(topic).topic_key(key(env)))
            }
            Kind::Commands | Kind::CommandsOutput => commands(step.kind, n, name, env, bundle),
            Kind::Custom => {
                let custom = CustomAction::new(Category::Test, Owner::Custom, "Checker").input(bundle);
                Action::new(name, custom.input_count(1..=1).configuration("Project", "orders"))
            }
            Kind::CustomOfAws => app_config(name, env, bundle),
            Kind::CodeDeployServer => {
                let deploy = CodeDeployServerDeploy::new("shop", "orders", bundle);
                let deploy = deploy.instance_role(role(env, &format!("instance-{n}")));
                Action::new(name, deploy.instance_role(role(env, &format!("batch-{n}")))).env(env)
            }
            Kind::Ec2 | Kind::Ec2Nodes => ec2(step.kind, n, name, env, bundle),
            Kind::LambdaDeploy | Kind::LambdaVersion => {
                let function = Function::import(Arn::regional(env, "lambda", format!("function:orders-{n}")));
                let function = scope.add(format!("Deployed{n}"), function);
                let canary = LambdaDeployStrategy::Canary { percent: 10, minutes: 5 };
                let deploy = match step.kind {
                    Kind::LambdaDeploy => LambdaDeploy::new(function, bundle).function_alias("live"),
                    _ => LambdaDeploy::version(function, "live", "7").alarm("orders-errors"),
                };
                Action::new(name, deploy.deploy_strategy(canary))
            }
            Kind::InspectCode => {
                Action::new(name, InspectorScan::source_code(bundle, &written(n)).critical_threshold(0))
                    .account(env.account)
            }
            Kind::InspectImage => {
                let scan = InspectorScan::ecr_image("team/orders", &written(n)).image_tag("#{source.CommitId}");
                Action::new(name, scan).account(env.account)
            }
            Kind::ElasticBeanstalk | Kind::ElasticBeanstalkImmutable => {
                let deploy = ElasticBeanstalkDeploy::new("shop", "shop-live", bundle);
                let deploy = match step.kind {
                    Kind::ElasticBeanstalk => deploy,
                    _ => deploy.instance_role(Arn::role(env, "/", "aws-elasticbeanstalk-ec2-role")),
                };
                Action::new(name, deploy).env(env)
            }
            Kind::AppConfig => {
                let deploy = AppConfigDeploy::new("abc1234", "def5678", "ghi9012", bundle.file("flags.json"));
                Action::new(name, deploy.deployment_strategy("AppConfig.AllAtOnce")).env(env)
            }
            Kind::ServiceCatalog | Kind::ServiceCatalogFile => {
                let product = "prod-abcdefghijklm";
                let deploy = match step.kind {
                    Kind::ServiceCatalogFile => ServiceCatalogDeploy::file(product, bundle.file("version.json")),
                    _ => ServiceCatalogDeploy::new(product, "#{source.CommitId}", bundle.file("/bucket.yaml")),
                };
                Action::new(name, deploy).env(env)
            }
            Kind::EksManifests | Kind::EksChart => {
                let cluster = EksCluster::import(Arn::regional(env, "eks", format!("cluster/shop-{n}")));
                let cluster = scope.add(format!("Cluster{n}"), cluster);
                let deploy = match step.kind {
                    Kind::EksManifests => EksDeploy::manifests(cluster, ["a.yaml", "b.yaml"], bundle)
                        .subnet("subnet-00000001")
                        .security_group("sg-00000001")
                        .environment("IMAGE", "#{source.CommitId}"),
                    _ => {
                        let release = HelmRelease::new("orders", "charts/orders").values_file("live.yaml");
                        EksDeploy::helm(cluster, release, bundle).namespace("shop")
                    }
                };
                Action::new(name, deploy)
            }
            Kind::CodeDeployServerOwn => {
                let instance = Role::new(Principal::service("ec2.amazonaws.com"));
                let instance = scope.add(format!("Instance{n}"), instance.role_name(self.named("instance", n)));
                Action::new(name, CodeDeployServerDeploy::new("shop", "orders", bundle).instance_role(instance))
            }
            Kind::Ecs | Kind::EcsBlueGreen => ecs(step.kind, name, env, bundle),
            Kind::EcrBuild => {
                let build = EcrBuildAndPublish::new("team/orders", bundle).image_tag("#{source.CommitId}");
                Action::new(name, build).account(env.account)
            }
            Kind::PipelineInvoke => {
                let next = PipelineInvoke::new("next").variable("Commit", "#{source.CommitId}");
                Action::new(name, next).account(env.account)
            }
        };
        vec![one]
    }

    /// A bucket with a key of its own, which has an alias.
    fn encrypted(&self, id: &str, scope: &mut Scope<'_>) -> Bucket {
        let key = scope.add(format!("{id}-key"), Key::new());
        let alias = format!("alias/{id}-{}", names::tag("key", &self.name, self.home()));
        scope.add(format!("{id}-alias"), Alias::new(alias, key));
        Bucket::new().encryption(BucketEncryption::Key(key.arn()))
    }

    fn own_build(&self, n: usize, name: String, env: Env, bundle: &Artifact, scope: &mut Scope<'_>) -> Action {
        let suffix = env.partition().url_suffix();
        let image = format!("{}.dkr.ecr.{}.{suffix}/team/build:7", env.account, self.home().region);
        let network = VpcConfig::new("vpc-00000001").subnet("subnet-00000001").security_group("sg-00000001");
        let project = PipelineProject::new().image(image).vpc_config(network).batch_builds().privileged();
        let project = project.allow(queues(env));
        let level = Arn::regional(self.home(), "ssm", "parameter/orders/level");
        let project = project.allow(PolicyStatement::allow(["ssm:GetParameters"]).on([level]));
        // The owner of an imported key must be told its name.
        let builder = Role::new(Principal::service("codebuild.amazonaws.com")).role_name(self.named("builder", n));
        let builder = scope.add(format!("Builder{n}"), builder);
        let project = scope.add(format!("Project{n}"), project.role(builder));
        let build = CodeBuild::new(project, bundle).output(&written(n)).batch().combine_artifacts();
        Action::new(name, build.environment_parameter("LEVEL", "/orders/level"))
    }
}

/// What an action writes.
fn written(n: usize) -> Artifact {
    Artifact::new(format!("Written{n}"))
}

fn stack(kind: Kind, n: usize, name: String, env: Env, bundle: &Artifact) -> Action {
    let template = bundle.file("template.yaml");
    match kind {
        Kind::DeployAnything => {
            let deploy = DeployStack::new("orders", template).administrator_permissions();
            Action::new(name, deploy.capability(Capability::NamedIam)).env(env)
        }
        Kind::DeployFiles => {
            let deploy = deploy_stack(env, bundle)
                .parameter("Code", bundle.att(ArtifactAtt::ObjectKey))
                .parameter("Bucket", bundle.att(ArtifactAtt::BucketName))
                .template_configuration(bundle.file("configuration.json"))
                .output(&written(n), "outputs.json");
            Action::new(name, deploy).env(env).namespace(format!("deployed{n}"))
        }
        Kind::DeployAs => {
            let deploy = DeployStack::new("orders", template).deployment_role(role(env, &format!("deployer-{n}")));
            Action::new(name, deploy).env(env).role(role(env, &format!("performer-{n}")))
        }
        Kind::ReplaceStack => {
            let stack = "orders-#{codepipeline.PipelineExecutionId}";
            let deploy = DeployStack::new(stack, template).replace_on_failure().allow(queues(env));
            Action::new(name, deploy).env(env)
        }
        Kind::DeleteStack => Action::new(name, DeleteStack::new("orders").allow(queues(env))).env(env),
        _ => Action::new(name, deploy_stack(env, bundle)).env(env),
    }
}

fn lambda(kind: Kind, n: usize, name: String, env: Env, bundle: &Artifact, scope: &mut Scope<'_>) -> Action {
    let arn = Arn::regional(env, "lambda", format!("function:check-{n}"));
    let function = scope.add(format!("Function{n}"), Function::import(arn));
    let invoke = LambdaInvoke::new(function).input(bundle);
    let has_output = matches!(kind, Kind::LambdaOutput);
    Action::new(name, if has_output { invoke.output(&written(n)).user_parameters("all") } else { invoke })
}

fn state_machine(kind: Kind, n: usize, name: String, env: Env, bundle: &Artifact, scope: &mut Scope<'_>) -> Action {
    let arn = Arn::regional(env, "states", format!("stateMachine:migrate-{n}"));
    let machine = scope.add(format!("Machine{n}"), StateMachine::import(arn));
    let invoke = StepFunctionsInvoke::new(machine).input_file(bundle.file("input.json"));
    let has_output = matches!(kind, Kind::StepFunctionsOutput);
    Action::new(name, if has_output { invoke.output(&written(n)).execution_name_prefix("orders") } else { invoke })
}

fn commands(kind: Kind, n: usize, name: String, env: Env, bundle: &Artifact) -> Action {
    if matches!(kind, Kind::Commands) {
        let network = VpcConfig::new("vpc-00000001")
            .subnet("subnet-00000001")
            .subnet("subnet-00000002")
            .security_group("sg-00000001");
        let commands = Commands::new(bundle).command("make check").vpc_config(network);
        return Action::new(name, commands).account(env.account);
    }
    let secret = Arn::regional(env, "secretsmanager", "secret:token-AbCdEf");
    let commands = Commands::new(bundle)
        .command("make")
        .environment("STAGE", "test")
        .environment_secret("TOKEN", secret.to_string())
        .permission(PolicyStatement::allow(["secretsmanager:GetSecretValue"]).on([secret]))
        .output_variable("VERSION")
        .output(&written(n).export_file("dist/**/*"));
    Action::new(name, commands).account(env.account)
}

fn ecs(kind: Kind, name: String, env: Env, bundle: &Artifact) -> Action {
    let task = Arn::role(env, "/", "orders-task");
    match kind {
        Kind::Ecs => Action::new(name, EcsDeploy::new("shop", "orders", bundle).task_role(task)).env(env),
        _ => {
            let (task_definition, app_spec) = (bundle.file("taskdef.json"), bundle.file("appspec.yaml"));
            let deploy = CodeDeployEcsDeploy::new("shop", "orders", task_definition, app_spec);
            Action::new(name, deploy.image(bundle, "IMAGE1_NAME").task_role(task)).env(env)
        }
    }
}

/// An action type of AWS in plain values.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-AppConfig.html>
fn app_config(name: String, env: Env, bundle: &Artifact) -> Action {
    let parts = ["", "/environment/live", "/environment/live/deployment/*", "/configurationprofile/flags"];
    let parts = parts.map(|part| format!("application/orders{part}"));
    let on = parts.into_iter().chain(["deploymentstrategy/*".to_owned()]);
    let on = on.map(|resource| Arn::regional(env, "appconfig", resource));
    let custom = CustomAction::new(Category::Deploy, Owner::Aws, "AppConfig")
        .input(bundle)
        .configuration("Application", "orders")
        .configuration("Environment", "live")
        .configuration("ConfigurationProfile", "flags")
        .configuration("InputArtifactConfigurationPath", "flags.json")
        .permission(
            PolicyStatement::allow([
                "appconfig:GetDeployment",
                "appconfig:StartDeployment",
                "appconfig:StopDeployment",
            ])
            .on(on),
        );
    Action::new(name, custom).env(env)
}

fn ec2(kind: Kind, n: usize, name: String, env: Env, bundle: &Artifact) -> Action {
    let scripts = Ec2DeploySpecifications::inline("/srv/orders", "start.sh").pre_script("stop.sh");
    let deploy = match kind {
        Kind::Ec2Nodes => Ec2Deploy::new("app", Ec2DeploySpecifications::file("deploy.yaml"), bundle).managed_nodes(),
        _ => {
            let deploy = Ec2Deploy::new("app", scripts, bundle).instance_tag_value("orders").target_group("orders");
            deploy.max_batch(Ec2MaxInstances::Percentage(25)).max_error(Ec2MaxInstances::Count(1))
        }
    };
    Action::new(name, deploy.instance_role(role(env, &format!("machine-{n}")))).account(env.account)
}

fn role(env: Env, name: &str) -> construct_iam::ImportedRole {
    Role::import(Arn::role(env, "/", name))
}

fn stack_set(kind: Kind, n: usize, name: String, env: Env, bundle: &Artifact) -> Action {
    let template = bundle.file("template.yaml");
    let targets = || StackSetTargets::accounts([env.account]);
    let units = || StackSetTargets::organizational_units(["ou-examplerootid111-exampleouid111"]);
    match kind {
        Kind::StackInstances => {
            Action::new(name, DeployStackInstances::new("baseline").deploy_to(targets(), [env.region])).env(env)
        }
        Kind::StackSetOfUnits => {
            let deploy = DeployStackSet::new("baseline", template)
                .permission_model(ServiceManaged::new())
                .deploy_to(units(), [env.region])
                .as_delegated_administrator();
            Action::new(name, deploy.max_concurrent_percentage(50)).env(env)
        }
        Kind::StackSetAs => {
            let model = SelfManaged::new()
                .administration_role(role(env, &format!("administrator-{n}")))
                .execution_role_name("Executor");
            let deploy = DeployStackSet::new("baseline", template).permission_model(model);
            let deploy = deploy.deploy_to(StackSetTargets::file(bundle.file("accounts.json")), [env.region]);
            Action::new(name, deploy.parameters_file(bundle.file("parameters.json"))).env(env)
        }
        _ => Action::new(name, DeployStackSet::new("baseline", template).deploy_to(targets(), [env.region])).env(env),
    }
}

fn s3_deploy(kind: Kind, n: usize, name: String, env: Env, bundle: &Artifact, scope: &mut Scope<'_>) -> Action {
    let site = scope.add(format!("Site{n}"), Bucket::import(format!("site-{n}")).env(env));
    let deploy = S3Deploy::new(site, bundle);
    match kind {
        Kind::S3DeployEncrypted => {
            let deploy = deploy.encryption_key(key(env)).canned_acl(CannedAcl::BucketOwnerFullControl);
            Action::new(name, deploy.cache_control("public, max-age=300"))
        }
        Kind::S3DeployAs => Action::new(name, deploy).role(role(env, &format!("publisher-{n}"))),
        _ => Action::new(name, deploy),
    }
}
