//! AWS CloudFormation StackSets: one template in many accounts and regions.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-StackSets.html>

use std::collections::BTreeSet;
use std::fmt::Display;

use construct_core::{AccountId, Diagnostic, Expr, Properties, Region, Value, kind, text};
use construct_iam::{Arn, PolicyDocument, PolicyStatement};

use super::Capability;
use crate::artifact::{Artifact, ArtifactFile};
use crate::provider::{ActionCx, Category, GivenRole, Owner, PassedRole, Provider, ProviderSpec};
use crate::wire;

const SERVICE: &str = "cloudformation.amazonaws.com";

/// The name that StackSets assumes for the administration role when none is given.
const ADMINISTRATION_ROLE: &str = "AWSCloudFormationStackSetAdministrationRole";

/// Where a stack set has its stacks, within each region.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StackSetTargets {
    /// Accounts, by their 12 digits.
    Accounts(Vec<String>),
    /// Organizational units (`ou-…`) or roots (`r-…`) of AWS Organizations.
    OrganizationalUnits(Vec<String>),
    /// A file of an artifact: a JSON list of either.
    File(ArtifactFile),
}

impl StackSetTargets {
    /// Accounts, by their 12 digits.
    pub fn accounts<A: Display>(accounts: impl IntoIterator<Item = A>) -> Self {
        Self::Accounts(accounts.into_iter().map(|account| account.to_string()).collect())
    }

    /// Organizational units (`ou-…`) or roots (`r-…`) of AWS Organizations.
    pub fn organizational_units<U: Into<String>>(units: impl IntoIterator<Item = U>) -> Self {
        Self::OrganizationalUnits(units.into_iter().map(Into::into).collect())
    }

    /// A file of an artifact: a JSON list of accounts or organizational units.
    #[must_use]
    pub fn file(file: ArtifactFile) -> Self {
        Self::File(file)
    }
}

/// Who makes the roles that a stack set works with.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs.html>
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StackSetPermissionModel {
    /// Roles that exist in the administrator's and in every target account.
    SelfManaged(SelfManaged),
    /// AWS Organizations makes the roles.
    ServiceManaged(ServiceManaged),
}

impl From<SelfManaged> for StackSetPermissionModel {
    fn from(model: SelfManaged) -> Self {
        Self::SelfManaged(model)
    }
}

impl From<ServiceManaged> for StackSetPermissionModel {
    fn from(model: ServiceManaged) -> Self {
        Self::ServiceManaged(model)
    }
}

/// A stack set works with an administration role in the action's account, which may assume an execution role in every
/// target account. Both must exist. Targets are accounts.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html>
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct SelfManaged {
    administration_role: Option<GivenRole>,
    execution_role: Option<String>,
}

impl SelfManaged {
    /// Roles with the names that StackSets gives them: `AWSCloudFormationStackSetAdministrationRole` and
    /// `AWSCloudFormationStackSetExecutionRole`.
    pub fn new() -> Self {
        Self::default()
    }

    /// The administration role, in the account in which the action runs.
    pub fn administration_role(mut self, role: impl Into<GivenRole>) -> Self {
        self.administration_role = Some(role.into());
        self
    }

    /// The name of the execution role in every target account: 1 to 64 letters, digits and `_+=,.@-`.
    pub fn execution_role_name(mut self, name: impl Into<String>) -> Self {
        self.execution_role = Some(name.into());
        self
    }
}

/// A stack set works with roles that AWS Organizations makes. Targets are organizational units or roots. Trusted access
/// must be switched on for the organization.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-activate-trusted-access.html>
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ServiceManaged {
    auto_deployment: Option<AutoDeployment>,
}

impl ServiceManaged {
    /// Stacks are made only by the actions of the pipeline.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stacks are also made and deleted as accounts join and leave the organization; such an action has no targets of its
    /// own.
    pub fn auto_deployment(mut self, auto_deployment: AutoDeployment) -> Self {
        self.auto_deployment = Some(auto_deployment);
        self
    }
}

/// What happens to the stacks of an account that leaves the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AutoDeployment {
    /// They are deleted.
    Enabled,
    /// They stay.
    EnabledWithStackRetention,
}

impl AutoDeployment {
    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::EnabledWithStackRetention => "EnabledWithStackRetention",
        }
    }
}

/// Whether regions wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegionConcurrency {
    /// One region after the other, in the order given.
    Sequential,
    /// All regions at the same time.
    Parallel,
}

impl RegionConcurrency {
    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sequential => "SEQUENTIAL",
            Self::Parallel => "PARALLEL",
        }
    }
}

