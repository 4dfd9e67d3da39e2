//! Random small requests and policies, in the format of `data/iam-cases.json`, from a vocabulary small enough that
//! things match.

use serde_json::{Map, Value, json};

/// Choices read from random bytes; when they run out, the first choice is taken, so that a failing case shrinks to a
/// simple one.
pub struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn below(&mut self, n: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % n
    }

    pub fn one<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    fn some<T: Clone>(&mut self, from: &[T], most: usize) -> Vec<T> {
        (0..=self.below(most)).map(|_| self.one(from)).collect()
    }
}

const HOME: &str = "111111111111";
const AWAY: &str = "222222222222";

/// The keys of the random contexts with the values they may have; all but the last are single-valued.
pub const KEYS: [(&str, &[&str]); 8] = [
    ("k:text", &["blue", "Blue", "bob", "arn:aws:sns:eu:1:t"]),
    ("k:number", &["9", "10", "10.0", "-3"]),
    ("k:date", &["2026-01-01T00:00:00Z", "2026-06-01T12:00:00Z"]),
    ("k:ip", &["10.0.0.1", "10.0.1.1", "2001:db8::1"]),
    ("k:bool", &["true", "false"]),
    ("aws:username", &["x", "bob", "a*"]),
    ("aws:PrincipalArn", &["arn:aws:iam::111111111111:role/p/act", "arn:aws:iam::222222222222:role/p/act"]),
    ("k:list", &["a", "b", "prefix"]),
];

/// A random case; with `symbols`, some names in it are symbols.
pub fn case(choices: &mut Choices<'_>, symbols: bool) -> Value {
    let kind = choices.one(&["resource", "key", "trust"]);
    let principal = principal(choices, symbols);
    let (action, mut resource) = match kind {
        "key" => (choices.one(&["kms:Decrypt", "kms:ScheduleKeyDeletion"]), "arn:aws:kms:eu:111111111111:key/k1"),
        "trust" => (choices.one(&["sts:AssumeRole", "sts:TagSession"]), "arn:aws:iam::111111111111:role/act"),
        _ => (
            choices.one(&["s3:GetObject", "s3:PutObject"]),
            choices.one(&["arn:aws:s3:::b/x", "arn:aws:s3:::b/y:z", "arn:aws:s3:::c"]),
        ),
    };
    if symbols && kind == "resource" {
        resource =
            choices.one(&["arn:aws:s3:::\u{E000}/x", "\u{F0000}/x", "arn:aws:s3:::b/\u{E000}", "arn:aws:s3:::b/x"]);
    } else if symbols && kind == "key" {
        resource =
            choices.one(&["arn:aws:kms:eu:111111111111:key/\u{E000}", "arn:aws:kms:\u{E000}:111111111111:key/k1"]);
    }
    let own = principal["type"] != "service";
    let mut context = Map::new();
    for (key, values) in KEYS {
        if key == "k:list" {
            if choices.once_in(2) {
                let n = choices.below(3);
                context.insert(key.to_owned(), (0..n).map(|_| choices.one(values)).collect());
            }
        } else if choices.once_in(2) {
            context.insert(key.to_owned(), json!(choices.one(values)));
        }
    }
    if !principal["roleArn"].is_null() && choices.once_in(2) {
        context.insert("aws:PrincipalArn".to_owned(), principal["roleArn"].clone());
    }
    let rcp = policy(choices, "resource", true, symbols, 1);
    let mut policy = |resource_policy: bool, most: usize| policy(choices, kind, resource_policy, symbols, most);
    let identity = json!([policy(false, 2), policy(false, 1)]);
    let resource_policy = policy(true, 3);
    let boundary = json!([policy(false, 2)]);
    let session = policy(false, 2);
    let scps = json!([
        { "orgIdentifier": "root", "policies": [policy(false, 2)] },
        { "orgIdentifier": "account", "policies": [policy(false, 2)] },
    ]);
    let rcps = json!([{ "orgIdentifier": "root", "policies": [rcp] }]);
    let mut perhaps = |value: Value, n: usize| if choices.once_in(n) { value } else { Value::Null };
    json!({
        "identityPolicies": if own { identity } else { json!([]) },
        "resourcePolicy": resource_policy,
        "permissionBoundary": if own { perhaps(boundary, 4) } else { Value::Null },
        "sessionPolicy": if own { perhaps(session, 4) } else { Value::Null },
        "scps": perhaps(scps, 4),
        "rcps": perhaps(rcps, 4),
        "principal": principal,
        "action": action,
        "resource": resource,
        "resourceAccount": HOME,
        "resourcePolicyKind": kind,
        "context": context,
    })
}

