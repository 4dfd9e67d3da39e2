use serde_json::{Value, json};

use super::*;
use crate::access::template::Template;

macro_rules! read {
    ($($json:tt)*) => { Json::from(json!($($json)*)) };
}

fn check(body: Value, value: Value, wanted: &str) {
    let templates = Templates::new().with(Template::new("S", "111111111111", "us-east-1", body));
    let resolver = Resolver::new(&templates);
    let text = resolver.text(0, &Json::from(&value));
    assert_eq!(resolver.symbols().readable(&text), wanted, "{value}");
}

#[test]
fn functions_of_what_is_known() {
    let body = || {
        json!({
            "Parameters": { "P": { "Type": "String", "Default": "v" }, "L": { "Type": "CommaDelimitedList", "Default": "a, b" }, "N": { "Type": "Number", "Default": 7 } },
            "Mappings": { "M": { "us-east-1": { "x": "found" } } },
            "Conditions": { "Yes": { "Fn::Equals": [{ "Ref": "P" }, "v"] }, "No": { "Fn::Not": [{ "Condition": "Yes" }] },
                "Both": { "Fn::And": [{ "Condition": "Yes" }, { "Condition": "No" }] }, "Any": { "Fn::Or": [{ "Condition": "No" }, { "Condition": "Yes" }] } },
            "Resources": {
                "B": { "Type": "AWS::S3::Bucket", "Properties": { "BucketName": { "Fn::Sub": "x-${AWS::Region}-${P}" } } },
                "T": { "Type": "AWS::SNS::Topic", "Properties": { "TopicName": "t" } },
                "R": { "Type": "AWS::IAM::Role", "Properties": { "RoleName": "r", "Path": "/p/" } },
            },
        })
    };
    check(body(), json!({ "Ref": "AWS::AccountId" }), "111111111111");
    check(body(), json!({ "Fn::GetAtt": ["B", "Arn"] }), "arn:aws:s3:::x-us-east-1-v");
    check(body(), json!({ "Fn::GetAtt": "R.Arn" }), "arn:aws:iam::111111111111:role/p/r");
    check(body(), json!({ "Ref": "T" }), "arn:aws:sns:us-east-1:111111111111:t");
    check(body(), json!({ "Fn::Select": [1, { "Ref": "L" }] }), "b");
    check(body(), json!({ "Fn::Join": ["-", { "Ref": "L" }] }), "a-b");
    check(body(), json!({ "Fn::Join": ["-", ["a", null, 1]] }), "a--1");
    check(body(), json!({ "Fn::Select": ["2", { "Fn::Split": [":", { "Ref": "T" }] }] }), "sns");
    check(body(), json!({ "Fn::FindInMap": ["M", { "Ref": "AWS::Region" }, "x"] }), "found");
    check(body(), json!({ "Fn::If": ["Yes", "a", "b"] }), "a");
    check(body(), json!({ "Fn::If": ["Both", "a", "b"] }), "b");
    check(body(), json!({ "Fn::If": ["Any", "a", "b"] }), "a");
    check(
        body(),
        json!({ "Fn::Sub": ["${x}/${!literal}/${R.Arn}/${N}", { "x": { "Ref": "P" } }] }),
        "v/${literal}/arn:aws:iam::111111111111:role/p/r/7",
    );
}

