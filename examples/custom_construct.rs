//! What a company adds to the library to deliver by its own rules: a pipeline that every team gets (`HousePipeline`), an
//! action that the library does not have (`AskFreeze`), and a resource that it does not have (`FreezeSwitch`).

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "us-east-1");
const TEST: &str = "333333333333";
const PRODUCTION: &str = "444444444444";
/// The function that fails the action while releases are frozen.
const GATE: &str = "arn:aws:lambda:us-east-1:111111111111:function:release-gate";

fn main() -> ExitCode {
    app().run()
}

/// One switch for the company, one pipeline for each team.
pub fn app() -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", TOOLS);
    let mut scope = app.at(tools);
    let switch = scope.add("Freeze", FreezeSwitch { name: "/delivery/freeze" });
    let gate = scope.add("Gate", Function::import(GATE));
    for team in ["orders", "billing"] {
        scope.add(team, HousePipeline { team, gate, switch });
    }
    app
}

/// A team's pipeline by the house rules: source, test, release; nothing is released during a freeze or without approval,
/// artifacts go after 90 days, and everything carries the team's tag.
struct HousePipeline {
    team: &'static str,
    gate: FunctionRef,
    switch: FreezeSwitchRef,
}

impl Construct for HousePipeline {
    type Handle = PipelineRef;

    fn compose(self, scope: &mut Scope<'_>) -> PipelineRef {
        let Self { team, gate, switch } = self;
        // To its user the pipeline is one thing: what is added here is reported at the line that added the pipeline.
        let mut scope = scope.internal();
        let here = scope.here();
        scope.attach(here, Tag::new("team", team));

        let source = Artifact::new("Source");
        let deploy = |account: &str| {
            let queues = PolicyStatement::allow(["sqs:*"]).on([format!("arn:aws:sqs:us-east-1:{account}:{team}-*")]);
            Action::new("Deploy", DeployStack::new(team, source.file("template.yaml")).allow(queues)).account(account)
        };
        let release = Stage::new("Release")
            .action(Action::new("Freeze", AskFreeze { gate, switch }))
            .action(Action::new("Approve", ManualApproval::new()).run_order(2))
            .action(deploy(PRODUCTION).run_order(3));
        scope.add(
            "Pipeline",
            Pipeline::new(team)
                .store_settings(StoreSettings::new().expire_after_days(90))
                .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new(team, &source))))
                .stage(Stage::new("Test").action(deploy(TEST)))
                .stage(release),
        )
    }
}

/// Asks the company's function whether releases are frozen. It runs where the function is.
#[derive(Clone, Copy, Debug)]
struct AskFreeze {
    gate: FunctionRef,
    switch: FreezeSwitchRef,
}

impl Provider for AskFreeze {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Invoke, Owner::Aws, "Lambda").acts_on(self.gate)
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new().set("FunctionName", self.gate.name()).set("UserParameters", self.switch.name)
    }

    fn permissions(&self, _: &ActionCx<'_>, policy: &mut PolicyDocument) {
        policy.push(PolicyStatement::allow(["lambda:InvokeFunction"]).on([self.gate.arn()]));
        // Lambda offers no resource for this one.
        policy.push(PolicyStatement::allow(["lambda:ListFunctions"]).on(["*"]));
    }
}

/// A parameter that says whether releases are frozen.
struct FreezeSwitch {
    name: &'static str,
}

/// A freeze switch, as programs know it.
#[derive(Clone, Copy, Debug)]
struct FreezeSwitchRef {
    name: &'static str,
}

impl Construct for FreezeSwitch {
    type Handle = FreezeSwitchRef;

    fn compose(self, scope: &mut Scope<'_>) -> FreezeSwitchRef {
        let Self { name } = self;
        let mut scope = scope.internal();
        if !name.starts_with("/delivery/") {
            let message = format!("`{name}` is no parameter of delivery");
            scope.report(Diagnostic::error("house::parameter", message).help("begin the name with `/delivery/`"));
        }
        let parameter = RawResource::new("AWS::SSM::Parameter")
            .property("Name", name)
            .property("Type", "String")
            .property("AllowedPattern", "^(open|frozen)$")
            .property("Value", "open");
        scope.add("Parameter", parameter);
        FreezeSwitchRef { name }
    }
}
