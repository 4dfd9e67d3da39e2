//! The functions of CloudFormation where values have them, and what they refer to in all templates.

use std::borrow::Cow;
use std::cell::{Cell, Ref};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use construct_core::{is_function, parallel};
use construct_iam::access::{Json, Members, symbol};
use foldhash::{HashMap, HashMapExt as _};

use super::memory::Memory;
use super::physical::{Whereabouts, arn_parts, is_account, is_region, naming_of, partition};
use super::symbols::{Origin, Symbols};
use super::templates::{Environment, Template, Templates};

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

/// What does not depend on what is asked.
#[derive(Clone, Debug)]
pub(crate) struct Places<'t> {
    environments: Vec<Environment>,
    /// What stacks are called that share their name with others.
    labels: BTreeMap<usize, String>,
    pub(crate) exports: BTreeMap<String, Vec<(usize, &'t Json<'t>)>>,
    /// The values of parameters of Parameter Store, by account, region and name.
    parameters: BTreeMap<(String, String, String), (usize, &'t Json<'t>)>,
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
        let unknown = |label: &str| memory.name_symbol(label, Origin::Other).to_string();
        let mut known = BTreeSet::new();
        let mut shared = |text: &str| {
            known.get(text).cloned().unwrap_or_else(|| {
                let new: Arc<str> = text.into();
                known.insert(Arc::clone(&new));
                new
            })
        };
        let environment = |Template { account, region, .. }: &Template<'t>| {
            let account = match is_account(account) {
                true => shared(account),
                false => shared(&unknown("account that the templates are deployed to")),
            };
            let region = match is_region(region) {
                true => shared(region),
                false => shared(&unknown("region that the templates are deployed to")),
            };
            Environment { account, region }
        };
        let environments = templates.all.iter().map(environment).collect();
        let labels = labels(templates);
        let places = Places { environments, labels, exports: BTreeMap::new(), parameters: BTreeMap::new() };
        let mut resolver = Self { templates, places: places.into(), memory, depth: Cell::new(0), doubts: Vec::new() };
        resolver.adopt_keys();
        let parameters = resolver.find_parameters();
        Arc::make_mut(&mut resolver.places).parameters = parameters;
        let exports = resolver.find_exports();
        Arc::make_mut(&mut resolver.places).exports = exports;
        resolver
    }

    fn find_parameters(&self) -> BTreeMap<(String, String, String), (usize, &'t Json<'t>)> {
        let mut found = BTreeMap::new();
        for (stack, template) in self.templates.all.iter().enumerate() {
            for resource in template.section("Resources").into_iter().flat_map(Members::values) {
                if resource.get("Type").and_then(Json::as_str) != Some("AWS::SSM::Parameter") {
                    continue;
                }
                let property = |key: &str| resource.get("Properties").and_then(|all| all.get(key));
                let text = |key: &str| property(key).and_then(Json::as_str);
                if text("Type") == Some("String")
                    && let (Some(name), Some(value)) = (text("Name"), property("Value"))
                    && resource.get("Condition").is_none()
                {
                    let place = (self.account(stack).to_owned(), self.region(stack).to_owned(), name.to_owned());
                    found.insert(place, (stack, value));
                }
            }
        }
        found
    }

    fn find_exports(&self) -> BTreeMap<String, Vec<(usize, &'t Json<'t>)>> {
        let mut exports: BTreeMap<String, Vec<(usize, &'t Json<'t>)>> = BTreeMap::new();
        for (stack, template) in self.templates.all.iter().enumerate() {
            for output in template.section("Outputs").into_iter().flat_map(Members::values) {
                let name = output.get("Export").and_then(|export| export.get("Name"));
                if let (Some(name), Some(value)) = (name, output.get("Value")) {
                    exports.entry(self.text(stack, name)).or_default().push((stack, value));
                }
            }
        }
        exports
    }

    /// People hand the ARN of a key from one stack to the next as a parameter. Where a parameter has the ARN of a key in an account and region
    /// in which the templates make one key, it is taken for that key's.
    fn adopt_keys(&mut self) {
        let mut given: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for value in self.templates.all.iter().flat_map(|one| one.parameters.values()).filter_map(Json::as_str) {
            if let Some([_, "kms", region, account, resource]) = arn_parts(value)
                && let Some(id) =
                    resource.strip_prefix("key/").filter(|id| id.is_ascii() && !id.contains(['*', '?', '$']))
            {
                given.entry((account, region)).or_default().insert(id);
            }
        }
        if given.is_empty() {
            return;
        }
        let mut keys: BTreeMap<(&str, &str), Vec<(usize, &str)>> = BTreeMap::new();
        for (stack, template) in self.templates.all.iter().enumerate() {
            for (logical_id, resource) in template.section("Resources").into_iter().flat_map(Members::iter) {
                if resource.get("Type").and_then(Json::as_str) == Some("AWS::KMS::Key") {
                    keys.entry((self.account(stack), self.region(stack))).or_default().push((stack, logical_id));
                }
            }
        }
        let mut adopted = Vec::new();
        for (place, ids) in given {
            let (Some([key]), Some(id)) = (keys.get(&place).map(Vec::as_slice), ids.first().filter(|_| ids.len() == 1))
            else {
                continue;
            };
            if !self.templates.all[key.0].physical_ids.contains_key(key.1) {
                adopted.push((key.0, key.1.to_owned(), (*id).to_owned()));
            }
        }
        for (stack, logical_id, id) in adopted {
            let note =
                format!("the key {id} that a parameter names is `{logical_id}` of stack `{}`", self.stack_label(stack));
            self.doubts.push(note);
            self.memory.note_name(stack, &logical_id, Some(id));
        }
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

    /// Reads things on all cores. What needs a new symbol is read again afterwards, one after the other, and the others do not
    /// depend on who comes first: so all comes out as if they were read in their order.
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

    /// A value of the `stack`-th template as text: numbers and booleans as CloudFormation writes them, what is not known as a symbol.
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
            Json::Array(_) | Json::Object(_) => self.text_symbol(&value.to_string(), Origin::Other),
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

    /// The id or name of a resource: as given, as the template sets it, or a symbol.
    #[must_use]
    pub fn physical_id(&self, stack: usize, logical_id: &str) -> String {
        if let Some(name) = self.plain_name(stack, logical_id) {
            return name.to_owned();
        }
        if let Some(name) = self.memory.name(stack, logical_id) {
            // A name that is made of itself is not known.
            return name.unwrap_or_else(|| self.made(stack, logical_id, None));
        }
        let set = self.name_property(stack, logical_id).map(|value| {
            self.memory.note_name(stack, logical_id, None);
            self.text(stack, value)
        });
        let name = set.filter(|name| !name.is_empty()).unwrap_or_else(|| self.made(stack, logical_id, None));
        self.memory.note_name(stack, logical_id, Some(name.clone()));
        name
    }

    /// The id or name of a resource, if nothing has to be computed to tell it.
    pub(crate) fn plain_name(&self, stack: usize, logical_id: &str) -> Option<&'t str> {
        if let Some(id) = self.templates.all.get(stack)?.physical_ids.get(logical_id) {
            return Some(id);
        }
        self.name_property(stack, logical_id).filter(|name| is_plain(name))?.as_str().filter(|name| !name.is_empty())
    }

    fn name_property(&self, stack: usize, logical_id: &str) -> Option<&'t Json<'t>> {
        let resource = self.templates.all.get(stack)?.resource(logical_id)?;
        let property = naming_of(resource.get("Type")?.as_str()?)?.property;
        resource.get("Properties")?.get(property)
    }

    /// The ARN of a resource, if its type has one that follows from its name.
    #[must_use]
    pub fn arn(&self, stack: usize, logical_id: &str) -> Option<String> {
        let resource = self.templates.all.get(stack)?.resource(logical_id)?;
        let properties = resource.get("Properties").and_then(Json::as_object);
        self.arn_of(stack, logical_id, resource.get("Type")?.as_str()?, properties)
    }

    /// The same of a resource that is at hand.
    pub(crate) fn arn_of(
        &self,
        stack: usize,
        logical_id: &str,
        kind: &str,
        properties: Option<&Members<'t>>,
    ) -> Option<String> {
        let naming = naming_of(kind)?;
        // What AWS names itself depends on nothing else in the templates: it is found once, and others refer to it often.
        let is_made = naming.property.is_empty();
        if let Some(known) = is_made.then(|| self.memory.arn(stack, logical_id)).flatten() {
            return Some(known);
        }
        let property = |name| properties.and_then(|properties| properties.get(name));
        let path = property("Path").map_or(Cow::Borrowed("/"), |path| self.text(stack, path).into());
        // Whatever else may name it comes before its own word.
        let is_given = self.templates.all.get(stack)?.physical_ids.contains_key(logical_id);
        let name = property(naming.property).filter(|name| !is_given && is_plain(name)).and_then(Json::as_str);
        let name = name.filter(|name| !name.is_empty());
        let name = name.map_or_else(|| self.physical_id(stack, logical_id).into(), Cow::Borrowed);
        let arn = Some(naming.arn(&name, &path, &self.whereabouts(stack))).filter(|arn| arn.starts_with("arn:"));
        if is_made && let Some(arn) = &arn {
            self.memory.note_arn(stack, logical_id, arn.clone());
        }
        arn
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

    pub(crate) fn made(&self, stack: usize, logical_id: &str, attribute: Option<&str>) -> String {
        let label = [attribute.unwrap_or("id"), " of ", logical_id, " in ", self.stack_label(stack)].concat();
        let origin = Origin::Made { stack, logical_id: logical_id.to_owned(), attribute: attribute.map(str::to_owned) };
        // `Ref` of a type that is not known here may be anything, an ARN too.
        let resource = self.templates.all.get(stack).and_then(|template| template.resource(logical_id));
        let kind = resource.and_then(|resource| resource.get("Type")).and_then(Json::as_str);
        let is_name = attribute.is_none() && kind.and_then(naming_of).is_some();
        let symbol = if is_name { Memory::name_symbol } else { Memory::text_symbol };
        symbol(&self.memory, &label, origin).to_string()
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

/// What stacks are called of which there are several by one name, in different environments.
fn labels(templates: &Templates<'_>) -> BTreeMap<usize, String> {
    let mut by_name: HashMap<&str, usize> = HashMap::with_capacity(templates.all.len());
    let mut labels = BTreeMap::new();
    let label = |stack: usize| {
        let Template { stack, account, region, .. } = &templates.all[stack];
        format!("{stack} ({account}/{region})")
    };
    for (stack, template) in templates.all.iter().enumerate() {
        if let Some(&first) = by_name.get(&*template.stack) {
            labels.entry(first).or_insert_with(|| label(first));
            labels.insert(stack, label(stack));
        } else {
            by_name.insert(&template.stack, stack);
        }
    }
    labels
}

pub(crate) fn unknown<'t>(label: String) -> Json<'t> {
    Json::Object([("Fn::Unknown".into(), label.into())].into_iter().collect())
}

pub(crate) fn function_of<'v, 't>(map: &'v Members<'t>) -> Option<(&'v str, &'v Json<'t>)> {
    if map.len() != 1 {
        return None;
    }
    let (key, argument) = map.iter().next()?;
    is_function(key).then_some((key, argument))
}

/// Whether a member somewhere in the value has the name of a function, even where no function may stand.
pub(crate) fn calls_functions(value: &Json<'_>) -> bool {
    match value {
        Json::Array(values) => values.iter().any(calls_functions),
        Json::Object(map) => map.iter().any(|(name, value)| is_function(name) || calls_functions(value)),
        _ => false,
    }
}

/// Whether a function stands somewhere in the value.
pub(crate) fn has_functions(value: &Json<'_>) -> bool {
    match value {
        Json::Array(values) => values.iter().any(has_functions),
        Json::Object(map) => function_of(map).is_some() || map.values().any(has_functions),
        _ => false,
    }
}

/// What dynamic references begin with.
const REFERENCE: &str = "{{resolve:";

/// Whether nothing in the value has to be computed.
pub(crate) fn is_plain(value: &Json<'_>) -> bool {
    match value {
        Json::String(text) => {
            (text.is_ascii() || !symbol::is_symbolic(text)) && !(text.contains('{') && text.contains(REFERENCE))
        }
        Json::Array(values) => values.iter().all(is_plain),
        Json::Object(map) => function_of(map).is_none() && map.values().all(is_plain),
        _ => true,
    }
}

#[cfg(test)]
#[path = "resolver_tests.rs"]
mod tests;
