//! What was written lately and says the same wherever it stands: it is looked up, and not worked out again.

use std::collections::BTreeMap;

use super::Elsewhere;
use crate::handle::NodeId;
use crate::value::Attr;
use crate::value::spell::Unspelled;

/// What serves for one stack after the other.
#[derive(Debug, Default)]
pub(in crate::pass::lower) struct Lately {
    names: Places<(NodeId, Attr, String)>,
    copies: Places<Copied>,
    elsewhere: BTreeMap<NodeId, Elsewhere>,
}

/// A text that was written, with what says so: that stays in memory as long, so that nothing else takes its address.
#[derive(Debug)]
struct Copied {
    of: Unspelled,
    /// The level at which it stands, on which its indentation depends.
    level: usize,
    text: String,
}

impl Lately {
    /// What a construct is called, by the attribute that says it: plain text.
    pub(super) fn name(&self, of: NodeId, attr: &Attr) -> Option<&str> {
        let there = self.names.get(of.index(), |(node, its, _)| *node == of && its == attr);
        there.map(|(_, _, name)| &**name)
    }

    pub(super) fn keep_name(&mut self, of: NodeId, attr: Attr, name: String) {
        self.names.put(of.index(), (of, attr, name));
    }

    /// The text of what is spelled, as it stands at a level.
    pub(super) fn copy(&self, of: &Unspelled, level: usize) -> Option<&str> {
        let there = self.copies.get(of.address() + level, |copied| copied.level == level && copied.of.is(of));
        there.map(|copied| &*copied.text)
    }

    pub(super) fn keep_copy(&mut self, of: Unspelled, level: usize, text: String) {
        self.copies.put(of.address() + level, Copied { of, level, text });
    }

    /// What a construct lowers to for those of other stacks, which is the same for all of them.
    pub(super) fn elsewhere(&mut self, of: NodeId, lower: impl FnOnce() -> Elsewhere) -> &Elsewhere {
        self.elsewhere.entry(of).or_insert_with(lower)
    }
}

/// How many places there are: enough for what a stack and its neighbours share, and a prime number, so that numbers
/// that are multiples of something are spread as well.
const PLACES: usize = 251;

/// One place for all that have a number, or differ from it by a multiple of [`PLACES`]: what came last is there.
#[derive(Debug)]
struct Places<T>(Vec<Option<T>>);

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self((0..PLACES).map(|_| None).collect())
    }
}

impl<T> Places<T> {
    /// What is at the place of a number, if it is what is looked for.
    fn get(&self, number: usize, is_it: impl FnOnce(&T) -> bool) -> Option<&T> {
        self.0[number % PLACES].as_ref().filter(|there| is_it(there))
    }

    fn put(&mut self, number: usize, what: T) {
        self.0[number % PLACES] = Some(what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_last_to_a_place_is_there() {
        let mut places = Places::default();
        [(1, 'a'), (2, 'b'), (1 + PLACES, 'c')].into_iter().for_each(|(number, what)| places.put(number, what));
        let at = |number| places.get(number, |_| true).copied();
        assert_eq!([at(0), at(1), at(2), at(1 + PLACES)], [None, Some('c'), Some('b'), Some('c')]);
        assert_eq!(places.get(1, |what| *what == 'a'), None);
    }
}
