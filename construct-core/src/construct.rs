//! Constructs and the contexts in which they speak.
//!
//! Four traits, from the outside in: a [`Construct`] is made of other constructs; a [`Synth`] takes part in the passes; a
//! [`Resource`] is exactly one CloudFormation resource, which is what most constructs are; a [`Lower`] is what planning
//! leaves of a construct. They stand in one file because a tree holds constructs and constructs are shown the tree.

use std::any::type_name;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::assembly::Assembly;
use crate::diagnostic::{Caller, Diagnostic, Diagnostics};
use crate::env::Env;
use crate::fact::{Fact, Facts, Found, Reach, ReadMarks, RemovalPolicy};
use crate::handle::{Handle, NodeId, StackRef};
use crate::resource::{CfnResource, Claim, Claims, Properties, Resources, Tagging};
use crate::stack::StackProps;
use crate::tree::{Arena, Node};
use crate::value::{Attr, Expr};

/// Something that can be placed in the tree: by itself, or by placing the constructs it is made of.
///
/// ```
/// use construct_core::{Construct, RawRef, RawResource, Scope};
/// /// Two queues, the second for what the first could not deliver.
/// struct QueuePair;
/// impl Construct for QueuePair {
///     type Handle = RawRef;
///     fn compose(self, scope: &mut Scope<'_>) -> RawRef {
///         scope.add("Dead", RawResource::new("AWS::SQS::Queue"));
///         scope.add("Queue", RawResource::new("AWS::SQS::Queue"))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no construct",
    note = "implement `construct_core::Construct` to compose it of others, or `construct_core::Resource` if it is one CloudFormation resource"
)]
pub trait Construct {
    /// How the program refers to it afterwards.
    type Handle: Copy;

    /// Places what it is made of.
    fn compose(self, scope: &mut Scope<'_>) -> Self::Handle;
}

/// A construct that takes part in the passes. Most constructs are a [`Resource`] instead, or composed of some.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no construct",
    note = "implement `construct_core::Construct` to compose it of others, or `construct_core::Resource` if it is one CloudFormation resource"
)]
pub trait Synth: fmt::Debug + Send + Sync + 'static {
    /// How the program refers to it.
    type Handle: Handle
    where
        Self: Sized;

    /// Where an imported construct stands, when that is not the environment of the stack it is placed in.
    fn env(&self, placed_in: Option<Env>) -> Option<Env> {
        placed_in
    }

    /// Reports what is wrong with it. Every construct is asked, so that all findings come at once.
    fn validate(&self, cx: &mut ValidateCx<'_>) {
        let _ = cx;
    }

    /// Decides what it becomes, and may add constructs and facts. It is asked once, after every construct of the program
    /// was validated, and must cope with a construct that has findings.
    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower>;
}

/// A check of the finished assembly, for what can be said only when all templates are there. A construct asks for it while
/// it is planned; however many ask, each kind of check runs once.
pub trait AssemblyCheck: fmt::Debug + Send + Sync + 'static {
    /// Looks at the assembly and reports what is wrong.
    fn check(&self, cx: &mut CheckCx<'_>);
}

