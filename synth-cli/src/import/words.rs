//! Literals and identifiers of Rust.

use std::collections::BTreeSet;

/// Names longer than this are cut.
const LONGEST: usize = 32;

/// Words that are no identifiers, or that the program uses itself.
const TAKEN: &[&str] = &[
    "abstract", "app", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "main",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "scope", "self", "static", "struct",
    "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while",
    "yield", "HOME", "pipeline", "stack",
];

/// A text as a literal, with nothing in it that a compiler or an editor would stumble over.
pub(super) fn literal(text: &str) -> String {
    let is_plain = |c: char| c == '"' || c == '\'' || c == '\\' || c.escape_debug().len() == 1;
    if text.contains(['"', '\\']) && text.chars().all(is_plain) {
        let fence =
            (1..).map(|n| "#".repeat(n)).find(|fence| !text.contains(&format!("\"{fence}"))).unwrap_or_default();
        return format!("r{fence}\"{text}\"{fence}");
    }
    let mut literal = String::from("\"");
    for c in text.chars() {
        if c == '\'' { literal.push(c) } else { literal.extend(c.escape_debug()) }
    }
    literal.push('"');
    literal
}

/// A name in the words of another: lower case, joined by `_`, of ASCII.
fn words(name: &str) -> String {
    let mut out = String::new();
    let mut before: Option<char> = None;
    for c in name.chars() {
        let begins = c.is_ascii_uppercase()
            && before.is_some_and(|before| before.is_ascii_lowercase() || before.is_ascii_digit());
        if (begins || !c.is_ascii_alphanumeric()) && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        }
        before = Some(c);
    }
    out.truncate(LONGEST);
    out.trim_end_matches('_').to_owned()
}

/// The identifiers of a program, each once.
#[derive(Debug)]
pub(super) struct Identifiers {
    taken: BTreeSet<String>,
}

impl Identifiers {
    pub(super) fn new() -> Self {
        Self { taken: TAKEN.iter().map(|&word| word.to_owned()).collect() }
    }

    /// An identifier for a variable, in the words of a name, or of what it is if that has none.
    pub(super) fn variable(&mut self, name: &str, otherwise: &str) -> String {
        let words = words(name);
        let stem = match words.chars().next() {
            Some(first) if first.is_ascii_alphabetic() => words,
            Some(_) => format!("{otherwise}_{words}"),
            None => otherwise.to_owned(),
        };
        self.unique(stem)
    }

    /// An identifier for a constant, in the words of a name and of what it is.
    pub(super) fn constant(&mut self, name: &str, what: &str) -> String {
        let mut words = words(name).to_ascii_uppercase();
        words.truncate(LONGEST - what.len() - 1);
        let words = words.trim_end_matches('_');
        self.unique(match words.chars().next() {
            Some(first) if first.is_ascii_alphabetic() && words.ends_with(what) => words.to_owned(),
            Some(first) if first.is_ascii_alphabetic() => format!("{words}_{what}"),
            Some(_) => format!("{what}_{words}"),
            None => what.to_owned(),
        })
    }

    fn unique(&mut self, stem: String) -> String {
        let numbered = |n: usize| if n == 1 { stem.clone() } else { format!("{stem}_{n}") };
        let free = (1..).map(numbered).find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.insert(free.clone());
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_valid_and_unique() {
        let mut names = Identifiers::new();
        let mut name = |text: &str| names.variable(text, "action");
        assert_eq!(name("BuildAndTest"), "build_and_test");
        assert_eq!(name("build.and@test"), "build_and_test_2");
        assert_eq!(name("Build-And_Test"), "build_and_test_3");
        assert_eq!(name("match"), "match_2");
        assert_eq!(name("1-build"), "action_1_build");
        assert_eq!(name("@@"), "action");
        assert_eq!(name("größe"), "gr_e");
        assert_eq!(name(&"x".repeat(100)).len(), LONGEST);
        let constant = |name: &str| Identifiers::new().constant(name, "ROLE");
        assert_eq!(["orders", "orders-role", "", "1"].map(constant), ["ORDERS_ROLE", "ORDERS_ROLE", "ROLE", "ROLE_1"]);
        assert_eq!(constant(&"x".repeat(100)), format!("{}_ROLE", "X".repeat(27)));
    }

    #[test]
    fn literals_say_what_the_text_says() {
        assert_eq!(literal("it's"), "\"it's\"");
        assert_eq!(literal("a\nb"), r#""a\nb""#);
        assert_eq!(literal(r#"{"a":"\d"}"#), r##"r#"{"a":"\d"}"#"##);
        assert_eq!(literal("x\"#y"), "r##\"x\"#y\"##");
        assert_eq!(literal("a\"\n"), r#""a\"\n""#);
        assert_eq!(literal("\u{202e}"), r#""\u{202e}""#);
    }
}
