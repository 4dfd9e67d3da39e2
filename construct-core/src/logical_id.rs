//! Logical ids: a readable part from the path inside the stack, and a hash of that path.
//!
//! Ids are a contract: changing how they are made replaces resources in every stack that was ever deployed.
//! The tests pin some.

use sha2::{Digest, Sha256};

/// The longest readable part; with the hash it stays within CloudFormation's 255 characters.
const READABLE: usize = 240;

/// The logical id of a node from its path below its stack, and of a second resource of it from the suffix that tells it apart.
pub(crate) fn logical_id(path: &str, suffix: Option<&str>) -> String {
    let mut id = String::with_capacity(path.len() + suffix.map_or(0, str::len) + DIGITS);
    for name in path.split('/').chain(suffix).filter(|name| !matches!(*name, "Resource" | "Default")) {
        for letters in name.split(|letter: char| !letter.is_ascii_alphanumeric()) {
            let room = READABLE.saturating_sub(id.len());
            id.push_str(&letters[..letters.len().min(room)]);
        }
    }
    let mut hash = Sha256::new_with_prefix(path);
    if let Some(suffix) = suffix {
        hash.update(if path.is_empty() { "" } else { "/" });
        hash.update(suffix);
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
        assert_eq!(logical_id("Pipeline/Role", None), "PipelineRole1B266B42");
        assert_eq!(logical_id("Pipeline", Some("Role")), "PipelineRole1B266B42");
        assert_eq!(logical_id("Pipeline/Resource", None), "Pipeline1604BCD9");
        assert_eq!(logical_id("a-b/c d", None), "abcd7CD379F9");
    }

    #[test]
    fn names_that_read_alike_differ_in_the_hash() {
        assert_ne!(logical_id("a-b", None), logical_id("ab", None));
        assert_ne!(logical_id("a/b", None), logical_id("ab", None));
        assert_eq!(logical_id(&"x".repeat(400), None).len(), 248);
        assert_eq!(logical_id(&"é-x".repeat(241), None).len(), 248);
    }
}
