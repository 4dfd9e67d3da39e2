//! `App::run`: what a user's `main` does.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use construct_core::{Assembly, Severity};
use construct_tests::{TempDir, names_in, programs};

fn folder() -> TempDir {
    TempDir::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Runs a program in a folder, with `CDK_OUTDIR` if it is given.
fn run(program: &str, in_folder: &Path, out: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_writer"));
    command.args(["run", program]).current_dir(in_folder).env_remove("CDK_OUTDIR");
    if let Some(out) = out {
        command.env("CDK_OUTDIR", out);
    }
    command.output().expect("the program starts")
}

/// What a program says in the file that `SYNTH_FINDINGS` names.
fn findings_of(program: &str, in_folder: &Path, out: &str) -> (Output, serde_json::Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_writer"));
    command.args(["run", program]).current_dir(in_folder).env("CDK_OUTDIR", out).env("SYNTH_FINDINGS", "findings.json");
    let output = command.output().expect("the program starts");
    let text = std::fs::read_to_string(in_folder.join("findings.json")).expect("the file is written");
    (output, serde_json::from_str(&text).expect("it is JSON"))
}

fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).expect("messages are text")
}

#[test]
fn the_stacks_are_listed_in_order() {
    let dir = folder();
    let output = run("orders", dir.path(), None);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty(), "standard output belongs to the program's user");
    let lines: Vec<Vec<&str>> = stderr(&output).lines().map(|line| line.split_whitespace().collect()).collect();
    let assembly = programs::assembly(programs::orders("main"));
    assert_eq!(lines[0], ["wave", "stack", "account", "region"]);
    assert_eq!(lines.len(), 1 + assembly.stacks().len());
    for ((line, stack), wave) in lines[1..].iter().zip(assembly.stacks()).zip(assembly.waves()) {
        assert_eq!(line, &[&*wave.to_string(), &stack.stack_name, &stack.account, &stack.region]);
    }
}

#[test]
fn nobody_has_to_listen() {
    let dir = folder();
    for (program, code) in [("first", 0), ("wrong", 1)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_writer"));
        command.args(["run", program]).current_dir(dir.path()).env_remove("CDK_OUTDIR").stderr(Stdio::from(writer));
        assert_eq!(command.status().unwrap().code(), Some(code), "{program}");
    }
    assert_eq!(Assembly::read(dir.join("cdk.out")).unwrap(), programs::assembly(programs::first()));
}

#[test]
fn the_assembly_goes_to_cdk_out() {
    let dir = folder();
    assert!(run("first", dir.path(), None).status.success());
    assert_eq!(names_in(dir.path()), ["cdk.out"]);
    assert_eq!(Assembly::read(dir.join("cdk.out")).unwrap(), programs::assembly(programs::first()));
}

#[test]
fn the_assembly_goes_where_the_cdk_cli_says() {
    let dir = folder();
    assert!(run("first", dir.path(), Some(&dir.join("elsewhere"))).status.success());
    assert!(run("second", dir.path(), Some(Path::new("beside"))).status.success());
    assert_eq!(names_in(dir.path()), ["beside", "elsewhere"]);
    assert_eq!(Assembly::read(dir.join("elsewhere")).unwrap(), programs::assembly(programs::first()));
    assert_eq!(Assembly::read(dir.join("beside")).unwrap(), programs::assembly(programs::second()));
}

#[test]
fn a_wrong_program_shows_all_its_findings_and_changes_nothing() {
    let dir = folder();
    assert!(run("first", dir.path(), None).status.success());
    let before = Assembly::read(dir.join("cdk.out")).unwrap();

    let output = run("wrong", dir.path(), None);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let text = stderr(&output);
    let error = programs::wrong().synth().unwrap_err();
    let findings = error.findings().unwrap();
    assert_eq!(text.matches("error[").count(), programs::WRONG.len(), "{text}");
    for code in programs::WRONG {
        let finding = findings.iter().find(|finding| finding.code() == code).expect("the program has the mistake");
        assert_eq!(finding.severity(), Severity::Error);
        assert!(text.contains(&finding.to_string()), "{finding}\nis not in\n{text}");
        assert!(text.contains("src/programs.rs:"), "the line is named: {text}");
    }
    assert!(text.trim_end().ends_with("3 errors; no assembly was written"), "{text}");
    assert!(!text.contains("panicked"), "{text}");

    assert_eq!(names_in(dir.path()), ["cdk.out"]);
    assert_eq!(Assembly::read(dir.join("cdk.out")).unwrap(), before);
    for (name, text) in before.files() {
        assert_eq!(std::fs::read_to_string(dir.join("cdk.out").join(name)).unwrap(), text);
    }
}

#[test]
fn what_the_checks_refuse_is_never_put_in_place() {
    let dir = folder();
    assert!(run("first", dir.path(), None).status.success());
    for out in [None, Some("cdk.out"), Some("new/below")] {
        let output = run("too-large", dir.path(), out.map(Path::new));
        assert_eq!(output.status.code(), Some(1));
        let text = stderr(&output);
        assert_eq!(text.matches("error[").count(), 1, "{text}");
        assert!(text.contains("1 error; no assembly was written"), "{text}");
        assert_eq!(names_in(dir.path()), ["cdk.out"], "no folder was made, and none is left");
        assert_eq!(Assembly::read(dir.join("cdk.out")).unwrap(), programs::assembly(programs::first()));
    }
}

