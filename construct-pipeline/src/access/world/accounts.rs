//! All accounts at once, as the templates describe them: roles, buckets, keys, buses, projects, and their policies.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::{HashMap, HashSet};

use super::pipeline::Action;
use super::rules::Rules;
use super::variables::Variable;
use crate::access::policies::{Place, Policies, PolicyIx};
use crate::access::template::{Environment, Made, Symbols};

#[derive(Clone, Debug)]
pub(crate) struct Role {
    /// `None`: given from outside, or known by its attached policies only.
    pub(crate) made: Option<Made>,
    pub(crate) identity: Vec<PolicyIx>,
    pub(crate) trust: Option<PolicyIx>,
    pub(crate) boundary: Option<PolicyIx>,
}

#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) arn: Arc<str>,
    /// Empty if nobody tells it.
    pub(crate) account: String,
    pub(crate) made: Option<Made>,
    pub(crate) policy: Option<PolicyIx>,
    /// Whether objects are encrypted with keys that S3 derives for the whole bucket; `None` if not known.
    pub(crate) bucket_key: Option<bool>,
    pub(crate) keeps_versions: bool,
    /// ARN or id of the key that encrypts by default.
    pub(crate) default_key: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) arn: Arc<str>,
    pub(crate) made: Option<Made>,
    pub(crate) policy: PolicyIx,
    /// Names of its aliases, as in `alias/a`; `None` if not known.
    pub(crate) aliases: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Project {
    pub(crate) role: String,
    /// ARN of the role that starts the builds of a batch, if it can have any.
    pub(crate) batch_role: Option<String>,
    /// ARN of the customer-managed key that encrypts what it writes.
    pub(crate) key: Option<String>,
    /// `None`: given from outside.
    pub(crate) made: Option<Made>,
    /// Where its builds write their logs; `None` if they write none there, or if nobody knows.
    pub(crate) logs: Option<BuildLogs>,
    /// The environment variables that it gives to its builds.
    pub(crate) variables: Vec<Variable>,
    /// The image that it pulls from a private registry, if it does.
    pub(crate) image: Option<BuildImage>,
    /// The network that its builds run in, if it is one of their own.
    pub(crate) network: Option<BuildNetwork>,
}

/// The part of a VPC that builds run in.
#[derive(Clone, Debug)]
pub(crate) struct BuildNetwork {
    /// ARNs; none if only a deployment knows them.
    pub(crate) subnets: Vec<String>,
    /// The same for its security groups.
    pub(crate) security_groups: Vec<String>,
    /// What the ARNs of network interfaces begin with.
    pub(crate) interfaces: String,
}

impl BuildNetwork {
    /// From the ids that somebody names, and how ARNs are made there.
    pub(crate) fn of<I: AsRef<str>>(
        subnets: impl Iterator<Item = I>,
        security_groups: impl Iterator<Item = I>,
        arn: impl Fn(&str) -> String,
    ) -> Self {
        Self {
            subnets: subnets.map(|id| arn(&["subnet/", id.as_ref()].concat())).collect(),
            security_groups: security_groups.map(|id| arn(&["security-group/", id.as_ref()].concat())).collect(),
            interfaces: arn("network-interface/"),
        }
    }
}

/// An image of a private registry of Amazon ECR.
#[derive(Clone, Debug)]
pub(crate) struct BuildImage {
    /// ARN of its repository.
    pub(crate) repository: Arc<str>,
    /// Whether builds pull it with the role of their project, and not with what CodeBuild has itself.
    pub(crate) by_role: bool,
}

/// Where the builds of a project write their logs.
#[derive(Clone, Debug)]
pub(crate) struct BuildLogs {
    /// ARN of the log group.
    pub(crate) group: String,
    /// What the names of the streams begin with.
    pub(crate) stream: String,
    /// Whether the project names no group, so that CodeBuild makes one.
    pub(crate) makes_group: bool,
}

/// A policy of a resource other than buckets and keys: bus, topic, repository.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guarded {
    pub(crate) made: Option<Made>,
    pub(crate) policies: Vec<PolicyIx>,
    /// The key of a topic that is encrypted with one of its owner's, by the ARN of the key or of its alias.
    pub(crate) key: Option<String>,
}

