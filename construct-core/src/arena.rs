//! The arena of nodes: places, not behaviour.
//!
//! A node has a parent, a name, a path and perhaps a stack it belongs to. What a node *is* comes as the type parameter,
//! so that the tree a user builds and whatever a pass makes of it share one shape.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::ops::Range;

use foldhash::HashMap;

use crate::bytes::fingerprint;
use crate::diagnostic::Caller;
use crate::env::Env;
use crate::handle::{AppId, NodeId};

/// A node of the tree.
#[derive(Debug)]
pub(crate) struct Node<C> {
    pub(crate) parent: Option<NodeId>,
    /// Where its path begins among all paths, and how long it is. It is never longer than the depth of the tree allows.
    start: usize,
    length: u32,
    /// Where its own name begins in the path.
    name: u32,
    /// A number made of the names in the path.
    number: u64,
    /// The nearest stack, the node itself included.
    pub(crate) stack: Option<NodeId>,
    /// Where the construct stands: the stack's environment, or the one an imported construct has of its own.
    pub(crate) env: Option<Env>,
    /// How many nodes are above it.
    pub(crate) depth: u32,
    /// The line that placed it.
    pub(crate) location: Caller,
    first_child: Option<NonZeroU32>,
    last_child: Option<NonZeroU32>,
    /// The next child of the same parent.
    next: Option<NonZeroU32>,
    pub(crate) content: C,
}

impl<C> Node<C> {
    /// Where its path stands among all paths.
    fn path(&self) -> Range<usize> {
        self.start..self.start + self.length as usize
    }
}

/// All nodes; an index into it never becomes invalid.
#[derive(Debug)]
pub(crate) struct Arena<C> {
    app: AppId,
    nodes: Vec<Node<C>>,
    /// The paths of the nodes: names from below the root down, separated by `/`. They outlive most of what is planned
    /// beside them, so they are one text, with no holes between them that nothing fits into.
    paths: String,
    /// The nodes by a number made of their path; a path whose number is taken has the next one.
    by_path: HashMap<u64, NodeId>,
}

impl<C> Arena<C> {
    pub(crate) fn new(root: C, location: Caller) -> Self {
        let root = Node {
            parent: None,
            start: 0,
            length: 0,
            name: 0,
            number: EMPTY,
            stack: None,
            env: None,
            depth: 0,
            location,
            first_child: None,
            last_child: None,
            next: None,
            content: root,
        };
        Self { app: AppId::next(), nodes: vec![root], paths: String::new(), by_path: HashMap::default() }
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

    /// The node at a path from the root.
    pub(crate) fn at_path(&self, path: &str) -> Option<NodeId> {
        self.find(path.split('/').fold(EMPTY, number), |node| self.path(node) == path).ok()
    }

    /// The node from a number on that is meant, or else the number that is free.
    fn find(&self, mut number: u64, is_meant: impl Fn(NodeId) -> bool) -> Result<NodeId, u64> {
        while let Some(&there) = self.by_path.get(&number) {
            if is_meant(there) {
                return Ok(there);
            }
            number = number.wrapping_add(1);
        }
        Err(number)
    }

    /// Appends a child. A name that is taken gets a number, so that a program with a mistake still gives a whole tree;
    /// the caller, who is told which node has the name, reports the mistake.
    pub(crate) fn push(
        &mut self,
        parent: NodeId,
        name: &str,
        location: Caller,
        content: C,
    ) -> (NodeId, Option<NodeId>) {
        let above = self.node(parent);
        let slash = if above.length == 0 { "" } else { "/" };
        let is_meant = |node: NodeId, name: &str| self.node(node).parent == Some(parent) && self.name(node) == name;
        let (mut taken, mut unique, mut n) = (None, Cow::Borrowed(name), 2);
        let (number, free) = loop {
            let number = number(above.number, &unique);
            match self.find(number, |node| is_meant(node, &unique)) {
                Ok(there) => {
                    taken.get_or_insert(there);
                    unique = Cow::Owned(format!("{name}#{n}"));
                    n += 1;
                }
                Err(free) => break (number, free),
            }
        };
        let id = NodeId::new(self.app, self.nodes.len());
        let name = above.length as usize + slash.len();
        let node = Node {
            parent: Some(parent),
            start: self.paths.len(),
            length: (name + unique.len()) as u32,
            name: name as u32,
            number,
            stack: above.stack,
            env: above.env,
            depth: above.depth + 1,
            location,
            first_child: None,
            last_child: None,
            next: None,
            content,
        };
        let above = above.path();
        self.paths.extend_from_within(above);
        self.paths.push_str(slash);
        self.paths.push_str(&unique);
        self.nodes.push(node);
        self.by_path.insert(free, id);
        // The root is nobody's child.
        let child = NonZeroU32::new(id.index() as u32);
        match std::mem::replace(&mut self.node_mut(parent).last_child, child) {
            Some(before) => self.nodes[before.get() as usize].next = child,
            None => self.node_mut(parent).first_child = child,
        }
        (id, taken)
    }

    /// Its names from below the root down, separated by `/`.
    pub(crate) fn path(&self, node: NodeId) -> &str {
        &self.paths[self.node(node).path()]
    }

    pub(crate) fn name(&self, node: NodeId) -> &str {
        &self.path(node)[self.node(node).name as usize..]
    }

    /// The nodes right below a node, in the order in which they were placed.
    pub(crate) fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        let id = |index: NonZeroU32| self.id(index.get() as usize);
        let first = self.node(node).first_child.map(id);
        std::iter::successors(first, move |&child| self.node(child).next.map(id))
    }

