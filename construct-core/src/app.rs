//! The app: where a program's tree begins, and where it is synthesised.
//!
//! Codes: `assembly::not-written`, `findings::not-written`.

use std::fmt;
use std::io::Write;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use thiserror::Error;

use crate::assembly::{Assembly, Staged, WriteError};
use crate::construct::{Plan, Scope, Tree, enter, place_stack};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::fact::Fact;
use crate::handle::{NodeId, NodeRef, StackRef};
use crate::parallel;
use crate::pass::{self, Documents};
use crate::quota::{Quota, QuotaValue};
use crate::stack::StackProps;

/// A program's construct tree.
///
/// ```
/// use construct_core::{App, Env, RawResource};
/// let mut app = App::new();
/// let stack = app.stack("Data", Env::new("111111111111", "us-east-1"));
/// app.at(stack).add("Topic", RawResource::new("AWS::SNS::Topic"));
/// let assembly = app.synth()?;
/// assert_eq!(assembly.stacks()[0].stack_name, "Data");
/// # Ok::<(), construct_core::SynthError>(())
/// ```
#[derive(Debug)]
pub struct App {
    tree: Tree,
}

/// Why there is no assembly. `Debug` prints the same text as `Display`, so that `main` may return it.
#[derive(Error)]
#[non_exhaustive]
pub enum SynthError {
    /// The program has mistakes: all of them, each with its place and the change that most likely mends it.
    #[error("{0}")]
    Findings(Diagnostics),
    /// The assembly could not be written.
    #[error("{0}")]
    Write(#[from] WriteError),
}

impl SynthError {
    /// The findings, if it was findings that stopped the synthesis.
    #[must_use]
    pub fn findings(&self) -> Option<&Diagnostics> {
        match self {
            Self::Findings(findings) => Some(findings),
            Self::Write(_) => None,
        }
    }
}

impl fmt::Debug for SynthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Default for App {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl App {
    /// An empty app.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        Self { tree: Tree::new(Location::caller()) }
    }

    /// Adds a stack. An [`Env`](crate::Env) is enough; [`StackProps`] says more.
    #[track_caller]
    pub fn stack(&mut self, id: impl AsRef<str>, props: impl Into<StackProps>) -> StackRef {
        let root = self.tree.arena.root();
        place_stack(&mut self.tree, root, id.as_ref(), props.into(), Location::caller())
    }

    /// The scope of a stack or of any other construct, to add constructs in.
    #[track_caller]
    pub fn at(&mut self, place: impl Into<NodeId>) -> Scope<'_> {
        enter(&mut self.tree, place.into(), Location::caller(), None)
    }

    /// The root of the tree, as a target of facts that reach everything.
    #[must_use]
    pub fn root(&self) -> NodeRef {
        self.tree.arena.root().into()
    }

    /// States a fact about a construct, a stack or the [`root`](Self::root).
    #[track_caller]
    pub fn attach(&mut self, target: impl Into<NodeId>, fact: impl Fact) {
        self.tree.facts.attach(target.into(), fact, Location::caller());
    }

    /// Sets a quota that AWS raised for the accounts of this app, in place of the default.
    ///
    /// ```
    /// use construct_core::{App, Quota, Adjustable};
    /// static WIDGETS: Quota = Quota::new(
    ///     ("Widgets", "widgets of a frame"),
    ///     (10, "widgets"),
    ///     "AWS::Widget::Frame",
    ///     ("https://docs.aws.amazon.com/", "2026-11"),
    ///     ("widget::too-many", "use fewer"),
    /// )
    /// .adjustable(Adjustable::UpTo(50));
    /// let mut app = App::new();
    /// app.quota(&WIDGETS, 50);
    /// ```
    #[track_caller]
    pub fn quota(&mut self, quota: &'static Quota, value: usize) -> &mut Self {
        let fact = QuotaValue { quota, value };
        if let Some(problem) = fact.problem() {
            let root = self.tree.arena.root();
            self.tree.report(root, problem.at(Location::caller()));
        }
        self.attach(self.root(), fact);
        self
    }

    /// Ends the building: what comes after are passes, which change nothing.
    #[must_use]
    pub fn freeze(self) -> Tree {
        self.tree
    }

    /// Synthesises the assembly.
    ///
    /// # Errors
    /// Every finding of the whole program at once.
    pub fn synth(self) -> Result<Assembly, SynthError> {
        self.synth_with_warnings().map(|(assembly, _)| assembly)
    }

    /// Synthesises the assembly and gives the warnings beside it.
    ///
    /// # Errors
    /// Every finding of the whole program at once.
    pub fn synth_with_warnings(self) -> Result<(Assembly, Diagnostics), SynthError> {
        let Emitted { plan, assembly, mut findings } = self.emit().map_err(SynthError::Findings)?;
        findings.extend(pass::check(&plan, &assembly).findings);
        if findings.has_errors() { Err(SynthError::Findings(findings)) } else { Ok((assembly, findings)) }
    }

    /// Everything but the checks.
    fn emit(self) -> Result<Emitted, Diagnostics> {
        let tree = self.freeze();
        let mut findings = pass::validate(&tree);
        let plan = pass::plan(tree);
        findings.extend(plan.without_consequences(plan.findings(), &findings));
        // The others stand in no assembly, so nobody would read them.
        let documents = if findings.has_errors() { Documents::default() } else { pass::document(&plan) };
        let (lowered, plan) = pass::lower(plan);
        findings.extend(plan.without_consequences(lowered.findings(), &findings));
        let ordered = match pass::order(lowered) {
            Ok(ordered) => ordered,
            Err(cycles) => {
                findings.extend(plan.without_consequences(&cycles, &findings));
                return Err(findings);
            }
        };
        if findings.has_errors() {
            return Err(findings);
        }
        let (assembly, found) = pass::emit(ordered, documents);
        findings.extend(found);
        Ok(Emitted { plan, assembly, findings })
    }

