//! The report as findings of a synthesis.
//!
//! | code | what | weight |
//! |---|---|---|
//! | `access::denied` | a run needs an access that the policies deny | error; a warning if only some runs need it |
//! | `access::open` | an account that has no part in a pipeline is let in | error |
//! | `access::too-wide` | somebody is let in who need not be, or a statement gives far more than is needed | warning |
//! | `access::assumed` | an access depends on something outside of the templates | warning |
//! | `access::order` | a stack has to wait for another one, and nothing says so | error |
//! | `access::name-clash` | two resources have one name | error |
//! | `access::refused-policy` | AWS would refuse to store a policy | error |
//! | `access::unreadable-template` | a template is no JSON, so what it makes is not known | error |

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use construct_core::{Diagnostic, Diagnostics};
use serde_json::Value;

use super::access::{Access, Purpose};
use super::answers::Report;
use super::repair::{Repair, What};
use crate::access::policies::Place;
use crate::access::world::{Pipeline, PipelineLabel};

/// What a finding is about, as far as it is one thing of the templates.
#[derive(Debug, Default)]
pub(crate) struct Subject {
    /// Which of the templates: a name may be that of stacks of several environments.
    pub(crate) template: Option<usize>,
    /// The resource; without it, the finding is about the stack.
    pub(crate) logical_id: Option<String>,
    /// The action of a pipeline, by its place there.
    pub(crate) action: Option<usize>,
    /// Whether it is a call of the role that performs the action, as its provider allows it; what rules call is known.
    pub(crate) is_call: bool,
}

impl Subject {
    fn pipeline(group: &[&Access], pipelines: &[Pipeline]) -> Self {
        let PipelineLabel { template, logical_id, .. } = &*group[0].pipeline;
        let action = group[0].action.as_ref().map(|action| action.position);
        let is_rule = group[0].action.as_ref().is_some_and(|action| action.is_rule());
        // What no policy decides is mended in no policy.
        let is_call = action.is_some()
            && !is_rule
            && group[0].purpose == Purpose::Calls
            && group[0].remark.is_none()
            && is_of_performer(group[0], pipelines);
        Self { template: Some(*template), logical_id: Some(logical_id.to_string()), action, is_call }
    }

    fn place(place: &Place) -> Self {
        Self { template: place.template, logical_id: Some(place.logical_id.to_string()), ..Self::default() }
    }
}

/// Whether the role asks that performs the action, and no other one that works for it.
fn is_of_performer(access: &Access, pipelines: &[Pipeline]) -> bool {
    let pipeline = pipelines.iter().find(|pipeline| Arc::ptr_eq(&pipeline.label, &access.pipeline));
    let actions = pipeline.into_iter().flat_map(|pipeline| &pipeline.actions);
    let mut of_access =
        actions.filter(|action| access.action.as_ref().is_some_and(|of| Arc::ptr_eq(of, &action.label)));
    of_access.any(|action| *action.role == *access.principal())
}

impl Report {
    /// The findings: holes, leaks, what is open, and what is wrong with the order of deployment. One finding for all
    /// requests of one purpose.
    #[must_use]
    pub fn findings(&self) -> Diagnostics {
        self.placed_findings().into_iter().map(|(_, finding)| finding).collect()
    }

