//! Where constructs are added: scopes, and the rules of ids.

use std::panic::Location;
use std::sync::Arc;

use super::tree::{Content, Tree, View};
use super::{Construct, Synth};
use crate::bytes;
use crate::diagnostic::{Caller, Diagnostic};
use crate::env::Env;
use crate::fact::Fact;
use crate::handle::{NodeId, StackRef};
use crate::stack::StackProps;

/// The most levels of a tree: `tree.json` and whatever walks the tree must cope with them.
const DEEPEST: u32 = 50;

/// Adds a place to the tree and the rules of names: shared by scopes, planning and the app.
fn place(tree: &mut Tree, parent: NodeId, id: &str, location: Caller, content: Content) -> NodeId {
    let above = tree.node(parent);
    if above.depth >= DEEPEST {
        // Beside the one it should be below: the tree stays whole, and nothing that walks it goes deeper.
        let beside = above.parent.unwrap_or(parent);
        let (node, _) = tree.arena.push(beside, id, location, content);
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
    let (node, taken) = tree.arena.push(parent, id, location, content);
    if let Some(first) = taken {
        let first = tree.node(first).location;
        let kind = if matches!(tree.node(node).content, Content::Stack(_)) { "stack" } else { "construct" };
        let diagnostic =
            Diagnostic::error("tree::duplicate-id", format!("there is a {kind} `{id}` in this scope already"))
                .note(format!("the first `{id}` is placed here"), Some(first))
                .help("give one of them another id; ids are unique within their scope");
        tree.report(node, diagnostic);
    }
    // Control characters beyond ASCII begin with the byte C2. Nothing here stops at the first, so that many bytes take
    // one step.
    let looks_odd = bytes::any(id, |byte| (byte < b' ') | (byte == b'/') | (byte == 0x7F) | (byte == 0xC2));
    let is_odd = || id.contains('/') || id.chars().any(char::is_control);
    let is_long = || id.chars().nth(255).is_some();
    if id.is_empty() || id.len() > 255 && is_long() || looks_odd && is_odd() {
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
    props.name.get_or_insert_with(|| match tree.path(parent) {
        "" => id.to_owned(),
        above => name_below(above, id),
    });
    let node = place(tree, parent, id, location, Content::Stack(Arc::new(props)));
    let place = tree.arena.node_mut(node);
    place.stack = Some(node);
    place.env = Some(env);
    node.into()
}

/// The name of a stack below a construct: a second construct like that has stacks of the same ids.
fn name_below(above: &str, id: &str) -> String {
    let other = |letter: char| !letter.is_ascii_alphanumeric();
    let words: Vec<&str> =
        [above, id].into_iter().flat_map(|text| text.split(other)).filter(|word| !word.is_empty()).collect();
    words.join("-")
}

/// The scope of a place that a program names, which may be one of another app.
pub(crate) fn enter<'a>(tree: &'a mut Tree, mut place: NodeId, location: Caller, pinned: Option<Caller>) -> Scope<'a> {
    if !tree.arena.owns(place) {
        let diagnostic = Diagnostic::error("tree::foreign-handle", "this scope is a construct of another app")
            .at(location)
            .help("use handles only with the app that returned them");
        place = tree.arena.root();
        tree.report(place, diagnostic);
    }
    Scope::new(tree, place, pinned)
}

