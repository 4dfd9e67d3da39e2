//! What verdicts say: the proof, what nearly allowed a request, what would allow it, and what it depends on.
#![expect(clippy::panic, reason = "in a test, a panic is the report")]

mod access_support;

use access_support::build::*;
use construct_iam::access::Outcome::{Allowed, ExplicitlyDenied, ImplicitlyDenied, Indeterminate};
use construct_iam::access::{
    Change, Context, ContextValue, Failure, Policy, PolicySet, Principal, Request, Side, Verdict, evaluate,
};
use serde_json::{Value, json};

#[test]
fn proofs_name_each_permission_once() {
    let sides = |verdict: &Verdict| verdict.allowed_by.iter().map(|by| by.side.clone()).collect::<Vec<_>>();
    let limits = || {
        set()
            .boundary(everything())
            .session(everything())
            .scp_level("root", [everything()])
            .scp_level("account", [everything()])
    };
    let scps = || [Side::Scp("root".into()), Side::Scp("account".into())];
    let full = |first: &[Side]| [first, &[Side::Boundary, Side::Session], &scps()].concat();

    let by_role = || for_principal(json!({ "AWS": "arn:aws:iam::111111111111:role/act" }));
    let by_session = || for_principal(json!({ "AWS": "arn:aws:sts::111111111111:assumed-role/act/s" }));
    let by_account = || for_principal(json!({ "AWS": HOME }));
    let verdict = check(&s3(role(HOME)), &limits().identity(everything()), Allowed);
    assert_eq!(sides(&verdict), full(&[Side::Identity]));
    assert!(verdict.also_allowed_by.is_empty());
    let verdict =
        check(&s3(role(HOME)), &limits().identity(everything()).identity(everything()).resource(by_account()), Allowed);
    assert_eq!(sides(&verdict), full(&[Side::Identity]));
    assert_eq!(verdict.also_allowed_by.len(), 1, "the account alone would not do\n{verdict}");
    let verdict = check(&s3(role(HOME)), &limits().resource(by_role()), Allowed);
    assert_eq!(sides(&verdict), full(&[Side::Resource]));
    let verdict = check(&s3(role(HOME)), &limits().resource(by_session()), Allowed);
    assert_eq!(sides(&verdict), [&[Side::Resource], &scps()[..]].concat());
    let verdict = check(&decrypt(role(HOME)), &limits().resource(by_role()), Allowed);
    assert_eq!(sides(&verdict), full(&[Side::Resource]));
    let verdict = check(&decrypt(role(HOME)), &limits().identity(everything()).resource(by_account()), Allowed);
    assert_eq!(sides(&verdict), full(&[Side::Resource, Side::Identity]));
    let away = for_principal(json!({ "AWS": ["arn:aws:iam::222222222222:role/act", "222222222222"] }));
    let verdict = check(&s3(role("222222222222")), &limits().identity(everything()).resource(away), Allowed);
    assert_eq!(sides(&verdict), full(&[Side::Resource, Side::Identity]));
    assert!(verdict.also_allowed_by.is_empty(), "one statement is cited once\n{verdict}");
}

