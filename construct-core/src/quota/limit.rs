//! Quotas as data: a number with its unit, its source and its date, and what is other in an app.
//!
//! Codes: `quota::contradiction`, `quota::not-adjustable`.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::assembly::Assembly;
use crate::diagnostic::Diagnostic;
use crate::fact::{Fact, Reach};

/// From so many hundredths of a quota on, a warning says that it is nearly reached; what can be kept smaller is made
/// smaller from here on.
pub const NEARLY: usize = 80;

/// Whether a size is [`NEARLY`] as large as it may be, or larger; nothing never is.
///
/// ```
/// use construct_core::quota::is_near;
/// assert!(is_near(80, 100) && !is_near(79, 100));
/// assert!(is_near(6, 7) && !is_near(5, 7) && !is_near(1_000_000, usize::MAX) && !is_near(0, 0));
/// ```
#[must_use]
pub const fn is_near(size: usize, limit: usize) -> bool {
    size > 0 && size >= limit / 100 * NEARLY + (limit % 100 * NEARLY).div_ceil(100)
}

/// The largest size that is no more than [`NEARLY`] hundredths of a quota, which may be any number.
#[must_use]
pub const fn nearly(limit: usize) -> usize {
    limit / 100 * NEARLY + limit % 100 * NEARLY / 100
}

/// Whether AWS gives more of something to whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Adjustable {
    /// To nobody.
    No,
    /// Up to this number.
    UpTo(usize),
    /// AWS names no end.
    Yes,
}

/// What a quota is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuotaScope {
    /// Each resource, or each template, by itself.
    Each,
    /// Everything of a kind in one account and region. An app knows only what it makes itself, so more than the default
    /// is a warning.
    Region,
    /// Everything of a kind in one account. An app knows only what it makes itself, so more than the default is a warning.
    Account,
}

/// What a service takes at most, by default.
#[derive(Debug)]
#[non_exhaustive]
pub struct Quota {
    /// The service, as AWS writes it.
    pub service: &'static str,
    /// What is counted, such as `inline policies of a role`; unique together with the service.
    pub name: &'static str,
    /// The default.
    pub value: usize,
    /// What the number counts: `bytes`, `characters`, `resources` …
    pub unit: &'static str,
    /// What it is counted for.
    pub scope: QuotaScope,
    /// Whether AWS raises it.
    pub adjustable: Adjustable,
    /// The CloudFormation type, or the part of a template, on which it is measured.
    pub measured_on: &'static str,
    /// AWS's page.
    pub source: &'static str,
    /// When that was read: year and month.
    pub as_of: &'static str,
    /// The code of the finding when it is exceeded.
    pub code: &'static str,
    /// What makes it smaller.
    pub help: &'static str,
    /// Whether a warning says that it is nearly reached.
    pub warns: bool,
}

impl Quota {
    /// A quota of each resource that AWS raises for nobody. The finding about an excess has a code
    /// `area::what-is-wrong` and says what makes it smaller.
    #[must_use]
    pub const fn new(
        (service, name): (&'static str, &'static str),
        (value, unit): (usize, &'static str),
        measured_on: &'static str,
        (source, as_of): (&'static str, &'static str),
        (code, help): (&'static str, &'static str),
    ) -> Self {
        let (scope, adjustable) = (QuotaScope::Each, Adjustable::No);
        Self { service, name, value, unit, scope, adjustable, measured_on, source, as_of, code, help, warns: true }
    }

    /// The same quota, which AWS raises.
    #[must_use]
    pub const fn adjustable(mut self, adjustable: Adjustable) -> Self {
        self.adjustable = adjustable;
        self
    }

    /// The same quota, counted for an account or for an account and region.
    #[must_use]
    pub const fn counted_for(mut self, scope: QuotaScope) -> Self {
        self.scope = scope;
        self
    }

    /// The same quota, with nothing to say before it is reached: because that is no reason to do anything, or because
    /// somebody else says it.
    #[must_use]
    pub const fn without_warning(mut self) -> Self {
        self.warns = false;
        self
    }

    /// Service and name in one text, as `synth budget` shows them.
    #[must_use]
    pub fn title(&self) -> String {
        title(self.service, self.name)
    }

    const fn id(&self) -> (&'static str, &'static str) {
        (self.service, self.name)
    }
}

fn title(service: &str, name: &str) -> String {
    format!("{service}: {name}")
}

impl PartialEq for Quota {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Quota {}

impl PartialOrd for Quota {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quota {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id().cmp(&other.id())
    }
}

/// That a quota has another value than the default for an app.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct QuotaValue {
    pub(crate) quota: &'static Quota,
    pub(crate) value: usize,
}

impl Fact for QuotaValue {
    const NAME: &'static str = "quota";
    const REACH: Reach = Reach::Subtree;
    // Whether a quota matters depends on what is in the app.
    const MUST_BE_READ: bool = false;