/// What planning leaves of a construct.
pub trait Lower: fmt::Debug + Send + Sync {
    /// Writes its resources, if it has any.
    fn lower(&self, cx: &LowerCx<'_>, out: &mut Resources);

    /// What an attribute is worth where CloudFormation cannot look it up: in another account or region, and for whatever
    /// was imported. `None` when nobody can know.
    fn physical(&self, attr: &Attr, own: Env) -> Option<Expr> {
        let _ = (attr, own);
        None
    }
}

/// Exactly one CloudFormation resource: a type, a handle and a function to its properties.
///
/// ```
/// use construct_core::{LowerCx, Properties, Resource, Tagging};
/// construct_core::handle! {
///     /// A log group.
///     pub struct LogGroupRef {
///         /// Its ARN.
///         arn: Arn = GetAtt("Arn"),
///     }
/// }
/// /// A log group.
/// #[derive(Clone, Debug)]
/// struct LogGroup {
///     days: u16,
/// }
/// impl Resource for LogGroup {
///     type Handle = LogGroupRef;
///     const TYPE: &'static str = "AWS::Logs::LogGroup";
///     const TAGGING: Tagging = Tagging::List;
///     fn properties(&self, _: &LowerCx<'_>) -> Properties {
///         Properties::new().set("RetentionInDays", self.days)
///     }
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no construct",
    note = "implement `construct_core::Construct` to compose it of others, or `construct_core::Resource` if it is one CloudFormation resource: a handle, its type, and a function to its properties"
)]
pub trait Resource: Clone + fmt::Debug + Send + Sync + 'static {
    /// How the program refers to it.
    type Handle: Handle;
    /// The CloudFormation type, as in `AWS::S3::Bucket`.
    const TYPE: &'static str;
    /// How the type takes tags.
    const TAGGING: Tagging = Tagging::None;

    /// Its properties.
    fn properties(&self, cx: &LowerCx<'_>) -> Properties;

    /// Reports what is wrong with it.
    fn validate(&self, cx: &mut ValidateCx<'_>) {
        let _ = cx;
    }

    /// What happens to it when it leaves the stack; CloudFormation's own default when `None`.
    fn removal_policy(&self) -> Option<RemovalPolicy> {
        None
    }

    /// Resources of the same stack that must be there first although no property refers to them.
    fn depends_on(&self) -> Vec<NodeId> {
        Vec::new()
    }

    /// What an attribute is worth in another account or region; see [`Lower::physical`].
    fn physical(&self, attr: &Attr, own: Env) -> Option<Expr> {
        let _ = (attr, own);
        None
    }

    /// The name that no other resource of the type may have; see [`Claim`].
    fn claim(&self) -> Option<Claim> {
        None
    }
}

impl<R: Resource> Synth for R {
    type Handle = R::Handle;

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        Resource::validate(self, cx);
    }

    fn plan(&self, _: &mut PlanCx<'_>) -> Box<dyn Lower> {
        Box::new(ResourceLower(self.clone()))
    }
}

impl<S: Synth> Construct for S {
    type Handle = S::Handle;

    fn compose(self, scope: &mut Scope<'_>) -> Self::Handle {
        scope.become_synth(Arc::new(self)).into()
    }
}

#[derive(Debug)]
struct ResourceLower<R>(R);

impl<R: Resource> Lower for ResourceLower<R> {
    fn lower(&self, cx: &LowerCx<'_>, out: &mut Resources) {
        let mut resource = CfnResource::new(R::TYPE, self.0.properties(cx));
        resource = resource.tagging(R::TAGGING).removal(self.0.removal_policy());
        resource.depends_on = self.0.depends_on();
        resource.claim = self.0.claim();
        out.add(resource);
    }

    fn physical(&self, attr: &Attr, own: Env) -> Option<Expr> {
        self.0.physical(attr, own)
    }
}

/// Lowers to nothing: what planning leaves of imported constructs and of groups.
#[derive(Debug)]
pub struct Nothing;

impl Lower for Nothing {
    fn lower(&self, _: &LowerCx<'_>, _: &mut Resources) {}
}

/// What a node is, before planning.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Group,
    Stack(Arc<StackProps>),
    Construct(Arc<dyn Synth>),
}

/// A tree of constructs with the facts about them: what a program built, ready for the passes.
#[derive(Debug)]
pub struct Tree {
    pub(crate) arena: Arena<Content>,
    pub(crate) facts: Facts,
    pub(crate) findings: Diagnostics,
    /// By the name of their type, so that they run in the same order in every build.
    pub(crate) checks: BTreeMap<&'static str, Arc<dyn AssemblyCheck>>,
    /// Names that were claimed while planning, before there are resources.
    pub(crate) claims: Claims,
}

impl Tree {
    pub(crate) fn new(location: Caller) -> Self {
        let arena = Arena::new(Content::Group, location);
        Self {
            arena,
            facts: Facts::default(),
            findings: Diagnostics::new(),
            checks: BTreeMap::new(),
            claims: Claims::default(),
        }
    }

    pub(crate) fn node(&self, node: NodeId) -> &Node<Content> {
        self.arena.node(node)
    }

    pub(crate) fn stack_props(&self, stack: NodeId) -> Option<&StackProps> {
        match &self.node(stack).content {
            Content::Stack(props) => Some(props),
            Content::Group | Content::Construct(_) => None,
        }
    }