/// All the cases that the case stands for when the keys take each value they may have, or none.
pub fn worlds(case: &Value, keys: &[usize]) -> Vec<Value> {
    let mut worlds = vec![case.clone()];
    for (key, values) in keys.iter().map(|key| KEYS[*key]) {
        let mut choices: Vec<Option<Value>> = vec![None];
        if key == "k:list" {
            choices.extend(
                [json!([]), json!(["a"]), json!(["a", "prefix"]), json!(["b", "a"]), json!(["c", "b"])].map(Some),
            );
        } else {
            choices.extend(values.iter().map(|value| Some(json!(value))));
        }
        let with = |world: &Value, value: &Option<Value>| {
            let mut world = world.clone();
            let context = world["context"].as_object_mut().expect("a context");
            match value {
                Some(value) => context.insert(key.to_owned(), value.clone()),
                None => context.remove(key),
            };
            world
        };
        worlds = worlds.iter().flat_map(|world| choices.iter().map(move |value| with(world, value))).collect();
    }
    worlds
}

/// Whether the case has something of which AWS's documentation does not say what it means.
pub fn is_undocumented(case: &Value) -> bool {
    // Whether wildcard characters in the value of a variable are wildcards.
    case["context"]["aws:username"] == "a*" && case.to_string().contains("${aws:username}")
        // What a `NotPrincipal` list means for a principal that it names in part.
        || case.to_string().contains("NotPrincipal") && is_partly_listed(case)
}

/// Whether a `NotPrincipal` list has the principal but not its account or role.
fn is_partly_listed(case: &Value) -> bool {
    let arn = case["principal"]["arn"].as_str().unwrap_or_default();
    arn.ends_with("222222222222:assumed-role/act/s")
        && case["principal"]["roleArn"] != "arn:aws:iam::222222222222:role/p/act"
}

fn principal(choices: &mut Choices<'_>, symbols: bool) -> Value {
    let account = choices.one(&[HOME, AWAY]);
    let name = if symbols && choices.once_in(3) { "\u{E001}" } else { choices.one(&["act", "dev"]) };
    match choices.below(6) {
        4 => json!({ "type": "user", "arn": format!("arn:aws:iam::{account}:user/bob"), "account": account }),
        5 => json!({ "type": "service", "arn": choices.one(&["events.amazonaws.com", "s3.amazonaws.com"]) }),
        _ => json!({
            "type": "role-session",
            "arn": format!("arn:aws:sts::{account}:assumed-role/{name}/s"),
            "roleArn": format!("arn:aws:iam::{account}:role/p/{name}"),
            "account": account,
        }),
    }
}

fn policy(choices: &mut Choices<'_>, kind: &str, resource_policy: bool, symbols: bool, most: usize) -> Value {
    let version = if choices.once_in(8) { "2008-10-17" } else { "2012-10-17" };
    let n = choices.below(most + 1);
    let statements: Vec<Value> = (0..n).map(|_| statement(choices, kind, resource_policy, symbols)).collect();
    json!({ "Version": version, "Statement": statements })
}

