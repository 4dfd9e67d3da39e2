//! What an action does: the trait that this crate and others implement.

mod call;
mod context;
mod role;
mod site;
mod spec;

use std::borrow::Cow;
use std::fmt;

use construct_core::{Diagnostic, Expr, Fact, Properties, Reach, Scope, Value, kind};
use construct_iam::{PolicyDocument, PolicyStatement, RoleRef};

pub use call::Call;
pub use context::ActionCx;
pub use role::{GivenRole, PassedRole};
pub use site::Site;
pub(crate) use site::Sites;
pub use spec::ProviderSpec;

/// What an action does: an inert value that says what it is, how it is configured and what it must be allowed.
///
/// A synthesis asks for that once, before anything is planned: the tree that a context shows is the one that the
/// program built.
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
#[doc(alias = "IAction")]
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
    /// [`PassedRole`], which are granted from the [`ProviderSpec`]. Only actions whose owner is AWS are performed by a
    /// role of the pipeline's; the worker of any other has a role of its own. A variable in a resource, such as
    /// `#{source.BranchName}`, becomes `*`: IAM knows none, and a run may fill in anything.
    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let _ = (cx, policy);
    }

    /// What a run calls for the action, beside its artifacts and the [`PassedRole`]: each call is proved to be allowed. Of
    /// an action type that is known, it is more than what is known already; of another one, what is said here is all, and
    /// where nothing is said the proof leaves it open.
    fn calls(&self, cx: &ActionCx<'_>) -> Option<Vec<Call>> {
        let _ = cx;
        None
    }

    /// The events that start the pipeline, for sources. From another account they are forwarded to the pipeline's.
    fn trigger(&self, cx: &ActionCx<'_>) -> Option<EventPattern> {
        let _ = cx;
        None
    }

    /// What whoever reads the outputs must be allowed, for outputs that are a reference to files elsewhere, which the
    /// reader follows with its own role. Only actions with a [worker](ProviderSpec::worker) can read those.
    fn reader_permissions(&self, cx: &ActionCx<'_>) -> Vec<PolicyStatement> {
        let _ = cx;
        Vec::new()
    }

    /// States facts about the constructs it acts on, once, while the pipeline is planned: for example that a bucket must
    /// send events, or that a topic of another account admits the role that performs the action.
    fn prepare(&self, performer: Option<RoleRef>, scope: &mut Scope<'_>) {
        let _ = (performer, scope);
    }

    /// Adds what the action needs in the account and region where it runs, such as a log group, once for each action, while
    /// the pipeline is planned.
    fn equip(&self, site: &mut Site<'_>) {
        let _ = site;
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

/// The key with which a [worker](ProviderSpec::worker) must encrypt what it writes to the artifact store: some services
/// use a key of their own setting instead of the store's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArtifactKey {
    /// The key, by its ARN or that of its alias.
    pub key: Value<kind::Arn>,
    /// Whether artifacts are written with it, or only read, which needs no setting.
    pub writes: bool,
    /// The name of the pipeline whose artifacts they are.
    pub pipeline: String,
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
