//! A process of its own for tests of `App::run` and `Assembly::write`.
//!
//! ```text
//! writer run PROGRAM                  what `main` of the program would do
//! writer write DIR TIMES PROGRAM…     writes the assemblies in turn, so many times; for ever when TIMES is 0
//! writer full DISK OLD NEW            writes NEW over OLD on a small disk with less and less in its way; checks each time
//! ```

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use construct_core::{Assembly, WriteError};
use construct_tests::names_in;
use construct_tests::programs::{assembly, named};

#[expect(clippy::print_stdout, reason = "how the tests are told")]
fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["run", program] => Ok(named(program).ok_or("there is no such program")?.run()),
        ["write", dir, times, programs @ ..] => {
            let programs: Option<Vec<_>> = programs.iter().map(|name| named(name).map(assembly)).collect();
            let assemblies = programs.ok_or("there is no such program")?;
            let times = match times.parse()? {
                0 => usize::MAX,
                times => times,
            };
            for assembly in assemblies.iter().cycle().take(times) {
                assembly.write(dir)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        ["full", disk, old, new] => {
            let program = |name| named(name).map(assembly).ok_or("there is no such program");
            let refused = write_on_a_full_disk(Path::new(disk), &program(old)?, &program(new)?)?;
            println!("{refused}");
            Ok(ExitCode::SUCCESS)
        }
        _ => Err("see the head of this file".into()),
    }
}

/// Fills a disk up to some pages, one more each time, and writes over the old assembly until that works. Gives how many
/// times it did not.
fn write_on_a_full_disk(disk: &Path, old: &Assembly, new: &Assembly) -> Result<u64, Box<dyn Error>> {
    const PAGE: u64 = 4096;
    let (target, ballast) = (disk.join("cdk.out"), disk.join("ballast"));
    old.write(&target)?;
    let mut refused = 0;
    loop {
        let mut file = fs::File::create(&ballast)?;
        while file.write_all(&[1; PAGE as usize]).is_ok() {}
        let length = file.metadata()?.len() / PAGE * PAGE;
        file.set_len(length.saturating_sub(refused * PAGE))?;
        let written = new.write(&target);
        let there = Assembly::read(&target)?;
        match written {
            Ok(()) if there == *new => return Ok(refused),
            Err(WriteError::Io { .. }) if there == *old => {}
            other => {
                return Err(format!("with {refused} pages left: {other:?}, and the old or a mixed assembly").into());
            }
        }
        if names_in(disk) != ["ballast", "cdk.out"] {
            return Err(format!("with {refused} pages left, something lies beside: {:?}", names_in(disk)).into());
        }
        refused += 1;
    }
}
