//! The import contract: whoever has exactly what it asks has a pipeline that is proved, and nothing in it is too much.

#[path = "../../examples/imported_stores.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod imported_stores;

use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Assembly, Lower, PlanCx, Resources, Synth};
use construct_pipeline::access::template::Templates;
use construct_pipeline::access::{Access, Decision, Expected, Outside, PolicyKind, Purpose, Report, prove};
use construct_pipeline::contract::{Contract, FILE, RequiredKind, Thing};
use construct_pipeline::prelude::*;
use construct_tests::{TempDir, programs};
use serde_json::Value as Json;

fn proved(assembly: &Assembly, contract: &Contract) -> Report {
    prove(&Templates::of(assembly), &Outside::from(contract))
}

fn failures(report: &Report) -> String {
    let open: Vec<String> =
        report.accesses().iter().filter(|access| !access.is_proved()).map(|access| report.explain(access)).collect();
    format!("{}\n{:?}\n{:?}", open.join("\n\n"), report.order(), report.notes())
}

fn key(access: &Access) -> String {
    let action = access.action.as_ref().map(|action| action.position);
    format!("{action:?} {:?} {} {} {}", access.purpose, access.principal(), access.iam_action(), access.resource())
}

fn example() -> (Assembly, Contract) {
    let assembly = imported_stores::app().synth().expect("the example synthesises");
    let contract = Contract::of(&assembly).expect("the example imports something");
    (assembly, contract)
}

#[test]
fn with_the_contract_everything_is_proved_and_without_it_nothing_is_taken_for_allowed() {
    let (assembly, contract) = example();
    let report = proved(&assembly, &contract);
    assert!(report.is_proved(), "{}", failures(&report));
    assert_eq!(report.findings().to_string(), "");
    let kept_out = report.accesses().iter().filter(|access| access.expected == Expected::Deny).count();
    assert!(kept_out > 20, "{kept_out} strangers were asked for");

    let without = prove(&Templates::of(&assembly), &Outside::new());
    assert_eq!(without.holes().count(), 0);
    assert!(without.assumptions().count() > 10, "{}", failures(&without));
}

/// IAM alone lets nobody into a cluster: its owner is asked for an entry of each role, and for nothing else.
#[test]
fn owners_of_clusters_are_asked_for_access_entries() {
    let mut app = App::new();
    let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    let cluster = EksCluster::import("arn:aws:eks:eu-west-1:222222222222:cluster/shop");
    let cluster = app.at(tools).add("Cluster", cluster);
    let source = Artifact::new("Source");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
    let deploy = Action::new("Deploy", EksDeploy::manifests(cluster, ["a.yaml"], &source).namespace("web"));
    let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(checkout));
    app.at(tools).add("Pipeline", pipeline.stage(Stage::new("Deploy").action(deploy)));
    let assembly = app.synth().expect("the program synthesises");
    let contract = Contract::of(&assembly).expect("something is asked");
    let [thing] = &contract.things[..] else { panic!("{contract:?}") };
    assert_eq!((&*thing.account, &*thing.kind), ("222222222222", "cluster"));
    assert_eq!((&*thing.arn, thing.policies.len()), ("arn:aws:eks:eu-west-1:222222222222:cluster/shop", 0));
    let [setting] = &thing.settings[..] else { panic!("{thing:?}") };
    let declared = assembly.stacks().iter().find_map(|stack| {
        let template = stack.template_json().expect("templates are JSON");
        let role = template["Resources"].as_object()?.values().find(|one| one["Type"] == "AWS::IAM::Role")?.clone();
        role["Properties"]["RoleName"].as_str().filter(|name| name.contains("-eu-west-1-action-")).map(str::to_owned)
    });
    let role = format!("arn:aws:iam::222222222222:role/{}", declared.expect("a role of the action"));
    assert_eq!((&*setting.name, &setting.value["PrincipalArn"]), ("AccessEntry", &Json::from(role)));
    assert!(setting.why.contains("into the namespace `web`"), "{}", setting.why);
}

