//! In which order the stacks can be deployed, and names that can exist once only.
//!
//! A role that a bucket policy, key policy or trust policy names as principal has to exist when the policy is written:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>. A role in a condition need not.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use construct_iam::access::{Json, Members};
use foldhash::HashMap;

use super::flow::Pipeline;
use super::place::PolicyIx;
use super::sheet::{Named, Sheet, may_have_name};
use super::template::Resolver;
use super::templates::Templates;
use super::world::World;

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

/// Two resources with one name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Clash {
    /// The type of the resources.
    pub resource_type: String,
    /// The name.
    pub name: String,
    /// Stack and logical id of each.
    pub resources: Vec<(Arc<str>, String)>,
    /// Which of the templates has the last of them.
    pub(crate) last: usize,
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

/// What the templates say of the order of their stacks.
pub(crate) struct Stacks {
    after: Graph,
    /// Whether somebody says what comes before what.
    stated: bool,
    /// Stack, the one it imports from, and what.
    imports: Vec<(usize, usize, String)>,
    clashes: Vec<Clash>,
}

impl Stacks {
    pub(crate) fn of(resolver: &Resolver<'_>, sheets: &[Sheet]) -> Self {
        let templates = resolver.templates();
        let mut imports = Vec::new();
        if resolver.has_exports() {
            for (stack, template) in templates.all.iter().enumerate() {
                self::imports(stack, template.body(), resolver, &mut imports);
            }
        }
        Self {
            after: Graph::of(templates),
            stated: templates.all.iter().any(|template| template.dependencies.is_some()),
            imports,
            clashes: clashes(resolver, sheets),
        }
    }
}

/// Finds what the order of deployment lacks, with the principals that policies name.
pub(crate) fn order(stacks: Stacks, named: Vec<(PolicyIx, String)>, world: &World, pipelines: &[Pipeline]) -> Order {
    let Stacks { after: graph, stated, imports, clashes } = stacks;
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
    let unmet: Vec<(usize, usize)> =
        needs.edges.keys().copied().filter(|(from, to)| !graph.reaches(*from, *to)).collect();
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
    let missing: Vec<MissingEdge> = if stated { unmet.iter().map(missing).collect() } else { Vec::new() };
    let orders = match (stated, failing.is_empty()) {
        (false, _) => Orders::NotStated,
        (true, _) if world.stacks.len() <= COUNTED => {
            let allowed = graph.orders(&[]);
            Orders::Counted { allowed, failing: allowed - graph.orders(&failing) }
        }
        (true, true) => Orders::AllWork,
        (true, false) => Orders::SomeFail,
    };
    Order { missing, clashes, orders }
}

struct Needs<'w> {
    world: &'w World,
    graph: &'w Graph,
    /// Waiting stack and needed stack, why, and whether the deployment fails otherwise. Nearly all stacks say themselves what they wait for,
    /// and that is not noted.
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

/// Imports need the stack that exports.
fn imports<'t>(stack: usize, value: &Json<'t>, resolver: &Resolver<'t>, found: &mut Vec<(usize, usize, String)>) {
    match value {
        Json::Object(map) => {
            if let Some(argument) = map.get("Fn::ImportValue") {
                let name = resolver.text(stack, argument);
                if let Some(exporter) = resolver.exporter(stack, &name) {
                    found.push((stack, exporter, name));
                }
            }
            map.values().for_each(|value| imports(stack, value, resolver, found));
        }
        Json::Array(values) => values.iter().for_each(|value| imports(stack, value, resolver, found)),
        _ => {}
    }
}

