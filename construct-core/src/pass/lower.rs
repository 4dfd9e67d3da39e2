//! Turns a plan into templates: asks every node for its resources, applies the facts that reach them, and writes every
//! expression as JSON with CloudFormation's functions.
//!
//! Stacks are lowered one by one and in parallel, and each is text as soon as it is complete: a large app is never in memory
//! as expressions and as text at once. They come in a few rounds, after each of which the plan forgets what only the stacks of
//! the round needed: no more is it in memory as a plan and as text.
//!
//! Codes: `fact::unread`, `stack::empty`, `resource::duplicate-name`, `template::malformed-id`, `template::duplicate-id`,
//! and those of [`apply`], [`cycles`] and [`resolve`].

mod apply;
mod cycles;
mod place;
mod resolve;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::assembly::ConstructTree;
use crate::construct::Plan;
use crate::diagnostic::{Caller, Diagnostic, Diagnostics};
use crate::fact::{Fact, Reach, ReadMarks, Tag};
use crate::handle::NodeId;
use crate::parallel;
use crate::resource::{Claim, Claims, Part};
use crate::stack::StackProps;
use crate::written::{Object, Shape, Sink, Text};
use apply::Applied;
use cycles::{References, resource_cycles};
use place::{Placed, place};
use resolve::{Elsewhere, Exports, Resolver};

/// Templates with literal names, not yet in an order.
#[derive(Debug)]
pub struct Lowered {
    pub(crate) stacks: Vec<LoweredStack>,
    pub(crate) tree: ConstructTree,
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
    pub(crate) location: Caller,
    pub(crate) name: String,
    pub(crate) props: StackProps,
    pub(crate) tags: BTreeMap<String, String>,
    /// The template without its outputs and its end.
    pub(crate) template: String,
    n_resources: usize,
    /// By their ids, each a text; not yet a section: other stacks may ask for more.
    pub(crate) outputs: Vec<(String, String)>,
    /// Stacks that must be deployed before, each with the reason to show when they form a cycle.
    pub(crate) needs: BTreeMap<NodeId, String>,
}

/// A section of a template, at its level.
#[derive(Default)]
pub(crate) struct Section {
    text: Option<Text>,
    n_entries: usize,
}

/// The level of a section, as the template has one above it.
const SECTION: usize = 1;

