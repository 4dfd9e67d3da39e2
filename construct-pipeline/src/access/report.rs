//! The answers: as data, in words, and as findings of a synthesis.
//!
//! What goes in are the [`Access`]es that were asked for, each with its [`Decision`], the order of the stacks and what
//! is too wide: a [`Report`]. What comes out are its questions answered, the [`Repair`] of what is missing, as parts of
//! a template, and sentences for people.

mod access;
mod answers;
mod findings;
mod repair;
mod unknown;
mod words;

pub use access::{Access, Area, Decision, Expected, Purpose, Remark};
pub use answers::{Cell, Report, Row};
pub use repair::{Repair, What};
pub use words::premises;

pub(crate) use findings::Subject;
