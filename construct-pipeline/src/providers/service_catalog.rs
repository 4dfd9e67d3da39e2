//! New versions of products of AWS Service Catalog.
//!
//! Codes: `service-catalog::malformed-path`, `service-catalog::malformed-product`, `service-catalog::unused-description`.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ServiceCatalog.html>

use construct_core::{Diagnostic, Properties, Value, kind, text};
use construct_iam::{PolicyDocument, PolicyStatement};

use crate::artifact::ArtifactFile;
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};

/// Adds a version to a product of the catalog that exists: a template of CloudFormation in an artifact.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let bundle = Artifact::new("Bundle");
/// let product = "prod-abcdefghijklm";
/// let add = Action::new(
///     "Add",
///     ServiceCatalogDeploy::new(product, "#{source.CommitId}", bundle.file("bucket.yaml"))
///         .product_version_description("a bucket for a team"),
/// )
/// .account("333333333333");
/// // The file names the version and the template.
/// let add = Action::new("Add", ServiceCatalogDeploy::file(product, bundle.file("version.json")));
/// ```
///
/// It has no variables.
#[doc(alias = "ServiceCatalogDeployActionBeta1")]
#[derive(Clone, Debug)]
#[must_use]
pub struct ServiceCatalogDeploy {
    product: Value<kind::Text>,
    form: Form,
    description: Option<String>,
}

#[derive(Clone, Debug)]
enum Form {
    Template { version: String, template: ArtifactFile },
    File(ArtifactFile),
}

impl Form {
    fn file(&self) -> &ArtifactFile {
        match self {
            Self::Template { template: file, .. } | Self::File(file) => file,
        }
    }
}

impl ServiceCatalogDeploy {
    /// A template as a version of a product, by the product's id, as in `prod-abcdefghijklm`, in the account and region in
    /// which the action runs. Products that are shared with it take no versions there.
    #[doc(alias("templatePath", "TemplateFilePath"))]
    pub fn new(
        product_id: impl Into<Value<kind::Text>>,
        product_version_name: impl Into<String>,
        template: ArtifactFile,
    ) -> Self {
        let form = Form::Template { version: product_version_name.into(), template };
        Self { product: product_id.into(), form, description: None }
    }

    /// What a file of the artifact says: the name, type and template of the version.
    /// <https://docs.aws.amazon.com/codepipeline/latest/userguide/tutorials-S3-servicecatalog.html>
    #[doc(alias = "ConfigurationFilePath")]
    pub fn file(product_id: impl Into<Value<kind::Text>>, file: ArtifactFile) -> Self {
        Self { product: product_id.into(), form: Form::File(file), description: None }
    }

    /// What is said of the version. A [`file`](Self::file) says it itself.
    pub fn product_version_description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }
}

impl Provider for ServiceCatalogDeploy {
    fn spec(&self) -> ProviderSpec {
        let spec = ProviderSpec::new(Category::Deploy, Owner::Aws, "ServiceCatalog");
        spec.input(self.form.file().artifact()).input_count(1..=1)
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        let configuration = match &self.form {
            Form::Template { version, template } => Properties::new()
                .set("TemplateFilePath", template.path().to_owned())
                .set("ProductVersionName", version.clone())
                .set("ProductType", "CLOUD_FORMATION_TEMPLATE")
                .opt("ProductVersionDescription", self.description.clone()),
            Form::File(file) => Properties::new().set("ConfigurationFilePath", file.path().to_owned()),
        };
        configuration.set("ProductId", &self.product)
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let calls = [
            "servicecatalog:CreateProvisioningArtifact",
            "servicecatalog:DeleteProvisioningArtifact",
            "servicecatalog:DescribeProvisioningArtifact",
            "servicecatalog:ListProvisioningArtifacts",
            "servicecatalog:UpdateProduct",
        ];
        let product = text!("{}/{}", cx.arn("catalog", "product"), &self.product);
        policy.push(PolicyStatement::allow(calls).on([product]));
        // It knows no resources.
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
        policy.push(PolicyStatement::allow(["cloudformation:ValidateTemplate"]).on(["*"]));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        let product = self.product.literal().filter(|id| !id.contains("#{") && !is_product(id)).map(|id| {
            let message = format!("`{}` is no id of a product", id.escape_debug());
            Diagnostic::error("service-catalog::malformed-product", message)
                .help("use the id that Service Catalog has given to it, as in `prod-abcdefghijklm`")
        });
        let unused = match (&self.form, &self.description) {
            (Form::File(_), Some(_)) => {
                let message = "the file says itself what is said of the version";
                let help = "write the description into the file, and leave `.product_version_description(…)` out";
                Some(Diagnostic::error("service-catalog::unused-description", message).help(help))
            }
            _ => None,
        };
        // AWS shows paths of both kinds, as in `/S3_template.json`.
        let file = self.form.file();
        let path = file.path();
        let file = file.artifact().file(path.strip_prefix('/').unwrap_or(path));
        let path = file.problem("service-catalog::malformed-path");
        product.into_iter().chain(unused).chain(path).collect()
    }
}

