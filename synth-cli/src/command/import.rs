//! `synth import`: a Rust program from a pipeline that exists.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use construct_core::{Env, Region};
use construct_pipeline::json::Declaration;
use serde_json::Value as Json;

use crate::import::import;
use crate::output::{Failure, Report};
use crate::source;

const EXAMPLES: &str = "\
Examples:
  aws codepipeline get-pipeline --name orders > orders.json
  synth import orders.json > src/main.rs
      a program that synthesises to the same declaration
  aws codepipeline get-pipeline --name orders | synth import -
      the same, read from standard input
  synth import orders.json --region eu-west-1
      for JSON that does not tell the region, such as the input of
      `create-pipeline`

Exit codes:
  0  the program synthesises to the declaration
  1  what was read is no pipeline, or a synthesis refuses the program
  2  the file cannot be read, is no JSON, or nobody says where the pipeline is

The pipeline itself exists already, too: bring it into the stack with a resource
import of CloudFormation (`cdk import`), or give it another name.";

/// In which language the program is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Emit {
    /// A program of this library
    Rust,
    /// The structure that was read, as `--cli-input-json` takes it
    Json,
}

/// Turns what `aws codepipeline get-pipeline` prints into a Rust program
///
/// Roles, stores, projects and topics are imported: the program refers to them and writes to none of them. Actions are
/// written in the words of the library where those lead to the very same declaration, otherwise with their configuration as
/// it stands.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Import {
    /// The file with the JSON; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value = "rust")]
    emit: Emit,
    /// The account of the pipeline, where the JSON does not tell it, or tells another
    #[arg(long)]
    account: Option<String>,
    /// The region of the pipeline, where the JSON does not tell it, or tells another
    #[arg(long)]
    region: Option<String>,
}

impl Import {
    pub(crate) fn run(&self) -> Result<Report, Failure> {
        let text = source::read(&self.file)?;
        let declaration = match Declaration::read(&text) {
            Ok(declaration) => declaration,
            Err(findings) => {
                // What is no JSON is refused as every command does that reads a file.
                if let Some(syntax) = findings.iter().find(|finding| finding.code() == "json::syntax") {
                    return Err(Failure::new(syntax.message()).help(syntax.help_text().unwrap_or_default()));
                }
                let mut report = Report::verbatim(String::new());
                report.diagnostics(&findings);
                return Ok(report);
            }
        };
        let home = self.home(&declaration)?;
        if matches!(self.emit, Emit::Json) {
            let mut report = Report::json(&declaration.to_json());
            report.diagnostics(declaration.warnings());
            return Ok(report);
        }
        let imported = import(&declaration, home);
        let mut report = Report::verbatim(imported.text);
        let (mut gaps, mut references) = (BTreeSet::new(), BTreeSet::new());
        for_each_text(&declaration.to_json(), &mut |text| {
            collect_gaps(text, &mut gaps);
            collect_references(text, &mut references);
        });
        let listed =
            |texts: BTreeSet<String>| texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ");
        if !gaps.is_empty() {
            let message = format!(
                "values are missing in the JSON, as `synth pipeline-json` prints what only a deployment tells: {}",
                listed(gaps)
            );
            report.warning(message, "put them in, or import what `aws codepipeline get-pipeline` prints");
        }
        if !references.is_empty() {
            let message = format!("CloudFormation puts the value in the place of {}", listed(references));
            let help = "no template can say such a text itself: where it is meant, as for a stack that looks the value up, say it in \
                        the template of that stack; in the pipeline the value of a secret could be read";
            report.warning(message, help);
        }
        // What was read is part of what the synthesis says.
        report.diagnostics(&imported.findings);
        if !imported.wordless.is_empty() {
            let message = format!(
                "no words of the library lead to the very declaration of {}: in the program that is a `CustomAction`, with its \
                 configuration as it stands",
                imported.wordless.join(", ")
            );
            let help = "leave it so; where the library has a type for the provider, see what that says otherwise";
            report.warning(message, help);
        }
        if imported.findings.has_errors() {
            report.finding("a synthesis refuses the program as it stands", "mend in it what is named above");
        } else if !imported.is_same {
            report.finding(
                "the program does not synthesise to this declaration",
                "compare both with `synth pipeline-json`, and please report what differs",
            );
        }
        Ok(report)
    }

    fn home(&self, declaration: &Declaration) -> Result<Env, Failure> {
        let account = self.account.as_deref().or(declaration.account());
        let account = account.ok_or_else(|| {
            Failure::new("neither the JSON nor anybody else says which account the pipeline is in")
                .help("say so with `--account 111111111111`")
        })?;
        let account = source::account(account)?;
        let region = self.region.clone().or_else(|| declaration.region());
        let region = region.ok_or_else(|| {
            Failure::new("neither the JSON nor anybody else says which region the pipeline is in")
                .help("say so with `--region us-east-1`; the answer of `get-pipeline` tells it in its metadata")
        })?;
        let region = Region::parse(&region)
            .map_err(|error| Failure::new(error.to_string()).help("use a region code such as `us-east-1`"))?;
        Ok(Env { account, region })
    }
}

/// Every text of some JSON.
fn for_each_text(json: &Json, what: &mut impl FnMut(&str)) {
    match json {
        Json::String(text) => what(text),
        Json::Array(items) => items.iter().for_each(|item| for_each_text(item, what)),
        Json::Object(entries) => entries.values().for_each(|value| for_each_text(value, what)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// What `synth pipeline-json` wrote in angle brackets.
fn collect_gaps(text: &str, gaps: &mut BTreeSet<String>) {
    for (at, _) in text.match_indices('<') {
        let label = text[at + 1..].split_once('>').map(|(label, _)| label);
        gaps.extend(label.filter(|label| is_gap(label)).map(|label| format!("<{label}>")));
    }
}

/// Dynamic references, which get-pipeline shows only where somebody who is not CloudFormation wrote them.
fn collect_references(text: &str, references: &mut BTreeSet<String>) {
    // What stands in angle brackets is told as missing.
    for (at, _) in text.match_indices("{{resolve:").filter(|(at, _)| !text[..*at].ends_with('<')) {
        references.extend(text[at..].split_once("}}").map(|(reference, _)| format!("{reference}}}}}")));
    }
}

/// Whether a text in angle brackets is how an unknown of a template is called, and no HTML, say.
fn is_gap(label: &str) -> bool {
    ["{{resolve:", "parameter ", "import ", "Fn::"].iter().any(|start| label.starts_with(start))
        || label.split_once(" of ").is_some_and(|(what, whose)| !what.contains(' ') && whose.contains(" in "))
}
