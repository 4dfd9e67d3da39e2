//! What a provider is told.

use std::borrow::Cow;

use construct_core::{Env, Quota, Value, View, kind};
use construct_iam::Arn;

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
    /// assert_ne!(cx.env(), home);
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

    /// The role that the action passes on, if its [`ProviderSpec`](crate::ProviderSpec) says that it passes one.
    #[must_use]
    pub fn passed_role(&self) -> Option<Value<kind::Arn>> {
        self.passed_role.as_deref().cloned()
    }

    /// The ARN of a resource where the action runs. With a reference in it: `text!("{}/{}", cx.arn("codebuild",
    /// "project"), project.name())`.
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
