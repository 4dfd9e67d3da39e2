//! The picture of an assembly: nodes that may lie in other nodes, and edges between them.
//!
//! [`build`] makes it from the templates; the languages only write down what is here. The same assembly gives the same
//! picture in the same order.

mod build;
pub(crate) mod dot;
mod index;
pub(crate) mod json;
pub(crate) mod mermaid;

use std::collections::BTreeSet;

/// Nodes and edges. Edges, and nodes that lie in others, name nodes by their place in the list.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

#[derive(Debug)]
struct Node {
    /// Unique, made of what the node is: `action:Tools/Pipeline37E1C775/Build/Bundle`.
    id: String,
    kind: Kind,
    /// What it is called.
    name: String,
    /// Further lines of its label.
    lines: Vec<String>,
    /// What it lies in.
    parent: Option<usize>,
    /// More for programs: keys of JSON with their values.
    facts: Vec<(&'static str, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Account,
    Region,
    Stack,
    Pipeline,
    Stage,
    Action,
    Role,
    Store,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Region => "region",
            Self::Stack => "stack",
            Self::Pipeline => "pipeline",
            Self::Stage => "stage",
            Self::Action => "action",
            Self::Role => "role",
            Self::Store => "store",
        }
    }

    /// Whether other nodes lie in it.
    fn is_frame(self) -> bool {
        !matches!(self, Self::Action | Self::Role | Self::Store)
    }

    /// Whether edges may begin or end at it although it is a frame: then it is drawn with a node of its own inside.
    fn has_anchor(self) -> bool {
        matches!(self, Self::Stack | Self::Pipeline)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Edge {
    from: usize,
    to: usize,
    kind: EdgeKind,
    label: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum EdgeKind {
    /// An artifact goes from the action that makes it to one that reads it.
    Artifact,
    /// A service works with a role: CodePipeline for a pipeline, CodeBuild for an action.
    RunsAs,
    /// A pipeline assumes a role for an action.
    Assumes,
    /// An action hands a role on to the service that works for it.
    Passes,
    /// The service hands the artifacts of an action on to a role, which reads them.
    ReadBy,
    /// An action starts another pipeline.
    Starts,
    /// A pipeline keeps its artifacts in a store.
    Stores,
    /// Artifacts are copied to the store of another region.
    Replicates,
    /// A stack needs another to be deployed first.
    Needs,
}

impl EdgeKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Artifact => "artifact",
            Self::RunsAs => "runs as",
            Self::Assumes => "assumes",
            Self::Passes => "passes",
            Self::ReadBy => "read by",
            Self::Starts => "starts",
            Self::Stores => "stores",
            Self::Replicates => "replicates",
            Self::Needs => "needs",
        }
    }
}

impl Graph {
    /// What lies in nothing, and what lies in each node: accounts and regions by name, the rest as it was found.
    fn layers(&self) -> (Vec<usize>, Vec<Vec<usize>>) {
        let mut roots = Vec::new();
        let mut children = vec![Vec::new(); self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            node.parent.map_or(&mut roots, |parent| &mut children[parent]).push(at);
        }
        for layer in children.iter_mut().chain([&mut roots]) {
            layer.sort_by_key(|&at| match &self.nodes[at] {
                Node { kind: kind @ (Kind::Account | Kind::Region), name, .. } => (*kind, &**name),
                _ => (Kind::Stack, ""),
            });
        }
        (roots, children)
    }

