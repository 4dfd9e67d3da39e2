//! How much of the quotas of this crate a template uses.

use std::collections::BTreeMap;

use construct_core::{GaugeCx, Json, Members, Quota};
use construct_iam::quota::PolicySize;

use super::{
    ACTIONS_OF_A_PIPELINE, ACTIONS_OF_A_STAGE, ALIASES, BUCKETS, COMMANDS, COMMANDS_OF_A_RULE, CONFIGURATION,
    CONFIGURATION_VALUE, CUSTOM_ACTION_TYPES, ENVIRONMENT_VARIABLES, EVENT_BUS_POLICY, EVENT_PATTERN, EVENT_RULES,
    EVENT_TARGETS, EXPORTED_FILES, FILTERS, KEYS, OUTPUT_VARIABLES, PARALLEL_ACTIONS, PATTERNS, PIPELINES,
    POLLING_PIPELINES, PROJECTS, RULES, SEQUENTIAL_ACTIONS, STAGES, TOPIC_POLICY, TOPIC_PRINCIPALS, TOPIC_STATEMENTS,
    TRIGGERS, TRIGGERS_AS_JSON, VARIABLES, WEBHOOKS,
};

/// What polls unless it is told not to.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/change-detection-methods.html>
const POLLING: [&str; 3] = ["CodeCommit", "S3", "GitHub"];

/// Measures the pipelines of a template, and what belongs to them: rules, keys, buckets, topics, projects.
pub(super) fn gauge(cx: &mut GaugeCx<'_, '_>) {
    let (mut pipelines, mut polling, mut keys, mut buckets, mut projects) = (0, 0, 0, 0, 0);
    let (mut webhooks, mut action_types) = (0, 0);
    let (mut aliases, mut rules, mut buses) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (id, kind, properties) in cx.resources() {
        match kind {
            "AWS::CodePipeline::Pipeline" => {
                pipelines += 1;
                polling += usize::from(polls(properties));
                pipeline(id, properties, cx);
            }
            "AWS::CodePipeline::Webhook" => webhooks += 1,
            "AWS::CodePipeline::CustomActionType" => action_types += 1,
            "AWS::KMS::Key" => keys += 1,
            "AWS::KMS::Alias" => aliases.push((id, &properties["TargetKeyId"])),
            "AWS::S3::Bucket" => buckets += 1,
            "AWS::CodeBuild::Project" => projects += 1,
            "AWS::SNS::TopicPolicy" => topic_policy(id, &properties["PolicyDocument"], cx),
            "AWS::Events::Rule" => {
                if bus_of(properties) == DEFAULT_BUS {
                    rules.push((properties, 1));
                }
                rule(id, properties, cx);
            }
            "AWS::Events::EventBusPolicy" => {
                let bus = buses.entry(bus_of(properties)).or_insert_with(|| (id, Vec::new()));
                bus.1.push((properties, admitted_by_bus(properties)));
            }
            _ => {}
        }
    }
    aliases_of_keys(&aliases, cx);
    if let Some((_, statements)) = buses.remove(DEFAULT_BUS) {
        cx.total_for(&EVENT_BUS_POLICY, AROUND, &statements);
    }
    for (name, (id, statements)) in &buses {
        let size = AROUND + statements.iter().map(|(_, size)| size).sum::<usize>();
        cx.count(&EVENT_BUS_POLICY, Some(id), Some(name), size, &[]);
    }
    if !rules.is_empty() {
        cx.total_for(&EVENT_RULES, 0, &rules);
    }
    let totals = [
        (&PIPELINES, pipelines),
        (&POLLING_PIPELINES, polling),
        (&WEBHOOKS, webhooks),
        (&CUSTOM_ACTION_TYPES, action_types),
        (&KEYS, keys),
        (&BUCKETS, buckets),
        (&PROJECTS, projects),
    ];
    for (quota, n) in totals {
        if n > 0 {
            cx.total(quota, n);
        }
    }
}

/// The items of a list.
fn list<'j>(json: &'j Json<'j>, name: &str) -> &'j [Json<'j>] {
    json[name].as_array().unwrap_or_default()
}

/// The largest of the things of a pipeline that have a quota each, and which it is.
struct Largest<'j> {
    quota: &'static Quota,
    size: usize,
    of: [&'j Json<'j>; 2],
}