    /// The findings, each with what it is about in the templates.
    pub(crate) fn placed_findings(&self) -> Vec<(Subject, Diagnostic)> {
        let mut findings = Vec::new();
        for (stack, what) in &self.world.unreadable {
            let message = format!("the template of stack `{stack}` cannot be read, so nothing is proved: {what}");
            let help = "mend the template; one in YAML can be added with `Templates::with`";
            let finding = Diagnostic::error("access::unreadable-template", message).help(help).on(stack);
            findings.push((Subject::default(), finding));
        }
        for (ix, error) in &self.world.policies.refused {
            let Some(place) = self.world.place(*ix) else { continue };
            let which = error.statement().map_or_else(String::new, |n| format!("statement {n}: "));
            let message = format!("AWS would refuse {place}: {which}{}", self.readable(&error.problem().to_string()));
            let help = "mend the document where it is written: CloudFormation hands it on as it is";
            let finding = Diagnostic::error("access::refused-policy", message).help(help);
            findings.push((Subject::place(&place), finding.on(place.stack.as_deref().unwrap_or_default())));
        }
        let of_pipelines = |which: fn(&Access) -> bool, words: &dyn Fn(&[&Access]) -> Diagnostic| {
            let groups = self.groups(which);
            groups.iter().map(|group| (Subject::pipeline(group, &self.pipelines), words(group))).collect::<Vec<_>>()
        };
        findings.extend(of_pipelines(Access::is_hole, &|group| self.hole(group)));
        findings.extend(of_pipelines(Access::is_risk, &|group| self.hole(group).into_warning()));
        findings.extend(of_pipelines(Access::is_leak, &|group| self.leak(group)));
        for wide in &self.too_wide {
            let message = format!(
                "statement {} of {} is wider than the pipeline `{}` needs: {}",
                wide.statement,
                wide.place,
                self.readable(&wide.pipeline.name),
                wide.excess
            );
            let finding = Diagnostic::warning("access::too-wide", message).help(wide.narrower).on(path(&wide.place));
            findings.push((Subject::place(&wide.place), finding));
        }
        self.order_findings(&mut findings);
        findings.extend(of_pipelines(Access::is_open, &|group| self.open(group)));
        for note in &self.notes {
            let message = format!("taken for granted: {}", self.readable(note));
            findings.push((Subject::default(), Diagnostic::warning("access::assumed", message)));
        }
        findings
    }

    fn order_findings(&self, findings: &mut Vec<(Subject, Diagnostic)>) {
        for edge in &self.order.missing {
            let message = format!(
                "stack `{}` has to be deployed after `{}`, and nothing says so: {}",
                edge.stack,
                edge.needs,
                self.readable(&edge.because)
            );
            let help = format!(
                "make `{}` depend on `{}`, or name the account as principal and the role in an `aws:PrincipalArn` condition",
                edge.stack, edge.needs
            );
            let finding = if edge.fails {
                Diagnostic::error("access::order", message)
            } else {
                Diagnostic::warning("access::order", message)
            };
            let about = Subject { template: Some(edge.template), ..Subject::default() };
            findings.push((about, finding.help(help).on(&*edge.stack)));
        }
        for clash in &self.order.clashes {
            let places: Vec<String> =
                clash.resources.iter().map(|(stack, id)| format!("`{id}` of stack `{stack}`")).collect();
            let message =
                format!("{} have the same name `{}` ({})", places.join(" and "), clash.name, clash.resource_type);
            // The last one: the others may have been there first.
            let logical_id = clash.resources.last().map(|(_, id)| id.clone());
            let finding = Diagnostic::error("access::name-clash", message).help("give one of them another name");
            findings.push((Subject { template: Some(clash.last), logical_id, ..Subject::default() }, finding));
        }
    }

    /// Requests of one action, purpose and principal on one resource, in order.
    fn groups(&self, which: impl Fn(&Access) -> bool) -> Vec<Vec<&Access>> {
        let mut groups: Vec<Vec<&Access>> = Vec::new();
        let mut seen = BTreeMap::new();
        for access in self.accesses.iter().filter(|access| which(access)) {
            let action = access.action.as_ref().map(|action| action.position);
            let service = access.iam_action().split(':').next().unwrap_or_default();
            let who = if access.is_leak() { "" } else { access.principal() };
            let outsider = access.is_outsider();
            let key = (
                Arc::clone(&access.pipeline),
                action,
                &access.purpose,
                who,
                service,
                access.resource(),
                outsider,
                access.only_if,
            );
            let n = *seen.entry(key).or_insert(groups.len());
            match groups.get_mut(n) {
                Some(group) => group.push(access),
                None => groups.push(vec![access]),
            }
        }
        groups
    }

    fn headline(&self, group: &[&Access]) -> String {
        let first = group[0];
        let mut actions: Vec<&str> = group.iter().map(|access| access.iam_action()).collect();
        actions.sort_unstable();
        actions.dedup();
        let others: BTreeSet<&str> = group.iter().map(|access| access.principal()).collect();
        let others = match others.len() {
            0 | 1 => String::new(),
            2 => " (and one more role)".to_owned(),
            n => format!(" (and {} more roles)", n - 1),
        };
        let takes = match actions.as_slice() {
            [""] => String::new(),
            actions => format!(", which takes `{}` on `{}`", actions.join("`, `"), self.readable(first.resource())),
        };
        format!("{}: {}{others}{takes}", self.location(first), self.what_for(first))
    }

