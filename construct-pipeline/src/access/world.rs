//! What is there, once all templates are deployed: all accounts at once, and the pipelines in them.
//!
//! These are data, which the survey fills in and everybody else only reads: the [`World`] has roles, buckets, keys,
//! projects, buses and their rules by their ARNs and names, each with its policies and the resource that makes it; a
//! [`Pipeline`] has its actions and stores.

mod accounts;
mod pipeline;
mod rules;
mod variables;

pub use pipeline::{ActionLabel, PipelineLabel};

pub(crate) use accounts::{Bucket, BuildImage, BuildLogs, BuildNetwork, Guarded, Key, Levels, Project, Role, World};
pub(crate) use pipeline::{Action, Pipeline, RULE, Store, StoreKey, Told, ToldCall, full_key_name, is_of_aws};
pub(crate) use rules::{Rule, Target, bus_of};
pub(crate) use variables::{Kept, Variable, of_configuration};
