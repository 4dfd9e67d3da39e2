//! Who may do what with a store, on both sides: in the policies of the roles, and in those of buckets and keys for roles
//! of other accounts.
//!
//! Bucket and key policies name the foreign **accounts**, which always exist, and narrow them to the roles by
//! `aws:PrincipalArn`. A role named as principal would have to exist when the policy is written, and would be forgotten
//! when it is deleted. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use std::collections::BTreeMap;

use construct_core::{Env, NodeId, PlanCx, Region};
use construct_iam::{PolicyStatement, Principal, RoleRef};

use super::roles::Roles;
use super::stores::{PlannedStore, Stores};
use crate::provider::ArtifactKey;
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

/// What a role does with a store.
#[derive(Clone, Copy, Debug, Default)]
struct Use {
    reads: bool,
    writes: bool,
}

pub(super) fn grant(roles: &Roles, stores: &Stores, home: Env, cx: &mut PlanCx<'_>) {
    let mut uses: BTreeMap<Region, BTreeMap<RoleRef, Use>> = BTreeMap::new();
    for access in &roles.accesses {
        let role = uses.entry(access.region).or_default().entry(access.role).or_default();
        role.reads |= access.reads;
        role.writes |= access.writes;
    }
    for (region, store) in &stores.by_region {
        let uses = uses.remove(region).unwrap_or_default();
        admit_pipeline(roles.pipeline, store, cx);
        for (&role, role_use) in &uses {
            identity_side(role, *role_use, store, cx);
        }
        let foreign: Vec<(RoleRef, Env, Use)> = uses
            .into_iter()
            .filter_map(|(role, role_use)| Some((role, cx.view().env_of(role)?, role_use)))
            .filter(|(_, env, _)| env.account != home.account)
            .collect();
        resource_side(&foreign, store, cx);
    }
    set_worker_keys(roles, stores, home, cx);
}

/// The pipeline's role moves artifacts between all stores.
fn admit_pipeline(role: RoleRef, store: &PlannedStore, cx: &mut PlanCx<'_>) {
    identity_side(role, Use { reads: true, writes: true }, store, cx);
    cx.attach(role, PolicyStatement::allow(READ_TAGS).on([store.store.bucket().objects()]));
}

fn identity_side(role: RoleRef, role_use: Use, store: &PlannedStore, cx: &mut PlanCx<'_>) {
    let bucket = store.store.bucket();
    if role_use.reads {
        cx.attach(role, PolicyStatement::allow(READ_OBJECTS).on([bucket.objects()]));
    }
    if role_use.writes {
        cx.attach(role, PolicyStatement::allow(WRITE_OBJECTS).on([bucket.objects()]));
    }
    cx.attach(role, PolicyStatement::allow(LOOK_AT_BUCKET).on([bucket.arn()]));
    if let Some(key) = store.store.store_key() {
        let (from, own) = (cx.view().stack_of(role), cx.view().stack_of(key.key));
        let usage = if role_use.writes { ENCRYPT.as_slice() } else { &DECRYPT };
        let usage = through_s3(PolicyStatement::allow(usage.iter().copied()), store.env);
        cx.attach(role, key.narrow(usage, from, own, store.env));
        cx.attach(role, key.narrow(PolicyStatement::allow(["kms:DescribeKey"]), from, own, store.env));
    }
}

/// Statements for the roles of other accounts, as few as there are kinds of access: accounts and roles are lists.
fn resource_side(foreign: &[(RoleRef, Env, Use)], store: &PlannedStore, cx: &mut PlanCx<'_>) {
    let bucket = store.store.bucket();
    let everyone: Vec<(RoleRef, Env)> = foreign.iter().map(|(role, env, _)| (*role, *env)).collect();
    let readers: Vec<(RoleRef, Env)> = select(foreign, |role_use| role_use.reads);
    let writers: Vec<(RoleRef, Env)> = select(foreign, |role_use| role_use.writes);
    let only_readers: Vec<(RoleRef, Env)> = select(foreign, |role_use| !role_use.writes);
    let objects = || arns([bucket.objects()]);
    let node = NodeId::from(bucket);
    admit(node, &everyone, PolicyStatement::allow(LOOK_AT_BUCKET).on([bucket.arn()]), cx);
    admit(node, &readers, PolicyStatement::allow(READ_OBJECTS).on(objects()), cx);
    admit(node, &writers, PolicyStatement::allow(WRITE_OBJECTS).on(objects()), cx);
    if let Some(key) = store.store.key() {
        let node = NodeId::from(key);
        admit(node, &everyone, PolicyStatement::allow(["kms:DescribeKey"]).on_itself(), cx);
        let decrypt = PolicyStatement::allow(DECRYPT).on_itself();
        admit(node, &only_readers, through_s3(decrypt, store.env), cx);
        let encrypt = PolicyStatement::allow(ENCRYPT).on_itself();
        admit(node, &writers, through_s3(encrypt, store.env), cx);
    }
}

fn select(foreign: &[(RoleRef, Env, Use)], which: impl Fn(Use) -> bool) -> Vec<(RoleRef, Env)> {
    foreign.iter().filter(|(_, _, role_use)| which(*role_use)).map(|(role, env, _)| (*role, *env)).collect()
}

fn admit(resource: NodeId, roles: &[(RoleRef, Env)], statement: PolicyStatement, cx: &mut PlanCx<'_>) {
    if roles.is_empty() {
        return;
    }
    let accounts = roles.iter().map(|(_, env)| Principal::account(*env));
    let statement = accounts.fold(statement, PolicyStatement::principal);
    cx.attach(resource, statement.condition("ArnEquals", "aws:PrincipalArn", roles.iter().map(|(role, _)| role.arn())));
}

/// CodeBuild encrypts with the key of its project and ignores that of the store, so the project is told.
fn set_worker_keys(roles: &Roles, stores: &Stores, home: Env, cx: &mut PlanCx<'_>) {
    for access in &roles.accesses {
        let Some(worker) = access.worker else { continue };
        let Some(store) = stores.by_region.get(&access.region) else { continue };
        let at_home = cx.view().env_of(worker).is_some_and(|env| env.account == home.account);
        if let Some(key) = store.store.store_key()
            && at_home
        {
            let (from, own) = (cx.view().stack_of(worker), cx.view().stack_of(key.key));
            cx.attach(worker, ArtifactKey { key: key.arn_in(from, own, store.env), writes: access.writes });
        }
    }
}
