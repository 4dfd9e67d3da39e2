//! Pipelines of groups.
//!
//! Codes: `group::foreign-handle`, `group::other-environment`, `group::store-settings`.

use construct_core::{Diagnostic, Diagnostics};

use crate::resolve::Resolved;
use crate::store::StoreSettings;

pub(super) fn check(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let (home, view, pipeline) = (resolved.home, resolved.view, resolved.pipeline);
    let Some(group) = pipeline.group else { return };
    if !view.owns(group) {
        findings.push(
            Diagnostic::error("group::foreign-handle", "the group belongs to another app")
                .help("use handles only with the app that returned them"),
        );
        return;
    }
    if let Some(env) = view.env_of(group)
        && env != home
    {
        let message = format!("the pipeline is in {home}, its group `{}` in {env}", view.path_of(group));
        let help = "add a group in the pipeline's own account and region; groups of one name may stand in several";
        findings.push(Diagnostic::error("group::other-environment", message).help(help));
    }
    if pipeline.store_settings != StoreSettings::default() {
        let message = "the pipeline has store settings, but its stores are those of its group";
        let help = "give the settings to the `ScaffoldGroup`";
        findings.push(Diagnostic::error("group::store-settings", message).help(help));
    }
}
