//! What other accounts may do with the default event bus.

use construct_core::{Claim, Env, Gauge, LowerCx, Properties, Resource, Uniqueness};
use construct_iam::{Arn, PolicyStatement};

use crate::quota;

construct_core::handle! {
    /// One statement of the policy of an event bus.
    pub struct EventBusPolicyRef {}
}

/// The ARN of the default event bus of an environment.
#[must_use]
pub fn default_event_bus(env: Env) -> Arn {
    Arn::regional(env, "events", "event-bus/default")
}

/// One statement of the policy of the default event bus; each stands by itself, so that several stacks can have some.
///
/// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-events-eventbuspolicy.html>.
#[derive(Clone, Debug)]
#[must_use]
pub struct EventBusPolicy {
    statement_id: String,
    statement: PolicyStatement,
}

impl EventBusPolicy {
    /// A statement by an id of 1 to 64 characters `a-zA-Z0-9_-`, unique for the bus.
    pub fn new(statement_id: impl Into<String>, statement: PolicyStatement) -> Self {
        Self { statement_id: statement_id.into(), statement }
    }
}

impl Resource for EventBusPolicy {
    type Handle = EventBusPolicyRef;
    const TYPE: &'static str = "AWS::Events::EventBusPolicy";
    const GAUGE: Option<(&'static str, Gauge)> = Some(quota::GAUGE);

    fn properties(&self, _: &LowerCx<'_>) -> Properties {
        Properties::new()
            .set("EventBusName", "default")
            .set("StatementId", self.statement_id.clone())
            .set("Statement", self.statement.clone())
    }

    fn claim(&self) -> Option<Claim> {
        Some(Claim::new(Uniqueness::Environment, &self.statement_id))
    }
}
