//! Every quota of the table: it warns in time, and refuses what is too much.

use std::collections::BTreeMap;

use construct_core::{Assembly, Diagnostic, Diagnostics, Measure, Parameter, QuotaScope, Severity};
use construct_pipeline::prelude::*;
use construct_pipeline::quota;
use construct_tests::programs::HOME;
use construct_tests::{TempDir, template};

const OTHER: &str = "222222222222";

/// A program that uses some of every quota that a program can use.
fn some_of_everything() -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    scope.add("Team", Parameter::new("String").default_value("orders"));
    scope.add("Said", Output::new("some"));
    let key_name: Value<kind::Name> = SsmParameter::new("/delivery/name").version(3).into();
    scope.add("Topic", RawResource::new("AWS::SNS::Topic").property("DisplayName", key_name));
    let buckets = (0..300).map(|n| format!("arn:aws:s3:::orders-{n:04}/*"));
    let approvals = scope.add("Approvals", Topic::new());
    let announce = PolicyStatement::allow(["sns:Publish"]).principal(Principal::account(Env::new(OTHER, "us-east-1")));
    scope.attach(approvals, announce.on([approvals.arn()]));
    scope.add("Project", PipelineProject::new().build_spec_file("buildspec.yml"));
    // More than fits into a role: it has managed policies, too.
    let read = PolicyStatement::allow(["s3:GetObject"]).on(buckets);
    scope.add("Reader", Role::new(Principal::service("lambda.amazonaws.com")).allow(read));
    scope.add("Hook", RawResource::new("AWS::CodePipeline::Webhook").property("Name", "orders"));
    scope.add("Type", RawResource::new("AWS::CodePipeline::CustomActionType").property("Category", "Test"));
    let (source, more, polled) = (Artifact::new("Source"), Artifact::new("More"), Artifact::new("Polled"));
    let connection = "arn:aws:codeconnections:us-east-1:111111111111:connection/b3a5f9f0-0000-4000-8000-000000000000";
    let releases = GitPushFilter::new().tags(GlobPatterns::new().include("v*"));
    let checkout = Action::new("Checkout", ConnectionSource::new(connection, "orders/orders", &source));
    let from_elsewhere = Action::new("Elsewhere", CodeCommitSource::new("more", &more)).account(OTHER);
    let queues = PolicyStatement::allow(["sqs:*"]).on([Arn::regional(Env::new(OTHER, "us-east-1"), "sqs", "orders-*")]);
    let polls = Action::new("Polls", CodeCommitSource::new("polled", &polled).poll());
    let site = Artifact::new("Site").export_file("dist/**/*");
    let make = Commands::new(&polled).command("make").environment("A", "1").output_variable("B").output(&site);
    let publish = Commands::new(&site).command("ls");
    let build = [Action::new("Make", make), Action::new("Publish", publish).run_order(2)];
    let calm = ConditionRule::new("Calm", "Commands").command("make check").input(&polled);
    let deploy = |name: &str, from: &Artifact| {
        let stack = DeployStack::new(format!("orders-{name}"), from.file("template.yaml")).allow(queues.clone());
        Action::new(name, stack).account(OTHER)
    };
    let pipeline = Pipeline::new("orders")
        .variable(Variable::new("Stage").default_value("live"))
        .trigger(GitTrigger::new("Checkout").push(releases))
        .stage(Stage::new("Source").actions([checkout, from_elsewhere, polls]))
        .stage(Stage::new("Build").actions(build).before_entry(Condition::new(StageResult::Fail).rule(calm)))
        .stage(Stage::new("Deploy").actions([deploy("One", &source), deploy("Two", &more)]))
        .stage(Stage::new("Later").action(deploy("Three", &source).run_order(2)));
    scope.add("Pipeline", pipeline);
    app.attach(tools, Tag::new("team", "orders"));
    app
}

/// Whether a text speaks of what a quota is about, such as the stage of the actions of the stage.
fn words(quota: &Quota, text: &str) -> bool {
    let thing = quota.name.rsplit_once(" of the ").map_or(quota.name, |(_, thing)| thing);
    text.contains(&format!("the {}", quota.name)) || text.contains(&format!("the {thing} `"))
}

