//! A request, and the policies that are in force for it.

use std::sync::Arc;

use super::action::{Action, Concerns};
use super::arn::{ArnText, SharedArn};
use super::context::Context;
use super::policy::Policy;
use super::principal::Principal;
use super::symbol;

/// Who wants to do what to which resource, and the circumstances.
///
/// ```
/// use construct_iam::access::{Context, Principal, Request, ResourceKind};
///
/// let principal = Principal::role_session("arn:aws:iam::222222222222:role/deploy", "s1").expect("the ARN of a role");
/// let request = Request::new(principal, "kms:Decrypt", "arn:aws:kms:us-east-1:111111111111:key/1234", "111111111111")
///     .with_context(Context::open().with("kms:ViaService", "s3.us-east-1.amazonaws.com"));
/// assert_eq!(request.kind(), ResourceKind::Key);
/// ```
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) principal: Arc<Principal>,
    pub(crate) action: Arc<Action>,
    pub(crate) resource: Arc<Resource>,
    /// Policies are matched with the key behind the alias that the resource is.
    reads_through_alias: bool,
    pub(crate) kind: ResourceKind,
    pub(crate) context: Context,
}

/// A request of parts that belong to others, for whoever asks thousands of questions.
///
/// ```
/// use construct_iam::access::{Action, Context, PolicySet, Principal, Query, Resource, Truth, is_allowed};
///
/// let (service, put) = (Principal::service("events.amazonaws.com"), Action::from("events:PutEvents"));
/// let bus = Resource::new("arn:aws:events:us-east-1:111111111111:event-bus/default", "111111111111");
/// let nothing = PolicySet::new();
/// assert_eq!(is_allowed(Query::new(&service, &put, &bus, &Context::open()), &nothing, &nothing), Truth::No);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) action: &'a Action,
    pub(crate) resource: &'a Resource,
    reads_through_alias: bool,
    pub(crate) kind: ResourceKind,
    pub(crate) context: &'a Context,
}

/// What a request is about: an ARN, or `*` for an action without a resource, and the account that owns it. It is taken
/// apart once for any number of requests.
///
/// ```
/// use construct_iam::access::Resource;
///
/// let object = Resource::new("arn:aws:s3:::artifacts/app.zip", "111111111111");
/// assert_eq!((object.arn(), object.account()), ("arn:aws:s3:::artifacts/app.zip", "111111111111"));
/// ```
#[derive(Clone, Debug)]
pub struct Resource {
    arn: SharedArn,
    /// `None`: the one in the ARN.
    account: Option<Arc<str>>,
    /// If this is an alias of a key: a key of which the id is not known.
    behind_alias: Option<SharedArn>,
}

/// How the policy of the resource counts. It belongs to the resource: a key is a key also where no key policy is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResourceKind {
    /// Inside one account either the identity policy or the policy of the resource has to allow.
    Ordinary,
    /// A KMS key: its [key policy](https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html) always has
    /// to allow.
    Key,
    /// A role that is to be assumed: its [trust
    /// policy](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html) always has to
    /// allow.
    Trust,
}

impl Request {
    /// A request in an open context, where no condition key is known. The principal's own keys are known with
    /// [`Context::of_principal`].
    ///
    /// `resource` is an ARN, or `*` for an action without a resource; `resource_account` owns it. The
    /// [kind](Self::kind) is inferred: calls of KMS concern a key, unless they manage an alias; calls of STS about a
    /// role concern its trust. Where a key is named by its alias, policies are matched with a key of which the id is
    /// not known, as [an alias ARN in a policy never stands for the
    /// key](https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html).
    #[must_use]
    pub fn new(
        principal: impl Into<Arc<Principal>>,
        action: impl Into<Action>,
        resource: impl Into<Arc<str>>,
        resource_account: impl AsRef<str> + Into<Arc<str>>,
    ) -> Self {
        Self::on(principal, action.into(), Resource::new(resource, resource_account), Context::open())
    }

