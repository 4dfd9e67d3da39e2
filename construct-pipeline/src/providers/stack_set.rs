//! AWS CloudFormation StackSets: one template in many accounts and regions.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-StackSets.html>

mod choices;
mod instances;
mod operation;

use std::collections::BTreeSet;
use std::fmt::Display;

use construct_core::{Diagnostic, Expr, Properties};
use construct_iam::{Arn, PolicyDocument, PolicyStatement};

use self::operation::{Operation, Parameters, operation_methods, parameter_text, path_problem};
use super::Capability;
use crate::artifact::ArtifactFile;
use crate::provider::{ActionCx, Category, GivenRole, Owner, PassedRole, Provider, ProviderSpec};

pub use self::choices::*;
pub use self::instances::*;

const SERVICE: &str = "cloudformation.amazonaws.com";

/// The name that StackSets assumes for the administration role when none is given.
const ADMINISTRATION_ROLE: &str = "AWSCloudFormationStackSetAdministrationRole";

/// Creates or updates a stack set, and its stacks in the targets named here.
///
/// The stack set belongs to the account and region in which the action runs. An update needs at least one stack to work
/// on. New stacks get the old template first, then the new one with all others. Stacks outside of the targets become
/// outdated; [`DeployStackInstances`] brings them up to date, wave by wave.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let bundle = Artifact::new("Bundle");
/// let accounts = StackSetTargets::accounts(["333333333333", "444444444444"]);
/// let baseline = Action::new(
///     "Baseline",
///     DeployStackSet::new("baseline", bundle.file("baseline.yaml"))
///         .parameter("Retention", "30")
///         .capability(Capability::NamedIam)
///         .deploy_to(accounts, ["us-east-1", "eu-west-1"])
///         .max_concurrent_percentage(50),
/// );
/// ```
///
/// For an organization, whose members come and go:
///
/// ```
/// use construct_pipeline::prelude::*;
/// let bundle = Artifact::new("Bundle");
/// let baseline = DeployStackSet::new("baseline", bundle.file("baseline.yaml"))
///     .permission_model(ServiceManaged::new())
///     .deploy_to(StackSetTargets::organizational_units(["ou-examplerootid111-exampleouid111"]), ["us-east-1"]);
/// ```
///
/// Its variables: `StackSetId`, `OperationId`.
#[doc(alias = "CloudFormationDeployStackSetAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct DeployStackSet {
    operation: Operation,
    template: ArtifactFile,
    description: Option<String>,
    parameters: Parameters,
    capabilities: BTreeSet<Capability>,
    permission_model: StackSetPermissionModel,
}

impl DeployStackSet {
    /// A self-managed stack set from a template in an artifact, which has at most 460,800 bytes. Names have 1 to 128
    /// letters, digits and `-`, and begin with a letter.
    pub fn new(name: impl Into<String>, template: ArtifactFile) -> Self {
        Self {
            operation: Operation::new(name.into()),
            template,
            description: None,
            parameters: Parameters::default(),
            capabilities: BTreeSet::new(),
            permission_model: SelfManaged::new().into(),
        }
    }

