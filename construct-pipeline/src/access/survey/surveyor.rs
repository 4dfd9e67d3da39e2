//! Reads the templates into a [`World`].

mod documents;
mod given;
mod roles;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use construct_iam::access::{Json, Members, symbol};
use serde_json::{Value, json};

use documents::DocumentAt;
use roles::RoleNames;

use super::outside::Outside;
use super::pipelines::{PipelineSource, pipelines};
use super::sheet::{SettledRole, Sheet};
use super::stacks::Stacks;
use crate::access::policies::{Early, PolicyIx, PolicyKind, Slot, Statements, Told, everything};
use crate::access::template::{Lazy, Made, Resolver, Template, Templates, short_name};
use crate::access::world::{
    Bucket, BuildLogs, Guarded, Kept, Key, Pipeline, Project, Rule, Target, Variable, World, full_key_name,
};

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
                "stack `{}` does not say its account and region: all such stacks are taken to be in one and the same place",
                surveyor.resolver.stack_label(stack)
            ));
        }
    }
    for (stack, template) in templates.all.iter().enumerate() {
        surveyor.world.doubts.extend(not_looked_into(template, surveyor.resolver.stack_label(stack)));
    }
    surveyor.world.environments = surveyor.resolver.environments().to_vec();
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
    let mut left: Vec<String> = transforms
        .map(|one| {
            format!("the transform `{}` of stack `{stack}` changes nothing that pipelines have to do with", name(one))
        })
        .collect();
    let resources = template.section("Resources").into_iter().flat_map(Members::iter);
    let nested = resources.filter(|(_, one)| one["Type"].as_str() == Some("AWS::CloudFormation::Stack"));
    let nested: Vec<String> = nested.map(|(logical_id, _)| format!("`{logical_id}`")).collect();
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
                // Whoever may use SNS in an account may use the key that AWS manages for it there.
                let key = self.key_name(reading, "KmsMasterKeyId").filter(|key| !key.contains(":alias/aws/"));
                self.guarded(reading, None, key);
            }
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
                if let (Some(name), Some(ix)) = (self.text(reading, "RoleName"), self.document(reading)) {
                    self.attach(reading.stack, &name, ix);
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

    fn bucket(&mut self, reading: Reading<'t>) {
        let Some(arn) = self.arn(reading) else { return };
        let name = self.resolver.physical_id(reading.stack, reading.logical_id);
        let encryption = self.lazily(reading, "BucketEncryption");
        let rules = encryption.as_ref().and_then(|value| value.get("ServerSideEncryptionConfiguration"));
        let rule = rules.as_ref().and_then(|rules| rules.items().next());
        let flag = rule.as_ref().and_then(|rule| rule.get("BucketKeyEnabled"));
        let bucket_key = flag.map_or(Some(false), |flag| flag.flag());
        let versions = self.property(reading, "VersioningConfiguration").and_then(|value| value.get("Status"));
        let keeps_versions = versions.is_some_and(|status| self.resolver.text(reading.stack, status) != "Suspended");
        let default = rule.as_ref().and_then(|rule| rule.get("ServerSideEncryptionByDefault"));
        let default_key = default.and_then(|default| Some(default.get("KMSMasterKeyID")?.as_text()));
        let account = self.account(reading.stack);
        let made = Some(self.made(reading));
        let bucket = Bucket { arn, account, made, policy: None, bucket_key, keeps_versions, default_key };
        self.world.buckets.insert(name, bucket);
    }

    fn key(&mut self, reading: Reading<'t>) {
        let Some(arn) = self.arn(reading) else { return };
        let account = self.account(reading.stack);
        let policy = match self.document(reading) {
            Some(policy) => policy,
            None => {
                // What KMS writes where nothing is written: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
                let mut document = everything();
                let root = format!("arn:{}:iam::{account}:root", self.resolver.partition(reading.stack));
                if let Some(statement) = document.pointer_mut("/Statement/0").and_then(Value::as_object_mut) {
                    statement.insert("Action".to_owned(), json!("kms:*"));
                    statement.insert("Principal".to_owned(), json!({ "AWS": root }));
                }
                let slot = Slot::Property("KeyPolicy");
                let at = DocumentAt { reading, slot, kind: PolicyKind::Key, name: None };
                self.computed(at, Cow::Owned(document.into()))
            }
        };
        let made = Some(self.made(reading));
        self.world.keys.insert(Arc::clone(&arn), Key { arn, made, policy, aliases: Some(Vec::new()) });
    }

    /// What the ARNs of keys and aliases of a stack begin with.
    fn kms(&self, stack: usize) -> String {
        let (account, region) = (self.resolver.account(stack), self.resolver.region(stack));
        ["arn:", self.resolver.partition(stack), ":kms:", region, ":", account].concat()
    }

    fn alias(&mut self, reading: Reading<'t>) {
        let (Some(name), Some(target)) = (self.text(reading, "AliasName"), self.text(reading, "TargetKeyId")) else {
            return;
        };
        let base = self.kms(reading.stack);
        let target = if target.starts_with("arn:") { target } else { [&*base, ":key/", &target].concat() };
        let target: Arc<str> = target.into();
        self.world.aliases.insert([&*base, ":", &name].concat(), Arc::clone(&target));
        if let Some(aliases) = self.world.keys.get_mut(&target).and_then(|key| key.aliases.as_mut()) {
            aliases.push(name);
        }
    }

    fn project(&mut self, reading: Reading<'t>) {
        let (Some(arn), Some(role)) = (self.arn(reading), self.text(reading, "ServiceRole")) else { return };
        let key = self.key_name(reading, "EncryptionKey");
        let logs = self.build_logs(reading, &arn);
        let variables = self.build_variables(reading);
        let project = Project { role, key, made: Some(self.made(reading)), logs, variables };
        self.world.projects.insert(arn, project);
    }

    fn build_variables(&self, reading: Reading<'t>) -> Vec<Variable> {
        let environment = self.lazily(reading, "Environment");
        let variables = environment.as_ref().and_then(|environment| environment.get("EnvironmentVariables"));
        let variable = |one: Lazy<'_, '_>| {
            let kept = one.text_of("Type").and_then(|kind| Kept::of(&kind, &one.text_of("Value")?));
            Some(Variable { name: one.text_of("Name")?.into_owned(), kept })
        };
        variables.iter().flat_map(Lazy::items).filter_map(variable).filter(|one| one.kept.is_some()).collect()
    }

    /// Where the builds of a project write their logs.
    /// <https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CloudWatchLogsConfig.html>
    fn build_logs(&self, reading: Reading<'t>, project: &str) -> Option<BuildLogs> {
        let config = self.lazily(reading, "LogsConfig");
        let logs = config.as_ref().and_then(|config| config.get("CloudWatchLogs"));
        let told = |key: &str| Some(logs.as_ref()?.text_of(key)?.into_owned());
        if told("Status").is_some_and(|status| status == "DISABLED") {
            return None;
        }
        let (base, name) = project.split_once(":project/")?;
        let named = told("GroupName");
        let makes_group = named.is_none();
        let group = named.unwrap_or_else(|| ["/aws/codebuild/", name].concat());
        let stream = told("StreamName").map(|prefix| prefix + "/").unwrap_or_default();
        Some(BuildLogs {
            group: [&base.replacen(":codebuild:", ":logs:", 1), ":log-group:", &group].concat(),
            stream,
            makes_group,
        })
    }

    /// The ARN of the key that a property names, or that of its alias.
    fn key_name(&self, reading: Reading<'t>, property: &str) -> Option<String> {
        let named = self.text(reading, property)?;
        Some(full_key_name(&named, &self.kms(reading.stack)))
    }

    fn pipeline(&mut self, reading: Reading<'t>) {
        let resource = self.resolver.templates().all[reading.stack].resource(reading.logical_id);
        if let Some(properties) = resource.and_then(|resource| resource.get("Properties")) {
            let taken = &mut self.sheets[reading.stack].actions;
            let taken = taken.iter_mut().find(|(number, _)| *number == reading.number);
            let taken = taken.map(|(_, actions)| std::mem::take(actions)).unwrap_or_default();
            self.pipelines.push(PipelineSource { made: self.made(reading), properties, taken });
        }
    }

    fn rule(&mut self, reading: Reading<'t>) {
        let resolver = &self.resolver;
        let pattern = self.property(reading, "EventPattern").map(|value| resolver.value(reading.stack, value));
        let target = |target: Lazy<'_, '_>| {
            let role = target.get("RoleArn").map(|role| role.as_text());
            Some(Target { arn: target.get("Arn")?.as_text(), role })
        };
        let targets = self.lazily(reading, "Targets");
        let targets = targets.iter().flat_map(Lazy::items).filter_map(target).collect();
        let bus = self.text(reading, "EventBusName").unwrap_or_else(|| "default".to_owned());
        let rule = Rule {
            made: self.made(reading),
            account: self.account(reading.stack),
            region: self.resolver.region(reading.stack).to_owned(),
            bus: short_name(&bus).to_owned(),
            pattern: pattern.map(|pattern| pattern.to_static()).unwrap_or_default(),
            enabled: self.text(reading, "State").is_none_or(|state| state != "DISABLED"),
            targets,
        };
        self.world.rules.add(rule);
    }

    fn guarded(&mut self, reading: Reading<'t>, policy: Option<PolicyIx>, key: Option<String>) {
        let Some(arn) = self.arn(reading) else { return };
        let made = Some(self.made(reading));
        self.world.guarded.insert(arn, Guarded { made, policies: policy.into_iter().collect(), key });
    }

    fn bucket_policy(&mut self, reading: Reading<'t>) {
        let Some(name) = self.text(reading, "Bucket") else { return };
        let Some(mut policy) = self.document(reading) else { return };
        let (account, partition) = (self.account(reading.stack), self.resolver.partition(reading.stack));
        // A bucket that no template makes may have its policy here; it can only be set in the account of the bucket.
        let bucket = self.world.buckets.entry(name.clone()).or_insert_with(|| Bucket {
            arn: format!("arn:{partition}:s3:::{name}").into(),
            account,
            made: None,
            policy: None,
            bucket_key: None,
            keeps_versions: false,
            default_key: None,
        });
        if bucket.policy.is_some() {
            // A bucket has one policy: which of two wins, the templates do not say.
            policy = self.world.policies.unknown(&format!("the two policies of bucket {name}"));
        }
        bucket.policy = Some(policy);
    }

    fn bus_policy(&mut self, reading: Reading<'t>) {
        let bus = self.text(reading, "EventBusName").unwrap_or_else(|| "default".to_owned());
        let (account, region) = (self.resolver.account(reading.stack), self.resolver.region(reading.stack));
        let arn = format!(
            "arn:{}:events:{region}:{account}:event-bus/{}",
            self.resolver.partition(reading.stack),
            short_name(&bus)
        );
        let (statement, property) = match self.property(reading, "Statement") {
            Some(statement) => (self.resolver.value(reading.stack, statement).into_owned(), "Statement"),
            None => {
                let part = |name| self.text(reading, name).unwrap_or_default();
                let principal = part("Principal");
                let principal = if principal == "*" { json!("*") } else { json!({ "AWS": principal }) };
                let (effect, action) = ("Allow", part("Action"));
                let statement = json!({ "Effect": effect, "Principal": principal, "Action": action, "Resource": arn });
                (statement.into(), "")
            }
        };
        let members = [("Version".into(), "2012-10-17".into()), ("Statement".into(), Json::Array([statement].into()))];
        let document = Json::Object(members.into_iter().collect());
        let ix = if reading.doubtful {
            self.world.policies.unknown(reading.logical_id)
        } else {
            let slot = Slot::Property(property);
            self.computed(DocumentAt { reading, slot, kind: PolicyKind::Bus, name: None }, Cow::Owned(document))
        };
        // Each statement of a bus is a resource of its own; they are kept apart so that each is cited at its place.
        self.world.guarded.entry(arn.into()).or_default().policies.push(ix);
    }

    fn topic_policy(&mut self, reading: Reading<'t>) {
        let resolver = &self.resolver;
        let topics = self.property(reading, "Topics").map(|value| resolver.value(reading.stack, value).into_owned());
        let Some(Json::Array(topics)) = topics else { return };
        let Some(policy) = self.document(reading) else { return };
        for topic in topics {
            let arn = self.resolver.as_text(&topic);
            self.world.guarded.entry(arn.into()).or_default().policies.push(policy);
        }
    }
}
