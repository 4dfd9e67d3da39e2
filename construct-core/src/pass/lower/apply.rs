//! One resource as JSON, with the facts that reach it.
//!
//! Codes: `override::no-such-place`, `tag::contradiction`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::resolve::Resolver;
use super::{Placed, read};
use crate::construct::Plan;
use crate::diagnostic::Diagnostic;
use crate::fact::{DependsOn, Metadata, PropertyOverride, ReadMarks, RemovalPolicy, Tag};
use crate::handle::NodeId;
use crate::resource::{CfnResource, Part, Properties, Tagging};
use crate::value::Expr;

pub(super) struct Applied<'a> {
    plan: &'a Plan,
    marks: &'a ReadMarks,
    /// The resources of each node, for dependencies on whole subtrees.
    resources: BTreeMap<NodeId, Vec<(NodeId, String)>>,
}

impl<'a> Applied<'a> {
    pub(super) fn new(plan: &'a Plan, marks: &'a ReadMarks, placed: &[Placed]) -> Self {
        let mut resources: BTreeMap<NodeId, Vec<(NodeId, String)>> = BTreeMap::new();
        for part in placed {
            if matches!(part.part, Part::Resource(_)) {
                resources.entry(part.node).or_default().push((part.stack, part.id.clone()));
            }
        }
        Self { plan, marks, resources }
    }

    pub(super) fn resource(&mut self, part: &Placed, resource: &CfnResource, resolver: &mut Resolver<'_>) -> Json {
        let mut properties = resource.properties.clone();
        self.add_tags(part.node, resource, &mut properties);
        let mut written = resolver.json(&properties.into());
        self.override_properties(part.node, resource, &mut written, resolver);
        // What a property refers to comes first anyway; saying it twice is noise that linters report.
        let implied = resolver.referred().clone();
        let mut depends_on = self.depends_on(part, resource, resolver);
        depends_on.retain(|id| !implied.contains(id));

        let mut json = Map::new();
        json.insert("Type".into(), resource.kind.as_ref().into());
        if let Some(id) = resource.condition.and_then(|condition| resolver.condition(condition)) {
            json.insert("Condition".into(), id.into());
        }
        if written.as_object().is_some_and(|properties| !properties.is_empty()) {
            json.insert("Properties".into(), written);
        }
        if !depends_on.is_empty() {
            json.insert("DependsOn".into(), depends_on.into_iter().collect());
        }
        for (key, value) in &resource.attributes {
            json.insert(key.to_string(), resolver.json(value));
        }
        let removal = read::<RemovalPolicy>(self.plan, self.marks, part.node).first().copied().copied();
        if let Some(removal) = removal.or(resource.removal) {
            json.insert("DeletionPolicy".into(), removal.deletion().into());
            json.insert("UpdateReplacePolicy".into(), removal.update_replace().into());
        }
        let mut metadata = Map::new();
        for (key, value) in &resource.metadata {
            metadata.insert(key.to_string(), resolver.json(value));
        }
        for fact in read::<Metadata>(self.plan, self.marks, part.node) {
            metadata.insert(fact.key.clone(), resolver.json(&fact.value));
        }
        metadata.insert("aws:cdk:path".into(), self.plan.tree.node(part.node).path.as_str().into());
        json.insert("Metadata".into(), metadata.into());
        json.into()
    }

    fn add_tags(&self, node: NodeId, resource: &CfnResource, properties: &mut Properties) {
        if resource.tagging == Tagging::None {
            return;
        }
        let mut tags: BTreeMap<&str, &str> = BTreeMap::new();
        for tag in read::<Tag>(self.plan, self.marks, node) {
            tags.entry(&tag.key).or_insert(&tag.value);
        }
        let text = |text: &str| Expr::from(text.to_owned());
        let own = properties.get("Tags").cloned();
        // A tag that the resource has of its own is nearer than any that reaches it.
        let has_own = |key: &str| match &own {
            Some(Expr::Map(entries)) => entries.iter().any(|(own, _)| own == key),
            Some(Expr::List(entries)) => entries.iter().any(|entry| tag_key(entry) == Some(key)),
            _ => false,
        };
        let tags = tags.into_iter().filter(|(key, _)| !has_own(key));
        let merged = match (resource.tagging, own.clone()) {
            (Tagging::Map, Some(Expr::Map(mut entries))) => {
                entries.extend(tags.map(|(key, value)| (key.to_owned().into(), text(value))));
                Expr::Map(entries)
            }
            (Tagging::Map, None) => Expr::map(tags.map(|(key, value)| (key.to_owned(), text(value)))),
            (Tagging::List, Some(Expr::List(mut entries))) => {
                entries.extend(tags.map(|(key, value)| Expr::map([("Key", text(key)), ("Value", text(value))])));
                Expr::List(entries)
            }
            (Tagging::List, None) => {
                Expr::list(tags.map(|(key, value)| Expr::map([("Key", text(key)), ("Value", text(value))])))
            }
            (Tagging::None | Tagging::Map | Tagging::List, _) => return,
        };
        if !matches!(&merged, Expr::List(entries) if entries.is_empty())
            && !matches!(&merged, Expr::Map(entries) if entries.is_empty())
        {
            properties.put("Tags", merged);
        }
    }

