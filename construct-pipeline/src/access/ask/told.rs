//! A request without what is asked for: who asks, and in which circumstances.

use std::sync::Arc;

use construct_iam::access::Context;

use super::caller::Caller;
use super::scene::Scene;

/// Who asks, and all that is known about the circumstances.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) caller: Arc<Caller>,
    pub(crate) context: Context,
}

impl Told {
    /// Nothing but what every request of the caller has.
    pub(crate) fn of(caller: Arc<Caller>) -> Self {
        Self { context: Context::over(Arc::clone(&caller.context)), caller }
    }

    /// A caller in circumstances that others may be in, too.
    pub(crate) fn amid(caller: &Arc<Caller>, scene: &Scene) -> Self {
        Self { caller: Arc::clone(caller), context: scene.context(caller) }
    }
}
