//! Expressions as JSON.
//!
//! A reference inside a stack is `Ref` or `Fn::GetAtt`. Inside one environment it is an export and an import. Anywhere
//! else, and wherever a stack is coupled by names only, it is the physical name, or a finding that says which construct
//! needs one.
//!
//! Codes: `reference::no-physical-name`, `reference::dynamic-elsewhere`, `reference::nothing-there`, `reference::condition-elsewhere`, `tree::foreign-handle`, `value::null`,
//! `value::not-a-number`, `value::malformed-dynamic-reference`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Number, Value as Json, json};

use super::Placed;
use crate::construct::Plan;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::dynamic;
use crate::handle::NodeId;
use crate::resource::Part;
use crate::value::{Attr, Expr, Pseudo};

/// What resolving the expressions of one part brought to light.
#[derive(Debug, Default)]
pub(super) struct Left {
    pub(super) references: BTreeSet<String>,
    pub(super) needs: BTreeMap<NodeId, String>,
}

/// An output that another stack imports.
#[derive(Clone, Debug)]
pub(super) struct Export {
    pub(super) output_id: String,
    pub(super) json: Json,
    name: String,
}

#[derive(Clone, Debug)]
struct Target {
    stack: NodeId,
    id: String,
}

#[derive(Debug)]
pub(super) struct Resolver<'a> {
    plan: &'a Plan,
    findings: &'a RefCell<Diagnostics>,
    /// What a reference to a node means: its part without a suffix.
    targets: BTreeMap<NodeId, Target>,
    exports: BTreeMap<(NodeId, String, Attr), Export>,
    node: NodeId,
    stack: NodeId,
    id: String,
    left: Left,
    saw_null: bool,
}

/// The paths of all `null`s in an expression.
fn null_places(expr: &Expr, at: &str, out: &mut Vec<String>) {
    let below = |step: &str| if at.is_empty() { step.to_owned() } else { format!("{at}.{step}") };
    match expr {
        Expr::Null => out.push(at.to_owned()),
        Expr::ByName(inner) | Expr::Call(_, inner) => null_places(inner, at, out),
        Expr::List(items) | Expr::Join(items) => {
            items.iter().enumerate().for_each(|(n, item)| null_places(item, &below(&n.to_string()), out));
        }
        Expr::Map(entries) => entries.iter().for_each(|(key, value)| null_places(value, &below(key), out)),
        _ => {}
    }
}

impl<'a> Resolver<'a> {
    pub(super) fn new(plan: &'a Plan, placed: &[Placed], findings: &'a RefCell<Diagnostics>) -> Self {
        let mut targets = BTreeMap::new();
        for part in placed {
            if !matches!(&part.part, Part::Resource(resource) if resource.suffix.is_some()) {
                targets.entry(part.node).or_insert(Target { stack: part.stack, id: part.id.clone() });
            }
        }
        let root = plan.tree.arena.root();
        Self {
            plan,
            findings,
            targets,
            exports: BTreeMap::new(),
            node: root,
            stack: root,
            id: String::new(),
            left: Left::default(),
            saw_null: false,
        }
    }

    pub(super) fn enter(&mut self, node: NodeId, stack: NodeId, id: &str) {
        (self.node, self.stack) = (node, stack);
        id.clone_into(&mut self.id);
        self.left = Left::default();
    }

    pub(super) fn leave(&mut self) -> Left {
        std::mem::take(&mut self.left)
    }

    /// The exports that references made necessary, by the stack that must make them.
    pub(super) fn exports(self) -> impl Iterator<Item = (NodeId, Export)> {
        self.exports.into_iter().map(|((stack, ..), export)| (stack, export))
    }

    /// The logical id of a condition, which must stand in the current stack.
    pub(super) fn condition(&self, condition: NodeId) -> Option<String> {
        if !self.plan.tree.arena.owns(condition) {
            self.foreign_handle("a condition belongs to another app");
            return None;
        }
        let id =
            self.targets.get(&condition).filter(|target| target.stack == self.stack).map(|target| target.id.clone());
        if id.is_none() {
            let target = self.plan.tree.node(condition);
            let message = format!("the condition `{}` does not stand in this stack", target.path);
            self.report(
                Diagnostic::error("reference::condition-elsewhere", message)
                    .note("it is placed here", Some(target.location))
                    .help("place the condition in the stack that uses it"),
            );
        }
        id
    }

    pub(super) fn foreign_handle(&self, message: &str) {
        self.report(
            Diagnostic::error("tree::foreign-handle", message).help("use handles only with the app that returned them"),
        );
    }

    /// The resources that the current part refers to so far.
    pub(super) fn referred(&self) -> &BTreeSet<String> {
        &self.left.references
    }

