//! Findings: what a pass has to say to the person who wrote the program.
//!
//! A finding is data here. How it looks on a terminal is decided in [`Display`](fmt::Display) of [`Diagnostics`] for
//! plain text, and by whoever wants more. Nothing in a finding steers the terminal on which it is displayed so.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::Location;

use foldhash::{HashMap, HashSet};
use serde_json::{Value as Json, json};

use crate::printable::{printable, printable_lines};

/// The line of the user's program that a finding is about.
pub type Caller = &'static Location<'static>;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// The assembly is made; somebody should look.
    Warning,
    /// No assembly is made.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One finding: a code, where it is in the tree, where it is in the user's program, what is wrong and what mends it.
#[doc(alias = "Annotations")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    code: &'static str,
    severity: Severity,
    path: String,
    location: Option<Caller>,
    /// The line that placed what the construct is a part of, where the finding is about another line in it.
    placed: Option<Caller>,
    message: String,
    help: Option<String>,
    notes: Vec<(String, Option<Caller>)>,
}

impl Diagnostic {
    /// A finding that stops the synthesis. The code is `area::what-is-wrong`; the message is lower case, without a full
    /// stop, with values in backticks.
    #[must_use]
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message.into())
    }

    /// A finding that lets the synthesis go on.
    #[must_use]
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message.into())
    }

    fn new(code: &'static str, severity: Severity, message: String) -> Self {
        let (path, notes) = (String::new(), Vec::new());
        Self { code, severity, path, location: None, placed: None, message, help: None, notes }
    }

    /// The change that most likely mends it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A second place that matters, such as the first of two things of one name.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>, location: Option<Caller>) -> Self {
        self.notes.push((note.into(), location.filter(|at| is_of_a_program(at.file()))));
        self
    }

    /// The place in the user's program, when it is known better than the line that placed the construct: not where a
    /// function was handed to the standard library, as in `names.map(Artifact::new)`.
    #[must_use]
    pub fn at(mut self, location: Caller) -> Self {
        if is_of_a_program(location.file()) {
            self.location = Some(location);
        }
        self
    }

    /// The path of the construct, for findings that no context files under a node.
    #[must_use]
    pub fn on(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Fills in what the reporter did not say itself.
    #[must_use]
    pub(crate) fn or_at(mut self, path: &str, location: Option<Caller>) -> Self {
        if self.path.is_empty() {
            path.clone_into(&mut self.path);
        }
        self.location = self.location.or(location);
        self
    }

    /// The same, about something in a construct that was placed as a whole at another line. The line that the finding is
    /// about may be in a crate of somebody else, and then no other one is the user's.
    #[must_use]
    pub(crate) fn within(mut self, placed: Caller) -> Self {
        self.placed = Some(placed).filter(|placed| self.location.is_some_and(|at| at != *placed));
        self
    }

    /// The code, `area::what-is-wrong`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// How much it weighs.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The path of the construct in the tree, as in `Tools/Pipeline`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The line of the user's program.
    #[must_use]
    pub fn location(&self) -> Option<Caller> {
        self.location
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The change that most likely mends it.
    #[must_use]
    pub fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// What else there is to say, without the places.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        self.notes.iter().map(|(note, _)| &**note)
    }

    /// The notes that speak of no place.
    pub fn placeless_notes(&self) -> impl Iterator<Item = &str> {
        self.notes.iter().filter(|(_, at)| at.is_none()).map(|(note, _)| &**note)
    }

    /// The line that placed what the construct is a part of: for a finding about a line within a construct that others
    /// place, whose [location](Self::location) may be in a crate of somebody else.
    #[must_use]
    pub fn placed(&self) -> Option<Caller> {
        self.placed
    }

    /// The finding for programs: `code`, `severity` (`error` or `warning`), `message`, `path` of the construct, `file`,
    /// `line` and `column` in the program, `notes` (each with `message`, `file`, `line` and `column`) and `help`. The
    /// line that [placed](Self::placed) the construct is the last note. What is not known is null.
    ///
    /// ```
    /// use construct_core::Diagnostic;
    /// let finding = Diagnostic::error("stage::no-action", "the stage has no action").on("Tools/Pipeline").to_json();
    /// assert_eq!(finding["code"], "stage::no-action");
    /// assert!(finding["file"].is_null(), "no line of the program is to blame");
    /// ```
    #[must_use]
    pub fn to_json(&self) -> Json {
        let place = |at: Option<Caller>| (at.map(Location::file), at.map(Location::line), at.map(Location::column));
        let note = |(note, at): (&str, Option<Caller>)| {
            let (file, line, column) = place(at);
            json!({ "message": note, "file": file, "line": line, "column": column })
        };
        let placed = self.placed.map(|at| ("the construct is placed here", Some(at)));
        let notes = self.notes.iter().map(|(note, at)| (&**note, *at)).chain(placed);
        let (file, line, column) = place(self.location);
        json!({
            "code": self.code,
            "severity": self.severity.to_string(),
            "message": self.message,
            "path": Some(&self.path).filter(|path| !path.is_empty()),
            "file": file,
            "line": line,
            "column": column,
            "notes": notes.map(note).collect::<Vec<_>>(),
            "help": self.help,
        })
    }

    /// Turns an error into a warning; for checks whose weight the user may choose.
    #[must_use]
    pub fn into_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }
}

