//! Laws: what holds for every pipeline, tried on random ones.
//!
//! `PROPTEST_CASES=5000 cargo test --package construct-tests --test laws` tries so many for each law.

#[path = "laws/artifacts.rs"]
mod artifacts;
#[path = "laws/changes.rs"]
mod changes;
#[path = "laws/groups.rs"]
mod groups;
#[path = "laws/proved.rs"]
mod proved;
#[path = "laws/random.rs"]
mod random;
#[path = "laws/shared.rs"]
mod shared;

use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Assembly, Metadata};
use construct_iam::{ManagedPolicy, PermissionsBoundary};
use construct_pipeline::prelude::*;
use construct_tests::{TempDir, template};
use proptest::prelude::*;
use proptest::test_runner::Config;

use random::{Kind, NEXT_ACCOUNT, Random, Step, account, fleet, name, random, step};

/// So many cases; `PROPTEST_CASES` takes the place of all these numbers.
fn cases(n: u32) -> ProptestConfig {
    Config { cases: n, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() }
}

/// The assembly of a random pipeline.
fn assembly(app: App) -> Result<Assembly, TestCaseError> {
    app.synth().map_err(|error| TestCaseError::fail(error.to_string()))
}

/// Whether a service takes a name.
fn is_valid(kind: &str, name: &str) -> bool {
    let all = |extra: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c));
    let length = |from, to| (from..=to).contains(&name.len());
    match kind {
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
        "AWS::S3::Bucket" => {
            let reserved = ["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|prefix| name.starts_with(prefix));
            let ends = [name.chars().next(), name.chars().last()];
            let ends_well = ends.into_iter().flatten().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
            let small = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            length(3, 63) && small && ends_well && !reserved
        }
        "AWS::KMS::Alias" => {
            name.starts_with("alias/") && !name.starts_with("alias/aws/") && length(7, 256) && all("/_-")
        }
        "AWS::IAM::Role" => length(1, 64) && all("+=,.@_-"),
        "AWS::CodePipeline::Pipeline" => length(1, 100) && all(".@_-"),
        "AWS::CodeBuild::Project" => length(2, 150) && all("_-") && !name.starts_with(['-', '_']),
        "AWS::CodeCommit::Repository" => length(1, 100) && all("._-") && !name.ends_with(".git"),
        "AWS::SNS::Topic" => length(1, 256) && all("_-"),
        "AWS::Events::EventBusPolicy" => length(1, 64) && all("_-"),
        "AWS::CloudFormation::Stack" => {
            length(1, 128) && all("-") && name.starts_with(|c: char| c.is_ascii_alphabetic())
        }
        _ => false,
    }
}

/// What holds for the names of every assembly: services take them, and no two are the same where they must differ.
fn names_are_sound(assembly: &Assembly) -> Result<(), TestCaseError> {
    let mut taken = BTreeSet::new();
    for stack in assembly.stacks() {
        let env = format!("{}/{}", stack.account, stack.region);
        prop_assert!(is_valid("AWS::CloudFormation::Stack", &stack.stack_name), "{}", stack.stack_name);
        prop_assert!(taken.insert(format!("stack {env} {}", stack.stack_name)), "{} twice", stack.stack_name);
        for (id, resource) in template::resources(&template::of(stack)) {
            let Some(name) = template::physical_name(resource) else { continue };
            let kind = resource["Type"].as_str().unwrap_or_default();
            prop_assert!(is_valid(kind, name), "{kind} {id}: `{name}`");
            let place = match kind {
                "AWS::S3::Bucket" => String::new(),
                "AWS::IAM::Role" => stack.account.clone(),
                _ => env.clone(),
            };
            let folded = if kind == "AWS::IAM::Role" { name.to_ascii_lowercase() } else { name.to_owned() };
            prop_assert!(taken.insert(format!("{kind} {place} {folded}")), "{kind} {id}: `{name}` twice");
        }
    }
    Ok(())
}

