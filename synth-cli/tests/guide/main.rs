//! The guide in `docs/`: what its pages show is what programs and commands do.
//!
//! A comment `<!-- program: NAME -->` says which program of [`programs`] the blocks below it are about:
//!
//! - `rust`: lines of that program, as they stand there; a line `// …` leaves some out. A block with a `main` is all of it.
//! - `console`: commands after `$ `. `cargo run` runs the program; `synth` and a few tools of the shell run in its folder,
//!   and what they print is compared. A line `…` leaves some out. Other commands are shown without output.
//! - `mermaid`: what `synth graph` prints.
//! - `<!-- file: NAME -->` before a block puts the block into the folder as a file.
//!
//! `GUIDE=write cargo test --package synth-cli --test guide` writes output and drawings anew: read what `git diff` says.

mod page;
mod programs;
mod shell;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use page::{Block, Page};
use shell::Folder;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Every Markdown file below `docs`, and the README, by its path in the repository.
fn files() -> Vec<String> {
    let mut found = vec!["README.md".to_owned()];
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(Path::new(ROOT).join(&folder)).expect("a folder of the guide").flatten() {
            let path = folder.join(entry.file_name());
            match path.extension() {
                Some(extension) if extension == "md" => found.push(path.to_string_lossy().into_owned()),
                None => folders.push(path),
                Some(_) => {}
            }
        }
    }
    found.sort();
    found
}

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(file)).expect("a page can be read")
}

/// The pages whose blocks are compared: the rest is about other things.
fn pages() -> impl Iterator<Item = (String, Page)> {
    let guide =
        files().into_iter().filter(|file| file.starts_with("docs/guide/") || file.starts_with("docs/topologies/"));
    guide.map(|file| {
        let page = Page::parse(&file, &read(&file));
        (file, page)
    })
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says what they do with differences")]
fn writes() -> bool {
    std::env::var_os("GUIDE").is_some_and(|value| value == "write")
}

/// In a process that [`shell`] started, this is the `main` of the program that it names.
#[test]
#[expect(clippy::disallowed_methods, reason = "the shell says through this variable which program it means")]
fn programs_do_what_their_pages_say() {
    if let Ok(name) = std::env::var(shell::PROGRAM) {
        let app = programs::app(&name).expect("a program of the guide");
        let failed = app.run() != std::process::ExitCode::SUCCESS;
        std::process::exit(i32::from(failed));
    }
    for name in programs::NAMES {
        let app = programs::app(name).expect("it is in the list");
        match app.synth() {
            Ok(_) => assert!(!programs::REFUSED.contains(name), "`{name}` is not refused any more"),
            Err(error) => assert!(programs::REFUSED.contains(name), "`{name}` is refused:\n{error}"),
        }
    }
}

#[test]
fn code_is_that_of_programs() {
    for (file, page) in pages() {
        for block in page.blocks().filter(|block| block.language == "rust" && block.file.is_none()) {
            let at = format!("{file}:{}", block.line);
            let name = block.program.as_deref().unwrap_or_else(|| panic!("{at}: which program is this of?"));
            let path = programs::path(name).unwrap_or_else(|| panic!("{at}: no program `{name}`"));
            let source = read(path);
            let text = block.text();
            if text.contains("fn main()") {
                assert_eq!(text.trim_end(), source.trim_end(), "{at} is not the whole of {path}");
            } else if let Some(piece) = page::missing(&text, &source) {
                panic!("{at}: not in {path}:\n{piece}");
            }
        }
    }
}

#[test]
fn commands_print_what_is_shown() {
    let mut folders = BTreeMap::new();
    let mut wrong = Vec::new();
    for (file, mut page) in pages() {
        for block in page.blocks_mut() {
            let at = format!("{file}:{}", block.line);
            let Some(program) = block.program.clone() else {
                assert!(!block.runs(), "{at}: which program is this about?");
                continue;
            };
            let folder = folders.entry(format!("{file} {program}")).or_insert_with(|| Folder::of(&file, &program));
            check(block, folder, &at, &mut wrong);
        }
        if writes() {
            fs::write(Path::new(ROOT).join(&file), page.to_string()).expect("a page can be written");
        }
    }
    assert!(writes() || wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Runs what a block shows, and puts what is printed in place of what is not so.
fn check(block: &mut Block, folder: &Folder, at: &str, wrong: &mut Vec<String>) {
    if let Some(name) = &block.file {
        return folder.put(name, &block.text());
    }
    if block.language == "mermaid" {
        let drawn = folder.run("synth graph");
        if block.text() != drawn {
            wrong.push(format!("{at}: this is drawn now:\n{drawn}"));
            block.set(&drawn);
        }
    }
    if block.language != "console" {
        return;
    }
    let mut text = String::new();
    let mut differs = false;
    for step in page::steps(&block.text()) {
        text.push_str(&step.shown);
        if !shell::can(&step.command) {
            assert!(step.output.is_empty(), "{at}: what `{}` prints cannot be compared", step.command);
            continue;
        }
        let printed = folder.run(&step.command);
        if page::is_like(&step.output, &printed) {
            text.push_str(&step.output);
            continue;
        }
        wrong.push(format!("{at}: $ {}\n{printed}", step.command));
        differs = true;
        text.push_str(&page::updated(&step.output, &printed));
    }
    if differs {
        block.set(&text);
    }
}

/// A link within the repository leads somewhere: to a file, and to a heading of it.
#[test]
fn links_lead_somewhere() {
    for file in files() {
        for link in page::links(&read(&file)).filter(|link| !link.contains("://")) {
            let (path, heading) = link.split_once('#').unwrap_or((&link, ""));
            let base = Path::new(&file).parent().expect("a file is in a folder");
            let target = Path::new(ROOT).join(base).join(path);
            let target = if path.is_empty() { Path::new(ROOT).join(&file) } else { target };
            assert!(target.exists(), "{file}: {link}");
            if !heading.is_empty() {
                let text = fs::read_to_string(&target).expect("what has headings is text");
                assert!(page::anchors(&text).any(|anchor| anchor == heading), "{file}: {link}");
            }
        }
    }
}

/// Every page is in the index, every example has a page, and every program is on one.
#[test]
fn nothing_is_left_out() {
    let index = read("docs/README.md");
    let linked: Vec<String> = page::links(&index).collect();
    for file in files().iter().filter_map(|file| file.strip_prefix("docs/")).filter(|file| *file != "README.md") {
        assert!(linked.iter().any(|link| link == file), "docs/README.md does not lead to {file}");
    }
    let pages: Vec<(String, Page)> = pages().collect();
    for folder in ["examples", "docs/programs"] {
        for entry in fs::read_dir(Path::new(ROOT).join(folder)).expect("programs").flatten() {
            let name = entry.file_name().to_string_lossy().replace(".rs", "");
            assert_eq!(programs::path(&name), Some(&*format!("{folder}/{name}.rs")), "list it in `programs.rs`");
            let topology = format!("docs/topologies/{}.md", name.replace('_', "-"));
            let of_program = |block: &Block| block.program.as_deref() == Some(&name);
            let shown = |(file, page): &(String, Page)| {
                (folder != "examples" || *file == topology) && page.blocks().any(of_program)
            };
            assert!(pages.iter().any(shown), "no page shows {folder}/{name}.rs; an example has {topology}");
        }
    }
}
