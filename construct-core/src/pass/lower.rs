//! Turns a plan into templates: asks every node for its resources, applies the facts that reach them, and writes every
//! expression as JSON with CloudFormation's functions.
//!
//! Codes: `fact::unread`, `stack::empty`, `resource::duplicate-name`, `template::malformed-id`, `template::duplicate-id`, and those of [`apply`] and [`resolve`].

mod apply;
mod resolve;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::construct::{LowerCx, Plan};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::fact::{Fact, Reach, ReadMarks, Tag};
use crate::handle::NodeId;
use crate::logical_id::logical_id;
use crate::resource::{Claims, Part, Resources};
use crate::stack::StackProps;
use apply::Applied;
use resolve::Resolver;

/// Templates with literal names, not yet in an order.
#[derive(Debug)]
pub struct Lowered {
    pub(crate) stacks: Vec<LoweredStack>,
    pub(crate) tree: TreeView,
    findings: Diagnostics,
}

impl Lowered {
    /// What lowering found.
    #[must_use]
    pub fn findings(&self) -> &Diagnostics {
        &self.findings
    }
}

/// One stack as it will be deployed.
#[derive(Debug)]
pub(crate) struct LoweredStack {
    pub(crate) node: NodeId,
    pub(crate) path: String,
    pub(crate) location: crate::diagnostic::Caller,
    pub(crate) name: String,
    pub(crate) props: StackProps,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) parameters: Map<String, Json>,
    pub(crate) conditions: Map<String, Json>,
    pub(crate) resources: Map<String, Json>,
    pub(crate) outputs: Map<String, Json>,
    /// Stacks that must be deployed before, each with the reason to show when they form a cycle.
    pub(crate) needs: BTreeMap<NodeId, String>,
    /// The line that placed each resource, by logical id.
    pub(crate) lines: BTreeMap<String, crate::diagnostic::Caller>,
    /// References between resources of this stack, by logical id.
    pub(crate) references: BTreeSet<(String, String)>,
}

/// The nodes for `tree.json`: path, and the CloudFormation type where there is one.
#[derive(Debug)]
pub(crate) struct TreeView {
    pub(crate) nodes: Vec<(Option<usize>, String, Option<String>)>,
}

/// A part of a template with the id it will have.
struct Placed {
    node: NodeId,
    stack: NodeId,
    id: String,
    part: Part,
}

/// Lowers a plan.
#[must_use]
pub fn lower(plan: &Plan) -> Lowered {
    let marks = plan.tree.facts.marks();
    let findings = RefCell::new(Diagnostics::new());
    let placed = place_parts(plan, &marks, &findings);
    let mut stacks = open_stacks(plan, &marks);
    let mut applied = Applied::new(plan, &marks, &placed);
    let mut resolver = Resolver::new(plan, &placed, &findings);
    for part in &placed {
        let stack = stacks.get_mut(&part.stack).expect("every part stands in a stack of the plan");
        stack.lines.insert(part.id.clone(), plan.tree.node(part.node).location);
        write_part(part, stack, &mut resolver, &mut applied);
    }
    for (stack, export) in resolver.exports() {
        if let Some(stack) = stacks.get_mut(&stack) {
            stack.outputs.insert(export.output_id, export.json);
        }
    }
    report_unread(plan, &marks, &findings);
    names_are_claimed_once(plan, &placed, &findings);
    ids_are_unique(plan, &placed, &findings);
    // A stack that holds nothing (only imports, say) is no stack for CloudFormation.
    for stack in stacks.values().filter(|stack| stack.resources.is_empty()) {
        if !(stack.outputs.is_empty() && stack.parameters.is_empty() && stack.conditions.is_empty()) {
            let message = format!("the stack `{}` has no resources, so CloudFormation would refuse it", stack.name);
            let diagnostic = Diagnostic::warning("stack::empty", message).on(stack.path.clone()).at(stack.location);
            findings.borrow_mut().push(diagnostic.help("add a resource; the stack is left out until then"));
        }
    }
    let stacks: Vec<LoweredStack> = stacks.into_values().filter(|stack| !stack.resources.is_empty()).collect();
    Lowered { stacks, tree: tree_view(plan, &placed), findings: findings.into_inner() }
}

