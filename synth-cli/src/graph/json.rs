//! The picture for programs.

use serde_json::{Map, Value as Json, json};

use super::{Edge, Graph, Node};

pub(crate) fn render(graph: &Graph) -> Json {
    let nodes: Vec<Json> = graph.nodes.iter().map(|node| as_json(graph, node)).collect();
    let edges = graph.edges.iter().map(|Edge { from, to, kind, label }| {
        let mut edge = Map::new();
        edge.insert("from".into(), graph.nodes[*from].id.as_str().into());
        edge.insert("to".into(), graph.nodes[*to].id.as_str().into());
        edge.insert("kind".into(), kind.as_str().into());
        if !label.is_empty() {
            edge.insert("label".into(), label.as_str().into());
        }
        Json::from(edge)
    });
    json!({ "nodes": nodes, "edges": edges.collect::<Vec<_>>() })
}

fn as_json(graph: &Graph, node: &Node) -> Json {
    let mut json = Map::new();
    json.insert("id".into(), node.id.as_str().into());
    json.insert("kind".into(), node.kind.as_str().into());
    json.insert("name".into(), node.name.as_str().into());
    if let Some(parent) = node.parent {
        json.insert("parent".into(), graph.nodes[parent].id.as_str().into());
    }
    for (key, value) in &node.facts {
        // What is a number or a truth in a template is one here.
        let value = value
            .parse::<u64>()
            .ok()
            .filter(|_| NUMBERS.contains(key))
            .map_or_else(|| if *key == "outside" { Json::from(true) } else { Json::from(value.as_str()) }, Json::from);
        json.insert((*key).into(), value);
    }
    json.into()
}

const NUMBERS: [&str; 2] = ["resources", super::build::RUN_ORDER];
