//! Random policies and requests: what a document of fewer statements allows and denies is what it allowed and denied
//! before, and nobody can tell in which order its statements stood.
#![expect(clippy::panic, reason = "in a test, a panic is the report")]

mod access_support;

use access_support::world::{Choices, KEYS, case, other_values, statement, worlds};
use access_support::{policies, request};
use construct_core::{Expr, NodeId};
use construct_iam::access::{self, outcome};
use construct_iam::{Names, PolicyDocument, PolicyStatement, Principal};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Statements, most of which differ from another one in one thing: a value, an action, a resource or a principal.
fn alike(choices: &mut Choices<'_>, kind: &str, resource_policy: bool) -> Vec<Value> {
    let mut all = Vec::new();
    for _ in 0..=choices.below(2) {
        let first = all.len();
        let mut base = statement(choices, kind, resource_policy, false);
        if choices.once_in(2) {
            // About everything, so that it is the conditions that matter.
            for element in ["Action", "Resource", "Principal"] {
                if !base[element].is_null() {
                    base[element] = json!("*");
                }
            }
        }
        all.push(base);
        for _ in 0..choices.below(5) {
            let other = statement(choices, kind, resource_policy, false);
            let mut next = choices.one(&all[first..]);
            let conditions: Vec<(String, String)> = (next["Condition"].as_object().into_iter().flatten())
                .flat_map(|(operator, keys)| {
                    keys.as_object().into_iter().flatten().map(move |(key, _)| (operator, key))
                })
                .map(|(operator, key)| (operator.clone(), key.clone()))
                .collect();
            if conditions.is_empty() || choices.once_in(4) {
                let same = |element: &&str| !next[*element].is_null() && !other[*element].is_null();
                let both: Vec<&str> = ["Action", "Resource", "Principal"].into_iter().filter(same).collect();
                if !both.is_empty() {
                    let element = choices.one(&both);
                    next[element] = other[element].clone();
                }
            } else {
                let (operator, key) = choices.one(&conditions);
                next["Condition"][&operator][&key] = other_values(choices, &operator, &key);
            }
            all.push(next);
        }
    }
    all
}

/// The values of an element or condition, of which one stands alone.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

fn principals(value: &Value) -> Vec<Principal> {
    let Some(kinds) = value.as_object() else {
        return texts(value).iter().map(|_| Principal::Any).collect();
    };
    let of = |kind: &str| texts(kinds.get(kind).unwrap_or(&Value::Null));
    let aws = of("AWS").into_iter().map(Principal::arn);
    aws.chain(of("Service").into_iter().map(Principal::service)).collect()
}

fn read(statement: &Value) -> PolicyStatement {
    let mut read = match statement["Effect"].as_str() {
        Some("Deny") => PolicyStatement::deny(texts(&statement["Action"])),
        _ => PolicyStatement::allow(texts(&statement["Action"])),
    };
    read = read.not_actions(texts(&statement["NotAction"]));
    read = read.on(texts(&statement["Resource"])).not_on(texts(&statement["NotResource"]));
    read = read.principals(principals(&statement["Principal"]));
    read = principals(&statement["NotPrincipal"]).into_iter().fold(read, PolicyStatement::not_principal);
    for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
        for (key, values) in keys.as_object().into_iter().flatten() {
            read = read.condition(operator.clone(), key.clone(), texts(values));
        }
    }
    read
}

