//! CloudFormation's functions, computed as far as templates and parameters tell: a template value becomes plain JSON, with
//! [symbols](construct_iam::access::symbol) in place of what only AWS or the person who deploys will know.
//!
//! * Equal values that are not known have the same symbol, so that `Ref` of a key in a policy and in a store are seen to be the same key.
//! * A value that may be more than text, such as an `Fn::If` whose condition is open, stays a function (`{"Fn::If": …}`), which the policy
//!   evaluator takes for unknown.
//! * Nothing in a template makes it panic or run for ever: references that go round in circles are unknown.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeMap;

use construct_iam::access::symbol;
use serde_json::{Map, Value};

pub use super::symbols::{Meaning, Origin, Symbols};
pub use super::templates::{Template, Templates};

use super::physical::{RefIs, Whereabouts, naming_of, partition};

/// Functions inside functions beyond this depth count as unknown.
const DEPTH: u32 = 100;

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
/// assert_eq!(resolver.text(0, &objects), "arn:aws:s3:::orders-test/*");
/// ```
#[derive(Debug)]
pub struct Resolver<'t> {
    templates: &'t Templates,
    symbols: RefCell<Symbols>,
    names: RefCell<BTreeMap<(usize, String), String>>,
    conditions: RefCell<BTreeMap<(usize, String), Option<bool>>>,
    exports: BTreeMap<String, Vec<(usize, &'t Value)>>,
    imported: RefCell<BTreeMap<(String, String, String), Option<Value>>>,
    accounts: Vec<String>,
    regions: Vec<String>,
    depth: Cell<u32>,
}

/// A value as far as it is known.
enum Known {
    Value(Value),
    /// `AWS::NoValue`.
    Nothing,
    /// Perhaps more than text; the words say which value.
    Not(String),
}

impl<'t> Resolver<'t> {
    /// A resolver of these templates.
    #[must_use]
    pub fn new(templates: &'t Templates) -> Self {
        let mut symbols = Symbols::default();
        let (mut accounts, mut regions) = (Vec::new(), Vec::new());
        for template in &templates.all {
            let is_account = template.account.len() == 12 && template.account.bytes().all(|c| c.is_ascii_digit());
            accounts.push(if is_account {
                template.account.clone()
            } else {
                symbols.name("account that the templates are deployed to", Origin::Other).to_string()
            });
            let is_region = template.region.contains('-') && !template.region.starts_with("unknown");
            regions.push(if is_region && template.region.is_ascii() {
                template.region.clone()
            } else {
                symbols.name("region that the templates are deployed to", Origin::Other).to_string()
            });
        }
        let mut resolver = Self {
            templates,
            symbols: RefCell::new(symbols),
            names: RefCell::default(),
            conditions: RefCell::default(),
            exports: BTreeMap::new(),
            imported: RefCell::default(),
            accounts,
            regions,
            depth: Cell::new(0),
        };
        resolver.exports = resolver.find_exports();
        resolver
    }

    fn find_exports(&self) -> BTreeMap<String, Vec<(usize, &'t Value)>> {
        let mut exports: BTreeMap<String, Vec<(usize, &'t Value)>> = BTreeMap::new();
        for (stack, template) in self.templates.all.iter().enumerate() {
            for output in template.section("Outputs").into_iter().flat_map(Map::values) {
                let name = output.get("Export").and_then(|export| export.get("Name"));
                if let (Some(name), Some(value)) = (name, output.get("Value")) {
                    exports.entry(self.text(stack, name)).or_default().push((stack, value));
                }
            }
        }
        exports
    }

    /// The templates.
    #[must_use]
    pub const fn templates(&self) -> &'t Templates {
        self.templates
    }

