//! Makes the picture of an assembly from its templates.
//!
//! Only what pipelines touch is drawn beside the stacks: their stores and roles. Roles and stores that no stack of the
//! assembly holds are drawn where their ARN, or the pipeline, says that they are.

use std::collections::{BTreeMap, BTreeSet};

use construct_pipeline::access::TOLD;
use construct_pipeline::access::template::Resolver;
use serde_json::Value as Json;

use super::index::{BUCKET, Index, PROJECT, Place, ROLE, Values, items, text};
use super::{Edge, EdgeKind, Graph, Kind, Node};
use crate::model::{Model, Stack};

pub(super) const RUN_ORDER: &str = "runOrder";

/// What the CDK writes for an account that the deployment decides.
const UNKNOWN_ACCOUNT: &str = "unknown-account";

const PIPELINE: &str = "AWS::CodePipeline::Pipeline";

impl Graph {
    /// The picture of an assembly.
    pub(crate) fn of(model: &Model) -> Self {
        let values = Values(Resolver::new(model.templates()));
        let index = Index::new(model, &values);
        let mut builder = Builder {
            stacks: model.stacks(),
            model,
            values: &values,
            index,
            graph: Self::default(),
            ids: BTreeSet::new(),
            known: BTreeMap::new(),
            edges: BTreeMap::new(),
            pipelines: BTreeMap::new(),
            starts: Vec::new(),
        };
        builder.stacks();
        builder.pipelines();
        builder.starts();
        builder.needs();
        builder.graph
    }
}

/// Whatever is drawn once, however often it is mentioned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Account(String),
    Region(String, String),
    Stack(usize),
    Resource(Place),
    Outside(&'static str, String),
}

#[derive(Debug)]
struct Builder<'a> {
    stacks: &'a [Stack],
    model: &'a Model,
    values: &'a Values<'a>,
    index: Index,
    graph: Graph,
    ids: BTreeSet<String>,
    known: BTreeMap<Known, usize>,
    edges: BTreeMap<(usize, usize, EdgeKind), usize>,
    pipelines: BTreeMap<PipelineId, usize>,
    /// The actions that start a pipeline, which may be drawn after them.
    starts: Vec<(usize, PipelineId)>,
}

/// The account, the region and the name of a pipeline.
type PipelineId = (String, String, String);

/// A pipeline being drawn.
#[derive(Clone, Copy, Debug)]
struct Pipeline<'a> {
    stack: usize,
    node: usize,
    properties: &'a Json,
    /// What it tells of its actions, by `Stage/Action`.
    told: &'a Json,
}

