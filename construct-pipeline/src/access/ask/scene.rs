//! A resource in known circumstances: what many who ask have in common, and what came of it.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use construct_iam::access::{Action, Context, Principal, Query, Stance, Truth, is_allowed};

use super::caller::Caller;
use super::protected::Protected;

/// What is asked for, and all that is known about the circumstances but who asks.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) target: Arc<Protected>,
    pub(crate) circumstances: Arc<Context>,
    /// What the target's policies say whoever asks, if many do; by the number that actions have in common which no
    /// policy tells apart.
    stances: Option<RefCell<Vec<(usize, Stance)>>>,
    /// Who asked last, for an action of which number, and what came of it.
    latest: Cell<Option<(usize, usize, Truth)>>,
}

impl Scene {
    /// For one who asks, or a few.
    pub(crate) fn for_one(target: Arc<Protected>, circumstances: Arc<Context>) -> Self {
        Self { target, circumstances, stances: None, latest: Cell::default() }
    }

    /// For many who ask.
    pub(crate) fn for_many(target: Arc<Protected>, circumstances: Arc<Context>) -> Self {
        Self { stances: Some(RefCell::default()), ..Self::for_one(target, circumstances) }
    }

    /// What came of it when the same caller asked for an action of this number just before.
    pub(crate) fn known(&self, caller: &Caller, alike: usize) -> Option<Truth> {
        let latest = self.latest.get().filter(|(who, known, _)| (*who, *known) == (caller.number, alike));
        latest.map(|(_, _, answer)| answer)
    }

    /// Keeps an answer until the next one.
    pub(crate) fn keep(&self, caller: &Caller, alike: usize, answer: Truth) {
        self.latest.set(Some((caller.number, alike, answer)));
    }

    /// Whether the caller may, as the policies have it; `alike` is the number of the action.
    pub(crate) fn allows(&self, caller: &Caller, principal: &Principal, action: &Arc<Action>, alike: usize) -> Truth {
        let decided = self.stance(action, alike, |stance| stance.allows(principal, &caller.context, &caller.policies));
        decided.unwrap_or_else(|| {
            let (Protected { resource, policies }, context) = (&*self.target, self.context(caller));
            is_allowed(Query::new(principal, action, resource, &context), &caller.policies, policies)
        })
    }

    /// What the target's policies say about an action; `None` if only one asks.
    pub(crate) fn stance<T>(&self, action: &Arc<Action>, alike: usize, look: impl FnOnce(&Stance) -> T) -> Option<T> {
        let mut stances = self.stances.as_ref()?.borrow_mut();
        let known = stances.iter().position(|(known, _)| *known == alike);
        let known = known.unwrap_or_else(|| {
            let Protected { resource, policies } = &*self.target;
            let (resource, circumstances) = (resource.clone(), Arc::clone(&self.circumstances));
            // Most are asked for one action or two.
            stances.reserve_exact(1);
            stances.push((alike, Stance::new(Arc::clone(action), resource, circumstances, policies.clone())));
            stances.len() - 1
        });
        Some(look(&stances[known].1))
    }

    /// The circumstances, and what is known of who asks.
    pub(crate) fn context(&self, caller: &Caller) -> Context {
        Context::over_both(Arc::clone(&self.circumstances), Arc::clone(&caller.context))
    }
}
