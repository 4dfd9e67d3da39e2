//! Ids, stacks, places, resources by type alone.

use construct_core::{Attr, CfnResource, Condition, Lower, LowerCx, Parameter, PlanCx, Resources, Synth};

use super::*;

const IRELAND: Env = Env::new("111111111111", "eu-west-1");

fn queue() -> RawResource {
    RawResource::new("AWS::SQS::Queue")
}

#[test]
fn two_constructs_of_one_id() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    scope.add("Queue", queue());
    scope.add("Queue", queue()); //~ error tree::duplicate-id at Tools/Queue#2: `Queue`
    check(app);
}

#[test]
fn two_stacks_of_one_id() {
    let mut app = App::new();
    let first = app.stack("Tools", HOME);
    let second = app.stack("Tools", Env::new("222222222222", "us-east-1")); //~ error tree::duplicate-id at Tools#2: `Tools`
    app.at(first).add("Queue", queue());
    app.at(second).add("Queue", queue());
    check(app);
}

#[test]
fn two_stacks_of_one_id_in_one_place() {
    let mut app = App::new();
    app.stack("Tools", HOME);
    app.stack("Tools", HOME); //~ error tree::duplicate-id at Tools#2: there is a stack `Tools` in this scope already
    check(app);
}

#[test]
fn two_pipelines_of_one_id() {
    let source = Artifact::new("Source");
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    for name in ["orders", "invoices"] {
        let pipeline = Pipeline::new(name).stage(checkout(&source)).stage(deploy(&source));
        app.at(tools).add("Pipeline", pipeline); //~ error tree::duplicate-id at Tools/Pipeline#2: `Pipeline`
    }
    check(app);
}

#[test]
fn id_that_is_empty() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("", queue()); //~ error tree::malformed-id at Tools/: ``
    check(app);
}

#[test]
fn id_with_a_control_character() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("a\u{7}", queue()); //~ error tree::malformed-id at Tools/a\u{7}: `a\u{7}`
    check(app);
}

#[test]
fn id_of_256_characters() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("é".repeat(254) + "x", queue());
    app.at(tools).add("x".repeat(256), queue()); //~ error tree::malformed-id at Tools/xxx…: `xxx
    check(app);
}

#[test]
fn id_without_a_letter_for_the_template() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("队列", queue()); //~ error tree::malformed-id at Tools/队列: `队列`
    check(app);
}

#[test]
fn construct_at_the_root_of_the_app() {
    let mut app = App::new();
    app.stack("Tools", HOME);
    let root = app.root();
    app.at(root).add("Queue", queue()); //~ error tree::outside-a-stack at Queue: outside
    check(app);
}

#[test]
fn constructs_in_a_group_outside_of_every_stack() {
    let mut app = App::new(); //~ warning app::no-stack at the app: no stack
    let root = app.root();
    let mut scope = app.at(root);
    let mut group = scope.group("Shared");
    group.add("One", queue()); //~ error tree::outside-a-stack at Shared/One: outside
    group.add("Two", queue()); //~ error tree::outside-a-stack at Shared/Two: outside
    check(app);
}

#[test]
fn pipeline_at_the_root_of_the_app() {
    let source = Artifact::new("Source");
    let mut app = App::new(); //~ warning app::no-stack at the app: no stack
    let root = app.root();
    let pipeline = Pipeline::new("orders").stage(checkout(&source)).stage(deploy(&source));
    app.at(root).add("Pipeline", pipeline); //~ error tree::outside-a-stack at Pipeline: outside
    check(app);
}

#[test]
fn store_at_the_root_of_the_app() {
    let mut app = App::new(); //~ warning app::no-stack at the app: no stack
    let root = app.root();
    app.at(root).add("Store", ArtifactStore::new("delivery"));
    //~^ error tree::outside-a-stack at Store/Key: outside
    //~^^ error tree::outside-a-stack at Store/Alias: outside
    //~^^^ error tree::outside-a-stack at Store/Bucket: outside
    check(app);
}

#[test]
fn app_without_a_stack() {
    let app = App::new(); //~ warning app::no-stack at the app: no stack
    check(app);
}

#[test]
fn stack_name_with_a_space() {
    let mut app = App::new();
    app.stack("My tools", HOME); //~ error stack::malformed-name at My tools: `My tools`
    check(app);
}

