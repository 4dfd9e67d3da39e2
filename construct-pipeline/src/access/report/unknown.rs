//! What would have to be known: whose policies accesses depend on, and what accesses are about.

use std::collections::BTreeSet;

use construct_iam::access::{ContextValue, Unknown};

use super::answers::Report;
use crate::access::template::{Meaning, Origin};
use crate::access::world::World;

impl Report {
    /// The ARNs of the things and policies whose content is not known and on which an access depends: what is
    /// [given](crate::access::Outside) for them makes it known.
    #[must_use]
    pub fn unknown_policies(&self) -> BTreeSet<String> {
        let mut arns = BTreeSet::new();
        for access in self.assumptions() {
            let Some(verdict) = self.verdict(access) else {
                // A project tells its role itself.
                let who = self.readable(access.principal());
                arns.extend(Some(who).filter(|who| who.contains(":codebuild:")));
                continue;
            };
            let is_unknown = |unknowns: &[Unknown]| unknowns.contains(&Unknown::Policy);
            let unknown = verdict.assumptions.iter().filter(|assumption| is_unknown(&assumption.unknowns));
            // What no template has is called by what it is the policy of.
            let named = unknown.filter_map(|assumption| {
                let name = self.readable(&assumption.about.as_ref()?.policy);
                Some(name[name.find("arn:")?..].to_owned())
            });
            arns.extend(named);
        }
        arns
    }

    /// The parameters and imports that nobody gave a value to and on which an access depends, by their labels: the value of
    /// a parameter makes one known, and the template of the stack that exports it the other.
    #[must_use]
    pub fn unknown_values(&self) -> Vec<&Meaning> {
        let mut letters: BTreeSet<char> = BTreeSet::new();
        let mut note = |text: &str| letters.extend(text.chars().filter(|c| !c.is_ascii()));
        for access in self.assumptions() {
            note(access.principal());
            note(access.resource());
            let verdict = self.verdict(access);
            let unknowns = verdict.iter().flat_map(|verdict| &verdict.assumptions).flat_map(|one| &one.unknowns);
            for unknown in unknowns {
                match unknown {
                    Unknown::Resource { wanted } => wanted.iter().for_each(|text| note(text)),
                    Unknown::Condition(tested) => tested.wanted.iter().for_each(|text| note(text)),
                    _ => {}
                }
            }
        }
        let mut meanings: Vec<&Meaning> = letters.iter().filter_map(|c| self.world.symbols.meaning(*c)).collect();
        meanings.retain(|meaning| matches!(meaning.origin, Origin::Parameter { .. } | Origin::Import { .. }));
        meanings.sort_by(|one, other| one.label.cmp(&other.label));
        meanings
    }

    /// The keys of conditions on which an access depends, of which only the request itself tells the value, such as
    /// `aws:PrincipalOrgID`.
    #[must_use]
    pub fn unknown_conditions(&self) -> BTreeSet<String> {
        let verdicts = self.assumptions().filter_map(|access| self.verdict(access));
        let unknowns = verdicts.flat_map(|verdict| verdict.assumptions).flat_map(|assumption| assumption.unknowns);
        let keys = unknowns.filter_map(|unknown| match unknown {
            Unknown::Condition(tested) if matches!(tested.got, ContextValue::Unknown) => Some(tested.key),
            _ => None,
        });
        keys.collect()
    }

    /// Whether an access is about the thing of this ARN, or a role that asks has the policy of this ARN: what was
    /// [given](crate::access::Outside) for any other counts for nothing.
    #[must_use]
    pub fn asks_about(&self, arn: &str) -> bool {
        // The end of a secret's ARN is made up by AWS, and where a secret is named it is not known.
        let wanted = match arn.rsplit_once('-') {
            Some((start, _)) if arn.contains(":secret:") => start,
            _ => arn,
        };
        let is_of = |asked: &str| match asked.strip_prefix(wanted) {
            Some(rest) => rest.is_empty() || rest.starts_with(['/', ':']) || wanted != arn && rest.starts_with('-'),
            None => false,
        };
        let is_asked = self.accesses().iter().any(|access| is_of(access.resource()) || access.principal() == arn);
        is_asked || arn.contains(":policy/") && self.is_of_a_role(arn)
    }

    fn is_of_a_role(&self, managed_policy: &str) -> bool {
        let World { roles, policies, .. } = &self.world;
        let mut of_roles = roles.values().flat_map(|role| role.identity.iter().chain(&role.boundary));
        of_roles.any(|ix| {
            let given = policies.spot(*ix).filter(|spot| spot.template.is_none());
            given.is_some_and(|spot| *spot.logical_id == *managed_policy)
        })
    }
}
