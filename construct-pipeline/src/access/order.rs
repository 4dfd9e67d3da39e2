//! In which order the stacks can be deployed.
//!
//! A role that a bucket policy, key policy or trust policy names as principal has to exist when the policy is written:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>. A role in a condition
//! need not.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::policies::PolicyIx;
use super::survey::{Clash, Graph, Stacks};
use super::world::{Pipeline, World};

/// More stacks than this have too many orders to count.
const COUNTED: usize = 16;

/// A stack that has to wait for another one, though nothing says so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct MissingEdge {
    /// The stack that has to wait.
    pub stack: Arc<str>,
    /// The stack that has to be there.
    pub needs: Arc<str>,
    /// Why, in words.
    pub because: String,
    /// Whether the deployment fails otherwise, or only the first run of the pipeline may.
    pub fails: bool,
    /// Which of the templates has to wait.
    pub(crate) template: usize,
}

/// How many orders the dependencies allow, and how many of them fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orders {
    /// All orders were counted.
    Counted {
        /// Orders that the dependencies allow.
        allowed: u128,
        /// Orders in which a stack comes before one that it needs.
        failing: u128,
    },
    /// There are too many stacks to count, but every order works.
    AllWork,
    /// There are too many stacks to count, and some orders fail.
    SomeFail,
    /// Nobody says in which order the templates are deployed.
    NotStated,
}

/// What is known about the order of deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Order {
    /// Dependencies that are missing.
    pub missing: Vec<MissingEdge>,
    /// What has to wait for what, where nobody says in which order the templates are deployed.
    pub unstated: Vec<MissingEdge>,
    /// Names that occur twice.
    pub clashes: Vec<Clash>,
    /// How many orders there are.
    pub orders: Orders,
}

impl Order {
    /// Whether every allowed order works.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.missing.is_empty() && self.clashes.is_empty()
    }
}

/// Finds what the order of deployment lacks, with the principals that policies name.
pub(crate) fn order(stacks: Stacks, named: Vec<(PolicyIx, String)>, world: &World, pipelines: &[Pipeline]) -> Order {
    let Stacks { after: graph, stated, imports, clashes } = stacks;
    let is_stated = stated.contains(&true);
    let mut needs = Needs { world, graph: &graph, edges: BTreeMap::new() };
    for (policy, arn) in named {
        let Some(stack) = world.policies.spot(policy).and_then(|spot| spot.template) else { continue };
        if let Some(made) = world.maker_of(&arn) {
            let because = || {
                let place = world.place(policy).map(|place| place.to_string()).unwrap_or_default();
                format!("{place} names the role `{}` as principal, which has to exist by then", made.logical_id)
            };
            needs.add(stack, made.stack, because, true);
        }
    }
    for (stack, exporter, name) in imports {
        needs.add(stack, exporter, || format!("it imports `{name}`"), true);
    }
    for pipeline in pipelines {
        needs.of_pipeline(pipeline);
    }
    let open = needs.edges.keys().copied().filter(|(from, to)| !graph.reaches(*from, *to));
    let (unmet, unstated): (Vec<_>, Vec<_>) = open.partition(|(from, _)| stated[*from]);
    let failing: Vec<(usize, usize)> = unmet.iter().copied().filter(|edge| needs.edges[edge].1).collect();
    let missing = |edge: &(usize, usize)| {
        let (because, fails) = needs.edges[edge].clone();
        MissingEdge {
            stack: Arc::clone(&world.stacks[edge.0]),
            needs: Arc::clone(&world.stacks[edge.1]),
            because,
            fails,
            template: edge.0,
        }
    };
    // Beside an assembly, templates are there before it.
    let unstated = unstated.iter().filter(|edge| !is_stated && needs.edges[edge].1).map(missing).collect();
    let missing: Vec<MissingEdge> = unmet.iter().map(missing).collect();
    let orders = match (is_stated, failing.is_empty()) {
        (false, _) => Orders::NotStated,
        (true, _) if world.stacks.len() <= COUNTED => {
            let allowed = graph.orders(&[]);
            Orders::Counted { allowed, failing: allowed - graph.orders(&failing) }
        }
        (true, true) => Orders::AllWork,
        (true, false) => Orders::SomeFail,
    };
    Order { missing, unstated, clashes, orders }
}

struct Needs<'w> {
    world: &'w World,
    graph: &'w Graph,
    /// Waiting stack and needed stack, why, and whether the deployment fails otherwise. Nearly all stacks say
    /// themselves what they wait for, and that is not noted.
    edges: BTreeMap<(usize, usize), (String, bool)>,
}

impl Needs<'_> {
    fn add(&mut self, from: usize, to: usize, because: impl FnOnce() -> String, fails: bool) {
        let is_open = from != to && !self.graph.says(from, to);
        if is_open && self.edges.get(&(from, to)).is_none_or(|known| fails && !known.1) {
            self.edges.insert((from, to), (because(), fails));
        }
    }

    /// CodePipeline looks at roles and buckets when the pipeline is made.
    fn of_pipeline(&mut self, pipeline: &Pipeline) {
        let (world, own) = (self.world, pipeline.made.stack);
        let name = &pipeline.label.name;
        for action in pipeline.actions.iter().filter(|action| action.own_role) {
            if let Some(made) = world.maker_of(&action.role) {
                let because = || {
                    format!(
                        "the pipeline `{name}` names the role `{}` of its action `{}`",
                        made.logical_id, action.label.name
                    )
                };
                self.add(own, made.stack, because, false);
            }
        }
        for store in pipeline.stores.values() {
            if let Some(made) = world.maker_of(&store.arn) {
                let because = || {
                    format!(
                        "the pipeline `{name}` names the bucket `{}` of its store in {}",
                        made.logical_id, store.region
                    )
                };
                self.add(own, made.stack, because, false);
            }
        }
    }
}
