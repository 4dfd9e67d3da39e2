//! `synth contract`, and `synth check` with what owners have.

#[path = "../../../examples/imported_stores.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod imported_stores;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use construct_pipeline::contract::{Contract, FILE, RequiredKind};
use construct_pipeline::prelude::*;
use serde_json::{Value as Json, json};

use crate::support::{files, folder, pipeline, synth};

fn imports(name: &str) -> (PathBuf, Contract) {
    let dir = folder(name);
    let assembly = imported_stores::app().synth().expect("the example synthesises");
    assembly.write(&dir).expect("the folder of the tests can be written");
    (dir, Contract::of(&assembly).expect("it imports something"))
}

/// `synth check` of a folder with other arguments.
fn check(dir: &Path, rest: &[OsString]) -> crate::support::Said {
    synth(["check".into(), dir.as_os_str().to_owned()].iter().chain(rest))
}

/// What the owners have, as the AWS CLI prints it, in files; and the arguments that give them.
fn given(contract: &Contract, name: &str) -> Vec<OsString> {
    let dir = folder(name);
    let mut arguments: Vec<OsString> = Vec::new();
    let mut give = |arn: &str, answer: Json| {
        let file = dir.join(format!("{}.json", arguments.len()));
        std::fs::write(&file, answer.to_string()).expect("the folder of the tests can be written");
        arguments.push("--policy".into());
        let mut pair = OsString::from(format!("{arn}="));
        pair.push(file);
        arguments.push(pair);
    };
    for thing in &contract.things {
        for policy in &thing.policies {
            let document = &policy.document;
            let answer = match policy.kind {
                RequiredKind::Bucket => json!({ "Policy": document.to_string() }),
                RequiredKind::Key => json!({ "Policy": document.to_string(), "PolicyName": "default" }),
                RequiredKind::Trust => json!({ "Role": { "AssumeRolePolicyDocument": document } }),
                RequiredKind::Permissions => json!({ "PolicyName": "pipelines", "PolicyDocument": document }),
                _ => document.clone(),
            };
            give(&thing.arn, answer);
        }
        if let Some(role) = thing.setting("ServiceRole") {
            let project = json!({ "serviceRole": role, "encryptionKey": thing.setting("EncryptionKey") });
            give(&thing.arn, json!({ "projects": [project] }));
        }
    }
    arguments
}

