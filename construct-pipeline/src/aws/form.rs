//! Statements in two forms, for policies that may outgrow their limit.

use construct_core::{Fact, LowerCx, NodeId, Quota, Reach};
use construct_iam::{PolicyDocument, PolicyStatement};

/// One form of what is said about a bucket or key: the exact statements stand in its policy, unless they make it too
/// large; then the short ones stand there in place of all exact ones.
///
/// What is attached in one form must be attached in the other too.
///
/// ```
/// use construct_pipeline::aws::StatementForm;
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Data", Env::new("111111111111", "us-east-1"));
/// let bucket = app.at(stack).add("Releases", Bucket::new().bucket_name("orders-releases"));
/// let readers = Env::new("222222222222", "us-east-1");
/// let read = || PolicyStatement::allow(["s3:GetObject"]).principal(Principal::account(readers)).on([bucket.objects()]);
/// for name in ["orders", "billing"] {
///     let role = format!("arn:aws:iam::222222222222:role/reader-{name}");
///     app.attach(bucket, StatementForm::Exact(read().condition("ArnEquals", "aws:PrincipalArn", [role])));
/// }
/// let all = "arn:aws:iam::222222222222:role/reader-*";
/// app.attach(bucket, StatementForm::Short(read().condition("ArnLike", "aws:PrincipalArn", [all])));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatementForm {
    /// Says no more than is meant.
    Exact(PolicyStatement),
    /// Says more, in so few words that many statements become one.
    Short(PolicyStatement),
}

impl Fact for StatementForm {
    const NAME: &'static str = "policy statement";
    const REACH: Reach = Reach::Node;
    const IS_KEPT_FOR_CHECKS: bool = false;

    fn summary(&self) -> Option<String> {
        let (Self::Exact(statement) | Self::Short(statement)) = self;
        statement.summary()
    }
}

impl StatementForm {
    /// A policy about which several pipelines say something, in an order that does not depend on theirs.
    pub(crate) fn in_order(document: PolicyDocument, of: impl Into<NodeId>, cx: &LowerCx<'_>) -> PolicyDocument {
        match cx.facts_of::<Self>(of).next() {
            Some(_) => document.in_order_of_names(cx),
            None => document,
        }
    }

    /// The merged policy of some statements: with those in exact form if that is not long, else with those in short form.
    pub(crate) fn choose<'a>(
        plain: impl Iterator<Item = PolicyStatement>,
        forms: impl Iterator<Item = &'a Self>,
        cx: &LowerCx<'_>,
        quota: &Quota,
    ) -> PolicyDocument {
        let (mut exact, mut short): (Vec<PolicyStatement>, Vec<PolicyStatement>) = (plain.collect(), Vec::new());
        let n_plain = exact.len();
        for form in forms {
            match form {
                Self::Exact(statement) => exact.push(statement.clone()),
                Self::Short(statement) => short.push(statement.clone()),
            }
        }
        let has_short = !short.is_empty();
        if has_short {
            short.extend_from_slice(&exact[..n_plain]);
        }
        let document = exact.into_iter().collect::<PolicyDocument>().into_merged().naming_once(cx);
        match has_short && document.is_long(cx, quota) {
            true => short.into_iter().collect::<PolicyDocument>().into_merged().naming_once(cx),
            false => document,
        }
    }
}
