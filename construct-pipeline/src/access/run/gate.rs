//! What all questions about a store have in common, prepared once for all who ask there.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use construct_iam::access::Context;

use crate::access::ask::{Asker, Caller, Facts, Protected, Scene, Who};
use crate::access::template::{account_in, ways_through};
use crate::access::world::{Pipeline, Store, StoreKey};

const CALLER_ACCOUNT: &str = "kms:CallerAccount";

/// A store that questions are asked about.
#[derive(Debug)]
pub(crate) struct Gate<'p> {
    pub(crate) store: &'p Store,
    bucket: Arc<Protected>,
    object: Arc<Protected>,
    /// The roles that read and those that write here, as often as they do.
    readers: RefCell<Vec<Arc<Caller>>>,
    writers: RefCell<Vec<Arc<Caller>>>,
    scenes: RefCell<Vec<(Call, Rc<Scene>)>>,
    keys: RefCell<Vec<Rc<KeyGate>>>,
}

/// What requests on a bucket and its objects differ in, beside who makes them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Call {
    puts: bool,
    /// By a caller of another account.
    is_foreign: bool,
    is_secure: bool,
}

/// What uses of a key differ in, beside who makes them.
#[derive(Debug)]
struct Use {
    /// The account of who makes it, if some policy asks for it.
    account: Option<String>,
    by_s3: bool,
    scene: Rc<Scene>,
}

/// A key that artifacts of the store are encrypted with.
#[derive(Debug)]
pub(crate) struct KeyGate {
    arn: Arc<str>,
    target: Arc<Protected>,
    scenes: RefCell<Vec<Use>>,
}

impl<'p> Gate<'p> {
    /// The stores of a pipeline, by region.
    pub(crate) fn all(asker: &Asker<'_>, pipeline: &'p Pipeline) -> Vec<Self> {
        pipeline.stores.values().map(|store| Self::new(asker, store)).collect()
    }

    fn new(asker: &Asker<'_>, store: &'p Store) -> Self {
        let guarded = |arn: &Arc<str>| Arc::new(Protected::new(asker.view(), "s3", arn, &store.account, None));
        Self {
            store,
            bucket: guarded(&store.arn),
            object: guarded(&store.object),
            readers: RefCell::default(),
            writers: RefCell::default(),
            scenes: RefCell::default(),
            keys: RefCell::default(),
        }
    }

    /// A request on the bucket itself.
    pub(crate) fn on_bucket(&self, asker: &Asker<'_>, is_secure: bool) -> Rc<Scene> {
        self.scene(asker, &self.bucket, Call { puts: false, is_foreign: false, is_secure })
    }

    /// A request of a caller of an account on its objects.
    pub(crate) fn on_object(
        &self,
        asker: &Asker<'_>,
        account: Option<&str>,
        action: &str,
        is_secure: bool,
    ) -> Rc<Scene> {
        let puts = action == "s3:PutObject";
        let is_foreign = puts && account != Some(&self.store.account);
        self.scene(asker, &self.object, Call { puts, is_foreign, is_secure })
    }

    fn scene(&self, asker: &Asker<'_>, target: &Arc<Protected>, call: Call) -> Rc<Scene> {
        let mut scenes = self.scenes.borrow_mut();
        let alike = || scenes.iter().filter(|(known, _)| *known == call).map(|(_, scene)| scene);
        if let Some(known) = alike().find(|scene| Arc::ptr_eq(&scene.target, target)) {
            return Rc::clone(known);
        }
        let circumstances = alike().next().map(|scene| Arc::clone(&scene.circumstances));
        let circumstances = circumstances.unwrap_or_else(|| self.circumstances(asker, call));
        let scene = Rc::new(Scene::for_many(Arc::clone(target), circumstances));
        scenes.push((call, Rc::clone(&scene)));
        scene
    }

    fn circumstances(&self, asker: &Asker<'_>, call: Call) -> Arc<Context> {
        let store = self.store;
        let mut facts = asker.facts_in(&store.region);
        facts.one("aws:SecureTransport", || call.is_secure.to_string());
        facts.one("s3:ResourceAccount", || store.account.clone());
        facts.one("aws:ResourceAccount", || store.account.clone());
        facts.organization("aws:ResourceOrgID", &store.account, asker.world());
        if call.puts {
            facts.one("s3:x-amz-server-side-encryption", || "aws:kms".to_owned());
            match &store.key {
                // How S3 reports an alias is not documented, so nothing is said then.
                StoreKey::Customer { named, arn } if !named.contains("alias/") => {
                    facts.one("s3:x-amz-server-side-encryption-aws-kms-key-id", || arn.to_string());
                }
                _ => {}
            }
        }
        if call.is_foreign {
            facts.one("s3:x-amz-acl", || "bucket-owner-full-control".to_owned());
        }
        facts.context()
    }

