//! Makes the picture of an assembly from its templates.
//!
//! Only what pipelines touch is drawn beside the stacks: their stores and roles. Roles and stores that no stack of the
//! assembly holds are drawn where their ARN, or the pipeline, says that they are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Edge, EdgeKind, Graph, Kind, Node};
use crate::model::{Model, Stack};
use crate::template::{Place, Resolver, Text};

pub(super) const RUN_ORDER: &str = "runOrder";

/// What the CDK writes for an account that the deployment decides.
const UNKNOWN_ACCOUNT: &str = "unknown-account";

const ROLE: &str = "AWS::IAM::Role";
const BUCKET: &str = "AWS::S3::Bucket";
const ALIAS: &str = "AWS::KMS::Alias";
const PROJECT: &str = "AWS::CodeBuild::Project";
const PIPELINE: &str = "AWS::CodePipeline::Pipeline";

impl Graph {
    /// The picture of an assembly.
    pub(crate) fn of(model: &Model) -> Self {
        let resolver = Resolver::new(model.stacks());
        let index = Index::new(model.stacks(), &resolver);
        let mut builder = Builder {
            stacks: model.stacks(),
            resolver: &resolver,
            index,
            graph: Self::default(),
            ids: BTreeSet::new(),
            known: BTreeMap::new(),
            edges: BTreeMap::new(),
        };
        builder.stacks();
        builder.pipelines();
        builder.needs();
        builder.graph
    }
}

/// Where things are, by what they are called.
#[derive(Debug)]
struct Index<'a> {
    /// By stack and logical id: the type and the properties.
    resources: Vec<BTreeMap<&'a str, (&'static str, &'a Json)>>,
    /// Roles and projects by ARN; buckets by name.
    by_identity: BTreeMap<(&'static str, Text), Place<'a>>,
    /// Projects by account, region and name.
    projects: BTreeMap<(&'a str, &'a str, Text), Place<'a>>,
    /// The alias of each key that has one in the assembly.
    alias_of: BTreeMap<(usize, String), Text>,
}

impl<'a> Index<'a> {
    fn new(stacks: &'a [Stack], resolver: &Resolver<'a>) -> Self {
        let mut index = Self {
            resources: vec![BTreeMap::new(); stacks.len()],
            by_identity: BTreeMap::new(),
            projects: BTreeMap::new(),
            alias_of: BTreeMap::new(),
        };
        for (at, stack) in stacks.iter().enumerate() {
            for (kind, attribute) in [(ROLE, "Arn"), (BUCKET, "Ref"), (PROJECT, "Arn")] {
                for (logical_id, properties) in stack.template.resources_of(kind) {
                    let place = Place { stack: at, logical_id };
                    index.resources[at].insert(logical_id, (kind, properties));
                    index.by_identity.entry((kind, resolver.attribute(place, attribute))).or_insert(place);
                    if kind == PROJECT {
                        let name = resolver.attribute(place, "Ref");
                        index.projects.entry((&*stack.account, &*stack.region, name)).or_insert(place);
                    }
                }
            }
            for (_, properties) in stack.template.resources_of(ALIAS) {
                let key = resolver.text(at, &properties["TargetKeyId"]);
                if let Some((stack, logical_id)) = key.resource() {
                    let alias = resolver.text(at, &properties["AliasName"]);
                    index.alias_of.entry((stack, logical_id.to_owned())).or_insert(alias);
                }
            }
        }
        index
    }

