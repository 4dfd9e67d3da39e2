//! Where in a text the objects stand that were read from it.

use std::borrow::Cow;

use super::Json;
use super::members::{Members, Name};
use crate::bytes;

/// The text that a [`Json`] was read from: it tells which objects are equal by what is written there, which is faster than to compare
/// their values.
///
/// ```
/// use construct_core::{Json, Source};
///
/// let text = r#"[{ "a": ["x"] }, {"a":["x"]}, { "a": ["x"] }]"#;
/// let (json, source) = (Json::read(text)?, Source::of(text));
/// let words: Vec<_> = json.as_array().into_iter().flatten().map(|object| source.words_of(object)).collect();
/// assert_eq!(words, [Some(r#"a": ["x"#), Some(r#"a":["x"#), Some(r#"a": ["x"#)]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Source<'t> {
    text: &'t str,
    may_refer: bool,
}

impl<'t> Source<'t> {
    /// A text. It is JSON if something was read from it.
    #[must_use]
    pub fn of(text: &'t str) -> Self {
        // An escape may stand for a character that the text hides.
        let has_escapes = bytes::contains(text, b'\\') && text.contains("\\u");
        Self { text, may_refer: has_escapes || text.contains("{{resolve:") }
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// Whether a text in it may have a
    /// [dynamic reference](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html).
    #[must_use]
    pub fn may_refer(&self) -> bool {
        self.may_refer
    }

    /// Whether each text in it is what it says: with ASCII characters, neither escapes nor dynamic references.
    #[must_use]
    pub fn is_spelled_out(&self) -> bool {
        !self.may_refer && self.text.is_ascii()
    }

    /// What is written of an object that was read from this text and not changed since, from its first name to its last value. Objects
    /// of which the same is written are equal: between them and the next comes nothing but brackets, as many as were opened.
    ///
    /// `None` for what is no object, where the last value is no string or stands in an object that is
    /// [shared](Json::read_with), and where first name or last value have escapes.
    #[must_use]
    pub fn words_of(&self, object: &Json<'t>) -> Option<&'t str> {
        let members = object.as_object()?;
        members.words().or_else(|| words_in(self.text, members))
    }
}

/// What is written of an object in the text that it was read from.
pub(super) fn words_in<'t>(text: &'t str, object: &Members<'_>) -> Option<&'t str> {
    let Some((Name::Borrowed(first), _)) = object.list().first() else { return None };
    let last = last_string(&object.list().last()?.1)?;
    // Both borrow from the text.
    let place = |part: &str| part.as_ptr().addr().checked_sub(text.as_ptr().addr());
    text.get(place(first)?..place(last)? + last.len())
}

fn last_string<'j>(json: &'j Json<'_>) -> Option<&'j str> {
    match json {
        Json::String(Cow::Borrowed(text)) => Some(text),
        Json::Array(values) => last_string(values.last()?),
        Json::Object(members) => last_string(&members.list().last()?.1),
        Json::String(Cow::Owned(_)) | Json::Null | Json::Bool(_) | Json::Number(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::super::samples::nested;
    use super::*;
    use crate::json::Members;

    /// All objects in a value, itself included.
    fn objects<'j, 't>(json: &'j Json<'t>, found: &mut Vec<&'j Json<'t>>) {
        found.extend(json.as_object().map(|_| json));
        json.as_array().into_iter().flatten().for_each(|value| objects(value, found));
        json.as_object().into_iter().flat_map(Members::values).for_each(|value| objects(value, found));
    }

    /// Objects of which the same is written are equal. Says of how many something is written.
    fn are_told_apart(text: &str) -> usize {
        let (json, source) = (Json::read(text).expect("JSON"), Source::of(text));
        let mut all = Vec::new();
        objects(&json, &mut all);
        let words: Vec<_> = all.iter().map(|object| source.words_of(object)).collect();
        for (n, object) in all.iter().enumerate() {
            for (other, _) in all.iter().zip(&words).take(n).filter(|(_, other)| other.is_some() && **other == words[n])
            {
                assert_eq!(format!("{object:?}"), format!("{other:?}"));
            }
        }
        words.iter().flatten().count()
    }

    #[test]
    fn what_is_written_of_an_object_is_found() {
        let text = r#" {
            "a" : { "x{" : "}\"{", "y" : [{"z":""}] }, "twice": { "b": [], "b": {"c": "d"}, "e": "f" },
            "hidden": { "\u0066": "g" }, "escaped": { "h": "\n" }, "empty": [{}, { "i": [] }], "n": [{ "j": 1 }], "k": "l"
        } "#;
        let (json, source) = (Json::read(text).expect("JSON"), Source::of(text));
        assert!(source.words_of(&json).is_some_and(|words| words.starts_with("a\" :") && words.ends_with("\"l")));
        assert_eq!(source.words_of(&json["a"]), Some(r#"x{" : "}\"{", "y" : [{"z":""#));
        assert_eq!(source.words_of(&json["twice"]), Some(r#"b": {"c": "d"}, "e": "f"#));
        let of_lists = ["empty", "n"].into_iter().flat_map(|list| json[list].as_array().into_iter().flatten());
        for nowhere in [&json["hidden"], &json["escaped"], &json["empty"], &json["k"]].into_iter().chain(of_lists) {
            assert_eq!(source.words_of(nowhere), None, "{nowhere}");
        }
        assert_eq!(source.words_of(&Json::read(r#"{"a":"b"}"#).expect("JSON")), None);
        assert_eq!(are_told_apart(text), 5);
    }

    #[test]
    fn what_looks_alike_is_told_apart() {
        for (one, other) in
            [("[\"x\"]", "\"x\""), ("[\"x\", []]", "[\"x\"]"), ("[[\"x\"]]", "[\"x\"]"), ("\"x\",\"b\":[]", "\"x\"")]
        {
            are_told_apart(&format!(r#"[{{"a":{one}}},{{"a":{other}}},{{"c":{{"a":{one}}}}}]"#));
        }
    }

    #[test]
    fn what_a_text_may_hide_is_told() {
        let told = |text| {
            let source = Source::of(text);
            (source.may_refer(), source.is_spelled_out())
        };
        assert_eq!(told(r#"["a\\"]"#), (false, true));
        assert_eq!(told(r#"["é"]"#), (false, false));
        assert_eq!(told(r#"["\u007b"]"#), (true, false));
        assert_eq!(told(r#"["{{resolve:ssm:x}}"]"#), (true, false));
    }

    /// Few different texts, so that many objects are alike.
    fn any_json() -> impl Strategy<Value = Value> {
        let text = || prop_oneof![r#"[ab"\\\n]{0,2}"#, "[ab]", r#"([ -~]|\PC){0,9}"#];
        let leaf = prop_oneof![
            1 => Just(Value::Null),
            1 => any::<f64>().prop_map(Value::from),
            6 => text().prop_map(Value::from),
        ];
        nested(leaf, text(), 4)
    }

    proptest! {
        #[test]
        fn the_same_is_written_of_equal_objects_alone(value in any_json()) {
            are_told_apart(&value.to_string());
            are_told_apart(&serde_json::to_string_pretty(&value).unwrap());
        }
    }
}
