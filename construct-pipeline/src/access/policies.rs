//! Policies, compiled once for all that ask, each with the place where it stands.
//!
//! What goes in are policy documents: of templates, where a [`Reading`] finds them while the template is read, and of
//! things outside of them. Each is compiled to a [`Digest`]: equal statements once, on whichever core meets them
//! ([`Statements`]), with a note of what gives far too much. What comes out are [`Policies`], each by its number and
//! with its [`Spot`].

mod documents;
mod excess;
mod list;
mod place;
mod statements;

pub use place::{Place, PolicyKind};

pub(crate) use documents::{Early, Reading, TRUST, TRUST_PROPERTY, document_of, write_policy_name};
pub(crate) use list::{ADMINISTRATOR, Digest, Policies, administrator, everything};
pub(crate) use place::{PolicyIx, Slot, Spot};
pub(crate) use statements::{Statements, Told};
