//! How the roles of a group are divided among stacks in an environment where they are too many for one.
//!
//! Every pipeline has a [place](names::group::place) that its name gives. A stack holds the roles of all places between
//! two; one that would be too full is halved, as often as need be. The lower half stays where it is and keeps its
//! names, so whoever makes a stack too full moves only what stood in it, and of that only a half.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};

use construct_core::quota::{RESOURCES, TEMPLATE_BYTES};
use construct_core::{Env, Fact, Reach, View};

use super::load::Load;
use crate::names::group::{RoleStack, place};

/// How much of its quotas the roles of a stack may take before it is halved, in percent: less than where warnings begin,
/// because they may turn out larger than they are taken for here.
const FULL: usize = 70;

/// What a pipeline of the group brings into other environments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Announced {
    pub(super) pipeline: String,
    pub(super) brings: Vec<(Env, Load)>,
}

impl Fact for Announced {
    const NAME: &'static str = "what a member of a scaffold group brings";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
    const IS_KEPT_FOR_CHECKS: bool = false;
}

/// What a stack has room for.
fn room(view: View<'_>) -> Load {
    let share = |quota| view.quota(quota) * FULL / 100;
    Load { resources: share(&RESOURCES), bytes: share(&TEMPLATE_BYTES) }
}

/// What stands in a stack, or between two places.
#[derive(Clone, Copy, Debug, Default)]
struct Holding {
    pipelines: usize,
    load: Load,
}

impl Holding {
    fn of(places: &[(u32, Load)]) -> Self {
        Self { pipelines: places.len(), load: places.iter().map(|(_, load)| *load).sum() }
    }
}

/// Which stacks there are in each environment, by the place at which they begin.
#[derive(Debug)]
struct Division {
    room: Load,
    stacks: BTreeMap<Env, BTreeMap<u32, Holding>>,
}

impl Division {
    fn new<'m>(announced: impl Iterator<Item = &'m Announced>, room: Load) -> Self {
        let mut places: BTreeMap<Env, Vec<(u32, Load)>> = BTreeMap::new();
        for Announced { pipeline, brings } in announced {
            let place = place(pipeline);
            brings.iter().for_each(|&(env, load)| places.entry(env).or_default().push((place, load)));
        }
        let mut stacks: BTreeMap<Env, BTreeMap<u32, Holding>> = BTreeMap::new();
        for (env, mut places) in places {
            places.sort_unstable();
            halve(&places, 0, 1 << 31, room, stacks.entry(env).or_default());
        }
        Self { room, stacks }
    }

    fn stack(&self, env: Env, pipeline: &str) -> RoleStack {
        let stacks = self.stacks.get(&env);
        let begin = stacks.and_then(|stacks| stacks.range(..=place(pipeline)).next_back()).map(|(begin, _)| *begin);
        begin.and_then(NonZeroU32::new).map_or(RoleStack::Scaffold, RoleStack::SplitOff)
    }
}

/// Adds the stacks for pipelines whose places begin here; the upper half of them begins so much farther.
fn halve(places: &[(u32, Load)], begin: u32, half: u32, room: Load, stacks: &mut BTreeMap<u32, Holding>) {
    let holding = Holding::of(places);
    if half == 0 || holding.pipelines < 2 || holding.load.fits(room) {
        stacks.insert(begin, holding);
        return;
    }
    let middle = begin + half;
    let (lower, upper) = places.split_at(places.partition_point(|(place, _)| *place < middle));
    halve(lower, begin, half / 2, room, stacks);
    halve(upper, middle, half / 2, room, stacks);
}

/// Roles in an environment that are divided, or will be with a few more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crowd {
    pub(super) env: Env,
    pub(super) pipelines: usize,
    pub(super) stacks: usize,
}

/// The division of a group, made when it is first asked for. That is after the program, when all members are known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Divided(Arc<OnceLock<Division>>);

impl Divided {
    /// Divides what was announced, unless that is done.
    pub(super) fn among<'m>(&self, announced: impl Iterator<Item = &'m Announced>, view: View<'_>) {
        self.0.get_or_init(|| Division::new(announced, room(view)));
    }

    /// The stack with the roles of a pipeline in an environment.
    pub(super) fn stack(&self, env: Env, pipeline: &str) -> RoleStack {
        self.0.get().map_or(RoleStack::Scaffold, |division| division.stack(env, pipeline))
    }

    /// Where most pipelines have roles that are divided, or nearly.
    pub(super) fn crowd(&self) -> Option<Crowd> {
        let division = self.0.get()?;
        let is_crowded = |stacks: &BTreeMap<u32, Holding>| {
            stacks.len() > 1 || stacks.values().any(|holding| holding.load.nearly_fills(division.room))
        };
        let crowded = division.stacks.iter().filter(|(_, stacks)| is_crowded(stacks));
        let crowds = crowded.map(|(&env, stacks)| Crowd {
            env,
            pipelines: stacks.values().map(|holding| holding.pipelines).sum(),
            stacks: stacks.values().filter(|holding| holding.pipelines > 0).count(),
        });
        crowds.max_by_key(|crowd| (crowd.pipelines, Reverse(crowd.env)))
    }
}