    /// The symbols given out so far.
    #[must_use]
    pub fn symbols(&self) -> Ref<'_, Symbols> {
        self.symbols.borrow()
    }

    /// The symbols, when nothing is left to resolve.
    #[must_use]
    pub fn into_symbols(self) -> Symbols {
        self.symbols.into_inner()
    }

    /// The account that the `stack`-th template is deployed to: 12 digits, or a symbol.
    #[must_use]
    pub fn account(&self, stack: usize) -> &str {
        self.accounts.get(stack).map_or("", String::as_str)
    }

    /// The region that the `stack`-th template is deployed to, or a symbol.
    #[must_use]
    pub fn region(&self, stack: usize) -> &str {
        self.regions.get(stack).map_or("", String::as_str)
    }

    /// The partition that the `stack`-th template is deployed to.
    #[must_use]
    pub fn partition(&self, stack: usize) -> &'static str {
        partition(self.region(stack))
    }

    /// A value of the `stack`-th template with its functions computed. Without functions, it is borrowed.
    #[must_use]
    pub fn value<'v>(&self, stack: usize, value: &'v Value) -> Cow<'v, Value> {
        if is_plain(value) {
            return Cow::Borrowed(value);
        }
        Cow::Owned(match self.known(stack, value) {
            Known::Value(value) => value,
            Known::Nothing => Value::Null,
            Known::Not(label) => unknown(label),
        })
    }

    /// A value of the `stack`-th template as text: numbers and booleans as CloudFormation writes them, what is not known as a symbol.
    #[must_use]
    pub fn text(&self, stack: usize, value: &Value) -> String {
        match value {
            Value::String(text) if is_plain(value) => text.clone(),
            _ => match self.known(stack, value) {
                Known::Value(value) => self.as_text(&value),
                Known::Nothing => String::new(),
                Known::Not(label) => self.text_symbol(&label, Origin::Other),
            },
        }
    }

    /// A value with its functions computed, and a symbol in place of each function that is left.
    pub(crate) fn texts(&self, stack: usize, value: &Value) -> Value {
        let mut value = self.value(stack, value).into_owned();
        self.name_unknowns(&mut value);
        value
    }

    fn name_unknowns(&self, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.name_unknowns(value)),
            Value::Object(map) if function_of(map).is_some() => *value = self.as_text(value).into(),
            Value::Object(map) => map.values_mut().for_each(|value| self.name_unknowns(value)),
            _ => {}
        }
    }

    /// A computed value as text.
    pub(crate) fn as_text(&self, value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Null => String::new(),
            Value::Array(_) | Value::Object(_) => self.text_symbol(&value.to_string(), Origin::Other),
        }
    }

    /// Whether a condition holds; `None` if that depends on what is not known.
    #[must_use]
    pub fn condition(&self, stack: usize, name: &str) -> Option<bool> {
        let key = (stack, name.to_owned());
        if let Some(known) = self.conditions.borrow().get(&key) {
            return *known;
        }
        // A condition that refers to itself is unknown.
        self.conditions.borrow_mut().insert(key.clone(), None);
        let test = self.templates.all.get(stack)?.section("Conditions")?.get(name);
        let holds = test.and_then(|test| self.test(stack, test));
        self.conditions.borrow_mut().insert(key, holds);
        holds
    }

    /// Whether the resource is made; `None` if its condition is open.
    #[must_use]
    pub fn exists(&self, stack: usize, resource: &Map<String, Value>) -> Option<bool> {
        match resource.get("Condition") {
            None => Some(true),
            Some(name) => name.as_str().and_then(|name| self.condition(stack, name)),
        }
    }

    /// The id or name of a resource: as given, as the template sets it, or a symbol.
    #[must_use]
    pub fn physical_id(&self, stack: usize, logical_id: &str) -> String {
        let key = (stack, logical_id.to_owned());
        if let Some(name) = self.names.borrow().get(&key) {
            return name.clone();
        }
        let made_up = self.made(stack, logical_id, None);
        self.names.borrow_mut().insert(key.clone(), made_up.clone());
        let name = self.set_name(stack, logical_id).unwrap_or(made_up);
        self.names.borrow_mut().insert(key, name.clone());
        name
    }

    fn set_name(&self, stack: usize, logical_id: &str) -> Option<String> {
        let template = self.templates.all.get(stack)?;
        if let Some(id) = template.physical_ids.get(logical_id) {
            return Some(id.clone());
        }
        let resource = template.resource(logical_id)?;
        let property = naming_of(resource.get("Type")?.as_str()?)?.property;
        let value = resource.get("Properties")?.get(property)?;
        Some(self.text(stack, value)).filter(|name| !name.is_empty())
    }

    /// The ARN of a resource, if its type has one that follows from its name.
    #[must_use]
    pub fn arn(&self, stack: usize, logical_id: &str) -> Option<String> {
        let resource = self.templates.all.get(stack)?.resource(logical_id)?;
        let naming = naming_of(resource.get("Type")?.as_str()?)?;
        let path = resource.get("Properties").and_then(|properties| properties.get("Path"));
        let path = path.map_or_else(|| "/".to_owned(), |path| self.text(stack, path));
        let at =
            Whereabouts { partition: self.partition(stack), region: self.region(stack), account: self.account(stack) };
        let arn = naming.arn(&self.physical_id(stack, logical_id), &path, &at);
        arn.starts_with("arn:").then_some(arn)
    }

    fn known(&self, stack: usize, value: &Value) -> Known {
        let depth = self.depth.get();
        if depth >= DEPTH {
            return Known::Not("value that is nested too deep".to_owned());
        }
        self.depth.set(depth + 1);
        let known = self.known_inside(stack, value);
        self.depth.set(depth);
        known
    }

    fn known_inside(&self, stack: usize, value: &Value) -> Known {
        match value {
            Value::String(text) => Known::Value(Value::String(self.literal(text))),
            Value::Array(values) => Known::Value(values.iter().filter_map(|value| self.member(stack, value)).collect()),
            Value::Object(map) => {
                if let Some((function, argument)) = function_of(map) {
                    return self.function(stack, function, argument);
                }
                let members = map.iter().filter_map(|(key, value)| Some((key.clone(), self.member(stack, value)?)));
                Known::Value(Value::Object(members.collect()))
            }
            other => Known::Value(other.clone()),
        }
    }

    fn member(&self, stack: usize, value: &Value) -> Option<Value> {
        match self.known(stack, value) {
            Known::Value(value) => Some(value),
            Known::Nothing => None,
            Known::Not(label) => Some(unknown(label)),
        }
    }

    /// Text as written, with symbols for dynamic references.
    fn literal(&self, text: &str) -> String {
        // A character that happens to be one of the symbols must not pass for one.
        let text: Cow<'_, str> = if symbol::is_symbolic(text) {
            text.chars().map(|c| if symbol::is_symbolic(c.encode_utf8(&mut [0; 4])) { '\u{FFFD}' } else { c }).collect()
        } else {
            text.into()
        };
        let mut out = String::with_capacity(text.len());
        let mut rest = &*text;
        while let Some((before, tail)) = rest.split_once("{{resolve:") {
            let Some((reference, after)) = tail.split_once("}}") else { break };
            out.push_str(before);
            out.push_str(&self.text_symbol(&format!("{{{{resolve:{reference}}}}}"), Origin::Other));
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn function(&self, stack: usize, function: &str, argument: &Value) -> Known {
        let known = match function {
            "Ref" => argument.as_str().map(|name| self.reference(stack, name)),
            "Fn::GetAtt" => self.get_att(stack, argument),
            "Fn::Join" => self.join(stack, argument),
            "Fn::Sub" => self.sub(stack, argument),
            "Fn::Select" => self.select(stack, argument),
            "Fn::Split" => self.split(stack, argument),
            "Fn::ImportValue" => Some(self.import(stack, argument)),
            "Fn::FindInMap" => self.find_in_map(stack, argument),
            "Fn::If" => self.branch(stack, argument),
            _ => None,
        };
        known.unwrap_or_else(|| Known::Not(format!("{function} {argument} in {}", self.stack_name(stack))))
    }

    fn reference(&self, stack: usize, name: &str) -> Known {
        let text = |text: &str| Known::Value(Value::String(text.to_owned()));
        match name {
            "AWS::AccountId" => text(self.account(stack)),
            "AWS::Region" => text(self.region(stack)),
            "AWS::Partition" => text(self.partition(stack)),
            "AWS::URLSuffix" if self.partition(stack) == "aws-cn" => text("amazonaws.com.cn"),
            "AWS::URLSuffix" => text("amazonaws.com"),
            "AWS::StackName" => text(self.stack_name(stack)),
            "AWS::NoValue" => Known::Nothing,
            _ => match self.templates.all.get(stack) {
                Some(template) if template.section("Parameters").is_some_and(|all| all.contains_key(name)) => {
                    self.parameter(stack, template, name)
                }
                Some(template) => match template.resource(name) {
                    Some(resource) => text(&self.reference_to(stack, name, resource)),
                    None => text(&self.text_symbol(&format!("{name} in {}", template.stack), Origin::Other)),
                },
                None => Known::Not(name.to_owned()),
            },
        }
    }

    fn reference_to(&self, stack: usize, logical_id: &str, resource: &Map<String, Value>) -> String {
        match resource.get("Type").and_then(Value::as_str).and_then(naming_of).map(|naming| naming.ref_is) {
            Some(RefIs::Name) | None => self.physical_id(stack, logical_id),
            Some(RefIs::Arn) => self.arn(stack, logical_id).unwrap_or_else(|| self.physical_id(stack, logical_id)),
            Some(RefIs::Id) => self.made(stack, logical_id, Some("Ref")),
        }
    }

    fn parameter(&self, stack: usize, template: &Template, name: &str) -> Known {
        let declared = template.section("Parameters").and_then(|all| all.get(name));
        let kind = declared.and_then(|one| one.get("Type")).and_then(Value::as_str).unwrap_or("String");
        let by_name = kind.starts_with("AWS::SSM::Parameter::Value");
        let default = declared.and_then(|one| one.get("Default")).filter(|_| !by_name);
        let Some(value) = template.parameters.get(name).or(default) else {
            let origin = Origin::Parameter { stack, name: name.to_owned() };
            return Known::Value(self.text_symbol(&format!("parameter {name} of {}", template.stack), origin).into());
        };
        let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        Known::Value(match value {
            Value::String(text) if is_list => text.split(',').map(|item| Value::from(item.trim())).collect(),
            Value::String(text) => self.literal(text).into(),
            Value::Array(_) => value.clone(),
            other => self.as_text(other).into(),
        })
    }

    fn get_att(&self, stack: usize, argument: &Value) -> Option<Known> {
        let (logical_id, attribute) = match argument {
            Value::String(path) => {
                let (logical_id, attribute) = path.split_once('.')?;
                (logical_id, attribute.to_owned())
            }
            Value::Array(parts) => (parts.first()?.as_str()?, self.text(stack, parts.get(1)?)),
            _ => return None,
        };
        Some(Known::Value(self.attribute(stack, logical_id, &attribute).into()))
    }

    /// An attribute of a resource.
    #[must_use]
    pub fn attribute(&self, stack: usize, logical_id: &str, attribute: &str) -> String {
        let resource = self.templates.all.get(stack).and_then(|template| template.resource(logical_id));
        let kind = resource.and_then(|resource| resource.get("Type")).and_then(Value::as_str);
        match kind.and_then(naming_of) {
            Some(naming) if naming.is_arn(attribute) => self.arn(stack, logical_id),
            Some(naming) if naming.is_name(attribute) => Some(self.physical_id(stack, logical_id)),
            _ => None,
        }
        .unwrap_or_else(|| self.made(stack, logical_id, Some(attribute)))
    }

    fn join(&self, stack: usize, argument: &Value) -> Option<Known> {
        let separator = argument.get(0)?.as_str()?;
        let parts = self.value(stack, argument.get(1)?);
        let parts: Vec<String> = parts.as_array()?.iter().map(|part| self.as_text(part)).collect();
        Some(Known::Value(parts.join(separator).into()))
    }

    fn sub(&self, stack: usize, argument: &Value) -> Option<Known> {
        let (template, given) = match argument {
            Value::Array(parts) => (parts.first()?.as_str()?, parts.get(1)),
            other => (other.as_str()?, None),
        };
        let (mut out, mut rest) = (String::new(), template);
        while let Some((before, tail)) = rest.split_once("${") {
            out.push_str(&self.literal(before));
            let (name, after) = tail.split_once('}')?;
            if let Some(literal) = name.strip_prefix('!') {
                out.push_str(&format!("${{{literal}}}"));
            } else if let Some(value) = given.and_then(|given| given.get(name)) {
                out.push_str(&self.text(stack, value));
            } else if let Some((logical_id, attribute)) = name.split_once('.') {
                out.push_str(&self.attribute(stack, logical_id, attribute));
            } else if let Known::Value(value) = self.reference(stack, name) {
                out.push_str(&self.as_text(&value));
            }
            rest = after;
        }
        out.push_str(&self.literal(rest));
        Some(Known::Value(out.into()))
    }

    fn select(&self, stack: usize, argument: &Value) -> Option<Known> {
        let index: usize = self.text(stack, argument.get(0)?).parse().ok()?;
        Some(Known::Value(self.value(stack, argument.get(1)?).as_array()?.get(index)?.clone()))
    }

    fn split(&self, stack: usize, argument: &Value) -> Option<Known> {
        let separator = argument.get(0)?.as_str().filter(|separator| !separator.is_empty())?;
        let text = self.text(stack, argument.get(1)?);
        // An id may hold anything but a colon, and any other unknown text may hold the separator too.
        let opaque = |c: char| {
            let symbols = self.symbols.borrow();
            let made = |meaning: &Meaning| matches!(meaning.origin, Origin::Made { .. });
            symbol::is_symbolic(c.encode_utf8(&mut [0; 4]))
                && !(separator == ":" && symbols.meaning(c).is_some_and(made))
        };
        if text.chars().any(opaque) {
            return None;
        }
        Some(Known::Value(text.split(separator).map(Value::from).collect()))
    }

    fn import(&self, stack: usize, argument: &Value) -> Known {
        let name = self.text(stack, argument);
        let at = (self.account(stack).to_owned(), self.region(stack).to_owned());
        let key = (at.0.clone(), at.1.clone(), name.clone());
        let unknown =
            || Known::Value(self.text_symbol(&format!("import {name} in {}/{}", at.0, at.1), Origin::Other).into());
        if let Some(known) = self.imported.borrow().get(&key) {
            return known.clone().map_or_else(unknown, Known::Value);
        }
        // An import that leads to itself is unknown.
        self.imported.borrow_mut().insert(key.clone(), None);
        let here = |other: &&(usize, &Value)| self.account(other.0) == at.0 && self.region(other.0) == at.1;
        let exported = self.exports.get(&name).and_then(|all| all.iter().find(here));
        let value = exported.map(|(other, value)| self.value(*other, value).into_owned());
        self.imported.borrow_mut().insert(key, value.clone());
        value.map_or_else(unknown, Known::Value)
    }

    pub(crate) fn has_exports(&self) -> bool {
        !self.exports.is_empty()
    }

    /// The template that exports the name to the `stack`-th one.
    pub(crate) fn exporter(&self, stack: usize, name: &str) -> Option<usize> {
        let here = |other: &&(usize, &Value)| {
            self.account(other.0) == self.account(stack) && self.region(other.0) == self.region(stack)
        };
        self.exports.get(name)?.iter().find(here).map(|(exporter, _)| *exporter)
    }

    fn find_in_map(&self, stack: usize, argument: &Value) -> Option<Known> {
        let key = |n: usize| Some(self.text(stack, argument.get(n)?));
        let found = self.templates.all.get(stack)?.section("Mappings")?.get(&key(0)?)?.get(key(1)?)?.get(key(2)?);
        match found {
            Some(value) => Some(Known::Value(value.clone())),
            None => Some(self.known(stack, argument.get(3)?.get("DefaultValue")?)),
        }
    }

    fn branch(&self, stack: usize, argument: &Value) -> Option<Known> {
        let (then, otherwise) = (argument.get(1)?, argument.get(2)?);
        match self.condition(stack, argument.get(0)?.as_str()?) {
            Some(true) => Some(self.known(stack, then)),
            Some(false) => Some(self.known(stack, otherwise)),
            None => match (self.known(stack, then), self.known(stack, otherwise)) {
                (Known::Value(one), Known::Value(other)) if one == other => Some(Known::Value(one)),
                _ => None,
            },
        }
    }

    fn test(&self, stack: usize, test: &Value) -> Option<bool> {
        let depth = self.depth.get();
        if depth >= DEPTH {
            return None;
        }
        self.depth.set(depth + 1);
        let holds = self.test_inside(stack, test);
        self.depth.set(depth);
        holds
    }

    fn test_inside(&self, stack: usize, test: &Value) -> Option<bool> {
        let (function, argument) = test.as_object()?.iter().next()?;
        let mut parts = argument.as_array().into_iter().flatten().map(|part| self.test(stack, part));
        match function.as_str() {
            "Condition" => self.condition(stack, argument.as_str()?),
            "Fn::Equals" => {
                let (one, other) = (self.text(stack, argument.get(0)?), self.text(stack, argument.get(1)?));
                let is_known = |text: &str| !symbol::is_symbolic(text);
                match one == other {
                    true if !one.contains(symbol::UNKNOWN) => Some(true),
                    false if is_known(&one) && is_known(&other) => Some(false),
                    _ => None,
                }
            }
            "Fn::Not" => parts.next()?.map(|holds| !holds),
            "Fn::And" => parts
                .try_fold(Some(true), |all, part| match (all, part) {
                    (_, Some(false)) => Err(()),
                    (None, _) | (_, None) => Ok(None),
                    _ => Ok(Some(true)),
                })
                .unwrap_or(Some(false)),
            "Fn::Or" => parts
                .try_fold(Some(false), |any, part| match (any, part) {
                    (_, Some(true)) => Err(()),
                    (None, _) | (_, None) => Ok(None),
                    _ => Ok(Some(false)),
                })
                .unwrap_or(Some(true)),
            _ => None,
        }
    }

    fn made(&self, stack: usize, logical_id: &str, attribute: Option<&str>) -> String {
        let what = match attribute {
            None => "id".to_owned(),
            Some(attribute) => attribute.to_owned(),
        };
        let label = format!("{what} of {logical_id} in {}", self.stack_name(stack));
        let origin = Origin::Made { stack, logical_id: logical_id.to_owned(), attribute: attribute.map(str::to_owned) };
        // `Ref` of a type that is not known here may be anything, an ARN too.
        let resource = self.templates.all.get(stack).and_then(|template| template.resource(logical_id));
        let kind = resource.and_then(|resource| resource.get("Type")).and_then(Value::as_str);
        let is_name = attribute.is_none() && kind.and_then(naming_of).is_some();
        let mut symbols = self.symbols.borrow_mut();
        if is_name { symbols.name(&label, origin) } else { symbols.text(&label, origin) }.to_string()
    }

    pub(crate) fn text_symbol(&self, label: &str, origin: Origin) -> String {
        self.symbols.borrow_mut().text(label, origin).to_string()
    }

    fn stack_name(&self, stack: usize) -> &str {
        self.templates.all.get(stack).map_or("", |template| &template.stack)
    }
}

fn unknown(label: String) -> Value {
    Value::Object(Map::from_iter([("Fn::Unknown".to_owned(), Value::String(label))]))
}

fn function_of(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    if map.len() != 1 {
        return None;
    }
    let (key, argument) = map.iter().next()?;
    (key == "Ref" || key.starts_with("Fn::")).then_some((key.as_str(), argument))
}

/// Whether nothing in the value has to be computed.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::String(text) => (text.is_ascii() || !symbol::is_symbolic(text)) && !text.contains("{{resolve:"),
        Value::Array(values) => values.iter().all(is_plain),
        Value::Object(map) => function_of(map).is_none() && map.values().all(is_plain),
        _ => true,
    }
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