    /// Notes that the current part comes after another resource of its stack.
    pub(super) fn refer(&mut self, id: &str) {
        self.left.references.insert(id.to_owned());
    }

    /// Notes that the current stack comes after another.
    pub(super) fn need(&mut self, stack: NodeId, why: impl FnOnce() -> String) {
        if stack != self.stack {
            self.left.needs.entry(stack).or_insert_with(why);
        }
    }

    pub(super) fn report(&self, diagnostic: Diagnostic) {
        let node = self.plan.tree.node(self.node);
        self.findings.borrow_mut().push(diagnostic.or_at(&node.path, Some(node.location)));
    }

    pub(super) fn json(&mut self, expr: &Expr) -> Json {
        let json = self.write(expr, false);
        if std::mem::take(&mut self.saw_null) {
            let mut places = Vec::new();
            null_places(expr, "", &mut places);
            for place in places {
                let message = format!("the property `{place}` is `null`, which CloudFormation refuses");
                let help = "leave the property out, or give it the value `Pseudo::NoValue`";
                self.report(Diagnostic::error("value::null", message).help(help));
            }
        }
        json
    }

    fn write(&mut self, expr: &Expr, by_name: bool) -> Json {
        match expr {
            Expr::Str(text) => self.text(text),
            Expr::Bool(flag) => Json::Bool(*flag),
            Expr::Int(int) => Json::Number((*int).into()),
            Expr::Real(real) => match Number::from_f64(real.0) {
                Some(number) => Json::Number(number),
                None => {
                    let message = format!("`{}` is no number that JSON can hold", real.0);
                    self.report(Diagnostic::error("value::not-a-number", message).help("use a finite number"));
                    Json::Null
                }
            },
            Expr::Null => {
                self.saw_null = true;
                Json::Null
            }
            Expr::Attr { of, attr } => self.attr(*of, attr, by_name),
            Expr::ByName(inner) => self.write(inner, true),
            Expr::Pseudo(pseudo) => self.pseudo(*pseudo),
            Expr::Join(parts) => self.join(parts),
            Expr::List(items) => Json::Array(items.iter().map(|item| self.write(item, by_name)).collect()),
            Expr::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| (key.to_string(), self.write(value, by_name)));
                Json::Object(entries.collect::<Map<_, _>>())
            }
            Expr::Call(function, argument) => json!({ &**function: self.write(argument, by_name) }),
        }
    }

    fn text(&self, text: &str) -> Json {
        if let Some(problem) = dynamic::problem(text) {
            self.report(Diagnostic::error("value::malformed-dynamic-reference", problem).help(
                "build the reference with `SsmParameter` or `Secret`; parameter names have letters, digits and `_.-/`",
            ));
        }
        Json::String(text.to_owned())
    }

    fn pseudo(&self, pseudo: Pseudo) -> Json {
        let env = self.plan.tree.node(self.stack).env;
        let name = match (pseudo, env) {
            (Pseudo::AccountId, Some(env)) => return env.account.as_str().into(),
            (Pseudo::Region, Some(env)) => return env.region.as_str().into(),
            (Pseudo::Partition, Some(env)) => return env.partition().as_str().into(),
            (Pseudo::UrlSuffix, Some(env)) => return env.partition().url_suffix().into(),
            (Pseudo::StackName, _) => return self.plan.tree.stack_name(self.stack).into(),
            (Pseudo::AccountId, None) => "AWS::AccountId",
            (Pseudo::Region, None) => "AWS::Region",
            (Pseudo::Partition, None) => "AWS::Partition",
            (Pseudo::UrlSuffix, None) => "AWS::URLSuffix",
            (Pseudo::StackId, _) => "AWS::StackId",
            (Pseudo::NoValue, _) => "AWS::NoValue",
        };
        json!({ "Ref": name })
    }

    /// Text put together: names where they are known, so that ARNs stay literal.
    fn join(&mut self, parts: &[Expr]) -> Json {
        let mut joined: Vec<Json> = Vec::new();
        for part in parts {
            match (joined.last_mut(), self.write(part, true)) {
                (Some(Json::String(last)), Json::String(text)) => last.push_str(&text),
                (_, json) => joined.push(json),
            }
        }
        match joined.as_slice() {
            [Json::String(_)] => joined.remove(0),
            _ => json!({ "Fn::Join": ["", joined] }),
        }
    }

    fn attr(&mut self, of: NodeId, attr: &Attr, by_name: bool) -> Json {
        if !self.plan.tree.arena.owns(of) {
            self.foreign_handle("a property refers to a construct of another app");
            return Json::Null;
        }
        let physical = || self.plan.tree.node(of).env.and_then(|env| self.plan.lowers[of.index()].physical(attr, env));
        let Some(target) = self.targets.get(&of).cloned() else {
            return match physical() {
                Some(value) => self.write_physical(of, &value, by_name),
                None => self.nothing_there(of, attr),
            };
        };
        if by_name && let Some(value) = physical() {
            return self.write_physical(of, &value, true);
        }
        if target.stack == self.stack {
            if target.id != self.id {
                self.refer(&target.id);
            }
            return match attr {
                Attr::Ref => json!({ "Ref": target.id }),
                Attr::GetAtt(name) => json!({ "Fn::GetAtt": [target.id, name] }),
                Attr::LogicalId => target.id.into(),
            };
        }
        let (here, there) = (self.plan.tree.node(self.stack).env, self.plan.tree.node(target.stack).env);
        if here == there && !self.names_only(self.stack) && !self.names_only(target.stack) {
            return self.import(of, attr, &target);
        }
        let value = physical();
        if !by_name {
            self.need_because(of, target.stack);
        }
        match value {
            Some(value) => self.write_physical(of, &value, true),
            None => self.no_physical_name(of, attr),
        }
    }

    /// Writes what a construct is called, unless that is for CloudFormation to look up where the construct is: in another
    /// account or region it would find another value, or none.
    fn write_physical(&mut self, of: NodeId, value: &Expr, by_name: bool) -> Json {
        let (here, there) = (self.plan.tree.node(self.stack).env, self.plan.tree.node(of).env);
        if here != there && value.is_dynamic() {
            let target = self.plan.tree.node(of);
            let env = |env: Option<crate::Env>| env.map(|env| env.to_string()).unwrap_or_default();
            let message = format!(
                "`{}` in {} names `{}` by a dynamic reference, which would be looked up there and not in {}",
                self.plan.tree.node(self.node).path,
                env(here),
                target.path,
                env(there),
            );
            self.report(
                Diagnostic::error("reference::dynamic-elsewhere", message)
                    .note("it is placed here", Some(target.location))
                    .help("write its ARN or name out: a dynamic reference means something else in every account and region"),
            );
        }
        self.write(value, by_name)
    }

    fn names_only(&self, stack: NodeId) -> bool {
        self.plan.tree.stack_props(stack).is_some_and(|props| props.names_only)
    }

    fn need_because(&mut self, of: NodeId, stack: NodeId) {
        let (from, to) = (self.plan.tree.node(self.node).path.clone(), self.plan.tree.node(of).path.clone());
        self.need(stack, || format!("`{from}` refers to `{to}`"));
    }

    fn import(&mut self, of: NodeId, attr: &Attr, target: &Target) -> Json {
        self.need_because(of, target.stack);
        let stack_name = self.plan.tree.stack_name(target.stack);
        let suffix: String = match attr {
            Attr::Ref => "Ref".into(),
            Attr::GetAtt(name) => name.chars().filter(char::is_ascii_alphanumeric).collect(),
            Attr::LogicalId => "Id".into(),
        };
        let key = (target.stack, target.id.clone(), attr.clone());
        let export = self.exports.entry(key).or_insert_with(|| {
            let name = format!("{stack_name}:{}{suffix}", target.id);
            let value = match attr {
                Attr::Ref => json!({ "Ref": target.id }),
                Attr::GetAtt(attr) => json!({ "Fn::GetAtt": [target.id, attr] }),
                Attr::LogicalId => target.id.as_str().into(),
            };
            let json = json!({ "Value": value, "Export": { "Name": name } });
            Export { output_id: format!("Export{}{suffix}", target.id), json, name }
        });
        json!({ "Fn::ImportValue": export.name })
    }

    fn nothing_there(&self, of: NodeId, attr: &Attr) -> Json {
        let target = self.plan.tree.node(of);
        self.report(
            Diagnostic::error("reference::nothing-there", format!("`{}` has no `{attr}` to refer to", target.path))
                .note("it is placed here", Some(target.location))
                .help("refer to a resource; if it is imported, import it by an ARN or name that says this"),
        );
        Json::Null
    }

    fn no_physical_name(&self, of: NodeId, attr: &Attr) -> Json {
        let target = self.plan.tree.node(of);
        let env = |node: NodeId| self.plan.tree.node(node).env.map(|env| env.to_string()).unwrap_or_default();
        let message = format!(
            "`{}` in {} refers to `{attr}` of `{}` in {}, which has no name that could be known there",
            self.plan.tree.node(self.node).path,
            env(self.stack),
            target.path,
            env(of),
        );
        self.report(
            Diagnostic::error("reference::no-physical-name", message)
                .note("it is placed here", Some(target.location))
                .help(format!(
                    "give `{}` a name of its own, so that other accounts and regions can know it",
                    target.path
                )),
        );
        Json::Null
    }
}