pub fn statement(choices: &mut Choices<'_>, kind: &str, resource_policy: bool, symbols: bool) -> Value {
    let mut statement = Map::new();
    let mut put = |key: &str, value: Value| drop(statement.insert(key.to_owned(), value));
    let effect = if choices.once_in(4) { "Deny" } else { "Allow" };
    put("Effect", json!(effect));
    let actions = [
        "*",
        "s3:*",
        "kms:*",
        "sts:*",
        "s3:Get*",
        "kms:decrypt",
        "STS:AssumeRole",
        "s3:?utObject",
        "?3:*Object",
        "sts:Tag*",
        "ec2:*",
    ];
    put(if choices.once_in(8) { "NotAction" } else { "Action" }, json!(choices.some(&actions, 3)));
    let in_trust = resource_policy && kind == "trust";
    let is_left_out = in_trust || (kind == "key" && choices.once_in(10));
    if !is_left_out {
        let mut resources = vec![
            "*",
            "arn:aws:s3:::b/*",
            "arn:aws:s3:::?/x",
            "arn:*:s3:::*",
            "arn:aws:s3:::c",
            "arn:aws:s3:::b/y*z",
            "arn:aws:kms:*:111111111111:key/*",
            "arn:aws:kms:eu:111111111111:key/k1",
            "arn:aws:kms:eu:111111111111:alias/k1",
            "arn:aws:iam::111111111111:role/*",
            "arn:aws:iam::222222222222:role/act",
        ];
        if symbols {
            resources.extend([
                "arn:aws:s3:::\u{E000}/*",
                "\u{F0000}/*",
                "\u{F0000}",
                "arn:aws:kms:eu:111111111111:key/\u{E000}",
            ]);
        }
        let negated = choices.once_in(8);
        if !negated {
            resources.extend([
                "arn:aws:s3:::b/${aws:username}",
                "arn:aws:s3:::b/${k:text, 'x'}",
                "arn:aws:s3:::${*}/x",
            ]);
        }
        put(if negated { "NotResource" } else { "Resource" }, json!(choices.some(&resources, 3)));
    } else if !in_trust && !resource_policy {
        put("Resource", json!("*"));
    }
    if resource_policy {
        if effect == "Deny" && !in_trust && choices.once_in(6) {
            let lists = [
                json!({ "AWS": [
                    "arn:aws:sts::222222222222:assumed-role/act/s", "arn:aws:iam::222222222222:role/p/act", "222222222222"
                ] }),
                json!({ "AWS": ["arn:aws:iam::111111111111:user/bob", "arn:aws:iam::111111111111:root"] }),
                json!({ "AWS": "111111111111", "Service": "events.amazonaws.com" }),
            ];
            put("NotPrincipal", choices.one(&lists));
        } else {
            put("Principal", principals(choices, symbols));
        }
    }
    if choices.once_in(2) {
        let mut conditions = Map::new();
        for _ in 0..=choices.below(2) {
            let (operator, key, values) = condition(choices, symbols);
            let keys = conditions.entry(operator).or_insert_with(|| json!({}));
            keys[key] = values;
        }
        put("Condition", Value::Object(conditions));
    }
    Value::Object(statement)
}

fn principals(choices: &mut Choices<'_>, symbols: bool) -> Value {
    if choices.once_in(5) {
        return json!("*");
    }
    let mut entries = vec![
        "111111111111",
        "222222222222",
        "arn:aws:iam::111111111111:root",
        "arn:aws:iam::222222222222:root",
        "arn:aws:iam::111111111111:role/p/act",
        "arn:aws:iam::222222222222:role/p/act",
        "arn:aws:iam::222222222222:role/act",
        "arn:aws:sts::111111111111:assumed-role/act/s",
        "arn:aws:sts::222222222222:assumed-role/act/s",
        "arn:aws:iam::111111111111:user/bob",
        "arn:aws:iam::222222222222:user/Bob",
        "arn:aws-cn:iam::111111111111:root",
        "*",
    ];
    if symbols {
        entries
            .extend(["arn:aws:iam::111111111111:role/p/\u{E001}", "arn:aws:sts::222222222222:assumed-role/\u{E001}/s"]);
    }
    let mut kinds = Map::new();
    if !choices.once_in(5) {
        kinds.insert("AWS".to_owned(), json!(choices.some(&entries, 3)));
    }
    if kinds.is_empty() || choices.once_in(5) {
        kinds.insert("Service".to_owned(), json!(choices.some(&["events.amazonaws.com", "*"], 2)));
    }
    Value::Object(kinds)
}

