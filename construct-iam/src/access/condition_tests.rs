use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::access::policy::Policy;

/// Evaluates `{operator: {"k:key": wanted}}` with the key as `context` has it.
fn check(operator: &str, wanted: Value, context: &Context, expected: Truth) {
    let document = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { operator: { "K:key": wanted } },
    } });
    let policy = Policy::parse("p", &document).unwrap_or_else(|error| panic!("{error}"));
    let statement = &policy.statements().expect("known")[0];
    let got = Truth::all(statement.conditions.iter().map(|condition| condition.evaluate(context)));
    assert_eq!(got, expected, "{operator} {wanted} with {:?}", context.get("k:key"));
}

fn one(value: &str) -> Context {
    Context::closed().with("k:key", value)
}

fn many(values: &[&str]) -> Context {
    Context::closed().with_list("k:key", values.iter().copied())
}

const ABSENT: Context = Context::closed();
const UNKNOWN: Context = Context::open();

/// What a condition says before it is known who asks.
#[test]
fn conditions_are_settled_by_what_is_told_of_their_key_alone() {
    let settled = |wanted: &str, known: &Context| {
        let condition = json!({ "StringEquals": { "k:key": wanted } });
        let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition });
        let document = json!({ "Version": "2012-10-17", "Statement": statement });
        let policy = Policy::parse("p", &document).unwrap_or_else(|error| panic!("{error}"));
        policy.statements().expect("known")[0].conditions[0].settled(known)
    };
    assert_eq!(settled("a", &one("a")), Some(Truth::Yes));
    assert_eq!(settled("a", &one("b")), Some(Truth::No));
    assert_eq!(settled("a", &ABSENT.absent("k:key")), Some(Truth::No));
    assert_eq!(settled("a", &UNKNOWN.unknown("k:key")), Some(Truth::Unknown));
    for known in [ABSENT, UNKNOWN, ABSENT.with("k:other", "a")] {
        assert_eq!(settled("a", &known), None);
    }
    assert_eq!(settled("${aws:username}", &one("a")), None);
    assert_eq!(settled("${aws:username}", &ABSENT), None);
}

