//! Another pipeline, started by this one.
//!
//! Codes: `pipeline-invoke::malformed-name`, `pipeline-invoke::malformed-variable`; what can only be told from the app stands in
//! [`check::invocations`](crate::check).
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-PipelineInvoke.html>

use construct_core::{Diagnostic, Expr, NodeId, Properties, Value, kind, text};
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
    pipeline: InvokedPipeline,
    variables: Vec<[String; 2]>,
    revisions: Vec<[String; 3]>,
}

/// A pipeline that is started: one of the tree, by its handle, or one by its name.
#[derive(Clone, Debug)]
pub struct InvokedPipeline {
    name: Value<kind::Name>,
    node: Option<NodeId>,
}

impl From<&str> for InvokedPipeline {
    fn from(name: &str) -> Self {
        Self { name: name.into(), node: None }
    }
}

impl From<String> for InvokedPipeline {
    fn from(name: String) -> Self {
        Self { name: name.into(), node: None }
    }
}

impl From<Value<kind::Name>> for InvokedPipeline {
    fn from(name: Value<kind::Name>) -> Self {
        Self { name, node: None }
    }
}

impl InvokedPipeline {
    /// The pipeline at a node of the tree.
    pub(crate) fn placed(name: Value<kind::Name>, node: NodeId) -> Self {
        Self { name, node: Some(node) }
    }
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
    /// A pipeline by its handle: the action runs where that pipeline stands, in whichever account and region. Or one by its
    /// name, in the account and region in which the action runs.
    pub fn new(pipeline: impl Into<InvokedPipeline>) -> Self {
        Self { pipeline: pipeline.into(), variables: Vec::new(), revisions: Vec::new() }
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

/// Whether a variable of a pipeline can have this name.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineVariable.html>
fn is_variable(name: &str) -> bool {
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"@_-".contains(&byte);
    (1..=128).contains(&name.len()) && name.bytes().all(is_sound)
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
        let spec = ProviderSpec::new(Category::Invoke, Owner::Aws, "CodePipeline").v2_only();
        match self.pipeline.node {
            Some(node) => spec.acts_on(node),
            None => spec,
        }
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new()
            .set("PipelineName", &self.pipeline.name)
            .opt("Variables", objects(["name", "value"], &self.variables))
            .opt("SourceRevisions", objects(["actionName", "revisionType", "revisionValue"], &self.revisions))
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let pipeline = text!("{}{}", cx.arn("codepipeline", ""), &self.pipeline.name);
        policy.push(PolicyStatement::allow(["codepipeline:StartPipelineExecution"]).on([pipeline]));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        let name = self.pipeline.name.literal().filter(|name| !name.contains("#{"));
        let malformed = name.filter(|name| !names::is_pipeline_name(name)).map(|name| {
            let message = format!("`{}` is no name of a pipeline", name.escape_debug());
            Diagnostic::error("pipeline-invoke::malformed-name", message)
                .help("names have 1 to 100 letters, digits and `.@-_`")
        });
        let variables = self.variables.iter().filter(|[name, value]| !is_variable(name) || value.is_empty());
        let variables = variables.map(|[name, value]| {
            let message = match value.as_str() {
                "" => format!("the variable `{}` has no value", name.escape_debug()),
                _ => format!("`{}` is no name of a variable", name.escape_debug()),
            };
            Diagnostic::error("pipeline-invoke::malformed-variable", message)
                .help("names have 1 to 128 letters, digits and `@_-`, values at least 1 character")
        });
        malformed.into_iter().chain(variables).collect()
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
        for [name, value] in [["", "x"], ["the commit", "x"], ["#{source.Name}", "x"], ["Commit", ""]] {
            let invoke = PipelineInvoke::new("orders").variable("Stage", "test").variable(name, value);
            assert_eq!(ask(&invoke).codes, ["pipeline-invoke::malformed-variable"], "{name}={value}");
        }
    }
}
