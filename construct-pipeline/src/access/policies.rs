//! Policies with their places: where in which template each one stands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use construct_core::parallel;
use construct_iam::access::{Citation, Compiler, Json, Members, Policy, PolicyError, symbol};
use serde_json::{Value, json};

use super::excess::{Excess, Wide, texts, wide_statements};
use super::place::{Place, PolicyIx, PolicyKind, Spot};

#[derive(Clone, Debug)]
struct Entry {
    policy: Policy,
    spot: Option<Spot>,
    /// The document, if there are symbols in it.
    symbolic: Option<Json<'static>>,
}

/// A policy that was read, before it has its place among the others.
#[derive(Debug)]
pub(crate) struct Digest {
    policy: Result<Policy, Box<PolicyError>>,
    /// The condition keys and variables in it, in lower case.
    keys: Vec<String>,
    folders: Vec<(String, String)>,
    principals: Vec<String>,
    wide: Vec<(usize, Excess)>,
    symbolic: Option<Json<'static>>,
}

/// All policies, compiled once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policies {
    all: Vec<Entry>,
    by_name: BTreeMap<Arc<str>, PolicyIx>,
    /// What AWS would refuse to store.
    pub(crate) refused: Vec<(PolicyIx, PolicyError)>,
    /// The condition keys and variables that occur, in lower case.
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

impl Policies {
    pub(crate) fn get(&self, ix: PolicyIx) -> &Policy {
        &self.all[ix].policy
    }

    pub(crate) fn place(&self, ix: PolicyIx) -> Option<Place> {
        self.all[ix].spot.as_ref().map(Spot::place)
    }

    /// The stack that a policy stands in.
    pub(crate) fn stack(&self, ix: PolicyIx) -> Option<&Arc<str>> {
        self.all[ix].spot.as_ref()?.stack.as_ref()
    }

    /// All policies with other texts in place of the symbols, for another look at them.
    pub(crate) fn rewritten(&self, rewrite: &dyn Fn(&str) -> String) -> Vec<Policy> {
        let compiler = Compiler::new();
        let one = |entry: &Entry| match &entry.symbolic {
            None => entry.policy.clone(),
            Some(document) => {
                let name = entry.policy.name();
                compiler.compile(name, &rewritten(document, rewrite)).unwrap_or_else(|_| Policy::unknown(name))
            }
        };
        self.all.iter().map(one).collect()
    }

    /// The policy that a verdict cites.
    pub(crate) fn cited(&self, citation: &Citation) -> Option<PolicyIx> {
        self.by_name.get(&*citation.policy).copied()
    }

    /// Adds a policy. One that AWS would refuse counts as unknown, so that nothing is proved with it.
    pub(crate) fn add(&mut self, digest: Digest, spot: Spot) -> PolicyIx {
        let ix = self.reserve(digest.name(), spot);
        self.fill(ix, digest);
        ix
    }

    /// Keeps the place of a policy that is compiled later. Until then, nothing is known of it.
    pub(crate) fn reserve(&mut self, name: &str, spot: Spot) -> PolicyIx {
        let name = self.free_name(name);
        self.push(Policy::unknown(&name), Some(spot))
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
        let Digest { policy, keys, folders, principals, wide, symbolic } = digest;
        for key in keys {
            if !self.keys.contains(&key) {
                self.keys.push(key);
            }
        }
        self.folders.extend(folders);
        self.principals.extend(principals.into_iter().map(|arn| (ix, arn)));
        self.wide.extend(wide.into_iter().map(|(statement, excess)| Wide { policy: ix, statement, excess }));
        let entry = &mut self.all[ix];
        entry.symbolic = symbolic;
        match policy {
            Ok(policy) => entry.policy = policy.named(entry.policy.shared_name()),
            Err(error) => self.refused.push((ix, *error)),
        }
    }

    /// Frees all of them, on every core: there are thousands.
    pub(crate) fn free(self) {
        parallel::map(self.all, drop);
    }

    /// A policy of which nothing is known.
    pub(crate) fn unknown(&mut self, name: &str) -> PolicyIx {
        match self.by_name.get(name) {
            Some(ix) => *ix,
            None => self.push(Policy::unknown(name), None),
        }
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
        self.by_name.insert(policy.shared_name(), self.all.len());
        self.all.push(Entry { policy, spot, symbolic: None });
        self.all.len() - 1
    }

