//! Everything that reads data from outside, on all inputs that fuzzing kept.

use std::fs;
use std::path::{Path, PathBuf};

use construct_tests::outside::{TARGETS, check};

fn corpus(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("each reader has a corpus").flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// Puts every input of a reader to it; a thread of its own says which one it was.
fn replay(target: &'static str) {
    let files = corpus(target);
    assert!(!files.is_empty(), "no input for {target}");
    for file in files {
        let data = fs::read(&file).expect("the input can be read");
        // The stack of a main thread, which is what the command has.
        let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(move || check(target, &data));
        let result = thread.expect("a thread can be started").join();
        assert!(result.is_ok(), "{} breaks {target}", file.display());
    }
}

#[test]
fn assembly() {
    replay("assembly");
}

#[test]
fn contract() {
    replay("contract");
}

#[test]
fn decision() {
    replay("decision");
}

#[test]
fn names() {
    replay("names");
}

#[test]
fn pipeline() {
    replay("pipeline");
}

#[test]
fn policy() {
    replay("policy");
}

#[test]
fn template() {
    replay("template");
}

/// A reader without a test above would be one that nobody tries.
#[test]
fn every_reader_is_here() {
    let here = include_str!("outside.rs");
    for (name, _) in TARGETS {
        assert!(here.contains(&format!("replay(\"{name}\")")), "{name} is not replayed");
    }
}
