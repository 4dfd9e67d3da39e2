//! AWS CloudFormation: stacks and change sets.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CloudFormation.html>

mod change_set;

use std::collections::BTreeSet;

use construct_core::{Diagnostic, Expr, Properties, Pseudo, Value, kind, text};
use construct_iam::{PolicyDocument, PolicyStatement};

use crate::artifact::{Artifact, ArtifactFile};
use crate::provider::{ActionCx, Category, GivenRole, Owner, PassedRole, Provider, ProviderSpec};
use crate::wire;

pub use self::change_set::*;

const SERVICE: &str = "cloudformation.amazonaws.com";

/// What CloudFormation must be told that a template may do.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// It makes IAM resources.
    Iam,
    /// It makes IAM resources with names of its own.
    NamedIam,
    /// It uses macros.
    AutoExpand,
}

impl Capability {
    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Iam => "CAPABILITY_IAM",
            Self::NamedIam => "CAPABILITY_NAMED_IAM",
            Self::AutoExpand => "CAPABILITY_AUTO_EXPAND",
        }
    }

    /// The words of a set, as CodePipeline takes them.
    pub(crate) fn list(capabilities: &BTreeSet<Self>) -> Option<String> {
        let words: Vec<&str> = capabilities.iter().map(|capability| capability.as_str()).collect();
        (!words.is_empty()).then(|| words.join(","))
    }
}

/// The role CloudFormation deploys with: given, or made in the action's account with the permissions named here.
#[derive(Clone, Debug, Default)]
struct DeploymentRole {
    given: Option<GivenRole>,
    permissions: Vec<PolicyStatement>,
    administrator: bool,
}

impl DeploymentRole {
    fn passed(&self) -> PassedRole {
        let administrator =
            self.administrator.then(|| text!("arn:{}:iam::aws:policy/AdministratorAccess", Pseudo::Partition));
        PassedRole::new(SERVICE)
            .given(self.given.clone())
            .permissions(self.permissions.iter().cloned())
            .managed_policies(administrator.map(Value::cast))
    }
}

/// What the actions that bring a template have in common.
#[derive(Clone, Debug)]
struct Deployment {
    stack: Value<kind::Name>,
    template: ArtifactFile,
    configuration: Option<ArtifactFile>,
    parameters: Vec<(String, Expr)>,
    capabilities: BTreeSet<Capability>,
    inputs: Vec<Artifact>,
    output: Option<(Artifact, String)>,
    role: DeploymentRole,
}

impl Deployment {
    fn new(stack: Value<kind::Name>, template: ArtifactFile) -> Self {
        Self {
            stack,
            template,
            configuration: None,
            parameters: Vec::new(),
            capabilities: BTreeSet::new(),
            inputs: Vec::new(),
            output: None,
            role: DeploymentRole::default(),
        }
    }

    fn inputs(&self) -> Vec<&Artifact> {
        let mut inputs: Vec<&Artifact> = Vec::new();
        let files = [Some(&self.template), self.configuration.as_ref()];
        let named = files.into_iter().flatten().map(ArtifactFile::artifact);
        for artifact in named.chain(&self.inputs) {
            if !inputs.contains(&artifact) {
                inputs.push(artifact);
            }
        }
        inputs
    }

    fn spec(&self) -> ProviderSpec {
        cloudformation()
            .inputs(self.inputs())
            .input_count(1..=10)
            .outputs(self.output.iter().map(|(artifact, _)| artifact))
            .output_count(0..=1)
            .passes(self.role.passed().reads_inputs())
    }

    fn configuration(&self, mode: &'static str, cx: &ActionCx<'_>) -> Properties {
        let parameters =
            (!self.parameters.is_empty()).then(|| wire::json_text(&Expr::map(self.parameters.iter().cloned())));
        // Mostly with a role, and perhaps with a change set.
        Properties::with_capacity(5)
            .set("ActionMode", mode)
            .set("StackName", &self.stack)
            .set("TemplatePath", &self.template)
            .opt("TemplateConfiguration", self.configuration.as_ref())
            .opt("Capabilities", Capability::list(&self.capabilities))
            .opt("ParameterOverrides", parameters)
            .opt("OutputFileName", self.output.as_ref().map(|(_, file)| file.clone()))
            .opt("RoleArn", cx.passed_role())
    }

