//! Groups of pipelines that share stores and scaffold stacks.
//!
//! Codes: `group::malformed-name`, `group::role-stacks`; those about the pipelines of a group stand in `check/group.rs` and
//! `group/members.rs`.

use construct_core::{Construct, Diagnostic, Env, Fact, NodeId, ParameterRef, Reach, Region, Scope, StackRef, View};

use crate::names::{self, RoleKind};
use crate::store::{ArtifactStore, StoreRef, StoreSettings};

mod members;

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
/// The store of the group's own region stands where the group is placed; everything else is in stacks of the group. Names are
/// derived from the group's name: see [`names::group`].
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
        Self { group: Group { name: name.into(), role_stacks: 1, settings: StoreSettings::new() } }
    }

    /// How many stacks hold the roles in each environment: 1 to 100; 1 by default.
    ///
    /// A stack has at most 500 resources: 250 pipelines that deploy to an environment, 125 that have their source there too.
    /// The pipelines are spread over the stacks by their names alone, so that none moves because of another: give one stack
    /// for each 100 pipelines that the group may ever have. Another number later gives most roles another stack and another
    /// name; that can be deployed in any order, but no pipeline of the group should run meanwhile. Putting further pipelines
    /// into a second group leaves the first as it is.
    pub fn role_stacks(mut self, stacks: u32) -> Self {
        self.group.role_stacks = stacks;
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
        if !(1..=ROLE_STACKS).contains(&group.role_stacks) {
            let message = format!("a group cannot have {} role stacks", group.role_stacks);
            scope.report(Diagnostic::error("group::role-stacks", message).help(format!("use 1 to {ROLE_STACKS}")));
        }
        let parts = scope.group("Parts").here();
        scope.attach(parts, group.clone());
        // Always with a key: whether one is needed must not depend on who else is in the group.
        let store = ArtifactStore::of_group(&group.name, scope.env()).settings(group.settings.clone());
        let store = scope.add("Store", store);
        let node = Members { group: group.name }.compose(&mut scope).into();
        ScaffoldGroupRef { node, parts, store }
    }
}

/// What a group is, for the pipelines that are in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) role_stacks: u32,
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
    /// The stack with roles of an environment, by its number; 0 is the one that holds the store.
    Stack(Env, u32, StackRef),
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
        let handle = handle?;
        if !view.owns(handle.node) || view.env_of(handle.node) != Some(home) {
            return None;
        }
        let group = view.facts_of::<Group>(handle.parts).next()?.clone();
        Some(Self { handle, group, home })
    }

    /// The number of the stack with the roles of a pipeline: 0 is the one that holds the store too.
    pub(crate) fn stack_number(&self, pipeline: &str) -> u32 {
        match self.group.role_stacks {
            0 | 1 => 0,
            several => names::group::role_stack_of(pipeline, several),
        }
    }

    pub(crate) fn bucket(&self, env: Env) -> String {
        names::group::bucket(&self.group.name, self.home, env)
    }

    pub(crate) fn alias(&self, env: Env) -> String {
        names::group::alias(&self.group.name, self.home, env)
    }

    pub(crate) fn stack_name(&self, env: Env, number: u32) -> String {
        match number {
            0 => names::group::scaffold_stack(&self.group.name, self.home, env),
            _ => names::group::role_stack(&self.group.name, self.home, env, number),
        }
    }

    /// The ARNs of the group's roles of one kind in a region, as a pattern.
    pub(crate) fn role_pattern(&self, kind: RoleKind, region: Region) -> String {
        names::group::role_pattern(kind, &self.group.name, self.home, region)
    }
}

/// The name of a role of a pipeline, in the stacks of a group if one is given: that bears the group's tag.
pub(crate) fn role_name(pipeline: &str, membership: Option<&Membership>, kind: RoleKind, env: Env) -> String {
    match membership {
        Some(Membership { group, home, .. }) => {
            names::group::role(kind, pipeline, env, &group.name, *home, group.role_stacks)
        }
        None => names::role(kind, pipeline, env),
    }
}
