//! How long a template is as YAML: the AWS CDK CLI writes it so before it looks whether the template fits inline.

use super::Written;

/// The bytes of a section of a template as the CLI writes it: two spaces a level, every scalar on a line of its own. Quotes
/// are counted wherever they might be needed, so the result is never too small by more than escapes inside of texts.
pub(crate) fn yaml_bytes(section: &Written) -> usize {
    entries(section, 2)
}

/// The lines of an object or list whose entries stand at an indentation.
fn entries(written: &Written, indent: usize) -> usize {
    match written {
        Written::Map(map) => map.iter().map(|(key, value)| indent + scalar(key) + 1 + value_of(value, indent)).sum(),
        Written::List(items) => items.iter().map(|item| indent + 2 + item_of(item, indent)).sum(),
        other => scalar_of(other) + 1,
    }
}

/// What follows `key:`, line ends included.
fn value_of(value: &Written, indent: usize) -> usize {
    if is_nested(value) { 1 + entries(value, indent + 2) } else { 1 + scalar_of(value) + 1 }
}

/// What follows `- `, line ends included; the first entry of a nested value stands on the same line.
fn item_of(item: &Written, indent: usize) -> usize {
    if is_nested(item) { entries(item, indent + 2) - (indent + 2) } else { scalar_of(item) + 1 }
}

fn is_nested(written: &Written) -> bool {
    match written {
        Written::Map(map) => !map.is_empty(),
        Written::List(items) => !items.is_empty(),
        Written::Null | Written::Bool(_) | Written::Int(_) | Written::Real(_) | Written::Text(_) => false,
    }
}

fn scalar_of(written: &Written) -> usize {
    match written {
        Written::Text(text) => scalar(text),
        Written::Map(_) | Written::List(_) => 2,
        other => other.compact().len(),
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
    use super::*;

    #[test]
    fn the_length_is_that_of_the_text_the_cli_writes() {
        let item = Written::Map(vec![("b".into(), Written::Int(1)), ("c".into(), Written::List(Vec::new()))]);
        let resource = Written::Map(vec![
            ("Type".into(), "X::Y::Z".into()),
            ("List".into(), Written::List(vec!["a".into(), item])),
            ("T".into(), "true".into()),
        ]);
        let yaml = "  A:\n    Type: X::Y::Z\n    List:\n      - a\n      - b: 1\n        c: []\n    T: \"true\"\n";
        assert_eq!(yaml_bytes(&Written::call("A", resource)), yaml.len());
    }
}
