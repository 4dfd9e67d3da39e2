//! How answers leave the program: text on the standard output, remarks and errors on the standard error, an exit code.
//!
//! Commands return a [`Report`]; only [`finish`] writes. What an assembly says may come from anywhere, so every text
//! from outside passes [`printable`] on its way to a terminal.

mod table;

use std::borrow::Cow;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Style};
pub(crate) use construct_core::printable;
use construct_core::{Diagnostic, Severity, printable_lines};
use serde_json::Value as Json;

pub(crate) use table::Table;

/// Exit code: all is well.
pub(crate) const FINE: u8 = 0;
/// Exit code: the command worked, and what it found is wrong.
pub(crate) const FINDINGS: u8 = 1;
/// Exit code: the command line or the assembly cannot be used.
pub(crate) const UNUSABLE: u8 = 2;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HELP: Style = AnsiColor::Cyan.on_default().bold();

/// What a command answers.
#[derive(Debug)]
pub(crate) struct Report {
    answer: String,
    styled: bool,
    remarks: Vec<Remark>,
}

/// Something said beside the answer, in the form of [`Diagnostic`]'s text, whatever found it.
#[derive(Debug)]
struct Remark {
    severity: Severity,
    code: Option<&'static str>,
    message: String,
    /// Where it is, and what else there is to say, line by line.
    lines: Vec<String>,
    help: Option<String>,
}

/// Why a command has no answer.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    help: Option<String>,
}

impl Report {
    /// An answer for people, which may have colours.
    pub(crate) fn text(answer: String) -> Self {
        Self { answer, styled: true, remarks: Vec::new() }
    }

    /// An answer in a language of its own, written as it is.
    pub(crate) fn verbatim(answer: String) -> Self {
        Self { answer, styled: false, remarks: Vec::new() }
    }

    /// An answer for programs.
    pub(crate) fn json(answer: &Json) -> Self {
        // JSON escapes only the first control characters by itself; any other stands within a string, and may be escaped.
        let mut text = String::new();
        for c in format!("{answer:#}\n").chars() {
            if steers(c) && c != '\n' { text.push_str(&format!("\\u{:04x}", u32::from(c))) } else { text.push(c) }
        }
        Self::verbatim(text)
    }

    /// Adds something that is wrong; the program ends with [`FINDINGS`].
    pub(crate) fn finding(&mut self, message: impl Into<String>, help: impl Into<String>) {
        self.remarks.push(Remark::new(Severity::Error, message.into(), Some(help.into())));
    }

    /// Adds something worth knowing that does not change the exit code.
    pub(crate) fn warning(&mut self, message: impl Into<String>, help: impl Into<String>) {
        self.remarks.push(Remark::new(Severity::Warning, message.into(), Some(help.into())));
    }

    /// Adds what the library found; an error has the program end with [`FINDINGS`].
    pub(crate) fn diagnostics<'f>(&mut self, found: impl IntoIterator<Item = &'f Diagnostic>) {
        self.remarks.extend(found.into_iter().map(Remark::of));
    }
}

impl Remark {
    fn new(severity: Severity, message: String, help: Option<String>) -> Self {
        Self { severity, code: None, message, lines: Vec::new(), help }
    }

    fn of(finding: &Diagnostic) -> Self {
        // What is found in templates mostly begins with the place.
        let place = Some(finding.path()).filter(|path| !finding.message().starts_with(path));
        let place = place.map(|path| format!("in {}", printable(path)));
        // A line of a program that is written or read only now tells nobody anything.
        let notes = finding.placeless_notes().map(|note| format!("note: {}", printable_lines(note)));
        Self {
            code: Some(finding.code()),
            lines: place.into_iter().chain(notes).collect(),
            ..Self::new(finding.severity(), finding.message().to_owned(), finding.help_text().map(str::to_owned))
        }
    }

    fn styled(&self) -> String {
        let style = if self.severity == Severity::Error { ERROR } else { WARNING };
        let code = self.code.map(|code| format!("[{code}]")).unwrap_or_default();
        let mut text = format!("{style}{}{code}{style:#}: {}\n", self.severity, printable_lines(&self.message));
        self.lines.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
        if let Some(help) = &self.help {
            text.push_str(&format!("  {HELP}help{HELP:#}: {}\n", printable_lines(help)));
        }
        text
    }
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    /// Says which change most likely mends it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Writes an answer and gives the exit code.
pub(crate) fn finish(result: Result<Report, Failure>) -> ExitCode {
    let report = match result {
        Ok(report) => report,
        Err(Failure { message, help }) => {
            complain(&Remark::new(Severity::Error, message, help));
            return ExitCode::from(UNUSABLE);
        }
    };
    if let Err(error) = write(&report) {
        // A reader that has seen enough, as `head` has, is no error.
        if error.kind() != io::ErrorKind::BrokenPipe {
            complain(&Remark::new(Severity::Error, format!("cannot write the answer: {error}"), None));
            return ExitCode::from(UNUSABLE);
        }
    }
    report.remarks.iter().for_each(complain);
    let is_wrong = report.remarks.iter().any(|remark| remark.severity == Severity::Error);
    ExitCode::from(if is_wrong { FINDINGS } else { FINE })
}

fn write(report: &Report) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    if report.styled {
        anstream::AutoStream::auto(&mut stdout as &mut dyn Write).write_all(report.answer.as_bytes())?;
    } else {
        stdout.write_all(report.answer.as_bytes())?;
    }
    stdout.flush()
}

fn complain(remark: &Remark) {
    // With a closed standard error there is nobody left to tell.
    drop(anstream::AutoStream::auto(io::stderr().lock()).write_all(remark.styled().as_bytes()));
}

/// Whether a character of a JSON text could steer a terminal.
fn steers(c: char) -> bool {
    matches!(printable(c.encode_utf8(&mut [0; 4])), Cow::Owned(_))
}

/// A number with commas between its thousands.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_the_same_without_steering() {
        let json = serde_json::json!({ "a\u{202e}": "\u{9b}ü\n" });
        let text = Report::json(&json).answer;
        assert!(text.contains(r"a\u202e") && text.contains(r"\u009bü\n"), "{text}");
        assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), json);
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([0, 999, 1_000, 51_200, 1_048_576].map(grouped), ["0", "999", "1,000", "51,200", "1,048,576"]);
    }
}
