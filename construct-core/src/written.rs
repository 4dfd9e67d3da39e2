//! JSON as it is written.
//!
//! What constructs lower to is resolved straight into the text of a template. Only where more than the text is needed,
//! as for parts of texts that are put together, it becomes a value first: both are a [`Sink`].

mod lines;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use serde_json::Value as Json;

use crate::bytes;

pub(crate) use lines::{compacted, yaml_bytes, yaml_bytes_at_most};

/// What has entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    List,
    Map,
}

/// Takes JSON piece by piece.
pub(crate) trait Sink {
    /// A text.
    fn text(&mut self, text: &str);
    /// A text that is known to need no escapes.
    fn plain(&mut self, text: &str) {
        self.text(text);
    }
    /// A value that is neither text nor list nor object.
    fn scalar(&mut self, scalar: Json);
    /// A list or an object, whose entries follow.
    fn begin(&mut self, shape: Shape);
    /// Before each entry of a list.
    fn item(&mut self);
    /// Before each value of an object; each key comes once.
    fn key(&mut self, key: &str);
    /// After the last entry.
    fn end(&mut self, shape: Shape);
    /// The text that grows, if it is one: what stands in it already can be copied.
    fn as_text(&mut self) -> Option<&mut Text> {
        None
    }
}

/// From how many bytes on a text is handed on.
const PIECE: usize = 32 * 1024;

/// JSON with one space of indentation a level: readable, and a changed word changes one line.
#[derive(Debug, Default)]
pub(crate) struct Text {
    out: String,
    level: usize,
    /// Whether nothing stands yet in what was begun last.
    is_first: bool,
}

impl Text {
    /// A text that is to stand at a level of a larger one.
    pub(crate) fn at(level: usize) -> Self {
        Self { out: String::new(), level, is_first: true }
    }

    /// The same, for a text that will have some length.
    pub(crate) fn with_room(level: usize) -> Self {
        Self::with_capacity(level, 4096)
    }

    /// The same, for a text of about so many bytes.
    pub(crate) fn with_capacity(level: usize, bytes: usize) -> Self {
        Self { out: String::with_capacity(bytes), ..Self::at(level) }
    }

    /// Begins a list or an object that is to stand at a level, in the room of what was written before.
    pub(crate) fn begin_anew(&mut self, level: usize, shape: Shape) {
        self.out.clear();
        self.level = level;
        self.begin(shape);
    }

    /// The level of what was begun last.
    pub(crate) fn level(&self) -> usize {
        self.level
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.out
    }

    pub(crate) fn finish(mut self) -> String {
        self.out.shrink_to_fit();
        self.out
    }

    /// Hands on what is written so far, if it is a piece of some length: a large file need not be in memory as a whole.
    pub(crate) fn hand_on(&mut self, to: &mut dyn FnMut(&str)) {
        if self.out.len() >= PIECE {
            to(&self.out);
            self.out.clear();
        }
    }

    /// Hands on the rest of a file, which ends with a line.
    pub(crate) fn end_file(mut self, to: &mut dyn FnMut(&str)) {
        self.out.push('\n');
        to(&self.out);
    }

    /// The text as a file, which ends with a line.
    pub(crate) fn into_file(mut self) -> String {
        self.out.push('\n');
        self.finish()
    }

    /// The same for a text that does not stay, which may have room to spare.
    pub(crate) fn into_string(self) -> String {
        self.out
    }

    /// JSON that is written already, for this level.
    pub(crate) fn raw(&mut self, json: &str) {
        self.out.push_str(json);
        self.is_first = false;
    }

    /// Begins a line, behind a comma unless it is the first one of what was begun last.
    fn line(&mut self, behind_comma: bool) {
        if self.level > DEPTH {
            return self.deep_line(behind_comma);
        }
        let end = self.out.len() + self.level + if behind_comma { ",\n".len() } else { "\n".len() };
        // To copy a text of known length, and to give back its end, takes less than to copy a part of it.
        self.out.push_str(if behind_comma { LINE } else { FIRST_LINE });
        self.out.truncate(end);
    }

