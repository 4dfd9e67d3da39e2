//! Writes an assembly so that nobody ever sees half of one.
//!
//! The files go into a folder beside the target, which then trades places with it in one step of the file system. A
//! reader, or a crash at any moment, sees the old assembly or the new one. A folder that a dead writer left behind is
//! cleared by the next one; a live writer is told apart by the lock it holds on its folder.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use thiserror::Error;

use super::{Assembly, Contents, manifest};

/// The bytes of the name of a folder up to which names beside it are made of it.
const LONG: usize = 200;

/// Why an assembly was not written. What was there before is untouched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A file or folder could not be written.
    #[error("cannot write `{}`: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The folder holds something else.
    #[error("`{}` holds `{file}` and is no assembly", path.display())]
    NotAnAssembly {
        /// The folder.
        path: PathBuf,
        /// One of the files in it.
        file: String,
    },
}

impl WriteError {
    /// The change that most likely mends it, if there is one that can be told.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        let Self::Io { source, .. } = self else { return Some("name a folder that is new, empty or an assembly") };
        Some(match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "make room: a new assembly stands beside the earlier one until it is complete"
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "name another folder: the files are written to a new folder beside it, so the folder that it is in has to be \
                 writable, too"
            }
            io::ErrorKind::FileTooLarge => {
                "raise the limit on the size of files, which `ulimit -f` shows, or name a folder of another file system"
            }
            io::ErrorKind::ResourceBusy => "name a folder in it: what is mounted cannot be replaced as a whole",
            io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename => "name another folder",
            io::ErrorKind::NotFound => {
                "name a folder that can be made; if it is the current one and was replaced, `cd .` enters the new one"
            }
            _ => return None,
        })
    }
}

impl Assembly {
    /// Writes the assembly to a folder, which is made if need be and replaced as a whole if it holds an assembly.
    ///
    /// Templates of the earlier assembly that this one does not have are gone afterwards; files that belong to no
    /// assembly stay.
    ///
    /// # Errors
    /// When the disk refuses, or the folder holds something that is no assembly. Then nothing has changed.
    pub fn write(&self, dir: impl AsRef<Path>) -> Result<(), WriteError> {
        self.stage(dir.as_ref())?.put_in_place()
    }

    /// Writes the files to a folder beside the target, which nobody takes for an assembly.
    pub(crate) fn stage(&self, dir: &Path) -> Result<Staged, WriteError> {
        let target = Target::new(dir)?;
        target.clear_leftovers();
        let staged = Staged { staging: target.stage()?, target, is_placed: false };
        // The manifest comes first: it says what else may stand in a folder that was left half-written. All files are
        // written on one thread, because file systems make those of one folder one after the other.
        for (name, contents) in self.each_file() {
            let path = staged.staging.path.join(name);
            // Only an assembly that was read from another tool has files in folders.
            let folder = if name.contains('/') { path.parent().map_or(Ok(()), fs::create_dir_all) } else { Ok(()) };
            let written = folder.and_then(|()| write(&path, &contents));
            written.map_err(|source| WriteError::Io { path, source })?;
        }
        Ok(staged)
    }
}

fn write(path: &Path, contents: &Contents<'_>) -> io::Result<()> {
    let mut file = File::create(path)?;
    let mut written = Ok(());
    contents.write(&mut |piece| {
        if written.is_ok() {
            written = file.write_all(piece.as_bytes());
        }
    });
    written
}

/// An assembly that is written and not yet in its place. When it is dropped, the folder is as if it had never been.
pub(crate) struct Staged {
    target: Target,
    staging: Staging,
    is_placed: bool,
}

impl Staged {
    /// Replaces what was there before, in one step.
    pub(crate) fn put_in_place(mut self) -> Result<(), WriteError> {
        self.target.put_in_place(&self.staging.path)?;
        self.is_placed = true;
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.is_placed {
            // Whoever drops it has an error that matters more.
            drop(fs::remove_dir_all(&self.staging.path));
        }
    }
}

/// The folder to write, and what is beside it.
struct Target {
    parent: PathBuf,
    name: OsString,
    path: PathBuf,
    /// The folders above it that had to be made, the innermost first.
    made: Vec<PathBuf>,
}

