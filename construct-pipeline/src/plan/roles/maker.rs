//! Places roles, and gives them what actions need: each permission with its reason.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Env, NodeId, PlanCx, Value, kind};
use construct_iam::contract::Asked;
use construct_iam::{DerivedName, PolicyDocument, PolicyStatement, Principal, Role, RoleRef, ServiceRole};

use crate::action::Action;
use crate::asked;
use crate::names::RoleKind;
use crate::pipeline::Pipeline;
use crate::plan::scaffold::Scaffold;
use crate::provider::GivenRole;
use crate::resolve::action_words;
use crate::stage::Stage;

const CODEPIPELINE: &str = "codepipeline.amazonaws.com";

/// An action with its stage.
pub(super) type Named<'a> = (&'a Stage, &'a Action);

pub(super) fn words((stage, action): Named<'_>) -> String {
    action_words(stage, action)
}

/// Places the roles of one pipeline.
pub(super) struct Maker<'m, 's, 'c> {
    pub(super) pipeline: &'m Pipeline,
    pub(super) cx: &'m mut PlanCx<'c>,
    pub(super) scaffold: &'m mut Scaffold<'s>,
    /// Imported roles are placed once, however many actions name them.
    imported: BTreeMap<Value<kind::Arn>, RoleRef>,
    /// Roles of the app that the pipeline was given.
    pub(super) placed: BTreeSet<NodeId>,
    /// Workers whose role nobody says, each with an action of theirs.
    pub(super) roleless: Vec<(NodeId, Named<'m>)>,
}

impl<'m, 's, 'c> Maker<'m, 's, 'c> {
    pub(super) fn new(pipeline: &'m Pipeline, scaffold: &'m mut Scaffold<'s>, cx: &'m mut PlanCx<'c>) -> Self {
        let (imported, placed) = (BTreeMap::new(), BTreeSet::new());
        Self { pipeline, cx, scaffold, imported, placed, roleless: Vec::new() }
    }

    /// Where the pipeline is.
    pub(super) fn home(&self) -> Env {
        self.cx.env().expect("a pipeline is planned in a stack")
    }

    pub(super) fn pipeline_role(&mut self) -> RoleRef {
        match &self.pipeline.role {
            Some(given) => {
                let role = self.given(given);
                let name = &self.pipeline.name;
                asked::grant(role, service_trust(CODEPIPELINE), self.cx, |trust| {
                    Asked::new(trust, "is run by CodePipeline with this role").by_pipeline(name)
                });
                role
            }
            None => {
                let role = Role::new(Principal::service(CODEPIPELINE));
                let role = self.named(role, RoleKind::Pipeline, self.home());
                self.cx.scope().add("Role", role)
            }
        }
    }

    /// Lets the pipeline's role alone assume a role: the account by itself would let in everybody there who may assume
    /// roles at all.
    pub(super) fn trust(&self, pipeline_role: RoleRef) -> PolicyStatement {
        let trust = PolicyStatement::allow(["sts:AssumeRole"]).principal(Principal::account(self.home()));
        trust.condition("ArnEquals", "aws:PrincipalArn", [pipeline_role.arn()])
    }

    /// Lets a role do what an action needs.
    pub(super) fn grant(
        &mut self,
        role: RoleRef,
        statement: PolicyStatement,
        action: Named<'_>,
        purpose: impl FnOnce() -> Cow<'static, str>,
    ) {
        let pipeline = self.pipeline;
        asked::grant(role, statement, self.cx, |statement| because(pipeline, action, statement, purpose()));
    }

    /// The role for all actions of an environment in another account.
    pub(super) fn action_role(&mut self, env: Env, writes: bool, trust: &PolicyStatement) -> RoleRef {
        // The shared policies of a group tell its roles by their names.
        let is_writer = writes && self.scaffold.membership().is_some();
        let kind = if is_writer { RoleKind::Writer } else { RoleKind::Action };
        let role = self.named(Role::trusting(PolicyDocument::new().with(trust.clone())), kind, env);
        let role = self.scaffold.scope(env, self.cx).add("ActionRole", role);
        self.cx.attach(role, DerivedName);
        role
    }

    /// The role with which a construct works in the place of an action, if somebody says which; it may follow the
    /// references among the inputs of the action.
    pub(super) fn worker(
        &mut self,
        construct: NodeId,
        following: Option<&Vec<PolicyStatement>>,
        action: Named<'m>,
    ) -> Option<RoleRef> {
        // A handle of another app is a finding already.
        if !self.cx.view().owns(construct) {
            return None;
        }
        let Some(role) = self.cx.view().facts_of::<ServiceRole>(construct).next().map(|role| role.0) else {
            self.roleless.push((construct, action));
            return None;
        };
        for statement in following.into_iter().flatten() {
            self.grant(role, statement.clone(), action, || "follows the references among its inputs".into());
        }
        Some(role)
    }

    pub(super) fn named(&self, role: Role, kind: RoleKind, env: Env) -> Role {
        self.scaffold.named_role(role, kind, env)
    }

    pub(super) fn given(&mut self, role: &GivenRole) -> RoleRef {
        match role {
            GivenRole::Placed(role) => {
                let view = self.cx.view();
                // A handle of another app is a finding already.
                if view.owns(*role) && view.imports(*role).is_none() {
                    self.placed.insert((*role).into());
                }
                *role
            }
            GivenRole::Imported(role) => {
                let n = self.imported.len();
                let cx = &mut *self.cx;
                *self
                    .imported
                    .entry(role.arn().clone())
                    .or_insert_with(|| cx.scope().add(format!("ImportedRole{n}"), role.clone()))
            }
        }
    }
}

/// Why an action needs something.
pub(super) fn because(
    pipeline: &Pipeline,
    action: Named<'_>,
    statement: &PolicyStatement,
    purpose: Cow<'static, str>,
) -> Asked {
    Asked::new(statement, purpose).by_pipeline(&pipeline.name).in_actions([words(action)])
}

pub(super) fn take_on(roles: impl IntoIterator<Item = RoleRef>) -> PolicyStatement {
    PolicyStatement::allow(["sts:AssumeRole"]).on(roles.into_iter().map(RoleRef::arn))
}

/// Lets a service work with a role.
pub(super) fn service_trust(service: impl Into<Cow<'static, str>>) -> PolicyStatement {
    PolicyStatement::allow(["sts:AssumeRole"]).principal(Principal::service(service))
}
