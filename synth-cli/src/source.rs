//! Where a command finds its assembly.

use std::path::PathBuf;

use clap::Args;

/// The assembly that a command reads.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// The folder of the assembly: the one that holds `manifest.json`
    #[arg(value_name = "DIR", default_value = "cdk.out")]
    pub(crate) dir: PathBuf,
}
