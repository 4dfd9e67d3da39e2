//! Groups of pipelines.

use super::*;

/// A pipeline that deploys to another account.
fn across(name: &str) -> Pipeline {
    let source = Artifact::new("Source");
    let deploy = Action::new("Deploy", deployment(&source)).account(OTHER);
    Pipeline::new(name).stage(checkout(&source)).stage(Stage::new("Deploy").action(deploy))
}

#[test]
fn group_with_a_malformed_name() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let group = app.at(tools).add("Group", ScaffoldGroup::new("our platform")); //~ error group::malformed-name at Tools/Group: `our platform`
    app.at(tools).add("Pipeline", across("orders").scaffold_group(group));
    check(app);
}

#[test]
fn group_without_role_stacks() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let group = app.at(tools).add("Group", ScaffoldGroup::new("platform").role_stacks(0)); //~ error group::role-stacks at Tools/Group: 0
    app.at(tools).add("Pipeline", across("orders").scaffold_group(group));
    check(app);
}

#[test]
fn group_without_a_pipeline() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Group", ScaffoldGroup::new("platform")); //~ warning group::without-pipeline at Tools/Group: `platform`
    check(app);
}

#[test]
fn group_of_another_app() {
    let mut other = App::new();
    let tools = other.stack("Tools", HOME);
    let group = other.at(tools).add("Group", ScaffoldGroup::new("platform"));
    check(placed(across("orders").scaffold_group(group))); //~ error group::foreign-handle at Tools/Pipeline: another app
}

#[test]
fn group_in_another_region() {
    let mut app = App::new();
    let there = app.stack("There", Env::new("111111111111", "eu-west-1"));
    let group = app.at(there).add("Group", ScaffoldGroup::new("platform"));
    app.at(there).add("Pipeline", across("billing").scaffold_group(group));
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Pipeline", across("orders").scaffold_group(group)); //~ error group::other-environment at Tools/Pipeline: eu-west-1
    check(app);
}

#[test]
fn group_in_another_account() {
    let mut app = App::new();
    let there = app.stack("There", Env::new(OTHER, "us-east-1"));
    let group = app.at(there).add("Group", ScaffoldGroup::new("platform"));
    app.at(there).add("Pipeline", across("billing").scaffold_group(group));
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Pipeline", across("orders").scaffold_group(group)); //~ error group::other-environment at Tools/Pipeline: `There/Group`
    check(app);
}

#[test]
fn store_settings_beside_a_group() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let group = app.at(tools).add("Group", ScaffoldGroup::new("platform"));
    let settings = StoreSettings::new().expire_after_days(30);
    app.at(tools).add("Pipeline", across("orders").scaffold_group(group).store_settings(settings)); //~ error group::store-settings at Tools/Pipeline: its group
    check(app);
}

#[test]
fn pipelines_of_a_group_whose_artifacts_are_in_folders_of_one_name() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let group = app.at(tools).add("Group", ScaffoldGroup::new("platform"));
    app.at(tools).add("Orders", across("enterprise-delivery-orders").scaffold_group(group));
    app.at(tools).add("Billing", across("enterprise-delivery-billing").scaffold_group(group)); //~ warning group::same-folder at Tools/Billing: `enterprise-delivery-orders`, `enterprise-delivery-billing` and `enterprise-delivery-returns` of the group
    app.at(tools).add("Returns", across("enterprise-delivery-returns").scaffold_group(group));
    check(app);
}

#[test]
fn two_groups_of_one_name() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    for id in ["One", "Two"] {
        let group = app.at(tools).add(id, ScaffoldGroup::new("platform")); //~ error resource::duplicate-name at Tools/Two: `platform`
        app.at(tools).add(format!("Pipeline{id}"), across(id).scaffold_group(group));
    }
    check(app);
}

#[test]
fn wrong_pipeline_of_a_group() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let group = app.at(tools).add("Group", ScaffoldGroup::new("platform"));
    let deploy = Action::new("Deploy", deployment(&source)).account(OTHER);
    let pipeline = Pipeline::new("orders").role_path("delivery").stage(checkout(&source));
    let pipeline = pipeline.stage(Stage::new("Deploy").action(deploy));
    app.at(tools).add("Pipeline", pipeline.scaffold_group(group)); //~ error pipeline::malformed-role-path at Tools/Pipeline: `delivery`
    check(app);
}

#[test]
fn artifact_written_from_another_account_into_the_store_of_a_group_in_another_stack() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let shared = app.stack("Shared", HOME);
    let group = app.at(shared).add("Group", ScaffoldGroup::new("platform"));
    let tools = app.stack("Tools", HOME);
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source)).account(OTHER); //~ warning store::alias-written-across-accounts at Tools/Pipeline: 222222222222
    let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(checkout)).stage(deploy(&source));
    app.at(tools).add("Pipeline", pipeline.scaffold_group(group));
    check(app);
}