    #[cold]
    fn deep_line(&mut self, behind_comma: bool) {
        self.out.push_str(if behind_comma { ",\n" } else { "\n" });
        (0..self.level).for_each(|_| self.out.push(' '));
    }

    #[inline]
    fn quoted(&mut self, text: &str) {
        match bytes::needs_escapes(text) {
            true => self.escaped(text),
            false => self.unescaped(text),
        }
    }

    #[cold]
    fn escaped(&mut self, text: &str) {
        self.out.push_str(&Json::from(text).to_string());
    }

    fn unescaped(&mut self, text: &str) {
        self.out.push('"');
        self.out.push_str(text);
        self.out.push('"');
    }
}

/// How a line begins behind a comma, on the deepest of nearly all levels.
const LINE: &str = ",\n                              ";
/// How the first line begins, as long.
const FIRST_LINE: &str = "\n                               ";
/// How deep that is.
const DEPTH: usize = LINE.len() - ",\n".len();

impl Sink for Text {
    fn text(&mut self, text: &str) {
        self.quoted(text);
    }

    fn plain(&mut self, text: &str) {
        self.unescaped(text);
    }

    fn scalar(&mut self, scalar: Json) {
        write!(self.out, "{scalar}").expect("writing to memory cannot fail");
    }

    fn begin(&mut self, shape: Shape) {
        self.level += 1;
        self.is_first = true;
        self.out.push(if shape == Shape::List { '[' } else { '{' });
    }

    fn item(&mut self) {
        self.line(!self.is_first);
        self.is_first = false;
    }

    fn key(&mut self, key: &str) {
        self.item();
        self.quoted(key);
        self.out.push_str(": ");
    }

    fn end(&mut self, shape: Shape) {
        self.level -= 1;
        if !self.is_first {
            self.line(false);
        }
        self.is_first = false;
        self.out.push(if shape == Shape::List { ']' } else { '}' });
    }

    fn as_text(&mut self) -> Option<&mut Text> {
        Some(self)
    }
}

/// A value that grows.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// What was begun, each with the key of the value that comes next.
    open: Vec<(Json, String)>,
    done: Json,
}

impl Tree {
    /// Whether a list or an object was begun that did not end.
    pub(crate) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    pub(crate) fn finish(self) -> Json {
        self.done
    }

    fn put(&mut self, json: Json) {
        match self.open.last_mut() {
            Some((Json::Array(items), _)) => items.push(json),
            Some((Json::Object(entries), key)) => drop(entries.insert(std::mem::take(key), json)),
            _ => self.done = json,
        }
    }
}

impl Sink for Tree {
    fn text(&mut self, text: &str) {
        self.put(text.into());
    }

    fn scalar(&mut self, scalar: Json) {
        self.put(scalar);
    }

    fn begin(&mut self, shape: Shape) {
        let empty = if shape == Shape::List { Json::Array(Vec::new()) } else { Json::Object(serde_json::Map::new()) };
        self.open.push((empty, String::new()));
    }

    fn item(&mut self) {}

    fn key(&mut self, key: &str) {
        if let Some((_, next)) = self.open.last_mut() {
            key.clone_into(next);
        }
    }

    fn end(&mut self, _: Shape) {
        if let Some((json, _)) = self.open.pop() {
            self.put(json);
        }
    }
}

/// Writes a value.
pub(crate) fn value(json: &Json, out: &mut impl Sink) {
    match json {
        Json::String(text) => out.text(text),
        Json::Array(items) => {
            out.begin(Shape::List);
            for item in items {
                out.item();
                value(item, out);
            }
            out.end(Shape::List);
        }
        Json::Object(entries) => {
            out.begin(Shape::Map);
            for (key, entry) in entries {
                out.key(key);
                value(entry, out);
            }
            out.end(Shape::Map);
        }
        scalar => out.scalar(scalar.clone()),
    }
}

/// Writes an object with one text, as most intrinsic functions are.
pub(crate) fn call(function: &str, argument: &str, out: &mut impl Sink) {
    out.begin(Shape::Map);
    out.key(function);
    out.text(argument);
    out.end(Shape::Map);
}

