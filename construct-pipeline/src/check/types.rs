//! What AWS documents of its own action types, for actions whose provider does not see to it by itself.
//!
//! Codes: `action::unknown-provider`, `configuration::missing-key`. Both are warnings: the service grows, and its pages
//! are not always right.

use construct_core::{Diagnostic, Diagnostics};

use super::is_near;
use crate::provider::{Category, Owner};
use crate::resolve::{Resolved, ResolvedAction};

use Category::{Approval, Build, Compute, Deploy, Invoke, Source, Test};

/// The action types of AWS, each with the keys of its configuration that are documented as required.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference.html>, as of 2026-11.
const TYPES: [(Category, &str, &[&str]); 28] = [
    (Source, "S3", &["S3Bucket", "S3ObjectKey"]),
    (Source, "CodeCommit", &["RepositoryName", "BranchName"]),
    (Source, "CodeStarSourceConnection", &["ConnectionArn", "FullRepositoryId", "BranchName"]),
    (Source, "ECR", &["RepositoryName"]),
    (Build, "CodeBuild", &["ProjectName"]),
    (Test, "CodeBuild", &["ProjectName"]),
    (Build, "ECRBuildAndPublish", &["ECRRepositoryName"]),
    (Compute, "Commands", &[]),
    (Test, "DeviceFarm", &["AppType", "ProjectId", "App", "DevicePoolArn", "TestType"]),
    (Deploy, "CloudFormation", &["ActionMode", "StackName"]),
    (Deploy, "CloudFormationStackSet", &["StackSetName", "TemplatePath"]),
    (Deploy, "CloudFormationStackInstances", &["StackSetName", "Regions"]),
    (Deploy, "CodeDeploy", &["ApplicationName", "DeploymentGroupName"]),
    (
        Deploy,
        "CodeDeployToECS",
        &["ApplicationName", "DeploymentGroupName", "TaskDefinitionTemplateArtifact", "AppSpecTemplateArtifact"],
    ),
    (Deploy, "ECS", &["ClusterName", "ServiceName"]),
    (Deploy, "EC2", &["InstanceTagKey", "InstanceType"]),
    (Deploy, "EKS", &["ClusterName"]),
    (Deploy, "Lambda", &["FunctionName"]),
    (Deploy, "ElasticBeanstalk", &["ApplicationName", "EnvironmentName"]),
    (Deploy, "AppConfig", &["Application", "Environment", "ConfigurationProfile", "InputArtifactConfigurationPath"]),
    (Deploy, "OpsWorks", &["App", "Stack"]),
    // Its keys may stand in a file of the artifact.
    (Deploy, "ServiceCatalog", &[]),
    (Deploy, "S3", &["BucketName", "Extract"]),
    (Approval, "Manual", &[]),
    (Invoke, "CodePipeline", &["PipelineName"]),
    (Invoke, "Lambda", &["FunctionName"]),
    (Invoke, "StepFunctions", &["StateMachineArn"]),
    (Invoke, "InspectorScan", &["InspectorRunMode"]),
];

pub(super) fn check(resolved: &Resolved<'_>, findings: &mut Diagnostics) {
    for action in resolved.actions.iter().filter(|action| action.known.spec.owner == Owner::Aws) {
        let (category, provider) = (action.known.spec.category, &*action.known.spec.provider);
        let known = TYPES.iter().find(|(of, name, _)| *of == category && *name == provider);
        let finding = match known {
            Some((.., keys)) => missing_keys(action, keys),
            None => unknown_provider(action, category, provider),
        };
        if let Some(finding) = finding {
            findings.push(finding.at(action.action.location));
        }
    }
}

fn missing_keys(action: &ResolvedAction<'_>, keys: &[&str]) -> Option<Diagnostic> {
    let missing: Vec<&str> = keys.iter().copied().filter(|key| action.known.configuration.get(key).is_none()).collect();
    let first = missing.first()?;
    let message = format!(
        "the configuration of {} has no `{}`, which AWS documents as required",
        action.words(),
        missing.join("` and no `")
    );
    let help = format!("set it, as in `.configuration({first:?}, …)` of a `CustomAction`");
    Some(Diagnostic::warning("configuration::missing-key", message).help(help))
}

/// A provider that AWS does not have, if it is known what was meant. Others may be newer than this release.
fn unknown_provider(action: &ResolvedAction<'_>, category: Category, provider: &str) -> Option<Diagnostic> {
    let message =
        format!("{} is of the type `{provider}`, which is no {} action of AWS", action.words(), category.as_str());
    let elsewhere: Vec<&str> =
        TYPES.iter().filter(|(_, name, _)| *name == provider).map(|(category, ..)| category.as_str()).collect();
    let help = match elsewhere.as_slice() {
        [] => {
            let (_, near, _) =
                TYPES.iter().filter(|(of, ..)| *of == category).find(|(_, name, _)| is_near(name, provider))?;
            format!("did you mean `{near}`?")
        }
        categories => format!("it is one of the category {}", categories.join(" or ")),
    };
    Some(Diagnostic::warning("action::unknown-provider", message).help(help))
}
