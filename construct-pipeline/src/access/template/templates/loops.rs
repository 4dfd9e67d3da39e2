//! `Fn::ForEach`: what the transform `AWS::LanguageExtensions` makes of a template before anything else reads it.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html>

use std::borrow::Cow;
use std::cell::Cell;

use construct_iam::access::{Json, Members};

use super::Template;
use crate::access::template::function_of;

const TRANSFORM: &str = "AWS::LanguageExtensions";

/// The sections that may have loops.
const SECTIONS: [&str; 3] = ["Conditions", "Outputs", "Resources"];

/// What loops may make of a template, in bytes: twice of what CloudFormation takes.
const LARGEST: usize = 2_000_000;

/// Whether a member is a loop.
pub(crate) fn is_loop(name: &str) -> bool {
    name.starts_with("Fn::ForEach::")
}

/// The template with a copy for each round of its loops; `None` if it stays as it is. A loop over what is not known
/// here is left where it stands.
pub(super) fn unrolled<'t>(template: &Template<'t>) -> Option<Json<'t>> {
    let body = template.body.as_object()?;
    let transforms = body.get("Transform")?.one_or_many();
    transforms.iter().find(|one| one.as_str() == Some(TRANSFORM))?;
    if !SECTIONS.iter().filter_map(|name| body.get(name)).any(has_loops) {
        return None;
    }
    let loops = Loops { template, left: Cell::new(LARGEST) };
    let section = |(name, value): (&str, &Json<'t>)| {
        let value = if SECTIONS.contains(&name) { loops.value(value, &Bound(None)) } else { value.clone() };
        (Cow::Owned(name.to_owned()), value)
    };
    let unrolled: Members<'t> = body.iter().map(section).collect();
    (loops.left.get() > 0).then_some(Json::Object(unrolled))
}

fn has_loops(value: &Json<'_>) -> bool {
    match value {
        Json::Array(values) => values.iter().any(has_loops),
        Json::Object(map) => map.iter().any(|(name, value)| is_loop(name) || has_loops(value)),
        _ => false,
    }
}

/// The identifiers of the loops around a value, with what they stand for in this round, the innermost first.
struct Bound<'b>(Option<(&'b str, &'b str, &'b Self)>);

impl<'b> Bound<'b> {
    fn all(&'b self) -> impl Iterator<Item = (&'b str, &'b str)> {
        std::iter::successors(self.0.as_ref(), |(_, _, outer)| outer.0.as_ref()).map(|(name, value, _)| (*name, *value))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.all().find(|(one, _)| *one == name).map(|(_, value)| value)
    }

    /// A text with its placeholders filled in: `${Name}`, and `&{Name}` for the letters and digits of the value alone.
    fn filled(&self, text: &str) -> String {
        if !text.contains("${") && !text.contains("&{") {
            return text.to_owned();
        }
        self.all().fold(text.to_owned(), |text, (name, value)| {
            let text = text.replace(&format!("${{{name}}}"), value);
            let bare: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
            text.replace(&format!("&{{{name}}}"), &bare)
        })
    }
}

struct Loops<'a, 't> {
    template: &'a Template<'t>,
    /// How many bytes may still be written.
    left: Cell<usize>,
}