    /// What a program's `main` returns: synthesises, writes the assembly to `$CDK_OUTDIR` or else `cdk.out`, and prints
    /// the stacks in order on standard error.
    ///
    /// With errors it prints them all, leaves the earlier assembly untouched and gives an exit code that is not zero.
    ///
    /// For programs that read what is found, such as those that annotate a pull request: where `$SYNTH_FINDINGS` names a
    /// file, all findings are written to it as JSON, errors or not: `{"findings": […]}` with entries as
    /// [`Diagnostic::to_json`] gives them.
    #[must_use = "return it from `main`, so that mistakes show in the exit code"]
    pub fn run(self) -> ExitCode {
        let dir = variable("CDK_OUTDIR").unwrap_or_else(|| PathBuf::from("cdk.out"));
        let (findings, result) = self.written_to(&dir);
        let unkept = variable("SYNTH_FINDINGS").and_then(|file| keep(&findings, &file, &dir));
        // Standard error has no buffer: what is printed piece by piece is a call of the system for each piece.
        let mut said = if findings.is_empty() { String::new() } else { format!("{findings}\n\n") };
        match &result {
            Ok(table) => said += table,
            Err(()) => {
                let n = findings.iter().filter(|one| one.severity() == Severity::Error).count();
                let errors = if n == 1 { "error" } else { "errors" };
                said += &format!("{n} {errors}; no assembly was written\n");
            }
        }
        if let Some(problem) = &unkept {
            said += &format!("\n{problem}\n");
        }
        // Nobody may be listening any more, as behind `2>&1 | head`: the assembly is what it is, and the exit code tells it.
        std::io::stderr().write_all(said.as_bytes()).ok();
        if result.is_ok() && unkept.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// All findings, and the table of the stacks if the assembly was written.
    fn written_to(self, dir: &Path) -> (Diagnostics, Result<String, ()>) {
        let Emitted { plan, assembly, mut findings } = match self.emit() {
            Ok(emitted) => emitted,
            Err(findings) => return (findings, Err(())),
        };
        // Making files is mostly waiting, so the checks are made meanwhile; what they refuse is never put in place.
        let others = || (assembly.stage(dir), Table(&assembly).to_string());
        let (pass::Checked { findings: found, left }, (staged, table)) =
            parallel::both(|| pass::check(&plan, &assembly), others);
        findings.extend(found);
        // The process is about to end, which frees memory in one go; piece by piece takes as long as a pass.
        std::mem::forget(left);
        std::mem::forget(plan);
        if findings.has_errors() {
            return (findings, Err(()));
        }
        if let Err(error) = staged.and_then(Staged::put_in_place) {
            findings.push(not_written(&error));
            return (findings, Err(()));
        }
        std::mem::forget(assembly);
        // Whoever stands in the folder that was replaced, such as the shell, stands in none now.
        let note = match std::env::current_dir() {
            Ok(_) => "",
            Err(_) => "note: the current folder was replaced as a whole: `cd .` enters the new one\n",
        };
        (findings, Ok(table + note))
    }
}

/// A path that the environment names.
fn variable(name: &str) -> Option<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the CDK CLI says so where it reads the assembly, and others where they read findings"
    )]
    let value = std::env::var_os(name);
    value.filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Writes findings for programs; gives what kept it from that.
fn keep(findings: &Diagnostics, file: &Path, assembly: &Path) -> Option<Diagnostic> {
    let refused = |what: &str, help: &str| {
        let message = format!("cannot write `{}`, which `$SYNTH_FINDINGS` names: {what}", file.display());
        Some(Diagnostic::error("findings::not-written", message).help(help))
    };
    let whole = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    let folder = file.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    if let (Some(folder), Some(assembly)) = (folder.and_then(whole), whole(assembly))
        && folder.starts_with(assembly)
    {
        // A file that is not its own keeps an assembly from being replaced.
        return refused(
            "it is in the folder of the assembly",
            "name a file outside: that folder is replaced as a whole",
        );
    }
    let text = format!("{:#}\n", serde_json::json!({ "findings": findings.to_json() }));
    let error = std::fs::write(file, text).err()?;
    refused(&error.to_string(), "name a file that can be written, or unset the variable")
}

fn not_written(error: &WriteError) -> Diagnostic {
    let finding = Diagnostic::error("assembly::not-written", error.to_string());
    match error.help() {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// What was emitted and is still to be checked.
struct Emitted {
    plan: Plan,
    assembly: Assembly,
    findings: Diagnostics,
}

/// The stacks of an assembly in deployment order, one a line.
struct Table<'a>(&'a Assembly);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stacks = self.0.stacks();
        let width = stacks.iter().map(|stack| stack.stack_name.len()).max().unwrap_or(0).max("stack".len());
        writeln!(f, "wave  {:width$}  account       region", "stack")?;
        for (stack, wave) in stacks.iter().zip(self.0.waves()) {
            writeln!(f, "{wave:>4}  {:width$}  {:12}  {}", stack.stack_name, stack.account, stack.region)?;
        }
        Ok(())
    }
}
