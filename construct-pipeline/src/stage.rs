//! Stages: actions that belong together.

use std::panic::Location;

use construct_core::{Caller, Expr, Properties};

use crate::action::Action;
use crate::condition::{Condition, ConditionRule, OnFailure};

/// A stage of a pipeline: actions, at the same time or one after the other, and what must hold before and after them.
/// The next stage begins when all of them have succeeded.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let stage = Stage::new("Production").action(Action::new("Approve", ManualApproval::new())).transition_disabled("release freeze");
/// ```
///
/// See <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-requirements.html>.
#[derive(Clone, Debug)]
#[must_use = "a stage becomes something in a pipeline: `Pipeline::stage`"]
pub struct Stage {
    pub(crate) name: String,
    pub(crate) actions: Vec<Action>,
    pub(crate) disabled: Option<String>,
    pub(crate) blockers: Vec<String>,
    pub(crate) before_entry: Vec<Condition>,
    pub(crate) on_success: Vec<Condition>,
    pub(crate) on_failure: Option<OnFailure>,
    pub(crate) extra: Properties,
    pub(crate) location: Caller,
    /// Whether a wave made it, which makes another one when there is no room.
    pub(crate) packed: bool,
}

impl Stage {
    /// A stage without actions: a name of 1 to 100 characters `A-Za-z0-9.@_-`, unique in the pipeline.
    #[track_caller]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            actions: Vec::new(),
            disabled: None,
            blockers: Vec::new(),
            before_entry: Vec::new(),
            on_success: Vec::new(),
            on_failure: None,
            extra: Properties::new(),
            location: Location::caller(),
            packed: false,
        }
    }

    /// Adds an action; a stage has 1 to 50.
    #[doc(alias = "addAction")]
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// Adds actions.
    pub fn actions(mut self, actions: impl IntoIterator<Item = Action>) -> Self {
        self.actions.extend(actions);
        self
    }

    /// Keeps runs from entering the stage until somebody enables the transition; the reason has 1 to 300 characters
    /// `a-zA-Z0-9!@ ().*?-`.
    #[doc(alias("transitionDisabledReason", "transitionToEnabled"))]
    pub fn transition_disabled(mut self, reason: impl Into<String>) -> Self {
        self.disabled = Some(reason.into());
        self
    }

    /// Checks rules before a run enters the stage, which it then fails or skips; a stage has one such condition.
    /// <https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works-conditions.html>
    pub fn before_entry(mut self, condition: Condition) -> Self {
        self.before_entry.push(condition);
        self
    }

    /// Checks rules when the stage has succeeded, which then fails or is rolled back; a stage has one such condition.
    pub fn on_success(mut self, condition: Condition) -> Self {
        self.on_success.push(condition);
        self
    }

    /// What happens when the stage fails: a retry, or a rollback to its last success.
    /// <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-retry.html>
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = Some(on_failure);
        self
    }

    /// Adds a blocker of the type `Schedule`, by its name. AWS reserves blockers for itself; existing pipelines may have
    /// some. <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_BlockerDeclaration.html>
    pub fn blocker(mut self, name: impl Into<String>) -> Self {
        self.blockers.push(name.into());
        self
    }

    /// Every condition of the stage.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let on_failure = self.on_failure.iter().flat_map(|on_failure| &on_failure.conditions);
        self.before_entry.iter().chain(&self.on_success).chain(on_failure)
    }

    /// Every rule of the conditions of the stage, the one with this number, with the number of stages that have run
    /// when it is checked: when the stage is entered it has not.
    pub(crate) fn rules(&self, number: usize) -> impl Iterator<Item = (&ConditionRule, usize)> {
        let later = self.on_success.iter().chain(self.on_failure.iter().flat_map(|failure| &failure.conditions));
        let all = self.before_entry.iter().map(move |one| (one, number)).chain(later.map(move |one| (one, number + 1)));
        all.flat_map(|(condition, stages)| condition.rules.iter().map(move |rule| (rule, stages)))
    }

    /// Sets a property of the stage declaration that has no method here.
    pub fn property(mut self, key: &'static str, value: impl Into<Expr>) -> Self {
        self.extra.put(key, value);
        self
    }
}
