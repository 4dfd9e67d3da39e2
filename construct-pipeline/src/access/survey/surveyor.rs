//! Reads the templates into a [`World`].

mod builds;
mod documents;
mod events;
mod given;
mod left;
mod roles;
mod stores;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use construct_iam::access::{Json, Members, symbol};

use left::left_open;
use roles::RoleNames;

use super::outside::Outside;
use super::pipelines::{PipelineSource, pipelines};
use super::sheet::{SettledRole, Sheet};
use super::stacks::Stacks;
use super::told::TOLD;
use crate::access::policies::{Early, PolicyIx, PolicyKind, Slot, Statements, Told};
use crate::access::template::{Lazy, Made, Resolver, Template, Templates, is_loop};
use crate::access::world::{Pipeline, World, is_of_aws};

/// What is read from templates.
pub(crate) struct Surveyed {
    pub(crate) world: World,
    pub(crate) pipelines: Vec<Pipeline>,
    pub(crate) stacks: Stacks,
    /// What is left of those that were given.
    pub(crate) sheets: Vec<Sheet>,
}

/// Reads templates and outside facts; `sheets` say what the templates tell by themselves.
pub(crate) fn survey<'t>(
    templates: &'t Templates<'t>,
    sheets: Vec<Sheet>,
    opened: Vec<Vec<((usize, Slot), Early)>>,
    statements: &Statements<'_>,
    outside: &Outside,
) -> Surveyed {
    let mut surveyor = Surveyor {
        resolver: Resolver::new(templates),
        sheets,
        opened,
        computed: Vec::new(),
        world: World::default(),
        pipelines: Vec::new(),
        role_names: RoleNames::default(),
        managed: BTreeMap::new(),
    };
    for stack in 0..templates.all.len() {
        surveyor.world.stacks.push(surveyor.resolver.stack_label(stack).into());
        if [surveyor.resolver.account(stack), surveyor.resolver.region(stack)].into_iter().any(symbol::is_symbolic) {
            surveyor.world.doubts.push(format!(
                "stack `{}` does not say its account and region: all such stacks are taken to be in one and the same place, in an account of which no template tells the number",
                surveyor.resolver.stack_label(stack)
            ));
        }
    }
    for (stack, template) in templates.all.iter().enumerate() {
        surveyor.world.doubts.extend(not_looked_into(template, surveyor.resolver.stack_label(stack)));
        surveyor.world.doubts.extend(left_open(&surveyor.resolver, stack, template));
    }
    surveyor.world.environments = surveyor.resolver.environments().to_vec();
    let of_assembly = templates.all.iter().zip(&surveyor.world.environments);
    let of_assembly = of_assembly.filter(|(template, _)| template.dependencies.is_some());
    surveyor.world.assembled = of_assembly
        .map(|(template, at)| [Arc::clone(&at.account), Arc::clone(&at.region), template.stack_name().into()])
        .collect();
    surveyor.world.doubts.extend(surveyor.resolver.doubts().iter().cloned());
    surveyor.world.unreadable.clone_from(&templates.unreadable);
    let n_opened: usize = surveyor.opened.iter().map(Vec::len).sum();
    let settled = surveyor.sheets.iter().flat_map(|sheet| &sheet.roles);
    surveyor.world.policies.expect(n_opened + settled.clone().map(SettledRole::n_policies).sum::<usize>());
    let n_roles = settled.count();
    surveyor.world.roles.reserve(n_roles);
    surveyor.role_names.expect(n_roles);
    surveyor.outside(outside);
    for reading in surveyor.resources() {
        surveyor.attachment(reading);
    }
    surveyor.settle_accounts();
    let Surveyor { resolver, sheets, computed, mut world, pipelines, .. } = surveyor;
    world.policies.fill_all(resolver.map(&computed, |resolver, one| (one.ix, one.digest(resolver, statements))));
    world.policies.note_keys([statements]);
    // All policies have their places, and nothing is compiled any more.
    drop(computed);
    let pipelines = self::pipelines(&mut world, &resolver, pipelines);
    let stacks = Stacks::of(&resolver, &sheets);
    world.symbols = resolver.into_symbols();
    Surveyed { world, pipelines, stacks, sheets }
}

