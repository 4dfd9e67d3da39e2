//! What services take at most of what a pipeline needs, and how much of it an assembly uses.
//!
//! Every quota is data: value, unit, source, date, and whether AWS raises it. [`all`] is the whole table, those of
//! policies ([`construct_iam::quota`]) and templates ([`construct_core::quota`]) included. A synthesis measures what it
//! emits, makes smaller what it can without changing its meaning, warns from 80 % of a quota on, and stops beyond it.
//! An app whose accounts have other quotas says so:
//!
//! ```
//! use construct_pipeline::prelude::*;
//! let mut app = App::new();
//! app.quota(&quota::ACTIONS_OF_A_STAGE, 100);
//! ```
//!
//! Errors that have a place in the program, such as a filter with too many patterns, are found there, when the pipeline is
//! checked; what is measured of templates finds the rest, and whoever adds to a property by hand.
//!
//! Codes: `pipeline::too-many-stages`, `pipeline::too-many-actions`, `pipeline::too-many-pipelines`,
//! `pipeline::too-many-polling`, `pipeline::too-many-webhooks`, `pipeline::too-many-action-types`,
//! `stage::too-many-actions`, `variable::too-many`, `trigger::too-many`, `trigger::too-large`, `trigger::too-many-filters`,
//! `trigger::too-many-patterns`, `condition::too-many-rules`, `rule::too-many-commands`,
//! `commands::too-many-commands`, `commands::too-many-variables`, `commands::too-many-outputs`,
//! `artifact::too-many-files`, `configuration::long-value`, `configuration::too-large`, `events::policy-too-large`,
//! `events::too-many-rules`, `events::too-many-targets`, `events::pattern-too-large`, `s3::too-many-buckets`,
//! `kms::too-many-keys`, `kms::too-many-aliases`, `sns::policy-too-large`, `codebuild::too-many-projects`, and those of the
//! other two tables.

mod gauge;
mod table;

use construct_core::{Assembly, Gauge, Json, Measure, Measurements, PlanCx, Quotas, Source};

use gauge::gauge;

pub use construct_core::quota::{
    Adjustable, DYNAMIC_REFERENCES, GaugeCx, INLINE_TEMPLATE, MAPPINGS, OUTPUTS, PARAMETER_VALUE, PARAMETERS, Quota,
    QuotaScope, RESOURCES, STACKS, TAGS, TEMPLATE_BYTES,
};
pub use construct_iam::quota::{
    BUCKET_POLICY, CUSTOMER_POLICIES, INLINE_POLICIES, KEY_POLICY, MANAGED_POLICIES, MANAGED_POLICY, ROLES,
    TRUST_POLICY,
};
pub use table::{
    ACTIONS_OF_A_PIPELINE, ACTIONS_OF_A_STAGE, ALIASES, BUCKETS, COMMANDS, COMMANDS_OF_A_RULE, CONFIGURATION,
    CONFIGURATION_VALUE, CUSTOM_ACTION_TYPES, ENVIRONMENT_VARIABLES, EVENT_BUS_POLICY, EVENT_PATTERN, EVENT_RULES,
    EVENT_TARGETS, EXPORTED_FILES, FILTERS, KEYS, OUTPUT_VARIABLES, PARALLEL_ACTIONS, PATTERNS, PIPELINES,
    POLLING_PIPELINES, PROJECTS, RULES, SEQUENTIAL_ACTIONS, STAGES, TOPIC_POLICY, TOPIC_PRINCIPALS, TOPIC_STATEMENTS,
    TRIGGERS, TRIGGERS_AS_JSON, VARIABLES, WEBHOOKS,
};

/// All quotas that are measured.
pub fn all() -> impl Iterator<Item = &'static Quota> {
    construct_core::quota::QUOTAS.into_iter().chain(construct_iam::quota::QUOTAS).chain(table::QUOTAS)
}

/// Measures every template of an assembly, whoever made it, against quotas such as those it was made with ([`of`]). What
/// is counted for whole accounts comes last.
///
/// ```
/// use construct_pipeline::{prelude::*, quota::measure};
/// # fn main() -> Result<(), SynthError> {
/// let mut app = App::new();
/// let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// app.at(tools).add("Store", ArtifactStore::new("delivery"));
/// let assembly = app.synth()?;
/// let measures = measure(&assembly, quota::of(&assembly));
/// let policy = measures.iter().find(|measure| *measure.quota == quota::BUCKET_POLICY).unwrap();
/// assert!(policy.size > 100 && policy.percent() < 5);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn measure(assembly: &Assembly, quotas: Quotas) -> Vec<Measure> {
    let mut measurements = measurements(quotas);
    for stack in assembly.stacks() {
        // What is no JSON is no template, and nothing to measure.
        if let Ok(json) = Json::read(&stack.template) {
            let source = Source::of(&stack.template);
            measurements.template(&stack.id, &stack.account, &stack.region, &json, &source);
        }
    }
    measurements.finish()
}

/// The quotas with which an assembly was made: what its app raised, and else the defaults.
#[must_use]
pub fn of(assembly: &Assembly) -> Quotas {
    all().fold(Quotas::new(), |quotas, quota| quotas.with(quota, assembly.quota(quota)))
}

/// Nothing measured yet, for whoever reads templates in another way than [`measure`], such as from YAML.
#[must_use]
pub fn measurements(quotas: Quotas) -> Measurements {
    Measurements::new(quotas, [construct_iam::quota::gauge as Gauge, gauge])
}

/// What measures pipelines and what belongs to them, for [`PlanCx::gauge`] and `Resource::GAUGE`.
pub const GAUGE: (&str, Gauge) = ("construct-pipeline", gauge);

/// Has everything measured that a pipeline makes.
pub(crate) fn ask(cx: &mut PlanCx<'_>) {
    cx.gauge(construct_iam::quota::GAUGE);
    cx.gauge(GAUGE);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_quota_stands_in_the_table_once_with_its_source() {
        let mut seen = BTreeSet::new();
        for quota in all() {
            assert!(seen.insert(quota), "{quota:?} twice");
            assert!(quota.value > 0 && quota.source.starts_with("https://docs.aws.amazon.com/"), "{quota:?}");
            assert!(quota.as_of.len() == 7 && quota.code.contains("::") && !quota.help.is_empty(), "{quota:?}");
        }
    }
}
