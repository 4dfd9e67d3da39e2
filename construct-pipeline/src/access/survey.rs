//! Reads templates, and facts that no template states, into a world.
//!
//! It is done in two steps. What needs nothing computed is noted while a template is read, on whichever core reads it:
//! an [`Opened`] template has a [`Sheet`] of names, ARNs, whole roles and actions, and its compiled policies, and the
//! JSON of all this is dropped. Then [`survey`] walks through what is left of all templates together, computes what has
//! functions, and adds what is known of things [outside](Outside) of them. What comes out are the world, its pipelines,
//! and what the templates say of the order of their [stacks](Stacks).

mod opened;
mod outside;
mod pipelines;
mod sheet;
mod stacks;
mod surveyor;
mod texts;
mod told;

pub use outside::Outside;
pub use stacks::Clash;
pub use told::TOLD;

pub(crate) use opened::Opened;
pub(crate) use sheet::Sheet;
pub(crate) use stacks::{Graph, Stacks};
pub(crate) use surveyor::{Surveyed, survey};
