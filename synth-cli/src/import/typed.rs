//! Actions in the words of the library, where it has some for the action type and all of its configuration.
//!
//! Whether the words say exactly the same is not decided here: the program is synthesised, and what differs is written with
//! `CustomAction`.

/// Calls a method in both worlds.
macro_rules! call {
    ($provider:ident, $chain:ident . $method:ident ( $($value:expr => $text:expr),* )) => {
        $provider = $provider.$method($($value),*);
        $chain.call(stringify!($method), Vec::<String>::from([$(String::from($text)),*]));
    };
}

mod containers;
mod deployments;
mod files;
mod instances;
mod others;
mod sources;

use std::sync::Arc;

use construct_core::{AccountId, Env, Region};
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
        ("Build", "ECRBuildAndPublish") => action.ecr_build(),
        ("Deploy", "AppConfig") => action.app_config(),
        ("Deploy", "CloudFormation") => action.cloudformation(),
        ("Deploy", "CodeDeploy") => action.servers(),
        ("Deploy", "CodeDeployToECS") => action.blue_green(),
        ("Deploy", "EC2") => action.machines(),
        ("Deploy", "EKS") => action.eks(),
        ("Deploy", "ElasticBeanstalk") => action.elastic_beanstalk(),
        ("Deploy", "ECS") => action.ecs(),
        ("Deploy", "Lambda") => action.lambda_deploy(),
        ("Deploy", "S3") => action.s3_deploy(),
        ("Deploy", "ServiceCatalog") => action.service_catalog(),
        ("Invoke", "CodePipeline") => action.pipeline(),
        ("Invoke", "InspectorScan") => action.inspector(),
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

    /// A file of an artifact, as in `Bundle::template.yaml`.
    fn file(&mut self, text: &str) -> Option<(String, ArtifactFile)> {
        let (artifact, path) = text.split_once("::")?;
        let inputs = self.artifacts("inputArtifacts");
        let (variable, artifact) = inputs.into_iter().find(|(_, one)| one.name() == artifact)?;
        Some((format!("{variable}.file({})", self.program.text(path, "FILE")), artifact.file(path)))
    }
}
