//! Statements that give far more than a pipeline needs, found by reading them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::policies::{Place, PolicyIx};
use super::world::{Pipeline, PipelineLabel, World};

/// A statement of a role or key that a pipeline uses, and what it gives too much.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TooWide {
    /// A pipeline that uses the role or the key.
    pub pipeline: Arc<PipelineLabel>,
    /// Where the policy stands.
    pub place: Place,
    /// Index of the statement, from 0.
    pub statement: usize,
    /// What it gives too much, in words.
    pub excess: &'static str,
    /// What would be narrower, in words.
    pub narrower: &'static str,
}

/// The wide statements of the roles and keys that the pipelines use.
pub(crate) fn too_wide(world: &World, pipelines: &[Pipeline]) -> Vec<TooWide> {
    let mut found = Vec::new();
    let mut told: BTreeSet<(PolicyIx, usize)> = BTreeSet::new();
    if world.policies.wide.is_empty() {
        return found;
    }
    for pipeline in pipelines {
        let mut used: BTreeSet<PolicyIx> = BTreeSet::new();
        let performers = pipeline.actions.iter().map(|action| &*action.role);
        let passed = pipeline.actions.iter().filter_map(|action| action.get("RoleArn"));
        let projects = pipeline
            .actions
            .iter()
            .filter_map(|action| Some(world.projects.get(&*action.project_arn())?.role.as_str()));
        let policies_of = |role| world.roles.get(role).into_iter().flat_map(|role| &role.identity);
        let performing: BTreeSet<PolicyIx> =
            [&*pipeline.role].into_iter().chain(performers).flat_map(policies_of).copied().collect();
        used.extend(passed.chain(projects).flat_map(policies_of));
        let keys = pipeline.stores.values().filter_map(|store| world.key(store.key_arn()?));
        used.extend(keys.map(|key| key.policy));
        for wide in &world.policies.wide {
            let is_used = || !wide.excess.is_of_performers() && used.contains(&wide.policy);
            if !performing.contains(&wide.policy) && !is_used() {
                continue;
            }
            let Some(place) = world.place(wide.policy) else { continue };
            if told.insert((wide.policy, wide.statement)) {
                let (excess, narrower) = wide.excess.words();
                let pipeline = Arc::clone(&pipeline.label);
                found.push(TooWide { pipeline, place, statement: wide.statement, excess, narrower });
            }
        }
    }
    found
}
