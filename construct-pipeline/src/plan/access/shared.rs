//! Who may do what with the store of a group, in the policies of its bucket and key.
//!
//! As long as they fit, the policies name each role and the folder of its pipeline. Beyond, they admit all roles of the
//! group in an account, by the tag in their names: then a policy is as long as there are accounts, however many
//! pipelines there are, and what keeps the pipelines apart are the policies of the roles.

use construct_core::{Env, NodeId, PlanCx};
use construct_iam::{PolicyStatement, Principal};

use super::{DECRYPT, ENCRYPT, LOOK_AT_BUCKET, READ_OBJECTS, Use, User, WRITE_OBJECTS};
use crate::aws::StatementForm;
use crate::group::Membership;
use crate::names::RoleKind;
use crate::plan::stores::PlannedStore;
use crate::store::through_s3;

/// Admits the roles that a pipeline has in the stacks of its group, in the short form of what is said about each.
pub(super) fn admit(users: &[&User], store: &PlannedStore, membership: &Membership, cx: &mut PlanCx<'_>) {
    for (_, env, role_use) in users {
        for (resource, statement) in short(*env, *role_use, store, membership) {
            cx.attach(resource, StatementForm::Short(statement));
        }
    }
}

/// What holds for all roles of the group in an account that do the same.
fn short(
    env: Env,
    role_use: Use,
    store: &PlannedStore,
    membership: &Membership,
) -> impl Iterator<Item = (NodeId, PolicyStatement)> {
    let bucket = store.store.bucket();
    let patterns = |kinds: &[RoleKind]| -> Vec<String> {
        kinds.iter().map(|kind| membership.role_pattern(*kind, store.env.region)).collect()
    };
    let (all, writers) =
        (patterns(&[RoleKind::Action, RoleKind::Deploy, RoleKind::Writer]), patterns(&[RoleKind::Writer]));
    let admit = |statement: PolicyStatement, patterns: &[String]| {
        statement.principal(Principal::account(env)).condition("ArnLike", "aws:PrincipalArn", patterns.to_vec())
    };
    let everything = || [store.bucket_arn.clone(), bucket.objects()];
    let mut all_statements = Vec::new();
    // Together, so that the list of the accounts stands there once.
    if role_use.reads() {
        let read = PolicyStatement::allow(LOOK_AT_BUCKET).actions(READ_OBJECTS).on(everything());
        all_statements.push((bucket.into(), admit(read, &all)));
    }
    if role_use.writes() {
        let write = PolicyStatement::allow(LOOK_AT_BUCKET).actions(WRITE_OBJECTS).on(everything());
        all_statements.push((bucket.into(), admit(write, &writers)));
    }
    if let Some(key) = store.store.key() {
        let describe = PolicyStatement::allow(["kms:DescribeKey"]).on_itself();
        all_statements.push((key.into(), admit(describe, &all)));
        if role_use.reads() {
            let decrypt = through_s3(PolicyStatement::allow(DECRYPT).on_itself(), store.env);
            all_statements.push((key.into(), admit(decrypt, &all)));
        }
        if role_use.writes() {
            let encrypt = through_s3(PolicyStatement::allow(ENCRYPT).on_itself(), store.env);
            all_statements.push((key.into(), admit(encrypt, &writers)));
        }
    }
    all_statements.into_iter()
}
