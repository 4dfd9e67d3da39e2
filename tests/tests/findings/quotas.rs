//! What services take at most, and what comes of being near it.

use super::*;

/// Accounts other than that of the pipeline.
fn accounts(n: usize) -> impl Iterator<Item = String> {
    (0..n).map(|n| format!("2{n:011}"))
}

fn bucket() -> (App, BucketRef) {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let bucket = app.at(tools).add("Store", Bucket::new());
    (app, bucket)
}

fn read_by(accounts: impl Iterator<Item = String>, bucket: BucketRef) -> PolicyStatement {
    let principals = accounts.map(|account| Principal::account(Env::new(&account, "us-east-1")));
    principals.fold(PolicyStatement::allow(["s3:GetObject"]).on([bucket.objects()]), PolicyStatement::principal)
}

#[test]
fn bucket_policy_that_is_too_long() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let bucket = app.at(tools).add("Store", Bucket::new());
    //~^ error s3::policy-too-large at Tools/Store/Policy: S3 takes at most 20480
    app.attach(bucket, read_by(accounts(620), bucket));
    check(app);
}

#[test]
fn bucket_policy_that_is_nearly_too_long() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let bucket = app.at(tools).add("Store", Bucket::new());
    //~^ warning quota::nearly-reached at Tools/Store/Policy: of the 20480 bytes that S3 takes
    app.attach(bucket, read_by(accounts(530), bucket));
    check(app);
}

#[test]
fn accounts_that_still_fit_are_counted() {
    let (mut app, bucket) = bucket();
    app.attach(bucket, read_by(accounts(530), bucket));
    let (_, warnings) = app.synth_with_warnings().expect("nearly is no error");
    let text = warnings.to_string();
    let (_, rest) = text.split_once("530 other accounts take about 33 bytes each; ").expect(&text);
    let more: usize = rest.split_once(" more fit").expect(&text).0.parse().expect(&text);
    // What is promised fits, and one more does not.
    let synthesis = |n| {
        let (mut app, bucket) = self::bucket();
        app.attach(bucket, read_by(accounts(n), bucket));
        app.synth()
    };
    assert!(synthesis(530 + more).is_ok());
    let error = synthesis(530 + more + 1).expect_err("that is one too many").to_string();
    assert!(error.contains(&format!("{} fit", 530 + more)), "{error}");
}

#[test]
fn key_policy_that_is_too_long() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let key = app.at(tools).add("Key", Key::new()); //~ error kms::policy-too-large at Tools/Key: KMS takes at most 32768
    for account in accounts(1_000) {
        let principal = Principal::account(Env::new(&account, "us-east-1"));
        app.attach(key, PolicyStatement::allow(["kms:Decrypt"]).principal(principal));
    }
    check(app);
}

#[test]
fn trust_policy_that_is_too_long() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let role = app.at(tools).add("Role", Role::new(Principal::service("lambda.amazonaws.com")));
    //~^ error iam::policy-too-large at Tools/Role: IAM takes at most 2048
    for account in accounts(70) {
        let principal = Principal::account(Env::new(&account, "us-east-1"));
        app.attach(role, PolicyStatement::allow(["sts:AssumeRole"]).principal(principal));
    }
    check(app);
}

#[test]
fn trust_policy_that_is_long_and_may_be() {
    let mut app = App::new();
    app.quota(&quota::TRUST_POLICY, 4_096);
    let tools = app.stack("Tools", HOME);
    let role = app.at(tools).add("Role", Role::new(Principal::service("lambda.amazonaws.com")));
    for account in accounts(70) {
        let principal = Principal::account(Env::new(&account, "us-east-1"));
        app.attach(role, PolicyStatement::allow(["sts:AssumeRole"]).principal(principal));
    }
    assert!(app.synth().is_ok());
}

#[test]
fn permissions_that_do_not_fit_into_ten_managed_policies() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME); //~ warning template::not-inline at Tools: bytes
    let role = app.at(tools).add("Role", Role::new(Principal::service("lambda.amazonaws.com")));
    //~^ error iam::too-many-managed-policies at Tools/Role: 12 managed policies; IAM takes at most 10
    let buckets = (0..2_700).map(|n| format!("arn:aws:s3:::orders-{n:04}/*"));
    app.attach(role, PolicyStatement::allow(["s3:GetObject"]).on(buckets));
    check(app);
}

#[test]
fn one_permission_that_is_too_long_for_any_policy() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let role = app.at(tools).add("Role", Role::new(Principal::service("lambda.amazonaws.com")));
    //~^ error iam::policy-too-large at Tools/Role: IAM takes at most 6144
    let tags = (0..900).map(|n| format!("value-{n:06}"));
    let statement = PolicyStatement::allow(["s3:GetObject"]).on(["arn:aws:s3:::orders/*"]);
    app.attach(role, statement.condition("StringEquals", "aws:PrincipalTag/team", tags));
    check(app);
}

