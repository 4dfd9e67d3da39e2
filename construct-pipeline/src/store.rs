//! Artifact stores: a bucket, and a key where artifacts cross accounts.
//!
//! Codes: `store::malformed-key-id`.

use std::ops::RangeInclusive;
use std::panic::Location;

use construct_core::{Caller, Construct, Diagnostic, Env, Expr, RemovalPolicy, Scope, Value, kind};
use construct_iam::{Arn, ArnKind, Imported, PolicyStatement};

use crate::aws::{
    Alias, AliasArn, AliasRef, AliasedKeyArn, Bucket, BucketEncryption, BucketRef, Key, KeyRef, administrator_problem,
    expiry_problem, via_service,
};
use crate::names;

/// Characters of the id of a key: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_EncryptionKey.html>.
const KEY_ID: RangeInclusive<usize> = 1..=400;

/// How a store is kept: what may be asked for beyond the defaults.
///
/// By default bucket, key and alias are retained when the store goes, the key is rotated, nothing expires, and nobody but
/// the pipeline's roles has access.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let settings = StoreSettings::new().expire_after_days(30).deny_unencrypted_uploads().removal_policy(RemovalPolicy::Destroy);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[must_use]
pub struct StoreSettings {
    removal: Option<RemovalPolicy>,
    customer_managed_key: bool,
    no_rotation: bool,
    expire_after_days: Option<u32>,
    deny_unencrypted_uploads: bool,
    administrators: Vec<Value<kind::Arn>>,
    access_log_bucket: Option<Value<kind::Name>>,
    versioned: bool,
}

impl StoreSettings {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// What happens to bucket, key and alias when the store goes. They share one policy: a bucket kept without its key
    /// could never be read again.
    pub fn removal_policy(mut self, removal: RemovalPolicy) -> Self {
        self.removal = Some(removal);
        self
    }

    /// Makes a customer-managed key even where no artifact crosses an account: it stays in use when the last other account
    /// leaves.
    pub fn customer_managed_key(mut self) -> Self {
        self.customer_managed_key = true;
        self
    }

    /// Keeps the key material for ever in place of replacing it every year.
    pub fn without_rotation(mut self) -> Self {
        self.no_rotation = true;
        self
    }

    /// Deletes artifacts this many days after they were written.
    pub fn expire_after_days(mut self, days: u32) -> Self {
        self.expire_after_days = Some(days);
        self
    }

    /// Denies uploads that do not ask for encryption with a KMS key.
    pub fn deny_unencrypted_uploads(mut self) -> Self {
        self.deny_unencrypted_uploads = true;
        self
    }

    /// Limits the administration of the key to these principals; whoever deploys it must be among them.
    pub fn key_administrators<A: Into<Value<kind::Arn>>>(mut self, arns: impl IntoIterator<Item = A>) -> Self {
        self.administrators.extend(arns.into_iter().map(Into::into));
        self
    }

    /// Writes access logs to another bucket of the same account and region. Stores of several regions need one in each, as
    /// `Value::<kind::Name>::new(text!("logs-{}", Pseudo::Region))` names them.
    pub fn access_log_bucket(mut self, name: impl Into<Value<kind::Name>>) -> Self {
        self.access_log_bucket = Some(name.into());
        self
    }

    /// Whether access logs of all stores go to one and the same bucket.
    pub(crate) fn logs_to_one_bucket(&self) -> bool {
        let name = self.access_log_bucket.as_ref();
        name.is_some_and(|name| name.literal().is_some() || matches!(name.expr(), Expr::Attr { .. }))
    }

    /// Keeps old versions of artifacts.
    pub fn versioned(mut self) -> Self {
        self.versioned = true;
        self
    }

    /// What no store can be kept by.
    pub(crate) fn problems(&self) -> impl Iterator<Item = Diagnostic> {
        let administrators = self.administrators.iter().filter_map(administrator_problem);
        expiry_problem(self.expire_after_days).into_iter().chain(administrators)
    }

    pub(crate) fn wants_key(&self) -> bool {
        self.customer_managed_key
    }
}

/// A store in the tree: what a pipeline needs to use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoreRef {
    bucket: BucketRef,
    key: Option<StoreKey>,
}

/// The key of a store: with an alias if it was made here, as it stands if it was imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StoreKey {
    pub(crate) key: KeyRef,
    pub(crate) alias: Option<AliasRef>,
    pub(crate) known_by: KnownBy,
}

/// Which name of a key leads to it everywhere in the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KnownBy {
    /// Its own ARN; in other stacks that of its alias, if it has one.
    Key,
    /// Its alias alone.
    Alias,
}

impl StoreRef {
    /// The bucket.
    #[must_use]
    pub fn bucket(self) -> BucketRef {
        self.bucket
    }

    /// The customer-managed key, if the store has one.
    #[must_use]
    pub fn key(self) -> Option<KeyRef> {
        self.key.map(|key| key.key)
    }

    pub(crate) fn store_key(self) -> Option<StoreKey> {
        self.key
    }
}

