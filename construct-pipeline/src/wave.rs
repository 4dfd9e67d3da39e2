//! Waves: the same work in many places at once, in as many stages as it takes.

use std::collections::BTreeSet;
use std::panic::Location;

use construct_core::{Caller, Env};
use sha2::{Digest, Sha256};

use crate::action::Action;
use crate::quota::ACTIONS_OF_A_STAGE;
use crate::stage::Stage;

/// The digits of a hash, in bits: as many times can a stage be halved.
const BITS: u32 = 64;

/// One place of a [`Wave`]: an environment, and what is done there, step by step.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let bundle = Artifact::new("Bundle");
/// let production = Env::new("444444444444", "eu-west-1");
/// let target = Target::new(production)
///     .action(Action::new("Deploy", DeployStack::new("orders", bundle.file("template.yaml"))))
///     .action(Action::new("Look", ManualApproval::new()));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Target {
    name: String,
    env: Env,
    actions: Vec<Action>,
}

impl Target {
    /// A target in an environment, named `<account>-<region>`.
    pub fn new(env: Env) -> Self {
        Self { name: format!("{}-{}", env.account, env.region), env, actions: Vec::new() }
    }

    /// Another name: letters, digits and `.@_-`, unique in the wave. The names of the target's actions end with it, and it
    /// decides about the stage; a target that is renamed counts as another one.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Adds an action, which runs after those added before. In the pipeline it is named `<action>-<target>`, at most 100
    /// characters together, and it runs in the target's environment unless it has an account or region of its own. A run
    /// order of its own is replaced.
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    fn into_actions(self) -> impl Iterator<Item = Action> {
        let Self { name, env, actions } = self;
        actions.into_iter().zip(1..).map(move |(mut action, run_order)| {
            action.name = format!("{}-{name}", action.name);
            action.run_order = run_order;
            action.or_env(env)
        })
    }
}

/// Targets that are deployed to at the same time: one stage, or several where one would hold too many actions.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let bundle = Artifact::new("Bundle");
/// let targets = (1..=120).map(|n| {
///     let deploy = DeployStack::new("baseline", bundle.file("baseline.yaml"));
///     Target::new(Env::new(&format!("200000000{n:03}"), "eu-west-1")).action(Action::new("Deploy", deploy))
/// });
/// let wave = Wave::new("Fleet").targets(targets);
/// let stages = wave.into_stages();
/// assert!((3..=6).contains(&stages.len()));
/// ```
///
/// # Which target goes where
///
/// The place of a target follows from its name, not from its position: the order in which targets are added has no meaning,
/// and adding or removing one leaves the others where they are unless its stage is full or no longer needed. Every target
/// has a number, the first 64 bits of the SHA-256 of its name. The wave begins with one stage, named like the wave. When a
/// stage holds too many actions it is halved: targets with an even number stay, those with an odd one go to one new stage;
/// the next time the second-lowest bit decides, and so on. So when a target is added to a stage that is **full**, a part of
/// this one stage moves to one new stage; and when one is removed so that both halves **fit into one** again, that part
/// comes back. All other stages stay as they are. Stages are named `<wave>`, `<wave>-2`, `<wave>-3` …, with gaps where no
/// half was needed, and run in the order of these numbers. On average they are two thirds full.
///
/// What a target needs in its account does not depend on its stage: roles, stacks and logical ids stay even then, and the
/// names of actions come from the target alone.
///
/// # Limits
///
/// A stage takes 50 actions, unless AWS raised that for the account and [`actions_per_stage`](Self::actions_per_stage) says
/// so; a pipeline takes 50 stages and 1,000 actions. Stages run one after the other: the next one begins when all targets
/// of the one before are done, and a failure stops those behind it.
/// See <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>.
#[derive(Clone, Debug)]
#[must_use]
pub struct Wave {
    name: String,
    targets: Vec<Target>,
    actions_per_stage: usize,
    at_once: usize,
    location: Caller,
}

