//! The flow of artifacts between actions and accounts.
//!
//! Codes: `artifact::malformed-name`, `artifact::never-written`, `artifact::read-too-early`, `artifact::written-twice`,
//! `artifact::unread`, `artifact::read-twice`, `artifact::too-many-files`, `artifact::malformed-file`,
//! `artifact::reference`, `artifact::clone-across-accounts`, `artifact::foreign-to-foreign`, `action::input-count`,
//! `action::output-count`, `action::foreign-outputs`.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-create-cross-account.html>

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use construct_core::{AccountId, Diagnostic, Diagnostics};

use super::structure::too_many;
use super::{is_name, is_near, misnamed};
use crate::artifact::Artifact;
use crate::provider::Category;
use crate::quota;
use crate::resolve::{Resolved, ResolvedAction};
use crate::stage::Stage;

/// The characters of a name, and of a file that is exported, as the API validates them.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_OutputArtifact.html>
const NAME: usize = 100;
const FILE: RangeInclusive<usize> = 1..=128;
/// How many of many are named.
const FEW: usize = 3;

pub(super) fn check(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    names(resolved, findings);
    files(resolved, findings);
    let writers = writers(resolved, findings);
    for action in &resolved.actions {
        counts(action, findings);
        foreign_outputs(resolved, action, findings);
        for input in &action.known.spec.inputs {
            read_twice(action, input, findings);
            match writers.get(input.name()) {
                Some(writer) => read(resolved, action, input, writer, findings),
                None => findings.push(never_written(action, input, &writers)),
            }
        }
    }
    foreign_to_foreign(resolved, &writers, findings);
    unread(resolved, &writers, findings);
}

fn names(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for action in &resolved.actions {
        for artifact in action.known.spec.inputs.iter().chain(&action.known.spec.outputs) {
            if seen.insert(artifact.name())
                && let Some(message) = misnamed("name of an artifact", artifact.name(), "_-", NAME)
            {
                findings.push(
                    Diagnostic::error("artifact::malformed-name", message)
                        .at(artifact.location())
                        .help("use 1 to 100 letters `A-Za-z`, digits, `_` and `-`"),
                );
            }
        }
    }
}

fn files(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let outputs = resolved.actions.iter().flat_map(|action| &action.known.spec.outputs);
    for artifact in outputs.filter(|artifact| !artifact.exported_files().is_empty()) {
        let (files, most) = (artifact.exported_files(), resolved.view.quota(&quota::EXPORTED_FILES));
        let subject = format!("the artifact `{}`", artifact.name());
        if files.len() > most {
            findings.push(too_many(&quota::EXPORTED_FILES, &subject, files.len(), most).at(artifact.location()));
        }
        for file in files.iter().filter(|file| !FILE.contains(&file.chars().count())) {
            let message = format!("{subject} exports a file whose path has {} characters", file.chars().count());
            findings.push(
                Diagnostic::error("artifact::malformed-file", message)
                    .at(artifact.location())
                    .help("use 1 to 128 characters, or a pattern, as in `dist/**/*`"),
            );
        }
    }
}

fn writers<'r, 'a>(
    resolved: &'r Resolved<'a>,
    findings: &mut Diagnostics,
) -> BTreeMap<&'r str, &'r ResolvedAction<'a>> {
    let mut writers: BTreeMap<&str, &ResolvedAction<'_>> = BTreeMap::new();
    for action in &resolved.actions {
        for output in &action.known.spec.outputs {
            if let Some(first) = writers.get(output.name()).filter(|first| std::ptr::eq(**first, action)) {
                let message = format!("{} has the output `{}` twice", first.words(), output.name());
                findings.push(
                    Diagnostic::error("artifact::written-twice", message)
                        .at(action.action.location)
                        .help("name it once"),
                );
            } else if let Some(first) = writers.get(output.name()) {
                let message = format!(
                    "the artifact `{}` is written by {} and by {}",
                    output.name(),
                    first.words(),
                    action.words()
                );
                findings.push(
                    Diagnostic::error("artifact::written-twice", message)
                        .at(action.action.location)
                        .note("the first to write it is made here", Some(first.action.location))
                        .help("let one of them write another artifact"),
                );
            } else {
                writers.insert(output.name(), action);
            }
        }
    }
    writers
}

fn read_twice(reader: &ResolvedAction<'_>, input: &Artifact, findings: &mut Diagnostics) {
    let name = input.name();
    if reader.known.spec.inputs.iter().filter(|other| *other == input).count() > 1 {
        findings.push(
            Diagnostic::error("artifact::read-twice", format!("{} has the input `{name}` twice", reader.words()))
                .at(reader.action.location)
                .help("name it once"),
        );
    }
}

fn never_written(
    reader: &ResolvedAction<'_>,
    input: &Artifact,
    writers: &BTreeMap<&str, &ResolvedAction<'_>>,
) -> Diagnostic {
    let name = input.name();
    let help = match writers.iter().find(|(known, _)| is_near(known, name)) {
        Some((meant, writer)) => format!("did you mean `{meant}`, which {} writes?", writer.words()),
        None => "give it to an earlier action as its output".to_owned(),
    };
    Diagnostic::error("artifact::never-written", format!("{} reads `{name}`, which no action writes", reader.words()))
        .at(reader.action.location)
        .note("the artifact is made here", Some(input.location()))
        .help(help)
}