    /// The resource of a type that a name or ARN means.
    fn find(&self, kind: &'static str, identity: &Text) -> Option<Place<'a>> {
        if let Some((stack, logical_id)) = identity.resource()
            && let Some((logical_id, (found, _))) = self.resources[stack].get_key_value(logical_id)
            && *found == kind
        {
            return Some(Place { stack, logical_id });
        }
        self.by_identity.get(&(kind, identity.clone())).copied()
    }

    fn properties(&self, place: Place<'_>) -> &'a Json {
        self.resources[place.stack].get(place.logical_id).map_or(&Json::Null, |(_, properties)| properties)
    }
}

/// Whatever is drawn once, however often it is mentioned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Account(String),
    Region(String, String),
    Stack(usize),
    Resource(usize, String),
    Outside(&'static str, Text),
}

#[derive(Debug)]
struct Builder<'a> {
    stacks: &'a [Stack],
    resolver: &'a Resolver<'a>,
    index: Index<'a>,
    graph: Graph,
    ids: BTreeSet<String>,
    known: BTreeMap<Known, usize>,
    edges: BTreeMap<(usize, usize, EdgeKind), usize>,
}

/// A pipeline being drawn.
#[derive(Clone, Copy, Debug)]
struct Pipeline<'a> {
    stack: usize,
    node: usize,
    properties: &'a Json,
}

impl<'a> Builder<'a> {
    fn stacks(&mut self) {
        for (at, stack) in self.stacks.iter().enumerate() {
            let lane = self.region(&stack.account, &stack.region);
            let n = stack.template.n_resources();
            let wave = stack.wave.map_or_else(|| "no wave".into(), |wave| format!("wave {wave}"));
            let resources = format!("{n} {}", if n == 1 { "resource" } else { "resources" });
            let node = self.add(Node {
                lines: vec![format!("{wave}, {resources}")],
                facts: vec![("stackName", stack.name.clone()), ("resources", n.to_string())],
                ..node(Kind::Stack, &[&stack.id], &stack.name, Some(lane))
            });
            self.known.insert(Known::Stack(at), node);
        }
    }

    fn needs(&mut self) {
        for (at, stack) in self.stacks.iter().enumerate() {
            for &needed in &stack.needs {
                let ends = self.known.get(&Known::Stack(at)).zip(self.known.get(&Known::Stack(needed)));
                if let Some((&from, &to)) = ends {
                    self.edge(from, to, EdgeKind::Needs, "");
                }
            }
        }
    }

    fn pipelines(&mut self) {
        let stacks = self.stacks;
        for (at, stack) in stacks.iter().enumerate() {
            for (logical_id, properties) in stack.template.resources_of(PIPELINE) {
                let parent = self.known.get(&Known::Stack(at)).copied();
                let name = self.resolver.name_of(Place { stack: at, logical_id }).to_string();
                let kind = self.resolver.optional(at, &properties["PipelineType"]);
                let kind = kind.map_or_else(|| "V1".into(), |kind| kind.to_string());
                let node = self.add(Node {
                    lines: vec![format!("type {kind}")],
                    facts: vec![("logicalId", logical_id.to_owned()), ("pipelineType", kind)],
                    ..node(Kind::Pipeline, &[&stack.id, logical_id], &name, parent)
                });
                let pipeline = Pipeline { stack: at, node, properties };
                if let Some(role) = self.role(pipeline, &properties["RoleArn"], &stack.region) {
                    self.edge(node, role, EdgeKind::RunsAs, "");
                }
                self.stores(pipeline);
                self.actions(pipeline, logical_id);
            }
        }
    }

    fn actions(&mut self, pipeline: Pipeline<'a>, logical_id: &str) {
        let Pipeline { stack, node: pipeline_node, properties } = pipeline;
        let resolver = self.resolver;
        let id = &*self.stacks[stack].id;
        let mut producers: BTreeMap<Text, usize> = BTreeMap::new();
        let mut readers: Vec<(Text, usize)> = Vec::new();
        for declared_stage in resolver.items(stack, &properties["Stages"]) {
            let stage_name = resolver.text(stack, &declared_stage["Name"]).to_string();
            let stage = self.add(node(Kind::Stage, &[id, logical_id, &stage_name], &stage_name, Some(pipeline_node)));
            for declared in resolver.items(stack, &declared_stage["Actions"]) {
                let name = resolver.text(stack, &declared["Name"]).to_string();
                let path = [id, logical_id, &stage_name, &name];
                let action = self.action(pipeline, declared, node(Kind::Action, &path, &name, Some(stage)));
                for output in resolver.items(stack, &declared["OutputArtifacts"]) {
                    producers.entry(resolver.text(stack, &output["Name"])).or_insert(action);
                }
                for input in resolver.items(stack, &declared["InputArtifacts"]) {
                    readers.push((resolver.text(stack, &input["Name"]), action));
                }
            }
        }
        for (artifact, reader) in readers {
            if let Some(&producer) = producers.get(&artifact) {
                self.edge(producer, reader, EdgeKind::Artifact, &artifact.to_string());
            }
        }
    }

