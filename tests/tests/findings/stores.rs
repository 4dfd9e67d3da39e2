//! Artifact stores that the user gives.

use super::*;

const KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// A pipeline that deploys to another account.
fn across(source: &Artifact, deploy: Action) -> Pipeline {
    Pipeline::new("orders").stage(checkout(source)).stage(Stage::new("Deploy").action(deploy))
}

#[test]
fn imported_store_without_a_key_in_a_pipeline_across_accounts() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source)).account(OTHER); //~ error store::key-required at Tools/Pipeline: 222222222222
    let store = ImportedArtifactStore::new("platform-artifacts", "us-east-1");
    check(placed(across(&source, action).artifact_store(store)));
}

#[test]
fn imported_store_without_a_key_is_told_to_name_one_wherever_it_stands() {
    for is_placed in [false, true] {
        let source = Artifact::new("Source");
        let mut app = App::new();
        let tools = app.stack("Tools", HOME);
        let store = ImportedArtifactStore::new("platform-artifacts", "us-east-1");
        let action = Action::new("Deploy", deployment(&source)).account(OTHER);
        let pipeline = across(&source, action);
        let pipeline = if is_placed {
            let placed = app.at(tools).add("Store", store);
            pipeline.artifact_store(placed)
        } else {
            pipeline.artifact_store(store)
        };
        app.at(tools).add("Pipeline", pipeline);
        let error = app.synth().expect_err("the store has no key");
        let found = error.findings().and_then(|all| all.iter().next()).expect("that is found");
        assert_eq!(found.code(), "store::key-required");
        assert!(found.help_text().is_some_and(|help| help.contains(".key(")), "{found}");
    }
}

#[test]
fn own_store_without_a_key_in_a_pipeline_across_accounts() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let store = app.at(tools).add("Store", ArtifactStore::new("delivery").aws_managed_key());
    let action = Action::new("Deploy", deployment(&source)).account(OTHER); //~ error store::key-required at Tools/Pipeline: 222222222222
    app.at(tools).add("Pipeline", across(&source, action).artifact_store(store));
    check(app);
}

#[test]
fn replica_store_without_a_key_in_a_pipeline_across_accounts() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source)).account(OTHER).region("eu-west-1"); //~ error store::key-required at Tools/Pipeline: eu-west-1
    let store = ImportedArtifactStore::new("platform-artifacts", "eu-west-1");
    check(placed(across(&source, action).replica_store("eu-west-1", store)));
}

#[test]
fn store_in_another_region() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source));
    let store = ImportedArtifactStore::new("platform-artifacts", "eu-west-1"); //~ error store::wrong-region at Tools/Pipeline: eu-west-1
    check(placed(across(&source, action).artifact_store(store)));
}

#[test]
fn imported_store_in_an_unknown_region() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source));
    let store = ImportedArtifactStore::new("platform-artifacts", "us-east1"); //~ error env::unknown-region at Tools/Pipeline…: `us-east1`
    check(placed(across(&source, action).artifact_store(store)));
}

#[test]
fn store_in_another_account() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let other = app.stack("Other", Env::new("222222222222", "us-east-1"));
    let store = app.at(other).add("Store", ArtifactStore::new("delivery"));
    let tools = app.stack("Tools", HOME);
    let pipeline = across(&source, Action::new("Deploy", deployment(&source))).artifact_store(store);
    app.at(tools).add("Pipeline", pipeline); //~ error store::wrong-account at Tools/Pipeline: 222222222222
    check(app);
}

#[test]
fn replica_store_in_the_region_of_the_pipeline() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source));
    let store = ImportedArtifactStore::new("platform-artifacts", "us-east-1"); //~ error store::replica-at-home at Tools/Pipeline: us-east-1
    check(placed(across(&source, action).replica_store("us-east-1", store)));
}

#[test]
fn two_replica_stores_in_one_region() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source)).region("eu-west-1");
    let store = || ImportedArtifactStore::new("platform-artifacts", "eu-west-1"); //~ error store::duplicate-replica at Tools/Pipeline: eu-west-1
    let pipeline = across(&source, action).replica_store("eu-west-1", store()).replica_store("eu-west-1", store());
    check(placed(pipeline));
}

#[test]
fn replica_store_where_nothing_runs() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source));
    let store = ImportedArtifactStore::new("platform-artifacts", "eu-west-1"); //~ warning store::unused-replica at Tools/Pipeline: eu-west-1
    check(placed(across(&source, action).replica_store("eu-west-1", store)));
}

#[test]
fn imported_store_whose_key_is_an_alias() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source)).account(OTHER);
    let store = ImportedArtifactStore::new("platform-artifacts", "us-east-1").key("alias/platform"); //~ error kms::malformed-key-arn at Tools/Pipeline…: `alias/platform`
    check(placed(across(&source, action).artifact_store(store)));
}

