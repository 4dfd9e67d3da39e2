//! Stores that the program placed, and the pipelines that use them.
//!
//! In a store of its own a pipeline reaches all there is. In one that several use, each reaches the folder that
//! CodePipeline makes for it, as in the store of a group. How many use it must be known before the first of them is
//! planned, so pipelines say it when they are placed.

use construct_core::{Fact, NodeId, Reach, Scope, View};

use crate::group::ScaffoldGroupRef;
use crate::names::folder_of;
use crate::pipeline::Pipeline;
use crate::store::{GivenStore, StoreRef};

/// That a pipeline uses a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct User {
    /// First, so that users stand in the order of the program.
    node: NodeId,
    pipeline: String,
}

impl Fact for User {
    const NAME: &'static str = "pipeline that uses a store";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
    const IS_KEPT_FOR_CHECKS: bool = false;
}

/// Says to the stores of the tree that a pipeline uses them.
pub(crate) fn announce(pipeline: &Pipeline, scope: &mut Scope<'_>) {
    let of_group = pipeline.group.filter(|_| pipeline.store.is_none()).map(ScaffoldGroupRef::store);
    let placed = pipeline.given_stores().filter_map(GivenStore::placed).chain(of_group);
    let own: Vec<StoreRef> = placed.filter(|store| scope.view().owns(store.bucket())).collect();
    for store in own {
        let user = User { node: scope.here(), pipeline: pipeline.name.clone() };
        scope.attach(store.bucket(), user);
    }
}

/// Whether several pipelines use a store.
pub(crate) fn is_shared(store: StoreRef, view: View<'_>) -> bool {
    let mut users = users(store, view).map(|user| user.node);
    let first = users.next();
    users.any(|user| Some(user) != first)
}

/// The pipelines that use a store and begin like this name, so that nobody can tell their folders apart: each with its
/// node, in the order of the program.
pub(crate) fn of_folder<'v>(store: StoreRef, name: &str, view: View<'v>) -> Vec<(&'v str, NodeId)> {
    let own = folder_of(name);
    let of_own = users(store, view).filter(|user| folder_of(&user.pipeline) == own);
    of_own.map(|user| (&*user.pipeline, user.node)).collect()
}

fn users<'v>(store: StoreRef, view: View<'v>) -> impl Iterator<Item = &'v User> {
    view.facts_of::<User>(store.bucket())
}
