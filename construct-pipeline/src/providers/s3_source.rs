//! An object of Amazon S3 as a source.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3.html>

use construct_core::{Diagnostic, Properties, Scope, Value, kind, text};
use construct_iam::{PolicyDocument, PolicyStatement, RoleRef};

use super::keys::KeyUse;
use crate::artifact::Artifact;
use crate::aws::{BucketRef, BucketVersioning, EventBridgeNotifications};
use crate::provider::{ActionCx, Category, EventPattern, Owner, Provider, ProviderSpec};

const READS: KeyUse =
    KeyUse { service: "s3", actions: &["kms:Decrypt"], purpose: "reads a source that is encrypted with this key" };

/// An object of a versioned bucket: one archive, at most 7 GB. A new version starts the pipeline, through an event rule.
///
/// An owned bucket is made to keep versions and to send its events to EventBridge. Whoever owns an imported one must switch
/// both on; the import contract says so.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Data", Env::new("111111111111", "us-east-1"));
/// let bucket = app.at(stack).add("Releases", Bucket::new().bucket_name("orders-releases").versioned());
/// let source = Artifact::new("Source");
/// let fetch = Action::new("Fetch", S3Source::new(bucket, "orders.zip", &source));
/// ```
///
/// Its variables: `BucketName`, `ETag`, `ObjectKey`, `VersionId`.
#[doc(alias = "S3SourceAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct S3Source {
    bucket: BucketRef,
    key: String,
    output: Artifact,
    trigger: Trigger,
    key_override: bool,
    encryption_key: Option<Value<kind::Arn>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trigger {
    Event,
    Poll,
    None,
}

impl S3Source {
    /// An object by its bucket and key.
    pub fn new(bucket: BucketRef, key: impl Into<String>, output: &Artifact) -> Self {
        Self {
            bucket,
            key: key.into(),
            output: output.clone(),
            trigger: Trigger::Event,
            key_override: false,
            encryption_key: None,
        }
    }

    /// Lets CodePipeline ask for changes in place of an event rule.
    pub fn poll(mut self) -> Self {
        self.trigger = Trigger::Poll;
        self
    }

    /// Lets nothing start the pipeline by itself.
    pub fn no_trigger(mut self) -> Self {
        self.trigger = Trigger::None;
        self
    }

    /// Lets whoever starts the pipeline name another key of the bucket. The action may then read every object of it.
    pub fn allow_key_override(mut self) -> Self {
        self.key_override = true;
        self
    }

    /// The key that encrypts the object, if it is a customer-managed one: by its ARN. Without it, the action may use the
    /// default key of a bucket in the app that stands in its stack, or is named by a literal ARN.
    pub fn encryption_key(mut self, key: impl Into<Value<kind::Arn>>) -> Self {
        self.encryption_key = Some(key.into());
        self
    }
}

