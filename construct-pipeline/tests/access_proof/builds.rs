//! What builds need beside artifacts.

use construct_pipeline::access::{Access, Decision, Outside, Report, prove};
use construct_pipeline::prelude::*;

use crate::support::{Set, failures};

const TOOLS: Env = Env::new("111111111111", "eu-central-1");

/// A pipeline of which the build reads what the source hands on.
fn app(source: impl FnOnce(&Artifact) -> Action) -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", TOOLS);
    let mut scope = app.at(tools);
    let project = scope.add("Build", PipelineProject::new().build_spec_file("buildspec.yml"));
    let code = Artifact::new("Code");
    let checkout = Stage::new("Source").action(source(&code));
    let build = Stage::new("Build").action(Action::new("Compile", CodeBuild::new(project, &code)));
    scope.add("Pipeline", Pipeline::new("orders").stage(checkout).stage(build));
    app
}

/// What a report holds after the statement that speaks of the action was taken from the role of the build.
fn without(action: &str, app: App) -> (Report, Report) {
    let mut set = Set::new(app.synth().expect("it is proved"));
    let before = set.prove();
    let role = set.resource("Tools", "BuildRole");
    let statements =
        role.pointer_mut("/Properties/Policies/0/PolicyDocument/Statement").and_then(|all| all.as_array_mut());
    let statements = statements.expect("statements");
    let n = statements.len();
    statements.retain(|statement| !statement["Action"].to_string().contains(action));
    assert_eq!(statements.len(), n - 1, "one statement speaks of {action}");
    let after = prove(&set.templates(), &Outside::new());
    (before, after)
}

fn is_missed(action: &str, app: App) {
    let (before, after) = without(action, app);
    assert_eq!((before.holes().count(), before.assumptions().count()), (0, 0), "{}", failures(&before));
    let holes: Vec<_> = after.holes().collect();
    assert_eq!(holes.len(), 1, "{}", failures(&after));
    let hole = holes[0];
    assert_eq!(hole.iam_action(), action);
    let label = hole.action.as_ref().expect("an action");
    assert_eq!((&*label.stage, &*label.name), ("Build", "Compile"));
    let told = after.findings().to_string();
    assert!(told.contains(&format!("\"Action\":\"{action}\"")), "the statement to add: {told}");
}