/// Narrows a statement about a key to requests that S3 makes on behalf of the caller.
pub(crate) fn through_s3(statement: PolicyStatement, env: Env) -> PolicyStatement {
    statement.condition("StringEquals", "kms:ViaService", via_service("s3", env))
}

/// An artifact store of your own: a bucket with a customer-managed key, for one pipeline or for several.
///
/// Names are derived as for a pipeline of the same name. The pipelines that use the store add their statements to its
/// policies. If there are several, each reaches its own artifacts: CodePipeline keeps those in a folder that is named
/// after the pipeline. The key is shared by all.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Shared", Env::new("111111111111", "us-east-1"));
/// let store = app.at(stack).add("Store", ArtifactStore::new("delivery"));
/// let pipeline = Pipeline::new("orders").artifact_store(store);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ArtifactStore {
    name: String,
    settings: StoreSettings,
    with_key: bool,
    /// Where the group stands, if it is the store of a group.
    group_home: Option<Env>,
}

impl ArtifactStore {
    /// A store; bucket and alias are named after `name`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), settings: StoreSettings::new(), with_key: true, group_home: None }
    }

    /// The store of a group that stands in an environment.
    pub(crate) fn of_group(name: &str, home: Option<Env>) -> Self {
        Self { group_home: home, ..Self::new(name) }
    }

    /// How the store is kept.
    pub fn settings(mut self, settings: StoreSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Encrypts with the AWS-managed key of S3, which costs nothing and which no other account can use.
    pub fn aws_managed_key(mut self) -> Self {
        self.with_key = false;
        self
    }
}

impl Construct for ArtifactStore {
    type Handle = StoreRef;

    fn compose(self, scope: &mut Scope<'_>) -> StoreRef {
        let mut scope = scope.internal();
        let Self { name, settings, with_key, group_home } = self;
        // Without a stack there is no name; the validation says so.
        let env = scope.env().unwrap_or(Env::new("000000000000", "us-east-1"));
        let (bucket_name, alias_name) = match group_home {
            Some(home) => (names::group::bucket(&name, home, env), names::group::alias(&name, home, env)),
            None => (names::bucket(&name, env), names::alias(&name, env)),
        };
        if let Some(removal) = settings.removal {
            scope.attach(scope.here(), removal);
        }
        let key = with_key.then(|| {
            let key = Key::new()
                .description(format!("artifacts of {name} in {}", env.region))
                .rotation(!settings.no_rotation)
                .administrators(settings.administrators.iter().cloned())
                .only_through("s3");
            let key = scope.add("Key", key);
            let alias = scope.add("Alias", Alias::new(alias_name, key));
            StoreKey { key, alias: Some(alias), known_by: KnownBy::Key }
        });
        let mut bucket = Bucket::new().bucket_name(bucket_name);
        if let Some(key) = key {
            bucket = bucket.encryption(BucketEncryption::Key(key.key.arn()));
        }
        if let Some(days) = settings.expire_after_days {
            bucket = bucket.expire_after_days(days);
        }
        if settings.deny_unencrypted_uploads {
            bucket = bucket.deny_unencrypted_uploads();
        }
        if let Some(log) = settings.access_log_bucket {
            bucket = bucket.access_log_bucket(log);
        }
        if settings.versioned {
            bucket = bucket.versioned();
        }
        StoreRef { bucket: scope.add("Bucket", bucket), key }
    }
}

/// A store that exists already: it is referred to and never written to. Whoever owns it must admit the pipeline's roles.
///
/// Given to a pipeline as it is, the pipeline reaches all of it. For several pipelines it is placed once, and what
/// [`Scope::add`] returns is given to each: then each reaches its own folder.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let store = ImportedArtifactStore::new("platform-artifacts", "us-east-1")
///     .key("arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab");
/// let pipeline = Pipeline::new("orders").artifact_store(store);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ImportedArtifactStore {
    bucket: Value<kind::Name>,
    region: Option<String>,
    key: Option<GivenKey>,
    pub(crate) location: Caller,
}

/// The key of an imported store: by its ARN, or as somebody named it.
#[derive(Clone, Debug)]
enum GivenKey {
    Arn(Value<kind::Arn>),
    Stated(Value<kind::Text>),
}

impl ImportedArtifactStore {
    /// A bucket by its name, and the region it is in.
    #[track_caller]
    pub fn new(bucket: impl Into<Value<kind::Name>>, region: impl std::fmt::Display) -> Self {
        Self { bucket: bucket.into(), region: Some(region.to_string()), key: None, location: Location::caller() }
    }

    /// A bucket in the region of the pipeline, whichever that is.
    #[track_caller]
    pub(crate) fn at_home(bucket: String) -> Self {
        Self { bucket: bucket.into(), region: None, key: None, location: Location::caller() }
    }

    /// The same, given at another line.
    pub(crate) fn made_at(mut self, location: Caller) -> Self {
        self.location = location;
        self
    }

