//! Conditions of stages and their rules.
//!
//! Codes: `condition::too-many`, `condition::no-rule`, `condition::too-many-rules`, `condition::result`,
//! `condition::retry-and-condition`, `condition::rollback-in-parallel`, `rule::malformed-name`, `rule::unknown-provider`,
//! `rule::malformed-configuration`, `rule::malformed-command`, `rule::too-many-commands`, `rule::unknown-artifact`.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html>

use std::ops::RangeInclusive;

use construct_core::{Diagnostic, Expr};

use super::structure::too_many;
use super::{Findings, is_name};
use crate::artifact::Artifact;
use crate::condition::{Condition, ConditionRule, StageResult};
use crate::pipeline::ExecutionMode;
use crate::quota;
use crate::resolve::Resolved;
use crate::stage::Stage;

/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference.html>, as of 2026-11.
const PROVIDERS: [&str; 6] =
    ["CloudWatchAlarm", "CodeBuild", "Commands", "DeploymentWindow", "LambdaInvoke", "VariableCheck"];
/// The lists of conditions have one each, whatever anybody's quota.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_BeforeEntryConditions.html>
const CONDITIONS: usize = 1;
/// Characters of a command, of a key and of a value of the configuration, as the API validates them.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_RuleDeclaration.html>
const COMMAND: RangeInclusive<usize> = 1..=1_000;
const KEY: RangeInclusive<usize> = 1..=50;
const VALUE: RangeInclusive<usize> = 1..=10_000;

pub(super) fn check(resolved: &Resolved<'_>, findings: &mut Findings) {
    for stage in &resolved.pipeline.stages {
        counts(stage, resolved, findings);
        results(stage, resolved, findings);
        for condition in stage.conditions() {
            one(stage, condition, resolved, findings);
            condition.rules.iter().for_each(|one| rule(one, resolved, findings));
        }
    }
}

fn counts(stage: &Stage, resolved: &Resolved<'_>, findings: &mut Findings) {
    let on_failure = stage.on_failure.as_ref().map_or(0, |on_failure| on_failure.conditions.len());
    let counts = [
        ("before its entry", stage.before_entry.len()),
        ("on success", stage.on_success.len()),
        ("on failure", on_failure),
    ];
    for (when, n) in counts {
        if n > CONDITIONS {
            let message = format!("the stage `{}` has {n} conditions {when}; CodePipeline takes one", stage.name);
            let most = resolved.view.quota(&quota::RULES);
            let help = format!("put the rules into one condition, which has up to {most}");
            findings.push(Diagnostic::error("condition::too-many", message).at(stage.location).help(help));
        }
    }
}

/// The documentation lists the results of each place, the API takes all of them in each: hence warnings.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works-conditions.html>
fn results(stage: &Stage, resolved: &Resolved<'_>, findings: &mut Findings) {
    use StageResult::{Fail, Rollback, Skip};
    let at = stage.location;
    let places = [
        ("before its entry", &stage.before_entry, [Fail, Skip], "fail and skip"),
        ("on success", &stage.on_success, [Rollback, Fail], "rollback and fail"),
    ];
    for (when, conditions, allowed, words) in places {
        for result in conditions.iter().filter_map(|condition| condition.result) {
            if !allowed.contains(&result) {
                let message = format!("the condition of `{}` {when} has the result {}", stage.name, result.as_str());
                let help = format!("AWS documents {words} for this place");
                findings.push(Diagnostic::warning("condition::result", message).at(at).help(help));
            }
        }
    }
    let on_failure = stage.on_failure.as_ref();
    if on_failure.is_some_and(|on_failure| on_failure.retry.is_some() && !on_failure.conditions.is_empty()) {
        let message = format!("the stage `{}` has a retry and a condition on failure", stage.name);
        let help = "keep one of them: AWS documents that they exclude each other";
        findings.push(Diagnostic::warning("condition::retry-and-condition", message).at(at).help(help));
    }
    let of_conditions = stage.conditions().filter_map(|condition| condition.result);
    let mut all = of_conditions.chain(on_failure.and_then(|on_failure| on_failure.result));
    if resolved.pipeline.execution_mode == Some(ExecutionMode::Parallel) && all.any(|result| result == Rollback) {
        let message = format!("the stage `{}` is to be rolled back, which the mode PARALLEL cannot", stage.name);
        let help = "use another execution mode, or another result";
        findings.push(Diagnostic::error("condition::rollback-in-parallel", message).at(at).help(help));
    }
}

fn one(stage: &Stage, condition: &Condition, resolved: &Resolved<'_>, findings: &mut Findings) {
    let n = condition.rules.len();
    if n == 0 {
        let message = format!("a condition of the stage `{}` has no rule", stage.name);
        let help = "add one with `.rule(…)`";
        findings.push(Diagnostic::error("condition::no-rule", message).at(stage.location).help(help));
    }
    let most = resolved.view.quota(&quota::RULES);
    if n > most {
        let subject = format!("a condition of the stage `{}`", stage.name);
        findings.push(too_many(&quota::RULES, &subject, n, most).at(stage.location));
    }
}

fn rule(rule: &ConditionRule, resolved: &Resolved<'_>, findings: &mut Findings) {
    let mut push = |diagnostic: Diagnostic| findings.push(diagnostic.at(rule.location));
    if !is_name(&rule.name, ".@_-", 100) {
        let message = format!("`{}` is no name of a rule", rule.name.escape_debug());
        push(Diagnostic::error("rule::malformed-name", message).help("use 1 to 100 letters, digits and `.@_-`"));
    }
    if !PROVIDERS.contains(&&*rule.provider) {
        let message = format!("`{}` is no provider of rules known here", rule.provider.escape_debug());
        push(
            Diagnostic::warning("rule::unknown-provider", message).help(format!("known are {}", PROVIDERS.join(", "))),
        );
    }
    let (n, most) = (rule.commands.len(), resolved.view.quota(&quota::COMMANDS_OF_A_RULE));
    if n > most {
        push(too_many(&quota::COMMANDS_OF_A_RULE, "the rule", n, most));
    }
    for (key, value) in rule.configuration.iter() {
        let length = match value {
            Expr::Str(text) => text.chars().count(),
            // What is not known yet is not refused.
            _ => *VALUE.start(),
        };
        if !KEY.contains(&key.chars().count()) || !VALUE.contains(&length) {
            let message = format!("`{}` of the rule `{}` has {length} characters", key.escape_debug(), rule.name);
            push(
                Diagnostic::error("rule::malformed-configuration", message)
                    .help("keys have 1 to 50 characters, values 1 to 10,000"),
            );
        }
    }
    for command in rule.commands.iter().filter(|command| !COMMAND.contains(&command.chars().count())) {
        let message = format!("a command of the rule has {} characters", command.chars().count());
        let help = "commands have 1 to 1,000 characters; put longer ones into a script of an input artifact";
        push(Diagnostic::error("rule::malformed-command", message).help(help));
    }
    for input in &rule.inputs {
        let is_written = |artifact: &Artifact| artifact == input;
        if !resolved.actions.iter().flat_map(|action| &action.known.spec.outputs).any(is_written) {
            let message = format!("the rule `{}` reads `{}`, which no action writes", rule.name, input.name());
            let help = "give the artifact to an earlier action as its output";
            push(Diagnostic::error("rule::unknown-artifact", message).help(help));
        }
    }
}
