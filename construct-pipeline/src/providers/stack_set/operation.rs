//! What both actions on a stack set have in common: its name, its targets and the pace, and lists of parameters.

use std::collections::BTreeSet;

use construct_core::{AccountId, Diagnostic, Expr, Properties, Region, Value, kind, text};
use construct_iam::{PolicyDocument, PolicyStatement};

use super::choices::{ConcurrencyMode, RegionConcurrency, StackSetTargets};
use crate::artifact::{Artifact, ArtifactFile};
use crate::provider::ActionCx;
use crate::wire;

/// Parameters of a template: values, or a file with values.
#[derive(Clone, Debug, Default)]
pub(super) struct Parameters {
    /// `None` keeps the value the stack set has.
    pub(super) values: Vec<(String, Option<Value<kind::Text>>)>,
    pub(super) file: Option<ArtifactFile>,
}

impl Parameters {
    pub(super) fn expr(&self) -> Option<Expr> {
        if let Some(file) = &self.file {
            return Some(file.into());
        }
        let one = |(key, value): &(String, Option<Value<kind::Text>>)| match value {
            Some(value) => text!("ParameterKey={},ParameterValue={}", key, value),
            None => text!("ParameterKey={},UsePreviousValue=true", key),
        };
        self.values.iter().map(one).reduce(|all, next| text!("{} {}", all, next)).map(Expr::from)
    }

    pub(super) fn validate(&self, found: &mut Vec<Diagnostic>) {
        if self.file.is_some() && !self.values.is_empty() {
            found.push(
                Diagnostic::error("stack-set::parameters-twice", "there are parameters, and a file with parameters")
                    .help("put all of them into the file, or leave it out"),
            );
        }
        let mut seen = BTreeSet::new();
        for (key, value) in &self.values {
            if !seen.insert(key) {
                let message = format!("the parameter `{}` is there twice", key.escape_debug());
                found.push(Diagnostic::error("stack-set::duplicate-parameter", message).help("keep one of them"));
            }
            let value = value.as_ref().and_then(Value::literal);
            // The list knows no quotes: a blank ends a parameter, a comma one of its parts.
            let awkward = |text: &str| text.contains([',', '"', '\'']) || text.contains(char::is_whitespace);
            if key.is_empty() || key.contains('=') || awkward(key) || value.is_some_and(awkward) {
                let message = format!("the parameter `{}` cannot stand in a list of parameters", key.escape_debug());
                found.push(
                    Diagnostic::error("stack-set::awkward-parameter", message)
                        .help("values with blanks, commas and quotes go into a JSON file of an artifact"),
                );
            }
        }
    }
}

/// What both actions have in common: where, and how fast.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) name: String,
    pub(super) targets: Option<(StackSetTargets, Vec<String>)>,
    pub(super) failure_tolerance: Option<u32>,
    pub(super) max_concurrent: Option<u32>,
    pub(super) region_concurrency: Option<RegionConcurrency>,
    pub(super) concurrency_mode: Option<ConcurrencyMode>,
    pub(super) delegated: bool,
}

impl Operation {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            targets: None,
            failure_tolerance: None,
            max_concurrent: None,
            region_concurrency: None,
            concurrency_mode: None,
            delegated: false,
        }
    }

    pub(super) fn file(&self) -> Option<&ArtifactFile> {
        match &self.targets {
            Some((StackSetTargets::File(file), _)) => Some(file),
            _ => None,
        }
    }

    /// The artifacts of files, each once, in the order in which the files are named.
    pub(super) fn inputs<'a>(files: impl IntoIterator<Item = Option<&'a ArtifactFile>>) -> Vec<&'a Artifact> {
        let mut inputs = Vec::new();
        for artifact in files.into_iter().flatten().map(ArtifactFile::artifact) {
            if !inputs.contains(&artifact) {
                inputs.push(artifact);
            }
        }
        inputs
    }

    pub(super) fn write(&self, configuration: Properties) -> Properties {
        let targets = self.targets.as_ref().map(|(targets, _)| match targets {
            StackSetTargets::Accounts(list) | StackSetTargets::OrganizationalUnits(list) => Expr::from(list.join(",")),
            StackSetTargets::File(file) => file.into(),
        });
        configuration
            .opt("DeploymentTargets", targets)
            .opt("Regions", self.targets.as_ref().map(|(_, regions)| regions.join(",")))
            .opt("FailureTolerancePercentage", self.failure_tolerance.map(|percent| percent.to_string()))
            .opt("MaxConcurrentPercentage", self.max_concurrent.map(|percent| percent.to_string()))
            .opt("RegionConcurrencyType", self.region_concurrency.map(RegionConcurrency::as_str))
            .opt("ConcurrencyMode", self.concurrency_mode.map(ConcurrencyMode::as_str))
            .opt("CallAs", self.delegated.then_some("DELEGATED_ADMIN"))
    }

    pub(super) fn permissions<const N: usize>(
        &self,
        actions: [&'static str; N],
        cx: &ActionCx<'_>,
        policy: &mut PolicyDocument,
    ) {
        let stack_set = cx.arn("cloudformation", format!("stackset/{}:*", self.name));
        policy.push(PolicyStatement::allow(actions).on([stack_set]));
        if self.delegated {
            // Organizations offers no resource for this one.
            policy.push(PolicyStatement::allow(["organizations:ListDelegatedAdministrators"]).on(["*"]));
        }
    }

    pub(super) fn validate(&self, found: &mut Vec<Diagnostic>) {
        let shape = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let name = (1..=128).contains(&self.name.len())
            && self.name.starts_with(|first: char| first.is_ascii_alphabetic())
            && self.name.bytes().all(shape);
        if !name && !self.name.contains("#{") {
            let message = format!("`{}` is no name of a stack set", self.name.escape_debug());
            found.push(
                Diagnostic::error("stack-set::malformed-name", message)
                    .help("stack set names have 1 to 128 letters, digits and `-`, and begin with a letter"),
            );
        }
        if let Some((targets, regions)) = &self.targets {
            validate_targets(targets, found);
            if regions.is_empty() {
                found.push(
                    Diagnostic::error("stack-set::no-regions", "the stack set has targets, but no regions")
                        .help("name at least one region in `.deploy_to(…)`"),
                );
            }
            for problem in regions.iter().filter_map(|region| Region::parse(region).err()) {
                found.push(
                    Diagnostic::warning("stack-set::unknown-region", problem.to_string())
                        .help("write a region code such as `us-east-1`; one newer than this release may pass"),
                );
            }
        }
        let percentages =
            [("failure tolerance", self.failure_tolerance, 0..=100), ("concurrency", self.max_concurrent, 1..=100)];
        for (what, percent, range) in percentages {
            if let Some(percent) = percent
                && !range.contains(&percent)
            {
                found.push(
                    Diagnostic::error("stack-set::percentage", format!("the {what} cannot be {percent} per cent"))
                        .help(format!("it is a whole number from {} to {}", range.start(), range.end())),
                );
            }
        }
    }
}