/// What a program finds about a quota with another value.
fn found(quota: &'static Quota, value: usize) -> Vec<Diagnostic> {
    let mut app = some_of_everything();
    app.quota(quota, value);
    let findings: Diagnostics = match app.synth_with_warnings() {
        Ok((_, warnings)) => warnings,
        Err(error) => error.findings().expect("nothing is written").clone(),
    };
    let about = |one: &&Diagnostic| match one.code() {
        "quota::nearly-reached" => one.message().contains(&format!(" {}", quota.unit)) && words(quota, one.message()),
        code => code == quota.code,
    };
    findings.iter().filter(about).cloned().collect()
}

/// The most that one thing of the program uses of each quota.
fn used() -> BTreeMap<&'static Quota, usize> {
    let assembly = some_of_everything().synth().expect("the program has no mistakes");
    let mut used = BTreeMap::new();
    for measure in quota::measure(&assembly, Quotas::new()) {
        let most = used.entry(measure.quota).or_insert(0);
        *most = measure.size.max(*most);
    }
    used
}

/// What synthesis divides or writes shorter when it comes near the quota, before it speaks of it.
const MENDED: [&Quota; 4] =
    [&quota::INLINE_POLICIES, &quota::MANAGED_POLICY, &quota::BUCKET_POLICY, &quota::KEY_POLICY];

#[test]
fn every_quota_warns_from_eighty_hundredths_and_refuses_more_than_all() {
    let used = used();
    // No program has mappings; those of other tools' assemblies are measured.
    let all = quota::all().filter(|quota| **quota != quota::MAPPINGS && !MENDED.contains(quota));
    for quota in all {
        let size = *used.get(quota).unwrap_or_else(|| panic!("{quota:?} is not in the program"));
        // The largest value of which the size is still 80 %, and the next.
        let nearly = size * 100 / 80;
        let warning = |value| {
            let found = found(quota, value);
            assert!(found.iter().all(|one| one.code() == "quota::nearly-reached"), "{quota:?} {value}: {found:?}");
            !found.is_empty()
        };
        // Of a stage it is known before there is a template, and whether a wave made it.
        let warns = quota.warns || *quota == quota::ACTIONS_OF_A_STAGE;
        assert_eq!(warning(nearly), warns, "{quota:?}: {size} of {nearly}");
        assert_eq!(warning(size), warns, "{quota:?}: {size} of {size}");
        assert!(!warning(nearly + 1), "{quota:?}: {size} of {}", nearly + 1);
        let found = found(quota, size - 1);
        let over = found.iter().find(|one| one.code() == quota.code);
        let over = over.unwrap_or_else(|| panic!("{quota:?}: {size} of {}: {found:?}", size - 1));
        let counts_for_one = quota.scope == QuotaScope::Each && *quota != quota::INLINE_TEMPLATE;
        assert_eq!(over.severity() == Severity::Error, counts_for_one, "{over:?}");
        assert!(over.message().contains(&format!("at most {}", size - 1)), "{over:?}");
        assert!(over.help_text().is_some() && (over.location().is_some() || !counts_for_one), "{over:?}");
    }
}

#[test]
fn a_quota_may_be_any_number() {
    for quota in quota::all() {
        assert!(found(quota, usize::MAX).is_empty(), "{quota:?}");
        // What nothing is allowed of is found; that some of it is divided beforehand is no reason for more.
        assert!(found(quota, 0).iter().all(|one| one.code() == quota.code), "{quota:?}");
    }
}

#[test]
fn what_can_be_mended_fits_a_smaller_quota() {
    let used = used();
    for quota in MENDED {
        let value = used[quota] - 1;
        let mut app = some_of_everything();
        app.quota(quota, value);
        let (assembly, warnings) = app.synth_with_warnings().unwrap_or_else(|error| panic!("{quota:?}: {error}"));
        let measures = quota::measure(&assembly, Quotas::new().with(quota, value));
        let measures = measures.iter().filter(|measure| measure.quota == quota);
        let said = measures.clone().filter_map(Measure::finding).count();
        assert!(measures.map(|measure| measure.size).max() <= Some(value), "{quota:?}");
        assert_eq!(warnings.len(), said, "{quota:?}: {warnings}");
    }
}