fn place_parts(plan: &Plan, marks: &ReadMarks, findings: &RefCell<Diagnostics>) -> Vec<Placed> {
    let mut placed = Vec::new();
    for (index, lower) in plan.lowers.iter().enumerate() {
        let node = plan.tree.arena.id(index);
        let Some(stack) = plan.tree.node(node).stack else { continue };
        let mut out = Resources::default();
        lower.lower(&LowerCx { plan, node, marks, findings }, &mut out);
        if out.parts.is_empty() {
            continue;
        }
        let mut path: Vec<&str> = plan
            .tree
            .arena
            .up(node)
            .take_while(|&above| above != stack)
            .map(|above| &*plan.tree.node(above).name)
            .collect();
        path.reverse();
        for part in out.parts {
            let (given, suffix) = part.id_and_suffix();
            let id = given.map_or_else(|| logical_id(path.iter().copied().chain(suffix)), str::to_owned);
            placed.push(Placed { node, stack, id, part });
        }
    }
    placed
}

fn open_stacks(plan: &Plan, marks: &ReadMarks) -> BTreeMap<NodeId, LoweredStack> {
    let nodes = (0..plan.tree.arena.len()).map(|index| plan.tree.arena.id(index));
    let with_props = nodes.filter_map(|node| Some((node, plan.tree.stack_props(node)?)));
    with_props
        .map(|(node, props)| {
            let mut tags = BTreeMap::new();
            for found in plan.tree.reaching::<Tag>(node) {
                marks.mark(&found);
                tags.entry(found.fact.key.clone()).or_insert_with(|| found.fact.value.clone());
            }
            let stack = LoweredStack {
                node,
                path: plan.tree.node(node).path.clone(),
                location: plan.tree.node(node).location,
                name: plan.tree.stack_name(node).to_owned(),
                props: props.clone(),
                tags,
                parameters: Map::new(),
                conditions: Map::new(),
                resources: Map::new(),
                outputs: Map::new(),
                needs: BTreeMap::new(),
                lines: BTreeMap::new(),
                references: BTreeSet::new(),
            };
            (node, stack)
        })
        .collect()
}

fn write_part(part: &Placed, stack: &mut LoweredStack, resolver: &mut Resolver<'_>, applied: &mut Applied<'_>) {
    resolver.enter(part.node, part.stack, &part.id);
    match &part.part {
        Part::Parameter { properties, .. } => {
            let json = resolver.json(&properties.clone().into());
            stack.parameters.insert(part.id.clone(), json);
        }
        Part::Condition(expression) => {
            let json = resolver.json(expression);
            stack.conditions.insert(part.id.clone(), json);
        }
        Part::Output { value, description, export, condition, .. } => {
            let mut json = Map::new();
            if let Some(description) = description {
                json.insert("Description".into(), description.clone().into());
            }
            if let Some(id) = condition.and_then(|condition| resolver.condition(condition)) {
                json.insert("Condition".into(), id.into());
            }
            json.insert("Value".into(), resolver.json(value));
            if let Some(export) = export {
                json.insert("Export".into(), json!({ "Name": resolver.json(export) }));
            }
            stack.outputs.insert(part.id.clone(), json.into());
        }
        Part::Resource(resource) => {
            let json = applied.resource(part, resource, resolver);
            stack.resources.insert(part.id.clone(), json);
        }
    }
    let left = resolver.leave();
    stack.references.extend(left.references.into_iter().map(|to| (part.id.clone(), to)));
    for (needed, why) in left.needs {
        stack.needs.entry(needed).or_insert(why);
    }
}

