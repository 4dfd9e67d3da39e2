//! Apps that are changed, edit by edit: what CloudFormation would refuse of the next version, or what would break meanwhile.

#[path = "changes/conflicts.rs"]
mod conflicts;
#[path = "changes/meanwhile.rs"]
mod meanwhile;

use std::collections::BTreeSet;

use construct_core::Assembly;
use construct_pipeline::prelude::*;
use construct_tests::evolving::{Edit, World};
use construct_tests::programs::HOME;
use construct_tests::template;
use proptest::array::uniform5;
use proptest::collection::vec;
use proptest::prelude::*;

use self::conflicts::{Cloud, Conflict};
use super::{assembly, cases, is_sound};

fn free() -> impl Strategy<Value = Edit> {
    (0..Edit::FREE, uniform5(0..1_000_usize)).prop_map(|(n, numbers)| Edit::free(n, numbers))
}

fn bound() -> impl Strategy<Value = Edit> {
    (0..Edit::BOUND, 0..1_000_usize, 0..1_000_usize).prop_map(|(n, line, to)| Edit::bound(n, line, to))
}

/// The same app behind some edits, with the last version that could be deployed and what stands beside it. Edits that give
/// findings are left out, as a person would take them back.
fn evolved(edits: &[Edit]) -> Result<(World, Assembly, Cloud), TestCaseError> {
    let mut world = World::default();
    let mut before = assembly(world.app())?;
    let mut cloud = Cloud::default();
    for edit in edits {
        let edited = world.edited(*edit);
        let Ok(after) = edited.app().synth() else { continue };
        for conflict in cloud.update(&before, &after) {
            prop_assert!(conflict.is_documented(), "{edit:?} after {world:#?}: {conflict:?}");
        }
        let broken = meanwhile::broken(&before, &after);
        prop_assert!(broken.is_empty(), "{edit:?} after {world:#?}: {broken:#?}");
        (world, before) = (edited, after);
    }
    Ok((world, before, cloud))
}

proptest! {
    #![proptest_config(cases(6))]

    /// In every order, whatever was changed before, and without a bad moment for the pipelines that stay as they are.
    #[test]
    fn what_may_be_changed_can_be_deployed(edits in vec(free(), 1..14)) {
        let (_, last, _) = evolved(&edits)?;
        is_sound(&last)?;
    }

    /// The guide says of the others what CloudFormation has against them: no more than that.
    #[test]
    fn what_may_not_be_changed_fails_as_the_guide_says(edits in vec(free(), 0..6), edit in bound()) {
        let (world, before, mut cloud) = evolved(&edits)?;
        if let Ok(after) = world.edited(edit).app().synth() {
            for conflict in cloud.update(&before, &after) {
                let is_expected = match edit {
                    Edit::AppPath(_) | Edit::PipelinePath(..) => matches!(conflict, Conflict::Replaced(_)),
                    Edit::LineId(_) => matches!(conflict, Conflict::OtherId(_)),
                    Edit::LineStack(..) | Edit::LineRegion(..) | Edit::LineAccount(..) => {
                        matches!(conflict, Conflict::Moved(_))
                    }
                    _ => false,
                };
                prop_assert!(is_expected || conflict.is_documented(), "{edit:?} after {world:#?}: {conflict:?}");
            }
        }
    }
}

/// A pipeline that deploys at home, and in some other accounts.
fn deploying_to(accounts: &[&'static str], settings: StoreSettings) -> BTreeSet<(String, Option<String>)> {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let source = Artifact::new("Source");
    let deploy = |account: &str| {
        let deploy = DeployStack::new("orders", source.file("template.yaml"));
        Action::new(format!("Deploy-{account}"), deploy.administrator_permissions()).account(account)
    };
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
    let deploys = std::iter::once(HOME.account.as_str()).chain(accounts.iter().copied()).map(deploy);
    let pipeline = Pipeline::new("orders")
        .stage(Stage::new("Source").action(checkout))
        .stage(Stage::new("Deploy").actions(deploys.collect::<Vec<_>>()))
        .store_settings(settings);
    app.at(tools).add("Pipeline", pipeline);
    kept(&app.synth().expect("nothing is wrong"))
}

/// What stays when it leaves its stack, with its name if it has one.
fn kept(assembly: &Assembly) -> BTreeSet<(String, Option<String>)> {
    let mut all = BTreeSet::new();
    for stack in assembly.stacks() {
        for (_, resource) in template::resources(&template::of(stack)) {
            if resource["DeletionPolicy"] == "Retain" {
                let kind = resource["Type"].as_str().unwrap_or_default();
                all.insert((kind.to_owned(), template::physical_name(resource).map(str::to_owned)));
            }
        }
    }
    all
}

/// What the guide tells of the last other account, and that what it advises holds.
#[test]
fn the_key_leaves_with_the_last_other_account_unless_it_is_said_to_stay() {
    let left = |settings: &dyn Fn() -> StoreSettings| {
        let (with, without) = (deploying_to(&["333333333333"], settings()), deploying_to(&[], settings()));
        with.difference(&without).map(|(kind, _)| kind.clone()).collect::<Vec<_>>()
    };
    assert_eq!(left(&StoreSettings::new), ["AWS::KMS::Alias", "AWS::KMS::Key"]);
    assert_eq!(left(&|| StoreSettings::new().customer_managed_key()), [""; 0]);
}

#[test]
fn under_another_name_a_pipeline_may_move_and_its_roles_have_another_path() {
    let world = World::default();
    let before = world.app().synth().expect("nothing is wrong");
    for moved in [Edit::LineRegion(0, 1), Edit::LineAccount(0, 1), Edit::LineStack(0, 2), Edit::PipelinePath(0, 1)] {
        let conflicts = |world: &World| {
            let after = world.edited(moved).app().synth().expect("nothing is wrong");
            Cloud::default().update(&before, &after)
        };
        assert!(!conflicts(&world).is_empty(), "{moved:?} needs the name");
        let conflicts = conflicts(&world.edited(Edit::LineName(0)));
        assert!(conflicts.is_empty(), "{moved:?}: {conflicts:?}");
    }
}
