//! Where an action runs, for what its provider adds there.

use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Env, NodeId, Scope, StackProps};
use construct_iam::RoleRef;

use crate::names;

/// The account and region in which an action runs, where its provider may [add](crate::Provider::equip) what it needs.
///
/// ```
/// use construct_pipeline::prelude::*;
/// /// The log group of all scans of a pipeline, one in each account and region.
/// fn equip(site: &mut Site<'_>) {
///     let name = format!("/scans/{}", site.pipeline());
///     if let Some(mut logs) = site.scope("Logs") {
///         logs.add("Group", RawResource::new("AWS::Logs::LogGroup").property("LogGroupName", name));
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Site<'a> {
    /// That of the pipeline.
    pub(crate) scope: Scope<'a>,
    pub(crate) sites: &'a mut Sites,
    pub(crate) env: Env,
    pub(crate) home: Env,
    pub(crate) performer: Option<RoleRef>,
    pub(crate) pipeline: &'a str,
    pub(crate) stage: &'a str,
    pub(crate) action: &'a str,
}

/// What providers of one pipeline added, wherever its actions run.
#[derive(Debug, Default)]
pub(crate) struct Sites {
    made: BTreeMap<Env, NodeId>,
    taken: BTreeSet<(Env, String)>,
}

impl Sites {
    /// The places where something was added.
    pub(crate) fn made(&self) -> impl Iterator<Item = NodeId> {
        self.made.values().copied()
    }
}

impl Site<'_> {
    /// The account and region in which the action runs.
    #[must_use]
    pub fn env(&self) -> Env {
        self.env
    }

    /// The pipeline's name.
    #[must_use]
    pub fn pipeline(&self) -> &str {
        self.pipeline
    }

    /// The stage's name.
    #[must_use]
    pub fn stage(&self) -> &str {
        self.stage
    }

    /// The action's name.
    #[must_use]
    pub fn action(&self) -> &str {
        self.action
    }

    /// The role that performs the action; none if somebody else does.
    #[must_use]
    pub fn performer(&self) -> Option<RoleRef> {
        self.performer
    }

    /// A scope of this id where the action runs, unless an action of the pipeline that runs there has had it already: with
    /// the same id what all of them need is added once, and with the name of the stage and the action in it, for each.
    ///
    /// At home it is in the pipeline's stack, and elsewhere in a stack of the pipeline's for that account and region
    /// ([`names::actions_stack`](crate::names::actions_stack)), which is there as soon as something is added. The pipeline
    /// comes after all that is. Names alone couple that stack to others, so refer to what is in it by a name that you give it.
    pub fn scope(&mut self, id: impl AsRef<str>) -> Option<Scope<'_>> {
        let Self { scope, sites, env, home, pipeline, .. } = self;
        let id = id.as_ref();
        if !sites.taken.insert((*env, id.to_owned())) {
            return None;
        }
        let place = *sites.made.entry(*env).or_insert_with(|| {
            if env == home {
                return scope.group("Actions").here();
            }
            let name = names::actions_stack(pipeline, *env);
            let description = format!("What the actions of pipeline {pipeline} of {home} need in {env}");
            scope
                .add_stack(&name, StackProps::new(*env).stack_name(&*name).description(description).names_only())
                .into()
        });
        let place = scope.at(place).group(id).here();
        Some(scope.at(place))
    }
}
