//! Deployments by AWS CodeDeploy: to instances, and what those to Amazon ECS have in common with them.
//!
//! Codes: `codedeploy::malformed-name`.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeDeploy.html>

use construct_core::{Diagnostic, Properties, Value, kind, text};
use construct_iam::{PolicyDocument, PolicyStatement};

use super::instances::{InstanceRoles, instance_role_methods};
use crate::artifact::Artifact;
use crate::provider::{ActionCx, Category, GivenRole, Owner, Provider, ProviderSpec};

/// <https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeploymentGroup.html>
const LONGEST_NAME: usize = 100;

/// A deployment group by the names of its application and its own.
#[derive(Clone, Debug)]
pub(super) struct DeploymentGroup {
    application: Value<kind::Name>,
    name: Value<kind::Name>,
}

impl DeploymentGroup {
    pub(super) fn new(application: impl Into<Value<kind::Name>>, name: impl Into<Value<kind::Name>>) -> Self {
        Self { application: application.into(), name: name.into() }
    }

    /// What both action types call it.
    pub(super) fn configuration(&self) -> Properties {
        Properties::new().set("ApplicationName", &self.application).set("DeploymentGroupName", &self.name)
    }

    /// What a deployment takes, where the action runs.
    pub(super) fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let application = text!("{}:{}", cx.arn("codedeploy", "application"), &self.application);
        let group = text!("{}:{}/{}", cx.arn("codedeploy", "deploymentgroup"), &self.application, &self.name);
        let on_application = [
            "codedeploy:GetApplication",
            "codedeploy:GetApplicationRevision",
            "codedeploy:RegisterApplicationRevision",
        ];
        policy.push(PolicyStatement::allow(on_application).on([application]));
        policy.push(PolicyStatement::allow(["codedeploy:CreateDeployment", "codedeploy:GetDeployment"]).on([group]));
        let configurations = cx.arn("codedeploy", "deploymentconfig:*");
        policy.push(PolicyStatement::allow(["codedeploy:GetDeploymentConfig"]).on([configurations]));
    }

    pub(super) fn problems(&self) -> impl Iterator<Item = Diagnostic> {
        let names = [("application", &self.application), ("deployment group", &self.name)];
        names.into_iter().filter_map(|(what, name)| {
            let length = name.literal()?.chars().count();
            let message = format!("the name of the {what} has {length} characters");
            let help = format!("CodeDeploy knows names of 1 to {LONGEST_NAME} characters");
            let is_wrong = !(1..=LONGEST_NAME).contains(&length);
            is_wrong.then(|| Diagnostic::error("codedeploy::malformed-name", message).help(help))
        })
    }
}

/// Deploys an artifact to the instances of a deployment group of CodeDeploy: Amazon EC2 or on-premises.
///
/// The instances fetch the artifact themselves, each with its own role, from the store of the region in which the action
/// runs. The store lets in the roles that are named here, and the access proof asks for them. In the artifact stands an
/// `appspec.yml`.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let bundle = Artifact::new("Bundle");
/// let deploy = Action::new(
///     "Deploy",
///     CodeDeployServerDeploy::new("shop", "orders", &bundle)
///         .instance_role(Role::import("arn:aws:iam::333333333333:role/orders-instance")),
/// )
/// .account("333333333333");
/// ```
///
/// A deployment may take 5 days. It has no variables.
#[doc(alias = "CodeDeployServerDeployAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct CodeDeployServerDeploy {
    group: DeploymentGroup,
    input: Artifact,
    instances: InstanceRoles,
}

impl CodeDeployServerDeploy {
    /// An artifact for a deployment group, by the names of its application and its own: 1 to 100 characters each. Both are
    /// in the account and region in which the action runs.
    #[doc(alias = "deploymentGroup")]
    pub fn new(
        application: impl Into<Value<kind::Name>>,
        deployment_group: impl Into<Value<kind::Name>>,
        input: &Artifact,
    ) -> Self {
        Self {
            group: DeploymentGroup::new(application, deployment_group),
            input: input.clone(),
            instances: InstanceRoles::default(),
        }
    }

    instance_role_methods!();
}

impl Provider for CodeDeployServerDeploy {
    fn spec(&self) -> ProviderSpec {
        let spec = ProviderSpec::new(Category::Deploy, Owner::Aws, "CodeDeploy");
        self.instances.readers(spec.input(&self.input).input_count(1..=1))
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        self.group.configuration()
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        self.group.permissions(cx, policy);
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        self.group.problems().chain(self.instances.problem()).collect()
    }
}

#[cfg(test)]
mod tests {
    use construct_iam::Role;

    use super::super::custom::testing::{ask, text_of};
    use super::*;

    fn deploy(application: &str) -> CodeDeployServerDeploy {
        CodeDeployServerDeploy::new(application, "orders", &Artifact::new("Bundle"))
    }

    #[test]
    fn a_deployment_is_made_of_names_and_an_artifact() {
        let deploy = deploy("shop").instance_role(Role::import("arn:aws:iam::111111111111:role/instance"));
        let asked = ask(&deploy);
        let values = ["ApplicationName", "DeploymentGroupName"].map(|key| text_of(&asked.configuration, key));
        assert_eq!(values.map(Option::unwrap), ["shop", "orders"]);
        let on = |resource: &str| [format!("arn:aws:codedeploy:us-east-1:111111111111:{resource}")];
        let create = PolicyStatement::allow(["codedeploy:CreateDeployment", "codedeploy:GetDeployment"]);
        let create = create.on(on("deploymentgroup:shop/orders"));
        assert!(asked.policy.statements().any(|one| *one == create), "{asked:?}");
        assert_eq!(asked.codes, [""; 0]);
        assert_eq!(deploy.spec().readers.map(|readers| readers.len()), Some(1));
    }

    #[test]
    fn instances_without_a_role_are_unknown_until_it_is_said() {
        assert!(deploy("shop").spec().readers.is_none());
        assert_eq!(ask(&deploy("shop")).codes, ["instances::unknown-roles"]);
        let said = deploy("shop").no_instance_roles();
        assert_eq!(said.spec().readers.map(|readers| readers.len()), Some(0));
        assert_eq!(ask(&said).codes, [""; 0]);
    }

    #[test]
    fn names_have_1_to_100_characters() {
        for (name, codes) in [
            ("", &["codedeploy::malformed-name"][..]),
            (&"é".repeat(100), &[]),
            (&"é".repeat(101), &["codedeploy::malformed-name"]),
        ] {
            assert_eq!(ask(&deploy(name).no_instance_roles()).codes, codes, "{name}");
        }
    }
}
