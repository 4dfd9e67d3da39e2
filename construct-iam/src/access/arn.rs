//! ARN patterns, matched part by part.
//!
//! An ARN has six parts, and a wildcard stays inside its part; only the last part may contain colons itself. See [IAM
//! JSON policy elements:
//! Resource](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html) and [ARN
//! condition
//! operators](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN).

use std::sync::Arc;

use super::colons::{Colons, PARTS};
use super::context::Context;
use super::pattern::{NoValue, Pattern, Resolved};
use super::plain::Plain;
use super::symbol::is_text;
use super::token::{Token, glob, may_match, must_match};
use super::truth::Truth;

/// Where the pattern stands; the rules differ in the service part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    /// `Resource` and `NotResource`: no wildcards in the service part.
    Resource,
    /// The value of an ARN condition operator.
    Condition,
}

const SERVICE: usize = 2;

/// A text that is matched as an ARN, taken apart once for any number of patterns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArnText<'a> {
    pub(crate) text: &'a str,
    colons: Option<Colons>,
    /// Bytes before the first symbol.
    spelled: usize,
}

/// The same, kept.
#[derive(Clone, Debug)]
pub(crate) struct SharedArn {
    text: Arc<str>,
    colons: Option<Colons>,
    spelled: usize,
}

impl<'a> ArnText<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, colons: Colons::find(text), spelled: Plain { text, wildcards: false }.spelled() }
    }

    /// The account, if the text is an ARN.
    pub(crate) fn account(&self) -> Option<&'a str> {
        Some(self.colons?.account(self.text))
    }

    /// The last of the six parts, if the text is an ARN.
    pub(crate) fn last_part(&self) -> Option<&'a str> {
        Some(&self.text[self.colons?.behind()..])
    }

    /// What the pattern spells out decides most matches; `None` if it decides nothing.
    fn against_spelled(&self, pattern: &Pattern) -> Option<Truth> {
        let (colons, _) = (pattern.colons()?, self.colons?);
        let spelled = pattern.spelled().as_bytes();
        let n = spelled.len().min(self.text.len());
        if self.spelled < n {
            return None;
        }
        if spelled != &self.text.as_bytes()[..n] {
            return Some(Truth::No);
        }
        // Only in the last part may wildcards and symbols stand then.
        let tail = pattern.tail().filter(|_| colons.behind() <= n)?;
        Some(tail.glob(&self.text[n..]))
    }
}

impl SharedArn {
    pub(crate) fn new(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let ArnText { colons, spelled, .. } = ArnText::new(&text);
        Self { text, colons, spelled }
    }

    pub(crate) fn as_text(&self) -> ArnText<'_> {
        ArnText { text: &self.text, colons: self.colons, spelled: self.spelled }
    }
}

/// Whether the pattern matches the ARN.
pub(crate) fn matches_arn(
    pattern: &Pattern,
    arn: ArnText<'_>,
    place: Place,
    context: &Context,
) -> Result<Truth, NoValue> {
    if let Some(matched) = arn.against_spelled(pattern) {
        return Ok(matched);
    }
    let resolved = pattern.resolve(context)?;
    if let (Resolved::Plain(plain, Some(colons)), Some(divided)) = (&resolved, arn.colons) {
        let part = |text| Plain { text, ..*plain };
        let (parts, values) = (colons.split(plain.text).map(part), divided.split(arn.text));
        let matched = Truth::all(parts.iter().zip(values).map(|(part, value)| part.glob(value)));
        return Ok(if doubtful_service(place, || parts[SERVICE].is_wild()) { matched.doubted() } else { matched });
    }
    Ok(matches_tokens(&resolved.into_tokens(), arn, place))
}

fn matches_tokens(pattern: &[Token], arn: ArnText<'_>, place: Place) -> Truth {
    let (Some(parts), Some(colons)) = (split_pattern(pattern), arn.colons) else {
        return unsplit(pattern, arn.text, place);
    };
    let matched = Truth::all(parts.iter().zip(colons.split(arn.text)).map(|(part, value)| glob(part, value)));
    if doubtful_service(place, || parts[SERVICE].iter().any(is_wild)) { matched.doubted() } else { matched }
}

fn doubtful_service(place: Place, is_wild: impl FnOnce() -> bool) -> bool {
    place == Place::Resource && is_wild()
}

fn is_wild(token: &Token) -> bool {
    matches!(token, Token::One | Token::Run)
}