/// What is written piece by piece, as a whole.
pub(crate) fn whole(write: impl FnOnce(&mut dyn FnMut(&str))) -> String {
    let mut text = String::new();
    write(&mut |piece| text.push_str(piece));
    text
}

/// A value as a file of its own.
pub(crate) fn file(json: &Json) -> String {
    let mut text = Text::at(0);
    value(json, &mut text);
    text.into_file()
}

/// An object whose entries are written one after the other. Of values of one key the last counts, in the place of the
/// first.
#[derive(Debug)]
pub(crate) struct Object<'t> {
    text: &'t mut Text,
    values: &'t mut Values,
}

/// Where the values of an object stand in its text, by their keys.
pub(crate) type Values = Vec<(Cow<'static, str>, Range<usize>)>;

impl<'t> Object<'t> {
    /// Begins an object. The list of its values may have room from another one.
    pub(crate) fn begin(text: &'t mut Text, values: &'t mut Values) -> Self {
        values.clear();
        text.begin(Shape::Map);
        Self { text, values }
    }

    pub(crate) fn put(&mut self, key: impl Into<Cow<'static, str>>, write: impl FnOnce(&mut Text)) {
        let key = key.into();
        let there = self.values.iter().position(|(there, _)| *there == key);
        if there.is_none() {
            self.text.key(&key);
        }
        let start = self.text.out.len();
        write(self.text);
        match there {
            None => self.values.push((key, start..self.text.out.len())),
            Some(place) => self.replace(place, start),
        }
    }

    /// Puts what was written from a place on where another value stands.
    fn replace(&mut self, place: usize, start: usize) {
        let value = self.text.out.split_off(start);
        let old = self.values[place].1.clone();
        self.text.out.replace_range(old.clone(), &value);
        let moved = |at: usize| at - old.len() + value.len();
        self.values[place].1.end = moved(old.end);
        for (_, range) in &mut self.values[place + 1..] {
            *range = moved(range.start)..moved(range.end);
        }
    }

    pub(crate) fn end(self) {
        self.text.end(Shape::Map);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Serialize;

    pub(super) fn indented(json: &Json) -> String {
        let mut text = Text::at(0);
        value(json, &mut text);
        text.finish()
    }

    pub(super) fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            "\\PC{0,6}".prop_map(Json::from),
            r#"[ "\\\n\t\u{1}:{},a]{0,6}"#.prop_map(Json::from),
            "[a-zA-Z/_.:-]{0,12}".prop_map(Json::from),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            (-1_000_000..1_000_000i32).prop_map(|quarters| Json::from(f64::from(quarters) / 4.0)),
            Just(Json::Null),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            let entry = (r#"[a-c "\\,]{0,2}"#, inner.clone());
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Json::Array),
                prop::collection::vec(entry, 0..4).prop_map(|entries| entries.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_text_is_that_of_serde_json(json in any_json()) {
            let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
            let mut bytes = Vec::new();
            json.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter)).unwrap();
            prop_assert_eq!(indented(&json), String::from_utf8(bytes).unwrap());
        }

        #[test]
        fn at_a_level_every_line_but_the_first_is_moved(json in any_json(), level in 0..40usize) {
            let mut text = Text::at(level);
            value(&json, &mut text);
            prop_assert_eq!(text.finish(), indented(&json).replace('\n', &format!("\n{}", " ".repeat(level))));
        }

        #[test]
        fn a_tree_is_the_value_that_was_written(json in any_json()) {
            let mut tree = Tree::default();
            value(&json, &mut tree);
            prop_assert_eq!(tree.finish(), json);
        }
    }

    #[test]
    fn of_two_values_of_a_key_the_last_counts_in_the_place_of_the_first() {
        let (mut values, mut text) = (Values::new(), Text::at(0));
        let mut object = Object::begin(&mut text, &mut values);
        for (key, value) in [("a", "1"), ("b", "22"), ("c", "3"), ("b", ""), ("c", "longer"), ("a", "last")] {
            object.put(key, |text| text.text(value));
        }
        object.end();
        assert_eq!(text.finish(), "{\n \"a\": \"last\",\n \"b\": \"\",\n \"c\": \"longer\"\n}");
    }
}