    /// The customer-managed key the artifacts are encrypted with, by its key ARN. Artifacts can cross accounts only
    /// with one.
    pub fn key(mut self, arn: impl Into<Value<kind::Arn>>) -> Self {
        self.key = Some(GivenKey::Arn(arn.into()));
        self
    }

    /// The key as an existing pipeline names it: by its ARN, its id, or the name or ARN of an alias. It is declared as it
    /// stands here. In actions of other accounts use the key's ARN: an id, or the name of an alias, is looked up there.
    /// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_EncryptionKey.html>
    pub fn key_id(mut self, id: impl Into<Value<kind::Text>>) -> Self {
        self.key = Some(GivenKey::Stated(id.into()));
        self
    }

    /// The name of the bucket, unless only a deployment tells it.
    pub(crate) fn bucket_name(&self) -> Option<&str> {
        self.bucket.literal()
    }

    /// The region, unless it is the pipeline's.
    pub(crate) fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The key's ARN as far as it was given.
    pub(crate) fn key_arn(&self) -> Option<Value<kind::Arn>> {
        self.key.as_ref().map(|key| match key {
            GivenKey::Arn(arn) => arn.clone(),
            GivenKey::Stated(id) => id.clone().cast(),
        })
    }

    /// The key as it was stated, if not by its ARN.
    pub(crate) fn stated_key(&self) -> Option<&Value<kind::Text>> {
        match &self.key {
            Some(GivenKey::Stated(id)) => Some(id),
            Some(GivenKey::Arn(_)) | None => None,
        }
    }
}

impl GivenKey {
    fn place(self, env: Env, scope: &mut Scope<'_>) -> StoreKey {
        let arn = match self {
            Self::Arn(arn) => arn,
            Self::Stated(id) => match id.literal() {
                Some(text) if !text.starts_with("arn:") => {
                    let resource = if text.starts_with("alias/") { text.to_owned() } else { format!("key/{text}") };
                    Arn::regional(env, "kms", resource).into()
                }
                _ => id.cast(),
            },
        };
        let is_alias =
            arn.literal().and_then(|text| Arn::parse(text).ok()).is_some_and(|arn| AliasArn::name(&arn).is_some());
        if is_alias {
            let key = scope.add("Key", Imported::<AliasedKeyArn>::new(arn.clone()));
            let alias = scope.add("Alias", Imported::<AliasArn>::new(arn));
            return StoreKey { key, alias: Some(alias), known_by: KnownBy::Alias };
        }
        StoreKey { key: scope.add("Key", Key::import(arn)), alias: None, known_by: KnownBy::Key }
    }
}

impl Construct for ImportedArtifactStore {
    type Handle = StoreRef;

    fn compose(mut self, scope: &mut Scope<'_>) -> StoreRef {
        let mut scope = scope.internal();
        if let Some(text) = self.stated_key().and_then(Value::literal) {
            let length = text.chars().count();
            if !KEY_ID.contains(&length) {
                let message = format!("the id of the store's key has {length} characters");
                let help = "name the key by its ARN, which has 1 to 400; where it has none, leave it out";
                scope.report(Diagnostic::error("store::malformed-key-id", message).help(help));
                self.key = None;
            }
        }
        let mut bucket = Bucket::import(self.bucket);
        let mut env = scope.env();
        match (self.region.as_deref().map(construct_core::Region::parse), env) {
            (Some(Ok(region)), Some(home)) => {
                env = Some(Env { account: home.account, region });
                bucket = bucket.env(Env { account: home.account, region });
            }
            (Some(Err(problem)), _) => {
                scope.report(Diagnostic::error(problem.code(), problem.to_string()).help(problem.help()));
            }
            (Some(Ok(_)), None) | (None, _) => {}
        }
        // Without a stack there is no account; the validation says so.
        let env = env.unwrap_or(Env::new("000000000000", "us-east-1"));
        let key = self.key.map(|key| key.place(env, &mut scope));
        StoreRef { bucket: scope.add("Bucket", bucket), key }
    }
}

/// A store given to a pipeline: one of the tree, or one that exists already.
#[derive(Clone, Debug)]
pub enum GivenStore {
    /// A store of the tree.
    Placed(StoreRef),
    /// A store that exists already.
    Imported(ImportedArtifactStore),
}

impl From<StoreRef> for GivenStore {
    fn from(store: StoreRef) -> Self {
        Self::Placed(store)
    }
}

impl From<ImportedArtifactStore> for GivenStore {
    fn from(store: ImportedArtifactStore) -> Self {
        Self::Imported(store)
    }
}

/// How the pipeline names the key of a replica store, which is in another stack.
///
/// CodePipeline's documentation wants the ARN of the key where other accounts are involved; the ARN of an alias is the
/// only name that is known beforehand, and KMS takes it from other accounts too.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_EncryptionKey.html>
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyReference {
    /// By the ARN of its alias.
    #[default]
    Alias,
    /// By its own ARN, which the scaffold stack gives as an output and the pipeline's stack takes as a parameter of the
    /// same name without default: [`names::replica_key_parameter`](crate::names::replica_key_parameter).
    Exact,
}
