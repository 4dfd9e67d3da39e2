//! Decisions that the stored cases do not cover.
#![expect(clippy::panic, reason = "in a test, a panic is the report")]

mod access_support;

use access_support::build::*;
use construct_iam::access::Outcome::{Allowed, ExplicitlyDenied, ImplicitlyDenied, Indeterminate};
use construct_iam::access::{
    Change, Context, ContextValue, Failure, Impossible, Policy, Principal, Request, ResourceKind, Side, Unknown,
};
use serde_json::json;

#[test]
fn asking_who_one_is_needs_no_permission() {
    let denied = set().identity(policy("p", json!({ "Effect": "Deny", "Action": "*", "Resource": "*" })));
    let ask = |principal| Request::new(principal, "sts:GetCallerIdentity", "*", HOME);
    let verdict = check(&ask(role(HOME)), &denied, Allowed);
    assert!(verdict.allowed_by.is_empty() && verdict.denied_by.is_empty());
    check(&ask(role(HOME)), &set().scp_level("root", []), Allowed);
    assert!(check(&ask(role(HOME)), &set().identity(everything()), Allowed).allowed_by.is_empty());
    check(&ask(Principal::Anonymous), &set(), ImplicitlyDenied);
}

#[test]
fn root_users() {
    let root = || Principal::root("aws", HOME);
    check(&s3(root()), &set(), Allowed);
    check(&s3(root()), &set().scp_level("root", []), ImplicitlyDenied);
    check(&decrypt(root()), &set(), ImplicitlyDenied);
    check(&decrypt(root()), &set().resource(for_principal(json!({ "AWS": HOME }))), Allowed);
    let verdict = check(&assume(root()), &set().resource(trust(json!({ "AWS": HOME }))), ImplicitlyDenied);
    assert_eq!(verdict.impossible, Some(Impossible::AssumeRoleAsRoot));
    assert!(verdict.fixes.is_empty() && verdict.near.is_empty());
    // What a root user may do elsewhere is not documented.
    let away = || Principal::root("aws", "222222222222");
    let verdict = check(&s3(away()), &set().resource(for_principal(json!({ "AWS": "222222222222" }))), Indeterminate);
    assert!(matches!(verdict.assumptions[0].unknowns[..], [Unknown::Undocumented(_)]));
    check(&s3(away()), &set(), ImplicitlyDenied);
}

#[test]
fn callers_without_a_signature() {
    check(&s3(Principal::Anonymous), &set().resource(for_principal(json!("*"))), Allowed);
    check(&s3(Principal::Anonymous), &set().resource(for_principal(json!({ "AWS": HOME }))), ImplicitlyDenied);
    check(&s3(Principal::Anonymous), &set().identity(everything()), ImplicitlyDenied);
    check(&decrypt(Principal::Anonymous), &set().resource(for_principal(json!("*"))), Indeterminate);
    let verdict = check(&s3(Principal::Anonymous), &set(), ImplicitlyDenied);
    assert!(verdict.fixes.is_empty(), "nothing is opened to everybody by a hint");
}

