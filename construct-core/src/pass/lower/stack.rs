//! One stack: its parts, and the text of its template.
//!
//! Codes: `template::malformed-id`, `template::duplicate-id`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::vec::Drain;

use super::apply::Applied;
use super::cycles::resource_cycles;
use super::place::{Placed, place};
use super::resolve::{ENTRY, Exports, Lately, Resolver};
use crate::construct::Plan;
use crate::diagnostic::{Caller, Diagnostic, Diagnostics};
use crate::fact::{ReadMarks, Tag};
use crate::handle::NodeId;
use crate::resource::{Claim, Part, Resources};
use crate::stack::StackProps;
use crate::value::Expr;
use crate::written::{Object, Shape, Sink, Text, Values};

/// One stack as it will be deployed.
#[derive(Debug)]
pub(crate) struct LoweredStack {
    pub(crate) node: NodeId,
    pub(crate) path: String,
    pub(crate) location: Caller,
    pub(crate) name: String,
    pub(crate) props: StackProps,
    pub(crate) tags: BTreeMap<String, String>,
    /// The template without its outputs and its end.
    pub(crate) template: String,
    pub(super) n_resources: usize,
    /// By their ids, each a text; not yet a section: other stacks may ask for more.
    pub(crate) outputs: Vec<(String, String)>,
    /// Stacks that must be deployed before, each with the reason to show when they form a cycle.
    pub(crate) needs: BTreeMap<NodeId, String>,
}

/// A section of a template, at its level.
#[derive(Default)]
pub(crate) struct Section {
    text: Option<Text>,
}

/// The level of a section, as the template has one above it.
const SECTION: usize = ENTRY - 1;

impl Section {
    /// A section of texts by their ids.
    pub(crate) fn of(entries: &[(String, String)]) -> Self {
        let mut section = Self::default();
        entries.iter().for_each(|(id, entry)| section.entry(id).raw(entry));
        section
    }

    /// The place for an entry.
    fn entry(&mut self, id: &str) -> &mut Text {
        let text = self.text.get_or_insert_with(|| {
            let mut text = Text::with_room(SECTION);
            text.begin(Shape::Map);
            text
        });
        text.key(id);
        text
    }

    /// Its text; empty if it has no entries.
    pub(crate) fn finish(self) -> String {
        let text = self.text.map(|mut text| {
            text.end(Shape::Map);
            text.into_string()
        });
        text.unwrap_or_default()
    }
}

