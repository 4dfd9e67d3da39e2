//! Writers that die or run out of disk: whatever happens, the folder holds the old assembly or the new one, whole.
//!
//! What a machine may lack (`strace`, mounts of one's own) is said on standard error, and its test passes.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use construct_core::Assembly;
use construct_tests::{TempDir, names_in};

use super::folder;
use super::writer::{first, second, spawn, written};

const WRITER: &str = env!("CARGO_BIN_EXE_writer");

/// Which of the two is in the folder: every file of one, to the byte, and no file of the other.
fn whole(target: &Path) -> Assembly {
    let read = Assembly::read(target).expect("there is always an assembly");
    assert!(read == first() || read == second(), "a mixture");
    let expected: Vec<String> = read.files().into_iter().map(|(name, _)| name).collect();
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(names_in(target), expected);
    for (name, text) in read.files() {
        assert_eq!(std::fs::read_to_string(target.join(&name)).expect("it can be read"), text, "{name}");
    }
    read
}

/// The next writer finds nothing in its way and leaves nothing behind.
fn heals(dir: &TempDir, target: &Path) {
    first().write(target).expect("it can be written");
    assert_eq!(whole(target), first());
    assert_eq!(names_in(dir.path()), ["cdk.out"]);
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn killed_before_any_call_of_the_system() {
    const CALLS: &str =
        "openat,mkdir,mkdirat,write,rename,renameat,renameat2,unlink,unlinkat,rmdir,flock,close,getdents64";
    let strace = |target: &Path, n: usize| {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={CALLS}")]);
        command.arg("-e").arg(format!("inject={CALLS}:signal=KILL:when={n}"));
        command.arg(WRITER).arg("write").arg(target).args(["1", "second"]).stdin(Stdio::null()).output()
    };
    let (dir, target) = written();
    match strace(&target, 60_000) {
        Ok(output) if output.status.success() => {}
        Ok(output) => return eprintln!("skipped: strace cannot trace here: {}", text(&output)),
        Err(error) => return eprintln!("skipped: there is no strace: {error}"),
    }
    heals(&dir, &target);
    let (mut old, mut new) = (0, 0);
    for n in 1.. {
        let output = strace(&target, n).expect("strace starts");
        if whole(&target) == first() {
            old += 1;
        } else {
            new += 1;
        }
        heals(&dir, &target);
        if output.status.success() {
            break;
        }
    }
    // What the loader opens before the program begins, and `cargo` has it look in more places, is among them.
    assert!(old > 8, "died before the new one was in place: {old}");
    assert!(new > 5, "died afterwards: {new}");
}

#[test]
fn many_writers_killed_at_any_moment() {
    let (dir, target) = written();
    // Any sequence will do, as long as it is the same in each run.
    let mut chance = 0x2545_f491_u64;
    for round in 0..60 {
        let orders = [["second", "first"], ["first", "second"], ["second", "second"]];
        let mut writers = orders.map(|order| spawn(&target, 0, order));
        for writer in &mut writers {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sleep(Duration::from_micros((chance >> 33) % 12_000));
            whole_or_changing(&target);
            writer.kill().expect("it runs for ever");
        }
        for mut writer in writers {
            writer.wait().expect("it was killed");
        }
        whole(&target);
        if round % 10 == 9 {
            heals(&dir, &target);
        }
    }
}

/// While others write, each reading is one of the two.
fn whole_or_changing(target: &Path) {
    let read = Assembly::read(target).expect("there is always an assembly");
    assert!(read == first() || read == second(), "a mixture");
}

#[cfg(unix)]
#[test]
fn a_file_that_grows_too_large() {
    let (dir, target) = written();
    let largest = second().files().iter().map(|(_, text)| text.len()).max().unwrap_or_default();
    // From nothing at all to all but one block of the largest file; a block has 512 bytes.
    for blocks in [0, 1, largest / 1024, (largest - 1) / 512] {
        // Without the trap the limit is a signal, and this the test of a killed writer.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" write \"$1\" 1 second");
        let output =
            Command::new("sh").arg("-c").arg(script).arg(WRITER).arg(&target).output().expect("there is a shell");
        assert!(!output.status.success(), "{blocks} blocks are not enough");
        assert!(text(&output).contains("Io {"), "{}", text(&output));
        assert_eq!(whole(&target), first());
        assert_eq!(names_in(dir.path()), ["cdk.out"], "nothing half-written is left");
    }
    heals(&dir, &target);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full() {
    let dir = folder();
    // A disk of one's own, which nobody else sees and which is gone with the process.
    let small = |command: &str| {
        let script = format!("mount -t tmpfs -o size=512k none \"$1\" && {command}");
        Command::new("unshare").args(["-r", "-m", "sh", "-c", &script, WRITER]).arg(dir.path()).output()
    };
    match small("true") {
        Ok(output) if output.status.success() => {}
        Ok(output) => return eprintln!("skipped: a disk cannot be mounted here: {}", text(&output)),
        Err(error) => return eprintln!("skipped: there is no unshare: {error}"),
    }
    let output = small("exec \"$0\" full \"$1\" first second").expect("it started before");
    assert!(output.status.success(), "{}", text(&output));
    let refused: u64 =
        String::from_utf8_lossy(&output.stdout).trim().parse().expect("it says how often it was refused");
    assert!(refused > 3, "the disk was full some times, not {refused}");
}
