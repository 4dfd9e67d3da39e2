//! Values of a template that are computed only as far as somebody looks: a declaration of a hundred actions has a few
//! references.

use std::borrow::Cow;

use construct_iam::access::{Json, Members};

use super::plain::{function_of, is_plain, label_of, unknown};
use super::resolver::{Known, Resolver};
use super::symbols::Origin;

/// A value of a template.
#[derive(Debug)]
pub(crate) struct Lazy<'v, 't> {
    /// Who computes it, and of which template it is; `None` if it has no functions and no symbols.
    resolver: Option<(&'v Resolver<'t>, usize)>,
    json: Cow<'v, Json<'t>>,
    /// Whether all of it is computed already.
    is_computed: bool,
}

impl<'v, 't> Lazy<'v, 't> {
    /// A value that is no function itself.
    pub(crate) fn new(resolver: &'v Resolver<'t>, stack: usize, json: &'v Json<'t>) -> Self {
        Self { resolver: Some((resolver, stack)), json: Cow::Borrowed(json), is_computed: false }
    }

    /// Any value; `None` for `AWS::NoValue`.
    pub(crate) fn of(resolver: &'v Resolver<'t>, stack: usize, json: &'v Json<'t>) -> Option<Self> {
        Self::known(Some((resolver, stack)), json, false)
    }

    /// A value of which nothing has to be computed.
    pub(crate) fn plain(json: &'v Json<'t>) -> Self {
        Self { resolver: None, json: Cow::Borrowed(json), is_computed: true }
    }

    pub(crate) fn is_null(&self) -> bool {
        self.json.is_null()
    }

    /// How many items or members it has at most.
    pub(crate) fn len(&self) -> usize {
        match &*self.json {
            Json::Array(items) => items.len(),
            Json::Object(members) => members.len(),
            _ => 0,
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<Lazy<'_, 't>> {
        self.inside(self.json.get(name)?)
    }

    /// The items, if it is a list.
    pub(crate) fn items(&self) -> impl Iterator<Item = Lazy<'_, 't>> {
        self.json.as_array().into_iter().flatten().filter_map(|item| self.inside(item))
    }

    /// Shows the items of a member that is a list. Where a condition leaves open what it is, or what an item is, those
    /// of both cases: in one of them they are there. What only a deployment knows is no object.
    pub(crate) fn each_of(&self, name: &str, visit: &mut dyn FnMut(&Lazy<'_, 't>)) {
        self.each_case_of(name, &mut |list| match list.json.as_array() {
            Some(items) => items.iter().for_each(|item| list.in_each_case(item, visit)),
            None => visit(list),
        });
    }

    /// Shows a member: where a condition leaves open what it is, in both cases.
    pub(crate) fn each_case_of(&self, name: &str, visit: &mut dyn FnMut(&Lazy<'_, 't>)) {
        if let Some(json) = self.json.get(name) {
            self.in_each_case(json, visit);
        }
    }

    fn in_each_case(&self, json: &Json<'t>, visit: &mut dyn FnMut(&Lazy<'_, 't>)) {
        let mut show = |case| self.inside(case).iter().for_each(&mut *visit);
        match self.resolver.filter(|_| !self.is_computed) {
            Some((resolver, stack)) => resolver.in_each_case(stack, json, &mut show),
            None => show(json),
        }
    }

    /// Whether it is an object, and no function that is left.
    pub(crate) fn is_entry(&self) -> bool {
        self.json.as_object().is_some_and(|map| function_of(map).is_none())
    }

    /// The function that is left of it, as it is written in the template.
    pub(crate) fn function(&self) -> Option<String> {
        let (function, argument) = function_of(self.json.as_object()?)?;
        Some(argument.as_str().map_or_else(|| function.to_owned(), str::to_owned))
    }

    /// The members, if it is an object.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, Lazy<'_, 't>)> {
        let members = self.json.as_object().into_iter().flat_map(Members::iter);
        members.filter_map(|(name, value)| Some((name, self.inside(value)?)))
    }

    /// The text, if it is no list and no object; a symbol for a function that is left.
    pub(crate) fn into_text(self) -> Option<Cow<'v, str>> {
        let Self { resolver, json, is_computed } = self;
        match &*json {
            Json::String(text) if is_computed || is_plain(&json) => Some(match json {
                Cow::Borrowed(Json::String(text)) => Cow::Borrowed(text),
                _ => Cow::Owned(text.to_string()),
            }),
            Json::String(text) => resolver.map(|(resolver, stack)| resolver.literal(stack, text).into()),
            Json::Number(_) | Json::Bool(_) => Some(json.to_string().into()),
            Json::Object(map) if function_of(map).is_some() => {
                resolver.map(|(resolver, _)| resolver.text_symbol(&label_of(&json), Origin::Other).into())
            }
            _ => None,
        }
    }

    /// As text, whatever it is: a symbol for a list or an object.
    pub(crate) fn as_text(&self) -> String {
        match self.resolver {
            Some((resolver, stack)) if !self.is_computed => resolver.text(stack, &self.json),
            Some((resolver, _)) => resolver.as_text(&self.json),
            None => self.text().unwrap_or_default(),
        }
    }

    /// Whether it is true, if that is known.
    pub(crate) fn flag(&self) -> Option<bool> {
        match &*self.json {
            Json::Bool(flag) => Some(*flag),
            Json::String(text) => text.to_ascii_lowercase().parse().ok(),
            _ => None,
        }
    }

    /// The same as an own text.
    fn text(&self) -> Option<String> {
        let borrowed =
            Lazy { resolver: self.resolver, json: Cow::Borrowed(&*self.json), is_computed: self.is_computed };
        borrowed.into_text().map(Cow::into_owned)
    }

    pub(crate) fn text_of(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name)?.into_text()
    }

    fn inside<'i>(&'i self, json: &'i Json<'t>) -> Option<Lazy<'i, 't>> {
        Lazy::known(self.resolver, json, self.is_computed)
    }

    fn known(resolver: Option<(&'v Resolver<'t>, usize)>, json: &'v Json<'t>, is_computed: bool) -> Option<Self> {
        let is_open = !is_computed && json.as_object().is_some_and(|map| function_of(map).is_some());
        let Some((resolver, stack)) = resolver.filter(|_| is_open) else {
            return Some(Self { resolver, json: Cow::Borrowed(json), is_computed });
        };
        let json = match resolver.known(stack, json) {
            Known::Value(json) => json,
            Known::Nothing => return None,
            Known::Not(label) => unknown(label),
        };
        Some(Self { resolver: Some((resolver, stack)), json: Cow::Owned(json), is_computed: true })
    }
}