/// The match where the parts of one side cannot be told: short patterns, texts that are no ARNs, symbols that may hide
/// colons.
fn unsplit(pattern: &[Token], text: &str, place: Place) -> Truth {
    let hides_colons = pattern.iter().any(|token| matches!(token, Token::Symbol(c) if is_text(*c)));
    if hides_colons {
        // Colons align one to one if no wildcard matches one, and then the parts match whatever the symbols hide.
        if aligns(pattern, place) && must_match(pattern, text, false) {
            return Truth::Yes;
        }
        return Truth::from(may_match(pattern, text)).doubted();
    }
    if split_pattern(pattern).is_none() {
        // Whether a short pattern such as `arn:aws:s3*` is filled up with wildcards is not documented.
        let mut filled = pattern.to_vec();
        filled.push(Token::Run);
        return Truth::from(may_match(&filled, text)).doubted();
    }
    Truth::from(may_match(pattern, text)).doubted()
}

/// Whether wildcards can only stand in the last part, or may stand anywhere.
fn aligns(pattern: &[Token], place: Place) -> bool {
    if place == Place::Condition {
        return true;
    }
    let last_colon = pattern.iter().rposition(|token| *token == Token::Char(':')).unwrap_or(0);
    !pattern[..last_colon].iter().any(is_wild)
}