/// It follows from what else there is, so it tells no two groups apart.
impl Ord for Divided {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl PartialOrd for Divided {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Divided {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Divided {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::btree_set;
    use proptest::prelude::*;

    use super::*;

    const THERE: Env = Env::new("333333333333", "us-east-1");
    const ROOM: Load = Load { resources: 35, bytes: 80_000 };

    /// The division of pipelines that bring three resources, or four if their number is even.
    fn divided(numbers: &BTreeSet<usize>) -> Division {
        let announced: Vec<Announced> = numbers
            .iter()
            .map(|n| Announced {
                pipeline: format!("service-{n}"),
                brings: vec![(THERE, Load { resources: 4 - n % 2, bytes: 8_000 })],
            })
            .collect();
        Division::new(announced.iter(), ROOM)
    }

    fn stacks(numbers: &BTreeSet<usize>) -> BTreeMap<usize, RoleStack> {
        let division = divided(numbers);
        numbers.iter().map(|n| (*n, division.stack(THERE, &format!("service-{n}")))).collect()
    }

    proptest! {
        #[test]
        fn every_stack_fits_and_who_joins_moves_nobody_beyond_its_own_stack(
            mut numbers in btree_set(0..500_usize, 1..100),
            another in 0..500_usize,
        ) {
            let division = divided(&numbers);
            let loads = &division.stacks[&THERE];
            prop_assert!(loads.values().all(|holding| holding.load.fits(ROOM)), "{loads:?}");
            prop_assert_eq!(loads.values().map(|holding| holding.pipelines).sum::<usize>(), numbers.len());
            let joined = division.stack(THERE, &format!("service-{another}"));
            let before = stacks(&numbers);
            numbers.insert(another);
            let after = stacks(&numbers);
            for (n, stack) in before.into_iter().filter(|(_, stack)| *stack != joined) {
                prop_assert_eq!(after[&n], stack, "{}", n);
            }
        }
    }

    #[test]
    fn few_stand_in_the_scaffold_stack_and_elsewhere_nobody_is_divided() {
        let few: BTreeSet<usize> = (0..8).collect();
        assert!(stacks(&few).values().all(|stack| *stack == RoleStack::Scaffold));
        let many: BTreeSet<usize> = (0..60).collect();
        let division = divided(&many);
        assert!(division.stacks[&THERE].len() > 4, "{division:?}");
        let elsewhere = Env::new("444444444444", "us-east-1");
        assert!((0..60).all(|n| division.stack(elsewhere, &format!("service-{n}")) == RoleStack::Scaffold));
    }

    /// Where it is crowded when pipelines need so much room each.
    fn crowd<const N: usize>(numbers: [usize; N], load: Load) -> Option<Crowd> {
        let announced = numbers.map(|n| Announced { pipeline: format!("service-{n}"), brings: vec![(THERE, load)] });
        let divided = Divided::default();
        divided.0.get_or_init(|| Division::new(announced.iter(), ROOM));
        divided.crowd()
    }

    #[test]
    fn nine_tenths_of_the_room_are_nearly_all() {
        let is_crowded = |resources, bytes| crowd([0], Load { resources, bytes }).is_some();
        assert_eq!([31, 32].map(|resources| is_crowded(resources, 0)), [false, true]);
        assert_eq!([72_000, 72_001].map(|bytes| is_crowded(0, bytes)), [false, true]);
    }

    #[test]
    fn who_fills_more_than_a_stack_alone_is_not_moved() {
        for n in 0..4 {
            let announced =
                Announced { pipeline: format!("service-{n}"), brings: vec![(THERE, Load { resources: 36, bytes: 0 })] };
            let division = Division::new([&announced].into_iter(), ROOM);
            assert_eq!(division.stack(THERE, &announced.pipeline), RoleStack::Scaffold, "{n}");
        }
    }

    #[test]
    fn a_half_that_holds_nobody_is_no_stack() {
        // Both stand in the first half, and not in the same half of it.
        assert_eq!([1, 2].map(|n| place(&format!("service-{n}")) >> 30), [0, 1]);
        let crowd = crowd([1, 2], Load { resources: 30, bytes: 0 });
        assert_eq!(crowd, Some(Crowd { env: THERE, pipelines: 2, stacks: 2 }));
    }

    #[test]
    fn a_half_that_stays_keeps_its_names() {
        let words: BTreeSet<Option<String>> = stacks(&(0..14).collect()).values().map(|stack| stack.word()).collect();
        assert_eq!(words, BTreeSet::from([None, Some("b1".into())]));
    }
}
