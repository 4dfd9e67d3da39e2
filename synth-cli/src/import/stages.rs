//! What surrounds the actions: artifacts, stages, conditions, stores, variables, triggers, the pipeline.

use construct_pipeline::json::Declaration;
use serde_json::Value as Json;

use super::layout::Chain;
use super::program::Program;
use super::words::literal;

fn text<'j>(json: &'j Json, key: &str) -> &'j str {
    json[key].as_str().unwrap_or_default()
}

fn items<'j>(json: &'j Json, key: &str) -> &'j [Json] {
    json[key].as_array().map_or(&[], Vec::as_slice)
}

fn texts<'j>(json: &'j Json, key: &str) -> impl Iterator<Item = &'j str> {
    items(json, key).iter().filter_map(Json::as_str)
}

/// Declares every artifact: those that somebody writes first, because only there stand its files.
pub(super) fn artifacts(structure: &Json, program: &mut Program<'_>) {
    for key in ["outputArtifacts", "inputArtifacts"] {
        for action in items(structure, "stages").iter().flat_map(|stage| items(stage, "actions")) {
            for artifact in items(action, key) {
                program.artifact(artifact);
            }
        }
    }
}

/// An action by its plain values.
pub(super) fn custom(json: &Json, program: &mut Program<'_>) -> Chain {
    let kind = &json["actionTypeId"];
    let owner = match text(kind, "owner") {
        "AWS" => "Aws",
        other => other,
    };
    let (category, provider) = (text(kind, "category"), literal(text(kind, "provider")));
    let arguments = [format!("Category::{category}"), format!("Owner::{owner}"), provider];
    let mut chain = Chain::new("CustomAction::new", arguments);
    if text(kind, "version") != "1" {
        chain.call("version", [literal(text(kind, "version"))]);
    }
    let usual = match category {
        "Source" => [("inputArtifacts", 0..=0), ("outputArtifacts", 1..=1)],
        "Approval" => [("inputArtifacts", 0..=0), ("outputArtifacts", 0..=0)],
        _ => [("inputArtifacts", 0..=5), ("outputArtifacts", 0..=5)],
    };
    for (key, usual) in usual {
        let (call, count) = if key == "inputArtifacts" { ("input", "input_count") } else { ("output", "output_count") };
        let artifacts = items(json, key);
        if !usual.contains(&artifacts.len()) {
            chain.call(count, [format!("{0}..={0}", artifacts.len())]);
        }
        for artifact in artifacts {
            let (variable, _) = program.artifact(artifact);
            chain.call(call, [format!("&{variable}")]);
        }
    }
    for (key, value) in json["configuration"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        if value.len() > 2 && value.bytes().all(|byte| byte == b'*') {
            program.comment("The API hides secrets: keep this one in Secrets Manager, and name it with");
            program.comment(&format!("`.secret({}, Secret::new(\"…\"))` in place of the asterisks.", literal(key)));
        }
        chain.call("configuration", [literal(key), literal(value)]);
    }
    for command in texts(json, "commands") {
        chain.call("command", [literal(command)]);
    }
    for variable in items(json, "environmentVariables") {
        let call = if text(variable, "type") == "SECRETS_MANAGER" { "environment_secret" } else { "environment" };
        chain.call(call, [literal(text(variable, "name")), literal(text(variable, "value"))]);
    }
    for name in texts(json, "outputVariables") {
        chain.call("output_variable", [literal(name)]);
    }
    chain
}

/// An action around its provider; gives its variable.
pub(super) fn action(json: &Json, structure: &Json, provider: &str, program: &mut Program<'_>) -> String {
    let name = program.text(text(json, "name"), "ACTION");
    let mut chain = Chain::new("Action::new", [name, provider.to_owned()]);
    let kind = &json["actionTypeId"];
    let is_aws = text(kind, "owner") == "AWS";
    if let Some(arn) = json["roleArn"].as_str() {
        let constant = program.arn(arn, "ROLE");
        if is_aws && arn != text(structure, "roleArn") {
            chain.call("role", [format!("Role::import({constant})")]);
        } else {
            chain.call("property", ["\"RoleArn\"".to_owned(), constant]);
        }
    }
    if let Some(region) = json["region"].as_str() {
        if region == program.home.region.as_str() {
            // Only a property is written down where it says what holds anyway.
            chain.call("property", ["\"Region\"", "HOME.region"]);
        } else if is_aws && text(kind, "category") != "Source" {
            chain.call("region", [literal(region)]);
        } else {
            chain.call("property", ["\"Region\"".to_owned(), literal(region)]);
        }
    }
    if let Some(order) = json["runOrder"].as_u64().filter(|&order| order != 1) {
        chain.call("run_order", [order.to_string()]);
    }
    if let Some(namespace) = json["namespace"].as_str() {
        chain.call("namespace", [literal(namespace)]);
    }
    if let Some(minutes) = json["timeoutInMinutes"].as_u64() {
        chain.call("timeout", [minutes.to_string()]);
    }
    program.variable(&format!("{} action", text(json, "name")), "action", &chain)
}

