//! What a pipeline becomes: its roles, its stores, its scaffold stacks, its event rules, and the declaration itself.
//!
//! ```text
//!                   ┌ roles   who performs what, in which scaffold stack, the pipeline's own or its group's
//! Resolved ─▶ plan ─┼ stores  a bucket for each region, a key where artifacts cross accounts; who may do what with them
//!                   ├ events  what starts the pipeline, forwarded from other accounts
//!                   └ declaration
//! ```

mod access;
mod declaration;
mod events;
mod roles;
mod scaffold;
mod stores;
mod told;

use std::sync::Arc;

use construct_core::{
    Attr, CfnResource, Claim, Env, Expr, Lower, LowerCx, NodeId, Nothing, PlanCx, Properties, Resources, Tagging,
    Uniqueness,
};
use construct_iam::contract::{AsksOwners, ImportContract};

use crate::access::TOLD;
use crate::pipeline::Pipeline;
use crate::proof::{AccessProof, ActionLines};
use crate::provider::{Site, Sites};
use crate::quota;
use crate::resolve::{self, Resolved};
use scaffold::Scaffold;

const TYPE: &str = "AWS::CodePipeline::Pipeline";

/// A planned pipeline: nothing about it is undecided.
#[derive(Debug)]
struct PlannedPipeline {
    name: String,
    declaration: Arc<Properties>,
    /// What the proof is told of its actions.
    told: Option<Expr>,
    after: Vec<NodeId>,
}

/// Plans a pipeline with everything it needs.
pub(crate) fn plan(pipeline: &Pipeline, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
    let Some(home) = cx.env() else { return Box::new(Nothing) };
    let claim = Claim::new(Uniqueness::Environment, &pipeline.name);
    if !cx.claim(TYPE, &claim) {
        // All that would be made for it is named like what the other pipeline of this name makes.
        return Box::new(Nothing);
    }
    cx.check_assembly(AccessProof);
    cx.attach(cx.here(), ActionLines::of(pipeline));
    if !pipeline.without_contract {
        cx.document(ImportContract);
    }
    let root = cx.view().root();
    let asks = AsksOwners(!pipeline.without_contract);
    if !cx.view().any_fact(root, |one: &AsksOwners| *one == asks) {
        cx.attach(root, asks);
    }
    quota::ask(cx);
    // Everything that planning adds is new, so what the tree said before still holds while it is changed: the part of it
    // that matters is read first.
    let mut known = resolve::known(pipeline, home, cx.view(), cx.here());
    let resolved = Resolved::new(pipeline, &known, home, cx.view(), cx.here());
    let regions = crate::flow::regions(&resolved);
    let keys = stores::keys_needed(&resolved, &regions);
    let triggers = events::triggers(&resolved);
    let following = roles::following(&resolved);
    let membership = resolved.membership;

    let mut scaffold = Scaffold::new(pipeline, home, membership, cx);
    let roles = roles::make(pipeline, &mut known, &following, &mut scaffold, cx);
    let stores = stores::make(pipeline, &regions, &keys, &mut scaffold, cx);
    access::grant(&roles, &stores, pipeline, home, &scaffold, cx);
    events::make(pipeline, triggers, home, &mut scaffold, cx);
    let mut sites = Sites::default();
    for (((stage, action), performer), known) in pipeline.actions().zip(&roles.performers).zip(&known) {
        action.provider.prepare(*performer, &mut cx.scope());
        action.provider.equip(&mut Site {
            scope: cx.scope(),
            sites: &mut sites,
            env: known.env,
            home,
            performer: *performer,
            pipeline: &pipeline.name,
            stage: &stage.name,
            action: &action.name,
        });
    }

    let told = told::told(pipeline, &known, cx);
    let declaration = Arc::new(declaration::declare(pipeline, &roles, &stores, home, known));
    let after = scaffold.made().chain(roles.needed()).chain(stores.needed()).chain(sites.made()).collect();
    Box::new(PlannedPipeline { name: pipeline.name.clone(), declaration, told, after })
}

impl Lower for PlannedPipeline {
    fn lower(&self, _: &LowerCx<'_>, out: &mut Resources) {
        let mut resource = CfnResource::new(TYPE, Arc::clone(&self.declaration)).tagging(Tagging::List);
        if let Some(told) = &self.told {
            resource = resource.metadata(TOLD, told.clone());
        }
        // A pipeline runs as soon as it exists, so whatever a run needs must exist before.
        out.add(self.after.iter().fold(resource, |resource, &node| resource.depends_on(node)));
    }

    fn physical(&self, attr: &Attr, _: Env) -> Option<Expr> {
        (*attr == Attr::Ref).then(|| self.name.clone().into())
    }
}