#[test]
fn near_misses_say_what_fails() {
    let context = Context::closed()
        .with("aws:PrincipalArn", "arn:aws:iam::222222222222:role/act")
        .with("k:a", "x")
        .with_list("k:l", ["p", "q"]);
    let request = s3(role("222222222222")).with_context(context);
    let condition = |condition: Value| allow(json!({ "Principal": "*", "Condition": condition }));
    let bucket = policy(
        "bucket",
        json!([
            allow(json!({ "Principal": { "AWS": HOME }, "Resource": "arn:aws:s3:::other/*", "Sid": "One" })),
            allow(json!({ "Principal": "*", "Action": "s3:PutObject" })),
            condition(json!({ "StringEquals": { "k:a": ["y", "z"], "k:b": "1" } })),
            { "Effect": "Deny", "Principal": "*", "Action": "s3:Put*", "Resource": "*" },
            condition(json!({ "ForAllValues:StringEquals": { "k:l": ["q"] } })),
        ]),
    );
    let verdict = check(&request, &set().identity(everything()).resource(bucket), ImplicitlyDenied);
    let near: Vec<_> = verdict.near.iter().map(|near| (near.statement.statement, near.failures.len())).collect();
    assert_eq!(near, [(Some(0), 2), (Some(2), 2), (Some(4), 1)]);
    assert_eq!(verdict.near[0].statement.sid.as_deref(), Some("One"));
    assert!(matches!(&verdict.near[0].failures[0], Failure::Principal { got } if got.ends_with("assumed-role/act/s")));
    assert!(
        matches!(&verdict.near[0].failures[1], Failure::Resource { wanted, got } if wanted == &["arn:aws:s3:::other/*"] && got == OBJECT)
    );
    let Failure::Condition(tested) = &verdict.near[1].failures[0] else { panic!("{verdict}") };
    assert_eq!((tested.operator.as_str(), tested.key.as_str(), tested.wanted.len()), ("StringEquals", "k:a", 2));
    assert_eq!(tested.got, ContextValue::One("x".to_owned()));
    let Change::AddConditionValues { to, values, .. } = &verdict.fixes[0].change else { panic!("{verdict}") };
    assert_eq!((to.statement, values.as_slice()), (Some(4), &["p".to_owned()][..]));
    assert_eq!(verdict.fixes.len(), 1);
}

#[test]
fn near_misses_are_looked_for_where_permission_is_lacking() {
    let off = |changes: Value| {
        let mut changes = changes;
        changes["Resource"] = json!("arn:aws:s3:::other/*");
        policy("off", allow(changes))
    };
    let own = || off(json!({}));
    let sides = |request: &Request, policies: &PolicySet| {
        let verdict = evaluate(request, policies);
        assert!(verdict.near.iter().all(|near| &*near.statement.policy == "off"), "{verdict}");
        verdict.near.into_iter().map(|near| near.statement.side).collect::<Vec<_>>()
    };
    let scp = || Side::Scp("root".into());
    let session = json!({ "AWS": "arn:aws:sts::111111111111:assumed-role/act/s" });
    let resource_off = || off(json!({ "Principal": "*" }));
    let all_off = || set().resource(resource_off()).boundary(own()).session(own()).scp_level("root", [own()]);
    let bucket = || s3(role(HOME));
    assert_eq!(
        sides(&bucket(), &all_off().identity(own())),
        [Side::Identity, Side::Resource, Side::Boundary, Side::Session, scp()]
    );
    assert_eq!(sides(&bucket(), &all_off().identity(everything())), [Side::Boundary, Side::Session, scp()]);
    let named = |principal: Value| all_off().identity(own()).resource(for_principal(principal));
    assert_eq!(sides(&bucket(), &named(session.clone())), [scp()]);
    assert_eq!(sides(&bucket(), &named(json!({ "AWS": ROLE }))), [Side::Boundary, Side::Session, scp()]);
    assert_eq!(
        sides(&bucket(), &named(json!({ "AWS": HOME }))),
        [Side::Identity, Side::Resource, Side::Boundary, Side::Session, scp()]
    );
    let key = || decrypt(role(HOME));
    let key_off = || set().resource(resource_off());
    assert_eq!(sides(&key(), &key_off().identity(own())), [Side::Identity, Side::Resource]);
    assert_eq!(sides(&key(), &key_off().identity(everything())), [Side::Resource]);
    let named = |principal: Value| key_off().identity(own()).resource(for_principal(principal));
    assert_eq!(sides(&key(), &named(json!({ "AWS": HOME }))), [Side::Identity]);
    let away = "222222222222";
    assert_eq!(sides(&s3(role(away)), &named(json!({ "AWS": away }))), [Side::Identity]);
    assert_eq!(sides(&s3(role(away)), &named(json!("*")).boundary(own())), [Side::Identity, Side::Boundary]);
    assert_eq!(sides(&s3(role(away)), &key_off().identity(everything())), [Side::Resource]);
    assert_eq!(sides(&s3(Principal::service("x")), &all_off().identity(own())), [Side::Resource]);
    // A limit that allows is not lacking, whatever else is in it.
    let policies = set().identity(own()).boundary(everything()).boundary(own()).session(everything()).session(own());
    let policies = policies.scp_level("root", [everything(), own()]);
    assert_eq!(sides(&bucket(), &policies), [Side::Identity]);
    assert_eq!(evaluate(&bucket(), &policies).fixes.len(), 1);
    // Where only a Deny stands in the way, nothing is lacking.
    let deny = policy("deny", json!({ "Effect": "Deny", "Action": "*", "Resource": "*" }));
    let verdict = check(&bucket(), &set().identity(everything()).identity(own()).identity(deny), ExplicitlyDenied);
    assert!(verdict.near.is_empty() && verdict.fixes.is_empty());
}

