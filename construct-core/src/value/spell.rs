//! Expressions that are held in a form of their own until they are written.
//!
//! A policy document is a list of statements, which are shared and compared. An [`Expr`] tree of it would be built only
//! to be written and taken apart again: so it is written from its statements, and its parts are lent.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::Expr;
use crate::written::Shape;

/// Something that is an expression once it is spelled out: for what is long and held in a form of its own, as policy
/// documents are.
///
/// ```
/// use construct_core::Expr;
/// use construct_core::spell::{Pen, Spell, Spelled};
///
/// #[derive(Debug)]
/// struct Ports(Vec<u16>);
///
/// impl Spell for Ports {
///     fn spell(&self, pen: Pen<'_>) -> Spelled {
///         let mut map = pen.map();
///         map.entry("Ports", |pen| pen.list(&self.0, |port, pen| pen.expr(&(*port).into())));
///         map.end()
///     }
/// }
///
/// let ports = Expr::spelled(Ports(vec![80, 443]));
/// assert_eq!(ports.spelled_out(), Expr::map([("Ports", [80, 443])]));
/// ```
pub trait Spell: fmt::Debug + Send + Sync {
    /// Writes the expression. It is the same every time.
    fn spell(&self, pen: Pen<'_>) -> Spelled;

    /// The expression.
    fn spelled_out(&self) -> Expr {
        let mut tree = Tree::default();
        let Spelled(()) = self.spell(Pen(&mut tree));
        tree.done.unwrap_or(Expr::Null)
    }
}

impl Spell for Expr {
    fn spell(&self, pen: Pen<'_>) -> Spelled {
        pen.expr(self)
    }
}

/// Says that one expression was written.
#[derive(Debug)]
#[must_use]
pub struct Spelled(());

/// Writes one expression.
#[must_use]
pub struct Pen<'p>(&'p mut dyn Hand);

impl<'p> Pen<'p> {
    /// Writes text.
    #[inline]
    pub fn text(self, text: &str) -> Spelled {
        self.0.text(text);
        Spelled(())
    }

    /// Writes an expression.
    #[inline]
    pub fn expr(self, expr: &Expr) -> Spelled {
        self.0.expr(expr);
        Spelled(())
    }

    /// Writes an expression [by name](Expr::by_name).
    #[inline]
    pub fn by_name(self, expr: &Expr) -> Spelled {
        self.0.by_name(expr);
        Spelled(())
    }

    /// Writes what others hold, and write, as well. Where it says the same everywhere, it is written once and copied.
    #[inline]
    pub fn shared(self, it: &Arc<impl Spell + 'static>) -> Spelled {
        self.0.shared(Unspelled(it.clone()));
        Spelled(())
    }

    /// Writes a list, each item by a function.
    pub fn list<T>(self, items: impl IntoIterator<Item = T>, mut write: impl FnMut(T, Pen<'_>) -> Spelled) -> Spelled {
        self.0.begin(Shape::List);
        for item in items {
            self.0.item();
            let Spelled(()) = write(item, Pen(&mut *self.0));
        }
        self.0.end(Shape::List);
        Spelled(())
    }

    /// Begins an object.
    #[inline]
    pub fn map(self) -> MapPen<'p> {
        self.0.begin(Shape::Map);
        MapPen(self.0)
    }
}

impl fmt::Debug for Pen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pen")
    }
}

/// Writes an object.
#[must_use]
pub struct MapPen<'p>(&'p mut dyn Hand);

impl MapPen<'_> {
    /// Writes an entry, by a key that no other entry has.
    #[inline]
    pub fn entry(&mut self, key: &str, write: impl FnOnce(Pen<'_>) -> Spelled) {
        self.0.key(key);
        let Spelled(()) = write(Pen(&mut *self.0));
    }

    /// Ends the object.
    #[inline]
    pub fn end(self) -> Spelled {
        self.0.end(Shape::Map);
        Spelled(())
    }
}

impl fmt::Debug for MapPen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MapPen")
    }
}

/// Takes an expression piece by piece.
pub(crate) trait Hand {
    fn text(&mut self, text: &str);
    fn expr(&mut self, expr: &Expr);
    fn by_name(&mut self, expr: &Expr);
    fn shared(&mut self, it: Unspelled);
    fn begin(&mut self, shape: Shape);
    fn item(&mut self);
    fn key(&mut self, key: &str);
    fn end(&mut self, shape: Shape);
}

/// What [`Expr::Spelled`] holds, shared by its copies. It compares as what it is spelled out.
#[derive(Clone)]
pub struct Unspelled(Arc<dyn Spell>);

impl Unspelled {
    pub(super) fn new(it: impl Spell + 'static) -> Self {
        Self(Arc::new(it))
    }

    pub(crate) fn write(&self, hand: &mut dyn Hand) {
        let Spelled(()) = self.0.spell(Pen(hand));
    }

    /// The expression.
    #[must_use]
    pub fn spelled_out(&self) -> Expr {
        self.0.spelled_out()
    }

