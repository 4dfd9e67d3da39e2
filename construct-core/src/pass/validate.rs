//! Asks every construct what is wrong with it, and checks what is common to all trees.
//!
//! Codes: `tree::foreign-handle`, `tree::outside-a-stack`, `stack::empty`, `stack::malformed-name`,
//! `stack::duplicate-name`, `stack::long-description`, `stack::malformed-role`, `env::malformed-account`,
//! `env::unknown-region`, `tag::malformed`, and those of facts that are wrong by themselves or contradict each other.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use crate::construct::{Synth, Tree, ValidateCx};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::fact::{DependsOn, Tag};
use crate::handle::NodeId;
use crate::parallel;
use crate::stack::StackProps;

/// So many nodes are validated in one go.
const PORTION: usize = 64;

/// All findings about a tree, those of its constructs included, in the order of the tree.
#[must_use]
pub fn validate(tree: &Tree) -> Diagnostics {
    let mut out = tree.findings.clone();
    for (target, name, location) in tree.facts.targets() {
        if !tree.arena.owns(target) {
            out.push(
                Diagnostic::error(
                    "tree::foreign-handle",
                    format!("this {name} is attached to a construct of another app"),
                )
                .at(location)
                .help("use handles only with the app that returned them"),
            );
        }
    }
    stack_names_are_unique(tree, 0, tree.arena.len(), &mut out);
    for index in 0..tree.arena.len() {
        let node = tree.arena.id(index);
        validate_node(tree, node, tree.construct(node).map(Arc::as_ref), &mut out);
    }
    if !out.has_errors() {
        empty_stacks(tree, &mut out);
    }
    out
}

/// CloudFormation refuses a stack without resources. Where something is wrong, that may be why nothing was added, and
/// what is said of a stack in vain is found later.
fn empty_stacks(tree: &Tree, out: &mut Diagnostics) {
    let is_empty = |node: &NodeId| tree.arena.children(*node).next().is_none() && tree.facts.has_none(*node);
    let nodes = (0..tree.arena.len()).map(|index| tree.arena.id(index));
    for node in nodes.filter(|node| tree.stack_props(*node).is_some()).filter(is_empty) {
        let message = format!("the stack `{}` holds nothing, so it is left out of the assembly", tree.stack_name(node));
        let help = "add constructs with `app.at(stack)`, or leave the stack out";
        ValidateCx { tree, node, out }.report(Diagnostic::warning("stack::empty", message).help(help));
    }
}

/// The findings about nodes that planning added, each with its construct if it is one, in the order of the nodes.
///
/// This is the first work on all cores. What the program built is validated on one: from the second thread on every
/// allocation takes locks, and planning, which is done on one, allocates more than a second core saves here.
pub(super) fn validate_added(tree: &Tree, nodes: Vec<(NodeId, Option<&dyn Synth>)>) -> Diagnostics {
    let found = parallel::map(nodes.chunks(PORTION).collect(), |nodes| {
        let mut found = Diagnostics::new();
        nodes.iter().for_each(|(node, construct)| validate_node(tree, *node, *construct, &mut found));
        found
    });
    let mut out = Diagnostics::new();
    found.into_iter().for_each(|found| out.extend(found));
    out
}

fn validate_node(tree: &Tree, node: NodeId, construct: Option<&dyn Synth>, out: &mut Diagnostics) {
    let mut cx = ValidateCx { tree, node, out };
    if let Some(props) = tree.stack_props(node) {
        validate_stack(&mut cx, tree.stack_name(node), props);
    }
    if let Some(construct) = construct {
        if tree.node(node).stack.is_none() {
            cx.report(
                Diagnostic::error("tree::outside-a-stack", "this construct stands outside of every stack")
                    .help("add it through `app.at(stack)`, or below a construct that stands in a stack"),
            );
        }
        construct.validate(&mut cx);
    }
    facts_agree(tree, node, out);
}

fn validate_stack(cx: &mut ValidateCx<'_>, name: &str, props: &StackProps) {
    for problem in props.env.problems() {
        cx.report(Diagnostic::error(problem.code(), problem.to_string()).help(problem.help()));
    }
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    let shape = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if name.len() > 128 || !name.bytes().all(shape) || !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        cx.report(
            Diagnostic::error("stack::malformed-name", format!("`{}` is no name of a stack", name.escape_debug()))
                .help("stack names have 1 to 128 letters, digits and `-` and begin with a letter; give the stack another id, or a `stack_name`"),
        );
    }
    if let Some(description) = &props.description
        && description.len() > 1024
    {
        let length = description.len();
        cx.report(
            Diagnostic::error("stack::long-description", format!("the description of the stack has {length} bytes"))
                .help("CloudFormation takes at most 1,024 bytes"),
        );
    }
    for arn in [&props.assume_role_arn, &props.execution_role_arn].into_iter().flatten() {
        // The CDK fills in `${AWS::Partition}` and its like itself, so only the shape is checked.
        if !arn.starts_with("arn:") || !arn.contains(":iam::") || !arn.contains(":role/") {
            cx.report(
                Diagnostic::error("stack::malformed-role", format!("`{arn}` is no ARN of a role"))
                    .help("write it as `arn:aws:iam::111111111111:role/deployer`"),
            );
        }
    }
}

