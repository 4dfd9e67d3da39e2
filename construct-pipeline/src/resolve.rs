//! Where every action runs and who performs it: the question that validation and planning both ask.

use std::borrow::Cow;

use construct_core::{Diagnostic, Env, EnvError, NodeId, Value, View, kind};
use construct_iam::Arn;

use crate::action::Action;
use crate::group::{Membership, role_name};
use crate::names::RoleKind;
use crate::pipeline::Pipeline;
use crate::provider::{ActionCx, Category, Owner, ProviderSpec};
use crate::stage::Stage;

/// A pipeline with its actions in their environments.
#[derive(Debug)]
pub(crate) struct Resolved<'a> {
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) home: Env,
    pub(crate) view: View<'a>,
    /// The pipeline in the tree.
    pub(crate) at: NodeId,
    pub(crate) membership: Option<Membership>,
    pub(crate) actions: Vec<ResolvedAction<'a>>,
}

/// An action with what its provider says of itself, and where it runs.
#[derive(Debug)]
pub(crate) struct ResolvedAction<'a> {
    pub(crate) stage_index: usize,
    pub(crate) stage: &'a Stage,
    pub(crate) action: &'a Action,
    pub(crate) spec: ProviderSpec,
    pub(crate) env: Env,
    pub(crate) performer: Performer,
    /// The role that it passes on, if it passes one.
    pub(crate) passed_role: Option<Value<kind::Arn>>,
    /// What could not be resolved; the action then counts as running at home.
    pub(crate) problems: Vec<Diagnostic>,
}

/// Whose permissions an action is performed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Performer {
    /// The pipeline's role, at home.
    Pipeline,
    /// A role made in the action's environment.
    Scaffold,
    /// The role the user gave.
    Given,
    /// Somebody else: custom and third-party actions.
    Worker,
}

impl<'a> Resolved<'a> {
    pub(crate) fn new(pipeline: &'a Pipeline, home: Env, view: View<'a>, at: NodeId) -> Self {
        let actions = pipeline.stages.iter().enumerate().flat_map(|(stage_index, stage)| {
            stage.actions.iter().map(move |action| resolve(stage_index, stage, action, home, view))
        });
        let membership = Membership::of(pipeline.group, home, view);
        let mut resolved = Self { pipeline, home, view, at, membership, actions: actions.collect() };
        let passed: Vec<_> = resolved.actions.iter().map(|action| resolved.passed_role(action)).collect();
        resolved.actions.iter_mut().zip(passed).for_each(|(action, role)| action.passed_role = role);
        resolved
    }

    /// What the action's provider is told.
    pub(crate) fn cx<'r>(&'r self, action: &'r ResolvedAction<'a>) -> ActionCx<'r> {
        ActionCx {
            pipeline: &self.pipeline.name,
            stage: &action.stage.name,
            action: &action.action.name,
            env: action.env,
            home: self.home,
            passed_role: action.passed_role.as_ref().map(Cow::Borrowed),
            view: self.view,
        }
    }

    /// The ARN of a role that is made for the pipeline.
    pub(crate) fn made_role(&self, kind: RoleKind, env: Env) -> Arn {
        let membership = self.membership.as_ref().filter(|_| env != self.home);
        let name = role_name(&self.pipeline.name, membership, kind, env);
        Arn::role(env, self.pipeline.path_of_roles(self.view, self.at, membership), &name)
    }

    fn passed_role(&self, action: &ResolvedAction<'a>) -> Option<Value<kind::Arn>> {
        let passed = action.spec.passes.as_ref()?;
        Some(match &passed.given {
            Some(given) => given.arn(),
            None => self.made_role(RoleKind::Deploy, action.env).into(),
        })
    }
}

impl ResolvedAction<'_> {
    /// Whether it runs in another account than the pipeline.
    pub(crate) fn is_foreign(&self, home: Env) -> bool {
        self.env.account != home.account
    }

    /// Whether it comes after another action: in a later stage, or later in the same one.
    pub(crate) fn is_after(&self, other: &Self) -> bool {
        (self.stage_index, self.action.run_order) > (other.stage_index, other.action.run_order)
    }

    /// The action in words, for messages about it from elsewhere.
    pub(crate) fn words(&self) -> String {
        action_words(self.stage, self.action)
    }
}

