//! The declarations of actions.

use std::borrow::Cow;

use construct_core::spell::{Pen, Spell, Spelled};
use construct_core::{Env, Expr, Properties, Region};
use construct_iam::RoleRef;

use crate::action::Action;
use crate::artifact::Artifact;
use crate::known::Known;
use crate::provider::{Category, Owner};

const ROLE: &str = "RoleArn";

/// The actions of a stage.
#[derive(Debug)]
pub(super) struct DeclaredActions(pub(super) Vec<DeclaredAction>);

/// An action as its pipeline declares it, held as what the declaration is made of: those of all pipelines stand in
/// memory until their stacks are written, and as expressions they would take several times the room.
#[derive(Debug)]
pub(super) struct DeclaredAction {
    name: String,
    category: Category,
    owner: Owner,
    provider: Cow<'static, str>,
    version: Cow<'static, str>,
    configuration: Properties,
    inputs: Vec<Artifact>,
    outputs: Vec<Artifact>,
    region: Option<Region>,
    run_order: u32,
    namespace: Option<String>,
    timeout_minutes: Option<u32>,
    role: Option<RoleRef>,
    /// Properties that are not known here, or are said in other words.
    extra: Properties,
}

/// The declaration of an action, with the role that performs it, if it names one.
pub(super) fn declare(action: &Action, known: Known, role: Option<RoleRef>, home: Env) -> DeclaredAction {
    let Known { spec, env, configuration, .. } = known;
    // Sources, third-party and custom actions run in the pipeline's region and must not say so.
    let says_region = spec.owner == Owner::Aws && spec.category != Category::Source && env.region != home.region;
    DeclaredAction {
        name: action.name.clone(),
        category: spec.category,
        owner: spec.owner,
        provider: spec.provider,
        version: spec.version,
        configuration,
        inputs: spec.inputs,
        outputs: spec.outputs,
        region: says_region.then_some(env.region),
        run_order: action.run_order,
        namespace: action.namespace.clone(),
        timeout_minutes: action.timeout_minutes,
        role,
        extra: action.provider.siblings().into_iter().chain(action.extra.clone()).collect(),
    }
}

impl DeclaredAction {
    /// With all of its properties.
    fn extended(&self) -> Expr {
        let Expr::Map(known) = self.spelled_out() else { return Expr::Null };
        // The role stands behind the others, and nothing is said in its place.
        let known = known.into_iter().filter(|(key, _)| key != ROLE);
        let declaration: Properties = known.chain(self.extra.clone()).collect();
        declaration.opt(ROLE, self.role.map(|role| Expr::from(role.arn()).by_name())).into()
    }
}

impl Spell for DeclaredActions {
    fn spell(&self, pen: Pen<'_>) -> Spelled {
        pen.list(&self.0, |action, pen| match action.extra.is_empty() {
            true => action.spell(pen),
            false => pen.expr(&action.extended()),
        })
    }
}

impl Spell for DeclaredAction {
    fn spell(&self, pen: Pen<'_>) -> Spelled {
        let mut out = pen.map();
        out.entry("Name", |pen| pen.text(&self.name));
        out.entry("ActionTypeId", |pen| {
            let mut out = pen.map();
            out.entry("Category", |pen| pen.text(self.category.as_str()));
            out.entry("Owner", |pen| pen.text(self.owner.as_str()));
            out.entry("Provider", |pen| pen.text(&self.provider));
            out.entry("Version", |pen| pen.text(&self.version));
            out.end()
        });
        if !self.configuration.is_empty() {
            out.entry("Configuration", |pen| {
                let mut out = pen.map();
                self.configuration.iter().for_each(|(key, value)| out.entry(key, |pen| as_text(value, pen)));
                out.end()
            });
        }
        for (key, artifacts) in [("InputArtifacts", &self.inputs), ("OutputArtifacts", &self.outputs)] {
            if !artifacts.is_empty() {
                let files_too = key == "OutputArtifacts";
                out.entry(key, |pen| pen.list(artifacts, |one, pen| artifact(one, files_too, pen)));
            }
        }
        if let Some(region) = self.region {
            out.entry("Region", |pen| pen.text(region.as_str()));
        }
        out.entry("RunOrder", |pen| pen.expr(&self.run_order.into()));
        if let Some(namespace) = &self.namespace {
            out.entry("Namespace", |pen| pen.text(namespace));
        }
        if let Some(minutes) = self.timeout_minutes {
            out.entry("TimeoutInMinutes", |pen| pen.expr(&minutes.into()));
        }
        if let Some(role) = self.role {
            out.entry(ROLE, |pen| pen.by_name(&role.arn().into()));
        }
        out.end()
    }
}

fn artifact(artifact: &Artifact, with_files: bool, pen: Pen<'_>) -> Spelled {
    let mut out = pen.map();
    out.entry("Name", |pen| pen.text(artifact.name()));
    let files = artifact.exported_files();
    if with_files && !files.is_empty() {
        out.entry("Files", |pen| pen.list(files, |file, pen| pen.text(file)));
    }
    out.end()
}

/// Configuration values are text on the wire.
fn as_text(value: &Expr, pen: Pen<'_>) -> Spelled {
    match value {
        Expr::Bool(flag) => pen.text(&flag.to_string()),
        Expr::Int(int) => pen.text(&int.to_string()),
        Expr::Real(real) => pen.text(&real.0.to_string()),
        other => pen.expr(other),
    }
}
