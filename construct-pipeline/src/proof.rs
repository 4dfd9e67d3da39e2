//! The proof at synthesis: what was written is what is proved.

use std::collections::BTreeMap;

use construct_core::{App, Assembly, AssemblyCheck, Caller, CheckCx, Diagnostic, Fact, Reach, View};
use serde_json::Value as Json;

use crate::access::{Outside, Subject, unproved};
use crate::contract::Contract;
use crate::pipeline::Pipeline;

/// What comes of an access that a pipeline needs and the emitted policies deny.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// app.access(AccessCheck::Warn);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessCheck {
    /// It stops the synthesis.
    #[default]
    Deny,
    /// It is a warning.
    Warn,
    /// Nobody looks.
    Off,
}

impl Fact for AccessCheck {
    const NAME: &'static str = "access check";
    const REACH: Reach = Reach::Subtree;
    const MUST_BE_READ: bool = false;

    fn contradicts(&self, other: &Self) -> Option<&'static str> {
        (self != other).then_some("access::contradiction")
    }
}

/// Sets how the accesses of an app's pipelines are checked.
pub trait AppAccess {
    /// Every synthesis proves that the pipelines are allowed what they need and that what must stay out stays out. What
    /// comes of a hole is decided here for the whole app.
    fn access(&mut self, check: AccessCheck) -> &mut Self;
}

impl AppAccess for App {
    #[track_caller]
    fn access(&mut self, check: AccessCheck) -> &mut Self {
        self.attach(self.root(), check);
        self
    }
}

const WHERE_CALLS_ARE_ALLOWED: &str = "in the program, `CustomAction` and `Commands` are allowed it with `.permission(…)`, and a provider of your own in its `permissions`";

/// Proves the accesses of all pipelines of an assembly.
#[derive(Debug)]
pub(crate) struct AccessProof;

impl AssemblyCheck for AccessProof {
    fn check(&self, cx: &mut CheckCx<'_>) {
        let check = cx.view().facts_of::<AccessCheck>(cx.root()).next().copied().unwrap_or_default();
        if check == AccessCheck::Off {
            return;
        }
        // That the owners keep the contract is taken for granted; that it says all they must allow is proved.
        let outside = Contract::of(cx.assembly()).as_ref().map(Outside::from).unwrap_or_default();
        let report = unproved(cx, &outside);
        let mut paths = Paths { view: cx.view(), assembly: cx.assembly(), templates: BTreeMap::new() };
        // What depends on things outside of the app is no mistake of the program; `synth check` lists it.
        let findings = report.placed_findings().into_iter().filter(|(_, finding)| finding.code() != "access::assumed");
        let placed = |(about, finding): (Subject, Diagnostic)| {
            let path = paths.of(&about);
            let line = path.as_ref().and_then(|path| line_of(cx.view(), path, about.action?));
            let finding = match line {
                Some(line) => finding.at(line),
                None => finding,
            };
            // The repair is told in the words of the template.
            let is_denied = about.is_call && finding.code() == "access::denied";
            (path, if is_denied { finding.note(WHERE_CALLS_ARE_ALLOWED, None) } else { finding })
        };
        let findings: Vec<(Option<String>, Diagnostic)> = findings.map(placed).collect();
        cx.leave(report);
        for (path, finding) in findings {
            let path = path.unwrap_or_else(|| finding.path().to_owned());
            let finding = finding.on(path.clone());
            cx.report(&path, if check == AccessCheck::Warn { finding.into_warning() } else { finding });
        }
    }
}

/// The lines of the program that make the actions of a pipeline, and behind them the rules of its conditions, in the
/// order of its declaration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ActionLines(Box<[Caller]>);

impl ActionLines {
    pub(crate) fn of(pipeline: &Pipeline) -> Self {
        let rules = pipeline.rules().map(|(_, rule)| rule.location);
        Self(pipeline.actions().map(|(_, action)| action.location).chain(rules).collect())
    }
}

impl Fact for ActionLines {
    const NAME: &'static str = "lines of actions";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
}

/// The line that makes an action, by its place in the pipeline at a path.
fn line_of(view: View<'_>, pipeline: &str, action: usize) -> Option<Caller> {
    let lines = view.facts_of::<ActionLines>(view.at_path(pipeline)?).next()?;
    lines.0.get(action).copied()
}

/// The construct paths of what findings are about.
struct Paths<'a> {
    view: View<'a>,
    assembly: &'a Assembly,
    /// Those that were looked into, by the place of their stack.
    templates: BTreeMap<usize, Json>,
}

impl Paths<'_> {
    /// The path of the resource, else of its stack.
    fn of(&mut self, about: &Subject) -> Option<String> {
        let place = about.template?;
        let stack = self.assembly.stacks().get(place)?;
        let template = self.templates.entry(place).or_insert_with(|| stack.template_json().unwrap_or_default());
        let path = |resource: &Json| resource["Metadata"]["aws:cdk:path"].as_str().map(str::to_owned);
        let of_resource = about.logical_id.as_ref().and_then(|id| path(&template["Resources"][id]));
        of_resource.or_else(|| {
            let mut nodes =
                template["Resources"].as_object()?.values().filter_map(|one| self.view.at_path(&path(one)?));
            let stack = nodes.find_map(|node| self.view.stack_of(node))?;
            Some(self.view.path_of(stack).to_owned())
        })
    }
}
