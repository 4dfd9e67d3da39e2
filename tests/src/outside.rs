//! What reads data from outside, each as a function of bytes: any bytes give an answer, never a panic, and what is read
//! obeys its laws.
//!
//! `fuzz/` looks for bytes that break one of them, and keeps those that lead to new places in `fuzz/corpus/`;
//! `tests/outside.rs` puts everything kept there through the same functions.

mod assembly;
mod contract;
mod decision;
mod names;
mod pipeline;
mod policy;
mod template;
#[path = "../../synth-cli/src/yaml.rs"]
mod yaml;

#[expect(clippy::panic, reason = "it is the support of tests, in another crate")]
#[path = "../../construct-iam/tests/access_support/mod.rs"]
mod access_support;

use construct_pipeline::access::template::Templates;
use construct_pipeline::access::{Expected, Outside, prove};
use construct_pipeline::json::export;

/// A reader, and the name of its folder in `fuzz/corpus`.
pub type Target = (&'static str, fn(&[u8]));

/// All readers.
pub const TARGETS: [Target; 7] = [
    ("assembly", assembly::check),
    ("contract", contract::check),
    ("decision", decision::check),
    ("names", names::check),
    ("pipeline", pipeline::check),
    ("policy", policy::check),
    ("template", template::check),
];

/// Puts bytes to the reader of a name.
///
/// # Panics
/// When there is no reader of that name, or the bytes break one of its laws.
pub fn check(target: &str, data: &[u8]) {
    let (_, check) = TARGETS.iter().find(|(name, _)| *name == target).expect("a reader of that name");
    check(data);
}

/// The parts of an input: each stands behind a line of three equals signs and its name.
fn parts(data: &[u8]) -> Vec<(&str, Vec<u8>)> {
    let mut parts: Vec<(&str, Vec<u8>)> = Vec::new();
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(b"=== ").map(|name| str::from_utf8(name.trim_ascii())) {
            Some(Ok(name)) => parts.push((name, Vec::new())),
            _ => parts.iter_mut().last().into_iter().for_each(|(_, part)| part.extend(line)),
        }
    }
    parts
}

/// Everything that is derived from templates, and what it is told in.
fn tell(templates: &Templates<'_>, outside: &Outside) {
    let report = prove(templates, outside);
    for access in report.accesses() {
        let decided = access.is_proved() && access.remark.is_none();
        if let Some(verdict) = report.verdict(access).filter(|_| decided) {
            assert_eq!(verdict.is_allowed(), access.expected == Expected::Allow, "{verdict}");
        }
        let said = report.readable(access.resource());
        assert!(said.len() < 1 << 20, "{} bytes name a resource", said.len());
    }
    for finding in report.findings().iter() {
        assert!(finding.to_string().contains(finding.code()));
    }
    assert_eq!(report.holes().next().is_none(), report.accesses().iter().all(|access| !access.is_hole()));
    drop(report.matrix());
    for exported in export(templates) {
        if let Err(findings) = exported.declaration {
            assert!(findings.has_errors(), "{} is no pipeline, but why?", exported.name);
        }
    }
}
