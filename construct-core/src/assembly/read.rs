//! Reads an assembly from a folder, whoever wrote it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::tree::TreeFile;
use super::{Assembly, StackArtifact, manifest};
use crate::sequence::sequence;

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

/// How deep assemblies may be nested; the CDK nests one level.
const DEEPEST: usize = 8;

impl Assembly {
    /// Reads the assembly in a folder, with those nested in it. The stacks are in deployment order, whatever the order of
    /// the manifest; stacks that need each other come last. A reader that meets a writer sees the old assembly or the new
    /// one.
    ///
    /// # Errors
    /// When a file is missing or unreadable, or the manifest is not one of a cloud assembly.
    pub fn read(dir: impl AsRef<Path>) -> Result<Self, ReadError> {
        let dir = dir.as_ref();
        // A folder that is replaced, and cleared away, while we read it is another one afterwards. Its number may come
        // back, so a few more looks are worth their time even then.
        let (mut same, mut attempts) = (0, 0);
        let mut assembly = loop {
            let before = identity(dir);
            match read_once(dir, same == 8, 0) {
                Err(ReadError::Io { source, .. })
                    if source.kind() == io::ErrorKind::NotFound && dir.is_dir() && same < 8 && attempts < 10_000 =>
                {
                    attempts += 1;
                    same = if identity(dir) == before { same + 1 } else { 0 };
                }
                result => break result?,
            }
        };
        sort_into_deployment_order(&mut assembly.stacks);
        Ok(assembly)
    }
}

/// What tells two folders at one path apart.
#[cfg(unix)]
fn identity(dir: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(dir).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Path) -> Option<(u64, u64)> {
    None
}

/// Reads one version of a folder. Nothing needs the tree, so in the end it may be missing.
fn read_once(dir: &Path, without_tree: bool, depth: usize) -> Result<Assembly, ReadError> {
    let folder = Folder::open(dir)?;
    let malformed = |what: String| ReadError::Manifest { path: dir.join(manifest::FILE), what };
    let manifest = manifest::read(&folder.json(manifest::FILE)?).map_err(malformed)?;
    let tree = manifest.tree_file.as_ref().map(|file| folder.json_text(file)).transpose();
    let tree = match tree {
        Err(ReadError::Io { source, .. }) if without_tree && source.kind() == io::ErrorKind::NotFound => None,
        tree => tree?,
    };
    let mut stacks = manifest.stacks;
    for stack in &mut stacks {
        stack.template = folder.text(&stack.template_file)?;
    }
    let mut documents = BTreeMap::new();
    for file in manifest.documents {
        let text = folder.text(&file)?;
        documents.insert(file, text);
    }
    for nested in manifest.nested {
        if depth == DEEPEST {
            return Err(malformed(format!("`{nested}` is nested more than {DEEPEST} levels deep")));
        }
        let inner = read_once(&dir.join(&nested), without_tree, depth + 1)?;
        stacks.extend(inner.stacks.into_iter().map(|mut stack| {
            stack.template_file = format!("{nested}/{}", stack.template_file);
            stack
        }));
        documents.extend(inner.documents.into_iter().map(|(file, text)| (format!("{nested}/{file}"), text)));
    }
    Ok(Assembly { stacks, tree: tree.map(TreeFile::Read), documents, quotas: manifest.quotas, is_own: manifest.is_own })
}

/// Topological, ties in the order given; what is in a cycle, or waits for one, comes last.
fn sort_into_deployment_order(stacks: &mut Vec<StackArtifact>) {
    let mut place: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, stack) in stacks.iter().enumerate() {
        place.entry(&stack.id).or_insert(at);
    }
    let needs: Vec<BTreeSet<usize>> = (stacks.iter())
        .map(|stack| stack.dependencies.iter().filter_map(|needed| place.get(&**needed).copied()).collect())
        .collect();
    let mut needed_by = vec![Vec::new(); needs.len()];
    for (at, needs) in needs.iter().enumerate() {
        needs.iter().for_each(|&needed| needed_by[needed].push(at));
    }
    let mut rank = vec![usize::MAX; needs.len()];
    let sequence = sequence(needs.iter().map(BTreeSet::len).collect(), &needed_by);
    sequence.into_iter().zip(0..).for_each(|(at, n)| rank[at] = n);
    let mut ranked: Vec<(usize, StackArtifact)> = rank.into_iter().zip(std::mem::take(stacks)).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    stacks.extend(ranked.into_iter().map(|(_, stack)| stack));
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
        // Without blocking: a pipe in the place of a file must not keep us waiting for ever.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let mut opened = std::fs::File::from(rustix::fs::openat(&self.handle, file, flags, Mode::empty())?);
        if !opened.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
        }
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut opened, &mut bytes)?;
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

    /// The text of a file that must be JSON.
    fn json_text(&self, file: &str) -> Result<String, ReadError> {
        let text = self.text(file)?;
        match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
            Ok(_) => Ok(text),
            Err(source) => Err(ReadError::Json { path: self.path.join(file), source }),
        }
    }

    fn json(&self, file: &str) -> Result<serde_json::Value, ReadError> {
        let text = self.text(file)?;
        serde_json::from_str(&text).map_err(|source| ReadError::Json { path: self.path.join(file), source })
    }
}
