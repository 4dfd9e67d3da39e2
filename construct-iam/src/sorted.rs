//! Sets and maps of a few entries, as the elements of a statement are: a sorted list each, which is compared, copied and
//! held in a fraction of what a tree costs. A plan holds thousands that grow no more, so they have no room to grow.

use std::mem;

/// A set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Set<T>(Box<[T]>);

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T: Ord> Set<T> {
    pub(crate) fn insert(&mut self, item: T) {
        if let Err(place) = self.0.binary_search(&item) {
            insert(&mut self.0, place, item);
        }
    }

    pub(crate) fn contains(&self, item: &T) -> bool {
        self.0.binary_search(item).is_ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        &self.0
    }
}

impl<T: Ord> Extend<T> for Set<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        let mut all = mem::take(&mut self.0).into_vec();
        let sorted = all.len();
        let items = items.into_iter();
        // Most sets keep the items they are made of.
        all.reserve_exact(items.size_hint().0);
        all.extend(items);
        if all.len() > sorted {
            all.sort_unstable();
            all.dedup();
        }
        self.0 = all.into_boxed_slice();
    }
}

impl<T: Ord> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut set = Self::default();
        set.extend(items);
        set
    }
}

impl<T> IntoIterator for Set<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_vec().into_iter()
    }
}

/// A map.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Map<K, V>(Box<[(K, V)]>);

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<K: Ord, V: Default> Map<K, V> {
    /// The value of a key, which is put there if need be.
    pub(crate) fn at(&mut self, key: K) -> &mut V {
        let place = match self.0.binary_search_by(|(there, _)| there.cmp(&key)) {
            Ok(place) => place,
            Err(place) => {
                insert(&mut self.0, place, (key, V::default()));
                place
            }
        };
        &mut self.0[place].1
    }
}

impl<K, V> Map<K, V> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, (K, V)> {
        self.0.iter()
    }
}

fn insert<T>(list: &mut Box<[T]>, place: usize, item: T) {
    let mut items = mem::take(list).into_vec();
    items.reserve_exact(1);
    items.insert(place, item);
    *list = items.into_boxed_slice();
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
            prop_assert_eq!(ours(&left).into_iter().collect::<Vec<_>>(), standard(&left).into_iter().collect::<Vec<_>>());
            prop_assert_eq!(ours(&left).cmp(&ours(&right)), standard(&left).cmp(&standard(&right)));
            prop_assert_eq!(ours(&left).contains(&7), standard(&left).contains(&7));

            let (mut map, mut like) = (Map::<u8, usize>::default(), BTreeMap::<u8, usize>::new());
            left.iter().for_each(|&key| *map.at(key) += 1);
            left.iter().for_each(|&key| *like.entry(key).or_default() += 1);
            prop_assert_eq!(map.iter().copied().collect::<Vec<_>>(), like.into_iter().collect::<Vec<_>>());
        }
    }
}
