//! `synth check`: proves the accesses of every pipeline.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use construct_core::{Diagnostics, Severity};
use construct_pipeline::access::template::Origin;
use construct_pipeline::access::{
    Access, Area, Cell, Decision, Expected, MissingEdge, Orders, Report as Proof, premises,
};
use serde_json::{Value as Json, json};

use crate::given::FACTS;
use crate::nearest::choice;
use crate::output::{BOLD, DIM, Failure, Report, Table, printable};
use crate::proof::{Proved, Subject};

const EXAMPLES: &str = "\
Cells of the matrix:
  ok 4    all 4 requests come out as they should
  NO 1    1 request that the run needs is denied, or one that should be denied
          is allowed
  ? 2     2 requests depend on policies or values that are not known here
  -       nothing of the kind is needed

Examples:
  synth check                       the assembly in `cdk.out`
  synth check build/assembly --json the same for programs
  synth check --template pipeline.yaml --account 111111111111 \\
      --region us-east-1 --parameter Stage=prod
  synth check --template tools.yaml --account 111111111111 --region us-east-1 \\
      --template test.yaml --account 333333333333 --region us-east-1
  synth check cdk.out --template bootstrap.yaml --account 333333333333 \\
      --region us-east-1 --parameter TrustedAccounts=111111111111
      with a stack that is there already, such as that of `cdk bootstrap`

Exit codes:
  0  every access that is needed is allowed
  1  one is not, or an account without a part in it is let in; or stacks wait
     for each other";

/// The action, and the areas of [`Area::ALL`].
const COLUMNS: [&str; 8] = ["action", "roles", "store", "key", "service", "pass role", "events", "kept out"];

/// Proves that every pipeline is allowed what it needs, and that what must stay out stays out
///
/// Reads nothing but templates: those of an assembly, whoever made it, templates named one by one, or both.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{FACTS}"))]
pub(crate) struct Check {
    /// The folder of the assembly: the one that holds `manifest.json` [default: cdk.out]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    subject: Subject,
    /// Prints JSON instead of a table
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(crate) fn run(self) -> Result<Report, Failure> {
        let subject = self.subject.in_dir(self.dir)?;
        let Proved { templates, proof, circle } = subject.prove()?;
        let found: Diagnostics = circle.into_iter().chain(proof.findings()).collect();
        let unknown: Vec<String> = proof.unknown_policies().into_iter().collect();
        let values: Vec<String> = (proof.unknown_values().into_iter())
            .filter_map(|meaning| match &meaning.origin {
                Origin::Parameter { stack, name } => {
                    let file = subject.file_of(*stack, &templates)?;
                    Some(format!("--parameter {name}=VALUE  behind `--template {}`", file.display()))
                }
                Origin::Import { name } => Some(format!("--template FILE  of the stack that exports `{name}`")),
                _ => None,
            })
            .collect();
        let mut report = if self.json {
            Report::json(&json(&proof, &found, &unknown))
        } else {
            let ways = Ways { unknown: &unknown, values: &values, by_contract: subject.leaves_contract() };
            Report::text(text(&proof, &ways))
        };
        for arn in subject.unasked(&proof) {
            let shown = printable(arn);
            let help = match unknown.as_slice() {
                [] => "every policy that counts is known: leave the option out".to_owned(),
                unknown => format!(
                    "did you mean another one? Not known are the policies of {}",
                    choice(unknown, |one: &String| one.as_str(), arn, |one| format!("`{one}`"))
                ),
            };
            report.finding(
                format!("no pipeline here has to do with `{shown}`: what was given for it counts for nothing"),
                help,
            );
        }
        for arn in subject.in_vain(&proof) {
            let message = format!("the templates make `{}`: what was given for it counts for nothing", printable(arn));
            report.warning(message, "leave the option out, and change the template if the template is wrong");
        }
        let told = found.iter().filter(|one| one.code() != "access::assumed");
        report.diagnostics(told.filter(|one| !self.json || one.severity() == Severity::Error));
        Ok(report)
    }
}

