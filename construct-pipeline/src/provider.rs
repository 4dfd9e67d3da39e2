//! What an action does: the trait that this crate and others implement.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;

use construct_core::{Diagnostic, Env, Expr, Fact, NodeId, Properties, Quota, Reach, Scope, Value, View, kind};
use construct_iam::{Arn, ImportedRole, PolicyDocument, PolicyStatement, RoleRef};

use crate::artifact::Artifact;

/// What an action does: an inert value that says what it is, how it is configured and what it must be allowed.
///
/// A synthesis asks for that once, before anything is planned: the tree that a context shows is the one that the program built.
///
/// ```
/// use construct_core::Properties;
/// use construct_iam::{PolicyDocument, PolicyStatement};
/// use construct_pipeline::{ActionCx, Artifact, Category, Owner, Provider, ProviderSpec};
///
/// /// Starts a configuration deployment of AWS AppConfig.
/// #[derive(Debug)]
/// struct AppConfigDeploy {
///     application: String,
///     input: Artifact,
/// }
///
/// impl Provider for AppConfigDeploy {
///     fn spec(&self) -> ProviderSpec {
///         ProviderSpec::new(Category::Deploy, Owner::Aws, "AppConfig").input(&self.input).input_count(1..=1)
///     }
///     fn configuration(&self, _: &ActionCx<'_>) -> Properties {
///         Properties::new().set("Application", self.application.clone())
///     }
///     fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
///         let application = cx.arn("appconfig", format!("application/{}", self.application));
///         policy.push(PolicyStatement::allow(["appconfig:StartDeployment"]).on([application]));
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what an action does",
    note = "implement `construct_pipeline::Provider`, or describe the action with `CustomAction`"
)]
pub trait Provider: fmt::Debug + Send + Sync + 'static {
    /// What kind of action it is and what it reads and writes.
    fn spec(&self) -> ProviderSpec;

    /// The action's configuration: every value is text for CodePipeline; booleans and numbers are written as text.
    fn configuration(&self, cx: &ActionCx<'_>) -> Properties;

    /// Properties of the action's declaration that stand beside its configuration, such as `Commands`.
    fn siblings(&self) -> Properties {
        Properties::new()
    }

    /// What the role that performs the action must be allowed, beside reading and writing its artifacts and passing its
    /// [`PassedRole`], which are granted from the [`ProviderSpec`].
    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let _ = (cx, policy);
    }

    /// The events that start the pipeline, for sources. From another account they are forwarded to the pipeline's.
    fn trigger(&self, cx: &ActionCx<'_>) -> Option<EventPattern> {
        let _ = cx;
        None
    }

    /// What whoever reads the outputs must be allowed, for outputs that are a reference to files elsewhere, which the reader
    /// follows with its own role. Only actions with a [worker](ProviderSpec::worker) can read those.
    fn reader_permissions(&self, cx: &ActionCx<'_>) -> Vec<PolicyStatement> {
        let _ = cx;
        Vec::new()
    }

    /// States facts about the constructs it acts on, once, while the pipeline is planned: for example that a bucket must
    /// send events, or that a topic of another account admits the role that performs the action.
    fn prepare(&self, performer: Option<RoleRef>, scope: &mut Scope<'_>) {
        let _ = (performer, scope);
    }

    /// What is wrong with the values it was given; findings without a place are filed under the action.
    fn validate(&self, cx: &ActionCx<'_>) -> Vec<Diagnostic> {
        let _ = cx;
        Vec::new()
    }
}

/// What kind of work an action does.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Category {
    /// Brings what the pipeline works on.
    Source,
    /// Builds.
    Build,
    /// Tests.
    Test,
    /// Deploys.
    Deploy,
    /// Waits for a person.
    Approval,
    /// Invokes something else.
    Invoke,
    /// Runs commands.
    Compute,
}

impl Category {
    /// The word in the template.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "Source",
            Self::Build => "Build",
            Self::Test => "Test",
            Self::Deploy => "Deploy",
            Self::Approval => "Approval",
            Self::Invoke => "Invoke",
            Self::Compute => "Compute",
        }
    }
}

/// Who made an action type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// AWS; only these may run in other accounts and regions.
    Aws,
    /// A partner of AWS.
    ThirdParty,
    /// Somebody in the pipeline's account.
    Custom,
}

