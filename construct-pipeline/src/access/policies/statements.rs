//! Statements that are compiled once for all policies that have them: the roles of a pipeline are given much the same,
//! and the same text means the same wherever it stands. Each who reads templates has statements of its own: what
//! repeats does so soon, and nobody waits.

use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use construct_core::{Source, fingerprint};
use construct_iam::access::{Compiler, Json, Problem, Statement, Variables};
use foldhash::HashMap;

use super::excess::{Excess, excess, texts};
use super::place::PolicyKind;

/// A compiled statement, and what was noted of it.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) statement: Arc<Statement>,
    /// `None`: nothing is to be noted, as of nearly all.
    pub(crate) notes: Option<Arc<Notes>>,
}

/// What is asked of all policies together.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// The variables, in lower case.
    pub(crate) variables: Vec<String>,
    /// The folders of buckets that it is about: name of the bucket, and what the keys begin with.
    pub(crate) folders: Vec<(String, String)>,
    /// The roles and users that it names as principals.
    pub(crate) principals: Vec<String>,
    pub(crate) excess: Option<Excess>,
    /// Whether variables and folders were added to those of all.
    is_added: AtomicBool,
}

/// Statements by their texts.
#[derive(Debug, Default)]
pub(crate) struct Statements<'t> {
    compiler: Compiler,
    known: HashMap<Key, (&'t str, Told)>,
}

/// The fingerprint of the text, and what else decides what it means.
type Key = (u64, PolicyKind, Variables);

impl<'t> Statements<'t> {
    /// A statement that stands in a text; `None` if it is not ready to be compiled.
    pub(crate) fn read(
        &mut self,
        value: &Json<'t>,
        source: &Source<'t>,
        (kind, variables): (PolicyKind, Variables),
        is_ready: impl FnOnce(&Json<'t>) -> bool,
    ) -> Option<Result<Told, Problem>> {
        let Self { compiler, known } = self;
        // Where no text has a variable, it does not matter what one would mean.
        let variables = if source.may_vary() { variables } else { Variables::Literal };
        let compile = || is_ready(value).then(|| told(compiler, value, (kind, variables), source.may_vary()));
        let Some(text) = source.words_of(value) else { return compile() };
        match known.entry((fingerprint(text), kind, variables)) {
            Entry::Occupied(known) if known.get().0 == text => Some(Ok(known.get().1.clone())),
            // Two with one fingerprint: the second is not shared.
            Entry::Occupied(_) => compile(),
            Entry::Vacant(place) => {
                let new = compile()?;
                if let Ok(told) = &new {
                    place.insert((text, told.clone()));
                }
                Some(new)
            }
        }
    }

    /// A statement that stands nowhere as it is.
    pub(crate) fn compile(&self, value: &Json<'_>, at: (PolicyKind, Variables)) -> Result<Told, Problem> {
        told(&self.compiler, value, at, true)
    }

    /// The condition keys of all that was compiled so far, in lower case.
    pub(crate) fn condition_keys(&self) -> Vec<Arc<str>> {
        self.compiler.condition_keys()
    }
}

fn told(
    compiler: &Compiler,
    value: &Json<'_>,
    (kind, variables): (PolicyKind, Variables),
    may_have_variables: bool,
) -> Result<Told, Problem> {
    let statement = compiler.statement(value, variables)?;
    Ok(Told { statement, notes: Notes::of(value, kind, may_have_variables) })
}

impl Notes {
    pub(crate) fn of(statement: &Json<'_>, kind: PolicyKind, may_have_variables: bool) -> Option<Arc<Self>> {
        let mut notes = Self { excess: excess(statement, kind), ..Self::default() };
        if may_have_variables {
            notes.note_variables(statement);
        }
        notes.note_folders(statement);
        if kind != PolicyKind::Identity {
            notes.note_principals(statement);
        }
        let Self { variables, folders, principals, excess, .. } = &notes;
        let is_something = !variables.is_empty() || !folders.is_empty() || !principals.is_empty() || excess.is_some();
        is_something.then(|| notes.into())
    }

    /// Whether nobody added variables and folders to those of all before.
    pub(crate) fn are_new(&self) -> bool {
        // To look is much cheaper than to write, and most are not new.
        !self.is_added.load(Ordering::Relaxed) && !self.is_added.swap(true, Ordering::Relaxed)
    }

    fn note_folders(&mut self, statement: &Json<'_>) {
        for resource in texts(statement, "Resource") {
            if let Some((bucket, key)) = object_of(resource)
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
                    self.variables.push(variable[..end].trim().to_ascii_lowercase());
                }
            }
            Json::Array(values) => values.iter().for_each(|value| self.note_variables(value)),
            Json::Object(map) => map.values().for_each(|value| self.note_variables(value)),
            _ => {}
        }
    }

    /// The ARNs of roles and users in the `Principal` elements: AWS stores their unique ids, so that they have to exist.
    fn note_principals(&mut self, statement: &Json<'_>) {
        for element in ["Principal", "NotPrincipal"] {
            let named = statement.get(element).and_then(|principal| principal.get("AWS"));
            let named = named.map_or(&[][..], Json::one_or_many).iter().filter_map(Json::as_str);
            let exist = named.filter(|arn| !arn.ends_with(":root") && arn.contains(":iam::"));
            self.principals.extend(exist.map(str::to_owned));
        }
    }
}

/// The bucket and the key that an ARN of objects names.
fn object_of(resource: &str) -> Option<(&str, &str)> {
    let (bucket, key) = resource.split_once('/')?;
    let (service, bucket) = bucket.rsplit_once(':')?;
    service.ends_with(":s3::").then_some((bucket, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_is_one_statement() {
        let one = r#"{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}/*" }"#;
        let other = r#"{ "Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}/*" }"#;
        let text = format!("[{one}, {other}, {one}, {{ \"Effect\": \"Perhaps\" }}]");
        let (json, source) = (Json::read(&text).expect("JSON"), Source::of(&text));
        let mut statements = Statements::default();
        let mut read = |n: usize, at| {
            let value = json.at(n).expect("a statement");
            let told = statements.read(value, &source, at, |_| true).expect("ready");
            told.map(|told| told.statement)
        };
        let plain = (PolicyKind::Identity, Variables::Expand);
        let one = read(0, plain).expect("sound");
        assert!(Arc::ptr_eq(&one, &read(2, plain).expect("sound")));
        assert!(!Arc::ptr_eq(&one, &read(1, plain).expect("sound")));
        for otherwise in [(PolicyKind::Bucket, Variables::Expand), (PolicyKind::Identity, Variables::Literal)] {
            assert!(!Arc::ptr_eq(&one, &read(0, otherwise).expect("sound")));
        }
        let wrong = Some(Problem::Effect("Perhaps".to_owned()));
        assert_eq!((read(3, plain).err(), read(3, plain).err()), (wrong.clone(), wrong));
        let value = json.at(0).expect("a statement");
        assert!(statements.read(value, &source, (PolicyKind::Trust, Variables::Expand), |_| false).is_none());
    }
}
