//! Files put into a bucket.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3Deploy.html>

use construct_core::{Diagnostic, Properties, PropertyOverride, Scope, Value, View, kind, text};
use construct_iam::{PolicyDocument, PolicyStatement, RoleRef};

use super::keys::KeyUse;
use crate::artifact::Artifact;
use crate::aws::BucketRef;
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};

/// S3 decrypts the parts of a large upload to put them together.
const WRITES: KeyUse = KeyUse {
    service: "s3",
    actions: &["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"],
    purpose: "encrypts with this key what it puts into a bucket",
};

/// An access control list that S3 knows by name.
///
/// Buckets whose owner owns every object, which is the default, refuse all but `bucket-owner-full-control`.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CannedAcl {
    /// The owner alone.
    Private,
    /// Everybody reads.
    PublicRead,
    /// Everybody reads and writes.
    PublicReadWrite,
    /// Whoever has an AWS account reads.
    AuthenticatedRead,
    /// EC2 reads, for machine images.
    AwsExecRead,
    /// The owner of the bucket reads.
    BucketOwnerRead,
    /// The owner of the bucket does everything.
    BucketOwnerFullControl,
}

impl CannedAcl {
    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::PublicReadWrite => "public-read-write",
            Self::AuthenticatedRead => "authenticated-read",
            Self::AwsExecRead => "aws-exec-read",
            Self::BucketOwnerRead => "bucket-owner-read",
            Self::BucketOwnerFullControl => "bucket-owner-full-control",
        }
    }
}

/// Puts the files of an artifact, or the archive itself, into a bucket. It runs where the bucket is.
///
/// Files that are gone from the artifact stay in the bucket.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Site", Env::new("333333333333", "eu-west-1"));
/// let site = app.at(stack).add("Site", Bucket::new().bucket_name("orders-site"));
/// let pages = Artifact::new("Pages");
/// let publish = Action::new("Publish", S3Deploy::new(site, &pages).cache_control("public, max-age=300"));
/// let keep = Action::new("Keep", S3Deploy::new(site, &pages).extract(false).object_key("archive/{datetime}.zip"));
/// ```
#[doc(alias = "S3DeployAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct S3Deploy {
    bucket: BucketRef,
    input: Artifact,
    extract: bool,
    object_key: Option<String>,
    acl: Option<CannedAcl>,
    cache_control: Option<String>,
    encryption_key: Option<Value<kind::Arn>>,
}

impl S3Deploy {
    /// Unpacks an artifact into a bucket.
    pub fn new(bucket: BucketRef, input: &Artifact) -> Self {
        Self {
            bucket,
            input: input.clone(),
            extract: true,
            object_key: None,
            acl: None,
            cache_control: None,
            encryption_key: None,
        }
    }

    /// Whether the artifact is unpacked; `true` by default. An archive that is not needs an
    /// [`object_key`](Self::object_key).
    pub fn extract(mut self, extract: bool) -> Self {
        self.extract = extract;
        self
    }

    /// The key of the archive; when it is unpacked, what stands before the path of each file. `{datetime}` and `{uuid}`
    /// are filled in.
    pub fn object_key(mut self, key: impl Into<String>) -> Self {
        self.object_key = Some(key.into());
        self
    }

    /// The access control list of the objects.
    pub fn canned_acl(mut self, acl: CannedAcl) -> Self {
        self.acl = Some(acl);
        self
    }

    /// The `Cache-Control` header of the objects, as in `public, max-age=300`.
    pub fn cache_control(mut self, directives: impl Into<String>) -> Self {
        self.cache_control = Some(directives.into());
        self
    }

    /// Encrypts the objects with a key, by its ARN. Without it the bucket's own default encrypts them, which the action may
    /// use where the bucket is in the app and the key in its stack, or named by a literal ARN. A customer-managed key that
    /// an imported bucket has is to be named here.
    pub fn encryption_key(mut self, key: impl Into<Value<kind::Arn>>) -> Self {
        self.encryption_key = Some(key.into());
        self
    }