/// What holds for every assembly.
fn is_sound(assembly: &Assembly) -> Result<(), TestCaseError> {
    for (position, stack) in assembly.stacks().iter().enumerate() {
        let json = template::of(stack);
        let missing = template::unresolved(&json);
        prop_assert!(missing.is_empty(), "{}: {missing:?}", stack.id);
        prop_assert!(!template::joins_texts(&json), "{}", stack.template);
        // A JSON object cannot hold an id twice, but a text can.
        let written = stack.template.matches("\"aws:cdk:path\"").count();
        prop_assert_eq!(written, template::resources(&json).count(), "an id stands twice in {}", stack.id);
        for needed in &stack.dependencies {
            let at = assembly.stacks().iter().position(|other| other.id == *needed);
            prop_assert!(at.is_some_and(|at| at < position), "{} comes before {needed}", stack.id);
        }
    }
    names_are_sound(assembly)
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn every_pipeline_is_sound_and_the_same_each_time(random in random(12)) {
        let first = assembly(random.app())?;
        is_sound(&first)?;
        proved::is_proved(&first)?;
        prop_assert_eq!(first.files(), assembly(random.app())?.files());
        let folder = TempDir::new(env!("CARGO_TARGET_TMPDIR"));
        first.write(folder.join("cdk.out")).expect("the folder can be written");
        prop_assert_eq!(Assembly::read(folder.join("cdk.out")).expect("it was written"), first);
    }

    #[test]
    fn an_account_more_changes_nothing_that_is_there(random in random(8), added in step()) {
        // An account that none of the steps has, with something that works on artifacts there.
        let added = Step { account: NEXT_ACCOUNT, kind: Kind::DeployStack, ..added };
        let mut more = random.clone();
        more.steps.push(added.clone());
        let (before, after) = (assembly(random.app())?, assembly(more.app())?);
        let (old, new) = (template::named_resources(&before), template::named_resources(&after));
        for (id, resource) in &old {
            prop_assert_eq!(new.get(id), Some(resource), "{:?}", id);
        }
        // What comes, and goes when the account goes, is its own: its roles, and in the store of its region a key.
        let (env, home) = (more.env(NEXT_ACCOUNT, added.region), more.home());
        let stack_of = |id: &str| after.stacks().iter().find(|stack| stack.id == id).expect("the stack is there");
        for ((stack, id), (kind, _)) in new.iter().filter(|(id, _)| !old.contains_key(id)) {
            let stack = stack_of(stack);
            let is_its_own = stack.account == env.account.as_str() && stack.region == env.region.as_str();
            let is_its_store = stack.account == home.account.as_str()
                && stack.region == env.region.as_str()
                && ["AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key", "AWS::KMS::Alias"].contains(&&**kind);
            // What rules of its stage work with stands in the program, beside the pipeline.
            let is_beside = ["Checker", "Keeper"].iter().any(|beside| id.starts_with(beside));
            prop_assert!(is_its_own || is_its_store || is_beside, "{kind} {id} in {}", stack.id);
        }
        let own = new.iter().filter(|((stack, _), _)| stack_of(stack).account == env.account.as_str());
        let kinds: Vec<&str> = own.map(|(_, (kind, _))| &**kind).collect();
        prop_assert_eq!(kinds, ["AWS::IAM::Role", "AWS::IAM::Role"], "the role that acts and the one that deploys");
    }

}

