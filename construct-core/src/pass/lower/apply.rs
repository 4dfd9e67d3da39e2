//! One resource as JSON, with the facts that reach it.
//!
//! Codes: `override::no-such-place`, `tag::contradiction`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::place::Placed;
use super::read;
use super::resolve::Resolver;
use crate::construct::Plan;
use crate::diagnostic::Diagnostic;
use crate::fact::{DependsOn, Metadata, PropertyOverride, ReadMarks, RemovalPolicy, Tag};
use crate::handle::NodeId;
use crate::resource::{CfnResource, Part, Properties, Tagging};
use crate::value::Expr;
use crate::written::{Entries, Written, put};

/// Where the resources of one stack are written.
pub(super) struct Applied<'a> {
    plan: &'a Plan,
    marks: &'a ReadMarks,
    stack: NodeId,
    /// The resources of each node of the stack, for dependencies on whole subtrees.
    resources: BTreeMap<NodeId, Vec<String>>,
}

impl<'a> Applied<'a> {
    pub(super) fn new(plan: &'a Plan, marks: &'a ReadMarks, stack: NodeId, placed: &[Placed]) -> Self {
        let mut resources: BTreeMap<NodeId, Vec<String>> = BTreeMap::new();
        for part in placed.iter().filter(|part| matches!(part.part, Part::Resource(_))) {
            resources.entry(part.node).or_default().push(part.id.clone());
        }
        Self { plan, marks, stack, resources }
    }

    pub(super) fn resource(
        &self,
        node: NodeId,
        id: &str,
        mut resource: CfnResource,
        resolver: &mut Resolver<'_>,
    ) -> Written {
        let mut properties = std::mem::take(&mut resource.properties);
        self.add_tags(node, resource.tagging, &mut properties);
        let mut written = resolver.json(properties.into());
        self.override_properties(node, &resource, &mut written, resolver);
        let depends_on = self.depends_on(node, id, &resource, resolver);

        let mut json: Entries = Vec::with_capacity(6);
        json.push(("Type".into(), Written::Text(resource.kind)));
        if let Some(id) = resource.condition.and_then(|condition| resolver.condition(condition)) {
            json.push(("Condition".into(), id.into()));
        }
        if matches!(&written, Written::Map(properties) if !properties.is_empty()) {
            json.push(("Properties".into(), written));
        }
        if !depends_on.is_empty() {
            json.push(("DependsOn".into(), Written::List(depends_on.into_iter().map(Written::from).collect())));
        }
        for (key, value) in resource.attributes {
            put(&mut json, key, resolver.json(value));
        }
        let removal = read::<RemovalPolicy>(self.plan, self.marks, node).first().copied().copied();
        if let Some(removal) = removal.or(resource.removal) {
            put(&mut json, "DeletionPolicy", removal.deletion().into());
            put(&mut json, "UpdateReplacePolicy", removal.update_replace().into());
        }
        let mut metadata = Entries::new();
        for (key, value) in resource.metadata {
            put(&mut metadata, key, resolver.json(value));
        }
        for fact in read::<Metadata>(self.plan, self.marks, node) {
            put(&mut metadata, fact.key.clone(), resolver.json(fact.value.clone()));
        }
        put(&mut metadata, "aws:cdk:path", self.plan.tree.node(node).path.clone().into());
        put(&mut json, "Metadata", Written::Map(metadata));
        Written::Map(json)
    }

