//! What a construct sees in each pass, and what it may do there.

use std::any::type_name;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use serde_json::Number;

use super::scope::{Scope, place_stack};
use super::tree::{Asked, Plan, Tree, View, each_once};
use super::{AssemblyCheck, Document, Setting};
use crate::assembly::Assembly;
use crate::diagnostic::{Caller, Diagnostic, Diagnostics};
use crate::env::Env;
use crate::fact::{Fact, ReadMarks};
use crate::handle::{NodeId, StackRef};
use crate::json::Json;
use crate::quota::{Gauge, Quota};
use crate::resource::Claim;
use crate::stack::StackProps;
use crate::value::{Attr, Expr};

/// What a construct sees while it is validated: everything, and it changes nothing.
#[derive(Debug)]
pub struct ValidateCx<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) node: NodeId,
    pub(crate) out: &'a mut Diagnostics,
}

impl ValidateCx<'_> {
    /// Reports a finding about this construct.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.out.push(self.tree.about(self.node, diagnostic));
    }

    /// The environment this construct stands in.
    #[must_use]
    pub fn env(&self) -> Option<Env> {
        self.tree.node(self.node).env
    }

    /// The whole tree, to look at.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View { tree: self.tree }
    }

    /// This construct, as a target of facts.
    #[must_use]
    pub fn here(&self) -> NodeId {
        self.node
    }
}

/// What a construct sees while it is planned: everything, and it may add constructs and facts.
#[derive(Debug)]
pub struct PlanCx<'a> {
    pub(crate) tree: &'a mut Tree,
    pub(crate) node: NodeId,
}

impl PlanCx<'_> {
    /// A scope at this construct; what is added is reported at the line that placed the construct.
    pub fn scope(&mut self) -> Scope<'_> {
        self.scope_at(self.node)
    }

    /// A scope at a construct that planning added.
    pub fn scope_at(&mut self, node: impl Into<NodeId>) -> Scope<'_> {
        let location = self.location();
        Scope::new(self.tree, node.into(), Some(location))
    }

    /// Adds a stack below this construct; see [`Scope::add_stack`].
    pub fn stack(&mut self, id: impl AsRef<str>, props: impl Into<StackProps>) -> StackRef {
        self.stack_at(self.node, id, props)
    }

    /// Adds a stack below another construct, for what several constructs share.
    pub fn stack_at(
        &mut self,
        parent: impl Into<NodeId>,
        id: impl AsRef<str>,
        props: impl Into<StackProps>,
    ) -> StackRef {
        place_stack(self.tree, parent.into(), id.as_ref(), props.into(), self.location())
    }

    /// Lets every fact that reaches this construct reach a node elsewhere too, and all below it: for what is made for this
    /// construct below another one. Facts of what stands nearer to this construct win over those of the other's.
    pub fn adopt(&mut self, node: impl Into<NodeId>) {
        self.tree.adopted.insert(node.into(), self.node);
    }

    /// The line that placed the construct.
    #[must_use]
    pub fn location(&self) -> Caller {
        self.tree.node(self.node).location
    }

    /// States a fact about a construct.
    pub fn attach(&mut self, target: impl Into<NodeId>, fact: impl Fact) {
        let location = self.location();
        self.tree.facts.attach(target.into(), fact, location);
    }

    /// Claims a name for a resource of a type, or for something else that must have a name of its own, such as an
    /// `export`: for constructs from whose name many others are derived, and for what is no resource. Says whether it
    /// was free; if it was not, that is reported, and the construct had better become [`Nothing`](super::Nothing).
    pub fn claim(&mut self, kind: &str, claim: &Claim) -> bool {
        let Some(env) = self.env() else { return true };
        let claimed = (claim.place(env), kind.to_owned().into(), claim.compared().to_owned().into());
        let Some(first) = self.tree.claims.claim(claimed, self.node) else { return true };
        let diagnostic = self.tree.claimed_twice(kind, claim, env, first);
        self.report(diagnostic);
        false
    }

    /// Asks for a check of the finished assembly. Equal ones run once, those of one type that hold something else run each.
    pub fn check_assembly<C: AssemblyCheck>(&mut self, check: C) {
        self.tree.checks.entry(asked(&check)).or_insert_with(|| Arc::new(check));
    }

    /// Asks for a file of the assembly beside the templates. Equal ones are one.
    pub fn document<D: Document>(&mut self, document: D) {
        self.tree.documents.entry(asked(&document)).or_insert_with(|| (Arc::new(document), self.node));
    }

    /// Asks for measures of every template, by a name of its own; however many ask, each gauge is read once.
    pub fn gauge(&mut self, (name, gauge): (&'static str, Gauge)) {
        self.tree.gauges.insert(name, gauge);
    }

    /// The environment this construct stands in.
    #[must_use]
    pub fn env(&self) -> Option<Env> {
        self.tree.node(self.node).env
    }

    /// The whole tree as planned so far, to look at.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View { tree: self.tree }
    }

    /// This construct, as a target of facts.
    #[must_use]
    pub fn here(&self) -> NodeId {
        self.node
    }

    /// Reports a finding about this construct.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.tree.report(self.node, diagnostic);
    }
}

