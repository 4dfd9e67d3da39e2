//! `manifest.json` of a cloud assembly.
//!
//! Only the two artifact types that every CDK CLI since version 2 knows are written. Of other tools' assemblies, nested
//! ones are read too, and the remaining types are passed over.
//!
//! Documents are no artifacts: the CLI refuses what its schema does not have. They are named in the metadata of the
//! tree, where any type of entry may stand, and where the CLI looks for nothing. There stands also that the assembly is
//! one of ours, and which quotas its app set.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::{Assembly, StackArtifact};
use crate::written::{self, Shape, Sink as _, Text};

pub(super) const FILE: &str = "manifest.json";
pub(super) const TREE_FILE: &str = "tree.json";
const VERSION: &str = "36.0.0";
const STACK: &str = "aws:cloudformation:stack";
const TREE: &str = "cdk:tree";
const NESTED: &str = "cdk:cloud-assembly";
/// The type of the metadata entry that names a document.
const DOCUMENT: &str = "construct:document";
/// The type of the metadata entry that says who made the assembly.
const OWN: &str = "construct:assembly";
/// The type of the metadata entry that says a quota of the app: its title, `=` and its value.
const QUOTA: &str = "construct:quota";

/// Writes the manifest piece by piece.
pub(super) fn write(assembly: &Assembly, to: &mut dyn FnMut(&str)) {
    let mut out = Text::at(0);
    out.begin(Shape::Map);
    out.key("version");
    out.text(VERSION);
    out.key("artifacts");
    out.begin(Shape::Map);
    // The tree stands last; without one, the last stack will do to name the documents.
    let n_stacks = assembly.stacks.len();
    for (n, stack) in assembly.stacks.iter().enumerate() {
        let is_last = assembly.tree.is_none() && n + 1 == n_stacks;
        write_stack(stack, is_last.then_some(assembly), &mut out);
        out.hand_on(to);
    }
    if assembly.tree.is_some() {
        let mut id = "Tree".to_owned();
        while assembly.stacks.iter().any(|stack| stack.id == id) {
            id.push('-');
        }
        out.key(&id);
        out.begin(Shape::Map);
        entry("type", TREE, &mut out);
        out.key("properties");
        written::call("file", TREE_FILE, &mut out);
        write_metadata(assembly, &mut out);
        out.end(Shape::Map);
    }
    out.end(Shape::Map);
    out.end(Shape::Map);
    out.end_file(to);
}

fn entry(key: &str, text: &str, out: &mut Text) {
    out.key(key);
    out.text(text);
}

/// Writes a stack, with the metadata of the assembly if it is the one that has it.
fn write_stack(stack: &StackArtifact, assembly: Option<&Assembly>, out: &mut Text) {
    out.key(&stack.id);
    out.begin(Shape::Map);
    entry("type", STACK, out);
    entry("environment", &format!("aws://{}/{}", stack.account, stack.region), out);
    out.key("properties");
    out.begin(Shape::Map);
    entry("templateFile", &stack.template_file, out);
    entry("stackName", &stack.stack_name, out);
    if stack.termination_protection {
        out.key("terminationProtection");
        out.scalar(true.into());
    }
    if !stack.tags.is_empty() {
        out.key("tags");
        out.begin(Shape::Map);
        stack.tags.iter().for_each(|(key, value)| entry(key, value, out));
        out.end(Shape::Map);
    }
    for (key, arn) in
        [("assumeRoleArn", &stack.assume_role_arn), ("cloudFormationExecutionRoleArn", &stack.execution_role_arn)]
    {
        arn.iter().for_each(|arn| entry(key, arn, out));
    }
    out.end(Shape::Map);
    if !stack.dependencies.is_empty() {
        out.key("dependencies");
        out.begin(Shape::List);
        for needed in &stack.dependencies {
            out.item();
            out.text(needed);
        }
        out.end(Shape::List);
    }
    entry("displayName", &stack.id, out);
    assembly.iter().for_each(|assembly| write_metadata(assembly, out));
    out.end(Shape::Map);
}

fn write_metadata(assembly: &Assembly, out: &mut Text) {
    if assembly.documents.is_empty() && assembly.quotas.is_empty() && !assembly.is_own {
        return;
    }
    out.key("metadata");
    out.begin(Shape::Map);
    out.key("/");
    out.begin(Shape::List);
    if assembly.is_own {
        out.item();
        written::call("type", OWN, out);
    }
    let quotas = assembly.quotas.iter().map(|(title, value)| (QUOTA, format!("{title}={value}").into()));
    let documents = assembly.documents.keys().map(|file| (DOCUMENT, Cow::Borrowed(&**file)));
    for (kind, data) in documents.chain(quotas) {
        out.item();
        out.begin(Shape::Map);
        entry("type", kind, out);
        entry("data", &data, out);
        out.end(Shape::Map);
    }
    out.end(Shape::List);
    out.end(Shape::Map);
}

