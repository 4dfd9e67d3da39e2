//! What a provider says of itself.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use construct_core::NodeId;

use super::{Category, GivenRole, Owner, PassedRole};
use crate::artifact::Artifact;

/// What a provider is, what it reads and writes, and who does the work.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use]
pub struct ProviderSpec {
    /// The category of the action type.
    pub category: Category,
    /// The owner of the action type.
    pub owner: Owner,
    /// The provider's name: 1 to 35 characters.
    pub provider: Cow<'static, str>,
    /// The version of the action type: 1 to 9 characters; `1` for all of AWS.
    pub version: Cow<'static, str>,
    /// What the action reads, in order.
    pub inputs: Vec<Artifact>,
    /// What the action writes, in order.
    pub outputs: Vec<Artifact>,
    /// How many artifacts it may read.
    pub input_count: RangeInclusive<usize>,
    /// How many artifacts it may write.
    pub output_count: RangeInclusive<usize>,
    /// The construct it acts on, which says where it runs unless the action does.
    pub acts_on: Option<NodeId>,
    /// The construct whose [`ServiceRole`](construct_iam::ServiceRole) reads and writes the artifacts in place of the
    /// role that performs the action.
    pub worker: Option<NodeId>,
    /// The roles that read what the action reads besides, where the service hands the artifacts on; none if nobody says
    /// which they are.
    pub readers: Option<Vec<GivenRole>>,
    /// Whether it reads back what it writes.
    pub reads_outputs: bool,
    /// Whether it can write artifacts when it runs in another account.
    pub foreign_outputs: bool,
    /// The role it passes on to another service.
    pub passes: Option<PassedRole>,
    /// Whether the action type exists in pipelines of type V2 only.
    pub v2_only: bool,
}

impl ProviderSpec {
    /// An action type that reads and writes nothing.
    pub fn new(category: Category, owner: Owner, provider: impl Into<Cow<'static, str>>) -> Self {
        Self {
            category,
            owner,
            provider: provider.into(),
            version: "1".into(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            input_count: 0..=0,
            output_count: 0..=0,
            acts_on: None,
            worker: None,
            readers: None,
            reads_outputs: false,
            foreign_outputs: true,
            passes: None,
            v2_only: false,
        }
    }

    /// Sets the version of the action type.
    pub fn version(mut self, version: impl Into<Cow<'static, str>>) -> Self {
        self.version = version.into();
        self
    }

    /// Adds an artifact that the action reads.
    pub fn input(self, artifact: impl Into<Artifact>) -> Self {
        self.inputs([artifact])
    }

    /// Adds artifacts that the action reads.
    pub fn inputs<A: Into<Artifact>>(mut self, artifacts: impl IntoIterator<Item = A>) -> Self {
        let artifacts = artifacts.into_iter();
        self.inputs.reserve_exact(artifacts.size_hint().0);
        self.inputs.extend(artifacts.map(Into::into));
        self
    }

    /// Adds an artifact that the action writes.
    pub fn output(self, artifact: impl Into<Artifact>) -> Self {
        self.outputs([artifact])
    }

    /// Adds artifacts that the action writes.
    pub fn outputs<A: Into<Artifact>>(mut self, artifacts: impl IntoIterator<Item = A>) -> Self {
        let artifacts = artifacts.into_iter();
        self.outputs.reserve_exact(artifacts.size_hint().0);
        self.outputs.extend(artifacts.map(Into::into));
        self
    }

    /// Sets how many artifacts the action type may read.
    pub fn input_count(mut self, count: RangeInclusive<usize>) -> Self {
        self.input_count = count;
        self
    }

    /// Sets how many artifacts the action type may write.
    pub fn output_count(mut self, count: RangeInclusive<usize>) -> Self {
        self.output_count = count;
        self
    }

    /// Names the construct the action acts on.
    pub fn acts_on(mut self, construct: impl Into<NodeId>) -> Self {
        self.acts_on = Some(construct.into());
        self
    }

    /// Names the construct whose own role reads and writes the artifacts.
    pub fn worker(mut self, construct: impl Into<NodeId>) -> Self {
        self.worker = Some(construct.into());
        self
    }

    /// Says which roles read the artifacts that the action reads besides, as those of the instances do to which CodeDeploy
    /// deploys. They are in the account in which the action runs.
    pub fn readers<R: Into<GivenRole>>(mut self, roles: impl IntoIterator<Item = R>) -> Self {
        self.readers.get_or_insert_default().extend(roles.into_iter().map(Into::into));
        self
    }

    /// Says that the action reads back what it writes.
    pub fn reads_outputs(mut self) -> Self {
        self.reads_outputs = true;
        self
    }

    /// Says that the action cannot write artifacts when it runs in another account.
    pub fn no_foreign_outputs(mut self) -> Self {
        self.foreign_outputs = false;
        self
    }

    /// Says which role the action passes on.
    pub fn passes(mut self, role: PassedRole) -> Self {
        self.passes = Some(role);
        self
    }

    /// Says that the action type exists in pipelines of type V2 only.
    pub fn v2_only(mut self) -> Self {
        self.v2_only = true;
        self
    }
}
