//! The functions of CloudFormation where values have them, and what they refer to in all templates.

mod names;
mod places;

use std::borrow::Cow;
use std::cell::{Cell, Ref};
use std::sync::Arc;

use construct_core::parallel;
use construct_iam::access::{Json, Members, symbol};

use places::Places;

use super::memory::Memory;
use super::physical::{Whereabouts, partition};
use super::plain::{REFERENCE, function_of, is_plain, label_of, unknown};
use super::symbols::{Origin, Symbols};
use super::templates::{Environment, Templates};

/// Functions inside functions beyond this depth count as unknown.
pub(crate) const DEPTH: u32 = 100;

/// Computes values of a set of templates.
///
/// ```
/// use construct_pipeline::access::template::{Resolver, Template, Templates};
/// use serde_json::json;
///
/// let body = json!({
///     "Parameters": { "Stage": { "Type": "String", "Default": "test" } },
///     "Resources": { "Store": { "Type": "AWS::S3::Bucket", "Properties": { "BucketName": { "Fn::Sub": "orders-${Stage}" } } } },
/// });
/// let templates = Templates::new().with(Template::new("Tools", "111111111111", "us-east-1", body));
/// let resolver = Resolver::new(&templates);
/// let objects = json!({ "Fn::Join": ["/", [{ "Fn::GetAtt": ["Store", "Arn"] }, "*"]] });
/// assert_eq!(resolver.text(0, &objects.into()), "arn:aws:s3:::orders-test/*");
/// ```
#[derive(Debug)]
pub struct Resolver<'t> {
    pub(crate) templates: &'t Templates<'t>,
    pub(crate) places: Arc<Places<'t>>,
    pub(crate) memory: Memory<'t>,
    pub(crate) depth: Cell<u32>,
    doubts: Vec<String>,
}

/// A value as far as it is known.
pub(crate) enum Known<'t> {
    Value(Json<'t>),
    /// `AWS::NoValue`.
    Nothing,
    /// Perhaps more than text; the words say which value.
    Not(String),
}

impl<'t> Resolver<'t> {
    /// A resolver of these templates.
    #[must_use]
    pub fn new(templates: &'t Templates<'t>) -> Self {
        let memory = Memory::default();
        let places = Places::of(templates, &memory);
        let mut resolver = Self { templates, places: places.into(), memory, depth: Cell::new(0), doubts: Vec::new() };
        resolver.adopt_keys();
        let parameters = resolver.find_parameters();
        Arc::make_mut(&mut resolver.places).parameters = parameters;
        let exports = resolver.find_exports();
        Arc::make_mut(&mut resolver.places).exports = exports;
        resolver
    }

    /// What was taken for granted, in words.
    #[must_use]
    pub fn doubts(&self) -> &[String] {
        &self.doubts
    }

    /// The templates.
    #[must_use]
    pub const fn templates(&self) -> &'t Templates<'t> {
        self.templates
    }

