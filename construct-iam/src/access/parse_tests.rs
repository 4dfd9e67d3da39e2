use serde_json::json;

use super::*;

fn parse(name: &str, document: &Value) -> Result<Vec<Arc<Statement>>, PolicyError> {
    Policy::parse(name, document).map(|policy| policy.statements().expect("known").to_vec())
}

/// Parses one statement that is sound but for `changes`; `null` removes an element.
fn with(changes: &Value) -> Result<Vec<Arc<Statement>>, Problem> {
    let mut statement = json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" });
    for (key, value) in changes.as_object().expect("changes") {
        let map = statement.as_object_mut().expect("a statement");
        if value.is_null() {
            map.remove(key)
        } else {
            map.insert(key.clone(), value.clone())
        };
    }
    parse("p", &json!({ "Statement": [statement] })).map_err(|error| error.problem().clone())
}

fn check(changes: &Value, message: &str) {
    let problem = with(changes).expect_err("an error");
    assert_eq!(problem.to_string(), message, "{changes}");
}

#[test]
fn words_that_name_nothing() {
    check(
        &json!({ "Action": "s3" }),
        "action `s3` names no service; actions read `service:action`, as in `s3:GetObject`",
    );
    check(
        &json!({ "Principal": { "AWS": ["111111111111", "admin"] } }),
        "principal `admin` is neither an account of 12 digits nor the ARN of a role, a user or an account",
    );
    check(
        &json!({ "Principal": { "Service": ["s3.amazonaws.com", "ecs"] } }),
        "`ecs` is no service; services are written as in `codebuild.amazonaws.com`",
    );
    for action in ["*", "*:*", "s3:*", "S3:getobject"] {
        assert!(with(&json!({ "Action": action })).is_ok(), "{action}");
    }
    for principal in ["*", "111111111111", "arn:aws:iam::111111111111:role/x", "AROADBQP57FF2AEXAMPLE"] {
        assert!(with(&json!({ "Principal": { "AWS": principal } })).is_ok(), "{principal}");
    }
}

#[test]
fn wrong_documents() {
    for (document, message) in [
        (json!([]), "`p`: `policy` has to be an object"),
        (json!({}), "`p`: `Statement` is missing"),
        (json!({ "Statements": [] }), "`p`: there is no element `Statements`"),
        (json!({ "Version": "2012", "Statement": [] }), "`p`: version `2012` is neither `2012-10-17` nor `2008-10-17`"),
        (json!({ "Version": 2012, "Statement": [] }), "`p`: version `2012` is neither `2012-10-17` nor `2008-10-17`"),
        (json!({ "Statement": "x" }), "statement 0 of `p`: `Statement` has to be an object or a list of objects"),
        (
            json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }, {}] }),
            "statement 1 of `p`: `Effect` is missing",
        ),
    ] {
        let error = parse("p", &document).expect_err("an error");
        assert_eq!(error.to_string(), message);
        assert_eq!(error.policy(), "p");
    }
    let error = parse("p", &json!({ "Statement": [{}] })).expect_err("an error");
    assert_eq!((error.statement(), error.problem()), (Some(0), &Problem::Missing("Effect")));
}

#[test]
fn wrong_statements() {
    check(&json!({ "Effect": "allow" }), "effect `allow` is neither `Allow` nor `Deny`");
    check(&json!({ "Effect": 1 }), "effect `1` is neither `Allow` nor `Deny`");
    check(&json!({ "Action": null }), "`Action` is missing");
    check(&json!({ "Action": [] }), "`Action` is empty");
    check(&json!({ "Action": [1] }), "`Action` has to be a string or a list of strings");
    check(&json!({ "NotAction": "x" }), "`Action` and `NotAction` exclude each other");
    check(&json!({ "NotResource": "x" }), "`Resource` and `NotResource` exclude each other");
    check(&json!({ "Principal": "*", "NotPrincipal": "*" }), "`Principal` and `NotPrincipal` exclude each other");
    check(&json!({ "Resource": [] }), "`Resource` is empty");
    check(&json!({ "Resource": true }), "`Resource` has to be a string or a list of strings");
    check(&json!({ "condition": {} }), "there is no element `condition`");
    check(&json!({ "Sid": 1 }), "`Sid` has to be a string");
}

#[test]
fn wrong_principals() {
    let text = "arn:aws:iam::111111111111:root";
    check(
        &json!({ "Principal": text }),
        &format!("principal `{text}` needs a kind, as in `{{\"AWS\": \"{text}\"}}`; only `*` stands alone"),
    );
    check(
        &json!({ "Principal": { "Aws": "*" } }),
        "principal kind `Aws` is none of `AWS`, `Service`, `Federated`, `CanonicalUser`",
    );
    check(&json!({ "Principal": {} }), "`Principal` is empty");
    check(&json!({ "NotPrincipal": { "AWS": [] } }), "`NotPrincipal` is empty");
    check(&json!({ "Principal": ["*"] }), "`Principal` has to be `*` or an object");
    check(&json!({ "Principal": { "AWS": true } }), "`Principal` has to be a string or a list of strings");
}

#[test]
fn kinds_of_principals() {
    let principal =
        json!({ "AWS": ["*", "111111111111"], "Service": "s.amazonaws.com", "Federated": "f", "CanonicalUser": "c" });
    let statement = with(&json!({ "Principal": principal })).expect("parses").remove(0);
    let Principals::These(entries) = &statement.principal else { panic!("{statement:?}") };
    let text = Box::<str>::from;
    assert_eq!(
        **entries,
        [
            Entry::Anyone,
            Entry::Account { partition: None, id: text("111111111111"), digits: Some([b'1'; 12]) },
            Entry::Service(text("s.amazonaws.com")),
            Entry::Federated(text("f")),
            Entry::CanonicalUser(text("c")),
        ]
    );
}

