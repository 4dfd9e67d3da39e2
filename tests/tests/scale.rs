//! Many accounts: what stays when one is added, and what fits.

use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Assembly, Diagnostic};
use construct_pipeline::prelude::*;
use construct_tests::programs::{HOME, assembly};
use construct_tests::template;
use proptest::prelude::*;

const REGIONS: [&str; 4] = ["us-east-1", "eu-west-1", "ap-southeast-2", "us-west-2"];

/// The environment of a target by its number: each account in one of the regions.
fn env(n: usize) -> Env {
    Env::new(&format!("2{n:011}"), REGIONS[n % REGIONS.len()])
}

/// A pipeline that deploys to targets in one wave.
fn fleet(targets: impl IntoIterator<Item = Env>) -> Pipeline {
    let source = Artifact::new("Source");
    let checkout = Action::new("Checkout", CodeCommitSource::new("baseline", &source));
    let target = |env: Env| {
        let queues = PolicyStatement::allow(["sqs:*"]).on([Arn::regional(env, "sqs", "orders-*")]);
        let deploy = DeployStack::new("baseline", source.file("template.yaml")).allow(queues);
        Target::new(env).action(Action::new("Deploy", deploy))
    };
    Pipeline::new("fleet")
        .stage(Stage::new("Source").action(checkout))
        .wave(Wave::new("Fleet").targets(targets.into_iter().map(target)))
}

fn app(pipeline: Pipeline) -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Pipeline", pipeline);
    app
}

