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
    let has = |wanted: &str| texts(statement, "Action").any(|action| action.eq_ignore_ascii_case(wanted));
    if kind == PolicyKind::Key {
        return (has("kms:*") || has("*")).then_some(Excess::KeyOpen);
    }
    // Whoever is given everything is an administrator by intent.
    if kind != PolicyKind::Identity || has("*") {
        return None;
    }
    let narrowed = |words: &[&str]| {
        condition_keys(statement).any(|key| {
            words.iter().any(|word| key.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))
        })
    };
    let every = |resource: &str| resource == "*";
    let any_resource = texts(statement, "Resource").any(every);
    let uses_keys = texts(statement, "Action").any(|action| {
        let name = action
            .get(..4)
            .filter(|start| start.eq_ignore_ascii_case("kms:"))
            .map(|_| action[4..].to_ascii_lowercase());
        name.is_some_and(|name| {
            name == "*"
                || ["decrypt", "encrypt", "generatedatakey", "reencrypt", "creategrant"]
                    .iter()
                    .any(|use_| name.starts_with(use_))
        })
    });
    let any_key = any_resource
        || texts(statement, "Resource").any(|resource| resource.contains(":kms:") && resource.ends_with(":key/*"));
    let by_key = ["kms:ResourceAliases", "kms:RequestAlias", "kms:EncryptionContext:", "aws:ResourceTag/"];
    match () {
        () if has("kms:*") => Some(Excess::AllOfKms),
        () if uses_keys && any_key && !narrowed(&by_key) => Some(Excess::AnyKey),
        () if any_resource && has("sts:AssumeRole") && !narrowed(&["aws:Resource", "iam:ResourceTag"]) => {
            Some(Excess::AnyRole)
        }
        () if any_resource && has("iam:PassRole") && !narrowed(&["iam:PassedToService"]) => Some(Excess::AnyPass),
        () => None,
    }
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
        check(allow(json!("sts:AssumeRole"), "*"), identity, Some(Excess::AnyRole));
        check(allow(json!("iam:PassRole"), "*"), identity, Some(Excess::AnyPass));
        check(allow(json!("kms:*"), "*"), PolicyKind::Key, Some(Excess::KeyOpen));
        let mut narrowed = allow(json!("kms:Decrypt"), "*");
        narrowed["Condition"] = json!({ "ForAnyValue:StringEquals": { "kms:resourcealiases": "alias/a" } });
        check(narrowed, identity, None);
        check(json!({ "Effect": "Deny", "Action": "kms:*", "Resource": "*" }), identity, None);
    }
}
