//! Conditions of stages and their rules.
//!
//! Codes: `condition::v2-only`, `condition::too-many`, `condition::no-rule`, `condition::too-many-rules`,
//! `condition::result`, `condition::retry-and-condition`, `condition::rollback-in-parallel`,
//! `condition::rollback-of-sources`, `rule::malformed-name`, `rule::malformed-provider`, `rule::malformed-version`, `rule::unknown-provider`, `rule::unknown-operator`,
//! `rule::malformed-cron`, `rule::missing-configuration`, `rule::malformed-configuration`, `rule::unknown-region`,
//! `rule::works-elsewhere`, `rule::malformed-command`, `rule::too-many-commands`, `rule::unknown-artifact`, `rule::read-too-early`.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html>

use std::ops::RangeInclusive;

use construct_core::{Diagnostic, Diagnostics, Env, Expr, Region};

use super::misnamed;
use super::stores::{is_foreign_handle, stray};
use super::structure::too_many;
use crate::condition::{Condition, ConditionRule, StageResult};
use crate::pipeline::{ExecutionMode, PipelineType};
use crate::quota;
use crate::resolve::{Resolved, ResolvedAction};
use crate::stage::Stage;

/// The providers of rules, and what the configuration of each must have.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference.html>, as of 2026-11.
const PROVIDERS: [(&str, &[&str]); 6] = [
    ("CloudWatchAlarm", &["AlarmName"]),
    ("CodeBuild", &["ProjectName"]),
    ("Commands", &[]),
    ("DeploymentWindow", &["Cron"]),
    ("LambdaInvoke", &["FunctionName"]),
    ("VariableCheck", &["Variable", "Operator", "Value"]),
];
/// Seconds, minutes, hours, day of the month, month, day of the week, and the year or nothing.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-DeploymentWindow.html>
const CRON_FIELDS: RangeInclusive<usize> = 6..=7;
/// How the rule VariableCheck compares.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-VariableCheck.html>, as of 2026-11.
const OPERATORS: [&str; 4] = ["EQ", "NE", "CONTAINS", "MATCHES"];
/// The rules by which a stage can be skipped.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html>
const SKIPPING: [&str; 2] = ["LambdaInvoke", "VariableCheck"];
/// The lists of conditions have one each, whatever anybody's quota.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_BeforeEntryConditions.html>
const CONDITIONS: usize = 1;
/// Characters of a command, of a key and of a value of the configuration, as the API validates them.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_RuleDeclaration.html>
const COMMAND: RangeInclusive<usize> = 1..=1_000;
const KEY: RangeInclusive<usize> = 1..=50;
const VALUE: RangeInclusive<usize> = 1..=10_000;

pub(super) fn check(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    for (at, stage) in resolved.pipeline.stages.iter().enumerate() {
        needs_v2(stage, resolved, findings);
        counts(stage, resolved, findings);
        results(stage, findings);
        rollback(stage, resolved, findings);
        for condition in stage.conditions() {
            one(stage, condition, resolved, findings);
            condition.rules.iter().for_each(|one| rule(one, resolved, findings));
        }
        stage.rules(at).for_each(|(rule, stages)| inputs(rule, stages, resolved, findings));
    }
}

/// Conditions, retries and rollbacks came with V2.
/// <https://aws.amazon.com/about-aws/whats-new/2024/08/aws-codepipeline-stage-level-conditions-implement-pipeline-gates>
fn needs_v2(stage: &Stage, resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let any = stage.conditions().next().is_some() || stage.on_failure.as_ref().is_some_and(|one| one.result.is_some());
    if any && resolved.pipeline.pipeline_type == PipelineType::V1 {
        let message = format!("the conditions of the stage `{}` need a pipeline of type V2", stage.name);
        let help = "leave `.pipeline_type(PipelineType::V1)` out";
        findings.push(Diagnostic::error("condition::v2-only", message).at(stage.location).help(help));
    }
}

