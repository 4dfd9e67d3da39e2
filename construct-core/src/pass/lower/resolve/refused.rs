//! What cannot be written, in words.
//!
//! Codes: `reference::no-physical-name`, `reference::dynamic-elsewhere`, `reference::nothing-there`,
//! `reference::condition-elsewhere`, `tree::foreign-handle`, `value::null`, `value::too-deep`,
//! `value::not-a-number`, `value::malformed-dynamic-reference`.

use super::Resolver;
use crate::diagnostic::Diagnostic;
use crate::handle::NodeId;
use crate::value::{Attr, DEEPEST, Expr};

/// The paths of all `null`s in an expression, and of all that was too deep.
fn null_places(expr: &Expr, at: &str, out: &mut Vec<(String, bool)>) {
    let below = |step: &str| if at.is_empty() { step.to_owned() } else { format!("{at}.{step}") };
    match expr {
        Expr::Null | Expr::TooDeep => out.push((at.to_owned(), matches!(expr, Expr::TooDeep))),
        Expr::ByName(inner) | Expr::Call(_, inner) => null_places(inner, at, out),
        Expr::List(items) | Expr::Join(items) => {
            items.iter().enumerate().for_each(|(n, item)| null_places(item, &below(&n.to_string()), out));
        }
        Expr::Map(entries) => entries.iter().for_each(|(key, value)| null_places(value, &below(key), out)),
        Expr::Spelled(it) => null_places(&it.spelled_out(), at, out),
        _ => {}
    }
}

impl Resolver<'_> {
    pub(in crate::pass::lower) fn foreign_handle(&self, message: &str) {
        self.report(
            Diagnostic::error("tree::foreign-handle", message).help("use handles only with the app that returned them"),
        );
    }

    pub(super) fn condition_elsewhere(&self, condition: NodeId) {
        let message = format!("the condition `{}` does not stand in this stack", self.plan.tree.path(condition));
        let help = "place the condition in the stack that uses it";
        self.report(self.about(condition, "reference::condition-elsewhere", message).help(help));
    }

    pub(super) fn not_a_number(&self, real: f64) {
        let message = format!("`{real}` is no number that JSON can hold");
        self.report(Diagnostic::error("value::not-a-number", message).help("use a finite number"));
    }

    pub(super) fn malformed_dynamic_reference(&self, problem: String) {
        self.report(Diagnostic::error("value::malformed-dynamic-reference", problem).help(
            "build the reference with `SsmParameter` or `Secret`; parameter names have letters, digits and `_.-/`",
        ));
    }

    /// Reports every `null` of an expression that stands at a place, and what was too deep.
    pub(super) fn report_nulls(&self, expr: &Expr, at: &str) {
        let mut places = Vec::new();
        null_places(expr, at, &mut places);
        for (place, is_deep) in places {
            if is_deep {
                let message = format!("the property `{place}` has values nested more than {DEEPEST} levels deep");
                let help = "nest them less: who reads a template follows no such depth";
                self.report(Diagnostic::error("value::too-deep", message).help(help));
                continue;
            }
            let message = format!("the property `{place}` is `null`, which CloudFormation refuses");
            let help = "leave the property out, or give it the value `Pseudo::NoValue`";
            self.report(Diagnostic::error("value::null", message).help(help));
        }
    }

    pub(super) fn dynamic_elsewhere(&self, of: NodeId) {
        let [from, to] = [self.node(), of].map(|node| self.plan.tree.path(node));
        let [here, there] = [self.stack, of].map(|node| self.env_of(node));
        let message = format!(
            "`{from}` in {here} names `{to}` by a dynamic reference, which would be looked up there and not in {there}"
        );
        let help = "write its ARN or name out: a dynamic reference means something else in every account and region";
        self.report(self.about(of, "reference::dynamic-elsewhere", message).help(help));
    }

    pub(super) fn nothing_there(&self, of: NodeId, attr: &Attr) {
        let message = format!("`{}` has no `{attr}` to refer to", self.plan.tree.path(of));
        let help = "refer to a resource; if it is imported, import it by an ARN or name that says this";
        self.report(self.about(of, "reference::nothing-there", message).help(help));
    }

    /// Notes that a construct elsewhere lacks a name; that is one mistake, however many refer to it.
    pub(super) fn no_physical_name(&mut self, of: NodeId, attr: &Attr) {
        let [from, to] = [self.node(), of].map(|node| self.plan.tree.path(node));
        let [here, there] = [self.stack, of].map(|node| self.env_of(node));
        let message = format!(
            "`{from}` in {here} refers to `{attr}` of `{to}` in {there}, which has no name that could be known there"
        );
        let help = format!(
            "give `{to}` a name of its own, so that other accounts and regions can know it; a `RawResource` says with `.physical(…)` what it is called"
        );
        let diagnostic = self.placed(self.about(of, "reference::no-physical-name", message).help(help));
        self.left.unnamed.push((of, diagnostic));
    }

    /// An error about another construct.
    fn about(&self, of: NodeId, code: &'static str, message: String) -> Diagnostic {
        Diagnostic::error(code, message).note("it is placed here", Some(self.plan.tree.node(of).location))
    }

    fn env_of(&self, node: NodeId) -> String {
        self.plan.tree.node(node).env.map(|env| env.to_string()).unwrap_or_default()
    }
}