/// What makes known what is not.
struct Ways<'a> {
    /// Whose policies are not known.
    unknown: &'a [String],
    /// Options that give values which are not known.
    values: &'a [String],
    /// Whether it may be taken for granted that owners do what they are asked for.
    by_contract: bool,
}

fn text(proof: &Proof, ways: &Ways<'_>) -> String {
    let mut out = String::new();
    if proof.pipelines().len() == 0 {
        out.push_str("there is no pipeline in these templates\n");
        tell_assumed(proof, ways, &mut out);
        return out;
    }
    let matrix = proof.matrix();
    for (pipeline, actions) in proof.pipelines() {
        let name = printable(&pipeline.name).into_owned();
        let place = format!("{}/{} in stack {}", pipeline.account, pipeline.region, pipeline.stack);
        let place = proof.readable(&place);
        let _ = writeln!(out, "{BOLD}{name}{BOLD:#}  {}", printable(&place));
        let mut table = Table::new(COLUMNS);
        let rows = std::iter::once(None).chain(actions.cloned().map(Some));
        for action in rows {
            let label = action.as_ref().map_or_else(
                || "(the pipeline)".to_owned(),
                |action| format!("{}/{}", proof.readable(&action.stage), proof.readable(&action.name)),
            );
            let cells = matrix.get(&(std::sync::Arc::clone(pipeline), action));
            let cell = |area: &Area| cells.and_then(|cells| cells.get(area)).copied().unwrap_or_default();
            table.row(std::iter::once(label).chain(Area::ALL.iter().map(|area| shown(cell(area)))));
        }
        out.push_str(&table.render());
        out.push('\n');
    }
    let _ = writeln!(out, "{}", summary(proof));
    tell_assumed(proof, ways, &mut out);
    let _ = writeln!(out, "\n{DIM}Every proof takes for granted that");
    for premise in premises() {
        let _ = writeln!(out, "  {premise}");
    }
    let _ = writeln!(out, "{DIM:#}");
    out.trim_end().to_owned() + "\n"
}

/// What conditions ask for, and who tells it.
fn tell_conditions(keys: BTreeSet<String>, out: &mut String) {
    let (of_organizations, others): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| {
        let key = key.to_ascii_lowercase();
        key == "aws:principalorgid" || key == "aws:resourceorgid"
    });
    let tellers = [
        (of_organizations, "which `organizations` of `--facts` tells"),
        (others, "which only requests tell; `synth explain` shows where"),
    ];
    for (keys, tells) in tellers.into_iter().filter(|(keys, _)| !keys.is_empty()) {
        let keys: Vec<String> = keys.iter().map(|key| format!("`{}`", printable(key))).collect();
        let _ = writeln!(out, "\nconditions ask for {}, {tells}", keys.join(", "));
    }
}

fn tell_assumed(proof: &Proof, ways: &Ways<'_>, out: &mut String) {
    let findings = proof.findings();
    let mut assumed = findings.iter().filter(|finding| finding.code() == "access::assumed").peekable();
    if assumed.peek().is_none() {
        return;
    }
    let _ = writeln!(out, "\n{BOLD}Not known here, and taken for granted{BOLD:#}");
    for finding in assumed {
        let _ = writeln!(out, "  {}", printable(finding.message()));
    }
    if ways.by_contract {
        let _ = writeln!(out, "\n`--contract` takes it that owners do what `synth contract` asks of them");
    }
    tell_conditions(proof.unknown_conditions(), out);
    let policies = "the policies that owners have, as the AWS CLI prints them";
    let values = "what the templates are deployed with";
    let what = match (ways.values.is_empty(), ways.unknown.is_empty()) {
        (true, true) => return,
        (true, false) => policies.to_owned(),
        (false, true) => values.to_owned(),
        (false, false) => format!("{values}, and {policies}"),
    };
    let _ = writeln!(out, "\n{BOLD}What makes it known{BOLD:#}: {what}");
    for option in ways.values {
        let _ = writeln!(out, "  {}", printable(option));
    }
    for arn in ways.unknown {
        let _ = writeln!(out, "  --policy {}=FILE", printable(arn));
    }
}

