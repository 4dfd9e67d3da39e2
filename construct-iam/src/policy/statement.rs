//! One statement of a policy: its elements, and how it is written.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use construct_core::spell::{Pen, Spell, Spelled};
use construct_core::{Diagnostic, Env, Expr, Fact, Reach};

use crate::access;
use crate::principal::{Principal, one_or_many};
use crate::quota;
use crate::sorted::{Map, Set};

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// `Allow`
    Allow,
    /// `Deny`
    Deny,
}

impl Effect {
    fn name(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// One statement of a policy.
///
/// Attached to a construct as a fact, it goes into the policy of that construct: a statement without principal into the
/// identity policy of a role, one with a principal into a resource policy or, on a role, into its trust policy.
///
/// ```
/// use construct_iam::PolicyStatement;
/// let read = PolicyStatement::allow(["s3:GetObject"]).on(["arn:aws:s3:::orders/*"]).condition("Bool", "aws:SecureTransport", ["true"]);
/// ```
///
/// Copies share what they say until one is changed, so that one statement can be attached to many constructs.
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct PolicyStatement(pub(super) Arc<Elements>);

/// What the colon of an action counts; a byte that names of services and actions are made of counts 1, and any other
/// nothing. Every action of every role is looked at, and this takes one look.
const COLON: u64 = 1 << 32;

static IN_ACTIONS: [u64; 256] = {
    let (mut table, mut byte) = ([0; 256], 0_u8);
    while byte < 128 {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'?' | b'-') {
            table[byte as usize] = 1;
        }
        byte += 1;
    }
    table[b':' as usize] = COLON;
    table
};

/// Whether a text is a service and an action, or all actions.
fn is_action(text: &str) -> bool {
    let all: u64 = text.bytes().map(|byte| IN_ACTIONS[usize::from(byte)]).sum();
    let has_one_colon = all.wrapping_add(1) == COLON + text.len() as u64;
    text == "*" || has_one_colon && !text.starts_with(':') && !text.ends_with(':')
}

/// Whether a text can be a resource: an ARN, which may have wildcards, or `*`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
fn is_resource(text: &str) -> bool {
    text == "*" || text.starts_with("arn:")
}

/// What a statement says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Elements {
    pub(super) sid: Option<String>,
    pub(super) effect: Effect,
    pub(super) principals: Set<Principal>,
    pub(super) not_principals: Set<Principal>,
    pub(super) actions: Set<Cow<'static, str>>,
    pub(super) not_actions: Set<Cow<'static, str>>,
    /// Written [by name](Expr::by_name) without saying so, as values of conditions are.
    pub(super) resources: Set<Expr>,
    pub(super) not_resources: Set<Expr>,
    pub(super) conditions: Conditions,
}

/// The values of conditions by operator and key.
type Conditions = Map<Cow<'static, str>, Map<Cow<'static, str>, Set<Expr>>>;

/// An operator, a key and their values.
pub(super) type Condition<'s> = (&'s Cow<'static, str>, &'s Cow<'static, str>, &'s Set<Expr>);

impl Elements {
    /// The conditions one by one.
    pub(super) fn each_condition(&self) -> impl Iterator<Item = Condition<'_>> {
        (self.conditions.iter())
            .flat_map(|(operator, keys)| keys.iter().map(move |(key, values)| (operator, key, values)))
    }

    /// Whether what meets the conditions of another statement meets these: they are equal but for values that stand here
    /// among others.
    fn conditions_cover(&self, other: &Self) -> bool {
        let covers = |(this, other): (Condition<'_>, Condition<'_>)| {
            let is_equal = (this.0, this.1) == (other.0, other.1);
            let has_values = match has_alternatives(&other) && has_alternatives(&this) {
                true => other.2.iter().all(|value| this.2.contains(value)),
                false => this.2 == other.2,
            };
            is_equal && has_values
        };
        let counts = |of: &Self| of.each_condition().count();
        counts(self) == counts(other) && self.each_condition().zip(other.each_condition()).all(covers)
    }
}

impl Ord for PolicyStatement {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

impl PartialOrd for PolicyStatement {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for PolicyStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Fact for PolicyStatement {
    const NAME: &'static str = "policy statement";
    const REACH: Reach = Reach::Node;
    const IS_KEPT_FOR_CHECKS: bool = false;

