//! Turns a plan into templates: asks every node for its resources, applies the facts that reach them, and writes every
//! expression as JSON with CloudFormation's functions.
//!
//! Stacks are lowered one by one and in parallel, and each is text as soon as it is complete: a large app is never in
//! memory as expressions and as text at once.
//!
//! Codes: `fact::unread`, `stack::empty`, `resource::duplicate-name`, and those of [`apply`], [`cycles`], [`resolve`] and
//! [`stack`].

mod apply;
mod cycles;
mod place;
mod resolve;
mod stack;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::assembly::ConstructTree;
use crate::construct::{Plan, Tree};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::fact::{Fact, Forgotten, Reach, ReadMarks};
use crate::handle::NodeId;
use crate::parallel;
use crate::resource::{Claim, Claims};
use resolve::Exports;
use stack::{Desk, Done, lower_stack};

pub(crate) use stack::{LoweredStack, Section};

/// What a stack that comes after another has to do with it where a dependency says so, and no reference.
pub(super) const DEPENDS_ON: &str = "depends on";

/// Templates with literal names, not yet in an order.
#[derive(Debug)]
pub struct Lowered {
    pub(crate) stacks: Vec<LoweredStack>,
    pub(crate) tree: ConstructTree,
    pub(crate) forgotten: Forgotten,
    findings: Diagnostics,
}

impl Lowered {
    /// What lowering found.
    #[must_use]
    pub fn findings(&self) -> &Diagnostics {
        &self.findings
    }
}

/// Lowers a plan, and gives back what findings and checks need of it.
#[must_use]
pub fn lower(plan: Plan) -> (Lowered, Plan) {
    let marks = plan.tree.facts.marks();
    let by_stack = nodes_by_stack(&plan.tree);
    // Only lent: what other threads free of this one's, they use again, and take its locks for it.
    let stacks = by_stack.iter().collect();
    let (done, _) = parallel::map_with(Desk::default, stacks, |desk, (stack, nodes)| {
        lower_stack(&plan, &marks, desk, *stack, nodes)
    });
    let unread = unread(&plan.tree, &marks);
    let Plan { mut tree, lowers, built } = plan;
    let forgotten = tree.facts.keep_for_checks();
    // Freeing what only templates needed takes as long as putting them together, and then again as emitting them. This
    // thread has planned it, and frees it in half of the time that another one takes, as long as that frees nothing
    // meanwhile.
    let ((), (lowered, left)) = parallel::both(|| drop(lowers), || put_together(&tree, built, done, unread, forgotten));
    drop(left);
    (lowered, Plan { tree, lowers: Vec::new(), built })
}

/// Puts together what the stacks, which come in the order of the tree, have left for the others and for the whole.
/// Gives back what is left then, to be freed.
fn put_together(
    tree: &Tree,
    built: usize,
    mut done: Vec<Done>,
    unread: Diagnostics,
    forgotten: Forgotten,
) -> (Lowered, impl Send + use<>) {
    let mut findings = Diagnostics::new();
    let mut exports = Exports::new();
    // The type of each node's first resource.
    let mut kinds: Vec<Option<Cow<'static, str>>> = vec![None; tree.arena.len()];
    // In a large app every other construct is a resource with a name of its own.
    let claims = Claims::with_capacity(tree.arena.len() / 2);
    let mut names = Names { tree, built, claims, told: BTreeSet::new() };
    // The first finding about each, and how many others say the same.
    let mut unnamed: BTreeMap<NodeId, (Diagnostic, usize)> = BTreeMap::new();
    for done in &mut done {
        findings.extend(std::mem::take(&mut done.findings));
        exports.append(&mut done.exports);
        for (of, finding) in done.unnamed.drain(..) {
            unnamed.entry(of).and_modify(|(_, others)| *others += 1).or_insert((finding, 0));
        }
        done.kinds.drain(..).for_each(|(node, kind)| kinds[node.index()] = Some(kind));
        for (node, kind, claim) in &done.claims {
            findings.extend(names.claimed_twice(*node, kind, claim));
        }
    }
    drop(names);
    let apart = |Done { stack, kinds, claims, .. }| (stack, (kinds, claims));
    let (mut stacks, left): (Vec<LoweredStack>, Vec<_>) = done.into_iter().map(apart).unzip();
    add_outputs(&mut stacks, exports);
    findings.extend(unnamed.into_values().map(with_others));
    findings.extend(unread);
    findings.extend(leave_out_empty(&mut stacks));
    (Lowered { stacks, tree: construct_tree(tree, kinds), forgotten, findings }, left)
}