/// How failures slow an operation down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConcurrencyMode {
    /// At most one stack more than the tolerance may fail, so there is little concurrency with little tolerance.
    StrictFailureTolerance,
    /// The concurrency is as given, whatever fails.
    SoftFailureTolerance,
}

impl ConcurrencyMode {
    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StrictFailureTolerance => "STRICT_FAILURE_TOLERANCE",
            Self::SoftFailureTolerance => "SOFT_FAILURE_TOLERANCE",
        }
    }
}

/// Parameters of a template: values, or a file with values.
#[derive(Clone, Debug, Default)]
struct Parameters {
    /// `None` keeps the value the stack set has.
    values: Vec<(String, Option<Value<kind::Text>>)>,
    file: Option<ArtifactFile>,
}

impl Parameters {
    fn expr(&self) -> Option<Expr> {
        if let Some(file) = &self.file {
            return Some(file.into());
        }
        let one = |(key, value): &(String, Option<Value<kind::Text>>)| match value {
            Some(value) => text!("ParameterKey={},ParameterValue={}", key, value),
            None => text!("ParameterKey={},UsePreviousValue=true", key),
        };
        self.values.iter().map(one).reduce(|all, next| text!("{} {}", all, next)).map(Expr::from)
    }

    fn validate(&self, found: &mut Vec<Diagnostic>) {
        if self.file.is_some() && !self.values.is_empty() {
            found.push(
                Diagnostic::error("stack-set::parameters-twice", "there are parameters, and a file with parameters")
                    .help("put all of them into the file, or leave it out"),
            );
        }
        for (key, value) in &self.values {
            let value = value.as_ref().and_then(Value::literal);
            // The list knows no quotes: a blank ends a parameter, a comma one of its parts.
            let awkward = |text: &str| text.contains([',', '"', '\'']) || text.contains(char::is_whitespace);
            if key.is_empty() || key.contains('=') || awkward(key) || value.is_some_and(awkward) {
                let message = format!("the parameter `{}` cannot stand in a list of parameters", key.escape_debug());
                found.push(
                    Diagnostic::error("stack-set::awkward-parameter", message)
                        .help("values with blanks, commas and quotes go into a JSON file of an artifact"),
                );
            }
        }
    }
}

/// What both actions have in common: where, and how fast.
#[derive(Clone, Debug)]
struct Operation {
    name: String,
    targets: Option<(StackSetTargets, Vec<String>)>,
    failure_tolerance: Option<u32>,
    max_concurrent: Option<u32>,
    region_concurrency: Option<RegionConcurrency>,
    concurrency_mode: Option<ConcurrencyMode>,
    delegated: bool,
}

impl Operation {
    fn new(name: String) -> Self {
        Self {
            name,
            targets: None,
            failure_tolerance: None,
            max_concurrent: None,
            region_concurrency: None,
            concurrency_mode: None,
            delegated: false,
        }
    }

    fn file(&self) -> Option<&ArtifactFile> {
        match &self.targets {
            Some((StackSetTargets::File(file), _)) => Some(file),
            _ => None,
        }
    }

