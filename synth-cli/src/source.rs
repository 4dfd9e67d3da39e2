//! Where a command finds what it reads.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Args;

use crate::output::Failure;

/// The assembly that a command reads.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// The folder of the assembly: the one that holds `manifest.json`
    #[arg(value_name = "DIR", default_value = "cdk.out")]
    pub(crate) dir: PathBuf,
}

/// The text of a file that was named; `-` is standard input.
pub(crate) fn read(file: &Path) -> Result<String, Failure> {
    let text = match file.as_os_str() == "-" {
        true => io::read_to_string(io::stdin().lock()),
        false => fs::read_to_string(file),
    };
    let text = text.map_err(|error| {
        let help = match error.kind() {
            io::ErrorKind::PermissionDenied => "name a file that you may read",
            io::ErrorKind::IsADirectory => "name a file in it",
            io::ErrorKind::InvalidData => "save it as UTF-8, in PowerShell with `| Out-File -Encoding utf8`",
            _ => "name a file that is there",
        };
        Failure::new(format!("cannot read `{}`: {error}", file.display())).help(help)
    })?;
    // Some tools mark UTF-8 in front of the text.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
