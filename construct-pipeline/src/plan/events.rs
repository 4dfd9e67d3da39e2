//! What starts the pipeline: rules at home, and for sources in other accounts a rule there that forwards to the event bus
//! at home.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html>

use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Env, Expr, PlanCx, Properties};
use construct_iam::{Arn, PolicyStatement, Principal, Role, RoleRef};

use super::scaffold::Scaffold;
use crate::aws::{EventBusPolicy, Rule, default_event_bus};
use crate::names::{self, RoleKind};
use crate::pipeline::Pipeline;
use crate::provider::EventPattern;
use crate::resolve::Resolved;

/// An event that starts the pipeline.
#[derive(Debug)]
pub(super) struct Trigger {
    action: String,
    env: Env,
    pattern: EventPattern,
}

pub(super) fn triggers(resolved: &Resolved<'_>) -> Vec<Trigger> {
    let of = |action| {
        let cx = resolved.cx(action);
        let pattern = action.action.provider.trigger(&cx)?;
        Some(Trigger { action: action.action.name.clone(), env: action.known.env, pattern })
    };
    resolved.actions.iter().filter_map(of).collect()
}

pub(super) fn make(
    pipeline: &Pipeline,
    triggers: Vec<Trigger>,
    home: Env,
    scaffold: &mut Scaffold<'_>,
    cx: &mut PlanCx<'_>,
) {
    if triggers.is_empty() {
        return;
    }
    let name = &pipeline.name;
    let target = Arn::regional(home, "codepipeline", name);
    let role = events_role(home, scaffold);
    let start: RoleRef = scaffold.scope(home, cx).add("EventsRole", role);
    cx.attach(start, PolicyStatement::allow(["codepipeline:StartPipelineExecution"]).on([target.clone()]));

    let bus = default_event_bus(home);
    let mut senders: BTreeMap<Env, RoleRef> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for trigger in triggers {
        // Two sources of one name are a finding already.
        if !seen.insert(trigger.action.clone()) {
            continue;
        }
        let source = (trigger.env.account != home.account).then_some(trigger.env);
        let rule = Rule::new(pattern(&trigger.pattern, source))
            .description(format!("Starts the pipeline {name} for its source {}", trigger.action))
            .target(target.clone(), start.arn());
        cx.scope().add(format!("Rule-{}", trigger.action), rule);
        let Some(source) = source else { continue };
        let sender = *senders.entry(source).or_insert_with(|| {
            let role = events_role(source, scaffold);
            let sender = scaffold.scope(source, cx).add("EventsRole", role);
            let put = || PolicyStatement::allow(["events:PutEvents"]).on([bus.clone()]);
            cx.attach(sender, put());
            let id = names::bus_statement(name, source);
            let admit = put().principal(Principal::account(source));
            let admit = admit.condition("ArnEquals", "aws:PrincipalArn", [sender.arn()]);
            cx.scope().add(format!("EventsFrom-{}", source.account), EventBusPolicy::new(id, admit));
            sender
        });
        let forward = Rule::new(pattern(&trigger.pattern, None))
            .description(format!("Forwards events of the source {} to the pipeline {name} of {home}", trigger.action))
            .target(bus.clone(), sender.arn());
        scaffold.scope(source, cx).add(format!("Rule-{}", trigger.action), forward);
    }
}

fn events_role(env: Env, scaffold: &Scaffold<'_>) -> Role {
    scaffold.named_role(Role::new(Principal::service("events.amazonaws.com")), RoleKind::Events, env)
}

/// The pattern as EventBridge takes it. A forwarded event keeps the account it comes from.
fn pattern(pattern: &EventPattern, from: Option<Env>) -> Expr {
    Properties::new()
        .set("source", [pattern.source.clone()])
        .opt("account", from.map(|env| vec![env.account]))
        .set("detail-type", [pattern.detail_type.clone()])
        .list("resources", pattern.resources.iter().map(|arn| Expr::from(arn).by_name()))
        .set("detail", pattern.detail.clone())
        .into()
}
