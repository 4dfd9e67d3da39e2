//! Roles, and the policies that are attached to them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use construct_iam::access::{Json, symbol};

use super::documents::DocumentAt;
use super::{Reading, Surveyor};
use crate::access::policies::{PolicyIx, PolicyKind, Slot, Spot, TRUST_PROPERTY};
use crate::access::survey::sheet::SettledRole;
use crate::access::template::{Made, Resolver, short_name};
use crate::access::world::Role;

/// The ARNs of roles by their names. Most templates attach nothing by name, so that the names are sorted once somebody
/// does.
#[derive(Default)]
pub(crate) struct RoleNames {
    /// By account and the name in lower case.
    sorted: BTreeMap<(String, String), Arc<str>>,
    /// The role and its stack.
    noted: Vec<(usize, Arc<str>)>,
}

impl RoleNames {
    /// A role that no template makes.
    pub(crate) fn given(&mut self, account: &str, arn: &Arc<str>) {
        self.sorted.insert((account.to_owned(), short_name(arn).to_ascii_lowercase()), Arc::clone(arn));
    }

    /// Makes room for so many more.
    pub(crate) fn expect(&mut self, n: usize) {
        self.noted.reserve(n);
    }

    fn note(&mut self, stack: usize, arn: &Arc<str>) {
        self.noted.push((stack, Arc::clone(arn)));
    }

    /// The role of the name in the account of a stack.
    fn arn(&mut self, resolver: &Resolver<'_>, stack: usize, name: &str) -> Option<&Arc<str>> {
        for (stack, arn) in std::mem::take(&mut self.noted) {
            self.given(resolver.account(stack), &arn);
        }
        self.sorted.get(&(resolver.account(stack).to_owned(), name.to_ascii_lowercase()))
    }
}

/// What a property names.
pub(super) struct Named {
    pub(super) names: BTreeSet<String>,
    /// Whether a condition leaves open which of them.
    pub(super) are_open: bool,
}

impl<'t> Surveyor<'t> {
    /// A role that was made ready when its template was read.
    pub(super) fn settled_role(&mut self, stack: usize, role: SettledRole) {
        let SettledRole { number, identity, trust } = role;
        let noted = &self.sheets[stack].resources[number];
        let Some(arn) = noted.arn.clone() else { return };
        let made = Made { stack, logical_id: Arc::clone(&noted.logical_id) };
        let mut place = |digest, slot, kind| {
            let template = Some(stack);
            self.world.policies.add(digest, Spot { template, logical_id: Arc::clone(&made.logical_id), slot, kind })
        };
        let inline = identity.into_iter().enumerate();
        let identity = inline.map(|(n, digest)| place(digest, Slot::Inline(n), PolicyKind::Identity)).collect();
        let trust = trust.map(|digest| place(digest, Slot::Property(TRUST_PROPERTY), PolicyKind::Trust));
        self.role_names.note(stack, &arn);
        self.world.roles.insert(arn, Role { made: Some(made), identity, trust, boundary: None });
    }

    pub(super) fn role(&mut self, reading: Reading<'t>) {
        let Some(arn) = self.arn(reading) else { return };
        let mut identity = Vec::new();
        for (n, inline) in self.property(reading, "Policies").and_then(Json::as_array).into_iter().flatten().enumerate()
        {
            let slot = Slot::Inline(n);
            match inline.get("PolicyDocument") {
                Some(document) => {
                    let name = inline.get("PolicyName").map(|name| self.resolver.text(reading.stack, name));
                    let name = name.unwrap_or_else(|| n.to_string());
                    let at = DocumentAt { reading, slot, kind: PolicyKind::Identity, name: Some(&name) };
                    identity.push(self.policy(at, document));
                }
                // Such as `Fn::If` around the whole entry.
                None => identity.extend(self.open_entry(reading, inline, slot)),
            }
        }
        if self.property(reading, "Policies").is_some_and(|policies| policies.as_array().is_none()) {
            let name = self.policy_name(reading, None);
            identity.push(self.world.policies.unknown(&name));
        }
        let trust = self.document(reading);
        self.role_names.note(reading.stack, &arn);
        let made = Some(self.made(reading));
        self.world.roles.insert(arn, Role { made, identity, trust, boundary: None });
    }

    fn open_entry(&mut self, reading: Reading<'t>, entry: &'t Json<'t>, slot: Slot) -> Option<PolicyIx> {
        let resolved = self.resolver.value(reading.stack, entry).into_owned();
        if resolved.is_null() {
            return None;
        }
        let name = resolved.get("PolicyName").and_then(Json::as_str).unwrap_or("inline").to_owned();
        Some(match resolved.get("PolicyDocument") {
            Some(_) if reading.doubtful => self.world.policies.unknown(&self.policy_name(reading, Some(&name))),
            Some(document) => {
                let at = DocumentAt { reading, slot, kind: PolicyKind::Identity, name: Some(&name) };
                self.computed(at, Cow::Owned(document.clone()))
            }
            None => {
                let name = self.policy_name(reading, Some(&name));
                self.world.policies.unknown(&name)
            }
        })
    }

