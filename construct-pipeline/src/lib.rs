//! Delivery pipelines on AWS CodePipeline that span accounts and regions.
//!
//! A pipeline is a value: [`Pipeline`], [`Stage`], [`Action`], and what an action does, a [`Provider`]. Placed in a stack,
//! it creates what its actions need in every account and region they run in.
//!
//! ```
//! use construct_pipeline::prelude::*;
//!
//! # fn main() -> Result<(), SynthError> {
//! let mut app = App::new();
//! let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
//!
//! let source = Artifact::new("Source");
//! let checkout = CodeCommitSource::new("orders", &source);
//! let queues = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:*:*:orders-*"]);
//! let deploy = DeployStack::new("orders", source.file("template.yaml")).allow(queues);
//!
//! app.at(tools).add(
//!     "Pipeline",
//!     Pipeline::new("orders")
//!         .stage(Stage::new("Source").action(Action::new("Checkout", checkout)))
//!         .stage(Stage::new("Production").action(Action::new("Deploy", deploy).account("444444444444"))),
//! );
//! let assembly = app.synth()?; // in `main`, `app.run()` writes it to `cdk.out`
//! assert_eq!(assembly.resources("AWS::CodePipeline::Pipeline").len(), 1);
//! assert_eq!(assembly.stacks()[0].account, "444444444444"); // a stack of roles there comes first
//! # Ok(())
//! # }
//! ```
//!
//! Most programs need [`prelude`] alone. In reading order: [`Pipeline`], [`Stage`] and [`Action`]; what actions do, the
//! [`providers`], and what they hand on, an [`Artifact`]; what they work with, in [`aws`]; where artifacts wait,
//! [`ArtifactStore`] and [`StoreSettings`]; many accounts, [`Wave`]; many pipelines, [`ScaffoldGroup`]; what starts a
//! pipeline, [`GitTrigger`] and [`Condition`]; an action that is not here, [`Provider`]. Beside them: [`names`] and
//! [`quota`], what is known before anything exists; [`contract`], what others must allow; [`access`], the proof;
//! [`json`], pipelines that run already.
//!
//! What happens to a pipeline:
//!
//! ```text
//! Pipeline ──resolve──▶ Resolved: every action in its environment
//!                          ├──check──▶ findings
//!                          └──plan──▶ roles, stores, events, declaration ──▶ the passes of construct-core
//! ```

mod artifact;
mod filled;
pub mod names;
mod provider;
pub mod wire;

pub mod quota;

mod action;
mod condition;
mod stage;
mod store;
mod trigger;
mod wave;

mod group;

mod known;

mod pipeline;

mod flow;
mod resolve;
mod sharing;

mod asked;
mod check;
pub mod contract;
mod plan;
mod proof;
mod synth;

pub mod access;
pub mod json;

pub mod aws;
pub mod providers;

pub use action::Action;
pub use artifact::{Artifact, ArtifactAtt, ArtifactFile};
pub use condition::{Condition, ConditionRule, OnFailure, RetryMode, StageResult};
pub use contract::Asked;
pub use group::{ScaffoldGroup, ScaffoldGroupRef};
pub use pipeline::{ExecutionMode, Pipeline, PipelineRef, PipelineType, Variable};
pub use proof::{AccessCheck, AppAccess};
pub use provider::{
    ActionCx, ArtifactKey, Call, Category, EventPattern, GivenRole, Owner, PassedRole, Provider, ProviderSpec, Site,
};
pub use stage::Stage;
pub use store::{ArtifactStore, GivenStore, ImportedArtifactStore, KeyReference, StoreRef, StoreSettings};
pub use trigger::{GitPullRequestEvent, GitPullRequestFilter, GitPushFilter, GitTrigger, GlobPatterns};
pub use wave::{Target, Wave};

/// What a program needs, in one `use`.
pub mod prelude {
    pub use construct_core::{
        AccountId, App, Attr, Claim, Construct, DependsOn, Diagnostic, Env, Expr, Fact, LowerCx, Output, Partition,
        Properties, PropertyOverride, Pseudo, Quota, Quotas, RawRef, RawResource, Reach, Region, RemovalPolicy,
        Resource, Scope, Secret, SsmParameter, StackProps, StackRef, SynthError, Tag, Tagging, Uniqueness, ValidateCx,
        Value, handle, kind, text,
    };
    pub use construct_iam::{
        Arn, ManagedPolicy, PermissionsBoundary, PolicyDocument, PolicyStatement, Principal, Role, RolePath, RoleRef,
        grant,
    };

    pub use crate::aws::*;
    pub use crate::providers::*;
    pub use crate::quota;
    pub use crate::{
        AccessCheck, Action, ActionCx, AppAccess, Artifact, ArtifactAtt, ArtifactFile, ArtifactStore, Asked, Call,
        Category, Condition, ConditionRule, EventPattern, ExecutionMode, GitPullRequestEvent, GitPullRequestFilter,
        GitPushFilter, GitTrigger, GlobPatterns, ImportedArtifactStore, KeyReference, OnFailure, Owner, PassedRole,
        Pipeline, PipelineRef, PipelineType, Provider, ProviderSpec, RetryMode, ScaffoldGroup, ScaffoldGroupRef, Site,
        Stage, StageResult, StoreRef, StoreSettings, Target, Variable, Wave,
    };
}

/// The program in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
