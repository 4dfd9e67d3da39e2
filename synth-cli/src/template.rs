//! Templates: what is in them, and what their values are worth once the functions are evaluated.
//!
//! Works on the template of any tool. What cannot be known from the templates stays open and is kept as such, so that two
//! values that hang on the same unknown are still equal.

mod physical;
mod resolve;
mod text;

use serde_json::Value as Json;

pub(crate) use resolve::{Place, Resolver};
pub(crate) use text::Text;

/// A parsed CloudFormation template.
#[derive(Debug)]
pub(crate) struct Template {
    json: Json,
}

impl Template {
    /// Parses a template; the error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if json.is_object() { Ok(Self { json }) } else { Err("it is no JSON object".into()) }
    }

    /// A section, such as `Outputs`; null when there is none.
    pub(crate) fn section(&self, name: &str) -> &Json {
        &self.json[name]
    }

    pub(crate) fn n_resources(&self) -> usize {
        self.section("Resources").as_object().map_or(0, serde_json::Map::len)
    }

    /// The resources of a type: logical id and properties, in the order of the template.
    pub(crate) fn resources_of(&self, kind: &'static str) -> impl Iterator<Item = (&str, &Json)> {
        let resources = self.section("Resources").as_object().into_iter().flatten();
        resources
            .filter(move |(_, resource)| resource["Type"] == kind)
            .map(|(logical_id, resource)| (logical_id.as_str(), &resource["Properties"]))
    }
}