#[test]
fn condition_values_are_proposed_only_where_they_help() {
    let arn = "arn:aws:iam::222222222222:role/act";
    let propose = |condition: Value, context: Context| {
        let bucket = policy("bucket", allow(json!({ "Principal": "*", "Condition": condition })));
        let request = s3(role("222222222222")).with_context(context);
        let verdict = check(&request, &set().identity(everything()).resource(bucket), ImplicitlyDenied);
        match verdict.fixes.into_iter().next().map(|fix| fix.change) {
            Some(Change::AddConditionValues { values, .. }) => Some(values),
            _ => None,
        }
    };
    let with = |key: &'static str, value: &str| Context::closed().with(key, value);
    let some = |value: &str| Some(vec![value.to_owned()]);
    assert_eq!(
        propose(json!({ "ArnEquals": { "aws:PrincipalArn": "arn:aws:iam::1:role/x" } }), with("aws:PrincipalArn", arn)),
        some(arn)
    );
    assert_eq!(propose(json!({ "StringLike": { "k:a": "x*" } }), with("k:a", "y")), some("y"));
    assert_eq!(propose(json!({ "StringEqualsIgnoreCase": { "k:a": "x" } }), with("k:a", "y")), some("y"));
    assert_eq!(
        propose(json!({ "ForAnyValue:StringEquals": { "k:l": "x" } }), Context::closed().with_list("k:l", ["a", "b"])),
        some("a")
    );
    assert_eq!(
        propose(json!({ "ForAnyValue:StringEquals": { "k:l": "x" } }), Context::closed().with_list::<&str>("k:l", [])),
        None
    );
    assert_eq!(propose(json!({ "StringEquals": { "k:a": "x" } }), Context::closed()), None);
    assert_eq!(propose(json!({ "StringNotEquals": { "k:a": "y" } }), with("k:a", "y")), None);
    assert_eq!(propose(json!({ "StringLike": { "k:a": "x" } }), with("k:a", "y*")), None);
    assert_eq!(propose(json!({ "StringEquals": { "k:a": "x" } }), with("k:a", "${y}")), None);
    assert_eq!(propose(json!({ "ArnLike": { "k:a": "arn:aws:s3:::b" } }), with("k:a", "no ARN")), None);
    assert_eq!(propose(json!({ "ArnLike": { "k:a": "arn:aws:s3:::b" } }), with("k:a", "arn:aws:s3:::c*")), None);
    assert_eq!(propose(json!({ "Bool": { "k:a": "true" } }), with("k:a", "false")), None);
    assert_eq!(propose(json!({ "NumericLessThan": { "k:a": "1" } }), with("k:a", "2")), None);
    assert_eq!(propose(json!({ "StringEquals": { "k:a": "x", "k:b": "x" } }), with("k:a", "y").with("k:b", "y")), None);
    assert_eq!(
        propose(json!({ "StringEquals": { "k:a": "x", "k:b": "x" } }), with("k:a", "y").with("k:b", "x")),
        some("y")
    );
    assert_eq!(propose(json!({ "StringEquals": { "k:a": "x", "k:b": "x" } }), with("k:a", "y").unknown("k:b")), None);
}

