//! What the proof found.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use construct_iam::access::{Truth, Verdict};

use crate::access::ask::Question;
use crate::access::order::Order;
use crate::access::wide::TooWide;
use crate::access::world::{ActionLabel, Pipeline, PipelineLabel, World};

/// What should come of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expected {
    /// The run needs it.
    Allow,
    /// Nobody needs it, and it would open the pipeline to others.
    Deny,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// Allowed, whatever is not known.
    Allowed,
    /// Denied, whatever is not known.
    Denied,
    /// Depends on what is not known.
    Open,
}

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// CodePipeline takes on the pipeline's role.
    StartsRun,
    /// The pipeline's role takes on the role of an action.
    TakesActionRole,
    /// The pipeline looks at a store before it uses it.
    LooksAtStore,
    /// An artifact is copied to the store of another region.
    Copies {
        /// Name of the artifact.
        artifact: Arc<str>,
        /// Region of the store it goes to.
        to: Arc<str>,
    },
    /// Input artifacts are read.
    Reads {
        /// Names of the artifacts.
        artifacts: Arc<str>,
    },
    /// Output artifacts are written.
    Writes {
        /// Names of the artifacts.
        artifacts: Arc<str>,
    },
    /// A call of the provider's service.
    Calls,
    /// The action hands a role to a service.
    PassesRole,
    /// A service takes on the role that was handed to it.
    ServiceTakesRole,
    /// The role that was handed over reads the artifacts.
    DeploymentReads {
        /// Names of the artifacts.
        artifacts: Arc<str>,
    },
    /// A rule starts the pipeline.
    EventStarts,
    /// A rule forwards events to another account.
    EventForwards,
    /// Somebody with no part in the pipeline reaches its artifacts.
    Stranger,
    /// Requests without TLS.
    PlainHttp,
    /// A role that only reads writes.
    ReaderWrites,
    /// The key is used otherwise than through S3.
    KeyOutsideStore,
    /// A role other than the pipeline's takes on an action's role.
    StrangerTakesRole,
    /// The role of another pipeline reaches the artifacts.
    OtherPipeline,
}

/// The column of a matrix that a request belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Area {
    /// Taking on roles.
    Roles,
    /// The artifact buckets.
    Store,
    /// The artifact keys.
    Key,
    /// Calls of services.
    Service,
    /// Handing roles over.
    Pass,
    /// Events that start the pipeline.
    Events,
    /// What must stay out.
    KeptOut,
}

impl Area {
    /// All areas in the order of a run.
    pub const ALL: [Self; 7] =
        [Self::Roles, Self::Store, Self::Key, Self::Service, Self::Pass, Self::Events, Self::KeptOut];
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Roles => "roles",
            Self::Store => "store",
            Self::Key => "key",
            Self::Service => "service",
            Self::Pass => "pass role",
            Self::Events => "events",
            Self::KeptOut => "kept out",
        })
    }
}

/// A row of a matrix: a pipeline and one of its actions; `None` is the pipeline as such.
pub type Row = (Arc<PipelineLabel>, Option<Arc<ActionLabel>>);

/// What decides a request instead of policies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remark {
    /// What is so, in words. May hold symbols: see [`Report::readable`].
    pub what: String,
    /// What mends it, in words; nothing where it is merely not known.
    pub fix: Option<&'static str>,
}

impl Remark {
    pub(crate) fn mended_by(fix: &'static str, what: impl Into<String>) -> Self {
        Self { what: what.into(), fix: Some(fix) }
    }

    pub(crate) fn unknown(what: impl Into<String>) -> Self {
        Self { what: what.into(), fix: None }
    }
}

/// One request, what should come of it, and what does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Access {
    /// The pipeline it belongs to.
    pub pipeline: Arc<PipelineLabel>,
    /// The action; `None` for what concerns the pipeline as such.
    pub action: Option<Arc<ActionLabel>>,
    /// What it is for.
    pub purpose: Purpose,
    /// What should come of it.
    pub expected: Expected,
    /// What came of it.
    pub decision: Decision,
    /// What decides instead of policies.
    pub remark: Option<Remark>,
    /// When the run needs it, if not always, in words.
    pub only_if: Option<&'static str>,
    pub(crate) question: Question,
    pub(crate) outsider: bool,
}

impl Access {
    /// Who asks: the ARN of a role, or the name of a service. May hold symbols: see [`Report::readable`].
    #[must_use]
    pub fn principal(&self) -> &str {
        self.question.told.caller.who.name()
    }

    /// The IAM action.
    #[must_use]
    pub fn iam_action(&self) -> &'static str {
        self.question.action
    }

    /// The resource. May hold symbols.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.question.target.resource.arn()
    }

    /// Whether who asks is in an account that has no part in the pipeline.
    #[must_use]
    pub fn is_outsider(&self) -> bool {
        self.outsider
    }

    /// Whether every run needs it and the policies deny it.
    #[must_use]
    pub fn is_hole(&self) -> bool {
        self.is_lacking() && self.only_if.is_none()
    }

    /// Whether a run needs it in a [certain case](Self::only_if) and the policies deny it.
    #[must_use]
    pub fn is_risk(&self) -> bool {
        self.is_lacking() && self.only_if.is_some()
    }

    fn is_lacking(&self) -> bool {
        self.expected == Expected::Allow && self.decision == Decision::Denied
    }

    /// Whether it should be denied and the policies allow it.
    #[must_use]
    pub fn is_leak(&self) -> bool {
        self.expected == Expected::Deny && self.decision == Decision::Allowed
    }

    /// Whether it is proved: allowed where it is needed, denied where not.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.decision.proves(self.expected)
    }

    /// Whether the outcome depends on what is not known.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.decision == Decision::Open
    }

    /// The column of a matrix.
    #[must_use]
    pub fn area(&self) -> Area {
        match &self.purpose {
            _ if self.expected == Expected::Deny => Area::KeptOut,
            Purpose::StartsRun | Purpose::TakesActionRole | Purpose::ServiceTakesRole => Area::Roles,
            Purpose::EventStarts | Purpose::EventForwards => Area::Events,
            Purpose::PassesRole => Area::Pass,
            Purpose::Calls => Area::Service,
            _ if self.iam_action().starts_with("kms:") => Area::Key,
            _ => Area::Store,
        }
    }
}

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

    /// Statements that give far more than the run needs.
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

    /// Whether a template makes the role, bucket, key or project of this ARN: what else was [given](crate::access::Outside) for it counts for nothing.
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

    /// Whether everything is proved: no template that cannot be read, no hole, no leak, nothing open, and every order of deployment works.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        let is_known = self.notes.is_empty() && self.world.unreadable.is_empty();
        is_known && self.accesses.iter().all(Access::is_proved) && self.order.is_proved()
    }

    /// The verdict of the evaluator with its reasons; `None` where [`Access::remark`] decides. It is found anew with each call, as nobody reads
    /// most of them.
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

impl Decision {
    /// Whether it is what was expected.
    pub(crate) fn proves(self, expected: Expected) -> bool {
        matches!((expected, self), (Expected::Allow, Self::Allowed) | (Expected::Deny, Self::Denied))
    }
}

impl From<Truth> for Decision {
    fn from(allowed: Truth) -> Self {
        match allowed {
            Truth::Yes => Self::Allowed,
            Truth::No => Self::Denied,
            Truth::Unknown => Self::Open,
        }
    }
}
