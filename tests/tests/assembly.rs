//! Assemblies: what is in the main example's, and what holds for all of them.
//!
//! The snapshots are the files of the assembly of `examples/cross_account.rs`. After a change that is meant,
//! `INSTA_UPDATE=always cargo test --package construct-tests --test assembly` writes them anew: read what `git diff` says.

#[path = "../../examples/cross_account.rs"]
#[expect(dead_code, unreachable_pub, reason = "a program, which is not written to be a module")]
mod cross_account;

#[path = "assembly/added.rs"]
mod added;

#[path = "assembly/crash.rs"]
mod crash;

#[path = "assembly/writer.rs"]
mod writer;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use construct_core::Assembly;
use construct_pipeline::prelude::*;
use construct_tests::{TempDir, names_in, programs, template};

/// The assembly of the main example.
fn example() -> Assembly {
    programs::assembly(cross_account::app())
}

fn folder() -> TempDir {
    TempDir::new(env!("CARGO_TARGET_TMPDIR"))
}

#[test]
fn the_example_is_as_it_was() {
    let files = example().files();
    assert_eq!(files.len(), 8, "a manifest, a tree and six templates");
    let stored = names_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots"));
    let stored: BTreeSet<&str> = stored.iter().filter_map(|name| name.strip_suffix(".snap")).collect();
    let written: BTreeSet<&str> = files.iter().map(|(name, _)| &**name).collect();
    assert!(stored.is_subset(&written), "snapshots of files that there are no more: remove them: {stored:#?}");
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (name, text) in files {
        settings.bind(|| insta::assert_snapshot!(name, text));
    }
}