impl<'j> Largest<'j> {
    const fn new(quota: &'static Quota) -> Self {
        Self { quota, size: 0, of: [&Json::Null; 2] }
    }

    /// One of the things, and the names of it.
    fn see(&mut self, size: usize, of: [&'j Json<'j>; 2]) {
        if size > self.size {
            (self.size, self.of) = (size, of);
        }
    }

    fn report(&self, id: &str, cx: &mut GaugeCx<'_, '_>) {
        if self.size > 0 && !cx.is_small(self.quota, self.size) {
            let names: Vec<&str> = self.of.iter().filter_map(|name| name.as_str()).collect();
            cx.count(self.quota, Some(id), Some(&names.join(" ")), self.size, &[]);
        }
    }
}

fn pipeline(id: &str, properties: &Json<'_>, cx: &mut GaugeCx<'_, '_>) {
    let mut n_actions = 0;
    let stages = list(properties, "Stages");
    let mut parts = Parts::new();
    // No text of a template is longer than the template.
    let whole = cx.source().text().len();
    let is_short = cx.is_small(&CONFIGURATION_VALUE, whole) && cx.is_small(&CONFIGURATION, whole);
    for stage in stages {
        let actions = list(stage, "Actions");
        n_actions += actions.len();
        let name = stage["Name"].as_str();
        let mut by_order: Vec<(u64, &Json<'_>)> =
            actions.iter().map(|action| (action["RunOrder"].as_u64().unwrap_or(1), action)).collect();
        by_order.sort_by_key(|(order, _)| *order);
        let runs = || by_order.chunk_by(|(one, _), (other, _)| one == other);
        let largest = runs().max_by_key(|run| run.len()).unwrap_or_default();
        for (quota, of) in [(&ACTIONS_OF_A_STAGE, &*by_order), (&PARALLEL_ACTIONS, largest)] {
            let is_small = cx.is_small(quota, of.len());
            let things: Vec<&Json<'_>> = if is_small { Vec::new() } else { of.iter().map(|(_, one)| *one).collect() };
            cx.count(quota, Some(id), name, of.len(), &things);
        }
        cx.count(&SEQUENTIAL_ACTIONS, Some(id), name, runs().count(), &[]);
        parts.stage(stage);
        for action in actions {
            parts.action(&stage["Name"], action);
            if !is_short {
                parts.configuration(&stage["Name"], action);
            }
        }
    }
    let is_small = cx.is_small(&STAGES, stages.len());
    let things: Vec<&Json<'_>> = if is_small { Vec::new() } else { stages.iter().collect() };
    cx.filled(&STAGES, Some(id), stages.len(), &things);
    let is_small = cx.is_small(&ACTIONS_OF_A_PIPELINE, n_actions);
    let all = stages.iter().flat_map(|stage| list(stage, "Actions"));
    let all: Vec<&Json<'_>> = if is_small { Vec::new() } else { all.collect() };
    cx.count(&ACTIONS_OF_A_PIPELINE, Some(id), None, n_actions, &all);
    let triggers = list(properties, "Triggers");
    for (quota, n) in [(&VARIABLES, list(properties, "Variables").len()), (&TRIGGERS, triggers.len())] {
        if n > 0 {
            cx.count(quota, Some(id), None, n, &[]);
        }
    }
    if !triggers.is_empty() {
        cx.count(&TRIGGERS_AS_JSON, Some(id), None, properties["Triggers"].to_string().len(), &[]);
    }
    triggers.iter().for_each(|trigger| parts.trigger(&trigger["GitConfiguration"]));
    parts.report(id, cx);
}

/// The largest of everything of which a pipeline may have many.
struct Parts<'j> {
    filters: Largest<'j>,
    patterns: Largest<'j>,
    rules: Largest<'j>,
    commands_of_rules: Largest<'j>,
    commands: Largest<'j>,
    environment: Largest<'j>,
    outputs: Largest<'j>,
    files: Largest<'j>,
    value: Largest<'j>,
    configuration: Largest<'j>,
}

impl<'j> Parts<'j> {
    const fn new() -> Self {
        Self {
            filters: Largest::new(&FILTERS),
            patterns: Largest::new(&PATTERNS),
            rules: Largest::new(&RULES),
            commands_of_rules: Largest::new(&COMMANDS_OF_A_RULE),
            commands: Largest::new(&COMMANDS),
            environment: Largest::new(&ENVIRONMENT_VARIABLES),
            outputs: Largest::new(&OUTPUT_VARIABLES),
            files: Largest::new(&EXPORTED_FILES),
            value: Largest::new(&CONFIGURATION_VALUE),
            configuration: Largest::new(&CONFIGURATION),
        }
    }