#[test]
fn stage_that_is_nearly_full() {
    let source = Artifact::new("Source");
    let approvals = (0..40).map(|n| Action::new(format!("Approve-{n}"), ManualApproval::new()));
    let pipeline = Pipeline::new("orders")
        .stage(checkout(&source))
        .stage(Stage::new("Many").actions(approvals)) //~ warning quota::nearly-reached at Tools/Pipeline: 40 of the 50
        .stage(deploy(&source));
    check(placed(pipeline));
}

#[test]
fn pipeline_with_nearly_as_many_stages_as_there_may_be() {
    let source = Artifact::new("Source");
    let stages = (0..38).map(|n| approve(&format!("Approve-{n}")));
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stages(stages).stage(deploy(&source));
    check(placed(pipeline)); //~ warning quota::nearly-reached at Tools/Pipeline: 40 of the 50 stages
}

#[test]
fn stages_that_aws_granted() {
    let source = Artifact::new("Source");
    let stages = (0..58).map(|n| approve(&format!("Approve-{n}")));
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stages(stages).stage(deploy(&source));
    let mut app = placed(pipeline);
    app.quota(&quota::STAGES, 100);
    let (_, warnings) = app.synth_with_warnings().expect("60 of 100 stages");
    assert!(warnings.is_empty(), "{warnings}");
}

#[test]
fn quota_that_aws_raises_for_nobody() {
    let source = Artifact::new("Source");
    let mut app = placed(Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source)));
    app.quota(&quota::BUCKET_POLICY, 30_000); //~ warning quota::not-adjustable at the app: 30000 bytes
    app.quota(&quota::MANAGED_POLICIES, 21); //~ warning quota::not-adjustable at the app: 20 at most
    check(app);
}

#[test]
fn quota_with_two_values() {
    let source = Artifact::new("Source");
    let mut app = placed(Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source)));
    app.quota(&quota::STAGES, 60);
    app.quota(&quota::STAGES, 70); //~ error quota::contradiction at the app: 60 stages
    check(app);
}

#[test]
fn more_of_everything_than_an_account_has() {
    let source = Artifact::new("Source");
    let from_elsewhere = CodeCommitSource::new("orders", &source);
    let checkout = Stage::new("Source").action(Action::new("Checkout", from_elsewhere).account(OTHER));
    let mut app = App::new();
    let quotas = [&quota::STACKS, &quota::ROLES, &quota::PIPELINES, &quota::KEYS, &quota::EVENT_BUS_POLICY];
    for quota in quotas.into_iter().chain([&quota::EVENT_RULES, &quota::BUCKETS]) {
        app.quota(quota, 0);
    }
    let tools = app.stack("Tools", HOME);
    let pipeline = Pipeline::new("orders").stage(checkout).stage(deploy(&source));
    // The scaffold stack, which the pipeline makes, comes first.
    app.at(tools).add("Pipeline", pipeline);
    //~^ warning quota::stacks at the app: 111111111111/us-east-1: 1 stacks
    //~^^ warning quota::stacks at the app: 222222222222/us-east-1: 1 stacks
    //~^^^ warning iam::too-many-roles at the app: account 111111111111
    //~^^^^ warning iam::too-many-roles at the app: account 222222222222
    //~^^^^^ warning pipeline::too-many-pipelines at the app: 1 pipelines
    //~^^^^^^ warning kms::too-many-keys at the app: 1 keys
    //~^^^^^^^ warning events::policy-too-large at the app: characters
    //~^^^^^^^^ warning events::too-many-rules at the app: 111111111111/us-east-1: 1 rules
    //~^^^^^^^^^ warning events::too-many-rules at the app: 222222222222/us-east-1: 1 rules
    //~^^^^^^^^^^ warning s3::too-many-buckets at the app: account 111111111111: 1 buckets
    check(app);
}

#[test]
fn more_of_what_programs_write_by_hand_than_an_account_has() {
    let source = Artifact::new("Source");
    let polls = CodeCommitSource::new("orders", &source).poll();
    let checkout = Stage::new("Source").action(Action::new("Checkout", polls));
    let mut app = placed(Pipeline::new("orders").stage(checkout).stage(deploy(&source)));
    //~^ warning pipeline::too-many-polling at the app: 1 pipelines
    //~^^ warning pipeline::too-many-webhooks at the app: 1 webhooks
    //~^^^ warning pipeline::too-many-action-types at the app: 1 action types
    for quota in [&quota::POLLING_PIPELINES, &quota::WEBHOOKS, &quota::CUSTOM_ACTION_TYPES] {
        app.quota(quota, 0);
    }
    let more = app.stack("More", HOME);
    app.at(more).add("Hook", RawResource::new("AWS::CodePipeline::Webhook").property("Name", "orders"));
    app.at(more).add("Type", RawResource::new("AWS::CodePipeline::CustomActionType").property("Category", "Test"));
    check(app);
}