/// What a construct sees while it is lowered: the plan, and the facts about it.
#[derive(Debug)]
pub struct LowerCx<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) node: NodeId,
    pub(crate) marks: &'a ReadMarks,
    pub(crate) findings: &'a RefCell<Diagnostics>,
}

impl LowerCx<'_> {
    /// The environment this construct stands in.
    ///
    /// # Panics
    /// Never for a node below a stack, and only those are lowered.
    #[must_use]
    pub fn env(&self) -> Env {
        self.plan.tree.node(self.node).env.expect("only nodes below a stack are lowered")
    }

    /// The environment another construct stands in.
    #[must_use]
    pub fn env_of(&self, node: impl Into<NodeId>) -> Option<Env> {
        self.plan.tree.node(node.into()).env
    }

    /// The facts of one kind that reach this construct, nearest first; those of one node each once and in an order of
    /// their own.
    pub fn facts<F: Fact>(&self) -> impl Iterator<Item = &F> {
        self.facts_of(self.node)
    }

    /// The facts of one kind that reach another construct.
    pub fn facts_of<F: Fact>(&self, node: impl Into<NodeId>) -> impl Iterator<Item = &F> {
        let found = self.plan.tree.reaching::<F>(node.into());
        found.iter().for_each(|found| self.marks.mark(found));
        each_once(found)
    }

    /// The facts of one kind that were attached to a construct itself, as they come: for those who bring them into an
    /// order of their own. Equal ones may come more than once.
    pub fn facts_as_attached<F: Fact>(&self, node: impl Into<NodeId>) -> impl Iterator<Item = &F> {
        self.plan.tree.facts.as_attached::<F>(node.into()).map(|found| {
            self.marks.mark(&found);
            found.fact
        })
    }

    /// What an attribute of a construct is worth outside of its stack, if anybody can know.
    #[must_use]
    pub fn physical(&self, of: impl Into<NodeId>, attr: &Attr) -> Option<Expr> {
        self.plan.physical(of.into(), attr)
    }

    /// What exists already if this construct stands for something that does, in words such as `a role`.
    #[must_use]
    pub fn imports(&self, node: impl Into<NodeId>) -> Option<&'static str> {
        let node = node.into();
        self.plan.tree.arena.owns(node).then(|| View { tree: &self.plan.tree }.imports(node))?
    }

    /// The text an expression has once names are known, as far as it can be known now.
    #[must_use]
    pub fn literal(&self, expr: &Expr) -> Option<String> {
        self.plan.literal(expr)
    }

    /// The JSON that an expression becomes, as far as names are known now; in place of what only CloudFormation will
    /// know stands a function. Good for measuring, not for writing.
    #[must_use]
    pub fn preview<'e>(&self, expr: &'e Expr) -> Json<'e> {
        match expr {
            Expr::Str(text) => Json::from(&**text),
            Expr::Bool(flag) => Json::Bool(*flag),
            Expr::Int(int) => Json::Number((*int).into()),
            Expr::Real(real) => Number::from_f64(real.0).map_or(Json::Null, Json::Number),
            Expr::Null | Expr::TooDeep => Json::Null,
            Expr::ByName(inner) => self.preview(inner),
            Expr::List(items) => items.iter().map(|item| self.preview(item)).collect(),
            Expr::Map(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (Cow::Borrowed(&**key), self.preview(value))).collect())
            }
            Expr::Join(parts) => match self.literal(expr) {
                Some(text) => text.into(),
                None => {
                    let parts = parts.iter().map(|part| self.preview(part)).collect();
                    function("Fn::Join", [Json::from(""), parts].into_iter().collect())
                }
            },
            Expr::Call(name, argument) => function(name, self.preview(argument)),
            Expr::Spelled(it) => self.preview(&it.spelled_out()).into_owned(),
            Expr::Attr { .. } | Expr::Pseudo(_) => match self.literal(expr) {
                Some(text) => text.into(),
                None => function("Ref", "".into()),
            },
        }
    }

    /// What a quota is worth in this app.
    #[must_use]
    pub fn quota(&self, quota: &Quota) -> usize {
        self.plan.tree.quotas().value(quota)
    }

    /// The path of this construct.
    #[must_use]
    pub fn path(&self) -> &str {
        self.plan.tree.path(self.node)
    }

    /// This construct.
    #[must_use]
    pub fn here(&self) -> NodeId {
        self.node
    }

    /// Reports a finding about this construct.
    pub fn report(&self, diagnostic: Diagnostic) {
        self.findings.borrow_mut().push(self.plan.tree.about(self.node, diagnostic));
    }
}

/// What a check of the finished assembly sees.
#[derive(Debug)]
pub struct CheckCx<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) assembly: &'a Assembly,
    /// What is too large, once the templates were read.
    pub(crate) measured: Option<Diagnostics>,
    pub(crate) out: Diagnostics,
    pub(crate) left: Vec<Box<dyn fmt::Debug + 'a>>,
}

