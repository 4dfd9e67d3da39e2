//! Instances that fetch what is deployed to them, each with its own role.
//!
//! Codes: `instances::unknown-roles`.

use construct_core::Diagnostic;

use crate::provider::{GivenRole, ProviderSpec};

/// The roles of the instances that an action deploys to.
#[derive(Clone, Debug, Default)]
pub(super) struct InstanceRoles {
    pub(super) roles: Vec<GivenRole>,
    /// Whether it is said that there are none.
    pub(super) is_empty: bool,
}

impl InstanceRoles {
    fn is_known(&self) -> bool {
        self.is_empty || !self.roles.is_empty()
    }

    pub(super) fn readers(&self, spec: ProviderSpec) -> ProviderSpec {
        if self.is_known() { spec.readers(self.roles.clone()) } else { spec }
    }

    pub(super) fn problem(&self) -> Option<Diagnostic> {
        let message = "nobody says which roles the instances have, and the store lets in none of them, so that they cannot fetch the artifact";
        let help = "name the role of their instance profile with `.instance_role(role)`, or say that they have none with `.no_instance_roles()`";
        (!self.is_known()).then(|| Diagnostic::warning("instances::unknown-roles", message).help(help))
    }
}

/// The methods of all such actions.
macro_rules! instance_role_methods {
    () => {
        /// Adds a role of the instances: that of their instance profile, in the account of the action. It may read the
        /// artifact then; the owner of an imported one is asked for that.
        /// <https://docs.aws.amazon.com/codedeploy/latest/userguide/getting-started-create-iam-instance-profile.html>
        pub fn instance_role(mut self, role: impl Into<GivenRole>) -> Self {
            self.instances.roles.push(role.into());
            self
        }

        /// Says that none of the instances has a role: those on-premises may be users instead, which somebody else lets in.
        /// <https://docs.aws.amazon.com/codedeploy/latest/userguide/register-on-premises-instance-iam-user-arn.html>
        pub fn no_instance_roles(mut self) -> Self {
            self.instances.is_empty = true;
            self
        }
    };
}

pub(super) use instance_role_methods;
