//! `synth budget`: how much of what services take an assembly uses.

use clap::Args;
use construct_core::quota::DrivenBy;
use construct_core::{Diagnostics, Json as Template, Measure, Members, Severity, Source as Text};
use construct_pipeline::quota;
use serde_json::{Value as Json, json};

use crate::nearest::choice;
use crate::output::{DIM, Failure, Report, Table, grouped};
use crate::source::{self, Source};
use crate::templates;

const EXAMPLES: &str = "\
Columns:
  used      how much of the quota is used, in per cent, rounded up
  size      how much there is; ~ marks an estimate, where a policy refers to
            something whose name only CloudFormation will know
  limit     how much the service takes: the default, or what the app was
            synthesised with (`app.quota(…)`), or what `--quota` says
  what      what is counted
  where     the stack and the resource, or the account and region for what is
            counted for everything there

Examples:
  synth budget                 the assembly in `cdk.out`: the 20 fullest
  synth budget --all           everything that is measured
  synth budget --quota 'actions of the stage=100'
                               with a quota that AWS raised
  synth budget --json          everything, for programs";

/// How many rows are shown unless all are asked for.
const ROWS: usize = 20;
const BAR: usize = 20;

/// What a key costs in a month, in US dollars. <https://aws.amazon.com/kms/pricing/>, as of 2026-11.
const KEY_PRICE: usize = 1;

/// Shows how much of the quotas of IAM, S3, KMS, CloudFormation and CodePipeline an assembly uses
///
/// Works on the assembly of any AWS CDK app. Quotas are the defaults, and those that the app raised. Counts the keys, too, and
/// what they cost.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Budget {
    #[command(flatten)]
    source: Source,
    /// A quota that is neither the default nor the app's: its name, as in the table, and its value
    #[arg(long = "quota", value_name = "WHAT=VALUE", value_parser = raised)]
    quotas: Vec<Raised>,
    /// Shows everything that is measured, not only the fullest
    #[arg(long)]
    all: bool,
    /// Prints JSON instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Debug)]
struct Raised {
    quota: &'static quota::Quota,
    value: usize,
}

fn raised(text: &str) -> Result<Raised, String> {
    let (name, value) = text.rsplit_once('=').ok_or("write it as WHAT=VALUE")?;
    let value = value.trim().parse().map_err(|_| format!("`{value}` is no number"))?;
    let wanted = name.trim();
    // The table shows the service as well.
    let quota = quota::all().find(|quota| quota.name == wanted || quota.title() == wanted);
    let quota = quota.ok_or_else(|| {
        let all: Vec<&quota::Quota> = quota::all().collect();
        format!(
            "`{wanted}` is no quota: name {}",
            choice(&all, |one| one.name, wanted, |one| format!("`{}`", one.name))
        )
    })?;
    Ok(Raised { quota, value })
}

impl Budget {
    pub(crate) fn run(&self) -> Result<Report, Failure> {
        let dir = &self.source.dir;
        let assembly = source::assembly(dir)?;
        let quotas = self.quotas.iter().fold(quota::of(&assembly), |all, one| all.with(one.quota, one.value));
        let (mut keys, mut measurements) = (Keys::default(), quota::measurements(quotas));
        for stack in assembly.stacks() {
            let template = templates::body(dir, stack)?;
            keys.count(&template);
            let text = Text::of(&stack.template);
            measurements.template(&stack.id, &stack.account, &stack.region, &template, &text);
        }
        let mut measures = measurements.finish();
        // Stable, so that equals stand in the order of the assembly.
        measures.sort_by_key(|measure| std::cmp::Reverse(measure.percent()));
        let exceeded = measures.iter().filter(|measure| measure.size > measure.limit);
        let findings = exceeded.filter_map(|measure| Some(measure.finding()?.on(location(measure))));
        let findings: Diagnostics = findings.filter(|one| one.severity() == Severity::Error).collect();
        let mut report = if self.json {
            Report::json(&json(&measures, &keys, &findings))
        } else {
            Report::text(self.table(&measures, &keys))
        };
        report.diagnostics(&findings);
        Ok(report)
    }

    fn table(&self, measures: &[Measure], keys: &Keys) -> String {
        let shown = if self.all { measures.len() } else { measures.len().min(ROWS) };
        let mut table = Table::new([">used", "", ">size", ">limit", "", "what", "where"]);
        for measure in &measures[..shown] {
            table.row([
                format!("{} %", measure.percent()),
                bar(measure.percent()),
                format!("{}{}", if measure.estimated { "~" } else { "" }, grouped(measure.size)),
                grouped(measure.limit),
                measure.quota.unit.to_owned(),
                measure.quota.title(),
                location(measure),
            ]);
        }
        let mut text = if measures.is_empty() { "there is nothing to measure\n".into() } else { table.render() };
        if let Some(next) = measures.get(shown) {
            let n = grouped(measures.len() - shown);
            text.push_str(&format!("{DIM}{n} more, none above {} %; --all shows them{DIM:#}\n", next.percent()));
        }
        text.push_str(&format!("\n{}\n", keys.sentence()));
        text
    }
}

