//! Triggers: which pushes and pull requests of a connected repository start a pipeline.

use std::panic::Location;

use construct_core::{Caller, Properties};

/// What starts a pipeline at a repository that a [connection](crate::providers::ConnectionSource) leads to; V2 only.
///
/// A pipeline with triggers is started by nothing else: the change detection of the source is off. Without any filter,
/// every push to every branch starts it.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let trigger = GitTrigger::new("Checkout")
///     .push(GitPushFilter::new().branches(GlobPatterns::new().include("main").include("release/**")))
///     .push(GitPushFilter::new().tags(GlobPatterns::new().include("v*").exclude("*-rc*")))
///     .pull_request(
///         GitPullRequestFilter::new().branches(GlobPatterns::new().include("main")).event(GitPullRequestEvent::Closed),
///     );
/// let pipeline = Pipeline::new("orders").trigger(trigger);
/// ```
///
/// See <https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-triggers.html>.
#[derive(Clone, Debug)]
#[must_use]
pub struct GitTrigger {
    pub(crate) source_action: String,
    pub(crate) push: Vec<GitPushFilter>,
    pub(crate) pull_request: Vec<GitPullRequestFilter>,
    pub(crate) location: Caller,
}

impl GitTrigger {
    /// A trigger at the source action of this name; a source action has at most one.
    #[track_caller]
    pub fn new(source_action: impl Into<String>) -> Self {
        let location = Location::caller();
        Self { source_action: source_action.into(), push: Vec::new(), pull_request: Vec::new(), location }
    }

    /// Adds pushes; at most 3 filters, one of which must hold.
    pub fn push(mut self, filter: GitPushFilter) -> Self {
        self.push.push(filter);
        self
    }

    /// Adds pull requests; at most 3 filters, one of which must hold.
    pub fn pull_request(mut self, filter: GitPullRequestFilter) -> Self {
        self.pull_request.push(filter);
        self
    }

    pub(crate) fn properties(&self) -> Properties {
        let git = Properties::new()
            .set("SourceActionName", self.source_action.clone())
            .list("Push", self.push.iter().map(GitPushFilter::properties))
            .list("PullRequest", self.pull_request.iter().map(GitPullRequestFilter::properties));
        Properties::new().set("ProviderType", "CodeStarSourceConnection").set("GitConfiguration", git)
    }

    /// Every list of patterns.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &GlobPatterns> {
        let push = self.push.iter().flat_map(|filter| [&filter.branches, &filter.file_paths, &filter.tags]);
        let pull = self.pull_request.iter().flat_map(|filter| [&filter.branches, &filter.file_paths]);
        push.chain(pull).flatten()
    }
}

/// Pushes of branches, or of tags: one filter takes branches, branches and file paths, which must hold both, or tags.
/// See <https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-filter.html>.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct GitPushFilter {
    pub(crate) branches: Option<GlobPatterns>,
    pub(crate) file_paths: Option<GlobPatterns>,
    pub(crate) tags: Option<GlobPatterns>,
}

impl GitPushFilter {
    /// No push yet: say which.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only to these branches.
    pub fn branches(mut self, patterns: GlobPatterns) -> Self {
        self.branches = Some(patterns);
        self
    }

    /// Only those that change these files, and only together with [branches](Self::branches).
    pub fn file_paths(mut self, patterns: GlobPatterns) -> Self {
        self.file_paths = Some(patterns);
        self
    }

    /// Only of these tags, and with nothing else in the filter.
    pub fn tags(mut self, patterns: GlobPatterns) -> Self {
        self.tags = Some(patterns);
        self
    }

    fn properties(&self) -> Properties {
        Properties::new()
            .opt("Branches", self.branches.as_ref().map(GlobPatterns::properties))
            .opt("FilePaths", self.file_paths.as_ref().map(GlobPatterns::properties))
            .opt("Tags", self.tags.as_ref().map(GlobPatterns::properties))
    }
}

/// Pull requests. Branches and file paths must hold both.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct GitPullRequestFilter {
    pub(crate) branches: Option<GlobPatterns>,
    pub(crate) file_paths: Option<GlobPatterns>,
    pub(crate) events: Vec<GitPullRequestEvent>,
}

impl GitPullRequestFilter {
    /// Every pull request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only into these branches.
    pub fn branches(mut self, patterns: GlobPatterns) -> Self {
        self.branches = Some(patterns);
        self
    }

    /// Only those that change these files.
    pub fn file_paths(mut self, patterns: GlobPatterns) -> Self {
        self.file_paths = Some(patterns);
        self
    }

    /// Adds an event; all of them when there is none.
    pub fn event(mut self, event: GitPullRequestEvent) -> Self {
        self.events.push(event);
        self
    }

    fn properties(&self) -> Properties {
        Properties::new()
            .list("Events", self.events.iter().map(|event| event.as_str()))
            .opt("Branches", self.branches.as_ref().map(GlobPatterns::properties))
            .opt("FilePaths", self.file_paths.as_ref().map(GlobPatterns::properties))
    }
}

/// What happens to a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GitPullRequestEvent {
    /// It is opened.
    Open,
    /// It is changed.
    Updated,
    /// It is closed, merged or not.
    Closed,
}

impl GitPullRequestEvent {
    /// The word in the template.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Updated => "UPDATED",
            Self::Closed => "CLOSED",
        }
    }
}

/// Names of branches or tags, or paths of files, as glob patterns: 1 to 8 of each, 1 to 255 characters. What is excluded
/// stays out, whatever is included.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/syntax-glob.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct GlobPatterns {
    pub(crate) includes: Vec<String>,
    pub(crate) excludes: Vec<String>,
}

impl GlobPatterns {
    /// No patterns yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pattern that lets in.
    pub fn include(mut self, pattern: impl Into<String>) -> Self {
        self.includes.push(pattern.into());
        self
    }

    /// Adds a pattern that keeps out.
    pub fn exclude(mut self, pattern: impl Into<String>) -> Self {
        self.excludes.push(pattern.into());
        self
    }

    fn properties(&self) -> Properties {
        Properties::new()
            .list("Includes", self.includes.iter().cloned())
            .list("Excludes", self.excludes.iter().cloned())
    }
}
