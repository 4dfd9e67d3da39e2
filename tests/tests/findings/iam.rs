//! Roles, policies and the resources beside a pipeline.

use construct_iam::{Effect, ManagedPolicy, PermissionsBoundary, RolePath};

use super::*;

fn role() -> Role {
    Role::new(Principal::service("lambda.amazonaws.com"))
}

#[test]
fn role_name_with_a_space() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Role", role().role_name("my role")); //~ error iam::malformed-role-name at Tools/Role: `my role`
    check(app);
}

#[test]
fn role_names_that_are_empty_or_too_long() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("One", role().role_name("")); //~ error iam::malformed-role-name at Tools/One: ``
    app.at(tools).add("Two", role().role_name("x".repeat(65))); //~ error iam::malformed-role-name at Tools/Two: `xxx
    check(app);
}

#[test]
fn two_roles_of_one_name_in_two_regions() {
    let mut app = App::new();
    let near = app.stack("Near", HOME);
    let far = app.stack("Far", Env::new("111111111111", "eu-west-1"));
    app.at(near).add("Role", role().role_name("deployer"));
    app.at(far).add("Role", role().role_name("deployer")); //~ error resource::duplicate-name at Far/Role: `deployer`
    check(app);
}

#[test]
fn two_roles_whose_names_differ_in_case() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("One", role().role_name("Deployer"));
    app.at(tools).add("Two", role().role_name("deployer")); //~ error resource::duplicate-name at Tools/Two: `deployer`
    check(app);
}

#[test]
fn role_path_without_slashes() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Role", role().path("delivery")); //~ error iam::malformed-path at Tools/Role: `delivery`
    check(app);
}

#[test]
fn session_of_a_minute() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Role", role().max_session_duration(60)); //~ error iam::session-duration at Tools/Role: 60
    check(app);
}

#[test]
fn role_description_that_is_too_long() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Role", role().description("x".repeat(1_001))); //~ error iam::long-description at Tools/Role: 1,000
    check(app);
}

#[test]
fn services_that_are_mere_words() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let one = app.at(tools).add("One", Role::new(Principal::service("ecs"))); //~ error iam::malformed-statement at Tools/One: `ecs` is no service
    let read = |by: &'static str| PolicyStatement::allow(["s3:GetObject"]).principal(Principal::service(by));
    app.attach(
        one,
        PolicyStatement::allow(["sts:TagSession"]).principal(Principal::service("ecs-tasks.amazonaws.com")),
    );
    let two = app.at(tools).add("Two", Bucket::new());
    app.attach(two, read("logs").on([two.objects()])); //~ error s3::malformed-statement at Tools/Two: `logs` is no service
    app.attach(two, read("logging.s3.amazonaws.com").on([two.objects()]));
    check(app);
}

#[test]
fn condition_with_an_operator_that_is_misspelt() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let read = |operator| {
        PolicyStatement::allow(["s3:GetObject"]).on(["arn:aws:s3:::orders/*"]).condition(
            operator,
            "aws:SourceVpc",
            ["v"],
        )
    };
    app.at(tools).add("Right", role().allow(read("ForAnyValue:StringNotLikeIfExists")));
    app.at(tools).add("Wrong", role().allow(read("StringEqual"))); //~ error iam::malformed-statement at Tools/Wrong: `StringEqual` is no operator
    check(app);
}

#[test]
fn statement_without_a_resource() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let role = role().allow(PolicyStatement::allow(["s3:GetObject"]));
    app.at(tools).add("Role", role); //~ error iam::malformed-statement at Tools/Role: no resource
    check(app);
}

