//! Pipelines: stages in a row, and what holds for all of them.

use std::fmt::Display;
use std::panic::Location;

use construct_core::{Caller, Diagnostic, Env, Expr, NodeId, Properties, Region, Value, View};
use construct_iam::{Role, RolePath};

use crate::action::Action;
use crate::condition::ConditionRule;
use crate::group::{Membership, ScaffoldGroupRef};
use crate::known::Handover;
use crate::names::{self, RoleKind};
use crate::provider::GivenRole;
use crate::providers::InvokedPipeline;
use crate::stage::Stage;
use crate::store::{GivenStore, ImportedArtifactStore, KeyReference, StoreSettings};
use crate::trigger::GitTrigger;
use crate::wave::Wave;

construct_core::handle! {
    /// A pipeline of the tree. CloudFormation does not tell its ARN, which is
    /// `Arn::regional(env, "codepipeline", "its-name")`.
    pub struct PipelineRef {
        /// The pipeline's name.
        name: Name = Ref,
        /// The version of the pipeline's structure.
        version: Text = GetAtt("Version"),
    }
}

impl From<PipelineRef> for InvokedPipeline {
    fn from(pipeline: PipelineRef) -> Self {
        // Neither of the two has to be there before the other.
        Self::placed(Value::new(Expr::from(pipeline.name()).by_name()), pipeline.into())
    }
}

/// The type of a pipeline, which decides its features and its price.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/pipeline-types.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PipelineType {
    /// The first type: no variables, triggers or execution modes.
    V1,
    /// The second type.
    #[default]
    V2,
}

impl PipelineType {
    /// The word in the template.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "V1",
            Self::V2 => "V2",
        }
    }
}

/// What happens when a run begins while another is under way.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html#concepts-how-it-works-executions>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionMode {
    /// A newer run overtakes one that waits. The default.
    Superseded,
    /// Runs wait for each other, in order; V2 only.
    Queued,
    /// Runs go on at the same time; V2 only.
    Parallel,
}

impl ExecutionMode {
    /// The word in the template.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Superseded => "SUPERSEDED",
            Self::Queued => "QUEUED",
            Self::Parallel => "PARALLEL",
        }
    }
}

/// A variable of a pipeline, given when a run starts and used as `#{variables.name}`; V2 only.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html>
#[derive(Clone, Debug)]
#[must_use]
pub struct Variable {
    pub(crate) name: String,
    pub(crate) default: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) location: Caller,
}

impl Variable {
    /// A variable: a name of 1 to 128 characters `A-Za-z0-9@_-`, unique in the pipeline.
    #[track_caller]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), default: None, description: None, location: Location::caller() }
    }

    /// Its value when a run gives none: 1 to 1,000 characters.
    pub fn default_value(mut self, value: impl Into<String>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// What it is for: at most 200 characters.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }
}

/// A delivery pipeline of AWS CodePipeline: stages that follow each other, with actions in any account and region.
///
/// The pipeline's actions may run in other accounts and regions. Whatever that takes is created with it: a role for the
/// pipeline, a store in every region in which an action runs, and a scaffold stack in every foreign environment with the
/// roles the actions need there. All of it is named after the pipeline; see [`names`](crate::names).
///
/// ```
/// use construct_pipeline::prelude::*;
/// # fn main() -> Result<(), SynthError> {
/// let mut app = App::new();
/// let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let source = Artifact::new("Source");
/// let permissions = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:*:*:orders-*"]);
/// app.at(tools).add(
///     "Pipeline",
///     Pipeline::new("orders")
///         .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
///         .stage(
///             Stage::new("Production").action(
///                 Action::new("Deploy", DeployStack::new("orders", source.file("template.yaml")).allow(permissions))
///                     .account("444444444444"),
///             ),
///         ),
/// );
/// let assembly = app.synth()?;
/// assert_eq!(assembly.stacks().len(), 2);
/// # Ok(())
/// # }
/// ```
///
/// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-codepipeline-pipeline.html>.
#[derive(Clone, Debug)]
#[must_use = "a pipeline becomes something once it is placed: `scope.add(\"Pipeline\", …)`"]
pub struct Pipeline {
    pub(crate) name: String,
    pub(crate) stages: Vec<Stage>,
    pub(crate) pipeline_type: PipelineType,
    pub(crate) execution_mode: Option<ExecutionMode>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) triggers: Vec<GitTrigger>,
    pub(crate) restart_on_update: bool,
    pub(crate) role: Option<GivenRole>,
    pub(crate) role_path: Option<String>,
    pub(crate) store: Option<GivenStore>,
    /// The stores of other regions; of all regions if they were given together.
    pub(crate) replicas: Vec<(String, GivenStore)>,
    pub(crate) stores_by_region: bool,
    /// Whether the stores that are given are all that there are, as in JSON, and none is made beside them.
    pub(crate) only_given_stores: bool,
    pub(crate) store_settings: StoreSettings,
    pub(crate) key_reference: KeyReference,
    pub(crate) group: Option<ScaffoldGroupRef>,
    pub(crate) extra: Properties,
    pub(crate) without_contract: bool,
    /// What was found while it was read from elsewhere.
    pub(crate) findings: Vec<Diagnostic>,
    /// What was found out about its actions.
    pub(crate) handover: Handover,
}

