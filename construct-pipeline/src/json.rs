//! Pipelines as the JSON of the CodePipeline API.
//!
//! A [`Declaration`] is a pipeline as the API describes it. It is read from what `aws codepipeline get-pipeline` prints, or
//! from a template, whoever made that; it is written as what `create-pipeline` and `update-pipeline` take with
//! `--cli-input-json`. [`Pipeline::from_json`](crate::Pipeline::from_json) makes a pipeline of this library from it.
//!
//! ```text
//! get-pipeline ──read──▶ Declaration ──build──▶ Pipeline::from_json
//! template ──export────▶      │
//!                             └──to_json──▶ create-pipeline, update-pipeline
//! ```
//!
//! All of them share `shape`, the structure of the API as a table.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineDeclaration.html>

mod build;
mod declaration;
mod export;
mod read;
mod shape;

pub use declaration::Declaration;
pub use export::{Exported, export};