impl Drop for Target {
    fn drop(&mut self) {
        // Only folders that are empty can be removed: those in which nothing was put in place.
        self.made.iter().for_each(|made| drop(fs::remove_dir(made)));
    }
}

/// A folder being filled. The lock lives as long as the handle.
struct Staging {
    path: PathBuf,
    _lock: Option<File>,
}

impl Target {
    fn new(dir: &Path) -> Result<Self, WriteError> {
        let error = |source| WriteError::Io { path: dir.to_owned(), source };
        let refused = |kind, what: &str| error(io::Error::new(kind, what.to_owned()));
        // A link is followed, so that the folder behind it is replaced and the link stays.
        let (path, is_there) = match fs::canonicalize(dir) {
            Ok(path) if !path.is_dir() => return Err(refused(io::ErrorKind::NotADirectory, "it is no folder")),
            Ok(path) => (path, true),
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => {
                if let Ok(to) = fs::read_link(dir) {
                    let what = format!("it is a link to `{}`, which is not there", to.display());
                    return Err(refused(io::ErrorKind::NotADirectory, &what));
                }
                (std::path::absolute(dir).map_err(error)?, false)
            }
            Err(other) => return Err(error(other)),
        };
        let (Some(name), Some(parent)) = (path.file_name().map(OsStr::to_owned), path.parent().map(Path::to_owned))
        else {
            return Err(refused(io::ErrorKind::InvalidInput, "it is no folder that could be replaced"));
        };
        let mut target = Self { parent, name, path, made: Vec::new() };
        if !is_there {
            let ancestors = target.parent.ancestors();
            target.made.extend(ancestors.take_while(|above| !above.exists()).map(Path::to_owned));
            fs::create_dir_all(&target.parent).map_err(error)?;
        }
        target.refuse_other_contents()?;
        Ok(target)
    }

    /// Only a folder that is empty, or an assembly, is replaced. Lock files are how the CDK CLI guards a folder that it
    /// made for us; they do not count.
    fn refuse_other_contents(&self) -> Result<(), WriteError> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(WriteError::Io { path: self.path.clone(), source }),
        };
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let names: BTreeSet<String> = names.collect();
        if names.contains(manifest::FILE) {
            return match manifest_in(&self.path) {
                Some(_) => Ok(()),
                None => Err(WriteError::NotAnAssembly { path: self.path.clone(), file: manifest::FILE.into() }),
            };
        }
        match names.into_iter().find(|name| Path::new(name).extension().is_none_or(|extension| extension != "lock")) {
            Some(file) => Err(WriteError::NotAnAssembly { path: self.path.clone(), file }),
            None => Ok(()),
        }
    }

    /// What the names of folders begin with that are to take the place of this one; a process and a number follow.
    fn staging_prefix(&self) -> OsString {
        let mut prefix = OsString::from(".");
        // Names of files have 255 bytes at most on nearly every system, and a longer one than this one's is needed.
        if self.name.len() <= LONG {
            prefix.push(&self.name);
        } else {
            let mut hasher = DefaultHasher::new();
            self.name.hash(&mut hasher);
            prefix.push(format!("{:016x}", hasher.finish()));
        }
        prefix.push(".new-");
        prefix
    }

    /// Whether a folder of this name is, or was, to take the place of this one.
    fn is_staging(&self, name: &OsStr) -> bool {
        let rest = name.as_encoded_bytes().strip_prefix(self.staging_prefix().as_encoded_bytes());
        // The name of another target may go on in the same way; the numbers end with the name, or before `.old`.
        let is_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'-';
        rest.map(|rest| rest.strip_suffix(b".old").unwrap_or(rest)).is_some_and(|rest| rest.iter().all(is_number))
    }

    fn stage(&self) -> Result<Staging, WriteError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            let n = COUNT.fetch_add(1, Ordering::Relaxed);
            let mut name = self.staging_prefix();
            name.push(format!("{}-{n}", std::process::id()));
            let path = self.parent.join(name);
            match fs::create_dir(&path) {
                Ok(()) => {}
                Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(source) => return Err(WriteError::Io { path, source }),
            }
            let lock = lock(&path);
            // Between making and locking it, another writer may have taken the folder for a dead one's.
            if path.is_dir() {
                return Ok(Staging { path, _lock: lock });
            }
        }
    }

    fn put_in_place(&self, staging: &Path) -> Result<(), WriteError> {
        let error = |source| WriteError::Io { path: self.path.clone(), source };
        if !self.path.exists() {
            match fs::rename(staging, &self.path) {
                Ok(()) => return Ok(()),
                Err(_) if self.path.exists() => {}
                Err(source) => return Err(error(source)),
            }
        }
        exchange(staging, &self.path).map_err(error)?;
        // What was swapped out may be the work of another writer who is not done yet, or be taken for a dead one's by a
        // third: whoever has the lock clears it away.
        let lock = lock(staging);
        if staging.is_dir() && self.give_back(staging) {
            self.retire(staging);
        }
        drop(lock);
        Ok(())
    }

    /// Moves what does not belong to the assembly in a folder to the one in its place. Says whether all of it could be
    /// moved; what could not stays for the next writer.
    fn give_back(&self, old: &Path) -> bool {
        let manifest = manifest_in(old).unwrap_or_default();
        let owned: BTreeSet<&str> = manifest.files().collect();
        fs::read_dir(old).into_iter().flatten().flatten().all(|entry| {
            let name = entry.file_name();
            let place = self.path.join(&name);
            let stays = owned.contains(&*name.to_string_lossy()) || place.exists();
            stays || fs::rename(entry.path(), place).is_ok()
        })
    }

    /// Removes a folder from which everything was given back. The new assembly is in place already, so whatever fails here
    /// is left to the next writer.
    ///
    /// The manifest goes last: as long as it is there, it says what belongs to the assembly.
    fn retire(&self, old: &Path) {
        let manifest = manifest_in(old).unwrap_or_default();
        for file in manifest.files().filter(|file| *file != manifest::FILE) {
            drop(fs::remove_file(old.join(file)));
        }
        drop(fs::remove_dir_all(old));
    }

    fn clear_leftovers(&self) {
        for entry in fs::read_dir(&self.parent).into_iter().flatten().flatten() {
            let path = entry.path();
            if !self.is_staging(&entry.file_name()) || !path.is_dir() {
                continue;
            }
            if let Some(_lock) = try_lock(&path)
                && self.path.is_dir()
            {
                // A folder without a manifest was being removed: what is left in it belonged to the assembly.
                if manifest_in(&path).is_none() || self.give_back(&path) {
                    self.retire(&path);
                }
            }
        }
    }
}

