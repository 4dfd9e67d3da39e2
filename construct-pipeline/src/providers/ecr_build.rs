//! Images built from a Dockerfile and pushed to Amazon ECR, without a build project.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECRBuildAndPublish.html>

use construct_core::{Diagnostic, Properties};
use construct_iam::{PolicyDocument, PolicyStatement};

use super::commands::log_statement;
use super::ecr::{malformed_repository_name, malformed_tag};
use crate::artifact::Artifact;
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};

/// Builds an image and pushes it to a repository that exists; pipelines of type V2 only.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let source = Artifact::new("Source");
/// let image = Action::new(
///     "Image",
///     EcrBuildAndPublish::new("shop/orders", &source).dockerfile_directory("service").image_tag("latest"),
/// )
/// .namespace("image");
/// ```
///
/// Its variables: `ECRImageDigestId`, `ECRRepositoryName`.
#[doc(alias = "EcrBuildAndPublishAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct EcrBuildAndPublish {
    repository: String,
    input: Artifact,
    directory: Option<String>,
    tags: Vec<String>,
    is_public: bool,
}

impl EcrBuildAndPublish {
    /// A private repository by its name, in the account and region in which the action runs.
    pub fn new(repository_name: impl Into<String>, input: &Artifact) -> Self {
        Self {
            repository: repository_name.into(),
            input: input.clone(),
            directory: None,
            tags: Vec::new(),
            is_public: false,
        }
    }

    /// The folder of the Dockerfile, the artifact's root by default.
    #[doc(alias("dockerfileDirectoryPath", "DockerFilePath"))]
    pub fn dockerfile_directory(mut self, path: impl Into<String>) -> Self {
        self.directory = Some(path.into());
        self
    }

    /// Adds a tag: 1 to 128 letters, digits, `_`, `.` and `-`. Without any it is `latest`.
    #[doc(alias = "imageTags")]
    pub fn image_tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Pushes to the public registry of the account in place of the private one.
    #[doc(alias = "registryType")]
    pub fn public_registry(mut self) -> Self {
        self.is_public = true;
        self
    }
}

impl Provider for EcrBuildAndPublish {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Build, Owner::Aws, "ECRBuildAndPublish")
            .input(&self.input)
            .input_count(1..=1)
            .v2_only()
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new()
            .set("ECRRepositoryName", self.repository.clone())
            .opt("DockerFilePath", self.directory.clone())
            .opt("ImageTags", (!self.tags.is_empty()).then(|| self.tags.join(",")))
            .opt("RegistryType", self.is_public.then_some("public"))
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let service = if self.is_public { "ecr-public" } else { "ecr" };
        let pushes = [
            "BatchCheckLayerAvailability",
            "CompleteLayerUpload",
            "DescribeRepositories",
            "InitiateLayerUpload",
            "PutImage",
            "UploadLayerPart",
        ];
        let pulls = (!self.is_public).then_some("GetDownloadUrlForLayer");
        let calls = pushes.into_iter().chain(pulls).map(|call| format!("{service}:{call}"));
        let repository = cx.arn(service, format!("repository/{}", self.repository));
        // Public repositories are of no region.
        let repository = if self.is_public { repository.region("") } else { repository };
        policy.push(PolicyStatement::allow(calls).on([repository]));
        let token = PolicyStatement::allow([format!("{service}:GetAuthorizationToken")]);
        let bearer = self.is_public.then_some("sts:GetServiceBearerToken");
        policy.push(token.actions(bearer).on(["*"]));
        policy.push(log_statement(cx.env(), cx.pipeline()));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        let tags = self.tags.iter().filter(|tag| !tag.contains("#{")).filter_map(|tag| malformed_tag(tag));
        malformed_repository_name(&self.repository).into_iter().chain(tags).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::custom::testing::{HOME, ask, text_of};
    use super::*;

    fn build() -> EcrBuildAndPublish {
        EcrBuildAndPublish::new("shop/orders", &Artifact::new("Source"))
    }

    #[test]
    fn an_image_goes_to_its_repository_alone() {
        let asked = ask(&build().dockerfile_directory("service").image_tag("latest").image_tag("#{source.CommitId}"));
        let keys = ["ECRRepositoryName", "DockerFilePath", "ImageTags"];
        let values = keys.map(|key| text_of(&asked.configuration, key).expect("a text"));
        assert_eq!(values, ["shop/orders", "service", "latest,#{source.CommitId}"]);
        let on: Vec<String> = asked.policy.statements().map(|one| format!("{one:?}")).collect();
        assert!(on[0].contains("arn:aws:ecr:us-east-1:111111111111:repository/shop/orders"), "{on:?}");
        assert_eq!(asked.policy.statements().last(), Some(&log_statement(HOME, "pipeline")));
        assert_eq!(asked.codes, [""; 0]);
    }

    #[test]
    fn public_repositories_have_permissions_of_their_own() {
        let asked = ask(&build().public_registry());
        assert_eq!(text_of(&asked.configuration, "RegistryType"), Some("public"));
        let token = ["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"];
        assert!(asked.policy.statements().any(|one| *one == PolicyStatement::allow(token).on(["*"])), "{asked:?}");
        let push = asked.policy.statements().next().expect("a statement");
        assert_eq!(
            push.resource_exprs().next(),
            Some(&"arn:aws:ecr-public::111111111111:repository/shop/orders".into())
        );
    }

    #[test]
    fn names_that_ecr_refuses_are_found() {
        let source = Artifact::new("Source");
        assert_eq!(ask(&EcrBuildAndPublish::new("Shop", &source)).codes, ["ecr::malformed-repository-name"]);
        assert_eq!(ask(&build().image_tag("a b")).codes, ["ecr::malformed-image-tag"]);
    }
}
