//! How long policies may be, and how long they are: as IAM, S3, KMS and EventBridge count.
//!
//! Codes: `iam::policy-too-large`, `iam::too-many-managed-policies`, `iam::too-many-roles`,
//! `iam::too-many-policies`, `s3::policy-too-large`, `kms::policy-too-large`.

mod gauge;

use construct_core::{Adjustable, Expr, Json, Quota, QuotaScope, count_bytes, is_function};

pub use gauge::{GAUGE, gauge};

const IAM: (&str, &str) = ("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html", "2026-11");

/// Characters of all inline policies of a role together.
pub static INLINE_POLICIES: Quota = Quota::new(
    ("IAM", "inline policies of the role"),
    (10_240, "characters"),
    "AWS::IAM::Role, with every AWS::IAM::Policy of its stack",
    IAM,
    ("iam::policy-too-large", "divide the work among several roles, or attach managed policies"),
);

/// Characters of a managed policy.
pub static MANAGED_POLICY: Quota = Quota::new(
    ("IAM", "managed policy"),
    (6_144, "characters"),
    "AWS::IAM::ManagedPolicy",
    IAM,
    ("iam::policy-too-large", "divide the policy, or the work among several roles"),
);

/// Managed policies attached to a role.
pub static MANAGED_POLICIES: Quota = Quota::new(
    ("IAM", "managed policies of the role"),
    (10, "managed policies"),
    "AWS::IAM::Role, with every AWS::IAM::ManagedPolicy of its stack",
    IAM,
    (
        "iam::too-many-managed-policies",
        "divide the work among several pipelines or roles, or ask AWS to raise the quota and say so with `app.quota(…)`",
    ),
)
.adjustable(Adjustable::UpTo(20));

/// Characters of a trust policy.
pub static TRUST_POLICY: Quota = Quota::new(
    ("IAM", "trust policy of the role"),
    (2_048, "characters"),
    "AWS::IAM::Role",
    IAM,
    ("iam::policy-too-large", "name fewer principals, or ask AWS to raise the quota and say so with `app.quota(…)`"),
)
.adjustable(Adjustable::UpTo(4_096));

/// Roles of an account.
pub static ROLES: Quota = Quota::new(
    ("IAM", "roles"),
    (1_000, "roles"),
    "AWS::IAM::Role",
    IAM,
    ("iam::too-many-roles", "ask AWS to raise the quota, and say so with `app.quota(…)`"),
)
.adjustable(Adjustable::UpTo(5_000))
.counted_for(QuotaScope::Account);

/// Managed policies that an account has of its own, such as those into which roles spill.
pub static CUSTOMER_POLICIES: Quota = Quota::new(
    ("IAM", "customer managed policies"),
    (1_500, "policies"),
    "AWS::IAM::ManagedPolicy",
    IAM,
    ("iam::too-many-policies", "ask AWS to raise the quota, and say so with `app.quota(…)`"),
)
.adjustable(Adjustable::UpTo(5_000))
.counted_for(QuotaScope::Account);

/// More pipelines in one store have its policies say more.
const MORE_STORES: &str = "divide the foreign accounts among several pipelines, each with a store of its own, or put pipelines that share one into several `ScaffoldGroup`s";

/// Bytes of a bucket policy.
pub static BUCKET_POLICY: Quota = Quota::new(
    ("S3", "policy of the bucket"),
    (20_480, "bytes"),
    "AWS::S3::BucketPolicy",
    ("https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-iam-policies.html", "2026-11"),
    ("s3::policy-too-large", MORE_STORES),
);

/// Bytes of a key policy.
pub static KEY_POLICY: Quota = Quota::new(
    ("KMS", "policy of the key"),
    (32_768, "bytes"),
    "AWS::KMS::Key",
    ("https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html", "2026-11"),
    ("kms::policy-too-large", MORE_STORES),
);

/// All quotas of policies and roles.
pub static QUOTAS: [&Quota; 8] = [
    &INLINE_POLICIES,
    &MANAGED_POLICY,
    &MANAGED_POLICIES,
    &TRUST_POLICY,
    &ROLES,
    &CUSTOMER_POLICIES,
    &BUCKET_POLICY,
    &KEY_POLICY,
];