impl<'a> CheckCx<'a> {
    /// The assembly.
    #[must_use]
    pub fn assembly(&self) -> &'a Assembly {
        self.assembly
    }

    /// The tree it came from, to look at. Facts that are [not kept](Fact::IS_KEPT_FOR_CHECKS) are forgotten by now.
    #[must_use]
    pub fn view(&self) -> View<'a> {
        View { tree: self.tree }
    }

    /// The root of the tree, as a target of facts.
    #[must_use]
    pub fn root(&self) -> NodeId {
        self.tree.arena.root()
    }

    /// Leaves what is needed no more to be freed behind all checks. [`App::run`](crate::App::run) never does that: the
    /// process ends, and frees it in one go.
    pub fn leave(&mut self, leftover: impl fmt::Debug + 'a) {
        self.left.push(Box::new(leftover));
    }

    /// Reports a finding about the construct at a path, as it stands in the `aws:cdk:path` of a resource.
    pub fn report(&mut self, path: &str, diagnostic: Diagnostic) {
        self.out.push(match self.tree.arena.at_path(path) {
            Some(node) => self.tree.about(node, diagnostic.or_at(path, None)),
            None => diagnostic.or_at(path, None),
        });
    }
}

/// What a document of the assembly is made of: the plan, and what it says about constructs of all stacks.
#[derive(Debug)]
pub struct DocumentCx<'a> {
    pub(crate) plan: &'a Plan,
}

impl<'a> DocumentCx<'a> {
    /// The tree, those constructs included that planning added.
    #[must_use]
    pub fn view(&self) -> View<'a> {
        View { tree: &self.plan.tree }
    }

    /// Every construct that stands for something that exists already, with [what it stands for](View::imports), in the
    /// order of the tree.
    pub fn imports(&self) -> impl Iterator<Item = (NodeId, &'static str)> {
        let arena = &self.plan.tree.arena;
        let nodes = (0..arena.len()).map(|index| arena.id(index));
        nodes.filter_map(|node| Some((node, self.view().imports(node)?)))
    }

    /// The facts of one kind that reach a construct, nearest first. A document is read by people, so this counts as no
    /// use of the fact.
    pub fn facts_of<F: Fact>(&self, node: impl Into<NodeId>) -> impl Iterator<Item = &'a F> {
        self.view().facts_of(node)
    }

    /// What the owner of an imported construct must set.
    #[must_use]
    pub fn settings_of(&self, node: impl Into<NodeId>) -> Vec<Setting> {
        let node = node.into();
        self.plan.lowers.get(node.index()).map_or_else(Vec::new, |lower| lower.settings(node, self))
    }

    /// What an attribute of a construct is worth outside of its stack, if anybody can know.
    #[must_use]
    pub fn physical(&self, of: impl Into<NodeId>, attr: &Attr) -> Option<Expr> {
        self.plan.physical(of.into(), attr)
    }

    /// The text an expression has once names are known, as far as it can be known now.
    #[must_use]
    pub fn literal(&self, expr: &Expr) -> Option<String> {
        self.plan.literal(expr)
    }

    /// The expression as JSON in which names stand wherever they are known. In place of what CloudFormation alone knows
    /// stands `<path of the construct: attribute>`.
    #[must_use]
    pub fn json(&self, expr: &Expr) -> serde_json::Value {
        match expr {
            Expr::Bool(flag) => (*flag).into(),
            Expr::Int(int) => (*int).into(),
            Expr::Real(real) => real.0.into(),
            Expr::Null | Expr::TooDeep => serde_json::Value::Null,
            Expr::List(items) => items.iter().map(|item| self.json(item)).collect(),
            Expr::Map(entries) => serde_json::Value::Object(
                entries.iter().map(|(key, value)| (key.to_string(), self.json(value))).collect(),
            ),
            Expr::Spelled(it) => self.json(&it.spelled_out()),
            other => self.words(other).into(),
        }
    }

    fn words(&self, expr: &Expr) -> String {
        if let Some(known) = self.literal(expr) {
            return known;
        }
        match expr {
            Expr::Attr { of, attr } => match self.physical(*of, attr) {
                Some(value) => self.words(&value),
                None => format!("<{}: {attr}>", self.view().path_of(*of)),
            },
            Expr::Join(parts) => parts.iter().map(|part| self.words(part)).collect(),
            Expr::ByName(inner) => self.words(inner),
            Expr::Call(function, argument) => format!("<{function} {}>", self.json(argument)),
            Expr::Pseudo(pseudo) => format!("<{pseudo:?}>"),
            other => other.literal().unwrap_or_default().to_owned(),
        }
    }
}

/// An intrinsic function with its argument.
fn function<'t>(name: &'t str, argument: Json<'t>) -> Json<'t> {
    Json::Object([(Cow::Borrowed(name), argument)].into_iter().collect())
}

/// What is asked for, told apart by all that it holds. Thousands of constructs may ask for what holds nothing.
fn asked<T: fmt::Debug>(one: &T) -> Asked {
    (type_name::<T>(), if size_of::<T>() == 0 { String::new() } else { format!("{one:?}") })
}
