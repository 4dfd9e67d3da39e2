//! Where in a text the objects stand that were read from it.

use super::repeats::Repeats;
use super::{Json, plain};
use crate::bytes::{self, Traits};

/// The text that a [`Json`] was read from: it tells which objects are equal by what is written there, which is faster
/// than to compare their values.
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
    is_ascii: bool,
    has_escapes: bool,
    may_vary: bool,
    may_refer: bool,
    may_call: bool,
}

impl<'t> Source<'t> {
    /// A text. It is JSON if something was read from it.
    #[must_use]
    pub fn of(text: &'t str) -> Self {
        let Traits { is_ascii, is_marked } = bytes::traits(text);
        let has = |part: &str| is_marked && text.contains(part);
        let has_escapes = has("\\");
        // An escape may stand for a character that the text hides.
        let may_refer = has_escapes && has("\\u") || has("{{resolve:");
        Self { text, is_ascii, has_escapes, may_vary: may_refer || has("$"), may_refer, may_call: true }
    }

    /// Reads a text of which parts may be written in texts that were read before, too: those parts are not read again,
    /// and held once. It learns what the text may call.
    ///
    /// ```
    /// use construct_core::{Repeats, Source};
    ///
    /// let (one, other) = (r#"{ "Statement": [{ "Effect": "Allow" }] }"#, r#"[{ "Effect": "Allow" }]"#);
    /// let mut repeats = Repeats::default();
    /// let (document, source) = Source::read(one, &mut repeats)?;
    /// assert_eq!(Source::read(other, &mut repeats)?.0, document["Statement"]);
    /// assert!(!source.may_call());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    /// What the parser says.
    pub fn read(text: &'t str, repeats: &mut Repeats<'t>) -> Result<(Json<'t>, Self), serde_json::Error> {
        let source = Self::of(text);
        match plain::read(text, Some(repeats)) {
            Some((json, calls)) => Ok((json, Self { may_call: calls, ..source })),
            None => Ok((serde_json::from_str(text)?, source)),
        }
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// Whether something in it is written with escapes, such as a quotation mark. If not, each text in it is as long as
    /// it is there.
    #[must_use]
    pub fn has_escapes(&self) -> bool {
        self.has_escapes
    }

    /// Whether a text in it may have a [policy
    /// variable](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html), of its own or
    /// from what it refers to.
    #[must_use]
    pub fn may_vary(&self) -> bool {
        self.may_vary
    }

    /// Whether an object in it may have a member that is [called like a function](crate::is_function); not known before
    /// it is [read](Self::read).
    #[must_use]
    pub fn may_call(&self) -> bool {
        self.may_call
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
        !self.may_refer && self.is_ascii
    }

    /// What is written of an object that was read from this text and not changed since, from its first name to its last
    /// value. Objects of which the same is written are equal: between them and the next comes nothing but brackets, as
    /// many as were opened.
    ///
    /// `None` for what is no object, where the last value is no string or stands in an object that is
    /// [shared](Self::read), and where first name or last value have escapes.
    #[must_use]
    pub fn words_of(&self, object: &Json<'t>) -> Option<&'t str> {
        let members = object.as_object()?;
        members.words().or_else(|| members.words_in(self.text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::super::samples::nested;
    use super::*;
    use crate::json::{Members, is_function};

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
        for (one, other) in [
            ("[\"x\"]", "\"x\""),
            ("[\"x\", []]", "[\"x\"]"),
            ("[\"x\", \"y\"]", "[\"x\", \"z\"]"),
            ("[[\"x\"]]", "[\"x\"]"),
            (r#"{"x":"x","y":"y"}"#, r#"{"x":"x","y":"z"}"#),
            ("\"x\",\"b\":[]", "\"x\""),
        ] {
            are_told_apart(&format!(r#"[{{"a":{one}}},{{"a":{other}}},{{"c":{{"a":{one}}}}}]"#));
        }
    }

    #[test]
    fn what_a_text_may_hide_is_told() {
        let told = |text| {
            let source = Source::of(text);
            (source.may_refer(), source.is_spelled_out(), source.may_vary(), source.has_escapes())
        };
        assert_eq!(told(r#"["a\\"]"#), (false, true, false, true));
        assert_eq!(told(r#"["é"]"#), (false, false, false, false));
        assert_eq!(told(r#"["\u007b"]"#), (true, false, true, true));
        assert_eq!(told(r#"["{{resolve:ssm:x}}"]"#), (true, false, true, false));
        assert_eq!(told(r#"["{{", "{"]"#), (false, true, false, false));
        assert_eq!(told(r#"["${a}"]"#), (false, true, true, false));
    }

    /// Whether a member somewhere is called like a function.
    fn calls(json: &Json<'_>) -> bool {
        match json {
            Json::Array(values) => values.iter().any(calls),
            Json::Object(members) => members.iter().any(|(name, value)| is_function(name) || calls(value)),
            _ => false,
        }
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
        fn what_calls_functions_is_told(
            values in prop::collection::vec(nested("[ab]{60}".prop_map(Value::from), "Ref|Fn::If|Re|a|b", 3), 1..4),
        ) {
            // Each twice, so that much repeats.
            let texts: Vec<String> = values.iter().chain(&values).map(Value::to_string).collect();
            let mut repeats = Repeats::default();
            for text in &texts {
                let (json, source) = Source::read(text, &mut repeats).expect("JSON");
                prop_assert_eq!(source.may_call(), calls(&json));
            }
        }

        #[test]
        fn the_same_is_written_of_equal_objects_alone(value in any_json()) {
            are_told_apart(&value.to_string());
            are_told_apart(&serde_json::to_string_pretty(&value).unwrap());
        }
    }
}