    /// That a bucket of the app takes no such access control list. Whoever overrides its properties knows better.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-ownership-error-responses.html>
    fn refused_acl(&self, view: View<'_>) -> Option<Diagnostic> {
        let acl = self.acl.filter(|acl| *acl != CannedAcl::BucketOwnerFullControl)?;
        let is_made = view.owns(self.bucket) && view.imports(self.bucket).is_none();
        if !is_made || view.any_fact::<PropertyOverride>(self.bucket, |_| true) {
            return None;
        }
        let message = format!(
            "the bucket `{}` owns every object in it and takes none with the access control list `{}`",
            view.path_of(self.bucket),
            acl.as_str()
        );
        let help = "leave `.canned_acl(…)` out, and say in the policy of the bucket who may read";
        Some(Diagnostic::error("s3-deploy::refused-acl", message).help(help))
    }

    /// The objects it may write: those that the key can become.
    fn objects(&self) -> Value<kind::Arn> {
        let key = self.object_key.as_deref().unwrap_or_default();
        let known = key.find(['{', '#', '*', '?']).map_or(key, |at| &key[..at]);
        match !self.extract && known.len() == key.len() && !key.is_empty() {
            true => text!("{}/{}", self.bucket.arn(), known.to_owned()).cast(),
            false => text!("{}/{}*", self.bucket.arn(), known.to_owned()).cast(),
        }
    }
}

