//! Puts the stacks in deployment order: topological, ties in the order of the tree.
//!
//! Codes: `stack::cycle`.

use std::collections::BTreeMap;

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
    let mut findings = Diagnostics::new();
    let there: BTreeMap<NodeId, usize> = stacks.iter().enumerate().map(|(at, stack)| (stack.node, at)).collect();
    for stack in &mut stacks {
        stack.needs.retain(|needed, _| there.contains_key(needed));
    }
    stack_cycles(&stacks, &there, &mut findings);
    if findings.has_errors() {
        return Err(findings);
    }

    // Kahn's algorithm with the smallest tree position first; `stacks` is in tree order.
    let mut missing: Vec<usize> = stacks.iter().map(|stack| stack.needs.len()).collect();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); stacks.len()];
    for (at, stack) in stacks.iter().enumerate() {
        stack.needs.keys().for_each(|needed| needed_by[there[needed]].push(at));
    }
    let mut ready: std::collections::BTreeSet<usize> = (0..stacks.len()).filter(|&at| missing[at] == 0).collect();
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
    let mut slots: Vec<Option<LoweredStack>> = stacks.into_iter().map(Some).collect();
    let stacks = sequence.into_iter().filter_map(|at| slots[at].take()).collect();
    Ok(Ordered { stacks, tree })
}

fn stack_cycles(stacks: &[LoweredStack], there: &BTreeMap<NodeId, usize>, findings: &mut Diagnostics) {
    let mut graph = DiGraphMap::<usize, (), RandomState>::new();
    for (at, stack) in stacks.iter().enumerate() {
        graph.add_node(at);
        for needed in stack.needs.keys() {
            graph.add_edge(at, there[needed], ());
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
            for (needed, why) in &stacks[at].needs {
                if cycle.contains(&there[needed]) {
                    let (from, to) = (&stacks[at].name, &stacks[there[needed]].name);
                    diagnostic = diagnostic.note(format!("`{from}` comes after `{to}`, because {why}"), None);
                }
            }
        }
        let first = &stacks[cycle[0]];
        let help =
            "move the constructs into one stack, or give the construct that is referred to a name and use the name";
        findings.push(diagnostic.on(first.path.clone()).at(first.location).help(help));
    }
}