/// How long a policy document is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicySize {
    /// Characters of the compact JSON without white space, which is what IAM counts; references not counted.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    pub characters: usize,
    /// Bytes of the compact JSON, which is what CloudFormation hands to S3 and KMS; references not counted.
    pub bytes: usize,
    /// References whose text only CloudFormation knows.
    pub references: usize,
}

/// An estimate for a text that only CloudFormation knows: the ARN of a key, which is the longest that it assigns here,
/// has 75 to 85 characters.
const REFERENCE: usize = 85;

impl PolicySize {
    /// The size of a policy document, or of a part of one, as it stands in a template.
    ///
    /// ```
    /// use construct_iam::quota::PolicySize;
    /// use serde_json::json;
    /// let document = json!({ "Action": "s3:GetObject", "Resource": { "Fn::GetAtt": ["Store", "Arn"] } });
    /// let size = PolicySize::of(&document.into());
    /// assert_eq!((size.characters, size.references), (r#"{"Action":"s3:GetObject","Resource":""}"#.len(), 1));
    /// ```
    #[must_use]
    pub fn of(document: &Json<'_>) -> Self {
        let mut size = Self::default();
        size.add(document);
        size
    }

    /// The characters, with an estimate for the references.
    #[must_use]
    pub const fn estimated_characters(self) -> usize {
        self.characters + REFERENCE * self.references
    }

    /// The bytes, with an estimate for the references.
    #[must_use]
    pub const fn estimated_bytes(self) -> usize {
        self.bytes + REFERENCE * self.references
    }

    fn add(&mut self, json: &Json<'_>) {
        match json {
            Json::Null => self.plain(4),
            Json::Bool(flag) => self.plain(if *flag { 4 } else { 5 }),
            Json::Number(number) => self.plain(number.to_string().len()),
            Json::String(text) => {
                self.plain(2);
                self.text(text);
            }
            Json::Array(items) => {
                self.plain(2 + items.len().saturating_sub(1));
                items.iter().for_each(|item| self.add(item));
            }
            Json::Object(entries) => match entries.iter().next() {
                Some((function, argument)) if entries.len() == 1 && is_function(function) => {
                    self.plain(2);
                    self.function(function, argument);
                }
                _ => {
                    self.plain(2 + entries.len().saturating_sub(1));
                    for (key, value) in entries.iter() {
                        self.plain(3);
                        self.text(key);
                        self.add(value);
                    }
                }
            },
        }
    }

    /// Text between the quotation marks. White space inside of strings does not count for IAM either, but for line ends
    /// and tabs, which are written as a backslash and a letter there.
    fn text(&mut self, text: &str) {
        let escapes = count_bytes(text, |c| matches!(c, b'"' | b'\\' | ..b' '));
        let characters = match text.is_ascii() {
            true => text.len() - count_bytes(text, |c| c == b' '),
            false => text.chars().filter(|c| !c.is_whitespace() || *c < ' ').count(),
        };
        self.characters += characters + escapes;
        self.bytes += text.len() + escapes;
    }

    fn plain(&mut self, n: usize) {
        self.characters += n;
        self.bytes += n;
    }

    fn function(&mut self, function: &str, argument: &Json<'_>) {
        match (function, argument) {
            ("Fn::Join", Json::Array(parts)) => {
                let [Json::String(between), Json::Array(parts)] = &**parts else {
                    self.references += 1;
                    return;
                };
                (1..parts.len()).for_each(|_| self.text(between));
                for part in parts {
                    match part {
                        Json::String(text) => self.text(text),
                        Json::Object(entries) => entries.iter().for_each(|(name, inner)| self.function(name, inner)),
                        _ => self.references += 1,
                    }
                }
            }
            ("Fn::Sub", Json::String(text)) => {
                for (n, part) in text.split("${").enumerate() {
                    match (n, part.split_once('}')) {
                        (0, _) | (_, None) => self.text(part),
                        (_, Some((_, rest))) => {
                            self.references += 1;
                            self.text(rest);
                        }
                    }
                }
            }
            // Names of regions and partitions are short, accounts have 12 digits.
            ("Ref", Json::String(name)) if name.starts_with("AWS::") => self.plain(12),
            _ => self.references += 1,
        }
    }
}