/// Names that occur twice where they have to be unique.
fn clashes(resolver: &Resolver<'_>, sheets: &[Sheet]) -> Vec<Clash> {
    let templates = resolver.templates();
    let resources = |stack: usize| {
        let resources = templates.all.get(stack).and_then(|template| template.section("Resources"));
        resources.into_iter().flat_map(Members::iter)
    };
    let mut prints = Vec::with_capacity(sheets.iter().map(|sheet| sheet.names.len() + sheet.open_names.len()).sum());
    for (stack, sheet) in sheets.iter().enumerate() {
        prints.extend(&sheet.names);
        let mut open = sheet.open_names.iter().copied().peekable();
        if open.peek().is_some() {
            let open = resources(stack).enumerate().filter(|(number, _)| open.next_if_eq(number).is_some());
            let names = open.filter_map(|(_, (logical_id, resource))| named(resolver, stack, logical_id, resource));
            prints.extend(names.map(|name| name.fingerprint()));
        }
    }
    prints.sort_unstable();
    let twice: BTreeSet<u64> = prints.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    if twice.is_empty() {
        return Vec::new();
    }
    let mut clashing: BTreeMap<Named<'_>, Vec<(usize, &str)>> = BTreeMap::new();
    for (stack, sheet) in sheets.iter().enumerate() {
        let mut resources = resources(stack);
        for noted in &sheet.resources {
            let name = match resources.next() {
                Some((logical_id, resource)) => named(resolver, stack, logical_id, resource),
                // Of a template that has nothing but settled roles, nothing is kept.
                None => noted.role_name(&resolver.whereabouts(stack)),
            };
            if let Some(name) = name.filter(|name| twice.contains(&name.fingerprint())) {
                clashing.entry(name).or_default().push((stack, &*noted.logical_id));
            }
        }
    }
    let resource = |(stack, id): (usize, &str)| (resolver.stack_label(stack).into(), id.to_owned());
    let clash = |(Named { kind, name, .. }, resources): (Named<'_>, Vec<(usize, &str)>)| Clash {
        resource_type: kind.to_owned(),
        name: resolver.symbols().readable(&name),
        last: resources.last().map_or(0, |(stack, _)| *stack),
        resources: resources.into_iter().map(resource).collect(),
    };
    clashing.into_iter().filter(|(_, resources)| resources.len() > 1).map(clash).collect()
}

fn named<'r, 't>(
    resolver: &'r Resolver<'t>,
    stack: usize,
    logical_id: &str,
    resource: &'r Json<'t>,
) -> Option<Named<'r>> {
    if !may_have_name(resource) || resolver.exists(stack, resource.as_object()?) == Some(false) {
        return None;
    }
    let kind = resource.get("Type").and_then(Json::as_str)?;
    let name = match resolver.plain_name(stack, logical_id) {
        Some(name) => Cow::Borrowed(name),
        None => resolver.physical_id(stack, logical_id).into(),
    };
    Some(Named::of(kind, name, &resolver.whereabouts(stack)))
}

/// Which stack comes after which.
struct Graph {
    /// Those that each stack waits for, in order.
    after: Vec<Vec<usize>>,
}

impl Graph {
    fn of(templates: &Templates<'_>) -> Self {
        let by_id: HashMap<&str, usize> =
            templates.all.iter().enumerate().map(|(n, template)| (&*template.id, n)).collect();
        let after = |ids: &Option<Cow<'_, [String]>>| {
            let known = ids.iter().flat_map(|ids| ids.iter()).filter_map(|id| by_id.get(id.as_str()).copied());
            let mut known: Vec<usize> = known.collect();
            known.sort_unstable();
            known
        };
        Self { after: templates.all.iter().map(|template| after(&template.dependencies)).collect() }
    }

    /// Whether the stack itself says that it waits for the other one.
    fn says(&self, from: usize, to: usize) -> bool {
        self.after[from].binary_search(&to).is_ok()
    }

    fn reaches(&self, from: usize, to: usize) -> bool {
        let (mut seen, mut open) = (BTreeSet::from([from]), vec![from]);
        while let Some(stack) = open.pop() {
            for next in &self.after[stack] {
                if *next == to {
                    return true;
                }
                if seen.insert(*next) {
                    open.push(*next);
                }
            }
        }
        false
    }

    /// How many orders put each stack behind those that it comes after, and behind those of `more`.
    fn orders(&self, more: &[(usize, usize)]) -> u128 {
        let n = self.after.len();
        let mut before = vec![0_usize; n];
        for (stack, needed) in self.after.iter().enumerate() {
            before[stack] = needed.iter().fold(0, |set, one| set | 1 << one);
        }
        for (stack, needed) in more {
            before[*stack] |= 1 << needed;
        }
        // `ways[set]`: in how many orders the stacks of the set can come first.
        let mut ways = vec![0_u128; 1 << n];
        ways[0] = 1;
        for set in 0..1_usize << n {
            if ways[set] == 0 {
                continue;
            }
            for (stack, needed) in before.iter().enumerate() {
                let bit = 1 << stack;
                if set & bit == 0 && needed & !set == 0 {
                    ways[set | bit] += ways[set];
                }
            }
        }
        ways[(1 << n) - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_counted() {
        let free = Graph { after: vec![vec![]; 4] };
        assert_eq!(free.orders(&[]), 24);
        assert_eq!(free.orders(&[(1, 0)]), 12);
        let chain = Graph { after: vec![vec![], vec![0], vec![1]] };
        assert_eq!(chain.orders(&[]), 1);
        assert_eq!(chain.orders(&[(0, 2)]), 0, "round in a circle");
        assert!(chain.reaches(2, 0) && !chain.reaches(0, 2));
        assert_eq!(Graph { after: vec![] }.orders(&[]), 1);
    }
}
