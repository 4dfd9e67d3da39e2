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
fn triggers_beyond_the_limit() {
    let source = Artifact::new("Source");
    let trigger = || Properties::new().set("ProviderType", "CodeStarSourceConnection");
    let triggers: Vec<Properties> = (0..51).map(|_| trigger()).collect();
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source));
    let pipeline = pipeline.property("Triggers", triggers);
    check(placed(pipeline)); //~ error trigger::too-many at Tools/Pipeline: 51 triggers
}
