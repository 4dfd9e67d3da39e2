//! A repository on GitHub: tags start the pipeline, and production is entered in office hours only.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "eu-west-1");
const CONNECTION: &str =
    "arn:aws:codeconnections:eu-west-1:111111111111:connection/aEXAMPLE-8aad-4d5d-8878-dfcab0bc441f";

fn main() -> ExitCode {
    app().run()
}

pub fn app() -> App {
    let mut app = App::new();
    let delivery = app.stack("Delivery", TOOLS);
    let source = Artifact::new("Source");
    let checkout = ConnectionSource::new(CONNECTION, "example/shop", &source);
    let tables = PolicyStatement::allow(["dynamodb:*"]).on([Arn::regional(TOOLS, "dynamodb", "table/shop-*")]);
    let deploy = DeployStack::new("shop", source.file("template.yaml")).allow(tables);

    let releases = GitPushFilter::new().tags(GlobPatterns::new().include("v*").exclude("*-rc*"));
    let office_hours = ConditionRule::new("OfficeHours", "DeploymentWindow")
        .configuration("Cron", "0 0 9-16 ? * MON-THU *")
        .configuration("TimeZone", "Europe/Berlin");
    app.at(delivery).add(
        "Pipeline",
        Pipeline::new("shop")
            .trigger(GitTrigger::new("Checkout").push(releases))
            .stage(Stage::new("Source").action(Action::new("Checkout", checkout)))
            .stage(
                Stage::new("Production")
                    .before_entry(Condition::new(StageResult::Fail).rule(office_hours))
                    .on_failure(OnFailure::new().retry(RetryMode::FailedActions))
                    .action(Action::new("Deploy", deploy)),
            ),
    );
    app
}
