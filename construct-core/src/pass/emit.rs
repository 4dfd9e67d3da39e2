//! Writes ordered templates as an assembly, in memory.
//!
//! Codes: `template::not-inline`.

use std::borrow::Cow;
use std::mem::take;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use crate::assembly::{Assembly, INLINE_TEMPLATE_BYTES, StackArtifact};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::handle::NodeId;
use crate::parallel;
use crate::pass::document::Documents;
use crate::pass::lower::{LoweredStack, Section};
use crate::pass::order::Ordered;
use crate::quota::INLINE_TEMPLATE;
use crate::written::{compacted, yaml_bytes, yaml_bytes_at_most};

/// Emits an assembly, with findings about what the CDK CLI makes of it; pure, like every pass.
#[must_use]
pub fn emit(ordered: Ordered, documents: Documents) -> (Assembly, Diagnostics) {
    let Ordered { mut stacks, tree, forgotten } = ordered;
    let ids = artifact_ids(&stacks);
    // This thread frees meanwhile what it has planned, and afterwards what is left of the stacks.
    let lent = stacks.iter_mut().collect();
    let (made, _, ()) = parallel::map_beside(|| (), lent, |(), stack| artifact(stack, &ids), || drop(forgotten));
    drop(stacks);
    let (stacks, measured): (Vec<_>, Vec<_>) = made.into_iter().unzip();
    let mut findings: Diagnostics = measured.into_iter().flatten().collect();
    let mut assembly = Assembly::new(stacks, tree);
    documents.add_to(&mut assembly, &mut findings);
    (assembly, findings)
}

/// The CDK CLI sends templates as YAML, which may be longer. What the template is as JSON is measured when it is checked.
fn measure_yaml(stack: &LoweredStack, template: &str, findings: &mut Diagnostics) {
    // No line is more than twice as long as YAML as it is in our JSON, so a small template needs no counting.
    let may_be_long = INLINE_TEMPLATE_BYTES / 2..=INLINE_TEMPLATE_BYTES;
    if !may_be_long.contains(&template.len()) || yaml_bytes_at_most(template) <= INLINE_TEMPLATE_BYTES {
        return;
    }
    let as_yaml = yaml_bytes(template);
    if as_yaml <= INLINE_TEMPLATE_BYTES {
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
fn artifact_ids(stacks: &[LoweredStack]) -> HashMap<NodeId, String> {
    // The ids are the names of files too, and some disks do not tell the case of letters apart.
    let folded: Vec<String> = stacks.iter().map(|stack| stack.name.to_ascii_lowercase()).collect();
    let mut times: HashMap<&str, usize> = HashMap::with_capacity(stacks.len());
    folded.iter().for_each(|name| *times.entry(name).or_default() += 1);
    let mut taken: HashSet<Cow<'_, str>> = HashSet::with_capacity(stacks.len());
    let mut ids = HashMap::with_capacity(stacks.len());
    for (stack, folded) in stacks.iter().zip(&folded) {
        let env = stack.props.env;
        let (mut unique, mut folded) = match times[&**folded] {
            1 => (stack.name.clone(), Cow::Borrowed(&**folded)),
            _ => {
                let unique = format!("{}-{}-{}", stack.name, env.account, env.region);
                let folded = unique.to_ascii_lowercase();
                (unique, folded.into())
            }
        };
        // `x` in two places and a stack that is really named `x-111111111111-us-east-1`.
        while !taken.insert(folded.clone()) {
            unique.push('-');
            folded.to_mut().push('-');
        }
        ids.insert(stack.node, unique);
    }
    ids
}

fn artifact(stack: &mut LoweredStack, ids: &HashMap<NodeId, String>) -> (StackArtifact, Diagnostics) {
    let template = template(stack);
    let mut findings = Diagnostics::new();
    measure_yaml(stack, template.trim_end(), &mut findings);
    let id = ids[&stack.node].clone();
    let artifact = StackArtifact {
        template_file: format!("{id}.template.json"),
        id,
        stack_name: take(&mut stack.name),
        account: stack.props.env.account.to_string(),
        region: stack.props.env.region.to_string(),
        dependencies: stack.needs.keys().map(|needed| ids[needed].clone()).collect(),
        tags: take(&mut stack.tags),
        termination_protection: stack.props.termination_protection,
        assume_role_arn: stack.props.assume_role_arn.take(),
        execution_role_arn: stack.props.execution_role_arn.take(),
        template,
    };
    (artifact, findings)
}

/// The text of a template: readable as long as that fits inline, and compact beyond.
fn template(stack: &mut LoweredStack) -> String {
    let mut template = take(&mut stack.template);
    if !stack.outputs.is_empty() {
        let outputs = Section::of(&take(&mut stack.outputs)).finish();
        template.reserve_exact(outputs.len() + 32);
        template.push_str(",\n \"Outputs\": ");
        template.push_str(&outputs);
    }
    template.push_str("\n}\n");
    template.shrink_to_fit();
    if template.len() <= INLINE_TEMPLATE_BYTES { template } else { compacted(&template) }
}