#[test]
fn conditions_that_iam_refuses() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let tagged = |key: &'static str, value: &'static str| {
        let queues = PolicyStatement::allow(["sqs:SendMessage"]).on(["arn:aws:sqs:*:*:orders-*"]);
        role().allow(queues.condition("StringEquals", key, [value]))
    };
    app.at(tools).add("One", tagged("aws:ResourceTag/team", "配達")); //~ error iam::malformed-statement at Tools/One: U+00FF
    app.at(tools).add("Two", tagged("", "delivery")); //~ error iam::malformed-statement at Tools/Two: no key
    let three = app.at(tools).add("Three", tagged("aws:ResourceTag/team", "müller\u{ff}"));
    let four = PolicyStatement::allow(["sts:AssumeRole"]).principal(Principal::account(HOME));
    app.attach(three, four.condition("StringLike", "aws:PrincipalTag/team", ["团队"])); //~ error iam::malformed-statement at Tools/Three: U+00FF
    let trust = PolicyStatement::allow(["sts:AssumeRole"]).principal(Principal::account(HOME));
    let trust = trust.condition("StringEquals", "sts:ExternalId", ["配達"]);
    app.at(tools).add("Four", Role::trusting(PolicyDocument::new().with(trust))); //~ error iam::malformed-statement at Tools/Four: U+00FF
    check(app);
}

#[test]
fn statement_whose_action_names_no_service() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let role = role().allow(PolicyStatement::allow(["GetObject"]).on(["*"]));
    app.at(tools).add("Role", role); //~ error iam::malformed-statement at Tools/Role: `GetObject`
    check(app);
}

#[test]
fn statement_with_actions_and_all_others() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let role = app.at(tools).add("Role", role());
    let all_but = PolicyStatement::new(Effect::Deny).actions(["s3:*"]).not_actions(["s3:Get*"]);
    app.attach(role, all_but.on(["*"])); //~ error iam::malformed-statement at Tools/Role: `NotAction`
    check(app);
}

#[test]
fn statements_that_s3_refuses() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let bucket = app.at(tools).add("Bucket", Bucket::new());
    let read = || PolicyStatement::allow(["s3:GetObject"]);
    app.attach(bucket, read().on([bucket.objects()])); //~ error s3::malformed-statement at Tools/Bucket: no principal
    app.attach(bucket, read().principal(Principal::account(HOME)).on(["orders/*"])); //~ error s3::malformed-statement at Tools/Bucket: `orders/*` is no resource
    app.attach(bucket, read().principal(Principal::account(HOME))); //~ error s3::malformed-statement at Tools/Bucket: no resource; say which
    check(app);
}

#[test]
fn statements_that_sns_refuses() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let topic = app.at(tools).add("Topic", Topic::new());
    let publish = || PolicyStatement::allow(["sns:Publish"]);
    app.attach(topic, publish().on([topic.arn()])); //~ error sns::malformed-statement at Tools/Topic: no principal
    app.attach(topic, publish().principal(Principal::account(HOME))); //~ error sns::malformed-statement at Tools/Topic: no resource; say which
    check(app);
}

#[test]
fn statements_that_kms_refuses() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let key = app.at(tools).add("Key", Key::new());
    app.attach(key, PolicyStatement::allow(["kms:Encrypt"]).on(["*"])); //~ error kms::malformed-statement at Tools/Key: no principal
    app.attach(key, PolicyStatement::allow(["Decrypt"]).principal(Principal::account(HOME))); //~ error kms::malformed-statement at Tools/Key: `Decrypt` is no action
    app.attach(key, PolicyStatement::allow(["kms:Decrypt"]).principal(Principal::account(HOME)));
    check(app);
}

#[test]
fn policies_of_other_accounts() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let one = app.at(tools).add("One", role().managed_policy("arn:aws:iam::aws:policy/ReadOnlyAccess"));
    app.attach(one, ManagedPolicy::new("arn:aws:iam::222222222222:policy/reader")); //~ error iam::other-account at Tools/One: 222222222222
    let two = role().permissions_boundary("arn:aws:iam::222222222222:policy/boundary");
    app.at(tools).add("Two", two); //~ error iam::other-account at Tools/Two: 222222222222
    app.at(tools).add("Three", role().managed_policy("arn:aws-cn:iam::aws:policy/ReadOnlyAccess")); //~ error iam::other-partition at Tools/Three: aws-cn
    check(app);
}

