//! Who a statement is about.

use std::borrow::Cow;

use construct_core::spell::{Pen, Spelled};
use construct_core::{Env, Expr, Value, fingerprint, kind};

use crate::arn::Arn;
use crate::quota;
use crate::sorted::Set;

/// A principal of a resource or trust policy.
///
/// Account roots always exist; roles and users must exist when S3, KMS or IAM store a policy that names them, and are
/// forgotten when they are deleted. See
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>.
#[doc(alias("AccountPrincipal", "ArnPrincipal", "ServicePrincipal"))]
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

    /// A service by its name, as in `codepipeline.amazonaws.com`.
    pub fn service(name: impl Into<Cow<'static, str>>) -> Self {
        Self::Service(name.into())
    }

    /// An identity provider.
    pub fn federated(provider: impl Into<Expr>) -> Self {
        Self::Federated(provider.into().bounded())
    }

    /// The ARN of an account, role, user or session.
    pub(crate) fn aws(&self) -> Option<&Expr> {
        match self {
            Self::Aws(arn) => Some(arn),
            _ => None,
        }
    }

    /// The name of a service that is none: a mere word, which IAM refuses. Services have a name in a domain of AWS.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services>
    pub(crate) fn wrong_service(&self) -> Option<&str> {
        match self {
            Self::Service(name) if !name.contains('.') => Some(name),
            _ => None,
        }
    }

    /// No less than the bytes that it takes in an element, with all that stands around principals of its kind.
    pub(crate) fn at_most(&self, of_value: impl Fn(&Expr) -> usize) -> usize {
        let value = match self {
            Self::Any => "*".len(),
            Self::Aws(value) | Self::Federated(value) => of_value(value),
            Self::Service(name) => quota::at_most_of_text(name),
            Self::CanonicalUser(id) => quota::at_most_of_text(id),
        };
        r#"{"CanonicalUser":[]}"#.len() + value
    }

    /// A number that is the same for equal principals, and seldom for others.
    pub(crate) fn fingerprint(&self) -> u64 {
        match self {
            Self::Any => 0,
            Self::Aws(value) | Self::Federated(value) => value.fingerprint(),
            Self::Service(name) => fingerprint(name),
            Self::CanonicalUser(id) => fingerprint(id),
        }
    }

    /// Its kind as it stands in an element. A set has those of one kind side by side.
    fn kind(&self) -> &'static str {
        match self {
            Self::Any => "*",
            Self::Aws(_) => "AWS",
            Self::Service(_) => "Service",
            Self::Federated(_) => "Federated",
            Self::CanonicalUser(_) => "CanonicalUser",
        }
    }

    /// Writes the `Principal` element of a set.
    pub(crate) fn spell(principals: &Set<Self>, pen: Pen<'_>) -> Spelled {
        if principals.contains(&Self::Any) {
            return pen.text("*");
        }
        let mut out = pen.map();
        for kind in ["AWS", "CanonicalUser", "Federated", "Service"] {
            let mut kinds = principals.as_slice().chunk_by(|one, other| one.kind() == other.kind());
            if let Some(all) = kinds.find(|all| all.iter().any(|one| one.kind() == kind)) {
                out.entry(kind, |pen| one_or_many(all, pen, Self::spell_one));
            }
        }
        out.end()
    }

    fn spell_one(&self, pen: Pen<'_>) -> Spelled {
        match self {
            Self::Any => pen.text("*"),
            Self::Aws(value) | Self::Federated(value) => pen.expr(value),
            Self::Service(name) => pen.text(name),
            Self::CanonicalUser(id) => pen.text(id),
        }
    }
}

/// IAM takes a single value for a list of one, and stores it so.
pub(crate) fn one_or_many<T>(values: &[T], pen: Pen<'_>, write: impl Fn(&T, Pen<'_>) -> Spelled) -> Spelled {
    match values {
        [one] => write(one, pen),
        many => pen.list(many, write),
    }
}