    /// The artifacts of files, each once, in the order in which the files are named.
    fn inputs<'a>(files: impl IntoIterator<Item = Option<&'a ArtifactFile>>) -> Vec<&'a Artifact> {
        let mut inputs = Vec::new();
        for artifact in files.into_iter().flatten().map(ArtifactFile::artifact) {
            if !inputs.contains(&artifact) {
                inputs.push(artifact);
            }
        }
        inputs
    }

    fn write(&self, configuration: Properties) -> Properties {
        let targets = self.targets.as_ref().map(|(targets, _)| match targets {
            StackSetTargets::Accounts(list) | StackSetTargets::OrganizationalUnits(list) => Expr::from(list.join(",")),
            StackSetTargets::File(file) => file.into(),
        });
        configuration
            .opt("DeploymentTargets", targets)
            .opt("Regions", self.targets.as_ref().map(|(_, regions)| regions.join(",")))
            .opt("FailureTolerancePercentage", self.failure_tolerance.map(|percent| percent.to_string()))
            .opt("MaxConcurrentPercentage", self.max_concurrent.map(|percent| percent.to_string()))
            .opt("RegionConcurrencyType", self.region_concurrency.map(RegionConcurrency::as_str))
            .opt("ConcurrencyMode", self.concurrency_mode.map(ConcurrencyMode::as_str))
            .opt("CallAs", self.delegated.then_some("DELEGATED_ADMIN"))
    }

    fn permissions<const N: usize>(&self, actions: [&'static str; N], cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let name = match self.name.split_once("#{") {
            Some((known, _)) => format!("{known}*"),
            None => self.name.clone(),
        };
        policy.push(PolicyStatement::allow(actions).on([cx.arn("cloudformation", format!("stackset/{name}:*"))]));
        if self.delegated {
            // Organizations offers no resource for this one.
            policy.push(PolicyStatement::allow(["organizations:ListDelegatedAdministrators"]).on(["*"]));
        }
    }

    fn validate(&self, found: &mut Vec<Diagnostic>) {
        let shape = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let name = (1..=128).contains(&self.name.len())
            && self.name.starts_with(|first: char| first.is_ascii_alphabetic())
            && self.name.bytes().all(shape);
        if !name && !self.name.contains("#{") {
            let message = format!("`{}` is no name of a stack set", self.name.escape_debug());
            found.push(
                Diagnostic::error("stack-set::malformed-name", message)
                    .help("stack set names have 1 to 128 letters, digits and `-`, and begin with a letter"),
            );
        }
        if let Some((targets, regions)) = &self.targets {
            validate_targets(targets, found);
            if regions.is_empty() {
                found.push(
                    Diagnostic::error("stack-set::no-regions", "the stack set has targets, but no regions")
                        .help("name at least one region in `.deploy_to(…)`"),
                );
            }
            for problem in regions.iter().filter_map(|region| Region::parse(region).err()) {
                found.push(
                    Diagnostic::warning("stack-set::unknown-region", problem.to_string())
                        .help("write a region code such as `us-east-1`; one newer than this release may pass"),
                );
            }
        }
        let percentages =
            [("failure tolerance", self.failure_tolerance, 0..=100), ("concurrency", self.max_concurrent, 1..=100)];
        for (what, percent, range) in percentages {
            if let Some(percent) = percent
                && !range.contains(&percent)
            {
                found.push(
                    Diagnostic::error("stack-set::percentage", format!("the {what} cannot be {percent} per cent"))
                        .help(format!("it is a whole number from {} to {}", range.start(), range.end())),
                );
            }
        }
    }
}

fn validate_targets(targets: &StackSetTargets, found: &mut Vec<Diagnostic>) {
    let (list, sound, help): (_, fn(&str) -> bool, _) = match targets {
        StackSetTargets::Accounts(list) => (list, is_account, "accounts have exactly 12 digits"),
        StackSetTargets::OrganizationalUnits(list) => {
            (list, is_unit_or_root, "write organizational units as `ou-…-…` and roots as `r-…`")
        }
        StackSetTargets::File(file) => return found.extend(path_problem(file)),
    };
    if list.is_empty() {
        found.push(no_targets());
    }
    for target in list.iter().filter(|target| !sound(target)) {
        let message = format!("`{}` is no target of a stack set", target.escape_debug());
        found.push(Diagnostic::error("stack-set::malformed-target", message).help(help));
    }
}