    fn summary(&self) -> Option<String> {
        let actions: Vec<String> = self.0.actions.iter().map(|action| format!("`{action}`")).collect();
        Some(format!("about {}", actions.join(", ")))
    }
}

impl PolicyStatement {
    /// A statement that allows actions, such as `s3:GetObject`.
    pub fn allow<A: Into<Cow<'static, str>>>(actions: impl IntoIterator<Item = A>) -> Self {
        Self::new(Effect::Allow).actions(actions)
    }

    /// A statement that denies actions.
    pub fn deny<A: Into<Cow<'static, str>>>(actions: impl IntoIterator<Item = A>) -> Self {
        Self::new(Effect::Deny).actions(actions)
    }

    /// A statement about nothing yet.
    pub fn new(effect: Effect) -> Self {
        Self(Arc::new(Elements {
            sid: None,
            effect,
            principals: Set::default(),
            not_principals: Set::default(),
            actions: Set::default(),
            not_actions: Set::default(),
            resources: Set::default(),
            not_resources: Set::default(),
            conditions: Map::default(),
        }))
    }

    /// What it says, to be changed; copies keep saying what they said.
    pub(super) fn change(&mut self) -> &mut Elements {
        Arc::make_mut(&mut self.0)
    }

    /// The statement's id: letters and digits, unique in its document.
    pub fn sid(mut self, sid: impl Into<String>) -> Self {
        self.change().sid = Some(sid.into());
        self
    }

