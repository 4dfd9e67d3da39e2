//! A pipeline by the rules of a house: whoever adds a `HousePipeline` gets an approval, tags, and short-lived artifacts.

use std::process::ExitCode;

use construct_core::{AssemblyCheck, CheckCx, Lower, NodeRef, Nothing, PlanCx, Synth};
use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "eu-west-1");
const PRODUCTION: Env = Env::new("444444444444", "eu-west-1");

fn main() -> ExitCode {
    app().run()
}

pub fn app() -> App {
    let mut app = App::new();
    let delivery = app.stack("Delivery", TOOLS);
    let mut scope = app.at(delivery);
    scope.add("Rules", HouseRules);
    for team in ["shop", "billing"] {
        let house = scope.add(team, HousePipeline { team: team.into(), production: PRODUCTION });
        scope.add(format!("{team}-name"), Output::new(house.name()).description("The pipeline of a team"));
    }
    app
}

/// What a team says about its pipeline. The house says the rest.
struct HousePipeline {
    team: String,
    production: Env,
}

impl Construct for HousePipeline {
    /// What whoever adds it gets back.
    type Handle = PipelineRef;

    fn compose(self, scope: &mut Scope<'_>) -> PipelineRef {
        let Self { team, production } = self;
        // Findings about what is added here name the line that added the `HousePipeline`.
        let mut scope = scope.internal();
        if scope.env().is_some_and(|home| home.account == production.account) {
            let message = format!("the pipeline of `{team}` deploys to its own account `{}`", production.account);
            scope.report(Diagnostic::error("house::tools-account", message).help("name a production account"));
        }
        let here = scope.here();
        scope.attach(here, Tag::new("team", team.clone()));
        scope.attach(here, RolePath::new("/delivery/"));
        // Whoever is on duty in the tools account looks at what runs in production.
        let reader =
            Role::new(Principal::account(TOOLS)).managed_policy("arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess");
        let watch = scope.add_stack("Watch", production);
        scope.at(watch).add("Reader", reader);

        let source = Artifact::new("Source");
        let checkout = CodeCommitSource::new(&*team, &source);
        let queues = PolicyStatement::allow(["sqs:*"]).on([format!("arn:aws:sqs:*:{}:{team}-*", production.account)]);
        let deploy = DeployStack::new(&*team, source.file("template.yaml")).allow(queues);
        scope.add(
            "Pipeline",
            Pipeline::new(team)
                .store_settings(StoreSettings::new().expire_after_days(30))
                .stage(Stage::new("Source").action(Action::new("Checkout", checkout)))
                .stage(Stage::new("Approval").action(Action::new("Approve", ManualApproval::new())))
                .stage(Stage::new("Production").action(Action::new("Deploy", deploy).env(production))),
        )
    }
}

/// What holds for all that the house deploys.
#[derive(Debug)]
struct HouseRules;

impl Synth for HouseRules {
    type Handle = NodeRef;

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        cx.check_assembly(NoUsers);
        Box::new(Nothing)
    }
}

/// Nobody signs in with a password.
#[derive(Debug)]
struct NoUsers;

impl AssemblyCheck for NoUsers {
    fn check(&self, cx: &mut CheckCx<'_>) {
        for (_, user) in cx.assembly().resources("AWS::IAM::User") {
            let path = user["Metadata"]["aws:cdk:path"].as_str().unwrap_or_default();
            cx.report(path, Diagnostic::error("house::user", "the house has no users").help("make a role"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(production: Env) -> App {
        let mut app = App::new();
        let delivery = app.stack("Delivery", TOOLS);
        app.at(delivery).add("Shop", HousePipeline { team: "shop".into(), production });
        app
    }

    #[test]
    fn somebody_approves() {
        let (assembly, warnings) = add(PRODUCTION).synth_with_warnings().unwrap();
        assert!(warnings.is_empty(), "{warnings}");
        let pipelines = assembly.resources("AWS::CodePipeline::Pipeline");
        let (_, pipeline) = &pipelines[0];
        assert_eq!(pipeline["Properties"]["Stages"][1]["Name"], "Approval");
    }

    #[test]
    fn every_role_has_the_path_of_the_house() {
        let assembly = add(PRODUCTION).synth().unwrap();
        for (stack, role) in assembly.resources("AWS::IAM::Role") {
            assert_eq!(role["Properties"]["Path"], "/delivery/", "in {}", stack.stack_name);
        }
    }

    #[test]
    fn a_team_does_not_deploy_to_the_tools_account() {
        let error = add(TOOLS).synth().unwrap_err();
        let codes: Vec<&str> = error.findings().unwrap().iter().map(Diagnostic::code).collect();
        assert_eq!(codes, ["house::tools-account"], "{error}");
    }

    #[test]
    fn production_is_watched() {
        let assembly = add(PRODUCTION).synth().unwrap();
        let watch = assembly.stacks().iter().find(|stack| stack.stack_name == "Delivery-Shop-Watch").unwrap();
        assert_eq!((&*watch.account, watch.tags.get("team").map(String::as_str)), ("444444444444", Some("shop")));
    }

    #[test]
    fn users_are_found() {
        let mut app = app();
        let people = app.stack("People", TOOLS);
        app.at(people).add("Admin", RawResource::new("AWS::IAM::User"));
        let error = app.synth().unwrap_err();
        assert!(error.findings().unwrap().iter().any(|finding| finding.code() == "house::user"), "{error}");
    }
}
