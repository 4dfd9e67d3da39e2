//! Scaffold stacks: one for each environment beside home that needs something, made when the first thing needs it.

use std::collections::BTreeMap;

use construct_core::{Env, NodeId, PlanCx, Scope, StackProps, StackRef};

use crate::names;

#[derive(Debug)]
pub(super) struct Scaffold<'a> {
    pipeline: &'a str,
    home: Env,
    stacks: BTreeMap<Env, StackRef>,
}

impl<'a> Scaffold<'a> {
    pub(super) fn new(pipeline: &'a str, home: Env) -> Self {
        Self { pipeline, home, stacks: BTreeMap::new() }
    }

    /// The scope in which things of an environment are made: the pipeline's own at home, else that of the scaffold stack.
    pub(super) fn scope<'c>(&mut self, env: Env, cx: &'c mut PlanCx<'_>) -> Scope<'c> {
        if env == self.home {
            return cx.scope();
        }
        let stack = *self.stacks.entry(env).or_insert_with(|| {
            let name = names::scaffold_stack(self.pipeline, env);
            let description = format!("What pipeline {} of {} needs in {}", self.pipeline, self.home, env);
            cx.stack(&name, StackProps::new(env).stack_name(name.clone()).description(description).names_only())
        });
        cx.scope_at(stack)
    }

    pub(super) fn stacks(&self) -> impl Iterator<Item = NodeId> {
        self.stacks.values().map(|stack| NodeId::from(*stack))
    }
}