#[test]
fn a_warning_is_shown_and_the_assembly_written() {
    let dir = folder();
    let output = run("warned", dir.path(), None);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty());
    let text = stderr(&output);
    assert!(text.contains("warning[artifact::unread]") && text.contains("wave  stack"), "{text}");
    assert!(!text.contains("error"), "{text}");
    assert_eq!(Assembly::read(dir.join("cdk.out")).unwrap(), programs::assembly(programs::warned()));
}

#[test]
fn a_folder_with_other_contents_is_refused() {
    let dir = folder();
    std::fs::create_dir(dir.join("cdk.out")).unwrap();
    std::fs::write(dir.join("cdk.out").join("main.rs"), "mine").unwrap();
    let output = run("first", dir.path(), None);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("holds `main.rs` and is no assembly\n  help: name a folder that is new"), "{said}");
    assert_eq!(names_in(&dir.join("cdk.out")), ["main.rs"]);
}

#[test]
fn deep_nesting_is_a_finding_and_no_crash() {
    let dir = folder();
    let output = run("deep", dir.path(), None);
    let text = stderr(&output);
    let start = text.get(..2_000).unwrap_or(text);
    assert_eq!(output.status.code(), Some(1), "{start}");
    assert_eq!(text.matches("error[").count(), 1, "one finding, not one a level: {start}");
    assert!(text.contains("error[tree::too-deep]"), "{start}");
    assert_eq!(names_in(dir.path()), [""; 0]);
}

#[test]
fn moderate_nesting_is_fine() {
    let assembly = programs::assembly(programs::deep(40));
    assert_eq!(assembly.stacks().len(), 1);
}

#[test]
fn an_empty_name_of_a_folder_is_none() {
    let dir = folder();
    assert!(run("first", dir.path(), Some(Path::new(""))).status.success());
    assert_eq!(names_in(dir.path()), ["cdk.out"]);
}

#[cfg(target_os = "linux")]
#[test]
fn whoever_stands_in_the_folder_is_told_that_it_is_another_one() {
    let dir = folder();
    let output = run("first", dir.path(), Some(Path::new(".")));
    assert!(output.status.success() && stderr(&output).contains("`cd .` enters the new one"), "{output:?}");
    assert_eq!(Assembly::read(dir.path()).unwrap(), programs::assembly(programs::first()));
}

#[test]
fn what_keeps_an_assembly_from_being_written_comes_with_what_mends_it() {
    let dir = folder();
    std::fs::write(dir.join("taken"), "mine").unwrap();
    let output = run("first", dir.path(), Some(Path::new("taken")));
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.starts_with("error[assembly::not-written]: cannot write `")
            && said.contains("\n  help: name another folder"),
        "{said}"
    );
}

#[test]
fn findings_are_written_for_programs_where_the_environment_names_a_file() {
    let dir = folder();
    let (output, json) = findings_of("first", dir.path(), "cdk.out");
    assert!(output.status.success());
    assert_eq!(json, serde_json::json!({ "findings": [] }));

    let (output, json) = findings_of("warned", dir.path(), "cdk.out");
    assert!(output.status.success());
    let finding = &json["findings"][0];
    assert_eq!((&finding["code"], &finding["severity"]), (&"artifact::unread".into(), &"warning".into()));
    let (file, line) = (finding["file"].as_str().unwrap(), finding["line"].as_u64().unwrap());
    let at = format!("{file}:{line}:{}", finding["column"]);
    assert!(stderr(&output).contains(&format!("  at {at}\n")), "{at}\n{}", stderr(&output));
    assert!(stderr(&output).contains(finding["help"].as_str().unwrap()));

    let (output, json) = findings_of("wrong", dir.path(), "cdk.out");
    assert_eq!(output.status.code(), Some(1));
    let error = programs::wrong().synth().unwrap_err();
    assert_eq!(json["findings"], error.findings().unwrap().to_json(), "all of them, with paths, notes and places");

    std::fs::write(dir.join("taken"), "mine").unwrap();
    let (output, json) = findings_of("warned", dir.path(), "taken");
    assert_eq!(output.status.code(), Some(1));
    let codes: Vec<&str> =
        json["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["artifact::unread", "assembly::not-written"]);

    std::fs::remove_file(dir.join("findings.json")).unwrap();
    std::fs::create_dir(dir.join("findings.json")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_writer"));
    command.args(["run", "first"]).current_dir(dir.path()).env("SYNTH_FINDINGS", "findings.json");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "whoever waits for the file must not take its absence for good news");
    assert!(stderr(&output).contains("error[findings::not-written]: cannot write `findings.json`"), "{output:?}");

    let out = dir.join("new");
    for file in ["new/findings.json", "./new/findings.json", out.join("findings.json").to_str().unwrap()] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_writer"));
        command.args(["run", "first"]).current_dir(dir.path()).env("CDK_OUTDIR", "new").env("SYNTH_FINDINGS", file);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("it is in the folder of the assembly"), "{output:?}");
        assert!(!out.join("findings.json").exists(), "the next run would refuse the folder");
    }
}
