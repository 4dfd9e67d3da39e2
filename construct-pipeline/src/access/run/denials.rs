//! What must stay denied: the policies let in the roles that they are meant for, and nobody and nothing else.
//!
//! A stranger is asked for with every permission that its own account can give, so that only the policies of the
//! pipeline keep it out.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::calls::passed_role;
use super::gate::{Gate, KeyGate};
use super::prover::{About, Keep, Prover};
use crate::access::ask::{Asker, Caller, Scene, Who};
use crate::access::report::Purpose;
use crate::access::template::{account_in, arn_parts, short_name};
use crate::access::world::{Action, Pipeline, Store};

/// With more pipelines than this, each is tested against the next ones only: the rest differ from those in nothing but
/// their names.
const NEIGHBOURS: usize = 4;

/// What nobody else may do with artifacts.
const TOUCH: [&str; 2] = ["s3:GetObject", "s3:PutObject"];
const LIST: &str = "s3:ListBucket";
/// Whoever makes grants of a key lets in whom he likes. Of what administers a key, other accounts can do this alone:
/// <https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html>.
const GRANT: &str = "kms:CreateGrant";
const TAKE: &str = "sts:AssumeRole";

/// A store, and what of it can be asked about: of what no template makes and nobody described, nothing can be said.
struct Watched<'g, 'p> {
    gate: &'g Gate<'p>,
    has_bucket: bool,
    key: Option<Rc<KeyGate>>,
}

impl<'g, 'p> Watched<'g, 'p> {
    fn new(asker: &Asker<'_>, gate: &'g Gate<'p>) -> Self {
        let (world, store) = (asker.world(), gate.store);
        let key = store.key_arn().filter(|key| world.key(key).is_some()).map(|key| gate.key(asker, key));
        Self { gate, has_bucket: world.buckets.contains_key(&store.bucket), key }
    }

    fn object(&self, asker: &Asker<'_>, account: Option<&str>, action: &str) -> Option<Rc<Scene>> {
        self.has_bucket.then(|| self.gate.on_object(asker, account, action, true))
    }

    fn key(&self, asker: &Asker<'_>, account: Option<&str>, by_s3: bool) -> Option<Rc<Scene>> {
        self.key.as_ref().map(|key| self.gate.on_key(asker, account, key, by_s3))
    }
}