impl<'t> Loops<'_, 't> {
    /// Makes room for so many bytes; `false` if there is none.
    fn writes(&self, n: usize) -> bool {
        self.left.set(self.left.get().saturating_sub(n + 8));
        self.left.get() > 0
    }

    fn value(&self, value: &Json<'t>, bound: &Bound<'_>) -> Json<'t> {
        match value {
            _ if !self.writes(0) => Json::Null,
            Json::String(text) => {
                let text = bound.filled(text);
                if self.writes(text.len()) { text.into() } else { Json::Null }
            }
            Json::Array(values) => values.iter().map(|value| self.value(value, bound)).collect(),
            Json::Object(map) => {
                let reference = function_of(map).filter(|(function, _)| *function == "Ref");
                match reference.and_then(|(_, name)| bound.get(name.as_str()?)) {
                    Some(value) => value.to_owned().into(),
                    None => Json::Object(self.members(map, bound).into_iter().collect()),
                }
            }
            other => other.clone(),
        }
    }

    fn members(&self, map: &Members<'t>, bound: &Bound<'_>) -> Vec<(Cow<'t, str>, Json<'t>)> {
        let mut members = Vec::with_capacity(map.len());
        for (name, value) in map.iter() {
            match if is_loop(name) { self.rounds(value, bound) } else { None } {
                Some(copies) => members.extend(copies),
                None => {
                    let name = bound.filled(name);
                    if self.writes(name.len()) {
                        members.push((name.into(), self.value(value, bound)));
                    }
                }
            }
        }
        members
    }

    /// What a loop makes; `None` if nobody knows what it goes over.
    fn rounds(&self, argument: &Json<'t>, bound: &Bound<'_>) -> Option<Vec<(Cow<'t, str>, Json<'t>)>> {
        let [identifier, collection, body] = argument.as_array()? else { return None };
        let (identifier, body) = (identifier.as_str()?, body.as_object()?);
        let mut copies = Vec::new();
        for item in self.items(&self.value(collection, bound))? {
            if !self.writes(item.len()) {
                return None;
            }
            copies.extend(self.members(body, &Bound(Some((identifier, &item, bound)))));
        }
        Some(copies)
    }

    /// What a loop goes over: a list, a parameter that is one, or one of a mapping.
    fn items(&self, collection: &Json<'t>) -> Option<Vec<String>> {
        match collection {
            Json::Array(items) => items.iter().map(|item| self.word(item)).collect(),
            Json::Object(map) => match function_of(map)? {
                ("Ref", name) => match self.parameter(name.as_str()?)? {
                    Json::Array(items) => items.iter().map(|item| self.word(item)).collect(),
                    list => Some(list.as_str()?.split(',').map(|item| item.trim().to_owned()).collect()),
                },
                ("Fn::FindInMap", keys) => {
                    let [map, first, second] = keys.as_array()? else { return None };
                    let mappings = self.template.section("Mappings")?;
                    let found = mappings.get(&self.word(map)?)?.get(&self.word(first)?)?.get(&self.word(second)?)?;
                    found.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// One item, or one key of a mapping.
    fn word(&self, value: &Json<'t>) -> Option<String> {
        match value {
            Json::Number(_) => Some(value.to_string()),
            Json::Object(map) => match function_of(map)? {
                ("Ref", name) => match name.as_str()? {
                    "AWS::AccountId" => Some(self.template.account.clone().into_owned()),
                    "AWS::Region" => Some(self.template.region.clone().into_owned()),
                    "AWS::StackName" => Some(self.template.stack.clone().into_owned()),
                    name => Some(self.parameter(name)?.as_str()?.to_owned()),
                },
                _ => None,
            },
            _ => value.as_str().map(str::to_owned),
        }
    }

    fn parameter(&self, name: &str) -> Option<&Json<'t>> {
        let default = || self.template.section("Parameters")?.get(name)?.get("Default");
        self.template.parameters.get(name).or_else(default)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::access::template::Templates;

    fn unrolled(resources: &serde_json::Value) -> serde_json::Value {
        let body = json!({
            "Transform": ["AWS::Serverless-2016-10-31", TRANSFORM],
            "Parameters": { "Names": { "Type": "CommaDelimitedList", "Default": "a, b" } },
            "Mappings": { "Accounts": { "us-east-1": { "Ids": ["111111111111"] } } },
            "Resources": resources,
        });
        let templates = Templates::new().with(Template::new("s", "111111111111", "us-east-1", body));
        templates.all[0].body().get("Resources").expect("resources").into()
    }

    #[test]
    fn a_loop_over_a_parameter_makes_a_resource_for_each() {
        let made = unrolled(&json!({
            "Fn::ForEach::Topics": ["Name", { "Ref": "Names" }, {
                "Topic${Name}": { "Type": "AWS::SNS::Topic", "Properties": { "TopicName": { "Ref": "Name" } } },
            }],
            "Kept": { "Type": "AWS::SNS::Topic" },
        }));
        let topic = |name: &str| json!({ "Type": "AWS::SNS::Topic", "Properties": { "TopicName": name } });
        let expected = json!({ "Topica": topic("a"), "Topicb": topic("b"), "Kept": { "Type": "AWS::SNS::Topic" } });
        assert_eq!(made, expected);
    }

    #[test]
    fn loops_within_loops_know_both_values() {
        let made = unrolled(&json!({
            "Fn::ForEach::Outer": ["Region", ["eu-west-1"], {
                "Fn::ForEach::Inner": ["Name", ["x"], {
                    "T&{Region}${Name}": { "Value": { "Fn::Sub": "${Name} in ${Region} of ${AWS::Region}" } },
                }],
            }],
            "Fn::ForEach::Mapped": ["Id", { "Fn::FindInMap": ["Accounts", { "Ref": "AWS::Region" }, "Ids"] }, {
                "Of${Id}": { "Fn::ForEach::Properties": ["P", ["Q", "R"], { "${P}": "${Id}" }] },
            }],
        }));
        assert_eq!(
            made,
            json!({
                "Teuwest1x": { "Value": { "Fn::Sub": "x in eu-west-1 of ${AWS::Region}" } },
                "Of111111111111": { "Q": "111111111111", "R": "111111111111" },
            })
        );
    }

    #[test]
    fn what_cannot_be_followed_stays_as_it_is() {
        let over = |collection: serde_json::Value| json!({ "Fn::ForEach::L": ["N", collection, { "R${N}": {} }] });
        for collection in [json!({ "Ref": "Nothing" }), json!({ "Fn::Split": [",", "a,b"] }), json!("a"), json!([{}])] {
            assert_eq!(unrolled(&over(collection.clone())), over(collection));
        }
        let malformed = json!({ "Fn::ForEach::L": ["N", ["a"]], "Fn::ForEach::M": 1 });
        assert_eq!(unrolled(&malformed), malformed);
    }

    #[test]
    fn loops_that_would_fill_the_memory_are_not_followed() {
        let mut body = json!({ "R${A}": "x".repeat(1_000) });
        for _ in 0..20 {
            body = json!({ "Fn::ForEach::L": ["A", ["1", "2", "3", "4", "5", "6", "7", "8", "9"], body] });
        }
        assert_eq!(unrolled(&body), body);
    }
}
