//! Synthesises a fleet of pipelines as a process of its own, and says on standard output what it took.
//!
//! ```text
//! fleet PIPELINES TARGETS                what a program's `main` does: synthesise, prove, write to $CDK_OUTDIR
//! fleet PIPELINES TARGETS --no-write     the same without writing: says the milliseconds of each pass
//! fleet PIPELINES TARGETS --stages       the same passes, and writes when all of them are done
//! fleet PIPELINES TARGETS --no-proof     accesses are not proved
//! fleet PIPELINES TARGETS --one-action   one action a target, instead of a change set and its execution
//! ```

use std::error::Error;
use std::mem::forget;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use construct_benches::{Shape, fleet, peak_memory};
use construct_core::{App, check, document, emit, lower, order, plan, validate};
use construct_pipeline::{AccessCheck, AppAccess};
use serde_json::{Map, Value as Json, json};

const FLAGS: [&str; 4] = ["--no-write", "--no-proof", "--stages", "--one-action"];

#[expect(clippy::print_stdout, reason = "the figures are what this command is for")]
fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pipelines, targets, flags @ ..] = arguments.as_slice() else { return Err("see the head of this file".into()) };
    let flag = |name: &str| flags.iter().any(|flag| flag == name);
    if let Some(unknown) = flags.iter().find(|flag| !FLAGS.contains(&&***flag)) {
        return Err(format!("`{unknown}` is none of the flags at the head of this file").into());
    }
    let (pipelines, targets) = (pipelines.parse()?, targets.parse()?);
    let shape = if flag("--one-action") { Shape::OneAction } else { Shape::ChangeSet };
    let program = || {
        let mut app = fleet(pipelines, targets, shape);
        if flag("--no-proof") {
            app.access(AccessCheck::Off);
        }
        app
    };
    let (mut figures, code) = match (flag("--stages"), flag("--no-write")) {
        (false, false) => (Map::new(), program().run()),
        (_, no_write) => (stages(program, no_write)?, ExitCode::SUCCESS),
    };
    figures.insert("peak_memory".into(), peak_memory().into());
    println!("{}", Json::from(figures));
    Ok(code)
}

/// What `App::run` does, pass by pass. Like that it frees nothing at its end, which the end of the process does at once.
fn stages(program: impl FnOnce() -> App, no_write: bool) -> Result<Map<String, Json>, Box<dyn Error>> {
    let mut clock = Clock::default();
    let app = clock.time("build", program);
    let tree = app.freeze();
    let mut findings = clock.time("validate", || validate(&tree));
    let plan = clock.time("plan", || plan(tree));
    let documents = clock.time("document", || document(&plan));
    let (lowered, plan) = clock.time("lower", || lower(plan));
    let ordered = clock.time("order", || order(lowered)).map_err(|cycles| cycles.to_string())?;
    let (assembly, measured) = clock.time("emit", || emit(ordered, documents));
    findings.extend(measured);
    let mut checked = clock.time("check", || check(&plan, &assembly));
    findings.extend(std::mem::take(&mut checked.findings));
    if findings.has_errors() {
        return Err(findings.to_string().into());
    }
    if !no_write {
        clock.time("write", || assembly.write(out_dir()))?;
    }
    forget(checked);
    forget((plan, assembly));
    Ok(clock.milliseconds)
}

/// Where `App::run` writes.
#[expect(clippy::disallowed_methods, reason = "the variable that `App::run` reads")]
fn out_dir() -> PathBuf {
    std::env::var_os("CDK_OUTDIR").filter(|dir| !dir.is_empty()).map_or_else(|| PathBuf::from("cdk.out"), PathBuf::from)
}

#[derive(Default)]
struct Clock {
    milliseconds: Map<String, Json>,
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "measuring is what this command is for")]
    fn time<T>(&mut self, what: &str, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = work();
        self.milliseconds.insert(what.into(), json!(started.elapsed().as_secs_f64() * 1e3));
        result
    }
}
