//! What is known of who asks and of the circumstances, as far as some policy asks for it.

use std::borrow::Cow;
use std::sync::Arc;

use construct_iam::access::{Context, ContextValue};

use crate::access::world::World;

/// A condition key.
pub(crate) trait Key: AsRef<str> + Into<Cow<'static, str>> {}

impl<K: AsRef<str> + Into<Cow<'static, str>>> Key for K {}

/// Collects the condition keys of a request.
#[derive(Debug)]
pub(crate) struct Facts<'w> {
    /// The keys that some policy asks for.
    wanted: &'w [String],
    context: Context,
}

impl<'w> Facts<'w> {
    pub(crate) fn new(wanted: &'w [String]) -> Self {
        Self::over(Context::open(), wanted)
    }

    /// Starts with what is known already.
    pub(crate) fn over(context: Context, wanted: &'w [String]) -> Self {
        Self { wanted, context }
    }

    /// Says that the request has this value for the key.
    pub(crate) fn one(&mut self, key: impl Key, value: impl FnOnce() -> String) {
        self.set(key, || ContextValue::One(value()));
    }

    /// Says that the request has one of these values for the key.
    pub(crate) fn among(&mut self, key: impl Key, values: impl FnOnce() -> Vec<String>) {
        self.set(key, || {
            let mut values = values();
            match values.len() {
                1 => ContextValue::One(values.remove(0)),
                _ => ContextValue::Among(values),
            }
        });
    }

    pub(crate) fn many(&mut self, key: impl Key, values: impl FnOnce() -> Vec<String>) {
        self.set(key, || ContextValue::Many(values()));
    }

    pub(crate) fn absent(&mut self, key: impl Key) {
        self.set(key, || ContextValue::Absent);
    }

    /// Says of which organization an account is, as far as that is known.
    pub(crate) fn organization(&mut self, key: &'static str, account: &str, world: &World) {
        if let Some(id) = world.organizations.get(account) {
            self.one(key, || id.clone());
        } else if !world.organizations.is_empty() && account == world.nobody {
            self.absent(key);
        }
    }

    pub(crate) fn into_context(self) -> Context {
        self.context
    }

    /// To be shared by many requests.
    pub(crate) fn context(self) -> Arc<Context> {
        self.context.into()
    }

    fn set(&mut self, key: impl Key, value: impl FnOnce() -> ContextValue) {
        if wants(self.wanted, key.as_ref()) {
            self.context.tell(key, value());
        }
    }
}

/// Whether the key is among those that some policy asks for.
pub(crate) fn wants(wanted: &[String], key: &str) -> bool {
    wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(key))
}
