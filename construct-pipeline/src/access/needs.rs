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
use std::rc::Rc;
use std::sync::Arc;

use construct_iam::access::Context;
use foldhash::{HashMap, HashMapExt as _};

use super::ask::{Asker, Question};
use super::caller::{Caller, Who};
use super::calls::{Facts, announcing, calls, passed_role, project_arn};
use super::flow::{Action, Pipeline};
use super::gate::Gate;
use super::physical::account_in;
use super::protected::{Protected, service_of};
use super::report::{Access, Decision, Expected, Purpose, Remark};
use super::scene::Scene;
use super::told::Told;

const READ: &str = "s3:GetObject";
const READ_VERSION: &str = "s3:GetObjectVersion";
const LOOK: [&str; 2] = ["s3:GetBucketLocation", "s3:GetBucketVersioning"];
const LOOKS: &str = "CodePipeline looks at the bucket before it uses it, as its documentation has it";
const REFERS: &str = "the template refers to files in artifacts, such as code or nested templates";
const VERSIONS: &str = "the bucket keeps versions";
const DECRYPT: [&str; 1] = ["kms:Decrypt"];
const ENCRYPT: [&str; 2] = ["kms:GenerateDataKey", "kms:Decrypt"];

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
    pub(crate) asker: &'p Asker<'w>,
    pub(crate) keep: Keep,
    pub(crate) accesses: Vec<Access>,
    /// The stores, by region.
    pub(crate) gates: BTreeMap<&'p str, Rc<Gate<'p>>>,
    /// The circumstances of what a role does by itself in a region.
    alone: BTreeMap<&'p str, Arc<Context>>,
    /// The circumstances in which a role hands over another one in a region to a service.
    passing: BTreeMap<(&'p str, &'static str), Arc<Context>>,
    /// The circumstances in which a role takes on another one.
    taking: Arc<Context>,
    /// The roles that others take on, by their numbers.
    taken: HashMap<usize, Rc<Scene>>,
    /// What services are called for, by ARN.
    called: HashMap<Arc<str>, Called>,
    /// Artifacts, and their names in one text.
    named: Option<(&'p [Arc<str>], Arc<str>)>,
    /// Stands for an id that AWS makes up during the run.
    unknown_id: char,
}

/// What a service was called for.
#[derive(Debug)]
struct Called {
    service: &'static str,
    /// By somebody of the account that owns it.
    is_own: bool,
    scene: Rc<Scene>,
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

impl<'p, 'w> Prover<'p, 'w> {
    pub(crate) fn new(pipeline: &'p Pipeline, asker: &'p Asker<'w>, keep: Keep, unknown_id: char) -> Self {
        let gates = pipeline.stores.iter().map(|(region, store)| (region.as_str(), Gate::new(asker, store).into()));
        let mut taking = asker.facts();
        taking.one("aws:ViaAWSService", || "false".to_owned());
        taking.one("aws:SecureTransport", || "true".to_owned());
        taking.absent("sts:ExternalId");
        Self {
            pipeline,
            keep,
            accesses: Vec::new(),
            gates: gates.collect(),
            alone: BTreeMap::new(),
            passing: BTreeMap::new(),
            taking: taking.context(),
            taken: HashMap::new(),
            called: HashMap::new(),
            named: None,
            unknown_id,
            asker,
        }
    }

    /// Whether nobody has to ask for what should be denied to the caller: it is denied to its whole account, and nobody wants to read of it.
    pub(crate) fn keeps_out(&self, caller: &Caller, scene: &Scene, action: &'static str) -> bool {
        self.keep == Keep::Unproved && self.asker.keeps_out(caller, scene, action)
    }

    /// Asks and notes the answer.
    pub(crate) fn ask(&mut self, about: &About<'p>, caller: &Arc<Caller>, action: &'static str, scene: &Scene) {
        if about.expected == Expected::Deny && self.keeps_out(caller, scene, action) {
            return;
        }
        let answer = self.asker.is_allowed(caller, scene, action);
        let decision = answer.map_or(Decision::Open, Decision::from);
        if self.keeps(about, decision) {
            let question = Question { told: Told::amid(caller, scene), action, target: Arc::clone(&scene.target) };
            let remark = answer.is_none().then(|| Remark::unknown("who asks is not known"));
            self.note(about, question, decision, remark);
        }
    }

    /// A question that something else than policies decides.
    pub(crate) fn unasked(&self, who: &Who, action: &'static str, resource: &Arc<str>, owner: &str) -> Question {
        let told = Told::of(self.asker.caller(who));
        Question { told, action, target: Protected::unguarded(resource, owner).into() }
    }

    fn keeps(&self, about: &About<'p>, decision: Decision) -> bool {
        self.keep == Keep::All || !decision.proves(about.expected)
    }

