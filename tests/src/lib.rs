//! Shared helpers of the cross-crate tests: folders, [`programs`] to run, and questions to ask a [`template`].
//!
//! Below are programs that do not compile because a constant in them cannot be: what the compiler says about those changes
//! with the compiler, so it is not compared. Each stands beside one that compiles and differs in the
//! mistake alone. Programs with wrong types are in `tests/compile_fail/`.
//!
//! An account has 12 digits:
//!
//! ```
//! # use construct_pipeline::prelude::*;
//! const TOOLS: Env = Env::new("111111111111", "us-east-1");
//! # fn main() { assert_eq!(TOOLS.account.as_str(), "111111111111") }
//! ```
//! ```compile_fail,E0080
//! # use construct_pipeline::prelude::*;
//! const TOOLS: Env = Env::new("11111111111", "us-east-1");
//! # fn main() { assert_eq!(TOOLS.account.as_str(), "111111111111") }
//! ```
//! ```compile_fail,E0080
//! # use construct_pipeline::prelude::*;
//! const TOOLS: Env = Env::new("11111111111a", "us-east-1");
//! # fn main() { assert_eq!(TOOLS.account.as_str(), "111111111111") }
//! ```
//! ```compile_fail,E0080
//! # use construct_pipeline::prelude::*;
//! const TOOLS: AccountId = AccountId::new("1111111111111");
//! # fn main() { assert_eq!(TOOLS.as_str(), "111111111111") }
//! ```
//!
//! A region is one of the table, unless the program vouches for it:
//!
//! ```compile_fail,E0080
//! # use construct_pipeline::prelude::*;
//! const TOOLS: Env = Env::new("111111111111", "us-east-11");
//! # fn main() { assert_eq!(TOOLS.region.as_str(), "us-east-11") }
//! ```
//! ```
//! # use construct_pipeline::prelude::*;
//! const NEW: Region = Region::unlisted("us-east-11", Partition::Aws);
//! # fn main() { assert_eq!(NEW.as_str(), "us-east-11") }
//! ```
//! ```compile_fail,E0080
//! # use construct_pipeline::prelude::*;
//! const NEW: Region = Region::unlisted("us", Partition::Aws);
//! # fn main() { assert_eq!(NEW.as_str(), "us") }
//! ```
//!
//! A text has as many places as values:
//!
//! ```
//! # use construct_pipeline::prelude::*;
//! assert_eq!(text!("{}/{}", "a", "b").literal(), Some("a/b"));
//! ```
//! ```compile_fail,E0080
//! # use construct_pipeline::prelude::*;
//! assert_eq!(text!("{}/{}", "a").literal(), Some("a/b"));
//! ```
//! ```compile_fail,E0080
//! # use construct_pipeline::prelude::*;
//! assert_eq!(text!("{}", "a", "b").literal(), Some("a/b"));
//! ```

pub mod apps;
pub mod evolving;
pub mod outside;
pub mod programs;
pub mod random;
pub mod template;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder of its own for one test, gone when the test ends.
#[derive(Debug)]
pub struct TempDir {
    path: PathBuf,
}

impl TempDir {
    /// An empty folder below `base`, which tests set to `CARGO_TARGET_TMPDIR`.
    ///
    /// # Panics
    /// When the disk refuses.
    #[must_use]
    pub fn new(base: impl AsRef<Path>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = base.as_ref().join(format!("{}-{n}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder for the test can be made");
        Self { path }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path in the folder.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.path));
    }
}

/// The names in a folder, sorted, those that begin with a dot included.
///
/// # Panics
/// When the folder cannot be read.
#[must_use]
pub fn names_in(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("the folder can be read").flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
