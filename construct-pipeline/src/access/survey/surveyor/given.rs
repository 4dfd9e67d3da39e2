//! Facts that no template states, put into the world.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::Surveyor;
use crate::access::policies::{Digest, PolicyIx, PolicyKind, Spot, Statements};
use crate::access::survey::outside::Outside;
use crate::access::template::{Lazy, account_in, arn_parts, partition};
use crate::access::world::{Bucket, Key, Levels, Project, Role, World, is_of_aws};

impl Surveyor<'_> {
    pub(crate) fn outside(&mut self, outside: &Outside) {
        for (arn, document) in &outside.managed {
            let ix = adopt(&mut self.world, arn, arn, document, PolicyKind::Identity);
            self.managed.insert(arn.as_str().into(), ix);
        }
        let Outside { roles, trusts, attached, boundaries, .. } = outside;
        let arns = roles.keys().chain(trusts.keys()).chain(attached.keys()).chain(boundaries.keys());
        for arn in arns.collect::<BTreeSet<_>>() {
            self.given_role(outside, arn);
        }
        let world = &mut self.world;
        for (arn, (role, key)) in &outside.projects {
            let key = key.clone().filter(|key| !is_of_aws(key));
            let project = Project { role: role.clone(), key, ..Project::default() };
            world.projects.insert(arn.as_str().into(), project);
        }
        give_guarded(world, outside);
        give_keys(world, outside);
        give_buckets(world, outside);
        world.scps = levels(world, &outside.scps, "service");
        world.rcps = levels(world, &outside.rcps, "resource");
        world.organizations.clone_from(&outside.organizations);
    }

    fn given_role(&mut self, outside: &Outside, arn: &String) {
        let mut identity = Vec::new();
        for document in outside.roles.get(arn).into_iter().flatten() {
            let name = format!("policy given for {arn}");
            identity.push(adopt(&mut self.world, &name, arn, document, PolicyKind::Identity));
        }
        for policy in outside.attached.get(arn).into_iter().flatten() {
            identity.push(self.managed_policy(policy));
        }
        let world = &mut self.world;
        if !outside.roles.contains_key(arn) && identity.is_empty() {
            identity.push(world.policies.unknown(&format!("policies of {arn}")));
        }
        let trust = match outside.trusts.get(arn) {
            Some(document) => adopt(world, &format!("trust given for {arn}"), arn, document, PolicyKind::Trust),
            None => world.policies.unknown(&format!("trust policy of {arn}")),
        };
        let boundary = outside.boundaries.get(arn);
        let boundary = boundary
            .map(|document| adopt(world, &format!("boundary given for {arn}"), arn, document, PolicyKind::Boundary));
        let shared: Arc<str> = arn.as_str().into();
        self.role_names.given(account_in(arn).unwrap_or_default(), &shared);
        let role = Role { made: None, identity, trust: Some(trust), boundary };
        world.roles.insert(shared, role);
    }

    /// Stores given without an account are in that of the pipeline that names them, while any other bucket is where the
    /// action is that works with it; and all are in its partition, which their names do not tell.
    pub(crate) fn settle_accounts(&mut self) {
        if self.world.buckets.values().all(|bucket| bucket.made.is_some()) {
            return;
        }
        let mut users: BTreeMap<String, usize> = BTreeMap::new();
        for pipeline in &self.pipelines {
            let properties = Lazy::new(&self.resolver, pipeline.made.stack, pipeline.properties);
            let several = properties.get("ArtifactStores");
            let several = several.iter().flat_map(Lazy::items);
            let several = several.filter_map(|one| Some(one.get("ArtifactStore")?.text_of("Location")?.into_owned()));
            let one = properties.get("ArtifactStore");
            let one = one.as_ref().and_then(|store| Some(store.text_of("Location")?.into_owned()));
            for name in several.chain(one) {
                users.entry(name).or_insert(pipeline.made.stack);
            }
        }
        let first = self.pipelines.first().map(|pipeline| pipeline.made.stack);
        let World { buckets, environments, .. } = &mut self.world;
        for (name, bucket) in buckets.iter_mut().filter(|(_, bucket)| bucket.made.is_none()) {
            let pipeline = users.get(name).copied();
            if let Some(environment) = pipeline.or(first).and_then(|stack| environments.get(stack)) {
                if bucket.account.is_empty() && pipeline.is_some() {
                    bucket.account = environment.account.to_string();
                }
                bucket.arn = format!("arn:{}:s3:::{name}", partition(&environment.region)).into();
            }
        }
    }
}