    fn action(&mut self, pipeline: Pipeline<'a>, declared: &'a Json, drawn: Node) -> usize {
        let Pipeline { stack, .. } = pipeline;
        let resolver = self.resolver;
        let home = &self.stacks[stack];
        let word = |key: &str| resolver.text(stack, &declared["ActionTypeId"][key]).to_string();
        let (category, owner, provider) = (word("Category"), word("Owner"), word("Provider"));
        let configuration = resolver.structure(stack, &declared["Configuration"]);
        let mode = resolver.optional(stack, &configuration["ActionMode"]).map(|mode| mode.to_string());
        let region = resolver.optional(stack, &declared["Region"]).map(|region| region.to_string());
        let region = region.unwrap_or_else(|| home.region.clone());
        let role = self.role(pipeline, &declared["RoleArn"], &region);
        let account = role.and_then(|role| self.account_of(role)).unwrap_or_else(|| home.account.clone());
        let run_order =
            resolver.optional(stack, &declared["RunOrder"]).map_or_else(|| "1".into(), |order| order.to_string());

        let mut lines = vec![match &mode {
            Some(mode) => format!("{provider} {mode}"),
            None if provider == "Manual" => format!("{provider} {}", category.to_lowercase()),
            None => provider.clone(),
        }];
        if (&account, &region) != (&home.account, &home.region) {
            lines.push(format!("in {account}/{region}"));
        }
        let mut facts = vec![("category", category), ("owner", owner), ("provider", provider.clone())];
        facts.extend(mode.map(|mode| ("actionMode", mode)));
        facts.extend([("account", account.clone()), ("region", region.clone()), (RUN_ORDER, run_order)]);
        let action = self.add(Node { lines, facts, ..drawn });

        if let Some(role) = role {
            self.edge(action, role, EdgeKind::Assumes, "");
        }
        if let Some(passed) = self.role(pipeline, &configuration["RoleArn"], &region) {
            self.edge(action, passed, EdgeKind::Passes, "");
        }
        if provider == "CodeBuild"
            && let Some(name) = resolver.optional(stack, &configuration["ProjectName"])
            && let Some(role) = self.project_role(&name, &account, &region)
        {
            self.edge(action, role, EdgeKind::RunsAs, "");
        }
        action
    }

    /// The role that a build works with, if its project is in the assembly.
    fn project_role(&mut self, name: &Text, account: &str, region: &str) -> Option<usize> {
        let projects: &BTreeMap<(&str, &str, Text), Place<'a>> = &self.index.projects;
        let by_name = projects.get(&(account, region, name.clone())).copied();
        let place = by_name.or_else(|| self.index.find(PROJECT, name))?;
        let properties = self.index.properties(place);
        let role = self.resolver.optional(place.stack, &properties["ServiceRole"])?;
        self.role_of(&role, region)
    }

