//! Quotas: what services take at most, how much of it an assembly uses, and who is to blame.
//!
//! A [`Quota`] is data: a number with its unit, its source and its date. A [`Gauge`] looks at one template and reports sizes; gauges
//! are asked for by the constructs whose output they measure. [`Measurements`] holds the sizes against the quotas of the app, which
//! may be other than the defaults, and finds out which accounts make them large.
//!
//! Codes: `quota::nearly-reached`, `quota::contradiction`, `quota::not-adjustable`, and one for each quota that is exceeded.

mod driver;
mod template;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use foldhash::HashMap;

use crate::diagnostic::Diagnostic;
use crate::fact::{Fact, Reach};
use crate::json::{Json, Source};

pub use driver::Driver;
pub(crate) use template::measure as measure_template;
pub use template::{
    DYNAMIC_REFERENCES, INLINE_TEMPLATE, MAPPINGS, OUTPUTS, PARAMETER_VALUE, PARAMETERS, QUOTAS, RESOURCES, STACKS,
    TAGS, TEMPLATE_BYTES,
};

/// From so many hundredths of a quota on, a warning says that it is nearly reached; what can be kept smaller is made smaller from
/// here on.
pub const NEARLY: usize = 80;

/// Whether a size is [`NEARLY`] as large as it may be, or larger.
///
/// ```
/// use construct_core::quota::is_near;
/// assert!(is_near(80, 100) && !is_near(79, 100));
/// ```
#[must_use]
pub const fn is_near(size: usize, limit: usize) -> bool {
    size * 100 >= limit * NEARLY
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
    /// Everything of a kind in one account and region. An app knows only what it makes itself, so more than the default is a warning.
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
    /// A quota of each resource that AWS raises for nobody. The finding about an excess has a code `area::what-is-wrong` and says
    /// what makes it smaller.
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

    const fn id(&self) -> (&'static str, &'static str) {
        (self.service, self.name)
    }
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

    /// The value of a quota.
    #[must_use]
    pub fn value(&self, quota: &Quota) -> usize {
        self.0.get(&quota.id()).copied().unwrap_or(quota.value)
    }
}

/// How much of a quota something uses.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Measure {
    /// The quota.
    pub quota: &'static Quota,
    /// How much there is.
    pub size: usize,
    /// How much there may be: the quota's value in this app.
    pub limit: usize,
    /// Whether a part of the size is an estimate, because only CloudFormation knows a text.
    pub estimated: bool,
    /// The id of the stack, or the environment or account for quotas that are counted for one.
    pub place: String,
    /// The logical id of the resource, unless it is about a whole template or more.
    pub logical_id: Option<String>,
    /// The name of a part of the resource, such as a stage.
    pub part: Option<String>,
    /// The path of the construct, where the template tells.
    pub path: Option<String>,
    /// What makes it large, as far as that is other accounts; looked for only when it is large.
    pub driver: Option<Driver>,
    /// Whether a warning says that it is nearly reached: the quota says so, and no other measure says it already.
    pub warns: bool,
}

impl Measure {
    /// How many hundredths of the quota are used, rounded up, so that 100 is never less than all of it.
    #[must_use]
    pub fn percent(&self) -> usize {
        (self.size * 100).div_ceil(self.limit.max(1))
    }

    /// What there is to say about it: nothing below [`NEARLY`], a warning up to the quota, and beyond it an error, or for quotas of
    /// whole accounts a warning.
    #[must_use]
    pub fn finding(&self) -> Option<Diagnostic> {
        let Self { quota, size, limit, .. } = self;
        let advice = std::ptr::eq(*quota, &INLINE_TEMPLATE);
        if !is_near(*size, *limit) || !self.warns && size <= limit {
            return None;
        }
        let about = if self.estimated { "about " } else { "" };
        let subject = match &self.part {
            Some(part) => format!("the {} `{part}`", quota.name),
            None => format!("the {}", quota.name),
        };
        let (unit, service) = (quota.unit, quota.service);
        let place = match quota.scope {
            QuotaScope::Each => String::new(),
            QuotaScope::Region | QuotaScope::Account => format!(" in {}", self.place),
        };
        let finding = if size > limit {
            let message = format!("{subject}{place}: {about}{size} {unit}; {service} takes at most {limit}");
            match quota.scope {
                QuotaScope::Each if !advice => Diagnostic::error(quota.code, message),
                _ => Diagnostic::warning(quota.code, message),
            }
        } else {
            let percent = size * 100 / limit.max(&1);
            let message =
                format!("{subject}{place}: {about}{size} of the {limit} {unit} that {service} takes, {percent} %");
            Diagnostic::warning("quota::nearly-reached", message)
        };
        let finding = match &self.driver {
            Some(driver) => finding.note(driver.words(*size, *limit, unit), None),
            None => finding,
        };
        Some(finding.help(quota.help))
    }
}

