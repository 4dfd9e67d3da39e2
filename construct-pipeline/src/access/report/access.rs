//! One request with its outcome.

use std::fmt;
use std::sync::Arc;

use construct_iam::access::Truth;

use crate::access::ask::Question;
use crate::access::world::{ActionLabel, PipelineLabel};

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
    /// The role that was handed over reads the artifacts, or that of an instance.
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
    /// Somebody of an account that has no part in the pipeline takes on a role that works for it.
    OutsiderTakesRole,
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

/// What decides a request instead of policies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remark {
    /// What is so, in words. May hold symbols: see [`Report::readable`](super::Report::readable).
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
    /// Who asks: the ARN of a role, or the name of a service. May hold symbols: see
    /// [`Report::readable`](super::Report::readable).
    #[must_use]
    pub fn principal(&self) -> &str {
        self.question.told.caller.who.name()
    }

    /// The IAM action.
    #[must_use]
    pub fn iam_action(&self) -> &str {
        self.question.action.name()
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

    /// Whether an action has the role of the pipeline itself, so that this would have to take itself on.
    pub(crate) fn takes_own_role(&self) -> bool {
        self.purpose == Purpose::TakesActionRole && self.resource() == self.principal()
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

#[cfg(test)]
mod tests {
    use super::Area;

    #[test]
    fn areas_have_names_in_the_order_of_a_run() {
        let names = Area::ALL.map(|area| area.to_string());
        assert_eq!(names, ["roles", "store", "key", "service", "pass role", "events", "kept out"]);
    }
}
