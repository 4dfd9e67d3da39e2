//! What a resolver found out. Readers on other threads know what it knew when they began, and may add nothing to its
//! symbols: so symbols are the same however the work was shared out.

use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use construct_iam::access::{Json, symbol};

use super::symbols::{Origin, Symbols};

/// Account, region and name of an export.
pub(crate) type Import = (String, String, String);

#[derive(Debug, Default)]
pub(crate) struct Memory<'t> {
    /// What is known from before; readers have it.
    before: Option<Arc<Found<'t>>>,
    found: Cells<'t>,
    /// Whether a symbol was needed that is not known from before.
    lacks: Cell<bool>,
}

/// What was found out; apart, because finding one thing out needs others.
#[derive(Debug, Default)]
struct Cells<'t> {
    symbols: RefCell<Symbols>,
    names: RefCell<Names>,
    arns: RefCell<Arns>,
    conditions: RefCell<Conditions>,
    imported: RefCell<Imported<'t>>,
}

/// The same, when nothing is added any more.
#[derive(Debug)]
pub(crate) struct Found<'t> {
    symbols: Symbols,
    names: Names,
    arns: Arns,
    conditions: Conditions,
    imported: Imported<'t>,
}

/// By stack and logical id; `None` while a name is being found.
type Names = BTreeMap<usize, BTreeMap<String, Option<String>>>;
/// By stack and logical id.
type Arns = BTreeMap<usize, BTreeMap<String, String>>;
/// By stack and name; `None` if it is open, or while it is being computed.
type Conditions = BTreeMap<usize, BTreeMap<String, Option<bool>>>;
/// `None` if nobody exports it, or while it is being found.
type Imported<'t> = BTreeMap<Import, Option<Json<'t>>>;

impl<'t> Memory<'t> {
    /// For a reader of what is known from before.
    pub(crate) fn after(before: Arc<Found<'t>>) -> Self {
        Self { before: Some(before), ..Self::default() }
    }

    /// Takes all of it, for readers.
    pub(crate) fn lend(&self) -> Found<'t> {
        let Cells { symbols, names, arns, conditions, imported } = &self.found;
        Found {
            symbols: symbols.take(),
            names: names.take(),
            arns: arns.take(),
            conditions: conditions.take(),
            imported: imported.take(),
        }
    }

    /// Takes it back.
    pub(crate) fn give_back(&self, found: Found<'t>) {
        let Cells { symbols, names, arns, conditions, imported } = &self.found;
        symbols.replace(found.symbols);
        names.replace(found.names);
        arns.replace(found.arns);
        conditions.replace(found.conditions);
        imported.replace(found.imported);
    }

    /// Whether what a reader read has to be read again by who may give out symbols.
    pub(crate) fn lacks(&self) -> bool {
        self.lacks.get()
    }

    /// The symbols given out so far. A reader gives out none.
    pub(crate) fn symbols(&self) -> Ref<'_, Symbols> {
        self.found.symbols.borrow()
    }

    /// Looks at the symbols that are known here.
    pub(crate) fn with_symbols<R>(&self, look: impl FnOnce(&Symbols) -> R) -> R {
        match &self.before {
            Some(before) => look(&before.symbols),
            None => look(&self.symbols()),
        }
    }

    pub(crate) fn into_symbols(self) -> Symbols {
        self.found.symbols.into_inner()
    }

    /// The symbol for a name or id: text without a colon.
    pub(crate) fn name_symbol(&self, label: &str, origin: Origin) -> char {
        self.known_symbol(label).unwrap_or_else(|| self.found.symbols.borrow_mut().name(label, origin))
    }

    /// The symbol for any text.
    pub(crate) fn text_symbol(&self, label: &str, origin: Origin) -> char {
        self.known_symbol(label).unwrap_or_else(|| self.found.symbols.borrow_mut().text(label, origin))
    }

    /// `None` for whoever may give out symbols.
    fn known_symbol(&self, label: &str) -> Option<char> {
        let known = self.before.as_ref()?.symbols.known(label);
        if known.is_none() {
            self.lacks.set(true);
        }
        Some(known.unwrap_or(symbol::UNKNOWN))
    }

    /// The name of a resource, if somebody asked for it before; `None` inside while it is being found.
    pub(crate) fn name(&self, stack: usize, logical_id: &str) -> Option<Option<String>> {
        let known = |names: &Names| names.get(&stack)?.get(logical_id).cloned();
        known(&self.found.names.borrow()).or_else(|| known(&self.before.as_ref()?.names))
    }

    pub(crate) fn note_name(&self, stack: usize, logical_id: &str, name: Option<String>) {
        self.found.names.borrow_mut().entry(stack).or_default().insert(logical_id.to_owned(), name);
    }

    /// The ARN of a resource, if it was noted.
    pub(crate) fn arn(&self, stack: usize, logical_id: &str) -> Option<String> {
        let known = |arns: &Arns| arns.get(&stack)?.get(logical_id).cloned();
        known(&self.found.arns.borrow()).or_else(|| known(&self.before.as_ref()?.arns))
    }

    pub(crate) fn note_arn(&self, stack: usize, logical_id: &str, arn: String) {
        self.found.arns.borrow_mut().entry(stack).or_default().insert(logical_id.to_owned(), arn);
    }

    /// Whether a condition holds, if somebody asked before.
    pub(crate) fn condition(&self, stack: usize, name: &str) -> Option<Option<bool>> {
        let known = |conditions: &Conditions| conditions.get(&stack)?.get(name).copied();
        known(&self.found.conditions.borrow()).or_else(|| known(&self.before.as_ref()?.conditions))
    }

    pub(crate) fn note_condition(&self, stack: usize, name: &str, holds: Option<bool>) {
        self.found.conditions.borrow_mut().entry(stack).or_default().insert(name.to_owned(), holds);
    }

    /// The value of an import, if somebody asked before.
    pub(crate) fn imported(&self, import: &Import) -> Option<Option<Json<'t>>> {
        let known = |imported: &Imported<'t>| imported.get(import).cloned();
        known(&self.found.imported.borrow()).or_else(|| known(&self.before.as_ref()?.imported))
    }

    pub(crate) fn note_import(&self, import: Import, value: Option<Json<'t>>) {
        self.found.imported.borrow_mut().insert(import, value);
    }
}