/// Control policies of each level above an account, by account.
pub(crate) type Levels = BTreeMap<String, Vec<(Arc<str>, Vec<PolicyIx>)>>;

/// Everything that the templates make and that pipelines use.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    /// Names of the stacks.
    pub(crate) stacks: Vec<Arc<str>>,
    pub(crate) environments: Vec<Environment>,
    /// The stacks of an assembly by account, region and name: their templates are deployed as they stand there.
    pub(crate) assembled: HashSet<[Arc<str>; 3]>,
    /// An account that has no part in any of it.
    pub(crate) nobody: String,
    pub(crate) policies: Policies,
    pub(crate) symbols: Symbols,
    /// There are many, and they are looked up for all who ask.
    pub(crate) roles: HashMap<Arc<str>, Role>,
    pub(crate) buckets: BTreeMap<String, Bucket>,
    pub(crate) keys: BTreeMap<Arc<str>, Key>,
    /// Alias ARN to key ARN.
    pub(crate) aliases: BTreeMap<String, Arc<str>>,
    /// Users by ARN.
    pub(crate) users: BTreeMap<Arc<str>, Made>,
    pub(crate) projects: BTreeMap<Arc<str>, Project>,
    pub(crate) rules: Rules,
    /// Buses, topics and repositories by ARN.
    pub(crate) guarded: BTreeMap<Arc<str>, Guarded>,
    /// The keys of secrets and repositories that are encrypted with one of their owner's, by the ARN that a name gives.
    pub(crate) keys_of: BTreeMap<String, String>,
    /// Service control policies by account.
    pub(crate) scps: Levels,
    /// Resource control policies by account.
    pub(crate) rcps: Levels,
    /// Organizations by account.
    pub(crate) organizations: BTreeMap<String, String>,
    /// Stacks of which nobody can read the template, each with what is wrong with it.
    pub(crate) unreadable: Vec<(String, String)>,
    /// What was left open while reading, in words.
    pub(crate) doubts: Vec<String>,
}

impl World {
    /// The key that an ARN names, of the key itself or of an alias.
    pub(crate) fn key(&self, named: &str) -> Option<&Key> {
        self.keys.get(named).or_else(|| self.keys.get(self.aliases.get(named)?))
    }

    /// The aliases of a key, as far as they are known. Of a key that no template makes, it is the one that names it.
    pub(crate) fn aliases_of(&self, named: &str) -> Option<Vec<String>> {
        match self.key(named) {
            Some(key) => key.aliases.clone(),
            None => named.split_once(":alias/").map(|(_, alias)| vec![format!("alias/{alias}")]),
        }
    }

    /// Whether the template is known that an action deploys, as it is deployed.
    pub(crate) fn is_assembled(&self, action: &Action) -> bool {
        let name = action.get("StackName").unwrap_or_default();
        self.assembled.contains(&[action.account(), action.region(), name].map(Arc::from))
    }

    /// The account of a bucket, if anybody tells it.
    pub(crate) fn bucket_account(&self, name: &str) -> Option<&str> {
        self.buckets.get(name).map(|bucket| bucket.account.as_str()).filter(|account| !account.is_empty())
    }

    pub(crate) fn stack_name(&self, made: &Made) -> &Arc<str> {
        &self.stacks[made.stack]
    }

    /// Where a policy stands, in words.
    pub(crate) fn place(&self, policy: PolicyIx) -> Option<Place> {
        self.policies.spot(policy).map(|spot| spot.place(&self.stacks))
    }

    /// The resource with this ARN, if a template makes it.
    pub(crate) fn maker_of(&self, arn: &str) -> Option<&Made> {
        let role = || self.roles.get(arn)?.made.as_ref();
        let key = || self.keys.get(arn)?.made.as_ref();
        let bucket = || self.buckets.get(arn.split_once(":::")?.1)?.made.as_ref();
        let project = || self.projects.get(arn)?.made.as_ref();
        let guarded = || self.guarded.get(arn)?.made.as_ref();
        role().or_else(|| self.users.get(arn)).or_else(key).or_else(bucket).or_else(project).or_else(guarded)
    }
}