/// The pipeline with all that belongs to it.
pub(super) fn pipeline(declaration: &Declaration, stages: Vec<String>, program: &mut Program<'_>) {
    let json = declaration.structure();
    program.body += "\n";
    let stores = stores(json, program);
    let variables: Vec<String> = items(json, "variables").iter().map(|one| variable(one, program)).collect();
    let triggers: Vec<String> =
        items(json, "triggers").iter().map(|one| trigger(&one["gitConfiguration"], program)).collect();
    let name = program.text(declaration.name(), "NAME");
    let mut chain = Chain::new("Pipeline::new", [name]);
    if text(json, "pipelineType") != "V2" {
        chain.call("pipeline_type", ["PipelineType::V1"]);
    }
    match text(json, "executionMode") {
        "QUEUED" => chain.call("execution_mode", ["ExecutionMode::Queued"]),
        "PARALLEL" => chain.call("execution_mode", ["ExecutionMode::Parallel"]),
        "SUPERSEDED" => chain.call("execution_mode", ["ExecutionMode::Superseded"]),
        _ => {}
    }
    let role = pipeline_role(json, program);
    chain.call("role", [format!("Role::import({role})")]);
    chain.call("without_contract", [""; 0]);
    for (call, argument) in stores {
        chain.call(call, [argument]);
    }
    for (call, all) in [("variable", variables), ("trigger", triggers), ("stage", stages)] {
        all.into_iter().for_each(|one| chain.call(call, [one]));
    }
    program.body += &super::layout::let_chain("pipeline", &chain);
}

/// The constant with the pipeline's own role.
pub(super) fn pipeline_role(structure: &Json, program: &mut Program<'_>) -> String {
    program.constant(text(structure, "roleArn"), "", "PIPELINE_ROLE")
}

fn stores(json: &Json, program: &mut Program<'_>) -> Vec<(&'static str, String)> {
    let Some(by_region) = json["artifactStores"].as_object() else {
        let home = program.home.region;
        return vec![("artifact_store", store(&json["artifactStore"], home.as_str(), program))];
    };
    let all = by_region.iter().map(|(region, json)| ("artifact_stores", format!("[{}]", store(json, region, program))));
    all.collect()
}

fn store(json: &Json, region: &str, program: &mut Program<'_>) -> String {
    let is_home = region == program.home.region.as_str();
    let name = program.text(text(json, "location"), "BUCKET");
    let place = if is_home { "HOME.region".to_owned() } else { literal(region) };
    let mut chain = Chain::new("ImportedArtifactStore::new", [name, place]);
    if let Some(id) = json["encryptionKey"]["id"].as_str() {
        let parts: Vec<&str> = id.splitn(6, ':').collect();
        let is_arn = matches!(parts[..], ["arn", _, "kms", _, _, resource] if resource.starts_with("key/"));
        let constant = program.arn(id, "KEY");
        chain.call(if is_arn { "key" } else { "key_id" }, [constant]);
    }
    let name = if is_home { "store".to_owned() } else { format!("store {region}") };
    program.variable(&name, "store", &chain)
}

fn variable(json: &Json, program: &mut Program<'_>) -> String {
    let name = program.text(text(json, "name"), "VARIABLE");
    let mut chain = Chain::new("Variable::new", [name]);
    for (key, call) in [("defaultValue", "default_value"), ("description", "description")] {
        if let Some(value) = json[key].as_str() {
            chain.call(call, [literal(value)]);
        }
    }
    program.variable(&format!("{} variable", text(json, "name")), "variable", &chain)
}

