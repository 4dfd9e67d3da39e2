//! What a node lowers to, each part with the id it will have.

use std::cell::RefCell;

use crate::construct::{LowerCx, Plan};
use crate::diagnostic::Diagnostics;
use crate::fact::ReadMarks;
use crate::handle::NodeId;
use crate::logical_id::logical_id;
use crate::resource::{Part, Resources};

/// What is known of a part of a template, whether it is written already or not.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) node: NodeId,
    pub(super) id: String,
    pub(super) is_resource: bool,
    pub(super) is_output: bool,
    /// Whether a reference to the node means this part, if no part of the node before it does.
    pub(super) is_referable: bool,
}

/// Lowers a node below a stack. Its parts come behind those that are there already.
pub(super) fn place(
    plan: &Plan,
    marks: &ReadMarks,
    findings: &RefCell<Diagnostics>,
    node: NodeId,
    out: &mut Resources,
    placed: &mut Vec<Placed>,
) {
    let Some(stack) = plan.tree.node(node).stack else { return };
    plan.lowers[node.index()].lower(&LowerCx { plan, node, marks, findings }, out);
    let below = plan.tree.path(stack).len() + 1;
    let path = plan.tree.path(node).get(below..).unwrap_or_default();
    for part in &out.parts[placed.len()..] {
        let (given, suffix) = part.id_and_suffix();
        placed.push(Placed {
            node,
            id: given.map_or_else(|| logical_id(path, suffix), str::to_owned),
            is_resource: matches!(part, Part::Resource(_)),
            is_output: matches!(part, Part::Output { .. }),
            is_referable: !matches!(part, Part::Resource(resource) if resource.suffix.is_some()),
        });
    }
}

/// The places of the parts of a node among those of its stack, which stand in the order of the nodes.
pub(super) fn places_of(placed: &[Placed], node: NodeId) -> std::ops::Range<usize> {
    let first = placed.partition_point(|part| part.node < node);
    let n = placed[first..].iter().take_while(|part| part.node == node).count();
    first..first + n
}
