//! The command line: what can be asked, and how the answer ends the program.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::StyledStr;
use clap::builder::styling::{AnsiColor, Styles};
use clap::error::{ContextKind, ContextValue};
use clap::{Parser, Subcommand};

use crate::command::{budget, check, contract, explain, graph, import, list, names, pipeline_json};
use crate::output;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  cargo run
      writes an assembly to `cdk.out`
  synth list
      the stacks in it, in deployment order
  synth graph --format dot | dot -Tsvg -o pipeline.svg
      a drawing of accounts, stacks and pipelines
  synth check
      proves that every access of every pipeline is allowed, and no other
  synth explain Deploy
      why an action may do what it does, and what it may not
  synth contract
      what the owners of imported stores and roles must allow
  synth budget
      how much of what AWS takes is used, and what the keys cost
  synth pipeline-json orders
      the pipeline as the JSON that the CodePipeline API takes
  synth import pipeline.json
      a program from what `aws codepipeline get-pipeline` prints
  synth names orders --account 111111111111 --region us-east-1
      the names of what a pipeline creates, before it exists

Exit codes:
  0  all is well
  1  something in the assembly is wrong, such as stacks that wait for each other
  2  the command line is wrong, or there is no readable assembly";

/// Looks into cloud assemblies: the folders of templates that the AWS CDK CLI deploys.
///
/// An assembly is what a program of this library, or any AWS CDK app, writes to `cdk.out`. Nothing here needs
/// credentials, calls AWS or changes a file.
#[derive(Debug, Parser)]
#[command(name = "synth", version, styles = STYLES, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(alias = "ls")]
    List(list::List),
    Names(names::Names),
    Graph(graph::Graph),
    Check(check::Check),
    Explain(explain::Explain),
    Contract(contract::ContractOf),
    PipelineJson(pipeline_json::PipelineJson),
    Import(import::Import),
    Budget(budget::Budget),
}

/// Runs the program with its arguments, the first of which is its own name.
pub(crate) fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let error = with_tip(error);
            let code = if error.use_stderr() { output::UNUSABLE } else { output::FINE };
            // A reader that went away wants no more help.
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    let result = match cli.command {
        Command::List(list) => list.run(),
        Command::Names(names) => names.run(),
        Command::Graph(graph) => graph.run(),
        Command::Check(check) => check.run(),
        Command::Explain(explain) => explain.run(),
        Command::Contract(contract) => contract.run(),
        Command::PipelineJson(pipeline) => pipeline.run(),
        Command::Import(import) => import.run(),
        Command::Budget(budget) => budget.run(),
    };
    output::finish(result)
}

/// What words of other tools stand for here, where `synth` has no command of that name.
const ELSEWHERE: [(&[&str], &str); 5] = [
    (&["synth", "synthesize", "build", "run"], "the program writes the assembly: `cargo run`"),
    (
        &["deploy", "destroy", "watch", "rollback"],
        "`synth` only looks: `cdk deploy --app cdk.out --all` deploys, and so does `aws cloudformation deploy` stack by stack, in the \
         order of `synth list`",
    ),
    (&["bootstrap"], "there is nothing to bootstrap: deploy the stacks in the order of `synth list`"),
    (
        &["diff"],
        "`cdk diff --app cdk.out` compares with what is deployed, `git diff` of a committed `cdk.out` with what was",
    ),
    (&["draw", "diagram"], "`synth graph` draws"),
];

/// The error of a command line, with a tip if it names a command that other tools have.
fn with_tip(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand)
        && let Some((_, tip)) = ELSEWHERE.iter().find(|(words, _)| words.contains(&word.as_str()))
    {
        error.remove(ContextKind::SuggestedSubcommand);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(*tip)]));
    }
    error
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_argument_is_explained_and_shows_examples() {
        for command in Cli::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(examples.contains("Examples:"), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
        }
    }
}
