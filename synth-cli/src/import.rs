//! A Rust program from a pipeline of the API.
//!
//! `program` collects what is declared, in words and at the same time as values; `typed` finds the words of the library
//! for an action; `stages` writes what surrounds the actions; `words` and `layout` know Rust. Every program is
//! synthesised before it is shown: an action whose words do not lead to its declaration is written as a `CustomAction`,
//! which always does.

mod layout;
mod program;
mod stages;
mod typed;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use construct_core::{App, Diagnostic, Diagnostics, Env, Severity, Tag};
use construct_pipeline::access::template::Templates;
use construct_pipeline::json::{Declaration, export};
use construct_pipeline::{AccessCheck, AppAccess as _, Provider};
use serde_json::Value as Json;

use layout::{Chain, statement};
use program::Program;
use words::literal;

/// A program, and what its synthesis has to say.
#[derive(Debug)]
pub(crate) struct Imported {
    pub(crate) text: String,
    pub(crate) findings: Diagnostics,
    /// Whether it synthesises to the declaration it was made from.
    pub(crate) is_same: bool,
    /// The actions for which no words of the library were found: each as it is called, with its type.
    pub(crate) wordless: Vec<String>,
}

/// Writes the program of a pipeline in an account and region.
pub(crate) fn import(declaration: &Declaration, home: Env) -> Imported {
    let mut draft = Draft { declaration, home, access: AccessCheck::Deny };
    let mut plain = draft.attempt(&BTreeSet::new());
    if plain.errors().next().is_some() && plain.errors().all(|error| error.code().starts_with("access::")) {
        // The pipeline exists, whatever its policies lack.
        draft.access = AccessCheck::Warn;
        plain = draft.attempt(&BTreeSet::new());
    }
    if !plain.is_same {
        // It is refused as it stands: what it says counts, not how.
        return plain.finish(declaration);
    }
    let all = draft.fitting(places(declaration.structure()));
    if all.is_as_good_as(&plain) {
        return all.finish(declaration);
    }
    // Some of the words say something else: each action is tried by itself.
    let alone = |place: &(usize, usize)| draft.attempt(&BTreeSet::from([*place])).is_as_good_as(&plain);
    let some = draft.attempt(&all.typed.iter().copied().filter(alone).collect());
    if some.is_as_good_as(&plain) { some.finish(declaration) } else { plain.finish(declaration) }
}

/// What every attempt at the program starts from.
#[derive(Debug)]
struct Draft<'d> {
    declaration: &'d Declaration,
    home: Env,
    access: AccessCheck,
}

/// A program with the words of the library for some of its actions.
#[derive(Debug)]
struct Attempt {
    text: String,
    /// The stages and actions that have words, and those for which none were found.
    typed: BTreeSet<(usize, usize)>,
    plain: BTreeSet<(usize, usize)>,
    findings: Diagnostics,
    is_same: bool,
}

