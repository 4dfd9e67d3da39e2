//! Scans for vulnerabilities by Amazon Inspector.
//!
//! Codes: `inspector::unused-image-tag`, and those of names of repositories and tags.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-InspectorScan.html>

use construct_core::{Diagnostic, Properties};
use construct_iam::{PolicyDocument, PolicyStatement};

use super::commands::log_statement;
use super::ecr::{malformed_repository_name, malformed_tag};
use crate::artifact::Artifact;
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};

/// Scans source code or an image, and fails where there are more vulnerabilities than it may find. What it finds is written as
/// a bill of materials. China's regions do not offer this action.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let (source, code, image) = (Artifact::new("Source"), Artifact::new("CodeBill"), Artifact::new("ImageBill"));
/// let of_code =
///     Action::new("Code", InspectorScan::source_code(&source, &code).critical_threshold(0).high_threshold(10));
/// let of_image = Action::new("Image", InspectorScan::ecr_image("shop/orders", &image).image_tag("release"));
/// ```
///
/// Its variable: `HighestScannedSeverity`.
#[doc(alias("InspectorSourceCodeScanAction", "InspectorEcrImageScanAction"))]
#[derive(Clone, Debug)]
#[must_use]
pub struct InspectorScan {
    scanned: Scanned,
    tag: Option<String>,
    output: Artifact,
    thresholds: Vec<(&'static str, u32)>,
}

#[derive(Clone, Debug)]
enum Scanned {
    Code(Artifact),
    Image { repository: String },
}

impl InspectorScan {
    /// Scans an artifact with source code, and writes the bill of materials to another.
    pub fn source_code(input: &Artifact, output: &Artifact) -> Self {
        Self::of(Scanned::Code(input.clone()), output)
    }

    /// Scans an image of a repository, by its name, in the account and region in which the action runs.
    pub fn ecr_image(repository_name: impl Into<String>, output: &Artifact) -> Self {
        Self::of(Scanned::Image { repository: repository_name.into() }, output)
    }

    fn of(scanned: Scanned, output: &Artifact) -> Self {
        Self { scanned, tag: None, output: output.clone(), thresholds: Vec::new() }
    }

    /// The tag of the image, `latest` by default: 1 to 128 letters, digits, `_`, `.` and `-`.
    pub fn image_tag(mut self, image_tag: impl Into<String>) -> Self {
        self.tag = Some(image_tag.into());
        self
    }

    /// Fails where there are more critical vulnerabilities.
    pub fn critical_threshold(self, most: u32) -> Self {
        self.threshold("CriticalThreshold", most)
    }

    /// Fails where there are more vulnerabilities of high severity.
    pub fn high_threshold(self, most: u32) -> Self {
        self.threshold("HighThreshold", most)
    }

    /// Fails where there are more vulnerabilities of medium severity.
    pub fn medium_threshold(self, most: u32) -> Self {
        self.threshold("MediumThreshold", most)
    }

    /// Fails where there are more vulnerabilities of low severity.
    pub fn low_threshold(self, most: u32) -> Self {
        self.threshold("LowThreshold", most)
    }

