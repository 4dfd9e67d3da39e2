//! A second evaluator, as plain and slow as can be, for requests without anything unknown.
//!
//! It shares no code with the real one: it reads JSON anew at every step, tries every way to match, and writes the
//! rules down as they stand in the documentation. Where that says nothing, the oracle has no opinion either, and such
//! requests must not be put to it.

use construct_iam::access::Outcome;
use serde_json::Value;

use super::text;

/// Decides a case in the format of `data/iam-cases.json`.
pub fn decide(case: &Value) -> Outcome {
    let identity = list(&case["identityPolicies"]);
    let boundary = list(&case["permissionBoundary"]);
    let session = list(&case["sessionPolicy"]);
    let resource = list(&case["resourcePolicy"]);
    let has_account = case["principal"]["account"].is_string();
    let is_federated = case["principal"]["type"] == "federated";
    let own = has_account && !is_federated;

    let mut in_force: Vec<(&str, Value)> = Vec::new();
    in_force.extend(resource.iter().map(|p| ("resource", p.clone())));
    if own {
        for p in identity.iter().chain(&boundary).chain(&session) {
            in_force.push(("own", p.clone()));
        }
        for level in list(&case["scps"]) {
            in_force.extend(list(&level["policies"]).into_iter().map(|p| ("own", p)));
        }
    }
    for level in list(&case["rcps"]) {
        in_force.extend(list(&level["policies"]).into_iter().map(|p| ("rcp", p)));
    }
    let denied = in_force.iter().any(|(place, policy)| {
        statements(policy).iter().any(|s| s["Effect"] == "Deny" && !applies(case, place, policy, s).is_empty())
    });
    if denied {
        return Outcome::ExplicitlyDenied;
    }

    let own_allows = |policies: &[Value]| {
        policies.iter().any(|policy| {
            statements(policy).iter().any(|s| s["Effect"] == "Allow" && !applies(case, "own", policy, s).is_empty())
        })
    };
    let mut ways: Vec<&str> = Vec::new();
    for policy in &resource {
        for statement in statements(policy) {
            if statement["Effect"] == "Allow" {
                ways.extend(applies(case, "resource", policy, &statement));
            }
        }
    }
    if !own {
        return if ways.contains(&"directly") { Outcome::Allowed } else { Outcome::ImplicitlyDenied };
    }
    if !list(&case["scps"]).iter().all(|level| own_allows(&list(&level["policies"]))) {
        return Outcome::ImplicitlyDenied;
    }
    let inside_limits = (case["permissionBoundary"].is_null() || own_allows(&boundary))
        && (case["sessionPolicy"].is_null() || own_allows(&session));
    let identity = own_allows(&identity);
    let kind = case["resourcePolicyKind"].as_str().unwrap_or("resource");
    let action = text(case, "action").to_lowercase();
    let allowed = if text(&case["principal"], "account") == text(case, "resourceAccount") {
        ways.contains(&"directly")
            || (ways.contains(&"as role") && inside_limits)
            || (identity && inside_limits && (kind == "resource" || !ways.is_empty()))
    } else if kind == "key"
        && !["kms:encrypt", "kms:decrypt", "kms:describekey", "kms:creategrant"].contains(&action.as_str())
        && !action.starts_with("kms:generatedatakey")
        && !action.starts_with("kms:reencrypt")
    {
        false
    } else {
        !ways.is_empty() && identity && inside_limits
    };
    if allowed { Outcome::Allowed } else { Outcome::ImplicitlyDenied }
}

