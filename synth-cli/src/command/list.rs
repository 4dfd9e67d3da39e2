//! `synth list`: the stacks of an assembly in deployment order.

use clap::Args;
use construct_core::INLINE_TEMPLATE_BYTES;
use serde_json::{Value as Json, json};

use crate::model::{Model, Stack};
use crate::output::{DIM, Failure, Report, Table, grouped};
use crate::source::Source;

const EXAMPLES: &str = "\
Columns:
  #          the place in the order of deployment
  wave       stacks of one wave may be deployed at the same time, after those
             of the wave before
  resources  how many resources the template has
  template   its size in bytes; * marks one of more than 51,200, which
             CloudFormation does not take inline
  needs      the numbers (#) of the stacks that must be deployed first

Examples:
  synth list                 the assembly in `cdk.out`
  synth list build/assembly  an assembly elsewhere
  synth list --json          the same for programs";

/// Lists the stacks of an assembly in deployment order
///
/// Works on the assembly of any AWS CDK app, nested assemblies included.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct List {
    #[command(flatten)]
    source: Source,
    /// Prints JSON instead of a table
    #[arg(long)]
    json: bool,
}

impl List {
    pub(crate) fn run(&self) -> Result<Report, Failure> {
        let model = Model::read(&self.source.dir)?;
        let mut report = if self.json { Report::json(&json(&model)) } else { Report::text(table(&model)) };
        report.diagnostics(model.circle());
        Ok(report)
    }
}

fn table(model: &Model) -> String {
    if model.stacks().is_empty() {
        return "the assembly has no stacks\n".into();
    }
    let mut table = Table::new([">#", ">wave", "stack", "account", "region", ">resources", ">template", "needs"]);
    for (at, stack) in model.stacks().iter().enumerate() {
        table.row([
            (at + 1).to_string(),
            stack.wave.map_or_else(|| "?".into(), |wave| wave.to_string()),
            stack.name.clone(),
            stack.account.clone(),
            stack.region.clone(),
            stack.n_resources.to_string(),
            // The blank keeps the digits of marked and unmarked sizes in line.
            format!("{}{}", grouped(stack.bytes), if fits_inline(stack) { " " } else { "*" }),
            ranges(&stack.needs),
        ]);
    }
    let mut text = table.render();
    if !model.stacks().iter().all(fits_inline) {
        text.push_str(&format!(
            "{DIM}* larger than the {} bytes that CloudFormation takes inline: deploying it needs a bucket for the template{DIM:#}\n",
            grouped(INLINE_TEMPLATE_BYTES)
        ));
    }
    text
}

fn json(model: &Model) -> Json {
    let stacks = model.stacks().iter().map(|stack| {
        json!({
            "id": stack.id,
            "stackName": stack.name,
            "wave": stack.wave,
            "account": stack.account,
            "region": stack.region,
            "resources": stack.n_resources,
            "templateFile": stack.template_file,
            "templateBytes": stack.bytes,
            "fitsInline": fits_inline(stack),
            "needs": stack.needs.iter().map(|&needed| &model.stacks()[needed].id).collect::<Vec<_>>(),
        })
    });
    json!({ "stacks": stacks.collect::<Vec<_>>() })
}

fn fits_inline(stack: &Stack) -> bool {
    stack.bytes <= INLINE_TEMPLATE_BYTES
}

/// Places in the list, counted from 1, with runs of them drawn together: `1-5, 7`.
fn ranges(places: &[usize]) -> String {
    let mut places: Vec<usize> = places.iter().map(|place| place + 1).collect();
    places.sort_unstable();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for place in places {
        match runs.last_mut() {
            Some((_, end)) if *end + 1 == place => *end = place,
            _ => runs.push((place, place)),
        }
    }
    let texts = runs.iter().map(|(start, end)| match end - start {
        0 => start.to_string(),
        1 => format!("{start}, {end}"),
        _ => format!("{start}-{end}"),
    });
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_numbers_are_drawn_together() {
        assert_eq!(ranges(&[]), "");
        assert_eq!(ranges(&[4, 0, 2, 1, 7, 8]), "1-3, 5, 8, 9");
    }
}
