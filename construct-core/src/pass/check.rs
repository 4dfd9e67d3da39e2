//! Runs the checks that constructs asked for on the finished assembly, and measures it: what was written is what is
//! checked.
//!
//! Codes: those of [`quota`](crate::quota).

use std::fmt;

use crate::assembly::{Assembly, StackArtifact};
use crate::construct::{CheckCx, Plan, Tree};
use crate::diagnostic::{Caller, Diagnostic, Diagnostics};
use crate::json::{Json, Members, Repeats, Source};
use crate::parallel;
use crate::quota::{Gauge, INLINE_TEMPLATE, Measure, Measurements, Quotas};

/// What came of the checks.
#[derive(Debug)]
pub struct Checked<'a> {
    /// What they have to say.
    pub findings: Diagnostics,
    /// What they left to be freed.
    pub(crate) left: Vec<Box<dyn fmt::Debug + 'a>>,
}

/// What the checks of a plan have to say about its assembly.
#[must_use]
pub fn check<'a>(plan: &'a Plan, assembly: &'a Assembly) -> Checked<'a> {
    let mut cx = CheckCx { tree: &plan.tree, assembly, measured: None, out: Diagnostics::new(), left: Vec::new() };
    for check in plan.tree.checks.values() {
        check.check(&mut cx);
    }
    if cx.measured.is_none() {
        cx.read(|| (), |(), _, _, _| ());
    }
    let mut findings = cx.measured.unwrap_or_default();
    findings.extend(cx.out);
    Checked { findings, left: cx.left }
}

impl<'a> CheckCx<'a> {
    /// Reads the templates of the assembly from the very text that is deployed, on every core, and gives what `look`
    /// makes of each, in the order of the stacks. A template takes more memory than its text, so it is better not kept.
    ///
    /// Each core has something `new` of its own, which serves for one template after the other; who has looked at which
    /// differs from run to run.
    pub fn read<W: Send, R: Send>(
        &mut self,
        new: impl Fn() -> W + Sync,
        look: impl Fn(&mut W, &'a StackArtifact, Json<'a>, &Source<'a>) -> R + Sync,
    ) -> (Vec<R>, Vec<W>) {
        // Whoever is first has them measured too, so that one reading serves both.
        let gauging = self.measured.is_none().then(|| Gauging::of(self.tree));
        let measurements = || gauging.as_ref().map(|gauging| (gauging, gauging.measurements()));
        let new = || (Repeats::default(), measurements(), new());
        let stacks = self.assembly.stacks().iter().collect();
        let (seen, readers) = parallel::map_with(new, stacks, |(repeats, gauging, own), stack: &'a StackArtifact| {
            // Templates of ours are JSON.
            let read = Source::read(&stack.template, repeats);
            let (json, source) = read.unwrap_or_else(|_| (Json::Null, Source::of(&stack.template)));
            let measured =
                gauging.as_mut().and_then(|(gauging, counted)| gauging.measure(counted, stack, &json, &source));
            (measured, look(own, stack, json, &source))
        });
        let (counted, own): (Vec<_>, Vec<_>) = readers.into_iter().map(|(_, gauging, own)| (gauging, own)).unzip();
        let counted = counted.into_iter().filter_map(|gauging| Some(gauging?.1)).collect();
        let (measured, looks): (Vec<_>, Vec<_>) = seen.into_iter().unzip();
        if let Some(gauging) = gauging {
            self.measured = Some(gauging.findings(self.assembly, measured.into_iter().flatten(), counted));
        }
        (looks, own)
    }
}

/// Where a finding belongs that is about no resource.
struct Place<'a> {
    path: &'a str,
    location: Option<Caller>,
    /// What makes the template smaller, if whoever made the stack knows better.
    help: Option<&'a str>,
}

/// Looks for what is larger than a service takes, or nearly so.
struct Gauging<'a> {
    tree: &'a Tree,
    quotas: Quotas,
    gauges: Vec<Gauge>,
}

impl<'a> Gauging<'a> {
    fn of(tree: &'a Tree) -> Self {
        Self { tree, quotas: tree.quotas(), gauges: tree.gauges.values().copied().collect() }
    }

    /// Of nothing yet. They count what they measure for whole accounts, too.
    fn measurements(&self) -> Measurements {
        Measurements::of_large(self.quotas.clone(), self.gauges.iter().copied())
    }

    fn measure(
        &self,
        counted: &mut Measurements,
        stack: &StackArtifact,
        template: &Json<'_>,
        source: &Source<'_>,
    ) -> Option<(Vec<Measure>, Place<'a>)> {
        counted.template(&stack.id, &stack.account, &stack.region, template, source);
        let measures = counted.take();
        (!measures.is_empty()).then(|| (measures, place(self.tree, template)))
    }

    /// What was measured of the templates, and what those who measured counted for whole accounts.
    fn findings(
        self,
        assembly: &Assembly,
        measured: impl Iterator<Item = (Vec<Measure>, Place<'a>)>,
        counted: Vec<Measurements>,
    ) -> Diagnostics {
        let mut out = Diagnostics::new();
        for (measures, place) in measured {
            for measure in measures {
                let Some(mut finding) = measure.finding() else { continue };
                let is_size = measure.path.is_none() && finding.code() != INLINE_TEMPLATE.code;
                if let Some(help) = place.help.filter(|_| is_size) {
                    finding = finding.help(help);
                }
                let node = measure.path.as_ref().and_then(|path| self.tree.arena.at_path(path));
                let line = node.map(|node| self.tree.node(node).location).or(place.location);
                out.push(finding.or_at(measure.path.as_deref().unwrap_or(place.path), line));
            }
        }
        let mut totals = Measurements::of_large(self.quotas, []);
        counted.into_iter().for_each(|measurements| totals.add(measurements));
        let large: Vec<Diagnostic> = totals.finish().iter().filter_map(Measure::finding).collect();
        if !large.is_empty() {
            // They are about many stacks, of which the first has to do.
            let templates = assembly.stacks().iter().filter_map(|stack| Json::read(&stack.template).ok());
            let first = templates.map(|template| place(self.tree, &template)).find_map(|place| place.location);
            out.extend(large.into_iter().map(|finding| finding.or_at("", first)));
        }
        out
    }
}

/// The stack that a template is of, by the path of any of its resources.
fn place<'a>(tree: &'a Tree, template: &Json<'_>) -> Place<'a> {
    let resources = template["Resources"].as_object().into_iter().flat_map(Members::values);
    let paths = resources.filter_map(|resource| resource["Metadata"]["aws:cdk:path"].as_str());
    let node = paths.filter_map(|path| tree.arena.at_path(path)).find_map(|node| tree.node(node).stack);
    match node {
        Some(stack) => {
            let help = tree.stack_props(stack).and_then(|props| props.when_full.as_deref());
            Place { path: tree.path(stack), location: Some(tree.node(stack).location), help }
        }
        None => Place { path: "", location: None, help: None },
    }
}
