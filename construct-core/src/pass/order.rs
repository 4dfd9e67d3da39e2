//! Puts the stacks in deployment order: topological, ties in the order of the tree.
//!
//! Codes: `stack::cycle`.

use std::collections::BTreeSet;

use foldhash::fast::RandomState;
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use crate::assembly::ConstructTree;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::handle::NodeId;
use crate::pass::lower::{Lowered, LoweredStack};

/// Templates in deployment order.
#[derive(Debug)]
pub struct Ordered {
    pub(crate) stacks: Vec<LoweredStack>,
    pub(crate) tree: ConstructTree,
}

/// Orders the stacks.
///
/// # Errors
/// The cycles among stacks, each with the references that close it.
pub fn order(lowered: Lowered) -> Result<Ordered, Diagnostics> {
    let Lowered { mut stacks, tree, .. } = lowered;
    let there = Places(stacks.iter().map(|stack| stack.node).collect());
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); stacks.len()];
    for (at, stack) in stacks.iter_mut().enumerate() {
        stack.needs.retain(|&needed, _| match there.of(needed) {
            Some(place) if place != at => {
                needed_by[place].push(at);
                true
            }
            _ => false,
        });
    }
    // Kahn's algorithm with the smallest tree position first; `stacks` is in tree order.
    let mut missing: Vec<usize> = stacks.iter().map(|stack| stack.needs.len()).collect();
    let mut ready: BTreeSet<usize> = (0..stacks.len()).filter(|&at| missing[at] == 0).collect();
    let mut sequence = Vec::with_capacity(stacks.len());
    while let Some(at) = ready.pop_first() {
        sequence.push(at);
        for &next in &needed_by[at] {
            missing[next] -= 1;
            if missing[next] == 0 {
                ready.insert(next);
            }
        }
    }
    if sequence.len() < stacks.len() {
        return Err(stack_cycles(&stacks, &there));
    }
    let mut slots: Vec<Option<LoweredStack>> = stacks.into_iter().map(Some).collect();
    let stacks = sequence.into_iter().filter_map(|at| slots[at].take()).collect();
    Ok(Ordered { stacks, tree })
}

/// The nodes of the stacks, in the order of the tree.
struct Places(Vec<NodeId>);

impl Places {
    fn of(&self, stack: NodeId) -> Option<usize> {
        self.0.binary_search(&stack).ok()
    }
}

fn stack_cycles(stacks: &[LoweredStack], there: &Places) -> Diagnostics {
    let mut findings = Diagnostics::new();
    let mut graph = DiGraphMap::<usize, (), RandomState>::new();
    for (at, stack) in stacks.iter().enumerate() {
        graph.add_node(at);
        for needed in stack.needs.keys().filter_map(|needed| there.of(*needed)) {
            graph.add_edge(at, needed, ());
        }
    }
    for mut cycle in tarjan_scc(&graph) {
        cycle.sort_unstable();
        if cycle.len() < 2 {
            continue;
        }
        let names: Vec<String> = cycle.iter().map(|&at| format!("`{}`", stacks[at].name)).collect();
        let mut diagnostic = Diagnostic::error(
            "stack::cycle",
            format!("the stacks {} need each other, so none can be deployed first", names.join(", ")),
        );
        for &at in &cycle {
            let needs = stacks[at].needs.iter().filter_map(|(needed, why)| Some((there.of(*needed)?, why)));
            for (needed, why) in needs.filter(|(needed, _)| cycle.contains(needed)) {
                let (from, to) = (&stacks[at].name, &stacks[needed].name);
                diagnostic = diagnostic.note(format!("`{from}` comes after `{to}`, because {why}"), None);
            }
        }
        let first = &stacks[cycle[0]];
        let help =
            "move the constructs into one stack, or give the construct that is referred to a name and use the name";
        findings.push(diagnostic.on(first.path.clone()).at(first.location).help(help));
    }
    findings
}
