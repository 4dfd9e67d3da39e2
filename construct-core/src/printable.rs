//! Texts on their way to a terminal.

use std::borrow::Cow;

/// The text with what could steer a terminal made visible: control characters and those that turn the writing
/// direction. For whoever prints what comes from a program, an assembly or a file: names and paths may hold anything.
///
/// ```
/// use construct_core::printable;
/// assert_eq!(printable("Tools/\u{1b}[31mÜbung"), "Tools/\\u{1b}[31mÜbung");
/// ```
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if steers(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// The same for a message of several lines, all but the first of which are indented. A line break that is not followed
/// by such a line is made visible, so that nothing within begins a line that looks like another message.
#[must_use]
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split("\n  ").map(printable).collect::<Vec<_>>().join("\n  "))
}

fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(printable("Tools-ü"), "Tools-ü");
        assert_eq!(printable("a\u{1b}[31mb\n\u{202e}c"), "a\\u{1b}[31mb\\n\\u{202e}c");
    }

    #[test]
    fn reasons_stand_on_lines_of_their_own() {
        let text = "that is denied\n  for a reason\u{1b}\nerror: x";
        assert_eq!(printable_lines(text), "that is denied\n  for a reason\\u{1b}\\nerror: x");
    }
}