    fn report(&self, id: &str, cx: &mut GaugeCx<'_, '_>) {
        let Self { filters, patterns, rules, commands_of_rules, commands, .. } = self;
        let Self { environment, outputs, files, value, configuration, .. } = self;
        let all =
            [filters, patterns, rules, commands_of_rules, commands, environment, outputs, files, value, configuration];
        all.into_iter().for_each(|largest| largest.report(id, cx));
    }

    fn trigger(&mut self, git: &'j Json<'j>) {
        let source = [&git["SourceActionName"], &Json::Null];
        for filter in ["Push", "PullRequest"].map(|kind| list(git, kind)) {
            self.filters.see(filter.len(), source);
            let kinds = filter.iter().flat_map(|filter| ["Branches", "FilePaths", "Tags"].map(|kind| &filter[kind]));
            for lists in kinds.map(|kind| ["Includes", "Excludes"].map(|side| list(kind, side))) {
                lists.into_iter().for_each(|list| self.patterns.see(list.len(), source));
            }
        }
    }

    fn stage(&mut self, stage: &'j Json<'j>) {
        let name = &stage["Name"];
        for conditions in ["BeforeEntry", "OnSuccess", "OnFailure"].map(|when| list(&stage[when], "Conditions")) {
            for rules in conditions.iter().map(|condition| list(condition, "Rules")) {
                self.rules.see(rules.len(), [name, &Json::Null]);
                rules
                    .iter()
                    .for_each(|rule| self.commands_of_rules.see(list(rule, "Commands").len(), [name, &rule["Name"]]));
            }
        }
    }

    fn action(&mut self, stage: &'j Json<'j>, action: &'j Json<'j>) {
        let names = [stage, &action["Name"]];
        self.commands.see(list(action, "Commands").len(), names);
        self.environment.see(list(action, "EnvironmentVariables").len(), names);
        self.outputs.see(list(action, "OutputVariables").len(), names);
        for output in list(action, "OutputArtifacts") {
            self.files.see(list(output, "Files").len(), [&action["Name"], &output["Name"]]);
        }
    }

    fn configuration(&mut self, stage: &'j Json<'j>, action: &'j Json<'j>) {
        let names = [stage, &action["Name"]];
        let configuration = action["Configuration"].as_object();
        let mut bytes = 0;
        for (key, one) in configuration.into_iter().flat_map(Members::iter) {
            let mut text = Text::default();
            text.add(one);
            self.value.see(text.characters, names);
            bytes += key.len() + text.bytes;
        }
        self.configuration.see(bytes, names);
    }
}

/// What is known of a text.
#[derive(Default)]
struct Text {
    characters: usize,
    bytes: usize,
}

