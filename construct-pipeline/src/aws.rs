//! The AWS resources that a pipeline needs, owned or imported, one kind a file.
//!
//! They use nothing that another crate could not use; the way to a new one is in `CONTRIBUTING.md`.

mod attached;
mod bucket;
mod eks_cluster;
mod event_bus;
mod form;
mod function;
mod key;
mod project;
mod repository;
mod rule;
mod state_machine;
mod topic;
mod vpc;

pub use bucket::*;
pub use eks_cluster::*;
pub use event_bus::*;
pub use form::*;
pub use function::*;
pub use key::*;
pub use project::*;
pub use repository::*;
pub use rule::*;
pub use state_machine::*;
pub use topic::*;
pub use vpc::*;
