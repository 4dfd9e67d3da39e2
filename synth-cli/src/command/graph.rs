//! `synth graph`: draws an assembly.

use clap::{Args, ValueEnum};

use crate::graph::{Graph as Drawing, dot, json, mermaid};
use crate::model::Model;
use crate::nearest::choice;
use crate::output::{Failure, Report, grouped};
use crate::source::Source;

const EXAMPLES: &str = "\
What is drawn:
  lanes       accounts, and in them regions
  stacks      each with its wave and how many resources it has
  pipelines   with stages and actions; between actions the artifacts that they
              hand on
  stores      bucket and key; an arrow leads from the store at home to its
              replicas in other regions
  roles       with which pipelines and builds run, which actions assume, or
              pass on to CloudFormation; a role of no stack stands alone
  dashed      arrows from a stack to those that must be deployed before it

Examples:
  synth graph > pipeline.mmd
      Mermaid, which GitHub and GitLab draw within Markdown
  synth graph --format dot | dot -Tsvg -o pipeline.svg
      an image, with Graphviz
  synth graph --pipeline orders
      one pipeline of many, and what it touches
  synth graph --json
      nodes and edges for programs";

/// Draws accounts, regions, stacks, pipelines, artifact stores and roles of an assembly
///
/// Reads nothing but the templates, so it works on the assembly of any AWS CDK app.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Graph {
    #[command(flatten)]
    source: Source,
    /// The language of the drawing
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
    /// Draws only this pipeline, and what it touches
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// Prints nodes and edges as JSON instead of a drawing
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A Mermaid flowchart, <https://mermaid.js.org>
    Mermaid,
    /// The language of Graphviz, <https://graphviz.org>
    Dot,
}

impl Graph {
    pub(crate) fn run(&self) -> Result<Report, Failure> {
        let model = Model::read(&self.source.dir)?;
        let mut drawing = Drawing::of(&model);
        if let Some(name) = &self.pipeline {
            drawing = drawing.only(name).map_err(|known| no_such_pipeline(name, &known))?;
        }
        let mut report = match self.format {
            _ if self.json => Report::json(&json::render(&drawing)),
            Format::Dot => Report::verbatim(dot::render(&drawing)),
            Format::Mermaid => {
                let text = mermaid::render(&drawing);
                let too_large = mermaid::beyond_defaults(&text);
                let mut report = Report::verbatim(text);
                if let Some((what, most)) = too_large {
                    report.warning(
                        format!(
                            "the drawing has more than {} {what}, which Mermaid refuses unless configured",
                            grouped(most)
                        ),
                        match self.pipeline {
                            None => "draw one pipeline with `--pipeline NAME`, or use `--format dot`",
                            Some(_) => "use `--format dot`, or set `maxEdges` and `maxTextSize` where it is shown",
                        },
                    );
                }
                report
            }
        };
        report.diagnostics(model.circle());
        Ok(report)
    }
}

fn no_such_pipeline(name: &str, known: &[String]) -> Failure {
    let failure = Failure::new(format!("the assembly has no pipeline `{name}`"));
    if known.is_empty() {
        return failure.help("it has no pipeline at all; leave `--pipeline` out to draw its stacks");
    }
    failure.help(format!("it has {}", choice(known, |known| known, name, |known| format!("`{known}`"))))
}
