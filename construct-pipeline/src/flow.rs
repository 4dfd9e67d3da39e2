//! The flow of artifacts: who reads and writes them, and in which region's store.

use std::collections::BTreeSet;

use construct_core::{NodeId, Region};

use crate::condition::ConditionRule;
use crate::provider::{GivenRole, ProviderSpec};
use crate::resolve::{Resolved, ResolvedAction};

/// Who touches the artifacts of an action.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Toucher<'s> {
    /// The role that performs the action.
    Performer,
    /// The role of a construct that works in its place, as a CodeBuild project does.
    Worker(NodeId),
    /// The role that the action passes on.
    Passed,
    /// A role to which the service hands the artifacts on.
    Reader(&'s GivenRole),
}

/// That somebody reads or writes artifacts of an action.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Touch<'s> {
    pub(crate) by: Toucher<'s>,
    pub(crate) reads: bool,
    pub(crate) writes: bool,
}

/// Everybody who touches the artifacts of an action.
pub(crate) fn touches(spec: &ProviderSpec) -> impl Iterator<Item = Touch<'_>> {
    let (has_inputs, writes) = (!spec.inputs.is_empty(), !spec.outputs.is_empty());
    let reads = has_inputs || writes && spec.reads_outputs;
    let by = spec.worker.map_or(Toucher::Performer, Toucher::Worker);
    let passed = has_inputs && spec.passes.as_ref().is_some_and(|passed| passed.reads_inputs);
    let reader = |by| Touch { by, reads: true, writes: false };
    let readers = spec.readers.iter().flatten().filter(move |_| has_inputs).map(Toucher::Reader);
    let own = (reads || writes).then_some(Touch { by, reads, writes });
    own.into_iter().chain(passed.then_some(Toucher::Passed).into_iter().chain(readers).map(reader))
}

/// The regions with a store: the pipeline's own, each in which an action runs or a rule reads artifacts, and those
/// whose stores were given together.
pub(crate) fn regions(resolved: &Resolved<'_>) -> BTreeSet<Region> {
    let stated = resolved.pipeline.replicas.iter().filter(|_| resolved.pipeline.stores_by_region);
    let stated = stated.filter_map(|(name, _)| Region::parse(name).ok());
    // One by one, as nearly all of them are there already.
    let mut regions = BTreeSet::from([resolved.home.region]);
    regions.extend(resolved.actions.iter().map(|action| action.known.env.region));
    regions.extend(reading_rules(resolved).map(|rule| rule.region_or(resolved.home.region)));
    regions.extend(stated);
    regions
}

/// The rules of conditions that read artifacts.
fn reading_rules<'a>(resolved: &Resolved<'a>) -> impl Iterator<Item = &'a ConditionRule> {
    resolved.pipeline.rules().map(|(_, rule)| rule).filter(|rule| !rule.inputs.is_empty())
}

/// Whether a rule reads artifacts in a region with a role of another account, which takes a customer-managed key there,
/// too.
pub(crate) fn is_read_by_foreign_rule(resolved: &Resolved<'_>, region: Region) -> bool {
    let Resolved { home, view, .. } = *resolved;
    let mut there = reading_rules(resolved).filter(|rule| rule.region_or(home.region) == region);
    let role_of = |rule: &ConditionRule| rule.role.as_ref().and_then(|role| role.env(view, home));
    there.any(|rule| role_of(rule).is_some_and(|env| env.account != home.account))
}

/// An action of another account that touches artifacts in a region: the reason for a customer-managed key there.
pub(crate) fn crossing<'r, 'a>(resolved: &'r Resolved<'a>, region: Region) -> Option<&'r ResolvedAction<'a>> {
    let mut foreign = resolved.actions.iter().filter(|action| action.is_foreign(resolved.home));
    foreign.find(|action| action.known.env.region == region && touches(&action.known.spec).next().is_some())
}