/// The findings of an app with nothing but what is placed here.
fn findings_of(place: impl FnOnce(&mut Scope<'_>)) -> Vec<(&'static str, String)> {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    place(&mut app.at(tools));
    let findings: Diagnostics = match app.synth_with_warnings() {
        Ok((_, warnings)) => warnings,
        Err(error) => error.findings().expect("nothing is written").clone(),
    };
    findings.iter().map(|one| (one.code(), one.message().to_owned())).collect()
}

fn publisher(n: usize, topic: TopicRef) -> PolicyStatement {
    let account = Principal::account(Env::new(&format!("2{n:011}"), "us-east-1"));
    PolicyStatement::allow(["sns:Publish"]).principal(account).on([topic.arn()])
}

/// What is measured beside pipelines is measured without one, too.
#[test]
fn resources_are_measured_in_apps_without_pipelines() {
    let rule = || Rule::new(Expr::map([("source", Expr::list(["x".repeat(2_034)]))]));
    let role = |scope: &mut Scope<'_>| scope.add("Role", Role::import("arn:aws:iam::111111111111:role/events"));
    let found = findings_of(|scope| {
        let role = role(scope);
        let rule =
            (0..6).fold(rule(), |rule, n| rule.target(format!("arn:aws:sqs:us-east-1:111111111111:q{n}"), role.arn()));
        scope.add("Rule", rule);
    });
    let said = |code, message: &str| (code, message.to_owned());
    let expected = [
        said("events::too-many-targets", "the targets of the rule: 6 targets; EventBridge takes at most 5"),
        said("events::pattern-too-large", "the pattern of the rule: 2049 characters; EventBridge takes at most 2048"),
    ];
    assert_eq!(found, expected);
    let found = findings_of(|scope| {
        let role = role(scope);
        for n in 0..301 {
            let rule = Rule::new(Expr::map([("source", Expr::list([format!("s{n}")]))]));
            scope.add(format!("Rule{n}"), rule.target("arn:aws:sqs:us-east-1:111111111111:orders", role.arn()));
        }
    });
    assert!(found.iter().any(|(code, _)| *code == "events::too-many-rules"), "{found:?}");
    let found = findings_of(|scope| {
        let key = scope
            .add("Key", Key::import("arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"));
        for n in 0..51 {
            scope.add(format!("Alias{n}"), Alias::new(format!("alias/a{n}"), key));
        }
    });
    assert_eq!(found, [said("kms::too-many-aliases", "the aliases of the key: 51 aliases; KMS takes at most 50")]);
    let found = findings_of(|scope| {
        let topic = scope.add("Topic", Topic::new());
        (0..201).for_each(|n| scope.attach(topic, publisher(n, topic)));
        scope.attach(topic, publisher(201, topic).condition("Bool", "aws:SecureTransport", ["true"]));
    });
    let too_many = "the principals of a statement for the topic: 201 principals; SNS takes at most 200";
    assert_eq!(found, [said("sns::policy-too-large", too_many)]);
    let found = findings_of(|scope| {
        let topic = scope.add("Topic", Topic::new());
        for n in 0..101 {
            let one = publisher(n, topic).condition("StringEquals", "aws:PrincipalTag/team", [n.to_string()]);
            scope.attach(topic, one);
        }
    });
    let too_many = "the statements for the topic: 101 statements; SNS takes at most 100";
    assert!(found.contains(&said("sns::policy-too-large", too_many)), "{found:?}");
}

/// The policy of an event bus is counted as it stands there: with the ids of its statements.
#[test]
fn the_policy_of_an_event_bus_is_counted_as_it_stands_there() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let bus = "arn:aws:events:us-east-1:111111111111:event-bus/default";
    // All stacks of an environment share the bus.
    let more = app.stack("More", HOME);
    for n in 2..6 {
        let account = Principal::account(Env::new(&format!("{n}").repeat(12), "us-east-1"));
        let admit = PolicyStatement::allow(["events:PutEvents"]).principal(account).on([bus]);
        app.at(if n < 4 { tools } else { more })
            .add(format!("Bus{n}"), EventBusPolicy::new(format!("from-{n}"), admit));
    }
    let other = RawResource::new("AWS::Events::EventBusPolicy").property("EventBusName", "orders");
    let other = other.property("StatementId", "all").property("Action", "events:PutEvents").property("Principal", "*");
    app.at(tools).add("Other", other);
    let assembly = app.synth().expect("the program has no mistakes");
    let statements = (2..6).map(|n| {
        let principal = format!("arn:aws:iam::{}:root", format!("{n}").repeat(12));
        serde_json::json!({
            "Sid": format!("from-{n}"), "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "events:PutEvents", "Resource": bus,
        })
    });
    let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>() });
    let measures = quota::measure(&assembly, Quotas::new());
    let sizes: Vec<_> = measures.iter().filter(|one| *one.quota == quota::EVENT_BUS_POLICY).collect();
    let [other, default] = &*sizes else { panic!("{sizes:?}") };
    assert_eq!((&*default.place, default.size), ("111111111111/us-east-1", policy.to_string().len()));
    assert_eq!(other.part.as_deref(), Some("orders"));
    assert!(other.size > 150, "{other:?}");
}