impl Provider for S3Source {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Source, Owner::Aws, "S3")
            .output(&self.output)
            .output_count(1..=1)
            .acts_on(self.bucket)
    }

    fn trigger(&self, _: &ActionCx<'_>) -> Option<EventPattern> {
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
        (self.trigger == Trigger::Event).then(|| {
            EventPattern::new("aws.s3", "Object Created")
                .nested_detail("bucket", "name", [self.bucket.name()])
                .nested_detail("object", "key", [self.key.clone()])
        })
    }

    fn prepare(&self, performer: Option<RoleRef>, scope: &mut Scope<'_>) {
        // A revision of the source is a version of the object, so the bucket has to keep them:
        // https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3.html
        scope.attach(self.bucket, BucketVersioning);
        if self.trigger == Trigger::Event {
            scope.attach(self.bucket, EventBridgeNotifications);
        }
        if let Some(role) = performer {
            READS.grant(self.encryption_key.as_ref(), Some(self.bucket.into()), role, scope);
        }
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        // Left unset, CodePipeline would poll.
        Properties::new()
            .set("S3Bucket", self.bucket.name())
            .set("S3ObjectKey", self.key.clone())
            .set("PollForSourceChanges", if self.trigger == Trigger::Poll { "true" } else { "false" })
            .opt("AllowOverrideForS3ObjectKey", self.key_override.then_some("true"))
    }

    fn permissions(&self, _: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let object = match self.key_override {
            true => self.bucket.objects(),
            false => text!("{}/{}", self.bucket.arn(), &self.key).cast(),
        };
        let on_bucket = ["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"];
        let on_object = ["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:GetObjectVersionTagging"];
        policy.push(PolicyStatement::allow(on_bucket).on([self.bucket.arn()]));
        policy.push(PolicyStatement::allow(on_object).on([object]));
        if let Some(key) = &self.encryption_key {
            policy.push(READS.of(key));
        }
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
        let wildcard = self.key.contains(['*', '?']);
        if self.key.len() <= 1_024 && !wildcard {
            let odd = ["/", "s3://"].into_iter().find(|start| self.key.starts_with(start));
            let found = odd.map(|start| {
                let message = format!(
                    "the key `{}` begins with `{start}`, which keys of objects hardly ever do",
                    self.key.escape_debug()
                );
                Diagnostic::warning("s3-source::odd-key", message)
                    .help("write the key as S3 lists it, without the bucket and without a `/` in front")
            });
            return found.into_iter().collect();
        }
        let key = self.key.escape_debug();
        vec![
            Diagnostic::error("s3-source::malformed-key", format!("`{key}` is no key of one object"))
                .help("name one archive by its whole key, 1 to 1,024 bytes without `*` and `?`"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::custom::testing::{HOME, ask_in, text_of};
    use super::*;
    use crate::aws::Bucket;
    use crate::providers::DeployStack;
    use crate::{Action, Pipeline, Stage};
    use construct_core::{App, Expr};

    fn bucket(app: &mut App) -> BucketRef {
        let stack = app.stack("Data", HOME);
        app.at(stack).add("Bucket", Bucket::import("orders-releases"))
    }

    #[test]
    fn an_event_starts_the_pipeline_and_polling_is_off() {
        let mut app = App::new();
        let bucket = bucket(&mut app);
        let source = S3Source::new(bucket, "orders.zip", &Artifact::new("Source"));
        let asked = ask_in(&mut app, &source);
        assert_eq!(text_of(&asked.configuration, "PollForSourceChanges"), Some("false"));
        assert_eq!(text_of(&asked.configuration, "AllowOverrideForS3ObjectKey"), None);
        let pattern = EventPattern::new("aws.s3", "Object Created")
            .nested_detail("bucket", "name", [bucket.name()])
            .nested_detail("object", "key", ["orders.zip"]);
        assert_eq!(asked.trigger, Some(pattern));
        assert_eq!(source.spec().acts_on, Some(bucket.into()));

        let root = app.root();
        source.prepare(None, &mut app.at(root));
        assert_eq!(app.at(root).view().facts_of::<EventBridgeNotifications>(bucket).count(), 1);
    }

    #[test]
    fn a_bucket_of_the_app_keeps_versions() {
        let mut app = App::new();
        let stack = app.stack("Tools", HOME);
        let release = Artifact::new("Release");
        let bucket = app.at(stack).add("Bucket", Bucket::new().bucket_name("orders-releases"));
        let fetch = Action::new("Fetch", S3Source::new(bucket, "orders.zip", &release).no_trigger());
        let deploy = DeployStack::new("orders", release.file("template.yaml")).administrator_permissions();
        let pipeline = Pipeline::new("orders")
            .stage(Stage::new("Source").action(fetch))
            .stage(Stage::new("Deploy").action(Action::new("Deploy", deploy)));
        app.at(stack).add("Pipeline", pipeline);
        let assembly = app.synth().unwrap();
        let template = assembly.stacks()[0].template_json().unwrap();
        let mut buckets = template["Resources"].as_object().unwrap().values();
        let bucket = buckets.find(|one| one["Properties"]["BucketName"] == "orders-releases").unwrap();
        assert_eq!(bucket["Properties"]["VersioningConfiguration"]["Status"], "Enabled");
    }

    #[test]
    fn only_the_object_is_read() {
        let mut app = App::new();
        let bucket = bucket(&mut app);
        let source = S3Source::new(bucket, "orders.zip", &Artifact::new("Source"));
        let object = |resource: Expr| {
            let actions = ["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:GetObjectVersionTagging"];
            PolicyStatement::allow(actions).on([resource])
        };
        let policy = ask_in(&mut app, &source).policy;
        let one = object(text!("{}/orders.zip", bucket.arn()).into());
        assert!(policy.statements().any(|statement| *statement == one), "{policy:?}");
        let every = object(bucket.objects().into());
        let policy = ask_in(&mut app, &source.allow_key_override()).policy;
        assert!(policy.statements().any(|statement| *statement == every), "{policy:?}");
    }

    #[test]
    fn without_events_the_bucket_is_left_alone() {
        let mut app = App::new();
        let bucket = bucket(&mut app);
        let source = || S3Source::new(bucket, "orders.zip", &Artifact::new("Source"));
        for (source, poll) in [(source().poll(), "true"), (source().no_trigger(), "false")] {
            let asked = ask_in(&mut app, &source);
            assert_eq!((text_of(&asked.configuration, "PollForSourceChanges"), asked.trigger), (Some(poll), None));
            let root = app.root();
            source.prepare(None, &mut app.at(root));
            assert_eq!(app.at(root).view().facts_of::<EventBridgeNotifications>(bucket).count(), 0);
        }
    }

    #[test]
    fn a_key_names_one_object() {
        let mut app = App::new();
        let bucket = bucket(&mut app);
        for key in ["releases/*.zip".into(), "x".repeat(1_025)] {
            let asked = ask_in(&mut app, &S3Source::new(bucket, key, &Artifact::new("Source")));
            assert_eq!(asked.codes, ["s3-source::malformed-key"]);
        }
    }
}
