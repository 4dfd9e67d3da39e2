//! What compiled policies have in common.

use std::collections::{BTreeSet, hash_map};
use std::sync::{Arc, Mutex, PoisonError};

use construct_core::{Json, fingerprint};
use foldhash::{HashMap, HashSet};

use super::condition::Condition;
use super::pattern::Variables;
use super::policy::Actions;
use super::principal::Entry;

/// Compiles any number of policies, on any number of threads, and keeps once what they have in common: in a large app
/// most roles are given the same actions, most policies name the same principals under the same conditions. Resources
/// differ.
///
/// ```
/// use construct_iam::access::{Compiler, Json};
///
/// let compiler = Compiler::new();
/// let document = Json::read(r#"{ "Statement": { "Effect": "Allow", "Action": "s3:*", "Resource": "*" } }"#)?;
/// assert_eq!(compiler.compile("one", &document)?.n_statements(), 1);
/// assert_eq!(compiler.compile("other", &document)?.n_statements(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Compiler {
    words: Mutex<HashSet<Arc<str>>>,
    actions: Hashed<Arc<Actions>>,
    principals: Mutex<HashMap<Vec<u8>, Arc<[Entry]>>>,
    conditions: Hashed<Arc<Condition>>,
    /// What conditions test, in lower case.
    keys: Mutex<BTreeSet<Arc<str>>>,
}

/// By the fingerprints of texts that the values hold themselves.
type Hashed<T> = Mutex<HashMap<(u64, Variables), T>>;

impl Compiler {
    /// A compiler that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The condition keys of all statements so far, in lower case and in order. Variables are not among them.
    #[must_use]
    pub fn condition_keys(&self) -> Vec<Arc<str>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// A condition key in lower case.
    pub(super) fn key(&self, key: &str) -> Arc<str> {
        let key = self.word(&key.to_ascii_lowercase());
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(Arc::clone(&key));
        key
    }

    /// A word that many policies use.
    pub(super) fn word(&self, word: &str) -> Arc<str> {
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = words.get(word) {
            return Arc::clone(known);
        }
        let new: Arc<str> = word.into();
        words.insert(Arc::clone(&new));
        new
    }

