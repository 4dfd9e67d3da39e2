//! Scaffold stacks: one for each environment beside home that needs something, made when the first thing needs it.
//! Those of a group are made by the first of its pipelines that needs them, below the group.

use std::collections::BTreeMap;

use construct_core::{Env, NodeId, Output, Parameter, ParameterRef, PlanCx, Scope, StackProps, StackRef};
use construct_iam::{Role, RoleRef};

use crate::aws::KeyRef;
use crate::group::{Member, Membership, Shared, role_name};
use crate::names::group::RoleStack;
use crate::names::{self, RoleKind};
use crate::pipeline::Pipeline;
use crate::store::{ArtifactStore, StoreRef};

#[derive(Debug)]
pub(super) struct Scaffold<'a> {
    pipeline: &'a Pipeline,
    /// The path of its roles in the stacks of a group.
    role_path: String,
    home: Env,
    membership: Option<Membership>,
    /// The pipeline's own stacks; in a group, its scopes in the stacks of the group.
    made: BTreeMap<Env, NodeId>,
    /// The stacks of the group.
    stacks: BTreeMap<(Env, RoleStack), StackRef>,
    /// The stores of the group.
    stores: BTreeMap<Env, StoreRef>,
}

impl<'a> Scaffold<'a> {
    pub(super) fn new(pipeline: &'a Pipeline, home: Env, membership: Option<Membership>, cx: &mut PlanCx<'_>) -> Self {
        let role_path = pipeline.path_of_roles(cx.view(), cx.here(), membership.as_ref()).to_owned();
        let (mut stacks, mut stores) = (BTreeMap::new(), BTreeMap::new());
        if let Some(Membership { handle, .. }) = &membership {
            let path = cx.view().path_of(cx.here()).to_owned();
            let member = Member { pipeline: pipeline.name.clone(), path, location: cx.location() };
            cx.attach(*handle, member);
            stores.insert(home, handle.store());
            for part in cx.view().facts_of::<Shared>(handle.parts()) {
                match *part {
                    Shared::Stack(env, which, stack) => drop(stacks.insert((env, which), stack)),
                    Shared::Store(env, store) => drop(stores.insert(env, store)),
                    Shared::Key(..) => {}
                }
            }
        }
        Self { pipeline, role_path, home, membership, made: BTreeMap::new(), stacks, stores }
    }

    pub(super) fn membership(&self) -> Option<&Membership> {
        self.membership.as_ref()
    }

    /// A role of an environment, with its name and path.
    pub(super) fn named_role(&self, role: Role, kind: RoleKind, env: Env) -> Role {
        match self.membership().filter(|_| env != self.home) {
            None => self.pipeline.named_role(role, kind, env),
            Some(membership) => {
                let name = role_name(&self.pipeline.name, Some(membership), kind, env);
                role.role_name(name).path(self.role_path.clone())
            }
        }
    }

    /// The scope in which things of an environment are made: the pipeline's own at home, else one in a scaffold stack.
    pub(super) fn scope<'c>(&mut self, env: Env, cx: &'c mut PlanCx<'_>) -> Scope<'c> {
        if env == self.home {
            return cx.scope();
        }
        let node = match self.made.get(&env) {
            Some(node) => *node,
            None => {
                let role_stack = |membership: &Membership| membership.role_stack(&self.pipeline.name, env);
                let which = self.membership().map_or(RoleStack::Scaffold, role_stack);
                let node = match self.shared_place(env, which, cx) {
                    Some(place) => self.member_scope(place, cx),
                    None => self.own_stack(env, cx),
                };
                self.made.insert(env, node);
                node
            }
        };
        cx.scope_at(node)
    }

    fn own_stack(&self, env: Env, cx: &mut PlanCx<'_>) -> NodeId {
        let name = names::scaffold_stack(&self.pipeline.name, env);
        let [(account, region), (to_account, to_region)] =
            [&self.home, &env].map(|env| (env.account.as_str(), env.region.as_str()));
        let name_of = &*self.pipeline.name;
        let description =
            ["What pipeline ", name_of, " of ", account, "/", region, " needs in ", to_account, "/", to_region]
                .concat();
        let props = StackProps::new(env).stack_name(name.clone()).description(description).names_only();
        cx.stack(&name, props).into()
    }

