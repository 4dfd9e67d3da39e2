//! `synth contract`: what the owners of imported things must see to.

use std::fmt::Write as _;

use clap::Args;
use construct_core::Assembly;
use construct_pipeline::access::{Outside, prove};
use construct_pipeline::contract::{Contract, FILE, Thing};
use serde_json::Value as Json;

use crate::given::no_contract;
use crate::output::{BOLD, Failure, Report, printable};
use crate::source::{self, Source};
use crate::templates;

const EXAMPLES: &str = "\
For each account and each thing in it that the app uses and did not make: the
whole policies it must have, ready to paste, and for each statement of a policy
what it is needed for. A thing that has a policy already gets the statements
added to it.

Examples:
  synth contract                  the assembly in `cdk.out`
  synth contract --account 444444444444
      what the owner of one account must see to
  synth contract --json           the file `contract.json`
  synth check --policy arn:aws:s3:::artifacts=policy.json
      proves the pipelines with what an owner has
  synth check --contract          proves them as if all owners had what is asked

Other tools write no contract. Of their assemblies it is said whether they use
anything that their templates do not make, and not what its owners must allow.

Exit codes:
  0  this is all that is asked
  1  things of others are used, and nobody wrote down what they must allow";

/// Says what the owners of imported stores, keys, roles and projects must allow
///
/// Nothing that is imported is written to by a synthesis: what it must allow is the import contract.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ContractOf {
    #[command(flatten)]
    source: Source,
    /// Tells of this account alone
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Prints the contract as JSON
    #[arg(long)]
    json: bool,
}

impl ContractOf {
    pub(crate) fn run(self) -> Result<Report, Failure> {
        if let Some(account) = &self.account {
            // Nothing is asked of an account that there is not, which must not be taken for an answer.
            source::account(account)?;
        }
        let dir = &self.source.dir;
        let assembly = source::assembly(dir)?;
        let mut contract = match assembly.document(FILE) {
            Some(text) => Contract::parse(text).map_err(no_contract)?,
            None if !assembly.is_own() => return self.of_another_tool(&assembly),
            None => Contract::default(),
        };
        if let Some(account) = &self.account {
            contract.things.retain(|thing| thing.account == *account);
        }
        if self.json {
            return Ok(Report::json(&contract.to_json()));
        }
        if contract.things.is_empty() {
            return Ok(Report::text(match &self.account {
                Some(account) => format!("nothing is asked of account {}\n", printable(account)),
                None => format!(
                    "nothing is asked of anybody: the assembly has no `{FILE}`, so its program states nothing about things of others, \
                     or its pipelines are `without_contract`\n"
                ),
            }));
        }
        Ok(Report::text(text(&contract)))
    }

    /// What the templates tell: whether all that the pipelines use is made by them.
    fn of_another_tool(&self, assembly: &Assembly) -> Result<Report, Failure> {
        let dir = &self.source.dir;
        let proof = prove(&templates::all(dir, assembly)?, &Outside::new());
        let n = proof.assumptions().filter(|access| !access.iam_action().is_empty()).count();
        let answer = match n {
            0 => "nothing is asked of anybody, as far as the templates tell: they make all that the pipelines use\n"
                .to_owned(),
            1 => "1 access depends on what no template tells\n".to_owned(),
            n => format!("{n} accesses depend on what no template tells\n"),
        };
        let mut report = if self.json { Report::json(&Contract::default().to_json()) } else { Report::text(answer) };
        if n > 0 {
            let message = format!(
                "the assembly in `{}` has no `{FILE}`, which other tools do not write: what owners must allow is not known",
                dir.display()
            );
            report.finding(
                message,
                "`synth check` lists each access that depends on them, and proves it with `--policy`",
            );
        }
        Ok(report)
    }
}

fn text(contract: &Contract) -> String {
    let mut out = String::new();
    for (account, things) in contract.owners() {
        let _ = writeln!(out, "{BOLD}account {}{BOLD:#}\n", printable(account));
        things.iter().for_each(|thing| tell(thing, &mut out));
    }
    for note in &contract.notes {
        let _ = writeln!(out, "note: {}", printable(note));
    }
    out
}

fn tell(thing: &Thing, out: &mut String) {
    let _ = writeln!(out, "{BOLD}{} {}{BOLD:#}\n", printable(&thing.kind), printable(&thing.arn));
    for policy in &thing.policies {
        let _ = writeln!(out, "{}", policy.kind.as_str());
        for (n, why) in policy.why.iter().enumerate() {
            let _ = writeln!(out, "  {}. {}", n + 1, printable(why));
        }
        let _ = writeln!(out, "\n{}\n", lines(&policy.document));
    }
    for policy in &thing.managed_policies {
        let _ = writeln!(out, "managed policy {}\n", printable(policy));
    }
    for setting in &thing.settings {
        let value = setting.value.as_str().map_or_else(|| setting.value.to_string(), str::to_owned);
        let _ = writeln!(out, "setting {} = {}\n  {}\n", setting.name, printable(&value), printable(&setting.why));
    }
}

/// The document line by line, so that nothing in it steers the terminal and its own lines stay.
fn lines(document: &Json) -> String {
    format!("{document:#}").lines().map(|line| printable(line).into_owned()).collect::<Vec<_>>().join("\n")
}
