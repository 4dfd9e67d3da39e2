//! The order of deployment: topological, ties in the order of the manifest.
//!
//! A manifest may list its stacks in any order and, if another tool wrote it, even with cycles.

use std::collections::BTreeSet;

/// An order of things that are numbered from 0.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// All of them; those that are in a cycle, or need something that is, come last.
    pub(super) sequence: Vec<usize>,
    /// For each, one more than the latest wave among what it needs; none where there is no such wave.
    pub(super) waves: Vec<Option<usize>>,
    /// The first cycle: each needs the next, the last needs the first.
    pub(super) cycle: Option<Vec<usize>>,
}

/// Orders things by what each of them needs. Every need is the number of one of them.
pub(super) fn order(needs: &[&[usize]]) -> Order {
    let needs: Vec<BTreeSet<usize>> = needs.iter().map(|needs| needs.iter().copied().collect()).collect();
    let mut needed_by = vec![Vec::new(); needs.len()];
    for (at, needs) in needs.iter().enumerate() {
        for &needed in needs {
            needed_by[needed].push(at);
        }
    }
    let mut missing: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut ready: BTreeSet<usize> = (0..needs.len()).filter(|&at| missing[at] == 0).collect();
    let mut sequence = Vec::with_capacity(needs.len());
    let mut waves: Vec<Option<usize>> = vec![None; needs.len()];
    while let Some(at) = ready.pop_first() {
        sequence.push(at);
        let latest = needs[at].iter().filter_map(|&needed| waves[needed]).max();
        waves[at] = Some(latest.map_or(0, |latest| latest + 1));
        for &next in &needed_by[at] {
            missing[next] -= 1;
            if missing[next] == 0 {
                ready.insert(next);
            }
        }
    }
    let stuck: Vec<usize> = (0..needs.len()).filter(|&at| waves[at].is_none()).collect();
    let cycle = stuck.first().map(|&first| cycle(first, &needs, &waves));
    sequence.extend(stuck);
    Order { sequence, waves, cycle }
}

/// From a stuck one, always on to the first stuck one that it needs: there is one, and one day it has been there before.
fn cycle(first: usize, needs: &[BTreeSet<usize>], waves: &[Option<usize>]) -> Vec<usize> {
    let mut path = vec![first];
    let mut place = vec![None; needs.len()];
    place[first] = Some(0);
    while let Some(&next) = path.last().and_then(|&at| needs[at].iter().find(|&&needed| waves[needed].is_none())) {
        if let Some(start) = place[next] {
            return path.split_off(start);
        }
        place[next] = Some(path.len());
        path.push(next);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_comes_first_and_ties_keep_the_order_of_the_manifest() {
        let order = order(&[&[2], &[], &[1], &[]]);
        assert_eq!(order.sequence, [1, 2, 0, 3]);
        assert_eq!(order.waves, [Some(2), Some(0), Some(1), Some(0)]);
        assert_eq!(order.cycle, None);
    }

    #[test]
    fn a_cycle_is_named_and_what_waits_for_it_is_not() {
        let order = order(&[&[1], &[2, 3], &[1], &[], &[0]]);
        assert_eq!(order.sequence, [3, 0, 1, 2, 4]);
        assert_eq!(order.waves, [None, None, None, Some(0), None]);
        assert_eq!(order.cycle, Some(vec![1, 2]));
    }

    #[test]
    fn a_stack_that_needs_itself_is_a_cycle() {
        assert_eq!(order(&[&[0]]).cycle, Some(vec![0]));
    }
}
