//! Conditions that ask of which organization somebody is.

use construct_pipeline::access::{Outside, Purpose, Report, prove};
use serde_json::{Value, json};

use crate::support::{Set, failures};

const ACCOUNTS: [&str; 4] = ["111111111111", "222222222222", "333333333333", "444444444444"];

/// The example, whose store in the other region lets in those alone for whom a condition holds.
fn asking(operator: &str, key: &str) -> Set {
    let mut set = Set::example();
    let policy = set.resource("111111111111-eu-west-1", "StoreBucketPolicy");
    let statements = policy.pointer_mut("/Properties/PolicyDocument/Statement").and_then(Value::as_array_mut);
    for statement in statements.expect("statements").iter_mut().filter(|statement| statement["Effect"] == "Allow") {
        statement["Condition"][operator][key] = json!("o-example1234");
    }
    set
}

fn told(set: &Set, outside: &Outside) -> Report {
    prove(&set.templates(), outside)
}

#[test]
fn members_are_let_in() {
    for key in ["aws:PrincipalOrgID", "aws:principalorgid", "aws:ResourceOrgID"] {
        let set = asking("StringEquals", key);
        assert!(told(&set, &Outside::new()).assumptions().count() > 0, "{key}");
        let report = told(&set, &Outside::new().organization("o-example1234", ACCOUNTS));
        assert!(report.is_proved(), "{key}: {}", failures(&report));
    }
}

#[test]
fn members_of_another_organization_are_kept_out() {
    let outside = Outside::new().organization("o-another1234", ACCOUNTS);
    let report = told(&asking("StringEquals", "aws:PrincipalOrgID"), &outside);
    assert!(report.holes().count() > 0, "{}", failures(&report));
    assert_eq!(report.assumptions().count(), 0, "{}", report.findings());
}

#[test]
fn of_an_account_that_is_not_named_it_stays_open() {
    let outside = Outside::new().organization("o-example1234", ["111111111111"]);
    let report = told(&asking("StringEquals", "aws:PrincipalOrgID"), &outside);
    let open: Vec<&str> = report.assumptions().filter_map(|access| access.principal().split(':').nth(4)).collect();
    assert!(!open.is_empty() && open.iter().all(|account| *account != "111111111111"), "{open:?}");
}

/// Outsiders are in none, whoever is named: a condition that holds for those lets them in.
#[test]
fn outsiders_are_in_no_organization() {
    let mut set = Set::example();
    let policy = set.resource("111111111111-eu-west-1", "StoreBucketPolicy");
    let statements = policy.pointer_mut("/Properties/PolicyDocument/Statement").and_then(Value::as_array_mut);
    statements.expect("statements").push(json!({
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::orders-eu-west-1-65eb4c68/*",
        "Condition": { "StringEqualsIfExists": { "aws:PrincipalOrgID": "o-example1234" } }
    }));
    let all: Vec<&str> = ACCOUNTS.into_iter().chain(["000000000000"]).collect();
    for (named, outsider) in [(&ACCOUNTS[..], "::000000000000:"), (&all, "::000000000001:")] {
        let report = told(&set, &Outside::new().organization("o-example1234", named.iter().copied()));
        let mut strangers = report.leaks().filter(|access| access.purpose == Purpose::Stranger);
        assert!(strangers.any(|access| access.principal().contains(outsider)), "{outsider}: {}", failures(&report));
    }
}
