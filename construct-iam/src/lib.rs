//! IAM for constructs: names of resources, policies, roles, grants, and the evaluator that says what they allow.
//!
//! In reading order: [`Arn`]; [`Principal`]; [`PolicyStatement`] and [`PolicyDocument`]; [`Imported`];
//! [`Role`]; [`grant`]; and [`access`], which stands on its own and decides requests as AWS does.

mod arn;
mod policy;
mod principal;
mod sorted;

mod grant;
mod import;
mod role;

pub mod access;

pub use arn::{Arn, ArnError};
pub use grant::{admitting, grant};
pub use import::{ArnKind, Imported};
pub use policy::{Effect, ManagedPolicy, PolicyDocument, PolicySize, PolicyStatement};
pub use principal::Principal;
pub use role::{
    INLINE_POLICY_CHARACTERS, ImportedRole, PermissionsBoundary, Role, RoleArn, RolePath, RoleRef, ServiceRole,
    TRUST_POLICY_CHARACTERS,
};
