//! Expressions as JSON.
//!
//! A reference inside a stack is `Ref` or `Fn::GetAtt`. Inside one environment it is an export and an import. Anywhere
//! else, and wherever a stack is coupled by names only, it is the physical name, or a finding that says which construct
//! needs one.
//!
//! Codes: `resource::cycle`, of a resource that refers to itself, and those of [`refused`].

mod exports;
mod joined;
mod lately;
mod refused;
mod writing;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::cycles::References;
use super::place::{Placed, place, places_of};
use crate::bytes;
use crate::construct::Plan;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::dynamic;
use crate::fact::ReadMarks;
use crate::handle::NodeId;
use crate::resource::Resources;
use crate::value::{Attr, Expr, Pseudo};
use crate::written::{self, Shape, Sink};
use exports::{Export, local};
use joined::Joined;
use writing::Writing;

pub(super) use exports::Exports;
pub(super) use lately::Lately;

/// What resolving the expressions of a stack brought to light.
#[derive(Debug, Default)]
pub(super) struct Left {
    pub(super) references: References,
    /// Stacks that must be deployed before, each with the reason.
    pub(super) needs: BTreeMap<NodeId, String>,
    /// The exports that other stacks must make.
    pub(super) exports: Exports,
    /// What has no name that could be known here, each with the finding for whoever refers to it.
    pub(super) unnamed: Vec<(NodeId, Diagnostic)>,
}

/// The level at which entries of a section begin: the template has two above it.
pub(super) const ENTRY: usize = 2;

/// What a construct of another stack lowers to.
#[derive(Clone, Debug)]
pub(super) struct Elsewhere {
    pub(super) id: Option<String>,
    pub(super) has_resource: bool,
}

/// Writes the expressions of one stack.
#[derive(Debug)]
pub(super) struct Resolver<'a> {
    plan: &'a Plan,
    marks: &'a ReadMarks,
    findings: &'a RefCell<Diagnostics>,
    stack: NodeId,
    /// The parts of the stack, in the order of their nodes.
    placed: &'a [Placed],
    /// The place of the part that is written.
    here: usize,
    /// By the places of the parts, how many parts had been written before the last one that referred to each, that one
    /// included.
    referred: Vec<usize>,
    left: Left,
    lately: &'a mut Lately,
    /// Whether something was written or reported that is about this part or its stack, and would not be the same elsewhere.
    is_bound: Cell<bool>,
    /// Whether a `null` was written, of which nobody was told yet.
    met_null: bool,
    /// Room for texts that are put together.
    joined: String,
}

