//! What must stay denied: the policies let in the roles that they are meant for, and nobody and nothing else.
//!
//! A stranger is asked for with every permission that its own account can give, so that only the policies of the pipeline keep it out.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::caller::{Caller, Who, role_arn};
use super::calls::{passed_role, project_arn};
use super::flow::{Action, Pipeline, Store};
use super::gate::Gate;
use super::needs::{About, Prover};
use super::physical::{account_in, arn_parts, short_name};
use super::report::Purpose;
use super::scene::Scene;

/// With more pipelines than this, each is tested against the next ones only: the rest differ from those in nothing but their names.
const NEIGHBOURS: usize = 4;

impl<'p> Prover<'p, '_> {
    pub(crate) fn denials(&mut self, others: &'p [Pipeline], own: usize) {
        for gate in self.gates.values().cloned().collect::<Vec<_>>() {
            let (world, store) = (self.asker.world(), gate.store);
            // Of a store that no template makes and nobody described, nothing can be said.
            let has_bucket = world.buckets.contains_key(&store.bucket);
            let has_key = store.key_arn().is_some_and(|key| world.key(key).is_some());
            let users = gate.users();
            let foreign = users.iter().filter(|user| user.account() != Some(&store.account));
            let mut foreign: Vec<&Arc<Caller>> = foreign.collect();
            foreign.sort_unstable_by_key(|user| user.who.name());
            foreign.dedup_by_key(|user| user.who.name());
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
            for reader in foreign {
                self.foreign_reader(reader, &gate, has_bucket, has_key);
            }
            if has_bucket {
                self.other_pipelines(others, own, &gate);
            }
        }
        self.trusts();
    }

    /// Another role of each account that takes part, and a role of a familiar name in an account that does not.
    fn strangers(&self, gate: &Gate<'_>, foreign: &[&Arc<Caller>]) -> Vec<Arc<Caller>> {
        let world = self.asker.world();
        let partition = arn_parts(&gate.store.arn).map_or("aws", |parts| parts[0]);
        let accounts: BTreeSet<&str> = foreign.iter().filter_map(|user| user.account()).collect();
        let familiar = foreign.first().map_or(&*self.pipeline.role, |user| user.who.name());
        let strangers = accounts.into_iter().map(|account| self.asker.stranger(partition, account));
        let nobody = self.administrator(role_arn(partition, &world.nobody, short_name(familiar)));
        strangers.chain([nobody]).collect()
    }

    fn administrator(&self, arn: Arc<str>) -> Arc<Caller> {
        self.asker.caller(&Who::Administrator(arn))
    }

    fn plain_http(&mut self, gate: &Gate<'p>, users: &[Arc<Caller>]) {
        let partition = arn_parts(&gate.store.arn).map_or("aws", |parts| parts[0]);
        let administrator = self.asker.stranger(partition, &gate.store.account);
        let about = About::denial(None, Purpose::PlainHttp);
        let administrators = [(&administrator, "s3:GetObject"), (&administrator, "s3:PutObject")];
        for (caller, action) in administrators.into_iter().chain(users.iter().map(|user| (user, "s3:GetObject"))) {
            if matches!(&caller.who, Who::Role(role) if !self.is_known(role)) {
                continue;
            }
            let scene = gate.on_object(self.asker, caller, action, false);
            self.ask(&about, caller, action, &scene);
        }
    }

    /// Whether the policies of a role are known: nothing can be proved about others.
    fn is_known(&self, role: &str) -> bool {
        self.asker.world().roles.contains_key(role)
    }

    fn foreign_reader(&mut self, reader: &Arc<Caller>, gate: &Gate<'p>, has_bucket: bool, has_key: bool) {
        let (asker, only_reads) = (self.asker, !gate.has_writer(reader.who.name()));
        let key = gate.store.key_arn().filter(|_| has_key).map(|key| gate.key(asker, key));
        let used = |by_s3: bool| key.as_ref().map(|key| gate.on_key(asker, reader, key, by_s3));
        let puts = (only_reads && has_bucket).then(|| gate.on_object(asker, reader, "s3:PutObject", true));
        let encrypts = if only_reads { used(true) } else { None };
        let asked = [
            puts.map(|scene| (Purpose::ReaderWrites, "s3:PutObject", scene)),
            encrypts.map(|scene| (Purpose::ReaderWrites, "kms:GenerateDataKey", scene)),
            used(false).map(|scene| (Purpose::KeyOutsideStore, "kms:Decrypt", scene)),
        ];
        let asked = asked.into_iter().flatten().filter(|(_, action, scene)| !self.keeps_out(reader, scene, action));
        let asked: Vec<(Purpose, &'static str, Rc<Scene>)> = asked.collect();
        if asked.is_empty() {
            return;
        }
        let caller = self.asker.administrator(reader);
        for (purpose, action, scene) in asked {
            self.ask(&About::denial(None, purpose), &caller, action, &scene);
        }
    }

    fn other_pipelines(&mut self, others: &'p [Pipeline], own: usize, gate: &Gate<'p>) {
        let store = gate.store;
        let next = others.iter().cycle().skip(own + 1).take(others.len().saturating_sub(1).min(NEIGHBOURS));
        for other in next {
            let shares = other.stores.values().any(|theirs| theirs.bucket == store.bucket);
            if other.role == self.pipeline.role || shares && !self.is_apart_from(other, store) {
                continue;
            }
            if !shares {
                self.other_role(&other.role, gate);
                continue;
            }
            let mut roles = BTreeSet::from([Arc::clone(&other.role)]);
            // In a bucket of both, whoever works for the other is as near as its pipeline.
            let there = other.actions.iter().filter(|action| action.region() == store.region);
            roles.extend(there.flat_map(|action| self.workers(action)));
            let users = gate.users();
            let own: BTreeSet<&str> = users.iter().map(|user| user.who.name()).collect();
            roles.retain(|role| *role != self.pipeline.role && !own.contains(&**role));
            for role in &roles {
                self.other_role(role, gate);
            }
        }
    }

    fn other_role(&mut self, role: &Arc<str>, gate: &Gate<'p>) {
        if self.is_known(role) {
            let about = About::denial(None, Purpose::OtherPipeline);
            self.on_object(&about, &self.role(role), gate, &["s3:GetObject", "s3:PutObject"]);
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
        let world = self.asker.world();
        let nobody = LazyCell::new(|| role_arn(partition, &world.nobody, short_name(&pipeline.role)));
        let mut seen = BTreeSet::new();
        for action in pipeline.actions.iter().filter(|action| action.own_role) {
            let foreign = account_in(&action.role) != Some(account);
            if !foreign || !seen.insert(&action.role) || !world.roles.contains_key(&action.role) {
                continue;
            }
            let about = About::denial(action, Purpose::StrangerTakesRole);
            let taken = self.role(&action.role);
            let near = self.asker.stranger(partition, account);
            let nobody = self.administrator(Arc::clone(&nobody));
            let there = self.asker.stranger(partition, action.account());
            for stranger in [near, nobody, there] {
                self.takes_role(&about, &stranger, &taken);
            }
        }
    }
}
