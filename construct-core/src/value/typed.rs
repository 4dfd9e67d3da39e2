//! Expressions with a kind, so that a name is not taken for an ARN.

use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;

use super::{Attr, Expr, kind};
use crate::handle::NodeId;

/// A value of a property: a literal, a reference, or text made of both.
///
/// ```
/// use construct_core::{Value, kind, text};
/// let bucket: Value<kind::Name> = "orders-artifacts".into();
/// let path = text!("{}/releases/{}", bucket, "2026");
/// assert_eq!(path.literal(), Some("orders-artifacts/releases/2026"));
/// ```
pub struct Value<K> {
    expr: Expr,
    kind: PhantomData<fn() -> K>,
}

impl<K> Value<K> {
    /// A value from any expression; the caller vouches for its kind.
    pub fn new(expr: impl Into<Expr>) -> Self {
        Self { expr: expr.into().bounded(), kind: PhantomData }
    }

    /// An attribute of a construct; handles call this.
    #[must_use]
    pub fn attr(of: NodeId, attr: Attr) -> Self {
        Self::new(Expr::Attr { of, attr })
    }

    /// The text, if it is known now.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        self.expr.literal()
    }

    /// The expression itself.
    #[must_use]
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// The same value, to be used where another kind is wanted.
    #[must_use]
    pub fn cast<L>(self) -> Value<L> {
        Value::new(self.expr)
    }
}

impl<K> Clone for Value<K> {
    fn clone(&self) -> Self {
        Self::new(self.expr.clone())
    }
}

impl<K> fmt::Debug for Value<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

impl<K> PartialEq for Value<K> {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr
    }
}

impl<K> Eq for Value<K> {}

impl<K> PartialOrd for Value<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Value<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.expr.cmp(&other.expr)
    }
}

impl<K> From<Value<K>> for Expr {
    fn from(value: Value<K>) -> Self {
        value.expr
    }
}

impl<K> From<&Value<K>> for Expr {
    fn from(value: &Value<K>) -> Self {
        value.expr.clone()
    }
}

impl<K> From<&str> for Value<K> {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

impl<K> From<String> for Value<K> {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl<K> From<&String> for Value<K> {
    fn from(text: &String) -> Self {
        Self::new(text.clone())
    }
}

/// A name is text.
impl From<Value<kind::Name>> for Value<kind::Text> {
    fn from(name: Value<kind::Name>) -> Self {
        name.cast()
    }
}

/// An ARN is text.
impl From<Value<kind::Arn>> for Value<kind::Text> {
    fn from(arn: Value<kind::Arn>) -> Self {
        arn.cast()
    }
}

impl<K> From<&Value<K>> for Value<K> {
    fn from(value: &Value<K>) -> Self {
        value.clone()
    }
}
