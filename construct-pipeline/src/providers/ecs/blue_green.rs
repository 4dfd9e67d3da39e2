//! Services of Amazon ECS, blue/green.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECSbluegreen.html>

use construct_core::{Diagnostic, Properties, Value, kind};
use construct_iam::{PolicyDocument, PolicyStatement};

use super::super::code_deploy::DeploymentGroup;
use super::tasks::{TaskRoles, tag_task_definitions, task_role_methods};
use crate::artifact::{Artifact, ArtifactFile};
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};

/// How many images a task definition can be given.
const MOST_IMAGES: usize = 4;

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
    group: DeploymentGroup,
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
            group: DeploymentGroup::new(application, deployment_group),
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
        let configuration = self
            .group
            .configuration()
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
        self.group.permissions(cx, policy);
        policy.push(PolicyStatement::allow(["ecs:RegisterTaskDefinition"]).on(["*"]));
        policy.push(tag_task_definitions(cx));
        self.roles.permission().into_iter().for_each(|pass| policy.push(pass));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = [&self.task_definition, &self.app_spec]
            .into_iter()
            .filter_map(|file| file.problem("ecs::malformed-path"))
            .chain(self.group.problems())
            .collect();
        if self.images.len() > MOST_IMAGES {
            let message = format!("there are {} images; the action takes at most {MOST_IMAGES}", self.images.len());
            let help = "write the address of the others into the task definition";
            found.push(Diagnostic::error("ecs::too-many-images", message).help(help));
        }
        found.extend(self.roles.problems());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::custom::testing::{ask, text_of};
    use super::*;

    const ROLE: &str = "arn:aws:iam::111111111111:role/task";

    fn blue_green() -> CodeDeployEcsDeploy {
        let bundle = Artifact::new("Bundle");
        CodeDeployEcsDeploy::new("shop", "orders", bundle.file("taskdef.json"), bundle.file("appspec.yaml"))
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
        assert!(asked.policy.statements().any(|one| *one == create), "{asked:?}");
        assert!(asked.policy.statements().any(|one| Some(one) == deploy.roles.permission().as_ref()), "{asked:?}");
        assert_eq!(asked.codes, [""; 0]);
    }

    #[test]
    fn what_ecs_refuses_is_found() {
        let images = (0..5).fold(blue_green().no_task_roles(), |deploy, n| {
            deploy.image(&Artifact::new("Image"), format!("IMAGE{n}_NAME"))
        });
        assert_eq!(ask(&images).codes, ["ecs::too-many-images"]);
        assert_eq!(ask(&blue_green()).codes, ["ecs::unknown-task-roles"]);
    }
}
