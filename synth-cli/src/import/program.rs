//! A program while it is written: what it declares, in words and as values of the library.

use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Env, NodeId};
use construct_pipeline::prelude::*;
use serde_json::Value as Json;

use super::layout::{Chain, constant, let_chain};
use super::words::{Identifiers, literal};

/// Literals longer than this get a name where a line has no room for them.
const LONG: usize = 48;

/// The parts of the program's text, and the app that it would make.
#[derive(Debug)]
pub(super) struct Program<'a> {
    pub(super) home: Env,
    pub(super) scope: Scope<'a>,
    names: Identifiers,
    constants: BTreeMap<String, String>,
    pub(super) constants_text: String,
    imports: BTreeMap<String, (String, NodeId)>,
    ids: BTreeSet<String>,
    pub(super) imports_text: String,
    artifacts: BTreeMap<String, (String, Artifact)>,
    pub(super) artifacts_text: String,
    pub(super) body: String,
}

impl<'a> Program<'a> {
    pub(super) fn new(home: Env, scope: Scope<'a>) -> Self {
        Self {
            home,
            scope,
            names: Identifiers::new(),
            constants: BTreeMap::new(),
            constants_text: String::new(),
            imports: BTreeMap::new(),
            ids: BTreeSet::new(),
            imports_text: String::new(),
            artifacts: BTreeMap::new(),
            artifacts_text: String::new(),
            body: String::new(),
        }
    }

    /// The constant with a text, which is declared when it is first asked for.
    pub(super) fn constant(&mut self, text: &str, name: &str, what: &str) -> String {
        if let Some(known) = self.constants.get(text) {
            return known.clone();
        }
        let name = self.names.constant(name, what);
        self.constants_text += &constant(&name, &literal(text));
        self.constants.insert(text.to_owned(), name.clone());
        name
    }

    /// The constant with an ARN, named after what it is the ARN of; ids say nothing to anybody.
    pub(super) fn arn(&mut self, arn: &str, what: &str) -> String {
        let name = arn.rsplit(['/', ':']).next().filter(|_| !["KEY", "CONNECTION"].contains(&what));
        self.constant(arn, name.unwrap_or_default(), what)
    }

    /// A text as a literal, or as a constant if it is long.
    pub(super) fn text(&mut self, text: &str, what: &str) -> String {
        let literal = literal(text);
        if literal.chars().count() > LONG { self.constant(text, "", what) } else { literal }
    }

    /// Declares a variable in the body.
    pub(super) fn variable(&mut self, name: &str, otherwise: &str, chain: &Chain) -> String {
        let name = self.names.variable(name, otherwise);
        self.body += &let_chain(&name, chain);
        name
    }

    /// Adds a line that explains the next.
    pub(super) fn comment(&mut self, text: &str) {
        self.body += &format!("    // {text}\n");
    }

    /// Places what exists already, once.
    pub(super) fn import<H: Into<NodeId>>(
        &mut self,
        name: &str,
        otherwise: &str,
        chain: &Chain,
        place: impl FnOnce(&mut Scope<'_>, &str) -> H,
    ) -> (String, NodeId) {
        let key = format!("{chain:?}");
        if let Some(known) = self.imports.get(&key) {
            return known.clone();
        }
        let name = self.names.variable(name, otherwise);
        let stem: String = name.split('_').map(capitalised).collect();
        let numbered = |n: usize| if n == 1 { stem.clone() } else { format!("{stem}-{n}") };
        let id = (1..).map(numbered).find(|id| !self.ids.contains(id)).unwrap_or_default();
        self.ids.insert(id.clone());
        let arguments = [literal(&id), chain.line()];
        self.imports_text += &let_chain(&name, &Chain::on("scope", "add", arguments));
        let placed = (name, place(&mut self.scope, &id).into());
        self.imports.insert(key, placed.clone());
        placed
    }

    /// An artifact, by the JSON of an input or output.
    pub(super) fn artifact(&mut self, json: &Json) -> (String, Artifact) {
        let text = json["name"].as_str().unwrap_or_default();
        if let Some(known) = self.artifacts.get(text) {
            return known.clone();
        }
        let name = self.names.variable(text, "artifact");
        let mut chain = Chain::new("Artifact::new", [self.text(text, "ARTIFACT")]);
        let mut artifact = Artifact::new(text);
        for file in json["files"].as_array().into_iter().flatten().filter_map(Json::as_str) {
            chain.call("export_file", [literal(file)]);
            artifact = artifact.export_file(file);
        }
        self.artifacts_text += &let_chain(&name, &chain);
        self.artifacts.insert(text.to_owned(), (name.clone(), artifact.clone()));
        (name, artifact)
    }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}
