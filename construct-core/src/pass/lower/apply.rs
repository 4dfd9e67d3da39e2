//! One resource as JSON, with the facts that reach it.
//!
//! Codes: `override::no-such-place`, `tag::contradiction`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::place::{Placed, places_of};
use super::resolve::Resolver;
use super::{DEPENDS_ON, read};
use crate::construct::Plan;
use crate::diagnostic::Diagnostic;
use crate::fact::{DependsOn, Found, Metadata, PropertyOverride, ReadMarks, RemovalPolicy, Tag};
use crate::handle::NodeId;
use crate::resource::{CfnResource, Properties, Tagging};
use crate::value::Expr;
use crate::written::{Object, Shape, Sink, Text};

/// The entries of an object.
type Entries = Vec<(Cow<'static, str>, Expr)>;

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
        let mut overrides = self.plan.tree.reaching::<PropertyOverride>(node);
        overrides.retain(|found| found.fact.only.as_ref().is_none_or(|only| *only == resource.kind));
        let overridden;
        let mut entries = resource.properties.entries();
        if !overrides.is_empty() {
            overridden = self.overridden(overrides, entries.to_vec(), resolver);
            entries = &overridden;
        }
        if !entries.is_empty() {
            out.put("Properties", |out| resolver.object(entries, out));
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

    /// The properties with overrides, from the outermost scope inwards, so that the nearest one has the last word. They are
    /// applied before anything is resolved: what is no longer there refers to nothing.
    fn overridden(
        &self,
        overrides: Vec<Found<'_, PropertyOverride>>,
        properties: Entries,
        resolver: &mut Resolver<'_>,
    ) -> Entries {
        let mut properties = Expr::Map(properties).spelled_out();
        for found in overrides.into_iter().rev() {
            self.marks.mark(&found);
            let PropertyOverride { path, value, .. } = found.fact;
            if let Err(problem) = put_at(&mut properties, path, value.clone().map(Expr::spelled_out)) {
                resolver.report(
                    Diagnostic::error("override::no-such-place", format!("the override of `{path}` {problem}"))
                        .at(found.location)
                        .help("name properties by their CloudFormation names and list entries by their position from 0, joined by dots"),
                );
            }
        }
        // A path may lead as deep as it likes.
        match properties {
            Expr::Map(entries) => entries.into_iter().map(|(key, value)| (key, value.bounded())).collect(),
            _ => Entries::new(),
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
fn put_at(whole: &mut Expr, path: &str, value: Option<Expr>) -> Result<(), String> {
    let mut steps: Vec<&str> = path.split('.').collect();
    if steps.iter().any(|step| step.is_empty()) {
        return Err("has an empty step".into());
    }
    let last = steps.pop().unwrap_or_default();
    let mut place = whole;
    for step in steps {
        open(place);
        let is_there = match &*place {
            Expr::Map(entries) => entries.iter().any(|(key, _)| key == step),
            other => matches!(other, Expr::List(_)),
        };
        if value.is_none() && !is_there {
            return Ok(());
        }
        place = step_into(place, step)?;
    }
    open(place);
    match (place, value) {
        (Expr::Map(entries), None) => entries.retain(|(key, _)| key != last),
        (Expr::List(items), None) => {
            let at = position(last, items.len())?;
            if at < items.len() {
                items.remove(at);
            }
        }
        (place, None) => return Err(no_parts(place)),
        (place, Some(value)) => *step_into(place, last)? = value,
    }
    Ok(())
}

/// Makes a list or an object of what is written as one.
fn open(place: &mut Expr) {
    *place = match std::mem::replace(place, Expr::Null) {
        Expr::Call(function, argument) => Expr::Map(vec![(function, *argument)]),
        Expr::ByName(mut inner) => {
            open(&mut inner);
            match *inner {
                Expr::List(items) => Expr::List(items.into_iter().map(Expr::by_name).collect()),
                Expr::Map(entries) => {
                    Expr::Map(entries.into_iter().map(|(key, value)| (key, value.by_name())).collect())
                }
                other => other.by_name(),
            }
        }
        other => other,
    };
}

/// The part of an opened place; what is not there yet is made an object.
fn step_into<'a>(place: &'a mut Expr, step: &str) -> Result<&'a mut Expr, String> {
    const NEW: Expr = Expr::Map(Vec::new());
    match place {
        Expr::Map(entries) => {
            // Of values of one key the last counts.
            let at = entries.iter().rposition(|(key, _)| key == step).unwrap_or_else(|| {
                entries.push((step.to_owned().into(), NEW));
                entries.len() - 1
            });
            Ok(&mut entries[at].1)
        }
        Expr::List(items) => {
            let at = position(step, items.len())?;
            if at == items.len() {
                items.push(NEW);
            }
            Ok(&mut items[at])
        }
        other => Err(no_parts(other)),
    }
}

fn no_parts(place: &Expr) -> String {
    let what = match place {
        Expr::Str(text) => format!("`{}`", text.escape_debug()),
        Expr::Bool(flag) => format!("`{flag}`"),
        Expr::Int(int) => format!("`{int}`"),
        Expr::Real(real) => format!("`{}`", real.0),
        Expr::Null => "`null`".to_owned(),
        _ => "what is known only when the stack is deployed".to_owned(),
    };
    format!("goes through {what}, which has no parts")
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
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::{App, Env, Pseudo, RawResource};

    const ENV: Env = Env::new("111111111111", "us-east-1");

    fn after(path: &str, value: Option<i64>) -> Result<Expr, String> {
        let mut whole: Expr = json!({ "A": { "B": [{ "C": 1 }, { "C": 2 }] }, "D": "text" }).into();
        put_at(&mut whole, path, value.map(Expr::from))?;
        Ok(whole)
    }

    #[test]
    fn paths_set_append_and_remove() {
        let set = |path, json: Json| assert_eq!(after(path, Some(3)), Ok(json.into()), "{path}");
        set("A.B.1.C", json!({ "A": { "B": [{ "C": 1 }, { "C": 3 }] }, "D": "text" }));
        set("A.B.2.C", json!({ "A": { "B": [{ "C": 1 }, { "C": 2 }, { "C": 3 }] }, "D": "text" }));
        set("A.B.2", json!({ "A": { "B": [{ "C": 1 }, { "C": 2 }, 3] }, "D": "text" }));
        set("X.Y", json!({ "A": { "B": [{ "C": 1 }, { "C": 2 }] }, "D": "text", "X": { "Y": 3 } }));
        let remove = |path, json: Json| assert_eq!(after(path, None), Ok(json.into()), "{path}");
        remove("A.B.0", json!({ "A": { "B": [{ "C": 2 }] }, "D": "text" }));
        remove("A", json!({ "D": "text" }));
        let whole = json!({ "A": { "B": [{ "C": 1 }, { "C": 2 }] }, "D": "text" });
        for path in ["A.B.2", "Not.There", "Z"] {
            remove(path, whole.clone());
        }
    }

    #[test]
    fn impossible_paths_say_why() {
        assert!(after("D.E", Some(1)).unwrap_err().contains("no parts"));
        assert!(after("D.E", None).unwrap_err().contains("`text`, which has no parts"));
        assert!(after("A.B.x", Some(1)).unwrap_err().contains("position"));
        assert!(after("A.B.7", Some(1)).unwrap_err().contains("entry 7"));
        assert!(after("A..B", Some(1)).unwrap_err().contains("empty"));
        let mut id = Expr::map([("Id", Pseudo::StackId)]);
        assert!(put_at(&mut id, "Id.Ref", Some(1.into())).unwrap_err().contains("when the stack is deployed"));
    }

    #[test]
    fn paths_go_through_functions_and_names() {
        let pair = || Expr::list([Expr::from(Pseudo::StackId), "b".into()]);
        let mut whole = Expr::map([("Call", Expr::call("Fn::Select", pair())), ("Names", pair().by_name())]);
        put_at(&mut whole, "Call.Fn::Select.1", Some("c".into())).expect("a place");
        put_at(&mut whole, "Names.1", Some("c".into())).expect("a place");
        let expected = Expr::map([
            ("Call", Expr::map([("Fn::Select", Expr::list([Expr::from(Pseudo::StackId), "c".into()]))])),
            ("Names", Expr::list([Expr::from(Pseudo::StackId).by_name(), "c".into()])),
        ]);
        assert_eq!(whole, expected);
    }

    #[test]
    fn a_path_that_leads_too_deep_is_told() {
        let mut app = App::new();
        let stack = app.stack("Stack", ENV);
        app.at(stack).add("Queue", RawResource::new("AWS::SQS::Queue"));
        app.attach(stack, PropertyOverride::set(vec!["A"; 100_000].join("."), 1));
        assert!(app.synth().expect_err("no template is so deep").to_string().contains("value::too-deep"));
    }

    #[test]
    fn what_an_override_takes_away_refers_to_nothing() {
        let mut app = App::new();
        let (data, stack) = (app.stack("Data", ENV), app.stack("Stack", ENV));
        let other = app.at(data).add("Other", RawResource::new("AWS::SQS::Queue"));
        let mut scope = app.at(stack);
        let one = scope.add("One", RawResource::new("AWS::SQS::Queue").logical_id("One"));
        let two = RawResource::new("AWS::SQS::Queue").logical_id("Two").depends_on(one);
        let two = two.property("One", one.reference()).property("Other", other.reference());
        let two = scope.add("Two", two);
        let three = RawResource::new("AWS::SQS::Queue").logical_id("Three").property("Two", two.reference());
        let three = scope.add("Three", three);
        scope.attach(two, PropertyOverride::remove("One"));
        scope.attach(two, PropertyOverride::set("Other", "known"));
        // Without the override below, the two would refer to each other.
        scope.attach(two, PropertyOverride::set("Three", three.reference()));
        scope.attach(three, PropertyOverride::remove("Two"));
        let assembly = app.synth().expect("nothing is wrong");
        let [data, stack] =
            ["Data", "Stack"].map(|id| assembly.stacks().iter().find(|stack| stack.id == id).expect("it"));
        assert!(stack.dependencies.is_empty(), "{:?}", stack.dependencies);
        assert_eq!(data.template_json().expect("JSON").get("Outputs"), None);
        let two = &stack.template_json().expect("JSON")["Resources"]["Two"];
        assert_eq!(two["DependsOn"], json!(["One"]));
        assert_eq!(two["Properties"], json!({ "Other": "known", "Three": { "Ref": "Three" } }));
    }
}
