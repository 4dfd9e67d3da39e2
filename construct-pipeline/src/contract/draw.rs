//! Draws up the contract from what was stated about imported constructs.

use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Attr, Document, DocumentCx, Env, Expr, NodeId};
use construct_iam::{ManagedPolicy, PolicyDocument, PolicyStatement, ServiceRole};
use serde_json::Value as Json;

use super::{Contract, FILE, RequiredKind, RequiredPolicy, Setting, Thing};
use crate::asked::Asked;
use crate::aws::{BucketVersioning, EventBridgeNotifications, TopicKey, key_administration};
use crate::provider::ArtifactKey;

/// The contract as a document of the assembly.
#[derive(Debug)]
pub(crate) struct ImportContract;

impl Document for ImportContract {
    fn file(&self) -> &'static str {
        FILE
    }

    fn contents(&self, cx: &DocumentCx<'_>) -> Option<Json> {
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
        stated.read(cx, node);
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
    fn read(&mut self, cx: &DocumentCx<'_>, node: NodeId) {
        self.statements.extend(cx.facts_of::<PolicyStatement>(node).cloned());
        self.asked.extend(cx.facts_of::<Asked>(node).cloned());
        self.managed.extend(cx.facts_of::<ManagedPolicy>(node).map(|policy| text(cx, &policy.arn().into())));
        if let Some(role) = cx.facts_of::<ServiceRole>(node).next() {
            let why = "the artifact store lets this role in";
            self.set("ServiceRole", text(cx, &role.0.arn().into()).into(), why);
        }
        for key in cx.facts_of::<ArtifactKey>(node).filter(|key| key.writes) {
            let why = "the others read what it writes with this key, that of the artifact store";
            self.set("EncryptionKey", text(cx, &key.key.clone().into()).into(), why);
        }
        for key in cx.facts_of::<TopicKey>(node) {
            let why = "whoever announces approvals through the topic is let in to this key alone";
            self.set("KmsMasterKeyId", text(cx, &key.0.clone().into()).into(), why);
        }
        if cx.facts_of::<BucketVersioning>(node).next().is_some() {
            let why = "a pipeline fetches versions of an object";
            self.set("Versioning", "Enabled".into(), why);
        }
        if cx.facts_of::<EventBridgeNotifications>(node).next().is_some() {
            let why = "an event of the bucket starts the pipeline";
            self.set("EventBridgeEnabled", true.into(), why);
        }
    }

    fn set(&mut self, name: &str, value: Json, why: &str) {
        let setting = Setting { name: name.to_owned(), value, why: why.to_owned() };
        if !self.settings.contains(&setting) {
            self.settings.push(setting);
        }
    }

    fn policies(&self, cx: &DocumentCx<'_>, kind: &str) -> Vec<RequiredPolicy> {
        let (resource, permitting): (Vec<_>, Vec<_>) =
            self.statements.iter().cloned().partition(PolicyStatement::has_principal);
        let resource_kind = match kind {
            "role" => RequiredKind::Trust,
            "bucket" => RequiredKind::Bucket,
            // What is asked of an alias is asked of the key behind it, which has the policy.
            "key" | "alias of a key" => RequiredKind::Key,
            _ => RequiredKind::Resource,
        };
        let kinds = [(resource_kind, resource), (RequiredKind::Permissions, permitting)];
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
