//! Wrong programs.
//!
//! Each does one thing wrong, and a comment on the line that does it says what is found there: how much it weighs, its
//! code, the path of the construct, and words that the message must have.
//!
//! ```text
//! app.stack("Tools", Env::new("11111111111", "us-east-1")); //~ error env::malformed-account at Tools: `11111111111`
//! ```
//!
//! `//~` speaks about its own line, `//~^` about the line above it, `//~^^` about the one above that. [`check`] compares
//! everything that is found with everything that is expected: nothing may be missing, and nothing else may be found.

mod access;
mod artifacts;
mod conditions;
mod configuration;
mod environments;
mod facts;
mod groups;
mod handles;
mod iam;
mod json;
mod pipelines;
mod providers;
mod quotas;
mod references;
mod stores;
mod together;
mod tree;

use std::fs;
use std::panic::Location;
use std::path::Path;

use construct_core::{Diagnostic, Severity};
use construct_pipeline::prelude::*;

/// Where the pipelines of the wrong programs stand.
pub const HOME: Env = Env::new("111111111111", "us-east-1");

/// Another account in the same region.
pub const OTHER: &str = "222222222222";

/// Synthesises the program of the calling test and compares the findings with the test's comments.
#[track_caller]
pub fn check(app: App) {
    let caller = Location::caller();
    let findings = match app.synth_with_warnings() {
        Ok((_, warnings)) => {
            assert!(!warnings.has_errors(), "there is an assembly in spite of errors:\n{warnings}");
            warnings
        }
        Err(error) => {
            assert_eq!(format!("{error:?}"), error.to_string(), "`main` may return the error: `Debug` is `Display`");
            error.findings().expect("nothing was written, so nothing failed to be").clone()
        }
    };
    findings.iter().for_each(is_well_written);
    let mut differences = String::new();
    let mut expected = expectations(caller);
    assert!(!expected.is_empty(), "no `//~` comment says what is expected");
    for finding in findings.iter() {
        match expected.iter().position(|expectation| expectation.is_met_by(finding, caller.file())) {
            Some(at) => drop(expected.remove(at)),
            None => differences += &format!("\nfound, not expected:\n{finding}\n"),
        }
    }
    for expectation in expected {
        differences += &format!("\nexpected, not found: {expectation:?}\n");
    }
    assert!(differences.is_empty(), "{differences}\nall findings:\n{findings}");
}

/// What holds for every finding, whatever it is about.
fn is_well_written(finding: &Diagnostic) {
    let (area, what) = finding.code().split_once("::").expect("codes are `area::what-is-wrong`");
    let word = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    assert!(word(area) && word(what), "{finding}");
    // A capital letter in front is that of a name, such as IAM or CodePipeline.
    let first = finding.message().split(' ').next().unwrap_or_default();
    let capitals = first.chars().filter(|c| c.is_uppercase()).count();
    assert!(!first.starts_with(char::is_uppercase) || capitals > 1, "{finding}");
    assert!(!finding.message().ends_with('.'), "{finding}");
    assert!(finding.help_text().is_some_and(|help| !help.is_empty()), "no help in {finding}");
    assert!(finding.location().is_some(), "no line in {finding}");
    let text = finding.to_string();
    let is_inner = |(at, _): (usize, &str)| text[at + 4..].starts_with(|next: char| next.is_ascii_digit());
    assert!(!text.match_indices("node").any(is_inner), "an inner id in {finding}");
}

/// What a comment expects.
#[derive(Debug)]
struct Expectation {
    line: u32,
    severity: Severity,
    code: String,
    path: String,
    words: String,
}

impl Expectation {
    fn is_met_by(&self, finding: &Diagnostic, file: &str) -> bool {
        finding.severity() == self.severity
            && finding.code() == self.code
            && match self.path.strip_suffix('…') {
                Some(start) => finding.path().starts_with(start),
                None => finding.path().escape_debug().to_string() == self.path,
            }
            && finding.location().is_some_and(|at| at.file() == file && at.line() == self.line)
            && finding.message().contains(&self.words)
    }
}

/// The comments of the test that stands around a line.
fn expectations(caller: &Location<'_>) -> Vec<Expectation> {
    let name = Path::new(caller.file()).file_name().expect("a source file has a name");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/findings").join(name);
    let source = fs::read_to_string(path).expect("the tests lie beside this file");
    let lines: Vec<&str> = source.lines().collect();
    let call = caller.line() as usize - 1;
    let from = lines[..call].iter().rposition(|line| line.starts_with("fn ")).expect("`check` is called in a test");
    let to = call + lines[call..].iter().position(|line| *line == "}").expect("the test ends");
    let of = |at: usize| {
        let (_, comment) = lines[at].split_once("//~")?;
        let text = comment.trim_start_matches('^');
        let line = at + 1 - (comment.len() - text.len());
        Some(expectation(text, line as u32).expect("a `//~` comment reads `error code at Path: words`"))
    };
    (from..to).filter_map(of).collect()
}

fn expectation(text: &str, line: u32) -> Option<Expectation> {
    let (severity, rest) = text.trim().split_once(' ')?;
    let (code, rest) = rest.split_once(" at ")?;
    let (path, words) = rest.split_once(": ")?;
    let severity = match severity {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        _ => return None,
    };
    let path = if path == "the app" { "" } else { path };
    Some(Expectation { line, severity, code: code.into(), path: path.into(), words: words.into() })
}

/// An app with a pipeline under `Tools/Pipeline`, placed at the caller's line.
#[track_caller]
pub fn placed(pipeline: Pipeline) -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Pipeline", pipeline);
    app
}

/// A first stage that writes an artifact.
#[track_caller]
pub fn checkout(output: &Artifact) -> Stage {
    Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", output)))
}

/// A deployment of a template in an artifact, which may do something.
pub fn deployment(input: &Artifact) -> DeployStack {
    let queues = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:us-east-1:111111111111:orders-*"]);
    DeployStack::new("orders", input.file("template.yaml")).allow(queues)
}

/// A last stage that reads an artifact.
#[track_caller]
pub fn deploy(input: &Artifact) -> Stage {
    Stage::new("Deploy").action(Action::new("Deploy", deployment(input)))
}

/// A stage in which nothing is read or written.
#[track_caller]
pub fn approve(name: &str) -> Stage {
    Stage::new(name).action(Action::new("Approve", ManualApproval::new()))
}
