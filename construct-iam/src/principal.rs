//! Who a statement is about.

use std::borrow::Cow;
use std::collections::BTreeMap;

use construct_core::{Env, Expr, Properties, Value, kind};

use crate::arn::Arn;
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

    /// The `Principal` element of a set.
    pub(crate) fn element(principals: &Set<Self>) -> Expr {
        if principals.contains(&Self::Any) {
            return "*".into();
        }
        let mut kinds: BTreeMap<&'static str, Vec<Expr>> = BTreeMap::new();
        for principal in principals.iter() {
            let (kind, value) = match principal {
                Self::Any => continue,
                Self::Aws(arn) => ("AWS", arn.clone()),
                Self::Service(name) => ("Service", name.clone().into()),
                Self::Federated(provider) => ("Federated", provider.clone()),
                Self::CanonicalUser(id) => ("CanonicalUser", id.clone().into()),
            };
            kinds.entry(kind).or_default().push(value);
        }
        kinds.into_iter().map(|(kind, values)| (kind, one_or_many(values.into_iter()))).collect::<Properties>().into()
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
