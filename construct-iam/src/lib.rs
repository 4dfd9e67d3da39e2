//! IAM for constructs: names of resources, policies, roles, grants, and the evaluator that says what they allow.
//!
//! In reading order: [`Arn`]; [`Principal`]; [`PolicyStatement`] and [`PolicyDocument`]; [`Role`] and [`ImportedRole`];
//! [`grant`]; and [`access`], which stands on its own and decides requests as AWS does.

mod arn;
mod policy;
mod principal;

mod grant;
mod role;

pub mod access;

pub use arn::{Arn, ArnError};
pub use grant::grant;
pub use policy::{Effect, PolicyDocument, PolicySize, PolicyStatement};
pub use principal::Principal;
pub use role::{
    INLINE_POLICY_CHARACTERS, ImportedRole, ManagedPolicy, PermissionsBoundary, Role, RoleRef, ServiceRole,
    TRUST_POLICY_CHARACTERS,
};
