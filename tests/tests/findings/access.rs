//! Accesses of a run that the policies deny, and what else the proof of them finds.

use construct_core::StackRef;
use construct_iam::RoleRef;

use super::*;

/// A pipeline with one deployment in its own account.
#[track_caller]
fn pipeline() -> Pipeline {
    let source = Artifact::new("Source");
    Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source))
}

fn raw(kind: &'static str, property: &'static str, value: impl Into<Expr>) -> RawResource {
    RawResource::new(kind).property(property, value)
}

#[test]
fn statement_that_forbids_what_a_run_needs() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let role = app.at(tools).add("Role", Role::new(Principal::service("codepipeline.amazonaws.com")));
    app.attach(role, PolicyStatement::deny(["s3:PutObject"]).on(["*"]));
    // Another one has the same name in another region.
    let europe = app.stack("Europe", Env::new("111111111111", "eu-west-1"));
    app.at(tools).add("Pipeline", pipeline().role(role)); //~ error access::denied at Tools/Pipeline: `s3:PutObject`
    app.at(europe).add("Pipeline", pipeline());
    check(app);
}

/// Where a program allows what an action calls is told; what a rule calls it is allowed anyway.
#[test]
fn calls_of_actions_and_rules_that_something_forbids() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let keeper = Role::trusting(PolicyDocument::new()).role_name("orders-keeper");
    let keeper = app.at(tools).add("Keeper", keeper.allow(PolicyStatement::deny(["lambda:InvokeFunction"]).on(["*"])));
    let source = Artifact::new("Source");
    let gate = ConditionRule::new("Gate", "LambdaInvoke").configuration("FunctionName", "gate").role(keeper);
    let app_config = CustomAction::new(Category::Deploy, Owner::Aws, "AppConfig").input(&source);
    let app_config = app_config
        .configuration("Application", "orders")
        .configuration("Environment", "live")
        .configuration("ConfigurationProfile", "flags")
        .configuration("InputArtifactConfigurationPath", "flags.json");
    let release = Stage::new("Release").action(Action::new("Deploy", app_config));
    let release = release.before_entry(Condition::new(StageResult::Fail).rule(gate));
    app.at(tools).add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(release));
    let error = app.synth().expect_err("both are denied");
    let findings = error.findings().expect("nothing is written");
    for (called, is_told) in [("lambda:InvokeFunction", false), ("appconfig:StartDeployment", true)] {
        let finding = findings.iter().find(|one| one.message().contains(called)).expect(called);
        assert_eq!(finding.notes().any(|note| note.contains("`CustomAction` and `Commands`")), is_told, "{finding}");
    }
}

/// An action of a type that the library does not know, for which somebody else works.
#[derive(Debug)]
struct Scan {
    source: Artifact,
    worker: construct_core::NodeId,
    calls: Vec<Call>,
}

impl Provider for Scan {
    fn spec(&self) -> ProviderSpec {
        let spec = ProviderSpec::new(Category::Test, Owner::Aws, "NewScan").input(&self.source).input_count(1..=1);
        spec.acts_on(self.worker).worker(self.worker)
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new()
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        policy.push(PolicyStatement::allow(["scan:Start"]).on([cx.arn("scan", "scan/orders/*")]));
    }

    fn calls(&self, _: &ActionCx<'_>) -> Option<Vec<Call>> {
        Some(self.calls.clone())
    }
}

/// The pipeline with a scan in another account, by a worker there that may read its own settings, and what it calls.
fn scanned(calls: impl FnOnce(RoleRef) -> Vec<Call>) -> (App, StackRef, Pipeline) {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let there = app.stack("There", Env::new(OTHER, "us-east-1"));
    let settings = PolicyStatement::allow(["scan:GetSettings"]).on(["*"]);
    let role = Role::new(Principal::service("codebuild.amazonaws.com")).role_name("scanner").allow(settings);
    let role = app.at(there).add("Role", role);
    let worker = PipelineProject::new().role(role).project_name("scanner").build_spec_file("scan.yml");
    let worker = app.at(there).add("Worker", worker).into();
    let source = Artifact::new("Source");
    let scan = Scan { source: source.clone(), worker, calls: calls(role) };
    let scan = Stage::new("Scan").action(Action::new("Scan", scan));
    (app, tools, Pipeline::new("orders").stage(checkout(&source)).stage(scan))
}

