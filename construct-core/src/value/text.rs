//! What [`text!`](crate::text!) expands to.

use super::{Expr, Value, kind};

/// Counts the `{}` of a format.
#[must_use]
pub const fn places(format: &str) -> usize {
    let bytes = format.as_bytes();
    let (mut at, mut n) = (0, 0);
    while at + 1 < bytes.len() {
        if bytes[at] == b'{' && bytes[at + 1] == b'}' {
            n += 1;
            at += 1;
        }
        at += 1;
    }
    n
}

/// Puts the values in the places of the format; neighbouring literals become one.
pub fn join<const N: usize>(format: &'static str, values: [Expr; N]) -> Value<kind::Text> {
    let values = values.map(Expr::bounded);
    let known = values.iter().map(|value| if let Expr::Str(text) = value { text.len() } else { 0 });
    let length = format.len().saturating_sub(N * "{}".len()) + known.sum::<usize>();
    let mut joined = Joined { parts: Vec::new(), text: String::with_capacity(length) };
    let mut rest = format;
    for value in values {
        let at = rest.as_bytes().windows(2).position(|two| two == b"{}").unwrap_or(rest.len());
        joined.text.push_str(&rest[..at]);
        rest = rest.get(at + 2..).unwrap_or_default();
        joined.push(value);
    }
    joined.text.push_str(rest);
    Value::new(joined.finish())
}

/// Parts, and the text that comes behind them.
struct Joined {
    parts: Vec<Expr>,
    text: String,
}

impl Joined {
    fn push(&mut self, part: Expr) {
        match part {
            Expr::Str(text) => self.text.push_str(&text),
            Expr::Join(inner) => inner.into_iter().for_each(|part| self.push(part)),
            part => {
                self.push_text();
                self.parts.push(part);
            }
        }
    }

    fn push_text(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(self.text.as_str().to_owned().into());
            self.text.clear();
        }
    }

    fn finish(mut self) -> Expr {
        if self.parts.is_empty() {
            return self.text.into();
        }
        self.push_text();
        if self.parts.len() == 1 { self.parts.remove(0) } else { Expr::Join(self.parts) }
    }
}
