//! Roles, owned and imported.

mod above;

use std::borrow::Cow;
use std::sync::Arc;

use construct_core::quota::nearly;
use construct_core::spell::Spell;
use construct_core::{
    Attr, CfnResource, Claim, Diagnostic, Env, Expr, Fact, Lower, LowerCx, PlanCx, Properties, Reach, Resources, Synth,
    Tagging, Uniqueness, ValidateCx, Value, kind,
};

use crate::arn::Arn;
use crate::import::{ArnKind, Imported};
use crate::policy::{ManagedPolicy, PolicyDocument, PolicyStatement, arn_problem, policy_elsewhere};
use crate::principal::Principal;
use crate::quota::{self, INLINE_POLICIES, MANAGED_POLICIES, MANAGED_POLICY, PolicySize};
use above::path_problem;

pub use above::{PermissionsBoundary, RolePath};

construct_core::handle! {
    /// A role, owned or imported.
    pub struct RoleRef {
        /// The role's ARN.
        arn: Arn = GetAtt("Arn"),
        /// The role's name.
        name: Name = Ref,
        /// The role's unique id, which a recreated role does not share.
        role_id: Text = GetAtt("RoleId"),
    }
}

/// The role with which a construct works: the link that lets others grant to "the project" or "the function".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceRole(pub RoleRef);

impl Fact for ServiceRole {
    const NAME: &'static str = "service role";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
}

/// An IAM role.
///
/// Its permissions are inline: they exist as soon as the role does, so nothing can use the role before it is able to
/// work. Statements attached to its handle are merged with those given here. When they come near the
/// [quota](crate::quota::INLINE_POLICIES) of 10,240 characters, what is too much goes into managed policies, named
/// after the role with `-1`, `-2` … at the end; whatever comes after the role in its stack comes after them, too. When
/// a role takes on so many [roles with derived names](crate::DerivedName) that ten managed policies are not enough,
/// each account's are written as one pattern over all regions.
///
/// ```
/// use construct_core::{App, Env};
/// use construct_iam::{PolicyStatement, Principal, Role};
/// let mut app = App::new();
/// let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let mut scope = app.at(stack);
/// let role = scope.add("Builder", Role::new(Principal::service("codebuild.amazonaws.com")).role_name("builder"));
/// scope.attach(role, PolicyStatement::allow(["s3:GetObject"]).on(["arn:aws:s3:::orders/*"]));
/// ```
///
/// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-iam-role.html>.
///
/// Copies share what they are until one is changed, so that a plan holds a role once.
#[derive(Clone, Debug)]
#[must_use]
pub struct Role(Arc<Settings>);

/// What a role is.
#[derive(Clone, Debug)]
struct Settings {
    trust: PolicyDocument,
    name: Option<String>,
    path: Option<String>,
    description: Option<String>,
    max_session_seconds: Option<u32>,
    boundary: Option<Value<kind::Arn>>,
    managed: Vec<Value<kind::Arn>>,
    policies: Vec<(String, PolicyDocument)>,
    permissions: PolicyDocument,
}

impl Role {
    /// A role that a principal may assume.
    pub fn new(principal: Principal) -> Self {
        let action = match principal {
            Principal::Federated(_) => "sts:AssumeRoleWithWebIdentity",
            Principal::Any | Principal::Aws(_) | Principal::Service(_) | Principal::CanonicalUser(_) => {
                "sts:AssumeRole"
            }
        };
        Self::trusting(PolicyDocument::new().with(PolicyStatement::allow([action]).principal(principal)))
    }

    /// A role with a trust policy of your own.
    pub fn trusting(trust: PolicyDocument) -> Self {
        Self(Arc::new(Settings {
            trust,
            name: None,
            path: None,
            description: None,
            max_session_seconds: None,
            boundary: None,
            managed: Vec::new(),
            policies: Vec::new(),
            permissions: PolicyDocument::new(),
        }))
    }

