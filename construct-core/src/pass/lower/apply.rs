//! One resource as JSON, with the facts that reach it.
//!
//! Codes: `override::no-such-place`, `tag::contradiction`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::place::{Placed, places_of};
use super::resolve::Resolver;
use super::{DEPENDS_ON, read};
use crate::construct::Plan;
use crate::diagnostic::Diagnostic;
use crate::fact::{DependsOn, Found, Metadata, PropertyOverride, ReadMarks, RemovalPolicy, Tag};
use crate::handle::NodeId;
use crate::resource::{CfnResource, Properties, Tagging};
use crate::value::Expr;
use crate::written::{self, Object, Shape, Sink, Text, Tree};

/// Where the resources of one stack are written.
pub(super) struct Applied<'a> {
    plan: &'a Plan,
    marks: &'a ReadMarks,
    stack: NodeId,
    placed: &'a [Placed],
}

impl<'a> Applied<'a> {
    pub(super) fn new(plan: &'a Plan, marks: &'a ReadMarks, stack: NodeId, placed: &'a [Placed]) -> Self {
        Self { plan, marks, stack, placed }
    }

    /// Writes a resource into an object that begins.
    pub(super) fn resource(
        &self,
        node: NodeId,
        mut resource: CfnResource,
        resolver: &mut Resolver<'_>,
        mut out: Object<'_>,
    ) {
        self.add_tags(node, resource.tagging, &mut resource.properties);
        out.put("Type", |out| out.text(&resource.kind));
        if let Some(id) = resource.condition.and_then(|condition| resolver.condition(condition)) {
            out.put("Condition", |out| out.text(id));
        }
        self.properties(node, &resource, resolver, &mut out);
        let depends_on = self.depends_on(node, &resource, resolver);
        if !depends_on.is_empty() {
            out.put("DependsOn", |out| {
                out.begin(Shape::List);
                for id in &depends_on {
                    out.item();
                    out.text(id);
                }
                out.end(Shape::List);
            });
        }
        for (key, value) in resource.attributes {
            out.put(key, |out| resolver.json(&value, out));
        }
        let removal = read::<RemovalPolicy>(self.plan, self.marks, node).first().copied().copied();
        if let Some(removal) = removal.or(resource.removal) {
            out.put("DeletionPolicy", |out| out.text(removal.deletion()));
            out.put("UpdateReplacePolicy", |out| out.text(removal.update_replace()));
        }
        let mut metadata = resource.metadata;
        let facts = read::<Metadata>(self.plan, self.marks, node).into_iter();
        metadata.extend(facts.map(|fact| (fact.key.clone().into(), fact.value.clone())));
        out.put("Metadata", |out| self.metadata(node, metadata, resolver, out));
        out.end();
    }

