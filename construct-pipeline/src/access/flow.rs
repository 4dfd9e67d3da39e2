//! Pipelines as CodePipeline reads them: actions with who performs them and where, the artifacts that pass between them, and the stores.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use construct_core::StackArtifact;
use construct_iam::access::{Json, symbol};

use super::documents::Reading;
use super::lazy::Lazy;
use super::physical::{account_in, arn_parts, is_account, is_region, partition};
use super::place::Made;
use super::template::{Origin, Resolver, function_of};
use super::texts::Texts;
use super::variables::Kept;
use super::world::World;
use crate::names::artifacts_prefix;

/// A pipeline of a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct PipelineLabel {
    /// Name of the pipeline, or the logical id where AWS makes up the name.
    pub name: String,
    /// Name of the stack.
    pub stack: Arc<str>,
    /// Which of the templates it is in: stacks of different environments may have one name.
    pub(crate) template: usize,
    /// Logical id in the template.
    pub logical_id: Arc<str>,
    /// The account that the pipeline is in.
    pub account: String,
    /// The region that the pipeline is in.
    pub region: String,
}

/// A pipeline as its template has it.
#[derive(Debug)]
pub(crate) struct PipelineSource<'t> {
    pub(crate) made: Made,
    pub(crate) properties: &'t Json<'t>,
    /// The actions that were [taken](take_actions) out of it, if there are any.
    pub(crate) taken: Vec<Action>,
}

/// An action of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct ActionLabel {
    /// Name of the stage.
    pub stage: Arc<str>,
    /// Name of the action.
    pub name: Arc<str>,
    /// Provider of the action type, such as `CodeBuild`.
    pub provider: Arc<str>,
    /// The account that the action runs in.
    pub account: Arc<str>,
    /// The region that the action runs in.
    pub region: Arc<str>,
    /// Its place in the pipeline, from 0.
    pub position: usize,
}

#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) label: Arc<PipelineLabel>,
    pub(crate) made: Made,
    pub(crate) name: String,
    pub(crate) arn: Arc<str>,
    pub(crate) role: Arc<str>,
    /// What the keys of its artifacts begin with, as far as its name is known.
    pub(crate) folder: Option<String>,
    pub(crate) stores: BTreeMap<String, Store>,
    pub(crate) actions: Vec<Action>,
}

#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) label: Arc<ActionLabel>,
    pub(crate) category: Arc<str>,
    pub(crate) owner: Arc<str>,
    pub(crate) configuration: Box<[(Arc<str>, Arc<str>)]>,
    /// Where the environment variables are kept that do not stand in the declaration.
    pub(crate) kept: Box<[Kept]>,
    /// The role that performs the action: its own, or the pipeline's.
    pub(crate) role: Arc<str>,
    pub(crate) own_role: bool,
    pub(crate) inputs: Box<[Arc<str>]>,
    pub(crate) outputs: Box<[Arc<str>]>,
}

#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) region: String,
    pub(crate) bucket: String,
    pub(crate) arn: Arc<str>,
    /// ARN of one artifact of the pipeline, whichever.
    pub(crate) object: Arc<str>,
    pub(crate) account: String,
    pub(crate) key: StoreKey,
}

#[derive(Debug)]
pub(crate) enum StoreKey {
    /// The key `aws/s3`, which AWS manages and nobody can share.
    Aws,
    /// A customer managed key.
    Customer {
        /// As the pipeline names it.
        named: String,
        /// Its ARN, or what names it if the key is not known.
        arn: Arc<str>,
    },
}

impl Action {
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let setting = self.configuration.iter().find(|(name, _)| **name == *key);
        setting.map(|(_, value)| &**value).filter(|value| !value.is_empty())
    }

    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    pub(crate) fn provider(&self) -> &str {
        &self.label.provider
    }

    pub(crate) fn account(&self) -> &str {
        &self.label.account
    }

    pub(crate) fn region(&self) -> &str {
        &self.label.region
    }

    /// An ARN in the account and region of the action.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        self.arn_of(service, &[resource])
    }

    /// The same of a resource with a name of several parts.
    pub(crate) fn arn_of(&self, service: &str, resource: &[&str]) -> String {
        let (region, account) = (self.region(), self.account());
        let head = ["arn:", partition(region), ":", service, ":", region, ":", account, ":"];
        let parts = || head.iter().chain(resource).copied();
        let mut arn = String::with_capacity(parts().map(str::len).sum());
        arn.extend(parts());
        arn
    }

    /// The ARN that a setting names directly, or by a name in the account and region of the action.
    pub(crate) fn arn_named(&self, service: &str, prefix: &str, name: &str) -> String {
        if name.starts_with("arn:") { name.to_owned() } else { self.arn(service, &format!("{prefix}{name}")) }
    }
}

