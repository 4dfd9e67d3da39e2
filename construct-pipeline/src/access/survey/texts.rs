//! Texts that are said again and again.

use std::cell::RefCell;
use std::sync::Arc;

use foldhash::HashSet;
use foldhash::fast::RandomState;

/// Texts of which each is held once.
#[derive(Debug)]
pub(crate) struct Texts(RefCell<HashSet<Arc<str>>>);

impl Default for Texts {
    fn default() -> Self {
        // A pipeline with a few dozen actions says so many different ones.
        Self(HashSet::with_capacity_and_hasher(112, RandomState::default()).into())
    }
}

impl Texts {
    /// The text, shared with all who said it before.
    pub(crate) fn shared(&self, text: &str) -> Arc<str> {
        let mut known = self.0.borrow_mut();
        if let Some(known) = known.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        known.insert(Arc::clone(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_twice_is_held_once() {
        let texts = Texts::default();
        let (one, other, again) = (texts.shared("one"), texts.shared("other"), texts.shared("one"));
        assert_eq!((&*one, &*other), ("one", "other"));
        assert!(Arc::ptr_eq(&one, &again));
    }
}
