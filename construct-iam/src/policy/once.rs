//! What was imported twice is named once.

use std::collections::BTreeSet;

use construct_core::{DocumentCx, Expr, LowerCx, NodeId};

use super::PolicyDocument;
use crate::sorted::Set;

/// Who knows what references mean.
pub trait Names {
    /// Whether a construct stands for something that exists already.
    fn is_import(&self, node: NodeId) -> bool;

    /// The text that an expression becomes, as far as it is known.
    fn text(&self, expr: &Expr) -> Option<String>;
}

impl Names for LowerCx<'_> {
    fn is_import(&self, node: NodeId) -> bool {
        self.imports(node).is_some()
    }

    fn text(&self, expr: &Expr) -> Option<String> {
        self.literal(expr)
    }
}

impl Names for DocumentCx<'_> {
    fn is_import(&self, node: NodeId) -> bool {
        self.view().owns(node) && self.view().imports(node).is_some()
    }

    fn text(&self, expr: &Expr) -> Option<String> {
        self.literal(expr)
    }
}

impl PolicyDocument {
    /// The same with each imported thing named once in a list: constructs that were imported by one ARN are several
    /// references, and one text.
    pub fn naming_once(mut self, names: &impl Names) -> Self {
        for statement in &mut self.statements {
            let said = &statement.0;
            let (resources, not_resources) = (once(&said.resources, names), once(&said.not_resources, names));
            let mut conditions = Vec::new();
            for (operator, key, values) in said.each_condition() {
                conditions.extend(once(values, names).map(|values| (operator.clone(), key.clone(), values)));
            }
            if resources.is_none() && not_resources.is_none() && conditions.is_empty() {
                continue;
            }
            let said = statement.change();
            said.resources = resources.unwrap_or_else(|| said.resources.clone());
            said.not_resources = not_resources.unwrap_or_else(|| said.not_resources.clone());
            for (operator, key, values) in conditions {
                said.conditions.at(operator, |keys| keys.at(key, |all| *all = values));
            }
        }
        self
    }
}

impl PolicyDocument {
    /// The same, with everything in the order of the names that are written, as far as they are known: for a policy
    /// about which several say something, so that it does not matter who was first. Otherwise things stand in the order
    /// in which they were placed.
    pub fn in_order_of_names(mut self, names: &impl Names) -> Self {
        let named = |values: &Set<Expr>| -> Set<Expr> {
            values.iter().map(|value| names.text(value).map_or_else(|| value.clone(), Expr::from)).collect()
        };
        for statement in &mut self.statements {
            let said = statement.change();
            (said.resources, said.not_resources) = (named(&said.resources), named(&said.not_resources));
            let conditions: Vec<_> = (said.each_condition())
                .map(|(operator, key, values)| (operator.clone(), key.clone(), named(values)))
                .collect();
            for (operator, key, values) in conditions {
                said.conditions.at(operator, |keys| keys.at(key, |all| *all = values));
            }
        }
        self.statements.sort_unstable();
        self
    }
}

/// The values without those of which another one has the text; `None` if there are no such.
fn once(values: &Set<Expr>, names: &impl Names) -> Option<Set<Expr>> {
    if values.as_slice().len() < 2 || !values.iter().any(|value| is_about_import(value, names)) {
        return None;
    }
    let mut told = BTreeSet::new();
    let is_new = |value: &&Expr| match value.literal() {
        Some(text) => told.insert(text.to_owned()),
        None if is_about_import(value, names) => names.text(value).is_none_or(|text| told.insert(text)),
        None => true,
    };
    let each_once: Vec<Expr> = values.iter().filter(is_new).cloned().collect();
    (each_once.len() < values.as_slice().len()).then(|| each_once.into_iter().collect())
}

fn is_about_import(expr: &Expr, names: &impl Names) -> bool {
    match expr {
        Expr::Attr { of, .. } => names.is_import(*of),
        Expr::ByName(inner) => is_about_import(inner, names),
        Expr::Join(parts) => parts.iter().any(|part| is_about_import(part, names)),
        _ => false,
    }
}