#[test]
fn parameters_that_the_templates_make_are_known() {
    let parameter = |name: &str, kind: &str, value: Value| json!({ "Type": "AWS::SSM::Parameter", "Properties": { "Name": name, "Type": kind, "Value": value } });
    let body = || {
        json!({
            "Parameters": { "P": { "Type": "String", "Default": "p" } },
            "Resources": {
                "A": parameter("/a", "String", json!({ "Fn::Sub": "${P}-a" })),
                "B": parameter("/b", "String", json!("{{resolve:ssm:/b}}")),
                "C": parameter("/c", "StringList", json!("c,d")),
            },
        })
    };
    check(body(), json!("x{{resolve:ssm:/a}}y"), "xp-ay");
    check(body(), json!({ "Fn::Sub": "{{resolve:ssm:/a}}/${P}" }), "p-a/p");
    check(body(), json!("{{resolve:ssm:/a:1}}"), "<{{resolve:ssm:/a:1}}>");
    check(body(), json!("{{resolve:ssm:/c}}"), "<{{resolve:ssm:/c}}>");
    // A parameter that is its own value ends somewhere.
    check(body(), json!("{{resolve:ssm:/b}}"), "<{{resolve:ssm:/b}}>");
}

#[test]
fn what_is_not_known_has_words() {
    let body = || {
        json!({
            "Parameters": { "P": { "Type": "String" } },
            "Conditions": { "Open": { "Fn::Equals": [{ "Ref": "P" }, "v"] } },
            "Resources": { "K": { "Type": "AWS::KMS::Key", "Properties": {} }, "C": { "Type": "Custom::Thing" } },
        })
    };
    check(body(), json!({ "Ref": "P" }), "<parameter P of S>");
    check(body(), json!({ "Fn::Sub": "k/${K}" }), "k/<id of K in S>");
    check(body(), json!({ "Fn::GetAtt": ["C", "Out"] }), "<Out of C in S>");
    check(body(), json!("a{{resolve:ssm:/x}}b"), "a<{{resolve:ssm:/x}}>b");
    check(body(), json!({ "Fn::ImportValue": "e" }), "<import e in 111111111111/us-east-1>");
    check(body(), json!({ "Fn::If": ["Open", "same", "same"] }), "same");
    check(
        body(),
        json!({ "Fn::Select": ["5", { "Fn::GetAtt": ["K", "Arn"] }] }),
        "<Fn::Select [\"5\",{\"Fn::GetAtt\":[\"K\",\"Arn\"]}] in S>",
    );
    check(
        body(),
        json!({ "Fn::Select": ["5", { "Fn::Split": [":", { "Fn::GetAtt": ["K", "Arn"] }] }] }),
        "key/<id of K in S>",
    );
}

#[test]
fn equal_references_are_equal_and_others_not() {
    let body = json!({ "Resources": { "K": { "Type": "AWS::KMS::Key" }, "L": { "Type": "AWS::KMS::Key" } } });
    let templates = Templates::new().with(Template::new("S", "111111111111", "us-east-1", body));
    let resolver = Resolver::new(&templates);
    let arn = |id: &str| resolver.text(0, &read!({ "Fn::GetAtt": [id, "Arn"] }));
    assert_eq!(
        arn("K"),
        resolver.text(0, &read!({ "Fn::Sub": "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${K}" }))
    );
    assert_ne!(arn("K"), arn("L"));
}

#[test]
fn characters_that_look_like_symbols_are_none() {
    let templates = Templates::new().with(Template::new("S", "1", "r", json!({})));
    let resolver = Resolver::new(&templates);
    assert_eq!(resolver.text(0, &read!("a\u{E000}\u{F0000}\u{10FFFD}b")), "a\u{FFFD}\u{FFFD}\u{FFFD}b");
    assert_eq!(resolver.value(0, &read!(["\u{E000}"])).as_ref(), &read!(["\u{FFFD}"]));
}

