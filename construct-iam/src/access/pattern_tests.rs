use super::super::token::must_match;
use super::*;

fn compiled(pattern: &str) -> Pattern {
    Pattern::new(pattern, true, Variables::Expand)
}

/// Whether a pattern without variables matches.
fn known(pattern: &Pattern, text: &str) -> Truth {
    pattern.glob(text, &Context::closed()).expect("no variables")
}

fn check(pattern: &str, text: &str, expected: Truth) {
    assert_eq!(known(&compiled(pattern), text), expected, "{pattern:?} on {text:?}");
}

fn resolved(pattern: &str, text: &str, context: &Context) -> Result<Truth, NoValue> {
    compiled(pattern).glob(text, context)
}

#[test]
fn globs() {
    for (pattern, text, expected) in [
        ("", "", true),
        ("", "a", false),
        ("a", "", false),
        ("a", "a", true),
        ("a", "A", false),
        ("*", "", true),
        ("*", "a:b/c", true),
        ("**", "", true),
        ("?", "", false),
        ("?", "é", true),
        ("?", "ab", false),
        ("?*", "a", true),
        ("*a", "ba", true),
        ("*a", "ab", false),
        ("a*b*c", "a1b2b3c", true),
        ("a*b*c", "acb", false),
        ("*ab*ab", "abab", true),
        ("*ab*ab", "aab", false),
        ("a?c*", "abcd", true),
        ("a*", "b", false),
    ] {
        check(pattern, text, Truth::from(expected));
    }
}

#[test]
fn wildcards_can_be_literal() {
    let literal = Pattern::new("a*?", false, Variables::Expand);
    assert_eq!(known(&literal, "a*?"), Truth::Yes);
    assert_eq!(known(&literal, "axy"), Truth::No);
    assert_eq!(literal.source(), "a*?");
}

#[test]
fn symbols_equal_themselves() {
    let (a, b, text) = ('\u{E000}', '\u{E001}', '\u{F0000}');
    check(&format!("x{a}y"), &format!("x{a}y"), Truth::Yes);
    check(&format!("x{a}y"), &format!("x{b}y"), Truth::Unknown);
    check(&format!("x{a}"), "xyz", Truth::Unknown);
    check(&format!("x{a}"), "yz", Truth::No);
    check("x*", &format!("x{a}"), Truth::Yes);
    check("xyz", &format!("x{a}"), Truth::Unknown);
    check("yz", &format!("x{a}"), Truth::No);
    check("x", &format!("x{text}"), Truth::Unknown);
    check("?", &a.to_string(), Truth::Unknown);
    check("a*b", &format!("a{a}b"), Truth::Yes);
    check("a*b", &format!("a{a}"), Truth::Unknown);
    check("a*b", &format!("b{a}b"), Truth::No);
}

#[test]
fn a_name_hides_no_colon() {
    let name = '\u{E000}';
    check("a:b", &format!("a{name}b"), Truth::No);
    check(&format!("a{name}b"), "a:b", Truth::No);
    check(&format!("a{name}b"), "axb", Truth::Unknown);
    check("a:b", "a\u{F0000}b", Truth::Unknown);
    check("a\u{F0000}b", "a:b", Truth::Unknown);
    check("a:b", &format!("{name}:{name}"), Truth::Unknown);
}

#[test]
fn the_unknown_does_not_equal_itself() {
    let unknown = symbol::UNKNOWN.to_string();
    check(&unknown, &unknown, Truth::Unknown);
    check("*", &unknown, Truth::Yes);
    check(&format!("a{unknown}"), "b", Truth::No);
    assert_eq!(known(&Pattern::unknown(), "x"), Truth::Unknown);
}

#[test]
fn wildcards_may_be_kept_from_colons() {
    let compiled = |pattern: &str| tokens(pattern, true, Variables::Literal);
    let strict = |pattern: &str, text: &str| must_match(&compiled(pattern), text, false);
    assert!(strict("a*:c", "ab:c"));
    assert!(!strict("a*c", "a:c"));
    assert!(!strict("a?c", "a:c"));
    assert!(strict("a?c", "abc"));
    assert!(strict("*:*", "a:b"));
    assert!(strict("*", "\u{E000}"));
    assert!(!strict("*", "\u{F0000}"));
    assert!(strict("\u{F0000}*", "\u{F0000}a"));
    assert!(must_match(&compiled("a*c"), "a:c", true));
}

#[test]
fn variables() {
    let context =
        Context::closed().with("aws:username", "ann").with("k:star", "a*").with_list("k:list", ["a"]).unknown("k:open");
    let check = |pattern: &str, text: &str, expected: Result<Truth, NoValue>| {
        assert_eq!(resolved(pattern, text, &context), expected, "{pattern:?} on {text:?}");
    };
    check("/${aws:username}/*", "/ann/x", Ok(Truth::Yes));
    check("/${AWS:UserName}", "/ann", Ok(Truth::Yes));
    check("/${aws:username}", "/bob", Ok(Truth::No));
    check("${k:none}", "", Err(NoValue));
    check("${k:none, 'dflt'}", "dflt", Ok(Truth::Yes));
    check("${aws:username, 'dflt'}", "ann", Ok(Truth::Yes));
    check("${aws:username, 'dflt'}", "dflt", Ok(Truth::No));
    check("${k:none, ''}x", "x", Ok(Truth::Yes));
    check("${k:open}x", "yx", Ok(Truth::Unknown));
    check("${k:open}x", "y", Ok(Truth::No));
    check("${k:list}", "a", Ok(Truth::Unknown));
    check("a${*}b${?}c${$}", "a*b?c$", Ok(Truth::Yes));
    check("a${*}b", "axb", Ok(Truth::No));
}

