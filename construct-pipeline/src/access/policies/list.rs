//! Policies with their places: where in which template each one stands.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use construct_core::fingerprint;
use construct_iam::access::{Citation, Compiler, Distinctions, Json, Policy, PolicyError, Problem, Variables, symbol};
use foldhash::HashMap;
use serde_json::{Value, json};

use super::excess::Wide;
use super::place::{PolicyIx, PolicyKind, Spot};
use super::statements::{Notes, Statements, Told};

#[derive(Clone, Debug)]
struct Entry {
    policy: Policy,
    spot: Option<Spot>,
    symbolic: Box<[Symbolic]>,
}

/// A policy that was read, before it has its place among the others.
#[derive(Debug)]
pub(crate) struct Digest {
    policy: Result<Policy, Box<PolicyError>>,
    /// The fingerprint of its name.
    print: u64,
    /// Of the statements that have any, by their numbers.
    notes: Vec<(usize, Arc<Notes>)>,
    symbolic: Vec<Symbolic>,
}

/// A statement with symbols in it.
#[derive(Clone, Debug)]
struct Symbolic {
    number: usize,
    variables: Variables,
    value: Json<'static>,
}

/// All policies, compiled once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policies {
    all: Vec<Entry>,
    /// By the fingerprints of their names, of which no two are equal.
    by_name: HashMap<u64, PolicyIx>,
    /// What AWS would refuse to store.
    pub(crate) refused: Vec<(PolicyIx, PolicyError)>,
    /// The condition keys and variables that occur, in lower case: contexts need not hold keys that no policy asks for.
    pub(crate) keys: Vec<String>,
    /// The folders of buckets that statements are about: name of the bucket, and what the keys begin with.
    pub(crate) folders: BTreeSet<(String, String)>,
    /// The roles and users that policies name as principals, with the places.
    pub(crate) principals: Vec<(PolicyIx, String)>,
    /// Statements that give far more than a pipeline needs.
    pub(crate) wide: Vec<Wide>,
    /// The number of the policy that allows everything, once somebody asked for it.
    administrator: Option<PolicyIx>,
}

/// The policy if AWS would store it as one of this kind.
///
/// What roles may do has to say about which resources, as an `Fn::If` around the only one may not leave it:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
fn stored(policy: Policy, kind: PolicyKind) -> Result<Policy, Box<PolicyError>> {
    let needs_resources = matches!(kind, PolicyKind::Identity | PolicyKind::Boundary);
    match policy.without_resource().filter(|_| needs_resources) {
        Some(n) => Err(Box::new(PolicyError::new(policy.name(), Some(n), Problem::Missing("Resource")))),
        None => Ok(policy),
    }
}

impl Policies {
    pub(crate) fn get(&self, ix: PolicyIx) -> &Policy {
        &self.all[ix].policy
    }

    /// Where a policy stands; `None` if nobody wrote it.
    pub(crate) fn spot(&self, ix: PolicyIx) -> Option<&Spot> {
        self.all[ix].spot.as_ref()
    }

    /// All policies with other texts in place of the symbols, for another look at them.
    pub(crate) fn rewritten(&self, rewrite: &dyn Fn(&str) -> String) -> Vec<Policy> {
        let compiler = Compiler::new();
        let one = |policy: Policy, Symbolic { number, variables, value }: &Symbolic| {
            let statement = compiler.statement(&rewritten(value, rewrite), *variables)?;
            Ok(policy.with_statement(*number, statement))
        };
        let all = |entry: &Entry| {
            let rewritten: Result<Policy, Problem> = entry.symbolic.iter().try_fold(entry.policy.clone(), one);
            rewritten.unwrap_or_else(|_| Policy::unknown(entry.policy.name()))
        };
        self.all.iter().map(all).collect()
    }

    /// Whether a statement of a policy has a symbol that is meant.
    pub(crate) fn mentions(&self, ix: PolicyIx, is_meant: &dyn Fn(char) -> bool) -> bool {
        self.all[ix].symbolic.iter().any(|statement| mentions(&statement.value, is_meant))
    }