    fn member_scope(&self, place: NodeId, cx: &mut PlanCx<'_>) -> NodeId {
        let node = cx.scope_at(place).group(names::group::member(&self.pipeline.name, self.home)).here();
        cx.adopt(node);
        node
    }

    /// Where the things of an environment stand in the group: at home with the group itself, else in a stack of the group.
    fn shared_place(&mut self, env: Env, which: RoleStack, cx: &mut PlanCx<'_>) -> Option<NodeId> {
        let membership = self.membership.as_ref()?;
        if env == self.home {
            return Some(membership.handle.into());
        }
        if let Some(stack) = self.stacks.get(&(env, which)) {
            return Some((*stack).into());
        }
        let name = membership.stack_name(env, which);
        let group = &membership.group.name;
        let description = format!("What the pipelines of group {group} of {} need in {env}", self.home);
        let props = StackProps::new(env).stack_name(name.clone()).description(description).names_only().when_full(
            "spread the roles over more stacks with `.role_stacks(…)`, or put further pipelines into another group",
        );
        let stack = cx.stack_at(membership.handle, &name, props);
        cx.attach(membership.handle.parts(), Shared::Stack(env, which, stack));
        self.stacks.insert((env, which), stack);
        Some(stack.into())
    }

    /// The store of the group in a region, made when the first pipeline needs it; none if there is no group.
    pub(super) fn shared_store(&mut self, env: Env, cx: &mut PlanCx<'_>) -> Option<StoreRef> {
        if let Some(store) = self.stores.get(&env) {
            return Some(*store);
        }
        let place = self.shared_place(env, RoleStack::Scaffold, cx)?;
        let Membership { handle, group, .. } = self.membership.as_ref()?;
        let store = ArtifactStore::of_group(&group.name, Some(self.home)).settings(group.settings.clone());
        let store = cx.scope_at(place).add("Store", store);
        cx.attach(handle.parts(), Shared::Store(env, store));
        self.stores.insert(env, store);
        Some(store)
    }

    /// The key of the group's store in a region, by its own ARN: an output beside the store, and a parameter of the
    /// pipeline's stack, each made once for all pipelines that want it.
    pub(super) fn shared_key(&mut self, env: Env, key: KeyRef, cx: &mut PlanCx<'_>) -> Option<ParameterRef> {
        let place = self.shared_place(env, RoleStack::Scaffold, cx)?;
        let Membership { handle, group, .. } = self.membership.as_ref()?;
        let stack = cx.view().stack_of(cx.here())?;
        let id = names::group::replica_key_parameter(&group.name, self.home, env);
        let known: Vec<Shared> = cx.view().facts_of::<Shared>(handle.parts()).copied().collect();
        for part in &known {
            if let Shared::Key(region, of, parameter) = *part
                && (region, of) == (env, stack)
            {
                return Some(parameter);
            }
        }
        if !known.iter().any(|part| matches!(part, Shared::Key(region, ..) if *region == env)) {
            cx.scope_at(place).add("KeyArn", key_output(&id, key));
        }
        let parameter = cx.scope().add(format!("ReplicaKeyArn-{}", env.region), key_parameter(&id, env));
        cx.attach(handle.parts(), Shared::Key(env, stack, parameter));
        Some(parameter)
    }

    /// Whether a role stands in a stack of the group.
    pub(super) fn has_made(&self, role: RoleRef, cx: &PlanCx<'_>) -> bool {
        let stack = cx.view().stack_of(role);
        self.stacks.values().any(|shared| Some(*shared) == stack)
    }

    /// What was made for the pipeline in scaffold stacks: its own stacks, or its places in those of its group.
    pub(super) fn made(&self) -> impl Iterator<Item = NodeId> {
        self.made.values().copied()
    }
}

/// The output that tells the ARN of a key to whoever deploys, for the parameter of the same name.
pub(super) fn key_output(id: &str, key: KeyRef) -> Output {
    let description = "The ARN of the replica key, for the parameter of the same name of the pipeline's stack";
    Output::new(key.arn()).logical_id(id).description(description)
}

/// The parameter that takes what the output of the same name tells.
pub(super) fn key_parameter(id: &str, env: Env) -> Parameter {
    Parameter::new("String")
        .logical_id(id)
        .description(format!("The output {id} of the scaffold stack in {}", env.region))
        .allowed_pattern("arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+")
}