#[test]
fn boundary_for_roles_of_several_accounts() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let source = Artifact::new("Source");
    let deploy = |account: &str| Action::new("Deploy", deployment(&source)).account(account);
    let pipeline = Pipeline::new("orders")
        .stage(checkout(&source))
        .stage(Stage::new("Test").action(deploy("333333333333")))
        .stage(Stage::new("Production").action(deploy(OTHER)));
    app.at(tools).add("Pipeline", pipeline);
    let root = app.root();
    app.attach(root, PermissionsBoundary::new("arn:aws:iam::111111111111:policy/ci/boundary")); //~ error iam::other-account at Tools/Pipeline: 222222222222
    check(app);
}

#[test]
fn inline_policies_that_are_too_long() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let buckets: Vec<String> = (0..400).map(|n| format!("arn:aws:s3:::orders-{n:04}/*")).collect();
    let reading = PolicyDocument::new().with(PolicyStatement::allow(["s3:GetObject"]).on(buckets));
    let role = role().inline_policy("Reading", reading);
    app.at(tools).add("Role", role); //~ error iam::policy-too-large at Tools/Role: inline policies
    check(app);
}

#[test]
fn import_of_a_role_by_its_name() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Role", Role::import("deployer")); //~ error iam::malformed-role-arn at Tools/Role: `deployer`
    check(app);
}

#[test]
fn import_of_a_role_in_an_account_of_eleven_digits() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Role", Role::import("arn:aws:iam::11111111111:role/deployer")); //~ error iam::malformed-role-arn at Tools/Role: 11111111111
    check(app);
}

#[test]
fn imports_of_roles_that_have_no_name() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    scope.add("Empty", Role::import("arn:aws:iam::111111111111:role/")); //~ error iam::malformed-role-arn at Tools/Empty: role/`
    scope.add("Nested", Role::import("arn:aws:iam::111111111111:role/ci/")); //~ error iam::malformed-role-arn at Tools/Nested: role/ci/`
    scope.add("Spaces", Role::import("arn:aws:iam::111111111111:role/my role")); //~ error iam::malformed-role-arn at Tools/Spaces: my role
    scope.add("Any", Role::import("arn:aws:iam::111111111111:role/*")); //~ error iam::malformed-role-arn at Tools/Any: role/*
    scope.add("Path", Role::import("arn:aws:iam::111111111111:role//deployer")); //~ error iam::malformed-role-arn at Tools/Path: role//deployer
    let long = Role::import(format!("arn:aws:iam::111111111111:role/{}", "x".repeat(65)));
    scope.add("Long", long); //~ error iam::malformed-role-arn at Tools/Long: xxx
    check(app);
}

#[test]
fn bucket_names_that_s3_refuses() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    scope.add("One", Bucket::new().bucket_name("My Bucket")); //~ error s3::malformed-bucket-name at Tools/One: `My Bucket`
    scope.add("Two", Bucket::new().bucket_name("")); //~ error s3::malformed-bucket-name at Tools/Two: ``
    scope.add("Three", Bucket::new().bucket_name("x".repeat(64))); //~ error s3::malformed-bucket-name at Tools/Three: `xxx
    scope.add("Four", Bucket::import("arn:aws:s3:::orders")); //~ error s3::malformed-bucket-name at Tools/Four: `arn:aws:s3:::orders`
    scope.add("Demo", Bucket::new().bucket_name("amzn-s3-demo-orders")); //~ error s3::malformed-bucket-name at Tools/Demo: reserves
    // Of one that exists, S3 has taken the name.
    scope.add("Existing", Bucket::import("amzn-s3-demo-source-bucket"));
    scope.add("Five", Bucket::new().bucket_name("192.168.0.1")); //~ error s3::malformed-bucket-name at Tools/Five: IP address
    check(app);
}

