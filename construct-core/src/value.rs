//! Typed values: text that is known now, and text that CloudFormation knows later.
//!
//! A [`Value`] deliberately has no `Display`: a name that CloudFormation assigns cannot end up in `format!` by accident.
//! [`text!`](crate::text!) joins values instead.

use std::any::Any;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use crate::bytes;
use crate::handle::NodeId;

pub(crate) use depth::DEEPEST;
pub use typed::Value;

mod depth;
/// Expressions that are held in a form of their own until they are written; see [`Spell`](spell::Spell).
pub mod spell;
#[doc(hidden)]
pub mod text;
mod typed;

/// What a [`Value`] is good for.
pub mod kind {
    /// The value is an Amazon Resource Name.
    #[derive(Clone, Copy, Debug)]
    pub enum Arn {}
    /// The value is the name of a resource, unique within its account and region or wider.
    #[derive(Clone, Copy, Debug)]
    pub enum Name {}
    /// The value is text with no rule of its own.
    #[derive(Clone, Copy, Debug)]
    pub enum Text {}
}

/// An attribute of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attr {
    /// What CloudFormation's `Ref` returns.
    Ref,
    /// What CloudFormation's `Fn::GetAtt` returns for this attribute.
    GetAtt(Cow<'static, str>),
    /// The logical id in the template, as plain text: what conditions are named by.
    LogicalId,
}

impl Attr {
    /// An attribute by its name in CloudFormation.
    #[must_use]
    pub const fn get_att(name: &'static str) -> Self {
        Self::GetAtt(Cow::Borrowed(name))
    }
}

impl fmt::Display for Attr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ref => f.write_str("Ref"),
            Self::GetAtt(name) => f.write_str(name),
            Self::LogicalId => f.write_str("logical id"),
        }
    }
}

/// What every stack knows about itself. Account, region and partition are concrete in every stack, so these become
/// literals in the template wherever they can.
#[doc(alias("Aws", "ScopedAws"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Pseudo {
    /// `AWS::AccountId`
    AccountId,
    /// `AWS::Region`
    Region,
    /// `AWS::Partition`
    Partition,
    /// `AWS::URLSuffix`
    UrlSuffix,
    /// `AWS::StackName`
    StackName,
    /// `AWS::StackId`; the only one that stays a `Ref`, beside `AWS::NoValue`.
    StackId,
    /// `AWS::NoValue`: removes the property it is given to.
    NoValue,
}

/// What dynamic references begin with.
pub(crate) const DYNAMIC: &str = "{{resolve:";

/// Whether there is a dynamic reference in a text.
pub(crate) fn is_dynamic(text: &str) -> bool {
    // Nearly every text has no brace at all, and looking for a byte is much quicker than looking for a word.
    bytes::contains(text, b'{') && text.contains(DYNAMIC)
}

/// A number with a fraction, ordered so that expressions can be sorted.
#[derive(Clone, Copy, Debug)]
pub struct Real(pub f64);