impl<'a> Builder<'a> {
    fn stacks(&mut self) {
        for (at, stack) in self.stacks.iter().enumerate() {
            let lane = self.region(&stack.account, &stack.region);
            let n = stack.n_resources;
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
        let (stacks, model) = (self.stacks, self.model);
        for (at, stack) in stacks.iter().enumerate() {
            for (logical_id, properties) in model.resources_of(at, PIPELINE) {
                let properties = &self.values.structure(at, properties);
                let parent = self.known.get(&Known::Stack(at)).copied();
                let name = self.values.name_of(&Place { stack: at, logical_id: logical_id.to_owned() });
                let physical_id = self.values.0.physical_id(at, logical_id);
                let kind = self.words(&properties["PipelineType"]).unwrap_or_else(|| "V1".into());
                let node = self.add(Node {
                    lines: vec![format!("type {kind}")],
                    facts: vec![("logicalId", logical_id.to_owned()), ("pipelineType", kind)],
                    ..node(Kind::Pipeline, &[&stack.id, logical_id], &name, parent)
                });
                self.pipelines.entry((stack.account.clone(), stack.region.clone(), physical_id)).or_insert(node);
                let told = &self.values.structure(at, model.metadata_of(at, logical_id, TOLD));
                let pipeline = Pipeline { stack: at, node, properties, told };
                if let Some(role) = self.role(&properties["RoleArn"], &stack.region) {
                    self.edge(node, role, EdgeKind::RunsAs, "");
                }
                self.stores(pipeline);
                self.actions(pipeline, logical_id);
            }
        }
    }

    fn starts(&mut self) {
        for (action, started) in std::mem::take(&mut self.starts) {
            if let Some(&pipeline) = self.pipelines.get(&started) {
                self.edge(action, pipeline, EdgeKind::Starts, "");
            }
        }
    }

    /// A value as text for people; none where there is no value.
    fn words(&self, value: &Json) -> Option<String> {
        text(value).map(|text| self.values.words(&text))
    }

    fn actions(&mut self, pipeline: Pipeline<'_>, logical_id: &str) {
        let Pipeline { stack, node: pipeline_node, properties, told } = pipeline;
        let id = &*self.stacks[stack].id;
        let mut producers: BTreeMap<String, usize> = BTreeMap::new();
        let mut readers: Vec<(String, usize)> = Vec::new();
        for declared_stage in items(&properties["Stages"]) {
            let stage_name = self.words(&declared_stage["Name"]).unwrap_or_default();
            let stage = self.add(node(Kind::Stage, &[id, logical_id, &stage_name], &stage_name, Some(pipeline_node)));
            for declared in items(&declared_stage["Actions"]) {
                let name = self.words(&declared["Name"]).unwrap_or_default();
                let path = [id, logical_id, &stage_name, &name];
                let told = &told[format!("{stage_name}/{name}")];
                let action = self.action(pipeline, declared, told, node(Kind::Action, &path, &name, Some(stage)));
                for output in items(&declared["OutputArtifacts"]) {
                    let artifact = text(&output["Name"]).unwrap_or_default();
                    producers.entry(artifact).or_insert(action);
                }
                for input in items(&declared["InputArtifacts"]) {
                    readers.push((text(&input["Name"]).unwrap_or_default(), action));
                }
            }
        }
        for (artifact, reader) in readers {
            if let Some(&producer) = producers.get(&artifact) {
                self.edge(producer, reader, EdgeKind::Artifact, &self.values.words(&artifact));
            }
        }
    }

    fn action(&mut self, pipeline: Pipeline<'_>, declared: &Json, told: &Json, drawn: Node) -> usize {
        let Pipeline { stack, .. } = pipeline;
        let home = &self.stacks[stack];
        let word = |key: &str| self.words(&declared["ActionTypeId"][key]).unwrap_or_default();
        let (category, owner, provider) = (word("Category"), word("Owner"), word("Provider"));
        let configuration = &declared["Configuration"];
        let mode = self.words(&configuration["ActionMode"]);
        let region = self.words(&declared["Region"]).unwrap_or_else(|| home.region.clone());
        let role = self.role(&declared["RoleArn"], &region);
        let account = role.and_then(|role| self.account_of(role)).unwrap_or_else(|| home.account.clone());
        let run_order = self.words(&declared["RunOrder"]).unwrap_or_else(|| "1".into());

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
        if let Some(passed) = self.role(&configuration["RoleArn"], &region) {
            self.edge(action, passed, EdgeKind::Passes, "");
        }
        if provider == "CodePipeline"
            && let Some(name) = text(&configuration["PipelineName"])
        {
            self.starts.push((action, (account.clone(), region.clone(), name)));
        }
        if provider == "CodeBuild"
            && let Some(name) = text(&configuration["ProjectName"])
            && let Some(role) = self.project_role(name, account, region.clone())
        {
            self.edge(action, role, EdgeKind::RunsAs, "");
        }
        if let Some(worker) = self.role(&told["Worker"], &region) {
            self.edge(action, worker, EdgeKind::RunsAs, "");
        }
        for reader in items(&told["Readers"]) {
            if let Some(reader) = self.role(reader, &region) {
                self.edge(action, reader, EdgeKind::ReadBy, "");
            }
        }
        action
    }

    /// The role that a build works with, if its project is in the assembly.
    fn project_role(&mut self, name: String, account: String, region: String) -> Option<usize> {
        let by_identity = || self.index.find(self.values, PROJECT, &name);
        let place = match self.index.projects.get(&(account, region.clone(), name.clone())) {
            Some(place) => place.clone(),
            None => by_identity()?,
        };
        let role = text(&self.index.properties(&place)["ServiceRole"])?;
        self.role_of(&role, &region)
    }

    fn stores(&mut self, pipeline: Pipeline<'_>) {
        let Pipeline { stack, node, properties, .. } = pipeline;
        let home_region = &*self.stacks[stack].region;
        let mut stores: Vec<(String, usize)> = Vec::new();
        let single = self.store(stack, &properties["ArtifactStore"], home_region);
        stores.extend(single.map(|store| (home_region.to_owned(), store)));
        for entry in items(&properties["ArtifactStores"]) {
            let region = self.words(&entry["Region"]).unwrap_or_default();
            stores.extend(self.store(stack, &entry["ArtifactStore"], &region).map(|store| (region, store)));
        }
        let home = stores.iter().find(|(region, _)| region == home_region).map(|(_, store)| *store);
        for &(_, store) in &stores {
            match home {
                Some(home) if home != store => self.edge(home, store, EdgeKind::Replicates, ""),
                _ => self.edge(node, store, EdgeKind::Stores, ""),
            }
        }
    }

    fn store(&mut self, stack: usize, declared: &Json, region: &str) -> Option<usize> {
        let bucket = text(&declared["Location"])?;
        let key = text(&declared["EncryptionKey"]["Id"]);
        let place = self.index.find(self.values, BUCKET, &bucket);
        let known = match &place {
            Some(place) => Known::Resource(place.clone()),
            None => Known::Outside(BUCKET, bucket.clone()),
        };
        if let Some(&node) = self.known.get(&known) {
            return Some(node);
        }
        let name = place.as_ref().map_or_else(|| self.values.words(&bucket), |place| self.values.name_of(place));
        let key = key.or_else(|| place.as_ref().and_then(|place| self.bucket_key(place)));
        let key = key.map_or_else(|| "AWS-managed key".into(), |key| self.key_words(&key));
        let mut drawn = match &place {
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
    fn bucket_key(&self, place: &Place) -> Option<String> {
        let rules = &self.index.properties(place)["BucketEncryption"]["ServerSideEncryptionConfiguration"];
        let rule = items(rules).next()?;
        text(&rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"])
    }

    /// A key by its alias if it has one, else as short as it can be told apart.
    fn key_words(&self, key: &str) -> String {
        if let Some(place) = self.values.resource(key) {
            let alias = self.index.alias_of.get(&place);
            return alias.map_or_else(|| format!("key {}", place.logical_id), |alias| self.values.words(alias));
        }
        let resource = key.strip_prefix("arn:").and_then(|arn| arn.splitn(5, ':').nth(4));
        self.values.words(resource.unwrap_or(key))
    }

    fn role(&mut self, value: &Json, region: &str) -> Option<usize> {
        let role = text(value)?;
        self.role_of(&role, region)
    }

    /// The node of a role. One that no stack holds stands in the lane of its account and of the region that uses it.
    fn role_of(&mut self, role: &str, region: &str) -> Option<usize> {
        let place = self.index.find(self.values, ROLE, role);
        let known = match &place {
            Some(place) => Known::Resource(place.clone()),
            None => Known::Outside(ROLE, role.to_owned()),
        };
        if let Some(&node) = self.known.get(&known) {
            return Some(node);
        }
        let drawn = match &place {
            Some(place) => {
                let name = self.values.name_of(place);
                self.resource_node(Kind::Role, place, &name)
            }
            None => {
                if role.is_empty() {
                    return None;
                }
                let arn = self.values.words(role);
                let in_arn = role.split(':').nth(4).filter(|account| is_account(account));
                let lane = self.region(in_arn.unwrap_or(UNKNOWN_ACCOUNT), region);
                let name = self.values.words(role.rsplit_once('/').map_or(role, |(_, name)| name));
                let mut drawn = outside(node(Kind::Role, &["outside", &arn], &name, Some(lane)));
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

    fn resource_node(&self, kind: Kind, place: &Place, name: &str) -> Node {
        let parent = self.known.get(&Known::Stack(place.stack)).copied();
        let facts = vec![("logicalId", place.logical_id.clone())];
        Node { facts, ..node(kind, &[&self.stacks[place.stack].id, &place.logical_id], name, parent) }
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