    /// What all of them, and the one that strangers have, tell actions apart by.
    pub(crate) fn distinctions(&self) -> Distinctions {
        Distinctions::of(self.all.iter().map(|entry| &entry.policy).chain([administrator()]))
    }

    /// The policy that a verdict cites.
    pub(crate) fn cited(&self, citation: &Citation) -> Option<PolicyIx> {
        self.named(&citation.policy)
    }

    fn named(&self, name: &str) -> Option<PolicyIx> {
        let ix = self.by_name.get(&fingerprint(name)).copied();
        ix.filter(|ix| self.get(*ix).name() == name)
    }

    /// Makes room for so many more, and for some that nobody counts: one too many would double all of it.
    pub(crate) fn expect(&mut self, n: usize) {
        self.all.reserve_exact(n + n / 16 + 8);
        self.by_name.reserve(n);
    }

    /// Adds a policy. One that AWS would refuse counts as unknown, so that nothing is proved with it.
    pub(crate) fn add(&mut self, digest: Digest, spot: Spot) -> PolicyIx {
        let Digest { policy, print, notes, symbolic } = digest;
        let ix = match policy.and_then(|policy| stored(policy, spot.kind)) {
            Ok(policy) if self.by_name.contains_key(&print) => {
                let free = self.free_name(policy.name()).into_owned();
                self.push(policy.named(free), Some(spot))
            }
            Ok(policy) => {
                self.by_name.insert(print, self.all.len());
                self.append(policy, Some(spot))
            }
            Err(error) => {
                let ix = self.reserve(error.policy(), spot);
                self.refused.push((ix, *error));
                ix
            }
        };
        self.note(ix, &notes, symbolic);
        ix
    }

    /// Keeps the place of a policy that is compiled later. Until then, nothing is known of it.
    pub(crate) fn reserve(&mut self, name: &str, spot: Spot) -> PolicyIx {
        let policy = Policy::unknown(&self.free_name(name));
        self.push(policy, Some(spot))
    }

    /// Compiled policies for places that are kept for them.
    pub(crate) fn fill_all(&mut self, digests: impl IntoIterator<Item = (PolicyIx, Digest)>) {
        for (ix, digest) in digests {
            self.fill(ix, digest);
        }
        self.refused.sort_by_key(|(ix, _)| *ix);
        self.principals.sort_by_key(|(ix, _)| *ix);
        self.wide.sort_by_key(|wide| (wide.policy, wide.statement));
        self.all.shrink_to_fit();
    }

    fn fill(&mut self, ix: PolicyIx, digest: Digest) {
        let Digest { policy, notes, symbolic, .. } = digest;
        self.note(ix, &notes, symbolic);
        let kind = self.all[ix].spot.as_ref().map_or(PolicyKind::Other, |spot| spot.kind);
        match policy.and_then(|policy| stored(policy, kind)) {
            Ok(policy) => self.all[ix].policy = policy.named(self.all[ix].policy.shared_name()),
            Err(error) => self.refused.push((ix, *error)),
        }
    }

