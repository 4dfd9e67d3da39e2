//! The names of what pipelines share in a [`ScaffoldGroup`](crate::ScaffoldGroup).
//!
//! They are made like those of a pipeline, of the group's name, and their tags are of kinds of their own, so that a group
//! and a pipeline of one name have no name in common:
//!
//! | what | form | kind in the tag |
//! |---|---|---|
//! | bucket | `<slug>-<region>-<tag>` | `group-bucket` |
//! | key alias | `alias/codepipeline-<slug>-<tag>` | `group-alias` |
//! | scaffold stack | `<slug>-scaffold-<account>-<region>-<tag>` | `group-scaffold` |
//! | role stack, where a group has several | `<slug>-scaffold-<word>-<account>-<region>-<tag>` | `group-scaffold-<word>` |
//!
//! The tag is over the kind, the exact name of the group, the account and region of the group, and the account and region
//! of the thing itself, separated by NUL:
//!
//! ```text
//! $ printf 'group-bucket\0platform\000111111111111\0us-east-1\000111111111111\0eu-west-1' | sha256sum | cut -c1-8
//! ```
//!
//! The roles that stand in the stacks of a group are named like the pipeline's other roles, with the group's own tag
//! between, over `group`, its name, account and region: `<slug>-<region>-{action,writer,deploy,events}-<group
//! tag>-<tag>`. So a pipeline that joins or leaves a group gets other roles, and no two stacks ever want the same role
//! at once. In an account whose actions write artifacts, the role of the actions is a `writer`, so that policies can
//! tell the writers of a group by name.
//!
//! Where a group has several role stacks, each has a word of its own, see [`RoleStack`]; the kind in the tags of the
//! roles in it is then `action-<word>`, `deploy-<word>` and so on. What decides about the stack of a pipeline is its
//! place: the first 8 hexadecimal digits of the SHA-256 over `stack`, NUL and the pipeline's name.

use std::borrow::Cow;
use std::num::NonZeroU32;

use construct_core::{Env, Region, short_hash};

use super::{RoleKind, alias_tagged, bucket_tagged, fit, role_tagged, slug, stack_tagged};

/// The name of a group's artifact bucket, at most 63 characters.
#[must_use]
pub fn bucket(group: &str, home: Env, env: Env) -> String {
    bucket_tagged(group, env, &tag_in("group-bucket", group, home, env))
}

/// The alias of the key of a group's store, `alias/` included.
#[must_use]
pub fn alias(group: &str, home: Env, env: Env) -> String {
    alias_tagged(group, &tag_in("group-alias", group, home, env))
}

/// The name of the output, and of the parameters it is handed to, that name the key of a group's store exactly.
#[must_use]
pub fn replica_key_parameter(group: &str, home: Env, env: Env) -> String {
    format!("ReplicaKeyArn{}", tag_in("group-key", group, home, env).to_ascii_uppercase())
}

/// The name of the scaffold stack of a group in an environment: it holds the store there, and the roles too where the group
/// has one role stack.
#[must_use]
pub fn scaffold_stack(group: &str, home: Env, env: Env) -> String {
    stack_tagged("scaffold", group, env, &tag_in("group-scaffold", group, home, env))
}

/// The stack of a group that holds the roles of a pipeline in an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleStack {
    /// The scaffold stack, which holds the store as well.
    Scaffold,
    /// One of so many as the program says, by its number from 1. Its word is that number.
    Numbered(u32),
    /// One that was split off because the roles were too many: it begins at this place. Its word is `b` and the 32 binary
    /// digits of the place, without the zeros that end them.
    SplitOff(NonZeroU32),
}

impl RoleStack {
    /// The stack of a pipeline in a group of so many role stacks: the one whose number is 1 + the pipeline's place
    /// modulo the number of stacks.
    #[must_use]
    pub fn of(pipeline: &str, stacks: u32) -> Self {
        match stacks {
            0 | 1 => Self::Scaffold,
            several => Self::Numbered(1 + place(pipeline) % several),
        }
    }

    /// The stack that bears a word in its name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        if let Some(digits) = word.strip_prefix('b') {
            let is_place =
                digits.ends_with('1') && digits.len() <= 32 && digits.bytes().all(|digit| b"01".contains(&digit));
            let place = u32::from_str_radix(digits, 2).ok().filter(|_| is_place)?;
            return NonZeroU32::new(place << (32 - digits.len())).map(Self::SplitOff);
        }
        let is_number = !word.starts_with(['0', '+']);
        word.parse().ok().filter(|_| is_number).map(Self::Numbered)
    }

    /// What tells it from the others in names; none for the scaffold stack.
    #[must_use]
    pub fn word(self) -> Option<String> {
        match self {
            Self::Scaffold => None,
            Self::Numbered(number) => Some(number.to_string()),
            Self::SplitOff(place) => Some(format!("b{}", format!("{place:032b}").trim_end_matches('0'))),
        }
    }
}

/// Where a pipeline stands among all that there might be: its name alone decides.
#[must_use]
pub fn place(pipeline: &str) -> u32 {
    u32::from_str_radix(&short_hash(["stack\0", pipeline]), 16).unwrap_or_default()
}

