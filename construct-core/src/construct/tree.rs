//! The tree that a program builds, and the plan that the passes make of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{AssemblyCheck, Document, Lower, Synth};
use crate::arena::{Arena, Node};
use crate::diagnostic::{Caller, Diagnostic, Diagnostics};
use crate::env::Env;
use crate::fact::{Fact, Facts, Found, Reach};
use crate::handle::{NodeId, StackRef};
use crate::quota::{Gauge, Quota, QuotaValue, Quotas};
use crate::resource::{Claim, Claims};
use crate::stack::StackProps;
use crate::value::{Attr, Expr, is_dynamic};

/// What a node is, before planning.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Group,
    Stack(Arc<StackProps>),
    Construct(Arc<dyn Synth>),
    /// A construct that was asked what it becomes: of itself, only what it stands for is needed any more.
    Planned {
        imports: Option<&'static str>,
    },
}

/// What somebody asked for: the name of its type, and what it holds, in words. Equal ones are one.
pub(crate) type Asked = (&'static str, String);

/// A tree of constructs with the facts about them: what a program built, ready for the passes.
#[derive(Debug)]
pub struct Tree {
    pub(crate) arena: Arena<Content>,
    pub(crate) facts: Facts,
    pub(crate) findings: Diagnostics,
    /// By what they are, so that they run in the same order in every build.
    pub(crate) checks: BTreeMap<Asked, Arc<dyn AssemblyCheck>>,
    /// By what they are, too, with the construct that asked first.
    pub(crate) documents: BTreeMap<Asked, (Arc<dyn Document>, NodeId)>,
    /// What measures the templates, by name.
    pub(crate) gauges: BTreeMap<&'static str, Gauge>,
    /// Names that were claimed while planning, before there are resources.
    pub(crate) claims: Claims<'static>,
    /// What was made below one construct for another: facts that reach the other reach it too.
    pub(crate) adopted: BTreeMap<NodeId, NodeId>,
}

impl Tree {
    pub(crate) fn new(location: Caller) -> Self {
        let arena = Arena::new(Content::Group, location);
        Self {
            arena,
            facts: Facts::default(),
            findings: Diagnostics::new(),
            checks: BTreeMap::new(),
            documents: BTreeMap::new(),
            gauges: BTreeMap::new(),
            claims: Claims::default(),
            adopted: BTreeMap::new(),
        }
    }

    pub(crate) fn node(&self, node: NodeId) -> &Node<Content> {
        self.arena.node(node)
    }

    pub(crate) fn path(&self, node: NodeId) -> &str {
        self.arena.path(node)
    }

    /// What stands at a node, until it is planned.
    pub(crate) fn construct(&self, node: NodeId) -> Option<&Arc<dyn Synth>> {
        match &self.node(node).content {
            Content::Construct(construct) => Some(construct),
            Content::Group | Content::Stack(_) | Content::Planned { .. } => None,
        }
    }

    /// Gives away what stands at a node; what it stands for is all that the tree goes on to know of it.
    pub(crate) fn take_construct(&mut self, node: NodeId) -> Option<Arc<dyn Synth>> {
        let content = &mut self.arena.node_mut(node).content;
        let Content::Construct(construct) = content else { return None };
        let imports = construct.imports();
        let Content::Construct(construct) = std::mem::replace(content, Content::Planned { imports }) else {
            return None;
        };
        Some(construct)
    }

    pub(crate) fn stack_props(&self, stack: NodeId) -> Option<&StackProps> {
        match &self.node(stack).content {
            Content::Stack(props) => Some(props),
            Content::Group | Content::Construct(_) | Content::Planned { .. } => None,
        }
    }

    /// The name a stack has in CloudFormation.
    pub(crate) fn stack_name(&self, stack: NodeId) -> &str {
        let name = self.stack_props(stack).and_then(|props| props.name.as_deref());
        name.unwrap_or_else(|| self.arena.name(stack))
    }

    /// The finding that a name is claimed a second time.
    pub(crate) fn claimed_twice(&self, kind: &str, claim: &Claim, env: Env, first: NodeId) -> Diagnostic {
        let (path, location) = (self.path(first), self.node(first).location);
        let what = if kind.contains("::") { format!("resources of type `{kind}`") } else { format!("{kind}s") };
        let message = format!("two {what} in {} are named `{}`", claim.place(env), claim.name);
        Diagnostic::error("resource::duplicate-name", message)
            .note(format!("the other one is `{path}`"), Some(location))
            .help("give one of them another name")
    }

    /// What the program built, as the first so many nodes, that a node was made for: the node itself if the program
    /// built it.
    pub(crate) fn maker(&self, node: NodeId, built: usize) -> NodeId {
        self.arena.up(node).find(|above| above.index() < built).unwrap_or(node)
    }

    /// How a name becomes free that two makers gave to what they made.
    pub(crate) fn rename_one_of(&self, maker: NodeId, first: NodeId) -> String {
        let (one, other) = (self.path(first), self.path(maker));
        format!("it follows from the names of `{one}` and `{other}`: give one of these two another name")
    }

    /// Whether it is found already that a name of a node is taken.
    pub(crate) fn is_clashing(&self, node: NodeId) -> bool {
        let path = self.path(node);
        self.findings.iter().any(|finding| finding.code().ends_with("::duplicate-name") && finding.path() == path)
    }

    /// A finding about a node, with the path and the line of it unless it has others.
    pub(crate) fn about(&self, node: NodeId, diagnostic: Diagnostic) -> Diagnostic {
        let placed = self.node(node).location;
        let diagnostic = diagnostic.or_at(self.path(node), Some(placed));
        // Whatever stands in an [internal](crate::Scope::internal) scope was placed at the line of the construct around it.
        let is_within = self.node(node).parent.is_some_and(|above| self.node(above).location == placed);
        if is_within { diagnostic.within(placed) } else { diagnostic }
    }

    pub(crate) fn report(&mut self, node: NodeId, diagnostic: Diagnostic) {
        let diagnostic = self.about(node, diagnostic);
        self.findings.push(diagnostic);
    }

    /// The quotas of the app.
    pub(crate) fn quotas(&self) -> Quotas {
        Quotas::of(self.facts.on::<QuotaValue>(self.arena.root()).iter().map(|found| found.fact))
    }

    /// The node and everything whose facts reach it, nearest first.
    pub(crate) fn above(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        let own = move || self.arena.up(node);
        // What stands above both comes once, in its place above the node itself.
        own().flat_map(move |at| {
            let adopter = self.adopted.get(&at).copied();
            let others = adopter.into_iter().flat_map(|adopter| self.arena.up(adopter));
            std::iter::once(at).chain(others.filter(move |&other| own().all(|above| above != other)))
        })
    }

    /// Facts of one kind that reach a node from itself and from above, nearest node first.
    pub(crate) fn reaching<F: Fact>(&self, node: NodeId) -> Vec<Found<'_, F>> {
        match F::REACH {
            _ if !self.facts.has::<F>() => Vec::new(),
            Reach::Node => self.facts.on::<F>(node),
            Reach::Subtree => self.above(node).flat_map(|node| self.facts.on::<F>(node)).collect(),
        }
    }
}