    /// Adds the condition keys of all statements that were compiled, in the same order whoever compiled which.
    pub(crate) fn note_keys<'s, 't: 's>(&mut self, statements: impl IntoIterator<Item = &'s Statements<'t>>) {
        let keys: BTreeSet<Arc<str>> = statements.into_iter().flat_map(Statements::condition_keys).collect();
        keys.iter().for_each(|key| self.note_key(key));
    }

    fn note_key(&mut self, key: &str) {
        if !self.keys.iter().any(|known| known == key) {
            self.keys.push(key.to_owned());
        }
    }

    fn note(&mut self, ix: PolicyIx, notes: &[(usize, Arc<Notes>)], symbolic: Vec<Symbolic>) {
        for (statement, notes) in notes {
            let statement = *statement;
            if notes.are_new() {
                notes.variables.iter().for_each(|key| self.note_key(key));
                self.folders.extend(notes.folders.iter().cloned());
            }
            self.principals.extend(notes.principals.iter().map(|arn| (ix, arn.clone())));
            self.wide.extend(notes.excess.map(|excess| Wide { policy: ix, statement, excess }));
        }
        self.all[ix].symbolic = symbolic.into();
    }

    /// A policy of which nothing is known.
    pub(crate) fn unknown(&mut self, name: &str) -> PolicyIx {
        // One that has its place in a template is another one, however it is called.
        let is_same = |ix: &PolicyIx| self.all[*ix].spot.is_none() && !self.get(*ix).is_known();
        self.named(name).filter(is_same).unwrap_or_else(|| {
            let policy = Policy::unknown(&self.free_name(name));
            self.push(policy, None)
        })
    }

    /// The policy that allows everything.
    pub(crate) fn administrator(&mut self) -> PolicyIx {
        if let Some(ix) = self.administrator {
            return ix;
        }
        let name = "AdministratorAccess of AWS";
        let policy = Policy::parse(name, &everything()).unwrap_or_else(|_| Policy::unknown(name));
        let ix = self.push(policy, None);
        self.administrator = Some(ix);
        ix
    }

    fn push(&mut self, policy: Policy, spot: Option<Spot>) -> PolicyIx {
        self.by_name.insert(fingerprint(policy.name()), self.all.len());
        self.append(policy, spot)
    }

    fn append(&mut self, policy: Policy, spot: Option<Spot>) -> PolicyIx {
        self.all.push(Entry { policy, spot, symbolic: Box::default() });
        self.all.len() - 1
    }

    /// The name, or one like it if it is taken.
    fn free_name<'n>(&self, name: &'n str) -> Cow<'n, str> {
        let others = (2..).map(|n| Cow::Owned(format!("{name} ({n})")));
        let mut names = [Cow::Borrowed(name)].into_iter().chain(others);
        names.find(|name| !self.by_name.contains_key(&fingerprint(name))).unwrap_or_default()
    }
}

impl Digest {
    /// Compiles a policy document and notes what is asked of all policies together. `known` are those of its statements
    /// that were compiled before, by their numbers.
    pub(crate) fn new(
        statements: &Statements<'_>,
        name: &str,
        document: &Json<'_>,
        kind: PolicyKind,
        known: &[Option<Told>],
    ) -> Self {
        let known = |number: usize| known.get(number).and_then(Option::as_ref);
        let (mut numbers, mut notes, mut symbolic) = (0.., Vec::new(), Vec::new());
        let policy = Policy::of_statements(name, document, |value, variables| {
            let number = numbers.next().unwrap_or_default();
            let told = match known(number) {
                Some(told) => told.clone(),
                None => statements.compile(value, (kind, variables))?,
            };
            if has_symbols(value) {
                symbolic.push(Symbolic { number, variables, value: value.to_static() });
            }
            notes.extend(told.notes.map(|notes| (number, notes)));
            Ok(told.statement)
        });
        if policy.is_err() {
            let noted = |(number, value)| {
                let notes = match known(number) {
                    Some(told) => told.notes.clone(),
                    None => Notes::of(value, kind, true),
                };
                Some((number, notes?))
            };
            let all = document.get("Statement").map_or(&[][..], Json::one_or_many);
            (notes, symbolic) = (all.iter().enumerate().filter_map(noted).collect(), Vec::new());
        }
        Self { policy: policy.map_err(Box::new), print: fingerprint(name), notes, symbolic }
    }

