//! Characters that stand for values nobody knows yet.
//!
//! A template names things that exist only after deployment: the id of a key, a generated bucket name, a parameter. In
//! strings given to the evaluator such a value is one private-use character, a *symbol*. A symbol equals itself, `*`
//! matches it, and whether other text equals it is [`Unknown`](super::Truth::Unknown).
//!
//! ```
//! use construct_iam::access::symbol;
//!
//! let key_id = symbol::name(0).expect("one of the first 6400");
//! let key = format!("arn:aws:kms:us-east-1:111111111111:key/{key_id}");
//! assert!(symbol::is_symbolic(&key));
//! ```
//!
//! A symbol stands for text without `*`, `?` and `${`: what a template means as a pattern has to be written out as one.

/// A value about which nothing is known: it does not even equal itself. [`Policy::parse`](super::Policy::parse) puts it
/// where a template has an intrinsic function (`{"Ref": …}`, `{"Fn::…": …}`) that the caller did not resolve.
pub const UNKNOWN: char = '\u{10FFFD}';

/// Six [letters](is_letter), such as AWS puts behind the name of a secret: `?` matches each, and which they are is not known.
pub const SIX_LETTERS: &str = "\u{10F000}\u{10F001}\u{10F002}\u{10F003}\u{10F004}\u{10F005}";

const FIRST_LETTER: u32 = 0x10_F000;
const LAST_LETTER: u32 = 0x10_F005;
const FIRST_NAME: u32 = 0xE000;
const LAST_NAME: u32 = 0xF8FF;
/// More names, when those are used up: each pipeline of a large app has a key or two of which the id is not known.
const FIRST_FURTHER_NAME: u32 = 0x10_0000;
const LAST_FURTHER_NAME: u32 = 0x10_EFFF;
const FIRST_TEXT: u32 = 0xF_0000;
const LAST_TEXT: u32 = 0xF_FFFD;

/// The `n`-th symbol for a name or an id: text of at least one character and without a colon, so that it stays inside
/// one part of an ARN.
///
/// `None` from 67840 on.
#[must_use]
pub const fn name(n: u32) -> Option<char> {
    match n.checked_sub(LAST_NAME - FIRST_NAME + 1) {
        None => nth(FIRST_NAME, LAST_NAME, n),
        Some(further) => nth(FIRST_FURTHER_NAME, LAST_FURTHER_NAME, further),
    }
}

/// The `n`-th symbol for any text, such as a whole ARN or an empty string.
///
/// `None` from 65534 on.
#[must_use]
pub const fn text(n: u32) -> Option<char> {
    nth(FIRST_TEXT, LAST_TEXT, n)
}

/// Whether some part of the text is a symbol.
#[must_use]
pub fn is_symbolic(text: &str) -> bool {
    !text.is_ascii() && text.chars().any(is_symbol)
}

const fn nth(first: u32, last: u32, n: u32) -> Option<char> {
    if n > last - first { None } else { char::from_u32(first + n) }
}

pub(crate) const fn is_symbol(c: char) -> bool {
    is_name(c) || is_text(c) || is_letter(c)
}

/// Whether it is a symbol for one letter or digit.
#[must_use]
pub const fn is_letter(c: char) -> bool {
    matches!(c as u32, FIRST_LETTER..=LAST_LETTER)
}

/// Whether it is a symbol for a [name](name()): text without a colon.
#[must_use]
pub const fn is_name(c: char) -> bool {
    matches!(c as u32, FIRST_NAME..=LAST_NAME | FIRST_FURTHER_NAME..=LAST_FURTHER_NAME)
}

/// Whether it is a symbol for [any text](text()), which may have colons or be empty.
#[must_use]
pub const fn is_text(c: char) -> bool {
    // All of the private use counts as a symbol, so that no private-use character passes for a literal.
    matches!(c as u32, FIRST_TEXT..=LAST_TEXT | 0x10_F006..=0x10_FFFD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_end_where_unicode_ends_them() {
        assert_eq!(name(0), Some('\u{E000}'));
        assert_eq!(name(6399), Some('\u{F8FF}'));
        assert_eq!(name(6400), Some('\u{100000}'));
        assert_eq!(name(67839), Some('\u{10EFFF}'));
        assert_eq!(name(67840), None);
        assert_eq!(name(u32::MAX), None);
        assert_eq!(text(0), Some('\u{F0000}'));
        assert_eq!(text(65533), Some('\u{FFFFD}'));
        assert_eq!(text(65534), None);
        assert_eq!(text(u32::MAX), None);
    }

    #[test]
    fn classes_do_not_overlap() {
        for c in ['\u{E000}', '\u{F8FF}', '\u{100000}', '\u{10EFFF}'] {
            assert!(is_name(c) && !is_text(c) && is_symbol(c));
        }
        for c in ['\u{F0000}', '\u{FFFFD}', '\u{10F006}', UNKNOWN] {
            assert!(!is_name(c) && is_text(c) && is_symbol(c));
        }
        for c in SIX_LETTERS.chars() {
            assert!(is_letter(c) && !is_name(c) && !is_text(c) && is_symbol(c));
        }
        for c in ['a', '*', 'é', '\u{D7FF}', '\u{F900}', '\u{EFFFF}'] {
            assert!(!is_symbol(c), "{c:?}");
        }
        assert!(is_symbolic("a\u{E000}") && !is_symbolic("aé") && !is_symbolic("a"));
    }
}
