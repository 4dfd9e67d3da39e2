//! Stores and roles that the user gave.
//!
//! Codes: `store::foreign-handle`, `store::wrong-region`, `store::wrong-account`, `store::key-required`,
//! `store::key-in-other-region`, `store::alias-of-another-account`, `store::not-given`, `store::duplicate-replica`,
//! `store::one-log-bucket`, `store::unused-replica`, `store::unused-settings`, `store::replica-at-home`,
//! `store::same-folder`, `store::imported-by-each`, `store::alias-written-across-accounts`, `role::in-other-account`,
//! `role::foreign-handle`, `role::passed-across-accounts`, `role::reads-across-accounts`, `role::unused-permissions`, and
//! what buckets and keys say of their settings.

use std::collections::BTreeSet;

use construct_core::{Diagnostic, Diagnostics, Env, Region, StackRef};
use construct_iam::Arn;

use crate::flow;
use crate::names::{FOLDER_CHARACTERS, folder_of, listed};
use crate::provider::GivenRole;
use crate::resolve::{Resolved, ResolvedAction};
use crate::sharing;
use crate::store::{GivenStore, KeyReference, StoreSettings};

pub(super) fn check(resolved: &Resolved<'_>, stack: Option<StackRef>, findings: &mut Diagnostics) {
    let (pipeline, home) = (resolved.pipeline, resolved.home.region);
    if let Some(store) = &pipeline.store {
        given_store(resolved, store, home, findings);
    }
    let regions = flow::regions(resolved);
    replicas(resolved, &regions, findings);
    let mut not_given_in = regions.iter().filter(|region| pipeline.given_store(**region, home).is_none());
    if pipeline.only_given_stores {
        findings.extend(not_given_in.clone().map(|region| not_given(resolved, *region)));
    }
    let settings = &pipeline.store_settings;
    if pipeline.group.is_none() && *settings != StoreSettings::default() {
        // The stores say so too, and are not heard where the pipeline has another mistake.
        findings.extend(settings.problems());
        if not_given_in.next().is_none() {
            let message = "the pipeline has store settings, but all of its stores are given";
            let help = "give the settings to the `ArtifactStore`; an imported store is kept by its owner";
            findings.push(Diagnostic::warning("store::unused-settings", message).help(help));
        }
    }
    one_log_bucket(resolved, &regions, findings);
    neighbours(resolved, findings);
    given_roles(resolved, findings);
    if pipeline.key_reference == KeyReference::Alias {
        alias_writers(resolved, stack, findings);
    }
}

/// The stores that are given for other regions, or for all of them together.
fn replicas(resolved: &Resolved<'_>, regions: &BTreeSet<Region>, findings: &mut Diagnostics) {
    let (pipeline, home) = (resolved.pipeline, resolved.home.region);
    let mut seen = BTreeSet::new();
    for (name, store) in &pipeline.replicas {
        let region = match Region::parse(name) {
            Ok(region) => region,
            Err(problem) => {
                let found = Diagnostic::error(problem.code(), problem.to_string()).help(problem.help());
                findings.push(said_at(store, found));
                continue;
            }
        };
        if pipeline.stores_by_region {
            // They stand together, whatever runs where.
        } else if region == home {
            let message = format!("a replica store is given for {region}, the pipeline's own region");
            let help = "give that store with `.artifact_store(…)`";
            findings.push(said_at(store, Diagnostic::error("store::replica-at-home", message).help(help)));
        } else if !regions.contains(&region) && env_of(resolved, store).is_none_or(|env| env.region == region) {
            let message = format!("a replica store is given for {region}, where no action runs");
            findings.push(said_at(store, Diagnostic::warning("store::unused-replica", message).help("leave it out")));
        }
        if !seen.insert(region) {
            let message = format!("two replica stores are given for {region}");
            let found = Diagnostic::error("store::duplicate-replica", message);
            findings.push(said_at(store, found.help("a region has one store; keep one")));
        }
        given_store(resolved, store, region, findings);
    }
}