#[test]
fn what_a_provider_says_of_its_calls_and_of_who_works_is_proved() {
    let (mut app, tools, pipeline) = scanned(|worker| {
        let start = Call::new(["scan:Start"]).on([format!("arn:aws:scan:us-east-1:{OTHER}:scan/orders/*")]);
        vec![start, Call::new(["scan:GetSettings"]).by(worker.arn())]
    });
    app.at(tools).add("Pipeline", pipeline);
    let (assembly, warnings) = app.synth_with_warnings().unwrap();
    assert!(warnings.is_empty(), "{warnings}");
    let report = construct_pipeline::access::prove(
        &construct_pipeline::access::template::Templates::of(&assembly),
        &construct_pipeline::access::Outside::new(),
    );
    let asked = |role: &str, action: &str| {
        let is_asked = |access: &&construct_pipeline::access::Access| {
            access.iam_action() == action
                && access.action.as_ref().is_some_and(|action| &*action.name == "Scan")
                && access.principal().contains(role)
        };
        let mut found = report.accesses().iter().filter(is_asked).peekable();
        found.peek().is_some() && found.all(construct_pipeline::access::Access::is_proved)
    };
    let proved = [("-action-", "scan:Start"), ("scanner", "scan:GetSettings"), ("scanner", "s3:GetObject")];
    assert!(proved.into_iter().all(|(role, action)| asked(role, action)), "{:?}", report.accesses());
}

#[test]
fn calls_of_a_provider_that_nobody_allows() {
    let calls = |worker: RoleRef| {
        let start = Call::new(["scan:Start"]).on([format!("arn:aws:scan:us-east-1:{OTHER}:scan/invoices/*")]);
        vec![start, Call::new(["scan:PutSettings"]).by(worker.arn())]
    };
    let (mut app, tools, pipeline) = scanned(calls);
    app.at(tools).add("Pipeline", pipeline);
    let error = app.synth().expect_err("both are denied");
    for (called, is_told) in [("scan:Start", true), ("scan:PutSettings", false)] {
        let mut findings = error.findings().expect("nothing is written").iter();
        let finding = findings.find(|one| one.message().contains(called)).expect(called);
        assert_eq!((finding.code(), finding.path()), ("access::denied", "Tools/Pipeline"), "{finding}");
        assert_eq!(finding.notes().any(|note| note.contains("in its `permissions`")), is_told, "{finding}");
    }
}

#[test]
fn calls_that_are_none() {
    let source = Artifact::new("Source");
    let custom = |owner| CustomAction::new(Category::Test, owner, "NewScan").input(&source);
    let wild = custom(Owner::Aws).call(Call::new(["scan:*"]));
    let named = custom(Owner::Aws).call(Call::new(["scan:Start"]).on(["orders"]));
    let nobody = custom(Owner::Custom).call(Call::new(["scan:Start"]));
    let somebody = custom(Owner::Custom).call(Call::new(["scan:Start"]).by("arn:aws:iam::111111111111:role/scanner"));
    let scans = Stage::new("Scan")
        .action(Action::new("Wild", wild)) //~ error action::malformed-call at Tools/Pipeline: `scan:*` is no single action
        .action(Action::new("Named", named)) //~ error action::malformed-call at Tools/Pipeline: `orders` is no ARN
        .action(Action::new("Nobody", nobody)) //~ warning action::call-of-nobody at Tools/Pipeline: the owner Custom
        .action(Action::new("Somebody", somebody));
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(scans)));
}

#[test]
fn policy_that_is_none() {
    let mut app = App::new();
    let tools = app.stack("Tools", StackProps::new(HOME).stack_name("orders-tools"));
    let trust = Properties::new().set("Version", "2012-10-17").list("Statement", ["Allow"]);
    app.at(tools).add("Role", raw("AWS::IAM::Role", "AssumeRolePolicyDocument", trust));
    //~^ error access::refused-policy at Tools/Role: AWS would refuse the trust policy in `Role
    app.at(tools).add("Pipeline", pipeline());
    check(app);
}

#[test]
fn policies_with_words_in_place_of_actions_and_principals() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Pipeline", pipeline());
    let statement = |action: &str, principal: &str| {
        Expr::map([
            ("Effect", Expr::from("Allow")),
            ("Principal", Expr::map([("AWS", principal.to_owned())])),
            ("Action", action.to_owned().into()),
        ])
    };
    let trust = |action: &str, principal: &str| {
        Expr::map([("Version", Expr::from("2012-10-17")), ("Statement", Expr::list([statement(action, principal)]))])
    };
    app.at(tools).add("One", raw("AWS::IAM::Role", "AssumeRolePolicyDocument", trust("sts", "111111111111")));
    //~^ error access::refused-policy at Tools/One: action `sts` names no service
    app.at(tools).add("Two", raw("AWS::IAM::Role", "AssumeRolePolicyDocument", trust("sts:AssumeRole", "admin")));
    //~^ error access::refused-policy at Tools/Two: principal `admin` is neither an account
    check(app);
}