    /// What it is, to be changed; copies stay what they were.
    fn change(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.0)
    }

    /// A role that exists already: it is referred to and never written to.
    #[doc(alias("fromRoleArn", "fromRoleName"))]
    pub fn import(arn: impl Into<Value<kind::Arn>>) -> ImportedRole {
        ImportedRole::new(arn)
    }

    /// The role's name: 1 to 64 characters of `A-Za-z0-9+=,.@_-`, unique in the account whatever the case of its letters.
    /// With a name, the role can be known in other accounts; without, CloudFormation makes one up.
    pub fn role_name(mut self, name: impl Into<String>) -> Self {
        self.change().name = Some(name.into());
        self
    }

    /// The path, beginning and ending with `/`, at most 512 characters; that of a [`RolePath`] above, or else `/`, by
    /// default.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.change().path = Some(path.into());
        self
    }

    /// What the role is for, at most 1,000 characters.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.change().description = Some(description.into());
        self
    }

    /// The longest session in seconds, 3,600 to 43,200.
    pub fn max_session_duration(mut self, seconds: u32) -> Self {
        self.change().max_session_seconds = Some(seconds);
        self
    }

    /// The managed policy that bounds what the role may do.
    pub fn permissions_boundary(mut self, policy: impl Into<Value<kind::Arn>>) -> Self {
        self.change().boundary = Some(policy.into());
        self
    }

    /// Attaches a managed policy.
    pub fn managed_policy(mut self, arn: impl Into<Value<kind::Arn>>) -> Self {
        self.change().managed.push(arn.into());
        self
    }

    /// Adds an inline policy with a name of its own, which is not merged with anything.
    pub fn inline_policy(mut self, name: impl Into<String>, document: PolicyDocument) -> Self {
        self.change().policies.push((name.into(), document));
        self
    }

    /// Adds a permission.
    pub fn allow(mut self, statement: PolicyStatement) -> Self {
        self.change().permissions.push(statement);
        self
    }
}

impl Synth for Role {
    type Handle = RoleRef;

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        self.0.report_settings(cx);
        self.0.report_statements(cx);
    }

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        cx.gauge(quota::GAUGE);
        // The path is part of the ARN, by which others know the role: it is settled before anybody asks.
        let mut planned = self.clone();
        if self.0.path.is_none()
            && let Some(above) = cx.view().facts_of::<RolePath>(cx.here()).next().map(|path| path.as_str().to_owned())
        {
            planned.change().path = Some(above);
        }
        Box::new(planned)
    }
}

impl Lower for Role {
    fn lower(&self, cx: &LowerCx<'_>, out: &mut Resources) {
        self.0.lower(cx, out);
    }

    fn physical(&self, attr: &Attr, own: Env) -> Option<Expr> {
        self.0.physical(attr, own)
    }
}

impl Settings {
    /// Reports what IAM refuses of name, path, session and description.
    fn report_settings(&self, cx: &mut ValidateCx<'_>) {
        if let Some(name) = &self.name
            && !is_name(name)
        {
            cx.report(
                Diagnostic::error(
                    "iam::malformed-role-name",
                    format!("`{}` is no name of a role", name.escape_debug()),
                )
                .help("role names have 1 to 64 letters, digits and `+=,.@_-`"),
            );
        }
        if let Some(problem) = self.path.as_deref().and_then(path_problem) {
            cx.report(problem);
        }
        for problem in self.boundary.iter().chain(&self.managed).filter_map(arn_problem) {
            cx.report(problem);
        }
        if let Some(env) = cx.env() {
            self.report_elsewhere(env, cx);
        }
        if let Some(seconds) = self.max_session_seconds
            && !(3_600..=43_200).contains(&seconds)
        {
            cx.report(
                Diagnostic::error("iam::session-duration", format!("a session cannot last {seconds} seconds"))
                    .help("the maximum session duration is 3,600 to 43,200 seconds"),
            );
        }
        if self.description.as_ref().is_some_and(|description| description.chars().count() > 1_000) {
            cx.report(
                Diagnostic::error(
                    "iam::long-description",
                    "the description of the role has more than 1,000 characters",
                )
                .help("shorten it"),
            );
        }
    }