#[test]
fn a_folder_may_have_the_longest_name_that_there_is() {
    let place = folder();
    let dir = place.join(&"x".repeat(255));
    for _ in 0..2 {
        example().write(&dir).unwrap();
    }
    assert_eq!(Assembly::read(&dir).unwrap(), example());
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn two_syntheses_give_the_same_bytes() {
    assert_eq!(example().files(), example().files());
}

#[test]
fn another_process_in_another_folder_gives_the_same_bytes() {
    let expected = programs::assembly(programs::orders("main"));
    for start in [folder(), folder()] {
        let out = start.join("out");
        let mut run = Command::new(env!("CARGO_BIN_EXE_writer"));
        let run = run.args(["run", "orders"]).current_dir(start.path()).env("CDK_OUTDIR", &out);
        assert!(run.output().expect("the program starts").status.success());
        for (name, text) in expected.files() {
            assert_eq!(std::fs::read_to_string(out.join(&name)).expect("every file is written"), text, "{name}");
        }
    }
}

#[test]
fn a_changed_word_changes_only_the_lines_it_stands_in() {
    let files = |branch| programs::assembly(programs::orders(branch)).files();
    let (before, after) = (files("main"), files("trunk"));
    let names = |files: &[(String, String)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
    let mut changed = Vec::new();
    for ((name, before), (_, after)) in before.iter().zip(&after) {
        assert_eq!(before.lines().count(), after.lines().count(), "{name}");
        for (before, after) in before.lines().zip(after.lines()).filter(|(before, after)| before != after) {
            assert_eq!(before.replace("main", "trunk"), after, "{name}");
            changed.push((&name[..name.len().min(27)], before.trim()));
        }
    }
    // The rule at home, the action, and the rule that forwards.
    let expected = [
        ("Tools.template.json", "\"main\""),
        ("Tools.template.json", "\"BranchName\": \"main\","),
        ("orders-scaffold-22222222222", "\"main\""),
    ];
    let in_any_order = |lines: &[(&str, &str)]| lines.iter().map(|(a, b)| format!("{a} {b}")).collect::<BTreeSet<_>>();
    assert_eq!(in_any_order(&changed), in_any_order(&expected));
    assert_eq!(changed.len(), expected.len(), "{changed:?}");
}

#[test]
fn what_is_written_is_read_again() {
    for assembly in [example(), programs::assembly(programs::first())] {
        let dir = folder();
        assembly.write(dir.join("out")).unwrap();
        assert_eq!(Assembly::read(dir.join("out")).unwrap(), assembly);
    }
}

#[test]
fn what_the_deploying_tool_is_told_of_a_stack_is_read_again() {
    let mut app = App::new();
    let role = |name: &str| format!("arn:aws:iam::111111111111:role/{name}");
    let props = StackProps::new(Env::new("111111111111", "us-east-1"))
        .assume_role_arn(role("deployer"))
        .cloudformation_execution_role_arn(role("executor"))
        .termination_protection(true);
    let tools = app.stack("Tools", props);
    app.attach(tools, Tag::new("team", "orders"));
    app.at(tools).add("Topic", Topic::new());
    let assembly = app.synth().unwrap();
    let dir = folder();
    assembly.write(dir.join("out")).unwrap();
    let read = Assembly::read(dir.join("out")).unwrap();
    assert_eq!(read, assembly);
    let stack = &read.stacks()[0];
    assert_eq!((&stack.assume_role_arn, &stack.execution_role_arn), (&Some(role("deployer")), &Some(role("executor"))));
    assert!(stack.termination_protection && stack.tags.len() == 1, "{stack:?}");
}

#[test]
fn an_assembly_that_lost_its_tree_is_read() {
    let dir = folder();
    let target = dir.join("out");
    example().write(&target).unwrap();
    std::fs::remove_file(target.join("tree.json")).unwrap();
    let read = Assembly::read(&target).unwrap();
    assert_eq!((read.stacks(), read.tree()), (example().stacks(), None));
    std::fs::remove_file(target.join(&read.stacks()[0].template_file)).unwrap();
    assert!(Assembly::read(&target).is_err());
}

/// The alias of the key tells nobody which key it is; its ARN is known when the replica is deployed.
#[test]
fn the_key_of_a_replica_is_named_exactly_by_a_parameter() {
    for (reference, is_parameter) in [(KeyReference::Alias, false), (KeyReference::Exact, true)] {
        let mut app = App::new();
        let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
        let source = Artifact::new("Source");
        let queues = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:eu-west-1:333333333333:orders-*"]);
        let deploy = DeployStack::new("orders", source.file("template.yaml")).allow(queues);
        let deploy = Action::new("Deploy", deploy).account("333333333333").region("eu-west-1");
        let pipeline = Pipeline::new("orders")
            .key_reference(reference)
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
            .stage(Stage::new("Deploy").action(deploy));
        app.at(tools).add("Pipeline", pipeline);
        let assembly = programs::assembly(app);
        let tools = template::of(assembly.stacks().iter().find(|stack| stack.id == "Tools").expect("a stack"));
        let parameters: Vec<&String> = tools["Parameters"].as_object().into_iter().flat_map(|all| all.keys()).collect();
        assert_eq!(parameters.len(), usize::from(is_parameter), "{parameters:?}");
        let is_output = |stack: &&construct_core::StackArtifact| {
            parameters.iter().any(|id| template::of(stack)["Outputs"][id.as_str()]["Value"]["Fn::GetAtt"][1] == "Arn")
        };
        assert_eq!(assembly.stacks().iter().filter(is_output).count(), usize::from(is_parameter));
    }
}

/// A pipeline runs as soon as it is there.
#[test]
fn stores_that_a_program_places_come_before_their_pipelines() {
    let at = |region| Env::new("111111111111", region);
    for is_near in [true, false] {
        let mut app = App::new();
        let tools = app.stack("Tools", at("us-east-1"));
        let home = if is_near { tools } else { app.stack("Store", at("us-east-1")) };
        let away = app.stack("StoreAway", at("eu-west-1"));
        let [store, replica] = [home, away].map(|stack| app.at(stack).add("Store", ArtifactStore::new("shared")));
        let source = Artifact::new("Source");
        let queues = PolicyStatement::allow(["sqs:*"]).on(["arn:aws:sqs:eu-west-1:333333333333:orders-*"]);
        let deploy = DeployStack::new("orders", source.file("template.yaml")).allow(queues);
        let pipeline = Pipeline::new("orders")
            .artifact_store(store)
            .replica_store("eu-west-1", replica)
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
            .stage(
                Stage::new("Deploy").action(Action::new("Deploy", deploy).account("333333333333").region("eu-west-1")),
            );
        app.at(tools).add("Pipeline", pipeline);
        let assembly = programs::assembly(app);
        let tools = assembly.stacks().iter().find(|stack| stack.id == "Tools").expect("it has the pipeline");
        assert!(tools.dependencies.iter().any(|one| one == "StoreAway"), "{:?}", tools.dependencies);
        assert_eq!(tools.dependencies.iter().any(|one| one == "Store"), !is_near);
        let template = template::of(tools);
        let (_, pipeline) = template::resources(&template)
            .find(|(_, resource)| resource["Type"] == "AWS::CodePipeline::Pipeline")
            .expect("it was added");
        let first = pipeline["DependsOn"].to_string();
        assert_eq!(first.contains("StoreBucketPolicy") && first.contains("StoreAlias"), is_near, "{first}");
    }
}

#[test]
fn roles_that_a_program_places_come_before_their_pipelines() {
    let home = Env::new("111111111111", "us-east-1");
    let far = Env::new("333333333333", "us-east-1");
    for (is_near, env) in [(true, home), (false, home), (false, far)] {
        let mut app = App::new();
        let tools = app.stack("Tools", home);
        let place = if is_near { tools } else { app.stack("Roles", env) };
        // More than fits into a role: the rest of its permissions is a managed policy, which has to be there, too.
        let buckets = (0..300).map(|n| format!("arn:aws:s3:::orders-{n:04}/*"));
        let read = PolicyStatement::allow(["s3:GetObject"]).on(buckets);
        let role = Role::trusting(PolicyDocument::new()).role_name("orders-performer").allow(read);
        let role = app.at(place).add("Performer", role);
        let source = Artifact::new("Source");
        let queues = PolicyStatement::allow(["sqs:*"]).on([Arn::regional(env, "sqs", "orders-*")]);
        let deploy = DeployStack::new("orders", source.file("template.yaml")).allow(queues);
        let mut release = Stage::new("Release").action(Action::new("Deploy", deploy).role(role));
        if env == home {
            let keeper = Role::trusting(PolicyDocument::new()).role_name("orders-keeper");
            let keeper = app.at(place).add("Keeper", keeper);
            let calm = ConditionRule::new("Calm", "CloudWatchAlarm").configuration("AlarmName", "errors").role(keeper);
            release = release.before_entry(Condition::new(StageResult::Fail).rule(calm));
        }
        let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
        let pipeline = Pipeline::new("orders").stage(Stage::new("Source").action(checkout)).stage(release);
        app.at(tools).add("Pipeline", pipeline);
        let assembly = programs::assembly(app);
        let tools = assembly.stacks().iter().find(|stack| stack.id == "Tools").expect("it has the pipeline");
        assert_eq!(tools.dependencies.iter().any(|one| one == "Roles"), !is_near, "{:?}", tools.dependencies);
        let template = template::of(tools);
        let (_, pipeline) = template::resources(&template)
            .find(|(_, resource)| resource["Type"] == "AWS::CodePipeline::Pipeline")
            .expect("it was added");
        let first = pipeline["DependsOn"].to_string();
        for role in ["\"Performer", "\"PerformerPermissions", "\"Keeper"] {
            assert_eq!(first.contains(role), is_near, "{role}: {first}");
        }
    }
}

#[test]
fn a_project_that_reads_for_several_pipelines_is_the_same_in_every_order() {
    let home = Env::new("111111111111", "us-east-1");
    let synthesised = |names: [&str; 2]| {
        let mut app = App::new();
        let tools = app.stack("Tools", home);
        let project = app.at(tools).add("Project", PipelineProject::new().build_spec_file("check.yml"));
        for name in names {
            let source = Artifact::new("Source");
            let queues = PolicyStatement::allow(["sqs:*"]).on([format!("arn:aws:sqs:us-east-1:333333333333:{name}-*")]);
            let deploy = DeployStack::new(name, source.file("template.yaml")).allow(queues);
            let check = Action::new("Check", CodeBuild::new(project, &source).test());
            let pipeline = Pipeline::new(name)
                .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new(name, &source))))
                .stage(Stage::new("Check").action(check))
                .stage(Stage::new("Deploy").action(Action::new("Deploy", deploy).account("333333333333")));
            app.at(tools).add(name, pipeline);
        }
        let assembly = programs::assembly(app);
        let projects = assembly.resources("AWS::CodeBuild::Project");
        projects.iter().map(|(_, project)| project["Properties"]["EncryptionKey"].clone()).collect::<Vec<_>>()
    };
    let keys = synthesised(["orders", "billing"]);
    assert!(keys[0].to_string().contains("billing"), "{keys:?}");
    assert_eq!(keys, synthesised(["billing", "orders"]));
}

