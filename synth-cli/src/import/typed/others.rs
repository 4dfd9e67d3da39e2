//! Builds, calls of functions, state machines and other pipelines, approvals, commands.

use construct_pipeline::prelude::*;
use serde_json::Value as Json;

use super::super::layout::Chain;
use super::super::words::literal;
use super::{Action, Typed};

impl Action<'_, '_, '_> {
    pub(super) fn code_build(&mut self, is_test: bool) -> Option<Typed> {
        let name = self.take("ProjectName")?;
        let arn = self.arn("codebuild", &format!("project/{name}"));
        let constant = self.program.arn(&arn, "PROJECT");
        let chain = Chain::new("PipelineProject::import", [constant]);
        let place = |scope: &mut Scope<'_>, id: &str| scope.add(id, PipelineProject::import(arn));
        let (project, node) = self.program.import(&name, "project", &chain, place);
        let mut inputs = self.artifacts("inputArtifacts").into_iter();
        let (first, artifact) = inputs.next()?;
        let mut provider = CodeBuild::new(ProjectRef::from(node), &artifact);
        let mut chain = Chain::new("CodeBuild::new", [project, format!("&{first}")]);
        if is_test {
            call!(provider, chain.test());
        }
        let mut named = vec![(first, artifact.clone())];
        for (input, artifact) in inputs {
            call!(provider, chain.input(&artifact => format!("&{input}")));
            named.push((input, artifact));
        }
        for (output, artifact) in self.artifacts("outputArtifacts") {
            call!(provider, chain.output(&artifact => format!("&{output}")));
        }
        if let Some(primary) = self.take("PrimarySource") {
            let (at, (variable, artifact)) =
                named.iter().enumerate().find(|(_, (_, artifact))| artifact.name() == primary)?;
            if at > 0 || named.len() == 1 {
                call!(provider, chain.primary_source(artifact => format!("&{variable}")));
            }
        }
        if self.switch("BatchEnabled")? == Some(true) {
            call!(provider, chain.batch());
        }
        if self.switch("CombineArtifacts")? == Some(true) {
            call!(provider, chain.combine_artifacts());
        }
        if let Some(spec) = self.take("BuildspecOverride") {
            call!(provider, chain.build_spec(spec.clone() => literal(&spec)));
        }
        if let Some(text) = self.take("EnvironmentVariables") {
            provider = environment(provider, &mut chain, &text);
        }
        Self::done(chain, provider)
    }

    /// The function that the action names, in its place.
    fn function(&mut self) -> Option<(String, FunctionRef)> {
        let name = self.take("FunctionName")?;
        let arn = self.arn("lambda", &format!("function:{name}"));
        let constant = self.program.arn(&arn, "FUNCTION");
        let chain = Chain::new("Function::import", [constant]);
        let place = |scope: &mut Scope<'_>, id: &str| scope.add(id, Function::import(arn));
        let (variable, node) = self.program.import(&name, "function", &chain, place);
        Some((variable, FunctionRef::from(node)))
    }

    pub(super) fn lambda_deploy(&mut self) -> Option<Typed> {
        let (variable, function) = self.function()?;
        let input = self.artifacts("inputArtifacts").into_iter().next();
        let alias = self.take("FunctionAlias");
        let (mut chain, mut provider) = match (input, self.take("PublishedTargetVersion")) {
            (Some((input, artifact)), None) => {
                let chain = Chain::new("LambdaDeploy::new", [variable, format!("&{input}")]);
                let (mut chain, mut provider) = (chain, LambdaDeploy::new(function, &artifact));
                if let Some(alias) = alias {
                    call!(provider, chain.function_alias(alias.clone() => literal(&alias)));
                }
                (chain, provider)
            }
            (None, Some(version)) => {
                let alias = alias?;
                let words = [variable, literal(&alias), literal(&version)];
                (Chain::new("LambdaDeploy::version", words), LambdaDeploy::version(function, alias, version))
            }
            _ => return None,
        };
        if let Some(text) = self.take("DeployStrategy") {
            let strategy = strategy(&text)?;
            call!(provider, chain.deploy_strategy(strategy => format!("LambdaDeployStrategy::{strategy:?}")));
        }
        for name in self.take("Alarms").iter().flat_map(|alarms| alarms.split(',')) {
            call!(provider, chain.alarm(name => literal(name)));
        }
        Self::done(chain, provider)
    }

    pub(super) fn inspector(&mut self) -> Option<Typed> {
        let (output, bill) = self.only_output()?;
        let input = self.artifacts("inputArtifacts").into_iter().next();
        let (mut chain, mut provider) = match (self.take("InspectorRunMode")?.as_str(), input) {
            ("SourceCodeScan", Some((input, code))) => {
                let words = [format!("&{input}"), format!("&{output}")];
                (Chain::new("InspectorScan::source_code", words), InspectorScan::source_code(&code, &bill))
            }
            ("ECRImageScan", None) => {
                let repository = self.take("ECRRepositoryName")?;
                let words = [self.program.text(&repository, "REPOSITORY"), format!("&{output}")];
                let chain = Chain::new("InspectorScan::ecr_image", words);
                let (mut chain, mut provider) = (chain, InspectorScan::ecr_image(repository, &bill));
                if let Some(tag) = self.take("ImageTag") {
                    call!(provider, chain.image_tag(tag.clone() => literal(&tag)));
                }
                (chain, provider)
            }
            _ => return None,
        };
        if let Some(most) = self.take("CriticalThreshold") {
            call!(provider, chain.critical_threshold(most.parse().ok()? => most));
        }
        if let Some(most) = self.take("HighThreshold") {
            call!(provider, chain.high_threshold(most.parse().ok()? => most));
        }
        if let Some(most) = self.take("MediumThreshold") {
            call!(provider, chain.medium_threshold(most.parse().ok()? => most));
        }
        if let Some(most) = self.take("LowThreshold") {
            call!(provider, chain.low_threshold(most.parse().ok()? => most));
        }
        Self::done(chain, provider)
    }

    pub(super) fn lambda(&mut self) -> Option<Typed> {
        let (variable, function) = self.function()?;
        let mut provider = LambdaInvoke::new(function);
        let mut chain = Chain::new("LambdaInvoke::new", [variable]);
        for (input, artifact) in self.artifacts("inputArtifacts") {
            call!(provider, chain.input(&artifact => format!("&{input}")));
        }
        for (output, artifact) in self.artifacts("outputArtifacts") {
            call!(provider, chain.output(&artifact => format!("&{output}")));
        }
        if let Some(text) = self.take("UserParameters") {
            call!(provider, chain.user_parameters(text.clone() => literal(&text)));
        }
        Self::done(chain, provider)
    }

    pub(super) fn step_functions(&mut self) -> Option<Typed> {
        let arn = self.take("StateMachineArn")?;
        let constant = self.program.arn(&arn, "STATE_MACHINE");
        let chain = Chain::new("StateMachine::import", [constant]);
        let name = arn.rsplit(':').next().unwrap_or_default().to_owned();
        let place = |scope: &mut Scope<'_>, id: &str| scope.add(id, StateMachine::import(arn));
        let (machine, node) = self.program.import(&name, "machine", &chain, place);
        let mut provider = StepFunctionsInvoke::new(StateMachineRef::from(node));
        let mut chain = Chain::new("StepFunctionsInvoke::new", [machine]);
        match (self.take("InputType").as_deref(), self.take("Input")) {
            (Some("Literal"), Some(text)) => {
                call!(provider, chain.input(text.clone() => literal(&text)));
            }
            (Some("FilePath"), Some(path)) => {
                let (input, artifact) = self.artifacts("inputArtifacts").into_iter().next()?;
                let text = format!("{input}.file({})", self.program.text(&path, "FILE"));
                call!(provider, chain.input_file(artifact.file(path) => text));
            }
            (None, None) => {}
            _ => return None,
        }
        if let Some(prefix) = self.take("ExecutionNamePrefix") {
            call!(provider, chain.execution_name_prefix(prefix.clone() => literal(&prefix)));
        }
        if let Some((output, artifact)) = self.only_output() {
            call!(provider, chain.output(&artifact => format!("&{output}")));
        }
        Self::done(chain, provider)
    }

    pub(super) fn pipeline(&mut self) -> Option<Typed> {
        let name = self.take("PipelineName")?;
        let mut chain = Chain::new("PipelineInvoke::new", [self.program.text(&name, "PIPELINE")]);
        let mut provider = PipelineInvoke::new(name);
        for [name, value] in self.objects("Variables", ["name", "value"])? {
            call!(provider, chain.variable(name.clone() => literal(&name), value.clone() => literal(&value)));
        }
        for [action, kind, value] in self.objects("SourceRevisions", ["actionName", "revisionType", "revisionValue"])? {
            let (word, kind) = match kind.as_str() {
                "COMMIT_ID" => ("CommitId", RevisionType::CommitId),
                "IMAGE_DIGEST" => ("ImageDigest", RevisionType::ImageDigest),
                "S3_OBJECT_VERSION_ID" => ("S3ObjectVersionId", RevisionType::S3ObjectVersionId),
                "S3_OBJECT_KEY" => ("S3ObjectKey", RevisionType::S3ObjectKey),
                _ => return None,
            };
            let word = format!("RevisionType::{word}");
            call!(provider, chain.source_revision(action.clone() => literal(&action), kind => word, value.clone() => literal(&value)));
        }
        Self::done(chain, provider)
    }

    /// Objects with these keys, as a configuration has them in text. None where there is no text.
    fn objects<const N: usize>(&mut self, key: &str, keys: [&str; N]) -> Option<Vec<[String; N]>> {
        let Some(text) = self.take(key) else { return Some(Vec::new()) };
        let objects: Json = serde_json::from_str(&text).ok()?;
        let one = |object: &Json| {
            let values: Vec<String> =
                keys.iter().map(|key| object[key].as_str().map(str::to_owned)).collect::<Option<_>>()?;
            values.try_into().ok()
        };
        objects.as_array()?.iter().map(one).collect()
    }

    pub(super) fn approval(&mut self) -> Option<Typed> {
        let mut provider = ManualApproval::new();
        let mut chain = Chain::new("ManualApproval::new", [""; 0]);
        if let Some(arn) = self.take("NotificationArn") {
            let constant = self.program.arn(&arn, "TOPIC");
            let import = Chain::new("Topic::import", [constant]);
            let name = arn.rsplit(':').next().unwrap_or_default().to_owned();
            let place = |scope: &mut Scope<'_>, id: &str| scope.add(id, Topic::import(arn));
            let (topic, node) = self.program.import(&name, "topic", &import, place);
            call!(provider, chain.topic(TopicRef::from(node) => topic));
        }
        if let Some(text) = self.take("CustomData") {
            call!(provider, chain.comment(text.clone() => literal(&text)));
        }
        if let Some(url) = self.take("ExternalEntityLink") {
            call!(provider, chain.external_link(url.clone() => literal(&url)));
        }
        Self::done(chain, provider)
    }

    pub(super) fn commands(&mut self) -> Option<Typed> {
        let json = self.json;
        let mut inputs = self.artifacts("inputArtifacts").into_iter();
        let (first, artifact) = inputs.next()?;
        let mut provider = Commands::new(&artifact);
        let mut chain = Chain::new("Commands::new", [format!("&{first}")]);
        for (input, artifact) in inputs {
            call!(provider, chain.input(&artifact => format!("&{input}")));
        }
        let texts = |key: &str| json[key].as_array().into_iter().flatten().filter_map(Json::as_str);
        for command in texts("commands") {
            call!(provider, chain.command(command => literal(command)));
        }
        for variable in json["environmentVariables"].as_array().into_iter().flatten() {
            let (name, value) = (variable["name"].as_str()?, variable["value"].as_str()?);
            if variable["type"] == "SECRETS_MANAGER" {
                call!(provider, chain.environment_secret(name => literal(name), value => literal(value)));
            } else {
                call!(provider, chain.environment(name => literal(name), value => literal(value)));
            }
        }
        for name in texts("outputVariables") {
            call!(provider, chain.output_variable(name => literal(name)));
        }
        if let Some((output, artifact)) = self.only_output() {
            call!(provider, chain.output(&artifact => format!("&{output}")));
        }
        for (key, value) in std::mem::take(&mut self.configuration) {
            let known = ["ComputeType", "EnvironmentType", "SecurityGroupIds", "Subnets", "VpcId"];
            let key = known.into_iter().find(|known| *known == key)?;
            let value = value.as_str()?;
            call!(provider, chain.configuration(key => literal(key), value => literal(value)));
        }
        Self::done(chain, provider)
    }
}