    pub(super) fn managed_policies(&mut self, reading: Reading<'t>) {
        if ["ManagedPolicyArns", "PermissionsBoundary"].iter().all(|name| self.property(reading, name).is_none()) {
            return;
        }
        let Some(arn) = self.arn(reading) else { return };
        let mut attached = Vec::new();
        let resolver = &self.resolver;
        let listed = self.property(reading, "ManagedPolicyArns").map(|value| resolver.value(reading.stack, value));
        match listed.as_deref() {
            Some(Json::Array(arns)) => {
                for policy in arns {
                    let policy = self.resolver.as_text(policy);
                    attached.push(self.managed_policy(&policy));
                }
            }
            Some(Json::Null) | None => {}
            Some(_) => attached.push(self.world.policies.unknown("managed policies that the template leaves open")),
        }
        let boundary = self.text(reading, "PermissionsBoundary");
        let boundary = boundary.map(|boundary| self.managed_policy(&boundary));
        if let Some(role) = self.world.roles.get_mut(&*arn) {
            role.identity.extend(attached);
            role.boundary = role.boundary.or(boundary);
        }
    }

    /// A managed policy by ARN: one of a template, or of AWS.
    pub(crate) fn managed_policy(&mut self, arn: &str) -> PolicyIx {
        if arn.ends_with(":iam::aws:policy/AdministratorAccess") {
            return self.world.policies.administrator();
        }
        if let Some(ix) = self.managed.get(arn) {
            return *ix;
        }
        self.world.policies.unknown(&self.resolver.symbols().readable(arn))
    }

    pub(super) fn policy_for_roles(&mut self, reading: Reading<'t>) {
        let managed = self.arn(reading).and_then(|arn| self.managed.get(&arn).copied());
        if let Some(ix) = managed.or_else(|| self.document(reading)) {
            self.attach_to(reading, "Roles", ix);
        }
    }

    /// Attaches a policy to the roles that a property names. Where a condition leaves open which they are, nobody knows
    /// whether it is there.
    pub(super) fn attach_to(&mut self, reading: Reading<'t>, property: &str, policy: PolicyIx) {
        let Some(property) = self.property(reading, property) else { return };
        let Named { names, are_open } = self.named(reading, property);
        let policy = match are_open {
            true => self.world.policies.unknown(&self.policy_name(reading, None)),
            false => policy,
        };
        for name in names {
            if !self.attach(reading.stack, &name, policy) && symbol::is_symbolic(&name) {
                self.world.doubts.push(format!(
                    "{name} is no role that a pipeline works with, and gets the policy `{}` of stack `{}`",
                    reading.logical_id, self.world.stacks[reading.stack]
                ));
            }
        }
    }

    /// The texts of a value, of which there may be several.
    pub(super) fn named(&self, reading: Reading<'t>, value: &'t Json<'t>) -> Named {
        let (resolver, stack) = (&self.resolver, reading.stack);
        let (mut names, mut conditions) = (BTreeSet::new(), BTreeSet::new());
        resolver.open_conditions(stack, value, &mut conditions);
        resolver.in_each_case(stack, value, &mut |case| match case {
            Json::Array(items) => {
                let mut name = |item| names.extend([resolver.text(stack, item)]);
                items.iter().for_each(|item| resolver.in_each_case(stack, item, &mut name));
            }
            case => match &*resolver.value(stack, case) {
                Json::Array(items) => names.extend(items.iter().map(|item| resolver.as_text(item))),
                text => names.extend([resolver.as_text(text)]),
            },
        });
        names.remove("");
        Named { names, are_open: !conditions.is_empty() }
    }

    /// The role of a project that says its name alone, as in `ServiceRole: !Ref BuildRole`. That CodeBuild takes a name
    /// for the ARN is an assumption: its reference speaks of both, and templates that run say either.
    /// <https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Build.html>
    pub(super) fn named_role(&mut self, reading: Reading<'t>) {
        let Some(project) = self.arn(reading).and_then(|arn| self.world.projects.get_mut(&arn)) else { return };
        if !project.role.starts_with("arn:")
            && let Some(role) = self.role_names.arn(&self.resolver, reading.stack, &project.role)
        {
            project.role = role.to_string();
        }
    }

    /// Whether there is such a role.
    fn attach(&mut self, stack: usize, role_name: &str, policy: PolicyIx) -> bool {
        let arn = self.role_names.arn(&self.resolver, stack, role_name);
        let role = arn.and_then(|arn| self.world.roles.get_mut(arn));
        role.map(|role| role.identity.push(policy)).is_some()
    }
}
