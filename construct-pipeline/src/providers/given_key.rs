//! Keys that are given by their ARN alone: their owners have to let the roles in that use them.

use construct_core::{NodeId, Scope, Value, kind, short_hash};
use construct_iam::contract::Asked;
use construct_iam::{Arn, ArnKind, PolicyStatement, Principal, RoleRef};

use crate::aws::{Key, KeyArn, via_service};

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
