//! Services of Amazon ECS, in place and blue/green.
//!
//! Codes: `ecs::deployment-timeout`, `ecs::malformed-name`, `ecs::malformed-path`, `ecs::too-many-images`,
//! `ecs::unknown-task-roles`.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECS.html>,
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECSbluegreen.html>

use std::ops::RangeInclusive;

use construct_core::{Diagnostic, Properties, Value, kind};
use construct_iam::{PolicyDocument, PolicyStatement};

use crate::artifact::{Artifact, ArtifactFile};
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};

/// The roles that a task definition names.
#[derive(Clone, Debug, Default)]
struct TaskRoles {
    arns: Vec<Value<kind::Arn>>,
    /// Whether it names none.
    is_empty: bool,
}

impl TaskRoles {
    fn permission(&self) -> Option<PolicyStatement> {
        let pass = PolicyStatement::allow(["iam:PassRole"]).on(&self.arns);
        let pass = pass.condition("StringEquals", "iam:PassedToService", ["ecs-tasks.amazonaws.com"]);
        (!self.arns.is_empty()).then_some(pass)
    }

    fn problem(&self) -> Option<Diagnostic> {
        let message = "nobody says which roles the task definition names, and the action may hand over none";
        let help = "name its task role and its task execution role with `.task_role(arn)`, or say that it names none with `.no_task_roles()`";
        let is_unknown = self.arns.is_empty() && !self.is_empty;
        is_unknown.then(|| Diagnostic::warning("ecs::unknown-task-roles", message).help(help))
    }
}

/// The methods of both, which say whose roles the tasks get.
macro_rules! task_role_methods {
    () => {
        /// Adds a role that the task definition names, by its ARN: the role of the task, or the one it is started with. The
        /// action may hand it over to tasks.
        /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>
        #[doc(alias = "executionRole")]
        pub fn task_role(mut self, role: impl Into<Value<kind::Arn>>) -> Self {
            self.roles.arns.push(role.into());
            self
        }

        /// Says that the task definition names no role.
        pub fn no_task_roles(mut self) -> Self {
            self.roles.is_empty = true;
            self
        }
    };
}

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
        let service = construct_core::text!("{}/{}/{}", cx.arn("ecs", "service"), &self.cluster, &self.service);
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
        found.extend(self.roles.problem());
        found
    }
}

/// Lets an action tag the task definitions that it makes, as accounts may ask for that.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html>
fn tag_task_definitions(cx: &ActionCx<'_>) -> PolicyStatement {
    let tag = PolicyStatement::allow(["ecs:TagResource"]).on([cx.arn("ecs", "task-definition/*:*")]);
    tag.condition("StringEquals", "ecs:CreateAction", ["RegisterTaskDefinition"])
}

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html>
fn misnamed(what: &str, name: &Value<kind::Name>) -> Option<Diagnostic> {
    let shape = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_sound = |name: &str| (1..=255).contains(&name.len()) && name.bytes().all(shape);
    let name = name.literal().filter(|name| !name.contains("#{") && !is_sound(name))?;
    let message = format!("`{}` is no name of a {what}", name.escape_debug());
    Some(Diagnostic::error("ecs::malformed-name", message).help("names have 1 to 255 letters, digits, `-` and `_`"))
}

/// Puts a new task set beside the old one and moves the traffic there, by a deployment group of CodeDeploy.
///
/// CodePipeline fills the images into the task definition, and the task definition into the specification.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let (bundle, image) = (Artifact::new("Bundle"), Artifact::new("Image"));
/// let deploy = Action::new(
///     "Deploy",
///     CodeDeployEcsDeploy::new("shop", "orders", bundle.file("taskdef.json"), bundle.file("appspec.yaml"))
///         .image(&image, "IMAGE1_NAME")
///         .task_role("arn:aws:iam::333333333333:role/orders-task-execution"),
/// )
/// .account("333333333333");
/// ```
///
/// It has no variables.
#[doc(alias = "CodeDeployEcsDeployAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct CodeDeployEcsDeploy {
    application: Value<kind::Name>,
    deployment_group: Value<kind::Name>,
    task_definition: ArtifactFile,
    app_spec: ArtifactFile,
    images: Vec<(Artifact, String)>,
    roles: TaskRoles,
}

impl CodeDeployEcsDeploy {
    /// A deployment group by the names of its application and its own, in the account and region in which the action runs;
    /// with the files of the task definition and of the specification, in which `<TASK_DEFINITION>` stands for the former.
    pub fn new(
        application: impl Into<Value<kind::Name>>,
        deployment_group: impl Into<Value<kind::Name>>,
        task_definition: ArtifactFile,
        app_spec: ArtifactFile,
    ) -> Self {
        Self {
            application: application.into(),
            deployment_group: deployment_group.into(),
            task_definition,
            app_spec,
            images: Vec::new(),
            roles: TaskRoles::default(),
        }
    }

    /// Adds an image, from the `imageDetail.json` of an artifact, for a placeholder of the task definition: `IMAGE1_NAME` for
    /// `<IMAGE1_NAME>`. There are at most 4.
    #[doc(alias("containerImageInputs", "taskDefinitionPlaceholder"))]
    pub fn image(mut self, artifact: &Artifact, placeholder: impl Into<String>) -> Self {
        self.images.push((artifact.clone(), placeholder.into()));
        self
    }

