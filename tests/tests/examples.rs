//! The assemblies of the examples, file by file, in `snapshots/EXAMPLE/`; those of `cross_account` and `scaffold_group`
//! stand with more that is said about them in `assembly.rs` and `groups.rs`.
//!
//! After a change that is meant, `INSTA_UPDATE=always cargo test --package construct-tests --test examples` writes them
//! anew: read what `git diff` says.

use std::collections::BTreeSet;
use std::path::Path;

use construct_core::{App, short_hash};
use construct_tests::{names_in, programs};

/// An assembly with more files than this is held as the list of its files; their like stand in the other snapshots.
const MANY: usize = 40;

fn stays_as_it_was(example: &str, app: App) {
    let files = programs::assembly(app).files();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(example);
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path(&folder);
    let held: Vec<(String, String)> = if files.len() > MANY {
        let line = |(name, text): &(String, String)| format!("{} {:>7} {name}\n", short_hash([text]), text.len());
        vec![("files".into(), files.iter().map(line).collect())]
    } else {
        files
    };
    let names: BTreeSet<&str> = held.iter().map(|(name, _)| &**name).collect();
    for (name, text) in &held {
        settings.bind(|| insta::assert_snapshot!(name.as_str(), text));
    }
    let stored = names_in(&folder);
    let stored: BTreeSet<&str> = stored.iter().filter_map(|name| name.strip_suffix(".snap")).collect();
    assert!(stored.is_subset(&names), "snapshots of files that there are no more: remove them: {stored:#?}");
}

macro_rules! examples {
    ($($example:ident = $file:literal;)+) => {$(
        #[path = $file]
        #[expect(dead_code, unreachable_pub, reason = "a program, which is not written to be a module")]
        mod $example;

        #[test]
        fn $example() {
            stays_as_it_was(stringify!($example), $example::app());
        }
    )+};
}

examples! {
    codecommit_two_accounts = "../../examples/codecommit_two_accounts.rs";
    containers = "../../examples/containers.rs";
    cross_region = "../../examples/cross_region.rs";
    custom_construct = "../../examples/custom_construct.rs";
    imported_stores = "../../examples/imported_stores.rs";
    instances = "../../examples/instances.rs";
    many_accounts = "../../examples/many_accounts.rs";
    multi_account_ci = "../../examples/multi_account_ci.rs";
    partitions = "../../examples/partitions.rs";
    projects_and_roles = "../../examples/projects_and_roles.rs";
    reference_architecture = "../../examples/reference_architecture.rs";
    twins = "../../examples/twins.rs";
}

#[test]
fn no_example_is_forgotten() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let held: BTreeSet<String> = names_in(&root.join("tests/snapshots")).into_iter().collect();
    for file in names_in(&root.join("../examples")) {
        let example = file.trim_end_matches(".rs");
        // The main example's files stand in the folder itself.
        assert!(example == "cross_account" || held.contains(example), "`{example}` has no snapshot");
    }
}
