use construct_core::{App, Assembly, Env, Repeats};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::access::run::Keep;
use crate::access::survey::outside::Outside;
use crate::access::survey::surveyor::survey;
use crate::access::template::Templates;
use crate::access::{prove, report};
use crate::prelude::{
    Action, Artifact, CodeBuild, CodeCommitSource, DeployStack, ManualApproval, Pipeline, PipelineProject, Stage,
};

fn assembly() -> Assembly {
    let mut app = App::new();
    let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    let mut scope = app.at(tools);
    let project = scope.add("Build", PipelineProject::new().build_spec_file("buildspec.yml"));
    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let deploy = |account: &str| {
        let deploy = DeployStack::new("orders", bundle.file("template.yaml"));
        Action::new(format!("Deploy-{account}"), deploy).account(account)
    };
    scope.add(
        "Pipeline",
        Pipeline::new("orders")
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
            .stage(Stage::new("Build").action(Action::new("Bundle", CodeBuild::new(project, &source).output(&bundle))))
            .stage(
                Stage::new("Deploy")
                    .action(deploy("222222222222"))
                    .action(Action::new("Approve", ManualApproval::new()).run_order(4))
                    .action(deploy("333333333333").region("eu-west-1").run_order(5)),
            ),
    );
    app.synth().expect("an assembly")
}

/// Everything that is said about templates.
fn told(report: &crate::access::Report) -> Vec<String> {
    let mut told: Vec<String> = report.accesses().iter().map(|access| report.explain(access).to_string()).collect();
    // Their labels alone: which symbol stands for what is not known depends on who asks first.
    let pipelines: Vec<_> = report.pipelines().map(|(label, actions)| (label, actions.collect::<Vec<_>>())).collect();
    told.push(format!("{:#?}", (&report.order, &report.too_wide, &report.notes, pipelines)));
    told.push(report.findings().to_string());
    told
}

/// What is said of templates that were opened is what is said of templates that were kept. Tells how many roles and
/// actions were taken.
fn are_told_alike(stacks: &[StackArtifact]) -> (usize, usize) {
    let (outside, mut statements) = (Outside::new(), Statements::default());
    let json = |stack: &StackArtifact| Json::read(&stack.template).expect("JSON").into_owned();
    let (mut all, mut sheets, mut policies) = (Vec::new(), Vec::new(), Vec::new());
    let mut repeats = Repeats::default();
    for stack in stacks {
        let (body, source) = Source::read(&stack.template, &mut repeats).expect("JSON");
        let opened = Opened::new(stack, body, &source, &mut statements);
        all.push(opened.template);
        sheets.push(opened.sheet);
        policies.push(opened.policies);
    }
    let n_roles = sheets.iter().map(|sheet| sheet.roles.len()).sum();
    let n_actions = sheets.iter().flat_map(|sheet| &sheet.actions).map(|(_, actions)| actions.len()).sum();
    let templates = Templates { all, unreadable: Vec::new() };
    let opened = report(survey(&templates, sheets, policies, &statements, &outside), Keep::All);
    let all = stacks.iter().map(|stack| Template::of(stack, json(stack))).collect();
    let kept = prove(&Templates { all, unreadable: Vec::new() }, &outside);
    assert_eq!(told(&opened), told(&kept));
    (n_roles, n_actions)
}

thread_local! {
    static EXAMPLE: Vec<(StackArtifact, Value)> = assembly().stacks().iter().map(|stack| {
        (stack.clone(), stack.template_json().expect("JSON"))
    }).collect();
}

/// The stacks of the example, with their templates changed.
fn changed(change: impl FnOnce(&mut Vec<(StackArtifact, Value)>)) -> Vec<StackArtifact> {
    let mut stacks = EXAMPLE.with(Vec::clone);
    change(&mut stacks);
    let written = |(mut stack, body): (StackArtifact, Value)| {
        stack.template = serde_json::to_string_pretty(&body).expect("JSON");
        stack
    };
    stacks.into_iter().map(written).collect()
}

#[test]
fn most_roles_and_actions_are_noted_when_their_template_is_read() {
    assert_eq!(are_told_alike(&changed(|_| ())), (5, 2));
}

fn resources(body: &mut Value) -> impl Iterator<Item = &mut Value> {
    body["Resources"].as_object_mut().into_iter().flat_map(|all| all.values_mut())
}

/// All values in a value.
fn count(value: &Value) -> usize {
    let inside: usize = match value {
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    };
    1 + inside
}

fn nth(value: &mut Value, n: usize) -> Result<&mut Value, usize> {
    let Some(mut n) = n.checked_sub(1) else { return Ok(value) };
    let inside: Vec<&mut Value> = match value {
        Value::Array(values) => values.iter_mut().collect(),
        Value::Object(map) => map.values_mut().collect(),
        _ => Vec::new(),
    };
    for value in inside {
        match nth(value, n) {
            Err(left) => n = left,
            found => return found,
        }
    }
    Err(n)
}

#[test]
fn roles_of_one_name_are_told_whoever_makes_them() {
    let same = |body: &mut Value| {
        for role in resources(body).filter(|resource| resource["Type"] == "AWS::IAM::Role") {
            role["Properties"]["RoleName"] = json!("Same");
        }
    };
    let stacks = changed(|stacks| stacks.iter_mut().for_each(|(_, body)| same(body)));
    assert!(are_told_alike(&stacks).0 > 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_value_is_changed_to(
        stack in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        new in prop::sample::select(vec![
            json!(null), json!(7), json!(""), json!("é"), json!("a/b"), json!("arn:aws:iam::222222222222:role/a"), json!([]), json!({}),
            json!([null]), json!({ "Ref": "AWS::NoValue" }), json!({ "Ref": "Nothing" }), json!({ "Fn::ImportValue": "x" }),
            json!({ "Fn::ImportValue": "x", "Fn::Sub": "${y}" }), json!("{{resolve:ssm:x}}"), json!("\u{E000}"),
        ]),
    ) {
        are_told_alike(&changed(|stacks| {
            let body = &mut stack.get_mut(stacks).1;
            let n = place.index(count(body));
            if let Ok(value) = nth(body, n) {
                *value = new;
            }
        }));
    }

    #[test]
    fn whatever_is_said_of_a_resource_beside(
        stack in any::<prop::sample::Index>(),
        resource in any::<prop::sample::Index>(),
        (name, value) in prop::sample::select(vec![
            ("ManagedPolicyArns", json!([])), ("ManagedPolicyArns", json!(["arn:aws:iam::aws:policy/AdministratorAccess"])),
            ("PermissionsBoundary", json!("arn:aws:iam::222222222222:policy/b")), ("Path", json!("/p/")), ("Path", json!({ "Ref": "P" })),
            ("Tags", json!([{ "Key": "k", "Value": { "Fn::ImportValue": "orders" } }])), ("Policies", json!({ "Ref": "P" })),
            ("Tags", json!([{ "Key": "k", "Value": "v" }])), ("Condition", json!("C")), ("Policies", json!([])),
        ]),
        exports: bool,
    ) {
        are_told_alike(&changed(|stacks| {
            let body = &mut stack.get_mut(stacks).1;
            if exports {
                let role = body["Resources"].as_object().and_then(|all| all.keys().next()).cloned().unwrap_or_default();
                body["Outputs"] = json!({ "O": { "Value": { "Ref": role }, "Export": { "Name": "orders" } } });
            }
            let mut all: Vec<&mut Value> = resources(body).collect();
            let resource = resource.get_mut(&mut all);
            match name {
                "Condition" => resource[name] = value,
                _ => resource["Properties"][name] = value,
            }
        }));
    }
}
