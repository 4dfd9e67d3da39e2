//! Pipelines of one group: whoever joins, leaves or goes changes nothing of the others.

use std::collections::{BTreeMap, BTreeSet};

use construct_core::Assembly;
use construct_pipeline::prelude::*;
use construct_tests::template;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value as Json;

use construct_tests::random::{Random, Stores};

use super::random::random;
use super::{assembly, cases, is_sound};

/// What a pipeline has to do with the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Member,
    Outside,
    Absent,
}

/// Pipelines of different names in one partition, and how many role stacks their group has; 0 if as many as it takes.
fn company() -> impl Strategy<Value = (Vec<Random>, u32)> {
    (vec(random(4), 2..5), 0..3_usize, 0..4_u32).prop_map(|(mut all, partition, role_stacks)| {
        let mut seen = BTreeSet::new();
        all.retain(|one| seen.insert(one.name.clone()));
        all.iter_mut().for_each(|one| one.partition = partition);
        // The stores of a group are kept as the group says.
        all.iter_mut().filter(|one| one.stores == Stores::Kept).for_each(|one| one.stores = Stores::Made);
        (all, role_stacks)
    })
}

/// The group in one stack, and its pipelines beside it and in stacks of their own by turns.
fn app(all: &[Random], role_stacks: u32, part: impl Fn(usize) -> Part) -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", all[0].home());
    let group = ScaffoldGroup::new("platform");
    let group = if role_stacks == 0 { group } else { group.role_stacks(role_stacks) };
    let group = app.at(tools).add("Group", group);
    for (n, random) in all.iter().enumerate() {
        let part = part(n);
        if part == Part::Absent {
            continue;
        }
        let stack = if n % 2 == 0 { tools } else { app.stack(format!("Tools{n}"), random.home()) };
        let mut scope = app.at(stack);
        let mut scope = scope.group(format!("Pipeline{n}"));
        let pipeline = random.pipeline(&mut scope);
        scope.add("Pipeline", if part == Part::Member { pipeline.scaffold_group(group) } else { pipeline });
    }
    app
}

/// Every resource as it is written, by stack and logical id, but for the policies of what is shared.
fn written(assembly: &Assembly) -> BTreeMap<(String, String), Json> {
    let mut all = BTreeMap::new();
    for stack in assembly.stacks() {
        for (id, resource) in template::resources(&template::of(stack)) {
            let mut resource = resource.clone();
            let document = match resource["Type"].as_str() {
                Some("AWS::S3::BucketPolicy") => "PolicyDocument",
                Some("AWS::KMS::Key") => "KeyPolicy",
                _ => "",
            };
            if let Some(document) = resource["Properties"].get_mut(document) {
                *document = Json::Null;
            }
            all.insert((stack.stack_name.clone(), id.to_owned()), resource);
        }
    }
    all
}

/// Whether a resource belongs to a pipeline: by the path of the construct, or of its place in a stack of the group.
fn belongs_to(resource: &Json, n: usize, random: &Random) -> bool {
    let path = resource["Metadata"]["aws:cdk:path"].as_str().unwrap_or_default();
    let place = construct_pipeline::names::tag("member", &random.name, random.home());
    path.split('/').any(|step| step == format!("Pipeline{n}") || step.ends_with(&place))
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn members_come_leave_and_go_without_a_trace_in_the_others((all, role_stacks) in company(), pick in any::<prop::sample::Index>()) {
        let pick = pick.index(all.len());
        let whole = assembly(app(&all, role_stacks, |_| Part::Member))?;
        is_sound(&whole)?;
        for part in [Part::Absent, Part::Outside] {
            let other = assembly(app(&all, role_stacks, |n| if n == pick { part } else { Part::Member }))?;
            is_sound(&other)?;
            let (before, after) = (written(&whole), written(&other));
            for (id, resource) in &after {
                if !belongs_to(resource, pick, &all[pick]) {
                    prop_assert_eq!(before.get(id), Some(resource), "{:?}", id);
                }
            }
            // What is gone is its own, or the store of a region where nobody else works.
            for (id, resource) in before.iter().filter(|(id, _)| !after.contains_key(id)) {
                let path = resource["Metadata"]["aws:cdk:path"].as_str().unwrap_or_default();
                let is_store = path.starts_with("Tools/Group/platform-scaffold-") && path.contains("/Store/");
                prop_assert!(belongs_to(resource, pick, &all[pick]) || is_store, "{id:?} {path}");
            }
        }
    }
}
