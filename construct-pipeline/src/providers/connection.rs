//! Repositories outside of AWS as a source: GitHub, GitLab, Bitbucket and Azure DevOps, through a connection.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodestarConnectionSource.html>

use construct_core::{Diagnostic, Properties, Value, kind};
use construct_iam::{Arn, PolicyDocument, PolicyStatement};

use super::OutputArtifactFormat;
use crate::artifact::Artifact;
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};

/// A branch of a repository that a connection leads to. A push starts the pipeline, without any rule: the provider tells
/// the connection.
///
/// Somebody must finish the handshake of the connection in the console once; before that nothing starts the pipeline. The
/// triggers of a pipeline of type V2 take the place of this detection.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let source = Artifact::new("Source");
/// let connection = "arn:aws:codeconnections:us-east-1:111111111111:connection/aEXAMPLE-8aad-4d5d-8878-dfcab0bc441f";
/// let checkout =
///     Action::new("Checkout", ConnectionSource::new(connection, "example/orders", &source).branch("release"));
/// ```
///
/// Its variables: `AuthorDate`, `BranchName`, `CommitId`, `CommitMessage`, `ConnectionArn`, `FullRepositoryName`.
#[doc(alias("CodeStarConnectionsSourceAction", "CodeStarSourceConnection"))]
#[derive(Clone, Debug)]
#[must_use]
pub struct ConnectionSource {
    connection: Value<kind::Arn>,
    repository: String,
    branch: String,
    output: Artifact,
    format: Option<OutputArtifactFormat>,
    detect_changes: Option<bool>,
}

impl ConnectionSource {
    /// The branch `main` of a repository, written as `owner/name` (on GitLab `group/…/name`) with the case of its letters.
    ///
    /// The connection may belong to another account that shares it through AWS Resource Access Manager.
    pub fn new(connection_arn: impl Into<Value<kind::Arn>>, repository: impl Into<String>, output: &Artifact) -> Self {
        Self {
            connection: connection_arn.into(),
            repository: repository.into(),
            branch: "main".into(),
            output: output.clone(),
            format: None,
            detect_changes: None,
        }
    }

    /// The branch.
    pub fn branch(mut self, branch: impl Into<String>) -> Self {
        self.branch = branch.into();
        self
    }

    /// Hands on a full clone with its history, which only CodeBuild actions can read. The role of their project, which
    /// follows the reference, is allowed to use the connection; of an imported role its owner is asked to.
    pub fn full_clone(mut self) -> Self {
        self.format = Some(OutputArtifactFormat::CodeBuildCloneRef);
        self
    }

    /// What the output is, written down: an archive, which it is anyway, or what [`full_clone`](Self::full_clone) hands on.
    pub fn output_artifact_format(mut self, format: OutputArtifactFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Whether a push starts the pipeline; it does when absent.
    pub fn detect_changes(mut self, detect: bool) -> Self {
        self.detect_changes = Some(detect);
        self
    }
}

impl ConnectionSource {
    fn is_clone(&self) -> bool {
        self.format == Some(OutputArtifactFormat::CodeBuildCloneRef)
    }

    fn usage(&self) -> PolicyStatement {
        // The service was renamed; which of its names is checked depends on when the connection was made.
        let actions = ["codeconnections:UseConnection", "codestar-connections:UseConnection"];
        PolicyStatement::allow(actions).on([&self.connection])
    }
}

impl Provider for ConnectionSource {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Source, Owner::Aws, "CodeStarSourceConnection")
            .output(&self.output)
            .output_count(1..=1)
            .reads_outputs()
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new()
            .set("ConnectionArn", &self.connection)
            .set("FullRepositoryId", self.repository.clone())
            .set("BranchName", self.branch.clone())
            .opt("OutputArtifactFormat", self.format.map(OutputArtifactFormat::as_str))
            .opt("DetectChanges", self.detect_changes.map(|detect| if detect { "true" } else { "false" }))
    }

    fn reader_permissions(&self, _: &ActionCx<'_>) -> Vec<PolicyStatement> {
        self.is_clone().then(|| self.usage()).into_iter().collect()
    }

    fn permissions(&self, _: &ActionCx<'_>, policy: &mut PolicyDocument) {
        policy.push(self.usage());
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        if let Some(text) = self.connection.literal()
            && !is_connection_arn(text)
        {
            found.push(
                Diagnostic::error("connection::malformed-arn", format!("`{text}` is no ARN of a connection"))
                    .help("write it as `arn:aws:codeconnections:us-east-1:111111111111:connection/…`"),
            );
        }
        if !self.repository.contains('/') || self.repository.split('/').any(str::is_empty) {
            let repository = self.repository.escape_debug();
            found.push(
                Diagnostic::error(
                    "connection::malformed-repository",
                    format!("`{repository}` is no full name of a repository"),
                )
                .help("write it as `owner/name`, without the address of the provider"),
            );
        }
        found
    }
}

fn is_connection_arn(text: &str) -> bool {
    Arn::parse(text).is_ok_and(|arn| {
        matches!(arn.service(), "codeconnections" | "codestar-connections") && arn.resource().starts_with("connection/")
    })
}

#[cfg(test)]
mod tests {
    use super::super::custom::testing::{ask, text_of};
    use super::*;

    const ARN: &str = "arn:aws:codeconnections:us-east-1:111111111111:connection/x";

    #[test]
    fn the_connection_may_be_used_under_both_names_of_its_service() {
        let source = ConnectionSource::new(ARN, "example/orders", &Artifact::new("Source"));
        let asked = ask(&source);
        assert_eq!(text_of(&asked.configuration, "BranchName"), Some("main"));
        assert_eq!(text_of(&asked.configuration, "DetectChanges"), None);
        let actions = ["codeconnections:UseConnection", "codestar-connections:UseConnection"];
        assert_eq!(asked.policy, PolicyDocument::new().with(PolicyStatement::allow(actions).on([ARN])));
        assert_eq!(asked.codes, [""; 0]);
        assert_eq!((source.spec().input_count, source.spec().output_count), (0..=0, 1..=1));
        assert!(source.spec().reads_outputs);
    }

    #[test]
    fn choices_are_written_as_text() {
        let source = ConnectionSource::new(ARN, "group/sub/orders", &Artifact::new("Source"));
        let asked = ask(&source.branch("release").full_clone().detect_changes(false));
        assert_eq!(text_of(&asked.configuration, "BranchName"), Some("release"));
        assert_eq!(text_of(&asked.configuration, "OutputArtifactFormat"), Some("CODEBUILD_CLONE_REF"));
        assert_eq!(text_of(&asked.configuration, "DetectChanges"), Some("false"));
        assert_eq!(asked.codes, [""; 0]);
    }

    #[test]
    fn what_leads_nowhere_is_found() {
        let asked = ask(&ConnectionSource::new("arn:aws:s3:::bucket", "orders", &Artifact::new("Source")));
        assert_eq!(asked.codes, ["connection::malformed-arn", "connection::malformed-repository"]);
    }
}
