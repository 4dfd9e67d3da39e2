//! Circles among things of which each needs others.

use std::collections::VecDeque;

use foldhash::fast::RandomState;
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

/// Through how many things of a tangle the shortest circle is looked for. A large one has a short circle nearly everywhere.
const TRIED: usize = 32;

/// Things that need each other in a circle.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Circle {
    /// Each needs the next one, and the last needs the first.
    pub(super) members: Vec<usize>,
    /// How many others need some of these, and are needed by some.
    n_tied: usize,
}

impl Circle {
    /// What else is tied to it, in words; `kind` is what a member is called.
    pub(super) fn others(&self, kind: &str) -> Option<String> {
        match self.n_tied {
            0 => None,
            1 => Some(format!("one other {kind} is tied to them in further circles")),
            n => Some(format!("{n} other {kind}s are tied to them in further circles")),
        }
    }
}

/// Of everything that is tied together by circles, a shortest one: who opens that sees what is left. `needs` are pairs
/// of what needs and what is needed.
pub(super) fn circles(mut needs: Vec<(usize, usize)>) -> Vec<Circle> {
    needs.sort_unstable();
    let graph: DiGraphMap<usize, (), RandomState> = needs.into_iter().filter(|(from, to)| from != to).collect();
    let tangles = tarjan_scc(&graph).into_iter().filter(|tangle| tangle.len() > 1);
    let shortest = |mut tangle: Vec<usize>| {
        tangle.sort_unstable();
        let through = tangle.iter().take(TRIED).filter_map(|&one| circle_through(&graph, one));
        // Of those that are equally short, the first.
        let members = through.min_by_key(Vec::len)?;
        Some(Circle { n_tied: tangle.len() - members.len(), members })
    };
    let mut circles: Vec<Circle> = tangles.filter_map(shortest).collect();
    circles.sort_unstable_by(|one, other| one.members.cmp(&other.members));
    circles
}

/// A shortest way from something back to itself.
fn circle_through(graph: &DiGraphMap<usize, (), RandomState>, start: usize) -> Option<Vec<usize>> {
    let mut reached_from: DiGraphMap<usize, (), RandomState> = DiGraphMap::new();
    let mut waiting = VecDeque::from([start]);
    while let Some(one) = waiting.pop_front() {
        for next in graph.neighbors(one) {
            if next == start {
                let back = |at: &usize| reached_from.neighbors(*at).next();
                let mut way: Vec<usize> = std::iter::successors(Some(one), back).collect();
                way.reverse();
                return Some(way);
            }
            if !reached_from.contains_node(next) {
                reached_from.add_edge(next, one, ());
                waiting.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Circle, circles};

    fn circle(members: &[usize], n_tied: usize) -> Circle {
        Circle { members: members.to_vec(), n_tied }
    }

    #[test]
    fn what_needs_nobody_in_a_circle_has_none() {
        assert_eq!(circles(vec![(0, 1), (1, 2), (0, 2), (3, 3)]), []);
    }

    #[test]
    fn each_tangle_has_one() {
        let needs = vec![(5, 4), (4, 5), (2, 0), (0, 1), (1, 2), (3, 0)];
        assert_eq!(circles(needs), [circle(&[0, 1, 2], 0), circle(&[4, 5], 0)]);
    }

    #[test]
    fn the_shortest_is_told() {
        // A ring of a hundred, in which two need each other.
        let mut needs: Vec<_> = (0..100).map(|n| (n, (n + 1) % 100)).collect();
        needs.push((8, 7));
        let found = circles(needs);
        assert_eq!(found, [circle(&[7, 8], 98)]);
        assert_eq!(found[0].others("stack").as_deref(), Some("98 other stacks are tied to them in further circles"));
    }
}