    fn stores(&mut self, pipeline: Pipeline<'a>) {
        let Pipeline { stack, node, properties } = pipeline;
        let resolver = self.resolver;
        let home_region = &*self.stacks[stack].region;
        let mut stores: Vec<(String, usize)> = Vec::new();
        let single = resolver.structure(stack, &properties["ArtifactStore"]);
        stores.extend(self.store(stack, single, home_region).map(|store| (home_region.to_owned(), store)));
        for entry in resolver.items(stack, &properties["ArtifactStores"]) {
            let region = resolver.text(stack, &entry["Region"]).to_string();
            let declared = resolver.structure(stack, &entry["ArtifactStore"]);
            stores.extend(self.store(stack, declared, &region).map(|store| (region, store)));
        }
        let home = stores.iter().find(|(region, _)| region == home_region).map(|(_, store)| *store);
        for &(_, store) in &stores {
            match home {
                Some(home) if home != store => self.edge(home, store, EdgeKind::Replicates, ""),
                _ => self.edge(node, store, EdgeKind::Stores, ""),
            }
        }
    }

    fn store(&mut self, stack: usize, declared: &'a Json, region: &str) -> Option<usize> {
        let bucket = self.resolver.optional(stack, &declared["Location"])?;
        let key = self.resolver.structure(stack, &declared["EncryptionKey"]);
        let key = self.resolver.optional(stack, &key["Id"]);
        let place = self.index.find(BUCKET, &bucket);
        let known = match place {
            Some(place) => Known::Resource(place.stack, place.logical_id.to_owned()),
            None => Known::Outside(BUCKET, bucket.clone()),
        };
        if let Some(&node) = self.known.get(&known) {
            return Some(node);
        }
        let name = place.map_or(bucket, |place| self.resolver.name_of(place)).to_string();
        let key = key.or_else(|| place.and_then(|place| self.bucket_key(place)));
        let key = key.map_or_else(|| "AWS-managed key".into(), |key| self.key_words(&key));
        let mut drawn = match place {
            Some(place) => self.resource_node(Kind::Store, place, &name),
            None => {
                let account = self.stacks[stack].account.clone();
                let lane = self.region(&account, region);
                outside(node(Kind::Store, &["outside", &name], &name, Some(lane)))
            }
        };
        drawn.lines.insert(0, key.clone());
        drawn.facts.extend([("bucket", name), ("key", key)]);
        Some(self.draw(known, drawn))
    }

