//! JSON read straight from the text: every template is read once more than it is written, and a general reader takes
//! two fifths more.
//!
//! What is out of the ordinary is left to `serde_json`: strings with escapes and numbers each by itself, and what is no
//! JSON, or too deep, as a whole. So nothing is read here that it would refuse.

use std::borrow::Cow;

use super::members::{Members, Name};
use super::repeats::{Open, Repeats, Slot};
use super::{Json, is_function};
use crate::bytes;

/// Values inside values beyond this depth are not read here. What repeats may be so deep once more, which others read, too.
const DEPTH: usize = 60;

/// The value of a text, and whether it calls functions; `None` if somebody else has to say what it is.
pub(super) fn read<'t>(text: &'t str, mut repeats: Option<&mut Repeats<'t>>) -> Option<(Json<'t>, bool)> {
    let open = repeats.as_mut().map(|repeats| std::mem::take(&mut repeats.open)).unwrap_or_default();
    let mut reader = Reader { text, at: 0, n_items: 0, n_calls: 0, open, repeats };
    let json = reader.value(DEPTH)?;
    reader.skip_blanks();
    let Reader { at, n_calls, open, repeats, .. } = reader;
    if let Some(repeats) = repeats {
        repeats.open = open;
    }
    (at == text.len()).then_some((json, n_calls > 0))
}

struct Reader<'r, 't> {
    text: &'t str,
    /// How far it is read.
    at: usize,
    /// How many objects of lists were read.
    n_items: usize,
    /// How many members were read that are called like a function.
    n_calls: usize,
    open: Open<'t>,
    repeats: Option<&'r mut Repeats<'t>>,
}

