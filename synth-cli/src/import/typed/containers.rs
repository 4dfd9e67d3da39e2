//! Images, and the services of Amazon ECS that run them.

use construct_pipeline::prelude::*;

use super::super::layout::Chain;
use super::super::words::literal;
use super::{Action, Typed};

impl Action<'_, '_, '_> {
    pub(super) fn ecs(&mut self) -> Option<Typed> {
        let (input, artifact) = self.artifacts("inputArtifacts").into_iter().next()?;
        let (cluster, service) = (self.take("ClusterName")?, self.take("ServiceName")?);
        let words =
            [self.program.text(&cluster, "CLUSTER"), self.program.text(&service, "SERVICE"), format!("&{input}")];
        let mut provider = EcsDeploy::new(cluster, service, &artifact);
        let mut chain = Chain::new("EcsDeploy::new", words);
        if let Some(path) = self.take("FileName") {
            call!(provider, chain.file_name(path.clone() => literal(&path)));
        }
        if let Some(minutes) = self.take("DeploymentTimeout") {
            let minutes: u32 = minutes.parse().ok()?;
            call!(provider, chain.deployment_timeout(minutes => minutes.to_string()));
        }
        Self::done(chain, provider)
    }

    pub(super) fn blue_green(&mut self) -> Option<Typed> {
        let (application, group) = (self.take("ApplicationName")?, self.take("DeploymentGroupName")?);
        let (definition_text, definition) = self.template_file("TaskDefinition")?;
        let (spec_text, spec) = self.template_file("AppSpec")?;
        let application_text = self.program.text(&application, "APPLICATION");
        let words = [application_text, self.program.text(&group, "DEPLOYMENT_GROUP"), definition_text, spec_text];
        let mut provider = CodeDeployEcsDeploy::new(application, group, definition, spec);
        let mut chain = Chain::new("CodeDeployEcsDeploy::new", words);
        let inputs = self.artifacts("inputArtifacts");
        for n in 1..=4 {
            let Some(name) = self.take(&format!("Image{n}ArtifactName")) else { break };
            let placeholder = self.take(&format!("Image{n}ContainerName"))?;
            let (input, artifact) = inputs.iter().find(|(_, artifact)| artifact.name() == name)?;
            call!(provider, chain.image(artifact => format!("&{input}"), placeholder.clone() => literal(&placeholder)));
        }
        Self::done(chain, provider)
    }

    /// A file whose artifact and path are two keys.
    fn template_file(&mut self, what: &str) -> Option<(String, ArtifactFile)> {
        let artifact = self.take(&format!("{what}TemplateArtifact"))?;
        let path = self.take(&format!("{what}TemplatePath"))?;
        self.file(&format!("{artifact}::{path}"))
    }

    pub(super) fn ecr_build(&mut self) -> Option<Typed> {
        let (input, artifact) = self.artifacts("inputArtifacts").into_iter().next()?;
        let repository = self.take("ECRRepositoryName")?;
        let words = [self.program.text(&repository, "REPOSITORY"), format!("&{input}")];
        let mut provider = EcrBuildAndPublish::new(repository, &artifact);
        let mut chain = Chain::new("EcrBuildAndPublish::new", words);
        if let Some(folder) = self.take("DockerFilePath") {
            call!(provider, chain.dockerfile_directory(folder.clone() => literal(&folder)));
        }
        for tag in self.take("ImageTags").iter().flat_map(|tags| tags.split(',')) {
            call!(provider, chain.image_tag(tag => literal(tag)));
        }
        if self.configuration.get("RegistryType").is_some_and(|registry| registry == "public") {
            self.configuration.remove("RegistryType");
            call!(provider, chain.public_registry());
        }
        Self::done(chain, provider)
    }
}
