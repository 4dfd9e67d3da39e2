//! Roles: one for the pipeline, one for each environment in another account, one for each deployment role.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Caller, Diagnostic, Env, NodeId, PlanCx, Region, Value, kind};
use construct_iam::{
    DerivedName, ManagedPolicy, PolicyDocument, PolicyStatement, Principal, Role, RoleRef, ServiceRole,
};

use super::scaffold::Scaffold;
use crate::action::Action;
use crate::asked::{self, Asked};
use crate::condition::ConditionRule;
use crate::flow::{Touch, Toucher, touches};
use crate::known::{Known, Performer};
use crate::names::RoleKind;
use crate::pipeline::Pipeline;
use crate::provider::{GivenRole, PassedRole};
use crate::resolve::{Resolved, ResolvedAction, action_words};
use crate::stage::Stage;

const CODEPIPELINE: &str = "codepipeline.amazonaws.com";

/// The roles of a pipeline, and who touches artifacts where.
#[derive(Debug)]
pub(super) struct Roles {
    pub(super) pipeline: RoleRef,
    /// The role that performs each action, in the order of the actions; none for those that somebody else performs.
    pub(super) performers: Vec<Option<RoleRef>>,
    pub(super) accesses: Vec<Access>,
    /// Roles made in the pipeline's stack.
    made_at_home: Vec<NodeId>,
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