    /// Adds actions.
    pub fn actions<A: Into<Cow<'static, str>>>(mut self, actions: impl IntoIterator<Item = A>) -> Self {
        self.change().actions.extend(actions.into_iter().map(Into::into));
        self
    }

    /// Adds actions to `NotAction`: the statement is about all others.
    pub fn not_actions<A: Into<Cow<'static, str>>>(mut self, actions: impl IntoIterator<Item = A>) -> Self {
        self.change().not_actions.extend(actions.into_iter().map(Into::into));
        self
    }

    /// Adds resources, by ARN or `*`. References are written as literal ARNs wherever these are known.
    #[doc(alias = "resources")]
    pub fn on<R: Into<Expr>>(mut self, resources: impl IntoIterator<Item = R>) -> Self {
        self.change().resources.extend(resources.into_iter().map(unmarked));
        self
    }

    /// Adds resources to `NotResource`: the statement is about all others.
    pub fn not_on<R: Into<Expr>>(mut self, resources: impl IntoIterator<Item = R>) -> Self {
        self.change().not_resources.extend(resources.into_iter().map(unmarked));
        self
    }

    /// The same statement about other resources: what the function makes of each.
    pub fn map_resources(mut self, of: impl Fn(&Expr) -> Expr) -> Self {
        let resources = self.0.resources.iter().map(|resource| unmarked(of(resource))).collect();
        self.change().resources = resources;
        self
    }

    /// Adds a principal.
    pub fn principal(mut self, principal: Principal) -> Self {
        self.change().principals.insert(principal);
        self
    }

    /// Adds principals.
    pub fn principals(mut self, principals: impl IntoIterator<Item = Principal>) -> Self {
        self.change().principals.extend(principals);
        self
    }

    /// Adds a principal to `NotPrincipal`: the statement is about all others.
    pub fn not_principal(mut self, principal: Principal) -> Self {
        self.change().not_principals.insert(principal);
        self
    }

    /// Adds values to a condition, such as `ArnEquals` of `aws:PrincipalArn`. Values of one key are alternatives; keys and
    /// operators must all hold.
    pub fn condition<V: Into<Expr>>(
        mut self,
        operator: impl Into<Cow<'static, str>>,
        key: impl Into<Cow<'static, str>>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(unmarked);
        let key = key.into();
        self.change().conditions.at(operator.into(), |keys| keys.at(key, |all| all.extend(values)));
        self
    }

    /// Whether it names principals, as statements of resource and trust policies do.
    #[must_use]
    pub fn has_principal(&self) -> bool {
        !(self.0.principals.is_empty() && self.0.not_principals.is_empty())
    }

    /// The same statement about everything, as key policies want it: there `*` is the key itself.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html>
    pub fn on_itself(mut self) -> Self {
        let itself = Set::from_iter(["*".into()]);
        if self.0.resources != itself {
            self.change().resources = itself;
        }
        self
    }

    /// Whether it allows or denies.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.0.effect
    }

    /// The actions.
    pub fn action_names(&self) -> impl Iterator<Item = &str> {
        self.0.actions.iter().map(|action| &**action)
    }

    /// The resources.
    pub fn resource_exprs(&self) -> impl Iterator<Item = &Expr> {
        self.0.resources.iter()
    }

    /// Whether another statement says nothing that this one does not say: the same effect, and its actions, resources and
    /// principals among those of this one. So are the values of its conditions where these are alternatives; elsewhere
    /// they are the same.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        fn all<T: Ord>(of: &Set<T>, among: &Set<T>) -> bool {
            of.is_empty() == among.is_empty() && of.iter().all(|one| among.contains(one))
        }
        self.0.sid == other.0.sid
            && self.0.effect == other.0.effect
            && self.0.conditions_cover(&other.0)
            && all(&other.0.principals, &self.0.principals)
            && all(&other.0.not_principals, &self.0.not_principals)
            && all(&other.0.actions, &self.0.actions)
            && all(&other.0.not_actions, &self.0.not_actions)
            && all(&other.0.resources, &self.0.resources)
            && all(&other.0.not_resources, &self.0.not_resources)
    }

    /// What IAM would refuse, in words; `needs_resource` is false for trust policies.
    #[must_use]
    pub fn problem(&self, needs_resource: bool) -> Option<String> {
        let said = &*self.0;
        let pairs = [
            ("Action", said.actions.is_empty(), said.not_actions.is_empty()),
            ("Resource", said.resources.is_empty(), said.not_resources.is_empty()),
            ("Principal", said.principals.is_empty(), said.not_principals.is_empty()),
        ];
        if let Some((element, ..)) = pairs.into_iter().find(|(_, none, no_others)| !none && !no_others) {
            return Some(format!("it has both `{element}` and `Not{element}`"));
        }
        if said.actions.is_empty() && said.not_actions.is_empty() {
            return Some("it names no action".into());
        }
        let names_resources = !said.resources.is_empty() || !said.not_resources.is_empty();
        if needs_resource && !names_resources {
            return Some("it names no resource; say which with `.on([…])`".into());
        }
        if !needs_resource && names_resources {
            return Some("it names a resource, and a trust policy has none: the role itself is meant".into());
        }
        if let Some(sid) = &said.sid
            && !sid.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return Some(format!("its Sid `{sid}` has characters other than letters and digits"));
        }
        let mut actions = said.actions.iter().chain(said.not_actions.iter());
        if let Some(wrong) = actions.find(|action| !is_action(action)) {
            return Some(format!("`{wrong}` is no action; actions are written `service:Name`, as in `s3:GetObject`"));
        }
        let mut principals = said.principals.iter().chain(said.not_principals.iter());
        if let Some(wrong) = principals.find_map(Principal::wrong_service) {
            let wrong = wrong.escape_debug();
            return Some(format!("`{wrong}` is no service; services are written as in `codebuild.amazonaws.com`"));
        }
        let mut operators = said.conditions.iter().map(|(operator, _)| operator);
        if let Some(wrong) = operators.find(|operator| !access::is_operator(operator)) {
            let wrong = wrong.escape_debug();
            return Some(format!("`{wrong}` is no operator of conditions; they are written as in `StringEquals`"));
        }
        let resources = said.resources.iter().chain(said.not_resources.iter());
        let wrong = resources.filter_map(Expr::literal).find(|text| !is_resource(text))?.escape_debug();
        Some(format!("`{wrong}` is no resource; resources are ARNs, as in `arn:aws:s3:::orders/*`, or `*`"))
    }

    /// That it names a resource or a principal in another partition than the environment of its policy. AWS stores no such
    /// policy: `Partition "aws" is not valid for resource`.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
    #[must_use]
    pub fn other_partition(&self, env: Env) -> Option<Diagnostic> {
        let wanted = env.partition().as_str();
        let is_other = |arn: &&str| {
            let Some(rest) = arn.strip_prefix("arn:") else { return false };
            let is_own = rest.strip_prefix(wanted).is_some_and(|rest| rest.starts_with(':'));
            let partition = || rest.split_once(':').map(|(partition, _)| partition);
            !is_own && partition().is_some_and(|partition| !partition.contains(['*', '?', '$']))
        };
        let said = &*self.0;
        let principals = said.principals.iter().chain(said.not_principals.iter()).filter_map(Principal::aws);
        let mut named = said.resources.iter().chain(said.not_resources.iter()).chain(principals);
        let wrong = named.find_map(|expr| expr.literal().filter(is_other))?.escape_debug();
        let message = format!("`{wrong}` is in another partition than the policy that names it, which is in {wanted}");
        let help = format!(
            "begin it with `arn:{wanted}:`, or write it with `Arn::regional(env, …)`, which knows the partition"
        );
        Some(Diagnostic::error("iam::other-partition", message).help(help))
    }

    /// What IAM refuses in a condition, whatever service asks for it: a key without a name, and characters beyond U+00FF.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>
    pub(crate) fn odd_condition(&self) -> Option<String> {
        let is_plain = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
        self.0.each_condition().find_map(|(_, key, values)| {
            if key.is_empty() {
                return Some("a condition has no key".into());
            }
            let mut texts = values.iter().filter_map(Expr::literal).chain([&**key]);
            let odd = texts.find(|text| !text.is_ascii() && !text.chars().all(is_plain))?;
            Some(format!("`{}` has characters that no policy of IAM takes, beyond U+00FF", odd.escape_debug()))
        })
    }

    /// No less than the bytes of the statement and the comma behind it, told without writing it.
    pub(super) fn at_most(&self, of_reference: &dyn Fn(&Expr) -> usize) -> usize {
        fn list<T: Ord>(key: &str, items: &Set<T>, length: impl Fn(&T) -> usize) -> usize {
            if items.is_empty() {
                return 0;
            }
            let items = items.iter().map(|item| length(item) + ",".len());
            r#""":[],"#.len() + key.len() + items.sum::<usize>()
        }
        let said = &*self.0;
        let action = |action: &Cow<'static, str>| quota::at_most_of_text(action);
        let value = |value: &Expr| quota::at_most(value, of_reference);
        let principal = |principal: &Principal| principal.at_most(value);
        let conditions = said.conditions.iter().map(|(operator, keys)| {
            let keys = keys.iter().map(|(key, values)| list(key, values, value));
            r#""":{},"#.len() + operator.len() + keys.sum::<usize>()
        });
        r#"{"Sid":,"Effect":"Allow","Condition":{}},"#.len()
            + said.sid.as_deref().map_or(0, quota::at_most_of_text)
            + list("Principal", &said.principals, principal)
            + list("NotPrincipal", &said.not_principals, principal)
            + list("Action", &said.actions, action)
            + list("NotAction", &said.not_actions, action)
            + list("Resource", &said.resources, value)
            + list("NotResource", &said.not_resources, value)
            + conditions.sum::<usize>()
    }

    /// The statement as it stands in a document, with all that is in it, to be looked into. As a property the statement
    /// itself is given away, as a [document](crate::PolicyDocument::expr) is.
    #[must_use]
    pub fn expr(&self) -> Expr {
        self.spelled_out()
    }
}