/// Logical ids and names are how CloudFormation and other accounts know a resource.
#[test]
fn changing_these_replaces_resources() {
    let expected = [
        ("Tools", "Build58EAE1F8", "tools-build-project-68385060"),
        ("Tools", "BuildRole4B4028CF", "tools-build-role-c187be03"),
        ("Tools", "Pipeline37E1C775", "orders"),
        ("Tools", "PipelineRole1B266B42", "orders-us-east-1-pipeline-49481486"),
        ("Tools", "PipelineEventsRoleC140C2C3", "orders-us-east-1-events-bf026479"),
        ("Tools", "PipelineEventsFrom2222222222224723E084", "orders-222222222222-9fbe65fe"),
        ("Tools", "PipelineRuleCheckout81996433", ""),
        ("Tools", "PipelineStoreKey99EA9B33", ""),
        ("Tools", "PipelineStoreAlias022BC638", "alias/codepipeline-orders-c9eecf78"),
        ("Tools", "PipelineStoreBucketABA757C8", "orders-us-east-1-88d352ed"),
        ("Tools", "PipelineStoreBucketPolicy76473CB5", ""),
        ("orders-scaffold-111111111111-eu-west-1-1083f646", "StoreKey7869241A", ""),
        ("orders-scaffold-111111111111-eu-west-1-1083f646", "StoreAliasEC19ADFA", "alias/codepipeline-orders-e4d3b174"),
        ("orders-scaffold-111111111111-eu-west-1-1083f646", "StoreBucketF9EA13C6", "orders-eu-west-1-65eb4c68"),
        ("orders-scaffold-111111111111-eu-west-1-1083f646", "StoreBucketPolicyFABA4AB5", ""),
        ("orders-scaffold-222222222222-us-east-1-aefd59b0", "ActionRoleBDB07F03", "orders-us-east-1-action-93675131"),
        ("orders-scaffold-222222222222-us-east-1-aefd59b0", "EventsRole024D1690", "orders-us-east-1-events-2048d489"),
        ("orders-scaffold-222222222222-us-east-1-aefd59b0", "RuleCheckout3CB6A715", ""),
        ("orders-scaffold-333333333333-us-east-1-ab6fb092", "ActionRoleBDB07F03", "orders-us-east-1-action-9759e147"),
        ("orders-scaffold-333333333333-us-east-1-ab6fb092", "DeployRoleA8773588", "orders-us-east-1-deploy-5d56273c"),
        ("orders-scaffold-444444444444-eu-west-1-79707111", "ActionRoleBDB07F03", "orders-eu-west-1-action-10a2d654"),
        ("orders-scaffold-444444444444-eu-west-1-79707111", "DeployRoleA8773588", "orders-eu-west-1-deploy-a4726e06"),
        ("orders-scaffold-444444444444-us-east-1-d1d08898", "ActionRoleBDB07F03", "orders-us-east-1-action-f7648d2a"),
        ("orders-scaffold-444444444444-us-east-1-d1d08898", "DeployRoleA8773588", "orders-us-east-1-deploy-ce829c6d"),
    ];
    let assembly = example();
    let mut there = BTreeSet::new();
    for stack in assembly.stacks() {
        for (id, resource) in template::resources(&template::of(stack)) {
            let name = template::physical_name(resource).unwrap_or_default();
            there.insert((stack.stack_name.clone(), id.to_owned(), name.to_owned()));
        }
    }
    let missing: Vec<_> = expected
        .into_iter()
        .filter(|(stack, id, name)| !there.contains(&((*stack).into(), (*id).into(), (*name).into())))
        .collect();
    assert!(missing.is_empty(), "not there any more: {missing:#?}\nthere are: {there:#?}");
}

