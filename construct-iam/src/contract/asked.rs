//! What is asked of the owners of imported constructs, with the reason.

use std::borrow::Cow;
use std::collections::BTreeSet;

use construct_core::{Fact, Reach};

use crate::policy::PolicyStatement;

/// Why a statement is needed, beside the statement itself: attached to an imported construct, it becomes the sentence of
/// the [contract](super) that explains the statement to its owner.
///
/// ```
/// use construct_core::{App, Env};
/// use construct_iam::contract::{Asked, Contract};
/// use construct_iam::{PolicyStatement, Principal, Role};
///
/// let mut app = App::new();
/// let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let mut scope = app.at(tools);
/// let role = scope.add("Builder", Role::import("arn:aws:iam::555555555555:role/builder"));
/// let trust = PolicyStatement::allow(["sts:AssumeRole"]).principal(Principal::service("codebuild.amazonaws.com"));
/// scope.attach(role, Asked::new(&trust, "CodeBuild works with this role"));
/// scope.attach(role, trust);
/// let contract = Contract::of(&app.synth()?).expect("something is asked");
/// assert_eq!(contract.things[0].account, "555555555555");
/// assert_eq!(contract.things[0].policies[0].why, ["CodeBuild works with this role"]);
/// # Ok::<(), construct_core::SynthError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    pub(super) statement: PolicyStatement,
    pub(super) purpose: Cow<'static, str>,
    pub(super) pipeline: Option<String>,
    pub(super) actions: BTreeSet<String>,
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

/// Whether somebody asks anything of the owners of what is imported, attached to the root of the tree. Where all who say so
/// ask for nothing, the app has no contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AsksOwners(pub bool);

impl Fact for AsksOwners {
    const NAME: &'static str = "whether owners are asked";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
}