impl Text {
    fn add(&mut self, json: &Json<'_>) {
        match json {
            Json::String(text) => {
                self.bytes += text.len();
                self.characters += if text.is_ascii() { text.len() } else { text.chars().count() };
            }
            Json::Array(items) => items.iter().for_each(|item| self.add(item)),
            // The texts that a function puts together, and no more than that of what it refers to.
            Json::Object(members) => members.iter().filter(|(name, _)| *name == "Fn::Join").for_each(|(_, parts)| {
                list_of_parts(parts).iter().for_each(|part| self.add(part));
            }),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }
}

fn list_of_parts<'j>(join: &'j Json<'j>) -> &'j [Json<'j>] {
    join.at(1).and_then(Json::as_array).unwrap_or_default()
}

/// Whether a source of the pipeline looks for changes by itself.
fn polls(pipeline: &Json<'_>) -> bool {
    // There are sources in the first stage only.
    list(pipeline, "Stages").iter().take(1).flat_map(|stage| list(stage, "Actions")).any(|action| {
        let kind = &action["ActionTypeId"];
        let told = &action["Configuration"]["PollForSourceChanges"];
        kind["Category"].as_str() == Some("Source")
            && kind["Provider"].as_str().is_some_and(|provider| POLLING.contains(&provider))
            && !matches!(told, Json::Bool(false))
            && told.as_str() != Some("false")
    })
}

fn rule(id: &str, properties: &Json<'_>, cx: &mut GaugeCx<'_, '_>) {
    let targets = list(properties, "Targets");
    if !targets.is_empty() {
        let is_small = cx.is_small(&EVENT_TARGETS, targets.len());
        let things: Vec<&Json<'_>> = if is_small { Vec::new() } else { targets.iter().collect() };
        cx.count(&EVENT_TARGETS, Some(id), None, targets.len(), &things);
    }
    let pattern = &properties["EventPattern"];
    if !pattern.is_null() {
        let size = PolicySize::of(pattern);
        // One that is written as text already is as long as that text.
        let characters = pattern.as_str().map_or(size.estimated_bytes(), str::len);
        cx.text(&EVENT_PATTERN, Some(id), characters, size.references > 0, &[pattern]);
    }
}

/// The bus on which nearly everything stands.
const DEFAULT_BUS: &str = "default";

/// The name of the event bus of a rule, or of a statement: that of another one may be known to CloudFormation alone.
fn bus_of(properties: &Json<'_>) -> String {
    match &properties["EventBusName"] {
        Json::Null => DEFAULT_BUS.to_owned(),
        Json::String(name) => name.rsplit_once(":event-bus/").map_or(&**name, |(_, name)| name).to_owned(),
        other => other.to_string(),
    }
}

/// What stands around the statements of the policy of an event bus, without the comma that the last one does not have.
const AROUND: usize = r#"{"Version":"2012-10-17","Statement":[]}"#.len() - COMMA;

/// What stands between statements.
const COMMA: usize = 1;

/// What a statement takes in the policy of an event bus, where its id stands in it.
fn admitted_by_bus(properties: &Json<'_>) -> usize {
    const ID: usize = r#""Sid":"","#.len();
    let id = properties["StatementId"].as_str().map_or(0, |id| ID + id.len());
    let statement = match &properties["Statement"] {
        // Given as an action and an account, of which EventBridge makes a statement about the bus.
        Json::Null => {
            const FRAME: usize = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam:::root"},"Action":"","Resource":"arn:aws:events:ap-southeast-2:111111111111:event-bus/default"}"#.len();
            let text = |name| PolicySize::of(&properties[name]).estimated_characters();
            FRAME + text("Principal") + text("Action") + text("Condition")
        }
        // One that is given as text already is as long as that text.
        Json::String(text) => text.len(),
        statement => PolicySize::of(statement).estimated_characters(),
    };
    id + statement + COMMA
}

fn topic_policy(id: &str, document: &Json<'_>, cx: &mut GaugeCx<'_, '_>) {
    let statements = match &document["Statement"] {
        Json::Array(statements) => &**statements,
        Json::Null => &[],
        single => std::slice::from_ref(single),
    };
    let size = PolicySize::of(document);
    cx.text(&TOPIC_POLICY, Some(id), size.estimated_bytes(), size.references > 0, &[document]);
    let things: Vec<&Json<'_>> = statements.iter().collect();
    cx.count(&TOPIC_STATEMENTS, Some(id), None, statements.len(), &things);
    let principals = |statement: &'_ Json<'_>| -> usize {
        let of = |one: &Json<'_>| one.as_array().map_or(1, <[_]>::len);
        statement["Principal"].as_object().map_or(1, |kinds| kinds.values().map(of).sum())
    };
    if let Some(most) = statements.iter().max_by_key(|statement| principals(statement)) {
        let names = most["Principal"]["AWS"].as_array().unwrap_or_default();
        cx.count(&TOPIC_PRINCIPALS, Some(id), None, principals(most), &names.iter().collect::<Vec<_>>());
    }
}

fn aliases_of_keys(aliases: &[(&str, &Json<'_>)], cx: &mut GaugeCx<'_, '_>) {
    if aliases.is_empty() || cx.is_small(&ALIASES, aliases.len()) {
        return;
    }
    // The first one stands for the key, which may be another stack's.
    let mut keys: BTreeMap<String, (usize, &str)> = BTreeMap::new();
    for (id, key) in aliases {
        keys.entry(key.to_string()).or_insert((0, id)).0 += 1;
    }
    for (n, id) in keys.into_values() {
        cx.count(&ALIASES, Some(id), None, n, &[]);
    }
}