/// Whether a condition holds if one of its values matches. Then statements with some of the values each say together
/// what one with all of them says, whether they allow or deny. It is so with `…IfExists` too: that holds for lack of the
/// key, whatever the values are.
///
/// Operators that ask for what is not alike hold if no value matches, and `ForAllValues` asks of each value of the
/// request: there one statement would say less than two. Numbers, dates and addresses stay apart because it is not
/// documented what one that is malformed does to those beside it, and no value is not any value.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>
pub(super) fn has_alternatives((operator, _, values): &Condition<'_>) -> bool {
    let operator = operator.strip_suffix("IfExists").unwrap_or(operator);
    let holds_for_any =
        matches!(operator, "ArnEquals" | "ArnLike" | "StringEquals" | "StringEqualsIgnoreCase" | "StringLike");
    holds_for_any && !values.is_empty()
}

/// An expression without the mark that it is written by name.
fn unmarked(expr: impl Into<Expr>) -> Expr {
    match expr.into().bounded() {
        Expr::ByName(inner) => *inner,
        other => other,
    }
}

impl From<PolicyStatement> for Expr {
    fn from(statement: PolicyStatement) -> Self {
        Self::spelled(statement)
    }
}

impl Spell for PolicyStatement {
    fn spell(&self, pen: Pen<'_>) -> Spelled {
        // One is held by the fact and one by the document: with no other, nobody else has anything of its text.
        match Arc::strong_count(&self.0) > 2 {
            true => pen.shared(&self.0),
            false => self.0.spell(pen),
        }
    }
}