fn read(
    resolved: &Resolved<'_>,
    reader: &ResolvedAction<'_>,
    input: &Artifact,
    writer: &ResolvedAction<'_>,
    findings: &mut Diagnostics,
) {
    let name = input.name();
    if !reader.is_after(writer) {
        too_early(reader, writer, name, findings);
    }
    if !writer.action.provider.reader_permissions(&resolved.cx(writer)).is_empty() {
        reference(reader, writer, name, findings);
    }
}

fn too_early(reader: &ResolvedAction<'_>, writer: &ResolvedAction<'_>, name: &str, findings: &mut Diagnostics) {
    let finding = if std::ptr::eq(reader, writer) {
        let message = format!("{} reads `{name}`, which it writes itself", reader.words());
        Diagnostic::error("artifact::read-too-early", message)
            .help("let it read what an earlier action writes, or write another artifact")
    } else {
        let message = format!("{} reads `{name}` before {} has written it", reader.words(), writer.words());
        Diagnostic::error("artifact::read-too-early", message)
            .note("it is written here", Some(writer.action.location))
            .help("move the reader to a later stage, or give it a higher run order within the stage")
    };
    findings.push(finding.at(reader.action.location));
}

/// An artifact that is no more than a reference to a full clone: who reads it has to clone.
fn reference(reader: &ResolvedAction<'_>, writer: &ResolvedAction<'_>, name: &str, findings: &mut Diagnostics) {
    if reader.known.spec.worker.is_none() {
        let message = format!("`{name}` is a reference to a full clone, which {} cannot follow", reader.words());
        findings.push(
            Diagnostic::error("artifact::reference", message)
                .at(reader.action.location)
                .note("it is written here", Some(writer.action.location))
                .help("leave `.full_clone()` out, or let a build read it and write files for this action"),
        );
    }
    // CodeCommit has no policies of repositories, so nobody of another account can clone one with a role of their own:
    // <https://docs.aws.amazon.com/codecommit/latest/userguide/security-iam.html#security_iam_service-with-iam-resource-based-policies>
    let [from, to] = [writer, reader].map(|action| action.known.env.account);
    if reader.known.spec.worker.is_some() && writer.known.spec.provider == "CodeCommit" && from != to {
        let message = format!(
            "`{name}` is a reference to a full clone of a repository in account {from}, which {} cannot make in account {to}",
            reader.words()
        );
        findings.push(
            Diagnostic::error("artifact::clone-across-accounts", message)
                .at(reader.action.location)
                .note("it is written here", Some(writer.action.location))
                .help("leave `.full_clone()` out: CodeCommit lets roles of its own account clone, and no others"),
        );
    }
}

/// What one foreign account writes and others read: one finding for each artifact, however many read it.
fn foreign_to_foreign(
    resolved: &Resolved<'_>,
    writers: &BTreeMap<&str, &ResolvedAction<'_>>,
    findings: &mut Diagnostics,
) {
    let outputs = resolved.actions.iter().flat_map(|action| &action.known.spec.outputs).map(Artifact::name);
    let mut seen = BTreeSet::new();
    for name in outputs.filter(|name| seen.insert(*name)) {
        // One that cannot write there at all is found already.
        let is_writer =
            |writer: &&&ResolvedAction<'_>| writer.is_foreign(resolved.home) && writer.known.spec.foreign_outputs;
        let Some(writer) = writers.get(name).filter(is_writer) else { continue };
        let reads = |action: &&ResolvedAction<'_>| {
            action.is_foreign(resolved.home)
                && action.known.env.account != writer.known.env.account
                && action.known.spec.inputs.iter().any(|input| input.name() == name)
        };
        let readers: Vec<&ResolvedAction<'_>> = resolved.actions.iter().filter(reads).collect();
        let Some(first) = readers.first() else { continue };
        let accounts: BTreeSet<AccountId> = readers.iter().map(|reader| reader.known.env.account).collect();
        let accounts: Vec<AccountId> = accounts.into_iter().collect();
        let by = writer.known.env.account;
        let message = match accounts.as_slice() {
            [one] => {
                format!("`{name}` is written in account {by} and read in account {one}, and neither is the pipeline's")
            }
            all => format!(
                "`{name}` is written in account {by} and read in {} others ({}), and none of them is the pipeline's",
                all.len(),
                first_few(all)
            ),
        };
        let mut finding = Diagnostic::error("artifact::foreign-to-foreign", message)
            .at(first.action.location)
            .note("it is written here", Some(writer.action.location));
        let mut lines = BTreeSet::from([line(first)]);
        for reader in readers.iter().filter(|reader| lines.insert(line(reader))).take(FEW - 1) {
            finding = finding.note("it is read here, too", Some(reader.action.location));
        }
        let help = "let an action in the pipeline's account write it, for example a build that passes it on";
        findings.push(finding.help(help));
    }
}

