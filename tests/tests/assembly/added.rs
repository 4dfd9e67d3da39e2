//! Stacks in other accounts that constructs and providers add, as those of other crates do.

use construct_core::{Assembly, StackArtifact};
use construct_pipeline::prelude::*;
use construct_tests::{programs, template};

use super::folder;

/// What watches all accounts of a product: a role in each that reads, and one at home that takes those on.
struct Watch(Vec<Env>);

impl Construct for Watch {
    type Handle = Vec<RoleRef>;

    fn compose(self, scope: &mut Scope<'_>) -> Vec<RoleRef> {
        let here = scope.here();
        scope.attach(here, Tag::new("watch", "all"));
        let watcher = Role::new(Principal::service("lambda.amazonaws.com")).role_name("watcher");
        let watcher = scope.add("Watcher", watcher);
        let home = scope.env().expect("it stands in a stack");
        let mut readers = Vec::new();
        for env in self.0 {
            let stack = scope.add_stack(env.account.as_str(), env);
            let reader = Role::new(Principal::account(home)).role_name("watch-reader");
            readers.push(scope.at(stack).add("Reader", reader));
        }
        let take_on = PolicyStatement::allow(["sts:AssumeRole"]).on(readers.iter().map(|reader| reader.arn()));
        scope.attach(watcher, take_on);
        readers
    }
}

/// The assembly of an app that watches so many accounts.
fn watching(accounts: &[&'static str]) -> Assembly {
    let mut app = App::new();
    let tools = app.stack("Tools", programs::HOME);
    let envs = accounts.iter().map(|account| Env::new(account, "eu-west-1")).collect();
    app.at(tools).add("Watch", Watch(envs));
    programs::assembly(app)
}

#[test]
fn a_construct_has_stacks_in_other_accounts() {
    let assembly = watching(&["222222222222", "333333333333"]);
    let placed = |stack: &StackArtifact| {
        (stack.stack_name.clone(), stack.account.clone(), stack.region.clone(), stack.tags.get("watch").cloned())
    };
    let expected = [
        ("Tools", "111111111111", "us-east-1", None),
        ("Tools-Watch-222222222222", "222222222222", "eu-west-1", Some("all")),
        ("Tools-Watch-333333333333", "333333333333", "eu-west-1", Some("all")),
    ];
    let expected = expected.map(|(name, account, region, tag)| {
        (name.to_owned(), account.to_owned(), region.to_owned(), tag.map(str::to_owned))
    });
    assert_eq!(assembly.stacks().iter().map(placed).collect::<Vec<_>>(), expected);
    assert_eq!(assembly.waves(), [0, 0, 0], "names alone couple them");
    let resources = |stack: &StackArtifact| {
        template::resources(&template::of(stack)).map(|(id, _)| id.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(resources(&assembly.stacks()[1]), ["ReaderD8554253"], "changing these replaces resources");
    let roles = "arn:aws:iam::333333333333:role/watch-reader";
    assert!(assembly.stacks()[0].template.contains(roles), "{}", assembly.stacks()[0].template);
    let dir = folder();
    assembly.write(dir.join("out")).unwrap();
    assert_eq!(Assembly::read(dir.join("out")).unwrap(), assembly);
}

#[test]
fn a_stack_that_a_construct_adds_changes_no_other_one() {
    let (few, more) = (watching(&["222222222222"]), watching(&["333333333333", "222222222222"]));
    let stack = |assembly: &Assembly| {
        assembly.stacks().iter().find(|stack| stack.account == "222222222222").cloned().expect("it is watched")
    };
    assert_eq!(stack(&few), stack(&more));
}

/// A scan of an artifact, which writes a log.
#[derive(Debug)]
struct Scan(Artifact, bool);

impl Provider for Scan {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Test, Owner::Aws, "NewScan").input(&self.0).input_count(1..=1)
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new()
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        policy.push(PolicyStatement::allow(["logs:PutLogEvents"]).on([cx.arn("logs", "log-group:/scans:*")]));
    }

    fn equip(&self, site: &mut Site<'_>) {
        let group = || RawResource::new("AWS::Logs::LogGroup");
        if !self.1 {
            return;
        }
        if let Some(mut logs) = site.scope("Logs") {
            logs.add("Group", group().property("LogGroupName", "/scans"));
        }
        let own = format!("{}-{}", site.stage(), site.action());
        let name = format!("/scans/{own}");
        if let Some(mut logs) = site.scope(own) {
            logs.add("Group", group().property("LogGroupName", name));
        }
    }
}

/// The assembly of a pipeline that scans twice at home, and twice in each of some accounts.
fn scanning(accounts: &[&'static str], is_equipped: bool, in_group: bool) -> Assembly {
    let mut app = App::new();
    let tools = app.stack("Tools", programs::HOME);
    let mut scope = app.at(tools);
    let source = Artifact::new("Source");
    let scan = || Scan(source.clone(), is_equipped);
    let twice = |name: &str, account: &'static str| {
        ["One", "Two"].map(|which| Action::new(format!("{name}{which}"), scan()).account(account))
    };
    let scans =
        twice("Home", "111111111111").into_iter().chain(accounts.iter().flat_map(|account| twice(account, account)));
    let mut pipeline = Pipeline::new("orders")
        .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
        .stage(Stage::new("Scan").actions(scans));
    if in_group {
        let group = scope.add("Group", ScaffoldGroup::new("delivery"));
        pipeline = pipeline.scaffold_group(group);
    }
    scope.add("Pipeline", pipeline);
    programs::assembly(app)
}

fn stack<'a>(assembly: &'a Assembly, name: &str) -> &'a StackArtifact {
    assembly.stacks().iter().find(|stack| stack.stack_name == name).expect(name)
}

