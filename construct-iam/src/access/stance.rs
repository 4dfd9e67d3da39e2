//! What the policies of a resource say in known circumstances, before it is known who asks: most of what the requests
//! of many callers have in common.

use std::sync::Arc;

use super::action::{Action, OwnRule};
use super::context::Context;
use super::evaluate::decided;
use super::evaluation::{Any, Evaluation, Remainder, left_of_resource};
use super::principal::{Principal, account_digits};
use super::request::{PolicySet, Query, Resource, ResourceKind};
use super::truth::Truth;

/// An action on a resource in known circumstances, for whoever asks whether it is allowed to many callers. The policies
/// of the resource are looked through once, and of each caller only what they leave open is asked.
///
/// ```
/// use construct_iam::access::{Action, Context, Policy, PolicySet, Principal, Resource, Stance, Truth};
/// use serde_json::json;
/// use std::sync::Arc;
///
/// let read = json!({ "Effect": "Allow", "Principal": { "AWS": "222222222222" }, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" });
/// let bucket = PolicySet::new().resource(Policy::parse("bucket policy", &json!({ "Statement": read }))?);
/// let object = Resource::new("arn:aws:s3:::b/x", "111111111111");
/// let get = Stance::new(Arc::new(Action::from("s3:GetObject")), object, Arc::new(Context::open()), bucket);
///
/// let everything = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
/// let own = PolicySet::new().identity(Policy::parse("role policy", &json!({ "Statement": everything }))?);
/// let role = |account: &str| Principal::role_session(&format!("arn:aws:iam::{account}:role/r"), "s1").expect("the ARN of a role");
/// let known = Arc::new(Context::open());
/// assert_eq!(get.allows(&role("222222222222"), &known, &own), Truth::Yes);
/// assert_eq!(get.allows(&role("333333333333"), &known, &own), Truth::No);
/// # Ok::<(), construct_iam::access::PolicyError>(())
/// ```
#[derive(Debug)]
pub struct Stance {
    action: Arc<Action>,
    resource: Resource,
    kind: ResourceKind,
    circumstances: Arc<Context>,
    guards: PolicySet,
    /// What they leave open.
    rest: Vec<Remainder>,
    /// Whether they deny it to everybody.
    is_refused: bool,
}

impl Stance {
    /// What the resource policies of `guards` say about the action, whoever asks.
    #[must_use]
    pub fn new(action: Arc<Action>, resource: Resource, circumstances: Arc<Context>, guards: PolicySet) -> Self {
        // Whom the request comes from is not asked for.
        let request = Query::new(&Principal::Anonymous, &action, &resource, &circumstances);
        let (kind, policies) = (request.kind, guards.beside(&guards));
        let rest = left_of_resource(request, policies);
        let is_refused = rest.iter().any(|rest| rest.denies_to_all(policies));
        Self { action, resource, kind, circumstances, guards, rest, is_refused }
    }

    /// Whether a statement denies it to everybody, whatever their own policies are. `false` where that is not certain.
    #[must_use]
    pub fn keeps_everybody_out(&self) -> bool {
        self.is_refused && self.action.rule != Some(OwnRule::WhoAmI)
    }

    /// Whether it is denied to every role and user of the account, whatever their own policies are: a statement denies
    /// it to everybody, or no statement left names somebody of the account, and nobody gets in without one: the
    /// resource is in another account, or it is a key or the trust of a role. `false` where that is not certain, or not
    /// so simple.
    #[must_use]
    pub fn keeps_out(&self, account: &str) -> bool {
        if self.is_refused || self.action.rule == Some(OwnRule::WhoAmI) {
            return self.keeps_everybody_out();
        }
        let (Some(own), Some(digits)) = (account_digits(self.resource.account()), account_digits(account)) else {
            return false;
        };
        let policies = self.guards.beside(&self.guards);
        let lets_in = |rest: &Remainder| rest.may_let_in(policies, &digits);
        (own != digits || self.kind != ResourceKind::Ordinary) && !self.rest.iter().any(lets_in)
    }

