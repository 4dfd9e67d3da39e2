//! Folders in which the commands of pages run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::programs;

/// Names the program that a process of these tests is to be.
pub(crate) const PROGRAM: &str = "GUIDE_PROGRAM";

/// What is run; everything else is only shown.
const TOOLS: [&str; 7] = ["synth", "cat", "ls", "cp", "grep", "sed", "wc"];

/// Where programs write their findings, as pages may say in front of `cargo run`.
const FINDINGS: &str = "SYNTH_FINDINGS=findings.json ";

/// Whether what a command prints can be compared.
pub(crate) fn can(command: &str) -> bool {
    let mut words = command.trim_start_matches(FINDINGS).split_whitespace();
    match words.next() {
        Some("cargo") => words.next() == Some("run"),
        Some(word) => TOOLS.contains(&word),
        None => false,
    }
}

/// The folder of a program, as a page goes on in it.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    program: String,
}

impl Folder {
    /// A folder of its own for a page and a program, with the program's assembly unless it has mistakes.
    pub(crate) fn of(page: &str, program: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guide").join(page.replace('/', "-")).join(program);
        if path.exists() {
            fs::remove_dir_all(&path).expect("a folder of an earlier run can be removed");
        }
        fs::create_dir_all(path.join("cdk.out")).expect("the folder of the tests can be written");
        let folder = Self { path, program: program.to_owned() };
        match programs::foreign(program) {
            Some(files) => files.iter().for_each(|(name, text)| folder.put(&format!("cdk.out/{name}"), text)),
            None => drop(folder.run("cargo run")),
        }
        folder
    }

    /// Puts a file there.
    pub(crate) fn put(&self, name: &str, text: &str) {
        fs::write(self.path.join(name), text).expect("the folder of the tests can be written");
    }

    /// Runs a command: what it prints, on either stream.
    pub(crate) fn run(&self, command: &str) -> String {
        if command.trim_start_matches(FINDINGS).starts_with("cargo run") {
            return self.run_program();
        }
        let binaries = Path::new(env!("CARGO_BIN_EXE_synth")).parent().expect("a binary is in a folder");
        let script = format!("export PATH={}:$PATH COLUMNS=100; {command} 2>&1", binaries.display());
        self.print(Command::new("bash").args(["-c", &script]).env_remove("CLICOLOR_FORCE"))
    }

    /// The lines of the program are those of somebody's `src/main.rs`.
    fn run_program(&self) -> String {
        let this = std::env::current_exe().expect("a test is a program");
        let mut run = Command::new(this);
        run.args(["programs_do_what_their_pages_say", "--exact", "--nocapture"]).env(PROGRAM, &self.program);
        run.env("CDK_OUTDIR", self.path.join("cdk.out")).env("SYNTH_FINDINGS", self.path.join("findings.json"));
        let printed = self.print(run.stdout(Stdio::null()));
        let path = programs::path(&self.program).expect("a program of the guide");
        printed
            .lines()
            .map(|line| match (line.find("synth-cli/"), line.find(path)) {
                (Some(from), Some(at)) => format!("{}src/main.rs{}\n", &line[..from], &line[at + path.len()..]),
                _ => format!("{line}\n"),
            })
            .collect()
    }

    fn print(&self, command: &mut Command) -> String {
        let out = command.current_dir(&self.path).stdin(Stdio::null()).output();
        let Output { stdout, stderr, .. } = out.expect("the command starts");
        let text = |bytes| String::from_utf8(bytes).expect("all output is UTF-8");
        text(stdout) + &text(stderr)
    }
}
