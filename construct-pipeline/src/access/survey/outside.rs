//! Facts that no template states.

use std::collections::BTreeMap;

use serde_json::Value;

/// Policies of things that no template makes. What is not given is not known, and what depends on it is listed as an
/// assumption.
///
/// ```
/// use construct_pipeline::access::Outside;
/// use serde_json::json;
///
/// let read = json!({ "Effect": "Allow", "Action": "s3:GetObject*", "Resource": "arn:aws:s3:::artifacts/*" });
/// let outside = Outside::new()
///     .role("arn:aws:iam::222222222222:role/deploy", [json!({ "Version": "2012-10-17", "Statement": read })])
///     .trust("arn:aws:iam::222222222222:role/deploy", json!({ "Version": "2012-10-17", "Statement": [] }));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outside {
    pub(crate) roles: BTreeMap<String, Vec<Value>>,
    pub(crate) trusts: BTreeMap<String, Value>,
    pub(crate) boundaries: BTreeMap<String, Value>,
    pub(crate) keys: BTreeMap<String, Value>,
    pub(crate) aliases: BTreeMap<String, String>,
    pub(crate) buckets: BTreeMap<String, (Option<String>, Value)>,
    pub(crate) resources: BTreeMap<String, Value>,
    pub(crate) projects: BTreeMap<String, (String, Option<String>)>,
    /// Keys of encrypted topics, both by ARN.
    pub(crate) topic_keys: BTreeMap<String, String>,
    /// Managed policies by ARN, and those that roles have.
    pub(crate) managed: BTreeMap<String, Value>,
    pub(crate) attached: BTreeMap<String, Vec<String>>,
    pub(crate) scps: BTreeMap<String, Vec<(String, Vec<Value>)>>,
    pub(crate) rcps: BTreeMap<String, Vec<(String, Vec<Value>)>>,
    /// Organizations by account.
    pub(crate) organizations: BTreeMap<String, String>,
}

impl Outside {
    /// No facts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All identity policies of a role.
    #[must_use]
    pub fn role(mut self, arn: impl Into<String>, policies: impl IntoIterator<Item = Value>) -> Self {
        self.roles.entry(arn.into()).or_default().extend(policies);
        self
    }

    /// The trust policy of a role.
    #[must_use]
    pub fn trust(mut self, role_arn: impl Into<String>, policy: Value) -> Self {
        self.trusts.insert(role_arn.into(), policy);
        self
    }

    /// The permissions boundary of a role.
    #[must_use]
    pub fn boundary(mut self, role_arn: impl Into<String>, policy: Value) -> Self {
        self.boundaries.insert(role_arn.into(), policy);
        self
    }

    /// The key policy of a key, by key ARN, or by the ARN of its alias where nobody says which key that is.
    #[must_use]
    pub fn key(mut self, arn: impl Into<String>, policy: Value) -> Self {
        self.keys.insert(arn.into(), policy);
        self
    }

    /// The key behind an alias, both by ARN.
    #[must_use]
    pub fn alias(mut self, alias_arn: impl Into<String>, key_arn: impl Into<String>) -> Self {
        self.aliases.insert(alias_arn.into(), key_arn.into());
        self
    }

    /// The policy of a bucket, and the account that owns the bucket.
    #[must_use]
    pub fn bucket(mut self, name: impl Into<String>, account: impl Into<String>, policy: Value) -> Self {
        self.buckets.insert(name.into(), (Some(account.into()), policy));
        self
    }

    /// The policy of a bucket that is taken to be in the account of the pipeline whose artifacts it stores, or of the action
    /// that works with it.
    #[must_use]
    pub fn bucket_policy(mut self, name: impl Into<String>, policy: Value) -> Self {
        let name = name.into();
        let account = self.buckets.get(&name).and_then(|(account, _)| account.clone());
        self.buckets.insert(name, (account, policy));
        self
    }

    /// The policy of another resource, such as a topic or an event bus, by its ARN.
    #[must_use]
    pub fn resource(mut self, arn: impl Into<String>, policy: Value) -> Self {
        self.resources.insert(arn.into(), policy);
        self
    }

    /// The customer-managed key that encrypts a topic, both by ARN: whoever publishes to the topic uses it. What is not
    /// given counts as not encrypted so.
    #[must_use]
    pub fn topic_key(mut self, topic_arn: impl Into<String>, key_arn: impl Into<String>) -> Self {
        self.topic_keys.insert(topic_arn.into(), key_arn.into());
        self
    }

    /// A CodeBuild project by its ARN: the role of its builds and the key it encrypts artifacts with.
    #[must_use]
    pub fn project(mut self, arn: impl Into<String>, role: impl Into<String>, key: Option<&str>) -> Self {
        self.projects.insert(arn.into(), (role.into(), key.map(str::to_owned)));
        self
    }

    /// A managed policy by its ARN, wherever it is attached or bounds a role.
    #[must_use]
    pub fn managed_policy(mut self, arn: impl Into<String>, policy: Value) -> Self {
        self.managed.insert(arn.into(), policy);
        self
    }

    /// Says that a role has a managed policy, beside its [others](Self::role).
    #[must_use]
    pub fn attached(mut self, role_arn: impl Into<String>, policy_arn: impl Into<String>) -> Self {
        self.attached.entry(role_arn.into()).or_default().push(policy_arn.into());
        self
    }

    /// The service control policies at one level above an account, `FullAWSAccess` included where it is attached. Every
    /// level has to allow.
    #[must_use]
    pub fn scps(
        mut self,
        account: impl Into<String>,
        level: impl Into<String>,
        policies: impl IntoIterator<Item = Value>,
    ) -> Self {
        self.scps.entry(account.into()).or_default().push((level.into(), policies.into_iter().collect()));
        self
    }

    /// The resource control policies at one level above an account.
    #[must_use]
    pub fn rcps(
        mut self,
        account: impl Into<String>,
        level: impl Into<String>,
        policies: impl IntoIterator<Item = Value>,
    ) -> Self {
        self.rcps.entry(account.into()).or_default().push((level.into(), policies.into_iter().collect()));
        self
    }

    /// Accounts of an organization, by its id, as in `o-exampleorgid`: what conditions on `aws:PrincipalOrgID` and
    /// `aws:ResourceOrgID` ask for. Once there is one, an account without a part in any pipeline counts as in none; of any
    /// other account that is not named, it is not known.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgid>
    #[must_use]
    pub fn organization<A: Into<String>>(
        mut self,
        id: impl Into<String>,
        accounts: impl IntoIterator<Item = A>,
    ) -> Self {
        let id = id.into();
        self.organizations.extend(accounts.into_iter().map(|account| (account.into(), id.clone())));
        self
    }
}
