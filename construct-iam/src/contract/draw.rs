//! Draws up the contract from what was stated about imported constructs.

use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Attr, Document, DocumentCx, Env, Expr, NodeId};
use serde_json::Value as Json;

use super::{Asked, AsksOwners, Contract, FILE, RequiredKind, RequiredPolicy, Setting, Thing};
use crate::key::key_administration;
use crate::policy::{ManagedPolicy, PolicyDocument, PolicyStatement};

/// The contract as a document of the assembly: every imported construct asks for it.
#[derive(Debug)]
pub struct ImportContract;

impl Document for ImportContract {
    fn file(&self) -> &'static str {
        FILE
    }

    fn contents(&self, cx: &DocumentCx<'_>) -> Option<Json> {
        let view = cx.view();
        let says = |asks| view.any_fact(view.root(), |one: &AsksOwners| one.0 == asks);
        if says(false) && !says(true) {
            return None;
        }
        let contract = draw(cx);
        (!contract.things.is_empty()).then(|| contract.to_json())
    }
}

/// What was stated about one imported thing, however often it was imported.
#[derive(Debug, Default)]
struct Stated {
    env: Option<Env>,
    statements: BTreeSet<PolicyStatement>,
    asked: BTreeSet<Asked>,
    managed: BTreeSet<String>,
    settings: Vec<Setting>,
}

fn draw(cx: &DocumentCx<'_>) -> Contract {
    let mut all: BTreeMap<(String, &str, String), Stated> = BTreeMap::new();
    for (node, what) in cx.imports() {
        let Some(env) = cx.view().env_of(node) else { continue };
        let arn = arn(cx, node);
        let kind = what.split_once(' ').map_or(what, |(_, kind)| kind);
        let stated = all.entry((env.account.to_string(), kind, arn)).or_default();
        stated.env = Some(env);
        stated.read(cx, node, resource_kind(kind));
    }
    let things = all.into_iter().filter_map(|((account, kind, arn), stated)| {
        let thing = Thing {
            policies: stated.policies(cx, kind),
            account,
            kind: kind.to_owned(),
            arn,
            managed_policies: stated.managed.into_iter().collect(),
            settings: stated.settings,
        };
        let asked = !(thing.policies.is_empty() && thing.managed_policies.is_empty() && thing.settings.is_empty());
        asked.then_some(thing)
    });
    let mut contract = Contract { things: things.collect(), notes: Vec::new() };
    contract.notes = notes(&contract);
    contract
}

impl Stated {
    fn read(&mut self, cx: &DocumentCx<'_>, node: NodeId, kind: RequiredKind) {
        // The policy of a key is about that key, whatever it names.
        let plain = |statement: PolicyStatement| {
            let of_key = kind == RequiredKind::Key && statement.has_principal();
            if of_key { statement.on_itself() } else { statement }
        };
        self.statements.extend(cx.facts_of::<PolicyStatement>(node).cloned().map(plain));
        let asked = cx.facts_of::<Asked>(node).cloned();
        self.asked.extend(asked.map(|asked| Asked { statement: plain(asked.statement.clone()), ..asked }));
        self.managed.extend(cx.facts_of::<ManagedPolicy>(node).map(|policy| text(cx, &policy.arn().into())));
        for setting in cx.settings_of(node) {
            if !self.settings.contains(&setting) {
                self.settings.push(setting);
            }
        }
    }

    fn policies(&self, cx: &DocumentCx<'_>, kind: &str) -> Vec<RequiredPolicy> {
        let (resource, permitting): (Vec<_>, Vec<_>) =
            self.statements.iter().cloned().partition(PolicyStatement::has_principal);
        let kinds = [(resource_kind(kind), resource), (RequiredKind::Permissions, permitting)];
        kinds.into_iter().filter_map(|(kind, statements)| self.policy(cx, kind, statements)).collect()
    }

