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
    AnyPassToCloudFormation,
    AnyObject,
    AnyStack,
    AllBut,
}

impl Excess {
    /// Whether it is told of the roles that perform actions alone: what builds and deployments do beside is their own.
    pub(crate) const fn is_of_performers(self) -> bool {
        matches!(self, Self::AnyObject | Self::AnyStack | Self::AllBut)
    }

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
            Self::AnyPassToCloudFormation => (
                "it lets the role hand any role to CloudFormation, which then does with it what a template says",
                "name the role",
            ),
            Self::AnyObject => (
                "it lets the role use the objects of every bucket that lets it in, not only those of the artifact store",
                "name the buckets",
            ),
            Self::AnyStack => ("it lets the role change every stack of its account", "name the stacks that it deploys"),
            Self::AllBut => (
                "it lets the role do everything in its account but what `NotAction` names",
                "name what the pipeline needs, with `Action`",
            ),
        }
    }
}

pub(crate) fn texts<'v>(statement: &'v Json<'_>, element: &str) -> impl Iterator<Item = &'v str> {
    statement.get(element).map_or(&[][..], Json::one_or_many).iter().filter_map(Json::as_str)
}

/// The keys that some condition binds to values. What is said not to be, or holds without the key as well, binds nothing.
fn bound_keys<'v>(statement: &'v Json<'_>) -> impl Iterator<Item = &'v str> {
    let operators = statement.get("Condition").and_then(Json::as_object);
    let binds = |operator: &str| {
        !operator.contains("Not")
            && !begins(operator, "ForAllValues:")
            && !operator.ends_with("IfExists")
            && operator != "Null"
    };
    let binding = operators.into_iter().flat_map(Members::iter).filter(move |(operator, _)| binds(operator));
    binding.filter_map(|(_, keys)| keys.as_object()).flat_map(Members::keys)
}

fn condition_values<'v>(statement: &'v Json<'_>, key: &str) -> impl Iterator<Item = &'v str> {
    let operators = statement.get("Condition").and_then(Json::as_object);
    let pairs = operators.into_iter().flat_map(Members::values).filter_map(Json::as_object).flat_map(Members::iter);
    let wanted = pairs.filter(move |(name, _)| name.eq_ignore_ascii_case(key));
    wanted.flat_map(|(_, values)| values.one_or_many()).filter_map(Json::as_str)
}

/// What is wide about a statement.
pub(crate) fn excess(statement: &Json<'_>, kind: PolicyKind) -> Option<Excess> {
    if statement.get("Effect").and_then(Json::as_str) != Some("Allow") {
        return None;
    }
    if kind == PolicyKind::Key {
        let is_all = |action: &str| action == "*" || action.eq_ignore_ascii_case("kms:*");
        let is_open = texts(statement, "Action").any(is_all) || statement.get("NotAction").is_some();
        return is_open.then_some(Excess::KeyOpen);
    }
    if kind != PolicyKind::Identity {
        return None;
    }
    let narrowed = |words: &[&str]| bound_keys(statement).any(|key| words.iter().any(|word| begins(key, word)));
    if statement.get("NotAction").is_some() {
        let is_all = covers(statement, ":", &[]) && !narrowed(&["aws:Resource"]);
        return is_all.then_some(Excess::AllBut);
    }
    let gives = Gives::of(texts(statement, "Action"))?;
    let by_key = ["kms:ResourceAliases", "kms:RequestAlias", "kms:EncryptionContext:", "aws:ResourceTag/"];
    // A passed role is used by whoever it is handed to, and CloudFormation does with it all that it is told.
    let passed_to = || condition_values(statement, "iam:PassedToService");
    let to_cloud_formation = |service: &str| service == "cloudformation.amazonaws.com" || service.contains('*');
    match () {
        () if gives.all_of_kms => Some(Excess::AllOfKms),
        () if gives.use_of_keys && covers(statement, ":kms:", &[":key/*"]) && !narrowed(&by_key) => {
            Some(Excess::AnyKey)
        }
        () if gives.roles
            && covers(statement, ":iam:", &[":role/*"])
            && !narrowed(&["aws:Resource", "iam:ResourceTag"]) =>
        {
            Some(Excess::AnyRole)
        }
        () if gives.passing
            && covers(statement, ":iam:", &[":role/*"])
            && !narrowed(&["iam:AssociatedResourceArn"]) =>
        {
            match () {
                () if passed_to().next().is_none() => Some(Excess::AnyPass),
                () if passed_to().any(to_cloud_formation) => Some(Excess::AnyPassToCloudFormation),
                () => None,
            }
        }
        () if gives.objects
            && covers(statement, ":s3:", &[":::*", ":::*/*"])
            && !narrowed(&["aws:Resource", "s3:"]) =>
        {
            Some(Excess::AnyObject)
        }
        () if gives.stacks
            && covers(statement, ":cloudformation:", &[":stack/*", ":stack/*/*"])
            && !narrowed(&["aws:Resource", "cloudformation:"]) =>
        {
            Some(Excess::AnyStack)
        }
        () => None,
    }
}

