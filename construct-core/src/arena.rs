//! The arena of nodes: places, not behaviour.
//!
//! A node has a parent, a name, a path and perhaps a stack it belongs to. What a node *is* comes as the type parameter,
//! so that the tree a user builds and whatever a pass makes of it share one shape.

use std::borrow::Cow;

use foldhash::HashMap;

use crate::diagnostic::Caller;
use crate::env::Env;
use crate::handle::{AppId, NodeId};

/// A node of the tree.
#[derive(Debug)]
pub(crate) struct Node<C> {
    pub(crate) parent: Option<NodeId>,
    /// Names from below the root down, separated by `/`.
    pub(crate) path: String,
    /// Where its own name begins in the path.
    name: usize,
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

impl<C> Node<C> {
    pub(crate) fn name(&self) -> &str {
        &self.path[self.name..]
    }
}

/// All nodes; an index into it never becomes invalid.
#[derive(Debug)]
pub(crate) struct Arena<C> {
    app: AppId,
    nodes: Vec<Node<C>>,
    /// The nodes by a number made of their path; a path whose number is taken has the next one.
    by_path: HashMap<u64, NodeId>,
}

impl<C> Arena<C> {
    pub(crate) fn new(root: C, location: Caller) -> Self {
        let root = Node {
            parent: None,
            path: String::new(),
            name: 0,
            stack: None,
            env: None,
            depth: 0,
            location,
            children: Vec::new(),
            content: root,
        };
        Self { app: AppId::next(), nodes: vec![root], by_path: HashMap::default() }
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
        let above = &self.node(parent).path;
        let slash = if above.is_empty() { "" } else { "/" };
        self.find(number(&[above, slash, name]), |node| node.parent == Some(parent) && node.name() == name).ok()
    }

    /// The node at a path from the root.
    pub(crate) fn at_path(&self, path: &str) -> Option<NodeId> {
        self.find(number(&[path]), |node| node.path == path).ok()
    }

    /// The node from a number on that is meant, or else the number that is free.
    fn find(&self, mut number: u64, is_meant: impl Fn(&Node<C>) -> bool) -> Result<NodeId, u64> {
        while let Some(&there) = self.by_path.get(&number) {
            if is_meant(self.node(there)) {
                return Ok(there);
            }
            number = number.wrapping_add(1);
        }
        Err(number)
    }

    /// Appends a child. A name that is taken gets a number, so that a program with a mistake still gives a whole tree;
    /// the caller reports the mistake.
    pub(crate) fn push(&mut self, parent: NodeId, name: &str, location: Caller, content: C) -> NodeId {
        let id = NodeId::new(self.app, self.nodes.len());
        let mut unique = Cow::Borrowed(name);
        let mut n = 2;
        while self.child(parent, &unique).is_some() {
            unique = Cow::Owned(format!("{name}#{n}"));
            n += 1;
        }
        let above = self.node(parent);
        let path =
            if above.path.is_empty() { unique.clone().into_owned() } else { [&above.path, "/", &unique].concat() };
        let (stack, env, depth) = (above.stack, above.env, above.depth + 1);
        if let Err(free) = self.find(number(&[&path]), |_| false) {
            self.by_path.insert(free, id);
        }
        self.node_mut(parent).children.push(id);
        let (parent, name) = (Some(parent), path.len() - unique.len());
        self.nodes.push(Node { parent, path, name, stack, env, depth, location, children: Vec::new(), content });
        id
    }

    /// Gives back the room for more nodes: no more will come.
    pub(crate) fn settle(&mut self) {
        self.nodes.shrink_to_fit();
    }

    /// The node and everything above it, nearest first.
    pub(crate) fn up(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(Some(node), |&node| self.node(node).parent)
    }
}

/// A number that hardly any other path has, from its pieces (FNV-1a).
fn number(pieces: &[&str]) -> u64 {
    let add = |number: u64, byte: u8| (number ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    pieces.iter().fold(0xcbf2_9ce4_8422_2325, |number, piece| piece.bytes().fold(number, add))
}
