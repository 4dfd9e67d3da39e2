//! What can be told from indented JSON line by line: its compact form, and how long it is as YAML.

use crate::bytes;

/// One line: its indentation, the key with its quotes if it has one, and what follows.
struct Line<'a> {
    indent: usize,
    key: Option<&'a str>,
    rest: &'a str,
}

fn lines(json: &str) -> impl Iterator<Item = Line<'_>> {
    json.split('\n').map(|line| {
        let text = line.trim_start_matches(' ');
        let indent = line.len() - text.len();
        match key_length(text) {
            Some(length) => Line { indent, key: Some(&text[..length]), rest: &text[length + 2..] },
            None => Line { indent, key: None, rest: text },
        }
    })
}

/// The length of the key that a line begins with, quotes included.
fn key_length(line: &str) -> Option<usize> {
    let mut bytes = line.bytes().enumerate();
    if bytes.next()?.1 != b'"' {
        return None;
    }
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => return line[at + 1..].starts_with(": ").then_some(at + 1),
            _ => {}
        }
    }
    None
}

/// Indented JSON without its white space.
pub(crate) fn compacted(json: &str) -> String {
    let mut compact = String::with_capacity(json.len() * 2 / 3);
    for Line { key, rest, .. } in lines(json) {
        if let Some(key) = key {
            compact.push_str(key);
            compact.push(':');
        }
        compact.push_str(rest);
    }
    compact.shrink_to_fit();
    compact
}

/// No less than [`yaml_bytes`], told from the blanks alone: a line is longer as YAML by no more than its indentation.
pub(crate) fn yaml_bytes_at_most(template: &str) -> usize {
    template.len() + bytes::count_bytes(template, |byte| byte == b' ')
}

/// How long a template is as YAML, or a section from its text at level 1. The AWS CDK CLI writes templates so before it
/// looks whether they fit inline: two spaces a level, every scalar on a line of its own. Quotes are counted wherever
/// they might be needed, so the result is never too small by more than escapes inside of texts.
pub(crate) fn yaml_bytes(template: &str) -> usize {
    let line = |Line { indent, key, rest }: Line<'_>| {
        let value = rest.strip_suffix(',').unwrap_or(rest);
        let (begins, ends) = (matches!(value, "{" | "["), matches!(value, "}" | "]"));
        let indent = 2 * indent.saturating_sub(1);
        match key {
            Some(key) if begins => indent + scalar(key) + ":\n".len(),
            Some(key) => indent + scalar(key) + ": \n".len() + scalar(value),
            // What begins in a list begins on the line of its own first entry.
            None if begins || ends => 0,
            None => indent + "- \n".len() + scalar(value),
        }
    };
    lines(template).map(line).sum()
}

fn scalar(json: &str) -> usize {
    let Some(text) = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')) else { return json.len() };
    let is_word = |byte: u8| {
        byte.is_ascii_lowercase()
            | byte.is_ascii_uppercase()
            | byte.is_ascii_digit()
            | (byte == b'/')
            | (byte == b'_')
            | (byte == b'.')
            | (byte == b'-')
            | (byte == b':')
    };
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        // Looked at as a whole, so that many bytes are looked at in one step.
        && text.bytes().fold(true, |plain, byte| plain & is_word(byte))
        && !text.ends_with(':')
        && !is_reserved(text);
    if is_plain { text.len() } else { unescaped(text) + 2 }
}

fn is_reserved(text: &str) -> bool {
    const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    text.len() <= 5 && WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The bytes of a text that JSON has with escapes; of those with a number it writes only such as are one byte.
fn unescaped(text: &str) -> usize {
    let mut n = text.len();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' {
            n -= if bytes.next() == Some(b'u') { "u0000".len() } else { 1 };
        }
    }
    n
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::super::tests::{any_json, indented};
    use super::super::{Text, value};
    use super::*;

    fn section(json: &Json) -> String {
        let mut text = Text::at(1);
        value(json, &mut text);
        text.finish()
    }

    /// The same by the tree: the lines of an object or list whose entries stand at an indentation.
    fn entries(json: &Json, indent: usize) -> usize {
        match json {
            Json::Object(map) => map.iter().map(|(key, value)| indent + word(key) + 1 + after_key(value, indent)).sum(),
            Json::Array(items) => items.iter().map(|item| indent + 2 + after_dash(item, indent)).sum(),
            other => leaf(other) + 1,
        }
    }

    fn after_key(value: &Json, indent: usize) -> usize {
        if is_nested(value) { 1 + entries(value, indent + 2) } else { 1 + leaf(value) + 1 }
    }

    /// The first entry of a nested value stands on the same line.
    fn after_dash(item: &Json, indent: usize) -> usize {
        if is_nested(item) { entries(item, indent + 2) - (indent + 2) } else { leaf(item) + 1 }
    }

    fn is_nested(json: &Json) -> bool {
        json.as_object().is_some_and(|map| !map.is_empty()) || json.as_array().is_some_and(|items| !items.is_empty())
    }

    fn leaf(json: &Json) -> usize {
        json.as_str().map_or_else(|| json.to_string().len(), word)
    }

    fn word(text: &str) -> usize {
        let plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_.-:".contains(&byte))
            && !text.ends_with(':')
            && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&&*text.to_ascii_lowercase());
        text.len() + if plain { 0 } else { 2 }
    }

    proptest! {
        #[test]
        fn compact_text_is_that_of_serde_json(json in any_json()) {
            prop_assert_eq!(compacted(&indented(&json)), json.to_string());
            prop_assert_eq!(compacted(&json.to_string().replace(' ', "")), json.to_string().replace(' ', ""));
        }

        #[test]
        fn yaml_is_as_long_as_the_tree_says(json in any_json()) {
            let json = json!({ "A": json });
            prop_assert_eq!(yaml_bytes(&section(&json)), entries(&json, 2));
            prop_assert!(yaml_bytes(&section(&json)) <= yaml_bytes_at_most(&section(&json)));
        }
    }

    #[test]
    fn the_length_is_that_of_the_text_the_cli_writes() {
        let json = json!({ "A": { "Type": "X::Y::Z", "List": ["a", { "b": 1, "c": [] }], "T": "true" } });
        let yaml = "  A:\n    Type: X::Y::Z\n    List:\n      - a\n      - b: 1\n        c: []\n    T: \"true\"\n";
        assert_eq!(yaml_bytes(&section(&json)), yaml.len());
    }
}