/// Gives a build its environment variables, which its configuration has as text.
fn environment(mut provider: CodeBuild, chain: &mut Chain, text: &str) -> CodeBuild {
    let Some(variables) = variables(text) else {
        call!(provider, chain.environment_json(text.to_owned() => literal(text)));
        return provider;
    };
    for (name, kind, value) in variables {
        let words = (literal(&name), literal(&value));
        match kind.as_str() {
            "PARAMETER_STORE" => {
                call!(provider, chain.environment_parameter(name => words.0, value => words.1));
            }
            "SECRETS_MANAGER" => {
                call!(provider, chain.environment_secret(name => words.0, value => words.1));
            }
            _ => {
                call!(provider, chain.environment(name => words.0, value => words.1));
            }
        }
    }
    provider
}

/// The environment variables of a build, if their text is the one that the library writes for them.
fn variables(text: &str) -> Option<Vec<(String, String, String)>> {
    let json: Json = serde_json::from_str(text).ok()?;
    // Other orders and blanks would come out as ours.
    if json.to_string().as_str() != text {
        return None;
    }
    let one = |variable: &Json| {
        let object = variable.as_object()?;
        if !object.keys().eq(["name", "type", "value"]) {
            return None;
        }
        let text = |key: &str| object[key].as_str().map(str::to_owned);
        let kind = text("type")?;
        let is_known = ["PLAINTEXT", "PARAMETER_STORE", "SECRETS_MANAGER"].contains(&&*kind);
        Some((text("name")?, is_known.then_some(kind)?, text("value")?))
    };
    let variables: Vec<(String, String, String)> = json.as_array()?.iter().map(one).collect::<Option<_>>()?;
    // Whoever writes a name that no build can read is told so; of what exists already it is only kept.
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    variables.iter().all(|(name, ..)| is_name(name)).then_some(variables)
}

/// A strategy as the configuration has it.
fn strategy(text: &str) -> Option<LambdaDeployStrategy> {
    if text == "AllAtOnce" {
        return Some(LambdaDeployStrategy::AllAtOnce);
    }
    let (is_linear, rest) = match text.strip_prefix("Linear") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix("Canary")?),
    };
    let (percent, minutes) = rest.split_once("Percent")?;
    let minutes = if is_linear { minutes.strip_prefix("Every")? } else { minutes };
    let minutes = minutes.strip_suffix("Minutes").or_else(|| minutes.strip_suffix("Minute"))?;
    let (percent, minutes) = (percent.parse().ok()?, minutes.parse().ok()?);
    let strategy = match is_linear {
        true => LambdaDeployStrategy::Linear { percent, minutes },
        false => LambdaDeployStrategy::Canary { percent, minutes },
    };
    Some(strategy).filter(|strategy| strategy.to_string() == text)
}
