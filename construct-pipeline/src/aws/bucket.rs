//! Buckets, owned and imported, and the policy of an owned one.

mod policy;

use construct_core::{
    Attr, CfnResource, Claim, Diagnostic, DocumentCx, Env, Expr, Fact, Lower, LowerCx, NodeId, PlanCx, Properties,
    Reach, RemovalPolicy, Resources, Scope, Setting, Synth, Tagging, Uniqueness, ValidateCx, Value, kind, text,
};
use construct_iam::contract::ImportContract;
use construct_iam::{PolicyStatement, Principal};

use self::policy::BucketPolicy;
use super::StatementForm;
use super::attached::report_malformed;
use super::key::DefaultKey;

construct_core::handle! {
    /// A bucket, owned or imported.
    pub struct BucketRef {
        /// The bucket's ARN.
        arn: Arn = GetAtt("Arn"),
        /// The bucket's name.
        name: Name = Ref,
    }
}

impl BucketRef {
    /// The ARN of all objects of the bucket.
    #[must_use]
    pub fn objects(self) -> Value<kind::Arn> {
        text!("{}/*", self.arn()).cast()
    }
}

/// Says that the bucket must send its events to EventBridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventBridgeNotifications;

impl Fact for EventBridgeNotifications {
    const NAME: &'static str = "event notification";
    const REACH: Reach = Reach::Node;
}

/// Says that the bucket must keep old versions of its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BucketVersioning;

impl Fact for BucketVersioning {
    const NAME: &'static str = "bucket versioning";
    const REACH: Reach = Reach::Node;
}

/// How a bucket encrypts what is put into it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BucketEncryption {
    /// With the AWS-managed key of S3, which other accounts cannot use.
    AwsManaged,
    /// With a customer-managed key, by its ARN or the ARN of an alias. A bare alias would be looked up in the account of
    /// whoever uploads. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html>
    Key(Value<kind::Arn>),
}

/// A private bucket: encrypted, all public access blocked, objects owned by the bucket's account, TLS required. It is
/// retained by default.
///
/// Statements attached to its handle go into its bucket policy.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Data", Env::new("111111111111", "us-east-1"));
/// let bucket = app.at(stack).add("Releases", Bucket::new().bucket_name("orders-releases").versioned());
/// ```
///
/// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-s3-bucket.html>.
#[derive(Clone, Debug)]
#[must_use]
pub struct Bucket {
    name: Option<String>,
    encryption: BucketEncryption,
    versioned: bool,
    expire_after_days: Option<u32>,
    access_log_bucket: Option<Value<kind::Name>>,
    deny_unencrypted_uploads: bool,
}

impl Default for Bucket {
    fn default() -> Self {
        Self::new()
    }
}

impl Bucket {
    /// A private bucket.
    pub fn new() -> Self {
        Self {
            name: None,
            encryption: BucketEncryption::AwsManaged,
            versioned: false,
            expire_after_days: None,
            access_log_bucket: None,
            deny_unencrypted_uploads: false,
        }
    }

    /// A bucket that exists already: it is referred to and never written to.
    #[doc(alias("fromBucketArn", "fromBucketName"))]
    pub fn import(name: impl Into<Value<kind::Name>>) -> ImportedBucket {
        ImportedBucket { name: name.into(), env: None }
    }

    /// The name: 3 to 63 lower-case letters, digits, `.` and `-`, unique in the partition. With a name, the bucket can be
    /// known in other accounts.
    pub fn bucket_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How objects are encrypted that are uploaded without saying. Sources and deployments of the app that use the bucket
    /// may use the key; in other accounts and regions it is known by its [`Alias`](super::Alias), so give it one.
    pub fn encryption(mut self, encryption: BucketEncryption) -> Self {
        self.encryption = encryption;
        self
    }

    /// Keeps old versions of objects, as the bucket of an [`S3Source`](crate::providers::S3Source) does anyway.
    pub fn versioned(mut self) -> Self {
        self.versioned = true;
        self
    }

    /// Deletes objects, and old versions, this many days after they were written.
    pub fn expire_after_days(mut self, days: u32) -> Self {
        self.expire_after_days = Some(days);
        self
    }

    /// Writes access logs to another bucket of the same account and region.
    pub fn access_log_bucket(mut self, name: impl Into<Value<kind::Name>>) -> Self {
        self.access_log_bucket = Some(name.into());
        self
    }

    /// Denies uploads that do not ask for encryption with a KMS key.
    pub fn deny_unencrypted_uploads(mut self) -> Self {
        self.deny_unencrypted_uploads = true;
        self
    }
}

impl Synth for Bucket {
    type Handle = BucketRef;

