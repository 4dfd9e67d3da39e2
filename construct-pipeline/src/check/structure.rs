//! Names, counts and order.
//!
//! Codes: `pipeline::malformed-name`, `pipeline::malformed-role-path`, `pipeline::too-few-stages`,
//! `pipeline::too-many-stages`, `pipeline::too-many-actions`, `pipeline::no-source`,
//! `pipeline::source-outside-first-stage`, `pipeline::other-action-in-first-stage`, `pipeline::execution-mode`,
//! `stage::malformed-name`, `stage::duplicate-name`, `stage::no-action`, `stage::too-many-actions`,
//! `stage::malformed-reason`, `stage::malformed-blocker`, `action::malformed-name`, `action::duplicate-name`,
//! `action::run-order`, `action::timeout`, `action::timeout-of-no-approval`, `action::beside-approval`, `action::v2-only`,
//! `action::malformed-provider`, `action::malformed-version`, `action::role-not-aws`, `action::account-not-aws`,
//! `action::region-not-aws`, `action::unused-permissions`, `action::foreign-handle`, `iam::other-account`,
//! `iam::other-partition`, and those of the environment an action runs in.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html>

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use construct_core::quota::{Driver, is_near};
use construct_core::{AccountId, Diagnostic, Diagnostics, Env, Quota};
use construct_iam::PermissionsBoundary;

use super::{is_name, misnamed};
use crate::action::Action;
use crate::known::{Known, Performer};
use crate::pipeline::{ExecutionMode, PipelineType};
use crate::provider::{Category, Owner, ProviderSpec};
use crate::quota;
use crate::resolve::{Resolved, ResolvedAction};
use crate::stage::Stage;

/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_BlockerDeclaration.html>
const BLOCKER: RangeInclusive<usize> = 1..=100;
const NAME_HELP: &str = "use 1 to 100 letters `A-Za-z`, digits and `.@_-`";

/// What the API validates of a pipeline, its stages and its actions: characters of names and texts, run orders, minutes.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineDeclaration.html>,
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html>,
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionTypeId.html>,
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_DisableStageTransition.html>
const NAME: usize = 100;
const PROVIDER: usize = 35;
const VERSION: usize = 9;
const REASON: usize = 300;
const RUN_ORDER: RangeInclusive<u32> = 1..=999;
const MINUTES: RangeInclusive<u32> = 5..=86_400;
/// Characters of a role's path. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
const ROLE_PATH: usize = 512;

pub(super) fn check(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    pipeline(resolved, findings);
    stages(resolved, findings);
    for action in &resolved.actions {
        one_action(resolved, action, findings);
    }
    sources(resolved, findings);
    approvals(resolved, findings);
    boundary(resolved, findings);
}

/// A boundary that is a policy of one account bounds no role of another one. Said here once, however many accounts the
/// pipeline has roles in.
fn boundary(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let nearest = resolved.view.facts_with_lines_of::<PermissionsBoundary>(resolved.at).next();
    let Some((boundary, at)) = nearest else { return };
    let envs: BTreeSet<Env> =
        resolved.actions.iter().filter(|action| has_made_roles(action)).map(|action| action.known.env).collect();
    let mut elsewhere = envs.into_iter().filter_map(|env| boundary.elsewhere(env));
    let Some(found) = elsewhere.next() else { return };
    let found = match elsewhere.count() {
        0 => found,
        n => found.note(format!("{n} more environments of the pipeline have roles in other accounts"), None),
    };
    findings.push(found.at(at));
}

/// Whether roles are made for an action where it runs.
fn has_made_roles(action: &ResolvedAction<'_>) -> bool {
    let passes = action.known.spec.passes.as_ref();
    action.known.performer == Performer::Scaffold || passes.is_some_and(|passed| passed.given.is_none())
}

