//! Condition operators by name.

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::net::IpAddr;

use super::arn::{ArnText, Place, matches_arn};
use super::context::Context;
use super::pattern::{Pattern, Variables};
use super::symbol;
use super::token::{Token, glob};
use super::truth::Truth;
use super::values::{Cidr, Decimal, Moment, base64};

/// A parsed operator such as `ForAnyValue:StringNotLikeIfExists`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Operator {
    pub(crate) set: Option<Set>,
    pub(crate) comparison: Comparison,
    pub(crate) negated: bool,
    pub(crate) if_exists: bool,
}

/// What decides for a multivalued key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Set {
    All,
    Any,
}

/// What the operator asks of one value of the request and one value of the policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Comparison {
    Text,
    TextIgnoringCase,
    Glob,
    Arn,
    Number(Relation),
    Date(Relation),
    Bool,
    Address,
    Bytes,
    Presence,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Relation {
    Equal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// A policy value, read as its operator reads it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Pattern(Pattern),
    Number(Box<Decimal>),
    Date(Moment),
    Bool(bool),
    Address(Cidr),
    Bytes(Box<[u8]>),
    /// The template does not say.
    Unknown,
}

impl Operand {
    /// Whether it depends on the context what the operand stands for.
    pub(crate) fn has_variables(&self) -> bool {
        matches!(self, Self::Pattern(pattern) if pattern.has_variables())
    }

    /// The text that it was written as, as far as it tells.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Pattern(pattern) => Some(pattern.source()),
            _ => None,
        }
    }
}

/// Whether IAM knows an operator of this name.
pub(crate) fn is_operator(name: &str) -> bool {
    Operator::parse(name).is_some()
}