/// That the roles of other pipelines reach the artifacts of this one. Of all that do, the second of the program says so.
fn neighbours(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let (pipeline, view) = (resolved.pipeline, resolved.view);
    for store in pipeline.given_stores() {
        let reaches = |other: &str| match store {
            GivenStore::Placed(_) => folder_of(other) == folder_of(&pipeline.name),
            GivenStore::Imported(_) => true,
        };
        let Some(users) = sharing::as_second(store, resolved.at, view, reaches) else { continue };
        let names: Vec<&str> = users.iter().map(|(name, _)| *name).collect();
        let names = listed(&names);
        let found = match store {
            GivenStore::Placed(store) => Diagnostic::warning(
                "store::same-folder",
                format!(
                    "{names} begin with the same {FOLDER_CHARACTERS} characters, after which CodePipeline names the folders of their artifacts, so in the store `{}` the roles of each reach the artifacts of the others",
                    view.path_of(store.bucket()),
                ),
            )
            .help("give them different stores, or names that begin otherwise"),
            GivenStore::Imported(store) => Diagnostic::warning(
                "store::imported-by-each",
                format!(
                    "{names} import the bucket `{}` each for itself, so the roles of each reach the artifacts of the others",
                    store.bucket_name().unwrap_or_default(),
                ),
            )
            .at(store.location)
            .help("import it once, as in `let store = scope.add(\"Store\", ImportedArtifactStore::new(…))`, and give that to all of them: then each reaches its own folder"),
        };
        let others = users.iter().filter(|(_, at)| *at != resolved.at);
        let others: Vec<&str> = others.map(|(_, at)| view.path_of(*at)).collect();
        findings.push(found.note(format!("the others are {}", listed(&others)), None));
    }
}

/// That stores of several regions write their access logs to one bucket.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html>
fn one_log_bucket(resolved: &Resolved<'_>, regions: &BTreeSet<Region>, findings: &mut Diagnostics) {
    let (pipeline, group) = (resolved.pipeline, resolved.membership.as_ref().map(|membership| &membership.group));
    let settings = group.map_or(&pipeline.store_settings, |group| &group.settings);
    let is_made = |region: &&Region| group.is_some() || pipeline.given_store(**region, resolved.home.region).is_none();
    let made: Vec<&str> = regions.iter().filter(is_made).map(Region::as_str).collect();
    if made.len() > 1 && settings.logs_to_one_bucket() {
        let message = format!(
            "the stores in {} write their access logs to one bucket, and S3 takes none from other regions than the bucket's",
            made.join(", ")
        );
        let help = "name a bucket of each region, as in `Value::<kind::Name>::new(text!(\"logs-{}\", Pseudo::Region))`, or leave `.access_log_bucket(…)` out";
        findings.push(Diagnostic::error("store::one-log-bucket", message).help(help));
    }
}

/// A finding at the line that says what store it is; one of the tree is given with the pipeline.
fn said_at(store: &GivenStore, finding: Diagnostic) -> Diagnostic {
    match store {
        GivenStore::Imported(store) => finding.at(store.location),
        GivenStore::Placed(_) => finding,
    }
}

/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineDeclaration.html>
fn not_given(resolved: &Resolved<'_>, region: Region) -> Diagnostic {
    let (needed, at) = match resolved.actions.iter().find(|action| action.known.env.region == region) {
        Some(action) => (format!("in which {} runs", action.words()), Some(action.action.location)),
        None => ("the pipeline's own region".to_owned(), None),
    };
    let message = format!("the stores are given, and none of them is for {region}, {needed}");
    let finding = Diagnostic::error("store::not-given", message).help(
        "give one for each region in which an action runs, and for the pipeline's own: CodePipeline refuses others",
    );
    match at {
        Some(at) => finding.at(at),
        None => finding,
    }
}

/// Where a store stands, as far as that is known.
fn env_of(resolved: &Resolved<'_>, store: &GivenStore) -> Option<Env> {
    let home = resolved.home;
    match store {
        GivenStore::Imported(store) => store
            .region()
            .map_or(Some(home.region), |name| Region::parse(name).ok())
            .map(|region| Env { region, ..home }),
        GivenStore::Placed(store) => {
            resolved.view.owns(store.bucket()).then(|| resolved.view.env_of(store.bucket())).flatten()
        }
    }
}