fn shown(cell: Cell) -> String {
    match cell {
        Cell { proved: 0, failed: 0, open: 0 } => "-".into(),
        Cell { failed: 0, open: 0, proved } => format!("ok {proved}"),
        Cell { failed: 0, open, .. } => format!("? {open}"),
        Cell { failed, .. } => format!("NO {failed}"),
    }
}

fn summary(proof: &Proof) -> String {
    let count = |which: fn(&Access) -> bool| proof.accesses().iter().filter(|access| which(access)).count();
    let needed = count(|access| access.expected == Expected::Allow);
    let kept_out = count(|access| access.expected == Expected::Deny);
    let waiting: String = proof.order().unstated.iter().map(waits).collect();
    format!(
        "{} of {needed} needed accesses proved, {} of {kept_out} others proved to stay out, {} open\n{}{waiting}",
        count(|access| access.expected == Expected::Allow && access.is_proved()),
        count(|access| access.expected == Expected::Deny && access.is_proved()),
        count(Access::is_open),
        orders(proof)
    )
}

fn orders(proof: &Proof) -> String {
    match proof.order().orders {
        Orders::Counted { allowed: 0, .. } => "the dependencies allow no order of deployment".into(),
        Orders::Counted { allowed: 1, failing: 0 } => {
            "the only order of deployment that the dependencies allow works".into()
        }
        Orders::Counted { allowed: 1, .. } => {
            "the only order of deployment that the dependencies allow would fail".into()
        }
        Orders::Counted { allowed, failing: 0 } => {
            format!("all {allowed} orders of deployment that the dependencies allow work")
        }
        Orders::Counted { allowed, failing } => {
            format!("{failing} of {allowed} orders of deployment that the dependencies allow would fail")
        }
        Orders::AllWork => "every order of deployment that the dependencies allow works".into(),
        Orders::SomeFail => "some orders of deployment that the dependencies allow would fail".into(),
        Orders::NotStated => "nobody says in which order these templates are deployed".into(),
    }
}

/// Which of two stacks has to be there first.
fn waits(edge: &MissingEdge) -> String {
    let [stack, needs, because] = [&*edge.stack, &*edge.needs, &*edge.because].map(printable);
    format!("\n  `{stack}` has to come after `{needs}`: {because}")
}

fn json(proof: &Proof, found: &Diagnostics, unknown: &[String]) -> Json {
    let accesses = proof.accesses().iter().map(|access| access_json(proof, access));
    let unstated = proof.order().unstated.iter();
    let unstated = unstated.map(|edge| json!({ "stack": *edge.stack, "after": *edge.needs, "because": edge.because }));
    json!({
        "proved": proof.is_proved() && !found.has_errors(),
        "accesses": accesses.collect::<Vec<_>>(),
        "findings": found.to_json(),
        "unknownPolicies": unknown,
        "unknownValues": proof.unknown_values().iter().map(|meaning| &meaning.label).collect::<Vec<_>>(),
        "unknownConditions": proof.unknown_conditions(),
        "orders": orders(proof),
        "unstatedOrder": unstated.collect::<Vec<_>>(),
        "premises": premises(),
    })
}

/// One access for programs.
pub(super) fn access_json(proof: &Proof, access: &Access) -> Json {
    let repairs = if access.is_hole() || access.is_risk() { proof.repairs(access) } else { Vec::new() };
    json!({
        "pipeline": proof.readable(&access.pipeline.name),
        "stage": access.action.as_ref().map(|action| proof.readable(&action.stage)),
        "action": access.action.as_ref().map(|action| proof.readable(&action.name)),
        "purpose": proof.what_for(access),
        "principal": proof.readable(access.principal()),
        "iamAction": access.iam_action(),
        "resource": proof.readable(access.resource()),
        "onlyIf": access.only_if,
        "expected": match access.expected {
            Expected::Allow => "allowed",
            Expected::Deny => "denied",
        },
        "verdict": match access.decision {
            Decision::Allowed => "allowed",
            Decision::Denied => "denied",
            Decision::Open => "open",
        },
        "proved": access.is_proved(),
        "reasons": proof.reasons(access),
        "repairs": repairs.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
