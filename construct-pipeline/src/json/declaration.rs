//! A pipeline as the API describes it.
//!
//! Codes: `json::artifact-stores`, `json::hidden-secret`, `json::not-in-cloudformation`, and those of `read`.

use construct_core::{AccountId, Diagnostic, Diagnostics, Region};
use construct_iam::Arn;
use serde_json::{Map, Value as Json, json};

use super::read::{Read, parse, read};
use super::shape::{Kind, PIPELINE, Presence, Shape};

/// A pipeline as the API describes it: every key is one that the API has, and every value is of its type.
///
/// ```
/// use construct_pipeline::json::Declaration;
/// let answer = r#"{
///     "pipeline": {
///         "name": "orders",
///         "roleArn": "arn:aws:iam::111111111111:role/orders",
///         "artifactStore": { "type": "S3", "location": "codepipeline-eu-west-1-123456789012" },
///         "stages": [{ "name": "Approve", "actions": [{
///             "name": "Ask",
///             "actionTypeId": { "category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1" }
///         }] }]
///     }
/// }"#;
/// let declaration = Declaration::read(answer)?;
/// assert_eq!((declaration.name(), declaration.account()), ("orders", Some("111111111111")));
/// assert_eq!(declaration.region().as_deref(), Some("eu-west-1"));
/// # Ok::<(), construct_core::Diagnostics>(())
/// ```
#[derive(Clone, Debug)]
pub struct Declaration {
    pipeline: Json,
    arn: Option<Arn>,
    tags: Vec<(String, String)>,
    warnings: Diagnostics,
}

impl Declaration {
    /// Reads what `aws codepipeline get-pipeline` prints, what `create-pipeline` takes, or the pipeline alone.
    ///
    /// # Errors
    /// Everything that is wrong, each with its path in the JSON, or its line and column where it is no JSON.
    pub fn read(text: &str) -> Result<Self, Diagnostics> {
        Self::of(&parse(text)?)
    }

    /// The same, from JSON that is parsed already.
    ///
    /// # Errors
    /// Everything that is wrong, each with its path in the JSON.
    pub fn of(json: &Json) -> Result<Self, Diagnostics> {
        let mut findings = Diagnostics::new();
        let Read { pipeline, metadata, tags } = read(json, &mut findings);
        if !findings.has_errors() {
            whole(&pipeline, &mut findings);
        }
        if findings.has_errors() {
            return Err(findings);
        }
        let text = |json: &Json, key: &str| json[key].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            pipeline,
            arn: metadata["pipelineArn"].as_str().and_then(|arn| Arn::parse(arn).ok()),
            tags: tags.iter().map(|tag| (text(tag, "key"), text(tag, "value"))).collect(),
            warnings: findings,
        })
    }

    /// What is worth knowing about what was read, and did not keep it from being read.
    #[must_use]
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// The pipeline's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.pipeline["name"].as_str().unwrap_or_default()
    }

    /// The tags that stood beside it.
    #[must_use]
    pub fn tags(&self) -> &[(String, String)] {
        &self.tags
    }

    /// The account, which the metadata or the pipeline's role name, if they name one.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        let of_arn = self.arn.as_ref().map(Arn::account);
        let of_role = self.pipeline["roleArn"].as_str().and_then(|arn| arn.split(':').nth(4));
        of_arn.or(of_role).filter(|account| AccountId::parse(account).is_ok())
    }

    /// The region, as far as the JSON tells: the metadata; a source that states its region, which is always the
    /// pipeline's; the only store, its key, or the name that the console gives its bucket; of several stores the one whose
    /// region no action states.
    #[must_use]
    pub fn region(&self) -> Option<String> {
        let known = |name: &str| Region::parse(name).ok().map(|region| region.as_str().to_owned());
        if let Some(region) = self.arn.as_ref().and_then(|arn| known(arn.region_name())) {
            return Some(region);
        }
        let all = || self.actions();
        let stated = |action: &Json| action["region"].as_str().and_then(known);
        let source = all().filter(|action| action["actionTypeId"]["category"] == "Source").find_map(stated);
        if source.is_some() {
            return source;
        }
        if let Some(stores) = self.pipeline["artifactStores"].as_object() {
            let unstated = |region: &&String| stores.len() == 1 || !all().any(|action| action["region"] == **region);
            let mut regions = stores.keys().filter(unstated);
            return regions.next().filter(|_| regions.next().is_none()).and_then(|region| known(region));
        }
        let store = &self.pipeline["artifactStore"];
        let of_key = store["encryptionKey"]["id"].as_str().and_then(|arn| arn.split(':').nth(3)).and_then(known);
        // `codepipeline-eu-west-1-123456789012`
        // https://docs.aws.amazon.com/codepipeline/latest/userguide/welcome-introducing-artifacts.html
        let bucket = store["location"].as_str().and_then(|name| name.strip_prefix("codepipeline-"));
        let of_bucket = bucket.and_then(|rest| rest.rsplit_once('-')).and_then(|(region, _)| known(region));
        all().find_map(stated).or(of_key).or(of_bucket)
    }

    /// Every action, in order.
    fn actions(&self) -> impl Iterator<Item = &Json> {
        let stages = self.pipeline["stages"].as_array().into_iter().flatten();
        stages.flat_map(|stage| stage["actions"].as_array().into_iter().flatten())
    }

    /// The structure with the keys of the API, without what is empty.
    #[must_use]
    pub const fn structure(&self) -> &Json {
        &self.pipeline
    }

    /// What `create-pipeline` and `update-pipeline` take with `--cli-input-json`: an object with the key `pipeline`. It has
    /// no version, which the service counts by itself. As in the answer of `get-pipeline`, every action shows its
    /// configuration and its artifacts, even if it has none.
    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({ "pipeline": shown(&self.pipeline, &PIPELINE) })
    }

    /// Whether both describe the same pipeline, whether or not they write down what the API takes for granted: the run
    /// order 1, the type V1, the mode SUPERSEDED, environment variables in plain text, the first version of rules by AWS.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.explicit() == other.explicit()
    }

    /// The structure with everything written down.
    fn explicit(&self) -> Json {
        fn put(json: &mut Json, key: &str, value: impl Into<Json>) {
            if let Some(object) = json.as_object_mut() {
                object.entry(key).or_insert_with(|| value.into());
            }
        }
        fn each<'j>(json: &'j mut Json, key: &str) -> impl Iterator<Item = &'j mut Json> {
            json.get_mut(key).and_then(Json::as_array_mut).into_iter().flatten()
        }
        let mut json = self.pipeline.clone();
        put(&mut json, "pipelineType", "V1");
        put(&mut json, "executionMode", "SUPERSEDED");
        for stage in each(&mut json, "stages") {
            for action in each(stage, "actions") {
                put(action, "runOrder", 1);
                each(action, "environmentVariables").for_each(|variable| put(variable, "type", "PLAINTEXT"));
            }
            // Conditions of which there are none say nothing.
            for place in ["beforeEntry", "onSuccess"] {
                if stage.pointer(&format!("/{place}/conditions")).and_then(Json::as_array).is_some_and(Vec::is_empty) {
                    stage.as_object_mut().map(|stage| stage.shift_remove(place));
                }
            }
            for place in ["beforeEntry", "onSuccess", "onFailure"] {
                let conditions = stage.get_mut(place).into_iter().flat_map(|place| each(place, "conditions"));
                for rule in conditions.flat_map(|condition| each(condition, "rules")) {
                    if let Some(kind) = rule.get_mut("ruleTypeId") {
                        put(kind, "owner", "AWS");
                        put(kind, "version", "1");
                    }
                    // No template can say it; a warning has.
                    rule.as_object_mut().map(|rule| rule.remove("timeoutInMinutes"));
                }
            }
        }
        json
    }
}

