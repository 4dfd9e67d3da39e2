//! Where in a text the objects stand that were read from it.

use super::{Json, Name};

/// The text that a [`Json`] was read from: it knows which part of it each object is. Equal texts are equal objects, which is told
/// faster than whether two objects are equal.
///
/// ```
/// use construct_core::Json;
///
/// let (json, source) = Json::read_with_source(r#"[{ "a": 1 }, {"b":{}}]"#)?;
/// let texts: Vec<_> = json.as_array().into_iter().flatten().map(|object| source.text_of(object)).collect();
/// assert_eq!(texts, [Some(r#"{ "a": 1 }"#), Some(r#"{"b":{}}"#)]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Source<'t> {
    pub(super) text: &'t str,
    pub(super) objects: Vec<Object>,
    /// Whether an escape may stand for a character that its text hides.
    pub(super) has_escapes: bool,
    has_references: bool,
}

/// Where an object stands; they are in the order of their first names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object {
    pub(super) first_name: u32,
    pub(super) start: u32,
    pub(super) end: u32,
    /// Whether a function of CloudFormation is in it, or it is one.
    pub(super) has_functions: bool,
}

impl<'t> Source<'t> {
    /// A text of which nothing is told but what it is.
    pub(crate) fn unknown(text: &'t str) -> Self {
        Self { has_escapes: true, ..Self::plain(text) }
    }

    /// A text of which nothing is known yet.
    pub(super) fn plain(text: &'t str) -> Self {
        let has_references = text.contains("{{resolve:");
        Self { text, has_references, ..Self::default() }
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
        self.has_references || self.has_escapes
    }

    /// Whether each text in it is what it says: with ASCII characters, neither escapes nor dynamic references.
    #[must_use]
    pub fn is_spelled_out(&self) -> bool {
        !self.may_refer() && self.text.is_ascii()
    }

    /// The text of an object that was read from this text and not changed since. `None` for what is no object or empty, and where it is
    /// not known: where two members have one name, or the first name has escapes.
    #[must_use]
    pub fn text_of(&self, object: &Json<'_>) -> Option<&'t str> {
        let Object { start, end, .. } = self.place_of(object)?;
        self.text.get(*start as usize..*end as usize)
    }

    /// No fewer bytes than an object has as compact JSON; `None` where that is not known, or there are functions of CloudFormation in it.
    pub(crate) fn at_most(&self, object: &Json<'_>) -> Option<usize> {
        let Object { start, end, has_functions, .. } = self.place_of(object)?;
        (!has_functions).then(|| (end - start) as usize)
    }

    fn place_of(&self, object: &Json<'_>) -> Option<&Object> {
        let Some((Name::Borrowed(name), _)) = object.as_object()?.list().first() else { return None };
        // Borrowed names are parts of the text.
        let at = u32::try_from(name.as_ptr().addr().checked_sub(self.text.as_ptr().addr())?).ok()?;
        Some(&self.objects[self.objects.binary_search_by_key(&at, |object| object.first_name).ok()?])
    }
}
