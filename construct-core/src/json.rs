//! JSON that borrows from the text it was read from.
//!
//! Templates are read once, and most of what is in them is never kept: so strings stay where they are, and a map is a
//! list of its members.

mod members;
mod plain;
mod read;
mod repeats;
#[cfg(test)]
mod samples;
mod source;

use std::borrow::Cow;
use std::fmt;
use std::ops::Index;

use serde_json::{Number, Value};

use members::Member;

pub use members::Members;
pub use repeats::Repeats;
pub use source::Source;

/// Whether a member of an object in a template is called like one of CloudFormation's
/// [functions](https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html).
///
/// ```
/// assert!(construct_core::is_function("Ref") && construct_core::is_function("Fn::GetAtt"));
/// assert!(!construct_core::is_function("Resource"));
/// ```
#[must_use]
pub fn is_function(name: &str) -> bool {
    name == "Ref" || name.starts_with("Fn::")
}

/// A JSON value.
///
/// ```
/// use construct_core::Json;
///
/// let template = Json::read(r#"{ "Resources": { "Queue": { "Type": "AWS::SQS::Queue" } } }"#)?;
/// let queue = template.get("Resources").and_then(|resources| resources.get("Queue"));
/// assert_eq!(queue.and_then(|queue| queue.get("Type")).and_then(Json::as_str), Some("AWS::SQS::Queue"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Json<'t> {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(Cow<'t, str>),
    /// A list.
    Array(Box<[Json<'t>]>),
    /// An object.
    Object(Members<'t>),
}

impl<'t> Json<'t> {
    /// Reads a text.
    ///
    /// # Errors
    /// What the parser says.
    pub fn read(text: &'t str) -> Result<Self, serde_json::Error> {
        plain::read(text, None).map_or_else(|| serde_json::from_str(text), |(json, _)| Ok(json))
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is a whole one that is not negative.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(number) => number.as_u64(),
            _ => None,
        }
    }

    /// The list, if it is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(values) => Some(values),
            _ => None,
        }
    }

    /// The members, if it is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&Members<'t>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The member of this name, if it is an object that has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name)
    }

    /// The same, to be changed.
    #[must_use]
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Self> {
        match self {
            Self::Object(members) => members.get_mut(name),
            _ => None,
        }
    }

    /// The `n`-th value, if it is a list that has one.
    #[must_use]
    pub fn at(&self, n: usize) -> Option<&Self> {
        self.as_array()?.get(n)
    }

    /// The value as a list: what is no list is one of itself. Policies write a single value without brackets.
    #[must_use]
    pub fn one_or_many(&self) -> &[Self] {
        match self {
            Self::Array(values) => values,
            one => std::slice::from_ref(one),
        }
    }

    /// The value at a [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901).
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self, |value, token| match value {
            Self::Array(values) => values.get(token.parse::<usize>().ok()?),
            Self::Object(members) => members.get(&token.replace("~1", "/").replace("~0", "~")),
            _ => None,
        })
    }

    /// A copy that is free of the text that it was read from.
    #[must_use]
    pub fn to_static(&self) -> Json<'static> {
        match self {
            Self::Null => Json::Null,
            Self::Bool(flag) => Json::Bool(*flag),
            Self::Number(number) => Json::Number(number.clone()),
            Self::String(text) => Json::String(text.to_string().into()),
            Self::Array(values) => values.iter().map(Self::to_static).collect(),
            Self::Object(members) => {
                Json::Object(members.iter().map(|(name, value)| (name.to_owned().into(), value.to_static())).collect())
            }
        }
    }

    /// The same value, free of the text that it was read from.
    #[must_use]
    pub fn into_owned(self) -> Json<'static> {
        match self {
            Self::Null => Json::Null,
            Self::Bool(flag) => Json::Bool(flag),
            Self::Number(number) => Json::Number(number),
            Self::String(text) => Json::String(text.into_owned().into()),
            Self::Array(values) => values.into_iter().map(Self::into_owned).collect(),
            Self::Object(members) => {
                let owned = |(name, value): Member<'t>| (name.to_string().into(), value.into_owned());
                Json::Object(members.into_list().into_iter().map(owned).collect())
            }
        }
    }
}

/// A member of an object; `null` where there is none, as in `serde_json`.
impl<'t> Index<&str> for Json<'t> {
    type Output = Self;

    fn index(&self, name: &str) -> &Self {
        self.get(name).unwrap_or(&Self::Null)
    }
}

impl<'t> FromIterator<Json<'t>> for Json<'t> {
    fn from_iter<I: IntoIterator<Item = Json<'t>>>(values: I) -> Self {
        Self::Array(values.into_iter().collect())
    }
}

impl<'t> From<&'t str> for Json<'t> {
    fn from(text: &'t str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Json<'_> {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl<'t> From<&'t Value> for Json<'t> {
    fn from(value: &'t Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => text.as_str().into(),
            Value::Array(values) => values.iter().map(Self::from).collect(),
            Value::Object(map) => {
                Self::Object(map.iter().map(|(name, value)| (name.as_str().into(), value.into())).collect())
            }
        }
    }
}