    /// What the stack set is for.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets a parameter of the template. Values with blanks, commas or quotes go into a
    /// [`parameters_file`](Self::parameters_file).
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Expr>) -> Self {
        self.parameters.values.push((name.into(), Some(parameter_text(value.into().bounded()))));
        self
    }

    /// Keeps the value that a parameter has in the stack set.
    pub fn previous_parameter(mut self, name: impl Into<String>) -> Self {
        self.parameters.values.push((name.into(), None));
        self
    }

    /// A file with all parameters: a JSON list of objects with `ParameterKey` and `ParameterValue`.
    pub fn parameters_file(mut self, file: ArtifactFile) -> Self {
        self.parameters.file = Some(file);
        self
    }

    /// Acknowledges what the template may do: make IAM resources. Macros cannot be acknowledged here.
    pub fn capability(mut self, capability: Capability) -> Self {
        self.capabilities.insert(capability);
        self
    }

    /// Who makes the roles the stack set works with: [`SelfManaged`], which is the default, or [`ServiceManaged`]. It can
    /// change only while there are no stacks.
    pub fn permission_model(mut self, model: impl Into<StackSetPermissionModel>) -> Self {
        self.permission_model = model.into();
        self
    }

    operation_methods!();

    fn given_role(&self) -> Option<&GivenRole> {
        match &self.permission_model {
            StackSetPermissionModel::SelfManaged(model) => model.administration_role.as_ref(),
            StackSetPermissionModel::ServiceManaged(_) => None,
        }
    }

    fn validate_model(&self, found: &mut Vec<Diagnostic>) {
        let targets = self.operation.targets.as_ref().map(|(targets, _)| targets);
        match (&self.permission_model, targets) {
            (StackSetPermissionModel::SelfManaged(_), Some(StackSetTargets::OrganizationalUnits(_))) => found.push(
                Diagnostic::error(
                    "stack-set::targets-of-another-model",
                    "a self-managed stack set cannot have organizational units as its targets",
                )
                .help("name accounts, or set `.permission_model(ServiceManaged::new())`"),
            ),
            (StackSetPermissionModel::ServiceManaged(_), Some(StackSetTargets::Accounts(_))) => found.push(
                Diagnostic::error(
                    "stack-set::targets-of-another-model",
                    "a service-managed stack set cannot have accounts as its targets",
                )
                .help("name organizational units or a root, or leave the stack set self-managed"),
            ),
            _ => {}
        }
        match &self.permission_model {
            StackSetPermissionModel::ServiceManaged(model) if model.auto_deployment.is_some() && targets.is_some() => {
                found.push(
                    Diagnostic::error(
                        "stack-set::auto-deployment-with-targets",
                        "a stack set that follows the organization cannot have targets of its own",
                    )
                    .help("leave `.auto_deployment(…)` or `.deploy_to(…)` out"),
                );
            }
            StackSetPermissionModel::SelfManaged(SelfManaged { execution_role: Some(name), .. }) => {
                let shape = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
                if !(1..=64).contains(&name.len()) || !name.bytes().all(shape) {
                    let message = format!("`{}` is no name of a role", name.escape_debug());
                    found.push(
                        Diagnostic::error("stack-set::malformed-role-name", message)
                            .help("write the name alone, not the ARN: 1 to 64 letters, digits and `_+=,.@-`"),
                    );
                }
            }
            StackSetPermissionModel::ServiceManaged(_) | StackSetPermissionModel::SelfManaged(_) => {}
        }
    }
}

impl Provider for DeployStackSet {
    fn spec(&self) -> ProviderSpec {
        let files = [Some(&self.template), self.parameters.file.as_ref(), self.operation.file()];
        let spec = ProviderSpec::new(Category::Deploy, Owner::Aws, "CloudFormationStackSet")
            .inputs(Operation::inputs(files))
            .input_count(1..=3);
        match self.given_role() {
            Some(role) => spec.passes(PassedRole::new(SERVICE).given(Some(role.clone()))),
            None => spec,
        }
    }

    fn configuration(&self, cx: &ActionCx<'_>) -> Properties {
        let capabilities: Vec<&str> = self.capabilities.iter().map(|capability| capability.as_str()).collect();
        let configuration = Properties::new()
            .set("StackSetName", self.operation.name.clone())
            .opt("Description", self.description.clone())
            .set("TemplatePath", &self.template)
            .opt("Parameters", self.parameters.expr())
            .opt("Capabilities", (!capabilities.is_empty()).then(|| capabilities.join(",")));
        let configuration = match &self.permission_model {
            StackSetPermissionModel::SelfManaged(model) => configuration
                .set("PermissionModel", "SELF_MANAGED")
                .set("AdministrationRoleArn", cx.passed_role().unwrap_or_else(|| usual_administration_role(cx).into()))
                .opt("ExecutionRoleName", model.execution_role.clone()),
            StackSetPermissionModel::ServiceManaged(model) => configuration
                .set("PermissionModel", "SERVICE_MANAGED")
                .opt("OrganizationsAutoDeployment", model.auto_deployment.map(AutoDeployment::as_str)),
        };
        self.operation.write(configuration)
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let actions = [
            "cloudformation:CreateStackInstances",
            "cloudformation:CreateStackSet",
            "cloudformation:DescribeStackSet",
            "cloudformation:DescribeStackSetOperation",
            "cloudformation:ListStackInstances",
            "cloudformation:UpdateStackSet",
        ];
        self.operation.permissions(actions, cx, policy);
        // A role that was given is passed by way of the specification; the usual one exists without anybody giving it.
        if let (StackSetPermissionModel::SelfManaged(_), None) = (&self.permission_model, self.given_role()) {
            policy.push(PolicyStatement::allow(["iam:PassRole"]).on([usual_administration_role(cx)]).condition(
                "StringEquals",
                "iam:PassedToService",
                [SERVICE],
            ));
        }
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        self.operation.validate(&mut found);
        self.parameters.validate(&mut found);
        self.validate_model(&mut found);
        let files = [Some(&self.template), self.parameters.file.as_ref()];
        found.extend(files.into_iter().flatten().filter_map(path_problem));
        if self.capabilities.contains(&Capability::AutoExpand) {
            found.push(
                Diagnostic::error(
                    "stack-set::capability",
                    "the actions of stack sets do not take `CAPABILITY_AUTO_EXPAND`",
                )
                .help("process the template's macros before it is deployed"),
            );
        }
        found
    }
}

