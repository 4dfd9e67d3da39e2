//! What a node lowers to, each part with the id it will have.

use std::cell::RefCell;

use crate::construct::{LowerCx, Plan};
use crate::diagnostic::Diagnostics;
use crate::fact::ReadMarks;
use crate::handle::NodeId;
use crate::logical_id::logical_id;
use crate::resource::{Part, Resources};

/// A part of a template with its logical id.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) node: NodeId,
    pub(super) id: String,
    pub(super) part: Part,
}

/// Lowers a node below a stack.
pub(super) fn place(
    plan: &Plan,
    marks: &ReadMarks,
    findings: &RefCell<Diagnostics>,
    node: NodeId,
    placed: &mut Vec<Placed>,
) {
    let Some(stack) = plan.tree.node(node).stack else { return };
    let mut out = Resources::default();
    plan.lowers[node.index()].lower(&LowerCx { plan, node, marks, findings }, &mut out);
    if out.parts.is_empty() {
        return;
    }
    let mut path: Vec<&str> =
        plan.tree.arena.up(node).take_while(|&above| above != stack).map(|above| plan.tree.arena.name(above)).collect();
    path.reverse();
    for part in out.parts {
        let (given, suffix) = part.id_and_suffix();
        let id = given.map_or_else(|| logical_id(path.iter().copied().chain(suffix)), str::to_owned);
        placed.push(Placed { node, id, part });
    }
}

/// Whether a reference to the node means this part.
pub(super) fn referable(part: &Part) -> bool {
    !matches!(part, Part::Resource(resource) if resource.suffix.is_some())
}