impl Owner {
    /// The word in the template.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::ThirdParty => "ThirdParty",
            Self::Custom => "Custom",
        }
    }
}

/// What a provider is, what it reads and writes, and who does the work.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use]
pub struct ProviderSpec {
    /// The category of the action type.
    pub category: Category,
    /// The owner of the action type.
    pub owner: Owner,
    /// The provider's name: 1 to 35 characters.
    pub provider: Cow<'static, str>,
    /// The version of the action type: 1 to 9 characters; `1` for all of AWS.
    pub version: Cow<'static, str>,
    /// What the action reads, in order.
    pub inputs: Vec<Artifact>,
    /// What the action writes, in order.
    pub outputs: Vec<Artifact>,
    /// How many artifacts it may read.
    pub input_count: RangeInclusive<usize>,
    /// How many artifacts it may write.
    pub output_count: RangeInclusive<usize>,
    /// The construct it acts on, which says where it runs unless the action does.
    pub acts_on: Option<NodeId>,
    /// The construct whose [`ServiceRole`](construct_iam::ServiceRole) reads and writes the artifacts in place of the
    /// role that performs the action.
    pub worker: Option<NodeId>,
    /// Whether it reads back what it writes.
    pub reads_outputs: bool,
    /// Whether it can write artifacts when it runs in another account.
    pub foreign_outputs: bool,
    /// The role it passes on to another service.
    pub passes: Option<PassedRole>,
    /// Whether the action type exists in pipelines of type V2 only.
    pub v2_only: bool,
}

impl ProviderSpec {
    /// An action type that reads and writes nothing.
    pub fn new(category: Category, owner: Owner, provider: impl Into<Cow<'static, str>>) -> Self {
        Self {
            category,
            owner,
            provider: provider.into(),
            version: "1".into(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            input_count: 0..=0,
            output_count: 0..=0,
            acts_on: None,
            worker: None,
            reads_outputs: false,
            foreign_outputs: true,
            passes: None,
            v2_only: false,
        }
    }

    /// Sets the version of the action type.
    pub fn version(mut self, version: impl Into<Cow<'static, str>>) -> Self {
        self.version = version.into();
        self
    }

    /// Adds an artifact that the action reads.
    pub fn input(self, artifact: impl Into<Artifact>) -> Self {
        self.inputs([artifact])
    }

    /// Adds artifacts that the action reads.
    pub fn inputs<A: Into<Artifact>>(mut self, artifacts: impl IntoIterator<Item = A>) -> Self {
        let artifacts = artifacts.into_iter();
        self.inputs.reserve_exact(artifacts.size_hint().0);
        self.inputs.extend(artifacts.map(Into::into));
        self
    }

    /// Adds an artifact that the action writes.
    pub fn output(self, artifact: impl Into<Artifact>) -> Self {
        self.outputs([artifact])
    }

    /// Adds artifacts that the action writes.
    pub fn outputs<A: Into<Artifact>>(mut self, artifacts: impl IntoIterator<Item = A>) -> Self {
        let artifacts = artifacts.into_iter();
        self.outputs.reserve_exact(artifacts.size_hint().0);
        self.outputs.extend(artifacts.map(Into::into));
        self
    }

    /// Sets how many artifacts the action type may read.
    pub fn input_count(mut self, count: RangeInclusive<usize>) -> Self {
        self.input_count = count;
        self
    }

    /// Sets how many artifacts the action type may write.
    pub fn output_count(mut self, count: RangeInclusive<usize>) -> Self {
        self.output_count = count;
        self
    }

    /// Names the construct the action acts on.
    pub fn acts_on(mut self, construct: impl Into<NodeId>) -> Self {
        self.acts_on = Some(construct.into());
        self
    }

    /// Names the construct whose own role reads and writes the artifacts.
    pub fn worker(mut self, construct: impl Into<NodeId>) -> Self {
        self.worker = Some(construct.into());
        self
    }

    /// Says that the action reads back what it writes.
    pub fn reads_outputs(mut self) -> Self {
        self.reads_outputs = true;
        self
    }

    /// Says that the action cannot write artifacts when it runs in another account.
    pub fn no_foreign_outputs(mut self) -> Self {
        self.foreign_outputs = false;
        self
    }

    /// Says which role the action passes on.
    pub fn passes(mut self, role: PassedRole) -> Self {
        self.passes = Some(role);
        self
    }

    /// Says that the action type exists in pipelines of type V2 only.
    pub fn v2_only(mut self) -> Self {
        self.v2_only = true;
        self
    }
}

/// A role given by the user: a handle of the tree, or one that exists already.
#[derive(Clone, Debug)]
pub enum GivenRole {
    /// A role of the tree.
    Placed(RoleRef),
    /// A role that exists already.
    Imported(ImportedRole),
}

impl From<RoleRef> for GivenRole {
    fn from(role: RoleRef) -> Self {
        Self::Placed(role)
    }
}

impl From<ImportedRole> for GivenRole {
    fn from(role: ImportedRole) -> Self {
        Self::Imported(role)
    }
}

impl GivenRole {
    /// The role's ARN.
    #[must_use]
    pub fn arn(&self) -> Value<kind::Arn> {
        match self {
            Self::Placed(role) => role.arn(),
            Self::Imported(role) => role.arn().clone(),
        }
    }

