//! What services take at most of what a pipeline needs, and how much of it an assembly uses.
//!
//! Every quota is data: value, unit, source, date, and whether AWS raises it. [`all`] is the whole table, those of policies
//! ([`construct_iam::quota`]) and templates ([`construct_core::quota`]) included. A synthesis measures what it emits, makes
//! smaller what it can without changing its meaning, warns from 80 % of a quota on, and stops beyond it. An app whose accounts
//! have other quotas says so:
//!
//! ```
//! use construct_pipeline::prelude::*;
//! let mut app = App::new();
//! app.quota(&quota::ACTIONS_OF_A_STAGE, 100);
//! ```
//!
//! Codes: `pipeline::too-many-stages`, `pipeline::too-many-actions`, `pipeline::too-many-pipelines`,
//! `stage::too-many-actions`, `variable::too-many`, `trigger::too-many`, `events::policy-too-large`,
//! `events::too-many-rules`, `s3::too-many-buckets`, `kms::too-many-keys`, `quota::stacks`, and those of the other two tables.

use construct_core::{
    Adjustable, Assembly, Gauge, GaugeCx, Json, Measure, Measurements, PlanCx, QuotaScope, Quotas, Source,
};

pub use construct_core::quota::{
    DYNAMIC_REFERENCES, INLINE_TEMPLATE, MAPPINGS, OUTPUTS, PARAMETERS, Quota, RESOURCES, STACKS, TEMPLATE_BYTES,
};
pub use construct_iam::quota::{
    BUCKET_POLICY, INLINE_POLICIES, KEY_POLICY, MANAGED_POLICIES, MANAGED_POLICY, ROLES, TRUST_POLICY,
};

const CODEPIPELINE: (&str, &str) = ("https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html", "2026-11");
const PIPELINE: &str = "AWS::CodePipeline::Pipeline";

/// Stages of a pipeline.
pub static STAGES: Quota = Quota::new(
    ("CodePipeline", "stages of the pipeline"),
    (50, "stages"),
    PIPELINE,
    CODEPIPELINE,
    ("pipeline::too-many-stages", "put actions that may run at the same time into one stage, or divide the pipeline"),
)
.adjustable(Adjustable::Yes);

/// Actions of a stage. Whether a stage is nearly full is said where it is checked: one of a [`Wave`](crate::Wave) may be.
pub static ACTIONS_OF_A_STAGE: Quota = Quota::new(
    ("CodePipeline", "actions of the stage"),
    (50, "actions"),
    PIPELINE,
    CODEPIPELINE,
    (
        "stage::too-many-actions",
        "divide the stage, or let a `Wave` do it; actions of a later stage then run after all of the earlier one",
    ),
)
.adjustable(Adjustable::Yes)
.without_warning();

/// Actions of a stage that run at the same time.
pub static PARALLEL_ACTIONS: Quota = Quota::new(
    ("CodePipeline", "parallel actions of the stage"),
    (100, "actions"),
    PIPELINE,
    CODEPIPELINE,
    ("stage::too-many-actions", "give some of them another run order"),
)
.adjustable(Adjustable::Yes);

/// Steps of a stage that run one after the other.
pub static SEQUENTIAL_ACTIONS: Quota = Quota::new(
    ("CodePipeline", "sequential actions of the stage"),
    (100, "actions"),
    PIPELINE,
    CODEPIPELINE,
    ("stage::too-many-actions", "divide the stage"),
)
.adjustable(Adjustable::Yes);

/// Actions of a pipeline.
pub static ACTIONS_OF_A_PIPELINE: Quota = Quota::new(
    ("CodePipeline", "actions of the pipeline"),
    (1_000, "actions"),
    PIPELINE,
    CODEPIPELINE,
    ("pipeline::too-many-actions", "divide the pipeline"),
)
.adjustable(Adjustable::Yes);

