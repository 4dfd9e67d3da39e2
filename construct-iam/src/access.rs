//! Decides requests as IAM does, and says why.
//!
//! [`evaluate`] takes a [`Request`] (who, what, on which resource, in which circumstances) and a [`PolicySet`] (the
//! policies in force: of the identity, of the resource, permissions boundary, session policy, service and resource
//! control policies) and gives a [`Verdict`]: the outcome, the statements that decide, and for a denial the statements
//! that nearly allowed it and the change that would.
//!
//! What makes it fit for proofs is that it is three-valued throughout: see [`Truth`], [`Context`] and [`symbol`].
//! Values that are not known, and rules that AWS does not document, never make a request [`Allowed`](Outcome::Allowed).
//!
//! Symbols come back in verdicts as they went in, so that a caller can put the names of its own values in their place
//! before it shows them.
//!
//! The module knows nothing of constructs or templates, does no IO, and works on owned data: a [`Policy`] is compiled
//! once and shared.
//!
//! ```text
//! truth    symbol                  three-valued logic; characters that stand for values not known yet
//! pattern  token    plain           patterns: compiled, element by element, byte by byte
//! action   arn      values   operator        matching actions, ARNs, numbers, dates, addresses
//! context  principal  request      the question
//! policy  parse  compiler  condition  error the policies
//! statement  evaluation  alike     the decision
//! explain  fix  verdict  sentences the reasons
//! evaluate stance                  the ways in: a request, and many callers
//! ```

mod action;
mod alike;
mod arn;
mod colons;
mod compiler;
mod condition;
mod context;
mod error;
mod evaluate;
mod evaluation;
mod explain;
mod fix;
mod operator;
mod parse;
mod pattern;
mod plain;
mod policy;
mod principal;
mod request;
mod sentences;
mod stance;
mod statement;
pub mod symbol;
mod token;
mod truth;
mod values;
mod verdict;

pub use action::Action;
pub use alike::{Distinctions, Traits};
pub use compiler::Compiler;
pub use construct_core::{Json, Members};
pub use context::{Context, ContextValue};
pub use error::{PolicyError, Problem};
pub use evaluate::{evaluate, is_allowed, outcome};
pub(crate) use operator::is_operator;
pub use pattern::Variables;
pub use policy::{Policy, Statement};
pub use principal::Principal;
pub use request::{PolicySet, Query, Request, Resource, ResourceKind};
pub use stance::Stance;
pub use truth::Truth;
pub use verdict::{
    Assumption, Change, Citation, Denial, Failure, Fix, Impossible, NearMiss, Outcome, Side, Subject, Tested, Unknown,
    Verdict,
};
