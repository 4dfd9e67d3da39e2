//! Images, and the services of Amazon ECS and clusters of Amazon EKS that run them.

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

    pub(super) fn eks(&mut self) -> Option<Typed> {
        let json = self.json;
        let (input, artifact) = self.artifacts("inputArtifacts").into_iter().next()?;
        let name = self.take("ClusterName")?;
        let arn = self.arn("eks", &format!("cluster/{name}"));
        let import = Chain::new("EksCluster::import", [self.program.arn(&arn, "CLUSTER")]);
        let place = |scope: &mut Scope<'_>, id: &str| scope.add(id, EksCluster::import(arn));
        let (variable, node) = self.program.import(&name, "cluster", &import, place);
        let cluster = EksClusterRef::from(node);
        let (mut chain, mut provider) = match (self.take("ManifestFiles"), self.take("HelmReleaseName")) {
            (Some(files), None) => {
                let files: Vec<&str> = files.split(',').collect();
                let words = files.iter().map(|path| literal(path)).collect::<Vec<_>>().join(", ");
                let chain = Chain::new("EksDeploy::manifests", [variable, format!("[{words}]"), format!("&{input}")]);
                (chain, EksDeploy::manifests(cluster, files, &artifact))
            }
            (None, Some(release)) => {
                let (text, release) = self.release(release)?;
                let chain = Chain::new("EksDeploy::helm", [variable, text, format!("&{input}")]);
                (chain, EksDeploy::helm(cluster, release, &artifact))
            }
            _ => return None,
        };
        if let Some(name) = self.take("Namespace") {
            call!(provider, chain.namespace(name.clone() => literal(&name)));
        }
        for id in self.take("Subnets").iter().flat_map(|ids| ids.split(',')) {
            call!(provider, chain.subnet(id => literal(id)));
        }
        for id in self.take("SecurityGroupIds").iter().flat_map(|ids| ids.split(',')) {
            call!(provider, chain.security_group(id => literal(id)));
        }
        for variable in json["environmentVariables"].as_array().into_iter().flatten() {
            let (name, value) = (variable["name"].as_str()?, variable["value"].as_str()?);
            call!(provider, chain.environment(name => literal(name), value => literal(value)));
        }
        Self::done(chain, provider)
    }

    fn release(&mut self, name: String) -> Option<(String, HelmRelease)> {
        let chart = self.take("HelmChartLocation")?;
        let mut text = format!("HelmRelease::new({}, {})", literal(&name), literal(&chart));
        let mut release = HelmRelease::new(name, chart);
        for path in self.take("HelmValuesFiles").iter().flat_map(|paths| paths.split(',')) {
            text += &format!(".values_file({})", literal(path));
            release = release.values_file(path);
        }
        Some((text, release))
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