#[test]
fn stack_name_with_an_underscore() {
    let mut app = App::new();
    app.stack("Tools", StackProps::new(HOME).stack_name("my_tools")); //~ error stack::malformed-name at Tools: `my_tools`
    check(app);
}

#[test]
fn stack_name_that_begins_with_a_digit() {
    let mut app = App::new();
    app.stack("Tools", StackProps::new(HOME).stack_name("1st")); //~ error stack::malformed-name at Tools: `1st`
    check(app);
}

#[test]
fn stack_name_that_is_empty() {
    let mut app = App::new();
    app.stack("Tools", StackProps::new(HOME).stack_name("")); //~ error stack::malformed-name at Tools: ``
    check(app);
}

#[test]
fn stack_name_of_129_characters() {
    let mut app = App::new();
    app.stack("Tools", StackProps::new(HOME).stack_name("x".repeat(129))); //~ error stack::malformed-name at Tools: `xxxx
    check(app);
}

#[test]
fn two_stacks_of_one_name() {
    let mut app = App::new();
    app.stack("One", StackProps::new(HOME).stack_name("tools"));
    app.stack("Two", StackProps::new(HOME).stack_name("tools")); //~ error stack::duplicate-name at Two: `tools`
    check(app);
}

#[test]
fn two_stacks_whose_names_differ_in_case() {
    let mut app = App::new();
    app.stack("Tools", HOME);
    app.stack("tools", HOME); //~ error stack::duplicate-name at tools: `tools`
    check(app);
}

#[test]
fn stack_description_that_is_too_long() {
    let mut app = App::new();
    app.stack("Tools", StackProps::new(HOME).description("x".repeat(1_025))); //~ error stack::long-description at Tools: 1025
    check(app);
}

#[test]
fn stack_with_malformed_roles() {
    let mut app = App::new();
    app.stack("One", StackProps::new(HOME).assume_role_arn("deployer")); //~ error stack::malformed-role at One: `deployer`
    let props = StackProps::new(HOME).cloudformation_execution_role_arn("arn:aws:iam::111111111111:user/me");
    app.stack("Two", props); //~ error stack::malformed-role at Two: user/me
    let props = StackProps::new(HOME).assume_role_arn("arn:aws:sts::111111111111:assumed-role/role/me");
    app.stack("Three", props); //~ error stack::malformed-role at Three: sts
    let role = |name: &str| format!("arn:${{AWS::Partition}}:iam::111111111111:role/{name}");
    let props = StackProps::new(HOME).assume_role_arn(role("a")).cloudformation_execution_role_arn(role("b"));
    app.stack("Four", props);
    check(app);
}

#[test]
fn parameters_that_cloudformation_refuses() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    scope.add("Queue", queue());
    let stage = || Parameter::new("String").default_value("test");
    scope.add("Right", stage().allowed_values(["test", "production"]));
    scope.add("Flag", Parameter::new("Boolean")); //~ error parameter::unknown-type at Tools/Flag: `Boolean`
    scope.add("Vpc", Parameter::new("AWS::EC2::VPC")); //~ warning parameter::unknown-type at Tools/Vpc: `AWS::EC2::VPC`
    scope.add("Stage", stage().allowed_values(["qa", "production"])); //~ error parameter::default-not-allowed at Tools/Stage: `test`
    check(app);
}

#[test]
fn conditions_that_are_neither_true_nor_false() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    let right = scope.add("Right", Condition::new(Expr::call("Fn::Equals", ["a", "b"].map(Expr::from).to_vec())));
    scope.add("Queue", queue().condition(right));
    scope.add("Map", Condition::new(Expr::map([("Fn::Not", [Expr::map([("Condition", "Right")])])])));
    scope.add("Text", Condition::new("production".into())); //~ error template-condition::malformed at Tools/Text: true or false
    scope.add("If", Condition::new(Expr::call("Fn::If", [Expr::from("a")]))); //~ error template-condition::malformed at Tools/If: true or false
    check(app);
}

#[test]
fn resource_type_of_two_words() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Queue", RawResource::new("SQS::Queue")); //~ error resource::malformed-type at Tools/Queue: `SQS::Queue`
    check(app);
}

