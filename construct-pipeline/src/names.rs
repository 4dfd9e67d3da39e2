//! The names of what a pipeline creates: an interface that others may build on.
//!
//! Every name is made of the pipeline's name, its environment and a hash, so that it is known before anything exists,
//! can be computed by hand, and never clashes with that of another pipeline, account or region:
//!
//! | what | form | limit |
//! |---|---|---|
//! | bucket | `<slug>-<region>-<tag>` | 63 |
//! | key alias | `alias/codepipeline-<slug>-<tag>` | 256 |
//! | roles | `<slug>-<region>-{pipeline,action,deploy,events}-<tag>` | 64 |
//! | scaffold stack | `<slug>-scaffold-<account>-<region>-<tag>` | 128 |
//! | stack of what providers add | `<slug>-actions-<account>-<region>-<tag>` | 128 |
//! | build project | `<slug>-project-<tag>`, of the construct's path: see [`of_construct`] | 150 |
//! | role of a build project | `<slug>-role-<tag>`, of the construct's path | 64 |
//!
//! `slug` is the pipeline's name in lower case with every run of characters other than `a-z0-9` replaced by one `-`, cut
//! to fit. `tag` is the first 8 hexadecimal digits of the SHA-256 over the kind (`bucket`, `alias`, `pipeline`, `action`,
//! `deploy`, `events`, `scaffold` or `actions`), the exact name of the pipeline, the account and the region, separated by NUL:
//!
//! ```text
//! $ printf 'bucket\0orders\000111111111111\0us-east-1' | sha256sum | cut -c1-8
//! ```
//!
//! A slug that would begin a stack's name with a digit, or a bucket's with a prefix that S3 reserves, is preceded by `p-`.
//!
//! What pipelines share in a [`ScaffoldGroup`](crate::ScaffoldGroup) is named after the group instead: see [`group`].

pub mod group;

use construct_core::{Env, short_hash};

/// What a role is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleKind {
    /// The role CodePipeline works with.
    Pipeline,
    /// The role that the pipeline assumes for actions in another account.
    Action,
    /// The role that actions pass on to CloudFormation.
    Deploy,
    /// The role with which events are sent to the pipeline's account.
    Events,
    /// The role that a pipeline of a [`group`] assumes in place of the action role where its actions write artifacts.
    Writer,
}

impl RoleKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Pipeline, Self::Action, Self::Deploy, Self::Events, Self::Writer];

    /// The word in the role's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pipeline => "pipeline",
            Self::Action => "action",
            Self::Deploy => "deploy",
            Self::Events => "events",
            Self::Writer => "writer",
        }
    }
}

/// The name of an artifact bucket: at most 63 characters, by the rules of
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>.
#[must_use]
pub fn bucket(pipeline: &str, env: Env) -> String {
    bucket_tagged(pipeline, env, &tag("bucket", pipeline, env))
}

/// The alias of the store's key, `alias/` included.
#[must_use]
pub fn alias(pipeline: &str, env: Env) -> String {
    alias_tagged(pipeline, &tag("alias", pipeline, env))
}

/// The name of a role. IAM is one for all regions of an account, so the region stands in the name.
#[must_use]
pub fn role(kind: RoleKind, pipeline: &str, env: Env) -> String {
    role_tagged(kind, pipeline, env, &tag(kind.as_str(), pipeline, env))
}

/// The name of the scaffold stack in an environment.
#[must_use]
pub fn scaffold_stack(pipeline: &str, env: Env) -> String {
    stack_tagged("scaffold", pipeline, env, &tag("scaffold", pipeline, env))
}

/// The name of the stack in an environment with what providers [add](crate::Provider::equip) for the actions there.
#[must_use]
pub fn actions_stack(pipeline: &str, env: Env) -> String {
    stack_tagged("actions", pipeline, env, &tag("actions", pipeline, env))
}

/// The statement id of the pipeline's statement on its event bus, at most 64 characters.
#[must_use]
pub fn bus_statement(pipeline: &str, source: Env) -> String {
    fit(slug(pipeline), &["-", source.account.as_str(), "-", &tag("bus", pipeline, source)], 64)
}

/// The name of the output, and of the parameter it is handed to, that name the key of a replica store exactly.
#[must_use]
pub fn replica_key_parameter(pipeline: &str, env: Env) -> String {
    format!("ReplicaKeyArn{}", tag("key", pipeline, env).to_ascii_uppercase())
}