impl Provider for S3Deploy {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Deploy, Owner::Aws, "S3").input(&self.input).input_count(1..=1).acts_on(self.bucket)
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new()
            .set("BucketName", self.bucket.name())
            .set("Extract", if self.extract { "true" } else { "false" })
            .opt("ObjectKey", self.object_key.clone())
            .opt("KMSEncryptionKeyARN", self.encryption_key.as_ref())
            .opt("CannedACL", self.acl.map(CannedAcl::as_str))
            .opt("CacheControl", self.cache_control.clone())
    }

    fn permissions(&self, _: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let on_bucket = ["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"];
        let mut on_objects =
            vec!["s3:AbortMultipartUpload", "s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging"];
        if self.acl.is_some() {
            on_objects.extend(["s3:PutObjectAcl", "s3:PutObjectVersionAcl"]);
        }
        policy.push(PolicyStatement::allow(on_bucket).on([self.bucket.arn()]));
        policy.push(PolicyStatement::allow(on_objects).on([self.objects()]));
        if let Some(key) = &self.encryption_key {
            policy.push(WRITES.of(key));
        }
    }

    fn prepare(&self, performer: Option<RoleRef>, scope: &mut Scope<'_>) {
        if let Some(role) = performer {
            WRITES.grant(self.encryption_key.as_ref(), Some(self.bucket.into()), role, scope);
        }
    }

    fn validate(&self, cx: &ActionCx<'_>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        found.extend(self.refused_acl(cx.view()));
        if !self.extract && self.object_key.is_none() {
            found.push(
                Diagnostic::error(
                    "s3-deploy::object-key-missing",
                    "the archive is not unpacked, but nothing says under which key it is put",
                )
                .help("add `.object_key(\"releases/orders.zip\")`, or leave `.extract(false)` out"),
            );
        }
        if let Some(key) = &self.object_key
            && key.len() > 1_024
        {
            found.push(
                Diagnostic::error("s3-deploy::malformed-object-key", format!("the object key has {} bytes", key.len()))
                    .help("keys have at most 1,024 bytes"),
            );
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::custom::testing::{HOME, ask_in, text_of};
    use super::*;
    use crate::aws::Bucket;
    use construct_core::App;

    fn setting() -> (App, BucketRef, Artifact) {
        let mut app = App::new();
        let stack = app.stack("Site", HOME);
        let bucket = app.at(stack).add("Site", Bucket::new().bucket_name("orders-site"));
        (app, bucket, Artifact::new("Pages"))
    }

    #[test]
    fn files_are_unpacked_unless_told_otherwise() {
        let (mut app, bucket, pages) = setting();
        let asked = ask_in(&mut app, &S3Deploy::new(bucket, &pages));
        let keys: Vec<&str> = asked.configuration.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["BucketName", "Extract"]);
        assert_eq!(text_of(&asked.configuration, "Extract"), Some("true"));
        assert_eq!(asked.codes, [""; 0]);
        let actions: Vec<&str> = asked.policy.statements().flat_map(PolicyStatement::action_names).collect();
        assert!(!actions.contains(&"s3:PutObjectAcl") && !actions.iter().any(|action| action.starts_with("kms:")));
    }

    #[test]
    fn every_choice_is_written_and_allowed() {
        let (mut app, bucket, pages) = setting();
        let deploy = S3Deploy::new(bucket, &pages)
            .extract(false)
            .object_key("site.zip")
            .canned_acl(CannedAcl::BucketOwnerFullControl)
            .cache_control("no-cache")
            .encryption_key("arn:aws:kms:us-east-1:111111111111:key/x");
        let asked = ask_in(&mut app, &deploy);
        let values = ["Extract", "ObjectKey", "KMSEncryptionKeyARN", "CannedACL", "CacheControl"];
        let values = values.map(|key| text_of(&asked.configuration, key).unwrap());
        let key = "arn:aws:kms:us-east-1:111111111111:key/x";
        assert_eq!(values, ["false", "site.zip", key, "bucket-owner-full-control", "no-cache"]);
        let actions: Vec<&str> = asked.policy.statements().flat_map(PolicyStatement::action_names).collect();
        for action in ["s3:PutObject", "s3:PutObjectAcl", "kms:GenerateDataKey*"] {
            assert!(actions.contains(&action), "{action}");
        }
    }

    #[test]
    fn only_what_the_key_can_become_may_be_written() {
        let (_, bucket, pages) = setting();
        let deploy = |extract, key: &str| S3Deploy::new(bucket, &pages).extract(extract).object_key(key).objects();
        let under = |rest: &'static str| text!("{}/{}", bucket.arn(), rest).cast();
        assert_eq!(S3Deploy::new(bucket, &pages).objects(), under("*"));
        assert_eq!(deploy(true, "site"), under("site*"));
        assert_eq!(deploy(true, "site/{uuid}/x"), under("site/*"));
        assert_eq!(deploy(false, "site.zip"), under("site.zip"));
        assert_eq!(deploy(false, "site-#{build.VERSION}.zip"), under("site-*"));
    }

    #[test]
    fn a_bucket_of_the_app_takes_no_lists() {
        let mut app = App::new();
        let stack = app.stack("Site", HOME);
        let pages = Artifact::new("Pages");
        let bucket = app.at(stack).add("Bucket", Bucket::new());
        let deploy = |acl| S3Deploy::new(bucket, &pages).canned_acl(acl);
        assert_eq!(ask_in(&mut app, &deploy(CannedAcl::PublicRead)).codes, ["s3-deploy::refused-acl"]);
        assert_eq!(ask_in(&mut app, &deploy(CannedAcl::BucketOwnerFullControl)).codes, [""; 0]);
        let preferred = PropertyOverride::set("OwnershipControls.Rules.0.ObjectOwnership", "BucketOwnerPreferred");
        app.at(stack).attach(bucket, preferred);
        assert_eq!(ask_in(&mut app, &deploy(CannedAcl::PublicRead)).codes, [""; 0]);
        let imported = app.at(stack).add("Imported", Bucket::import("orders-site"));
        let deploy = S3Deploy::new(imported, &pages).canned_acl(CannedAcl::PublicRead);
        assert_eq!(ask_in(&mut app, &deploy).codes, [""; 0]);
    }

    #[test]
    fn an_archive_without_a_key_is_found() {
        let (mut app, bucket, pages) = setting();
        let deploy = || S3Deploy::new(bucket, &pages).extract(false);
        assert_eq!(ask_in(&mut app, &deploy()).codes, ["s3-deploy::object-key-missing"]);
        let long = deploy().object_key("x".repeat(1_025));
        assert_eq!(ask_in(&mut app, &long).codes, ["s3-deploy::malformed-object-key"]);
        assert_eq!(ask_in(&mut app, &deploy().object_key("site.zip")).codes, [""; 0]);
    }
}