/// Variables of a pipeline.
pub static VARIABLES: Quota = Quota::new(
    ("CodePipeline", "variables of the pipeline"),
    (50, "variables"),
    PIPELINE,
    ("https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineDeclaration.html", "2026-11"),
    ("variable::too-many", "leave some out"),
);

/// Triggers of a pipeline.
pub static TRIGGERS: Quota = Quota::new(
    ("CodePipeline", "triggers of the pipeline"),
    (50, "triggers"),
    PIPELINE,
    ("https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineDeclaration.html", "2026-11"),
    ("trigger::too-many", "leave some out, or divide the pipeline"),
);

/// Pipelines of an account in a region.
pub static PIPELINES: Quota = Quota::new(
    ("CodePipeline", "pipelines"),
    (1_000, "pipelines"),
    PIPELINE,
    CODEPIPELINE,
    ("pipeline::too-many-pipelines", "ask AWS to raise the quota, and say so with `app.quota(…)`"),
)
.adjustable(Adjustable::Yes)
.counted_for(QuotaScope::Region);

/// Characters of the policy of an event bus; the statements of all pipelines stand on the default bus.
pub static EVENT_BUS_POLICY: Quota = Quota::new(
    ("EventBridge", "policy of the event bus"),
    (10_240, "characters"),
    "AWS::Events::EventBusPolicy",
    ("https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html", "2026-11"),
    ("events::policy-too-large", "ask AWS to raise the quota, and say so with `app.quota(…)`"),
)
.adjustable(Adjustable::Yes)
.counted_for(QuotaScope::Region);

/// Rules of the default event bus of an account in a region. In some regions, such as af-south-1, it takes 100.
pub static EVENT_RULES: Quota = Quota::new(
    ("EventBridge", "rules of the default event bus"),
    (300, "rules"),
    "AWS::Events::Rule",
    ("https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html", "2026-11"),
    ("events::too-many-rules", "ask AWS to raise the quota, and say so with `app.quota(…)`"),
)
.adjustable(Adjustable::Yes)
.counted_for(QuotaScope::Region);

/// Buckets of an account.
pub static BUCKETS: Quota = Quota::new(
    ("S3", "buckets"),
    (10_000, "buckets"),
    "AWS::S3::Bucket",
    ("https://docs.aws.amazon.com/AmazonS3/latest/userguide/BucketRestrictions.html", "2026-11"),
    (
        "s3::too-many-buckets",
        "share stores in a `ScaffoldGroup`, or ask AWS to raise the quota and say so with `app.quota(…)`",
    ),
)
.adjustable(Adjustable::Yes)
.counted_for(QuotaScope::Account);

/// Keys of an account in a region.
pub static KEYS: Quota = Quota::new(
    ("KMS", "keys"),
    (100_000, "keys"),
    "AWS::KMS::Key",
    ("https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html", "2026-11"),
    ("kms::too-many-keys", "ask AWS to raise the quota, and say so with `app.quota(…)`"),
)
.adjustable(Adjustable::Yes)
.counted_for(QuotaScope::Region);

static QUOTAS: [&Quota; 12] = [
    &STAGES,
    &ACTIONS_OF_A_STAGE,
    &PARALLEL_ACTIONS,
    &SEQUENTIAL_ACTIONS,
    &ACTIONS_OF_A_PIPELINE,
    &VARIABLES,
    &TRIGGERS,
    &PIPELINES,
    &EVENT_BUS_POLICY,
    &EVENT_RULES,
    &BUCKETS,
    &KEYS,
];

/// All quotas that are measured.
pub fn all() -> impl Iterator<Item = &'static Quota> {
    construct_core::quota::QUOTAS.into_iter().chain(construct_iam::quota::QUOTAS).chain(QUOTAS)
}

/// Measures every template of an assembly, whoever made it. What is counted for whole accounts comes last.
///
/// ```
/// use construct_pipeline::{prelude::*, quota::measure};
/// # fn main() -> Result<(), SynthError> {
/// let mut app = App::new();
/// let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// app.at(tools).add("Store", ArtifactStore::new("delivery"));
/// let measures = measure(&app.synth()?, Quotas::new());
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

