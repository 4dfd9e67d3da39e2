//! Stores that are given to pipelines, and the pipelines that use them.
//!
//! In a store of its own a pipeline reaches all there is. In one that several use, each reaches the folder that
//! CodePipeline makes for it, as in the store of a group. How many use it must be known before the first of them is
//! planned, so pipelines say it when they are placed: to the store, or, where each imports the store for itself, to the app.
//! There each reaches all there is, whoever comes and goes, and a finding says so.

use std::cell::Cell;

use construct_core::{Fact, NodeId, Reach, Scope, View};

use crate::group::ScaffoldGroupRef;
use crate::pipeline::Pipeline;
use crate::store::GivenStore;

/// That a pipeline uses a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct User {
    /// First, so that users stand in the order of the program.
    node: NodeId,
    pipeline: String,
    /// The bucket of a store that the pipeline imports.
    imported: Option<String>,
}

impl Fact for User {
    const NAME: &'static str = "pipeline that uses a store";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
    const IS_KEPT_FOR_CHECKS: bool = false;
}

/// Who is told that a pipeline uses a store, and the name of its bucket if it is imported. Nobody is told of a store that
/// belongs to another app, or has a name that only a deployment tells.
fn told<'s>(store: &'s GivenStore, view: View<'_>) -> Option<(NodeId, Option<&'s str>)> {
    match store {
        GivenStore::Placed(store) => view.owns(store.bucket()).then(|| (store.bucket().into(), None)),
        GivenStore::Imported(store) => Some((view.root(), Some(store.bucket_name()?))),
    }
}

/// Says that a pipeline uses the stores that were given to it.
pub(crate) fn announce(pipeline: &Pipeline, scope: &mut Scope<'_>) {
    let of_group = pipeline.group.filter(|_| pipeline.store.is_none()).map(ScaffoldGroupRef::store);
    let of_group = of_group.map(GivenStore::Placed);
    for store in pipeline.given_stores().chain(&of_group) {
        let Some((to, imported)) = told(store, scope.view()) else { continue };
        let imported = imported.map(str::to_owned);
        scope.attach(to, User { node: scope.here(), pipeline: pipeline.name.clone(), imported });
    }
}

/// Whether other pipelines than the one at a node use a store.
pub(crate) fn has_others(store: &GivenStore, at: NodeId, view: View<'_>) -> bool {
    let Some((to, imported)) = told(store, view) else { return false };
    view.any_fact::<User>(to, |user| user.node != at && user.imported.as_deref() == imported)
}

/// The pipelines that use a store and are of some kind by their names, each with its node, in the order of the program;
/// for the second of them alone, which says what is wrong with all.
pub(crate) fn as_second<'v>(
    store: &GivenStore,
    at: NodeId,
    view: View<'v>,
    is_kind: impl Fn(&str) -> bool,
) -> Option<Vec<(&'v str, NodeId)>> {
    let (to, imported) = told(store, view)?;
    let is_one = |user: &User| user.imported.as_deref() == imported && is_kind(&user.pipeline);
    // Whoever is not the second is told so without bringing all users into order.
    let first = Cell::new(None);
    let is_before = |user: &User| user.node < at && is_one(user);
    let is_third =
        |user: &User| is_before(user) && first.replace(Some(user.node)).is_some_and(|first| first != user.node);
    if view.any_fact(to, is_third) || first.get().is_none() {
        return None;
    }
    let all = view.facts_of::<User>(to).filter(|user| is_one(user));
    Some(all.map(|user| (&*user.pipeline, user.node)).collect())
}
