//! Reads the JSON that nearly everything is: the same values that `serde_json` reads, in two thirds of the steps. What is wrong, nested deeply or
//! in any way odd is left to `serde_json`, which alone says what is wrong with a text.

use super::source::{Object, Source};
use super::{Json, Member, Members, Name};
use crate::bytes;

/// Values inside values beyond this depth are left to `serde_json`, which refuses some of them.
const DEPTH: usize = 100;

/// The value of a text, and where its objects stand; `None` leaves it to `serde_json`.
pub(super) fn read(text: &str) -> Option<(Json<'_>, Source<'_>)> {
    // Places in longer texts would not fit.
    u32::try_from(text.len()).ok()?;
    let mut reader = Reader { source: Source::plain(text), ..Reader::default() };
    let json = reader.value()?;
    reader.skip_white();
    (reader.at == text.len()).then_some((json, reader.source))
}

#[derive(Default)]
struct Reader<'t> {
    source: Source<'t>,
    /// Where in the text it goes on: never inside of a character.
    at: usize,
    depth: usize,
    n_functions: usize,
    /// What was read of the lists and objects that have not ended yet, the inner ones last: so that each gets exactly the room it
    /// needs.
    values: Vec<Json<'t>>,
    members: Vec<Member<'t>>,
}

impl<'t> Reader<'t> {
    fn value(&mut self) -> Option<Json<'t>> {
        self.skip_white();
        match self.peek()? {
            b'"' => Some(match self.name()? {
                Name::Borrowed(text) => text.into(),
                Name::Owned(text) => String::from(*text).into(),
            }),
            b'{' => self.inside(Self::object),
            b'[' => self.inside(Self::list),
            _ => self.word(),
        }
    }

    fn inside(&mut self, read: impl FnOnce(&mut Self) -> Option<Json<'t>>) -> Option<Json<'t>> {
        self.at += 1;
        self.depth += 1;
        let json = if self.depth < DEPTH { read(self) } else { None };
        self.depth -= 1;
        json
    }

    fn object(&mut self) -> Option<Json<'t>> {
        let (start, place, n_functions) = (self.members.len(), self.source.objects.len(), self.n_functions);
        let opened = self.place() - 1;
        self.skip_white();
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(Json::Object(Members::default()));
        }
        let first_name = self.place() + 1;
        self.source.objects.push(Object { first_name, start: opened, end: opened, has_functions: false });
        loop {
            self.skip_white();
            if self.peek()? != b'"' {
                return None;
            }
            let name = self.name()?;
            self.skip_white();
            if self.next()? != b':' {
                return None;
            }
            let value = self.value()?;
            self.members.push((name, value));
            self.skip_white();
            match self.next()? {
                b',' => {}
                b'}' => {
                    self.n_functions += usize::from(matches!(&self.members[start..], [(name, _)] if is_function(name)));
                    let end = self.place();
                    let object = &mut self.source.objects[place];
                    (object.end, object.has_functions) = (end, self.n_functions > n_functions);
                    return Some(Json::Object(Members::of(self.members.split_off(start).into())));
                }
                _ => return None,
            }
        }
    }

    fn list(&mut self) -> Option<Json<'t>> {
        let start = self.values.len();
        self.skip_white();
        if self.peek()? == b']' {
            self.at += 1;
            return Some(Json::Array(Box::default()));
        }
        loop {
            let value = self.value()?;
            self.values.push(value);
            self.skip_white();
            match self.next()? {
                b',' => {}
                b']' => return Some(Json::Array(self.values.split_off(start).into())),
                _ => return None,
            }
        }
    }

    /// The text that begins at a quotation mark.
    fn name(&mut self) -> Option<Name<'t>> {
        let start = self.at + 1;
        let end = start + bytes::spelled(&self.source.text.as_bytes()[start..])?;
        if self.source.text.as_bytes()[end] == b'"' {
            self.at = end + 1;
            return Some(Name::Borrowed(&self.source.text[start..end]));
        }
        self.escaped(end)
    }

    /// The same, if something in it has to be decoded.
    #[cold]
    fn escaped(&mut self, first: usize) -> Option<Name<'t>> {
        let (start, mut end) = (self.at, first);
        while self.source.text.as_bytes().get(end)? != &b'"' {
            end += if self.source.text.as_bytes()[end] == b'\\' { 2 } else { 1 };
        }
        self.at = end + 1;
        let written = self.source.text.get(start..self.at)?;
        self.source.has_escapes |= written.contains("\\u");
        let decoded: String = serde_json::from_str(written).ok()?;
        Some(Name::Owned(Box::new(decoded.into())))
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Option<Json<'t>> {
        let rest = &self.source.text[self.at..];
        let is_inside = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'+' | b'.');
        let word = &rest[..rest.bytes().position(|c| !is_inside(c)).unwrap_or(rest.len())];
        self.at += word.len();
        match word {
            "true" => Some(Json::Bool(true)),
            "false" => Some(Json::Bool(false)),
            "null" => Some(Json::Null),
            // Written out, such numbers are longer.
            number if number.contains(['e', 'E']) => None,
            number => serde_json::from_str(number).ok(),
        }
    }

    fn skip_white(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
            self.at += bytes::blanks(&self.source.text.as_bytes()[self.at..]);
        }
    }

    fn place(&self) -> u32 {
        // The text is no longer than that.
        self.at as u32
    }

    fn peek(&self) -> Option<u8> {
        self.source.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let next = self.peek()?;
        self.at += 1;
        Some(next)
    }
}

