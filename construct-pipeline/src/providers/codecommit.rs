//! AWS CodeCommit as a source.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeCommit.html>

use construct_core::{Diagnostic, NodeId, Properties, Scope, Value, kind};
use construct_iam::{PolicyDocument, PolicyStatement, RoleRef};

use super::keys::KeyUse;
use crate::artifact::Artifact;
use crate::aws::RepositoryRef;
use crate::provider::{ActionCx, Category, EventPattern, Owner, Provider, ProviderSpec};

/// Whoever reads a repository needs its key, if that is a customer-managed one.
/// <https://docs.aws.amazon.com/codecommit/latest/userguide/encryption.html>
const READS: KeyUse = KeyUse {
    service: "codecommit",
    actions: &["kms:Decrypt"],
    purpose: "reads a repository that is encrypted with this key",
};

/// A branch of a CodeCommit repository. A push starts the pipeline, through an event rule.
///
/// From a repository in another account, the event is forwarded from that account's event bus to the pipeline's.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let source = Artifact::new("Source");
/// let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source).branch("main")).account("222222222222");
/// ```
///
/// Its variables: `RepositoryName`, `BranchName`, `CommitId`, `CommitMessage`, `AuthorDate`, `CommitterDate`.
#[doc(alias = "CodeCommitSourceAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct CodeCommitSource {
    repository: SourceRepository,
    branch: String,
    output: Artifact,
    trigger: Trigger,
    format: Option<OutputArtifactFormat>,
    encryption_key: Option<Value<kind::Arn>>,
}

/// A repository: a construct of the tree, or a name.
#[derive(Clone, Debug)]
pub struct SourceRepository {
    name: Value<kind::Name>,
    node: Option<NodeId>,
}

impl From<&str> for SourceRepository {
    fn from(name: &str) -> Self {
        Self { name: name.into(), node: None }
    }
}

impl From<String> for SourceRepository {
    fn from(name: String) -> Self {
        Self { name: name.into(), node: None }
    }
}

impl From<Value<kind::Name>> for SourceRepository {
    fn from(name: Value<kind::Name>) -> Self {
        Self { name, node: None }
    }
}

impl From<RepositoryRef> for SourceRepository {
    fn from(repository: RepositoryRef) -> Self {
        Self { name: repository.name(), node: Some(repository.into()) }
    }
}

/// What a source hands on.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeCommit.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputArtifactFormat {
    /// An archive of the files, without history.
    CodeZip,
    /// A reference to a full clone with its history, which only CodeBuild actions can follow.
    CodeBuildCloneRef,
}

impl OutputArtifactFormat {
    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CodeZip => "CODE_ZIP",
            Self::CodeBuildCloneRef => "CODEBUILD_CLONE_REF",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trigger {
    Event,
    Poll,
    None,
}

impl CodeCommitSource {
    /// The branch `main` of a repository, by its name or handle.
    pub fn new(repository: impl Into<SourceRepository>, output: &Artifact) -> Self {
        Self {
            repository: repository.into(),
            branch: "main".into(),
            output: output.clone(),
            trigger: Trigger::Event,
            format: None,
            encryption_key: None,
        }
    }

    /// The branch.
    pub fn branch(mut self, branch: impl Into<String>) -> Self {
        self.branch = branch.into();
        self
    }

    /// Lets CodePipeline ask for changes in place of an event rule; not possible across accounts.
    pub fn poll(mut self) -> Self {
        self.trigger = Trigger::Poll;
        self
    }

    /// Lets nothing start the pipeline by itself.
    pub fn no_trigger(mut self) -> Self {
        self.trigger = Trigger::None;
        self
    }

    /// Hands on a reference to a full clone with its history, which only CodeBuild actions can follow; the role of their
    /// project is allowed `codecommit:GitPull`. Builds of other accounts than the repository's cannot follow it.
    pub fn full_clone(mut self) -> Self {
        self.format = Some(OutputArtifactFormat::CodeBuildCloneRef);
        self
    }

