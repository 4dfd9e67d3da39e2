//! The quotas of CloudFormation.

use super::{Adjustable, GaugeCx, Quota, QuotaScope};
use crate::assembly::INLINE_TEMPLATE_BYTES;
use crate::json::Json;

const SOURCE: (&str, &str) =
    ("https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html", "2026-11");
const DIVIDE: (&str, &str) = ("template::too-large", "divide its constructs among several stacks");

/// Bytes of a template that is read from a bucket.
pub static TEMPLATE_BYTES: Quota =
    Quota::new(("CloudFormation", "template"), (1_000_000, "bytes"), "template", SOURCE, DIVIDE);

/// Bytes of a template that is handed over in the request. A larger one takes a bucket, which is no mistake.
pub static INLINE_TEMPLATE: Quota = Quota::new(
    ("CloudFormation", "template, handed over inline"),
    (INLINE_TEMPLATE_BYTES, "bytes"),
    "template",
    SOURCE,
    (
        "template::not-inline",
        "deploy it through a bucket (a bootstrapped environment, or `--s3-bucket`), or divide its constructs among several stacks",
    ),
)
.without_warning();

/// Resources of a template.
pub static RESOURCES: Quota =
    Quota::new(("CloudFormation", "resources of the template"), (500, "resources"), "template", SOURCE, DIVIDE);

/// Outputs of a template.
pub static OUTPUTS: Quota =
    Quota::new(("CloudFormation", "outputs of the template"), (200, "outputs"), "template", SOURCE, DIVIDE);

/// Parameters of a template.
pub static PARAMETERS: Quota =
    Quota::new(("CloudFormation", "parameters of the template"), (200, "parameters"), "template", SOURCE, DIVIDE);

/// Mappings of a template.
pub static MAPPINGS: Quota =
    Quota::new(("CloudFormation", "mappings of the template"), (200, "mappings"), "template", SOURCE, DIVIDE);

/// Dynamic references in a template.
pub static DYNAMIC_REFERENCES: Quota = Quota::new(
    ("CloudFormation", "dynamic references of the template"),
    (60, "dynamic references"),
    "template",
    SOURCE,
    DIVIDE,
);

/// Stacks of an account in a region. That the quota is 2,000 today is an assumption: it was 200, and AWS raised it.
pub static STACKS: Quota = Quota::new(
    ("CloudFormation", "stacks"),
    (2_000, "stacks"),
    "assembly",
    SOURCE,
    ("quota::stacks", "ask AWS to raise the quota, and say so with `app.quota(…)`"),
)
.adjustable(Adjustable::Yes)
.counted_for(QuotaScope::Region);

/// All quotas of CloudFormation that are measured.
pub static QUOTAS: [&Quota; 8] =
    [&TEMPLATE_BYTES, &INLINE_TEMPLATE, &RESOURCES, &OUTPUTS, &PARAMETERS, &MAPPINGS, &DYNAMIC_REFERENCES, &STACKS];

/// Measures a template.
pub(crate) fn measure(cx: &mut GaugeCx<'_, '_>) {
    let template = cx.template();
    let bytes = cx.source.text().len();
    cx.text(&TEMPLATE_BYTES, None, bytes, false, &[template]);
    if bytes <= TEMPLATE_BYTES.value {
        cx.text(&INLINE_TEMPLATE, None, bytes, false, &[template]);
    }
    let sections =
        [("Resources", &RESOURCES), ("Outputs", &OUTPUTS), ("Parameters", &PARAMETERS), ("Mappings", &MAPPINGS)];
    for (section, quota) in sections {
        let section = &template[section];
        if let Some(entries) = section.as_object() {
            let is_small = cx.is_small(quota, entries.len());
            let things: Vec<&Json<'_>> = if is_small { Vec::new() } else { entries.values().collect() };
            cx.count(quota, None, None, entries.len(), &things);
        }
    }
    // Most templates have none, which the text tells at once; there, a brace may be hidden behind an escape only.
    let may_refer = cx.source.may_refer();
    let references = if may_refer { dynamic_references(template) } else { 0 };
    if references > 0 {
        cx.count(&DYNAMIC_REFERENCES, None, None, references, &[]);
    }
    cx.total(&STACKS, 1);
}

/// What a dynamic reference begins with.
const REFERENCE: &str = "{{resolve:";

fn dynamic_references(json: &Json<'_>) -> usize {
    match json {
        Json::String(text) => text.matches(REFERENCE).count(),
        Json::Array(items) => items.iter().map(dynamic_references).sum(),
        Json::Object(entries) => entries.values().map(dynamic_references).sum(),
        _ => 0,
    }
}