#[test]
fn managed_policies_of_a_role_are_numbered() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let buckets = (0..300).map(|n| format!("arn:aws:s3:::orders-{n:04}/*"));
    let role = Role::new(Principal::service("lambda.amazonaws.com")).role_name("reader");
    app.at(tools).add("Reader", role.allow(PolicyStatement::allow(["s3:GetObject"]).on(buckets)));
    let template = template::of(&app.synth().expect("it fits").stacks()[0]);
    let managed = template::resources(&template).filter(|(_, resource)| resource["Type"] == "AWS::IAM::ManagedPolicy");
    let names: Vec<_> = managed.map(|(_, resource)| resource["Properties"]["ManagedPolicyName"].clone()).collect();
    assert_eq!(names, ["reader-1"]);
}

#[test]
fn what_helps_a_full_stack_is_said_of_the_stack_alone() {
    let mut app = App::new();
    let tools = app.stack("Tools", StackProps::new(HOME).when_full("make another stack"));
    let mut scope = app.at(tools);
    let topic = scope.add("Topic", Topic::new());
    (0..201).for_each(|n| scope.attach(topic, publisher(n, topic)));
    app.quota(&construct_core::quota::RESOURCES, 1);
    let error = app.synth().expect_err("it is too large in two ways");
    let helps = error.findings().expect("findings").iter().map(|one| (one.code(), one.help_text()));
    let (of_stack, others): (Vec<_>, Vec<_>) = helps.partition(|(code, _)| *code == "template::too-large");
    assert_eq!(of_stack, [("template::too-large", Some("make another stack"))]);
    assert!(!others.is_empty() && others.iter().all(|(_, help)| *help != Some("make another stack")), "{others:?}");
}

/// Nothing makes them shorter. A text that CloudFormation alone knows is estimated.
#[test]
fn policies_that_are_written_by_hand_are_too_long() {
    let read = |of: Expr| PolicyDocument::new().with(PolicyStatement::allow(["s3:GetObject"]).on([of])).expr();
    let found = findings_of(|scope| {
        let inline = |name: &'static str| {
            Expr::map([("PolicyName", name.into()), ("PolicyDocument", read("x".repeat(6_000).into()))])
        };
        let by_hand = Expr::list([inline("one"), inline("two")]);
        scope.add("ByHand", RawResource::new("AWS::IAM::Role").property("Policies", by_hand));
        let queue = scope.add("Queue", RawResource::new("AWS::SQS::Queue"));
        let long = read(text!("{}{}", queue.get_att("QueueName"), "x".repeat(21_000)).into());
        scope.add("Policy", RawResource::new("AWS::S3::BucketPolicy").property("PolicyDocument", long));
        scope.add("Role", Role::new(Principal::service("lambda.amazonaws.com")));
    });
    let said: Vec<&str> = found.iter().map(|(_, message)| &**message).collect();
    let [of_bucket, of_role] = said[..] else { panic!("{said:?}") };
    assert!(of_bucket.starts_with("the policy of the bucket: about 21"), "{of_bucket}");
    assert_eq!(of_role, "the inline policies of the role: 12190 characters; IAM takes at most 10240");
}

