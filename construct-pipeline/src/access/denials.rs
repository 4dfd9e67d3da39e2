//! What must stay denied: the policies let in the roles that they are meant for, and nobody and nothing else.
//!
//! A stranger is asked for with every permission that its own account can give, so that only the policies of the pipeline keep it out.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ask::Question;
use super::caller::Who;
use super::calls::{passed_role, project_arn};
use super::flow::{Action, Pipeline, Store};
use super::needs::{About, Prover};
use super::physical::{account_in, arn_parts, short_name};
use super::report::Purpose;

/// The name of no role of the pipelines.
const ANY_ROLE: &str = "any-other-role";
/// With more pipelines than this, each is tested against the next ones only: the rest differ from those in nothing but their names.
const NEIGHBOURS: usize = 4;

fn role(partition: &str, account: &str, name: &str) -> Arc<str> {
    format!("arn:{partition}:iam::{account}:role/{name}").into()
}

impl<'p> Prover<'p, '_> {
    pub(crate) fn denials(&mut self, others: &'p [Pipeline], own: usize) {
        let pipeline = self.pipeline;
        for store in pipeline.stores.values() {
            let world = self.asker.world();
            // Of a store that no template makes and nobody described, nothing can be said.
            let has_bucket = world.buckets.contains_key(&store.bucket);
            let has_key = store.key_arn().is_some_and(|key| world.key(key).is_some());
            let foreign: BTreeSet<Arc<str>> =
                self.users(store).filter(|arn| account_in(arn) != Some(&store.account)).collect();
            for stranger in self.strangers(store, &foreign) {
                let about = About::denial(None, Purpose::Stranger);
                if has_bucket {
                    self.on_object(&about, &stranger, store, &["s3:GetObject", "s3:PutObject"]);
                }
                if has_key {
                    self.with_key(&about, &stranger, store, store.key_arn().cloned(), &["kms:Decrypt"]);
                }
            }
            if has_bucket {
                self.plain_http(store);
            }
            for reader in &foreign {
                self.foreign_reader(reader, store, has_bucket, has_key);
            }
            if has_bucket {
                self.other_pipelines(others, own, store);
            }
        }
        self.trusts();
    }

    fn users(&self, store: &Store) -> impl Iterator<Item = Arc<str>> + use<> {
        let of = |uses: &std::collections::BTreeMap<String, BTreeSet<Arc<str>>>| {
            uses.get(&store.region).cloned().unwrap_or_default()
        };
        of(&self.uses.readers).into_iter().chain(of(&self.uses.writers))
    }

    /// Another role of each account that takes part, and a role of a familiar name in an account that does not.
    fn strangers(&self, store: &Store, foreign: &BTreeSet<Arc<str>>) -> Vec<Who> {
        let world = self.asker.world();
        let partition = arn_parts(&store.arn).map_or("aws", |parts| parts[0]);
        let accounts: BTreeSet<&str> = foreign.iter().filter_map(|arn| account_in(arn)).collect();
        let familiar = foreign.first().unwrap_or(&self.pipeline.role);
        let mut strangers: Vec<Who> =
            accounts.into_iter().map(|account| Who::Administrator(role(partition, account, ANY_ROLE))).collect();
        strangers.push(Who::Administrator(role(partition, &world.nobody, short_name(familiar))));
        strangers
    }

    fn plain_http(&mut self, store: &'p Store) {
        let partition = arn_parts(&store.arn).map_or("aws", |parts| parts[0]);
        let administrator = Who::Administrator(role(partition, &store.account, ANY_ROLE));
        let about = About::denial(None, Purpose::PlainHttp);
        let mut who: Vec<(Who, &'static str)> =
            vec![(administrator.clone(), "s3:GetObject"), (administrator, "s3:PutObject")];
        who.extend(self.users(store).map(|arn| (Who::Role(arn), "s3:GetObject")));
        for (who, action) in who {
            if !self.is_known(&who) {
                continue;
            }
            let facts = self.store_facts(store, &who, action, false);
            let (resource, owner) = (Arc::clone(&store.object), store.account.as_str().into());
            self.ask(&about, Question { who, action, resource, owner, facts });
        }
    }

    /// Whether the policies of who asks are known: nothing can be proved about others.
    fn is_known(&self, who: &Who) -> bool {
        match who {
            Who::Role(arn) => self.asker.world().roles.contains_key(arn),
            Who::Administrator(_) | Who::Service(_) => true,
        }
    }

    fn foreign_reader(&mut self, reader: &Arc<str>, store: &'p Store, has_bucket: bool, has_key: bool) {
        let who = Who::Administrator(Arc::clone(reader));
        let writes = self.uses.writers.get(&store.region).is_some_and(|writers| writers.contains(reader));
        if !writes {
            let about = About::denial(None, Purpose::ReaderWrites);
            if has_bucket {
                self.on_object(&about, &who, store, &["s3:PutObject"]);
            }
            if has_key {
                self.with_key(&about, &who, store, store.key_arn().cloned(), &["kms:GenerateDataKey"]);
            }
        }
        let Some(key) = store.key_arn().filter(|_| has_key) else { return };
        let mut facts = self.key_facts(store, key, &who);
        for absent in ["kms:ViaService", "kms:EncryptionContext:aws:s3:arn", "kms:EncryptionContextKeys"] {
            facts.absent(absent);
        }
        facts.one("aws:ViaAWSService", || "false".to_owned());
        let (owner, facts) = (account_in(key).unwrap_or(&store.account).into(), facts.told());
        let question = Question { who, action: "kms:Decrypt", resource: Arc::clone(key), owner, facts };
        self.ask(&About::denial(None, Purpose::KeyOutsideStore), question);
    }

    fn other_pipelines(&mut self, others: &'p [Pipeline], own: usize, store: &'p Store) {
        let about = About::denial(None, Purpose::OtherPipeline);
        let next = others.iter().cycle().skip(own + 1).take(others.len().saturating_sub(1).min(NEIGHBOURS));
        for other in next {
            let shares = other.stores.values().any(|theirs| theirs.bucket == store.bucket);
            if other.role == self.pipeline.role || shares && !self.is_apart_from(other, store) {
                continue;
            }
            let mut roles = BTreeSet::from([Arc::clone(&other.role)]);
            if shares {
                // In a bucket of both, whoever works for the other is as near as its pipeline.
                let there = other.actions.iter().filter(|action| action.region() == store.region);
                roles.extend(there.flat_map(|action| self.workers(action)));
                let own: BTreeSet<Arc<str>> = self.users(store).chain([Arc::clone(&self.pipeline.role)]).collect();
                roles.retain(|role| !own.contains(role));
            }
            for role in roles {
                let who = Who::Role(role);
                if self.is_known(&who) {
                    self.on_object(&about, &who, store, &["s3:GetObject", "s3:PutObject"]);
                }
            }
        }
    }

    /// The roles with which an action works.
    fn workers(&self, action: &Action) -> impl Iterator<Item = Arc<str>> + use<> {
        let passed = passed_role(action).map(|(role, _)| role.into());
        let project = (action.provider() == "CodeBuild").then(|| project_arn(action));
        let project = project.and_then(|arn| Some(self.asker.world().projects.get(&arn)?.role.as_str().into()));
        [Some(Arc::clone(&action.role)), passed, project].into_iter().flatten()
    }

    /// Whether two pipelines are kept apart in a bucket of both: by statements about the folder of one of them. Others share the
    /// bucket on purpose, with all that is in it.
    fn is_apart_from(&self, other: &Pipeline, store: &Store) -> bool {
        let (Some(own), Some(theirs)) = (&self.pipeline.folder, &other.folder) else { return false };
        let folders = &self.asker.world().policies.folders;
        folders.contains(&(store.bucket.clone(), own.clone()))
            && !own.starts_with(theirs.as_str())
            && !theirs.starts_with(own.as_str())
    }

    /// Nobody but the pipeline takes on the role of an action in another account.
    fn trusts(&mut self) {
        let pipeline = self.pipeline;
        let (account, partition) = (&pipeline.label.account, arn_parts(&pipeline.arn).map_or("aws", |parts| parts[0]));
        let mut seen = BTreeSet::new();
        for action in pipeline.actions.iter().filter(|action| action.own_role) {
            let foreign = account_in(&action.role) != Some(account);
            if !foreign || !seen.insert(&action.role) || !self.asker.world().roles.contains_key(&action.role) {
                continue;
            }
            let about = About::denial(action, Purpose::StrangerTakesRole);
            let nobody = self.asker.world().nobody.as_str();
            for (account, name) in
                [(account.as_str(), ANY_ROLE), (nobody, short_name(&pipeline.role)), (action.account(), ANY_ROLE)]
            {
                self.takes_role(&about, Who::Administrator(role(partition, account, name)), &action.role);
            }
        }
    }
}
