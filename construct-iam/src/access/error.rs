//! What can be wrong with a policy document.

use std::error::Error;
use std::fmt;

/// A policy document that AWS would refuse to store, or whose effect is not documented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    policy: String,
    statement: Option<usize>,
    problem: Problem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A part has the wrong JSON type.
    Type {
        /// The element, such as `Action`.
        element: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// A required element is missing.
    Missing(&'static str),
    /// Two elements that exclude each other are both there.
    Both(&'static str, &'static str),
    /// An element that the policy language does not have. Names are case-sensitive.
    UnknownElement(String),
    /// A list that needs at least one member is empty.
    Empty(&'static str),
    /// `Version` is neither `2012-10-17` nor `2008-10-17`.
    Version(String),
    /// `Effect` is neither `Allow` nor `Deny`.
    Effect(String),
    /// A kind of principal other than `AWS`, `Service`, `Federated` and `CanonicalUser`.
    PrincipalKind(String),
    /// A principal that is a word other than `*`.
    PrincipalText(String),
    /// A principal of the kind `AWS` that is neither an account, an ARN, `*` nor the unique id of a user or role.
    PrincipalOfAws(String),
    /// A service that is a mere word.
    PrincipalOfService(String),
    /// An action that does not say of which service it is.
    Action(String),
    /// A condition operator that does not exist.
    Operator(String),
    /// A condition value that is not what its operator takes.
    ConditionValue {
        /// The operator.
        operator: String,
        /// The condition key.
        key: String,
        /// The value.
        value: String,
    },
}

impl PolicyError {
    /// Something that is wrong with a policy: in which statement, if it is inside one, and what.
    #[must_use]
    pub fn new(policy: &str, statement: Option<usize>, problem: Problem) -> Self {
        Self { policy: policy.to_owned(), statement, problem }
    }

    /// Name of the policy.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// Index of the statement, from 0, if the problem is inside one.
    #[must_use]
    pub const fn statement(&self) -> Option<usize> {
        self.statement
    }

    /// What is wrong.
    #[must_use]
    pub const fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.statement {
            Some(statement) => write!(f, "statement {statement} of `{}`: {}", self.policy, self.problem),
            None => write!(f, "`{}`: {}", self.policy, self.problem),
        }
    }
}

impl Error for PolicyError {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type { element, expected } => write!(f, "`{element}` has to be {expected}"),
            Self::Missing(element) => write!(f, "`{element}` is missing"),
            Self::Both(one, other) => write!(f, "`{one}` and `{other}` exclude each other"),
            Self::UnknownElement(element) => write!(f, "there is no element `{element}`"),
            Self::Empty(element) => write!(f, "`{element}` is empty"),
            Self::Version(version) => {
                write!(f, "version `{version}` is neither `2012-10-17` nor `2008-10-17`")
            }
            Self::Effect(effect) => write!(f, "effect `{effect}` is neither `Allow` nor `Deny`"),
            Self::PrincipalKind(kind) => {
                write!(f, "principal kind `{kind}` is none of `AWS`, `Service`, `Federated`, `CanonicalUser`")
            }
            Self::PrincipalText(text) => {
                write!(f, "principal `{text}` needs a kind, as in `{{\"AWS\": \"{text}\"}}`; only `*` stands alone")
            }
            Self::PrincipalOfAws(text) => {
                write!(
                    f,
                    "principal `{text}` is neither an account of 12 digits nor the ARN of a role, a user or an account"
                )
            }
            Self::PrincipalOfService(text) => {
                write!(f, "`{text}` is no service; services are written as in `codebuild.amazonaws.com`")
            }
            Self::Action(action) => {
                write!(f, "action `{action}` names no service; actions read `service:action`, as in `s3:GetObject`")
            }
            Self::Operator(operator) => write!(f, "there is no condition operator `{operator}`"),
            Self::ConditionValue { operator, key, value } => {
                write!(f, "`{value}` is not a value that `{operator}` can compare `{key}` with")
            }
        }
    }
}
