//! Amazon Resource Names.
//!
//! See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.

use std::cmp::Ordering;
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
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Arn {
    text: String,
    /// Where partition, service, region and account end, each at a colon.
    ends: [usize; 4],
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
    pub fn new(partition: Partition, service: impl AsRef<str>) -> Self {
        Self::of_parts([partition.as_str(), service.as_ref(), "", ""], &[])
    }

    fn of_parts(parts: [&str; 4], resource: &[&str]) -> Self {
        let length = |parts: &[&str]| parts.iter().map(|part| part.len()).sum::<usize>();
        let mut text = String::with_capacity("arn:::::".len() + length(&parts) + length(resource));
        text.push_str("arn:");
        let mut ends = [0; 4];
        for (end, part) in ends.iter_mut().zip(parts) {
            text.push_str(part);
            *end = text.len();
            text.push(':');
        }
        resource.iter().for_each(|part| text.push_str(part));
        Self { text, ends }
    }

    fn parts(&self) -> [&str; 5] {
        let [partition, service, region, account] = self.ends;
        let text = &self.text;
        [
            &text["arn:".len()..partition],
            &text[partition + 1..service],
            &text[service + 1..region],
            &text[region + 1..account],
            &text[account + 1..],
        ]
    }

    /// The ARN of a resource in an account and region. Where a reference stands in it, such as the name of a construct,
    /// `text!` joins both.
    ///
    /// ```
    /// use construct_core::{App, Env, RawResource, text};
    /// use construct_iam::{Arn, PolicyStatement};
    /// const DATA: Env = Env::new("111111111111", "us-east-1");
    /// let mut app = App::new();
    /// let stack = app.stack("Data", DATA);
    /// let table = app.at(stack).add("Orders", RawResource::new("AWS::DynamoDB::Table"));
    /// let index = text!("{}/{}/index/*", Arn::regional(DATA, "dynamodb", "table"), table.reference());
    /// let read = PolicyStatement::allow(["dynamodb:Query"]).on([index]);
    /// ```
    pub fn regional(env: Env, service: impl AsRef<str>, resource: impl AsRef<str>) -> Self {
        let parts = [env.partition().as_str(), service.as_ref(), env.region.as_str(), env.account.as_str()];
        Self::of_parts(parts, &[resource.as_ref()])
    }

    /// The ARN of a resource that belongs to an account but to no region, as everything in IAM.
    pub fn global(env: Env, service: impl AsRef<str>, resource: impl AsRef<str>) -> Self {
        Self::of_parts([env.partition().as_str(), service.as_ref(), "", env.account.as_str()], &[resource.as_ref()])
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
        Self::of_parts([env.partition().as_str(), "iam", "", env.account.as_str()], &["role", path, name])
    }

    /// Sets the region.
    #[must_use]
    pub fn region(self, region: impl AsRef<str>) -> Self {
        let [partition, service, _, account, resource] = self.parts();
        Self::of_parts([partition, service, region.as_ref(), account], &[resource])
    }

    /// Sets the account.
    #[must_use]
    pub fn in_account(self, account: AccountId) -> Self {
        let [partition, service, region, _, resource] = self.parts();
        Self::of_parts([partition, service, region, account.as_str()], &[resource])
    }

    /// Sets the resource.
    #[must_use]
    pub fn of(self, resource: impl AsRef<str>) -> Self {
        let [partition, service, region, account, _] = self.parts();
        Self::of_parts([partition, service, region, account], &[resource.as_ref()])
    }

    /// Reads an ARN.
    ///
    /// # Errors
    /// [`ArnError`] when the text has not six parts, does not begin with `arn`, or has an empty partition, service or
    /// resource.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        let error = |what| ArnError { text: text.to_owned(), what };
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().ok_or_else(|| error("it has less than six parts"));
        if next()? != "arn" {
            return Err(error("it does not begin with `arn:`"));
        }
        let [partition, service, region, account, resource] = [next()?, next()?, next()?, next()?, next()?];
        if !partition.starts_with("aws") {
            return Err(error("its partition does not begin with `aws`"));
        }
        if service.is_empty() || resource.is_empty() {
            return Err(error("its service or resource is empty"));
        }
        if !(account.is_empty() || account == "aws" || AccountId::parse(account).is_ok()) {
            return Err(error("its account is not 12 digits"));
        }
        Ok(Self::of_parts([partition, service, region, account], &[resource]))
    }

    /// The partition, as in `aws`.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.parts()[0]
    }

    /// The service, as in `s3`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.parts()[1]
    }

    /// The region; empty for global resources.
    #[must_use]
    pub fn region_name(&self) -> &str {
        self.parts()[2]
    }

    /// The account; empty for buckets and a few others.
    #[must_use]
    pub fn account(&self) -> &str {
        self.parts()[3]
    }

    /// Everything behind the fifth colon.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.parts()[4]
    }

    /// Whether it names both an account and a region.
    #[must_use]
    pub fn is_regional(&self) -> bool {
        !self.region_name().is_empty() && !self.account().is_empty()
    }

    /// The last part of the resource: the name without type and path.
    #[must_use]
    pub fn resource_name(&self) -> &str {
        self.resource().rsplit(['/', ':']).next().unwrap_or_default()
    }

    /// The environment, as far as the ARN names it; what it does not name is taken from `otherwise`.
    #[must_use]
    pub fn env(&self, otherwise: Option<Env>) -> Option<Env> {
        let account = AccountId::parse(self.account()).ok().or(otherwise.map(|env| env.account))?;
        let region = construct_core::Region::parse(self.region_name()).ok().or(otherwise.map(|env| env.region))?;
        Some(Env { account, region })
    }
}

/// Part by part.
impl Ord for Arn {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for Arn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Arn> for Value<kind::Arn> {
    fn from(arn: Arn) -> Self {
        Self::new(arn.text)
    }
}

impl From<Arn> for Expr {
    fn from(arn: Arn) -> Self {
        arn.text.into()
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