#[test]
fn resource_type_with_single_colons() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Queue", RawResource::new("AWS:SQS:Queue")); //~ error resource::malformed-type at Tools/Queue: `AWS:SQS:Queue`
    check(app);
}

#[test]
fn resource_types_that_are_empty_in_places() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    scope.add("One", RawResource::new("")); //~ error resource::malformed-type at Tools/One: ``
    scope.add("Two", RawResource::new("AWS::::Queue")); //~ error resource::malformed-type at Tools/Two: `AWS::::Queue`
    scope.add("Three", RawResource::new("Custom::")); //~ error resource::malformed-type at Tools/Three: `Custom::`
    scope.add("Four", RawResource::new("Custom::My thing")); //~ error resource::malformed-type at Tools/Four: `Custom::My thing`
    check(app);
}

/// Two resources of a node, of which the second is called what a construct below the node is called too.
#[derive(Clone, Debug)]
struct Twin;

impl Synth for Twin {
    type Handle = RawRef;

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        cx.scope().add("Dead", queue());
        Box::new(self.clone())
    }
}

impl Lower for Twin {
    fn lower(&self, _: &LowerCx<'_>, out: &mut Resources) {
        out.add(CfnResource::new("AWS::SQS::Queue", Properties::new()));
        out.add(CfnResource::new("AWS::SQS::Queue", Properties::new()).suffix("Dead"));
    }

    fn physical(&self, _: &Attr, _: Env) -> Option<Expr> {
        None
    }
}

#[test]
fn two_resources_of_one_logical_id() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Twin", Twin); //~ error template::duplicate-id at Tools/Twin/Dead: `TwinDead
    check(app);
}

#[test]
fn resources_beyond_the_limit_of_a_template() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME); //~ error template::too-large at Tools: 501 resources
    for n in 0..501 {
        app.at(tools).add(format!("Queue{n}"), queue());
    }
    check(app);
}

#[test]
fn outputs_and_parameters_beyond_the_limit_of_a_template() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    //~^ error template::too-large at Tools: 201 outputs
    //~^^ error template::too-large at Tools: 201 parameters
    let mut scope = app.at(tools);
    scope.add("Queue", queue());
    for n in 0..201 {
        let parameter = scope.add(format!("Parameter{n}"), Parameter::new("String"));
        scope.add(format!("Output{n}"), Output::new(parameter.value()));
    }
    check(app);
}

#[test]
fn template_that_cannot_be_handed_over_inline() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME); //~ warning template::not-inline at Tools: 51200
    app.at(tools).add("Queue", queue().property("Text", "x".repeat(60_000)));
    check(app);
}

#[test]
fn template_that_cannot_be_handed_over_inline_as_yaml() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME); //~ warning template::not-inline at Tools: the CDK CLI sends it as YAML
    // A line of our JSON is indented by one blank a level, of YAML by two.
    let texts = Expr::list((0..1_000).map(|_| "x"));
    let deep = (0..30).fold(texts, |inner, _| Expr::map([("Deep", inner)]));
    app.at(tools).add("Queue", queue().property("Text", deep));
    check(app);
}

#[test]
fn template_that_is_too_large_for_any_way() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME); //~ error template::too-large at Tools: bytes
    app.at(tools).add("Queue", queue().property("Text", "x".repeat(1_100_000)));
    check(app);
}

#[test]
fn deep_nesting_is_no_mistake() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut place = app.at(tools).here();
    for n in 0..40 {
        place = app.at(place).group(format!("Group{n}")).here();
    }
    app.at(place).add("Queue", queue());
    let assembly = app.synth().unwrap();
    let dir = construct_tests::TempDir::new(env!("CARGO_TARGET_TMPDIR"));
    assembly.write(dir.join("cdk.out")).unwrap();
    assert_eq!(construct_core::Assembly::read(dir.join("cdk.out")).unwrap(), assembly);
}

#[test]
fn stack_that_holds_nothing() {
    let mut app = App::new();
    app.stack("Left", HOME); //~ warning stack::empty at Left: `Left` holds nothing
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Queue", queue());
    // It stands for what exists already, which is something.
    let owned = app.stack("Owned", HOME);
    app.at(owned).add("Role", Role::import("arn:aws:iam::111111111111:role/owned"));
    check(app);
}

