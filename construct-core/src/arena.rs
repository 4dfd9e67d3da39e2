//! The arena of nodes: places, not behaviour.
//!
//! A node has a parent, a name, a path and perhaps a stack it belongs to. What a node *is* comes as the type parameter,
//! so that the tree a user builds and whatever a pass makes of it share one shape.

use std::collections::BTreeMap;

use crate::diagnostic::Caller;
use crate::env::Env;
use crate::handle::{AppId, NodeId};

/// A node of the tree.
#[derive(Debug)]
pub(crate) struct Node<C> {
    pub(crate) parent: Option<NodeId>,
    pub(crate) name: String,
    /// Names from below the root down, separated by `/`.
    pub(crate) path: String,
    /// The nearest stack, the node itself included.
    pub(crate) stack: Option<NodeId>,
    /// Where the construct stands: the stack's environment, or the one an imported construct has of its own.
    pub(crate) env: Option<Env>,
    /// How many nodes are above it.
    pub(crate) depth: usize,
    /// The line that placed it.
    pub(crate) location: Caller,
    pub(crate) children: Vec<NodeId>,
    pub(crate) content: C,
}

/// All nodes; an index into it never becomes invalid.
#[derive(Debug)]
pub(crate) struct Arena<C> {
    app: AppId,
    nodes: Vec<Node<C>>,
    by_name: BTreeMap<(NodeId, String), NodeId>,
}

impl<C> Arena<C> {
    pub(crate) fn new(root: C, location: Caller) -> Self {
        let root = Node {
            parent: None,
            name: String::new(),
            path: String::new(),
            stack: None,
            env: None,
            depth: 0,
            location,
            children: Vec::new(),
            content: root,
        };
        Self { app: AppId::next(), nodes: vec![root], by_name: BTreeMap::new() }
    }

    pub(crate) fn root(&self) -> NodeId {
        NodeId::new(self.app, 0)
    }

    /// Whether the node belongs to this tree and not to another app's.
    pub(crate) fn owns(&self, node: NodeId) -> bool {
        node.app() == self.app && node.index() < self.nodes.len()
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn id(&self, index: usize) -> NodeId {
        NodeId::new(self.app, index)
    }

    /// The node; a handle of another app gives the root, which belongs to no stack and lowers to nothing. Whoever accepts
    /// handles from users reports such a handle.
    pub(crate) fn node(&self, node: NodeId) -> &Node<C> {
        &self.nodes[if self.owns(node) { node.index() } else { 0 }]
    }

    pub(crate) fn node_mut(&mut self, node: NodeId) -> &mut Node<C> {
        let index = if self.owns(node) { node.index() } else { 0 };
        &mut self.nodes[index]
    }

    pub(crate) fn child(&self, parent: NodeId, name: &str) -> Option<NodeId> {
        self.by_name.get(&(parent, name.to_owned())).copied()
    }

    /// The node at a path from the root.
    pub(crate) fn at_path(&self, path: &str) -> Option<NodeId> {
        path.split('/').try_fold(self.root(), |above, name| self.child(above, name))
    }

    /// Appends a child. A name that is taken gets a number, so that a program with a mistake still gives a whole tree;
    /// the caller reports the mistake.
    pub(crate) fn push(&mut self, parent: NodeId, name: &str, location: Caller, content: C) -> NodeId {
        let id = NodeId::new(self.app, self.nodes.len());
        let mut unique = name.to_owned();
        let mut n = 2;
        while self.by_name.contains_key(&(parent, unique.clone())) {
            unique = format!("{name}#{n}");
            n += 1;
        }
        let above = self.node(parent);
        let path = if above.path.is_empty() { unique.clone() } else { format!("{}/{unique}", above.path) };
        let (stack, env, depth) = (above.stack, above.env, above.depth + 1);
        self.by_name.insert((parent, unique.clone()), id);
        self.node_mut(parent).children.push(id);
        let parent = Some(parent);
        self.nodes.push(Node {
            parent,
            name: unique,
            path,
            stack,
            env,
            depth,
            location,
            children: Vec::new(),
            content,
        });
        id
    }

    /// The node and everything above it, nearest first.
    pub(crate) fn up(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(Some(node), |&node| self.node(node).parent)
    }
}
