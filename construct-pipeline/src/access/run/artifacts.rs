//! What reading and writing artifacts needs.
//!
//! Reading is `s3:GetObject`, of a bucket that keeps versions `s3:GetObjectVersion`, and `kms:Decrypt`; writing is
//! `s3:PutObject`, `kms:GenerateDataKey` and, for large objects, `kms:Decrypt`:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::gate::Gate;
use super::prover::{About, Prover};
use crate::access::ask::Caller;
use crate::access::report::Purpose;
use crate::access::world::Action;

const READ: &str = "s3:GetObject";
const READ_VERSION: &str = "s3:GetObjectVersion";
const VERSIONS: &str = "the bucket keeps versions";
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-EC2Deploy.html> names no permission for it,
/// and roles of the AWS CDK have none.
const FOR_INSTANCES: &str =
    "CodePipeline reads it with this role, which its documentation does not say: instances fetch it with their own";
const DECRYPT: [&str; 1] = ["kms:Decrypt"];
const ENCRYPT: [&str; 2] = ["kms:GenerateDataKey", "kms:Decrypt"];

impl<'p> Prover<'p, '_> {
    pub(crate) fn artifacts(
        &mut self,
        action: &'p Action,
        caller: &Arc<Caller>,
        gate: &Gate<'p>,
        key: Option<&Arc<str>>,
    ) {
        if !action.inputs.is_empty() {
            let only_if = (action.provider() == "EC2").then_some(FOR_INSTANCES);
            let purpose = Purpose::Reads { artifacts: self.named(&action.inputs) };
            self.reads(&About { only_if, ..About::need(action, purpose) }, caller, gate);
        }
        if !action.outputs.is_empty() {
            let about = About::need(action, Purpose::Writes { artifacts: self.named(&action.outputs) });
            let foreign = caller.account() != Some(gate.store.account.as_str());
            let with_acl = match action.provider() {
                "CodeStarSourceConnection" => true,
                "CodeCommit" => foreign,
                _ => false,
            };
            self.writes(&about, caller, gate, key, with_acl);
        }
    }

    pub(crate) fn reads(&mut self, about: &About<'p>, caller: &Arc<Caller>, gate: &Gate<'p>) {
        gate.is_read_by(caller);
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html: without versions
        // nobody asks for one.
        let only_if = about.only_if.or_else(|| (!self.keeps_versions(gate)).then_some(VERSIONS));
        let version = About { only_if, ..about.clone() };
        let scene = gate.on_object(self.asker, caller.account(), READ, true);
        for (about, action) in [(about, READ), (&version, READ_VERSION)] {
            self.ask(about, caller, action, &scene);
        }
        self.with_key(about, caller, gate, gate.store.key_arn(), &DECRYPT);
    }

    fn keeps_versions(&self, gate: &Gate<'_>) -> bool {
        self.asker.world().buckets.get(&gate.store.bucket).is_some_and(|bucket| bucket.keeps_versions)
    }

    fn writes(
        &mut self,
        about: &About<'p>,
        caller: &Arc<Caller>,
        gate: &Gate<'p>,
        key: Option<&Arc<str>>,
        with_acl: bool,
    ) {
        gate.is_written_by(caller);
        let actions: &[&'static str] = if with_acl { &["s3:PutObject", "s3:PutObjectAcl"] } else { &["s3:PutObject"] };
        for action in actions {
            let scene = gate.on_object(self.asker, caller.account(), action, true);
            self.ask(about, caller, action, &scene);
        }
        self.with_key(about, caller, gate, key, &ENCRYPT);
    }

    /// Source artifacts go to the store of the action that makes them; the pipeline copies them where they are read.
    pub(crate) fn replication(&mut self, caller: &Arc<Caller>) {
        let pipeline = self.pipeline;
        let made: BTreeMap<&str, &Action> = pipeline
            .actions
            .iter()
            .flat_map(|action| action.outputs.iter().map(move |name| (&**name, action)))
            .collect();
        let mut copied: BTreeSet<(&str, &str)> = BTreeSet::new();
        for action in &pipeline.actions {
            for name in &action.inputs {
                let Some(maker) = made.get(&**name) else { continue };
                if maker.region() == action.region() || !copied.insert((name, action.region())) {
                    continue;
                }
                let (Some(from), Some(to)) = (self.gate(maker.region()), self.gate(action.region())) else { continue };
                let purpose = Purpose::Copies { artifact: Arc::clone(name), to: to.store.region.as_str().into() };
                let about = About::need(None, purpose);
                self.reads(&about, caller, from);
                self.writes(&about, caller, to, to.store.key_arn(), false);
            }
        }
    }

    /// Use of the key as S3 makes it on behalf of whoever reads or writes an object.
    fn with_key(
        &mut self,
        about: &About<'p>,
        caller: &Arc<Caller>,
        gate: &Gate<'p>,
        key: Option<&Arc<str>>,
        actions: &[&'static str],
    ) {
        let store = gate.store;
        let foreign = caller.account().is_some_and(|account| account != store.account);
        let Some(key) = key else {
            if foreign {
                self.no_shared_key(about, caller, gate, actions[0]);
            }
            return;
        };
        if foreign && store.has_local_key_name() && actions.len() > 1 {
            self.local_key_name(about, caller, gate, key);
            return;
        }
        let key = gate.key(self.asker, key);
        let scene = gate.on_key(self.asker, caller.account(), &key, true);
        for action in actions {
            self.ask(about, caller, action, &scene);
        }
    }
}