fn pipeline(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let pipeline = resolved.pipeline;
    if let Some(message) = misnamed("name of a pipeline", &pipeline.name, ".@_-", NAME) {
        findings.push(Diagnostic::error("pipeline::malformed-name", message).help(NAME_HELP));
    }
    if let Some(path) = &pipeline.role_path
        && path != "/"
        && !(path.len() > 2 && path.len() <= ROLE_PATH && path.starts_with('/') && path.ends_with('/'))
    {
        let message = format!("`{}` is no path of a role", path.escape_debug());
        let help = "paths begin and end with `/`, as in `/delivery/`, and have at most 512 characters";
        findings.push(Diagnostic::error("pipeline::malformed-role-path", message).help(help));
    }
    let n = pipeline.stages.len();
    if n < 2 {
        let has = if n == 0 { "no stage" } else { "only one stage" };
        findings.push(
            Diagnostic::error("pipeline::too-few-stages", format!("the pipeline has {has}"))
                .help("a pipeline has at least two: one for the sources, one that works with them"),
        );
    }
    let most = resolved.view.quota(&quota::STAGES);
    if n > most {
        let finding = too_many(&quota::STAGES, "the pipeline", n, most);
        let all = resolved.actions.iter().filter(|action| action.is_foreign(resolved.home));
        let accounts: BTreeSet<AccountId> = all.clone().map(|action| action.known.env.account).collect();
        let mut driven: Vec<&Stage> = all.map(|action| action.stage).collect();
        driven.dedup_by(|one, other| std::ptr::eq(*one, *other));
        findings.push(noted(finding, Driver::new(accounts.len(), driven.len()), n, most, quota::STAGES.unit));
    }
    let (n, most) = (resolved.actions.len(), resolved.view.quota(&quota::ACTIONS_OF_A_PIPELINE));
    if n > most {
        let finding = too_many(&quota::ACTIONS_OF_A_PIPELINE, "the pipeline", n, most);
        findings.push(for_accounts(finding, resolved, resolved.actions.iter(), most));
    }
    if let Some(mode @ (ExecutionMode::Queued | ExecutionMode::Parallel)) = pipeline.execution_mode
        && pipeline.pipeline_type == PipelineType::V1
    {
        findings.push(
            Diagnostic::error(
                "pipeline::execution-mode",
                format!("a pipeline of type V1 cannot have the execution mode {}", mode.as_str()),
            )
            .help("leave `.pipeline_type(PipelineType::V1)` out"),
        );
    }
}

/// That there is more of something than CodePipeline takes.
pub(super) fn too_many(quota: &Quota, subject: &str, n: usize, most: usize) -> Diagnostic {
    let message = format!("{subject} has {n} {}; CodePipeline takes at most {most}", quota.unit);
    Diagnostic::error(quota.code, message).help(quota.help)
}

/// Notes how many of the actions are there for other accounts, and how many accounts fit.
fn for_accounts<'r>(
    finding: Diagnostic,
    resolved: &Resolved<'_>,
    actions: impl Iterator<Item = &'r ResolvedAction<'r>>,
    most: usize,
) -> Diagnostic {
    let actions: Vec<_> = actions.collect();
    let foreign = actions.iter().filter(|action| action.is_foreign(resolved.home));
    let accounts: BTreeSet<AccountId> = foreign.clone().map(|action| action.known.env.account).collect();
    noted(finding, Driver::new(accounts.len(), foreign.count()), actions.len(), most, "actions")
}

/// Notes what drives a number, and how much of that fits.
fn noted(finding: Diagnostic, driver: Option<Driver>, n: usize, most: usize, unit: &str) -> Diagnostic {
    match driver {
        Some(driver) => finding.note(driver.words(n, most, unit), None),
        None => finding,
    }
}

fn stages(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let mut seen: BTreeMap<&str, &Stage> = BTreeMap::new();
    for stage in &resolved.pipeline.stages {
        let at = stage.location;
        if let Some(message) = misnamed("name of a stage", &stage.name, ".@_-", NAME) {
            findings.push(Diagnostic::error("stage::malformed-name", message).at(at).help(NAME_HELP));
        }
        if let Some(first) = seen.insert(&stage.name, stage) {
            findings.push(
                Diagnostic::error("stage::duplicate-name", format!("two stages are named `{}`", stage.name))
                    .at(at)
                    .note("the first is made here", Some(first.location))
                    .help("give one of them another name"),
            );
        }
        n_actions(resolved, stage, findings);
        if let Some(reason) = &stage.disabled
            && !is_name(reason, "!@ ().*?-", REASON)
        {
            let message = format!("CodePipeline refuses the reason `{}`", reason.escape_debug());
            let help = "use 1 to 300 letters, digits, blanks and `!@().*?-`";
            findings.push(Diagnostic::error("stage::malformed-reason", message).at(at).help(help));
        }
        for blocker in &stage.blockers {
            let length = blocker.chars().count();
            if !BLOCKER.contains(&length) {
                let message = format!("a blocker has a name of {length} characters");
                findings.push(Diagnostic::error("stage::malformed-blocker", message).at(at).help("use 1 to 100"));
            }
        }
        names_of_actions(stage, findings);
    }
}

