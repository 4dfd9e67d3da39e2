//! Buckets that encrypt with a key of their own: whoever fetches from them, or puts something into them, needs it.

use construct_core::Assembly;
use construct_pipeline::access::{Access, Report};
use construct_pipeline::prelude::*;
use serde_json::json;

use crate::support::{Set, failures};

const TOOLS: Env = Env::new("111111111111", "us-east-1");
const WEB: Env = Env::new("222222222222", "us-east-1");

/// A pipeline that fetches from one bucket, and deploys to another one with another key.
fn app() -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", TOOLS);
    let mut scope = app.at(tools);
    let mut bucket = |id: &str| {
        let key = scope.add(format!("{id}Key"), Key::new());
        scope.add(id, Bucket::new().encryption(BucketEncryption::Key(key.arn())))
    };
    let (releases, site, pages) = (bucket("Releases"), bucket("Site"), Artifact::new("Pages"));
    let fetch = Action::new("Fetch", S3Source::new(releases, "pages.zip", &pages));
    let publish = Action::new("Publish", S3Deploy::new(site, &pages));
    let pipeline = Pipeline::new("pages").stage(Stage::new("Source").action(fetch));
    scope.add("Pipeline", pipeline.stage(Stage::new("Deploy").action(publish)));
    app
}

/// The calls of actions to KMS.
fn calls(report: &Report) -> Vec<(String, &str)> {
    let kms = report.accesses().iter().filter(|access| access.iam_action().starts_with("kms:"));
    kms.filter_map(|access| Some((access.action.as_ref()?.name.to_string(), access.iam_action()))).collect()
}

#[test]
fn what_encrypts_by_default_is_allowed_and_proved() {
    let report = Set::new(app().synth().expect("it is proved")).prove();
    assert!(report.is_proved(), "{}", failures(&report));
    assert_eq!(calls(&report), [("Fetch".to_owned(), "kms:Decrypt"), ("Publish".to_owned(), "kms:GenerateDataKey")]);
}

#[test]
fn without_the_key_what_is_encrypted_by_default_is_a_hole() {
    let mut set = Set::new(app().synth().expect("it is proved"));
    let role = set.resource("Tools", "PipelineRole");
    let statements =
        role.pointer_mut("/Properties/Policies/0/PolicyDocument/Statement").unwrap().as_array_mut().unwrap();
    statements.retain(|statement| !statement.to_string().contains("kms:"));
    let report = set.prove();
    let holes: Vec<&str> = report.holes().map(Access::iam_action).collect();
    assert_eq!(holes, ["kms:Decrypt", "kms:GenerateDataKey"], "{}", failures(&report));
    let missing = r#"add to the permissions in `PipelineRole"#;
    assert!(
        report.findings().iter().all(|one| one.help_text().is_some_and(|help| help.starts_with(missing))),
        "{}",
        report.findings()
    );
}

/// A site of another account, with a key that is named in some way, with an alias or without.
fn abroad(alias: bool, named: impl FnOnce(KeyRef) -> Value<kind::Arn>) -> Result<Assembly, SynthError> {
    let mut app = App::new();
    let (tools, web) = (app.stack("Tools", TOOLS), app.stack("Web", WEB));
    let mut scope = app.at(web);
    let key = scope.add("Key", Key::new());
    let site = Bucket::new().bucket_name("web-site-1").encryption(BucketEncryption::Key(named(key)));
    let (site, pages) = (scope.add("Site", site), Artifact::new("Pages"));
    if alias {
        scope.add("Alias", Alias::new("alias/web", key));
    }
    let checkout = Action::new("Checkout", CodeCommitSource::new("pages", &pages));
    let publish = Action::new("Publish", S3Deploy::new(site, &pages));
    let pipeline = Pipeline::new("pages").stage(Stage::new("Source").action(checkout));
    app.at(tools).add("Pipeline", pipeline.stage(Stage::new("Deploy").action(publish)));
    app.synth()
}

#[test]
fn a_key_that_has_no_name_where_the_role_is_is_found_at_synthesis() {
    let error = abroad(false, KeyRef::arn).expect_err("the role may not use the key");
    let findings = error.findings().expect("findings");
    let codes: Vec<&str> = findings.iter().map(Diagnostic::code).collect();
    assert_eq!(codes, ["access::denied"], "{findings}");
}

#[test]
fn a_key_of_another_stack_is_told_by_its_alias() {
    const ARN: &str = "arn:aws:kms:us-east-1:222222222222:alias/web";
    for named in [KeyRef::arn as fn(KeyRef) -> Value<kind::Arn>, |_| ARN.into()] {
        let mut set = Set::new(abroad(true, named).expect("it is proved"));
        assert!(set.prove().is_proved(), "{}", failures(&set.prove()));
        let role = set.resource("scaffold", "ActionRole").to_string();
        let condition = json!({ "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/web" } });
        assert!(role.contains(&condition.to_string()), "{role}");
        assert!(role.contains(r#""Resource":"arn:aws:kms:us-east-1:222222222222:key/*""#), "{role}");
    }
}

#[test]
fn a_key_of_another_stack_of_the_same_place_is_imported() {
    let mut app = App::new();
    let (tools, web) = (app.stack("Tools", TOOLS), app.stack("Web", TOOLS));
    let key = app.at(web).add("Key", Key::new());
    let releases = app.at(web).add("Releases", Bucket::new().encryption(BucketEncryption::Key(key.arn())));
    let pages = Artifact::new("Pages");
    let fetch = Action::new("Fetch", S3Source::new(releases, "pages.zip", &pages));
    let deploy = DeployStack::new("pages", pages.file("template.yaml")).administrator_permissions();
    let pipeline = Pipeline::new("pages").stage(Stage::new("Source").action(fetch));
    app.at(tools).add("Pipeline", pipeline.stage(Stage::new("Deploy").action(Action::new("Deploy", deploy))));
    let report = Set::new(app.synth().expect("it is proved")).prove();
    assert!(
        report.is_proved() && calls(&report).contains(&("Fetch".to_owned(), "kms:Decrypt")),
        "{}",
        failures(&report)
    );
}
