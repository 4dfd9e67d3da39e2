//! What actions of CloudFormation do to one stack, one after the other or at the same time.
//!
//! Codes: `cloudformation::change-set-too-early`, `cloudformation::unknown-change-set`,
//! `cloudformation::same-stack-at-once`.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CloudFormation.html>

use std::collections::BTreeMap;

use construct_core::{Diagnostic, Diagnostics, Env, Expr};

use crate::provider::Owner;
use crate::resolve::{Resolved, ResolvedAction};

/// An action that works on a stack whose name is known.
struct Work<'r, 'a> {
    action: &'r ResolvedAction<'a>,
    stack: &'r str,
    mode: &'r str,
}

pub(super) fn check(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    let work: Vec<Work<'_, '_>> = resolved.actions.iter().filter_map(Work::of).collect();
    change_sets(&work, findings);
    at_once(&work, findings);
}

impl<'r, 'a> Work<'r, 'a> {
    fn of(action: &'r ResolvedAction<'a>) -> Option<Self> {
        let spec = &action.known.spec;
        // Of one whose place cannot be, nobody knows on which stack it works.
        if spec.provider != "CloudFormation" || spec.owner != Owner::Aws || !action.known.problems.is_empty() {
            return None;
        }
        Some(Self { action, stack: setting(action, "StackName")?, mode: setting(action, "ActionMode")? })
    }

    fn place(&self) -> (Env, &'r str) {
        (self.action.known.env, self.stack)
    }
}

/// A text of the configuration, if it is known and says something.
fn setting<'r>(action: &'r ResolvedAction<'_>, key: &str) -> Option<&'r str> {
    let text = action.known.configuration.get(key).and_then(Expr::literal)?;
    (!text.is_empty() && !text.contains("#{")).then_some(text)
}

/// A change set is executed after it was made, and where. If this pipeline makes none for the stack, somebody else does.
fn change_sets(work: &[Work<'_, '_>], findings: &mut Diagnostics) {
    let mut made: BTreeMap<(Env, &str), Vec<(&str, &ResolvedAction<'_>)>> = BTreeMap::new();
    for one in work.iter().filter(|one| one.mode == "CHANGE_SET_REPLACE") {
        let Some(name) = setting(one.action, "ChangeSetName") else { continue };
        made.entry(one.place()).or_default().push((name, one.action));
    }
    for one in work.iter().filter(|one| one.mode == "CHANGE_SET_EXECUTE") {
        let Some(name) = setting(one.action, "ChangeSetName") else { continue };
        let Some(makers) = made.get(&one.place()) else {
            let elsewhere = made.iter().filter(|((_, stack), _)| *stack == one.stack);
            if let Some((_, maker)) = elsewhere.flat_map(|(_, makers)| makers).find(|(made, _)| *made == name) {
                findings.push(made_elsewhere(one, name, maker).at(one.action.action.location));
            }
            continue;
        };
        let mut same = makers.iter().filter(|(made, _)| *made == name).map(|(_, maker)| *maker);
        if same.clone().any(|maker| one.action.is_after(maker)) {
            continue;
        }
        let finding = match same.next() {
            Some(maker) => {
                let does = "executes the change set";
                let message = format!("{} {does} `{name}` before {} has made it", one.action.words(), maker.words());
                Diagnostic::error("cloudformation::change-set-too-early", message)
                    .note("it is made here", Some(maker.action.location))
                    .help("move it to a later stage, or give it a higher run order within the stage")
            }
            None => {
                let (other, maker) = makers[0];
                let message = format!(
                    "{} executes the change set `{name}` of the stack `{}`, for which {} makes `{other}`",
                    one.action.words(),
                    one.stack,
                    maker.words()
                );
                Diagnostic::warning("cloudformation::unknown-change-set", message)
                    .note("that one is made here", Some(maker.action.location))
                    .help(format!("write `ExecuteChangeSet::new({:?}, {other:?})`", one.stack))
            }
        };
        findings.push(finding.at(one.action.action.location));
    }
}

fn made_elsewhere(one: &Work<'_, '_>, name: &str, maker: &ResolvedAction<'_>) -> Diagnostic {
    let [here, there] = [one.action, maker].map(|action| action.known.env);
    let message =
        format!("{} executes the change set `{name}` in {here}, but it is made in {there}", one.action.words());
    Diagnostic::warning("cloudformation::unknown-change-set", message)
        .note("it is made here", Some(maker.action.location))
        .help(format!(
            "give both the same account and region, as in `.env(Env::new(\"{}\", \"{}\"))`",
            there.account, there.region
        ))
}

/// CloudFormation works on a stack for one caller at a time, and refuses the other.
fn at_once(work: &[Work<'_, '_>], findings: &mut Diagnostics) {
    let mut at_work: BTreeMap<_, Vec<&Work<'_, '_>>> = BTreeMap::new();
    for one in work.iter().filter(|one| one.mode != "CHANGE_SET_REPLACE") {
        let action = one.action;
        at_work.entry((action.stage_index, action.action.run_order, one.place())).or_default().push(one);
    }
    for all in at_work.into_values() {
        let Some((first, others)) = all.split_first() else { continue };
        let first = first.action;
        // Actions of one name are reported as such.
        let mut others = others.iter().filter(|other| other.action.action.name != first.action.name);
        let Some(second) = others.next() else { continue };
        let action = second.action;
        let who = match others.count() {
            0 => format!("{} works", action.words()),
            1 => format!("{} and one other action work", action.words()),
            n => format!("{} and {n} other actions work", action.words()),
        };
        let message = format!(
            "{who} on the stack `{}` in {} at the same time as {}",
            second.stack,
            action.known.env,
            first.words()
        );
        findings.push(
            Diagnostic::warning("cloudformation::same-stack-at-once", message)
                .at(action.action.location)
                .note("the other one is here", Some(first.action.location))
                .help("name another stack, account or region, or give one a higher run order"),
        );
    }
}
