//! Where a command finds what it reads.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Args;
use construct_core::{AccountId, Assembly, ReadError};

use crate::output::Failure;

const MANIFEST: &str = "manifest.json";
const AGAIN: &str =
    "synthesise the assembly again; if another tool wrote it, name the folder that holds its `manifest.json`";
const WRITE_FIRST: &str = "write one first, for example with `cargo run`, or name the folder that \
                           holds a `manifest.json`";

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
            ErrorKind::PermissionDenied => "name a file that you may read",
            ErrorKind::IsADirectory => "name a file in it",
            ErrorKind::InvalidData => "save it as UTF-8, in PowerShell with `| Out-File -Encoding utf8`",
            _ => "name a file that is there",
        };
        Failure::new(format!("cannot read `{}`: {error}", file.display())).help(help)
    })?;
    // Some tools mark UTF-8 in front of the text.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The account that was named.
pub(crate) fn account(text: &str) -> Result<AccountId, Failure> {
    AccountId::parse(text).map_err(|error| Failure::new(error.to_string()).help("write the 12 digits of the account"))
}

/// The assembly in a folder.
pub(crate) fn assembly(dir: &Path) -> Result<Assembly, Failure> {
    Assembly::read(dir).map_err(|error| explain(dir, &error))
}

/// What is wrong with it, in words that help.
fn explain(dir: &Path, error: &ReadError) -> Failure {
    let shown = dir.display();
    match error {
        ReadError::Io { .. } if dir.exists() && !dir.is_dir() => {
            let failure = Failure::new(format!("`{shown}` is a file, and an assembly is a folder"));
            match dir.parent().filter(|_| dir.ends_with(MANIFEST)) {
                Some(parent) => {
                    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
                    failure.help(format!("name the folder that it is in: `{}`", parent.display()))
                }
                None => failure.help(
                    "name the folder that it is in; a template by itself is proved with `synth check --template FILE`",
                ),
            }
        }
        ReadError::Io { path, source } if source.kind() == ErrorKind::NotFound => {
            if !dir.exists() {
                Failure::new(format!("there is no assembly in `{shown}`: no such folder")).help(WRITE_FIRST)
            } else if path.ends_with(MANIFEST) {
                Failure::new(format!("there is no assembly in `{shown}`: it has no `{MANIFEST}`")).help(WRITE_FIRST)
            } else {
                let message = format!("the assembly in `{shown}` is incomplete: `{}` is missing", path.display());
                Failure::new(message).help(AGAIN)
            }
        }
        ReadError::Io { source, .. } if source.kind() == ErrorKind::PermissionDenied => {
            Failure::new(error.to_string()).help("name a folder that you may read, or have somebody let you")
        }
        error => Failure::new(error.to_string()).help(AGAIN),
    }
}
