//! Requests and policy documents, in the format of the evaluator's cases, with anything in any place.

use construct_iam::access::{
    Context, Outcome, Policy, PolicySet, Principal, Request, ResourceKind, evaluate, is_allowed, outcome,
};
use serde_json::Value as Json;

/// Decides a request; what is missing is empty, and documents that are none are left out.
pub(super) fn check(data: &[u8]) {
    let Ok(case) = serde_json::from_slice::<Json>(data) else { return };
    let (request, policies) = (request(&case), policies(&case));
    let verdict = evaluate(&request, &policies);
    assert_eq!(verdict.outcome, outcome(&request, &policies));
    assert_eq!(is_allowed(request.query(), &policies, &policies), verdict.outcome.into());
    assert_eq!(verdict.assumptions.is_empty(), verdict.outcome != Outcome::Indeterminate, "{verdict}\n{case}");
    assert!(!verdict.is_allowed() || verdict.fixes.is_empty(), "{verdict}\n{case}");
    assert!(!verdict.to_string().is_empty());
}

fn text<'a>(value: &'a Json, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn items(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

fn request(case: &Json) -> Request {
    let of = &case["principal"];
    let (arn, account) = (text(of, "arn").to_owned(), text(of, "account").to_owned());
    let principal = match text(of, "type") {
        "role-session" => Principal::RoleSession { arn, role_arn: text(of, "roleArn").to_owned(), account },
        "user" => Principal::User { arn, account },
        "federated" => Principal::Federated { provider: arn, account },
        _ => Principal::Service { name: arn },
    };
    let mut context = if case["context"].is_null() { Context::open() } else { Context::closed() };
    for (key, value) in case["context"].as_object().into_iter().flatten() {
        context = match value {
            Json::String(value) => context.with(key.clone(), value.as_str()),
            Json::Array(values) => context.with_list(key.clone(), values.iter().filter_map(Json::as_str)),
            _ => context.unknown(key.clone()),
        };
    }
    let kind = match text(case, "resourcePolicyKind") {
        "key" => ResourceKind::Key,
        "trust" => ResourceKind::Trust,
        _ => ResourceKind::Ordinary,
    };
    Request::new(principal, text(case, "action"), text(case, "resource"), text(case, "resourceAccount"))
        .with_kind(kind)
        .with_context(context)
}

fn policies(case: &Json) -> PolicySet {
    let read = |document: &Json| match Policy::parse("policy", document) {
        Ok(policy) => Some(policy),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    };
    let mut set = PolicySet::new();
    set = items(&case["identityPolicies"]).filter_map(read).fold(set, PolicySet::identity);
    set = items(&case["permissionBoundary"]).filter_map(read).fold(set, PolicySet::boundary);
    set = read(&case["resourcePolicy"]).into_iter().fold(set, PolicySet::resource);
    set = read(&case["sessionPolicy"]).into_iter().fold(set, PolicySet::session);
    let level = |level: &Json| items(&level["policies"]).filter_map(read).collect::<Vec<_>>();
    for one in items(&case["scps"]) {
        set = set.scp_level(text(one, "orgIdentifier"), level(one));
    }
    for one in items(&case["rcps"]) {
        set = set.rcp_level(text(one, "orgIdentifier"), level(one));
    }
    set
}
