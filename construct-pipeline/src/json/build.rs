//! A pipeline of this library from a declaration.

use std::panic::Location;
use std::sync::Arc;

use construct_core::{Caller, Diagnostics, Properties};
use construct_iam::Role;
use serde_json::Value as Json;

use super::Declaration;
use crate::action::Action;
use crate::artifact::Artifact;
use crate::condition::{Condition, ConditionRule, OnFailure, RetryMode, StageResult};
use crate::pipeline::{ExecutionMode, Pipeline, PipelineType, Variable};
use crate::provider::{Category, Owner, Provider};
use crate::providers::CustomAction;
use crate::stage::Stage;
use crate::store::ImportedArtifactStore;
use crate::trigger::{GitPullRequestEvent, GitPullRequestFilter, GitPushFilter, GitTrigger, GlobPatterns};

impl Pipeline {
    /// A pipeline from what `aws codepipeline get-pipeline` prints, from what `create-pipeline` takes, or from the pipeline
    /// in it alone; placed in a stack of its account and region, it synthesises to the same declaration.
    ///
    /// Its roles and stores exist already: they are referred to and never written to. Its actions are [`CustomAction`]s
    /// with their configuration as it stands, so nothing else is made for them; what starts the pipeline today has to
    /// go on starting it. A region in which an action runs and that has no store in the JSON is an error of the
    /// synthesis, as it is one of the API. `synth import` writes a program with the actions of this library.
    ///
    /// What was read and cannot be kept is a warning of the synthesis.
    ///
    /// ```
    /// use construct_pipeline::prelude::*;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let source = r#"{ "name": "Checkout", "configuration": { "RepositoryName": "orders", "BranchName": "main" },
    /// #     "actionTypeId": { "category": "Source", "owner": "AWS", "provider": "CodeCommit", "version": "1" },
    /// #     "outputArtifacts": [{ "name": "Source" }] }"#;
    /// # let deploy = r#"{ "name": "Deploy", "configuration": { "BucketName": "orders-site", "Extract": "true" },
    /// #     "actionTypeId": { "category": "Deploy", "owner": "AWS", "provider": "S3", "version": "1" },
    /// #     "inputArtifacts": [{ "name": "Source" }] }"#;
    /// # let answer = format!(r#"{{ "pipeline": {{
    /// #     "name": "orders", "roleArn": "arn:aws:iam::111111111111:role/orders", "pipelineType": "V2",
    /// #     "artifactStore": {{ "type": "S3", "location": "orders-artifacts" }},
    /// #     "stages": [{{ "name": "Source", "actions": [{source}] }}, {{ "name": "Deploy", "actions": [{deploy}] }}]
    /// # }} }}"#);
    /// # let answer = answer.as_str();
    /// let mut app = App::new();
    /// let tools = app.stack("Tools", Env::new("111111111111", "eu-west-1"));
    /// app.at(tools).add("Pipeline", Pipeline::from_json(answer)?);
    /// assert_eq!(app.synth()?.stacks().len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Everything that is wrong with the JSON, each with its path in it, or its line and column where it is no JSON.
    #[track_caller]
    pub fn from_json(json: &str) -> Result<Self, Diagnostics> {
        let location = Location::caller();
        match Declaration::read(json) {
            Ok(declaration) => Ok(declaration.pipeline_at(location, |_, _| None)),
            Err(findings) => Err(findings.into_iter().map(|finding| finding.at(location)).collect()),
        }
    }
}

impl Declaration {
    /// The pipeline, with actions of the library in place of [`CustomAction`]s where `provider` gives one for a stage
    /// and an action, both counted from 0.
    #[track_caller]
    pub fn pipeline(&self, provider: impl FnMut(usize, usize) -> Option<Arc<dyn Provider>>) -> Pipeline {
        self.pipeline_at(Location::caller(), provider)
    }

