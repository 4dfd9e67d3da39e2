//! `tree.json`: the constructs of an app, as the CDK's tools read them.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::written::{self, Shape, Sink as _, Text};

/// Every construct of an app with the CloudFormation type that it lowered to, if any. It takes half of the room that
/// its text does, which is made only for whoever wants to have it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConstructTree {
    /// All names, one behind the other.
    names: String,
    /// Each right before what is below it.
    nodes: Vec<Node>,
}

#[derive(Clone, Debug)]
struct Node {
    /// How many nodes are above it.
    depth: u32,
    /// How long its name is.
    length: u32,
    kind: Option<Cow<'static, str>>,
}

impl ConstructTree {
    /// A tree that will have so many nodes.
    pub(crate) fn with_capacity(n_nodes: usize) -> Self {
        Self { names: String::new(), nodes: Vec::with_capacity(n_nodes) }
    }

    /// Adds a node below the last one before it that is less deep.
    pub(crate) fn push(&mut self, depth: u32, name: &str, kind: Option<Cow<'static, str>>) {
        self.names.push_str(name);
        self.nodes.push(Node { depth, length: name.len() as u32, kind });
    }

    /// Writes the file piece by piece.
    fn draw(&self, to: &mut dyn FnMut(&str)) {
        let mut pen = Pen { text: Text::at(0), path: String::new(), open: Vec::new() };
        pen.text.begin(Shape::Map);
        pen.text.key("version");
        pen.text.text("tree-0.1");
        pen.text.key("tree");
        let mut names = &*self.names;
        for (n, node) in self.nodes.iter().enumerate() {
            let (name, others) = names.split_at(node.length as usize);
            names = others;
            pen.close(node.depth);
            let has_children = self.nodes.get(n + 1).is_some_and(|next| next.depth > node.depth);
            pen.open(name, node, has_children);
            pen.text.hand_on(to);
        }
        pen.close(0);
        pen.text.end(Shape::Map);
        pen.text.end_file(to);
    }
}

struct Pen<'t> {
    text: Text,
    /// The path of the node that was opened last.
    path: String,
    /// The nodes that are open, the root first.
    open: Vec<Open<'t>>,
}

struct Open<'t> {
    node: &'t Node,
    has_children: bool,
    /// How long the path is above it.
    above: usize,
}

impl<'t> Pen<'t> {
    fn open(&mut self, name: &str, node: &'t Node, has_children: bool) {
        let above = self.path.len();
        let is_root = self.open.is_empty();
        if !is_root {
            if above > 0 {
                self.path.push('/');
            }
            self.path.push_str(name);
            self.text.key(name);
        }
        self.text.begin(Shape::Map);
        self.text.key("id");
        self.text.text(if is_root { "App" } else { name });
        self.text.key("path");
        self.text.text(&self.path);
        if has_children {
            self.text.key("children");
            self.text.begin(Shape::Map);
        }
        self.open.push(Open { node, has_children, above });
    }

    /// Ends the open nodes that are as deep or deeper.
    fn close(&mut self, depth: u32) {
        while let Some(Open { node, has_children, above }) = self.open.pop_if(|open| open.node.depth >= depth) {
            if has_children {
                self.text.end(Shape::Map);
            }
            if let Some(kind) = &node.kind {
                self.text.key("attributes");
                written::call("aws:cdk:cloudformation:type", kind, &mut self.text);
            }
            self.text.end(Shape::Map);
            self.path.truncate(above);
        }
    }
}

/// The file, as it was read or as it will be written.
#[derive(Clone, Debug)]
pub(super) enum TreeFile {
    Read(String),
    Made { tree: ConstructTree, drawn: OnceLock<String> },
}

impl TreeFile {
    pub(super) fn of(tree: ConstructTree) -> Self {
        Self::Made { tree, drawn: OnceLock::new() }
    }

    /// Its text, which is kept from now on.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Read(text) => text,
            Self::Made { tree, drawn } => drawn.get_or_init(|| written::whole(|to| tree.draw(to))),
        }
    }

    /// Its text for somebody who needs it once.
    pub(super) fn once(&self, to: &mut dyn FnMut(&str)) {
        match self {
            Self::Read(text) => to(text),
            Self::Made { tree, drawn } => match drawn.get() {
                Some(text) => to(text),
                None => tree.draw(to),
            },
        }
    }
}

impl PartialEq for TreeFile {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for TreeFile {}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{ConstructTree, TreeFile, written};

    #[test]
    fn a_node_stands_below_the_last_one_that_is_less_deep() {
        let mut tree = ConstructTree::with_capacity(5);
        tree.push(0, "", None);
        tree.push(1, "One", None);
        tree.push(2, "Topic \"a\"", Some("AWS::SNS::Topic".into()));
        tree.push(3, "Policy", None);
        tree.push(1, "Two", None);
        let file = TreeFile::of(tree);
        let drawn: Value = serde_json::from_str(file.text()).expect("JSON");
        let topic = json!({
            "id": "Topic \"a\"",
            "path": "One/Topic \"a\"",
            "children": { "Policy": { "id": "Policy", "path": "One/Topic \"a\"/Policy" } },
            "attributes": { "aws:cdk:cloudformation:type": "AWS::SNS::Topic" },
        });
        let children = json!({
            "One": { "id": "One", "path": "One", "children": { "Topic \"a\"": topic } },
            "Two": { "id": "Two", "path": "Two" },
        });
        assert_eq!(drawn, json!({ "version": "tree-0.1", "tree": { "id": "App", "path": "", "children": children } }));
        assert_eq!(file, TreeFile::Read(written::whole(|to| file.once(to))));
    }
}
