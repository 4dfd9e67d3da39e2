//! The statement that the policy of every key begins with.

use construct_core::Env;

use crate::policy::PolicyStatement;
use crate::principal::Principal;

/// What administrators of a key do: everything but use it.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
const ADMINISTRATION: [&str; 14] = [
    "kms:CancelKeyDeletion",
    "kms:Create*",
    "kms:Delete*",
    "kms:Describe*",
    "kms:Disable*",
    "kms:Enable*",
    "kms:Get*",
    "kms:List*",
    "kms:Put*",
    "kms:Revoke*",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:Update*",
];

/// Lets an account administer its key: without such a statement nobody could change the key any more.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
pub fn key_administration(env: Env) -> PolicyStatement {
    PolicyStatement::allow(ADMINISTRATION).sid("Administration").principal(Principal::account(env)).on_itself()
}
