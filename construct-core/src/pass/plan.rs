//! Visits every construct once and lets it decide what it becomes. Constructs that planning adds come later in the same
//! walk: there is no fixpoint and no "not planned yet" state to observe.

use std::sync::Arc;

use crate::construct::{Content, Lower, Nothing, Plan, PlanCx, Tree};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::pass::validate::validate_node;

/// Plans a tree. Findings of planning, and about what planning added, are in [`Plan::findings`].
#[must_use]
pub fn plan(mut tree: Tree) -> Plan {
    let built = tree.arena.len();
    let mut lowers: Vec<Box<dyn Lower>> = Vec::with_capacity(built);
    tree.findings = Diagnostics::new();
    let mut index = 0;
    while index < tree.arena.len() {
        let node = tree.arena.id(index);
        if index >= built {
            let mut found = Diagnostics::new();
            validate_node(&tree, node, &mut found);
            tree.findings.extend(found);
        }
        lowers.push(match &tree.node(node).content {
            Content::Group | Content::Stack(_) => Box::new(Nothing),
            Content::Construct(construct) => Arc::clone(construct).plan(&mut PlanCx { tree: &mut tree, node }),
        });
        index += 1;
    }
    if !(0..tree.arena.len()).any(|index| tree.stack_props(tree.arena.id(index)).is_some()) {
        let diagnostic = Diagnostic::warning("app::no-stack", "the app has no stack, so there is nothing to deploy");
        tree.report(tree.arena.root(), diagnostic.help("add one with `app.stack(\"Tools\", env)`"));
    }
    Plan { tree, lowers }
}

impl Plan {
    /// What planning found.
    #[must_use]
    pub fn findings(&self) -> &Diagnostics {
        &self.tree.findings
    }
}