/// A condition whose meaning is documented for every value its key may have.
fn condition(choices: &mut Choices<'_>, symbols: bool) -> (String, String, Value) {
    let if_exists = choices.once_in(4);
    let suffix = if if_exists { "IfExists" } else { "" };
    if choices.once_in(5) {
        let (set, suffix) = if choices.once_in(2) { ("ForAllValues", suffix) } else { ("ForAnyValue", "") };
        let operator = choices.one(&["StringEquals", "StringLike", "StringNotEquals", "StringNotLike"]);
        return (format!("{set}:{operator}{suffix}"), "k:list".to_owned(), json!(choices.some(&["a", "b", "pre*"], 2)));
    }
    let (key, values) = KEYS[choices.below(KEYS.len() - 1)];
    if choices.once_in(8) {
        return ("Null".to_owned(), key.to_owned(), choices.one(&[json!("true"), json!(false)]));
    }
    let (operators, mut wanted) = vocabulary(key, values);
    if symbols && key == "aws:PrincipalArn" {
        wanted.push("arn:aws:iam::111111111111:role/p/\u{E001}");
    }
    let key = if choices.once_in(4) { key.to_uppercase() } else { key.to_owned() };
    (format!("{}{suffix}", choices.one(operators)), key, json!(choices.some(&wanted, 2)))
}

/// Other values for a condition of some operator and key.
pub fn other_values(choices: &mut Choices<'_>, operator: &str, key: &str) -> Value {
    if operator == "Null" {
        return choices.one(&[json!("true"), json!(false)]);
    }
    let is_it = |(known, _): &&(&str, &[&str])| known.eq_ignore_ascii_case(key);
    let wanted = match KEYS.iter().find(is_it) {
        Some(("k:list", _)) | None => vec!["a", "b", "pre*"],
        Some((key, values)) => vocabulary(key, values).1,
    };
    json!(choices.some(&wanted, 2))
}

/// The operators of conditions on a key, and the values of which these know what they mean.
fn vocabulary(key: &str, values: &'static [&'static str]) -> (&'static [&'static str], Vec<&'static str>) {
    match key {
        "k:number" => (
            &[
                "NumericEquals",
                "NumericNotEquals",
                "NumericLessThan",
                "NumericLessThanEquals",
                "NumericGreaterThan",
                "NumericGreaterThanEquals",
            ],
            values.to_vec(),
        ),
        "k:date" => (
            &[
                "DateEquals",
                "DateNotEquals",
                "DateLessThan",
                "DateLessThanEquals",
                "DateGreaterThan",
                "DateGreaterThanEquals",
            ],
            vec!["2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"],
        ),
        "k:ip" => (&["IpAddress", "NotIpAddress"], vec!["10.0.0.0/24", "10.0.0.1", "0.0.0.0/0", "2001:db8::/32"]),
        "k:bool" => (&["Bool"], values.to_vec()),
        "aws:PrincipalArn" => (
            &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringLike"],
            vec![
                "arn:aws:iam::111111111111:role/p/act",
                "arn:aws:iam::*:role/*",
                "arn:aws:iam::222222222222:role/p/d??",
            ],
        ),
        _ => (
            &[
                "StringEquals",
                "StringNotEquals",
                "StringEqualsIgnoreCase",
                "StringNotEqualsIgnoreCase",
                "StringLike",
                "StringNotLike",
            ],
            vec!["blue", "b*", "BOB", "?ob", "${aws:username}", "${k:text}", "${*}", "*"],
        ),
    }
}
