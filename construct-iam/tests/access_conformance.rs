//! Every stored case of what AWS's documentation says about a request has to come out exactly so.
//!
//! `data/iam-cases.json` holds requests with their policies and the documented outcome. All keys that a case does not
//! list are absent, so an open outcome is a failure as well.
#![expect(clippy::panic, reason = "in a test, a panic is the report")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod access_support;

use access_support::{CASES, oracle, policies, request, text};
use construct_iam::access::{Action, Context, Outcome, Request, Resource, ResourceKind, Stance, Truth, evaluate};
use serde_json::Value;

#[test]
fn all_documented_cases() {
    let cases = cases();
    let mut ids = BTreeSet::new();
    let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let (mut failures, mut n_false_allows) = (Vec::new(), 0);
    for case in &cases {
        let id = text(case, "id");
        assert!(ids.insert(id), "{id} occurs twice");
        let expected = expected(case);
        let verdict = evaluate(&request(case), &policies(case));
        let group = groups.entry(text(case, "group")).or_default();
        group.0 += 1;
        if verdict.outcome != expected {
            group.1 += 1;
            n_false_allows += usize::from(verdict.is_allowed());
            let (title, source) = (text(case, "title"), text(case, "source"));
            failures.push(format!(
                "{id}: {title}\n  {source}\n  expected {expected:?}, got {:?}\n  {verdict}",
                verdict.outcome
            ));
        }
    }
    assert_eq!(ids.len(), 251, "no case may get lost");
    let counts: Vec<String> =
        groups.iter().map(|(group, (all, failed))| format!("{group}: {failed} of {all}")).collect();
    assert!(
        failures.is_empty(),
        "{}\n{} failed, {n_false_allows} of them wrongly allowed\n{}",
        failures.join("\n"),
        failures.len(),
        counts.join("\n")
    );
}

/// What judges the evaluator elsewhere is judged here.
#[test]
fn the_oracle_knows_the_documented_cases() {
    let wrong: Vec<String> = cases()
        .iter()
        .filter(|case| oracle::decide(case) != expected(case))
        .map(|case| format!("{}: {:?}", text(case, "id"), oracle::decide(case)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whichever part of the circumstances is known before it is known who asks.
#[test]
fn stances_decide_the_documented_cases() {
    for case in cases() {
        let (whole, policies) = (request(&case), policies(&case));
        let action = Arc::new(Action::from(whole.action()));
        let resource = Resource::new(whole.resource(), whole.resource_account());
        if inferred_kind(&whole) != whole.kind() {
            continue;
        }
        let keys: Vec<_> = whole.context().mentioned().collect();
        let some: [fn(usize) -> bool; 4] = [|_| false, |_| true, |n| n % 2 == 0, |n| n % 2 == 1];
        for is_before in some {
            let (mut before, mut after) = (Context::closed(), Context::closed());
            for (n, (key, value)) in keys.iter().enumerate() {
                let told = if is_before(n) { &mut before } else { &mut after };
                told.tell((*key).to_owned(), (*value).clone());
            }
            let stance = Stance::new(Arc::clone(&action), resource.clone(), Arc::new(before), policies.clone());
            let allowed = stance.allows(whole.principal(), &Arc::new(after), &policies);
            assert_eq!(allowed, Truth::from(expected(&case) == Outcome::Allowed), "{}", text(&case, "id"));
            let account = whole.principal().account();
            let is_out = stance.keeps_everybody_out() || account.is_some_and(|account| stance.keeps_out(account));
            assert!(!is_out || allowed.is_no(), "{} is kept out", text(&case, "id"));
        }
    }
}

/// Where a resource has a policy, the kind that the request infers is the right one.
#[test]
fn the_kind_of_a_resource_is_inferred() {
    for case in cases().iter().filter(|case| !case["resourcePolicyKind"].is_null()) {
        let given = request(case);
        assert_eq!(inferred_kind(&given), given.kind(), "{}", text(case, "id"));
    }
}

fn inferred_kind(given: &Request) -> ResourceKind {
    Request::new(given.principal().clone(), given.action(), given.resource(), given.resource_account()).kind()
}

fn cases() -> Vec<Value> {
    let file: Value = serde_json::from_str(CASES).expect("the file is JSON");
    file["cases"].as_array().expect("a list of cases").clone()
}

fn expected(case: &Value) -> Outcome {
    match text(case, "expected") {
        "Allowed" => Outcome::Allowed,
        "ImplicitlyDenied" => Outcome::ImplicitlyDenied,
        "ExplicitlyDenied" => Outcome::ExplicitlyDenied,
        other => panic!("outcome {other}"),
    }
}
