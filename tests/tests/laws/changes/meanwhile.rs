//! What breaks of pipelines that stay as they are, while the stacks of the next version are deployed one by one.

use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Assembly, StackArtifact};
use construct_iam::access::Json as Read;
use construct_pipeline::access::template::{Template, Templates};
use construct_pipeline::access::{Outside, prove};
use serde_json::Value as Json;

use super::conflicts::{Place, place};

/// The pipelines of an assembly, each as it is written.
fn declared(assembly: &Assembly) -> BTreeMap<String, Json> {
    let pipelines = assembly.resources("AWS::CodePipeline::Pipeline").into_iter().map(|(_, pipeline)| pipeline);
    let named = |pipeline: Json| Some((pipeline["Properties"]["Name"].as_str()?.to_owned(), pipeline));
    pipelines.filter_map(named).collect()
}

/// What the pipelines that stay as they are may not do any more at some point: with the stacks in the order of the assembly,
/// and with those last that can be.
pub(super) fn broken(before: &Assembly, after: &Assembly) -> Vec<String> {
    let (old, new) = (declared(before), declared(after));
    let same = |(name, one): (&String, &Json)| (new.get(name) == Some(one)).then(|| name.clone());
    let stay: BTreeSet<String> = old.iter().filter_map(same).collect();
    if stay.is_empty() {
        return Vec::new();
    }
    let mut broken = holes(before, after, &stay, |_| 0);
    broken.extend(holes(before, after, &stay, |ready| ready - 1));
    broken
}

fn holes(before: &Assembly, after: &Assembly, stay: &BTreeSet<String>, pick: impl Fn(usize) -> usize) -> Vec<String> {
    let mut standing: BTreeMap<Place, &StackArtifact> =
        before.stacks().iter().map(|stack| (place(stack), stack)).collect();
    let is_new =
        |stack: &&StackArtifact| standing.get(&place(stack)).is_none_or(|standing| standing.template != stack.template);
    let mut waiting: Vec<&StackArtifact> = after.stacks().iter().filter(is_new).collect();
    let wanted: BTreeSet<Place> = after.stacks().iter().map(place).collect();
    let gone: Vec<Place> = standing.keys().filter(|stack| !wanted.contains(*stack)).cloned().collect();
    let mut holes = Vec::new();
    while !waiting.is_empty() {
        let waits = |stack: &StackArtifact| waiting.iter().any(|other| stack.dependencies.contains(&other.id));
        let ready: Vec<usize> = (0..waiting.len()).filter(|at| !waits(waiting[*at])).collect();
        let stack = waiting.remove(ready[pick(ready.len())]);
        standing.insert(place(stack), stack);
        holes.extend(holes_in(&standing, stay, &format!("with {}", stack.stack_name)));
    }
    for stack in gone {
        standing.remove(&stack);
        holes.extend(holes_in(&standing, stay, &format!("without {}", stack.2)));
    }
    holes
}

fn holes_in(standing: &BTreeMap<Place, &StackArtifact>, stay: &BTreeSet<String>, when: &str) -> Vec<String> {
    let mut templates = Templates::new();
    for stack in standing.values() {
        templates = templates.with(Template::of(stack, Read::read(&stack.template).expect("a template is JSON")));
    }
    let report = prove(&templates, &Outside::new());
    let holes = report.holes().filter(|hole| stay.contains(&hole.pipeline.name));
    holes.map(|hole| format!("{when}: {}", report.sentence(hole))).collect()
}
