//! What the templates say of the order of their stacks, and names that can exist once only.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use construct_iam::access::{Json, Members};
use foldhash::HashMap;

use super::sheet::{Named, Sheet, may_have_name};
use crate::access::template::{Resolver, Templates};

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

/// What the templates say of the order of their stacks.
pub(crate) struct Stacks {
    pub(crate) after: Graph,
    /// Whether somebody says what comes before each.
    pub(crate) stated: Vec<bool>,
    /// Stack, the one it imports from, and what.
    pub(crate) imports: Vec<(usize, usize, String)>,
    pub(crate) clashes: Vec<Clash>,
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
            stated: templates.all.iter().map(|template| template.dependencies.is_some()).collect(),
            imports,
            clashes: clashes(resolver, sheets),
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

/// Which stack comes after which. Where some templates say it, those that do not are there before them, in their order:
/// what is named beside an assembly, as a bootstrap stack is.
pub(crate) struct Graph {
    /// Those that each stack waits for, in order.
    after: Vec<Vec<usize>>,
}

impl Graph {
    fn of(templates: &Templates<'_>) -> Self {
        let by_id: HashMap<&str, usize> =
            templates.all.iter().enumerate().map(|(n, template)| (&*template.id, n)).collect();
        let mut there = Vec::new();
        let mut after = vec![Vec::new(); templates.all.len()];
        for (n, _) in templates.all.iter().enumerate().filter(|(_, template)| template.dependencies.is_none()) {
            after[n].extend(there.last().copied());
            there.push(n);
        }
        for (after, template) in after.iter_mut().zip(&templates.all) {
            if let Some(ids) = &template.dependencies {
                after.extend(ids.iter().filter_map(|id| by_id.get(id.as_str()).copied()).chain(there.iter().copied()));
                after.sort_unstable();
            }
        }
        Self { after }
    }

    /// Whether the stack itself says that it waits for the other one.
    pub(crate) fn says(&self, from: usize, to: usize) -> bool {
        self.after[from].binary_search(&to).is_ok()
    }

    pub(crate) fn reaches(&self, from: usize, to: usize) -> bool {
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
    pub(crate) fn orders(&self, more: &[(usize, usize)]) -> u128 {
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