/// Topics, buses and repositories.
fn give_guarded(world: &mut World, outside: &Outside) {
    for (arn, document) in &outside.resources {
        let name = format!("policy given for {arn}");
        let policy = adopt(world, &name, arn, document, PolicyKind::Other);
        world.guarded.entry(arn.as_str().into()).or_default().policies.push(policy);
    }
    for (topic, key) in &outside.topic_keys {
        world.guarded.entry(topic.as_str().into()).or_default().key = Some(key.clone());
    }
}

fn give_keys(world: &mut World, outside: &Outside) {
    for (named, document) in &outside.keys {
        let policy = adopt(world, &format!("key policy given for {named}"), named, document, PolicyKind::Key);
        let alias = arn_parts(named).filter(|parts| parts[4].starts_with("alias/"));
        let arn: Arc<str> = match (&alias, outside.aliases.get(named)) {
            (Some(_), Some(key)) => key.as_str().into(),
            (Some(parts), None) => key_behind(parts).into(),
            (None, _) => named.as_str().into(),
        };
        let aliases = alias.map(|parts| vec![parts[4].to_owned()]);
        if aliases.is_some() {
            world.aliases.insert(named.clone(), Arc::clone(&arn));
        }
        world.keys.insert(Arc::clone(&arn), Key { arn, made: None, policy, aliases });
    }
    for (alias, key) in &outside.aliases {
        world.aliases.insert(alias.clone(), key.as_str().into());
        if let (Some(key), Some(parts)) = (world.keys.get_mut(key.as_str()), arn_parts(alias)) {
            key.aliases.get_or_insert_default().push(parts[4].to_owned());
        }
    }
}

/// Stands for the ARN of a key of which only the alias is known: like any key it is in the account and region of that.
fn key_behind(alias: &[&str; 5]) -> String {
    let [partition, service, region, account, name] = alias;
    format!("arn:{partition}:{service}:{region}:{account}:key/<behind {name}>")
}

fn give_buckets(world: &mut World, outside: &Outside) {
    for (name, (account, document)) in &outside.buckets {
        let policy = adopt(world, &format!("bucket policy given for {name}"), name, document, PolicyKind::Bucket);
        let bucket = Bucket {
            arn: format!("arn:aws:s3:::{name}").into(),
            // Without an account, that of whoever uses it; see `settle_accounts`.
            account: account.clone().unwrap_or_default(),
            made: None,
            policy: Some(policy),
            bucket_key: None,
            keeps_versions: false,
            default_key: None,
        };
        world.buckets.insert(name.clone(), bucket);
    }
}

/// The control policies of a kind.
fn levels(world: &mut World, given: &BTreeMap<String, Vec<(String, Vec<Value>)>>, kind: &str) -> Levels {
    let mut levels = Levels::new();
    for (account, all) in given {
        for (level, documents) in all {
            let name = format!("{kind} control policy of {level}");
            let adopted = documents.iter().map(|document| adopt(world, &name, level, document, PolicyKind::Control));
            levels.entry(account.clone()).or_default().push((level.as_str().into(), adopted.collect()));
        }
    }
    levels
}

/// Adds a policy that no template has.
fn adopt(world: &mut World, name: &str, about: &str, document: &Value, kind: PolicyKind) -> PolicyIx {
    let statements = Statements::default();
    let digest = Digest::new(&statements, name, &document.into(), kind, &[]);
    world.policies.note_keys([&statements]);
    world.policies.add(digest, Spot::outside(about, kind))
}