/// The ways in which a statement applies to the principal; none if it does not apply.
fn applies(case: &Value, place: &str, policy: &Value, statement: &Value) -> Vec<&'static str> {
    let new_version = policy["Version"] == "2012-10-17";
    let action = text(case, "action").to_lowercase();
    let hit =
        |patterns: &Value| list(patterns).iter().any(|p| like(&p.as_str().expect("a string").to_lowercase(), &action));
    let action_matches =
        if statement["Action"].is_null() { !hit(&statement["NotAction"]) } else { hit(&statement["Action"]) };
    let kind = case["resourcePolicyKind"].as_str().unwrap_or("resource");
    let covers = |patterns: &Value| {
        list(patterns)
            .iter()
            .any(|p| resource_like(case, new_version, p.as_str().expect("a string"), text(case, "resource")))
    };
    let resource_matches = if !statement["Resource"].is_null() {
        covers(&statement["Resource"])
    } else if !statement["NotResource"].is_null() {
        !covers(&statement["NotResource"])
    } else {
        kind == "trust"
    };
    if !action_matches || !resource_matches || !conditions_hold(case, new_version, &statement["Condition"]) {
        return Vec::new();
    }
    if place == "own" {
        return vec!["directly"];
    }
    if statement["NotPrincipal"].is_null() {
        return ways_named(case, &statement["Principal"]);
    }
    let listed = ways_named(case, &statement["NotPrincipal"]);
    let spared = case["permissionBoundary"].is_null()
        && listed.contains(&"directly")
        && match text(&case["principal"], "type") {
            "role-session" => listed.contains(&"as role") && listed.contains(&"by account"),
            "user" => listed.contains(&"by account"),
            _ => true,
        };
    if spared { Vec::new() } else { vec!["directly"] }
}

fn ways_named(case: &Value, element: &Value) -> Vec<&'static str> {
    if element == "*" {
        return vec!["directly"];
    }
    let principal = &case["principal"];
    let (kind, arn) = (text(principal, "type"), text(principal, "arn"));
    let mut ways = Vec::new();
    for (entry_kind, entries) in element.as_object().expect("kinds of principals") {
        for entry in list(entries) {
            let entry = entry.as_str().expect("a string");
            let wanted_kind = match kind {
                "service" => "Service",
                "federated" => "Federated",
                _ => "AWS",
            };
            let is_anyone = entry_kind == "AWS" && entry == "*";
            if is_anyone || (entry_kind == wanted_kind && entry == arn) {
                ways.push("directly");
            } else if entry_kind == wanted_kind && kind == "role-session" && entry == text(principal, "roleArn") {
                ways.push("as role");
            } else if entry_kind == "AWS" && wanted_kind == "AWS" {
                let account = text(principal, "account");
                let partition = arn.split(':').nth(1).expect("an ARN");
                if entry == account || entry == format!("arn:{partition}:iam::{account}:root") {
                    ways.push("by account");
                }
            }
        }
    }
    ways
}

fn conditions_hold(case: &Value, new_version: bool, conditions: &Value) -> bool {
    let Some(operators) = conditions.as_object() else { return true };
    operators.iter().all(|(operator, keys)| {
        keys.as_object()
            .expect("keys")
            .iter()
            .all(|(key, values)| condition_holds(case, new_version, operator, key, values))
    })
}

fn condition_holds(case: &Value, new_version: bool, operator: &str, key: &str, values: &Value) -> bool {
    let got = context(case, key);
    let (set, operator) = operator.split_once(':').unwrap_or(("", operator));
    let if_exists = operator.ends_with("IfExists");
    let operator = operator.strip_suffix("IfExists").unwrap_or(operator);
    let negated = operator.contains("Not");
    let operator = operator.replace("Not", "");
    if operator == "Null" {
        return list(values).iter().any(|wanted| (plain(wanted) == "true") == got.is_none());
    }
    let Some(got) = got else {
        return match set {
            "ForAllValues" => true,
            "ForAnyValue" => false,
            _ => if_exists || negated,
        };
    };
    let meets = |got: &String| {
        let any = list(values).iter().any(|wanted| compare(case, new_version, &operator, &plain(wanted), got));
        any != negated
    };
    match set {
        "ForAllValues" => got.iter().all(meets),
        "ForAnyValue" => got.iter().any(meets),
        _ => meets(&got[0]),
    }
}