    /// Whether a request of `principal` is allowed to it, with the policies of `own` for who makes it. What is known of
    /// it is what the circumstances say and, of keys that they do not mention, what `known` says: it is what
    /// [`is_allowed`](super::is_allowed) decides with the context [`over both`](Context::over_both).
    #[must_use]
    pub fn allows(&self, principal: &Principal, known: &Arc<Context>, own: &PolicySet) -> Truth {
        let Self { action, resource, circumstances, guards, rest, .. } = self;
        let policies = own.beside(guards);
        if rest.is_empty() {
            // Where the policies of the resource say nothing to anybody, nothing about the caller has to be looked up
            // for that.
            let request = Query::new(principal, action, resource, circumstances);
            let evaluation = Evaluation::start(request, policies, Any::anything());
            if !evaluation.is_always_allowed() && evaluation.is_refused() {
                return Truth::No;
            }
        }
        let context = Context::over_both(Arc::clone(circumstances), Arc::clone(known));
        let request = Query::new(principal, action, resource, &context);
        decided(Evaluation::start(request, policies, Any::anything()), |evaluation| {
            evaluation.read_rest_of_resource(rest);
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::policy::Policy;
    use super::super::symbol;
    use super::*;

    #[test]
    fn everybody_is_kept_out_by_what_is_certain_alone() {
        let kept_out = |statement: Value| {
            let policy = Policy::parse("policy", &json!({ "Statement": statement })).expect("a policy");
            let (action, resource) =
                (Arc::new(Action::from("s3:GetObject")), Resource::new("arn:aws:s3:::b/x", "111111111111"));
            let guards = PolicySet::new().resource(policy);
            Stance::new(action, resource, Arc::new(Context::open()), guards).keeps_everybody_out()
        };
        let deny =
            |resource: &str| json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resource });
        let with = |name: &str, value: Value| {
            let mut statement = deny("*");
            statement[name] = value;
            statement
        };
        assert!(kept_out(deny("arn:aws:s3:::b/*")));
        let parameter = symbol::text(0).expect("a symbol");
        assert!(!kept_out(deny(&format!("arn:aws:s3:::{parameter}/*"))));
        assert!(!kept_out(deny("arn:aws:s3:::b/${aws:PrincipalTag/team}")));
        assert!(!kept_out(with("Condition", json!({ "StringNotEquals": { "aws:PrincipalAccount": "111111111111" } }))));
        assert!(!kept_out(with("Principal", json!({ "AWS": "222222222222" }))));
        assert!(!kept_out(with("Effect", json!("Allow"))));
    }

    #[test]
    fn nobody_of_the_own_account_gets_at_keys_and_roles_that_name_others() {
        let kept_out = |action: &str, resource: &str, statement: Value| {
            let policy = Policy::parse("policy", &json!({ "Statement": statement })).expect("a policy");
            let (action, resource) = (Arc::new(Action::from(action)), Resource::new(resource, "111111111111"));
            let stance = Stance::new(action, resource, Arc::default(), PolicySet::new().resource(policy));
            ["111111111111", "222222222222", "333333333333"].map(|account| stance.keeps_out(account))
        };
        let lets_in = |account: &str, action: &str| json!({ "Effect": "Allow", "Principal": { "AWS": account }, "Action": action });
        let role = "arn:aws:iam::111111111111:role/r";
        assert_eq!(kept_out("sts:AssumeRole", role, lets_in("222222222222", "sts:AssumeRole")), [true, false, true]);
        let with_resource = |mut statement: Value| {
            statement["Resource"] = json!("*");
            statement
        };
        let key = "arn:aws:kms:us-east-1:111111111111:key/k";
        let decrypt = with_resource(lets_in("222222222222", "kms:Decrypt"));
        assert_eq!(kept_out("kms:Decrypt", key, decrypt), [true, false, true]);
        let root = with_resource(lets_in("111111111111", "kms:*"));
        assert_eq!(kept_out("kms:Decrypt", key, root), [false, true, true]);
        // Inside an account, the policies of the role itself suffice for other resources.
        let read = with_resource(lets_in("222222222222", "s3:GetObject"));
        assert_eq!(kept_out("s3:GetObject", "arn:aws:s3:::b/x", read), [false, false, true]);
    }
}
