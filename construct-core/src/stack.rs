//! What a stack is told about itself.

use crate::env::Env;

/// The properties of a stack. An [`Env`] alone is enough.
///
/// ```
/// use construct_core::{App, Env, StackProps};
/// let mut app = App::new();
/// app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// app.stack(
///     "Shared",
///     StackProps::new(Env::new("111111111111", "eu-west-1")).stack_name("delivery-shared").termination_protection(true),
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackProps {
    pub(crate) env: Env,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) termination_protection: bool,
    pub(crate) assume_role_arn: Option<String>,
    pub(crate) execution_role_arn: Option<String>,
    pub(crate) names_only: bool,
    pub(crate) when_full: Option<String>,
}

impl StackProps {
    /// A stack in an environment.
    #[must_use]
    pub fn new(env: Env) -> Self {
        Self {
            env,
            name: None,
            description: None,
            termination_protection: false,
            assume_role_arn: None,
            execution_role_arn: None,
            names_only: false,
            when_full: None,
        }
    }

    /// The name in CloudFormation, 1 to 128 letters, digits and `-`, beginning with a letter. When absent, a stack of the
    /// app is called by its id, and one below a construct after its path, with `-` between letters and digits.
    #[must_use]
    pub fn stack_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The template's description, at most 1,024 bytes.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Whether CloudFormation refuses to delete the stack.
    #[must_use]
    pub fn termination_protection(mut self, protected: bool) -> Self {
        self.termination_protection = protected;
        self
    }

    /// The role that the deploying tool assumes for this stack; the caller's own credentials when absent.
    #[must_use]
    pub fn assume_role_arn(mut self, arn: impl Into<String>) -> Self {
        self.assume_role_arn = Some(arn.into());
        self
    }

    /// The role that CloudFormation itself uses for this stack; the caller's own credentials when absent.
    #[must_use]
    pub fn cloudformation_execution_role_arn(mut self, arn: impl Into<String>) -> Self {
        self.execution_role_arn = Some(arn.into());
        self
    }

    /// Couples the stack to others by physical names alone: nothing in it is exported or imported, so that no other
    /// stack's deletion or update can be held up by it.
    #[must_use]
    pub fn names_only(mut self) -> Self {
        self.names_only = true;
        self
    }

    /// What helps when the template outgrows a limit, in place of the advice to divide its constructs among several stacks:
    /// for stacks that a construct makes.
    #[must_use]
    pub fn when_full(mut self, help: impl Into<String>) -> Self {
        self.when_full = Some(help.into());
        self
    }
}

impl From<Env> for StackProps {
    fn from(env: Env) -> Self {
        Self::new(env)
    }
}