/// What a manifest says, before the templates are read.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub(super) stacks: Vec<StackArtifact>,
    pub(super) tree_file: Option<String>,
    pub(super) documents: Vec<String>,
    pub(super) quotas: BTreeMap<String, usize>,
    pub(super) is_own: bool,
    /// The folders of nested assemblies, which a CDK app has for each of its stages.
    pub(super) nested: Vec<String>,
}

impl Manifest {
    /// The files that belong to the assembly, the manifest included.
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        let templates = self.stacks.iter().map(|stack| &*stack.template_file);
        let documents = self.documents.iter().map(String::as_str);
        [FILE].into_iter().chain(self.tree_file.as_deref()).chain(templates).chain(documents)
    }

    /// Notes what the metadata of a construct say of the whole assembly.
    fn note(&mut self, entries: &[Json]) -> Result<(), String> {
        for entry in entries {
            match (entry["type"].as_str(), entry["data"].as_str()) {
                (Some(OWN), _) => self.is_own = true,
                (Some(DOCUMENT), Some(file)) => {
                    stays_inside(file).map_err(|what| format!("it {what}"))?;
                    self.documents.push(file.to_owned());
                }
                (Some(QUOTA), Some(said)) => {
                    let (title, value) = said
                        .rsplit_once('=')
                        .and_then(|(title, value)| Some((title, value.parse().ok()?)))
                        .ok_or_else(|| format!("it has the quota `{said}`, which is no `name=number`"))?;
                    self.quotas.insert(title.to_owned(), value);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Reads a manifest; the error says what is malformed.
pub(super) fn read(json: &Json) -> Result<Manifest, String> {
    let artifacts = json.get("artifacts").and_then(Json::as_object).ok_or("it has no `artifacts`")?;
    let mut manifest = Manifest::default();
    for (id, artifact) in artifacts {
        let properties = &artifact["properties"];
        match artifact["type"].as_str() {
            Some(STACK) => {
                let stack = read_stack(id, artifact).map_err(|what| format!("stack `{id}` {what}"))?;
                manifest.stacks.push(stack);
            }
            Some(TREE) => manifest.tree_file = properties["file"].as_str().map(str::to_owned),
            Some(NESTED) => {
                let folder = properties["directoryName"].as_str().ok_or(format!("`{id}` has no `directoryName`"))?;
                stays_inside(folder).map_err(|what| format!("it {what}"))?;
                manifest.nested.push(folder.to_owned());
            }
            Some(_) => {}
            None => return Err(format!("artifact `{id}` has no `type`")),
        }
        for entries in artifact["metadata"].as_object().into_iter().flat_map(Map::values).filter_map(Json::as_array) {
            manifest.note(entries)?;
        }
    }
    if let Some(file) = &manifest.tree_file {
        stays_inside(file).map_err(|what| format!("it {what}"))?;
    }
    // What is written for a document would take the place of another file.
    let templates = manifest.stacks.iter().map(|stack| &*stack.template_file);
    let others: BTreeSet<&str> = templates.chain(manifest.tree_file.as_deref()).chain([FILE]).collect();
    if let Some(file) = manifest.documents.iter().find(|file| others.contains(&***file)) {
        return Err(format!("it names the document `{file}`, which is another file of the assembly"));
    }
    let ids: BTreeSet<String> = manifest.stacks.iter().map(|stack| stack.id.clone()).collect();
    for stack in &mut manifest.stacks {
        // Dependencies on assets and other artifacts are no order among stacks.
        stack.dependencies.retain(|needed| ids.contains(needed));
    }
    Ok(manifest)
}

fn read_stack(id: &str, artifact: &Json) -> Result<StackArtifact, String> {
    let properties = &artifact["properties"];
    let text = |key: &str| properties[key].as_str().map(str::to_owned);
    let environment = artifact["environment"].as_str().ok_or("has no `environment`")?;
    let (account, region) = environment
        .strip_prefix("aws://")
        .and_then(|rest| rest.split_once('/'))
        .ok_or_else(|| format!("has the environment `{environment}`, which is not `aws://account/region`"))?;
    let template_file = text("templateFile").ok_or("has no `templateFile`")?;
    stays_inside(&template_file)?;
    let tags = properties["tags"].as_object().into_iter().flatten();
    Ok(StackArtifact {
        id: id.to_owned(),
        stack_name: text("stackName").unwrap_or_else(|| id.to_owned()),
        account: account.to_owned(),
        region: region.to_owned(),
        dependencies: artifact["dependencies"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|needed| needed.as_str().map(str::to_owned))
            .collect(),
        tags: tags
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect::<BTreeMap<_, _>>(),
        termination_protection: properties["terminationProtection"].as_bool().unwrap_or(false),
        assume_role_arn: text("assumeRoleArn"),
        execution_role_arn: text("cloudFormationExecutionRoleArn"),
        template_file,
        template: String::new(),
    })
}

/// A manifest from elsewhere must not make us read or remove files outside of its folder.
pub(super) fn stays_inside(file: &str) -> Result<(), String> {
    let plain = !file.is_empty()
        && std::path::Path::new(file).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if plain { Ok(()) } else { Err(format!("names the file `{file}`, which is outside of the assembly")) }
}