/// What a template leaves to others, in words.
fn not_looked_into(template: &Template<'_>, stack: &str) -> Vec<String> {
    /// More names say no more.
    const MOST: usize = 5;
    let transforms = template.body.get("Transform").into_iter().flat_map(Json::one_or_many);
    let name = |transform: &Json<'_>| transform.as_str().or(transform["Name"].as_str()).unwrap_or_default().to_owned();
    // The functions of this one are known, or count as not known where they stand.
    let transforms = transforms.map(name).filter(|name| name != "AWS::LanguageExtensions");
    let mut left: Vec<String> = transforms
        .map(|name| format!("the transform `{name}` of stack `{stack}` changes nothing that pipelines have to do with"))
        .collect();
    let loops = template.section("Resources").into_iter().flat_map(Members::keys).filter(|name| is_loop(name));
    left.extend(loops.map(|name| {
        format!("what `{name}` of stack `{stack}` makes, which goes over what is not known here, has nothing to do with pipelines")
    }));
    let resources = template.section("Resources").into_iter().flat_map(Members::iter);
    let nested = resources.filter(|(_, one)| one["Type"].as_str() == Some("AWS::CloudFormation::Stack"));
    let nested: Vec<String> = nested.map(|(logical_id, _)| format!("`{logical_id}`")).collect();
    if calls(&template.body, "Fn::Transform") {
        left.push(format!(
            "what `Fn::Transform` puts into stack `{stack}` changes nothing that pipelines have to do with"
        ));
    }
    if !nested.is_empty() {
        let names = nested[..nested.len().min(MOST)].join(", ");
        let more = nested.len().checked_sub(MOST + 1).map(|n| format!(" and {} more", n + 1)).unwrap_or_default();
        left.push(format!(
            "the nested stacks {names}{more} of stack `{stack}`, of which no template is read, have no pipeline and nothing that \
             pipelines have to do with"
        ));
    }
    left
}

/// Whether a function is called somewhere, beside other members too.
fn calls(json: &Json<'_>, function: &str) -> bool {
    match json {
        Json::Array(items) => items.iter().any(|item| calls(item, function)),
        Json::Object(map) => map.iter().any(|(name, value)| name == function || calls(value, function)),
        _ => false,
    }
}

/// A policy that is compiled when all that have to be are known.
struct Computed<'t> {
    ix: PolicyIx,
    name: String,
    document: Cow<'t, Json<'t>>,
    kind: PolicyKind,
    /// The statements that are compiled already, by their numbers.
    known: Vec<Option<Told>>,
    /// Of which template the functions in the other statements are, if they are not computed yet.
    open: Option<usize>,
}

/// A resource that is being read.
#[derive(Clone, Copy)]
struct Reading<'t> {
    stack: usize,
    /// Which resource of its template it is.
    number: usize,
    logical_id: &'t str,
    kind: &'t str,
    properties: Option<&'t Members<'t>>,
    /// Whether the condition of the resource is open.
    doubtful: bool,
}

pub(crate) struct Surveyor<'t> {
    pub(crate) resolver: Resolver<'t>,
    sheets: Vec<Sheet>,
    opened: Vec<Vec<((usize, Slot), Early)>>,
    /// Policies with functions; they are compiled on all cores.
    computed: Vec<Computed<'t>>,
    pub(crate) world: World,
    pub(crate) pipelines: Vec<PipelineSource<'t>>,
    pub(crate) role_names: RoleNames,
    /// Managed policies by ARN.
    pub(crate) managed: BTreeMap<Arc<str>, PolicyIx>,
}

