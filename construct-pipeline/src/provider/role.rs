//! Roles that the user gives, and roles that actions pass on.

use std::borrow::Cow;

use construct_core::{Diagnostic, Env, Value, View, kind};
use construct_iam::{Arn, ImportedRole, PolicyStatement, RoleRef};

/// A role given by the user: a handle of the tree, or one that exists already.
#[derive(Clone, Debug)]
pub enum GivenRole {
    /// A role of the tree.
    Placed(RoleRef),
    /// A role that exists already.
    Imported(ImportedRole),
}

impl From<RoleRef> for GivenRole {
    fn from(role: RoleRef) -> Self {
        Self::Placed(role)
    }
}

impl From<ImportedRole> for GivenRole {
    fn from(role: ImportedRole) -> Self {
        Self::Imported(role)
    }
}

impl GivenRole {
    /// The role's ARN.
    #[must_use]
    pub fn arn(&self) -> Value<kind::Arn> {
        match self {
            Self::Placed(role) => role.arn(),
            Self::Imported(role) => role.arn().clone(),
        }
    }

    /// Where the role is, as far as that is known; IAM has no regions, so the region means nothing.
    pub(crate) fn env(&self, view: View<'_>, home: Env) -> Option<Env> {
        match self {
            Self::Placed(role) => view.env_of(*role),
            Self::Imported(role) => Arn::parse(role.arn().literal()?).ok()?.env(Some(home)),
        }
    }

    /// That it is given by an ARN of something else, or in another partition than the pipeline.
    pub(crate) fn problem(&self, home: Env) -> Option<Diagnostic> {
        match self {
            Self::Placed(_) => None,
            Self::Imported(role) => role.problem().or_else(|| role.other_partition(home)),
        }
    }
}

/// A role that an action passes on to another service, which then works with it: CloudFormation's deployment role.
///
/// It is made in the action's account unless one is given. Passing a role never crosses accounts.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use]
pub struct PassedRole {
    /// The service that works with the role, as in `cloudformation.amazonaws.com`.
    pub service: Cow<'static, str>,
    /// A role that the user gave.
    pub given: Option<GivenRole>,
    /// What a role that is made may do.
    pub permissions: Vec<PolicyStatement>,
    /// Managed policies of a role that is made.
    pub managed_policies: Vec<Value<kind::Arn>>,
    /// Whether the service reads the action's input artifacts with the role.
    pub reads_inputs: bool,
}

impl PassedRole {
    /// A role for a service, made by the pipeline.
    pub fn new(service: impl Into<Cow<'static, str>>) -> Self {
        Self {
            service: service.into(),
            given: None,
            permissions: Vec::new(),
            managed_policies: Vec::new(),
            reads_inputs: false,
        }
    }

    /// The same, with a role that the user gave.
    pub fn given(mut self, role: Option<GivenRole>) -> Self {
        self.given = role;
        self
    }

    /// Adds permissions of a role that is made.
    pub fn permissions(mut self, statements: impl IntoIterator<Item = PolicyStatement>) -> Self {
        self.permissions.extend(statements);
        self
    }

    /// Adds managed policies of a role that is made.
    pub fn managed_policies(mut self, arns: impl IntoIterator<Item = Value<kind::Arn>>) -> Self {
        self.managed_policies.extend(arns);
        self
    }

    /// Says that the service reads the action's input artifacts with the role.
    pub fn reads_inputs(mut self) -> Self {
        self.reads_inputs = true;
        self
    }
}
