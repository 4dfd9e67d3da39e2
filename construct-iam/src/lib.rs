//! IAM for constructs: names of resources, policies, roles, grants, and the evaluator that says what they allow.
//!
//! In reading order: [`Arn`]; [`Principal`]; [`PolicyStatement`] and [`PolicyDocument`]; [`contract`], what owners of
//! imported constructs are asked for; [`Imported`]; [`Role`]; [`grant`]; [`quota`], how long policies may be; and
//! [`access`], which stands on its own and decides requests as AWS does.

mod arn;
mod key;
mod policy;
mod principal;
mod sorted;

pub mod quota;

pub mod contract;
mod grant;
mod import;
mod role;

pub mod access;

pub use arn::{Arn, ArnError};
pub use grant::{admitting, grant};
pub use import::{ArnKind, Imported};
pub use key::key_administration;
pub use policy::{DerivedName, Effect, ManagedPolicy, Names, PolicyDocument, PolicyStatement};
pub use principal::Principal;
pub use role::{ImportedRole, PermissionsBoundary, Role, RoleArn, RolePath, RoleRef, ServiceRole};