    /// Applies overrides from the outermost scope inwards, so that the nearest one has the last word.
    fn override_properties(
        &self,
        node: NodeId,
        resource: &CfnResource,
        written: &mut Json,
        resolver: &mut Resolver<'_>,
    ) {
        for found in self.plan.tree.reaching::<PropertyOverride>(node).into_iter().rev() {
            let PropertyOverride { path, value, only } = found.fact;
            if only.as_ref().is_some_and(|only| *only != resource.kind) {
                continue;
            }
            self.marks.mark(&found);
            let value = value.as_ref().map(|value| resolver.json(value));
            if let Err(problem) = put(written, path, value) {
                resolver.report(
                    Diagnostic::error("override::no-such-place", format!("the override of `{path}` {problem}"))
                        .at(found.location)
                        .help("name properties by their CloudFormation names and list entries by their position from 0, joined by dots"),
                );
            }
        }
    }

    fn depends_on(&self, part: &Placed, resource: &CfnResource, resolver: &mut Resolver<'_>) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        let facts = read::<DependsOn>(self.plan, self.marks, part.node);
        let firsts = resource.depends_on.iter().copied().chain(facts.iter().map(|fact| fact.0));
        for first in firsts {
            if !self.plan.tree.arena.owns(first) {
                resolver.foreign_handle("a resource depends on a construct of another app");
                continue;
            }
            let mut queue = vec![first];
            while let Some(node) = queue.pop() {
                queue.extend(&self.plan.tree.node(node).children);
                for (stack, id) in self.resources.get(&node).into_iter().flatten() {
                    if *stack != part.stack {
                        let from = &self.plan.tree.node(part.node).path;
                        let to = &self.plan.tree.node(first).path;
                        resolver.need(*stack, || format!("`{from}` depends on `{to}`"));
                    } else if *id != part.id {
                        resolver.refer(id);
                        ids.insert(id.clone());
                    }
                }
            }
        }
        ids
    }
}

/// The key of a tag in a list of tags, if it is known.
fn tag_key(entry: &Expr) -> Option<&str> {
    let Expr::Map(parts) = entry else { return None };
    parts.iter().find(|(name, _)| name == "Key").and_then(|(_, key)| key.literal())
}

/// Sets or removes what a path names; says in words why it cannot.
fn put(json: &mut Json, path: &str, value: Option<Json>) -> Result<(), String> {
    let mut steps: Vec<&str> = path.split('.').collect();
    if steps.iter().any(|step| step.is_empty()) {
        return Err("has an empty step".into());
    }
    let last = steps.pop().unwrap_or_default();
    let mut place = json;
    for step in steps {
        if value.is_none() && place.get(step).is_none() && !place.is_array() {
            return Ok(());
        }
        place = step_into(place, step)?;
    }
    match (place, value) {
        (Json::Object(entries), Some(value)) => {
            entries.insert(last.to_owned(), value);
        }
        (Json::Object(entries), None) => {
            entries.shift_remove(last);
        }
        (Json::Array(items), value) => {
            let at = position(last, items.len())?;
            match value {
                Some(value) if at == items.len() => items.push(value),
                Some(value) => items[at] = value,
                None if at < items.len() => {
                    items.remove(at);
                }
                None => {}
            }
        }
        (other, _) => return Err(format!("goes through `{other}`, which has no parts")),
    }
    Ok(())
}

fn step_into<'a>(place: &'a mut Json, step: &str) -> Result<&'a mut Json, String> {
    match place {
        Json::Object(entries) => Ok(entries.entry(step).or_insert_with(|| json!({}))),
        Json::Array(items) => {
            let at = position(step, items.len())?;
            if at == items.len() {
                items.push(json!({}));
            }
            Ok(&mut items[at])
        }
        other => Err(format!("goes through `{other}`, which has no parts")),
    }
}

/// A position in a list; the one behind the last appends.
fn position(step: &str, length: usize) -> Result<usize, String> {
    match step.parse::<usize>() {
        Ok(at) if at <= length => Ok(at),
        Ok(at) => Err(format!("names entry {at} of a list with {length}")),
        Err(_) => Err(format!("names `{step}` in a list, where a position is needed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(path: &str, value: Option<Json>) -> Result<Json, String> {
        let mut json = json!({ "A": { "B": [{ "C": 1 }, { "C": 2 }] }, "D": "text" });
        put(&mut json, path, value).map(|()| json)
    }

    #[test]
    fn paths_set_append_and_remove() {
        assert_eq!(after("A.B.1.C", Some(json!(3))).unwrap()["A"]["B"][1]["C"], 3);
        assert_eq!(after("A.B.2.C", Some(json!(3))).unwrap()["A"]["B"][2]["C"], 3);
        assert_eq!(after("X.Y", Some(json!(3))).unwrap()["X"]["Y"], 3);
        assert_eq!(after("A.B.0", None).unwrap()["A"]["B"].as_array().unwrap().len(), 1);
        assert_eq!(after("Not.There", None).unwrap(), after("", None).unwrap_or_else(|_| after("Z", None).unwrap()));
    }

    #[test]
    fn impossible_paths_say_why() {
        assert!(after("D.E", Some(json!(1))).unwrap_err().contains("no parts"));
        assert!(after("A.B.x", Some(json!(1))).unwrap_err().contains("position"));
        assert!(after("A.B.7", Some(json!(1))).unwrap_err().contains("entry 7"));
        assert!(after("A..B", Some(json!(1))).unwrap_err().contains("empty"));
    }
}