#[test]
fn every_reference_of_the_example_resolves() {
    for stack in example().stacks() {
        assert_eq!(template::unresolved(&template::of(stack)), [""; 0], "{}", stack.id);
    }
}

#[test]
fn the_example_joins_nothing_and_imports_nothing() {
    for stack in example().stacks() {
        for function in ["Fn::Join", "Fn::Sub", "Fn::ImportValue"] {
            assert!(!template::calls(&template::of(stack), function), "{function} in {}", stack.id);
        }
    }
}

#[test]
fn scaffolds_come_first_and_all_at_once() {
    let assembly = example();
    let waves: Vec<(bool, usize)> = assembly
        .stacks()
        .iter()
        .zip(assembly.waves())
        .map(|(stack, wave)| (stack.stack_name.starts_with("orders-scaffold-"), wave))
        .collect();
    assert_eq!(waves, [(true, 0), (true, 0), (true, 0), (true, 0), (true, 0), (false, 1)]);
    let tools = assembly.stacks().last().unwrap();
    let scaffolds: Vec<&str> = assembly.stacks()[..5].iter().map(|stack| &*stack.id).collect();
    assert_eq!(tools.dependencies.iter().map(String::as_str).collect::<BTreeSet<_>>(), scaffolds.into_iter().collect());
}

#[test]
fn a_wave_comes_after_the_latest_stack_it_needs() {
    use construct_pipeline::prelude::*;
    let mut app = App::new();
    let [a, b, c, d] = ["A", "B", "C", "D"].map(|id| {
        let stack = app.stack(id, programs::HOME);
        app.at(stack).add("Topic", RawResource::new("AWS::SNS::Topic"));
        stack
    });
    // d needs c, c needs b; a stands alone.
    app.attach(d, DependsOn::new(c));
    app.attach(c, DependsOn::new(b));
    app.attach(d, DependsOn::new(a));
    let assembly = programs::assembly(app);
    let ids: Vec<&str> = assembly.stacks().iter().map(|stack| &*stack.id).collect();
    assert_eq!(ids, ["A", "B", "C", "D"]);
    assert_eq!(assembly.waves(), [0, 0, 1, 2]);
}
