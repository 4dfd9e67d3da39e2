//! The way in.

use super::evaluation::{Any, Evaluation};
use super::explain::verdict;
use super::request::{PolicySet, Query, Request};
use super::truth::Truth;
use super::verdict::{Outcome, Verdict};

/// Decides the request as AWS does, and says why.
///
/// Evaluation is three-valued. A context key that is not known, a [symbol](super::symbol) in a template or a policy
/// whose content is not known leads to [`Outcome::Indeterminate`] if the decision depends on it, and so does behaviour
/// that AWS does not document. [`Outcome::Allowed`] therefore holds for all values of everything that is not known.
///
/// Not modelled, and to be stated as assumptions by the caller: KMS grants, S3 access control lists and Block Public
/// Access, VPC endpoint policies, Regions that an account has not enabled, and principals whose role was deleted and
/// created anew since a policy named them.
///
/// ```
/// use construct_iam::access::{Context, Outcome, Policy, PolicySet, Principal, Request, evaluate};
/// use serde_json::json;
///
/// let principal = Principal::role_session("arn:aws:iam::222222222222:role/deploy", "s1").expect("the ARN of a role");
/// let context = Context::open().of_principal(&principal).with("aws:SecureTransport", "true");
/// let request = Request::new(principal, "s3:GetObject", "arn:aws:s3:::artifacts/app.zip", "111111111111").with_context(context);
///
/// let read = json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::artifacts/*" });
/// let role = Policy::parse("role policy", &json!({ "Version": "2012-10-17", "Statement": read }))?;
/// let policies = PolicySet::new().identity(role);
///
/// // The bucket is in another account, and its policy does not let the role in.
/// let verdict = evaluate(&request, &policies);
/// assert_eq!(verdict.outcome, Outcome::ImplicitlyDenied);
/// println!("{verdict}");
/// # Ok::<(), construct_iam::access::PolicyError>(())
/// ```
#[must_use]
pub fn evaluate(request: &Request, policies: &PolicySet) -> Verdict {
    verdict(&Evaluation::new(request.query(), policies.beside(policies)))
}

/// Decides the request without saying why: for whoever asks thousands of questions and reads the reasons of a few.
#[must_use]
pub fn outcome(request: &Request, policies: &PolicySet) -> Outcome {
    Evaluation::<Any>::new(request.query(), policies.beside(policies)).outcome()
}

/// Whether the request is allowed, with the policies of `own` for who makes it and those of `guards` for the resource,
/// and nothing more: `Yes` is [`Outcome::Allowed`], `Unknown` [`Outcome::Indeterminate`], and `No` is denied,
/// explicitly or not.
///
/// Policies are read as long as they can change the answer. Whatever is not read yet is taken to allow, and what allows
/// less never makes a request allowed: so a `No` is one whatever the rest says.
#[must_use]
pub fn is_allowed(request: Query<'_>, own: &PolicySet, guards: &PolicySet) -> Truth {
    decided(Evaluation::start(request, own.beside(guards), Any::anything()), Evaluation::read_resource)
}

/// The rest of it, with a way to read the policies of the resource.
pub(crate) fn decided<'a>(
    mut evaluation: Evaluation<'a, Any>,
    read_resource: impl FnOnce(&mut Evaluation<'a, Any>),
) -> Truth {
    if evaluation.is_always_allowed() {
        return Truth::Yes;
    }
    read_resource(&mut evaluation);
    if evaluation.is_refused() {
        return Truth::No;
    }
    evaluation.read_identity();
    if evaluation.is_refused() {
        return Truth::No;
    }
    evaluation.read_limits();
    evaluation.read_controls();
    evaluation.outcome().into()
}