#[test]
fn wildcards_inside_values_are_not_guessed() {
    let context = Context::closed().with("k:star", "a*").with("k:one", "a?").with("k:symbol", "\u{E000}");
    let check = |pattern: &str, text: &str, expected: Truth| {
        assert_eq!(resolved(pattern, text, &context), Ok(expected), "{pattern:?} on {text:?}");
    };
    check("${k:star}", "a*", Truth::Yes);
    check("${k:star}", "abc", Truth::Unknown);
    check("${k:star}", "a", Truth::Unknown);
    check("${k:star}", "b", Truth::No);
    check("${k:one}", "a?", Truth::Yes);
    check("${k:one}", "ab", Truth::Unknown);
    check("${k:one}", "abc", Truth::No);
    check("${k:one}", "a", Truth::No);
    check("${k:symbol}", "\u{E000}", Truth::Yes);
    check("${k:symbol}", "abc", Truth::Unknown);
    check("${k:symbol}", "\u{E001}", Truth::Unknown);
}

#[test]
fn what_looks_like_a_variable_and_is_none() {
    let context = Context::closed();
    for pattern in [
        "${",
        "${aws:username",
        "${}",
        "${a b}",
        "${aws:username,'x'}",
        "${aws:username, x}",
        "${aws:username, 'x}",
        "${a${b}}",
        "${é}",
        "${a\u{7}}",
        "${a\u{2003}}",
        "${a*}",
    ] {
        assert_eq!(resolved(pattern, "anything", &context).map(Truth::doubted), Ok(Truth::Unknown), "{pattern}");
    }
    assert_eq!(resolved("x${a b}", "y", &context), Ok(Truth::No));
}

#[test]
fn old_versions_know_no_variables() {
    let old = Pattern::new("${aws:username}", true, Variables::Literal);
    assert_eq!(known(&old, "${aws:username}"), Truth::Yes);
    assert_eq!(known(&old, "ann"), Truth::No);
    let unsure = Pattern::new("a${aws:username}b", true, Variables::Doubt);
    assert_eq!(known(&unsure, "a${aws:username}b"), Truth::Unknown);
    assert_eq!(known(&unsure, "xb"), Truth::No);
    let unsure = Pattern::new("a${b", true, Variables::Doubt);
    assert_eq!(known(&unsure, "ac"), Truth::Unknown);
    let plain = Pattern::new("a$b", true, Variables::Expand);
    assert_eq!(known(&plain, "a$b"), Truth::Yes);
}

#[test]
fn letters_are_one_character_each() {
    let check = |pattern: &str, expected: Truth| {
        let text = format!("token-{}", symbol::SIX_LETTERS);
        assert_eq!(known(&Pattern::new(pattern, true, Variables::Expand), &text), expected, "{pattern}");
    };
    for pattern in ["token-??????", "token-*", "*", "token-???*", "tok*??????", "?oken-?????*?"] {
        check(pattern, Truth::Yes);
    }
    for pattern in ["token-A1b2C3", "token-A1b2C?", "token-*3", "token-?b????", "*\u{E000}"] {
        check(pattern, Truth::Unknown);
    }
    for pattern in
        ["token-?????", "token-???????", "token-", "token", "token-A1b2C", "token-A1-2C3", "token-x-??????", "other-*"]
    {
        check(pattern, Truth::No);
    }
}

#[test]
fn equal_texts() {
    assert_eq!(same_text("a*", "a*"), Truth::Yes);
    assert_eq!(same_text("a*", "ab"), Truth::No);
    assert_eq!(same_text("é", "é"), Truth::Yes);
    assert_eq!(same_text("é", "e"), Truth::No);
    assert_eq!(same_text("a\u{E000}", "a\u{E000}"), Truth::Yes);
    assert_eq!(same_text("a\u{E000}", "ab"), Truth::Unknown);
    assert_eq!(same_text("ab", "a\u{E000}"), Truth::Unknown);
    assert_eq!(same_text("b", "a\u{E000}"), Truth::No);
    assert_eq!(same_text("\u{10FFFD}", "\u{10FFFD}"), Truth::Unknown);
}

#[test]
fn without_wildcards_every_character_is_itself() {
    for (pattern, text, expected) in
        [("*", "b", Truth::No), ("*", "*", Truth::Yes), ("a?", "ab", Truth::No), ("a?", "a?", Truth::Yes)]
    {
        assert_eq!(Plain { text: pattern, wildcards: false }.glob(text), expected, "{pattern} on {text}");
    }
}