fn validate_targets(targets: &StackSetTargets, found: &mut Vec<Diagnostic>) {
    let (list, sound, help): (_, fn(&str) -> bool, _) = match targets {
        StackSetTargets::Accounts(list) => (list, is_account, "accounts have exactly 12 digits"),
        StackSetTargets::OrganizationalUnits(list) => {
            (list, is_unit_or_root, "write organizational units as `ou-…-…` and roots as `r-…`")
        }
        StackSetTargets::File(file) => return found.extend(path_problem(file)),
    };
    if list.is_empty() {
        found.push(no_targets());
    }
    for target in list.iter().filter(|target| !sound(target)) {
        let message = format!("`{}` is no target of a stack set", target.escape_debug());
        found.push(Diagnostic::error("stack-set::malformed-target", message).help(help));
    }
}

fn is_account(text: &str) -> bool {
    AccountId::parse(text).is_ok()
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html>
fn is_unit_or_root(text: &str) -> bool {
    let sound = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match text.split('-').collect::<Vec<_>>().as_slice() {
        ["ou", root, unit] => sound(root) && sound(unit),
        ["r", root] => sound(root),
        _ => false,
    }
}

pub(super) fn no_targets() -> Diagnostic {
    Diagnostic::error("stack-set::no-targets", "there is nowhere to deploy the stack set to")
        .help("name accounts or organizational units, and regions, with `.deploy_to(…)`")
}

pub(super) fn path_problem(file: &ArtifactFile) -> Option<Diagnostic> {
    file.problem("stack-set::malformed-path")
}

/// A parameter's value as text, whatever it was written as.
pub(super) fn parameter_text(value: Expr) -> Value<kind::Text> {
    match value {
        json @ (Expr::Bool(_) | Expr::Int(_) | Expr::Real(_) | Expr::List(_) | Expr::Map(_) | Expr::Spelled(_)) => {
            wire::json_text(&json)
        }
        text => Value::new(text),
    }
}

macro_rules! operation_methods {
    () => {
        /// Where there are stacks: in each of these targets, in each of these regions, in the order of the regions. What
        /// is left out later stays as it is; nothing is ever deleted.
        pub fn deploy_to<R: Display>(mut self, targets: StackSetTargets, regions: impl IntoIterator<Item = R>) -> Self {
            let regions = regions.into_iter().map(|region| region.to_string()).collect();
            self.operation.targets = Some((targets, regions));
            self
        }

        /// How many stacks of a region may fail before the operation stops there, in per cent: 0 to 100, rounded down; 0
        /// when absent.
        pub fn failure_tolerance_percentage(mut self, percent: u32) -> Self {
            self.operation.failure_tolerance = Some(percent);
            self
        }

        /// In how many accounts of a region stacks are worked on at a time, in per cent: 1 to 100, rounded down, but one
        /// at least; 1 when absent.
        pub fn max_concurrent_percentage(mut self, percent: u32) -> Self {
            self.operation.max_concurrent = Some(percent);
            self
        }

        /// Whether regions wait for each other; they do when absent.
        pub fn region_concurrency(mut self, concurrency: RegionConcurrency) -> Self {
            self.operation.region_concurrency = Some(concurrency);
            self
        }

        /// How failures slow the operation down; strictly when absent.
        pub fn concurrency_mode(mut self, mode: ConcurrencyMode) -> Self {
            self.operation.concurrency_mode = Some(mode);
            self
        }

        /// Works as a delegated administrator of the organization, in place of its management account.
        /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-delegated-admin.html>
        pub fn as_delegated_administrator(mut self) -> Self {
            self.operation.delegated = true;
            self
        }
    };
}

pub(super) use operation_methods;
