//! Build projects: who builds, where the logs go, and which variables are kept elsewhere.

use std::borrow::Cow;

use construct_iam::access::symbol;

use super::{Reading, Surveyor};
use crate::access::template::Lazy;
use crate::access::world::{BuildImage, BuildLogs, BuildNetwork, Kept, Project, Variable, is_of_aws};
use crate::aws::image_repository_of;

impl<'t> Surveyor<'t> {
    pub(super) fn project(&mut self, reading: Reading<'t>) {
        let (Some(arn), Some(role)) = (self.arn(reading), self.text(reading, "ServiceRole")) else { return };
        let key = self.key_name(reading, "EncryptionKey").filter(|key| !is_of_aws(key));
        let logs = self.build_logs(reading, &arn);
        let variables = self.build_variables(reading);
        let (image, unknown) = self.build_image(reading);
        self.world.doubts.extend(unknown);
        let network = self.build_network(reading, &arn);
        let batch = self.lazily(reading, "BuildBatchConfig");
        let batch_role = batch.and_then(|batch| Some(batch.text_of("ServiceRole")?.into_owned()));
        let made = Some(self.made(reading));
        let project = Project { role, batch_role, key, made, logs, variables, image, network };
        self.world.projects.insert(arn, project);
    }

    fn build_variables(&self, reading: Reading<'t>) -> Vec<Variable> {
        let environment = self.lazily(reading, "Environment");
        let variables = environment.as_ref().and_then(|environment| environment.get("EnvironmentVariables"));
        let variable = |one: Lazy<'_, '_>| {
            let kept = one.text_of("Type").and_then(|kind| Kept::of(&kind, &one.text_of("Value")?));
            Some(Variable { name: one.text_of("Name")?.into_owned(), kept })
        };
        variables.iter().flat_map(Lazy::items).filter_map(variable).filter(|one| one.kept.is_some()).collect()
    }

    /// <https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectEnvironment.html>
    ///
    /// The image, if it is one of a private registry, or what is to be said of one that is not known.
    fn build_image(&self, reading: Reading<'t>) -> (Option<BuildImage>, Option<String>) {
        let environment = self.lazily(reading, "Environment");
        let text = |name| environment.as_ref()?.text_of(name);
        let Some(image) = text("Image") else { return (None, None) };
        let Some(repository) = image_repository_of(&image) else {
            let project = reading.logical_id;
            let unknown = || format!("{image}, the image of the project `{project}`, is one that everybody may pull");
            return (None, symbol::is_symbolic(&image).then(unknown));
        };
        let by_role = text("ImagePullCredentialsType").is_some_and(|with| with == "SERVICE_ROLE");
        (Some(BuildImage { repository: repository.to_string().into(), by_role }), None)
    }

    /// <https://docs.aws.amazon.com/codebuild/latest/APIReference/API_VpcConfig.html>
    fn build_network(&self, reading: Reading<'t>, project: &str) -> Option<BuildNetwork> {
        let config = self.lazily(reading, "VpcConfig").filter(|config| config.get("VpcId").is_some())?;
        let ids = |key: &str| {
            config
                .get(key)
                .iter()
                .flat_map(Lazy::items)
                .filter_map(Lazy::into_text)
                .map(Cow::into_owned)
                .collect::<Vec<_>>()
        };
        let base = project.split_once(":project/")?.0.replacen(":codebuild:", ":ec2:", 1);
        Some(BuildNetwork::of(ids("Subnets").into_iter(), ids("SecurityGroupIds").into_iter(), |resource| {
            [&base, ":", resource].concat()
        }))
    }

    /// Where the builds of a project write their logs.
    /// <https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CloudWatchLogsConfig.html>
    fn build_logs(&self, reading: Reading<'t>, project: &str) -> Option<BuildLogs> {
        let config = self.lazily(reading, "LogsConfig");
        let logs = config.as_ref().and_then(|config| config.get("CloudWatchLogs"));
        let told = |key: &str| Some(logs.as_ref()?.text_of(key)?.into_owned());
        if told("Status").is_some_and(|status| status == "DISABLED") {
            return None;
        }
        let (base, name) = project.split_once(":project/")?;
        let named = told("GroupName");
        let makes_group = named.is_none();
        let group = named.unwrap_or_else(|| ["/aws/codebuild/", name].concat());
        let stream = told("StreamName").map(|prefix| prefix + "/").unwrap_or_default();
        Some(BuildLogs {
            group: [&base.replacen(":codebuild:", ":logs:", 1), ":log-group:", &group].concat(),
            stream,
            makes_group,
        })
    }
}
