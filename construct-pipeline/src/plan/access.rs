//! Who may do what with a store, on both sides: in the policies of the roles, and in those of buckets and keys for roles
//! of other accounts.
//!
//! Bucket and key policies name the foreign **accounts**, which always exist, and narrow them to the roles by
//! `aws:PrincipalArn`. A role named as principal would have to exist when the policy is written, and would be forgotten
//! when it is deleted. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

mod shared;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Env, NodeId, PlanCx};
use construct_iam::contract::Asked;
use construct_iam::{Effect, PolicyStatement, Principal, RoleRef};

use super::roles::{Access, Roles};
use super::scaffold::Scaffold;
use super::stores::{PlannedKey, PlannedStore, Stores};
use crate::asked;
use crate::aws::{StatementForm, deny_insecure_transport};
use crate::pipeline::Pipeline;
use crate::provider::ArtifactKey;
use crate::resolve::action_words;
use crate::store::through_s3;

const READ_OBJECTS: [&str; 2] = ["s3:GetObject", "s3:GetObjectVersion"];
const READ_TAGS: [&str; 2] = ["s3:GetObjectTagging", "s3:GetObjectVersionTagging"];
const WRITE_OBJECTS: [&str; 3] = ["s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging"];
const LOOK_AT_BUCKET: [&str; 4] =
    ["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:ListBucket"];
const DECRYPT: [&str; 1] = ["kms:Decrypt"];
/// Writing large artifacts in parts needs `kms:Decrypt` too.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>
const ENCRYPT: [&str; 4] = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];

// What owners of imported constructs are told.
const READS: &str = "reads artifacts";
const WRITES: &str = "writes artifacts";
const LOOKS: &str = "looks at the bucket before it uses it";
const DECRYPTS: &str = "reads encrypted artifacts";
const ENCRYPTS: &str = "writes encrypted artifacts";
const DESCRIBES: &str = "looks at the key before it uses it";

/// What a role does with a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Use {
    reads: bool,
    writes: bool,
    /// Whether it is the pipeline's role, which reads and writes for all actions.
    moves: bool,
}

impl Use {
    fn reads(self) -> bool {
        self.moves || self.reads
    }

    fn writes(self) -> bool {
        self.moves || self.writes
    }
}

/// A role that uses a store.
type User = (RoleRef, Env, Use);

/// Some of the users of a store.
type Users<'u> = Vec<&'u User>;

pub(super) fn grant(
    roles: &Roles,
    stores: &Stores,
    pipeline: &Pipeline,
    home: Env,
    scaffold: &Scaffold<'_>,
    cx: &mut PlanCx<'_>,
) {
    for (region, store) in &stores.by_region {
        let mut uses: BTreeMap<RoleRef, Use> = BTreeMap::new();
        for access in roles.accesses.iter().filter(|access| access.region == *region) {
            let role = uses.entry(access.role).or_default();
            role.reads |= access.reads;
            role.writes |= access.writes;
        }
        uses.entry(roles.pipeline).or_default().moves = true;
        let mut granting = Granting { roles, store, said: Said::new(store), pipeline, cx, of_group: false, told: None };
        for (&role, &role_use) in &uses {
            granting.identity_side(role, role_use);
        }
        let mut users: Vec<User> = Vec::with_capacity(uses.len());
        let placed = |(role, role_use)| Some((role, granting.cx.view().env_of(role)?, role_use));
        users.extend(uses.into_iter().filter_map(placed));
        let (of_group, others): (Users<'_>, Users<'_>) =
            users.iter().partition(|(role, ..)| store.is_shared() && scaffold.has_made(*role, granting.cx));
        granting.bucket_side(&others);
        granting.key_side(&others);
        if let Some(membership) = scaffold.membership() {
            granting.of_group = true;
            granting.bucket_side(&of_group);
            granting.key_side(&of_group);
            shared::admit(&of_group, store, membership, granting.cx);
        }
    }
    set_worker_keys(roles, stores, pipeline, home, cx);
}

/// What policies of roles say about a store: the same in all of them.
struct Said {
    read: PolicyStatement,
    read_tags: PolicyStatement,
    write: PolicyStatement,
    look: PolicyStatement,
    /// Of the key, in its own stack and in others.
    near: OnceCell<SaidOfKey>,
    far: OnceCell<SaidOfKey>,
}

struct SaidOfKey {
    decrypt: PolicyStatement,
    encrypt: PolicyStatement,
    describe: PolicyStatement,
}

impl Said {
    fn new(store: &PlannedStore) -> Self {
        let of_artifacts = PolicyStatement::new(Effect::Allow).on([store.artifacts.clone()]);
        Self {
            read: of_artifacts.clone().actions(READ_OBJECTS),
            read_tags: of_artifacts.clone().actions(READ_TAGS),
            write: of_artifacts.actions(WRITE_OBJECTS),
            look: PolicyStatement::allow(LOOK_AT_BUCKET).on([store.bucket_arn.clone()]),
            near: OnceCell::new(),
            far: OnceCell::new(),
        }
    }

