//! Deployments: of stacks, and of files into buckets.

use construct_core::Expr;
use construct_pipeline::GivenRole;
use construct_pipeline::prelude::*;
use serde_json::Value as Json;

use super::super::layout::Chain;
use super::super::words::literal;
use super::{Action, Typed};

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

impl Action<'_, '_, '_> {
    pub(super) fn cloudformation(&mut self) -> Option<Typed> {
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

    pub(super) fn s3_deploy(&mut self) -> Option<Typed> {
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
}
