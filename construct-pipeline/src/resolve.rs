//! Where every action runs, who performs it, and what its provider says: what validation and planning both ask, and ask
//! once.

use std::borrow::Cow;
use std::fmt::Display;

use construct_core::{Diagnostic, Env, EnvError, NodeId, Value, View, kind};
use construct_iam::{Arn, PolicyDocument};

use crate::action::Action;
use crate::filled::about_anything;
use crate::group::{Membership, role_name};
use crate::known::{Known, Performer};
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

/// An action with what is known of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResolvedAction<'a> {
    pub(crate) stage_index: usize,
    pub(crate) stage: &'a Stage,
    pub(crate) action: &'a Action,
    pub(crate) known: &'a Known,
}

/// What is known of the actions of a pipeline that is placed at a node, in their order.
pub(crate) fn known(pipeline: &Pipeline, home: Env, view: View<'_>, at: NodeId) -> Vec<Known> {
    pipeline.handover.take(at).unwrap_or_else(|| {
        let place = Resolved::new(pipeline, &[], home, view, at);
        let mut known = Vec::with_capacity(pipeline.stages.iter().map(|stage| stage.actions.len()).sum());
        known.extend(pipeline.actions().map(|(stage, action)| Known::new(&place, stage, action)));
        known
    })
}

/// Where the actions of a pipeline run, and what each is: asked while the program is at work, when the tree is not whole.
pub(crate) fn environments(
    pipeline: &Pipeline,
    home: Env,
    view: View<'_>,
) -> impl Iterator<Item = (Env, ProviderSpec)> {
    pipeline.actions().map(move |(_, action)| {
        let spec = action.provider.spec();
        (env(action, &spec, home, view, &mut Vec::new()), spec)
    })
}

impl<'a> Resolved<'a> {
    /// A pipeline with those of its actions of which something is known.
    pub(crate) fn new(pipeline: &'a Pipeline, known: &'a [Known], home: Env, view: View<'a>, at: NodeId) -> Self {
        let stages = pipeline.stages.iter().enumerate();
        let actions = stages.flat_map(|(n, stage)| stage.actions.iter().map(move |action| (n, stage, action)));
        let mut resolved = Vec::with_capacity(known.len());
        resolved.extend(actions.zip(known).map(|((n, stage, action), known)| ResolvedAction {
            stage_index: n,
            stage,
            action,
            known,
        }));
        let membership = Membership::of(pipeline.group, home, view);
        Self { pipeline, home, view, at, membership, actions: resolved }
    }

    /// What the action's provider is told.
    pub(crate) fn cx(&self, action: &ResolvedAction<'a>) -> ActionCx<'_> {
        let passed_role = action.known.passed_role.as_ref();
        self.cx_of(action.stage, action.action, action.known.env, passed_role)
    }

    fn cx_of<'r>(
        &'r self,
        stage: &'r Stage,
        action: &'r Action,
        env: Env,
        passed_role: Option<&'r Value<kind::Arn>>,
    ) -> ActionCx<'r> {
        ActionCx {
            pipeline: &self.pipeline.name,
            stage: &stage.name,
            action: &action.name,
            env,
            home: self.home,
            passed_role: passed_role.map(Cow::Borrowed),
            view: self.view,
        }
    }

    /// The ARN of a role that is made for the pipeline.
    pub(crate) fn made_role(&self, kind: RoleKind, env: Env) -> Arn {
        let membership = self.membership.as_ref().filter(|_| env != self.home);
        let name = role_name(&self.pipeline.name, membership, kind, env);
        Arn::role(env, self.pipeline.path_of_roles(self.view, self.at, membership), &name)
    }

    fn passed_role(&self, spec: &ProviderSpec, env: Env) -> Option<Value<kind::Arn>> {
        let passed = spec.passes.as_ref()?;
        Some(match &passed.given {
            Some(given) => given.arn(),
            None => self.made_role(RoleKind::Deploy, env).into(),
        })
    }
}

