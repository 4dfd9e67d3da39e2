//! What both actions need for the tasks that they start: the roles of their definition, and tags.

use construct_core::{Diagnostic, Value, kind};
use construct_iam::{Arn, PolicyStatement};

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

    pub(super) fn problems(&self) -> impl Iterator<Item = Diagnostic> {
        // Some roles of an account may be named by a pattern.
        let is_role = |text: &str| {
            Arn::parse(text).is_ok_and(|arn| arn.service() == "iam" && arn.resource().starts_with("role/"))
        };
        let others = self.arns.iter().filter_map(Value::literal).filter(move |text| !is_role(text));
        let malformed = others.map(|text| {
            let message = format!("`{}` is no ARN of a role", text.escape_debug());
            let help = "write it as in `arn:aws:iam::111111111111:role/orders-task`";
            Diagnostic::error("ecs::malformed-task-role", message).help(help)
        });
        self.unknown().into_iter().chain(malformed)
    }

    fn unknown(&self) -> Option<Diagnostic> {
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