    fn free_name(&self, name: &str) -> String {
        let mut free = name.to_owned();
        let mut n = 2;
        while self.by_name.contains_key(&*free) {
            free = format!("{name} ({n})");
            n += 1;
        }
        free
    }
}

impl Digest {
    /// Compiles a policy document, and notes what is asked of all policies together.
    pub(crate) fn new(compiler: &Compiler, name: &str, document: &Json<'_>, kind: PolicyKind) -> Self {
        let symbolic = has_symbols(document).then(|| document.to_static());
        Self { symbolic, ..Self::of_plain(compiler, name, document, kind) }
    }

    fn name(&self) -> &str {
        match &self.policy {
            Ok(policy) => policy.name(),
            Err(error) => error.policy(),
        }
    }

    /// The same of a document without symbols.
    pub(crate) fn of_plain(compiler: &Compiler, name: &str, document: &Json<'_>, kind: PolicyKind) -> Self {
        let mut digest = Self {
            policy: compiler.compile(name, document).map_err(Box::new),
            keys: Vec::new(),
            folders: Vec::new(),
            principals: Vec::new(),
            wide: wide_statements(document, kind).collect(),
            symbolic: None,
        };
        digest.note_keys(document);
        if kind != PolicyKind::Identity {
            note_principals(document, &mut |arn| digest.principals.push(arn.to_owned()));
        }
        digest
    }

    /// Collects the condition keys, so that contexts need not hold keys that no policy asks for.
    fn note_keys(&mut self, document: &Json<'_>) {
        for statement in document.get("Statement").map_or(&[][..], Json::one_or_many) {
            let operators = statement.get("Condition").and_then(Json::as_object);
            let tested = operators.into_iter().flat_map(Members::values).filter_map(Json::as_object);
            for key in tested.flat_map(Members::keys) {
                self.note_key(key);
            }
            self.note_variables(statement);
            self.note_folders(statement);
        }
    }

    fn note_folders(&mut self, statement: &Json<'_>) {
        for resource in texts(statement, "Resource") {
            let key = resource.split_once(":s3:::").and_then(|(_, object)| object.split_once('/'));
            if let Some((bucket, key)) = key
                && key != "*"
            {
                self.folders.push((bucket.to_owned(), key.trim_end_matches('*').to_owned()));
            }
        }
    }

    fn note_variables(&mut self, value: &Json<'_>) {
        match value {
            Json::String(text) if text.contains('$') => {
                for variable in text.split("${").skip(1) {
                    let end = variable.find(['}', ',']).unwrap_or(variable.len());
                    self.note_key(variable[..end].trim());
                }
            }
            Json::Array(values) => values.iter().for_each(|value| self.note_variables(value)),
            Json::Object(map) => map.values().for_each(|value| self.note_variables(value)),
            _ => {}
        }
    }

    fn note_key(&mut self, key: &str) {
        let is_known = |known: &String| known.eq_ignore_ascii_case(key);
        if !self.keys.iter().any(is_known) {
            self.keys.push(key.to_ascii_lowercase());
        }
    }
}

/// The ARNs of roles and users in the `Principal` elements of a policy: AWS stores their unique ids, so that they have to exist.
fn note_principals(document: &Json<'_>, note: &mut dyn FnMut(&str)) {
    for statement in document.get("Statement").map_or(&[][..], Json::one_or_many) {
        for element in ["Principal", "NotPrincipal"] {
            let named = statement.get(element).and_then(|principal| principal.get("AWS"));
            named
                .map_or(&[][..], Json::one_or_many)
                .iter()
                .filter_map(Json::as_str)
                .filter(|arn| !arn.ends_with(":root") && arn.contains(":iam::"))
                .for_each(&mut *note);
        }
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

/// A document that allows everything.
pub(crate) fn everything() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(policies: &mut Policies, document: &Json<'_>) -> PolicyIx {
        let kind = PolicyKind::Identity;
        policies.add(Digest::new(&Compiler::new(), "p", document, kind), Spot::outside("x", kind))
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
        assert_eq!(policies.keys, ["aws:securetransport", "aws:username"]);
        assert!(policies.refused.is_empty());
    }

    #[test]
    fn what_aws_refuses_proves_nothing() {
        let mut policies = Policies::default();
        let ix = add(&mut policies, &json!({ "Statement": [{ "Effect": "Perhaps" }] }).into());
        assert!(!policies.get(ix).is_known());
        assert_eq!(policies.refused.len(), 1);
    }
}
