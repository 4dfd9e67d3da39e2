//! Values that no template tells: each has a symbol that stands for it in texts, and words for people.

use std::collections::BTreeMap;

use construct_iam::access::symbol;

/// More words than this nobody reads.
const READABLE: usize = 1_000;

/// Where a value that is not known comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// AWS chooses it when it creates the resource: an id, or a name that the template leaves open.
    Made {
        /// Index of the template.
        stack: usize,
        /// Logical id of the resource.
        logical_id: String,
        /// The attribute; `None` for what `Ref` gives.
        attribute: Option<String>,
    },
    /// A parameter without a value.
    Parameter {
        /// Index of the template.
        stack: usize,
        /// Name of the parameter.
        name: String,
    },
    /// What a stack exports that is not among the templates.
    Import {
        /// Name of the export.
        name: String,
    },
    /// The account of stacks that do not say theirs.
    Account,
    /// Anything else: a dynamic reference, a function that cannot be computed here.
    Other,
}

/// What a symbol stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// In words, such as `id of StoreKey in Tools`.
    pub label: String,
    /// Where the value comes from.
    pub origin: Origin,
}

/// The symbols given out so far. The same label always has the same symbol.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    by_label: BTreeMap<String, char>,
    meanings: BTreeMap<char, Meaning>,
    n_names: u32,
    n_texts: u32,
}

impl Symbols {
    /// The symbol for a name or id: text without a colon.
    pub(crate) fn name(&mut self, label: &str, origin: Origin) -> char {
        let n = self.n_names;
        self.given(label, origin, |this| {
            this.n_names += 1;
            symbol::name(n)
        })
    }

    /// The symbol for any text.
    pub(crate) fn text(&mut self, label: &str, origin: Origin) -> char {
        let n = self.n_texts;
        self.given(label, origin, |this| {
            this.n_texts += 1;
            symbol::text(n)
        })
    }

    /// The symbol that a label has already.
    pub(crate) fn known(&self, label: &str) -> Option<char> {
        self.by_label.get(label).copied()
    }

    /// When the symbols run out, what is left is known to nobody, not even to be equal to itself.
    fn given(&mut self, label: &str, origin: Origin, next: impl FnOnce(&mut Self) -> Option<char>) -> char {
        if let Some(symbol) = self.known(label) {
            return symbol;
        }
        let symbol = next(self).unwrap_or(symbol::UNKNOWN);
        if symbol != symbol::UNKNOWN {
            self.by_label.insert(label.to_owned(), symbol);
            self.meanings.insert(symbol, Meaning { label: label.to_owned(), origin });
        }
        symbol
    }

    /// What the symbol stands for.
    #[must_use]
    pub fn meaning(&self, symbol: char) -> Option<&Meaning> {
        self.meanings.get(&symbol)
    }

    /// The text with words in angle brackets in place of symbols.
    ///
    /// ```
    /// use construct_pipeline::access::template::{Resolver, Template, Templates};
    /// use serde_json::json;
    ///
    /// let body = json!({ "Resources": { "Key": { "Type": "AWS::KMS::Key", "Properties": {} } } });
    /// let templates = Templates::new().with(Template::new("Tools", "111111111111", "us-east-1", body));
    /// let resolver = Resolver::new(&templates);
    /// let arn = resolver.text(0, &json!({ "Fn::GetAtt": ["Key", "Arn"] }).into());
    /// assert_eq!(resolver.symbols().readable(&arn), "arn:aws:kms:us-east-1:111111111111:key/<id of Key in Tools>");
    /// ```
    #[must_use]
    pub fn readable(&self, text: &str) -> String {
        if text.is_ascii() {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len() + 32);
        for c in text.chars() {
            if out.len() > READABLE {
                out.push('…');
                break;
            }
            match self.meanings.get(&c) {
                Some(meaning) => {
                    out.push('<');
                    out.push_str(&meaning.label);
                    out.push('>');
                }
                None if c == symbol::UNKNOWN => out.push_str("<not known>"),
                None if symbol::is_letter(c) => out.push('?'),
                None => out.push(c),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_labels_have_equal_symbols() {
        let mut symbols = Symbols::default();
        let a = symbols.name("a", Origin::Other);
        let b = symbols.text("b", Origin::Other);
        assert_ne!(a, b);
        assert_eq!(symbols.name("a", Origin::Other), a);
        assert_eq!(symbols.readable(&format!("x{a}y{b}{}", symbol::UNKNOWN)), "x<a>y<b><not known>");
        assert_eq!(symbols.meaning(a).map(|meaning| meaning.label.as_str()), Some("a"));
    }

    #[test]
    fn running_out_of_symbols_is_not_knowing() {
        let mut symbols = Symbols::default();
        for n in 0..67_840 {
            symbols.name(&n.to_string(), Origin::Other);
        }
        assert_eq!(symbols.name("one more", Origin::Other), symbol::UNKNOWN);
        assert_eq!(symbols.name("7", Origin::Other), '\u{E007}');
    }
}
