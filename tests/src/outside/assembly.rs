//! Folders with cloud assemblies: a part of the input is a file.

use std::fs;
use std::path::{Component, Path};

use construct_core::Assembly;
use construct_pipeline::access::Outside;
use construct_pipeline::access::template::Templates;

use super::{parts, tell};
use crate::TempDir;

/// Reads a folder; what was read is the same when it is written and read again.
pub(super) fn check(data: &[u8]) {
    let folder = TempDir::new(std::env::temp_dir().join("construct-outside"));
    let (given, again) = (folder.join("given"), folder.join("again"));
    fs::create_dir(&given).expect("the folder is new");
    for (name, content) in parts(data).into_iter().take(20) {
        let path = Path::new(name);
        let is_inside = name.len() < 100 && path.components().all(|part| matches!(part, Component::Normal(_)));
        let parent = given.join(path).parent().map_or(Ok(()), fs::create_dir_all);
        if is_inside && !name.is_empty() && parent.is_ok() {
            // Of two parts with one name the last one counts; a file that is a folder already stays one.
            drop(fs::write(given.join(path), content));
        }
    }
    match Assembly::read(&given) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(assembly) => {
            assembly.write(&again).expect("what was read can be written");
            let read = Assembly::read(&again).expect("what was written can be read");
            assert_eq!(read.stacks(), assembly.stacks());
            drop(assembly.waves());
            tell(&Templates::of(&assembly), &Outside::new());
        }
    }
}
