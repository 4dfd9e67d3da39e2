//! Looking for bytes in texts, eight in one step: every text of every template is looked at, and most are short.

/// A byte in each of eight places.
const fn in_each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Not zero if one of eight bytes is below a limit of at most 128.
const fn below(eight: u64, limit: u8) -> u64 {
    eight.wrapping_sub(in_each(limit)) & !eight & in_each(128)
}

/// Not zero if one of eight bytes is this one.
const fn equal(eight: u64, byte: u8) -> u64 {
    below(eight ^ in_each(byte), 1)
}

fn any(text: &str, of_eight: impl Fn(u64) -> u64, of_one: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    // The last eight overlap with those before, which does no harm.
    let Some(last) = bytes.last_chunk::<8>() else { return bytes.iter().any(|byte| of_one(*byte)) };
    let chunks = bytes.as_chunks::<8>().0.iter().chain([last]);
    chunks.fold(0, |found, eight| found | of_eight(u64::from_ne_bytes(*eight))) != 0
}

/// Whether a byte stands in a text.
pub(crate) fn contains(text: &str, byte: u8) -> bool {
    any(text, |eight| equal(eight, byte), |one| one == byte)
}

/// Whether JSON has a text with escapes: for quotation marks, backslashes and control characters.
pub(crate) fn needs_escapes(text: &str) -> bool {
    let of_eight = |eight| below(eight, b' ') | equal(eight, b'"') | equal(eight, b'\\');
    any(text, of_eight, |one| one < b' ' || one == b'"' || one == b'\\')
}

/// A number that is the same for equal texts, and seldom for others. It says that two texts differ, never that they are equal.
///
/// ```
/// assert_ne!(construct_core::fingerprint("one"), construct_core::fingerprint("other"));
/// ```
#[must_use]
pub fn fingerprint(text: &str) -> u64 {
    // The multiplier of FNV-1a, for eight bytes at a time.
    let mix = |hash: u64, eight: u64| (hash ^ eight).wrapping_mul(0x0100_0000_01B3_A5C9).rotate_left(29);
    let (eights, rest) = text.as_bytes().as_chunks::<8>();
    let start = mix(0xCBF2_9CE4_8422_2325, text.len() as u64);
    let hash = eights.iter().fold(start, |hash, eight| mix(hash, u64::from_le_bytes(*eight)));
    let last = rest.iter().fold(0, |last, byte| last << 8 | u64::from(*byte));
    let hash = mix(hash, last);
    mix(hash, hash >> 32)
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

    use proptest::prelude::*;

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
