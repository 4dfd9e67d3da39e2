//! The request context: what is known about each condition key.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What is known about one condition key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContextValue {
    /// The key is in the request and has this one value.
    One(String),
    /// The key is in the request and has one of these values, and nobody knows which.
    Among(Vec<String>),
    /// The key is multivalued and has these values, of which there may be none.
    Many(Vec<String>),
    /// The request does not have the key.
    Absent,
    /// Nothing is known: the key may be absent or have any value.
    Unknown,
}

/// The condition keys of a request. Key names compare without regard to case.
///
/// A context is *open* or *closed*, which says what holds for keys that it does not mention: in an open one they are
/// unknown, in a closed one absent. A proof starts from an open context and says of each key why it is known; a
/// simulation of one concrete request uses a closed one.
///
/// The keys are listed in the
/// [IAM User Guide](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
///
/// ```
/// use construct_iam::access::{Context, ContextValue};
///
/// let context = Context::open().with("aws:SecureTransport", "true").absent("aws:SourceArn");
/// assert_eq!(context.get("AWS:securetransport"), ContextValue::One("true".to_owned()));
/// assert_eq!(context.get("aws:SourceArn"), ContextValue::Absent);
/// assert_eq!(context.get("aws:SourceIp"), ContextValue::Unknown);
/// ```
#[derive(Clone, Debug)]
pub struct Context {
    /// As written; no two of them equal in lower case.
    keys: Vec<(Cow<'static, str>, ContextValue)>,
    open: bool,
    /// Asked, one after the other, for the keys that are not mentioned here.
    bases: [Option<Arc<Context>>; 2],
}

/// A borrowed [`ContextValue`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Found<'a> {
    One(&'a str),
    Among(&'a [String]),
    Many(&'a [String]),
    Absent,
    Unknown,
}

impl Context {
    /// A context in which every key that is not mentioned is unknown.
    #[must_use]
    pub const fn open() -> Self {
        Self { keys: Vec::new(), open: true, bases: [None, None] }
    }

    /// A context in which every key that is not mentioned is absent from the request.
    #[must_use]
    pub const fn closed() -> Self {
        Self { keys: Vec::new(), open: false, bases: [None, None] }
    }

    /// A context that says what `base` says, until it is told more. It is shared, so that what many requests have in
    /// common is said once.
    ///
    /// ```
    /// use construct_iam::access::{Context, ContextValue};
    ///
    /// let caller = Context::open().with("aws:PrincipalType", "AssumedRole").with("aws:username", "ann");
    /// let call = Context::over(caller.into()).absent("aws:username");
    /// assert_eq!(call.get("aws:PrincipalType"), ContextValue::One("AssumedRole".to_owned()));
    /// assert_eq!(call.get("aws:username"), ContextValue::Absent);
    /// ```
    #[must_use]
    pub fn over(base: Arc<Self>) -> Self {
        Self { keys: Vec::new(), open: base.open, bases: [Self::telling(base), None] }
    }

    /// A context that says what two others say; where both speak of a key, the first one counts. So what is common to
    /// all requests of a caller and what is common to all requests on a resource are each said once.
    ///
    /// It is open or closed as the first one is.
    ///
    /// ```
    /// use construct_iam::access::{Context, ContextValue};
    ///
    /// let caller = Context::open().with("aws:PrincipalType", "AssumedRole");
    /// let bucket = Context::open().with("s3:ResourceAccount", "111111111111");
    /// let call = Context::over_both(caller.into(), bucket.into());
    /// assert_eq!(call.get("aws:PrincipalType"), ContextValue::One("AssumedRole".to_owned()));
    /// assert_eq!(call.get("s3:ResourceAccount"), ContextValue::One("111111111111".to_owned()));
    /// ```
    #[must_use]
    pub fn over_both(first: Arc<Self>, second: Arc<Self>) -> Self {
        Self { keys: Vec::new(), open: first.open, bases: [Self::telling(first), Self::telling(second)] }
    }

    /// The context itself, or what it only hands on: whoever looks for a key has to ask so much less.
    fn telling(base: Arc<Self>) -> Option<Arc<Self>> {
        if !base.keys.is_empty() {
            return Some(base);
        }
        match &base.bases {
            [None, None] => None,
            [Some(one), None] | [None, Some(one)] => Some(Arc::clone(one)),
            [Some(_), Some(_)] => Some(base),
        }
    }

    /// Says that the key is in the request, with this single value.
    #[must_use]
    pub fn with(self, key: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.set(key, ContextValue::One(value.into()))
    }

    /// Says that the key is multivalued and has these values.
    #[must_use]
    pub fn with_list<V: Into<String>>(
        self,
        key: impl Into<Cow<'static, str>>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.set(key, ContextValue::Many(values.into_iter().map(Into::into).collect()))
    }

    /// Says that the key is not in the request.
    #[must_use]
    pub fn absent(self, key: impl Into<Cow<'static, str>>) -> Self {
        self.set(key, ContextValue::Absent)
    }

    /// Says that nothing is known about the key.
    #[must_use]
    pub fn unknown(self, key: impl Into<Cow<'static, str>>) -> Self {
        self.set(key, ContextValue::Unknown)
    }

    /// Says what is known about the key; the latest word counts.
    #[must_use]
    pub fn set(mut self, key: impl Into<Cow<'static, str>>, value: ContextValue) -> Self {
        self.tell(key, value);
        self
    }

    /// The same, in place.
    pub fn tell(&mut self, key: impl Into<Cow<'static, str>>, value: ContextValue) {
        let key = key.into();
        match self.keys.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&key)) {
            Some(known) => known.1 = value,
            None => self.keys.push((key, value)),
        }
    }

    /// What is known about the key.
    #[must_use]
    pub fn get(&self, key: &str) -> ContextValue {
        match self.find(key) {
            Found::One(value) => ContextValue::One(value.to_owned()),
            Found::Among(values) => ContextValue::Among(values.to_vec()),
            Found::Many(values) => ContextValue::Many(values.to_vec()),
            Found::Absent => ContextValue::Absent,
            Found::Unknown => ContextValue::Unknown,
        }
    }

    /// Every key that is mentioned, with what is said of it.
    pub fn mentioned(&self) -> impl Iterator<Item = (&str, &ContextValue)> {
        let mut layers = vec![self];
        let mut said: Vec<(&str, &ContextValue)> = Vec::new();
        while let Some(context) = layers.pop() {
            for (key, value) in &context.keys {
                if !said.iter().any(|(known, _)| known.eq_ignore_ascii_case(key)) {
                    said.push((key, value));
                }
            }
            layers.extend(context.bases.iter().rev().filter_map(Option::as_deref));
        }
        said.into_iter()
    }

    pub(crate) fn find(&self, key: &str) -> Found<'_> {
        match self.said_of(key) {
            Some(ContextValue::One(value)) => Found::One(value),
            Some(ContextValue::Among(values)) => Found::Among(values),
            Some(ContextValue::Many(values)) => Found::Many(values),
            Some(ContextValue::Absent) => Found::Absent,
            Some(ContextValue::Unknown) => Found::Unknown,
            None if self.open => Found::Unknown,
            None => Found::Absent,
        }
    }

