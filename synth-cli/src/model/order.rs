//! Who waits for whom. An assembly has its stacks in deployment order, and if another tool wrote it, even with cycles:
//! what is in one, or needs something that is, comes last.

/// The wave of each thing, from the places of what it needs: one more than the latest wave among those; none for what
/// is in a cycle or needs something that is.
pub(super) fn waves(needs: &[Vec<usize>]) -> Vec<Option<usize>> {
    let mut waves: Vec<Option<usize>> = vec![None; needs.len()];
    for (at, needs) in needs.iter().enumerate() {
        waves[at] = needs.iter().try_fold(0, |wave, &needed| Some(wave.max(waves[needed]? + 1)));
    }
    waves
}

/// The first cycle: each of it needs the next, the last needs the first.
pub(super) fn cycle(needs: &[Vec<usize>], waves: &[Option<usize>]) -> Option<Vec<usize>> {
    let first = waves.iter().position(Option::is_none)?;
    let mut path = vec![first];
    let mut place = vec![None; needs.len()];
    place[first] = Some(0);
    // Always on to the first stuck one that it needs: there is one, and one day it has been there before.
    while let Some(&at) = path.last() {
        let next = needs[at].iter().copied().filter(|&needed| waves[needed].is_none()).min()?;
        if let Some(start) = place[next] {
            return Some(path.split_off(start));
        }
        place[next] = Some(path.len());
        path.push(next);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_is_one_more_than_the_latest_that_is_needed() {
        let needs = [vec![], vec![0], vec![0, 1], vec![]];
        assert_eq!(waves(&needs), [Some(0), Some(1), Some(2), Some(0)]);
        assert_eq!(cycle(&needs, &waves(&needs)), None);
    }

    #[test]
    fn a_cycle_is_named_and_what_waits_for_it_is_not() {
        let needs = [vec![], vec![2], vec![0, 3], vec![2], vec![1]];
        assert_eq!(waves(&needs), [Some(0), None, None, None, None]);
        assert_eq!(cycle(&needs, &waves(&needs)), Some(vec![2, 3]));
    }

    #[test]
    fn a_stack_that_needs_itself_is_a_cycle() {
        assert_eq!(cycle(&[vec![0]], &[None]), Some(vec![0]));
    }
}
