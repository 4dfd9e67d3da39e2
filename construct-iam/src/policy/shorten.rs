//! Shorter forms of policies, for pipelines and stores of many accounts.
//!
//! A pattern lets in more than a list: any role of the listed accounts whose name differs from a derived one in nothing
//! but the hash at its end. Whoever can make such a role in an account can change the trust of the listed one there,
//! too, so the pattern gives nobody anything new; and a role of another pipeline that happens to match has no
//! permission of its own for what it would then be let in to.

use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Attr, Expr, Fact, LowerCx, NodeId, Quota, Reach};

use super::once::Names;
use super::statement::Condition;
use super::{Effect, PolicyDocument, PolicyStatement};
use crate::arn::Arn;
use crate::principal::Principal;
use crate::sorted::{Map, Set};

/// Says that the name of a role is derived and ends with a hash of 8 characters. Where a policy would become too long
/// with a list of such roles, it takes a pattern for all of them: see [`PolicyDocument::with_role_patterns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DerivedName;

impl Fact for DerivedName {
    const NAME: &'static str = "derived name";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
}

/// The key of the condition that tells who asks.
const PRINCIPAL: &str = "aws:PrincipalArn";

/// How many characters at the end of a derived name are a hash.
const HASH: usize = 8;

impl PolicyDocument {
    /// Statements that agree in all but actions and resources become one, among those for which `classify` gives a
    /// class. The caller answers for it that no action of one class can be about a resource of another.
    pub fn united<C>(&self, classify: impl Fn(&PolicyStatement) -> Option<C>) -> Self {
        let mut kept = BTreeSet::new();
        let mut united: BTreeMap<PolicyStatement, PolicyStatement> = BTreeMap::new();
        for statement in &self.statements {
            if classify(statement).is_none() {
                kept.insert(statement.clone());
                continue;
            }
            let mut key = statement.clone();
            let elements = key.change();
            (elements.actions, elements.resources) = (Set::default(), Set::default());
            let all = united.entry(key.clone()).or_insert(key).change();
            all.actions.extend(statement.0.actions.iter().cloned());
            all.resources.extend(statement.0.resources.iter().cloned());
        }
        kept.extend(united.into_values());
        Self { id: self.id.clone(), statements: kept.into_iter().collect() }
    }

    /// Statements that let in roles of some accounts, and agree in all but accounts and roles, become one about all of
    /// the accounts and all of the roles: a role is in no account but that of its ARN, so each is let in as before. Of a
    /// statement with a role that is in none of its accounts, or that is not known, nothing is taken: in the account of
    /// another one that role might be let in.
    pub fn with_accounts_united(&self, names: &impl Names) -> Self {
        let mut kept = Vec::new();
        let mut united: BTreeMap<PolicyStatement, PolicyStatement> = BTreeMap::new();
        for statement in &self.statements {
            let Some(without) = statement.without_roles(names) else {
                kept.push(statement.clone());
                continue;
            };
            let all = united.entry(without.clone()).or_insert(without).change();
            all.principals.extend(statement.0.principals.iter().cloned());
            let roles = statement.roles().into_iter().flat_map(Set::iter).cloned();
            all.conditions.at("ArnEquals".into(), |keys| keys.at(PRINCIPAL.into(), |all| all.extend(roles)));
        }
        kept.extend(united.into_values());
        Self { id: self.id.clone(), statements: kept }.into_merged()
    }

    /// A shorter form: [with accounts in one](Self::with_accounts_united) if that is not [long](Self::is_long) any more,
    /// else [with patterns for roles](Self::with_role_patterns), or whichever of them is shorter. `finished` has the last
    /// word on each.
    pub fn shortened(&self, cx: &LowerCx<'_>, quota: &Quota, finished: impl Fn(Self) -> Self) -> Self {
        let united = finished(self.with_accounts_united(cx));
        if !united.is_long(cx, quota) {
            return united;
        }
        let patterns = finished(self.with_role_patterns(cx));
        let is_shorter = patterns.size(cx).estimated_bytes() <= united.size(cx).estimated_bytes();
        if is_shorter { patterns } else { united }
    }

    /// Writes the condition on `aws:PrincipalArn` with patterns in place of roles with [derived names](DerivedName): in
    /// every account that the statement names, any role whose name differs from that of the pipeline's role in nothing
    /// but the hash at its end. The accounts stay as they are, and so do roles with other names.
    pub fn with_role_patterns(&self, cx: &LowerCx<'_>) -> Self {
        let mut patterns: BTreeMap<Expr, Option<Expr>> = BTreeMap::new();
        let statements = self.statements.iter().map(|statement| statement.with_role_patterns(cx, &mut patterns));
        Self { id: self.id.clone(), statements: statements.collect() }.merged()
    }