    fn announce(&self, scope: &mut Scope<'_>) {
        if let BucketEncryption::Key(key) = &self.encryption {
            scope.attach(scope.here(), DefaultKey(key.clone()));
        }
    }

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        if let Some(name) = &self.name
            && let Some(problem) = new_name_problem(name)
        {
            cx.report(
                Diagnostic::error(
                    "s3::malformed-bucket-name",
                    format!("`{}` is no name of a bucket: {problem}", name.escape_debug()),
                )
                .help("bucket names have 3 to 63 lower-case letters, digits and `-`"),
            );
        }
        expiry_problem(self.expire_after_days).into_iter().for_each(|problem| cx.report(problem));
        report_malformed(cx, "s3::malformed-statement", "the bucket has a statement that S3 refuses", true);
    }

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        cx.gauge(crate::quota::GAUGE);
        let bucket: BucketRef = cx.here().into();
        cx.attach(bucket, deny_insecure_transport(bucket));
        if self.deny_unencrypted_uploads {
            cx.attach(
                bucket,
                PolicyStatement::deny(["s3:PutObject"])
                    .sid("DenyUnencryptedUploads")
                    .principal(Principal::Any)
                    .on([bucket.objects()])
                    .condition("StringNotEquals", "s3:x-amz-server-side-encryption", ["aws:kms"]),
            );
        }
        cx.scope().add("Policy", BucketPolicy { bucket });
        Box::new(self.clone())
    }
}

/// What is wrong with the number of days after which objects expire.
pub(crate) fn expiry_problem(days: Option<u32>) -> Option<Diagnostic> {
    let found = || Diagnostic::error("s3::expiry", "objects cannot expire after 0 days").help("use 1 day or more");
    (days == Some(0)).then(found)
}

impl Lower for Bucket {
    fn lower(&self, cx: &LowerCx<'_>, out: &mut Resources) {
        let default = match &self.encryption {
            BucketEncryption::AwsManaged => Properties::new().set("SSEAlgorithm", "aws:kms"),
            BucketEncryption::Key(key) => Properties::new().set("SSEAlgorithm", "aws:kms").set("KMSMasterKeyID", key),
        };
        let rule = Properties::new().set("BucketKeyEnabled", true).set("ServerSideEncryptionByDefault", default);
        let encryption = Properties::new().set("ServerSideEncryptionConfiguration", [rule]);
        let ownership =
            Properties::new().set("Rules", [Properties::new().set("ObjectOwnership", "BucketOwnerEnforced")]);
        let versioned = cx.facts::<BucketVersioning>().count() > 0 || self.versioned;
        let private = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
        let enabled = || Properties::new().set("Status", "Enabled");
        let lifecycle = self.expire_after_days.map(|days| {
            let abort = Properties::new().set("DaysAfterInitiation", 7);
            let expire = enabled()
                .set("Id", "Expire")
                .set("ExpirationInDays", days)
                .set("AbortIncompleteMultipartUpload", abort);
            let old = versioned.then(|| Properties::new().set("NoncurrentDays", days));
            Properties::new().set("Rules", [expire.opt("NoncurrentVersionExpiration", old)])
        });
        let events = cx.facts::<EventBridgeNotifications>().next().map(|_| {
            let event_bridge = Properties::new().set("EventBridgeEnabled", true);
            Properties::new().set("EventBridgeConfiguration", event_bridge)
        });
        let logging =
            self.access_log_bucket.as_ref().map(|bucket| Properties::new().set("DestinationBucketName", bucket));
        let properties = Properties::new()
            .opt("BucketName", self.name.clone())
            .set("BucketEncryption", encryption)
            .set("OwnershipControls", ownership)
            .set("PublicAccessBlockConfiguration", private.into_iter().map(|key| (key, true)).collect::<Properties>())
            .opt("VersioningConfiguration", versioned.then(enabled))
            .opt("LifecycleConfiguration", lifecycle)
            .opt("LoggingConfiguration", logging)
            .opt("NotificationConfiguration", events);
        out.add(
            CfnResource::new("AWS::S3::Bucket", properties)
                .tagging(Tagging::List)
                .removal(Some(RemovalPolicy::Retain))
                .claim(self.name.as_ref().map(|name| Claim::new(Uniqueness::Partition, name))),
        );
    }

    fn physical(&self, attr: &Attr, own: Env) -> Option<Expr> {
        physical(self.name.clone()?.into(), attr, own)
    }
}

/// Lets nobody read or write a bucket without TLS.
pub fn deny_insecure_transport(bucket: BucketRef) -> PolicyStatement {
    PolicyStatement::deny(["s3:*"])
        .sid("DenyInsecureTransport")
        .principal(Principal::Any)
        .on([Expr::from(bucket.arn()), bucket.objects().into()])
        .condition("Bool", "aws:SecureTransport", ["false"])
}