/// The name of a construct beside a pipeline, such as a build project or its role, from its path:
/// `<slug>-<kind>-<tag>`, in at most `most` characters. Policies of other accounts can then name it before it exists,
/// without a name in the program.
///
/// The path takes the place of the pipeline's name in `slug` and `tag`. `env` is what
/// [`Scope::env`](construct_core::Scope::env) says: outside of a stack, which is found elsewhere, the tag has neither
/// account nor region.
///
/// ```
/// use construct_core::Env;
/// use construct_pipeline::names::of_construct;
///
/// let env = Env::new("111111111111", "us-east-1");
/// assert_eq!(of_construct("Tools/Build", "project", Some(env), 150), "tools-build-project-68385060");
/// ```
#[must_use]
pub fn of_construct(path: &str, kind: &str, env: Option<Env>, most: usize) -> String {
    let (account, between, region) =
        env.as_ref().map_or(("", "", ""), |env| (env.account.as_str(), "\0", env.region.as_str()));
    let tag = short_hash([kind, "\0", path, "\0", account, between, region]);
    fit(slug(path), &["-", kind, "-", &tag], most)
}

/// The characters of a pipeline's name that stand in the name of the folder of its artifacts.
///
/// CodePipeline names the folder after the pipeline and shortens it, says its documentation; how far, only an answer of AWS
/// to a question tells, so the number is an assumption.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/troubleshooting.html#troubleshooting-truncated-artifacts>
/// <https://repost.aws/questions/QUI91tw7A9SUOMohJurNqmgA>
pub const FOLDER_CHARACTERS: usize = 20;

/// What the keys of all artifacts of a pipeline begin with: the folder that CodePipeline makes for it in a bucket.
///
/// A name that is not shortened is the folder's. Of a longer one only the beginning is known: the folder is unique all the
/// same, AWS says, and does not say how.
#[must_use]
pub fn artifacts_prefix(pipeline: &str) -> String {
    let folder = folder_of(pipeline);
    if folder == pipeline { format!("{folder}/") } else { folder.to_owned() }
}

/// What is known of the folder that CodePipeline makes for a pipeline in a bucket: pipelines of which this is the same may
/// reach each other's artifacts.
pub(crate) fn folder_of(pipeline: &str) -> &str {
    pipeline.char_indices().nth(FOLDER_CHARACTERS).map_or(pipeline, |(end, _)| &pipeline[..end])
}

/// How many of many names a text lists.
pub(crate) const LISTED: usize = 5;

/// Names in a sentence: all of a few, and of many how many more there are.
pub(crate) fn listed(names: &[&str]) -> String {
    let quoted = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names {
        [rest @ .., last] if !rest.is_empty() && names.len() <= LISTED => format!("{} and `{last}`", quoted(rest)),
        _ if names.len() <= LISTED => quoted(names),
        _ => format!("{} and {} more", quoted(&names[..LISTED]), names.len() - LISTED),
    }
}

/// Whether CodePipeline takes a text as the name of a pipeline: 1 to 100 letters, digits and `.@_-`.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineDeclaration.html>
#[must_use]
pub fn is_pipeline_name(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".@_-".contains(&byte))
}

/// The readable part of all names.
#[must_use]
pub fn slug(pipeline: &str) -> String {
    // With room for the rest of a name.
    let mut slug = String::with_capacity(pipeline.len() + 48);
    let words = pipeline.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    for word in words {
        slug.push_str(if slug.is_empty() { "" } else { "-" });
        slug.push_str(word);
    }
    slug.make_ascii_lowercase();
    if slug.is_empty() { "pipeline".into() } else { slug }
}

/// The part of a name that tells apart what the slug cannot.
#[must_use]
pub fn tag(kind: &str, pipeline: &str, env: Env) -> String {
    short_hash([kind, "\0", pipeline, "\0", env.account.as_str(), "\0", env.region.as_str()])
}

fn bucket_tagged(name: &str, env: Env, tag: &str) -> String {
    let mut slug = slug(name);
    if ["sthree-", "amzn-s3-demo-", "xn-"].iter().any(|reserved| slug.starts_with(reserved)) {
        slug.insert_str(0, "p-");
    }
    fit(slug, &["-", env.region.as_str(), "-", tag], 63)
}

