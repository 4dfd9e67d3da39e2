//! What a run of a pipeline needs, request by request.
//!
//! | who | does what |
//! |---|---|
//! | CodePipeline | takes on the pipeline's role |
//! | the pipeline's role | looks at each store; takes on the role of each action; copies artifacts to stores of other regions |
//! | the role of an action | calls the provider's service; hands over a role; reads and writes artifacts |
//! | a CodeBuild project's role | reads and writes artifacts in place of the action's role |
//! | a deployment role | reads the artifacts too, for what the template refers to |
//!
//! Reading is `s3:GetObject`, of a bucket that keeps versions `s3:GetObjectVersion`, and `kms:Decrypt`; writing is `s3:PutObject`, `kms:GenerateDataKey` and, for large objects,
//! `kms:Decrypt`: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ask::{Asker, Question};
use super::caller::Who;
use super::calls::{calls, passed_role, project_arn};
use super::facts::{Facts, Told};
use super::flow::{Action, Pipeline, Store, StoreKey};
use super::physical::account_in;
use super::report::{Access, Decision, Expected, Purpose};

const READ: [&str; 1] = ["s3:GetObject"];
const READ_VERSION: [&str; 1] = ["s3:GetObjectVersion"];
const LOOK: [&str; 2] = ["s3:GetBucketLocation", "s3:GetBucketVersioning"];
const LOOKS: &str = "CodePipeline looks at the bucket before it uses it, as its documentation has it";
const REFERS: &str = "the template refers to files in artifacts, such as code or nested templates";
const VERSIONS: &str = "the bucket keeps versions";
const DECRYPT: [&str; 1] = ["kms:Decrypt"];
const ENCRYPT: [&str; 2] = ["kms:GenerateDataKey", "kms:Decrypt"];

/// Which roles read and write in which store, by region.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    pub(crate) readers: BTreeMap<String, BTreeSet<Arc<str>>>,
    pub(crate) writers: BTreeMap<String, BTreeSet<Arc<str>>>,
}

/// Which requests a report holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Keep {
    All,
    /// Those that came out as they should are forgotten at once, as nobody will ask for them.
    Unproved,
}

/// Collects what is asked for one pipeline.
#[derive(Debug)]
pub(crate) struct Prover<'p, 'w> {
    pub(crate) pipeline: &'p Pipeline,
    pub(crate) asker: Asker<'w>,
    pub(crate) keep: Keep,
    pub(crate) accesses: Vec<Access>,
    pub(crate) uses: Uses,
    /// Stands for an id that AWS makes up during the run.
    pub(crate) unknown_id: char,
}

/// What belongs to a request beside the request itself.
#[derive(Clone, Debug)]
pub(crate) struct About<'p> {
    pub(crate) action: Option<&'p Action>,
    pub(crate) purpose: Purpose,
    pub(crate) expected: Expected,
    /// When it is needed, if not always.
    pub(crate) only_if: Option<&'static str>,
}

impl<'p> About<'p> {
    pub(crate) fn need(action: impl Into<Option<&'p Action>>, purpose: Purpose) -> Self {
        Self { action: action.into(), purpose, expected: Expected::Allow, only_if: None }
    }

    pub(crate) fn denial(action: impl Into<Option<&'p Action>>, purpose: Purpose) -> Self {
        Self { action: action.into(), purpose, expected: Expected::Deny, only_if: None }
    }
}

