//! Policy documents, and the statements that they are made of.
//!
//! Elements that are sets in IAM are sets here: order has no meaning, and two statements that say the same are equal.
//! See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>.

mod divide;
mod merge;
mod once;
mod shorten;
mod statement;

use construct_core::quota::nearly;
use construct_core::spell::{Pen, Spell, Spelled};
use construct_core::{Diagnostic, Env, Expr, Fact, LowerCx, Quota, Reach, Value, kind};

use crate::arn::Arn;
use crate::quota::{self, PolicySize};

pub use once::Names;
pub use shorten::DerivedName;
pub use statement::{Effect, PolicyStatement};

/// A policy document, version `2012-10-17`.
///
/// ```
/// use construct_iam::{PolicyDocument, PolicyStatement};
/// let document = PolicyDocument::new()
///     .with(PolicyStatement::allow(["s3:GetObject"]).on(["arn:aws:s3:::a/*"]))
///     .with(PolicyStatement::allow(["s3:GetObject"]).on(["arn:aws:s3:::b/*"]));
/// assert_eq!(document.merged().statements().count(), 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[must_use]
pub struct PolicyDocument {
    id: Option<String>,
    statements: Vec<PolicyStatement>,
}

impl PolicyDocument {
    /// A document without statements.
    pub fn new() -> Self {
        Self::default()
    }

    /// The optional `Id` of the document.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Adds a statement.
    pub fn with(mut self, statement: PolicyStatement) -> Self {
        self.push(statement);
        self
    }

    /// Adds a statement in place.
    pub fn push(&mut self, statement: PolicyStatement) {
        self.statements.push(statement);
    }

    /// The statements.
    pub fn statements(&self) -> impl Iterator<Item = &PolicyStatement> {
        self.statements.iter()
    }

    /// Whether there are no statements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// The same permissions in fewer statements: those that differ only in their resources, their actions, their
    /// principals or the values of one key of a condition become one. Values are alternatives with `StringEquals`,
    /// `StringLike`, `ArnEquals` and the like, `…IfExists` too; with other operators they stay apart. The order of the
    /// statements has no meaning and does not change the result.
    pub fn merged(&self) -> Self {
        self.clone().into_merged()
    }

    /// As [`merged`](Self::merged), for a document that nobody else needs.
    pub fn into_merged(self) -> Self {
        Self { id: self.id, statements: merge::merged(self.statements) }
    }

    /// How long the document will be, as far as names are known while it is lowered.
    #[must_use]
    pub fn size(&self, cx: &LowerCx<'_>) -> PolicySize {
        PolicySize::of(&cx.preview(&self.expr()))
    }

    /// Whether it is so long that something has to be done about it: more than
    /// [`NEARLY`](construct_core::quota::NEARLY) hundredths of what a policy takes, in bytes.
    #[must_use]
    pub fn is_long(&self, cx: &LowerCx<'_>, quota: &Quota) -> bool {
        let enough = nearly(cx.quota(quota));
        !Self::have_at_most([self], enough, cx) && self.size(cx).estimated_bytes() > enough
    }

    /// Whether documents have no more than so many bytes together, as far as that can be told without writing them.
    pub(crate) fn have_at_most<'d>(
        documents: impl IntoIterator<Item = &'d Self, IntoIter: Clone>,
        enough: usize,
        cx: &LowerCx<'_>,
    ) -> bool {
        let documents = documents.into_iter();
        let told = |length: &dyn Fn(&Expr) -> usize| documents.clone().map(|document| document.at_most(length)).sum();
        let unknown: usize = told(&quota::at_most_of_reference);
        if unknown <= enough {
            return true;
        }
        // Names are shorter than they may be. Looking them up is quicker than writing the document.
        let known: usize = told(&|reference| match cx.literal(reference) {
            Some(text) => quota::at_most_of_text(&text),
            None => quota::at_most_of_reference(reference),
        });
        known <= enough
    }

    /// No less than its bytes, told without writing it.
    fn at_most(&self, of_reference: &dyn Fn(&Expr) -> usize) -> usize {
        let id = self.id.as_deref().map_or(0, quota::at_most_of_text);
        let statements = self.statements.iter().map(|statement| statement.at_most(of_reference));
        r#"{"Version":"2012-10-17","Id":,"Statement":[]}"#.len() + id + statements.sum::<usize>()
    }

    /// The document as an expression with all that is in it, to be looked into. As a property the document itself is
    /// given away, which is an expression too, and need not be spelled out before it is written.
    #[must_use]
    pub fn expr(&self) -> Expr {
        self.spelled_out()
    }
}

