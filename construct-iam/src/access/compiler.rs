//! What compiled policies have in common.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use construct_core::Json;

use super::policy::Actions;
use super::principal::Entry;

/// Compiles any number of policies, on any number of threads, and keeps once what they have in common: in a large app most roles
/// are given the same actions, most policies name the same principals, and condition keys are a handful of words.
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
    actions: Table<Arc<Actions>>,
    principals: Table<Arc<[Entry]>>,
}

type Table<T> = Mutex<HashMap<Box<str>, T>>;

impl Compiler {
    /// A compiler that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
        element: &str,
        values: &[Json<'_>],
        read: impl FnOnce() -> Result<Actions, E>,
    ) -> Result<Arc<Actions>, E> {
        shared(&self.actions, element, values, || read().map(Arc::new))
    }

    pub(super) fn principals<E>(
        &self,
        kind: &str,
        values: &[Json<'_>],
        read: impl FnOnce() -> Result<Vec<Entry>, E>,
    ) -> Result<Arc<[Entry]>, E> {
        shared(&self.principals, kind, values, || read().map(Into::into))
    }
}

/// What these texts were read as before, or else what they are read as now. What is not spelled out is never shared.
fn shared<T: Clone, E>(
    table: &Table<T>,
    element: &str,
    values: &[Json<'_>],
    read: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let mut key = String::with_capacity(256);
    key.push_str(element);
    for value in values {
        let Some(text) = value.as_str() else { return read() };
        // Texts may hold anything, so that only their lengths tell where each ends.
        key.push_str(&text.len().to_string());
        key.push(':');
        key.push_str(text);
    }
    let known = table.lock().unwrap_or_else(PoisonError::into_inner).get(&*key).cloned();
    if let Some(known) = known {
        return Ok(known);
    }
    let new = read()?;
    let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(table.entry(key.into()).or_insert(new).clone())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Policy, policy::Principals};
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