/// The manifest of the assembly in a folder. It is written first, so a folder that was left half-written names everything
/// that can be in it.
fn manifest_in(dir: &Path) -> Option<manifest::Manifest> {
    let json: serde_json::Value = serde_json::from_slice(&fs::read(dir.join(manifest::FILE)).ok()?).ok()?;
    manifest::read(&json).ok().filter(|_| json["version"].is_string())
}

#[cfg(unix)]
fn exchange(left: &Path, right: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, left, CWD, right, RenameFlags::EXCHANGE) {
            Ok(()) => return Ok(()),
            // Some network file systems cannot; they get the two steps below.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {}
            Err(other) => return Err(other.into()),
        }
    }
    exchange_in_two_steps(left, right)
}

#[cfg(not(unix))]
fn exchange(left: &Path, right: &Path) -> io::Result<()> {
    exchange_in_two_steps(left, right)
}

/// Where the file system cannot exchange: for a moment there is no folder, but never a mixture.
fn exchange_in_two_steps(left: &Path, right: &Path) -> io::Result<()> {
    let mut aside = left.as_os_str().to_owned();
    aside.push(".old");
    let aside = PathBuf::from(aside);
    fs::rename(right, &aside)?;
    if let Err(error) = fs::rename(left, right) {
        fs::rename(&aside, right)?;
        return Err(error);
    }
    fs::rename(aside, left)
}

#[cfg(unix)]
fn lock(dir: &Path) -> Option<File> {
    let file = File::open(dir).ok()?;
    file.lock().ok()?;
    Some(file)
}

#[cfg(unix)]
fn try_lock(dir: &Path) -> Option<File> {
    let file = File::open(dir).ok()?;
    file.try_lock().ok()?;
    Some(file)
}

/// Folders cannot be locked everywhere; there, what a dead writer left behind is left alone.
#[cfg(not(unix))]
fn lock(_: &Path) -> Option<File> {
    None
}

#[cfg(not(unix))]
fn try_lock(_: &Path) -> Option<File> {
    None
}