#[test]
fn name_that_two_resources_have() {
    let mut app = App::new();
    let tools = app.stack("Tools", StackProps::new(HOME).stack_name("orders-tools"));
    let europe = app.stack("Europe", Env::new("111111111111", "eu-west-1"));
    app.at(tools).add("One", raw("AWS::S3::Bucket", "BucketName", "orders"));
    app.at(europe).add("Two", raw("AWS::S3::Bucket", "BucketName", "orders"));
    //~^ error access::name-clash at Europe/Two: have the same name `orders`
    app.at(tools).add("Pipeline", pipeline());
    check(app);
}

#[test]
fn role_that_is_named_before_it_is_there() {
    let mut app = App::new();
    let tools = app.stack("Tools", StackProps::new(HOME).stack_name("orders-tools"));
    //~^ error access::order at Tools: stack `orders-tools` has to be deployed after `orders-europe`
    let europe =
        app.stack("Europe", StackProps::new(Env::new("111111111111", "eu-west-1")).stack_name("orders-europe"));
    let reader = Role::new(Principal::service("lambda.amazonaws.com")).role_name("reader");
    let reader = app.at(europe).add("Reader", reader);
    let bucket = app.at(tools).add("Bucket", Bucket::new().bucket_name("orders-reports"));
    let read = PolicyStatement::allow(["s3:GetObject"]).on([bucket.objects()]);
    app.attach(bucket, read.principal(Principal::arn(reader.arn())));
    app.at(tools).add("Pipeline", pipeline());
    check(app);
}

/// The stack that an app has in each region, by one name.
#[track_caller]
fn orders_in(app: &mut App, region: &str) -> StackRef {
    let env = Env::parse("111111111111", region).expect("a region");
    app.stack(format!("Orders-{region}"), StackProps::new(env).stack_name("orders"))
}

#[test]
fn policy_that_is_none_in_the_second_stack_of_a_name() {
    let mut app = App::new();
    let first = orders_in(&mut app, "us-east-1");
    let second = orders_in(&mut app, "eu-west-1");
    let trust = || Properties::new().set("Version", "2012-10-17").list("Statement", ["Allow"]);
    let sound = Role::new(Principal::service("lambda.amazonaws.com"));
    app.at(first).add("Role", sound);
    app.at(second).add("Role", raw("AWS::IAM::Role", "AssumeRolePolicyDocument", trust()));
    //~^ error access::refused-policy at Orders-eu-west-1/Role: AWS would refuse the trust policy in `Role
    app.at(first).add("Pipeline", pipeline());
    check(app);
}

#[test]
fn role_that_is_named_before_it_is_there_in_the_first_stack_of_a_name() {
    let mut app = App::new();
    let first = orders_in(&mut app, "us-east-1"); //~ error access::order at Orders-us-east-1: after `orders-europe`
    let second = orders_in(&mut app, "eu-west-1");
    let env = Env::new("111111111111", "eu-west-1");
    let europe = app.stack("Europe", StackProps::new(env).stack_name("orders-europe"));
    let reader = Role::new(Principal::service("lambda.amazonaws.com")).role_name("reader");
    let reader = app.at(europe).add("Reader", reader);
    let bucket = app.at(first).add("Bucket", Bucket::new().bucket_name("orders-reports"));
    let read = PolicyStatement::allow(["s3:GetObject"]).on([bucket.objects()]);
    app.attach(bucket, read.principal(Principal::arn(reader.arn())));
    app.at(second).add("Topic", Topic::new());
    app.at(first).add("Pipeline", pipeline());
    check(app);
}

#[test]
fn approval_through_an_encrypted_topic_without_its_key() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    let key = scope.add("Key", Key::new());
    let topic = scope.add("Topic", Topic::new().kms_master_key_id(key.key_id()));
    let approval =
        |approval: ManualApproval| Stage::new("Approve").action(Action::new("Approve", approval.topic(topic)));
    //~^ error access::denied at Tools/Pipeline: `kms:Decrypt`, `kms:GenerateDataKey`
    scope.add("Sound", pipeline().stage(approval(ManualApproval::new().topic_key(key.arn()))));
    let other = Artifact::new("Source");
    let broken = Pipeline::new("invoices").stage(checkout(&other)).stage(deploy(&other));
    scope.add("Pipeline", broken.stage(approval(ManualApproval::new())));
    check(app);
}

#[test]
fn permission_that_an_action_does_without() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let ecs = CustomAction::new(Category::Deploy, Owner::Aws, "ECS").configuration("ClusterName", "orders");
    let ecs = ecs.configuration("ServiceName", "web").input(&source).input_count(1..=1);
    let nothing = Action::new("Web", ecs.permission(PolicyStatement::allow(["ecs:DescribeServices"]).on(["*"])));
    //~^ error access::denied at Tools/Pipeline: orders/Deploy/Web: the role
    //~^^ error access::denied at Tools/Pipeline: `ecs:RegisterTaskDefinition`
    let stage = Stage::new("Deploy").action(nothing);
    app.at(tools).add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(stage));
    check(app);
}