#[test]
fn builds_report_in_groups_of_their_project_if_they_are_let() {
    let reports = |project: PipelineProject| {
        let mut app = App::new();
        let tools = app.stack("Tools", TOOLS);
        app.at(tools).add("Build", project.project_name("orders"));
        let mut set = Set::new(app.synth().expect("it is sound"));
        let statements =
            set.resource("Tools", "BuildRole")["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].clone();
        let of_reports = statements.as_array().expect("statements").clone().into_iter();
        of_reports
            .filter(|one| one.to_string().contains("eport"))
            .map(|one| one["Resource"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(reports(PipelineProject::new()), [""; 0]);
    let groups = "arn:aws:codebuild:eu-central-1:111111111111:report-group/orders-*";
    assert_eq!(reports(PipelineProject::new().reports()), [groups]);
}

#[test]
fn a_build_clones_a_repository_with_the_role_of_its_project() {
    let clone = |code: &Artifact| Action::new("Checkout", CodeCommitSource::new("orders", code).full_clone());
    is_missed("codecommit:GitPull", app(clone));
}

#[test]
fn a_build_uses_the_connection_with_the_role_of_its_project() {
    for service in ["codeconnections", "codestar-connections"] {
        let connection = format!("arn:aws:{service}:eu-central-1:111111111111:connection/1234");
        let clone = |code: &Artifact| {
            Action::new("Checkout", ConnectionSource::new(connection, "example/orders", code).full_clone())
        };
        is_missed(&format!("{service}:UseConnection"), app(clone));
    }
}

#[test]
fn a_secret_takes_the_key_that_encrypts_it() {
    let mut app = App::new();
    let tools = app.stack("Tools", TOOLS);
    let mut scope = app.at(tools);
    let key = scope.add("Key", Key::new());
    let secret = RawResource::new("AWS::SecretsManager::Secret").property("Name", "orders/token");
    scope.add("Secret", secret.property("KmsKeyId", key.arn()));
    let read = PolicyStatement::allow(["secretsmanager:GetSecretValue"])
        .on(["arn:aws:secretsmanager:eu-central-1:111111111111:secret:orders/token-??????"]);
    let project = PipelineProject::new().environment_secret("TOKEN", "orders/token").allow(read);
    let project = scope.add("Build", project.allow(PolicyStatement::allow(["kms:Decrypt"]).on([key.arn()])));
    let code = Artifact::new("Code");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &code));
    let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(checkout));
    let build = Stage::new("Build").action(Action::new("Compile", CodeBuild::new(project, &code)));
    scope.add("Pipeline", pipeline.stage(build));
    is_missed("kms:Decrypt", app);
}

/// A program is told so before anything is proved; templates of others are not.
#[test]
fn nobody_clones_a_repository_of_another_account() {
    let clone = |code: &Artifact| Action::new("Checkout", CodeCommitSource::new("orders", code).full_clone());
    let mut set = Set::new(app(clone).synth().expect("it is proved"));
    let resources = set.body("Tools")["Resources"].as_object_mut().expect("resources");
    let pipeline = resources.values_mut().find(|one| one["Type"] == "AWS::CodePipeline::Pipeline").expect("a pipeline");
    pipeline["Properties"]["Stages"][0]["Actions"][0]["RoleArn"] = "arn:aws:iam::222222222222:role/checkout".into();
    let report = set.prove();
    let hole = report.holes().find(|access| access.iam_action() == "codecommit:GitPull");
    let told = hole.map(|hole| report.explain(hole)).expect("no policy can allow it");
    assert!(told.contains("belongs to account 222222222222") && told.contains("hand on an archive"), "{told}");
}

/// A build that takes variables from elsewhere, some for its project and some for its action, and commands that take one.
fn with_variables(secrets_are_open: bool) -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", TOOLS);
    let mut scope = app.at(tools);
    let read = |account: &str| {
        let secret = format!("arn:aws:secretsmanager:eu-central-1:{account}:secret:token-*");
        PolicyStatement::allow(["secretsmanager:GetSecretValue"]).on([secret])
    };
    let project = PipelineProject::new().build_spec_file("buildspec.yml");
    let project = project.environment_parameter("LEVEL", "/orders/level").environment_parameter("MODE", "mode");
    let project = if secrets_are_open { project.allow(read("111111111111")) } else { project };
    let project = scope.add("Build", project);
    let (code, report) = (Artifact::new("Code"), Artifact::new("Report"));
    // What the action says of a variable counts.
    let build = CodeBuild::new(project, &code).output(&report).environment("MODE", "fast");
    let build = build.environment_parameter("SIZE", "/orders/size").environment_secret("TOKEN", "token:key");
    let commands = Commands::new(&report).command("make publish").environment_secret("KEY", "token");
    let commands = if secrets_are_open { commands.permission(read("222222222222")) } else { commands };
    let source = Action::new("Checkout", CodeCommitSource::new("orders", &code));
    let publish = Action::new("Publish", commands).account("222222222222");
    let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(source));
    let pipeline = pipeline.stage(Stage::new("Build").action(Action::new("Compile", build)));
    scope.add("Pipeline", pipeline.stage(Stage::new("Publish").action(publish)));
    app
}

/// What is called to read values, and what comes of it.
fn values(report: &Report) -> Vec<(&str, String, Decision)> {
    let reads =
        |access: &&Access| ["ssm:GetParameters", "secretsmanager:GetSecretValue"].contains(&access.iam_action());
    let told = |access| (Access::iam_action(access), report.readable(access.resource()), access.decision);
    let mut values: Vec<_> = report.accesses().iter().filter(reads).map(told).collect();
    values.sort();
    values
}

#[test]
fn variables_that_are_kept_elsewhere_are_read_with_the_role_that_works() {
    let set = Set::new(with_variables(true).synth().expect("it is proved"));
    let report = set.prove();
    let parameter = |name: &str| format!("arn:aws:ssm:eu-central-1:111111111111:parameter/orders/{name}");
    let secret = |account: &str| format!("arn:aws:secretsmanager:eu-central-1:{account}:secret:token-??????");
    let (of_parameters, of_secrets) = ("ssm:GetParameters", "secretsmanager:GetSecretValue");
    let expected = [
        (of_secrets, secret("111111111111"), Decision::Allowed),
        (of_secrets, secret("222222222222"), Decision::Allowed),
        (of_parameters, parameter("level"), Decision::Allowed),
        (of_parameters, parameter("size"), Decision::Allowed),
    ];
    assert_eq!(values(&report), expected);
}