    /// The key with which a bucket encrypts by default.
    fn bucket_key(&self, place: Place<'a>) -> Option<Text> {
        let properties = self.index.properties(place);
        let encryption = self.resolver.structure(place.stack, &properties["BucketEncryption"]);
        let rule = self.resolver.items(place.stack, &encryption["ServerSideEncryptionConfiguration"]).next()?;
        self.resolver.optional(place.stack, &rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"])
    }

    /// A key by its alias if it has one, else as short as it can be told apart.
    fn key_words(&self, key: &Text) -> String {
        if let Some((stack, logical_id)) = key.resource() {
            let alias = self.index.alias_of.get(&(stack, logical_id.to_owned()));
            return alias.map_or_else(|| format!("key {logical_id}"), ToString::to_string);
        }
        match &*key.split(":") {
            [arn, _, _, _, _, resource @ ..] if arn.as_known() == Some("arn") && !resource.is_empty() => {
                resource.iter().map(ToString::to_string).collect::<Vec<_>>().join(":")
            }
            _ => key.to_string(),
        }
    }

    fn role(&mut self, pipeline: Pipeline<'a>, value: &Json, region: &str) -> Option<usize> {
        let role = self.resolver.optional(pipeline.stack, value)?;
        self.role_of(&role, region)
    }

    /// The node of a role. One that no stack holds stands in the lane of its account and of the region that uses it.
    fn role_of(&mut self, role: &Text, region: &str) -> Option<usize> {
        let place = self.index.find(ROLE, role);
        let known = match place {
            Some(place) => Known::Resource(place.stack, place.logical_id.to_owned()),
            None => Known::Outside(ROLE, role.clone()),
        };
        if let Some(&node) = self.known.get(&known) {
            return Some(node);
        }
        let drawn = match place {
            Some(place) => {
                let name = self.resolver.name_of(place).to_string();
                self.resource_node(Kind::Role, place, &name)
            }
            None => {
                let arn = role.to_string();
                if arn.is_empty() {
                    return None;
                }
                let in_arn = role.split(":").into_iter().nth(4).and_then(|part| part.as_known().map(str::to_owned));
                let account = in_arn.filter(|account| is_account(account)).unwrap_or_else(|| UNKNOWN_ACCOUNT.into());
                let lane = self.region(&account, region);
                let name = arn.rsplit_once('/').map_or(&*arn, |(_, name)| name);
                let mut drawn = outside(node(Kind::Role, &["outside", &arn], name, Some(lane)));
                drawn.facts.push(("arn", arn.clone()));
                drawn
            }
        };
        Some(self.draw(known, drawn))
    }

    /// The account in which a node lies.
    fn account_of(&self, mut at: usize) -> Option<String> {
        loop {
            let node = &self.graph.nodes[at];
            if node.kind == Kind::Account {
                return Some(node.name.clone());
            }
            at = node.parent?;
        }
    }

    fn resource_node(&self, kind: Kind, place: Place<'a>, name: &str) -> Node {
        let parent = self.known.get(&Known::Stack(place.stack)).copied();
        let facts = vec![("logicalId", place.logical_id.to_owned())];
        Node { facts, ..node(kind, &[&self.stacks[place.stack].id, place.logical_id], name, parent) }
    }

    fn region(&mut self, account: &str, region: &str) -> usize {
        let of_account = match self.known.get(&Known::Account(account.to_owned())) {
            Some(&node) => node,
            None => self.draw(Known::Account(account.to_owned()), node(Kind::Account, &[account], account, None)),
        };
        let known = Known::Region(account.to_owned(), region.to_owned());
        match self.known.get(&known) {
            Some(&node) => node,
            None => self.draw(known, node(Kind::Region, &[account, region], region, Some(of_account))),
        }
    }

    fn draw(&mut self, known: Known, node: Node) -> usize {
        let at = self.add(node);
        self.known.insert(known, at);
        at
    }

    /// Adds a node. Two that would have the same id, as two stages of one name, are numbered.
    fn add(&mut self, mut node: Node) -> usize {
        let mut n = 1;
        let plain = node.id.clone();
        while !self.ids.insert(node.id.clone()) {
            n += 1;
            node.id = format!("{plain}#{n}");
        }
        self.graph.nodes.push(node);
        self.graph.nodes.len() - 1
    }

    /// Adds an edge; several artifacts from one action to another share theirs.
    fn edge(&mut self, from: usize, to: usize, kind: EdgeKind, label: &str) {
        match self.edges.get(&(from, to, kind)) {
            Some(&at) => {
                let edge = &mut self.graph.edges[at];
                if !label.is_empty() && !edge.label.split(", ").any(|one| one == label) {
                    edge.label.push_str(", ");
                    edge.label.push_str(label);
                }
            }
            None => {
                self.edges.insert((from, to, kind), self.graph.edges.len());
                self.graph.edges.push(Edge { from, to, kind, label: label.to_owned() });
            }
        }
    }
}

/// A node whose id is made of its kind and of a path. A slash or number sign within a part of the path is escaped, as
/// they divide parts and tell apart what has the same path.
fn node(kind: Kind, path: &[&str], name: &str, parent: Option<usize>) -> Node {
    let parts: Vec<String> =
        path.iter().map(|part| part.replace('~', "~0").replace('/', "~1").replace('#', "~2")).collect();
    Node {
        id: format!("{}:{}", kind.as_str(), parts.join("/")),
        kind,
        name: name.to_owned(),
        lines: Vec::new(),
        parent,
        facts: Vec::new(),
    }
}

/// Marks what no stack of the assembly holds.
fn outside(mut node: Node) -> Node {
    node.lines.push("outside of the assembly".into());
    node.facts.push(("outside", "true".into()));
    node
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
