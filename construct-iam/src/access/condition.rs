//! The `Condition` element.
//!
//! Operators and keys are joined by AND, the values of a key by OR, and negated operators hold if none of the values
//! matches:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>.

use std::sync::Arc;

use super::context::{Context, Found};
use super::operator::{Comparison, Got, Operand, Operator, Set};
use super::truth::Truth;

/// One operator applied to one key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    pub(crate) operator: Operator,
    /// As written.
    pub(crate) operator_name: Arc<str>,
    /// As written.
    pub(crate) key: Arc<str>,
    /// In lower case.
    pub(crate) lookup: Arc<str>,
    pub(crate) operands: Box<[Operand]>,
    /// Whether the operands [are in order](Self::are_in_order).
    pub(crate) in_order: bool,
    /// The texts of the operands, where one of them does not tell its own.
    pub(crate) texts: Box<[Box<str>]>,
}

impl Condition {
    /// The values of the policy, as written, in text form.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let own = self.operands.iter().filter(|_| self.texts.is_empty()).filter_map(Operand::text);
        self.texts.iter().map(|text| &**text).chain(own)
    }

    /// The same as a list.
    pub(crate) fn wanted(&self) -> Vec<String> {
        self.texts().map(str::to_owned).collect()
    }

    /// Whether the request meets the condition.
    pub(crate) fn evaluate(&self, context: &Context) -> Truth {
        if self.operands.is_empty() {
            return Truth::Unknown;
        }
        let found = context.find(&self.lookup);
        if self.operator.comparison == Comparison::Presence {
            return self.presence(found);
        }
        match (found, self.operator.set) {
            (Found::Unknown, _) => Truth::Unknown,
            (Found::Absent, set) => self.without_key(set),
            (Found::One(got), _) => self.one(got, context),
            (Found::Among(values), _) => Truth::agreed(values.iter().map(|got| self.one(got, context))),
            // A multivalued key without a set operator is an error in the policy, and its effect is not documented.
            (Found::Many(_), None) => Truth::Unknown,
            (Found::Many([]), Some(Set::Any)) if self.operator.if_exists => Truth::Unknown,
            (Found::Many(got), Some(Set::All)) => Truth::all(got.iter().map(|got| self.one(got, context))),
            (Found::Many(got), Some(Set::Any)) => Truth::any(got.iter().map(|got| self.one(got, context))),
        }
    }

    /// Whether every request meets the condition of which this much is known; `None` if the rest matters.
    pub(crate) fn settled(&self, known: &Context) -> Option<Truth> {
        let is_told = known.tells(&self.lookup) && !self.operands.iter().any(Operand::has_variables);
        is_told.then(|| self.evaluate(known))
    }

    /// Whether one value of the request meets the condition.
    pub(crate) fn one(&self, got: &str, context: &Context) -> Truth {
        let got = Got::new(got);
        let matched = if self.in_order && got.is_ascii {
            // A store of hundreds of accounts lists as many roles.
            let place = |operand: &Operand| operand.text().unwrap_or_default().cmp(got.text);
            Truth::from(self.operands.binary_search_by(place).is_ok())
        } else {
            Truth::any(self.operands.iter().map(|operand| self.operator.compare(operand, &got, context)))
        };
        if self.operator.negated { !matched } else { matched }
    }

    /// Whether the operands match nothing but what is equal to them, and each stands behind those that are smaller.
    pub(crate) fn are_in_order(operator: Operator, operands: &[Operand]) -> bool {
        let is_equal = |operand: &Operand| match (operator.comparison, operand) {
            (Comparison::Text | Comparison::Glob, Operand::Pattern(pattern)) => pattern.is_literal(),
            (Comparison::Arn, Operand::Pattern(pattern)) => pattern.is_literal() && pattern.colons().is_some(),
            _ => false,
        };
        operands.iter().all(is_equal) && operands.is_sorted_by(|one, next| one.text() < next.text())
    }

    fn without_key(&self, set: Option<Set>) -> Truth {
        match set {
            Some(Set::All) => Truth::Yes,
            // One page says that `IfExists` makes it true, another that `ForAnyValue` makes it false.
            Some(Set::Any) if self.operator.if_exists => Truth::Unknown,
            Some(Set::Any) => Truth::No,
            None => Truth::from(self.operator.if_exists || self.operator.negated),
        }
    }

    fn presence(&self, found: Found<'_>) -> Truth {
        let absent = match found {
            Found::Absent => true,
            Found::One(_) | Found::Among(_) => false,
            Found::Many(values) if !values.is_empty() => false,
            Found::Many(_) | Found::Unknown => return Truth::Unknown,
        };
        Truth::any(self.operands.iter().map(|operand| match operand {
            Operand::Bool(wanted) => Truth::from(*wanted == absent),
            _ => Truth::Unknown,
        }))
    }
}

#[cfg(test)]
#[path = "condition_tests.rs"]
mod tests;
