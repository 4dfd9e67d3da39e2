//! What a run of a pipeline asks for, and what must stay denied.
//!
//! What goes in is a pipeline of the world. `needs` walks through its actions: what each provider `calls` (a `call` each
//! time), what `builds` take, in a `network` or not, the `artifacts` it reads and writes, the `keys` that services use for
//! it, the roles that are taken on and handed over; `events` follows what starts a run, and `denials` asks in the name of
//! those who have no part in it. A `prover` puts each request to an asker, in the circumstances that requests to one store
//! (`gate`) or of one pipeline (`scenes`) have in common, but for those that something else than policies decides
//! (`decided`). What comes out are the [`Access`]es, with what became of each.

mod artifacts;
mod builds;
mod call;
mod calls;
mod decided;
mod denials;
mod events;
mod gate;
mod keys;
mod needs;
mod network;
mod prover;
mod scenes;

pub(crate) use prover::Keep;

use super::ask::Asker;
use super::report::Access;
use super::world::Pipeline;
use gate::Gate;
use prover::Prover;

/// Asks all of the `n`-th pipeline. `unknown_id` stands for what AWS makes up during a run.
pub(crate) fn accesses<'w>(
    asker: &mut Asker<'w>,
    pipelines: &'w [Pipeline],
    n: usize,
    keep: Keep,
    unknown_id: char,
) -> Vec<Access> {
    let gates = Gate::all(asker, &pipelines[n]);
    let mut prover = Prover::new(&pipelines[n], &gates, asker, keep, unknown_id);
    prover.needs();
    prover.events();
    prover.denials(pipelines, n);
    let accesses = prover.accesses;
    asker.forget_callers();
    accesses
}