    /// The same of what was prepared before: whoever asks thousands of questions shares principals, actions, resources
    /// and contexts among them.
    ///
    /// ```
    /// use construct_iam::access::{Action, Context, Principal, Request, Resource};
    /// use std::sync::{Arc, LazyLock};
    ///
    /// let bus = "arn:aws:events:us-east-1:111111111111:event-bus/default";
    /// let (put, bus) = (Arc::new(Action::from("events:PutEvents")), Arc::new(Resource::new(bus, "111111111111")));
    /// let context = Arc::new(Context::open());
    /// let request = |principal| Request::on(principal, Arc::clone(&put), Arc::clone(&bus), Arc::clone(&context));
    /// let (service, root) = (Principal::service("events.amazonaws.com"), Principal::root("aws", "222222222222"));
    /// assert_eq!(request(service).resource(), request(root).resource());
    /// ```
    #[must_use]
    pub fn on(
        principal: impl Into<Arc<Principal>>,
        action: impl Into<Arc<Action>>,
        resource: impl Into<Arc<Resource>>,
        context: impl Into<Context>,
    ) -> Self {
        let (action, resource) = (action.into(), resource.into());
        let kind = inferred_kind(&action, resource.arn.as_text());
        Self {
            principal: principal.into(),
            action,
            resource,
            reads_through_alias: kind == ResourceKind::Key,
            kind,
            context: context.into(),
        }
    }

    /// Replaces the context.
    #[must_use]
    pub fn with_context(mut self, context: impl Into<Context>) -> Self {
        self.context = context.into();
        self
    }

    /// Overrides how the policy of the resource counts.
    #[must_use]
    pub fn with_kind(mut self, kind: ResourceKind) -> Self {
        self.kind = kind;
        self
    }

    /// Who makes the request.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The action, as given.
    #[must_use]
    pub fn action(&self) -> &str {
        self.action.name()
    }

    /// The resource, as given.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.resource.arn()
    }

    /// The account that owns the resource.
    #[must_use]
    pub fn resource_account(&self) -> &str {
        self.resource.account()
    }

    /// How the policy of the resource counts.
    #[must_use]
    pub const fn kind(&self) -> ResourceKind {
        self.kind
    }

    /// The circumstances.
    #[must_use]
    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// The same, borrowed.
    #[must_use]
    pub fn query(&self) -> Query<'_> {
        let Self { principal, action, resource, reads_through_alias, kind, context } = self;
        Query { principal, action, resource, reads_through_alias: *reads_through_alias, kind: *kind, context }
    }
}

impl<'a> Query<'a> {
    /// A request as [`Request::on`] makes it.
    #[must_use]
    pub fn new(principal: &'a Principal, action: &'a Action, resource: &'a Resource, context: &'a Context) -> Self {
        let kind = inferred_kind(action, resource.arn.as_text());
        Self { principal, action, resource, reads_through_alias: kind == ResourceKind::Key, kind, context }
    }

    /// What the `Resource` element of policies is matched with.
    pub(crate) fn resource_text(self) -> ArnText<'a> {
        let key = self.resource.behind_alias.as_ref().filter(|_| self.reads_through_alias);
        key.unwrap_or(&self.resource.arn).as_text()
    }
}

impl Resource {
    /// A resource and the account that owns it.
    #[must_use]
    pub fn new(arn: impl Into<Arc<str>>, account: impl AsRef<str> + Into<Arc<str>>) -> Self {
        let arn = SharedArn::new(arn);
        let is_told = arn.as_text().account() == Some(account.as_ref());
        Self { behind_alias: key_behind_alias(arn.as_text()), arn, account: (!is_told).then(|| account.into()) }
    }

    /// The ARN, or `*`.
    #[must_use]
    pub fn arn(&self) -> &str {
        self.arn.as_text().text
    }

    /// The account that owns it.
    #[must_use]
    pub fn account(&self) -> &str {
        let told = || self.arn.as_text().account();
        self.account.as_deref().or_else(told).unwrap_or_default()
    }
}

