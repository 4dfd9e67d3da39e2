//! Values as they stand in a template, and their text.
//!
//! They are what resolving leaves of an expression: its own words, moved and not copied, with every reference written.

mod yaml;

use std::borrow::Cow;
use std::io;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::ser::Formatter;

pub(crate) use yaml::yaml_bytes;

/// The entries of an object, each key once, in the order in which they are written.
pub(crate) type Entries = Vec<(Cow<'static, str>, Written)>;

/// JSON.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Written {
    Text(Cow<'static, str>),
    Bool(bool),
    Int(i64),
    /// A finite number.
    Real(f64),
    Null,
    List(Vec<Written>),
    Map(Entries),
}

impl Written {
    /// An object with one entry, as intrinsic functions are.
    pub(crate) fn call(function: impl Into<Cow<'static, str>>, argument: Self) -> Self {
        Self::Map(vec![(function.into(), argument)])
    }

    /// An object from entries whose keys may stand twice: the first place and the last value count.
    pub(crate) fn object(entries: impl Iterator<Item = (Cow<'static, str>, Self)>) -> Self {
        let mut kept: Entries = Vec::with_capacity(entries.size_hint().0);
        for (key, value) in entries {
            put(&mut kept, key, value);
        }
        Self::Map(kept)
    }

    /// The text as compact JSON.
    pub(crate) fn compact(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Sets an entry.
pub(crate) fn put(entries: &mut Entries, key: impl Into<Cow<'static, str>>, value: Written) {
    let key = key.into();
    match entries.iter_mut().find(|(there, _)| *there == key) {
        Some(entry) => entry.1 = value,
        None => entries.push((key, value)),
    }
}

impl From<&'static str> for Written {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Written {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => out.serialize_str(text),
            Self::Bool(flag) => out.serialize_bool(*flag),
            Self::Int(int) => out.serialize_i64(*int),
            Self::Real(real) => out.serialize_f64(*real),
            Self::Null => out.serialize_unit(),
            Self::List(items) => out.collect_seq(items),
            Self::Map(entries) => {
                let mut map = out.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

/// JSON with one space of indentation a level: readable, and a changed word changes one line. The text is to stand at a
/// level of a larger one.
pub(crate) fn indented(json: &impl Serialize, level: usize) -> String {
    let mut bytes = Vec::with_capacity(1024);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Indented { level, has_value: false });
    json.serialize(&mut serializer).expect("writing JSON to memory cannot fail");
    bytes.shrink_to_fit();
    String::from_utf8(bytes).expect("JSON of texts is text")
}

/// Indented JSON without its white space.
pub(crate) fn compacted(json: &str) -> String {
    let mut compact = String::with_capacity(json.len() / 2);
    let (mut start, mut in_text, mut escaped) = (0, false, false);
    for (at, byte) in json.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_text = !in_text,
            b' ' | b'\n' if !in_text => {
                compact.push_str(&json[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    compact.push_str(&json[start..]);
    compact
}

/// As serde_json's own pretty formatter, from a level on.
struct Indented {
    level: usize,
    has_value: bool,
}

impl Indented {
    fn line<W: ?Sized + io::Write>(&self, out: &mut W) -> io::Result<()> {
        const BLANK: &[u8] = b"\n                               ";
        match BLANK.get(..=self.level) {
            Some(line) => out.write_all(line),
            None => {
                out.write_all(b"\n")?;
                (0..self.level).try_for_each(|_| out.write_all(b" "))
            }
        }
    }

    fn open<W: ?Sized + io::Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.level += 1;
        self.has_value = false;
        out.write_all(bracket)
    }

    fn close<W: ?Sized + io::Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.level -= 1;
        if self.has_value {
            self.line(out)?;
        }
        out.write_all(bracket)
    }

    fn next<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        self.line(out)
    }
}

impl Formatter for Indented {
    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value as Json;

    fn any_written() -> impl Strategy<Value = Written> {
        let leaf = prop_oneof![
            "\\PC{0,6}".prop_map(Written::from),
            r#"[ "\\\n:{}a]{0,6}"#.prop_map(Written::from),
            any::<bool>().prop_map(Written::Bool),
            any::<i64>().prop_map(Written::Int),
            (-1_000_000..1_000_000i32).prop_map(|quarters| Written::Real(f64::from(quarters) / 4.0)),
            Just(Written::Null),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            let entry = (r#"[a-c "\\]{0,2}"#.prop_map(Cow::Owned), inner.clone());
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Written::List),
                prop::collection::vec(entry, 0..4).prop_map(|entries| Written::object(entries.into_iter())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_text_is_that_of_serde_json(written in any_written()) {
            let json: Json = serde_json::from_str(&written.compact()).unwrap();
            let text = indented(&written, 0);
            let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
            let mut bytes = Vec::new();
            json.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter)).unwrap();
            prop_assert_eq!(&text, &String::from_utf8(bytes).unwrap());
            prop_assert_eq!(compacted(&text), json.to_string());
        }

        #[test]
        fn at_a_level_every_line_but_the_first_is_moved(written in any_written(), level in 0..40usize) {
            let moved = indented(&written, 0).replace('\n', &format!("\n{}", " ".repeat(level)));
            prop_assert_eq!(indented(&written, level), moved);
        }
    }
}
