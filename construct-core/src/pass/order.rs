//! Puts the stacks in deployment order: topological, ties in the order of the tree.
//!
//! Codes: `stack::cycle`.

use crate::assembly::ConstructTree;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::fact::Forgotten;
use crate::handle::NodeId;
use crate::pass::circles::circles;
use crate::pass::lower::{DEPENDS_ON, Lowered, LoweredStack};
use crate::sequence::sequence;

/// Templates in deployment order.
#[derive(Debug)]
pub struct Ordered {
    pub(crate) stacks: Vec<LoweredStack>,
    pub(crate) tree: ConstructTree,
    pub(crate) forgotten: Forgotten,
}

/// Orders the stacks.
///
/// # Errors
/// The cycles among stacks, each with the references that close it.
pub fn order(lowered: Lowered) -> Result<Ordered, Diagnostics> {
    let Lowered { mut stacks, tree, forgotten, .. } = lowered;
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
    // The stacks are in the order of the tree.
    let sequence = sequence(stacks.iter().map(|stack| stack.needs.len()).collect(), &needed_by);
    if sequence.len() < stacks.len() {
        return Err(stack_cycles(&stacks, &there));
    }
    let mut slots: Vec<Option<LoweredStack>> = stacks.into_iter().map(Some).collect();
    let stacks = sequence.into_iter().filter_map(|at| slots[at].take()).collect();
    Ok(Ordered { stacks, tree, forgotten })
}

/// The nodes of the stacks, in the order of the tree.
struct Places(Vec<NodeId>);

impl Places {
    fn of(&self, stack: NodeId) -> Option<usize> {
        self.0.binary_search(&stack).ok()
    }
}

fn stack_cycles(stacks: &[LoweredStack], there: &Places) -> Diagnostics {
    let needed = |at: usize| stacks[at].needs.keys().filter_map(move |needed| Some((at, there.of(*needed)?)));
    let mut findings = Diagnostics::new();
    for circle in circles((0..stacks.len()).flat_map(needed).collect()) {
        let members = &circle.members;
        let mut in_order = members.clone();
        in_order.sort_unstable();
        let names: Vec<String> = in_order.iter().map(|&at| format!("`{}`", stacks[at].name)).collect();
        let mut diagnostic = Diagnostic::error(
            "stack::cycle",
            format!("the stacks {} need each other, so none can be deployed first", names.join(", ")),
        );
        let mut is_said = false;
        for (n, &at) in members.iter().enumerate() {
            let next = &stacks[members[(n + 1) % members.len()]];
            if let Some(why) = stacks[at].needs.get(&next.node) {
                is_said |= why.contains(&format!("` {DEPENDS_ON} `"));
                let note = format!("`{}` comes after `{}`, because {why}", stacks[at].name, next.name);
                diagnostic = diagnostic.note(note, None);
            }
        }
        if let Some(others) = circle.others("stack") {
            diagnostic = diagnostic.note(others, None);
        }
        let first = &stacks[in_order[0]];
        let help = if is_said {
            "leave a dependency out, move the constructs into one stack, or refer to a construct by a name that you give it"
        } else {
            "move the constructs into one stack, or give the construct that is referred to a name and use the name"
        };
        findings.push(diagnostic.on(first.path.clone()).at(first.location).help(help));
    }
    findings
}