fn usual_administration_role(cx: &ActionCx<'_>) -> Arn {
    Arn::role(cx.env(), "/", ADMINISTRATION_ROLE)
}

#[cfg(test)]
mod tests {
    use super::super::custom::testing::{ask, text_of};
    use super::*;
    use crate::artifact::Artifact;
    use construct_iam::Role;

    fn set() -> DeployStackSet {
        DeployStackSet::new("baseline", Artifact::new("Bundle").file("baseline.yaml"))
    }

    fn accounts() -> StackSetTargets {
        StackSetTargets::accounts(["333333333333", "444444444444"])
    }

    fn pass_role(policy: &PolicyDocument) -> Option<&PolicyStatement> {
        policy.statements().find(|statement| statement.action_names().any(|action| action == "iam:PassRole"))
    }

    #[test]
    fn a_stack_set_is_self_managed_with_the_usual_roles() {
        let asked = ask(&set().deploy_to(accounts(), ["us-east-1", "eu-west-1"]));
        let values = ["StackSetName", "TemplatePath", "PermissionModel", "DeploymentTargets", "Regions"];
        let values = values.map(|key| text_of(&asked.configuration, key).unwrap());
        let targets = "333333333333,444444444444";
        assert_eq!(values, ["baseline", "Bundle::baseline.yaml", "SELF_MANAGED", targets, "us-east-1,eu-west-1"]);
        let role = "arn:aws:iam::111111111111:role/AWSCloudFormationStackSetAdministrationRole";
        assert_eq!(text_of(&asked.configuration, "AdministrationRoleArn"), Some(role));
        let pass = PolicyStatement::allow(["iam:PassRole"]).on([role]);
        let pass = pass.condition("StringEquals", "iam:PassedToService", [SERVICE]);
        assert_eq!(pass_role(&asked.policy), Some(&pass));
        let set = Expr::from("arn:aws:cloudformation:us-east-1:111111111111:stackset/baseline:*");
        assert!(asked.policy.statements().any(|statement| statement.resource_exprs().eq([&set])));
        assert_eq!(asked.codes, [""; 0]);
    }

    #[test]
    fn a_given_administration_role_is_passed_by_the_specification() {
        let role = "arn:aws:iam::111111111111:role/administration";
        let model = SelfManaged::new().administration_role(Role::import(role)).execution_role_name("execution");
        let set = set().permission_model(model);
        let asked = ask(&set);
        assert_eq!(text_of(&asked.configuration, "AdministrationRoleArn"), Some(role));
        assert_eq!(text_of(&asked.configuration, "ExecutionRoleName"), Some("execution"));
        assert_eq!(pass_role(&asked.policy), None);
        assert_eq!(set.spec().passes.unwrap().service, SERVICE);
    }

    #[test]
    fn an_organization_needs_no_role() {
        let units = StackSetTargets::organizational_units(["ou-ab12-12345678", "r-ab12"]);
        let by_hand = set().permission_model(ServiceManaged::new()).deploy_to(units, ["us-east-1"]);
        let asked = ask(&by_hand.as_delegated_administrator());
        assert_eq!(text_of(&asked.configuration, "PermissionModel"), Some("SERVICE_MANAGED"));
        assert_eq!(text_of(&asked.configuration, "CallAs"), Some("DELEGATED_ADMIN"));
        assert_eq!((asked.configuration.get("AdministrationRoleArn"), pass_role(&asked.policy)), (None, None));
        assert_eq!(asked.codes, [""; 0]);

        let model = ServiceManaged::new().auto_deployment(AutoDeployment::EnabledWithStackRetention);
        let asked = ask(&set().permission_model(model));
        let value = text_of(&asked.configuration, "OrganizationsAutoDeployment");
        assert_eq!(value, Some("EnabledWithStackRetention"));
        assert_eq!(asked.codes, [""; 0]);
    }

    #[test]
    fn files_of_one_artifact_are_one_input() {
        let bundle = Artifact::new("Bundle");
        let others = Artifact::new("Others");
        let set = set()
            .parameters_file(bundle.file("parameters.json"))
            .deploy_to(StackSetTargets::file(others.file("accounts.json")), ["us-east-1"]);
        assert_eq!(set.spec().inputs, [bundle, others]);
        let asked = ask(&set);
        assert_eq!(text_of(&asked.configuration, "Parameters"), Some("Bundle::parameters.json"));
        assert_eq!(text_of(&asked.configuration, "DeploymentTargets"), Some("Others::accounts.json"));
    }

