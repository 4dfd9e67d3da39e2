//! Reads requests and policies in the format of `data/iam-cases.json`. A `null` in a context is a key about which
//! nothing is known.
#![expect(dead_code, unreachable_pub, reason = "each test file compiles this module for itself and uses a part of it")]

pub mod build;
pub mod oracle;
pub mod world;

use construct_iam::access::{Context, Policy, PolicySet, Principal, Request, ResourceKind};
use serde_json::Value;

pub const CASES: &str = include_str!("../data/iam-cases.json");

pub fn request(case: &Value) -> Request {
    let principal = &case["principal"];
    let arn = text(principal, "arn").to_owned();
    let account = || text(principal, "account").to_owned();
    let principal = match text(principal, "type") {
        "role-session" => {
            let role_arn = text(principal, "roleArn").to_owned();
            Principal::RoleSession { arn, role_arn, account: account() }
        }
        "user" => Principal::User { arn, account: account() },
        "service" => Principal::Service { name: arn },
        "federated" => Principal::Federated { provider: arn, account: account() },
        other => panic!("principal type {other}"),
    };
    let mut context = Context::closed();
    for (key, value) in case["context"].as_object().expect("a context") {
        context = match value {
            Value::String(value) => context.with(key.clone(), value.as_str()),
            Value::Array(values) => {
                context.with_list(key.clone(), values.iter().map(|value| value.as_str().expect("a list of strings")))
            }
            Value::Null => context.unknown(key.clone()),
            other => panic!("context value {other}"),
        };
    }
    let kind = match &case["resourcePolicyKind"] {
        Value::Null => ResourceKind::Ordinary,
        kind => match kind.as_str().expect("a kind") {
            "resource" => ResourceKind::Ordinary,
            "key" => ResourceKind::Key,
            "trust" => ResourceKind::Trust,
            other => panic!("kind {other}"),
        },
    };
    let request = Request::new(principal, text(case, "action"), text(case, "resource"), text(case, "resourceAccount"));
    request.with_kind(kind).with_context(context)
}

pub fn policies(case: &Value) -> PolicySet {
    let mut set = PolicySet::new();
    for (i, document) in case["identityPolicies"].as_array().expect("identity policies").iter().enumerate() {
        set = set.identity(policy(&format!("identity policy {i}"), document));
    }
    if !case["resourcePolicy"].is_null() {
        set = set.resource(policy("resource policy", &case["resourcePolicy"]));
    }
    for (i, document) in case["permissionBoundary"].as_array().into_iter().flatten().enumerate() {
        set = set.boundary(policy(&format!("boundary {i}"), document));
    }
    if !case["sessionPolicy"].is_null() {
        set = set.session(policy("session policy", &case["sessionPolicy"]));
    }
    for level in case["scps"].as_array().into_iter().flatten() {
        set = set.scp_level(text(level, "orgIdentifier"), level_policies(level));
    }
    for level in case["rcps"].as_array().into_iter().flatten() {
        set = set.rcp_level(text(level, "orgIdentifier"), level_policies(level));
    }
    set
}

fn level_policies(level: &Value) -> Vec<Policy> {
    let documents = level["policies"].as_array().expect("a list of policies").iter().enumerate();
    documents.map(|(i, document)| policy(&format!("control policy {i}"), document)).collect()
}

fn policy(name: &str, document: &Value) -> Policy {
    Policy::parse(name, document).unwrap_or_else(|error| panic!("{error}"))
}

pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} in {value}"))
}
