//! What is asked of the owners of imported constructs, with the reason.

use std::borrow::Cow;
use std::collections::BTreeSet;

use construct_core::{Fact, NodeId, PlanCx, Reach};
use construct_iam::PolicyStatement;

/// Why a statement is needed, beside the statement itself: attached to an imported construct, it becomes the sentence of
/// the [contract](crate::contract) that explains the statement to its owner.
///
/// ```
/// use construct_pipeline::contract::Contract;
/// use construct_pipeline::prelude::*;
/// # fn main() -> Result<(), SynthError> {
/// let mut app = App::new();
/// let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let mut scope = app.at(tools);
/// let topic = scope.add("Releases", Topic::import("arn:aws:sns:us-east-1:555555555555:releases"));
/// let service = Principal::service("codestar-notifications.amazonaws.com");
/// let publish = PolicyStatement::allow(["sns:Publish"]).principal(service).on([topic.arn()]);
/// scope.attach(topic, Asked::new(&publish, "a notification rule tells of failed runs"));
/// scope.attach(topic, publish);
///
/// let source = Artifact::new("Source");
/// scope.add(
///     "Pipeline",
///     Pipeline::new("orders")
///         .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
///         .stage(Stage::new("Release").action(Action::new("Approve", ManualApproval::new()))),
/// );
/// let contract = Contract::of(&app.synth()?).expect("something is asked");
/// assert_eq!(contract.things[0].account, "555555555555");
/// assert_eq!(contract.things[0].policies[0].why, ["a notification rule tells of failed runs"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    pub(crate) statement: PolicyStatement,
    pub(crate) purpose: Cow<'static, str>,
    pub(crate) pipeline: Option<String>,
    pub(crate) actions: BTreeSet<String>,
}

impl Asked {
    /// A reason: what the statement is for, as in `CodeBuild works with this role`.
    #[must_use]
    pub fn new(statement: &PolicyStatement, purpose: impl Into<Cow<'static, str>>) -> Self {
        Self { statement: statement.clone(), purpose: purpose.into(), pipeline: None, actions: BTreeSet::new() }
    }

    /// The pipeline that needs it. The purpose then says what the pipeline does, as in `reads artifacts`.
    #[must_use]
    pub fn by_pipeline(mut self, name: impl Into<String>) -> Self {
        self.pipeline = Some(name.into());
        self
    }

    /// The actions that need it, in words.
    #[must_use]
    pub fn in_actions<S: Into<String>>(mut self, actions: impl IntoIterator<Item = S>) -> Self {
        self.actions.extend(actions.into_iter().map(Into::into));
        self
    }
}

impl Fact for Asked {
    const NAME: &'static str = "reason of a statement";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
    const IS_KEPT_FOR_CHECKS: bool = false;
}

/// States what a construct must allow, and where that is for an owner to see to, also why.
pub(crate) fn grant(
    target: impl Into<NodeId>,
    statement: PolicyStatement,
    cx: &mut PlanCx<'_>,
    why: impl FnOnce(&PolicyStatement) -> Asked,
) {
    let target = target.into();
    because(target, cx, || why(&statement));
    cx.attach(target, statement);
}

/// Says why a construct must allow something, where that is for an owner to see to.
pub(crate) fn because(target: impl Into<NodeId>, cx: &mut PlanCx<'_>, why: impl FnOnce() -> Asked) {
    let target = target.into();
    if cx.view().imports(target).is_some() {
        cx.attach(target, why());
    }
}