    /// The policy of a document of which each statement was compiled. `None` if the document is not sound.
    pub(crate) fn of_told(name: &str, document: &Json<'_>, told: impl Iterator<Item = Told>) -> Option<Self> {
        let (mut told, mut notes) = (told.enumerate(), Vec::new());
        let next = |_: &Json<'_>, _| {
            let (number, told) = told.next().ok_or(Problem::Missing(""))?;
            notes.extend(told.notes.map(|notes| (number, notes)));
            Ok(told.statement)
        };
        let policy = Policy::of_statements(name, document, next).ok()?;
        Some(Self { policy: Ok(policy), print: fingerprint(name), notes, symbolic: Vec::new() })
    }
}

fn has_symbols(value: &Json<'_>) -> bool {
    match value {
        Json::String(text) => symbol::is_symbolic(text),
        Json::Array(values) => values.iter().any(has_symbols),
        Json::Object(map) => map.values().any(has_symbols),
        _ => false,
    }
}

fn mentions(value: &Json<'_>, is_meant: &dyn Fn(char) -> bool) -> bool {
    match value {
        Json::String(text) => text.chars().any(is_meant),
        Json::Array(values) => values.iter().any(|value| mentions(value, is_meant)),
        Json::Object(map) => map.values().any(|value| mentions(value, is_meant)),
        _ => false,
    }
}

fn rewritten(value: &Json<'_>, rewrite: &dyn Fn(&str) -> String) -> Json<'static> {
    match value {
        Json::String(text) => rewrite(text).into(),
        Json::Array(values) => values.iter().map(|value| rewritten(value, rewrite)).collect(),
        Json::Object(map) => {
            Json::Object(map.iter().map(|(key, value)| (key.to_owned().into(), rewritten(value, rewrite))).collect())
        }
        other => other.to_static(),
    }
}

/// What verdicts call the policies of a stranger.
pub(crate) const ADMINISTRATOR: &str = "every permission in its own account";

/// The policy that strangers have in their own account.
pub(crate) fn administrator() -> &'static Policy {
    static POLICY: OnceLock<Policy> = OnceLock::new();
    POLICY
        .get_or_init(|| Policy::parse(ADMINISTRATOR, &everything()).unwrap_or_else(|_| Policy::unknown(ADMINISTRATOR)))
}

/// A document that allows everything.
pub(crate) fn everything() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(policies: &mut Policies, document: &Json<'_>) -> PolicyIx {
        let (statements, kind) = (Statements::default(), PolicyKind::Identity);
        let ix = policies.add(Digest::new(&statements, "p", document, kind, &[]), Spot::outside("x", kind));
        policies.note_keys([&statements]);
        ix
    }

    #[test]
    fn names_are_unique_and_keys_are_collected() {
        let mut policies = Policies::default();
        let document = Json::from(json!({ "Statement": [{
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username, 'nobody'}/*",
            "Condition": { "Bool": { "aws:SecureTransport": "true" }, "Null": { "AWS:securetransport": "false" } },
        }]}));
        let (one, other) = (add(&mut policies, &document), add(&mut policies, &document));
        assert_eq!(policies.get(one).name(), "p");
        assert_eq!(policies.get(other).name(), "p (2)");
        assert_eq!(policies.keys, ["aws:username", "aws:securetransport"]);
        assert!(policies.refused.is_empty());
    }

    #[test]
    fn what_is_not_known_is_never_a_policy_of_the_same_name() {
        let mut policies = Policies::default();
        let everything = Json::from(everything());
        let known = add(&mut policies, &everything);
        let unknown = policies.unknown("p");
        assert_ne!(unknown, known);
        assert!(policies.get(known).is_known() && !policies.get(unknown).is_known());
        assert_eq!(policies.get(unknown).name(), "p (2)");
        let other = policies.unknown("q");
        assert_eq!(policies.unknown("q"), other, "nothing is known of either");
    }

    #[test]
    fn what_aws_refuses_proves_nothing() {
        let mut policies = Policies::default();
        let ix = add(&mut policies, &json!({ "Statement": [{ "Effect": "Perhaps" }] }).into());
        assert!(!policies.get(ix).is_known());
        assert_eq!(policies.refused.len(), 1);
    }
}
