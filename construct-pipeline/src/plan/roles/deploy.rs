//! The roles that are handed over to a service, such as CloudFormation, which then works with them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use construct_core::{Caller, Diagnostic, Env, NodeId};
use construct_iam::{DerivedName, ManagedPolicy, PolicyDocument, PolicyStatement, Role, RoleRef};

use super::maker::{Maker, Named, service_trust};
use crate::names::RoleKind;
use crate::provider::PassedRole;

/// Deployment roles: one an environment, whatever the actions that pass it.
#[derive(Debug, Default)]
pub(super) struct DeployRoles<'k> {
    /// Each with the service it was made for, the line of the first action that passes it, and whether it may do anything.
    made: BTreeMap<Env, (RoleRef, &'k Cow<'static, str>, Caller, bool)>,
    trusts: BTreeMap<&'k Cow<'static, str>, PolicyStatement>,
    /// What is said of the roles that one service is handed, which differs in little.
    passing: BTreeMap<&'k Cow<'static, str>, PolicyStatement>,
}

impl<'k> DeployRoles<'k> {
    pub(super) fn role(
        &mut self,
        passed: &'k PassedRole,
        env: Env,
        action: Named<'_>,
        maker: &mut Maker<'_, '_, '_>,
    ) -> RoleRef {
        if let Some(given) = &passed.given {
            let role = maker.given(given);
            let purpose = || format!("hands this role over to `{}`", passed.service).into();
            maker.grant(role, service_trust(passed.service.clone()), action, purpose);
            return role;
        }
        let service = &passed.service;
        let trust = self.trusts.entry(service).or_insert_with(|| service_trust(service.clone()));
        let (role, made_for, _, permitted) = self.made.entry(env).or_insert_with(|| {
            let role = Role::trusting(PolicyDocument::new().with(trust.clone()));
            let role = maker.named(role, RoleKind::Deploy, env);
            let role = maker.scaffold.scope(env, maker.cx).add("DeployRole", role);
            maker.cx.attach(role, DerivedName);
            (role, service, action.1.location, false)
        });
        let role = *role;
        if *made_for != service {
            maker.cx.attach(role, trust.clone());
        }
        *permitted |= !passed.permissions.is_empty() || !passed.managed_policies.is_empty();
        for statement in &passed.permissions {
            maker.cx.attach(role, statement.clone());
        }
        for policy in &passed.managed_policies {
            maker.cx.attach(role, ManagedPolicy::new(policy));
        }
        role
    }

    /// Lets the role that performs an action hand over the role that it passes on.
    pub(super) fn hand_over(
        &mut self,
        passed: &'k PassedRole,
        role: RoleRef,
        performer: RoleRef,
        action: Named<'_>,
        maker: &mut Maker<'_, '_, '_>,
    ) {
        let service = &passed.service;
        let pass = self.passing.entry(service).or_insert_with(|| {
            let pass = PolicyStatement::allow(["iam:PassRole"]);
            pass.condition("StringEquals", "iam:PassedToService", [service.clone()])
        });
        let pass = pass.clone().on([role.arn()]);
        maker.grant(performer, pass, action, || format!("hands a role over to `{service}`").into());
    }

    pub(super) fn finish(&self, maker: &mut Maker<'_, '_, '_>) {
        for (env, (.., at, permitted)) in &self.made {
            if !permitted {
                maker.cx.report(
                    Diagnostic::warning(
                        "deploy::no-permissions",
                        format!("the deployment role in {env} may do nothing, so CloudFormation can deploy nothing with it"),
                    )
                    .at(at)
                    .help("say what the template needs with `.allow(PolicyStatement::allow([…]).on([…]))`, or give a `.deployment_role(…)`"),
                );
            }
        }
    }

    pub(super) fn at_home(&self, home: Option<Env>) -> impl Iterator<Item = NodeId> {
        self.made.iter().filter(move |(env, _)| Some(**env) == home).map(|(_, (role, ..))| NodeId::from(*role))
    }
}
