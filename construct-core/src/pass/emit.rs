//! Writes ordered templates as an assembly, in memory.
//!
//! Codes: `template::too-large`, `template::not-inline`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::assembly::{Assembly, INLINE_TEMPLATE_BYTES, StackArtifact, render_template, yaml_bytes};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::handle::NodeId;
use crate::pass::lower::{LoweredStack, TreeView};
use crate::pass::order::Ordered;

/// The most bytes, resources, outputs and parameters of a template.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>, as of 2026-11.
const TEMPLATE_BYTES: usize = 1_000_000;
const RESOURCES: usize = 500;
const OUTPUTS: usize = 200;
const PARAMETERS: usize = 200;

/// Emits an assembly, with findings about what became too large; pure, like every pass.
#[must_use]
pub fn emit(ordered: Ordered) -> (Assembly, Diagnostics) {
    let Ordered { stacks, tree } = ordered;
    let tree = tree_json(&tree);
    let ids = artifact_ids(&stacks);
    let mut findings = Diagnostics::new();
    let stacks = stacks.into_iter().map(|stack| artifact(stack, &ids, &mut findings)).collect();
    (Assembly::new(stacks, tree), findings)
}

fn measure(
    stack: &LoweredStack,
    counts: [(&str, usize, usize); 3],
    bytes: usize,
    as_yaml: usize,
    findings: &mut Diagnostics,
) {
    let name = &stack.name;
    for (what, n, most) in counts.into_iter().chain([("bytes", bytes, TEMPLATE_BYTES)]) {
        if n > most {
            let message = format!("the template of `{name}` has {n} {what}; CloudFormation takes at most {most}");
            findings.push(
                Diagnostic::error("template::too-large", message)
                    .on(stack.path.clone())
                    .at(stack.location)
                    .help("divide its constructs among several stacks"),
            );
        }
    }
    if bytes > TEMPLATE_BYTES {
        return;
    }
    let message = if bytes > INLINE_TEMPLATE_BYTES {
        format!("the template of `{name}` has {bytes} bytes; CloudFormation takes {INLINE_TEMPLATE_BYTES} inline")
    } else if as_yaml > INLINE_TEMPLATE_BYTES {
        format!(
            "the template of `{name}` fits inline, but the CDK CLI sends it as YAML of {as_yaml} bytes, which does not: CloudFormation takes {INLINE_TEMPLATE_BYTES}"
        )
    } else {
        return;
    };
    findings.push(
        Diagnostic::warning("template::not-inline", message)
            .on(stack.path.clone())
            .at(stack.location)
            .help("deploy it through a bucket (a bootstrapped environment, or `--s3-bucket`), or divide its constructs among several stacks"),
    );
}

/// The ids of the artifacts: the names of the stacks, with the environment where a name stands in several.
fn artifact_ids(stacks: &[LoweredStack]) -> BTreeMap<NodeId, String> {
    // The ids are the names of files too, and some disks do not tell the case of letters apart.
    let folded = |name: &str| name.to_ascii_lowercase();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    stacks.iter().for_each(|stack| *times.entry(folded(&stack.name)).or_default() += 1);
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let id = |stack: &LoweredStack| {
        let env = stack.props.env;
        match times[&folded(&stack.name)] {
            1 => stack.name.clone(),
            _ => format!("{}-{}-{}", stack.name, env.account, env.region),
        }
    };
    let mut ids = BTreeMap::new();
    for stack in stacks {
        let mut unique = id(stack);
        // `x` in two places and a stack that is really named `x-111111111111-us-east-1`.
        while !taken.insert(folded(&unique)) {
            unique.push('-');
        }
        ids.insert(stack.node, unique);
    }
    ids
}

fn artifact(mut stack: LoweredStack, ids: &BTreeMap<NodeId, String>, findings: &mut Diagnostics) -> StackArtifact {
    let mut template = Map::new();
    if let Some(description) = &stack.props.description {
        template.insert("Description".into(), description.as_str().into());
    }
    let counts = [
        ("resources", stack.resources.len(), RESOURCES),
        ("outputs", stack.outputs.len(), OUTPUTS),
        ("parameters", stack.parameters.len(), PARAMETERS),
    ];
    let sections = [
        ("Parameters", &mut stack.parameters),
        ("Conditions", &mut stack.conditions),
        ("Resources", &mut stack.resources),
        ("Outputs", &mut stack.outputs),
    ];
    for (name, section) in sections {
        if !section.is_empty() {
            template.insert(name.into(), std::mem::take(section).into());
        }
    }
    let template = Json::from(template);
    let as_yaml = yaml_bytes(&template);
    let template = render_template(&template);
    measure(&stack, counts, template.len(), as_yaml, findings);
    let id = ids[&stack.node].clone();
    StackArtifact {
        template_file: format!("{id}.template.json"),
        id,
        stack_name: stack.name,
        account: stack.props.env.account.to_string(),
        region: stack.props.env.region.to_string(),
        dependencies: stack.needs.keys().map(|needed| ids[needed].clone()).collect(),
        tags: stack.tags,
        termination_protection: stack.props.termination_protection,
        assume_role_arn: stack.props.assume_role_arn,
        execution_role_arn: stack.props.execution_role_arn,
        template,
    }
}

/// `tree.json`, as the CDK's tools read it: a node for every construct, with its type where it is a resource.
fn tree_json(tree: &TreeView) -> Json {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); tree.nodes.len()];
    for (index, (parent, ..)) in tree.nodes.iter().enumerate() {
        if let Some(parent) = parent {
            children[*parent].push(index);
        }
    }
    let root = node_json(tree, &children, 0, "");
    json!({ "version": "tree-0.1", "tree": root })
}

fn node_json(tree: &TreeView, children: &[Vec<usize>], index: usize, path: &str) -> Json {
    let (_, name, kind) = &tree.nodes[index];
    let id = if index == 0 { "App" } else { name };
    let mut node = Map::new();
    node.insert("id".into(), id.into());
    node.insert("path".into(), path.into());
    if !children[index].is_empty() {
        let below = children[index].iter().map(|&child| {
            let name = &tree.nodes[child].1;
            let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            (name.clone(), node_json(tree, children, child, &path))
        });
        node.insert("children".into(), below.collect::<Map<_, _>>().into());
    }
    if let Some(kind) = kind {
        node.insert("attributes".into(), json!({ "aws:cdk:cloudformation:type": kind }));
    }
    node.into()
}
