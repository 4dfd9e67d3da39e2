//! Deployments to instances, whose roles no API tells.

use construct_pipeline::prelude::*;

use super::super::layout::Chain;
use super::super::words::literal;
use super::{Action, Typed};

impl Action<'_, '_, '_> {
    pub(super) fn servers(&mut self) -> Option<Typed> {
        let (input, artifact) = self.artifacts("inputArtifacts").into_iter().next()?;
        let (application, group) = (self.take("ApplicationName")?, self.take("DeploymentGroupName")?);
        let words = [
            self.program.text(&application, "APPLICATION"),
            self.program.text(&group, "DEPLOYMENT_GROUP"),
            format!("&{input}"),
        ];
        let provider = CodeDeployServerDeploy::new(application, group, &artifact);
        Self::done(Chain::new("CodeDeployServerDeploy::new", words), provider)
    }

    pub(super) fn machines(&mut self) -> Option<Typed> {
        let (input, artifact) = self.artifacts("inputArtifacts").into_iter().next()?;
        let tag = self.take("InstanceTagKey")?;
        let nodes = match self.take("InstanceType")?.as_str() {
            "EC2" => false,
            "SSM_MANAGED_NODE" => true,
            _ => return None,
        };
        let (specifications_text, specifications) = self.specifications()?;
        let words = [self.program.text(&tag, "TAG"), specifications_text, format!("&{input}")];
        let mut provider = Ec2Deploy::new(tag, specifications, &artifact);
        let mut chain = Chain::new("Ec2Deploy::new", words);
        if let Some(value) = self.take("InstanceTagValue") {
            call!(provider, chain.instance_tag_value(value.clone() => literal(&value)));
        }
        if nodes {
            call!(provider, chain.managed_nodes());
        }
        if let Some(most) = self.take("MaxBatch") {
            let (text, most) = max_instances(&most)?;
            call!(provider, chain.max_batch(most => text));
        }
        if let Some(most) = self.take("MaxError") {
            let (text, most) = max_instances(&most)?;
            call!(provider, chain.max_error(most => text));
        }
        for name in self.take("TargetGroupNameList").iter().flat_map(|names| names.split(',')) {
            call!(provider, chain.target_group(name => literal(name)));
        }
        Self::done(chain, provider)
    }

    pub(super) fn elastic_beanstalk(&mut self) -> Option<Typed> {
        let (input, artifact) = self.artifacts("inputArtifacts").into_iter().next()?;
        let (application, environment) = (self.take("ApplicationName")?, self.take("EnvironmentName")?);
        let words = [
            self.program.text(&application, "APPLICATION"),
            self.program.text(&environment, "ENVIRONMENT"),
            format!("&{input}"),
        ];
        let provider = ElasticBeanstalkDeploy::new(application, environment, &artifact);
        Self::done(Chain::new("ElasticBeanstalkDeploy::new", words), provider)
    }

    fn specifications(&mut self) -> Option<(String, Ec2DeploySpecifications)> {
        if let Some(path) = self.take("DeploySpec") {
            let text = format!("Ec2DeploySpecifications::file({})", literal(&path));
            return Some((text, Ec2DeploySpecifications::file(path)));
        }
        let (directory, script) = (self.take("TargetDirectory")?, self.take("PostScript")?);
        let text = format!("Ec2DeploySpecifications::inline({}, {})", literal(&directory), literal(&script));
        let specifications = Ec2DeploySpecifications::inline(directory, script);
        Some(match self.take("PreScript") {
            Some(before) => (format!("{text}.pre_script({})", literal(&before)), specifications.pre_script(before)),
            None => (text, specifications),
        })
    }
}

fn max_instances(text: &str) -> Option<(String, Ec2MaxInstances)> {
    let (kind, number): (fn(u32) -> Ec2MaxInstances, _) = match text.strip_suffix('%') {
        Some(percent) => (Ec2MaxInstances::Percentage, percent),
        None => (Ec2MaxInstances::Count, text),
    };
    let most = kind(number.parse().ok()?);
    Some((format!("Ec2MaxInstances::{most:?}"), most)).filter(|_| most.to_string() == text)
}