    /// Reports managed policies of other accounts, which no role can have.
    fn report_elsewhere(&self, env: Env, cx: &mut ValidateCx<'_>) {
        let (here, view) = (cx.here(), cx.view());
        let own = self.boundary.iter().chain(&self.managed).filter_map(|policy| policy_elsewhere(policy, env));
        let attached = view.facts_with_lines_of::<ManagedPolicy>(here);
        let attached = attached.filter_map(|(policy, at)| Some(policy_elsewhere(policy.arn(), env)?.at(at)));
        let nearest = view.facts_with_lines_of::<PermissionsBoundary>(here).next().filter(|_| self.boundary.is_none());
        let above = nearest.into_iter().filter_map(|(boundary, at)| Some(boundary.elsewhere(env)?.at(at)));
        let found: Vec<Diagnostic> = own.chain(attached).chain(above).collect();
        found.into_iter().for_each(|one| cx.report(one));
    }

    /// Reports the statements that IAM refuses: those given here, and those that were attached.
    fn report_statements(&self, cx: &mut ValidateCx<'_>) {
        let inline = self.policies.iter().flat_map(|(_, document)| document.statements());
        let here = cx.here();
        let view = cx.view();
        let env = cx.env();
        let problem_of = |one: &PolicyStatement, in_trust: bool| {
            let malformed = one.problem(!in_trust).or_else(|| one.odd_condition()).map(|problem| malformed(&problem));
            malformed.or_else(|| env.and_then(|env| one.other_partition(env)))
        };
        let problem = |one: &PolicyStatement| problem_of(one, one.has_principal());
        // Nearly always all are sound, and then their order is of no interest.
        let attached = match view.any_fact(here, |one| problem(one).is_some()) {
            true => view.facts_with_lines_of::<PolicyStatement>(here).collect(),
            false => Vec::new(),
        };
        let problems: Vec<Diagnostic> = (self.permissions.statements().chain(inline).map(|one| problem_of(one, false)))
            .chain(self.trust.statements().map(|one| problem_of(one, true)))
            .chain(attached.into_iter().map(|(one, at)| problem(one).map(|found| found.at(at))))
            .flatten()
            .collect();
        for problem in problems {
            cx.report(problem);
        }
    }

    fn lower(&self, cx: &LowerCx<'_>, out: &mut Resources) {
        // Room for what most roles are told, which spares the list to grow.
        const MOST: usize = 12;
        let mut trust: PolicyDocument = self.trust.statements().cloned().collect();
        let mut permissions = Vec::with_capacity(MOST);
        permissions.extend(self.permissions.statements().cloned());
        for statement in cx.facts_as_attached::<PolicyStatement>(cx.here()).cloned() {
            if statement.has_principal() { trust.push(statement) } else { permissions.push(statement) }
        }
        let permissions: PolicyDocument = permissions.into_iter().collect();
        let attached: Vec<_> = cx.facts::<ManagedPolicy>().map(|policy| policy.arn().clone()).collect();
        let n_managed = self.managed.len() + attached.len();
        let (permissions, spilled) = divide(permissions.into_merged().naming_once(cx), &self.policies, n_managed, cx);
        let own = self.policies.iter().map(|(name, document)| (Cow::Owned(name.clone()), document.clone()));
        let policy = |(name, document): (Cow<'static, str>, PolicyDocument)| {
            Expr::map([("PolicyName", Expr::from(name)), ("PolicyDocument", document.into())])
        };
        let policies = permissions.into_iter().map(|permissions| ("Permissions".into(), permissions)).chain(own);
        let boundary =
            self.boundary.clone().or_else(|| cx.facts::<PermissionsBoundary>().next().map(|fact| fact.arn(cx.env())));
        // Read here so that it does not count as lost.
        cx.facts::<RolePath>().for_each(drop);
        let path = self.path.clone().filter(|path| path != "/");
        let properties = Properties::new()
            .opt("RoleName", self.name.clone())
            .opt("Path", path.clone())
            .opt("Description", self.description.clone())
            .set("AssumeRolePolicyDocument", trust.into_merged())
            .list("ManagedPolicyArns", self.managed.iter().cloned().chain(attached))
            .list("Policies", policies.map(policy))
            .opt("MaxSessionDuration", self.max_session_seconds)
            .opt("PermissionsBoundary", boundary);
        let claim = self.name.as_ref().map(|name| Claim::new(Uniqueness::Account, name).ignoring_case());
        out.add(CfnResource::new("AWS::IAM::Role", properties).tagging(Tagging::List).claim(claim));
        for (n, document) in (1..).zip(spilled) {
            let name = self.name.as_ref().map(|name| format!("{name}-{n}"));
            let properties = Properties::new()
                .opt("ManagedPolicyName", name.clone())
                .opt("Path", path.clone())
                .set("PolicyDocument", document)
                .set("Roles", [Expr::from(RoleRef::from(cx.here()).name())]);
            let claim = name.map(|name| Claim::new(Uniqueness::Account, name).ignoring_case());
            let policy = CfnResource::new("AWS::IAM::ManagedPolicy", properties);
            out.add(policy.suffix(format!("Permissions{n}")).claim(claim));
        }
    }

