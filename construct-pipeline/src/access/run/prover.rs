//! What is asked for one pipeline, and what is kept of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::gate::Gate;
use super::scenes::Scenes;
use crate::access::ask::{Asker, Caller, Protected, Question, Scene, Told, Who};
use crate::access::report::{Access, Decision, Expected, Purpose, Remark};
use crate::access::world::{Action, Pipeline};

/// Which requests a report holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Keep {
    All,
    /// Those that came out as they should are forgotten at once, as nobody will ask for them.
    Unproved,
}

/// Collects what is asked for one pipeline.
#[derive(Debug)]
pub(crate) struct Prover<'p, 'w> {
    pub(crate) pipeline: &'w Pipeline,
    /// The stores, by region.
    pub(crate) gates: &'p [Gate<'p>],
    pub(crate) asker: &'p Asker<'w>,
    pub(crate) keep: Keep,
    pub(crate) accesses: Vec<Access>,
    pub(crate) scenes: Scenes<'p>,
    /// Artifacts, and their names in one text.
    named: Option<(&'p [Arc<str>], Arc<str>)>,
    /// The roles of which it was asked whether outsiders take them on, by number.
    pub(crate) apart: BTreeSet<usize>,
    /// Stands for an id that AWS makes up during the run.
    pub(crate) unknown_id: char,
}

/// What belongs to a request beside the request itself.
#[derive(Clone, Debug)]
pub(crate) struct About<'p> {
    pub(crate) action: Option<&'p Action>,
    pub(crate) purpose: Purpose,
    pub(crate) expected: Expected,
    /// When it is needed, if not always.
    pub(crate) only_if: Option<&'static str>,
}

impl<'p> About<'p> {
    pub(crate) fn need(action: impl Into<Option<&'p Action>>, purpose: Purpose) -> Self {
        Self { action: action.into(), purpose, expected: Expected::Allow, only_if: None }
    }

    pub(crate) fn denial(action: impl Into<Option<&'p Action>>, purpose: Purpose) -> Self {
        Self { action: action.into(), purpose, expected: Expected::Deny, only_if: None }
    }
}

impl<'p, 'w> Prover<'p, 'w> {
    pub(crate) fn new(
        pipeline: &'w Pipeline,
        gates: &'p [Gate<'p>],
        asker: &'p Asker<'w>,
        keep: Keep,
        unknown_id: char,
    ) -> Self {
        let (accesses, scenes) = (Vec::new(), Scenes::new(asker));
        Self { pipeline, gates, asker, keep, accesses, scenes, named: None, apart: BTreeSet::new(), unknown_id }
    }

    /// The store of a region.
    pub(crate) fn gate(&self, region: &str) -> Option<&'p Gate<'p>> {
        self.gates.iter().find(|gate| gate.store.region == region)
    }

    pub(crate) fn role(&self, arn: &Arc<str>) -> Arc<Caller> {
        self.asker.role(arn, || Arc::clone(arn))
    }

    pub(crate) fn role_named(&self, arn: &str) -> Arc<Caller> {
        let shared = || self.asker.world().roles.get_key_value(arn).map(|(arn, _)| Arc::clone(arn));
        self.asker.role(arn, || shared().unwrap_or_else(|| arn.into()))
    }

    /// The names of artifacts in one text. Most actions read the same ones.
    pub(crate) fn named(&mut self, artifacts: &'p [Arc<str>]) -> Arc<str> {
        match (artifacts, &self.named) {
            ([one], _) => Arc::clone(one),
            (_, Some((known, text))) if *known == artifacts => Arc::clone(text),
            _ => {
                let text: Arc<str> = artifacts.join(", ").into();
                self.named = Some((artifacts, Arc::clone(&text)));
                text
            }
        }
    }

    /// Asks and notes the answer.
    pub(crate) fn ask(&mut self, about: &About<'p>, caller: &Arc<Caller>, action: &'w str, scene: &Scene) {
        let answer = self.asker.is_allowed(caller, scene, action);
        let decision = answer.map_or(Decision::Open, Decision::from);
        if self.keeps(about, decision) {
            let (told, target) = (Told::amid(caller, scene), Arc::clone(&scene.target));
            let question = Question { told, action: self.asker.action(action), target };
            let remark = answer.is_none().then(|| Remark::unknown("who asks is not known"));
            self.note(about, question, decision, remark);
        }
    }

    /// A question that something else than policies decides.
    pub(crate) fn unasked(&self, who: &Who, action: &'w str, resource: &Arc<str>, owner: &str) -> Question {
        let told = Told::of(self.asker.caller(who));
        Question { told, action: self.asker.action(action), target: Protected::unguarded(resource, owner).into() }
    }

    fn keeps(&self, about: &About<'p>, decision: Decision) -> bool {
        self.keep == Keep::All || !decision.proves(about.expected)
    }

    /// Notes what came of a question.
    pub(crate) fn note(&mut self, about: &About<'p>, question: Question, decision: Decision, remark: Option<Remark>) {
        if !self.keeps(about, decision) {
            return;
        }
        let outsider = question.told.caller.account() == Some(self.asker.world().nobody.as_str());
        self.accesses.push(Access {
            pipeline: Arc::clone(&self.pipeline.label),
            action: about.action.map(|action| Arc::clone(&action.label)),
            purpose: about.purpose.clone(),
            expected: about.expected,
            decision,
            remark,
            only_if: about.only_if.filter(|_| about.expected == Expected::Allow),
            question,
            outsider,
        });
    }
}
