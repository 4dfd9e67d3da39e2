//! The commands, one file each: its arguments with their help, and a `run` that turns them into a report.

pub(crate) mod budget;
pub(crate) mod check;
pub(crate) mod contract;
pub(crate) mod explain;
pub(crate) mod graph;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod names;
pub(crate) mod pipeline_json;
