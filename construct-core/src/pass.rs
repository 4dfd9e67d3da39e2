//! The passes. Each takes what the one before made, changes nothing of it, and makes something new:
//!
//! ```text
//! Tree ──validate──▶ findings
//!   └────plan──▶ Plan ──lower──▶ Lowered ──order──▶ Ordered ──emit──▶ Assembly ──check──▶ findings
//!                  └───document──▶ Documents ──────────────────┘
//! ```

mod check;
mod circles;
mod document;
mod emit;
mod lower;
mod order;
mod plan;
mod validate;

pub use check::{Checked, check};
pub use document::{Documents, document};
pub use emit::emit;
pub use lower::{Lowered, lower};
pub use order::{Ordered, order};
pub use plan::plan;
pub use validate::validate;
