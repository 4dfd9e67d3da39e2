//! Turns a plan into templates: asks every node for its resources, applies the facts that reach them, and writes every
//! expression as JSON with CloudFormation's functions.
//!
//! Stacks are lowered one by one and in parallel, and each is text as soon as it is complete: a large app is never in memory
//! as expressions and as text at once. They come in a few rounds, after each of which the plan forgets what only the stacks of
//! the round needed: no more is it in memory as a plan and as text.
//!
//! Codes: `fact::unread`, `stack::empty`, `resource::duplicate-name`, and those of [`apply`], [`cycles`], [`resolve`] and
//! [`stack`].

mod apply;
mod cycles;
mod place;
mod resolve;
mod stack;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::assembly::ConstructTree;
use crate::construct::Plan;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::fact::{Fact, Reach, ReadMarks};
use crate::handle::NodeId;
use crate::parallel;
use crate::resource::{Claim, Claims};
use resolve::{Elsewhere, Exports};
use stack::{Desk, Ids, lower_stack};

pub(crate) use stack::{LoweredStack, Section};

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

/// In how many rounds stacks are lowered. After each, every thread waits for the slowest.
const ROUNDS: usize = 12;

/// A round of fewer stacks is not worth it.
const FEW: usize = 64;

/// What is known of the stacks that are written.
#[derive(Debug)]
struct Written {
    /// The type of each node's first resource.
    kinds: Vec<Option<Cow<'static, str>>>,
    ids: BTreeMap<NodeId, Ids>,
}

impl Written {
    /// What a construct of a written stack lowered to.
    fn elsewhere(&self, stack: NodeId, node: NodeId) -> Option<Elsewhere> {
        let ids = self.ids.get(&stack)?;
        let id = ids.binary_search_by_key(&node, |(node, _)| *node).ok().map(|place| ids[place].1.clone());
        Some(Elsewhere { id, has_resource: self.kinds[node.index()].is_some() })
    }
}

/// Lowers a plan, and gives back what findings and checks need of it.
#[must_use]
pub fn lower(mut plan: Plan) -> (Lowered, Plan) {
    let marks = plan.tree.facts.marks();
    let mut findings = Diagnostics::new();
    let mut exports = Exports::new();
    let mut written = Written { kinds: vec![None; plan.tree.arena.len()], ids: BTreeMap::new() };
    // In a large app every other construct is a resource with a name of its own.
    let mut claims = Claims::with_capacity(plan.tree.arena.len() / 2);
    let waiting = nodes_by_stack(&plan);
    // As they are waiting: in the order of the tree.
    let mut stacks: Vec<LoweredStack> = Vec::with_capacity(waiting.len());
    let mut desks: Vec<Desk> = Vec::new();
    for round in waiting.chunks(waiting.len().div_ceil(ROUNDS).max(FEW)) {
        let stacks_of_round = round.iter().collect();
        let done =
            parallel::map_with(&mut desks, Desk::default, stacks_of_round, |desk, (stack, nodes): &(_, Vec<_>)| {
                lower_stack(&plan, &marks, &written, desk, *stack, nodes)
            });
        for done in done {
            findings.extend(done.findings);
            exports.extend(done.exports);
            done.kinds.into_iter().for_each(|(node, kind)| written.kinds[node.index()] = Some(kind));
            for (node, kind, claim) in done.claims {
                name_is_claimed_once(&plan, &mut claims, (node, &kind, &claim), &mut findings);
            }
            written.ids.insert(done.stack.node, done.ids);
            stacks.push(done.stack);
        }
        // By the thread that planned: threads that free together what one of them allocated wait for each other.
        round.iter().flat_map(|(_, nodes)| nodes).for_each(|node| plan.forget(*node, &marks));
    }
    for ((stack, ..), export) in exports {
        if let Ok(place) = stacks.binary_search_by_key(&stack, |stack| stack.node) {
            let stack = &mut stacks[place];
            match stack.outputs.iter_mut().find(|(id, _)| *id == export.output_id) {
                Some((_, output)) => *output = export.output,
                None => stack.outputs.push((export.output_id, export.output)),
            }
        }
    }
    report_unread(&plan, &marks, &mut findings);
    // A stack that holds nothing (only imports, say) is no stack for CloudFormation.
    for stack in stacks.extract_if(.., |stack| stack.n_resources == 0) {
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
    let all = || (0..plan.tree.arena.len()).map(|index| plan.tree.arena.id(index));
    let mut nodes: Vec<Vec<NodeId>> = vec![Vec::new(); plan.tree.arena.len()];
    for node in all() {
        if let Some(stack) = plan.tree.node(node).stack {
            nodes[stack.index()].push(node);
        }
    }
    all().zip(nodes).filter(|(_, nodes)| !nodes.is_empty()).collect()
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