/// The pipelines of a world.
pub(crate) fn pipelines<'t>(
    world: &mut World,
    resolver: &Resolver<'t>,
    sources: Vec<PipelineSource<'t>>,
) -> Vec<Pipeline> {
    let object = resolver.memory.name_symbol("artifact", Origin::Other);
    let read = resolver.map(&sources, |resolver, source| {
        let mut doubts = Vec::new();
        (read(world, resolver, source, object, &mut doubts), doubts)
    });
    let (mut pipelines, doubts): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    world.doubts.extend(doubts.into_iter().flatten());
    for (Pipeline { actions, .. }, mut source) in pipelines.iter_mut().zip(sources) {
        source.taken.append(actions);
        source.taken.sort_unstable_by_key(|action| action.label.position);
        source.taken.shrink_to_fit();
        *actions = source.taken;
    }
    pipelines
}

fn read<'t>(
    world: &World,
    resolver: &Resolver<'t>,
    source: &PipelineSource<'t>,
    object: char,
    doubts: &mut Vec<String>,
) -> Pipeline {
    let properties = Lazy::new(resolver, source.made.stack, source.properties);
    let environment = world.environments[source.made.stack].clone();
    let name = properties.text_of("Name").map(Cow::into_owned).unwrap_or_else(|| {
        // Without a name, CloudFormation makes one up; `Ref` of the pipeline has the same symbol.
        let label = format!("id of {} in {}", source.made.logical_id, world.stack_name(&source.made));
        let (stack, logical_id) = (source.made.stack, source.made.logical_id.to_string());
        let origin = Origin::Made { stack, logical_id, attribute: None };
        resolver.memory.name_symbol(&label, origin).to_string()
    });
    let label = Arc::new(PipelineLabel {
        name: if name.is_ascii() { name.clone() } else { source.made.logical_id.to_string() },
        stack: Arc::clone(world.stack_name(&source.made)),
        template: source.made.stack,
        logical_id: Arc::clone(&source.made.logical_id),
        account: environment.account.to_string(),
        region: environment.region.to_string(),
    });
    let part = partition(&environment.region);
    let arn = format!("arn:{part}:codepipeline:{}:{}:{name}", environment.region, environment.account);
    let role: Arc<str> = properties.text_of("RoleArn").unwrap_or_default().into();
    let folder = (name.is_ascii() && !name.is_empty()).then(|| artifacts_prefix(&name));
    let object = format!("{}{object}", folder.as_deref().unwrap_or_default());
    let mut pipeline = Pipeline {
        stores: Stores { world, resolver, label: &label, object: &object, doubts }.all(&properties),
        folder,
        label,
        made: source.made.clone(),
        name,
        arn: arn.into(),
        role,
        actions: Vec::new(),
    };
    let PipelineLabel { account, region, .. } = &*pipeline.label;
    let home = Home { account, region, role: Arc::clone(&pipeline.role), texts: Texts::default() };
    let (mut position, mut left_open) = (0, BTreeSet::new());
    let mut is_known = |it: &Lazy<'_, '_>| {
        // An action that was taken out left `null` in its place.
        if !it.is_entry() && !it.is_null() {
            left_open.insert(it.function());
        }
        it.is_entry()
    };
    properties.each_of("Stages", &mut |stage| {
        if !is_known(stage) {
            return;
        }
        let stage_name = stage.text_of("Name").unwrap_or_default();
        stage.each_of("Actions", &mut |declared| {
            if is_known(declared) {
                pipeline.actions.push(home.action(&stage_name, position, declared));
            }
            position += 1;
        });
    });
    doubts.extend(left_open.into_iter().map(|function| {
        let what = function.map_or_else(|| "something else".to_owned(), |function| format!("what `{function}` makes"));
        let name = &pipeline.label.name;
        format!("{what} in the place of stages or actions of the pipeline `{name}` needs nothing that is not allowed")
    }));
    pipeline
}

