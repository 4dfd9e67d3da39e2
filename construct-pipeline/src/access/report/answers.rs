//! What the proof found.

use std::collections::BTreeMap;
use std::sync::Arc;

use construct_iam::access::Verdict;

use super::access::{Access, Area};
use crate::access::order::Order;
use crate::access::wide::TooWide;
use crate::access::world::{ActionLabel, Pipeline, PipelineLabel, World};

/// A row of a matrix: a pipeline and one of its actions; `None` is the pipeline as such.
pub type Row = (Arc<PipelineLabel>, Option<Arc<ActionLabel>>);

/// The proof: every request with its outcome, in the order of pipelines and actions.
///
/// ```
/// use construct_pipeline::access::{Outside, prove, template::Templates};
///
/// let report = prove(&Templates::new(), &Outside::new());
/// assert!(report.is_proved());
/// ```
#[derive(Debug)]
pub struct Report {
    pub(crate) accesses: Vec<Access>,
    pub(crate) pipelines: Vec<Pipeline>,
    pub(crate) order: Order,
    pub(crate) too_wide: Vec<TooWide>,
    pub(crate) notes: Vec<String>,
    pub(crate) world: World,
}

impl Report {
    /// Every request.
    #[must_use]
    pub fn accesses(&self) -> &[Access] {
        &self.accesses
    }

    /// The pipelines in the order of the templates, each with its actions in order.
    pub fn pipelines(
        &self,
    ) -> impl ExactSizeIterator<Item = (&Arc<PipelineLabel>, impl Iterator<Item = &Arc<ActionLabel>>)> {
        self.pipelines.iter().map(|one| (&one.label, one.actions.iter().map(|action| &action.label)))
    }

    /// What every run needs and the policies deny.
    pub fn holes(&self) -> impl Iterator<Item = &Access> {
        self.accesses.iter().filter(|access| access.is_hole())
    }

    /// What a run needs in certain cases and the policies deny.
    pub fn risks(&self) -> impl Iterator<Item = &Access> {
        self.accesses.iter().filter(|access| access.is_risk())
    }

    /// What should be denied and the policies allow.
    pub fn leaks(&self) -> impl Iterator<Item = &Access> {
        self.accesses.iter().filter(|access| access.is_leak())
    }

    /// What depends on values or policies that are not known.
    pub fn assumptions(&self) -> impl Iterator<Item = &Access> {
        self.accesses.iter().filter(|access| access.is_open())
    }

    /// The requests of an action.
    pub fn of_action<'r>(&'r self, action: &'r ActionLabel) -> impl Iterator<Item = &'r Access> {
        self.accesses
            .iter()
            .filter(move |access| access.action.as_deref().is_some_and(|label| std::ptr::eq(label, action)))
    }

    /// Statements that give far more than the run needs: all of KMS, every key, every role to take on, every role to hand
    /// over (to any service, or to CloudFormation) or a key to everybody; and, of the roles that perform actions, the
    /// objects of every bucket, every stack, and everything but what a `NotAction` names. A `NotResource` counts as everything; conditions that narrow are heeded.
    /// Whoever is given `*` on `*` is an administrator, and meant to be one.
    #[must_use]
    pub fn too_wide(&self) -> &[TooWide] {
        &self.too_wide
    }

    /// What is known about the order of deployment.
    #[must_use]
    pub const fn order(&self) -> &Order {
        &self.order
    }

    /// What was taken for granted while reading the templates, in words.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether a template makes the role, bucket, key or project of this ARN: what else was
    /// [given](crate::access::Outside) for it counts for nothing.
    #[must_use]
    pub fn makes(&self, arn: &str) -> bool {
        let World { roles, keys, projects, buckets, .. } = &self.world;
        let bucket = arn.split_once(":s3:::").and_then(|(_, name)| buckets.get(name));
        let made = [
            roles.get(arn).and_then(|role| role.made.as_ref()),
            keys.get(arn).and_then(|key| key.made.as_ref()),
            projects.get(arn).and_then(|project| project.made.as_ref()),
            bucket.and_then(|bucket| bucket.made.as_ref()),
        ];
        made.iter().any(Option::is_some)
    }

    /// Whether everything is proved: no template that cannot be read, no hole, no leak, nothing open, and every order
    /// of deployment works.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        let is_known = self.notes.is_empty() && self.world.unreadable.is_empty();
        is_known && self.accesses.iter().all(Access::is_proved) && self.order.is_proved()
    }

    /// The verdict of the evaluator with its reasons; `None` where [`Access::remark`] decides. It is found anew with
    /// each call, as nobody reads most of them.
    #[must_use]
    pub fn verdict(&self, access: &Access) -> Option<Verdict> {
        if access.remark.is_some() {
            return None;
        }
        access.question.verdict()
    }

    /// The number of requests in each cell of a matrix of actions and areas, in the order of the pipelines.
    #[must_use]
    pub fn matrix(&self) -> BTreeMap<Row, BTreeMap<Area, Cell>> {
        let mut matrix: BTreeMap<_, BTreeMap<Area, Cell>> = BTreeMap::new();
        for access in &self.accesses {
            let row = (Arc::clone(&access.pipeline), access.action.clone());
            matrix.entry(row).or_default().entry(access.area()).or_default().count(access);
        }
        matrix
    }

    /// The text with words in place of the symbols for what is not known.
    #[must_use]
    pub fn readable(&self, text: &str) -> String {
        self.world.symbols.readable(text)
    }
}

/// How many requests of one area came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// As they should.
    pub proved: usize,
    /// Holes, risks and leaks.
    pub failed: usize,
    /// Open.
    pub open: usize,
}

impl Cell {
    fn count(&mut self, access: &Access) {
        let n = match () {
            () if access.is_proved() => &mut self.proved,
            () if access.is_open() => &mut self.open,
            () => &mut self.failed,
        };
        *n += 1;
    }
}
