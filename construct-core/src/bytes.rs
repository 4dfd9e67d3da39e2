//! Looking for bytes in texts, sixteen in one step: every text of every template is looked at.

use std::hash::{BuildHasher, Hasher};

use foldhash::quality::FixedState;

/// Whether there is a byte of a kind. Written so that compilers make it of instructions that take up to sixteen bytes.
pub(crate) fn any(text: &str, is: impl Fn(u8) -> bool) -> bool {
    /// The first bytes of a text and its last ones, which overlap where it is shorter than both.
    fn ends<const N: usize>(bytes: &[u8]) -> Option<[&[u8; N]; 2]> {
        Some([bytes.first_chunk()?, bytes.last_chunk()?])
    }
    let bytes = text.as_bytes();
    if let Some([_, last]) = ends::<16>(bytes) {
        let mut found = [0_u8; 16];
        for sixteen in bytes.as_chunks().0.iter().chain([last]) {
            found.iter_mut().zip(sixteen).for_each(|(found, byte)| *found |= u8::from(is(*byte)));
        }
        found.iter().fold(0, |all, one| all | one) != 0
    } else if let Some([first, last]) = ends::<8>(bytes) {
        first.iter().zip(last).fold(false, |found, (one, other)| found | is(*one) | is(*other))
    } else if let Some([first, last]) = ends::<4>(bytes) {
        first.iter().zip(last).fold(false, |found, (one, other)| found | is(*one) | is(*other))
    } else {
        bytes.iter().any(|byte| is(*byte))
    }
}

/// Whether a byte stands in a text.
pub(crate) fn contains(text: &str, byte: u8) -> bool {
    any(text, |one| one == byte)
}

/// What few texts of JSON have, told in one look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Traits {
    /// Whether there are no other characters.
    pub(crate) is_ascii: bool,
    /// Whether a backslash, a dollar sign or two open braces side by side stand in it.
    pub(crate) is_marked: bool,
}

/// The [`Traits`] of a text. Nothing stops before the end, so that compilers look at sixteen bytes in one step.
pub(crate) fn traits(text: &str) -> Traits {
    const OTHER: u8 = 1 << 7;
    const MARK: u8 = 1;
    let of =
        |one: u8, next: u8| (one & OTHER) | u8::from((one == b'\\') | (one == b'$') | ((one == b'{') & (next == b'{')));
    let bytes = text.as_bytes();
    let nexts = bytes.get(1..).unwrap_or_default();
    let last = bytes.last().map_or(0, |last| of(*last, 0));
    let all = bytes.iter().zip(nexts).fold(last, |all, (one, next)| all | of(*one, *next));
    Traits { is_ascii: all & OTHER == 0, is_marked: all & MARK != 0 }
}

/// Whether JSON has a text with escapes: for quotation marks, backslashes and control characters.
pub(crate) fn needs_escapes(text: &str) -> bool {
    any(text, is_escaped)
}

/// Whether a text has neither escapes nor braces, which dynamic references have.
pub(crate) fn is_plain(text: &str) -> bool {
    !any(text, |byte| is_escaped(byte) | (byte == b'{'))
}

/// Where the first byte is that JSON escapes: the end of a string, most often. Looked for in eight bytes at a time, as
/// a number: the lowest byte that is told to be one is one, as nothing was carried over to it.
pub(crate) fn first_escaped(text: &[u8]) -> Option<usize> {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = EACH << 7;
    let (eights, rest) = text.as_chunks::<8>();
    for (n, eight) in eights.iter().enumerate() {
        let bytes = u64::from_le_bytes(*eight);
        // With this bit the other way round, a quotation mark comes right behind the control characters, in place of
        // the blank.
        let turned = bytes ^ (EACH * 2);
        let backslashes = bytes ^ (EACH * b'\\' as u64);
        let found =
            turned.wrapping_sub(EACH * (b' ' as u64 + 1)) & !turned | backslashes.wrapping_sub(EACH) & !backslashes;
        if found & HIGH != 0 {
            return Some(n * 8 + (found & HIGH).trailing_zeros() as usize / 8);
        }
    }
    let place = rest.iter().position(|byte| is_escaped(*byte))?;
    Some(eights.len() * 8 + place)
}

/// How many of sixteen bytes are blanks, before the first that is none.
pub(crate) fn leading_blanks(sixteen: [u8; 16]) -> usize {
    (u128::from_le_bytes(sixteen) ^ u128::from_le_bytes([b' '; 16])).trailing_zeros() as usize / 8
}

