//! Artifacts: what flows between actions.

use std::panic::Location;
use std::sync::Arc;

use construct_core::{Caller, Diagnostic, Expr};

/// Files that one action writes and later ones read, kept in the artifact store meanwhile.
///
/// Two artifacts of one name are the same artifact. A name has 1 to 100 letters, digits, `_` and `-`.
/// See <https://docs.aws.amazon.com/codepipeline/latest/userguide/welcome-introducing-artifacts.html>.
///
/// ```
/// use construct_pipeline::Artifact;
/// let bundle = Artifact::new("Bundle");
/// assert_eq!(bundle.file("template.yaml").to_string(), "Bundle::template.yaml");
/// ```
#[derive(Clone, Debug)]
pub struct Artifact {
    /// Shared by its copies: whoever reads or writes the artifact has one.
    name: Arc<str>,
    files: Vec<String>,
    location: Caller,
}

impl Artifact {
    /// An artifact by its name.
    #[track_caller]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into().into(), files: Vec::new(), location: Location::caller() }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds files that a [`Commands`](crate::providers::Commands) action puts into the artifact, as paths or patterns of 1
    /// to 128 characters; there are 1 to 10.
    /// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_OutputArtifact.html>
    #[must_use]
    pub fn export_file(mut self, path: impl Into<String>) -> Self {
        self.files.push(path.into());
        self
    }

    /// The files that an action of commands puts into it.
    #[must_use]
    pub fn exported_files(&self) -> &[String] {
        &self.files
    }

    /// A file in the artifact.
    #[doc(alias = "atPath")]
    #[must_use]
    pub fn file(&self, path: impl Into<String>) -> ArtifactFile {
        ArtifactFile { artifact: self.clone(), path: path.into() }
    }

    /// An attribute of the artifact for CloudFormation parameters: `ObjectKey`, `BucketName` or `URL`.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-parameter-override-functions.html>
    #[must_use]
    pub fn att(&self, attribute: ArtifactAtt) -> Expr {
        let attribute = match attribute {
            ArtifactAtt::BucketName => "BucketName",
            ArtifactAtt::ObjectKey => "ObjectKey",
            ArtifactAtt::Url => "URL",
        };
        Expr::call("Fn::GetArtifactAtt", [Expr::from(self.name.to_string()), attribute.into()])
    }

    /// The same, made at another line.
    pub(crate) fn made_at(mut self, location: Caller) -> Self {
        self.location = location;
        self
    }

    /// The line that made the artifact.
    #[must_use]
    pub fn location(&self) -> Caller {
        self.location
    }
}

impl PartialEq for Artifact {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Artifact {}

impl From<&Artifact> for Artifact {
    fn from(artifact: &Artifact) -> Self {
        artifact.clone()
    }
}

/// Where CodePipeline keeps an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArtifactAtt {
    /// The bucket of the store.
    BucketName,
    /// The key of the object.
    ObjectKey,
    /// The address of the object.
    Url,
}

/// A file in an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactFile {
    artifact: Artifact,
    path: String,
}

impl ArtifactFile {
    /// The artifact.
    #[must_use]
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// The path within the artifact.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Why there can be no such file, as a finding of a code: the path is written from the top of the artifact.
    ///
    /// ```
    /// use construct_pipeline::Artifact;
    /// let bundle = Artifact::new("Bundle");
    /// assert!(bundle.file("template.yaml").problem("mine::malformed-path").is_none());
    /// assert!(bundle.file("/template.yaml").problem("mine::malformed-path").is_some());
    /// assert!(bundle.file("Bundle::template.yaml").problem("mine::malformed-path").is_some());
    /// ```
    #[must_use]
    pub fn problem(&self, code: &'static str) -> Option<Diagnostic> {
        let twice = |rest: &str| rest.starts_with("::");
        let problem = match self.path.as_str() {
            "" => "it has no path",
            path if path.starts_with('/') => "it has a `/` in front of its path",
            path if path.strip_prefix(self.artifact.name()).is_some_and(twice) => "it names the artifact twice",
            _ => return None,
        };
        let message = format!("`{self}` names no file of the artifact: {problem}");
        let help = "write the path from the top of the artifact, without a `/` or the name of the artifact in front";
        Some(Diagnostic::error(code, message).help(help))
    }

    /// The value of a key in the file, which is JSON with text values, for CloudFormation parameters.
    #[must_use]
    pub fn param(&self, key: impl Into<String>) -> Expr {
        let parts = [self.artifact.name.to_string(), self.path.clone(), key.into()];
        Expr::call("Fn::GetParam", Expr::list(parts))
    }
}

impl std::fmt::Display for ArtifactFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}::{}", self.artifact.name, self.path)
    }
}

impl From<ArtifactFile> for Expr {
    fn from(file: ArtifactFile) -> Self {
        Self::from(&file)
    }
}

impl From<&ArtifactFile> for Expr {
    fn from(file: &ArtifactFile) -> Self {
        [file.artifact.name(), "::", &file.path].concat().into()
    }
}
