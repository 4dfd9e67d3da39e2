//! Groups of pipelines: what they share, and what keeps them apart.
//!
//! The snapshots are the files of the assembly of `examples/scaffold_group.rs`. After a change that is meant,
//! `INSTA_UPDATE=always cargo test --package construct-tests --test groups` writes them anew: read what `git diff` says.

#[path = "../../examples/scaffold_group.rs"]
#[expect(dead_code, unreachable_pub, reason = "a program, which is not written to be a module")]
mod scaffold_group;

use std::collections::BTreeMap;

use construct_core::Assembly;
use construct_iam::PermissionsBoundary;
use construct_pipeline::access::template::{Template, Templates};
use construct_pipeline::access::{Access, Outside, Purpose, Report, prove};
use construct_pipeline::prelude::*;
use construct_tests::{programs, template};
use serde_json::Value as Json;

const HOME: Env = Env::new("111111111111", "us-east-1");

fn example() -> Assembly {
    programs::assembly(scaffold_group::app())
}

/// How often each type of resource stands in an assembly.
fn counts(assembly: &Assembly) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for stack in assembly.stacks() {
        for (_, resource) in template::resources(&template::of(stack)) {
            *counts.entry(resource["Type"].as_str().expect("a type").to_owned()).or_default() += 1;
        }
    }
    counts
}

/// Proves the templates of an assembly with other texts in them.
fn proved_with(assembly: &Assembly, change: impl Fn(&str, &str) -> String) -> Report {
    let templates = assembly.stacks().iter().fold(Templates::new(), |all, stack| {
        let body: Json = serde_json::from_str(&change(&stack.stack_name, &stack.template)).expect("still a template");
        let template = Template::new(&stack.stack_name, &stack.account, &stack.region, body);
        all.with(template.after(stack.dependencies.clone()))
    });
    prove(&templates, &Outside::new())
}

/// A pipeline with a source in one account that builds and deploys to others.
fn pipeline(name: &str, project: ProjectRef, source_account: &str, targets: impl IntoIterator<Item = Env>) -> Pipeline {
    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let checkout = Action::new("Checkout", CodeCommitSource::new(name, &source)).account(source_account);
    let queues = PolicyStatement::allow(["sqs:*"]).on([format!("arn:aws:sqs:*:*:{name}-*")]);
    let deploys = targets.into_iter().map(|env| {
        let deploy = DeployStack::new(name, bundle.file("template.yaml")).allow(queues.clone());
        Action::new(format!("Deploy-{}-{}", env.account, env.region), deploy).env(env)
    });
    Pipeline::new(name)
        .stage(Stage::new("Source").action(checkout))
        .stage(Stage::new("Build").action(Action::new("Bundle", CodeBuild::new(project, &source).output(&bundle))))
        .stage(Stage::new("Deploy").actions(deploys))
}

fn account(n: usize) -> String {
    format!("{:012}", 222_222_222_222_usize + n)
}

/// So many pipelines of one group, ten a stack, with sources and targets in so many accounts.
fn company(n_pipelines: usize, n_accounts: usize, group: ScaffoldGroup) -> App {
    let mut app = App::new();
    let shared = app.stack("Shared", HOME);
    let group = app.at(shared).add("Group", group);
    for first in (0..n_pipelines).step_by(10) {
        let stack = app.stack(format!("Pipelines-{first}"), HOME);
        let project = app.at(stack).add("Build", PipelineProject::new());
        for n in first..n_pipelines.min(first + 10) {
            let targets = (0..n_accounts).map(|n| Env::parse(&account(n), "us-east-1").expect("an account"));
            let pipeline = pipeline(&format!("service-{n}"), project, &account(n % n_accounts), targets);
            app.at(stack)
                .add(format!("Pipeline-{n}"), pipeline.scaffold_group(group).key_reference(KeyReference::Exact));
        }
    }
    app
}

#[test]
fn the_example_is_as_it_was() {
    let files = example().files();
    assert_eq!(files.len(), 8, "a manifest, a tree and six templates");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/scaffold_group");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (name, text) in files {
        settings.bind(|| insta::assert_snapshot!(name, text));
    }
}