    /// Notes what came of a question.
    pub(crate) fn note(&mut self, about: &About<'p>, question: Question, decision: Decision, remark: Option<Remark>) {
        if !self.keeps(about, decision) {
            return;
        }
        let outsider = question.told.caller.account() == Some(self.asker.world().nobody.as_str());
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

    pub(crate) fn role(&self, arn: &Arc<str>) -> Arc<Caller> {
        self.asker.role(arn, || Arc::clone(arn))
    }

    fn role_named(&self, arn: &str) -> Arc<Caller> {
        let shared = || self.asker.world().roles.get_key_value(arn).map(|(arn, _)| Arc::clone(arn));
        self.asker.role(arn, || shared().unwrap_or_else(|| arn.into()))
    }

    pub(crate) fn needs(&mut self) {
        let pipeline = self.pipeline;
        let caller = self.role(&pipeline.role);
        self.service_takes("codepipeline.amazonaws.com", &caller, &About::need(None, Purpose::StartsRun));
        let looks = About { only_if: Some(LOOKS), ..About::need(None, Purpose::LooksAtStore) };
        for gate in self.gates.values().cloned().collect::<Vec<_>>() {
            for action in LOOK {
                let scene = gate.on_bucket(self.asker, &caller, action);
                self.ask(&looks, &caller, action, &scene);
            }
        }
        for action in &pipeline.actions {
            self.action(action, &caller);
        }
        self.replication(&caller);
    }

    fn action(&mut self, action: &'p Action, pipeline: &Arc<Caller>) {
        let caller = self.role(&action.role);
        if action.own_role {
            let about = About::need(action, Purpose::TakesActionRole);
            self.takes_role(&about, pipeline, &caller);
        }
        self.service_calls(action, &caller);
        let passed = passed_role(action).map(|(role, service)| (self.role_named(&role), service));
        if let Some((role, service)) = &passed {
            self.passes(action, &caller, role, service);
        }
        let Some(gate) = self.gates.get(action.region()).cloned() else {
            self.no_store(action);
            return;
        };
        if action.provider() == "CodeBuild" {
            self.build(action, &gate);
        } else {
            self.artifacts(action, &caller, &gate, gate.store.key_arn());
        }
        if let Some((role, "cloudformation.amazonaws.com")) = passed
            && action.provider() == "CloudFormation"
            && !action.inputs.is_empty()
        {
            let purpose = Purpose::DeploymentReads { artifacts: self.named(&action.inputs) };
            let about = About { only_if: Some(REFERS), ..About::need(action, purpose) };
            self.reads(&about, &role, &gate);
        }
    }

    /// A role to be taken on.
    fn guarded_role(&self, role: &Caller) -> Arc<Protected> {
        role.taken(self.asker.view(), &self.pipeline.label.account)
    }

    pub(crate) fn takes_role(&mut self, about: &About<'p>, caller: &Arc<Caller>, role: &Caller) {
        let scene = match self.taken.get(&role.number) {
            Some(known) => Rc::clone(known),
            None => {
                let scene = Rc::new(Scene::for_many(self.guarded_role(role), Arc::clone(&self.taking)));
                self.taken.insert(role.number, Rc::clone(&scene));
                scene
            }
        };
        self.ask(about, caller, "sts:AssumeRole", &scene);
    }

    pub(crate) fn service_takes(&mut self, service: &'static str, role: &Caller, about: &About<'p>) {
        let caller = self.asker.caller(&Who::Service(service));
        let scene = Scene::for_one(self.guarded_role(role), Arc::clone(self.asker.nothing()));
        self.ask(about, &caller, "sts:AssumeRole", &scene);
    }

    /// The circumstances of what a role does by itself in a region, with what else is known of the call.
    fn alone(&mut self, region: &'p str, facts: &Facts<'_>) -> Arc<Context> {
        let scene = self.alone.entry(region).or_insert_with(|| self.asker.facts_in(region).context());
        if !facts.iter().flatten().any(|(key, _)| self.asker.wants(key)) {
            return Arc::clone(scene);
        }
        let mut known = self.asker.facts_over(Context::over(Arc::clone(scene)));
        for (key, value) in facts.iter().flatten() {
            known.one(key, || value.clone().into_owned());
        }
        known.context()
    }

    /// What a service is called for. Most actions make several calls on one resource, and the next one makes more.
    fn called(
        &mut self,
        resource: &Arc<str>,
        service: &'static str,
        owner: &str,
        caller: &Caller,
        circumstances: Arc<Context>,
    ) -> Rc<Scene> {
        let is_own = caller.account() == Some(owner);
        if let Some(known) = self.called.get(resource)
            && (known.service, known.is_own) == (service, is_own)
            && known.scene.target.resource.account() == owner
            && Arc::ptr_eq(&known.scene.circumstances, &circumstances)
        {
            return Rc::clone(&known.scene);
        }
        let target = Protected::new(self.asker.view(), service, resource, owner, caller.account());
        let scene = Rc::new(Scene::for_one(target.into(), circumstances));
        self.called.insert(Arc::clone(resource), Called { service, is_own, scene: Rc::clone(&scene) });
        scene
    }

    fn service_calls(&mut self, action: &'p Action, caller: &Arc<Caller>) {
        let about = About::need(action, Purpose::Calls);
        let Some(calls) = calls(action, &self.pipeline.name, self.unknown_id) else {
            let who = Who::Role(Arc::clone(&action.role));
            let question = self.unasked(&who, "", &"*".into(), action.account());
            let remark = Remark::unknown(format!("what `{}` actions call is not known here", action.provider()));
            self.note(&about, question, Decision::Open, Some(remark));
            return;
        };
        for call in calls.into_iter().chain(announcing(action, self.asker.world())) {
            let in_bucket = || call.resource.split_once(":::")?.1.split('/').next();
            let owner = account_in(&call.resource)
                .or_else(|| self.asker.world().bucket_account(in_bucket()?))
                .unwrap_or(action.account());
            let service = call.actions.first().map_or("", |action| service_of(action));
            let circumstances = self.alone(action.region(), &call.facts);
            let scene = self.called(&call.resource, service, owner, caller, circumstances);
            for action in call.actions {
                self.ask(&about, caller, action, &scene);
            }
        }
    }

    fn passes(&mut self, action: &'p Action, caller: &Arc<Caller>, role: &Caller, service: &'static str) {
        let circumstances = match self.passing.get(&(action.region(), service)) {
            Some(known) => Arc::clone(known),
            None => {
                let told = self.alone(action.region(), &[Some(("iam:PassedToService", service.into())), None, None]);
                self.passing.insert((action.region(), service), Arc::clone(&told));
                told
            }
        };
        let (arn, owner) = (role.who.shared_name(), role.account().unwrap_or(action.account()));
        let target = Protected::new(self.asker.view(), "iam", &arn, owner, caller.account());
        let scene = Scene::for_one(target.into(), circumstances);
        self.ask(&About::need(action, Purpose::PassesRole), caller, "iam:PassRole", &scene);
        self.service_takes(service, role, &About::need(action, Purpose::ServiceTakesRole));
    }

    /// CodeBuild reads and writes with the role of the project, and encrypts with the key of the project.
    fn build(&mut self, action: &'p Action, gate: &Gate<'p>) {
        let (arn, store) = (project_arn(action), gate.store);
        let Some(project) = self.asker.world().projects.get(&*arn) else {
            let question = self.unasked(&Who::Role(arn.into()), "s3:GetObject", &store.object, &store.account);
            let about = About::need(action, Purpose::Reads { artifacts: action.inputs.join(", ").into() });
            let remark = Remark::unknown("no template makes the project, so its role is not known");
            self.note(&about, question, Decision::Open, Some(remark));
            return;
        };
        let role = self.role_named(action.get("ServiceRoleArnOverride").unwrap_or(&project.role));
        self.service_takes("codebuild.amazonaws.com", &role, &About::need(action, Purpose::ServiceTakesRole));
        let key: Option<Arc<str>> = match &project.key {
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
            self.other_key(action, &role, gate, project.key.as_deref());
        }
        self.artifacts(action, &role, gate, key.as_ref());
    }

    /// The names of artifacts in one text. Most actions read the same ones.
    fn named(&mut self, artifacts: &'p [Arc<str>]) -> Arc<str> {
        match (artifacts, &self.named) {
            ([one], _) => Arc::clone(one),
            (_, Some((known, text))) if *known == artifacts => Arc::clone(text),
            _ => {
                let text: Arc<str> = artifacts.join(", ").into();
                self.named = Some((artifacts, Arc::clone(&text)));
                text
            }
        }
    }

    /// Whether an action in another account reads what this one writes.
    fn is_read_abroad(&self, action: &Action) -> bool {
        let reads = |other: &&Action| other.inputs.iter().any(|name| action.outputs.contains(name));
        self.pipeline.actions.iter().filter(reads).any(|other| other.account() != self.pipeline.label.account)
    }

    /// A project that encrypts with another key than the store's writes what nobody else can read.
    fn other_key(&mut self, action: &'p Action, role: &Caller, gate: &Gate<'p>, own: Option<&str>) {
        let about = About::need(action, Purpose::Writes { artifacts: action.outputs.join(", ").into() });
        let key = gate.store.key_arn().cloned().unwrap_or_default();
        let question = self.unasked(&role.who, "kms:GenerateDataKey", &key, &gate.store.account);
        let world = self.asker.world();
        let known = own.is_none_or(|own| world.key(own).is_some() && world.key(&key).is_some());
        let decision = if known { Decision::Denied } else { Decision::Open };
        let own = own.map_or_else(
            || "the key that AWS manages for S3".to_owned(),
            |own| format!("`{}`", world.symbols.readable(own)),
        );
        let remark = Remark::mended_by(
            "set the project's `EncryptionKey` to the key of the store",
            format!(
                "the project encrypts with {own} and not with the key of the store, so that others cannot read what it writes"
            ),
        );
        self.note(&about, question, decision, Some(remark));
    }

    fn artifacts(&mut self, action: &'p Action, caller: &Arc<Caller>, gate: &Gate<'p>, key: Option<&Arc<str>>) {
        if !action.inputs.is_empty() {
            let about = About::need(action, Purpose::Reads { artifacts: self.named(&action.inputs) });
            self.reads(&about, caller, gate);
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

    fn reads(&mut self, about: &About<'p>, caller: &Arc<Caller>, gate: &Gate<'p>) {
        gate.is_read_by(caller);
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html: without versions nobody asks for one.
        let only_if = about.only_if.or_else(|| (!self.keeps_versions(gate)).then_some(VERSIONS));
        let version = About { only_if, ..about.clone() };
        let scene = gate.on_object(self.asker, caller, READ, true);
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
        self.on_object(about, caller, gate, actions);
        self.with_key(about, caller, gate, key, &ENCRYPT);
    }

    /// Source artifacts go to the store of the action that makes them; the pipeline copies them where they are read.
    fn replication(&mut self, caller: &Arc<Caller>) {
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
                let gates = (self.gates.get(maker.region()).cloned(), self.gates.get(action.region()).cloned());
                let (Some(from), Some(to)) = gates else { continue };
                let purpose = Purpose::Copies { artifact: Arc::clone(name), to: to.store.region.as_str().into() };
                let about = About::need(None, purpose);
                self.reads(&about, caller, &from);
                self.writes(&about, caller, &to, to.store.key_arn(), false);
            }
        }
    }

    pub(crate) fn on_object(
        &mut self,
        about: &About<'p>,
        caller: &Arc<Caller>,
        gate: &Gate<'p>,
        actions: &[&'static str],
    ) {
        for action in actions {
            let scene = gate.on_object(self.asker, caller, action, true);
            self.ask(about, caller, action, &scene);
        }
    }

    /// Use of the key as S3 makes it on behalf of whoever reads or writes an object.
    pub(crate) fn with_key(
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
            if foreign && about.expected == Expected::Allow {
                self.no_shared_key(about, caller, gate, actions[0]);
            }
            return;
        };
        if foreign && store.has_local_key_name() && actions.len() > 1 {
            self.local_key_name(about, caller, gate, key);
            return;
        }
        let key = gate.key(self.asker, key);
        let scene = gate.on_key(self.asker, caller, &key, true);
        for action in actions {
            self.ask(about, caller, action, &scene);
        }
    }

    fn no_shared_key(&mut self, about: &About<'p>, caller: &Caller, gate: &Gate<'p>, action: &'static str) {
        let store = gate.store;
        let question = self.unasked(&caller.who, action, &store.object, &store.account);
        let remark = Remark::mended_by(
            "give the store an `EncryptionKey`",
            format!(
                "the store in {} has no customer managed key: artifacts are encrypted with a key that AWS manages, which no other account can use",
                store.region
            ),
        );
        self.note(about, question, Decision::Denied, Some(remark));
    }

    fn local_key_name(&mut self, about: &About<'p>, caller: &Caller, gate: &Gate<'p>, key: &Arc<str>) {
        let question = self.unasked(&caller.who, "kms:GenerateDataKey", key, &gate.store.account);
        let remark = Remark::mended_by(
            "name the key by its ARN",
            "the store names its key by id or bare alias, which the role looks up in its own account",
        );
        self.note(about, question, Decision::Denied, Some(remark));
    }

    fn no_store(&mut self, action: &'p Action) {
        if action.inputs.is_empty() && action.outputs.is_empty() {
            return;
        }
        let who = Who::Role(Arc::clone(&self.pipeline.role));
        let question = self.unasked(&who, "s3:PutObject", &"*".into(), &self.pipeline.label.account);
        let about = About::need(action, Purpose::Reads { artifacts: action.inputs.join(", ").into() });
        let remark = Remark::mended_by(
            "give the pipeline a store in the region, in `ArtifactStores`",
            format!("the pipeline has no artifact store in {}", action.region()),
        );
        self.note(&about, question, Decision::Denied, Some(remark));
    }
}
