//! Reads an assembly, and says what is wrong in words that help.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use construct_core::{Assembly, ReadError};
use construct_pipeline::access::template::{Json, Members, Template};

use super::{Model, Stack};
use crate::output::Failure;
use crate::templates;

const MANIFEST: &str = "manifest.json";
const AGAIN: &str =
    "synthesise the assembly again; if another tool wrote it, name the folder that holds its `manifest.json`";
const WRITE_FIRST: &str = "write one first, for example with `cargo run`, or name the folder that \
                           holds a `manifest.json`";

impl Model {
    /// Reads the assembly in a folder.
    pub(crate) fn read(dir: &Path) -> Result<Self, Failure> {
        let assembly = Assembly::read(dir).map_err(|error| explain(dir, &error))?;
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, stack) in assembly.stacks().iter().enumerate() {
            places.entry(&stack.id).or_insert(at);
        }
        let stacks = assembly.stacks().iter().map(|artifact| {
            let body = templates::body(dir, artifact)?;
            let stack = Stack {
                id: artifact.id.clone(),
                name: artifact.stack_name.clone(),
                account: artifact.account.clone(),
                region: artifact.region.clone(),
                needs: artifact.dependencies.iter().filter_map(|needed| places.get(&**needed).copied()).collect(),
                wave: None,
                template_file: artifact.template_file.clone(),
                bytes: artifact.template.len(),
                n_resources: body.get("Resources").and_then(Json::as_object).map_or(0, Members::len),
            };
            Ok((stack, Template::new(&artifact.stack_name, &artifact.account, &artifact.region, body.into_owned())))
        });
        Ok(Self::new(stacks.collect::<Result<_, Failure>>()?))
    }
}

pub(crate) fn explain(dir: &Path, error: &ReadError) -> Failure {
    let shown = dir.display();
    match error {
        ReadError::Io { .. } if dir.is_file() => {
            let failure = Failure::new(format!("`{shown}` is a file, and an assembly is a folder"));
            match dir.parent().filter(|_| dir.ends_with(MANIFEST)) {
                Some(parent) => {
                    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
                    failure.help(format!("name the folder that it is in: `{}`", parent.display()))
                }
                None => failure.help(WRITE_FIRST),
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
        error => Failure::new(error.to_string()).help(AGAIN),
    }
}