    /// Whether the context says something of the key.
    pub(crate) fn tells(&self, key: &str) -> bool {
        self.said_of(key).is_some()
    }

    fn said_of(&self, key: &str) -> Option<&ContextValue> {
        let own = self.keys.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
        own.map(|(_, value)| value).or_else(|| self.bases.iter().flatten().find_map(|base| base.said_of(key)))
    }
}

/// What many requests have in common.
impl From<Arc<Context>> for Context {
    fn from(base: Arc<Context>) -> Self {
        Self::over(base)
    }
}

/// Nothing is known.
impl Default for Context {
    fn default() -> Self {
        Self::open()
    }
}

/// Contexts are equal if they say the same.
impl PartialEq for Context {
    fn eq(&self, other: &Self) -> bool {
        let said = |context: &Self| -> BTreeMap<String, ContextValue> {
            context.mentioned().map(|(key, value)| (key.to_ascii_lowercase(), value.clone())).collect()
        };
        self.open == other.open && said(self) == said(other)
    }
}

impl Eq for Context {}

impl fmt::Display for ContextValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(value) => write!(f, "`{value}`"),
            Self::Many(values) if values.is_empty() => f.write_str("an empty list"),
            Self::Among(values) => listed(values, " or ", f),
            Self::Many(values) => listed(values, ", ", f),
            Self::Absent => f.write_str("no such key"),
            Self::Unknown => f.write_str("a value that is not known"),
        }
    }
}

fn listed(values: &[String], between: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (i, value) in values.iter().enumerate() {
        write!(f, "{}`{value}`", if i == 0 { "" } else { between })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_and_closed_differ_in_what_they_do_not_mention() {
        assert_eq!(Context::open().get("a:b"), ContextValue::Unknown);
        assert_eq!(Context::closed().get("a:b"), ContextValue::Absent);
        assert_eq!(Context::closed().unknown("a:b").get("A:B"), ContextValue::Unknown);
        assert_eq!(Context::closed().with_list("a:B", ["x"]).get("A:b"), ContextValue::Many(vec!["x".to_owned()]));
    }

    #[test]
    fn the_latest_word_counts() {
        assert_eq!(Context::open().with("a:b", "1").absent("A:b").get("a:b"), ContextValue::Absent);
    }

    #[test]
    fn a_context_says_what_is_below_it_until_it_is_told_more() {
        let base = Arc::new(Context::closed().with("a:b", "1").with("c:d", "2"));
        let context = Context::over(Arc::clone(&base)).with("A:B", "3");
        assert_eq!(
            (context.get("a:b"), context.get("c:D")),
            (ContextValue::One("3".into()), ContextValue::One("2".into()))
        );
        assert_eq!(context.get("e:f"), ContextValue::Absent);
        assert_eq!(context.mentioned().map(|(key, _)| key).collect::<Vec<_>>(), ["A:B", "c:d"]);
        assert_eq!(context, Context::closed().with("c:d", "2").with("a:b", "3"));
        assert_ne!(context, *base);
    }

    #[test]
    fn of_two_contexts_the_first_counts() {
        let first = Context::over(Context::closed().with("a:b", "1").into()).with("c:d", "2");
        let second = Context::open().with("A:B", "3").with("e:f", "4").unknown("g:h");
        let both = Context::over_both(first.into(), second.into()).absent("c:d");
        assert_eq!(both, Context::closed().with("a:b", "1").absent("C:D").with("e:f", "4").unknown("g:h"));
        assert_eq!(both.mentioned().map(|(key, _)| key).collect::<Vec<_>>(), ["c:d", "a:b", "e:f", "g:h"]);
        assert_eq!((both.find("g:h"), both.find("i:j")), (Found::Unknown, Found::Absent));
    }

    #[test]
    fn values_read_as_words() {
        assert_eq!(ContextValue::Many(vec!["a".into(), "b".into()]).to_string(), "`a`, `b`");
        assert_eq!(ContextValue::Among(vec!["a".into(), "b".into()]).to_string(), "`a` or `b`");
        assert_eq!(ContextValue::Many(vec![]).to_string(), "an empty list");
        assert_eq!(ContextValue::Absent.to_string(), "no such key");
    }
}
