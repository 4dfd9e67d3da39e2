//! Writes ordered templates as an assembly, in memory.
//!
//! Codes: `template::not-inline`.

use std::collections::{BTreeMap, BTreeSet};

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::assembly::{Assembly, INLINE_TEMPLATE_BYTES, StackArtifact};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::handle::NodeId;
use crate::parallel;
use crate::pass::lower::{LoweredStack, Section, TreeView};
use crate::pass::order::Ordered;
use crate::quota::INLINE_TEMPLATE;
use crate::written::{compacted, indented};

/// Emits an assembly, with findings about what the CDK CLI makes of it; pure, like every pass.
#[must_use]
pub fn emit(ordered: Ordered) -> (Assembly, Diagnostics) {
    let Ordered { stacks, tree } = ordered;
    let tree = tree_json(&tree);
    let ids = artifact_ids(&stacks);
    let mut findings = Diagnostics::new();
    let stacks = parallel::map(stacks, |stack| artifact(stack, &ids));
    let stacks = stacks.into_iter().map(|(stack, measured)| {
        findings.extend(measured);
        stack
    });
    let stacks = stacks.collect();
    (Assembly::new(stacks, tree), findings)
}

/// The CDK CLI sends templates as YAML, which may be longer. What the template is as JSON is measured when it is checked.
fn measure_yaml(stack: &LoweredStack, outputs: &Section, bytes: usize, findings: &mut Diagnostics) {
    let sections = [&stack.parameters, &stack.conditions, &stack.resources, outputs];
    let headings = stack.props.description.as_ref().map_or(0, String::len)
        + "Description: Parameters: Conditions: Resources: Outputs: ".len();
    let as_yaml = headings + sections.iter().map(|section| section.yaml_bytes).sum::<usize>();
    if bytes > INLINE_TEMPLATE_BYTES || as_yaml <= INLINE_TEMPLATE_BYTES {
        return;
    }
    let message = format!(
        "the template of `{}` fits inline, but the CDK CLI sends it as YAML of {as_yaml} bytes, which does not: CloudFormation takes {INLINE_TEMPLATE_BYTES}",
        stack.name
    );
    let finding = Diagnostic::warning(INLINE_TEMPLATE.code, message).help(INLINE_TEMPLATE.help);
    findings.push(finding.on(stack.path.clone()).at(stack.location));
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

fn artifact(mut stack: LoweredStack, ids: &BTreeMap<NodeId, String>) -> (StackArtifact, Diagnostics) {
    let outputs = Section::new(std::mem::take(&mut stack.outputs));
    let template = template(&stack, &outputs);
    let mut findings = Diagnostics::new();
    measure_yaml(&stack, &outputs, template.len(), &mut findings);
    let id = ids[&stack.node].clone();
    let artifact = StackArtifact {
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
    };
    (artifact, findings)
}

/// The text of a template: readable as long as that fits inline, and compact beyond.
fn template(stack: &LoweredStack, outputs: &Section) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let description = stack.props.description.as_deref().map(quoted).unwrap_or_default();
    let sections = [
        ("Description", &description),
        ("Parameters", &stack.parameters.text),
        ("Conditions", &stack.conditions.text),
        ("Resources", &stack.resources.text),
        ("Outputs", &outputs.text),
    ];
    let length: usize = sections.iter().map(|(name, text)| name.len() + text.len() + 8).sum();
    let mut template = String::with_capacity(length);
    for (name, text) in sections.into_iter().filter(|(_, text)| !text.is_empty()) {
        template.push_str(if template.is_empty() { "{\n \"" } else { ",\n \"" });
        template.push_str(name);
        template.push_str("\": ");
        template.push_str(text);
    }
    template.push_str("\n}\n");
    if template.len() <= INLINE_TEMPLATE_BYTES { template } else { compacted(&template) }
}

/// `tree.json`, as the CDK's tools read it: a node for every construct, with its type where it is a resource.
fn tree_json(tree: &TreeView) -> String {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); tree.nodes.len()];
    for (index, (parent, ..)) in tree.nodes.iter().enumerate() {
        if let Some(parent) = parent {
            children[*parent].push(index);
        }
    }
    let whole = WholeTree { tree, children };
    let mut text = indented(&whole, 0);
    text.reserve_exact(1);
    text.push('\n');
    text
}

struct WholeTree<'a> {
    tree: &'a TreeView,
    children: Vec<Vec<usize>>,
}

impl Serialize for WholeTree<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(Some(2))?;
        map.serialize_entry("version", "tree-0.1")?;
        map.serialize_entry("tree", &TreeNode { of: self, index: 0, path: String::new() })?;
        map.end()
    }
}

struct TreeNode<'a> {
    of: &'a WholeTree<'a>,
    index: usize,
    path: String,
}

impl Serialize for TreeNode<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let (_, name, kind) = &self.of.tree.nodes[self.index];
        let mut map = out.serialize_map(None)?;
        map.serialize_entry("id", if self.index == 0 { "App" } else { name })?;
        map.serialize_entry("path", &self.path)?;
        if !self.of.children[self.index].is_empty() {
            map.serialize_entry("children", &Children(self))?;
        }
        if let Some(kind) = kind {
            map.serialize_entry("attributes", &BTreeMap::from([("aws:cdk:cloudformation:type", kind)]))?;
        }
        map.end()
    }
}

struct Children<'a>(&'a TreeNode<'a>);

impl Serialize for Children<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let TreeNode { of, index, path } = self.0;
        out.collect_map(of.children[*index].iter().map(|&child| {
            let name = &of.tree.nodes[child].1;
            let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            (name, TreeNode { of, index: child, path })
        }))
    }
}