    fn physical(&self, attr: &Attr, own: Env) -> Option<Expr> {
        let name = self.name.as_ref()?;
        match attr {
            Attr::Ref => Some(name.clone().into()),
            Attr::GetAtt(attr) if attr == "Arn" => {
                Some(Arn::role(own, self.path.as_deref().unwrap_or("/"), name).into())
            }
            Attr::GetAtt(_) | Attr::LogicalId => None,
        }
    }
}

/// A statement of a role that IAM refuses.
fn malformed(problem: &str) -> Diagnostic {
    Diagnostic::error("iam::malformed-statement", format!("IAM refuses a statement of this role: {problem}"))
        .help("write it as in `PolicyStatement::allow([\"sqs:SendMessage\"]).on([\"arn:aws:sqs:*:*:orders-*\"])`")
}

/// What stays inline, and what goes into managed policies because that would be too much.
fn divide(
    permissions: PolicyDocument,
    own: &[(String, PolicyDocument)],
    n_managed: usize,
    cx: &LowerCx<'_>,
) -> (Option<PolicyDocument>, Vec<PolicyDocument>) {
    if permissions.is_empty() {
        return (None, Vec::new());
    }
    let enough = nearly(cx.quota(&INLINE_POLICIES));
    let own = own.iter().map(|(_, document)| document);
    if PolicyDocument::have_at_most(own.clone().chain([&permissions]), enough, cx) {
        return (Some(permissions), Vec::new());
    }
    let size = |it: &dyn Spell| PolicySize::of(&cx.preview(&it.spelled_out())).estimated_characters();
    let taken: usize = own.map(|document| size(document)).sum();
    if taken + size(&permissions) <= enough {
        return (Some(permissions), Vec::new());
    }
    let (first, each) = (enough.saturating_sub(taken), cx.quota(&MANAGED_POLICY));
    let too_many = |parts: &Vec<PolicyDocument>| parts.len() - 1 + n_managed > cx.quota(&MANAGED_POLICIES);
    let mut parts = permissions.divided(&size, first, nearly(each));
    if too_many(&parts) {
        parts = permissions.divided(&size, first, each);
    }
    if too_many(&parts) {
        let patterns = permissions.with_resource_patterns(cx);
        parts = patterns.divided(&size, first, nearly(each));
        if too_many(&parts) {
            parts = patterns.divided(&size, first, each);
        }
    }
    let mut parts = parts.into_iter();
    let inline = parts.next().filter(|inline| !inline.is_empty());
    (inline, parts.collect())
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(is_name_byte)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte)
}

/// The ARNs of roles.
#[derive(Clone, Copy, Debug)]
pub enum RoleArn {}

impl ArnKind for RoleArn {
    type Handle = RoleRef;
    const WHAT: &'static str = "a role";
    const CODE: &'static str = "iam::malformed-role-arn";
    const EXAMPLE: &'static str = "arn:aws:iam::111111111111:role/name";

    fn name(arn: &Arn) -> Option<&str> {
        let name = arn.resource_name();
        let path = arn.resource().strip_prefix("role")?.strip_suffix(name)?;
        (arn.service() == "iam" && is_name(name) && path_problem(path).is_none()).then_some(name)
    }

    fn help(_: &str) -> String {
        format!("write it as `{}`; names have 1 to 64 letters, digits and `+=,.@_-`", Self::EXAMPLE)
    }
}

/// A role that exists already.
pub type ImportedRole = Imported<RoleArn>;