    fn hole(&self, group: &[&Access]) -> Diagnostic {
        let only_if = group[0].only_if.map_or_else(String::new, |only_if| format!(", and is needed if {only_if}"));
        let message = format!("{}: that is denied{only_if}", self.headline(group));
        let mut finding = Diagnostic::error("access::denied", message);
        for reason in self.reasons(group[0]) {
            finding = finding.note(reason, None);
        }
        let repairs: Vec<String> = self.merged_repairs(group).iter().map(Repair::to_string).collect();
        let help = match repairs.is_empty() {
            true => self.fix(group[0]).map(str::to_owned),
            false => Some(repairs.join("\n        and ")),
        };
        if let Some(help) = help {
            finding = finding.help(help);
        }
        finding.on(self.location(group[0]))
    }

    /// The changes for several requests, with the actions of statements that agree in everything else in one.
    #[must_use]
    pub fn merged_repairs(&self, accesses: &[&Access]) -> Vec<Repair> {
        let mut merged: Vec<Repair> = Vec::new();
        for repair in accesses.iter().flat_map(|access| self.repairs(access)) {
            if !merged.iter_mut().any(|known| absorb(known, &repair)) {
                merged.push(repair);
            }
        }
        merged
    }

    fn leak(&self, group: &[&Access]) -> Diagnostic {
        let message = format!("{}: that is allowed, and should not be", self.headline(group));
        let mut finding = if group[0].is_outsider() {
            Diagnostic::error("access::open", message)
        } else {
            Diagnostic::warning("access::too-wide", message)
        };
        for reason in self.reasons(group[0]) {
            finding = finding.note(reason, None);
        }
        finding.help(remedy(group[0])).on(self.location(group[0]))
    }

    fn open(&self, group: &[&Access]) -> Diagnostic {
        let message = format!("{}: whether that is allowed depends on what no template tells", self.headline(group));
        let mut finding = Diagnostic::warning("access::assumed", message);
        for reason in self.reasons(group[0]) {
            finding = finding.note(reason, None);
        }
        finding.help("check it by hand, or give the policies that are missing here").on(self.location(group[0]))
    }
}

fn remedy(access: &Access) -> &'static str {
    match access.purpose {
        Purpose::PlainHttp => {
            "deny `s3:*` on the bucket and its objects where `aws:SecureTransport` is `false`, in the policy of the bucket"
        }
        Purpose::ReaderWrites => "name the roles that write in a statement of their own, with `aws:PrincipalArn`",
        Purpose::KeyOutsideStore => {
            "add the condition `StringEquals` on `kms:ViaService` with the S3 of the region, in the key policy"
        }
        Purpose::StrangerTakesRole => {
            "let the trust policy in the pipeline's role only, with `ArnEquals` on `aws:PrincipalArn`"
        }
        Purpose::OutsiderTakesRole => "name the service that takes on the role in its trust policy, and nobody else",
        _ => {
            "narrow the statements that let it in to the roles of the pipeline, with `ArnEquals` on `aws:PrincipalArn`"
        }
    }
}

fn path(place: &Place) -> String {
    match &place.stack {
        Some(stack) => format!("{stack}/{}", place.logical_id),
        None => place.logical_id.to_string(),
    }
}

/// Takes the actions of a repair into one that agrees in everything else.
fn absorb(known: &mut Repair, more: &Repair) -> bool {
    if known == more {
        return true;
    }
    let (What::AddStatement(one), What::AddStatement(other)) = (&mut known.what, &more.what) else { return false };
    let without_action = |statement: &Value| {
        let mut statement = statement.clone();
        if let Some(map) = statement.as_object_mut() {
            map.insert("Action".to_owned(), Value::Null);
        }
        statement
    };
    if known.place != more.place || without_action(one) != without_action(other) {
        return false;
    }
    let actions = |statement: &Value| match statement.get("Action") {
        Some(Value::Array(actions)) => actions.clone(),
        Some(action) => vec![action.clone()],
        None => Vec::new(),
    };
    let mut all = actions(one);
    all.extend(actions(other).into_iter().filter(|action| !actions(one).contains(action)));
    if let Some(map) = one.as_object_mut() {
        let action = match all.as_slice() {
            [action] => action.clone(),
            _ => Value::Array(all),
        };
        map.insert("Action".to_owned(), action);
    }
    true
}
