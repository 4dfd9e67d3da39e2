//! Who may do what with a store, on both sides: in the policies of the roles, and in those of buckets and keys for roles
//! of other accounts.
//!
//! Bucket and key policies name the foreign **accounts**, which always exist, and narrow them to the roles by
//! `aws:PrincipalArn`. A role named as principal would have to exist when the policy is written, and would be forgotten
//! when it is deleted. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

mod shared;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Env, NodeId, PlanCx, Region};
use construct_iam::{PolicyStatement, Principal, RoleRef};

use super::roles::Roles;
use super::scaffold::Scaffold;
use super::stores::{PlannedKey, PlannedStore, Stores};
use crate::asked::{self, Asked};
use crate::aws::{StatementForm, deny_insecure_transport};
use crate::pipeline::Pipeline;
use crate::provider::ArtifactKey;
use crate::resolve::action_words;
use crate::store::{arns, through_s3};

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

/// What a role does with a store, and the actions for which it does it, by number.
#[derive(Clone, Debug, Default)]
struct Use {
    reads: BTreeSet<usize>,
    writes: BTreeSet<usize>,
    /// Whether it is the pipeline's role, which reads and writes for all actions.
    moves: bool,
}

impl Use {
    fn reads(&self) -> bool {
        self.moves || !self.reads.is_empty()
    }

    fn writes(&self) -> bool {
        self.moves || !self.writes.is_empty()
    }

    fn all(&self) -> BTreeSet<usize> {
        self.reads.union(&self.writes).copied().collect()
    }

    fn who(&self, actions: BTreeSet<usize>) -> Who {
        Who { actions, pipeline: self.moves }
    }
}

/// For whom something is needed: actions by number, and perhaps the pipeline itself.
#[derive(Debug, Default)]
struct Who {
    actions: BTreeSet<usize>,
    pipeline: bool,
}

/// A role that uses a store.
type User<'u> = (RoleRef, Env, &'u Use);

pub(super) fn grant(
    roles: &Roles,
    stores: &Stores,
    pipeline: &Pipeline,
    home: Env,
    scaffold: &Scaffold<'_>,
    cx: &mut PlanCx<'_>,
) {
    let mut uses: BTreeMap<Region, BTreeMap<RoleRef, Use>> = BTreeMap::new();
    for access in &roles.accesses {
        let role = uses.entry(access.region).or_default().entry(access.role).or_default();
        if access.reads {
            role.reads.insert(access.action);
        }
        if access.writes {
            role.writes.insert(access.action);
        }
    }
    for (region, store) in &stores.by_region {
        let mut uses = uses.remove(region).unwrap_or_default();
        uses.entry(roles.pipeline).or_default().moves = true;
        let mut granting = Granting { store, said: Said::new(store), pipeline, cx, of_group: false };
        for (&role, role_use) in &uses {
            granting.identity_side(role, role_use);
        }
        let users: Vec<(RoleRef, Env, &Use)> = uses
            .iter()
            .filter_map(|(&role, role_use)| Some((role, granting.cx.view().env_of(role)?, role_use)))
            .collect();
        let (of_group, others): (Vec<_>, Vec<_>) =
            users.into_iter().partition(|(role, ..)| store.is_shared() && scaffold.has_made(*role, granting.cx));
        granting.bucket_side(&others);
        granting.key_side(&others);
        if let Some(membership) = scaffold.membership() {
            granting.of_group = true;
            granting.bucket_side(&of_group);
            granting.key_side(&of_group);
            shared::admit(&of_group, store, membership, granting.cx);
        }
    }
    set_worker_keys(roles, stores, home, cx);
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
        Self {
            read: PolicyStatement::allow(READ_OBJECTS).on([store.artifacts.clone()]),
            read_tags: PolicyStatement::allow(READ_TAGS).on([store.artifacts.clone()]),
            write: PolicyStatement::allow(WRITE_OBJECTS).on([store.artifacts.clone()]),
            look: PolicyStatement::allow(LOOK_AT_BUCKET).on([store.bucket_arn.clone()]),
            near: OnceCell::new(),
            far: OnceCell::new(),
        }
    }

    fn of_key(&self, key: &PlannedKey, is_near: bool) -> &SaidOfKey {
        let narrow = |statement| key.narrow(statement, is_near);
        (if is_near { &self.near } else { &self.far }).get_or_init(|| SaidOfKey {
            decrypt: narrow(through_s3(PolicyStatement::allow(DECRYPT), key.env)),
            encrypt: narrow(through_s3(PolicyStatement::allow(ENCRYPT), key.env)),
            describe: narrow(PolicyStatement::allow(["kms:DescribeKey"])),
        })
    }
}

struct Granting<'g, 'c> {
    store: &'g PlannedStore,
    said: Said,
    pipeline: &'g Pipeline,
    cx: &'g mut PlanCx<'c>,
    /// Whether the users are roles in the stacks of a group, which have a short form too.
    of_group: bool,
}