impl<'t> Reader<'_, 't> {
    fn value(&mut self, depth: usize) -> Option<Json<'t>> {
        match self.next()? {
            b'"' => self.string().map(Json::String),
            b'{' => self.object(depth.checked_sub(1)?).map(Json::Object),
            b'[' => self.list(depth.checked_sub(1)?),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Members<'t>> {
        self.at += 1;
        if self.takes(b'}')? {
            return Some(Members::default());
        }
        let start = self.open.members.len();
        loop {
            if self.next()? != b'"' {
                return None;
            }
            let name = Name::from(self.string()?);
            self.n_calls += usize::from(is_function(&name));
            if !self.takes(b':')? {
                return None;
            }
            let value = self.value(depth)?;
            self.open.members.push((name, value));
            if self.ends(b'}')? {
                return Some(Members::of(self.open.members.split_off(start).into()));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Json<'t>> {
        self.at += 1;
        if self.takes(b']')? {
            return Some(Json::Array(Box::default()));
        }
        let start = self.open.values.len();
        loop {
            let value = if self.next()? == b'{' { Json::Object(self.item(depth)?) } else { self.value(depth)? };
            self.open.values.push(value);
            if self.ends(b']')? {
                return Some(Json::Array(self.open.values.split_off(start).into()));
            }
        }
    }

    /// An object in a list. It is remembered unless it has lists of objects itself: who reads it takes some out of
    /// these, which would copy what is shared. What calls functions is not: it would have to be told again.
    fn item(&mut self, depth: usize) -> Option<Members<'t>> {
        let rest = self.text.get(self.at..)?;
        self.n_items += 1;
        let slot = if self.repeats.is_some() { Slot::of(rest) } else { None };
        let again = slot.zip(self.repeats.as_mut()).and_then(|(slot, repeats)| repeats.find(slot, rest));
        if let Some((n_bytes, members)) = again {
            self.at += n_bytes;
            return Some(members);
        }
        let (start, before) = (self.at, (self.n_items, self.n_calls));
        let members = self.object(depth.checked_sub(1)?)?;
        let is_alone = before == (self.n_items, self.n_calls);
        match slot.zip(self.repeats.as_mut()).filter(|_| is_alone) {
            Some((slot, repeats)) => Some(repeats.note(slot, self.text.get(start..self.at)?, members)),
            None => Some(members),
        }
    }

    /// A string, of which the quotation mark comes next.
    fn string(&mut self) -> Option<Cow<'t, str>> {
        let start = self.at + 1;
        let end = start + bytes::first_escaped(self.text.as_bytes().get(start..)?)?;
        if self.text.as_bytes()[end] != b'"' {
            return self.escaped(end);
        }
        self.at = end + 1;
        self.text.get(start..end).map(Cow::Borrowed)
    }

    /// A string that has no escape before `end`.
    #[cold]
    fn escaped(&mut self, mut end: usize) -> Option<Cow<'t, str>> {
        let text = self.text.as_bytes();
        while text[end] == b'\\' {
            end += 2;
            end += bytes::first_escaped(text.get(end..)?)?;
        }
        if text[end] != b'"' {
            return None;
        }
        let string = self.text.get(self.at..=end)?;
        self.at = end + 1;
        serde_json::from_str(string).ok().map(Cow::Owned)
    }

    fn number(&mut self) -> Option<Json<'t>> {
        let rest = self.text.get(self.at..)?;
        let is_part = |byte: u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let end = rest.bytes().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        self.at += end;
        serde_json::from_str(&rest[..end]).ok()
    }

    fn word(&mut self, word: &str, meaning: Json<'t>) -> Option<Json<'t>> {
        self.text.as_bytes()[self.at..].starts_with(word.as_bytes()).then(|| {
            self.at += word.len();
            meaning
        })
    }

    /// Whether this comes next, and goes on behind it if so.
    fn takes(&mut self, byte: u8) -> Option<bool> {
        let is_it = self.next()? == byte;
        self.at += usize::from(is_it);
        Some(is_it)
    }

    /// Whether a list or object ends here, and no comma announces another item.
    fn ends(&mut self, end: u8) -> Option<bool> {
        let next = self.next()?;
        self.at += 1;
        if next == b',' { Some(false) } else { (next == end).then_some(true) }
    }

    /// What comes next, apart from white space.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        self.skip_blanks();
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn skip_blanks(&mut self) {
        let text = self.text.as_bytes();
        while let Some(blank @ (b' ' | b'\n' | b'\r' | b'\t')) = text.get(self.at) {
            self.at += 1;
            // Lines are indented.
            while *blank == b'\n'
                && let Some(sixteen) = text.get(self.at..).and_then(<[u8]>::first_chunk)
            {
                let blanks = bytes::leading_blanks(*sixteen);
                self.at += blanks;
                if blanks < 16 {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::super::samples::nested;
    use super::*;

    /// What is read here is what the other reader reads. Says whether anything is.
    fn is_read(text: &str) -> bool {
        let (own, other) = (read(text, None), serde_json::from_str::<Json<'_>>(text));
        match (own, other) {
            (Some((own, _)), Ok(other)) => {
                // Which texts are borrowed, too.
                assert_eq!(format!("{own:?}"), format!("{other:?}"), "{text}");
                true
            }
            (Some((own, _)), Err(error)) => panic!("{error}, yet {text} is {own:?}"),
            (None, _) => false,
        }
    }

    #[test]
    fn what_is_json_is_read() {
        for text in [
            "{}",
            " [ ]\r\n\t",
            r#"{"a":[1,-2,0.5,1e3,true,false,null,"x","\u00e9\n\"","é"],"b":{"c":{}},"d":18446744073709551615}"#,
            "{\n          \"a\"\n:\n                  [\"b\" ,{ \"c\":\"\\\\\" } ]}",
            r#"{"a":1,"b":2,"a":3}"#,
            "-0",
            "\"\"",
        ] {
            assert!(is_read(text), "{text}");
        }
    }

    #[test]
    fn what_is_none_is_not() {
        for text in [
            "",
            " ",
            "{",
            "[",
            "]",
            "}",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a" 1}"#,
            r#"{1:2}"#,
            r#"{"a":1}}"#,
            "[]]",
            "01",
            "1.",
            "+1",
            "--1",
            "1e999",
            "tru",
            "truex",
            "nul",
            "'a'",
            "\"a",
            "\"\\\"",
            "\"\\x\"",
            "\"\\é\"",
            "\"\n\"",
            "\"\\u12\"",
            "é",
            "\u{feff}{}",
            "[\"a\",\u{a0}\"b\"]",
        ] {
            assert!(!is_read(text), "{text}");
            assert!(serde_json::from_str::<Json<'_>>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_deep_is_read_by_others() {
        for (depth, is_own) in [(DEPTH, true), (DEPTH + 1, false), (100_000, false)] {
            assert_eq!(is_read(&["[".repeat(depth), "]".repeat(depth)].concat()), is_own);
        }
        let deep = ["[".repeat(DEPTH + 1), "]".repeat(DEPTH + 1)].concat();
        assert!(Json::read(&deep).is_ok());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let text = || prop_oneof![r#"[ab"\\\n]{0,2}"#, "[a-z]{0,30}", r"([ -~]|\PC){0,9}"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            text().prop_map(Value::from),
            text().prop_map(Value::from),
        ];
        nested(leaf, text(), 6)
    }

    proptest! {
        #[test]
        fn every_value_is_read(value in any_json()) {
            prop_assert!(is_read(&value.to_string()));
            prop_assert!(is_read(&serde_json::to_string_pretty(&value).unwrap()));
        }

        #[test]
        fn nothing_is_read_that_is_no_json(
            value in any_json(),
            place: prop::sample::Index,
            n_taken in 0_usize..3,
            put in r#"([]{}:,"\\ \n\t0-9eE.+-]|\PC|[\x00-\x1f]){0,2}"#,
        ) {
            let mut text: Vec<char> = value.to_string().chars().collect();
            let start = place.index(text.len());
            let end = (start + n_taken).min(text.len());
            text.splice(start..end, put.chars());
            is_read(&text.into_iter().collect::<String>());
        }
    }
}