/// The line of an action in the program.
fn line<'a>(action: &ResolvedAction<'a>) -> (&'a str, u32) {
    (action.action.location.file(), action.action.location.line())
}

fn first_few(accounts: &[AccountId]) -> String {
    let named: Vec<&str> = accounts.iter().take(FEW).map(AccountId::as_str).collect();
    match accounts.len().saturating_sub(FEW) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn counts(action: &ResolvedAction<'_>, findings: &mut Diagnostics) {
    let spec = &action.known.spec;
    let counts = [
        ("action::input-count", "reads", spec.inputs.len(), &spec.input_count),
        ("action::output-count", "writes", spec.outputs.len(), &spec.output_count),
    ];
    for (code, verb, n, range) in counts {
        if !range.contains(&n) {
            let artifacts = if n == 1 { "artifact" } else { "artifacts" };
            let message =
                format!("{} {verb} {n} {artifacts}; {} {verb} {}", action.words(), spec.provider, words(range));
            let help = if n > *range.end() { "leave some out" } else { "add what is missing" };
            findings.push(Diagnostic::error(code, message).at(action.action.location).help(help));
        }
    }
}

fn words(range: &RangeInclusive<usize>) -> String {
    match (range.start(), range.end()) {
        (0, 0) => "none".into(),
        (from, to) if from == to => format!("exactly {from}"),
        (from, to) => format!("{from} to {to}"),
    }
}

fn foreign_outputs(resolved: &Resolved<'_>, action: &ResolvedAction<'_>, findings: &mut Diagnostics) {
    let spec = &action.known.spec;
    if action.is_foreign(resolved.home) && !spec.foreign_outputs && !spec.outputs.is_empty() {
        let message = format!(
            "{} writes an artifact in account {}; {} can do that in the pipeline's account only",
            action.words(),
            action.known.env.account,
            spec.provider
        );
        findings.push(
            Diagnostic::error("action::foreign-outputs", message)
                .at(action.action.location)
                .help("leave the output out, or let the pipeline's account do this work"),
        );
    }
}

/// What nobody reads, unless an error may be why: then it is no mistake of its own.
fn unread(resolved: &Resolved<'_>, writers: &BTreeMap<&str, &ResolvedAction<'_>>, findings: &mut Diagnostics) {
    if lacks_readers(resolved, writers) {
        return;
    }
    let conditions = resolved.pipeline.stages.iter().flat_map(Stage::conditions);
    let of_rules = conditions.flat_map(|condition| &condition.rules).flat_map(|rule| &rule.inputs);
    // One by one, as many actions read the same.
    let mut read = BTreeSet::new();
    let of_actions = resolved.actions.iter().flat_map(|action| &action.known.spec.inputs);
    read.extend(of_actions.chain(of_rules).map(Artifact::name));
    let mut n_written: BTreeMap<&str, usize> = BTreeMap::new();
    for output in resolved.actions.iter().flat_map(|action| &action.known.spec.outputs) {
        *n_written.entry(output.name()).or_default() += 1;
    }
    // A scan cannot do without the bill that it writes, whether somebody reads that or not.
    let is_by_choice = |action: &&ResolvedAction<'_>| {
        let spec = &action.known.spec;
        spec.category == Category::Source || spec.outputs.len() > *spec.output_count.start()
    };
    for action in resolved.actions.iter().filter(|action| may_write(action, resolved)).filter(is_by_choice) {
        for output in &action.known.spec.outputs {
            let is_sound = n_written.get(output.name()) == Some(&1) && is_name(output.name(), "_-", NAME);
            if is_sound && !read.contains(output.name()) {
                let message =
                    format!("the artifact `{}`, written by {}, is read by no action", output.name(), action.words());
                findings.push(
                    Diagnostic::warning("artifact::unread", message)
                        .at(output.location())
                        .help("read it in a later action; if the action can do without the output, leave it out"),
                );
            }
        }
    }
}

/// Whether the outputs of an action are as they may be.
fn may_write(action: &ResolvedAction<'_>, resolved: &Resolved<'_>) -> bool {
    let spec = &action.known.spec;
    spec.outputs.len() <= *spec.output_count.end() && (spec.foreign_outputs || !action.is_foreign(resolved.home))
}

/// Whether a reader is missing or reads something else than what is there: with what mends that, more may be read.
fn lacks_readers(resolved: &Resolved<'_>, writers: &BTreeMap<&str, &ResolvedAction<'_>>) -> bool {
    let stages = &resolved.pipeline.stages;
    let reads_wrong = |action: &ResolvedAction<'_>| {
        let spec = &action.known.spec;
        spec.inputs.len() < *spec.input_count.start()
            || spec.inputs.iter().any(|input| !writers.contains_key(input.name()))
    };
    stages.len() < 2 || stages.iter().any(|stage| stage.actions.is_empty()) || resolved.actions.iter().any(reads_wrong)
}