proptest! {
    #![proptest_config(cases(2))]

    /// Up to 60 other accounts in five regions: large enough for policies to take other forms.
    #[test]
    fn a_fleet_is_sound_and_an_account_more_moves_nothing(random in fleet(4, 60), region in 0..5_usize) {
        let mut more = random.clone();
        more.wave.push((NEXT_ACCOUNT, region));
        let (before, after) = (assembly(random.app())?, assembly(more.app())?);
        for assembly in [&before, &after] {
            is_sound(assembly)?;
            proved::is_proved(assembly)?;
        }
        let (old, new) = (template::named_resources(&before), template::named_resources(&after));
        for (id, resource) in &old {
            prop_assert_eq!(new.get(id), Some(resource), "{:?}", id);
        }
        let account = more.env(NEXT_ACCOUNT, region).account;
        let own = after.stacks().iter().filter(|stack| stack.account == account.as_str());
        prop_assert_eq!(own.count(), 1, "one stack for the new account");
    }
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn pipelines_whose_names_read_alike_share_no_name(random in random(4), other in name()) {
        let swapped: String = random.name.chars().map(|c| if c == '-' { '.' } else { c.to_ascii_uppercase() }).collect();
        let names = [other, swapped, random.name.replace(['.', '@', '_'], "-"), format!("{}-", random.name)];
        let mut app = App::new();
        let mut seen = BTreeSet::new();
        for (n, name) in names.into_iter().chain([random.name.clone()]).enumerate() {
            if name.len() <= 100 && seen.insert(name.clone()) {
                let stack = app.stack(format!("Tools{n}"), random.home());
                let pipeline = Random { name, ..random.clone() };
                pipeline.place(&mut app.at(stack));
            }
        }
        // The same pipeline of other accounts: names of buckets are shared by all.
        let elsewhere = Random { home: 20, ..random };
        let stack = app.stack("Tools", elsewhere.home());
        elsewhere.place(&mut app.at(stack));
        is_sound(&assembly(app)?)?;
    }
}

/// Something said about the constructs of [`app_with`].
#[derive(Clone, Debug)]
enum Said {
    Tag(Place, u8, u8),
    Statement(Place, u8),
    Managed(u8),
    Override(Place, u8, u8),
    Metadata(Place, u8),
    Removal(Place),
    Boundary(Place),
    After,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Root,
    Stack,
    Role,
    Bucket,
    Pipeline,
}

fn said() -> impl Strategy<Value = Said> {
    let place = prop_oneof![
        Just(Place::Root),
        Just(Place::Stack),
        Just(Place::Role),
        Just(Place::Bucket),
        Just(Place::Pipeline)
    ];
    let policy = prop_oneof![Just(Place::Role), Just(Place::Bucket)];
    let own = prop_oneof![Just(Place::Role), Just(Place::Bucket)];
    prop_oneof![
        4 => (place.clone(), 0..3_u8, 0..3_u8).prop_map(|(place, key, value)| Said::Tag(place, key, value)),
        4 => (policy, 0..6_u8).prop_map(|(place, n)| Said::Statement(place, n)),
        2 => (0..4_u8).prop_map(Said::Managed),
        2 => (own.clone(), 0..3_u8, 0..3_u8).prop_map(|(place, key, value)| Said::Override(place, key, value)),
        2 => (own.clone(), 0..3_u8).prop_map(|(place, key)| Said::Metadata(place, key)),
        1 => own.prop_map(Said::Removal),
        1 => place.prop_map(Said::Boundary),
        1 => Just(Said::After),
    ]
}

/// A program with a random pipeline that says some things in the order they come in.
fn app_with(said: &[Said], random: &Random) -> App {
    let home = random.home();
    let mut app = App::new();
    let first = app.stack("First", home);
    app.at(first).add("Topic", RawResource::new("AWS::SNS::Topic"));
    let stack = app.stack("Tools", home);
    let mut scope = app.at(stack);
    let role = scope.add("Role", Role::new(Principal::service("lambda.amazonaws.com")));
    let bucket = scope.add("Bucket", Bucket::new());
    let pipeline = random.place(&mut scope.group("Delivery"));
    let root = app.root();
    for one in said {
        let node = |place: &Place| -> construct_core::NodeId {
            match place {
                Place::Root => root.into(),
                Place::Stack => stack.into(),
                Place::Role => role.into(),
                Place::Bucket => bucket.into(),
                Place::Pipeline => pipeline.into(),
            }
        };
        match one {
            Said::Tag(place, key, value) => app.attach(node(place), Tag::new(format!("k{key}"), format!("v{value}"))),
            Said::Statement(place, n) => {
                let mut statement = PolicyStatement::allow([format!("s3:Get{}", n % 3)]).on([bucket.arn()]);
                if *place == Place::Bucket {
                    statement = statement.principal(Principal::service(format!("s{}.amazonaws.com", n / 3)));
                } else if *n > 2 {
                    statement = statement.condition("Bool", "aws:SecureTransport", ["true"]);
                }
                app.attach(node(place), statement);
            }
            Said::Managed(n) => app.attach(role, ManagedPolicy::new(Arn::global(home, "iam", format!("policy/P{n}")))),
            Said::Override(place, key, value) => {
                app.attach(node(place), PropertyOverride::set(format!("K{key}"), format!("v{value}")));
            }
            Said::Metadata(place, key) => app.attach(node(place), Metadata::new(format!("k{key}"), "value")),
            Said::Removal(place) => app.attach(node(place), RemovalPolicy::Retain),
            Said::Boundary(place) => {
                app.attach(node(place), PermissionsBoundary::named("boundary"));
            }
            Said::After => app.attach(stack, DependsOn::new(first)),
        }
    }
    app
}