#[test]
fn more_tags_than_a_resource_may_have() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let queue = app.at(tools).add("Topic", Topic::new()); //~ error tag::too-many at Tools/Topic: 51 tags
    (0..51).for_each(|n| app.attach(queue, Tag::new(format!("key-{n}"), "value")));
    check(app);
}

#[test]
fn parameter_with_a_default_that_is_too_long() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME); //~ error template::long-parameter at Tools: 4097 bytes
    app.at(tools).add("Long", construct_core::Parameter::new("String").default_value("x".repeat(4_097)));
    app.at(tools).add("Store", ArtifactStore::new("orders"));
    check(app);
}

#[test]
fn more_aliases_than_a_key_may_have() {
    let source = Artifact::new("Source");
    let mut app = placed(Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source)));
    let more = app.stack("More", HOME);
    let mut scope = app.at(more);
    let key = scope.add("Key", Key::new());
    for n in 0..51 {
        scope.add(format!("Alias{n}"), Alias::new(format!("alias/orders-{n}"), key)); //~ error kms::too-many-aliases at More/Alias0: 51 aliases
    }
    check(app);
}

#[test]
fn rules_of_events_that_are_too_large() {
    let source = Artifact::new("Source");
    let mut app = placed(Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source)));
    let more = app.stack("More", HOME);
    let mut scope = app.at(more);
    let role = scope.add("Role", Role::new(Principal::service("events.amazonaws.com")));
    let many = (0..6).fold(Rule::new(Expr::map([("source", Expr::list(["orders"]))])), |rule, n| {
        rule.target(Arn::regional(HOME, "sns", format!("orders-{n}")), role.arn())
    });
    scope.add("Many", many); //~ error events::too-many-targets at More/Many: 6 targets
    let sources = (0..200).map(|n| Expr::from(format!("orders-{n:03}")));
    let long = Rule::new(Expr::map([("source", Expr::list(sources))]));
    scope.add("Long", long.target(Arn::regional(HOME, "sns", "orders"), role.arn())); //~ error events::pattern-too-large at More/Long: characters
    check(app);
}

#[test]
fn configuration_that_is_too_large_as_a_whole() {
    let source = Artifact::new("Source");
    let jenkins = CustomAction::new(Category::Test, Owner::Custom, "Jenkins").input(&source);
    let keys = ["One", "Two", "Three"];
    let jenkins = keys.into_iter().fold(jenkins, |action, key| action.configuration(key, "x".repeat(39_000)));
    let action = Action::new("Check", jenkins);
    //~^ warning configuration::long-value at Tools/Pipeline: `One`
    //~^^ warning configuration::long-value at Tools/Pipeline: `Two`
    //~^^^ warning configuration::long-value at Tools/Pipeline: `Three`
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(Stage::new("Check").action(action));
    let app = placed(pipeline);
    //~^ error configuration::too-large at Tools/Pipeline: `Check Check`: 117011 bytes
    //~^^ warning template::not-inline at Tools: 121194 bytes
    check(app);
}

#[test]
fn triggers_that_are_too_large_together() {
    let source = Artifact::new("Source");
    let patterns =
        |kind: &str| (0..8).map(|n| Expr::from(format!("{kind}/{n}/{}", "x".repeat(240)))).collect::<Vec<_>>();
    let criteria = |kind: &str| Properties::new().set("Includes", patterns(kind)).set("Excludes", patterns(kind));
    let filter = || Properties::new().set("Branches", criteria("branch")).set("FilePaths", criteria("path"));
    let git = || Properties::new().set("SourceActionName", "Checkout").set("Push", vec![filter(), filter()]);
    let trigger = || Properties::new().set("ProviderType", "CodeStarSourceConnection").set("GitConfiguration", git());
    let triggers: Vec<Properties> = (0..15).map(|_| trigger()).collect();
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source));
    let app = placed(pipeline.property("Triggers", triggers));
    //~^ error trigger::too-large at Tools/Pipeline: 244951 bytes
    //~^^ warning quota::nearly-reached at Tools/Pipeline: 8 of the 8 patterns
    //~^^^ warning template::not-inline at Tools: 250864 bytes
    check(app);
}

#[test]
fn triggers_beyond_the_limit() {
    let source = Artifact::new("Source");
    let trigger = || Properties::new().set("ProviderType", "CodeStarSourceConnection");
    let triggers: Vec<Properties> = (0..51).map(|_| trigger()).collect();
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source));
    let pipeline = pipeline.property("Triggers", triggers);
    check(placed(pipeline)); //~ error trigger::too-many at Tools/Pipeline: 51 triggers
}