/// A construct with a stack of its own in each of some environments.
struct Watch(Vec<(&'static str, StackProps)>);

impl Construct for Watch {
    type Handle = ();

    fn compose(self, scope: &mut Scope<'_>) {
        let mut scope = scope.internal();
        for (id, props) in self.0 {
            let stack = scope.add_stack(id, props);
            scope.at(stack).add("Alarms", queue());
        }
    }
}

#[test]
fn stacks_of_a_construct_are_checked_at_the_line_that_placed_it() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let nowhere = Env::new("22222222222", "us-east-1");
    app.at(tools).add("First", Watch(vec![("Test", nowhere.into())])); //~ error env::malformed-account at Tools/First/Test: `22222222222`
    let named = StackProps::new(HOME).stack_name("my_alarms");
    app.at(tools).add("Second", Watch(vec![("Test", named)])); //~ error stack::malformed-name at Tools/Second/Test: `my_alarms`
    let twice = vec![("Test", HOME.into()), ("Test", HOME.into())];
    app.at(tools).add("Third", Watch(twice));
    //~^ error tree::duplicate-id at Tools/Third/Test#2: there is a stack `Test` in this scope already
    check(app);
}

#[test]
fn stacks_of_constructs_that_are_given_one_name() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let alarms = || Watch(vec![("Test", StackProps::new(HOME).stack_name("alarms"))]);
    app.at(tools).add("First", alarms());
    app.at(tools).add("Second", alarms()); //~ error stack::duplicate-name at Tools/Second/Test: `alarms`
    app.stack("Tools-Third-Test", HOME);
    let third = vec![("Test", HOME.into()), ("Test_", IRELAND.into())];
    app.at(tools).add("Third", Watch(third)); //~ error stack::duplicate-name at Tools/Third/Test: `Tools-Third-Test`
    check(app);
}

#[test]
fn stack_of_a_construct_that_holds_nothing() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Queue", queue());
    app.at(tools).add_stack("Left", IRELAND); //~ warning stack::empty at Tools/Left: `Tools-Left` holds nothing
    check(app);
}

#[test]
fn nothing_in_a_finding_steers_the_terminal() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let role =
        Role::new(Principal::service("lambda.amazonaws.com")).role_name("my\u{1b}[31m\nerror[x::y]: role\u{202e}");
    app.at(tools).add("Ro\u{1b}[31mle\n\u{9b}1m", role);
    let error = app.synth().expect_err("no such names").to_string();
    let steers = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
    assert!(!error.contains(steers), "{error:?}");
    let heads = error.lines().filter(|line| line.starts_with("error[x"));
    assert_eq!(heads.count(), 0, "{error}");
    assert!(error.contains("Ro\\u{1b}[31mle\\n\\u{9b}1m"), "{error}");
}

/// A construct that says what an assembly may have at most.
#[derive(Clone, Debug)]
struct AtMost(usize);

construct_core::handle! {
    /// A limit.
    struct AtMostRef {}
}

impl construct_core::AssemblyCheck for AtMost {
    fn check(&self, cx: &mut construct_core::CheckCx<'_>) {
        let n = cx.assembly().stacks().len();
        if n > self.0 {
            let found = Diagnostic::warning("mine::many-stacks", format!("{n} stacks are more than {}", self.0));
            cx.report("Tools", found.help("put things together"));
        }
    }
}

impl Synth for AtMost {
    type Handle = AtMostRef;

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        cx.check_assembly(self.clone());
        Box::new(construct_core::Nothing)
    }
}

#[test]
fn checks_of_one_type_run_each_unless_they_are_equal() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    //~^ warning mine::many-stacks at Tools: 2 stacks are more than 0
    //~^^ warning mine::many-stacks at Tools: 2 stacks are more than 1
    let more = app.stack("More", HOME);
    for (n, most) in [2, 1, 0, 1].into_iter().enumerate() {
        app.at(more).add(format!("AtMost{n}"), AtMost(most));
    }
    for stack in [tools, more] {
        app.at(stack).add("Role", Role::new(Principal::service("lambda.amazonaws.com")));
    }
    check(app);
}