    task_role_methods!();
}

/// How many images a task definition can be given.
const MOST_IMAGES: usize = 4;

impl Provider for CodeDeployEcsDeploy {
    fn spec(&self) -> ProviderSpec {
        let files = [&self.task_definition, &self.app_spec].map(ArtifactFile::artifact);
        let mut inputs: Vec<&Artifact> = Vec::new();
        for artifact in files.into_iter().chain(self.images.iter().map(|(artifact, _)| artifact)) {
            if !inputs.contains(&artifact) {
                inputs.push(artifact);
            }
        }
        ProviderSpec::new(Category::Deploy, Owner::Aws, "CodeDeployToECS").inputs(inputs).input_count(1..=5)
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        let file = |file: &ArtifactFile| (file.artifact().name().to_owned(), file.path().to_owned());
        let ((task_definition, taskdef_path), (app_spec, appspec_path)) =
            (file(&self.task_definition), file(&self.app_spec));
        let configuration = Properties::new()
            .set("ApplicationName", &self.application)
            .set("DeploymentGroupName", &self.deployment_group)
            .set("TaskDefinitionTemplateArtifact", task_definition)
            .set("TaskDefinitionTemplatePath", taskdef_path)
            .set("AppSpecTemplateArtifact", app_spec)
            .set("AppSpecTemplatePath", appspec_path);
        (1..).zip(&self.images).fold(configuration, |configuration, (n, (artifact, placeholder))| {
            configuration
                .set(format!("Image{n}ArtifactName"), artifact.name().to_owned())
                .set(format!("Image{n}ContainerName"), placeholder.clone())
        })
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let application = construct_core::text!("{}:{}", cx.arn("codedeploy", "application"), &self.application);
        let group = construct_core::text!(
            "{}:{}/{}",
            cx.arn("codedeploy", "deploymentgroup"),
            &self.application,
            &self.deployment_group
        );
        let on_application = [
            "codedeploy:GetApplication",
            "codedeploy:GetApplicationRevision",
            "codedeploy:RegisterApplicationRevision",
        ];
        policy.push(PolicyStatement::allow(on_application).on([application]));
        policy.push(PolicyStatement::allow(["codedeploy:CreateDeployment", "codedeploy:GetDeployment"]).on([group]));
        let configurations = cx.arn("codedeploy", "deploymentconfig:*");
        policy.push(PolicyStatement::allow(["codedeploy:GetDeploymentConfig"]).on([configurations]));
        policy.push(PolicyStatement::allow(["ecs:RegisterTaskDefinition"]).on(["*"]));
        policy.push(tag_task_definitions(cx));
        self.roles.permission().into_iter().for_each(|pass| policy.push(pass));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = [&self.task_definition, &self.app_spec]
            .into_iter()
            .filter_map(|file| file.problem("ecs::malformed-path"))
            .collect();
        if self.images.len() > MOST_IMAGES {
            let message = format!("there are {} images; the action takes at most {MOST_IMAGES}", self.images.len());
            let help = "write the address of the others into the task definition";
            found.push(Diagnostic::error("ecs::too-many-images", message).help(help));
        }
        found.extend(self.roles.problem());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::custom::testing::{ask, text_of};
    use super::*;

    const ROLE: &str = "arn:aws:iam::111111111111:role/task";

    fn rolling() -> EcsDeploy {
        EcsDeploy::new("shop", "orders", &Artifact::new("Images"))
    }

    fn blue_green() -> CodeDeployEcsDeploy {
        let bundle = Artifact::new("Bundle");
        CodeDeployEcsDeploy::new("shop", "orders", bundle.file("taskdef.json"), bundle.file("appspec.yaml"))
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
    fn a_task_set_is_made_of_files_and_images() {
        let image = Artifact::new("Image");
        let deploy = blue_green().image(&image, "IMAGE1_NAME").task_role(ROLE);
        assert_eq!(deploy.spec().inputs, [Artifact::new("Bundle"), image]);
        let asked = ask(&deploy);
        let keys =
            ["TaskDefinitionTemplatePath", "AppSpecTemplateArtifact", "Image1ArtifactName", "Image1ContainerName"];
        let values = keys.map(|key| text_of(&asked.configuration, key).expect("a text"));
        assert_eq!(values, ["taskdef.json", "Bundle", "Image", "IMAGE1_NAME"]);
        let group = "arn:aws:codedeploy:us-east-1:111111111111:deploymentgroup:shop/orders";
        let create = PolicyStatement::allow(["codedeploy:CreateDeployment", "codedeploy:GetDeployment"]).on([group]);
        assert!([create, pass()].iter().all(|one| asked.policy.statements().any(|other| other == one)), "{asked:?}");
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
        let images = (0..5).fold(blue_green().no_task_roles(), |deploy, n| {
            deploy.image(&Artifact::new("Image"), format!("IMAGE{n}_NAME"))
        });
        assert_eq!(ask(&images).codes, ["ecs::too-many-images"]);
        assert_eq!(ask(&blue_green()).codes, ["ecs::unknown-task-roles"]);
    }
}