impl Spell for PolicyDocument {
    fn spell(&self, pen: Pen<'_>) -> Spelled {
        let mut out = pen.map();
        out.entry("Version", |pen| pen.text("2012-10-17"));
        if let Some(id) = &self.id {
            out.entry("Id", |pen| pen.text(id));
        }
        out.entry("Statement", |pen| pen.list(&self.statements, PolicyStatement::spell));
        out.end()
    }
}

impl From<PolicyDocument> for Expr {
    fn from(document: PolicyDocument) -> Self {
        Self::spelled(document)
    }
}

/// The statements.
impl IntoIterator for PolicyDocument {
    type Item = PolicyStatement;
    type IntoIter = std::vec::IntoIter<PolicyStatement>;

    fn into_iter(self) -> Self::IntoIter {
        self.statements.into_iter()
    }
}

impl FromIterator<PolicyStatement> for PolicyDocument {
    fn from_iter<I: IntoIterator<Item = PolicyStatement>>(statements: I) -> Self {
        Self { id: None, statements: statements.into_iter().collect() }
    }
}

/// A managed policy for a role, attached from elsewhere in the tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ManagedPolicy(Value<kind::Arn>);

impl ManagedPolicy {
    /// A managed policy by its ARN.
    pub fn new(arn: impl Into<Value<kind::Arn>>) -> Self {
        Self(arn.into())
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> &Value<kind::Arn> {
        &self.0
    }
}

impl Fact for ManagedPolicy {
    const NAME: &'static str = "managed policy";
    const REACH: Reach = Reach::Node;

    fn problem(&self) -> Option<Diagnostic> {
        arn_problem(&self.0)
    }

