//! Stages: actions that belong together.

use std::panic::Location;

use construct_core::{Caller, Expr, Properties};

use crate::action::Action;

/// A stage of a pipeline.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let stage = Stage::new("Production").action(Action::new("Approve", ManualApproval::new())).transition_disabled("release freeze");
/// ```
///
/// See <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-requirements.html>.
#[derive(Clone, Debug)]
#[must_use]
pub struct Stage {
    pub(crate) name: String,
    pub(crate) actions: Vec<Action>,
    pub(crate) disabled: Option<String>,
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
            extra: Properties::new(),
            location: Location::caller(),
            packed: false,
        }
    }

    /// Adds an action; a stage has 1 to 50.
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
    pub fn transition_disabled(mut self, reason: impl Into<String>) -> Self {
        self.disabled = Some(reason.into());
        self
    }

    /// Sets a property of the stage declaration that has no method here, such as `BeforeEntry`, `OnSuccess` or
    /// `OnFailure`.
    pub fn property(mut self, key: &'static str, value: impl Into<Expr>) -> Self {
        self.extra.put(key, value);
        self
    }
}