/// <https://docs.aws.amazon.com/servicecatalog/latest/dg/API_CreateProvisioningArtifact.html>
fn is_product(id: &str) -> bool {
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    (1..=100).contains(&id.len()) && id.bytes().all(is_sound) && !id.starts_with(['_', '-'])
}

#[cfg(test)]
mod tests {
    use super::super::custom::testing::{ask, text_of};
    use super::*;
    use crate::artifact::Artifact;

    const PRODUCT: &str = "prod-abcdefghijklm";

    fn version(product: &str, path: &str) -> ServiceCatalogDeploy {
        ServiceCatalogDeploy::new(product, "v7", Artifact::new("Bundle").file(path))
    }

    #[test]
    fn a_version_is_a_template_with_a_name() {
        let asked = ask(&version(PRODUCT, "bucket.yaml").product_version_description("a bucket"));
        let keys = ["TemplateFilePath", "ProductVersionName", "ProductType", "ProductVersionDescription", "ProductId"];
        let values = keys.map(|key| text_of(&asked.configuration, key).expect("a text"));
        assert_eq!(values, ["bucket.yaml", "v7", "CLOUD_FORMATION_TEMPLATE", "a bucket", PRODUCT]);
        let product = "arn:aws:catalog:us-east-1:111111111111:product/prod-abcdefghijklm";
        assert!(asked.policy.statements().any(|one| format!("{one:?}").contains(product)), "{asked:?}");
        assert_eq!(asked.codes, [""; 0]);
    }

    #[test]
    fn a_file_says_all_but_the_product() {
        let file = || ServiceCatalogDeploy::file(PRODUCT, Artifact::new("Bundle").file("version.json"));
        let asked = ask(&file());
        let values = ["ConfigurationFilePath", "ProductId"].map(|key| text_of(&asked.configuration, key));
        assert_eq!(values.map(Option::unwrap), ["version.json", PRODUCT]);
        assert_eq!(text_of(&asked.configuration, "ProductType"), None);
        assert_eq!(asked.codes, [""; 0]);
        let described = ask(&file().product_version_description("a bucket"));
        assert_eq!(described.codes, ["service-catalog::unused-description"]);
    }

    #[test]
    fn what_service_catalog_refuses_is_found() {
        for product in ["", "-prod", "prod/abc", &"x".repeat(101)] {
            assert_eq!(ask(&version(product, "a.yaml")).codes, ["service-catalog::malformed-product"], "{product}");
        }
        assert_eq!(ask(&version("#{variables.Product}", "/a.yaml")).codes, [""; 0]);
        for path in ["", "/", "//a.yaml", "Bundle::a.yaml"] {
            assert_eq!(ask(&version(PRODUCT, path)).codes, ["service-catalog::malformed-path"], "{path}");
        }
    }
}
