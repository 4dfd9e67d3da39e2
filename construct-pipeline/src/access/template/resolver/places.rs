//! What does not depend on what is asked: it is found once, when all templates are there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use construct_iam::access::{Json, Members};
use foldhash::{HashMap, HashMapExt as _};

use super::Resolver;
use crate::access::template::memory::Memory;
use crate::access::template::physical::{arn_parts, is_account, is_region};
use crate::access::template::symbols::Origin;
use crate::access::template::templates::{Environment, Template, Templates};

/// What does not depend on what is asked.
#[derive(Clone, Debug)]
pub(crate) struct Places<'t> {
    pub(super) environments: Vec<Environment>,
    /// What stacks are called that share their name with others.
    pub(super) labels: BTreeMap<usize, String>,
    pub(crate) exports: BTreeMap<String, Vec<(usize, &'t Json<'t>)>>,
    /// The values of parameters of Parameter Store, by account, region and name.
    pub(super) parameters: BTreeMap<(String, String, String), (usize, &'t Json<'t>)>,
}

impl Places<'_> {
    /// What is known before anything is computed.
    pub(super) fn of(templates: &Templates<'_>, memory: &Memory<'_>) -> Self {
        let unknown = |label: &str, origin| memory.name_symbol(label, origin).to_string();
        let mut known = BTreeSet::new();
        let mut shared = |text: &str| {
            known.get(text).cloned().unwrap_or_else(|| {
                let new: Arc<str> = text.into();
                known.insert(Arc::clone(&new));
                new
            })
        };
        let environment = |Template { account, region, .. }: &Template<'_>| {
            let account = match is_account(account) {
                true => shared(account),
                false => shared(&unknown("account that the templates are deployed to", Origin::Account)),
            };
            let region = match is_region(region) {
                true => shared(region),
                false => shared(&unknown("region that the templates are deployed to", Origin::Other)),
            };
            Environment { account, region }
        };
        let environments = templates.all.iter().map(environment).collect();
        Self { environments, labels: labels(templates), exports: BTreeMap::new(), parameters: BTreeMap::new() }
    }
}

impl<'t> Resolver<'t> {
    pub(super) fn find_parameters(&self) -> BTreeMap<(String, String, String), (usize, &'t Json<'t>)> {
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

    pub(super) fn find_exports(&self) -> BTreeMap<String, Vec<(usize, &'t Json<'t>)>> {
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

    /// People hand the ARN of a key from one stack to the next as a parameter. Where a parameter has the ARN of a key
    /// in an account and region in which the templates make one key, it is taken for that key's.
    pub(super) fn adopt_keys(&mut self) {
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
