//! Actions in the words of the library, where it has some for the action type and all of its configuration.
//!
//! Whether the words say exactly the same is not decided here: the program is synthesised, and what differs is written with
//! `CustomAction`.

use std::sync::Arc;

use construct_core::{AccountId, Env, Expr, Region};
use construct_pipeline::GivenRole;
use construct_pipeline::prelude::*;
use serde_json::{Map, Value as Json};

use super::layout::Chain;
use super::program::Program;
use super::words::literal;

/// An action type of the library, as words and as a value.
pub(super) struct Typed {
    pub(super) chain: Chain,
    pub(super) provider: Arc<dyn Provider>,
    /// What the reader should know about it.
    pub(super) comment: Option<&'static str>,
}

const STARTED_ELSEWHERE: &str =
    "What starts the pipeline today goes on doing so; without `no_trigger`, an event rule is made.";

/// The action, if the library has words for it.
pub(super) fn typed(json: &Json, program: &mut Program<'_>) -> Option<Typed> {
    let kind = &json["actionTypeId"];
    if kind["owner"] != "AWS" || kind["version"] != "1" {
        return None;
    }
    let mut action = Action::new(json, program)?;
    let typed = match (kind["category"].as_str()?, kind["provider"].as_str()?) {
        ("Source", "CodeCommit") => action.code_commit(),
        ("Source", "CodeStarSourceConnection") => action.connection(),
        ("Source", "S3") => action.s3_source(),
        ("Source", "ECR") => action.ecr(),
        ("Build", "CodeBuild") => action.code_build(false),
        ("Test", "CodeBuild") => action.code_build(true),
        ("Deploy", "CloudFormation") => action.cloudformation(),
        ("Deploy", "S3") => action.s3_deploy(),
        ("Invoke", "Lambda") => action.lambda(),
        ("Invoke", "StepFunctions") => action.step_functions(),
        ("Approval", "Manual") => action.approval(),
        ("Compute", "Commands") => action.commands(),
        _ => None,
    }?;
    // What no word was found for cannot be left out.
    action.configuration.is_empty().then_some(typed)
}

/// An action whose configuration is taken from it piece by piece.
struct Action<'j, 'p, 'a> {
    json: &'j Json,
    configuration: Map<String, Json>,
    env: Env,
    program: &'p mut Program<'a>,
}

/// Calls a method in both worlds.
macro_rules! call {
    ($provider:ident, $chain:ident . $method:ident ( $($value:expr => $text:expr),* )) => {
        $provider = $provider.$method($($value),*);
        $chain.call(stringify!($method), Vec::<String>::from([$(String::from($text)),*]));
    };
}

/// What the two deployments of a template have in common.
macro_rules! deployment {
    ($self:ident, $provider:ident, $chain:ident) => {{
        let mut files = vec![$self.configuration_artifact("TemplatePath")];
        if let Some(path) = $self.configuration.get("TemplateConfiguration").and_then(Json::as_str).map(str::to_owned) {
            files.push($self.configuration_artifact("TemplateConfiguration"));
            $self.configuration.remove("TemplateConfiguration");
            let (text, file) = $self.file(&path)?;
            call!($provider, $chain.template_configuration(file => text));
        }
        $self.configuration.remove("TemplatePath");
        if let Some(words) = $self.take("Capabilities") {
            for word in words.split(',') {
                let (text, capability) = match word {
                    "CAPABILITY_IAM" => ("Iam", Capability::Iam),
                    "CAPABILITY_NAMED_IAM" => ("NamedIam", Capability::NamedIam),
                    "CAPABILITY_AUTO_EXPAND" => ("AutoExpand", Capability::AutoExpand),
                    _ => return None,
                };
                call!($provider, $chain.capability(capability => format!("Capability::{text}")));
            }
        }
        if let Some(overrides) = $self.take("ParameterOverrides") {
            let overrides: Json = serde_json::from_str(&overrides).ok()?;
            for (name, value) in overrides.as_object()? {
                let (text, value) = $self.parameter(value)?;
                call!($provider, $chain.parameter(name.clone() => literal(name), value => text));
            }
        }
        for (input, artifact) in $self.artifacts("inputArtifacts") {
            if !files.iter().flatten().any(|name| name == artifact.name()) {
                call!($provider, $chain.input(&artifact => format!("&{input}")));
            }
        }
        if let Some((output, artifact)) = $self.only_output() {
            let file = $self.take("OutputFileName")?;
            call!($provider, $chain.output(&artifact => format!("&{output}"), file.clone() => literal(&file)));
        }
        let (text, role) = $self.deployment_role()?;
        call!($provider, $chain.deployment_role(role => text));
        Self::done($chain, $provider)
    }};
}

