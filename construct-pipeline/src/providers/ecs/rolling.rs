//! Services of Amazon ECS, in place.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECS.html>

use std::ops::RangeInclusive;

use construct_core::{Diagnostic, Properties, Value, kind, text};
use construct_iam::{PolicyDocument, PolicyStatement};

use super::tasks::{TaskRoles, tag_task_definitions, task_role_methods};
use crate::artifact::Artifact;
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};

/// Puts new images into the tasks of a service, a few at a time.
///
/// The artifact holds a list of images, `imagedefinitions.json` unless said otherwise: objects with `name`, the container's,
/// and `imageUri`; at most 100 KB. The action waits until the service is stable.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let images = Artifact::new("Images");
/// let deploy = Action::new(
///     "Deploy",
///     EcsDeploy::new("shop", "orders", &images)
///         .task_role("arn:aws:iam::333333333333:role/orders-task")
///         .task_role("arn:aws:iam::333333333333:role/orders-task-execution")
///         .deployment_timeout(20),
/// )
/// .account("333333333333");
/// ```
///
/// It has no variables.
#[doc(alias = "EcsDeployAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct EcsDeploy {
    cluster: Value<kind::Name>,
    service: Value<kind::Name>,
    input: Artifact,
    file_name: Option<String>,
    timeout_minutes: Option<u32>,
    roles: TaskRoles,
}

impl EcsDeploy {
    /// A service by the names of its cluster and its own, in the account and region in which the action runs.
    pub fn new(
        cluster: impl Into<Value<kind::Name>>,
        service: impl Into<Value<kind::Name>>,
        images: &Artifact,
    ) -> Self {
        Self {
            cluster: cluster.into(),
            service: service.into(),
            input: images.clone(),
            file_name: None,
            timeout_minutes: None,
            roles: TaskRoles::default(),
        }
    }

    /// The file with the list of images, `imagedefinitions.json` by default.
    #[doc(alias = "imageFile")]
    pub fn file_name(mut self, path: impl Into<String>) -> Self {
        self.file_name = Some(path.into());
        self
    }

    /// How long the service may take to become stable, in minutes: 1 to 60, the latter by default.
    pub fn deployment_timeout(mut self, minutes: u32) -> Self {
        self.timeout_minutes = Some(minutes);
        self
    }

    task_role_methods!();
}

impl Provider for EcsDeploy {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Deploy, Owner::Aws, "ECS").input(&self.input).input_count(1..=1)
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new()
            .set("ClusterName", &self.cluster)
            .set("ServiceName", &self.service)
            .opt("FileName", self.file_name.clone())
            .opt("DeploymentTimeout", self.timeout_minutes.map(|minutes| minutes.to_string()))
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let service = text!("{}/{}/{}", cx.arn("ecs", "service"), &self.cluster, &self.service);
        policy.push(PolicyStatement::allow(["ecs:DescribeServices", "ecs:UpdateService"]).on([service]));
        // The one knows no resources; of the other a file of the artifact tells the name, and CodePipeline documents `*`.
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
        policy.push(PolicyStatement::allow(["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"]).on(["*"]));
        policy.push(tag_task_definitions(cx));
        self.roles.permission().into_iter().for_each(|pass| policy.push(pass));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        const TIMEOUT: RangeInclusive<u32> = 1..=60;
        let names = [("cluster", &self.cluster), ("service", &self.service)];
        let mut found: Vec<Diagnostic> = names.into_iter().filter_map(|(what, name)| misnamed(what, name)).collect();
        if let Some(minutes) = self.timeout_minutes.filter(|minutes| !TIMEOUT.contains(minutes)) {
            let message = format!("a deployment cannot be limited to {minutes} minutes");
            found.push(Diagnostic::error("ecs::deployment-timeout", message).help("use 1 to 60 minutes"));
        }
        let file = self.file_name.as_ref().map(|path| self.input.file(path));
        found.extend(file.and_then(|file| file.problem("ecs::malformed-path")));
        found.extend(self.roles.problems());
        found
    }
}

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html>
fn misnamed(what: &str, name: &Value<kind::Name>) -> Option<Diagnostic> {
    let shape = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_sound = |name: &str| (1..=255).contains(&name.len()) && name.bytes().all(shape);
    let name = name.literal().filter(|name| !name.contains("#{") && !is_sound(name))?;
    let message = format!("`{}` is no name of a {what}", name.escape_debug());
    Some(Diagnostic::error("ecs::malformed-name", message).help("names have 1 to 255 letters, digits, `-` and `_`"))
}

#[cfg(test)]
mod tests {
    use super::super::super::custom::testing::{ask, text_of};
    use super::*;

    const ROLE: &str = "arn:aws:iam::111111111111:role/task";

    fn rolling() -> EcsDeploy {
        EcsDeploy::new("shop", "orders", &Artifact::new("Images"))
    }

    fn pass() -> PolicyStatement {
        let pass = PolicyStatement::allow(["iam:PassRole"]).on([ROLE]);
        pass.condition("StringEquals", "iam:PassedToService", ["ecs-tasks.amazonaws.com"])
    }

    #[test]
    fn a_service_is_updated_and_its_tasks_get_their_roles_alone() {
        let asked = ask(&rolling().file_name("images.json").deployment_timeout(20).task_role(ROLE));
        let keys = ["ClusterName", "ServiceName", "FileName", "DeploymentTimeout"];
        let values = keys.map(|key| text_of(&asked.configuration, key).expect("a text"));
        assert_eq!(values, ["shop", "orders", "images.json", "20"]);
        let service = "arn:aws:ecs:us-east-1:111111111111:service/shop/orders";
        let update = PolicyStatement::allow(["ecs:DescribeServices", "ecs:UpdateService"]).on([service]);
        assert!([update, pass()].iter().all(|one| asked.policy.statements().any(|other| other == one)), "{asked:?}");
        assert_eq!(asked.codes, [""; 0]);
    }

    #[test]
    fn what_ecs_refuses_is_found() {
        let quiet = || rolling().no_task_roles();
        assert_eq!(ask(&quiet()).codes, [""; 0]);
        assert_eq!(ask(&rolling()).codes, ["ecs::unknown-task-roles"]);
        for minutes in [0, 61] {
            assert_eq!(ask(&quiet().deployment_timeout(minutes)).codes, ["ecs::deployment-timeout"]);
        }
        assert_eq!(ask(&quiet().file_name("/images.json")).codes, ["ecs::malformed-path"]);
        let by_arn = "arn:aws:ecs:us-east-1:111111111111:cluster/shop";
        let named = EcsDeploy::new(by_arn, "", &Artifact::new("Images")).no_task_roles();
        assert_eq!(ask(&named).codes, ["ecs::malformed-name"; 2]);
    }
}
