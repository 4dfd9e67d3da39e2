//! Stores: one for each region in which an action runs, with a key where artifacts cross accounts.

use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Env, NodeId, Output, Parameter, PlanCx, Region, Value, kind};

use super::scaffold::Scaffold;
use crate::flow;
use crate::names;
use crate::pipeline::Pipeline;
use crate::resolve::Resolved;
use crate::store::{ArtifactStore, GivenStore, KeyReference, StoreRef};

/// The stores of a pipeline by region.
#[derive(Debug)]
pub(super) struct Stores {
    home: Region,
    pub(super) by_region: BTreeMap<Region, PlannedStore>,
}

#[derive(Debug)]
pub(super) struct PlannedStore {
    pub(super) env: Env,
    pub(super) store: StoreRef,
    /// What the pipeline writes as the id of the key.
    pub(super) key_id: Option<Value<kind::Arn>>,
    /// Whether the pipeline made it.
    pub(super) managed: bool,
}

impl Stores {
    /// What must be there before the pipeline at home: the bucket with its policy, the key's alias.
    pub(super) fn at_home(&self) -> impl Iterator<Item = NodeId> {
        let store = self.by_region.get(&self.home).filter(|store| store.managed);
        store.into_iter().flat_map(|store| {
            let alias = store.store.store_key().and_then(|key| key.alias).map(NodeId::from);
            [Some(NodeId::from(store.store.bucket())), alias].into_iter().flatten()
        })
    }
}

/// The regions whose store needs a customer-managed key.
pub(super) fn keys_needed(resolved: &Resolved<'_>, regions: &BTreeSet<Region>) -> BTreeSet<Region> {
    let always = resolved.pipeline.store_settings.wants_key();
    regions.iter().copied().filter(|region| always || flow::crossing(resolved, *region).is_some()).collect()
}

pub(super) fn make(
    pipeline: &Pipeline,
    regions: &BTreeSet<Region>,
    keys: &BTreeSet<Region>,
    scaffold: &mut Scaffold<'_>,
    cx: &mut PlanCx<'_>,
) -> Stores {
    let home = cx.env().expect("a pipeline is planned in a stack");
    let mut by_region = BTreeMap::new();
    for &region in regions {
        let env = Env { region, ..home };
        let given = match &pipeline.store {
            Some(store) if region == home.region => Some(store),
            _ => pipeline.replicas.iter().find(|(name, _)| name == region.as_str()).map(|(_, store)| store),
        };
        let store = match given {
            Some(GivenStore::Placed(store)) => *store,
            Some(GivenStore::Imported(store)) => cx.scope().add(format!("ImportedStore-{region}"), store.clone()),
            None => {
                let store = ArtifactStore::new(&pipeline.name).settings(pipeline.store_settings.clone());
                let store = if keys.contains(&region) { store } else { store.aws_managed_key() };
                scaffold.scope(env, cx).add("Store", store)
            }
        };
        let stated = match given {
            Some(GivenStore::Imported(imported)) => imported.stated_key().cloned(),
            Some(GivenStore::Placed(_)) | None => None,
        };
        let key_id = stated.map(Value::cast).or_else(|| key_id(pipeline, store, env, given.is_none(), scaffold, cx));
        by_region.insert(region, PlannedStore { env, store, key_id, managed: given.is_none() });
    }
    Stores { home: home.region, by_region }
}

fn key_id(
    pipeline: &Pipeline,
    store: StoreRef,
    env: Env,
    managed: bool,
    scaffold: &mut Scaffold<'_>,
    cx: &mut PlanCx<'_>,
) -> Option<Value<kind::Arn>> {
    let key = store.store_key()?;
    if cx.env() == Some(env) {
        return Some(key.key.arn());
    }
    if managed && pipeline.key_reference == KeyReference::Exact {
        let id = names::replica_key_parameter(&pipeline.name, env);
        let description = "The ARN of the replica key, for the parameter of the same name of the pipeline's stack";
        let output = Output::new(key.key.arn()).logical_id(&id).description(description);
        scaffold.scope(env, cx).add("ReplicaKeyArn", output);
        let parameter = Parameter::new("String")
            .logical_id(&id)
            .description(format!("The output {id} of the scaffold stack in {}", env.region))
            .allowed_pattern("arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+");
        let parameter = cx.scope().add(format!("ReplicaKeyArn-{}", env.region), parameter);
        return Some(parameter.value().cast());
    }
    Some(key.arn_outside(env))
}
