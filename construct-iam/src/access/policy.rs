//! Policy documents, compiled.

use std::sync::Arc;

use super::action::{Action, Sieve, name_hash};
use super::arn::{ArnText, Place, matches_arn};
use super::condition::Condition;
use super::context::Context;
use super::pattern::Pattern;
use super::principal::Entry;
use super::truth::Truth;

/// A policy document, parsed and compiled once for any number of evaluations. Cloning copies a pointer.
///
/// Strings may contain [symbols](super::symbol), and where a template still has an intrinsic function (`{"Ref": …}`,
/// `{"Fn::…": …}`), the value counts as unknown. What AWS would refuse to store is an error here.
///
/// The grammar is that of
/// [the IAM policy language](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
///
/// ```
/// use construct_iam::access::Policy;
/// use serde_json::json;
///
/// let policy = Policy::parse("artifact bucket policy", &json!({
///     "Version": "2012-10-17",
///     "Statement": {
///         "Sid": "Read",
///         "Effect": "Allow",
///         "Principal": { "AWS": "222222222222" },
///         "Action": "s3:GetObject",
///         "Resource": "arn:aws:s3:::artifacts/*"
///     }
/// }))?;
/// assert_eq!(policy.n_statements(), 1);
/// # Ok::<(), construct_iam::access::PolicyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Policy(Arc<Document>);

#[derive(Clone, Debug)]
pub(crate) struct Document {
    name: Arc<str>,
    /// `None`: the content is not known.
    statements: Option<Box<[Arc<Statement>]>>,
}

/// A statement, compiled for any number of policies.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(crate) sid: Option<Arc<str>>,
    pub(crate) effect: Effect,
    pub(crate) principal: Principals,
    pub(crate) action: Arc<Actions>,
    pub(crate) resource: Resources,
    pub(crate) conditions: Box<[Arc<Condition>]>,
    /// A part of the statement that decides whether it applies is not known.
    pub(crate) opaque: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Effect {
    Allow,
    Deny,
    Unknown,
}

#[derive(Clone, Debug)]
pub(crate) enum Principals {
    Missing,
    These(Arc<[Entry]>),
    AllBut(Arc<[Entry]>),
}

#[derive(Clone, Debug)]
pub(crate) struct Actions {
    all_but: bool,
    /// In lower case, each with its hash if it spells out one name.
    patterns: Box<[(Option<u64>, Pattern)]>,
    sieve: Sieve,
}

#[derive(Clone, Debug)]
pub(crate) enum Resources {
    Missing,
    These(Box<[Pattern]>),
    AllBut(Box<[Pattern]>),
}

impl Policy {
    /// A policy from its statements.
    pub(crate) fn of(name: &str, statements: Box<[Arc<Statement>]>) -> Self {
        Self(Arc::new(Document { name: name.into(), statements: Some(statements) }))
    }

    /// A policy that exists but is not known, such as that of an imported role: it may allow and it may deny anything.
    #[must_use]
    pub fn unknown(name: &str) -> Self {
        Self(Arc::new(Document { name: name.into(), statements: None }))
    }

    /// What verdicts call the policy.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The first statement that says neither `Resource` nor `NotResource`, which the policies of roles have to.
    #[must_use]
    pub fn without_resource(&self) -> Option<usize> {
        let statements = self.0.statements.as_deref()?;
        statements.iter().position(|one| !one.opaque && matches!(one.resource, Resources::Missing))
    }

    /// How many statements the policy has; none if its content is not known.
    #[must_use]
    pub fn n_statements(&self) -> usize {
        self.0.statements.as_deref().map_or(0, <[_]>::len)
    }

    /// Whether the content is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.0.statements.is_some()
    }

    /// The same, shared.
    #[must_use]
    pub fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.0.name)
    }

    /// The same policy under another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        Arc::make_mut(&mut self.0).name = name.into();
        self
    }

    /// The same policy with another one in place of its `n`-th statement.
    #[must_use]
    pub fn with_statement(mut self, n: usize, statement: Arc<Statement>) -> Self {
        let statements = Arc::make_mut(&mut self.0).statements.as_mut();
        if let Some(place) = statements.and_then(|statements| statements.get_mut(n)) {
            *place = statement;
        }
        self
    }

    pub(crate) fn statements(&self) -> Option<&[Arc<Statement>]> {
        self.0.statements.as_deref()
    }
}

