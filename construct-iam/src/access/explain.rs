//! The reasons for a decision.

use super::condition::Condition;
use super::evaluation::{Evaluation, Grant, Site, Tally};
use super::fix::{fixes, near_misses};
use super::policy::Effect;
use super::principal::Principal;
use super::request::{Query, ResourceKind};
use super::statement::elements;
use super::truth::Truth;
use super::verdict::{Assumption, Citation, Denial, Outcome, Subject, Tested, Unknown, Verdict};

/// Writes down what the evaluation found.
pub(crate) fn verdict(evaluation: &Evaluation<'_>) -> Verdict {
    let request = evaluation.request;
    let outcome = evaluation.outcome();
    let mut verdict = Verdict {
        outcome,
        subject: Subject {
            principal: request.principal.label().to_owned(),
            action: request.action.name().into(),
            resource: request.resource.arn().into(),
        },
        allowed_by: Vec::new(),
        also_allowed_by: Vec::new(),
        denied_by: Vec::new(),
        near: Vec::new(),
        fixes: Vec::new(),
        assumptions: Vec::new(),
        impossible: evaluation.impossible,
    };
    if evaluation.is_always_allowed() {
        return verdict;
    }
    if outcome == Outcome::Allowed {
        let proof = proof(evaluation);
        let others = spare(evaluation, &proof);
        verdict.allowed_by = proof.iter().map(Site::cite).collect();
        verdict.also_allowed_by = others.iter().map(Site::cite).collect();
        return verdict;
    }
    verdict.denied_by = evaluation.denies.certain.iter().map(|site| site.denial(request)).collect();
    verdict.near = near_misses(evaluation);
    verdict.fixes = fixes(evaluation);
    if outcome == Outcome::Indeterminate {
        verdict.assumptions = assumptions(evaluation);
    }
    verdict
}

impl Site<'_> {
    pub(crate) fn cite(&self) -> Citation {
        Citation {
            side: self.slot.side(),
            policy: self.policy.shared_name(),
            statement: self.statement.map(|(index, _)| index),
            sid: self.statement.and_then(|(_, statement)| statement.sid.clone()),
        }
    }

    fn denial(&self, request: Query<'_>) -> Denial {
        let conditions = self.statement.map_or(&[][..], |(_, statement)| &statement.conditions);
        Denial { by: self.cite(), conditions: conditions.iter().map(|condition| condition.tested(request)).collect() }
    }

    /// Whether both are the same statement of the same policy, or the same policy that is not known.
    fn is(&self, other: &Self) -> bool {
        let index = |site: &Self| site.statement.map(|(index, _)| index);
        std::ptr::eq(self.policy, other.policy) && index(self) == index(other)
    }
}

impl Condition {
    /// The condition next to what the request has.
    pub(crate) fn tested(&self, request: Query<'_>) -> Tested {
        Tested {
            operator: self.operator_name.to_string(),
            key: self.key.to_string(),
            wanted: self.wanted(),
            got: request.context.get(&self.key),
        }
    }
}

/// One statement for each permission that is needed. Only for requests that are allowed.
fn proof<'a>(evaluation: &Evaluation<'a>) -> Vec<Site<'a>> {
    let resource = &evaluation.resource;
    let mut proof = Vec::new();
    let mut cite = |grant: &Grant<'a>| proof.extend(grant.certain.first().copied());
    if !evaluation.request.principal.is_identity() {
        cite(&resource.directly);
        return proof;
    }
    let inside = evaluation.same_account.is_yes();
    let mut limited = true;
    if inside && resource.directly.truth().is_yes() {
        cite(&resource.directly);
        limited = false;
    } else if inside && evaluation.request.kind == ResourceKind::Ordinary {
        cite(if evaluation.identity_inside_account().is_yes() { &evaluation.identity } else { &resource.as_role });
    } else if inside && resource.as_role.truth().is_yes() {
        cite(&resource.as_role);
    } else {
        let granted = [&resource.directly, &resource.as_role, &resource.by_account];
        granted.into_iter().find(|grant| grant.truth().is_yes()).into_iter().for_each(&mut cite);
        cite(&evaluation.identity);
    }
    if limited {
        evaluation.boundary.iter().for_each(&mut cite);
        evaluation.session.iter().for_each(&mut cite);
    }
    evaluation.scps.iter().for_each(|(_, grant)| cite(grant));
    proof
}

