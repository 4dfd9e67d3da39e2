//! Reads an assembly from a folder, whoever wrote it.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{Assembly, manifest};

/// Why an assembly could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A file could not be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is no JSON.
    #[error("`{}` is no JSON: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// The manifest is not one of a cloud assembly.
    #[error("`{}` is no manifest of a cloud assembly: {what}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

impl Assembly {
    /// Reads the assembly in a folder. A reader that meets a writer sees the old assembly or the new one.
    ///
    /// # Errors
    /// When a file is missing or unreadable, or the manifest is not one of a cloud assembly.
    pub fn read(dir: impl AsRef<Path>) -> Result<Self, ReadError> {
        let dir = dir.as_ref();
        let mut result = Self::read_once(dir);
        for _ in 0..8 {
            // The folder was replaced, and the one we had open removed, while we read it: look again.
            match &result {
                Err(ReadError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound && dir.is_dir() => {
                    result = Self::read_once(dir);
                }
                _ => break,
            }
        }
        result
    }

    fn read_once(dir: &Path) -> Result<Self, ReadError> {
        let folder = Folder::open(dir)?;
        let manifest = manifest::read(&folder.json(manifest::FILE)?)
            .map_err(|what| ReadError::Manifest { path: dir.join(manifest::FILE), what })?;
        let tree = manifest.tree_file.as_ref().map(|file| folder.json(file)).transpose()?;
        let mut stacks = manifest.stacks;
        for stack in &mut stacks {
            stack.template = folder.text(&stack.template_file)?;
        }
        Ok(Self { stacks, tree })
    }
}

/// An open folder: all files come from one version of it, even if it is replaced meanwhile.
struct Folder<'a> {
    path: &'a Path,
    #[cfg(unix)]
    handle: std::fs::File,
}

impl<'a> Folder<'a> {
    #[cfg(unix)]
    fn open(path: &'a Path) -> Result<Self, ReadError> {
        let handle = std::fs::File::open(path).map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
        Ok(Self { path, handle })
    }

    #[cfg(not(unix))]
    fn open(path: &'a Path) -> Result<Self, ReadError> {
        Ok(Self { path })
    }

    #[cfg(unix)]
    fn bytes(&self, file: &str) -> io::Result<Vec<u8>> {
        use rustix::fs::{Mode, OFlags};
        let opened = rustix::fs::openat(&self.handle, file, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut std::fs::File::from(opened), &mut bytes)?;
        Ok(bytes)
    }

    #[cfg(not(unix))]
    fn bytes(&self, file: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.path.join(file))
    }

    fn text(&self, file: &str) -> Result<String, ReadError> {
        let error = |source| ReadError::Io { path: self.path.join(file), source };
        let bytes = self.bytes(file).map_err(error)?;
        String::from_utf8(bytes).map_err(|source| error(io::Error::new(io::ErrorKind::InvalidData, source)))
    }

    fn json(&self, file: &str) -> Result<serde_json::Value, ReadError> {
        let text = self.text(file)?;
        serde_json::from_str(&text).map_err(|source| ReadError::Json { path: self.path.join(file), source })
    }
}
