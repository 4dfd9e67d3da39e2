//! Where a command finds what it reads.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::output::Failure;

/// The assembly that a command reads.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// The folder of the assembly: the one that holds `manifest.json`
    #[arg(value_name = "DIR", default_value = "cdk.out")]
    pub(crate) dir: PathBuf,
}

/// The text of a file that was named.
pub(crate) fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| {
        Failure::new(format!("cannot read `{}`: {error}", file.display())).help("name a file that is there")
    })
}
