//! How a proposed statement is written: what a template makes is referred to, and what has no name yet is left open.

use construct_iam::access::symbol;
use serde_json::{Value, json};

use crate::access::template::{Meaning, Origin};
use crate::access::world::World;

/// Who writes a statement down: in the template of a stack, or for a policy outside of all templates.
pub(super) struct Author<'w> {
    pub(super) world: &'w World,
    pub(super) stack: Option<usize>,
    pub(super) unnamed: Unnamed,
}

/// What stands, outside of templates, for what has a name only when they are deployed.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Unnamed {
    /// `*`.
    Anything,
    /// What it is, in angle brackets: whoever pastes the statement fills it in.
    ToFillIn,
}

impl Author<'_> {
    /// A value with all of its texts as they can be written there.
    pub(super) fn expressed(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.express(text),
            Value::Array(values) => values.iter().map(|value| self.expressed(value)).collect(),
            Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), self.expressed(value))).collect(),
            other => other.clone(),
        }
    }

    /// A text as it can be written there: references where the template makes the thing, `*` for what nobody can name.
    pub(super) fn express(&self, text: &str) -> Value {
        if !symbol::is_symbolic(text) {
            return text.into();
        }
        if let Some(made) = self.world.maker_of(text).filter(|made| Some(made.stack) == self.stack) {
            let id = &*made.logical_id;
            // Of all that is made here, a topic alone has no `Arn`: `Ref` gives it.
            return if text.contains(":sns:") { json!({ "Ref": id }) } else { json!({ "Fn::GetAtt": [id, "Arn"] }) };
        }
        let mut parts: Vec<Value> = Vec::new();
        let mut literal = String::new();
        for c in text.chars() {
            let meaning = self.world.symbols.meaning(c);
            match meaning.and_then(|meaning| self.reference(meaning)) {
                Some(reference) => {
                    if !literal.is_empty() {
                        parts.push(std::mem::take(&mut literal).into());
                    }
                    parts.push(reference);
                }
                None if symbol::is_letter(c) => literal.push('?'),
                None if meaning.is_some_and(|meaning| self.is_to_fill_in(meaning)) => {
                    literal.push_str(&self.world.symbols.readable(c.encode_utf8(&mut [0; 4])));
                }
                None if meaning.is_some() || c == symbol::UNKNOWN => literal.push('*'),
                None => literal.push(c),
            }
        }
        if !literal.is_empty() {
            parts.push(literal.into());
        }
        match parts.as_slice() {
            [one] => one.clone(),
            _ => json!({ "Fn::Join": ["", parts] }),
        }
    }

    /// What the template itself makes or takes as a parameter.
    fn reference(&self, meaning: &Meaning) -> Option<Value> {
        match &meaning.origin {
            Origin::Made { stack, logical_id, attribute } if Some(*stack) == self.stack => Some(match attribute {
                None => json!({ "Ref": logical_id }),
                Some(attribute) => json!({ "Fn::GetAtt": [logical_id, attribute] }),
            }),
            Origin::Parameter { stack, name } if Some(*stack) == self.stack => Some(json!({ "Ref": name })),
            _ => None,
        }
    }

    fn is_to_fill_in(&self, meaning: &Meaning) -> bool {
        self.stack.is_none()
            && self.unnamed == Unnamed::ToFillIn
            && !matches!(meaning.origin, Origin::Import { .. } | Origin::Other)
    }
}
