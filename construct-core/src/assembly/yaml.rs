//! How long a template is as YAML: the AWS CDK CLI writes it so before it looks whether the template fits inline.

use serde_json::Value as Json;

/// The bytes of a template as the CLI writes it: two spaces a level, every scalar on a line of its own. Quotes are counted
/// wherever they might be needed, so the result is never too small by more than escapes inside of texts.
pub(crate) fn yaml_bytes(template: &Json) -> usize {
    entries(template, 0)
}

/// The lines of an object or list whose entries stand at an indentation.
fn entries(json: &Json, indent: usize) -> usize {
    match json {
        Json::Object(map) => map.iter().map(|(key, value)| indent + scalar(key) + 1 + value_of(value, indent)).sum(),
        Json::Array(items) => items.iter().map(|item| indent + 2 + item_of(item, indent)).sum(),
        other => scalar_of(other) + 1,
    }
}

/// What follows `key:`, line ends included.
fn value_of(value: &Json, indent: usize) -> usize {
    if is_nested(value) { 1 + entries(value, indent + 2) } else { 1 + scalar_of(value) + 1 }
}

/// What follows `- `, line ends included; the first entry of a nested value stands on the same line.
fn item_of(item: &Json, indent: usize) -> usize {
    if is_nested(item) { entries(item, indent + 2) - (indent + 2) } else { scalar_of(item) + 1 }
}

fn is_nested(json: &Json) -> bool {
    match json {
        Json::Object(map) => !map.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

fn scalar_of(json: &Json) -> usize {
    match json {
        Json::String(text) => scalar(text),
        Json::Object(_) | Json::Array(_) => 2,
        other => other.to_string().len(),
    }
}

fn scalar(text: &str) -> usize {
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_.-:".contains(&byte))
        && !text.ends_with(':')
        && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&&*text.to_ascii_lowercase());
    text.len() + if plain { 0 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::yaml_bytes;
    use serde_json::json;

    #[test]
    fn the_length_is_that_of_the_text_the_cli_writes() {
        let template =
            json!({ "Resources": { "A": { "Type": "X::Y::Z", "List": ["a", { "b": 1, "c": [] }], "T": "true" } } });
        let yaml =
            "Resources:\n  A:\n    Type: X::Y::Z\n    List:\n      - a\n      - b: 1\n        c: []\n    T: \"true\"\n";
        assert_eq!(yaml_bytes(&template), yaml.len());
    }
}
