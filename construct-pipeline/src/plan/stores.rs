//! Stores: one for each region in which an action runs, with a key where artifacts cross accounts.

use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Env, NodeId, PlanCx, Region, StackRef, Value, View, kind, text};
use construct_iam::{Arn, PolicyStatement};

use super::scaffold::{Scaffold, key_output, key_parameter};
use crate::aws::{AliasRef, KeyRef};
use crate::flow;
use crate::names;
use crate::pipeline::Pipeline;
use crate::resolve::Resolved;
use crate::sharing;
use crate::store::{ArtifactStore, GivenStore, KeyReference, KnownBy, StoreRef};

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
    pub(super) key: Option<PlannedKey>,
    pub(super) bucket_arn: Value<kind::Arn>,
    /// The artifacts of the pipeline: all objects of the bucket, or in a store of several pipelines those in the
    /// pipeline's folder.
    pub(super) artifacts: Value<kind::Arn>,
    /// Whether it was given to other pipelines, too.
    pub(super) has_neighbours: bool,
    origin: Origin,
}

/// The key of a store, as stacks name it.
#[derive(Debug)]
pub(super) struct PlannedKey {
    key: KeyRef,
    alias: Option<Value<kind::Name>>,
    /// Whether nobody knows more of it than the alias.
    only_by_alias: bool,
    pub(super) env: Env,
}

/// Who made a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// The user.
    Given,
    /// The pipeline.
    Pipeline,
    /// The group of the pipeline.
    Group,
}

impl Stores {
    /// What must be there before the pipeline, beside its scaffold stacks: buckets with their policies, and aliases.
    /// What is imported is there.
    pub(super) fn needed(&self) -> impl Iterator<Item = NodeId> {
        let is_needed = |store: &&PlannedStore| store.origin != Origin::Pipeline || store.env.region == self.home;
        self.by_region.values().filter(is_needed).flat_map(|store| {
            let alias = store.store.store_key().and_then(|key| key.alias).map(NodeId::from);
            [Some(NodeId::from(store.store.bucket())), alias].into_iter().flatten()
        })
    }
}

impl PlannedStore {
    /// Whether it is the store of the pipeline's group.
    pub(super) fn is_shared(&self) -> bool {
        self.origin == Origin::Group
    }
}

impl PlannedKey {
    /// How another stack names the key: by the ARN of its alias, the only name that is known before the key exists;
    /// never by its id, which other accounts would look up among their own keys.
    fn arn_outside(&self) -> Value<kind::Arn> {
        let Self { key, alias, env, .. } = self;
        let Some(alias) = alias else { return key.arn() };
        text!("arn:{}:kms:{}:{}:{}", env.partition().as_str(), env.region, env.account, alias).cast()
    }

    /// How a construct names the key: by the key's own ARN where CloudFormation can tell it.
    pub(super) fn arn_for(&self, user: impl Into<NodeId>, view: View<'_>) -> Value<kind::Arn> {
        if self.is_in(view.stack_of(user), view) { self.key.arn() } else { self.arn_outside() }
    }

    /// A statement narrowed to this key, in policies of its stack or of others. Outside of the key's stack its ARN is not
    /// known, so the statement is about all keys there that have the alias.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html>
    pub(super) fn narrow(&self, statement: PolicyStatement, is_near: bool) -> PolicyStatement {
        match &self.alias {
            Some(alias) if self.only_by_alias || !is_near => {
                let keys = Arn::regional(self.env, "kms", "key/*");
                statement.on([keys]).condition("ForAnyValue:StringEquals", "kms:ResourceAliases", [alias.clone()])
            }
            _ => statement.on([self.key.arn()]),
        }
    }

    /// Whether it stands in a stack.
    pub(super) fn is_in(&self, stack: Option<StackRef>, view: View<'_>) -> bool {
        stack == view.stack_of(self.key)
    }
}

/// The regions whose store needs a customer-managed key.
pub(super) fn keys_needed(resolved: &Resolved<'_>, regions: &BTreeSet<Region>) -> BTreeSet<Region> {
    let always = resolved.pipeline.store_settings.wants_key();
    let is_crossed = |region: &Region| {
        flow::crossing(resolved, *region).is_some() || flow::is_read_by_foreign_rule(resolved, *region)
    };
    regions.iter().copied().filter(|region| always || is_crossed(region)).collect()
}

