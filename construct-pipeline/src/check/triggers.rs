//! Triggers at connected repositories.
//!
//! Codes: `trigger::v2-only`, `trigger::too-many`, `trigger::unknown-source`, `trigger::duplicate-source`,
//! `trigger::too-many-filters`, `trigger::filter-combination`, `trigger::no-pattern`, `trigger::too-many-patterns`,
//! `trigger::malformed-pattern`.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_GitConfiguration.html>

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use construct_core::{Diagnostic, Diagnostics};

use super::structure::too_many;
use crate::pipeline::PipelineType;
use crate::quota;
use crate::resolve::{Resolved, ResolvedAction};
use crate::trigger::{GitPushFilter, GitTrigger, GlobPatterns};

/// Characters of a pattern, as the API validates them.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_GitBranchFilterCriteria.html>
const PATTERN: RangeInclusive<usize> = 1..=255;

pub(super) fn check(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let pipeline = resolved.pipeline;
    let (n, most) = (pipeline.triggers.len(), resolved.view.quota(&quota::TRIGGERS));
    if n > most {
        findings.push(too_many(&quota::TRIGGERS, "the pipeline", n, most));
    }
    let mut seen = BTreeMap::new();
    for trigger in &pipeline.triggers {
        let (at, source) = (trigger.location, &trigger.source_action);
        if pipeline.pipeline_type == PipelineType::V1 {
            let message = format!("the trigger at `{source}` needs a pipeline of type V2");
            let help = "leave `.pipeline_type(PipelineType::V1)` out";
            findings.push(Diagnostic::error("trigger::v2-only", message).at(at).help(help));
        }
        let connections = || {
            let is_connection = |action: &&ResolvedAction<'_>| action.known.spec.provider == "CodeStarSourceConnection";
            resolved.actions.iter().filter(is_connection).map(|action| &action.action.name)
        };
        if !connections().any(|name| name == source) {
            let message = format!("the trigger is at `{source}`, which is no source through a connection");
            let help = match connections().next() {
                Some(name) => format!("name an action that is one: `GitTrigger::new({name:?})`"),
                None => {
                    "only the action of a `ConnectionSource` has triggers; other sources start the pipeline without"
                        .into()
                }
            };
            findings.push(Diagnostic::error("trigger::unknown-source", message).at(at).help(help));
        }
        if let Some(first) = seen.insert(source, at) {
            let message = format!("the source action `{source}` has two triggers");
            findings.push(
                Diagnostic::error("trigger::duplicate-source", message)
                    .at(at)
                    .note("the first is made here", Some(first))
                    .help("add its filters to the first one: one of them must hold"),
            );
        }
        filters(trigger, resolved, findings);
    }
}

fn filters(trigger: &GitTrigger, resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let at = trigger.location;
    let (most_filters, most_patterns) = (resolved.view.quota(&quota::FILTERS), resolved.view.quota(&quota::PATTERNS));
    for (n, what) in [(trigger.push.len(), "pushes"), (trigger.pull_request.len(), "pull requests")] {
        if n > most_filters {
            let message = format!("the trigger has {n} filters of {what}; CodePipeline takes at most {most_filters}");
            findings.push(Diagnostic::error(quota::FILTERS.code, message).at(at).help(quota::FILTERS.help));
        }
    }
    combinations(trigger, findings);
    for GlobPatterns { includes, excludes } in trigger.patterns() {
        if includes.is_empty() && excludes.is_empty() {
            let message = "a filter of the trigger has no pattern";
            let help = "add one with `.include(…)` or `.exclude(…)`, or leave the filter out";
            findings.push(Diagnostic::error("trigger::no-pattern", message).at(at).help(help));
        }
        for patterns in [includes, excludes] {
            if patterns.len() > most_patterns {
                let subject = "a filter of the trigger";
                findings.push(too_many(&quota::PATTERNS, subject, patterns.len(), most_patterns).at(at));
            }
            for pattern in patterns.iter().filter(|pattern| !PATTERN.contains(&pattern.chars().count())) {
                let message = format!("`{}` is no pattern", pattern.escape_debug());
                let help = "patterns have 1 to 255 characters";
                findings.push(Diagnostic::error("trigger::malformed-pattern", message).at(at).help(help));
            }
        }
    }
}

/// What a filter may be made of. CodePipeline refuses other filters of pushes ("choose valid filter combinations",
/// <https://github.com/hashicorp/terraform-provider-aws/issues/43105>); of pull requests that is documented, no more.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-filter.html>
fn combinations(trigger: &GitTrigger, findings: &mut Diagnostics) {
    const CODE: &str = "trigger::filter-combination";
    let at = trigger.location;
    for GitPushFilter { branches, file_paths, tags } in &trigger.push {
        let (what, help) = match (branches, file_paths, tags) {
            (_, _, None) if branches.is_some() => continue,
            (None, None, Some(_)) => continue,
            (_, _, Some(_)) => {
                let with = if branches.is_some() { "branches" } else { "file paths" };
                (format!("has tags and {with}"), "give the tags a filter of their own with another `.push(…)`")
            }
            (_, Some(_), None) => ("has file paths without branches".into(), "say for which branches, `**` for all"),
            (_, None, None) => ("is empty".into(), "say which with `.branches(…)` or `.tags(…)`, or leave it out"),
        };
        findings.push(Diagnostic::error(CODE, format!("a filter of pushes {what}")).at(at).help(help));
    }
    for filter in trigger.pull_request.iter().filter(|filter| filter.branches.is_none()) {
        let what = if filter.file_paths.is_some() { "file paths without branches" } else { "no branches" };
        let message = format!("a filter of pull requests has {what}");
        let help = "say into which branches with `.branches(…)`, `**` for all: AWS documents no filter without";
        findings.push(Diagnostic::warning(CODE, message).at(at).help(help));
    }
}
