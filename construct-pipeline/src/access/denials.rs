//! What must stay denied: the policies let in the roles that they are meant for, and nobody and nothing else.
//!
//! A stranger is asked for with every permission that its own account can give, so that only the policies of the pipeline keep it out.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::caller::{ANY_ROLE, Caller, Who};
use super::calls::{passed_role, project_arn};
use super::flow::{Action, Pipeline, Store};
use super::gate::Gate;
use super::needs::{About, Prover};
use super::physical::{account_in, arn_parts, short_name};
use super::report::Purpose;

/// With more pipelines than this, each is tested against the next ones only: the rest differ from those in nothing but their names.
const NEIGHBOURS: usize = 4;

fn role(partition: &str, account: &str, name: &str) -> Arc<str> {
    ["arn:", partition, ":iam::", account, ":role/", name].concat().into()
}

impl<'p> Prover<'p, '_> {
    pub(crate) fn denials(&mut self, others: &'p [Pipeline], own: usize) {
        for gate in self.gates.values().cloned().collect::<Vec<_>>() {
            let (world, store) = (self.asker.world(), gate.store);
            // Of a store that no template makes and nobody described, nothing can be said.
            let has_bucket = world.buckets.contains_key(&store.bucket);
            let has_key = store.key_arn().is_some_and(|key| world.key(key).is_some());
            let users = gate.users();
            let foreign = users.iter().filter(|user| user.account() != Some(&store.account));
            let foreign: BTreeMap<&str, &Arc<Caller>> = foreign.map(|user| (user.who.name(), user)).collect();
            for stranger in self.strangers(&gate, &foreign) {
                let about = About::denial(None, Purpose::Stranger);
                if has_bucket {
                    self.on_object(&about, &stranger, &gate, &["s3:GetObject", "s3:PutObject"]);
                }
                if has_key {
                    self.with_key(&about, &stranger, &gate, store.key_arn(), &["kms:Decrypt"]);
                }
            }
            if has_bucket {
                self.plain_http(&gate, &users);
            }
            for reader in foreign.values() {
                self.foreign_reader(reader, &gate, has_bucket, has_key);
            }
            if has_bucket {
                self.other_pipelines(others, own, &gate);
            }
        }
        self.trusts();
    }

    /// Another role of each account that takes part, and a role of a familiar name in an account that does not.
    fn strangers(&self, gate: &Gate<'_>, foreign: &BTreeMap<&str, &Arc<Caller>>) -> Vec<Arc<Caller>> {
        let world = self.asker.world();
        let partition = arn_parts(&gate.store.arn).map_or("aws", |parts| parts[0]);
        let accounts: BTreeSet<&str> = foreign.values().filter_map(|user| user.account()).collect();
        let familiar = foreign.keys().next().copied().unwrap_or(&self.pipeline.role);
        let strangers = accounts.into_iter().map(|account| (account, ANY_ROLE));
        let strangers = strangers.chain([(world.nobody.as_str(), short_name(familiar))]);
        strangers.map(|(account, name)| self.administrator(role(partition, account, name))).collect()
    }

    fn administrator(&self, arn: Arc<str>) -> Arc<Caller> {
        self.asker.caller(&Who::Administrator(arn))
    }

    fn plain_http(&mut self, gate: &Gate<'p>, users: &[Arc<Caller>]) {
        let partition = arn_parts(&gate.store.arn).map_or("aws", |parts| parts[0]);
        let administrator = self.administrator(role(partition, &gate.store.account, ANY_ROLE));
        let about = About::denial(None, Purpose::PlainHttp);
        let administrators = [(&administrator, "s3:GetObject"), (&administrator, "s3:PutObject")];
        for (caller, action) in administrators.into_iter().chain(users.iter().map(|user| (user, "s3:GetObject"))) {
            if matches!(&caller.who, Who::Role(role) if !self.is_known(role)) {
                continue;
            }
            let told = gate.told(&self.asker, caller, action, false);
            self.ask(&about, &told, action, &gate.object);
        }
    }

    /// Whether the policies of a role are known: nothing can be proved about others.
    fn is_known(&self, role: &str) -> bool {
        self.asker.world().roles.contains_key(role)
    }

    fn foreign_reader(&mut self, reader: &Arc<Caller>, gate: &Gate<'p>, has_bucket: bool, has_key: bool) {
        let caller = self.asker.administrator(reader);
        if !gate.has_writer(reader.who.name()) {
            let about = About::denial(None, Purpose::ReaderWrites);
            if has_bucket {
                self.on_object(&about, &caller, gate, &["s3:PutObject"]);
            }
            if has_key {
                self.with_key(&about, &caller, gate, gate.store.key_arn(), &["kms:GenerateDataKey"]);
            }
        }
        let Some(key) = gate.store.key_arn().filter(|_| has_key) else { return };
        let key = gate.key(&self.asker, key);
        let told = gate.told_of_key(&self.asker, &caller, &key, false);
        self.ask(&About::denial(None, Purpose::KeyOutsideStore), &told, "kms:Decrypt", &key.target);
    }

    fn other_pipelines(&mut self, others: &'p [Pipeline], own: usize, gate: &Gate<'p>) {
        let store = gate.store;
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
                let users = gate.users();
                let own: BTreeSet<&str> = users.iter().map(|user| user.who.name()).collect();
                roles.retain(|role| *role != self.pipeline.role && !own.contains(&**role));
            }
            for role in roles.iter().filter(|role| self.is_known(role)).map(|role| self.role(role)).collect::<Vec<_>>()
            {
                self.on_object(&about, &role, gate, &["s3:GetObject", "s3:PutObject"]);
            }
        }
    }

    /// The roles with which an action works.
    fn workers(&self, action: &Action) -> impl Iterator<Item = Arc<str>> + use<> {
        let passed = passed_role(action).map(|(role, _)| role.into());
        let project = (action.provider() == "CodeBuild").then(|| project_arn(action));
        let project = project.and_then(|arn| Some(self.asker.world().projects.get(&*arn)?.role.as_str().into()));
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
        let nobody = self.asker.world().nobody.as_str();
        let near = [(account.as_str(), ANY_ROLE), (nobody, short_name(&pipeline.role))];
        let near = LazyCell::new(|| near.map(|(account, name)| role(partition, account, name)));
        let mut seen = BTreeSet::new();
        for action in pipeline.actions.iter().filter(|action| action.own_role) {
            let foreign = account_in(&action.role) != Some(account);
            if !foreign || !seen.insert(&action.role) || !self.asker.world().roles.contains_key(&action.role) {
                continue;
            }
            let about = About::denial(action, Purpose::StrangerTakesRole);
            let taken = self.guarded_role(&self.role(&action.role));
            let [home, nobody] = &*near;
            for stranger in [Arc::clone(home), Arc::clone(nobody), role(partition, action.account(), ANY_ROLE)] {
                let caller = self.administrator(stranger);
                self.takes_role(&about, &caller, &taken);
            }
        }
    }
}