/// A stack, and what lowering it left for the others.
pub(super) struct Done {
    pub(super) stack: LoweredStack,
    pub(super) exports: Exports,
    /// What lacks a name, with the finding for each that refers to it.
    pub(super) unnamed: Vec<(NodeId, Diagnostic)>,
    /// The type of each node's first resource.
    pub(super) kinds: Vec<(NodeId, Cow<'static, str>)>,
    pub(super) claims: Vec<(NodeId, Cow<'static, str>, Claim)>,
    pub(super) findings: Diagnostics,
}

/// What a stack is written on. It serves one after the other, so that texts have their room already.
#[derive(Debug, Default)]
pub(super) struct Desk {
    parts: Resources,
    paper: Paper,
    lately: Lately,
}

/// What resources are written on.
#[derive(Debug, Default)]
struct Paper {
    resources: Text,
    values: Values,
}

pub(super) fn lower_stack(
    plan: &Plan,
    marks: &ReadMarks,
    Desk { parts, paper, lately }: &mut Desk,
    stack: NodeId,
    nodes: &[NodeId],
) -> Done {
    let findings = RefCell::new(Diagnostics::new());
    let mut placed = Vec::with_capacity(nodes.len());
    for &node in nodes {
        place(plan, marks, &findings, node, parts, &mut placed);
    }
    ids_are_unique(plan, &placed, &findings);
    let mut kinds: Vec<(NodeId, Cow<'static, str>)> = Vec::new();
    let mut claims = Vec::new();
    for (Placed { node, .. }, part) in placed.iter().zip(&mut parts.parts) {
        let Part::Resource(resource) = part else { continue };
        if kinds.last().is_none_or(|(last, _)| last != node) {
            kinds.push((*node, resource.kind.clone()));
        }
        claims.extend(resource.claim.take().map(|claim| (*node, resource.kind.clone(), claim)));
    }
    let applied = Applied::new(plan, marks, stack, &placed);
    let mut resolver = Resolver::new(plan, marks, &findings, stack, &placed, lately);
    let mut stack = open_stack(plan, marks, stack);
    write_stack(&mut stack, &placed, parts.parts.drain(..), paper, &applied, &mut resolver);
    let left = resolver.finish();
    stack.needs = left.needs;
    let mut findings = findings.into_inner();
    resource_cycles(plan, &placed, left.references, &mut findings);
    Done { stack, exports: left.exports, unnamed: left.unnamed, kinds, claims, findings }
}

fn open_stack(plan: &Plan, marks: &ReadMarks, node: NodeId) -> LoweredStack {
    let mut tags = BTreeMap::new();
    for found in plan.tree.reaching::<Tag>(node) {
        marks.mark(&found);
        tags.entry(found.fact.key.clone()).or_insert_with(|| found.fact.value.clone());
    }
    let props = plan.tree.stack_props(node).expect("what other nodes name as their stack is a stack");
    LoweredStack {
        node,
        path: plan.tree.path(node).to_owned(),
        location: plan.tree.node(node).location,
        name: plan.tree.stack_name(node).to_owned(),
        props: props.clone(),
        tags,
        template: String::new(),
        n_resources: 0,
        outputs: Vec::new(),
        needs: BTreeMap::new(),
    }
}

/// Writes the parts of a stack. An id that stands twice is reported already.
fn write_stack(
    stack: &mut LoweredStack,
    placed: &[Placed],
    parts: Drain<'_, Part>,
    paper: &mut Paper,
    applied: &Applied<'_>,
    resolver: &mut Resolver<'_>,
) {
    let (mut parameters, mut conditions) = (Section::default(), Section::default());
    let Paper { resources, values } = paper;
    resources.begin_anew(SECTION, Shape::Map);
    for (place, part) in parts.enumerate() {
        let Placed { node, id, .. } = &placed[place];
        resolver.enter(place);
        match part {
            Part::Parameter { properties, .. } => resolver.object(properties.entries(), parameters.entry(id)),
            Part::Condition(expression) => resolver.json(&expression, conditions.entry(id)),
            Part::Output { value, description, export, condition, .. } => {
                let text = output(&value, description.as_deref(), export.as_ref(), condition, resolver);
                stack.outputs.push((id.clone(), text));
            }
            Part::Resource(resource) => {
                resources.key(id);
                applied.resource(*node, resource, resolver, Object::begin(resources, values));
            }
        }
    }
    resources.end(Shape::Map);
    stack.n_resources = placed.iter().filter(|part| part.is_resource).count();
    if placed.iter().any(|part| !part.is_output) {
        stack.template = sections([
            ("Description", description(stack.props.description.as_deref()).as_str()),
            ("Parameters", &parameters.finish()),
            ("Conditions", &conditions.finish()),
            ("Resources", if stack.n_resources > 0 { resources.as_str() } else { "" }),
        ]);
    }
}

/// The text of an output.
fn output(
    value: &Expr,
    description: Option<&str>,
    export: Option<&Expr>,
    condition: Option<NodeId>,
    resolver: &mut Resolver<'_>,
) -> String {
    let mut text = Text::at(ENTRY);
    text.begin(Shape::Map);
    if let Some(description) = description {
        text.key("Description");
        text.text(description);
    }
    if let Some(id) = condition.and_then(|condition| resolver.condition(condition)) {
        text.key("Condition");
        text.text(id);
    }
    text.key("Value");
    resolver.json(value, &mut text);
    if let Some(export) = export {
        text.key("Export");
        text.begin(Shape::Map);
        text.key("Name");
        resolver.json(export, &mut text);
        text.end(Shape::Map);
    }
    text.end(Shape::Map);
    text.finish()
}

/// The text of a description; empty if there is none.
fn description(told: Option<&str>) -> Text {
    let mut description = Text::with_capacity(SECTION, told.map_or(0, |told| told.len() + "\"\"".len()));
    if let Some(told) = told {
        description.text(told);
    }
    description
}

/// The sections that are there, as a template begins, with room for its end and no more: a text that must grow for that is
/// copied, and leaves a hole.
fn sections(sections: [(&str, &str); 4]) -> String {
    let there = || sections.iter().filter(|(_, text)| !text.is_empty());
    let length: usize = there().map(|(name, text)| ",\n \"\": ".len() + name.len() + text.len()).sum();
    let mut template = String::with_capacity(length + "\n}\n".len());
    for (name, text) in there() {
        template.push_str(if template.is_empty() { "{\n \"" } else { ",\n \"" });
        template.push_str(name);
        template.push_str("\": ");
        template.push_str(text);
    }
    template
}

fn ids_are_unique(plan: &Plan, placed: &[Placed], findings: &RefCell<Diagnostics>) {
    let mut seen: BTreeMap<(bool, &str), NodeId> = BTreeMap::new();
    for part in placed {
        let node = plan.tree.node(part.node);
        let report = |diagnostic: Diagnostic| {
            findings.borrow_mut().push(diagnostic.on(plan.tree.path(part.node)).at(node.location));
        };
        let sound = (1..=255).contains(&part.id.len()) && part.id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !sound {
            let message = format!("`{}` is no logical id", part.id.escape_debug());
            report(Diagnostic::error("template::malformed-id", message).help("use 1 to 255 letters and digits"));
        }
        // Parameters and resources share one space of names, outputs have one of their own.
        if let Some(first) = seen.insert((part.is_output, &part.id), part.node) {
            let (path, location) = (plan.tree.path(first), plan.tree.node(first).location);
            report(
                Diagnostic::error(
                    "template::duplicate-id",
                    format!("two parts of the template have the logical id `{}`", part.id),
                )
                .note(format!("the other one is `{path}`"), Some(location))
                .help("give one of them another logical id"),
            );
        }
    }
}
