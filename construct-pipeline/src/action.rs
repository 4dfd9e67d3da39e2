//! Actions: one step of a stage.

use std::fmt::Display;
use std::panic::Location;
use std::sync::Arc;

use construct_core::{AccountId, Caller, Env, EnvError, Expr, Properties, Region};

use crate::provider::{GivenRole, Provider};

/// One step of a stage: what is done, and where, by whom and when.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let bundle = Artifact::new("Bundle");
/// let deploy = Action::new("Deploy", DeployStack::new("orders", bundle.file("template.yaml")))
///     .account("333333333333")
///     .region("eu-west-1")
///     .run_order(2);
/// ```
///
/// See <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-requirements.html>.
#[derive(Clone, Debug)]
#[must_use = "an action becomes something in a stage: `Stage::action`"]
pub struct Action {
    pub(crate) name: String,
    pub(crate) provider: Arc<dyn Provider>,
    /// Read once; what is malformed is reported when the pipeline is checked.
    pub(crate) account: Option<Result<AccountId, EnvError>>,
    pub(crate) region: Option<Result<Region, EnvError>>,
    pub(crate) role: Option<GivenRole>,
    pub(crate) run_order: u32,
    pub(crate) namespace: Option<String>,
    pub(crate) timeout_minutes: Option<u32>,
    pub(crate) extra: Properties,
    pub(crate) location: Caller,
}

impl Action {
    /// An action: a name of 1 to 100 characters `A-Za-z0-9.@_-`, unique in its stage, and what it does.
    #[track_caller]
    pub fn new(name: impl Into<String>, provider: impl Provider) -> Self {
        Self {
            name: name.into(),
            provider: Arc::new(provider),
            account: None,
            region: None,
            role: None,
            run_order: 1,
            namespace: None,
            timeout_minutes: None,
            extra: Properties::new(),
            location: Location::caller(),
        }
    }

    /// The account in which the action runs: that of the construct it acts on, else the pipeline's, when absent.
    ///
    /// For another account than the pipeline's, a role is made there which the pipeline assumes; [`role`](Self::role)
    /// names an existing one instead. Only actions whose owner is AWS can do this.
    pub fn account(mut self, account: impl Display) -> Self {
        self.account = Some(AccountId::parse(&account.to_string()));
        self
    }

    /// The region in which the action runs: that of the construct it acts on, else the pipeline's, when absent.
    /// Sources always run in the pipeline's region.
    pub fn region(mut self, region: impl Display) -> Self {
        self.region = Some(Region::parse(&region.to_string()));
        self
    }

    /// Account and region together.
    pub fn env(mut self, env: Env) -> Self {
        (self.account, self.region) = (None, None);
        self.or_env(env)
    }

    /// Account and region of an environment, as far as the action has none of its own.
    pub(crate) fn or_env(mut self, env: Env) -> Self {
        self.account.get_or_insert_with(|| env.account.problem().map_or(Ok(env.account), Err));
        self.region.get_or_insert_with(|| env.region.problem().map_or(Ok(env.region), Err));
        self
    }

    /// The role that performs the action, in place of one that is made: of the app, or
    /// [imported](construct_iam::Role::import) by its ARN. An imported role is never written to.
    pub fn role(mut self, role: impl Into<GivenRole>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// When the action runs within its stage, 1 to 999; 1 by default. Actions of one number run at the same time.
    pub fn run_order(mut self, run_order: u32) -> Self {
        self.run_order = run_order;
        self
    }

    /// The namespace under which later actions find this one's variables, as in `#{build.VERSION}`: 1 to 100 characters
    /// `A-Za-z0-9@_-`, unique in the pipeline.
    #[doc(alias = "variablesNamespace")]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// How long a manual approval may take, in minutes: 5 to 86,400. Other actions have no such setting.
    pub fn timeout(mut self, minutes: u32) -> Self {
        self.timeout_minutes = Some(minutes);
        self
    }

    /// Sets a property of the action declaration that has no method here, such as `OutputVariables`.
    pub fn property(mut self, key: &'static str, value: impl Into<Expr>) -> Self {
        self.extra.put(key, value);
        self
    }
}
