//! Serialises and writes the bytes of an assembly, and nothing else: what no synthesis can be faster than.
//!
//! ```text
//! rewrite FROM TO        reads the files of FROM as JSON, then times turning them to text and writing them to TO
//! ```

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use construct_benches::peak_memory;
use serde::Serialize;
use serde_json::{Serializer, Value as Json, json, ser::PrettyFormatter};

#[expect(clippy::print_stdout, reason = "the figures are what this command is for")]
#[expect(clippy::disallowed_methods, reason = "measuring is what this command is for")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = arguments.as_slice() else { return Err("see the head of this file".into()) };
    let mut files = Vec::new();
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let text = fs::read_to_string(entry.path())?;
        let json: Json = serde_json::from_str(&text)?;
        files.push((entry.file_name(), Form::of(&text), json));
    }
    fs::create_dir_all(to)?;
    let started = Instant::now();
    let texts = files.iter().map(|(_, form, json)| form.render(json)).collect::<Result<Vec<_>, _>>()?;
    let serialised = started.elapsed();
    for ((name, ..), text) in files.iter().zip(&texts) {
        fs::write(Path::new(to).join(name), text)?;
    }
    let written = started.elapsed() - serialised;
    for ((name, ..), text) in files.iter().zip(&texts) {
        if fs::read(Path::new(from).join(name))? != *text {
            return Err(format!("{} did not come out as it was", name.display()).into());
        }
    }
    let figures = json!({
        "files": texts.len(),
        "bytes": texts.iter().map(Vec::len).sum::<usize>(),
        "serialise": serialised.as_secs_f64() * 1e3,
        "write": written.as_secs_f64() * 1e3,
        "peak_memory": peak_memory(),
    });
    println!("{figures}");
    Ok(())
}

/// The white space of a file, so that the bytes are the same.
enum Form {
    Compact,
    Pretty,
}

impl Form {
    fn of(text: &str) -> Self {
        if text.ends_with('\n') { Self::Pretty } else { Self::Compact }
    }

    fn render(&self, json: &Json) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = Vec::new();
        match self {
            Self::Compact => json.serialize(&mut Serializer::new(&mut bytes))?,
            Self::Pretty => {
                json.serialize(&mut Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b" ")))?;
                bytes.push(b'\n');
            }
        }
        Ok(bytes)
    }
}
