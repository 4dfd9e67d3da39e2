//! Runs the checks that constructs asked for on the finished assembly: what was written is what is checked.

use crate::assembly::Assembly;
use crate::construct::{CheckCx, Plan};
use crate::diagnostic::Diagnostics;

/// What the checks of a plan have to say about its assembly.
#[must_use]
pub fn check(plan: &Plan, assembly: &Assembly) -> Diagnostics {
    let mut out = Diagnostics::new();
    for check in plan.tree.checks.values() {
        check.check(&mut CheckCx { tree: &plan.tree, assembly, out: &mut out });
    }
    out
}