#[test]
fn nothing_runs_for_ever() {
    let body = json!({
        "Conditions": { "A": { "Condition": "B" }, "B": { "Fn::Not": [{ "Condition": "A" }] } },
        "Resources": {
            "X": { "Type": "AWS::S3::Bucket", "Properties": { "BucketName": { "Fn::Sub": "${Y}${Y}" } } },
            "Y": { "Type": "AWS::S3::Bucket", "Properties": { "BucketName": { "Fn::Sub": "${X}${X}" } } },
        },
        "Outputs": { "O": { "Value": { "Fn::ImportValue": "o" }, "Export": { "Name": "o" } } },
    });
    let templates = Templates::new().with(Template::new("S", "111111111111", "us-east-1", body));
    let resolver = Resolver::new(&templates);
    assert_eq!(resolver.condition(0, "A"), None);
    assert!(symbol::is_symbolic(&resolver.physical_id(0, "X")));
    assert!(symbol::is_symbolic(&resolver.text(0, &read!({ "Fn::ImportValue": "o" }))));
    let mut deep = json!("x");
    for _ in 0..300 {
        deep = json!({ "Fn::Sub": ["${a}", { "a": deep }] });
    }
    assert!(symbol::is_symbolic(&resolver.text(0, &Json::from(&deep))));
}

#[test]
fn resources_of_a_false_condition_are_not_there() {
    let body = json!({
        "Parameters": { "P": { "Type": "String" } },
        "Conditions": { "Never": { "Fn::Equals": ["a", "b"] }, "Open": { "Fn::Equals": [{ "Ref": "P" }, "b"] } },
        "Resources": { "A": { "Type": "T", "Condition": "Never" }, "B": { "Type": "T", "Condition": "Open" }, "C": { "Type": "T" } },
    });
    let template = Template::new("S", "111111111111", "us-east-1", body);
    let templates = Templates::new().with(template.clone()).with(template.parameter("P", "b"));
    let resolver = Resolver::new(&templates);
    let exists =
        |stack: usize, id: &str| resolver.exists(stack, templates.all[stack].resource(id).expect("a resource"));
    assert_eq!((exists(0, "A"), exists(0, "B"), exists(0, "C")), (Some(false), None, Some(true)));
    assert_eq!(exists(1, "B"), Some(true));
}

#[test]
fn names_that_are_given_use_up_no_symbols() {
    let role = |n: usize| {
        (format!("R{n}"), json!({ "Type": "AWS::IAM::Role", "Properties": { "RoleName": format!("r{n}") } }))
    };
    let resources: serde_json::Map<String, Value> = (0..20).map(role).collect();
    let templates =
        Templates::new().with(Template::new("S", "111111111111", "us-east-1", json!({ "Resources": resources })));
    let resolver = Resolver::new(&templates);
    (0..20).for_each(|n| assert_eq!(resolver.physical_id(0, &format!("R{n}")), format!("r{n}")));
    assert_eq!(resolver.symbols().meaning('\u{E000}'), None);
}

/// What is read on all cores comes out as if it were read in order, symbols included.
#[test]
fn readers_change_nothing() {
    let function = |n: usize| match n % 5 {
        0 => json!({ "Ref": format!("Key{n}") }),
        1 => json!({ "Fn::GetAtt": ["Key0", "Arn"] }),
        2 => json!({ "Ref": format!("P{}", n % 3) }),
        3 => json!({ "Fn::ImportValue": format!("import{}", n % 4) }),
        _ => json!({ "Fn::Sub": "${Key1}-${AWS::Region}-${Key0}" }),
    };
    let resources: serde_json::Map<String, Value> =
        (0..60).map(|n| (format!("Key{n}"), json!({ "Type": "AWS::KMS::Key", "Properties": {} }))).collect();
    let parameter = json!({ "Type": "String" });
    let body = json!({
        "Parameters": { "P0": parameter, "P1": parameter, "P2": parameter },
        "Resources": resources,
        "Outputs": { "O": { "Value": { "Ref": "Key7" }, "Export": { "Name": "import2" } } },
    });
    let templates = Templates::new().with(Template::new("Tools", "111111111111", "us-east-1", body));
    let values: Vec<Json<'_>> = (0..60).map(|n| function(n).into()).collect();
    let resolver = || {
        let resolver = Resolver::new(&templates);
        // Some symbols are known before.
        for n in [9, 0, 4, 2] {
            assert!(!resolver.text(0, &values[n]).is_empty());
        }
        resolver
    };
    let (one, other) = (resolver(), resolver());
    let in_order: Vec<String> = values.iter().map(|value| one.text(0, value)).collect();
    assert_eq!(other.map(&values, |resolver, value| resolver.text(0, value)), in_order);
    assert_eq!(format!("{:?}", other.symbols()), format!("{:?}", one.symbols()));
}