#[test]
fn statements_to_add_have_the_shape_of_their_policy() {
    let arn = "arn:aws:iam::222222222222:role/act";
    let known = || Context::closed().with("aws:PrincipalArn", arn);
    let added = |request: &Request, policies: &PolicySet| -> Vec<(Side, Value)> {
        let verdict = evaluate(request, policies);
        let statement = |change| match change {
            Change::AddStatement(statement) => statement,
            other => panic!("{other:?}"),
        };
        verdict.fixes.into_iter().map(|fix| (fix.side, statement(fix.change))).collect()
    };
    let root = json!({ "AWS": "arn:aws:iam::222222222222:root" });
    let narrow = json!({ "ArnEquals": { "aws:PrincipalArn": arn } });
    assert_eq!(
        added(&decrypt(role("222222222222")).with_context(known()), &set()),
        [
            (
                Side::Resource,
                json!({ "Effect": "Allow", "Principal": root, "Action": "kms:Decrypt", "Resource": "*", "Condition": narrow })
            ),
            (Side::Identity, json!({ "Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY })),
        ]
    );
    assert_eq!(
        added(&assume(role("222222222222")).with_context(known()), &set().identity(everything())),
        [(
            Side::Resource,
            json!({ "Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole", "Condition": narrow })
        )]
    );
    assert_eq!(
        added(&s3(role("222222222222")), &set().identity(everything())),
        [(
            Side::Resource,
            json!({ "Effect": "Allow", "Principal": { "AWS": arn }, "Action": "s3:GetObject", "Resource": OBJECT })
        )]
    );
    let limits = set()
        .boundary(policy("b", json!([])))
        .session(policy("s", json!([])))
        .scp_level("root", [policy("c", json!([]))]);
    let own = |resource: &str| json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": resource });
    assert_eq!(
        added(&s3(role(HOME)), &limits),
        [
            (Side::Identity, own(OBJECT)),
            (Side::Boundary, own(OBJECT)),
            (Side::Session, own(OBJECT)),
            (Side::Scp("root".into()), own("*"))
        ]
    );
    // Named itself, a user needs neither identity policy nor boundary; a role needs the boundary.
    let user = Principal::user("arn:aws:iam::111111111111:user/bob").expect("a user ARN");
    let sides = |request: &Request| added(request, &limits).into_iter().map(|(side, _)| side).collect::<Vec<_>>();
    assert_eq!(sides(&decrypt(user)), [Side::Resource, Side::Scp("root".into())]);
    assert_eq!(sides(&decrypt(role(HOME))), [Side::Resource, Side::Boundary, Side::Session, Side::Scp("root".into())]);
    let root_user = Principal::root("aws", HOME);
    assert_eq!(
        added(&decrypt(root_user), &set())[0].1["Principal"],
        json!({ "AWS": "arn:aws:iam::111111111111:root" })
    );
}

#[test]
fn the_resource_is_changed_if_that_is_the_smaller_change() {
    let condition = json!({ "StringEquals": { "k:a": "x" } });
    let request = s3(role(HOME)).with_context(Context::closed().with("k:a", "y"));
    let side = |principal: Value, identity: Policy| {
        let bucket = policy("bucket", allow(json!({ "Principal": principal, "Condition": condition })));
        evaluate(&request, &set().identity(identity).resource(bucket))
            .fixes
            .into_iter()
            .map(|fix| fix.side)
            .collect::<Vec<_>>()
    };
    let nothing = || policy("p", json!([]));
    assert_eq!(side(json!({ "AWS": ROLE }), nothing()), [Side::Resource]);
    assert_eq!(side(json!("*"), nothing()), [Side::Resource]);
    assert_eq!(side(json!({ "AWS": HOME }), nothing()), [Side::Identity]);
    assert_eq!(side(json!({ "AWS": ROLE }), policy("p", allow(json!({ "Condition": condition })))), [Side::Identity]);
    // Of two statements the one that is enough by itself is changed.
    for closer in [json!("*"), json!({ "AWS": ROLE })] {
        let statement = |principal: &Value| allow(json!({ "Principal": principal, "Condition": condition }));
        let bucket = policy("bucket", json!([statement(&json!({ "AWS": HOME })), statement(&closer)]));
        let verdict = evaluate(&request, &set().resource(bucket));
        let Change::AddConditionValues { to, .. } = &verdict.fixes[0].change else { panic!("{verdict}") };
        assert_eq!((to.statement, verdict.fixes.len()), (Some(1), 1), "{verdict}");
    }
}

#[test]
fn assumptions_name_what_matters() {
    let maybe = |changes: Value| {
        let mut statement = allow(changes);
        statement["Condition"] = json!({ "Bool": { "k:a": "true" } });
        policy("p", statement)
    };
    let own = || maybe(json!({}));
    let names = |principal: &str| json!({ "Principal": { "AWS": principal } });
    let session = "arn:aws:sts::111111111111:assumed-role/act/s";
    let sides = |request: Request, policies: PolicySet| {
        let verdict = check(&request.with_context(Context::open()), &policies, Indeterminate);
        assert!(verdict.assumptions.iter().all(|assumption| assumption.applies));
        verdict.assumptions.into_iter().filter_map(|assumption| Some(assumption.about?.side)).collect::<Vec<_>>()
    };
    let known = |principal: &str| policy("r", allow(names(principal)));
    let key = || decrypt(role(HOME));
    let limits = || set().boundary(own()).identity(own());
    assert_eq!(sides(key(), set().resource(known(HOME)).identity(own())), [Side::Identity]);
    assert_eq!(sides(key(), limits().resource(known(ROLE))), [Side::Boundary]);
    assert_eq!(sides(key(), limits().resource(known(session)).scp_level("root", [own()])), [Side::Scp("root".into())]);
    assert_eq!(sides(key(), limits().resource(maybe(names(HOME)))), [Side::Resource, Side::Identity, Side::Boundary]);
    assert_eq!(sides(key(), set().resource(maybe(names(ROLE))).identity(everything())), [Side::Resource]);
    // Where only the name of the session can help, nothing else is asked for.
    let nothing = || policy("p", json!([]));
    let both = |first: &str, changes: Value| set().resource(known(first)).resource(maybe(changes));
    assert_eq!(sides(key(), both(HOME, names(session))), [Side::Resource]);
    assert_eq!(sides(key(), both(HOME, names(ROLE))), [Side::Resource]);
    assert_eq!(sides(key(), both(HOME, names(ROLE)).identity(own())), [Side::Identity]);
    assert_eq!(sides(key(), set().resource(maybe(names(ROLE))).identity(own())), [Side::Resource]);
    assert_eq!(sides(key(), both(ROLE, names(session)).boundary(nothing()).session(own())), [Side::Resource]);
    let bucket = || s3(role(HOME));
    let closed = both(HOME, names(session)).identity(everything()).boundary(nothing()).session(own());
    assert_eq!(sides(bucket(), closed), [Side::Resource]);
    assert_eq!(
        sides(bucket(), set().identity(own()).resource(maybe(names(session)))),
        [Side::Identity, Side::Resource]
    );
    assert_eq!(sides(bucket(), set().identity(own()).resource(maybe(names(HOME)))), [Side::Identity]);
    assert_eq!(
        sides(bucket(), set().identity(everything()).resource(maybe(names(session))).boundary(own())),
        [Side::Boundary]
    );
    let away = || s3(role("222222222222"));
    assert_eq!(
        sides(away(), set().identity(own()).resource(maybe(names("222222222222"))).session(own())),
        [Side::Resource, Side::Identity, Side::Session]
    );
    assert_eq!(sides(away(), set().identity(own()).resource(known("222222222222"))), [Side::Identity]);
}

#[test]
fn statements_that_would_do_as_well_are_named() {
    let two = |account: &str| {
        let named = |principal: &str| allow(json!({ "Principal": { "AWS": principal } }));
        policy("r", json!([named(&format!("arn:aws:iam::{account}:role/act")), named(account)]))
    };
    let spare = |request: &Request, policies: &PolicySet| {
        check(request, policies, Allowed)
            .also_allowed_by
            .into_iter()
            .map(|by| (by.side, by.statement))
            .collect::<Vec<_>>()
    };
    let away = set().identity(everything()).resource(two("222222222222"));
    assert_eq!(spare(&s3(role("222222222222")), &away), [(Side::Resource, Some(1))]);
    let home = || set().identity(everything()).resource(two(HOME));
    assert_eq!(spare(&decrypt(role(HOME)), &home()), [(Side::Identity, Some(0)), (Side::Resource, Some(1))]);
    assert_eq!(spare(&s3(role(HOME)), &home()), [(Side::Resource, Some(0))]);
    let limits = home().boundary(everything()).session(everything()).scp_level("root", [everything(), everything()]);
    assert_eq!(spare(&s3(role(HOME)), &limits), [(Side::Resource, Some(0)), (Side::Scp("root".into()), Some(0))]);
}

#[test]
fn a_story_in_sentences() {
    let principal = role("222222222222");
    let context = Context::open().of_principal(&principal).with("aws:SecureTransport", "true");
    let request = Request::new(principal, "s3:GetObject", OBJECT, HOME).with_context(context);
    let bucket = policy(
        "bucket policy",
        json!([
            {
                "Sid": "Readers", "Effect": "Allow", "Principal": { "AWS": "222222222222" }, "Action": "s3:Get*", "Resource": "arn:aws:s3:::artifacts/*",
                "Condition": { "ArnEquals": { "aws:PrincipalArn": "arn:aws:iam::222222222222:role/old" } },
            },
            {
                "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
                "Condition": { "Bool": { "aws:SecureTransport": "true" }, "Null": { "aws:PrincipalArn": false } },
            },
        ]),
    );
    let verdict = check(&request, &set().identity(everything()).resource(bucket), ExplicitlyDenied);
    assert_eq!(
        verdict.to_string(),
        "`s3:GetObject` by `arn:aws:sts::222222222222:assumed-role/act/s` on `arn:aws:s3:::artifacts/app.zip` is denied by a Deny statement
  because: statement 1 of `bucket policy` (policy of the resource) denies it, where `Bool` on `aws:SecureTransport` wants `true`; the request has `true`, where `Null` on `aws:PrincipalArn` wants `false`; the request has `arn:aws:iam::222222222222:role/act`
  nearest: statement 0 (`Readers`) of `bucket policy` (policy of the resource) covers the action, but `ArnEquals` on `aws:PrincipalArn` wants `arn:aws:iam::222222222222:role/old`; the request has `arn:aws:iam::222222222222:role/act`
  to allow it: in statement 0 (`Readers`) of `bucket policy` (policy of the resource) add `arn:aws:iam::222222222222:role/act` to `ArnEquals` on `aws:PrincipalArn`"
    );
    let ip = allow(json!({ "Condition": { "IpAddress": { "aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"] } } }));
    let request = s3(role(HOME)).with_context(Context::open());
    let verdict = check(&request, &set().identity(policy("role policy", ip)), Indeterminate);
    assert_eq!(
        verdict.to_string(),
        "`s3:GetObject` by `arn:aws:sts::111111111111:assumed-role/act/s` on `arn:aws:s3:::artifacts/app.zip` is allowed if the assumptions hold
  assuming: statement 0 of `role policy` (identity policy) has to allow it: `IpAddress` on `aws:SourceIp` wants `10.0.0.0/8` or `192.168.0.0/16`; the request has a value that is not known
  to allow it: add to the identity policy: {\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::artifacts/app.zip\"}"
    );
}

/// What an allowed request could have beside is nobody's business: a session that the bucket policy names is not held up by
/// a boundary that leaves the action out.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[test]
fn an_allowed_request_needs_no_change() {
    let by_session = for_principal(json!({ "AWS": "arn:aws:sts::111111111111:assumed-role/act/s" }));
    let boundary = policy("boundary", allow(json!({ "Action": "sqs:*" })));
    let verdict = check(&s3(role(HOME)), &set().resource(by_session).boundary(boundary), Allowed);
    assert!(verdict.fixes.is_empty() && verdict.near.is_empty(), "{verdict}");
}