    #[test]
    fn parameters_and_choices_are_written_as_text() {
        let set = set()
            .parameter("Retention", 30)
            .parameter("Encrypt", true)
            .previous_parameter("Owner")
            .capability(Capability::NamedIam)
            .capability(Capability::Iam)
            .failure_tolerance_percentage(0)
            .max_concurrent_percentage(100)
            .region_concurrency(RegionConcurrency::Parallel)
            .concurrency_mode(ConcurrencyMode::SoftFailureTolerance);
        let asked = ask(&set);
        let text = |key| text_of(&asked.configuration, key);
        let parameters = "ParameterKey=Retention,ParameterValue=30 ParameterKey=Encrypt,ParameterValue=true \
                          ParameterKey=Owner,UsePreviousValue=true";
        assert_eq!(text("Parameters"), Some(parameters));
        assert_eq!(text("Capabilities"), Some("CAPABILITY_IAM,CAPABILITY_NAMED_IAM"));
        assert_eq!((text("FailureTolerancePercentage"), text("MaxConcurrentPercentage")), (Some("0"), Some("100")));
        assert_eq!(text("RegionConcurrencyType"), Some("PARALLEL"));
        assert_eq!(text("ConcurrencyMode"), Some("SOFT_FAILURE_TOLERANCE"));
        assert_eq!(asked.codes, [""; 0]);
    }

    #[test]
    fn what_a_stack_set_cannot_be_is_found() {
        let units = || StackSetTargets::organizational_units(["ou-ab12-12345678"]);
        let following = ServiceManaged::new().auto_deployment(AutoDeployment::Enabled);
        let named = |name: &str| DeployStackSet::new(name, Artifact::new("Bundle").file("baseline.yaml"));
        let bundle = Artifact::new("Bundle");
        for (set, code) in [
            (named("7days"), "stack-set::malformed-name"),
            (DeployStackSet::new("baseline", bundle.file("/baseline.yaml")), "stack-set::malformed-path"),
            (set().deploy_to(StackSetTargets::Accounts(Vec::new()), ["us-east-1"]), "stack-set::no-targets"),
            (set().deploy_to(accounts(), [""; 0]), "stack-set::no-regions"),
            (set().deploy_to(accounts(), ["us-esat-1"]), "stack-set::unknown-region"),
            (set().deploy_to(StackSetTargets::accounts(["33"]), ["us-east-1"]), "stack-set::malformed-target"),
            (set().deploy_to(units(), ["us-east-1"]), "stack-set::targets-of-another-model"),
            (
                set().permission_model(following).deploy_to(units(), ["us-east-1"]),
                "stack-set::auto-deployment-with-targets",
            ),
            (
                set().permission_model(SelfManaged::new().execution_role_name("arn:aws:iam::1:role/x")),
                "stack-set::malformed-role-name",
            ),
            (set().failure_tolerance_percentage(101), "stack-set::percentage"),
            (set().max_concurrent_percentage(0), "stack-set::percentage"),
            (set().parameter("Text", "two words"), "stack-set::awkward-parameter"),
            (set().parameter("Text", "one").previous_parameter("Text"), "stack-set::duplicate-parameter"),
            (set().parameter("A", "a").parameters_file(bundle.file("p.json")), "stack-set::parameters-twice"),
            (set().capability(Capability::AutoExpand), "stack-set::capability"),
        ] {
            assert_eq!(ask(&set).codes, [code]);
        }
    }

    #[test]
    fn instances_must_be_somewhere() {
        let instances = || DeployStackInstances::new("baseline");
        assert_eq!(ask(&instances()).codes, ["stack-set::no-targets"]);
        let misnamed = DeployStackInstances::new("7days").deploy_to(accounts(), ["us-east-1"]);
        assert_eq!(ask(&misnamed).codes, ["stack-set::malformed-name"]);
        let asked = ask(&instances().deploy_to(accounts(), ["us-east-1"]).parameter_override("Retention", "90"));
        assert_eq!(text_of(&asked.configuration, "Regions"), Some("us-east-1"));
        let overrides = text_of(&asked.configuration, "ParameterOverrides");
        assert_eq!(overrides, Some("ParameterKey=Retention,ParameterValue=90"));
        assert_eq!(asked.codes, [""; 0]);
        assert_eq!(pass_role(&asked.policy), None);
    }
}
