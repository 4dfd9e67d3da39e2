//! What `Ref` and `Fn::GetAtt` are worth where the template itself names the resource.
//!
//! Only types whose identifiers matter to pipelines are here; all others stay what CloudFormation assigns.

use serde_json::Value as Json;

use super::Text;
use super::resolve::{Place, Walk};

/// The value of an attribute, `Ref` included, if the resource has a name of its own choice.
pub(super) fn attribute(walk: &mut Walk<'_, '_>, place: Place<'_>, resource: &Json, attribute: &str) -> Option<Text> {
    let properties = &resource["Properties"];
    let name = |walk: &mut Walk<'_, '_>, property: &str| match &properties[property] {
        Json::Null => None,
        value => Some(walk.text(place.stack, value)),
    };
    match (resource["Type"].as_str()?, attribute) {
        ("AWS::IAM::Role", "Ref") => name(walk, "RoleName"),
        ("AWS::IAM::Role", "Arn") => {
            let role = name(walk, "RoleName")?;
            let path = name(walk, "Path").unwrap_or_else(|| Text::known("/"));
            let mut arn = walk.arn(place.stack, "iam", false, true);
            arn.push_str("role");
            arn.push(path);
            arn.push(role);
            Some(arn)
        }
        ("AWS::S3::Bucket", "Ref") => name(walk, "BucketName"),
        ("AWS::S3::Bucket", "Arn") => {
            let bucket = name(walk, "BucketName")?;
            let mut arn = walk.arn(place.stack, "s3", false, false);
            arn.push(bucket);
            Some(arn)
        }
        ("AWS::KMS::Alias", "Ref") => name(walk, "AliasName"),
        ("AWS::CodeBuild::Project" | "AWS::CodePipeline::Pipeline", "Ref") => name(walk, "Name"),
        ("AWS::CodeBuild::Project", "Arn") => {
            let project = name(walk, "Name")?;
            let mut arn = walk.arn(place.stack, "codebuild", true, true);
            arn.push_str("project/");
            arn.push(project);
            Some(arn)
        }
        _ => None,
    }
}
