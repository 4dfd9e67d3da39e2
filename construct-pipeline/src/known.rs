//! What is known of actions before anything is planned, and how validation hands it to planning.

use std::sync::{Mutex, MutexGuard, PoisonError};

use construct_core::{Diagnostic, Env, NodeId, Properties, Value, kind};
use construct_iam::PolicyDocument;

use crate::provider::{Call, ProviderSpec};

/// What is known of an action before anything is planned: what its provider says of it, and where it runs.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) spec: ProviderSpec,
    pub(crate) env: Env,
    pub(crate) performer: Performer,
    /// The role that it passes on, if it passes one.
    pub(crate) passed_role: Option<Value<kind::Arn>>,
    pub(crate) permissions: PolicyDocument,
    pub(crate) configuration: Properties,
    /// What it calls, if its provider says so.
    pub(crate) calls: Option<Vec<Call>>,
    /// What could not be resolved; the action then counts as running at home.
    pub(crate) problems: Vec<Diagnostic>,
}

/// What is known of the actions of a pipeline, from its validation to its planning: providers are asked once, about the
/// tree as the program built it. It belongs to the place of the pipeline in a tree: copies of the pipeline know
/// nothing, and one value that constructs at several places share is asked about for each of them.
#[derive(Debug, Default)]
pub(crate) struct Handover(Mutex<Option<(NodeId, Vec<Known>)>>);

impl Handover {
    fn kept(&self) -> MutexGuard<'_, Option<(NodeId, Vec<Known>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what is known for whoever asks next about the same place.
    pub(crate) fn keep(&self, at: NodeId, known: Vec<Known>) {
        *self.kept() = Some((at, known));
    }

    /// Takes what was kept about a place.
    pub(crate) fn take(&self, at: NodeId) -> Option<Vec<Known>> {
        self.kept().take_if(|(kept_at, _)| *kept_at == at).map(|(_, known)| known)
    }
}

impl Clone for Handover {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Whose permissions an action is performed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Performer {
    /// The pipeline's role, at home.
    Pipeline,
    /// A role made in the action's environment.
    Scaffold,
    /// The role the user gave.
    Given,
    /// Somebody else: custom and third-party actions.
    Worker,
}
