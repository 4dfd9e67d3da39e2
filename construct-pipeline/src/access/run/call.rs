//! A call of a service, with what is known of it.

use std::borrow::Cow;
use std::sync::Arc;

/// Calls of a service on one resource, in the same circumstances.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) actions: &'static [&'static str],
    pub(crate) resource: Arc<str>,
    /// What is known of condition keys.
    pub(crate) facts: Facts<'a>,
    /// In which case a run needs it; `None` if every run does.
    pub(crate) only_if: Option<&'static str>,
}

impl Call<'_> {
    /// Calls of which no more is known.
    pub(crate) fn of(actions: &'static [&'static str], resource: impl Into<Arc<str>>) -> Self {
        Self { actions, resource: resource.into(), facts: NO_FACTS, only_if: None }
    }
}

/// Condition keys: so few that they need no list.
pub(crate) type Facts<'a> = [Option<(Cow<'static, str>, Told<'a>)>; MOST];

/// Nothing is known of any.
pub(crate) const NO_FACTS: Facts<'static> = [None, None, None];

/// What is known of a condition key.
#[derive(Clone, Debug)]
pub(crate) enum Told<'a> {
    /// Its value.
    One(Cow<'a, str>),
    /// That it has one of these values.
    Among(Vec<String>),
    /// All of its values.
    Many(Vec<String>),
    /// That such calls have no such key.
    Absent,
}

/// How many condition keys a call sets at most.
pub(crate) const MOST: usize = 3;