    pub(super) fn actions<E>(
        &self,
        all_but: bool,
        values: &[Json<'_>],
        read: impl FnOnce() -> Result<Actions, E>,
    ) -> Result<Arc<Actions>, E> {
        let texts = || values.iter().map(Json::as_str);
        let is_it = |known: &Arc<Actions>| known.are(all_but, texts());
        hashed(&self.actions, u64::from(all_but), Variables::Literal, values, is_it, || read().map(Arc::new))
    }

    pub(super) fn principals<E>(
        &self,
        kind: &str,
        values: &[Json<'_>],
        read: impl FnOnce() -> Result<Vec<Entry>, E>,
    ) -> Result<Arc<[Entry]>, E> {
        let mut key = Vec::with_capacity(256);
        for text in std::iter::once(Some(kind)).chain(values.iter().map(Json::as_str)) {
            let Some(text) = text else { return read().map(Into::into) };
            // Texts may hold anything, so that only their lengths tell where each ends.
            key.extend_from_slice(&text.len().to_le_bytes());
            key.extend_from_slice(text.as_bytes());
        }
        let mut principals = self.principals.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = principals.get(&key) {
            return Ok(Arc::clone(known));
        }
        let new: Arc<[Entry]> = read()?.into();
        key.shrink_to_fit();
        principals.insert(key, Arc::clone(&new));
        Ok(new)
    }

    pub(super) fn condition<E>(
        &self,
        operator: &str,
        key: &str,
        variables: Variables,
        values: &[Json<'_>],
        read: impl FnOnce() -> Result<Condition, E>,
    ) -> Result<Arc<Condition>, E> {
        let texts = || values.iter().map(Json::as_str);
        let is_it = |known: &Arc<Condition>| {
            (&*known.operator_name, &*known.key) == (operator, key) && known.texts().map(Some).eq(texts())
        };
        let element = fingerprint(operator).rotate_left(7) ^ fingerprint(key);
        hashed(&self.conditions, element, variables, values, is_it, || read().map(Arc::new))
    }
}

/// What these texts were read as before, or else what they are read as now: by one while others wait. What is not
/// spelled out is never shared.
fn hashed<T: Clone, E>(
    table: &Hashed<T>,
    element: u64,
    variables: Variables,
    values: &[Json<'_>],
    is_it: impl Fn(&T) -> bool,
    read: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let mut hash = element;
    for value in values {
        let Some(text) = value.as_str() else { return read() };
        hash = hash.rotate_left(7) ^ fingerprint(text);
    }
    let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
    match table.entry((hash, variables)) {
        hash_map::Entry::Occupied(known) if is_it(known.get()) => Ok(known.get().clone()),
        // Two with one fingerprint: the second is not shared.
        hash_map::Entry::Occupied(_) => read(),
        hash_map::Entry::Vacant(place) => Ok(place.insert(read()?).clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Policy;
    use super::super::policy::Principals;
    use super::*;

    fn actions(policy: &Policy) -> &Arc<Actions> {
        &policy.statements().expect("known")[0].action
    }

    #[test]
    fn equal_lists_are_compiled_once_and_others_are_told_apart() {
        let compiler = Compiler::new();
        let compile = |element: &str, actions: Value| {
            let document = json!({ "Statement": { "Effect": "Allow", element: actions, "Resource": "*" } });
            compiler.compile("p", &document.into()).expect("a policy")
        };
        let one = compile("Action", json!(["s3:Get*", "s3:Put*"]));
        assert!(Arc::ptr_eq(actions(&one), actions(&compile("Action", json!(["s3:Get*", "s3:Put*"])))));
        for (element, other) in [
            ("Action", json!(["s3:Put*", "s3:Get*"])),
            ("NotAction", json!(["s3:Get*", "s3:Put*"])),
            ("Action", json!(["s3:Get*7:s3:Put*"])),
            ("Action", json!("s3:Get*")),
        ] {
            assert!(!Arc::ptr_eq(actions(&one), actions(&compile(element, other))));
        }
        let open = || compile("Action", json!([{ "Ref": "A" }]));
        assert!(!Arc::ptr_eq(actions(&open()), actions(&open())));
    }

    #[test]
    fn conditions_are_shared_where_they_mean_the_same() {
        let compiler = Compiler::new();
        let compile = |operator: &str, key: &str, wanted: Value| {
            let condition = json!({ operator: { key: wanted } });
            let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition });
            let policy = compiler.compile("p", &json!({ "Statement": statement }).into()).expect("a policy");
            Arc::clone(&policy.statements().expect("known")[0].conditions[0])
        };
        let text = compile("StringLike", "aws:a", json!(["x", "y"]));
        assert!(Arc::ptr_eq(&text, &compile("StringLike", "aws:a", json!(["x", "y"]))));
        for other in [
            compile("StringNotLike", "aws:a", json!(["x", "y"])),
            compile("StringLike", "aws:b", json!(["x", "y"])),
            compile("StringLike", "aws:A", json!(["x", "y"])),
            compile("StringLike", "aws:a", json!(["x"])),
        ] {
            assert!(!Arc::ptr_eq(&text, &other));
        }
        let flag = compile("Bool", "aws:a", json!("true"));
        assert!(Arc::ptr_eq(&flag, &compile("Bool", "aws:a", json!(["true"]))));
        assert_eq!(
            (flag.wanted(), compile("Bool", "aws:a", json!(true)).wanted()),
            (vec!["true".into()], vec!["true".into()])
        );
        assert_eq!(text.wanted(), ["x", "y"]);
        assert_eq!(compiler.condition_keys(), ["aws:a".into(), "aws:b".into()]);
    }

    #[test]
    fn principals_of_one_kind_are_shared() {
        let compiler = Compiler::new();
        let compile = |principal: Value| {
            let statement = json!({ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" });
            let policy = compiler.compile("p", &json!({ "Statement": statement }).into()).expect("a policy");
            match &policy.statements().expect("known")[0].principal {
                Principals::These(entries) => Arc::clone(entries),
                other => panic!("{other:?}"),
            }
        };
        let aws = compile(json!({ "AWS": "111111111111" }));
        assert!(Arc::ptr_eq(&aws, &compile(json!({ "AWS": ["111111111111"] }))));
        assert_ne!(aws, compile(json!({ "CanonicalUser": "111111111111" })));
        let both = compile(json!({ "AWS": "111111111111", "Service": "s3.amazonaws.com" }));
        assert_eq!((both.len(), &both[..1]), (2, &*aws));
    }
}