/// More than any document may have.
const UNTOLD: usize = 1 << 24;

/// No less than the bytes that an expression becomes, told without writing it: good for knowing that there is nothing
/// to do.
pub(crate) fn at_most(expr: &Expr, of_reference: &dyn Fn(&Expr) -> usize) -> usize {
    let all = |items: &[Expr], between: usize| -> usize {
        items.iter().map(|item| at_most(item, of_reference) + between).sum()
    };
    match expr {
        Expr::Str(known) => at_most_of_text(known),
        Expr::Bool(_) | Expr::Int(_) | Expr::Real(_) | Expr::Null | Expr::TooDeep => 24,
        Expr::ByName(inner) => at_most(inner, of_reference),
        Expr::List(items) => 2 + all(items, 1),
        Expr::Join(parts) => all(parts, 0),
        Expr::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| at_most_of_text(key) + at_most(value, of_reference) + 2);
            2 + entries.sum::<usize>()
        }
        // Its argument says what it becomes; whoever writes one by hand has it measured.
        Expr::Call(..) => UNTOLD,
        Expr::Spelled(it) => at_most(&it.spelled_out(), of_reference),
        reference => of_reference(reference),
    }
}

/// No less than the bytes that a reference becomes: the longest names are ARNs of roles with a long path.
pub(crate) fn at_most_of_reference(_: &Expr) -> usize {
    640
}

/// No less than the bytes that a text becomes: it may have nothing but escapes.
pub(crate) fn at_most_of_text(text: &str) -> usize {
    2 * text.len() + 2
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn characters_are_those_of_the_compact_json_without_white_space() {
        let document =
            json!({ "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::a b/*", "c\"d"], "n": 12, "t": true });
        let size = PolicySize::of(&Json::from(&document));
        assert_eq!(size.bytes, document.to_string().len());
        assert_eq!(size.characters, size.bytes - 1);
        assert_eq!(size.references, 0);
        let lines = PolicySize::of(&json!(["a\nb\tc", "\u{e9} \n\u{a0}"]).into());
        assert_eq!(
            (lines.characters, lines.bytes),
            (r#"["a\nb\tc","é\n"]"#.chars().count(), r#"["a\nb\tc","é \n "]"#.len() + 1)
        );
    }

    #[test]
    fn no_function_is_longer_than_it_may_be() {
        let text = "arn:aws:s3:::${Bucket}/".repeat(100);
        let sub = (Expr::call("Fn::Sub", text.clone()), json!({ "Fn::Sub": text }));
        let parts = [text.clone(), text.clone()];
        let join = (
            Expr::call("Fn::Join", Expr::list([Expr::from(","), Expr::list(parts.clone())])),
            json!({ "Fn::Join": [",", parts] }),
        );
        for (expr, written) in [sub, join] {
            let size = PolicySize::of(&Json::from(&written));
            assert!(size.estimated_bytes() <= at_most(&expr, &at_most_of_reference), "{expr:?}");
        }
    }

    #[test]
    fn functions_count_as_the_text_that_is_known_of_them() {
        let size = |json: serde_json::Value| {
            let size = PolicySize::of(&json.into());
            (size.characters, size.references)
        };
        assert_eq!(size(json!({ "Fn::GetAtt": ["Key", "Arn"] })), (2, 1));
        assert_eq!(size(json!({ "Fn::Join": ["/", ["ab", { "Ref": "Bucket" }, "c"] ] })), (2 + 3 + 2, 1));
        assert_eq!(size(json!({ "Fn::Sub": "ab${Bucket}c" })), (2 + 3, 1));
        assert_eq!(size(json!({ "Ref": "AWS::AccountId" })), (2 + 12, 0));
        assert_eq!(size(json!({ "Fn::Join": ["", { "Ref": "List" }] })), (2, 1));
    }
}
