//! Repositories with a key of their own: whoever reads one, or clones it, needs the key.

use construct_pipeline::access::{Access, Purpose};
use construct_pipeline::prelude::*;
use serde_json::Value;

use crate::support::{Set, failures};

const TOOLS: Env = Env::new("111111111111", "eu-central-1");
const CODE: Env = Env::new("222222222222", "eu-central-1");

/// A pipeline that builds what comes from a source.
fn set(source: impl FnOnce(&mut App, StackRef, &Artifact) -> CodeCommitSource, account: Env) -> Set {
    let mut app = App::new();
    let tools = app.stack("Tools", TOOLS);
    let code = Artifact::new("Code");
    let source = source(&mut app, tools, &code);
    let checkout = Action::new("Checkout", source.branch("main")).account(account.account);
    let mut scope = app.at(tools);
    let project = scope.add("Build", PipelineProject::new());
    let build = Action::new("Make", CodeBuild::new(project, &code));
    let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(checkout));
    scope.add("Pipeline", pipeline.stage(Stage::new("Build").action(build)));
    Set::new(app.synth().expect("it is proved"))
}

/// A repository with a key and, unless nobody needs it, an alias of the key.
fn repository(app: &mut App, stack: StackRef, with_alias: bool) -> RepositoryRef {
    let mut scope = app.at(stack);
    let key = scope.add("Key", Key::new());
    if with_alias {
        scope.add("Alias", Alias::new("alias/orders-code", key));
    }
    scope.add("Orders", Repository::new("orders").encryption_key(key.arn()))
}

/// Who decrypts with another key than the store's, through CodeCommit.
fn decrypting(set: &Set) -> Vec<String> {
    let report = set.prove();
    assert!(report.is_proved(), "{}", failures(&report));
    let decrypts = |access: &&Access| access.iam_action() == "kms:Decrypt" && access.purpose == Purpose::Calls;
    report.accesses().iter().filter(decrypts).map(|access| access.principal().to_owned()).collect()
}

#[test]
fn the_action_decrypts_the_repository() {
    let near = set(|app, tools, code| CodeCommitSource::new(repository(app, tools, false), code), TOOLS);
    assert_eq!(decrypting(&near).len(), 1);
}

#[test]
fn a_build_that_clones_the_repository_decrypts_it_too() {
    let near = set(|app, tools, code| CodeCommitSource::new(repository(app, tools, true), code).full_clone(), TOOLS);
    assert_eq!(decrypting(&near).len(), 2);
}

#[test]
fn the_key_of_a_repository_of_another_account_is_told_by_its_alias() {
    let far = |with_alias| {
        set(
            |app, _, code| {
                let stack = app.stack("Code", CODE);
                CodeCommitSource::new(repository(app, stack, with_alias), code)
            },
            CODE,
        )
    };
    assert_eq!(decrypting(&far(true)).len(), 1);
}

#[test]
fn a_key_that_is_given_is_asked_of_its_owner() {
    let key = "arn:aws:kms:eu-central-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let mut set = set(|_, _, code| CodeCommitSource::new("orders", code).encryption_key(key), CODE);
    let scaffold = set.bodies.iter().find(|body| body.to_string().contains("codecommit:GetBranch")).expect("a role");
    assert!(scaffold.to_string().contains(key), "{scaffold:#}");
    assert!(set.prove().is_proved());
    // The template of whoever owns the repository shows the key that is needed.
    let owner = set.bodies.iter_mut().find(|body| body.to_string().contains("codecommit:GetBranch")).expect("a stack");
    let repository = serde_json::json!({
        "Type": "AWS::CodeCommit::Repository",
        "Properties": { "RepositoryName": "orders", "KmsKeyId": key.replace("1234abcd", "99999999") },
    });
    owner["Resources"].as_object_mut().expect("resources").insert("Orders".to_owned(), repository);
    let report = set.prove();
    assert!(!report.is_proved() && failures(&report).contains("key/99999999"), "{}", failures(&report));
}

#[test]
fn without_its_permission_the_action_reads_nothing() {
    let mut near = set(|app, tools, code| CodeCommitSource::new(repository(app, tools, false), code), TOOLS);
    for body in &mut near.bodies {
        for resource in body["Resources"].as_object_mut().expect("resources").values_mut() {
            let Some(statements) =
                resource.pointer_mut("/Properties/Policies/0/PolicyDocument/Statement").and_then(Value::as_array_mut)
            else {
                continue;
            };
            statements.retain(|statement| statement["Action"] != "kms:Decrypt");
        }
    }
    let report = near.prove();
    let missed: Vec<&str> = report.holes().map(Access::iam_action).collect();
    assert_eq!(missed, ["kms:Decrypt"], "{}", failures(&report));
}
