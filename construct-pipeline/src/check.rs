//! What CodePipeline would refuse, or accept and fail at later: found before anything is deployed.
//!
//! Each file lists its codes.

mod artifacts;
mod conditions;
mod configuration;
mod group;
pub(crate) mod invocations;
mod reach;
mod stacks;
mod stores;
mod structure;
mod triggers;
mod types;
mod variables;

use construct_core::{Diagnostics, ValidateCx, edits};

use crate::pipeline::Pipeline;
use crate::resolve::{self, Resolved};

/// A name so far from a known one is another name.
const NEAR: usize = 2;
/// Shorter names are near to each other by chance.
const LONG_ENOUGH: usize = 6;

/// Checks a pipeline and reports every finding.
pub(crate) fn check(pipeline: &Pipeline, cx: &mut ValidateCx<'_>) {
    // Without an environment the pipeline stands outside of every stack, which is reported already.
    let Some(home) = cx.env() else { return };
    let known = resolve::known(pipeline, home, cx.view(), cx.here());
    let resolved = Resolved::new(pipeline, &known, home, cx.view(), cx.here());
    let mut findings: Diagnostics = pipeline.findings.iter().cloned().collect();
    structure::check(&resolved, &mut findings);
    types::check(&resolved, &mut findings);
    artifacts::check(&resolved, &mut findings);
    configuration::check(&resolved, &mut findings);
    stacks::check(&resolved, &mut findings);
    conditions::check(&resolved, &mut findings);
    triggers::check(&resolved, &mut findings);
    stores::check(&resolved, cx.view().stack_of(cx.here()), &mut findings);
    group::check(&resolved, &mut findings);
    reach::check(&resolved, &mut findings);
    invocations::check(&resolved, &mut findings);
    pipeline.handover.keep(cx.here(), known);
    findings.into_iter().for_each(|diagnostic| cx.report(diagnostic));
}

/// What is wrong with the name of something, as in `name of a stage`: it must be a [name](is_name).
fn misnamed(what: &str, text: &str, others: &str, most: usize) -> Option<String> {
    if is_name(text, others, most) {
        return None;
    }
    let is_wrong = |one: &char| !one.is_ascii_alphanumeric() && !others.contains(*one);
    let problem = match text.chars().find(is_wrong) {
        Some(wrong) => format!("it has `{}`", wrong.escape_debug()),
        None if text.is_empty() => "it is empty".into(),
        None => format!("it has {} characters, {most} at most", text.len()),
    };
    Some(format!("`{}` is no {what}: {problem}", text.escape_debug()))
}

/// Whether a text consists of ASCII letters, digits and some other characters, and is neither empty nor too long.
fn is_name(text: &str, others: &str, most: usize) -> bool {
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || others.as_bytes().contains(&byte);
    (1..=most).contains(&text.len()) && text.bytes().all(is_one)
}

/// Whether somebody who wrote one name may have meant a known one.
fn is_near(known: &str, given: &str) -> bool {
    known.eq_ignore_ascii_case(given) || known.len() >= LONG_ENOUGH && edits(known, given) <= NEAR
}
