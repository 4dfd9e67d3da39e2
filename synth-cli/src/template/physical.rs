//! Of what the names and ARNs of resources are made, where the template itself names the resource.
//!
//! Only types whose identifiers matter to pipelines are here; all others stay what CloudFormation assigns.

/// How an identifier is put together from a property of the resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// The property that names the resource.
    pub(super) name: &'static str,
    /// What stands around the name in an ARN; nothing where the name is all.
    pub(super) arn: Option<ArnForm>,
}

/// What stands before a name in an ARN.
#[derive(Clone, Copy, Debug)]
pub(super) struct ArnForm {
    pub(super) service: &'static str,
    pub(super) has_region: bool,
    pub(super) has_account: bool,
    pub(super) prefix: &'static str,
    /// The property that holds a path between the prefix and the name, `/` when absent.
    pub(super) path: Option<&'static str>,
}

/// The form of an attribute, `Ref` included, of a resource with a name of its own choice.
pub(super) fn form(resource_type: &str, attribute: &str) -> Option<Form> {
    let plain = |name| Some(Form { name, arn: None });
    let arn = |name, service, has_region, has_account, prefix, path| {
        Some(Form { name, arn: Some(ArnForm { service, has_region, has_account, prefix, path }) })
    };
    match (resource_type, attribute) {
        ("AWS::IAM::Role", "Ref") => plain("RoleName"),
        ("AWS::IAM::Role", "Arn") => arn("RoleName", "iam", false, true, "role", Some("Path")),
        ("AWS::S3::Bucket", "Ref") => plain("BucketName"),
        ("AWS::S3::Bucket", "Arn") => arn("BucketName", "s3", false, false, "", None),
        ("AWS::KMS::Alias", "Ref") => plain("AliasName"),
        ("AWS::CodeBuild::Project" | "AWS::CodePipeline::Pipeline", "Ref") => plain("Name"),
        ("AWS::CodeBuild::Project", "Arn") => arn("Name", "codebuild", true, true, "project/", None),
        _ => None,
    }
}