/// The customer-managed keys of an assembly.
#[derive(Debug, Default)]
struct Keys {
    n: usize,
    n_rotated: usize,
}

impl Keys {
    fn count(&mut self, template: &Template<'_>) {
        let resources = template["Resources"].as_object().into_iter().flat_map(Members::values);
        for key in resources {
            if matches!(key["Type"].as_str(), Some("AWS::KMS::Key" | "AWS::KMS::ReplicaKey")) {
                self.n += 1;
                let rotation = &key["Properties"]["EnableKeyRotation"];
                self.n_rotated +=
                    usize::from(matches!(rotation, Template::Bool(true)) || rotation.as_str() == Some("true"));
            }
        }
    }

    fn monthly_usd(&self) -> usize {
        self.n * KEY_PRICE
    }

    fn sentence(&self) -> String {
        let keys = match self.n {
            0 => return "no KMS key of its own, which costs nothing".into(),
            1 => "1 KMS key".to_owned(),
            n => format!("{} KMS keys", grouped(n)),
        };
        let rotation = match self.n_rotated {
            0 => "none of them is rotated".to_owned(),
            n => format!(
                "{} rotated, which adds USD 1 a month for each of the first two rotations of a key",
                if n == 1 { "1 is".into() } else { format!("{} are", grouped(n)) }
            ),
        };
        let usd = grouped(self.monthly_usd());
        format!(
            "{keys}: USD {usd} a month at USD {KEY_PRICE} a key, requests not counted; {rotation}\n(https://aws.amazon.com/kms/pricing/, as of 2026-11)"
        )
    }
}

fn bar(percent: usize) -> String {
    let full = (percent * BAR).div_ceil(100).min(BAR);
    format!("{}{}", "█".repeat(full), "·".repeat(BAR - full))
}

fn location(measure: &Measure) -> String {
    let mut text = measure.place.clone();
    for part in [&measure.logical_id, &measure.part].into_iter().flatten() {
        text.push(' ');
        text.push_str(part);
    }
    text
}

fn json(measures: &[Measure], keys: &Keys, findings: &Diagnostics) -> Json {
    let measures = measures.iter().map(|measure| {
        let named = |by: DrivenBy| measure.driver.filter(|driver| driver.by == by);
        let n = |by| named(by).map(|driver| driver.n);
        let fits = |by| named(by).map(|driver| driver.fits(measure.size, measure.limit));
        json!({
            "service": measure.quota.service,
            "what": measure.quota.name,
            "unit": measure.quota.unit,
            "size": measure.size,
            "estimated": measure.estimated,
            "limit": measure.limit,
            "percent": measure.percent(),
            "place": measure.place,
            "logicalId": measure.logical_id,
            "part": measure.part,
            "path": measure.path,
            "accounts": n(DrivenBy::Accounts),
            "accountsThatFit": fits(DrivenBy::Accounts),
            "roles": n(DrivenBy::Roles),
            "rolesThatFit": fits(DrivenBy::Roles),
            "constructs": n(DrivenBy::Constructs),
            "constructsThatFit": fits(DrivenBy::Constructs),
            "source": measure.quota.source,
            "asOf": measure.quota.as_of,
        })
    });
    json!({
        "measures": measures.collect::<Vec<_>>(),
        "keys": { "count": keys.n, "rotated": keys.n_rotated, "monthlyUsd": keys.monthly_usd() },
        "findings": findings.to_json(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_full_when_nothing_is_left() {
        assert_eq!(bar(0), "····················");
        assert_eq!(bar(1), "█···················");
        assert_eq!(bar(100), bar(250));
        assert!(!bar(95).ends_with('█') && bar(96).ends_with('█'));
    }

    #[test]
    fn quotas_are_named_as_in_the_table() {
        assert_eq!(raised("actions of the stage=100").map(|one| one.value), Ok(100));
        assert_eq!(raised("CodePipeline: actions of the stage=100").map(|one| one.value), Ok(100));
        let error = raised("stages=1").unwrap_err();
        assert!(error.contains("`stages of the pipeline`") && error.len() < 500, "{error}");
        assert!(raised("actions of the stage").is_err() && raised("nothing=1").is_err() && raised("keys=x").is_err());
    }
}