/// The statements of the contract that allow something, each with what it allows and what it alone allows.
fn cited(report: &Report) -> BTreeMap<(String, RequiredKind, usize), [BTreeSet<String>; 2]> {
    let mut cited: BTreeMap<_, [BTreeSet<String>; 2]> = BTreeMap::new();
    for access in report.accesses().iter().filter(|access| access.expected == Expected::Allow) {
        let verdict = report.verdict(access).expect("a verdict");
        for citation in &verdict.allowed_by {
            let place = report.place_of(citation).expect("a place");
            if place.stack.is_some() {
                continue;
            }
            let kind = match place.kind {
                PolicyKind::Identity => RequiredKind::Permissions,
                PolicyKind::Trust => RequiredKind::Trust,
                PolicyKind::Bucket => RequiredKind::Bucket,
                PolicyKind::Key => RequiredKind::Key,
                _ => RequiredKind::Resource,
            };
            let entry = cited.entry((place.logical_id.to_string(), kind, citation.statement.expect("a statement")));
            let entry = entry.or_default();
            entry[0].insert(key(access));
            if verdict.also_allowed_by.is_empty() {
                entry[1].insert(key(access));
            }
        }
    }
    cited
}

#[test]
fn each_statement_counts_and_its_loss_is_reported_where_it_hurts() {
    let (assembly, contract) = example();
    let cited = cited(&proved(&assembly, &contract));
    assert!(cited.len() >= 18, "{}", cited.len());
    for ((about, kind, n), [may_fail, must_fail]) in cited {
        let mut broken = contract.clone();
        let thing = broken.things.iter_mut().find(|thing| thing.arn.ends_with(&about)).expect("it is in the contract");
        let policy = thing.policies.iter_mut().find(|policy| policy.kind == kind).expect("it has the policy");
        policy.document["Statement"].as_array_mut().expect("statements").remove(n);
        let report = proved(&assembly, &broken);
        let holes: BTreeSet<String> = report.holes().chain(report.risks()).map(key).collect();
        assert!(holes.is_subset(&may_fail), "{about} {n}: more than it allowed is denied\n{}", failures(&report));
        assert!(must_fail.is_subset(&holes), "{about} {n}: its loss is not noticed\n{}", failures(&report));
        assert_eq!(report.assumptions().count(), 0, "{about} {n}\n{}", failures(&report));
        let findings = report.findings();
        let told = findings.iter().all(|finding| finding.help_text().is_some_and(|help| help.contains(&about)));
        assert!(holes.is_empty() || told, "{about} {n}: the finding names no place\n{findings}");
    }
}

/// The owner of a topic that many pipelines use has one statement to paste, which says why for all of them.
#[test]
fn pipelines_that_ask_for_the_same_ask_once() {
    let mut app = App::new();
    let tools = app.stack("Tools", programs::HOME);
    let mut scope = app.at(tools);
    let topic = scope.add("Topic", Topic::import("arn:aws:sns:us-east-1:999999999999:approvals"));
    for n in 0..30 {
        let source = Artifact::new("Source");
        let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
        let approve = Action::new("Approve", ManualApproval::new().topic(topic));
        let pipeline = Pipeline::new(format!("orders-{n:02}"))
            .stage(Stage::new("Source").action(checkout))
            .stage(Stage::new("Release").action(approve));
        scope.add(format!("Pipeline{n:02}"), pipeline);
    }
    let (assembly, _) = app.synth_with_warnings().expect("nothing is wrong");
    let contract = Contract::of(&assembly).expect("there is a topic");
    let report = proved(&assembly, &contract);
    assert!(report.is_proved(), "{}", failures(&report));
    let [policy] = &contract.things[0].policies[..] else { panic!("{:?}", contract.things) };
    let statements = policy.document["Statement"].as_array().expect("statements");
    let [statement] = &statements[..] else { panic!("{statements:?}") };
    let roles = statement["Condition"]["ArnEquals"]["aws:PrincipalArn"].as_array().expect("roles");
    assert_eq!(roles.len(), 30);
    let [why] = &policy.why[..] else { panic!("{:?}", policy.why) };
    assert!(why.starts_with("each of the pipelines `Tools/Pipeline00`, `Tools/Pipeline01`, "), "{why}");
    assert!(why.ends_with(" and `Tools/Pipeline29` announces approvals through this topic"), "{why}");
}