    fn policy(
        &self,
        cx: &DocumentCx<'_>,
        kind: RequiredKind,
        statements: Vec<PolicyStatement>,
    ) -> Option<RequiredPolicy> {
        if statements.is_empty() {
            return None;
        }
        let merged = statements.into_iter().collect::<PolicyDocument>().into_merged();
        let mut why: Vec<String> = merged.statements().map(|statement| self.why(statement)).collect();
        let mut document = PolicyDocument::new();
        if let (RequiredKind::Key, Some(env)) = (kind, self.env) {
            document.push(key_administration(env));
            why.insert(0, "somebody must be able to change the key; keep your own statement if you have one".into());
        }
        for statement in merged.statements() {
            document.push(statement.clone());
        }
        Some(RequiredPolicy { kind, document: cx.json(&document.naming_once(cx).expr()), why })
    }

    /// Why a statement is needed, in one sentence.
    fn why(&self, statement: &PolicyStatement) -> String {
        let mut reasons: BTreeMap<(&Option<String>, &str), BTreeSet<&str>> = BTreeMap::new();
        for asked in self.asked.iter().filter(|asked| statement.covers(&asked.statement)) {
            let actions = reasons.entry((&asked.pipeline, &asked.purpose)).or_default();
            actions.extend(asked.actions.iter().map(String::as_str));
        }
        if reasons.is_empty() {
            return "the program states that this is needed".to_owned();
        }
        // Many pipelines may need it for the same.
        let mut alike: Vec<(&str, BTreeSet<&str>, Vec<&str>)> = Vec::new();
        for ((pipeline, purpose), actions) in reasons {
            let mut of_pipelines = alike.iter_mut().filter(|(.., pipelines)| !pipelines.is_empty());
            let same = of_pipelines.find(|same| (same.0, &same.1) == (purpose, &actions));
            match (same, pipeline) {
                (Some((.., pipelines)), Some(pipeline)) => pipelines.push(pipeline),
                _ => alike.push((purpose, actions, pipeline.as_deref().into_iter().collect())),
            }
        }
        alike.into_iter().map(sentence).collect::<Vec<_>>().join("; ")
    }
}

/// Which policy the resource itself has.
fn resource_kind(kind: &str) -> RequiredKind {
    match kind {
        "role" => RequiredKind::Trust,
        "bucket" => RequiredKind::Bucket,
        // What is asked of an alias is asked of the key behind it, which has the policy.
        "key" | "alias of a key" => RequiredKind::Key,
        _ => RequiredKind::Resource,
    }
}

/// What pipelines do with something, and in which actions; nobody need be named.
fn sentence((purpose, actions, pipelines): (&str, BTreeSet<&str>, Vec<&str>)) -> String {
    let names: Vec<String> = pipelines.iter().map(|name| format!("`{name}`")).collect();
    let who = match names.as_slice() {
        [] => String::new(),
        [name] => format!("pipeline {name} "),
        [names @ .., last] => format!("each of the pipelines {} and {last} ", names.join(", ")),
    };
    let actions: Vec<&str> = actions.into_iter().collect();
    let actions = if actions.is_empty() { String::new() } else { format!(": {}", actions.join(", ")) };
    format!("{who}{purpose}{actions}")
}

/// The ARN of a construct: an attribute of most, and what `Ref` gives of others, such as topics.
fn arn(cx: &DocumentCx<'_>, of: NodeId) -> String {
    let [arn, reference] = [Attr::get_att("Arn"), Attr::Ref].map(|attr| Expr::Attr { of, attr });
    let known =
        [&arn, &reference].into_iter().find_map(|expr| cx.literal(expr).filter(|text| text.starts_with("arn:")));
    known.unwrap_or_else(|| text(cx, &arn))
}

fn text(cx: &DocumentCx<'_>, expr: &Expr) -> String {
    cx.json(expr).as_str().unwrap_or_default().to_owned()
}

/// What has to be filled in by hand.
fn notes(contract: &Contract) -> Vec<String> {
    let text = contract.to_json().to_string();
    let mut notes = Vec::new();
    if text.contains("{{resolve:") {
        notes.push(
            "`{{resolve:…}}` stands for the value of a parameter or secret of the pipeline's account and region; put the value in its place"
                .to_owned(),
        );
    }
    let unknown = |text: &str| text.contains('<') && text.contains('>');
    if contract
        .things
        .iter()
        .any(|thing| unknown(&thing.arn) || thing.policies.iter().any(|one| unknown(&one.document.to_string())))
    {
        notes.push(
            "`<…>` stands for what is known once the stack is deployed; put it in its place, or give the construct a name in the program"
                .to_owned(),
        );
    }
    notes
}
