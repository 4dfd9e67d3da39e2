//! What is known of who asks and of the circumstances, as far as some policy asks for it.

use std::sync::Arc;

use construct_iam::access::{Context, ContextValue};

use super::caller::Caller;

/// Collects the condition keys of a request.
#[derive(Debug)]
pub(crate) struct Facts<'w> {
    /// The keys that some policy asks for.
    wanted: &'w [String],
    caller: Option<Arc<Caller>>,
    context: Context,
}

/// All that is known about a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// `None` if it is not known who asks.
    pub(crate) caller: Option<Arc<Caller>>,
    pub(crate) context: Arc<Context>,
}

impl<'w> Facts<'w> {
    /// Starts with what every request of the caller has.
    pub(crate) fn over(caller: Option<Arc<Caller>>, wanted: &'w [String]) -> Self {
        let context = caller.as_ref().map_or(Context::open(), |caller| Context::over(Arc::clone(&caller.context)));
        Self { wanted, caller, context }
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

    pub(crate) fn told(self) -> Told {
        Told { caller: self.caller, context: self.context.into() }
    }

    fn set(&mut self, key: &'static str, value: impl FnOnce() -> ContextValue) {
        if self.wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(key)) {
            self.context.tell(key, value());
        }
    }
}