/// Reports every stack from the node `from` on whose name an earlier one has. What the program did not build, after so
/// many nodes, was made for something that it did, which is told once.
pub(super) fn stack_names_are_unique(tree: &Tree, from: usize, built: usize, out: &mut Diagnostics) {
    let nodes = (0..tree.arena.len()).map(|index| tree.arena.id(index));
    let stacks: Vec<_> = nodes.filter_map(|node| Some((node, tree.stack_props(node)?))).collect();
    let mut seen = HashMap::with_capacity(stacks.len());
    let mut told = BTreeSet::new();
    for (node, props) in stacks {
        // CloudFormation compares names exactly, but the files of an assembly also live on disks that do not.
        let key = (AnyCase(tree.stack_name(node)), &props.env);
        if let Some(first) = seen.insert(key, node)
            && node.index() >= from
            && !is_second_of_its_id(tree, node)
        {
            let name = tree.stack_name(node);
            let (maker, first_maker) = (tree.maker(node, built), tree.maker(first, built));
            let help = match maker == node {
                true => "stack names are unique within an account and region; set another `stack_name`".to_owned(),
                false if tree.is_clashing(maker) => continue,
                false if told.insert((maker, first_maker)) => tree.rename_one_of(maker, first_maker),
                false => continue,
            };
            ValidateCx { tree, node: maker, out }.report(
                Diagnostic::error("stack::duplicate-name", format!("two stacks in {} are named `{name}`", props.env))
                    .note("the first is placed here", Some(tree.node(first).location))
                    .help(help),
            );
        }
    }
}

/// Whether it is a finding already that the id was taken. The name mostly follows from the id.
fn is_second_of_its_id(tree: &Tree, node: NodeId) -> bool {
    let path = tree.path(node);
    tree.findings.iter().any(|finding| finding.code() == "tree::duplicate-id" && finding.path() == path)
}

/// A name that is equal to the same one in other cases.
struct AnyCase<'n>(&'n str);

impl PartialEq for AnyCase<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for AnyCase<'_> {}

impl Hash for AnyCase<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for part in self.0.as_bytes().chunks(64) {
            let mut folded = [0; 64];
            let folded = &mut folded[..part.len()];
            folded.copy_from_slice(part);
            folded.make_ascii_lowercase();
            state.write(folded);
        }
    }
}

/// Facts are sound by themselves, and have no order, so two that contradict each other on one node cannot be decided.
fn facts_agree(tree: &Tree, node: NodeId, out: &mut Diagnostics) {
    if tree.facts.has_none(node) {
        return;
    }
    let (problems, contradictions) = tree.facts.wrong(node);
    for problem in problems {
        ValidateCx { tree, node, out }.report(problem);
    }
    for found in contradictions {
        let name = found.name;
        let message = match found.summaries {
            [Some(first), Some(second)] if first != second => {
                format!("the {name} {second} contradicts the {name} {first} on the same construct")
            }
            [Some(first), _] => format!("the {name} {first} is stated twice, with different values, on one construct"),
            [None, _] => format!("two facts of the kind {name} contradict each other on one construct"),
        };
        ValidateCx { tree, node, out }.report(
            Diagnostic::error(found.code, message)
                .at(found.locations[1])
                .note("the other one is stated here", Some(found.locations[0]))
                .help("keep one of them, or attach one of them nearer to what it is about"),
        );
    }
    for found in tree.facts.on::<Tag>(node) {
        let Tag { key, value } = found.fact;
        // https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
        let is_blank = |c: char| c.is_whitespace() && !c.is_control();
        let shape = |c: char| c.is_alphanumeric() || is_blank(c) || "_.:/=+-@".contains(c);
        let sound = (1..=128).contains(&key.chars().count())
            && value.chars().count() <= 256
            && !key.to_ascii_lowercase().starts_with("aws:")
            && key.chars().chain(value.chars()).all(shape);
        if !sound {
            ValidateCx { tree, node, out }.report(
                Diagnostic::error("tag::malformed", format!("`{}` = `{}` is no tag", key.escape_debug(), value.escape_debug()))
                    .at(found.location)
                    .help("keys have 1 to 128 characters and do not begin with `aws:`, values at most 256; both have letters, digits, blanks and `_.:/=+-@`"),
            );
        }
    }
    for found in tree.facts.on::<DependsOn>(node) {
        if !tree.arena.owns(found.fact.0) {
            ValidateCx { tree, node, out }.report(
                Diagnostic::error("tree::foreign-handle", "this dependency names a construct of another app")
                    .at(found.location)
                    .help("use handles only with the app that returned them"),
            );
        }
    }
}