#[test]
fn comparisons() {
    for (operator, wanted, got, expected) in [
        ("StringEquals", json!("a"), "a", Truth::Yes),
        ("StringEquals", json!("a"), "A", Truth::No),
        ("StringEquals", json!("a*"), "ab", Truth::No),
        ("StringEquals", json!(["b", "a"]), "a", Truth::Yes),
        ("StringEquals", json!(10), "10", Truth::Yes),
        ("StringEquals", json!(true), "true", Truth::Yes),
        ("StringEqualsIgnoreCase", json!("aB"), "Ab", Truth::Yes),
        ("StringEqualsIgnoreCase", json!("a"), "b", Truth::No),
        ("StringEqualsIgnoreCase", json!("é"), "É", Truth::Unknown),
        ("StringEqualsIgnoreCase", json!("e"), "É", Truth::Unknown),
        ("StringEqualsIgnoreCase", json!("é"), "e", Truth::Unknown),
        ("StringEqualsIgnoreCase", json!("é"), "é", Truth::Yes),
        ("StringEqualsIgnoreCase", json!("A\u{E000}"), "a\u{E000}", Truth::Yes),
        ("StringLike", json!("a?*"), "abc", Truth::Yes),
        ("StringLike", json!("a?*"), "a", Truth::No),
        ("ArnEquals", json!("arn:aws:s3:::b*"), "arn:aws:s3:::bc", Truth::Yes),
        ("ArnLike", json!("arn:aws:*:::b"), "arn:aws:s3:::b", Truth::Yes),
        ("ArnLike", json!("arn:aws:s3*"), "arn:aws:s3:::b", Truth::Unknown),
        ("NumericEquals", json!("10"), "10.0", Truth::Yes),
        ("NumericEquals", json!(10), "11", Truth::No),
        ("NumericEquals", json!(10), "ten", Truth::Unknown),
        ("NumericNotEquals", json!(10), "ten", Truth::Unknown),
        ("NumericLessThan", json!(10), "9", Truth::Yes),
        ("NumericLessThan", json!(10), "10", Truth::No),
        ("NumericLessThanEquals", json!(10), "10", Truth::Yes),
        ("NumericLessThanEquals", json!(10), "11", Truth::No),
        ("NumericGreaterThan", json!(10), "11", Truth::Yes),
        ("NumericGreaterThan", json!(10), "10", Truth::No),
        ("NumericGreaterThanEquals", json!(10), "10", Truth::Yes),
        ("NumericGreaterThanEquals", json!(10), "9", Truth::No),
        ("DateEquals", json!("2026-01-01"), "2026-01-01T00:00:00Z", Truth::Yes),
        ("DateEquals", json!(1767225600), "2026-01-01T01:00:00+01:00", Truth::Yes),
        ("DateNotEquals", json!("2026-01-01"), "2026-01-02", Truth::Yes),
        ("DateLessThan", json!("2026-01-01"), "2025-12-31", Truth::Yes),
        ("DateLessThan", json!("2026-01-01"), "2026-01-01", Truth::No),
        ("DateLessThanEquals", json!("2026-01-01"), "2026-01-01", Truth::Yes),
        ("DateGreaterThan", json!("2026-01-01"), "2026-01-02", Truth::Yes),
        ("DateGreaterThan", json!("2026-01-01"), "2026-01-01", Truth::No),
        ("DateGreaterThanEquals", json!("2026-01-01"), "2026-01-01", Truth::Yes),
        ("DateLessThan", json!("2026-01-01"), "soon", Truth::Unknown),
        ("Bool", json!("true"), "true", Truth::Yes),
        ("Bool", json!(false), "true", Truth::No),
        ("Bool", json!(true), "yes", Truth::Unknown),
        ("Bool", json!("True"), "true", Truth::Unknown),
        ("Bool", json!("FALSE"), "true", Truth::Unknown),
        ("IpAddress", json!("10.0.0.0/8"), "10.1.1.1", Truth::Yes),
        ("NotIpAddress", json!("10.0.0.0/8"), "10.1.1.1", Truth::No),
        ("NotIpAddress", json!("10.0.0.0/8"), "nowhere", Truth::Unknown),
        ("BinaryEquals", json!("QmluYXJ5"), "QmluYXJ5", Truth::Yes),
        ("BinaryEquals", json!("QmluYXJ5"), "QmluYXJ4", Truth::No),
        ("BinaryEquals", json!("QmluYXJ5"), "?", Truth::Unknown),
        ("BoolIfExists", json!({ "Ref": "P" }), "true", Truth::Unknown),
        ("NumericEquals", json!("\u{E000}"), "1", Truth::Unknown),
        ("StringEquals", json!({ "Fn::Sub": "x" }), "x", Truth::Unknown),
        ("StringEquals", json!([{ "Fn::Sub": "x" }, "a"]), "a", Truth::Yes),
        ("StringEquals", json!([]), "a", Truth::Unknown),
        ("StringNotEquals", json!([]), "a", Truth::Unknown),
    ] {
        check(operator, wanted.clone(), &one(got), expected);
        // With a set operator one value counts as the only member.
        check(&format!("ForAllValues:{operator}"), wanted.clone(), &one(got), expected);
        check(&format!("ForAnyValue:{operator}"), wanted, &many(&[got]), expected);
    }
}

#[test]
fn negated_operators_deny_each_value() {
    for operator in ["StringNotEquals", "StringNotLike", "StringNotEqualsIgnoreCase"] {
        check(operator, json!(["a", "b"]), &one("a"), Truth::No);
        check(operator, json!(["a", "b"]), &one("c"), Truth::Yes);
        check(operator, json!(["a", "b"]), &ABSENT, Truth::Yes);
    }
    for operator in ["ArnNotEquals", "ArnNotLike"] {
        check(operator, json!("arn:aws:s3:::b*"), &one("arn:aws:s3:::b"), Truth::No);
        check(operator, json!("arn:aws:s3:::b*"), &one("arn:aws:s3:::c"), Truth::Yes);
    }
}

