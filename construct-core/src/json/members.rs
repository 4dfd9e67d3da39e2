//! The members of an object: a list with a way to look names up.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use super::Json;

/// The members of an object, in the order of the text; of members with one name, the last.
#[derive(Clone, Debug)]
pub struct Members<'t>(Found<'t>);

pub(super) type Member<'t> = (Name<'t>, Json<'t>);

/// The name of a member: a `Cow` in less room, since nearly all of them are borrowed.
#[derive(Clone, Debug)]
pub(super) enum Name<'t> {
    Borrowed(&'t str),
    Owned(Box<Box<str>>),
}

#[derive(Clone, Debug)]
enum Found<'t> {
    /// Looked up one after the other.
    Few(Box<[Member<'t>]>),
    Far(Arc<Far<'t>>),
}

#[derive(Clone, Debug)]
struct Far<'t> {
    list: Box<[Member<'t>]>,
    /// The places of the members in the order of their names, if there are many.
    places: Option<Box<[usize]>>,
    /// What is written of the object, where it is shared: it may stand in a text that it was not read from.
    words: Option<&'t str>,
}

impl<'t> Members<'t> {
    /// The member of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json<'t>> {
        Some(&self.list()[self.position(name)?].1)
    }

    /// The same, to be changed.
    #[must_use]
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Json<'t>> {
        let position = self.position(name)?;
        Some(&mut self.list_mut()[position].1)
    }

    /// Whether there is a member of this name.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list().is_empty()
    }

    /// The members.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json<'t>)> {
        self.list().iter().map(|(name, value)| (&**name, value))
    }

    /// The names.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// The values.
    pub fn values(&self) -> impl Iterator<Item = &Json<'t>> {
        self.iter().map(|(_, value)| value)
    }

    /// The values, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Json<'t>> {
        self.iter_mut().map(|(_, value)| value)
    }

    /// The members, their values to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Json<'t>)> {
        self.list_mut().iter_mut().map(|(name, value)| (&**name, value))
    }

    /// The same names with other values; without those that have none.
    #[must_use]
    pub fn filter_map(&self, mut value_of: impl FnMut(&Json<'t>) -> Option<Json<'t>>) -> Self {
        Self::of(self.list().iter().filter_map(|(name, value)| Some((name.clone(), value_of(value)?))).collect())
    }

    pub(super) fn list(&self) -> &[Member<'t>] {
        match &self.0 {
            Found::Few(list) => list,
            Found::Far(far) => &far.list,
        }
    }

    fn list_mut(&mut self) -> &mut [Member<'t>] {
        match &mut self.0 {
            Found::Few(list) => list,
            Found::Far(far) => {
                let far = Arc::make_mut(far);
                far.words = None;
                &mut far.list
            }
        }
    }

    fn position(&self, name: &str) -> Option<usize> {
        let list = self.list();
        let places = match &self.0 {
            Found::Few(_) => None,
            Found::Far(far) => far.places.as_ref(),
        };
        match places {
            None => list.iter().position(|(known, _)| **known == *name),
            Some(places) => {
                let found = places.binary_search_by(|place| (*list[*place].0).cmp(name)).ok()?;
                Some(places[found])
            }
        }
    }

    pub(super) fn into_list(self) -> Box<[Member<'t>]> {
        match self.0 {
            Found::Few(list) => list,
            Found::Far(far) => Arc::unwrap_or_clone(far).list,
        }
    }

    /// The same, to be held by several at once.
    pub(super) fn shared(self, words: Option<&'t str>) -> Self {
        match self.0 {
            Found::Few(list) => Self(Found::Far(Far { list, places: None, words }.into())),
            far @ Found::Far(_) => Self(far),
        }
    }

    /// What is written of the object in the text that it was read from.
    pub(super) fn words_in(&self, text: &'t str) -> Option<&'t str> {
        let Some((Name::Borrowed(first), _)) = self.list().first() else { return None };
        let last = last_string(&self.list().last()?.1)?;
        // Both borrow from the text.
        let place = |part: &str| part.as_ptr().addr().checked_sub(text.as_ptr().addr());
        text.get(place(first)?..place(last)? + last.len())
    }

    /// What is written of an object that is shared, if that is known.
    pub(super) fn words(&self) -> Option<&'t str> {
        match &self.0 {
            Found::Few(_) => None,
            Found::Far(far) => far.words,
        }
    }
}

/// The text that a value ends with, if it is one.
fn last_string<'j>(json: &'j Json<'_>) -> Option<&'j str> {
    match json {
        Json::String(Cow::Borrowed(text)) => Some(text),
        Json::Array(values) => last_string(values.last()?),
        Json::Object(members) => last_string(&members.list().last()?.1),
        Json::String(Cow::Owned(_)) | Json::Null | Json::Bool(_) | Json::Number(_) => None,
    }
}

impl Default for Members<'_> {
    fn default() -> Self {
        Self(Found::Few(Box::default()))
    }
}

impl Deref for Name<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(name) => name,
            Self::Owned(name) => name,
        }
    }
}

impl<'t> From<Cow<'t, str>> for Name<'t> {
    fn from(name: Cow<'t, str>) -> Self {
        match name {
            Cow::Borrowed(name) => Self::Borrowed(name),
            Cow::Owned(name) => Self::Owned(Box::new(name.into())),
        }
    }
}

/// The order does not matter.
impl PartialEq for Members<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

/// More members than this are looked up by halving.
const FEW: usize = 12;

impl<'t> FromIterator<(Cow<'t, str>, Json<'t>)> for Members<'t> {
    fn from_iter<I: IntoIterator<Item = (Cow<'t, str>, Json<'t>)>>(members: I) -> Self {
        Self::of(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

impl<'t> Members<'t> {
    pub(super) fn of(list: Box<[Member<'t>]>) -> Self {
        if list.len() <= FEW {
            let mut hashes = 0;
            let is_unique = list.iter().enumerate().all(|(n, (name, _))| {
                let name: &str = name;
                let hash = 1_u64 << (few_bits(name) % 64);
                let is_new = hashes & hash == 0 || list[..n].iter().all(|(known, _)| **known != *name);
                hashes |= hash;
                is_new
            });
            return if is_unique { Self(Found::Few(list)) } else { Self::last_of_each(list) };
        }
        let mut places: Box<[usize]> = (0..list.len()).collect();
        places.sort_by(|one, other| (*list[*one].0).cmp(&list[*other].0));
        match places.windows(2).all(|pair| *list[pair[0]].0 != *list[pair[1]].0) {
            true => Self(Found::Far(Far { list, places: Some(places), words: None }.into())),
            false => Self::last_of_each(list),
        }
    }

    /// Of members with one name, the last counts.
    fn last_of_each(list: Box<[Member<'t>]>) -> Self {
        let last: BTreeMap<String, usize> =
            list.iter().enumerate().map(|(n, (name, _))| (name.to_string(), n)).collect();
        let members = list.into_iter().enumerate();
        Self::of(members.filter(|(n, (name, _))| last.get(&**name) == Some(n)).map(|(_, member)| member).collect())
    }
}

/// A number that is the same for equal names, and seldom for others that stand side by side.
fn few_bits(name: &str) -> usize {
    let end = |c: Option<&u8>| c.map_or(0, |c| usize::from(*c));
    let bytes = name.as_bytes();
    bytes.len() + 7 * end(bytes.first()) + 13 * end(bytes.last())
}