    /// The key that has this ARN.
    pub(crate) fn key(&self, asker: &Asker<'_>, arn: &Arc<str>) -> Rc<KeyGate> {
        if let Some(known) = self.keys.borrow().iter().find(|known| known.arn == *arn) {
            return Rc::clone(known);
        }
        let owner = account_in(arn).unwrap_or(&self.store.account);
        let target = Protected::new(asker.view(), "kms", arn, owner, None);
        let key = Rc::new(KeyGate { arn: Arc::clone(arn), target: target.into(), scenes: RefCell::default() });
        self.keys.borrow_mut().push(Rc::clone(&key));
        key
    }

    /// A use of the key by a caller of an account: as S3 makes it on behalf of who reads or writes an object, or otherwise.
    pub(crate) fn on_key(&self, asker: &Asker<'_>, account: Option<&str>, key: &KeyGate, by_s3: bool) -> Rc<Scene> {
        let account = asker.wants(CALLER_ACCOUNT).then(|| account.unwrap_or_default());
        let mut scenes = key.scenes.borrow_mut();
        let known = scenes.iter().find(|known| known.account.as_deref() == account && known.by_s3 == by_s3);
        if let Some(Use { scene, .. }) = known {
            return Rc::clone(scene);
        }
        let circumstances = self.key_facts(asker, &key.arn, account, by_s3).context();
        let scene = Rc::new(Scene::for_many(Arc::clone(&key.target), circumstances));
        scenes.push(Use { account: account.map(str::to_owned), by_s3, scene: Rc::clone(&scene) });
        scene
    }

    fn key_facts<'w>(&self, asker: &Asker<'w>, key: &str, account: Option<&str>, by_s3: bool) -> Facts<'w> {
        let (store, world) = (self.store, asker.world());
        let mut facts = asker.facts();
        facts.one("aws:ViaAWSService", || by_s3.to_string());
        facts.one("aws:SecureTransport", || "true".to_owned());
        facts.one("aws:RequestedRegion", || store.region.clone());
        if let Some(account) = account {
            facts.one(CALLER_ACCOUNT, || account.to_owned());
        }
        let owner = account_in(key).unwrap_or(&store.account);
        facts.one("aws:ResourceAccount", || owner.to_owned());
        facts.organization("aws:ResourceOrgID", owner, world);
        facts.absent("kms:GrantIsForAWSResource");
        if by_s3 {
            facts.among("kms:ViaService", || ways_through("s3", &store.region));
            facts.many("kms:EncryptionContextKeys", || vec!["aws:s3:arn".to_owned()]);
            match world.buckets.get(&store.bucket).and_then(|bucket| bucket.bucket_key) {
                Some(true) => facts.one("kms:EncryptionContext:aws:s3:arn", || store.arn.to_string()),
                Some(false) => facts.one("kms:EncryptionContext:aws:s3:arn", || store.object.to_string()),
                None => {}
            }
        } else {
            for absent in ["kms:ViaService", "kms:EncryptionContext:aws:s3:arn", "kms:EncryptionContextKeys"] {
                facts.absent(absent);
            }
        }
        if let Some(aliases) = world.aliases_of(key) {
            facts.many("kms:ResourceAliases", || aliases);
        }
        facts
    }

    pub(crate) fn is_read_by(&self, caller: &Arc<Caller>) {
        note(&self.readers, caller);
    }

    pub(crate) fn is_written_by(&self, caller: &Arc<Caller>) {
        note(&self.writers, caller);
    }

    pub(crate) fn is_written_by_role(&self, role: &str) -> bool {
        self.writers.borrow().iter().any(|writer| writer.who.name() == role)
    }

    /// Whoever reads or writes here, by ARN; who does both is there twice.
    pub(crate) fn users(&self) -> Vec<Arc<Caller>> {
        let (mut readers, mut writers) = (self.readers.borrow().clone(), self.writers.borrow().clone());
        for users in [&mut readers, &mut writers] {
            users.sort_unstable_by(|one, other| one.who.name().cmp(other.who.name()));
            users.dedup_by(|one, other| one.who.name() == other.who.name());
        }
        readers.append(&mut writers);
        readers
    }
}

fn note(users: &RefCell<Vec<Arc<Caller>>>, caller: &Arc<Caller>) {
    if matches!(caller.who, Who::Role(_)) {
        users.borrow_mut().push(Arc::clone(caller));
    }
}