/// The level at which entries of a section begin.
const ENTRY: usize = SECTION + 1;

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
        self.n_entries += 1;
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
struct Done {
    stack: LoweredStack,
    ids: BTreeMap<NodeId, String>,
    exports: Exports,
    /// The type of each node's first resource.
    kinds: Vec<(NodeId, Cow<'static, str>)>,
    claims: Vec<(NodeId, Cow<'static, str>, Claim)>,
    findings: Diagnostics,
}

/// In how many rounds stacks are lowered. After each, every thread waits for the slowest.
const ROUNDS: usize = 12;

/// A round of fewer stacks is not worth it.
const FEW: usize = 64;

/// What is known of the stacks that are written.
#[derive(Debug)]
struct Written {
    /// The type of each node's first resource.
    kinds: Vec<Option<Cow<'static, str>>>,
    /// The logical id that a reference to a node means, of each stack.
    ids: BTreeMap<NodeId, BTreeMap<NodeId, String>>,
}

impl Written {
    /// What a construct of a written stack lowered to.
    fn elsewhere(&self, stack: NodeId, node: NodeId) -> Option<Elsewhere> {
        let id = self.ids.get(&stack)?.get(&node).cloned();
        Some(Elsewhere { id, has_resource: self.kinds[node.index()].is_some() })
    }
}

/// Lowers a plan, and gives back what findings and checks need of it.
#[must_use]
pub fn lower(mut plan: Plan) -> (Lowered, Plan) {
    let marks = plan.tree.facts.marks();
    let mut findings = Diagnostics::new();
    let mut stacks: BTreeMap<NodeId, LoweredStack> = BTreeMap::new();
    let mut exports = Exports::new();
    let mut written = Written { kinds: vec![None; plan.tree.arena.len()], ids: BTreeMap::new() };
    let mut claims = Claims::default();
    let waiting = nodes_by_stack(&plan);
    for round in waiting.chunks(waiting.len().div_ceil(ROUNDS).max(FEW)) {
        let done = parallel::map(round.iter().collect(), |(stack, nodes): &(NodeId, Vec<NodeId>)| {
            lower_stack(&plan, &marks, &written, *stack, nodes)
        });
        for done in done {
            findings.extend(done.findings);
            exports.extend(done.exports);
            done.kinds.into_iter().for_each(|(node, kind)| written.kinds[node.index()] = Some(kind));
            for (node, kind, claim) in done.claims {
                name_is_claimed_once(&plan, &mut claims, (node, &kind, &claim), &mut findings);
            }
            written.ids.insert(done.stack.node, done.ids);
            stacks.insert(done.stack.node, done.stack);
        }
        // By the thread that planned: threads that free together what one of them allocated wait for each other.
        round.iter().flat_map(|(_, nodes)| nodes).for_each(|node| plan.forget(*node, &marks));
    }
    for ((stack, ..), export) in exports {
        if let Some(stack) = stacks.get_mut(&stack) {
            match stack.outputs.iter_mut().find(|(id, _)| *id == export.output_id) {
                Some((_, output)) => *output = export.output,
                None => stack.outputs.push((export.output_id, export.output)),
            }
        }
    }
    report_unread(&plan, &marks, &mut findings);
    // A stack that holds nothing (only imports, say) is no stack for CloudFormation.
    let (empty, stacks): (Vec<_>, Vec<_>) = stacks.into_values().partition(|stack| stack.n_resources == 0);
    for stack in empty {
        if !stack.outputs.is_empty() || !stack.template.is_empty() {
            let message = format!("the stack `{}` has no resources, so CloudFormation would refuse it", stack.name);
            let diagnostic = Diagnostic::warning("stack::empty", message).on(stack.path).at(stack.location);
            findings.push(diagnostic.help("add a resource; the stack is left out until then"));
        }
    }
    let tree = construct_tree(&plan, written.kinds);
    (Lowered { stacks, tree, findings }, plan.for_checks())
}

/// The stacks in the order of the tree, each with the nodes that stand in it.
fn nodes_by_stack(plan: &Plan) -> Vec<(NodeId, Vec<NodeId>)> {
    let mut nodes: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    for node in (0..plan.tree.arena.len()).map(|index| plan.tree.arena.id(index)) {
        if let Some(stack) = plan.tree.node(node).stack {
            nodes.entry(stack).or_default().push(node);
        }
    }
    nodes.into_iter().collect()
}

fn lower_stack(plan: &Plan, marks: &ReadMarks, written: &Written, stack: NodeId, nodes: &[NodeId]) -> Done {
    let findings = RefCell::new(Diagnostics::new());
    let mut placed = Vec::new();
    for &node in nodes {
        place(plan, marks, &findings, node, &mut placed);
    }
    ids_are_unique(plan, &placed, &findings);
    let mut kinds: Vec<(NodeId, Cow<'static, str>)> = Vec::new();
    let mut claims = Vec::new();
    for part in &mut placed {
        let Part::Resource(resource) = &mut part.part else { continue };
        if kinds.last().is_none_or(|(node, _)| *node != part.node) {
            kinds.push((part.node, resource.kind.clone()));
        }
        claims.extend(resource.claim.take().map(|claim| (part.node, resource.kind.clone(), claim)));
    }
    let applied = Applied::new(plan, marks, stack, &placed);
    let mut resolver = Resolver::new(plan, marks, written, &findings, stack, &placed);
    let mut stack = open_stack(plan, marks, stack);
    let references = write_stack(&mut stack, placed, &applied, &mut resolver);
    let (ids, exports) = resolver.finish();
    let mut findings = findings.into_inner();
    resource_cycles(plan, &references, &mut findings);
    Done { stack, ids, exports, kinds, claims, findings }
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
    placed: Vec<Placed>,
    applied: &Applied<'_>,
    resolver: &mut Resolver<'_>,
) -> References {
    let (mut parameters, mut conditions, mut resources) = (Section::default(), Section::default(), Section::default());
    let mut object = Object::at(ENTRY);
    let mut references = References::new();
    for Placed { node, id, part } in placed {
        resolver.enter(node, &id);
        match part {
            Part::Parameter { properties, .. } => resolver.object(properties.entries(), parameters.entry(&id)),
            Part::Condition(expression) => resolver.json(&expression, conditions.entry(&id)),
            Part::Output { value, description, export, condition, .. } => {
                let mut text = Text::at(ENTRY);
                text.begin(Shape::Map);
                if let Some(description) = description {
                    text.key("Description");
                    text.text(&description);
                }
                if let Some(id) = condition.and_then(|condition| resolver.condition(condition)) {
                    text.key("Condition");
                    text.text(&id);
                }
                text.key("Value");
                resolver.json(&value, &mut text);
                if let Some(export) = export {
                    text.key("Export");
                    text.begin(Shape::Map);
                    text.key("Name");
                    resolver.json(&export, &mut text);
                    text.end(Shape::Map);
                }
                text.end(Shape::Map);
                stack.outputs.push((id.clone(), text.finish()));
            }
            Part::Resource(resource) => {
                applied.resource(node, &id, resource, resolver, &mut object);
                object.pour(resources.entry(&id));
            }
        }
        let left = resolver.leave();
        for (needed, why) in left.needs {
            stack.needs.entry(needed).or_insert(why);
        }
        references.insert(id, (node, left.references));
    }
    stack.n_resources = resources.n_entries;
    if parameters.n_entries + conditions.n_entries + resources.n_entries > 0 {
        let description = stack.props.description.as_deref().map(|text| serde_json::Value::from(text).to_string());
        stack.template = sections([
            ("Description", description.unwrap_or_default()),
            ("Parameters", parameters.finish()),
            ("Conditions", conditions.finish()),
            ("Resources", resources.finish()),
        ]);
    }
    references
}

/// The sections that are there, as a template begins. Put together here, where what they are made of is given back for the
/// next stack.
fn sections(sections: [(&str, String); 4]) -> String {
    let length: usize = sections.iter().map(|(name, text)| name.len() + text.len() + 8).sum();
    let mut template = String::with_capacity(length);
    for (name, text) in sections.iter().filter(|(_, text)| !text.is_empty()) {
        template.push_str(if template.is_empty() { "{\n \"" } else { ",\n \"" });
        template.push_str(name);
        template.push_str("\": ");
        template.push_str(text);
    }
    template
}

fn report_unread(plan: &Plan, marks: &ReadMarks, findings: &mut Diagnostics) {
    for unread in plan.tree.facts.unread(marks) {
        // Facts about constructs of other apps, or outside of every stack, are reported as such.
        let target = plan.tree.node(unread.target);
        let is_group_of_stacks = plan.tree.arena.root() == unread.target;
        if !plan.tree.arena.owns(unread.target) || target.stack.is_none() && !is_group_of_stacks {
            continue;
        }
        let path = plan.tree.path(unread.target).to_owned();
        let place = if path.is_empty() { "in the app".to_owned() } else { format!("at or below `{path}`") };
        let what = unread.summary.map(|summary| format!(" {summary}")).unwrap_or_default();
        let message = format!("nothing {place} takes the {}{what}", unread.name);
        let diagnostic = match unread.reach {
            Reach::Node => Diagnostic::error("fact::unread", message),
            // What is said about a whole subtree may be a house rule that happens to meet nothing today.
            Reach::Subtree => Diagnostic::warning("fact::unread", message),
        };
        let diagnostic = diagnostic.at(unread.location).on(path);
        findings.push(diagnostic.help("attach it to the construct it is about, or remove it"));
    }
}

/// Reports a name that an earlier resource has.
fn name_is_claimed_once(
    plan: &Plan,
    claims: &mut Claims,
    (node, kind, claim): (NodeId, &str, &Claim),
    findings: &mut Diagnostics,
) {
    let at = plan.tree.node(node);
    let Some(env) = at.stack.and_then(|stack| plan.tree.node(stack).env) else { return };
    if let Some(first) = claims.claim(kind, claim, env, node) {
        let diagnostic = plan.tree.claimed_twice(kind, claim, env, first);
        findings.push(diagnostic.on(plan.tree.path(node)).at(at.location));
    }
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
        let is_output = matches!(part.part, Part::Output { .. });
        if let Some(first) = seen.insert((is_output, &part.id), part.node) {
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

fn construct_tree(plan: &Plan, mut kinds: Vec<Option<Cow<'static, str>>>) -> ConstructTree {
    let arena = &plan.tree.arena;
    let mut tree = ConstructTree::with_capacity(arena.len());
    let mut next = Some(arena.root());
    while let Some(node) = next {
        tree.push(arena.node(node).depth, arena.name(node), kinds[node.index()].take());
        next = arena.after(node);
    }
    tree
}

/// Marks the facts of a kind that reach a node as read and returns them, nearest first.
fn read<'a, F: Fact>(plan: &'a Plan, marks: &ReadMarks, node: NodeId) -> Vec<&'a F> {
    let found = plan.tree.reaching::<F>(node);
    found.iter().for_each(|found| marks.mark(found));
    found.into_iter().map(|found| found.fact).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ops::Range;

    use super::FEW;
    use crate::{App, Env, RawResource, StackRef};

    /// The templates of stacks by threes, of which the middle one refers to both others; all first ones come first.
    fn templates(triples: Range<usize>) -> BTreeMap<String, String> {
        let mut app = App::new();
        let mut row = |kind: &str| -> Vec<StackRef> {
            triples.clone().map(|n| app.stack(format!("{kind}{n}"), Env::new("111111111111", "us-east-1"))).collect()
        };
        let (first, middle, last) = (row("First"), row("Middle"), row("Last"));
        let queue = || RawResource::new("AWS::SQS::Queue");
        for ((first, middle), last) in first.into_iter().zip(middle).zip(last) {
            let [first, last] = [first, last].map(|stack| app.at(stack).add("Queue", queue()));
            let dead_letters = last.get_att("Arn");
            app.at(middle).add("Queue", queue().depends_on(first).property("Dead", dead_letters));
            app.at(middle).add("Name", queue().depends_on(last).property("Like", first.reference()));
        }
        let assembly = app.synth().expect("the app is sound");
        assembly.stacks().iter().map(|stack| (stack.stack_name.clone(), stack.template.clone())).collect()
    }

    #[test]
    fn no_template_shows_in_which_round_it_was_written() {
        let all = templates(0..FEW);
        for n in [0, FEW / 2, FEW - 1] {
            let alone = templates(n..n + 1);
            assert_eq!(alone.len(), 3);
            alone.iter().for_each(|(name, template)| assert_eq!(all.get(name), Some(template)));
        }
    }
}