/// Whether a statement is about everything of a kind, whatever it may leave out.
fn covers(statement: &Json<'_>, service: &str, ends: &[&str]) -> bool {
    let is_all = |arn: &str| arn == "*" || arn.contains(service) && ends.iter().any(|end| arn.ends_with(end));
    texts(statement, "Resource").any(is_all) || statement.get("NotResource").is_some()
}

const USE_OF_KEYS: [&str; 9] = [
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyPair",
    "kms:GenerateDataKeyPairWithoutPlaintext",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:CreateGrant",
];
const OBJECTS: [&str; 3] = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"];
const STACKS: [&str; 5] = [
    "cloudformation:CreateStack",
    "cloudformation:UpdateStack",
    "cloudformation:DeleteStack",
    "cloudformation:CreateChangeSet",
    "cloudformation:ExecuteChangeSet",
];

/// What of the actions of a statement could be too wide.
#[derive(Default)]
struct Gives {
    all_of_kms: bool,
    use_of_keys: bool,
    roles: bool,
    passing: bool,
    objects: bool,
    stacks: bool,
}

impl Gives {
    /// `None` if there is nothing of it, as in most statements, or everything: whoever is given that is an
    /// administrator by intent.
    fn of<'v>(actions: impl Iterator<Item = &'v str>) -> Option<Self> {
        let mut gives = Self::default();
        for action in actions {
            if action == "*" {
                return None;
            }
            let is_wild = action.contains(['*', '?']);
            let is_one_of = |words: &[&str]| {
                words.iter().any(|word| if is_wild { is_like(action, word) } else { action.eq_ignore_ascii_case(word) })
            };
            gives.all_of_kms |= action.eq_ignore_ascii_case("kms:*");
            gives.use_of_keys |= is_one_of(&USE_OF_KEYS);
            gives.roles |= is_one_of(&["sts:AssumeRole"]);
            gives.passing |= is_one_of(&["iam:PassRole"]);
            gives.objects |= is_one_of(&OBJECTS);
            gives.stacks |= is_one_of(&STACKS);
        }
        let Self { all_of_kms, use_of_keys, roles, passing, objects, stacks } = gives;
        (all_of_kms || use_of_keys || roles || passing || objects || stacks).then_some(gives)
    }
}