/// A place in the tree, where constructs are added: a short-lived view of the tree and one node.
///
/// ```
/// use construct_core::{App, Env, RawResource, Tag};
/// let mut app = App::new();
/// let stack = app.stack("Data", Env::new("111111111111", "us-east-1"));
/// let mut scope = app.at(stack);
/// let orders = scope.add("Orders", RawResource::new("AWS::SQS::Queue"));
/// scope.attach(orders, Tag::new("team", "orders"));
/// let mut reports = scope.group("Reports");
/// reports.add("Queue", RawResource::new("AWS::SQS::Queue"));
/// assert_eq!(reports.path(), "Data/Reports");
/// ```
#[derive(Debug)]
pub struct Scope<'a> {
    pub(super) tree: &'a mut Tree,
    pub(super) node: NodeId,
    /// The line to report instead of the caller's, inside a construct that is one thing to its user.
    pub(super) pinned: Option<Caller>,
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

    /// A scope below this one, to keep constructs together under a common id. Scopes and constructs nest up to 50 levels
    /// deep.
    #[track_caller]
    pub fn group(&mut self, id: impl AsRef<str>) -> Scope<'_> {
        let location = self.caller(Location::caller());
        let node = place(self.tree, self.node, id.as_ref(), location, Content::Group);
        Scope { tree: self.tree, node, pinned: self.pinned }
    }

    /// Adds a stack below this place, which may be in any account and region: for constructs that need something in
    /// several. An [`Env`] is enough; [`StackProps`] says more. What is said about this place and all below it, such as
    /// tags, holds in the stack too, and [`at`](Self::at) adds to it.
    ///
    /// Unless the properties name it, it is called after its path, as in `Tools-Watch-222222222222`: a construct that is
    /// placed twice has stacks of two names.
    ///
    /// ```
    /// use construct_core::{App, Construct, Env, RawResource, Scope};
    /// /// A topic for alarms in each of some accounts.
    /// struct Watch(Vec<Env>);
    /// impl Construct for Watch {
    ///     type Handle = ();
    ///     fn compose(self, scope: &mut Scope<'_>) {
    ///         let mut scope = scope.internal();
    ///         for env in self.0 {
    ///             let stack = scope.add_stack(env.account.as_str(), env);
    ///             scope.at(stack).add("Alarms", RawResource::new("AWS::SNS::Topic"));
    ///         }
    ///     }
    /// }
    /// let mut app = App::new();
    /// let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    /// app.at(tools).add("Watch", Watch(vec![Env::new("222222222222", "eu-west-1")]));
    /// let assembly = app.synth()?;
    /// assert_eq!(assembly.stacks()[0].stack_name, "Tools-Watch-222222222222");
    /// # Ok::<(), construct_core::SynthError>(())
    /// ```
    #[track_caller]
    pub fn add_stack(&mut self, id: impl AsRef<str>, props: impl Into<StackProps>) -> StackRef {
        let location = self.caller(Location::caller());
        place_stack(self.tree, self.node, id.as_ref(), props.into(), location)
    }

    /// The scope of a stack or of any other construct of the app, to add constructs there.
    #[track_caller]
    pub fn at(&mut self, place: impl Into<NodeId>) -> Scope<'_> {
        let location = self.caller(Location::caller());
        enter(self.tree, place.into(), location, self.pinned)
    }

    /// The same place, for the inside of a construct that is one thing to its user: whatever is added through it is
    /// reported at the line that placed the construct.
    pub fn internal(&mut self) -> Scope<'_> {
        let location = self.tree.node(self.node).location;
        Scope { node: self.node, pinned: Some(self.pinned.unwrap_or(location)), tree: self.tree }
    }

    /// The same place, for what was said at a line of its own before: whatever is added through it is reported there.
    pub fn said_at(&mut self, location: Caller) -> Scope<'_> {
        Scope { node: self.node, pinned: Some(location), tree: self.tree }
    }

    /// States a fact about a construct.
    #[track_caller]
    pub fn attach(&mut self, target: impl Into<NodeId>, fact: impl Fact) {
        let location = self.caller(Location::caller());
        self.tree.facts.attach(target.into(), fact, location);
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
        self.tree.path(self.node)
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

    pub(super) fn become_synth(&mut self, synth: Arc<dyn Synth>) -> NodeId {
        let node = self.tree.arena.node_mut(self.node);
        node.env = synth.env(node.env);
        node.content = Content::Construct(synth);
        self.node
    }
}
