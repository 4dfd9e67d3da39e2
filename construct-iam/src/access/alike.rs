//! Actions that no statement tells apart: what is decided about one of them is decided about the others.

use std::sync::Arc;

use foldhash::{HashSet, HashSetExt as _};

use super::action::{Action, Concerns};
use super::policy::{Actions, Policy};
use super::truth::Truth;

/// The `Action` and `NotAction` elements of policies.
///
/// ```
/// use construct_iam::access::{Action, Distinctions, Policy};
/// use serde_json::json;
///
/// let read = json!({ "Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": "*" });
/// let policy = Policy::parse("read", &json!({ "Statement": read }))?;
/// let distinctions = Distinctions::of([&policy]);
/// let traits = |action: &str| distinctions.traits(&Action::from(action));
/// assert_eq!(traits("s3:GetObject"), traits("s3:getObjectVersion"));
/// assert_ne!(traits("s3:GetObject"), traits("s3:PutObject"));
/// # Ok::<(), construct_iam::access::PolicyError>(())
/// ```
#[derive(Debug, Default)]
pub struct Distinctions(Vec<Arc<Actions>>);

/// All of an action that decides requests: two requests with the same policies that differ in nothing but actions of
/// equal traits come out the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Traits {
    service: Box<str>,
    concerns: Concerns,
    works_across_accounts: bool,
    /// The action itself, if IAM decides about it in a way of its own.
    name: Option<Box<str>>,
    covered: Box<[Truth]>,
}

impl Distinctions {
    /// What these policies tell actions apart by.
    pub fn of<'p>(policies: impl IntoIterator<Item = &'p Policy>) -> Self {
        let (mut elements, mut known) = (Vec::new(), HashSet::new());
        for statement in policies.into_iter().filter_map(Policy::statements).flatten() {
            if known.insert(Arc::as_ptr(&statement.action)) {
                elements.push(Arc::clone(&statement.action));
            }
        }
        Self(elements)
    }

    /// What the policies can tell of an action.
    #[must_use]
    pub fn traits(&self, action: &Action) -> Traits {
        Traits {
            service: action.service().into(),
            concerns: action.concerns,
            works_across_accounts: action.works_across_accounts,
            name: action.rule.map(|_| action.lookup().into()),
            covered: self.0.iter().map(|element| element.cover(action)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_statement_or_a_rule_tells_apart_is_not_alike() {
        let statement = |action: &str| json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
        let document = json!({ "Statement": [statement("s3:Get*"), statement("*:?etObjectAcl"), statement("sts:*")] });
        let policy = Policy::parse("p", &document).expect("a policy");
        let distinctions = Distinctions::of([&policy, &Policy::unknown("not known")]);
        let alike = |one: &str, other: &str| {
            distinctions.traits(&Action::from(one)) == distinctions.traits(&Action::from(other))
        };
        assert!(alike("s3:GetObject", "S3:getObjectVersion"));
        assert!(!alike("s3:GetObject", "s3:GetObjectAcl"), "a statement is about one of them");
        assert!(!alike("s3:GetObject", "sqs:GetObject"), "the service counts");
        assert!(!alike("sts:AssumeRole", "sts:TagSession"), "IAM has a rule for one of them");
        assert!(alike("sts:AssumeRoleWithSAML", "sts:TagSession"));
        assert!(!alike("kms:Decrypt", "kms:ScheduleKeyDeletion"), "only one works across accounts");
        assert!(!alike("kms:ListAliases", "kms:CreateAlias"), "they are about other kinds of resources");
        assert!(alike("kms:Decrypt", "kms:Encrypt"));
    }
}