impl Wave {
    /// A wave without targets. Its stages are named after it: letters, digits and `.@_-`, with room for a number.
    #[track_caller]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            targets: Vec::new(),
            actions_per_stage: ACTIONS_OF_A_STAGE.value,
            at_once: usize::MAX,
            location: Location::caller(),
        }
    }

    /// Adds a target.
    pub fn target(mut self, target: Target) -> Self {
        self.targets.push(target);
        self
    }

    /// Adds targets.
    pub fn targets(mut self, targets: impl IntoIterator<Item = Target>) -> Self {
        self.targets.extend(targets);
        self
    }

    /// The most targets that are deployed to at the same time; as many as a stage takes, when absent. At least 1.
    pub fn at_once(mut self, targets: usize) -> Self {
        self.at_once = targets.max(1);
        self
    }

    /// The most actions of a stage, where AWS raised the quota of 50. At least 1.
    pub fn actions_per_stage(mut self, actions: usize) -> Self {
        self.actions_per_stage = actions.max(1);
        self
    }

    /// The stages, for pipelines that have something between them; [`Pipeline::wave`](crate::Pipeline::wave) adds them all.
    /// A wave without targets is one stage without actions, which the synthesis reports.
    #[must_use]
    pub fn into_stages(self) -> Vec<Stage> {
        let (actions, targets) = (self.actions_per_stage, self.at_once);
        let fits = |bin: &[Target]| {
            bin.len() <= targets && bin.iter().map(|target| target.actions.len()).sum::<usize>() <= actions
        };
        let mut bins: Vec<Bin> = Vec::new();
        let mut open = vec![Bin { number: 0, halved: 0, targets: self.targets }];
        while let Some(mut bin) = open.pop() {
            // Targets of one name can never be told apart; that they clash is reported.
            let names: BTreeSet<&str> = bin.targets.iter().map(|target| &*target.name).collect();
            if fits(&bin.targets) || names.len() < 2 || bin.halved == BITS {
                bins.push(bin);
                continue;
            }
            let bit = 1_u64 << bin.halved;
            let (stay, go) = bin.targets.drain(..).partition(|target: &Target| number(&target.name) & bit == 0);
            let halved = bin.halved + 1;
            open.push(Bin { number: bin.number, halved, targets: stay });
            open.push(Bin { number: bin.number | bit, halved, targets: go });
        }
        bins.retain(|bin| !bin.targets.is_empty() || bin.number == 0 && bin.halved == 0);
        bins.sort_by_key(|bin| bin.number);
        let stages = bins.into_iter().map(|mut bin| {
            bin.targets.sort_by(|one, other| one.name.cmp(&other.name));
            let name = match bin.number {
                0 => self.name.clone(),
                n => format!("{}-{}", self.name, u128::from(n) + 1),
            };
            let mut stage = Stage::new(name).actions(bin.targets.into_iter().flat_map(Target::into_actions));
            stage.location = self.location;
            stage.packed = true;
            stage
        });
        stages.collect()
    }
}

/// A stage while targets are being divided.
struct Bin {
    /// The bits that its targets have in common, which is also its name.
    number: u64,
    /// How many bits those are.
    halved: u32,
    targets: Vec<Target>,
}

