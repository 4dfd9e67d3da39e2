//! Resources of one stack that refer to each other in a circle.
//!
//! Codes: `resource::cycle`.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::fast::RandomState;
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use crate::construct::Plan;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::handle::NodeId;

/// Which parts of a stack each part refers to, by logical id, and the node it came from.
pub(super) type References = BTreeMap<String, (NodeId, BTreeSet<String>)>;

pub(super) fn resource_cycles(plan: &Plan, references: &References, findings: &mut Diagnostics) {
    let mut graph = DiGraphMap::<&str, (), RandomState>::new();
    // What refers to nothing is in no circle, and most parts are of this kind.
    let refers = |id: &String| references.get(id).is_some_and(|(_, to)| !to.is_empty());
    for (from, (_, to)) in references {
        to.iter().filter(|to| refers(to)).for_each(|to| {
            graph.add_edge(from, to, ());
        });
    }
    for mut cycle in tarjan_scc(&graph) {
        cycle.sort_unstable();
        if cycle.len() < 2 {
            continue;
        }
        let nodes: Vec<_> = cycle.iter().filter_map(|id| references.get(*id)).map(|(node, _)| *node).collect();
        let names: Vec<String> = nodes.iter().map(|node| format!("`{}`", plan.tree.path(*node))).collect();
        let message = format!("the resources {} refer to each other, so none can be made first", names.join(", "));
        let first = nodes.first();
        findings.push(
            Diagnostic::error("resource::cycle", message)
                .on(first.map(|node| plan.tree.path(*node)).unwrap_or_default())
                .or_at("", first.map(|node| plan.tree.node(*node).location))
                .help("give one of them a name and refer to it by that name"),
        );
    }
}