/// One that is written by hand is warned of; those that a role fills are told of with the role.
#[test]
fn managed_policies_are_nearly_too_long_before_they_are() {
    let of = |length: usize| {
        findings_of(|scope| {
            let read = PolicyStatement::allow(["s3:GetObject"]).on([format!("arn:aws:s3:::{}", "x".repeat(length))]);
            let policy = RawResource::new("AWS::IAM::ManagedPolicy")
                .property("PolicyDocument", PolicyDocument::new().with(read));
            scope.add("Policy", policy);
            scope.add("Role", Role::new(Principal::service("lambda.amazonaws.com")));
        })
    };
    let around = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::"}]}"#.len();
    assert_eq!(of(4_915 - around), []);
    let nearly = "the managed policy: 4916 of the 6144 characters that IAM takes, 80 %";
    assert_eq!(of(4_916 - around), [("quota::nearly-reached", nearly.to_owned())]);
    let found = findings_of(|scope| {
        let buckets = (0..2_000).map(|n| format!("arn:aws:s3:::orders-{n:04}/*"));
        let read = PolicyStatement::allow(["s3:GetObject"]).on(buckets);
        scope.add("Reader", Role::new(Principal::service("lambda.amazonaws.com")).allow(read));
    });
    let codes: Vec<_> = found.iter().filter(|(_, message)| !message.contains("inline")).collect();
    assert_eq!(codes.len(), 1, "{codes:?}");
    assert!(codes[0].1.starts_with("the managed policies of the role: 9 of the 10 "), "{codes:?}");
}

/// A pipeline with two actions in each of so many other accounts, in stages of 10 or in one.
fn spread(n: usize, in_one_stage: bool) -> App {
    let source = Artifact::new("Source");
    let approve = |n: usize, name: &str| Action::new(format!("{name}-{n}"), ManualApproval::new());
    let deploy = |n: usize, name: &str| {
        let account = format!("2{n:011}");
        let queues = PolicyStatement::allow(["sqs:*"]).on([Arn::regional(Env::new(&account, "us-east-1"), "sqs", "*")]);
        let stack = DeployStack::new("orders", source.file("template.yaml")).allow(queues);
        Action::new(format!("{name}-{n}"), stack).account(account)
    };
    let actions: Vec<Action> = (0..n).flat_map(|n| [deploy(n, "One"), deploy(n, "Two")]).collect();
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
    let mut pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(checkout));
    let each = if in_one_stage { actions.len() } else { 10 };
    let mut actions = actions.into_iter().peekable();
    while actions.peek().is_some() {
        let stage = Stage::new(format!("Deploy-{}", actions.len())).actions(actions.by_ref().take(each));
        pipeline = pipeline.stage(stage.action(approve(actions.len(), "Approve")));
    }
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Pipeline", pipeline);
    app
}

#[test]
fn actions_beyond_a_quota_say_how_many_accounts_fit() {
    for (quota, value, in_one_stage) in
        [(&quota::ACTIONS_OF_A_STAGE, 50, true), (&quota::ACTIONS_OF_A_PIPELINE, 60, false)]
    {
        let synth = |n| {
            let mut app = spread(n, in_one_stage);
            app.quota(quota, value);
            app.synth()
        };
        let error = synth(40).expect_err("80 actions are too many");
        let found = error
            .findings()
            .expect("nothing is written")
            .iter()
            .find(|one| one.code() == quota.code)
            .expect(quota.code);
        let note = found
            .notes()
            .find(|note| note.starts_with("40 other accounts take about 2 actions each; "))
            .expect("says who");
        let fit: usize = note.trim_end_matches(" fit").rsplit_once(' ').expect(note).1.parse().expect(note);
        assert!((20..30).contains(&fit), "{note}");
        assert!(synth(fit).is_ok(), "{note}");
        assert!(synth(fit + 6).is_err(), "{note}");
    }
}