    /// The name a stack has in CloudFormation.
    pub(crate) fn stack_name(&self, stack: NodeId) -> &str {
        let name = self.stack_props(stack).and_then(|props| props.name.as_deref());
        name.unwrap_or(&self.node(stack).name)
    }

    /// The finding that a name is claimed a second time.
    pub(crate) fn claimed_twice(&self, kind: &str, claim: &Claim, env: Env, first: NodeId) -> Diagnostic {
        let first = self.node(first);
        let message = format!("two resources of type `{kind}` in {} are named `{}`", claim.place(env), claim.name);
        Diagnostic::error("resource::duplicate-name", message)
            .note(format!("the other one is `{}`", first.path), Some(first.location))
            .help("give one of them another name")
    }

    pub(crate) fn report(&mut self, node: NodeId, diagnostic: Diagnostic) {
        let at = self.node(node);
        let diagnostic = diagnostic.or_at(&at.path, Some(at.location));
        self.findings.push(diagnostic);
    }

    /// Facts of one kind that reach a node from itself and from above, nearest node first.
    pub(crate) fn reaching<F: Fact>(&self, node: NodeId) -> Vec<Found<'_, F>> {
        match F::REACH {
            Reach::Node => self.facts.on::<F>(node),
            Reach::Subtree => self.arena.up(node).flat_map(|node| self.facts.on::<F>(node)).collect(),
        }
    }
}

/// A tree as every context shows it: to look at, not to change.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    tree: &'a Tree,
}

impl<'a> View<'a> {
    /// The environment a construct stands in.
    #[must_use]
    pub fn env_of(self, node: impl Into<NodeId>) -> Option<Env> {
        self.tree.node(node.into()).env
    }

    /// The stack a construct belongs to.
    #[must_use]
    pub fn stack_of(self, node: impl Into<NodeId>) -> Option<StackRef> {
        self.tree.node(node.into()).stack.map(StackRef::from)
    }

    /// The path of a construct, for messages.
    #[must_use]
    pub fn path_of(self, node: impl Into<NodeId>) -> &'a str {
        &self.tree.node(node.into()).path
    }

    /// Whether a construct belongs to this app; a handle of another app refers to nothing here.
    #[must_use]
    pub fn owns(self, node: impl Into<NodeId>) -> bool {
        self.tree.arena.owns(node.into())
    }

    /// The facts of one kind that reach a construct, nearest first.
    pub fn facts_of<F: Fact>(self, node: impl Into<NodeId>) -> impl Iterator<Item = &'a F> {
        each_once(self.tree.reaching::<F>(node.into()))
    }
}

/// Facts without those that were stated before on the same node; equal facts of one node stand side by side.
fn each_once<F: Fact>(found: Vec<Found<'_, F>>) -> impl Iterator<Item = &F> {
    let mut last = None;
    found.into_iter().map(|found| found.fact).filter(move |fact| last.replace(*fact) != Some(*fact))
}

/// The most levels of a tree: `tree.json` and whatever walks the tree must cope with them.
const DEEPEST: usize = 50;

/// Adds a place to the tree and the rules of names: shared by scopes, planning and the app.
fn place(tree: &mut Tree, parent: NodeId, id: &str, location: Caller, content: Content) -> NodeId {
    let above = tree.node(parent);
    if above.depth >= DEEPEST {
        // Beside the one it should be below: the tree stays whole, and nothing that walks it goes deeper.
        let beside = above.parent.unwrap_or(parent);
        let node = tree.arena.push(beside, id, location, content);
        if !tree.findings.iter().any(|finding| finding.code() == "tree::too-deep") {
            let diagnostic =
                Diagnostic::error("tree::too-deep", format!("`{id}` is nested more than {DEEPEST} levels deep"));
            tree.report(
                node,
                diagnostic.help("nest constructs less deeply; a recursion without an end looks like this too"),
            );
        }
        return node;
    }
    let taken = tree.arena.child(parent, id);
    let node = tree.arena.push(parent, id, location, content);
    if let Some(first) = taken {
        let first = tree.node(first).location;
        let kind = if matches!(tree.node(node).content, Content::Stack(_)) { "stack" } else { "construct" };
        let diagnostic =
            Diagnostic::error("tree::duplicate-id", format!("there is a {kind} `{id}` in this scope already"))
                .note(format!("the first `{id}` is placed here"), Some(first))
                .help("give one of them another id; ids are unique within their scope");
        tree.report(node, diagnostic);
    }
    if id.is_empty() || id.len() > 255 || id.contains('/') || id.chars().any(char::is_control) {
        let diagnostic =
            Diagnostic::error("tree::malformed-id", format!("`{}` is no id of a construct", id.escape_debug()))
                .help("ids have 1 to 255 characters, without `/` and control characters");
        tree.report(node, diagnostic);
    } else if parent != tree.arena.root() && !id.contains(|c: char| c.is_ascii_alphanumeric()) {
        let diagnostic = Diagnostic::error(
            "tree::malformed-id",
            format!("the id `{id}` has no letter or digit that a logical id could be made of"),
        )
        .help("use at least one ASCII letter or digit");
        tree.report(node, diagnostic);
    }
    node
}

