//! Patterns that are their own text: no variables, nothing unknown. Nearly all of them are, and they are matched byte
//! by byte, without being taken apart first.

use super::symbol::is_symbol;
use super::token::{Token, glob};
use super::truth::Truth;

/// A text in which, where `wildcards` is set, `*` and `?` stand for others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain<'p> {
    pub(crate) text: &'p str,
    pub(crate) wildcards: bool,
}

impl Plain<'_> {
    /// Whether a wildcard stands in it.
    pub(crate) fn is_wild(self) -> bool {
        self.wildcards && self.text.bytes().any(is_wildcard)
    }

    /// Whether it is a `*` that matches everything.
    pub(crate) fn is_anything(self) -> bool {
        self.wildcards && self.text == "*"
    }

    /// How many bytes come before the first wildcard or symbol.
    pub(crate) fn spelled(self) -> usize {
        // Most texts are spelled out to the end, or nearly so: sixteen bytes are looked at in one step, without
        // stopping at the first.
        let (sixteens, _) = self.text.as_bytes().as_chunks::<16>();
        let is_spelled = |bytes: &&[u8; 16]| bytes.iter().fold(true, |all, c| all & self.spells(*c));
        let n = 16 * sixteens.iter().take_while(is_spelled).count();
        n + self.text.as_bytes()[n..].iter().take_while(|c| self.spells(**c)).count()
    }

    fn spells(self, c: u8) -> bool {
        c.is_ascii() & !(self.wildcards & is_wildcard(c))
    }

    pub(crate) fn tokens(self) -> impl Iterator<Item = Token> {
        self.text.chars().map(move |c| match c {
            '*' if self.wildcards => Token::Run,
            '?' if self.wildcards => Token::One,
            c if is_symbol(c) => Token::Symbol(c),
            c => Token::Char(c),
        })
    }

    /// How many bytes both sides spell out alike, and the answer if what comes then decides.
    pub(crate) fn spelled_out(self, text: &str) -> (usize, Option<Truth>) {
        let (pattern, text) = (self.text.as_bytes(), text.as_bytes());
        // What both sides spell out alike can only match each other: no symbol and no wildcard comes before it.
        let alike = pattern.iter().zip(text).take_while(|(a, b)| a == b && self.spells(**a)).count();
        let decided = match (pattern.get(alike), text.get(alike)) {
            (None, None) => Some(Truth::Yes),
            (None, Some(c)) if c.is_ascii() => Some(Truth::No),
            (Some(c), None) if self.spells(*c) => Some(Truth::No),
            (Some(a), Some(b)) if self.spells(*a) && b.is_ascii() => Some(Truth::No),
            _ => None,
        };
        (alike, decided)
    }

    /// Whether the pattern matches the whole text. `*` and `?` match any character, colons included.
    pub(crate) fn glob(self, text: &str) -> Truth {
        let (alike, decided) = self.spelled_out(text);
        if let Some(decided) = decided {
            return decided;
        }
        let (rest, text) = (Plain { text: &self.text[alike..], ..self }, &text[alike..]);
        if rest.is_anything() || rest.text == text {
            return Truth::Yes;
        }
        if rest.text.is_ascii() && text.is_ascii() {
            return Truth::from(run(rest.text.as_bytes(), text.as_bytes()));
        }
        let tokens: Vec<Token> = rest.tokens().collect();
        glob(&tokens, text)
    }
}

const fn is_wildcard(c: u8) -> bool {
    (c == b'*') | (c == b'?')
}

/// Whether a pattern with wildcards matches a text without symbols. It is asked only where a wildcard comes first, so
/// that there are some.
fn run(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go on after a mismatch: behind the latest `*`, with what it has not eaten yet.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(p), text.get(t)) {
            (Some(b'*'), _) => {
                p += 1;
                retry = Some((p, t));
            }
            (Some(a), Some(b)) if a == b || *a == b'?' => {
                p += 1;
                t += 1;
            }
            (None, None) => return true,
            _ => match retry {
                Some((behind, uneaten)) if uneaten < text.len() => {
                    (p, t) = (behind, uneaten + 1);
                    retry = Some((behind, t));
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_short_way_agrees_with_the_long_one(
            pattern in "[ab:*?\u{E000}\u{E001}\u{F0000}é]{0,7}",
            text in "[ab:*?\u{E000}\u{E001}\u{F0000}é]{0,7}",
            wildcards: bool,
        ) {
            let plain = Plain { text: &pattern, wildcards };
            let tokens: Vec<Token> = plain.tokens().collect();
            prop_assert_eq!(plain.glob(&text), glob(&tokens, &text));
        }

        #[test]
        fn texts_without_symbols_are_settled_byte_by_byte(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            let plain = Plain { text: &pattern, wildcards: true };
            let tokens: Vec<Token> = plain.tokens().collect();
            prop_assert_eq!(plain.glob(&text), glob(&tokens, &text));
        }
    }
}
