//! `synth pipeline-json`: a pipeline as the JSON of the CodePipeline API.

use std::path::{Path, PathBuf};

use clap::Args;
use construct_core::Diagnostics;
use construct_pipeline::json::{Exported, export};
use serde_json::json;

use crate::nearest::choice;
use crate::output::{Failure, Report};
use crate::{source, templates};

const EXAMPLES: &str = "\
What only a deployment tells:
  A key that the templates make is named by the ARN of its alias, which
  CodePipeline takes in the account that owns the key. Anything else, such as
  the id of a resource without a name, stands in angle brackets, and a dynamic
  reference as it is; a warning on standard error names each. Put the values in
  before AWS gets the file.

Examples:
  synth pipeline-json orders > orders.json
      the pipeline `orders` of the assembly in `cdk.out`
  aws codepipeline create-pipeline --cli-input-json file://orders.json
      makes it; its roles, stores and the rules that start it are made elsewhere
  synth pipeline-json build/assembly orders
      of an assembly elsewhere, whichever tool made it
  synth pipeline-json --tags orders
      with its tags, which `create-pipeline` takes and `update-pipeline` does not";

const NO_PIPELINE: &str = "it has no pipeline at all; name the folder of another assembly";

/// Prints a pipeline as the JSON that `aws codepipeline create-pipeline` and `update-pipeline` take
///
/// The functions of the template become literals, as far as templates, accounts and regions tell.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PipelineJson {
    /// The folder of the assembly [default: cdk.out], and the pipeline: its name, its logical id, or `STACK/LOGICAL_ID`
    #[arg(value_name = "[DIR] PIPELINE", num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// Adds the tags, which `create-pipeline` takes and `update-pipeline` does not
    #[arg(long)]
    tags: bool,
}

impl PipelineJson {
    pub(crate) fn run(&self) -> Result<Report, Failure> {
        let (dir, name) = match &*self.words {
            [dir, name] => (PathBuf::from(dir), name.as_str()),
            [dir] if Path::new(dir).join("manifest.json").is_file() => return Err(nameless(Path::new(dir))?),
            // Without an assembly to look into, a file is meant as one.
            [file] if Path::new(file).is_file() && !Path::new("cdk.out").exists() => {
                return Err(nameless(Path::new(file))?);
            }
            [name] => (PathBuf::from("cdk.out"), name.as_str()),
            _ => return Err(Failure::new("no pipeline is named")),
        };
        let found = find(&dir, name)?;
        let declaration = match &found.declaration {
            Ok(declaration) => declaration,
            Err(refusals) => return Ok(refused(refusals, &found.unknown)),
        };
        let mut answer = declaration.to_json();
        if self.tags && !found.tags.is_empty() {
            let tags = found.tags.iter().map(|(key, value)| json!({ "key": key, "value": value }));
            answer["tags"] = tags.collect();
        }
        let mut report = Report::json(&answer);
        report.diagnostics(declaration.warnings());
        for unknown in &found.unknown {
            let what = format!("only a deployment tells what `{unknown}` is");
            report.warning(what, "put its value into the JSON before AWS gets it");
        }
        for (what, command) in &found.aside {
            report.warning(
                format!("{what}, which is no part of the structure"),
                format!("say it with a command of its own: `aws codepipeline {command}`"),
            );
        }
        if !self.tags && !found.tags.is_empty() {
            report.warning("the tags of the pipeline are left out", "`--tags` adds them for `create-pipeline`");
        }
        Ok(report)
    }
}

/// No pipeline, but what the API has against it.
fn refused(refusals: &Diagnostics, unknown: &[String]) -> Report {
    let mut report = Report::verbatim(String::new());
    report.diagnostics(refusals);
    for unknown in unknown {
        let help = "where it takes the place of a stage or an action, ask `aws codepipeline get-pipeline` for what was deployed";
        report.warning(format!("only a deployment tells what `{unknown}` is"), help);
    }
    report
}

/// What is missing where nothing is given but the folder of an assembly.
fn nameless(dir: &Path) -> Result<Failure, Failure> {
    let assembly = source::assembly(dir)?;
    let all = export(&templates::all(dir, &assembly)?);
    let shown = dir.display();
    let failure =
        Failure::new(format!("`{shown}` is the folder of an assembly, and nothing says which pipeline of it"));
    let Some(first) = all.first() else { return Ok(failure.help(NO_PIPELINE)) };
    let example = format!("write it behind the folder: `synth pipeline-json {shown} {}`", first.name);
    let shown = |one: &Exported| format!("`{}` of stack `{}`", one.name, one.stack);
    Ok(failure.help(match all.len() {
        1 => example,
        _ => format!("{example}; it has {}", choice(&all, |one| &one.name, &first.name, shown)),
    }))
}

/// The one pipeline of this name.
fn find(dir: &Path, name: &str) -> Result<Exported, Failure> {
    let assembly = source::assembly(dir)?;
    let all = export(&templates::all(dir, &assembly)?);
    let known: Vec<(String, String)> = all.iter().map(|one| (one.name.clone(), one.stack.clone())).collect();
    let is_meant = |one: &Exported| {
        one.name == name || one.logical_id == name || name == format!("{}/{}", one.stack, one.logical_id)
    };
    let mut meant = all.into_iter().filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(one),
        (Some(one), Some(other)) => Err(Failure::new(format!("there are several pipelines `{name}`"))
            .help(format!("name one as `{}/{}` or `{}/{}`", one.stack, one.logical_id, other.stack, other.logical_id))),
        (None, _) => {
            let shown = dir.display();
            let failure = Failure::new(format!("the assembly in `{shown}` has no pipeline `{name}`"));
            Err(match known.is_empty() {
                true => failure.help(NO_PIPELINE),
                false => {
                    let shown = |(name, stack): &(String, String)| format!("`{name}` of stack `{stack}`");
                    failure.help(format!("it has {}", choice(&known, |(name, _)| name, name, shown)))
                }
            })
        }
    }
}
