//! Triggers at connected repositories.
//!
//! Codes: `trigger::v2-only`, `trigger::too-many`, `trigger::unknown-source`, `trigger::duplicate-source`,
//! `trigger::too-many-filters`, `trigger::no-pattern`, `trigger::too-many-patterns`, `trigger::malformed-pattern`.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_GitConfiguration.html>

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use construct_core::Diagnostic;

use super::Findings;
use super::structure::too_many;
use crate::pipeline::PipelineType;
use crate::quota;
use crate::resolve::Resolved;
use crate::trigger::{GitTrigger, GlobPatterns};

/// Characters of a pattern, as the API validates them.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_GitBranchFilterCriteria.html>
const PATTERN: RangeInclusive<usize> = 1..=255;

pub(super) fn check(resolved: &Resolved<'_>, findings: &mut Findings) {
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
        let is_source = |name: &str, provider: &str| name == source && provider == "CodeStarSourceConnection";
        if !resolved.actions.iter().any(|action| is_source(&action.action.name, &action.known.spec.provider)) {
            let message = format!("the trigger is at `{source}`, which is no source through a connection");
            let help = "name the action of a `ConnectionSource`: only connections have triggers";
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

fn filters(trigger: &GitTrigger, resolved: &Resolved<'_>, findings: &mut Findings) {
    let at = trigger.location;
    let (most_filters, most_patterns) = (resolved.view.quota(&quota::FILTERS), resolved.view.quota(&quota::PATTERNS));
    for (n, what) in [(trigger.push.len(), "pushes"), (trigger.pull_request.len(), "pull requests")] {
        if n > most_filters {
            let message = format!("the trigger has {n} filters of {what}; CodePipeline takes at most {most_filters}");
            findings.push(Diagnostic::error(quota::FILTERS.code, message).at(at).help(quota::FILTERS.help));
        }
    }
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
