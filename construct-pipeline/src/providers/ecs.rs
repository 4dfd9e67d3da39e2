//! Services of Amazon ECS, in place and blue/green.
//!
//! Codes: `ecs::deployment-timeout`, `ecs::malformed-name`, `ecs::malformed-path`, `ecs::malformed-task-role`,
//! `ecs::too-many-images`, `ecs::unknown-task-roles`.

mod blue_green;
mod rolling;
mod tasks;

pub use blue_green::*;
pub use rolling::*;