fn trigger(json: &Json, program: &mut Program<'_>) -> String {
    let mut calls = Vec::new();
    for (key, call, root) in
        [("push", "push", "GitPushFilter::new"), ("pullRequest", "pull_request", "GitPullRequestFilter::new")]
    {
        for filter in items(json, key) {
            let mut chain = Chain::new(root, [""; 0]);
            for event in texts(filter, "events") {
                let event = match event {
                    "OPEN" => "Open",
                    "UPDATED" => "Updated",
                    _ => "Closed",
                };
                chain.call("event", [format!("GitPullRequestEvent::{event}")]);
            }
            for (key, call) in [("branches", "branches"), ("filePaths", "file_paths"), ("tags", "tags")] {
                if filter[key].is_object() {
                    let mut patterns = Chain::new("GlobPatterns::new", [""; 0]);
                    texts(&filter[key], "includes").for_each(|one| patterns.call("include", [literal(one)]));
                    texts(&filter[key], "excludes").for_each(|one| patterns.call("exclude", [literal(one)]));
                    chain.call(call, [program.variable(call, "patterns", &patterns)]);
                }
            }
            calls.push((call, program.variable(&format!("{call} filter"), "filter", &chain)));
        }
    }
    let source = program.text(text(json, "sourceActionName"), "SOURCE");
    let mut chain = Chain::new("GitTrigger::new", [source]);
    for (call, filter) in calls {
        chain.call(call, [filter]);
    }
    program.variable(&format!("{} trigger", text(json, "sourceActionName")), "trigger", &chain)
}

/// A stage with its actions.
pub(super) fn stage(json: &Json, actions: &[String], program: &mut Program<'_>) -> String {
    let mut calls = Vec::new();
    for (key, call) in [("beforeEntry", "before_entry"), ("onSuccess", "on_success")] {
        for one in items(&json[key], "conditions") {
            calls.push((call, condition(one, program)));
        }
    }
    let on_failure = &json["onFailure"];
    if on_failure.is_object() {
        let conditions: Vec<String> =
            items(on_failure, "conditions").iter().map(|one| condition(one, program)).collect();
        let mut chain = Chain::new("OnFailure::new", [""; 0]);
        match (text(&on_failure["retryConfiguration"], "retryMode"), result(on_failure)) {
            ("", Some(result)) => chain.call("result", [result]),
            ("", None) => {}
            (mode, result) => {
                let word = if mode == "ALL_ACTIONS" { "AllActions" } else { "FailedActions" };
                chain.call("retry", [format!("RetryMode::{word}")]);
                if let Some(result) = result.filter(|result| *result != "StageResult::Retry") {
                    chain.call("result", [result]);
                }
            }
        }
        conditions.into_iter().for_each(|one| chain.call("condition", [one]));
        calls.push(("on_failure", program.variable("on_failure", "on_failure", &chain)));
    }
    let name = program.text(text(json, "name"), "STAGE");
    let mut chain = Chain::new("Stage::new", [name]);
    for blocker in items(json, "blockers") {
        chain.call("blocker", [literal(text(blocker, "name"))]);
    }
    for (call, argument) in calls {
        chain.call(call, [argument]);
    }
    for action in actions {
        chain.call("action", [action.as_str()]);
    }
    program.variable(&format!("{} stage", text(json, "name")), "stage", &chain)
}

fn result(json: &Json) -> Option<&'static str> {
    json["result"].as_str().map(|word| match word {
        "ROLLBACK" => "StageResult::Rollback",
        "RETRY" => "StageResult::Retry",
        "SKIP" => "StageResult::Skip",
        _ => "StageResult::Fail",
    })
}

fn condition(json: &Json, program: &mut Program<'_>) -> String {
    let rules: Vec<String> = items(json, "rules").iter().map(|one| rule(one, program)).collect();
    let mut chain = match result(json) {
        Some(result) => Chain::new("Condition::new", [result]),
        None => Chain::new("Condition::default", [""; 0]),
    };
    rules.into_iter().for_each(|one| chain.call("rule", [one]));
    program.variable("condition", "condition", &chain)
}

fn rule(json: &Json, program: &mut Program<'_>) -> String {
    let kind = &json["ruleTypeId"];
    let arguments = [program.text(text(json, "name"), "RULE"), literal(text(kind, "provider"))];
    let mut chain = Chain::new("ConditionRule::new", arguments);
    if let Some(version) = kind["version"].as_str().filter(|version| *version != "1") {
        chain.call("version", [literal(version)]);
    }
    for (key, value) in json["configuration"].as_object().into_iter().flatten() {
        chain.call("configuration", [literal(key), literal(value.as_str().unwrap_or_default())]);
    }
    for command in texts(json, "commands") {
        chain.call("command", [literal(command)]);
    }
    for artifact in items(json, "inputArtifacts") {
        let (variable, _) = program.artifact(artifact);
        chain.call("input", [format!("&{variable}")]);
    }
    if let Some(region) = json["region"].as_str() {
        chain.call("region", [literal(region)]);
    }
    if let Some(arn) = json["roleArn"].as_str() {
        let constant = program.arn(arn, "ROLE");
        chain.call("role", [format!("Role::import({constant})")]);
    }
    program.variable(&format!("{} rule", text(json, "name")), "rule", &chain)
}