    fn validate(&self) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = stack_name_problem(&self.stack).into_iter().collect();
        let files = [Some(&self.template), self.configuration.as_ref()];
        found.extend(files.into_iter().flatten().filter_map(|file| file.problem("cloudformation::malformed-path")));
        found.extend(parameter_problems(&self.parameters));
        found.extend(self.parameters.iter().filter_map(|(name, value)| self.reference_problem(name, value)));
        found
    }

    /// "You must declare this artifact as input for the associated action":
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-parameter-override-functions.html>
    fn reference_problem(&self, parameter: &str, value: &Expr) -> Option<Diagnostic> {
        let Expr::Call(function, argument) = value else { return None };
        let Expr::List(parts) = &**argument else { return None };
        let of_artifacts = ["Fn::GetArtifactAtt", "Fn::GetParam"].contains(&&**function);
        let artifact = parts.first().filter(|_| of_artifacts).and_then(Expr::literal)?;
        if self.inputs().iter().any(|input| input.name() == artifact) {
            return None;
        }
        let artifact = artifact.escape_debug();
        let message = format!(
            "the parameter `{parameter}` is taken of the artifact `{artifact}`, which is no input of the action"
        );
        let help = "add it with `.input(…)`, as the artifact of the template is one already";
        Some(Diagnostic::error("cloudformation::artifact-without-input", message).help(help))
    }
}

macro_rules! deployment_methods {
    () => {
        /// Sets a template parameter: text, a value, [`Artifact::att`] or [`ArtifactFile::param`]. It wins over the
        /// template configuration. All overrides together have at most 1,000 characters as JSON.
        #[doc(alias = "parameterOverrides")]
        pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Expr>) -> Self {
            self.deployment.parameters.push((name.into(), value.into().bounded()));
            self
        }

        /// A JSON file with `Parameters`, `Tags` and `StackPolicy`.
        pub fn template_configuration(mut self, file: ArtifactFile) -> Self {
            self.deployment.configuration = Some(file);
            self
        }

        /// Acknowledges what the template may do.
        #[doc(alias = "cfnCapabilities")]
        pub fn capability(mut self, capability: Capability) -> Self {
            self.deployment.capabilities.insert(capability);
            self
        }

        /// Adds an input that parameters refer to; the artifacts of template and configuration are inputs already. There
        /// are at most 10.
        pub fn input(mut self, artifact: &Artifact) -> Self {
            self.deployment.inputs.push(artifact.clone());
            self
        }

        /// Writes the outputs of the stack as JSON into a file of an artifact.
        pub fn output(mut self, artifact: &Artifact, file: impl Into<String>) -> Self {
            self.deployment.output = Some((artifact.clone(), file.into()));
            self
        }

        /// The role CloudFormation deploys with, in the account of the action, in place of one that is made.
        pub fn deployment_role(mut self, role: impl Into<GivenRole>) -> Self {
            self.deployment.role.given = Some(role.into());
            self
        }

        /// Adds a permission of the deployment role that is made: what the template needs. Without any, CloudFormation
        /// can deploy nothing.
        pub fn allow(mut self, statement: PolicyStatement) -> Self {
            self.deployment.role.permissions.push(statement);
            self
        }

        /// Lets the deployment role that is made do everything in its account.
        pub fn administrator_permissions(mut self) -> Self {
            self.deployment.role.administrator = true;
            self
        }
    };
}

use deployment_methods;

/// Creates or updates a stack.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let bundle = Artifact::new("Bundle");
/// let deploy = DeployStack::new("orders", bundle.file("template.yaml"))
///     .parameter("Stage", "test")
///     .parameter("Code", bundle.att(ArtifactAtt::ObjectKey))
///     .allow(PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:*:*:orders-*"]));
/// ```
///
/// Its variables are the outputs of the stack.
#[doc(alias = "CloudFormationCreateUpdateStackAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct DeployStack {
    deployment: Deployment,
    replace_on_failure: bool,
}

impl DeployStack {
    /// A stack from a template in an artifact.
    pub fn new(stack: impl Into<Value<kind::Name>>, template: ArtifactFile) -> Self {
        Self { deployment: Deployment::new(stack.into(), template), replace_on_failure: false }
    }

    /// Deletes and creates anew a stack whose creation failed.
    pub fn replace_on_failure(mut self) -> Self {
        self.replace_on_failure = true;
        self
    }

    deployment_methods!();
}

impl Provider for DeployStack {
    fn spec(&self) -> ProviderSpec {
        self.deployment.spec()
    }