impl Draft<'_> {
    /// Words where there are any. What was declared on the way to words that were not found is no part of the program.
    fn fitting(&self, wanted: BTreeSet<(usize, usize)>) -> Attempt {
        let first = self.attempt(&wanted);
        if first.plain.is_empty() { first } else { self.attempt(&first.typed) }
    }

    fn attempt(&self, wanted: &BTreeSet<(usize, usize)>) -> Attempt {
        let Self { declaration, home, access } = *self;
        let mut app = App::new();
        app.access(access);
        let id = stack_id(declaration.name());
        let stack = app.stack(&id, home);
        let mut program = Program::new(home, app.at(stack));
        let mut providers: BTreeMap<(usize, usize), Arc<dyn Provider>> = BTreeMap::new();
        let structure = declaration.structure();
        stages::pipeline_role(structure, &mut program);
        stages::artifacts(structure, &mut program);
        let mut plain = BTreeSet::new();
        let mut stages = Vec::new();
        for (n, stage) in structure["stages"].as_array().into_iter().flatten().enumerate() {
            if n > 0 {
                program.body += "\n";
            }
            let mut actions = Vec::new();
            for (m, json) in stage["actions"].as_array().into_iter().flatten().enumerate() {
                let wanted = wanted.contains(&(n, m));
                let chain = match wanted.then(|| typed::typed(json, &mut program)) {
                    Some(Some(typed)) => {
                        providers.insert((n, m), typed.provider);
                        typed.comment.into_iter().for_each(|comment| program.comment(comment));
                        typed.chain
                    }
                    found => {
                        plain.extend(found.map(|_| (n, m)));
                        stages::custom(json, &mut program)
                    }
                };
                let provider = program.variable(json["name"].as_str().unwrap_or_default(), "provider", &chain);
                actions.push(stages::action(json, structure, &provider, &mut program));
            }
            stages.push(stages::stage(stage, &actions, &mut program));
        }
        stages::pipeline(declaration, stages, &mut program);
        let text = self.whole(&id, &program);
        let typed = providers.keys().copied().collect();
        let pipeline = declaration.pipeline(|stage, action| providers.remove(&(stage, action)));
        let pipeline = program.scope.add("Pipeline", pipeline);
        for (key, value) in declaration.tags() {
            program.scope.attach(pipeline, Tag::new(key, value));
        }
        let (findings, is_same) = self.outcome(app);
        Attempt { text, typed, plain, findings, is_same }
    }

    /// What a synthesis finds, and whether the pipeline in it says what the declaration does.
    fn outcome(&self, app: App) -> (Diagnostics, bool) {
        match app.synth_with_warnings() {
            Ok((assembly, warnings)) => {
                let exported = export(&Templates::of(&assembly));
                let is_same = exported.first().is_some_and(|exported| {
                    exported.declaration.as_ref().is_ok_and(|exported| exported.is_same(self.declaration))
                });
                (warnings, is_same)
            }
            Err(error) => (error.findings().cloned().unwrap_or_default(), false),
        }
    }

    fn whole(&self, id: &str, program: &Program<'_>) -> String {
        let Self { declaration, home, access } = *self;
        let mut text = format!(
            "//! The pipeline `{}`, written by `synth import`.\n//!\n//! Its roles, its stores and what its actions work with \
         exist already: they are referred to and\n//! never written to.\n\nuse std::process::ExitCode;\n\nuse \
         construct_pipeline::prelude::*;\n\nconst HOME: Env = Env::new(\"{}\", \"{}\");\n",
            declaration.name().escape_debug(),
            home.account,
            home.region,
        );
        text += &program.constants_text;
        text += "\nfn main() -> ExitCode {\n    app().run()\n}\n\n/// One stack, with the pipeline.\npub fn app() -> App {\n    \
             let mut app = App::new();\n";
        if access == AccessCheck::Warn {
            text += "    // The policies of the pipeline as it stands leave something denied: see the warnings.\n";
            text += "    app.access(AccessCheck::Warn);\n";
        }
        text += &layout::let_chain("stack", &Chain::on("app", "stack", [literal(id), "HOME".to_owned()]));
        text += "    let mut scope = app.at(stack);\n";
        for part in [&program.imports_text, &program.artifacts_text, &program.body] {
            if !part.is_empty() {
                text += "\n";
                text += part;
            }
        }
        let pipeline = ["\"Pipeline\"".to_owned(), "pipeline".to_owned()];
        if declaration.tags().is_empty() {
            text += &statement("scope.add", &pipeline);
        } else {
            text += &layout::let_chain("pipeline", &Chain::on("scope", "add", pipeline));
            for (key, value) in declaration.tags() {
                let tag = format!("Tag::new({}, {})", literal(key), literal(value));
                text += &statement("scope.attach", &["pipeline".to_owned(), tag]);
            }
        }
        text += "    app\n}\n";
        text
    }
}

impl Attempt {
    fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.findings.iter().filter(|finding| finding.severity() == Severity::Error)
    }

    fn is_as_good_as(&self, plain: &Self) -> bool {
        self.is_same && self.errors().count() <= plain.errors().count()
    }

    fn finish(self, declaration: &Declaration) -> Imported {
        let structure = declaration.structure();
        let wordless = places(structure).into_iter().filter(|place| !self.typed.contains(place));
        let wordless = wordless.filter_map(|(n, m)| {
            let (stage, action) = (&structure["stages"][n], &structure["stages"][n]["actions"][m]);
            let kind = &action["actionTypeId"];
            let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
            // A custom action type has no other words, and of what is refused no words were tried.
            let has_words = self.is_same && kind["owner"] != "Custom";
            let (action, stage, provider) = (text(&action["name"]), text(&stage["name"]), text(&kind["provider"]));
            has_words.then(|| format!("`{action}` of stage `{stage}` (`{provider}`)"))
        });
        Imported { wordless: wordless.collect(), text: self.text, findings: self.findings, is_same: self.is_same }
    }
}

/// Every action, by its stage and its place there.
fn places(structure: &Json) -> BTreeSet<(usize, usize)> {
    let stages = structure["stages"].as_array().into_iter().flatten().enumerate();
    stages.flat_map(|(n, stage)| (0..stage["actions"].as_array().map_or(0, Vec::len)).map(move |m| (n, m))).collect()
}

/// A stack for a pipeline: its name in the letters that CloudFormation takes.
fn stack_id(name: &str) -> String {
    let mut id = String::new();
    for c in name.chars().take(100) {
        if c.is_ascii_alphanumeric() {
            id.push(c);
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    if !id.starts_with(|first: char| first.is_ascii_alphabetic()) {
        id.insert_str(0, "pipeline-");
    }
    format!("{}-pipeline", id.trim_end_matches('-'))
}