fn number(name: &str) -> u64 {
    let digest = Sha256::digest(name.as_bytes());
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::providers::ManualApproval;

    fn target(n: usize, actions: usize) -> Target {
        let env = Env::new(&format!("2{n:011}"), "eu-west-1");
        (0..actions)
            .fold(Target::new(env), |target, n| target.action(Action::new(format!("Step{n}"), ManualApproval::new())))
    }

    /// The stage of every action, by the action's name.
    fn places(wave: Wave) -> BTreeMap<String, String> {
        let mut places = BTreeMap::new();
        for stage in wave.into_stages() {
            for action in stage.actions {
                assert!(places.insert(action.name, stage.name.clone()).is_none());
            }
        }
        places
    }

    #[test]
    fn what_fits_is_one_stage_and_what_does_not_is_divided() {
        let stages = |n| Wave::new("Fleet").targets((0..n).map(|n| target(n, 1))).into_stages();
        let names = |n| stages(n).iter().map(|stage| stage.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(50), ["Fleet"]);
        assert_eq!(names(51), ["Fleet", "Fleet-2"]);
        assert!(names(300).len() <= 12, "{:?}", names(300));
        assert!(names(1_000).len() <= 45, "{:?}", names(1_000));
    }

    #[test]
    fn a_part_without_targets_is_no_stage() {
        let stages = Wave::new("Fleet").targets([0, 2, 4, 5].map(|n| target(n, 1))).at_once(2).into_stages();
        let sizes: Vec<_> = stages.iter().map(|stage| (&*stage.name, stage.actions.len())).collect();
        assert_eq!(sizes, [("Fleet-4", 2), ("Fleet-8", 2)]);
    }

    #[test]
    fn changing_these_moves_actions() {
        let places = places(Wave::new("Fleet").targets((0..6).map(|n| target(n, 1))).at_once(3));
        let expected = [
            ("Step0-200000000000-eu-west-1", "Fleet-8"),
            ("Step0-200000000001-eu-west-1", "Fleet"),
            ("Step0-200000000002-eu-west-1", "Fleet-8"),
            ("Step0-200000000003-eu-west-1", "Fleet"),
            ("Step0-200000000004-eu-west-1", "Fleet-4"),
            ("Step0-200000000005-eu-west-1", "Fleet-4"),
        ];
        let got: Vec<(&str, &str)> = places.iter().map(|(action, stage)| (&**action, &**stage)).collect();
        assert_eq!(got, expected);
        assert_eq!(number("200000000000-eu-west-1"), 0x0b52_c91a_b6a9_a0c7);
    }

    #[test]
    fn actions_of_a_target_stay_together_and_run_in_their_order() {
        let stages = Wave::new("Fleet").targets((0..30).map(|n| target(n, 3))).into_stages();
        for stage in stages {
            for actions in stage.actions.chunks(3) {
                let orders: Vec<u32> = actions.iter().map(|action| action.run_order).collect();
                assert_eq!(orders, [1, 2, 3]);
                assert!(actions.iter().all(|action| action.account == actions[0].account));
            }
        }
    }

    #[test]
    fn targets_that_cannot_be_divided_share_a_stage() {
        let twins = || [target(1, 1), target(1, 1)];
        assert_eq!(Wave::new("Fleet").targets(twins()).at_once(1).into_stages().len(), 1);
        assert_eq!(Wave::new("Fleet").into_stages().len(), 1);
    }

    proptest! {
        #[test]
        fn a_target_more_moves_no_other_unless_its_stage_was_full(
            n in 1..200usize, actions in 1..4usize, at_once in 1..60usize, reversed in any::<bool>(),
        ) {
            let wave = |n: usize| {
                let mut targets: Vec<Target> = (0..n).map(|n| target(n, actions)).collect();
                if reversed { targets.reverse() }
                Wave::new("Fleet").targets(targets).at_once(at_once)
            };
            let (before, after) = (places(wave(n)), places(wave(n + 1)));
            let moved: Vec<&String> = before.iter().filter(|(action, stage)| after[*action] != **stage).map(|(action, _)| action).collect();
            prop_assert_eq!(after.len(), before.len() + actions);
            let from: BTreeSet<&String> = moved.iter().map(|action| &before[*action]).collect();
            prop_assert!(from.len() <= 1, "several stages were touched: {:?}", from);
            if let Some(stage) = from.first() {
                let there = before.values().filter(|other| other == stage).count();
                let full = there / actions == at_once || there + actions > ACTIONS_OF_A_STAGE.value;
                prop_assert!(full, "{stage} had room, with {there} actions");
            }
        }

        #[test]
        fn a_target_less_moves_no_other_unless_two_stages_fit_into_one(
            n in 2..100usize, gone in any::<prop::sample::Index>(), actions in 1..4usize, at_once in 1..60usize,
        ) {
            let gone = gone.index(n);
            let wave = |without: Option<usize>| {
                let targets = (0..n).filter(|n| Some(*n) != without).map(|n| target(n, actions));
                places(Wave::new("Fleet").targets(targets).at_once(at_once))
            };
            let (before, after) = (wave(None), wave(Some(gone)));
            let moved = || after.iter().filter(|(action, stage)| before[*action] != **stage);
            let to: BTreeSet<&String> = moved().map(|(_, stage)| stage).collect();
            prop_assert!(to.len() <= 1, "they go to several stages: {:?}", to);
            let stages: BTreeSet<&String> = after.values().collect();
            for (action, _) in moved() {
                prop_assert!(!stages.contains(&before[action]), "{} left a stage that is still there", action);
            }
        }

        #[test]
        fn no_stage_is_too_full_and_no_action_is_lost(n in 1..400usize, actions in 1..5usize, at_once in 1..60usize) {
            let stages = Wave::new("Fleet").targets((0..n).map(|n| target(n, actions))).at_once(at_once).into_stages();
            prop_assert_eq!(stages.iter().map(|stage| stage.actions.len()).sum::<usize>(), n * actions);
            for stage in stages {
                prop_assert!((1..=ACTIONS_OF_A_STAGE.value.min(at_once * actions)).contains(&stage.actions.len()));
            }
        }
    }
}