#[test]
fn without_the_key() {
    check("StringEquals", json!("a"), &ABSENT, Truth::No);
    check("StringEqualsIfExists", json!("a"), &ABSENT, Truth::Yes);
    check("StringNotEqualsIfExists", json!("a"), &ABSENT, Truth::Yes);
    check("ForAllValues:StringEquals", json!("a"), &ABSENT, Truth::Yes);
    check("ForAllValues:StringEqualsIfExists", json!("a"), &ABSENT, Truth::Yes);
    check("ForAnyValue:StringEquals", json!("a"), &ABSENT, Truth::No);
    check("ForAnyValue:StringNotEquals", json!("a"), &ABSENT, Truth::No);
    check("ForAnyValue:StringEqualsIfExists", json!("a"), &ABSENT, Truth::Unknown);
    check("StringEqualsIfExists", json!("a"), &one("b"), Truth::No);
}

#[test]
fn with_the_key_unknown() {
    for operator in ["StringEquals", "StringNotEquals", "StringEqualsIfExists", "ForAllValues:StringEquals", "Null"] {
        let wanted = if operator == "Null" { json!("true") } else { json!("a") };
        check(operator, wanted, &UNKNOWN, Truth::Unknown);
    }
}

#[test]
fn sets() {
    let wanted = || json!(["a", "b"]);
    check("ForAllValues:StringEquals", wanted(), &many(&["a", "b"]), Truth::Yes);
    check("ForAllValues:StringEquals", wanted(), &many(&["a", "c"]), Truth::No);
    check("ForAllValues:StringEquals", wanted(), &many(&[]), Truth::Yes);
    check("ForAnyValue:StringEquals", wanted(), &many(&["c", "b"]), Truth::Yes);
    check("ForAnyValue:StringEquals", wanted(), &many(&["c", "d"]), Truth::No);
    check("ForAnyValue:StringEquals", wanted(), &many(&[]), Truth::No);
    check("ForAnyValue:StringEqualsIfExists", wanted(), &many(&[]), Truth::Unknown);
    check("ForAllValues:StringEqualsIfExists", wanted(), &many(&[]), Truth::Yes);
    check("ForAllValues:StringNotEquals", wanted(), &many(&["c", "a"]), Truth::No);
    check("ForAnyValue:StringNotEquals", wanted(), &many(&["c", "a"]), Truth::Yes);
    check("ForAnyValue:StringNotEquals", wanted(), &many(&["b", "a"]), Truth::No);
    check("ForAnyValue:StringEquals", wanted(), &many(&["\u{E000}", "b"]), Truth::Yes);
    check("ForAllValues:StringEquals", wanted(), &many(&["\u{E000}", "b"]), Truth::Unknown);
    // Not documented, so not guessed.
    check("StringEquals", wanted(), &many(&["a"]), Truth::Unknown);
    check("StringNotEquals", wanted(), &many(&["c", "d"]), Truth::Unknown);
}

#[test]
fn presence() {
    for (wanted, context, expected) in [
        (json!("true"), ABSENT, Truth::Yes),
        (json!(true), one("a"), Truth::No),
        (json!("false"), ABSENT, Truth::No),
        (json!(false), one("a"), Truth::Yes),
        (json!("false"), many(&["a"]), Truth::Yes),
        (json!("false"), many(&[]), Truth::Unknown),
        (json!({ "Ref": "P" }), one("a"), Truth::Unknown),
        (json!(["true", "false"]), one("a"), Truth::Yes),
    ] {
        check("Null", wanted, &context, expected);
    }
}