impl<'j, 'p, 'a> Action<'j, 'p, 'a> {
    fn new(json: &'j Json, program: &'p mut Program<'a>) -> Option<Self> {
        let account = match json["roleArn"].as_str() {
            Some(arn) => AccountId::parse(arn.split(':').nth(4)?).ok()?,
            None => program.home.account,
        };
        let region = match json["region"].as_str() {
            Some(region) => Region::parse(region).ok()?,
            None => program.home.region,
        };
        let configuration = json["configuration"].as_object().cloned().unwrap_or_default();
        Some(Self { json, configuration, env: Env { account, region }, program })
    }

    fn take(&mut self, key: &str) -> Option<String> {
        self.configuration.remove(key).and_then(|value| value.as_str().map(str::to_owned))
    }

    /// A switch: `None` if it is something else than `true` or `false`.
    fn switch(&mut self, key: &str) -> Option<Option<bool>> {
        match self.take(key).as_deref() {
            None => Some(None),
            Some("true") => Some(Some(true)),
            Some("false") => Some(Some(false)),
            Some(_) => None,
        }
    }

    fn artifacts(&mut self, key: &str) -> Vec<(String, Artifact)> {
        let json = self.json;
        json[key].as_array().into_iter().flatten().map(|one| self.program.artifact(one)).collect()
    }

    fn only_output(&mut self) -> Option<(String, Artifact)> {
        self.artifacts("outputArtifacts").into_iter().next()
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        Arn::regional(self.env, service, resource).to_string()
    }

    fn done(chain: Chain, provider: impl Provider) -> Option<Typed> {
        Some(Typed { chain, provider: Arc::new(provider), comment: None })
    }

    fn format(&mut self) -> Option<Option<OutputArtifactFormat>> {
        match self.take("OutputArtifactFormat").as_deref() {
            None => Some(None),
            Some("CODE_ZIP") => Some(Some(OutputArtifactFormat::CodeZip)),
            Some("CODEBUILD_CLONE_REF") => Some(Some(OutputArtifactFormat::CodeBuildCloneRef)),
            Some(_) => None,
        }
    }

    fn code_commit(&mut self) -> Option<Typed> {
        let (output, artifact) = self.only_output()?;
        let repository = self.take("RepositoryName")?;
        let mut provider = CodeCommitSource::new(repository.clone(), &artifact);
        let name = self.program.text(&repository, "REPOSITORY");
        let mut chain = Chain::new("CodeCommitSource::new", [name, format!("&{output}")]);
        let branch = self.take("BranchName")?;
        if branch != "main" {
            call!(provider, chain.branch(branch.clone() => literal(&branch)));
        }
        match self.format()? {
            Some(OutputArtifactFormat::CodeBuildCloneRef) => {
                call!(provider, chain.full_clone());
            }
            Some(format) => {
                call!(provider, chain.output_artifact_format(format => "OutputArtifactFormat::CodeZip"));
            }
            None => {}
        }
        if self.switch("PollForSourceChanges")?? {
            call!(provider, chain.poll());
            return Self::done(chain, provider);
        }
        call!(provider, chain.no_trigger());
        Some(Typed { chain, provider: Arc::new(provider), comment: Some(STARTED_ELSEWHERE) })
    }

    fn connection(&mut self) -> Option<Typed> {
        let (output, artifact) = self.only_output()?;
        let (arn, repository) = (self.take("ConnectionArn")?, self.take("FullRepositoryId")?);
        let mut provider = ConnectionSource::new(arn.clone(), repository.clone(), &artifact);
        let arn = self.program.arn(&arn, "CONNECTION");
        let repository = self.program.text(&repository, "REPOSITORY");
        let mut chain = Chain::new("ConnectionSource::new", [arn, repository, format!("&{output}")]);
        let branch = self.take("BranchName")?;
        if branch != "main" {
            call!(provider, chain.branch(branch.clone() => literal(&branch)));
        }
        match self.format()? {
            Some(OutputArtifactFormat::CodeBuildCloneRef) => {
                call!(provider, chain.full_clone());
            }
            Some(format) => {
                call!(provider, chain.output_artifact_format(format => "OutputArtifactFormat::CodeZip"));
            }
            None => {}
        }
        if let Some(detect) = self.switch("DetectChanges")? {
            call!(provider, chain.detect_changes(detect => detect.to_string()));
        }
        Self::done(chain, provider)
    }

    /// A bucket by its name, in the place of the action.
    fn bucket(&mut self, name: &str) -> (String, BucketRef) {
        let text = self.program.text(name, "BUCKET");
        let mut chain = Chain::new("Bucket::import", [text]);
        let env = self.env;
        if env != self.program.home {
            let text = format!("Env::new({}, {})", literal(env.account.as_str()), literal(env.region.as_str()));
            chain.call("env", [text]);
        }
        let place = |scope: &mut Scope<'_>, id: &str| scope.add(id, Bucket::import(name.to_owned()).env(env));
        let (variable, node) = self.program.import(name, "bucket", &chain, place);
        (variable, BucketRef::from(node))
    }