#[test]
fn a_region_has_one_key_and_an_environment_one_stack_of_roles() {
    let counts = counts(&example());
    assert_eq!(counts["AWS::CodePipeline::Pipeline"], 3);
    assert_eq!([counts["AWS::S3::Bucket"], counts["AWS::KMS::Key"], counts["AWS::KMS::Alias"]], [2, 2, 2]);
    let app = company(4, 3, ScaffoldGroup::new("platform"));
    let assembly = programs::assembly(app);
    let scaffolds = assembly.stacks().iter().filter(|stack| stack.stack_name.contains("-scaffold-"));
    assert_eq!(scaffolds.count(), 3);
}

#[test]
fn nothing_couples_the_stacks_but_names() {
    for stack in example().stacks() {
        let json = template::of(stack);
        assert!(!template::calls(&json, "Fn::ImportValue") && !stack.template.contains("\"Export\""), "{}", stack.id);
    }
}

fn others(report: &Report) -> Vec<&Access> {
    report.accesses().iter().filter(|access| access.purpose == Purpose::OtherPipeline).collect()
}

#[test]
fn the_roles_of_a_pipeline_are_proved_to_stay_out_of_the_folders_of_the_others() {
    let report = proved_with(&example(), |_, template| template.to_owned());
    assert!(report.is_proved(), "{}", report.findings());
    let others = others(&report);
    // Of each of the others: the pipeline's role, the project's, two of actions and two of deployments, in two regions.
    let asked_of = |kind: &str| others.iter().filter(|access| access.principal().contains(kind)).count();
    for kind in ["-pipeline-", "-action-", "-writer-", "-deploy-", "-build-role-"] {
        assert!(asked_of(kind) > 0, "{kind}");
    }
    let orders = "arn:aws:s3:::platform-us-east-1-8eb8743d/orders/";
    assert!(
        others.iter().any(|access| access.resource().starts_with(orders) && access.principal().contains("billing"))
    );
}

#[test]
fn a_role_that_reaches_beyond_its_folder_is_found() {
    // In the pipeline's own account the role's policy decides alone.
    let wide = proved_with(&example(), |stack, template| match stack {
        "Reports" => template.replace("8eb8743d/reports/*", "8eb8743d/*"),
        _ => template.to_owned(),
    });
    let leaks: Vec<&Access> = others(&wide).into_iter().filter(|access| access.is_leak()).collect();
    assert!(!leaks.is_empty(), "{}", wide.findings());
    assert!(leaks.iter().all(|access| access.principal().contains("reports")), "{leaks:#?}");
    // A role that reaches the wrong folder lacks its own.
    let wrong = proved_with(&example(), |stack, template| match stack.contains("-333333333333-") {
        true => template.replace("8eb8743d/orders/*", "8eb8743d/billing/*"),
        false => template.to_owned(),
    });
    let holes: Vec<&Access> = wrong.holes().filter(|access| access.purpose != Purpose::OtherPipeline).collect();
    assert!(!holes.is_empty() && holes.iter().all(|access| access.pipeline.name == "orders"), "{holes:#?}");
}

#[test]
fn many_pipelines_share_policies_that_do_not_grow_with_them() {
    let sizes = |n_pipelines| {
        let assembly = programs::assembly(company(n_pipelines, 4, ScaffoldGroup::new("platform")));
        let shared = assembly.stacks().iter().find(|stack| stack.stack_name == "Shared").expect("the stack");
        let json = template::of(shared);
        let policies: Vec<String> = template::resources(&json)
            .filter_map(|(_, resource)| match resource["Type"].as_str()? {
                "AWS::S3::BucketPolicy" => Some(resource["Properties"]["PolicyDocument"].to_string()),
                "AWS::KMS::Key" => Some(resource["Properties"]["KeyPolicy"].to_string()),
                _ => None,
            })
            .collect();
        policies
    };
    let few = sizes(2);
    assert!(few.iter().all(|policy| policy.contains("service-0-us-east-1-action-")), "exact as long as it fits");
    let (many, more) = (sizes(40), sizes(50));
    assert_eq!(many, more, "as many pipelines as there may be");
    assert!(
        many.iter().all(|policy| policy.contains("role/*-us-east-1-action-540b71e8-????????") && policy.len() < 4_000),
        "{many:#?}"
    );
}