#[test]
fn two_buckets_of_one_name_in_two_accounts() {
    let mut app = App::new();
    let near = app.stack("Near", HOME);
    let far = app.stack("Far", Env::new("222222222222", "eu-west-1"));
    app.at(near).add("Bucket", Bucket::new().bucket_name("orders-releases"));
    app.at(far).add("Bucket", Bucket::new().bucket_name("orders-releases")); //~ error resource::duplicate-name at Far/Bucket: `orders-releases`
    check(app);
}

#[test]
fn objects_that_expire_at_once() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Bucket", Bucket::new().expire_after_days(0)); //~ error s3::expiry at Tools/Bucket: 0 days
    check(app);
}

#[test]
fn aliases_that_kms_refuses() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    let key = scope.add("Key", Key::new());
    scope.add("One", Alias::new("delivery", key)); //~ error kms::malformed-alias at Tools/One: `delivery`
    scope.add("Two", Alias::new("alias/aws/s3", key)); //~ error kms::malformed-alias at Tools/Two: `alias/aws/s3`
    scope.add("Three", Alias::new("alias/my.key", key)); //~ error kms::malformed-alias at Tools/Three: `alias/my.key`
    scope.add("Four", Alias::new("alias/", key)); //~ error kms::malformed-alias at Tools/Four: `alias/`
    check(app);
}

#[test]
fn key_that_is_imported_by_its_alias() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Key", Key::import("alias/delivery")); //~ error kms::malformed-key-arn at Tools/Key: `alias/delivery`
    check(app);
}

#[test]
fn key_that_is_gone_in_a_day() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Key", Key::new().pending_window_days(1)); //~ error kms::pending-window at Tools/Key: 1 days
    check(app);
}

#[test]
fn rule_that_tells_a_long_story() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let rule = Rule::new(Expr::map([("source", Expr::list(["aws.s3"]))])).description("x".repeat(513));
    app.at(tools).add("Rule", rule); //~ error events::long-description at Tools/Rule: more than 512 characters
    check(app);
}

#[test]
fn key_whose_administrator_is_no_principal() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Key", Key::new().administrators(["admin"])); //~ error kms::malformed-administrator at Tools/Key: `admin`
    let policy = "arn:aws:iam::111111111111:policy/admin";
    app.at(tools).add("Other", Key::new().administrators([policy])); //~ error kms::malformed-administrator at Tools/Other: policy/admin
    let nobody = "arn:aws:iam::111111111111:role/";
    app.at(tools).add("Lost", Key::new().administrators([nobody])); //~ error kms::malformed-administrator at Tools/Lost: role/
    check(app);
}

#[test]
fn topic_with_a_dot() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Topic", Topic::new().topic_name("my.topic")); //~ error sns::malformed-topic-name at Tools/Topic: `my.topic`
    app.at(tools).add("Import", Topic::import("approvals")); //~ error sns::malformed-topic-arn at Tools/Import: `approvals`
    check(app);
}

#[test]
fn repository_that_ends_in_git() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Orders", Repository::new("orders.git")); //~ error codecommit::malformed-repository-name at Tools/Orders: `orders.git`
    app.at(tools).add("Import", Repository::import("orders")); //~ error codecommit::malformed-repository-arn at Tools/Import: `orders`
    check(app);
}