#[test]
fn wrong_conditions() {
    check(&json!({ "Condition": "x" }), "`Condition` has to be an object");
    check(&json!({ "Condition": { "Bool": "x" } }), "`Bool` has to be an object");
    check(
        &json!({ "Condition": { "Bool": { "k": { "x": 1 } } } }),
        "`k` has to be a string, a number, a boolean or a list of them",
    );
    for operator in [
        "Equals",
        "stringEquals",
        "StringEqual",
        "NullIfExists",
        "ForAllValues:Null",
        "ForSomeValues:StringEquals",
        "StringEqualsIfExistsIfExists",
        "ForAnyValue",
        "NotBool",
        "",
    ] {
        check(
            &json!({ "Condition": { operator: { "k": "x" } } }),
            &format!("there is no condition operator `{operator}`"),
        );
    }
    for (operator, value) in [
        ("NumericEquals", json!("ten")),
        ("NumericLessThanIfExists", json!("1e3")),
        ("DateEquals", json!("2026")),
        ("IpAddress", json!("10.0.0.0/33")),
        ("Bool", json!("1")),
        ("Null", json!("yes")),
        ("BinaryEquals", json!("%")),
        ("ForAnyValue:NumericEquals", json!(["1", "x"])),
        ("NumericEquals", json!("${k:n}")),
    ] {
        let problem = with(&json!({ "Condition": { operator: { "k": value } } })).expect_err("an error");
        assert!(matches!(problem, Problem::ConditionValue { .. }), "{operator} {value}: {problem}");
    }
    check(
        &json!({ "Condition": { "Bool": { "aws:x": "maybe" } } }),
        "`maybe` is not a value that `Bool` can compare `aws:x` with",
    );
}

#[test]
fn all_operators() {
    let operators = [
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "ArnEquals",
        "ArnLike",
        "ArnNotEquals",
        "ArnNotLike",
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
        "Bool",
        "IpAddress",
        "NotIpAddress",
        "BinaryEquals",
    ];
    for operator in operators {
        for (prefix, set) in [
            ("", None),
            ("ForAllValues:", Some(super::super::operator::Set::All)),
            ("ForAnyValue:", Some(super::super::operator::Set::Any)),
        ] {
            for suffix in ["", "IfExists"] {
                let parsed =
                    Operator::parse(&format!("{prefix}{operator}{suffix}")).unwrap_or_else(|| panic!("{operator}"));
                assert_eq!((parsed.set, parsed.if_exists), (set, !suffix.is_empty()));
                assert_eq!(parsed.negated, operator.contains("Not"), "{operator}");
            }
        }
    }
}

#[test]
fn what_the_template_does_not_say() {
    let one = |changes: &Value| with(changes).expect("parses").remove(0);
    assert_eq!(one(&json!({ "Effect": { "Ref": "E" } })).effect, Effect::Unknown);
    assert_eq!(one(&json!({ "Sid": { "Ref": "E" } })).sid, None);
    assert_eq!(one(&json!({ "Sid": "s" })).sid.as_deref(), Some("s"));
    assert!(one(&json!({ "Condition": { "Fn::If": [] } })).opaque);
    assert!(one(&json!({ "Condition": { "Bool": { "Fn::If": [] } } })).opaque);
    assert!(one(&json!({ "Condition": { "Bool": {} } })).opaque);
    assert!(!one(&json!({ "Condition": {} })).opaque);
    assert!(!one(&json!({ "Condition": { "Bool": { "k": "true" } } })).opaque);
    for principal in [
        json!({ "Ref": "P" }),
        json!({ "AWS": { "Ref": "P" } }),
        json!({ "AWS": 111_111_111_111_u64 }),
        json!("\u{F0000}"),
    ] {
        let statement = one(&json!({ "Principal": principal }));
        assert!(
            matches!(&statement.principal, Principals::These(entries) if **entries == [Entry::Unknown]),
            "{principal}"
        );
    }
    let opaque = parse("p", &json!({ "Statement": [{ "Fn::If": ["C", {}, {}] }] })).expect("parses").remove(0);
    assert!(opaque.opaque && opaque.effect == Effect::Unknown);
    // Two keys are no intrinsic function.
    check(
        &json!({ "Effect": { "Ref": "E", "x": 1 } }),
        "effect `{\"Ref\":\"E\",\"x\":1}` is neither `Allow` nor `Deny`",
    );
}

#[test]
fn versions() {
    let check = |document: Value| Variables::of(&document.into());
    assert_eq!(check(json!({})), Ok(Variables::Literal));
    assert_eq!(check(json!({ "Version": "2008-10-17" })), Ok(Variables::Literal));
    assert_eq!(check(json!({ "Version": "2012-10-17" })), Ok(Variables::Expand));
    assert_eq!(check(json!({ "Version": { "Ref": "V" } })), Ok(Variables::Doubt));
    assert!(parse("p", &json!({ "Id": "x", "Version": "2012-10-17", "Statement": [] })).is_ok());
}

#[test]
fn errors_say_which_statement_they_are_in() {
    let sound = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    let error = parse("p", &json!({ "Statement": [sound, {}] })).expect_err("the second one is empty");
    assert_eq!((error.policy(), error.statement()), ("p", Some(1)));
    let error = parse("p", &json!({ "Version": "2012", "Statement": [] })).expect_err("no such version");
    assert_eq!(error.statement(), None);
}
