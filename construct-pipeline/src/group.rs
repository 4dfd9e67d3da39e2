//! Groups of pipelines that share stores and scaffold stacks.
//!
//! Codes: `group::malformed-name`, `group::role-stacks`; those about the pipelines of a group stand in `check/group.rs` and
//! `group/members.rs`.

use construct_core::{Construct, Diagnostic, Env, Fact, NodeId, ParameterRef, Reach, Region, Scope, StackRef, View};

use crate::names::group::RoleStack;
use crate::names::{self, RoleKind};
use crate::provider::ProviderSpec;
use crate::store::{ArtifactStore, StoreRef, StoreSettings};

mod division;
mod load;
mod members;

use division::{Announced, Divided};
use load::brings;
pub(crate) use members::Member;
use members::Members;

/// The most role stacks of a group in one environment: as many as 2,000 roles, which an account has at most after an
/// increase of its quota, could ever fill. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const ROLE_STACKS: u32 = 100;

/// Pipelines of one account and region that share their stores and scaffold stacks: one bucket and one key for each region,
/// and one stack of roles for each other environment, in place of one for each pipeline as well.
///
/// Each pipeline keeps roles of its own. In the shared buckets they reach the artifacts of their own pipeline: CodePipeline
/// keeps those in a folder that is named after the pipeline. The key is shared by all.
///
/// Where a pipeline's things stand, and what they are called, depends on that pipeline and the group alone. So a pipeline
/// that joins, leaves or goes changes nothing of the others but the lists in the policies of the shared buckets and keys. A
/// pipeline that joins or leaves changes its stores and roles, so it should not run meanwhile.
///
/// One exception: a stack of roles that is nearly full is halved by itself, and half of the roles in it move. With
/// [`role_stacks`](Self::role_stacks) nobody ever moves; a warning tells when that is worth it.
///
/// The store of the group's own region stands where the group is placed; everything else is in stacks of the group.
/// Names are derived from the group's name: see [`names::group`].
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let platform = app.at(tools).add("Platform", ScaffoldGroup::new("platform"));
/// let orders = Pipeline::new("orders").scaffold_group(platform);
/// let billing = Pipeline::new("billing").scaffold_group(platform);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ScaffoldGroup {
    group: Group,
}

impl ScaffoldGroup {
    /// A group: a name of 1 to 100 characters `A-Za-z0-9.@_-`, unique in its account and region.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            group: Group {
                name: name.into(),
                role_stacks: None,
                divided: Divided::default(),
                settings: StoreSettings::new(),
            },
        }
    }

    /// Sets how many stacks hold the roles in each environment: 1 to 100. By default there is one, which is halved, and its
    /// halves again, before it reaches the limits of a stack: with some 80 pipelines, and with fewer if they may do much.
    ///
    /// Halving gives half of the roles in a stack another stack and another name, and pipelines that leave undo it. A
    /// number rules that out: the pipelines are spread over so many stacks by their names alone, so that none moves
    /// because of another. A stack has at most 500 resources, so give one for each 100 pipelines that the group may
    /// ever have. Another number later moves most roles. Whatever moves roles can be deployed in any order, but no
    /// pipeline of the group should run meanwhile. Putting further pipelines into a second group leaves the first as it
    /// is.
    pub fn role_stacks(mut self, stacks: u32) -> Self {
        self.group.role_stacks = Some(stacks);
        self
    }

    /// How the shared stores are kept.
    pub fn store_settings(mut self, settings: StoreSettings) -> Self {
        self.group.settings = settings;
        self
    }
}

/// A group in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScaffoldGroupRef {
    node: NodeId,
    parts: NodeId,
    store: StoreRef,
}

impl ScaffoldGroupRef {
    /// The shared store in the group's own region.
    #[must_use]
    pub fn store(self) -> StoreRef {
        self.store
    }

    /// Whether a pipeline that stands here can be in the group: not if that is of another app or stands elsewhere.
    fn admits(self, home: Env, view: View<'_>) -> bool {
        view.owns(self.node) && view.env_of(self.node) == Some(home)
    }

    /// Says what a pipeline will bring into the environments of its actions: the group divides its roles by that.
    pub(crate) fn announce(
        self,
        pipeline: &str,
        home: Env,
        actions: impl FnOnce(View<'_>) -> Vec<(Env, ProviderSpec)>,
        scope: &mut Scope<'_>,
    ) {
        let view = scope.view();
        if self.admits(home, view) {
            let brings = brings(actions(view), home, view);
            scope.attach(self.parts, Announced { pipeline: pipeline.to_owned(), brings });
        }
    }

    /// Where [`Group`] and [`Shared`] are attached: apart from what each pipeline says to the group.
    pub(crate) fn parts(self) -> NodeId {
        self.parts
    }
}

impl From<ScaffoldGroupRef> for NodeId {
    fn from(group: ScaffoldGroupRef) -> Self {
        group.node
    }
}

impl Construct for ScaffoldGroup {
    type Handle = ScaffoldGroupRef;

