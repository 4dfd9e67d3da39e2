//! Who keeps only what is not proved finds what who keeps everything does, also where statements are gone, wide or for
//! everybody.

use construct_core::Assembly;
use serde_json::{Value, json};

use super::policies::Statements;
use super::run::Keep;
use super::survey::{Sheet, survey};
use super::template::{Template, Templates};
use super::{Access, Outside, report};
use crate::prelude::*;

fn across_accounts() -> Assembly {
    let home = Env::new("111111111111", "us-east-1");
    let mut app = App::new();
    app.access(AccessCheck::Off);
    for n in 0..2 {
        let stack = app.stack(format!("Tools{n}"), home);
        let mut scope = app.at(stack);
        let project = scope.add("Build", PipelineProject::new().build_spec_file("buildspec.yml"));
        let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
        let checkout = CodeCommitSource::new("orders", &source).branch("main");
        let deploy = |n: u8, account: &str, region: &str| {
            let stack = DeployStack::new("orders", bundle.file("template.yaml"));
            Action::new(format!("Deploy{n}"), stack).account(account).region(region)
        };
        let production = [
            deploy(0, "222222222222", "us-east-1"),
            deploy(1, "222222222222", "eu-west-1"),
            deploy(2, "333333333333", "us-east-1"),
        ];
        scope.add(
            "Pipeline",
            Pipeline::new(format!("orders-{n}"))
                .stage(Stage::new("Source").action(Action::new("Checkout", checkout)))
                .stage(
                    Stage::new("Build").action(Action::new("Bundle", CodeBuild::new(project, &source).output(&bundle))),
                )
                .stage(Stage::new("Production").actions(production)),
        );
    }
    app.synth().expect("an assembly")
}

/// What is not proved, in words.
fn unproved(templates: &Templates<'_>, keep: Keep) -> Vec<String> {
    let sheets = templates.iter().map(Sheet::of).collect();
    let surveyed = survey(templates, sheets, Vec::new(), &Statements::default(), &Outside::new());
    let report = report(surveyed, keep);
    let told = |access: &Access| {
        let Access { pipeline, action, purpose, expected, decision, remark, only_if, outsider, .. } = access;
        let question = (access.principal(), access.iam_action(), access.resource());
        format!(
            "{question:?} {pipeline:?} {action:?} {purpose:?} {expected:?} {decision:?} {remark:?} {only_if:?} {outsider}"
        )
    };
    report.accesses.iter().filter(|access| !access.is_proved()).map(told).collect()
}

/// Each list of statements in a value, in order.
fn statements<'v>(value: &'v mut Value, found: &mut Vec<&'v mut Vec<Value>>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("Statement", Value::Array(all)) => found.push(all),
                    (_, value) => statements(value, found),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| statements(value, found)),
        _ => {}
    }
}

#[test]
fn what_is_kept_decides_nothing() {
    let assembly = across_accounts();
    let sound: Vec<Value> = assembly.stacks().iter().map(|stack| stack.template_json().expect("JSON")).collect();
    let (mut tried, mut found) = (0, 0);
    // What the other pipeline needs differs in nothing but names.
    let is_first =
        |stack: &usize| ["Tools0", "orders-0"].iter().any(|of| assembly.stacks()[*stack].stack_name.starts_with(of));
    for stack in (0..sound.len()).filter(is_first) {
        let mut lists = Vec::new();
        let mut whole = sound[stack].clone();
        statements(&mut whole, &mut lists);
        let lengths: Vec<usize> = lists.iter().map(|list| list.len()).collect();
        for (list, length) in lengths.into_iter().enumerate() {
            for (number, fault) in (0..length).flat_map(|number| (0..4).map(move |fault| (number, fault))) {
                let mut bodies = sound.clone();
                let mut lists = Vec::new();
                statements(&mut bodies[stack], &mut lists);
                let broken = &mut lists[list];
                match fault {
                    0 => drop(broken.remove(number)),
                    1 => drop(broken[number].as_object_mut().expect("a statement").remove("Condition")),
                    2 => broken[number]["Action"] = json!("*"),
                    _ if broken[number].get("Principal").is_some() => broken[number]["Principal"] = json!("*"),
                    _ => continue,
                }
                let mut templates = Templates::new();
                for (stack, body) in assembly.stacks().iter().zip(bodies) {
                    templates = templates.with(Template::new(&stack.stack_name, &stack.account, &stack.region, body));
                }
                let (all, few) = (unproved(&templates, Keep::All), unproved(&templates, Keep::Unproved));
                assert_eq!(
                    few,
                    all,
                    "fault {fault} of statement {number} of list {list} of {}",
                    assembly.stacks()[stack].stack_name
                );
                tried += 1;
                found += usize::from(!all.is_empty());
            }
        }
    }
    assert!(tried > 100 && found > tried / 4, "{tried} tried, {found} found");
}