impl<'p> Prover<'p, '_> {
    /// Asks and notes the answer.
    pub(crate) fn ask(&mut self, about: &About<'p>, question: Question) {
        match self.asker.outcome(&question) {
            Some(outcome) => self.note(about, question, outcome.into(), None),
            None => self.note(about, question, Decision::Open, Some("who asks is not known".to_owned())),
        }
    }

    /// Notes what came of a question.
    pub(crate) fn note(&mut self, about: &About<'p>, question: Question, decision: Decision, remark: Option<String>) {
        if self.keep == Keep::Unproved && decision.proves(about.expected) {
            return;
        }
        let outsider = question.who.account() == Some(self.asker.world().nobody.as_str());
        self.accesses.push(Access {
            pipeline: Arc::clone(&self.pipeline.label),
            action: about.action.map(|action| Arc::clone(&action.label)),
            purpose: about.purpose.clone(),
            expected: about.expected,
            decision,
            remark,
            only_if: about.only_if.filter(|_| about.expected == Expected::Allow),
            question,
            outsider,
        });
    }

    pub(crate) fn needs(&mut self) {
        let pipeline = self.pipeline;
        self.service_takes("codepipeline.amazonaws.com", &pipeline.role, &About::need(None, Purpose::StartsRun));
        for store in pipeline.stores.values() {
            self.on_bucket(
                &About { only_if: Some(LOOKS), ..About::need(None, Purpose::LooksAtStore) },
                &Who::Role(Arc::clone(&pipeline.role)),
                store,
                &LOOK,
            );
        }
        for action in &pipeline.actions {
            self.action(action);
        }
        self.replication();
    }

    fn action(&mut self, action: &'p Action) {
        if action.own_role {
            let about = About::need(action, Purpose::TakesActionRole);
            self.takes_role(&about, Who::Role(Arc::clone(&self.pipeline.role)), &action.role);
        }
        self.service_calls(action);
        self.passes(action);
        let Some(store) = self.pipeline.stores.get(action.region()) else {
            self.no_store(action);
            return;
        };
        if action.provider() == "CodeBuild" {
            self.build(action, store);
        } else {
            self.artifacts(action, &action.role, store, store.key_arn().cloned());
        }
        if let Some((role, "cloudformation.amazonaws.com")) = passed_role(action)
            && action.provider() == "CloudFormation"
            && !action.inputs.is_empty()
        {
            let purpose = Purpose::DeploymentReads { artifacts: action.inputs.join(", ").into() };
            let role: Arc<str> = role.into();
            self.reads(&About { only_if: Some(REFERS), ..About::need(action, purpose) }, &role, store);
        }
    }

    pub(crate) fn takes_role(&mut self, about: &About<'p>, who: Who, role: &Arc<str>) {
        let mut facts = self.asker.facts(&who);
        facts.one("aws:ViaAWSService", || "false".to_owned());
        facts.one("aws:SecureTransport", || "true".to_owned());
        facts.absent("sts:ExternalId");
        let owner = account_in(role).unwrap_or(&self.pipeline.label.account).into();
        let (resource, facts) = (Arc::clone(role), facts.told());
        self.ask(about, Question { who, action: "sts:AssumeRole", resource, owner, facts });
    }

    pub(crate) fn service_takes(&mut self, service: &'static str, role: &Arc<str>, about: &About<'p>) {
        let owner = account_in(role).unwrap_or(&self.pipeline.label.account).into();
        let who = Who::Service(service);
        let facts = self.asker.facts(&who).told();
        self.ask(about, Question { who, action: "sts:AssumeRole", resource: Arc::clone(role), owner, facts });
    }

    fn service_calls(&mut self, action: &'p Action) {
        let about = About::need(action, Purpose::Calls);
        let Some(calls) = calls(action, &self.pipeline.name, self.unknown_id) else {
            let who = Who::Role(Arc::clone(&action.role));
            let owner = action.account().into();
            let question = Question { who, action: "", resource: "*".into(), owner, facts: Told::default() };
            let remark = format!("what `{}` actions call is not known here", action.provider());
            self.note(&about, question, Decision::Open, Some(remark));
            return;
        };
        for call in calls {
            let who = Who::Role(Arc::clone(&action.role));
            let mut facts = self.asker.facts(&who);
            common(&mut facts, action.region());
            for (key, value) in call.facts {
                facts.one(key, || value);
            }
            let in_bucket = || call.resource.split_once(":::")?.1.split('/').next();
            let owner = account_in(&call.resource)
                .or_else(|| self.asker.world().bucket_account(in_bucket()?))
                .unwrap_or(action.account())
                .into();
            let (resource, facts) = (call.resource.into(), facts.told());
            self.ask(&about, Question { who, action: call.action, resource, owner, facts });
        }
    }

    fn passes(&mut self, action: &'p Action) {
        let Some((role, service)) = passed_role(action) else { return };
        let role: Arc<str> = role.into();
        let who = Who::Role(Arc::clone(&action.role));
        let mut facts = self.asker.facts(&who);
        common(&mut facts, action.region());
        facts.one("iam:PassedToService", || service.to_owned());
        let owner = account_in(&role).unwrap_or(action.account()).into();
        let about = About::need(action, Purpose::PassesRole);
        self.ask(
            &about,
            Question { who, action: "iam:PassRole", resource: Arc::clone(&role), owner, facts: facts.told() },
        );
        self.service_takes(service, &role, &About::need(action, Purpose::ServiceTakesRole));
    }

    /// CodeBuild reads and writes with the role of the project, and encrypts with the key of the project.
    fn build(&mut self, action: &'p Action, store: &'p Store) {
        let arn = project_arn(action);
        let Some(project) = self.asker.world().projects.get(&arn) else {
            let who = Who::Role(arn.clone().into());
            let (resource, owner) = (Arc::clone(&store.object), store.account.as_str().into());
            let question = Question { who, action: "s3:GetObject", resource, owner, facts: Told::default() };
            let about = About::need(action, Purpose::Reads { artifacts: action.inputs.join(", ").into() });
            let remark = "no template makes the project, so its role is not known".to_owned();
            self.note(&about, question, Decision::Open, Some(remark));
            return;
        };
        let role: Arc<str> = action.get("ServiceRoleArnOverride").unwrap_or(&project.role).into();
        self.service_takes("codebuild.amazonaws.com", &role, &About::need(action, Purpose::ServiceTakesRole));
        let key = match &project.key {
            Some(key) => {
                Some(self.asker.world().key(key).map_or_else(|| key.as_str().into(), |key| Arc::clone(&key.arn)))
            }
            // Without a key of its own a project encrypts with the key that AWS manages, whatever the store says.
            None => None,
        };
        if let Some(shared) = store.key_arn()
            && key.as_deref() != Some(&**shared)
            && (project.key.is_some() || self.is_read_abroad(action))
            && !action.outputs.is_empty()
        {
            self.other_key(action, &role, store, project.key.as_deref());
        }
        self.artifacts(action, &role, store, key);
    }

    /// Whether an action in another account reads what this one writes.
    fn is_read_abroad(&self, action: &Action) -> bool {
        let reads = |other: &&Action| other.inputs.iter().any(|name| action.outputs.contains(name));
        self.pipeline.actions.iter().filter(reads).any(|other| other.account() != self.pipeline.label.account)
    }

    /// A project that encrypts with another key than the store's writes what nobody else can read.
    fn other_key(&mut self, action: &'p Action, role: &Arc<str>, store: &'p Store, own: Option<&str>) {
        let about = About::need(action, Purpose::Writes { artifacts: action.outputs.join(", ").into() });
        let resource = store.key_arn().cloned().unwrap_or_default();
        let owner = store.account.as_str().into();
        let who = Who::Role(Arc::clone(role));
        let question = Question { who, action: "kms:GenerateDataKey", resource, owner, facts: Told::default() };
        let world = self.asker.world();
        let known = own.is_none_or(|own| world.key(own).is_some() && world.key(&question.resource).is_some());
        let decision = if known { Decision::Denied } else { Decision::Open };
        let own = own.map_or_else(
            || "the key that AWS manages for S3".to_owned(),
            |own| format!("`{}`", world.symbols.readable(own)),
        );
        let remark = format!(
            "the project encrypts with {own} and not with the key of the store, so that others cannot read what it writes; set the project's `EncryptionKey` to the key of the store"
        );
        self.note(&about, question, decision, Some(remark));
    }

    fn artifacts(&mut self, action: &'p Action, role: &Arc<str>, store: &'p Store, key: Option<Arc<str>>) {
        if !action.inputs.is_empty() {
            let about = About::need(action, Purpose::Reads { artifacts: action.inputs.join(", ").into() });
            self.reads(&about, role, store);
        }
        if !action.outputs.is_empty() {
            let about = About::need(action, Purpose::Writes { artifacts: action.outputs.join(", ").into() });
            let foreign = account_in(role) != Some(store.account.as_str());
            let with_acl = match action.provider() {
                "CodeStarSourceConnection" => true,
                "CodeCommit" => foreign,
                _ => false,
            };
            self.writes(&about, role, store, key, with_acl);
        }
    }

    fn reads(&mut self, about: &About<'p>, role: &Arc<str>, store: &'p Store) {
        self.uses.readers.entry(store.region.clone()).or_default().insert(Arc::clone(role));
        let who = Who::Role(Arc::clone(role));
        self.on_object(about, &who, store, &READ);
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html: without versions nobody asks for one.
        let only_if = about.only_if.or_else(|| (!self.keeps_versions(store)).then_some(VERSIONS));
        self.on_object(&About { only_if, ..about.clone() }, &who, store, &READ_VERSION);
        self.with_key(about, &who, store, store.key_arn().cloned(), &DECRYPT);
    }

    fn keeps_versions(&self, store: &Store) -> bool {
        self.asker.world().buckets.get(&store.bucket).is_some_and(|bucket| bucket.keeps_versions)
    }

    fn writes(&mut self, about: &About<'p>, role: &Arc<str>, store: &'p Store, key: Option<Arc<str>>, with_acl: bool) {
        self.uses.writers.entry(store.region.clone()).or_default().insert(Arc::clone(role));
        let who = Who::Role(Arc::clone(role));
        let actions: &[&'static str] = if with_acl { &["s3:PutObject", "s3:PutObjectAcl"] } else { &["s3:PutObject"] };
        self.on_object(about, &who, store, actions);
        self.with_key(about, &who, store, key, &ENCRYPT);
    }

    /// Source artifacts go to the store of the action that makes them; the pipeline copies them where they are read.
    fn replication(&mut self) {
        let pipeline = self.pipeline;
        let made: BTreeMap<&str, &Action> = pipeline
            .actions
            .iter()
            .flat_map(|action| action.outputs.iter().map(move |name| (name.as_str(), action)))
            .collect();
        let mut copied: BTreeSet<(&str, &str)> = BTreeSet::new();
        for action in &pipeline.actions {
            for name in &action.inputs {
                let Some(maker) = made.get(name.as_str()) else { continue };
                if maker.region() == action.region() || !copied.insert((name, action.region())) {
                    continue;
                }
                let stores = (pipeline.stores.get(maker.region()), pipeline.stores.get(action.region()));
                let (Some(from), Some(to)) = stores else { continue };
                let purpose = Purpose::Copies { artifact: name.as_str().into(), to: to.region.as_str().into() };
                let about = About::need(None, purpose);
                self.reads(&about, &pipeline.role, from);
                self.writes(&about, &pipeline.role, to, to.key_arn().cloned(), false);
            }
        }
    }

    pub(crate) fn on_bucket(&mut self, about: &About<'p>, who: &Who, store: &'p Store, actions: &[&'static str]) {
        for action in actions {
            let facts = self.store_facts(store, who, action, true);
            let (resource, owner) = (Arc::clone(&store.arn), store.account.as_str().into());
            self.ask(about, Question { who: who.clone(), action, resource, owner, facts });
        }
    }

    pub(crate) fn on_object(&mut self, about: &About<'p>, who: &Who, store: &'p Store, actions: &[&'static str]) {
        for action in actions {
            let facts = self.store_facts(store, who, action, true);
            let (resource, owner) = (Arc::clone(&store.object), store.account.as_str().into());
            self.ask(about, Question { who: who.clone(), action, resource, owner, facts });
        }
    }

    pub(crate) fn store_facts(&self, store: &Store, who: &Who, action: &str, secure: bool) -> Told {
        let mut facts = self.asker.facts(who);
        common(&mut facts, &store.region);
        facts.one("aws:SecureTransport", || secure.to_string());
        facts.one("s3:ResourceAccount", || store.account.clone());
        facts.one("aws:ResourceAccount", || store.account.clone());
        if action == "s3:PutObject" {
            facts.one("s3:x-amz-server-side-encryption", || "aws:kms".to_owned());
            match &store.key {
                // How S3 reports an alias is not documented, so nothing is said then.
                StoreKey::Customer { named, arn } if !named.contains("alias/") => {
                    facts.one("s3:x-amz-server-side-encryption-aws-kms-key-id", || arn.to_string());
                }
                _ => {}
            }
            if who.account() != Some(&store.account) {
                facts.one("s3:x-amz-acl", || "bucket-owner-full-control".to_owned());
            }
        }
        facts.told()
    }

    /// Use of the key as S3 makes it on behalf of whoever reads or writes an object.
    pub(crate) fn with_key(
        &mut self,
        about: &About<'p>,
        who: &Who,
        store: &'p Store,
        key: Option<Arc<str>>,
        actions: &[&'static str],
    ) {
        let (Who::Role(role) | Who::Administrator(role)) = who else { return };
        let foreign = account_in(role).is_some_and(|account| account != store.account);
        let Some(key) = key else {
            if foreign && about.expected == Expected::Allow {
                self.no_shared_key(about, who, store, actions[0]);
            }
            return;
        };
        if foreign && store.has_local_key_name() && actions.len() > 1 {
            self.local_key_name(about, who, store, &key);
            return;
        }
        let owner: Arc<str> = account_in(&key).unwrap_or(&store.account).into();
        let facts = self.key_facts(store, &key, who).told();
        for action in actions {
            let facts = facts.clone();
            self.ask(
                about,
                Question { who: who.clone(), action, resource: Arc::clone(&key), owner: Arc::clone(&owner), facts },
            );
        }
    }

    pub(crate) fn key_facts(&self, store: &Store, key: &str, who: &Who) -> Facts<'_> {
        let world = self.asker.world();
        let mut facts = self.asker.facts(who);
        facts.one("kms:ViaService", || format!("s3.{}.amazonaws.com", store.region));
        facts.one("aws:ViaAWSService", || "true".to_owned());
        facts.one("aws:SecureTransport", || "true".to_owned());
        facts.one("aws:RequestedRegion", || store.region.clone());
        facts.one("kms:CallerAccount", || who.account().unwrap_or_default().to_owned());
        facts.one("aws:ResourceAccount", || account_in(key).unwrap_or(&store.account).to_owned());
        facts.absent("kms:GrantIsForAWSResource");
        facts.many("kms:EncryptionContextKeys", || vec!["aws:s3:arn".to_owned()]);
        match world.buckets.get(&store.bucket).and_then(|bucket| bucket.bucket_key) {
            Some(true) => facts.one("kms:EncryptionContext:aws:s3:arn", || store.arn.to_string()),
            Some(false) => facts.one("kms:EncryptionContext:aws:s3:arn", || store.object.to_string()),
            None => {}
        }
        let known = world.key(key);
        if let Some(aliases) = known.and_then(|key| key.aliases.as_ref()) {
            facts.many("kms:ResourceAliases", || aliases.clone());
        } else if let (None, Some((_, alias))) = (known, key.split_once(":alias/")) {
            facts.many("kms:ResourceAliases", || vec![format!("alias/{alias}")]);
        }
        facts
    }

    fn no_shared_key(&mut self, about: &About<'p>, who: &Who, store: &'p Store, action: &'static str) {
        let (resource, owner) = (Arc::clone(&store.object), store.account.as_str().into());
        let question = Question { who: who.clone(), action, resource, owner, facts: Told::default() };
        let remark = format!(
            "the store in {} has no customer managed key: artifacts are encrypted with a key that AWS manages, which no other account can use; give the store an `EncryptionKey`",
            store.region
        );
        self.note(about, question, Decision::Denied, Some(remark));
    }

    fn local_key_name(&mut self, about: &About<'p>, who: &Who, store: &'p Store, key: &Arc<str>) {
        let owner = store.account.as_str().into();
        let question = Question {
            who: who.clone(),
            action: "kms:GenerateDataKey",
            resource: Arc::clone(key),
            owner,
            facts: Told::default(),
        };
        let remark = "the store names its key by id or bare alias, which the role looks up in its own account; name the key by its ARN";
        self.note(about, question, Decision::Denied, Some(remark.to_owned()));
    }

    fn no_store(&mut self, action: &'p Action) {
        if action.inputs.is_empty() && action.outputs.is_empty() {
            return;
        }
        let who = Who::Role(Arc::clone(&self.pipeline.role));
        let owner = self.pipeline.label.account.as_str().into();
        let question = Question { who, action: "s3:PutObject", resource: "*".into(), owner, facts: Told::default() };
        let about = About::need(action, Purpose::Reads { artifacts: action.inputs.join(", ").into() });
        let remark = format!("the pipeline has no artifact store in {}", action.region());
        self.note(&about, question, Decision::Denied, Some(remark));
    }
}

/// What every call that a role makes by itself has.
fn common(facts: &mut Facts<'_>, region: &str) {
    facts.one("aws:SecureTransport", || "true".to_owned());
    facts.one("aws:RequestedRegion", || region.to_owned());
    facts.one("aws:ViaAWSService", || "false".to_owned());
}