/// What an app states about imported things is for their owners, whoever states it.
#[test]
fn an_app_without_pipelines_has_a_contract_too() {
    const KEY: &str = "arn:aws:kms:us-east-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const EXPORTER: &str = "arn:aws:iam::333333333333:role/platform/exporter";
    let mut app = App::new();
    let stack = app.stack("Reports", programs::HOME);
    let mut scope = app.at(stack);
    let reader = Role::new(Principal::service("lambda.amazonaws.com")).role_name("reader");
    let reader = scope.add("Reader", reader);
    let sales = scope.add("Sales", Bucket::import("sales").env(Env::new("222222222222", "us-east-1")));
    grant(&mut scope, reader, sales, PolicyStatement::allow(["s3:GetObject"]).on([sales.objects()]));
    scope.attach(sales, EventBridgeNotifications);
    let key = scope.add("Key", Key::import(KEY));
    let decrypt = PolicyStatement::allow(["kms:Decrypt"]).on([key.arn()]);
    let admit = decrypt.clone().principal(Principal::account(programs::HOME));
    scope.attach(key, Asked::new(&admit, "the reports are encrypted with this key"));
    scope.attach(key, admit);
    scope.attach(reader, decrypt);
    let exporter = scope.add("Exporter", Role::import(EXPORTER));
    scope.attach(exporter, PolicyStatement::allow(["s3:PutObject"]).on(["arn:aws:s3:::reports/*"]));
    scope.attach(exporter, ManagedPolicy::new("arn:aws:iam::aws:policy/ReadOnlyAccess"));
    // Of what nothing is stated about, nothing is asked.
    scope.add("Unused", Bucket::import("unused"));
    let assembly = app.synth().expect("it synthesises");
    let contract = Contract::of(&assembly).expect("something is stated about imported things");
    assert_eq!(contract.notes, [""; 0]);
    let [bucket, key, role] = &contract.things[..] else { panic!("{contract:#?}") };
    let first = |thing: &Thing, kind| thing.policy(kind).expect("a policy").document["Statement"][0].clone();

    assert_eq!((&*bucket.account, &*bucket.arn), ("222222222222", "arn:aws:s3:::sales"));
    assert_eq!(bucket.setting("EventBridgeEnabled"), Some(&Json::from(true)));
    let admitted = first(bucket, RequiredKind::Bucket);
    assert_eq!(admitted["Condition"]["ArnEquals"]["aws:PrincipalArn"], "arn:aws:iam::111111111111:role/reader");
    assert_eq!(bucket.policies[0].why, ["the role `Reports/Reader` is granted this"]);

    // In the policy of a key the key is `*`, and it has to stay possible to change it.
    assert_eq!(key.arn, KEY);
    let policy = key.policy(RequiredKind::Key).expect("its policy");
    assert_eq!(policy.document["Statement"][0]["Sid"], "Administration");
    assert_eq!(policy.document["Statement"][1]["Resource"], "*");
    assert_eq!(policy.why[1], "the reports are encrypted with this key");

    assert_eq!(
        (&*role.arn, &*role.managed_policies),
        (EXPORTER, &["arn:aws:iam::aws:policy/ReadOnlyAccess".into()][..])
    );
    assert_eq!(first(role, RequiredKind::Permissions)["Action"], "s3:PutObject");
}

/// A queue of another crate, which does not know of contracts.
#[derive(Clone, Debug)]
struct ImportedQueue;

impl Synth for ImportedQueue {
    type Handle = RawRef;

    fn imports(&self) -> Option<&'static str> {
        Some("a queue")
    }

    fn plan(&self, _: &mut PlanCx<'_>) -> Box<dyn Lower> {
        Box::new(self.clone())
    }
}

impl Lower for ImportedQueue {
    fn lower(&self, cx: &LowerCx<'_>, _: &mut Resources) {
        cx.facts::<PolicyStatement>().for_each(drop);
    }

    fn physical(&self, attr: &Attr, _: Env) -> Option<Expr> {
        (*attr == Attr::get_att("Arn")).then(|| "arn:aws:sqs:us-east-1:111111111111:orders".into())
    }
}

#[test]
fn pipelines_ask_for_what_asks_for_nothing_itself() {
    let mut app = App::new();
    let tools = app.stack("Tools", programs::HOME);
    let mut scope = app.at(tools);
    let queue = scope.add("Queue", ImportedQueue);
    let send = PolicyStatement::allow(["sqs:SendMessage"]).principal(Principal::service("events.amazonaws.com"));
    scope.attach(queue, send.on([queue.get_att("Arn")]));
    let source = Artifact::new("Source");
    scope.add(
        "Pipeline",
        Pipeline::new("orders")
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
            .stage(Stage::new("Approve").action(Action::new("Approve", ManualApproval::new()))),
    );
    let contract = Contract::of(&programs::assembly(app)).expect("something is stated about the queue");
    assert_eq!(contract.things[0].arn, "arn:aws:sqs:us-east-1:111111111111:orders");
}

