//! What is known of the circumstances of a request, as far as some policy asks for it.

use std::sync::Arc;

use construct_iam::access::{Context, ContextValue};

/// Collects the condition keys of a request.
#[derive(Debug)]
pub(crate) struct Facts<'w> {
    /// The keys that some policy asks for.
    wanted: &'w [String],
    context: Context,
}

impl<'w> Facts<'w> {
    /// Starts with what every request of the caller has.
    pub(crate) fn over(caller: Context, wanted: &'w [String]) -> Self {
        Self { wanted, context: caller }
    }

    /// Says that the request has this value for the key.
    pub(crate) fn one(&mut self, key: &'static str, value: impl FnOnce() -> String) {
        self.set(key, || ContextValue::One(value()));
    }

    pub(crate) fn many(&mut self, key: &'static str, values: impl FnOnce() -> Vec<String>) {
        self.set(key, || ContextValue::Many(values()));
    }

    pub(crate) fn absent(&mut self, key: &'static str) {
        self.set(key, || ContextValue::Absent);
    }

    pub(crate) fn told(self) -> Arc<Context> {
        self.context.into()
    }

    fn set(&mut self, key: &'static str, value: impl FnOnce() -> ContextValue) {
        if self.wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(key)) {
            self.context.tell(key, value());
        }
    }
}