/// The stages with their actions.
fn stages(assembly: &Assembly) -> BTreeMap<String, BTreeSet<String>> {
    let templates: Vec<_> = assembly.stacks().iter().map(template::of).collect();
    let pipelines = templates.iter().flat_map(template::resources).map(|(_, resource)| resource);
    let pipeline = pipelines.into_iter().find(|resource| resource["Type"] == "AWS::CodePipeline::Pipeline");
    let name = |json: &serde_json::Value| json["Name"].as_str().expect("it has a name").to_owned();
    let stages = pipeline.expect("there is a pipeline")["Properties"]["Stages"].as_array().expect("a list");
    let actions = |stage: &serde_json::Value| stage["Actions"].as_array().into_iter().flatten().map(name).collect();
    stages.iter().map(|stage| (name(stage), actions(stage))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_target_more_changes_nothing_that_is_there(
        numbers in proptest::collection::btree_set(0..400usize, 2..70),
        added in any::<proptest::sample::Index>(),
    ) {
        let added = *added.get(&numbers.iter().copied().collect::<Vec<_>>());
        let without = numbers.iter().copied().filter(|n| *n != added);
        let before = assembly(app(fleet(without.map(env))));
        let after = assembly(app(fleet(numbers.iter().copied().map(env))));
        // A region that had no account before has a store now; what was there stays as it was.
        let (old, new) = (template::named_resources(&before), template::named_resources(&after));
        for (id, resource) in &old {
            prop_assert_eq!(new.get(id), Some(resource), "{:?}", id);
        }
        let (old, new) = (stages(&before), stages(&after));
        let actions = |stages: &BTreeMap<String, BTreeSet<String>>| -> BTreeSet<String> {
            stages.values().flatten().cloned().collect()
        };
        prop_assert!(actions(&old).is_subset(&actions(&new)));
        prop_assert_eq!(actions(&new).len(), actions(&old).len() + 1);
        // Only a stage that was full gives a part of itself to a new one.
        for (stage, actions) in &old {
            let stays = new.get(stage).is_some_and(|now| actions.is_subset(now));
            prop_assert!(stays || actions.len() == 50, "{stage} had {} actions", actions.len());
        }
    }
}

/// What there is to say about a program that has no mistakes.
fn warnings(app: App) -> (Assembly, Vec<String>) {
    let (assembly, warnings) = app.synth_with_warnings().expect("the program has no mistakes");
    (assembly, warnings.iter().map(|one| format!("{}: {}", one.code(), one.message())).collect())
}

/// The largest share of each quota, in hundredths.
fn shares(assembly: &Assembly) -> BTreeMap<(&'static str, &'static str), usize> {
    let mut shares = BTreeMap::new();
    for measure in quota::measure(assembly, Quotas::new()) {
        let share: &mut usize = shares.entry((measure.quota.service, measure.quota.name)).or_default();
        *share = measure.percent().max(*share);
    }
    shares
}

#[test]
fn three_hundred_accounts_in_four_regions() {
    let (assembly, warnings) = warnings(app(fleet((0..300).map(env))));
    // CloudFormation takes the pipeline's template from a bucket only; nothing else is near its limit.
    assert!(warnings.iter().all(|warning| warning.starts_with("template::not-inline")), "{warnings:#?}");
    let shares = shares(&assembly);
    let may_be_large = ["template, handed over inline", "actions of the stage"];
    let large = |name: &str, share: usize| share > 80 && !may_be_large.contains(&name);
    assert!(!shares.iter().any(|((_, name), share)| large(name, *share)), "{shares:#?}");
    assert!(shares[&("IAM", "managed policies of the role")] <= 50, "{shares:#?}");
}

#[test]
fn three_hundred_accounts_in_all_of_four_regions() {
    let everywhere = || (0..300).flat_map(|n| REGIONS.map(|region| Env::new(env(n).account.as_str(), region)));
    let error = app(fleet(everywhere())).synth().expect_err("CodePipeline takes 1,000 actions").to_string();
    assert!(error.contains("1201 actions; CodePipeline takes at most 1000"), "{error}");

    let mut raised = app(fleet(everywhere()));
    raised.access(AccessCheck::Deny).quota(&quota::ACTIONS_OF_A_PIPELINE, 2_000);
    let (assembly, warnings) = warnings(raised);
    assert!(warnings.iter().all(|warning| warning.starts_with("template::not-inline")), "{warnings:#?}");
    let shares = shares(&assembly);
    assert!(shares[&("S3", "policy of the bucket")] <= 80, "{shares:#?}");
    // Patterns of roles take few policies, so none of these needs to be full.
    assert!(shares[&("IAM", "managed policies of the role")] <= 50, "{shares:#?}");
    assert!(shares[&("IAM", "managed policy")] <= 80, "{shares:#?}");
}

#[test]
fn every_account_in_one_region() {
    let one = |n| Env { region: HOME.region, ..env(n) };
    let (assembly, warnings) = warnings(app(fleet((0..300).map(one))));
    assert!(warnings.iter().all(|warning| warning.starts_with("template::not-inline")), "{warnings:#?}");
    // The accounts stay listed, the roles become patterns that end with the place of the hash.
    let tools = assembly.stacks().iter().find(|stack| stack.id == "Tools").expect("it is there");
    assert_eq!(tools.template.matches("arn:aws:iam::*:role/fleet-us-east-1-deploy-????????").count(), 3);
    assert!(!tools.template.contains("role/fleet-*"));
}

/// Pipelines that keep their artifacts in one store, each of which deploys to some accounts.
fn in_one_store(n: usize, accounts: impl Fn(usize) -> Vec<Env>) -> App {
    let mut app = App::new();
    let base = app.stack("Base", HOME);
    let store = app.at(base).add("Store", ArtifactStore::new("shop"));
    for pipeline in 0..n {
        let source = Artifact::new("Source");
        let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
        let deploy = accounts(pipeline).into_iter().map(|env| {
            let queues = PolicyStatement::allow(["sqs:*"]).on([Arn::regional(env, "sqs", "orders-*")]);
            let deploy = DeployStack::new("orders", source.file("template.yaml")).allow(queues);
            Action::new(format!("In-{}", env.account), deploy).env(env)
        });
        let tools = app.stack(format!("Tools-{pipeline}"), HOME);
        let pipeline = Pipeline::new(format!("orders-{pipeline:03}"))
            .artifact_store(store)
            .stage(Stage::new("Source").action(checkout))
            .stage(Stage::new("Deploy").actions(deploy));
        app.at(tools).add("Pipeline", pipeline);
    }
    app
}

/// Pipelines that say the same of the same accounts are one statement, with a list of their roles.
#[test]
fn a_hundred_pipelines_in_one_store() {
    let one = |n| Env { region: HOME.region, ..env(n) };
    // All of them in one account, or in one of three pairs of accounts.
    let apps = [in_one_store(100, |_| vec![one(1)]), in_one_store(100, |n| [0, 1].map(|k| one(n % 3 * 2 + k)).into())];
    for (app, n_statements) in apps.into_iter().zip([[4, 2], [8, 4]]) {
        let (assembly, warnings) = warnings(app);
        assert!(warnings.iter().all(|warning| warning.starts_with("template::not-inline")), "{warnings:#?}");
        let shares = shares(&assembly);
        let large = [("S3", "policy of the bucket"), ("KMS", "policy of the key")].map(|name| shares[&name]);
        assert!(large.iter().all(|share| *share <= 80), "{shares:#?}");
        let base = assembly.stacks().iter().find(|stack| stack.id == "Base").expect("it is there");
        let template = template::of(base);
        let statements = |kind: &str, policy: &str| {
            let mut resources = template::resources(&template);
            let (_, resource) = resources.find(|(_, one)| one["Type"] == kind).expect("it is there");
            resource["Properties"][policy]["Statement"].as_array().map_or(0, Vec::len)
        };
        let counted = [statements("AWS::KMS::Key", "KeyPolicy"), statements("AWS::S3::BucketPolicy", "PolicyDocument")];
        assert_eq!(counted, n_statements);
    }
}

/// It is not their account that makes the policies long.
#[test]
fn too_many_pipelines_in_one_store_are_told_by_their_roles() {
    let error = in_one_store(150, |_| vec![Env { region: HOME.region, ..env(1) }]).synth().expect_err("too many");
    let findings = error.findings().expect("findings");
    let notes: Vec<&str> = findings.iter().flat_map(Diagnostic::notes).collect();
    let of_key = notes.iter().find_map(|note| note.strip_prefix("300 roles take about ")).expect("a note about roles");
    let fit: usize =
        of_key.split_once("; ").and_then(|(_, fit)| fit.strip_suffix(" fit")?.parse().ok()).expect("how many");
    assert!((200..300).contains(&fit), "{notes:?}");
}

/// Where each has an account of its own, the accounts are one list, and the roles another.
#[test]
fn pipelines_of_many_accounts_in_one_store() {
    let (assembly, warnings) = warnings(in_one_store(80, |n| vec![Env { region: HOME.region, ..env(n) }]));
    let expected = ["template::not-inline", "quota::nearly-reached: the policy of the key"];
    let is_expected = |warning: &String| expected.iter().any(|start| warning.starts_with(start));
    assert!(warnings.iter().all(is_expected), "{warnings:#?}");
    let base = assembly.stacks().iter().find(|stack| stack.id == "Base").expect("it is there");
    let template = template::of(base);
    let mut resources = template::resources(&template);
    let (_, policy) = resources.find(|(_, one)| one["Type"] == "AWS::S3::BucketPolicy").expect("it has a policy");
    let statements = policy["Properties"]["PolicyDocument"]["Statement"].as_array().expect("statements");
    let [admitting, _] = &statements[..] else { panic!("{statements:?}") };
    let n = |list: &serde_json::Value| list.as_array().map_or(0, Vec::len);
    let roles = &admitting["Condition"]["ArnEquals"]["aws:PrincipalArn"];
    assert_eq!([n(&admitting["Principal"]["AWS"]), n(roles)], [80, 160]);
}

/// Few pipelines have short policies, in which each reaches its own folder alone.
#[test]
fn some_pipelines_in_one_store_are_told_apart() {
    let assembly = assembly(in_one_store(3, |_| vec![Env { region: HOME.region, ..env(1) }]));
    let base = assembly.stacks().iter().find(|stack| stack.id == "Base").expect("it is there");
    let template = template::of(base);
    let mut resources = template::resources(&template);
    let (_, policy) = resources.find(|(_, one)| one["Type"] == "AWS::S3::BucketPolicy").expect("it has a policy");
    let statements = policy["Properties"]["PolicyDocument"]["Statement"].as_array().expect("statements");
    let roles = |statement: &serde_json::Value| {
        statement["Condition"]["ArnEquals"]["aws:PrincipalArn"].as_array().map_or(0, Vec::len)
    };
    // All look at the bucket; two roles of each read its artifacts.
    assert_eq!(statements.iter().map(roles).filter(|n| *n > 0).collect::<Vec<_>>(), [6, 2, 2, 2]);
    for n in 0..3 {
        let folder = format!("/orders-{n:03}/*");
        let of_folder =
            statements.iter().find(|one| one["Resource"].as_str().is_some_and(|arn| arn.ends_with(&folder)));
        let text = of_folder.expect("its folder has a statement").to_string();
        assert!((0..3).all(|m| text.contains(&format!("role/orders-{m:03}-")) == (m == n)), "{text}");
    }
}

#[test]
fn a_role_that_is_long_because_of_functions_spills() {
    let mut app = App::new();
    let stack = app.stack("Tools", HOME);
    let mut role = Role::new(Principal::service("lambda.amazonaws.com"));
    for n in 0..4 {
        let objects = format!("arn:aws:s3:::{n}-${{AWS::StackName}}/{}", "x".repeat(3_000));
        role = role.allow(PolicyStatement::allow([format!("s3:Get{n}")]).on([Expr::call("Fn::Sub", objects)]));
    }
    app.at(stack).add("Role", role);
    let (assembly, warnings) = warnings(app);
    assert!(warnings.is_empty(), "{warnings:#?}");
    assert_eq!(assembly.stacks()[0].template.matches("AWS::IAM::ManagedPolicy").count(), 2);
}

#[test]
fn a_build_waits_for_all_that_its_role_may_do() {
    let mut app = App::new();
    let stack = app.stack("Tools", HOME);
    let tables = |n| format!("arn:aws:dynamodb:us-east-1:111111111111:table/{n}-{}", "x".repeat(200));
    let long = PolicyStatement::allow(["dynamodb:GetItem"]).on((0..60).map(tables));
    let project = app.at(stack).add("Build", PipelineProject::new().allow(long));
    let source = Artifact::new("Source");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
    let build = Action::new("Build", CodeBuild::new(project, &source));
    let pipeline =
        Pipeline::new("orders").stage(Stage::new("Source").action(checkout)).stage(Stage::new("Build").action(build));
    app.at(stack).add("Pipeline", pipeline);
    let (assembly, warnings) = warnings(app);
    assert!(warnings.is_empty(), "{warnings:#?}");
    let template = template::of(&assembly.stacks()[0]);
    let resources: Vec<_> = template::resources(&template).collect();
    let of = |kind: &str| resources.iter().filter(|(_, one)| one["Type"] == kind).collect::<Vec<_>>();
    let policies: BTreeSet<&str> = of("AWS::IAM::ManagedPolicy").iter().map(|(id, _)| *id).collect();
    assert!(!policies.is_empty());
    let waits = of("AWS::CodeBuild::Project")[0].1["DependsOn"].as_array().expect("it waits for something");
    assert_eq!(waits.iter().filter_map(serde_json::Value::as_str).collect::<BTreeSet<_>>(), policies);
}

#[test]
fn a_thousand_pipelines_in_one_app() {
    let mut app = App::new();
    // The proof is the same for each of them, and has tests of its own.
    app.access(AccessCheck::Off);
    for n in 0..1_000 {
        let source = Artifact::new("Source");
        let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
        let queues = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:*:*:orders-*"]);
        let deploy = DeployStack::new("orders", source.file("template.yaml")).allow(queues);
        let deploy = Action::new("Deploy", deploy).env(env(n % 10));
        let pipeline = Pipeline::new(format!("orders-{n}"))
            .stage(Stage::new("Source").action(checkout))
            .stage(Stage::new("Deploy").action(deploy));
        let tools = app.stack(format!("Tools-{n}"), HOME);
        app.at(tools).add("Pipeline", pipeline);
    }
    let (assembly, warnings) = warnings(app);
    assert!(assembly.stacks().len() > 2_000);
    // What a whole account has by default, and AWS raises: 1,000 pipelines, a rule that starts each, and a role or two
    // for each.
    let of_accounts = [
        "quota::nearly-reached: the pipelines in",
        "events::too-many-rules: the rules of the default event bus in 111111111111/us-east-1: 1000 rules",
        "iam::too-many-roles: the roles in account 111111111111",
    ];
    let expected = |warning: &String| of_accounts.iter().any(|start| warning.starts_with(start));
    assert!(warnings.len() == 3 && warnings.iter().all(expected), "{warnings:#?}");
}