#[test]
fn an_app_that_states_nothing_about_imported_things_has_no_contract() {
    let mut app = App::new();
    let stack = app.stack("Reports", programs::HOME);
    let mut scope = app.at(stack);
    let sales = scope.add("Sales", Bucket::import("sales"));
    let reader = scope.add("Reader", Role::new(Principal::service("lambda.amazonaws.com")));
    grant(&mut scope, reader, sales, PolicyStatement::allow(["s3:GetObject"]).on([sales.objects()]));
    // The role's own policy is enough within one account.
    let assembly = app.synth().expect("it synthesises");
    assert_eq!(assembly.document(FILE), None);
}

/// Pipelines that exist already ask for nothing, in which ever way what they use is imported.
#[test]
fn pipelines_without_a_contract_ask_for_nothing_until_another_one_does() {
    let contract = |silent: &[bool]| {
        let mut app = App::new();
        let tools = app.stack("Tools", programs::HOME);
        let mut scope = app.at(tools);
        let releases = scope.add("Releases", Bucket::import("releases"));
        for (n, &silent) in silent.iter().enumerate() {
            let source = Artifact::new("Source");
            let pipeline = Pipeline::new(format!("orders-{n}"))
                .role(Role::import("arn:aws:iam::111111111111:role/platform/pipeline"))
                .artifact_store(ImportedArtifactStore::new("platform-artifacts", "us-east-1"))
                .stage(
                    Stage::new("Source").action(Action::new("Fetch", S3Source::new(releases, "orders.zip", &source))),
                )
                .stage(Stage::new("Approve").action(Action::new("Approve", ManualApproval::new())));
            scope.add(format!("Pipeline{n}"), if silent { pipeline.without_contract() } else { pipeline });
        }
        let (assembly, _) = app.synth_with_warnings().expect("nothing is wrong");
        assembly.document(FILE).is_some()
    };
    assert!(!contract(&[true]) && !contract(&[true, true]));
    assert!(contract(&[false]) && contract(&[true, false]) && contract(&[false, true]));
}

#[test]
fn without_its_deny_a_bucket_is_open_to_plain_http() {
    let (assembly, mut contract) = example();
    let bucket = contract.things.iter_mut().find(|thing| thing.kind == "bucket").expect("a bucket");
    let statements = bucket.policies[0].document["Statement"].as_array_mut().expect("statements");
    statements.retain(|statement| statement["Effect"] == "Allow");
    let report = proved(&assembly, &contract);
    assert!(report.leaks().count() > 0 && report.leaks().all(|leak| leak.purpose == Purpose::PlainHttp));
}

#[test]
fn the_stacks_write_to_nothing_that_is_imported() {
    let (assembly, contract) = example();
    let written = ["AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key", "AWS::CodeBuild::Project"];
    for stack in assembly.stacks() {
        let template = stack.template_json().expect("a template");
        let resources = template["Resources"].as_object().expect("resources");
        for resource in resources.values() {
            let kind = resource["Type"].as_str().expect("a type");
            assert!(!written.contains(&kind), "{kind}");
            let arn = format!("role/{}", resource["Properties"]["RoleName"].as_str().unwrap_or("-"));
            assert!(!contract.things.iter().any(|thing| thing.arn.ends_with(&arn)), "{arn}");
        }
    }
    assert_eq!(assembly.stacks().len(), 1, "no other account needs a stack");
}

#[test]
fn nobody_is_let_in_but_roles_by_their_arn() {
    let (_, contract) = example();
    let policies = contract.things.iter().flat_map(|thing| &thing.policies);
    for policy in policies {
        assert_eq!(policy.document["Version"], "2012-10-17");
        let statements = policy.document["Statement"].as_array().expect("statements");
        assert_eq!(statements.len(), policy.why.len(), "a sentence for each statement");
        for statement in statements.iter().filter(|statement| statement["Effect"] == "Allow") {
            let actions = statement["Action"].to_string();
            assert!(!["\"*\"", "\"s3:*\"", "\"kms:*\"", "\"iam:*\""].iter().any(|wide| actions.contains(wide)));
            let root = statement["Principal"]["AWS"].to_string().contains(":root");
            let narrow = statement["Condition"]["ArnEquals"]["aws:PrincipalArn"] != Json::Null;
            assert!(!root || narrow || statement["Sid"] == "Administration", "{statement:#}");
        }
    }
}

