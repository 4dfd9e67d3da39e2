//! Reads pipelines as CodePipeline does.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use construct_core::StackArtifact;
use construct_iam::access::{Json, symbol};

use super::texts::Texts;
use super::told;
use crate::access::policies::Reading;
use crate::access::template::{
    Environment, Lazy, Made, Origin, Resolver, account_in, arn_parts, function_of, is_account, is_region, partition,
};
use crate::access::world::{
    Action, ActionLabel, Kept, Pipeline, PipelineLabel, RULE, Store, StoreKey, World, full_key_name,
};
use crate::filled::filled;
use crate::names::artifacts_prefix;

/// A pipeline as its template has it.
#[derive(Debug)]
pub(crate) struct PipelineSource<'t> {
    pub(crate) made: Made,
    pub(crate) properties: &'t Json<'t>,
    /// The actions that were [taken](take_actions) out of it, if there are any.
    pub(crate) taken: Vec<Action>,
    /// What it tells of its actions beside their declarations.
    pub(crate) told: Option<&'t Json<'t>>,
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
        if let Some(told) = source.told {
            let mut told = told::read(resolver, source.made.stack, told);
            for action in &mut *actions {
                action.told = told.remove(&[&*action.label.stage, "/", &action.label.name].concat()).map(Box::new);
            }
        }
        actions.iter_mut().for_each(|action| leave_variables_open(action, resolver));
    }
    let unread = pipelines.iter().flat_map(|Pipeline { actions, label, .. }| {
        let unread = actions.iter().filter(|action| action.get("EnvironmentVariables").is_some_and(is_unread));
        unread.map(|action| {
            let ActionLabel { stage, name, .. } = &*action.label;
            format!(
                "the `EnvironmentVariables` of the action `{stage}/{name}` of the pipeline `{}`, which are not known here, \
                 name nothing in Parameter Store or Secrets Manager",
                label.name
            )
        })
    });
    world.doubts.extend(unread);
    pipelines
}

/// Whether variables of a build are not known.
fn is_unread(variables: &str) -> bool {
    symbol::is_symbolic(variables) && serde_json::from_str::<serde_json::Value>(variables).is_err()
}

/// Puts a symbol in the place of each variable of an action: what a run fills in is not known. Variables of a build are
/// read by themselves.
fn leave_variables_open(action: &mut Action, resolver: &Resolver<'_>) {
    let settings = action.configuration.iter_mut().filter(|(key, _)| &**key != "EnvironmentVariables");
    let calls = action.told.iter_mut().filter_map(|told| told.calls.as_mut()).flatten();
    for value in settings.map(|(_, value)| value).chain(calls.flat_map(|call| &mut call.resources)) {
        let symbol = |variable: &str| resolver.memory.text_symbol(&format!("variable {variable}"), Origin::Other);
        if let Some(filled) = filled(value, symbol) {
            *value = filled.into();
        }
    }
}

fn read<'t>(
    world: &World,
    resolver: &Resolver<'t>,
    source: &PipelineSource<'t>,
    object: char,
    doubts: &mut Vec<String>,
) -> Pipeline {
    let made = &source.made;
    let properties = Lazy::new(resolver, made.stack, source.properties);
    let Environment { account, region } = &world.environments[made.stack];
    let name = properties.text_of("Name").map(Cow::into_owned).unwrap_or_else(|| {
        // Without a name, CloudFormation makes one up; `Ref` of the pipeline has the same symbol.
        let label = format!("id of {} in {}", made.logical_id, world.stack_name(made));
        let origin = Origin::Made { stack: made.stack, logical_id: made.logical_id.to_string(), attribute: None };
        resolver.memory.name_symbol(&label, origin).to_string()
    });
    let label = PipelineLabel {
        name: if name.is_ascii() { name.clone() } else { made.logical_id.to_string() },
        stack: Arc::clone(world.stack_name(made)),
        template: made.stack,
        logical_id: Arc::clone(&made.logical_id),
        account: account.to_string(),
        region: region.to_string(),
    };
    let arn = format!("arn:{}:codepipeline:{region}:{account}:{name}", partition(region)).into();
    let role: Arc<str> = properties.text_of("RoleArn").unwrap_or_default().into();
    let folder = (name.is_ascii() && !name.is_empty()).then(|| artifacts_prefix(&name));
    let object = format!("{}{object}", folder.as_deref().unwrap_or_default());
    let stores = Stores { world, resolver, label: &label, object: &object, doubts }.all(&properties);
    let home = Home { account, region, role: Arc::clone(&role), texts: Texts::default() };
    let actions = home.actions(&properties, &label, doubts);
    Pipeline { label: Arc::new(label), made: made.clone(), name, arn, role, folder, stores, actions }
}

