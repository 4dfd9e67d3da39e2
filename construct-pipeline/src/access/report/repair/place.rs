//! Where a statement goes: in a policy that is there, or one that has to be made.

use construct_iam::access::Side;

use crate::access::policies::{Place, PolicyIx, PolicyKind};
use crate::access::report::access::Access;
use crate::access::template::{Made, account_in};
use crate::access::world::World;

/// The policy to which a statement is added, and whether it is there.
pub(super) fn place_for(world: &World, access: &Access, side: &Side) -> Option<(Place, bool)> {
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
