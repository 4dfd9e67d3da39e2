//! Short ways to write requests and policies.

use construct_iam::access::Outcome::{Allowed, ExplicitlyDenied, ImplicitlyDenied, Indeterminate};
use construct_iam::access::{
    Context, Outcome, Policy, PolicySet, Principal, Request, Verdict, evaluate, is_allowed, outcome,
};
use serde_json::{Value, json};

pub const OBJECT: &str = "arn:aws:s3:::artifacts/app.zip";
pub const KEY: &str = "arn:aws:kms:eu-west-1:111111111111:key/1234";
pub const ROLE: &str = "arn:aws:iam::111111111111:role/act";
pub const HOME: &str = "111111111111";

pub fn role(account: &str) -> Principal {
    Principal::role_session(&format!("arn:aws:iam::{account}:role/act"), "s").expect("a role ARN")
}

pub fn federated(account: &str) -> Principal {
    Principal::Federated { provider: "example.com".to_owned(), account: account.to_owned() }
}

pub fn policy(name: &str, statements: Value) -> Policy {
    Policy::parse(name, &json!({ "Version": "2012-10-17", "Statement": statements }))
        .unwrap_or_else(|error| panic!("{error}"))
}

pub fn allow(changes: Value) -> Value {
    let mut statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    for (key, value) in changes.as_object().expect("changes") {
        statement[key] = value.clone();
    }
    let map = statement.as_object_mut().expect("a statement");
    map.retain(|_, value| !value.is_null());
    statement
}

pub fn everything() -> Policy {
    policy("all", allow(json!({})))
}

pub fn for_principal(principal: Value) -> Policy {
    policy("resource", allow(json!({ "Principal": principal })))
}

pub fn trust(principal: Value) -> Policy {
    policy("trust", allow(json!({ "Principal": principal, "Resource": null })))
}

pub fn s3(principal: Principal) -> Request {
    Request::new(principal, "s3:GetObject", OBJECT, HOME).with_context(Context::closed())
}

pub fn assume(principal: Principal) -> Request {
    Request::new(principal, "sts:AssumeRole", ROLE, HOME).with_context(Context::closed())
}

pub fn decrypt(principal: Principal) -> Request {
    Request::new(principal, "kms:Decrypt", KEY, HOME).with_context(Context::closed())
}

#[track_caller]
pub fn check(request: &Request, policies: &PolicySet, expected: Outcome) -> Verdict {
    let verdict = evaluate(request, policies);
    assert_eq!(verdict.outcome, expected, "{verdict}");
    assert_eq!(outcome(request, policies), expected, "without reasons");
    assert_eq!(is_allowed(request.query(), policies, policies), expected.into(), "and only as far as it matters");
    assert_eq!(verdict.assumptions.is_empty(), expected != Indeterminate, "{verdict}");
    assert_eq!(verdict.is_allowed(), expected == Allowed);
    assert_eq!(verdict.is_denied(), matches!(expected, ImplicitlyDenied | ExplicitlyDenied));
    // What is allowed needs no change, and what no policy can allow is not helped by one.
    assert!((expected != Allowed && verdict.impossible.is_none()) || verdict.fixes.is_empty(), "{verdict}");
    verdict
}

pub fn set() -> PolicySet {
    PolicySet::new()
}