impl Operator {
    /// `None` for a name that is not in
    /// [the list](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (set, rest) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(Set::All), rest),
            Some(("ForAnyValue", rest)) => (Some(Set::Any), rest),
            Some(_) => return None,
            None => (None, name),
        };
        let (base, if_exists) = match rest.strip_suffix("IfExists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let (comparison, negated) = match base {
            "StringEquals" => (Comparison::Text, false),
            "StringNotEquals" => (Comparison::Text, true),
            "StringEqualsIgnoreCase" => (Comparison::TextIgnoringCase, false),
            "StringNotEqualsIgnoreCase" => (Comparison::TextIgnoringCase, true),
            "StringLike" => (Comparison::Glob, false),
            "StringNotLike" => (Comparison::Glob, true),
            "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
            "NumericEquals" => (Comparison::Number(Relation::Equal), false),
            "NumericNotEquals" => (Comparison::Number(Relation::Equal), true),
            "NumericLessThan" => (Comparison::Number(Relation::Less), false),
            "NumericLessThanEquals" => (Comparison::Number(Relation::AtMost), false),
            "NumericGreaterThan" => (Comparison::Number(Relation::Greater), false),
            "NumericGreaterThanEquals" => (Comparison::Number(Relation::AtLeast), false),
            "DateEquals" => (Comparison::Date(Relation::Equal), false),
            "DateNotEquals" => (Comparison::Date(Relation::Equal), true),
            "DateLessThan" => (Comparison::Date(Relation::Less), false),
            "DateLessThanEquals" => (Comparison::Date(Relation::AtMost), false),
            "DateGreaterThan" => (Comparison::Date(Relation::Greater), false),
            "DateGreaterThanEquals" => (Comparison::Date(Relation::AtLeast), false),
            "Bool" => (Comparison::Bool, false),
            "IpAddress" => (Comparison::Address, false),
            "NotIpAddress" => (Comparison::Address, true),
            "BinaryEquals" => (Comparison::Bytes, false),
            "Null" if set.is_none() && !if_exists => (Comparison::Presence, false),
            _ => return None,
        };
        Some(Self { set, comparison, negated, if_exists })
    }

    /// Reads a policy value; `None` if it is not what the operator takes.
    pub(crate) fn operand(self, text: &str, variables: Variables) -> Option<Operand> {
        let wildcards = matches!(self.comparison, Comparison::Glob | Comparison::Arn);
        let operand = match self.comparison {
            Comparison::Text | Comparison::TextIgnoringCase | Comparison::Glob | Comparison::Arn => {
                Operand::Pattern(Pattern::new(text, wildcards, variables))
            }
            _ if symbol::is_symbolic(text) => Operand::Unknown,
            Comparison::Number(_) => Operand::Number(Decimal::parse(text)?.into()),
            Comparison::Date(_) => Operand::Date(Moment::parse(text)?),
            Comparison::Bool | Comparison::Presence => match boolean(text) {
                Some(value) => Operand::Bool(value),
                // Whether `True` counts as `true` is not documented.
                None if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") => Operand::Unknown,
                None => return None,
            },
            Comparison::Address => Operand::Address(Cidr::parse(text)?),
            Comparison::Bytes => Operand::Bytes(base64(text)?.into()),
        };
        Some(operand)
    }

    /// Whether the value of the request meets the value of the policy; negation is left to the caller.
    pub(crate) fn compare(self, operand: &Operand, got: &Got<'_>, context: &Context) -> Truth {
        let text = got.text;
        let compared = match (self.comparison, operand) {
            // A variable without a value makes a comparison fail, and so a negated one hold.
            (Comparison::Text | Comparison::Glob, Operand::Pattern(pattern)) => {
                return pattern.glob(text, context).unwrap_or(Truth::No);
            }
            (Comparison::TextIgnoringCase, Operand::Pattern(pattern)) => {
                return pattern.resolve(context).map_or(Truth::No, |one| ignoring_case(&one.into_tokens(), text));
            }
            (Comparison::Arn, Operand::Pattern(pattern)) => {
                // A list of roles is compared text by text.
                if got.is_ascii && pattern.is_literal() && pattern.colons().is_some() {
                    return Truth::from(pattern.source() == text);
                }
                return matches_arn(pattern, got.arn(), Place::Condition, context).unwrap_or(Truth::No);
            }
            (Comparison::Number(relation), Operand::Number(number)) => {
                Decimal::parse(text).map(|got| relation.holds(got.cmp(number)))
            }
            (Comparison::Date(relation), Operand::Date(date)) => {
                Moment::parse(text).map(|got| relation.holds(got.cmp(date)))
            }
            (Comparison::Bool, Operand::Bool(value)) => boolean(text).map(|got| got == *value),
            (Comparison::Address, Operand::Address(range)) => {
                text.parse::<IpAddr>().ok().and_then(|got| range.contains(got))
            }
            (Comparison::Bytes, Operand::Bytes(bytes)) => base64(text).map(|got| *got == **bytes),
            _ => None,
        };
        // A value that does not parse has no documented meaning.
        compared.map_or(Truth::Unknown, Truth::from)
    }
}

/// A value of a request, to be compared with any number of policy values.
#[derive(Clone, Debug)]
pub(crate) struct Got<'a> {
    pub(crate) text: &'a str,
    pub(crate) is_ascii: bool,
    /// Taken apart, once it was compared as an ARN.
    arn: OnceCell<ArnText<'a>>,
}

impl<'a> Got<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, is_ascii: text.is_ascii(), arn: OnceCell::new() }
    }

    fn arn(&self) -> ArnText<'a> {
        *self.arn.get_or_init(|| ArnText::new(self.text))
    }
}

impl Relation {
    fn holds(self, got: Ordering) -> bool {
        match self {
            Self::Equal => got.is_eq(),
            Self::Less => got.is_lt(),
            Self::AtMost => got.is_le(),
            Self::Greater => got.is_gt(),
            Self::AtLeast => got.is_ge(),
        }
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn ignoring_case(tokens: &[Token], got: &str) -> Truth {
    let lower: Vec<Token> = tokens
        .iter()
        .map(|token| match token {
            Token::Char(c) => Token::Char(c.to_ascii_lowercase()),
            other => other.clone(),
        })
        .collect();
    let equal = glob(&lower, &got.to_ascii_lowercase());
    // No page says how case folds outside ASCII.
    let foreign = |c: char| !c.is_ascii() && !symbol::is_symbol(c);
    if equal.is_no() && (got.contains(foreign) || tokens.iter().any(|t| matches!(t, Token::Char(c) if foreign(*c)))) {
        return Truth::Unknown;
    }
    equal
}
