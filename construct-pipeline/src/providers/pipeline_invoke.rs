//! Another pipeline, started by this one.
//!
//! Codes: `pipeline-invoke::itself`, `pipeline-invoke::malformed-name`.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-PipelineInvoke.html>

use construct_core::{Diagnostic, Expr, Properties, Value, kind, text};
use construct_iam::{PolicyDocument, PolicyStatement};

use crate::names;
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};
use crate::wire;

/// Starts another pipeline, without waiting for its end; pipelines of type V2 only.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let next = Action::new(
///     "Next",
///     PipelineInvoke::new("orders-production")
///         .variable("Commit", "#{source.CommitId}")
///         .source_revision("Source", RevisionType::CommitId, "#{source.CommitId}"),
/// );
/// ```
///
/// It has no variables.
#[doc(alias = "PipelineInvokeAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct PipelineInvoke {
    pipeline: Value<kind::Name>,
    variables: Vec<[String; 2]>,
    revisions: Vec<[String; 3]>,
}

/// What names a version of a source.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_SourceRevisionOverride.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevisionType {
    /// The id of a commit.
    CommitId,
    /// The digest of an image.
    ImageDigest,
    /// The version of an object of S3.
    S3ObjectVersionId,
    /// The key of an object of S3.
    S3ObjectKey,
}

impl RevisionType {
    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CommitId => "COMMIT_ID",
            Self::ImageDigest => "IMAGE_DIGEST",
            Self::S3ObjectVersionId => "S3_OBJECT_VERSION_ID",
            Self::S3ObjectKey => "S3_OBJECT_KEY",
        }
    }
}

impl PipelineInvoke {
    /// A pipeline by its name, in the account and region in which the action runs.
    pub fn new(pipeline_name: impl Into<Value<kind::Name>>) -> Self {
        Self { pipeline: pipeline_name.into(), variables: Vec::new(), revisions: Vec::new() }
    }

    /// Sets a variable of that pipeline.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.push([name.into(), value.into()]);
        self
    }

    /// Says which version an action of that pipeline takes as its source.
    pub fn source_revision(
        mut self,
        action_name: impl Into<String>,
        revision_type: RevisionType,
        value: impl Into<String>,
    ) -> Self {
        self.revisions.push([action_name.into(), revision_type.as_str().to_owned(), value.into()]);
        self
    }
}

/// A list of objects as the text of its JSON.
fn objects<const N: usize>(keys: [&'static str; N], objects: &[[String; N]]) -> Option<Value<kind::Text>> {
    let object = |values: &[String; N]| {
        keys.into_iter().zip(values).fold(Properties::new(), |object, (key, value)| object.set(key, value.clone()))
    };
    (!objects.is_empty()).then(|| wire::json_text(&Expr::list(objects.iter().map(object))))
}

impl Provider for PipelineInvoke {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Invoke, Owner::Aws, "CodePipeline").v2_only()
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new()
            .set("PipelineName", &self.pipeline)
            .opt("Variables", objects(["name", "value"], &self.variables))
            .opt("SourceRevisions", objects(["actionName", "revisionType", "revisionValue"], &self.revisions))
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let pipeline = text!("{}{}", cx.arn("codepipeline", ""), &self.pipeline);
        policy.push(PolicyStatement::allow(["codepipeline:StartPipelineExecution"]).on([pipeline]));
    }

    fn validate(&self, cx: &ActionCx<'_>) -> Vec<Diagnostic> {
        let name = self.pipeline.literal().filter(|name| !name.contains("#{"));
        let itself = name.filter(|name| *name == cx.pipeline() && cx.env() == cx.home()).map(|_| {
            Diagnostic::warning("pipeline-invoke::itself", "the pipeline starts itself, again and again")
                .help("name another pipeline")
        });
        let malformed = name.filter(|name| !names::is_pipeline_name(name)).map(|name| {
            let message = format!("`{}` is no name of a pipeline", name.escape_debug());
            Diagnostic::error("pipeline-invoke::malformed-name", message)
                .help("names have 1 to 100 letters, digits and `.@-_`")
        });
        itself.into_iter().chain(malformed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::custom::testing::{ask, text_of};
    use super::*;

    #[test]
    fn another_pipeline_is_started_with_what_it_is_told() {
        let invoke = PipelineInvoke::new("orders-production").variable("Commit", "#{source.CommitId}").source_revision(
            "Source",
            RevisionType::CommitId,
            "abc",
        );
        let asked = ask(&invoke);
        let told = ["PipelineName", "Variables", "SourceRevisions"].map(|key| text_of(&asked.configuration, key));
        let revision = r#"[{"actionName":"Source","revisionType":"COMMIT_ID","revisionValue":"abc"}]"#;
        let variables = r##"[{"name":"Commit","value":"#{source.CommitId}"}]"##;
        assert_eq!(told, [Some("orders-production"), Some(variables), Some(revision)]);
        let arn = "arn:aws:codepipeline:us-east-1:111111111111:orders-production";
        let start = PolicyStatement::allow(["codepipeline:StartPipelineExecution"]).on([arn]);
        assert_eq!(asked.policy, PolicyDocument::new().with(start));
        assert_eq!(asked.codes, [""; 0]);
    }

    #[test]
    fn what_codepipeline_refuses_is_found() {
        assert_eq!(ask(&PipelineInvoke::new("orders/production")).codes, ["pipeline-invoke::malformed-name"]);
        assert_eq!(ask(&PipelineInvoke::new("pipeline")).codes, ["pipeline-invoke::itself"]);
    }
}
