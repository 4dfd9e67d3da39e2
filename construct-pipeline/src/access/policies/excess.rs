//! Statements that give far more than is needed, told from their words alone.

use construct_iam::access::{Json, Members};

use super::place::{PolicyIx, PolicyKind};

/// A wide statement before it is known who uses its policy.
#[derive(Clone, Debug)]
pub(crate) struct Wide {
    pub(crate) policy: PolicyIx,
    pub(crate) statement: usize,
    pub(crate) excess: Excess,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Excess {
    AnyKey,
    AllOfKms,
    KeyOpen,
    AnyRole,
    AnyPass,
}

impl Excess {
    pub(crate) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::AnyKey => (
                "it lets the role use every key that lets it in (`Resource` covers all keys), not only that of the artifact store",
                "name the key, or add the condition `ForAnyValue:StringEquals` on `kms:ResourceAliases` with the alias of the store's key",
            ),
            Self::AllOfKms => (
                "it gives `kms:*`, administration of keys included",
                "name the actions that reading and writing artifacts needs",
            ),
            Self::KeyOpen => (
                "it gives `kms:*` on the key of the artifact store to whomever the account lets have it, administration and use of every kind alike",
                "list the actions of administration, and bind the use of the key to S3 with `kms:ViaService`",
            ),
            Self::AnyRole => ("it lets the role take on every role that trusts it", "name the roles of the actions"),
            Self::AnyPass => (
                "it lets the role hand any role to any service",
                "name the role, and the service with `iam:PassedToService`",
            ),
        }
    }
}

pub(crate) fn texts<'v>(statement: &'v Json<'_>, element: &str) -> impl Iterator<Item = &'v str> {
    statement.get(element).map_or(&[][..], Json::one_or_many).iter().filter_map(Json::as_str)
}

fn condition_keys<'v>(statement: &'v Json<'_>) -> impl Iterator<Item = &'v str> {
    let operators = statement.get("Condition").and_then(Json::as_object);
    operators.into_iter().flat_map(Members::values).filter_map(Json::as_object).flat_map(Members::keys)
}

/// What is wide about a statement.
pub(crate) fn excess(statement: &Json<'_>, kind: PolicyKind) -> Option<Excess> {
    if statement.get("Effect").and_then(Json::as_str) != Some("Allow") {
        return None;
    }
    if kind == PolicyKind::Key {
        let is_all = |action: &str| action == "*" || action.eq_ignore_ascii_case("kms:*");
        return texts(statement, "Action").any(is_all).then_some(Excess::KeyOpen);
    }
    if kind != PolicyKind::Identity {
        return None;
    }
    let gives = Gives::of(texts(statement, "Action"))?;
    let any_resource = texts(statement, "Resource").any(|resource| resource == "*");
    let any_key = || {
        let is_any = |resource: &str| resource.ends_with(":key/*") && resource.contains(":kms:");
        any_resource || texts(statement, "Resource").any(is_any)
    };
    let narrowed = |words: &[&str]| condition_keys(statement).any(|key| words.iter().any(|word| begins(key, word)));
    let by_key = ["kms:ResourceAliases", "kms:RequestAlias", "kms:EncryptionContext:", "aws:ResourceTag/"];
    match () {
        () if gives.all_of_kms => Some(Excess::AllOfKms),
        () if gives.use_of_keys && any_key() && !narrowed(&by_key) => Some(Excess::AnyKey),
        () if any_resource && gives.roles && !narrowed(&["aws:Resource", "iam:ResourceTag"]) => Some(Excess::AnyRole),
        () if any_resource && gives.passing && !narrowed(&["iam:PassedToService"]) => Some(Excess::AnyPass),
        () => None,
    }
}

/// What of the actions of a statement could be too wide.
#[derive(Default)]
struct Gives {
    all_of_kms: bool,
    use_of_keys: bool,
    roles: bool,
    passing: bool,
}

impl Gives {
    /// `None` if there is nothing of it, as in most statements, or everything: whoever is given that is an
    /// administrator by intent.
    fn of<'v>(actions: impl Iterator<Item = &'v str>) -> Option<Self> {
        let mut gives = Self::default();
        for action in actions {
            match action.as_bytes().first() {
                Some(b'*') if action == "*" => return None,
                Some(b'k' | b'K') if begins(action, "kms:") => {
                    let name = &action[4..];
                    gives.all_of_kms |= name == "*";
                    let uses = ["decrypt", "encrypt", "generatedatakey", "reencrypt", "creategrant"];
                    gives.use_of_keys |= name == "*" || uses.iter().any(|use_| begins(name, use_));
                }
                Some(b's' | b'S') => gives.roles |= action.eq_ignore_ascii_case("sts:AssumeRole"),
                Some(b'i' | b'I') => gives.passing |= action.eq_ignore_ascii_case("iam:PassRole"),
                _ => {}
            }
        }
        let Self { all_of_kms, use_of_keys, roles, passing } = gives;
        (all_of_kms || use_of_keys || roles || passing).then_some(gives)
    }
}

fn begins(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn width_is_read_from_statements() {
        let check = |statement: Value, kind, wanted: Option<Excess>| {
            assert_eq!(excess(&Json::from(&statement), kind), wanted, "{statement}");
        };
        let identity = PolicyKind::Identity;
        let allow =
            |action: Value, resource: &str| json!({ "Effect": "Allow", "Action": action, "Resource": resource });
        check(allow(json!(["kms:Decrypt", "kms:DescribeKey"]), "*"), identity, Some(Excess::AnyKey));
        check(allow(json!("kms:DescribeKey"), "*"), identity, None);
        check(allow(json!("kms:Decrypt"), "arn:aws:kms:us-east-1:111111111111:key/*"), identity, Some(Excess::AnyKey));
        check(allow(json!("kms:Decrypt"), "arn:aws:kms:us-east-1:111111111111:key/1"), identity, None);
        check(allow(json!(["*", "kms:Decrypt"]), "*"), identity, None);
        check(allow(json!(["kms:Decrypt", "*"]), "*"), identity, None);
        check(allow(json!(["s3:Get*", "KMS:generateDataKeyWithoutPlaintext"]), "*"), identity, Some(Excess::AnyKey));
        check(allow(json!(["sts:assumerole", "Kms:*"]), "x"), identity, Some(Excess::AllOfKms));
        check(allow(json!(["kms:\u{20AC}", "s3:*", "iam:Get*"]), "*"), identity, None);
        check(allow(json!("sts:AssumeRole"), "*"), identity, Some(Excess::AnyRole));
        check(allow(json!("iam:PassRole"), "*"), identity, Some(Excess::AnyPass));
        check(allow(json!("kms:*"), "*"), PolicyKind::Key, Some(Excess::KeyOpen));
        check(allow(json!(["kms:Get*", "*"]), "*"), PolicyKind::Key, Some(Excess::KeyOpen));
        check(allow(json!("kms:Get*"), "*"), PolicyKind::Key, None);
        check(allow(json!("kms:*"), "*"), PolicyKind::Trust, None);
        let mut narrowed = allow(json!("kms:Decrypt"), "*");
        narrowed["Condition"] = json!({ "ForAnyValue:StringEquals": { "kms:resourcealiases": "alias/a" } });
        check(narrowed, identity, None);
        check(json!({ "Effect": "Deny", "Action": "kms:*", "Resource": "*" }), identity, None);
    }
}
