//! Declarations from templates, whoever made them.

use std::collections::BTreeSet;

use construct_core::Diagnostics;
use construct_iam::access::symbol;
use serde_json::{Map, Value as Json, json};

use super::Declaration;
use crate::access::template::{self, Members, Resolver, Templates};

const PIPELINE: &str = "AWS::CodePipeline::Pipeline";

/// A pipeline of a template as the API takes it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exported {
    /// The stack it is in.
    pub stack: String,
    /// Its logical id.
    pub logical_id: String,
    /// Its name; the logical id where it has none.
    pub name: String,
    /// The pipeline, or what keeps it from being one.
    pub declaration: Result<Declaration, Diagnostics>,
    /// What only a deployment tells, in words. It stands in the declaration in angle brackets, or as the dynamic reference
    /// that CloudFormation would resolve.
    pub unknown: Vec<String>,
    /// What the template says beside the structure, in words, each with the command that says it: the API takes it
    /// elsewhere.
    pub aside: Vec<(String, String)>,
    /// The tags, which only `create-pipeline` takes.
    pub tags: Vec<(String, String)>,
}

/// The pipelines of templates as the API takes them. Functions become literals as far as the templates and their accounts
/// and regions tell.
///
/// A key whose ARN only KMS will know is named by the ARN of its alias, if the templates give it one: the alias stays when
/// the key is replaced, and CodePipeline takes it in the account that owns the key.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_EncryptionKey.html>
///
/// ```
/// use construct_pipeline::access::template::Templates;
/// use construct_pipeline::json::export;
/// use construct_pipeline::prelude::*;
/// # fn main() -> Result<(), SynthError> {
/// let mut app = App::new();
/// let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let source = Artifact::new("Source");
/// let site = app.at(tools).add("Site", Bucket::new().bucket_name("orders-site"));
/// app.at(tools).add(
///     "Pipeline",
///     Pipeline::new("orders")
///         .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
///         .stage(Stage::new("Deploy").action(Action::new("Publish", S3Deploy::new(site, &source)))),
/// );
/// let pipelines = export(&Templates::of(&app.synth()?));
/// assert_eq!((pipelines.len(), &*pipelines[0].name), (1, "orders"));
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn export(templates: &Templates<'_>) -> Vec<Exported> {
    let resolver = Resolver::new(templates);
    let aliases = aliases(&resolver);
    let mut exported = Vec::new();
    for (stack, template) in templates.iter().enumerate() {
        for (logical_id, resource) in template.section("Resources").into_iter().flat_map(Members::iter) {
            let is_pipeline = has_type(resource, PIPELINE);
            // One whose condition is open is made unless it is known not to be.
            let is_made = resource.as_object().is_none_or(|resource| resolver.exists(stack, resource) != Some(false));
            if is_pipeline && is_made {
                let properties = resource.get("Properties").map(|all| resolver.texts(stack, all));
                let properties = properties.as_ref().map_or(Json::Null, Json::from);
                exported.push(one(&resolver, &aliases, stack, logical_id, properties));
            }
        }
    }
    exported
}

/// The aliases of the templates: the key they lead to, as it is written, and their ARN.
fn aliases(resolver: &Resolver<'_>) -> Vec<(String, String)> {
    let mut aliases = Vec::new();
    for (stack, template) in resolver.templates().iter().enumerate() {
        for (logical_id, resource) in template.section("Resources").into_iter().flat_map(Members::iter) {
            let target = || resource.get("Properties")?.get("TargetKeyId");
            if has_type(resource, "AWS::KMS::Alias")
                && let Some(arn) = resolver.arn(stack, logical_id)
            {
                aliases.push((target().map(|target| resolver.text(stack, target)).unwrap_or_default(), arn));
            }
        }
    }
    aliases
}

fn has_type(resource: &template::Json<'_>, kind: &str) -> bool {
    resource.get("Type").and_then(template::Json::as_str) == Some(kind)
}