/// The Allow statements that would do as well as those of the proof.
fn spare<'a>(evaluation: &Evaluation<'a>, proof: &[Site<'a>]) -> Vec<Site<'a>> {
    let resource = &evaluation.resource;
    let inside_ordinary = evaluation.same_account.is_yes() && evaluation.request.kind == ResourceKind::Ordinary;
    let grants = [&evaluation.identity, &resource.directly, &resource.as_role]
        .into_iter()
        .chain((!inside_ordinary).then_some(&resource.by_account))
        .chain(evaluation.boundary.as_ref())
        .chain(evaluation.session.as_ref())
        .chain(evaluation.scps.iter().map(|(_, grant)| grant));
    let mut spare: Vec<Site<'a>> = Vec::new();
    for site in grants.flat_map(|grant| &grant.certain) {
        if !proof.iter().chain(&spare).any(|cited| cited.is(site)) {
            spare.push(*site);
        }
    }
    spare
}

/// What an open outcome depends on.
fn assumptions(evaluation: &Evaluation<'_>) -> Vec<Assumption> {
    let mut assumptions = Vec::new();
    if evaluation.allowed() == Truth::Unknown {
        open_permissions(evaluation, &mut assumptions);
    }
    for site in &evaluation.denies.possible {
        assumptions.push(assumption(evaluation, site, false));
    }
    assumptions
}

fn open_permissions(evaluation: &Evaluation<'_>, assumptions: &mut Vec<Assumption>) {
    let fact = |unknown| Assumption { about: None, applies: true, unknowns: vec![unknown] };
    let possible = |grants: &[&Grant<'_>], assumptions: &mut Vec<Assumption>| {
        let open = !grants.iter().any(|grant| grant.truth().is_yes());
        let mut seen: Vec<Site<'_>> = Vec::new();
        for site in grants.iter().flat_map(|grant| &grant.possible).filter(|_| open) {
            if !seen.iter().any(|other| other.is(site)) {
                assumptions.push(assumption(evaluation, site, true));
                seen.push(*site);
            }
        }
    };
    let resource = &evaluation.resource;
    if !evaluation.request.principal.is_identity() {
        assumptions.extend(evaluation.undocumented_federation().map(|what| fact(Unknown::Undocumented(what))));
        possible(&[&resource.directly], assumptions);
        return;
    }
    let everyway = [&resource.directly, &resource.as_role, &resource.by_account];
    let inside = evaluation.same_account.is_yes();
    let limits_matter = !inside || !(resource.directly.truth().is_yes() || evaluation.limited_inside_account().is_no());
    if !inside {
        if evaluation.same_account == Truth::Unknown {
            assumptions.push(fact(Unknown::SameAccount));
        }
        if matches!(evaluation.request.principal, Principal::Root { .. }) {
            assumptions.push(fact(Unknown::Undocumented("what a root user may do in other accounts")));
        }
        possible(&everyway, assumptions);
        possible(&[&evaluation.identity], assumptions);
    } else if !limits_matter {
        possible(&[&resource.directly], assumptions);
    } else if evaluation.request.kind == ResourceKind::Ordinary {
        if !evaluation.identity_inside_account().is_yes() {
            possible(&[&evaluation.identity, &resource.directly, &resource.as_role], assumptions);
        }
    } else if evaluation.passed_on_by_account().is_no() {
        possible(&[&resource.directly, &resource.as_role], assumptions);
    } else if !resource.as_role.truth().is_yes() {
        possible(&everyway, assumptions);
        possible(&[&evaluation.identity], assumptions);
    }
    if limits_matter {
        for limit in evaluation.boundary.iter().chain(&evaluation.session) {
            possible(&[limit], assumptions);
        }
    }
    for (_, grant) in &evaluation.scps {
        possible(&[grant], assumptions);
    }
}

fn assumption(evaluation: &Evaluation<'_>, site: &Site<'_>, applies: bool) -> Assumption {
    Assumption { about: Some(site.cite()), applies, unknowns: unknowns(evaluation, site) }
}

fn unknowns(evaluation: &Evaluation<'_>, site: &Site<'_>) -> Vec<Unknown> {
    let Some((_, statement)) = site.statement else { return vec![Unknown::Policy] };
    let request = evaluation.request;
    let elements = elements(statement, site.slot, request, evaluation.policies);
    let mut unknowns = Vec::new();
    if statement.opaque || statement.effect == Effect::Unknown {
        unknowns.push(Unknown::Statement);
    }
    if elements.action == Truth::Unknown {
        unknowns.push(Unknown::Action);
    }
    if elements.named.at_all() == Truth::Unknown {
        unknowns.push(Unknown::Principal);
    }
    if elements.resource == Truth::Unknown {
        unknowns.push(Unknown::Resource { wanted: statement.resource.sources().map(str::to_owned).collect() });
    }
    for condition in &statement.conditions {
        if condition.evaluate(request.context) == Truth::Unknown {
            unknowns.push(Unknown::Condition(condition.tested(request)));
        }
    }
    if unknowns.is_empty() {
        unknowns.push(site.doubt.map_or(Unknown::Principal, Unknown::Undocumented));
    }
    unknowns
}