    fn summary(&self) -> Option<String> {
        self.0.literal().map(|arn| format!("`{arn}`"))
    }
}

/// What is wrong with the ARN of a managed policy, as far as it is known.
pub(crate) fn arn_problem(arn: &Value<kind::Arn>) -> Option<Diagnostic> {
    let text = arn.literal()?;
    let is_policy = |arn: Arn| arn.service() == "iam" && arn.resource().starts_with("policy/");
    (!Arn::parse(text).is_ok_and(is_policy)).then(|| {
        let message = format!("`{}` is no ARN of a managed policy", text.escape_debug());
        Diagnostic::error("iam::malformed-policy-arn", message).help(
            "write it as `arn:aws:iam::111111111111:policy/name`; those of AWS are `arn:aws:iam::aws:policy/Name`",
        )
    })
}

/// Why roles in an environment cannot have a managed policy: it is of another account or partition.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html>
pub(crate) fn policy_elsewhere(policy: &Value<kind::Arn>, env: Env) -> Option<Diagnostic> {
    let arn = Arn::parse(policy.literal()?).ok()?;
    let (partition, wanted) = (arn.partition(), env.partition().as_str());
    if partition != wanted {
        let message = format!("`{arn}` is in the partition {partition}, and the role in {wanted}");
        let help = format!("write `arn:{wanted}:…`; nothing works across partitions");
        return Some(Diagnostic::error("iam::other-partition", message).help(help));
    }
    let is_foreign = arn.account() != "aws" && arn.account() != env.account.as_str();
    is_foreign.then(|| {
        let message = format!("`{arn}` belongs to the account {}, and the role to {}", arn.account(), env.account);
        Diagnostic::error("iam::other-account", message)
            .help("name a policy of the account that the role is in; IAM attaches no other, except those of AWS")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Principal;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn read(bucket: &str) -> PolicyStatement {
        PolicyStatement::allow(["s3:GetObject"]).on([format!("arn:aws:s3:::{bucket}/*")])
    }

    #[test]
    fn statements_that_differ_in_one_list_become_one() {
        let document: PolicyDocument = [
            read("a"),
            read("b"),
            PolicyStatement::allow(["s3:PutObject"]).on(["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]),
        ]
        .into_iter()
        .collect();
        let merged = document.merged();
        assert_eq!(merged.statements().count(), 1);
        let one = merged.statements().next().unwrap();
        assert_eq!(one.action_names().collect::<Vec<_>>(), ["s3:GetObject", "s3:PutObject"]);
        assert_eq!(one.resource_exprs().count(), 2);
    }

    #[test]
    fn what_differs_in_two_lists_or_in_meaning_stays_apart() {
        let apart = [
            vec![read("a"), PolicyStatement::allow(["s3:PutObject"]).on(["arn:aws:s3:::b/*"])],
            vec![read("a"), read("b").condition("Bool", "aws:SecureTransport", ["true"])],
            vec![read("a"), PolicyStatement::deny(["s3:GetObject"]).on(["arn:aws:s3:::b/*"])],
            vec![read("a").sid("A"), read("b").sid("B")],
            vec![
                PolicyStatement::new(Effect::Deny).not_actions(["s3:Get*"]).on(["*"]),
                PolicyStatement::new(Effect::Deny).not_actions(["s3:Put*"]).on(["*"]),
            ],
            vec![PolicyStatement::allow(["sts:AssumeRole"]), PolicyStatement::allow(["sts:AssumeRole"]).on(["*"])],
        ];
        for statements in apart {
            let document: PolicyDocument = statements.into_iter().collect();
            assert_eq!(document.merged().statements().count(), 2, "{document:?}");
        }
    }

    /// A statement with the values of some conditions.
    fn asking(conditions: &[(&'static str, &'static str, &[&str])]) -> PolicyStatement {
        (conditions.iter()).fold(read("a"), |statement, (operator, key, values)| {
            statement.condition(*operator, *key, values.iter().map(ToString::to_string))
        })
    }

    #[test]
    fn values_of_one_key_become_one_list() {
        let (key, other) = ("aws:PrincipalArn", "kms:ViaService");
        let alternatives =
            ["ArnEquals", "ArnLike", "StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEqualsIfExists"];
        for operator in alternatives {
            let [one, two, both] = [&["a"][..], &["b"], &["a", "b"]].map(|values| {
                asking(&[(operator, key, values), ("StringEquals", other, &["s3"]), ("Bool", "k", &["true"])])
            });
            let document = PolicyDocument::new().with(two.clone()).with(one.clone());
            assert_eq!(document.merged().statements().collect::<Vec<_>>(), [&both], "{operator}");
            assert!(both.covers(&one) && both.covers(&two) && !one.covers(&two) && !one.covers(&both), "{operator}");
        }
        let deny = |value| PolicyStatement::deny(["s3:*"]).on(["*"]).condition("StringLike", key, [value]);
        assert_eq!(PolicyDocument::new().with(deny("a*")).with(deny("b*")).merged().statements().count(), 1);
    }

    #[test]
    fn values_of_other_conditions_stay_apart() {
        let key = "aws:PrincipalArn";
        let others = [
            "StringNotEquals",
            "StringNotLike",
            "ArnNotEquals",
            "ArnNotLikeIfExists",
            "ForAllValues:StringEquals",
            "ForAnyValue:StringLike",
            "NumericLessThan",
            "NumericEquals",
            "DateEquals",
            "IpAddress",
            "NotIpAddress",
            "Bool",
            "BinaryEquals",
            "Null",
            "stringequals",
        ];
        let one_value = |operator| ["a", "b"].map(|value| asking(&[(operator, key, &[value])]));
        let mut apart: Vec<[PolicyStatement; 2]> = others.into_iter().map(one_value).collect();
        apart.extend([
            // Two operators must both hold, even if they mean the same.
            [asking(&[("ArnEquals", key, &["a"])]), asking(&[("ArnLike", key, &["b"])])],
            [asking(&[("ArnEquals", key, &["a"])]), asking(&[("ArnEquals", key, &["b"]), ("ArnLike", key, &["b"])])],
            // One key, written in two ways.
            [asking(&[("ArnEquals", key, &["a"])]), asking(&[("ArnEquals", "aws:principalarn", &["b"])])],
            // Together they would let in 1 with 2.
            [
                asking(&[("StringEquals", "k:a", &["1"]), ("StringEquals", "k:b", &["1"])]),
                asking(&[("StringEquals", "k:a", &["2"]), ("StringEquals", "k:b", &["2"])]),
            ],
            [asking(&[("StringEquals", key, &["a"])]), asking(&[("StringEquals", key, &[])])],
            [asking(&[("StringEquals", key, &["a"])]), asking(&[])],
            [
                asking(&[("StringEquals", key, &["a"])]),
                asking(&[("StringEquals", key, &["b"])]).on(["arn:aws:s3:::b/*"]),
            ],
            [asking(&[("StringEquals", key, &["a"])]).sid("A"), asking(&[("StringEquals", key, &["b"])]).sid("B")],
        ]);
        for [one, other] in apart {
            let document = PolicyDocument::new().with(one.clone()).with(other.clone());
            assert_eq!(document.merged().statements().count(), 2, "{document:?}");
            assert!(!one.covers(&other) && !other.covers(&one), "{document:?}");
        }
    }

    #[test]
    fn statements_of_a_class_become_one_whatever_they_are_about() {
        let list = |bucket: &str| PolicyStatement::allow(["s3:ListBucket"]).on([format!("arn:aws:s3:::{bucket}")]);
        let secret = || PolicyStatement::allow(["s3:GetObject"]).on(["arn:aws:s3:::secret/*"]);
        let document: PolicyDocument = [read("a"), list("a"), secret(), list("a").sid("Apart")].into_iter().collect();
        let classify = |statement: &PolicyStatement| (*statement != secret()).then_some(());
        let one = PolicyStatement::allow(["s3:GetObject", "s3:ListBucket"]).on(["arn:aws:s3:::a", "arn:aws:s3:::a/*"]);
        let expected: BTreeSet<_> = [one, secret(), list("a").sid("Apart")].into();
        assert_eq!(document.united(classify).statements().cloned().collect::<BTreeSet<_>>(), expected);
    }

    fn small_document() -> impl Strategy<Value = Vec<PolicyStatement>> {
        let statement =
            (any::<bool>(), 0..3usize, 0..3usize, 0..6usize).prop_map(|(allow, action, resource, condition)| {
                let action = ["s3:GetObject", "s3:PutObject", "s3:ListBucket"][action];
                let statement = if allow { PolicyStatement::allow([action]) } else { PolicyStatement::deny([action]) };
                let statement = statement.on([["arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::c"][resource]]);
                match condition {
                    0..2 => statement,
                    2 => statement.condition("Bool", "aws:SecureTransport", ["true"]),
                    n => statement.condition("ArnLike", "aws:PrincipalArn", [["a", "b", "c"][n - 3]]),
                }
            });
        prop::collection::vec(statement, 0..24)
    }

    /// Every (effect, action, resource, value of the condition) that a document speaks about.
    fn meaning(document: &PolicyDocument) -> BTreeSet<(Effect, String, Expr, Option<Expr>)> {
        let mut all = BTreeSet::new();
        for statement in document.statements() {
            let values = statement.0.each_condition().flat_map(|(.., values)| values.iter().cloned().map(Some));
            let mut values: Vec<Option<Expr>> = values.collect();
            if values.is_empty() {
                values.push(None);
            }
            for action in statement.action_names() {
                for resource in statement.resource_exprs() {
                    let one =
                        |value: &Option<Expr>| (statement.0.effect, action.to_owned(), resource.clone(), value.clone());
                    all.extend(values.iter().map(one));
                }
            }
        }
        all
    }

    fn json(expr: &Expr) -> serde_json::Value {
        match expr {
            Expr::Str(text) => text.to_string().into(),
            Expr::List(items) => items.iter().map(json).collect(),
            Expr::Map(entries) => {
                serde_json::Value::Object(entries.iter().map(|(key, value)| (key.to_string(), json(value))).collect())
            }
            other => panic!("{other:?} is not in these documents"),
        }
    }

    proptest! {
        #[test]
        fn merging_changes_no_meaning_and_ignores_order(statements in small_document()) {
            let document: PolicyDocument = statements.iter().cloned().collect();
            let reversed: PolicyDocument = statements.into_iter().rev().collect();
            prop_assert_eq!(meaning(&document), meaning(&document.merged()));
            prop_assert_eq!(document.merged(), reversed.merged());
            prop_assert_eq!(document.merged().merged(), document.merged());
            let merged = document.merged();
            for (n, one) in merged.statements().enumerate() {
                for other in merged.statements().skip(n + 1) {
                    let differ = [one.0.actions != other.0.actions, one.0.resources != other.0.resources,
                        one.0.conditions != other.0.conditions].into_iter().filter(|differ| *differ).count();
                    let operators = |of: &PolicyStatement| {
                        of.0.each_condition().map(|(operator, ..)| operator.clone()).collect::<Vec<_>>()
                    };
                    let is_alike = one.0.effect == other.0.effect && operators(one) == operators(other);
                    prop_assert!(!is_alike || differ > 1, "{one:?} {other:?}");
                }
            }
        }

        #[test]
        fn what_is_told_without_writing_is_no_less(statements in small_document(), texts in prop::collection::vec("\\PC{0,9}|[\"\\\\a]{0,9}", 0..6)) {
            let mut document: PolicyDocument = statements.into_iter().collect();
            let mut statement = PolicyStatement::deny(texts.clone()).not_actions(texts.clone()).on(texts.clone()).not_on(texts.clone());
            for text in &texts {
                let principals = [Principal::service(text.clone()), Principal::federated(text), Principal::CanonicalUser(text.clone())];
                statement = statement.principals(principals.clone()).condition(text.clone(), text.clone(), texts.clone());
                statement = principals.into_iter().fold(statement, PolicyStatement::not_principal);
            }
            document.push(statement);
            let size = PolicySize::of(&json(&document.expr()).into());
            let most = document.at_most(&quota::at_most_of_reference);
            prop_assert!(size.bytes <= most, "{size:?} {most}");
        }
    }
}
