//! Sets and maps of a few entries, as the elements of a statement are: a sorted list each, which is compared and held
//! in a fraction of what a tree costs. Copies share it until one is changed: many statements are about the same roles,
//! or say the same of different resources.

use std::cmp::Ordering;
use std::sync::Arc;

/// A sorted list. An empty one is nothing at all.
#[derive(Debug, PartialEq, Eq)]
struct List<T>(Option<Arc<[T]>>);

impl<T> List<T> {
    fn as_slice(&self) -> &[T] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<T: Clone> List<T> {
    fn insert(&mut self, place: usize, item: T) {
        let (before, behind) = self.as_slice().split_at(place);
        self.0 = Some(before.iter().cloned().chain([item]).chain(behind.iter().cloned()).collect());
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Ord> Ord for List<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, other) = (self.as_slice(), other.as_slice());
        if std::ptr::eq(one, other) { Ordering::Equal } else { one.cmp(other) }
    }
}

impl<T: PartialOrd> PartialOrd for List<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.as_slice().partial_cmp(other.as_slice())
    }
}

/// A set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Set<T>(List<T>);

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self(List::default())
    }
}

impl<T> Set<T> {
    pub(crate) fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.as_slice().iter()
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        self.0.as_slice()
    }
}

impl<T: Ord> Set<T> {
    pub(crate) fn contains(&self, item: &T) -> bool {
        self.as_slice().binary_search(item).is_ok()
    }
}

impl<T: Clone + Ord> Set<T> {
    pub(crate) fn insert(&mut self, item: T) {
        if let Err(place) = self.as_slice().binary_search(&item) {
            self.0.insert(place, item);
        }
    }
}

impl<T: Clone + Ord> Extend<T> for Set<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        // Mostly the set is new and the number of items is known: then this is the only allocation.
        let mut all: Arc<[T]> = match self.is_empty() {
            true => items.into_iter().collect(),
            false => self.iter().cloned().chain(items).collect(),
        };
        if !all.is_sorted_by(|one, other| one < other) {
            Arc::make_mut(&mut all).sort_unstable();
            if all.windows(2).any(|pair| pair[0] == pair[1]) {
                let mut each_once = all.to_vec();
                each_once.dedup();
                all = each_once.into();
            }
        }
        self.0 = List((!all.is_empty()).then_some(all));
    }
}

impl<T: Clone + Ord> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut set = Self::default();
        set.extend(items);
        set
    }
}

/// A map.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Map<K, V>(List<(K, V)>);

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self(List::default())
    }
}

impl<K: Clone + Ord, V: Clone + Default> Map<K, V> {
    /// Changes the value of a key, which is put there if need be.
    pub(crate) fn at(&mut self, key: K, change: impl FnOnce(&mut V)) {
        match self.0.as_slice().binary_search_by(|(there, _)| there.cmp(&key)) {
            Ok(place) => {
                if let Some(entries) = &mut self.0.0 {
                    change(&mut Arc::make_mut(entries)[place].1);
                }
            }
            Err(place) => {
                let mut value = V::default();
                change(&mut value);
                self.0.insert(place, (key, value));
            }
        }
    }
}

impl<K, V> Map<K, V> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_slice().is_empty()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, (K, V)> {
        self.0.as_slice().iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        #[test]
        fn they_hold_and_compare_as_the_standard_ones_do(left: Vec<u8>, right: Vec<u8>) {
            let standard = |items: &[u8]| items.iter().copied().collect::<BTreeSet<_>>();
            let ours = |items: &[u8]| items.iter().copied().collect::<Set<_>>();
            let mut inserted = Set::default();
            left.iter().for_each(|&item| inserted.insert(item));
            prop_assert_eq!(&inserted, &ours(&left));
            prop_assert!(ours(&left).iter().eq(standard(&left).iter()));
            prop_assert_eq!(ours(&left).cmp(&ours(&right)), standard(&left).cmp(&standard(&right)));
            prop_assert_eq!(ours(&left).contains(&7), standard(&left).contains(&7));

            let (mut map, mut like) = (Map::<u8, usize>::default(), BTreeMap::<u8, usize>::new());
            left.iter().for_each(|&key| map.at(key, |n| *n += 1));
            left.iter().for_each(|&key| *like.entry(key).or_default() += 1);
            prop_assert_eq!(map.iter().copied().collect::<Vec<_>>(), like.into_iter().collect::<Vec<_>>());
        }
    }
}