fn json(expr: &Expr) -> Value {
    match expr {
        Expr::Str(text) => text.to_string().into(),
        Expr::List(items) => items.iter().map(json).collect(),
        Expr::Map(entries) => entries.iter().map(|(key, value)| (key.to_string(), json(value))).collect(),
        other => panic!("{other:?} is not in these documents"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn merging_changes_nothing_that_is_allowed_or_denied(
        bytes in prop::collection::vec(any::<u8>(), 0..220),
        of_statements in prop::collection::vec(any::<u8>(), 0..400),
        unknown in any::<u8>(),
        turned in any::<prop::sample::Index>(),
    ) {
        let mut case = case(&mut Choices::new(&bytes), false);
        // What is not known must stay so: a verdict may not become surer.
        if let Some((key, _)) = KEYS.get(usize::from(unknown)) {
            case["context"][*key] = Value::Null;
        }
        let mut choices = Choices::new(&of_statements);
        let kind = case["resourcePolicyKind"].as_str().unwrap_or_default().to_owned();
        let (mut plain, mut merged) = (case.clone(), case);
        for (place, resource_policy) in [("/resourcePolicy", true), ("/identityPolicies/0", false)] {
            let mut statements: Vec<PolicyStatement> = alike(&mut choices, &kind, resource_policy).iter().map(read).collect();
            let document: PolicyDocument = statements.iter().cloned().collect();
            let one = document.merged();
            prop_assert_eq!(one.merged(), one.clone(), "merged once more");
            let by = turned.index(statements.len());
            statements.rotate_left(by);
            prop_assert_eq!(statements.iter().cloned().collect::<PolicyDocument>().merged(), one.clone(), "turned");
            statements.reverse();
            prop_assert_eq!(statements.into_iter().collect::<PolicyDocument>().merged(), one.clone(), "reversed");
            for (case, document) in [(&mut plain, document), (&mut merged, one)] {
                if let Some(there) = case.pointer_mut(place) {
                    *there = json(&document.expr());
                }
            }
        }
        let said = [&plain["resourcePolicy"], &plain["identityPolicies"][0]].map(Value::to_string);
        let said = said.concat().to_ascii_lowercase();
        let is_asked = |(key, _): &(&str, &[&str])| said.contains(&format!("\"{}\"", key.to_ascii_lowercase()));
        let mut keys: Vec<usize> = (0..KEYS.len()).filter(|n| is_asked(&KEYS[*n])).collect();
        keys.truncate(3);
        let (plain_policies, merged_policies) = (policies(&plain), policies(&merged));
        for world in std::iter::once(plain.clone()).chain(worlds(&plain, &keys)) {
            let request = request(&world);
            let (before, after) = (outcome(&request, &plain_policies), outcome(&request, &merged_policies));
            prop_assert_eq!(before, after, "{}\n{}", world, json!(merged["resourcePolicy"]));
        }
    }
}

/// Names of documents without references.
struct Literal;

impl Names for Literal {
    fn is_import(&self, _: NodeId) -> bool {
        false
    }

    fn text(&self, expr: &Expr) -> Option<String> {
        expr.literal().map(str::to_owned)
    }
}

/// Who may be let in: `*` is a place where nobody is.
const PLACES: [&str; 8] = [
    "aws:iam::111111111111",
    "aws:iam::222222222222",
    "aws:iam::111111111111",
    "aws:iam::222222222222",
    "aws-cn:iam::111111111111",
    "aws:iam::*",
    "aws*:iam::111111111111",
    "aws:iam::",
];
const NAMES: [&str; 4] = ["role/a", "role/b", "role/*", "user/a"];

/// A statement that lets in roles of accounts, or nearly so.
fn admitting() -> impl Strategy<Value = PolicyStatement> {
    let arn = |(place, name): (&str, &str)| format!("arn:{place}:{name}");
    let root = prop::sample::select(&PLACES[..]).prop_map(move |place| arn((place, "root")));
    let role = (prop::sample::select(&PLACES[..]), prop::sample::select(&NAMES[..])).prop_map(arn);
    let (roots, roles) = (prop::collection::vec(root, 0..3), prop::collection::vec(role, 0..3));
    (roots, roles, 0..16usize, prop::bool::weighted(0.2)).prop_map(|(roots, roles, odd, has_another)| {
        let statement = if odd == 1 { PolicyStatement::deny(["s3:*"]) } else { PolicyStatement::allow(["s3:*"]) };
        let statement = statement.on(["*"]).principals(roots.into_iter().map(Principal::arn));
        let statement = if odd == 2 { statement.principal(Principal::Any) } else { statement };
        let statement = if has_another { statement.condition("StringEquals", "k:text", ["blue"]) } else { statement };
        match odd {
            3 => statement,
            4 => statement.condition("ArnNotEquals", "aws:PrincipalArn", roles),
            5 => statement.condition("ArnEquals", "aws:principalarn", roles),
            _ => statement.condition("ArnEquals", "aws:PrincipalArn", roles),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A role is in the account of its ARN, so statements with accounts in one let in whom they let in before.
    #[test]
    fn accounts_in_one_let_nobody_else_in(statements in prop::collection::vec(admitting(), 2..8)) {
        let document: PolicyDocument = statements.into_iter().collect();
        let [before, after] = [document.clone(), document.with_accounts_united(&Literal)].map(|document| {
            let policy = |document: &Value| access::Policy::parse("a policy", document).expect("it is one");
            let all = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } });
            access::PolicySet::new().identity(policy(&all)).resource(policy(&json(&document.expr())))
        });
        for (account, partition) in [("111111111111", "aws"), ("222222222222", "aws"), ("111111111111", "aws-cn")] {
            for name in NAMES {
                let arn = format!("arn:{partition}:iam::{account}:{name}");
                let caller = access::Principal::role_session(&arn, "s").or_else(|| access::Principal::user(&arn));
                let Some(caller) = caller else { continue };
                for text in ["blue", "red"] {
                    let context = access::Context::closed().with("aws:PrincipalArn", &*arn).with("k:text", text);
                    // The owner is another account.
                    let request = access::Request::new(caller.clone(), "s3:GetObject", "arn:aws:s3:::b/x", "333333333333");
                    let request = request.with_context(context);
                    prop_assert_eq!(outcome(&request, &before), outcome(&request, &after), "{}\n{:?}", arn, document);
                }
            }
        }
    }
}

/// Statements about roles of several accounts become one, unless a role is of none of its accounts: `*` as the account of
/// a principal is nobody's.
#[test]
fn accounts_become_one_list() {
    let admit = |place: &str, role: &str| {
        let statement = PolicyStatement::allow(["s3:GetObject"]).on(["arn:aws:s3:::b/*"]);
        let statement = statement.principal(Principal::arn(format!("arn:{place}:root")));
        statement.condition("ArnEquals", "aws:PrincipalArn", [format!("arn:{role}")])
    };
    let one = admit("aws:iam::111111111111", "aws:iam::111111111111:role/a");
    let united = |other: PolicyStatement| {
        let document = PolicyDocument::new().with(one.clone()).with(other);
        assert_eq!(document.merged().statements().count(), 2);
        document.with_accounts_united(&Literal).statements().count() == 1
    };
    assert!(united(admit("aws:iam::222222222222", "aws:iam::222222222222:role/b")));
    for (place, role) in [
        ("aws:iam::222222222222", "aws:iam::111111111111:role/b"),
        ("aws:iam::222222222222", "aws:iam::*:role/b"),
        ("aws:iam::*", "aws:iam::*:role/b"),
        ("aws*:iam::222222222222", "aws*:iam::222222222222:role/b"),
        ("aws:iam::222222222222", "aws-cn:iam::222222222222:role/b"),
        ("aws:iam::222222222222", "aws:sts::222222222222:assumed-role/b/s"),
    ] {
        assert!(!united(admit(place, role)), "{place} {role}");
    }
}

/// The statements of the law above are worth merging.
#[test]
fn random_statements_become_fewer() {
    let (mut before, mut after, mut state) = (0, 0, 1_u32);
    for _ in 0..200 {
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(400)
        .collect();
        let statements = alike(&mut Choices::new(&bytes), "resource", true);
        let document: PolicyDocument = statements.iter().map(read).collect();
        before += statements.len();
        after += document.merged().statements().count();
    }
    assert!(after * 3 < before * 2, "{before} statements became {after}");
}