fn is_account(text: &str) -> bool {
    AccountId::parse(text).is_ok()
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html>
fn is_unit_or_root(text: &str) -> bool {
    let sound = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match text.split('-').collect::<Vec<_>>().as_slice() {
        ["ou", root, unit] => sound(root) && sound(unit),
        ["r", root] => sound(root),
        _ => false,
    }
}

fn no_targets() -> Diagnostic {
    Diagnostic::error("stack-set::no-targets", "there is nowhere to deploy the stack set to")
        .help("name accounts or organizational units, and regions, with `.deploy_to(…)`")
}

fn path_problem(file: &ArtifactFile) -> Option<Diagnostic> {
    (file.path().is_empty() || file.path().starts_with('/')).then(|| {
        Diagnostic::error("stack-set::malformed-path", format!("`{file}` names no file of the artifact"))
            .help("write the path from the top of the artifact, without a `/` in front")
    })
}

/// A parameter's value as text, whatever it was written as.
fn parameter_text(value: Expr) -> Value<kind::Text> {
    match value {
        json @ (Expr::Bool(_) | Expr::Int(_) | Expr::Real(_) | Expr::List(_) | Expr::Map(_)) => wire::json_text(&json),
        text => Value::new(text),
    }
}

macro_rules! operation_methods {
    () => {
        /// Where there are stacks: in each of these targets, in each of these regions, in the order of the regions. What
        /// is left out later stays as it is; nothing is ever deleted.
        pub fn deploy_to<R: Display>(mut self, targets: StackSetTargets, regions: impl IntoIterator<Item = R>) -> Self {
            let regions = regions.into_iter().map(|region| region.to_string()).collect();
            self.operation.targets = Some((targets, regions));
            self
        }

        /// How many stacks of a region may fail before the operation stops there, in per cent: 0 to 100, rounded down; 0
        /// when absent.
        pub fn failure_tolerance_percentage(mut self, percent: u32) -> Self {
            self.operation.failure_tolerance = Some(percent);
            self
        }

        /// In how many accounts of a region stacks are worked on at a time, in per cent: 1 to 100, rounded down, but one
        /// at least; 1 when absent.
        pub fn max_concurrent_percentage(mut self, percent: u32) -> Self {
            self.operation.max_concurrent = Some(percent);
            self
        }

        /// Whether regions wait for each other; they do when absent.
        pub fn region_concurrency(mut self, concurrency: RegionConcurrency) -> Self {
            self.operation.region_concurrency = Some(concurrency);
            self
        }

        /// How failures slow the operation down; strictly when absent.
        pub fn concurrency_mode(mut self, mode: ConcurrencyMode) -> Self {
            self.operation.concurrency_mode = Some(mode);
            self
        }

        /// Works as a delegated administrator of the organization, in place of its management account.
        /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-delegated-admin.html>
        pub fn as_delegated_administrator(mut self) -> Self {
            self.operation.delegated = true;
            self
        }
    };
}

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
        self.parameters.values.push((name.into(), Some(parameter_text(value.into()))));
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

/// Makes stacks of an existing stack set, or brings outdated ones up to date.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let second_wave = Action::new(
///     "SecondWave",
///     DeployStackInstances::new("baseline")
///         .deploy_to(StackSetTargets::accounts(["555555555555"]), ["us-east-1"])
///         .parameter_override("Retention", "90"),
/// )
/// .run_order(2);
/// ```
///
/// Its variables: `StackSetId`, `OperationId`.
#[derive(Clone, Debug)]
#[must_use]
pub struct DeployStackInstances {
    operation: Operation,
    overrides: Parameters,
}

impl DeployStackInstances {
    /// Stacks of a stack set in the account and region in which the action runs. It needs
    /// [`deploy_to`](Self::deploy_to).
    pub fn new(name: impl Into<String>) -> Self {
        Self { operation: Operation::new(name.into()), overrides: Parameters::default() }
    }

    /// Sets a parameter for these stacks alone. Values with blanks, commas or quotes go into a
    /// [`parameter_overrides_file`](Self::parameter_overrides_file).
    pub fn parameter_override(mut self, name: impl Into<String>, value: impl Into<Expr>) -> Self {
        self.overrides.values.push((name.into(), Some(parameter_text(value.into()))));
        self
    }

    /// A file with all overrides: a JSON list of objects with `ParameterKey` and `ParameterValue`.
    pub fn parameter_overrides_file(mut self, file: ArtifactFile) -> Self {
        self.overrides.file = Some(file);
        self
    }

    operation_methods!();
}

impl Provider for DeployStackInstances {
    fn spec(&self) -> ProviderSpec {
        let files = [self.overrides.file.as_ref(), self.operation.file()];
        ProviderSpec::new(Category::Deploy, Owner::Aws, "CloudFormationStackInstances")
            .inputs(Operation::inputs(files))
            .input_count(0..=2)
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        let configuration = Properties::new()
            .set("StackSetName", self.operation.name.clone())
            .opt("ParameterOverrides", self.overrides.expr());
        self.operation.write(configuration)
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let actions = [
            "cloudformation:CreateStackInstances",
            "cloudformation:DescribeStackSet",
            "cloudformation:DescribeStackSetOperation",
            "cloudformation:ListStackInstances",
        ];
        self.operation.permissions(actions, cx, policy);
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        self.operation.validate(&mut found);
        if self.operation.targets.is_none() {
            found.push(no_targets());
        }
        self.overrides.validate(&mut found);
        found.extend(self.overrides.file.as_ref().and_then(path_problem));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::custom::testing::{ask, text_of};
    use super::*;
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
        let asked = ask(&instances().deploy_to(accounts(), ["us-east-1"]).parameter_override("Retention", "90"));
        assert_eq!(text_of(&asked.configuration, "Regions"), Some("us-east-1"));
        let overrides = text_of(&asked.configuration, "ParameterOverrides");
        assert_eq!(overrides, Some("ParameterKey=Retention,ParameterValue=90"));
        assert_eq!(asked.codes, [""; 0]);
        assert_eq!(pass_role(&asked.policy), None);
    }
}