fn is_escaped(byte: u8) -> bool {
    // Without `||`, which would mean to stop at the first one.
    (byte < b' ') | (byte == b'"') | (byte == b'\\')
}

/// A number that is the same for equal texts, in every run, and seldom for others. It says that two texts differ, never
/// that they are equal.
///
/// ```
/// assert_ne!(construct_core::fingerprint("one"), construct_core::fingerprint("other"));
/// ```
#[must_use]
pub fn fingerprint(text: &str) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// How many bytes of a text are of a kind.
///
/// ```
/// assert_eq!(construct_core::count_bytes("a b c", |byte| byte == b' '), 2);
/// ```
#[must_use]
pub fn count_bytes(text: &str, is: impl Fn(u8) -> bool) -> usize {
    // So few at a time that the count fits into a byte, as processors count best.
    let portions = text.as_bytes().chunks(usize::from(u8::MAX));
    portions.map(|bytes| usize::from(bytes.iter().map(|byte| u8::from(is(*byte))).sum::<u8>())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    use proptest::prelude::{any, *};

    #[test]
    fn a_blank_needs_no_escape_in_short_texts_and_long_ones() {
        assert!(!needs_escapes("a b") && !needs_escapes("a text of more than eight bytes"));
        assert!(needs_escapes("a\nb") && needs_escapes("a text of more than eight \"bytes\""));
    }

    #[test]
    fn texts_that_differ_in_one_place_have_other_fingerprints() {
        let text = |n: usize, other: Option<usize>| -> String {
            (0..n).map(|at| if Some(at) == other { 'b' } else { 'a' }).collect()
        };
        let all = (0..40).flat_map(|n| (0..n).map(Some).chain([None]).map(move |other| text(n, other)));
        let prints: Vec<u64> = all.map(|text| fingerprint(&text)).collect();
        assert_eq!(prints.iter().collect::<BTreeSet<_>>().len(), prints.len());
        assert!(prints.iter().all(|print| print >> 32 != 0 && print << 32 != 0));
    }

    proptest! {
        #[test]
        fn what_is_found_is_there(text in r#"([ -~]|\PC|[\x00-\x1f]|["\\{]){0,30}"#) {
            prop_assert_eq!(contains(&text, b'{'), text.contains('{'));
            prop_assert_eq!(contains(&text, b'"'), text.contains('"'));
            let escapes = serde_json::to_string(&text).unwrap().len() > text.len() + 2;
            prop_assert_eq!(needs_escapes(&text), escapes);
            prop_assert_eq!(is_plain(&text), !escapes && !text.contains('{'));
            let first = text.bytes().position(is_escaped);
            prop_assert_eq!(first_escaped(text.as_bytes()), first);
        }

        #[test]
        fn what_few_texts_have_is_told_wherever_it_stands(
            before in "[a-z]{0,40}",
            part in r#"(\{\{|\{ \{|\{|\\|é|\$){0,2}"#,
            behind in "[a-z]{0,40}",
        ) {
            let text = [&*before, &*part, &*behind].concat();
            let is_marked = text.contains("{{") || text.contains(['\\', '$']);
            prop_assert_eq!(traits(&text), Traits { is_ascii: text.is_ascii(), is_marked });
        }

        #[test]
        fn the_first_escape_is_found_among_any_bytes(text in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(first_escaped(&text), text.iter().position(|byte| is_escaped(*byte)));
        }

        #[test]
        fn blanks_are_counted_up_to_the_first_other_byte(blanks in 0_usize..17, other in any::<[u8; 16]>()) {
            let mut sixteen = other;
            sixteen[..blanks].fill(b' ');
            let counted = sixteen.iter().take_while(|byte| **byte == b' ').count();
            prop_assert_eq!(leading_blanks(sixteen), counted);
        }

        #[test]
        fn every_one_is_counted(text in "[ab]{0,600}") {
            prop_assert_eq!(count_bytes(&text, |byte| byte == b'a'), text.matches('a').count());
        }

        #[test]
        fn long_plain_texts_are_plain(text in "[!#-Z]{0,60}\\PC{0,3}[!#-Z]{0,9}") {
            prop_assert_eq!(contains(&text, b'{'), text.contains('{'));
            prop_assert_eq!(needs_escapes(&text), text.contains(['"', '\\']));
        }
    }
}