    fn configuration(&self, cx: &ActionCx<'_>) -> Properties {
        self.deployment.configuration(if self.replace_on_failure { "REPLACE_ON_FAILURE" } else { "CREATE_UPDATE" }, cx)
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let mut actions = vec![
            "cloudformation:CreateStack",
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStackResource",
            "cloudformation:DescribeStackResources",
            "cloudformation:DescribeStacks",
            "cloudformation:GetStackPolicy",
            "cloudformation:GetTemplate",
            "cloudformation:GetTemplateSummary",
            "cloudformation:SetStackPolicy",
            "cloudformation:UpdateStack",
        ];
        if self.replace_on_failure {
            actions.push("cloudformation:DeleteStack");
        }
        policy.push(PolicyStatement::allow(actions).on([stack_arn(cx, &self.deployment.stack)]));
        // CloudFormation offers no resource for this one.
        policy.push(PolicyStatement::allow(["cloudformation:ValidateTemplate"]).on(["*"]));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        self.deployment.validate()
    }
}

/// Deletes a stack.
#[doc(alias = "CloudFormationDeleteStackAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct DeleteStack {
    stack: Value<kind::Name>,
    role: DeploymentRole,
}

impl DeleteStack {
    /// A stack to delete, whether it exists or not.
    pub fn new(stack: impl Into<Value<kind::Name>>) -> Self {
        Self { stack: stack.into(), role: DeploymentRole::default() }
    }

    /// The role CloudFormation works with, in the account of the action, in place of one that is made.
    pub fn deployment_role(mut self, role: impl Into<GivenRole>) -> Self {
        self.role.given = Some(role.into());
        self
    }

    /// Adds a permission of the deployment role that is made: what deleting the stack's resources needs.
    pub fn allow(mut self, statement: PolicyStatement) -> Self {
        self.role.permissions.push(statement);
        self
    }

    /// Lets the deployment role that is made do everything in its account.
    pub fn administrator_permissions(mut self) -> Self {
        self.role.administrator = true;
        self
    }
}

impl Provider for DeleteStack {
    fn spec(&self) -> ProviderSpec {
        cloudformation().passes(self.role.passed())
    }

    fn configuration(&self, cx: &ActionCx<'_>) -> Properties {
        Properties::new()
            .set("ActionMode", "DELETE_ONLY")
            .set("StackName", &self.stack)
            .opt("RoleArn", cx.passed_role())
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let actions = [
            "cloudformation:DeleteStack",
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStackResource",
            "cloudformation:DescribeStackResources",
            "cloudformation:DescribeStacks",
        ];
        policy.push(PolicyStatement::allow(actions).on([stack_arn(cx, &self.stack)]));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        stack_name_problem(&self.stack).into_iter().collect()
    }
}

fn cloudformation() -> ProviderSpec {
    ProviderSpec::new(Category::Deploy, Owner::Aws, "CloudFormation")
}

/// The ARN of a stack by its name, whatever the id behind it.
fn stack_arn(cx: &ActionCx<'_>, name: &Value<kind::Name>) -> Value<kind::Arn> {
    match name.literal() {
        Some(name) => cx.arn("cloudformation", ["stack/", name, "/*"].concat()).into(),
        None => text!("{}{}/*", cx.arn("cloudformation", "stack/"), name).cast(),
    }
}

fn stack_name_problem(name: &Value<kind::Name>) -> Option<Diagnostic> {
    let name = name.literal()?;
    if is_stack_name(name) || name.contains("#{") {
        return None;
    }
    let message = format!("`{}` is no name of a stack", name.escape_debug());
    Some(
        Diagnostic::error("cloudformation::malformed-stack-name", message)
            .help("stack names have 1 to 128 letters, digits and `-`, and begin with a letter"),
    )
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
fn parameter_problems(parameters: &[(String, Expr)]) -> Vec<Diagnostic> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for (name, _) in parameters {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let message = format!("`{}` is no name of a template's parameter", name.escape_debug());
            let help = "parameters are named with letters and digits alone; write the name as the template has it";
            found.push(Diagnostic::error("cloudformation::malformed-parameter", message).help(help));
        } else if !seen.insert(name) {
            let message = format!("the parameter `{name}` has two values");
            let help = "keep one `.parameter(…)` of that name";
            found.push(Diagnostic::error("cloudformation::duplicate-parameter", message).help(help));
        }
    }
    found
}

fn is_stack_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