impl ResolvedAction<'_> {
    /// Whether it runs in another account than the pipeline.
    pub(crate) fn is_foreign(&self, home: Env) -> bool {
        self.known.env.account != home.account
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

impl Known {
    fn new(place: &Resolved<'_>, stage: &Stage, action: &Action) -> Self {
        let home = place.home;
        let mut spec = action.provider.spec();
        if let Some(passed) = &mut spec.passes {
            let permissions = std::mem::take(&mut passed.permissions);
            passed.permissions = permissions.into_iter().map(about_anything).collect();
        }
        let mut problems = Vec::new();
        let env = env(action, &spec, home, place.view, &mut problems);
        let env = if problems.is_empty() { env } else { home };
        let performer = match (spec.owner, &action.role) {
            (Owner::ThirdParty | Owner::Custom, _) => Performer::Worker,
            (Owner::Aws, Some(_)) => Performer::Given,
            (Owner::Aws, None) if env.account != home.account => Performer::Scaffold,
            (Owner::Aws, None) => Performer::Pipeline,
        };
        let passed_role = place.passed_role(&spec, env);
        let cx = place.cx_of(stage, action, env, passed_role.as_ref());
        let mut permissions = PolicyDocument::new();
        action.provider.permissions(&cx, &mut permissions);
        let permissions = permissions.into_iter().map(about_anything).collect();
        let configuration = action.provider.configuration(&cx);
        let calls = action.provider.calls(&cx);
        Self { spec, env, performer, passed_role, permissions, configuration, calls, problems }
    }
}

/// The action's own account and region, else those of the construct it acts on, else home.
fn env(action: &Action, spec: &ProviderSpec, home: Env, view: View<'_>, problems: &mut Vec<Diagnostic>) -> Env {
    let mut said =
        |error: &EnvError| problems.push(Diagnostic::error(error.code(), error.to_string()).help(error.help()));
    let own_account = action.account.as_ref().and_then(|own| own.as_ref().map_err(&mut said).ok().copied());
    let own_region = action.region.as_ref().and_then(|own| own.as_ref().map_err(&mut said).ok().copied());
    let target = spec.acts_on.filter(|node| view.owns(*node));
    let target_env = target.and_then(|node| view.env_of(node));
    if let (Some(node), Some(target)) = (target, target_env) {
        let acts_on = (node, view);
        problems.extend(contradiction(
            "action::account-contradiction",
            "account",
            own_account,
            target.account,
            acts_on,
        ));
        problems.extend(contradiction("action::region-contradiction", "region", own_region, target.region, acts_on));
    }
    // Where it may not be at all is told elsewhere; what would follow from being there is not.
    if spec.owner != Owner::Aws && (action.account.is_some() || action.region.is_some() || action.role.is_some()) {
        return home;
    }
    let role_env = action.role.as_ref().and_then(|role| role.env(view, home));
    let account = own_account.or(target_env.map(|env| env.account));
    if let (Some(account), Some(role)) = (account, role_env)
        && account != role.account
    {
        let message = format!("the action runs in account {account}, but its role is in {}", role.account);
        let finding = Diagnostic::error("action::role-in-other-account", message);
        problems.push(finding.help("give the action a role of its own account"));
    }
    let env = Env {
        account: account.or(role_env.map(|env| env.account)).unwrap_or(home.account),
        region: own_region.or(target_env.map(|env| env.region)).unwrap_or(home.region),
    };
    out_of_reach(env, spec, home, problems);
    env
}

/// That the action says another account or region than that of the construct on which it acts.
fn contradiction<T: Display + PartialEq>(
    code: &'static str,
    what: &str,
    own: Option<T>,
    of_target: T,
    (target, view): (NodeId, View<'_>),
) -> Option<Diagnostic> {
    let own = own.filter(|own| *own != of_target)?;
    let path = view.path_of(target);
    let message = format!("the action has the {what} {own}, but `{path}`, on which it acts, is in {of_target}");
    let instead = match view.imports(target) {
        None => format!("act on a construct of that {what}"),
        Some(_) => "say where it is as you import it: by its ARN, a bucket with `.env(…)`".into(),
    };
    Some(Diagnostic::error(code, message).help(format!("leave `.{what}(…)` out, or {instead}")))
}

/// Where no action can run, or none of its kind.
fn out_of_reach(env: Env, spec: &ProviderSpec, home: Env, problems: &mut Vec<Diagnostic>) {
    if env.partition() != home.partition() {
        let message = format!(
            "the action runs in the partition {}, the pipeline in {}; no role can be assumed across partitions",
            env.partition(),
            home.partition()
        );
        let finding = Diagnostic::error("action::cross-partition", message);
        problems.push(finding.help("give each partition a pipeline of its own"));
    }
    if spec.category == Category::Source && env.region != home.region {
        let message = format!("a source runs in the pipeline's region {}, not in {}", home.region, env.region);
        let finding = Diagnostic::error("action::source-in-other-region", message);
        problems
            .push(finding.help("leave `.region(…)` out, or move the pipeline; the source may be in another account"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::prelude::*;

    /// A source that counts how often it is asked for its configuration.
    #[derive(Debug)]
    struct Counted(CodeCommitSource, Arc<AtomicUsize>);

    impl Provider for Counted {
        fn spec(&self) -> ProviderSpec {
            self.0.spec()
        }

        fn configuration(&self, cx: &ActionCx<'_>) -> Properties {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.configuration(cx).set("AskedIn", cx.env().account)
        }

        fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
            self.0.permissions(cx, policy);
        }
    }

    #[test]
    fn providers_are_asked_once_in_each_app() {
        let n_asked = Arc::new(AtomicUsize::new(0));
        let source = CodeCommitSource::new("orders", &Artifact::new("Source"));
        let pipeline = Pipeline::new("orders")
            .stage(Stage::new("Source").action(Action::new("Checkout", Counted(source, Arc::clone(&n_asked)))))
            .stage(Stage::new("Release").action(Action::new("Approve", ManualApproval::new())));
        for (n, account) in ["111111111111", "222222222222"].into_iter().enumerate() {
            let mut app = App::new();
            let stack = app.stack("Tools", Env::new(account, "us-east-1"));
            app.at(stack).add("Pipeline", pipeline.clone());
            let assembly = app.synth().unwrap();
            assert_eq!(n_asked.load(Ordering::Relaxed), n + 1);
            let template = assembly.stacks()[0].template_json().unwrap().to_string();
            assert!(template.contains(&format!(r#""AskedIn":"{account}""#)), "{template}");
        }
    }
}