#[test]
fn providers_add_what_their_actions_need_where_they_run() {
    const THERE: &str = "orders-actions-222222222222-us-east-1-3c5d6019";
    for in_group in [false, true] {
        let assembly = scanning(&["222222222222"], true, in_group);
        let logs = |stack: &StackArtifact| -> Vec<(String, String)> {
            let all = template::of(stack);
            let groups = template::resources(&all).filter(|(_, resource)| resource["Type"] == "AWS::Logs::LogGroup");
            groups
                .map(|(id, one)| (id.to_owned(), one["Properties"]["LogGroupName"].as_str().unwrap().to_owned()))
                .collect()
        };
        let of = |ids: [(&str, &str); 3]| ids.map(|(id, name)| (id.to_owned(), name.to_owned()));
        let there = [
            ("LogsGroup7C7C335F", "/scans"),
            ("Scan222222222222OneGroupC923C0A4", "/scans/Scan-222222222222One"),
            ("Scan222222222222TwoGroup0E7E9FB4", "/scans/Scan-222222222222Two"),
        ];
        assert_eq!(logs(stack(&assembly, THERE)), of(there));
        let home = [
            ("PipelineActionsLogsGroupDBFC6B05", "/scans"),
            ("PipelineActionsScanHomeOneGroup0093E9A2", "/scans/Scan-HomeOne"),
            ("PipelineActionsScanHomeTwoGroup45DE62A0", "/scans/Scan-HomeTwo"),
        ];
        assert_eq!(logs(stack(&assembly, "Tools")), of(home));
        assert!(stack(&assembly, "Tools").dependencies.iter().any(|needed| needed == THERE));
        let waits = template::resources(&template::of(stack(&assembly, "Tools")))
            .find(|(_, one)| one["Type"] == "AWS::CodePipeline::Pipeline")
            .map(|(_, pipeline)| pipeline["DependsOn"].to_string());
        assert!(waits.is_some_and(|waits| waits.contains("PipelineActionsLogsGroupDBFC6B05")));
    }
}

#[test]
fn what_providers_add_changes_nothing_of_scaffolds_nor_of_other_accounts() {
    for in_group in [false, true] {
        let bare = scanning(&["222222222222"], false, in_group);
        let (few, more) =
            (scanning(&["222222222222"], true, in_group), scanning(&["333333333333", "222222222222"], true, in_group));
        for before in bare.stacks().iter().filter(|stack| stack.stack_name != "Tools") {
            assert_eq!(stack(&few, &before.stack_name), before);
        }
        for before in few.stacks().iter().filter(|stack| stack.account == "222222222222") {
            assert_eq!(stack(&more, &before.stack_name), before);
        }
    }
}
