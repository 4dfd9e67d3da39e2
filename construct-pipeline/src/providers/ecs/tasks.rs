//! What both actions need for the tasks that they start: the roles of their definition, and tags.

use construct_core::{Diagnostic, Value, kind};
use construct_iam::PolicyStatement;

use crate::provider::ActionCx;

/// The roles that a task definition names.
#[derive(Clone, Debug, Default)]
pub(super) struct TaskRoles {
    pub(super) arns: Vec<Value<kind::Arn>>,
    /// Whether it names none.
    pub(super) is_empty: bool,
}

impl TaskRoles {
    pub(super) fn permission(&self) -> Option<PolicyStatement> {
        let pass = PolicyStatement::allow(["iam:PassRole"]).on(&self.arns);
        let pass = pass.condition("StringEquals", "iam:PassedToService", ["ecs-tasks.amazonaws.com"]);
        (!self.arns.is_empty()).then_some(pass)
    }

    pub(super) fn problem(&self) -> Option<Diagnostic> {
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

pub(super) use task_role_methods;

/// Lets an action tag the task definitions that it makes, as accounts may ask for that.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html>
pub(super) fn tag_task_definitions(cx: &ActionCx<'_>) -> PolicyStatement {
    let tag = PolicyStatement::allow(["ecs:TagResource"]).on([cx.arn("ecs", "task-definition/*:*")]);
    tag.condition("StringEquals", "ecs:CreateAction", ["RegisterTaskDefinition"])
}