fn report_unread(plan: &Plan, marks: &ReadMarks, findings: &RefCell<Diagnostics>) {
    for unread in plan.tree.facts.unread(marks) {
        // Facts about constructs of other apps, or outside of every stack, are reported as such.
        let target = plan.tree.node(unread.target);
        let is_group_of_stacks = plan.tree.arena.root() == unread.target;
        if !plan.tree.arena.owns(unread.target) || target.stack.is_none() && !is_group_of_stacks {
            continue;
        }
        let path = plan.tree.node(unread.target).path.clone();
        let place = if path.is_empty() { "in the app".to_owned() } else { format!("at or below `{path}`") };
        let what = unread.summary.map(|summary| format!(" {summary}")).unwrap_or_default();
        let message = format!("nothing {place} takes the {}{what}", unread.name);
        let diagnostic = match unread.reach {
            Reach::Node => Diagnostic::error("fact::unread", message),
            // What is said about a whole subtree may be a house rule that happens to meet nothing today.
            Reach::Subtree => Diagnostic::warning("fact::unread", message),
        };
        let diagnostic = diagnostic.at(unread.location).on(path);
        findings.borrow_mut().push(diagnostic.help("attach it to the construct it is about, or remove it"));
    }
}

fn names_are_claimed_once(plan: &Plan, placed: &[Placed], findings: &RefCell<Diagnostics>) {
    let mut claims = Claims::default();
    for part in placed {
        let Part::Resource(resource) = &part.part else { continue };
        let (Some(claim), Some(env)) = (&resource.claim, plan.tree.node(part.stack).env) else { continue };
        if let Some(first) = claims.claim(&resource.kind, claim, env, part.node) {
            let diagnostic = plan.tree.claimed_twice(&resource.kind, claim, env, first);
            let node = plan.tree.node(part.node);
            findings.borrow_mut().push(diagnostic.on(node.path.clone()).at(node.location));
        }
    }
}

fn ids_are_unique(plan: &Plan, placed: &[Placed], findings: &RefCell<Diagnostics>) {
    let mut seen: BTreeMap<(NodeId, bool, &str), NodeId> = BTreeMap::new();
    for part in placed {
        let node = plan.tree.node(part.node);
        let report = |diagnostic: Diagnostic| {
            findings.borrow_mut().push(diagnostic.on(node.path.clone()).at(node.location));
        };
        let sound = (1..=255).contains(&part.id.len()) && part.id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !sound {
            let message = format!("`{}` is no logical id", part.id.escape_debug());
            report(Diagnostic::error("template::malformed-id", message).help("use 1 to 255 letters and digits"));
        }
        // Parameters and resources share one space of names, outputs have one of their own.
        let is_output = matches!(part.part, Part::Output { .. });
        if let Some(first) = seen.insert((part.stack, is_output, &part.id), part.node) {
            let first = plan.tree.node(first);
            report(
                Diagnostic::error(
                    "template::duplicate-id",
                    format!("two parts of the template have the logical id `{}`", part.id),
                )
                .note(format!("the other one is `{}`", first.path), Some(first.location))
                .help("give one of them another logical id"),
            );
        }
    }
}

fn tree_view(plan: &Plan, placed: &[Placed]) -> TreeView {
    let mut kinds: BTreeMap<NodeId, String> = BTreeMap::new();
    for part in placed {
        if let Part::Resource(resource) = &part.part {
            kinds.entry(part.node).or_insert_with(|| resource.kind.to_string());
        }
    }
    let nodes = (0..plan.tree.arena.len())
        .map(|index| {
            let id = plan.tree.arena.id(index);
            let node = plan.tree.node(id);
            (node.parent.map(NodeId::index), node.name.clone(), kinds.remove(&id))
        })
        .collect();
    TreeView { nodes }
}

/// Marks the facts of a kind that reach a node as read and returns them, nearest first.
fn read<'a, F: Fact>(plan: &'a Plan, marks: &ReadMarks, node: NodeId) -> Vec<&'a F> {
    let found = plan.tree.reaching::<F>(node);
    found.iter().for_each(|found| marks.mark(found));
    found.into_iter().map(|found| found.fact).collect()
}
