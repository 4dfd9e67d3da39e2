//! A pipeline by the rules of a house: whoever adds a `HousePipeline` gets an approval, tags, and short-lived artifacts.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "eu-west-1");

fn main() -> ExitCode {
    app().run()
}

pub fn app() -> App {
    let mut app = App::new();
    let delivery = app.stack("Delivery", TOOLS);
    let mut scope = app.at(delivery);
    for team in ["shop", "billing"] {
        let house = scope.add(team, HousePipeline { team: team.into(), production: "444444444444".into() });
        scope.add(format!("{team}-name"), Output::new(house.name()).description("The pipeline of a team"));
    }
    app
}

/// What a team says about its pipeline. The house says the rest.
struct HousePipeline {
    team: String,
    production: String,
}

impl Construct for HousePipeline {
    /// What whoever adds it gets back.
    type Handle = PipelineRef;

    fn compose(self, scope: &mut Scope<'_>) -> PipelineRef {
        let Self { team, production } = self;
        // Findings about what is made here name the line that added the `HousePipeline`.
        let mut scope = scope.internal();
        if scope.env().is_some_and(|home| home.account.as_str() == production) {
            let message = format!("the pipeline of `{team}` deploys to its own account `{production}`");
            scope.report(Diagnostic::error("house::tools-account", message).help("name a production account"));
        }
        let here = scope.here();
        scope.attach(here, Tag::new("team", team.clone()));
        scope.attach(here, RolePath::new("/delivery/"));

        let source = Artifact::new("Source");
        let checkout = CodeCommitSource::new(&*team, &source);
        let queues = PolicyStatement::allow(["sqs:*"]).on([format!("arn:aws:sqs:*:{production}:{team}-*")]);
        let deploy = DeployStack::new(&*team, source.file("template.yaml")).allow(queues);
        scope.add(
            "Pipeline",
            Pipeline::new(team)
                .store_settings(StoreSettings::new().expire_after_days(30))
                .stage(Stage::new("Source").action(Action::new("Checkout", checkout)))
                .stage(Stage::new("Approval").action(Action::new("Approve", ManualApproval::new())))
                .stage(Stage::new("Production").action(Action::new("Deploy", deploy).account(production))),
        )
    }
}
