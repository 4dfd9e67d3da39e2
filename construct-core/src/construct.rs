//! Constructs and the contexts in which they speak.
//!
//! Four traits, from the outside in: a [`Construct`] is made of other constructs; a [`Synth`] takes part in the passes; a
//! [`Resource`] is exactly one CloudFormation resource, which is what most constructs are; a [`Lower`] is what planning
//! leaves of a construct. What they are shown stands below: a tree holds constructs, and constructs are shown the tree.

mod context;
mod scope;
mod tree;

use std::fmt;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::env::Env;
use crate::fact::RemovalPolicy;
use crate::handle::{Handle, NodeId};
use crate::quota::Gauge;
use crate::resource::{CfnResource, Claim, Properties, Resources, Tagging};
use crate::value::{Attr, Expr};

pub use context::{CheckCx, DocumentCx, LowerCx, PlanCx, ValidateCx};
pub use scope::Scope;
pub(crate) use scope::{enter, place_stack};
pub use tree::{Plan, Tree, View};

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
    /// How the program refers to it afterwards: a handle, or several in a type of its own.
    type Handle;

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

    /// What it stands for, in words such as `a queue`, if that exists already: then it lowers to nothing, and what is
    /// stated about it is for its owner.
    fn imports(&self) -> Option<&'static str> {
        None
    }

    /// Says about other constructs what must be known before any of them is validated. It is asked as soon as it is placed.
    fn announce(&self, scope: &mut Scope<'_>) {
        let _ = scope;
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
/// it is planned. However many ask for the same, it runs once: what one holds is told by its `Debug`.
///
/// ```
/// use construct_core::{App, AssemblyCheck, CheckCx, Diagnostic, Env, Lower, NodeRef, Nothing, PlanCx, RawResource, Synth};
///
/// /// Nobody signs in with a password.
/// #[derive(Debug)]
/// struct NoUsers;
///
/// impl AssemblyCheck for NoUsers {
///     fn check(&self, cx: &mut CheckCx<'_>) {
///         for (_, user) in cx.assembly().resources("AWS::IAM::User") {
///             let path = user["Metadata"]["aws:cdk:path"].as_str().unwrap_or_default();
///             cx.report(path, Diagnostic::error("house::user", "there are no users here").help("make a role"));
///         }
///     }
/// }
///
/// /// Asks for it, and becomes nothing itself.
/// #[derive(Debug)]
/// struct HouseRules;
///
/// impl Synth for HouseRules {
///     type Handle = NodeRef;
///
///     fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
///         cx.check_assembly(NoUsers);
///         Box::new(Nothing)
///     }
/// }
///
/// let mut app = App::new();
/// let stack = app.stack("People", Env::new("111111111111", "us-east-1"));
/// app.at(stack).add("Rules", HouseRules);
/// app.at(stack).add("Admin", RawResource::new("AWS::IAM::User"));
/// let error = app.synth().unwrap_err();
/// let finding = error.findings().and_then(|findings| findings.iter().next()).unwrap();
/// assert_eq!((finding.code(), finding.path()), ("house::user", "People/Admin"));
/// ```
///
/// [`CheckCx::read`] reads large assemblies on every core.
#[doc(alias = "IPolicyValidationPlugin")]
pub trait AssemblyCheck: fmt::Debug + Send + Sync + 'static {
    /// Looks at the assembly and reports what is wrong.
    fn check(&self, cx: &mut CheckCx<'_>);
}

/// A file of the assembly that is no template: what a person or a tool must know beside the stacks. A construct asks for
/// it while it is planned. However many ask for the same, it is made once: what one holds is told by its `Debug`.
pub trait Document: fmt::Debug + Send + Sync + 'static {
    /// The name of the file, as in `notes.json`: beside the templates and with none of their names.
    fn file(&self) -> &'static str;

    /// What stands in it; no file without contents.
    fn contents(&self, cx: &DocumentCx<'_>) -> Option<Json>;
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

    /// What the owner must set on what was imported, as follows from the facts about it: `of` is the construct itself.
    fn settings(&self, of: NodeId, cx: &DocumentCx<'_>) -> Vec<Setting> {
        let _ = (of, cx);
        Vec::new()
    }
}

/// A setting that something imported must have.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Setting {
    /// The name of the setting as CloudFormation has it, such as `EncryptionKey`.
    pub name: String,
    /// Its value.
    pub value: Json,
    /// Why it is needed.
    pub why: String,
}

impl Setting {
    /// A setting by its name, its value, and why it is needed.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<Json>, why: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), why: why.into() }
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
    /// What measures such resources, by a name of its own; see [`PlanCx::gauge`].
    const GAUGE: Option<(&'static str, Gauge)> = None;

    /// Its properties.
    fn properties(&self, cx: &LowerCx<'_>) -> Properties;

    /// Says about other constructs what must be known before any of them is validated; see [`Synth::announce`].
    fn announce(&self, scope: &mut Scope<'_>) {
        let _ = scope;
    }

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

    fn announce(&self, scope: &mut Scope<'_>) {
        Resource::announce(self, scope);
    }

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        Resource::validate(self, cx);
    }

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        R::GAUGE.into_iter().for_each(|gauge| cx.gauge(gauge));
        Box::new(ResourceLower(self.clone()))
    }
}

impl<S: Synth> Construct for S {
    type Handle = S::Handle;

    fn compose(self, scope: &mut Scope<'_>) -> Self::Handle {
        self.announce(scope);
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
