//! Step Functions state machines that exist already. They come from elsewhere, so they are imported only.

use construct_core::{Attr, Env, Expr, Value, kind};
use construct_iam::{Arn, ArnKind, Imported};

construct_core::handle! {
    /// A state machine.
    pub struct StateMachineRef {
        /// The state machine's ARN, which is also what `Ref` returns.
        arn: Arn = Ref,
        /// The state machine's name.
        name: Name = GetAtt("Name"),
    }
}

/// Step Functions state machines.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let machine = app
///     .at(stack)
///     .add("Migration", StateMachine::import("arn:aws:states:us-east-1:111111111111:stateMachine:migration"));
/// let migrate = StepFunctionsInvoke::new(machine);
/// ```
///
/// See <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-statemachines.html>.
#[derive(Clone, Copy, Debug)]
pub enum StateMachine {}

impl StateMachine {
    /// A state machine that exists already, by its ARN without version or alias: it is referred to and never written to.
    #[doc(alias = "fromStateMachineArn")]
    pub fn import(arn: impl Into<Value<kind::Arn>>) -> ImportedStateMachine {
        ImportedStateMachine::new(arn)
    }
}

/// The ARNs of state machines, without version or alias.
#[derive(Clone, Copy, Debug)]
pub enum StateMachineArn {}

impl ArnKind for StateMachineArn {
    type Handle = StateMachineRef;
    const WHAT: &'static str = "a state machine";
    const CODE: &'static str = "step-functions::malformed-state-machine-arn";
    const EXAMPLE: &'static str = "arn:aws:states:us-east-1:111111111111:stateMachine:name";

    fn name(arn: &Arn) -> Option<&str> {
        let name =
            arn.resource().strip_prefix("stateMachine:").filter(|_| arn.service() == "states" && arn.is_regional())?;
        ((1..=80).contains(&name.len()) && !name.contains([':', '*', '?', ' '])).then_some(name)
    }

    fn attribute(attr: &Attr, arn: &Value<kind::Arn>, name: Option<&str>, _: Env) -> Option<Expr> {
        match attr {
            Attr::Ref => Some(arn.into()),
            Attr::GetAtt(attr) if attr == "Name" => name.map(|name| name.to_owned().into()),
            Attr::GetAtt(_) | Attr::LogicalId => None,
        }
    }
}

/// A state machine that exists already.
pub type ImportedStateMachine = Imported<StateMachineArn>;

#[cfg(test)]
mod tests {
    use super::StateMachine;

    #[test]
    fn the_name_is_read_from_the_arn() {
        let name = |arn: &str| StateMachine::import(arn).parsed().map(|arn| arn.resource_name().to_owned());
        assert_eq!(name("arn:aws:states:us-east-1:111111111111:stateMachine:migrate").as_deref(), Some("migrate"));
        for arn in [
            "migrate",
            "arn:aws:states:us-east-1:111111111111:stateMachine:",
            "arn:aws:states:us-east-1:111111111111:stateMachine:migrate:7",
            "arn:aws:states:us-east-1:111111111111:execution:migrate:7",
            "arn:aws:states::111111111111:stateMachine:migrate",
        ] {
            assert_eq!(name(arn), None, "{arn}");
        }
    }
}