/// A tree as every context shows it: to look at, not to change.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub(super) tree: &'a Tree,
}

impl<'a> View<'a> {
    /// The root of the tree, as a target of facts about the app.
    #[must_use]
    pub fn root(self) -> NodeId {
        self.tree.arena.root()
    }

    /// The environment a construct stands in.
    #[must_use]
    pub fn env_of(self, node: impl Into<NodeId>) -> Option<Env> {
        self.tree.node(node.into()).env
    }

    /// The stack a construct belongs to.
    #[must_use]
    pub fn stack_of(self, node: impl Into<NodeId>) -> Option<StackRef> {
        self.tree.node(node.into()).stack.map(StackRef::from)
    }

    /// The path of a construct, for messages.
    #[must_use]
    pub fn path_of(self, node: impl Into<NodeId>) -> &'a str {
        self.tree.path(node.into())
    }

    /// The construct at a path, as it stands in the `aws:cdk:path` of a resource.
    #[must_use]
    pub fn at_path(self, path: &str) -> Option<NodeId> {
        self.tree.arena.at_path(path)
    }

    /// Whether a construct belongs to this app; a handle of another app refers to nothing here.
    #[must_use]
    pub fn owns(self, node: impl Into<NodeId>) -> bool {
        self.tree.arena.owns(node.into())
    }

    /// What a construct stands for that exists already, in words such as `a queue`.
    #[must_use]
    pub fn imports(self, node: impl Into<NodeId>) -> Option<&'static str> {
        match &self.tree.node(node.into()).content {
            Content::Construct(construct) => construct.imports(),
            Content::Planned { imports } => *imports,
            Content::Group | Content::Stack(_) => None,
        }
    }

    /// What a quota is worth in this app.
    #[must_use]
    pub fn quota(self, quota: &Quota) -> usize {
        self.tree.quotas().value(quota)
    }

    /// Whether something holds for any fact of one kind that reaches a construct: quicker told than by all of them in
    /// order.
    pub fn any_fact<F: Fact>(self, node: impl Into<NodeId>, holds: impl Fn(&F) -> bool) -> bool {
        let (node, facts) = (node.into(), &self.tree.facts);
        match F::REACH {
            _ if !facts.has::<F>() => false,
            Reach::Node => facts.any(node, holds),
            Reach::Subtree => self.tree.above(node).any(|node| facts.any(node, &holds)),
        }
    }

    /// The facts of one kind that reach a construct, nearest first.
    pub fn facts_of<F: Fact>(self, node: impl Into<NodeId>) -> impl Iterator<Item = &'a F> {
        each_once(self.tree.reaching::<F>(node.into()))
    }

    /// The same, each with the line that stated it: for findings about facts.
    pub fn facts_with_lines_of<F: Fact>(self, node: impl Into<NodeId>) -> impl Iterator<Item = (&'a F, Caller)> {
        let mut last = None;
        let found = self.tree.reaching::<F>(node.into()).into_iter();
        found.filter(move |one| last.replace(one.fact) != Some(one.fact)).map(|one| (one.fact, one.location))
    }
}

