//! The proof at synthesis: what was written is what is proved.

use std::collections::BTreeMap;

use construct_core::{App, Assembly, AssemblyCheck, CheckCx, Fact, Reach};
use serde_json::Value as Json;

use crate::access::unproved;
use crate::contract::Contract;

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
        let outside = Contract::of(cx.assembly()).map(|contract| contract.outside()).unwrap_or_default();
        let report = unproved(cx, &outside);
        let findings = report.findings();
        cx.leave(report);
        if findings.is_empty() {
            return;
        }
        let paths = pipeline_paths(cx.assembly());
        for finding in findings {
            // What depends on things outside of the app is no mistake of the program; `synth check` lists it.
            if finding.code() == "access::assumed" {
                continue;
            }
            let pipeline = finding.path().split('/').next().unwrap_or_default();
            let path = paths.get(pipeline).cloned().unwrap_or_else(|| finding.path().to_owned());
            let finding = finding.on(path.clone());
            cx.report(&path, if check == AccessCheck::Warn { finding.into_warning() } else { finding });
        }
    }
}

/// The construct paths of the pipelines, by name.
fn pipeline_paths(assembly: &Assembly) -> BTreeMap<String, String> {
    let mut paths = BTreeMap::new();
    for template in assembly.stacks().iter().filter_map(|stack| stack.template_json().ok()) {
        let resources = template["Resources"].as_object().into_iter().flat_map(|resources| resources.values());
        for resource in resources.filter(|resource| resource["Type"] == "AWS::CodePipeline::Pipeline") {
            let text = |json: &Json| json.as_str().map(str::to_owned);
            let path = text(&resource["Metadata"]["aws:cdk:path"]);
            if let (Some(name), Some(path)) = (text(&resource["Properties"]["Name"]), path) {
                paths.insert(name, path);
            }
        }
    }
    paths
}
