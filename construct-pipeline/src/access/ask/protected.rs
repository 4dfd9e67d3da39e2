//! What is asked for: a resource with the policies that guard it, prepared once for all who ask.

use std::sync::Arc;

use construct_iam::access::{Policy, PolicySet, Resource};

use super::view::View;
use crate::access::policies::PolicyIx;

/// A resource and the policies of it and of the account that owns it.
#[derive(Debug)]
pub(crate) struct Protected {
    pub(crate) resource: Resource,
    pub(crate) policies: PolicySet,
}

impl Protected {
    /// A resource as a service guards it against callers of an account.
    pub(crate) fn new(view: View<'_>, service: &str, arn: &Arc<str>, owner: &str, caller: Option<&str>) -> Self {
        let resource = Resource::new(Arc::clone(arn), owner);
        Self { resource, policies: guards(view, service, arn, owner, caller) }
    }

    /// A resource that no policy is asked about.
    pub(crate) fn unguarded(arn: &Arc<str>, owner: &str) -> Self {
        Self { resource: Resource::new(Arc::clone(arn), owner), policies: PolicySet::new() }
    }
}

/// The part of an action before the colon.
pub(crate) fn service_of(action: &str) -> &str {
    action.split_once(':').map_or(action, |(service, _)| service)
}

/// The policies of the resource and of the account that owns it.
pub(crate) fn guards(view: View<'_>, service: &str, arn: &str, owner: &str, caller: Option<&str>) -> PolicySet {
    let (world, set) = (view.world, PolicySet::new());
    let one = |set: PolicySet, ix: &PolicyIx| set.resource(view.policy(*ix));
    let unknown_of = |set: PolicySet, what: &str, arn: &str| set.resource(Policy::unknown(&format!("{what} {arn}")));
    let unknown = |set: PolicySet, what: &str| unknown_of(set, what, arn);
    let set = match service {
        "sts" => match world.roles.get(arn) {
            Some(role) => role.trust.iter().fold(set, one),
            None => unknown(set, "trust policy of"),
        },
        "kms" => match world.key(arn) {
            Some(key) => one(set, &key.policy),
            None => unknown(set, "key policy of"),
        },
        "s3" => {
            // Objects have no policies of their own.
            let bucket = arn.split_once('/').map_or(arn, |(bucket, _)| bucket);
            match world.buckets.get(bucket.split_once(":::").map_or("", |(_, name)| name)) {
                Some(bucket) => bucket.policy.iter().fold(set, one),
                None => unknown_of(set, "bucket policy of", bucket),
            }
        }
        // A bus lets in other accounts only where its policy says so.
        "events" => world.guarded.get(arn).into_iter().flat_map(|bus| &bus.policies).fold(set, one),
        "sns" | "ecr" => match world.guarded.get(arn) {
            Some(guarded) => guarded.policies.iter().fold(set, one),
            None if arn == "*" => set,
            None => unknown(set, "policy of"),
        },
        // These services know no Deny in a policy of the resource, or no such policy at all.
        _ if caller == Some(owner) => set,
        _ => unknown(set, "policy of"),
    };
    let levels = world.rcps.get(owner);
    levels
        .into_iter()
        .flatten()
        .fold(set, |set, (level, all)| set.rcp_level(Arc::clone(level), all.iter().map(|ix| view.policy(*ix))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::world::World;

    #[test]
    fn the_policy_that_nobody_knows_is_that_of_the_bucket_and_not_of_an_object() {
        let world = World::default();
        for arn in ["arn:aws:s3:::site", "arn:aws:s3:::site/index.html", "arn:aws:s3:::site/a:::b/c"] {
            let guards = guards(View::plain(&world), "s3", arn, "111111111111", None);
            let names: Vec<&str> = guards.policies().map(Policy::name).collect();
            assert_eq!(names, ["bucket policy of arn:aws:s3:::site"], "{arn}");
        }
    }
}