impl Pipeline {
    /// A pipeline: a name of 1 to 100 characters `A-Za-z0-9.@_-`, unique in its account and region. CodePipeline cannot
    /// rename a pipeline, and everything that is created for it is named after it.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            stages: Vec::new(),
            pipeline_type: PipelineType::V2,
            execution_mode: None,
            variables: Vec::new(),
            triggers: Vec::new(),
            restart_on_update: false,
            role: None,
            role_path: None,
            store: None,
            replicas: Vec::new(),
            stores_by_region: false,
            only_given_stores: false,
            store_settings: StoreSettings::new(),
            key_reference: KeyReference::Alias,
            group: None,
            extra: Properties::new(),
            without_contract: false,
            findings: Vec::new(),
            handover: Handover::default(),
        }
    }

    /// A role made for the pipeline, with its name, and its path unless one from above holds.
    pub(crate) fn named_role(&self, role: Role, kind: RoleKind, env: Env) -> Role {
        let role = role.role_name(names::role(kind, &self.name, env));
        match &self.role_path {
            Some(path) => role.path(path.clone()),
            None => role,
        }
    }

    /// The path of the roles that are made for the pipeline placed at a node, in the stacks of a group if one is given:
    /// what is said of the pipeline goes before what is said of the group.
    pub(crate) fn path_of_roles<'a>(&'a self, view: View<'a>, at: NodeId, group: Option<&Membership>) -> &'a str {
        let said = |of: NodeId| view.facts_of::<RolePath>(of).next().map(RolePath::as_str);
        let of_group = || said(group?.handle.into());
        self.role_path.as_deref().or_else(|| said(at)).or_else(of_group).unwrap_or("/")
    }

    /// The stores that are given to it, in its own region and in others.
    pub(crate) fn given_stores(&self) -> impl Iterator<Item = &GivenStore> {
        self.store.iter().chain(self.replicas.iter().map(|(_, store)| store))
    }

    /// The store that is given to it in a region, with `home` as its own.
    pub(crate) fn given_store(&self, region: Region, home: Region) -> Option<&GivenStore> {
        let own = self.store.as_ref().filter(|_| region == home);
        let replica = || self.replicas.iter().find(|(name, _)| name == region.as_str());
        own.or_else(|| replica().map(|(_, store)| store))
    }

    /// All actions in order, with their stages.
    pub(crate) fn actions(&self) -> impl Iterator<Item = (&Stage, &Action)> {
        self.stages.iter().flat_map(|stage| stage.actions.iter().map(move |action| (stage, action)))
    }

    /// All rules of conditions in order, with their stages.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (&Stage, &ConditionRule)> {
        let conditions = self.stages.iter().flat_map(|stage| stage.conditions().map(move |one| (stage, one)));
        conditions.flat_map(|(stage, condition)| condition.rules.iter().map(move |rule| (stage, rule)))
    }

    /// Adds a stage; a pipeline has 2 to 50, the first of which holds the sources.
    #[doc(alias = "addStage")]
    pub fn stage(mut self, stage: Stage) -> Self {
        self.stages.push(stage);
        self
    }

    /// Adds stages.
    pub fn stages(mut self, stages: impl IntoIterator<Item = Stage>) -> Self {
        self.stages.extend(stages);
        self
    }

    /// Adds the stages of a wave: one, or several where its targets do not fit into one.
    pub fn wave(self, wave: Wave) -> Self {
        self.stages(wave.into_stages())
    }

    /// The type of the pipeline; V2 by default.
    pub fn pipeline_type(mut self, pipeline_type: PipelineType) -> Self {
        self.pipeline_type = pipeline_type;
        self
    }

    /// What happens when a run begins while another is under way.
    pub fn execution_mode(mut self, mode: ExecutionMode) -> Self {
        self.execution_mode = Some(mode);
        self
    }

    /// Adds a variable; there are at most 50.
    #[doc(alias = "addVariable")]
    pub fn variable(mut self, variable: Variable) -> Self {
        self.variables.push(variable);
        self
    }

    /// Adds a trigger at a source that a connection leads to; V2 only. There are at most 50.
    #[doc(alias = "addTrigger")]
    pub fn trigger(mut self, trigger: GitTrigger) -> Self {
        self.triggers.push(trigger);
        self
    }

    /// Starts a run after every update of the pipeline.
    #[doc(alias = "restartExecutionOnUpdate")]
    pub fn restart_on_update(mut self) -> Self {
        self.restart_on_update = true;
        self
    }

    /// The role CodePipeline works with, in the pipeline's account, in place of one that is made: of the app, or
    /// [imported](construct_iam::Role::import) by its ARN. An imported role is never written to.
    pub fn role(mut self, role: impl Into<GivenRole>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// The path of all roles that are made for the pipeline, as in `/delivery/`; that of a
    /// [`RolePath`](construct_iam::RolePath) above, or else `/`, by default. CloudFormation refuses another one once they are
    /// deployed: then the pipeline needs another name, too.
    pub fn role_path(mut self, path: impl Into<String>) -> Self {
        self.role_path = Some(path.into());
        self
    }

    /// The artifact store in the pipeline's own region, in place of one that is made: one that the app places, or an
    /// [`ImportedArtifactStore`](crate::ImportedArtifactStore) by the name of its bucket.
    #[doc(alias = "artifactBucket")]
    pub fn artifact_store(mut self, store: impl Into<GivenStore>) -> Self {
        self.store = Some(store.into());
        self
    }

    /// The artifact store in another region, in place of one that is made.
    #[doc(alias = "crossRegionReplicationBuckets")]
    pub fn replica_store(mut self, region: impl Display, store: impl Into<GivenStore>) -> Self {
        self.replicas.push((region.to_string(), store.into()));
        self
    }

    /// The artifact stores of all regions together, the pipeline's own among them. They are declared as `ArtifactStores`,
    /// by region, even if there is only one, and even where no action runs.
    pub fn artifact_stores(mut self, stores: impl IntoIterator<Item = ImportedArtifactStore>) -> Self {
        self.stores_by_region = true;
        self.replicas
            .extend(stores.into_iter().map(|store| (store.region().unwrap_or_default().to_owned(), store.into())));
        self
    }

    /// How the stores that are made for the pipeline are kept.
    pub fn store_settings(mut self, settings: StoreSettings) -> Self {
        self.store_settings = settings;
        self
    }

    /// Shares stores and scaffold stacks with the other pipelines of a group, which stands in the same account and
    /// region. A store that is given to the pipeline itself goes before that of the group.
    #[doc(alias = "reuseCrossRegionSupportStacks")]
    pub fn scaffold_group(mut self, group: ScaffoldGroupRef) -> Self {
        self.group = Some(group);
        self
    }

    /// How the keys of stores in other stacks are named.
    pub fn key_reference(mut self, reference: KeyReference) -> Self {
        self.key_reference = reference;
        self
    }

    /// Asks nothing of the owners of what is imported: roles and stores have the policies they need, as those of a
    /// pipeline that runs today have. The proof takes it for granted; otherwise the [contract](crate::contract) lists
    /// what they need. An app in which another pipeline asks has a whole contract, with what this one needs.
    pub fn without_contract(mut self) -> Self {
        self.without_contract = true;
        self
    }

    /// Sets a property of the pipeline that has no method here.
    pub fn property(mut self, key: &'static str, value: impl Into<Expr>) -> Self {
        self.extra.put(key, value);
        self
    }
}