    fn of_key(&self, key: &PlannedKey, is_near: bool) -> &SaidOfKey {
        (if is_near { &self.near } else { &self.far }).get_or_init(|| {
            let of_key = key.narrow(PolicyStatement::new(Effect::Allow), is_near);
            let through = through_s3(of_key.clone(), key.env);
            SaidOfKey {
                decrypt: through.clone().actions(DECRYPT),
                encrypt: through.actions(ENCRYPT),
                describe: of_key.actions(["kms:DescribeKey"]),
            }
        })
    }
}

struct Granting<'g, 'c> {
    roles: &'g Roles,
    store: &'g PlannedStore,
    said: Said,
    pipeline: &'g Pipeline,
    cx: &'g mut PlanCx<'c>,
    /// Whether the users are roles in the stacks of a group, which have a short form too.
    of_group: bool,
    /// The users that were admitted last, and what is said of them alone: mostly the same ones do several things.
    told: Option<(Vec<RoleRef>, PolicyStatement)>,
}

impl Granting<'_, '_> {
    fn identity_side(&mut self, role: RoleRef, role_use: Use) {
        let user = |one: RoleRef| one == role;
        if role_use.reads() {
            self.grant(role, self.said.read.clone(), READS, user, |access| access.reads);
        }
        if role_use.writes() {
            self.grant(role, self.said.write.clone(), WRITES, user, |access| access.writes);
        }
        if role_use.moves {
            self.grant(role, self.said.read_tags.clone(), READS, user, |_| true);
        }
        self.grant(role, self.said.look.clone(), LOOKS, user, |_| true);
        let Some(key) = &self.store.key else { return };
        // The owner of an imported role writes its policy elsewhere, wherever the import stands.
        let view = self.cx.view();
        let is_near = key.is_in(view.stack_of(role).filter(|_| view.imports(role).is_none()), view);
        let said = self.said.of_key(key, is_near);
        let (usage, why) = if role_use.writes() { (&said.encrypt, ENCRYPTS) } else { (&said.decrypt, DECRYPTS) };
        let (usage, describe) = (usage.clone(), said.describe.clone());
        self.grant(role, usage, why, user, |_| true);
        self.grant(role, describe, DESCRIBES, user, |_| true);
    }

    /// Statements for the roles of other accounts, as few as there are kinds of access: accounts and roles are lists.
    fn bucket_side(&mut self, users: &[&User]) {
        let store = self.store;
        let bucket = store.store.bucket();
        let foreign = select(users, |env, _| env.account != store.env.account);
        let look = |users: PolicyStatement| users.actions(LOOK_AT_BUCKET).on([store.bucket_arn.clone()]);
        self.admit(bucket, &foreign, look, LOOKS, |_| true);
        let readers = select(&foreign, |_, role_use| role_use.reads());
        let read = |users: PolicyStatement| users.actions(READ_OBJECTS);
        self.admit_to_artifacts(&readers, read, READS, |access| access.reads);
        let writers = select(&foreign, |_, role_use| role_use.writes());
        let write = |users: PolicyStatement| users.actions(WRITE_OBJECTS);
        self.admit_to_artifacts(&writers, write, WRITES, |access| access.writes);
        if self.cx.view().imports(bucket).is_some() {
            // Buckets of ours say so themselves.
            let tls = deny_insecure_transport(bucket);
            asked::grant(bucket, tls, self.cx, |tls| Asked::new(tls, "nothing is read or written without TLS"));
        }
    }

    /// A key of ours lets its account use it as far as the account's own policies say. Of another owner's key nothing is
    /// known, so it is asked to admit the roles of its own account too.
    fn key_side(&mut self, users: &[&User]) {
        let Some(key) = self.store.store.key() else { return };
        let env = self.store.env;
        let imported = self.cx.view().imports(key).is_some();
        let account = self.cx.view().env_of(key).map_or(env.account, |env| env.account);
        let admitted = select(users, |env, _| imported || env.account != account);
        let describe = |users: PolicyStatement| users.actions(["kms:DescribeKey"]).on_itself();
        self.admit(key, &admitted, describe, DESCRIBES, |_| true);
        let only_readers = select(&admitted, |_, role_use| !role_use.writes());
        let decrypt = |users: PolicyStatement| through_s3(users.actions(DECRYPT).on_itself(), env);
        self.admit(key, &only_readers, decrypt, DECRYPTS, |_| true);
        let writers = select(&admitted, |_, role_use| role_use.writes());
        let encrypt = |users: PolicyStatement| through_s3(users.actions(ENCRYPT).on_itself(), env);
        self.admit(key, &writers, encrypt, ENCRYPTS, |_| true);
    }