/// AWS proposes this form, and the CDK writes it: <https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html>
#[test]
fn behind_the_name_of_a_secret_are_six_letters() {
    let decided = |end: &str| {
        let mut set = Set::new(with_variables(true).synth().expect("it is proved"));
        for body in &mut set.bodies {
            *body = serde_json::from_str(&body.to_string().replace("token-*", end)).expect("a template");
        }
        let report = set.prove();
        let of_secrets = values(&report).into_iter().filter(|(action, ..)| action.starts_with("secretsmanager:"));
        of_secrets.map(|(.., decision)| decision).collect::<Vec<_>>()
    };
    assert_eq!(decided("token-??????"), [Decision::Allowed; 2]);
    assert_eq!(decided("token-A1b2C3"), [Decision::Open; 2], "only AWS knows");
    assert_eq!(decided("token-?????"), [Decision::Denied; 2]);
    assert_eq!(decided("token"), [Decision::Denied; 2]);
}

#[test]
fn a_parameter_that_the_build_may_not_read_is_a_hole() {
    for name in ["level", "size"] {
        let mut set = Set::new(with_variables(true).synth().expect("it is proved"));
        let role = set.resource("Tools", "BuildRole");
        let text = role.to_string().replace(&format!("parameter/orders/{name}"), "parameter/other");
        *role = serde_json::from_str(&text).expect("JSON");
        let report = set.prove();
        let holes: Vec<String> = report.holes().map(|hole| report.readable(hole.resource())).collect();
        assert_eq!(holes, [format!("arn:aws:ssm:eu-central-1:111111111111:parameter/orders/{name}")]);
        assert!(report.findings().to_string().contains("\"Action\":\"ssm:GetParameters\""), "{}", failures(&report));
    }
}

/// The policy of a secret could let the role in, and no template has to show that.
#[test]
fn a_secret_that_the_role_may_not_read_is_a_risk() {
    let (assembly, warnings) = with_variables(false).synth_with_warnings().expect("that is no more than a risk");
    let of_secrets = warnings.iter().filter(|one| one.to_string().contains("secretsmanager:GetSecretValue"));
    // Of the build, the project tells.
    let codes: Vec<&str> = of_secrets.map(Diagnostic::code).collect();
    assert_eq!(codes, ["codebuild::secret-without-permission", "access::denied"], "{warnings}");
    let report = Set::new(assembly).prove();
    let risks = report.risks().filter(|risk| risk.iam_action().starts_with("secretsmanager:"));
    let who: Vec<&str> = risks.map(Access::principal).collect();
    assert!(who.len() == 2 && who.iter().any(|who| who.contains("::222222222222:")), "{who:?}");
    assert_eq!(report.holes().count(), 0, "{}", failures(&report));
}

#[test]
fn which_roles_tasks_take_is_not_known() {
    for provider in ["ECS", "CodeDeployToECS"] {
        let mut app = App::new();
        let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
        let source = Artifact::new("Source");
        let tasks = PolicyStatement::allow(["iam:PassRole"])
            .on(["arn:aws:iam::222222222222:role/orders-task"])
            .condition("StringEquals", "iam:PassedToService", ["ecs-tasks.amazonaws.com"]);
        let service = PolicyStatement::allow(["ecs:*", "codedeploy:*"]).on(["*"]);
        let deploy = CustomAction::new(Category::Deploy, Owner::Aws, provider)
            .configuration("ClusterName", "shop")
            .configuration("ServiceName", "orders")
            .configuration("ApplicationName", "orders")
            .configuration("DeploymentGroupName", "orders")
            .configuration("TaskDefinitionTemplateArtifact", "Source")
            .configuration("AppSpecTemplateArtifact", "Source")
            .input(&source)
            .permission(service)
            .permission(tasks);
        let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
        let pipeline = Pipeline::new("orders")
            .stage(Stage::new("Source").action(checkout))
            .stage(Stage::new("Deploy").action(Action::new("Deploy", deploy).account("222222222222")));
        app.at(tools).add("Pipeline", pipeline);
        let set = Set::new(app.synth().expect("what is open is no error"));
        let report = set.prove();
        assert_eq!(report.holes().count(), 0, "{provider}: {}", failures(&report));
        let open: Vec<&Access> = report.assumptions().collect();
        let [open] = open.as_slice() else { panic!("{provider}: {}", report.findings()) };
        assert_eq!((open.iam_action(), open.decision), ("iam:PassRole", Decision::Open));
        let told = report.explain(open);
        assert!(told.contains("hands over the roles of tasks") && told.contains("ecs-tasks.amazonaws.com"), "{told}");
    }
}