    /// Where the role is, as far as that is known; IAM has no regions, so the region means nothing.
    pub(crate) fn env(&self, view: View<'_>, home: Env) -> Option<Env> {
        match self {
            Self::Placed(role) => view.env_of(*role),
            Self::Imported(role) => Arn::parse(role.arn().literal()?).ok()?.env(Some(home)),
        }
    }

    /// That it is given by an ARN of something else.
    pub(crate) fn problem(&self) -> Option<Diagnostic> {
        match self {
            Self::Placed(_) => None,
            Self::Imported(role) => role.problem(),
        }
    }
}

/// A role that an action passes on to another service, which then works with it: CloudFormation's deployment role.
///
/// It is made in the action's account unless one is given. Passing a role never crosses accounts.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use]
pub struct PassedRole {
    /// The service that works with the role, as in `cloudformation.amazonaws.com`.
    pub service: Cow<'static, str>,
    /// A role that the user gave.
    pub given: Option<GivenRole>,
    /// What a role that is made may do.
    pub permissions: Vec<PolicyStatement>,
    /// Managed policies of a role that is made.
    pub managed_policies: Vec<Value<kind::Arn>>,
    /// Whether the service reads the action's input artifacts with the role.
    pub reads_inputs: bool,
}

impl PassedRole {
    /// A role for a service, made by the pipeline.
    pub fn new(service: impl Into<Cow<'static, str>>) -> Self {
        Self {
            service: service.into(),
            given: None,
            permissions: Vec::new(),
            managed_policies: Vec::new(),
            reads_inputs: false,
        }
    }

    /// The same, with a role that the user gave.
    pub fn given(mut self, role: Option<GivenRole>) -> Self {
        self.given = role;
        self
    }

    /// Adds permissions of a role that is made.
    pub fn permissions(mut self, statements: impl IntoIterator<Item = PolicyStatement>) -> Self {
        self.permissions.extend(statements);
        self
    }

    /// Adds managed policies of a role that is made.
    pub fn managed_policies(mut self, arns: impl IntoIterator<Item = Value<kind::Arn>>) -> Self {
        self.managed_policies.extend(arns);
        self
    }

    /// Says that the service reads the action's input artifacts with the role.
    pub fn reads_inputs(mut self) -> Self {
        self.reads_inputs = true;
        self
    }
}

/// The key with which a [worker](ProviderSpec::worker) must encrypt what it writes to the artifact store: some services
/// use a key of their own setting instead of the store's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArtifactKey {
    /// The key, by its ARN or that of its alias.
    pub key: Value<kind::Arn>,
    /// Whether artifacts are written with it, or only read, which needs no setting.
    pub writes: bool,
}

impl Fact for ArtifactKey {
    const NAME: &'static str = "artifact key";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
}

/// Events that start the pipeline.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html>
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct EventPattern {
    /// The service that sends them, as in `aws.codecommit`.
    pub source: Cow<'static, str>,
    /// What happened, as in `CodeCommit Repository State Change`.
    pub detail_type: Cow<'static, str>,
    /// The resources they are about; all when empty.
    pub resources: Vec<Value<kind::Arn>>,
    /// The pattern of the event's `detail`.
    pub detail: Properties,
}