    /// Lets users do something with artifacts. In a store of several pipelines that is about the pipeline's folder;
    /// should that make the policy too long, it is about all that is in the bucket, and what keeps the pipelines apart
    /// are the policies of the roles.
    fn admit_to_artifacts(
        &mut self,
        users: &[&User],
        what: impl Fn(PolicyStatement) -> PolicyStatement,
        purpose: &'static str,
        accesses: impl Fn(&Access) -> bool,
    ) {
        let (bucket, artifacts) = (self.store.store.bucket(), self.store.artifacts.clone());
        if self.has_forms(bucket) && !users.is_empty() {
            let admitted = what(of_users(users));
            self.cx.attach(bucket, StatementForm::Short(admitted.clone().on([bucket.objects()])));
            self.cx.attach(bucket, StatementForm::Exact(admitted.on([artifacts])));
            return;
        }
        self.admit(bucket, users, |users| what(users).on([artifacts]), purpose, accesses);
    }

    /// Whether what is said about a resource may have a short form, too: in a store of several pipelines, unless it is
    /// another owner's.
    fn has_forms(&self, resource: impl Into<NodeId>) -> bool {
        self.store.has_neighbours && !self.of_group && self.cx.view().imports(resource).is_none()
    }

    /// Lets users do something on a resource: `what` completes what is said of the users.
    fn admit(
        &mut self,
        resource: impl Into<NodeId>,
        users: &[&User],
        what: impl FnOnce(PolicyStatement) -> PolicyStatement,
        purpose: &'static str,
        accesses: impl Fn(&Access) -> bool,
    ) {
        if users.is_empty() {
            return;
        }
        let roles = || users.iter().map(|(role, ..)| *role);
        let told = match self.told.take() {
            Some(told) if told.0.iter().copied().eq(roles()) => told,
            _ => (roles().collect(), of_users(users)),
        };
        let statement = what(told.1.clone());
        self.told = Some(told);
        let resource = resource.into();
        if self.of_group {
            self.cx.attach(resource, StatementForm::Exact(statement));
            return;
        }
        if self.has_forms(resource) {
            self.cx.attach(resource, StatementForm::Exact(statement.clone()));
            self.cx.attach(resource, StatementForm::Short(statement));
            return;
        }
        let user = |one: RoleRef| roles().any(|role| role == one);
        self.grant(resource, statement, purpose, user, accesses);
    }

    /// States what is needed because some roles use the store, for those of their accesses that are meant.
    fn grant(
        &mut self,
        target: impl Into<NodeId>,
        statement: PolicyStatement,
        purpose: &'static str,
        users: impl Fn(RoleRef) -> bool,
        accesses: impl Fn(&Access) -> bool,
    ) {
        let (pipeline, roles, region) = (self.pipeline, self.roles, self.store.env.region);
        asked::grant(target, statement, self.cx, |statement| {
            let meant = |access: &&Access| access.region == region && users(access.role) && accesses(access);
            let numbers: BTreeSet<usize> =
                roles.accesses.iter().filter(meant).filter_map(|access| access.action).collect();
            let actions = pipeline.actions().enumerate().filter(|(n, _)| numbers.contains(n));
            let actions = actions.map(|(_, (stage, action))| action_words(stage, action));
            let itself = users(roles.pipeline).then(|| "the pipeline itself".to_owned());
            Asked::new(statement, purpose).by_pipeline(&pipeline.name).in_actions(actions.chain(itself))
        });
    }
}

/// Who is meant: the accounts, narrowed to the roles.
fn of_users(users: &[&User]) -> PolicyStatement {
    let mut accounts: Vec<&Env> = users.iter().map(|(_, env, _)| env).collect();
    accounts.sort_unstable();
    accounts.dedup_by_key(|env| (env.partition(), env.account));
    let roles = users.iter().map(|(role, ..)| role.arn());
    PolicyStatement::new(Effect::Allow).principals(accounts.into_iter().copied().map(Principal::account)).condition(
        "ArnEquals",
        "aws:PrincipalArn",
        roles,
    )
}

fn select<'u>(users: &[&'u User], which: impl Fn(Env, Use) -> bool) -> Users<'u> {
    let mut selected = Vec::with_capacity(users.len());
    selected.extend(users.iter().filter(|(_, env, role_use)| which(*env, *role_use)));
    selected
}

/// CodeBuild encrypts with the key of its project and ignores that of the store, so the project is told.
fn set_worker_keys(roles: &Roles, stores: &Stores, pipeline: &Pipeline, home: Env, cx: &mut PlanCx<'_>) {
    for access in &roles.accesses {
        let Some(worker) = access.worker else { continue };
        let Some(store) = stores.by_region.get(&access.region) else { continue };
        let at_home = cx.view().env_of(worker).is_some_and(|env| env.account == home.account);
        if let Some(key) = &store.key
            && at_home
        {
            let (key, pipeline) = (key.arn_for(worker, cx.view()), pipeline.name.clone());
            cx.attach(worker, ArtifactKey { key, writes: access.writes, pipeline });
        }
    }
}