    /// The next node when each stands right before what is below it.
    pub(crate) fn after(&self, node: NodeId) -> Option<NodeId> {
        let next = self.up(node).find_map(|above| self.node(above).next);
        self.node(node).first_child.or(next).map(|index| self.id(index.get() as usize))
    }

    /// Gives back the room for more nodes: no more will come.
    pub(crate) fn settle(&mut self) {
        self.nodes.shrink_to_fit();
        self.paths.shrink_to_fit();
    }

    /// The node and everything above it, nearest first.
    pub(crate) fn up(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(Some(node), |&node| self.node(node).parent)
    }
}

/// The number of the root.
const EMPTY: u64 = 0;

/// The number of a node of a name below the node of a number; hardly any other node has it.
fn number(above: u64, name: &str) -> u64 {
    (above.rotate_left(5) ^ fingerprint(name)).wrapping_mul(0x0100_0000_01B3_A5C9)
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::Arena;

    #[test]
    fn nodes_are_found_by_their_paths_and_below_their_parents() {
        let mut arena = Arena::new((), Location::caller());
        let root = arena.root();
        let mut push = |parent, name| arena.push(parent, name, Location::caller(), ());
        let (stack, none) = push(root, "Stack");
        let (queue, _) = push(stack, "Queue");
        let (again, first) = push(stack, "Queue");
        let (third, still) = push(stack, "Queue");
        let (like, _) = push(root, "Stack/Queue");
        assert_eq!((none, first, still), (None, Some(queue), Some(queue)));
        let paths = [root, stack, queue, again, third, like].map(|node| arena.path(node).to_owned());
        assert_eq!(paths, ["", "Stack", "Stack/Queue", "Stack/Queue#2", "Stack/Queue#3", "Stack/Queue"]);
        assert_eq!([root, again, like].map(|node| arena.name(node)), ["", "Queue#2", "Stack/Queue"]);
        assert_eq!(arena.children(root).collect::<Vec<_>>(), [stack, like]);
        assert_eq!(arena.children(stack).collect::<Vec<_>>(), [queue, again, third]);
        assert_eq!(arena.children(queue).count(), 0);
        assert_eq!(arena.at_path("Stack/Queue#2"), Some(again));
        assert_eq!(arena.at_path("Stack/Queue"), Some(queue));
        assert_eq!(arena.at_path("Stack/Topic"), None);
        assert_eq!(arena.up(third).collect::<Vec<_>>(), [third, stack, root]);
    }
}