#[test]
fn variables_without_value() {
    check("StringEquals", json!("${k:none}"), &one("a"), Truth::No);
    check("StringNotEquals", json!("${k:none}"), &one("a"), Truth::Yes);
    check("StringLike", json!("${k:none}*"), &one("a"), Truth::No);
    check("ArnLike", json!("arn:aws:s3:::${k:none}"), &one("arn:aws:s3:::a"), Truth::No);
    check("ArnNotLike", json!("arn:aws:s3:::${k:none}"), &one("arn:aws:s3:::a"), Truth::Yes);
    check("StringEqualsIgnoreCase", json!("${k:none}"), &one("a"), Truth::No);
    check("StringEquals", json!("${k:key}"), &one("a"), Truth::Yes);
    check("StringEqualsIgnoreCase", json!("X${k:key}"), &one("a"), Truth::No);
    check("StringEqualsIgnoreCase", json!("${k:key}"), &one("aB"), Truth::Yes);
    check("ArnLike", json!("arn:aws:s3:::${k:other}"), &one("arn:aws:s3:::a").with("k:other", "a"), Truth::Yes);
    // Whether a value can bring in the colons between the parts of an ARN is not documented.
    check("ArnEquals", json!("${k:key}"), &one("arn:aws:s3:::a"), Truth::Unknown);
    check("ArnEquals", json!("arn:aws:s3:::${k:key}"), &one("arn:aws:s3:::a"), Truth::No);
    check("ArnEquals", json!("arn:aws:s3:::${k:o}"), &one("arn:aws:s3:::a:b").with("k:o", "a:b"), Truth::Yes);
    check("StringEquals", json!("${k:key}"), &one("a:b"), Truth::Yes);
}

/// Wildcards belong to `StringLike` and the operators of ARNs; a value with a variable in it is no exception.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
#[test]
fn behind_a_variable_wildcards_stay_literal_where_the_operator_has_none() {
    for (operator, wanted, got, expected) in [
        ("StringEquals", "${aws:username}*", "bobby", Truth::No),
        ("StringEquals", "${aws:username}*", "bob*", Truth::Yes),
        ("StringEquals", "${aws:username}?", "bobb", Truth::No),
        ("StringEquals", "${aws:username}?", "bob?", Truth::Yes),
        ("StringLike", "${aws:username}*", "bobby", Truth::Yes),
        ("StringLike", "${aws:username}?", "bobb", Truth::Yes),
    ] {
        check(operator, json!(wanted), &one(got).with("aws:username", "bob"), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Values that are looked up in a list in order come out as if they were compared one by one.
    #[test]
    fn the_order_of_values_changes_nothing(
        values in prop::collection::btree_set("(arn:aws:iam::1:)?role/[ab]{0,2}[ab*\u{E000}]?", 2..6),
        got in "(arn:aws:iam::1:)?role/[ab]{0,2}[b\u{E000}]?",
        operator in prop::sample::select(&["ArnEquals", "ArnNotLike", "StringEquals", "StringNotLike", "StringNotEqualsIgnoreCase"][..]),
    ) {
        let condition = |values: &[String]| {
            let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { operator: { "k:key": values } } });
            let policy = Policy::parse("p", &json!({ "Statement": statement })).expect("a policy");
            policy.statements().expect("known")[0].conditions[0].clone()
        };
        let ascending: Vec<String> = values.into_iter().collect();
        let descending: Vec<String> = ascending.iter().rev().cloned().collect();
        let (in_order, other) = (condition(&ascending), condition(&descending));
        let is_plain = ascending.iter().all(|text| text.is_ascii() && !text.contains('*'));
        let is_exact = operator.starts_with("String") && !operator.ends_with("Case");
        prop_assert!(!other.in_order && (in_order.in_order || !is_plain || !is_exact));
        prop_assert_eq!(in_order.evaluate(&one(&got)), other.evaluate(&one(&got)));
    }
}
