//! `synth explain`: the story of one action.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use clap::Args;
use construct_pipeline::access::template::Templates;
use construct_pipeline::access::{Access, ActionLabel, PipelineLabel, Report as Proof};
use serde_json::{Value as Json, json};

use super::check::access_json;
use crate::given::FACTS;
use crate::nearest::choice;
use crate::output::{BOLD, DIM, Failure, Report, printable};
use crate::proof::{Proved, Subject};

const EXAMPLES: &str = "\
Examples:
  synth explain Deploy                    an action of the assembly in `cdk.out`
  synth explain build/assembly Test/Deploy
      with the stage, where the name alone stands in several
  synth explain Deploy --kept-out         with what must stay out, too
  synth explain Deploy --template pipeline.yaml --account 111111111111 \\
      --region us-east-1";

/// Tells what one action is allowed, by which statements, and what is missing
///
/// Every access of the action in the order of a run, in sentences, with the statements that decide as the template has
/// them.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{FACTS}"))]
pub(crate) struct Explain {
    /// The folder of the assembly [default: cdk.out], and the action: `Action`, `Stage/Action` or `Pipeline/Stage/Action`
    #[arg(value_name = "[DIR] ACTION", num_args = 1..=2, required = true)]
    words: Vec<String>,
    #[command(flatten)]
    subject: Subject,
    /// Tells of what must stay out, too
    #[arg(long)]
    kept_out: bool,
    /// Prints JSON instead of sentences
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(crate) fn run(mut self) -> Result<Report, Failure> {
        let wanted = self.words.pop().unwrap_or_default();
        let dir = self.words.pop();
        let is_nameless = dir.is_none() && Path::new(&wanted).join("manifest.json").is_file();
        if is_nameless && !self.subject.is_named() {
            return Err(nameless(wanted, self.subject));
        }
        let subject = self.subject.in_dir(dir.map(Into::into))?;
        let Proved { templates, proof, .. } = subject.prove()?;
        let (pipeline, action) = find(&proof, &wanted)?;
        let is_told =
            |access: &&Access| self.kept_out || access.expected == construct_pipeline::access::Expected::Allow;
        let accesses: Vec<&Access> = proof.of_action(&action).filter(is_told).collect();
        if self.json {
            let accesses: Vec<Json> = accesses.iter().map(|access| access_json(&proof, access)).collect();
            return Ok(Report::json(&json!({ "accesses": accesses })));
        }
        let mut out = String::new();
        let _ = writeln!(
            out,
            "{BOLD}{}{BOLD:#}  {} in {}/{}, for the pipeline {} of {}/{}",
            printable(&proof.readable(&action.name)),
            printable(&proof.readable(&action.provider)),
            printable(&proof.readable(&action.account)),
            printable(&proof.readable(&action.region)),
            printable(&proof.readable(&pipeline.name)),
            printable(&proof.readable(&pipeline.account)),
            printable(&proof.readable(&pipeline.region)),
        );
        for access in accesses {
            let _ = writeln!(out, "\n{}", printable_lines(&proof.explain(access)));
            quote(&mut out, &templates, &proof, access);
        }
        Ok(Report::text(out))
    }
}

/// The statements that decide, as they stand in the templates.
fn quote(out: &mut String, templates: &Templates<'_>, proof: &Proof, access: &Access) {
    let Some(verdict) = proof.verdict(access) else { return };
    let cited = verdict.allowed_by.iter().chain(verdict.denied_by.iter().map(|denial| &denial.by));
    for citation in cited {
        if let Some(statement) = proof.quote(templates, citation) {
            let _ = writeln!(out, "    {DIM}{}{DIM:#}", printable(&statement.to_string()));
        }
    }
}

/// What is missing where nothing is given but the folder of an assembly.
fn nameless(dir: String, subject: Subject) -> Failure {
    let failure = Failure::new(format!("`{dir}` is the folder of an assembly, and nothing says which action of it"));
    let proof = match subject.in_dir(Some((&dir).into())).and_then(|subject| subject.prove()) {
        Ok(proved) => proved.proof,
        Err(failure) => return failure,
    };
    let first = proof.pipelines().flat_map(|(_, actions)| actions).next();
    failure.help(match first {
        Some(first) => {
            let action = format!("{}/{}", proof.readable(&first.stage), proof.readable(&first.name));
            format!("write it behind the folder: `synth explain {dir} {action}`; `synth check {dir}` lists them all")
        }
        None => "it has no pipeline at all; name the folder of another assembly".to_owned(),
    })
}

/// Finds an action by its name, or by as much of its path as tells it apart.
fn find(proof: &Proof, wanted: &str) -> Result<(Arc<PipelineLabel>, Arc<ActionLabel>), Failure> {
    let all: Vec<(Arc<PipelineLabel>, Arc<ActionLabel>)> = (proof.pipelines())
        .flat_map(|(pipeline, actions)| actions.map(|action| (Arc::clone(pipeline), Arc::clone(action))))
        .collect();
    let path = |(pipeline, action): &(Arc<PipelineLabel>, Arc<ActionLabel>)| {
        format!("{}/{}/{}", proof.readable(&pipeline.name), proof.readable(&action.stage), proof.readable(&action.name))
    };
    let matches = |one: &&(Arc<PipelineLabel>, Arc<ActionLabel>)| {
        let path = path(one);
        path == wanted || path.ends_with(&format!("/{wanted}"))
    };
    let found: Vec<_> = all.iter().filter(matches).collect();
    let choice =
        |of: Vec<String>| format!("name one of {}", choice(&of, |path| path, wanted, |path| format!("`{path}`")));
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] if all.is_empty() => Err(Failure::new("there is no pipeline in these templates")
            .help("name the folder of an assembly that has one, or its templates with `--template`; `synth list` shows what is there")),
        [] => Err(Failure::new(format!("there is no action `{wanted}`"))
            .help(choice(all.iter().map(path).collect()))),
        several => Err(Failure::new(format!("`{wanted}` may be any of {} actions", several.len()))
            .help(choice(several.iter().map(|one| path(one)).collect()))),
    }
}

fn printable_lines(text: &str) -> String {
    text.lines().map(|line| printable(line).into_owned()).collect::<Vec<_>>().join("\n")
}