#[test]
fn imported_store_whose_key_is_an_alias_of_another_account() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source)).account(OTHER);
    let alias = "arn:aws:kms:us-east-1:444444444444:alias/platform";
    let store = ImportedArtifactStore::new("platform-artifacts", "us-east-1").key(alias); //~ warning store::alias-of-another-account at Tools/Pipeline: account 444444444444
    check(placed(across(&source, action).artifact_store(store)));
}

#[test]
fn imported_store_whose_key_is_in_another_region() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source)).account(OTHER).region("eu-west-1");
    let store = ImportedArtifactStore::new("platform-artifacts", "eu-west-1").key(KEY); //~ error store::key-in-other-region at Tools/Pipeline: us-east-1
    check(placed(across(&source, action).replica_store("eu-west-1", store)));
}

#[test]
fn imported_store_by_the_arn_of_its_bucket() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source));
    let store = ImportedArtifactStore::new("arn:aws:s3:::platform-artifacts", "us-east-1"); //~ error s3::malformed-bucket-name at Tools/Pipeline…: `arn:aws:s3:::platform-artifacts`
    check(placed(across(&source, action).artifact_store(store)));
}

#[test]
fn two_stores_of_one_name() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("One", ArtifactStore::new("delivery"));
    app.at(tools).add("Two", ArtifactStore::new("delivery"));
    //~^ error resource::duplicate-name at Tools/Two/Alias: `alias/codepipeline-delivery-
    //~^^ error resource::duplicate-name at Tools/Two/Bucket: `delivery-us-east-1-
    check(app);
}

#[test]
fn foreign_action_that_writes_into_a_replica() {
    let (source, out) = (Artifact::new("Source"), Artifact::new("Out")); //~ warning artifact::unread at Tools/Pipeline: `Out`
    let deploy = deployment(&source).output(&out, "outputs.json");
    let action = Action::new("Deploy", deploy).account(OTHER).region("eu-west-1"); //~ warning store::alias-written-across-accounts at Tools/Pipeline: eu-west-1
    check(placed(across(&source, action)));
}

#[test]
fn settings_that_services_refuse() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source)).account(OTHER);
    let settings = StoreSettings::new().expire_after_days(0).key_administrators(["admin"]);
    check(placed(across(&source, action).store_settings(settings)));
    //~^ error s3::expiry at Tools/Pipeline: 0 days
    //~^^ error kms::malformed-administrator at Tools/Pipeline: `admin`
}

/// What planning would find below a pipeline follows from the mistakes of the pipeline, but these do not.
#[test]
fn settings_beside_another_mistake() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source)).account(OTHER).run_order(0); //~ error action::run-order at Tools/Pipeline: 0
    let settings = StoreSettings::new().expire_after_days(0).key_administrators(["admin"]);
    check(placed(across(&source, action).store_settings(settings)));
    //~^ error s3::expiry at Tools/Pipeline: 0 days
    //~^^ error kms::malformed-administrator at Tools/Pipeline: `admin`
}

#[test]
fn one_project_for_stores_with_two_keys() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let project = app.at(tools).add("Build", PipelineProject::new()); //~ error codebuild::two-artifact-keys at Tools/Build/Resource: `orders` has that of its store, `invoices` has
    for name in ["orders", "invoices"] {
        let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
        let build = Action::new("Build", CodeBuild::new(project, &source).output(&bundle));
        let deploy = Action::new("Deploy", deployment(&bundle)).account(OTHER);
        let pipeline = Pipeline::new(name).stage(checkout(&source));
        let pipeline = pipeline.stage(Stage::new("Build").action(build)).stage(Stage::new("Deploy").action(deploy));
        app.at(tools).add(name, pipeline);
    }
    check(app);
}

/// That nothing runs in the region it is given for is no second mistake.
#[test]
fn replica_store_given_for_another_region() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source));
    let store = ImportedArtifactStore::new("platform-artifacts", "eu-west-1"); //~ error store::wrong-region at Tools/Pipeline: eu-west-2
    check(placed(across(&source, action).replica_store("eu-west-2", store)));
}

/// What is wrong with the pipeline does not hide what is wrong with a store that is imported at another line.
#[test]
fn imported_store_beside_another_mistake() {
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source)).account("22222222222"); //~ error env::malformed-account at Tools/Pipeline: `22222222222`
    let store = ImportedArtifactStore::new("Platform", "us-east-1"); //~ error s3::malformed-bucket-name at Tools/Pipeline/ImportedStore-us-east-1/Bucket: `Platform`
    check(placed(across(&source, action).artifact_store(store)));
}

