//! The proof on the assembly of the example program: it holds, each statement counts, and a hole is mended by what is
//! proposed.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Set, failures, key, keys};
use construct_pipeline::access::template::Templates;
use construct_pipeline::access::{Expected, Orders, Outside, Place, Report, prove};
use construct_pipeline::prelude::*;

#[test]
fn everything_is_proved_and_nothing_assumed() {
    let report = Set::example().prove();
    assert!(report.is_proved(), "{}", failures(&report));
    assert_eq!(report.findings().to_string(), "");
    assert!(report.accesses().len() > 120, "{}", report.accesses().len());
    let Orders::Counted { allowed, failing } = report.order().orders else { panic!("few enough to count") };
    assert_eq!((allowed, failing), (120, 0), "five stacks in any order, then the pipeline's");
}

#[test]
fn the_stack_of_a_pipeline_needs_those_of_its_roles_and_stores() {
    let set = Set::example();
    let without_order = set.templates().iter().fold(Templates::new(), |all, one| all.with(one.clone().after([""; 0])));
    let report = prove(&without_order, &Outside::new());
    let because = |words: &str| {
        let because =
            report.order().missing.iter().filter(|edge| &*edge.stack == "Tools" && edge.because.contains(words));
        because.map(|edge| edge.needs.to_string()).collect::<BTreeSet<_>>()
    };
    assert_eq!((because("names the role").len(), because("names the bucket").len()), (4, 1));
}

/// The statements that allow something the run needs, with the requests that they allow, and those that they alone allow.
fn cited(report: &Report) -> BTreeMap<(Place, usize), (BTreeSet<String>, BTreeSet<String>)> {
    let mut cited: BTreeMap<(Place, usize), (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    for access in report.accesses().iter().filter(|access| access.expected == Expected::Allow) {
        let verdict = report.verdict(access).expect("a verdict");
        for citation in &verdict.allowed_by {
            let place = report.place_of(citation).expect("a policy of a template").clone();
            let entry = cited.entry((place, citation.statement.expect("a statement"))).or_default();
            entry.0.insert(key(access));
            if verdict.also_allowed_by.is_empty() {
                entry.1.insert(key(access));
            }
        }
    }
    cited
}

#[test]
fn each_cited_statement_counts_and_the_proposal_mends_its_loss() {
    assert!(each_statement_counts(&Set::example()) > 40);
}

/// Of the roles of one account one writes and one only reads, and a topic has no name before it is there.
#[test]
fn proposals_give_no_more_than_was_lost() {
    let mut app = App::new();
    let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    let topic = app.at(tools).add("Approvals", Topic::new());
    let (code, told) = (Artifact::new("Code"), Artifact::new("Told"));
    let queues = PolicyStatement::allow(["sqs:CreateQueue"]).on(["arn:aws:sqs:*:*:orders-*"]);
    let deploy = DeployStack::new("orders", code.file("template.yaml")).allow(queues).output(&told, "outputs.json");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &code));
    let approve = Action::new("Approve", ManualApproval::new().topic(topic));
    let deploy = Action::new("Deploy", deploy).account("222222222222").run_order(2);
    let stages = [Stage::new("Source").action(checkout), Stage::new("Deploy").action(approve).action(deploy)];
    app.at(tools).add("Pipeline", Pipeline::new("orders").stages(stages));
    assert!(each_statement_counts(&Set::new(app.synth().expect("it is proved"))) > 15);
}

/// Takes away each statement that allows something; gives how many there are.
fn each_statement_counts(whole: &Set) -> usize {
    let report = whole.prove();
    assert!(report.is_proved(), "{}", failures(&report));
    let cited = cited(&report);
    let n_cited = cited.len();
    for ((place, n), (may_fail, must_fail)) in cited {
        let mut broken = whole.clone();
        let stack = place.stack.as_deref().expect("a stack").to_owned();
        let body = broken.body(&stack);
        let document = body.pointer_mut(&place.pointer).expect("the cited policy is in the template");
        if let Some(statements) = document.get_mut("Statement").and_then(serde_json::Value::as_array_mut) {
            statements.remove(n);
        } else {
            // The statement of an event bus is a resource of its own.
            body["Resources"].as_object_mut().expect("resources").shift_remove(&*place.logical_id);
        }
        let report = broken.prove();
        let holes: BTreeSet<String> = keys(report.holes().chain(report.risks()));
        assert!(holes.is_subset(&may_fail), "{place} {n}: more than it allowed is denied\n{}", failures(&report));
        assert!(must_fail.is_subset(&holes), "{place} {n}: its loss is not noticed\n{}", failures(&report));
        assert_eq!(report.assumptions().count(), 0, "{place} {n}\n{}", failures(&report));
        let broken_findings = report.findings();
        assert!(
            holes.is_empty() || broken_findings.iter().all(|finding| finding.help_text().is_some()),
            "{broken_findings}"
        );

        let mut mended = broken.clone();
        for repair in report.merged_repairs(&report.holes().chain(report.risks()).collect::<Vec<_>>()) {
            let stack = repair.place.stack.as_deref().expect("a stack").to_owned();
            assert!(repair.apply(mended.body(&stack)), "{repair}");
        }
        let report = mended.prove();
        assert!(report.is_proved(), "{place} {n}: not mended, or too much\n{}", failures(&report));
    }
    n_cited
}