/// Nothing measured yet, for whoever reads templates in another way than [`measure`], such as from YAML.
#[must_use]
pub fn measurements(quotas: Quotas) -> Measurements {
    Measurements::new(quotas, [construct_iam::quota::gauge as Gauge, gauge])
}

/// Has everything measured that a pipeline makes.
pub(crate) fn ask(cx: &mut PlanCx<'_>) {
    cx.gauge("construct-iam", construct_iam::quota::gauge);
    cx.gauge("construct-pipeline", gauge);
}

fn gauge(cx: &mut GaugeCx<'_, '_>) {
    let (mut pipelines, mut keys, mut bus, mut rules, mut buckets) = (0, 0, 0, 0, 0);
    for (id, kind, properties) in cx.resources() {
        match kind {
            PIPELINE => {
                pipelines += 1;
                pipeline(id, properties, cx);
            }
            "AWS::KMS::Key" => keys += 1,
            "AWS::S3::Bucket" => buckets += 1,
            "AWS::Events::Rule" => {
                let bus = &properties["EventBusName"];
                rules += usize::from(matches!(bus, Json::Null) || bus.as_str() == Some("default"));
            }
            "AWS::Events::EventBusPolicy" => {
                bus += construct_iam::quota::PolicySize::of(properties).estimated_characters();
            }
            _ => {}
        }
    }
    let totals =
        [(&PIPELINES, pipelines), (&KEYS, keys), (&EVENT_BUS_POLICY, bus), (&EVENT_RULES, rules), (&BUCKETS, buckets)];
    for (quota, n) in totals {
        if n > 0 {
            cx.total(quota, n);
        }
    }
}

fn pipeline(id: &str, properties: &Json<'_>, cx: &mut GaugeCx<'_, '_>) {
    let list = |json: &Json<'_>, name: &str| json[name].as_array().map_or(0, <[_]>::len);
    let mut n_actions = 0;
    let stages = properties["Stages"].as_array().unwrap_or_default();
    for stage in stages {
        let actions = stage["Actions"].as_array().unwrap_or_default();
        n_actions += actions.len();
        let name = stage["Name"].as_str();
        let mut by_order: Vec<(u64, &Json<'_>)> =
            actions.iter().map(|action| (action["RunOrder"].as_u64().unwrap_or(1), action)).collect();
        by_order.sort_by_key(|(order, _)| *order);
        let runs = || by_order.chunk_by(|(one, _), (other, _)| one == other);
        let largest = runs().max_by_key(|run| run.len()).unwrap_or_default();
        for (quota, of) in [(&ACTIONS_OF_A_STAGE, &*by_order), (&PARALLEL_ACTIONS, largest)] {
            let is_small = cx.is_small(quota, of.len());
            let things: Vec<&Json<'_>> = if is_small { Vec::new() } else { of.iter().map(|(_, one)| *one).collect() };
            cx.count(quota, Some(id), name, of.len(), &things);
        }
        cx.count(&SEQUENTIAL_ACTIONS, Some(id), name, runs().count(), &[]);
    }
    cx.count(&STAGES, Some(id), None, list(properties, "Stages"), &[]);
    let is_small = cx.is_small(&ACTIONS_OF_A_PIPELINE, n_actions);
    let all = stages.iter().flat_map(|stage| stage["Actions"].as_array().unwrap_or_default());
    let all: Vec<&Json<'_>> = if is_small { Vec::new() } else { all.collect() };
    cx.count(&ACTIONS_OF_A_PIPELINE, Some(id), None, n_actions, &all);
    for (quota, part) in [(&VARIABLES, "Variables"), (&TRIGGERS, "Triggers")] {
        let n = list(properties, part);
        if n > 0 {
            cx.count(quota, Some(id), None, n, &[]);
        }
    }
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