/// Adds what other stacks import to the outputs of those that have it.
fn add_outputs(stacks: &mut [LoweredStack], exports: Exports) {
    for ((stack, ..), export) in exports {
        if let Ok(place) = stacks.binary_search_by_key(&stack, |stack| stack.node) {
            let stack = &mut stacks[place];
            match stack.outputs.iter_mut().find(|(id, _)| *id == export.output_id) {
                Some((_, output)) => *output = export.output,
                None => stack.outputs.push((export.output_id, export.output)),
            }
        }
    }
}

/// The finding that a name is missed, with how many others miss it.
fn with_others((finding, others): (Diagnostic, usize)) -> Diagnostic {
    match others {
        0 => finding,
        1 => finding.note("one more place refers to it so", None),
        n => finding.note(format!("{n} more places refer to it so"), None),
    }
}

/// A stack that holds nothing (only imports, say) is no stack for CloudFormation.
fn leave_out_empty(stacks: &mut Vec<LoweredStack>) -> Diagnostics {
    let mut findings = Diagnostics::new();
    for stack in stacks.extract_if(.., |stack| stack.n_resources == 0) {
        if !stack.outputs.is_empty() || !stack.template.is_empty() {
            let message = format!("the stack `{}` has no resources, so CloudFormation would refuse it", stack.name);
            let diagnostic = Diagnostic::warning("stack::empty", message).on(stack.path).at(stack.location);
            findings.push(diagnostic.help("add a resource; the stack is left out until then"));
        }
    }
    findings
}

/// The stacks in the order of the tree, each with the nodes that stand in it.
fn nodes_by_stack(tree: &Tree) -> Vec<(NodeId, Vec<NodeId>)> {
    let all = || (0..tree.arena.len()).map(|index| tree.arena.id(index));
    let mut nodes: Vec<Vec<NodeId>> = vec![Vec::new(); tree.arena.len()];
    for node in all() {
        if let Some(stack) = tree.node(node).stack {
            nodes[stack.index()].push(node);
        }
    }
    all().zip(nodes).filter(|(_, nodes)| !nodes.is_empty()).collect()
}

/// What nobody has read of what constructs were told.
fn unread(tree: &Tree, marks: &ReadMarks) -> Diagnostics {
    let mut findings = Diagnostics::new();
    for unread in tree.facts.unread(marks) {
        // Facts about constructs of other apps, or outside of every stack, are reported as such.
        let target = tree.node(unread.target);
        let is_group_of_stacks = tree.arena.root() == unread.target;
        if !tree.arena.owns(unread.target) || target.stack.is_none() && !is_group_of_stacks {
            continue;
        }
        let path = tree.path(unread.target).to_owned();
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
    findings
}

/// The names of all resources.
struct Names<'c> {
    tree: &'c Tree,
    /// How many nodes the program built.
    built: usize,
    claims: Claims<'c>,
    /// Whose names were found to lead to the same ones.
    told: BTreeSet<(NodeId, NodeId)>,
}

impl<'c> Names<'c> {
    /// The finding that an earlier resource has the name.
    fn claimed_twice(&mut self, node: NodeId, kind: &'c str, claim: &'c Claim) -> Option<Diagnostic> {
        let Self { tree, built, .. } = *self;
        let env = tree.node(node).stack.and_then(|stack| tree.node(stack).env)?;
        let first = self.claims.claim((claim.place(env), kind.into(), claim.compared().into()), node)?;
        let diagnostic = tree.claimed_twice(kind, claim, env, first);
        let [maker, first_maker] = [node, first].map(|one| tree.maker(one, built));
        // A user can name what the program built, and nothing that was made for it.
        let diagnostic = match (maker, first_maker) == (node, first) {
            true => diagnostic,
            false if tree.is_clashing(maker) => return None,
            false if self.told.insert((maker, first_maker)) => diagnostic.help(tree.rename_one_of(maker, first_maker)),
            false => return None,
        };
        Some(tree.about(maker, diagnostic))
    }
}