pub(super) fn make(
    pipeline: &Pipeline,
    regions: &BTreeSet<Region>,
    keys: &BTreeSet<Region>,
    scaffold: &mut Scaffold<'_>,
    cx: &mut PlanCx<'_>,
) -> Stores {
    let home = cx.env().expect("a pipeline is planned in a stack");
    let mut make = |region| planned(pipeline, home, region, keys.contains(&region), scaffold, cx);
    Stores { home: home.region, by_region: regions.iter().map(|&region| (region, make(region))).collect() }
}

/// The store of a region.
fn planned(
    pipeline: &Pipeline,
    home: Env,
    region: Region,
    needs_key: bool,
    scaffold: &mut Scaffold<'_>,
    cx: &mut PlanCx<'_>,
) -> PlannedStore {
    let env = Env { region, ..home };
    let given = pipeline.given_store(region, home.region);
    let (store, origin) = match given {
        Some(GivenStore::Placed(store)) => (*store, Origin::Given),
        Some(GivenStore::Imported(store)) => {
            let id = format!("ImportedStore-{region}");
            (cx.scope().said_at(store.location).add(id, store.clone()), Origin::Given)
        }
        None => own_store(pipeline, env, needs_key, scaffold, cx),
    };
    let has_neighbours = match given {
        Some(given @ GivenStore::Placed(_)) => sharing::has_others(given, cx.here(), cx.view()),
        Some(GivenStore::Imported(_)) | None => false,
    };
    let group = scaffold.membership().filter(|_| origin == Origin::Group);
    let bucket = store.bucket();
    // What a group has is named in words: statements are sorted, and which node is older depends on who is in the group.
    let bucket_arn = match group {
        Some(group) => format!("arn:{}:s3:::{}", env.partition().as_str(), group.bucket(env)).into(),
        None => bucket.arn(),
    };
    let artifacts = match group.is_some() || has_neighbours {
        true => text!("{}/{}*", bucket_arn.clone(), names::artifacts_prefix(&pipeline.name)).cast(),
        false => bucket.objects(),
    };
    let key = store.store_key().map(|key| {
        let alias = match group {
            Some(group) => Some(group.alias(env).into()),
            None => key.alias.map(AliasRef::name),
        };
        let only_by_alias = key.known_by == KnownBy::Alias;
        // An imported one may be another account's.
        let account = cx.view().env_of(key.key).map_or(env.account, |own| own.account);
        PlannedKey { key: key.key, alias, only_by_alias, env: Env { account, ..env } }
    });
    let stated = match given {
        Some(GivenStore::Imported(imported)) => imported.stated_key().cloned(),
        Some(GivenStore::Placed(_)) | None => None,
    };
    let made = || key.as_ref().map(|key| key_id(pipeline, key, origin, scaffold, cx));
    let key_id = stated.map(Value::cast).or_else(made);
    PlannedStore { env, store, key_id, key, bucket_arn, artifacts, has_neighbours, origin }
}

/// A store that nobody gave: that of the group, or one that is made.
fn own_store(
    pipeline: &Pipeline,
    env: Env,
    needs_key: bool,
    scaffold: &mut Scaffold<'_>,
    cx: &mut PlanCx<'_>,
) -> (StoreRef, Origin) {
    if let Some(store) = scaffold.shared_store(env, cx) {
        return (store, Origin::Group);
    }
    let store = ArtifactStore::new(&pipeline.name).settings(pipeline.store_settings.clone());
    let store = if needs_key { store } else { store.aws_managed_key() };
    (scaffold.scope(env, cx).add("Store", store), Origin::Pipeline)
}

fn key_id(
    pipeline: &Pipeline,
    key: &PlannedKey,
    origin: Origin,
    scaffold: &mut Scaffold<'_>,
    cx: &mut PlanCx<'_>,
) -> Value<kind::Arn> {
    let env = key.env;
    // The store of a group may stand in another stack of the same place. That stack exports nothing: while a pipeline
    // imported from it, it could not be changed when the pipeline leaves.
    let is_near = match origin {
        Origin::Group => key.is_in(cx.view().stack_of(cx.here()), cx.view()),
        Origin::Given | Origin::Pipeline => cx.env() == Some(env),
    };
    if is_near {
        return key.key.arn();
    }
    if origin != Origin::Given && pipeline.key_reference == KeyReference::Exact {
        let parameter = scaffold.shared_key(env, key.key, cx).unwrap_or_else(|| {
            let id = names::replica_key_parameter(&pipeline.name, env);
            scaffold.scope(env, cx).add("ReplicaKeyArn", key_output(&id, key.key));
            cx.scope().add(format!("ReplicaKeyArn-{}", env.region), key_parameter(&id, env))
        });
        return parameter.value().cast();
    }
    key.arn_outside()
}