fn is_function(name: &str) -> bool {
    name == "Ref" || name.starts_with("Fn::")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// With the order of members, which equality does not look at.
    fn told(json: &Json<'_>) -> String {
        format!("{json:?}")
    }

    fn read(text: &str) -> Option<Json<'_>> {
        let (json, source) = super::read(text)?;
        texts_are_right(&json, &source);
        Some(json)
    }

    fn texts_are_right<'t>(json: &Json<'t>, source: &Source<'t>) {
        if let Some(text) = source.text_of(json) {
            assert_eq!(Some(told(json)), by_serde(text).as_ref().map(told));
        }
        json.as_array().into_iter().flatten().for_each(|value| texts_are_right(value, source));
        json.as_object().into_iter().flat_map(Members::values).for_each(|value| texts_are_right(value, source));
    }

    fn by_serde(text: &str) -> Option<Json<'_>> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn ordinary_texts_are_read_and_odd_ones_are_left() {
        for text in ["1", " [ ] ", "{ }", "{\"a\"\t:\r\n-1.5,\"\\u0061\":[true,false,null,\"\\\"é\"]}", "\"x\""] {
            assert_eq!(read(text).as_ref().map(told), by_serde(text).as_ref().map(told), "{text}");
            assert!(read(text).is_some(), "{text}");
        }
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(read(&deep(DEPTH - 1)).is_some() && read(&deep(DEPTH)).is_none());
        assert!(Json::read(&deep(DEPTH)).is_ok() && Json::read(&deep(1_000)).is_err());
        for text in
            ["", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{1:2}", "01", "1 2", "\"a\nb\"", "\"\\x\"", "nul", "[1 2]"]
        {
            assert!(read(text).is_none() && by_serde(text).is_none(), "{text}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let text = || r#"([ -~]|["\\\n]|\PC){0,20}"#;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e9..1e9).prop_map(Value::from),
            text().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((text(), inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_as_serde_reads_it(value in any_json()) {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                let json = read(&text);
                prop_assert!(json.is_some());
                prop_assert_eq!(json.as_ref().map(told), by_serde(&text).as_ref().map(told));
            }
        }

        #[test]
        fn nothing_is_read_that_serde_refuses(text in r#"([\[\]{},:"\\]|[ \n\t]|"[ab]"|[-+0-9.eE]|true|null|\\u00e9|é|[\x00-\x1f]){0,14}"#) {
            if let Some(json) = read(&text) {
                prop_assert_eq!(Some(told(&json)), by_serde(&text).as_ref().map(told));
            }
        }
    }
}