/// Whether a pattern with `*` and `?` names an action.
fn is_like(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.as_bytes(), action.as_bytes());
    let (mut at, mut seen) = (0, 0);
    // Where the last `*` stands, and how far it reaches.
    let mut star = None;
    while seen < action.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(b'?') => (at, seen) = (at + 1, seen + 1),
            Some(byte) if byte.eq_ignore_ascii_case(&action[seen]) => (at, seen) = (at + 1, seen + 1),
            _ => match star {
                Some((place, reach)) => {
                    star = Some((place, reach + 1));
                    (at, seen) = (place + 1, reach + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
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
        check(allow(json!(["kms:\u{20AC}", "s3:List*", "iam:Get*"]), "*"), identity, None);
        check(allow(json!("sts:AssumeRole"), "*"), identity, Some(Excess::AnyRole));
        check(allow(json!("iam:PassRole"), "*"), identity, Some(Excess::AnyPass));
        check(allow(json!("iam:PassRole"), "arn:aws:iam::111111111111:role/*"), identity, Some(Excess::AnyPass));
        check(allow(json!("iam:PassRole"), "arn:aws:iam::111111111111:role/ci/*"), identity, None);
        check(allow(json!("s3:*"), "*"), identity, Some(Excess::AnyObject));
        check(
            allow(json!(["s3:GetBucketLocation", "S3:getObject*"]), "arn:aws:s3:::*"),
            identity,
            Some(Excess::AnyObject),
        );
        check(allow(json!("s3:PutObject"), "arn:aws:s3:::*/*"), identity, Some(Excess::AnyObject));
        check(allow(json!("s3:PutObject"), "arn:aws:s3:::store/*"), identity, None);
        check(allow(json!("s3:ListAllMyBuckets"), "*"), identity, None);
        check(allow(json!("s3:*Object"), "*"), identity, Some(Excess::AnyObject));
        check(allow(json!("kms:De??y*"), "*"), identity, Some(Excess::AnyKey));
        check(allow(json!("kms:De?y*"), "*"), identity, None);
        check(allow(json!("sts:Assume*"), "*"), identity, Some(Excess::AnyRole));
        check(allow(json!("sts:Assume*WithSAML"), "*"), identity, None);
        check(allow(json!("cloudforma*"), "*"), identity, Some(Excess::AnyStack));
        check(allow(json!("s3:\u{20AC}*"), "*"), identity, None);
        check(allow(json!("cloudformation:*"), "*"), identity, Some(Excess::AnyStack));
        let stacks = "arn:aws:cloudformation:us-east-1:111111111111:stack/*";
        check(allow(json!("cloudformation:deletestack"), stacks), identity, Some(Excess::AnyStack));
        check(allow(json!("cloudformation:DescribeStacks"), "*"), identity, None);
        check(allow(json!("cloudformation:CreateStackSet"), "*"), identity, None);
        let all_but = |resource: &str| json!({ "Effect": "Allow", "NotAction": "iam:*", "Resource": resource });
        check(all_but("*"), identity, Some(Excess::AllBut));
        check(all_but("arn:aws:s3:::store/*"), identity, None);
        check(allow(json!("kms:*"), "*"), PolicyKind::Key, Some(Excess::KeyOpen));
        check(allow(json!(["kms:Get*", "*"]), "*"), PolicyKind::Key, Some(Excess::KeyOpen));
        check(allow(json!("kms:Get*"), "*"), PolicyKind::Key, None);
        check(
            json!({ "Effect": "Allow", "NotAction": "kms:Get*", "Resource": "*" }),
            PolicyKind::Key,
            Some(Excess::KeyOpen),
        );
        check(allow(json!("kms:*"), "*"), PolicyKind::Trust, None);
        let mut narrowed = allow(json!("kms:Decrypt"), "*");
        narrowed["Condition"] = json!({ "ForAnyValue:StringEquals": { "kms:resourcealiases": "alias/a" } });
        check(narrowed.clone(), identity, None);
        for (operator, wanted) in [
            ("StringEquals", None),
            ("ForAnyValue:StringLike", None),
            ("ForAnyValue:StringNotEquals", Some(Excess::AnyKey)),
            ("ForAllValues:StringEquals", Some(Excess::AnyKey)),
            ("StringEqualsIfExists", Some(Excess::AnyKey)),
            ("Null", Some(Excess::AnyKey)),
        ] {
            narrowed["Condition"] = json!({ operator: { "kms:ResourceAliases": "alias/a" } });
            check(narrowed.clone(), identity, wanted);
        }
        let passed = |to: Value| {
            let mut passed = allow(json!("iam:PassRole"), "*");
            passed["Condition"] = json!({ "StringEqualsIfExists": { "iam:passedToService": to } });
            passed
        };
        check(passed(json!("ecs-tasks.amazonaws.com")), identity, None);
        let both = json!(["ecs-tasks.amazonaws.com", "cloudformation.amazonaws.com"]);
        check(passed(both), identity, Some(Excess::AnyPassToCloudFormation));
        check(passed(json!("*.amazonaws.com")), identity, Some(Excess::AnyPassToCloudFormation));
        let all_but_one =
            |action: &str| json!({ "Effect": "Allow", "Action": action, "NotResource": "arn:aws:s3:::store" });
        check(all_but_one("iam:PassRole"), identity, Some(Excess::AnyPass));
        check(all_but_one("kms:Decrypt"), identity, Some(Excess::AnyKey));
        check(all_but_one("s3:GetObject"), identity, Some(Excess::AnyObject));
        check(json!({ "Effect": "Deny", "Action": "kms:*", "Resource": "*" }), identity, None);
    }
}
