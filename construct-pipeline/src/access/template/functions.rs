//! The functions of CloudFormation, one by one.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use std::collections::BTreeSet;

use construct_iam::access::{Json, Members, symbol};

use super::physical::{RefIs, naming_of};
use super::plain::{function_of, has_functions};
use super::resolver::{DEPTH, Known, Resolver};
use super::symbols::{Meaning, Origin};
use super::templates::Template;

/// No name, ARN or policy is as long as this.
const LONGEST: usize = 100_000;

impl<'t> Resolver<'t> {
    pub(crate) fn function(&self, stack: usize, function: &str, argument: &Json<'t>) -> Known<'t> {
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
            "Fn::ToJsonString" => self.json_text(stack, argument),
            _ => None,
        };
        match known {
            // Names made of names, each twice as long as the one before, would fill the memory.
            Some(Known::Value(Json::String(text))) if text.len() > LONGEST => {
                Known::Not(format!("text that {function} in {} makes too long", self.stack_label(stack)))
            }
            Some(known) => known,
            None => Known::Not(format!("{function} {argument} in {}", self.stack_label(stack))),
        }
    }

    fn reference(&self, stack: usize, name: &str) -> Known<'t> {
        let text = |text: &str| Known::Value(text.to_owned().into());
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
                    None => text(&self.text_symbol(&format!("{name} in {}", self.stack_label(stack)), Origin::Other)),
                },
                None => Known::Not(name.to_owned()),
            },
        }
    }

    fn reference_to(&self, stack: usize, logical_id: &str, resource: &Members<'t>) -> String {
        match resource.get("Type").and_then(Json::as_str).and_then(naming_of).map(|naming| naming.ref_is) {
            Some(RefIs::Name) | None => self.physical_id(stack, logical_id),
            Some(RefIs::Arn) => self.arn(stack, logical_id).unwrap_or_else(|| self.physical_id(stack, logical_id)),
            Some(RefIs::Id) => self.made(stack, logical_id, Some("Ref")),
        }
    }

    fn parameter(&self, stack: usize, template: &'t Template<'t>, name: &str) -> Known<'t> {
        let declared = template.section("Parameters").and_then(|all| all.get(name));
        let kind = declared.and_then(|one| one.get("Type")).and_then(Json::as_str).unwrap_or("String");
        let by_name = kind.starts_with("AWS::SSM::Parameter::Value");
        let default = declared.and_then(|one| one.get("Default")).filter(|_| !by_name);
        let Some(value) = template.parameters.get(name).or(default) else {
            let origin = Origin::Parameter { stack, name: name.to_owned() };
            return Known::Value(
                self.text_symbol(&format!("parameter {name} of {}", self.stack_label(stack)), origin).into(),
            );
        };
        let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        Known::Value(match value {
            Json::String(text) if is_list => text.split(',').map(|item| Json::from(item.trim())).collect(),
            Json::String(text) => self.literal(stack, text).into(),
            Json::Array(_) => value.clone(),
            other => self.as_text(other).into(),
        })
    }

    fn get_att(&self, stack: usize, argument: &Json<'t>) -> Option<Known<'t>> {
        let (logical_id, attribute) = match argument {
            Json::String(path) => {
                let (logical_id, attribute) = path.split_once('.')?;
                (logical_id, attribute.to_owned())
            }
            Json::Array(parts) => (parts.first()?.as_str()?, self.text(stack, parts.get(1)?)),
            _ => return None,
        };
        Some(Known::Value(self.attribute(stack, logical_id, &attribute).into()))
    }

    /// An attribute of a resource.
    #[must_use]
    pub fn attribute(&self, stack: usize, logical_id: &str, attribute: &str) -> String {
        let resource = self.templates.all.get(stack).and_then(|template| template.resource(logical_id));
        let kind = resource.and_then(|resource| resource.get("Type")).and_then(Json::as_str);
        if (kind, attribute) == (Some("AWS::ECR::Repository"), "RepositoryUri") {
            return self.image_repository(stack, logical_id);
        }
        match kind.and_then(naming_of) {
            Some(naming) if naming.is_arn(attribute) => self.arn(stack, logical_id),
            Some(naming) if naming.is_name(attribute) => Some(self.physical_id(stack, logical_id)),
            _ => None,
        }
        .unwrap_or_else(|| self.made(stack, logical_id, Some(attribute)))
    }

    /// What names of images begin with that are kept in a repository.
    /// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html>
    fn image_repository(&self, stack: usize, logical_id: &str) -> String {
        let suffix = if self.partition(stack) == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        let (account, region) = (self.account(stack), self.region(stack));
        format!("{account}.dkr.ecr.{region}.{suffix}/{}", self.physical_id(stack, logical_id))
    }

    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-ToJsonString.html>
    fn json_text(&self, stack: usize, argument: &Json<'t>) -> Option<Known<'t>> {
        let value = self.value(stack, argument);
        (!has_functions(&value)).then(|| Known::Value(value.to_string().into()))
    }

    fn join(&self, stack: usize, argument: &Json<'t>) -> Option<Known<'t>> {
        let separator = argument.at(0)?.as_str()?;
        let parts = self.value(stack, argument.at(1)?);
        let parts: Vec<String> = parts.as_array()?.iter().map(|part| self.as_text(part)).collect();
        Some(Known::Value(parts.join(separator).into()))
    }

    fn sub(&self, stack: usize, argument: &Json<'t>) -> Option<Known<'t>> {
        let (template, given) = match argument {
            Json::Array(parts) => (parts.first()?.as_str()?, parts.get(1)),
            other => (other.as_str()?, None),
        };
        let (mut out, mut rest) = (String::new(), template);
        while let Some((before, tail)) = rest.split_once("${") {
            out.push_str(&self.literal(stack, before));
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
        out.push_str(&self.literal(stack, rest));
        Some(Known::Value(out.into()))
    }

    fn select(&self, stack: usize, argument: &Json<'t>) -> Option<Known<'t>> {
        let index: usize = self.text(stack, argument.at(0)?).parse().ok()?;
        Some(Known::Value(self.value(stack, argument.at(1)?).as_array()?.get(index)?.clone()))
    }

    fn split(&self, stack: usize, argument: &Json<'t>) -> Option<Known<'t>> {
        let separator = argument.at(0)?.as_str().filter(|separator| !separator.is_empty())?;
        let text = self.text(stack, argument.at(1)?);
        // An id may hold anything but a colon, and any other unknown text may hold the separator too.
        let opaque = |c: char| {
            let made = |meaning: &Meaning| matches!(meaning.origin, Origin::Made { .. });
            symbol::is_symbolic(c.encode_utf8(&mut [0; 4]))
                && !(separator == ":" && self.memory.with_symbols(|symbols| symbols.meaning(c).is_some_and(made)))
        };
        if text.chars().any(opaque) {
            return None;
        }
        Some(Known::Value(text.split(separator).map(|part| Json::from(part.to_owned())).collect()))
    }

    fn import(&self, stack: usize, argument: &Json<'t>) -> Known<'t> {
        let name = self.text(stack, argument);
        let at = (self.account(stack).to_owned(), self.region(stack).to_owned());
        let key = (at.0.clone(), at.1.clone(), name.clone());
        let unknown = || {
            let origin = Origin::Import { name: self.memory.with_symbols(|symbols| symbols.readable(&name)) };
            Known::Value(self.text_symbol(&format!("import {name} in {}/{}", at.0, at.1), origin).into())
        };
        if let Some(known) = self.memory.imported(&key) {
            return known.map_or_else(unknown, Known::Value);
        }
        // An import that leads to itself is unknown.
        self.memory.note_import(key.clone(), None);
        let here = |other: &&(usize, &Json<'t>)| self.account(other.0) == at.0 && self.region(other.0) == at.1;
        let exported = self.places.exports.get(&name).and_then(|all| all.iter().find(here));
        let value = exported.map(|(other, value)| self.value(*other, value).into_owned());
        self.memory.note_import(key, value.clone());
        value.map_or_else(unknown, Known::Value)
    }

    pub(crate) fn has_exports(&self) -> bool {
        !self.places.exports.is_empty()
    }

    /// The template that exports the name to the `stack`-th one.
    pub(crate) fn exporter(&self, stack: usize, name: &str) -> Option<usize> {
        let here = |other: &&(usize, &Json<'t>)| {
            self.account(other.0) == self.account(stack) && self.region(other.0) == self.region(stack)
        };
        self.places.exports.get(name)?.iter().find(here).map(|(exporter, _)| *exporter)
    }

    fn find_in_map(&self, stack: usize, argument: &Json<'t>) -> Option<Known<'t>> {
        let key = |n: usize| Some(self.text(stack, argument.at(n)?));
        let found = self.templates.all.get(stack)?.section("Mappings")?.get(&key(0)?)?.get(&key(1)?)?.get(&key(2)?);
        match found {
            Some(value) => Some(Known::Value(value.clone())),
            None => Some(self.known(stack, argument.at(3)?.get("DefaultValue")?)),
        }
    }

    fn branch(&self, stack: usize, argument: &Json<'t>) -> Option<Known<'t>> {
        let (then, otherwise) = (argument.at(1)?, argument.at(2)?);
        match self.condition(stack, argument.at(0)?.as_str()?) {
            Some(true) => Some(self.known(stack, then)),
            Some(false) => Some(self.known(stack, otherwise)),
            None => match (self.known(stack, then), self.known(stack, otherwise)) {
                (Known::Value(one), Known::Value(other)) if one == other => Some(Known::Value(one)),
                _ => None,
            },
        }
    }

    /// What a value may be, if a condition leaves that open.
    pub(crate) fn open_cases<'v>(&self, stack: usize, json: &'v Json<'t>) -> Option<[&'v Json<'t>; 2]> {
        let (function, argument) = function_of(json.as_object()?)?;
        let cases = [argument.at(1)?, argument.at(2)?];
        let is_open = function == "Fn::If" && self.condition(stack, argument.at(0)?.as_str()?).is_none();
        is_open.then_some(cases)
    }

    /// Shows what a value is: where a condition leaves that open, in both cases.
    pub(crate) fn in_each_case<'v>(&self, stack: usize, json: &'v Json<'t>, visit: &mut dyn FnMut(&'v Json<'t>)) {
        match self.open_cases(stack, json) {
            Some(cases) => cases.into_iter().for_each(|case| self.in_each_case(stack, case, visit)),
            None => visit(json),
        }
    }

    /// Adds the conditions that leave open what a value is, or what something in it is.
    pub(crate) fn open_conditions<'v>(&self, stack: usize, json: &'v Json<'t>, conditions: &mut BTreeSet<&'v str>) {
        if self.open_cases(stack, json).is_some()
            && matches!(self.known(stack, json), Known::Not(_))
            && let Some((_, argument)) = json.as_object().and_then(function_of)
        {
            conditions.extend(argument.at(0).and_then(Json::as_str));
        }
        match json {
            Json::Array(items) => items.iter().for_each(|item| self.open_conditions(stack, item, conditions)),
            Json::Object(map) => map.values().for_each(|value| self.open_conditions(stack, value, conditions)),
            _ => {}
        }
    }

    pub(crate) fn test(&self, stack: usize, test: &Json<'t>) -> Option<bool> {
        let depth = self.depth.get();
        if depth >= DEPTH {
            return None;
        }
        self.depth.set(depth + 1);
        let holds = self.test_inside(stack, test);
        self.depth.set(depth);
        holds
    }

    fn test_inside(&self, stack: usize, test: &Json<'t>) -> Option<bool> {
        let (function, argument) = test.as_object()?.iter().next()?;
        let mut parts = argument.as_array().into_iter().flatten().map(|part| self.test(stack, part));
        match function {
            "Condition" => self.condition(stack, argument.as_str()?),
            "Fn::Equals" => {
                let (one, other) = (self.text(stack, argument.at(0)?), self.text(stack, argument.at(1)?));
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
}