/// The name of a stack of a group that holds roles.
#[must_use]
pub fn role_stack(group: &str, home: Env, env: Env, stack: RoleStack) -> String {
    let Some(word) = stack.word() else { return scaffold_stack(group, home, env) };
    let kind = format!("group-scaffold-{word}");
    stack_tagged(&format!("scaffold-{word}"), group, env, &tag_in(&kind, group, home, env))
}

/// The name of a role in a stack of a group, at most 64 characters.
#[must_use]
pub fn role(kind: RoleKind, pipeline: &str, env: Env, group: &str, home: Env, stack: RoleStack) -> String {
    let word = match stack.word() {
        None => Cow::Borrowed(kind.as_str()),
        Some(stack) => Cow::Owned(format!("{}-{stack}", kind.as_str())),
    };
    let tag = format!("{}-{}", tag(group, home), super::tag(&word, pipeline, env));
    role_tagged(kind, pipeline, env, &tag)
}

/// What the names of all roles of a group have in common.
#[must_use]
pub fn tag(group: &str, home: Env) -> String {
    short_hash(["group\0", group, "\0", home.account.as_str(), "\0", home.region.as_str()])
}

/// The ARNs of all roles of one kind in the stacks of a group in a region, whatever their account, as a pattern.
#[must_use]
pub fn role_pattern(kind: RoleKind, group: &str, home: Env, region: Region) -> String {
    let (partition, tag) = (home.partition().as_str(), tag(group, home));
    format!("arn:{partition}:iam::*:role/*-{region}-{}-{tag}-????????", kind.as_str())
}

/// The id of the scope in which the things of a pipeline stand in a stack of a group.
pub(crate) fn member(pipeline: &str, home: Env) -> String {
    fit(slug(pipeline), &["-", &super::tag("member", pipeline, home)], 64)
}

fn tag_in(kind: &str, group: &str, home: Env, env: Env) -> String {
    super::tag(kind, &format!("{group}\0{}\0{}", home.account, home.region), env)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOME: Env = Env::new("111111111111", "us-east-1");
    const THERE: Env = Env::new("333333333333", "eu-west-1");

    #[test]
    fn changing_these_replaces_resources() {
        assert_eq!(bucket("platform", HOME, HOME), "platform-us-east-1-8eb8743d");
        assert_eq!(alias("platform", HOME, HOME), "alias/codepipeline-platform-c2766cd2");
        assert_eq!(scaffold_stack("platform", HOME, THERE), "platform-scaffold-333333333333-eu-west-1-37009f6c");
        assert_eq!(
            role_stack("platform", HOME, THERE, RoleStack::Numbered(2)),
            "platform-scaffold-2-333333333333-eu-west-1-90708bc1"
        );
        assert_eq!(
            role(RoleKind::Action, "orders", THERE, "platform", HOME, RoleStack::Scaffold),
            "orders-eu-west-1-action-540b71e8-63d48804"
        );
        assert_eq!(
            role(RoleKind::Action, "orders", THERE, "platform", HOME, RoleStack::of("orders", 4)),
            "orders-eu-west-1-action-540b71e8-cd275860"
        );
        assert_eq!(RoleStack::of("orders", 4), RoleStack::Numbered(3));
        assert_eq!(
            role_pattern(RoleKind::Action, "platform", HOME, THERE.region),
            "arn:aws:iam::*:role/*-eu-west-1-action-540b71e8-????????"
        );
    }

    #[test]
    fn a_group_shares_no_name_with_a_pipeline_of_its_name_nor_with_its_own_kind_elsewhere() {
        assert_ne!(bucket("orders", HOME, HOME), super::super::bucket("orders", HOME));
        assert_ne!(scaffold_stack("orders", HOME, THERE), super::super::scaffold_stack("orders", THERE));
        let other = Env::new("111111111111", "eu-west-1");
        assert_ne!(bucket("platform", HOME, other), bucket("platform", other, other));
    }

    proptest! {
        #[test]
        fn every_name_obeys_its_service(name in "[A-Za-z0-9.@_-]{1,100}", pipeline in "[A-Za-z0-9.@_-]{1,100}", region in 0..40_usize, stacks in 1..100_u32, place: NonZeroU32) {
            let region = Region::known().nth(region).unwrap();
            let env = Env { account: THERE.account, region };
            let pipeline = pipeline.as_str();
            prop_assert!(bucket(&name, HOME, env).len() <= 63);
            for stack in [RoleStack::of(pipeline, stacks), RoleStack::SplitOff(place)] {
                let name_of = role_stack(&name, HOME, env, stack);
                prop_assert!(name_of.len() <= 128 && name_of.starts_with(|c: char| c.is_ascii_alphabetic()));
                prop_assert_eq!(stack.word().and_then(|word| RoleStack::from_word(&word)), stack.word().map(|_| stack));
                for kind in RoleKind::ALL {
                    let role = role(kind, pipeline, env, &name, HOME, stack);
                    let word = format!("-{}-", kind.as_str());
                    prop_assert!(role.len() <= 64 && role.contains(&tag(&name, HOME)) && role.contains(&word));
                }
            }
        }
    }
}
