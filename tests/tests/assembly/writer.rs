//! Writing: all or nothing, whoever else writes, reads or dies meanwhile.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use construct_core::{Assembly, WriteError};
use construct_tests::{TempDir, names_in, programs};

use super::folder;

pub(super) fn first() -> Assembly {
    programs::assembly(programs::first())
}

pub(super) fn second() -> Assembly {
    programs::assembly(programs::second())
}

const FIRST: [&str; 4] = ["OnlyFirst.template.json", "Shared.template.json", "manifest.json", "tree.json"];

/// What a folder holds, to be compared later.
fn contents(dir: &Path) -> Vec<(String, String)> {
    let read = |name: &String| fs::read_to_string(dir.join(name)).unwrap_or_else(|_| "a folder".into());
    names_in(dir).into_iter().map(|name| (read(&name), name)).map(|(text, name)| (name, text)).collect()
}

/// A process that writes the two assemblies in turn.
pub(super) fn spawn(dir: &Path, times: usize, programs: [&str; 2]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_writer"));
    command.arg("write").arg(dir).arg(times.to_string()).args(programs);
    command.stdin(Stdio::null()).spawn().expect("the process starts")
}

/// A folder with the first assembly in it.
pub(super) fn written() -> (TempDir, PathBuf) {
    let dir = folder();
    let target = dir.join("cdk.out");
    first().write(&target).expect("a new folder can be written");
    (dir, target)
}

#[test]
fn folders_are_made_on_the_way() {
    let dir = folder();
    let target = dir.join("a").join("b");
    first().write(&target).unwrap();
    assert_eq!(names_in(&target), FIRST);
    assert_eq!(names_in(&dir.join("a")), ["b"]);
}

#[test]
fn an_empty_folder_is_filled() {
    let dir = folder();
    let target = dir.join("cdk.out");
    fs::create_dir(&target).unwrap();
    first().write(&target).unwrap();
    assert_eq!(Assembly::read(&target).unwrap(), first());
}

#[test]
fn a_folder_that_the_cdk_cli_has_locked_is_filled() {
    let dir = folder();
    let target = dir.join("cdk.out");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("synth.lock"), "123").unwrap();
    first().write(&target).unwrap();
    assert_eq!(Assembly::read(&target).unwrap(), first());
    assert_eq!(fs::read_to_string(target.join("synth.lock")).unwrap(), "123");
}

#[test]
fn stale_templates_go_and_other_files_stay() {
    let (dir, target) = written();
    fs::write(target.join("notes.md"), "mine").unwrap();
    fs::create_dir(target.join("asset.1")).unwrap();
    fs::write(target.join("asset.1").join("code.js"), "code").unwrap();
    second().write(&target).unwrap();
    let expected =
        ["OnlySecond.template.json", "Shared.template.json", "asset.1", "manifest.json", "notes.md", "tree.json"];
    assert_eq!(names_in(&target), expected);
    assert_eq!(fs::read_to_string(target.join("notes.md")).unwrap(), "mine");
    assert_eq!(fs::read_to_string(target.join("asset.1").join("code.js")).unwrap(), "code");
    assert_eq!(Assembly::read(&target).unwrap(), second());
    assert_eq!(names_in(dir.path()), ["cdk.out"], "nothing is left beside it");
}

#[test]
fn a_file_of_ones_own_gives_way_to_a_template_of_its_name() {
    let (_dir, target) = written();
    fs::write(target.join("OnlySecond.template.json"), "mine").unwrap();
    second().write(&target).unwrap();
    assert_eq!(Assembly::read(&target).unwrap(), second());
}

#[test]
fn the_same_assembly_again_changes_no_byte() {
    let (_dir, target) = written();
    let before = contents(&target);
    first().write(&target).unwrap();
    assert_eq!(contents(&target), before);
}

