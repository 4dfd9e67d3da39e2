//! A construct tree for CloudFormation, and the passes that turn it into an assembly.
//!
//! A program builds a tree of constructs, the passes make an assembly of it:
//!
//! ```text
//! App ──freeze──▶ Tree ──validate──▶ findings
//!                   └──plan──▶ Plan ──lower──▶ Lowered ──order──▶ Ordered ──emit──▶ Assembly ──check──▶ findings, ──write──▶ cdk.out
//!                                └──document──▶ Documents ────────────────────┘
//! ```
//!
//! No pass changes what it was given, and only [`Assembly`] and [`App::run`] touch the disk. Of AWS this crate knows
//! CloudFormation alone: buckets, roles and pipelines are constructs of the crates that build on it.
//!
//! In reading order: where things live ([`Env`]); what is known now and what later ([`Value`], [`text!`]), and what
//! is an expression only once it is written ([`spell`]); references to
//! constructs ([`handle!`]); the tree ([`App`], [`Scope`], [`Construct`]); one CloudFormation resource ([`Resource`],
//! [`RawResource`]); what one construct says about another ([`Fact`]); findings ([`Diagnostic`]); what services take at
//! most ([`quota`]); the passes; the [`Assembly`]. Beside them: templates as they are read ([`Json`]) and as they are
//! written (`written.rs`), what comes first (`sequence.rs`), and work on every core ([`parallel`]).

mod env;
mod partition;
mod regions;

mod bytes;
mod dynamic;
mod handle;
mod json;
mod value;

mod arena;
mod diagnostic;
mod fact;
mod logical_id;
mod printable;
mod stack;

pub mod parallel;
mod sequence;
mod written;

mod assembly;
pub mod quota;

mod construct;
mod parts;
mod resource;

mod pass;

mod app;

pub use app::{App, SynthError};
pub use assembly::{Assembly, INLINE_TEMPLATE_BYTES, ReadError, StackArtifact, WriteError};
pub use bytes::{count_bytes, fingerprint};
pub use construct::{
    AssemblyCheck, CheckCx, Construct, Document, DocumentCx, Lower, LowerCx, Nothing, Plan, PlanCx, Resource, Scope,
    Setting, Synth, Tree, ValidateCx, View,
};
pub use diagnostic::{Caller, Diagnostic, Diagnostics, Severity};
pub use dynamic::{Secret, SsmParameter};
pub use env::{AccountId, Env, EnvError, Region};
pub use fact::{DependsOn, Fact, Metadata, PropertyOverride, Reach, RemovalPolicy, Tag};
pub use handle::{Handle, NodeId, NodeRef, StackRef};
pub use json::{Json, Members, Repeats, Source, is_function};
pub use logical_id::short_hash;
pub use partition::Partition;
pub use parts::{Condition, ConditionRef, Output, OutputRef, Parameter, ParameterRef, RawRef, RawResource};
pub use pass::{Checked, Documents, Lowered, Ordered, check, document, emit, lower, order, plan, validate};
pub use printable::{printable, printable_lines};
pub use quota::{Adjustable, Gauge, GaugeCx, Measure, Measurements, Quota, QuotaScope, Quotas};
pub use regions::edits;
pub use resource::{CfnResource, Claim, Properties, Resources, Tagging, Uniqueness};
pub use stack::StackProps;
#[doc(hidden)]
pub use value::text;
pub use value::{Attr, Expr, Pseudo, Real, Value, kind, spell};