fn compare(case: &Value, new_version: bool, operator: &str, wanted: &str, got: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().expect("a number");
    match operator {
        "StringEquals" | "StringEqualsIgnoreCase" | "StringLike" | "ArnEquals" | "ArnLike" => {
            let Some(wanted) = substitute(case, new_version, wanted) else { return false };
            match operator {
                "StringEquals" => unescape(&wanted) == got,
                "StringEqualsIgnoreCase" => unescape(&wanted).to_lowercase() == got.to_lowercase(),
                "StringLike" => like(&wanted, got),
                _ => arn_like(&wanted, got),
            }
        }
        "NumericEquals" => number(got) == number(wanted),
        "NumericLessThan" => number(got) < number(wanted),
        "NumericLessThanEquals" => number(got) <= number(wanted),
        "NumericGreaterThan" => number(got) > number(wanted),
        "NumericGreaterThanEquals" => number(got) >= number(wanted),
        // Dates of one form sort as text.
        "DateEquals" => got == wanted,
        "DateLessThan" => got < wanted,
        "DateLessThanEquals" => got <= wanted,
        "DateGreaterThan" => got > wanted,
        "DateGreaterThanEquals" => got >= wanted,
        "Bool" | "BinaryEquals" => got == wanted,
        "IpAddress" => in_range(wanted, got),
        other => panic!("operator {other}"),
    }
}

fn in_range(range: &str, address: &str) -> bool {
    let bits = |text: &str| -> Option<String> {
        let address: std::net::IpAddr = text.parse().ok()?;
        Some(match address {
            std::net::IpAddr::V4(a) => a.octets().iter().map(|b| format!("{b:08b}")).collect(),
            std::net::IpAddr::V6(a) => a.octets().iter().map(|b| format!("{b:08b}")).collect(),
        })
    };
    let (network, prefix) = range.split_once('/').unwrap_or((range, "999"));
    let (network, address) = (bits(network).expect("an address"), bits(address).expect("an address"));
    let prefix = prefix.parse::<usize>().expect("a prefix length").min(network.len());
    network.len() == address.len() && network[..prefix] == address[..prefix]
}

fn resource_like(case: &Value, new_version: bool, pattern: &str, resource: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    match substitute(case, new_version, pattern) {
        Some(pattern) => arn_like(&pattern, resource),
        None => false,
    }
}

fn arn_like(pattern: &str, arn: &str) -> bool {
    let (patterns, parts): (Vec<&str>, Vec<&str>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    patterns.len() == parts.len() && patterns.iter().zip(&parts).all(|(pattern, part)| like(pattern, part))
}

/// Replaces variables; characters that are to be taken literally come out behind a backslash.
fn substitute(case: &Value, new_version: bool, pattern: &str) -> Option<String> {
    if !new_version {
        return Some(pattern.to_owned());
    }
    let Some((before, rest)) = pattern.split_once("${") else { return Some(pattern.to_owned()) };
    let (inside, after) = rest.split_once('}').expect("a closing brace");
    let value = match inside {
        "*" | "?" => format!("\\{inside}"),
        "$" => "$".to_owned(),
        _ => {
            let (key, default) = match inside.split_once(", '") {
                Some((key, default)) => (key, default.strip_suffix('\'').map(str::to_owned)),
                None => (inside, None),
            };
            context(case, key).map(|values| values[0].clone()).or(default)?
        }
    };
    // What was put in is not looked at again.
    Some(format!("{before}{value}{}", substitute(case, new_version, after)?))
}

fn unescape(text: &str) -> String {
    text.replace('\\', "")
}

/// Tries every way in which the stars could match.
fn like(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len()).any(|n| text.is_char_boundary(n) && like(rest.as_str(), &text[n..])),
        Some(c) => {
            let (wanted, any) = if c == '\\' { (rest.next(), false) } else { (Some(c), c == '?') };
            let mut text = text.chars();
            text.next().is_some_and(|got| (any || Some(got) == wanted) && like(rest.as_str(), text.as_str()))
        }
    }
}

fn context(case: &Value, key: &str) -> Option<Vec<String>> {
    let keys = case["context"].as_object().expect("a context");
    keys.iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(key))
        .map(|(_, value)| list(value).iter().map(plain).collect())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn statements(policy: &Value) -> Vec<Value> {
    list(&policy["Statement"])
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.clone(),
        one => vec![one.clone()],
    }
}