impl<'t> Surveyor<'t> {
    /// Reads what resources are by themselves, and gives those that may say something about others.
    fn resources(&mut self) -> Vec<Reading<'t>> {
        let mut open = Vec::new();
        for (stack, template) in self.resolver.templates().all.iter().enumerate() {
            let mut settled = std::mem::take(&mut self.sheets[stack].roles).into_iter().peekable();
            let mut resources = template.section("Resources").into_iter().flat_map(Members::iter);
            for number in 0..self.sheets[stack].resources.len() {
                let resource = resources.next();
                match (settled.next_if(|role| role.number == number), resource) {
                    (Some(role), _) => self.settled_role(stack, role),
                    (None, Some((logical_id, resource))) => {
                        if let Some(reading) = self.reading(stack, number, logical_id, resource) {
                            self.resource(reading);
                            open.push(reading);
                        }
                    }
                    (None, None) => {}
                }
            }
        }
        open
    }

    /// A resource, if it has a type and will be there.
    fn reading(&self, stack: usize, number: usize, logical_id: &'t str, resource: &'t Json<'t>) -> Option<Reading<'t>> {
        let resource = resource.as_object()?;
        let kind = resource.get("Type")?.as_str()?;
        let exists = self.resolver.exists(stack, resource);
        if exists == Some(false) {
            return None;
        }
        let properties = resource.get("Properties").and_then(Json::as_object);
        Some(Reading { stack, number, logical_id, kind, properties, doubtful: exists.is_none() })
    }

    fn resource(&mut self, reading: Reading<'t>) {
        match reading.kind {
            "AWS::IAM::Role" => self.role(reading),
            "AWS::IAM::ManagedPolicy" => {
                if let (Some(arn), Some(ix)) = (self.arn(reading), self.document(reading)) {
                    self.managed.insert(arn, ix);
                }
            }
            "AWS::S3::Bucket" => self.bucket(reading),
            "AWS::KMS::Key" => self.key(reading),
            "AWS::CodeBuild::Project" => self.project(reading),
            "AWS::CodePipeline::Pipeline" => self.pipeline(reading),
            "AWS::Events::Rule" => self.rule(reading),
            "AWS::SNS::Topic" => {
                let key = self.key_name(reading, "KmsMasterKeyId").filter(|key| !is_of_aws(key));
                self.guarded(reading, None, key);
            }
            "AWS::SecretsManager::Secret" => self.secret(reading),
            "AWS::CodeCommit::Repository" => self.repository(reading),
            "AWS::Events::EventBus" => self.guarded(reading, None, None),
            "AWS::ECR::Repository" => {
                let policy = self.document(reading);
                self.guarded(reading, policy, None);
            }
            _ => {}
        }
    }

    /// What a resource says about another one, once all are known.
    fn attachment(&mut self, reading: Reading<'t>) {
        match reading.kind {
            "AWS::IAM::Role" => self.managed_policies(reading),
            "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" => self.policy_for_roles(reading),
            "AWS::IAM::RolePolicy" => {
                if let Some(ix) = self.document(reading) {
                    self.attach_to(reading, "RoleName", ix);
                }
            }
            "AWS::S3::BucketPolicy" => self.bucket_policy(reading),
            "AWS::KMS::Alias" => self.alias(reading),
            "AWS::CodeBuild::Project" => self.named_role(reading),
            "AWS::Events::EventBusPolicy" => self.bus_policy(reading),
            "AWS::SNS::TopicPolicy" => self.topic_policy(reading),
            // Nothing is asked of these, but the principals in them have to exist.
            "AWS::SQS::QueuePolicy" | "AWS::SecretsManager::ResourcePolicy" => drop(self.document(reading)),
            "AWS::IAM::User" => drop(self.arn(reading).map(|arn| self.world.users.insert(arn, self.made(reading)))),
            _ => {}
        }
    }

    fn made(&self, reading: Reading<'_>) -> Made {
        Made { stack: reading.stack, logical_id: self.shared_id(reading) }
    }

    fn shared_id(&self, reading: Reading<'_>) -> Arc<str> {
        Arc::clone(&self.sheets[reading.stack].resources[reading.number].logical_id)
    }

    /// The ARN that tells the resource from all others. Of one that cannot be told apart nothing is known.
    fn arn(&self, reading: Reading<'t>) -> Option<Arc<str>> {
        let Reading { stack, number, logical_id, kind, properties, .. } = reading;
        let computed = || self.resolver.arn_of(stack, logical_id, kind, properties).map(Into::into);
        let arn = self.sheets[stack].resources[number].arn.clone().or_else(computed);
        arn.filter(|arn: &Arc<str>| !arn.contains(symbol::UNKNOWN))
    }

    fn property(&self, reading: Reading<'t>, name: &str) -> Option<&'t Json<'t>> {
        reading.properties?.get(name)
    }

    /// A property that is computed as far as somebody looks.
    fn lazily(&self, reading: Reading<'t>, name: &str) -> Option<Lazy<'_, 't>> {
        Lazy::of(&self.resolver, reading.stack, self.property(reading, name)?)
    }

    fn text(&self, reading: Reading<'t>, name: &str) -> Option<String> {
        let value = self.property(reading, name)?;
        Some(self.resolver.text(reading.stack, value)).filter(|text| !text.is_empty())
    }

    fn account(&self, stack: usize) -> String {
        self.resolver.account(stack).to_owned()
    }

    fn pipeline(&mut self, reading: Reading<'t>) {
        let resource = self.resolver.templates().all[reading.stack].resource(reading.logical_id);
        let said = |resource: &'t Members<'t>| Some((resource.get("Properties")?, resource.get("Metadata")));
        if let Some((properties, metadata)) = resource.and_then(said) {
            let taken = &mut self.sheets[reading.stack].actions;
            let taken = taken.iter_mut().find(|(number, _)| *number == reading.number);
            let taken = taken.map(|(_, actions)| std::mem::take(actions)).unwrap_or_default();
            let told = metadata.and_then(|metadata| metadata.get(TOLD));
            self.pipelines.push(PipelineSource { made: self.made(reading), properties, taken, told });
        }
    }
}
