use serde_json::{Value, json};

use super::*;

fn statement(value: &Value) -> Policy {
    let document = json!({ "Version": "2012-10-17", "Statement": value });
    Policy::parse("p", &document).unwrap_or_else(|error| panic!("{error}"))
}

fn covers_action(element: &str, patterns: &Value, action: &str) -> Truth {
    let policy = statement(&json!({ "Effect": "Allow", element: patterns, "Resource": "*" }));
    policy.statements().expect("known")[0].action.cover(&Action::from(action))
}

fn covers_resource(element: &str, patterns: &Value, resource: &str, context: &Context) -> Truth {
    let policy = statement(&json!({ "Effect": "Allow", "Action": "*", element: patterns }));
    policy.statements().expect("known")[0].resource.cover(ArnText::new(resource), context)
}

#[test]
fn actions() {
    for (pattern, expected) in [
        (json!("*"), Truth::Yes),
        (json!("s3:*"), Truth::Yes),
        (json!("S3:GETobject"), Truth::Yes),
        (json!("s3:Get?bject"), Truth::Yes),
        (json!(["s3:PutObject", "s3:Get*"]), Truth::Yes),
        (json!("s3:PutObject"), Truth::No),
        (json!("*:GetObject"), Truth::Yes),
        // Without a colon only `*` has a meaning; a word without stars is refused.
        (json!("s3*"), Truth::Unknown),
        (json!("**"), Truth::Unknown),
        (json!({ "Ref": "P" }), Truth::Unknown),
        (json!(["s3:*", { "Ref": "P" }]), Truth::Yes),
    ] {
        assert_eq!(covers_action("Action", &pattern, "s3:getobject"), expected, "{pattern}");
        assert_eq!(covers_action("NotAction", &pattern, "s3:getobject"), !expected, "{pattern}");
    }
}

#[test]
fn resources() {
    let context = Context::closed().with("aws:username", "ann");
    let object = "arn:aws:s3:::b/ann/x";
    for (pattern, expected, otherwise) in [
        (json!("*"), Truth::Yes, Truth::No),
        (json!("arn:aws:s3:::b/*"), Truth::Yes, Truth::No),
        (json!("arn:aws:s3:::c/*"), Truth::No, Truth::Yes),
        (json!("arn:aws:s3:::b/${aws:username}/x"), Truth::Yes, Truth::No),
        // A variable without a value matches nothing; what it excludes is not documented.
        (json!("arn:aws:s3:::b/${k:none}/x"), Truth::No, Truth::Unknown),
        // Variables have no place before the last part.
        (json!("arn:${aws:username}:s3:::b/*"), Truth::Unknown, Truth::Unknown),
        (json!("arn:aws:s3::${aws:username}:c/*"), Truth::No, Truth::Yes),
        (json!({ "Fn::GetAtt": ["B", "Arn"] }), Truth::Unknown, Truth::Unknown),
        (json!([{ "Ref": "B" }, "arn:aws:s3:::b/*"]), Truth::Yes, Truth::No),
    ] {
        assert_eq!(covers_resource("Resource", &pattern, object, &context), expected, "{pattern}");
        assert_eq!(covers_resource("NotResource", &pattern, object, &context), otherwise, "{pattern}");
    }
    assert_eq!(covers_resource("Resource", &json!("*"), "*", &context), Truth::Yes);
    assert_eq!(covers_resource("Resource", &json!("arn:aws:s3:::*"), "*", &context), Truth::No);
}

#[test]
fn names_and_counts() {
    let policy = statement(&json!([
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Action": "*", "Resource": "*" },
    ]));
    assert_eq!((policy.name(), policy.n_statements(), policy.is_known()), ("p", 2, true));
    let unknown = Policy::unknown("imported");
    assert_eq!((unknown.name(), unknown.n_statements(), unknown.is_known()), ("imported", 0, false));
}