/// The structure as `get-pipeline` shows it: some keys stand there even if there is nothing to say.
fn shown(json: &Json, kind: &Kind) -> Json {
    let mut out = Map::new();
    for field in kind.fields {
        match (json.get(field.key), field.presence) {
            (Some(value), _) => drop(out.insert(field.key.to_owned(), shown_value(value, &field.shape))),
            (None, Presence::Shown) => {
                let empty = if matches!(field.shape, Shape::List(_)) { json!([]) } else { json!({}) };
                out.insert(field.key.to_owned(), empty);
            }
            (None, _) => {}
        }
    }
    Json::Object(out)
}

fn shown_value(value: &Json, shape: &Shape) -> Json {
    match (shape, value) {
        (Shape::Object(kind), _) => shown(value, kind),
        (Shape::List(of), Json::Array(items)) => items.iter().map(|item| shown_value(item, of)).collect(),
        _ => value.clone(),
    }
}

/// What no single key tells.
fn whole(pipeline: &Json, findings: &mut Diagnostics) {
    let n_stores =
        [&pipeline["artifactStore"], &pipeline["artifactStores"]].iter().filter(|store| !store.is_null()).count();
    if n_stores != 1 {
        let message = match n_stores {
            0 => "the pipeline has neither `artifactStore` nor `artifactStores`",
            _ => "the pipeline has both `artifactStore` and `artifactStores`",
        };
        let help = "a pipeline in one region has `artifactStore`, one in several `artifactStores`, by region";
        findings.push(Diagnostic::error("json::artifact-stores", message).help(help));
    }
    let list = |json: &Json| json.as_array().cloned().unwrap_or_default();
    for (n, stage) in list(&pipeline["stages"]).iter().enumerate() {
        for (m, action) in list(&stage["actions"]).iter().enumerate() {
            for (key, value) in action["configuration"].as_object().into_iter().flatten() {
                if value.as_str().is_some_and(|text| text.len() > 2 && text.bytes().all(|byte| byte == b'*')) {
                    let path = format!("stages[{n}].actions[{m}].configuration.{key}");
                    let message = format!("`{}` is hidden: the API shows no secrets", path.escape_debug());
                    let help = format!(
                        "keep the secret in Secrets Manager and name it with `.secret(\"{key}\", Secret::new(\"…\"))`: as it \
                         stands, the asterisks would become the secret"
                    );
                    findings.push(Diagnostic::warning("json::hidden-secret", message).help(help));
                }
            }
        }
        for place in ["beforeEntry", "onSuccess", "onFailure"] {
            for (m, condition) in list(&stage[place]["conditions"]).iter().enumerate() {
                for (k, rule) in list(&condition["rules"]).iter().enumerate() {
                    if !rule["timeoutInMinutes"].is_null() {
                        let path = format!("stages[{n}].{place}.conditions[{m}].rules[{k}].timeoutInMinutes");
                        let message = format!("`{path}` cannot be said in a template");
                        let help =
                            "CloudFormation has no property for it, so the rule gets the timeout of its provider";
                        findings.push(Diagnostic::warning("json::not-in-cloudformation", message).help(help));
                    }
                }
            }
        }
    }
}