/// Takes those actions out of a resource, if it is a pipeline, that name their role and of which nothing has to be computed, and leaves
/// `null` in their places. `None` if there are none, or if the places of actions or of the pipeline are not known.
pub(crate) fn take_actions<'t>(
    stack: &StackArtifact,
    resource: &mut Json<'t>,
    reading: &Reading<'_, 't>,
) -> Option<Vec<Action>> {
    if resource.get("Type")?.as_str()? != "AWS::CodePipeline::Pipeline" {
        return None;
    }
    Home::of(stack)?.take_actions(resource.get_mut("Properties")?.get_mut("Stages")?, reading)
}

/// What actions have that do not say it themselves.
struct Home<'p> {
    account: &'p str,
    region: &'p str,
    /// The role of the pipeline.
    role: Arc<str>,
    /// What actions say: much is the same for many.
    texts: Texts,
}

impl<'p> Home<'p> {
    /// That of pipelines of a stack, if it is known, but for their roles.
    fn of(stack: &'p StackArtifact) -> Option<Self> {
        let StackArtifact { account, region, .. } = stack;
        let is_known = is_account(account) && is_region(region);
        is_known.then(|| Self { account, region, role: "".into(), texts: Texts::default() })
    }

    fn take_actions<'t>(&self, stages: &mut Json<'t>, reading: &Reading<'_, 't>) -> Option<Vec<Action>> {
        let Json::Array(stages) = stages else { return None };
        // Where there is a function, there may be nothing in the end.
        let are_there = |items: &[Json<'_>]| {
            items.iter().all(|item| item.as_object().is_some_and(|map| function_of(map).is_none()))
        };
        let have_actions =
            |stage: &Json<'_>| stage.get("Actions").is_none_or(|actions| actions.as_array().is_some_and(are_there));
        if !are_there(stages) || !stages.iter().all(have_actions) {
            return None;
        }
        let (mut taken, mut position) = (Vec::new(), 0);
        for stage in stages {
            let name =
                stage.get("Name").filter(|name| reading.is_ready(name)).and_then(Json::as_str).map(str::to_owned);
            let Some(Json::Array(actions)) = stage.get_mut("Actions") else { continue };
            for declared in actions {
                let is_told =
                    declared.get("RoleArn").is_some_and(|role| role.as_str().is_some()) && reading.is_literal(declared);
                if let Some(stage) = name.as_deref().filter(|_| is_told) {
                    taken.push(self.action(stage, position, &Lazy::plain(declared)));
                    *declared = Json::Null;
                }
                position += 1;
            }
        }
        taken.shrink_to_fit();
        (!taken.is_empty()).then_some(taken)
    }

    fn action(&self, stage: &str, position: usize, declared: &Lazy<'_, '_>) -> Action {
        let id = declared.get("ActionTypeId");
        let shared = |text: &str| self.texts.shared(text);
        let kind = |part: &str| shared(&id.as_ref().and_then(|id| id.text_of(part)).unwrap_or_default());
        let names = |key: &str| {
            let artifacts = declared.get(key);
            let names = artifacts.iter().flat_map(Lazy::items);
            listed(artifacts.as_ref(), names.filter_map(|artifact| Some(shared(&artifact.text_of("Name")?))))
        };
        let own_role = declared.text_of("RoleArn");
        let role = own_role.as_deref().map_or_else(|| Arc::clone(&self.role), shared);
        let account = shared(account_in(&role).unwrap_or(self.account));
        let region = shared(declared.text_of("Region").as_deref().unwrap_or(self.region));
        let configuration = declared.get("Configuration");
        let variables = declared.get("EnvironmentVariables");
        let kept = |one: Lazy<'_, '_>| Kept::of(&one.text_of("Type")?, &one.text_of("Value")?);
        let settings = configuration.iter().flat_map(Lazy::members);
        let settings = settings.filter_map(|(key, value)| Some((shared(key), shared(&value.into_text()?))));
        Action {
            label: Arc::new(ActionLabel {
                stage: shared(stage),
                name: declared.text_of("Name").unwrap_or_default().into(),
                provider: kind("Provider"),
                account,
                region,
                position,
            }),
            category: kind("Category"),
            owner: kind("Owner"),
            configuration: listed(configuration.as_ref(), settings),
            kept: variables.iter().flat_map(Lazy::items).filter_map(kept).collect(),
            role,
            own_role: own_role.is_some(),
            inputs: names("InputArtifacts"),
            outputs: names("OutputArtifacts"),
        }
    }
}

/// What was found of the items or members of a value.
fn listed<T>(of: Option<&Lazy<'_, '_>>, found: impl Iterator<Item = T>) -> Box<[T]> {
    let mut list = Vec::with_capacity(of.map_or(0, Lazy::len));
    list.extend(found);
    list.into()
}