#[test]
fn project_that_codebuild_refuses() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    scope.add("One", PipelineProject::new().project_name("-x")); //~ error codebuild::malformed-project-name at Tools/One/Resource: `-x`
    scope.add("Fits", PipelineProject::new().description("x".repeat(255)));
    scope.add("Long", PipelineProject::new().description("x".repeat(256))); //~ error codebuild::long-description at Tools/Long/Resource: more than 255 characters
    scope.add("Two", PipelineProject::new().timeout(1)); //~ error codebuild::timeout at Tools/Two/Resource: 1 minutes
    scope.add("Three", PipelineProject::new().environment("MY-VAR", "x")); //~ error codebuild::malformed-variable at Tools/Three/Resource: `MY-VAR`
    let token: Value<kind::Text> = Secret::new("git").into();
    scope.add("Four", PipelineProject::new().environment("TOKEN", token)); //~ error codebuild::secret-in-plain-text at Tools/Four/Resource: `TOKEN`
    let read =
        || PolicyStatement::allow(["secretsmanager:GetSecretValue"]).on(["arn:aws:secretsmanager:*:*:secret:a-*"]);
    scope.add("Fourteen", PipelineProject::new().environment_secret("A", "a")); //~ warning codebuild::secret-without-permission at Tools/Fourteen/Resource: `A`
    scope.add("Fifteen", PipelineProject::new().environment_secret("A", "a").allow(read()));
    scope.add("Six", PipelineProject::new().allow(read()).environment("A", "1").environment_secret("A", "a")); //~ warning codebuild::duplicate-variable at Tools/Six/Resource: `A`
    scope.add("Seven", PipelineProject::new().environment_type("linux")); //~ warning codebuild::unknown-environment-type at Tools/Seven/Resource: `linux`
    scope.add("Eight", PipelineProject::new().compute_type("SMALL")); //~ warning codebuild::unknown-compute-type at Tools/Eight/Resource: `SMALL`
    let arm = || PipelineProject::new().image("aws/codebuild/amazonlinux-aarch64-standard:3.0");
    scope.add("Eleven", PipelineProject::new().environment_type("ARM_CONTAINER")); //~ warning codebuild::other-image at Tools/Eleven/Resource: `aws/codebuild/standard:7.0`
    scope.add("Nameless", PipelineProject::new().image(" ")); //~ error codebuild::no-image at Tools/Nameless/Resource: without a name
    scope.add("Twelve", arm()); //~ warning codebuild::other-image at Tools/Twelve/Resource: LINUX_CONTAINER
    scope.add("Thirteen", arm().environment_type("ARM_CONTAINER"));
    scope.add("Nine", arm().environment_type("ARM_LAMBDA_CONTAINER")); //~ warning codebuild::other-compute-type at Tools/Nine/Resource: BUILD_GENERAL1_SMALL
    scope.add("Ten", PipelineProject::new().compute_type("BUILD_LAMBDA_1GB")); //~ warning codebuild::other-compute-type at Tools/Ten/Resource: LINUX_CONTAINER
    let network = VpcConfig::new("vpc-00000001").security_group("sg-00000001");
    scope.add("Sixteen", PipelineProject::new().vpc_config(network)); //~ error vpc::no-subnet at Tools/Sixteen/Resource: no subnet
    scope.add("Five", PipelineProject::import("orders")); //~ error codebuild::malformed-project-arn at Tools/Five/Resource: `orders`
    check(app);
}

#[test]
fn action_with_secrets_that_its_builds_cannot_read_or_everybody_can() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    let read = PolicyStatement::allow(["secretsmanager:GetSecretValue"]).on(["arn:aws:secretsmanager:*:*:secret:a-*"]);
    let given = scope.add("Role", Role::new(Principal::service("codebuild.amazonaws.com")));
    let plain = scope.add("Plain", PipelineProject::new());
    let reading = scope.add("Reading", PipelineProject::new().allow(read));
    let with_role = scope.add("WithRole", PipelineProject::new().role(given));
    let source = Artifact::new("Source");
    let build = |project| CodeBuild::new(project, &source).environment_secret("TOKEN", "a");
    let builds = Stage::new("Build")
        .action(Action::new("Plain", build(plain))) //~ warning codebuild::secret-without-permission at Tools/Pipeline: `TOKEN`
        .action(Action::new("Shown", CodeBuild::new(plain, &source).environment("A", Secret::new("git")))) //~ error codebuild::secret-in-plain-text at Tools/Pipeline: `A`
        .action(Action::new("Reading", build(reading)))
        .action(Action::new("WithRole", build(with_role)))
        .action(Action::new("Replaced", build(plain).environment_json("[]")));
    scope.add("Pipeline", Pipeline::new("orders").stage(checkout(&source)).stage(builds));
    check(app);
}