#[test]
fn a_key_that_a_parameter_names_is_the_only_one_there() {
    let id_of_one_of = |n_keys: usize, named: &[&str]| {
        let keys = (0..n_keys).map(|n| (format!("Key{n}"), json!({ "Type": "AWS::KMS::Key", "Properties": {} })));
        let body = json!({ "Resources": keys.collect::<serde_json::Map<_, _>>() });
        let templates = Templates::new().with(Template::new("Stores", "111111111111", "us-east-1", body));
        let templates = named.iter().fold(templates, |all, id| {
            let key = format!("arn:aws:kms:us-east-1:111111111111:key/{id}");
            let body = json!({ "Parameters": { "Key": { "Type": "String" } } });
            all.with(Template::new(*id, "222222222222", "us-east-1", body).parameter("Key", json!(key)))
        });
        let resolver = Resolver::new(&templates);
        let id = resolver.physical_id(0, "Key0");
        (!symbol::is_symbolic(&id)).then(|| id.to_string())
    };
    assert_eq!(id_of_one_of(1, &["1234"]).as_deref(), Some("1234"));
    for (n_keys, named) in [(1, &[][..]), (1, &["1234", "5678"]), (2, &["1234"]), (1, &["12*4"])] {
        assert_eq!(id_of_one_of(n_keys, named), None, "{n_keys} {named:?}");
    }
}

#[test]
fn exports_of_one_name_are_those_of_the_own_account_and_region() {
    let exporting = |account: &str, region: &str| {
        let output = json!({ "Value": format!("of {account}/{region}"), "Export": { "Name": "store" } });
        Template::new(account, account, region, json!({ "Outputs": { "O": output } }))
    };
    let places = [("111111111111", "us-east-1"), ("111111111111", "eu-west-1"), ("222222222222", "eu-west-1")];
    let templates = places.iter().fold(Templates::new(), |all, (account, region)| all.with(exporting(account, region)));
    let templates = templates.with(Template::new("elsewhere", "222222222222", "us-east-1", json!({})));
    let resolver = Resolver::new(&templates);
    for (stack, (account, region)) in places.into_iter().enumerate() {
        assert_eq!(resolver.exporter(stack, "store"), Some(stack));
        assert_eq!(resolver.text(stack, &read!({ "Fn::ImportValue": "store" })), format!("of {account}/{region}"));
    }
    assert_eq!((resolver.exporter(3, "store"), resolver.exporter(0, "other")), (None, None));
}

/// Two stacks of one name, in two regions, each with a bucket that CloudFormation gives a name.
#[test]
fn stacks_of_one_name_are_told_apart_by_their_environments() {
    let body = || json!({ "Resources": { "Store": { "Type": "AWS::S3::Bucket", "Properties": {} } } });
    let in_region = |region: &str| Template::new("orders", "111111111111", region, body());
    let templates = Templates::new().with(in_region("us-east-1")).with(in_region("eu-west-1"));
    let resolver = Resolver::new(&templates);
    let name = |stack: usize| resolver.text(stack, &json!({ "Ref": "Store" }).into());
    assert_ne!(name(0), name(1), "one bucket must not be taken for the other");
    let readable = |text: String| resolver.symbols().readable(&text);
    assert_eq!(readable(name(0)), "<id of Store in orders (111111111111/us-east-1)>");
    assert_eq!(readable(name(1)), "<id of Store in orders (111111111111/eu-west-1)>");
    assert_eq!(resolver.text(1, &json!({ "Ref": "AWS::StackName" }).into()), "orders");
}