impl Granting<'_, '_> {
    fn identity_side(&mut self, role: RoleRef, role_use: &Use) {
        if role_use.reads() {
            self.grant(role, self.said.read.clone(), READS, || role_use.who(role_use.reads.clone()));
        }
        if role_use.writes() {
            self.grant(role, self.said.write.clone(), WRITES, || role_use.who(role_use.writes.clone()));
        }
        if role_use.moves {
            self.grant(role, self.said.read_tags.clone(), READS, || role_use.who(role_use.all()));
        }
        self.grant(role, self.said.look.clone(), LOOKS, || role_use.who(role_use.all()));
        let Some(key) = &self.store.key else { return };
        // The owner of an imported role writes its policy elsewhere, wherever the import stands.
        let view = self.cx.view();
        let is_near = key.is_in(view.stack_of(role).filter(|_| view.imports(role).is_none()), view);
        let said = self.said.of_key(key, is_near);
        let (usage, why) = if role_use.writes() { (&said.encrypt, ENCRYPTS) } else { (&said.decrypt, DECRYPTS) };
        let (usage, describe) = (usage.clone(), said.describe.clone());
        self.grant(role, usage, why, || role_use.who(role_use.all()));
        self.grant(role, describe, DESCRIBES, || role_use.who(role_use.all()));
    }

    /// Statements for the roles of other accounts, as few as there are kinds of access: accounts and roles are lists.
    fn bucket_side(&mut self, users: &[User<'_>]) {
        let bucket = self.store.store.bucket();
        let foreign = select(users, |env, _| env.account != self.store.env.account);
        let look = PolicyStatement::allow(LOOK_AT_BUCKET).on([self.store.bucket_arn.clone()]);
        self.admit(bucket, &foreign, look, LOOKS, Use::all);
        let artifacts = self.store.artifacts.clone();
        let objects = || arns([artifacts.clone()]);
        let readers = select(&foreign, |_, role_use| role_use.reads());
        self.admit(bucket, &readers, PolicyStatement::allow(READ_OBJECTS).on(objects()), READS, |one| {
            one.reads.clone()
        });
        let writers = select(&foreign, |_, role_use| role_use.writes());
        let write = PolicyStatement::allow(WRITE_OBJECTS).on(objects());
        self.admit(bucket, &writers, write, WRITES, |one| one.writes.clone());
        if self.cx.view().imports(bucket).is_some() {
            // Buckets of ours say so themselves.
            let tls = deny_insecure_transport(bucket);
            asked::grant(bucket, tls, self.cx, |tls| Asked::new(tls, "nothing is read or written without TLS"));
        }
    }

    /// A key of ours lets its account use it as far as the account's own policies say. Of another owner's key nothing is
    /// known, so it is asked to admit the roles of its own account too.
    fn key_side(&mut self, users: &[User<'_>]) {
        let Some(key) = self.store.store.key() else { return };
        let imported = self.cx.view().imports(key).is_some();
        let account = self.cx.view().env_of(key).map_or(self.store.env.account, |env| env.account);
        let admitted = select(users, |env, _| imported || env.account != account);
        let describe = PolicyStatement::allow(["kms:DescribeKey"]).on_itself();
        self.admit(key, &admitted, describe, DESCRIBES, Use::all);
        let only_readers = select(&admitted, |_, role_use| !role_use.writes());
        let decrypt = through_s3(PolicyStatement::allow(DECRYPT).on_itself(), self.store.env);
        self.admit(key, &only_readers, decrypt, DECRYPTS, Use::all);
        let writers = select(&admitted, |_, role_use| role_use.writes());
        let encrypt = through_s3(PolicyStatement::allow(ENCRYPT).on_itself(), self.store.env);
        self.admit(key, &writers, encrypt, ENCRYPTS, Use::all);
    }

    fn admit(
        &mut self,
        resource: impl Into<NodeId>,
        users: &[User<'_>],
        statement: PolicyStatement,
        purpose: &'static str,
        actions: impl Fn(&Use) -> BTreeSet<usize>,
    ) {
        if users.is_empty() {
            return;
        }
        let statement = statement.principals(users.iter().map(|(_, env, _)| Principal::account(*env)));
        let roles = users.iter().map(|(role, ..)| role.arn());
        let statement = statement.condition("ArnEquals", "aws:PrincipalArn", roles);
        if self.of_group {
            self.cx.attach(resource, StatementForm::Exact(statement));
            return;
        }
        self.grant(resource, statement, purpose, || Who {
            actions: users.iter().flat_map(|(.., role_use)| actions(role_use)).collect(),
            pipeline: users.iter().any(|(.., role_use)| role_use.moves),
        });
    }

    fn grant(
        &mut self,
        target: impl Into<NodeId>,
        statement: PolicyStatement,
        purpose: &'static str,
        who: impl FnOnce() -> Who,
    ) {
        let pipeline = self.pipeline;
        asked::grant(target, statement, self.cx, |statement| {
            let who = who();
            let actions = pipeline.actions().enumerate().filter(|(n, _)| who.actions.contains(n));
            let actions = actions.map(|(_, (stage, action))| action_words(stage, action));
            let itself = who.pipeline.then(|| "the pipeline itself".to_owned());
            Asked::new(statement, purpose).by_pipeline(&pipeline.name).in_actions(actions.chain(itself))
        });
    }
}

fn select<'u>(users: &[User<'u>], which: impl Fn(Env, &Use) -> bool) -> Vec<User<'u>> {
    users.iter().filter(|(_, env, role_use)| which(*env, role_use)).copied().collect()
}

/// CodeBuild encrypts with the key of its project and ignores that of the store, so the project is told.
fn set_worker_keys(roles: &Roles, stores: &Stores, home: Env, cx: &mut PlanCx<'_>) {
    for access in &roles.accesses {
        let Some(worker) = access.worker else { continue };
        let Some(store) = stores.by_region.get(&access.region) else { continue };
        let at_home = cx.view().env_of(worker).is_some_and(|env| env.account == home.account);
        if let Some(key) = &store.key
            && at_home
        {
            cx.attach(worker, ArtifactKey { key: key.arn_for(worker, cx.view()), writes: access.writes });
        }
    }
}
