//! The scenes of a pipeline beside its stores, prepared once for all who ask there.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use construct_iam::access::Context;
use foldhash::{HashMap, HashMapExt as _};

use super::call::{Facts, Told};
use crate::access::ask::{Asker, Caller, Protected, Scene, service_of};
use crate::access::template::account_in;
use crate::access::world::Action;

/// What the requests of a pipeline have in common.
#[derive(Debug)]
pub(crate) struct Scenes<'p> {
    /// The circumstances of what a role does by itself in a region.
    alone: BTreeMap<&'p str, Arc<Context>>,
    /// The circumstances in which a role hands over another one in a region to a service.
    passing: BTreeMap<(&'p str, &'static str), Arc<Context>>,
    /// The circumstances in which a role takes on another one.
    taking: Arc<Context>,
    /// The roles that others take on, by their numbers.
    taken: HashMap<usize, Rc<Scene>>,
    /// The latest call of a service: most actions make several calls on one resource, and the next one makes more.
    called: Option<Called<'p>>,
}

/// What a service was called for, and by whom.
#[derive(Debug)]
struct Called<'p> {
    service: &'p str,
    caller: usize,
    scene: Rc<Scene>,
}

impl<'p> Scenes<'p> {
    pub(crate) fn new(asker: &Asker<'_>) -> Self {
        let mut taking = asker.facts();
        taking.one("aws:ViaAWSService", || "false".to_owned());
        taking.one("aws:SecureTransport", || "true".to_owned());
        taking.absent("sts:ExternalId");
        let (alone, passing) = (BTreeMap::new(), BTreeMap::new());
        Self { alone, passing, taking: taking.context(), taken: HashMap::new(), called: None }
    }

    /// The circumstances of what a role does by itself in a region, with what else is known of the call.
    fn alone(&mut self, asker: &Asker<'_>, region: &'p str, facts: &Facts<'_>) -> Arc<Context> {
        let scene = self.alone.entry(region).or_insert_with(|| asker.facts_in(region).context());
        if !facts.iter().flatten().any(|(key, _)| asker.wants(key)) {
            return Arc::clone(scene);
        }
        let mut known = asker.facts_over(Context::over(Arc::clone(scene)));
        for (key, value) in facts.iter().flatten() {
            match value {
                Told::One(value) => known.one(key.clone(), || value.clone().into_owned()),
                Told::Among(values) => known.among(key.clone(), || values.clone()),
                Told::Many(values) => known.many(key.clone(), || values.clone()),
                Told::Absent => known.absent(key.clone()),
            }
        }
        known.context()
    }

    /// A role that an action hands over to a service.
    pub(crate) fn passed(
        &mut self,
        asker: &Asker<'_>,
        action: &'p Action,
        caller: &Caller,
        role: &Caller,
        service: &'static str,
    ) -> Scene {
        let circumstances = match self.passing.get(&(action.region(), service)) {
            Some(known) => Arc::clone(known),
            None => {
                let facts = [Some(("iam:PassedToService".into(), Told::One(service.into()))), None, None];
                let told = self.alone(asker, action.region(), &facts);
                self.passing.insert((action.region(), service), Arc::clone(&told));
                told
            }
        };
        let (arn, owner) = (role.who.shared_name(), role.account().unwrap_or(action.account()));
        let target = Protected::new(asker.view(), "iam", &arn, owner, caller.account());
        Scene::for_one(target.into(), circumstances)
    }

    /// A role that is taken on by other roles.
    pub(crate) fn taken(&mut self, asker: &Asker<'_>, role: &Caller, home: &str) -> Rc<Scene> {
        let scene = || Scene::for_many(role.taken(asker.view(), home), Arc::clone(&self.taking)).into();
        Rc::clone(self.taken.entry(role.number).or_insert_with(scene))
    }

    /// What a service is called for.
    pub(crate) fn called(
        &mut self,
        asker: &Asker<'_>,
        action: &'p Action,
        caller: &Caller,
        called: &'p str,
        resource: &Arc<str>,
        facts: &Facts<'_>,
    ) -> Rc<Scene> {
        let circumstances = self.alone(asker, action.region(), facts);
        let service = service_of(called);
        if let Some(known) = &self.called
            && (known.service, known.caller) == (service, caller.number)
            && known.scene.target.resource.arn() == &**resource
            && Arc::ptr_eq(&known.scene.circumstances, &circumstances)
        {
            return Rc::clone(&known.scene);
        }
        let in_bucket = || resource.split_once(":::")?.1.split('/').next();
        let owner =
            account_in(resource).or_else(|| asker.world().bucket_account(in_bucket()?)).unwrap_or(action.account());
        let target = Protected::new(asker.view(), service, resource, owner, caller.account());
        let scene = Rc::new(Scene::for_one(target.into(), circumstances));
        self.called = Some(Called { service, caller: caller.number, scene: Rc::clone(&scene) });
        scene
    }
}
