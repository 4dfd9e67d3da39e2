//! Quotas: what services take at most, how much of it an assembly uses, and who is to blame.
//!
//! A [`Quota`] is data: a number with its unit, its source and its date. A [`Gauge`] looks at one template and reports
//! sizes; gauges are asked for by the constructs whose output they measure. [`Measurements`] holds the sizes against
//! the quotas of the app, which may be other than the defaults, and finds out which accounts make them large.
//!
//! Codes: `quota::nearly-reached`, one for each quota that is exceeded, and those of `quota/limit.rs`.

mod driver;
mod limit;
mod template;

use std::collections::BTreeSet;

use foldhash::HashMap;

use crate::diagnostic::Diagnostic;
use crate::json::{Json, Source};

pub use driver::{DrivenBy, Driver};
pub(crate) use limit::QuotaValue;
pub use limit::{Adjustable, NEARLY, Quota, QuotaScope, Quotas, is_near, nearly};
pub(crate) use template::measure as measure_template;
pub use template::{
    DYNAMIC_REFERENCES, INLINE_TEMPLATE, MAPPINGS, OUTPUTS, PARAMETER_VALUE, PARAMETERS, QUOTAS, RESOURCES, STACKS,
    TAGS, TEMPLATE_BYTES,
};

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
    /// What makes it large: other accounts, or the roles of many pipelines; looked for only when it is large.
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

    /// What there is to say about it: nothing below [`NEARLY`], a warning up to the quota, and beyond it an error, or
    /// for quotas of whole accounts a warning.
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
///
/// ```
/// use construct_core::{App, Env, Gauge, GaugeCx, Json, LowerCx, Properties, Quota, Resource};
///
/// /// Statements of the policy of a queue, as a house wants them.
/// static STATEMENTS: Quota = Quota::new(
///     ("Our queues", "statements for a queue"),
///     (2, "statements"),
///     "AWS::SQS::QueuePolicy",
///     ("https://wiki.example.com/queues", "2026-11"),
///     ("house::wide-open-queue", "let fewer services send"),
/// );
///
/// fn measure(cx: &mut GaugeCx<'_, '_>) {
///     for (id, kind, properties) in cx.resources() {
///         if kind == QueuePolicy::TYPE {
///             let statements = properties.pointer("/PolicyDocument/Statement").map_or(0, |list| list.one_or_many().len());
///             cx.count(&STATEMENTS, Some(id), None, statements, &[]);
///         }
///     }
/// }
///
/// # construct_core::handle! {
/// #     /// The policy.
/// #     pub struct QueuePolicyRef {}
/// # }
/// #[derive(Clone, Debug)]
/// struct QueuePolicy(Vec<&'static str>);
///
/// impl Resource for QueuePolicy {
///     type Handle = QueuePolicyRef;
///     const TYPE: &'static str = "AWS::SQS::QueuePolicy";
///     const GAUGE: Option<(&'static str, Gauge)> = Some(("queue policies", measure));
///
///     fn properties(&self, _: &LowerCx<'_>) -> Properties {
///         Properties::new().set("PolicyDocument", Properties::new().set("Statement", self.0.clone()))
///     }
/// }
///
/// let mut app = App::new();
/// let stack = app.stack("Queues", Env::new("111111111111", "us-east-1"));
/// app.at(stack).add("Policy", QueuePolicy(vec!["one", "two", "three"]));
/// assert!(app.synth().unwrap_err().to_string().contains("house::wide-open-queue"));
/// ```
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

    /// Reports a number of things; `part` names the part of the resource that holds them. `things` tell whom they are
    /// there for: they are looked at only where the number [matters](Self::is_small).
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

    /// Reports how many resources the template has.
    fn n_resources(&mut self, quota: &'static Quota, resources: &Json<'_>, n: usize) {
        let (account, limit) = (self.account, self.measurements.quotas.value(quota));
        self.push(quota, None, None, (n, false), quota.warns, || driver::of_resources(resources, account, n, limit));
    }

    /// Adds to a number that is counted for a whole account, or account and region.
    pub fn total(&mut self, quota: &'static Quota, more: usize) {
        self.add_total(quota, &Total { size: more, ..Total::default() });
    }

    /// The same for things of which each takes so much, and which tell whom they are there for; `around` them stands
    /// something that is there once.
    pub fn total_for(&mut self, quota: &'static Quota, around: usize, things: &[(&Json<'_>, usize)]) {
        self.add_total(quota, &Total::of(around, things, self.account));
    }

    fn add_total(&mut self, quota: &'static Quota, more: &Total) {
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
        let (account, template, limit) = (self.account, self.template, self.measurements.quotas.value(quota));
        let driver = || match content {
            [whole] if std::ptr::eq(*whole, template) => driver::of_template(whole, account, size.0, limit),
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
struct Totals(Vec<(&'static Quota, HashMap<String, Total>)>);

/// What was counted so far.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Total {
    size: usize,
    /// What is there once, wherever some of the things are.
    around: usize,
    /// The other accounts that things are there for, and what those things take.
    accounts: BTreeSet<String>,
    driven: usize,
}

impl Total {
    fn of(around: usize, things: &[(&Json<'_>, usize)], own: &str) -> Self {
        let mut total = Self { around, ..Self::default() };
        for (thing, size) in things {
            total.size += size;
            let accounts = driver::accounts_of(thing, own);
            total.driven += if accounts.is_empty() { 0 } else { *size };
            total.accounts.extend(accounts.into_iter().map(str::to_owned));
        }
        total
    }

    fn add(&mut self, more: &Self) {
        self.size += more.size;
        self.around = self.around.max(more.around);
        self.driven += more.driven;
        self.accounts.extend(more.accounts.iter().cloned());
    }
}

impl Totals {
    fn add(&mut self, quota: &'static Quota, place: &str, more: &Total) {
        // Nearly every quota is one static, which its address tells soonest; a constant may be at several.
        let by_address = self.0.iter().position(|(known, _)| std::ptr::eq(*known, quota));
        let known = by_address.or_else(|| self.0.iter().position(|(known, _)| *known == quota));
        let n = known.unwrap_or_else(|| {
            self.0.push((quota, HashMap::default()));
            self.0.len() - 1
        });
        match self.0[n].1.get_mut(place) {
            Some(sum) => sum.add(more),
            None => self.0[n].1.entry(place.to_owned()).or_default().add(more),
        }
    }

    fn sorted(self) -> Vec<(&'static Quota, String, Total)> {
        let of =
            |(quota, places): (_, HashMap<_, _>)| places.into_iter().map(move |(place, total)| (quota, place, total));
        let mut all: Vec<(&'static Quota, String, Total)> = self.0.into_iter().flat_map(of).collect();
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
        for (quota, place, total) in other.totals.sorted() {
            self.totals.add(quota, &place, &total);
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
        measures.extend(totals.sorted().into_iter().map(|(quota, place, total)| {
            let (size, limit) = (total.size + total.around, quotas.value(quota));
            let driver = Driver::new(total.accounts.len(), total.driven).filter(|_| is_near(size, limit));
            let (logical_id, part, path) = (None, None, None);
            Measure { quota, size, limit, estimated: false, place, logical_id, part, path, driver, warns: quota.warns }
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
            totals.add(quota, place, &Total { size: more, around: more, ..Total::default() });
        }
        let counted: Vec<_> =
            totals.sorted().into_iter().map(|(_, place, total)| (place, total.size, total.around)).collect();
        assert_eq!(counted, [("a".to_owned(), 3, 2), ("b".to_owned(), 7, 4)]);
    }
}