    /// Writes what is to be known of a resource beside its properties, and where it comes from.
    fn metadata(
        &self,
        node: NodeId,
        mut others: Vec<(Cow<'static, str>, Expr)>,
        resolver: &mut Resolver<'_>,
        out: &mut Text,
    ) {
        const PATH: &str = "aws:cdk:path";
        let path = self.plan.tree.path(node);
        if others.is_empty() {
            out.begin(Shape::Map);
            out.key(PATH);
            resolver.text(path, out);
            out.end(Shape::Map);
        } else {
            others.push((PATH.into(), path.to_owned().into()));
            resolver.object(&others, out);
        }
    }

    /// Writes the properties, unless there are none.
    fn properties(&self, node: NodeId, resource: &CfnResource, resolver: &mut Resolver<'_>, out: &mut Object<'_>) {
        let overrides = self.plan.tree.reaching::<PropertyOverride>(node);
        if overrides.is_empty() {
            if !resource.properties.is_empty() {
                out.put("Properties", |out| resolver.object(resource.properties.entries(), out));
            }
            return;
        }
        let mut tree = Tree::default();
        resolver.object(resource.properties.entries(), &mut tree);
        let mut json = tree.finish();
        self.override_properties(overrides, resource, &mut json, resolver);
        if json.as_object().is_some_and(|entries| !entries.is_empty()) {
            out.put("Properties", |out| written::value(&json, out));
        }
    }

    fn add_tags(&self, node: NodeId, tagging: Tagging, properties: &mut Arc<Properties>) {
        if tagging == Tagging::None {
            return;
        }
        let mut tags: BTreeMap<&str, &str> = BTreeMap::new();
        for tag in read::<Tag>(self.plan, self.marks, node) {
            tags.entry(&tag.key).or_insert(&tag.value);
        }
        if tags.is_empty() {
            return;
        }
        // A tag that the resource has of its own is nearer than any that reaches it.
        let own = properties.get("Tags").cloned().map(Expr::spelled_out);
        tags.retain(|key, _| match &own {
            Some(Expr::Map(entries)) => !entries.iter().any(|(own, _)| own == key),
            Some(Expr::List(entries)) => !entries.iter().any(|entry| tag_key(entry) == Some(key)),
            _ => true,
        });
        if tags.is_empty() {
            return;
        }
        let text = |text: &str| Expr::from(text.to_owned());
        let pair = |(key, value): (&str, &str)| Expr::map([("Key", text(key)), ("Value", text(value))]);
        let merged = match (tagging, own) {
            (Tagging::Map, Some(Expr::Map(mut entries))) => {
                entries.extend(tags.into_iter().map(|(key, value)| (key.to_owned().into(), text(value))));
                Expr::Map(entries)
            }
            (Tagging::Map, None) => Expr::map(tags.into_iter().map(|(key, value)| (key.to_owned(), text(value)))),
            (Tagging::List, Some(Expr::List(mut entries))) => {
                entries.extend(tags.into_iter().map(pair));
                Expr::List(entries)
            }
            (Tagging::List, None) => Expr::list(tags.into_iter().map(pair)),
            (Tagging::None | Tagging::Map | Tagging::List, _) => return,
        };
        Arc::make_mut(properties).put("Tags", merged);
    }

    /// Applies overrides from the outermost scope inwards, so that the nearest one has the last word.
    fn override_properties(
        &self,
        overrides: Vec<Found<'_, PropertyOverride>>,
        resource: &CfnResource,
        json: &mut Json,
        resolver: &mut Resolver<'_>,
    ) {
        for found in overrides.into_iter().rev() {
            let PropertyOverride { path, value, only } = found.fact;
            if only.as_ref().is_some_and(|only| *only != resource.kind) {
                continue;
            }
            self.marks.mark(&found);
            let value = value.as_ref().map(|value| {
                let mut tree = Tree::default();
                resolver.json(value, &mut tree);
                tree.finish()
            });
            if let Err(problem) = put_at(json, path, value) {
                resolver.report(
                    Diagnostic::error("override::no-such-place", format!("the override of `{path}` {problem}"))
                        .at(found.location)
                        .help("name properties by their CloudFormation names and list entries by their position from 0, joined by dots"),
                );
            }
        }
    }

    /// The resources of the same stack that must be there first, but for those that a property refers to: these come first
    /// anyway, and saying it twice is noise that linters report. Other stacks that must be there are noted.
    fn depends_on(&self, here: NodeId, resource: &CfnResource, resolver: &mut Resolver<'_>) -> Vec<&'a str> {
        let mut ids = Vec::new();
        let facts = read::<DependsOn>(self.plan, self.marks, here);
        let mut queue = Vec::new();
        let firsts = resource.depends_on.iter().copied().chain(facts.iter().map(|fact| fact.0));
        for first in firsts {
            if !self.plan.tree.arena.owns(first) {
                resolver.foreign_handle("a resource depends on a construct of another app");
                continue;
            }
            queue.push(first);
            while let Some(node) = queue.pop() {
                queue.extend(self.plan.tree.arena.children(node));
                let Some(stack) = self.plan.tree.node(node).stack else { continue };
                if stack != self.stack {
                    let is_stack = node == stack;
                    if !resolver.needs(stack) && (is_stack || resolver.has_resource_elsewhere(node)) {
                        resolver.need(stack, DEPENDS_ON, first);
                    }
                    continue;
                }
                for place in places_of(self.placed, node).filter(|place| self.placed[*place].is_resource) {
                    if resolver.refer(place) {
                        ids.push(&*self.placed[place].id);
                    }
                }
            }
        }
        ids.sort_unstable();
        ids
    }
}

/// The key of a tag in a list of tags, if it is known.
fn tag_key(entry: &Expr) -> Option<&str> {
    let Expr::Map(parts) = entry else { return None };
    parts.iter().find(|(name, _)| name == "Key").and_then(|(_, key)| key.literal())
}

/// Sets or removes what a path names; says in words why it cannot.
fn put_at(json: &mut Json, path: &str, value: Option<Json>) -> Result<(), String> {
    let mut steps: Vec<&str> = path.split('.').collect();
    if steps.iter().any(|step| step.is_empty()) {
        return Err("has an empty step".into());
    }
    let last = steps.pop().unwrap_or_default();
    let mut place = json;
    for step in steps {
        let is_there = match &*place {
            Json::Object(entries) => entries.contains_key(step),
            other => other.is_array(),
        };
        if value.is_none() && !is_there {
            return Ok(());
        }
        place = step_into(place, step)?;
    }
    match (place, value) {
        (Json::Object(entries), Some(value)) => drop(entries.insert(last.to_owned(), value)),
        (Json::Object(entries), None) => entries.retain(|key, _| key != last),
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
        Json::Object(entries) => Ok(entries.entry(step).or_insert_with(|| Json::Object(serde_json::Map::new()))),
        Json::Array(items) => {
            let at = position(step, items.len())?;
            if at == items.len() {
                items.push(Json::Object(serde_json::Map::new()));
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
    use serde_json::json;

    fn after(path: &str, value: Option<i64>) -> Result<Json, String> {
        let mut json = json!({ "A": { "B": [{ "C": 1 }, { "C": 2 }] }, "D": "text" });
        put_at(&mut json, path, value.map(Json::from))?;
        Ok(json)
    }

    #[test]
    fn paths_set_append_and_remove() {
        assert_eq!(after("A.B.1.C", Some(3)).unwrap()["A"]["B"][1]["C"], 3);
        assert_eq!(after("A.B.2.C", Some(3)).unwrap()["A"]["B"][2]["C"], 3);
        assert_eq!(after("X.Y", Some(3)).unwrap()["X"]["Y"], 3);
        assert_eq!(after("A.B.0", None).unwrap()["A"]["B"].as_array().unwrap().len(), 1);
        assert_eq!(after("A.B.2", None).unwrap()["A"]["B"].as_array().unwrap().len(), 2);
        assert_eq!(after("Not.There", None).unwrap(), after("", None).unwrap_or_else(|_| after("Z", None).unwrap()));
    }

    #[test]
    fn impossible_paths_say_why() {
        assert!(after("D.E", Some(1)).unwrap_err().contains("no parts"));
        assert!(after("A.B.x", Some(1)).unwrap_err().contains("position"));
        assert!(after("A.B.7", Some(1)).unwrap_err().contains("entry 7"));
        assert!(after("A..B", Some(1)).unwrap_err().contains("empty"));
    }
}