/// An action in words.
pub(crate) fn action_words(stage: &Stage, action: &Action) -> String {
    format!("`{}` of stage `{}`", action.name, stage.name)
}

fn resolve<'a>(
    stage_index: usize,
    stage: &'a Stage,
    action: &'a Action,
    home: Env,
    view: View<'_>,
) -> ResolvedAction<'a> {
    let spec = action.provider.spec();
    let mut problems = Vec::new();
    let env = env(action, &spec, home, view, &mut problems);
    let env = if problems.is_empty() { env } else { home };
    let performer = match (spec.owner, &action.role) {
        (Owner::ThirdParty | Owner::Custom, _) => Performer::Worker,
        (Owner::Aws, Some(_)) => Performer::Given,
        (Owner::Aws, None) if env.account != home.account => Performer::Scaffold,
        (Owner::Aws, None) => Performer::Pipeline,
    };
    ResolvedAction { stage_index, stage, action, spec, env, performer, passed_role: None, problems }
}

/// The action's own account and region, else those of the construct it acts on, else home.
fn env(action: &Action, spec: &ProviderSpec, home: Env, view: View<'_>, problems: &mut Vec<Diagnostic>) -> Env {
    let mut problem = |diagnostic: Diagnostic| problems.push(diagnostic.at(action.location));
    let target = spec.acts_on.filter(|node| view.owns(*node));
    let target_env = target.and_then(|node| view.env_of(node));
    let target_path = target.map(|node| view.path_of(node)).unwrap_or_default();

    let mut said = |error: &EnvError| problem(Diagnostic::error(error.code(), error.to_string()).help(error.help()));
    let own_account = action.account.as_ref().and_then(|own| own.as_ref().map_err(&mut said).ok().copied());
    let own_region = action.region.as_ref().and_then(|own| own.as_ref().map_err(&mut said).ok().copied());
    if let (Some(own), Some(target)) = (own_account, target_env)
        && own != target.account
    {
        problem(
            Diagnostic::error(
                "action::account-contradiction",
                format!(
                    "the action has the account {own}, but `{target_path}`, on which it acts, is in {}",
                    target.account
                ),
            )
            .help("leave `.account(…)` out, or act on a construct of that account"),
        );
    }
    if let (Some(own), Some(target)) = (own_region, target_env)
        && own != target.region
    {
        problem(
            Diagnostic::error(
                "action::region-contradiction",
                format!(
                    "the action has the region {own}, but `{target_path}`, on which it acts, is in {}",
                    target.region
                ),
            )
            .help("leave `.region(…)` out, or act on a construct of that region"),
        );
    }
    let role_env = action.role.as_ref().and_then(|role| role.env(view, home));
    let account = own_account.or(target_env.map(|env| env.account));
    if let (Some(account), Some(role)) = (account, role_env)
        && account != role.account
    {
        problem(
            Diagnostic::error(
                "action::role-in-other-account",
                format!("the action runs in account {account}, but its role is in {}", role.account),
            )
            .help("give the action a role of its own account"),
        );
    }
    let env = Env {
        account: account.or(role_env.map(|env| env.account)).unwrap_or(home.account),
        region: own_region.or(target_env.map(|env| env.region)).unwrap_or(home.region),
    };
    if env.partition() != home.partition() {
        problem(
            Diagnostic::error(
                "action::cross-partition",
                format!(
                    "the action runs in the partition {}, the pipeline in {}; no role can be assumed across partitions",
                    env.partition(),
                    home.partition()
                ),
            )
            .help("give each partition a pipeline of its own"),
        );
    }
    if spec.category == Category::Source && env.region != home.region {
        problem(
            Diagnostic::error(
                "action::source-in-other-region",
                format!("a source runs in the pipeline's region {}, not in {}", home.region, env.region),
            )
            .help("leave `.region(…)` out, or move the pipeline; the source may be in another account"),
        );
    }
    env
}
