//! Names and ARNs of resources: as given, as the template sets them, or a symbol.

use std::borrow::Cow;

use construct_iam::access::{Json, Members};

use super::Resolver;
use crate::access::template::memory::Memory;
use crate::access::template::physical::naming_of;
use crate::access::template::plain::is_plain;
use crate::access::template::symbols::Origin;

impl<'t> Resolver<'t> {
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
}
