//! The roles that perform actions.

use std::collections::{BTreeMap, BTreeSet};

use construct_core::Env;
use construct_iam::{PolicyStatement, RoleRef};

use super::maker::{Maker, Named};
use crate::flow::{Touch, Toucher, touches};
use crate::known::{Known, Performer};

/// Whether an action writes artifacts with a role that is made for it.
fn writes(known: &Known) -> bool {
    let by_itself = |touch: Touch<'_>| touch.writes && matches!(touch.by, Toucher::Performer);
    known.performer == Performer::Scaffold && touches(&known.spec).any(by_itself)
}

/// The roles that perform actions: the pipeline's own at home, and one an environment in other accounts.
pub(super) struct Performers {
    pipeline: RoleRef,
    /// What the trust policies of the others say.
    pub(super) trust: PolicyStatement,
    made: BTreeMap<Env, RoleRef>,
    /// The environments in which actions write artifacts with a role that is made for them.
    writing: BTreeSet<Env>,
}

impl Performers {
    pub(super) fn new(pipeline: RoleRef, known: &[Known], maker: &Maker<'_, '_, '_>) -> Self {
        let writing = known.iter().filter(|known| writes(known)).map(|known| known.env).collect();
        Self { pipeline, trust: maker.trust(pipeline), made: BTreeMap::new(), writing }
    }

    /// The role that performs an action; none if somebody else performs it.
    pub(super) fn role(&mut self, known: &Known, action: Named<'_>, maker: &mut Maker<'_, '_, '_>) -> Option<RoleRef> {
        let Self { pipeline, trust, made, writing } = self;
        match (known.performer, &action.1.role) {
            (Performer::Worker, _) => None,
            (Performer::Pipeline, _) => Some(*pipeline),
            (Performer::Given, Some(given)) => {
                let role = maker.given(given);
                maker.grant(role, trust.clone(), action, || "takes on this role".into());
                Some(role)
            }
            (Performer::Given | Performer::Scaffold, _) => {
                let make = || maker.action_role(known.env, writing.contains(&known.env), trust);
                Some(*made.entry(known.env).or_insert_with(make))
            }
        }
    }
}
