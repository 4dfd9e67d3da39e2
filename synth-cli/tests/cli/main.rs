//! Runs the binary as its users do, and compares what it says with what it should say.

mod bad_input;
mod budget;
mod check;
mod contract;
mod graph;
mod import;
mod list;
mod names;
mod other_tools;
mod pipeline_json;
mod support;
