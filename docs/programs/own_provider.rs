//! An action as if the library did not have it: AWS AppConfig rolls a configuration out.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "eu-west-1");
const PRODUCTION: &str = "444444444444";

fn main() -> ExitCode {
    app().run()
}

pub fn app() -> App {
    let mut app = App::new();
    let delivery = app.stack("Delivery", TOOLS);
    let flags = Artifact::new("Flags");
    let rollout = rollout(&flags);
    app.at(delivery).add(
        "Pipeline",
        Pipeline::new("flags")
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("flags", &flags))))
            .stage(Stage::new("Production").action(Action::new("RollOut", rollout).account(PRODUCTION))),
    );
    app
}

fn rollout(flags: &Artifact) -> RollOut {
    RollOut {
        application: "abc1234".into(),
        environment: "def5678".into(),
        profile: "ghi9012".into(),
        strategy: "AppConfig.Linear50PercentEvery30Seconds".into(),
        file: flags.file("flags.json"),
    }
}

/// Deploys a configuration with AWS AppConfig.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-AppConfig.html>
#[derive(Debug)]
struct RollOut {
    application: String,
    environment: String,
    profile: String,
    strategy: String,
    file: ArtifactFile,
}

impl Provider for RollOut {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Deploy, Owner::Aws, "AppConfig").input(self.file.artifact()).input_count(1..=1)
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new()
            .set("Application", self.application.clone())
            .set("Environment", self.environment.clone())
            .set("ConfigurationProfile", self.profile.clone())
            .set("InputArtifactConfigurationPath", self.file.path().to_owned())
            .set("DeploymentStrategy", self.strategy.clone())
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let Self { application, strategy, .. } = self;
        // Never `*`: whatever has an ARN is named. Reading the artifact is granted from the specification above.
        policy.push(
            PolicyStatement::allow([
                "appconfig:GetDeployment",
                "appconfig:StartDeployment",
                "appconfig:StopDeployment",
            ])
            .on([
                cx.arn("appconfig", format!("application/{application}")),
                cx.arn("appconfig", format!("application/{application}/*")),
                cx.arn("appconfig", format!("deploymentstrategy/{strategy}")),
            ]),
        );
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        if self.application.is_empty() {
            let finding = Diagnostic::error("house::no-application", "an application of AWS AppConfig has no empty id");
            return vec![finding.help("copy the id from the console, for example `abc1234`")];
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_permission_is_for_everything() {
        let mut app = App::new();
        let delivery = app.stack("Delivery", TOOLS);
        let scope = app.at(delivery);
        let cx = ActionCx::new(scope.view(), TOOLS).in_env(Env::new(PRODUCTION, "eu-west-1"));
        let mut policy = PolicyDocument::new();
        rollout(&Artifact::new("Flags")).permissions(&cx, &mut policy);
        let mut resources = policy.statements().flat_map(PolicyStatement::resource_exprs);
        assert!(resources.all(|resource| *resource != Expr::from("*")));
    }
}
