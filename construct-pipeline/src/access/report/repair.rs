//! What to add, and where: the evaluator's proposals as parts of a template.

mod apply;
mod author;
mod circle;
mod place;

use std::sync::Arc;

use construct_iam::access::{Change, Citation, Fix, Impossible, NearMiss, Side};
use serde_json::{Value, json};

use self::author::{Author, Unnamed};
use self::circle::waiting;
use self::place::place_for;
use super::access::{Access, Area, Expected};
use super::answers::Report;
use crate::access::policies::Place;
use crate::access::template::{arn_parts, ways_through};
use crate::access::world::World;

/// A change to one policy of a template.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Repair {
    /// The policy to change. Without a document at the pointer, one has to be made.
    pub place: Place,
    /// Whether the policy is there already.
    pub exists: bool,
    /// What to do.
    pub what: What,
    /// A resource that the statement refers to and that refers to this one, in policies among its properties.
    pub(crate) waits: Option<Arc<str>>,
}

/// What to change.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// Add this statement.
    AddStatement(Value),
    /// Add values to a condition of a statement.
    AddValues {
        /// Index of the statement, from 0.
        statement: usize,
        /// The operator as written there.
        operator: String,
        /// The key as written there.
        key: String,
        /// The values to add.
        values: Vec<Value>,
    },
}

impl Report {
    /// The changes that together give what a hole lacks. Empty if no addition to a policy can give it: see
    /// [`fix`](Self::fix).
    #[must_use]
    pub fn repairs(&self, access: &Access) -> Vec<Repair> {
        // Nothing is to be added where nothing should be asked.
        if access.takes_own_role() {
            return Vec::new();
        }
        let mut fixes = self.verdict(access).map(|verdict| verdict.fixes).unwrap_or_default();
        for fix in &mut fixes {
            if let Change::AddConditionValues { to, .. } = &fix.change
                && fix.instead.is_some()
                && self.gives_too_much(access, to)
                && let Some(statement) = fix.instead.take()
            {
                fix.change = Change::AddStatement(statement);
            }
        }
        let mut repairs: Vec<Repair> = fixes.iter().filter_map(|fix| repair(&self.world, access, fix)).collect();
        circle::tell_apart(&mut repairs);
        repairs
    }

    /// Whether the caller, once let into a statement, could do what must stay denied to it.
    fn gives_too_much(&self, access: &Access, statement: &Citation) -> bool {
        let denied = self.accesses.iter().filter(|other| {
            other.expected == Expected::Deny
                && other.principal() == access.principal()
                && other.resource() == access.resource()
        });
        let lacks_as_much = |miss: &NearMiss| miss.statement == *statement && miss.failures.len() == 1;
        denied.filter_map(|other| self.verdict(other)).any(|verdict| verdict.near.iter().any(lacks_as_much))
    }

    /// What mends a hole that no addition to a policy does, in words.
    #[must_use]
    pub fn fix(&self, access: &Access) -> Option<&'static str> {
        if let Some(remark) = &access.remark {
            return remark.fix;
        }
        if access.takes_own_role() {
            return Some("leave `RoleArn` out of the action: the pipeline's role performs it then");
        }
        let verdict = self.verdict(access)?;
        match verdict.impossible {
            Some(Impossible::PassRoleAcrossAccounts) => {
                Some("perform the action with a role of the account that has the role it hands over")
            }
            Some(Impossible::KeyOperationAcrossAccounts) => Some("use a key of the account that asks"),
            Some(_) => Some("let a role ask"),
            None if verdict.denied_by.is_empty() => None,
            None => Some("narrow what forbids it, so that it leaves this role out"),
        }
    }
}

fn repair(world: &World, access: &Access, fix: &Fix) -> Option<Repair> {
    match &fix.change {
        Change::AddConditionValues { to, operator, key, values } => {
            let place = world.place(world.policies.cited(to)?)?;
            let author = Author { world, stack: place.template, unnamed: Unnamed::ToFillIn };
            let values = values.iter().map(|value| author.express(value)).collect();
            let what =
                What::AddValues { statement: to.statement?, operator: operator.clone(), key: key.clone(), values };
            Some(Repair { place, exists: true, what, waits: None })
        }
        Change::AddStatement(statement) => {
            let (place, exists) = place_for(world, access, &fix.side)?;
            let author = |unnamed| Author { world, stack: place.template, unnamed };
            let of_anything = author(Unnamed::Anything).expressed(statement);
            let alias = alias_of_unnamed(world, access, &of_anything).filter(|_| fix.side == Side::Identity);
            let mut statement = match &alias {
                Some(_) => of_anything,
                None => author(Unnamed::ToFillIn).expressed(statement),
            };
            if let (Some(alias), Some(statement)) = (alias, statement.as_object_mut()) {
                let condition = json!({ "ForAnyValue:StringEquals": { "kms:ResourceAliases": alias } });
                statement.insert("Condition".to_owned(), condition);
            }
            if !matches!(fix.side, Side::Scp(_)) {
                bind_to_s3(access, &mut statement);
            }
            let waits = waiting(world, &place, &statement);
            Some(Repair { place, exists, what: What::AddStatement(statement), waits })
        }
        _ => None,
    }
}

/// The alias that tells a key whose id cannot be written, so that a statement covers all keys.
fn alias_of_unnamed(world: &World, access: &Access, statement: &Value) -> Option<String> {
    let resource = statement.get("Resource")?.as_str()?;
    if !resource.ends_with(":key/*") || !access.iam_action().starts_with("kms:") {
        return None;
    }
    let known = world.key(access.resource()).and_then(|key| key.aliases.as_ref()?.first().cloned());
    known.or_else(|| access.resource().split_once(":alias/").map(|(_, alias)| format!("alias/{alias}")))
}

/// Artifacts need the key through S3 only.
fn bind_to_s3(access: &Access, statement: &mut Value) {
    let Some([_, "kms", region, ..]) = arn_parts(access.resource()) else { return };
    let Some(statement) = statement.as_object_mut().filter(|_| access.area() == Area::Key) else { return };
    let condition = statement.entry("Condition").or_insert_with(|| json!({}));
    let Some(condition) = condition.as_object_mut() else { return };
    let equals = condition.entry("StringEquals").or_insert_with(|| json!({}));
    if let Some(equals) = equals.as_object_mut() {
        let mut ways = ways_through("s3", region);
        let ways = if ways.len() == 1 { ways.remove(0).into() } else { json!(ways) };
        equals.insert("kms:ViaService".to_owned(), ways);
    }
}
