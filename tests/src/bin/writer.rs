//! A process of its own for tests of `App::run` and `Assembly::write`.
//!
//! ```text
//! writer run PROGRAM                  what `main` of the program would do
//! writer write DIR TIMES PROGRAM…     writes the assemblies in turn, so many times; for ever when TIMES is 0
//! ```

use std::error::Error;
use std::process::ExitCode;

use construct_tests::programs::{assembly, named};

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
        _ => Err("see the head of this file".into()),
    }
}
