//! One request, asked of the policies in force.

use std::cell::RefCell;
use std::sync::Arc;

use construct_iam::access::{
    Action, Assumption, Context, ContextValue, Distinctions, Query, Request, Resource, Stance, Traits, Truth, Unknown,
    Verdict, evaluate, is_allowed, symbol,
};
use foldhash::{HashMap, HashMapExt as _};

use super::caller::{ANY_ROLE, Caller, Sessions, Who, role_arn};
use super::facts::{Facts, wants};
use super::protected::{Protected, guards, service_of};
use super::scene::Scene;
use super::told::Told;
use super::view::{Apart, View, is_made};
use crate::access::template::account_in;
use crate::access::world::World;

/// A request that was asked.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) told: Told,
    pub(crate) action: Arc<Action>,
    pub(crate) target: Arc<Protected>,
}

/// Asks questions of a world.
#[derive(Debug)]
pub(crate) struct Asker<'w> {
    world: &'w World,
    apart: &'w Apart,
    sessions: Sessions<'w>,
    /// Circumstances of which nothing is known.
    nothing: Arc<Context>,
    /// Roles with the policies they have, by ARN.
    roles: RefCell<HashMap<Arc<str>, Arc<Caller>>>,
    /// Those of pipelines, which other pipelines ask about, too.
    homes: RefCell<HashMap<Arc<str>, Arc<Caller>>>,
    /// Those who may do everything in their own account, by ARN.
    administrators: RefCell<HashMap<Arc<str>, Arc<Caller>>>,
    /// Few, by name.
    services: RefCell<Vec<(&'static str, Arc<Caller>)>>,
    /// By account.
    strangers: RefCell<HashMap<Box<str>, Stranger>>,
    distinctions: &'w Distinctions,
    actions: RefCell<Actions>,
}

/// A role of an account that has no part in any pipeline.
#[derive(Debug)]
struct Stranger {
    partition: Box<str>,
    caller: Arc<Caller>,
}

/// The actions that were asked for, by their numbers.
#[derive(Debug, Default)]
struct Actions {
    /// By where their names stand, and how long they are: each is a text that stands in one place.
    numbers: HashMap<(usize, usize), usize>,
    asked: Vec<Asked>,
}

/// An action that is asked for.
#[derive(Debug)]
struct Asked {
    action: Arc<Action>,
    traits: Traits,
    /// The number of the first action of these traits.
    first: usize,
}

impl<'w> Asker<'w> {
    pub(crate) fn new(world: &'w World, apart: &'w Apart, distinctions: &'w Distinctions) -> Self {
        // About as many as ask for a pipeline of ten targets.
        let roles = HashMap::with_capacity(64).into();
        let (sessions, nothing) = (Sessions::new(world), Arc::default());
        let (homes, administrators) = (RefCell::default(), RefCell::default());
        let (services, strangers, actions) = (RefCell::default(), RefCell::default(), RefCell::default());
        Self {
            world,
            apart,
            sessions,
            nothing,
            roles,
            homes,
            administrators,
            services,
            strangers,
            distinctions,
            actions,
        }
    }

    /// Forgets who asked for a pipeline: for another one others ask, but for pipelines, services and strangers. What it
    /// knows of actions stays.
    pub(crate) fn forget_callers(&mut self) {
        self.roles.get_mut().clear();
        self.administrators.get_mut().clear();
    }