fn inferred_kind(action: &Action, resource: ArnText<'_>) -> ResourceKind {
    let last_part_begins = |with: &str| resource.last_part().map(|last| last.starts_with(with));
    match action.concerns {
        _ if resource.text == "*" => ResourceKind::Ordinary,
        Concerns::KeyOrAlias if last_part_begins("alias/") == Some(true) => ResourceKind::Ordinary,
        Concerns::Key | Concerns::KeyOrAlias => ResourceKind::Key,
        Concerns::Trust if last_part_begins("role/") != Some(false) => ResourceKind::Trust,
        Concerns::Trust | Concerns::Other => ResourceKind::Ordinary,
    }
}

fn key_behind_alias(resource: ArnText<'_>) -> Option<SharedArn> {
    let alias = resource.last_part().filter(|last| last.starts_with("alias/"))?;
    let head = resource.text.strip_suffix(alias)?;
    Some(SharedArn::new(format!("{head}key/{}", symbol::UNKNOWN)))
}

/// The policies in force for a request. What is not given does not limit; what is given but not known is a
/// [`Policy::unknown`].
///
/// ```
/// use construct_iam::access::{Policy, PolicySet};
///
/// let policies = PolicySet::new()
///     .identity(Policy::unknown("policies of the imported role"))
///     .scp_level("root", [Policy::unknown("service control policies")]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct PolicySet {
    /// Those of who makes the request, if there are any. A copy shares them, so that they are collected once for all
    /// requests of one principal.
    own: Option<Arc<Own>>,
    /// Those of the resource, shared in the same way.
    guard: Option<Arc<Guard>>,
}

/// The policies of a set, or of two: those of who makes the request, and those of the resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InForce<'a> {
    pub(crate) own: &'a Own,
    pub(crate) guard: &'a Guard,
}

/// The policies of who makes the request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    pub(crate) identity: Vec<Policy>,
    pub(crate) boundary: Option<Vec<Policy>>,
    pub(crate) session: Option<Vec<Policy>>,
    pub(crate) scps: Vec<Level>,
}

/// The policies of the resource.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    pub(crate) resource: Vec<Policy>,
    pub(crate) rcps: Vec<Level>,
}

/// The control policies that are attached at one level of an organization: the root, an organizational unit or an account.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    pub(crate) name: Arc<str>,
    pub(crate) policies: Vec<Policy>,
}

static NO_OWN: Own = Own { identity: Vec::new(), boundary: None, session: None, scps: Vec::new() };
static NO_GUARD: Guard = Guard { resource: Vec::new(), rcps: Vec::new() };

impl PolicySet {
    /// No policies at all, which denies everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an identity policy: attached to, or inline in, the role or user that makes the request.
    #[must_use]
    pub fn identity(mut self, policy: Policy) -> Self {
        self.own().identity.push(policy);
        self
    }

    /// Adds the policy of the resource: bucket policy, key policy, trust policy …; [`Request::kind`] says how it counts.
    #[must_use]
    pub fn resource(mut self, policy: Policy) -> Self {
        self.guard().resource.push(policy);
        self
    }

    /// Sets the permissions boundary of the principal.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
    #[must_use]
    pub fn boundary(mut self, policy: Policy) -> Self {
        self.own().boundary.get_or_insert_default().push(policy);
        self
    }

    /// Adds a session policy, which was passed when the role was assumed.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session>
    #[must_use]
    pub fn session(mut self, policy: Policy) -> Self {
        self.own().session.get_or_insert_default().push(policy);
        self
    }

    /// Adds a level of service control policies of the principal's account, `FullAWSAccess` included where it is
    /// attached. Every level has to allow the request.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>
    #[must_use]
    pub fn scp_level(mut self, name: impl Into<Arc<str>>, policies: impl IntoIterator<Item = Policy>) -> Self {
        self.own().scps.push(Level { name: name.into(), policies: policies.into_iter().collect() });
        self
    }

    /// Adds a level of resource control policies of the resource's account. `RCPFullAWSAccess` is always attached and
    /// may be left out, so that only a Deny matters.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html>
    #[must_use]
    pub fn rcp_level(mut self, name: impl Into<Arc<str>>, policies: impl IntoIterator<Item = Policy>) -> Self {
        self.guard().rcps.push(Level { name: name.into(), policies: policies.into_iter().collect() });
        self
    }

