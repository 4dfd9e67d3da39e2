//! Buckets, secrets and keys, with what other resources say about them.

use std::borrow::Cow;
use std::sync::Arc;

use construct_iam::access::symbol;
use serde_json::{Value, json};

use super::documents::DocumentAt;
use super::roles::Named;
use super::{Reading, Surveyor};
use crate::access::policies::{PolicyIx, PolicyKind, Slot, everything};
use crate::access::world::{Bucket, Kept, Key, full_key_name, is_of_aws};

impl<'t> Surveyor<'t> {
    pub(super) fn bucket(&mut self, reading: Reading<'t>) {
        let Some(arn) = self.arn(reading) else { return };
        let name = self.resolver.physical_id(reading.stack, reading.logical_id);
        let encryption = self.lazily(reading, "BucketEncryption");
        let rules = encryption.as_ref().and_then(|value| value.get("ServerSideEncryptionConfiguration"));
        let rule = rules.as_ref().and_then(|rules| rules.items().next());
        let flag = rule.as_ref().and_then(|rule| rule.get("BucketKeyEnabled"));
        let bucket_key = flag.map_or(Some(false), |flag| flag.flag());
        let versions = self.property(reading, "VersioningConfiguration").and_then(|value| value.get("Status"));
        let keeps_versions = versions.is_some_and(|status| self.resolver.text(reading.stack, status) != "Suspended");
        let default = rule.as_ref().and_then(|rule| rule.get("ServerSideEncryptionByDefault"));
        let default_key = default.and_then(|default| Some(default.get("KMSMasterKeyID")?.as_text()));
        let account = self.account(reading.stack);
        let made = Some(self.made(reading));
        let bucket = Bucket { arn, account, made, policy: None, bucket_key, keeps_versions, default_key };
        self.world.buckets.insert(name, bucket);
    }

    pub(super) fn bucket_policy(&mut self, reading: Reading<'t>) {
        let Some(bucket) = self.property(reading, "Bucket") else { return };
        let Some(policy) = self.document(reading) else { return };
        let Named { names, are_open } = self.named(reading, bucket);
        for name in names {
            let policy = match are_open {
                true => self.world.policies.unknown(&self.policy_name(reading, None)),
                false => policy,
            };
            self.policy_of_bucket(reading, name, policy);
        }
    }

    fn policy_of_bucket(&mut self, reading: Reading<'t>, name: String, mut policy: PolicyIx) {
        let (account, partition) = (self.account(reading.stack), self.resolver.partition(reading.stack));
        // A bucket that no template makes may have its policy here; it can only be set in the account of the bucket.
        let bucket = self.world.buckets.entry(name.clone()).or_insert_with(|| Bucket {
            arn: format!("arn:{partition}:s3:::{name}").into(),
            account,
            made: None,
            policy: None,
            bucket_key: None,
            keeps_versions: false,
            default_key: None,
        });
        if bucket.policy.is_some() {
            // A bucket has one policy: which of two wins, the templates do not say.
            policy = self.world.policies.unknown(&format!("the two policies of bucket {name}"));
        }
        bucket.policy = Some(policy);
    }

    pub(super) fn key(&mut self, reading: Reading<'t>) {
        let Some(arn) = self.arn(reading) else { return };
        let account = self.account(reading.stack);
        let policy = match self.document(reading) {
            Some(policy) => policy,
            None => {
                // What KMS writes where nothing is written:
                // https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
                let mut document = everything();
                let root = format!("arn:{}:iam::{account}:root", self.resolver.partition(reading.stack));
                if let Some(statement) = document.pointer_mut("/Statement/0").and_then(Value::as_object_mut) {
                    statement.insert("Action".to_owned(), json!("kms:*"));
                    statement.insert("Principal".to_owned(), json!({ "AWS": root }));
                }
                let slot = Slot::Property("KeyPolicy");
                let at = DocumentAt { reading, slot, kind: PolicyKind::Key, name: None };
                self.computed(at, Cow::Owned(document.into()))
            }
        };
        let made = Some(self.made(reading));
        self.world.keys.insert(Arc::clone(&arn), Key { arn, made, policy, aliases: Some(Vec::new()) });
    }

    /// The key of a secret, if that has a name of its own.
    pub(super) fn secret(&mut self, reading: Reading<'t>) {
        let Some(key) = self.key_name(reading, "KmsKeyId").filter(|key| !is_of_aws(key)) else { return };
        let Some(name) = self.text(reading, "Name").filter(|name| !name.contains(':')) else { return };
        let (region, account) = (self.resolver.region(reading.stack), self.resolver.account(reading.stack));
        let arn = Kept::Secret(name.into()).arn(region, account, symbol::UNKNOWN);
        self.world.keys_of.insert(arn, key);
    }

    /// The key of a repository.
    pub(super) fn repository(&mut self, reading: Reading<'t>) {
        let Some(key) = self.key_name(reading, "KmsKeyId").filter(|key| !is_of_aws(key)) else { return };
        if let Some(arn) = self.arn(reading) {
            self.world.keys_of.insert(arn.to_string(), key);
        }
    }

    pub(super) fn alias(&mut self, reading: Reading<'t>) {
        let (Some(name), Some(target)) = (self.text(reading, "AliasName"), self.text(reading, "TargetKeyId")) else {
            return;
        };
        let base = self.kms(reading.stack);
        let target = if target.starts_with("arn:") { target } else { [&*base, ":key/", &target].concat() };
        let target: Arc<str> = target.into();
        self.world.aliases.insert([&*base, ":", &name].concat(), Arc::clone(&target));
        if let Some(aliases) = self.world.keys.get_mut(&target).and_then(|key| key.aliases.as_mut()) {
            aliases.push(name);
        }
    }

    /// The ARN of the key that a property names, or that of its alias.
    pub(super) fn key_name(&self, reading: Reading<'t>, property: &str) -> Option<String> {
        let named = self.text(reading, property)?;
        Some(full_key_name(&named, &self.kms(reading.stack)))
    }

    /// What the ARNs of keys and aliases of a stack begin with.
    pub(super) fn kms(&self, stack: usize) -> String {
        let (account, region) = (self.resolver.account(stack), self.resolver.region(stack));
        ["arn:", self.resolver.partition(stack), ":kms:", region, ":", account].concat()
    }
}
