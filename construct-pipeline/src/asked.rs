//! Statements about constructs, with the reason where they are imported.

use construct_core::{NodeId, PlanCx};
use construct_iam::PolicyStatement;
use construct_iam::contract::Asked;

/// States what a construct must allow, and where that is for an owner to see to, also why.
pub(crate) fn grant(
    target: impl Into<NodeId>,
    statement: PolicyStatement,
    cx: &mut PlanCx<'_>,
    why: impl FnOnce(&PolicyStatement) -> Asked,
) {
    let target = target.into();
    because(target, cx, || why(&statement));
    cx.attach(target, statement);
}

/// Says why a construct must allow something, where that is for an owner to see to.
pub(crate) fn because(target: impl Into<NodeId>, cx: &mut PlanCx<'_>, why: impl FnOnce() -> Asked) {
    let target = target.into();
    if cx.view().imports(target).is_some() {
        cx.attach(target, why());
    }
}
