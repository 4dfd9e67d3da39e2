//! Proves from templates alone that a pipeline will be allowed what it needs, and that what must stay out stays out.
//!
//! [`prove`] reads templates, whoever made them, derives every request that a run of each pipeline makes, puts each to
//! the evaluator of [`construct_iam::access`], and gives a [`Report`]: what is proved, what is missing and the exact
//! statement to add, what is open because it depends on something outside of the templates, and in which order the
//! stacks can be deployed.
//!
//! ```text
//!        templates            what is known outside of them
//!            │                              │
//!        template    functions computed; a symbol for what only AWS knows
//!            │                              │
//!        policies    documents compiled, each with its place
//!            │                              │
//!            └──────────▶ survey ◀──────────┘
//!                            │
//!                          world    all accounts at once, and the pipelines
//!                            │
//!            ┌───────────────┼──────────────┐
//!          order            wide           run ──▶ ask    a run's requests, each put to the evaluator
//!            │               │              │
//!            └──────────▶ report ◀──────────┘
//!                            │
//!              data, words, repairs, findings
//! ```
//!
//! Each is a folder or a file that says what goes in and what comes out, and uses only what stands before it:
//! `template`, `policies`, `world`, `survey`, `ask`, `order` and `wide`, `report`, `run`.
//!
//! The proof holds for every value of everything that the templates leave open. What it takes for granted beside that
//! is said in [`premises`].

mod ask;
mod order;
mod policies;
mod report;
mod run;
mod survey;
pub mod template;
mod wide;
mod world;

use std::collections::BTreeSet;

use construct_core::CheckCx;
use construct_core::parallel;

use ask::{Apart, Asker};
use policies::Statements;
use run::Keep;
use survey::{Opened, Sheet, Surveyed, survey};
use template::{Templates, account_in};
use world::{Action, Pipeline, World};

pub use order::{MissingEdge, Order, Orders};
pub use policies::{Place, PolicyKind};
pub(crate) use report::Subject;
pub use report::{Access, Area, Cell, Decision, Expected, Purpose, Remark, Repair, Report, Row, What, premises};
pub use survey::{Clash, Outside, TOLD};
pub use wide::TooWide;
pub use world::{ActionLabel, PipelineLabel};

/// Proves the accesses of every pipeline in the templates.
///
/// ```
/// use construct_core::{App, Env};
/// use construct_pipeline::access::{Outside, prove, template::Templates};
///
/// let mut app = App::new();
/// app.stack("Empty", Env::new("111111111111", "us-east-1"));
/// let assembly = app.synth()?;
/// let report = prove(&Templates::of(&assembly), &Outside::new());
/// assert_eq!(report.holes().count(), 0);
/// # Ok::<(), construct_core::SynthError>(())
/// ```
#[must_use]
pub fn prove(templates: &Templates<'_>, outside: &Outside) -> Report {
    let sheets = templates.iter().map(Sheet::of).collect();
    report(survey(templates, sheets, Vec::new(), &Statements::default(), outside), Keep::All)
}

/// The same findings about an assembly that is being checked, without the requests that are proved.
pub(crate) fn unproved(cx: &mut CheckCx<'_>, outside: &Outside) -> Report {
    let (read, readers) = cx.read(Statements::default, |statements, stack, body, source| {
        let Opened { template, sheet, policies } = Opened::new(stack, body, source, statements);
        (sheet, (policies, template))
    });
    let (sheets, (policies, all)): (Vec<_>, (Vec<_>, Vec<_>)) = read.into_iter().unzip();
    let templates = Templates { all, unreadable: Vec::new() };
    let statements = Statements::default();
    let mut surveyed = survey(&templates, sheets, policies, &statements, outside);
    surveyed.world.policies.note_keys(&readers);
    cx.leave((templates, readers, statements, std::mem::take(&mut surveyed.sheets)));
    report(surveyed, Keep::Unproved)
}

/// Asks what the pipelines need.
fn report(surveyed: Surveyed, keep: Keep) -> Report {
    let Surveyed { mut world, pipelines, stacks, .. } = surveyed;
    let unknown_id = world.symbols.name("id made up during the run", template::Origin::Other);
    let apart = Apart::new();
    world.nobody = nobody(&world, &pipelines);
    let named = std::mem::take(&mut world.policies.principals);
    let distinctions = world.policies.distinctions();
    let prove = |asker: &mut _, n| run::accesses(asker, &pipelines, n, keep, unknown_id);
    let order = || order::order(stacks, named, &world, &pipelines);
    let new = || Asker::new(&world, &apart, &distinctions);
    let (proved, askers, order) = parallel::map_beside(new, (0..pipelines.len()).collect(), prove, order);
    drop(askers);
    Report {
        accesses: proved.into_iter().flatten().collect(),
        order,
        too_wide: wide::too_wide(&world, &pipelines),
        notes: world.doubts.clone(),
        world,
        pipelines,
    }
}

/// The smallest number that is no account of the templates or of an organization.
fn nobody(world: &World, pipelines: &[Pipeline]) -> String {
    let stacks = world.environments.iter().map(|place| &*place.account);
    let roles = world.roles.keys().filter_map(|arn| account_in(arn));
    let actions = pipelines.iter().flat_map(|pipeline| pipeline.actions.iter().map(Action::account));
    let members = world.organizations.keys().map(String::as_str);
    // Below a hundred million accounts, the smallest number begins so.
    let near = stacks.chain(roles).chain(actions).chain(members).filter(|account| account.starts_with("0000"));
    let taken: BTreeSet<&str> = near.collect();
    let numbers = (0..=taken.len()).map(|n| format!("{n:012}"));
    numbers.into_iter().find(|number| !taken.contains(number.as_str())).unwrap_or_default()
}

#[cfg(test)]
#[path = "access/keep_tests.rs"]
mod tests;