#[test]
fn identity_providers() {
    let entry = || json!({ "Federated": "example.com" });
    check(&assume(federated(HOME)), &set().resource(trust(entry())), Allowed);
    check(&assume(federated(HOME)), &set().resource(trust(json!("*"))), Indeterminate);
    check(&assume(federated(HOME)), &set().resource(trust(json!({ "AWS": HOME }))), ImplicitlyDenied);
    let verdict = check(&assume(federated("222222222222")), &set().resource(trust(entry())), Indeterminate);
    assert!(verdict.fixes.is_empty(), "no statement makes it documented");
    check(&s3(federated(HOME)), &set().resource(for_principal(entry())), Indeterminate);
    check(&assume(federated(HOME)), &set().resource(trust(entry())).scp_level("root", []), Indeterminate);
    check(&assume(federated(HOME)), &set().resource(trust(entry())).scp_level("root", [everything()]), Allowed);
    let deny = policy("scp", json!([{ "Effect": "Deny", "Action": "*", "Resource": "*" }, allow(json!({}))]));
    let verdict =
        check(&assume(federated(HOME)), &set().resource(trust(entry())).scp_level("root", [deny]), Indeterminate);
    assert!(!verdict.assumptions[0].applies);
    let verdict = check(&assume(federated(HOME)), &set(), ImplicitlyDenied);
    assert!(verdict.to_string().contains(r#""Principal":{"Federated":"example.com"}"#), "{verdict}");
}

#[test]
fn services_have_no_policies_of_their_own() {
    let service = || Principal::service("events.amazonaws.com");
    let deny = || policy("d", json!({ "Effect": "Deny", "Action": "*", "Resource": "*" }));
    let open = set().resource(for_principal(json!({ "Service": "events.amazonaws.com" })));
    let verdict = check(&s3(service()), &open, Allowed);
    assert_eq!((verdict.allowed_by.len(), &verdict.allowed_by[0].side), (1, &Side::Resource));
    check(
        &s3(service()),
        &open.clone().scp_level("root", []).identity(deny()).session(deny()).boundary(deny()),
        Allowed,
    );
    check(
        &s3(service()),
        &open.rcp_level(
            "root",
            [policy("r", json!({ "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*" }))],
        ),
        ExplicitlyDenied,
    );
    let verdict = check(&assume(service()), &set(), ImplicitlyDenied);
    let Change::AddStatement(statement) = &verdict.fixes[0].change else { panic!("{verdict}") };
    assert_eq!(
        *statement,
        json!({ "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" }, "Action": "sts:AssumeRole" })
    );
}

#[test]
fn resource_control_policies_of_other_services() {
    let deny = || policy("r", json!({ "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*" }));
    let request = |action: &str| Request::new(role(HOME), action, "arn:aws:codebuild:eu:111111111111:project/p", HOME);
    let policies = set().identity(everything()).rcp_level("root", [deny()]);
    let verdict = check(&request("codebuild:StartBuild"), &policies, Indeterminate);
    assert!(matches!(verdict.assumptions[0].unknowns[..], [Unknown::Undocumented(_)]), "{verdict}");
    for action in ["s3:GetObject", "sts:AssumeRole", "kms:Decrypt", "sqs:SendMessage", "secretsmanager:GetSecretValue"]
    {
        check(&request(action).with_kind(ResourceKind::Ordinary), &policies, ExplicitlyDenied);
    }
}

#[test]
fn policies_that_are_not_known() {
    let unknown = || Policy::unknown("imported");
    let verdict = check(&s3(role(HOME)), &set().identity(unknown()), Indeterminate);
    assert_eq!(verdict.assumptions.iter().map(|a| a.applies).collect::<Vec<_>>(), [true, false]);
    assert_eq!(verdict.assumptions[0].unknowns, [Unknown::Policy]);
    assert_eq!(verdict.assumptions[0].about.as_ref().map(|about| about.statement), Some(None));
    let verdict = check(&s3(role(HOME)), &set().identity(everything()).resource(unknown()), Indeterminate);
    assert_eq!(verdict.assumptions.len(), 1, "{verdict}");
    let verdict = check(&s3(role("222222222222")), &set().identity(everything()).resource(unknown()), Indeterminate);
    assert_eq!(verdict.assumptions.len(), 2, "named once, though it may name the role in three ways\n{verdict}");
    check(&s3(role("222222222222")), &set().resource(unknown()), ImplicitlyDenied);
    for policies in [set().boundary(unknown()), set().session(unknown()), set().scp_level("root", [unknown()])] {
        check(&s3(role(HOME)), &policies.clone().identity(everything()), Indeterminate);
        check(&s3(role(HOME)), &policies, ImplicitlyDenied);
    }
    check(&s3(role(HOME)), &set().identity(everything()).rcp_level("root", [unknown()]), Indeterminate);
    let both = policy(
        "p",
        json!([
            { "Effect": { "Ref": "E" }, "Action": "s3:GetObject", "Resource": "*" },
            { "Fn::If": ["C", {}, {}] },
        ]),
    );
    let verdict = check(&s3(role(HOME)), &set().identity(both), Indeterminate);
    assert_eq!(verdict.assumptions.len(), 4, "{verdict}");
    assert!(verdict.assumptions.iter().all(|assumption| assumption.unknowns.contains(&Unknown::Statement)));
}

#[test]
fn accounts_that_are_not_known() {
    let request =
        |account: &str| Request::new(role(HOME), "s3:GetObject", OBJECT, account).with_context(Context::closed());
    check(&request(HOME), &set().identity(everything()), Allowed);
    let verdict = check(&request("\u{E000}"), &set().identity(everything()), Indeterminate);
    assert_eq!(verdict.assumptions[0].unknowns, [Unknown::SameAccount]);
    let open = || for_principal(json!({ "AWS": HOME }));
    check(&request("\u{E000}"), &set().identity(everything()).resource(open()), Allowed);
    check(&request("\u{E000}"), &set().resource(open()), ImplicitlyDenied);
    check(&request("\u{E000}"), &set().resource(for_principal(json!("*"))), Indeterminate);
}

#[test]
fn elements_where_they_do_not_belong() {
    let misplaced = || policy("p", allow(json!({ "Principal": "*" })));
    check(&s3(role(HOME)), &set().identity(misplaced()), Indeterminate);
    check(&s3(role(HOME)), &set().identity(everything()).boundary(misplaced()), Indeterminate);
    check(&s3(role(HOME)), &set().identity(everything()).session(misplaced()), Indeterminate);
    check(&s3(role(HOME)), &set().identity(everything()).scp_level("root", [misplaced()]), Indeterminate);
    check(&s3(role(HOME)), &set().identity(policy("p", allow(json!({ "Resource": null })))), Indeterminate);
    // A resource policy without `Principal`, and one without `Resource`.
    check(&s3(role(HOME)), &set().resource(everything()), Indeterminate);
    check(&s3(role(HOME)), &set().resource(trust(json!("*"))), Indeterminate);
    // A trust policy with `Resource`, and one with `NotPrincipal`.
    check(&assume(role(HOME)), &set().resource(for_principal(json!("*"))), Indeterminate);
    let deny = policy("t", json!({ "Effect": "Deny", "NotPrincipal": { "AWS": HOME }, "Action": "*" }));
    check(&assume(role(HOME)), &set().resource(trust(json!("*"))).resource(deny), Indeterminate);
    // A key policy statement without `Resource` has no effect at all.
    let verdict = check(&decrypt(role(HOME)), &set().resource(trust(json!("*"))), ImplicitlyDenied);
    assert_eq!(verdict.near[0].failures, [Failure::NoEffect]);
    // An Allow for all but somebody reaches nobody knows how far.
    let all_but = policy("r", allow(json!({ "NotPrincipal": { "AWS": "222222222222" } })));
    check(&s3(role(HOME)), &set().resource(all_but), Indeterminate);
}

#[test]
fn what_no_policy_can_allow() {
    let away = "222222222222";
    let open = || for_principal(json!({ "AWS": away }));
    let request = |action: &str| Request::new(role(away), action, KEY, HOME).with_context(Context::closed());
    let policies = set().identity(everything()).resource(open());
    for action in [
        "Encrypt",
        "Decrypt",
        "ReEncryptFrom",
        "ReEncryptTo",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateMac",
        "VerifyMac",
        "Sign",
        "Verify",
        "DeriveSharedSecret",
        "CreateGrant",
        "DescribeKey",
        "GetKeyRotationStatus",
        "GetPublicKey",
        "ListGrants",
        "RetireGrant",
        "RevokeGrant",
    ] {
        check(&request(&format!("kms:{action}")), &policies, Allowed);
    }
    for action in ["ScheduleKeyDeletion", "PutKeyPolicy", "GetKeyPolicy", "TagResource", "DisableKey", "decryptx"] {
        let verdict = check(&request(&format!("kms:{action}")), &policies, ImplicitlyDenied);
        assert_eq!(verdict.impossible, Some(Impossible::KeyOperationAcrossAccounts));
        check(
            &Request::new(role(HOME), format!("kms:{action}"), KEY, HOME).with_context(Context::closed()),
            &set().identity(everything()).resource(for_principal(json!({ "AWS": HOME }))),
            Allowed,
        );
    }
    let pass = |principal| Request::new(principal, "iam:PassRole", ROLE, HOME).with_context(Context::closed());
    let verdict = check(&pass(role(away)), &set().identity(everything()).resource(open()), ImplicitlyDenied);
    assert_eq!(verdict.impossible, Some(Impossible::PassRoleAcrossAccounts));
    // Nor is a statement proposed where none could help.
    let verdict = check(&pass(role(away)), &set(), ImplicitlyDenied);
    assert!(verdict.impossible.is_some() && verdict.fixes.is_empty(), "{verdict}");
    check(&pass(role(HOME)), &set().identity(everything()), Allowed);
}

#[test]
fn symbols_are_carried_through() {
    let key = "arn:aws:kms:eu-west-1:111111111111:key/\u{E000}";
    let request = Request::new(role(HOME), "kms:Decrypt", key, HOME).with_context(Context::closed());
    let open = || for_principal(json!({ "AWS": HOME }));
    let identity = |resource: &str| policy("p", allow(json!({ "Resource": resource })));
    check(&request, &set().resource(open()).identity(identity(key)), Allowed);
    check(&request, &set().resource(open()).identity(identity("arn:aws:kms:*:111111111111:key/*")), Allowed);
    let verdict = check(&request, &set().resource(open()).identity(identity(KEY)), Indeterminate);
    assert!(matches!(&verdict.assumptions[0].unknowns[..], [Unknown::Resource { wanted }] if wanted == &[KEY]));
    check(
        &request,
        &set().resource(open()).identity(identity("arn:aws:kms:eu-west-1:111111111111:alias/a")),
        ImplicitlyDenied,
    );
}

#[test]
fn an_alias_is_not_its_key() {
    let alias = "arn:aws:kms:eu-west-1:111111111111:alias/a";
    let open = || for_principal(json!({ "AWS": HOME }));
    let identity =
        |resource: &str| set().resource(open()).identity(policy("p", allow(json!({ "Resource": resource }))));
    let request = Request::new(role(HOME), "kms:Decrypt", alias, HOME).with_context(Context::closed());
    check(&request, &identity("*"), Allowed);
    check(&request, &identity("arn:aws:kms:eu-west-1:111111111111:key/*"), Allowed);
    check(&request, &identity(KEY), Indeterminate);
    check(&request, &set().identity(everything()), ImplicitlyDenied);
    let verdict = check(&request, &identity(alias), ImplicitlyDenied);
    let Change::AddStatement(statement) = &verdict.fixes[0].change else { panic!("{verdict}") };
    assert_eq!(statement["Resource"], "arn:aws:kms:eu-west-1:111111111111:key/*");
    let create = Request::new(role(HOME), "kms:CreateAlias", alias, HOME).with_context(Context::closed());
    check(&create, &set().identity(policy("p", allow(json!({ "Resource": alias })))), Allowed);
}

#[test]
fn what_no_policy_can_allow_is_said_in_words() {
    for (impossible, words) in [
        (Impossible::KeyOperationAcrossAccounts, "this operation does not work on the keys of another account"),
        (Impossible::PassRoleAcrossAccounts, "a role can only be passed inside its own account"),
        (Impossible::AssumeRoleAsRoot, "the root user of an account cannot assume roles"),
    ] {
        assert_eq!(impossible.to_string(), words);
    }
}

#[test]
fn a_request_shows_its_circumstances() {
    let request = s3(role(HOME)).with_context(Context::closed().with("aws:SecureTransport", "true"));
    assert_eq!(request.context().get("aws:securetransport"), ContextValue::One("true".to_owned()));
    assert_eq!(request.context().get("aws:SourceIp"), ContextValue::Absent);
}
