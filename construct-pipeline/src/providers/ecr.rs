//! An image of Amazon ECR as a source.
//!
//! Codes: `ecr::malformed-image-tag`, `ecr::malformed-repository-name`.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECR.html>

use construct_core::{Diagnostic, Properties};
use construct_iam::{PolicyDocument, PolicyStatement};

use crate::artifact::Artifact;
use crate::provider::{ActionCx, Category, EventPattern, Owner, Provider, ProviderSpec};

/// A tag of a private repository. A push of that tag starts the pipeline, through an event rule.
///
/// The output holds `imageDetail.json` with the image's address, not the image.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let image = Artifact::new("Image");
/// let base = Action::new("BaseImage", EcrSource::new("base/rust", &image).image_tag("stable"));
/// ```
///
/// Its variables: `RegistryId`, `RepositoryName`, `ImageTag`, `ImageDigest`, `ImageURI`.
#[doc(alias = "EcrSourceAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct EcrSource {
    repository: String,
    tag: String,
    output: Artifact,
    trigger: bool,
}

impl EcrSource {
    /// The tag `latest` of a repository in the account and region in which the action runs.
    pub fn new(repository_name: impl Into<String>, output: &Artifact) -> Self {
        Self { repository: repository_name.into(), tag: "latest".into(), output: output.clone(), trigger: true }
    }

    /// The tag: 1 to 128 letters, digits, `_`, `.` and `-`.
    pub fn image_tag(mut self, tag: impl Into<String>) -> Self {
        self.tag = tag.into();
        self
    }

    /// Lets nothing start the pipeline by itself; this action never polls.
    pub fn no_trigger(mut self) -> Self {
        self.trigger = false;
        self
    }
}

impl Provider for EcrSource {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Source, Owner::Aws, "ECR").output(&self.output).output_count(1..=1)
    }

    fn trigger(&self, _: &ActionCx<'_>) -> Option<EventPattern> {
        // https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
        self.trigger.then(|| {
            EventPattern::new("aws.ecr", "ECR Image Action")
                .detail("action-type", ["PUSH"])
                .detail("result", ["SUCCESS"])
                .detail("repository-name", [self.repository.clone()])
                .detail("image-tag", [self.tag.clone()])
        })
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new().set("RepositoryName", self.repository.clone()).set("ImageTag", self.tag.clone())
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let repository = cx.arn("ecr", format!("repository/{}", self.repository));
        policy.push(PolicyStatement::allow(["ecr:DescribeImages"]).on([repository]));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        malformed_repository_name(&self.repository).into_iter().chain(malformed_tag(&self.tag)).collect()
    }
}

pub(super) fn malformed_repository_name(name: &str) -> Option<Diagnostic> {
    let message = || format!("`{}` is no name of a repository", name.escape_debug());
    let help =
        "write the name without the registry: 2 to 256 lower-case letters, digits and `._-`, parts joined by `/`";
    let is_wrong = !is_repository_name(name);
    is_wrong.then(|| Diagnostic::error("ecr::malformed-repository-name", message()).help(help))
}

pub(super) fn malformed_tag(tag: &str) -> Option<Diagnostic> {
    let shape = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let is_sound = (1..=128).contains(&tag.len()) && tag.bytes().all(shape) && !tag.starts_with(['.', '-']);
    let message = || format!("`{}` is no tag", tag.escape_debug());
    let help = "tags have 1 to 128 letters, digits, `_`, `.` and `-`, and begin with neither `.` nor `-`";
    (!is_sound).then(|| Diagnostic::error("ecr::malformed-image-tag", message()).help(help))
}

/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html>
fn is_repository_name(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let part = |part: &str| {
        let bytes = part.as_bytes();
        bytes.iter().all(|&byte| word(byte) || b"._-".contains(&byte))
            && bytes.first().is_some_and(|&byte| word(byte))
            && bytes.last().is_some_and(|&byte| word(byte))
    };
    (2..=256).contains(&name.len()) && name.split('/').all(part)
}

#[cfg(test)]
mod tests {
    use super::super::custom::testing::{ask, text_of};
    use super::*;

    #[test]
    fn a_push_of_the_tag_starts_the_pipeline() {
        let source = EcrSource::new("base/rust", &Artifact::new("Image")).image_tag("stable");
        let asked = ask(&source);
        assert_eq!(text_of(&asked.configuration, "RepositoryName"), Some("base/rust"));
        assert_eq!(text_of(&asked.configuration, "ImageTag"), Some("stable"));
        let pattern = EventPattern::new("aws.ecr", "ECR Image Action")
            .detail("action-type", ["PUSH"])
            .detail("result", ["SUCCESS"])
            .detail("repository-name", ["base/rust"])
            .detail("image-tag", ["stable"]);
        assert_eq!(asked.trigger, Some(pattern));
        let arn = "arn:aws:ecr:us-east-1:111111111111:repository/base/rust";
        assert_eq!(asked.policy, PolicyDocument::new().with(PolicyStatement::allow(["ecr:DescribeImages"]).on([arn])));
        assert_eq!(asked.codes, [""; 0]);
        assert_eq!(ask(&source.no_trigger()).trigger, None);
    }

    #[test]
    fn names_that_ecr_refuses_are_found() {
        let found = |name: &str, tag: &str| ask(&EcrSource::new(name, &Artifact::new("Image")).image_tag(tag)).codes;
        for name in ["a", "Base", "base//rust", "-base", "base_", "111111111111.dkr.ecr.us-east-1.amazonaws.com/x:y"] {
            assert_eq!(found(name, "latest"), ["ecr::malformed-repository-name"], "{name}");
        }
        for tag in ["", ".hidden", "a b", &"x".repeat(129)] {
            assert_eq!(found("base", tag), ["ecr::malformed-image-tag"], "{tag}");
        }
    }
}