#[test]
fn settings_of_a_store_that_is_given() {
    let source = Artifact::new("Source");
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source));
    let pipeline = pipeline.artifact_store(ImportedArtifactStore::new("platform-artifacts", HOME.region));
    check(placed(pipeline.store_settings(StoreSettings::new().versioned()))); //~ warning store::unused-settings at Tools/Pipeline: all of its stores are given
}

#[test]
fn permissions_of_a_role_that_is_given() {
    let source = Artifact::new("Source");
    let deployment = deployment(&source).deployment_role(Role::import("arn:aws:iam::111111111111:role/deployer"));
    let action = Action::new("Deploy", deployment); //~ warning role::unused-permissions at Tools/Pipeline: `Deploy` of stage
    check(placed(across(&source, action)));
}

#[test]
fn access_logs_of_several_regions_in_one_bucket() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let by_region = Value::<kind::Name>::new(text!("logs-{}", Pseudo::Region));
    for (name, bucket) in [("one", Value::from("logs")), ("each", by_region)] {
        let source = Artifact::new("Source");
        let deploy = Action::new("Deploy", deployment(&source)).region("eu-west-1");
        let settings = StoreSettings::new().access_log_bucket(bucket);
        let pipeline = Pipeline::new(name).stage(checkout(&source)).store_settings(settings);
        app.at(tools).add(name, pipeline.stage(Stage::new("Deploy").action(deploy))); //~ error store::one-log-bucket at Tools/one: eu-west-1, us-east-1
    }
    check(app);
}

#[test]
fn access_logs_of_a_group_of_several_regions_in_one_bucket() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let settings = StoreSettings::new().access_log_bucket("logs");
    let group = app.at(tools).add("Group", ScaffoldGroup::new("platform").store_settings(settings));
    let source = Artifact::new("Source");
    let action = Action::new("Deploy", deployment(&source)).region("eu-west-1");
    app.at(tools).add("Pipeline", across(&source, action).scaffold_group(group)); //~ error store::one-log-bucket at Tools/Pipeline: eu-west-1, us-east-1
    check(app);
}

#[test]
fn pipelines_of_one_store_whose_names_begin_alike() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    let store = scope.add("Store", ArtifactStore::new("platform"));
    let source = Artifact::new("Source");
    let pipeline =
        |name: &str| Pipeline::new(name).stage(checkout(&source)).stage(deploy(&source)).artifact_store(store);
    scope.add("One", pipeline("orders-of-all-customers-web"));
    scope.add("Other", pipeline("invoices"));
    scope.add("Two", pipeline("orders-of-all-customers-api")); //~ warning store::same-folder at Tools/Two: 20 characters
    check(app);
}

#[test]
fn pipelines_that_import_one_store_each_for_itself() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    let source = Artifact::new("Source");
    let import = |bucket: &str| ImportedArtifactStore::new(bucket, HOME.region); //~ warning store::imported-by-each at Tools/Two: `one`, `two` and `three` import the bucket `platform`
    let once = scope.add("Store", import("shared-once"));
    let pipeline = |name: &str| Pipeline::new(name).stage(checkout(&source)).stage(deploy(&source));
    scope.add("One", pipeline("one").artifact_store(import("platform")));
    scope.add("Other", pipeline("other").artifact_store(import("others")));
    scope.add("Two", pipeline("two").artifact_store(import("platform")));
    scope.add("Three", pipeline("three").artifact_store(import("platform")));
    scope.add("Four", pipeline("four").artifact_store(once));
    scope.add("Five", pipeline("five").artifact_store(once));
    check(app);
}

/// However many they are, it is one mistake.
#[test]
fn many_pipelines_of_one_store_whose_names_begin_alike() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    let store = scope.add("Store", ArtifactStore::new("platform"));
    let source = Artifact::new("Source");
    let pipeline = |n: usize| Pipeline::new(format!("orders-of-all-customers-{n}")).artifact_store(store);
    for n in 0..7 {
        scope.add(format!("P{n}"), pipeline(n).stage(checkout(&source)).stage(deploy(&source))); //~ warning store::same-folder at Tools/P1: `orders-of-all-customers-4` and 2 more begin
    }
    check(app);
}

#[test]
fn key_that_no_id_names() {
    let source = Artifact::new("Source");
    let pipeline =
        |store| Pipeline::new("orders").artifact_store(store).stage(checkout(&source)).stage(deploy(&source));
    for id in [String::new(), "x".repeat(401)] {
        let store = ImportedArtifactStore::new("artifacts", "us-east-1").key_id(id); //~ error store::malformed-key-id at Tools/Pipeline…: characters
        check(placed(pipeline(store)));
    }
}