/// A pipeline with so many approvals at home, and one deployment in each of so many other accounts.
fn mixed(n_home: usize, n_accounts: usize) -> App {
    let source = Artifact::new("Source");
    let approvals = (0..n_home).map(|n| Action::new(format!("Approve-{n}"), ManualApproval::new()));
    let deploys = (0..n_accounts).map(|n| {
        let account = format!("2{n:011}");
        let env = Env::new(&account, "us-east-1");
        let queues = PolicyStatement::allow(["sqs:*"]).on([Arn::regional(env, "sqs", "orders-*")]);
        let stack = DeployStack::new("orders", source.file("template.yaml")).allow(queues);
        Action::new(format!("Deploy-{n}"), stack).account(account)
    });
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
    let mut pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(checkout));
    let mut actions = approvals.chain(deploys).peekable();
    for stage in 0.. {
        if actions.peek().is_none() {
            break;
        }
        pipeline = pipeline.stage(Stage::new(format!("Stage-{stage}")).actions(actions.by_ref().take(25)));
    }
    let mut app = App::new();
    app.access(AccessCheck::Off).quota(&quota::ACTIONS_OF_A_PIPELINE, 120);
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Pipeline", pipeline);
    app
}

/// What is there for no other account has no part in how many accounts fit.
#[test]
fn only_what_is_there_for_accounts_is_counted_for_them() {
    let (_, warnings) = mixed(60, 40).synth_with_warnings().expect("101 of 120 are not too many");
    let note = |start: &str| warnings.iter().flat_map(Diagnostic::notes).any(|note| note == start);
    assert!(note("40 other accounts take one each; 19 more fit"), "{warnings}");
    assert!(mixed(60, 59).synth().is_ok() && mixed(60, 60).synth().is_err());

    // Most resources of a stack name nobody, or the account of the pipeline alone.
    let mut app = mixed(1, 2);
    let crowd = app.stack("Crowd", Env::new(OTHER, "us-east-1"));
    for n in 0..420 {
        let admitted = PolicyStatement::allow(["sts:AssumeRole"]).principal(Principal::account(HOME));
        let topic =
            RawResource::new("AWS::SNS::TopicPolicy").property("PolicyDocument", PolicyDocument::new().with(admitted));
        app.at(crowd).add(format!("Topic-{n}"), topic);
    }
    let (_, warnings) = app.synth_with_warnings().expect("420 of 500 are not too many");
    let nearly = warnings.iter().find(|one| one.message().contains("resources of the template")).expect("nearly");
    let notes: Vec<&str> = nearly.notes().collect();
    assert_eq!(notes, ["420 constructs take one each; 80 more fit"]);
}

/// Many pipelines in one stack are told as such, and so is how many of them fit.
#[test]
fn a_stack_with_too_many_pipelines_says_how_many_fit() {
    let synth = |n| {
        let mut app = App::new();
        app.access(AccessCheck::Off);
        let tools = app.stack("Tools", HOME);
        for n in 0..n {
            let source = Artifact::new("Source");
            let checkout = Action::new("Checkout", CodeCommitSource::new(format!("orders-{n}"), &source));
            let queues = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:*:*:orders-*"]);
            let deploy = DeployStack::new("orders", source.file("template.yaml")).allow(queues);
            let deploy = Action::new("Deploy", deploy).account(OTHER);
            let stages = [Stage::new("Source").action(checkout), Stage::new("Deploy").action(deploy)];
            app.at(tools).add(format!("Pipeline-{n}"), Pipeline::new(format!("orders-{n}")).stages(stages));
        }
        app.synth()
    };
    let error = synth(80).expect_err("640 resources are too many");
    let note = error.findings().expect("nothing is written").iter().find(|one| one.code() == "template::too-large");
    let notes: Vec<&str> = note.expect("it is found").notes().collect();
    assert_eq!(notes, ["80 constructs take about 8 resources each; 62 fit"]);
    assert!(synth(62).is_ok() && synth(63).is_err());
}

