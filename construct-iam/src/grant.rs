//! Grants: one sentence that writes both sides of an access.

use construct_core::{NodeId, Scope};

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
    let resource = resource.into();
    let (grantee, owner) = (scope.view().env_of(role), scope.view().env_of(resource));
    if let (Some(grantee), Some(owner)) = (grantee, owner)
        && grantee.account != owner.account
    {
        let admitted = statement.clone().principal(Principal::account(grantee));
        scope.attach(resource, admitted.condition("ArnEquals", "aws:PrincipalArn", [role.arn()]));
    }
    scope.attach(role, statement);
}