fn given_store(resolved: &Resolved<'_>, store: &GivenStore, region: Region, findings: &mut Diagnostics) {
    let home = resolved.home;
    if matches!(store, GivenStore::Placed(store) if !resolved.view.owns(store.bucket())) {
        findings.push(
            Diagnostic::error("store::foreign-handle", "the store belongs to another app")
                .help("use handles only with the app that returned them"),
        );
        return;
    }
    let env = env_of(resolved, store);
    if let Some(env) = env
        && env.region != region
    {
        let message = format!("the store given for {region} is in {}", env.region);
        let help = "a store is in the region of the actions that use it";
        findings.push(said_at(store, Diagnostic::error("store::wrong-region", message).help(help)));
    }
    if let Some(env) = env
        && env.account != home.account
    {
        let message = format!("the store for {region} is in account {}, the pipeline in {}", env.account, home.account);
        let help = "a store is in the account of its pipeline, whatever the accounts of the actions";
        findings.push(Diagnostic::error("store::wrong-account", message).help(help));
    }
    if let GivenStore::Imported(imported) = store
        && let Some(key) = imported.key_arn().and_then(|arn| Arn::parse(arn.literal()?).ok())
        && let Some(env) = env
        && !key.region_name().is_empty()
        && key.region_name() != env.region.as_str()
    {
        let message =
            format!("the key of the store for {region} is in {}, the bucket in {}", key.region_name(), env.region);
        let help = "a key encrypts in its own region only: name the key of that region";
        findings.push(said_at(store, Diagnostic::error("store::key-in-other-region", message).help(help)));
    }
    foreign_alias(resolved, store, region, findings);
    key_required(resolved, store, region, findings);
}

/// That a key is named by an alias that CodePipeline would look for in the pipeline's own account.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_EncryptionKey.html>
fn foreign_alias(resolved: &Resolved<'_>, store: &GivenStore, region: Region, findings: &mut Diagnostics) {
    if let GivenStore::Imported(imported) = store
        && let Some(key) = imported.key_arn().and_then(|arn| Arn::parse(arn.literal()?).ok())
        && key.resource().starts_with("alias/")
        && key.account() != resolved.home.account.as_str()
    {
        let message = format!(
            "the key of the store for {region} is named by an alias of account {}, which AWS documents for keys of the pipeline's account only",
            key.account()
        );
        let help = "name the key by its own ARN, `.key(\"arn:aws:kms:…:key/…\")`";
        findings.push(said_at(store, Diagnostic::warning("store::alias-of-another-account", message).help(help)));
    }
}

/// That artifacts cross accounts in a store without a key that can.
fn key_required(resolved: &Resolved<'_>, store: &GivenStore, region: Region, findings: &mut Diagnostics) {
    let has_key = match store {
        GivenStore::Placed(store) => store.key().is_some(),
        GivenStore::Imported(store) => store.key_arn().is_some(),
    };
    if !has_key && let Some(action) = flow::crossing(resolved, region) {
        let message = format!(
            "{} reads or writes artifacts in account {}, but the store for {region} has no customer-managed key",
            action.words(),
            action.known.env.account
        );
        let is_imported = match store {
            GivenStore::Imported(_) => true,
            GivenStore::Placed(placed) => resolved.view.imports(placed.bucket()).is_some(),
        };
        let help = if is_imported {
            "name the key with `.key(\"arn:aws:kms:…:key/…\")`: other accounts cannot use the AWS-managed one"
        } else {
            "leave `.aws_managed_key()` out: other accounts cannot use the AWS-managed one"
        };
        findings.push(Diagnostic::error("store::key-required", message).at(action.action.location).help(help));
    }
}

fn given_roles(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let home = resolved.home;
    if let Some(role) = &resolved.pipeline.role {
        if is_foreign_handle(role, resolved) {
            findings.push(stray());
        } else if let Some(problem) = role.problem(home) {
            findings.push(problem);
        } else if let Some(env) = role.env(resolved.view, home)
            && env.account != home.account
        {
            let message =
                format!("the pipeline's role is in account {}, the pipeline in {}", env.account, home.account);
            let help = "give it a role of its own account; actions in other accounts have roles of their own";
            findings.push(Diagnostic::error("role::in-other-account", message).help(help));
        }
    }
    resolved.actions.iter().for_each(|action| roles_of_action(resolved, action, findings));
}

pub(super) fn is_foreign_handle(role: &GivenRole, resolved: &Resolved<'_>) -> bool {
    matches!(role, GivenRole::Placed(role) if !resolved.view.owns(*role))
}

