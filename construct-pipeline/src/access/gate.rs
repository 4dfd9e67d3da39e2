//! What all questions about a store have in common, prepared once for all who ask there.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use construct_iam::access::Context;

use super::ask::Asker;
use super::caller::{Caller, Who};
use super::facts::{Facts, Told};
use super::flow::{Store, StoreKey};
use super::physical::account_in;
use super::protected::Protected;

/// A store that questions are asked about.
#[derive(Debug)]
pub(crate) struct Gate<'p> {
    pub(crate) store: &'p Store,
    pub(crate) bucket: Arc<Protected>,
    pub(crate) object: Arc<Protected>,
    /// The roles that read and those that write here, by ARN.
    readers: RefCell<BTreeMap<Arc<str>, Arc<Caller>>>,
    writers: RefCell<BTreeMap<Arc<str>, Arc<Caller>>>,
    scenes: RefCell<Vec<(Call, Arc<Context>)>>,
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

/// A key that artifacts of the store are encrypted with.
#[derive(Debug)]
pub(crate) struct KeyGate {
    arn: Arc<str>,
    pub(crate) target: Arc<Protected>,
    /// By the account of who asks, and by whether it does so by means of S3.
    scenes: RefCell<Vec<(String, bool, Arc<Context>)>>,
}

impl<'p> Gate<'p> {
    pub(crate) fn new(asker: &Asker<'_>, store: &'p Store) -> Self {
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

    /// The circumstances of a request on the bucket or its objects.
    pub(crate) fn told(&self, asker: &Asker<'_>, caller: &Arc<Caller>, action: &str, is_secure: bool) -> Told {
        let puts = action == "s3:PutObject";
        let is_foreign = puts && caller.account() != Some(&self.store.account);
        let call = Call { puts, is_foreign, is_secure };
        let known = self.scenes.borrow().iter().find(|(known, _)| *known == call).map(|(_, scene)| Arc::clone(scene));
        let scene = known.unwrap_or_else(|| {
            let scene = self.scene(asker, call);
            self.scenes.borrow_mut().push((call, Arc::clone(&scene)));
            scene
        });
        Told::amid(caller, scene)
    }

    fn scene(&self, asker: &Asker<'_>, call: Call) -> Arc<Context> {
        let store = self.store;
        let mut facts = asker.facts_in(&store.region);
        facts.one("aws:SecureTransport", || call.is_secure.to_string());
        facts.one("s3:ResourceAccount", || store.account.clone());
        facts.one("aws:ResourceAccount", || store.account.clone());
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

    /// The circumstances of a use of the key: as S3 makes it on behalf of who reads or writes an object, or otherwise.
    pub(crate) fn told_of_key(&self, asker: &Asker<'_>, caller: &Arc<Caller>, key: &KeyGate, by_s3: bool) -> Told {
        let account = caller.account().unwrap_or_default();
        let is_it = |(known, s3, _): &&(String, bool, Arc<Context>)| known == account && *s3 == by_s3;
        let known = key.scenes.borrow().iter().find(is_it).map(|(_, _, scene)| Arc::clone(scene));
        let scene = known.unwrap_or_else(|| {
            let scene = self.key_facts(asker, &key.arn, account, by_s3).context();
            key.scenes.borrow_mut().push((account.to_owned(), by_s3, Arc::clone(&scene)));
            scene
        });
        Told::amid(caller, scene)
    }

    fn key_facts<'w>(&self, asker: &Asker<'w>, key: &str, account: &str, by_s3: bool) -> Facts<'w> {
        let (store, world) = (self.store, asker.world());
        let mut facts = asker.facts();
        facts.one("aws:ViaAWSService", || by_s3.to_string());
        facts.one("aws:SecureTransport", || "true".to_owned());
        facts.one("aws:RequestedRegion", || store.region.clone());
        facts.one("kms:CallerAccount", || account.to_owned());
        facts.one("aws:ResourceAccount", || account_in(key).unwrap_or(&store.account).to_owned());
        facts.absent("kms:GrantIsForAWSResource");
        if by_s3 {
            facts.one("kms:ViaService", || format!("s3.{}.amazonaws.com", store.region));
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
        let known = world.key(key);
        if let Some(aliases) = known.and_then(|key| key.aliases.as_ref()) {
            facts.many("kms:ResourceAliases", || aliases.clone());
        } else if let (None, Some((_, alias))) = (known, key.split_once(":alias/")) {
            facts.many("kms:ResourceAliases", || vec![format!("alias/{alias}")]);
        }
        facts
    }

    pub(crate) fn is_read_by(&self, caller: &Arc<Caller>) {
        note(&self.readers, caller);
    }

    pub(crate) fn is_written_by(&self, caller: &Arc<Caller>) {
        note(&self.writers, caller);
    }

    pub(crate) fn has_writer(&self, role: &str) -> bool {
        self.writers.borrow().contains_key(role)
    }

    /// Whoever reads or writes here, by ARN; who does both is there twice.
    pub(crate) fn users(&self) -> Vec<Arc<Caller>> {
        self.readers.borrow().values().chain(self.writers.borrow().values()).cloned().collect()
    }
}

fn note(users: &RefCell<BTreeMap<Arc<str>, Arc<Caller>>>, caller: &Arc<Caller>) {
    if let Who::Role(role) = &caller.who {
        users.borrow_mut().entry(Arc::clone(role)).or_insert_with(|| Arc::clone(caller));
    }
}