impl Principals {
    /// Whether nobody is left out.
    pub(crate) fn are_all(&self) -> bool {
        matches!(self, Self::These(entries) if entries.iter().any(Entry::is_anyone))
    }

    /// Whether these are other accounts than this one, and services.
    pub(crate) fn are_others(&self, account: &[u8; 12]) -> bool {
        let is_other = |entry: &Entry| match entry {
            Entry::Account { digits: Some(digits), .. } => digits != account,
            Entry::Service(_) => true,
            _ => false,
        };
        matches!(self, Self::These(entries) if entries.iter().all(is_other))
    }
}

impl Statement {
    /// A statement of which the template says nothing.
    pub(crate) fn opaque() -> Self {
        Self {
            sid: None,
            effect: Effect::Unknown,
            principal: Principals::These([Entry::Unknown].into()),
            action: Actions::new(false, vec![Pattern::unknown()]).into(),
            resource: Resources::These([Pattern::unknown()].into()),
            conditions: Box::default(),
            opaque: true,
        }
    }
}

impl Actions {
    /// From patterns in lower case.
    pub(crate) fn new(all_but: bool, patterns: Vec<Pattern>) -> Self {
        let sieve = Sieve::of_patterns(&patterns);
        let patterns = patterns.into_iter().map(|pattern| (name_hash(&pattern), pattern)).collect();
        Self { all_but, patterns, sieve }
    }

    /// Whether these are the texts of the element, but for upper and lower case.
    pub(crate) fn are<'t>(&self, all_but: bool, texts: impl ExactSizeIterator<Item = Option<&'t str>>) -> bool {
        let is_alike = self.all_but == all_but && self.patterns.len() == texts.len();
        let mut both = self.patterns.iter().zip(texts);
        is_alike && both.all(|((_, known), text)| text.is_some_and(|text| text.eq_ignore_ascii_case(known.source())))
    }

    /// Whether the element surely does not cover the action: a quick look that leaves most statements out.
    pub(crate) fn pass_over(&self, action: &Action) -> bool {
        !self.all_but && !action.sieve().meets(self.sieve)
    }

    /// Whether the element covers the action.
    pub(crate) fn cover(&self, action: &Action) -> Truth {
        if !action.sieve().meets(self.sieve) {
            return Truth::from(self.all_but);
        }
        let listed = Truth::any(self.patterns.iter().map(|(hash, pattern)| action.is_covered(pattern, *hash)));
        if self.all_but { !listed } else { listed }
    }
}

impl Resources {
    /// Whether the element covers the resource; `Yes` if there is no such element.
    pub(crate) fn cover(&self, resource: ArnText<'_>, context: &Context) -> Truth {
        match self {
            Self::Missing => Truth::Yes,
            Self::These(patterns) => {
                // A variable without a value matches no resource.
                Truth::any(patterns.iter().map(|pattern| covers(pattern, resource, context).unwrap_or(Truth::No)))
            }
            Self::AllBut(patterns) => {
                // What such a variable means here is not documented.
                !Truth::any(patterns.iter().map(|pattern| covers(pattern, resource, context).unwrap_or(Truth::Unknown)))
            }
        }
    }

    /// Whether it depends on the context what the element covers.
    pub(crate) fn has_variables(&self) -> bool {
        self.patterns().iter().any(Pattern::has_variables)
    }

    pub(crate) fn sources(&self) -> impl Iterator<Item = &str> {
        self.patterns().iter().map(Pattern::source)
    }

    fn patterns(&self) -> &[Pattern] {
        match self {
            Self::Missing => &[],
            Self::These(patterns) | Self::AllBut(patterns) => patterns,
        }
    }
}

fn covers(pattern: &Pattern, resource: ArnText<'_>, context: &Context) -> Option<Truth> {
    if pattern.is_anything() {
        return Some(Truth::Yes);
    }
    matches_arn(pattern, resource, Place::Resource, context).ok()
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
