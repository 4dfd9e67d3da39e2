//! What a company adds to the libraries to deliver by its own rules.
//!
//! - [`CompanyPipeline`]: a construct that holds every team's pipeline to the house rules.
//! - [`LogGroup`]: a CloudFormation resource that the libraries do not have.
//! - [`LambdaRelease`]: an action that the libraries do not have, and [`Landing`], what it needs where it runs.

mod landing;
mod log_group;
mod pipeline;
mod release;

pub use landing::{Landing, LandingRef};
pub use log_group::{LogGroup, LogGroupRef};
pub use pipeline::{CompanyPipeline, CompanyPipelineRef, ROLE_PATH, Team};
pub use release::LambdaRelease;
