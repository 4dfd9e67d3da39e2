//! Grants: one sentence that writes both sides of an access.

use construct_core::{NodeId, Scope, View};

use crate::contract::Asked;
use crate::policy::PolicyStatement;
use crate::principal::Principal;
use crate::role::RoleRef;

/// Lets a role do what a statement says on a resource.
///
/// The role's own policy gets the statement. Where the resource belongs to another account its policy must agree, so it
/// gets the statement too, for that account and narrowed to the role: the account always exists, so neither side must be
/// deployed first, and the role may be recreated.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>
///
/// ```
/// use construct_core::{App, Env, RawResource};
/// use construct_iam::{PolicyStatement, Principal, Role, grant};
/// let mut app = App::new();
/// let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let mut scope = app.at(stack);
/// let role = scope.add("Role", Role::new(Principal::service("lambda.amazonaws.com")));
/// let topic = scope.add("Topic", RawResource::new("AWS::SNS::Topic"));
/// grant(&mut scope, role, topic, PolicyStatement::allow(["sns:Publish"]).on([topic.reference()]));
/// ```
#[track_caller]
pub fn grant(scope: &mut Scope<'_>, role: RoleRef, resource: impl Into<NodeId>, statement: PolicyStatement) {
    let (resource, view) = (resource.into(), scope.view());
    if let Some(admitting) = admitting(view, role, resource, &statement) {
        if view.imports(resource).is_some() {
            let purpose = format!("the role `{}` is granted this", view.path_of(role));
            scope.attach(resource, Asked::new(&admitting, purpose));
        }
        scope.attach(resource, admitting);
    }
    scope.attach(role, statement);
}

/// The statement that the policy of a resource must have so that a role may do on it what a statement says; none where
/// both belong to one account, in which the role's own policy is enough.
#[must_use]
pub fn admitting(
    view: View<'_>,
    role: RoleRef,
    resource: NodeId,
    statement: &PolicyStatement,
) -> Option<PolicyStatement> {
    let (grantee, owner) = (view.env_of(role)?, view.env_of(resource)?);
    let admitted = || statement.clone().principal(Principal::account(grantee));
    (grantee.account != owner.account).then(|| admitted().condition("ArnEquals", "aws:PrincipalArn", [role.arn()]))
}