impl<'p> Prover<'p, '_> {
    pub(crate) fn denials(&mut self, others: &'p [Pipeline], own: usize) {
        for gate in self.gates {
            let store = Watched::new(self.asker, gate);
            let users = gate.users();
            let foreign = users.iter().filter(|user| user.account() != Some(&gate.store.account));
            let mut foreign: Vec<&Arc<Caller>> = foreign.collect();
            foreign.sort_unstable_by_key(|user| user.who.name());
            foreign.dedup_by_key(|user| user.who.name());
            self.strangers(&store, &foreign);
            if store.has_bucket {
                self.plain_http(gate, &users);
            }
            for users in foreign.chunk_by(|one, next| one.account() == next.account()) {
                self.foreign_users(&store, users);
            }
            if store.has_bucket {
                self.other_pipelines(others, own, gate);
            }
        }
        self.trusts();
    }

    /// Whether it is denied to all of an account: then nobody of it has to ask, unless somebody wants to read of it.
    fn keeps_out(&self, account: Option<&str>, action: &'static str, scene: &Scene) -> bool {
        self.keep == Keep::Unproved && account.is_some_and(|account| self.asker.keeps_out(account, scene, action))
    }

    /// Asks for a caller of an account, who is looked up if somebody has to ask.
    fn deny(
        &mut self,
        about: &About<'p>,
        account: Option<&str>,
        caller: impl FnOnce() -> Arc<Caller>,
        action: &'static str,
        scene: &Scene,
    ) {
        if !self.keeps_out(account, action, scene) {
            self.ask(about, &caller(), action, scene);
        }
    }

    /// Another role of each account that takes part, and a role of a familiar name in an account that does not.
    fn strangers(&mut self, store: &Watched<'_, 'p>, foreign: &[&Arc<Caller>]) {
        let (asker, pipeline) = (self.asker, self.pipeline);
        let partition = partition_of(&store.gate.store.arn);
        let accounts: BTreeSet<&str> = foreign.iter().filter_map(|user| user.account()).collect();
        for account in accounts {
            self.stranger(store, account, || asker.stranger(partition, account));
        }
        let familiar = short_name(foreign.first().map_or(&*pipeline.role, |user| user.who.name()));
        let nobody = &*asker.world().nobody;
        self.stranger(store, nobody, || asker.administrator_named(partition, nobody, familiar));
    }

    fn stranger(&mut self, store: &Watched<'_, 'p>, account: &str, caller: impl Fn() -> Arc<Caller>) {
        let (asker, about, account) = (self.asker, About::denial(None, Purpose::Stranger), Some(account));
        for action in TOUCH {
            if let Some(scene) = store.object(asker, account, action) {
                self.deny(&about, account, &caller, action, &scene);
            }
        }
        if store.has_bucket {
            self.deny(&about, account, &caller, LIST, &store.gate.on_bucket(asker, true));
        }
        if let Some(scene) = store.key(asker, account, true) {
            self.deny(&about, account, &caller, "kms:Decrypt", &scene);
        }
        if let Some(scene) = store.key(asker, account, false) {
            self.deny(&about, account, &caller, GRANT, &scene);
        }
    }

    fn plain_http(&mut self, gate: &Gate<'p>, users: &[Arc<Caller>]) {
        let (asker, account) = (self.asker, &*gate.store.account);
        let partition = partition_of(&gate.store.arn);
        let about = About::denial(None, Purpose::PlainHttp);
        for action in TOUCH {
            let scene = gate.on_object(asker, Some(account), action, false);
            self.deny(&about, Some(account), || asker.stranger(partition, account), action, &scene);
        }
        // What is denied on objects alone leaves their names to be read on the way.
        let scene = gate.on_bucket(asker, false);
        self.deny(&about, Some(account), || asker.stranger(partition, account), LIST, &scene);
        let [action, _] = TOUCH;
        let scene = gate.on_object(asker, Some(account), action, false);
        if self.keep == Keep::Unproved && asker.keeps_everybody_out(&scene, action) {
            return;
        }
        for user in users {
            if matches!(&user.who, Who::Role(role) if self.is_known(role)) {
                self.ask(&about, user, action, &scene);
            }
        }
    }

    /// Whether the policies of a role are known: nothing can be proved about others.
    fn is_known(&self, role: &str) -> bool {
        self.asker.world().roles.contains_key(role)
    }

    /// The users of one other account.
    fn foreign_users(&mut self, store: &Watched<'_, 'p>, users: &[&Arc<Caller>]) {
        let (asker, account) = (self.asker, users[0].account());
        let asked = [
            (Purpose::ReaderWrites, "s3:PutObject", store.object(asker, account, "s3:PutObject")),
            (Purpose::ReaderWrites, "kms:GenerateDataKey", store.key(asker, account, true)),
            (Purpose::KeyOutsideStore, "kms:Decrypt", store.key(asker, account, false)),
        ];
        let asked = asked.into_iter().filter_map(|(purpose, action, scene)| Some((purpose, action, scene?)));
        let asked: Vec<_> = asked.filter(|(_, action, scene)| !self.keeps_out(account, action, scene)).collect();
        if asked.is_empty() {
            return;
        }
        for user in users {
            let (caller, writes) = (asker.administrator(user), store.gate.is_written_by_role(user.who.name()));
            for (purpose, action, scene) in
                asked.iter().filter(|(purpose, ..)| !writes || *purpose != Purpose::ReaderWrites)
            {
                self.ask(&About::denial(None, purpose.clone()), &caller, action, scene);
            }
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
        if !self.is_known(role) {
            return;
        }
        let (asker, about) = (self.asker, About::denial(None, Purpose::OtherPipeline));
        let caller = asker.home(role);
        for action in TOUCH {
            let scene = gate.on_object(asker, caller.account(), action, true);
            self.deny(&about, caller.account(), || Arc::clone(&caller), action, &scene);
        }
    }

    /// The roles with which an action works.
    fn workers(&self, action: &Action) -> impl Iterator<Item = Arc<str>> + use<> {
        let passed = passed_role(action).map(|(role, _)| role.into());
        let project = (action.provider() == "CodeBuild").then(|| action.project_arn());
        let project = project.and_then(|arn| Some(self.asker.world().projects.get(&*arn)?.role.as_str().into()));
        [Some(Arc::clone(&action.role)), passed, project].into_iter().flatten()
    }

    /// Whether two pipelines are kept apart in a bucket of both: by statements about the folder of one of them. Others
    /// share the bucket on purpose, with all that is in it.
    fn is_apart_from(&self, other: &Pipeline, store: &Store) -> bool {
        let (Some(own), Some(theirs)) = (&self.pipeline.folder, &other.folder) else { return false };
        let folders = &self.asker.world().policies.folders;
        folders.contains(&(store.bucket.clone(), own.clone()))
            && !own.starts_with(theirs.as_str())
            && !theirs.starts_with(own.as_str())
    }

    /// Nobody but the pipeline takes on the role of an action in another account.
    fn trusts(&mut self) {
        let (asker, pipeline) = (self.asker, self.pipeline);
        let (account, world) = (&pipeline.label.account, asker.world());
        let (partition, name) = (partition_of(&pipeline.arn), short_name(&pipeline.role));
        let mut seen = BTreeSet::new();
        for action in pipeline.actions.iter().filter(|action| action.own_role) {
            let foreign = account_in(&action.role) != Some(account);
            if !seen.insert(&action.role) || !world.roles.contains_key(&action.role) {
                continue;
            }
            let role = self.role(&action.role);
            if !foreign {
                self.outsider_takes(Some(action), &role);
                continue;
            }
            let about = About::denial(action, Purpose::StrangerTakesRole);
            let scene = self.scenes.taken(asker, &role, account);
            let (near, nobody, there) = (account, &*world.nobody, action.account());
            self.deny(&about, Some(near), || asker.stranger(partition, near), TAKE, &scene);
            self.deny(&about, Some(nobody), || asker.administrator_named(partition, nobody, name), TAKE, &scene);
            self.deny(&about, Some(there), || asker.stranger(partition, there), TAKE, &scene);
        }
    }

    /// Nobody of an account without a part in the pipeline takes on a role that works for it.
    pub(crate) fn outsider_takes(&mut self, action: Option<&'p Action>, role: &Caller) {
        let (asker, pipeline) = (self.asker, self.pipeline);
        let is_made = asker.world().roles.get(role.who.name()).is_some_and(|role| role.made.is_some());
        if !is_made || !self.apart.insert(role.number) {
            return;
        }
        let (partition, name) = (partition_of(&pipeline.arn), short_name(&pipeline.role));
        let about = About::denial(action, Purpose::OutsiderTakesRole);
        let scene = self.scenes.taken(asker, role, &pipeline.label.account);
        let nobody = &*asker.world().nobody;
        self.deny(&about, Some(nobody), || asker.administrator_named(partition, nobody, name), TAKE, &scene);
    }
}

fn partition_of(arn: &str) -> &str {
    arn_parts(arn).map_or("aws", |[partition, ..]| partition)
}
