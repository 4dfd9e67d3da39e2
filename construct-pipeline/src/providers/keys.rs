//! Keys of what actions work with: who may use them, and whose owners have to let the roles in.

use construct_core::{Expr, NodeId, Scope, Value, kind, short_hash};
use construct_iam::contract::Asked;
use construct_iam::{Arn, ArnKind, PolicyStatement, Principal, RoleRef};

use crate::aws::{BucketRef, DefaultKey, Key, KeyAlias, KeyArn, via_service};

/// The permission to use a key.
pub(super) fn use_of(key: &Value<kind::Arn>, actions: &'static [&'static str]) -> PolicyStatement {
    let named = key.literal().and_then(|text| Arn::parse(text).ok());
    match named.filter(|arn| arn.resource().starts_with("alias/")) {
        Some(alias) => use_by_alias(alias.clone(), alias.resource(), actions),
        None => PolicyStatement::allow(actions.iter().copied()).on([key]),
    }
}

/// The same for a key that is told by its alias, as KMS compares resources with the ARN of the key itself. Of the ARN, all
/// but the resource counts. <https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html>
fn use_by_alias(arn: Arn, alias: &str, actions: &'static [&'static str]) -> PolicyStatement {
    let allow = PolicyStatement::allow(actions.iter().copied()).on([arn.of("key/*")]);
    allow.condition("ForAnyValue:StringEquals", "kms:ResourceAliases", [alias.to_owned()])
}

/// Lets a role use the key of what it puts into a bucket, or fetches from one. A key that is given needs its owner alone, as
/// the permission of the action names it; else it is the one with which the bucket encrypts what comes without saying how.
pub(super) fn let_use(
    given: Option<&Value<kind::Arn>>,
    bucket: BucketRef,
    role: RoleRef,
    actions: &'static [&'static str],
    purpose: &'static str,
    scope: &mut Scope<'_>,
) {
    match given {
        Some(key) => _ = ask_for(key, role, actions, "s3", purpose, scope),
        None => let_use_default(bucket, role, actions, purpose, scope),
    }
}

/// A key of the app that can not be known where the role is, and has no alias, is left to the proof, which says so.
fn let_use_default(
    bucket: BucketRef,
    role: RoleRef,
    actions: &'static [&'static str],
    purpose: &'static str,
    scope: &mut Scope<'_>,
) {
    let view = scope.view();
    let key = view.owns(bucket).then(|| view.facts_of::<DefaultKey>(bucket).next()).flatten();
    let Some(DefaultKey(key)) = key.cloned() else { return };
    let use_of = match key.expr() {
        Expr::Attr { of, .. } if !is_known_at(*of, role, scope) => {
            let (alias, env) = (view.facts_of::<KeyAlias>(*of).next(), view.env_of(*of));
            let (Some(KeyAlias(alias)), Some(env)) = (alias, env) else { return };
            use_by_alias(Arn::regional(env, "kms", ""), alias, actions)
        }
        _ => use_of(&key, actions),
    };
    ask_for(&key, role, actions, "s3", purpose, scope);
    let asked = Asked::new(&use_of, purpose).by_pipeline(scope.path());
    scope.attach(role, asked);
    scope.attach(role, use_of);
}

/// Whether the policy of a role can name a key: in its own stack, and in the pipeline's stack by an import.
fn is_known_at(key: NodeId, role: RoleRef, scope: &Scope<'_>) -> bool {
    let view = scope.view();
    let stack = view.stack_of(role);
    let is_at_home = stack == view.stack_of(scope.here()) && view.env_of(key) == view.env_of(role);
    view.imports(key).is_some() || stack == view.stack_of(key) || is_at_home
}

/// Asks the owner of a key to let a role use it through a service, and says whether that could be asked. A key of the
/// program is no business of others, and of which key an alias is the name is not known.
pub(super) fn ask_for(
    key: &Value<kind::Arn>,
    role: RoleRef,
    actions: &'static [&'static str],
    service: &str,
    purpose: &'static str,
    scope: &mut Scope<'_>,
) -> bool {
    let arn = key.literal().and_then(|text| Arn::parse(text).ok()).filter(|arn| KeyArn::name(arn).is_some());
    let (Some(arn), Some(user)) = (arn, scope.view().env_of(role)) else { return false };
    let Some(env) = arn.env(None) else { return false };
    let admit = PolicyStatement::allow(actions.iter().copied()).on_itself().principal(Principal::account(user));
    let admit = admit.condition("ArnEquals", "aws:PrincipalArn", [role.arn()]);
    let admit = admit.condition("StringEquals", "kms:ViaService", via_service(service, env));
    let asked = Asked::new(&admit, purpose).by_pipeline(scope.path());
    // Several actions may use one key.
    let id = format!("Key-{}", short_hash([arn.to_string()]));
    let known = scope.view().at_path(&format!("{}/{id}", scope.path()));
    let key = known.unwrap_or_else(|| NodeId::from(scope.add(id, Key::import(arn))));
    scope.attach(key, asked);
    scope.attach(key, admit);
    true
}
