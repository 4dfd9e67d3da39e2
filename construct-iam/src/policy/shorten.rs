//! Shorter forms of policies, for pipelines and stores of many accounts.
//!
//! A pattern lets in more than a list: any role of the listed accounts whose name differs from a derived one in nothing
//! but the hash at its end. Whoever can make such a role in an account can change the trust of the listed one there,
//! too, so the pattern gives nobody anything new; and a role of another pipeline that happens to match has no
//! permission of its own for what it would then be let in to.

use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Attr, Expr, Fact, LowerCx, NodeId, Reach};

use super::{Effect, PolicyDocument, PolicyStatement};
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
    fn with_role_patterns(&self, cx: &LowerCx<'_>, patterns: &mut BTreeMap<Expr, Option<Expr>>) -> Self {
        const KEY: &str = "aws:PrincipalArn";
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
                let is_roles = operator == "ArnEquals" && key == KEY;
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
