//! What comes first among things that need each other.

use std::collections::BTreeSet;

/// The numbers of things in an order in which each stands behind all that it needs, and of those that could come next the
/// smallest. What is in a circle, or needs something that is, has no place in it.
///
/// `missing` is how many others each of them needs, and `needed_by` which others need it.
pub(crate) fn sequence(mut missing: Vec<usize>, needed_by: &[Vec<usize>]) -> Vec<usize> {
    let mut ready: BTreeSet<usize> = (0..missing.len()).filter(|&at| missing[at] == 0).collect();
    let mut sequence = Vec::with_capacity(missing.len());
    while let Some(at) = ready.pop_first() {
        sequence.push(at);
        for &next in &needed_by[at] {
            missing[next] -= 1;
            if missing[next] == 0 {
                ready.insert(next);
            }
        }
    }
    sequence
}

#[cfg(test)]
mod tests {
    use super::sequence;

    #[test]
    fn what_is_needed_comes_first_and_circles_have_no_place() {
        // 0 needs 2, 1 needs nothing, 2 needs 1; 3 and 4 need each other, and 5 needs 3.
        let needed_by = [vec![], vec![2], vec![0], vec![4, 5], vec![3], vec![]];
        assert_eq!(sequence(vec![1, 0, 1, 1, 1, 1], &needed_by), [1, 2, 0]);
        assert_eq!(sequence(vec![0; 3], &[vec![], vec![], vec![]]), [0, 1, 2]);
    }
}
