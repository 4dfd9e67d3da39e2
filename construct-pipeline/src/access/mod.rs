//! Proves from templates alone that a pipeline will be allowed what it needs, and that what must stay out stays out.
//!
//! [`prove`] reads templates, whoever made them, derives every request that a run of each pipeline makes, puts each to the evaluator of
//! [`construct_iam::access`], and gives a [`Report`]: what is proved, what is missing and the exact statement to add, what is open because it
//! depends on something outside of the templates, and in which order the stacks can be deployed.
//!
//! ```text
//! templates  symbols  memory  physical  template  functions   what is read: texts with symbols for what only AWS knows
//! statements  documents  sheet  policies  rules  world  survey  given   all accounts at once: roles, buckets, keys …, each policy with its place
//! lazy  texts  flow  calls                  pipelines: actions, artifacts, stores; what each provider calls
//! opened                                    a template as it is read: what it tells by itself is noted, and not kept
//! view  caller  facts  protected  scene  told  ask       who asks, in which circumstances, for what; the question and its outcome
//! gate  scenes                              what questions about one store, role or service have in common
//! prover  needs  artifacts  denials  events       what is asked
//! decided                                   what needs no question, as something else than policies decides it
//! order      wide                          what needs no question
//! report     repair   words    findings    the answers, as data, in words, and as findings
//! ```
//!
//! The proof holds for every value of everything that the templates leave open. What it takes for granted beside that is said in
//! [`premises`].

mod artifacts;
mod ask;
mod caller;
mod calls;
mod decided;
mod denials;
mod documents;
mod events;
mod excess;
mod facts;
mod findings;
mod flow;
mod functions;
mod gate;
mod given;
mod lazy;
mod memory;
mod needs;
mod opened;
mod order;
mod physical;
mod place;
mod policies;
mod protected;
mod prover;
mod repair;
mod report;
mod rules;
mod scene;
mod scenes;
mod sheet;
mod statements;
mod survey;
mod symbols;
pub mod template;
mod templates;
mod texts;
mod told;
mod variables;
mod view;
mod wide;
mod words;
mod world;

use std::collections::BTreeSet;

use construct_core::CheckCx;
use construct_core::parallel;

use ask::Asker;
use flow::Pipeline;
use gate::Gate;
use opened::Opened;
use physical::account_in;
use prover::{Keep, Prover};
use sheet::Sheet;
use statements::Statements;
use survey::{Surveyed, survey};
use template::Templates;
use view::Apart;
use world::World;

pub(crate) use findings::Subject;
pub use flow::{ActionLabel, PipelineLabel};
pub use order::{Clash, MissingEdge, Order, Orders};
pub use place::{Place, PolicyKind};
pub use repair::{Repair, What};
pub use report::{Access, Area, Cell, Decision, Expected, Purpose, Remark, Report, Row};
pub use templates::Outside;
pub use wide::TooWide;
pub use words::premises;

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
    let unknown_id = world.symbols.name("id made up during the run", symbols::Origin::Other);
    let apart = Apart::new();
    world.nobody = nobody(&world, &pipelines);
    let named = std::mem::take(&mut world.policies.principals);
    let distinctions = world.policies.distinctions();
    let prove = |asker: &mut Asker<'_>, (n, pipeline): (usize, &Pipeline)| {
        let gates = Gate::all(asker, pipeline);
        let mut prover = Prover::new(pipeline, &gates, asker, keep, unknown_id);
        prover.needs();
        prover.events();
        prover.denials(&pipelines, n);
        let accesses = prover.accesses;
        asker.forget_callers();
        accesses
    };
    let order = || order::order(stacks, named, &world, &pipelines);
    let new = || Asker::new(&world, &apart, &distinctions);
    let (proved, askers, order) = parallel::map_beside(new, pipelines.iter().enumerate().collect(), prove, order);
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

/// The smallest number that is no account of the templates.
fn nobody(world: &World, pipelines: &[Pipeline]) -> String {
    let stacks = world.environments.iter().map(|place| &*place.account);
    let roles = world.roles.keys().filter_map(|arn| account_in(arn));
    let actions = pipelines.iter().flat_map(|pipeline| pipeline.actions.iter().map(flow::Action::account));
    // Below a hundred million accounts, the smallest number begins so.
    let near = stacks.chain(roles).chain(actions).filter(|account| account.starts_with("0000"));
    let taken: BTreeSet<&str> = near.collect();
    let numbers = (0..=taken.len()).map(|n| format!("{n:012}"));
    numbers.into_iter().find(|number| !taken.contains(number.as_str())).unwrap_or_default()
}

#[cfg(test)]
#[path = "keep_tests.rs"]
mod tests;