fn physical(name: Value<kind::Name>, attr: &Attr, own: Env) -> Option<Expr> {
    match attr {
        Attr::Ref => Some(name.into()),
        Attr::GetAtt(attr) if attr == "Arn" => Some(text!("arn:{}:s3:::{}", own.partition().as_str(), name).into()),
        Attr::GetAtt(_) | Attr::LogicalId => None,
    }
}

/// What S3 keeps for other things than buckets of general purpose: aliases of access points, directory buckets, tables.
const RESERVED_PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// What S3 has against the name of a new bucket, in words.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn new_name_problem(name: &str) -> Option<&'static str> {
    let is_reserved = RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || RESERVED_SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
    name_problem(name).or_else(|| is_reserved.then_some("S3 reserves such names"))
}

/// What S3 has against any name. A bucket that exists may have one that S3 gives nobody since.
fn name_problem(name: &str) -> Option<&'static str> {
    let end = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = name.as_bytes();
    if !(3..=63).contains(&bytes.len()) {
        return Some("it has less than 3 or more than 63 characters");
    }
    if !bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(byte)) {
        return Some("it has other characters than `a-z0-9.-`");
    }
    if !end(bytes.first()) || !end(bytes.last()) {
        return Some("it does not begin and end with a letter or digit");
    }
    if name.contains("..") {
        return Some("it has two dots side by side");
    }
    if name.split('.').count() == 4 && name.split('.').all(|part| part.parse::<u8>().is_ok()) {
        return Some("it is an IP address");
    }
    None
}

/// A bucket that exists already. Statements attached to it go into no template: they are in the
/// [contract](crate::contract), for whoever owns the bucket.
#[derive(Clone, Debug)]
#[must_use]
pub struct ImportedBucket {
    name: Value<kind::Name>,
    env: Option<Env>,
}

impl ImportedBucket {
    /// Where the bucket is; where the stack is it is placed in, when absent.
    pub fn env(mut self, env: Env) -> Self {
        self.env = Some(env);
        self
    }
}

impl Synth for ImportedBucket {
    type Handle = BucketRef;

    fn env(&self, placed_in: Option<Env>) -> Option<Env> {
        self.env.or(placed_in)
    }

    fn imports(&self) -> Option<&'static str> {
        Some("a bucket")
    }

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        if let Some(name) = self.name.literal()
            && let Some(problem) = name_problem(name)
        {
            cx.report(
                Diagnostic::error(
                    "s3::malformed-bucket-name",
                    format!("`{}` is no name of a bucket: {problem}", name.escape_debug()),
                )
                .help("import a bucket by its name, not by its ARN or address"),
            );
        }
    }

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        cx.document(ImportContract);
        Box::new(self.clone())
    }
}

impl Lower for ImportedBucket {
    fn lower(&self, cx: &LowerCx<'_>, _: &mut Resources) {
        // Read, so that they do not count as lost: they are part of what the owner is asked for.
        cx.facts::<PolicyStatement>().for_each(drop);
        cx.facts::<StatementForm>().for_each(drop);
        cx.facts::<EventBridgeNotifications>().for_each(drop);
        cx.facts::<BucketVersioning>().for_each(drop);
    }

    fn physical(&self, attr: &Attr, own: Env) -> Option<Expr> {
        physical(self.name.clone(), attr, own)
    }

    fn settings(&self, of: NodeId, cx: &DocumentCx<'_>) -> Vec<Setting> {
        let versions = cx.facts_of::<BucketVersioning>(of).next();
        let events = cx.facts_of::<EventBridgeNotifications>(of).next();
        let versions =
            versions.map(|_| Setting::new("Versioning", "Enabled", "a pipeline fetches versions of an object"));
        let events =
            events.map(|_| Setting::new("EventBridgeEnabled", true, "an event of the bucket starts the pipeline"));
        versions.into_iter().chain(events).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{name_problem, new_name_problem};

    #[test]
    fn names_that_s3_refuses_are_explained() {
        assert_eq!(new_name_problem("orders-us-east-1-12345678"), None);
        for name in
            ["ab", "Orders", "orders_x", "-orders", "orders-", "a..b", "192.168.0.1", "arn:aws:s3:::x", &"x".repeat(64)]
        {
            assert!(name_problem(name).is_some() && new_name_problem(name).is_some(), "{name}");
        }
        for name in ["xn--a", "sthree-a", "amzn-s3-demo-a", "a-s3alias", "a--ol-s3", "a.mrap", "a--x-s3", "a--table-s3"]
        {
            assert!(name_problem(name).is_none() && new_name_problem(name).is_some(), "{name}");
        }
    }
}