impl From<Value> for Json<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(flag),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => text.into(),
            Value::Array(values) => values.into_iter().map(Self::from).collect(),
            Value::Object(map) => {
                Self::Object(map.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
            }
        }
    }
}

impl From<&Json<'_>> for Value {
    fn from(json: &Json<'_>) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(flag) => Self::Bool(*flag),
            Json::Number(number) => Self::Number(number.clone()),
            Json::String(text) => Self::String(text.to_string()),
            Json::Array(values) => values.iter().map(Self::from).collect(),
            Json::Object(members) => members.iter().map(|(name, value)| (name.to_owned(), Self::from(value))).collect(),
        }
    }
}

/// As compact JSON.
impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Value::from(self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_read_is_what_was_written() {
        let text = r#"{"a":[1,-2,0.5,true,null,"x","\u00e9\n"],"b":{"c":{}},"d":18446744073709551615}"#;
        let json = Json::read(text).expect("JSON");
        let value: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(Value::from(&json), value);
        assert_eq!((Json::from(&value), Json::from(value.clone())), (json.clone(), json.clone()));
        assert_eq!((json.to_string(), json.clone().into_owned()), (value.to_string(), json));
        assert!(Json::read("{").is_err() && Json::read("[1] 2").is_err());
    }

    #[test]
    fn strings_are_borrowed_where_the_text_spells_them_out() {
        let text = r#"["plain", "esc\"aped"]"#;
        let json = Json::read(text).expect("JSON");
        assert!(matches!(json.at(0), Some(Json::String(Cow::Borrowed("plain")))));
        assert!(matches!(json.at(1), Some(Json::String(Cow::Owned(text))) if text == "esc\"aped"));
    }

    #[test]
    fn values_and_members_are_small() {
        assert_eq!((size_of::<Json<'_>>(), size_of::<Member<'_>>()), (24, 40));
        let json = Json::read(r#"{"pl\u0061in":1,"b":2}"#).expect("JSON");
        assert_eq!((json["plain"].as_u64(), json["b"].as_u64()), (Some(1), Some(2)));
    }

    #[test]
    fn the_last_of_two_members_counts() {
        let many: String = (0..20).map(|n| format!("\"{n}\":{n},")).collect();
        for before in ["", &many] {
            let json = Json::read(&format!("{{{before}\"a\":1,\"b\":2,\"a\":3}}")).expect("JSON").into_owned();
            assert_eq!(json.get("a"), Some(&Json::from(json!(3))));
            assert_eq!(json.get("7"), (!before.is_empty()).then(|| Json::from(json!(7))).as_ref());
            assert_eq!(json.get("c"), None);
            assert_eq!(json.as_object().map(|map| map.keys().filter(|key| *key == "a").count()), Some(1));
        }
    }

    #[test]
    fn objects_are_equal_when_they_have_the_same_members_in_any_order() {
        for n in [2, 40] {
            let object = |names: Vec<usize>, value: &dyn Fn(usize) -> usize| {
                let members = names.into_iter().map(|name| (name.to_string().into(), Json::from(json!(value(name)))));
                Json::Object(members.collect())
            };
            let all = object((0..n).collect(), &|name| name);
            assert_eq!(all, object((0..n).rev().collect(), &|name| name));
            assert_ne!(all, object((0..n - 1).collect(), &|name| name));
            assert_ne!(all, object((1..=n).collect(), &|name| name));
            assert_ne!(all, object((0..n).collect(), &|name| name + usize::from(name == 1)));
            let members = all.as_object().expect("an object");
            assert!(members.contains_key("0") && !members.contains_key(&n.to_string()));
            assert_eq!((members.len(), members.is_empty()), (n, false));
        }
    }

    #[test]
    fn what_is_not_there_is_null() {
        let json = Json::from(json!({ "a": { "b": null, "n": 7, "m": -7 } }));
        assert!(json["a"]["b"].is_null() && json["x"]["y"].is_null() && !json["a"].is_null());
        assert_eq!((json["a"]["n"].as_u64(), json["a"]["m"].as_u64(), json["a"].as_u64()), (Some(7), None, None));
    }

    #[test]
    fn places() {
        let json = Json::from(json!({ "a/b": [{ "c~": 1 }], "d": 2 }));
        for pointer in ["", "/a~1b", "/a~1b/0", "/a~1b/0/c~0", "/d", "/e", "/d/x", "d", "/a~1b/x"] {
            let value = Value::from(&json);
            assert_eq!(json.pointer(pointer).map(Value::from).as_ref(), value.pointer(pointer), "{pointer}");
        }
        assert_eq!(Json::from(json!({ "a": 1, "b": 2 })), Json::from(json!({ "b": 2, "a": 1 })));
    }
}
