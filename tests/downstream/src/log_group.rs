//! Log groups.

use construct_core::{
    Attr, Claim, Diagnostic, Env, Expr, LowerCx, Properties, RemovalPolicy, Resource, Tagging, Uniqueness, ValidateCx,
};
use construct_iam::Arn;

construct_core::handle! {
    /// A log group.
    pub struct LogGroupRef {
        /// The ARN of everything in the log group; it ends in `:*`.
        arn: Arn = GetAtt("Arn"),
        /// The log group's name.
        name: Name = Ref,
    }
}

/// How long CloudWatch Logs can be told to keep what it is given, in days.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
const RETENTIONS: [u16; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557, 2_922, 3_288, 3_653];

/// A log group. It outlives its stack: what happened must be known afterwards.
///
/// ```
/// use acme_delivery::LogGroup;
/// use construct_core::{App, Env};
/// let mut app = App::new();
/// let stack = app.stack("Logs", Env::new("111111111111", "us-east-1"));
/// let logs = app.at(stack).add("Logs", LogGroup::new("/aws/codepipeline/orders").retention_days(30));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct LogGroup {
    name: String,
    retention_days: u16,
}

impl LogGroup {
    /// A log group that keeps what it is given for 90 days.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), retention_days: 90 }
    }

    /// How many days it keeps what it is given: one of the numbers that CloudWatch Logs takes.
    pub fn retention_days(mut self, days: u16) -> Self {
        self.retention_days = days;
        self
    }
}

impl Resource for LogGroup {
    type Handle = LogGroupRef;
    const TYPE: &'static str = "AWS::Logs::LogGroup";
    const TAGGING: Tagging = Tagging::List;

    fn properties(&self, _: &LowerCx<'_>) -> Properties {
        Properties::new().set("LogGroupName", self.name.clone()).set("RetentionInDays", self.retention_days)
    }

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        if !RETENTIONS.contains(&self.retention_days) {
            let near = RETENTIONS.iter().find(|days| **days > self.retention_days).unwrap_or(&3_653);
            let message = format!("logs cannot be kept for exactly {} days", self.retention_days);
            cx.report(Diagnostic::error("acme::retention", message).help(format!("keep them for {near} days")));
        }
    }

    fn removal_policy(&self) -> Option<RemovalPolicy> {
        Some(RemovalPolicy::RetainExceptOnCreate)
    }

    fn physical(&self, attr: &Attr, own: Env) -> Option<Expr> {
        match attr {
            Attr::Ref => Some(self.name.clone().into()),
            Attr::GetAtt(attr) if attr == "Arn" => {
                Some(Arn::regional(own, "logs", format!("log-group:{}:*", self.name)).into())
            }
            Attr::GetAtt(_) | Attr::LogicalId => None,
        }
    }

    fn claim(&self) -> Option<Claim> {
        Some(Claim::new(Uniqueness::Environment, self.name.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use construct_core::{App, Output, SynthError};

    const HERE: Env = Env::new("111111111111", "us-east-1");
    const THERE: Env = Env::new("333333333333", "eu-west-1");

    fn codes(error: &SynthError) -> Vec<&str> {
        error.findings().into_iter().flat_map(construct_core::Diagnostics::iter).map(|found| found.code()).collect()
    }

    #[test]
    fn it_is_kept_and_has_a_retention() {
        let mut app = App::new();
        let stack = app.stack("Logs", HERE);
        app.at(stack).add("Logs", LogGroup::new("/acme/orders").retention_days(30));
        let assembly = app.synth().unwrap();
        let template = assembly.stacks()[0].template_json().unwrap();
        let (_, resource) = template["Resources"].as_object().unwrap().iter().next().unwrap();
        assert_eq!(resource["Type"], "AWS::Logs::LogGroup");
        assert_eq!(resource["DeletionPolicy"], "RetainExceptOnCreate");
        assert_eq!(resource["UpdateReplacePolicy"], "Retain");
        assert_eq!(
            resource["Properties"],
            serde_json::json!({ "LogGroupName": "/acme/orders", "RetentionInDays": 30 })
        );
    }

    #[test]
    fn other_accounts_know_it_by_name() {
        let mut app = App::new();
        let (here, there) = (app.stack("Here", HERE), app.stack("There", THERE));
        let logs = app.at(there).add("Logs", LogGroup::new("/acme/orders"));
        app.at(here).add("Logs", LogGroup::new("/acme/all"));
        app.at(here).add("Output", Output::new(logs.arn()).logical_id("Logs"));
        let assembly = app.synth().unwrap();
        let here = assembly.stacks().iter().find(|stack| stack.stack_name == "Here").unwrap();
        let value = here.template_json().unwrap()["Outputs"]["Logs"]["Value"].clone();
        assert_eq!(value, "arn:aws:logs:eu-west-1:333333333333:log-group:/acme/orders:*");
    }

    #[test]
    fn an_odd_retention_is_found() {
        let mut app = App::new();
        let stack = app.stack("Logs", HERE);
        app.at(stack).add("Logs", LogGroup::new("/acme/orders").retention_days(100));
        let error = app.synth().unwrap_err();
        assert_eq!(codes(&error), ["acme::retention"]);
        let text = error.to_string();
        assert!(
            text.contains("in Logs/Logs") && text.contains(file!()) && text.contains("keep them for 120 days"),
            "{text}"
        );
    }

    #[test]
    fn a_name_is_given_once() {
        let mut app = App::new();
        let stack = app.stack("Logs", HERE);
        app.at(stack).add("One", LogGroup::new("/acme/orders"));
        app.at(stack).add("Two", LogGroup::new("/acme/orders"));
        assert_eq!(codes(&app.synth().unwrap_err()), ["resource::duplicate-name"]);
    }
}