/// Whether a stage has as many actions as it may have.
fn n_actions(resolved: &Resolved<'_>, stage: &Stage, findings: &mut Diagnostics) {
    let (n, most) = (stage.actions.len(), resolved.view.quota(&quota::ACTIONS_OF_A_STAGE));
    let subject = || format!("the stage `{}`", stage.name);
    if n == 0 {
        let finding = Diagnostic::error("stage::no-action", format!("{} has no action", subject()));
        findings.push(finding.at(stage.location).help("add one with `.action(…)`, or leave the stage out"));
    }
    let finding = if n > most {
        let finding = too_many(&quota::ACTIONS_OF_A_STAGE, &subject(), n, most);
        // A wave is divided where it is written, and knows nothing of the app.
        let help = format!("tell the `Wave` what the app says of the quota: `.actions_per_stage({most})`");
        if stage.packed { finding.help(help) } else { finding }
    } else if is_near(n, most) && !stage.packed {
        let percent = n * 100 / most.max(1);
        let message = format!("{} has {n} of the {most} actions that CodePipeline takes, {percent} %", subject());
        let help = "let a `Wave` divide it, or divide it yourself";
        Diagnostic::warning("quota::nearly-reached", message).help(help)
    } else {
        return;
    };
    let actions = resolved.actions.iter().filter(|action| std::ptr::eq(action.stage, stage));
    findings.push(for_accounts(finding, resolved, actions, most).at(stage.location));
}

fn names_of_actions(stage: &Stage, findings: &mut Diagnostics) {
    let mut seen: BTreeMap<&str, &Action> = BTreeMap::new();
    for action in &stage.actions {
        if let Some(first) = seen.insert(&action.name, action) {
            let message = format!("two actions of the stage `{}` are named `{}`", stage.name, action.name);
            findings.push(
                Diagnostic::error("action::duplicate-name", message)
                    .at(action.location)
                    .note("the first is made here", Some(first.location))
                    .help("give one of them another name"),
            );
        }
    }
}

fn one_action(resolved: &Resolved<'_>, resolved_action: &ResolvedAction<'_>, findings: &mut Diagnostics) {
    let ResolvedAction { action, known: Known { spec, problems, .. }, .. } = resolved_action;
    let at = action.location;
    if let Some(message) = misnamed("name of an action", &action.name, ".@_-", NAME) {
        findings.push(Diagnostic::error("action::malformed-name", message).at(at).help(NAME_HELP));
    }
    if !RUN_ORDER.contains(&action.run_order) {
        let message = format!("{} has the run order {}, which is none", resolved_action.words(), action.run_order);
        findings.push(Diagnostic::error("action::run-order", message).at(at).help("use 1 to 999"));
    }
    timeout(resolved_action, findings);
    type_of_action(resolved, action, spec, findings);
    unused_permissions(resolved_action, findings);
    if [spec.acts_on, spec.worker].into_iter().flatten().any(|node| !resolved.view.owns(node)) {
        let finding = Diagnostic::error("action::foreign-handle", "the action acts on a construct of another app");
        findings.push(finding.at(at).help("use handles only with the app that returned them"));
    }
    // Pipelines from JSON have no line that tells which action it is.
    let about = || format!("it is about {}", resolved_action.words());
    findings.extend(problems.iter().map(|problem| problem.clone().at(at).note(about(), None)));
}

fn timeout(resolved_action: &ResolvedAction<'_>, findings: &mut Diagnostics) {
    let ResolvedAction { action, known: Known { spec, .. }, .. } = resolved_action;
    let Some(minutes) = action.timeout_minutes else { return };
    if !MINUTES.contains(&minutes) {
        let message = format!("{} cannot time out after {minutes} minutes", resolved_action.words());
        let finding = Diagnostic::error("action::timeout", message).at(action.location);
        findings.push(finding.help("use 5 to 86,400 minutes"));
    }
    if spec.category != Category::Approval {
        // "This attribute is available only to the manual approval ActionType":
        // <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html>
        let message =
            format!("{} has a timeout, which AWS documents for manual approvals only", resolved_action.words());
        let help = "leave `.timeout(…)` out; a build has a timeout of its own, `PipelineProject::timeout`";
        findings.push(Diagnostic::warning("action::timeout-of-no-approval", message).at(action.location).help(help));
    }
}

/// Permissions for a role that there is not: the worker of an action that is not AWS's polls for jobs with a role of
/// its own. <https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-create-custom-action.html>
fn unused_permissions(resolved_action: &ResolvedAction<'_>, findings: &mut Diagnostics) {
    let ResolvedAction { action, known, .. } = resolved_action;
    if known.spec.owner == Owner::Aws || known.permissions.statements().next().is_none() {
        return;
    }
    let message = format!(
        "{} has the owner {} and so no role of the pipeline's, and the permissions that its provider asks for are nobody's",
        resolved_action.words(),
        known.spec.owner.as_str()
    );
    let help = "give them to the role of the worker that polls for its jobs";
    findings.push(Diagnostic::warning("action::unused-permissions", message).at(action.location).help(help));
}

