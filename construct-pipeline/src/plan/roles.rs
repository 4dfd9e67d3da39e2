//! Roles: one for the pipeline, one for each environment in another account, one for each deployment role.

mod deploy;
mod maker;
mod performers;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Diagnostic, Env, NodeId, PlanCx, Region};
use construct_iam::contract::Asked;
use construct_iam::{PolicyStatement, RoleRef, ServiceRole};

use self::deploy::DeployRoles;
use self::maker::{Maker, Named, because, take_on, words};
use self::performers::Performers;
use super::scaffold::Scaffold;
use crate::asked;
use crate::condition::ConditionRule;
use crate::filled::about_anything;
use crate::flow::{Touch, Toucher, touches};
use crate::known::Known;
use crate::pipeline::Pipeline;
use crate::resolve::{Resolved, ResolvedAction};
use crate::stage::Stage;

/// The roles of a pipeline, and who touches artifacts where.
#[derive(Debug)]
pub(super) struct Roles {
    pub(super) pipeline: RoleRef,
    /// The role that performs each action, in the order of the actions; none for those that somebody else performs.
    pub(super) performers: Vec<Option<RoleRef>>,
    pub(super) accesses: Vec<Access>,
    /// Roles made in the pipeline's stack, and those of the app that it was given.
    needed: Vec<NodeId>,
}

/// That a role reads or writes artifacts in the store of a region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    pub(super) role: RoleRef,
    pub(super) region: Region,
    pub(super) reads: bool,
    pub(super) writes: bool,
    /// The number of the action, in the order of the actions; none for a rule of a condition.
    pub(super) action: Option<usize>,
    /// The construct that encrypts what it writes by a setting of its own.
    pub(super) worker: Option<NodeId>,
}

impl Roles {
    /// The roles that the declaration names: CodePipeline uses the pipeline's for all other actions.
    pub(super) fn of_actions(&self) -> impl Iterator<Item = Option<RoleRef>> {
        self.performers.iter().map(|role| role.filter(|role| *role != self.pipeline))
    }

    /// What must be there before the pipeline, beside its scaffold stacks: roles with their policies. The declaration names
    /// roles, which implies no order.
    pub(super) fn needed(&self) -> impl Iterator<Item = NodeId> {
        self.needed.iter().copied()
    }
}

/// What the workers of actions need to follow the references among their inputs, by the number of the action.
pub(super) fn following(resolved: &Resolved<'_>) -> BTreeMap<usize, Vec<PolicyStatement>> {
    let of = |reader: &ResolvedAction<'_>| {
        let inputs = &reader.known.spec.inputs;
        let writes =
            |writer: &&ResolvedAction<'_>| writer.known.spec.outputs.iter().any(|output| inputs.contains(output));
        let writers = resolved.actions.iter().filter(writes);
        writers.flat_map(|writer| writer.action.provider.reader_permissions(&resolved.cx(writer))).collect()
    };
    let with_worker = resolved.actions.iter().enumerate().filter(|(_, action)| action.known.spec.worker.is_some());
    with_worker.map(|(n, action)| (n, of(action))).collect()
}

/// Makes the roles and gives them what the actions need: their permissions go there.
pub(super) fn make(
    pipeline: &Pipeline,
    known: &mut [Known],
    following: &BTreeMap<usize, Vec<PolicyStatement>>,
    scaffold: &mut Scaffold<'_>,
    cx: &mut PlanCx<'_>,
) -> Roles {
    let mut maker = Maker::new(pipeline, scaffold, cx);
    let role = maker.pipeline_role();
    let roles = Roles {
        pipeline: role,
        performers: Vec::with_capacity(known.len()),
        accesses: Vec::with_capacity(known.len()),
        needed: pipeline.role.is_none().then(|| role.into()).into_iter().collect(),
    };
    let performers = Performers::new(role, known, &maker);
    let taken_on = Vec::with_capacity(known.len());
    let mut making = Making { maker, performers, deploy_roles: DeployRoles::default(), taken_on, roles };
    for (n, (known, named)) in known.iter_mut().zip(pipeline.actions()).enumerate() {
        making.action(n, known, named, following.get(&n));
    }
    for (stage, rule) in pipeline.rules() {
        making.rule(stage, rule);
    }
    making.finish()
}

/// The roles while they are made.
struct Making<'m, 's, 'c, 'k> {
    maker: Maker<'m, 's, 'c>,
    performers: Performers,
    deploy_roles: DeployRoles<'k>,
    /// The roles that the pipeline's takes on: one statement names all of them in the end.
    taken_on: Vec<RoleRef>,
    roles: Roles,
}