impl Ord for Real {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Real {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Real {}

/// An expression in a template: JSON with references in it.
///
/// A construct takes at most 100 expressions inside each other; a deeper one becomes [`TooDeep`](Expr::TooDeep) where
/// it is given away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Expr {
    /// Text.
    Str(Cow<'static, str>),
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Real(Real),
    /// JSON's `null`, which CloudFormation refuses; kept so that the refusal can name the place.
    Null,
    /// An attribute of a construct.
    Attr {
        /// The construct.
        of: NodeId,
        /// Which of its attributes.
        attr: Attr,
    },
    /// The inner expression with every attribute written as the physical name where that is known, and no order implied:
    /// for policy documents, in which a resource need not exist yet.
    ByName(Box<Expr>),
    /// Something the stack knows about itself.
    Pseudo(Pseudo),
    /// Text put together from parts.
    Join(Vec<Expr>),
    /// A list.
    List(Vec<Expr>),
    /// An object; the order of the keys is kept.
    Map(Vec<(Cow<'static, str>, Expr)>),
    /// An intrinsic function, such as `Fn::Select`.
    Call(Cow<'static, str>, Box<Expr>),
    /// What is held in a form of its own until it is written; [`spelled_out`](Expr::spelled_out) gives it as one of the
    /// others.
    Spelled(spell::Unspelled),
    /// What was nested too deep, of which nothing is left but a finding; see [`bounded`](Expr::bounded).
    TooDeep,
}

impl Expr {
    /// An object.
    pub fn map<K: Into<Cow<'static, str>>, V: Into<Expr>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }

    /// A list.
    pub fn list<V: Into<Expr>>(items: impl IntoIterator<Item = V>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// An intrinsic function by its full name, such as `Fn::Select`, with its argument.
    pub fn call(function: impl Into<Cow<'static, str>>, argument: impl Into<Expr>) -> Self {
        Self::Call(function.into(), Box::new(argument.into()))
    }

    /// What is held in a form of its own until it is written. An expression is spelled out already, and stays itself.
    pub fn spelled(it: impl spell::Spell + 'static) -> Self {
        let mut it = Some(it);
        let spelled_out = (&mut it as &mut dyn Any).downcast_mut::<Option<Self>>().and_then(Option::take);
        match (spelled_out, it) {
            (None, Some(it)) => Self::Spelled(spell::Unspelled::new(it)),
            (spelled_out, _) => spelled_out.map_or(Self::Null, Self::bounded),
        }
    }

    /// The same with nothing in it that is [`Spelled`](Expr::Spelled), for those who look into it.
    #[must_use]
    pub fn spelled_out(self) -> Self {
        let all = |items: Vec<Self>| items.into_iter().map(Self::spelled_out).collect();
        match self {
            Self::Spelled(it) => it.spelled_out(),
            Self::ByName(inner) => Self::ByName(Box::new(inner.spelled_out())),
            Self::Call(function, argument) => Self::Call(function, Box::new(argument.spelled_out())),
            Self::Join(parts) => Self::Join(all(parts)),
            Self::List(items) => Self::List(all(items)),
            Self::Map(entries) => {
                Self::Map(entries.into_iter().map(|(key, value)| (key, value.spelled_out())).collect())
            }
            plain => plain,
        }
    }

    /// The expression with names instead of references; see [`Expr::ByName`].
    #[must_use]
    pub fn by_name(self) -> Self {
        match self {
            Self::Str(_) | Self::Bool(_) | Self::Int(_) | Self::Real(_) | Self::ByName(_) => self,
            other => Self::ByName(Box::new(other)),
        }
    }

    /// The text, if it is known now; `None` for references and for `{{resolve:…}}`.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match self {
            Self::Str(text) if !is_dynamic(text) => Some(text),
            Self::ByName(inner) => inner.literal(),
            _ => None,
        }
    }

    /// Whether there is a dynamic reference in the expression, which means something else in every account and region.
    #[must_use]
    pub(crate) fn is_dynamic(&self) -> bool {
        match self {
            Self::Str(text) => is_dynamic(text),
            Self::ByName(inner) | Self::Call(_, inner) => inner.is_dynamic(),
            Self::Join(items) | Self::List(items) => items.iter().any(Self::is_dynamic),
            Self::Map(entries) => entries.iter().any(|(_, value)| value.is_dynamic()),
            Self::Spelled(it) => it.spelled_out().is_dynamic(),
            Self::Bool(_)
            | Self::Int(_)
            | Self::Real(_)
            | Self::Null
            | Self::Attr { .. }
            | Self::Pseudo(_)
            | Self::TooDeep => false,
        }
    }

    /// A number that is the same for equal expressions, and seldom for others, as [`fingerprint`](crate::fingerprint)
    /// is for texts: it says that two differ, never that they are equal.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        match self {
            Self::Str(text) => bytes::fingerprint(text),
            Self::Attr { of, attr: Attr::GetAtt(name) } => (of.index() as u64) << 8 | name.len() as u64,
            Self::Attr { of, .. } => (of.index() as u64) << 8,
            Self::ByName(inner) => inner.fingerprint(),
            Self::Join(items) | Self::List(items) => {
                items.iter().fold(items.len() as u64, |print, item| print.rotate_left(7) ^ item.fingerprint())
            }
            _ => 0,
        }
    }

    /// Calls `visit` for every attribute in the expression.
    pub fn for_each_attr(&self, visit: &mut impl FnMut(NodeId, &Attr)) {
        match self {
            Self::Attr { of, attr } => visit(*of, attr),
            Self::ByName(inner) | Self::Call(_, inner) => inner.for_each_attr(visit),
            Self::Join(items) | Self::List(items) => items.iter().for_each(|item| item.for_each_attr(visit)),
            Self::Map(entries) => entries.iter().for_each(|(_, value)| value.for_each_attr(visit)),
            Self::Spelled(it) => it.spelled_out().for_each_attr(visit),
            Self::Str(_)
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Real(_)
            | Self::Null
            | Self::Pseudo(_)
            | Self::TooDeep => {}
        }
    }
}

macro_rules! expr_from {
    ($($from:ty => |$it:ident| $to:expr;)+) => {$(
        impl From<$from> for Expr {
            fn from($it: $from) -> Self {
                $to
            }
        }
    )+};
}

expr_from! {
    &'static str => |it| Expr::Str(Cow::Borrowed(it));
    String => |it| Expr::Str(Cow::Owned(it));
    &String => |it| Expr::Str(Cow::Owned(it.clone()));
    Cow<'static, str> => |it| Expr::Str(it);
    bool => |it| Expr::Bool(it);
    i64 => |it| Expr::Int(it);
    i32 => |it| Expr::Int(it.into());
    u32 => |it| Expr::Int(it.into());
    u16 => |it| Expr::Int(it.into());
    u8 => |it| Expr::Int(it.into());
    f64 => |it| Expr::Real(Real(it));
    Pseudo => |it| Expr::Pseudo(it);
    crate::AccountId => |it| Expr::Str(Cow::Owned(it.to_string()));
    crate::Region => |it| Expr::Str(Cow::Owned(it.to_string()));
}

impl<T: Into<Expr>> From<Vec<T>> for Expr {
    fn from(items: Vec<T>) -> Self {
        Self::list(items)
    }
}

impl<T: Into<Expr>, const N: usize> From<[T; N]> for Expr {
    fn from(items: [T; N]) -> Self {
        Self::list(items)
    }
}

/// Joins literals and values: `text!("{}/{}", bucket.name(), "key")`. A wrong number of values does not compile.
///
/// ```compile_fail
/// let _ = construct_core::text!("{}/{}", "one");
/// ```
#[macro_export]
macro_rules! text {
    ($format:literal $(, $value:expr)* $(,)?) => {{
        const PLACES: usize = $crate::text::places($format);
        const GIVEN: usize = <[&str]>::len(&[$(stringify!($value)),*]);
        const { assert!(PLACES == GIVEN, "the format has another number of places than there are values") };
        $crate::text::join($format, [$($crate::Expr::from($value)),*])
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_joins_literals_into_one() {
        let inner = text!("{}-{}", "a", "b");
        assert_eq!(text!("arn:{}:{}/*", inner, "c").literal(), Some("arn:a-b:c/*"));
        assert_eq!(text!("").literal(), Some(""));
    }

    #[test]
    fn text_keeps_what_is_not_known() {
        let joined = text!("x-{}-y", Pseudo::StackName);
        assert_eq!(joined.expr(), &Expr::Join(vec!["x-".into(), Expr::Pseudo(Pseudo::StackName), "-y".into()]));
        assert_eq!(joined.literal(), None);
    }

    #[test]
    fn dynamic_references_are_not_literals() {
        assert_eq!(Value::<kind::Name>::from("{{resolve:ssm:/a}}").literal(), None);
    }

    #[test]
    fn dynamic_references_are_found_wherever_they_stand() {
        let name = || Expr::from("{{resolve:ssm:/a}}");
        let list = Expr::list(["b".into(), name()]);
        for found in [
            name(),
            list.clone(),
            Expr::Join(vec!["b".into(), name(), "c".into()]),
            Expr::map([("Key", "b".into()), ("Value", list)]),
            Expr::call("Fn::Sub", name()),
        ] {
            assert!(found.is_dynamic(), "{found:?}");
        }
        let plain = Expr::map([("Key", Expr::Join(vec!["{{b".into(), Pseudo::StackName.into()])), ("Value", 1.into())]);
        assert!(!plain.is_dynamic());
    }
}