    fn s3_source(&mut self) -> Option<Typed> {
        let (output, artifact) = self.only_output()?;
        let (name, key) = (self.take("S3Bucket")?, self.take("S3ObjectKey")?);
        let (bucket, handle) = self.bucket(&name);
        let mut provider = S3Source::new(handle, key.clone(), &artifact);
        let key = self.program.text(&key, "OBJECT_KEY");
        let mut chain = Chain::new("S3Source::new", [bucket, key, format!("&{output}")]);
        if self.switch("AllowOverrideForS3ObjectKey")? == Some(true) {
            call!(provider, chain.allow_key_override());
        }
        if self.switch("PollForSourceChanges")?? {
            call!(provider, chain.poll());
            return Self::done(chain, provider);
        }
        call!(provider, chain.no_trigger());
        Some(Typed { chain, provider: Arc::new(provider), comment: Some(STARTED_ELSEWHERE) })
    }

    fn ecr(&mut self) -> Option<Typed> {
        let (output, artifact) = self.only_output()?;
        let repository = self.take("RepositoryName")?;
        let mut provider = EcrSource::new(repository.clone(), &artifact);
        let repository = self.program.text(&repository, "REPOSITORY");
        let mut chain = Chain::new("EcrSource::new", [repository, format!("&{output}")]);
        let tag = self.take("ImageTag")?;
        if tag != "latest" {
            call!(provider, chain.image_tag(tag.clone() => literal(&tag)));
        }
        call!(provider, chain.no_trigger());
        Some(Typed { chain, provider: Arc::new(provider), comment: Some(STARTED_ELSEWHERE) })
    }

