//! The picture in the language of Graphviz, <https://graphviz.org/doc/info/lang.html>.

use super::{Edge, EdgeKind, Graph, Kind, Node};
use crate::output::printable;

const INDENT: &str = "  ";
const HEAD: &str = r##"digraph assembly {
  graph [rankdir=LR, compound=true, newrank=true, fontname="Helvetica", fontsize=12, ranksep=0.8, nodesep=0.25];
  node [shape=box, style="rounded,filled", fillcolor=white, fontname="Helvetica", fontsize=11];
  edge [fontname="Helvetica", fontsize=10, color="#444444"];
"##;

pub(crate) fn render(graph: &Graph) -> String {
    let mut text = HEAD.to_owned();
    let (roots, children) = graph.layers();
    for root in roots {
        frame(graph, &children, root, 1, &mut text);
    }
    for (from, to) in graph.sequence() {
        let [from, to] = [from, to].map(|at| quoted(&graph.nodes[at].id));
        text.push_str(&format!("{INDENT}{from} -> {to} [style=invis];\n"));
    }
    for edge in &graph.edges {
        text.push_str(&format!("{INDENT}{}\n", line(graph, edge)));
    }
    text.push_str("}\n");
    text
}

/// A node, and if it is a frame what lies in it.
fn frame(graph: &Graph, children: &[Vec<usize>], at: usize, depth: usize, text: &mut String) {
    let node = &graph.nodes[at];
    let indent = INDENT.repeat(depth);
    if !node.kind.is_frame() {
        text.push_str(&format!("{indent}{};\n", leaf(node)));
        return;
    }
    text.push_str(&format!("{indent}subgraph {} {{\n", quoted(&cluster(node))));
    let style = match node.kind {
        Kind::Account => r##"style="rounded,filled", fillcolor="#f4f4f4", color="#888888", fontsize=14"##,
        Kind::Region => r##"style="rounded,filled", fillcolor="#fbfbfb", color="#aaaaaa""##,
        Kind::Stack => r##"style="rounded,filled", fillcolor=white, color="#3b6ea5""##,
        Kind::Pipeline => r##"style="rounded,filled", fillcolor="#eef5ee", color="#3f7d3f""##,
        _ => r##"style="rounded,filled", fillcolor=white, color="#9bbf9b""##,
    };
    text.push_str(&format!("{indent}{INDENT}graph [label={}, {style}];\n", quoted(&node.title())));
    if node.kind.has_anchor() {
        let label = label(&node.label());
        let id = quoted(&node.id);
        text.push_str(&format!("{indent}{INDENT}{id} [label={label}, shape=plaintext, style=\"\", fontsize=10];\n"));
    }
    for &child in &children[at] {
        frame(graph, children, child, depth + 1, text);
    }
    text.push_str(&format!("{indent}}}\n"));
}

fn leaf(node: &Node) -> String {
    let look = match node.kind {
        Kind::Role => r##", shape=oval, fillcolor="#fff4d6""##,
        Kind::Store => r##", shape=cylinder, style=filled, fillcolor="#e3edf7""##,
        _ => "",
    };
    format!("{} [label={}{look}]", quoted(&node.id), label(&node.label()))
}

fn line(graph: &Graph, edge: &Edge) -> String {
    let (from, to) = (&graph.nodes[edge.from], &graph.nodes[edge.to]);
    let ends = format!("{} -> {}", quoted(&from.id), quoted(&to.id));
    let word = quoted(edge.kind.as_str());
    match edge.kind {
        EdgeKind::Artifact => format!(r##"{ends} [label={}, color="#3f7d3f", penwidth=1.5];"##, quoted(&edge.label)),
        EdgeKind::RunsAs | EdgeKind::Assumes => format!(r##"{ends} [label={word}, color="#b8860b"];"##),
        EdgeKind::Passes | EdgeKind::ReadBy => format!(r##"{ends} [label={word}, color="#b8860b", style=dotted];"##),
        EdgeKind::Starts => format!(r##"{ends} [label={word}, color="#3f7d3f", style=dashed];"##),
        EdgeKind::Stores | EdgeKind::Replicates => format!(r##"{ends} [label={word}, color="#3b6ea5"];"##),
        EdgeKind::Needs => {
            let [tail, head] = [from, to].map(|node| quoted(&cluster(node)));
            // It must not pull the needed stack behind the one that needs it: the artifacts give the direction.
            let aside = "constraint=false, style=dashed";
            // An arrow from a frame to itself has no frame to end at.
            if edge.from == edge.to {
                format!("{ends} [{aside}];")
            } else {
                format!("{ends} [ltail={tail}, lhead={head}, {aside}];")
            }
        }
    }
}

fn cluster(node: &Node) -> String {
    format!("cluster {}", node.id)
}

fn label(lines: &[&str]) -> String {
    let lines: Vec<String> = lines.iter().copied().map(escaped).collect();
    format!("\"{}\"", lines.join("\\n"))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Within quotes Graphviz takes a backslash for the beginning of an escape and an ampersand for that of an entity.
fn escaped(text: &str) -> String {
    printable(text).replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_quotes() {
        assert_eq!(quoted(r#"a"b\N&lt;ü"#), r#""a\"b\\N&amp;lt;ü""#);
        assert_eq!(quoted("a\nb"), r#""a\\nb""#);
    }
}