fn construct_tree(Tree { arena, .. }: &Tree, mut kinds: Vec<Option<Cow<'static, str>>>) -> ConstructTree {
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
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use crate::diagnostic::Diagnostics;
    use crate::handle::NodeId;
    use crate::{App, Env, Expr, LowerCx, Properties, RawRef, RawResource, Resource, StackRef, Tag, Tagging};

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

    /// A queue that is called after the tags of another one.
    #[derive(Clone, Debug)]
    struct Named(NodeId);

    impl Resource for Named {
        type Handle = RawRef;
        const TYPE: &'static str = "AWS::SQS::Queue";

        fn properties(&self, cx: &LowerCx<'_>) -> Properties {
            let tags: Vec<&str> = cx.facts_of::<Tag>(self.0).map(|tag| &*tag.value).collect();
            Properties::new().set("QueueName", tags.concat())
        }
    }

    #[test]
    fn what_a_construct_is_told_may_be_read_in_any_stack() {
        let mut app = App::new();
        let [one, other] = ["One", "Other"].map(|name| app.stack(name, Env::new("111111111111", "us-east-1")));
        let queue = app.at(one).add("Queue", RawResource::new("AWS::SQS::Queue").tagging(Tagging::Map));
        app.attach(queue, Tag::new("team", "delivery"));
        for stack in [one, other] {
            app.at(stack).add("Named", Named(queue.into()));
        }
        let assembly = app.synth().expect("the app is sound");
        for stack in assembly.stacks() {
            assert!(stack.template.contains(r#""QueueName": "delivery""#), "{}", stack.template);
        }
    }

    #[test]
    fn tags_join_those_that_a_resource_has_of_its_own() {
        let mut app = App::new();
        let stack = app.stack("One", Env::new("111111111111", "us-east-1"));
        let own = [("team", "orders"), ("level", "two")];
        let map = Expr::map(own.map(|(key, value)| (key, Expr::from(value))));
        let list =
            Expr::list(own.map(|(key, value)| Expr::map([("Key", Expr::from(key)), ("Value", Expr::from(value))])));
        let map = RawResource::new("AWS::SSM::Parameter").tagging(Tagging::Map).property("Tags", map);
        let list = RawResource::new("AWS::SQS::Queue").tagging(Tagging::List).property("Tags", list);
        app.at(stack).add("Map", map.logical_id("Map"));
        app.at(stack).add("List", list.logical_id("List"));
        app.attach(stack, Tag::new("team", "delivery"));
        app.attach(stack, Tag::new("cost", "7"));
        let template = app.synth().expect("the app is sound").stacks()[0].template_json().expect("JSON");
        let tags = |id: &str| template["Resources"][id]["Properties"]["Tags"].clone();
        assert_eq!(tags("Map"), json!({ "team": "orders", "level": "two", "cost": "7" }));
        let pair = |key: &str, value: &str| json!({ "Key": key, "Value": value });
        assert_eq!(tags("List"), json!([pair("team", "orders"), pair("level", "two"), pair("cost", "7")]));
    }

    #[test]
    fn a_name_that_many_miss_is_missed_once() {
        let mut app = App::new();
        let data = app.stack("Data", Env::new("333333333333", "us-east-1"));
        let queues = ["Orders", "Bills"].map(|name| app.at(data).add(name, RawResource::new("AWS::SQS::Queue")));
        for n in 0..3 {
            let stack = app.stack(format!("Stack{n}"), Env::new("111111111111", "us-east-1"));
            // All of them refer to the first queue, two to the second one as well.
            for (key, queue) in ["One", "Other"].into_iter().zip(queues).take(if n < 2 { 2 } else { 1 }) {
                let user = RawResource::new("AWS::SSM::Parameter").property("Value", queue.get_att("Arn"));
                app.at(stack).add(key, user);
            }
        }
        let error = app.synth().expect_err("names are missing");
        let told: Vec<String> =
            error.findings().into_iter().flat_map(Diagnostics::iter).map(ToString::to_string).collect();
        assert_eq!(told.len(), 2, "{error}");
        assert!(told[0].contains("Data/Orders") && told[0].contains("2 more places refer to it so"), "{error}");
        assert!(told[1].contains("Data/Bills") && told[1].contains("one more place refers to it so"), "{error}");
    }

    /// A queue that counts how often it is asked.
    #[derive(Clone, Debug)]
    struct Counted(Arc<AtomicUsize>);

    impl Resource for Counted {
        type Handle = RawRef;
        const TYPE: &'static str = "AWS::SQS::Queue";

        fn properties(&self, _: &LowerCx<'_>) -> Properties {
            self.0.fetch_add(1, Ordering::Relaxed);
            Properties::new()
        }
    }

    #[test]
    fn what_many_stacks_refer_to_is_lowered_once_for_all_of_them() {
        let mut app = App::new();
        let asked = Arc::new(AtomicUsize::new(0));
        let data = app.stack("Data", Env::new("111111111111", "us-east-1"));
        let queue = app.at(data).add("Queue", Counted(Arc::clone(&asked)));
        for n in 0..300 {
            let stack = app.stack(format!("Stack{n}"), Env::new("111111111111", "us-east-1"));
            app.at(stack).add("Like", RawResource::new("AWS::SQS::Queue").property("Like", queue.get_att("Arn")));
        }
        let assembly = app.synth().expect("the app is sound");
        assert_eq!(assembly.stacks().len(), 301);
        // For its own stack, and on each core for all others.
        let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
        assert!(asked.load(Ordering::Relaxed) <= 1 + n_cores, "{asked:?}");
    }

    #[test]
    fn no_template_shows_what_was_written_beside_it() {
        let all = templates(0..64);
        for n in [0, 32, 63] {
            let alone = templates(n..n + 1);
            assert_eq!(alone.len(), 3);
            alone.iter().for_each(|(name, template)| assert_eq!(all.get(name), Some(template)));
        }
    }
}