/// Whether a file is not one of the standard library: as it was built, or of its sources beside the compiler.
fn is_of_a_program(file: &str) -> bool {
    !file.starts_with("/rustc/") && !file.replace('\\', "/").contains("/rustlib/src/rust/library/")
}

impl Diagnostic {
    /// Everything but the construct: what one line does wrong wherever it is run.
    fn without_path(&self) -> impl Hash + Eq {
        let Self { code, severity, path: _, location, placed: _, message, help, notes } = self;
        (code, severity, location, message, help, notes)
    }

    /// With all that the same is said of, this one included.
    fn write(&self, all: &[&Self], f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: {}", self.severity, self.code, printable_lines(&self.message))?;
        for one in all.iter().filter(|one| !one.path.is_empty()) {
            write!(f, "\n  in {}", printable(&one.path))?;
            if let Some(placed) = one.placed {
                write!(f, " ({placed})")?;
            }
        }
        if let Some(at) = self.location {
            write!(f, "\n  at {at}")?;
        }
        for (note, at) in &self.notes {
            write!(f, "\n  note: {}", printable_lines(note))?;
            if let Some(at) = at {
                write!(f, " ({at})")?;
            }
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {}", printable_lines(help))?;
        }
        Ok(())
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(&[self], f)
    }
}

/// All findings of one synthesis, in the order of the tree, each once.
#[derive(Clone, Default)]
pub struct Diagnostics {
    all: Vec<Diagnostic>,
    /// The hashes of all findings: an app of ten thousand pipelines may have as many.
    hashes: HashSet<u64>,
}

impl PartialEq for Diagnostics {
    fn eq(&self, other: &Self) -> bool {
        self.all == other.all
    }
}

impl Eq for Diagnostics {}

impl Diagnostics {
    /// No findings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finding, unless the very same one is there.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let mut hasher = DefaultHasher::new();
        diagnostic.hash(&mut hasher);
        if self.hashes.insert(hasher.finish()) || !self.all.contains(&diagnostic) {
            self.all.push(diagnostic);
        }
    }

    /// Whether one of them stops the synthesis.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.all.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The findings in order.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.all.iter()
    }

    /// The findings for programs, in order: a list of [`Diagnostic::to_json`].
    #[must_use]
    pub fn to_json(&self) -> Json {
        self.all.iter().map(Diagnostic::to_json).collect()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// What is the same line of a program, run for several constructs, is told once, with the paths of all of them.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told: Vec<Vec<&Diagnostic>> = Vec::with_capacity(self.all.len());
        let mut nth = HashMap::default();
        for diagnostic in &self.all {
            let n = *nth.entry(diagnostic.without_path()).or_insert(told.len());
            match told.get_mut(n) {
                Some(same) => same.push(diagnostic),
                None => told.push(vec![diagnostic]),
            }
        }
        for (n, same) in told.iter().enumerate() {
            if n > 0 {
                f.write_str("\n\n")?;
            }
            same[0].write(same, f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Findings can be what `main` returns, as those of a synthesis can.
impl std::error::Error for Diagnostics {}

/// Adds what somebody else found, each finding once.
impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, others: I) {
        others.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(found: I) -> Self {
        let mut all = Self::new();
        all.extend(found);
        all
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_line_says_of_several_constructs_is_told_once() {
        let here = Location::caller();
        let unread = |path: &str| Diagnostic::warning("artifact::unread", "nobody reads it").on(path).help("read it");
        let mut findings = Diagnostics::new();
        findings.push(unread("Tools/Orders").at(here));
        findings.push(Diagnostic::error("stage::no-action", "the stage has no action").on("Tools/Orders").at(here));
        findings.push(unread("Tools/Billing").at(here));
        findings.push(unread("Tools/Reports"));
        assert_eq!(findings.len(), 4, "each is a finding of its own");
        let expected = format!(
            "warning[artifact::unread]: nobody reads it\n  in Tools/Orders\n  in Tools/Billing\n  at {here}\n  help: read it\n\n\
             error[stage::no-action]: the stage has no action\n  in Tools/Orders\n  at {here}\n\n\
             warning[artifact::unread]: nobody reads it\n  in Tools/Reports\n  help: read it"
        );
        assert_eq!(findings.to_string(), expected);
    }
}