/// Looks at a template and reports how large its things are.
pub type Gauge = fn(&mut GaugeCx<'_, '_>);

/// What a [`Gauge`] sees: one template of a stack.
#[derive(Debug)]
pub struct GaugeCx<'a, 'm> {
    stack: &'a str,
    account: &'a str,
    region: &'a str,
    source: &'a Source<'a>,
    template: &'a Json<'a>,
    resources: &'m [ResourceOf<'a>],
    measurements: &'m mut Measurements,
}

/// Logical id, type and properties of a resource.
type ResourceOf<'a> = (&'a str, &'a str, &'a Json<'a>);

impl<'a, 'm> GaugeCx<'a, 'm> {
    /// The template.
    #[must_use]
    pub fn template(&self) -> &'a Json<'a> {
        self.template
    }

    /// The text that the template was read from.
    #[must_use]
    pub fn source(&self) -> &'a Source<'a> {
        self.source
    }

    /// The resources of the template: logical id, type and properties.
    pub fn resources(&self) -> impl Iterator<Item = (&'a str, &'a str, &'a Json<'a>)> + use<'a, 'm> {
        self.resources.iter().copied()
    }

    /// Whether nobody wants to hear of a size that is no larger than this, so that it need not be found out.
    #[must_use]
    pub fn is_small(&self, quota: &'static Quota, at_most: usize) -> bool {
        self.measurements.large_only && !self.is_nearly_reached(quota, at_most)
    }

    /// Whether so much of a quota comes near it.
    #[must_use]
    pub fn is_nearly_reached(&self, quota: &'static Quota, size: usize) -> bool {
        is_near(size, self.measurements.quotas.value(quota))
    }

