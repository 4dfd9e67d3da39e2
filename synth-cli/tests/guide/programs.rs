//! The programs that pages are about: those of the guide, and the examples.

use construct_pipeline::prelude::App;

/// Assemblies that other tools made, or nothing, for pages about these.
pub(crate) fn foreign(name: &str) -> Option<&'static [(&'static str, &'static str)]> {
    macro_rules! assembly {
        ($folder:literal: $($file:literal)*) => {
            &[$(($file, include_str!(concat!("../../../", $folder, "/", $file)))),*]
        };
    }
    Some(match name {
        "aws_cdk" => assembly!("construct-pipeline/tests/data/aws-cdk-2.276.0":
            "manifest.json"
            "Delivery.template.json"
            "cross-account-support-stack-222222222222.template.json"
            "cross-region-stack-111111111111_eu-west-1.template.json"),
        "handwritten" => &[],
        _ => return None,
    })
}

/// Programs with mistakes, which their pages are about.
pub(crate) const REFUSED: &[&str] = &["out_of_reach"];

/// Declares each program as a module, and lists them.
macro_rules! programs {
    ($($name:ident = $path:literal,)*) => {
        /// A program by its name.
        pub(crate) fn app(name: &str) -> Option<App> {
            Some(match name {
                $(stringify!($name) => $name::app(),)*
                _ => return None,
            })
        }

        /// All programs.
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name)),*];

        /// Where a program is in the repository.
        pub(crate) fn path(name: &str) -> Option<&'static str> {
            Some(match name {
                $(stringify!($name) => $path,)*
                _ => return None,
            })
        }
    };
}

programs! {
    accounts_and_regions = "docs/programs/accounts_and_regions.rs",
    events_and_sources = "docs/programs/events_and_sources.rs",
    first_pipeline = "docs/programs/first_pipeline.rs",
    limits = "docs/programs/limits.rs",
    out_of_reach = "docs/programs/out_of_reach.rs",
    own_action_type = "docs/programs/own_action_type.rs",
    own_construct = "docs/programs/own_construct.rs",
    own_provider = "docs/programs/own_provider.rs",
    stores_and_keys = "docs/programs/stores_and_keys.rs",
    triggers = "docs/programs/triggers.rs",
    codecommit_two_accounts = "examples/codecommit_two_accounts.rs",
    containers = "examples/containers.rs",
    cross_account = "examples/cross_account.rs",
    cross_region = "examples/cross_region.rs",
    custom_construct = "examples/custom_construct.rs",
    imported_stores = "examples/imported_stores.rs",
    instances = "examples/instances.rs",
    many_accounts = "examples/many_accounts.rs",
    multi_account_ci = "examples/multi_account_ci.rs",
    partitions = "examples/partitions.rs",
    projects_and_roles = "examples/projects_and_roles.rs",
    reference_architecture = "examples/reference_architecture.rs",
    scaffold_group = "examples/scaffold_group.rs",
    twins = "examples/twins.rs",
}

#[path = "../../../docs/programs/accounts_and_regions.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod accounts_and_regions;

#[path = "../../../docs/programs/events_and_sources.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod events_and_sources;

#[path = "../../../docs/programs/first_pipeline.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod first_pipeline;

#[path = "../../../docs/programs/limits.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod limits;

#[path = "../../../docs/programs/out_of_reach.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod out_of_reach;

#[path = "../../../docs/programs/own_action_type.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod own_action_type;

#[path = "../../../docs/programs/own_construct.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod own_construct;

#[path = "../../../docs/programs/own_provider.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod own_provider;

#[path = "../../../docs/programs/stores_and_keys.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod stores_and_keys;

#[path = "../../../examples/codecommit_two_accounts.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod codecommit_two_accounts;

#[path = "../../../examples/containers.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod containers;

#[path = "../../../examples/cross_account.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod cross_account;

#[path = "../../../examples/cross_region.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod cross_region;

#[path = "../../../examples/custom_construct.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod custom_construct;

#[path = "../../../examples/imported_stores.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod imported_stores;

#[path = "../../../examples/instances.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod instances;

#[path = "../../../examples/many_accounts.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod many_accounts;

#[path = "../../../examples/multi_account_ci.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod multi_account_ci;

#[path = "../../../examples/partitions.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod partitions;

#[path = "../../../examples/projects_and_roles.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod projects_and_roles;

#[path = "../../../examples/reference_architecture.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod reference_architecture;

#[path = "../../../examples/scaffold_group.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod scaffold_group;

#[path = "../../../examples/twins.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod twins;

#[path = "../../../docs/programs/triggers.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod triggers;
