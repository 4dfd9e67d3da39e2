//! Amazon Resource Names.
//!
//! See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.

use std::fmt;

use construct_core::{AccountId, Env, Expr, Partition, Value, kind};
use thiserror::Error;

/// An ARN in its six parts.
///
/// ```
/// use construct_iam::Arn;
/// let arn = Arn::parse("arn:aws:iam::111111111111:role/delivery/orders")?;
/// assert_eq!((arn.service(), arn.account()), ("iam", "111111111111"));
/// assert_eq!(arn.resource(), "role/delivery/orders");
/// # Ok::<(), construct_iam::ArnError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    partition: String,
    service: String,
    region: String,
    account: String,
    resource: String,
}

/// Why a text is no ARN.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{text}` is no ARN: {what}")]
pub struct ArnError {
    text: String,
    what: &'static str,
}

impl Arn {
    /// An ARN of a service, without region, account and resource.
    pub fn new(partition: Partition, service: impl Into<String>) -> Self {
        Self {
            partition: partition.as_str().to_owned(),
            service: service.into(),
            region: String::new(),
            account: String::new(),
            resource: String::new(),
        }
    }

    /// The ARN of a resource in an account and region.
    pub fn regional(env: Env, service: impl Into<String>, resource: impl Into<String>) -> Self {
        Self::new(env.partition(), service).region(env.region.as_str()).in_account(env.account).of(resource)
    }

    /// The ARN of a resource that belongs to an account but to no region, as everything in IAM.
    pub fn global(env: Env, service: impl Into<String>, resource: impl Into<String>) -> Self {
        Self::new(env.partition(), service).in_account(env.account).of(resource)
    }

    /// The ARN that stands for a whole account in a policy.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
    #[must_use]
    pub fn account_root(env: Env) -> Self {
        Self::global(env, "iam", "root")
    }

    /// The ARN of a role from its path (`/`, or `/…/`) and name.
    #[must_use]
    pub fn role(env: Env, path: &str, name: &str) -> Self {
        Self::global(env, "iam", format!("role{path}{name}"))
    }

    /// Sets the region.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }

    /// Sets the account.
    #[must_use]
    pub fn in_account(mut self, account: AccountId) -> Self {
        self.account = account.to_string();
        self
    }

    /// Sets the resource.
    #[must_use]
    pub fn of(mut self, resource: impl Into<String>) -> Self {
        self.resource = resource.into();
        self
    }

    /// Reads an ARN.
    ///
    /// # Errors
    /// [`ArnError`] when the text has not six parts, does not begin with `arn`, or has an empty partition, service or resource.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        let error = |what| ArnError { text: text.to_owned(), what };
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().ok_or_else(|| error("it has less than six parts"));
        if next()? != "arn" {
            return Err(error("it does not begin with `arn:`"));
        }
        let arn = Self {
            partition: next()?.to_owned(),
            service: next()?.to_owned(),
            region: next()?.to_owned(),
            account: next()?.to_owned(),
            resource: next()?.to_owned(),
        };
        if !arn.partition.starts_with("aws") {
            return Err(error("its partition does not begin with `aws`"));
        }
        if arn.service.is_empty() || arn.resource.is_empty() {
            return Err(error("its service or resource is empty"));
        }
        if !(arn.account.is_empty() || arn.account == "aws" || AccountId::parse(&arn.account).is_ok()) {
            return Err(error("its account is not 12 digits"));
        }
        Ok(arn)
    }

    /// The partition, as in `aws`.
    #[must_use]
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The service, as in `s3`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The region; empty for global resources.
    #[must_use]
    pub fn region_name(&self) -> &str {
        &self.region
    }

    /// The account; empty for buckets and a few others.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Everything behind the fifth colon.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// Whether it names both an account and a region.
    #[must_use]
    pub fn is_regional(&self) -> bool {
        !self.region.is_empty() && !self.account.is_empty()
    }

    /// The last part of the resource: the name without type and path.
    #[must_use]
    pub fn resource_name(&self) -> &str {
        self.resource.rsplit(['/', ':']).next().unwrap_or(&self.resource)
    }

    /// The environment, as far as the ARN names it; what it does not name is taken from `otherwise`.
    #[must_use]
    pub fn env(&self, otherwise: Option<Env>) -> Option<Env> {
        let account = AccountId::parse(&self.account).ok().or(otherwise.map(|env| env.account))?;
        let region = construct_core::Region::parse(&self.region).ok().or(otherwise.map(|env| env.region))?;
        Some(Env { account, region })
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

impl From<Arn> for Value<kind::Arn> {
    fn from(arn: Arn) -> Self {
        Self::new(arn.to_string())
    }
}

impl From<Arn> for Expr {
    fn from(arn: Arn) -> Self {
        arn.to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENV: Env = Env::new("111111111111", "cn-north-1");

    #[test]
    fn the_partition_comes_from_the_region() {
        assert_eq!(Arn::account_root(ENV).to_string(), "arn:aws-cn:iam::111111111111:root");
        assert_eq!(
            Arn::regional(ENV, "codebuild", "project/x").to_string(),
            "arn:aws-cn:codebuild:cn-north-1:111111111111:project/x"
        );
    }

    #[test]
    fn what_is_printed_is_read_again() {
        for text in [
            "arn:aws:s3:::bucket/a:b/c",
            "arn:aws:iam::aws:policy/AdministratorAccess",
            "arn:aws:sns:us-east-1:111111111111:t",
        ] {
            assert_eq!(Arn::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_arn_is_refused() {
        for text in [
            "",
            "arn",
            "arn:aws:iam::1:role/x",
            "urn:aws:iam::111111111111:role/x",
            "arn:aws:iam::111111111111:",
            "arn:x:iam::111111111111:role/x",
        ] {
            assert!(Arn::parse(text).is_err(), "{text}");
        }
    }
}
