//! Random requests: the evaluator against a second, stupid one, with everything known and with something unknown.
#![expect(clippy::panic, reason = "in a test, a panic is the report")]

mod access_support;

use std::sync::Arc;

use access_support::world::{Choices, KEYS, case, is_undocumented, worlds};
use access_support::{oracle, policies, request};
use construct_iam::access::{
    Action, Change, Context, ContextValue, Distinctions, Outcome, Query, Resource, Side, Stance, Verdict, evaluate,
    is_allowed, outcome,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..220)
}

fn verdict(case: &Value) -> Verdict {
    let (request, policies) = (request(case), policies(case));
    let verdict = evaluate(&request, &policies);
    assert_eq!(outcome(&request, &policies), verdict.outcome, "without reasons\n{verdict}\n{case}");
    let short = is_allowed(request.query(), &policies, &policies);
    assert_eq!(short, verdict.outcome.into(), "only as far as it matters\n{verdict}\n{case}");
    verdict
}

/// What a verdict says about a request without anything unknown has to fit what the oracle says.
fn fits(verdict: &Verdict, concrete: Outcome) -> bool {
    match verdict.outcome {
        Outcome::Allowed => concrete == Outcome::Allowed,
        Outcome::ExplicitlyDenied => concrete == Outcome::ExplicitlyDenied,
        // A Deny that only may apply does not change that a permission is lacking.
        Outcome::ImplicitlyDenied => concrete != Outcome::Allowed,
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_oracle_agrees(bytes in bytes()) {
        let case = case(&mut Choices::new(&bytes), false);
        prop_assume!(!is_undocumented(&case));
        let verdict = verdict(&case);
        prop_assert_eq!(verdict.outcome, oracle::decide(&case), "{}\n{}", verdict, case);
    }

    /// With some keys unknown, the verdict has to hold whatever they turn out to be.
    #[test]
    fn unknown_keys_promise_nothing(bytes in bytes(), keys in prop::collection::btree_set(0..KEYS.len(), 1..3)) {
        let known = case(&mut Choices::new(&bytes), false);
        let keys: Vec<usize> = keys.into_iter().collect();
        let mut open = known.clone();
        for key in &keys {
            open["context"][KEYS[*key].0] = Value::Null;
        }
        let verdict = verdict(&open);
        if verdict.outcome == Outcome::Indeterminate {
            prop_assert!(!verdict.assumptions.is_empty(), "no assumption\n{}\n{}", verdict, open);
            prop_assert!(verdict.assumptions.iter().all(|assumption| !assumption.unknowns.is_empty()));
        } else {
            prop_assert!(verdict.assumptions.is_empty());
        }
        // A case that is given up counts as none, and of tens of thousands too many would be.
        for world in worlds(&known, &keys).into_iter().filter(|world| !is_undocumented(world)) {
            let concrete = oracle::decide(&world);
            prop_assert!(fits(&verdict, concrete), "{:?} here\n{}\n{}\n{}", concrete, verdict, open, world["context"]);
        }
    }

    #[test]
    fn forgetting_never_allows(bytes in bytes(), key in 0..KEYS.len()) {
        let known = case(&mut Choices::new(&bytes), false);
        let mut open = known.clone();
        open["context"][KEYS[key].0] = Value::Null;
        let (before, after) = (verdict(&known), verdict(&open));
        prop_assert!(before.is_allowed() || !after.is_allowed(), "{}\n{}\n{}", before, after, known);
        prop_assert!(!after.is_denied() || before.outcome != Outcome::Allowed, "{}\n{}\n{}", before, after, known);
    }

    /// What no policy and no rule tells apart is decided alike.
    #[test]
    fn actions_of_equal_traits_are_alike(bytes in bytes(), symbols in any::<bool>()) {
        let mut case = case(&mut Choices::new(&bytes), symbols);
        let policies = policies(&case);
        let distinctions = Distinctions::of(policies.policies());
        let decided = |case: &Value| {
            let request = request(case);
            (distinctions.traits(&request.action().into()), outcome(&request, &policies))
        };
        let (traits, expected) = decided(&case);
        for service in ["s3", "kms", "sts", "iam"] {
            for name in ["GetObject", "PutObject", "Get", "Decrypt", "ScheduleKeyDeletion", "AssumeRole", "PassRole", "Tag"] {
                case["action"] = json!(format!("{service}:{name}"));
                let (same, got) = decided(&case);
                prop_assert!(same != traits || got == expected, "{:?}, not {:?}\n{}", got, expected, case);
            }
        }
    }

    /// What is known before it is known who asks may be looked at before: whichever part of the context that is.
    #[test]
    fn a_stance_decides_as_the_request_does(bytes in bytes(), symbols in any::<bool>(), known in any::<u64>(), open in any::<u64>(), other in any::<u64>()) {
        let case = case(&mut Choices::new(&bytes), symbols);
        let (whole, policies) = (request(&case), policies(&case));
        let (mut before, mut after) = (Context::closed(), Context::closed());
        for (n, (key, value)) in whole.context().mentioned().enumerate() {
            let value = if open >> n & 1 == 1 { ContextValue::Unknown } else { value.clone() };
            if known >> n & 1 == 0 {
                after.tell(key.to_owned(), value);
            } else {
                before.tell(key.to_owned(), value);
                if other >> n & 1 == 1 {
                    after.tell(key.to_owned(), ContextValue::One("something else".to_owned()));
                }
            }
        }
        let (before, after) = (Arc::new(before), Arc::new(after));
        let action = Arc::new(Action::from(whole.action()));
        let resource = Resource::new(whole.resource(), whole.resource_account());
        let context = Context::over_both(Arc::clone(&before), Arc::clone(&after));
        // A stance takes the kind that follows from action and resource.
        let same = Query::new(whole.principal(), &action, &resource, &context);
        let expected = is_allowed(same, &policies, &policies);
        let stance = Stance::new(Arc::clone(&action), resource.clone(), before, policies.clone());
        prop_assert_eq!(stance.allows(whole.principal(), &after, &policies), expected, "{}\n{:?}", case, context);
        let account = whole.principal().account();
        let is_out = account.is_some_and(|account| stance.keeps_out(account));
        prop_assert!(!is_out || expected.is_no(), "kept out\n{}\n{:?}", case, context);
        prop_assert!(!stance.keeps_everybody_out() || expected.is_no(), "refused\n{}\n{:?}", case, context);
    }

    /// Symbols may turn out to be anything.
    #[test]
    fn symbols_promise_nothing(bytes in bytes()) {
        let symbolic = case(&mut Choices::new(&bytes), true);
        let verdict = verdict(&symbolic);
        let text = symbolic.to_string();
        for name in ["b", "x", "k1", "eu", "zz"] {
            for role in ["act", "dev", "zz"] {
                for bucket in ["arn:aws:s3:::b", "arn:aws:s3:::c/d:e", "arn:aws:s3:::zz"] {
                    let concrete = text.replace('\u{E000}', name).replace('\u{E001}', role).replace('\u{F0000}', bucket);
                    let world: Value = serde_json::from_str(&concrete).expect("JSON");
                    prop_assume!(!is_undocumented(&world));
                    let concrete = oracle::decide(&world);
                    prop_assert!(fits(&verdict, concrete), "{:?} for {} {} {}\n{}\n{}", concrete, name, role, bucket, verdict, text);
                }
            }
        }
    }

    /// The proposed changes together make the request allowed, if no Deny stands in the way.
    #[test]
    fn fixes_allow(bytes in bytes()) {
        let mut case = case(&mut Choices::new(&bytes), false);
        prop_assume!(!is_undocumented(&case));
        let before = verdict(&case);
        if before.is_allowed() || before.impossible.is_some() {
            prop_assert!(before.fixes.is_empty());
            return Ok(());
        }
        prop_assert!(before.outcome != Outcome::ImplicitlyDenied || !before.fixes.is_empty(), "no fix\n{}\n{}", before, case);
        let original = case.clone();
        for fix in &before.fixes {
            apply(&mut case, &fix.side, &fix.change);
        }
        let after = verdict(&case);
        let expected = if before.denied_by.is_empty() { Outcome::Allowed } else { Outcome::ExplicitlyDenied };
        prop_assert_eq!(after.outcome, expected, "{}\n{}\n{}", before, after, original);
        prop_assert!(after.fixes.is_empty());
        prop_assert_eq!(oracle::decide(&case), expected, "{}\n{}", before, original);
        for near in &before.near {
            prop_assert!(!near.failures.is_empty());
        }
    }

    /// Each cited statement is needed unless another one is named that does as well.
    #[test]
    fn cited_statements_are_needed(bytes in bytes()) {
        let mut case = case(&mut Choices::new(&bytes), false);
        for fix in verdict(&case).fixes {
            apply(&mut case, &fix.side, &fix.change);
        }
        let before = verdict(&case);
        if !before.is_allowed() {
            return Ok(());
        }
        prop_assert!(!before.allowed_by.is_empty());
        for citation in &before.allowed_by {
            let mut without = case.clone();
            let statement = citation.statement.expect("policies are known");
            let document = document(&mut without, &citation.side, &citation.policy);
            let gone = document["Statement"].as_array_mut().expect("a list").remove(statement);
            prop_assert_eq!(&gone["Effect"], "Allow");
            let after = verdict(&without);
            prop_assert!(!after.is_allowed() || !before.also_allowed_by.is_empty(), "{}\n{}\n{}", before, after, case);
        }
    }
}

fn apply(case: &mut Value, side: &Side, change: &Change) {
    match change {
        Change::AddStatement(statement) => {
            let name = match side {
                Side::Identity => "identity policy 0",
                Side::Resource => "resource policy",
                Side::Boundary => "boundary 0",
                Side::Session => "session policy",
                _ => "control policy 0",
            };
            document(case, side, name)["Statement"].as_array_mut().expect("a list").push(statement.clone());
        }
        Change::AddConditionValues { to, operator, key, values } => {
            let statement = to.statement.expect("policies are known");
            let wanted = &mut document(case, &to.side, &to.policy)["Statement"][statement]["Condition"][operator][key];
            if !wanted.is_array() {
                *wanted = json!([wanted.clone()]);
            }
            wanted.as_array_mut().expect("a list").extend(values.iter().map(|value| json!(value)));
        }
        other => panic!("change {other:?}"),
    }
}

/// The document that a name and a side stand for.
fn document<'a>(case: &'a mut Value, side: &Side, name: &str) -> &'a mut Value {
    let index = || name.rsplit(' ').next().and_then(|n| n.parse::<usize>().ok()).expect("a numbered name");
    let level = |levels: &'a mut Value, name: &str, index: usize| {
        let levels = levels.as_array_mut().expect("levels");
        let level = levels.iter_mut().find(|level| level["orgIdentifier"] == name).expect("a level of this name");
        &mut level["policies"][index]
    };
    match side {
        Side::Identity => &mut case["identityPolicies"][index()],
        Side::Resource => &mut case["resourcePolicy"],
        Side::Boundary => &mut case["permissionBoundary"][index()],
        Side::Session => &mut case["sessionPolicy"],
        Side::Scp(name) => level(&mut case["scps"], name, index()),
        Side::Rcp(name) => level(&mut case["rcps"], name, index()),
        other => panic!("side {other:?}"),
    }
}