/// The ARN of a bucket does not tell its account, and the contract does.
#[test]
fn the_policy_of_a_bucket_elsewhere_counts_in_its_own_account() {
    const OTHER: &str = "333333333333";
    let mut app = App::new();
    let home = Env::new("111111111111", "us-east-1");
    let tools = app.stack("Tools", home);
    let mut scope = app.at(tools);
    let releases = scope.add("Releases", Bucket::import("releases").env(Env::new(OTHER, "us-east-1")));
    let source = Artifact::new("Source");
    let reader = Role::import(format!("arn:aws:iam::{OTHER}:role/reader"));
    let fetch = Action::new("Fetch", S3Source::new(releases, "orders.zip", &source)).role(reader);
    let deploy = DeployStack::new("orders", source.file("template.yaml"));
    let deploy = deploy.deployment_role(Role::import("arn:aws:iam::111111111111:role/cloudformation"));
    scope.add(
        "Pipeline",
        Pipeline::new("orders")
            .stage(Stage::new("Source").action(fetch))
            .stage(Stage::new("Deploy").action(Action::new("Deploy", deploy))),
    );
    let assembly = app.synth().expect("the program has no mistakes");
    let dir = folder("bucket-elsewhere");
    assembly.write(&dir).expect("the folder of the tests can be written");
    let contract = Contract::of(&assembly).expect("it imports something");
    let policy = files("bucket-elsewhere-policy", &[("bucket.json", r#"{ "Policy": "{\"Statement\":[]}" }"#)]);
    let mut bucket = OsString::from("arn:aws:s3:::releases=");
    bucket.push(policy.join("bucket.json"));
    let mut all = given(&contract, "bucket-elsewhere-given");
    all.extend(["--policy".into(), bucket]);
    let table = check(&dir, &all).fine();
    assert!(table.contains(" 0 open"), "{table}");
    all.push("--contract".into());
    let table = check(&dir, &all).fine();
    assert!(table.contains(" 0 open"), "{table}");
    // Where nothing tells, it is where the action is that works with it.
    all.pop();
    let template = dir.join("Tools.template.json");
    let template = ["check", "--template", template.to_str().expect("it is text")];
    let alone = template.into_iter().chain(["--account", "111111111111", "--region", "us-east-1"]).map(OsString::from);
    let table = synth(alone.chain(all)).fine();
    assert!(table.contains(" 0 open"), "{table}");
}

#[test]
fn the_contract_is_told_thing_by_thing_ready_to_paste() {
    let (dir, contract) = imports("contract-told");
    let answer = synth(["contract".as_ref(), dir.as_os_str()]).fine();
    for thing in &contract.things {
        assert!(answer.contains(&format!("{} {}", thing.kind, thing.arn)), "{answer}");
        for policy in &thing.policies {
            assert!(
                answer.contains(&format!("\n{:#}\n", policy.document)),
                "the document stands there whole\n{answer}"
            );
            policy.why.iter().for_each(|why| assert!(answer.contains(&**why), "{why}"));
        }
    }
    assert!(answer.contains("setting EncryptionKey = arn:aws:kms:us-east-1:"), "{answer}");
    let one = synth(["contract".as_ref(), dir.as_os_str(), "--account".as_ref(), "444444444444".as_ref()]).fine();
    assert!(one.contains("account 444444444444") && !one.contains("account 111111111111"), "{one}");
    let json = synth(["contract".as_ref(), dir.as_os_str(), "--json".as_ref()]).json();
    let file = std::fs::read_to_string(dir.join(FILE)).expect("the file is there");
    assert_eq!(json, serde_json::from_str::<Json>(&file).expect("JSON"));
}

#[test]
fn without_imports_nothing_is_asked() {
    let dir = pipeline("contract-none");
    let answer = synth(["contract".as_ref(), dir.as_os_str()]).fine();
    assert!(answer.starts_with("nothing is asked of anybody"), "{answer}");
    let json = synth(["contract".as_ref(), dir.as_os_str(), "--json".as_ref()]).json();
    assert_eq!(json, json!({ "version": 1, "accounts": [], "notes": [] }));
    let nobody = synth(["contract".as_ref(), dir.as_os_str(), "--account".as_ref(), "999999999999".as_ref()]).fine();
    assert_eq!(nobody, "nothing is asked of account 999999999999\n");
}

#[test]
fn what_owners_have_is_proved() {
    let (dir, contract) = imports("contract-given");
    let open = check(&dir, &[]).fine();
    assert!(!open.contains(", 0 open") && open.contains("Not known here"), "{open}");
    assert!(open.contains("`--contract` takes it that owners do what `synth contract` asks of them"), "{open}");
    // Which role builds is known once the project is.
    assert!(open.contains("\n  --policy arn:aws:codebuild:us-east-1:111111111111:project/"), "{open}");
    let things = contract.things.iter().filter(|thing| !thing.policies.is_empty() && !thing.arn.ends_with("/builder"));
    for thing in things {
        assert!(open.contains(&format!("\n  --policy {}=FILE\n", thing.arn)), "{}: {open}", thing.arn);
    }
    let agreed = check(&dir, &["--contract".into()]).fine();
    assert!(!agreed.contains("--contract") && !agreed.contains("=FILE"), "{agreed}");
    assert!(agreed.contains(", 0 open"), "{agreed}");
    let all = check(&dir, &given(&contract, "contract-given-files")).fine();
    assert!(all.contains(", 0 open"), "{all}");

    // The owner of the production account forgot that its deployer may look into the bucket.
    let mut forgotten = contract.clone();
    let deployer = forgotten.things.iter_mut().find(|thing| thing.arn.ends_with("/deployer")).expect("a role");
    let permissions = deployer.policies.iter_mut().find(|policy| policy.kind == RequiredKind::Permissions);
    let statements = permissions.expect("a policy").document["Statement"].as_array_mut().expect("statements");
    statements.retain(|statement| !statement["Action"].to_string().contains("s3:GetObject"));
    let (answer, errors) = check(&dir, &given(&forgotten, "contract-forgotten-files")).findings();
    assert!(answer.contains("NO "), "{answer}");
    assert!(errors.contains("[access::denied]") && errors.contains("s3:GetObject"), "{errors}");
    assert!(errors.contains("help: ") && errors.contains("role/platform/deployer"), "{errors}");

    // What is given counts, and the contract for the rest.
    let mut mixed: Vec<OsString> = vec!["--contract".into()];
    mixed.extend(given(&forgotten, "contract-mixed-files"));
    check(&dir, &mixed).findings();
}

#[test]
fn one_file_may_hold_what_all_owners_have() {
    let (dir, contract) = imports("contract-facts");
    let mut facts = json!({ "roles": {}, "keys": {}, "buckets": {}, "projects": {} });
    for thing in &contract.things {
        for policy in &thing.policies {
            let document = policy.document.clone();
            match policy.kind {
                RequiredKind::Bucket => {
                    let name = thing.arn.rsplit(':').next().expect("a name");
                    facts["buckets"][name] = json!({ "policy": document });
                }
                RequiredKind::Key => facts["keys"][&thing.arn] = document,
                RequiredKind::Trust => facts["roles"][&thing.arn]["trust"] = document,
                _ => facts["roles"][&thing.arn]["policies"] = json!([document]),
            }
        }
        if let Some(role) = thing.setting("ServiceRole") {
            let key = thing.setting("EncryptionKey");
            facts["projects"][&thing.arn] = json!({ "serviceRole": role, "encryptionKey": key });
        }
    }
    let file = dir.join("facts.json");
    std::fs::write(&file, facts.to_string()).expect("the folder of the tests can be written");
    let answer = check(&dir, &["--facts".into(), file.into()]).fine();
    assert!(answer.contains(", 0 open"), "{answer}");
}

#[test]
fn limits_from_above_count() {
    let (dir, _) = imports("contract-limits");
    let statement = |effect: &str, action: &str| json!({ "Effect": effect, "Action": action, "Resource": "*" });
    let all = json!({ "Version": "2012-10-17", "Statement": [statement("Allow", "*")] });
    let no_s3 = json!({ "Version": "2012-10-17", "Statement": [statement("Allow", "*"), statement("Deny", "s3:*")] });
    let boundary = json!({ "Version": "2012-10-17", "Statement": [statement("Allow", "cloudformation:*")] });
    let described = json!({ "Policy": { "Content": no_s3.to_string() } });
    // Resource control policies speak of everybody, and say so.
    let rcp = json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*" });
    let rcp = json!({ "Version": "2012-10-17", "Statement": [rcp] });
    let texts = [all.to_string(), described.to_string(), boundary.to_string(), rcp.to_string()];
    let files = files(
        "contract-limits-files",
        &[
            ("all.json", &*texts[0]),
            ("no-s3.json", &*texts[1]),
            ("boundary.json", &*texts[2]),
            ("rcp.json", &*texts[3]),
        ],
    );
    let with = |option: &str, whose: &str, file: &str| -> Vec<OsString> {
        let mut pair = OsString::from(format!("{whose}="));
        pair.push(files.join(file));
        vec!["--contract".into(), option.into(), pair]
    };
    check(&dir, &with("--scp", "444444444444", "all.json")).fine();
    check(&dir, &with("--scp", "444444444444/root", "no-s3.json")).findings();
    // Each level must allow what is asked, and one policy of a level is enough to.
    let beside = |whose: &str| {
        let narrow = with("--scp", "444444444444", "boundary.json");
        check(&dir, &[&narrow[..], &with("--scp", whose, "all.json")[1..]].concat())
    };
    beside("444444444444").fine();
    beside("444444444444/unit").findings();
    beside("333333333333").findings();
    check(&dir, &with("--rcp", "111111111111", "rcp.json")).findings();
    let deployer = "arn:aws:iam::444444444444:role/platform/deployer";
    let (_, errors) = check(&dir, &with("--boundary", deployer, "boundary.json")).findings();
    assert!(errors.contains("boundary"), "{errors}");
}

#[test]
fn a_mistyped_arn_is_found() {
    let (dir, contract) = imports("contract-mistyped");
    let mut given = given(&contract, "contract-mistyped-files");
    let bucket = given.iter_mut().find(|one| one.to_string_lossy().contains(":s3:::")).expect("a bucket");
    let right = bucket.to_string_lossy().into_owned();
    *bucket = right.replacen("arn:aws:s3:::", "arn:aws:s3:::x-", 1).into();
    let meant = right.split('=').next().expect("an ARN");
    let (answer, errors) = check(&dir, &given).findings();
    assert!(errors.contains("no pipeline here has to do with `arn:aws:s3:::x-"), "{errors}");
    assert!(errors.contains(&format!("`{meant}`")) && answer.contains(meant), "{errors}");
}

#[test]
fn what_cannot_be_read_is_refused_in_words() {
    let (dir, _) = imports("contract-bad");
    let files = files("contract-bad-files", &[("text.json", "no"), ("empty.json", "{}")]);
    let refused = |option: &str, given: &str| {
        let given = given.replace("DIR", &files.to_string_lossy());
        check(&dir, &[option.into(), given.into()]).unusable()
    };
    for (option, given, word) in [
        ("--policy", "arn:aws:s3:::b", "does not say whose file"),
        ("--policy", "bucket=DIR/empty.json", "is no ARN"),
        ("--policy", "ar:aws:s3:::b=DIR/empty.json", "is no ARN: it does not begin with `arn:`"),
        ("--policy", "arn:aws:iam::44444444444:role/r=DIR/empty.json", "is no ARN: its account is not 12 digits"),
        ("--boundary", "arn:aws:s3:::b=DIR/empty.json", "is no ARN of a role"),
        ("--policy", "arn:aws:s3:::b=DIR/missing.json", "cannot read"),
        ("--policy", "arn:aws:s3:::b=DIR/text.json", "is no JSON"),
        ("--policy", "arn:aws:s3:::b=DIR/empty.json", "no policy document"),
        ("--policy", "arn:aws:codebuild:us-east-1:111111111111:project/p=DIR/empty.json", "`serviceRole`"),
        ("--scp", "1=DIR/empty.json", "12 digits"),
        ("--boundary", "=x", "does not say whose file"),
    ] {
        let error = refused(option, given);
        assert!(error.contains(word) && error.contains("help: "), "{given}: {error}");
    }
    std::fs::write(dir.join(FILE), "{}").expect("the folder of the tests can be written");
    let error = synth(["contract".as_ref(), dir.as_os_str()]).unusable();
    assert!(error.contains("no import contract") && error.contains("help: "), "{error}");
    let error = check(&dir, &["--contract".into()]).unusable();
    assert!(error.contains("no import contract"), "{error}");
}

#[test]
fn what_is_stated_without_a_pipeline_is_asked_for_too() {
    let mut app = App::new();
    let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    let mut scope = app.at(tools);
    let role = scope.add("Role", Role::import("arn:aws:iam::111111111111:role/platform/builder"));
    scope.add("Build", PipelineProject::new().role(role));
    let dir = folder("contract-no-pipeline");
    app.synth().unwrap().write(&dir).unwrap();
    let said = synth(["contract".as_ref(), dir.as_os_str()]).fine();
    assert!(said.contains("role arn:aws:iam::111111111111:role/platform/builder\n\npermissions\n"), "{said}");
    assert!(said.contains("logs:PutLogEvents"), "{said}");
}
