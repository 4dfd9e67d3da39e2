//! What an evaluation finds.

use std::sync::Arc;

use serde_json::Value;

use super::context::ContextValue;
use super::truth::Truth;

/// The decision on a request, and the reasons. `Display` tells it in sentences.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Verdict {
    /// The decision.
    pub outcome: Outcome,
    /// Who asked for what, for messages.
    pub subject: Subject,
    /// If allowed: one statement for each permission that is needed. Without any one of them the request would have to
    /// rely on [`also_allowed_by`](Self::also_allowed_by). Empty where no statement is needed: for the root user in its
    /// own account, and to ask who one is.
    pub allowed_by: Vec<Citation>,
    /// If allowed: further Allow statements that apply but are not needed.
    pub also_allowed_by: Vec<Citation>,
    /// The Deny statements that apply.
    pub denied_by: Vec<Denial>,
    /// If not allowed: Allow statements that cover the action on a side where permission is lacking, and why they do
    /// not apply.
    pub near: Vec<NearMiss>,
    /// If not allowed: the changes that together give the missing permissions. They do not lift a Deny.
    pub fixes: Vec<Fix>,
    /// If the outcome is open: what it depends on.
    pub assumptions: Vec<Assumption>,
    /// Why no policy can allow the request.
    pub impossible: Option<Impossible>,
}

/// The decision on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Allowed whatever the unknown values are.
    Allowed,
    /// Not allowed whatever the unknown values are: a permission is lacking.
    ImplicitlyDenied,
    /// A Deny applies whatever the unknown values are.
    ExplicitlyDenied,
    /// Allowed if the [assumptions](Verdict::assumptions) hold.
    Indeterminate,
}

/// Whether it is allowed.
impl From<Outcome> for Truth {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Allowed => Self::Yes,
            Outcome::ImplicitlyDenied | Outcome::ExplicitlyDenied => Self::No,
            Outcome::Indeterminate => Self::Unknown,
        }
    }
}

/// Who asked for what.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subject {
    /// The principal, as [`Principal::label`](super::Principal::label) puts it.
    pub principal: String,
    /// The action.
    pub action: Arc<str>,
    /// The resource.
    pub resource: Arc<str>,
}

/// Which of the policies in force is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Side {
    /// The identity policies of the principal.
    Identity,
    /// The policy of the resource.
    Resource,
    /// The permissions boundary of the principal.
    Boundary,
    /// The session policy.
    Session,
    /// The service control policies of the level with this name.
    Scp(Arc<str>),
    /// The resource control policies of the level with this name.
    Rcp(Arc<str>),
}

/// A statement, by its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Citation {
    /// The kind of policy.
    pub side: Side,
    /// Name of the policy.
    pub policy: Arc<str>,
    /// Index of the statement, from 0; `None` if the policy as a whole is meant, because its content is not known.
    pub statement: Option<usize>,
    /// The statement's `Sid`.
    pub sid: Option<Arc<str>>,
}

/// A Deny statement that applies.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Denial {
    /// The statement.
    pub by: Citation,
    /// Its conditions, all of which the request meets.
    pub conditions: Vec<Tested>,
}

/// An Allow statement that covers the action but does not apply.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NearMiss {
    /// The statement.
    pub statement: Citation,
    /// The elements that fail, in the order principal, resource, conditions. There is at least one.
    pub failures: Vec<Failure>,
}

/// An element of a statement that keeps it from applying.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Failure {
    /// The statement names other principals.
    Principal {
        /// Whom the request comes from.
        got: String,
    },
    /// The statement covers other resources.
    Resource {
        /// `Resource` or `NotResource` as written.
        wanted: Vec<String>,
        /// The resource of the request.
        got: String,
    },
    /// A condition is not met.
    Condition(Tested),
    /// A key policy statement without `Resource` has no effect.
    NoEffect,
}

/// A condition and what the request has for it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Tested {
    /// The operator as written.
    pub operator: String,
    /// The key as written.
    pub key: String,
    /// The values as written, in text form.
    pub wanted: Vec<String>,
    /// What the request has.
    pub got: ContextValue,
}

/// A change to one policy.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fix {
    /// The policy to change.
    pub side: Side,
    /// The change.
    pub change: Change,
    /// Where the change lets somebody into a statement of the resource's policy: the statement to add in its place, if that one
    /// gives too much.
    pub instead: Option<Value>,
}

/// What to change in a policy.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// Add this statement.
    AddStatement(Value),
    /// Add values to a condition of an existing statement.
    AddConditionValues {
        /// The statement.
        to: Citation,
        /// The operator as written there.
        operator: String,
        /// The key as written there.
        key: String,
        /// The values to add.
        values: Vec<String>,
    },
}

/// Something that is not known and on which the outcome depends.
///
/// All assumptions with [`applies`](Self::applies)` == false` have to hold. Of those with `true` on one side, one is
/// enough; for an ordinary resource of the principal's own account one on either the identity's or the resource's side.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Assumption {
    /// The statement, or the policy that is not known; `None` for facts outside of policies.
    pub about: Option<Citation>,
    /// `true`: the request is allowed if all of `unknowns` hold. `false`: if at least one of them does not hold.
    pub applies: bool,
    /// What is not known.
    pub unknowns: Vec<Unknown>,
}

/// Why it is not known whether a statement applies.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Unknown {
    /// The content of the policy.
    Policy,
    /// The effect of the statement, or a part that the template does not show.
    Statement,
    /// Whether the statement covers the action.
    Action,
    /// Whether the statement names the principal.
    Principal,
    /// Whether the statement covers the resource.
    Resource {
        /// `Resource` or `NotResource` as written.
        wanted: Vec<String>,
    },
    /// Whether the request meets the condition.
    Condition(Tested),
    /// Whether principal and resource are in the same account.
    SameAccount,
    /// AWS does not document how such a case is decided.
    Undocumented(&'static str),
}

/// Why no policy can allow the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Impossible {
    /// The operation of KMS does not work on keys of other accounts:
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html>.
    KeyOperationAcrossAccounts,
    /// A role can only be passed inside its account:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>.
    PassRoleAcrossAccounts,
    /// The root user of an account cannot assume roles:
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>.
    AssumeRoleAsRoot,
}

impl Verdict {
    /// Whether the request is allowed whatever the unknown values are.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.outcome == Outcome::Allowed
    }

    /// Whether the request is denied whatever the unknown values are.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(self.outcome, Outcome::ImplicitlyDenied | Outcome::ExplicitlyDenied)
    }
}