    pub(super) fn at_home(&self) -> impl Iterator<Item = NodeId> {
        self.made_at_home.iter().copied()
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

/// Whether an action writes artifacts with a role that is made for it.
fn writes(known: &Known) -> bool {
    let by_itself = |touch: &Touch| touch.writes && touch.by == Toucher::Performer;
    known.performer == Performer::Scaffold && touches(&known.spec).iter().flatten().any(by_itself)
}

/// Makes the roles and gives them what the actions need: their permissions go there.
pub(super) fn make(
    pipeline: &Pipeline,
    known: &mut [Known],
    following: &BTreeMap<usize, Vec<PolicyStatement>>,
    scaffold: &mut Scaffold<'_>,
    cx: &mut PlanCx<'_>,
) -> Roles {
    let mut maker = Maker { pipeline, cx, scaffold, imported: BTreeMap::new(), roleless: Vec::new() };
    let pipeline_role = maker.pipeline_role();
    let mut action_roles = ActionRoles::new(pipeline_role, known, &maker);
    let mut deploy_roles = DeployRoles::default();
    // One statement names all of them in the end.
    let mut taken_on: Vec<RoleRef> = Vec::with_capacity(known.len());
    let mut roles = Roles {
        pipeline: pipeline_role,
        performers: Vec::with_capacity(known.len()),
        accesses: Vec::with_capacity(known.len()),
        made_at_home: pipeline.role.is_none().then(|| pipeline_role.into()).into_iter().collect(),
    };
    for (n, (known, named)) in known.iter_mut().zip(pipeline.actions()).enumerate() {
        let performer = action_roles.role(known, named, &mut maker);
        roles.performers.push(performer);
        if let Some(role) = performer.filter(|role| *role != pipeline_role) {
            taken_on.push(role);
            let why = || because(pipeline, named, &take_on([role]), "takes on the role of the action".into());
            asked::because(pipeline_role, maker.cx, why);
        }
        let Known { spec, env, permissions, .. } = known;
        let (spec, env) = (&*spec, *env);
        let passed = spec.passes.as_ref();
        let passed = passed.map(|passed| (passed, deploy_roles.role(passed, env, named, &mut maker)));
        if let Some(performer) = performer {
            for statement in std::mem::take(permissions) {
                maker.grant(performer, statement, named, || format!("calls `{}`", spec.provider).into());
            }
            if let Some((passed, role)) = passed {
                deploy_roles.hand_over(passed, role, performer, named, &mut maker);
            }
        }
        for Touch { by, reads, writes } in touches(spec).into_iter().flatten() {
            let (role, worker) = match by {
                Toucher::Performer => (performer, None),
                Toucher::Passed => (passed.map(|(_, role)| role), None),
                Toucher::Worker(node) => (maker.worker(node, following.get(&n), named), Some(node)),
            };
            if let Some(role) = role.filter(|role| *role != pipeline_role) {
                roles.accesses.push(Access { role, region: env.region, reads, writes, action: Some(n), worker });
            }
        }
    }
    let trust = action_roles.trust;
    for (stage, rule) in pipeline.rules() {
        taken_on.extend(maker.rule(stage, rule, &trust, &mut roles));
    }
    unknown_worker_roles(&maker.roleless, maker.cx);
    if !taken_on.is_empty() {
        maker.cx.attach(pipeline_role, take_on(taken_on));
    }
    deploy_roles.finish(&mut maker);
    roles.made_at_home.extend(deploy_roles.at_home(maker.cx.env()));
    roles
}

struct Maker<'m, 's, 'c> {
    pipeline: &'m Pipeline,
    cx: &'m mut PlanCx<'c>,
    scaffold: &'m mut Scaffold<'s>,
    /// Imported roles are placed once, however many actions name them.
    imported: BTreeMap<Value<kind::Arn>, RoleRef>,
    /// Workers whose role nobody says, each with an action of theirs.
    roleless: Vec<(NodeId, Named<'m>)>,
}

impl<'m> Maker<'m, '_, '_> {
    fn pipeline_role(&mut self) -> RoleRef {
        match &self.pipeline.role {
            Some(given) => {
                let role = self.given(given);
                let name = &self.pipeline.name;
                asked::grant(role, service_trust(CODEPIPELINE), self.cx, |trust| {
                    Asked::new(trust, "is run by CodePipeline with this role").by_pipeline(name)
                });
                role
            }
            None => {
                let env = self.cx.env().expect("a pipeline is planned in a stack");
                let role = Role::new(Principal::service(CODEPIPELINE));
                let role = self.named(role, RoleKind::Pipeline, env);
                self.cx.scope().add("Role", role)
            }
        }
    }

    /// Lets the pipeline's role alone assume a role: the account by itself would let in everybody there who may assume
    /// roles at all.
    fn trust(&self, pipeline_role: RoleRef) -> PolicyStatement {
        let home = self.cx.env().expect("a pipeline is planned in a stack");
        let trust = PolicyStatement::allow(["sts:AssumeRole"]).principal(Principal::account(home));
        trust.condition("ArnEquals", "aws:PrincipalArn", [pipeline_role.arn()])
    }

    /// Lets a role do what an action needs.
    fn grant(
        &mut self,
        role: RoleRef,
        statement: PolicyStatement,
        action: Named<'_>,
        purpose: impl FnOnce() -> Cow<'static, str>,
    ) {
        let pipeline = self.pipeline;
        asked::grant(role, statement, self.cx, |statement| because(pipeline, action, statement, purpose()));
    }

    /// The role for all actions of an environment in another account.
    fn action_role(&mut self, env: Env, writes: bool, trust: &PolicyStatement) -> RoleRef {
        // The shared policies of a group tell its roles by their names.
        let is_writer = writes && self.scaffold.membership().is_some();
        let kind = if is_writer { RoleKind::Writer } else { RoleKind::Action };
        let role = self.named(Role::trusting(PolicyDocument::new().with(trust.clone())), kind, env);
        let role = self.scaffold.scope(env, self.cx).add("ActionRole", role);
        self.cx.attach(role, DerivedName);
        role
    }

    /// The role with which a construct works in the place of an action, if somebody says which; it may follow the
    /// references among the inputs of the action.
    fn worker(
        &mut self,
        construct: NodeId,
        following: Option<&Vec<PolicyStatement>>,
        action: Named<'m>,
    ) -> Option<RoleRef> {
        // A handle of another app is a finding already.
        if !self.cx.view().owns(construct) {
            return None;
        }
        let Some(role) = self.cx.view().facts_of::<ServiceRole>(construct).next().map(|role| role.0) else {
            self.roleless.push((construct, action));
            return None;
        };
        for statement in following.into_iter().flatten() {
            self.grant(role, statement.clone(), action, || "follows the references among its inputs".into());
        }
        Some(role)
    }

    /// Lets a rule of a condition be checked, by the pipeline's role or by the rule's own, which is then given back.
    fn rule(
        &mut self,
        stage: &Stage,
        rule: &ConditionRule,
        trust: &PolicyStatement,
        roles: &mut Roles,
    ) -> Option<RoleRef> {
        let home = self.cx.env().expect("a pipeline is planned in a stack");
        let pipeline = self.pipeline;
        let because = |statement: &PolicyStatement, purpose: Cow<'static, str>| {
            let words = format!("rule `{}` of stage `{}`", rule.name, stage.name);
            Asked::new(statement, purpose).by_pipeline(&pipeline.name).in_actions([words])
        };
        let own = rule.role.as_ref().map(|given| self.given(given)).filter(|role| *role != roles.pipeline);
        let role = own.unwrap_or(roles.pipeline);
        if own.is_some() {
            asked::grant(role, trust.clone(), self.cx, |trust| because(trust, "takes on this role".into()));
            let takes_on = || because(&take_on([role]), "takes on the role of the rule".into());
            asked::because(roles.pipeline, self.cx, takes_on);
        }
        // What a rule works with is found by name where its role is.
        let account = self.cx.view().env_of(role).map_or(home.account, |env| env.account);
        let env = Env { account, region: rule.region_or(home.region) };
        for statement in rule.permissions(env, &pipeline.name) {
            let calls = || format!("calls `{}`", rule.provider).into();
            asked::grant(role, statement, self.cx, |statement| because(statement, calls()));
        }
        let worker = rule.worker().filter(|worker| self.cx.view().owns(*worker));
        let reader = match worker {
            Some(project) => self.cx.view().facts_of::<ServiceRole>(project).next().map(|role| role.0),
            None => own.filter(|_| !rule.builds()),
        };
        if let Some(role) = reader.filter(|_| !rule.inputs.is_empty()) {
            let (reads, writes) = (true, false);
            roles.accesses.push(Access { role, region: env.region, reads, writes, action: None, worker });
        }
        own
    }

    fn named(&self, role: Role, kind: RoleKind, env: Env) -> Role {
        self.scaffold.named_role(role, kind, env)
    }

    fn given(&mut self, role: &GivenRole) -> RoleRef {
        match role {
            GivenRole::Placed(role) => *role,
            GivenRole::Imported(role) => {
                let n = self.imported.len();
                let cx = &mut *self.cx;
                *self
                    .imported
                    .entry(role.arn().clone())
                    .or_insert_with(|| cx.scope().add(format!("ImportedRole{n}"), role.clone()))
            }
        }
    }
}

/// An action with its stage.
type Named<'a> = (&'a Stage, &'a Action);

fn words((stage, action): Named<'_>) -> String {
    action_words(stage, action)
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

/// Why an action needs something.
fn because(pipeline: &Pipeline, action: Named<'_>, statement: &PolicyStatement, purpose: Cow<'static, str>) -> Asked {
    Asked::new(statement, purpose).by_pipeline(&pipeline.name).in_actions([words(action)])
}

fn take_on(roles: impl IntoIterator<Item = RoleRef>) -> PolicyStatement {
    PolicyStatement::allow(["sts:AssumeRole"]).on(roles.into_iter().map(RoleRef::arn))
}

/// Lets a service work with a role.
fn service_trust(service: impl Into<Cow<'static, str>>) -> PolicyStatement {
    PolicyStatement::allow(["sts:AssumeRole"]).principal(Principal::service(service))
}

/// The roles that perform actions: the pipeline's own at home, and one an environment in other accounts.
struct ActionRoles {
    pipeline: RoleRef,
    /// What the trust policies of the others say.
    trust: PolicyStatement,
    made: BTreeMap<Env, RoleRef>,
    /// The environments in which actions write artifacts with a role that is made for them.
    writing: BTreeSet<Env>,
}

impl ActionRoles {
    fn new(pipeline: RoleRef, known: &[Known], maker: &Maker<'_, '_, '_>) -> Self {
        let writing = known.iter().filter(|known| writes(known)).map(|known| known.env).collect();
        Self { pipeline, trust: maker.trust(pipeline), made: BTreeMap::new(), writing }
    }

    /// The role that performs an action; none if somebody else performs it.
    fn role(&mut self, known: &Known, action: Named<'_>, maker: &mut Maker<'_, '_, '_>) -> Option<RoleRef> {
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

/// Deployment roles: one an environment, whatever the actions that pass it.
#[derive(Debug, Default)]
struct DeployRoles<'k> {
    /// Each with the service it was made for, the line of the first action that passes it, and whether it may do anything.
    made: BTreeMap<Env, (RoleRef, &'k Cow<'static, str>, Caller, bool)>,
    trusts: BTreeMap<&'k Cow<'static, str>, PolicyStatement>,
    /// What is said of the roles that one service is handed, which differs in little.
    passing: BTreeMap<&'k Cow<'static, str>, PolicyStatement>,
}

impl<'k> DeployRoles<'k> {
    fn role(&mut self, passed: &'k PassedRole, env: Env, action: Named<'_>, maker: &mut Maker<'_, '_, '_>) -> RoleRef {
        if let Some(given) = &passed.given {
            let role = maker.given(given);
            let purpose = || format!("hands this role over to `{}`", passed.service).into();
            maker.grant(role, service_trust(passed.service.clone()), action, purpose);
            return role;
        }
        let service = &passed.service;
        let trust = self.trusts.entry(service).or_insert_with(|| service_trust(service.clone()));
        let (role, made_for, _, permitted) = self.made.entry(env).or_insert_with(|| {
            let role = Role::trusting(PolicyDocument::new().with(trust.clone()));
            let role = maker.named(role, RoleKind::Deploy, env);
            let role = maker.scaffold.scope(env, maker.cx).add("DeployRole", role);
            maker.cx.attach(role, DerivedName);
            (role, service, action.1.location, false)
        });
        let role = *role;
        if *made_for != service {
            maker.cx.attach(role, trust.clone());
        }
        *permitted |= !passed.permissions.is_empty() || !passed.managed_policies.is_empty();
        for statement in &passed.permissions {
            maker.cx.attach(role, statement.clone());
        }
        for policy in &passed.managed_policies {
            maker.cx.attach(role, ManagedPolicy::new(policy));
        }
        role
    }

    /// Lets the role that performs an action hand over the role that it passes on.
    fn hand_over(
        &mut self,
        passed: &'k PassedRole,
        role: RoleRef,
        performer: RoleRef,
        action: Named<'_>,
        maker: &mut Maker<'_, '_, '_>,
    ) {
        let service = &passed.service;
        let pass = self.passing.entry(service).or_insert_with(|| {
            let pass = PolicyStatement::allow(["iam:PassRole"]);
            pass.condition("StringEquals", "iam:PassedToService", [service.clone()])
        });
        let pass = pass.clone().on([role.arn()]);
        maker.grant(performer, pass, action, || format!("hands a role over to `{service}`").into());
    }

    fn finish(&self, maker: &mut Maker<'_, '_, '_>) {
        for (env, (.., at, permitted)) in &self.made {
            if !permitted {
                maker.cx.report(
                    Diagnostic::warning(
                        "deploy::no-permissions",
                        format!("the deployment role in {env} may do nothing, so CloudFormation can deploy nothing with it"),
                    )
                    .at(at)
                    .help("say what the template needs with `.allow(PolicyStatement::allow([…]).on([…]))`, or give a `.deployment_role(…)`"),
                );
            }
        }
    }

    fn at_home(&self, home: Option<Env>) -> impl Iterator<Item = NodeId> {
        self.made.iter().filter(move |(env, _)| Some(**env) == home).map(|(_, (role, ..))| NodeId::from(*role))
    }
}