#[test]
fn what_is_said_about_a_pipeline_reaches_its_roles_in_the_stacks_of_the_group() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let group = app.at(tools).add("Group", ScaffoldGroup::new("platform"));
    app.attach(group, Tag::new("owner", "platform"));
    app.attach(tools, Tag::new("team", "tools"));
    let project = app.at(tools).add("Build", PipelineProject::new());
    let there = || [Env::new("333333333333", "us-east-1")];
    let orders = pipeline("orders", project, "111111111111", there()).scaffold_group(group);
    let orders = app.at(tools).add("Orders", orders);
    app.attach(orders, PermissionsBoundary::named("orders"));
    app.attach(orders, Tag::new("team", "orders"));
    let billing = pipeline("billing", project, "111111111111", there()).scaffold_group(group);
    app.at(tools).add("Billing", billing);
    let assembly = programs::assembly(app);
    let scaffold = assembly.stacks().iter().find(|stack| stack.account == "333333333333").expect("the stack");
    for (id, role) in template::resources(&template::of(scaffold)) {
        let properties = &role["Properties"];
        let of_orders = id.starts_with("orders");
        assert_eq!(properties["PermissionsBoundary"].is_string(), of_orders, "{id}");
        let tags = properties["Tags"].to_string();
        assert!(tags.contains("platform"), "{id} {tags}");
        assert_eq!((tags.contains("\"orders\""), tags.contains("tools")), (of_orders, !of_orders), "{id} {tags}");
    }
}

#[test]
fn several_role_stacks_divide_the_roles_by_the_name_of_the_pipeline_alone() {
    let assembly = programs::assembly(company(12, 2, ScaffoldGroup::new("platform").role_stacks(3)));
    let stacks: Vec<_> = assembly.stacks().iter().filter(|stack| stack.stack_name.contains("-scaffold-")).collect();
    assert_eq!(stacks.len(), 6, "three in each of two accounts");
    for n in 0..12 {
        let stack = construct_pipeline::names::group::RoleStack::of(&format!("service-{n}"), 3);
        let word = stack.word().expect("one of several");
        let has = stacks.iter().filter(|stack| stack.template.contains(&format!("\"service-{n}-us-east-1-deploy-")));
        assert!(has.clone().count() == 2, "service-{n}");
        assert!(has.clone().all(|stack| stack.stack_name.starts_with(&format!("platform-scaffold-{word}-"))));
    }
}

/// How many resources the stacks with roles have, by their names.
fn role_stacks(assembly: &Assembly) -> BTreeMap<String, usize> {
    let scaffolds = assembly.stacks().iter().filter(|stack| stack.stack_name.contains("-scaffold-"));
    scaffolds.map(|stack| (stack.stack_name.clone(), template::resources(&template::of(stack)).count())).collect()
}

#[test]
fn roles_that_are_too_many_for_a_stack_are_divided() {
    // Two roles, and two more things for the events of the source, each.
    let (assembly, warnings) = company(126, 1, ScaffoldGroup::new("platform")).synth_with_warnings().expect("it fits");
    let stacks = role_stacks(&assembly);
    let names: Vec<&str> = stacks.keys().map(|name| &name[..name.len() - "-12345678".len()]).collect();
    assert_eq!(names, ["platform-scaffold-222222222222-us-east-1", "platform-scaffold-b1-222222222222-us-east-1"]);
    assert_eq!(stacks.values().sum::<usize>(), 504);
    assert!(stacks.values().all(|&resources| resources <= 350), "{stacks:?}");
    let divided: Vec<&Diagnostic> = warnings.iter().filter(|one| one.code() == "group::divided").collect();
    assert_eq!(divided.len(), 1, "{warnings}");
    assert!(divided[0].message().contains("126 pipelines in 222222222222/us-east-1"), "{warnings}");
    assert!(divided[0].help_text().is_some_and(|help| help.contains("`.role_stacks(4)`")), "{warnings}");
}

#[test]
fn roles_that_will_be_divided_soon_are_told_of() {
    let warned = |n_pipelines| {
        let mut app = company(n_pipelines, 1, ScaffoldGroup::new("platform"));
        // There is room for 105 resources, of which each pipeline brings four: beyond nine tenths of that, a few more
        // are too many.
        app.quota(&construct_core::quota::RESOURCES, 150);
        app.access(AccessCheck::Off);
        let (assembly, warnings) = app.synth_with_warnings().expect("it fits");
        assert_eq!(role_stacks(&assembly).len(), 1);
        let divided = warnings.iter().find(|one| one.code() == "group::divided");
        divided.map(|one| (one.message().to_owned(), one.help_text().map(str::to_owned)))
    };
    assert_eq!(warned(23), None);
    let (message, help) = warned(24).expect("a warning");
    assert!(message.starts_with("the roles of 24 pipelines in 222222222222/us-east-1 nearly fill"), "{message}");
    assert!(help.is_some_and(|help| help.contains("`.role_stacks(2)`")));
}