    /// Whether it is a copy of another one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Where it is in memory, and all its copies are.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

impl fmt::Debug for Unspelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Ord for Unspelled {
    fn cmp(&self, other: &Self) -> Ordering {
        match self.is(other) {
            true => Ordering::Equal,
            false => self.spelled_out().cmp(&other.spelled_out()),
        }
    }
}

impl PartialOrd for Unspelled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Unspelled {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Unspelled {}

/// An expression that grows.
#[derive(Default)]
struct Tree {
    open: Vec<Open>,
    done: Option<Expr>,
}

enum Open {
    List(Vec<Expr>),
    Map(Vec<(Cow<'static, str>, Expr)>, String),
}

impl Tree {
    fn put(&mut self, expr: Expr) {
        match self.open.last_mut() {
            Some(Open::List(items)) => items.push(expr),
            Some(Open::Map(entries, key)) => entries.push((std::mem::take(key).into(), expr)),
            None => self.done = Some(expr),
        }
    }
}

impl Hand for Tree {
    fn text(&mut self, text: &str) {
        self.put(text.to_owned().into());
    }

    fn expr(&mut self, expr: &Expr) {
        self.put(expr.clone().spelled_out());
    }

    fn by_name(&mut self, expr: &Expr) {
        self.put(expr.clone().by_name().spelled_out());
    }

    fn shared(&mut self, it: Unspelled) {
        it.write(self);
    }

    fn begin(&mut self, shape: Shape) {
        self.open.push(match shape {
            Shape::List => Open::List(Vec::new()),
            Shape::Map => Open::Map(Vec::new(), String::new()),
        });
    }

    fn item(&mut self) {}

    fn key(&mut self, key: &str) {
        if let Some(Open::Map(_, next)) = self.open.last_mut() {
            key.clone_into(next);
        }
    }

    fn end(&mut self, _: Shape) {
        match self.open.pop() {
            Some(Open::List(items)) => self.put(Expr::List(items)),
            Some(Open::Map(entries, _)) => self.put(Expr::Map(entries)),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{App, Attr, Env, Fact, NodeId, PropertyOverride, RawResource};

    /// A list of expressions, with a text before them.
    #[derive(Debug)]
    struct Noted(Vec<Expr>);

    impl Spell for Noted {
        fn spell(&self, pen: Pen<'_>) -> Spelled {
            let mut map = pen.map();
            map.entry("Note", |pen| pen.text("{{resolve:ssm:/a}} \"quoted\""));
            map.entry("All", |pen| pen.list(&self.0, |one, pen| pen.expr(one)));
            map.entry("Named", |pen| pen.list(&self.0, |one, pen| pen.by_name(one)));
            map.end()
        }
    }

    fn noted(all: impl IntoIterator<Item = Expr>) -> Expr {
        Expr::spelled(Noted(all.into_iter().collect()))
    }

    /// The template of a topic with a property that is about another construct, and facts about it.
    fn template(
        property: impl FnOnce(NodeId) -> Expr,
        facts: impl IntoIterator<Item = impl Fact>,
    ) -> Result<String, String> {
        let mut app = App::new();
        let stack = app.stack("Stack", Env::new("111111111111", "us-east-1"));
        let other = app.at(stack).add("Other", RawResource::new("AWS::SNS::Topic"));
        let topic = RawResource::new("AWS::SNS::Topic").property("Property", property(other.into()));
        let topic = app.at(stack).add("Topic", topic);
        facts.into_iter().for_each(|fact| app.attach(topic, fact));
        let assembly = app.synth().map_err(|error| error.to_string())?;
        Ok(assembly.stacks()[0].template.clone())
    }

    fn parts(of: NodeId) -> Vec<Expr> {
        let attr = Expr::Attr { of, attr: Attr::Ref };
        vec!["a".into(), attr.clone(), noted([1.into(), attr]), Expr::map([("b", noted([]))])]
    }

    #[test]
    fn what_is_spelled_is_written_as_what_is_spelled_out() {
        let overrides =
            || [PropertyOverride::set("Property.All.0", "c"), PropertyOverride::remove("Property.All.2.Note")];
        let spelled = |of| Expr::list([noted(parts(of)).by_name(), noted(parts(of))]);
        for facts in [Vec::new(), overrides().to_vec()] {
            let written = template(|of| noted(parts(of)), facts.clone()).expect("nothing is wrong");
            assert_eq!(Ok(written), template(|of| noted(parts(of)).spelled_out(), facts));
        }
        let written = template(spelled, [] as [PropertyOverride; 0]);
        assert!(written.as_ref().is_ok_and(|written| written.contains("resolve:ssm:/a}} \\\"quoted")), "{written:?}");
        assert_eq!(written, template(|of| spelled(of).spelled_out(), [] as [PropertyOverride; 0]));
    }

    #[test]
    fn a_null_is_found_in_what_is_spelled() {
        let written = template(|_| noted([Expr::list([Expr::Null])]), [] as [PropertyOverride; 0]);
        assert!(written.is_err_and(|error| error.contains("`Property.All.0.0` is `null`")));
    }

    #[test]
    fn it_compares_as_what_it_is_spelled_out() {
        let (one, other) = (noted([1.into(), 2.into()]), noted([1.into(), 3.into()]));
        assert_eq!(one, noted([1.into(), 2.into()]));
        assert_eq!(one.cmp(&other), one.clone().spelled_out().cmp(&other.spelled_out()));
        assert!(one.is_dynamic() && one.literal().is_none());
    }
}