/// Reads the stores of a pipeline.
struct Stores<'r, 't> {
    world: &'r World,
    resolver: &'r Resolver<'t>,
    label: &'r PipelineLabel,
    /// The key of one of its artifacts.
    object: &'r str,
    /// What was taken for granted, in words.
    doubts: &'r mut Vec<String>,
}

impl Stores<'_, '_> {
    fn all(&mut self, properties: &Lazy<'_, '_>) -> BTreeMap<String, Store> {
        let (label, mut stores) = (self.label, BTreeMap::new());
        let mut add = |region: String, declared: &Lazy<'_, '_>| {
            let store = self.store(&region, declared);
            stores.insert(region, store);
        };
        if let Some(store) = properties.get("ArtifactStore") {
            add(label.region.clone(), &store);
        }
        for entry in properties.get("ArtifactStores").iter().flat_map(Lazy::items) {
            if let (Some(region), Some(store)) = (entry.text_of("Region"), entry.get("ArtifactStore")) {
                add(region.into_owned(), &store);
            }
        }
        stores
    }

    fn store(&mut self, region: &str, declared: &Lazy<'_, '_>) -> Store {
        let (world, object) = (self.world, self.object);
        let bucket = declared.text_of("Location").unwrap_or_default().into_owned();
        let arn = match world.buckets.get(&bucket) {
            Some(bucket) => Arc::clone(&bucket.arn),
            None => format!("arn:{}:s3:::{bucket}", partition(region)).into(),
        };
        let account = world.bucket_account(&bucket).unwrap_or(&self.label.account).to_owned();
        let key = declared.get("EncryptionKey");
        let named = key.as_ref().and_then(|key| key.text_of("Id"));
        let base = format!("arn:{}:kms:{region}:{account}", partition(region));
        let key = named.map_or(StoreKey::Aws, |named| self.key(named.into_owned(), &bucket, &base));
        let object = format!("{arn}/{object}").into();
        Store { region: region.to_owned(), bucket, arn, object, account, key }
    }

    /// The key that a store's declaration means. An id or a bare alias is looked up by whoever uses it, in its own account; here it is read as
    /// the person who wrote it meant it, and that it fails in other accounts is found separately.
    fn key(&mut self, named: String, bucket: &str, base: &str) -> StoreKey {
        let world = self.world;
        let full = full_key_name(&named, base);
        if full == format!("{base}:alias/aws/s3") {
            return StoreKey::Aws;
        }
        if let Some(key) = world.key(&full) {
            return StoreKey::Customer { named, arn: Arc::clone(&key.arn) };
        }
        // A parameter or an import: where the bucket itself tells its key, the pipeline most likely is given the same.
        if arn_parts(&full).is_none() {
            let own = world.buckets.get(bucket).and_then(|bucket| bucket.default_key.as_deref());
            if let Some(key) = own.and_then(|own| world.key(own)) {
                let arn = Arc::clone(&key.arn);
                let readable = |text: &str| self.resolver.memory.with_symbols(|symbols| symbols.readable(text));
                let (named_so, bucket) = (readable(&named), readable(bucket));
                self.doubts.push(format!("{named_so} names the key of bucket `{bucket}`, `{}`", readable(&arn)));
                return StoreKey::Customer { named, arn };
            }
        }
        StoreKey::Customer { named, arn: full.into() }
    }
}

/// The ARN that a key's ARN, id or alias means in an account and region; what is not known stays as it is.
pub(crate) fn full_key_name(named: &str, base: &str) -> String {
    if named.starts_with("arn:") || !is_name(named) {
        named.to_owned()
    } else if named.starts_with("alias/") {
        format!("{base}:{named}")
    } else {
        format!("{base}:key/{named}")
    }
}

/// Whether the text is a name or an id, and not perhaps a whole ARN.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c == ':' || symbol::is_text(c))
}

impl Store {
    /// ARN of the customer managed key.
    pub(crate) fn key_arn(&self) -> Option<&Arc<str>> {
        match &self.key {
            StoreKey::Aws => None,
            StoreKey::Customer { arn, .. } => Some(arn),
        }
    }

    /// Whether the key is named in a way that only its own account understands.
    pub(crate) fn has_local_key_name(&self) -> bool {
        match &self.key {
            StoreKey::Aws => false,
            StoreKey::Customer { named, .. } => is_name(named),
        }
    }
}
