//! `synth` reads cloud assemblies and says what is in them.
//!
//! The program is thin: it reads with `construct-core`, names with `construct-pipeline`, and what remains is words and
//! drawings. In reading order: [`cli`] (arguments, exit codes); [`command`], one file a command; [`model`], an assembly
//! as commands see it; [`source`] and [`templates`], what is read and how; [`given`], what owners have; [`proof`], what
//! is proved; [`graph`], the picture and its languages; [`output`], tables, errors and the streams; [`nearest`], what
//! somebody may have meant.

mod cli;
mod command;

mod model;
mod nearest;

mod given;
mod graph;

mod import;

mod output;
mod proof;
mod source;
mod templates;
mod yaml;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::env::args_os())
}