/// The elements in the order in which AWS writes them.
impl Spell for Elements {
    fn spell(&self, pen: Pen<'_>) -> Spelled {
        let mut out = pen.map();
        if let Some(sid) = &self.sid {
            out.entry("Sid", |pen| pen.text(sid));
        }
        out.entry("Effect", |pen| pen.text(self.effect.name()));
        for (key, principals) in [("Principal", &self.principals), ("NotPrincipal", &self.not_principals)] {
            if !principals.is_empty() {
                out.entry(key, |pen| Principal::spell(principals, pen));
            }
        }
        for (key, actions) in [("Action", &self.actions), ("NotAction", &self.not_actions)] {
            if !actions.is_empty() {
                out.entry(key, |pen| one_or_many(actions.as_slice(), pen, |action, pen| pen.text(action)));
            }
        }
        for (key, resources) in [("Resource", &self.resources), ("NotResource", &self.not_resources)] {
            if !resources.is_empty() {
                out.entry(key, |pen| one_or_many(resources.as_slice(), pen, |resource, pen| pen.by_name(resource)));
            }
        }
        if !self.conditions.is_empty() {
            out.entry("Condition", |pen| conditions(&self.conditions, pen));
        }
        out.end()
    }
}

fn conditions(conditions: &Conditions, pen: Pen<'_>) -> Spelled {
    let mut operators = pen.map();
    for (operator, of_keys) in conditions.iter() {
        operators.entry(operator, |pen| {
            let mut keys = pen.map();
            for (key, values) in of_keys.iter() {
                keys.entry(key, |pen| one_or_many(values.as_slice(), pen, |value, pen| pen.by_name(value)));
            }
            keys.end()
        });
    }
    operators.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read() -> PolicyStatement {
        PolicyStatement::allow(["s3:GetObject"]).on(["arn:aws:s3:::a/*"])
    }

    #[test]
    fn what_iam_would_refuse_is_said() {
        assert!(PolicyStatement::allow(["s3:GetObject"]).problem(true).unwrap().contains("no resource"));
        assert!(PolicyStatement::allow(["s3:GetObject"]).problem(false).is_none());
        assert!(PolicyStatement::allow(["GetObject"]).on(["*"]).problem(true).unwrap().contains("no action"));
        for action in ["", ":", "s3:", ":Get", "s3::Get", "s3:Get:Object", "s3:Get Object", "s3:Gét", "**"] {
            assert!(PolicyStatement::allow([action]).on(["*"]).problem(true).is_some(), "{action}");
        }
        for action in ["*", "s3:*", "a:b", "iam:Get?ole", "execute-api:Invoke"] {
            assert_eq!(PolicyStatement::allow([action]).on(["*"]).problem(true), None);
        }
        let both = [
            (read().not_on(["*"]), "it has both `Resource` and `NotResource`"),
            (read().not_actions(["s3:Get*"]), "it has both `Action` and `NotAction`"),
            (
                read().principal(Principal::Any).not_principal(Principal::service("a.amazonaws.com")),
                "it has both `Principal` and `NotPrincipal`",
            ),
        ];
        for (statement, problem) in both {
            assert_eq!(statement.problem(true).as_deref(), Some(problem));
        }
        for resource in ["orders-table", "", "s3://orders/*", "ARN:aws:s3:::orders", " *"] {
            let problem = PolicyStatement::allow(["a:b"]).on([resource]).problem(true);
            assert!(problem.is_some_and(|problem| problem.contains("no resource;")), "{resource}");
        }
        for resource in ["*", "arn:aws:s3:::a", "arn:*:s3:::a/*", "arn:aws:iam::*:role/x"] {
            assert_eq!(PolicyStatement::allow(["a:b"]).on([resource]).problem(true), None);
        }
        assert!(PolicyStatement::allow(["sts:AssumeRole"]).on(["*"]).problem(false).unwrap().contains("trust policy"));
        assert!(read().sid("with space").problem(true).is_some());
        assert!(PolicyStatement::new(Effect::Allow).on(["*"]).problem(true).is_some());
    }

    #[test]
    fn no_policy_names_another_partition() {
        let (china, world) = (Env::new("111111111111", "cn-north-1"), Env::new("111111111111", "us-east-1"));
        let on = |resource: &'static str| PolicyStatement::allow(["a:b"]).on([resource]);
        let by = |env: Env| PolicyStatement::allow(["sts:AssumeRole"]).principal(Principal::account(env));
        let not_on = |resource: &'static str| PolicyStatement::deny(["a:b"]).not_on([resource]);
        for wrong in [on("arn:aws:s3:::a"), not_on("arn:aws-us-gov:s3:::a"), by(world)] {
            assert_eq!(wrong.other_partition(china).unwrap().code(), "iam::other-partition");
        }
        for sound in
            [on("arn:aws-cn:s3:::a"), on("*"), on("arn:*:s3:::a"), on("arn:${AWS::Partition}:s3:::a"), by(china)]
        {
            assert!(sound.other_partition(china).is_none(), "{sound:?}");
        }
        assert!(on("arn:aws:s3:::a").other_partition(world).is_none());
    }
}
