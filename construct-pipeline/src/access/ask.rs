//! One request, asked of the policies in force.
//!
//! What goes in: who asks (a [`Caller`]), for what (a [`Protected`] resource), and in which circumstances ([`Facts`]).
//! Many requests have a part of it in common, so each part is prepared once: a [`Scene`] is a resource in known
//! circumstances. An [`Asker`] looks up in the world which policies are in force, and puts the question to the
//! evaluator. What comes out is its truth, and a [`Question`] that can be asked again for its reasons.

mod asker;
mod caller;
mod facts;
mod protected;
mod scene;
mod told;
mod view;

pub(crate) use asker::{Asker, Question};
pub(crate) use caller::{Caller, Who};
pub(crate) use facts::Facts;
pub(crate) use protected::{Protected, service_of};
pub(crate) use scene::Scene;
pub(crate) use told::Told;
pub(crate) use view::Apart;