/// A pipeline whose build is a batch.
fn batch(project: PipelineProject) -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", TOOLS);
    let mut scope = app.at(tools);
    let project = scope.add("Build", project);
    let code = Artifact::new("Code");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &code));
    let build = Action::new("Compile", CodeBuild::new(project, &code).batch());
    let pipeline = Pipeline::new("orders");
    scope.add(
        "Pipeline",
        pipeline.stage(Stage::new("Source").action(checkout)).stage(Stage::new("Build").action(build)),
    );
    app
}

#[test]
fn a_batch_is_started_with_a_role_that_can_do_nothing_else() {
    let mut set = Set::new(batch(PipelineProject::new().batch_builds()).synth().expect("it is proved"));
    let resources = set.body("Tools")["Resources"].as_object().expect("resources");
    let project = resources.values().find(|one| one["Type"] == "AWS::CodeBuild::Project").expect("a project");
    let [build, batch] = ["/Properties/ServiceRole", "/Properties/BuildBatchConfig/ServiceRole"]
        .map(|at| project.pointer(at).expect("a role").to_string());
    assert_ne!(build, batch);
    let role = set.resource("Tools", "BuildBatchRole");
    let statement = role.pointer_mut("/Properties/Policies/0/PolicyDocument/Statement/0").expect("its statement");
    assert_eq!(
        statement["Action"],
        serde_json::json!(["codebuild:RetryBuild", "codebuild:StartBuild", "codebuild:StopBuild"])
    );
    statement["Action"] = "codebuild:StartBuild".into();
    let report = prove(&set.templates(), &Outside::new());
    let missing: Vec<_> = report.holes().map(Access::iam_action).collect();
    assert_eq!(missing, ["codebuild:StopBuild", "codebuild:RetryBuild"], "{}", failures(&report));
}

#[test]
fn a_project_without_a_role_for_batches_runs_none() {
    let error = batch(PipelineProject::new()).synth().expect_err("nobody could start the builds").to_string();
    assert!(error.contains("access::denied") && error.contains(".batch_builds()"), "{error}");
    assert!(!error.contains(".permission("), "no statement mends it: {error}");
    assert!(error.contains(": codebuild.amazonaws.com calls `codebuild:StartBuild`"), "{error}");
}

/// As the CDK writes it for projects without a key, and `batch-get-projects` prints it.
#[test]
fn a_build_may_use_the_key_that_aws_manages() {
    let key = "arn:aws:kms:eu-central-1:111111111111:alias/aws/s3";
    let app = |build: fn(&Artifact, &Artifact, &mut Scope<'_>) -> CodeBuild| {
        let mut app = App::new();
        let tools = app.stack("Tools", TOOLS);
        let mut scope = app.at(tools);
        let (code, bundle) = (Artifact::new("Code"), Artifact::new("Bundle"));
        let build = build(&code, &bundle, &mut scope);
        let pipeline = Pipeline::new("orders")
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &code))))
            .stage(Stage::new("Build").action(Action::new("Compile", build)));
        scope.add("Pipeline", pipeline);
        app.synth_with_warnings().expect("it synthesises").0
    };
    let own = app(|code, bundle, scope| {
        let project = scope.add("Build", PipelineProject::new().build_spec_file("buildspec.yml"));
        CodeBuild::new(project, code).output(bundle)
    });
    for key in ["alias/aws/s3", key] {
        let mut set = Set::new(own.clone());
        let resources = set.body("Tools")["Resources"].as_object_mut().expect("resources").values_mut();
        for project in resources.filter(|one| one["Type"] == "AWS::CodeBuild::Project") {
            project["Properties"]["EncryptionKey"] = key.into();
        }
        assert!(set.prove().is_proved(), "{key}: {}", failures(&set.prove()));
    }
    let project = "arn:aws:codebuild:eu-central-1:111111111111:project/bundle";
    let imported = app(|code, bundle, scope| {
        let project = PipelineProject::import("arn:aws:codebuild:eu-central-1:111111111111:project/bundle");
        CodeBuild::new(scope.add("Build", project), code).output(bundle)
    });
    let set = Set::new(imported);
    let outside = Outside::new().project(project, "arn:aws:iam::111111111111:role/build", Some(key));
    let report = prove(&set.templates(), &outside);
    assert!(report.accesses().iter().all(|access| !access.resource().contains(":kms:")), "{}", failures(&report));
}
