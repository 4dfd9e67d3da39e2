//! What the templates of an assembly say, and where the resources are that they mean.

use std::collections::BTreeMap;

use construct_pipeline::access::template::{self, Origin, Resolver};
use serde_json::Value as Json;

use crate::model::Model;

pub(super) const ROLE: &str = "AWS::IAM::Role";
pub(super) const BUCKET: &str = "AWS::S3::Bucket";
pub(super) const PROJECT: &str = "AWS::CodeBuild::Project";
const ALIAS: &str = "AWS::KMS::Alias";

/// A resource: the stack it is in, as a place in the model, and its logical id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) stack: usize,
    pub(super) logical_id: String,
}

/// The values of the templates, as far as they tell. What they do not tell are symbols in the texts: two values that hang
/// on the same unknown are equal.
#[derive(Debug)]
pub(super) struct Values<'a>(pub(super) Resolver<'a>);

impl Values<'_> {
    /// A structure without functions. Where the condition of an `Fn::If` is not known, what holds if it is true.
    pub(super) fn structure(&self, stack: usize, value: &template::Json<'_>) -> Json {
        let mut value = Json::from(value);
        self.decide(stack, &mut value);
        Json::from(&*self.0.value(stack, &value.into()))
    }

    fn decide(&self, stack: usize, value: &mut Json) {
        match value {
            Json::Object(entries) => {
                if let Some(Json::Array(branches)) = entries.get_mut("Fn::If")
                    && let [Json::String(condition), _, _] = &**branches
                    && self.0.condition(stack, condition).is_none()
                {
                    *value = branches.swap_remove(1);
                    self.decide(stack, value);
                } else {
                    entries.values_mut().for_each(|value| self.decide(stack, value));
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|value| self.decide(stack, value)),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }

    /// The name that the template gives to a resource, else its logical id.
    pub(super) fn name_of(&self, place: &Place) -> String {
        let name = self.0.physical_id(place.stack, &place.logical_id);
        if self.resource(&name).is_some() { place.logical_id.clone() } else { self.words(&name) }
    }

    /// The resource whose identifier, which AWS makes, is part of a text.
    pub(super) fn resource(&self, text: &str) -> Option<Place> {
        let symbols = self.0.symbols();
        let meanings = text.chars().filter(|c| !c.is_ascii()).filter_map(|c| symbols.meaning(c));
        meanings.into_iter().find_map(|meaning| match &meaning.origin {
            Origin::Made { stack, logical_id, .. } => Some(Place { stack: *stack, logical_id: logical_id.clone() }),
            _ => None,
        })
    }

    /// A text for people.
    pub(super) fn words(&self, text: &str) -> String {
        self.0.symbols().readable(text)
    }
}

/// Where things are, by what they are called.
#[derive(Debug)]
pub(super) struct Index {
    /// By place: the type and the properties.
    resources: BTreeMap<Place, (&'static str, Json)>,
    /// Roles and projects by ARN; buckets by name.
    by_identity: BTreeMap<(&'static str, String), Place>,
    /// Projects by account, region and name.
    pub(super) projects: BTreeMap<(String, String, String), Place>,
    /// The alias of each key that has one in the assembly.
    pub(super) alias_of: BTreeMap<Place, String>,
}

impl Index {
    pub(super) fn new(model: &Model, values: &Values<'_>) -> Self {
        let mut index = Self {
            resources: BTreeMap::new(),
            by_identity: BTreeMap::new(),
            projects: BTreeMap::new(),
            alias_of: BTreeMap::new(),
        };
        for (at, stack) in model.stacks().iter().enumerate() {
            for (kind, attribute) in [(ROLE, Some("Arn")), (BUCKET, None), (PROJECT, Some("Arn"))] {
                for (logical_id, properties) in model.resources_of(at, kind) {
                    let place = Place { stack: at, logical_id: logical_id.to_owned() };
                    let name = values.0.physical_id(at, logical_id);
                    let identity = attribute
                        .map_or_else(|| name.clone(), |attribute| values.0.attribute(at, logical_id, attribute));
                    index.resources.insert(place.clone(), (kind, values.structure(at, properties)));
                    index.by_identity.entry((kind, identity)).or_insert_with(|| place.clone());
                    if kind == PROJECT {
                        let project = (stack.account.clone(), stack.region.clone(), name);
                        index.projects.entry(project).or_insert(place);
                    }
                }
            }
            for (_, properties) in model.resources_of(at, ALIAS) {
                let text = |key: &str| properties.get(key).map(|value| values.0.text(at, value)).unwrap_or_default();
                if let Some(key) = values.resource(&text("TargetKeyId")) {
                    index.alias_of.entry(key).or_insert_with(|| text("AliasName"));
                }
            }
        }
        index
    }

    /// The resource of a type that a name or ARN means.
    pub(super) fn find(&self, values: &Values<'_>, kind: &'static str, identity: &str) -> Option<Place> {
        let made = values.resource(identity).filter(|place| self.is(place, kind));
        made.or_else(|| self.by_identity.get(&(kind, identity.to_owned())).cloned())
    }

    fn is(&self, place: &Place, kind: &str) -> bool {
        self.resources.get(place).is_some_and(|(found, _)| *found == kind)
    }

    pub(super) fn properties(&self, place: &Place) -> &Json {
        self.resources.get(place).map_or(&Json::Null, |(_, properties)| properties)
    }
}

/// A computed value as text, symbols in place of what is not known; none where there is no value.
pub(super) fn text(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        Json::Bool(_) | Json::Number(_) => Some(value.to_string()),
        // What is left of a function that cannot be computed says which value it stands for.
        Json::Object(entries) => {
            Some(format!("<{}>", entries.values().next().and_then(Json::as_str).unwrap_or("object")))
        }
        Json::Array(_) => Some("<list>".into()),
    }
}

/// The items of a list, without those that conditions take out.
pub(super) fn items(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten().filter(|item| !item.is_null())
}