/// The six parts of a pattern, unless it is shorter or hides where they begin.
fn split_pattern(pattern: &[Token]) -> Option<[&[Token]; PARTS]> {
    let mut parts: [&[Token]; PARTS] = [&[]; PARTS];
    let mut rest = pattern;
    for part in parts.iter_mut().take(PARTS - 1) {
        let end = rest.iter().position(|token| *token == Token::Char(':'))?;
        let (head, tail) = rest.split_at(end);
        if head.iter().any(|token| *token == Token::Opaque || matches!(token, Token::Symbol(c) if is_text(*c))) {
            return None;
        }
        *part = head;
        rest = &tail[1..];
    }
    parts[PARTS - 1] = rest;
    Some(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::pattern::Variables;
    use super::*;

    fn check(pattern: &str, arn: &str, resource: Truth, condition: Truth) {
        let compiled = Pattern::new(pattern, true, Variables::Literal);
        let tokens = Pattern::new(pattern, true, Variables::Literal)
            .resolve(&Context::closed())
            .expect("no variables")
            .into_tokens()
            .into_owned();
        for (place, expected) in [(Place::Resource, resource), (Place::Condition, condition)] {
            let matched = matches_arn(&compiled, ArnText::new(arn), place, &Context::closed());
            assert_eq!(matched, Ok(expected), "{place:?} {pattern} on {arn}");
            assert_eq!(matches_tokens(&tokens, ArnText::new(arn), place), expected, "{place:?} {pattern} on {arn}");
        }
    }

    fn both(pattern: &str, arn: &str, expected: Truth) {
        check(pattern, arn, expected, expected);
    }

    #[test]
    fn wildcards_stay_inside_their_part() {
        both("arn:aws:sns:*:1:t", "arn:aws:sns:eu-west-1:1:t", Truth::Yes);
        both("arn:aws:sns:*:2:t", "arn:aws:sns:eu:1:x:2:t", Truth::No);
        both("arn:aws:sns:e?:1:t", "arn:aws:sns:eu:1:t", Truth::Yes);
        both("arn:aws:sns:e?:1:t", "arn:aws:sns:e:1:t", Truth::No);
        both("arn:*:s3:::b", "arn:aws:s3:::b", Truth::Yes);
        both("arn:aws:logs:r:1:log-group:*", "arn:aws:logs:r:1:log-group:a:log-stream:b", Truth::Yes);
        both("arn:aws:logs:r:1:*b", "arn:aws:logs:r:1:log-group:a:b", Truth::Yes);
        both("arn:aws:s3:::b/*", "arn:aws:s3:::b", Truth::No);
        both("arn:aws:s3:::b", "arn:aws:s3:::B", Truth::No);
        both("arn:aws:s3:::b", "arn:aws:s3:r::b", Truth::No);
    }

    #[test]
    fn the_service_part_of_a_resource_takes_no_wildcard() {
        check("arn:aws:*:::b", "arn:aws:s3:::b", Truth::Unknown, Truth::Yes);
        check("arn:aws:s?:::b", "arn:aws:s3:::b", Truth::Unknown, Truth::Yes);
        both("arn:aws:*:::c", "arn:aws:s3:::b", Truth::No);
    }

    #[test]
    fn what_is_no_arn_is_not_guessed() {
        both("arn:aws:s3*", "arn:aws:s3:::b", Truth::Unknown);
        both("arn:aws:s3", "arn:aws:s3:::b", Truth::Unknown);
        both("arn:aws:sns*", "arn:aws:s3:::b", Truth::No);
        both("**", "arn:aws:s3:::b", Truth::Unknown);
        both("arn:aws:s3:::b", "*", Truth::No);
        both("arn:aws:s3*", "*", Truth::No);
        both("**", "*", Truth::Unknown);
        both("b", "arn:aws:s3:::b", Truth::No);
        both("b", "b", Truth::Unknown);
        both("b", "bx", Truth::Unknown);
    }

    #[test]
    fn symbols() {
        both("arn:aws:kms:r:1:key/*", "arn:aws:kms:r:1:key/\u{E000}", Truth::Yes);
        both("arn:aws:kms:r:1:key/\u{E000}", "arn:aws:kms:r:1:key/\u{E000}", Truth::Yes);
        both("arn:aws:kms:r:1:key/\u{E000}", "arn:aws:kms:r:1:key/\u{E001}", Truth::Unknown);
        both("arn:aws:kms:r:1:key/x", "arn:aws:kms:r:1:key/\u{E001}", Truth::Unknown);
        both("arn:aws:kms:r:1:alias/x", "arn:aws:kms:r:1:key/\u{E001}", Truth::No);
        both("arn:aws:kms:*:1:key/*", "arn:aws:kms:\u{E000}:1:key/k", Truth::Yes);
        both("arn:aws:kms:*:1:key/*", "arn:aws:kms:\u{F0000}:1:key/k", Truth::Unknown);
        both("\u{F0000}", "\u{F0000}", Truth::Yes);
        both("\u{F0000}/*", "\u{F0000}/a", Truth::Yes);
        both("\u{F0000}/*/x", "\u{F0000}/a/x", Truth::Yes);
        both("\u{F0000}/*", "\u{F0001}/a", Truth::Unknown);
        both("\u{F0000}/*", "\u{F0000}", Truth::Unknown);
        both("\u{F0000}/*", "arn:aws:s3:::b/a", Truth::Unknown);
        both("\u{F0000}/x", "arn:aws:s3:::b/a", Truth::No);
        both("arn:aws:s3:::b/*", "\u{F0000}/a", Truth::Unknown);
        both("arn:aws:s3:::b/*", "\u{F0000}", Truth::Unknown);
        both("arn:aws:s3:::b/*", "\u{10FFFD}", Truth::Unknown);
        both("\u{10FFFD}", "\u{10FFFD}", Truth::Unknown);
        both("\u{10FFFD}", "*", Truth::Unknown);
        both("arn:aws:s3:::b", "arn:aws:s3:\u{F0000}x", Truth::No);
        // What is not known may hold colons.
        both("arn:aws:\u{10FFFD}:x:y:z", "arn:aws:s3:::b:x:y:z", Truth::Unknown);
        both("arn:aws:\u{10FFFD}:x:y:a", "arn:aws:s3:::b:x:y:z", Truth::No);
        both("arn:x:\u{10FFFD}:x:y:z", "arn:aws:s3:::b:x:y:z", Truth::No);
        both("arn:aws:\u{F0000}:x:y:z", "arn:aws:s3:::b:x:y:z", Truth::Unknown);
        both("arn:aws:s3:::\u{F0000}/*", "arn:aws:s3:::\u{F0000}/a", Truth::Yes);
        // A wildcard before a later colon might stand in the service part of what the symbol hides.
        check("\u{F0000}:*:::b", "\u{F0000}:s3:::b", Truth::Unknown, Truth::Yes);
        both("\u{F0000}:*", "\u{F0000}:a:b", Truth::Unknown);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

        /// What is spelled out decides as the parts do, element by element.
        #[test]
        fn the_short_way_agrees_with_the_long_one(
            pattern in "(a?[a*?!#]?:){4,6}[ab*?:!#~]{0,4}",
            arn in "(a?[a!#]?:){4,6}[ab*:!#~]{0,4}",
            other in any::<bool>(),
        ) {
            let text = |text: &str| text.replace('!', "\u{E000}").replace('#', "\u{F0000}").replace('~', "\u{10FFFD}");
            let (pattern, mut arn) = (text(&pattern), text(&arn));
            if !other {
                // Most random ARNs differ at once.
                arn = pattern.replace('*', "ab").replace('?', "b");
            }
            let resolve = |pattern: &Pattern| pattern.resolve(&Context::closed()).map(|one| one.into_tokens().into_owned());
            let compiled = Pattern::new(&*pattern, true, Variables::Literal);
            let tokens = resolve(&compiled).expect("no variables");
            for place in [Place::Resource, Place::Condition] {
                let matched = matches_arn(&compiled, ArnText::new(&arn), place, &Context::closed());
                prop_assert_eq!(matched, Ok(matches_tokens(&tokens, ArnText::new(&arn), place)), "{:?}", place);
            }
        }
    }
}
