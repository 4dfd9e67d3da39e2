//! Many mistakes of different kinds in one program: all are found in one run.

use construct_core::{Construct, Parameter, Scope};

use super::*;

#[test]
fn twelve_mistakes_in_one_run() {
    let mut app = App::new();
    let source = Artifact::new("Source");
    let bundle = Artifact::new("Bundle");

    app.stack("Elsewhere", Env::new("11111111111", "us-east-1")); //~ error env::malformed-account at Elsewhere: `11111111111`
    app.stack("My stack", HOME); //~ error stack::malformed-name at My stack: `My stack`
    let data = app.stack("Data", Env::new("333333333333", "eu-west-1"));
    let queue = app.at(data).add("Queue", RawResource::new("AWS::SQS::Queue"));

    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    scope.add("Stage", Parameter::new("String"));
    scope.add("Stage", Parameter::new("String")); //~ error tree::duplicate-id at Tools/Stage#2: `Stage`
    scope.add("Table", RawResource::new("DynamoDB::Table")); //~ error resource::malformed-type at Tools/Table: `DynamoDB::Table`
    scope.add("User", RawResource::new("AWS::SSM::Parameter").property("Value", queue.get_att("Arn"))); //~ error reference::no-physical-name at Tools/User: `Data/Queue`
    let first = scope.add("First", RawResource::new("AWS::SQS::Queue")); //~ error resource::cycle at Tools/First: `Tools/Second`
    let second = scope.add("Second", RawResource::new("AWS::SQS::Queue").property("Other", first.reference()));
    scope.attach(first, DependsOn::new(second));
    scope.attach(first, PropertyOverride::set("A..B", 1)); //~ error override::no-such-place at Tools/First: `A..B`
    scope.attach(second, PolicyStatement::allow(["sqs:*"]).on(["*"])); //~ error fact::unread at Tools/Second: policy statement
    let role = Role::new(Principal::service("lambda.amazonaws.com"));
    scope.add("Role", role.allow(PolicyStatement::allow(["GetObject"]).on(["*"]))); //~ error iam::malformed-statement at Tools/Role: `GetObject`
    scope.add(
        "Pipeline",
        Pipeline::new("orders")
            .stage(checkout(&source))
            .stage(approve("Approve"))
            .stage(approve("Approve")) //~ error stage::duplicate-name at Tools/Pipeline: `Approve`
            .stage(deploy(&source).action(Action::new("Bundle", deployment(&bundle)).account(OTHER))) //~ error artifact::never-written at Tools/Pipeline: `Bundle`
            .stage(Stage::new("Last").action(
                Action::new("Ask", ManualApproval::new().external_link("example.com")).run_order(0),
                //~^ error action::run-order at Tools/Pipeline: 0
                //~^^ error manual-approval::malformed-link at Tools/Pipeline: `example.com`
            )),
    );
    check(app);
}

/// That two names are one has nothing to do with what else is wrong with the stack or the app around them.
#[test]
fn what_is_wrong_with_a_stack_hides_nothing_in_it() {
    let mut app = App::new();
    app.attach(app.root(), RemovalPolicy::Retain);
    app.attach(app.root(), RemovalPolicy::Destroy); //~ error removal-policy::contradiction at : `Delete`
    let tools = app.stack("Tools", StackProps::new(HOME).description("d".repeat(1_025))); //~ error stack::long-description at Tools: 1025 bytes
    let mut scope = app.at(tools);
    scope.add("Queue", RawResource::new("AWS::SQS::Queue"));
    scope.add("One", Output::new("a").export_name("name"));
    scope.add("Two", Output::new("b").export_name("name")); //~ error resource::duplicate-name at Tools/Two: `name`
    check(app);
}

/// A pipeline by the rules of somebody else, with a mistake of theirs.
struct House(&'static str);

impl Construct for House {
    type Handle = PipelineRef;

    fn compose(self, scope: &mut Scope<'_>) -> PipelineRef {
        let source = Artifact::new("Source");
        let ask = Action::new("Ask", ManualApproval::new()).run_order(0);
        let pipeline = Pipeline::new(self.0).stage(checkout(&source)).stage(deploy(&source).action(ask));
        scope.internal().add("Pipeline", pipeline)
    }
}

/// The mistake has a line of its own, which is no line of the user's: theirs stands behind the path.
#[test]
fn mistake_within_what_is_placed_as_a_whole() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    let placed = line!() + 1;
    scope.add("Orders", House("orders"));
    scope.add("Billing", House("billing"));
    let error = app.synth().unwrap_err();
    let findings: Vec<&Diagnostic> = error.findings().unwrap().iter().collect();
    assert_eq!(findings.iter().map(|one| one.code()).collect::<Vec<_>>(), ["action::run-order"; 2]);
    let own = findings[0].location().unwrap();
    assert_eq!(findings[0].placed().unwrap().line(), placed);
    let text = error.to_string();
    let lines: Vec<&str> = text.lines().skip(1).take(3).collect();
    let of = |n: usize| findings[n].placed().unwrap();
    let wanted = [
        format!("  in Tools/Orders/Pipeline ({})", of(0)),
        format!("  in Tools/Billing/Pipeline ({})", of(1)),
        format!("  at {own}"),
    ];
    assert_eq!(lines, wanted);
    assert_eq!(findings[0].to_json()["notes"][0]["line"], placed);
}