#[test]
fn roles_are_divided_in_time_when_a_quota_is_lower() {
    let mut app = company(30, 1, ScaffoldGroup::new("platform"));
    app.quota(&construct_core::quota::RESOURCES, 60);
    app.access(AccessCheck::Off);
    let stacks = role_stacks(&app.synth().expect("it fits"));
    assert!(stacks.len() > 2 && stacks.values().all(|&resources| resources <= 42), "{stacks:?}");
}

#[test]
fn roles_are_divided_in_time_when_they_may_do_much() {
    const THERE: Env = Env::new("222222222222", "us-east-1");
    let mut app = App::new();
    let shared = app.stack("Shared", HOME);
    let group = app.at(shared).add("Group", ScaffoldGroup::new("platform"));
    for name in (0..40).map(|n| format!("service-{n}")) {
        let queue = |n: usize| Arn::regional(THERE, "sqs", format!("{name}-{n}-of-the-queues-between-its-parts"));
        let queues = |n| PolicyStatement::allow([format!("sqs:Do{n}"), format!("sqs:Undo{n}")]).on([queue(n)]);
        let source = Artifact::new("Source");
        let deploy = (0..200).map(queues).fold(DeployStack::new(&*name, source.file("t.yaml")), DeployStack::allow);
        let pipeline = Pipeline::new(&*name)
            .scaffold_group(group)
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new(&*name, &source))))
            .stage(Stage::new("Deploy").action(Action::new("Deploy", deploy).env(THERE)));
        app.at(shared).add(format!("Pipeline-{name}"), pipeline);
    }
    app.access(AccessCheck::Off);
    let (assembly, warnings) = app.synth_with_warnings().expect("it fits");
    let sizes: BTreeMap<&str, usize> = assembly
        .stacks()
        .iter()
        .filter(|stack| stack.stack_name.contains("-scaffold-"))
        .map(|stack| (&*stack.stack_name, stack.template.len()))
        .collect();
    assert!(sizes.len() > 1 && sizes.values().all(|&bytes| bytes < 800_000), "{sizes:?}");
    assert!(sizes.values().sum::<usize>() > 1_000_000, "{sizes:?}");
    assert!(warnings.iter().any(|one| one.code() == "group::divided"), "{warnings}");
}

#[test]
fn roles_are_divided_in_time_when_they_act_often() {
    const THERE: Env = Env::new("222222222222", "us-east-1");
    let mut app = App::new();
    let shared = app.stack("Shared", HOME);
    let group = app.at(shared).add("Group", ScaffoldGroup::new("platform"));
    for name in (0..20).map(|n| format!("service-{n}")) {
        let stack = app.stack(&*name, HOME);
        let source = Artifact::new("Source");
        let calls = (0..30).map(|n| {
            let arn = Arn::regional(THERE, "lambda", format!("function:{name}-{n}-one-of-the-checks-of-this-service"));
            let function = app.at(stack).add(format!("Function-{n}"), Function::import(arn.to_string()));
            Action::new(format!("Call-{n}"), LambdaInvoke::new(function).input(&source)).env(THERE)
        });
        let pipeline = Pipeline::new(&*name)
            .scaffold_group(group)
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new(&*name, &source))))
            .stage(Stage::new("Check").actions(calls.collect::<Vec<_>>()));
        app.at(stack).add("Pipeline", pipeline);
    }
    app.access(AccessCheck::Off);
    app.quota(&construct_core::quota::TEMPLATE_BYTES, 100_000);
    let stacks = role_stacks(&app.synth().expect("it fits"));
    assert!(stacks.len() > 2, "{stacks:?}");
}

