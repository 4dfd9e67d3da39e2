//! The quotas of CloudFormation, and of the tags of everything.

use super::{Adjustable, GaugeCx, Quota, QuotaScope};
use crate::assembly::INLINE_TEMPLATE_BYTES;
use crate::json::{Json, Members};
use crate::value::DYNAMIC;

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

/// Bytes of the value of a template's parameter; of one that is given later, only the default is known.
pub static PARAMETER_VALUE: Quota = Quota::new(
    ("CloudFormation", "longest default of the parameters"),
    (4_096, "bytes"),
    "template",
    SOURCE,
    ("template::long-parameter", "divide it among several parameters"),
);

/// Tags of a resource. Those of AWS, whose keys begin with `aws:`, do not count.
pub static TAGS: Quota = Quota::new(
    ("AWS", "tags of the resource"),
    (50, "tags"),
    "every resource with tags",
    ("https://docs.aws.amazon.com/tag-editor/latest/userguide/reference.html", "2026-11"),
    ("tag::too-many", "leave some out: tags of a stack or an app reach every resource below"),
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

/// All quotas of templates that are measured.
pub static QUOTAS: [&Quota; 10] = [
    &TEMPLATE_BYTES,
    &INLINE_TEMPLATE,
    &RESOURCES,
    &OUTPUTS,
    &PARAMETERS,
    &PARAMETER_VALUE,
    &MAPPINGS,
    &DYNAMIC_REFERENCES,
    &TAGS,
    &STACKS,
];

/// Measures a template.
pub(crate) fn measure(cx: &mut GaugeCx<'_, '_>) {
    let template = cx.template();
    let bytes = cx.source.text().len();
    cx.text(&TEMPLATE_BYTES, None, bytes, false, &[template]);
    if bytes <= TEMPLATE_BYTES.value {
        cx.text(&INLINE_TEMPLATE, None, bytes, false, &[template]);
    }
    let resources = &template["Resources"];
    if let Some(entries) = resources.as_object() {
        cx.n_resources(&RESOURCES, resources, entries.len());
    }
    for (section, quota) in [("Outputs", &OUTPUTS), ("Parameters", &PARAMETERS), ("Mappings", &MAPPINGS)] {
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
    longest_default(cx);
    most_tags(cx);
    cx.total(&STACKS, 1);
}

fn longest_default(cx: &mut GaugeCx<'_, '_>) {
    let parameters = cx.template()["Parameters"].as_object().into_iter().flat_map(Members::iter);
    let defaults = parameters.filter_map(|(name, parameter)| Some((parameter["Default"].as_str()?.len(), name)));
    if let Some((bytes, name)) = defaults.max_by_key(|(bytes, _)| *bytes) {
        cx.count(&PARAMETER_VALUE, None, Some(name), bytes, &[]);
    }
}

fn most_tags(cx: &mut GaugeCx<'_, '_>) {
    let n_tags = |tags: &Json<'_>| match tags {
        Json::Array(tags) => tags.iter().filter(|tag| !is_of_aws(tag["Key"].as_str().unwrap_or_default())).count(),
        Json::Object(tags) => tags.keys().filter(|key| !is_of_aws(key)).count(),
        _ => 0,
    };
    let most = cx.resources().map(|(id, _, properties)| (n_tags(&properties["Tags"]), id)).max_by_key(|(n, _)| *n);
    if let Some((n @ 1.., id)) = most {
        cx.count(&TAGS, Some(id), None, n, &[]);
    }
}

fn is_of_aws(key: &str) -> bool {
    key.starts_with("aws:")
}

fn dynamic_references(json: &Json<'_>) -> usize {
    match json {
        Json::String(text) => text.matches(DYNAMIC).count(),
        Json::Array(items) => items.iter().map(dynamic_references).sum(),
        Json::Object(entries) => entries.values().map(dynamic_references).sum(),
        _ => 0,
    }
}
