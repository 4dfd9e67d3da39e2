//! Asks every construct what is wrong with it, and checks what is common to all trees.
//!
//! Codes: `tree::foreign-handle`, `tree::outside-a-stack`, `stack::malformed-name`, `stack::duplicate-name`,
//! `stack::long-description`, `stack::malformed-role`, `env::malformed-account`, `env::unknown-region`, `tag::malformed`,
//! `tag::contradiction`, `removal-policy::contradiction`, `override::contradiction`.

use std::collections::BTreeMap;

use crate::construct::{Content, Tree, ValidateCx};
use crate::diagnostic::{Caller, Diagnostic, Diagnostics};
use crate::fact::{DependsOn, PropertyOverride, RemovalPolicy, Tag};
use crate::handle::NodeId;
use crate::stack::StackProps;

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
    stack_names_are_unique(tree, &mut out);
    for index in 0..tree.arena.len() {
        validate_node(tree, tree.arena.id(index), &mut out);
    }
    out
}

/// The findings about one node. Planning asks for the nodes it adds.
pub(super) fn validate_node(tree: &Tree, node: NodeId, out: &mut Diagnostics) {
    match &tree.node(node).content {
        Content::Group => {}
        Content::Stack(props) => validate_stack(&mut ValidateCx { tree, node, out }, tree.stack_name(node), props),
        Content::Construct(construct) => {
            let mut cx = ValidateCx { tree, node, out };
            if tree.node(node).stack.is_none() {
                cx.report(
                    Diagnostic::error("tree::outside-a-stack", "this construct stands outside of every stack")
                        .help("add it through `app.at(stack)`, or below a construct that stands in a stack"),
                );
            }
            construct.validate(&mut cx);
        }
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

fn stack_names_are_unique(tree: &Tree, out: &mut Diagnostics) {
    let mut seen = BTreeMap::new();
    for index in 0..tree.arena.len() {
        let node = tree.arena.id(index);
        let Some(props) = tree.stack_props(node) else { continue };
        // CloudFormation compares names exactly, but the files of an assembly also live on disks that do not.
        let key = (tree.stack_name(node).to_ascii_lowercase(), props.env);
        if let Some(first) = seen.insert(key, node) {
            let name = tree.stack_name(node);
            ValidateCx { tree, node, out }.report(
                Diagnostic::error("stack::duplicate-name", format!("two stacks in {} are named `{name}`", props.env))
                    .note("the first is placed here", Some(tree.node(first).location))
                    .help("stack names are unique within an account and region; set another `stack_name`"),
            );
        }
    }
}

/// Facts have no order, so two that contradict each other on one node cannot be decided.
fn facts_agree(tree: &Tree, node: NodeId, out: &mut Diagnostics) {
    let mut report = |code, message: String, first: Caller, second: Caller| {
        ValidateCx { tree, node, out }.report(
            Diagnostic::error(code, message)
                .at(second)
                .note("the other one is stated here", Some(first))
                .help("keep one of them, or attach one of them nearer to what it is about"),
        );
    };
    let tags = tree.facts.on::<Tag>(node);
    for pair in tags.windows(2) {
        if pair[0].fact.key == pair[1].fact.key && pair[0].fact.value != pair[1].fact.value {
            let message = format!("the tag `{}` has two values on one construct", pair[0].fact.key);
            report("tag::contradiction", message, pair[0].location, pair[1].location);
        }
    }
    let removals = tree.facts.on::<RemovalPolicy>(node);
    for pair in removals.windows(2) {
        if pair[0].fact != pair[1].fact {
            let message = "two removal policies are attached to one construct".to_owned();
            report("removal-policy::contradiction", message, pair[0].location, pair[1].location);
        }
    }
    let overrides = tree.facts.on::<PropertyOverride>(node);
    for pair in overrides.windows(2) {
        let (first, second) = (pair[0].fact, pair[1].fact);
        if first.path == second.path && first.value != second.value && first.only == second.only {
            let message = format!("the property `{}` is overridden twice on one construct", first.path);
            report("override::contradiction", message, pair[0].location, pair[1].location);
        }
    }
    for found in &tags {
        let Tag { key, value } = found.fact;
        // https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 || key.starts_with("aws:") {
            ValidateCx { tree, node, out }.report(
                Diagnostic::error("tag::malformed", format!("`{key}` = `{value}` is no tag"))
                    .at(found.location)
                    .help("keys have 1 to 128 characters and do not begin with `aws:`; values have at most 256"),
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
