//! One request, asked of the policies in force.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use construct_iam::access::{
    Assumption, Context, ContextValue, Outcome, Policy, PolicySet, Request, Unknown, Verdict, evaluate, outcome, symbol,
};

use super::caller::{Caller, Who};
use super::facts::{Facts, Told};
use super::place::PolicyIx;
use super::view::{Apart, View, is_made};
use super::world::World;

/// A request in short.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) who: Who,
    pub(crate) action: &'static str,
    pub(crate) resource: Arc<str>,
    /// The account that owns the resource.
    pub(crate) owner: Arc<str>,
    pub(crate) facts: Told,
}

/// Asks questions of a world.
#[derive(Debug)]
pub(crate) struct Asker<'w> {
    world: &'w World,
    apart: &'w Apart,
    callers: RefCell<HashMap<Who, Option<Arc<Caller>>>>,
    /// Who asked last often asks again.
    latest: RefCell<Option<(Who, Option<Arc<Caller>>)>>,
}

impl<'w> Asker<'w> {
    pub(crate) fn new(world: &'w World, apart: &'w Apart) -> Self {
        Self { world, apart, callers: RefCell::default(), latest: RefCell::default() }
    }

    pub(crate) fn world(&self) -> &'w World {
        self.world
    }

    /// Facts about a request of this caller.
    pub(crate) fn facts(&self, who: &Who) -> Facts<'w> {
        Facts::over(self.caller(who), &self.world.policies.keys)
    }

    /// The outcome, or `None` if it is not known who asks.
    pub(crate) fn outcome(&self, question: &Question) -> Option<Outcome> {
        let (request, policies) = self.asked(question)?;
        let first = outcome(&request, &policies);
        if first == Outcome::Indeterminate && self.only_ids_are_open(question, &evaluate(&request, &policies)) {
            let settled = self.outcome_apart(question)?;
            if matches!(settled, Outcome::ImplicitlyDenied | Outcome::ExplicitlyDenied) {
                return Some(settled);
            }
        }
        Some(first)
    }

    /// The verdict with its reasons. Nobody reads those of most requests, so that they are found anew when somebody does.
    pub(crate) fn verdict(&self, question: &Question) -> Option<Verdict> {
        let (request, policies) = self.asked(question)?;
        Some(evaluate(&request, &policies))
    }

    fn asked(&self, question: &Question) -> Option<(Request, PolicySet)> {
        let caller = question.facts.caller.as_ref()?;
        let (action, resource, owner) = (question.action, Arc::clone(&question.resource), Arc::clone(&question.owner));
        let request = Request::new(Arc::clone(&caller.principal), action, resource, owner);
        let policies = with_resource(View::plain(self.world), caller.policies.clone(), question);
        Some((request.with_context(Arc::clone(&question.facts.context)), policies))
    }

    fn caller(&self, who: &Who) -> Option<Arc<Caller>> {
        if let Some((_, caller)) = self.latest.borrow().as_ref().filter(|(latest, _)| latest == who) {
            return caller.clone();
        }
        let mut callers = self.callers.borrow_mut();
        let prepare = || Caller::new(View::plain(self.world), who).map(Arc::new);
        let caller = match callers.get(who) {
            Some(known) => known.clone(),
            None => callers.entry(who.clone()).or_insert_with(prepare).clone(),
        };
        *self.latest.borrow_mut() = Some((who.clone(), caller.clone()));
        caller
    }

    /// Whether the outcome is open only because ids that AWS makes up might be equal, which they are not: two resources have two ids, and a
    /// role that stands for "any other role" is none of those in the templates.
    fn only_ids_are_open(&self, question: &Question, verdict: &Verdict) -> bool {
        if matches!(question.who, Who::Administrator(_)) {
            return true;
        }
        let symbols = &self.world.symbols;
        let is_made = |text: &String| {
            let mut found = text.chars().filter(|c| symbol::is_symbolic(c.encode_utf8(&mut [0; 4]))).peekable();
            found.peek().is_some() && found.all(|c| is_made(symbols, c))
        };
        let decides = |assumption: &&Assumption| assumption.applies;
        let mut unknowns =
            verdict.assumptions.iter().filter(decides).flat_map(|assumption| &assumption.unknowns).peekable();
        unknowns.peek().is_some()
            && unknowns.all(|unknown| match unknown {
                Unknown::Resource { wanted } => wanted.iter().all(is_made),
                Unknown::Condition(tested) => tested.wanted.iter().all(is_made),
                _ => false,
            })
    }

    /// The outcome where all values that AWS makes up differ.
    fn outcome_apart(&self, question: &Question) -> Option<Outcome> {
        let view = View::apart(self.world, self.apart);
        let caller = Caller::new(view, &question.who)?;
        let text = |value: &String| view.text(value).into_owned();
        let context = question.facts.context.mentioned().fold(Context::open(), |context, (key, value)| {
            let value = match value {
                ContextValue::One(value) => ContextValue::One(text(value)),
                ContextValue::Many(values) => ContextValue::Many(values.iter().map(text).collect()),
                other => other.clone(),
            };
            context.set(key.to_owned(), value)
        });
        let (resource, owner) = (&*view.text(&question.resource), Arc::clone(&question.owner));
        let request = Request::new(caller.principal, question.action, resource, owner).with_context(context);
        Some(outcome(&request, &with_resource(view, caller.policies, question)))
    }
}

/// Adds the policies of the resource and of the account that owns it.
fn with_resource(view: View<'_>, set: PolicySet, question: &Question) -> PolicySet {
    let world = view.world;
    let resource = &question.resource;
    let one = |set: PolicySet, ix: &PolicyIx| set.resource(view.policy(*ix));
    let unknown = |set: PolicySet, what: &str| set.resource(Policy::unknown(&format!("{what} {resource}")));
    let service = question.action.split_once(':').map_or(question.action, |(service, _)| service);
    let set = match service {
        "sts" => match world.roles.get(resource) {
            Some(role) => role.trust.iter().fold(set, one),
            None => unknown(set, "trust policy of"),
        },
        "kms" => match world.key(resource) {
            Some(key) => one(set, &key.policy),
            None => unknown(set, "key policy of"),
        },
        "s3" => {
            let name = resource.split_once(":::").map_or("", |(_, rest)| rest);
            match world.buckets.get(name.split('/').next().unwrap_or_default()) {
                Some(bucket) => bucket.policy.iter().fold(set, one),
                None => unknown(set, "bucket policy of"),
            }
        }
        // A bus lets in other accounts only where its policy says so.
        "events" => world.guarded.get(&**resource).into_iter().flat_map(|bus| &bus.policies).fold(set, one),
        "sns" | "ecr" => match world.guarded.get(&**resource) {
            Some(guarded) => guarded.policies.iter().fold(set, one),
            None if &**resource == "*" => set,
            None => unknown(set, "policy of"),
        },
        // These services know no Deny in a policy of the resource, or no such policy at all.
        _ if question.who.account() == Some(&*question.owner) => set,
        _ => unknown(set, "policy of"),
    };
    let levels = world.rcps.get(&*question.owner);
    levels
        .into_iter()
        .flatten()
        .fold(set, |set, (level, all)| set.rcp_level(Arc::clone(level), all.iter().map(|ix| view.policy(*ix))))
}