/// Leaves out what contradicts something before it.
fn without_contradictions(said: Vec<Said>) -> Vec<Said> {
    let (mut tags, mut overrides) = (BTreeMap::new(), BTreeMap::new());
    let agrees = |one: &Said| match one {
        Said::Tag(place, key, value) => *tags.entry((*place, *key)).or_insert(*value) == *value,
        Said::Override(place, key, value) => *overrides.entry((*place, *key)).or_insert(*value) == *value,
        _ => true,
    };
    said.into_iter().filter(agrees).collect()
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn the_order_in_which_things_are_said_has_no_meaning(
        (said, shuffled) in proptest::collection::vec(said(), 0..16)
            .prop_map(without_contradictions)
            .prop_flat_map(|said| (Just(said.clone()), Just(said).prop_shuffle())),
        random in random(2),
    ) {
        let result = |said: &[Said]| match app_with(said, &random).synth_with_warnings() {
            Ok((assembly, warnings)) => (assembly.files(), sorted(&warnings)),
            Err(error) => (Vec::new(), error.findings().map(sorted).unwrap_or_default()),
        };
        let (files, findings) = result(&said);
        prop_assert!(!files.is_empty(), "{findings:#?}");
        prop_assert_eq!((files, findings), result(&shuffled));
    }

    #[test]
    fn saying_a_thing_twice_is_saying_it_once(
        said in proptest::collection::vec(said(), 0..10).prop_map(without_contradictions),
        random in random(2),
    ) {
        let twice: Vec<Said> = said.iter().chain(&said).cloned().collect();
        prop_assert_eq!(assembly(app_with(&said, &random))?.files(), assembly(app_with(&twice, &random))?.files());
    }
}

fn sorted(findings: &construct_core::Diagnostics) -> Vec<String> {
    let mut texts: Vec<String> =
        findings.iter().map(|one| format!("{} {} {}", one.code(), one.path(), one.message())).collect();
    texts.sort();
    texts
}

/// Text that nobody should give, and now and then text that somebody might.
fn garbage() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => any::<String>(),
        2 => "[ -~]{0,30}",
        1 => "\\PC{0,300}",
        1 => "[A-Za-z0-9-]{1,12}",
        1 => "[0-9]{10,14}",
        1 => Just("us-east-1".to_owned()),
        1 => "\\{\\{resolve:[a-z:/]{0,12}(\\}\\})?",
        1 => "#\\{[a-z.]{0,9}\\}?",
        1 => "(\\$\\{AWS::[A-Za-z]{0,9}\\}|arn:[a-z0-9:/]{0,20}|\\.\\./x|/|\u{0}|\r\n)",
    ]
}