    fn threshold(mut self, key: &'static str, most: u32) -> Self {
        self.thresholds.retain(|(known, _)| *known != key);
        self.thresholds.push((key, most));
        self
    }
}

impl Provider for InspectorScan {
    fn spec(&self) -> ProviderSpec {
        let input = match &self.scanned {
            Scanned::Code(input) => Some(input),
            Scanned::Image { .. } => None,
        };
        ProviderSpec::new(Category::Invoke, Owner::Aws, "InspectorScan")
            .inputs(input)
            .input_count(0..=1)
            .output(&self.output)
            .output_count(1..=1)
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        let configuration = match self.scanned.clone() {
            Scanned::Code(_) => Properties::new().set("InspectorRunMode", "SourceCodeScan"),
            Scanned::Image { repository } => Properties::new()
                .set("InspectorRunMode", "ECRImageScan")
                .set("ECRRepositoryName", repository)
                .opt("ImageTag", self.tag.clone()),
        };
        let thresholds = self.thresholds.iter();
        thresholds.fold(configuration, |configuration, (key, most)| configuration.set(*key, most.to_string()))
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        policy.push(PolicyStatement::allow(["inspector-scan:ScanSbom"]).on(["*"]));
        if let Scanned::Image { repository } = &self.scanned {
            let pulls = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
            let repository = cx.arn("ecr", format!("repository/{repository}"));
            policy.push(PolicyStatement::allow(pulls).on([repository]));
            policy.push(PolicyStatement::allow(["ecr:GetAuthorizationToken"]).on(["*"]));
        }
        policy.push(log_statement(cx.env(), cx.pipeline()));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        match &self.scanned {
            Scanned::Code(_) => {
                let unused = self.tag.as_ref().map(|tag| {
                    let message = format!("source code has no tag `{}`", tag.escape_debug());
                    let help = "leave `.image_tag(…)` out, or scan an image with `InspectorScan::ecr_image`";
                    Diagnostic::error("inspector::unused-image-tag", message).help(help)
                });
                unused.into_iter().collect()
            }
            Scanned::Image { repository } => {
                let tag = self.tag.as_deref().filter(|tag| !tag.contains("#{"));
                malformed_repository_name(repository).into_iter().chain(tag.and_then(malformed_tag)).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::custom::testing::{ask, text_of};
    use super::*;

    fn bill() -> Artifact {
        Artifact::new("Bill")
    }

    #[test]
    fn code_is_read_and_a_bill_is_written() {
        let scan = InspectorScan::source_code(&Artifact::new("Source"), &bill());
        let scan = scan.critical_threshold(3).high_threshold(10).critical_threshold(0);
        let spec = scan.spec();
        assert_eq!((&spec.inputs[..], &spec.outputs[..]), (&[Artifact::new("Source")][..], &[bill()][..]));
        let asked = ask(&scan);
        let keys = ["InspectorRunMode", "CriticalThreshold", "HighThreshold"];
        let values = keys.map(|key| text_of(&asked.configuration, key).expect("a text"));
        assert_eq!(values, ["SourceCodeScan", "0", "10"]);
        assert_eq!(text_of(&asked.configuration, "ImageTag"), None);
        assert!(!asked.policy.statements().any(|one| format!("{one:?}").contains("ecr:")), "{asked:?}");
    }

    #[test]
    fn an_image_is_pulled() {
        let asked =
            ask(&InspectorScan::ecr_image("shop/orders", &bill()).image_tag("7").low_threshold(1).medium_threshold(2));
        let keys = ["InspectorRunMode", "ECRRepositoryName", "ImageTag", "LowThreshold", "MediumThreshold"];
        let values = keys.map(|key| text_of(&asked.configuration, key).expect("a text"));
        assert_eq!(values, ["ECRImageScan", "shop/orders", "7", "1", "2"]);
        let repository = "arn:aws:ecr:us-east-1:111111111111:repository/shop/orders";
        let pulls = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
        let pulls = PolicyStatement::allow(pulls).on([repository]);
        assert!(asked.policy.statements().any(|one| *one == pulls), "{asked:?}");
        assert_eq!(asked.codes, [""; 0]);
    }

    #[test]
    fn what_is_refused_is_found() {
        let code = InspectorScan::source_code(&Artifact::new("Source"), &bill());
        assert_eq!(ask(&code.image_tag("7")).codes, ["inspector::unused-image-tag"]);
        let codes =
            |repository: &str, tag: &str| ask(&InspectorScan::ecr_image(repository, &bill()).image_tag(tag)).codes;
        assert_eq!(codes("Shop", "7"), ["ecr::malformed-repository-name"]);
        assert_eq!(codes("shop", "a b"), ["ecr::malformed-image-tag"]);
        assert_eq!(codes("shop", "#{source.CommitId}"), [""; 0]);
    }
}
