//! What a program chooses of a stack set: where it has its stacks, whose roles make them, how fast.

use std::fmt::Display;

use crate::artifact::ArtifactFile;
use crate::provider::GivenRole;

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
    pub(super) administration_role: Option<GivenRole>,
    pub(super) execution_role: Option<String>,
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
    pub(super) auto_deployment: Option<AutoDeployment>,
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