/// What drives a number of stages, and the policy of an event bus: other accounts, of which so many fit.
#[test]
fn stages_and_buses_say_how_many_accounts_fit() {
    let synth = |n: usize, stages: usize| {
        let mut app = App::new();
        app.access(AccessCheck::Off).quota(&quota::STAGES, 20).quota(&quota::EVENT_BUS_POLICY, 4_096);
        let tools = app.stack("Tools", HOME);
        let account = |n: usize| format!("2{n:011}");
        let artifact = |n: usize| Artifact::new(format!("Source{n}"));
        let from = |n| {
            let checkout = Action::new(format!("From-{n}"), CodeCommitSource::new("orders", &artifact(n)));
            if stages == 1 { checkout.account(account(n)) } else { checkout }
        };
        let queues = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:*:*:orders-*"]);
        let deploy = |n| {
            let stack = DeployStack::new("orders", artifact(n).file("template.yaml")).allow(queues.clone());
            Stage::new(format!("To-{n}")).action(Action::new("Deploy", stack).account(account(n)))
        };
        let pipeline = Pipeline::new("orders").stage(Stage::new("Source").actions((0..n).map(from)));
        app.at(tools).add("Pipeline", pipeline.stages((0..stages).map(deploy)));
        app.synth_with_warnings()
    };
    let notes_of = |findings: &Diagnostics, code: &str| -> Vec<String> {
        let of_code = findings.iter().filter(|one| one.code() == code);
        of_code.flat_map(Diagnostic::notes).map(str::to_owned).collect()
    };
    let error = synth(25, 25).expect_err("26 stages are too many");
    let findings = error.findings().expect("nothing is written");
    assert_eq!(notes_of(findings, "pipeline::too-many-stages"), ["25 other accounts take one each; 19 fit"]);
    let (_, nearly) = synth(18, 18).expect("19 of 20 stages fit");
    assert!(notes_of(&nearly, "quota::nearly-reached").contains(&"18 other accounts take one each; 1 more fit".into()));

    let too_large = |n: usize| {
        let (_, warnings) = synth(n, 1).expect("only a warning");
        notes_of(&warnings, "events::policy-too-large").into_iter().next()
    };
    let note = too_large(25).expect("the policy is too large");
    let fit =
        note.strip_suffix(" fit").and_then(|note| note.strip_prefix("25 other accounts take about ")?.rsplit_once(' '));
    let fit: usize = fit.expect(&note).1.parse().expect(&note);
    assert_eq!((too_large(fit), too_large(fit + 1).is_some()), (None, true), "{note}");
}

#[test]
fn an_assembly_keeps_the_quotas_that_its_app_set() {
    let mut app = App::new();
    app.quota(&quota::STAGES, 100).quota(&quota::BUCKETS, 5);
    let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    app.at(tools).add("Store", ArtifactStore::new("delivery"));
    let assembly = app.synth().unwrap();
    let dir = TempDir::new(env!("CARGO_TARGET_TMPDIR"));
    assembly.write(dir.join("cdk.out")).unwrap();
    let read = Assembly::read(dir.join("cdk.out")).unwrap();
    assert_eq!(read, assembly);
    assert_eq!(
        [&quota::STAGES, &quota::BUCKETS, &quota::PIPELINES].map(|one| read.quota(one)),
        [100, 5, quota::PIPELINES.value]
    );
    let buckets = quota::measure(&read, quota::of(&read)).into_iter().find(|one| *one.quota == quota::BUCKETS);
    assert_eq!(buckets.map(|one| (one.size, one.limit)), Some((1, 5)));

    let manifest = dir.join("cdk.out/manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("general purpose buckets", "x").replace("=5\"", "=five\"")).unwrap();
    let error = Assembly::read(dir.join("cdk.out")).unwrap_err().to_string();
    assert!(error.contains("which is no `name=number`"), "{error}");
}