    /// The symbols given out so far.
    #[must_use]
    pub fn symbols(&self) -> Ref<'_, Symbols> {
        self.memory.symbols()
    }

    /// The symbols, when nothing is left to resolve.
    #[must_use]
    pub fn into_symbols(self) -> Symbols {
        self.memory.into_symbols()
    }

    /// Reads things on all cores. What needs a new symbol is read again afterwards, one after the other, and the others
    /// do not depend on who comes first: so all comes out as if they were read in their order.
    pub(crate) fn map<T: Sync, R: Send>(&self, items: &[T], read: impl Fn(&Self, &T) -> R + Sync) -> Vec<R> {
        let before = Arc::new(self.memory.lend());
        let (templates, places) = (self.templates, &self.places);
        let done = parallel::map(items.iter().collect(), |item| {
            let memory = Memory::after(Arc::clone(&before));
            let reader =
                Self { templates, places: Arc::clone(places), memory, depth: Cell::new(0), doubts: Vec::new() };
            let done = read(&reader, item);
            (!reader.memory.lacks()).then_some(done)
        });
        if let Some(found) = Arc::into_inner(before) {
            self.memory.give_back(found);
        }
        items.iter().zip(done).map(|(item, done)| done.unwrap_or_else(|| read(self, item))).collect()
    }

    /// The account that the `stack`-th template is deployed to: 12 digits, or a symbol.
    #[must_use]
    pub fn account(&self, stack: usize) -> &str {
        self.places.environments.get(stack).map_or("", |environment| &environment.account)
    }

    /// The region that the `stack`-th template is deployed to, or a symbol.
    #[must_use]
    pub fn region(&self, stack: usize) -> &str {
        self.places.environments.get(stack).map_or("", |environment| &environment.region)
    }

    /// The partition that the `stack`-th template is deployed to.
    #[must_use]
    pub fn partition(&self, stack: usize) -> &'static str {
        partition(self.region(stack))
    }

    /// Where the templates are deployed to.
    pub(crate) fn environments(&self) -> &[Environment] {
        &self.places.environments
    }

    pub(crate) fn whereabouts(&self, stack: usize) -> Whereabouts<'_> {
        Whereabouts { partition: self.partition(stack), region: self.region(stack), account: self.account(stack) }
    }

    /// A value of the `stack`-th template with its functions computed. Without functions, it is borrowed.
    #[must_use]
    pub fn value<'v>(&self, stack: usize, value: &'v Json<'t>) -> Cow<'v, Json<'t>> {
        if is_plain(value) {
            return Cow::Borrowed(value);
        }
        Cow::Owned(match self.known(stack, value) {
            Known::Value(value) => value,
            Known::Nothing => Json::Null,
            Known::Not(label) => unknown(label),
        })
    }

    /// A value of the `stack`-th template as text: numbers and booleans as CloudFormation writes them, what is not
    /// known as a symbol.
    #[must_use]
    pub fn text(&self, stack: usize, value: &Json<'t>) -> String {
        match value {
            Json::String(text) if is_plain(value) => text.to_string(),
            _ => match self.known(stack, value) {
                Known::Value(value) => self.as_text(&value),
                Known::Nothing => String::new(),
                Known::Not(label) => self.text_symbol(&label, Origin::Other),
            },
        }
    }

    /// A value with its functions computed, and a symbol in place of each function that is left.
    pub(crate) fn texts(&self, stack: usize, value: &Json<'t>) -> Json<'t> {
        let mut value = self.value(stack, value).into_owned();
        self.name_unknowns(&mut value);
        value
    }

    fn name_unknowns(&self, value: &mut Json<'t>) {
        match value {
            Json::Array(values) => values.iter_mut().for_each(|value| self.name_unknowns(value)),
            Json::Object(map) if function_of(map).is_some() => *value = self.as_text(value).into(),
            Json::Object(map) => map.values_mut().for_each(|value| self.name_unknowns(value)),
            _ => {}
        }
    }

    /// A computed value as text.
    pub(crate) fn as_text(&self, value: &Json<'_>) -> String {
        match value {
            Json::String(text) => text.to_string(),
            Json::Number(_) | Json::Bool(_) => value.to_string(),
            Json::Null => String::new(),
            Json::Array(_) | Json::Object(_) => self.text_symbol(&label_of(value), Origin::Other),
        }
    }

    /// Whether a condition holds; `None` if that depends on what is not known.
    #[must_use]
    pub fn condition(&self, stack: usize, name: &str) -> Option<bool> {
        if let Some(known) = self.memory.condition(stack, name) {
            return known;
        }
        // A condition that refers to itself is unknown.
        self.memory.note_condition(stack, name, None);
        let test = self.templates.all.get(stack)?.section("Conditions")?.get(name);
        let holds = test.and_then(|test| self.test(stack, test));
        self.memory.note_condition(stack, name, holds);
        holds
    }

    /// Whether the resource is made; `None` if its condition is open.
    #[must_use]
    pub fn exists(&self, stack: usize, resource: &Members<'_>) -> Option<bool> {
        match resource.get("Condition") {
            None => Some(true),
            Some(name) => name.as_str().and_then(|name| self.condition(stack, name)),
        }
    }

    pub(crate) fn known(&self, stack: usize, value: &Json<'t>) -> Known<'t> {
        let depth = self.depth.get();
        if depth >= DEPTH {
            return Known::Not("value that is nested too deep".to_owned());
        }
        self.depth.set(depth + 1);
        let known = self.known_inside(stack, value);
        self.depth.set(depth);
        known
    }

    fn known_inside(&self, stack: usize, value: &Json<'t>) -> Known<'t> {
        match value {
            Json::String(text) => Known::Value(Json::String(match is_plain(value) {
                true => text.clone(),
                false => self.literal(stack, text).into(),
            })),
            Json::Array(values) => Known::Value(values.iter().filter_map(|value| self.member(stack, value)).collect()),
            Json::Object(map) => {
                if let Some((function, argument)) = function_of(map) {
                    return self.function(stack, function, argument);
                }
                Known::Value(Json::Object(map.filter_map(|value| self.member(stack, value))))
            }
            other => Known::Value(other.clone()),
        }
    }

    /// A value inside of another one; `None` for `AWS::NoValue`.
    pub(crate) fn member(&self, stack: usize, value: &Json<'t>) -> Option<Json<'t>> {
        match self.known(stack, value) {
            Known::Value(value) => Some(value),
            Known::Nothing => None,
            Known::Not(label) => Some(unknown(label)),
        }
    }

    /// Text as written, with symbols for dynamic references, except for those to parameters that the templates make.
    pub(crate) fn literal(&self, stack: usize, text: &str) -> String {
        // A character that happens to be one of the symbols must not pass for one.
        let text: Cow<'_, str> = if symbol::is_symbolic(text) {
            text.chars().map(|c| if symbol::is_symbolic(c.encode_utf8(&mut [0; 4])) { '\u{FFFD}' } else { c }).collect()
        } else {
            text.into()
        };
        let mut out = String::with_capacity(text.len());
        let mut rest = &*text;
        while let Some((before, tail)) = rest.split_once(REFERENCE) {
            let Some((reference, after)) = tail.split_once("}}") else { break };
            out.push_str(before);
            match self.made_parameter(stack, reference) {
                Some(value) => out.push_str(&value),
                None => out.push_str(&self.text_symbol(&format!("{{{{resolve:{reference}}}}}"), Origin::Other)),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// The value of a parameter of Parameter Store that a template makes in the account and region of a stack. A reference
    /// to a certain version may mean one from before.
    fn made_parameter(&self, stack: usize, reference: &str) -> Option<String> {
        let name = reference.strip_prefix("ssm:").filter(|name| !name.contains(':'))?;
        let place = (self.account(stack).to_owned(), self.region(stack).to_owned(), name.to_owned());
        let &(maker, value) = self.places.parameters.get(&place)?;
        match self.known(maker, value) {
            Known::Value(value) => Some(self.as_text(&value)),
            Known::Nothing | Known::Not(_) => None,
        }
    }

    pub(crate) fn text_symbol(&self, label: &str, origin: Origin) -> String {
        self.memory.text_symbol(label, origin).to_string()
    }

    pub(crate) fn stack_name(&self, stack: usize) -> &str {
        self.templates.all.get(stack).map_or("", |template| &template.stack)
    }

    /// What a stack is called where it must not be taken for another one: with its environment, if others have its name.
    pub(crate) fn stack_label(&self, stack: usize) -> &str {
        self.places.labels.get(&stack).map_or_else(|| self.stack_name(stack), String::as_str)
    }
}

#[cfg(test)]
#[path = "resolver_tests.rs"]
mod tests;