fn one(
    resolver: &Resolver<'_>,
    aliases: &[(String, String)],
    stack: usize,
    logical_id: &str,
    mut properties: Json,
) -> Exported {
    let mut aside = Vec::new();
    let mut tags = Vec::new();
    if let Some(properties) = properties.as_object_mut() {
        properties.entry("Name").or_insert_with(|| resolver.physical_id(stack, logical_id).into());
        for tag in properties.remove("Tags").iter().filter_map(Json::as_array).flatten() {
            let text = |key: &str| tag[key].as_str().unwrap_or_default().to_owned();
            tags.push((text("Key"), text("Value")));
        }
        for stage in properties.remove("DisableInboundStageTransitions").iter().filter_map(Json::as_array).flatten() {
            let text = |key: &str| stage[key].as_str().unwrap_or_default();
            let (stage, reason) = (text("StageName"), text("Reason"));
            let command = format!(
                "disable-stage-transition --stage-name {stage} --transition-type Inbound --reason '{reason}' --pipeline-name"
            );
            aside.push((format!("the transition into the stage `{stage}` is disabled"), command));
        }
        if properties.remove("RestartExecutionOnUpdate").is_some_and(|restart| restart == true || restart == "true") {
            aside.push(("an update starts a run".to_owned(), "start-pipeline-execution --name".to_owned()));
        }
        by_region(properties);
    }
    for_each_store(&mut properties, &mut |store| {
        let Some(id) = store["EncryptionKey"]["Id"].as_str().filter(|id| symbol::is_symbolic(id)) else { return };
        let is_key = |target: &str| target == id || id.rsplit_once("key/").is_some_and(|(_, id)| id == target);
        if let Some((_, arn)) = aliases.iter().find(|(target, arn)| is_key(target) && !symbol::is_symbolic(arn)) {
            store["EncryptionKey"]["Id"] = arn.clone().into();
        }
    });
    let mut unknown = BTreeSet::new();
    let pipeline = to_api(&properties, &mut |text| readable(resolver, text, &mut unknown));
    // Whoever has to name a pipeline without a name can say its logical id.
    let name = pipeline["name"].as_str().filter(|name| !name.is_empty()).unwrap_or(logical_id).to_owned();
    Exported {
        stack: resolver
            .templates()
            .iter()
            .nth(stack)
            .map(|template| template.stack_name().to_owned())
            .unwrap_or_default(),
        logical_id: logical_id.to_owned(),
        declaration: Declaration::of(&json!({ "pipeline": pipeline })),
        unknown: unknown.into_iter().collect(),
        aside: aside.into_iter().map(|(what, command)| (what, format!("{command} {name}"))).collect(),
        name,
        tags,
    }
}

/// The list of stores of a template is an object by region in the API.
fn by_region(properties: &mut Map<String, Json>) {
    let Some(Json::Array(stores)) = properties.get_mut("ArtifactStores") else { return };
    let stores = stores
        .iter_mut()
        .filter_map(|entry| Some((entry["Region"].as_str()?.to_owned(), entry.get_mut("ArtifactStore")?.take())));
    let stores: Map<String, Json> = stores.collect();
    properties.insert("ArtifactStores".to_owned(), Json::Object(stores));
}

fn for_each_store(properties: &mut Json, visit: &mut impl FnMut(&mut Json)) {
    if let Some(store) = properties.get_mut("ArtifactStore") {
        visit(store);
    }
    let stores = properties.get_mut("ArtifactStores").and_then(Json::as_object_mut);
    stores.into_iter().flat_map(Map::values_mut).for_each(visit);
}

/// Keys as the API writes them: those of templates begin with a capital letter, and are the same otherwise. The keys of
/// configurations and of stores by region are names, which stay.
fn to_api(json: &Json, text: &mut impl FnMut(&str) -> String) -> Json {
    match json {
        Json::String(value) => text(value).into(),
        // CloudFormation makes text of them where text is wanted, as people rely on in `Version: 1`.
        Json::Number(_) | Json::Bool(_) => json.to_string().into(),
        Json::Array(items) => items.iter().map(|item| to_api(item, text)).collect(),
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let value = match (key.as_str(), value) {
                    ("Configuration" | "ArtifactStores", Json::Object(names)) => {
                        Json::Object(names.iter().map(|(name, value)| (name.clone(), to_api(value, text))).collect())
                    }
                    (key, value) if NUMBERS.contains(&key) => whole(value).unwrap_or_else(|| to_api(value, text)),
                    _ => to_api(value, text),
                };
                let mut key = key.clone();
                if let Some(first) = key.get_mut(..1) {
                    first.make_ascii_lowercase();
                }
                (key, value)
            });
            Json::Object(entries.collect())
        }
        Json::Null => Json::Null,
    }
}

/// The keys of templates that are numbers in the API.
const NUMBERS: [&str; 2] = ["RunOrder", "TimeoutInMinutes"];

/// A number, which CloudFormation takes as text, too.
fn whole(json: &Json) -> Option<Json> {
    let number = json.as_u64().or_else(|| json.as_str()?.parse().ok())?;
    Some(number.into())
}

/// A text with words for what only a deployment tells.
fn readable(resolver: &Resolver<'_>, text: &str, unknown: &mut BTreeSet<String>) -> String {
    if !symbol::is_symbolic(text) {
        return text.to_owned();
    }
    let symbols = resolver.symbols();
    let mut out = String::new();
    for c in text.chars() {
        let one = c.to_string();
        if !symbol::is_symbolic(&one) {
            out.push(c);
            continue;
        }
        let label = symbols.meaning(c).map_or("not known", |meaning| &meaning.label);
        unknown.insert(label.to_owned());
        // A dynamic reference names what is to stand in its place better than any words.
        match label.find("{{resolve:").and_then(|at| Some((at, label[at..].find("}}")?))) {
            Some((at, end)) => out.push_str(&label[at..at + end + 2]),
            None => out.push_str(&format!("<{label}>")),
        }
    }
    out
}
