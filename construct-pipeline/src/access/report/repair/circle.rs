//! Resources that would wait for each other once repairs refer to them: CloudFormation makes none of them.

use std::sync::Arc;

use serde_json::Value;

use super::{Repair, What};
use crate::access::policies::{Place, PolicyIx, PolicyKind};
use crate::access::template::{Made, Origin};
use crate::access::world::World;

/// Finds the repairs that refer to each other's resources: the statement of one has to stand apart.
pub(super) fn tell_apart(repairs: &mut [Repair]) {
    for one in 0..repairs.len() {
        let answer = repairs.iter().find(|other| repairs[one].refers_to(other) && other.refers_to(&repairs[one]));
        let waits = answer.filter(|other| other.waits.is_none()).map(|other| other.place.logical_id.clone());
        if repairs[one].place.kind == PolicyKind::Identity && repairs[one].waits.is_none() {
            repairs[one].waits = waits;
        }
    }
}

/// A resource that a statement among the properties of another refers to, while its own policies refer to that one:
/// CloudFormation makes neither of them.
pub(super) fn waiting(world: &World, place: &Place, statement: &Value) -> Option<Arc<str>> {
    let (stack, id) = (place.template?, &place.logical_id);
    let is_property = |place: &Place, id: &str| place.pointer.starts_with(&format!("/Resources/{id}/Properties/"));
    let is_held = matches!(place.kind, PolicyKind::Identity | PolicyKind::Trust | PolicyKind::Key);
    if !is_held || !is_property(place, id) {
        return None;
    }
    let is_meant = |symbol| {
        let meaning = world.symbols.meaning(symbol);
        meaning.is_some_and(|meaning| {
            matches!(&meaning.origin, Origin::Made { stack: s, logical_id, .. } if *s == stack && **logical_id == **id)
        })
    };
    let refers_back = |made: &Made, policy: PolicyIx| {
        let stands_within = world.place(policy).is_some_and(|place| {
            place.template == Some(stack)
                && place.logical_id == made.logical_id
                && is_property(&place, &made.logical_id)
        });
        stands_within && world.policies.mentions(policy, &is_meant)
    };
    let is_other =
        |made: &&Made| made.stack == stack && made.logical_id != *id && refers_to(statement, &made.logical_id);
    let roles = world.roles.values().filter_map(|role| {
        let made = role.made.as_ref().filter(is_other)?;
        role.identity.iter().copied().chain(role.trust).any(|policy| refers_back(made, policy)).then_some(made)
    });
    let keys = world.keys.values().filter_map(|key| {
        let made = key.made.as_ref().filter(is_other)?;
        refers_back(made, key.policy).then_some(made)
    });
    roles.chain(keys).map(|made| made.logical_id.clone()).min()
}

impl Repair {
    /// Whether the statement, among the properties of its resource, refers to the resource of another repair.
    fn refers_to(&self, other: &Self) -> bool {
        let What::AddStatement(statement) = &self.what else { return false };
        let inside = self.place.pointer.starts_with(&format!("/Resources/{}/Properties/", self.place.logical_id));
        inside
            && self.place.template == other.place.template
            && self.place.logical_id != other.place.logical_id
            && refers_to(statement, &other.place.logical_id)
    }

    /// Whether what is missing refers to the role that it is for, or to what refers to that: a circle if it stands among
    /// the role's own properties.
    pub(crate) fn stands_apart(&self) -> bool {
        let id = &*self.place.logical_id;
        let What::AddStatement(statement) = &self.what else { return false };
        let inside = self.place.pointer.starts_with(&format!("/Resources/{id}/Properties/Policies"));
        self.place.kind == PolicyKind::Identity && inside && (self.waits.is_some() || refers_to(statement, id))
    }
}

/// Whether a proposed statement refers to the resource.
fn refers_to(value: &Value, id: &str) -> bool {
    match value {
        Value::Array(values) => values.iter().any(|value| refers_to(value, id)),
        Value::Object(map) => map.iter().any(|(name, value)| match name.as_str() {
            "Ref" => value == id,
            "Fn::GetAtt" => value.get(0).is_some_and(|made| made == id),
            _ => refers_to(value, id),
        }),
        _ => false,
    }
}