#[test]
fn role_path_of_an_app_without_slashes() {
    let mut app = placed(Pipeline::new("orders").stage(checkout(&Artifact::new("Source"))).stage(approve("Approve"))); //~ warning artifact::unread at Tools/Pipeline: `Source`
    app.attach(app.root(), RolePath::new("ci/")); //~ error iam::malformed-path at the app: `ci/`
    check(app);
}

#[test]
fn two_role_paths() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Role", role());
    app.attach(tools, RolePath::new("/a/"));
    app.attach(tools, RolePath::new("/b/")); //~ error role-path::contradiction at Tools: `/b/`
    check(app);
}

#[test]
fn managed_policies_that_are_no_arns() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let of_aws = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    app.at(tools).add("Role", role().managed_policy(of_aws).managed_policy("ReadOnlyAccess")); //~ error iam::malformed-policy-arn at Tools/Role: `ReadOnlyAccess`
    let boundary = "arn:aws:iam::111111111111:role/boundary";
    app.at(tools).add("Bounded", role().permissions_boundary(boundary)); //~ error iam::malformed-policy-arn at Tools/Bounded: role/boundary
    app.attach(tools, PermissionsBoundary::new("boundary")); //~ error iam::malformed-policy-arn at Tools: `boundary`
    check(app);
}

#[test]
fn permissions_boundary_of_no_name() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Role", role());
    let arn = "arn:aws:iam::111111111111:policy/boundary";
    app.attach(tools, PermissionsBoundary::named(arn)); //~ error iam::malformed-boundary-name at Tools: `arn:aws:iam::111111111111:policy/boundary`
    check(app);
}

/// A construct that wants its notes in a file that is taken.
#[derive(Debug)]
struct Notes;

construct_core::handle! {
    /// Notes.
    struct NotesRef {}
}

impl construct_core::Document for Notes {
    fn file(&self) -> &'static str {
        "manifest.json"
    }

    fn contents(&self, _: &construct_core::DocumentCx<'_>) -> Option<serde_json::Value> {
        Some("nothing".into())
    }
}

impl construct_core::Synth for Notes {
    type Handle = NotesRef;

    fn plan(&self, cx: &mut construct_core::PlanCx<'_>) -> Box<dyn construct_core::Lower> {
        cx.document(Self);
        Box::new(construct_core::Nothing)
    }
}

#[test]
fn document_with_the_name_of_another_file() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Role", role());
    app.at(tools).add("Notes", Notes); //~ error document::name-taken at Tools/Notes: `manifest.json`
    check(app);
}

/// Deploys a stack that makes roles of its own.
fn with_roles(source: &Artifact, resource: &str) -> DeployStack {
    let keep = PolicyStatement::allow(["iam:CreateRole", "iam:GetRole", "iam:PutRolePolicy"]).on([resource.to_owned()]);
    deployment(source).allow(keep)
}

#[test]
fn deployment_role_that_reaches_the_roles_of_its_pipeline() {
    let source = Artifact::new("Source");
    let deploy = with_roles(&source, "arn:aws:iam::111111111111:role/orders-*");
    let deploy = Action::new("Deploy", deploy); //~ warning deploy::reaches-own-roles at Tools/Pipeline: `iam:PutRolePolicy` on `orders-us-east-1-deploy-
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Deploy").action(deploy))));
}

#[test]
fn deployment_role_that_reaches_the_roles_of_its_pipeline_in_another_account() {
    let source = Artifact::new("Source");
    let deploy = with_roles(&source, "arn:aws:iam::222222222222:role/*");
    let deploy = Action::new("Deploy", deploy).account(OTHER); //~ warning deploy::reaches-own-roles at Tools/Pipeline: `orders-us-east-1-action-
    check(placed(Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Deploy").action(deploy))));
}
