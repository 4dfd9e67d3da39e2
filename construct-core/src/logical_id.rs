//! Logical ids: a readable part from the path inside the stack, and a hash of that path.
//!
//! Ids are a contract: changing how they are made replaces resources in every stack that was ever deployed.
//! The tests pin some.

use sha2::{Digest, Sha256};

/// The longest readable part; with the hash it stays within CloudFormation's 255 characters.
const READABLE: usize = 240;

/// The logical id of a node, from the names between its stack and itself.
pub(crate) fn logical_id<'a>(path: impl Iterator<Item = &'a str> + Clone) -> String {
    let readable = || path.clone().filter(|name| !matches!(*name, "Resource" | "Default"));
    let mut id = String::with_capacity(readable().map(str::len).sum::<usize>() + DIGITS);
    for name in readable() {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        id.extend(letters.take(READABLE.saturating_sub(id.len())));
    }
    let mut hash = Sha256::new();
    for (n, name) in path.enumerate() {
        hash.update(if n == 0 { "" } else { "/" });
        hash.update(name);
    }
    id.extend(digits(hash).map(|digit| digit.to_ascii_uppercase()));
    id
}

/// How many digits of a hash stand in ids and names.
const DIGITS: usize = 8;

/// The first 8 hexadecimal digits of the SHA-256 of some bytes, in lower case.
#[must_use]
pub fn short_hash(bytes: &[u8]) -> String {
    digits(Sha256::new_with_prefix(bytes)).collect()
}

fn digits(hash: Sha256) -> impl Iterator<Item = char> {
    let digest = hash.finalize();
    let digits = digest.into_iter().flat_map(|byte| [byte >> 4, byte & 15]).take(DIGITS);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changing_these_replaces_resources() {
        assert_eq!(logical_id(["Pipeline", "Role"].into_iter()), "PipelineRole1B266B42");
        assert_eq!(logical_id(["Pipeline", "Resource"].into_iter()), "Pipeline1604BCD9");
        assert_eq!(logical_id(["a-b", "c d"].into_iter()), "abcd7CD379F9");
    }

    #[test]
    fn names_that_read_alike_differ_in_the_hash() {
        assert_ne!(logical_id(["a-b"].into_iter()), logical_id(["ab"].into_iter()));
        assert_ne!(logical_id(["a", "b"].into_iter()), logical_id(["ab"].into_iter()));
        assert!(logical_id(["x".repeat(400).as_str()].into_iter()).len() <= 248);
    }
}
