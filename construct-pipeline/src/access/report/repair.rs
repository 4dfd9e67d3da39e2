//! What to add, and where: the evaluator's proposals as parts of a template.

mod author;

use std::sync::Arc;

use construct_iam::access::{Change, Fix, Impossible, Side};
use serde_json::{Map, Value, json};

use self::author::{Author, Unnamed};
use super::access::{Access, Area};
use super::answers::Report;
use crate::access::policies::{Place, PolicyIx, PolicyKind};
use crate::access::template::{Made, Origin, account_in, arn_parts, ways_through};
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
        let fixes = self.verdict(access).map(|verdict| verdict.fixes).unwrap_or_default();
        let mut repairs: Vec<Repair> = fixes.iter().filter_map(|fix| repair(&self.world, access, fix)).collect();
        // Two that refer to each other's resources would make a circle of them.
        for one in 0..repairs.len() {
            let answer = repairs.iter().find(|other| repairs[one].refers_to(other) && other.refers_to(&repairs[one]));
            let waits = answer.filter(|other| other.waits.is_none()).map(|other| other.place.logical_id.clone());
            if repairs[one].place.kind == PolicyKind::Identity && repairs[one].waits.is_none() {
                repairs[one].waits = waits;
            }
        }
        repairs
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

/// A resource that a statement among the properties of another refers to, while its own policies refer to that one:
/// CloudFormation makes neither of them.
fn waiting(world: &World, place: &Place, statement: &Value) -> Option<Arc<str>> {
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

/// The policy to which a statement is added, and whether it is there.
fn place_for(world: &World, access: &Access, side: &Side) -> Option<(Place, bool)> {
    let (asks, role) = (access.principal(), world.roles.get(access.principal()));
    match side {
        Side::Identity => {
            let first = role.and_then(|role| role.identity.iter().find_map(|ix| found(world, *ix)));
            let made = role.and_then(|role| role.made.as_ref());
            first.or_else(|| missing(world, made, asks, PolicyKind::Identity, "Policies"))
        }
        Side::Boundary => found(world, role?.boundary?),
        Side::Scp(level) => {
            let levels = world.scps.get(account_in(asks)?)?;
            let (_, policies) = levels.iter().find(|(name, _)| name == level)?;
            let first = policies.first().and_then(|ix| found(world, *ix));
            first.or_else(|| missing(world, None, level, PolicyKind::Control, ""))
        }
        Side::Resource => place_at_resource(world, access),
        _ => None,
    }
}

/// The policy of the resource that is asked for.
fn place_at_resource(world: &World, access: &Access) -> Option<(Place, bool)> {
    let resource = access.resource();
    match access.iam_action().split(':').next().unwrap_or_default() {
        "sts" => {
            let role = world.roles.get(resource);
            let trust = role.and_then(|role| found(world, role.trust?));
            let made = role.and_then(|role| role.made.as_ref());
            trust.or_else(|| missing(world, made, resource, PolicyKind::Trust, "AssumeRolePolicyDocument"))
        }
        "kms" => match world.key(resource) {
            Some(key) => found(world, key.policy),
            None => missing(world, None, resource, PolicyKind::Key, ""),
        },
        "s3" => {
            let name = resource.split_once(":::")?.1.split('/').next()?;
            let bucket = world.buckets.get(name);
            let policy = bucket.and_then(|bucket| found(world, bucket.policy?));
            let made = bucket.and_then(|bucket| bucket.made.as_ref());
            policy.or_else(|| missing(world, made, name, PolicyKind::Bucket, ""))
        }
        "events" => {
            // Each statement of a bus is a resource of its own, in a stack of the account that owns the bus.
            let first = world.guarded.get(resource).and_then(|bus| bus.policies.first().copied());
            let (stack, template) = match first.and_then(|ix| found(world, ix)) {
                Some((place, _)) => (place.stack, place.template),
                None => (Some(access.pipeline.stack.clone()), Some(access.pipeline.template)),
            };
            let (logical_id, pointer) = ("EventBusAccess".into(), String::new());
            Some((Place { stack, template, logical_id, pointer, kind: PolicyKind::Bus }, false))
        }
        service => {
            let guarded = world.guarded.get(resource);
            let policy = guarded.and_then(|guarded| found(world, *guarded.policies.first()?));
            let made = guarded.and_then(|guarded| guarded.made.as_ref());
            let kind = if service == "sns" { PolicyKind::Topic } else { PolicyKind::Other };
            policy.or_else(|| missing(world, made, resource, kind, ""))
        }
    }
}

/// A policy that is there.
fn found(world: &World, policy: PolicyIx) -> Option<(Place, bool)> {
    Some((world.place(policy)?, true))
}

/// A policy that has to be made: in a property of a resource of a template, or of something outside of them.
fn missing(world: &World, made: Option<&Made>, about: &str, kind: PolicyKind, property: &str) -> Option<(Place, bool)> {
    let stack = made.map(|made| world.stack_name(made).clone());
    let logical_id = made.map_or_else(|| about.into(), |made| made.logical_id.clone());
    let pointer =
        if stack.is_some() { format!("/Resources/{logical_id}/Properties/{property}") } else { String::new() };
    Some((Place { stack, template: made.map(|made| made.stack), logical_id, pointer, kind }, false))
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

    /// Makes the change in a template. `false` if the template has no policy at this place.
    pub fn apply(&self, template: &mut Value) -> bool {
        match &self.what {
            What::AddStatement(statement) if self.stands_apart() => self.make_apart(template, statement),
            What::AddStatement(statement) if self.exists => {
                let Some(document) = template.pointer_mut(&self.place.pointer).and_then(Value::as_object_mut) else {
                    return false;
                };
                let entry = document.entry("Statement").or_insert_with(|| json!([]));
                if !entry.is_array() {
                    *entry = json!([entry.take()]);
                }
                entry.as_array_mut().map(|all| all.push(statement.clone())).is_some()
            }
            What::AddStatement(statement) => self.make(template, statement),
            What::AddValues { statement, operator, key, values } => {
                // A policy of one statement may do without a list; of a bus, the statement itself is the document.
                let place = &self.place.pointer;
                let pointers = [format!("{place}/Statement/{statement}"), format!("{place}/Statement"), place.clone()];
                let pointer = pointers.iter().find(|pointer| {
                    template.pointer(pointer).is_some_and(|found| found.is_object() && found.get("Effect").is_some())
                });
                let condition = pointer.and_then(|pointer| template.pointer_mut(pointer)?.get_mut("Condition"));
                let Some(found) = condition.and_then(|condition| condition.get_mut(operator)?.get_mut(key)) else {
                    return false;
                };
                if !found.is_array() {
                    *found = json!([found.take()]);
                }
                found.as_array_mut().map(|all| all.extend(values.iter().cloned())).is_some()
            }
        }
    }

    fn make_apart(&self, template: &mut Value, statement: &Value) -> bool {
        let Some(resources) = template.get_mut("Resources").and_then(Value::as_object_mut) else { return false };
        let id = &*self.place.logical_id;
        let name = free(resources, format!("{id}Policy"));
        let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
        let properties = json!({ "PolicyName": name, "PolicyDocument": document, "Roles": [{ "Ref": id }] });
        resources.insert(name, json!({ "Type": "AWS::IAM::Policy", "Properties": properties }));
        true
    }

    fn make(&self, template: &mut Value, statement: &Value) -> bool {
        let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
        let Some(resources) = template.get_mut("Resources").and_then(Value::as_object_mut) else { return false };
        let id = &*self.place.logical_id;
        match self.place.kind {
            PolicyKind::Identity => {
                let Some(properties) =
                    resources.get_mut(id).and_then(|role| role.get_mut("Properties")).and_then(Value::as_object_mut)
                else {
                    return false;
                };
                let policies = properties.entry("Policies").or_insert_with(|| json!([]));
                let policy = json!({ "PolicyName": "PipelineAccess", "PolicyDocument": document });
                policies.as_array_mut().map(|all| all.push(policy)).is_some()
            }
            PolicyKind::Bucket if resources.contains_key(id) => {
                let properties = json!({ "Bucket": { "Ref": id }, "PolicyDocument": document });
                let name = free(resources, format!("{id}Policy"));
                resources.insert(name, json!({ "Type": "AWS::S3::BucketPolicy", "Properties": properties }));
                true
            }
            PolicyKind::Bus => {
                let name = free(resources, "EventBusAccess".to_owned());
                let properties = json!({ "StatementId": name, "Statement": statement });
                resources.insert(name, json!({ "Type": "AWS::Events::EventBusPolicy", "Properties": properties }));
                true
            }
            PolicyKind::Trust => {
                let Some(properties) =
                    resources.get_mut(id).and_then(|role| role.get_mut("Properties")).and_then(Value::as_object_mut)
                else {
                    return false;
                };
                properties.insert("AssumeRolePolicyDocument".to_owned(), document);
                true
            }
            _ => false,
        }
    }
}

/// A logical id that nothing has yet.
fn free(resources: &Map<String, Value>, wanted: String) -> String {
    let mut free = wanted.clone();
    let mut n = 2;
    while resources.contains_key(&free) {
        free = format!("{wanted}{n}");
        n += 1;
    }
    free
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