fn alias_tagged(name: &str, tag: &str) -> String {
    format!("alias/codepipeline-{}", fit(slug(name), &["-", tag], 237))
}

fn role_tagged(kind: RoleKind, pipeline: &str, env: Env, tag: &str) -> String {
    fit(slug(pipeline), &["-", env.region.as_str(), "-", kind.as_str(), "-", tag], 64)
}

fn stack_tagged(word: &str, name: &str, env: Env, tag: &str) -> String {
    let mut slug = slug(name);
    if slug.starts_with(|first: char| first.is_ascii_digit()) {
        slug.insert_str(0, "p-");
    }
    fit(slug, &["-", word, "-", env.account.as_str(), "-", env.region.as_str(), "-", tag], 128)
}

/// As much of a slug as there is room for before the rest of a name.
fn fit(slug: String, rest: &[&str], most: usize) -> String {
    let length: usize = rest.iter().map(|part| part.len()).sum();
    let mut name = slug;
    name.truncate(most.saturating_sub(length));
    name.truncate(name.trim_end_matches('-').len());
    name.reserve_exact(length);
    rest.iter().for_each(|part| name.push_str(part));
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOME: Env = Env::new("111111111111", "us-east-1");

    #[test]
    fn changing_these_replaces_resources() {
        assert_eq!(bucket("orders", HOME), "orders-us-east-1-88d352ed");
        assert_eq!(alias("orders", HOME), "alias/codepipeline-orders-c9eecf78");
        assert_eq!(role(RoleKind::Pipeline, "orders", HOME), "orders-us-east-1-pipeline-49481486");
        assert_eq!(role(RoleKind::Action, "orders", HOME), "orders-us-east-1-action-17779286");
        assert_eq!(role(RoleKind::Deploy, "orders", HOME), "orders-us-east-1-deploy-b6abc481");
        assert_eq!(scaffold_stack("orders", HOME), "orders-scaffold-111111111111-us-east-1-0cc457f2");
        let there = Env::new("222222222222", "us-east-1");
        assert_eq!(actions_stack("orders", there), "orders-actions-222222222222-us-east-1-3c5d6019");
    }

    #[test]
    fn names_that_read_alike_do_not_clash() {
        let names = ["My.Pipe", "my_pipe", "my-pipe", "MY-PIPE"];
        assert!(names.iter().all(|name| slug(name) == "my-pipe"));
        let buckets: std::collections::BTreeSet<String> = names.iter().map(|name| bucket(name, HOME)).collect();
        assert_eq!(buckets.len(), names.len());
    }

    #[test]
    fn artifacts_stand_in_a_folder_of_the_pipelines_name() {
        assert_eq!(artifacts_prefix("orders"), "orders/");
        assert_eq!(artifacts_prefix("12345678901234567890"), "12345678901234567890/");
        assert_eq!(artifacts_prefix("123456789012345678901"), "12345678901234567890");
    }

    #[test]
    fn awkward_names_still_give_names() {
        assert!(bucket("@@@", HOME).starts_with("pipeline-us-east-1-"));
        assert!(scaffold_stack("7days", HOME).starts_with("p-7days-scaffold-"));
        assert!(bucket("sthree-x", HOME).starts_with("p-sthree-x-"));
    }

    proptest! {
        #[test]
        fn every_name_obeys_its_service(name in "[A-Za-z0-9.@_-]{1,100}", region in 0..40usize) {
            let region = construct_core::Region::known().nth(region).unwrap();
            let env = Env { account: HOME.account, region };
            let bucket = bucket(&name, env);
            prop_assert!((3..=63).contains(&bucket.len()));
            prop_assert!(bucket.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            prop_assert!(!bucket.starts_with('-') && !bucket.ends_with('-'));
            let alias = alias(&name, env);
            prop_assert!(alias.len() <= 256 && alias.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_-".contains(&b)));
            for kind in RoleKind::ALL {
                let role = role(kind, &name, env);
                prop_assert!((1..=64).contains(&role.len()));
                prop_assert!(role.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
            }
            for stack in [scaffold_stack(&name, env), actions_stack(&name, env)] {
                prop_assert!(stack.len() <= 128 && stack.starts_with(|c: char| c.is_ascii_alphabetic()));
                prop_assert!(stack.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
            }
        }
    }
}
