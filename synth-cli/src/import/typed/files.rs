//! Deployments of a file of an artifact: a configuration, or the version of a product.

use construct_pipeline::prelude::*;

use super::super::layout::Chain;
use super::super::words::literal;
use super::{Action, Typed};

impl Action<'_, '_, '_> {
    pub(super) fn app_config(&mut self) -> Option<Typed> {
        let (application, environment) = (self.take("Application")?, self.take("Environment")?);
        let profile = self.take("ConfigurationProfile")?;
        let (file_text, file) = self.file_of_input("InputArtifactConfigurationPath")?;
        let words = [literal(&application), literal(&environment), literal(&profile), file_text];
        let mut provider = AppConfigDeploy::new(application, environment, profile, file);
        let mut chain = Chain::new("AppConfigDeploy::new", words);
        if let Some(strategy) = self.take("DeploymentStrategy") {
            call!(provider, chain.deployment_strategy(strategy.clone() => literal(&strategy)));
        }
        Self::done(chain, provider)
    }

    pub(super) fn service_catalog(&mut self) -> Option<Typed> {
        let product = self.take("ProductId")?;
        if let Some((file_text, file)) = self.file_of_input("ConfigurationFilePath") {
            let chain = Chain::new("ServiceCatalogDeploy::file", [literal(&product), file_text]);
            return Self::done(chain, ServiceCatalogDeploy::file(product, file));
        }
        self.take("ProductType").filter(|kind| kind == "CLOUD_FORMATION_TEMPLATE")?;
        let version = self.take("ProductVersionName")?;
        let (template_text, template) = self.file_of_input("TemplateFilePath")?;
        let mut chain = Chain::new("ServiceCatalogDeploy::new", [literal(&product), literal(&version), template_text]);
        let mut provider = ServiceCatalogDeploy::new(product, version, template);
        if let Some(text) = self.take("ProductVersionDescription") {
            call!(provider, chain.product_version_description(text.clone() => literal(&text)));
        }
        Self::done(chain, provider)
    }

    /// A file of the only input, whose path is a key.
    fn file_of_input(&mut self, key: &str) -> Option<(String, ArtifactFile)> {
        let path = self.take(key)?;
        let (input, artifact) = self.artifacts("inputArtifacts").into_iter().next()?;
        Some((format!("{input}.file({})", self.program.text(&path, "FILE")), artifact.file(path)))
    }
}