/// Whether every key is known to come once. Few are compared with each other, many are not.
fn has_each_once(entries: &[(Cow<'static, str>, Expr)]) -> bool {
    const FEW: usize = 12;
    let is_there =
        |(n, (key, _)): (usize, &(Cow<'static, str>, Expr))| entries[..n].iter().any(|(there, _)| there == key);
    entries.len() <= FEW && !entries.iter().enumerate().any(is_there)
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        marks: &'a ReadMarks,
        findings: &'a RefCell<Diagnostics>,
        stack: NodeId,
        placed: &'a [Placed],
        lately: &'a mut Lately,
    ) -> Self {
        Self {
            plan,
            marks,
            findings,
            stack,
            placed,
            here: 0,
            referred: vec![0; placed.len()],
            left: Left::default(),
            lately,
            is_bound: Cell::new(false),
            met_null: false,
            joined: String::new(),
        }
    }

    /// Says at which place the part stands that is written now.
    pub(super) fn enter(&mut self, place: usize) {
        self.here = place;
    }

    pub(super) fn finish(self) -> Left {
        self.left
    }

    /// The node whose part is written.
    fn node(&self) -> NodeId {
        self.placed.get(self.here).map_or(self.stack, |part| part.node)
    }

    /// What a reference to a node of this stack means.
    fn referable(&self, node: NodeId) -> Option<usize> {
        places_of(self.placed, node).find(|place| self.placed[*place].is_referable)
    }

    /// What a construct of another stack lowers to. It is asked once more: few are referred to from other stacks, and
    /// so the stacks stay apart. Those few may be referred to from all others.
    fn elsewhere(&mut self, node: NodeId) -> &Elsewhere {
        let (plan, marks) = (self.plan, self.marks);
        self.lately.elsewhere(node, || {
            let unsaid = RefCell::new(Diagnostics::new());
            let mut placed = Vec::new();
            place(plan, marks, &unsaid, node, &mut Resources::default(), &mut placed);
            let has_resource = placed.iter().any(|part| part.is_resource);
            Elsewhere { id: placed.into_iter().find(|part| part.is_referable).map(|part| part.id), has_resource }
        })
    }

    /// Whether a construct of another stack lowers to resources.
    pub(super) fn has_resource_elsewhere(&mut self, node: NodeId) -> bool {
        self.elsewhere(node).has_resource
    }

    /// The logical id of a condition, which must stand in the current stack.
    pub(super) fn condition(&self, condition: NodeId) -> Option<&'a str> {
        if !self.plan.tree.arena.owns(condition) {
            self.foreign_handle("a condition belongs to another app");
            return None;
        }
        let place = self.referable(condition);
        if place.is_none() {
            self.condition_elsewhere(condition);
        }
        place.map(|place| &*self.placed[place].id)
    }

    /// Notes that the current part comes after another one of its stack; says whether that is new.
    pub(super) fn refer(&mut self, to: usize) -> bool {
        let is_new = to != self.here && std::mem::replace(&mut self.referred[to], self.here + 1) != self.here + 1;
        if is_new {
            self.left.references.push((self.here, to));
        }
        is_new
    }

    /// Whether it is known already that the current stack needs another one.
    pub(super) fn needs(&self, stack: NodeId) -> bool {
        self.left.needs.contains_key(&stack)
    }

    /// Notes that the current stack comes after another, because the current part has to do with a construct there.
    pub(super) fn need(&mut self, stack: NodeId, has_to_do: &str, with: NodeId) {
        if stack != self.stack {
            let [from, to] = [self.node(), with].map(|node| self.plan.tree.path(node));
            let why = || ["`", from, "` ", has_to_do, " `", to, "`"].concat();
            self.left.needs.entry(stack).or_insert_with(why);
        }
    }

    pub(super) fn report(&self, diagnostic: Diagnostic) {
        self.findings.borrow_mut().push(self.placed(diagnostic));
    }

    /// A finding about the part that is written.
    fn placed(&self, diagnostic: Diagnostic) -> Diagnostic {
        self.is_bound.set(true);
        self.plan.tree.about(self.node(), diagnostic)
    }

    /// Writes an expression.
    pub(super) fn json(&mut self, expr: &Expr, out: &mut impl Sink) {
        self.write(expr, false, out);
        if std::mem::take(&mut self.met_null) {
            self.report_nulls(expr, "");
        }
    }

    /// Writes an object.
    pub(super) fn object(&mut self, entries: &[(Cow<'static, str>, Expr)], out: &mut impl Sink) {
        self.write_entries(entries, false, out);
        if std::mem::take(&mut self.met_null) {
            entries.iter().for_each(|(key, value)| self.report_nulls(value, key));
        }
    }

    fn write(&mut self, expr: &Expr, by_name: bool, out: &mut impl Sink) {
        match expr {
            Expr::Str(text) => self.text(text, out),
            Expr::Bool(flag) => out.scalar((*flag).into()),
            Expr::Int(int) => out.scalar((*int).into()),
            Expr::Real(real) => {
                if !real.0.is_finite() {
                    self.not_a_number(real.0);
                }
                out.scalar(real.0.into());
            }
            Expr::Null | Expr::TooDeep => {
                self.met_null = true;
                self.is_bound.set(true);
                out.scalar(Json::Null);
            }
            Expr::Attr { of, attr } => self.attr(*of, attr, by_name, out),
            Expr::ByName(inner) => self.write(inner, true, out),
            Expr::Pseudo(pseudo) => self.pseudo(*pseudo, out),
            Expr::Join(parts) => self.join(parts, out),
            Expr::List(items) => {
                out.begin(Shape::List);
                for item in items {
                    out.item();
                    self.write(item, by_name, out);
                }
                out.end(Shape::List);
            }
            Expr::Map(entries) => self.write_entries(entries, by_name, out),
            Expr::Call(function, argument) => {
                out.begin(Shape::Map);
                out.key(function);
                self.write(argument, by_name, out);
                out.end(Shape::Map);
            }
            Expr::Spelled(it) => it.write(&mut Writing { resolver: self, by_name, out }),
        }
    }

    fn write_entries(&mut self, entries: &[(Cow<'static, str>, Expr)], by_name: bool, out: &mut impl Sink) {
        out.begin(Shape::Map);
        let mut entry = |key: &str, value: &Expr| {
            out.key(key);
            self.write(value, by_name, out);
        };
        if has_each_once(entries) {
            entries.iter().for_each(|(key, value)| entry(key, value));
        } else {
            // Of values of one key the last counts, in the place of the first.
            let mut last: BTreeMap<&str, &Expr> = entries.iter().map(|(key, value)| (&**key, value)).collect();
            for (key, _) in entries {
                if let Some(value) = last.remove(&**key) {
                    entry(key, value);
                }
            }
        }
        out.end(Shape::Map);
    }

    /// Writes text, which may have dynamic references.
    pub(super) fn text(&self, text: &str, out: &mut impl Sink) {
        // Nearly every text is plain, so each is looked through once.
        match bytes::is_plain(text) {
            true => out.plain(text),
            false => self.other_text(text, out),
        }
    }

    #[cold]
    fn other_text(&self, text: &str, out: &mut impl Sink) {
        self.look_at(text);
        out.text(text);
    }

    fn look_at(&self, text: &str) {
        if let Some(problem) = dynamic::problem(text) {
            self.malformed_dynamic_reference(problem);
        }
    }

    fn pseudo(&self, pseudo: Pseudo, out: &mut impl Sink) {
        self.is_bound.set(true);
        let env = self.plan.tree.node(self.stack).env;
        let name = match (pseudo, env) {
            (Pseudo::AccountId, Some(env)) => return out.text(env.account.as_str()),
            (Pseudo::Region, Some(env)) => return out.text(env.region.as_str()),
            (Pseudo::Partition, Some(env)) => return out.text(env.partition().as_str()),
            (Pseudo::UrlSuffix, Some(env)) => return out.text(env.partition().url_suffix()),
            (Pseudo::StackName, _) => return out.text(self.plan.tree.stack_name(self.stack)),
            (Pseudo::AccountId, None) => "AWS::AccountId",
            (Pseudo::Region, None) => "AWS::Region",
            (Pseudo::Partition, None) => "AWS::Partition",
            (Pseudo::UrlSuffix, None) => "AWS::URLSuffix",
            (Pseudo::StackId, _) => "AWS::StackId",
            (Pseudo::NoValue, _) => "AWS::NoValue",
        };
        written::call("Ref", name, out);
    }

    /// Text put together: names where they are known, so that ARNs stay literal.
    fn join(&mut self, parts: &[Expr], out: &mut impl Sink) {
        let mut joined = Joined::new(std::mem::take(&mut self.joined));
        for part in parts {
            match part {
                Expr::Str(text) => {
                    self.look_at(text);
                    joined.text(text);
                }
                part => self.write(part, true, &mut joined),
            }
        }
        self.joined = joined.write(out);
    }

    fn attr(&mut self, of: NodeId, attr: &Attr, by_name: bool, out: &mut impl Sink) {
        if !self.plan.tree.arena.owns(of) {
            self.foreign_handle("a property refers to a construct of another app");
            return out.scalar(Json::Null);
        }
        if by_name && self.name(of, attr, true, out) {
            return;
        }
        self.is_bound.set(true);
        let stack = self.plan.tree.node(of).stack;
        if stack == Some(self.stack)
            && let Some(place) = self.referable(of)
        {
            self.refer(place);
            // Its own logical id is a text like any other.
            if place == self.here && self.placed[place].is_resource && *attr != Attr::LogicalId {
                self.refers_to_itself();
            }
            return local(&self.placed[place].id, attr, out);
        }
        let elsewhere = stack.filter(|stack| *stack != self.stack);
        let Some((stack, id)) = elsewhere.and_then(|stack| Some((stack, self.elsewhere(of).id.clone()?))) else {
            if !self.name(of, attr, by_name, out) {
                self.nothing_there(of, attr);
                out.scalar(Json::Null);
            }
            return;
        };
        let (here, there) = (self.plan.tree.node(self.stack).env, self.plan.tree.node(stack).env);
        if here == there && !self.names_only(self.stack) && !self.names_only(stack) {
            return self.import(of, attr, stack, id, out);
        }
        if !by_name {
            self.need(stack, "refers to", of);
        }
        if !self.name(of, attr, true, out) {
            self.no_physical_name(of, attr);
            out.scalar(Json::Null);
        }
    }

    /// CloudFormation knows what a resource is called when it is made, and no sooner.
    fn refers_to_itself(&self) {
        self.report(
            Diagnostic::error("resource::cycle", "the resource refers to itself, so it can never be made")
                .help("give it a name and refer to it by that name, or refer to it from another resource"),
        );
    }

    /// Writes what a construct is called, if that is known; says whether it is.
    fn name(&mut self, of: NodeId, attr: &Attr, by_name: bool, out: &mut impl Sink) -> bool {
        if let Some(name) = self.lately.name(of, attr) {
            out.plain(name);
            return true;
        }
        match self.plan.physical(of, attr) {
            None => return false,
            // Nearly every name is plain text, of which no more is to be known.
            Some(Expr::Str(name)) if bytes::is_plain(&name) => {
                out.plain(&name);
                self.lately.keep_name(of, attr.clone(), name.into_owned());
            }
            Some(value) => {
                self.is_bound.set(true);
                // It is for CloudFormation to look up where the construct is: in another account or region it would
                // find another value, or none.
                let [here, there] = [self.stack, of].map(|node| self.plan.tree.node(node).env);
                if here != there && value.is_dynamic() {
                    self.dynamic_elsewhere(of);
                }
                self.write(&value, by_name, out);
            }
        }
        true
    }

    fn names_only(&self, stack: NodeId) -> bool {
        self.plan.tree.stack_props(stack).is_some_and(|props| props.names_only)
    }

    fn import(&mut self, of: NodeId, attr: &Attr, stack: NodeId, id: String, out: &mut impl Sink) {
        self.need(stack, "refers to", of);
        let stack_name = self.plan.tree.stack_name(stack);
        let key = (stack, id, attr.clone());
        let export = self.left.exports.entry(key).or_insert_with_key(|(_, id, _)| Export::new(stack_name, id, attr));
        written::call("Fn::ImportValue", &export.name, out);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::{App, Attr, Env, Expr, Pseudo, RawResource, text};

    #[test]
    fn text_is_put_together_as_far_as_it_is_known() {
        let written = |value: Expr| -> Json {
            let mut app = App::new();
            let stack = app.stack("Stack", Env::new("111111111111", "us-east-1"));
            app.at(stack).add("Topic", RawResource::new("AWS::SNS::Topic").logical_id("Topic").property("Name", value));
            let template = app.synth().expect("nothing is wrong").stacks()[0].template.clone();
            serde_json::from_str::<Json>(&template).expect("it is JSON")["Resources"]["Topic"]["Properties"]["Name"]
                .take()
        };
        let id = || Expr::from(Pseudo::StackId);
        let reference = || json!({ "Ref": "AWS::StackId" });
        let joined = |parts: Json| json!({ "Fn::Join": ["", parts] });
        assert_eq!(
            written(text!("{}/{}-{}", Pseudo::Region, "b", Pseudo::AccountId).into()),
            "us-east-1/b-111111111111"
        );
        let inner = text!("{}", id());
        assert_eq!(written(text!("a{}b{}", "-", inner).into()), joined(json!(["a-b", reference()])));
        let parts = ["".into(), id(), Pseudo::Region.into(), Expr::Join(vec!["x".into(), id(), "y".into()]), 1.into()];
        let nested = joined(json!(["x", reference(), "y"]));
        assert_eq!(written(Expr::Join(parts.into())), joined(json!(["", reference(), "us-east-1", nested, 1])));
        assert_eq!(written(Expr::Join(Vec::new())), joined(json!([])));
        let twice = Expr::list([Expr::Join(vec!["a".into(), id()]), Expr::Join(vec!["b".into(), "c".into()])]);
        assert_eq!(written(twice), json!([joined(json!(["a", reference()])), "bc"]));
        let known = [Pseudo::AccountId, Pseudo::Region, Pseudo::Partition, Pseudo::UrlSuffix, Pseudo::StackName];
        let known = Expr::list(known.map(Expr::from));
        assert_eq!(written(known), json!(["111111111111", "us-east-1", "aws", "amazonaws.com", "Stack"]));
        assert_eq!(written(Expr::list([Expr::from(Pseudo::NoValue)])), json!([{ "Ref": "AWS::NoValue" }]));
    }

    #[test]
    fn a_raw_resource_says_what_others_know_it_by() {
        let mut app = App::new();
        let data = app.stack("Data", Env::new("222222222222", "us-east-1"));
        let queue = RawResource::new("AWS::SQS::Queue").physical(Attr::get_att("Arn"), "arn:aws:sqs:x");
        let queue = app.at(data).add("Queue", queue);
        let stack = app.stack("Stack", Env::new("111111111111", "us-east-1"));
        let rest = [("Type".to_owned(), json!("String")), ("Tags".to_owned(), json!({ "team": "orders" }))];
        let user = RawResource::new("AWS::SSM::Parameter").logical_id("User").property("Value", queue.get_att("Arn"));
        app.at(stack).add("User", user.properties(rest));
        assert_eq!((app.at(stack).stack(), app.at(app.root()).stack()), (Some(stack), None));
        let assembly = app.synth().expect("nothing is wrong");
        let template = assembly.stacks().iter().find(|stack| stack.id == "Stack").expect("a stack").template_json();
        let expected = json!({ "Value": "arn:aws:sqs:x", "Type": "String", "Tags": { "team": "orders" } });
        assert_eq!(template.expect("JSON")["Resources"]["User"]["Properties"], expected);
    }

    #[test]
    fn of_values_of_one_key_the_last_counts_in_the_place_of_the_first() {
        for n in [0, 40] {
            let others = (0..n).map(|n| (format!("Key{n}"), Expr::from(n)));
            let entries = [("A", 1), ("B", 2), ("A", 3)].map(|(key, value)| (key.to_owned(), Expr::from(value)));
            let expected: Vec<(String, Expr)> =
                [("A", 3), ("B", 2)].map(|(key, value)| (key.to_owned(), value.into())).into();
            let written = |entries: Vec<(String, Expr)>| {
                let mut app = App::new();
                let stack = app.stack("Stack", Env::new("111111111111", "us-east-1"));
                app.at(stack).add("Topic", RawResource::new("AWS::SNS::Topic").property("Map", Expr::map(entries)));
                app.synth().expect("nothing is wrong").stacks()[0].template.clone()
            };
            let all = entries.into_iter().chain(others.clone()).collect();
            assert_eq!(written(all), written(expected.into_iter().chain(others).collect()));
        }
    }
}