    /// Reports a size in text: what is counted is `content`, or a part of it.
    pub fn text(
        &mut self,
        quota: &'static Quota,
        logical_id: Option<&str>,
        size: usize,
        estimated: bool,
        content: &[&Json<'_>],
    ) {
        self.push_text(quota, logical_id, (size, estimated), quota.warns, content);
    }

    /// The same as [`text`](Self::text) for what is to be heard of only beyond its quota, because another measure says that
    /// there is hardly any room left.
    pub fn text_without_warning(
        &mut self,
        quota: &'static Quota,
        logical_id: Option<&str>,
        size: usize,
        estimated: bool,
        content: &[&Json<'_>],
    ) {
        self.push_text(quota, logical_id, (size, estimated), false, content);
    }

    /// Reports a number of things; `part` names the part of the resource that holds them. `things` tell whom they are there for:
    /// they are looked at only where the number [matters](Self::is_small).
    pub fn count(
        &mut self,
        quota: &'static Quota,
        logical_id: Option<&str>,
        part: Option<&str>,
        size: usize,
        things: &[&Json<'_>],
    ) {
        let account = self.account;
        self.push(quota, logical_id, part, (size, false), quota.warns, || driver::of_count(things, account));
    }

    /// Reports a number of things that are filled one after the other with what is there for accounts, such as policies.
    pub fn filled(&mut self, quota: &'static Quota, logical_id: Option<&str>, size: usize, things: &[&Json<'_>]) {
        let account = self.account;
        self.push(quota, logical_id, None, (size, false), quota.warns, || driver::of_filled(things, account));
    }

    /// Adds to a number that is counted for a whole account, or account and region.
    pub fn total(&mut self, quota: &'static Quota, more: usize) {
        let parts = match quota.scope {
            QuotaScope::Account => ["account ", self.account, "", ""],
            QuotaScope::Region | QuotaScope::Each => ["", self.account, "/", self.region],
        };
        let Measurements { place, totals, .. } = &mut *self.measurements;
        place.clear();
        parts.into_iter().for_each(|part| place.push_str(part));
        totals.add(quota, place, more);
    }

    fn push_text(
        &mut self,
        quota: &'static Quota,
        logical_id: Option<&str>,
        size: (usize, bool),
        warns: bool,
        content: &[&Json<'_>],
    ) {
        let (account, template) = (self.account, self.template);
        let driver = || match content {
            [whole] if std::ptr::eq(*whole, template) => driver::of_template(whole, account),
            _ => driver::of_text(content, account),
        };
        self.push(quota, logical_id, None, size, warns, driver);
    }

    fn push(
        &mut self,
        quota: &'static Quota,
        logical_id: Option<&str>,
        part: Option<&str>,
        (size, estimated): (usize, bool),
        warns: bool,
        driver: impl FnOnce() -> Option<Driver>,
    ) {
        let limit = self.measurements.quotas.value(quota);
        let is_large = is_near(size, limit);
        if self.measurements.large_only && !is_large {
            return;
        }
        let path = logical_id.and_then(|id| self.template["Resources"][id]["Metadata"]["aws:cdk:path"].as_str());
        self.measurements.measures.push(Measure {
            quota,
            size,
            limit,
            estimated,
            place: self.stack.to_owned(),
            logical_id: logical_id.map(str::to_owned),
            part: part.map(str::to_owned),
            path: path.map(str::to_owned),
            driver: if is_large { driver() } else { None },
            warns,
        });
    }
}

/// How much of its quotas an assembly uses, template by template.
#[derive(Debug, Default)]
pub struct Measurements {
    quotas: Quotas,
    gauges: Vec<Gauge>,
    /// Whether only what is nearly too large is kept.
    large_only: bool,
    measures: Vec<Measure>,
    totals: Totals,
    /// Room to write a place down, to look it up.
    place: String,
}

/// What is counted for whole accounts, by quota and place.
#[derive(Debug, Default)]
struct Totals(Vec<(&'static Quota, HashMap<String, usize>)>);

impl Totals {
    fn add(&mut self, quota: &'static Quota, place: &str, more: usize) {
        // Nearly every quota is one static, which its address tells soonest; a constant may be at several.
        let by_address = self.0.iter().position(|(known, _)| std::ptr::eq(*known, quota));
        let known = by_address.or_else(|| self.0.iter().position(|(known, _)| *known == quota));
        let n = known.unwrap_or_else(|| {
            self.0.push((quota, HashMap::default()));
            self.0.len() - 1
        });
        match self.0[n].1.get_mut(place) {
            Some(sum) => *sum += more,
            None => drop(self.0[n].1.insert(place.to_owned(), more)),
        }
    }

    fn sorted(self) -> Vec<(&'static Quota, String, usize)> {
        let of =
            |(quota, places): (_, HashMap<_, _>)| places.into_iter().map(move |(place, size)| (quota, place, size));
        let mut all: Vec<(&'static Quota, String, usize)> = self.0.into_iter().flat_map(of).collect();
        all.sort_unstable();
        all
    }
}

impl Measurements {
    /// Nothing measured yet; templates themselves are always measured.
    #[must_use]
    pub fn new(quotas: Quotas, gauges: impl IntoIterator<Item = Gauge>) -> Self {
        let gauges = std::iter::once(measure_template as Gauge).chain(gauges).collect();
        Self { quotas, gauges, ..Self::default() }
    }

    /// The same, for whoever wants to know only what there are [findings](Measure::finding) about.
    pub(crate) fn of_large(quotas: Quotas, gauges: impl IntoIterator<Item = Gauge>) -> Self {
        Self { large_only: true, ..Self::new(quotas, gauges) }
    }

    /// Measures the template of a stack, which was read from this text.
    pub fn template(&mut self, stack: &str, account: &str, region: &str, template: &Json<'_>, source: &Source<'_>) {
        // Looked up once for all gauges.
        let resources: Option<Vec<_>> = template["Resources"].as_object().map(|resources| {
            let all = resources.iter();
            all.map(|(id, one)| (id, one["Type"].as_str().unwrap_or_default(), &one["Properties"])).collect()
        });
        let resources = resources.as_deref().unwrap_or_default();
        for n in 0..self.gauges.len() {
            let gauge = self.gauges[n];
            gauge(&mut GaugeCx { stack, account, region, source, template, resources, measurements: self });
        }
    }

    /// Adds the totals of another part of the assembly.
    pub(crate) fn add(&mut self, other: Self) {
        for (quota, place, size) in other.totals.sorted() {
            self.totals.add(quota, &place, size);
        }
    }

    /// What was measured since the last time, except what is counted for whole accounts.
    pub(crate) fn take(&mut self) -> Vec<Measure> {
        std::mem::take(&mut self.measures)
    }

    /// Everything that was measured, in the order of the templates; what is counted for whole accounts comes last.
    #[must_use]
    pub fn finish(self) -> Vec<Measure> {
        let Self { quotas, mut measures, totals, .. } = self;
        measures.extend(totals.sorted().into_iter().map(|(quota, place, size)| Measure {
            quota,
            size,
            limit: quotas.value(quota),
            estimated: false,
            place,
            logical_id: None,
            part: None,
            path: None,
            driver: None,
            warns: quota.warns,
        }));
        measures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_quotas_are_counted_together_wherever_they_are() {
        const fn widgets() -> Quota {
            Quota::new(("Widgets", "widgets"), (10, "widgets"), "", ("", ""), ("widget::too-many", ""))
        }
        static HERE: Quota = widgets();
        static THERE: Quota = widgets();
        let mut totals = Totals::default();
        for (quota, place, more) in [(&HERE, "a", 1), (&THERE, "a", 2), (&THERE, "b", 3), (&HERE, "b", 4)] {
            totals.add(quota, place, more);
        }
        let counted: Vec<_> = totals.sorted().into_iter().map(|(_, place, size)| (place, size)).collect();
        assert_eq!(counted, [("a".to_owned(), 3), ("b".to_owned(), 7)]);
    }
}