    fn compose(self, scope: &mut Scope<'_>) -> ScaffoldGroupRef {
        let mut scope = scope.internal();
        let group = self.group;
        if !names::is_pipeline_name(&group.name) {
            let message = format!("`{}` is no name of a group", group.name.escape_debug());
            scope.report(
                Diagnostic::error("group::malformed-name", message).help("use 1 to 100 letters, digits and `.@_-`"),
            );
        }
        if let Some(stacks) = group.role_stacks.filter(|stacks| !(1..=ROLE_STACKS).contains(stacks)) {
            let message = format!("a group cannot have {stacks} role stacks");
            scope.report(Diagnostic::error("group::role-stacks", message).help(format!("use 1 to {ROLE_STACKS}")));
        }
        let parts = scope.group("Parts").here();
        scope.attach(parts, group.clone());
        // Always with a key: whether one is needed must not depend on who else is in the group.
        let store = ArtifactStore::of_group(&group.name, scope.env()).settings(group.settings.clone());
        let store = scope.add("Store", store);
        let node = Members { group }.compose(&mut scope).into();
        ScaffoldGroupRef { node, parts, store }
    }
}

/// What a group is, for the pipelines that are in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// How many role stacks the program wants; none if as many as it takes.
    role_stacks: Option<u32>,
    divided: Divided,
    pub(crate) settings: StoreSettings,
}

impl Fact for Group {
    const NAME: &'static str = "scaffold group";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
}

/// Something that a group has because a pipeline needed it first: the others find it here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shared {
    /// A stack of an environment.
    Stack(Env, RoleStack, StackRef),
    /// The store of a region.
    Store(Env, StoreRef),
    /// The parameter of a stack of pipelines that takes the ARN of the key of a region.
    Key(Env, StackRef, ParameterRef),
}

impl Fact for Shared {
    const NAME: &'static str = "part of a scaffold group";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
}

/// That a pipeline is in a group.
#[derive(Clone, Debug)]
pub(crate) struct Membership {
    pub(crate) handle: ScaffoldGroupRef,
    pub(crate) group: Group,
    home: Env,
}

impl Membership {
    /// The group of a pipeline; none if the group is of another app or stands elsewhere, which the validation reports.
    pub(crate) fn of(handle: Option<ScaffoldGroupRef>, home: Env, view: View<'_>) -> Option<Self> {
        let handle = handle.filter(|handle| handle.admits(home, view))?;
        let group = view.facts_of::<Group>(handle.parts).next()?.clone();
        group.divided.among(view.facts_of::<Announced>(handle.parts), view);
        Some(Self { handle, group, home })
    }

    /// The stack with the roles of a pipeline in an environment.
    pub(crate) fn role_stack(&self, pipeline: &str, env: Env) -> RoleStack {
        match self.group.role_stacks {
            Some(stacks) => RoleStack::of(pipeline, stacks),
            None => self.group.divided.stack(env, pipeline),
        }
    }

    pub(crate) fn bucket(&self, env: Env) -> String {
        names::group::bucket(&self.group.name, self.home, env)
    }

    pub(crate) fn alias(&self, env: Env) -> String {
        names::group::alias(&self.group.name, self.home, env)
    }

    pub(crate) fn stack_name(&self, env: Env, stack: RoleStack) -> String {
        names::group::role_stack(&self.group.name, self.home, env, stack)
    }

    /// The ARNs of the group's roles of one kind in a region, as a pattern.
    pub(crate) fn role_pattern(&self, kind: RoleKind, region: Region) -> String {
        names::group::role_pattern(kind, &self.group.name, self.home, region)
    }
}

/// The name of a role of a pipeline, in the stacks of a group if one is given: that bears the group's tag.
pub(crate) fn role_name(pipeline: &str, membership: Option<&Membership>, kind: RoleKind, env: Env) -> String {
    match membership {
        Some(membership) => {
            let (Membership { group, home, .. }, stack) = (membership, membership.role_stack(pipeline, env));
            names::group::role(kind, pipeline, env, &group.name, *home, stack)
        }
        None => names::role(kind, pipeline, env),
    }
}