pub(super) fn stray() -> Diagnostic {
    Diagnostic::error("role::foreign-handle", "the role belongs to another app")
        .help("use handles only with the app that returned them")
}

fn roles_of_action(resolved: &Resolved<'_>, action: &ResolvedAction<'_>, findings: &mut Diagnostics) {
    let at = action.action.location;
    let passed = action.known.spec.passes.as_ref().and_then(|passed| passed.given.as_ref());
    if action.action.role.as_ref().is_some_and(|role| is_foreign_handle(role, resolved)) {
        findings.push(stray().at(at));
    }
    let readers = || action.known.spec.readers.iter().flatten();
    for role in [action.action.role.as_ref(), passed].into_iter().flatten().chain(readers()) {
        if let Some(problem) = role.problem(resolved.home) {
            findings.push(problem.at(at));
        }
    }
    readers().for_each(|role| reader(resolved, action, role, findings));
    let Some(given) = passed else { return };
    if is_foreign_handle(given, resolved) {
        findings.push(stray().at(at));
    } else if let Some(env) = given.env(resolved.view, resolved.home)
        && env.account != action.known.env.account
    {
        let message = format!(
            "{} runs in account {} and passes on a role of account {}",
            action.words(),
            action.known.env.account,
            env.account
        );
        let help = "a role can be passed within its own account only: give the action `.account(…)` or the deployment another role";
        findings.push(Diagnostic::error("role::passed-across-accounts", message).at(at).help(help));
    } else if given.problem(resolved.home).is_none()
        && let Some(passes) = &action.known.spec.passes
        && !(passes.permissions.is_empty() && passes.managed_policies.is_empty())
    {
        let message =
            format!("{} passes on a role that is given, so the permissions that it names are nobody's", action.words());
        let help = "attach them to the role with `scope.attach(role, PolicyStatement::allow(…))`; the owner of an imported role gives it what it needs";
        findings.push(Diagnostic::warning("role::unused-permissions", message).at(at).help(help));
    }
}

/// A role to which the service of an action hands the artifacts on.
fn reader(resolved: &Resolved<'_>, action: &ResolvedAction<'_>, role: &GivenRole, findings: &mut Diagnostics) {
    let (at, runs_in) = (action.action.location, action.known.env.account);
    if is_foreign_handle(role, resolved) {
        findings.push(stray().at(at));
    } else if let Some(env) = role.env(resolved.view, resolved.home)
        && env.account != runs_in
    {
        let message = format!(
            "{} runs in account {runs_in} and hands its artifacts on to a role of account {}",
            action.words(),
            env.account
        );
        let help = "those who work for an action have roles of the account in which it runs: name such a role, or give the action `.account(…)`";
        findings.push(Diagnostic::error("role::reads-across-accounts", message).at(at).help(help));
    }
}

/// CodePipeline's documentation recognises aliases only in the account that made the key. Reading needs no name of the
/// key, writing does. <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_EncryptionKey.html>
fn alias_writers(resolved: &Resolved<'_>, stack: Option<StackRef>, findings: &mut Diagnostics) {
    let home = resolved.home;
    // The store of a group may stand in another stack of the same place.
    let of_group = resolved.membership.as_ref().map(|membership| resolved.view.stack_of(membership.handle));
    let home_is_elsewhere = resolved.pipeline.store.is_none() && of_group.is_some_and(|of_group| of_group != stack);
    let is_elsewhere = |region: Region| match region == home.region {
        true => home_is_elsewhere,
        false => resolved.pipeline.given_store(region, home.region).is_none(),
    };
    let writes = |action: &&ResolvedAction<'_>| {
        action.is_foreign(home) && is_elsewhere(action.known.env.region) && !action.known.spec.outputs.is_empty()
    };
    for action in resolved.actions.iter().filter(writes) {
        let message = format!(
            "{} writes artifacts from account {} into the store of {}, whose key is in another stack and named by its alias",
            action.words(),
            action.known.env.account,
            action.known.env.region
        );
        let help = "AWS documents aliases for the key's own account only; name the key exactly with `.key_reference(KeyReference::Exact)`";
        let diagnostic = Diagnostic::warning("store::alias-written-across-accounts", message);
        findings.push(diagnostic.at(action.action.location).help(help));
    }
}