    fn contradicts(&self, other: &Self) -> Option<&'static str> {
        (self.quota == other.quota && self.value != other.value).then_some("quota::contradiction")
    }

    fn summary(&self) -> Option<String> {
        Some(format!("{} {} of {} for {}", self.value, self.quota.unit, self.quota.service, self.quota.name))
    }
}

impl QuotaValue {
    /// What is odd about it.
    pub(crate) fn problem(&self) -> Option<Diagnostic> {
        let Self { quota, value } = self;
        let most = match quota.adjustable {
            Adjustable::Yes => return None,
            Adjustable::UpTo(most) => most,
            Adjustable::No => quota.value,
        };
        (*value > most).then(|| {
            let raises = match quota.adjustable {
                Adjustable::UpTo(most) => format!("raises it to {most} at most"),
                _ => "raises it for nobody".to_owned(),
            };
            let message = format!(
                "the quota of {} for {} is set to {value} {}, but {} {raises}, as of {}",
                quota.service, quota.name, quota.unit, quota.service, quota.as_of
            );
            Diagnostic::warning("quota::not-adjustable", message)
                .help(format!("leave it out, unless {} says otherwise by now", quota.source))
        })
    }
}

/// The quotas of an app: the defaults, and what is other.
#[derive(Clone, Debug, Default)]
pub struct Quotas(BTreeMap<(&'static str, &'static str), usize>);

impl Quotas {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with another value for one of them.
    #[must_use]
    pub fn with(mut self, quota: &'static Quota, value: usize) -> Self {
        self.0.insert(quota.id(), value);
        self
    }

    pub(crate) fn of<'f>(facts: impl Iterator<Item = &'f QuotaValue>) -> Self {
        facts.fold(Self::new(), |quotas, fact| quotas.with(fact.quota, fact.value))
    }

    /// What is other, each with its title.
    pub(crate) fn titled(&self) -> impl Iterator<Item = (String, usize)> {
        self.0.iter().map(|((service, name), value)| (title(service, name), *value))
    }

    /// The value of a quota.
    #[must_use]
    pub fn value(&self, quota: &Quota) -> usize {
        self.0.get(&quota.id()).copied().unwrap_or(quota.value)
    }
}

impl Assembly {
    /// The value of a quota with which the assembly was made: the default, unless the app set another one. Of an assembly
    /// that another tool made it is the default.
    ///
    /// ```
    /// use construct_core::{App, Env, RawResource, quota::RESOURCES};
    /// let mut app = App::new();
    /// let stack = app.stack("Data", Env::new("111111111111", "us-east-1"));
    /// app.at(stack).add("Orders", RawResource::new("AWS::SQS::Queue"));
    /// app.quota(&RESOURCES, 100);
    /// assert_eq!(app.synth()?.quota(&RESOURCES), 100);
    /// # Ok::<(), construct_core::SynthError>(())
    /// ```
    #[must_use]
    pub fn quota(&self, quota: &Quota) -> usize {
        self.quota_set(&quota.title()).unwrap_or(quota.value)
    }
}