#[test]
fn the_file_is_kept_by_whoever_reads_and_writes_the_assembly() {
    let (assembly, contract) = example();
    let dir = TempDir::new(env!("CARGO_TARGET_TMPDIR"));
    assembly.write(dir.join("out")).expect("it can be written");
    let read = Assembly::read(dir.join("out")).expect("it can be read");
    assert_eq!(read, assembly);
    let text = std::fs::read_to_string(dir.join("out").join(FILE)).expect("the file is there");
    assert_eq!(Contract::parse(&text).expect("a contract"), contract);
    assert_eq!(serde_json::from_str::<Json>(&text).expect("JSON"), contract.to_json());

    // An assembly without imports has no contract, and takes that of an earlier one away.
    programs::assembly(programs::orders("main")).write(dir.join("out")).expect("it can be written");
    assert!(!dir.join("out").join(FILE).exists());
}

#[test]
fn a_manifest_cannot_name_other_files_as_documents() {
    let (assembly, _) = example();
    for (name, word) in [
        ("../contract.json", "outside of the assembly"),
        ("/etc/passwd", "outside of the assembly"),
        ("manifest.json", "another file"),
        ("Tools.template.json", "another file"),
        ("missing.json", "missing.json"),
    ] {
        let dir = TempDir::new(env!("CARGO_TARGET_TMPDIR"));
        assembly.write(dir.join("out")).expect("it can be written");
        let path = dir.join("out").join("manifest.json");
        let text = std::fs::read_to_string(&path).expect("the manifest is there");
        assert_eq!(text.matches("\"contract.json\"").count(), 1, "{text}");
        std::fs::write(&path, text.replace("\"contract.json\"", &format!("{name:?}"))).expect("it can be changed");
        let error = Assembly::read(dir.join("out")).expect_err(name);
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn what_is_no_contract_is_refused_in_words() {
    for (text, word) in [
        ("", "EOF"),
        ("{}", "version"),
        (r#"{"version":2}"#, "version is 2"),
        (r#"{"version":1}"#, "`accounts` is no list"),
        (r#"{"version":1,"accounts":[{}]}"#, "`account` is no text"),
        (r#"{"version":1,"accounts":[],"notes":[1]}"#, "`notes`"),
    ] {
        let problem = Contract::parse(text).expect_err("it is none");
        assert!(problem.contains(word), "{text}: {problem}");
    }
}

/// A store and roles of other kinds: everything imported, the pipeline's role included, with the key in an account of
/// its own.
#[test]
fn a_key_of_a_third_account_and_an_imported_pipeline_role_are_asked_for_too() {
    const KEY: &str = "arn:aws:kms:us-east-1:999999999999:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let mut app = App::new();
    let tools = app.stack("Tools", programs::HOME);
    let mut scope = app.at(tools);
    let source = Artifact::new("Source");
    let queues = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:us-east-1:444444444444:orders-*"]);
    let deploy = DeployStack::new("orders", source.file("template.yaml")).allow(queues);
    for name in ["orders", "invoices"] {
        scope.add(
            name,
            Pipeline::new(name)
                .role(Role::import("arn:aws:iam::111111111111:role/platform/pipelines"))
                .artifact_store(ImportedArtifactStore::new("platform-artifacts", "us-east-1").key(KEY))
                .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
                .stage(Stage::new("Deploy").action(Action::new("Deploy", deploy.clone()).account("444444444444"))),
        );
    }
    let assembly = app.synth().expect("it synthesises");
    let contract = Contract::of(&assembly).expect("something is imported");
    let report = proved(&assembly, &contract);
    assert_eq!(report.holes().count() + report.risks().count(), 0, "{}", failures(&report));
    assert!(report.accesses().iter().all(|access| access.decision != Decision::Open), "{}", failures(&report));
    assert_eq!(report.findings().to_string(), "");

    let accounts: Vec<&str> = contract.owners().map(|(account, _)| account).collect();
    assert_eq!(accounts, ["111111111111", "999999999999"]);
    let kinds: Vec<&str> = contract.things.iter().map(|thing| &*thing.kind).collect();
    assert_eq!(kinds, ["bucket", "role", "key"], "each once, for both pipelines");
    let why = &contract.things[2].policies[0].why.join("\n");
    assert!(why.contains("`orders`") && why.contains("`invoices`"), "{why}");
}

/// Statements of the program itself, and what only the deployment knows.
#[test]
fn statements_of_the_program_are_passed_on_and_gaps_are_named() {
    let mut app = App::new();
    let tools = app.stack("Tools", programs::HOME);
    let mut scope = app.at(tools);
    let topic = scope.add("Topic", Topic::import("arn:aws:sns:us-east-1:999999999999:approvals"));
    let queue = scope.add("Queue", RawResource::new("AWS::SQS::Queue"));
    let publish = PolicyStatement::allow(["sns:Publish"]).on([topic.arn()]);
    scope.attach(topic, publish.principal(Principal::account(programs::HOME)));
    let role = scope.add("Role", Role::import("arn:aws:iam::111111111111:role/platform/worker"));
    scope.attach(role, PolicyStatement::allow(["sqs:SendMessage"]).on([Expr::from(queue.get_att("Arn"))]));
    scope.attach(role, ManagedPolicy::new("arn:aws:iam::aws:policy/ReadOnlyAccess"));
    let source = Artifact::new("Source");
    scope.add(
        "Pipeline",
        Pipeline::new("orders")
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
            .stage(Stage::new("Approve").action(Action::new("Approve", ManualApproval::new().topic(topic)))),
    );
    let contract = Contract::of(&programs::assembly(app)).expect("something is imported");
    let [role, topic] = &contract.things[..] else { panic!("{contract:#?}") };
    assert_eq!(role.managed_policies, ["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
    let resource = &role.policies[0].document["Statement"][0]["Resource"];
    assert_eq!(resource, "<Tools/Queue: Arn>");
    assert_eq!(contract.notes.len(), 1, "{:?}", contract.notes);
    assert_eq!(topic.policies[0].kind, RequiredKind::Resource);
    let [stated, approvals] = &topic.policies[0].why[..] else { panic!("{topic:#?}") };
    assert_eq!(stated, "the program states that this is needed");
    assert_eq!(approvals, "pipeline `Tools/Pipeline` announces approvals through this topic");
}

/// The owner of the pipeline's role fills the name of the topic in, once it is known: until then the access is open.
#[test]
fn what_fills_a_gap_is_open_and_not_denied() {
    let mut app = App::new();
    let tools = app.stack("Tools", programs::HOME);
    let mut scope = app.at(tools);
    let topic = scope.add("Approvals", Topic::new());
    let worker = scope.add("Worker", Role::trusting(PolicyDocument::new()));
    let source = Artifact::new("Source");
    let queues = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:us-east-1:111111111111:orders-*"]);
    let deploy = DeployStack::new("orders", source.file("template.yaml")).allow(queues);
    scope.add(
        "Pipeline",
        Pipeline::new("orders")
            .role(Role::import("arn:aws:iam::111111111111:role/platform/pipeline"))
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
            .stage(Stage::new("Approve").action(Action::new("Approve", ManualApproval::new().topic(topic))))
            .stage(Stage::new("Deploy").action(Action::new("Deploy", deploy).role(worker))),
    );
    let assembly = programs::assembly(app);
    let contract = Contract::of(&assembly).expect("the role is imported");
    assert_eq!(contract.notes.len(), 1, "{:?}", contract.notes);
    let report = proved(&assembly, &contract);
    assert_eq!(report.holes().count(), 0, "{}", failures(&report));
    let is_open = |action: &str| report.assumptions().any(|access| access.iam_action() == action);
    assert!(is_open("sns:Publish") && is_open("sts:AssumeRole"), "{}", failures(&report));
}

/// One key of a platform team for the store of one pipeline and the site of another.
#[test]
fn whoever_uses_a_given_key_is_in_what_its_owner_is_asked() {
    const KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let mut app = App::new();
    let tools = app.stack("Tools", programs::HOME);
    let mut scope = app.at(tools);
    let source = Artifact::new("Source");
    let site = scope.add("Site", Bucket::import("orders-site"));
    let releases = scope.add("Releases", Bucket::import("orders-releases"));
    let publish = |name: &str| Action::new(name, S3Deploy::new(site, &source).encryption_key(KEY));
    let checkout = S3Source::new(releases, "orders.zip", &source).encryption_key(KEY);
    let pipeline = |name: &str| {
        Pipeline::new(name)
            .stage(Stage::new("Source").action(Action::new("Checkout", checkout.clone())))
            .stage(Stage::new("Publish").actions([publish("One"), publish("Two")]))
    };
    let store = ImportedArtifactStore::new("platform-artifacts", programs::HOME.region).key(KEY);
    scope.add("Orders", pipeline("orders").artifact_store(store));
    scope.add("Invoices", pipeline("invoices"));
    let assembly = programs::assembly(app);
    let contract = Contract::of(&assembly).expect("something is imported");
    let key = contract.things.iter().find(|thing| thing.kind == "key").expect("the key");
    let policy = key.policy(RequiredKind::Key).expect("its policy");
    let why = policy.why.join("\n");
    assert!(
        why.contains("`Tools/Invoices` encrypts with this key") && why.contains("a source that is encrypted"),
        "{why}"
    );
    assert!(policy.document.to_string().contains("invoices-us-east-1-pipeline"), "{}", policy.document);
    let report = proved(&assembly, &contract);
    assert_eq!(
        report.findings().iter().filter(|one| one.code() != "access::assumed").count(),
        0,
        "{}",
        failures(&report)
    );
}

/// The key of a store that the pipeline makes has no ARN before it exists, so the owner of the role is told its alias.
#[test]
fn an_imported_role_is_told_of_keys_by_names_that_are_known() {
    let mut app = App::new();
    let tools = app.stack("Tools", programs::HOME);
    let mut scope = app.at(tools);
    let source = Artifact::new("Source");
    let role = Role::import("arn:aws:iam::222222222222:role/tester");
    let project = PipelineProject::import("arn:aws:codebuild:us-east-1:222222222222:project/contracts").role(role);
    let project = scope.add("Contracts", project);
    scope.add(
        "Pipeline",
        Pipeline::new("orders")
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
            .stage(Stage::new("Test").action(Action::new("Contracts", CodeBuild::new(project, &source).test()))),
    );
    let assembly = programs::assembly(app);
    let contract = Contract::of(&assembly).expect("something is imported");
    assert_eq!(contract.notes, [""; 0]);
    let report = proved(&assembly, &contract);
    assert!(report.is_proved(), "{}", failures(&report));
}

/// Of a key that the program knows by its alias alone, the owner is asked for the key policy: an alias has none.
#[test]
fn a_key_that_is_known_by_its_alias_has_a_key_policy() {
    let mut app = App::new();
    let tools = app.stack("Tools", programs::HOME);
    let alias = "arn:aws:kms:us-east-1:111111111111:alias/platform";
    let source = Artifact::new("Source");
    let queues = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:us-east-1:222222222222:orders-*"]);
    let deploy = DeployStack::new("orders", source.file("template.yaml")).allow(queues);
    app.at(tools).add(
        "Pipeline",
        Pipeline::new("orders")
            .artifact_store(ImportedArtifactStore::new("platform-artifacts", "us-east-1").key(alias))
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
            .stage(Stage::new("Deploy").action(Action::new("Deploy", deploy).account("222222222222"))),
    );
    let assembly = app.synth().expect("the store has a key");
    let contract = Contract::of(&assembly).expect("something is imported");
    let key = contract.things.iter().find(|thing| thing.arn == alias).expect("the key is asked of");
    let policy = key.policy(RequiredKind::Key).expect("a key has a key policy");
    assert_eq!(policy.document["Statement"][0]["Sid"], "Administration");
    let report = proved(&assembly, &contract);
    assert!(report.is_proved(), "{}", failures(&report));
    // What the owner has is proved the same way.
    let nobody = serde_json::json!({ "Version": "2012-10-17", "Statement": [] });
    let closed = prove(&Templates::of(&assembly), &Outside::from(&contract).key(alias, nobody));
    assert!(closed.holes().any(|hole| hole.iam_action() == "kms:Decrypt"), "{}", failures(&closed));
}

/// A list with one text twice, somewhere in the JSON.
fn repetition(json: &Json) -> Option<String> {
    match json {
        Json::Array(items) => {
            let mut seen = BTreeSet::new();
            let again = items.iter().filter_map(Json::as_str).find(|text| !seen.insert(*text));
            again.map(str::to_owned).or_else(|| items.iter().find_map(repetition))
        }
        Json::Object(entries) => entries.values().find_map(repetition),
        _ => None,
    }
}

#[test]
fn what_is_imported_twice_is_named_once() {
    let mut app = App::new();
    let tools = app.stack("Tools", programs::HOME);
    let mut scope = app.at(tools);
    let source = Artifact::new("Source");
    let (mut checkouts, mut tests, mut deployments) = (Vec::new(), Vec::new(), Vec::new());
    for n in ["One", "Two"] {
        let mut scope = scope.group(n);
        let deployer = scope.add("Deployer", Role::import("arn:aws:iam::444444444444:role/deployer"));
        let formation = scope.add("Formation", Role::import("arn:aws:iam::444444444444:role/formation"));
        let project = PipelineProject::import("arn:aws:codebuild:us-east-1:111111111111:project/contracts");
        let project = scope.add("Project", project.role(Role::import("arn:aws:iam::111111111111:role/tester")));
        let bucket = scope.add("Releases", Bucket::import("orders-releases"));
        let output = Artifact::new(format!("Release{n}"));
        checkouts.push(Action::new(n, S3Source::new(bucket, "orders.zip", &output)));
        tests.push(Action::new(n, CodeBuild::new(project, &source).test()));
        let deploy = DeployStack::new(format!("orders-{n}"), source.file("template.yaml")).deployment_role(formation);
        deployments.push(Action::new(n, deploy).account("444444444444").role(deployer));
    }
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
    let pipeline = |name: &str| {
        Pipeline::new(name)
            .stage(Stage::new("Source").action(checkout.clone()).actions(checkouts.clone()))
            .stage(Stage::new("Test").actions(tests.clone()))
            .stage(Stage::new("Deploy").actions(deployments.clone()))
    };
    scope.add("Orders", pipeline("orders"));
    scope.add("Imported", pipeline("imported").role(Role::import("arn:aws:iam::111111111111:role/pipeline")));
    let assembly = programs::assembly(app);
    let contract = Contract::of(&assembly).expect("something is imported");
    for thing in &contract.things {
        for policy in &thing.policies {
            assert_eq!(repetition(&policy.document), None, "{} {:#}", thing.arn, policy.document);
        }
    }
    for stack in assembly.stacks() {
        assert_eq!(repetition(&stack.template_json().expect("JSON")["Resources"]), None, "{}", stack.template);
    }
}

/// An approval announced through the encrypted topic of another account.
#[test]
fn the_key_of_an_encrypted_topic_is_asked_for_and_proved() {
    const TOPIC: &str = "arn:aws:sns:us-east-1:999999999999:approvals";
    const KEY: &str = "arn:aws:kms:us-east-1:999999999999:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let mut app = App::new();
    let tools = app.stack("Tools", programs::HOME);
    let mut scope = app.at(tools);
    let topic = scope.add("Topic", Topic::import(TOPIC));
    let source = Artifact::new("Source");
    let approve = ManualApproval::new().topic(topic).topic_key(KEY);
    scope.add(
        "Pipeline",
        Pipeline::new("orders")
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
            .stage(Stage::new("Approve").action(Action::new("Approve", approve))),
    );
    let assembly = programs::assembly(app);
    let contract = Contract::of(&assembly).expect("something is imported");
    let [key, topic] = &contract.things[..] else { panic!("{contract:#?}") };
    assert_eq!((&*topic.arn, &*contract.notes), (TOPIC, &[] as &[String]));
    assert_eq!(topic.setting("KmsMasterKeyId"), Some(&Json::from(KEY)));
    let asked = &key.policy(RequiredKind::Key).expect("its policy").document["Statement"][1];
    assert_eq!(asked["Action"], serde_json::json!(["kms:Decrypt", "kms:GenerateDataKey*"]));
    assert_eq!(asked["Condition"]["StringEquals"]["kms:ViaService"], "sns.us-east-1.amazonaws.com");

    let report = proved(&assembly, &contract);
    assert!(report.is_proved(), "{}", failures(&report));
    let uses = |report: &Report| report.accesses().iter().filter(|one| one.resource() == KEY).count();
    assert_eq!(uses(&report), 2);
    let mut forgotten = contract.clone();
    forgotten.things[0].policies[0].document["Statement"].as_array_mut().expect("statements").pop();
    let report = proved(&assembly, &forgotten);
    assert_eq!(report.holes().count(), 2, "{}", failures(&report));
    let told = report.findings().to_string();
    assert!(told.contains("kms:GenerateDataKey") && told.contains("add to the key policy"), "{told}");
}
