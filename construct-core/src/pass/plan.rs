//! Visits every construct once and lets it decide what it becomes. Constructs that planning adds come later in the same
//! walk: there is no fixpoint and no "not planned yet" state to observe.

use std::collections::{BTreeMap, BTreeSet};

use crate::construct::{Lower, Nothing, Plan, PlanCx, Tree};
use crate::diagnostic::{Caller, Diagnostic, Diagnostics, Severity};
use crate::handle::NodeId;
use crate::pass::validate::{stack_names_are_unique, validate_added};

/// Plans a tree. Findings of planning, and about what planning added, are in [`Plan::findings`].
#[must_use]
pub fn plan(mut tree: Tree) -> Plan {
    let built = tree.arena.len();
    let mut lowers: Vec<Box<dyn Lower>> = Vec::with_capacity(built);
    tree.findings = Diagnostics::new();
    // The tree gives its constructs away: what they become is all that is needed from here on, once those were validated
    // that planning added.
    let mut added = Vec::new();
    let mut index = 0;
    while index < tree.arena.len() {
        let node = tree.arena.id(index);
        let construct = tree.take_construct(node);
        lowers.push(match &construct {
            Some(construct) => construct.plan(&mut PlanCx { tree: &mut tree, node }),
            None => Box::new(Nothing),
        });
        if index >= built {
            added.push(construct);
        }
        index += 1;
    }
    tree.arena.settle();
    let nodes = (built..).zip(&added).map(|(index, construct)| (tree.arena.id(index), construct.as_deref()));
    let found = validate_added(&tree, nodes.collect());
    tree.findings.extend(found);
    if !(0..tree.arena.len()).any(|index| tree.stack_props(tree.arena.id(index)).is_some()) {
        let diagnostic = Diagnostic::warning("app::no-stack", "the app has no stack, so there is nothing to deploy");
        tree.report(tree.arena.root(), diagnostic.help("add one with `app.stack(\"Tools\", env)`"));
    }
    let mut plan = Plan { tree, lowers, built };
    let mut found = Diagnostics::new();
    stack_names_are_unique(&plan.tree, built, built, &mut found);
    let found = plan.without_consequences(&found, &plan.tree.findings);
    plan.tree.findings.extend(found);
    plan
}

impl Plan {
    /// Findings without those that merely follow from an error that is reported already: what planning made for a
    /// construct with an error, and references of a construct with an error.
    pub(crate) fn without_consequences(&self, found: &Diagnostics, known: &Diagnostics) -> Diagnostics {
        if found.is_empty() {
            return Diagnostics::new();
        }
        let lines: BTreeSet<Option<Caller>> = known.iter().map(Diagnostic::location).collect();
        let nodes: BTreeMap<&str, NodeId> = (0..self.tree.arena.len())
            .map(|index| self.tree.arena.id(index))
            .map(|node| (self.tree.path(node), node))
            .collect();
        // Of a stack, or the whole app, nothing but where and which it is has to do with what is in it.
        let reaches_down = |one: &&Diagnostic| {
            let holds_others = nodes
                .get(one.path())
                .is_some_and(|&node| self.tree.stack_props(node).is_some() || node == self.tree.arena.root());
            let code = one.code();
            !holds_others || code.starts_with("tree::") || code.starts_with("env::") || code == "stack::duplicate-name"
        };
        let errors = known.iter().filter(|one| one.severity() == Severity::Error);
        let errors: BTreeSet<&str> = errors.filter(reaches_down).map(Diagnostic::path).collect();
        // What was said at another line, such as a store that is imported there, is wrong by itself.
        let placed: BTreeSet<Caller> =
            (0..self.built).map(|index| self.tree.node(self.tree.arena.id(index)).location).collect();
        let follows = |one: &Diagnostic| {
            if one.code() == "fact::unread" && lines.contains(&one.location()) {
                return true;
            }
            let is_reference = one.code().starts_with("reference::") || one.code() == "tree::foreign-handle";
            if is_reference && errors.contains(one.path()) {
                return true;
            }
            let Some(&node) = nodes.get(one.path()) else { return false };
            // Names below a construct are made of its own, so where that is taken, they are taken too.
            let is_made = node.index() >= self.built || one.code() == "resource::duplicate-name";
            let mut above = self.tree.above(node).skip(1);
            is_made
                && placed.contains(&self.tree.node(node).location)
                && above.any(|above| errors.contains(self.tree.path(above)))
        };
        found.iter().filter(|one| !follows(one)).cloned().collect()
    }

    /// What planning found.
    #[must_use]
    pub fn findings(&self) -> &Diagnostics {
        &self.tree.findings
    }
}