pub(crate) fn place_stack(
    tree: &mut Tree,
    parent: NodeId,
    id: &str,
    mut props: StackProps,
    location: Caller,
) -> StackRef {
    let env = props.env;
    props.name.get_or_insert_with(|| id.to_owned());
    let node = place(tree, parent, id, location, Content::Stack(Arc::new(props)));
    let place = tree.arena.node_mut(node);
    place.stack = Some(node);
    place.env = Some(env);
    node.into()
}

pub(crate) fn attach<F: Fact>(tree: &mut Tree, target: NodeId, fact: F, location: Caller) {
    tree.facts.attach(target, fact, location);
}

/// A place in the tree, where constructs are added: a short-lived view of the tree and one node.
#[derive(Debug)]
pub struct Scope<'a> {
    tree: &'a mut Tree,
    node: NodeId,
    /// The line to report instead of the caller's, inside a construct that is one thing to its user.
    pinned: Option<Caller>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(tree: &'a mut Tree, node: NodeId, pinned: Option<Caller>) -> Self {
        Self { tree, node, pinned }
    }

    /// Places a construct under an id that is unique in this scope.
    #[track_caller]
    pub fn add<C: Construct>(&mut self, id: impl AsRef<str>, construct: C) -> C::Handle {
        let mut inner = self.group(id);
        construct.compose(&mut inner)
    }

    /// A scope below this one, to keep constructs together under a common id.
    #[track_caller]
    pub fn group(&mut self, id: impl AsRef<str>) -> Scope<'_> {
        let location = self.caller(Location::caller());
        let node = place(self.tree, self.node, id.as_ref(), location, Content::Group);
        Scope { tree: self.tree, node, pinned: self.pinned }
    }

    /// The same place, for the inside of a construct that is one thing to its user: whatever is added through it is
    /// reported at the line that placed the construct.
    pub fn internal(&mut self) -> Scope<'_> {
        let location = self.tree.node(self.node).location;
        Scope { node: self.node, pinned: Some(self.pinned.unwrap_or(location)), tree: self.tree }
    }

    /// States a fact about a construct.
    #[track_caller]
    pub fn attach(&mut self, target: impl Into<NodeId>, fact: impl Fact) {
        let location = self.caller(Location::caller());
        attach(self.tree, target.into(), fact, location);
    }

    /// This place as a target of facts.
    #[must_use]
    pub fn here(&self) -> NodeId {
        self.node
    }

    /// The stack this place belongs to.
    #[must_use]
    pub fn stack(&self) -> Option<StackRef> {
        self.tree.node(self.node).stack.map(StackRef::from)
    }

    /// The environment this place stands in; `None` outside of a stack, which the validation reports.
    #[must_use]
    pub fn env(&self) -> Option<Env> {
        self.tree.node(self.node).env
    }

    /// The whole tree, to look at.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View { tree: self.tree }
    }

    /// The path of this place, as in `Tools/Pipeline`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.tree.node(self.node).path
    }

    /// Reports a finding about this place.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        let diagnostic = match self.pinned {
            Some(location) if diagnostic.location().is_none() => diagnostic.at(location),
            _ => diagnostic,
        };
        self.tree.report(self.node, diagnostic);
    }

    fn caller(&self, caller: Caller) -> Caller {
        self.pinned.unwrap_or(caller)
    }

    fn become_synth(&mut self, synth: Arc<dyn Synth>) -> NodeId {
        let node = self.tree.arena.node_mut(self.node);
        node.env = synth.env(node.env);
        node.content = Content::Construct(synth);
        self.node
    }
}

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
        let node = self.tree.node(self.node);
        self.out.push(diagnostic.or_at(&node.path, Some(node.location)));
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
        let location = self.tree.node(self.node).location;
        Scope::new(self.tree, node.into(), Some(location))
    }

    /// Adds a stack below this construct.
    pub fn stack(&mut self, id: impl AsRef<str>, props: impl Into<StackProps>) -> StackRef {
        let location = self.tree.node(self.node).location;
        place_stack(self.tree, self.node, id.as_ref(), props.into(), location)
    }

    /// States a fact about a construct.
    pub fn attach(&mut self, target: impl Into<NodeId>, fact: impl Fact) {
        let location = self.tree.node(self.node).location;
        attach(self.tree, target.into(), fact, location);
    }

    /// Claims a name for a resource of a type, for constructs from whose name many others are derived. Says whether it was
    /// free; if it was not, that is reported, and the construct had better become [`Nothing`].
    pub fn claim(&mut self, kind: &str, claim: &Claim) -> bool {
        let Some(env) = self.env() else { return true };
        let Some(first) = self.tree.claims.claim(kind, claim, env, self.node) else { return true };
        let diagnostic = self.tree.claimed_twice(kind, claim, env, first);
        self.report(diagnostic);
        false
    }

    /// Asks for a check of the finished assembly.
    pub fn check_assembly<C: AssemblyCheck>(&mut self, check: C) {
        self.tree.checks.entry(type_name::<C>()).or_insert_with(|| Arc::new(check));
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

/// A planned tree: every node that there will be, every fact, and what each node lowers to.
#[derive(Debug)]
pub struct Plan {
    pub(crate) tree: Tree,
    pub(crate) lowers: Vec<Box<dyn Lower>>,
    /// How many nodes the program built; planning made the others.
    pub(crate) built: usize,
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

    /// What an attribute of a construct is worth outside of its stack, if anybody can know.
    #[must_use]
    pub fn physical(&self, of: impl Into<NodeId>, attr: &Attr) -> Option<Expr> {
        let of = of.into();
        let own = self.plan.tree.node(of).env?;
        self.plan.lowers.get(of.index())?.physical(attr, own)
    }

    /// The text an expression has once names are known, as far as it can be known now.
    #[must_use]
    pub fn literal(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Attr { of, attr } => self.literal(&self.physical(*of, attr)?),
            Expr::Join(parts) => parts.iter().map(|part| self.literal(part)).collect(),
            Expr::ByName(inner) => self.literal(inner),
            other => other.literal().map(str::to_owned),
        }
    }

    /// The path of this construct.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.plan.tree.node(self.node).path
    }

    /// This construct.
    #[must_use]
    pub fn here(&self) -> NodeId {
        self.node
    }

    /// Reports a finding about this construct.
    pub fn report(&self, diagnostic: Diagnostic) {
        let node = self.plan.tree.node(self.node);
        self.findings.borrow_mut().push(diagnostic.or_at(&node.path, Some(node.location)));
    }
}

/// What a check of the finished assembly sees.
#[derive(Debug)]
pub struct CheckCx<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) assembly: &'a Assembly,
    pub(crate) out: &'a mut Diagnostics,
}

impl<'a> CheckCx<'a> {
    /// The assembly.
    #[must_use]
    pub fn assembly(&self) -> &'a Assembly {
        self.assembly
    }

    /// The tree it came from, to look at.
    #[must_use]
    pub fn view(&self) -> View<'a> {
        View { tree: self.tree }
    }

    /// The root of the tree, as a target of facts.
    #[must_use]
    pub fn root(&self) -> NodeId {
        self.tree.arena.root()
    }

    /// Reports a finding about the construct at a path, as it stands in the `aws:cdk:path` of a resource.
    pub fn report(&mut self, path: &str, diagnostic: Diagnostic) {
        let location = self.tree.arena.at_path(path).map(|node| self.tree.node(node).location);
        self.out.push(diagnostic.or_at(path, location));
    }
}