/// What is wrong with the type of an action, or with what is said of an action of its type.
fn type_of_action(resolved: &Resolved<'_>, action: &Action, spec: &ProviderSpec, findings: &mut Diagnostics) {
    let mut error = |code, message: String, help: &str| {
        findings.push(Diagnostic::error(code, message).at(action.location).help(help));
    };
    if !is_name(&spec.provider, "_-", PROVIDER) {
        let message = format!("`{}` is no name of a provider", spec.provider.escape_debug());
        error("action::malformed-provider", message, "use 1 to 35 letters, digits, `_` and `-`");
    }
    if !is_name(&spec.version, "_-", VERSION) {
        let message = format!("`{}` is no version of an action type", spec.version.escape_debug());
        error("action::malformed-version", message, "use 1 to 9 letters, digits, `_` and `-`");
    }
    if spec.v2_only && resolved.pipeline.pipeline_type == PipelineType::V1 {
        let message = format!("the action type {} exists in pipelines of type V2 only", spec.provider);
        error("action::v2-only", message, "leave `.pipeline_type(PipelineType::V1)` out");
    }
    if spec.owner == Owner::Aws {
        return;
    }
    let given = [
        ("action::role-not-aws", "a role", action.role.is_some()),
        ("action::account-not-aws", "an account", action.account.is_some()),
        ("action::region-not-aws", "a region", action.region.is_some()),
    ];
    let help = "leave it out: only actions whose owner is AWS run with roles, in other accounts and in other regions";
    for (code, what, _) in given.into_iter().filter(|(.., is_given)| *is_given) {
        error(code, format!("an action whose owner is {} cannot have {what}", spec.owner.as_str()), help);
    }
}

/// Deployments that do not wait for the approval beside them: without a run order, all actions of a stage begin at
/// once. In a wave every target has its own steps.
fn approvals(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let of = |category: Category| {
        let is_one = move |action: &&ResolvedAction<'_>| action.known.spec.category == category && !action.stage.packed;
        resolved.actions.iter().filter(is_one)
    };
    let mut told = BTreeSet::new();
    for approval in of(Category::Approval) {
        let beside = |action: &&ResolvedAction<'_>| {
            action.stage_index == approval.stage_index && action.action.run_order == approval.action.run_order
        };
        let mut deployments = of(Category::Deploy).filter(beside);
        let Some(first) = deployments.next().filter(|_| told.insert((approval.stage_index, approval.action.run_order)))
        else {
            continue;
        };
        let do_not_wait = match deployments.count() {
            0 => " does not wait".to_owned(),
            1 => " and one more action do not wait".to_owned(),
            n => format!(" and {n} more actions do not wait"),
        };
        let message = format!(
            "{}{do_not_wait} for the approval `{}`, which begins at the same time",
            first.words(),
            approval.action.name
        );
        let after = approval.action.run_order.saturating_add(1);
        findings.push(
            Diagnostic::warning("action::beside-approval", message)
                .at(first.action.location)
                .note("the approval is made here", Some(approval.action.location))
                .help(format!(
                    "give it a higher run order: `.run_order({after})`; one that need not wait goes into another stage"
                )),
        );
    }
}

fn sources(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    for action in &resolved.actions {
        let is_source = action.known.spec.category == Category::Source;
        if is_source && action.stage_index > 0 {
            findings.push(
                Diagnostic::error(
                    "pipeline::source-outside-first-stage",
                    format!("the source {} is not in the first stage", action.words()),
                )
                .at(action.action.location)
                .help("move it to the first stage"),
            );
        }
        if !is_source && action.stage_index == 0 {
            findings.push(
                Diagnostic::error(
                    "pipeline::other-action-in-first-stage",
                    format!("{} is no source, but stands in the first stage", action.words()),
                )
                .at(action.action.location)
                .help("move it to a later stage: the first holds sources only"),
            );
        }
    }
    if let Some(first) = resolved.pipeline.stages.first()
        && !resolved
            .actions
            .iter()
            .any(|action| action.stage_index == 0 && action.known.spec.category == Category::Source)
    {
        findings.push(
            Diagnostic::error("pipeline::no-source", format!("the first stage, `{}`, has no source", first.name))
                .at(first.location)
                .help("add a source action, for example `CodeCommitSource`"),
        );
    }
}