    fn code_build(&mut self, is_test: bool) -> Option<Typed> {
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
            match variables(&text) {
                Some(variables) => {
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
                }
                None => {
                    call!(provider, chain.environment_json(text.clone() => literal(&text)));
                }
            }
        }
        Self::done(chain, provider)
    }

    /// A file of an artifact, as in `Bundle::template.yaml`.
    fn file(&mut self, text: &str) -> Option<(String, ArtifactFile)> {
        let (artifact, path) = text.split_once("::")?;
        let inputs = self.artifacts("inputArtifacts");
        let (variable, artifact) = inputs.into_iter().find(|(_, one)| one.name() == artifact)?;
        Some((format!("{variable}.file({})", self.program.text(path, "FILE")), artifact.file(path)))
    }

    fn cloudformation(&mut self) -> Option<Typed> {
        let (mode, stack) = (self.take("ActionMode")?, self.take("StackName")?);
        let stack_text = self.program.text(&stack, "STACK");
        match mode.as_str() {
            "CREATE_UPDATE" | "REPLACE_ON_FAILURE" => {
                let (file, template) = self.template()?;
                let mut provider = DeployStack::new(stack, template);
                let mut chain = Chain::new("DeployStack::new", [stack_text, file]);
                if mode == "REPLACE_ON_FAILURE" {
                    call!(provider, chain.replace_on_failure());
                }
                deployment!(self, provider, chain)
            }
            "CHANGE_SET_REPLACE" => {
                let change_set = self.take("ChangeSetName")?;
                let (file, template) = self.template()?;
                let mut provider = CreateChangeSet::new(stack, change_set.clone(), template);
                let change_set = self.program.text(&change_set, "CHANGE_SET");
                let mut chain = Chain::new("CreateChangeSet::new", [stack_text, change_set, file]);
                deployment!(self, provider, chain)
            }
            "CHANGE_SET_EXECUTE" => {
                let change_set = self.take("ChangeSetName")?;
                let mut provider = ExecuteChangeSet::new(stack, change_set.clone());
                let change_set = self.program.text(&change_set, "CHANGE_SET");
                let mut chain = Chain::new("ExecuteChangeSet::new", [stack_text, change_set]);
                if let Some((output, artifact)) = self.only_output() {
                    let file = self.take("OutputFileName")?;
                    call!(provider, chain.output(&artifact => format!("&{output}"), file.clone() => literal(&file)));
                }
                Self::done(chain, provider)
            }
            "DELETE_ONLY" => {
                let mut provider = DeleteStack::new(stack);
                let mut chain = Chain::new("DeleteStack::new", [stack_text]);
                let (text, role) = self.deployment_role()?;
                call!(provider, chain.deployment_role(role => text));
                Self::done(chain, provider)
            }
            _ => None,
        }
    }

    fn template(&mut self) -> Option<(String, ArtifactFile)> {
        let path = self.configuration.get("TemplatePath")?.as_str()?.to_owned();
        self.file(&path)
    }

    /// The artifact in the path of a file.
    fn configuration_artifact(&self, key: &str) -> Option<String> {
        let path = self.configuration.get(key)?.as_str()?;
        path.split_once("::").map(|(artifact, _)| artifact.to_owned())
    }

    fn deployment_role(&mut self) -> Option<(String, GivenRole)> {
        let arn = self.take("RoleArn")?;
        let text = format!("Role::import({})", self.program.arn(&arn, "ROLE"));
        Some((text, Role::import(arn).into()))
    }

    /// A value of a parameter: text, or one of the functions that CodePipeline evaluates.
    fn parameter(&mut self, json: &Json) -> Option<(String, Expr)> {
        if let Some(text) = json.as_str() {
            return Some((literal(text), text.to_owned().into()));
        }
        let (function, arguments) = json.as_object().filter(|object| object.len() == 1)?.iter().next()?;
        let arguments: Vec<&str> = arguments.as_array()?.iter().map(Json::as_str).collect::<Option<_>>()?;
        let inputs = self.artifacts("inputArtifacts");
        let input = |name: &str| inputs.iter().find(|(_, artifact)| artifact.name() == name);
        match (function.as_str(), arguments.as_slice()) {
            ("Fn::GetArtifactAtt", [name, attribute]) => {
                let (variable, artifact) = input(name)?;
                let (word, attribute) = match *attribute {
                    "BucketName" => ("BucketName", ArtifactAtt::BucketName),
                    "ObjectKey" => ("ObjectKey", ArtifactAtt::ObjectKey),
                    "URL" => ("Url", ArtifactAtt::Url),
                    _ => return None,
                };
                Some((format!("{variable}.att(ArtifactAtt::{word})"), artifact.att(attribute)))
            }
            ("Fn::GetParam", [name, path, key]) => {
                let (variable, artifact) = input(name)?;
                let text = format!("{variable}.file({}).param({})", literal(path), literal(key));
                Some((text, artifact.file(*path).param(*key)))
            }
            _ => None,
        }
    }

    fn s3_deploy(&mut self) -> Option<Typed> {
        let (input, artifact) = self.artifacts("inputArtifacts").into_iter().next()?;
        let name = self.take("BucketName")?;
        let (bucket, handle) = self.bucket(&name);
        let mut provider = S3Deploy::new(handle, &artifact);
        let mut chain = Chain::new("S3Deploy::new", [bucket, format!("&{input}")]);
        if !self.switch("Extract")?? {
            call!(provider, chain.extract(false => "false"));
        }
        if let Some(key) = self.take("ObjectKey") {
            call!(provider, chain.object_key(key.clone() => literal(&key)));
        }
        if let Some(acl) = self.take("CannedACL") {
            let (word, acl) = match acl.as_str() {
                "private" => ("Private", CannedAcl::Private),
                "public-read" => ("PublicRead", CannedAcl::PublicRead),
                "public-read-write" => ("PublicReadWrite", CannedAcl::PublicReadWrite),
                "authenticated-read" => ("AuthenticatedRead", CannedAcl::AuthenticatedRead),
                "aws-exec-read" => ("AwsExecRead", CannedAcl::AwsExecRead),
                "bucket-owner-read" => ("BucketOwnerRead", CannedAcl::BucketOwnerRead),
                "bucket-owner-full-control" => ("BucketOwnerFullControl", CannedAcl::BucketOwnerFullControl),
                _ => return None,
            };
            call!(provider, chain.canned_acl(acl => format!("CannedAcl::{word}")));
        }
        if let Some(directives) = self.take("CacheControl") {
            call!(provider, chain.cache_control(directives.clone() => literal(&directives)));
        }
        if let Some(key) = self.take("KMSEncryptionKeyARN") {
            let text = self.program.arn(&key, "KEY");
            call!(provider, chain.encryption_key(key => text));
        }
        Self::done(chain, provider)
    }

    fn lambda(&mut self) -> Option<Typed> {
        let name = self.take("FunctionName")?;
        let arn = self.arn("lambda", &format!("function:{name}"));
        let constant = self.program.arn(&arn, "FUNCTION");
        let chain = Chain::new("Function::import", [constant]);
        let place = |scope: &mut Scope<'_>, id: &str| scope.add(id, Function::import(arn));
        let (function, node) = self.program.import(&name, "function", &chain, place);
        let mut provider = LambdaInvoke::new(FunctionRef::from(node));
        let mut chain = Chain::new("LambdaInvoke::new", [function]);
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

    fn step_functions(&mut self) -> Option<Typed> {
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

    fn approval(&mut self) -> Option<Typed> {
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

    fn commands(&mut self) -> Option<Typed> {
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
    json.as_array()?.iter().map(one).collect()
}