    /// One pipeline and what it touches; else the names of the pipelines there are.
    pub(crate) fn only(self, pipeline: &str) -> Result<Self, Vec<String>> {
        let pipelines = || (0..self.nodes.len()).filter(|&at| self.nodes[at].kind == Kind::Pipeline);
        let chosen: BTreeSet<usize> = pipelines().filter(|&at| self.nodes[at].name == pipeline).collect();
        if chosen.is_empty() {
            return Err(pipelines().map(|at| self.nodes[at].name.clone()).collect());
        }
        let frames = |mut at: usize| {
            let mut frames = vec![at];
            while let Some(parent) = self.nodes[at].parent {
                frames.push(parent);
                at = parent;
            }
            frames
        };
        let inside = (0..self.nodes.len()).filter(|&at| frames(at).iter().any(|frame| chosen.contains(frame)));
        let mut kept: BTreeSet<usize> = inside.collect();
        let from = |kept: &BTreeSet<usize>, is_followed: &dyn Fn(EdgeKind) -> bool| -> Vec<usize> {
            let followed = self.edges.iter().filter(|edge| is_followed(edge.kind) && kept.contains(&edge.from));
            followed.map(|edge| edge.to).collect()
        };
        // Of a pipeline that it starts, nothing but the frame.
        let started = from(&kept, &|kind| kind == EdgeKind::Starts);
        // A replica is two steps away: the pipeline stores at home, the store there replicates.
        for _ in 0..2 {
            let touched = from(&kept, &|kind| !matches!(kind, EdgeKind::Needs | EdgeKind::Starts));
            kept.extend(touched);
        }
        kept.extend(started);
        let all: Vec<usize> = kept.iter().flat_map(|&at| frames(at)).collect();
        kept.extend(all);
        let mut place = vec![None; self.nodes.len()];
        for (new, &old) in kept.iter().enumerate() {
            place[old] = Some(new);
        }
        let nodes = self.nodes.into_iter().enumerate().filter(|(old, _)| place[*old].is_some());
        let nodes = nodes.map(|(_, node)| Node { parent: node.parent.and_then(|parent| place[parent]), ..node });
        let edges = self
            .edges
            .into_iter()
            .filter_map(|edge| place[edge.from].zip(place[edge.to]).map(|(from, to)| Edge { from, to, ..edge }));
        Ok(Self { nodes: nodes.collect(), edges: edges.collect() })
    }

    /// Pairs of actions that follow each other, whether or not an artifact says so: drawings keep them in this order.
    fn sequence(&self) -> Vec<(usize, usize)> {
        let (_, children) = self.layers();
        let mut pairs = Vec::new();
        for (pipeline, _) in self.nodes.iter().enumerate().filter(|(_, node)| node.kind == Kind::Pipeline) {
            let mut before = pipeline;
            for stage in &children[pipeline] {
                let mut actions: Vec<(u64, usize)> =
                    children[*stage].iter().map(|&at| (self.nodes[at].run_order(), at)).collect();
                actions.sort_unstable();
                for group in actions.chunk_by(|(left, _), (right, _)| left == right) {
                    // One action stands for all that come before: every pair would be a thicket.
                    pairs.extend(group.iter().map(|(_, action)| (before, *action)));
                    before = group[0].1;
                }
            }
        }
        pairs
    }
}

impl Node {
    /// The heading of a frame.
    fn title(&self) -> String {
        match self.kind {
            Kind::Account if self.name.starts_with("unknown-") => self.name.clone(),
            Kind::Account | Kind::Pipeline | Kind::Stage => format!("{} {}", self.kind.as_str(), self.name),
            _ => self.name.clone(),
        }
    }

    /// The lines in a node, or in the node of its own that a frame has for its edges. There is always one.
    fn label(&self) -> Vec<&str> {
        let first: &[&str] = match self.kind {
            Kind::Action => &[&self.name],
            Kind::Store => &["artifact store", &self.name],
            Kind::Role => &["role", &self.name],
            frame => &[frame.as_str()],
        };
        let lines = first.iter().copied().chain(self.lines.iter().map(|line| &**line));
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        if lines.is_empty() { vec![self.kind.as_str()] } else { lines }
    }

    fn run_order(&self) -> u64 {
        let order = self.facts.iter().find(|(key, _)| *key == build::RUN_ORDER);
        order.and_then(|(_, value)| value.parse().ok()).unwrap_or(1)
    }
}
