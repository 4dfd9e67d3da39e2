//! Who a statement is about.

use std::borrow::Cow;

use construct_core::{Env, Expr, Value, kind};

use crate::arn::Arn;
use crate::quota;
use crate::sorted::Set;

/// A principal of a resource or trust policy.
///
/// Account roots always exist; roles and users must exist when S3, KMS or IAM store a policy that names them, and are
/// forgotten when they are deleted. See
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Principal {
    /// Everybody, anonymous callers included: `*`.
    Any,
    /// An account, role, user or session by its ARN.
    Aws(Expr),
    /// A service, as in `codepipeline.amazonaws.com`.
    Service(Cow<'static, str>),
    /// An identity provider by its ARN or host name.
    Federated(Expr),
    /// An S3 canonical user id.
    CanonicalUser(String),
}

impl Principal {
    /// All principals of an account, as far as the account's own policies let them.
    #[must_use]
    pub fn account(env: Env) -> Self {
        Self::Aws(Arn::account_root(env).into())
    }

    /// A role, user or session.
    pub fn arn(arn: impl Into<Value<kind::Arn>>) -> Self {
        Self::Aws(Expr::from(arn.into()).by_name())
    }

    /// A service.
    pub fn service(name: impl Into<Cow<'static, str>>) -> Self {
        Self::Service(name.into())
    }

    /// An identity provider.
    pub fn federated(provider: impl Into<Expr>) -> Self {
        Self::Federated(provider.into())
    }

    /// No less than the bytes that it takes in an element, with all that stands around principals of its kind.
    pub(crate) fn at_most(&self) -> usize {
        let value = match self {
            Self::Any => "*".len(),
            Self::Aws(value) | Self::Federated(value) => quota::at_most(value),
            Self::Service(name) => quota::at_most_of_text(name),
            Self::CanonicalUser(id) => quota::at_most_of_text(id),
        };
        r#"{"CanonicalUser":[]}"#.len() + value
    }

    /// The `Principal` element of a set.
    pub(crate) fn element(principals: &Set<Self>) -> Expr {
        if principals.contains(&Self::Any) {
            return "*".into();
        }
        let of_kind = |kind: &'static str| {
            let values = principals.iter().filter_map(move |principal| match (principal, kind) {
                (Self::Aws(arn), "AWS") => Some(arn.clone()),
                (Self::CanonicalUser(id), "CanonicalUser") => Some(id.into()),
                (Self::Federated(provider), "Federated") => Some(provider.clone()),
                (Self::Service(name), "Service") => Some(name.clone().into()),
                _ => None,
            });
            let values: Vec<Expr> = values.collect();
            (!values.is_empty()).then(|| (kind, one_or_many(values.into_iter())))
        };
        Expr::map(["AWS", "CanonicalUser", "Federated", "Service"].into_iter().filter_map(of_kind))
    }
}

/// IAM takes a single value for a list of one, and stores it so.
pub(crate) fn one_or_many(values: impl ExactSizeIterator<Item = Expr>) -> Expr {
    let mut values = values;
    match values.len() {
        1 => values.next().expect("there is one value"),
        _ => Expr::List(values.collect()),
    }
}