    pub(crate) fn world(&self) -> &'w World {
        self.world
    }

    pub(crate) fn view(&self) -> View<'w> {
        View::plain(self.world)
    }

    pub(crate) fn nothing(&self) -> &Arc<Context> {
        &self.nothing
    }

    /// Whether some policy asks for the key.
    pub(crate) fn wants(&self, key: &str) -> bool {
        wants(&self.world.policies.keys, key)
    }

    /// Facts about requests.
    pub(crate) fn facts(&self) -> Facts<'w> {
        Facts::new(&self.world.policies.keys)
    }

    /// What every call that a role makes by itself has.
    pub(crate) fn facts_in(&self, region: &str) -> Facts<'w> {
        let mut facts = self.facts();
        facts.one("aws:SecureTransport", || "true".to_owned());
        facts.one("aws:RequestedRegion", || region.to_owned());
        facts.one("aws:ViaAWSService", || "false".to_owned());
        facts
    }

    /// More facts about requests in known circumstances.
    pub(crate) fn facts_over(&self, context: Context) -> Facts<'w> {
        Facts::over(context, &self.world.policies.keys)
    }

    pub(crate) fn caller(&self, who: &Who) -> Arc<Caller> {
        match who {
            Who::Role(arn) => self.role(arn, || Arc::clone(arn)),
            Who::Administrator(arn) => self.known(&self.administrators, arn, || who.clone()),
            Who::Service(name) => self.service(name),
        }
    }

    /// A role with the policies it has; `shared` is the same ARN.
    pub(crate) fn role(&self, arn: &str, shared: impl FnOnce() -> Arc<str>) -> Arc<Caller> {
        self.known(&self.roles, arn, || Who::Role(shared()))
    }

    /// The role of a pipeline. Who owns one without an account is for its pipeline alone to say.
    pub(crate) fn home(&self, arn: &Arc<str>) -> Arc<Caller> {
        let callers = if account_in(arn).is_some() { &self.homes } else { &self.roles };
        self.known(callers, arn, || Who::Role(Arc::clone(arn)))
    }

    fn known(
        &self,
        callers: &RefCell<HashMap<Arc<str>, Arc<Caller>>>,
        arn: &str,
        who: impl FnOnce() -> Who,
    ) -> Arc<Caller> {
        let mut callers = callers.borrow_mut();
        if let Some(known) = callers.get(arn) {
            return Arc::clone(known);
        }
        let caller = Arc::new(Caller::new(self.view(), &self.sessions, who()));
        callers.insert(caller.who.shared_name(), Arc::clone(&caller));
        caller
    }

    fn service(&self, name: &'static str) -> Arc<Caller> {
        let mut services = self.services.borrow_mut();
        if let Some((_, known)) = services.iter().find(|(known, _)| *known == name) {
            return Arc::clone(known);
        }
        let caller = Arc::new(Caller::new(self.view(), &self.sessions, Who::Service(name)));
        services.push((name, Arc::clone(&caller)));
        caller
    }

    /// A role of an account that has no part in any pipeline, with every permission in its own account.
    pub(crate) fn stranger(&self, partition: &str, account: &str) -> Arc<Caller> {
        let mut strangers = self.strangers.borrow_mut();
        if let Some(known) = strangers.get(account).filter(|known| *known.partition == *partition) {
            return Arc::clone(&known.caller);
        }
        let who = Who::Administrator(role_arn(partition, account, ANY_ROLE));
        let caller = Arc::new(Caller::new(self.view(), &self.sessions, who));
        strangers.insert(account.into(), Stranger { partition: partition.into(), caller: Arc::clone(&caller) });
        caller
    }

    /// A role of this name in an account, with every permission there.
    pub(crate) fn administrator_named(&self, partition: &str, account: &str, name: &str) -> Arc<Caller> {
        self.caller(&Who::Administrator(role_arn(partition, account, name)))
    }

    /// Whoever has the name of this role, with every permission in its own account.
    pub(crate) fn administrator(&self, role: &Caller) -> Arc<Caller> {
        match &role.who {
            Who::Role(arn) | Who::Administrator(arn) => {
                let who = Who::Administrator(Arc::clone(arn));
                Caller::under_the_name_of(role, self.view(), &self.sessions, who).into()
            }
            Who::Service(_) => self.caller(&role.who),
        }
    }

    /// Whether it is allowed, or `None` if it is not known who asks.
    pub(crate) fn is_allowed(&self, caller: &Arc<Caller>, scene: &Scene, action: &'w str) -> Option<Truth> {
        let number = self.number(action);
        let actions = self.actions.borrow();
        let Asked { action, first: alike, .. } = &actions.asked[number];
        if let Some(known) = scene.known(caller, *alike) {
            return Some(known);
        }
        let decided = self.decide(caller, scene, action, *alike)?;
        // What is open is looked at for itself.
        if decided != Truth::Unknown {
            scene.keep(caller, *alike, decided);
        }
        Some(decided)
    }

    /// Whether every role of the account is denied it, for a reason that needs no look at one.
    pub(crate) fn keeps_out(&self, account: &str, scene: &Scene, action: &'w str) -> bool {
        self.stance(scene, action, |stance| stance.keeps_out(account))
    }

    /// Whether everybody is denied it, for a reason that needs no look at anybody.
    pub(crate) fn keeps_everybody_out(&self, scene: &Scene, action: &'w str) -> bool {
        self.stance(scene, action, Stance::keeps_everybody_out)
    }

    fn stance(&self, scene: &Scene, action: &'w str, look: impl FnOnce(&Stance) -> bool) -> bool {
        let number = self.number(action);
        let Asked { action, first: alike, .. } = &self.actions.borrow().asked[number];
        scene.stance(action, *alike, look).unwrap_or(false)
    }

    fn decide(&self, caller: &Arc<Caller>, scene: &Scene, action: &Arc<Action>, alike: usize) -> Option<Truth> {
        let first = scene.allows(caller, caller.principal.as_ref()?, action, alike);
        if first == Truth::Unknown {
            let (told, target) = (Told::amid(caller, scene), &scene.target);
            if self.only_ids_are_open(&caller.who, &verdict(&told, action, target)?) {
                let settled = self.is_allowed_apart(&told, action, target)?;
                if settled.is_no() {
                    return Some(settled);
                }
            }
        }
        Some(first)
    }

    /// The action of a name.
    pub(crate) fn action(&self, name: &'w str) -> Arc<Action> {
        let number = self.number(name);
        Arc::clone(&self.actions.borrow().asked[number].action)
    }

    /// Where the action is among those that were prepared. What lives as long as the world stands where no other name
    /// will.
    fn number(&self, name: &'w str) -> usize {
        let Actions { numbers, asked } = &mut *self.actions.borrow_mut();
        *numbers.entry((name.as_ptr().addr(), name.len())).or_insert_with(|| {
            let action = Arc::new(Action::from(name));
            let traits = self.distinctions.traits(&action);
            let first = asked.iter().position(|known| known.traits == traits).unwrap_or(asked.len());
            asked.push(Asked { action, traits, first });
            asked.len() - 1
        })
    }

    /// Whether the outcome is open only because ids that AWS makes up might be equal, which they are not: two resources
    /// have two ids, and a role that stands for "any other role" is none of those in the templates.
    fn only_ids_are_open(&self, who: &Who, verdict: &Verdict) -> bool {
        if matches!(who, Who::Administrator(_)) {
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

    /// Whether it is allowed where all values that AWS makes up differ.
    fn is_allowed_apart(&self, told: &Told, action: &Action, target: &Protected) -> Option<Truth> {
        let view = View::apart(self.world, self.apart);
        let caller = Caller::new(view, &self.sessions, told.caller.who.clone());
        let text = |value: &String| view.text(value).into_owned();
        let context = told.context.mentioned().fold(Context::open(), |context, (key, value)| {
            let value = match value {
                ContextValue::One(value) => ContextValue::One(text(value)),
                ContextValue::Among(values) => ContextValue::Among(values.iter().map(text).collect()),
                ContextValue::Many(values) => ContextValue::Many(values.iter().map(text).collect()),
                other => other.clone(),
            };
            context.set(key.to_owned(), value)
        });
        let (arn, owner) = (target.resource.arn(), target.resource.account());
        let resource = Resource::new(&*view.text(arn), &*view.text(owner));
        let query = Query::new(caller.principal.as_ref()?, action, &resource, &context);
        let guards = guards(view, service_of(action.name()), arn, owner, told.caller.account());
        Some(is_allowed(query, &caller.policies, &guards))
    }
}

impl Question {
    /// The verdict with its reasons. Nobody reads those of most requests, so that they are found anew when somebody does.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        verdict(&self.told, &self.action, &self.target)
    }
}

/// `None` if it is not known who asks.
fn verdict(told: &Told, action: &Action, target: &Protected) -> Option<Verdict> {
    let principal = told.caller.principal.clone()?;
    let request = Request::on(principal, action.clone(), target.resource.clone(), told.context.clone());
    Some(evaluate(&request, &told.caller.policies.guarded_by(&target.policies)))
}
