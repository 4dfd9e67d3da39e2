//! Runs the checks that constructs asked for on the finished assembly, and measures it: what was written is what is checked.
//!
//! Codes: those of [`quota`](crate::quota).

use crate::assembly::{Assembly, StackArtifact};
use crate::construct::{CheckCx, Plan};
use crate::diagnostic::{Caller, Diagnostics};
use crate::json::{Json, Members};
use crate::parallel;
use crate::quota::{Gauge, INLINE_TEMPLATE, Measurements};

/// What the checks of a plan have to say about its assembly.
#[must_use]
pub fn check(plan: &Plan, assembly: &Assembly) -> Diagnostics {
    let templates = parallel::map(assembly.stacks().iter().collect(), read);
    let mut out = measure(plan, assembly, &templates);
    for check in plan.tree.checks.values() {
        check.check(&mut CheckCx { tree: &plan.tree, assembly, templates: &templates, out: &mut out });
    }
    out
}

/// Reads a template. Those of ours are JSON.
fn read(stack: &StackArtifact) -> Json<'_> {
    Json::read(&stack.template).unwrap_or(Json::Null)
}

/// Where a finding belongs that is about no resource.
struct Place<'a> {
    path: &'a str,
    location: Option<Caller>,
    /// What makes the template smaller, if whoever made the stack knows better.
    help: Option<&'a str>,
}

/// What is larger than a service takes, or nearly so.
fn measure(plan: &Plan, assembly: &Assembly, templates: &[Json<'_>]) -> Diagnostics {
    let (quotas, gauges) = (plan.tree.quotas(), plan.tree.gauges.values().copied().collect::<Vec<Gauge>>());
    let mut all = Measurements::new(quotas.clone(), gauges.iter().copied());
    let stacks = assembly.stacks().iter().zip(templates).collect();
    let measured = parallel::map(stacks, |(stack, json): (&StackArtifact, &Json<'_>)| {
        let mut of_stack = Measurements::new(quotas.clone(), gauges.iter().copied());
        of_stack.template(&stack.id, &stack.account, &stack.region, json, stack.template.len());
        (of_stack, place(plan, json))
    });
    let mut out = Diagnostics::new();
    let mut first = None;
    for (mut of_stack, place) in measured {
        first = first.or(place.location);
        for measure in of_stack.take() {
            let Some(mut finding) = measure.finding() else { continue };
            let is_size = measure.path.is_none() && finding.code() != INLINE_TEMPLATE.code;
            if let Some(help) = place.help.filter(|_| is_size) {
                finding = finding.help(help);
            }
            let node = measure.path.as_ref().and_then(|path| plan.tree.arena.at_path(path));
            let line = node.map(|node| plan.tree.node(node).location).or(place.location);
            out.push(finding.or_at(measure.path.as_deref().unwrap_or(place.path), line));
        }
        all.add(of_stack);
    }
    for finding in all.finish().iter().filter_map(crate::quota::Measure::finding) {
        out.push(finding.or_at("", first));
    }
    out
}

/// The stack that a template is of, by the path of any of its resources.
fn place<'a>(plan: &'a Plan, template: &Json<'_>) -> Place<'a> {
    let resources = template["Resources"].as_object().into_iter().flat_map(Members::values);
    let paths = resources.filter_map(|resource| resource["Metadata"]["aws:cdk:path"].as_str());
    let node = paths.filter_map(|path| plan.tree.arena.at_path(path)).find_map(|node| plan.tree.node(node).stack);
    match node {
        Some(stack) => {
            let help = plan.tree.stack_props(stack).and_then(|props| props.when_full.as_deref());
            let stack = plan.tree.node(stack);
            Place { path: &stack.path, location: Some(stack.location), help }
        }
        None => Place { path: "", location: None, help: None },
    }
}