    fn pipeline_at(
        &self,
        location: Caller,
        mut provider: impl FnMut(usize, usize) -> Option<Arc<dyn Provider>>,
    ) -> Pipeline {
        let json = self.structure();
        let mut pipeline = Pipeline::new(self.name()).role(Role::import(text(&json["roleArn"]))).without_contract();
        pipeline = pipeline.pipeline_type(match json["pipelineType"].as_str() {
            Some("V2") => PipelineType::V2,
            _ => PipelineType::V1,
        });
        pipeline.execution_mode = match json["executionMode"].as_str() {
            Some("QUEUED") => Some(ExecutionMode::Queued),
            Some("PARALLEL") => Some(ExecutionMode::Parallel),
            Some("SUPERSEDED") => Some(ExecutionMode::Superseded),
            _ => None,
        };
        match json["artifactStores"].as_object() {
            Some(stores) => {
                let stores = stores.iter().map(|(region, store)| {
                    let given = ImportedArtifactStore::new(text(&store["location"]), region);
                    keyed(given.made_at(location), store)
                });
                pipeline = pipeline.artifact_stores(stores);
            }
            None => {
                let store = &json["artifactStore"];
                let given = ImportedArtifactStore::at_home(text(&store["location"]));
                pipeline = pipeline.artifact_store(keyed(given.made_at(location), store));
            }
        }
        pipeline.only_given_stores = true;
        for variable in items(&json["variables"]) {
            let mut value = Variable { location, ..Variable::new(text(&variable["name"])) };
            value.default = variable["defaultValue"].as_str().map(str::to_owned);
            value.description = variable["description"].as_str().map(str::to_owned);
            pipeline = pipeline.variable(value);
        }
        pipeline.triggers = items(&json["triggers"])
            .iter()
            .map(|trigger| git_trigger(&trigger["gitConfiguration"], location))
            .collect();
        let pipeline_role = text(&json["roleArn"]);
        for (n, json) in items(&json["stages"]).iter().enumerate() {
            let actions = items(&json["actions"]).iter().enumerate().map(|(m, json)| {
                let action = action(json, &pipeline_role, location);
                Action { provider: provider(n, m).unwrap_or_else(|| Arc::clone(&action.provider)), ..action }
            });
            let actions: Vec<Action> = actions.collect();
            pipeline.stages.push(stage(json, location).actions(actions));
        }
        pipeline.findings = self.warnings().iter().map(|finding| finding.clone().at(location)).collect();
        pipeline
    }
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

fn items(json: &Json) -> &[Json] {
    json.as_array().map_or(&[], Vec::as_slice)
}

fn texts(json: &Json) -> Vec<String> {
    items(json).iter().map(text).collect()
}

fn entries(json: &Json) -> Properties {
    json.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect()
}

fn keyed(store: ImportedArtifactStore, json: &Json) -> ImportedArtifactStore {
    match json["encryptionKey"]["id"].as_str() {
        Some(id) => store.key_id(id),
        None => store,
    }
}

fn git_trigger(json: &Json, location: Caller) -> GitTrigger {
    let patterns = |json: &Json| {
        json.is_object()
            .then(|| GlobPatterns { includes: texts(&json["includes"]), excludes: texts(&json["excludes"]) })
    };
    let mut trigger = GitTrigger { location, ..GitTrigger::new(text(&json["sourceActionName"])) };
    trigger.push = items(&json["push"])
        .iter()
        .map(|filter| GitPushFilter {
            branches: patterns(&filter["branches"]),
            file_paths: patterns(&filter["filePaths"]),
            tags: patterns(&filter["tags"]),
        })
        .collect();
    trigger.pull_request = items(&json["pullRequest"])
        .iter()
        .map(|filter| GitPullRequestFilter {
            branches: patterns(&filter["branches"]),
            file_paths: patterns(&filter["filePaths"]),
            events: items(&filter["events"])
                .iter()
                .map(|event| match event.as_str() {
                    Some("OPEN") => GitPullRequestEvent::Open,
                    Some("UPDATED") => GitPullRequestEvent::Updated,
                    _ => GitPullRequestEvent::Closed,
                })
                .collect(),
        })
        .collect();
    trigger
}

fn stage(json: &Json, location: Caller) -> Stage {
    let mut stage = Stage { location, ..Stage::new(text(&json["name"])) };
    stage.blockers = items(&json["blockers"]).iter().map(|blocker| text(&blocker["name"])).collect();
    stage.before_entry = conditions(&json["beforeEntry"], location);
    stage.on_success = conditions(&json["onSuccess"], location);
    let on_failure = &json["onFailure"];
    if on_failure.is_object() {
        stage.on_failure = Some(OnFailure {
            result: result(&on_failure["result"]),
            retry: match on_failure["retryConfiguration"]["retryMode"].as_str() {
                Some("FAILED_ACTIONS") => Some(RetryMode::FailedActions),
                Some(_) => Some(RetryMode::AllActions),
                None => None,
            },
            conditions: conditions(on_failure, location),
        });
    }
    stage
}

fn result(json: &Json) -> Option<StageResult> {
    json.as_str().map(|word| match word {
        "ROLLBACK" => StageResult::Rollback,
        "RETRY" => StageResult::Retry,
        "SKIP" => StageResult::Skip,
        _ => StageResult::Fail,
    })
}

fn conditions(json: &Json, location: Caller) -> Vec<Condition> {
    let one = |json: &Json| Condition {
        result: result(&json["result"]),
        rules: items(&json["rules"]).iter().map(|json| rule(json, location)).collect(),
    };
    items(&json["conditions"]).iter().map(one).collect()
}

fn rule(json: &Json, location: Caller) -> ConditionRule {
    let provider = text(&json["ruleTypeId"]["provider"]);
    let mut rule = ConditionRule { location, ..ConditionRule::new(text(&json["name"]), provider) };
    if let Some(version) = json["ruleTypeId"]["version"].as_str() {
        rule = rule.version(version.to_owned());
    }
    rule.configuration = entries(&json["configuration"]);
    rule.commands = texts(&json["commands"]);
    rule.inputs = items(&json["inputArtifacts"]).iter().map(|json| artifact(json, location)).collect();
    rule.region = json["region"].as_str().map(str::to_owned);
    rule.role = json["roleArn"].as_str().map(|arn| Role::import(arn.to_owned()).into());
    rule
}

fn artifact(json: &Json, location: Caller) -> Artifact {
    let artifact = Artifact::new(text(&json["name"])).made_at(location);
    texts(&json["files"]).into_iter().fold(artifact, Artifact::export_file)
}

fn action(json: &Json, pipeline_role: &str, location: Caller) -> Action {
    let mut action = Action { location, ..Action::new(text(&json["name"]), custom(json, location)) };
    let is_aws = json["actionTypeId"]["owner"] == "AWS";
    let is_source = json["actionTypeId"]["category"] == "Source";
    if let Some(arn) = json["roleArn"].as_str() {
        // The pipeline's own role is not written down for an action unless it is asked for by name.
        action = match is_aws && arn != pipeline_role {
            true => action.role(Role::import(arn.to_owned())),
            false => action.property("RoleArn", arn.to_owned()),
        };
    }
    if let Some(region) = json["region"].as_str() {
        if is_aws && !is_source {
            action = action.region(region);
        }
        // It is written down even where it is the pipeline's.
        action = action.property("Region", region.to_owned());
    }
    action.run_order = json["runOrder"].as_u64().and_then(|order| u32::try_from(order).ok()).unwrap_or(1);
    action.namespace = json["namespace"].as_str().map(str::to_owned);
    action.timeout_minutes = json["timeoutInMinutes"].as_u64().and_then(|minutes| u32::try_from(minutes).ok());
    action
}

fn custom(json: &Json, location: Caller) -> CustomAction {
    let kind = &json["actionTypeId"];
    let category = match kind["category"].as_str() {
        Some("Source") => Category::Source,
        Some("Build") => Category::Build,
        Some("Test") => Category::Test,
        Some("Deploy") => Category::Deploy,
        Some("Approval") => Category::Approval,
        Some("Compute") => Category::Compute,
        _ => Category::Invoke,
    };
    let owner = match kind["owner"].as_str() {
        Some("AWS") => Owner::Aws,
        Some("ThirdParty") => Owner::ThirdParty,
        _ => Owner::Custom,
    };
    let (inputs, outputs) = (items(&json["inputArtifacts"]), items(&json["outputArtifacts"]));
    let mut custom = CustomAction::new(category, owner, text(&kind["provider"]))
        .version(text(&kind["version"]))
        .inputs(inputs.iter().map(|json| artifact(json, location)))
        .outputs(outputs.iter().map(|json| artifact(json, location)))
        .input_count(inputs.len()..=inputs.len())
        .output_count(outputs.len()..=outputs.len());
    for (key, value) in entries(&json["configuration"]).iter() {
        custom = custom.configuration(key.to_owned(), value.clone());
    }
    custom = texts(&json["commands"]).into_iter().fold(custom, CustomAction::command);
    custom = texts(&json["outputVariables"]).into_iter().fold(custom, CustomAction::output_variable);
    for variable in items(&json["environmentVariables"]) {
        let (name, value) = (text(&variable["name"]), text(&variable["value"]));
        custom = match variable["type"] == "SECRETS_MANAGER" {
            true => custom.environment_secret(name, value),
            false => custom.environment(name, value),
        };
    }
    custom
}
