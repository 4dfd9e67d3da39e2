//! The policy of an owned bucket, as small as S3 takes it.

use construct_core::{CfnResource, Lower, LowerCx, PlanCx, Properties, Resources, Synth};
use construct_iam::{Effect, PolicyDocument, PolicyStatement, quota};

use super::BucketRef;
use crate::aws::StatementForm;

/// The policy of an owned bucket: whatever was stated about it. No statement, no policy.
#[derive(Clone, Debug)]
pub(super) struct BucketPolicy {
    pub(super) bucket: BucketRef,
}

construct_core::handle! {
    /// The policy of a bucket.
    pub(crate) struct BucketPolicyRef {}
}

impl Synth for BucketPolicy {
    type Handle = BucketPolicyRef;

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        cx.gauge(quota::GAUGE);
        Box::new(self.clone())
    }
}

impl Lower for BucketPolicy {
    fn lower(&self, cx: &LowerCx<'_>, out: &mut Resources) {
        let plain = cx.facts_as_attached::<PolicyStatement>(self.bucket).cloned();
        let forms = cx.facts_of::<StatementForm>(self.bucket);
        let document = StatementForm::choose(plain, forms, cx, &quota::BUCKET_POLICY);
        if document.is_empty() {
            return;
        }
        let document = StatementForm::in_order(small_enough(document, cx), self.bucket, cx);
        let properties = Properties::new().set("Bucket", self.bucket.name()).set("PolicyDocument", document);
        out.add(CfnResource::new("AWS::S3::BucketPolicy", properties));
    }
}

/// The document, or a shorter form when it comes near the quota: first with the statements about the bucket and those
/// about its objects in one, then with those about several accounts in one, too, which changes no meaning, and at last with
/// patterns for roles with derived names.
fn small_enough(document: PolicyDocument, cx: &LowerCx<'_>) -> PolicyDocument {
    let is_large = |document: &PolicyDocument| document.is_long(cx, &quota::BUCKET_POLICY);
    if !is_large(&document) {
        return document;
    }
    let united = document.united(|statement| level(statement, cx));
    if !is_large(&united) {
        return united;
    }
    document.shortened(cx, &quota::BUCKET_POLICY, |document| document.united(|statement| level(statement, cx)))
}

/// What the actions of a statement are about, when all of them are about the same and its resources say so too.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>
fn level(statement: &PolicyStatement, cx: &LowerCx<'_>) -> Option<Level> {
    const BUCKET: [&str; 4] = ["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:ListBucket"];
    const OBJECT: [&str; 7] = [
        "s3:GetObject",
        "s3:GetObjectTagging",
        "s3:GetObjectVersion",
        "s3:GetObjectVersionTagging",
        "s3:PutObject",
        "s3:PutObjectAcl",
        "s3:PutObjectTagging",
    ];
    let all = |known: &[&str]| statement.action_names().all(|action| known.contains(&action));
    let resources: Option<Vec<String>> = statement.resource_exprs().map(|resource| cx.literal(resource)).collect();
    let resources = resources?;
    let is_bucket = |arn: &String| !arn.contains(['/', '*', '?']);
    let is_object = |arn: &String| arn.split_once('/').is_some_and(|(bucket, _)| !bucket.contains(['*', '?']));
    if statement.effect() != Effect::Allow || resources.is_empty() {
        None
    } else if all(&BUCKET) && resources.iter().all(is_bucket) {
        Some(Level::Bucket)
    } else if all(&OBJECT) && resources.iter().all(is_object) {
        Some(Level::Object)
    } else {
        None
    }
}

/// Whether a statement is about the bucket or about its objects.
enum Level {
    Bucket,
    Object,
}
