//! Logical ids: a readable part from the path inside the stack, and a hash of that path.
//!
//! Ids are a contract: changing how they are made replaces resources in every stack that was ever deployed.
//! The tests pin some.

use sha2::{Digest, Sha256};

/// The longest readable part; with the hash it stays within CloudFormation's 255 characters.
const READABLE: usize = 240;

/// The logical id of a node from its path below its stack, and of a second resource of it from the suffix that tells it
/// apart.
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
    push_digits(hash, b"0123456789ABCDEF", &mut id);
    id
}

/// How many digits of a hash stand in ids and names.
const DIGITS: usize = 8;

/// The first 8 hexadecimal digits of the SHA-256 of some texts, one behind the other, in lower case.
#[must_use]
pub fn short_hash<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let mut hash = Sha256::new();
    texts.into_iter().for_each(|text| hash.update(text.as_ref()));
    let mut short = String::with_capacity(DIGITS);
    push_digits(hash, b"0123456789abcdef", &mut short);
    short
}

fn push_digits(hash: Sha256, digits: &[u8; 16], out: &mut String) {
    for byte in &hash.finalize()[..DIGITS / 2] {
        out.extend([byte >> 4, byte & 15].map(|digit| char::from(digits[usize::from(digit)])));
    }
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