impl<'m, 'k> Making<'m, '_, '_, 'k> {
    /// Makes the roles of an action, which come in order. Its worker may follow the references among its inputs.
    fn action(&mut self, n: usize, known: &'k mut Known, named: Named<'m>, following: Option<&Vec<PolicyStatement>>) {
        let Self { maker, performers, deploy_roles, taken_on, roles } = self;
        let performer = performers.role(known, named, maker);
        roles.performers.push(performer);
        if let Some(role) = performer.filter(|role| *role != roles.pipeline) {
            taken_on.push(role);
            let pipeline = maker.pipeline;
            let why = || because(pipeline, named, &take_on([role]), "takes on the role of the action".into());
            asked::because(roles.pipeline, maker.cx, why);
        }
        let Known { spec, env, permissions, .. } = known;
        let (spec, env) = (&*spec, *env);
        let passed = spec.passes.as_ref();
        let passed = passed.map(|passed| (passed, deploy_roles.role(passed, env, named, maker)));
        if let Some(performer) = performer {
            for statement in std::mem::take(permissions) {
                maker.grant(performer, statement, named, || format!("calls `{}`", spec.provider).into());
            }
            if let Some((passed, role)) = passed {
                deploy_roles.hand_over(passed, role, performer, named, maker);
            }
        }
        for Touch { by, reads, writes } in touches(spec) {
            let (role, worker) = match by {
                Toucher::Performer => (performer, None),
                Toucher::Passed => (passed.map(|(_, role)| role), None),
                Toucher::Reader(given) => (Some(maker.given(given)), None),
                Toucher::Worker(node) => (maker.worker(node, following, named), Some(node)),
            };
            if let Some(role) = role.filter(|role| *role != roles.pipeline) {
                roles.accesses.push(Access { role, region: env.region, reads, writes, action: Some(n), worker });
            }
        }
    }

    /// Lets a rule of a condition be checked, by the pipeline's role or by the rule's own.
    fn rule(&mut self, stage: &Stage, rule: &ConditionRule) {
        let Self { maker, performers, roles, .. } = self;
        let pipeline = maker.pipeline;
        let because = |statement: &PolicyStatement, purpose: Cow<'static, str>| {
            let words = format!("rule `{}` of stage `{}`", rule.name, stage.name);
            Asked::new(statement, purpose).by_pipeline(&pipeline.name).in_actions([words])
        };
        let own = rule.role.as_ref().map(|given| maker.given(given)).filter(|role| *role != roles.pipeline);
        let role = own.unwrap_or(roles.pipeline);
        if own.is_some() {
            let trust = performers.trust.clone();
            asked::grant(role, trust, maker.cx, |trust| because(trust, "takes on this role".into()));
            let takes_on = || because(&take_on([role]), "takes on the role of the rule".into());
            asked::because(roles.pipeline, maker.cx, takes_on);
        }
        // What a rule works with is found by name where its role is.
        let home = maker.home();
        let account = maker.cx.view().env_of(role).map_or(home.account, |env| env.account);
        let env = Env { account, region: rule.region_or(home.region) };
        for statement in rule.permissions(env, &pipeline.name).into_iter().map(about_anything) {
            let calls = || format!("calls `{}`", rule.provider).into();
            asked::grant(role, statement, maker.cx, |statement| because(statement, calls()));
        }
        let worker = rule.worker().filter(|worker| maker.cx.view().owns(*worker));
        let reader = match worker {
            Some(project) => maker.cx.view().facts_of::<ServiceRole>(project).next().map(|role| role.0),
            None => own.filter(|_| !rule.builds()),
        };
        if let Some(role) = reader.filter(|_| !rule.inputs.is_empty()) {
            let (reads, writes) = (true, false);
            roles.accesses.push(Access { role, region: env.region, reads, writes, action: None, worker });
        }
        self.taken_on.extend(own);
    }

    fn finish(self) -> Roles {
        let Self { mut maker, deploy_roles, taken_on, mut roles, .. } = self;
        unknown_worker_roles(&maker.roleless, maker.cx);
        if !taken_on.is_empty() {
            maker.cx.attach(roles.pipeline, take_on(taken_on));
        }
        deploy_roles.finish(&mut maker);
        roles.needed.extend(deploy_roles.at_home(maker.cx.env()));
        roles.needed.extend(&maker.placed);
        roles
    }
}

/// Reports each worker once, at the first of its actions.
fn unknown_worker_roles(roleless: &[(NodeId, Named<'_>)], cx: &mut PlanCx<'_>) {
    let mut told = BTreeSet::new();
    for &(worker, first) in roleless.iter().filter(|(worker, _)| told.insert(*worker)) {
        let others = roleless.iter().filter(|(of, _)| *of == worker).count() - 1;
        let work = match others {
            0 => format!("{} works", words(first)),
            1 => format!("{} and one more action work", words(first)),
            n => format!("{} and {n} more actions work", words(first)),
        };
        let message = format!("nobody says with which role {work}, so the artifact store cannot admit it");
        let help = "import the project with its role: `PipelineProject::import(arn).role(Role::import(role_arn))`";
        cx.report(Diagnostic::warning("action::unknown-worker-role", message).at(first.1.location).help(help));
    }
}