fn counts(stage: &Stage, resolved: &Resolved<'_>, findings: &mut Diagnostics) {
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
fn results(stage: &Stage, findings: &mut Diagnostics) {
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
    let on_failure = stage.on_failure.iter();
    let of_failures = on_failure.flat_map(|one| one.conditions.iter().map(|one| one.result).chain([one.result]));
    if of_failures.flatten().any(|result| result == Skip) {
        // "Skip can only be used with conditions evaluated before a pipeline execution enters a stage":
        // <https://aws.amazon.com/about-aws/whats-new/2024/10/aws-codepipeline-skipping-stage>
        let message = format!("the stage `{}` has the result SKIP on failure", stage.name);
        let help = "AWS documents rollback and retry for this place; a stage is skipped before its entry";
        findings.push(Diagnostic::warning("condition::result", message).at(at).help(help));
    }
    for rule in stage.before_entry.iter().filter(|one| one.result == Some(Skip)).flat_map(|one| &one.rules) {
        if is_known(&rule.provider) && !SKIPPING.contains(&&*rule.provider) {
            let message = format!("the stage `{}` is to be skipped by a rule of {}", stage.name, rule.provider);
            let help =
                format!("AWS documents skipping for the rules {}; let the stage fail instead", SKIPPING.join(" and "));
            findings.push(Diagnostic::warning("condition::result", message).at(rule.location).help(help));
        }
    }
    let on_failure = stage.on_failure.as_ref();
    if on_failure.is_some_and(|on_failure| on_failure.retry.is_some() && !on_failure.conditions.is_empty()) {
        let message = format!("the stage `{}` has a retry and a condition on failure", stage.name);
        let help = "keep one of them: AWS documents that they exclude each other";
        findings.push(Diagnostic::warning("condition::retry-and-condition", message).at(at).help(help));
    }
}

/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback.html>
fn rollback(stage: &Stage, resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let at = stage.location;
    let of_conditions = stage.conditions().filter_map(|condition| condition.result);
    let mut all = of_conditions.chain(stage.on_failure.as_ref().and_then(|on_failure| on_failure.result));
    if !all.any(|result| result == StageResult::Rollback) {
        return;
    }
    if resolved.pipeline.stages.first().is_some_and(|first| std::ptr::eq(first, stage)) {
        let message = format!("the stage `{}` is to be rolled back, which a stage of sources cannot", stage.name);
        let help = "use another result, or let a later stage be rolled back";
        findings.push(Diagnostic::warning("condition::rollback-of-sources", message).at(at).help(help));
    }
    if resolved.pipeline.execution_mode == Some(ExecutionMode::Parallel) {
        let message = format!("the stage `{}` is to be rolled back, which the mode PARALLEL cannot", stage.name);
        let help = "use another execution mode, or another result";
        findings.push(Diagnostic::error("condition::rollback-in-parallel", message).at(at).help(help));
    }
}

fn one(stage: &Stage, condition: &Condition, resolved: &Resolved<'_>, findings: &mut Diagnostics) {
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

fn rule(rule: &ConditionRule, resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let at = rule.location;
    if let Some(message) = misnamed("name of a rule", &rule.name, ".@_-", 100) {
        let help = "use 1 to 100 letters, digits and `.@_-`";
        findings.push(Diagnostic::error("rule::malformed-name", message).at(at).help(help));
    }
    provider(rule, resolved, findings);
    if let Some(problem) = rule.region.as_deref().and_then(|region| Region::parse(region).err()) {
        let message = format!("the rule `{}`: {problem}", rule.name);
        findings.push(Diagnostic::error("rule::unknown-region", message).at(at).help(problem.help()));
    }
    if let Some(role) = &rule.role {
        let stray = is_foreign_handle(role, resolved).then(stray);
        let problem = stray.or_else(|| role.problem(resolved.home));
        findings.extend(problem.map(|problem| problem.at(at)));
    }
    elsewhere(rule, resolved, findings);
    lengths(rule, findings);
}

/// What a rule works with is found by its name, in the account of its role and in its region.
fn elsewhere(rule: &ConditionRule, resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let Resolved { home, view, .. } = *resolved;
    let Some(works_with) = rule.works_with().filter(|node| view.owns(*node)) else { return };
    // What follows from another mistake is not told.
    let is_stray = rule.role.as_ref().is_some_and(|role| is_foreign_handle(role, resolved));
    let is_nowhere = rule.region.as_deref().is_some_and(|region| Region::parse(region).is_err());
    let Some(there) = view.env_of(works_with).filter(|_| !is_stray && !is_nowhere) else { return };
    let account = match &rule.role {
        // Of a role without an ARN it is told elsewhere.
        Some(role) => role.env(view, home).map(|env| env.account),
        None => Some(home.account),
    };
    let Some(account) = account else { return };
    let here = Env { account, region: rule.region_or(home.region) };
    if here == there {
        return;
    }
    let path = view.path_of(works_with);
    let message = format!(
        "the rule `{}` works with `{path}`, which is in {there}, and a rule looks for what it works with in the account of its role and in its region, here in {here}",
        rule.name
    );
    let help = match here.account == there.account {
        true => format!("let the rule run there with `.region({:?})`", there.region.as_str()),
        false if here.partition() == there.partition() => {
            format!("let it work with something of account {account}; an action can work in account {}", there.account)
        }
        false => format!("let it work with something of account {account}"),
    };
    findings.push(Diagnostic::error("rule::works-elsewhere", message).at(rule.location).help(help));
}

/// Whether a rule has what its provider needs.
fn provider(rule: &ConditionRule, resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let mut push = |diagnostic: Diagnostic| findings.push(diagnostic.at(rule.location));
    if let Some(message) = misnamed("provider of rules", &rule.provider, "_-", 35) {
        let help = "use 1 to 35 letters, digits, `_` and `-`";
        push(Diagnostic::error("rule::malformed-provider", message).help(help));
    } else if !is_known(&rule.provider) {
        let message = format!("`{}` is no provider of rules known here", rule.provider.escape_debug());
        let known = PROVIDERS.map(|(name, _)| name).join(", ");
        push(Diagnostic::warning("rule::unknown-provider", message).help(format!("known are {known}")));
    }
    if let Some(message) = misnamed("version of a rule", &rule.version, "_-", 9) {
        let help = "use 1 to 9 letters, digits, `_` and `-`";
        push(Diagnostic::error("rule::malformed-version", message).help(help));
    }
    let needed = PROVIDERS.iter().filter(|(name, _)| *name == rule.provider).flat_map(|(_, keys)| *keys);
    for key in needed.filter(|key| rule.configuration.get(key).is_none()) {
        let message = format!("the rule `{}` has no `{key}`, without which {} does nothing", rule.name, rule.provider);
        let help = format!("add it with `.configuration({key:?}, …)`");
        push(Diagnostic::error("rule::missing-configuration", message).help(help));
    }
    if rule.provider == "VariableCheck"
        && let Some(Expr::Str(operator)) = rule.configuration.get("Operator")
        && !OPERATORS.contains(&&**operator)
    {
        let message = format!("`{}` is no operator of VariableCheck", operator.escape_debug());
        let help = format!("AWS documents {}", OPERATORS.join(", "));
        push(Diagnostic::warning("rule::unknown-operator", message).help(help));
    }
    if rule.provider == "DeploymentWindow"
        && let Some(Expr::Str(cron)) = rule.configuration.get("Cron")
        && !cron.is_empty()
        && !CRON_FIELDS.contains(&cron.split_whitespace().count())
        && !cron.contains("#{")
    {
        let message = format!("`{}` is no cron expression of DeploymentWindow", cron.escape_debug());
        let help = "write six fields and the year, if any: seconds first, as in `0 0 9-16 ? * MON-THU *`";
        push(Diagnostic::warning("rule::malformed-cron", message).help(help));
    }
    if rule.provider == "Commands" && rule.commands.is_empty() {
        let message = format!("the rule `{}` has no command", rule.name);
        push(Diagnostic::error("rule::missing-configuration", message).help("add one with `.command(…)`"));
    }
    let (n, most) = (rule.commands.len(), resolved.view.quota(&quota::COMMANDS_OF_A_RULE));
    if n > most {
        push(too_many(&quota::COMMANDS_OF_A_RULE, "the rule", n, most));
    }
}

/// How long the texts of a rule are.
fn lengths(rule: &ConditionRule, findings: &mut Diagnostics) {
    let mut push = |diagnostic: Diagnostic| findings.push(diagnostic.at(rule.location));
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
}

/// Whether what a rule reads has been written when it does, in one of the first so many stages.
fn inputs(rule: &ConditionRule, stages: usize, resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    for input in &rule.inputs {
        let writes = |action: &&ResolvedAction<'_>| action.known.spec.outputs.iter().any(|artifact| artifact == input);
        let (code, message, help) = match resolved.actions.iter().find(writes) {
            Some(writer) if writer.stage_index < stages => continue,
            Some(writer) => (
                "rule::read-too-early",
                format!("the rule `{}` reads `{}` before {} has written it", rule.name, input.name(), writer.words()),
                "let it read an artifact of an earlier stage, or use the rule in a later one",
            ),
            None => (
                "rule::unknown-artifact",
                format!("the rule `{}` reads `{}`, which no action writes", rule.name, input.name()),
                "give the artifact to an earlier action as its output",
            ),
        };
        findings.push(Diagnostic::error(code, message).at(rule.location).help(help));
    }
}

fn is_known(provider: &str) -> bool {
    PROVIDERS.iter().any(|(name, _)| *name == provider)
}