    /// What the output is, written down: an archive, which it is anyway, or what [`full_clone`](Self::full_clone) hands on.
    pub fn output_artifact_format(mut self, format: OutputArtifactFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// The key that encrypts the repository, if it is a customer-managed one: by its ARN. Without it, the action may use the
    /// key of a repository in the app that stands in its stack, has an alias, or is named by a literal ARN.
    pub fn encryption_key(mut self, key: impl Into<Value<kind::Arn>>) -> Self {
        self.encryption_key = Some(key.into());
        self
    }

    fn is_clone(&self) -> bool {
        self.format == Some(OutputArtifactFormat::CodeBuildCloneRef)
    }

    fn arn(&self, cx: &ActionCx<'_>) -> Value<kind::Arn> {
        match (self.repository.node, self.repository.name.literal()) {
            (Some(node), _) => RepositoryRef::from(node).arn(),
            (None, Some(name)) => cx.arn("codecommit", name).into(),
            (None, None) => construct_core::text!("{}{}", cx.arn("codecommit", ""), &self.repository.name).cast(),
        }
    }
}

impl Provider for CodeCommitSource {
    fn spec(&self) -> ProviderSpec {
        let spec = ProviderSpec::new(Category::Source, Owner::Aws, "CodeCommit")
            .output(&self.output)
            .output_count(1..=1)
            .reads_outputs();
        match self.repository.node {
            Some(node) => spec.acts_on(node),
            None => spec,
        }
    }

    fn trigger(&self, cx: &ActionCx<'_>) -> Option<EventPattern> {
        (self.trigger == Trigger::Event).then(|| {
            EventPattern::new("aws.codecommit", "CodeCommit Repository State Change")
                .resource(self.arn(cx))
                .detail("event", ["referenceCreated", "referenceUpdated"])
                .detail("referenceType", ["branch"])
                .detail("referenceName", [self.branch.clone()])
        })
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new()
            .set("RepositoryName", &self.repository.name)
            .set("BranchName", self.branch.clone())
            .set("PollForSourceChanges", if self.trigger == Trigger::Poll { "true" } else { "false" })
            .opt("OutputArtifactFormat", self.format.map(OutputArtifactFormat::as_str))
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let mut actions = vec![
            "codecommit:CancelUploadArchive",
            "codecommit:GetBranch",
            "codecommit:GetCommit",
            "codecommit:GetUploadArchiveStatus",
            "codecommit:UploadArchive",
        ];
        if self.is_clone() {
            actions.push("codecommit:GetRepository");
        }
        policy.push(PolicyStatement::allow(actions).on([self.arn(cx)]));
        if let Some(key) = &self.encryption_key {
            policy.push(READS.of(key));
        }
    }

    fn prepare(&self, performer: Option<RoleRef>, scope: &mut Scope<'_>) {
        if let Some(role) = performer {
            READS.grant(self.encryption_key.as_ref(), self.repository.node, role, scope);
        }
    }

    fn reader_permissions(&self, cx: &ActionCx<'_>) -> Vec<PolicyStatement> {
        if !self.is_clone() {
            return Vec::new();
        }
        let key = match &self.encryption_key {
            Some(key) => Some(READS.of(key)),
            None => self.repository.node.and_then(|node| READS.of_default(node, cx.view())),
        };
        let pull = PolicyStatement::allow(["codecommit:GitPull"]).on([self.arn(cx)]);
        [pull].into_iter().chain(key).collect()
    }

    fn validate(&self, cx: &ActionCx<'_>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        if self.branch.is_empty() {
            found.push(
                Diagnostic::error("codecommit::empty-branch", "the branch has no name")
                    .help("name it with `.branch(\"main\")`"),
            );
        }
        if let Some(name) = self.repository.name.literal() {
            // https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html
            let shape = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
            if name.is_empty() || name.len() > 100 || !shape || name.ends_with(".git") {
                found.push(
                    Diagnostic::error(
                        "codecommit::malformed-repository-name",
                        format!("`{}` is no name of a repository", name.escape_debug()),
                    )
                    .help("repository names have 1 to 100 letters, digits and `._-`, and do not end in `.git`"),
                );
            }
        }
        if self.trigger == Trigger::Poll && cx.is_foreign() {
            found.push(
                Diagnostic::error(
                    "codecommit::poll-across-accounts",
                    "a repository of another account cannot be polled",
                )
                .help("leave `.poll()` out: the event is forwarded between the accounts"),
            );
        }
        found
    }
}