#[test]
fn other_folders_are_refused() {
    let dir = folder();
    let cases = [
        ("main.rs", "fn main() {}"),
        ("manifest.json", r#"{ "name": "A web application", "icons": [] }"#),
        ("manifest.json", r#"{ "artifacts": "many" }"#),
        ("manifest.json", "no JSON"),
        (".git", "gitdir: elsewhere"),
    ];
    for (n, (file, text)) in cases.into_iter().enumerate() {
        let target = dir.join(&n.to_string());
        fs::create_dir(&target).unwrap();
        fs::write(target.join(file), text).unwrap();
        let before = contents(&target);
        match first().write(&target) {
            Err(WriteError::NotAnAssembly { path, file: named }) => {
                assert_eq!((path, &*named), (target.clone(), file));
            }
            other => panic!("{file} with {text}: {other:?}"),
        }
        assert_eq!(contents(&target), before);
    }
    assert_eq!(names_in(dir.path()), ["0", "1", "2", "3", "4"]);
}

#[test]
fn a_file_in_the_way_is_left_alone() {
    let dir = folder();
    let target = dir.join("cdk.out");
    fs::write(&target, "mine").unwrap();
    assert!(matches!(first().write(&target), Err(WriteError::Io { .. })));
    assert!(matches!(first().write(target.join("below")), Err(WriteError::Io { .. })));
    assert_eq!(contents(dir.path()), [("cdk.out".to_owned(), "mine".to_owned())]);
}

#[test]
fn nothing_is_made_for_what_cannot_be_a_folder() {
    let dir = folder();
    for odd in ["new/..", "new/below/../.."] {
        assert!(matches!(first().write(dir.join(odd)), Err(WriteError::Io { .. })), "{odd}");
    }
    assert!(names_in(dir.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_named_as_such() {
    let dir = folder();
    std::os::unix::fs::symlink("gone", dir.join("link")).unwrap();
    let said = first().write(dir.join("link")).unwrap_err().to_string();
    assert!(said.ends_with("it is a link to `gone`, which is not there"), "{said}");
    assert_eq!(names_in(dir.path()), ["link"]);
}

/// What is left of a writer belongs to one folder alone, even where another one's name begins or looks the same.
#[cfg(unix)]
#[test]
fn leftovers_of_other_folders_are_left_to_them() {
    use std::os::unix::ffi::OsStrExt;
    let dir = folder();
    let others = [&b".cdk.out.new-x.new-1-0"[..], b".\xfe.new-1-0"].map(std::ffi::OsStr::from_bytes);
    for other in others {
        fs::create_dir(dir.path().join(other)).unwrap();
    }
    fs::create_dir(dir.join(".cdk.out.new-1-0")).unwrap();
    for target in [&b"cdk.out"[..], b"\xff"].map(std::ffi::OsStr::from_bytes) {
        for _ in 0..2 {
            first().write(dir.path().join(target)).unwrap();
        }
    }
    assert!(others.iter().all(|other| dir.path().join(other).is_dir()));
    assert!(!dir.join(".cdk.out.new-1-0").is_dir());
}

#[cfg(target_os = "linux")]
#[test]
fn an_error_leaves_the_earlier_assembly_as_it_was() {
    let dir = folder();
    // The longest path that a file can have: the files are written into a folder beside this one first, whose name is
    // longer.
    let longest = FIRST.iter().map(|name| name.len()).max().expect("there are files");
    let mut parent = dir.path().to_path_buf();
    while let rest @ 1.. = (4_095 - "/o/".len() - longest).saturating_sub(parent.as_os_str().len() + 1) {
        parent.push("d".repeat(if rest > 250 { 200 } else { rest }));
    }
    let target = parent.join("o");
    fs::create_dir_all(&target).unwrap();
    for (name, text) in first().files() {
        fs::write(target.join(name), text).unwrap();
    }
    let before = contents(&target);
    assert!(matches!(second().write(&target), Err(WriteError::Io { .. })));
    assert_eq!(contents(&target), before);
    assert_eq!(names_in(&parent).len(), 1);
}

#[cfg(unix)]
#[test]
fn a_folder_that_must_not_be_written_to_is_left_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, target) = written();
    let before = contents(&target);
    let closed = |mode| fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
    closed(0o555);
    let writable = fs::write(dir.join("probe"), "").is_ok();
    let result = second().write(&target);
    closed(0o755);
    // Whoever may write everywhere is not stopped by permissions.
    if !writable {
        assert!(matches!(result, Err(WriteError::Io { .. })));
        assert_eq!(contents(&target), before);
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_stay() {
    let dir = folder();
    fs::create_dir(dir.join("real")).unwrap();
    std::os::unix::fs::symlink("real", dir.join("cdk.out")).unwrap();
    first().write(dir.join("cdk.out")).unwrap();
    second().write(dir.join("cdk.out")).unwrap();
    assert!(fs::symlink_metadata(dir.join("cdk.out")).unwrap().is_symlink());
    assert_eq!(Assembly::read(dir.join("real")).unwrap(), second());
    assert_eq!(Assembly::read(dir.join("cdk.out")).unwrap(), second());
    assert_eq!(names_in(dir.path()), ["cdk.out", "real"]);
}

#[test]
fn readers_see_one_assembly_or_the_other() {
    let (_dir, target) = written();
    let (first, second) = (first(), second());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers = [(); 3].map(|()| {
            scope.spawn(|| {
                let mut seen = [0; 2];
                while !done.load(Ordering::Relaxed) {
                    match Assembly::read(&target) {
                        Ok(read) if read == first => seen[0] += 1,
                        Ok(read) if read == second => seen[1] += 1,
                        Ok(read) => panic!("a mixture: {:?}", read.files().into_iter().map(|(name, _)| name)),
                        Err(error) => panic!("{error}"),
                    }
                }
                seen
            })
        });
        for assembly in [&second, &first].into_iter().cycle().take(400) {
            assembly.write(&target).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        let seen = readers.map(|reader| reader.join().unwrap());
        let sum = |n: usize| seen.iter().map(|seen| seen[n]).sum::<usize>();
        assert!(sum(0) > 0 && sum(1) > 0, "the readers met both: {seen:?}");
    });
}

/// Reads what two processes write until both are done; gives what they left.
fn watch(target: &Path, mut writers: Vec<Child>) {
    let (first, second) = (first(), second());
    let mut running = true;
    while running {
        running = writers.iter_mut().any(|writer| matches!(writer.try_wait(), Ok(None)));
        let was_there = target.exists();
        match Assembly::read(target) {
            Ok(read) => assert!(read == first || read == second, "a mixture"),
            Err(error) => assert!(!was_there, "{error}"),
        }
    }
    for mut writer in writers {
        assert!(writer.wait().is_ok_and(|status| status.success()));
    }
}

#[test]
fn two_processes_write_at_once() {
    let (dir, target) = written();
    fs::write(target.join("notes.md"), "mine").unwrap();
    watch(&target, vec![spawn(&target, 150, ["first", "second"]), spawn(&target, 150, ["second", "first"])]);
    assert_eq!(fs::read_to_string(target.join("notes.md")).unwrap(), "mine");
    first().write(&target).unwrap();
    assert_eq!(names_in(dir.path()), ["cdk.out"]);
    assert_eq!(
        names_in(&target),
        ["OnlyFirst.template.json", "Shared.template.json", "manifest.json", "notes.md", "tree.json"]
    );
}

#[test]
fn two_processes_make_the_folder_at_once() {
    for _ in 0..10 {
        let dir = folder();
        let target = dir.join("cdk.out");
        watch(&target, vec![spawn(&target, 1, ["first", "second"]), spawn(&target, 1, ["second", "first"])]);
        assert_eq!(names_in(dir.path()), ["cdk.out"]);
    }
}

#[test]
fn a_killed_writer_leaves_nothing_that_matters() {
    let (dir, target) = written();
    fs::write(target.join("notes.md"), "mine").unwrap();
    let (first, second) = (first(), second());
    for n in 0..25 {
        let mut writer = spawn(&target, 0, ["second", "first"]);
        // Until it is at work, and then some more.
        let was = Assembly::read(&target).unwrap();
        while Assembly::read(&target).unwrap() == was {}
        for _ in 0..n {
            Assembly::read(&target).unwrap();
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        let read = Assembly::read(&target).unwrap();
        assert!(read == first || read == second, "a mixture");
    }
    first.write(&target).unwrap();
    assert_eq!(names_in(dir.path()), ["cdk.out"], "what the killed writers left is cleared away");
    assert_eq!(
        names_in(&target),
        ["OnlyFirst.template.json", "Shared.template.json", "manifest.json", "notes.md", "tree.json"]
    );
    assert_eq!(fs::read_to_string(target.join("notes.md")).unwrap(), "mine");
}

/// The folder that a writer which was killed leaves beside its target. What an earlier release left must be cleared by a
/// later one, so its name is fixed.
fn leftover(dir: &TempDir) -> PathBuf {
    let leftover = dir.join(".cdk.out.new-1-0");
    fs::create_dir(&leftover).expect("the test's folder is empty");
    leftover
}

#[test]
fn a_half_written_folder_is_cleared_away() {
    for n_files in 0..4 {
        let (dir, target) = written();
        let leftover = leftover(&dir);
        for (name, text) in second().files().into_iter().take(n_files) {
            fs::write(leftover.join(name), text).unwrap();
        }
        first().write(&target).unwrap();
        assert_eq!(names_in(dir.path()), ["cdk.out"]);
        assert_eq!(names_in(&target), FIRST, "after {n_files} files");
    }
}

#[test]
fn a_manifest_cut_short_is_cleared_away() {
    let (dir, target) = written();
    let leftover = leftover(&dir);
    let (name, text) = second().files().remove(0);
    fs::write(leftover.join(name), &text[..text.len() / 2]).unwrap();
    first().write(&target).unwrap();
    assert_eq!(names_in(dir.path()), ["cdk.out"]);
    assert_eq!(contents(&target), contents(&written().1));
}

#[test]
fn other_files_come_back_from_a_folder_left_behind() {
    let (dir, target) = written();
    let leftover = leftover(&dir);
    // A writer that died between trading places and clearing up: the old assembly, and files that are none of its.
    for (name, text) in second().files() {
        fs::write(leftover.join(name), text).unwrap();
    }
    fs::write(leftover.join("notes.md"), "mine").unwrap();
    fs::write(leftover.join("both.md"), "old").unwrap();
    fs::write(target.join("both.md"), "new").unwrap();
    first().write(&target).unwrap();
    assert_eq!(names_in(dir.path()), ["cdk.out"]);
    let expected =
        ["OnlyFirst.template.json", "Shared.template.json", "both.md", "manifest.json", "notes.md", "tree.json"];
    assert_eq!(names_in(&target), expected);
    assert_eq!(fs::read_to_string(target.join("both.md")).unwrap(), "new");
}

#[test]
fn a_folder_that_only_looks_left_behind_is_left_alone() {
    let (dir, target) = written();
    // Another target's, whose name begins alike.
    let other = dir.join(".cdk.out2.new-1-0");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("notes.md"), "mine").unwrap();
    fs::write(dir.join(".cdk.out.new-2-0"), "a file").unwrap();
    first().write(&target).unwrap();
    assert_eq!(names_in(dir.path()), [".cdk.out.new-2-0", ".cdk.out2.new-1-0", "cdk.out"]);
    assert_eq!(fs::read_to_string(other.join("notes.md")).unwrap(), "mine");
}

#[test]
fn what_keeps_from_writing_comes_with_what_mends_it() {
    use std::io::{Error, ErrorKind};
    for kind in [ErrorKind::StorageFull, ErrorKind::PermissionDenied, ErrorKind::FileTooLarge, ErrorKind::NotFound] {
        let error = WriteError::Io { path: "cdk.out".into(), source: Error::from(kind) };
        assert!(error.help().is_some_and(|help| !help.is_empty()), "{error}");
    }
}
