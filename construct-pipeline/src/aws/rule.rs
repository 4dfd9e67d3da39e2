//! Rules of EventBridge.

use construct_core::{Diagnostic, Expr, Gauge, LowerCx, Properties, Resource, Tagging, ValidateCx, Value, kind};

use crate::quota;

construct_core::handle! {
    /// A rule.
    pub struct RuleRef {
        /// The rule's ARN.
        arn: Arn = GetAtt("Arn"),
    }
}

/// A rule on the default event bus: events of a pattern go to targets.
///
/// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-events-rule.html>.
#[derive(Clone, Debug)]
#[must_use]
pub struct Rule {
    description: Option<String>,
    pattern: Expr,
    targets: Vec<Properties>,
}

impl Rule {
    /// A rule for events of a pattern.
    pub fn new(pattern: impl Into<Expr>) -> Self {
        Self { description: None, pattern: pattern.into().bounded(), targets: Vec::new() }
    }

    /// What the rule is for, at most 512 characters.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Adds a target, which the rule reaches with a role; a rule has at most 5.
    pub fn target(mut self, arn: impl Into<Value<kind::Arn>>, role: impl Into<Value<kind::Arn>>) -> Self {
        let id = format!("Target{}", self.targets.len());
        self.targets.push(Properties::new().set("Id", id).set("Arn", arn.into()).set("RoleArn", role.into()));
        self
    }
}

impl Resource for Rule {
    type Handle = RuleRef;
    const TYPE: &'static str = "AWS::Events::Rule";
    const TAGGING: Tagging = Tagging::List;
    const GAUGE: Option<(&'static str, Gauge)> = Some(quota::GAUGE);

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        // https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
        if self.description.as_ref().is_some_and(|text| text.chars().count() > 512) {
            let message = "the description of the rule has more than 512 characters";
            cx.report(Diagnostic::error("events::long-description", message).help("shorten it"));
        }
    }

    fn properties(&self, _: &LowerCx<'_>) -> Properties {
        Properties::new()
            .opt("Description", self.description.clone())
            .set("EventPattern", self.pattern.clone())
            .set("State", "ENABLED")
            .list("Targets", self.targets.iter().cloned())
    }
}