    /// Writes statements about taking on roles with patterns in place of roles with [derived names](DerivedName): in
    /// the account of each role, those whose names differ from its in region and hash alone. Who takes them on is for
    /// their trust policies to say.
    pub(crate) fn with_resource_patterns(&self, cx: &LowerCx<'_>) -> Self {
        let statements = self.statements.iter().cloned().map(|mut statement| {
            if statement.0.actions.iter().eq(["sts:AssumeRole"]) {
                let elements = statement.change();
                let resources = elements.resources.iter();
                elements.resources =
                    resources.map(|role| in_any_region(role, cx).unwrap_or_else(|| role.clone())).collect();
            }
            statement
        });
        Self { id: self.id.clone(), statements: statements.collect() }.merged()
    }
}

impl PolicyStatement {
    /// The roles that are let in by name.
    fn roles(&self) -> Option<&Set<Expr>> {
        let is_roles = |(operator, key, _): &Condition<'_>| *operator == "ArnEquals" && *key == PRINCIPAL;
        self.0.each_condition().find(is_roles).map(|(.., roles)| roles)
    }

    /// The same without accounts and roles, if it lets in roles of its accounts and nobody else.
    fn without_roles(&self, names: &impl Names) -> Option<Self> {
        let account = |principal: &Principal| match principal {
            Principal::Aws(arn) => account_of(&names.text(arn)?, |resource| resource == "root"),
            _ => None,
        };
        let accounts: Option<BTreeSet<String>> = self.0.principals.iter().map(account).collect();
        let accounts = accounts?;
        let is_there = |role: &Expr| {
            let account = names.text(role).and_then(|arn| account_of(&arn, |resource| resource.starts_with("role/")));
            account.is_some_and(|account| accounts.contains(&account))
        };
        let roles = self.roles().filter(|roles| !roles.is_empty())?;
        if self.0.effect != Effect::Allow || !roles.iter().all(is_there) {
            return None;
        }
        let mut without = self.clone();
        let elements = without.change();
        elements.principals = Set::default();
        elements.conditions.at("ArnEquals".into(), |keys| keys.at(PRINCIPAL.into(), |roles| *roles = Set::default()));
        Some(without)
    }

    fn with_role_patterns(&self, cx: &LowerCx<'_>, patterns: &mut BTreeMap<Expr, Option<Expr>>) -> Self {
        let for_accounts = !self.0.principals.is_empty() && !self.0.principals.contains(&Principal::Any);
        let operators = || self.0.conditions.iter().map(|(operator, _)| operator);
        // `ArnLike` and `ArnEquals` mean the same, but two operators must both hold.
        if self.0.effect != Effect::Allow || !for_accounts || operators().any(|operator| operator == "ArnLike") {
            return self.clone();
        }
        let mut conditions: Map<_, Map<_, Set<Expr>>> = Map::default();
        for (operator, keys) in self.0.conditions.iter() {
            let mut changed = false;
            let mut short: Map<_, Set<Expr>> = Map::default();
            for (key, values) in keys.iter() {
                let is_roles = operator == "ArnEquals" && key == PRINCIPAL;
                let values = values.iter().map(|value| {
                    let pattern = is_roles
                        .then(|| patterns.entry(value.clone()).or_insert_with(|| pattern(value, cx)).clone())
                        .flatten();
                    changed |= pattern.is_some();
                    pattern.unwrap_or_else(|| value.clone())
                });
                short.at(key.clone(), |all| all.extend(values));
            }
            conditions.at(if changed { "ArnLike".into() } else { operator.clone() }, |keys| *keys = short);
        }
        let mut statement = self.clone();
        statement.change().conditions = conditions;
        statement
    }
}

/// The partition and the account of an ARN of IAM that names something there.
fn account_of(arn: &str, is_it: impl Fn(&str) -> bool) -> Option<String> {
    let arn = Arn::parse(arn).ok()?;
    // A pattern among principals is nobody, and among roles many.
    let is_account = !arn.account().is_empty() && !arn.partition().contains(['*', '?']);
    (is_account && arn.service() == "iam" && is_it(arn.resource())).then(|| [arn.partition(), arn.account()].concat())
}

/// What the ARNs of roles like this one look like in any account, if its name is derived.
fn pattern(role: &Expr, cx: &LowerCx<'_>) -> Option<Expr> {
    let (_, stem) = derived(role, cx)?;
    let (start, rest) = stem.split_once("::")?;
    let (_, name) = rest.split_once(':')?;
    Some(format!("{start}::*:{name}{}", "?".repeat(HASH)).into())
}

/// What the ARNs of roles like this one look like in any region, if its name is derived.
fn in_any_region(role: &Expr, cx: &LowerCx<'_>) -> Option<Expr> {
    let (of, stem) = derived(role, cx)?;
    let region = format!("-{}-", cx.env_of(of)?.region);
    let (start, end) = stem.rsplit_once(&region)?;
    Some(format!("{start}-*-{end}{}", "?".repeat(HASH)).into())
}

/// A role with a derived name, and its ARN without the hash.
fn derived(role: &Expr, cx: &LowerCx<'_>) -> Option<(NodeId, String)> {
    let Expr::Attr { of, attr } = role else { return None };
    if *attr != Attr::get_att("Arn") || cx.facts_of::<DerivedName>(*of).next().is_none() {
        return None;
    }
    let mut arn = cx.literal(role)?;
    arn.truncate(arn.len().checked_sub(HASH)?);
    Some((*of, arn))
}