    fn add_tags(&self, node: NodeId, tagging: Tagging, properties: &mut Properties) {
        if tagging == Tagging::None {
            return;
        }
        let mut tags: BTreeMap<&str, &str> = BTreeMap::new();
        for tag in read::<Tag>(self.plan, self.marks, node) {
            tags.entry(&tag.key).or_insert(&tag.value);
        }
        // A tag that the resource has of its own is nearer than any that reaches it.
        let own = properties.get("Tags");
        tags.retain(|key, _| match own {
            Some(Expr::Map(entries)) => !entries.iter().any(|(own, _)| own == key),
            Some(Expr::List(entries)) => !entries.iter().any(|entry| tag_key(entry) == Some(key)),
            _ => true,
        });
        if tags.is_empty() {
            return;
        }
        let text = |text: &str| Expr::from(text.to_owned());
        let pair = |(key, value): (&str, &str)| Expr::map([("Key", text(key)), ("Value", text(value))]);
        let merged = match (tagging, own.cloned()) {
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
        properties.put("Tags", merged);
    }

    /// Applies overrides from the outermost scope inwards, so that the nearest one has the last word.
    fn override_properties(
        &self,
        node: NodeId,
        resource: &CfnResource,
        written: &mut Written,
        resolver: &mut Resolver<'_>,
    ) {
        for found in self.plan.tree.reaching::<PropertyOverride>(node).into_iter().rev() {
            let PropertyOverride { path, value, only } = found.fact;
            if only.as_ref().is_some_and(|only| *only != resource.kind) {
                continue;
            }
            self.marks.mark(&found);
            let value = value.as_ref().map(|value| resolver.json(value.clone()));
            if let Err(problem) = put_at(written, path, value) {
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
    fn depends_on(
        &self,
        here: NodeId,
        own_id: &str,
        resource: &CfnResource,
        resolver: &mut Resolver<'_>,
    ) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        let facts = read::<DependsOn>(self.plan, self.marks, here);
        let firsts = resource.depends_on.iter().copied().chain(facts.iter().map(|fact| fact.0));
        for first in firsts {
            if !self.plan.tree.arena.owns(first) {
                resolver.foreign_handle("a resource depends on a construct of another app");
                continue;
            }
            let why = || {
                let path = |node: NodeId| &self.plan.tree.node(node).path;
                format!("`{}` depends on `{}`", path(here), path(first))
            };
            let mut queue = vec![first];
            while let Some(node) = queue.pop() {
                queue.extend(&self.plan.tree.node(node).children);
                let Some(stack) = self.plan.tree.node(node).stack else { continue };
                if stack != self.stack {
                    let is_stack = node == stack;
                    if !resolver.needs(stack) && (is_stack || resolver.has_resource_elsewhere(node)) {
                        resolver.need(stack, why);
                    }
                    continue;
                }
                for id in self.resources.get(&node).into_iter().flatten().filter(|id| *id != own_id) {
                    if resolver.refer(id) {
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
fn put_at(json: &mut Written, path: &str, value: Option<Written>) -> Result<(), String> {
    let mut steps: Vec<&str> = path.split('.').collect();
    if steps.iter().any(|step| step.is_empty()) {
        return Err("has an empty step".into());
    }
    let last = steps.pop().unwrap_or_default();
    let mut place = json;
    for step in steps {
        let is_there = match &*place {
            Written::Map(entries) => entries.iter().any(|(key, _)| key == step),
            other => matches!(other, Written::List(_)),
        };
        if value.is_none() && !is_there {
            return Ok(());
        }
        place = step_into(place, step)?;
    }
    match (place, value) {
        (Written::Map(entries), Some(value)) => put(entries, last.to_owned(), value),
        (Written::Map(entries), None) => entries.retain(|(key, _)| key != last),
        (Written::List(items), value) => {
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
        (other, _) => return Err(format!("goes through `{}`, which has no parts", other.compact())),
    }
    Ok(())
}

fn step_into<'a>(place: &'a mut Written, step: &str) -> Result<&'a mut Written, String> {
    match place {
        Written::Map(entries) => {
            let there = entries.iter().position(|(key, _)| key == step);
            let at = there.unwrap_or_else(|| {
                entries.push((Cow::Owned(step.to_owned()), Written::Map(Entries::new())));
                entries.len() - 1
            });
            Ok(&mut entries[at].1)
        }
        Written::List(items) => {
            let at = position(step, items.len())?;
            if at == items.len() {
                items.push(Written::Map(Entries::new()));
            }
            Ok(&mut items[at])
        }
        other => Err(format!("goes through `{}`, which has no parts", other.compact())),
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
    use serde_json::Value as Json;

    fn after(path: &str, value: Option<Written>) -> Result<Json, String> {
        let c = |n| Written::call("C", Written::Int(n));
        let a = Written::call("B", Written::List(vec![c(1), c(2)]));
        let mut json = Written::Map(vec![("A".into(), a), ("D".into(), "text".into())]);
        put_at(&mut json, path, value)?;
        serde_json::from_str(&json.compact()).map_err(|error| error.to_string())
    }

    #[test]
    fn paths_set_append_and_remove() {
        assert_eq!(after("A.B.1.C", Some(Written::Int(3))).unwrap()["A"]["B"][1]["C"], 3);
        assert_eq!(after("A.B.2.C", Some(Written::Int(3))).unwrap()["A"]["B"][2]["C"], 3);
        assert_eq!(after("X.Y", Some(Written::Int(3))).unwrap()["X"]["Y"], 3);
        assert_eq!(after("A.B.0", None).unwrap()["A"]["B"].as_array().unwrap().len(), 1);
        assert_eq!(after("Not.There", None).unwrap(), after("", None).unwrap_or_else(|_| after("Z", None).unwrap()));
    }

    #[test]
    fn impossible_paths_say_why() {
        assert!(after("D.E", Some(Written::Int(1))).unwrap_err().contains("no parts"));
        assert!(after("A.B.x", Some(Written::Int(1))).unwrap_err().contains("position"));
        assert!(after("A.B.7", Some(Written::Int(1))).unwrap_err().contains("entry 7"));
        assert!(after("A..B", Some(Written::Int(1))).unwrap_err().contains("empty"));
    }
}
