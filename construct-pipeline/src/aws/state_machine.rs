//! Step Functions state machines that exist already. They come from elsewhere, so they are imported only.

use construct_core::{Attr, Diagnostic, Env, Expr, Lower, LowerCx, PlanCx, Resources, Synth, ValidateCx, Value, kind};
use construct_iam::Arn;

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
    pub fn import(arn: impl Into<Value<kind::Arn>>) -> ImportedStateMachine {
        ImportedStateMachine { arn: arn.into() }
    }
}

/// A state machine that exists already. It stands in the account and region that its ARN names. Its name is known when
/// its ARN is.
#[derive(Clone, Debug)]
#[must_use]
pub struct ImportedStateMachine {
    arn: Value<kind::Arn>,
}

impl ImportedStateMachine {
    fn parsed(&self) -> Option<(Arn, String)> {
        let arn = Arn::parse(self.arn.literal()?).ok()?;
        let name = arn.resource().strip_prefix("stateMachine:")?.to_owned();
        let placed = !arn.region_name().is_empty() && !arn.account().is_empty();
        let named = !name.is_empty() && name.len() <= 80 && !name.contains([':', '*', '?', ' ']);
        (arn.service() == "states" && named && placed).then_some((arn, name))
    }
}

impl Synth for ImportedStateMachine {
    type Handle = StateMachineRef;

    fn env(&self, placed_in: Option<Env>) -> Option<Env> {
        self.parsed().and_then(|(arn, _)| arn.env(placed_in)).or(placed_in)
    }

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        if let Some(text) = self.arn.literal()
            && self.parsed().is_none()
        {
            let code = "step-functions::malformed-state-machine-arn";
            cx.report(Diagnostic::error(code, format!("`{text}` is no ARN of a state machine")).help(
                "write it as `arn:aws:states:us-east-1:111111111111:stateMachine:name`, without version or alias",
            ));
        }
    }

    fn plan(&self, _: &mut PlanCx<'_>) -> Box<dyn Lower> {
        Box::new(self.clone())
    }
}

impl Lower for ImportedStateMachine {
    fn lower(&self, _: &LowerCx<'_>, _: &mut Resources) {}

    fn physical(&self, attr: &Attr, _: Env) -> Option<Expr> {
        match attr {
            Attr::Ref => Some((&self.arn).into()),
            // A malformed ARN is reported where it is; what refers to it need not be.
            Attr::GetAtt(attr) if attr == "Name" => {
                Some(self.parsed().map_or_else(|| (&self.arn).into(), |(_, name)| name.into()))
            }
            Attr::GetAtt(_) | Attr::LogicalId => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::StateMachine;

    #[test]
    fn the_name_is_read_from_the_arn() {
        let name = |arn: &str| StateMachine::import(arn).parsed().map(|(_, name)| name);
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