/// Facts without those that were stated before on the same node; equal facts of one node stand side by side.
pub(super) fn each_once<F: Fact>(found: Vec<Found<'_, F>>) -> impl Iterator<Item = &F> {
    let mut last = None;
    found.into_iter().map(|found| found.fact).filter(move |fact| last.replace(*fact) != Some(*fact))
}

/// A planned tree: every node that there will be, every fact, and what each node lowers to.
#[derive(Debug)]
pub struct Plan {
    pub(crate) tree: Tree,
    pub(crate) lowers: Vec<Box<dyn Lower>>,
    /// How many nodes the program built; planning made the others.
    pub(crate) built: usize,
}

impl Plan {
    /// What an attribute of a construct is worth outside of its stack, if anybody can know.
    pub(crate) fn physical(&self, of: NodeId, attr: &Attr) -> Option<Expr> {
        let own = self.tree.node(of).env?;
        self.lowers.get(of.index())?.physical(attr, own)
    }

    /// The text an expression has once names are known, as far as it can be known now.
    pub(crate) fn literal(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Attr { of, attr } => match self.physical(*of, attr)? {
                Expr::Str(text) => (!is_dynamic(&text)).then(|| text.into_owned()),
                other => self.literal(&other),
            },
            Expr::Join(parts) => parts.iter().map(|part| self.literal(part)).collect(),
            Expr::ByName(inner) => self.literal(inner),
            other => other.literal().map(str::to_owned),
        }
    }
}