    /// The policies of who makes the request as this set has them, and those of the resource as the other one has them.
    /// Nothing is copied.
    ///
    /// ```
    /// use construct_iam::access::{Policy, PolicySet};
    ///
    /// let caller = PolicySet::new().identity(Policy::unknown("policies of the imported role"));
    /// let bucket = PolicySet::new().resource(Policy::unknown("policy of the imported bucket"));
    /// let both = caller.guarded_by(&bucket);
    /// ```
    #[must_use]
    pub fn guarded_by(&self, other: &Self) -> Self {
        Self { own: self.own.clone(), guard: other.guard.clone() }
    }

    /// All policies of the set.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        let InForce { own, guard } = self.beside(self);
        let limits = own.boundary.iter().chain(&own.session).flatten();
        let controls = own.scps.iter().chain(&guard.rcps).flat_map(|level| &level.policies);
        own.identity.iter().chain(&guard.resource).chain(limits).chain(controls)
    }

    /// Those of who makes the request as this set has them, and those of the resource as the other one has them.
    pub(crate) fn beside<'a>(&'a self, other: &'a Self) -> InForce<'a> {
        InForce { own: self.own.as_deref().unwrap_or(&NO_OWN), guard: other.guard.as_deref().unwrap_or(&NO_GUARD) }
    }

    fn own(&mut self) -> &mut Own {
        Arc::make_mut(self.own.get_or_insert_default())
    }

    fn guard(&mut self) -> &mut Guard {
        Arc::make_mut(self.guard.get_or_insert_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_what_it_was_given() {
        let request = Request::new(Principal::Anonymous, "S3:GetObject", "arn:aws:s3:::b/x", "111111111111");
        assert_eq!((request.action(), request.resource()), ("S3:GetObject", "arn:aws:s3:::b/x"));
        assert_eq!((request.resource_account(), request.principal()), ("111111111111", &Principal::Anonymous));
        assert_eq!((request.context(), request.action.service()), (&Context::open(), "s3"));
        for (arn, account) in
            [("arn:aws:iam::1:role/r", "1"), ("arn:aws:iam::1:role/r", "2"), ("*", ""), ("a:::::b", "")]
        {
            assert_eq!((Resource::new(arn, account).arn(), Resource::new(arn, account).account()), (arn, account));
        }
    }

    #[test]
    fn kind_is_inferred_from_action_and_resource() {
        let kind =
            |action: &str, resource: &str| Request::new(Principal::Anonymous, action, resource, "111111111111").kind();
        let key = "arn:aws:kms:us-east-1:111111111111:key/1234";
        let alias = "arn:aws:kms:us-east-1:111111111111:alias/a";
        let role = "arn:aws:iam::111111111111:role/r";
        assert_eq!(kind("KMS:Decrypt", key), ResourceKind::Key);
        assert_eq!(kind("kms:Decrypt", "\u{F0000}"), ResourceKind::Key);
        assert_eq!(kind("kms:CreateAlias", alias), ResourceKind::Ordinary);
        assert_eq!(kind("kms:CreateAlias", key), ResourceKind::Key);
        assert_eq!(kind("kms:Decrypt", alias), ResourceKind::Key);
        assert_eq!(kind("kms:ListKeys", "*"), ResourceKind::Ordinary);
        assert_eq!(kind("sts:AssumeRole", role), ResourceKind::Trust);
        assert_eq!(kind("sts:TagSession", "\u{F0000}"), ResourceKind::Trust);
        assert_eq!(kind("sts:GetSessionToken", "*"), ResourceKind::Ordinary);
        assert_eq!(kind("sts:GetFederationToken", "arn:aws:sts::1:federated-user/x"), ResourceKind::Ordinary);
        assert_eq!(kind("iam:PassRole", role), ResourceKind::Ordinary);
        assert_eq!(kind("s3:GetObject", "arn:aws:s3:::b/key/x"), ResourceKind::Ordinary);
    }
}