/// A program in which every text is garbage.
fn garbage_app(texts: &[String]) -> App {
    let mut texts = texts.iter().cycle();
    let mut next = || texts.next().map(String::as_str).unwrap_or_default();
    let mut app = App::new();
    let env = Env::new(next(), next());
    let stack = app.stack(next(), StackProps::new(env).description(next()).assume_role_arn(next()));
    let named = app.stack(next(), StackProps::new(Env::new("111111111111", next())).stack_name(next()));
    let root = app.root();
    app.attach(root, Tag::new(next(), next()));
    let mut scope = app.at(stack);
    let raw = RawResource::new(next().to_owned()).property(next().to_owned(), next().to_owned()).logical_id(next());
    let raw = scope.add(next(), raw);
    scope.attach(raw, PropertyOverride::set(next(), next().to_owned()));
    let role = scope.add(next(), Role::new(Principal::service(next().to_owned())).role_name(next()).path(next()));
    let statement = PolicyStatement::allow([next().to_owned()]).on([next().to_owned()]).sid(next());
    scope.attach(role, statement.condition(next().to_owned(), next().to_owned(), [next().to_owned()]));
    let bucket = scope.add(next(), Bucket::new().bucket_name(next()));
    let function = scope.add(next(), Function::import(next()));
    let topic = scope.add(next(), Topic::new().topic_name(next()).email(next()));
    let project = PipelineProject::new().project_name(next()).build_spec_file(next()).environment(next(), next());
    let project = scope.add(next(), project);
    let (source, bundle) = (Artifact::new(next()), Artifact::new(next()));
    let deploy = DeployStack::new(next(), bundle.file(next())).parameter(next(), next().to_owned());
    let approval = ManualApproval::new().topic(topic).external_link(next()).comment(next());
    let custom = CustomAction::new(Category::Test, Owner::Custom, next().to_owned());
    let custom = custom.configuration(next().to_owned(), next().to_owned());
    let pipeline = Pipeline::new(next())
        .variable(Variable::new(next()).default_value(next()).description(next()))
        .role_path(next())
        .stage(
            Stage::new(next())
                .action(Action::new(next(), CodeCommitSource::new(next(), &source).branch(next())).account(next())),
        )
        .stage(Stage::new(next()).transition_disabled(next()).actions([
            Action::new(next(), CodeBuild::new(project, &source).output(&bundle)).namespace(next()),
            Action::new(next(), approval).region(next()),
        ]))
        .stage(Stage::new(next()).actions([
            Action::new(next(), deploy).account(next()).region(next()).role(Role::import(next())),
            Action::new(next(), S3Deploy::new(bucket, &bundle).object_key(next())),
            Action::new(next(), LambdaInvoke::new(function).user_parameters(next())),
            Action::new(next(), custom),
        ]))
        .replica_store(next(), ImportedArtifactStore::new(next(), next()).key(next()));
    scope.add(next(), pipeline);
    let mut elsewhere = app.at(named);
    elsewhere.add(next(), Output::new(next().to_owned()).logical_id(next()).export_name(next().to_owned()));
    app
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn garbage_gives_findings_and_no_panic(texts in proptest::collection::vec(garbage(), 1..70)) {
        match garbage_app(&texts).synth_with_warnings() {
            Ok((assembly, _)) => is_sound(&assembly)?,
            Err(error) => {
                let findings = error.findings().expect("nothing was written");
                prop_assert!(findings.has_errors());
                for finding in findings.iter() {
                    prop_assert!(finding.location().is_some(), "no line in {finding}");
                    prop_assert!(finding.help_text().is_some_and(|help| !help.is_empty()), "no help in {finding}");
                }
            }
        }
    }

    #[test]
    fn a_text_that_is_no_account_is_found(text in garbage()) {
        prop_assume!(!(text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())));
        let mut app = App::new();
        app.stack("Tools", Env::new(&text, "us-east-1"));
        let error = app.synth().expect_err("the account is malformed");
        let codes: Vec<&str> = error.findings().expect("nothing was written").iter().map(Diagnostic::code).collect();
        prop_assert_eq!(codes, ["env::malformed-account"]);
    }

    #[test]
    fn a_text_that_is_no_region_is_found(text in garbage()) {
        prop_assume!(Region::parse(&text).is_err());
        let mut app = App::new();
        app.stack("Tools", Env::new(&account(1), &text));
        let error = app.synth().expect_err("the region is unknown");
        let codes: Vec<&str> = error.findings().expect("nothing was written").iter().map(Diagnostic::code).collect();
        prop_assert_eq!(codes, ["env::unknown-region"]);
    }
}
