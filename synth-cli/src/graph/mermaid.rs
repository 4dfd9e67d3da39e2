//! The picture as a Mermaid flowchart, <https://mermaid.js.org/syntax/flowchart.html>.

use super::{Edge, EdgeKind, Graph, Kind, Node};
use crate::output::printable;

const INDENT: &str = "  ";
const CLASSES: [(Kind, &str); 8] = [
    (Kind::Account, "fill:#f0f0f0,stroke:#888,color:#111"),
    (Kind::Region, "fill:#f8f8f8,stroke:#aaa,color:#111"),
    (Kind::Stack, "fill:#fff,stroke:#3b6ea5,color:#111"),
    (Kind::Pipeline, "fill:#eef5ee,stroke:#3f7d3f,color:#111"),
    (Kind::Stage, "fill:#fff,stroke:#9bbf9b,color:#111"),
    (Kind::Action, "fill:#fff,stroke:#3f7d3f,color:#111"),
    (Kind::Role, "fill:#fff4d6,stroke:#b8860b,color:#111"),
    (Kind::Store, "fill:#e3edf7,stroke:#3b6ea5,color:#111"),
];
const NOTE: &str = "fill:none,stroke:none,color:#555";

/// What Mermaid draws unless its `maxTextSize` and `maxEdges` say otherwise.
const MOST_CHARACTERS: usize = 50_000;
const MOST_EDGES: usize = 500;

pub(crate) fn render(graph: &Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    let (roots, children) = graph.layers();
    for root in roots {
        frame(graph, &children, root, 1, &mut text);
    }
    for (from, to) in graph.sequence() {
        text.push_str(&format!("{INDENT}{} ~~~ {}\n", id(from), id(to)));
    }
    for edge in &graph.edges {
        text.push_str(&format!("{INDENT}{}\n", line(edge)));
    }
    for (kind, style) in CLASSES {
        let members = graph.nodes.iter().enumerate().filter(|(_, node)| node.kind == kind);
        let members = members.map(|(at, node)| if node.kind.is_frame() { frame_id(at) } else { id(at) });
        classify(kind.as_str(), style, members.collect(), &mut text);
    }
    let anchors = graph.nodes.iter().enumerate().filter(|(_, node)| node.kind.has_anchor());
    classify("note", NOTE, anchors.map(|(at, _)| id(at)).collect(), &mut text);
    text
}

/// What Mermaid refuses in a drawing unless it is configured, and how much of it it takes.
pub(crate) fn beyond_defaults(text: &str) -> Option<(&'static str, usize)> {
    let arrows = [" ~~~ ", " -->", " -.->", " ==>"];
    let n_edges = text.lines().filter(|line| arrows.iter().any(|arrow| line.contains(arrow))).count();
    if n_edges > MOST_EDGES {
        Some(("edges", MOST_EDGES))
    } else {
        (text.len() > MOST_CHARACTERS).then_some(("characters", MOST_CHARACTERS))
    }
}

fn frame(graph: &Graph, children: &[Vec<usize>], at: usize, depth: usize, text: &mut String) {
    let node = &graph.nodes[at];
    let indent = INDENT.repeat(depth);
    if !node.kind.is_frame() {
        text.push_str(&format!("{indent}{}\n", leaf(at, node)));
        return;
    }
    text.push_str(&format!("{indent}subgraph {}[{}]\n", frame_id(at), label(&[&node.title()])));
    if node.kind.has_anchor() {
        let label = label(&node.label());
        text.push_str(&format!("{indent}{INDENT}{}[{label}]\n", id(at)));
    }
    for &child in &children[at] {
        frame(graph, children, child, depth + 1, text);
    }
    text.push_str(&format!("{indent}end\n"));
}

fn leaf(at: usize, node: &Node) -> String {
    let (id, label) = (id(at), label(&node.label()));
    match node.kind {
        Kind::Role => format!("{id}([{label}])"),
        Kind::Store => format!("{id}[({label})]"),
        _ => format!("{id}[{label}]"),
    }
}

fn line(edge: &Edge) -> String {
    let (from, to) = (id(edge.from), id(edge.to));
    let word = edge.kind.as_str();
    match edge.kind {
        EdgeKind::Artifact => format!("{from} ==>|{}| {to}", label(&[&edge.label])),
        EdgeKind::Passes | EdgeKind::ReadBy | EdgeKind::Starts => format!("{from} -.->|{word}| {to}"),
        EdgeKind::RunsAs | EdgeKind::Assumes | EdgeKind::Stores | EdgeKind::Replicates => {
            format!("{from} -->|{word}| {to}")
        }
        EdgeKind::Needs => format!("{from} -.-> {to}"),
    }
}

fn classify(class: &str, style: &str, members: Vec<String>, text: &mut String) {
    if !members.is_empty() {
        text.push_str(&format!("{INDENT}classDef {class} {style}\n{INDENT}class {} {class}\n", members.join(",")));
    }
}

/// Ids are numbers: no name can be taken for a word of the language.
fn id(at: usize) -> String {
    format!("n{at}")
}

fn frame_id(at: usize) -> String {
    format!("f{at}")
}

fn label(lines: &[&str]) -> String {
    let lines: Vec<String> = lines.iter().copied().map(escaped).collect();
    format!("\"{}\"", lines.join("<br/>"))
}

/// Writes everything that Mermaid, Markdown or HTML could take for more than text as a numbered entity.
fn escaped(text: &str) -> String {
    let text = printable(text);
    let mut escaped = String::new();
    for (at, c) in text.char_indices() {
        let so_far = &text[..at];
        let plain = match c {
            // At the beginning of a line these would make a list: `1. one`, `- one`.
            '.' => so_far.is_empty() || so_far.contains(|c: char| !c.is_ascii_digit()),
            '-' => !so_far.is_empty(),
            // Within a word it emphasises nothing.
            '_' => {
                let after = text[at + 1..].chars().next();
                [so_far.chars().next_back(), after].iter().all(|c| c.is_some_and(char::is_alphanumeric))
            }
            ' ' | '/' | ',' => true,
            c => c.is_alphanumeric(),
        };
        if plain { escaped.push(c) } else { escaped.push_str(&format!("#{};", u32::from(c))) }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_taken_for_syntax() {
        assert_eq!(escaped(r#"a"]b"#), "a#34;#93;b");
        assert_eq!(escaped("<b>`x`</b>"), "#60;b#62;#96;x#96;#60;/b#62;");
        assert_eq!(escaped("1. one"), "1#46; one");
        assert_eq!(escaped("- one"), "#45; one");
        assert_eq!(escaped("Übung-2.1_b"), "Übung-2.1_b");
        assert_eq!(escaped("_a_"), "#95;a#95;");
    }

    #[test]
    fn drawings_beyond_the_defaults_are_noticed() {
        assert_eq!(beyond_defaults(&"n1 --> n2\n".repeat(501)), Some(("edges", 500)));
        assert_eq!(beyond_defaults(&"x".repeat(50_001)), Some(("characters", 50_000)));
        assert_eq!(beyond_defaults("n1 --> n2"), None);
    }
}