impl EventPattern {
    /// All events of a kind.
    pub fn new(source: impl Into<Cow<'static, str>>, detail_type: impl Into<Cow<'static, str>>) -> Self {
        Self {
            source: source.into(),
            detail_type: detail_type.into(),
            resources: Vec::new(),
            detail: Properties::new(),
        }
    }

    /// Only events about a resource.
    pub fn resource(mut self, arn: impl Into<Value<kind::Arn>>) -> Self {
        self.resources.push(arn.into());
        self
    }

    /// Only events with one of these values under a key of their `detail`.
    pub fn detail<V: Into<Expr>>(
        mut self,
        key: impl Into<Cow<'static, str>>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.detail.put(key, Expr::list(values));
        self
    }

    /// Only events whose `detail` has an object under a key, with one of these values under a key of that.
    pub fn nested_detail<V: Into<Expr>>(
        mut self,
        outer: &'static str,
        inner: &'static str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.detail.put(outer, Properties::new().set(inner, Expr::list(values)));
        self
    }
}

/// What a provider is told about the action it is in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ActionCx<'a> {
    pub(crate) pipeline: &'a str,
    pub(crate) stage: &'a str,
    pub(crate) action: &'a str,
    pub(crate) env: Env,
    pub(crate) home: Env,
    pub(crate) passed_role: Option<Cow<'a, Value<kind::Arn>>>,
    pub(crate) view: View<'a>,
}

impl<'a> ActionCx<'a> {
    /// The context of an action in the pipeline's own environment, for tests of providers.
    ///
    /// ```
    /// use construct_pipeline::prelude::*;
    /// let mut app = App::new();
    /// let home = Env::new("111111111111", "us-east-1");
    /// let stack = app.stack("Tools", home);
    /// let scope = app.at(stack);
    /// let cx = ActionCx::new(scope.view(), home).in_env(Env::new("333333333333", "us-east-1"));
    /// let mut policy = PolicyDocument::new();
    /// ExecuteChangeSet::new("orders", "release").permissions(&cx, &mut policy);
    /// assert_eq!(policy.statements().count(), 1);
    /// ```
    #[must_use]
    pub fn new(view: View<'a>, home: Env) -> Self {
        Self { pipeline: "pipeline", stage: "stage", action: "action", env: home, home, passed_role: None, view }
    }

    /// The same, for an action that runs elsewhere.
    #[must_use]
    pub fn in_env(mut self, env: Env) -> Self {
        self.env = env;
        self
    }

    /// The same, with the role that the action passes on.
    #[must_use]
    pub fn passing(mut self, role: impl Into<Value<kind::Arn>>) -> Self {
        self.passed_role = Some(Cow::Owned(role.into()));
        self
    }

    /// The account and region in which the action runs.
    #[must_use]
    pub fn env(&self) -> Env {
        self.env
    }

    /// The account and region of the pipeline.
    #[must_use]
    pub fn home(&self) -> Env {
        self.home
    }

    /// Whether the action runs in another account than the pipeline.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.env.account != self.home.account
    }

    /// The pipeline's name.
    #[must_use]
    pub fn pipeline(&self) -> &'a str {
        self.pipeline
    }

    /// The stage's name.
    #[must_use]
    pub fn stage(&self) -> &'a str {
        self.stage
    }

    /// The action's name.
    #[must_use]
    pub fn action(&self) -> &'a str {
        self.action
    }

    /// The role that the action passes on, if its [`ProviderSpec`] says that it passes one.
    #[must_use]
    pub fn passed_role(&self) -> Option<Value<kind::Arn>> {
        self.passed_role.as_deref().cloned()
    }

    /// The ARN of a resource where the action runs.
    #[must_use]
    pub fn arn(&self, service: &str, resource: impl AsRef<str>) -> Arn {
        Arn::regional(self.env, service, resource)
    }

    /// What a quota is worth in this app.
    #[must_use]
    pub fn quota(&self, quota: &Quota) -> usize {
        self.view.quota(quota)
    }

    /// The tree, to look at the constructs that the action acts on.
    #[must_use]
    pub fn view(&self) -> View<'a> {
        self.view
    }
}
