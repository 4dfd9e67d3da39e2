//! Deployment roles whose permissions reach the roles of their own pipeline.
//!
//! A stack is often named like its pipeline, and what it may do with roles that begin with its name then holds for the
//! pipeline's roles too: whoever changes the template can take them over. A path of their own keeps these out of reach.
//!
//! Codes: `deploy::reaches-own-roles`.

use std::collections::{BTreeMap, BTreeSet};

use construct_core::{AccountId, Diagnostic, Diagnostics, Env};
use construct_iam::access::{Context, Outcome, Policy, PolicySet, Principal, Request, outcome};
use construct_iam::{Arn, Effect, PolicyStatement};
use serde_json::{Value as Json, json};

use crate::known::Performer;
use crate::names::RoleKind;
use crate::resolve::{Resolved, ResolvedAction};
use crate::wire::json_text;

/// What makes a role another one. Whoever may only pass or read it cannot work as it: it trusts services of the pipeline.
const CHANGES: [&str; 7] = [
    "iam:AttachRolePolicy",
    "iam:DeleteRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
];

pub(super) fn check(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let mut told: BTreeSet<Env> = BTreeSet::new();
    let mut own: Option<BTreeMap<AccountId, BTreeSet<Arn>>> = None;
    for action in &resolved.actions {
        let Some(passed) = action.known.spec.passes.as_ref().filter(|passed| passed.given.is_none()) else { continue };
        let mut statements = passed.permissions.iter().filter(is_about_roles).peekable();
        if statements.peek().is_none() || told.contains(&action.known.env) {
            continue;
        }
        let policies: Vec<Policy> = statements.filter_map(policy).collect();
        let roles = own.get_or_insert_with(|| own_roles(resolved)).get(&action.known.env.account);
        let mut pairs = roles.into_iter().flatten().flat_map(|role| CHANGES.map(|change| (role, change)));
        if let Some((role, change)) = pairs.find(|(role, change)| reaches(&policies, action.known.env, change, role)) {
            told.insert(action.known.env);
            findings.push(finding(action, change, role));
        }
    }
}

fn finding(action: &ResolvedAction<'_>, change: &str, role: &Arn) -> Diagnostic {
    let message = format!(
        "the deployment role of {} may `{change}` on `{}`, a role of the pipeline itself",
        action.words(),
        role.resource_name()
    );
    Diagnostic::warning("deploy::reaches-own-roles", message)
        .at(action.action.location)
        .help("put the pipeline's roles out of its reach with `.role_path(\"/delivery/\")`, or narrow the permission")
}

fn is_about_roles(statement: &&PolicyStatement) -> bool {
    let is_iam = |action: &str| action.get(..4).is_some_and(|service| service.eq_ignore_ascii_case("iam:"));
    statement.effect() == Effect::Allow && statement.action_names().any(is_iam)
}

/// The statement as a policy, if all of it is known.
fn policy(statement: &PolicyStatement) -> Option<Policy> {
    let text = json_text(&statement.expr());
    let statement: Json = serde_json::from_str(text.literal()?).ok()?;
    Policy::parse("permissions", &json!({ "Version": "2012-10-17", "Statement": [statement] })).ok()
}

/// The roles that are made for the pipeline, by account.
fn own_roles(resolved: &Resolved<'_>) -> BTreeMap<AccountId, BTreeSet<Arn>> {
    let mut roles: BTreeMap<AccountId, BTreeSet<Arn>> = BTreeMap::new();
    let mut add = |kind: RoleKind, env: Env| {
        roles.entry(env.account).or_default().insert(resolved.made_role(kind, env));
    };
    if resolved.pipeline.role.is_none() {
        add(RoleKind::Pipeline, resolved.home);
    }
    for action in &resolved.actions {
        if action.known.performer == Performer::Scaffold {
            add(RoleKind::Action, action.known.env);
            if resolved.membership.is_some() {
                add(RoleKind::Writer, action.known.env);
            }
        }
        if action.known.spec.passes.as_ref().is_some_and(|passed| passed.given.is_none()) {
            add(RoleKind::Deploy, action.known.env);
        }
    }
    roles
}

fn reaches(policies: &[Policy], env: Env, change: &'static str, role: &Arn) -> bool {
    let role = role.to_string();
    let Some(principal) = Principal::role_session(&role, "deployment") else { return false };
    let set = policies.iter().fold(PolicySet::new(), |set, policy| set.identity(policy.clone()));
    let request = Request::new(principal, change, role, env.account.as_str()).with_context(Context::open());
    outcome(&request, &set) == Outcome::Allowed
}