#[test]
fn a_role_stack_that_is_full_says_what_helps() {
    let mut app = company(126, 1, ScaffoldGroup::new("platform").role_stacks(1));
    app.access(AccessCheck::Off);
    let error = app.synth().expect_err("504 resources are too many");
    let findings: Vec<&Diagnostic> =
        error.findings().expect("findings").iter().filter(|one| one.code() == "template::too-large").collect();
    assert_eq!(findings.len(), 1, "{error}");
    assert!(findings[0].help_text().is_some_and(|help| help.contains(".role_stacks(")), "{error}");
    let mut app = company(126, 1, ScaffoldGroup::new("platform").role_stacks(3));
    app.access(AccessCheck::Off);
    let (_, warnings) = app.synth_with_warnings().expect("it fits");
    assert!(warnings.iter().all(|one| one.code() != "group::divided"), "{warnings}");
}

/// Pipelines of these names that share a placed store, or are in one group, placed in this order.
fn sharing(names: &[&str], in_group: bool) -> Assembly {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    let there = |n: usize| Env::new(&account(n), "us-east-1");
    let (store, group) = match in_group {
        false => (Some(scope.add("Store", ArtifactStore::new("platform"))), None),
        true => (None, Some(scope.add("Platform", ScaffoldGroup::new("platform")))),
    };
    for name in names {
        let project = scope.add(format!("{name}-build"), PipelineProject::new());
        let pipeline = pipeline(name, project, "222222222222", [there(1), there(2), there(name.len())]);
        let pipeline = match (store, group) {
            (Some(store), _) => pipeline.artifact_store(store),
            (_, Some(group)) => pipeline.scaffold_group(group),
            _ => pipeline,
        };
        scope.add(*name, pipeline);
    }
    programs::assembly(app)
}

#[test]
fn pipelines_of_one_placed_store_stay_out_of_the_folders_of_each_other() {
    let assembly = sharing(&["orders", "billing"], false);
    let report = prove(&Templates::of(&assembly), &Outside::new());
    assert!(report.is_proved(), "{}", report.findings());
    let others = others(&report);
    let in_the_folder_of = |access: &Access, name: &str| access.resource().contains(&format!("/{name}/"));
    assert!(others.iter().any(|access| in_the_folder_of(access, "orders") && access.principal().contains("billing")));
    assert!(others.iter().any(|access| in_the_folder_of(access, "billing") && access.principal().contains("orders")));
    let bucket = construct_pipeline::names::bucket("platform", HOME);
    // A role in another account that reaches beyond its folder, and the bucket policy that would let it.
    let wrong =
        proved_with(&assembly, |stack, template| match stack.starts_with("orders-scaffold") || stack == "Tools" {
            true => template.replace(&format!("{bucket}/orders/*"), &format!("{bucket}/*")),
            false => template.to_owned(),
        });
    let leaks: Vec<&Access> = wrong.leaks().filter(|access| access.purpose == Purpose::OtherPipeline).collect();
    assert!(!leaks.is_empty() && leaks.iter().all(|access| access.pipeline.name == "billing"), "{leaks:#?}");
}

#[test]
fn a_pipeline_alone_in_a_placed_store_reaches_all_of_it() {
    let text = |assembly: &Assembly| assembly.stacks().iter().map(|stack| stack.template.clone()).collect::<String>();
    let bucket = construct_pipeline::names::bucket("platform", HOME);
    let (all, folder) = (format!(":::{bucket}/*\""), format!(":::{bucket}/orders/*\""));
    let (one, both) = (text(&sharing(&["orders"], false)), text(&sharing(&["orders", "billing"], false)));
    assert!(one.contains(&all) && !one.contains(&folder) && both.contains(&folder));
}

/// The policies of what is shared.
fn shared_policies(assembly: &Assembly) -> BTreeMap<String, String> {
    let mut policies = BTreeMap::new();
    for stack in assembly.stacks() {
        for (id, resource) in template::resources(&template::of(stack)) {
            if matches!(resource["Type"].as_str(), Some("AWS::S3::BucketPolicy" | "AWS::KMS::Key")) {
                policies.insert(format!("{}/{id}", stack.stack_name), resource["Properties"].to_string());
            }
        }
    }
    policies
}

#[test]
fn who_is_placed_first_changes_nothing_in_the_policies_of_what_is_shared() {
    for in_group in [false, true] {
        let [one, other] = [["orders", "billing", "web"], ["web", "billing", "orders"]]
            .map(|names| shared_policies(&sharing(&names, in_group)));
        assert!(one.len() >= 2 && one == other, "{in_group}: {one:#?} {other:#?}");
    }
}