/// Takes those actions out of a resource, if it is a pipeline, that name their role and of which nothing has to be
/// computed, and leaves `null` in their places. `None` if there are none, or if the places of actions or of the
/// pipeline are not known.
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

    /// The actions that a pipeline still has.
    fn actions(&self, properties: &Lazy<'_, '_>, label: &PipelineLabel, doubts: &mut Vec<String>) -> Vec<Action> {
        let (mut actions, mut rules, mut position, mut left_open) = (Vec::new(), Vec::new(), 0, BTreeSet::new());
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
                    actions.push(self.action(&stage_name, position, declared));
                }
                position += 1;
            });
            for place in ["BeforeEntry", "OnSuccess", "OnFailure"] {
                let Some(place) = stage.get(place) else { continue };
                place.each_of("Conditions", &mut |condition| {
                    condition.each_of("Rules", &mut |rule| {
                        rules.extend(is_known(rule).then(|| self.rule(&stage_name, rule)));
                    });
                });
            }
        });
        for rule in rules {
            actions.push(rule(position));
            position += 1;
        }
        let name = &label.name;
        doubts.extend(left_open.into_iter().map(|function| {
            let what =
                function.map_or_else(|| "something else".to_owned(), |function| format!("what `{function}` makes"));
            format!(
                "{what} in the place of stages or actions of the pipeline `{name}` needs nothing that is not allowed"
            )
        }));
        actions
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
        let name = declared.text_of("Name").unwrap_or_default();
        self.performed(stage, &name, "ActionTypeId", position, declared)
    }

    /// A rule of a condition: with its place, when all actions have theirs, it is one more action.
    fn rule(&self, stage: &str, declared: &Lazy<'_, '_>) -> impl FnOnce(usize) -> Action + use<> {
        let name = format!("{RULE}{}", declared.text_of("Name").unwrap_or_default());
        let mut rule = self.performed(stage, &name, "RuleTypeId", 0, declared);
        move |position| {
            Arc::make_mut(&mut rule.label).position = position;
            rule
        }
    }

    fn performed(&self, stage: &str, name: &str, id: &str, position: usize, declared: &Lazy<'_, '_>) -> Action {
        let id = declared.get(id);
        let shared = |text: &str| self.texts.shared(text);
        let kind = |part: &str| shared(&id.as_ref().and_then(|id| id.text_of(part)).unwrap_or_default());
        let names = |key: &str| {
            let mut names = Vec::with_capacity(declared.get(key).as_ref().map_or(0, Lazy::len));
            declared.each_of(key, &mut |artifact| names.extend(artifact.text_of("Name").map(|name| shared(&name))));
            names.into()
        };
        let own_role = declared.text_of("RoleArn");
        let role = own_role.as_deref().map_or_else(|| Arc::clone(&self.role), shared);
        let account = shared(account_in(&role).unwrap_or(self.account));
        let region = shared(declared.text_of("Region").as_deref().unwrap_or(self.region));
        let mut configuration = Vec::with_capacity(declared.get("Configuration").as_ref().map_or(0, Lazy::len));
        declared.each_case_of("Configuration", &mut |settings| {
            let settings =
                settings.members().filter_map(|(key, value)| Some((shared(key), shared(&value.into_text()?))));
            configuration.extend(settings);
        });
        let variables = declared.get("EnvironmentVariables");
        let kept = |one: Lazy<'_, '_>| Kept::of(&one.text_of("Type")?, &one.text_of("Value")?);
        Action {
            label: Arc::new(ActionLabel {
                stage: shared(stage),
                name: name.into(),
                provider: kind("Provider"),
                account,
                region,
                position,
            }),
            category: kind("Category"),
            owner: kind("Owner"),
            configuration: configuration.into(),
            kept: variables.iter().flat_map(Lazy::items).filter_map(kept).collect(),
            role,
            own_role: own_role.is_some(),
            inputs: names("InputArtifacts"),
            outputs: names("OutputArtifacts"),
            told: None,
        }
    }
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
            stores.entry(region).or_insert(store);
        };
        properties.each_case_of("ArtifactStore", &mut |store| add(label.region.clone(), store));
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
        let mut named = None;
        declared.each_case_of("EncryptionKey", &mut |key| {
            named = named.take().or_else(|| key.text_of("Id").map(Cow::into_owned));
        });
        let base = format!("arn:{}:kms:{region}:{account}", partition(region));
        let key = named.map_or(StoreKey::Aws, |named| self.key(named, &bucket, &base));
        let object = format!("{arn}/{object}").into();
        Store { region: region.to_owned(), bucket, arn, object, account, key }
    }

    /// The key that a store's declaration means. An id or a bare alias is looked up by whoever uses it, in its own
    /// account; here it is read as the person who wrote it meant it, and that it fails in other accounts is found
    /// separately.
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
