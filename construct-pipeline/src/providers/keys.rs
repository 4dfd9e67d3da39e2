//! Keys of what actions work with: who may use them, and whose owners have to let the roles in.

use construct_core::{Expr, NodeId, Scope, Value, View, kind, short_hash};
use construct_iam::contract::Asked;
use construct_iam::{Arn, ArnKind, PolicyStatement, Principal, RoleRef};

use crate::aws::{DefaultKey, Key, KeyAlias, KeyArn, via_service};

/// What a service does with a key in the name of a role.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyUse {
    pub(super) service: &'static str,
    pub(super) actions: &'static [&'static str],
    /// Why, for the owner of the key.
    pub(super) purpose: &'static str,
}

impl KeyUse {
    /// The permission for a key.
    pub(super) fn of(&self, key: &Value<kind::Arn>) -> PolicyStatement {
        let named = key.literal().and_then(|text| Arn::parse(text).ok());
        match named.filter(|arn| arn.resource().starts_with("alias/")) {
            Some(alias) => self.by_alias(alias.clone(), alias.resource()),
            None => PolicyStatement::allow(self.actions.iter().copied()).on([key]),
        }
    }

    /// The same for a key that is told by its alias, as KMS compares resources with the ARN of the key itself. Of the ARN,
    /// all but the resource counts. <https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html>
    fn by_alias(&self, arn: Arn, alias: &str) -> PolicyStatement {
        let allow = PolicyStatement::allow(self.actions.iter().copied()).on([arn.of("key/*")]);
        allow.condition("ForAnyValue:StringEquals", "kms:ResourceAliases", [alias.to_owned()])
    }

    /// The same for the key with which something of the app encrypts, as far as it can be known where nothing of its stack
    /// is.
    pub(super) fn of_default(&self, of: NodeId, view: View<'_>) -> Option<PolicyStatement> {
        let DefaultKey(key) = default_key(of, view)?;
        match key.expr() {
            Expr::Attr { of: key, .. } if view.imports(*key).is_none() => {
                let (KeyAlias(alias), env) = (view.facts_of::<KeyAlias>(*key).next()?, view.env_of(*key)?);
                Some(self.by_alias(Arn::regional(env, "kms", ""), alias))
            }
            _ => Some(self.of(key)),
        }
    }

    /// Lets a role use a key. One that is given needs its owner alone, as the permission of the action names it; else it is
    /// the one with which something of the app encrypts what it keeps.
    pub(super) fn grant(
        &self,
        given: Option<&Value<kind::Arn>>,
        of: Option<NodeId>,
        role: RoleRef,
        scope: &mut Scope<'_>,
    ) {
        match (given, of) {
            (Some(key), _) => _ = self.ask_for(key, role, scope),
            (None, Some(of)) => self.grant_default(of, role, scope),
            (None, None) => {}
        }
    }

    /// A key of the app that can not be known where the role is, and has no alias, is left to the proof, which says so.
    fn grant_default(&self, of: NodeId, role: RoleRef, scope: &mut Scope<'_>) {
        let view = scope.view();
        let Some(DefaultKey(key)) = default_key(of, view).cloned() else { return };
        let permission = match key.expr() {
            Expr::Attr { of: key_of_app, .. } if !is_known_at(*key_of_app, role, scope) => self.of_default(of, view),
            _ => Some(self.of(&key)),
        };
        let Some(permission) = permission else { return };
        self.ask_for(&key, role, scope);
        let asked = Asked::new(&permission, self.purpose).by_pipeline(scope.path());
        scope.attach(role, asked);
        scope.attach(role, permission);
    }

    /// Asks the owner of a key to let a role use it through the service, and says whether that could be asked. A key of the
    /// program is no business of others, and of which key an alias is the name is not known.
    pub(super) fn ask_for(&self, key: &Value<kind::Arn>, role: RoleRef, scope: &mut Scope<'_>) -> bool {
        let arn = key.literal().and_then(|text| Arn::parse(text).ok()).filter(|arn| KeyArn::name(arn).is_some());
        let (Some(arn), Some(user)) = (arn, scope.view().env_of(role)) else { return false };
        let Some(env) = arn.env(None) else { return false };
        let admit =
            PolicyStatement::allow(self.actions.iter().copied()).on_itself().principal(Principal::account(user));
        let admit = admit.condition("ArnEquals", "aws:PrincipalArn", [role.arn()]);
        let admit = admit.condition("StringEquals", "kms:ViaService", via_service(self.service, env));
        let asked = Asked::new(&admit, self.purpose).by_pipeline(scope.path());
        // Several actions may use one key.
        let id = format!("Key-{}", short_hash([arn.to_string()]));
        let known = scope.view().at_path(&format!("{}/{id}", scope.path()));
        let key = known.unwrap_or_else(|| NodeId::from(scope.add(id, Key::import(arn))));
        scope.attach(key, asked);
        scope.attach(key, admit);
        true
    }
}

fn default_key(of: NodeId, view: View<'_>) -> Option<&DefaultKey> {
    view.owns(of).then(|| view.facts_of::<DefaultKey>(of).next()).flatten()
}

/// Whether the policy of a role can name a key: in its own stack, and in the pipeline's stack by an import.
fn is_known_at(key: NodeId, role: RoleRef, scope: &Scope<'_>) -> bool {
    let view = scope.view();
    let stack = view.stack_of(role);
    let is_at_home = stack == view.stack_of(scope.here()) && view.env_of(key) == view.env_of(role);
    view.imports(key).is_some() || stack == view.stack_of(key) || is_at_home
}
