//! Facts that no template states, put into the world.

use std::sync::Arc;

use super::physical::{account_in, arn_parts, short_name};
use super::place::{Place, PolicyKind};
use super::survey::Surveyor;
use super::templates::Outside;
use super::world::{Bucket, Key, Levels, Role};

impl Surveyor<'_> {
    pub(crate) fn outside(&mut self, outside: &Outside) {
        let place = |about: &str, kind| Place { stack: None, logical_id: about.into(), pointer: String::new(), kind };
        let world = &mut self.world;
        let arns = outside.roles.keys().chain(outside.trusts.keys());
        for arn in arns {
            if world.roles.contains_key(arn.as_str()) {
                continue;
            }
            let identity = match outside.roles.get(arn) {
                Some(documents) => documents
                    .iter()
                    .map(|document| {
                        world.policies.add(
                            &format!("policy given for {arn}"),
                            document,
                            place(arn, PolicyKind::Identity),
                        )
                    })
                    .collect(),
                None => vec![world.policies.unknown(&format!("policies of {arn}"))],
            };
            let trust = outside.trusts.get(arn);
            let trust = match trust {
                Some(document) => {
                    world.policies.add(&format!("trust given for {arn}"), document, place(arn, PolicyKind::Trust))
                }
                None => world.policies.unknown(&format!("trust policy of {arn}")),
            };
            let boundary = outside.boundaries.get(arn);
            let boundary = boundary.map(|document| {
                world.policies.add(&format!("boundary given for {arn}"), document, place(arn, PolicyKind::Boundary))
            });
            let shared: Arc<str> = arn.as_str().into();
            let account = account_in(arn).unwrap_or_default().to_owned();
            self.role_names.insert((account.clone(), short_name(arn).to_ascii_lowercase()), Arc::clone(&shared));
            let role = Role { made: None, identity, trust: Some(trust), boundary };
            world.roles.insert(shared, role);
        }
        for (arn, document) in &outside.keys {
            let policy =
                world.policies.add(&format!("key policy given for {arn}"), document, place(arn, PolicyKind::Key));
            let arn: Arc<str> = arn.as_str().into();
            world.keys.insert(Arc::clone(&arn), Key { arn, made: None, policy, aliases: None });
        }
        for (alias, key) in &outside.aliases {
            world.aliases.insert(alias.clone(), key.as_str().into());
            if let (Some(key), Some(parts)) = (world.keys.get_mut(key.as_str()), arn_parts(alias)) {
                key.aliases.get_or_insert_default().push(parts[4].to_owned());
            }
        }
        for (name, (account, document)) in &outside.buckets {
            let policy = world.policies.add(
                &format!("bucket policy given for {name}"),
                document,
                place(name, PolicyKind::Bucket),
            );
            let arn = format!("arn:aws:s3:::{name}").into();
            let bucket = Bucket {
                arn,
                account: account.clone(),
                made: None,
                policy: Some(policy),
                bucket_key: None,
                keeps_versions: false,
                default_key: None,
            };
            world.buckets.insert(name.clone(), bucket);
        }
        for (given, kind) in [(&outside.scps, "service"), (&outside.rcps, "resource")] {
            let mut levels = Levels::new();
            for (account, all) in given {
                for (level, documents) in all {
                    let name = format!("{kind} control policy of {level}");
                    let policies = documents
                        .iter()
                        .map(|document| world.policies.add(&name, document, place(level, PolicyKind::Control)))
                        .collect();
                    levels.entry(account.clone()).or_default().push((level.as_str().into(), policies));
                }
            }
            if kind == "service" { world.scps = levels } else { world.rcps = levels }
        }
    }
}
